"""Reference solutions of ``module3_tuning_batchnorm/hyperparameter_search.ipynb``.

Random search: J. Bergstra and Y. Bengio, "Random Search for Hyper-Parameter Optimization", Journal
of Machine Learning Research 13, 2012. A space is ``{name: (scale, low, high)}``, a trial is
``(point, score)``; higher scores are better.
"""

from __future__ import annotations

import numpy as np


def sample_learning_rates(low, high, size, rng):
    """Return ``10**r`` for r uniform between ``log10(low)`` and ``log10(high)``.

    Parameters
    ----------
    low, high : float
        Positive.
    size : int
    rng : numpy.random.Generator

    Returns
    -------
    rates : ndarray of shape (size,)
    """
    exponents = rng.uniform(np.log10(low), np.log10(high), size)
    return 10**exponents


def sample_betas(low, high, size, rng):
    """Return ``1 - 10**r`` for r uniform between ``log10(1 - high)`` and ``log10(1 - low)``.

    Parameters
    ----------
    low, high : float
        Below 1.
    size : int
    rng : numpy.random.Generator

    Returns
    -------
    betas : ndarray of shape (size,)
    """
    exponents = rng.uniform(np.log10(1 - high), np.log10(1 - low), size)
    return 1 - 10**exponents


def grid_points(axes):
    """Return every combination of the axes' values; the last name varies fastest.

    Parameters
    ----------
    axes : dict of str to list

    Returns
    -------
    points : list of dict
    """
    points = [{}]
    for name, values in axes.items():
        points = [{**point, name: value} for point in points for value in values]
    return points


def random_points(space, n, rng):
    """Return n points, each coordinate drawn by itself on its own scale.

    Parameters
    ----------
    space : dict of str to (scale, low, high)
        Scales are "linear", "log", "one_minus_log" and "integer" (both ends included).
    n : int
    rng : numpy.random.Generator

    Returns
    -------
    points : list of dict
    """
    columns = {}
    for name, (scale, low, high) in space.items():
        if scale == "linear":
            columns[name] = rng.uniform(low, high, n)
        elif scale == "log":
            columns[name] = sample_learning_rates(low, high, n, rng)
        elif scale == "one_minus_log":
            columns[name] = sample_betas(low, high, n, rng)
        else:
            columns[name] = rng.integers(low, high, n, endpoint=True)
    return [{name: column[i].item() for name, column in columns.items()} for i in range(n)]


def best_trial(trials):
    """Return the trial with the highest score, the first of equals.

    Parameters
    ----------
    trials : list of (point, score)

    Returns
    -------
    trial : tuple (point, score)
    """
    return max(trials, key=lambda trial: trial[1])


def refine_space(space, trials, keep):
    """Shrink each range to what the best trials span; the scales stay.

    Parameters
    ----------
    space : dict of str to (scale, low, high)
    trials : list of (point, score)
    keep : int
        How many of the best trials count.

    Returns
    -------
    space : dict of str to (scale, low, high)
    """
    best = sorted(trials, key=lambda trial: trial[1], reverse=True)[:keep]
    refined = {}
    for name, (scale, _, _) in space.items():
        values = [point[name] for point, _ in best]
        refined[name] = (scale, min(values), max(values))
    return refined


def halving_rounds(n, eta, min_epochs, max_epochs):
    """Return the rounds of successive halving: how many trials train for how many epochs.

    K. Jamieson and A. Talwalkar, "Non-stochastic Best Arm Identification and Hyperparameter
    Optimization", AISTATS 2016, section 2. Each round keeps one in eta of the trials, rounded down,
    and gives each eta times the epochs.

    Parameters
    ----------
    n, eta, min_epochs, max_epochs : int

    Returns
    -------
    rounds : list of tuple (trials, epochs)

    Raises
    ------
    ValueError
        If n or min_epochs is below 1, or eta below 2.
    """
    if n < 1 or min_epochs < 1 or eta < 2:
        raise ValueError("trials, epochs and a factor that shrinks the one and grows the other")
    trials, epochs = n, min_epochs
    rounds = []
    while trials >= 1 and epochs <= max_epochs:
        rounds.append((trials, epochs))
        trials = trials // eta
        epochs = epochs * eta
    return rounds


def latin_hypercube(space, n, rng):
    """Return n points whose values lie, for each name, one in each of n equal parts of its scale.

    M. McKay, R. Beckman and W. Conover, "A Comparison of Three Methods for Selecting Values of
    Input Variables in the Analysis of Output from a Computer Code", Technometrics 21, 1979,
    section 2.

    Parameters
    ----------
    space : dict of str to (scale, low, high)
        Scales as for `random_points`; an integer is rounded down from the range [low, high + 1).
    n : int
    rng : numpy.random.Generator

    Returns
    -------
    points : list of dict

    Raises
    ------
    ValueError
        If n is below 1, low is above high, or an end has no place on the scale, for which there
        are four names.
    """
    if n < 1:
        raise ValueError("at least one point")
    columns = {}
    for name, (scale, low, high) in space.items():
        if low > high:
            raise ValueError(f"{name} begins above its end")
        u = (rng.permutation(n) + rng.random(n)) / n
        if scale == "linear":
            columns[name] = low + u * (high - low)
        elif scale == "log" and low > 0:
            columns[name] = low * (high / low) ** u
        elif scale == "one_minus_log" and high < 1:
            columns[name] = 1 - (1 - low) * ((1 - high) / (1 - low)) ** u
        elif scale == "integer":
            columns[name] = low + np.floor(u * (high + 1 - low)).astype(int)
        else:
            raise ValueError(f"{name} has no place on the scale {scale}")
    return [{name: column[i].item() for name, column in columns.items()} for i in range(n)]


def diagnose_winner(space, settings):
    """Return the setting with the least mean error, and what forbids to report it as the best.

    A value at the end of its range says that the search should go on there; longer training is
    another comparison; a lead below two standard errors, or of one run, may be chance.

    Parameters
    ----------
    space : dict of str to (scale, low, high)
    settings : dict of str to dict
        Each with its "point", its "epochs", and the dev "errors" of its seeds, an ndarray of
        shape (seeds,).

    Returns
    -------
    winner : str
    doubt : str
        "edge", "budget", "seeds" or "none".
    """
    winner, second = sorted(settings, key=lambda name: np.mean(settings[name]["errors"]))[:2]
    best, rival = settings[winner], settings[second]
    if best["epochs"] > rival["epochs"]:
        return winner, "budget"
    for name, (scale, low, high) in space.items():
        value = best["point"][name]
        if scale == "log":
            low, value, high = np.log([low, value, high])
        elif scale == "one_minus_log":
            low, value, high = -np.log(1 - np.array([low, value, high]))
        if min(value - low, high - value) < 0.05 * (high - low):
            return winner, "edge"
    if len(best["errors"]) == 1:
        return winner, "seeds"
    lead = np.mean(rival["errors"]) - np.mean(best["errors"])
    variances = [np.var(each["errors"], ddof=1) / len(each["errors"]) for each in (best, rival)]
    return winner, "seeds" if lead < 2 * np.sqrt(sum(variances)) else "none"
