"""When a question is judged: where its graded cell stands, or after what it lacked is defined."""

from __future__ import annotations

import platform
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from nbformat.notebooknode import NotebookNode

from grading.boundary.outcome import Failed, Reply
from grading.handed_in.arrange import defined
from grading.judging.remote import Judged
from grading.sandbox.kernel import Kernel

MOST_NAMED = 10  # of what was missing: a student's code may say so of any name
MOST_TIMES = 10  # that a question is asked before the end: nobody is to guess until it is right
UNDEFINED = re.compile(r"name '(\w+)' is not defined")
UNWRITTEN = re.compile(r"(\w+): not written yet")


@dataclass
class Turn:
    """A graded cell that has been judged, and what it met that was not there.

    Parameters
    ----------
    cell : NotebookNode
    source : str
        The graded cell's, with its hidden tests.
    points : float
    question : str
        What it is about.
    judged : Judged
        The best of the times that it was judged.
    missing : set of str
        Names that were not defined, or not written, when it was judged last.
    times : int
        How often it was judged.
    """

    cell: NotebookNode
    source: str
    points: float
    question: str
    judged: Judged = field(default_factory=Judged)
    missing: set[str] = field(default_factory=set)
    times: int = 0

    def waits_for(self, names: set[str]) -> bool:
        """Whether it is to be asked again when these names have been defined."""
        return bool(self.missing & names) and self.times < MOST_TIMES

    def keep(self, judged: Judged, missing: set[str]) -> None:
        """Take the result of one more time."""
        if judged.fault or judged.score >= self.judged.score or not self.judged.displays:
            self.judged = judged
        self.missing = missing
        self.times += 1


class Listener:
    """Puts questions to a kernel, and hears which names were not there.

    Parameters
    ----------
    kernel : Kernel
    question : str
        What is asked for; a reply "not written" that names nothing is about it.
    """

    def __init__(self, kernel: Kernel, question: str) -> None:
        self._kernel, self._question = kernel, question
        self.missing: set[str] = set()

    async def ask(
        self, questions: Sequence[dict[str, Any]], buffers: Sequence[bytes]
    ) -> list[Reply]:
        """Put questions; see :meth:`grading.sandbox.kernel.Kernel.ask`."""
        replies = await self._kernel.ask(questions, buffers)
        for reply in replies:
            self.missing |= lacking(reply, self._question)
        return replies


def lacking(reply: Reply, question: str) -> set[str]:
    """Names that a reply says were not defined, or not written yet."""
    failed = reply.failed if isinstance(reply.failed, dict) else {}
    message = str(failed.get("message"))[:1000]
    if failed.get("exception") in ("NameError", "UnboundLocalError"):
        return set(UNDEFINED.findall(message))
    if failed.get("kind") == Failed.NOT_WRITTEN:
        return set(UNWRITTEN.findall(message)) or {question}
    return set()


def cause(turn: Turn, notebook: NotebookNode, python: str = "") -> str:
    """Say why names were missing: the cell that should have defined them, and what stopped it.

    Parameters
    ----------
    turn : Turn
    notebook : NotebookNode
        After it was run.
    python : str
        The version with which the student saved it, if that is known.
    """
    names = sorted(turn.missing)[:MOST_NAMED]
    return " ".join(filter(None, (_reason(name, turn, notebook, python) for name in names)))


def _reason(name: str, turn: Turn, notebook: NotebookNode, python: str) -> str:
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    cells = [cell for cell in code if name in defined(cell.source)]
    stops = [stop for cell in cells for stop in _stops(cell)]
    if stops:
        why = f"{name} is not there, because the cell that defines it stopped: {stops[0]}."
        return why + _versions(python) if "SyntaxError" in stops[0] else why
    if cells:
        return f"It needs {name}, which is not written yet." if name != turn.question else ""
    for cell in code:
        magic, _, rest = cell.source.lstrip().partition("\n")
        if magic.startswith("%%") and name in defined(rest):
            return (
                f"{name} is defined in a cell that begins with {magic.split()[0]}: what is defined "
                "there is not kept. Take that line out."
            )
    return f"{name} is defined in no cell of this notebook."


def _versions(python: str) -> str:
    here = platform.python_version()
    if not python or python.split(".")[:2] == here.split(".")[:2]:
        return ""
    return (
        f" It was saved with Python {python} and graded with Python {here}, "
        "which may not know newer syntax."
    )


def _stops(cell: NotebookNode) -> list[str]:
    """The errors that a cell ended with, each in a line, with the student's own line."""
    return [
        f"{output.ename}: {_first_line(output.evalue)}{_line(output)}"
        for output in cell.outputs
        if output.output_type == "error" and output.ename != "NotImplementedError"
    ]


def _first_line(text: str) -> str:
    """The start of an error's text, without a file that only the kernel knows."""
    return re.sub(r" \(\d+\.py, line \d+\)$", "", str(text).partition("\n")[0])[:200]


def _line(output: NotebookNode) -> str:
    """Where in the cell, as IPython's traceback says: ``---> 3 import pandas``."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(map(str, output.get("traceback", ()))))
    found = re.findall(r"^-+> *(\d+) ?(.*)$", text, re.MULTILINE)
    found = found or re.findall(r"^ *(?:Cell .*|File .*)line (\d+)()$", text, re.MULTILINE)
    if not found:
        return ""
    number, source = found[0]
    return f" (line {number}: {source.strip()[:100]})" if source else f" (line {number})"
