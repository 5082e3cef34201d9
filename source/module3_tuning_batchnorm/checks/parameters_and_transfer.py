"""Visible checks of ``4_parameters_and_transfer.ipynb``."""

from __future__ import annotations

import numpy as np
from checks import Sheet, Trial

sheet = Sheet(__file__)
check, progress = sheet.check, sheet.progress


def count(trial: Trial, what: str, got: object, right: int) -> None:
    """Compare a count."""
    whole = isinstance(got, int | np.integer)
    trial.holds(
        "a whole number", whole, f"The count is a {type(got).__name__}; it should be an int."
    )
    trial.equal(f"the count of {what}", got, right)


@sheet.question(
    minutes=12,
    ask="How many weights does one unit have, and which layers have biases?",
    by_hand="From 2 inputs to 3 units: 2 · 3 weights and 3 biases, 9 in all.",
)
def count_dense_parameters(trial: Trial) -> None:
    count(trial, "[2, 3, 2]", trial([2, 3, 2]), 17)
    count(trial, "[2, 3, 2, 1] without biases", trial([2, 3, 2, 1], use_bias=False), 14)
    count(trial, "[5, 4]", trial([5, 4]), 24)
    count(trial, "[7, 3, 5, 2]", trial([7, 3, 5, 2]), 56)


@sheet.question(
    minutes=12,
    ask="Through how many channels does a filter reach, and how many biases has it?",
    by_hand="A 3 × 3 filter on a colour image has 3 · 3 · 3 = 27 weights and a bias: 28.",
)
def count_conv_parameters(trial: Trial) -> None:
    count(trial, "3 channels, two 3 × 3 filters", trial(3, 2, (3, 3)), 56)
    got = trial(3, 2, (3, 3), use_bias=False)
    count(trial, "3 channels, two 3 × 3 filters without biases", got, 54)
    count(trial, "one channel, one 2 × 5 filter", trial(1, 1, (2, 5)), 11)
    count(trial, "4 channels, six 1 × 7 filters", trial(4, 6, (1, 7)), 174)


@sheet.question(
    minutes=15,
    ask="To which layer does a parameter belong, whatever stands before the number in its name?",
    by_hand="With a learning rate of 0.1 and a gradient of 20, a trainable parameter goes down by 2, a "
    "frozen one stays.",
)
def fine_tune_step(trial: Trial) -> None:
    names = ["W1", "gamma1", "beta1", "W2", "b2", "W3", "b3", "W11", "b11"]
    parameters = {name: np.array([[5.0 + i]]) for i, name in enumerate(names)}
    grads = {f"d{name}": np.array([[20.0]]) for name in names}
    for trainable in ([2], [1, 3], [], [11]):
        right = {
            name: value - 2 * (int(name.strip("Wbgamet")) in trainable)
            for name, value in parameters.items()
        }
        got = trial(parameters, grads, 0.1, trainable)
        trial.agree(f"parameters with trainable = {trainable}", got, right)
