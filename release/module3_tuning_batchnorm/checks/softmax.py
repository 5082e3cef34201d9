"""Visible checks of ``3_softmax.ipynb``."""

from __future__ import annotations

import numpy as np

from checks import Sheet, Trial

sheet = Sheet(__file__)
check, progress = sheet.check, sheet.progress


@sheet.question(
    minutes=11,
    ask="Which row does class c belong to, which column example i, and how many rows are there?",
    by_hand="With C = 3 the labels 2 and 0 become the columns (0, 0, 1) and (1, 0, 0).",
)
def one_hot(trial: Trial) -> None:
    Y = trial(np.array([2, 0, 1, 2, 0]), 4)
    trial.agree("Y", Y, [[0, 1, 0, 0, 1], [0, 0, 1, 0, 0], [1, 0, 0, 1, 0], [0, 0, 0, 0, 0]])
    trial.agree("Y of one example", trial(np.array([1]), 2), [[0], [1]])
    for wrong in (-1, 4):
        what = f"the label {wrong} with C = 4".replace("-", "−")
        trial.refuses(what, np.array([2, wrong]), 4)
    trial.agree("Y of the labels 0, 1, 2 with C = 3", trial(np.arange(3), 3), np.eye(3))


@sheet.question(
    minutes=13,
    ask="Over which axis do probabilities sum to 1, and what happens to exp of a large number?",
    by_hand="The scores log 1, log 2 and log 5 give 1, 2 and 5 with the sum 8: 1/8, 2/8 and 5/8.",
)
def softmax(trial: Trial) -> None:
    Z = np.log(np.array([[1.0, 1.0, 7.0], [2.0, 2.0, 7.0], [5.0, 5.0, 7.0]]))
    Z[:, 1] += 1
    right = [[1 / 8, 1 / 8, 1 / 3], [2 / 8, 2 / 8, 1 / 3], [5 / 8, 5 / 8, 1 / 3]]
    trial.agree("P", trial(Z), right)
    with np.errstate(all="ignore"):
        P = trial(Z + np.array([[1000.0, -1000.0, 0.0]]))
    trial.agree("P, with one example near 1000 and one near −1000", P, right)
    P = trial(np.log(np.array([[1.0, 3.0], [4.0, 2.0], [3.0, 1.0], [2.0, 4.0]])))
    trial.agree("P of four classes", P, [[0.1, 0.3], [0.4, 0.2], [0.3, 0.1], [0.2, 0.4]])
    with np.errstate(all="ignore"):
        P = trial(np.array([[0.0, 2000.0], [-2000.0, 0.0]]))
    trial.agree("P of far scores", P, [[1, 1], [0, 0]])


@sheet.question(
    minutes=11,
    ask="Which entries of P count, and what is the mean taken over?",
    by_hand="If the true classes got 1/2, 1/4 and 1/8, the costs are log 2, 2 log 2 and 3 log 2, with "
    "the mean 2 log 2 = 1.386.",
)
def cross_entropy(trial: Trial) -> None:
    P = np.array([[4, 2, 3], [2, 2, 3], [1, 2, 1], [1, 2, 1]]) / 8
    Y = np.array([[1.0, 0, 0], [0, 0, 0], [0, 1.0, 0], [0, 0, 1.0]])
    J = trial(P, Y)
    trial.agree("J", J, 2 * np.log(2))
    trial.holds(
        "a float", isinstance(J, float), f"J is a {type(J).__name__}; it should be a float."
    )
    P = np.array([[1.0, 0.0], [0.0, 1.0]])
    with np.errstate(all="ignore"):
        right, wrong = trial(P, P), trial(P, P[::-1])
    trial.agree("J, certain and right", right, 0)
    trial.holds(
        "J, certain and wrong",
        np.isfinite(wrong) and wrong > 34.5,
        f"Certain and wrong costs {wrong:.4g}; it should be finite, and at least −log 1e-15, 34.5.",
    )
    J = trial(np.array([[1e-12], [1.0]]), np.array([[1.0], [0.0]]))
    trial.agree("J of a probability of 1e-12", J, 12 * np.log(10), rtol=1e-4)
    P, Y = np.array([[0.7, 0.2], [0.1, 0.3], [0.2, 0.5]]), np.array([[1.0, 0], [0, 1], [0, 0]])
    trial.agree("J of three classes", trial(P, Y), 0.7803239)


@sheet.question(
    minutes=8,
    ask="What was said, what was true, and over how many examples is the cost a mean?",
    by_hand="For P = (0.5, 0.25, 0.25) and Y = (1, 0, 0) the difference is (−0.5, 0.25, 0.25); with two "
    "examples the first column of dZ is half of that.",
)
def softmax_cross_entropy_backward(trial: Trial) -> None:
    P = np.array([[0.5, 0.2], [0.25, 0.2], [0.25, 0.6]])
    Y = np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]])
    trial.agree("dZ", trial(P, Y), [[-0.25, 0.1], [0.125, -0.4], [0.125, 0.3]])
    P, Y = (
        np.array([[0.6, 0.3, 0.9], [0.4, 0.7, 0.1]]),
        np.array([[0.0, 1.0, 1.0], [1.0, 0.0, 0.0]]),
    )
    right = np.array([[0.6, -0.7, -0.1], [-0.6, 0.7, 0.1]]) / 3
    trial.agree("dZ of two classes and three examples", trial(P, Y), right)
    with np.errstate(all="ignore"):
        dZ = trial(np.eye(2), np.array([[1.0, 1.0], [0.0, 0.0]]))
    trial.agree("dZ where a probability is 0", dZ, [[0, -0.5], [0, 0.5]])


