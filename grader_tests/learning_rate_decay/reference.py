"""Reference solutions of ``module2_optimization/learning_rate_decay.ipynb``.

Formulas: I. Goodfellow, Y. Bengio and A. Courville, "Deep Learning", MIT Press 2016, section 8.3;
H. Robbins and S. Monro, "A Stochastic Approximation Method", Annals of Mathematical Statistics
22, 1951.
"""

from __future__ import annotations

import numpy as np


def inverse_time_decay(alpha0, decay_rate, epoch):
    """Return ``alpha0 / (1 + decay_rate * epoch)``.

    Parameters
    ----------
    alpha0, decay_rate : float
        The first learning rate; decay for each epoch.
    epoch : int
        Counted from 0.

    Returns
    -------
    alpha : float
        In the unit of alpha0.

    Examples
    --------
    >>> inverse_time_decay(0.2, 1.0, 3)
    0.05
    """
    return alpha0 / (1 + decay_rate * epoch)


def exponential_decay(alpha0, base, epoch):
    """Return ``alpha0 * base ** epoch``.

    Parameters
    ----------
    alpha0, base : float
        The first learning rate; what is left of it after each epoch, as a share.
    epoch : int
        Counted from 0.

    Returns
    -------
    alpha : float
        In the unit of alpha0.

    Examples
    --------
    >>> exponential_decay(0.2, 0.5, 2)
    0.05
    """
    return alpha0 * base**epoch


def sqrt_decay(alpha0, k, t):
    """Return ``k * alpha0 / sqrt(t)``.

    Parameters
    ----------
    alpha0, k : float
        The first learning rate; a factor.
    t : int
        Epoch or mini-batch, counted from 1.

    Returns
    -------
    alpha : float
        In the unit of alpha0.

    Examples
    --------
    >>> float(sqrt_decay(0.2, 1.0, 16))
    0.05
    """
    return k * alpha0 / np.sqrt(t)


def staircase_decay(alpha0, decay_rate, epoch, interval):
    """Return ``alpha0 / (1 + decay_rate * floor(epoch / interval))``.

    Parameters
    ----------
    alpha0, decay_rate : float
        The first learning rate; decay for each stair.
    epoch, interval : int
        Counted from 0; epochs on a stair.

    Returns
    -------
    alpha : float
        In the unit of alpha0.

    Examples
    --------
    >>> staircase_decay(0.2, 1.0, 39, 10)
    0.05
    """
    return alpha0 / (1 + decay_rate * (epoch // interval))
