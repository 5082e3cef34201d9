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
    minutes=10,
    ask="How many weights does one unit have, and which layers have biases?",
    by_hand="From 2 inputs to 3 units: 2 · 3 weights and 3 biases, 9 in all.",
)
def count_dense_parameters(trial: Trial) -> None:
    count(trial, "[2, 3, 2]", trial([2, 3, 2]), 17)
    count(trial, "[2, 3, 2, 1] without biases", trial([2, 3, 2, 1], use_bias=False), 14)
    count(trial, "[5, 4]", trial([5, 4]), 24)
    count(trial, "[7, 3, 5, 2]", trial([7, 3, 5, 2]), 56)


@sheet.question(
    minutes=9,
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
    minutes=13,
    ask="To which layer does a parameter belong, whatever stands before the number in its name?",
    by_hand="With a learning rate of 0.1 and a gradient of 20, a trainable parameter goes down by 2, a "
    "frozen one stays.",
)
def fine_tune_step(trial: Trial) -> None:
    names = ["W1", "gamma1", "beta1", "W2", "b2", "W3", "b3", "W11", "b11"]
    parameters = {name: np.array([[5.0 + i, 7.0 + i]]) for i, name in enumerate(names)}
    grads = {f"d{name}": np.array([[20.0, 10.0]]) for name in names}
    for trainable in ([2], [1, 3], [], [11]):
        right = {
            name: value - np.array([[2, 1]]) * (int(name.strip("Wbgamet")) in trainable)
            for name, value in parameters.items()
        }
        got = trial(parameters, grads, 0.1, trainable)
        trial.agree(f"parameters with trainable = {trainable}", got, right)


@sheet.question(
    minutes=16,
    ask="Which numbers of this layer does a gradient move, and how many of each are there?",
    by_hand="From 2 inputs to 3 units: 2 · 3 weights and 3 biases, 9. Without biases 6; and if batch "
    "norm follows these 3 units, it learns a scale and a shift for each.",
)
def count_layers(trial: Trial) -> None:
    layers = [("dense", 2, 3, True), ("dense", 3, 5, False)]
    got = trial(layers)
    trial.equal("the list of counts of two dense layers", got, [9, 15])
    whole = all(isinstance(count, int | np.integer) for count in got)
    trial.holds("whole numbers", whole, "The counts should be whole numbers, int and not float.")
    layers = [("conv", 3, 2, (3, 3), True), ("conv", 2, 4, (1, 5), False)]
    trial.equal("the list of counts of two convolutions", trial(layers), [56, 40])
    layers = [("conv", 1, 8, (5, 2), False), ("batch_norm", 8), ("dense", 7, 4, True)]
    trial.equal("the list of counts with batch norm", trial(layers), [80, 16, 32])
    trial.equal("the list of counts of no layers", trial([]), [])
    trial.refuses('a layer of the kind "pool"', [("dense", 2, 3, True), ("pool", 2)])


@sheet.question(
    minutes=16,
    ask="How far is a layer from the last one, and how often is its rate multiplied?",
    by_hand="Three layers, a learning rate of 0.1 and decay = 0.5: with a gradient of 20 the last layer "
    "goes down by 2, the one before it by 1, the first by 0.5.",
)
def discriminative_step(trial: Trial) -> None:
    names = ["W1", "b1", "W2", "b2", "W3", "b3"]
    parameters = {name: np.array([[5.0 + i]]) for i, name in enumerate(names)}
    grads = {f"d{name}": np.array([[20.0]]) for name in names}
    right = {"W1": 4.5, "b1": 5.5, "W2": 6, "b2": 7, "W3": 7, "b3": 8}
    got = trial(parameters, grads, 0.1, 0.5)
    trial.agree("parameters", got, {name: [[value]] for name, value in right.items()})
    right = {"W1": 5, "b1": 6, "W2": 7, "b2": 8, "W3": 7, "b3": 8}
    got = trial(parameters, grads, 0.1, 0.0)
    trial.agree("parameters with decay = 0", got, {name: [[v]] for name, v in right.items()})
    right = {name: value - 2 for name, value in parameters.items()}
    trial.agree("parameters with decay = 1", trial(parameters, grads, 0.1, 1.0), right)
    one, slopes = {"W1": np.array([[1.0, 2.0]])}, {"dW1": np.array([[10.0, 20.0]])}
    trial.agree("parameters of one layer", trial(one, slopes, 0.05, 0.5), {"W1": [[0.5, 1]]})
    # Twelve layers with batch norm, the first one last; with a decay of one half.
    deep = {
        f"{kind}{n}": np.array([[3.0]]) for n in range(12, 0, -1) for kind in ("beta", "gamma", "W")
    }
    got = trial(deep, {f"d{name}": np.array([[2.0]]) for name in deep}, 1.0, 0.5)
    named = isinstance(got, dict) and sorted(got) == sorted(deep)
    trial.holds("names", named, "The result should be a dict with the names of the parameters.")
    for layer, right in ((12, 1), (11, 2), (9, 2.75), (2, 2.998046875), (1, 2.9990234375)):
        for kind in ("W", "gamma", "beta"):
            trial.agree(f"{kind}{layer} of twelve layers", got[f"{kind}{layer}"], [[right]])
    for wrong in (1.5, -0.5):
        what = f"a decay of {wrong}".replace("-", "−")
        trial.refuses(what, parameters, grads, 0.1, wrong)
