"""Writes the cells of new questions into an assignment's notebook.

``python -m grading.rehearsal.scaffold NOTEBOOK FOLDER``: for each task of ``tasks/NOTEBOOK.py``
whose question is not in ``FOLDER/NOTEBOOK.ipynb`` yet, or in that notebook with a number before its
name: a prompt, an answer cell with the reference's docstring and solution, a cell for visible
checks, and the graded cell. What is there already stays as it is. Prompt and visible checks are
only begun: they are for a person to write.
"""

from __future__ import annotations

import argparse
import ast
import inspect
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from grading.marking import catalogue
from grading.marking.task import Task

KERNEL = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
Cell = dict[str, Any]


def question(task: Task, number: int) -> list[Cell]:
    """Return the four cells of a task's question, the `number`-th of its notebook."""
    name = task.name
    prompt = (
        f"## {number}. A heading: `{name}` ({task.worth})\n\n"
        "What is wanted and why, with the formula.\n\n"
        f"**{task.worth}:** {task.rubric.partition(': ')[2]}"
    )
    checks = (
        "# A case that can be checked by hand.\n"
        f'raise AssertionError("{name}: the visible checks are not written yet")\n\n'
        f'print("{name}: visible checks passed; hidden checks run when graded")'
    )
    graded = (
        f"{task.rubric}\n### BEGIN HIDDEN TESTS\nfrom grader_tests import grade\n\n"
        f'grade("{name}")\n### END HIDDEN TESTS'
    )
    return [
        _markdown(f"{name}-prompt", prompt),
        _code(name, _answer(task), solution=True),
        _code(f"{name}-checks", checks, locked=True),
        _code(f"{name}-graded", graded, locked=True, grade=True, points=task.points),
    ]


def complete(notebook: Cell, wanted: tuple[Task, ...]) -> list[str]:
    """Add the questions that a notebook lacks, and return their names."""
    there = [cell.get("id") for cell in notebook["cells"]]
    missing = [task for task in wanted if task.name not in there]
    first = len(wanted) - len(missing) + 1
    for number, task in enumerate(missing, first):
        notebook["cells"] += question(task, number)
    return [task.name for task in missing]


def empty(title: str) -> Cell:
    """Return a notebook with a title and a first cell that imports NumPy."""
    cells = [_markdown("title", f"# {title}"), _code("setup", "import numpy as np", locked=True)]
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


def _known() -> Iterator[tuple[str, tuple[Task, ...]]]:
    for module in catalogue.modules():
        yield module.__name__.split(".")[1], module.TASKS


def main(arguments: list[str] | None = None) -> int:
    """Complete the notebook that the command line names; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m grading.rehearsal.scaffold", description=__doc__
    )
    parser.add_argument("notebook", metavar="NOTEBOOK", help="a module of grader_tests/tasks")
    parser.add_argument("folder", metavar="FOLDER", type=Path, help="such as source/module4_extras")
    options = parser.parse_args(arguments)
    known = dict(_known())
    if options.notebook not in known:
        print(
            f"There is no grader_tests/tasks/{options.notebook}.py; there are {', '.join(known)}.",
            file=sys.stderr,
        )
        return 1
    numbered = options.folder.glob(f"*_{options.notebook}.ipynb")
    there = [path for path in numbered if catalogue.unnumbered(path.stem) == options.notebook]
    path = there[0] if there else options.folder / f"{options.notebook}.ipynb"
    notebook = empty(options.notebook.replace("_", " ").capitalize())
    if path.exists():
        notebook = json.loads(path.read_text(encoding="utf-8"))
    added = complete(notebook, known[options.notebook])
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(notebook, indent=1, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")
    print(f"{path}: added {', '.join(added)}" if added else f"{path}: has every question")
    return 0


if __name__ == "__main__":
    sys.exit(main())
