"""Writes the cells of new questions into an assignment's notebook.

A question gets a prompt, an answer cell with the reference's docstring and solution, a cell that
calls its visible checks, and the graded cell. Prompt and visible checks, which stand in a module
beside the notebook, are only begun: they are for a person to write.
"""

from __future__ import annotations

import ast
import inspect
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from grading.marking.catalogue import Catalogue, unnumbered
from grading.marking.task import Task
from grading.rehearsal import checks
from grading.rehearsal.hints import FOLDER
from grading.stop import Stop

KERNEL = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
Cell = dict[str, Any]


MODULE = '''\
"""Visible checks of ``{notebook}.ipynb``."""

from __future__ import annotations

import numpy as np

from checks import Sheet, Trial

sheet = Sheet(__file__)
check, progress = sheet.check, sheet.progress
'''
CHECKS = """

@sheet.question(minutes=10, ask="What to ask oneself?", by_hand="A smaller example.")
def {name}(trial: Trial) -> None:
    raise AssertionError("the visible checks are not written yet")
"""


def question(task: Task, number: int, package: str, notebook: str) -> list[Cell]:
    """Return the four cells of a task's question, the `number`-th of its notebook.

    `package` is that of the hidden tests, `notebook` the name of the module with the checks.
    """
    name = task.name
    prompt = (
        f"## {number}. A heading: `{name}` ({task.worth})\n\n"
        "What is wanted and why, with a formula or an example.\n\n"
        f"**{task.worth}:** {task.rubric.partition(': ')[2]}"
    )
    checks = f"from checks.{notebook} import check\n\ncheck({name})"
    graded = (
        f"{task.rubric}\n### BEGIN HIDDEN TESTS\nfrom {package} import grade\n\n"
        f'grade("{name}")\n### END HIDDEN TESTS'
    )
    return [
        _markdown(f"{name}-prompt", prompt),
        _code(name, _answer(task), solution=True),
        _code(f"{name}-checks", checks, locked=True),
        _code(f"{name}-graded", graded, locked=True, grade=True, points=task.points),
    ]


def begin_checks(folder: Path, notebook: str, names: Sequence[str]) -> None:
    """Add what questions lack in the module of a notebook's visible checks."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(checks.__file__, folder / "__init__.py")
    path = folder / f"{notebook}.py"
    text = path.read_text(encoding="utf-8") if path.exists() else MODULE.format(notebook=notebook)
    text += "".join(CHECKS.format(name=name) for name in names if f"def {name}(" not in text)
    path.write_text(text, encoding="utf-8")


def complete(cells: Cell, wanted: tuple[Task, ...], package: str, notebook: str) -> list[str]:
    """Add the questions that a notebook lacks to its cells, and return their names."""
    there = [cell.get("id") for cell in cells["cells"]]
    missing = [task for task in wanted if task.name not in there]
    first = len(wanted) - len(missing) + 1
    for number, task in enumerate(missing, first):
        cells["cells"] += question(task, number, package, notebook)
    return [task.name for task in missing]


def empty(title: str, wanted: tuple[Task, ...]) -> Cell:
    """Return a notebook with a title and a first cell that imports what the references import."""
    imports = dict.fromkeys(
        ast.unparse(node)
        for task in wanted
        for node in ast.parse(inspect.getsource(inspect.getmodule(task.reference))).body
        if isinstance(node, ast.Import)
        or (isinstance(node, ast.ImportFrom) and node.module != "__future__")
    )
    cells = [_markdown("title", f"# {title}"), _code("setup", "\n".join(imports), locked=True)]
    metadata = {"kernelspec": KERNEL}
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def _answer(task: Task) -> str:
    """The reference, with nbgrader's markers round what stands after its docstring."""
    text = inspect.getsource(task.reference)
    (definition,) = ast.parse(text).body
    lines = text.splitlines()
    end = definition.body[0].end_lineno
    marked = ["    ### BEGIN SOLUTION", *lines[end:], "    ### END SOLUTION"]
    return "\n".join([*lines[:end], *marked])


def _markdown(id: str, source: str) -> Cell:
    return {"cell_type": "markdown", "id": id, "metadata": {}, "source": _lines(source)}


def _code(id: str, source: str, **settings: Any) -> Cell:
    nbgrader = {"grade": False, "grade_id": id, "locked": False, "solution": False, "task": False}
    nbgrader |= {"schema_version": 3, **settings}
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": id,
        "metadata": {"nbgrader": dict(sorted(nbgrader.items()))},
        "outputs": [],
        "source": _lines(source),
    }


def _lines(source: str) -> list[str]:
    return source.splitlines(keepends=True)


def run(catalogue: Catalogue, notebook: str, folder: Path) -> int:
    """Add the questions that a notebook lacks, or begin it, and say so; return the exit status.

    Parameters
    ----------
    catalogue : Catalogue
    notebook : str
        Its name. With another number, or none, it is the same notebook.
    folder : Path
        Of the assignment.

    Raises
    ------
    Stop
        If no hidden tests are for a notebook of that name.
    """
    try:
        known = catalogue.notebook(notebook)
    except LookupError as error:
        raise Stop(f"{catalogue.package} has no folder for that notebook: {error}.") from None
    there = (path for path in folder.glob("*.ipynb") if unnumbered(path.stem) == known.name)
    path = next(there, folder / f"{notebook}.ipynb")
    if path.exists():
        cells = json.loads(path.read_text(encoding="utf-8"))
    else:
        cells = empty(known.name.replace("_", " ").capitalize(), known.tasks)
    added = complete(cells, known.tasks, catalogue.package, known.name)
    begin_checks(folder / FOLDER, known.name, added)
    path.write_text(json.dumps(cells, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"{path}: added {', '.join(added)}" if added else f"{path}: has every question")
    return 0
