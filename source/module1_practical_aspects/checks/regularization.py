"""Visible checks of ``3_regularization.ipynb``."""

from __future__ import annotations

import numpy as np

from checks import Sheet, Trial

sheet = Sheet(__file__)
check, progress = sheet.check, sheet.progress


def network() -> dict[str, np.ndarray]:
    """Parameters of two layers."""
    return {
        "W1": np.array([[3.0, -4.0], [0.0, 1.0]]),
        "b1": np.array([[5.0], [6.0]]),
        "W2": np.array([[-2.0, 0.0]]),
        "b2": np.array([[7.0]]),
    }


@sheet.question(
    minutes=10,
    ask="Which parameters are penalised, and what is done with each entry before they are added?",
    by_hand="The weights 3, −4 and −2 have the squares 9 + 16 + 4 = 29. With lambd = 2 and m = 10 "
    "the penalty is 2 / 20 · 29 = 2.9, whatever the biases are.",
)
def l2_cost(trial: Trial) -> None:
    trial.agree("l2_cost", trial(network(), 2.0, 10), 3.0)
    trial.agree("l2_cost with lambd = 0", trial(network(), 0.0, 10), 0.0)
    one = {"W1": np.array([[1.0, 2.0, 2.0]]), "b1": np.array([[3.0]])}
    trial.agree("l2_cost of one layer", trial(one, 4.0, 6), 3.0)
    four = {f"{kind}{l}": np.full((1, 1), 2.0) for l in (1, 2, 3, 4) for kind in "Wb"}
    trial.agree("l2_cost of four layers", trial(four, 1.0, 1), 8.0)
    eleven = {f"{kind}{l}": np.full((1, 1), float(l)) for l in range(1, 12) for kind in "Wb"}
    trial.agree("l2_cost of eleven layers", trial(eleven, 3.0, 2), 379.5)


@sheet.question(
    minutes=10,
    ask="What is the derivative of a square, and to which gradients is it added?",
    by_hand="With lambd = 2 and m = 10, the weight 3 adds 2 / 10 · 3 = 0.6 to its gradient.",
)
def l2_gradients(trial: Trial) -> None:
    parameters = network() | {"W1": np.array([[3.0, -4.0], [0.0, 2.0]])}
    grads = {
        "dW1": np.array([[1.0, 1.0], [1.0, 1.0]]),
        "db1": np.array([[1.0], [2.0]]),
        "dW2": np.array([[3.0, 4.0]]),
        "db2": np.array([[-1.0]]),
    }
    right = {
        "dW1": np.array([[1.6, 0.2], [1.0, 1.4]]),
        "dW2": np.array([[2.6, 4.0]]),
        "db1": grads["db1"],
        "db2": grads["db2"],
    }
    trial.agree("grads", trial(grads, parameters, 2.0, 10), right)
    one = {"W1": np.ones((1, 2)), "b1": np.ones((1, 1))}
    got = trial({"dW1": np.zeros((1, 2)), "db1": np.ones((1, 1))}, one, 3.0, 6)
    right = {"dW1": np.array([[0.5, 0.5]]), "db1": np.ones((1, 1))}
    trial.agree("grads of one layer", got, right)
    eleven = {f"{kind}{l}": np.full((1, 1), float(l)) for l in range(1, 12) for kind in "Wb"}
    zeros = {f"d{name}": np.zeros((1, 1)) for name in eleven}
    right = {f"d{name}": Q / 2 if name[0] == "W" else 0 * Q for name, Q in eleven.items()}
    trial.agree("grads of eleven layers", trial(zeros, eleven, 3.0, 6), right)


