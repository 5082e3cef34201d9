"""`halving_rounds`: return how many trials train for how many epochs, round after round."""

from __future__ import annotations

import numpy as np

from grader_tests.hyperparameter_search import HALVING
from grader_tests.hyperparameter_search import reference as ref
from grading.marking import Agrees, Case, Mistake, Promise, Task, Variant, call, edit, fixed


def cases(rng: np.random.Generator) -> list[Case]:
    """Powers and other numbers; the trials run out, or the epochs do, in the last round or not."""
    k, low = int(rng.integers(2, 6)), int(rng.integers(2, 6))
    drawn = [
        # Powers, with trials and epochs left.
        ("even", 32, 2, 1, 10),
        ("even", 81, 3, 2, 20),
        ("even", 64, 4, low, 17 * low),
        ("even", 5**3, 5, k, 26 * k),
        # Trials that do not divide.
        ("uneven", 50, 3, 1, 10),
        ("uneven", 47, 2, 3, 30),
        ("uneven", 95, 4, 2, 40),
        # The trials run out: one is left in the last round, or two are, too few for another.
        ("out", 9, 3, 1, 1000),
        ("out", 16, 2, low, 2000),
        ("out", 27 + k % 2, 3, k, 3000),
        ("out", 1, 4, 2, 50),
        ("out", 14, 5, 1, 200),
        ("out", 1, 2, low, 60),
        ("out", 3, 5, k, 90),
        # The epochs run out: the last round has exactly as many as allowed, or no round has.
        ("limit", 40, 3, low, 9 * low),
        ("limit", 100, 2, k, 4 * k),
        ("limit", 60, 2, 5, 5),
        ("limit", 100, 2, 32, 127),
        ("limit", 20, 2, 6, 5),
        ("limit", 30, 4, 7, 3),
    ]
    cases = []
    for tag, *given in drawn:
        n, eta, low_epochs, high_epochs = given
        label = f"{n} trials, eta = {eta}, {low_epochs} to {high_epochs} epochs"
        cases.append(call(ref.halving_rounds, *given, label=label, tags=tag))
    for n, eta, min_epochs in ((0, 3, 1), (9, 3, 0), (-4, 2, 1), (9, 3, -1), (8, 0, 1), (8, 1, 1)):
        label = f"{n} trials, eta = {eta}, {min_epochs} to 20 epochs"
        case = call(
            ref.halving_rounds,
            n,
            eta,
            min_epochs,
            20,
            label=label,
            tags="refused",
            raises=ValueError,
        )
        cases.append(case)
    return cases


REFUSAL = """\
    if n < 1 or min_epochs < 1 or eta < 2:
        raise ValueError("trials, epochs and a factor that shrinks the one and grows the other")
"""
LOOP = "while trials >= 1 and epochs <= max_epochs:"
ROUND = "rounds.append((trials, epochs))"
KEEP = "trials = trials // eta"
LONGER = "epochs = epochs * eta"
AS_IT_IS = f"{ROUND}\n        {KEEP}\n        {LONGER}"

