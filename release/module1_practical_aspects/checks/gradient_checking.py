"""Visible checks of ``4_gradient_checking.ipynb``."""

from __future__ import annotations

import numpy as np

from checks import Sheet, Trial

sheet = Sheet(__file__)
check, progress = sheet.check, sheet.progress


@sheet.question(
    minutes=8,
    ask="In which order are the arrays laid out, and in which order the entries of a matrix?",
    by_hand="W1 = (1, 2; 3, 4), b1 = (5; 6), W2 = (7, 8), b2 = (9) become 1, 2, 3, …, 9.",
)
def parameters_to_vector(trial: Trial) -> None:
    parameters = {
        "W1": np.array([[1.0, 2.0], [3.0, 4.0]]),
        "b1": np.array([[5.0], [6.0]]),
        "W2": np.array([[7.0, 8.0]]),
        "b2": np.array([[9.0]]),
    }
    theta = trial(parameters)
    trial.agree("theta", theta, np.arange(1.0, 10.0))
    mixed = {name: parameters[name] for name in ("b2", "W1", "b1", "W2")}
    trial.agree("theta of the same dict in another order", trial(mixed), np.arange(1.0, 10.0))
    eleven = {f"{kind}{l}": np.full((1, 1), float(l)) for l in range(1, 12) for kind in "Wb"}
    trial.agree("theta of eleven layers", trial(eleven), np.repeat(np.arange(1, 12), 2))


@sheet.question(
    minutes=12,
    ask="How many numbers does each array take, and where does the next one begin?",
    by_hand="For layer_dims = [3, 2, 1] and theta = 1, 2, …, 11: W1 = (1, 2, 3; 4, 5, 6), "
    "b1 = (7; 8), W2 = (9, 10), b2 = (11).",
)
def vector_to_parameters(trial: Trial) -> None:
    theta = np.arange(1.0, 12.0)
    right = {
        "W1": np.array([[1, 2, 3], [4, 5, 6]]),
        "b1": np.array([[7], [8]]),
        "W2": np.array([[9, 10]]),
        "b2": np.array([[11]]),
    }
    trial.agree("parameters", trial(theta, [3, 2, 1]), right)
    own = trial.function(theta, [3, 2, 1])
    own["W1"][0, 0] = own["b2"][0, 0] = 100.0
    alone = np.array_equal(theta, np.arange(1.0, 12.0))
    shared = "Writing into W1 or b2 changed theta: they share memory. Copy each array."
    trial.holds("no memory shared with theta", alone, shared)
    right = {"W1": np.array([[1, 2]]), "b1": np.array([[3]])}
    trial.agree("parameters of one layer", trial(np.arange(1.0, 4.0), [2, 1]), right)
    got = trial(np.arange(1.0, 23.0), [1, *[1] * 11])
    trial.agree("W10 of eleven layers", got["W10"], [[19]])
    trial.agree("b11 of eleven layers", got["b11"], [[22]])


@sheet.question(
    minutes=13,
    ask="Which entries of theta are moved in one difference, and how far are the two points apart?",
    by_hand="For J = x³ at x = 1 with epsilon = 1: (2³ − 0³) / 2 = 4.",
)
def numerical_gradient(trial: Trial) -> None:
    theta = np.array([1.0, 2.0])
    got = trial(lambda theta: theta[0] ** 2 + 3 * theta[0] * theta[1], theta)
    trial.agree("the gradient of x² + 3xy at (1, 2)", got, [8, 3])
    got = trial(lambda theta: theta[0] ** 3, np.array([1.0]), epsilon=1.0)
    trial.agree("the gradient of x³ at 1, with epsilon = 1", got, [4])
    got = trial(lambda theta: float(np.sum(theta**3)), np.array([1.0, 0.0, 2.0]), epsilon=0.5)
    trial.agree(
        "the gradient of x³ + y³ + z³ at (1, 0, 2), with epsilon = 0.5", got, [3.25, 0.25, 12.25]
    )
    got = trial(lambda theta: float(-2 * theta[0]), np.array([3.0]))
    trial.agree("the gradient of −2x at 3", got, [-2])


