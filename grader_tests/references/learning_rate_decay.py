"""Reference solutions of ``module2_optimization/learning_rate_decay.ipynb``.

Formulas: I. Goodfellow, Y. Bengio and A. Courville, "Deep Learning", MIT Press 2016, section 8.3;
H. Robbins and S. Monro, "A Stochastic Approximation Method", Annals of Mathematical Statistics
22, 1951.
"""

from __future__ import annotations

import numpy as np


def inverse_time_decay(alpha0, decay_rate, epoch):
    """Return ``alpha0 / (1 + decay_rate * epoch)``, a float; epochs count from 0.

    >>> inverse_time_decay(0.2, 1.0, 3)
    0.05
    """
    return alpha0 / (1 + decay_rate * epoch)


def exponential_decay(alpha0, base, epoch):
    """Return ``alpha0 * base ** epoch``, a float; epochs count from 0.

    >>> exponential_decay(0.2, 0.5, 2)
    0.05
    """
    return alpha0 * base**epoch


def sqrt_decay(alpha0, k, t):
    """Return ``k * alpha0 / sqrt(t)``, a float; t counts from 1.

    >>> float(sqrt_decay(0.2, 1.0, 16))
    0.05
    """
    return k * alpha0 / np.sqrt(t)


def staircase_decay(alpha0, decay_rate, epoch, interval):
    """Return ``alpha0 / (1 + decay_rate * floor(epoch / interval))``, a float; epochs from 0.

    >>> staircase_decay(0.2, 1.0, 39, 10)
    0.05
    """
    return alpha0 / (1 + decay_rate * (epoch // interval))
