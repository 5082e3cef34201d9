"""Tasks of ``module2_optimization/learning_rate_decay.ipynb``.

Ids LR are those of the course's catalogue of misconceptions, up to 12; the others are this
notebook's own. `CATALOGUE` counts the series, `LEFT_OUT` says why an id has no wrong function here.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from grader_tests.learning_rate_decay import reference as ref
from grading.marking.task import Case, Criterion, Lecture, Task, Variant, call, misconceptions

NOTEBOOK = "module2_optimization/05_learning_rate_decay.ipynb"
BY_HAND = Lecture(NOTEBOOK, "Schedules by hand")
SLIPS = Lecture(NOTEBOOK, "Slips")
FLOOR = Lecture(NOTEBOOK, "The floor of the staircase")

CATALOGUE = {"LR": 20}
LEFT_OUT = {
    "LR-09": "the caller counts; a schedule only sees the number that it is given",
}

COMPOUNDS = (
    "Each {} starts from the rate of the one before, so that the decay compounds. A schedule keeps "
    "no memory: start from alpha0 every time."
)
SHIFTED = (
    "The count is shifted by one. Epochs count from 0 here, so that the first one has alpha0 in "
    "full: use the number as it comes."
)
FIXED = "alpha0 has a fixed value, or one from outside the function. Use the argument."
FORGOTTEN = "alpha0 is left out: what is returned is only the factor by which it shrinks."


def settings(**values: float) -> str:
    """Name a case for the student."""
    return ", ".join(f"{name} = {value:.4g}" for name, value in values.items())


# ---------------------------------------------------------------- inverse_time_decay


def inverse_time_cases(rng: np.random.Generator) -> list[Case]:
    """The first epoch and later ones, for two decay rates."""
    cases = []
    for low, high in ((0.2, 0.45), (1.1, 1.9)):
        alpha0, decay_rate = rng.uniform(0.5, 0.9), rng.uniform(low, high)
        for epoch in (0, 1, 2, 5, 40):
            label = settings(alpha0=alpha0, decay_rate=decay_rate, epoch=epoch)
            tag = "later" if epoch else "first"
            cases.append(
                call("inverse_time_decay", alpha0, decay_rate, epoch, label=label, tag=tag)
            )
    return cases


def inverse_compounded(alpha0, decay_rate, epoch):
    """Divide the last epoch's rate."""
    alpha = alpha0
    for e in range(1, epoch + 1):
        alpha = alpha / (1 + decay_rate * e)
    return alpha


inverse = partial(misconceptions, ref.inverse_time_decay)

INVERSE_MISCONCEPTIONS = (
    *inverse(
        "LR-01", SLIPS,
        "The brackets of the denominator are missing: division comes before addition, so the rest "
        "is added to a quotient, and the rate grows.",
        [("alpha0 / (1 + decay_rate * epoch)", "1 / 1 + decay_rate * epoch * alpha0")],
        [("alpha0 / (1 + decay_rate * epoch)", "alpha0 / 1 + decay_rate * epoch")],
        [("alpha0 / (1 + decay_rate * epoch)", "(1 / 1 + decay_rate * epoch) * alpha0")],
    ),
    *inverse(
        "LR-05", SLIPS, COMPOUNDS.format("epoch"),
        inverse_compounded,
        [("alpha0 / (1 + decay_rate * epoch)", "alpha0 / (1 + decay_rate) ** epoch")],
    ),
    *inverse(
        "LR-08", BY_HAND, SHIFTED,
        [("* epoch", "* (epoch + 1)")],
        [("* epoch", "* (epoch - 1)")],
    ),
    *inverse("LR-11", BY_HAND, FIXED, [("alpha0 /", "0.2 /")], [("alpha0 /", "0.1 /")]),
    *inverse(
        "LR-12", BY_HAND,
        "This is exponential decay. Inverse-time decay divides by a number that grows evenly with "
        "the epochs.",
        [("alpha0 / (1 + decay_rate * epoch)", "alpha0 * decay_rate**epoch")],
        [("alpha0 / (1 + decay_rate * epoch)", "alpha0 * np.exp(-decay_rate * epoch)")],
        [("alpha0 / (1 + decay_rate * epoch)", "alpha0 * (1 - decay_rate) ** epoch")],
    ),
    *inverse("LR-13", BY_HAND, FORGOTTEN, [("alpha0 /", "1 /")]),
    *inverse(
        "LR-14", BY_HAND,
        "The 1 in the denominator is missing. It makes the first epoch, number 0, begin with "
        "alpha0.",
        [("1 + decay_rate", "decay_rate")],
    ),
    *inverse(
        "LR-15", BY_HAND,
        "The rate falls along a straight line and becomes negative in the end. Divide by the "
        "number that grows; do not subtract it.",
        [("alpha0 / (1 + decay_rate * epoch)", "alpha0 * (1 - decay_rate * epoch)")],
        [("alpha0 / (1 + decay_rate * epoch)", "alpha0 - decay_rate * epoch")],
    ),
)  # fmt: skip


