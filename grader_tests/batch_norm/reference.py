"""Reference solutions of ``module3_tuning_batchnorm/batch_norm.ipynb``.

Formulas: S. Ioffe and C. Szegedy, "Batch Normalization: Accelerating Deep Network Training by
Reducing Internal Covariate Shift", ICML 2015, section 3; J. L. Ba, J. R. Kiros and G. E. Hinton,
"Layer Normalization", 2016, section 3. Examples are columns.
"""

from __future__ import annotations

import numpy as np


def binary_cross_entropy(AL, Y):
    """Return the mean cross-entropy over the examples, whose derivative the backward pass is."""
    tiny = np.finfo(float).tiny
    losses = Y * np.log(np.maximum(AL, tiny)) + (1 - Y) * np.log(np.maximum(1 - AL, tiny))
    return -float(np.mean(losses))


def batchnorm_forward(Z, gamma, beta, running_mean, running_var, mode, momentum=0.9, epsilon=1e-5):
    """Normalise each feature over the examples, then scale and shift.

    ``Z_norm = (Z - mean) / sqrt(var + epsilon)``, ``Z_tilde = gamma * Z_norm + beta``; the batch's
    own statistics in training, the running ones at test time.

    Parameters
    ----------
    Z : ndarray of shape (n, m)
    gamma, beta, running_mean, running_var : ndarray of shape (n, 1)
    mode : {"train", "test"}
    momentum, epsilon : float

    Returns
    -------
    Z_tilde : ndarray of shape (n, m)
    cache : tuple (Z_norm, gamma, std) in training, None at test time
    running_mean, running_var : ndarray of shape (n, 1)

    Raises
    ------
    ValueError
        If the mode is neither.
    """
    if mode == "train":
        mean = np.mean(Z, axis=1, keepdims=True)  # (n, 1)
        var = np.var(Z, axis=1, keepdims=True)
        running_mean = momentum * running_mean + (1 - momentum) * mean
        running_var = momentum * running_var + (1 - momentum) * var
    elif mode == "test":
        mean, var = running_mean, running_var
    else:
        raise ValueError(f"mode must be 'train' or 'test', not {mode!r}")
    std = np.sqrt(var + epsilon)
    Z_norm = (Z - mean) / std
    Z_tilde = gamma * Z_norm + beta
    cache = (Z_norm, gamma, std) if mode == "train" else None
    return Z_tilde, cache, running_mean, running_var


def batchnorm_backward(dZ_tilde, cache):
    """Return dZ, dgamma and dbeta of batch normalisation in training.

    The mean and the variance depend on every example, so dZ loses its mean and its component
    along Z_norm: ``dZ = (dZ_norm - mean(dZ_norm) - Z_norm * mean(dZ_norm * Z_norm)) / std``.

    Parameters
    ----------
    dZ_tilde : ndarray of shape (n, m)
    cache : tuple (Z_norm, gamma, std) of shapes (n, m), (n, 1), (n, 1)

    Returns
    -------
    dZ : ndarray of shape (n, m)
    dgamma, dbeta : ndarray of shape (n, 1)
    """
    Z_norm, gamma, std = cache
    dgamma = np.sum(dZ_tilde * Z_norm, axis=1, keepdims=True)  # (n, 1)
    dbeta = np.sum(dZ_tilde, axis=1, keepdims=True)
    dZ_norm = dZ_tilde * gamma
    mean_path = np.mean(dZ_norm, axis=1, keepdims=True)
    var_path = Z_norm * np.mean(dZ_norm * Z_norm, axis=1, keepdims=True)
    dZ = (dZ_norm - mean_path - var_path) / std
    return dZ, dgamma, dbeta


