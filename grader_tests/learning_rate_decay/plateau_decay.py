"""`plateau_decay`: shrink the rate where the cost has not had a new best for some epochs."""

from __future__ import annotations

import numpy as np

from grader_tests.learning_rate_decay import FLOOR
from grader_tests.learning_rate_decay import reference as ref
from grading.marking import (
    Agrees,
    Case,
    Holds,
    InputsUntouched,
    Mistake,
    Promise,
    Task,
    Variant,
    call,
    edit,
    fixed,
)

# How costs go, epoch by epoch: f a new best, s one by a hair, u worse than the last, d better than
# the last and no new best, e equal to the best.
ONE = (
    *(("ffudff", 2), ("fffuduuf", 4), ("fuffudff", 2), ("fufuudff", 3)),
    *(("fuuf", 2), ("fuu", 2), ("fufufuf", 2), ("fsufs", 2), ("fssuusf", 2)),
)
SEVERAL = (
    *(("fuudufudduf", 2), ("ffuduuuduuduffud", 3), ("fuudf", 1), ("fudduuddfffuudf", 4)),
    *(("fuuuuufuuf", 2), ("fuduuduffuduf", 3)),
)
EQUAL = (("feeff", 2), ("ffueduf", 3), ("fffeffe", 1), ("fueudef", 5))


def drawn(way: str, rng: np.random.Generator) -> np.ndarray:
    """Draw costs that go so."""
    best = last = rng.uniform(8, 9)
    costs = []
    for letter in way:
        if letter == "f":
            best = last = best * rng.uniform(0.8, 0.95)
        elif letter == "s":
            best = last = best * 0.99997
        elif letter == "e":
            last = best
        elif letter == "u":
            last = max(last, best) * rng.uniform(1.1, 1.3)
        else:
            last = best + (last - best) * rng.uniform(0.3, 0.7)
        costs.append(last)
    return np.array(costs)


def cases(rng: np.random.Generator) -> list[Case]:
    """One plateau, several, equal costs, whole numbers, a long run, and nonsense."""
    cases = []
    long = "".join(rng.choice(list("ffudu"), 145))
    for tag, ways in (
        ("one", ONE),
        ("several", (*SEVERAL, (f"f{long}uuuuuf".replace("fd", "fu"), 5))),
        ("equal", EQUAL),
        ("whole", (("ffuduudf", 2), ("fuduufff", 3))),
    ):
        for way, patience in ways:
            costs, factor = drawn(way, rng), rng.choice([0.1, 0.3, 0.6, 0.995])
            alpha0, words = rng.uniform(0.2, 0.8), ""
            if tag == "whole":
                costs, alpha0, words = np.round(300 * costs).astype(int), 3, ", whole numbers"
            label = f"{len(way)} epochs{words}, factor {factor:g}, patience {patience}"
            cases.append(
                call(
                    ref.plateau_decay,
                    costs,
                    alpha0,
                    float(factor),
                    patience,
                    label=label,
                    tags=tag,
                )
            )
    for factor, patience in (
        *((0.5, 0), (0.3, 0), (0.5, -1), (0.0, 2), (0.0, 1), (-0.5, 2)),
        *((1.0, 2), (1.0, 4), (2.0, 3)),
    ):
        cases.append(
            call(
                ref.plateau_decay,
                drawn("ffuduf", rng),
                0.4,
                factor,
                patience,
                label=f"factor {factor:g}, patience {patience}",
                tags="refused",
                raises=ValueError,
            )
        )
    return cases


def shrinks_by_the_factor(result: np.ndarray, wanted: np.ndarray, case: Case) -> str | None:
    """Hold that the rates begin with alpha0 and change, and that each change is by the factor."""
    if np.shape(result) != wanted.shape:
        return f"There should be one rate for each of the {len(wanted)} epochs."
    ratios = result[1:] / result[:-1]
    changes = ratios[~np.isclose(ratios, 1, rtol=1e-9)]
    if not np.isclose(result[0], case.inputs["alpha0"]):
        return "The first epoch has another rate than alpha0."
    if not len(changes):
        return "The rate never shrinks."
    if not np.allclose(changes, case.inputs["factor"]):
        return "There is a change of the rate that is not by the factor."
    return None


