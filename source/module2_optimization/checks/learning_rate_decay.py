"""Visible checks of ``4_learning_rate_decay.ipynb``."""

from __future__ import annotations

import numpy as np

from checks import Sheet, Trial

sheet = Sheet(__file__)
check, progress = sheet.check, sheet.progress


def rates(trial: Trial, *cases: tuple[tuple[float, ...], float]) -> None:
    """Compare a rate for each of some arguments."""
    for arguments, right in cases:
        told = ", ".join(f"{argument:g}" for argument in arguments)
        trial.agree(f"{trial.function.__name__}({told})", trial(*arguments), right, atol=0)


@sheet.question(
    minutes=6,
    ask="What is the whole denominator, and what is it at epoch 0?",
    by_hand="With alpha0 = 0.6 and a decay rate of 0.5, epoch 4 has 0.6 / (1 + 2) = 0.2.",
)
def inverse_time_decay(trial: Trial) -> None:
    rates(
        trial,
        ((0.2, 1.0, 1), 0.1),
        ((0.2, 1.0, 3), 0.05),
        ((0.6, 0.5, 4), 0.2),
        ((0.9, 0.1, 5), 0.6),
        ((0.5, 0.0, 7), 0.5),
        ((0.2, 1.0, 0), 0.2),
        ((0.3, 1.0, 6), 0.04285714),
    )


@sheet.question(
    minutes=6,
    ask="What is raised to a power, and what is only a factor?",
    by_hand="With alpha0 = 0.8 and base 0.5, the epochs 0, 1, 2 have 0.8, 0.4, 0.2.",
)
def exponential_decay(trial: Trial) -> None:
    rates(
        trial,
        ((0.8, 0.5, 0), 0.8),
        ((0.8, 0.5, 1), 0.4),
        ((0.8, 0.5, 2), 0.2),
        ((0.8, 0.5, 4), 0.05),
        ((1.0, 0.95, 14), 0.48767498),
        ((0.3, 1.0, 9), 0.3),
    )


@sheet.question(
    minutes=6,
    ask="What stands under the root, and what beside it?",
    by_hand="With k = 5 and alpha0 = 0.12, update 9 has 5 · 0.12 / 3 = 0.2.",
)
def sqrt_decay(trial: Trial) -> None:
    rates(
        trial,
        ((0.12, 5.0, 1), 0.6),
        ((0.12, 5.0, 4), 0.3),
        ((0.12, 5.0, 9), 0.2),
        ((0.12, 5.0, 100), 0.06),
        ((0.3, 2.0, 7), 0.22677868),
        ((0.5, 1.0, 2), 0.35355339),
    )


@sheet.question(
    minutes=6,
    ask="What is rounded down: epoch / interval, or something that it is multiplied with?",
    by_hand="With alpha0 = 0.6, a decay rate of 0.5 and an interval of 100, the epochs 0 to 99 have "
    "0.6, 100 to 199 have 0.6 / 1.5 = 0.4.",
)
def staircase_decay(trial: Trial) -> None:
    rates(
        trial,
        ((0.6, 0.5, 0, 100), 0.6),
        ((0.6, 0.5, 99, 100), 0.6),
        ((0.6, 0.5, 100, 100), 0.4),
        ((0.6, 0.5, 150, 100), 0.4),
        ((0.6, 0.5, 250, 100), 0.3),
        ((0.6, 0.5, 499, 100), 0.2),
        ((0.7, 0.3, 11, 4), 0.4375),
        ((0.8, 1.0, 7, 1), 0.1),
        ((0.9, 1.6, 3, 2), 0.34615385),
    )


@sheet.question(
    minutes=16,
    ask="Draw it, with a handful of updates: which share of alpha0 have the first, the last of the "
    "warm-up, the last before the cool-down, and the very last?",
    by_hand="With alpha0 = 0.6, warmup = 3, cooldown = 2 and total = 8 the updates 1 to 8 have 0.2, "
    "0.4, 0.6, 0.6, 0.6, 0.6, 0.3 and 0.",
)
def trapezoid(trial: Trial) -> None:
    rates(
        trial,
        ((0.8, 1, 4, 5, 20), 0.2),
        ((0.8, 3, 4, 5, 20), 0.6),
        ((0.8, 4, 4, 5, 20), 0.8),
        ((0.8, 5, 4, 5, 20), 0.8),
        ((0.8, 15, 4, 5, 20), 0.8),
        ((0.8, 16, 4, 5, 20), 0.64),
        ((0.8, 18, 4, 5, 20), 0.32),
        ((0.8, 20, 4, 5, 20), 0.0),
        ((0.8, 21, 4, 5, 20), 0.0),
        ((0.8, 47, 4, 5, 20), 0.0),
        ((0.3, 3, 3, 4, 7), 0.3),
        ((0.3, 4, 3, 4, 7), 0.225),
        ((0.3, 1, 1, 1, 5), 0.3),
        ((0.3, 5, 1, 1, 5), 0.0),
    )
    trial.refuses("update 0", 0.8, 0, 4, 5, 20)
    trial.refuses("a warm-up of 0 updates", 0.8, 6, 0, 5, 20)
    trial.refuses("a cool-down of 0 updates", 0.8, 6, 4, 0, 20)
    trial.refuses("a warm-up and a cool-down of 11 of 20 updates", 0.8, 6, 11, 11, 20)


