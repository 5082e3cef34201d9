"""Visible checks of ``2_initialization.ipynb``."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from checks import Sheet, Trial

sheet = Sheet(__file__)
check, progress = sheet.check, sheet.progress


def shapes(trial: Trial, parameters: dict[str, np.ndarray], layer_dims: list[int]) -> None:
    """Check names, shapes and biases of initial parameters."""
    trial.holds(
        "parameters is a dict",
        isinstance(parameters, dict),
        f"parameters is a {type(parameters).__name__}; it should be a dict.",
    )
    names = sorted(f"{kind}{l}" for l in range(1, len(layer_dims)) for kind in "Wb")
    trial.holds(
        f"names for the layers {layer_dims}",
        sorted(parameters) == names,
        f"parameters has the keys {sorted(parameters)}; for the layers {layer_dims} they should be "
        f"{names}: layer_dims holds the input too.",
    )
    for l in range(1, len(layer_dims)):
        n, n_prev = layer_dims[l], layer_dims[l - 1]
        for name, shape in ((f"W{l}", (n, n_prev)), (f"b{l}", (n, 1))):
            value = parameters[name]
            trial.holds(
                f"{name} is an array of floats of shape {shape}",
                isinstance(value, np.ndarray) and value.dtype == float and value.shape == shape,
                f"{name} is {_described(value)}; it should be an array of floats of shape {shape}.",
            )
        trial.agree(f"b{l}", parameters[f"b{l}"], np.zeros((n, 1)))


def _described(value: object) -> str:
    if isinstance(value, np.ndarray):
        return f"an array of {value.dtype} of shape {value.shape}"
    return f"a {type(value).__name__}"


def own_arrays(trial: Trial, parameters: dict[str, np.ndarray]) -> None:
    """Check that layers of equal widths share nothing."""
    parameters["W1"] += 1.0
    parameters["b1"] += 1.0
    shared = np.array_equal(parameters["W1"], parameters["W2"]) or np.any(parameters["b2"])
    trial.holds(
        "arrays of their own", not shared, "Layers share an array: make a new one for each."
    )


def from_rng(trial: Trial, draw: Callable[[int], dict[str, np.ndarray]]) -> None:
    """Check that weights come from the generator, by its seed."""
    first, again, other = draw(1), draw(1), draw(2)
    trial.holds(
        "the same seed, the same weights",
        np.array_equal(first["W1"], again["W1"]),
        "The same seed gave other weights: do all come from rng?",
    )
    trial.holds(
        "another seed, other weights",
        not np.array_equal(first["W1"], other["W1"]),
        "Another seed gave the same weights: is rng used?",
    )


@sheet.question(
    minutes=8,
    ask="How many units come in to layer l, and how many go out? What is the shape of W then?",
    by_hand="For layer_dims = [3, 2, 1], W1 has shape (2, 3), b1 (2, 1), W2 (1, 2) and b2 (1, 1).",
)
def initialize_zeros(trial: Trial) -> None:
    for layer_dims in ([3, 4, 2, 1], [5, 1], [2, 2, 2]):
        parameters = trial(layer_dims)
        shapes(trial, parameters, layer_dims)
        for name, value in parameters.items():
            trial.agree(name, value, np.zeros(value.shape))
    own_arrays(trial, parameters)


@sheet.question(
    minutes=8,
    ask="What does scale do to the spread of standard normal numbers, and what to their mean?",
    by_hand="With scale = 5, a standard normal number of −0.3 becomes a weight of −1.5.",
)
def initialize_random(trial: Trial) -> None:
    shapes(trial, trial([3, 4, 2, 1], 0.1, np.random.default_rng(1)), [3, 4, 2, 1])
    parameters = trial([100, 80, 100], 5.0, np.random.default_rng(1))
    for name in ("W1", "W2"):
        W = parameters[name]
        trial.holds(
            f"mean of {name}",
            abs(W.mean()) < 0.5,
            f"The mean of {name} is {W.mean():.3g}, not near 0.",
        )
        trial.holds(
            f"standard deviation of {name}",
            abs(W.std() - 5) < 0.5,
            f"The standard deviation of {name} is {W.std():.3g}; with scale = 5 it should be near 5.",
        )
        trial.holds(
            f"normal numbers in {name}",
            W.max() > 11,
            f"{name} has no entry beyond 11: are the numbers normal?",
        )
        trial.holds(
            f"rows of {name} differ",
            len(np.unique(W)) > W.size / 2,
            f"Numbers in {name} come again and again: draw one for each entry.",
        )
    same = np.isclose(parameters["W1"].flat[0], parameters["W2"].flat[0])
    trial.holds("layers differ", not same, "W1 and W2 hold the same numbers: draw anew for each.")
    own_arrays(trial, trial([2, 2, 2], 1.0, np.random.default_rng(1)))
    from_rng(trial, lambda seed: trial([10, 8, 10], 5.0, np.random.default_rng(seed)))


def spread(trial: Trial, numerator: float, *more: float) -> None:
    """Check that the variance of weights is numerator / inputs, with more arguments before rng."""
    shapes(trial, trial([3, 4, 2, 1], *more, np.random.default_rng(1)), [3, 4, 2, 1])
    layer_dims = [400, 100, 25, 400]
    parameters = trial(layer_dims, *more, np.random.default_rng(1))
    for l in (1, 2, 3):
        W, n_prev, n = parameters[f"W{l}"], layer_dims[l - 1], layer_dims[l]
        std = np.sqrt(numerator / n_prev)
        trial.holds(
            f"rows of W{l} differ",
            len(np.unique(W)) > W.size / 2,
            f"Numbers in W{l} come again and again: draw one for each entry.",
        )
        trial.holds(
            f"mean of W{l}",
            abs(W.mean()) < 0.1 * std,
            f"The mean of W{l} is {W.mean():.2g}, not near 0.",
        )
        trial.holds(
            f"standard deviation of W{l}",
            abs(W.std() / std - 1) < 0.07,
            f"The standard deviation of W{l}, with {n_prev} inputs and {n} units, is {W.std():.4f}; "
            f"it should be near {std:.4f}.",
        )
    own_arrays(trial, trial([2, 2, 2], *more, np.random.default_rng(1)))
    from_rng(trial, lambda seed: trial([10, 8, 10], *more, np.random.default_rng(seed)))


@sheet.question(
    minutes=8,
    ask="By what is a standard normal number multiplied so that its variance is 1 / n?",
    by_hand="With 400 inputs the variance is 1/400, and the standard deviation 1/20 = 0.05.",
)
def initialize_xavier(trial: Trial) -> None:
    spread(trial, 1)


@sheet.question(
    minutes=8,
    ask="What does ReLU do to half of the signal, and by how much must the variance make up for it?",
    by_hand="With 50 inputs the variance is 2/50 = 0.04, and the standard deviation 0.2.",
)
def initialize_he(trial: Trial) -> None:
    spread(trial, 2)


@sheet.question(
    minutes=8,
    ask="Which entry of W belongs to unit i and input j, and which product sums over the inputs?",
    by_hand="A unit with the weights 1, 2 and the bias 10 makes of the inputs 1 and 3: "
    "1 · 1 + 2 · 3 + 10 = 17.",
)
def linear_forward(trial: Trial) -> None:
    A_prev = np.array([[1.0, 2.0], [3.0, 4.0]])
    W, b = np.array([[1.0, 2.0], [0.0, -1.0]]), np.array([[10.0], [20.0]])
    Z, cache = trial.parts(trial(A_prev, W, b), "Z", "cache")
    trial.agree("Z", Z, [[17, 20], [17, 16]])
    for name, kept, value in zip(
        ("A_prev", "W", "b"), trial.parts(cache, "A_prev", "W", "b"), (A_prev, W, b), strict=True
    ):
        trial.agree(f"{name} in the cache", kept, value)
    Z, _ = trial(np.ones((3, 1)), np.array([[1.0, 2.0, 3.0]]), np.array([[0.5]]))
    trial.agree("Z of three inputs, one unit, one example", Z, [[6.5]])
    W, b = np.array([[2.0, 7.0], [1.0, 1.0], [0.0, 3.0]]), np.array([[1.0], [2.0], [3.0]])
    Z, _ = trial(np.array([[1.0], [5.0]]), W, b)
    trial.agree("Z of two inputs, three units", Z, [[38], [8], [18]])
    Z, _ = trial(np.array([[1.0], [5.0]]), np.array([[1.0, -2.0]]), np.array([[1.0]]))
    trial.agree("Z below 0", Z, [[-8]])


@sheet.question(
    minutes=11,
    ask="Which shape must each result have, and which product of dZ with what gives that shape?",
    by_hand="With W = (2, 7), the inputs (1, 3) of one example, and dZ = 5 for it: "
    "dA_prev = (10, 35), dW = (5, 15), db = 5. More examples add up in dW and db.",
)
def linear_backward(trial: Trial) -> None:
    A_prev, W, b = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[2.0, 7.0]]), np.array([[0.5]])
    got = trial(np.array([[5.0, -1.0]]), (A_prev, W, b))
    dA_prev, dW, db = trial.parts(got, "dA_prev", "dW", "db")
    trial.agree("dA_prev", dA_prev, [[10, -2], [35, -7]])
    trial.agree("dW", dW, [[3, 11]])
    trial.agree("db", db, [[4]])
    A_prev, W = np.array([[1.0, 2.0, 0.0], [-1.0, 0.0, 3.0]]), np.array([[1.0, 2.0], [3.0, -1.0]])
    dZ = np.array([[1.0, 0.0, 2.0], [0.0, 4.0, -1.0]])
    dA_prev, dW, db = trial(dZ, (A_prev, W, np.zeros((2, 1))))
    trial.agree("dA_prev of three examples", dA_prev, [[1, 12, -1], [2, -4, 5]])
    trial.agree("dW of three examples", dW, [[1, 5], [8, -3]])
    trial.agree("db of three examples", db, [[3], [3]])


@sheet.question(
    minutes=6,
    ask="What comes out where Z is negative, and what where it is positive?",
    by_hand="(−2, 0, 3) becomes (0, 0, 3), and the cache is (−2, 0, 3).",
)
def relu_forward(trial: Trial) -> None:
    Z = np.array([[-2.0, 0.0, 3.0], [0.5, -0.1, -np.inf]])
    A, cache = trial.parts(trial(Z), "A", "cache")
    trial.agree("A", A, [[0, 0, 3], [0.5, 0, 0]])
    trial.agree("the cache", cache, Z)


@sheet.question(
    minutes=6,
    ask="Which of the two decides what passes, dA or Z? And what passes where Z is exactly 0?",
    by_hand="With Z = (−2, 0, 3) and dA = (10, 20, 30), dZ = (0, 0, 30).",
)
def relu_backward(trial: Trial) -> None:
    Z = np.array([[-2.0, 0.0, 3.0], [0.5, -0.1, 4.0]])
    dA = np.array([[10.0, 20.0, 30.0], [-40.0, -50.0, -60.0]])
    trial.agree("dZ", trial(dA, Z), [[0, 0, 30], [-40, 0, -60]])


@sheet.question(
    minutes=9,
    ask="What decides on which of the two lines a value lies: its sign, or which line is higher?",
    by_hand="With a slope of 0.5, the values −4, 0 and 3 become −2, 0 and 3.",
)
def leaky_relu_forward(trial: Trial) -> None:
    Z = np.array([[-2.0, 0.0, 3.0], [0.5, -0.1, -4.0]])
    for slope, right in (
        (0.5, [[-1, 0, 3], [0.5, -0.05, -2]]),
        (0.0, [[0, 0, 3], [0.5, 0, 0]]),
        (2.0, [[-4, 0, 3], [0.5, -0.2, -8]]),
        (-1.0, [[2, 0, 3], [0.5, 0.1, 4]]),
    ):
        A, cache = trial.parts(trial(Z, slope), "A", "cache")
        trial.agree(f"A with a slope of {slope:g}", A, right)
        kept, told = trial.parts(cache, "Z", "slope")
        trial.agree("Z in the cache", kept, Z)
        trial.agree("the slope in the cache", told, slope)


@sheet.question(
    minutes=9,
    ask="If Z moves a little, by how much does A move, on either side of 0?",
    by_hand="With a slope of 0.5 and Z = −4, A is −2; with Z = −3.9 it is −1.95. So A moves half as "
    "much, and of dA = 10 comes back dZ = 5.",
)
def leaky_relu_backward(trial: Trial) -> None:
    Z = np.array([[-2.0, 0.0, 3.0], [0.5, -0.1, 4.0]])
    dA = np.array([[10.0, 20.0, 30.0], [-40.0, -50.0, -60.0]])
    for slope, right in (
        (0.5, [[5, 10, 30], [-40, -25, -60]]),
        (0.0, [[0, 0, 30], [-40, 0, -60]]),
        (2.0, [[20, 40, 30], [-40, -100, -60]]),
        (-1.0, [[-10, -20, 30], [-40, 50, -60]]),
    ):
        trial.agree(f"dZ with a slope of {slope:g}", trial(dA, (Z, slope)), right)


@sheet.question(
    minutes=14,
    ask="Of the squares of Z, which share is left behind a leaky ReLU, on average over both signs?",
    by_hand="Let Z be 2 and −2, equally often, and the slope 0.5: A is 2 and −1. The mean square was "
    "(4 + 4) / 2 = 4 and is now (4 + 1) / 2 = 2.5. By what must the next layer make up for that?",
)
def initialize_leaky(trial: Trial) -> None:
    for slope, numerator in ((0.5, 1.6), (0.0, 2.0), (1.0, 1.0), (3.0, 0.2)):
        spread(trial, numerator, slope)


@sheet.question(
    minutes=9,
    ask="Which exponential can become too large for a float, and for which sign of Z?",
    by_hand="exp(ln 3) = 3, so the sigmoid of ln 3 is 3 / (1 + 3) = 0.75; that of −ln 3 is 0.25.",
)
def sigmoid_forward(trial: Trial) -> None:
    Z = np.array([[0.0, np.log(3), -np.log(3)]])
    A, cache = trial.parts(trial(Z), "A", "cache")
    trial.agree("A", A, [[0.5, 0.75, 0.25]])
    trial.agree("the cache", cache, [[0.5, 0.75, 0.25]])
    with np.errstate(over="raise", invalid="raise"):  # an overflow is an error here
        for z, a in ((2.0, 0.8807971), (-1000.0, 0.0), (1000.0, 1.0)):
            trial.agree(f"A for {z:g}", trial(np.array([[z]]))[0], [[a]])


@sheet.question(
    minutes=6,
    ask="What does the cache hold, Z or its sigmoid?",
    by_hand="With A = 0.8 and dA = 100: 0.8 · 0.2 · 100 = 16.",
)
def sigmoid_backward(trial: Trial) -> None:
    dA, A = np.array([[8.0, 100.0, -100.0]]), np.array([[0.5, 0.8, 0.2]])
    trial.agree("dZ", trial(dA, A), [[2, 16, -16]])
    trial.agree(
        "dZ of two rows",
        trial(np.array([[1.0], [-2.0]]), np.array([[0.9], [0.5]])),
        [[0.09], [-0.5]],
    )


@sheet.question(
    minutes=13,
    ask="What goes into layer l, and which activation comes after it: is it the last one?",
    by_hand="Units with the weights 1 and 2 and the biases −3 and 0 get of the input 2: −1 and 4, "
    "so they give 0 and 4. An output unit with the weights 5 and 1 and the bias −4 gets "
    "5 · 0 + 1 · 4 − 4 = 0, and its sigmoid is 1/2.",
)
def model_forward(trial: Trial) -> None:
    W1, b1 = np.array([[1.0], [2.0]]), np.array([[-3.0], [0.0]])
    W2, b2 = np.array([[5.0, 1.0]]), np.array([[-4.0]])
    AL, caches = trial.parts(
        trial(np.array([[2.0]]), {"W1": W1, "b1": b1, "W2": W2, "b2": b2}), "AL", "caches"
    )
    trial.agree("AL", AL, [[0.5]])
    trial.holds(
        "caches is a list, one for each layer",
        isinstance(caches, list) and len(caches) == 2,
        "caches should be a list, with an entry for each layer.",
    )
    for cache in caches:
        trial.parts(cache, "linear_cache", "activation_cache")
    trial.agree("the activation cache of layer 1", caches[0][1], [[-1], [4]])
    trial.agree("A_prev in the linear cache of layer 2", caches[1][0][0], [[0], [4]])
    trial.agree("the activation cache of layer 2", caches[1][1], [[0.5]])
    AL, caches = trial(np.zeros((3, 2)), {"W1": np.ones((1, 3)), "b1": -np.ones((1, 1))})
    trial.agree("AL of one layer", AL, [[0.2689414, 0.2689414]])
    wide = {"W1": np.array([[1.0, 1.0], [1.0, -1.0]]), "b1": np.zeros((2, 1))}
    wide |= {"W2": np.array([[2.0, -1.0]]), "b2": np.zeros((1, 1))}
    AL, caches = trial(np.array([[3.0], [-1.0]]), wide)
    trial.agree("AL of two layers, the first as wide as X", AL, [[0.5]])
    # Four layers, the weights of which are 0.5 and −0.5.
    dims, parameters = [5, 4, 3, 2, 1], {}
    for l in range(1, 5):
        n, n_prev = dims[l], dims[l - 1]
        signs = np.where(np.arange(n * n_prev) % 3 == 1, -1.0, 1.0)
        parameters[f"W{l}"] = signs.reshape(n, n_prev) / 2
        parameters[f"b{l}"] = (np.arange(n) % 2).reshape(n, 1) / 10 + 0.05
    AL, caches = trial(np.arange(10.0).reshape(5, 2) / 5 - 0.8, parameters)
    shape = [cache[0][0].shape for cache in caches]
    trial.equal("shapes of the inputs of four layers", shape, [(5, 2), (4, 2), (3, 2), (2, 2)])
    trial.agree("AL of four layers", AL, [[0.5093739, 0.5124974]])


@sheet.question(
    minutes=9,
    ask="Which probability does an example get for what is true, and what is log of 0?",
    by_hand="With AL = 0.5 for a 1, and 0.75 for a 0: −log 0.5 = 0.693 and −log 0.25 = 1.386; their "
    "mean is 1.040.",
)
def binary_cross_entropy(trial: Trial) -> None:
    cost = trial(np.array([[0.5, 0.75]]), np.array([[1.0, 0.0]]))
    trial.agree("the cost", cost, 1.5 * np.log(2))
    AL = np.array([[1.0, 0.0]])
    trial.agree("the cost, certain and right", trial(AL, np.array([[1.0, 0.0]])), 0, atol=1e-6)
    cost = trial(AL, np.array([[0.0, 1.0]]))
    trial.holds(
        "the cost, certain and wrong",
        np.isfinite(cost) and cost > 34.3,
        f"Certain and wrong: the cost is {cost}; it should be finite, and about 34 with a bound of "
        "1e-15.",
    )
    cost = trial(np.array([[0.9, 0.2, 0.5]]), np.array([[1.0, 0.0, 1.0]]))
    trial.agree("the cost of three examples", cost, 0.3405504)
    trial.agree(
        "the cost of a probability of 1e-12",
        trial(np.array([[1e-12]]), np.array([[1.0]])),
        12 * np.log(10),
        rtol=1e-3,
    )


@sheet.question(
    minutes=16,
    ask="What comes into layer l from the layer after it, and which cache belongs to it?",
    by_hand="The last bias moves the scores of all examples alike, so its gradient is the mean of "
    "AL − Y: with AL = (0.75, 0.5) and Y = (1, 0) it is (−0.25 + 0.5) / 2 = 0.125.",
)
def model_backward(trial: Trial) -> None:
    # Two examples; a hidden layer of two units, of which one is off for the second example.
    X, W1, b1 = (
        np.array([[1.0, 2.0], [3.0, -1.0]]),
        np.array([[1.0, 1.0], [-1.0, 1.0]]),
        np.zeros((2, 1)),
    )
    Z1 = np.array([[4.0, 1.0], [2.0, -3.0]])
    A1, W2, b2 = np.array([[4.0, 1.0], [2.0, 0.0]]), np.array([[2.0, -1.0]]), np.zeros((1, 1))
    AL, Y = np.array([[0.75, 0.5]]), np.array([[1.0, 0.0]])
    grads = trial(AL, Y, [((X, W1, b1), Z1), ((A1, W2, b2), AL)])
    right = {
        "db2": [[0.125]],
        "dW2": [[-0.25, -0.25]],
        "db1": [[0.25], [0.125]],
        "dW1": [[0.75, -1.25], [0.125, 0.375]],
    }
    trial.agree("grads", grads, right)
    W2, b2 = np.array([[1.0, -1.0], [1.0, 1.0]]), np.array([[-1.5], [0.0]])
    Z2, A2 = np.array([[0.5, -0.5], [6.0, 1.0]]), np.array([[0.5, 0.0], [6.0, 1.0]])
    W3, b3 = np.array([[1.0, -3.0]]), np.zeros((1, 1))
    AL, Y = np.array([[0.25, 0.5]]), np.array([[0.0, 1.0]])
    caches = [((X, W1, b1), Z1), ((A1, W2, b2), Z2), ((A2, W3, b3), AL)]
    right = {
        "db3": [[-0.125]],
        "dW3": [[0.0625, 0.5]],
        "db2": [[0.125], [0.375]],
        "dW2": [[0.5, 0.25], [-0.75, -0.75]],
        "db1": [[0.5], [-0.5]],
        "dW1": [[1.25, -1.5], [-0.5, -1.5]],
    }
    trial.agree("grads of three layers", trial(AL, Y, caches), right)
    grads = trial(np.array([[1.0, 0.5]]), np.array([[0.0, 1.0]]), [((np.array([[1000.0, 0.0]]), np.ones((1, 1)), np.zeros((1, 1))), np.array([[1.0, 0.5]]))])  # fmt: skip
    right = {"dW1": np.array([[500.0]]), "db1": np.array([[0.25]])}
    trial.agree("grads of one layer, with AL = (1, 0.5)", grads, right)
