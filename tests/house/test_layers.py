"""What notebooks and the programs beside them import; packages are held by ``lint-imports``.

Imports by name count too: ``importlib.import_module("…")`` and ``__import__("…")``.
"""

import ast
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import nbformat
import pytest
from IPython.core.inputtransformer2 import TransformerManager

from grader_tests import catalogue
from tests.support import REPOSITORY
from tests.support.notebooks import read_notebook

FRAMEWORKS = {"torch", "torchvision", "keras", "tensorflow", "jax", "sklearn"}
EXTRAS = {
    "01_hyperparameter_tuning": {"optuna"},
    "05_frameworks": FRAMEWORKS,
    "06_parameters_and_transfer": FRAMEWORKS,
    "4_parameters_and_transfer": FRAMEWORKS,
}
MAGIC = re.compile(r"^\s*[%!]", re.MULTILINE)
FIGURES = {"matplotlib", "cycler", "ipywidgets", "IPython"}


def files(folder: str) -> list[Path]:
    """The Python files and notebooks of a folder of the repository."""
    found = [*(REPOSITORY / folder).rglob("*.py"), *(REPOSITORY / folder).rglob("*.ipynb")]
    assert found, f"{folder} is empty"
    return sorted(path for path in found if ".ipynb_checkpoints" not in path.parts)


def trees(path: Path) -> Iterator[ast.Module]:
    """The syntax trees of a file, or of a notebook's code cells without their magic commands.

    Cells without a word that imports are left out.
    """
    if path.suffix == ".py":
        yield ast.parse(path.read_text(encoding="utf-8"))
        return
    plain = TransformerManager().transform_cell
    for cell in read_notebook(path).cells:
        if cell.cell_type == "code" and "import" in cell.source:
            yield ast.parse(plain(cell.source) if MAGIC.search(cell.source) else cell.source)


def nodes(path: Path) -> Iterator[ast.AST]:
    """All that is in these trees."""
    return (node for tree in trees(path) for node in ast.walk(tree))


@cache
def imported(path: Path) -> set[str]:
    """What a file imports, down to the names: ``boundary.wire.Opaque`` for one of its names."""
    found: set[str] = set()
    for node in nodes(path):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}, line {node.lineno}: an import relative to the package"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = ast.unparse(node.func).rpartition(".")[2]
            if called in ("import_module", "__import__"):
                found.add(str(node.args[0].value))
    return found


def foreign(path: Path) -> set[str]:
    """The packages that a file imports, without those of Python itself."""
    return {name.partition(".")[0] for name in imported(path)} - sys.stdlib_module_names


def of(package: str, path: Path) -> set[str]:
    """What a file imports of a package."""
    return {name for name in imported(path) if name.partition(".")[0] == package}


def extras(path: Path) -> set[str]:
    """The frameworks, for the lecture on them, and what other notebooks run without, too."""
    return EXTRAS.get(path.stem, set())


each_of = {
    folder: pytest.mark.parametrize(
        "path", files(folder), ids=lambda path: str(path.relative_to(REPOSITORY))
    )
    for folder in ("course", "source", "release")
}


def test_the_engine_names_no_graded_function():
    graded = {task.name for notebook in catalogue.notebooks() for task in notebook.tasks}
    word = re.compile(rf"\b({'|'.join(graded)})\b")
    suspects = [path for path in files("grading") if word.search(path.read_text(encoding="utf-8"))]
    for where, node in ((path, node) for path in suspects for node in nodes(path)):
        words = {getattr(node, field, None) for field in ("id", "attr", "arg", "name")}
        if isinstance(node, ast.Constant):
            words = {node.value}
        named = words & graded
        if named and ast.unparse(node) == "unicodedata.normalize":
            continue  # Python's own
        assert not named, f"{where}, line {node.lineno}"


@each_of["course"]
def test_lectures_know_nothing_of_grading(path):
    assert foreign(path) <= {"numpy", "lecturekit", *FIGURES} | extras(path)


@each_of["source"]
def test_assignments_need_numpy_and_figures_and_take_only_grade_of_the_hidden_tests(path):
    asks = path.suffix == ".ipynb"  # visible checks know nothing of hidden ones
    needs = {"grader_tests", *FIGURES} | extras(path) if asks else {"IPython"}
    assert foreign(path) <= {"numpy", "checks"} | needs
    assert of("grader_tests", path) == ({"grader_tests.grade"} if asks else set())


@each_of["release"]
def test_students_need_numpy_and_figures(path):
    assert foreign(path) <= {"numpy", "checks", *FIGURES} | extras(path)


def test_what_makes_the_zip_needs_nothing_but_python():
    assert foreign(REPOSITORY / "handout" / "bundle.py") == set()


@pytest.mark.parametrize(
    "path",
    [*files("handout"), *files("grading/handed_in"), REPOSITORY / "grading/boundary/leniency.py"],
    ids=lambda path: path.stem,
)
def test_what_students_get_of_grading_needs_only_what_they_get(path):
    jupyter = {
        "IPython",
        "jupyterlab",
        "nbclient",
        "nbconvert",
        "nbformat",
        "nbgrader",
        "traitlets",
    }
    assert foreign(path) <= {"grading", "handout", *jupyter}
    shared = ("grading.handed_in.", "grading.boundary.leniency")
    assert all(name.startswith(shared) for name in of("grading", path))


def test_imports_are_found_however_they_are_written(tmp_path):
    path = tmp_path / "lecture.ipynb"
    code = [
        "%matplotlib inline\nimport a.b, c as d",
        "def f():\n    from e.f import g\n    return __import__('h')",
        "from importlib import import_module\nimport_module('i.j')",
        "import json",
    ]
    cells = [nbformat.v4.new_code_cell(source) for source in code]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    assert imported(path) == {"a.b", "c", "e.f.g", "h", "i.j", "json", "importlib.import_module"}
    assert foreign(path) == {"a", "c", "e", "h", "i"}
    assert of("e", path) == {"e.f.g"}
