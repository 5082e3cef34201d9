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


def calibration_error(P, labels, bins):
    """Return the expected calibration error: C. Guo and others, ICML 2017, section 2.

    Examples are gathered by their largest probability, in bins (0, 1/bins], (1/bins, 2/bins], …;
    the mean certainty of a bin and its share of right answers are apart, and the distances are
    averaged with the bins' shares of the examples.

    Parameters
    ----------
    P : ndarray of shape (C, m)
    labels : ndarray of int, shape (m,)
    bins : int

    Returns
    -------
    error : float

    Raises
    ------
    ValueError
        If bins is below 1, or a label is not one of 0 … C − 1.
    """
    if bins < 1:
        raise ValueError(f"there are {bins} bins; there should be one at least")
    if np.any((labels < 0) | (labels >= len(P))):
        raise ValueError(f"labels must be whole numbers from 0 to {len(P) - 1}")
    certainty = np.max(P, axis=0)
    right = np.argmax(P, axis=0) == labels
    edges = np.arange(1, bins) / bins  # between the bins
    group = np.searchsorted(edges, certainty)  # an edge belongs to the bin below it
    error = 0.0
    for k in np.unique(group):
        inside = group == k
        error += np.mean(inside) * abs(np.mean(certainty[inside]) - np.mean(right[inside]))
    return float(error)


def decide(P, costs):
    """Return for each column the answer of smallest expected cost, the first of equals.

    Bayes' rule for a finite number of answers; section 1.5 of C. Bishop, "Pattern Recognition and
    Machine Learning", 2006.

    Parameters
    ----------
    P : ndarray of shape (C, m)
    costs : ndarray of shape (K, C)
        ``costs[k, c]`` is what the answer k costs when c is true.

    Returns
    -------
    labels : ndarray of int, shape (m,)
    """
    expected = costs @ P  # (K, m)
    return np.argmin(expected, axis=0)