def by_reciprocal(alpha0, decay_rate, epoch):
    """Another order of the same steps."""
    return np.reciprocal(1.0 + epoch * decay_rate) * alpha0


INVERSE_TIME_DECAY = Task(
    reference=ref.inverse_time_decay,
    returns="alpha",
    cases=inverse_time_cases,
    criteria=(Criterion("first epoch", 1, "first"), Criterion("later epochs", 2, "later")),
    lecture=BY_HAND,
    misconceptions=INVERSE_MISCONCEPTIONS,
    variants=(Variant("reciprocal", by_reciprocal),),
)


# ---------------------------------------------------------------- exponential_decay


def exponential_cases(rng: np.random.Generator) -> list[Case]:
    """The first epoch and later ones, for two bases."""
    cases = []
    for low, high in ((0.6, 0.7), (0.93, 0.97)):
        alpha0, base = rng.uniform(0.5, 0.9), rng.uniform(low, high)
        for epoch in (0, 1, 3, 10, 20):
            label = settings(alpha0=alpha0, base=base, epoch=epoch)
            tag = "later" if epoch else "first"
            cases.append(call("exponential_decay", alpha0, base, epoch, label=label, tag=tag))
    return cases


def exponential_compounded(alpha0, base, epoch):
    """Multiply the last epoch's rate by the power, not by the base."""
    alpha = alpha0
    for e in range(1, epoch + 1):
        alpha = alpha * base**e
    return alpha


exponential = partial(misconceptions, ref.exponential_decay)

EXPONENTIAL_MISCONCEPTIONS = (
    *exponential(
        "LR-05", SLIPS,
        "The rate of the epoch before is multiplied by a power of the base, so that the powers "
        "pile up. From epoch to epoch there is one factor; from alpha0 there is one power.",
        exponential_compounded,
    ),
    *exponential(
        "LR-06", SLIPS,
        "The base is multiplied by the epoch; then the rate grows. The epoch is an exponent, "
        "which a copied formula easily loses.",
        [("base**epoch", "base * epoch")],
    ),
    *exponential(
        "LR-08", BY_HAND, SHIFTED,
        [("**epoch", "**(epoch + 1)")],
        [("**epoch", "**(epoch - 1)")],
    ),
    *exponential("LR-11", BY_HAND, FIXED, [("alpha0 *", "0.2 *")], [("alpha0 *", "0.1 *")]),
    *exponential(
        "LR-12", BY_HAND,
        "This is inverse-time decay. Exponential decay multiplies by the same factor in every "
        "epoch.",
        [("alpha0 * base**epoch", "alpha0 / (1 + base * epoch)")],
        [("alpha0 * base**epoch", "alpha0 / (1 + (1 - base) * epoch)")],
    ),
    *exponential("LR-13", BY_HAND, FORGOTTEN, [("alpha0 * ", "")]),
    *exponential(
        "LR-16", BY_HAND,
        "The wrong thing is raised to the power, or to the wrong one. Only the base is, not alpha0 "
        "with it, nor e, nor the share lost per epoch; and the exponent is the epoch.",
        [("alpha0 * base**epoch", "(alpha0 * base) ** epoch")],
        [("base**epoch", "(1 - base) ** epoch")],
        [("base**epoch", "np.exp(-base * epoch)")],
        [("base**epoch", "epoch**base")],
    ),
    *exponential(
        "LR-17", BY_HAND,
        "Every epoch has the same rate, and the first is lowered already: the exponent is missing. "
        "It is the epoch itself.",
        [("base**epoch", "base")],
    ),
)  # fmt: skip


def by_logarithm(alpha0, base, epoch):
    """The same power by way of e."""
    return alpha0 * float(np.exp(epoch * np.log(base)))


def factor_by_factor(alpha0, base, epoch):
    """One factor for each epoch."""
    for _ in range(epoch):
        alpha0 = alpha0 * base
    return alpha0


EXPONENTIAL_DECAY = Task(
    reference=ref.exponential_decay,
    returns="alpha",
    cases=exponential_cases,
    criteria=(Criterion("first epoch", 1, "first"), Criterion("later epochs", 2, "later")),
    lecture=BY_HAND,
    misconceptions=EXPONENTIAL_MISCONCEPTIONS,
    variants=(Variant("logarithm", by_logarithm), Variant("factor by factor", factor_by_factor)),
)


