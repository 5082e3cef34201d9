"""Tasks, one module for each assignment notebook.

A module lists its tasks in ``TASKS``, the length of each series of misconception ids in
``CATALOGUE``, and in ``LEFT_OUT`` why an id has no wrong answer; the audit compares the three.
"""

from __future__ import annotations

import difflib
import importlib
import pkgutil
import re
from collections.abc import Iterator
from types import ModuleType

from grading.marking.task import Task


def modules() -> Iterator[ModuleType]:
    """The modules of tasks, by the names of their notebooks."""
    package = importlib.import_module("grader_tests")
    for found in pkgutil.iter_modules(package.__path__):
        yield importlib.import_module(f"grader_tests.{found.name}.tasks")


def find(name: str) -> Task:
    """Return the task that grades the function `name`.

    Raises
    ------
    LookupError
        If there is none; the message has the nearest name.
    """
    known = []
    for module in modules():
        for task in module.TASKS:
            if task.name == name:
                return task
            known.append(task.name)
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(sorted(known))}"
    raise LookupError(f"no hidden test grades {name!r}: {hint}")


def unnumbered(name: str) -> str:
    """Return a notebook's name without its number: ``batch_norm`` for ``2_batch_norm``."""
    return re.sub(r"^\d+_", "", name)
