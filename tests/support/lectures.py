"""Lectures as the tests read them: their sections, and what is there to predict and to fill in."""

import re

import nbformat

from tests.support import REPOSITORY

COURSE = REPOSITORY / "course"
NOTEBOOKS = sorted(
    path for path in COURSE.rglob("*.ipynb") if ".ipynb_checkpoints" not in path.parts
)
CHECK = re.compile(r"^check\(", re.MULTILINE)
ANSWER = re.compile(r"<details><summary>Answer</summary>\n\n```python\n(.*?)\n```\n", re.DOTALL)

Cell = nbformat.NotebookNode


def code_cells(notebook: nbformat.NotebookNode) -> list[Cell]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def is_your_turn(cell: Cell) -> bool:
    """A cell to fill in: it ends with checks of `lecturekit.your_turn`."""
    return cell.cell_type == "code" and CHECK.search(cell.source) is not None


def is_slider(cell: Cell) -> bool:
    """A slider is stored without the widget, which needs a kernel; the site draws its frames."""
    return re.search(r"\binteract(ive)?\(", cell.source) is not None


def answered(notebook: nbformat.NotebookNode, cell: Cell) -> str:
    """The source of a cell to fill in, with the answer that is folded in the cell below it.

    The answer replaces all that comes before the first check.
    """
    below = notebook.cells[notebook.cells.index(cell) + 1]
    answer = ANSWER.search(below.source)
    assert answer, f"the cell below {cell.id} has no folded answer"
    return f"{answer[1]}\n\n\n{cell.source[CHECK.search(cell.source).start() :]}"
