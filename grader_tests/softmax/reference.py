"""Reference solutions of ``module3_tuning_batchnorm/softmax.ipynb``.

Formulas: I. Goodfellow, Y. Bengio and A. Courville, "Deep Learning", 2016, sections 4.1 and 6.2.2.
Examples are columns.
"""

from __future__ import annotations

import numpy as np


def one_hot(labels, C):
    """Return Y with ``Y[c, i] = 1`` where ``labels[i] == c``, else 0.

    Parameters
    ----------
    labels : ndarray of int, shape (m,)
    C : int
        Number of classes.

    Returns
    -------
    Y : ndarray of shape (C, m)

    Raises
    ------
    ValueError
        If a label is not one of 0 … C − 1.
    """
    if np.any((labels < 0) | (labels >= C)):
        raise ValueError(f"labels must be whole numbers from 0 to {C - 1}")
    classes = np.arange(C)[:, np.newaxis]  # (C, 1)
    return (labels == classes).astype(float)  # (C, m)


def softmax(Z):
    """Return ``exp(Z) / sum(exp(Z))`` for each column, without overflow.

    Parameters
    ----------
    Z : ndarray of shape (C, m)

    Returns
    -------
    P : ndarray of shape (C, m)
    """
    shifted = Z - np.max(Z, axis=0, keepdims=True)  # at most 0: exp never overflows
    t = np.exp(shifted)
    return t / np.sum(t, axis=0, keepdims=True)


def cross_entropy(P, Y):
    """Return ``-sum(Y * log(P)) / m``, finite where P is 0.

    Parameters
    ----------
    P, Y : ndarray of shape (C, m)

    Returns
    -------
    J : float
        In nats.
    """
    tiny = 1e-15
    return -float(np.sum(Y * np.log(np.maximum(P, tiny)))) / Y.shape[1]


def softmax_cross_entropy_backward(P, Y):
    """Return dZ, the derivative of ``cross_entropy(softmax(Z), Y)`` at ``P = softmax(Z)``.

    Parameters
    ----------
    P, Y : ndarray of shape (C, m)

    Returns
    -------
    dZ : ndarray of shape (C, m)
    """
    return (P - Y) / Y.shape[1]


def predict(P):
    """Return the most probable class of each column, the first of equals.

    Parameters
    ----------
    P : ndarray of shape (C, m)

    Returns
    -------
    labels : ndarray of int, shape (m,)
    """
    return np.argmax(P, axis=0)
