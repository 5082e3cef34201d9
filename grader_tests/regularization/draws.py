"""How the inputs of several questions are drawn, and what is looked at first."""

from __future__ import annotations

from itertools import pairwise

import numpy as np


def weights_and_biases(rng: np.random.Generator, dims: list[int]) -> dict[str, np.ndarray]:
    """Draw weights of both signs with other norms than 1, and biases that are not 0.

    Networks with an odd number of layers have their names from the last to the first.
    """
    parameters = {}
    for number, (n_prev, n) in enumerate(pairwise(dims), start=1):
        parameters[f"W{number}"] = 2 * rng.standard_normal((n, n_prev)) + 0.3
        parameters[f"b{number}"] = rng.uniform(0.5, 1.5, (n, 1))
    return parameters if len(dims) % 2 else dict(reversed(parameters.items()))


# Numbers of examples and of inputs differ, so that neither can stand for the other.
NETWORK_SIZES = (
    ([5, 1], 8, 0.7, "one"),
    ([4, 1], 30, 3.0, "one"),
    ([2, 3, 1], 7, 0.4, "several"),
    ([3, 4, 2, 1], 20, 1.6, "several"),
    ([2, 3, 3, 2, 1], 6, 0.9, "several"),
    ([4, 3, 5, 2, 3, 1], 50, 12.0, "several"),
    ([3, 4, 1], 9, 0.0, "several"),
    ([2] * 11 + [1], 1, 0.5, "several"),
    ([2] * 10 + [1], 4, 0.8, "several"),
)


def network_words(dims: list[int], m: int, lambd: float) -> str:
    """Name a case of the L2 tasks for the student."""
    return f"layers {dims}, m = {m}, lambd = {lambd:g}"


def signed(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Draw numbers of both signs, none of them near 0."""
    return rng.choice([-1, 1], shape) * rng.uniform(0.5, 2, shape)


def is_array_like(value: object, A: np.ndarray, name: str) -> str | None:
    """An array of A's shape, or a sentence."""
    if not isinstance(value, np.ndarray):
        return f"{name} should be a NumPy array."
    if value.shape != A.shape:
        return f"{name} has shape {value.shape}; it should have that of A, {A.shape}."
    return None
