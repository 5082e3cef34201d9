"""How the parameters of several questions are drawn."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

# Widths of neighbouring layers differ, so that no weight matrix is square.
SHALLOW = ([3, 1], [2, 4, 1], [4, 3, 2, 1])
DEEP = ([2, 3, 1, 2, 1, 3, 2, 1, 2, 3, 2, 1], [1, 2, 3, 2, 1, 2, 1, 3, 1, 2, 3, 2, 1])


def drawn_parameters(rng: np.random.Generator, dims: list[int]) -> dict[str, np.ndarray]:
    """Draw weights and biases, none of them 0."""
    parameters = {}
    for number, (n_prev, n) in enumerate(pairwise(dims), start=1):
        parameters[f"W{number}"] = rng.standard_normal((n, n_prev))
        parameters[f"b{number}"] = rng.uniform(0.5, 1.5, (n, 1))
    return parameters
