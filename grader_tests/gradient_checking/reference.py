"""Reference solutions of ``module1_practical_aspects/gradient_checking.ipynb``.

Formulas: A. Karpathy and others, "Gradient checks", notes of Stanford's CS231n
(https://cs231n.github.io/neural-networks-3/#gradcheck), with norms of whole vectors in the relative
difference. Examples are columns.
"""

from __future__ import annotations

import numpy as np


def sigmoid(Z):
    """Return ``1 / (1 + exp(-Z))``, without overflow."""
    small = np.exp(-np.abs(Z))
    return np.where(Z >= 0, 1, small) / (1 + small)


def network_forward(X, parameters):
    """Run (linear → tanh) × (L − 1), then linear → sigmoid; given to the students.

    Parameters
    ----------
    X : ndarray of shape (n_0, m)
    parameters : dict with W1, b1, …, WL, bL

    Returns
    -------
    AL : ndarray of shape (1, m)
    caches : list of ((A_prev, W, b), A)
    """
    A, caches, L = X, [], len(parameters) // 2
    for layer in range(1, L + 1):
        A_prev, W, b = A, parameters[f"W{layer}"], parameters[f"b{layer}"]
        Z = W @ A_prev + b
        A = np.tanh(Z) if layer < L else sigmoid(Z)
        caches.append(((A_prev, W, b), A))
    return A, caches


def network_cost(AL, Y, parameters, lambd):
    """Return the mean cross-entropy plus ``lambd / (2 m)`` times all squared weights; given."""
    m = Y.shape[1]
    losses = -(Y * np.log(AL) + (1 - Y) * np.log(1 - AL))
    squares = sum(np.sum(W**2) for name, W in parameters.items() if name.startswith("W"))
    return float(np.sum(losses) / m + lambd / (2 * m) * squares)


def suspect_backward(AL, Y, caches, lambd):
    """Go back through the network, with two mistakes; given to the students."""
    m, L, grads = Y.shape[1], len(caches), {}
    dZ = (AL - Y) / m
    (A_prev, W, _), _ = caches[L - 1]
    grads[f"dW{L}"] = dZ @ A_prev.T
    grads[f"db{L}"] = np.sum(dZ, axis=1, keepdims=True)
    dA = W.T @ dZ
    for layer in range(L - 1, 0, -1):
        (A_prev, W, _), A = caches[layer - 1]
        dZ = dA * (1 - np.tanh(A) ** 2)
        grads[f"dW{layer}"] = dZ @ A_prev.T + lambd / m * W
        grads[f"db{layer}"] = np.sum(dZ, axis=1, keepdims=True)
        dA = W.T @ dZ
    return grads


def parameters_to_vector(parameters):
    """Return all entries in one vector: W1, b1, W2, b2, …, each row by row.

    Parameters
    ----------
    parameters : dict with W1, b1, …, WL, bL, in any order

    Returns
    -------
    ndarray of shape (n,)
    """
    L = len(parameters) // 2
    names = [f"{kind}{layer}" for layer in range(1, L + 1) for kind in "Wb"]
    return np.concatenate([parameters[name].ravel() for name in names])


def vector_to_parameters(theta, layer_dims):
    """Return the dict whose vector is theta: W_l of shape (n_l, n_{l-1}), b_l of shape (n_l, 1).

    Parameters
    ----------
    theta : ndarray of shape (n,)
    layer_dims : list of int, [n_0, …, n_L]

    Returns
    -------
    dict with W1, b1, …, WL, bL
        New arrays, which share no memory with theta.
    """
    parameters, start = {}, 0
    for layer in range(1, len(layer_dims)):
        n_prev, n = layer_dims[layer - 1], layer_dims[layer]
        for name, shape in ((f"W{layer}", (n, n_prev)), (f"b{layer}", (n, 1))):
            size = shape[0] * shape[1]
            parameters[name] = theta[start : start + size].reshape(shape).copy()
            start += size
    return parameters


