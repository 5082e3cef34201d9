"""Descent on a cost of a few parameters, step by step, with the optimizers of the course."""

from collections.abc import Callable

import numpy as np

from lecturekit.optimizers import Step


def descend(
    gradient: Callable[[np.ndarray], np.ndarray], start: np.ndarray, step: Step, steps: int
) -> np.ndarray:
    """Follow a step function and keep every point on the way.

    Parameters
    ----------
    gradient : callable
        Maps a point of shape (n,) to the gradient there, (n,).
    start : array_like of shape (n,)
    step : callable
        ``step(parameters, grads, t) -> parameters``, as made in `lecturekit.optimizers`.
    steps : int

    Returns
    -------
    ndarray of shape (n, steps + 1)
        The points as columns, the start first.
    """
    parameters = {"w": np.array(start, dtype=np.float64)}
    path = [parameters["w"]]
    for t in range(1, steps + 1):
        parameters = step(parameters, {"dw": gradient(parameters["w"])}, t)
        path.append(parameters["w"])
    return np.stack(path, axis=1)


def arrival(costs: np.ndarray, target: float = 0.01) -> int:
    """Count the steps after which the costs of a descent stay below a target.

    Parameters
    ----------
    costs : ndarray of shape (steps + 1,)
        The cost at the start and after each step.
    target : float

    Returns
    -------
    int
        The number of steps; ``steps + 1`` if the last cost is not below the target.
    """
    above = np.flatnonzero(~(costs < target))  # nan is not below it
    return int(above[-1]) + 1 if above.size else 0
