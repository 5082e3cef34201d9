"""How the inputs of several questions are drawn."""

from __future__ import annotations

import numpy as np

Arrays = tuple[np.ndarray, ...]


def layer(
    rng: np.random.Generator, n: int, m: int, centre: float = 0.0, spread: float = 3.0
) -> Arrays:
    """Draw Z, gamma, beta, running_mean, running_var: no value at its neutral default."""
    scales = spread * rng.uniform(0.7, 1.4, (n, 1))
    means = centre + rng.choice([-1, 1], (n, 1)) * rng.uniform(1, 3, (n, 1))
    Z = means + scales * spaced(rng, n, m)
    gamma = rng.choice([-1, 1], (n, 1)) * rng.uniform(1.5, 2.5, (n, 1))
    beta = rng.uniform(0.5, 1.5, (n, 1))
    return Z, gamma, beta, rng.uniform(-2, 2, (n, 1)), rng.uniform(2, 5, (n, 1))


def spaced(rng: np.random.Generator, n: int, m: int) -> np.ndarray:
    """Draw rows of standard normals, none of them nearly constant."""
    rows = rng.standard_normal((n, m))
    while m > 1 and rows.std(axis=1).min() < 0.3:
        rows = rng.standard_normal((n, m))
    return rows


def network(rng: np.random.Generator, dims: list[int], m: int) -> tuple[np.ndarray, dict, dict]:
    """Draw X, parameters and running statistics of a network with batch-normalised layers."""
    parameters, running = {}, {}
    last = len(dims) - 1
    for number in range(1, last + 1):
        n = dims[number]
        parameters[f"W{number}"] = rng.uniform(-1, 1, (n, dims[number - 1]))
        if number < last:
            _, gamma, beta, mean, var = layer(rng, n, m)
            parameters[f"gamma{number}"], parameters[f"beta{number}"] = gamma, beta
            running[f"mean{number}"], running[f"var{number}"] = mean, var
    parameters[f"b{last}"] = rng.uniform(0.5, 1.5, (dims[last], 1))
    return 3 * rng.standard_normal((dims[0], m)), parameters, running