def bn_model_forward(X, parameters, running, mode, momentum=0.9, epsilon=1e-5):
    """Run (linear without bias → batch norm → relu) × (L − 1), then linear → sigmoid.

    Parameters
    ----------
    X : ndarray of shape (n_0, m)
    parameters : dict with W1, gamma1, beta1, …, WL, bL
    running : dict with mean1, var1, … of the hidden layers
    mode : {"train", "test"}
    momentum, epsilon : float

    Returns
    -------
    AL : ndarray of shape (n_L, m)
    caches : list
        ``((A_prev, W), batch-norm cache, Z_tilde)`` for each hidden layer, then
        ``((A_prev, W, b), AL)``.
    running : dict
        New running statistics.
    """
    L = sum(name.startswith("W") for name in parameters)
    A, caches, running = X, [], dict(running)
    for layer in range(1, L):
        A_prev, W = A, parameters[f"W{layer}"]
        gamma, beta = parameters[f"gamma{layer}"], parameters[f"beta{layer}"]
        mean, var = running[f"mean{layer}"], running[f"var{layer}"]
        Z_tilde, bn_cache, running[f"mean{layer}"], running[f"var{layer}"] = batchnorm_forward(
            W @ A_prev, gamma, beta, mean, var, mode, momentum, epsilon
        )
        A = np.maximum(0, Z_tilde)
        caches.append(((A_prev, W), bn_cache, Z_tilde))
    A_prev, W, b = A, parameters[f"W{L}"], parameters[f"b{L}"]
    AL = 1 / (1 + np.exp(-(W @ A_prev + b)))
    caches.append(((A_prev, W, b), AL))
    return AL, caches, running


def bn_model_backward(AL, Y, caches):
    """Return the exact derivative of the binary cross-entropy for every parameter.

    Parameters
    ----------
    AL, Y : ndarray of shape (1, m)
    caches : list
        From :func:`bn_model_forward` in training.

    Returns
    -------
    grads : dict with dW1, dgamma1, dbeta1, …, dWL, dbL
    """
    m, L = Y.shape[1], len(caches)
    (A_prev, W, _), _ = caches[L - 1]
    dZ = (AL - Y) / m
    grads = {f"dW{L}": dZ @ A_prev.T, f"db{L}": np.sum(dZ, axis=1, keepdims=True)}
    dA = W.T @ dZ
    for layer in range(L - 1, 0, -1):
        (A_prev, W), bn_cache, Z_tilde = caches[layer - 1]
        dZ_tilde = dA * (Z_tilde > 0)
        dZ, grads[f"dgamma{layer}"], grads[f"dbeta{layer}"] = batchnorm_backward(dZ_tilde, bn_cache)
        grads[f"dW{layer}"] = dZ @ A_prev.T
        dA = W.T @ dZ
    return grads


def layernorm_backward(dZ_tilde, cache):
    """Return dZ, dgamma and dbeta of layer normalisation, whose statistics run over the units.

    Each example's mean and variance depend on all its units, so each column of dZ loses its mean
    and its component along Z_norm; gamma differs within a column, and comes before both.

    Parameters
    ----------
    dZ_tilde : ndarray of shape (n, m)
    cache : tuple (Z_norm, gamma, std) of shapes (n, m), (n, 1), (1, m)

    Returns
    -------
    dZ : ndarray of shape (n, m)
    dgamma, dbeta : ndarray of shape (n, 1)
    """
    Z_norm, gamma, std = cache
    dgamma = np.sum(dZ_tilde * Z_norm, axis=1, keepdims=True)  # (n, 1)
    dbeta = np.sum(dZ_tilde, axis=1, keepdims=True)
    dZ_norm = dZ_tilde * gamma
    mean_path = np.mean(dZ_norm, axis=0, keepdims=True)  # (1, m)
    var_path = Z_norm * np.mean(dZ_norm * Z_norm, axis=0, keepdims=True)
    dZ = (dZ_norm - mean_path - var_path) / std
    return dZ, dgamma, dbeta


def fold_batchnorm(W, gamma, beta, running_mean, running_var, epsilon=1e-5):
    """Return the linear layer that answers as a linear one and batch norm at test time.

    What batch norm does to an example is then fixed: ``scale * Z + shift``, unit by unit.

    Parameters
    ----------
    W : ndarray of shape (n, n_prev)
    gamma, beta, running_mean, running_var : ndarray of shape (n, 1)
    epsilon : float

    Returns
    -------
    W_folded : ndarray of shape (n, n_prev)
    b_folded : ndarray of shape (n, 1)

    Raises
    ------
    ValueError
        If a running variance is below 0.
    """
    if np.any(running_var < 0):
        raise ValueError("a variance is never below 0")
    scale = gamma / np.sqrt(running_var + epsilon)  # (n, 1)
    W_folded = scale * W
    b_folded = beta - scale * running_mean
    return W_folded, b_folded
