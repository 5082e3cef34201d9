"""`inverse_time_decay`: return ``alpha0 / (1 + decay_rate * epoch)``."""

from __future__ import annotations

import numpy as np

from grader_tests.learning_rate_decay import BY_HAND, SLIPS
from grader_tests.learning_rate_decay import reference as ref
from grader_tests.learning_rate_decay.draws import (
    COMPOUNDS,
    FIXED,
    FORGOTTEN,
    SHIFTED,
    first_case,
    of_any_schedule,
    settings,
)
from grading.marking import Agrees, Case, Mistake, Promise, Task, Variant, call, edit, fixed


def cases(rng: np.random.Generator) -> list[Case]:
    """The first epoch and later ones, for two decay rates."""
    cases = []
    for scale, low, high in ((0.01, 0.2, 0.45), (20, 1.1, 1.9)):
        alpha0, decay_rate = scale * rng.uniform(0.5, 0.9), rng.uniform(low, high)
        given = {"alpha0": alpha0, "decay_rate": decay_rate}
        cases.append(first_case(ref.inverse_time_decay, "alpha0, decay_rate, 1", **given, epoch=0))
        for epoch in (1, 2, 5, 40, 300):
            label = settings(**given, epoch=epoch)
            cases.append(
                call(ref.inverse_time_decay, *given.values(), epoch, label=label, tags="later")
            )
    return cases


def inverse_compounded(alpha0, decay_rate, epoch):
    """Divide the last epoch's rate."""
    alpha = alpha0
    for e in range(1, epoch + 1):
        alpha = alpha / (1 + decay_rate * e)
    return alpha


MISTAKES = (
    Mistake(
        "LR-01",
        SLIPS,
        "The brackets of the denominator are missing: division comes before addition, so the rest "
        "is added to a quotient, and the rate grows.",
        edit("alpha0 / (1 + decay_rate * epoch)", "1 / 1 + decay_rate * epoch * alpha0"),
        edit("alpha0 / (1 + decay_rate * epoch)", "alpha0 / 1 + decay_rate * epoch"),
        edit("alpha0 / (1 + decay_rate * epoch)", "(1 / 1 + decay_rate * epoch) * alpha0"),
    ),
    Mistake(
        "LR-05",
        SLIPS,
        COMPOUNDS.format("epoch"),
        inverse_compounded,
        edit("alpha0 / (1 + decay_rate * epoch)", "alpha0 / (1 + decay_rate) ** epoch"),
    ),
    Mistake(
        "LR-08",
        BY_HAND,
        SHIFTED,
        edit("* epoch", "* (epoch + 1)"),
        edit("* epoch", "* (epoch - 1)"),
    ),
    Mistake(
        "LR-11",
        BY_HAND,
        FIXED,
        edit("alpha0 /", "0.2 /"),
        edit("alpha0 /", "0.1 /"),
        edit("", "decay_rate = 0.5"),
        numbers=fixed("alpha0", "decay_rate"),
    ),
    Mistake(
        "LR-12",
        BY_HAND,
        "This is exponential decay. Inverse-time decay divides by a number that grows evenly with "
        "the epochs.",
        edit("alpha0 / (1 + decay_rate * epoch)", "alpha0 * decay_rate**epoch"),
        edit("alpha0 / (1 + decay_rate * epoch)", "alpha0 * np.exp(-decay_rate * epoch)"),
        edit("alpha0 / (1 + decay_rate * epoch)", "alpha0 * (1 - decay_rate) ** epoch"),
    ),
    Mistake("LR-13", BY_HAND, FORGOTTEN, edit("alpha0 /", "1 /")),
    Mistake(
        "LR-14",
        BY_HAND,
        "The 1 in the denominator is missing. It makes the first epoch, number 0, begin with "
        "alpha0.",
        edit("1 + decay_rate", "decay_rate"),
    ),
    Mistake(
        "LR-15",
        BY_HAND,
        "The rate falls along a straight line and becomes negative in the end. Divide by the "
        "number that grows; do not subtract it.",
        edit("alpha0 / (1 + decay_rate * epoch)", "alpha0 * (1 - decay_rate * epoch)"),
        edit("alpha0 / (1 + decay_rate * epoch)", "alpha0 - decay_rate * epoch"),
    ),
    Mistake(
        "LR-57",
        BY_HAND,
        "The sign in the denominator is minus. It grows with the epochs.",
        edit("1 + decay_rate * epoch", "1 - decay_rate * epoch"),
    ),
    Mistake(
        "LR-72",
        BY_HAND,
        "A factor of the denominator is missing or stands elsewhere. It is 1 plus the product of "
        "decay rate and epoch, and alpha0 stands above it.",
        edit("1 + decay_rate * epoch", "1 + epoch"),
        edit("1 + decay_rate * epoch", "1 + decay_rate"),
        edit("1 + decay_rate * epoch", "1 + decay_rate + epoch"),
        edit("1 + decay_rate * epoch", "1 + epoch / decay_rate"),
        edit("1 + decay_rate * epoch", "1 + decay_rate / max(epoch, 1)"),
        edit("1 + decay_rate * epoch", "(1 + decay_rate) * epoch"),
        edit("1 + decay_rate * epoch", "decay_rate * (1 + epoch)"),
        edit("1 + decay_rate * epoch", "1 + np.sqrt(decay_rate * epoch)"),
        edit("(1 + decay_rate * epoch)", "np.sqrt(1 + decay_rate * epoch)"),
    ),
    Mistake(
        "LR-58",
        BY_HAND,
        "alpha0 stands in the denominator in place of the 1. It is what is divided.",
        edit("alpha0 / (1 + decay_rate * epoch)", "1 / (alpha0 + decay_rate * epoch)"),
    ),
    Mistake(
        "LR-59",
        BY_HAND,
        "There is an exponent, the epoch or the decay rate. In this schedule both are factors.",
        edit("decay_rate * epoch", "decay_rate**epoch"),
        edit("decay_rate * epoch", "epoch**decay_rate"),
    ),
    *of_any_schedule(
        BY_HAND,
        "alpha0 / (1 + decay_rate * epoch)",
        "epoch",
        ("alpha0", "decay_rate"),
        ("alpha0", "epoch"),
    ),
)


