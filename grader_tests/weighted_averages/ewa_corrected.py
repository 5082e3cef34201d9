"""`ewa_corrected`: the averages divided by the sum of their weights."""

from __future__ import annotations

import numpy as np

from grader_tests.weighted_averages import AVERAGE, BIAS, WRITTEN_WRONG
from grader_tests.weighted_averages import reference as ref
from grader_tests.weighted_averages.doubles import for_ewa
from grader_tests.weighted_averages.draws import (
    CHANGED,
    FIXED,
    TRUNCATED,
    from_the_first,
    left_of_the_start,
    no_flat_array,
    series,
)
from grading.marking import (
    Agrees,
    Case,
    InputsUntouched,
    Mistake,
    Promise,
    Task,
    Variant,
    call,
    edit,
    fixed,
)


def cases(rng: np.random.Generator) -> list[Case]:
    """Series as for ewa, and constant ones."""
    cases = []
    for length, beta in (
        (6, rng.uniform(0.6, 0.75)),
        (12, rng.uniform(0.85, 0.95)),
        (60, rng.uniform(0.97, 0.99)),
        (300, rng.uniform(0.95, 0.96)),
        (1, rng.uniform(0.6, 0.9)),
        (5, 0.0),
    ):
        label = f"{length} {'value' if length == 1 else 'values'}, beta = {beta:.3g}"
        values = series(rng, length)
        values[-1] *= -1
        cases.append(call(ref.ewa_corrected, values, beta, label=label, tags="plain"))
    for length, beta in ((5, rng.uniform(0.6, 0.75)), (30, 0.999)):
        label = f"{length} equal values, beta = {beta:.3g}"
        values = np.full(length, rng.uniform(5, 9))
        cases.append(call(ref.ewa_corrected, values, beta, label=label, tags="constant"))
    for length, beta in ((6, rng.uniform(0.6, 0.75)), (9, rng.uniform(0.85, 0.95))):
        label = f"{length} whole numbers, beta = {beta:.3g}"
        values = rng.integers(10, 60, length)
        cases.append(call(ref.ewa_corrected, values, beta, label=label, tags="whole"))
    return cases


def fed_back(values, beta):
    """Go on from the corrected average."""
    averages, v = np.zeros(len(values)), 0.0
    for t, value in enumerate(values, start=1):
        v = (beta * v + (1 - beta) * value) / (1 - beta**t)
        averages[t - 1] = v
    return averages


def first_and_corrected(values, beta):
    """Start at the first value, and correct."""
    averages, v = np.zeros(len(values)), values[0]
    for t, value in enumerate(values, start=1):
        v = beta * v + (1 - beta) * value
        averages[t - 1] = v / (1 - beta**t)
    return averages


def corrected_like_values(values, beta):
    """Collect in an array of the input's type."""
    averages, v = np.zeros_like(values), 0.0
    for t, value in enumerate(values, start=1):
        v = beta * v + (1 - beta) * value
        averages[t - 1] = v / (1 - beta**t)
    return averages


def corrected_into_values(values, beta):
    """Write over the caller's array."""
    v = 0.0
    for t, value in enumerate(values, start=1):
        v = beta * v + (1 - beta) * value
        values[t - 1] = v / (1 - beta**t)
    return values


QUOTIENT = "/ (1 - beta**t)"

