"""`staircase_decay`: return ``alpha0 / (1 + decay_rate * floor(epoch / interval))``."""

from __future__ import annotations

import numpy as np

from grader_tests.learning_rate_decay import BY_HAND, FLOOR, SLIPS
from grader_tests.learning_rate_decay import reference as ref
from grader_tests.learning_rate_decay.draws import (
    COMPOUNDS,
    FIXED,
    FORGOTTEN,
    first_case,
    of_any_schedule,
    settings,
)
from grading.marking import Agrees, Case, Mistake, Promise, Task, Variant, call, edit, fixed

NEXT_STAIR = "alpha0, decay_rate, epoch + interval, interval"


def cases(rng: np.random.Generator) -> list[Case]:
    """On each stair the first epoch, the last and one between, for two intervals."""
    cases = []
    for scale, interval, low, high in ((0.01, 100, 0.3, 0.45), (20, 8, 1.2, 1.9)):
        alpha0, decay_rate = scale * rng.uniform(0.5, 0.9), rng.uniform(low, high)
        for share in (0, 0.4, 0.99, 1, 1.5, 2, 2.5, 2.99, 10):
            given = {"alpha0": alpha0, "decay_rate": decay_rate, "epoch": int(share * interval)}
            given["interval"] = interval
            cases.append(
                call(ref.staircase_decay, *given.values(), label=settings(**given), tags="later")
                if share >= 1
                else first_case(ref.staircase_decay, NEXT_STAIR, **given)
            )
    return cases


