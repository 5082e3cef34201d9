"""Visible checks of ``2_batch_norm.ipynb``."""

from __future__ import annotations

import numpy as np

from checks import Sheet, Trial

sheet = Sheet(__file__)
check, progress = sheet.check, sheet.progress


def column(*entries: float) -> np.ndarray:
    """A column of numbers."""
    return np.array(entries, dtype=float).reshape(-1, 1)


@sheet.question(
    minutes=25,
    ask="Which statistics does each mode use, which does it move, and over which axis are they taken?",
    by_hand="In training, 1, 5, 1, 5 has the mean 3 and the variance 4; with epsilon = 5 the root is "
    "3, and Z_norm = (−2/3, 2/3, −2/3, 2/3). With momentum = 0.75 a running mean of 1 becomes "
    "0.75 · 1 + 0.25 · 3 = 1.5.",
)
def batchnorm_forward(trial: Trial) -> None:
    Z = np.array([[1.0, 5.0, 1.0, 5.0], [8.0, 4.0, 12.0, 16.0]])
    gamma, beta = column(1.5, 10), column(0, 1)
    mean, var = column(1, 2), column(8, 4)
    names = ("Z_tilde", "cache", "running_mean", "running_var")
    Z_tilde, cache, new_mean, new_var = trial.parts(
        trial(Z, gamma, beta, mean, var, "train", momentum=0.75, epsilon=5.0), *names
    )
    trial.agree("Z_tilde in training", Z_tilde, [[-1, 1, -1, 1], [-3, -11, 5, 13]])
    Z_norm, kept, std = trial.parts(cache, "Z_norm", "gamma", "std")
    trial.agree("Z_norm in the cache", Z_norm, [[-2 / 3, 2 / 3] * 2, [-0.4, -1.2, 0.4, 1.2]])
    trial.agree("gamma in the cache", kept, gamma)
    trial.agree("std in the cache", std, [[3], [5]])
    trial.agree("running_mean", new_mean, [[1.5], [4]], flat=True)
    trial.agree("running_var", new_var, [[7], [8]], flat=True)
    # At test time with running means 1, 2 and variances 4, 11, the roots are 3 and 4.
    one, mean, var = column(1, 8), column(1, 2), column(4, 11)
    for examples, right in (
        (one, [[0], [16]]),
        (np.hstack([one, one + 3]), [[0, 1.5], [16, 23.5]]),
    ):
        told = (
            f"at test time, {examples.shape[1]} examples"
            if examples.shape[1] > 1
            else "at test time"
        )
        got = trial(examples, gamma, beta, mean, var, "test", momentum=0.75, epsilon=5.0)
        Z_tilde, cache, new_mean, new_var = trial.parts(got, *names)
        trial.agree(f"Z_tilde {told}", Z_tilde, right)
        trial.equal(f"the cache {told}", cache, None)
        trial.agree(f"running_mean {told}, which stays", new_mean, mean, flat=True)
        trial.agree(f"running_var {told}, which stays", new_var, var, flat=True)
    Z_tilde, _, new_mean, new_var = trial(
        Z[:1, 1:], gamma[:1], beta[:1], mean[:1], var[:1], "train"
    )
    right = [[1.0606587, -2.1213174, 1.0606587]]
    trial.agree("Z_tilde of three examples, with the defaults", Z_tilde, right)
    trial.agree("running_mean, with the defaults", new_mean, [[1.2666667]], flat=True)
    trial.agree("running_var, with the defaults", new_var, [[3.9555556]], flat=True)
    Z_tilde, *_ = trial(Z / 1000, gamma, beta, column(1, 2), column(8, 4), "train")
    right = [[-0.8017837, 0.8017837] * 2, [-2.6514837, -9.9544512, 4.6514837, 11.9544512]]
    trial.agree("Z_tilde of small values, with the defaults", Z_tilde, right)
    small, none, var = column(0.004, 0.006), column(0, 0), column(3e-5, 8e-5)
    Z_tilde, *_ = trial(small, gamma, beta, none, var, "test")
    right = [[0.9486833], [7.3245553]]
    trial.agree("Z_tilde of small values at test time, with the defaults", Z_tilde, right)
    trial.refuses('mode="tset"', Z, gamma, beta, column(1, 2), column(8, 4), "tset")


