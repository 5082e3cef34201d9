"""The judges of a grader process: one parent that has loaded the hidden tests forks them.

The parent also holds the grader's scratch folder: it removes it when the grader has ended, however
that happened.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from functools import cache
from multiprocessing.connection import Connection

from grading.judging import judge

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

    def start(self, key: bytes, paths: Sequence[str]) -> OneJudge:
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
        return OneJudge(Connection(ours.detach()))

    def close(self) -> None:
        """End the judges; the folder is removed."""
        self._control.close()
        self._process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


class OneJudge:
    """A judge at work on one notebook."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._process = os.pidfd_open(judge.receive(connection)[0]["pid"])

    def close(self) -> None:
        """End the judge, whatever it does."""
        self.connection.close()
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._process, signal.SIGKILL)
        os.close(self._process)


@cache
def standing() -> Judges:
    """The judges of this process."""
    return Judges()


def close() -> None:
    """End the judges of this process, if there are any."""
    if standing.cache_info().currsize:
        standing().close()
        standing.cache_clear()


def _short_folder() -> str:
    """A private folder whose name leaves room for those of sockets, which end at 107 bytes."""
    folder = tempfile.mkdtemp(prefix="sealed-")
    if len(os.fsencode(folder)) <= MAX_FOLDER_NAME:
        return folder
    os.rmdir(folder)
    return tempfile.mkdtemp(prefix="sealed-", dir="/tmp")
