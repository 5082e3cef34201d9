"""What stands in a released notebook where the solution was."""

from __future__ import annotations

from typing import Any

from nbformat.notebooknode import NotebookNode
from nbgrader.preprocessors import ClearSolutions

STUB = '# YOUR CODE HERE\nraise NotImplementedError("{}: not written yet")'


class NamedStubs(ClearSolutions):
    """nbgrader's ``ClearSolutions``, with stubs that say which answer is missing: its grade_id."""

    def preprocess_cell(
        self, cell: NotebookNode, resources: dict[str, Any], cell_index: int
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Clear one cell's solution."""
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        self.code_stub = {**self.code_stub, "python": STUB.format(name)}
        return super().preprocess_cell(cell, resources, cell_index)