MISTAKES = (
    Mistake(
        "EW-02",
        BIAS,
        "The averages are not corrected: the first ones are far too small, because they start "
        "from 0. Divide each by the sum of its weights.",
        edit(QUOTIENT, ""),
    ),
    Mistake(
        "EW-03",
        BIAS,
        "t counts from 0, and the first correction divides by zero. The first value has t = 1.",
        edit("np.arange(1, len(values) + 1)", "np.arange(len(values))"),
    ),
    Mistake(
        "EW-04",
        WRITTEN_WRONG,
        "The corrected average is fed back into the recursion, and so is corrected again in every "
        "step. Keep the uncorrected one for going on; correct only what is returned.",
        fed_back,
    ),
    Mistake(
        "EW-05",
        BIAS,
        "The same correction is used at every t. The missing weight shrinks with each value: beta "
        "is raised to the power t.",
        edit("beta**t", "beta"),
    ),
    Mistake(
        "EW-06",
        BIAS,
        "The averages are multiplied by the sum of their weights. They are too small: divide.",
        edit(QUOTIENT, "* (1 - beta**t)"),
    ),
    Mistake(
        "EW-07",
        WRITTEN_WRONG,
        "beta is multiplied by t, a lost exponent. It is raised to the power t.",
        edit("beta**t", "beta * t"),
    ),
    Mistake(
        "EW-08",
        WRITTEN_WRONG,
        "The average starts from the first value and is corrected as well, which is too much. "
        "Start from 0: the correction is made for that.",
        first_and_corrected,
    ),
    Mistake(
        "EW-11",
        AVERAGE,
        TRUNCATED,
        corrected_like_values,
        edit("ewa(values, beta)", "ewa(values, beta).astype(values.dtype)"),
    ),
    Mistake(
        "EW-15",
        AVERAGE,
        FIXED,
        edit("ewa(values, beta)", "ewa(values, 0.9)"),
        edit("beta**t", "0.9**t"),
        numbers=fixed("beta"),
    ),
    Mistake("EW-16", AVERAGE, CHANGED, corrected_into_values),
    Mistake(
        "EW-20",
        WRITTEN_WRONG,
        "The average starts from the first value instead of being corrected. Then that one value "
        "keeps a weight far above the others for long. Start from 0 and correct.",
        from_the_first,
    ),
    Mistake(
        "EW-21",
        BIAS,
        "All entries get the correction of the last one. Each has its own t.",
        edit("beta**t", "beta ** len(values)"),
    ),
    Mistake(
        "EW-22",
        BIAS,
        "The divisor is not the sum of the weights. The weights (1 − beta) beta^k of t values add "
        "up to 1 minus a power of beta.",
        edit(QUOTIENT, "/ (1 - beta) ** t"),
        edit(QUOTIENT, "/ (1 + beta**t)"),
        edit("np.arange(1, len(values) + 1)", "np.arange(2, len(values) + 2)"),
        edit("beta**t", "np.exp(-beta * t)"),
        edit("beta**t", "np.exp(-t)"),
        edit("beta**t", "t**beta"),
        edit("beta**t", "beta ** (2 * t)"),
        edit(QUOTIENT, "/ np.sqrt(1 - beta**t)"),
        edit(QUOTIENT, "/ (1 - beta**t) ** 2"),
        edit(QUOTIENT, "/ beta**t"),
    ),
    Mistake(
        "EW-54",
        BIAS,
        "Division goes before subtraction: only v is divided, by 1. Put the denominator in "
        "parentheses.",
        edit("ewa(values, beta) / (1 - beta**t)", "ewa(values, beta) / 1 - beta**t"),
    ),
    Mistake(
        "EW-55",
        BIAS,
        "Only the first averages are corrected. Each is divided, however near to 1 the divisor is.",
        edit(
            "return ewa(values, beta) / (1 - beta**t)",
            "return np.where(t <= 10, ewa(values, beta) / (1 - beta**t), ewa(values, beta))",
        ),
    ),
    Mistake(
        "EW-58",
        BIAS,
        "What comes back is no NumPy array with one axis: a list, a column, or nothing. Return an "
        "array of shape (T,), with one number for each value.",
        edit(
            "return ewa(values, beta) / (1 - beta**t)",
            "return (ewa(values, beta) / (1 - beta**t)).tolist()",
        ),
        edit(
            "return ewa(values, beta) / (1 - beta**t)",
            "return (ewa(values, beta) / (1 - beta**t))[:, np.newaxis]",
        ),
        edit("return ewa(values, beta) / (1 - beta**t)", "return None"),
        looks_like=no_flat_array,
    ),
)


def one_by_one(values, beta):
    """A loop that keeps the power of beta, and does not call ewa."""
    averages, v, power = [], 0.0, 1.0
    for value in values:
        v = beta * v + (1 - beta) * value
        power *= beta
        averages.append(v / (1 - power))
    return np.array(averages)


def over_the_weights(values, beta):
    """Divide by the average of ones, which is the sum of the weights."""
    return ewa(values, beta) / ewa(np.ones(len(values)), beta)  # noqa: F821 - the student's


TASK = Task(
    reference=ref.ewa_corrected,
    returns="averages",
    cases=cases,
    criteria=(
        Agrees("corrected averages", 3, "plain"),
        Agrees("equal values stay", 1, "constant", beside=("corrected averages", "whole numbers")),
        Agrees("whole numbers", 1, "whole"),
        InputsUntouched(1),
    ),
    lecture=BIAS,
    mistakes=MISTAKES,
    variants=(Variant("one by one", one_by_one), Variant("over the weights", over_the_weights)),
    own_parts={"ewa": for_ewa},
    losses={
        "EW-58": "all",
        "EW-54": "all",
        "EW-55": "corrected averages · equal values stay",
        "EW-02": "all",
        "EW-03": "all",
        "EW-04": "all",
        "EW-05": "all",
        "EW-06": "all",
        "EW-07": "all",
        "EW-08": "all",
        "EW-11": "whole numbers",
        "EW-15": "all",
        "EW-16": "whole numbers · inputs untouched",
        "EW-20": "all",
        "EW-21": "all",
        "EW-22": "all",
    },
    promises={
        "β to the power T": Promise(value=(5e-6, 0.6), within=(0, 0.975), of=left_of_the_start),
        "values": Promise(
            value=(-120, 120),
            within=(-200, 200),
            length=(1, 300),
            has=("equal neighbours", "int64"),
        ),
        "beta": Promise(value=(0, 0.999), has=("0",)),
    },
)
