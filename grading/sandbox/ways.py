"""The ways to seal student code, best first."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from grading.sandbox import bubblewrap, landlock
from grading.sandbox.server import Server


class Way(NamedTuple):
    """A way to seal student code.

    Parameters
    ----------
    problem : callable () -> str or None
        Why it cannot be gone on this machine, as far as that can be told without a kernel.
    sandbox : type of Server
    remark : str
        What is to be said once a run of what it does not hold.
    """

    problem: Callable[[], str | None]
    sandbox: type[Server]
    remark: str = ""


TRIED = "tried"  # the first of these that works
WAYS = {
    "namespaces": Way(bubblewrap.problem, bubblewrap.Sandbox),
    "landlock": Way(landlock.problem, landlock.Sandbox, landlock.REMARK),
}
