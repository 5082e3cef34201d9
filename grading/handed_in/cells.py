"""The names by which cells and questions are known."""

from __future__ import annotations

from nbformat.notebooknode import NotebookNode
from nbgrader.utils import is_grade, is_solution, is_task


def grade_id(cell: NotebookNode) -> str | None:
    """The name by which nbgrader knows a cell, if it has one."""
    return cell.metadata.get("nbgrader", {}).get("grade_id")


def question_name(grade_id: str) -> str:
    """What a graded cell is about: ``softmax`` for ``softmax-graded``."""
    return grade_id.removesuffix("-graded")


def is_judged(cell: NotebookNode) -> bool:
    """Whether the judge runs it: graded code, and nothing of the student's."""
    by_hand = is_solution(cell) or is_task(cell)
    return bool(cell.cell_type == "code" and is_grade(cell) and not by_hand)


def points_in(notebook: NotebookNode) -> dict[str, float]:
    """The points of its questions, as its author wrote them, by grade_id."""
    graded = (cell for cell in notebook.cells if is_grade(cell) or is_task(cell))
    return {grade_id(cell): float(cell.metadata.nbgrader["points"]) for cell in graded}
