"""How the parameters of networks are drawn."""

from __future__ import annotations

import numpy as np

from grading.marking import Case


def network(rng: np.random.Generator, layers: int, normed: bool) -> dict[str, np.ndarray]:
    """Draw the parameters of a network; with `normed`, its hidden layers are batch-normalised."""
    dims = rng.integers(1, 4, layers + 1)
    parameters = {}
    for number in range(1, layers + 1):
        column = (dims[number], 1)
        parameters[f"W{number}"] = rng.standard_normal((dims[number], dims[number - 1]))
        if normed and number < layers:
            parameters[f"gamma{number}"] = rng.uniform(1, 2, column)
            parameters[f"beta{number}"] = rng.uniform(1, 2, column)
        else:
            parameters[f"b{number}"] = rng.uniform(1, 2, column)
    return parameters


def no_whole_number(result: object, wanted: int, case: Case) -> bool:
    """Recognise a count that is no single whole number."""
    return isinstance(result, float | list | tuple | dict | str | None) or np.ndim(result) > 0