@sheet.question(
    minutes=16,
    ask="If a weight grows a little, by how much does each of the two penalties grow? And if the "
    "weight is negative?",
    by_hand="With l1 = 5, l2 = 0 and m = 10, a weight of −4 costs 5 · 4 / 10 = 2, and one of −3.9 "
    "costs 1.95: over the distance 0.1 the penalty falls by 0.05, so −0.5 comes to the gradient.",
)
def elastic_gradients(trial: Trial) -> None:
    grads = {
        "dW1": np.array([[1.0, 1.0], [1.0, 1.0]]),
        "db1": np.array([[1.0], [2.0]]),
        "dW2": np.array([[3.0, 4.0]]),
        "db2": np.array([[-1.0]]),
    }
    right = grads | {"dW1": np.array([[1.7, 0.1], [1.0, 1.3]]), "dW2": np.array([[2.5, 4.0]])}
    trial.agree("grads", trial(grads, network(), 1.0, 2.0, 10), right)
    one = {"W1": np.array([[2.0, -5.0]]), "b1": np.ones((1, 1))}
    zeros = {"dW1": np.zeros((1, 2)), "db1": np.ones((1, 1))}
    for l1, l2, dW in ((3.0, 0.0, [[0.5, -0.5]]), (0.0, 3.0, [[1.0, -2.5]])):
        got = trial(zeros, one, l1, l2, 6)
        trial.agree(f"grads of one layer, l1 = {l1:g}, l2 = {l2:g}", got, zeros | {"dW1": dW})
    eleven = {f"{kind}{l}": np.full((1, 1), float(l)) for l in range(1, 12) for kind in "Wb"}
    got = trial({f"d{name}": np.zeros((1, 1)) for name in eleven}, eleven, 6.0, 3.0, 6)
    for name, dQ in (("dW3", 2.5), ("dW11", 6.5), ("db11", 0.0)):
        trial.agree(f"{name} of eleven layers", got[name], [[dQ]])
    trial.refuses("a negative l1", grads, network(), -1.0, 2.0, 10)
    trial.refuses("a negative l2", grads, network(), 1.0, -2.0, 10)
    trial.refuses("m = 0", grads, network(), 1.0, 2.0, 0)


@sheet.question(
    minutes=13,
    ask="For how many entries of A is there a random number, and what makes up for what is dropped?",
    by_hand="With keep_prob = 0.5 and the mask (True, False), A = (3, 4) becomes (6, 0).",
)
def dropout_forward(trial: Trial) -> None:
    A = np.arange(1.0, 25.0).reshape(4, 6)
    A_out, mask = trial.parts(trial(A, 0.5, np.random.default_rng(1)), "A_out", "mask")
    for name, array in (("A_out", A_out), ("mask", mask)):
        trial.holds(
            f"shape of {name}",
            isinstance(array, np.ndarray) and array.shape == A.shape,
            f"{name} should be an array with the shape of A, {A.shape}.",
        )
    binary = np.isin(mask, [0, 1]).all()
    trial.holds(
        "mask is True or False", binary, "mask should be True where an entry is kept, else False."
    )
    trial.holds(
        "something is kept", mask.any(), "Of 24 entries none is kept, with keep_prob = 0.5."
    )
    trial.agree("A_out where mask is True", A_out[mask == 1], 2 * A[mask == 1])
    trial.agree("A_out where mask is False", A_out[mask == 0], 0 * A[mask == 0])
    # Of 40 000 entries, the share that is kept lies within 0.02 of keep_prob, as good as always.
    ones = np.ones((200, 200))
    A_out, mask = trial(ones, 0.25, np.random.default_rng(2))
    kept = A_out[A_out != 0]
    trial.holds(
        "share that is kept",
        abs(kept.size / 40_000 - 0.25) < 0.02,
        f"{kept.size / 40_000:.0%} of the entries are kept; with keep_prob = 0.25 it should be 25 %.",
    )
    trial.agree("A_out of ones, where kept", kept, np.full(kept.size, 4.0))
    for axis, whose in ((1, "unit (row)"), (0, "example (column)")):
        trial.holds(
            f"each {whose} is kept in part",
            np.ptp(mask.mean(axis=axis)) < 0.5,
            f"One {whose} is kept much more often than another: draw a number for each entry of A.",
        )
    rng, ones = np.random.default_rng(3), np.ones((8, 8))
    first, later = trial(ones, 0.5, rng)[1], trial(ones, 0.5, rng)[1]
    again = trial(ones, 0.5, np.random.default_rng(3))[1]
    same = np.array_equal(first, again)
    trial.holds(
        "the same seed, the same mask", same, "The same seed gave another mask: draw from rng."
    )
    trial.holds(
        "another mask in each call",
        not np.array_equal(first, later),
        "Two calls gave the same mask: don't make a generator of your own.",
    )
    counts = {int(trial(A, 0.5, rng)[1].sum()) for _ in range(30)}
    trial.holds(
        "a chance of its own for each entry",
        len(counts) > 1,
        f"In 30 calls, {min(counts)} of 24 entries are kept each time.",
    )