@sheet.question(
    minutes=22,
    ask="At the end of each epoch: which cost is to be beaten, how many epochs have failed to, and "
    "which rate does the next one get?",
    by_hand="With a patience of 2 and a factor of 0.5 the costs 5, 6, 5, 4, 3 begin with the best, 5. "
    "Two epochs do not beat it, so the rates are 1, 1, 1, 0.5, 0.5.",
)
def plateau_decay(trial: Trial) -> None:
    for costs, patience, right in (
        ([5, 4, 3, 2, 1], 1, [1, 1, 1, 1, 1]),
        ([5, 6, 7, 4, 3], 2, [1, 1, 1, 0.5, 0.5]),
        ([5, 6, 4, 6, 3, 6, 2], 2, [1, 1, 1, 1, 1, 1, 1]),
        ([5, 9, 8, 7, 6, 6.5, 4, 8, 9], 2, [1, 1, 1, 0.5, 0.5, 0.25, 0.25, 0.25, 0.25]),
        ([5, 5, 5, 5, 5], 3, [1, 1, 1, 1, 0.5]),
        ([5, 4.999, 6, 4.998, 6], 1, [1, 1, 1, 0.5, 0.5]),
        ([2, 3, 3], 1, [1, 1, 0.5]),
    ):
        told = ", ".join(f"{cost:g}" for cost in costs)
        got = trial(np.array(costs, dtype=float), 1.0, 0.5, patience)
        trial.agree(f"rates for the costs {told} with patience {patience}", got, right)
    got = trial(np.array([9, 8, 8, 9, 7]), 2, 0.3, 1)
    trial.agree("rates for whole numbers, alpha0 = 2, factor 0.3", got, [2, 2, 2, 0.6, 0.18])
    costs = np.array([5.0, 6.0, 4.0])
    trial.refuses("a patience of 0", costs, 1.0, 0.5, 0)
    trial.refuses("a factor of 1", costs, 1.0, 1.0, 2)
    trial.refuses("a factor of 0", costs, 1.0, 0.0, 2)


@sheet.question(
    minutes=17,
    ask="Which of the curves would you not want to have, and what did the rate do meanwhile? Do all "
    "plots show what was trained?",
    by_hand='A loop over runs.items() gives each name and its three arrays: curves["costs"][-1] is '
    "a run's last cost.",
)
def diagnose_runs(trial: Trial) -> None:
    faults = ("rate too large", "decay too early", "no decay", "no correction")
    falling = 0.1 + 2 * 0.8 ** np.arange(40)
    linear, constant, lost = 1 - np.arange(40) / 40, np.ones(40), 0.1 ** np.arange(40)
    for shares, costs, start in (
        (constant, falling + 0.5 * (np.arange(40) > 0), 1.0),
        (linear, 2.1 + 0.2 * np.arange(40), 1.0),
        (lost, 1 + 1.1 * lost, 1.0),
        (linear, falling, 0.1),
    ):
        shown = costs * np.linspace(start, 1, 40) ** 2
        runs = {
            "Ada": {"rates": 0.01 * linear, "costs": falling, "shown": falling},
            "Ben": {"rates": 0.02 * shares, "costs": costs, "shown": shown},
            "Eve": {"rates": 0.02 * linear, "costs": falling + 0.01, "shown": falling + 0.01},
        }
        run, fault = trial.parts(trial(runs), "run", "fault")
        told = f"{run!r} is none of the runs: they are {', '.join(runs)}."
        trial.holds("one of the runs", isinstance(run, str) and run in runs, told)
        told = f"{fault!r} is no fault of the table: they are {', '.join(faults)}."
        trial.holds("a fault of the table", isinstance(fault, str) and fault in faults, told)
