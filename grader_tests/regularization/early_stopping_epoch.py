"""`early_stopping_epoch`: the epoch whose parameters early stopping keeps."""

from __future__ import annotations

import numpy as np

from grader_tests.regularization import STOPPING
from grader_tests.regularization import reference as ref
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

# Patience, then costs as levels: equal levels are equal costs, whatever the scale.
# A new best in the last epoch that a patience of 12 allows, again and again.
VALLEYS = tuple(8 - epoch / 100 if epoch % 12 == 0 else 9 for epoch in range(200))
CURVES = (
    ("stop", 3, (9, 7, 5, 6, 7, 8, 9, 2, 1), "a second, deeper valley out of reach"),
    ("stop", 2, (8, 6, 7, 5, 6, 4, 7, 8, 3), "short setbacks, then a long one"),
    ("stop", 3, (9, 5, 6, 7, 4, 6, 7, 8, 1), "a new best in the last epoch that patience allows"),
    ("stop", 2, (6, 3, 8, 7, 6, 5, 1), "a slow way back from a setback"),
    ("stop", 2, (6, 3, 8, 7, 2, 5, 6, 1), "a quick way back from a setback"),
    ("stop", 2, (8, 5, 6, 7, 3, 4, 6, 7, 1), "two valleys out of reach"),
    ("stop", 3, (7, 2, 9, 6, 8, 5, 1), "ups and downs above the best"),
    ("stop", 3, (3, 4, 5, 6, 7, 1), "costs that rise from a point on"),
    ("stop", 1, (8, 6, 7, 2), "no patience beyond one epoch"),
    ("stop", 12, (*VALLEYS, *(9,) * 9, 1), "a long run, and a long setback at its end"),
    ("end", 4, (9, 8, 6, 7, 7.5, 5, 6, 6.5, 5.5), "setbacks within patience"),
    ("end", 2, (9, 8, 7, 6, 5), "costs that only fall"),
    ("end", 2, (5, 4.99, 4.98, 4.97, 4.96), "costs that fall by less than a hundredth"),
    ("end", 3, (9, 7, 8, 8.5, 4, 6, 3), "two setbacks within patience"),
    ("end", 5, (6, 7, 8), "fewer epochs than patience"),
    ("tie", 3, (7, 4, 6, 4, 5, 3), "the best is reached again, and patience ends"),
    ("tie", 5, (7, 4, 6, 4, 5), "the best is reached again"),
    ("tie", 4, (8, 5, 6, 5, 7, 6.5, 8, 9, 8.5), "the best is reached again, then ups and downs"),
    ("tie", 2, (7, 4, 4, 4, 3, 6), "the best three times in a row, and patience ends"),
)


def cases(rng: np.random.Generator) -> list[Case]:
    """Curves that stop or do not, after a few epochs of improvement, on scales of their own."""
    cases = []
    for index, (tag, patience, levels, words) in enumerate(CURVES):
        improving = 4 if len(levels) > 100 else int(rng.integers(1, 5))
        before = range(9 + improving, 9, -1)
        base, step = rng.uniform(0.1, 0.5), rng.uniform(0.02, 0.08)
        scale, shift = ((1, 0), (100, 0), (1, -2))[index % 3]
        costs = [float(scale * (base + step * level) + shift) for level in (*before, *levels)]
        label = f"{words}; {len(costs)} epochs, patience = {patience}"
        cases.append(call(ref.early_stopping_epoch, costs, patience, label=label, tags=tag))
    label = "a single epoch, patience = 2"
    cases.append(call(ref.early_stopping_epoch, [0.7], 2, label=label, tags="end"))
    return cases


NEW_BEST = "if cost < dev_costs[best]:"
WAITED = "elif epoch - best >= patience:"
# With a lowest cost and a counter in their own names.
FIRST = "best = 0"
LOWEST = (
    f"{NEW_BEST}\n            best = epoch",
    ("if cost < lowest:\n            lowest, best, waited = cost, epoch, -1"),
)
COUNTED = (
    f"        {WAITED}\n            break",
    ("        waited += 1\n        if waited >= patience:\n            break"),
)