def by_reciprocal(alpha0, decay_rate, epoch):
    """Another order of the same steps."""
    return np.reciprocal(1.0 + epoch * decay_rate) * alpha0


TASK = Task(
    reference=ref.inverse_time_decay,
    returns="alpha",
    cases=cases,
    criteria=(
        Agrees("first epoch", 0.5, "first"),
        Agrees("later epochs", 0.5, "later"),
    ),
    lecture=BY_HAND,
    mistakes=MISTAKES,
    variants=(Variant("reciprocal", by_reciprocal),),
    losses={
        "LR-68": "later epochs",
        "LR-68, way 2": "all",
        "LR-67": "all",
        "LR-67, way 3": "later epochs",
        "LR-59": "all",
        "LR-59, way 2": "later epochs",
        "LR-72": "all",
        "LR-72, way 1": "later epochs",
        "LR-72, way 4": "later epochs",
        "LR-72, way 8": "later epochs",
        "LR-72, way 9": "later epochs",
        "LR-69": "all",
        "LR-70": "all",
        "LR-71": "all",
        "LR-57": "all",
        "LR-58": "all",
        "LR-01": "all",
        "LR-05": "later epochs",
        "LR-08": "all",
        "LR-11": "all",
        "LR-11, way 3": "later epochs",
        "LR-12": "later epochs",
        "LR-12, way 1": "all",
        "LR-13": "all",
        "LR-14": "all",
        "LR-15": "later epochs",
    },
    promises={
        "alpha0": Promise(value=(0.012, 9.2), within=(0.005, 20)),
        "decay_rate": Promise(value=(0.52, 1), within=(0.2, 2)),
        "epoch": Promise(value=(0, 300), has=("0",)),
    },
)
