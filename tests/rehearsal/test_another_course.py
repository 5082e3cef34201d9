"""A course on another subject, with other folders: from its hidden tests to a graded class.

``tests/support/words/`` holds its hidden tests, its configuration and its lecture; the rest is what
a person writes, or what commands make of that.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook

from grading.marking import Mistake, Task
from grading.marking.catalogue import load
from grading.rehearsal import demo
from tests.support import REPOSITORY, commands, little_course

pytestmark = pytest.mark.usefixtures("sandbox")

WORDS = REPOSITORY / "tests" / "support" / "words"
ASSIGNMENT, NOTEBOOK = "texts", "1_phrases"
POINTS = {"words_of": 3, "most_common": 4, "unwrap": 3}
CHECKS = {
    "words_of": """assert words_of("It's late.") == ["it's", "late"]""",
    "most_common": """assert most_common("so it is, so be it", 2) == {"it": 2, "so": 2}""",
    "unwrap": """assert unwrap(["a cand-", "le"]) == "a candle" """,
}
EARNED = {  # what a mistake leaves of its question's points; untouched inputs alone earn none
    ("words_of", "WO-01"): 0,
    ("words_of", "WO-02"): 1,
    ("most_common", "MC-01"): 0,
    ("most_common", "MC-02"): 3,
    ("unwrap", "UN-01"): 0,
    ("unwrap", "UN-02"): 0,
    ("unwrap", "UN-03"): 2,
}
NO_LIST = "def unwrap(lines):\n    return lines.lower()"


class Course:
    """The course in a folder of its own, and what its commands printed."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.printed: dict[str, str] = {}

    def call(self, module: str, *arguments: str, here: str = "") -> None:
        """Call a command; modules in the folder `here` can be imported."""
        done = commands.run(self.root, module, *arguments, PYTHONPATH=here)
        said = f"{done.stdout}{done.stderr}"
        assert done.returncode == 0, said
        self.printed[arguments[0]] = said

    def write(self, notebook: Path, sources: dict[str, str]) -> None:
        """Give cells of a notebook their texts, as a person would."""
        written = nbformat.read(notebook, as_version=4)
        for cell in written.cells:
            cell.source = sources.get(cell.id, cell.source)
        nbformat.write(written, notebook)

    def hand_in(self, student: str, **answers: str) -> None:
        folder = self.root / "submitted" / student / ASSIGNMENT
        shutil.copytree(self.root / "release" / ASSIGNMENT, folder)
        self.write(folder / f"{NOTEBOOK}.ipynb", answers)

    def feedback(self, student: str) -> str:
        page = self.root / "feedback" / student / ASSIGNMENT / f"{NOTEBOOK}.html"
        return " ".join(unescape(page.read_text()).split())


@pytest.fixture(scope="module")
def tasks() -> Iterator[dict[str, Task]]:
    """The course's tasks, by name."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(WORDS)
        yield {task.name: task for task in load("word_tests", []).notebook("phrases").tasks}


def mistake(task: Task, id: str) -> Mistake:
    """A mistake of a task's."""
    return next(known for known in task.mistakes if known.id == id)


@pytest.fixture(scope="module")
def course(tasks: dict[str, Task], tmp_path_factory: pytest.TempPathFactory) -> Course:
    """The course after everything: written, released, handed in, graded."""
    root = tmp_path_factory.mktemp("course") / "words"
    shutil.copytree(WORDS, root, ignore=shutil.ignore_patterns("__pycache__"))
    course = Course(root)
    course.call("grading", "audit")
    source = f"source/{ASSIGNMENT}"
    course.call("grading", "scaffold", NOTEBOOK, source)
    said = {f"{name}-checks": f"{check}\nprint('passed')" for name, check in CHECKS.items()}
    said |= {f"{name}-prompt": f"Write `{name}`." for name in CHECKS}
    course.write(root / source / f"{NOTEBOOK}.ipynb", said)
    course.call("nbgrader", "validate", f"{source}/{NOTEBOOK}.ipynb", here=str(root))
    course.call("nbgrader", "generate_assignment", ASSIGNMENT)
    course.call("grading", "simulate", ASSIGNMENT, "--students", "6")
    course.call("grading", "autograde", ASSIGNMENT, "--workers", "2")
    right = {task.name: task.source(task.reference) for task in tasks.values()}
    for name, id in EARNED:
        (wrong, *_) = mistake(tasks[name], id).ways
        course.hand_in(id, **right | {name: tasks[name].source(wrong)})
    course.hand_in("XX-01", **right | {"unwrap": NO_LIST})
    course.call("nbgrader", "autograde", ASSIGNMENT, "--student=??-0?")
    course.call("nbgrader", "generate_feedback", ASSIGNMENT)
    course.call("grading", "report", ASSIGNMENT)
    return course


def test_the_audit_finds_nothing_to_say(course):
    assert course.printed["audit"].endswith("No misses.\n")


def test_the_notebook_imports_what_the_reference_does(course):
    notebook = nbformat.read(
        course.root / "release" / ASSIGNMENT / f"{NOTEBOOK}.ipynb", as_version=4
    )
    assert notebook.cells[1].source == "import re\nfrom collections import Counter"


def test_the_source_passes_its_own_tests(course):
    assert "Success! Your notebook passes all the tests." in course.printed["validate"]


def test_everyone_of_the_made_up_class_earns_what_was_expected(course):
    found = demo.results(course.root, ASSIGNMENT)
    assert len(found) == 6 * len(POINTS)
    assert [answer for answer in found if answer.score != answer.expected.score] == []


@pytest.mark.parametrize(("name", "id"), EARNED)
def test_each_mistake_earns_less_and_is_named(course, tasks, name, id):
    scores = little_course.scores(course.root, ASSIGNMENT)[id]
    assert scores == POINTS | {name: EARNED[name, id]}
    page = course.feedback(id)
    assert page.count("A mistake we recognise") == 1
    assert mistake(tasks[name], id).sentence in page
    assert 'href="../../../lectures/words.md#' in page


def test_the_explanation_is_the_courses_own(course):
    assert little_course.scores(course.root, ASSIGNMENT)["XX-01"]["unwrap"] == 0
    page = course.feedback("XX-01")
    assert "lower() belongs to a text: call it on each text of the list." in page


def test_the_report_knows_everyone(course):
    page = (course.root / "report" / f"{ASSIGNMENT}.html").read_text()
    with Gradebook(f"sqlite:///{course.root}/gradebook.db") as gradebook:
        students = [student.id for student in gradebook.students]
    assert len(students) == 6 + len(EARNED) + 1
    assert all(student in page for student in students)


def test_nothing_of_it_is_about_arrays(course):
    for id in ("XX-01", *(id for _, id in EARNED)):
        assert "array" not in course.feedback(id).partition("<body")[2], id


def test_both_ways_of_grading_agree(course):
    before = little_course.scores(course.root, ASSIGNMENT)
    course.call("grading", "autograde", ASSIGNMENT, "--student=MC-01", "--student=UN-03")
    assert little_course.scores(course.root, ASSIGNMENT) == before
