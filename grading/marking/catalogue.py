"""The hidden tests of a course: a package with a folder for each notebook, a module for each task.

The package makes its :class:`Catalogue`, whose `grade` a graded cell calls::

    catalogue = Catalogue(__name__)
    grade = catalogue.grade

A folder has the name of its notebook. Its ``__init__`` lists the ``QUESTIONS`` in the notebook's
order, and may say how many ids each of the ``SERIES`` of mistakes has, and why an id is
``LEFT_OUT``. The module of a question has the name of the function, and ends in ``TASK``.
"""

from __future__ import annotations

import difflib
import importlib
import pkgutil
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from grading.boundary import questions
from grading.marking import feedback
from grading.marking.exam import Exam
from grading.marking.task import Task
from grading.stop import Stop


def load(package: str, folders: Sequence[Path]) -> Catalogue:
    """Return the catalogue of a package of hidden tests that lies in one of these folders.

    Raises
    ------
    Stop
        If there is none.
    """
    if not package:
        raise Stop("HiddenTests.package of nbgrader_config.py names no package of hidden tests.")
    sys.path[:0] = map(str, folders)
    try:
        catalogue = getattr(importlib.import_module(package), "catalogue", None)
    except ModuleNotFoundError as error:
        if error.name != package:
            raise
        where = ", ".join(map(str, folders)) or "any folder"
        raise Stop(
            f"There is no package {package!r} of hidden tests in {where}: nbgrader_config.py says "
            "which it is, HiddenTests.package, and where, HiddenTests.folders."
        ) from None
    if not isinstance(catalogue, Catalogue):
        raise Stop(
            f"The package {package!r} has no catalogue: write `catalogue = Catalogue(__name__)` in "
            "its __init__.py."
        )
    return catalogue


class Notebook:
    """The hidden tests of one notebook.

    Parameters
    ----------
    package : str
        Its folder, as a package.
    """

    def __init__(self, package: str) -> None:
        self.package, self.name = package, package.rpartition(".")[2]

    @property
    def questions(self) -> tuple[str, ...]:
        """The graded functions, in the notebook's order."""
        return importlib.import_module(self.package).QUESTIONS

    @property
    def series(self) -> Mapping[str, int]:
        """How many ids of mistakes each series has."""
        return getattr(importlib.import_module(self.package), "SERIES", {})

    @property
    def left_out(self) -> Mapping[str, str]:
        """Ids that no wrong answer has, each with the reason."""
        return getattr(importlib.import_module(self.package), "LEFT_OUT", {})

    @property
    def tasks(self) -> tuple[Task, ...]:
        """The tasks of its questions."""
        return tuple(map(self.task, self.questions))

    def task(self, question: str) -> Task:
        """The task of one question, without a look at the others."""
        return importlib.import_module(f"{self.package}.{question}").TASK


class Catalogue:
    """All hidden tests of a course.

    Parameters
    ----------
    package : str
        The package with a folder for each notebook: ``__name__`` in its ``__init__``.
    explanations : sequence of (str, str)
        A text that an error message may hold, and what feedback says then.
    """

    def __init__(self, package: str, explanations: feedback.Explanations = ()) -> None:
        self.package, self.explanations = package, explanations

    def grade(self, name: str) -> float:
        """Grade the student's function `name`, show the feedback, and return the points earned.

        Raises
        ------
        LookupError
            If there is no task of that name.
        """
        task = self.find(name)
        rng = np.random.default_rng(questions.seed(name))
        verdict = Exam(task, rng).judge(questions.ask)
        words = feedback.compose(verdict, self.explanations)
        questions.show(feedback.text(words), feedback.html(words), feedback.record(verdict))
        return verdict.score

    def find(self, name: str) -> Task:
        """Return the task that grades the function `name`.

        Raises
        ------
        LookupError
            If there is none; the message has the nearest name.
        """
        known = []
        for notebook in self.notebooks():
            if name in notebook.questions:
                return notebook.task(name)
            known += notebook.questions
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(sorted(known))}"
        raise LookupError(f"no hidden test grades {name!r}: {hint}")

    def notebooks(self) -> tuple[Notebook, ...]:
        """The notebooks that have hidden tests, by name."""
        path = importlib.import_module(self.package).__path__
        return tuple(
            Notebook(f"{self.package}.{found.name}")
            for found in pkgutil.iter_modules(path)
            if found.ispkg
        )

    def notebook(self, name: str) -> Notebook:
        """Return the hidden tests of a notebook, by its name with or without the number.

        Raises
        ------
        LookupError
            If it has none.
        """
        known = {notebook.name: notebook for notebook in self.notebooks()}
        if unnumbered(name) not in known:
            raise LookupError(f"there are tasks for {', '.join(known)}, but not for {name!r}")
        return known[unnumbered(name)]


def unnumbered(name: str) -> str:
    """Return a notebook's name without its number: ``batch_norm`` for ``2_batch_norm``."""
    return re.sub(r"^\d+_", "", name)
