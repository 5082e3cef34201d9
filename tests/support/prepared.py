"""Commands that begin where their imports end: forked from a process that has made them.

Half of what a short command takes is to import nbgrader. What is forked has its own folder,
variables, arguments and descriptors before it runs the module, as ``python -m`` does.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

IMPORTED = ("nbgrader.apps.nbgraderapp", "grading.cohort.run", "grading.plugin.configure", "numpy")
# Variables by which an interpreter, or what it has imported already, is set up as it starts.
AT_START = ("PYTHON", "LC_", "LANG", "OPENBLAS", "OMP")


def suits(changed: dict[str, str]) -> bool:
    """Whether a command with these variables changed would be the same started anew."""
    return not any(name.startswith(AT_START) for name in changed)


def run(
    folder: Path, module: str, *arguments: str, variables: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run ``python -m module`` in a folder to its end."""
    ours, theirs = socket.socketpair()
    out, errors = os.pipe(), os.pipe()
    with ours, theirs, tempfile.TemporaryFile("w+") as request:
        json.dump([str(folder), module, arguments, variables], request)
        request.seek(0)
        handed = [request.fileno(), out[1], errors[1], theirs.fileno()]
        socket.send_fds(_server(), [b"r"], handed)
        theirs.close()
        for pipe in (out, errors):
            os.close(pipe[1])
        with ThreadPoolExecutor(2) as readers:
            texts = readers.map(_read, (out[0], errors[0]))
        status = int(ours.recv(20))
    return subprocess.CompletedProcess([sys.executable, "-m", module, *arguments], status, *texts)


def _read(descriptor: int) -> str:
    with open(descriptor) as pipe:
        return pipe.read()


@cache
def _server() -> socket.socket:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        command = [sys.executable, __file__, str(theirs.fileno())]
        process = subprocess.Popen(
            command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, start_new_session=True
        )
    atexit.register(process.wait)
    atexit.register(ours.close)
    return ours


def _serve(control: socket.socket) -> list[int]:
    """Fork for each request; return its descriptors in what is to run it."""
    for module in IMPORTED:
        __import__(module)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, 1, 4)
        if not message:
            sys.exit()
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            control.close()
            return descriptors
        for descriptor in descriptors:
            os.close(descriptor)


def _become(request: int, out: int, errors: int, asks: int) -> str:
    """Be the process that runs a command, and have another tell how it ends; return its module."""
    command = os.fork()
    if command:
        _, status = os.waitpid(command, 0)
        with contextlib.suppress(OSError):
            os.write(asks, str(os.waitstatus_to_exitcode(status)).encode())
        os._exit(0)
    with open(request) as told:
        folder, module, arguments, variables = json.load(told)
    for descriptor, stream in ((out, 1), (errors, 2)):
        os.dup2(descriptor, stream)
        os.close(descriptor)
    os.close(asks)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(variables)
    sys.argv[:] = [module, *arguments]
    sys.path[0] = folder
    return module


if __name__ == "__main__":
    MODULE = _become(*_serve(socket.socket(fileno=int(sys.argv[1]))))
    runpy.run_module(MODULE, run_name="__main__", alter_sys=True)
