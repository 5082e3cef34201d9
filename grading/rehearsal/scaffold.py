"""Writes the cells of new questions into an assignment's notebook.

A question gets a prompt, an answer cell with the reference's docstring and solution, a cell for
visible checks, and the graded cell. Prompt and visible checks are only begun: they are for a person
to write.
"""

from __future__ import annotations

import ast
import inspect
import json
from pathlib import Path
from typing import Any

from grading.marking.catalogue import Catalogue, unnumbered
from grading.marking.task import Task
from grading.stop import Stop

KERNEL = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
Cell = dict[str, Any]


def question(task: Task, number: int, package: str) -> list[Cell]:
    """Return the four cells of a task's question, the `number`-th of its notebook.

    `package` is that of the hidden tests.
    """
    name = task.name
    prompt = (
        f"## {number}. A heading: `{name}` ({task.worth})\n\n"
        "What is wanted and why, with a formula or an example.\n\n"
        f"**{task.worth}:** {task.rubric.partition(': ')[2]}"
    )
    checks = (
        "# A case that can be checked by hand.\n"
        f'raise AssertionError("{name}: the visible checks are not written yet")\n\n'
        f'print("{name}: visible checks passed; hidden checks run when graded")'
    )
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


def complete(notebook: Cell, wanted: tuple[Task, ...], package: str) -> list[str]:
    """Add the questions that a notebook lacks, and return their names."""
    there = [cell.get("id") for cell in notebook["cells"]]
    missing = [task for task in wanted if task.name not in there]
    first = len(wanted) - len(missing) + 1
    for number, task in enumerate(missing, first):
        notebook["cells"] += question(task, number, package)
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
    added = complete(cells, known.tasks, catalogue.package)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(cells, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"{path}: added {', '.join(added)}" if added else f"{path}: has every question")
    return 0
