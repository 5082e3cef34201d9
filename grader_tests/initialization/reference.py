"""Reference solutions of ``module1_practical_aspects/initialization.ipynb``.

Initialisation: X. Glorot and Y. Bengio, "Understanding the difficulty of training deep feedforward
neural networks", AISTATS 2010; K. He and others, "Delving Deep into Rectifiers", ICCV 2015,
section 2.2. Backpropagation: I. Goodfellow, Y. Bengio and A. Courville, "Deep Learning", 2016,
section 6.5. Examples are columns, and every dQ is the exact derivative of the cost by Q.
"""

from __future__ import annotations

import numpy as np


def initialize_zeros(layer_dims):
    """Return weights and biases that are all 0.

    Parameters
    ----------
    layer_dims : list of int
        n_0, n_1, …, n_L.

    Returns
    -------
    parameters : dict
        W1, b1, …, WL, bL of shapes (n_l, n_{l-1}) and (n_l, 1).
    """
    parameters = {}
    for layer in range(1, len(layer_dims)):
        n_prev, n = layer_dims[layer - 1], layer_dims[layer]
        parameters[f"W{layer}"] = np.zeros((n, n_prev))
        parameters[f"b{layer}"] = np.zeros((n, 1))
    return parameters


def initialize_random(layer_dims, scale, rng):
    """Return normal weights of standard deviation `scale`, and biases 0.

    Parameters
    ----------
    layer_dims : list of int
    scale : float
    rng : numpy.random.Generator

    Returns
    -------
    parameters : dict
        As :func:`initialize_zeros` shapes them.
    """
    parameters = {}
    for layer in range(1, len(layer_dims)):
        n_prev, n = layer_dims[layer - 1], layer_dims[layer]
        parameters[f"W{layer}"] = scale * rng.standard_normal((n, n_prev))
        parameters[f"b{layer}"] = np.zeros((n, 1))
    return parameters


def initialize_xavier(layer_dims, rng):
    """Return independent weights of variance ``1 / n_{l-1}``, and biases 0.

    Parameters
    ----------
    layer_dims : list of int
    rng : numpy.random.Generator

    Returns
    -------
    parameters : dict
        As :func:`initialize_zeros` shapes them.
    """
    parameters = {}
    for layer in range(1, len(layer_dims)):
        n_prev, n = layer_dims[layer - 1], layer_dims[layer]
        parameters[f"W{layer}"] = np.sqrt(1 / n_prev) * rng.standard_normal((n, n_prev))
        parameters[f"b{layer}"] = np.zeros((n, 1))
    return parameters


def initialize_he(layer_dims, rng):
    """Return independent weights of variance ``2 / n_{l-1}``, and biases 0.

    Parameters
    ----------
    layer_dims : list of int
    rng : numpy.random.Generator

    Returns
    -------
    parameters : dict
        As :func:`initialize_zeros` shapes them.
    """
    parameters = {}
    for layer in range(1, len(layer_dims)):
        n_prev, n = layer_dims[layer - 1], layer_dims[layer]
        parameters[f"W{layer}"] = np.sqrt(2 / n_prev) * rng.standard_normal((n, n_prev))
        parameters[f"b{layer}"] = np.zeros((n, 1))
    return parameters


def initialize_leaky(layer_dims, slope, rng):
    """Return weights of variance ``2 / ((1 + slope²) n_{l-1})``, and biases 0.

    K. He and others, "Delving Deep into Rectifiers", ICCV 2015, section 2.2.

    Parameters
    ----------
    layer_dims : list of int
    slope : float
        Of the leaky ReLUs behind the layers.
    rng : numpy.random.Generator

    Returns
    -------
    parameters : dict
        As :func:`initialize_zeros` shapes them.
    """
    parameters = {}
    for layer in range(1, len(layer_dims)):
        n_prev, n = layer_dims[layer - 1], layer_dims[layer]
        deviation = np.sqrt(2 / ((1 + slope**2) * n_prev))
        parameters[f"W{layer}"] = deviation * rng.standard_normal((n, n_prev))
        parameters[f"b{layer}"] = np.zeros((n, 1))
    return parameters


def linear_forward(A_prev, W, b):
    """Return ``Z = W @ A_prev + b`` and the cache for the way back.

    Parameters
    ----------
    A_prev : ndarray of shape (n_prev, m)
    W : ndarray of shape (n, n_prev)
    b : ndarray of shape (n, 1)

    Returns
    -------
    Z : ndarray of shape (n, m)
    cache : tuple (A_prev, W, b)
    """
    Z = W @ A_prev + b  # (n, m)
    return Z, (A_prev, W, b)


def linear_backward(dZ, cache):
    """Return ``dA_prev = W.T @ dZ``, ``dW = dZ @ A_prev.T`` and db, the sum of dZ over examples.

    Parameters
    ----------
    dZ : ndarray of shape (n, m)
    cache : tuple (A_prev, W, b)

    Returns
    -------
    dA_prev, dW, db : ndarray of shapes (n_prev, m), (n, n_prev), (n, 1)
    """
    A_prev, W, _ = cache
    dA_prev = W.T @ dZ  # (n_prev, m)
    dW = dZ @ A_prev.T  # (n, n_prev)
    db = np.sum(dZ, axis=1, keepdims=True)  # (n, 1)
    return dA_prev, dW, db


