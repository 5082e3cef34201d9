"""Whether student code can be sealed on this machine: a real kernel is asked a real question."""

from __future__ import annotations

from functools import partial
from typing import Any

from jupyter_core.utils import run_sync

from grading.boundary import wire
from grading.boundary.outcome import Reply
from grading.sandbox import bubblewrap
from grading.sandbox.client import JupyterSession
from grading.sandbox.kernel import Kernel, Limits

QUESTION, ANSWER = "result = sum(range(10))", 45
LIMITS = Limits(cell=20, question=20, notebook=60, received_mb=512, revivals=0)


def problem(provisioner: dict[str, Any]) -> str | None:
    """Why no kernel can be sealed on this machine, with what to do about it; None if one can.

    Parameters
    ----------
    provisioner : dict
        Settings of :class:`grading.sandbox.provisioner.SealedProvisioner`.
    """
    if why := bubblewrap.problem():
        return why
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