MISTAKES = (
    Mistake(
        "HR-01",
        HALVING,
        "It stops while there are trials and epochs left: a round with a single trial is a round, "
        "and so is one that reaches max_epochs exactly.",
        edit(LOOP, LOOP.replace("trials >= 1", "trials > 1")),
        edit(LOOP, LOOP.replace("<=", "<")),
        edit(LOOP, LOOP.replace("trials >= 1", "trials > 1").replace("<=", "<")),
        edit(LOOP, LOOP.replace("trials >= 1", "trials >= eta")),
    ),
    Mistake(
        "HR-02",
        HALVING,
        "It goes on for too long: with no trial left, or beyond max_epochs.",
        edit(
            "return rounds",
            "if epochs <= max_epochs:\n        rounds.append((trials, epochs))\n    return rounds",
        ),
        edit(LOOP, LOOP.replace(" and epochs <= max_epochs", "")),
    ),
    Mistake(
        "HR-03",
        HALVING,
        "Trials that are kept are rounded up, or to the nearest number. Of 50 trials a "
        "third is 16: a 17th would be more than a third.",
        edit(KEEP, "trials = -(-trials // eta) if trials > 1 else 0"),
        edit(KEEP, "trials = round(trials / eta)"),
    ),
    Mistake(
        "HR-04",
        HALVING,
        "Trials are no whole numbers: a part of a network cannot be trained.",
        edit(KEEP, "trials = trials / eta"),
    ),
    Mistake(
        "HR-05",
        HALVING,
        "eta has a fixed value, 2 as the name says, in one place or in both. It is an argument: "
        "one in eta stays, with eta times the epochs.",
        edit(LONGER, "epochs = epochs * 2"),
        edit(KEEP, "trials = trials // 2"),
        edit(KEEP, "trials = trials // 2").then(LONGER, "epochs = epochs * 2"),
        edit("", "eta = min(eta, 2)"),
    ),
    Mistake(
        "HR-06",
        HALVING,
        "The epochs grow by equal steps. Each round trains eta times as long as the one before.",
        edit(LONGER, "epochs = epochs + min_epochs"),
        edit(LONGER, "epochs = epochs + eta"),
    ),
    Mistake(
        "HR-07",
        HALVING,
        "The trials go down by equal steps, or by as many as should stay. One in eta stays.",
        edit(KEEP, "trials = trials - eta"),
        edit(KEEP, "trials = trials - max(trials // eta, 1)"),
    ),
    Mistake(
        "HR-08",
        HALVING,
        "The epochs of a round are what is added to those before. Wanted is how long a trial has "
        "trained when the round ends.",
        edit(ROUND, "rounds.append((trials, epochs - (rounds and epochs // eta or 0)))"),
    ),
    Mistake(
        "HR-09",
        HALVING,
        "The parts of a round are in the other order. First the number of trials, then the epochs.",
        edit(ROUND, "rounds.append((epochs, trials))"),
    ),
    Mistake(
        "HR-10",
        HALVING,
        "The first round is missing, or starts with fewer trials or with more epochs. All n train "
        "for min_epochs before any is given up.",
        edit(AS_IT_IS, f"{KEEP}\n        {LONGER}\n        {ROUND}"),
        edit(AS_IT_IS, f"{KEEP}\n        {ROUND}\n        {LONGER}"),
        edit(AS_IT_IS, f"{LONGER}\n        {ROUND}\n        {KEEP}"),
        edit("return rounds", "return rounds[1:]"),
        edit("trials, epochs = n, min_epochs", "trials, epochs = n // eta, min_epochs"),
        edit("trials, epochs = n, min_epochs", "trials, epochs = n // eta, min_epochs * eta"),
    ),
    Mistake(
        "HR-11",
        HALVING,
        "There is a round more, in which the last trials go on to max_epochs. A round has eta "
        "times the epochs of the one before, or there is none.",
        edit(
            "return rounds",
            "if rounds and trials and rounds[-1][1] < max_epochs:\n"
            "        rounds.append((trials, max_epochs))\n"
            "    return rounds",
        ),
        edit(
            "return rounds",
            "if rounds and rounds[-1][1] < max_epochs:\n"
            "        rounds[-1] = (rounds[-1][0], max_epochs)\n"
            "    return rounds",
        ),
    ),
    Mistake(
        "HR-12",
        HALVING,
        "Numbers that make no sense get through: no trials, no epochs, or a factor by which "
        "nothing shrinks. They should raise a ValueError.",
        edit(REFUSAL, "    if eta < 2:\n        return []\n"),
        edit("n < 1 or min_epochs < 1 or eta < 2", "eta < 2"),
        edit("n < 1 or min_epochs < 1 or eta < 2", "n < 0 or min_epochs < 0 or eta < 2"),
    ),
    Mistake(
        "HR-13",
        HALVING,
        "min_epochs is not used: the first round has one epoch.",
        edit("trials, epochs = n, min_epochs", "trials, epochs = n, 1"),
        numbers=fixed(whole=("min_epochs",)),
    ),
    Mistake(
        "HR-14",
        HALVING,
        "The epochs of all trials are added up. The second number is what each of them has "
        "trained.",
        edit("rounds.append((trials, epochs))", "rounds.append((trials, trials * epochs))"),
    ),
    Mistake(
        "HR-15",
        HALVING,
        "What makes sense is refused: fewer trials than eta, or a single one, give a round, and "
        "where max_epochs is less than min_epochs there is none.",
        edit("eta < 2", "eta < 2 or max_epochs < min_epochs"),
        edit("n < 1 or", "n < eta or"),
        edit("n < 1 or", "n < 2 or"),
        edit("eta < 2", "eta < 2 or max_epochs <= min_epochs"),
    ),
)


