"""Visible checks of ``1_mini_batches.ipynb``."""

from __future__ import annotations

import numpy as np

from checks import Sheet, Trial

sheet = Sheet(__file__)
check, progress = sheet.check, sheet.progress


@sheet.question(
    minutes=26,
    ask="How often is the order of the examples drawn, and to what is it applied?",
    by_hand="The examples 0, 1, 2, 3, 4 in the order 3, 0, 4, 1, 2 with batch_size = 2 make three "
    "pairs: columns 3 and 0 of X and Y, columns 4 and 1, and column 2 alone.",
)
def mini_batches(trial: Trial) -> None:
    # Each column of X begins with the number of its example: i, 100 + i; and Y holds 10 i.
    X = np.vstack([np.arange(10.0), 100 + np.arange(10.0)])
    Y = 10 * np.arange(10.0).reshape(1, 10)
    for m, batch_size, sizes in (
        (10, 4, [4, 4, 2]),
        (8, 4, [4, 4]),
        (3, 4, [3]),
        (9, 1, [1] * 9),
        (5, 5, [5]),
    ):
        case = f"{m} examples, batch_size {batch_size}"
        batches = trial(X[:, :m], Y[:, :m], batch_size, np.random.default_rng(0))
        a_list = isinstance(batches, list)
        trial.holds(
            f"{case}: a list", a_list, f"It returns a {type(batches).__name__}, not a list."
        )
        for pair in batches:
            trial.parts(pair, "X_t", "Y_t")
        trial.equal(
            f"{case}: the list of shapes of (X_t, Y_t)",
            [[np.shape(X_t), np.shape(Y_t)] for X_t, Y_t in batches],
            [[(2, size), (1, size)] for size in sizes],
        )
        whole = all(np.array_equal(X_t[1], 100 + X_t[0]) for X_t, _ in batches)
        torn = f"The columns of X are torn apart: {case}."
        trial.holds(f"{case}: columns of X are whole", whole, torn)
        mixed = [
            f"Examples {X_t[0]} have the labels {Y_t[0]}: {case}. Use one order for X and Y."
            for X_t, Y_t in batches
            if not np.array_equal(Y_t[0], 10 * X_t[0])
        ]
        trial.holds(f"{case}: columns stay paired", not mixed, "".join(mixed[:1]))
        found = sorted(np.concatenate([X_t[0] for X_t, _ in batches]).astype(int).tolist())
        trial.equal(f"{case}: the sorted list of all examples", found, list(range(m)))
    rows = [Y_t.shape for _, Y_t in trial(X, np.vstack([Y, Y + 1]), 4, np.random.default_rng(0))]
    trial.equal("the list of shapes of Y_t with two rows", rows, [(2, 4), (2, 4), (2, 2)])
    X = np.arange(40.0).reshape(1, 40)
    rng = np.random.default_rng(1)
    first, later, again = (
        np.concatenate([X_t[0] for X_t, _ in trial(X, X.copy(), 8, generator)])
        for generator in (rng, rng, np.random.default_rng(1))
    )
    trial.holds("shuffled", (first != X[0]).any(), "The examples are not shuffled.")
    same = np.array_equal(first, again)
    trial.holds(
        "the same seed, the same order",
        same,
        "The same seed gave another order. Is all chance from rng?",
    )
    trial.holds(
        "another order in each epoch",
        not np.array_equal(first, later),
        "The second epoch repeated the first. Is the seed fixed inside?",
    )
    near = np.ptp(first[:8]) > 7
    trial.holds(
        "shuffled before cutting",
        near,
        "A mini-batch has neighbours only: shuffle first, then cut.",
    )


@sheet.question(
    minutes=12,
    ask="Does the step go up or down the slope, and how far?",
    by_hand="A parameter of 1 with a gradient of 4 and a learning rate of 0.5 moves to −1.",
)
def gradient_descent_step(trial: Trial) -> None:
    parameters = {
        "W1": np.array([[1.0, 2.0], [3.0, 4.0]]),
        "gamma1": np.array([[3.0]]),
        "b2": np.array([[0.5]]),
    }
    grads = {
        "dW1": np.array([[4.0, -6.0], [0.0, 2.0]]),
        "dgamma1": np.array([[2.0]]),
        "db2": np.array([[1.0]]),
    }
    right = {"W1": np.array([[-1, 5], [3, 3]]), "gamma1": np.array([[2]]), "b2": np.array([[0]])}
    trial.agree("parameters", trial(parameters, grads, 0.5), right)
    twelve = {f"W{l}": np.full((1, 1), float(l)) for l in range(1, 13)}
    right = {name: Q * 0.9 for name, Q in twelve.items()}
    got = trial(twelve, {f"d{name}": Q for name, Q in twelve.items()}, 0.1)
    trial.agree("parameters of twelve layers", got, right)


@sheet.question(
    minutes=18,
    ask="What does one example weigh in the result, one of a large mini-batch and one of a small?",
    by_hand="Three examples have the mean 8, a fourth has 4. All four together have the mean "
    "(8 + 8 + 8 + 4) / 4 = 7, not 6.",
)
def accumulate_gradients(trial: Trial) -> None:
    pieces = [
        {"dW1": np.array([[8.0, 0.0], [4.0, -8.0]]), "dgamma1": np.array([[1.0]])},
        {"dW1": np.array([[4.0, 4.0], [4.0, 8.0]]), "dgamma1": np.array([[9.0]])},
    ]
    right = {"dW1": np.array([[7.0, 1.0], [4.0, -4.0]]), "dgamma1": np.array([[3.0]])}
    trial.agree("grads of 3 and 1 examples", trial(pieces, [3, 1]), right)
    three = [{"db1": np.array([[value]])} for value in (5.0, 6.0, -2.0)]
    got = trial(three, [2, 4, 2])
    trial.agree("grads of 2, 4 and 2 examples", got, {"db1": np.array([[3.75]])})
    trial.agree("grads of one mini-batch", trial(three[:1], [7]), three[0])
    got = trial(three, [6, 6, 6])
    trial.agree("grads of equal mini-batches", got, {"db1": np.array([[3.0]])})
    trial.refuses("a size that is missing", three, [2, 4])
    trial.refuses("one size too many", three, [2, 4, 2, 1])
    trial.refuses("no mini-batch at all", [], [])
    trial.refuses("a mini-batch of 0 examples", three, [2, 0, 2])
