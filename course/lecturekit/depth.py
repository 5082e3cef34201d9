"""How large activations and gradients are, layer by layer, in a deep network just initialised."""

import numpy as np

from lecturekit.autodiff import Node, derivatives, weighted_sum
from lecturekit.networks import ACTIVATIONS


def signal_sizes(
    X: np.ndarray, depth: int, gain: float, activation: str, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Send inputs forward and a random gradient backward through ``depth`` layers of equal width.

    Parameters
    ----------
    X : ndarray of shape (n, m)
        Inputs; every layer has n units.
    depth : int
    gain : float
        The weights have the standard deviation gain/√n; biases are 0.
    activation : {"relu", "tanh"}
    rng : numpy.random.Generator

    Returns
    -------
    activations : ndarray of shape (depth,)
        Root mean square of A in layers 1…depth.
    gradients : ndarray of shape (depth,)
        Root mean square of dA in layers 1…depth, when it is 1 in the last.
    """
    n, nodes = len(X), [Node(X)]
    for _ in range(depth):
        W = gain / np.sqrt(n) * rng.standard_normal((n, n))
        nodes.append(ACTIVATIONS[activation](Node(W) @ nodes[-1]))
    cost = weighted_sum(nodes[-1], rng.standard_normal(X.shape))
    gradients = derivatives(cost, nodes[1:])
    sizes = [[root_mean_square(A.value) for A in nodes[1:]], list(map(root_mean_square, gradients))]
    return tuple(map(np.array, sizes))


def root_mean_square(values: np.ndarray) -> float:
    """√(mean of the squares)."""
    return float(np.sqrt(np.mean(values**2)))
