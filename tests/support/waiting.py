"""Waiting for what must come, and for an answer that waits itself until it is told to end."""

import contextlib
import signal
import subprocess
import time
from collections.abc import Callable
from typing import TypeVar

import psutil
import pytest

Found = TypeVar("Found")

PATIENCE = 300.0  # seconds for what takes one or two on an idle machine
WAITS = """\
told = []
def total(x):
    import ctypes, signal, time
    signal.signal(signal.SIGUSR1, lambda *_: told.append(True))
    ctypes.CDLL(None).prctl(15, b"waiting")  # the name of the process
    while not told:
        time.sleep(0.05)"""


def wait_until(condition: Callable[[], Found], what: str, seconds: float = PATIENCE) -> Found:
    """Return what the condition gives once it is true; fail if that takes too long."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        if time.monotonic() > end:
            pytest.fail(f"Waited {seconds:.0f} s in vain until {what}.")
        time.sleep(0.05)
    return found


def command_of(process: psutil.Process) -> str:
    """The command line of a process, empty if it has just ended."""
    with contextlib.suppress(psutil.Error):
        return " ".join(process.cmdline())
    return ""


def descendants(process: subprocess.Popen[str] | psutil.Process) -> list[psutil.Process]:
    """The processes below a process; none if it has just ended."""
    with contextlib.suppress(psutil.Error):
        return psutil.Process(process.pid).children(recursive=True)
    return []


def waiting(process: subprocess.Popen[str] | psutil.Process) -> list[psutil.Process]:
    """The kernels below a process in which the answer ``WAITS`` waits."""
    found = []
    for one in descendants(process):
        with contextlib.suppress(psutil.Error):
            if one.name() == "waiting":
                found.append(one)
    return found


def wait_for_answer(process: subprocess.Popen[str]) -> psutil.Process:
    """Wait until a grader has asked the answer ``WAITS``; return its kernel."""

    def asked() -> list[psutil.Process]:
        assert process.poll() is None, f"the grader ended first: {process.communicate()[0]}"
        return waiting(process)

    return wait_until(asked, "the answer is asked")[0]


def tell(kernel: psutil.Process) -> None:
    """Let an answer that waits give nothing, now and later."""
    kernel.send_signal(signal.SIGUSR1)
