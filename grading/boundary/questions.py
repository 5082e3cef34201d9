"""What hidden tests use: questions to the student's code, feedback, and seeds for the cases.

The same graded cell works in two places. Under ``nbgrader autograde`` it runs in the judge, which
opens a channel to the sealed kernel. In an instructor's own notebook there is no judge: questions
run in-process over the notebook's namespace, through the same encoding, with the same result.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from grading.boundary import answering, wire
from grading.boundary.outcome import Failed

RECORD = "application/vnd.grading.outcome+json"  # media type of what programs read of feedback


@dataclass(frozen=True)
class Question:
    """A script to run where the student's definitions live.

    Parameters
    ----------
    code : str
        Must bind every name in `outputs`.
    inputs : mapping of str to plain data
        Variables bound before the code runs; see :func:`grading.boundary.wire.dumps`.
    outputs : tuple of str
        Names whose values are the answer.
    doubles : mapping of str to str
        What stands in the place of the student's functions meanwhile: code that binds ``double``.
    """

    code: str
    inputs: Mapping[str, Any] = field(default_factory=dict)
    outputs: tuple[str, ...] = ("result",)
    doubles: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Unanswered:
    """Why a question has no answer.

    Parameters
    ----------
    kind : Failed
    message : str
        For the student, for example ``ValueError: shapes (3,4) and (5,) not aligned``.
    where : str
        The student's own line, for example ``softmax, line 3: return Z / total``; may be empty.
    exception : str
        The exception's class name when `kind` is "raised" or "not written".
    """

    kind: Failed
    message: str
    where: str = ""
    exception: str = ""


Answered = tuple[Any, ...] | Unanswered


class Channel(Protocol):
    """Where questions and feedback go; the judge supplies one that leads to the sealed kernel."""

    key: bytes

    def ask(self, questions: Sequence[Question]) -> list[Answered]:
        """Put questions; see :func:`ask`."""

    def show(self, text: str, html: str, record: Mapping[str, Any]) -> None:
        """Show feedback; see :func:`show`."""


class InProcess(Channel):
    """The channel of an instructor's own notebook: no kernel but this one."""

    key = b"a notebook of one's own"

    def ask(self, questions: Sequence[Question]) -> list[Answered]:
        import __main__

        return [run(question, vars(__main__)) for question in questions]

    def show(self, text: str, html: str, record: Mapping[str, Any]) -> None:
        from IPython.display import display

        display(bundle(text, html, record), raw=True)


channel: Channel = InProcess()


def ask(questions: Sequence[Question]) -> list[Answered]:
    """Put questions to the student's code; they run one after the other and share one time limit.

    Returns
    -------
    list of tuple or Unanswered
        In the order of the questions. Values are plain data of this process: arrays are base
        ndarrays, and what is not plain data is a :class:`grading.boundary.wire.Opaque`.
    """
    return channel.ask(questions)


def show(text: str, html: str, record: Mapping[str, Any]) -> None:
    """Show feedback under the graded cell: plain text, HTML, and what programs read of it.

    Parameters
    ----------
    text, html : str
        For the student.
    record : mapping
        For the report on a class, as JSON: ``mistake``, the sentence of the dearest one, or empty;
        ``criteria``, a list of ``{"name", "points", "held"}``; ``unanswered``, a list of
        ``{"kind", "message"}``, one for each kind of failure to answer.
    """
    channel.show(text, html, record)


def bundle(text: str, html: str, record: Mapping[str, Any]) -> dict[str, Any]:
    """Feedback in the form of a notebook's output, by media type."""
    return {"text/plain": text, "text/html": html, RECORD: dict(record)}


def seed(name: str) -> int:
    """A seed for the cases of the task `name`.

    The same when the same work is graded again; different for each student, assignment and task.
    """
    return derive(channel.key, name)


def derive(key: bytes, name: str) -> int:
    """A 64-bit integer from HMAC-SHA-256 of `name` under `key`."""
    return int.from_bytes(hmac.digest(key, name.encode(), hashlib.sha256)[:8], "big")


def run(question: Question, namespace: dict[str, Any]) -> Answered:
    """Answer a question over a namespace of this process, through the encoding of the wire."""
    inputs = wire.loads(*wire.dumps(dict(question.inputs)))
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        encoded, failure = answering.answer(
            question.code, inputs, question.outputs, namespace, question.doubles
        )
    if failure is not None:
        return Unanswered(**{**failure, "kind": Failed(failure["kind"])})
    return wire.loads(*encoded)
