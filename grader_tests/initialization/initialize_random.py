"""`initialize_random`: return normal weights of standard deviation `scale`, and biases 0."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from grader_tests.initialization import SPREAD, SYMMETRY
from grader_tests.initialization import reference as ref
from grader_tests.initialization.weight_mistakes import LOOP, NORMAL, spread_of, weight_mistakes
from grader_tests.initialization.weights import (
    UNWORKED,
    Deviation,
    random_cases,
    random_criteria,
    spread_check,
    weights_of,
)
from grading.marking import Case, Holds, Mistake, Promise, Task, Variant, edit


def uniform_numbers(deviation: Deviation) -> Callable:
    """Recognise uniform numbers of the right standard deviation."""
    right = spread_of(deviation)

    def looks_like(result: dict, wanted: dict, case: Case) -> bool | None:
        if "large" not in case.tags:
            return None
        bounded = all(
            np.abs(W).max() < 1.8 * deviation(case, *W.shape[::-1]) for W in weights_of(result)
        )
        return bounded and right(result, wanted, case)

    return looks_like


def scale_of(case: Case, n_prev: int, n: int) -> float:
    """The standard deviation that initialize_random is asked for."""
    return case.inputs["scale"]


SCALE = f"scale * {NORMAL}"

MISTAKES = weight_mistakes(
    "scale",
    scale_of,
    (
        Mistake(
            "INIT-02",
            SPREAD,
            "The weights are multiplied by the square or the root of scale, or divided by it. It "
            "is a standard deviation, not a variance: multiply by scale itself.",
            edit(SCALE, "scale**2 * rng.standard_normal((n, n_prev))"),
            edit(SCALE, "rng.normal(0, np.sqrt(scale), (n, n_prev))"),
            edit(SCALE, f"{NORMAL} / scale"),
            looks_like=spread_of(
                lambda case, n_prev, n: scale_of(case, n_prev, n) ** 2,
                lambda case, n_prev, n: np.sqrt(scale_of(case, n_prev, n)),
                lambda case, n_prev, n: 1 / scale_of(case, n_prev, n),
            ),
        ),
        Mistake(
            "INIT-15",
            SPREAD,
            "scale is not used: the weights have a spread of their own. Multiply the standard "
            "normal numbers by the argument.",
            edit(SCALE, NORMAL),
            edit(SCALE, f"0.01 * {NORMAL}"),
            edit(SCALE, f"10 * {NORMAL}"),
            looks_like=spread_of(
                lambda case, n_prev, n: 1.0,
                lambda case, n_prev, n: 0.01,
                lambda case, n_prev, n: 10.0,
            ),
        ),
        Mistake(
            "INIT-18",
            SPREAD,
            "The weights have the right spread but are uniform. Here they should be scale times "
            "standard normal numbers.",
            edit(SCALE, "np.sqrt(3) * rng.uniform(-scale, scale, (n, n_prev))"),
            looks_like=uniform_numbers(scale_of),
        ),
    ),
)

TASK = Task(
    reference=ref.initialize_random,
    returns="parameters",
    cases=partial(random_cases, ref.initialize_random, ((0.3,), (5.0,))),
    criteria=random_criteria(
        Holds("normal, of the right spread", 0.4, spread_check(scale_of, normal=True), "large"),
        0.15,
    ),
    lecture=SYMMETRY,
    mistakes=MISTAKES,
    unworked=UNWORKED,
    variants=(
        Variant(
            "rng.normal",
            edit(SCALE, "rng.normal(0.0, scale, size=(n, n_prev))"),
        ),
        Variant(
            "drawn column by column, from the last layer",
            edit(LOOP, "reversed(range(1, len(layer_dims)))").then(
                SCALE, "np.array([scale * rng.standard_normal(n) for _ in range(n_prev)]).T"
            ),
        ),
    ),
    losses={
        "INIT-24": "all",
        "INIT-02": "normal, of the right spread",
        "INIT-15": "normal, of the right spread",
        "INIT-18": "normal, of the right spread",
        "INIT-07": "normal, of the right spread",
        "INIT-08": "normal, of the right spread",
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
        "scale": Promise(value=(0.3, 5)),
    },
    equivalent={
        "the normal distribution is symmetrical": (
            'parameters[f"W{layer}"] = (-scale) * rng.standard_normal((n, n_prev))',
        ),
        "a hundredth of a deviation is less than chance shows in as many weights": (
            'parameters[f"W{layer}"] = (scale * 1.01) * rng.standard_normal((n, n_prev))',
        ),
    },
)