@sheet.question(
    minutes=8,
    ask="What did the forward pass multiply an entry by that was kept, and what one that was not?",
    by_hand="With keep_prob = 0.25 and the mask (True, False), dA = (1, 2) becomes (4, 0).",
)
def dropout_backward(trial: Trial) -> None:
    dA = np.array([[1.0, 2.0, -3.0], [4.0, -5.0, 6.0]])
    mask = np.array([[True, False, True], [False, True, True]])
    trial.agree("dA_prev", trial(dA, mask, 0.25), [[4, 0, -12], [0, -20, 24]])
    trial.agree("dA_prev with keep_prob = 0.8", trial(dA, mask, 0.8), dA * mask * 1.25)
    trial.agree("dA_prev with keep_prob = 1", trial(dA, mask | True, 1.0), dA)


@sheet.question(
    minutes=14,
    ask="With what is a new cost compared, and what happens to the count when it is lower?",
    by_hand="With the costs 5, 3, 4, 2, 6, 7, 1 and patience 2, the epochs 4 and 5 bring no new best "
    "after epoch 3: training stops there, and the answer is 3.",
)
def early_stopping_epoch(trial: Trial) -> None:
    costs = [5.0, 3.0, 4.0, 2.0, 6.0, 7.0, 1.0]
    for patience, right in ((2, 3), (3, 6), (1, 1), (9, 6)):
        epoch = trial(costs, patience)
        whole = isinstance(epoch, int | np.integer)
        trial.holds(
            "a whole number", whole, f"The epoch is {epoch!r}; it should be a whole number."
        )
        trial.agree(f"early_stopping_epoch({costs}, {patience})", epoch, right)
    for costs, patience, right in (
        ([4, 2, 7, 6, 5, 1], 3, 1),
        ([4, 2, 3, 2, 3, 1], 3, 1),
        ([3, 5, 6, 7], 2, 0),
        ([9, 8, 7, 6], 1, 3),
        ([5, 6, 4, 6, 3, 6, 7, 2], 2, 4),
        ([4, 3, 5, 6, 7, 8, 9, 1], 5, 1),
        ([5.0], 1, 0),
    ):
        trial.agree(f"early_stopping_epoch({costs}, {patience})", trial(costs, patience), right)


@sheet.question(
    minutes=6,
    ask="Which of the three axes are the columns?",
    by_hand="An image with the rows (1, 2, 3) and (4, 5, 6) becomes one with (3, 2, 1) and (6, 5, 4).",
)
def flip_horizontally(trial: Trial) -> None:
    two = np.array([[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], [[7.0, 8.0, 9.0], [10.0, 11.0, 12.0]]])
    trial.agree(
        "the mirrored images", trial(two), [[[3, 2, 1], [6, 5, 4]], [[9, 8, 7], [12, 11, 10]]]
    )


