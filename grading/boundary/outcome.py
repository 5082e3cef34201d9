"""How grading can end, for a submission and for a question: each word of it stands here once.

This file's text is also sent to the sealed kernel, see :mod:`grading.boundary.inside`: standard
library only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Ended(StrEnum):
    """What became of a submission."""

    GRADED = "graded"
    REFUSED = "refused"  # the student's to mend
    FAILED = "failed"  # ours to mend


class Failed(StrEnum):
    """Why a question has no answer."""

    RAISED = "raised"
    NOT_WRITTEN = "not written"
    WAITS = "waits for the keyboard"
    TOO_SLOW = "too slow"
    DIED = "died"
    NOT_DATA = "not data"


@dataclass(frozen=True)
class Reply:
    """What a kernel sent back for one question; nothing is assumed about it.

    Parameters
    ----------
    value : str, optional
        Text of the wire.
    failed : mapping, optional
        Why there is none: ``kind``, ``message``, ``where``, ``exception``, as the kernel tells it.
    buffers : sequence of bytes
        What the text counts.
    """

    value: str | None = None
    failed: Any = None
    buffers: Sequence[bytes] = ()


def missing(kind: Failed, message: str, where: str = "") -> Reply:
    """The reply that stands for one that never came."""
    return Reply(failed={"kind": str(kind), "message": message, "where": where})
