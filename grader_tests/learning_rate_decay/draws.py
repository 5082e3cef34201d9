"""What the four schedules share: labels, and sentences on mistakes that all invite."""

from __future__ import annotations

COMPOUNDS = (
    "Each {} starts from the rate of the one before, so that the decay compounds. A schedule keeps "
    "no memory: start from alpha0 every time."
)
SHIFTED = (
    "The count is shifted by one. Epochs count from 0 here, so that the first one has alpha0 in "
    "full: use the number as it comes."
)
FIXED = "alpha0 has a fixed value, or one from outside the function. Use the argument."
FORGOTTEN = "alpha0 is left out: what is returned is only the factor by which it shrinks."


def settings(**values: float) -> str:
    """Name a case for the student."""
    return ", ".join(f"{name} = {value:.4g}" for name, value in values.items())