@sheet.question(
    minutes=20,
    ask="By which paths does one entry of Z reach the output, and what does it move for the others?",
    by_hand="With Z_norm = (−1, 1, −1, 1), gamma = 2 and dZ_tilde = (3, 1, 0, 0): dbeta = 4, "
    "dgamma = −3 + 1 = −2; dZ_norm = (6, 2, 0, 0) has the mean 2, and dZ_norm · Z_norm has −1.",
)
def batchnorm_backward(trial: Trial) -> None:
    dZ_tilde, Z_norm = np.array([[3.0, 1.0, 0.0, 0.0]]), np.array([[-1.0, 1.0, -1.0, 1.0]])
    dZ, dgamma, dbeta = trial.parts(
        trial(dZ_tilde, (Z_norm, column(2), column(2))), "dZ", "dgamma", "dbeta"
    )
    trial.agree("dgamma", dgamma, [[-2]], flat=True)
    trial.agree("dbeta", dbeta, [[4]], flat=True)
    trial.agree("dZ", dZ, [[1.5, 0.5, -1.5, -0.5]])
    Z_norm = np.array([[-1.2, -0.4, 0.4, 1.2, 0.0], [1.5, -0.5, -1.0, 0.5, -0.5]])
    dZ_tilde = np.array([[1.0, -2.0, 0.5, 0.0, 3.0], [2.0, 1.0, 0.0, -1.0, 4.0]])
    dZ, dgamma, dbeta = trial(dZ_tilde, (Z_norm, column(1.5, -0.5), column(4, 0.25)))
    trial.agree("dgamma of two units", dgamma, [[-0.2], [0]], flat=True)
    trial.agree("dbeta of two units", dbeta, [[2.5], [6]], flat=True)
    trial.agree(
        "dZ of two units",
        dZ,
        [[0.1695, -0.9435, 0.006, -0.1695, 0.9375], [-1.6, 0.4, 2.4, 4.4, -5.6]],
    )


@sheet.question(
    minutes=22,
    ask="Which layers have batch norm, what comes after it, and which running statistics go to whom?",
    by_hand="z = (1, 5, 1, 5) with epsilon = 5 and gamma = 3 becomes (−2, 2, −2, 2), relu makes it "
    "(0, 2, 0, 2), and an output layer with W = 1 and b = −2 (−2, 0, −2, 0).",
)
def bn_model_forward(trial: Trial) -> None:
    X = np.array([[1.0, 5.0, 1.0, 5.0]])
    parameters = {"W1": column(1), "gamma1": column(3), "beta1": column(0)}
    parameters |= {"W2": column(1), "b2": column(-2)}
    running = {"mean1": column(1), "var1": column(8)}
    AL, caches, new = trial.parts(
        trial(X, parameters, running, "train", momentum=0.75, epsilon=5.0),
        "AL",
        "caches",
        "running",
    )
    low = 1 / (1 + np.exp(2))
    trial.agree("AL in training", AL, [[low, 0.5, low, 0.5]])
    trial.agree("running in training", new, {"mean1": [[1.5]], "var1": [[7]]})
    a_list = isinstance(caches, list) and [len(cache) for cache in caches] == [3, 2]
    trial.holds(
        "a cache for each layer",
        a_list,
        "caches should be a list: ((A_prev, W), bn_cache, Z_tilde) for each hidden layer, then "
        "((A_prev, W, b), AL).",
    )
    trial.agree("A_prev in the cache of layer 1", caches[0][0][0], X)
    trial.agree("Z_tilde in the cache of layer 1", caches[0][2], [[-2, 2, -2, 2]])
    trial.agree("A_prev in the cache of layer 2", caches[1][0][0], [[0, 2, 0, 2]])
    trial.agree("AL in the cache of layer 2", caches[1][1], [[low, 0.5, low, 0.5]])
    # At test time z = (1, 5) less 1, over the root of 4 + 5, times 3.
    running = {"mean1": column(1), "var1": column(4)}
    AL, _, same = trial(X[:, :2], parameters, running, "test", momentum=0.75, epsilon=5.0)
    trial.agree("AL at test time", AL, [[low, 1 / (1 + np.exp(-2))]])
    trial.agree("running at test time, which stays", same, running)
    # Two hidden layers, three features, four examples.
    X = np.array([[0.5, -1.0, 2.0, 0.0], [1.0, 1.0, -1.0, 0.5], [0.0, 2.0, 1.0, -1.5]])
    deep = {
        "W1": np.array([[1.0, -1.0, 0.5], [0.5, 2.0, 1.0]]),
        "gamma1": column(1, 0.5),
        "beta1": column(0.2, -0.1),
        "W2": np.array([[1.5, -1.0], [0.5, 1.0]]),
        "gamma2": column(2, 1),
        "beta2": column(0.5, 0),
        "W3": np.array([[1.0, -2.0]]),
        "b3": column(0.3),
    }
    running = {"mean1": column(0, 0.5), "var1": column(1, 2)}
    running |= {"mean2": column(0, -1), "var2": column(1, 0.5)}
    AL, _, new = trial(X, deep, running, "train")
    right = [[0.5744425, 0.3853877, 0.7941479, 0.5744425]]
    trial.agree("AL of three layers in training", AL, right)
    right = {
        "mean1": [[0.01875], [0.58125]],
        "var1": [[1.2730469], [2.0667969]],
        "mean2": [[0.052899], [-0.8571471]],
        "var2": [[1.0872921], [0.463543]],
    }
    trial.agree("running of three layers", new, right)
    AL, _, _ = trial(X, deep, running, "test")
    right = [[0.0180652, 0.0052434, 0.9789376, 0.1162533]]
    trial.agree("AL of three layers at test time", AL, right)
    # Three hidden layers: at test time each adds 1, as 3 z over the root of 1 + 8, plus 1.
    deep = {"W4": column(1), "b4": column(-2)}
    running = {}
    for layer in (1, 2, 3):
        deep |= {f"W{layer}": column(1), f"gamma{layer}": column(3), f"beta{layer}": column(1)}
        running |= {f"mean{layer}": column(0), f"var{layer}": column(1)}
    AL, _, _ = trial(np.array([[1.0, 5.0]]), deep, running, "test", epsilon=8.0)
    trial.agree("AL of four layers at test time", AL, 1 / (1 + np.exp([[-2, -6]])))


