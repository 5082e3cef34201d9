"""Reference solutions of ``module2_optimization/mini_batches.ipynb``.

Method: L. Bottou, F. Curtis and J. Nocedal, "Optimization Methods for Large-Scale Machine
Learning", SIAM Review 60, 2018, sections 3 and 4. Examples are columns.
"""

from __future__ import annotations

import numpy as np  # noqa: F401 - what wrong answers and variants may use


def mini_batches(X, Y, batch_size, rng):
    """Shuffle the examples once and cut them into mini-batches.

    Parameters
    ----------
    X : ndarray of shape (n, m)
    Y : ndarray of shape (k, m)
    batch_size : int
    rng : numpy.random.Generator

    Returns
    -------
    batches : list of (X_t, Y_t)
        Of shapes (n, batch_size) and (k, batch_size); the last may have fewer columns.
    """
    m = X.shape[1]
    order = rng.permutation(m)
    batches = []
    for start in range(0, m, batch_size):
        chosen = order[start : start + batch_size]
        batches.append((X[:, chosen], Y[:, chosen]))
    return batches


def gradient_descent_step(parameters, grads, learning_rate):
    """Return each parameter minus the learning rate times its gradient.

    Parameters
    ----------
    parameters : dict of ndarray
    grads : dict of ndarray
        Of the parameters' shapes, with a d in front of each key.
    learning_rate : float

    Returns
    -------
    parameters : dict of ndarray
    """
    return {name: value - learning_rate * grads[f"d{name}"] for name, value in parameters.items()}