def compared_with_the_last(dev_costs, patience):
    """Count rises in a row, from one epoch to the next."""
    best = rises = 0
    for epoch in range(1, len(dev_costs)):
        rises = rises + 1 if dev_costs[epoch] > dev_costs[epoch - 1] else 0
        if dev_costs[epoch] < dev_costs[best]:
            best = epoch
        if rises >= patience:
            break
    return best


def never_reset(dev_costs, patience):
    """Count all epochs without a new best."""
    best = waited = 0
    for epoch in range(1, len(dev_costs)):
        if dev_costs[epoch] < dev_costs[best]:
            best = epoch
        else:
            waited += 1
        if waited >= patience:
            break
    return best


def used_up(dev_costs, patience):
    """Take the costs out of the caller's list."""
    best, lowest, epoch = 0, dev_costs[0], 0
    while dev_costs and epoch - best <= patience:
        cost = dev_costs.pop(0)
        if cost < lowest:
            best, lowest = epoch, cost
        elif epoch - best >= patience:
            break
        epoch += 1
    return best


MISTAKES = (
    Mistake(
        "ES-01",
        STOPPING,
        "The answer is the best of all epochs. Training has stopped before some of them: what "
        "comes after `patience` epochs without a new best is never seen.",
        edit(WAITED, "elif False:"),
    ),
    Mistake(
        "ES-02",
        STOPPING,
        "The answer is the epoch at which training ends. Patience has run out by then; the "
        "parameters to keep are those of the best epoch.",
        edit("return best", "return epoch"),
        edit("            break", "            return epoch"),
    ),
    Mistake(
        "ES-03",
        STOPPING,
        "Each cost is compared with that of the epoch before. Patience counts the epochs since the "
        "best one.",
        compared_with_the_last,
        edit(NEW_BEST, "if epoch == 0 or cost < dev_costs[epoch - 1]:"),
    ),
    Mistake(
        "ES-04",
        STOPPING,
        "An epoch that only equals the best is taken for a new best. It must be lower.",
        edit(NEW_BEST, NEW_BEST.replace("<", "<=")),
    ),
    Mistake(
        "ES-05",
        STOPPING,
        "Training goes on for an epoch too long. It stops as soon as `patience` epochs in a row "
        "have brought no new best.",
        edit(WAITED, WAITED.replace(">=", ">")),
    ),
    Mistake(
        "ES-06",
        STOPPING,
        "Training stops an epoch too early. `patience` epochs without a new best are allowed for; "
        "the last of them may still bring one.",
        edit(WAITED, WAITED.replace("patience", "patience - 1")),
    ),
    Mistake(
        "ES-07",
        STOPPING,
        "All epochs without a new best are counted together. Each new best starts the count again.",
        never_reset,
    ),
    Mistake(
        "ES-08",
        STOPPING,
        "The answer is the lowest cost. What is wanted is its epoch, counted from 0.",
        edit("return best", "return dev_costs[best]"),
    ),
    Mistake(
        "ES-09",
        STOPPING,
        "The highest value is taken for the best. That would fit an accuracy; a cost should be "
        "low.",
        edit(NEW_BEST, NEW_BEST.replace("<", ">")),
    ),
    Mistake(
        "ES-10",
        STOPPING,
        "Epochs are counted from 1. The answer should be the index in the list, which starts at 0.",
        edit("return best", "return best + 1"),
    ),
    Mistake(
        "ES-11",
        STOPPING,
        "The caller's list is changed. Read the costs by index or in a loop, and leave them there.",
        used_up,
    ),
    Mistake(
        "ES-12",
        STOPPING,
        "Training stops at the first epoch without a new best, whatever the patience is. A curve "
        "that is not smooth needs more.",
        edit(WAITED, "elif epoch > best:"),
    ),
    Mistake(
        "ES-13",
        STOPPING,
        "patience has a fixed value. Use the argument.",
        edit("", "patience = 3"),
        numbers=fixed(whole=("patience",)),
    ),
    Mistake(
        "ES-15",
        STOPPING,
        "The lowest cost so far starts at a fixed number. Costs may all lie above it, or below: "
        "start with the first cost, or with infinity.",
        edit(FIRST, "lowest, best, waited = 0, 0, 0").then(*LOWEST).then(*COUNTED),
        edit(FIRST, "lowest, best, waited = 1, 0, 0").then(*LOWEST).then(*COUNTED),
        edit(FIRST, "lowest, best, waited = 0, 0, -1").then(*LOWEST).then(*COUNTED),
        edit(FIRST, "lowest, best, waited = 1, 0, -1").then(*LOWEST).then(*COUNTED),
        numbers={
            "the cost to begin with": edit(FIRST, "lowest, best, waited = {number}, 0, 0")
            .then(*LOWEST)
            .then(*COUNTED),
            "the cost at the beginning": edit(FIRST, "lowest, best, waited = {number}, 0, -1")
            .then(*LOWEST)
            .then(*COUNTED),
        },
    ),
    Mistake(
        "ES-14",
        STOPPING,
        "If patience never runs out, the answer is not the best epoch. It is the best up to the "
        "end, wherever training ended.",
        edit(
            "    return best",
            "    return best if len(dev_costs) - 1 - best >= patience else len(dev_costs) - 1",
        ),
    ),
    Mistake(
        "ES-16",
        STOPPING,
        "The answer is the last epoch of all, whatever the costs are. Wanted is the best one "
        "before training stops.",
        edit("return best", "return len(dev_costs) - 1"),
    ),
)


