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


def trapezoid(alpha0, t, warmup, cooldown, total):
    """Return a rate that rises along a line, stays at alpha0, and falls along a line to 0.

    ``alpha0 * min(t / warmup, 1, (total - t) / cooldown)``, and 0 after the end.

    Parameters
    ----------
    alpha0 : float
    t, warmup, cooldown, total : int
        The update, counted from 1; how many updates the rise and the fall last, and all of it.

    Returns
    -------
    alpha : float
        In the unit of alpha0.

    Raises
    ------
    ValueError
        If warmup, cooldown or t is below 1, or rise and fall together last longer than all.

    Examples
    --------
    >>> trapezoid(0.8, 9, 2, 4, 10)
    0.2
    """
    if min(t, warmup, cooldown) < 1 or warmup + cooldown > total:
        raise ValueError(f"update {t} of {total}, {warmup} of warm-up and {cooldown} of cool-down")
    return alpha0 * max(0.0, min(t / warmup, 1.0, (total - t) / cooldown))


def plateau_decay(costs, alpha0, factor, patience):
    """Return the rate used in each epoch, multiplied by factor where costs had stopped falling.

    Parameters
    ----------
    costs : ndarray of shape (T,)
        The cost at the end of each epoch.
    alpha0, factor : float
        The first rate; what is left of a rate, above 0 and below 1.
    patience : int
        After how many epochs without a new best cost the rate shrinks, at least 1.

    Returns
    -------
    rates : ndarray of shape (T,)
        In the unit of alpha0; each depends on the costs of earlier epochs.

    Raises
    ------
    ValueError
        If factor or patience is out of range.

    Examples
    --------
    >>> plateau_decay(np.array([3.0, 3.0, 2.0, 4.0]), 0.8, 0.5, 1)
    array([0.8, 0.8, 0.4, 0.4])
    """
    if not 0 < factor < 1 or patience < 1:
        raise ValueError(f"a factor of {factor} and a patience of {patience} epochs")
    rates, alpha, best, waited = np.zeros(len(costs)), alpha0, np.inf, 0
    for epoch, cost in enumerate(costs):
        rates[epoch] = alpha
        if cost < best:
            best, waited = cost, 0
        else:
            waited += 1
        if waited == patience:
            alpha, waited = alpha * factor, 0
    return rates


def diagnose_runs(runs):
    """Find the run that goes wrong, or is shown wrongly, among runs of one network.

    An average that starts far below its first value lacks the correction of its start at 0. A run
    that ends above its beginning was thrown away from the minimum; one that stays above the others
    either stands on the floor of its noise, for its rate never fell, or no longer moves, for its
    rate fell before it had arrived.

    Parameters
    ----------
    runs : dict of str to dict
        For each run its "rates", "costs" and "shown", ndarrays of shape (T,): the learning rate of
        each epoch, the training cost after it, and the running average that is plotted.

    Returns
    -------
    run, fault : str
        The fault is "rate too large", "decay too early", "no decay" or "no correction".
    """
    for run, curves in runs.items():
        if curves["shown"][0] < curves["costs"][0] / 2:
            return run, "no correction"
    run = max(runs, key=lambda each: runs[each]["costs"][-1])
    costs, rates = runs[run]["costs"], runs[run]["rates"]
    if costs[-1] > costs[0]:
        return run, "rate too large"
    return run, "no decay" if rates[-1] == rates[0] else "decay too early"