FILL = "        rates[epoch] = alpha\n"
BETTER = "if cost < best:"
NEW_BEST = "best, waited = cost, 0"
ENOUGH = "if waited == patience:"
SHRINK = "alpha, waited = alpha * factor, 0"
ZEROS = "np.zeros(len(costs))"
REFUSED = "not 0 < factor < 1 or patience < 1"
LAST = "    return rates"


def other_form(result: object, wanted: np.ndarray, case: Case) -> bool:
    """Recognise what is no array with one axis; a single number is another matter."""
    return not isinstance(result, np.ndarray | float) or np.ndim(result) > 1


MISTAKES = (
    Mistake(
        "LR-35",
        FLOOR,
        "The rate shrinks in the very epoch whose cost tells so. That cost is known at the end of "
        "the epoch: the smaller rate is used from the next one on.",
        edit(FILL, "").then(SHRINK, f"{SHRINK}\n        rates[epoch] = alpha"),
    ),
    Mistake(
        "LR-36",
        FLOOR,
        "The count does not start anew when the rate has shrunk, so it shrinks in every epoch from "
        "then on, or never again.",
        edit(SHRINK, "alpha = alpha * factor").then("==", ">="),
        edit(SHRINK, "alpha = alpha * factor"),
        edit(SHRINK, "alpha, waited = alpha * factor, 1"),
    ),
    Mistake(
        "LR-37",
        FLOOR,
        "A new best does not set the count back to 0. Only epochs without one, one after the "
        "other, use up the patience.",
        edit(NEW_BEST, "best = cost"),
    ),
    Mistake(
        "LR-38",
        FLOOR,
        "Each cost is compared with the one before. After a bad epoch that is easily beaten; what "
        "counts is the best of all so far.",
        edit(NEW_BEST, "waited = 0").then("if waited ==", "best = cost\n        if waited =="),
    ),
    Mistake(
        "LR-39",
        FLOOR,
        "A cost as good as the best is taken for a new best. On a plateau costs are equal: only a "
        "lower one is new.",
        edit(BETTER, "if cost <= best:"),
    ),
    Mistake(
        "LR-73",
        FLOOR,
        "A cost must be lower by a margin to be a new best. Any lower cost is one, however near it "
        "is.",
        edit(BETTER, "if cost < best * (1 - 1e-4):"),
        edit(BETTER, "if cost < best and not np.isclose(cost, best, rtol=1e-4):"),
        numbers={
            "a margin": edit(BETTER, "if cost < best - {number}:"),
            "a share as the margin": edit(BETTER, "if cost < best * (1 - {number}):"),
        },
    ),
    Mistake(
        "LR-74",
        FLOOR,
        "The first epoch after the rate has shrunk is not looked at, or counts less. The counting "
        "starts anew with it.",
        edit(SHRINK, "alpha, waited = alpha * factor, -1"),
        edit(SHRINK, "alpha, waited = alpha * factor, -patience"),
    ),
    Mistake(
        "LR-75",
        FLOOR,
        "The rates are no NumPy array of shape (T,): a list, another shape, or nothing at all. "
        "Return one array, a float for each epoch.",
        edit(LAST, "    return rates.tolist()"),
        edit(LAST, "    return rates[:, np.newaxis]"),
        edit(LAST, "    return rates[np.newaxis]"),
        edit(LAST, "    return rates, alpha"),
        edit(LAST, "    return None"),
        looks_like=other_form,
    ),
    Mistake(
        "LR-40",
        FLOOR,
        "The patience is one epoch longer or shorter than it should be. Count the epochs without a "
        "new best on your fingers.",
        edit(ENOUGH, "if waited > patience:"),
        edit(ENOUGH, "if waited >= max(1, patience - 1):"),
    ),
    Mistake(
        "LR-41",
        FLOOR,
        "The best cost is forgotten when the rate shrinks. It stays the one to beat; only the "
        "count starts anew.",
        edit(SHRINK, "alpha, waited, best = alpha * factor, 0, np.inf"),
        edit(SHRINK, "alpha, waited, best = alpha * factor, 0, cost"),
    ),
    Mistake(
        "LR-42",
        FLOOR,
        "The rate shrinks once only, or each time from alpha0. Every further plateau multiplies "
        "what is there.",
        edit(SHRINK, "alpha, waited = alpha0 * factor, 0"),
        edit(SHRINK, "alpha, waited, patience = alpha * factor, 0, len(costs) + 1"),
    ),
    Mistake(
        "LR-43",
        FLOOR,
        "The rate shrinks in another way: the factor divides, is taken off, or is what is lost. It "
        "is what is left.",
        edit(SHRINK, "alpha, waited = alpha / factor, 0"),
        edit(SHRINK, "alpha, waited = alpha - factor, 0"),
        edit(SHRINK, "alpha, waited = alpha * (1 - factor), 0"),
        edit(SHRINK, "alpha, waited = alpha / (1 + factor), 0"),
        edit(SHRINK, "alpha, waited = alpha * factor**2, 0"),
        edit(SHRINK, "alpha, waited = alpha**factor, 0"),
        edit(SHRINK, "alpha, waited = factor, 0"),
        edit(SHRINK, "alpha, waited = alpha * factor / patience, 0"),
    ),
    Mistake(
        "LR-44",
        FLOOR,
        "Whole numbers come in, and the rates are cut to whole numbers: an array like costs has "
        "its type. Make an array of floats.",
        edit(ZEROS, "np.zeros_like(costs)"),
        edit(ZEROS, "np.full(len(costs), alpha0)"),
    ),
    Mistake(
        "LR-45",
        FLOOR,
        "There is not one rate for each epoch: the last one only, one too many, or one too few.",
        edit(LAST, "    return alpha"),
        edit(LAST, "    return np.append(rates, alpha)"),
        edit(LAST, "    return rates[1:]"),
        edit(LAST, "    return rates[-1]"),
    ),
    Mistake(
        "LR-46",
        FLOOR,
        "What makes no sense gets through. A patience below 1 never waits, and a factor of 1 and "
        "more, or of 0 and less, does not shrink a rate: raise a ValueError.",
        edit(REFUSED, "False"),
        edit(REFUSED, "patience < 1"),
        edit(REFUSED, "not 0 < factor < 1"),
        edit("0 < factor < 1", "0 < factor"),
        edit("0 < factor < 1", "factor < 1"),
        edit("0 < factor < 1", "0 <= factor <= 1"),
        edit("0 < factor < 1", "0 < factor <= 1"),
        edit("0 < factor < 1", "0 <= factor < 1"),
        edit("patience < 1", "patience < 0"),
        edit(REFUSED, "not 0 <= factor <= 1 or patience < 0"),
    ),
    Mistake(
        "LR-47",
        FLOOR,
        "costs is changed. Write the rates into a new array.",
        edit(ZEROS, "costs"),
    ),
    Mistake(
        "LR-48",
        FLOOR,
        "The highest cost is taken for the best. Costs are better the lower they are.",
        edit("np.inf", "-np.inf").then(BETTER, "if cost > best:"),
    ),
    Mistake(
        "LR-49",
        FLOOR,
        "An argument has a fixed value. Use it as it comes.",
        edit("", "factor = 0.5"),
        numbers=fixed("alpha0", "factor", whole=("patience",)),
    ),
    Mistake(
        "LR-50",
        FLOOR,
        "The rates shrink every few epochs, whatever the costs are. A rate stays as long as the "
        "cost has new bests.",
        edit(BETTER, "if False:"),
        edit(LAST, "    return alpha0 * factor ** (np.arange(len(costs)) // patience)"),
    ),
)


