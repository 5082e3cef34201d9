"""What the four schedules share: first rates, labels, sentences on mistakes that all invite."""

from __future__ import annotations

from collections.abc import Callable

from grading.marking import Case, script

FIRST = """\
first, later = {name}({now}), {name}({later})
try:
    falls = bool(later < first)
except Exception:  # these are no rates
    falls = False
result = first, falls"""
FALLS = ("the first rate", "whether a later one is smaller")

COMPOUNDS = (
    "Each {} starts from the rate of the one before, so that the decay compounds. A schedule keeps "
    "no memory: start from alpha0 every time."
)
SHIFTED = (
    "The count is shifted by one. Epochs count from 0 here, so that the first one has alpha0 in "
    "full: use the number as it comes."
)
FIXED = "An argument has a fixed value, or one from outside the function. Use it as it comes."
FORGOTTEN = "alpha0 is left out: what is returned is only the factor by which it shrinks."


def settings(**values: float) -> str:
    """Name a case for the student."""
    return ", ".join(f"{name} = {value:.4g}" for name, value in values.items())


def first_case(schedule: Callable, later: str, **given: float) -> Case:
    """The first rate, and whether a later one is smaller: it is no number that came in.

    `later` is how the arguments are written then.
    """
    code = FIRST.format(name=schedule.__name__, now=", ".join(given), later=later)
    return script(code, label=settings(**given), tags="first", returns=FALLS, **given)
