"""Numerical derivatives, the independent check of every backward reference."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

MOST = 1000  # entries


def central_difference(
    cost: Callable[[np.ndarray], float], at: np.ndarray, step: float = 1e-6
) -> np.ndarray:
    """Return the derivative of `cost` at an array, entry by entry: error of order step².

    Raises
    ------
    ValueError
        If there are so many entries that each submission would wait for seconds.
    """
    if at.size > MOST:
        raise ValueError(f"{at.size} derivatives at every grading: choose {MOST} of them")
    gradient = np.zeros(at.shape)
    for index in np.ndindex(at.shape):
        nudge = np.zeros(at.shape)
        nudge[index] = step
        gradient[index] = (cost(at + nudge) - cost(at - nudge)) / (2 * step)
    return gradient


def relative_difference(a: np.ndarray, b: np.ndarray) -> float:
    """Return ``‖a − b‖ / (‖a‖ + ‖b‖)``, 0 when both vanish."""
    scale = np.linalg.norm(a) + np.linalg.norm(b)
    return float(np.linalg.norm(a - b) / scale) if scale else 0.0