def by_last_best(costs, alpha0, factor, patience):
    """Remember the epoch in which counting began."""
    if patience <= 0 or factor <= 0 or factor >= 1:
        raise ValueError("factor or patience is out of range")
    rates, since = [], 0
    rate = float(alpha0)
    for epoch in range(len(costs)):
        rates.append(rate)
        if epoch == 0 or costs[epoch] < min(costs[:epoch]):
            since = epoch
        elif epoch - since == patience:
            rate, since = rate * factor, epoch
    return np.array(rates)


def by_powers(costs, alpha0, factor, patience):
    """Count how often the rate has shrunk before each epoch."""
    if not (patience >= 1 and 0 < factor < 1):
        raise ValueError((factor, patience))
    times, best, left = [0], costs[0], patience
    for cost in costs[1:]:
        times.append(times[-1] + (left == 0))
        left = patience if left == 0 else left
        left = patience if cost < best else left - 1
        best = min(best, cost)
    return alpha0 * factor ** np.array(times, dtype=float)


TASK = Task(
    reference=ref.plateau_decay,
    returns="rates",
    cases=cases,
    criteria=(
        Holds("the rate shrinks by the factor", 0.5, shrinks_by_the_factor, "several"),
        Agrees("up to one plateau", 1.5, "one"),
        Agrees("several plateaus", 1, "several"),
        Agrees("equal costs", 1, "equal"),
        Agrees("whole numbers", 0.5, "whole"),
        Agrees("nonsense refused", 1, "refused", beside="*"),
        InputsUntouched(0.5),
    ),
    lecture=FLOOR,
    mistakes=MISTAKES,
    variants=(Variant("last best", by_last_best), Variant("powers", by_powers)),
    losses={
        "LR-73": "up to one plateau",
        "LR-35": "up to one plateau · several plateaus · equal costs · whole numbers",
        "LR-36": "several plateaus · whole numbers",
        "LR-36, way 1": "several plateaus · equal costs · whole numbers",
        "LR-37": "up to one plateau · several plateaus",
        "LR-38": "all",
        "LR-39": "equal costs",
        "LR-40": "up to one plateau · several plateaus · equal costs · whole numbers",
        "LR-41": "several plateaus · whole numbers",
        "LR-41, way 2": "several plateaus",
        "LR-42": "several plateaus · whole numbers",
        "LR-43": "all",
        "LR-44": "whole numbers",
        "LR-45": "all",
        "LR-46": "nonsense refused",
        "LR-47": "whole numbers · inputs untouched",
        "LR-48": "up to one plateau · several plateaus · equal costs · whole numbers",
        "LR-49": "all",
        "LR-74": "several plateaus · whole numbers",
        "LR-75": "all",
        "LR-50": "up to one plateau · several plateaus · equal costs · whole numbers",
    },
    promises={
        "costs": Promise(
            value=(0.05, 2780),
            within=(0, 5000),
            length=(3, 152),
            has=(
                "equal neighbours",
                "int64",
            ),
        ),
        "alpha0": Promise(value=(0.36, 3), within=(0.2, 3)),
        "factor": Promise(value=(0.1, 0.99), within=(0.1, 0.995)),
        "patience": Promise(value=(1, 5)),
    },
    equivalent={
        "only the order of costs counts": (
            "for epoch, cost in enumerate(costs + 1):",
            "for epoch, cost in enumerate(costs - 1):",
            "for epoch, cost in enumerate(costs * 1.01):",
        ),
        "the first cost is a new best": (
            "rates, alpha, best, waited = np.zeros(len(costs)), alpha0, np.inf, 1",
            "rates, alpha, best, waited = np.zeros(len(costs)), alpha0, np.inf, -1",
        ),
        "every entry is filled": (
            "rates, alpha, best, waited = np.ones(len(costs)), alpha0, np.inf, 0",
        ),
        "patience is a whole number": (
            "if waited >= patience:",
            "if not 0 < factor < 1 or (patience * 1.01) < 1:",
        ),
    },
)
