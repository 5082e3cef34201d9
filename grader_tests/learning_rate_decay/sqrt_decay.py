"""`sqrt_decay`: return ``k * alpha0 / sqrt(t)``."""

from __future__ import annotations

import numpy as np

from grader_tests.learning_rate_decay import BY_HAND, SLIPS
from grader_tests.learning_rate_decay import reference as ref
from grader_tests.learning_rate_decay.draws import (
    COMPOUNDS,
    FIXED,
    FORGOTTEN,
    first_case,
    of_any_schedule,
    settings,
)
from grading.marking import Agrees, Case, Mistake, Promise, Task, Variant, call, edit, fixed


def cases(rng: np.random.Generator) -> list[Case]:
    """The first update and later ones, for two constants."""
    cases = []
    for scale, low, high in ((0.01, 1.5, 2.5), (20, 4.0, 6.0)):
        alpha0, k = scale * rng.uniform(0.5, 0.9), rng.uniform(low, high)
        cases.append(first_case(ref.sqrt_decay, "alpha0, k, 4", alpha0=alpha0, k=k, t=1))
        for t in (2, 9, 30, 1000, 40000):
            label = settings(alpha0=alpha0, k=k, t=t)
            cases.append(call(ref.sqrt_decay, alpha0, k, t, label=label, tags="later"))
    return cases


def sqrt_compounded(alpha0, k, t):
    """Divide the last update's rate."""
    alpha = k * alpha0
    for update in range(1, t + 1):
        alpha = alpha / np.sqrt(update)
    return alpha


MISTAKES = (
    Mistake("LR-05", SLIPS, COMPOUNDS.format("update"), sqrt_compounded),
    Mistake(
        "LR-07",
        SLIPS,
        "t**1/2 is (t**1)/2, because a power comes before a quotient. Write the root as a root, "
        "or put the exponent in brackets.",
        edit("k * alpha0 / np.sqrt(t)", "k / t**1 / 2 * alpha0"),
        edit("np.sqrt(t)", "(t**1 / 2)"),
    ),
    Mistake(
        "LR-08",
        BY_HAND,
        "A 1 is added or taken away. Updates count from 1, so t is never 0: use it as it comes.",
        edit("np.sqrt(t)", "np.sqrt(t + 1)"),
        edit("np.sqrt(t)", "np.sqrt(t - 1)"),
        edit("np.sqrt(t)", "(1 + np.sqrt(t))"),
    ),
    Mistake(
        "LR-11",
        BY_HAND,
        FIXED,
        edit("alpha0 /", "0.2 /"),
        edit("alpha0 /", "0.1 /"),
        edit("", "k = 3"),
        numbers=fixed("alpha0", "k"),
    ),
    Mistake("LR-13", BY_HAND, FORGOTTEN, edit("k * alpha0", "k")),
    Mistake(
        "LR-18",
        BY_HAND,
        "k is left out, or not where it belongs: it multiplies alpha0, outside the root.",
        edit("k * alpha0", "alpha0"),
        edit("k * alpha0 / np.sqrt(t)", "alpha0 / np.sqrt(k * t)"),
        edit("k * alpha0 / np.sqrt(t)", "alpha0 / (k * np.sqrt(t))"),
        edit("k * alpha0 / np.sqrt(t)", "alpha0 * np.sqrt(k / t)"),
        edit("k * alpha0 / np.sqrt(t)", "alpha0 / np.sqrt(t + k)"),
        edit("k * alpha0 / np.sqrt(t)", "alpha0 / np.sqrt(1 + k * t)"),
        edit("k * alpha0 / np.sqrt(t)", "alpha0 / (1 + k * np.sqrt(t))"),
        edit("k * alpha0 / np.sqrt(t)", "alpha0 / (k + np.sqrt(t))"),
        edit("k * alpha0 / np.sqrt(t)", "(k + alpha0) / np.sqrt(t)"),
        edit("k * alpha0 / np.sqrt(t)", "alpha0 / np.sqrt(t) ** k"),
    ),
    Mistake(
        "LR-19",
        BY_HAND,
        "The root is missing, or covers more than t, or something else stands in its place, such "
        "as a logarithm. Take the square root of t.",
        edit("np.sqrt(t)", "t"),
        edit("k * alpha0 / np.sqrt(t)", "np.sqrt(k * alpha0 / t)"),
        edit("np.sqrt(t)", "t**2"),
        edit("np.sqrt(t)", "np.log(t + 1)"),
        edit("np.sqrt(t)", "(1 + np.log(t))"),
        edit("np.sqrt(t)", "np.cbrt(t)"),
        edit("k * alpha0 / np.sqrt(t)", "np.sqrt(k * alpha0) / np.sqrt(t)"),
    ),
    Mistake(
        "LR-62",
        BY_HAND,
        "The rate is multiplied by the root of t, and grows. Divide by it.",
        edit("/ np.sqrt(t)", "* np.sqrt(t)"),
    ),
    Mistake(
        "LR-63",
        BY_HAND,
        "alpha0 stands in the denominator. It is a factor, like k.",
        edit("k * alpha0 / np.sqrt(t)", "k / (alpha0 * np.sqrt(t))"),
    ),
    *of_any_schedule(BY_HAND, "k * alpha0 / np.sqrt(t)", "t", ("k", "t"), ("alpha0", "t")),
)


def by_power(alpha0, k, t):
    """The root as a power."""
    return alpha0 * k * t**-0.5


TASK = Task(
    reference=ref.sqrt_decay,
    returns="alpha",
    cases=cases,
    criteria=(
        Agrees("first update", 0.5, "first"),
        Agrees("later updates", 0.5, "later"),
    ),
    lecture=BY_HAND,
    mistakes=MISTAKES,
    variants=(Variant("power", by_power),),
    losses={
        "LR-68": "later updates",
        "LR-68, way 2": "all",
        "LR-19": "later updates",
        "LR-19, way 2": "all",
        "LR-19, way 4": "all",
        "LR-19, way 7": "all",
        "LR-67": "all",
        "LR-69": "all",
        "LR-70": "all",
        "LR-71": "all",
        "LR-62": "all",
        "LR-63": "all",
        "LR-05": "later updates",
        "LR-07": "all",
        "LR-08": "all",
        "LR-11": "all",
        "LR-11, way 3": "all",
        "LR-13": "all",
        "LR-18": "all",
    },
    promises={
        "alpha0": Promise(value=(0.012, 9.2), within=(0.005, 20)),
        "k": Promise(value=(2.7, 3.8), within=(1.5, 6)),
        "t": Promise(value=(1, 40000)),
    },
)
