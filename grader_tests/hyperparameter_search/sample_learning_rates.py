"""`sample_learning_rates`: learning rates that are uniform on a log scale."""

from __future__ import annotations

import numpy as np

from grader_tests.hyperparameter_search import SCALES
from grader_tests.hyperparameter_search import reference as ref
from grader_tests.hyperparameter_search.draws import linear, log
from grader_tests.hyperparameter_search.samplers import (
    few_values,
    follows,
    in_draws,
    rng_is_used,
    sampler_cases,
    sampler_mistakes,
    spread,
    within_range,
)
from grading.marking import Holds, Mistake, Promise, Task, Variant, edit

RATE_RANGES = [(1e-4, 0.5), (2e-3, 0.3), (1e-5, 1e-2), (0.02, 3.0), (0.5, 0.55)]
RATE_EXPONENTS = "rng.uniform(np.log10(low), np.log10(high), size)"

MISTAKES = (
    Mistake(
        "SA-01",
        SCALES,
        "The rates themselves are uniform. Then nine tenths of them fall into the last decade: let "
        "the exponent be uniform.",
        edit("return 10**exponents", "return rng.uniform(low, high, size)"),
        looks_like=spread(linear),
    ),
    Mistake(
        "SA-02",
        SCALES,
        "Logarithm and power do not belong together: the base differs, or a sign. What is "
        "drawn between two values of log10 is an exponent of 10, with its sign as it is.",
        edit("return 10**exponents", "return np.exp(exponents)"),
        edit("return 10**exponents", "return 10**-exponents"),
        edit("np.log10", "np.log", 2),
        edit("np.log10", "np.log2", 2),
        edit("np.log10", "np.log2", 2).then("10**exponents", "np.exp(exponents)"),
        looks_like=spread(
            lambda x, low, high: linear(np.log(x), np.log10(low), np.log10(high)),
            lambda x, low, high: linear(-np.log10(x), np.log10(low), np.log10(high)),
            lambda x, low, high: linear(np.log10(x), np.log(low), np.log(high)),
            lambda x, low, high: linear(np.log10(x), np.log2(low), np.log2(high)),
            lambda x, low, high: linear(np.log(x), np.log2(low), np.log2(high)),
        ),
    ),
    Mistake(
        "SA-03",
        SCALES,
        "The exponents are whole numbers, so only a few different rates occur. Draw real "
        "exponents, with uniform.",
        edit(
            RATE_EXPONENTS,
            "rng.integers(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))), size) * 1.0",
        ),
        edit(RATE_EXPONENTS, "np.round(rng.uniform(np.log10(low), np.log10(high), size))"),
        looks_like=in_draws(few_values),
    ),
    Mistake(
        "SA-04",
        SCALES,
        "low and high are used as exponents. They are rates: take their logarithms first.",
        edit(RATE_EXPONENTS, "rng.uniform(low, high, size)"),
        looks_like=spread(lambda x, low, high: linear(np.log10(x), low, high)),
    ),
    *sampler_mistakes(RATE_EXPONENTS, "10**exponents"),
    Mistake(
        "SA-18",
        SCALES,
        "The range is fixed. Use the arguments low and high.",
        edit(RATE_EXPONENTS, "rng.uniform(-4, 0, size)"),
        looks_like=spread(lambda x, low, high: log(x, 1e-4, 1)),
    ),
    Mistake(
        "SA-22",
        SCALES,
        "The exponents come back. 10 to the power of an exponent is the rate.",
        edit("return 10**exponents", "return exponents"),
        looks_like=spread(lambda x, low, high: linear(x, np.log10(low), np.log10(high))),
    ),
    Mistake(
        "SA-23",
        SCALES,
        "The values pile up at an end: a power, a root or a reciprocal of uniform numbers is "
        "taken, of rates or of exponents. On a log scale the exponent itself is uniform.",
        edit("return 10**exponents", "return low + (high - low) * rng.random(size) ** 2"),
        edit("return 10**exponents", "return low + (high - low) * rng.random(size) ** 3"),
        edit("return 10**exponents", "return low + (high - low) * np.sqrt(rng.random(size))"),
        edit("return 10**exponents", "return 1 / rng.uniform(1 / high, 1 / low, size)"),
        edit("return 10**exponents", "return rng.uniform(low**2, high**2, size) ** 0.5"),
        edit("return 10**exponents", "return rng.uniform(low**0.5, high**0.5, size) ** 2"),
        edit("return 10**exponents", "return low * (high / low) ** rng.random(size) ** 2"),
        edit("return 10**exponents", "return low * (high / low) ** np.sqrt(rng.random(size))"),
        looks_like=spread(
            lambda x, low, high: linear(x, low, high) ** (1 / 2),
            lambda x, low, high: linear(x, low, high) ** (1 / 3),
            lambda x, low, high: linear(x, low, high) ** 2,
            lambda x, low, high: linear(1 / x, 1 / high, 1 / low),
            lambda x, low, high: linear(x**2, low**2, high**2),
            lambda x, low, high: linear(x**0.5, low**0.5, high**0.5),
            lambda x, low, high: log(x, low, high) ** (1 / 2),
            lambda x, low, high: log(x, low, high) ** 2,
        ),
    ),
)


def by_powers(low, high, size, rng):
    """Powers of the ratio of the ends."""
    return low * (high / low) ** rng.random(size)


def one_by_one(low, high, size, rng):
    """Natural logarithms and a loop."""
    a, b = np.log(low), np.log(high)
    return np.array([np.exp(a + (b - a) * rng.random()) for _ in range(size)])


TASK = Task(
    reference=ref.sample_learning_rates,
    returns="rates",
    cases=lambda rng: sampler_cases(ref.sample_learning_rates, RATE_RANGES, rng),
    criteria=(
        Holds("shape and range", 0.5, within_range, ("draws", "narrow")),
        Holds("uniform on a log scale", 2, follows(log), ("draws", "narrow")),
        Holds("drawn from rng", 0.5, rng_is_used, "twice"),
    ),
    lecture=SCALES,
    mistakes=MISTAKES,
    unworked={
        "the right answer sorted": "only the order is wrong, which loses the scale",
        "the right answer negated": "drawn from rng it is",
    },
    variants=(Variant("powers of the ratio", by_powers), Variant("one by one", one_by_one)),
    losses={
        "SA-24": "all",
        "SA-25": "shape and range",
        "SA-22": "shape and range · uniform on a log scale",
        "SA-23": "uniform on a log scale",
        "SA-01": "uniform on a log scale",
        "SA-02": "all but drawn from rng",
        "SA-03": "all",
        "SA-03, way 2": "all but drawn from rng",
        "SA-04": "all but drawn from rng",
        "SA-08": "uniform on a log scale",
        "SA-08, way 2": "all but shape and range",
        "SA-13": "drawn from rng",
        "SA-14": "drawn from rng",
        "SA-15": "all but shape and range",
        "SA-16": "uniform on a log scale",
        "SA-17": "all but drawn from rng",
        "SA-18": "all",
    },
    promises={
        "low": Promise(value=(1e-05, 0.5)),
        "high": Promise(value=(0.01, 3)),
        "size": Promise(value=(40, 4000)),
    },
)
