"""A made-up class is the same for the same numbers, overwrites nothing, and knows its scores."""

import ast
import json
from pathlib import Path

import nbformat
import pytest

from grading.rehearsal.simulate import SHARES, load
from tests.support import commands, little_course
from tests.support.little_course import ASSIGNMENT, NOTEBOOK, POINTS

CATALOGUE = """\
from grading.marking import Catalogue

catalogue = Catalogue(__name__)
"""
REFERENCE = """\
import numpy as np


def double(x):
    return 2 * x


def total(x):
    return float(np.sum(x))


def settle(x):
    return np.minimum(x, 1.0)
"""
QUESTION = """\
from grading.marking import Agrees, Lecture, Mistake, Task, Variant, call, edit
from little.p1 import reference as ref

LECTURE = Lecture("course/lecture.ipynb", "A heading")
TASK = Task(
    ref.{name},
    "y",
    lambda rng: [call(ref.{name}, rng.uniform(3, 4, 2), label=f"case {{i}}") for i in range(3)],
    (Agrees("value", {points}),),
    LECTURE,
    (Mistake("LI-{number}", LECTURE, "{sentence}", edit("{right}", "{wrong}")),),
    {variants},
)
"""
SUM = '(Variant("a sum", edit("2 * x", "x + x")),)'
QUESTIONS = {
    "double": (4, "It triples.", "2 * x", "3 * x", SUM),
    "total": (3, "It is the mean.", "float(np.sum(x))", "np.mean(x)", "()"),
    "settle": (3, "It is the maximum.", "np.minimum(x, 1.0)", "x.max()", "()"),
}


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A course whose hidden tests are a catalogue."""
    root = little_course.make(tmp_path, HiddenTests__package="little")
    package = root / "hidden" / "little"
    (package / "p1").mkdir(parents=True)
    (package / "__init__.py").write_text(CATALOGUE)
    (package / "p1" / "__init__.py").write_text(f"QUESTIONS = {tuple(QUESTIONS)}\n")
    (package / "p1" / "reference.py").write_text(REFERENCE)
    for number, (name, parts) in enumerate(QUESTIONS.items()):
        points, sentence, right, wrong, variants = parts
        text = QUESTION.format(
            name=name, points=points, number=number, sentence=sentence, right=right, wrong=wrong,
            variants=variants,
        )  # fmt: skip
        (package / "p1" / f"{name}.py").write_text(text)
    return root


def simulate(root: Path, *arguments: str, assignment: str = ASSIGNMENT):
    return commands.run(root, "grading", "simulate", assignment, *arguments)


def handed_in(root: Path) -> dict[str, str]:
    return {str(p.relative_to(root)): p.read_text() for p in root.glob("submitted/*/*/*")}


def test_every_kind_of_answer_is_handed_in_and_most_are_right(course):
    simulate(course, "--students", "40").check_returncode()
    expected = load(course, ASSIGNMENT)
    assert len(expected) == 40
    found = [answer for by_notebook in expected.values() for answer in by_notebook["p1"].values()]
    kinds = [answer.kind for answer in found]
    assert set(kinds) == set(SHARES)
    assert kinds.count("right") + kinds.count("variant") > len(found) / 2


def test_submissions_are_the_release_with_answers_in_it(course):
    simulate(course, "--students", "3").check_returncode()
    release = little_course.released(course)
    for student in load(course, ASSIGNMENT):
        folder = course / "submitted" / student / ASSIGNMENT
        assert (folder / "numbers.txt").read_text() == "1 2 3\n"
        notebook = nbformat.read(folder / f"{NOTEBOOK}.ipynb", as_version=4)
        for cell, released in zip(notebook.cells, release.cells, strict=True):
            assert (cell.id, cell.metadata) == (released.id, released.metadata)
            if cell.id not in POINTS:
                assert cell.source == released.source
            else:
                ast.parse(cell.source)


def test_scores_are_written_outside_the_submissions(course):
    simulate(course, "--students", "4").check_returncode()
    written = json.loads((course / "simulated" / f"{ASSIGNMENT}.json").read_text())
    assert sorted(written) == sorted(path.name for path in (course / "submitted").iterdir())
    for questions in written.values():
        for name, answer in questions[NOTEBOOK].items():
            right = answer["kind"] in ("right", "variant")
            assert answer["score"] == POINTS[name] * right


def test_the_same_seed_makes_the_same_class(course):
    simulate(course, "--students", "4", "--seed", "7").check_returncode()
    first = handed_in(course)
    simulate(course, "--students", "4", "--seed", "7", "--force").check_returncode()
    assert handed_in(course) == first
    simulate(course, "--students", "4", "--seed", "8").check_returncode()
    assert len(handed_in(course)) == 2 * len(first)


def test_submissions_are_not_overwritten_without_force(course):
    simulate(course, "--students", "2").check_returncode()
    for path in course.glob("submitted/*/*/*.ipynb"):
        path.write_text("precious")
    refused = simulate(course, "--students", "2")
    assert refused.returncode == 1
    assert "already submissions of ps1 by" in refused.stderr and "--force" in refused.stderr
    assert all(p.read_text() == "precious" for p in course.glob("submitted/*/*/*.ipynb"))
    simulate(course, "--students", "2", "--force").check_returncode()
    assert "precious" not in handed_in(course).values()


def test_errors_say_what_to_do(course):
    missing = simulate(course, assignment="nosuch")
    assert missing.returncode == 1 and "nbgrader generate_assignment nosuch" in missing.stderr
    unknown = simulate(course, "--HiddenTests.package=nosuch")
    assert unknown.returncode == 1 and "no package 'nosuch' of hidden tests in" in unknown.stderr
    none = simulate(course, "--students", "0")
    assert none.returncode == 2 and "between 1 and 900" in none.stderr
    for failed in (missing, unknown, none):
        assert "Traceback" not in failed.stderr
    assert not (course / "submitted").exists()


def test_answers_whose_score_is_uncertain_are_not_handed_in(course):
    """A mistake that some drawings of the cases do not see: no score is certain."""
    file = course / "hidden" / "little" / "p1" / "double.py"
    text, sure = file.read_text(), 'edit("2 * x", "3 * x")'
    unsure = 'edit("2 * x", "2 * x if x[0] < 3.6 else 3 * x")'
    mistake = f'Mistake("LI-9", LECTURE, "Unsure.", {unsure})'
    file.write_text(text.replace("    (Mistake(", f"    ({mistake}, Mistake("))
    simulate(course, "--students", "40").check_returncode()
    made = load(course, ASSIGNMENT).values()
    details = {notebooks[NOTEBOOK]["double"].detail for notebooks in made}
    assert "It triples." in details and "Unsure." not in details

    file.write_text(text.replace(sure, unsure))
    run = simulate(course, "--students", "40", "--force")
    assert run.returncode == 1 and "have a score that is certain: double earns" in run.stderr
