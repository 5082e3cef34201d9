"""Submissions that try to cheat, to break out, or that are merely broken, and what each must earn.

Every record is one submission to the little course (``little_course.py``). Its rows are those of
this table; a row's attacks are in the module named beside it.

============  ==============================================================================
``inside``    patching, IPython, objects, wire, gaming: code that wants points for no answer
``outside``   reading, writing, network, surviving, stopping, resources: code that wants out
``handed_in`` files, cells, web, broken: what is handed in besides the answers
============  ==============================================================================

All of them are harmless: they touch nothing but the course that they are handed in to and sockets
of the test's own, and what eats resources stops by itself at a bound.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support import little_course
from tests.support.little_course import NOTEBOOK, POINTS, RIGHT

WRONG = {
    "double": "def double(x):\n    return x",
    "total": "def total(x):\n    return 0.0",
    "settle": "def settle(x):\n    return x",
}


@dataclass(frozen=True)
class Attack:
    """One submission and what it must earn.

    Parameters
    ----------
    name : str
        Also the student who hands it in.
    row : str
        The kind of attack.
    code : str
        Runs in the cell ``double``, before its function is defined.
    answers : mapping of str to str
        Source of solution cells; the others hold the right answer if they earn their points and
        a wrong one if not.
    earns : str
        Names of the questions that it answers, and no others.
    tamper : callable or None
        Changes the submitted folder after it was written.
    refused : str
        Words of the sentence that refuses it; empty if it is graded.
    sealed : bool
        Whether it is run in a sandbox only. Its code then knows where things are on the host:
        ``ROOT`` (the course), ``TCP``, ``UDP``, ``ABSTRACT`` and ``SOCKET`` (listeners).
    """

    name: str
    row: str
    code: str = ""
    answers: Mapping[str, str] = field(default_factory=dict)
    earns: str = ""
    tamper: Callable[[Path], Any] | None = None
    refused: str = ""
    sealed: bool = False

    @property
    def scores(self) -> dict[str, float | None]:
        """What each question must earn; None where it must be left without a score."""
        earned = self.earns.split()
        return {
            name: None if self.refused else points * (name in earned)
            for name, points in POINTS.items()
        }

    def submit(self, root: Path, known: Mapping[str, Any]) -> None:
        """Hand it in; `known` are the names that its code sees when it is `sealed`."""
        earned = self.earns.split()
        sources = {name: RIGHT[name] if name in earned else WRONG[name] for name in POINTS}
        sources |= self.answers
        facts = [f"{name} = {value!r}" for name, value in known.items() if self.sealed]
        sources["double"] = "\n".join([*facts, self.code, sources["double"]])
        notebook = little_course.answered(root, **sources)
        folder = little_course.submit(root, self.name, notebook)
        if self.tamper is not None:
            self.tamper(folder)


def notebook_file(folder: Path) -> Path:
    """Where the notebook lies in a submitted folder."""
    return folder / f"{NOTEBOOK}.ipynb"


def corpus() -> list[Attack]:
    """Every attack, in the order of the rows."""
    from tests.attacks import handed_in, inside, outside

    return [*inside.ATTACKS, *outside.ATTACKS, *handed_in.ATTACKS]
