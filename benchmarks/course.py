"""Courses to measure in: one assignment, and a class that hands in right answers."""

from __future__ import annotations

import shutil
import sqlite3
import sys
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook

from benchmarks.cost import run

REPOSITORY = Path(__file__).resolve().parents[1]
STOCK = "c = get_config()\n"
SEALED = (
    REPOSITORY / "nbgrader_config.py"
).read_text() + f"c.HiddenTests.folders = [{str(REPOSITORY)!r}]\n"
ENVIRONMENT = {"PYTHONPATH": str(REPOSITORY)}  # where plain nbgrader finds the hidden tests


def nbgrader(*arguments: str) -> list[str]:
    """A command of nbgrader."""
    return [sys.executable, "-m", "nbgrader", *arguments]


def make(root: Path, assignment: str, configuration: str, explore: bool = True) -> None:
    """A course with the assignment released; without cells that explore, unless they are wanted."""
    source = root / "source" / assignment
    shutil.copytree(REPOSITORY / "source" / assignment, source)
    for path in source.glob("*.ipynb"):
        notebook = nbformat.read(path, as_version=4)
        if not explore:
            notebook.cells = [cell for cell in notebook.cells if not _explores(cell)]
        nbformat.write(notebook, path)
    (root / "nbgrader_config.py").write_text(configuration)
    run([nbgrader("generate_assignment", assignment)], root)


def hand_in(root: Path, assignment: str, students: int) -> None:
    """Let a class hand in the solutions, all of which earn full marks."""
    release = root / "release" / assignment
    first = root / "submitted" / "student0" / assignment
    shutil.copytree(release, first)
    for path in first.glob("*.ipynb"):
        notebook = answered(root / "source" / assignment / path.name, path)
        nbformat.write(notebook, path)
    for number in range(1, students):
        shutil.copytree(first, root / "submitted" / f"student{number}" / assignment)


def answered(source: Path, release: Path) -> nbformat.NotebookNode:
    """A released notebook with the answers of its source."""
    notebook = nbformat.read(release, as_version=4)
    cells = nbformat.read(source, as_version=4).cells
    solutions = {cell.id: cell.source for cell in cells if "BEGIN SOLUTION" in cell.source}
    for cell in notebook.cells:
        cell.source = solutions.get(cell.id, cell.source)
    return notebook


def forget_scores(root: Path) -> None:
    """Take all scores out of the gradebook, so that a run that does nothing is seen."""
    with sqlite3.connect(root / "gradebook.db") as connection:
        connection.execute("UPDATE grade SET auto_score = NULL")
    connection.close()


def check_scores(url: str, assignment: str, students: int) -> None:
    """Have full marks for every student and every question.

    Raises
    ------
    SystemExit
        If any are missing: then times say nothing.
    """
    with Gradebook(url) as gradebook:
        questions = sum(
            len(notebook.grade_cells)
            for notebook in gradebook.find_assignment(assignment).notebooks
        )
        scores = [
            (submission.student.id, grade.name, grade.auto_score, grade.max_score)
            for submission in gradebook.assignment_submissions(assignment)
            for notebook in submission.notebooks
            for grade in notebook.grades
        ]
    wrong = [score for score in scores if score[2] != score[3]]
    if wrong or len(scores) != students * questions:
        raise SystemExit(f"{url}: wrong scores: {wrong or len(scores)}")


def _explores(cell: nbformat.NotebookNode) -> bool:
    return "explore" in cell.metadata.get("tags", ())
