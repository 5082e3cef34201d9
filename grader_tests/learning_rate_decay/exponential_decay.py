"""`exponential_decay`: return ``alpha0 * base ** epoch``."""

from __future__ import annotations

import numpy as np

from grader_tests.learning_rate_decay import BY_HAND, SLIPS
from grader_tests.learning_rate_decay import reference as ref
from grader_tests.learning_rate_decay.draws import (
    FIXED,
    FORGOTTEN,
    SHIFTED,
    first_case,
    of_any_schedule,
    settings,
)
from grading.marking import Agrees, Case, Mistake, Promise, Task, Variant, call, edit, fixed


def cases(rng: np.random.Generator) -> list[Case]:
    """The first epoch and later ones, for two bases."""
    cases = []
    for scale, low, high in ((0.01, 0.6, 0.7), (20, 0.93, 0.97)):
        alpha0, base = scale * rng.uniform(0.5, 0.9), rng.uniform(low, high)
        given = {"alpha0": alpha0, "base": base}
        cases.append(first_case(ref.exponential_decay, "alpha0, base, 1", **given, epoch=0))
        for epoch in (1, 3, 10, 20, 100):
            label = settings(**given, epoch=epoch)
            cases.append(
                call(ref.exponential_decay, *given.values(), epoch, label=label, tags="later")
            )
    return cases


def exponential_compounded(alpha0, base, epoch):
    """Multiply the last epoch's rate by the power, not by the base."""
    alpha = alpha0
    for e in range(1, epoch + 1):
        alpha = alpha * base**e
    return alpha


MISTAKES = (
    Mistake(
        "LR-05",
        SLIPS,
        "The rate of the epoch before is multiplied by a power of the base, so that the powers "
        "pile up. From epoch to epoch there is one factor; from alpha0 there is one power.",
        exponential_compounded,
    ),
    Mistake(
        "LR-06",
        SLIPS,
        "The base is multiplied by the epoch; then the rate grows. The epoch is an exponent, "
        "which a copied formula easily loses.",
        edit("base**epoch", "base * epoch"),
    ),
    Mistake(
        "LR-08",
        BY_HAND,
        SHIFTED,
        edit("**epoch", "**(epoch + 1)"),
        edit("**epoch", "**(epoch - 1)"),
    ),
    Mistake(
        "LR-11",
        BY_HAND,
        FIXED,
        edit("alpha0 *", "0.2 *"),
        edit("alpha0 *", "0.1 *"),
        edit("", "base = 0.95"),
        numbers=fixed("alpha0", "base"),
    ),
    Mistake(
        "LR-12",
        BY_HAND,
        "This is inverse-time decay. Exponential decay multiplies by the same factor in every "
        "epoch.",
        edit("alpha0 * base**epoch", "alpha0 / (1 + base * epoch)"),
        edit("alpha0 * base**epoch", "alpha0 / (1 + (1 - base) * epoch)"),
    ),
    Mistake("LR-13", BY_HAND, FORGOTTEN, edit("alpha0 * ", "")),
    Mistake(
        "LR-16",
        BY_HAND,
        "The wrong thing is raised to the power, or to the wrong one. Only the base is, not alpha0 "
        "with it, nor e, nor the share lost per epoch; and the exponent is the epoch.",
        edit("alpha0 * base**epoch", "(alpha0 * base) ** epoch"),
        edit("base**epoch", "(1 - base) ** epoch"),
        edit("base**epoch", "np.exp(-base * epoch)"),
        edit("base**epoch", "np.exp(-base)"),
        edit("base**epoch", "np.exp(-(1 - base) * epoch)"),
        edit("base**epoch", "base**alpha0"),
        edit("base**epoch", "base ** (1 / max(epoch, 1))"),
        edit("base**epoch", "base ** (epoch / 10)"),
    ),
    Mistake(
        "LR-17",
        BY_HAND,
        "Every epoch has the same rate, and the first is lowered already: the exponent is missing. "
        "It is the epoch itself.",
        edit("base**epoch", "base"),
    ),
    Mistake(
        "LR-60",
        BY_HAND,
        "alpha0 is divided by the power. The base is below 1, so the rate would grow: multiply.",
        edit("alpha0 * base**epoch", "alpha0 / base**epoch"),
    ),
    Mistake(
        "LR-61",
        BY_HAND,
        "The rate falls along a line. Each epoch multiplies it by the base.",
        edit("base**epoch", "(1 - base * epoch)"),
        edit("base**epoch", "(1 - (1 - base) * epoch)"),
    ),
    *of_any_schedule(
        BY_HAND, "alpha0 * base**epoch", "epoch", ("alpha0", "base"), ("base", "epoch")
    ),
)


def by_logarithm(alpha0, base, epoch):
    """The same power by way of e."""
    return alpha0 * float(np.exp(epoch * np.log(base)))


def factor_by_factor(alpha0, base, epoch):
    """One factor for each epoch."""
    for _ in range(epoch):
        alpha0 = alpha0 * base
    return alpha0


TASK = Task(
    reference=ref.exponential_decay,
    returns="alpha",
    cases=cases,
    criteria=(
        Agrees("first epoch", 0.5, "first"),
        Agrees("later epochs", 0.5, "later"),
    ),
    lecture=BY_HAND,
    mistakes=MISTAKES,
    variants=(Variant("logarithm", by_logarithm), Variant("factor by factor", factor_by_factor)),
    losses={
        "LR-68": "later epochs",
        "LR-68, way 2": "all",
        "LR-67": "all",
        "LR-67, way 3": "later epochs",
        "LR-16": "all",
        "LR-16, way 2": "later epochs",
        "LR-16, way 3": "later epochs",
        "LR-16, way 5": "later epochs",
        "LR-16, way 8": "later epochs",
        "LR-69": "all",
        "LR-70": "all",
        "LR-71": "all",
        "LR-60": "all",
        "LR-61": "later epochs",
        "LR-61, way 2": "later epochs",
        "LR-05": "later epochs",
        "LR-06": "all",
        "LR-08": "all",
        "LR-11": "all",
        "LR-11, way 3": "later epochs",
        "LR-12": "later epochs",
        "LR-13": "all",
        "LR-17": "all",
    },
    promises={
        "alpha0": Promise(value=(0.012, 9.2), within=(0.005, 20)),
        "base": Promise(value=(0.73, 0.9), within=(0.6, 0.97)),
        "epoch": Promise(value=(0, 100), has=("0",)),
    },
)
