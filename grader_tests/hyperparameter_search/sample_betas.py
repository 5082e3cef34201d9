"""`sample_betas`: values of β for which 1 − β is uniform on a log scale."""

from __future__ import annotations

import numpy as np

from grader_tests.hyperparameter_search import SCALES
from grader_tests.hyperparameter_search import reference as ref
from grader_tests.hyperparameter_search.draws import linear, log, one_minus_log
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

BETA_RANGES = [(0.9, 0.999), (0.3, 0.99), (0.95, 0.9999), (0.2, 0.9995), (0.9, 0.95)]
BETA_EXPONENTS = "rng.uniform(np.log10(1 - high), np.log10(1 - low), size)"

MISTAKES = (
    Mistake(
        "SA-05",
        SCALES,
        "The betas themselves are uniform. What matters is the memory 1/(1 − β), and it changes "
        "most near 1: let the exponent of 1 − β be uniform.",
        edit("return 1 - 10**exponents", "return rng.uniform(low, high, size)"),
        looks_like=spread(linear),
    ),
    Mistake(
        "SA-06",
        SCALES,
        "This is 1 − β, not β. Subtract it from 1 at the end.",
        edit("return 1 - 10**exponents", "return 10**exponents"),
        looks_like=spread(lambda x, low, high: one_minus_log(1 - x, low, high)),
    ),
    Mistake(
        "SA-07",
        SCALES,
        "The exponents of β are uniform, which hardly differs from β itself. Take the logarithms "
        "of 1 − low and 1 − high.",
        edit(
            "return 1 - 10**exponents",
            "return 10 ** rng.uniform(np.log10(low), np.log10(high), size)",
        ),
        looks_like=spread(log),
    ),
    Mistake(
        "SA-02",
        SCALES,
        "Logarithm and power do not belong together: the base differs, or a sign. What is "
        "drawn between two values of log10 is an exponent of 10, with its sign as it is.",
        edit("return 1 - 10**exponents", "return 1 - np.exp(exponents)"),
        edit("np.log10", "np.log", 2),
        edit("return 1 - 10**exponents", "return 1 - 10**-exponents"),
        looks_like=spread(
            lambda x, low, high: linear(np.log(1 - x), np.log10(1 - high), np.log10(1 - low)),
            lambda x, low, high: linear(np.log10(1 - x), np.log(1 - high), np.log(1 - low)),
            lambda x, low, high: linear(-np.log10(1 - x), np.log10(1 - high), np.log10(1 - low)),
        ),
    ),
    Mistake(
        "SA-03",
        SCALES,
        "The exponents are whole numbers, so only a few different betas occur. Draw real "
        "exponents, with uniform.",
        edit(
            BETA_EXPONENTS,
            "rng.integers(int(np.floor(np.log10(1 - high))), int(np.ceil(np.log10(1 - low))), "
            "size) * 1.0",
        ),
        edit(BETA_EXPONENTS, "np.round(rng.uniform(np.log10(1 - high), np.log10(1 - low), size))"),
        looks_like=in_draws(few_values),
    ),
    *sampler_mistakes(BETA_EXPONENTS, "1 - 10**exponents"),
    Mistake(
        "SA-19",
        SCALES,
        "low and high are used as the ends of 1 − β. They are the ends of β: those of 1 − β are "
        "1 − high and 1 − low.",
        edit(BETA_EXPONENTS, "rng.uniform(np.log10(low), np.log10(high), size)"),
        looks_like=spread(lambda x, low, high: log(1 - x, low, high)),
    ),
    Mistake(
        "SA-20",
        SCALES,
        "The range is fixed. Use the arguments low and high.",
        edit(BETA_EXPONENTS, "rng.uniform(-3, -1, size)"),
        looks_like=spread(lambda x, low, high: one_minus_log(x, 0.9, 0.999)),
    ),
    Mistake(
        "SA-21",
        SCALES,
        "The ends are exchanged: most values are near low. On a log scale of 1 − β most betas are "
        "near high.",
        edit("return 1 - 10**exponents", "return low + high - (1 - 10**exponents)"),
        looks_like=spread(lambda x, low, high: one_minus_log(low + high - x, low, high)),
    ),
    Mistake(
        "SA-22",
        SCALES,
        "The exponents of 1 − β come back. 10 to the power of an exponent is 1 − β; subtract it "
        "from 1.",
        edit("return 1 - 10**exponents", "return exponents"),
        edit("return 1 - 10**exponents", "return 1 - exponents"),
        looks_like=spread(
            lambda x, low, high: linear(x, np.log10(1 - high), np.log10(1 - low)),
            lambda x, low, high: linear(1 - x, np.log10(1 - high), np.log10(1 - low)),
        ),
    ),
    Mistake(
        "SA-23",
        SCALES,
        "The values pile up at an end: the memory 1/(1 − β) is uniform, or a power or a root of "
        "uniform numbers is taken. On a log scale it is the exponent of 1 − β that is uniform.",
        edit(
            "return 1 - 10**exponents",
            "return 1 - 1 / rng.uniform(1 / (1 - low), 1 / (1 - high), size)",
        ),
        edit("return 1 - 10**exponents", "return low + (high - low) * rng.random(size) ** 2"),
        edit("return 1 - 10**exponents", "return low + (high - low) * np.sqrt(rng.random(size))"),
        edit("return 1 - 10**exponents", "return rng.uniform(low**2, high**2, size) ** 0.5"),
        looks_like=spread(
            lambda x, low, high: linear(1 / (1 - x), 1 / (1 - low), 1 / (1 - high)),
            lambda x, low, high: linear(x, low, high) ** (1 / 2),
            lambda x, low, high: linear(x, low, high) ** 2,
            lambda x, low, high: linear(x**2, low**2, high**2),
        ),
    ),
)


