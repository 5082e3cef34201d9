"""How long an update of a network takes on this machine."""

from time import perf_counter

import numpy as np

from lecturekit.networks import Network
from lecturekit.optimizers import Step


def seconds_per_update(
    network: Network, X: np.ndarray, Y: np.ndarray, step: Step, repeats: int = 20
) -> float:
    """Shortest time of forward pass, backward pass and step on one mini-batch, in seconds.

    The shortest of many, because other programs can only make an update slower.

    Parameters
    ----------
    network : Network
    X : ndarray of shape (n_0, m)
    Y : ndarray of shape (n_L, m)
    step : callable
        ``step(parameters, grads, t) -> parameters``, as made in `lecturekit.optimizers`.
    repeats : int
        Updates to time, after one that is not counted.
    """
    rng = np.random.default_rng(0)
    parameters, running = network.initialize(rng)
    seconds = []
    for t in range(1, repeats + 2):
        start = perf_counter()
        AL, caches, running = network.forward(X, parameters, running, rng)
        parameters = step(parameters, network.backward(AL, Y, caches), t)
        seconds.append(perf_counter() - start)
    return min(seconds[1:])