def by_minimum(dev_costs, patience):
    """Look at every stretch that patience allows."""
    costs = np.asarray(dev_costs)
    end = 1
    while end < len(costs) and end <= int(np.argmin(costs[:end])) + patience:
        end += 1
    return np.argmin(costs[:end])


def by_counter(dev_costs, patience):
    """Keep the lowest cost and a counter."""
    lowest, best, waited = np.inf, 0, 0
    for epoch, cost in enumerate(dev_costs):
        waited += 1
        if cost < lowest:
            lowest, best, waited = cost, epoch, 0
        if waited == patience:
            return best
    return best


TASK = Task(
    reference=ref.early_stopping_epoch,
    returns="the best epoch",
    cases=cases,
    criteria=(
        Agrees("training that stops", 1.5, "stop"),
        Agrees("training that runs to the end", 0.5, "end"),
        Agrees("equal costs", 0.5, "tie"),
        InputsUntouched(0.5),
    ),
    lecture=STOPPING,
    mistakes=MISTAKES,
    variants=(Variant("minimum of each stretch", by_minimum), Variant("counter", by_counter)),
    losses={
        "ES-16": "all",
        "ES-03, way 2": "all",
        "ES-15": "all",
        "ES-02, way 2": "training that stops · equal costs",
        "ES-14": "training that runs to the end · equal costs",
        "ES-01": "training that stops · equal costs",
        "ES-02": "all",
        "ES-03": "training that stops · equal costs",
        "ES-04": "equal costs",
        "ES-05": "training that stops · equal costs",
        "ES-06": "all but equal costs · inputs untouched",
        "ES-07": "all but equal costs · inputs untouched",
        "ES-08": "all",
        "ES-09": "all",
        "ES-10": "all",
        "ES-11": "inputs untouched",
        "ES-12": "all but equal costs · inputs untouched",
        "ES-13": "training that stops · equal costs",
    },
    promises={
        "dev_costs": Promise(
            value=(8, 83), within=(-2, 200), length=(1, 214), has=("equal neighbours",)
        ),
        "patience": Promise(value=(1, 12)),
    },
    equivalent={
        "the first epoch is the best so far, and patience is at least 1": (
            "for epoch, cost in list(enumerate(dev_costs))[1:]:",
        ),
    },
)
