"""A made-up class is the same for the same numbers, overwrites nothing, and knows its scores."""

import ast
import json
from pathlib import Path

import nbformat
import pytest

from grading.rehearsal.simulate import SHARES, load
from tests.support import commands, little_course
from tests.support.little_course import ASSIGNMENT, NOTEBOOK, POINTS

ANSWERS = '''\
"""The answers of the little course: a question earns its points or nothing."""
ANSWERS = {
    "double": [
        ("right", "the reference", "def double(x):\\n    return 2 * x"),
        ("variant", "a sum", "def double(x):\\n    return x + x"),
        ("misconception", "It triples.", "def double(x):\\n    return 3 * x"),
    ],
    "total": [
        ("right", "the reference", "def total(x):\\n    return float(np.sum(x))"),
        ("misconception", "It is the mean.", "def total(x):\\n    return np.mean(x)"),
    ],
    "settle": [
        ("right", "the reference", "def settle(x):\\n    return np.minimum(x, 1.0)"),
        ("misconception", "It is the maximum.", "def settle(x):\\n    return x.max()"),
    ],
}
POINTS = {"double": 4.0, "total": 3.0, "settle": 3.0}


def answers(notebook):
    return {"p1": ANSWERS}[notebook]


def scores(notebook, sources):
    right = {a[2] for name in ANSWERS for a in ANSWERS[name] if a[0] != "misconception"}
    return {name: POINTS[name] * (source in right) for name, source in sources.items()}
'''


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A course whose hidden tests are a package with answers."""
    root = little_course.make(tmp_path)
    package = root / "hidden" / "little"
    package.mkdir()
    (package / "answers.py").write_text(ANSWERS)
    return root


def simulate(root: Path, *arguments: str, assignment: str = ASSIGNMENT):
    return commands.run(root, "grading", "simulate", assignment, *arguments)


def little(root: Path, *arguments: str):
    return simulate(root, "--tests", "little", *arguments)


def handed_in(root: Path) -> dict[str, str]:
    return {str(p.relative_to(root)): p.read_text() for p in root.glob("submitted/*/*/*")}


def test_every_kind_of_answer_is_handed_in_and_most_are_right(course):
    little(course, "--students", "40").check_returncode()
    expected = load(course, ASSIGNMENT)
    assert len(expected) == 40
    found = [answer for by_notebook in expected.values() for answer in by_notebook["p1"].values()]
    kinds = [answer.kind for answer in found]
    assert set(kinds) == set(SHARES)
    assert kinds.count("right") + kinds.count("variant") > len(found) / 2


def test_submissions_are_the_release_with_answers_in_it(course):
    little(course, "--students", "3").check_returncode()
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
    little(course, "--students", "4").check_returncode()
    written = json.loads((course / "simulated" / f"{ASSIGNMENT}.json").read_text())
    assert sorted(written) == sorted(path.name for path in (course / "submitted").iterdir())
    for questions in written.values():
        for name, answer in questions[NOTEBOOK].items():
            right = answer["kind"] in ("right", "variant")
            assert answer["score"] == POINTS[name] * right


def test_the_same_seed_makes_the_same_class(course):
    little(course, "--students", "4", "--seed", "7").check_returncode()
    first = handed_in(course)
    little(course, "--students", "4", "--seed", "7", "--force").check_returncode()
    assert handed_in(course) == first
    little(course, "--students", "4", "--seed", "8").check_returncode()
    assert len(handed_in(course)) == 2 * len(first)


def test_submissions_are_not_overwritten_without_force(course):
    little(course, "--students", "2").check_returncode()
    for path in course.glob("submitted/*/*/*.ipynb"):
        path.write_text("precious")
    refused = little(course, "--students", "2")
    assert refused.returncode == 1
    assert "already submissions of ps1 by" in refused.stderr and "--force" in refused.stderr
    assert all(p.read_text() == "precious" for p in course.glob("submitted/*/*/*.ipynb"))
    little(course, "--students", "2", "--force").check_returncode()
    assert "precious" not in handed_in(course).values()


def test_errors_say_what_to_do(course):
    missing = simulate(course, assignment="nosuch")
    assert missing.returncode == 1 and "nbgrader generate_assignment nosuch" in missing.stderr
    unknown = simulate(course, "--tests", "nosuch")
    assert unknown.returncode == 1 and "no module nosuch.answers" in unknown.stderr
    none = little(course, "--students", "0")
    assert none.returncode == 2 and "between 1 and 900" in none.stderr
    for failed in (missing, unknown, none):
        assert "Traceback" not in failed.stderr
    assert not (course / "submitted").exists()


UNSURE = """\
def scores(notebook, sources):
    if "unsure" in (sources["double"] or ""):
        raise ValueError("it varies")
"""


def test_answers_whose_score_is_uncertain_are_not_handed_in(course):
    file = course / "hidden" / "little" / "answers.py"
    certain = '("misconception", "It triples."'
    unsure = '("misconception", "Unsure.", "def double(x):\\n    return unsure"),\n        '
    text = file.read_text().replace("def scores(notebook, sources):\n", UNSURE)
    file.write_text(text.replace(certain, unsure + certain))
    little(course, "--students", "40").check_returncode()
    made = load(course, ASSIGNMENT).values()
    details = {notebooks[NOTEBOOK]["double"].detail for notebooks in made}
    assert "It triples." in details and "Unsure." not in details

    file.write_text(text.replace("3 * x", "unsure"))
    run = little(course, "--students", "40", "--force")
    assert run.returncode == 1 and "have a score that is certain: it varies" in run.stderr
