"""`diagnose`: say whether bias and variance are high."""

from __future__ import annotations

import numpy as np

from grader_tests.setting_up import DIAGNOSIS
from grader_tests.setting_up import reference as ref
from grading.marking import (
    Agrees,
    Case,
    Mistake,
    Promise,
    Task,
    Variant,
    call,
    edit,
    fixed,
    parts,
)


def cases(rng: np.random.Generator) -> list[Case]:
    """The four cases, with and without a target, gaps of both signs, near a tolerance, and ties."""
    cases = []
    for train, dev, options in (
        (0.01, 0.11, {}),
        (0.15, 0.16, {}),
        (0.15, 0.30, {}),
        (0.005, 0.01, {}),
        (0.15, 0.16, {"target_error": 0.14}),
        (0.13, 0.135, {"target_error": 0.125, "tolerance": 0.05}),
        (0.09, 0.15, {"target_error": 0.06, "tolerance": 0.04}),
        (0.30, 0.36, {"target_error": 0.10, "tolerance": 0.10}),
        (0.20, 0.10, {"target_error": 0.19}),
        (0.25, 0.10, {"target_error": 0.30, "tolerance": 0.01}),
        (0.05, 0.12, {"target_error": 0.10, "tolerance": 0.03}),
        (0.40, 0.50, {"target_error": 0.10, "tolerance": 0.05}),
    ):
        nudge = float(np.round(rng.uniform(0, 0.003), 4))
        if "target_error" in options:
            options = options | {"target_error": options["target_error"] + nudge}
        cases.append(diagnosis(train + nudge, dev + nudge, "", **options))
    for train, dev, options in (
        (0.0201, 0.0402, {}),
        (0.3005, 0.401, {"target_error": 0.2, "tolerance": 0.1}),
        (0.2995, 0.399, {"target_error": 0.2, "tolerance": 0.1}),
    ):
        cases.append(diagnosis(train, dev, "", **options))
    cases.append(diagnosis(0.25, 0.375, "tie", target_error=0.125, tolerance=0.125))
    cases.append(diagnosis(0.5, 0.515625, "tie", target_error=0.25, tolerance=0.015625))
    cases.append(diagnosis(0.25, 0.75, "tie", target_error=0.0, tolerance=0.25))
    cases.append(diagnosis(0.17, 0.19, "tie", target_error=0.15, tolerance=0.02))  # just above it
    cases.append(diagnosis(0.32, 0.35, "tie", target_error=0.29, tolerance=0.03))
    return cases


def diagnosis(train_error: float, dev_error: float, tag: str, **options: float) -> Case:
    """A case with its errors as label."""
    settings = "".join(f", {name} = {value:.4g}" for name, value in options.items())
    label = f"train_error = {train_error:.4g}, dev_error = {dev_error:.4g}{settings}"
    return call(ref.diagnose, train_error, dev_error, label=label, tags=tag or "gap", **options)


def in_the_other_order(result: tuple, wanted: tuple, case: Case) -> bool | None:
    """Recognise swapped answers, which are right where both are the same."""
    if wanted[0] == wanted[1]:
        return None if tuple(result) == wanted else False
    return tuple(result) == wanted[::-1]


BIAS = "high_bias = train_error - target_error > tolerance"
VARIANCE = "high_variance = dev_error - train_error > tolerance"

