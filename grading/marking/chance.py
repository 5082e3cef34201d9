"""Margins for properties of random answers, so wide that a right one fails once in 10⁹ times.

Each holds for every sample size, without a normal approximation. A criterion with several such
checks, or several cases, divides `alarm` among them.
"""

from __future__ import annotations

import math

ALARM = 1e-9


def fraction_margin(n: int, alarm: float = ALARM) -> float:
    """Return how far the mean of n values in [0, 1] strays from its expectation.

    Hoeffding, "Probability inequalities for sums of bounded random variables", 1963, theorem 2.
    """
    return math.sqrt(math.log(2 / alarm) / (2 * n))


def mean_margin(n: int, alarm: float = ALARM) -> float:
    """Return how far the mean of n normal values strays, in standard deviations.

    The tail of a normal variable: P(|x| > t) ≤ 2 exp(−t²/2).
    """
    return math.sqrt(2 * math.log(2 / alarm) / n)


def variance_margin(n: int, alarm: float = ALARM) -> float:
    """Return how far the mean square of n normal values strays, as a share of the variance.

    Laurent and Massart, "Adaptive estimation of a quadratic functional by model selection", 2000,
    lemma 1.
    """
    x = math.log(2 / alarm)
    return 2 * math.sqrt(x / n) + 2 * x / n
