"""`initialize_xavier`: independent weights of variance ``1 / n_{l-1}``, and biases 0."""

from __future__ import annotations

from functools import partial

from grader_tests.initialization import SPREAD
from grader_tests.initialization import reference as ref
from grader_tests.initialization.weight_mistakes import rule_mistakes, rule_variants, spread_of
from grader_tests.initialization.weights import (
    UNWORKED,
    glorot,
    he,
    random_cases,
    random_criteria,
    spread_check,
    xavier,
)
from grading.marking import Holds, Mistake, Promise, Task, edit

TASK = Task(
    reference=ref.initialize_xavier,
    returns="parameters",
    cases=partial(random_cases, ref.initialize_xavier, ((),)),
    criteria=random_criteria(Holds("spread", 0.4, spread_check(xavier), "large"), 0.15),
    lecture=SPREAD,
    mistakes=rule_mistakes(
        1,
        xavier,
        Mistake(
            "INIT-05",
            SPREAD,
            "The variance is 2/(inputs + units), the rule of Glorot and Bengio, which "
            "frameworks call Xavier. In this course Xavier's variance is 1/inputs.",
            edit("1 / n_prev", "2 / (n_prev + n)"),
            looks_like=spread_of(glorot),
        ),
        Mistake(
            "INIT-17",
            SPREAD,
            "The variance is He's, for ReLU. Xavier's is half of it.",
            edit("1 / n_prev", "2 / n_prev"),
            looks_like=spread_of(he),
        ),
    ),
    unworked=UNWORKED,
    variants=rule_variants("np.sqrt(1 / n_prev)"),
    losses={
        "INIT-25": "spread",
        "INIT-26": "all",
        "INIT-24": "all",
        "INIT-01": "spread",
        "INIT-02": "spread",
        "INIT-03": "spread",
        "INIT-06": "spread",
        "INIT-15": "spread",
        "INIT-05": "spread",
        "INIT-17": "spread",
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
    },
    equivalent={
        "a hundredth of a deviation is less than chance shows in as many weights": (
            'parameters[f"W{layer}"] = np.sqrt(1 / (n_prev * 1.01)) * '
            "rng.standard_normal((n, n_prev))",
        ),
    },
)
