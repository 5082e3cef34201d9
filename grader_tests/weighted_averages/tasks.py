"""Tasks of ``module2_optimization/weighted_averages.ipynb``.

Ids EW are those of the course's catalogue of misconceptions, up to 11; the others are this
notebook's own. `CATALOGUE` counts the series, `LEFT_OUT` says why an id has no wrong function here.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from grader_tests.weighted_averages import reference as ref
from grading.marking.task import (
    Case,
    Criterion,
    Lecture,
    Task,
    Variant,
    call,
    inputs_untouched,
    misconceptions,
)

NOTEBOOK = "module2_optimization/02_weighted_averages.ipynb"
AVERAGE = Lecture(NOTEBOOK, "A running average")
MEMORY = Lecture(NOTEBOOK, "How long it remembers")
BIAS = Lecture(NOTEBOOK, "Bias correction")
WRITTEN_WRONG = Lecture(NOTEBOOK, "How it is written wrong")
FLAT = Lecture(NOTEBOOK, "Not a flat mean")
ONE_NUMBER = Lecture(NOTEBOOK, "One number of memory")

CATALOGUE = {"EW": 27}
LEFT_OUT = {}

TRUNCATED = (
    "Whole numbers come in, and the averages are cut to whole numbers: an array like the input has "
    "its type. Make an array of floats."
)
CHANGED = "values is changed: it is overwritten or scaled in place. Write into a new array."
FIXED = "beta has a fixed value, or one from outside the function. Use the argument."


def series(rng: np.random.Generator, length: int) -> np.ndarray:
    """Draw values far from 0 that rise, with noise."""
    return rng.uniform(5, 9) + 0.5 * np.arange(length) + rng.normal(0, 2, length)


# ---------------------------------------------------------------- ewa


def ewa_cases(rng: np.random.Generator) -> list[Case]:
    """Short and long series, several betas, whole numbers, and the smallest inputs."""
    cases = []
    for length, beta, tag in (
        (6, rng.uniform(0.6, 0.75), "plain"),
        (12, rng.uniform(0.85, 0.95), "plain"),
        (60, rng.uniform(0.97, 0.99), "plain"),
        (7, rng.uniform(0.2, 0.4), "plain"),
        (1, rng.uniform(0.6, 0.9), "edge"),
        (5, 0.0, "edge"),
    ):
        label = f"{length} {'value' if length == 1 else 'values'}, beta = {beta:.3g}"
        cases.append(call("ewa", series(rng, length), beta, label=label, tag=tag))
    for length, beta in ((6, rng.uniform(0.6, 0.75)), (9, rng.uniform(0.85, 0.95))):
        label = f"{length} whole numbers, beta = {beta:.3g}"
        values = rng.integers(10, 60, length)
        cases.append(call("ewa", values, beta, label=label, tag="whole"))
    return cases


def from_the_first(values, beta):
    """Start the average at the first value."""
    averages = np.zeros(len(values))
    averages[0] = values[0]
    for t in range(1, len(values)):
        averages[t] = beta * averages[t - 1] + (1 - beta) * values[t]
    return averages


def with_start(values, beta):
    """Keep v_0 in front."""
    averages = [0.0]
    for value in values:
        averages.append(beta * averages[-1] + (1 - beta) * value)
    return np.array(averages)


def flat(values, beta):
    """Take the mean of the last 1/(1 - beta) values."""
    window = round(1 / (1 - beta))
    means = [np.mean(values[max(0, t + 1 - window) : t + 1]) for t in range(len(values))]
    return np.array(means)


def two_values(values, beta):
    """Weigh a value with the one before it."""
    averages = (1 - beta) * values
    averages[1:] += beta * values[:-1]
    return averages


def scaled_first(values, beta):
    """Scale the caller's array."""
    values[:] = (1 - beta) * values
    averages, v = np.zeros(len(values)), 0.0
    for t in range(len(values)):
        v = beta * v + values[t]
        averages[t] = v
    return averages


average = partial(misconceptions, ref.ewa)

STEP = "v = beta * v + (1 - beta) * value"
ZEROS = "np.zeros(len(values))"