@sheet.question(
    minutes=11,
    ask="How many places are there for the window along a row, and along a column?",
    by_hand="In an image of 3 × 4 pixels, a window of 2 × 2 can begin in the rows 0 and 1 and in the "
    "columns 0, 1 and 2: 6 places.",
)
def random_crop(trial: Trial) -> None:
    # The pixel in row r and column c of image i has the value 100 i + 10 r + c.
    many = np.arange(300.0)[:, None, None] * 100 + np.add.outer([0, 10, 20], [0, 1, 2, 3])
    crops = trial(many, 2, np.random.default_rng(1))
    trial.holds(
        "shape",
        isinstance(crops, np.ndarray) and crops.shape == (300, 2, 2),
        f"The crops should be an array of shape (300, 2, 2); they are {_described(crops)}.",
    )
    corners = crops[:, 0, 0]
    own = np.array_equal(corners // 100, np.arange(300))
    trial.holds("crop i is from image i", own, "Crop i should come from image i.")
    window = corners[:, None, None] + np.array([[0, 1], [10, 11]])
    trial.holds(
        "each crop is a window",
        np.array_equal(crops, window),
        "A crop is no window of neighbouring pixels, in their order.",
    )
    places = {(int(corner % 100) // 10, int(corner % 10)) for corner in corners}
    trial.holds(
        "places differ", len(places) > 1, "All crops are cut at the same place: draw for each."
    )
    trial.holds(
        "all 6 places",
        len(places) == 6,
        f"Windows begin at (row, column) {sorted(places)}; 6 places are possible.",
    )
    square = np.array([[[1.0, 2.0], [3.0, 4.0]]])
    trial.agree("a crop of everything", trial(square, 2, np.random.default_rng(2)), square)
    wide = np.arange(40.0).reshape(2, 2, 10)
    crops = trial(wide, 2, np.random.default_rng(5))
    trial.holds(
        "rows of a wide image",
        crops.shape == (2, 2, 2),
        f"The shape is {crops.shape}, not (2, 2, 2).",
    )
    rng = np.random.default_rng(2)
    first, later = trial(many, 2, rng), trial(many, 2, rng)
    again = trial(many, 2, np.random.default_rng(2))
    same = np.array_equal(first, again)
    trial.holds(
        "the same seed, the same crops", same, "The same seed gave other crops: draw from rng."
    )
    trial.holds(
        "other crops in each call",
        not np.array_equal(first, later),
        "Two calls gave the same crops: don't make a generator of your own.",
    )


@sheet.question(
    minutes=17,
    ask="How many examples are drawn as partners, how often is each drawn, and what else must know "
    "who the partner was?",
    by_hand="With the examples 10, 20, 30, the weights 1, 0.5, 0 and the partners 30, 10, 20: the "
    "mixes are 10, then half of 20 and half of 10, which is 15, and 20.",
)
def mixup(trial: Trial) -> None:
    # Powers of 3: of a mean of two, one sees which two.
    X, Y = 3.0 ** np.arange(8)[None, :], np.arange(8.0)[None, :] % 2
    Y = np.concatenate([Y, 1 - Y, np.arange(8.0)[None, :]])

    def mix(weights: list[float], seed: int = 1) -> tuple[np.ndarray, ...]:
        drawn = trial(X, Y, np.array(weights), np.random.default_rng(seed))
        mixed = trial.parts(drawn, "X_mix", "Y_mix")
        for name, got, shape in zip(("X_mix", "Y_mix"), mixed, ((1, 8), (3, 8)), strict=True):
            found = np.shape(got)
            trial.holds(
                f"shape of {name}", found == shape, f"{name} has shape {found}, not {shape}."
            )
        return mixed

    X_mix, Y_mix = mix([1.0] * 8)
    trial.agree("X_mix with weights of 1", X_mix, X)
    trial.agree("Y_mix with weights of 1", Y_mix, Y)
    X_mix, Y_mix = mix([0.0] * 8)
    once = np.array_equal(np.sort(X_mix), X)
    told = "With weights of 0 only partners are left; here one comes twice, or is no example."
    trial.holds("each example is a partner once", once, told)
    moved = not np.array_equal(X_mix, X)
    trial.holds("partners are others", moved, "With weights of 0 X_mix is still X.")
    both = np.allclose(3.0 ** Y_mix[2], X_mix[0])
    trial.holds("labels of partners", both, "The labels are not those of the same partners.")
    (X_mix, Y_mix), weights = mix([0.25] * 4 + [0.75] * 4), np.repeat([0.25, 0.75], 4)
    trial.agree("the sum of all labels of the first kind and of the second", Y_mix[:2].sum(), 8)
    rest = (X_mix[0] - weights * X[0]) / (1 - weights)
    whole = np.allclose(np.sort(rest), X[0])
    told = (
        "Less a quarter of the first four examples and three quarters of the others, X_mix should "
    )
    told += "hold the rest of 8 partners."
    trial.holds("shares of inputs", whole, told)
    rest = (Y_mix[2] - weights * Y[2]) / (1 - weights)
    alike = np.allclose(3.0**rest, (X_mix[0] - weights * X[0]) / (1 - weights))
    trial.holds("shares of labels", alike, "Labels and inputs are mixed in different ways.")
    again, other = mix([0.5] * 8)[0], mix([0.5] * 8, 2)[0]
    same = np.array_equal(mix([0.5] * 8)[0], again)
    trial.holds("the same seed, the same partners", same, "The same seed gave other partners.")
    differ = not np.array_equal(again, other)
    trial.holds("another seed, other partners", differ, "Another seed gave the same partners.")
    for what, weights in (("a weight of −0.1", [-0.1] * 8), ("a weight of 1.1", [1.1] * 8),
                          ("one weight for 8 examples", [0.5])):  # fmt: skip
        trial.refuses(what, X, Y, np.array(weights), np.random.default_rng(1))


def _described(value: object) -> str:
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    return f"a {type(value).__name__}"
