"""How large activations and gradients are, layer by layer, in a deep network just initialised."""

import numpy as np

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
    activate, slope = ACTIVATIONS[activation]
    n = len(X)
    layers, A = [], X
    for _ in range(depth):
        W = gain / np.sqrt(n) * rng.standard_normal((n, n))
        A = activate(W @ A)
        layers.append((W, A))
    dA = rng.standard_normal(X.shape)
    gradients = []
    for W, A in reversed(layers):
        gradients.append(root_mean_square(dA))
        dA = W.T @ (dA * slope(A))
    return np.array([root_mean_square(A) for _, A in layers]), np.array(gradients[::-1])


def root_mean_square(values: np.ndarray) -> float:
    """√(mean of the squares)."""
    return float(np.sqrt(np.mean(values**2)))