@sheet.question(
    minutes=19,
    ask="Which three steps lead back through a hidden layer, and in which order?",
    by_hand="The last bias moves the scores of all examples alike, so its gradient is the mean of "
    "AL − Y: with AL = (0.75, 0.5) and Y = (1, 0) it is (−0.25 + 0.5) / 2 = 0.125.",
)
def bn_model_backward(trial: Trial) -> None:
    # z = (−2, 2, −2, 2) has the root 2 without epsilon; gamma = 2 and beta = 1 make −1, 3, −1, 3.
    signs = np.array([[-1.0, 1.0, -1.0, 1.0]])
    X, shifted = np.array([[-2.0, 2.0, -2.0, 2.0], [1.0, 0.0, 0.0, 2.0]]), 2 * signs + 1
    hidden = (X, np.array([[1.0, 0.0]])), (signs, column(2), column(2)), shifted
    AL, Y = np.array([[0.5, 0.75, 0.5, 0.25]]), np.array([[1.0, 0.0, 0.0, 0.0]])
    A = np.array([[0.0, 3.0, 0.0, 3.0]])
    grads = trial(AL, Y, [hidden, ((A, column(4), column(0)), AL)])
    right = {
        "db2": [[0.25]],
        "dW2": [[0.75]],
        "dbeta1": [[1]],
        "dgamma1": [[1]],
        "dW1": [[0, -0.5]],
    }
    trial.agree("grads", grads, right)
    other = np.array([[1.0, 1.0, -1.0, -1.0], [1.0, -1.0, -1.0, 1.0]])
    A1, A2 = (
        np.array([[2.5, 2.5, 0.0, 0.0]]),
        np.array([[0.0, 1.0, 0.0, 1.0], [0.5, 0.0, 0.0, 0.5]]),
    )
    both = np.vstack([signs, other[1:]])
    caches = [
        ((X, np.array([[1.0, 0.5]])), (other[:1], column(2), column(3)), 2 * other[:1] + 0.5),
        ((A1, column(2, -1)), (both, column(1, 0.5), column(0.5, 2)), both * column(1, 0.5)),
        ((A2, np.array([[1.0, -2.0]]), column(0)), AL),
    ]
    right = {
        "db3": [[0.25]],
        "dW3": [[0.25, -0.03125]],
        "dbeta2": [[0.25], [0.125]],
        "dgamma2": [[0.25], [0.125]],
        "dW2": [[0.3125], [0.1171875]],
        "dbeta1": [[0.203125]],
        "dgamma1": [[0.203125]],
        "dW1": [[0.3958333, -0.0989583]],
    }
    trial.agree("grads of three layers", trial(AL, Y, caches), right)
    one = [((np.array([[1.0, 3.0]]), column(1), column(0)), np.array([[0.75, 0.5]]))]
    grads = trial(np.array([[0.75, 0.5]]), np.array([[1.0, 0.0]]), one)
    trial.agree("grads of one layer", grads, {"db1": [[0.125]], "dW1": [[0.625]]})