def by_memory(low, high, size, rng):
    """The memory 1/(1 − β) on a log scale, from the other end."""
    memory = np.exp(rng.uniform(-np.log(1 - low), -np.log(1 - high), size))
    return 1 - 1 / memory


TASK = Task(
    reference=ref.sample_betas,
    returns="betas",
    cases=lambda rng: sampler_cases(ref.sample_betas, BETA_RANGES, rng),
    criteria=(
        Holds("shape and range", 0.5, within_range, ("draws", "narrow")),
        Holds("1 − β on a log scale", 2, follows(one_minus_log), ("draws", "narrow")),
        Holds("drawn from rng", 0.5, rng_is_used, "twice"),
    ),
    lecture=SCALES,
    mistakes=MISTAKES,
    unworked={
        "the right answer sorted": "only the order is wrong, which loses the scale",
        "the right answer negated": "drawn from rng it is",
    },
    variants=(Variant("by memory", by_memory),),
    losses={
        "SA-24": "all",
        "SA-25": "shape and range · 1 − β on a log scale",
        "SA-22": "shape and range · 1 − β on a log scale",
        "SA-23": "1 − β on a log scale",
        "SA-05": "1 − β on a log scale",
        "SA-06": "all but drawn from rng",
        "SA-07": "1 − β on a log scale",
        "SA-02": "all but drawn from rng",
        "SA-03": "all but drawn from rng",
        "SA-08": "1 − β on a log scale",
        "SA-08, way 2": "all but shape and range",
        "SA-13": "drawn from rng",
        "SA-14": "drawn from rng",
        "SA-15": "all but shape and range",
        "SA-16": "1 − β on a log scale",
        "SA-17": "all but drawn from rng",
        "SA-19": "all but drawn from rng",
        "SA-20": "all",
        "SA-21": "1 − β on a log scale",
    },
    promises={
        "low": Promise(value=(0.2, 0.95)),
        "high": Promise(value=(0.95, 0.9999)),
        "size": Promise(value=(40, 4000)),
    },
)
