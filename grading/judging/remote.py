"""Judges as the process that grades has them: forked from one that has loaded the hidden tests.

The parent also holds the grader's scratch folder: it removes it when the grader has ended, however
that happened.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any

from grading.boundary.outcome import Reply
from grading.files import remove
from grading.judging.frames import receive, send, send_replies

MAX_FOLDER_NAME = 80  # bytes


class Judges:
    """Starts judges, and owns `folder`, a private one that lives as long as they do."""

    def __init__(self) -> None:
        self.folder = _short_folder()
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [
                    sys.executable,
                    "-I",
                    "-m",
                    "grading.judging.judge",
                    str(theirs.fileno()),
                    self.folder,
                ],
                pass_fds=[theirs.fileno()],
                cwd="/",
                stdin=subprocess.DEVNULL,
                env={"PATH": os.defpath, "LANG": "C.UTF-8", "OPENBLAS_NUM_THREADS": "1"},
                start_new_session=True,  # it outlives a killed grader long enough to clear up
            )

    def start(self, key: bytes, paths: Sequence[str]) -> RemoteJudge:
        """Start a judge for one notebook.

        Parameters
        ----------
        key : bytes
            From which the seeds of this student's cases are derived.
        paths : sequence of str
            Folders of hidden tests.
        """
        ours, theirs = socket.socketpair()
        with theirs:
            request = json.dumps({"key": key.hex(), "paths": list(paths)})
            socket.send_fds(self._control, [request.encode()], [theirs.fileno()])
        return RemoteJudge(Connection(ours.detach()))

    def close(self) -> None:
        """End the judges; the folder is removed."""
        self._control.close()
        self._process.wait()
        remove(self.folder)


@dataclass(frozen=True)
class Judged:
    """What a judge says of a graded cell.

    Parameters
    ----------
    score : float
        From 0 to the cell's points.
    displays : list of dict
        The feedback, by media type.
    fault : str
        Empty, or what is wrong with the graded cell itself; then the score says nothing.
    """

    score: float = 0.0
    displays: list[dict[str, Any]] = field(default_factory=list)
    fault: str = ""


Ask = Callable[[Sequence[dict[str, Any]], Sequence[bytes]], Awaitable[list[Reply]]]


class RemoteJudge:
    """A judge at work on one notebook, in a process of its own."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._process = os.pidfd_open(receive(connection)[0]["pid"])

    async def grade(self, source: str, points: float, ask: Ask, timeout: float) -> Judged:
        """Have a graded cell run.

        Parameters
        ----------
        source : str
        points : float
        ask : async callable (questions, buffers) -> list of Reply
            Puts the judge's questions to the student's code.
        timeout : float
            Seconds that the judge itself may take between two messages.
        """
        connection = self._connection
        send(connection, {"op": "grade", "source": source, "points": points})
        while True:
            if not await _readable(connection, timeout):
                return Judged(fault=f"the judge was silent for {timeout:g} s")
            try:
                message, buffers = receive(connection)
            except EOFError:
                return Judged(fault="the judge ended; are the hidden tests found, without errors?")
            if message["op"] == "verdict":
                return Judged(message["score"], message["displays"], message["fault"])
            send_replies(connection, await ask(message["questions"], buffers))

    def close(self) -> None:
        """End the judge, whatever it does."""
        self._connection.close()
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._process, signal.SIGKILL)
        os.close(self._process)


async def _readable(connection: Connection, timeout: float) -> bool:
    """Wait until there is something to read; the event loop goes on meanwhile."""
    loop, ready = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(connection.fileno(), ready.set)
    try:
        await asyncio.wait_for(ready.wait(), timeout)
    except TimeoutError:
        return False
    finally:
        loop.remove_reader(connection.fileno())
    return True


def _short_folder() -> str:
    """A private folder whose name leaves room for those of sockets, which end at 107 bytes."""
    folder = tempfile.mkdtemp(prefix="sealed-")
    if len(os.fsencode(folder)) <= MAX_FOLDER_NAME:
        return folder
    os.rmdir(folder)
    return tempfile.mkdtemp(prefix="sealed-", dir="/tmp")
