"""Processes of this machine that grade: forked from one that has imported what they need.

Light to import itself, so that a command can have that one begin before it imports anything else.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import sys
import time
from contextlib import suppress
from functools import cache
from multiprocessing.connection import Connection
from multiprocessing.reduction import recv_handle, send_handle
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from grading.grade.submission import Grader, Job, Result

SET_PDEATHSIG = 1
MOMENT = 0.5  # seconds in which a process is gone that has died


class Forked:
    """A process that grades what it is sent over its `connection`."""

    def __init__(self, by: Nursery, process: int, connection: Connection) -> None:
        self.connection = connection
        self._by, self._process = by, process

    def end(self) -> str:
        """End the process, if it has not ended, and say how it ended."""
        self.connection.close()
        try:
            code = self._by.ask(self._process)
        except (EOFError, OSError):
            return "with the one that forked it"
        return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit status {code}"


class Nursery:
    """A process that forks others; it ends with this one, and they with it."""

    def __init__(self) -> None:
        spawn = multiprocessing.get_context("spawn")
        self._connection, theirs = spawn.Pipe()
        self._process = spawn.Process(target=_fork_on_request, args=(theirs,), daemon=True)
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the one who asks
        try:
            self._process.start()
        finally:
            signal.signal(signal.SIGINT, before)
        theirs.close()

    def lives(self) -> bool:
        """Whether it can fork."""
        return self._process.is_alive()

    def fork(self, job: Job) -> Forked:
        """Have a process forked, with the folder and the variables that this one has now."""
        ours, theirs = multiprocessing.Pipe()
        with theirs:
            self._connection.send((job, os.getcwd(), dict(os.environ)))
            send_handle(self._connection, theirs.fileno(), self._process.pid)
        return Forked(self, self._connection.recv(), ours)

    def ask(self, process: int) -> int:
        """End a process, if it has not ended; return its exit code.

        Raises
        ------
        EOFError, OSError
            If what forked it has ended.
        """
        self._connection.send(process)
        return self._connection.recv()


@cache
def _nursery() -> Nursery:
    return Nursery()


def nursery() -> Nursery:
    """The one of this process, begun if it is not there."""
    if not _nursery().lives():
        _nursery.cache_clear()
    return _nursery()


def _fork_on_request(control: Connection) -> None:
    """For a job, fork and tell the process's number; for a number, end it and tell how it ended."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _end_with_parent()
    import grading.grade.submission  # noqa: F401  so that none of them need do it

    with suppress(EOFError):
        while True:
            asked = control.recv()
            if isinstance(asked, int):
                control.send(_exit_code(asked))
                continue
            descriptor = recv_handle(control)
            process = os.fork()
            if process == 0:
                control.close()
                _end_with_parent()
                _serve(Connection(descriptor), *asked)
                os._exit(0)
            os.close(descriptor)
            control.send(process)


def _exit_code(process: int) -> int:
    end = time.monotonic() + MOMENT
    while (found := os.waitpid(process, os.WNOHANG)) == (0, 0):
        if time.monotonic() > end:
            os.kill(process, signal.SIGKILL)
            found = os.waitpid(process, 0)
            break
        time.sleep(0.01)
    return os.waitstatus_to_exitcode(found[1])


def _serve(connection: Connection, job: Job, folder: str, variables: dict[str, str]) -> None:
    """Grade what comes over the connection, until it is closed."""
    from grading.grade.submission import Grader, UnfitMachine

    os.chdir(folder)
    os.environ.clear()
    os.environ.update(variables)
    grader: Grader | None = None
    while True:
        try:
            submission = connection.recv()
        except EOFError:
            break
        try:
            grader = grader or Grader(job)
            result: Result | Exception = grader.grade(submission)
        except UnfitMachine as error:
            result = error
        connection.send(result)
    if grader is not None:
        grader.close()


def _end_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
