"""Reference solutions of ``module1_practical_aspects/setting_up.ipynb``.

Diagnosis: A. Ng, "Machine Learning Yearning", 2018, chapters 20 to 24. Normalising inputs:
Y. LeCun and others, "Efficient BackProp", 1998, section 4.3. Examples are columns.
"""

from __future__ import annotations

import numpy as np


def split_examples(m, dev_fraction, test_fraction, rng):
    """Divide the numbers 0 … m − 1 at random into a training, a dev and a test set.

    Parameters
    ----------
    m : int
    dev_fraction, test_fraction : float
        Shares of all m examples; the sizes are rounded, and the training set is the rest.
    rng : numpy.random.Generator

    Returns
    -------
    train, dev, test : ndarray of int, one axis
        Indices in random order.
    """
    dev_size, test_size = round(dev_fraction * m), round(test_fraction * m)
    order = rng.permutation(m)
    dev, test, train = np.split(order, [dev_size, dev_size + test_size])
    return train, dev, test


def split_by_group(groups, dev_fraction, test_fraction, rng):
    """Divide examples into three sets so that no group is in two of them.

    Parameters
    ----------
    groups : ndarray of shape (m,)
        The group of each example.
    dev_fraction, test_fraction : float
        Shares of all m examples. In random order, whole groups go to test until it has at least
        its rounded share, then to dev likewise; the training set is the rest.
    rng : numpy.random.Generator

    Returns
    -------
    train, dev, test : ndarray of int, one axis
        Indices.

    Raises
    ------
    ValueError
        If a fraction is negative, or both together are more than 1.
    """
    if min(dev_fraction, test_fraction) < 0 or dev_fraction + test_fraction > 1:
        raise ValueError(f"fractions of {dev_fraction} and {test_fraction}")
    m, sets, at = len(groups), [], 0
    order = rng.permutation(np.unique(groups))
    for size in (round(test_fraction * m), round(dev_fraction * m)):
        taken = [np.zeros(0, int)]
        while at < len(order) and sum(map(len, taken)) < size:
            taken.append(np.flatnonzero(groups == order[at]))
            at += 1
        sets.append(np.concatenate(taken))
    test, dev = sets
    train = np.flatnonzero(np.isin(groups, order[at:]))
    return train, dev, test


def diagnose(train_error, dev_error, target_error=0.0, tolerance=0.02):
    """Say whether bias and variance are high.

    Bias is ``train_error - target_error``, variance ``dev_error - train_error``; each is high if
    it is larger than the tolerance.

    Parameters
    ----------
    train_error, dev_error, target_error, tolerance : float
        Shares of the examples; the target is the lowest error that seems possible.

    Returns
    -------
    high_bias, high_variance : bool

    Examples
    --------
    >>> diagnose(0.15, 0.16)
    (True, False)
    """
    high_bias = train_error - target_error > tolerance
    high_variance = dev_error - train_error > tolerance
    return high_bias, high_variance


def choose_first_step(errors):
    """Say what is mainly wrong with a system, and what to do about it first.

    Each of five errors differs from the one before in one thing: what can be reached at all, how
    well training fits, new examples, examples of another kind, people who are in no set. The
    largest rise tells. A. Ng, "Machine Learning Yearning", 2018, chapters 40 and 41.

    Parameters
    ----------
    errors : dict of str to float
        Of "people", and on the sets "training", "training_dev", "dev" and "newcomers"; shares of
        the examples.

    Returns
    -------
    cause : str
        "bias", "variance", "mismatch", "leak", or "none" if no rise is above two hundredths.
    step : str
        "enlarge", "regularise", "add target", "regroup", or "test once".
    """
    rises = {
        "bias": errors["training"] - errors["people"],
        "variance": errors["training_dev"] - errors["training"],
        "mismatch": errors["dev"] - errors["training_dev"],
        "leak": errors["newcomers"] - errors["dev"],
    }
    cause = max(rises, key=rises.get)
    if rises[cause] < 0.02:
        cause = "none"
    step = {
        "bias": "enlarge",
        "variance": "regularise",
        "mismatch": "add target",
        "leak": "regroup",
        "none": "test once",
    }[cause]
    return cause, step


def fit_normalizer(X):
    """Return each feature's mean and standard deviation over the examples.

    Parameters
    ----------
    X : ndarray of shape (n, m)

    Returns
    -------
    mu : ndarray of shape (n, 1)
    sigma : ndarray of shape (n, 1)
        ``sqrt(mean((X - mu)**2))``; 1 for a feature that is the same in all examples.
    """
    mu = np.mean(X, axis=1, keepdims=True)  # (n, 1)
    sigma = np.std(X, axis=1, keepdims=True)
    constant = np.ptp(X, axis=1, keepdims=True) == 0  # sigma may be 1e-17 there: rounding
    return mu, np.where(constant, 1.0, sigma)


def normalize(X, mu, sigma):
    """Return ``(X - mu) / sigma``.

    Parameters
    ----------
    X : ndarray of shape (n, m)
        Of any set: training, dev or test.
    mu, sigma : ndarray of shape (n, 1)
        Of the training set.

    Returns
    -------
    X_norm : ndarray of shape (n, m)
    """
    return (X - mu) / sigma