# ---------------------------------------------------------------- sqrt_decay


def sqrt_cases(rng: np.random.Generator) -> list[Case]:
    """The first update and later ones, for two constants."""
    cases = []
    for low, high in ((1.5, 2.5), (4.0, 6.0)):
        alpha0, k = rng.uniform(0.5, 0.9), rng.uniform(low, high)
        for t in (1, 2, 9, 30, 1000):
            label = settings(alpha0=alpha0, k=k, t=t)
            tag = "later" if t > 1 else "first"
            cases.append(call("sqrt_decay", alpha0, k, t, label=label, tag=tag))
    return cases


def sqrt_compounded(alpha0, k, t):
    """Divide the last update's rate."""
    alpha = k * alpha0
    for update in range(1, t + 1):
        alpha = alpha / np.sqrt(update)
    return alpha


root = partial(misconceptions, ref.sqrt_decay)

SQRT_MISCONCEPTIONS = (
    *root("LR-05", SLIPS, COMPOUNDS.format("update"), sqrt_compounded),
    *root(
        "LR-07", SLIPS,
        "t**1/2 is (t**1)/2, because a power comes before a quotient. Write the root as a root, "
        "or put the exponent in brackets.",
        [("k * alpha0 / np.sqrt(t)", "k / t**1 / 2 * alpha0")],
        [("np.sqrt(t)", "(t**1 / 2)")],
    ),
    *root(
        "LR-08", BY_HAND,
        "A 1 is added or taken away. Updates count from 1, so t is never 0: use it as it comes.",
        [("np.sqrt(t)", "np.sqrt(t + 1)")],
        [("np.sqrt(t)", "np.sqrt(t - 1)")],
        [("np.sqrt(t)", "(1 + np.sqrt(t))")],
    ),
    *root("LR-11", BY_HAND, FIXED, [("alpha0 /", "0.2 /")], [("alpha0 /", "0.1 /")]),
    *root("LR-13", BY_HAND, FORGOTTEN, [("k * alpha0", "k")]),
    *root(
        "LR-18", BY_HAND,
        "k is left out, or not where it belongs: it multiplies alpha0, outside the root.",
        [("k * alpha0", "alpha0")],
        [("k * alpha0 / np.sqrt(t)", "alpha0 / np.sqrt(k * t)")],
        [("k * alpha0 / np.sqrt(t)", "alpha0 / (k * np.sqrt(t))")],
        [("k * alpha0 / np.sqrt(t)", "alpha0 * np.sqrt(k / t)")],
    ),
    *root(
        "LR-19", BY_HAND,
        "The root is missing, or covers more than t. Only t stands under it.",
        [("np.sqrt(t)", "t")],
        [("k * alpha0 / np.sqrt(t)", "np.sqrt(k * alpha0 / t)")],
        [("np.sqrt(t)", "t**2")],
    ),
)  # fmt: skip


def by_power(alpha0, k, t):
    """The root as a power."""
    return alpha0 * k * t**-0.5


SQRT_DECAY = Task(
    reference=ref.sqrt_decay,
    returns="alpha",
    cases=sqrt_cases,
    criteria=(Criterion("first update", 1, "first"), Criterion("later updates", 2, "later")),
    lecture=BY_HAND,
    misconceptions=SQRT_MISCONCEPTIONS,
    variants=(Variant("power", by_power),),
)


# ---------------------------------------------------------------- staircase_decay


def staircase_cases(rng: np.random.Generator) -> list[Case]:
    """On each stair the first epoch, the last and one between, for two intervals."""
    cases = []
    for interval, low, high in ((100, 0.3, 0.45), (8, 1.2, 1.9)):
        alpha0, decay_rate = rng.uniform(0.5, 0.9), rng.uniform(low, high)
        for share in (0, 0.4, 0.99, 1, 1.5, 2, 2.5, 2.99, 10):
            epoch = int(share * interval)
            label = settings(alpha0=alpha0, decay_rate=decay_rate, epoch=epoch, interval=interval)
            tag = "later" if share >= 1 else "first"
            arguments = (alpha0, decay_rate, epoch, interval)
            cases.append(call("staircase_decay", *arguments, label=label, tag=tag))
    return cases


