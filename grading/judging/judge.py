"""The trusted process: runs graded cells, puts their questions to the sealed kernel, decides.

:mod:`grading.judging.remote` starts it, as ``python -I -m grading.judging.judge DESCRIPTOR FOLDER``
with nothing of the student's on its path. That process forks a judge for each notebook, which talks
over a socket of its own; :mod:`grading.judging.frames` says how.
"""

from __future__ import annotations

import ast
import contextlib
import importlib
import io
import json
import os
import resource
import select
import signal
import socket
import sys
import traceback
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection
from typing import Any

from grading.boundary import questions, wire
from grading.boundary.outcome import Failed, Reply
from grading.boundary.questions import Answered, Question, Unanswered
from grading.files import remove
from grading.judging.frames import receive, receive_replies, send

MEMORY = 4 << 30  # address space, bytes


class Judge:
    """The judge's channel: see :class:`grading.boundary.questions.Channel`.

    Parameters
    ----------
    connection : Connection
        To the grader.
    key : bytes
        From which the seeds of this student's cases are derived.
    """

    def __init__(self, connection: Connection, key: bytes) -> None:
        self.connection = connection
        self.key = key
        self.displays: list[dict[str, Any]] = []

    def ask(self, asked: Sequence[Question]) -> list[Answered]:
        """Put the questions to the sealed kernel by way of the grader."""
        described, buffers = [], []
        for question in asked:
            text, own = wire.dumps(dict(question.inputs))
            described.append(
                {
                    "code": question.code,
                    "outputs": list(question.outputs),
                    "doubles": dict(question.doubles),
                    "inputs": text,
                    "buffers": len(own),
                }
            )
            buffers += own
        send(self.connection, {"op": "ask", "questions": described}, buffers)
        replies = receive_replies(self.connection)
        return [answered(*pair) for pair in zip(asked, replies, strict=True)]

    def show(self, text: str, html: str, record: Mapping[str, Any]) -> None:
        """Keep feedback for the graded cell's outputs."""
        self.displays.append(questions.bundle(text, html, record))

    def grade(self, source: str, points: float, namespace: dict[str, Any]) -> dict[str, Any]:
        """Run a graded cell.

        Returns
        -------
        dict
            ``score``, a number in [0, points]; ``displays``, the feedback; ``fault``, empty or
            what is wrong with the graded cell itself, in which case the score says nothing.
        """
        self.displays = []
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                value = _run(source, namespace)
            score = float(value)
            if not 0 <= score <= points:
                raise ValueError(f"its score is {score}, outside 0 to {points:g}")
            fault = ""
        except (Exception, SystemExit) as error:  # whatever the author of the cell did wrong
            score, fault = 0.0, _describe(error)
        return {"op": "verdict", "score": score, "displays": self.displays, "fault": fault}


def _run(source: str, namespace: dict[str, Any]) -> Any:
    tree = ast.parse(source)
    if not tree.body or not isinstance(tree.body[-1], ast.Expr):
        raise ValueError("its last line is not an expression whose value is the score")
    last = ast.Expression(tree.body.pop().value)
    exec(compile(tree, "<graded cell>", "exec"), namespace)
    return eval(compile(last, "<graded cell>", "eval"), namespace)


def _describe(error: BaseException) -> str:
    lines = traceback.format_exception(error)
    return f"{type(error).__name__}: {error}\n{''.join(lines)}"


def answered(question: Question, reply: Reply) -> Answered:
    """What a reply says, whatever the kernel has put into it."""
    if reply.failed is not None:
        return _unanswered(reply.failed)
    try:
        values = wire.loads(reply.value, reply.buffers)
    except wire.WireError as error:
        return Unanswered(Failed.NOT_DATA, str(error))
    if type(values) is not tuple or len(values) != len(question.outputs):
        return Unanswered(Failed.NOT_DATA, "the answer is malformed")
    return values


def _unanswered(failed: Any) -> Unanswered:
    fields = failed if isinstance(failed, dict) else {}
    texts = {
        name: value[:1000]
        for name in ("message", "where", "exception")
        if isinstance(value := fields.get(name), str)
    }
    texts.setdefault("message", "the answer is malformed")
    try:
        kind = Failed(fields.get("kind"))
    except ValueError:
        kind = Failed.RAISED
    return Unanswered(kind, **texts)


def serve(connection: Connection, request: dict[str, Any], parent: socket.socket) -> None:
    """Judge one notebook, until the grader has finished with it or is gone.

    The parent hears which modules that took, so that the next judges have them from the start.
    """
    known = set(sys.modules)
    judge = Judge(connection, bytes.fromhex(request["key"]))
    questions.channel = judge
    namespace: dict[str, Any] = {"__name__": "__judge__"}
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
        send(connection, {"pid": os.getpid()})
        while True:
            asked, _ = receive(connection)
            verdict = judge.grade(asked["source"], asked["points"], namespace)
            if new := set(sys.modules) - known:
                known |= new
                parent.send(json.dumps(sorted(new)).encode())
            send(connection, verdict)


def main() -> None:
    """Fork a judge for each request, until the grader has ended; then remove its folder."""
    control, folder = socket.socket(fileno=int(sys.argv[1])), sys.argv[2]
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the grader's to handle
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    learnt, tell = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    while True:
        ready, _, _ = select.select([control, learnt], [], [])
        if learnt in ready:
            _load(json.loads(learnt.recv(1 << 16)))
            continue
        message, descriptors, _, _ = socket.recv_fds(control, 1 << 16, 1)
        if not message:
            break
        request = json.loads(message)
        sys.path[:0] = [path for path in request["paths"] if path not in sys.path]
        if os.fork() == 0:
            control.close()
            serve(Connection(descriptors[0]), request, tell)
            os._exit(0)
        os.close(descriptors[0])
    remove(folder)


def _load(names: Sequence[str]) -> None:
    """Import what a judge needed, as far as it can be imported here."""
    for name in names:
        with contextlib.suppress(Exception):
            importlib.import_module(name)


if __name__ == "__main__":
    main()
