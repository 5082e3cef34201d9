"""`initialize_leaky`: the variance that keeps the size of signals behind leaky ReLUs."""

from __future__ import annotations

from functools import partial

import numpy as np

from grader_tests.initialization import LOOKING, SPREAD
from grader_tests.initialization import reference as ref
from grader_tests.initialization.weight_mistakes import rule_variants, spread_of, weight_mistakes
from grader_tests.initialization.weights import (
    UNWORKED,
    he,
    leaky,
    random_cases,
    random_criteria,
    spread_check,
    weights_of,
    xavier,
)
from grading.marking import Case, Holds, Mistake, Promise, Task, edit

# One for each network: small ones for shapes, then the large ones, that show the spread.
SLOPES = ((0.0,), (1.0,), (0.3,), (0.01,), (0.5,), (1.5,), (0.5,))
FACTOR = "np.sqrt(2 / ((1 + slope**2) * n_prev))"


def another_sum(result: dict, wanted: dict, case: Case) -> bool | None:
    """Recognise another sum below the fraction line; from a negative one there is no root."""
    if "large" in case.tags and all(np.isnan(W).all() for W in weights_of(result)):
        return case.inputs["slope"] > 1
    others = (lambda s: (1 - s) ** 2, lambda s: max(1 - s**2, 1e-9))
    return spread_of(
        *(
            lambda case, n_prev, n, other=other: np.sqrt(2 / other(case.inputs["slope"]) / n_prev)
            for other in others
        )
    )(result, wanted, case)


FIRST = (
    Mistake(
        "LK-16",
        LOOKING,
        "The variance is He's, for ReLU. A leaky ReLU lets more through, so that signals would "
        "grow from layer to layer: smaller weights make up for it.",
        edit(FACTOR, "np.sqrt(2 / n_prev)"),
        looks_like=spread_of(he),
    ),
    Mistake(
        "LK-17",
        LOOKING,
        "The variance is Xavier's, whatever the slope. It fits a slope of 1.",
        edit(FACTOR, "np.sqrt(1 / n_prev)"),
        looks_like=spread_of(xavier),
    ),
    Mistake(
        "LK-18",
        LOOKING,
        "The slope enters as it is. What is to be kept is a mean of squares.",
        edit("slope**2", "slope"),
        looks_like=spread_of(
            lambda case, n_prev, n: np.sqrt(2 / ((1 + case.inputs["slope"]) * n_prev))
        ),
    ),
    Mistake(
        "LK-19",
        LOOKING,
        "Nothing is made of the half of the values that is positive and the half that is not: the "
        "variance is half or twice what it should be.",
        edit(FACTOR, "np.sqrt(1 / ((1 + slope**2) * n_prev))"),
        edit(FACTOR, "np.sqrt(4 / ((1 + slope**2) * n_prev))"),
        looks_like=spread_of(
            lambda case, n_prev, n: leaky(case, n_prev, n) / np.sqrt(2),
            lambda case, n_prev, n: leaky(case, n_prev, n) * np.sqrt(2),
        ),
    ),
    Mistake(
        "LK-20",
        LOOKING,
        "The factor of the leak multiplies the variance. The more comes through, the smaller the "
        "weights have to be.",
        edit(FACTOR, "np.sqrt(2 * (1 + slope**2) / n_prev)"),
        edit(FACTOR, "np.sqrt((1 + slope**2) / (2 * n_prev))"),
        looks_like=spread_of(
            lambda case, n_prev, n: 2 / (n_prev * leaky(case, n_prev, n)),
            lambda case, n_prev, n: 1 / (n_prev * leaky(case, n_prev, n)),
        ),
    ),
    Mistake(
        "LK-21",
        SPREAD,
        "The number of units of the layer takes the place of the number of its inputs, over which "
        "each unit sums.",
        edit("* n_prev))", "* n))"),
        looks_like=spread_of(lambda case, n_prev, n: leaky(case, n, n_prev)),
    ),
    Mistake(
        "LK-22",
        SPREAD,
        "The numbers are multiplied by the variance. Multiply by its square root, the standard "
        "deviation.",
        edit(FACTOR, "2 / ((1 + slope**2) * n_prev)"),
        looks_like=spread_of(lambda case, n_prev, n: leaky(case, n_prev, n) ** 2),
    ),
    Mistake(
        "LK-26",
        LOOKING,
        "What stands below the fraction line is not 1 + slope²: another sign, or a square of a "
        "difference. Above and below 0 each give their share to the mean of squares.",
        edit("(1 + slope**2)", "(1 - slope) ** 2"),
        edit("(1 + slope**2)", "(1 - slope**2)"),
        looks_like=another_sum,
    ),
)

TASK = Task(
    reference=ref.initialize_leaky,
    returns="parameters",
    cases=partial(random_cases, ref.initialize_leaky, SLOPES),
    criteria=random_criteria(Holds("spread", 3, spread_check(leaky), "large"), 0.25),
    lecture=LOOKING,
    mistakes=weight_mistakes("deviation", leaky, FIRST),
    unworked=UNWORKED,
    variants=rule_variants("deviation"),
    losses={
        "LK-26": "all but independent weights",
        "LK-26, way 2": "all",
        "INIT-24": "all",
        "LK-16": "spread",
        "LK-17": "spread",
        "LK-18": "spread",
        "LK-19": "spread",
        "LK-20": "spread",
        "LK-21": "spread",
        "LK-22": "spread",
        "INIT-07": "spread",
        "INIT-08": "spread",
        "INIT-09": "names and shapes",
        "INIT-10": "names and shapes · biases zero",
        "INIT-11": "biases zero",
        "INIT-12": "all",
        "INIT-12, way 3": "all but drawn from rng",
        "INIT-13": "all but drawn from rng",
        "INIT-14": "independent weights · drawn from rng",
        "INIT-16": "independent weights",
        "INIT-19": "drawn from rng",
        "INIT-20": "drawn from rng",
        "INIT-21": "all",
    },
    promises={
        "layer_dims": Promise(value=(1, 2000), length=(2, 12), has=("equal neighbours", "int64")),
        "slope": Promise(value=(0, 1.5), has=("0",)),
    },
    equivalent={
        "a square has no sign, and neither has a normal distribution": (
            "deviation = np.sqrt(2 / ((1 + (-slope)**2) * n_prev))",
            'parameters[f"W{layer}"] = (-deviation) * rng.standard_normal((n, n_prev))',
        ),
        "a hundredth of a deviation is less than chance shows in as many weights": (
            "deviation = np.sqrt(2 / ((1 + (slope * 1.01)**2) * n_prev))",
            "deviation = np.sqrt(2 / ((1 + slope**2) * (n_prev * 1.01)))",
            'parameters[f"W{layer}"] = (deviation * 1.01) * rng.standard_normal((n, n_prev))',
        ),
    },
)
