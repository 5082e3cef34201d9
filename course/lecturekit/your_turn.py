"""Instant checks for the cells that are yours to fill in. Nothing is graded here."""

from collections.abc import Mapping

import numpy as np


def check(name: str, got: object, want: object, hints: Mapping[float, str] | None = None) -> None:
    """Print whether a value is right; if not, what is wrong with it, and below it what to do.

    Parameters
    ----------
    name : str
        What the value is called.
    got : object
        The value; the dots of a cell that is not filled in yet are recognised.
    want : number, ndarray, str or bool
        What it should be, to about six digits.
    hints : mapping, optional
        A wrong number that tells where it comes from, to a sentence on that.
    """
    print(_complaint(name, got, want, hints or {}) or f"{name}: right.")


def _complaint(name: str, got: object, want: object, hints: Mapping[float, str]) -> str | None:
    if got is ... or got is None:
        return (
            f"{name}: not filled in yet.\nPut your code in place of the dots; run the cell again."
        )
    if isinstance(want, str | bool):
        return None if got == want else f"{name} is {got!r}, and that is not it.\nThink again."
    try:
        got = np.asarray(got, dtype=np.float64)
    except (TypeError, ValueError):
        return f"{name} is a {type(got).__name__}.\nIt should be a number or an array of numbers."
    want = np.asarray(want, dtype=np.float64)
    if got.shape != want.shape:
        return f"{name} has shape {got.shape}.\nIt should have shape {want.shape}."
    wrong = np.argwhere(~np.isclose(got, want, rtol=1e-5, atol=1e-9))
    if not len(wrong):
        return None
    i = tuple(map(int, wrong[0]))
    hint = "It is not finite: look for a division by 0 or a logarithm of 0."
    if np.isfinite(got[i]):
        known = (text for value, text in hints.items() if np.isclose(got[i], value))
        hint = next(known, f"It should be {want[i]:.6g}.")
    return f"{name}{list(i) or ''} is {got[i]:.6g}.\n{hint}"
