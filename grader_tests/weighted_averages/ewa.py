"""`ewa`: return the exponentially weighted averages ``v_t = beta v_{t-1} + (1 - beta) value_t``."""

from __future__ import annotations

import numpy as np

from grader_tests.weighted_averages import AVERAGE, BIAS, FLAT, ONE_NUMBER
from grader_tests.weighted_averages import reference as ref
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
    """Short and long series, several betas, whole numbers, and the smallest inputs."""
    cases = []
    for length, beta, tag in (
        (6, rng.uniform(0.6, 0.75), "plain"),
        (12, rng.uniform(0.85, 0.95), "plain"),
        (400, rng.uniform(0.97, 0.99), "plain"),
        (7, rng.uniform(0.2, 0.4), "plain"),
        (1, rng.uniform(0.6, 0.9), "edge"),
        (5, 0.0, "edge"),
    ):
        label = f"{length} {'value' if length == 1 else 'values'}, beta = {beta:.3g}"
        values = series(rng, length)
        values[-1] *= -1  # averages that only rise would be right if sorted
        cases.append(call(ref.ewa, values, beta, label=label, tags=tag))
    for length, beta in ((6, rng.uniform(0.6, 0.75)), (9, rng.uniform(0.85, 0.95))):
        label = f"{length} whole numbers, beta = {beta:.3g}"
        values = rng.integers(10, 60, length)
        values[-1] *= -1
        cases.append(call(ref.ewa, values, beta, label=label, tags="whole"))
    return cases


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


def from_the_first_whole(values, beta):
    """Start at the first value, in an array of the input's type."""
    averages = np.zeros_like(values)
    averages[0] = values[0]
    for t in range(1, len(values)):
        averages[t] = beta * averages[t - 1] + (1 - beta) * values[t]
    return averages


STEP = "v = beta * v + (1 - beta) * value"
ZEROS = "np.zeros(len(values))"


def plain_means(values, beta):
    """Means of all values so far."""
    return np.cumsum(values) / np.arange(1, len(values) + 1)


