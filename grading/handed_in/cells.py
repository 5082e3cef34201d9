"""The names by which cells and questions are known."""

from __future__ import annotations

from nbformat.notebooknode import NotebookNode


def grade_id(cell: NotebookNode) -> str | None:
    """The name by which nbgrader knows a cell, if it has one."""
    return cell.metadata.get("nbgrader", {}).get("grade_id")


def question_name(grade_id: str) -> str:
    """What a graded cell is about: ``softmax`` for ``softmax-graded``."""
    return grade_id.removesuffix("-graded")