def stairs_compounded(alpha0, decay_rate, epoch, interval):
    """Divide the last stair's rate."""
    alpha = alpha0
    for stair in range(1, epoch // interval + 1):
        alpha = alpha / (1 + decay_rate * stair)
    return alpha


def falls_after_the_first_stair(result: float, wanted: float, case: Case) -> bool | None:
    """Recognise a smooth fall that begins after a first stair."""
    alpha0, decay_rate, epoch, interval = case.inputs.values()
    if epoch < interval or epoch % interval == 0:
        return None if np.isclose(result, wanted) else False
    return bool(np.isclose(result, alpha0 / (1 + decay_rate * epoch / interval)))


stairs = partial(misconceptions, ref.staircase_decay)

STAIR = "(epoch // interval)"

STAIRCASE_MISCONCEPTIONS = (
    *stairs(
        "LR-01", SLIPS,
        "The brackets of the denominator are missing: division comes before addition, so the rest "
        "is added to a quotient, and the rate grows.",
        [(f"alpha0 / (1 + decay_rate * {STAIR})", f"1 / 1 + decay_rate * {STAIR} * alpha0")],
        [(f"alpha0 / (1 + decay_rate * {STAIR})", f"alpha0 / 1 + decay_rate * {STAIR}")],
        [(f"alpha0 / (1 + decay_rate * {STAIR})", f"(1 / 1 + decay_rate * {STAIR}) * alpha0")],
    ),
    *stairs(
        "LR-02", FLOOR,
        "There are no stairs: the rate falls a little in every epoch. Count whole intervals, "
        "rounded down.",
        [(STAIR, "(epoch / interval)")],
    ),
    *stairs(
        "LR-03", FLOOR,
        "The rate decays only in epochs that are a multiple of the interval and is alpha0 in "
        "between. A stair lasts until the next one.",
        [(STAIR, f"{STAIR} * (epoch % interval == 0)")],
    ),
    *stairs(
        "LR-04", FLOOR,
        "After the first interval the rate falls in every epoch. It should stay the same all "
        "along each stair.",
        [(STAIR, "(epoch / interval if epoch >= interval else 0)")],
        looks_like=falls_after_the_first_stair,
    ),
    *stairs(
        "LR-05", SLIPS, COMPOUNDS.format("stair"),
        stairs_compounded,
        [(f"(1 + decay_rate * {STAIR})", f"(1 + decay_rate) ** {STAIR}")],
    ),
    *stairs(
        "LR-10", FLOOR,
        "The number of intervals is rounded to the nearest whole number, or up. Only whole "
        "intervals that have passed count: round down.",
        [(STAIR, "round(epoch / interval)")],
        [(STAIR, "np.ceil(epoch / interval)")],
        [(STAIR, f"({STAIR} + 1)")],
    ),
    *stairs("LR-11", BY_HAND, FIXED, [("alpha0 /", "0.2 /")], [("alpha0 /", "0.1 /")]),
    *stairs(
        "LR-12", BY_HAND,
        "Each stair multiplies by the same factor: that is exponential decay. Here the "
        "denominator grows evenly from stair to stair.",
        [(f"alpha0 / (1 + decay_rate * {STAIR})", f"alpha0 * decay_rate**{STAIR}")],
    ),
    *stairs("LR-13", BY_HAND, FORGOTTEN, [("alpha0 /", "1 /")]),
    *stairs(
        "LR-20", FLOOR,
        "Something else than whole intervals is counted, or rounded down. Divide the epoch by the "
        "interval and round that down; the decay rate comes in afterwards.",
        [(f"decay_rate * {STAIR}", "(decay_rate * epoch // interval)")],
        [(STAIR, "(epoch % interval)")],
        [(STAIR, "epoch")],
        [(STAIR, "(epoch if epoch >= interval else 0)")],
        [(STAIR, "(epoch - interval if epoch >= interval else 0)")],
    ),
)  # fmt: skip


def by_floor(alpha0, decay_rate, epoch, interval):
    """The floor of NumPy."""
    return alpha0 / (1 + decay_rate * np.floor(epoch / interval))


def by_remainder(alpha0, decay_rate, epoch, interval):
    """The start of the stair, as a share of the interval."""
    start = epoch - epoch % interval
    return alpha0 / (1 + decay_rate * start / interval)


STAIRCASE_DECAY = Task(
    reference=ref.staircase_decay,
    returns="alpha",
    cases=staircase_cases,
    criteria=(Criterion("first stair", 1, "first"), Criterion("later stairs", 2, "later")),
    lecture=BY_HAND,
    misconceptions=STAIRCASE_MISCONCEPTIONS,
    variants=(Variant("floor", by_floor), Variant("remainder", by_remainder)),
)

TASKS = (INVERSE_TIME_DECAY, EXPONENTIAL_DECAY, SQRT_DECAY, STAIRCASE_DECAY)
