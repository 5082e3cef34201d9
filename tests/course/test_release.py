"""What students get is what source/ generates, and nothing of the answers is in it."""

import ast
import filecmp
import re
import shutil
from pathlib import Path

import nbformat
import pytest
from traitlets.config import Config, Configurable

from grading.course import released_assignments
from tests.support import REPOSITORY
from tests.support.little_course import nbgrader

SOURCE, RELEASE = REPOSITORY / "source", REPOSITORY / "release"
ASSIGNMENTS = sorted(folder.name for folder in SOURCE.iterdir() if folder.is_dir())
NOTEBOOKS = [str(path.relative_to(SOURCE)) for path in sorted(SOURCE.glob("*/*.ipynb"))]
SECRETS = re.compile(r"(BEGIN|END) (SOLUTION|HIDDEN|MARK)|grader_tests|\bgrade\(")
SOLUTION = re.compile(r"### BEGIN SOLUTION\n(.*?)\n *### END SOLUTION", re.DOTALL)


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def code_cells(path: Path) -> dict[str, nbformat.NotebookNode]:
    notebook = nbformat.read(path, as_version=4)
    return {cell.id: cell for cell in notebook.cells if cell.cell_type == "code"}


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release/ made just now."""
    root = tmp_path_factory.mktemp("course")
    shutil.copytree(SOURCE, root / "source")
    shutil.copy(REPOSITORY / "nbgrader_config.py", root)
    for assignment in ASSIGNMENTS:
        done = nbgrader(root, "generate_assignment", assignment)
        assert done.returncode == 0, done.stderr
    return root / "release"


def test_the_release_is_what_the_source_generates(generated):
    released = files(RELEASE) - {"README.md"}
    assert released == files(generated), "run `make release` and commit release/"
    _, differing, _ = filecmp.cmpfiles(RELEASE, generated, released, shallow=False)
    assert not differing, "run `make release` and commit release/"


def test_the_page_that_lists_the_assignments_is_none():
    course = Config(CourseDirectory={"root": str(REPOSITORY)})
    assert released_assignments(Configurable(config=course)) == ASSIGNMENTS


@pytest.mark.parametrize("notebook", NOTEBOOKS)
def test_no_solution_and_no_hidden_test_is_released(notebook):
    assert not SECRETS.findall((RELEASE / notebook).read_text())
    released = code_cells(RELEASE / notebook)
    for name, cell in code_cells(SOURCE / notebook).items():
        for solution in SOLUTION.findall(cell.source):
            for line in map(str.strip, solution.splitlines()):
                assert line not in map(str.strip, released[name].source.splitlines()), line
            assert not any(solution.strip() in other.source for other in released.values()), name


@pytest.mark.parametrize("notebook", NOTEBOOKS)
def test_each_stub_says_what_is_not_written(notebook):
    cells = code_cells(RELEASE / notebook)
    stubs = [id for id, cell in cells.items() if cell.metadata.get("nbgrader", {}).get("solution")]
    assert stubs
    for name in stubs:
        assert cells[name].source.endswith(
            f'    # YOUR CODE HERE\n    raise NotImplementedError("{name}: not written yet")'
        )
        ast.parse(cells[name].source)


def test_a_cell_without_solution_markers_becomes_a_stub_of_its_own_name(tmp_path):
    (tmp_path / "source" / "ps1").mkdir(parents=True)
    metadata = {
        "schema_version": 3, "grade_id": "whole_cell", "grade": False, "solution": True,
        "locked": False, "task": False,
    }  # fmt: skip
    cell = nbformat.v4.new_code_cell("answer = 42", metadata={"nbgrader": metadata})
    notebook = nbformat.v4.new_notebook(cells=[cell])
    nbformat.write(notebook, tmp_path / "source" / "ps1" / "p1.ipynb")
    shutil.copy(REPOSITORY / "nbgrader_config.py", tmp_path)
    nbgrader(tmp_path, "generate_assignment", "ps1").check_returncode()
    released = nbformat.read(tmp_path / "release" / "ps1" / "p1.ipynb", as_version=4)
    assert released.cells[0].source == (
        '# YOUR CODE HERE\nraise NotImplementedError("whole_cell: not written yet")'
    )
