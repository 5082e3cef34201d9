"""Worked notebooks have every answer, and nothing of grading; run, they show that all is done."""

import re
import shutil
from pathlib import Path

import nbformat
import pytest

from handout.solutions import worked, write
from tests.support import REPOSITORY
from tests.support.notebooks import read_notebook

SOURCES = sorted((REPOSITORY / "source").glob("*/*.ipynb"))
OURS = re.compile(r"(BEGIN|END) (SOLUTION|HIDDEN)|grader_tests|nbgrader|NotImplementedError\(")


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_answers_are_there_and_nothing_of_grading_is(path: Path) -> None:
    source = read_notebook(path)
    notebook = worked(source)
    graded = {cell.id for cell in source.cells if cell.id.endswith("-graded")}
    assert {cell.id for cell in source.cells} - graded == {cell.id for cell in notebook.cells}
    nbformat.validate(notebook)
    for cell in notebook.cells:
        text = str(cell.metadata) + (cell.source if cell.cell_type == "code" else "")
        assert OURS.search(text) is None, cell.id
        if cell.cell_type == "code":
            compile(cell.source, cell.id, "exec")


def test_worked_notebooks_are_run_beside_their_checks(tmp_path: Path) -> None:
    module = tmp_path / "source"
    others = shutil.ignore_patterns("[13-9]*.ipynb")
    shutil.copytree(REPOSITORY / "source" / "module2_optimization", module, ignore=others)
    (module / "data.csv").touch()
    write(module, tmp_path / "solutions")
    [path] = (tmp_path / "solutions").glob("*.ipynb")
    cells = {cell.id: cell for cell in read_notebook(path).cells}
    shown = cells["progress"].outputs[0].data["text/plain"]
    assert shown.endswith("5 of 5 done; about 0 minutes left.")
    assert (path.parent / "data.csv").exists()
