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


def accumulate_gradients(grads_list, sizes):
    """Return the gradients of all examples together, from those of mini-batches.

    ``sum(sizes[i] * grads_list[i][key]) / sum(sizes)`` for each key.

    Parameters
    ----------
    grads_list : list of dict of ndarray
        For each mini-batch its gradients, means over its own examples.
    sizes : list of int
        The number of examples in each mini-batch.

    Returns
    -------
    grads : dict of ndarray
        Means over all examples.

    Raises
    ------
    ValueError
        If there is no mini-batch, a size that is missing, one too many, or one below 1.

    Examples
    --------
    >>> accumulate_gradients([{"db1": np.array([[8.0]])}, {"db1": np.array([[4.0]])}], [3, 1])
    {'db1': array([[7.]])}
    """
    if len(grads_list) != len(sizes) or min(sizes, default=0) < 1:
        raise ValueError(f"{len(grads_list)} mini-batches of {sizes} examples")
    total = {}
    for i, grads in enumerate(grads_list):
        for key, mean in grads.items():
            total[key] = total.get(key, 0) + sizes[i] * mean
    return {key: value / sum(sizes) for key, value in total.items()}