@sheet.question(
    minutes=20,
    ask="Which entries share a mean and a std, which share a gamma, and does every entry that shares "
    "a mean have the same gamma?",
    by_hand="With Z_norm = (−1, 1, −1, 1) down one column, gamma = (1, 2, 3, 4), std = 2 and "
    "dZ_tilde = (3, 1, 0, 0), dZ is (0.75, 0.5, −0.75, −0.5). It adds up to 0 down the column, and so "
    "does its product with Z_norm.",
)
def layernorm_backward(trial: Trial) -> None:
    Z_norm, dZ_tilde = column(-1, 1, -1, 1), column(3, 1, 0, 0)
    cache = Z_norm, column(1, 2, 3, 4), column(2)
    dZ, dgamma, dbeta = trial.parts(trial(dZ_tilde, cache), "dZ", "dgamma", "dbeta")
    trial.agree("dgamma of one example", dgamma, [[-3], [1], [0], [0]], flat=True)
    trial.agree("dbeta of one example", dbeta, [[3], [1], [0], [0]], flat=True)
    trial.agree("dZ of one example", dZ, [[0.75], [0.5], [-0.75], [-0.5]])
    # Two examples, whose squares of Z_norm have the means 0.8 and 0.5, for epsilon is large there.
    Z_norm = np.array([[1.0, -0.5], [-1.0, 1.0], [1.0, 0.5], [-1.0, -1.0], [0.0, 0.0]])
    dZ_tilde = np.array([[1.0, 2.0], [0.0, 3.0], [-2.0, 1.0], [4.0, 0.0], [1.0, -1.0]])
    cache = Z_norm, column(2, -1, 0.5, 1, -2), np.array([[4.0, 0.25]])
    dZ, dgamma, dbeta = trial(dZ_tilde, cache)
    trial.agree("dgamma of two examples", dgamma, [[0], [3], [-1.5], [-4], [0]], flat=True)
    trial.agree("dbeta of two examples", dbeta, [[3], [3], [-1], [4], [0]], flat=True)
    right = [[0.5, 11.3], [-0.3, -11.0], [-0.25, 1.1], [0.7, -6.6], [-0.65, 5.2]]
    trial.agree("dZ of two examples", dZ, right)


@sheet.question(
    minutes=16,
    ask="What do the two layers together answer to an example of zeros, and by how much does the "
    "answer change when one input grows by 1?",
    by_hand="One unit with the weights (1, −2), gamma = 6, beta = 1, a running mean of 2, a running "
    "variance of 4 and epsilon = 5: an example of zeros gives z = 0 and then 6 · (0 − 2) / 3 + 1 = −3.",
)
def fold_batchnorm(trial: Trial) -> None:
    names = "W_folded", "b_folded"
    one = np.array([[1.0, -2.0]]), column(6), column(1), column(2), column(4)
    W, b = trial.parts(trial(*one, epsilon=5.0), *names)
    trial.agree("W_folded of one unit", W, [[2, -4]])
    trial.agree("b_folded of one unit", b, [[-3]], flat=True)
    W = np.array([[1.0, 0.5], [-2.0, 3.0]])
    mean, var = column(0.5, -1), column(1.25, 0)
    two = W, column(-3, 0.5), column(0.25, 2), mean, var
    W, b = trial(*two, epsilon=1.0)
    trial.agree("W_folded of two units", W, [[-2, -1], [-1, 1.5]])
    trial.agree("b_folded of two units", b, [[1.25], [2.5]], flat=True)
    W, b = trial(*two[:4], column(3e-5, 6e-5))
    right = [[-474.3416490, -237.1708245], [-119.5228609, 179.2842914]]
    trial.agree("W_folded of small variances, with the default epsilon", W, right, rtol=1e-6)
    right = [[237.4208245], [61.7614305]]
    trial.agree("b_folded of small variances, with the default epsilon", b, right, flat=True)
    trial.refuses("a running variance of −1", *two[:4], column(2, -1), 5.0)
