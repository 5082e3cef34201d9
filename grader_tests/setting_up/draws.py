"""How the features of several questions are drawn."""

from __future__ import annotations

import numpy as np


def features(
    rng: np.random.Generator, n: int, m: int, centre: float = 5.0, spread: float = 3.0
) -> np.ndarray:
    """Draw features whose means are far from 0 and whose spreads are far from 1 and differ."""
    rows = rng.standard_normal((n, m))
    while rows.std(axis=1).min() < 0.3:
        rows = rng.standard_normal((n, m))
    means = rng.choice([-1, 1], (n, 1)) * centre * rng.uniform(0.8, 1.2, (n, 1))
    return means + spread * rng.uniform(0.7, 1.4, (n, 1)) * rows