MISTAKES = (
    Mistake(
        "DI-01",
        DIAGNOSIS,
        "Bias is read from the training error alone. It is the distance from the target: 15 % is "
        "good where people reach 14 %.",
        edit(BIAS, "high_bias = train_error > tolerance"),
    ),
    Mistake(
        "DI-02",
        DIAGNOSIS,
        "The dev error is compared with the target. Variance is its distance from the training "
        "error; what lies between that and the target is bias.",
        edit(VARIANCE, "high_variance = dev_error - target_error > tolerance"),
    ),
    Mistake(
        "DI-03",
        DIAGNOSIS,
        "A high dev error is taken for high variance. It is the gap to the training error that "
        "counts.",
        edit(VARIANCE, "high_variance = dev_error > tolerance"),
    ),
    Mistake(
        "DI-04",
        DIAGNOSIS,
        "A gap counts with either sign. An error below the target, or a dev error below the "
        "training error, is no illness.",
        edit(BIAS, "high_bias = abs(train_error - target_error) > tolerance").then(
            VARIANCE, "high_variance = abs(dev_error - train_error) > tolerance"
        ),
    ),
    Mistake(
        "DI-05",
        DIAGNOSIS,
        "A gap that equals the tolerance is called high. High means more than the tolerance.",
        edit(BIAS, BIAS.replace(">", ">=")).then(VARIANCE, VARIANCE.replace(">", ">=")),
    ),
    Mistake(
        "DI-06",
        DIAGNOSIS,
        "The two answers have changed places: high_bias comes first, then high_variance.",
        edit("return high_bias, high_variance", "return high_variance, high_bias"),
        looks_like=in_the_other_order,
    ),
    Mistake(
        "DI-07",
        DIAGNOSIS,
        "The tolerance has a fixed value. Use the argument, whatever its default is.",
        edit("> tolerance", "> 0.02", 2),
        numbers=fixed("tolerance"),
    ),
    Mistake(
        "DI-08",
        DIAGNOSIS,
        "Variance is looked at only where the bias is low. A model can have both.",
        edit(VARIANCE, "high_variance = not high_bias and dev_error - train_error > tolerance"),
    ),
    Mistake(
        "DI-09",
        DIAGNOSIS,
        "Both answers say whether it is low. They should be True where bias or variance is high.",
        edit(BIAS, BIAS.replace(">", "<=")).then(VARIANCE, VARIANCE.replace(">", "<=")),
    ),
    Mistake(
        "DI-10",
        DIAGNOSIS,
        "The gaps are rounded, or compared nearly. They are compared as they come, and what is a "
        "little above the tolerance is high.",
        edit(
            "train_error - target_error > tolerance",
            "round(train_error - target_error, 4) > tolerance",
        ).then(
            "dev_error - train_error > tolerance", "round(dev_error - train_error, 4) > tolerance"
        ),
        edit(
            "train_error - target_error > tolerance",
            "round(train_error - target_error, 3) > tolerance",
        ).then(
            "dev_error - train_error > tolerance", "round(dev_error - train_error, 3) > tolerance"
        ),
        edit(
            "train_error - target_error > tolerance",
            "round(train_error - target_error, 2) > tolerance",
        ).then(
            "dev_error - train_error > tolerance", "round(dev_error - train_error, 2) > tolerance"
        ),
        edit(
            "train_error - target_error > tolerance",
            "train_error - target_error > tolerance + 1e-9",
        ).then("dev_error - train_error > tolerance", "dev_error - train_error > tolerance + 1e-9"),
    ),
    Mistake(
        "DI-11",
        DIAGNOSIS,
        "The gap is measured as a share of an error. It is the difference itself that is compared "
        "with the tolerance.",
        edit(
            "train_error - target_error > tolerance",
            "train_error - target_error > tolerance * target_error",
        ).then(
            "dev_error - train_error > tolerance",
            "dev_error - train_error > tolerance * train_error",
        ),
        edit(
            "train_error - target_error > tolerance",
            "train_error - target_error > tolerance * train_error",
        ).then(
            "dev_error - train_error > tolerance", "dev_error - train_error > tolerance * dev_error"
        ),
    ),
    Mistake(
        "DI-12",
        DIAGNOSIS,
        "The answers are words. They should be True and False.",
        edit(
            "return high_bias, high_variance",
            'return "high" if high_bias else "low", "high" if high_variance else "low"',
        ),
        edit("return high_bias, high_variance", "return str(high_bias), str(high_variance)"),
        looks_like=lambda result, wanted, case: all(type(word) is str for word in result),
    ),
    Mistake(
        "DI-13",
        DIAGNOSIS,
        "Only a part comes back, or one answer for both. Return the two: high_bias, high_variance.",
        edit("return high_bias, high_variance", "return high_bias, high_bias"),
        edit("return high_bias, high_variance", "return high_variance, high_variance"),
        *parts("return high_bias, high_variance"),
        edit("return high_bias, high_variance", "return high_bias or high_variance"),
        edit("return high_bias, high_variance", "return high_bias and high_variance"),
    ),
)


def by_branches(train_error, dev_error, target_error=0.0, tolerance=0.02):
    """Branches and NumPy's booleans."""
    high_bias = np.bool_(False)
    if train_error - target_error > tolerance:
        high_bias = np.bool_(True)
    return high_bias, np.greater(dev_error - train_error, tolerance)


TASK = Task(
    reference=ref.diagnose,
    returns=("high_bias", "high_variance"),
    cases=cases,
    criteria=(
        Agrees("high_bias", 1.25, "gap", "high_bias"),
        Agrees("high_variance", 1.25, "gap", "high_variance"),
        Agrees("a gap that equals the tolerance", 0.5, "tie"),
    ),
    lecture=DIAGNOSIS,
    mistakes=MISTAKES,
    variants=(Variant("branches and NumPy's booleans", by_branches),),
    losses={
        "DI-13, way 1": "high_variance · a gap that equals the tolerance",
        "DI-13, way 2": "high_bias · a gap that equals the tolerance",
        "DI-12": "all",
        "DI-13": "all",
        "DI-10": "a gap that equals the tolerance",
        "DI-10, way 2": "all",
        "DI-10, way 3": "all",
        "DI-10, way 4": "a gap that equals the tolerance",
        "DI-11": "all",
        "DI-11, way 2": "all",
        "DI-01": "all but high_variance",
        "DI-02": "all but high_bias",
        "DI-03": "all but high_bias",
        "DI-04": "high_bias · high_variance",
        "DI-05": "a gap that equals the tolerance",
        "DI-06": "all",
        "DI-07": "all",
        "DI-08": "high_variance",
        "DI-09": "all",
    },
    promises={
        "train_error": Promise(value=(0.011, 0.5), within=(0.005, 0.5)),
        "dev_error": Promise(value=(0.017, 0.75), within=(0.01, 0.75)),
        "target_error": Promise(value=(0, 0.27), within=(0, 0.35), has=("0",)),
        "tolerance": Promise(value=(0.01, 0.25)),
    },
)
