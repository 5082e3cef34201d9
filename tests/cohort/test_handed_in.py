"""A class that hands in files of every name and kind, graded in one run."""

from __future__ import annotations

import os
import shutil
import subprocess
import zipfile
from pathlib import Path

import nbformat
import pytest

from grading.handed_in.printable import printable
from tests.support import commands, little_course
from tests.support.little_course import ASSIGNMENT, NOTEBOOK, POINTS, nbgrader, scores

pytestmark = pytest.mark.usefixtures("sandbox")

NOTHING = dict.fromkeys(POINTS, 0.0)
LONG = "l" * 252
STRANGE = ["new\nline", "esc\x1b[2Jape", LONG, "latin\udce9"]
GRADED_AS = {
    "copy": f"{NOTEBOOK}-Copy1.ipynb",
    "numbered": f"{NOTEBOOK} (2).ipynb",
    "txt": f"{NOTEBOOK}.ipynb.txt",
    "json": "mine.json",
    "upper": f"{NOTEBOOK}.IPYNB",
    "zip": f"work.zip/{ASSIGNMENT}/{NOTEBOOK}.ipynb",
    "deeper": f"{ASSIGNMENT}/{NOTEBOOK}.ipynb",
}


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = little_course.make(tmp_path_factory.mktemp("whose") / "course")
    blank, done = little_course.released(root), little_course.answered(root)
    other = nbformat.v4.new_notebook(
        cells=[little_course.course_cell("def f(): 1", "f", solution=True)]
    )
    (root / "release" / "ps0").mkdir()
    nbformat.write(other, root / "release" / "ps0" / "earlier.ipynb")

    for student in ("copy", "numbered"):
        folder = little_course.submit(root, student, done, GRADED_AS[student][:-6])
        untouched = NOTEBOOK if student == "copy" else f"{NOTEBOOK} (1)"
        nbformat.write(blank, folder / f"{untouched}.ipynb")
    for student in ("txt", "json", "upper", "deeper"):
        file = root / "submitted" / student / ASSIGNMENT / GRADED_AS[student]
        file.parent.mkdir(parents=True)
        file.write_text(nbformat.writes(done))
    for student in ("zip", "pdf", "nothing"):
        (root / "submitted" / student / ASSIGNMENT).mkdir(parents=True)
    with zipfile.ZipFile(root / "submitted" / "zip" / ASSIGNMENT / "work.zip", "w") as archive:
        archive.writestr(f"{ASSIGNMENT}/{NOTEBOOK}.ipynb", nbformat.writes(done))
    (root / "submitted" / "pdf" / ASSIGNMENT / "<b>notes\x1b[2J.pdf").write_bytes(b"%PDF")
    Path(root, "submitted", "pdf", ASSIGNMENT, "latin\udce9").write_bytes(b"x")
    little_course.submit(root, "other", other)
    for name in ("timestamp.txt", "numbers.txt"):  # nbgrader's, and the assignment's own
        file = root / "submitted" / "nothing" / ASSIGNMENT / name
        file.write_text("2026-01-03 09:00:00 UTC")
    for student in ("x_[1]", *STRANGE):
        little_course.submit(root, student, done)
    return root


@pytest.fixture(scope="module")
def run(course: Path) -> subprocess.CompletedProcess[str]:
    return commands.run(course, "grading", "autograde", ASSIGNMENT, "--workers=2")


@pytest.fixture(scope="module")
def pages(course: Path, run: object) -> dict[str, str]:
    """The feedback of every student who has one."""
    done = nbgrader(course, "generate_feedback", ASSIGNMENT)
    assert done.returncode == 0, done.stderr
    assert is_plain(done)
    found = (course / "feedback").glob(f"*/{ASSIGNMENT}/{NOTEBOOK}.html")
    return {path.parts[-3]: path.read_text() for path in found}


def is_plain(done: subprocess.CompletedProcess[str]) -> bool:
    """Whether a terminal would show all that was written, and do nothing else."""
    text = done.stdout + done.stderr.replace("\x1b[K", "")
    return printable(text, keep="\n") == text


def test_the_work_is_found_whatever_it_is_called(course: Path, run) -> None:
    earned = scores(course)
    full = {student: earned[student] for student in (*GRADED_AS, "x_[1]")}
    assert full == dict.fromkeys(full, POINTS)
    assert {student: earned[student] for student in ("pdf", "nothing", "other")} == dict.fromkeys(
        ("pdf", "nothing", "other"), NOTHING
    )
    assert set(earned) == {*GRADED_AS, "x_[1]", "pdf", "nothing", "other"}


@pytest.mark.parametrize("student", GRADED_AS)
def test_a_remark_says_which_file_was_graded(course: Path, run, student: str) -> None:
    note = (course / ".grading" / ASSIGNMENT / f"{student}.json").read_text()
    assert f"{student}: {GRADED_AS[student]} is graded as {NOTEBOOK}.ipynb." in note


def test_a_name_that_can_be_no_students_is_said_and_stops_nobody(run) -> None:
    assert run.returncode == 1
    assert is_plain(run)
    for shown in ("new\\nline", "esc\\x1b[2Jape", "l" * 40, "latin\\udce9"):
        assert f"'{shown}" in run.stdout
    assert run.stdout.count("cannot be a student's id") == len(STRANGE)


def test_every_student_has_a_page(pages: dict[str, str]) -> None:
    assert set(pages) == {*GRADED_AS, "x_[1]", "pdf", "nothing", "other"}
    for student in ("pdf", "nothing", "other"):
        assert f"{NOTEBOOK}.ipynb was not handed in and scores 0." in pages[student]
    assert "is no notebook: &lt;b&gt;notes\\x1b[2J.pdf, latin\\udce9." in pages["pdf"]
    assert f"{NOTEBOOK}.ipynb is earlier.ipynb of ps0 and is not graded here." in pages["other"]
    assert "is no notebook" not in pages["nothing"]
    assert not any("little_tests" in page for page in pages.values())


def test_the_report_knows_what_was_not_handed_in(course: Path, run) -> None:
    done = commands.run(course, "grading", "report", ASSIGNMENT)
    assert done.returncode == 0, done.stderr
    assert "A notebook is missing" in (course / "report" / f"{ASSIGNMENT}.html").read_text()


def test_nbgraders_own_command_does_the_same(course: Path, pages, tmp_path: Path) -> None:
    root = Path(shutil.copytree(course, tmp_path / "course"))
    one = nbgrader(root, "autograde", ASSIGNMENT, "--student=x_[1]", "--force")
    assert one.returncode == 0, one.stderr
    for name in os.listdir(root / "submitted"):
        if name in ("copy", "txt", "json", "upper", "deeper"):
            shutil.rmtree(root / "submitted" / name)
    little_course.submit(root, "nothing", little_course.answered(root))  # since the last time
    everyone = nbgrader(root, "autograde", ASSIGNMENT)
    assert everyone.returncode == 1
    assert is_plain(everyone)
    assert everyone.stderr.count("cannot be a student's id") >= len(STRANGE)
    assert scores(root) == {**scores(course), "nothing": POINTS}