EWA_MISCONCEPTIONS = (
    *average(
        "EW-01", AVERAGE,
        "The weights are exchanged: beta is the share of the old average that stays, and the new "
        "value gets the rest.",
        [(STEP, "v = (1 - beta) * v + beta * value")],
    ),
    *average(
        "EW-09", ONE_NUMBER,
        "The average of the day before does not come in, so nothing is averaged: each entry is "
        "just a share of its own value.",
        [(STEP, "v = (1 - beta) * value")],
    ),
    *average(
        "EW-10", FLAT,
        "This is the flat mean of the last few values. In an exponentially weighted average "
        "every older value counts a little less than the one after it.",
        flat,
    ),
    *average("EW-11", AVERAGE, TRUNCATED, [(ZEROS, "np.zeros_like(values)")]),
    *average(
        "EW-12", AVERAGE,
        "Only the last average is returned. Return one for each value.",
        [("return averages", "return v")],
        [("return averages", "return averages[-1:]")],
    ),
    *average(
        "EW-13", AVERAGE,
        "The average starts from the first value. Start from v_0 = 0; what that does to the first "
        "entries is mended by the correction of the next question.",
        from_the_first,
    ),
    *average(
        "EW-14", AVERAGE,
        "v_0 = 0 is returned too, in front of the averages. The first entry belongs to the first "
        "value.",
        with_start,
        [(f"        {STEP}\n        averages[t] = v", f"        averages[t] = v\n        {STEP}")],
    ),
    *average("EW-15", AVERAGE, FIXED, [(STEP, "v = 0.9 * v + (1 - 0.9) * value")]),
    *average(
        "EW-16", AVERAGE, CHANGED,
        scaled_first,
        [(ZEROS, "values")],
    ),
    *average(
        "EW-17", AVERAGE,
        "The new value comes in with its full weight, so this is a sum, about 1/(1 − beta) times "
        "too large. The two weights should add up to 1.",
        [("(1 - beta) * value", "value")],
    ),
    *average(
        "EW-18", AVERAGE,
        "The value of the day before comes in where the average of the day before should. Then "
        "nothing older than a day is remembered.",
        two_values,
    ),
    *average(
        "EW-19", BIAS,
        "The averages are corrected already. That is the next question; leave it out here, though "
        "the first averages are low, because v_0 = 0.",
        [("averages[t] = v", "averages[t] = v / (1 - beta ** (t + 1))")],
    ),
)  # fmt: skip


def by_weights(values, beta):
    """All weights at once, as a matrix."""
    T = len(values)
    age = np.arange(T)[:, None] - np.arange(T)
    return np.where(age >= 0, (1 - beta) * float(beta) ** np.abs(age), 0) @ values


def by_difference(values, beta):
    """Move a share of the way to the new value; collect in a list."""
    averages = []
    for value in values:
        last = averages[-1] if averages else 0
        averages.append(last + (1 - beta) * (value - last))
    return np.array(averages)


EWA = Task(
    reference=ref.ewa,
    returns="averages",
    cases=ewa_cases,
    criteria=(
        Criterion("averages", 5, "plain"),
        Criterion("one value, and beta = 0", 2, "edge"),
        Criterion("whole numbers", 1, "whole"),
        inputs_untouched(1),
    ),
    lecture=AVERAGE,
    misconceptions=EWA_MISCONCEPTIONS,
    variants=(Variant("weights", by_weights), Variant("difference", by_difference)),
)


# ---------------------------------------------------------------- ewa_corrected


def corrected_cases(rng: np.random.Generator) -> list[Case]:
    """Series as for ewa, and constant ones."""
    cases = []
    for length, beta in (
        (6, rng.uniform(0.6, 0.75)),
        (12, rng.uniform(0.85, 0.95)),
        (60, rng.uniform(0.97, 0.99)),
        (1, rng.uniform(0.6, 0.9)),
        (5, 0.0),
    ):
        label = f"{length} {'value' if length == 1 else 'values'}, beta = {beta:.3g}"
        cases.append(call("ewa_corrected", series(rng, length), beta, label=label, tag="plain"))
    for length, beta in ((5, rng.uniform(0.6, 0.75)), (30, 0.999)):
        label = f"{length} equal values, beta = {beta:.3g}"
        values = np.full(length, rng.uniform(5, 9))
        cases.append(call("ewa_corrected", values, beta, label=label, tag="constant"))
    for length, beta in ((6, rng.uniform(0.6, 0.75)), (9, rng.uniform(0.85, 0.95))):
        label = f"{length} whole numbers, beta = {beta:.3g}"
        values = rng.integers(10, 60, length)
        cases.append(call("ewa_corrected", values, beta, label=label, tag="whole"))
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


correct = partial(misconceptions, ref.ewa_corrected)

QUOTIENT = "/ (1 - beta**t)"