@sheet.question(
    minutes=8,
    ask="Which three lengths does the formula have, and what happens if two of them are 0?",
    by_hand="(3, 4) has the length 5, (6, 8) has 10, their difference 5: 5 / (5 + 10) = 1/3.",
)
def gradient_difference(trial: Trial) -> None:
    g = np.array([3.0, 4.0])
    for name, other, right in (
        ("(6, 8)", 2 * g, 1 / 3),
        ("(−3, −4)", -g, 1.0),
        ("(4, 3)", np.array([4.0, 3.0]), 2**0.5 / 10),
        ("(0, 0)", 0 * g, 1.0),
        ("(3, 4)", g, 0.0),
    ):
        trial.agree(f"the difference of (3, 4) and {name}", trial(g, other), right, atol=1e-12)
    got = trial(np.array([1.0, 2.0, -2.0]), np.array([3.0, 0.0, -4.0]))
    trial.agree("the difference of (1, 2, −2) and (3, 0, −4)", got, 12**0.5 / 8)
    trial.agree("the difference of two zero vectors", trial(0 * g, 0 * g), 0.0)
    trial.agree(
        "the difference of 1e-12 (3, 4) and 2e-12 (3, 4)", trial(1e-12 * g, 2e-12 * g), 1 / 3
    )


@sheet.question(
    minutes=17,
    ask="Which number says how bad an entry is, and does it use the size of both gradients there?",
    by_hand="4 and 3 are apart by 1, a quarter of the larger. −2 and 2 are apart by 4, twice the "
    "larger: that is worse. With a tolerance of 0.25 only the second is faulty.",
)
def faulty_entries(trial: Trial) -> None:
    for name, grad, numerical, tolerance, right in (
        ("(1, 2, 0, −4, 5) and (1, 1, 0, 4, 4.9)", [1, 2, 0, -4, 5], [1, 1, 0, 4, 4.9], 0.01, [3, 1, 4]),
        ("(1000, 1, 3) and (900, 2, 3.01)", [1000, 1, 3], [900, 2, 3.01], 0.05, [1, 0]),
        ("1e-12 (1, 5, 2) and 1e-12 (3, 5, 1)", [1e-12, 5e-12, 2e-12], [3e-12, 5e-12, 1e-12], 0.1, [0, 2]),
        ("(3, 0, 1, 0) and (0, 2, 1, 0)", [3, 0, 1, 0], [0, 2, 1, 0], 0.1, [0, 1]),
        ("(4, 4) and (3, 2), with a tolerance of 0.25", [4, 4], [3, 2], 0.25, [1]),
        ("(10, 6) and (7, 6)", [10, 6], [7, 6], 0.2, [0]),
        ("(−4, −1) and (−5, −1)", [-4, -1], [-5, -1], 0.1, [0]),
        ("(1, 1) and (1, 1.001)", [1, 1], [1, 1.001], 0.1, []),
    ):  # fmt: skip
        got = trial(np.array(grad, dtype=float), np.array(numerical, dtype=float), tolerance)
        whole = isinstance(got, np.ndarray) and got.dtype.kind in "iu"
        whole_told = f"The indices for {name} should be an array of integers, also if it is empty."
        trial.holds(f"an array of integers for {name}", whole, whole_told)
        trial.equal(f"the indices for {name}", got, right)
    trial.refuses("two gradients of 1 and 3 entries", np.ones(1), np.ones(3), 0.1)
    trial.refuses("two gradients of 4 and 1 entries", np.ones(4), np.ones(1), 0.1)
    trial.refuses("a negative tolerance", np.ones(3), np.ones(3), -0.1)


