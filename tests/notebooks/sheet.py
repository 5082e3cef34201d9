"""A second notebook of the little course, with visible checks, and a sheet on which to edit it.

Twelve points: ``double`` 4, ``pair`` 3 (a tuple), ``params`` 3 (a dictionary) and ``quadruple`` 2,
which calls the student's own ``double``. A given cell and one that only explores stand before them.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell
from nbgrader.utils import is_grade, is_solution

from tests.support import commands, little_course
from tests.support.little_course import ASSIGNMENT, course_cell, notebook_of, question

NOTEBOOK = "p2"
POINTS = {"double": 4.0, "pair": 3.0, "params": 3.0, "quadruple": 2.0}
RIGHT = {
    "double": "def double(x):\n    return 2 * x",
    "pair": "def pair(x):\n    return shift(x), 2 * x",
    "params": 'def params(n):\n    return {"W": np.ones((n, n)), "b": np.zeros((n, 1))}',
    "quadruple": "def quadruple(x):\n    return double(double(x))",
}
SETUP = "import math\n\nimport numpy as np"
GIVEN = "RATE = 0.5\n\n\ndef shift(x):\n    return x + RATE"
EXPLORED = 'found = math.pi\nprint("a long run", found)'
CHECKS = {
    "double": "assert double(3) == 6",
    "pair": "first, second = pair(1.0)\nassert (first, second) == (1.5, 2.0)",
    "params": 'assert params(2)["W"].shape == (2, 2)\nassert params(2)["b"].shape == (2, 1)',
    "quadruple": "assert quadruple(2) == 8",
}
HIDDEN_TESTS = '''\
"""Hidden tests whose scripts use builtin functions, and whose answers are of several types."""

from html import escape

import numpy as np

from grading.boundary.questions import Question, Unanswered, ask, seed, show

ASKED = {
    "double": (4.0, "result = [double(x) for x, _ in zip(xs, range(9))]\\nassert len(result)"),
    "pair": (3.0, "result = list(map(pair, xs))"),
    "params": (3.0, "result = params(sum(1 for x in xs) + max(0, int(str(1))))"),
    "quadruple": (2.0, "result = [quadruple(x) for x in xs]"),
}
RIGHT = {
    "double": lambda xs: [2 * x for x in xs],
    "pair": lambda xs: [(x + 0.5, 2 * x) for x in xs],
    "params": lambda xs: {"W": np.ones((4, 4)), "b": np.zeros((4, 1))},
    "quadruple": lambda xs: [4 * x for x in xs],
}


def same(got, right):
    """Whether an answer is right, in type and in value."""
    if isinstance(right, dict):
        alike = type(got) is dict and got.keys() == right.keys()
        return alike and all(same(got[key], right[key]) for key in right)
    if isinstance(right, list | tuple):
        return type(got) is type(right) and all(map(same, got, right)) and len(got) == len(right)
    return type(got) is type(right) and got.shape == right.shape and np.allclose(got, right)


def grade(name):
    """Ask one question; all of its points or none."""
    points, script = ASKED[name]
    rng = np.random.default_rng(seed(name))
    xs = [rng.normal(size=(2, n)) for n in (1, 3, 5)]
    (answer,) = ask([Question(script, {"xs": xs}, ("result",))])
    if isinstance(answer, Unanswered):
        held, text = False, f"{answer.kind}: {answer.message} [{answer.where}]"
    else:
        held = same(answer[0], RIGHT[name](xs))
        text = f"{name} is right." if held else f"{name} is wrong: a {type(answer[0]).__name__}"
    criteria = [{"name": name, "points": points, "held": held}]
    show(text, f"<p>{escape(text)}</p>", {"mistake": "", "criteria": criteria, "unanswered": []})
    return points * held
'''


def make(root: Path) -> Path:
    """Make the course of both notebooks in `root`."""
    more = {
        f"source/{ASSIGNMENT}/{NOTEBOOK}.ipynb": nbformat.writes(_source()),
        "hidden/more_tests.py": HIDDEN_TESTS,
    }
    # A grader that runs beside other work: what is slow here is what sleeps.
    return little_course.make(root, more=more, SealedExecute__question_timeout=60.0)


def hand_in(root: Path, student: str, files: Mapping[str, bytes]) -> None:
    """Hand files in, by their paths in the submission."""
    folder = root / "submitted" / student / ASSIGNMENT
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _source() -> nbformat.NotebookNode:
    explored = course_cell(EXPLORED, "explored", locked=True)
    explored.metadata["tags"] = ["explore"]
    cells = [
        new_markdown_cell("# Another assignment", id="title"),
        course_cell(SETUP, "setup", locked=True),
        course_cell(GIVEN, "given", locked=True),
        explored,
    ]
    for name, points in POINTS.items():
        tests = f'from more_tests import grade\ngrade("{name}")'
        cells += question(name, points, RIGHT[name], tests, CHECKS[name])
    return notebook_of(cells)


@cache
def release() -> nbformat.NotebookNode:
    """The notebook as students get it."""
    return handed_out(_source())


def handed_out(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """A notebook without its solutions and hidden tests."""
    for cell in notebook.cells:
        if is_solution(cell):
            cell.source = stub(cell.id, cell.source)
        elif is_grade(cell):
            cell.source = cell.source.splitlines()[0]
    return notebook


def stub(name: str, right: str = "") -> str:
    """What stands in an answer cell before it is written."""
    first = (right or RIGHT[name]).splitlines()[0]
    written = f'raise NotImplementedError("{name}: not written yet")'
    return f"{first}\n    # YOUR CODE HERE\n    {written}"


def _text_of(notebook: nbformat.NotebookNode) -> str:
    return nbformat.writes(notebook, split_lines=False)


@cache
def _text() -> str:
    return _text_of(release())


class Sheet:
    """A submission with right answers, to be edited, as the JSON that an editor saves.

    Parameters
    ----------
    notebook : NotebookNode, optional
        What was handed out, if it is another notebook than this module's.
    answers : mapping of str to str, optional
        What is written into its answer cells.
    """

    def __init__(
        self, notebook: nbformat.NotebookNode | None = None, answers: Mapping[str, str] = RIGHT
    ) -> None:
        plain = json.loads(_text() if notebook is None else _text_of(notebook))
        self.cells: list[dict[str, Any]] = plain["cells"]
        self.metadata: dict[str, Any] = plain["metadata"]
        self.format = (4, 5)
        for cell in self.cells:
            cell["source"] = answers.get(cell["id"], cell["source"])

    def index(self, id: str) -> int:
        return [cell.get("id") for cell in self.cells].index(id)

    def cell(self, id: str) -> dict[str, Any]:
        return self.cells[self.index(id)]

    def take(self, id: str) -> dict[str, Any]:
        return self.cells.pop(self.index(id))

    def write(self, id: str, source: str) -> None:
        self.cell(id)["source"] = source

    def prepend(self, id: str, line: str) -> None:
        """Write a line at the top of a cell."""
        self.write(id, f"{line}\n{self.cell(id)['source']}")

    def add(self, source: str, before: str | None = None) -> dict[str, Any]:
        """Add a code cell, at the end or before another."""
        place = len(self.cells) if before is None else self.index(before)
        self.cells.insert(place, dict(new_code_cell(source)))
        return self.cells[place]

    def split(self, id: str, line: int) -> None:
        """JupyterLab's *Split Cell*: the first part has a new id, both have all metadata."""
        place = self.index(id)
        lines = self.cells[place]["source"].split("\n")
        first = copy.deepcopy(self.cells[place])
        first |= {"id": new_code_cell("").id, "source": "\n".join(lines[:line]).strip("\n")}
        self.cells[place]["source"] = "\n".join(lines[line:])
        self.cells.insert(place, first)

    def copy(self, id: str, source: str, place: int | None = None) -> dict[str, Any]:
        """Paste a copy of a cell, with another source, behind it or at a place."""
        pasted = copy.deepcopy(self.cell(id)) | {"id": new_code_cell("").id, "source": source}
        self.cells.insert(self.index(id) + 1 if place is None else place, pasted)
        return pasted

    def saved(self) -> dict[str, Any]:
        """What is in the file."""
        major, minor = self.format
        return {
            "cells": self.cells,
            "metadata": self.metadata,
            "nbformat": major,
            "nbformat_minor": minor,
        }

    def file(self) -> bytes:
        """The file."""
        return json.dumps(self.saved(), indent=1).encode()


def grade(root: Path) -> dict[str, dict[str, float | None]]:
    """Grade the class with the class runner; return every student's scores in this notebook."""
    done = commands.run(root, "grading", "autograde", ASSIGNMENT)
    assert " graded, " in done.stdout + done.stderr, done.stdout + done.stderr
    return little_course.scores(root, notebook=NOTEBOOK)