def stairs_compounded(alpha0, decay_rate, epoch, interval):
    """Divide the last stair's rate."""
    alpha = alpha0
    for stair in range(1, epoch // interval + 1):
        alpha = alpha / (1 + decay_rate * stair)
    return alpha


def falls_after_the_first_stair(result: object, wanted: object, case: Case) -> bool | None:
    """Recognise a smooth fall that begins after a first stair."""
    alpha0, decay_rate, epoch, interval = case.inputs.values()
    if epoch < interval:
        return None if np.allclose(result, wanted) else False
    if epoch % interval == 0:
        return None if np.isclose(result, wanted) else False
    return bool(np.isclose(result, alpha0 / (1 + decay_rate * epoch / interval)))


STAIR = "(epoch // interval)"

MISTAKES = (
    Mistake(
        "LR-01",
        SLIPS,
        "The brackets of the denominator are missing: division comes before addition, so the rest "
        "is added to a quotient, and the rate grows.",
        edit(f"alpha0 / (1 + decay_rate * {STAIR})", f"1 / 1 + decay_rate * {STAIR} * alpha0"),
        edit(f"alpha0 / (1 + decay_rate * {STAIR})", f"alpha0 / 1 + decay_rate * {STAIR}"),
        edit(f"alpha0 / (1 + decay_rate * {STAIR})", f"(1 / 1 + decay_rate * {STAIR}) * alpha0"),
    ),
    Mistake(
        "LR-02",
        FLOOR,
        "There are no stairs: the rate falls a little in every epoch. Count whole intervals, "
        "rounded down.",
        edit(STAIR, "(epoch / interval)"),
    ),
    Mistake(
        "LR-03",
        FLOOR,
        "The rate decays only in epochs that are a multiple of the interval and is alpha0 in "
        "between. A stair lasts until the next one.",
        edit(STAIR, f"{STAIR} * (epoch % interval == 0)"),
    ),
    Mistake(
        "LR-04",
        FLOOR,
        "After the first interval the rate falls in every epoch. It should stay the same all "
        "along each stair.",
        edit(STAIR, "(epoch / interval if epoch >= interval else 0)"),
        looks_like=falls_after_the_first_stair,
    ),
    Mistake(
        "LR-05",
        SLIPS,
        COMPOUNDS.format("stair"),
        stairs_compounded,
        edit(f"(1 + decay_rate * {STAIR})", f"(1 + decay_rate) ** {STAIR}"),
    ),
    Mistake(
        "LR-10",
        FLOOR,
        "The number of intervals is rounded to the nearest whole number, or up. Only whole "
        "intervals that have passed count: round down.",
        edit(STAIR, "round(epoch / interval)"),
        edit(STAIR, "np.ceil(epoch / interval)"),
        edit(STAIR, f"({STAIR} + 1)"),
    ),
    Mistake(
        "LR-11",
        BY_HAND,
        FIXED,
        edit("alpha0 /", "0.2 /"),
        edit("alpha0 /", "0.1 /"),
        edit("", "decay_rate = 0.5"),
        numbers=fixed("alpha0", "decay_rate", whole=("interval",)),
    ),
    Mistake(
        "LR-12",
        BY_HAND,
        "Each stair multiplies by the same factor: that is exponential decay. Here the "
        "denominator grows evenly from stair to stair.",
        edit(f"alpha0 / (1 + decay_rate * {STAIR})", f"alpha0 * decay_rate**{STAIR}"),
    ),
    Mistake("LR-13", BY_HAND, FORGOTTEN, edit("alpha0 /", "1 /")),
    Mistake(
        "LR-20",
        FLOOR,
        "Something else than whole intervals is counted, or rounded down. Divide the epoch by the "
        "interval and round that down; the decay rate comes in afterwards.",
        edit(f"decay_rate * {STAIR}", "(decay_rate * epoch // interval)"),
        edit(STAIR, "(epoch % interval)"),
        edit(STAIR, "((1 + epoch) // interval)"),
        edit(STAIR, "epoch"),
        edit(STAIR, "((epoch - 1) // interval)"),
        edit(STAIR, "((1 - epoch) // interval)"),
        edit(STAIR, "(epoch * interval)"),
        edit(STAIR, "(interval / max(epoch, 1))"),
        edit(STAIR, "(interval // max(epoch, 1))"),
        edit(STAIR, "(epoch // interval * interval)"),
        edit(STAIR, "interval"),
        edit(STAIR, "(epoch > interval)"),
        edit(STAIR, "(epoch >= interval)"),
        edit(STAIR, "(epoch if epoch >= interval else 0)"),
        edit(STAIR, "(epoch - interval if epoch >= interval else 0)"),
    ),
    Mistake(
        "LR-64",
        BY_HAND,
        "decay_rate and the stairs make no product: one of them is missing, added or divided. "
        "decay_rate says how much the denominator grows with each stair.",
        edit("decay_rate * (epoch // interval)", "(epoch // interval)"),
        edit("decay_rate * (epoch // interval)", "decay_rate"),
        edit("decay_rate * (epoch // interval)", "(epoch // interval) / decay_rate"),
        edit("decay_rate * (epoch // interval)", "decay_rate + (epoch // interval)"),
    ),
    *of_any_schedule(
        BY_HAND,
        f"alpha0 / (1 + decay_rate * {STAIR})",
        "epoch",
        ("decay_rate", "interval"),
        ("alpha0", "decay_rate"),
    ),
)


def by_floor(alpha0, decay_rate, epoch, interval):
    """The floor of NumPy."""
    return alpha0 / (1 + decay_rate * np.floor(epoch / interval))


def by_remainder(alpha0, decay_rate, epoch, interval):
    """The start of the stair, as a share of the interval."""
    start = epoch - epoch % interval
    return alpha0 / (1 + decay_rate * start / interval)


TASK = Task(
    reference=ref.staircase_decay,
    returns="alpha",
    cases=cases,
    criteria=(
        Agrees("first stair", 0.5, "first"),
        Agrees("later stairs", 0.5, "later"),
    ),
    lecture=BY_HAND,
    mistakes=MISTAKES,
    variants=(Variant("floor", by_floor), Variant("remainder", by_remainder)),
    losses={
        "LR-68": "later stairs",
        "LR-68, way 2": "all",
        "LR-67": "all",
        "LR-67, way 3": "later stairs",
        "LR-64": "later stairs",
        "LR-64, way 2": "all",
        "LR-64, way 4": "all",
        "LR-20": "all",
        "LR-20, way 10": "later stairs",
        "LR-20, way 13": "later stairs",
        "LR-20, way 14": "later stairs",
        "LR-69": "all",
        "LR-70": "all",
        "LR-71": "all",
        "LR-01": "all",
        "LR-02": "all",
        "LR-03": "all",
        "LR-04": "later stairs",
        "LR-05": "later stairs",
        "LR-10": "all",
        "LR-11": "all",
        "LR-11, way 3": "later stairs",
        "LR-12": "all",
        "LR-13": "all",
    },
    promises={
        "alpha0": Promise(value=(0.012, 9.2), within=(0.005, 20)),
        "decay_rate": Promise(value=(0.53, 1.1), within=(0.3, 2)),
        "epoch": Promise(value=(0, 1000), has=("0",)),
        "interval": Promise(value=(8, 100)),
    },
)