@sheet.question(
    minutes=21,
    ask="Which two numbers are to agree: what does the cost say of a small step along u, and what "
    "does the gradient say of it?",
    by_hand="J = x² + 3y at (1, 0) has the gradient (2, 3). Along u = (0.6, 0.8), which has the "
    "length 1, J rises by 0.6 · 2 + 0.8 · 3 = 3.6 for each unit of the way. A gradient of (4, 6) says "
    "7.2; that is apart by 3.6, half of the larger.",
)
def directional_difference(trial: Trial) -> None:
    slopes, theta = np.array([3.0, -1.0, 2.0]), np.array([1.0, 0.5, -2.0])

    def draw(seed: int = 1) -> np.random.Generator:
        return np.random.default_rng(seed)

    def plane(at: np.ndarray) -> float:
        seen.append(np.array(at, dtype=float) - theta)
        return float(slopes @ at)

    seen: list[np.ndarray] = []
    for name, grad, right in (
        ("the right gradient", slopes, 0.0),
        ("twice the right gradient", 2 * slopes, 0.5),
        ("the right gradient, negated", -slopes, 2.0),
        ("a gradient of 0", 0 * slopes, 1.0),
    ):
        trial.agree(f"the difference for {name}", trial(plane, grad, theta, draw(), 0.5), right)
    for seed in range(2, 8):
        got = trial(plane, 2 * slopes, theta, draw(seed), 0.5)
        trial.agree(f"the difference for twice the right gradient, seed {seed}", got, 0.5)
    tiny = trial(lambda at: 1e-12 * float(slopes @ at), 4e-12 * slopes, 0 * theta, draw(), 0.5)
    trial.agree("the difference for a tiny gradient, 4 times what is right", tiny, 0.75)
    flat = trial(lambda at: 7.0, 0 * theta, theta, draw())
    trial.agree("the difference for a flat cost and a gradient of 0", flat, 0.0)
    one = np.array([1.0])
    for epsilon, right in ((1.0, 0.25), (2.0, 4 / 7)):
        got = trial(lambda at: at[0] ** 3, 3 * one, one, draw(), epsilon)
        trial.agree(f"the difference for x³ at 1 and 3, epsilon = {epsilon:g}", got, right)
    seen.clear()
    trial(plane, slopes, theta, draw(), 0.25)
    length = np.linalg.norm(seen, axis=1) if seen else []
    trial.agree("how far from theta the cost is asked, epsilon = 0.25", length, [0.25, 0.25])
    opposite = np.allclose(seen[0], -seen[-1])
    trial.holds("the two steps are opposite", opposite, "The two steps should be opposite.")

    def steps(seed: int) -> np.ndarray:
        rng = draw(seed)
        seen.clear()
        for _ in range(40):
            trial.function(plane, slopes.copy(), theta.copy(), rng, 1.0)
        return np.array(seen[::2])

    first, again, other = steps(1), steps(1), steps(2)
    trial.holds(
        "the same seed, the same directions",
        np.array_equal(first, again),
        "The same seed gave other directions: do all come from rng?",
    )
    moved = not np.allclose(first[0], first[1]) and not np.allclose(first, other)
    told = "Every call takes the same direction: is rng used?"
    trial.holds("each call has a direction of its own", moved, told)
    whole = np.count_nonzero(first[0]) == 3
    trial.holds("all parameters move", whole, "A step moves some of the parameters only.")
    signs = np.unique(np.sign(first[:, 0] * first[:, 1])).size == 2
    trial.holds("directions of all signs", signs, "In 40 directions no two signs differ.")
    trial.refuses("a gradient of 4 entries, a theta of 1", np.sum, np.ones(4), one, draw())
    trial.refuses("a negative epsilon", plane, slopes, theta, draw(), -0.1)


@sheet.question(
    minutes=21,
    ask="What does each cache hold, and which parameters does the cost depend on twice?",
    by_hand="One layer with the inputs 1 and 3, W = 2, outputs 0.5 and 0.5 for the labels 0 and 1, "
    "lambd = 4: dZ = (0.25, −0.25), db = 0, and dW = 0.25 − 0.75 + 4 / 2 · 2 = 3.5.",
)
def mended_backward(trial: Trial) -> None:
    half, labels = np.array([[0.5, 0.5]]), np.array([[0.0, 1.0]])
    caches = [((np.array([[1.0, 3.0]]), np.array([[2.0]]), np.array([[0.0]])), half)]
    right = {"db1": np.array([[0.0]]), "dW1": np.array([[3.5]])}
    trial.agree("grads of a single layer", trial(half, labels, caches, 4.0), right)
    A, caches = np.array([[0.5, -1.0, 2.0], [1.0, 0.0, -0.5]]), []
    for W, b in (
        (np.array([[0.5, -1.0], [1.0, 0.5]]), np.array([[0.1], [-0.2]])),
        (np.array([[1.0, -0.5], [0.5, 1.5]]), np.array([[0.0], [0.3]])),
        (np.array([[1.0, -1.5]]), np.array([[0.2]])),
    ):
        A_prev, A = A, np.tanh(W @ A + b)
        caches.append(((A_prev, W, b), A))
    AL, Y = np.array([[0.75, 0.25, 0.5]]), np.array([[1.0, 0.0, 0.0]])
    caches[-1] = caches[-1][0], AL
    biases = [[0.1666667]], [[0.1781363], [-0.0040677]], [[0.0627698], [0.0081391]]
    for lambd, weights in (
        (0.0, ([[0.1352407, 0.0303369]],
               [[0.1161365, 0.0274367], [-0.0261843, 0.0568723]],
               [[-0.0194346, -0.0194414], [0.0301498, 0.0618978]])),
        (3.0, ([[1.1352407, -1.4696631]],
               [[1.1161365, -0.4725633], [0.4738157, 1.5568723]],
               [[0.4805654, -1.0194414], [1.0301498, 0.5618978]])),
    ):  # fmt: skip
        right = {}
        for l, dW, db in zip((3, 2, 1), weights, biases, strict=True):  # the last layer first
            right |= {f"db{l}": db, f"dW{l}": dW}
        grads = trial(AL, Y, caches, lambd)
        trial.agree(f"grads of three layers, with lambd = {lambd:g}", grads, right, rtol=1e-4)