CORRECTED_MISCONCEPTIONS = (
    *correct(
        "EW-02", BIAS,
        "The averages are not corrected: the first ones are far too small, because they start "
        "from 0. Divide each by the sum of its weights.",
        [(QUOTIENT, "")],
    ),
    *correct(
        "EW-03", BIAS,
        "t counts from 0, and the first correction divides by zero. The first value has t = 1.",
        [("np.arange(1, len(values) + 1)", "np.arange(len(values))")],
    ),
    *correct(
        "EW-04", WRITTEN_WRONG,
        "The corrected average is fed back into the recursion, and so is corrected again in every "
        "step. Keep the uncorrected one for going on; correct only what is returned.",
        fed_back,
    ),
    *correct(
        "EW-05", BIAS,
        "The same correction is used at every t. The missing weight shrinks with each value: beta "
        "is raised to the power t.",
        [("beta**t", "beta")],
    ),
    *correct(
        "EW-06", BIAS,
        "The averages are multiplied by the sum of their weights. They are too small: divide.",
        [(QUOTIENT, "* (1 - beta**t)")],
    ),
    *correct(
        "EW-07", WRITTEN_WRONG,
        "beta is multiplied by t, a lost exponent. It is raised to the power t.",
        [("beta**t", "beta * t")],
    ),
    *correct(
        "EW-08", WRITTEN_WRONG,
        "The average starts from the first value and is corrected as well, which is too much. "
        "Start from 0: the correction is made for that.",
        first_and_corrected,
    ),
    *correct("EW-11", AVERAGE, TRUNCATED, corrected_like_values),
    *correct("EW-15", AVERAGE, FIXED, [("ewa(values, beta)", "ewa(values, 0.9)")],
             [("beta**t", "0.9**t")]),
    *correct("EW-16", AVERAGE, CHANGED, corrected_into_values),
    *correct(
        "EW-20", WRITTEN_WRONG,
        "The average starts from the first value instead of being corrected. Then that one value "
        "keeps a weight far above the others for long. Start from 0 and correct.",
        from_the_first,
    ),
    *correct(
        "EW-21", BIAS,
        "All entries get the correction of the last one. Each has its own t.",
        [("beta**t", "beta ** len(values)")],
    ),
    *correct(
        "EW-22", BIAS,
        "The divisor is not the sum of the weights. The weights (1 − beta) beta^k of t values add "
        "up to 1 minus a power of beta.",
        [(QUOTIENT, "/ (1 - beta) ** t")],
        [(QUOTIENT, "/ (1 + beta**t)")],
        [(QUOTIENT, "/ (1 - beta ** (t + 1))")],
    ),
)  # fmt: skip


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


EWA_CORRECTED = Task(
    reference=ref.ewa_corrected,
    returns="averages",
    cases=corrected_cases,
    criteria=(
        Criterion("corrected averages", 5, "plain"),
        Criterion("equal values stay", 2, "constant"),
        Criterion("whole numbers", 1, "whole"),
        inputs_untouched(1),
    ),
    lecture=BIAS,
    misconceptions=CORRECTED_MISCONCEPTIONS,
    variants=(Variant("one by one", one_by_one), Variant("over the weights", over_the_weights)),
    own_parts=("ewa",),
)


# ---------------------------------------------------------------- effective_window


def window_cases(rng: np.random.Generator) -> list[Case]:
    """No memory at all, usual betas, and others."""
    drawn = (rng.uniform(0.3, 0.45), rng.uniform(0.55, 0.85), rng.uniform(0.91, 0.96))
    return [
        call("effective_window", 0.0, label="beta = 0", tag="none"),
        *(
            call("effective_window", beta, label=f"beta = {beta:.4g}", tag="some")
            for beta in (0.5, 0.9, 0.98, 0.999, *drawn)
        ),
    ]


window = partial(misconceptions, ref.effective_window)

FORMULA = "1 / (1 - beta)"

WINDOW_MISCONCEPTIONS = (
    *window(
        "EW-23", MEMORY,
        "beta/(1 − beta) is the mean age of what is remembered, which is one less than the window.",
        [(FORMULA, "beta / (1 - beta)")],
    ),
    *window(
        "EW-24", MEMORY,
        "This is 1 − beta, the weight of the newest value. The window is its reciprocal: mind the "
        "brackets.",
        [(FORMULA, "1 - beta")],
    ),
    *window(
        "EW-25", MEMORY,
        "The window is rounded. It need not be a whole number: return it as it is.",
        [(FORMULA, "round(1 / (1 - beta))")],
        [(FORMULA, "int(1 / (1 - beta) + 1e-9)")],
    ),
    *window(
        "EW-26", MEMORY,
        "The window is wanted by the rule of thumb, not as the age at which a weight has fallen to "
        "1/e exactly; the two come close for beta near 1.",
        [(FORMULA, "-1 / np.log(beta)")],
    ),
    *window(
        "EW-27", MEMORY,
        "The nearer beta is to 1, the longer the memory should be. So what stands in the "
        "denominator is the part that beta lacks to 1.",
        [(FORMULA, "1 / beta")],
        [(FORMULA, "1 / (1 + beta)")],
    ),
)  # fmt: skip


def by_power(beta):
    """The reciprocal as a power."""
    return (1.0 - beta) ** -1


EFFECTIVE_WINDOW = Task(
    reference=ref.effective_window,
    returns="window",
    cases=window_cases,
    criteria=(Criterion("window", 2, "some"), Criterion("no memory at beta = 0", 1, "none")),
    lecture=MEMORY,
    misconceptions=WINDOW_MISCONCEPTIONS,
    variants=(Variant("power", by_power),),
)

TASKS = (EWA, EWA_CORRECTED, EFFECTIVE_WINDOW)