def relu_forward(Z):
    """Return ``A = max(0, Z)`` and the cache Z.

    Parameters
    ----------
    Z : ndarray of shape (n, m)

    Returns
    -------
    A, cache : ndarray of shape (n, m)

    Examples
    --------
    >>> relu_forward(np.array([[-2.0, 3.0]]))[0]
    array([[0., 3.]])
    """
    A = np.maximum(0, Z)
    return A, Z


def relu_backward(dA, cache):
    """Return dZ: dA where Z > 0, else 0.

    Parameters
    ----------
    dA, cache : ndarray of shape (n, m)
        The cache is Z.

    Returns
    -------
    dZ : ndarray of shape (n, m)
    """
    Z = cache
    return np.where(Z > 0, dA, 0.0)


def leaky_relu_forward(Z, slope):
    """Return Z where it is positive and ``slope * Z`` elsewhere, and the cache ``(Z, slope)``.

    A. Maas and others, "Rectifier Nonlinearities Improve Neural Network Acoustic Models", 2013.

    Parameters
    ----------
    Z : ndarray of shape (n, m)
    slope : float

    Returns
    -------
    A : ndarray of shape (n, m)
    cache : tuple (Z, slope)
    """
    A = np.where(Z > 0, Z, slope * Z)
    return A, (Z, slope)


def leaky_relu_backward(dA, cache):
    """Return dA where Z > 0, and ``slope * dA`` elsewhere.

    Parameters
    ----------
    dA : ndarray of shape (n, m)
    cache : tuple (Z, slope)

    Returns
    -------
    dZ : ndarray of shape (n, m)
    """
    Z, slope = cache
    return np.where(Z > 0, dA, slope * dA)


def sigmoid_forward(Z):
    """Return ``A = 1 / (1 + exp(-Z))`` twice: as output and as cache.

    Parameters
    ----------
    Z : ndarray of shape (n, m)

    Returns
    -------
    A, cache : ndarray of shape (n, m)

    Examples
    --------
    >>> sigmoid_forward(np.array([[-1000.0, 0.0, 1000.0]]))[0]
    array([[0. , 0.5, 1. ]])
    """
    decay = np.exp(-np.abs(Z))  # the exponent is never positive: no overflow
    A = np.where(Z >= 0, 1, decay) / (1 + decay)
    return A, A


def sigmoid_backward(dA, cache):
    """Return ``dZ = dA * A * (1 - A)``.

    Parameters
    ----------
    dA, cache : ndarray of shape (n, m)
        The cache is A.

    Returns
    -------
    dZ : ndarray of shape (n, m)
    """
    A = cache
    return dA * A * (1 - A)


def model_forward(X, parameters):
    """Run (linear → relu) × (L − 1), then linear → sigmoid.

    Parameters
    ----------
    X : ndarray of shape (n_0, m)
    parameters : dict with W1, b1, …, WL, bL

    Returns
    -------
    AL : ndarray of shape (n_L, m)
    caches : list
        ``(linear_cache, activation_cache)`` of each layer.
    """
    A, caches, L = X, [], len(parameters) // 2
    for layer in range(1, L + 1):
        Z, linear_cache = linear_forward(A, parameters[f"W{layer}"], parameters[f"b{layer}"])
        A, activation_cache = relu_forward(Z) if layer < L else sigmoid_forward(Z)
        caches.append((linear_cache, activation_cache))
    return A, caches


def binary_cross_entropy(AL, Y):
    """Return the mean of ``-(Y log AL + (1 - Y) log(1 - AL))``, finite also at AL = 0 and 1.

    Parameters
    ----------
    AL, Y : ndarray of shape (1, m)
        Probabilities, and labels in {0, 1}.

    Returns
    -------
    cost : float
        In nats.
    """
    tiny = 1e-15  # keeps the logarithm finite
    losses = Y * np.log(np.maximum(AL, tiny)) + (1 - Y) * np.log(np.maximum(1 - AL, tiny))
    return -float(np.mean(losses))


def model_backward(AL, Y, caches):
    """Return the exact derivative of the binary cross-entropy for every parameter.

    Sigmoid and cross-entropy together give ``dZ = (AL - Y) / m`` at the output, which divides by
    nothing that could be 0.

    Parameters
    ----------
    AL, Y : ndarray of shape (1, m)
    caches : list
        From :func:`model_forward`.

    Returns
    -------
    grads : dict with dW1, db1, …, dWL, dbL
    """
    grads, L, m = {}, len(caches), Y.shape[1]
    dZ = (AL - Y) / m
    linear_cache, _ = caches[L - 1]
    dA, grads[f"dW{L}"], grads[f"db{L}"] = linear_backward(dZ, linear_cache)
    for layer in range(L - 1, 0, -1):
        linear_cache, relu_cache = caches[layer - 1]
        dZ = relu_backward(dA, relu_cache)
        dA, grads[f"dW{layer}"], grads[f"db{layer}"] = linear_backward(dZ, linear_cache)
    return grads
