"""How grading can end, for a submission and for a question: each word of it stands here once.

This file's text is also sent to the sealed kernel, with that of ``wire`` and ``answering``: standard
library only.
"""

from __future__ import annotations

from enum import StrEnum


class Ended(StrEnum):
    """What became of a submission."""

    GRADED = "graded"
    REFUSED = "refused"  # the student's to mend
    FAILED = "failed"  # ours to mend


class Failed(StrEnum):
    """Why a question has no answer."""

    RAISED = "raised"
    NOT_WRITTEN = "not written"
    TOO_SLOW = "too slow"
    DIED = "died"
    NOT_DATA = "not data"
