"""What several questions share: how their inputs are drawn, and names for them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from grader_tests.initialization import reference as ref


def linear_layer(rng: np.random.Generator, n_prev: int, n: int, m: int) -> tuple:
    """Draw A_prev, W and b, none of them near 0."""
    A_prev, W = rng.standard_normal((n_prev, m)), rng.standard_normal((n, n_prev))
    return A_prev, W, rng.choice([-1, 1], (n, 1)) * rng.uniform(0.5, 2, (n, 1))


SIZES = ((3, 4, 5), (4, 4, 4), (3, 3, 3), (5, 2, 1), (2, 3, 1), (1, 1, 6), (6, 1, 7))


def linear_label(n_prev: int, n: int, m: int) -> str:
    """Name a layer for the student."""
    return f"n_prev = {n_prev}, n = {n}, m = {m}"


def with_zeros(rng: np.random.Generator, n: int, m: int) -> np.ndarray:
    """Draw values of both signs away from 0, and some exact zeros."""
    values = rng.choice([-1, 1], (n, m)) * rng.uniform(0.3, 3, (n, m))
    values.flat[0], values.flat[1] = -1.5, 2.5
    values.flat[2::4] = 0.0
    return values


RELU_SIZES = ((3, 5), (4, 4), (1, 6), (5, 3), (4, 1))

SINGLE = (([3, 1], 5), ([5, 1], 4))
DEEP = (
    ([5, 4, 3, 1], 6),
    ([6, 5, 4, 2, 1], 7),
    ([2, 7, 3, 4, 1], 5),
    ([3, 3, 3, 1], 3),
    ([6] * 11 + [1], 8),
)


def network(rng: np.random.Generator, dims: Sequence[int], m: int) -> tuple[np.ndarray, dict]:
    """Draw X and the parameters of a network in which every layer works.

    Each unit is dead for some examples and not for others, none is near the kink of relu, and the
    outputs are not certain.
    """
    while True:
        X, parameters = rng.standard_normal((dims[0], m)), ref.initialize_he(dims, rng)
        A, hidden = X, []
        for layer in range(1, len(dims) - 1):
            Z = parameters[f"W{layer}"] @ A
            share, ends = rng.uniform(0.3, 0.7, (dims[layer], 1)), np.sort(Z, axis=1)[:, [0, -1]]
            b = -ends[:, :1] - share * np.ptp(ends, axis=1, keepdims=True)
            parameters[f"b{layer}"] = b
            hidden.append(Z + b)
            A = np.maximum(Z + b, 0)
        b = rng.choice([-1, 1], (dims[-1], 1)) * rng.uniform(0.2, 0.6, (dims[-1], 1))
        parameters[f"b{len(dims) - 1}"] = b
        AL, _ = ref.model_forward(X, parameters)
        if all(np.abs(Z).min() > 1e-3 for Z in hidden) and np.abs(AL - 0.5).max() < 0.49:
            return X, parameters


def network_label(dims: Sequence[int], m: int) -> str:
    """Name a network for the student."""
    return f"layers {list(dims)}, {m} examples"
