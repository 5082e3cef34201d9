"""Reference solutions of ``module1_practical_aspects/regularization.ipynb``.

Formulas: A. Krogh and J. Hertz, "A Simple Weight Decay Can Improve Generalization", NeurIPS 1991;
N. Srivastava and others, "Dropout: A Simple Way to Prevent Neural Networks from Overfitting", JMLR
15, 2014, section 10 (inverted dropout); L. Prechelt, "Early Stopping - But When?", in *Neural
Networks: Tricks of the Trade*, 1998. Examples are columns.
"""

from __future__ import annotations

import numpy as np


def l2_cost(parameters, lambd, m):
    """Return the penalty ``lambd / (2 m) * sum of all squared weights``; biases are free.

    Parameters
    ----------
    parameters : dict with W1, b1, …, WL, bL
    lambd : float
    m : int
        Number of examples.

    Returns
    -------
    float
    """
    weights = [W for name, W in parameters.items() if name.startswith("W")]
    return lambd / (2 * m) * sum(float(np.sum(W**2)) for W in weights)


def l2_gradients(grads, parameters, lambd, m):
    """Add the derivative of :func:`l2_cost`, ``lambd / m * W``, to each dW.

    Parameters
    ----------
    grads : dict with dW1, db1, …, dWL, dbL
        Derivatives of the cost without the penalty.
    parameters : dict with W1, b1, …, WL, bL
    lambd : float
    m : int
        Number of examples.

    Returns
    -------
    dict like grads
    """
    regularized = dict(grads)
    for name, W in parameters.items():
        if name.startswith("W"):
            regularized[f"d{name}"] = grads[f"d{name}"] + lambd / m * W
    return regularized


def elastic_gradients(grads, parameters, l1, l2, m):
    """Add the derivative of ``(l1 * sum of |w| + l2 / 2 * sum of w²) / m`` to each dW.

    H. Zou and T. Hastie, "Regularization and Variable Selection via the Elastic Net", JRSS B 67,
    2005; biases are free.

    Parameters
    ----------
    grads : dict with dW1, db1, …, dWL, dbL
        Derivatives of the cost without the penalties.
    parameters : dict with W1, b1, …, WL, bL
    l1, l2 : float
    m : int
        Number of examples.

    Returns
    -------
    dict like grads

    Raises
    ------
    ValueError
        If a strength is negative, or m is less than 1.
    """
    if l1 < 0 or l2 < 0 or m < 1:
        raise ValueError(f"l1 = {l1}, l2 = {l2}, m = {m}")
    regularized = dict(grads)
    for name, W in parameters.items():
        if name.startswith("W"):
            term = l1 * np.sign(W) + l2 * W  # np.sign(0) is 0
            regularized[f"d{name}"] = grads[f"d{name}"] + term / m
    return regularized


def dropout_forward(A, keep_prob, rng):
    """Drop each entry with probability ``1 - keep_prob`` and divide the others by keep_prob.

    The division keeps the expectation of every entry, so nothing needs scaling at test time.

    Parameters
    ----------
    A : ndarray of shape (n, m)
    keep_prob : float in (0, 1]
    rng : numpy.random.Generator

    Returns
    -------
    A_out : ndarray of shape (n, m)
    mask : ndarray of bool, shape (n, m)
        True where the entry was kept.
    """
    mask = rng.random(A.shape) < keep_prob
    A_out = A * mask / keep_prob
    return A_out, mask


def dropout_backward(dA, mask, keep_prob):
    """Return dA_prev: the gradient where the forward pass kept, over keep_prob; 0 elsewhere.

    Parameters
    ----------
    dA : ndarray of shape (n, m)
        Derivative with respect to the output of :func:`dropout_forward`.
    mask : ndarray of bool, shape (n, m)
    keep_prob : float in (0, 1]

    Returns
    -------
    ndarray of shape (n, m)
    """
    return dA * mask / keep_prob


def early_stopping_epoch(dev_costs, patience):
    """Return the best epoch, where training stops after `patience` epochs without a new best.

    Parameters
    ----------
    dev_costs : list of float
        The dev cost after each epoch; at least one.
    patience : int, at least 1

    Returns
    -------
    int
        Counted from 0; of equal costs the first is the best.
    """
    best = 0
    for epoch, cost in enumerate(dev_costs):
        if cost < dev_costs[best]:
            best = epoch
        elif epoch - best >= patience:
            break
    return best


def flip_horizontally(images):
    """Mirror each image: left becomes right.

    Parameters
    ----------
    images : ndarray of shape (m, h, w)

    Returns
    -------
    ndarray of shape (m, h, w)
    """
    return images[:, :, ::-1]


def random_crop(images, size, rng):
    """Cut a square out of each image, at an offset of its own; all offsets are equally likely.

    Parameters
    ----------
    images : ndarray of shape (m, h, w)
    size : int, at most h and w
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of shape (m, size, size)
    """
    m, h, w = images.shape
    tops = rng.integers(0, h - size + 1, m)
    lefts = rng.integers(0, w - size + 1, m)
    crops = [images[i, tops[i] : tops[i] + size, lefts[i] : lefts[i] + size] for i in range(m)]
    return np.stack(crops)


def mixup(X, Y, weights, rng):
    """Mix each example with a partner of a random permutation, and their labels alike.

    H. Zhang and others, "mixup: Beyond Empirical Risk Minimization", ICLR 2018.

    Parameters
    ----------
    X : ndarray of shape (n, m)
    Y : ndarray of shape (C, m)
    weights : ndarray of shape (m,)
        The share of each example itself, from 0 to 1.
    rng : numpy.random.Generator

    Returns
    -------
    X_mix : ndarray of shape (n, m)
    Y_mix : ndarray of shape (C, m)

    Raises
    ------
    ValueError
        If there is not one weight for each example, or one is not between 0 and 1.
    """
    if weights.shape != X.shape[1:] or np.any((weights < 0) | (weights > 1)):
        raise ValueError("there should be one weight for each example, between 0 and 1")
    partner = rng.permutation(X.shape[1])
    X_mix = weights * X + (1 - weights) * X[:, partner]
    Y_mix = weights * Y + (1 - weights) * Y[:, partner]
    return X_mix, Y_mix
