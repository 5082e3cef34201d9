"""Visible checks of ``4_learning_rate_decay.ipynb``."""

from __future__ import annotations

from checks import Sheet, Trial

sheet = Sheet(__file__)
check, progress = sheet.check, sheet.progress


def rates(trial: Trial, *cases: tuple[tuple[float, ...], float]) -> None:
    """Compare a rate for each of some arguments."""
    for arguments, right in cases:
        told = ", ".join(f"{argument:g}" for argument in arguments)
        trial.agree(f"{trial.function.__name__}({told})", trial(*arguments), right, atol=0)


@sheet.question(
    minutes=5,
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
    )


@sheet.question(
    minutes=5,
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
    minutes=5,
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
    minutes=8,
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