MISTAKES = (
    Mistake(
        "EW-01",
        AVERAGE,
        "The weights are exchanged: beta is the share of the old average that stays, and the new "
        "value gets the rest.",
        edit(STEP, "v = (1 - beta) * v + beta * value"),
    ),
    Mistake(
        "EW-09",
        ONE_NUMBER,
        "The average of the day before does not come in, so nothing is averaged: each entry is "
        "just a share of its own value.",
        edit(STEP, "v = (1 - beta) * value"),
    ),
    Mistake(
        "EW-10",
        FLAT,
        "This is the flat mean of the last few values. In an exponentially weighted average "
        "every older value counts a little less than the one after it.",
        flat,
    ),
    Mistake("EW-11", AVERAGE, TRUNCATED, edit(ZEROS, "np.zeros_like(values)")),
    Mistake(
        "EW-12",
        AVERAGE,
        "Only the last average is returned. Return one for each value.",
        edit("return averages", "return v"),
        edit("return averages", "return averages[-1:]"),
        edit("        averages[t] = v", "    averages[-1] = v"),
    ),
    Mistake(
        "EW-13",
        AVERAGE,
        "The average starts from the first value. Start from v_0 = 0; what that does to the first "
        "entries is mended by the correction of the next question.",
        from_the_first,
        from_the_first_whole,
        edit("np.zeros(len(values)), 0.0", "np.zeros(len(values)), values[0]"),
    ),
    Mistake(
        "EW-14",
        AVERAGE,
        "v_0 = 0 is returned too, in front of the averages. The first entry belongs to the first "
        "value.",
        with_start,
        edit(
            f"        {STEP}\n        averages[t] = v", f"        averages[t] = v\n        {STEP}"
        ),
    ),
    Mistake(
        "EW-15",
        AVERAGE,
        FIXED,
        edit(STEP, "v = 0.9 * v + (1 - 0.9) * value"),
        numbers=fixed("beta"),
    ),
    Mistake(
        "EW-16",
        AVERAGE,
        CHANGED,
        scaled_first,
        edit(ZEROS, "values"),
    ),
    Mistake(
        "EW-17",
        AVERAGE,
        "The new value comes in with its full weight, so this is a sum, about 1/(1 − beta) times "
        "too large. The two weights should add up to 1.",
        edit("(1 - beta) * value", "value"),
    ),
    Mistake(
        "EW-18",
        AVERAGE,
        "The value of the day before comes in where the average of the day before should. Then "
        "nothing older than a day is remembered.",
        two_values,
    ),
    Mistake(
        "EW-19",
        BIAS,
        "The averages are corrected already. That is the next question; leave it out here, though "
        "the first averages are low, because v_0 = 0.",
        edit("averages[t] = v", "averages[t] = v / (1 - beta ** (t + 1))"),
    ),
    Mistake(
        "EW-50",
        AVERAGE,
        "The first value is left out. The averages are as many as the values.",
        edit(
            "    for t, value in enumerate(values):",
            "    averages = averages[1:]\n    for t, value in enumerate(values[1:]):",
        ),
    ),
    Mistake(
        "EW-51",
        AVERAGE,
        "The average starts at 1. It starts at 0.",
        edit("np.zeros(len(values)), 0.0", "np.zeros(len(values)), 1.0"),
    ),
    Mistake(
        "EW-52",
        AVERAGE,
        "These are plain means of all values so far. Here older values count less and less.",
        plain_means,
    ),
    Mistake(
        "EW-53",
        AVERAGE,
        "The new value is multiplied by beta as well, or by 1 + beta. The two weights are beta "
        "and 1 − beta.",
        edit("beta * v + (1 - beta) * value", "beta * (v + (1 - beta) * value)"),
        edit("beta * v + (1 - beta) * value", "beta * v + (1 + beta) * value"),
    ),
    Mistake(
        "EW-58",
        AVERAGE,
        "What comes back is no NumPy array with one axis: a list, a column, or nothing. Return an "
        "array of shape (T,), with one number for each value.",
        edit("return averages", "return averages.tolist()"),
        edit("return averages", "return averages[:, np.newaxis]"),
        edit("return averages", "return averages[np.newaxis]"),
        edit("return averages", "return None"),
        looks_like=no_flat_array,
    ),
    Mistake(
        "EW-59",
        AVERAGE,
        "The start is chosen so that the first average is the first value. Here the average starts "
        "from v_0 = 0, and its first entries are small.",
        edit("np.zeros(len(values)), 0.0", "np.zeros(len(values)), values[0] / (1 - beta)"),
        edit("np.zeros(len(values)), 0.0", "np.zeros(len(values)), np.mean(values)"),
        edit("averages[t] = v", "averages[t] = v if t else value"),
    ),
    Mistake(
        "EW-60",
        AVERAGE,
        "A power of beta, or beta twice, weighs the old average or the new value. The weights are "
        "the same in each step: beta and 1 − beta.",
        edit(STEP, "v = beta**t * v + (1 - beta) * value"),
        edit(STEP, "v = beta ** (t + 1) * v + (1 - beta ** (t + 1)) * value"),
        edit(STEP, "v = beta * beta * v + (1 - beta) * value"),
        edit(STEP, "v = beta * v + (1 - beta) ** 2 * value"),
        edit(STEP, "v = beta * v + beta * value"),
        edit(STEP, "v = beta * v - (1 - beta) * value"),
        edit(STEP, "v = v + (1 - beta) * value"),
    ),
)


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


TASK = Task(
    reference=ref.ewa,
    returns="averages",
    cases=cases,
    criteria=(
        Agrees("averages", 3, "plain"),
        Agrees("one value, and beta = 0", 1, "edge"),
        Agrees("whole numbers", 1, "whole"),
        InputsUntouched(1),
    ),
    lecture=AVERAGE,
    mistakes=MISTAKES,
    variants=(Variant("weights", by_weights), Variant("difference", by_difference)),
    losses={
        "EW-60": "all",
        "EW-60, way 1": "averages · whole numbers",
        "EW-60, way 2": "averages · whole numbers",
        "EW-60, way 3": "averages · whole numbers",
        "EW-59": "all",
        "EW-58": "all",
        "EW-50": "all",
        "EW-51": "all",
        "EW-52": "all",
        "EW-53": "all",
        "EW-53, way 2": "all",
        "EW-01": "all",
        "EW-09": "averages · whole numbers",
        "EW-10": "all",
        "EW-11": "whole numbers",
        "EW-12": "all",
        "EW-13": "all",
        "EW-14": "all",
        "EW-15": "all",
        "EW-16": "whole numbers · inputs untouched",
        "EW-17": "all",
        "EW-18": "averages · whole numbers",
        "EW-19": "all",
    },
    promises={
        "β to the power T": Promise(value=(0.01, 0.6), within=(0, 0.9), of=left_of_the_start),
        "values": Promise(value=(-160, 160), within=(-250, 250), length=(1, 400), has=("int64",)),
        "beta": Promise(value=(0, 0.87), within=(0, 0.99), has=("0",)),
    },
    equivalent={
        "every entry is filled": ("averages, v = np.ones(len(values)), 0.0",),
    },
)
