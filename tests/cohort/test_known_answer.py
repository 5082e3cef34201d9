"""A known answer first: what the source's solutions do not earn is said, and nothing is changed."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook

from grading.cohort.pool import LocalPool
from grading.cohort.progress import Progress
from grading.cohort.run import ClassRun
from grading.grade.submission import Job, Submission
from grading.plugin.alike import Alike
from tests.support import commands, little_course
from tests.support.little_course import ASSIGNMENT, NOTEBOOK, hand_in

pytestmark = pytest.mark.usefixtures("sandbox")

RUNNERS = ("grading", "nbgrader")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course in which ann has a score, of which grading would make another one."""
    root = little_course.make(tmp_path_factory.mktemp("known") / "course")
    hand_in(root, "ann", "bob", "cem", "dan")
    with Gradebook(f"sqlite:///{root}/gradebook.db") as gradebook:
        gradebook.add_student("ann")
        for grade in gradebook.add_submission(ASSIGNMENT, "ann").notebooks[0].grades:
            grade.auto_score = 2.0
        gradebook.db.commit()
    return root


@pytest.fixture
def course(template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(template, tmp_path / "course"))


def autograde(root: Path, runner: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return commands.run(root, runner, "autograde", ASSIGNMENT, "--force", **variables)


def edit_source(root: Path, edit: Callable[[nbformat.NotebookNode], None]) -> None:
    """Edit the source's notebook, and do not release it again."""
    path = root / "source" / ASSIGNMENT / f"{NOTEBOOK}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    edit(notebook)
    nbformat.write(notebook, path)


def cell_of(notebook: nbformat.NotebookNode, id: str) -> nbformat.NotebookNode:
    return next(cell for cell in notebook.cells if cell.id == id)


def hidden_tests(root: Path, before: str, after: str) -> None:
    path = root / "hidden" / "little_tests.py"
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after))


def wrong_reference(root: Path) -> str:
    hidden_tests(root, "lambda x: 2 * x", "lambda x: 3 * x")
    return r"p1/double-graded: 0 of 4 points: double: 0 of 3 cases"


def fewer_points(root: Path) -> str:
    hidden_tests(root, '"total": 3.0', '"total": 1.5')
    return r"p1/total-graded: 1.5 of 3 points"


def more_points(root: Path) -> str:
    hidden_tests(root, '"total": 3.0', '"total": 6.0')
    return r"total-graded .*its score is 6.0, outside 0 to 3"


def other_points_in_source(root: Path) -> str:
    def edit(notebook: nbformat.NotebookNode) -> None:
        cell_of(notebook, "settle-graded").metadata.nbgrader["points"] = 5

    edit_source(root, edit)
    return r"p1/settle-graded: 5 points in source/, 3 in the gradebook .*generate_assignment ps1"


def package_of_the_tests(root: Path) -> str:
    hidden_tests(root, "import numpy as np", "import numpy as np\nimport absent_package")
    return r"ModuleNotFoundError: No module named 'absent_package'"


def package_of_a_solution(root: Path) -> str:
    def edit(notebook: nbformat.NotebookNode) -> None:
        cell_of(notebook, "double").source = "import absent_package\n" + little_course.RIGHT[
            "double"
        ].replace("2 * x", "absent_package.double(x)")

    edit_source(root, edit)
    return r"double-graded: 0 of 4 points: double: ModuleNotFoundError: .*'absent_package'"


def check_refusal(root: Path, runner: str, sentence: str, **variables: str) -> str:
    """Grade; make sure that the sentence is said and nothing changed; return what was said."""
    before = (root / "gradebook.db").read_bytes()
    run = autograde(root, runner, **variables)
    assert run.returncode == 1
    said = run.stderr + run.stdout
    assert re.search(sentence, said), said
    assert "Traceback" not in said
    assert (root / "gradebook.db").read_bytes() == before
    assert not (root / "autograded").exists()
    return said


@pytest.mark.parametrize(
    ("broken", "runner"),
    [
        *((each, "grading") for each in (fewer_points, more_points, package_of_the_tests)),
        *((each, "nbgrader") for each in (other_points_in_source, package_of_a_solution)),
        *((wrong_reference, runner) for runner in RUNNERS),
    ],
)
def test_a_solution_that_does_not_earn_its_points_stops_the_run(
    course: Path, broken: Callable[[Path], str], runner: str
) -> None:
    said = check_refusal(course, runner, broken(course))
    assert "every score is as it was" in said


def test_without_a_sandbox_both_runners_say_the_same(course: Path, tmp_path: Path) -> None:
    path = commands.path_without_bubblewrap(tmp_path / "programs")
    with open(course / "nbgrader_config.py", "a") as configuration:
        configuration.write("c.SealedProvisioner.seal = 'namespaces'\n")
    sentence = r"(?s)bubblewrap, which seals .* is not installed.*apt-get install.*yourself\.\)"
    said = [check_refusal(course, runner, sentence, PATH=path) for runner in RUNNERS]
    one, other = (re.search(sentence, text)[0].split() for text in said)
    assert one == other


def test_what_is_known_is_not_tried_again_until_something_changes(
    course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed: list[tuple[str, bool]] = []

    class Spy(LocalPool):
        def start(self, submission: Submission) -> None:
            handed.append((submission.student, bool(submission.files)))
            super().start(submission)

    def grade() -> list[tuple[str, bool]]:
        def pool(job: Job) -> Spy:
            return Spy(job, 1)

        handed.clear()
        assert ClassRun(ASSIGNMENT, ["bob"], force=True).grade(pool, Progress())
        return handed

    monkeypatch.chdir(course)
    assert grade() == [("source", True), ("bob", True)]
    assert grade() == [("source", False), ("bob", True)]
    hidden_tests(course, "held == 3", "3 == held")
    assert grade() == [("source", True), ("bob", True)]
    edit_source(course, lambda notebook: notebook.cells.pop(0))
    assert grade() == [("source", True), ("bob", True)]


@pytest.mark.parametrize("runner", RUNNERS)
def test_a_run_ends_when_submissions_fail_alike(course: Path, runner: str) -> None:
    """As where no file can be written: nothing of the known answer's is to be."""
    (course / "autograded").write_text("a file where a folder should be")
    run = autograde(course, runner)
    said = run.stderr + run.stdout
    assert run.returncode == 1
    assert "3 submissions in a row failed alike, so no more are graded" in said
    assert "Traceback" not in said


def test_only_failures_in_a_row_and_in_the_same_words_count() -> None:
    alike = Alike(3)
    assert alike.failed("an", "an: cannot answer an") is None
    assert alike.failed("bo", "bo: cannot answer bo") is None
    alike.ended()
    for student in ("an", "bo"):
        assert alike.failed(student, f"{student}: no kernel") is None
    assert alike.failed("cy", "cy: another reason") is None
    assert alike.failed("an", "an: another reason") is None
    assert "in a row failed alike" in str(alike.failed("bo", "bo: another reason"))
    assert Alike(0).failed("an", "an: no kernel") is None
