"""Visible checks of ``2_weighted_averages.ipynb``."""

from __future__ import annotations

import numpy as np

from checks import Sheet, Trial

sheet = Sheet(__file__)
check, progress = sheet.check, sheet.progress


@sheet.question(
    minutes=19,
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
    minutes=17,
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
    trial.agree("ewa_corrected of thirty 7, beta = 0.9", trial(np.full(30, 7.0), 0.9), [7] * 30)


@sheet.question(
    minutes=6,
    ask="Does the window get longer or shorter as beta comes near 1?",
    by_hand="With beta = 0.9 the window is 10 values long.",
)
def effective_window(trial: Trial) -> None:
    for beta, right in {0.5: 2, 0.9: 10, 0.98: 50, 0.6: 2.5, 0.0: 1}.items():
        trial.agree(f"effective_window({beta:g})", trial(beta), right)


@sheet.question(
    minutes=17,
    ask="One value comes in, and others after it: with which share does it come, and what does each "
    "further step leave of it?",
    by_hand="With beta = 0.5, v_3 of the values a, b, c is 0.5 c + 0.25 b + 0.125 a. The last "
    "average is what counts, so all three are corrected by one number.",
)
def ewa_weights(trial: Trial) -> None:
    got = trial(3, 0.75, False)
    trial.agree("weights of 3 values, beta = 0.75", got, [9 / 64, 3 / 16, 1 / 4])
    got = trial(3, 0.5, True)
    trial.agree("weights of 3 values, beta = 0.5, corrected", got, [1 / 7, 2 / 7, 4 / 7])
    got = trial(4, 0.2, False)
    trial.agree("weights of 4 values, beta = 0.2", got, [0.0064, 0.032, 0.16, 0.8])
    trial.agree("the weight of a single value, beta = 0.9", trial(1, 0.9, False), [0.1])
    trial.agree("the weight of a single value, corrected", trial(1, 0.9, True), [1])
    trial.agree("weights of 3 values, beta = 0", trial(3, 0.0, True), [0, 0, 1])
    many = trial(40, 0.95, True)
    trial.holds(
        "corrected weights add up to 1",
        np.shape(many) == (40,) and abs(np.sum(many) - 1) < 1e-9,
        "The corrected weights of 40 values with beta = 0.95 do not add up to 1.",
    )
    trial.refuses("an average of no values", 0, 0.5, False)
    trial.refuses("beta = 1", 3, 1.0, False)
    trial.refuses("beta = −0.5", 3, -0.5, False)


@sheet.question(
    minutes=11,
    ask="What has become of a weight of 1 after one step, after two, after three? And which number "
    "should that be after so many steps?",
    by_hand="With beta = 0.5 half is left after one step. With beta = 0.7071 half is left after "
    "two: 0.7071 · 0.7071 = 0.5.",
)
def beta_for_half_life(trial: Trial) -> None:
    trial.agree("beta_for_half_life(1)", trial(1), 0.5)
    for steps in (2, 3, 10, 200, 0.5, 7.5):
        beta = trial(steps)
        trial.holds(
            f"a number between 0 and 1 for {steps:g} steps",
            isinstance(beta, int | float | np.number) and 0 < beta < 1,
            f"beta_for_half_life({steps:g}) is {beta!r}; it should be a number between 0 and 1.",
        )
        left = beta**steps
        trial.holds(
            f"half is left after {steps:g} steps",
            abs(left - 0.5) < 1e-6,
            f"beta_for_half_life({steps:g}) is {beta:.6g}: of a weight of 1, {left:.4g} is left "
            f"after {steps:g} steps; it should be 0.5.",
        )
    trial.refuses("a half-life of 0 steps", 0)
    trial.refuses("a half-life of −2 steps", -2)