def by_powers(n, eta, min_epochs, max_epochs):
    """Powers of eta; rounding down once is as good as each time."""
    if n <= 0 or min_epochs <= 0 or eta <= 1:
        raise ValueError("no such halving")
    rounds = []
    for k in range(200):
        trials, epochs = n // eta**k, min_epochs * eta**k
        if trials == 0 or epochs > max_epochs:
            break
        rounds.append((trials, epochs))
    return rounds


def by_recursion(n, eta, min_epochs, max_epochs):
    """A round, and those of a smaller halving; lists for tuples."""
    if n < 1 or min_epochs < 1 or eta < 2:
        raise ValueError("no such halving")
    later, left, longer = [], n // eta, min_epochs * eta
    if min_epochs > max_epochs:
        return []
    while left and longer <= max_epochs:
        later.append([int(left), longer])
        left, longer = np.floor(left / eta), longer * eta
    return [[n, min_epochs], *later]


TASK = Task(
    reference=ref.halving_rounds,
    returns="rounds",
    cases=cases,
    criteria=(
        Agrees("rounds", 2, "even"),
        Agrees("trials that do not divide", 1, "uneven", beside="rounds"),
        Agrees("one trial left", 0.5, "out", beside="rounds"),
        Agrees("all epochs used", 0.5, "limit", beside="rounds"),
        Agrees("other numbers refused", 1, "refused", beside="*"),
    ),
    lecture=HALVING,
    mistakes=MISTAKES,
    variants=(Variant("by powers", by_powers), Variant("lists", by_recursion)),
    losses={
        "HR-15": "all epochs used",
        "HR-15, way 2": "one trial left",
        "HR-15, way 3": "one trial left",
        "HR-14": "all",
        "HR-01": "one trial left",
        "HR-01, way 2": "all epochs used",
        "HR-01, way 3": "one trial left · all epochs used",
        "HR-02": "one trial left",
        "HR-02, way 2": "all",
        "HR-03": "all but rounds · other numbers refused",
        "HR-03, way 2": "trials that do not divide · one trial left",
        "HR-04": "all",
        "HR-05": "all",
        "HR-06": "all",
        "HR-07": "all",
        "HR-08": "all",
        "HR-09": "all",
        "HR-10": "all",
        "HR-11": "all",
        "HR-12": "other numbers refused",
        "HR-13": "all",
    },
    promises={
        "n": Promise(value=(1, 125)),
        "eta": Promise(value=(2, 5)),
        "min_epochs": Promise(value=(1, 32)),
        "max_epochs": Promise(value=(3, 3000)),
    },
    equivalent={
        "whole numbers so small stay on their side": (
            "if (n * 1.01) < 1 or min_epochs < 1 or eta < 2:",
            "if n < 1 or (min_epochs * 1.01) < 1 or eta < 2:",
            "if n < 1 or min_epochs < 1 or (eta * 1.01) < 2:",
            "while (trials * 1.01) >= 1 and epochs <= max_epochs:",
        ),
    },
)
