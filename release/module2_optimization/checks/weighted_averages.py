"""Visible checks of ``2_weighted_averages.ipynb``."""

from __future__ import annotations

import numpy as np

from checks import Sheet, Trial

sheet = Sheet(__file__)
check, progress = sheet.check, sheet.progress


@sheet.question(
    minutes=12,
    ask="What does each new average take over from the one before, and with which weight?",
    by_hand="With beta = 0.75 and the values 8 and 14: 0.25 · 8 = 2, then 0.75 · 2 + 0.25 · 14 = 5.",
)
def ewa(trial: Trial) -> None:
    values = np.array([8.0, 14.0, 5.0])
    trial.agree("ewa([8, 14, 5], 0.75)", trial(values, 0.75), [2, 5, 5])
    trial.agree("ewa([8, 14, 5], 0)", trial(values, 0.0), [8, 14, 5])
    trial.agree("ewa([3, 4], 0.5), whole numbers", trial(np.array([3, 4]), 0.5), [1.5, 2.75])
    trial.agree("ewa([10], 0.9)", trial(np.array([10.0]), 0.9), [1])
    trial.agree(
        "ewa([1, −1, 3, 2], 0.2)",
        trial(np.array([1.0, -1, 3, 2]), 0.2),
        [0.8, -0.64, 2.272, 2.0544],
    )


@sheet.question(
    minutes=14,
    ask="Which sum do the weights of the first t values have, and which average goes on to t + 1?",
    by_hand="With beta = 0.5 and the values 8 and 10, v is 4 and 7; the weights add up to 1/2 and "
    "3/4, so the corrected averages are 8 and 28/3.",
)
def ewa_corrected(trial: Trial) -> None:
    got = trial(np.array([8.0, 10.0, 2.0]), 0.5)
    trial.agree("ewa_corrected([8, 10, 2], 0.5)", got, [8, 28 / 3, 36 / 7])
    trial.agree("ewa_corrected([7, 7, 7, 7], 0.9)", trial(np.full(4, 7), 0.9), [7] * 4)
    got = trial(np.array([1.0, -1, 3, 2]), 0.2)
    trial.agree("ewa_corrected([1, −1, 3, 2], 0.2)", got, [1, -2 / 3, 2.2903226, 2.0576923])
    trial.agree("ewa_corrected([4, 6], 0)", trial(np.array([4.0, 6.0]), 0.0), [4, 6])


@sheet.question(
    minutes=6,
    ask="Does the window get longer or shorter as beta comes near 1?",
    by_hand="With beta = 0.9 the window is 10 values long.",
)
def effective_window(trial: Trial) -> None:
    for beta, right in {0.5: 2, 0.9: 10, 0.98: 50, 0.6: 2.5, 0.0: 1}.items():
        trial.agree(f"effective_window({beta:g})", trial(beta), right)