def numerical_gradient(cost, theta, epsilon=1e-7):
    """Return the centred differences ``(cost(θ + ε e_i) − cost(θ − ε e_i)) / (2 ε)``.

    Parameters
    ----------
    cost : callable (ndarray of shape (n,)) -> float
    theta : ndarray of shape (n,)
    epsilon : float

    Returns
    -------
    ndarray of shape (n,)
    """
    gradient = np.zeros(theta.shape)
    for i in range(len(theta)):
        plus, minus = theta.copy(), theta.copy()
        plus[i] += epsilon
        minus[i] -= epsilon
        gradient[i] = (cost(plus) - cost(minus)) / (2 * epsilon)
    return gradient


def gradient_difference(grad, numerical):
    """Return ``‖grad − numerical‖₂ / (‖grad‖₂ + ‖numerical‖₂)``, 0 when both vanish.

    Parameters
    ----------
    grad, numerical : ndarray of shape (n,)

    Returns
    -------
    float
    """
    scale = np.linalg.norm(grad) + np.linalg.norm(numerical)
    if scale == 0:
        return 0.0
    return float(np.linalg.norm(grad - numerical) / scale)


def faulty_entries(grad, numerical, tolerance):
    """Return where two gradients differ, by more than a share of the larger entry, worst first.

    Parameters
    ----------
    grad, numerical : ndarray of shape (n,)
    tolerance : float
        The share ``|g - ĝ| / max(|g|, |ĝ|)`` up to which two entries agree; two zeros do.

    Returns
    -------
    indices : ndarray of int, one axis
        By that share, the largest first; of equal ones the smaller index.

    Raises
    ------
    ValueError
        If the shapes differ, or the tolerance is negative.

    Examples
    --------
    >>> faulty_entries(np.array([1.0, 2.0, 0.0]), np.array([1.5, -2.0, 0.0]), 0.1)
    array([1, 0])
    """
    if grad.shape != numerical.shape or tolerance < 0:
        raise ValueError(f"shapes {grad.shape} and {numerical.shape}, tolerance {tolerance}")
    apart = np.abs(grad - numerical)
    larger = np.maximum(np.abs(grad), np.abs(numerical))
    faulty = np.flatnonzero(apart > tolerance * larger)  # none of them is two zeros
    return faulty[np.argsort(-apart[faulty] / larger[faulty], kind="stable")]


def directional_difference(cost, grad, theta, rng, epsilon=1e-5):
    """Compare a gradient with one centred difference, along a random direction of length 1.

    Parameters
    ----------
    cost : callable
        Takes an ndarray of shape (n,), returns a float.
    grad, theta : ndarray of shape (n,)
    rng : numpy.random.Generator
    epsilon : float

    Returns
    -------
    float
        ``|slope - grad @ u| / max(|slope|, |grad @ u|)``, 0 when both slopes vanish.

    Raises
    ------
    ValueError
        If the shapes differ, or epsilon is not positive.
    """
    if grad.shape != theta.shape or epsilon <= 0:
        raise ValueError(f"shapes {grad.shape} and {theta.shape}, epsilon = {epsilon}")
    u = rng.standard_normal(len(theta))
    u = u / np.linalg.norm(u)
    slope = (cost(theta + epsilon * u) - cost(theta - epsilon * u)) / (2 * epsilon)
    expected = float(grad @ u)
    larger = max(abs(slope), abs(expected))
    return abs(slope - expected) / larger if larger > 0 else 0.0


def mended_backward(AL, Y, caches, lambd):
    """Return the exact derivative of :func:`network_cost` for every parameter.

    Parameters
    ----------
    AL, Y : ndarray of shape (1, m)
    caches : list of ((A_prev, W, b), A)
        From :func:`network_forward`.
    lambd : float

    Returns
    -------
    dict with dW1, db1, …, dWL, dbL
    """
    m, L, grads = Y.shape[1], len(caches), {}
    dZ = (AL - Y) / m
    for layer in range(L, 0, -1):
        (A_prev, W, _), _ = caches[layer - 1]
        grads[f"dW{layer}"] = dZ @ A_prev.T + lambd / m * W
        grads[f"db{layer}"] = np.sum(dZ, axis=1, keepdims=True)
        dA_prev = W.T @ dZ
        dZ = dA_prev * (1 - A_prev**2)  # A_prev is the tanh of the layer before
    return grads
