"""Where a number lies in its range, and trials: what several questions share."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Transform = Callable[[np.ndarray, float, float], np.ndarray]


def linear(x: np.ndarray, low: float, high: float) -> np.ndarray:
    """Return where x lies between low and high: 0 … 1."""
    return (x - low) / (high - low)


def log(x: np.ndarray, low: float, high: float) -> np.ndarray:
    """Return where x lies on a log scale."""
    return linear(np.log(x), np.log(low), np.log(high))


def one_minus_log(x: np.ndarray, low: float, high: float) -> np.ndarray:
    """Return where x lies if 1 − x has a log scale."""
    return log(1 - x, 1 - low, 1 - high)


def distance(positions: np.ndarray) -> float:
    """Return the largest distance from the distribution function of the uniform one on 0 … 1."""
    u, n = np.sort(positions), positions.size
    steps = np.arange(n + 1) / n
    return float(max(np.max(steps[1:] - u), np.max(u - steps[:-1])))


def scored(
    rng: np.random.Generator, count: int, low: float = 0.2, high: float = 0.98
) -> list[tuple[dict, float]]:
    """Draw trials with different scores, the best neither first nor last."""
    while True:
        scores = np.round(rng.uniform(low, high, count), 3)
        ends = {int(np.argmax(scores)), int(np.argmin(scores))}
        if len(set(scores)) == count and (count < 4 or not ends & {0, count - 1}):
            break
    return [
        ({"learning_rate": float(10 ** rng.uniform(-4, 0)), "units": int(rng.integers(8, 200))}, s)
        for s in scores.tolist()
    ]
