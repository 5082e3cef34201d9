"""Reference solutions of ``module2_optimization/weighted_averages.ipynb``.

Formulas: D. Kingma and J. Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015, section 3,
for the correction; R. G. Brown, "Statistical Forecasting for Inventory Control", McGraw-Hill 1959,
for the average.
"""

from __future__ import annotations

import numpy as np


def ewa(values, beta):
    """Return the exponentially weighted averages ``v_t = beta v_{t-1} + (1 - beta) value_t``.

    Parameters
    ----------
    values : ndarray of shape (T,)
    beta : float
        At least 0 and below 1.

    Returns
    -------
    averages : ndarray of shape (T,)
        v_1, …, v_T, from v_0 = 0.

    Examples
    --------
    >>> ewa(np.array([8, 4]), 0.5)
    array([4., 4.])
    """
    averages, v = np.zeros(len(values)), 0.0
    for t, value in enumerate(values):
        v = beta * v + (1 - beta) * value
        averages[t] = v
    return averages


def ewa_corrected(values, beta):
    """Return the averages divided by the sum of their weights, ``v_t / (1 - beta ** t)``.

    Parameters
    ----------
    values : ndarray of shape (T,)
    beta : float
        At least 0 and below 1.

    Returns
    -------
    averages : ndarray of shape (T,)
        For t = 1, …, T.

    Examples
    --------
    >>> ewa_corrected(np.array([8, 5]), 0.5)
    array([8., 6.])
    """
    t = np.arange(1, len(values) + 1)
    return ewa(values, beta) / (1 - beta**t)


def effective_window(beta):
    """Return ``1 / (1 - beta)``: about how many values the average remembers.

    Parameters
    ----------
    beta : float
        At least 0 and below 1.

    Returns
    -------
    float
        A number of values.

    Examples
    --------
    >>> effective_window(0.5)
    2.0
    """
    return 1 / (1 - beta)


def ewa_weights(T, beta, corrected):
    """Return the weight of each value in the last average.

    ``(1 - beta) * beta ** (T - t)`` for t = 1, …, T; divided by their sum if corrected.

    Parameters
    ----------
    T : int
        The number of values, at least 1.
    beta : float
        At least 0 and below 1.
    corrected : bool
        Whether the average is corrected for its start at 0.

    Returns
    -------
    weights : ndarray of shape (T,)
        Of the first value, …, of the last.

    Raises
    ------
    ValueError
        If T or beta is out of range.

    Examples
    --------
    >>> ewa_weights(3, 0.5, False)
    array([0.125, 0.25 , 0.5  ])
    """
    if T < 1 or not 0 <= beta < 1:
        raise ValueError(f"no average of {T} values with beta = {beta}")
    age = np.arange(T)[::-1]
    weights = (1 - beta) * beta**age
    return weights / (1 - beta**T) if corrected else weights


def beta_for_half_life(steps):
    """Return ``0.5 ** (1 / steps)``, with which a weight is halved in so many steps.

    Parameters
    ----------
    steps : float
        Above 0.

    Returns
    -------
    beta : float

    Raises
    ------
    ValueError
        If steps is 0 or below.

    Examples
    --------
    >>> beta_for_half_life(1)
    0.5
    """
    if steps <= 0:
        raise ValueError(f"a half-life of {steps} steps")
    return 0.5 ** (1 / steps)
