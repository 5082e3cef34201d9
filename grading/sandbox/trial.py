"""Whether student code can be sealed on this machine: a real kernel is asked a real question."""

from __future__ import annotations

from functools import partial
from typing import Any

from jupyter_core.utils import run_sync

from grading.boundary import wire
from grading.boundary.outcome import Reply
from grading.sandbox.client import JupyterSession
from grading.sandbox.kernel import Kernel, Limits
from grading.sandbox.provisioner import SealedProvisioner
from grading.sandbox.ways import TRIED, WAYS

QUESTION, ANSWER = "result = sum(range(10))", 45
LIMITS = Limits(cell=20, question=20, notebook=60, received_mb=512, revivals=0)


class NoSeal(Exception):
    """Student code cannot be sealed on this machine; the text says why, and what to do about it."""


def choose(provisioner: dict[str, Any]) -> str:
    """The first of :data:`grading.sandbox.ways.WAYS` that seals a kernel here.

    Parameters
    ----------
    provisioner : dict
        Settings of :class:`grading.sandbox.provisioner.SealedProvisioner`, which may want one way.

    Raises
    ------
    NoSeal
        If none does, or not the one that is wanted.
    """
    wanted, problems = SealedProvisioner(**provisioner).seal, []
    for name in WAYS if wanted == TRIED else [wanted]:
        problem = WAYS[name].problem() or _problem({**provisioner, "seal": name})
        if problem is None:
            return name
        problems.append(problem)
    raise NoSeal("\nNor without namespaces: ".join(problems))


def _problem(provisioner: dict[str, Any]) -> str | None:
    """Why no kernel can be sealed so; None if one can."""
    try:
        reply = run_sync(_ask)(provisioner)
        if reply.failed is None and wire.loads(reply.value, reply.buffers) == (ANSWER,):
            return None
        why = f"it does not answer ({reply.failed or reply.value})"
    except (RuntimeError, OSError, wire.WireError) as error:
        why = str(error)
    return f"A sealed kernel was tried, but does not work here: {why}"


async def _ask(provisioner: dict[str, Any]) -> Reply:
    kernel = Kernel(partial(JupyterSession.start, provisioner), LIMITS, lambda why: None)
    text, _ = wire.dumps({})
    question = {
        "code": QUESTION,
        "outputs": ["result"],
        "doubles": {},
        "inputs": text,
        "buffers": 0,
    }
    try:
        (reply,) = await kernel.ask([question])
    finally:
        await kernel.close()
    return reply