@sheet.question(
    minutes=6,
    ask="Which axis holds the classes, and how are they counted?",
    by_hand="The column (0.1, 0.1, 0.8) is of class 2, and (0.2, 0.4, 0.4) of class 1.",
)
def predict(trial: Trial) -> None:
    P = np.array([[0.1, 0.4, 0.2], [0.1, 0.3, 0.4], [0.8, 0.3, 0.4]])
    labels = trial(P)
    array = isinstance(labels, np.ndarray) and labels.dtype.kind in "iu"
    trial.holds("an array of ints", array, "The labels should be an array of whole numbers.")
    trial.agree("labels", labels, [2, 0, 1])
    trial.agree(
        "labels of two classes", trial(np.array([[0.5, 0.2, 0.9], [0.5, 0.8, 0.1]])), [0, 1, 0]
    )
    trial.agree("the label of one example", trial(np.array([[0.3], [0.3], [0.4]])), [2])


@sheet.question(
    minutes=17,
    ask="Which examples belong together, what is compared within such a group, and how much does each "
    "group count?",
    by_hand="Two bins. Three examples are 0.5, 0.5 and 0.4 sure and one of them is right: in the lower "
    "bin 0.467 stands against 0.333. One is 0.9 sure and right: in the upper bin 0.9 stands against 1. "
    "In all (3 · 0.133 + 0.1) / 4 = 0.125.",
)
def calibration_error(trial: Trial) -> None:
    P = np.array([[0.5, 0.3, 0.4, 0.05], [0.3, 0.5, 0.3, 0.9], [0.2, 0.2, 0.3, 0.05]])
    labels = np.array([0, 2, 1, 1])
    trial.agree("the error with two bins", trial(P, labels, 2), 0.125)
    trial.agree("the error with one bin", trial(P, labels, 1), 0.075)
    sure = np.array([0.35, 0.42, 0.46, 0.55, 0.64, 0.65, 0.71, 0.78, 0.85, 0.88, 0.93, 0.97])
    P4 = np.vstack([(1 - sure) / 3, sure, (1 - sure) / 3, (1 - sure) / 3])
    for bins, right in ((3, 0.1708333), (5, 0.2191667), (10, 0.2641667), (30, 0.3875)):
        error = trial(P4, np.array([1, 2, 1, 1, 0, 1, 1, 3, 1, 1, 2, 1]), bins)
        trial.agree(f"the error of twelve examples with {bins} bins", error, right)
    certain = np.array([[1.0, 1.0, 0.9, 0.75], [0.0, 0.0, 0.1, 0.25]])
    error = trial(certain, np.array([0, 1, 0, 0]), 4)
    trial.agree("the error where the network is certain", error, 0.2875)
    trial.refuses("a number of bins of 0", P, labels, 0)
    trial.refuses("a label of 3 with three classes", P, np.array([0, 2, 3, 1]), 2)


@sheet.question(
    minutes=13,
    ask="If the answer were k, what would it cost on average, over all that may be true?",
    by_hand="A mushroom is edible with probability 0.9. To eat a poisonous one costs 100, to leave an "
    "edible one 1: eating costs 0.1 · 100 = 10 on average, leaving it 0.9 · 1 = 0.9.",
)
def decide(trial: Trial) -> None:
    mushrooms = np.array([[0.9, 0.999, 0.4], [0.1, 0.001, 0.6]])
    labels = trial(mushrooms, np.array([[0.0, 100.0], [1.0, 0.0]]))
    array = isinstance(labels, np.ndarray) and labels.dtype.kind in "iu"
    trial.holds("an array of ints", array, "The labels should be an array of whole numbers.")
    trial.agree("to eat or to leave three mushrooms", labels, [1, 0, 1])
    P = np.array([[0.5, 0.2, 0.1, 0.4], [0.3, 0.45, 0.1, 0.3], [0.2, 0.35, 0.8, 0.3]])
    costs = np.array([[0.0, 4.0, 9.0], [2.0, 0.0, 6.0], [1.0, 7.0, 0.0]])
    trial.agree("labels of three classes", trial(P, costs), [1, 1, 2, 2])
    doubt = np.vstack([costs, [[1.5, 1.5, 1.5]]])
    trial.agree("labels where 3 stands for asking a person", trial(P, doubt), [3, 3, 2, 3])
    trial.agree("labels of two answers to three classes", trial(P, costs[1:]), [0, 0, 1, 1])
    equal = trial(np.full((3, 2), 1 / 3), np.array([[5.0, 2, 2], [1, 1, 1], [1, 1, 1]]))
    trial.agree("labels where two answers cost the same", equal, [1, 1])
