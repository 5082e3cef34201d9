"""Tasks of ``module1_practical_aspects/initialization.ipynb``.

Ids INIT (up to 16), LI (up to 14) and RE (up to 10) are those of the course's catalogue of
misconceptions; the others of these series, LF (linear forward), SG (sigmoid), MF and MB (the model,
forward and backward) and CE (cross-entropy) are this notebook's own. `CATALOGUE` counts each
series, `LEFT_OUT` says why an id has no wrong function here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from grader_tests.initialization import reference as ref
from grading.marking import chance
from grading.marking.derivative import central_difference, relative_difference
from grading.marking.task import (
    Case,
    Criterion,
    Lecture,
    Misconception,
    Rng,
    Task,
    Tolerance,
    Variant,
    call,
    edited,
    inputs_untouched,
    misconceptions,
    script,
)

NOTEBOOK = "module1_practical_aspects/04_normalizing_and_initializing.ipynb"
DEPTH = Lecture(NOTEBOOK, "Vanishing and exploding")
SOFTMAX = "module3_tuning_batchnorm/04_softmax.ipynb"
OVERFLOW = Lecture(SOFTMAX, "Without overflow")
CROSS_ENTROPY = Lecture(SOFTMAX, "Cross-entropy and its gradient")
SYMMETRY = Lecture(NOTEBOOK, "Breaking symmetry")
SPREAD = Lecture(NOTEBOOK, "Xavier and He")

CATALOGUE = {"INIT": 22, "LF": 8, "LI": 16, "RE": 12, "SG": 11, "MF": 9, "CE": 9, "MB": 9}
LEFT_OUT = {
    "LI-05": "no update step is graded here",
    "LI-06": "examples are columns: there is nothing to reshape",
    "LI-08": "examples are columns: there is nothing to reshape; LI-15 changes an argument",
    "LI-11": "A > 0 in place of Z > 0 is right; a variant of model_backward has it",
    "LI-12": "a fault of graders: the cases' caches come from the reference",
    "LI-13": "division of whole numbers is exact in Python 3",
    "LI-14": "names that NumPy has dropped raise at once, and feedback explains them",
    "RE-09": "a wrong shape raises at once, and feedback shows the line",
    "RE-10": "the cache of relu holds Z alone; MB-04 is what a wrong entry comes to",
}


# ---------------------------------------------------------------- initialize_zeros

SMALL = ([3, 4, 2, 1], [2, 1], [3, 3, 3, 2, 1])
LARGE = ([400, 30, 120, 50], [80, 80, 80, 20])
ALARM = chance.ALARM / 36  # for each of the checks of chance that one function meets

ALONE = """\
result = initialize_zeros(layer_dims)
for number, name in enumerate(sorted(result), start=1):
    result[name] += 0.5 * number"""


def zeros_cases(rng: np.random.Generator) -> list[Case]:
    """Networks of one to four layers, and steps in place on arrays that must be separate."""
    widths = [int(n) for n in rng.integers(2, 9, 4)]
    cases = [
        call("initialize_zeros", dims, label=f"layer_dims = {dims}", tag="values")
        for dims in (*SMALL, [*widths, 1], [5, 5, 5, 5])
    ]
    for dims in ([3, 3, 3], [2, 4, 4, 4]):
        label = f"adding to each array in place, layer_dims = {dims}"
        cases.append(
            script(ALONE, label=label, tag="separate", returns="parameters", layer_dims=dims)
        )
    return cases


zeros = partial(misconceptions, ref.initialize_zeros)

ZERO_WEIGHTS = "np.zeros((n, n_prev))"
ZERO_BIASES = "np.zeros((n, 1))"

SENTENCES = {
    "INIT-09": (
        "The weights have the shape (n of the layer before, n of the layer). With examples as "
        "columns and Z = W @ A, each row of W belongs to one unit of the layer."
    ),
    "INIT-10": (
        "The biases are flat, of shape (n,). As columns, (n, 1), they are added to every example; "
        "flat ones are lined up with the examples."
    ),
    "INIT-11": (
        "The biases are not 0. Different weights already break the symmetry, so biases can start "
        "at 0, and in this course they do."
    ),
    "INIT-13": (
        "The parameters of the last layer are missing. layer_dims holds the input too, so the "
        "layers go from 1 to len(layer_dims) - 1."
    ),
    "INIT-16": (
        "Several layers share one array. A step in place on one of them moves the others: make a "
        "new array for each."
    ),
    "INIT-21": ("The layers are counted from 0. Layer 0 is the input; the first weights are W1."),
}

LOOP = "range(1, len(layer_dims))"


def shared_zeros(layer_dims):
    """Layers of equal shape share their arrays."""
    parameters, made = {}, {}
    for layer in range(1, len(layer_dims)):
        n_prev, n = layer_dims[layer - 1], layer_dims[layer]
        parameters[f"W{layer}"] = made.setdefault((n, n_prev), np.zeros((n, n_prev)))
        parameters[f"b{layer}"] = made.setdefault(n, np.zeros((n, 1)))
    return parameters


ZEROS_MISCONCEPTIONS = (
    *zeros("INIT-09", SPREAD, SENTENCES["INIT-09"], [(ZERO_WEIGHTS, "np.zeros((n_prev, n))")]),
    *zeros("INIT-10", SPREAD, SENTENCES["INIT-10"], [(ZERO_BIASES, "np.zeros(n)")]),
    *zeros("INIT-11", SYMMETRY, SENTENCES["INIT-11"], [(ZERO_BIASES, "np.ones((n, 1))")]),
    *zeros("INIT-13", SPREAD, SENTENCES["INIT-13"], [(LOOP, "range(1, len(layer_dims) - 1)")]),
    *zeros("INIT-16", SYMMETRY, SENTENCES["INIT-16"], shared_zeros),
    *zeros(
        "INIT-21", SPREAD, SENTENCES["INIT-21"],
        [('f"W{layer}"', 'f"W{layer - 1}"'), ('f"b{layer}"', 'f"b{layer - 1}"')],
    ),
    *zeros(
        "INIT-22", SYMMETRY,
        "The weights are ones. Here everything starts at 0, to see what goes wrong then.",
        [(ZERO_WEIGHTS, "np.ones((n, n_prev))")],
    ),
)  # fmt: skip


def widths_one_by_one(layer_dims):
    """The widths one by one, biases first."""
    parameters, n_prev = {}, layer_dims[0]
    for number, n in enumerate(layer_dims[1:], start=1):
        parameters["b" + str(number)] = np.full((n, 1), 0.0)
        parameters["W" + str(number)] = np.zeros_like(np.ones((n, n_prev)))
        n_prev = n
    return parameters


INITIALIZE_ZEROS = Task(
    reference=ref.initialize_zeros,
    returns="parameters",
    cases=zeros_cases,
    criteria=(
        Criterion("weights", 1, "values", "W*"),
        Criterion("biases", 0.5, "values", "b*"),
        Criterion("an array of its own for each", 0.5, "separate"),
    ),
    lecture=SYMMETRY,
    misconceptions=ZEROS_MISCONCEPTIONS,
    variants=(Variant("widths one by one", widths_one_by_one),),
)


# ---------------------------------------------------------------- random weights

TWICE = """\
import numpy as np
rng = np.random.default_rng(seed)
first = {call}
later = {call}
rng = np.random.default_rng(seed)
again = {call}
result = first, later, again"""


def random_cases(
    name: str, settings: Sequence[tuple[float, ...]], rng: np.random.Generator
) -> list[Case]:
    """Small networks for shapes, large ones to judge chance, and repeated calls.

    `settings` holds the arguments between the layers and the generator, taken in turn.
    """
    cases = []
    for index, dims in enumerate((*SMALL, *LARGE)):
        more = settings[index % len(settings)]
        label = f"layer_dims = {dims}" + "".join(f", scale = {scale:g}" for scale in more)
        tag = "large" if dims in LARGE else "small"
        cases.append(call(name, dims, *more, Rng(int(rng.integers(2**32))), label=label, tag=tag))
    for index, dims in enumerate(([6, 5, 4], [5, 7, 1])):
        more = settings[index % len(settings)]
        values = ", ".join([str(dims), *map(str, more), "rng"])
        code = TWICE.replace("{call}", f"{name}({values})")
        label = f"three calls with layer_dims = {dims}"
        cases.append(script(code, label=label, tag="twice", seed=int(rng.integers(2**32))))
    return cases


def weights_of(parameters: dict) -> list[np.ndarray]:
    """W1, W2, … in order."""
    return [parameters[f"W{layer}"] for layer in range(1, len(parameters) // 2 + 1)]


def named_and_shaped(result: dict, wanted: dict, case: Case) -> str | None:
    """The wanted keys, with float64 arrays of the wanted shapes."""
    if type(result) is not dict:
        return "It should return a dict."
    if set(result) != set(wanted):
        return f"The keys should be {', '.join(wanted)}."
    for name, value in wanted.items():
        mine = result[name]
        if not isinstance(mine, np.ndarray) or mine.dtype != np.float64:
            return f"{name} should be an array of float64."
        if mine.shape != value.shape:
            return f"{name} has shape {mine.shape}; it should have shape {value.shape}."
        if not np.isfinite(mine).all():
            return f"{name} is not finite."
    return None


def missing_weights(result: dict, layers: int) -> str | None:
    """The first layer that has no weights, without which there is nothing to judge."""
    for layer in range(1, layers + 1):
        if f"W{layer}" not in result:
            return f"There is no W{layer}."
    return None


def too_few_weights(result: dict, wanted: dict) -> str | None:
    """The wanted number of weights in each layer, without which chance is not judged."""
    for layer, (W, right) in enumerate(
        zip(weights_of(result), weights_of(wanted), strict=True), start=1
    ):
        if W.size != right.size:
            return f"W{layer} has {W.size} entries; it should have {right.size}."
    return None


Deviation = Callable[[Case, int, int], float]


def spread_check(deviation: Deviation, normal: bool = False) -> Callable:
    """A check that every layer's weights have mean 0 and this standard deviation.

    With `normal`, also that as many of them as of normal numbers lie within one deviation.
    """

    def check(result: dict, wanted: dict, case: Case) -> str | None:
        if missing := missing_weights(result, len(weights_of(wanted))):
            return missing
        for layer, W in enumerate(weights_of(result), start=1):
            n, n_prev = wanted[f"W{layer}"].shape
            units = W / deviation(case, n_prev, n)
            if not abs(np.mean(units)) <= chance.mean_margin(W.size, ALARM):
                return f"The mean of W{layer} is farther from 0 than chance explains."
            ratio = np.mean(units**2)
            if not abs(ratio - 1) <= chance.variance_margin(W.size, ALARM):
                return (
                    f"The standard deviation of W{layer}, with {n_prev} inputs and {n} units, is "
                    f"{np.sqrt(ratio):.2g} times what it should be."
                )
            inside = np.mean(np.abs(units) < 1)
            if normal and not abs(inside - 0.6827) <= chance.fraction_margin(W.size, ALARM):
                return (
                    f"{100 * inside:.0f} % of W{layer} lie within one standard deviation; of "
                    "normal numbers, 68 % do."
                )
        return too_few_weights(result, wanted)

    return check


def weights_are_independent(result: dict, wanted: dict, case: Case) -> str | None:
    """No correlation between the halves of a layer's weights, nor between layers."""
    if missing := missing_weights(result, len(weights_of(wanted))):
        return missing
    weights = weights_of(result)
    for layer, W in enumerate(weights, start=1):
        half, middle = W.shape[0] // 2, W.shape[1] // 2
        if correlated(W[:half], W[half : 2 * half]):
            return f"Units of W{layer} resemble one another: they would learn the same."
        if correlated(W[:, :middle], W[:, middle : 2 * middle]):
            return f"The weights of W{layer} repeat themselves along its rows."
        for other in range(layer + 1, len(weights) + 1):
            size = min(W.size, weights[other - 1].size)
            if correlated(W.ravel()[:size], weights[other - 1].ravel()[:size]):
                return f"W{layer} and W{other} begin with the same numbers."
    return too_few_weights(result, wanted)


def correlated(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether two samples of equal size show more correlation than independent ones may.

    The direction of independent normal samples is uniform on a sphere, which has no more beyond a
    correlation r than a normal variable of variance 1/(n − 1) has.
    """
    a, b = a.ravel() - np.mean(a), b.ravel() - np.mean(b)
    lengths = np.linalg.norm(a) * np.linalg.norm(b)
    return not abs(a @ b) <= chance.mean_margin(a.size - 1, ALARM) * lengths or lengths == 0


def rng_is_used(result: tuple, wanted: tuple, case: Case) -> str | None:
    """The same generator state gives the same weights, another one others."""
    first, later, again = result
    if missing := missing_weights(first, len(first) // 2):
        return missing
    if not same_weights(first, again):
        return "Two generators with the same seed gave different weights."
    if same_weights(first, later):
        return "The second call with one generator repeated the weights of the first."
    return None


def same_weights(mine: dict, other: dict) -> bool:
    """Whether two networks start alike."""
    return all(map(np.array_equal, weights_of(mine), weights_of(other)))


def spread_of(deviation: Deviation) -> Callable:
    """Recognise weights of mean 0 that have this standard deviation instead."""

    def looks_like(result: dict, wanted: dict, case: Case) -> bool | None:
        if case.tag != "large":
            return None
        return all(
            W.shape == right.shape
            and abs(np.mean(W)) < 0.3 * np.std(W)
            and abs(np.mean(W**2) / deviation(case, *W.shape[::-1]) ** 2 - 1)
            <= chance.variance_margin(W.size, ALARM)
            for W, right in zip(weights_of(result), weights_of(wanted), strict=True)
        )

    return looks_like


def in_large(sign: Callable[[dict, dict], Any]) -> Callable:
    """Recognise large networks that have the sign."""
    return lambda result, wanted, case: bool(sign(result, wanted)) if case.tag == "large" else None


def in_any(sign: Callable[[dict, dict], Any]) -> Callable:
    """Recognise single networks that have the sign."""
    return lambda result, wanted, case: bool(sign(result, wanted)) if case.tag != "twice" else None


def only_positive(result: dict, wanted: dict) -> bool:
    """Whether no weight is negative, though not all are equal."""
    return all(W.min() >= 0 and np.ptp(W) > 0 for W in weights_of(result))


def all_equal(result: dict, wanted: dict) -> bool:
    """Whether each layer has one weight for all."""
    return all(np.ptp(W) == 0 for W in weights_of(result))


def same_prefix(result: dict, wanted: dict) -> bool:
    """Whether all layers begin with the same numbers, up to a factor, and go on with others."""
    first, *others = (W.ravel()[:50] / W.flat[0] for W in weights_of(result))
    return all(np.allclose(first, other) for other in others) and np.ptp(first) > 0


def uniform_numbers(deviation: Deviation) -> Callable:
    """Recognise uniform numbers of the right standard deviation."""
    right = spread_of(deviation)

    def looks_like(result: dict, wanted: dict, case: Case) -> bool | None:
        if case.tag != "large":
            return None
        bounded = all(
            np.abs(W).max() < 1.8 * deviation(case, *W.shape[::-1]) for W in weights_of(result)
        )
        return bounded and right(result, wanted, case)

    return looks_like


def from_another_seed(result: Any, wanted: Any, case: Case) -> bool | None:
    """Recognise weights that do not depend on the generator's seed."""
    return not same_weights(result[0], result[2]) if case.tag == "twice" else None


def always_the_same(result: Any, wanted: Any, case: Case) -> bool | None:
    """Recognise random weights that are the same at every call, and differ between layers."""
    if case.tag == "twice":
        return same_weights(result[0], result[1]) and same_weights(result[0], result[2])
    if case.tag == "large" and (all_equal(result, wanted) or same_prefix(result, wanted)):
        return False
    return None


NORMAL = "rng.standard_normal((n, n_prev))"


def random_misconceptions(
    reference: Callable, factor: str, deviation: Deviation, first: Sequence[Misconception]
) -> tuple[Misconception, ...]:
    """What all three ways to draw weights can get wrong, after what only this one can.

    `factor` is the standard deviation as it is written in the reference.
    """
    wrong = partial(misconceptions, reference)
    drawn = f"{factor} * {NORMAL}"

    def shared() -> list[Misconception]:
        text = f"parameters.setdefault((n, n_prev), {drawn})"
        return wrong(
            "INIT-16", SYMMETRY, SENTENCES["INIT-16"],
            [(drawn, text), ("return parameters",
              "return {name: value for name, value in parameters.items() if type(name) is str}")],
            looks_like=in_repeated_shape,
        )  # fmt: skip

    return (
        *first,
        *wrong(
            "INIT-07", SPREAD,
            "The weights come from a uniform distribution between 0 and 1, so none is negative. "
            "They should be normal with mean 0.",
            [(NORMAL, "rng.random((n, n_prev))")],
            looks_like=in_large(only_positive),
        ),
        *wrong(
            "INIT-08", SPREAD,
            "The weights are uniform between −s and s, where s is the wanted standard deviation. "
            "Such numbers have only 58 % of it; draw normal ones.",
            [(NORMAL, "rng.uniform(-1, 1, (n, n_prev))")],
            looks_like=spread_of(lambda case, n_prev, n: deviation(case, n_prev, n) / np.sqrt(3)),
        ),
        *wrong(
            "INIT-09", SPREAD, SENTENCES["INIT-09"],
            [(NORMAL, "rng.standard_normal((n_prev, n))")],
            looks_like=in_any(
                lambda result, wanted: all(
                    mine.shape == right.shape[::-1]
                    for mine, right in zip(weights_of(result), weights_of(wanted), strict=True)
                )
            ),
        ),
        *wrong(
            "INIT-10", SPREAD, SENTENCES["INIT-10"],
            [(ZERO_BIASES, "np.zeros(n)")],
            looks_like=in_any(
                lambda result, wanted: all(
                    result[name].ndim == 1 for name in wanted if name[0] == "b"
                )
            ),
        ),
        *wrong(
            "INIT-11", SYMMETRY, SENTENCES["INIT-11"],
            [(ZERO_BIASES, "0.01 * rng.standard_normal((n, 1))")],
            [(ZERO_BIASES, "np.ones((n, 1))")],
            looks_like=in_any(
                lambda result, wanted: all(result[name].all() for name in wanted if name[0] == "b")
            ),
        ),
        *wrong(
            "INIT-12", SYMMETRY,
            "All weights of a layer are equal. Then all its units compute the same and stay the "
            "same; chance has to make them different.",
            [(NORMAL, "np.ones((n, n_prev))")],
            [(drawn, "np.full((n, n_prev), 0.01)")],
            [(NORMAL, "rng.standard_normal()" + " * np.ones((n, n_prev))")],
            looks_like=in_large(all_equal),
        ),
        *wrong(
            "INIT-13", SPREAD, SENTENCES["INIT-13"],
            [(LOOP, "range(1, len(layer_dims) - 1)")],
            looks_like=in_any(lambda result, wanted: list(result) == list(wanted)[:-2]),
        ),
        *wrong(
            "INIT-14", SYMMETRY,
            "The generator is made anew for each layer, with the same seed. All layers then begin "
            "with the same numbers; draw all of them from rng.",
            [(NORMAL, "np.random.default_rng(0).standard_normal((n, n_prev))")],
            looks_like=in_large(same_prefix),
        ),
        *shared(),
        *wrong(
            "INIT-19", SYMMETRY,
            "The numbers do not come from rng, but from a generator of their own. Nobody can "
            "repeat such an experiment: use the methods of rng.",
            [(NORMAL, "np.random.standard_normal((n, n_prev))")],
            [("parameters = {}", "parameters, rng = {}, np.random.default_rng()")],
            looks_like=from_another_seed,
        ),
        *wrong(
            "INIT-20", SYMMETRY,
            "Every call gives the same weights, for the seed is fixed inside the function. Use "
            "rng, whose seed the caller has chosen.",
            [("parameters = {}", "parameters, rng = {}, np.random.default_rng(1)")],
            looks_like=always_the_same,
        ),
        *wrong(
            "INIT-21", SPREAD, SENTENCES["INIT-21"],
            [('f"W{layer}"', 'f"W{layer - 1}"'), ('f"b{layer}"', 'f"b{layer - 1}"')],
            looks_like=in_any(lambda result, wanted: "W0" in result and "b0" in result),
        ),
    )  # fmt: skip


def in_repeated_shape(result: dict, wanted: dict, case: Case) -> bool | None:
    """Recognise equal weights in layers of equal shape, and in no others."""
    if case.tag == "twice":
        return None
    weights = weights_of(result)
    if all_equal(result, wanted) or len({W.shape for W in weights}) == len(weights):
        return False if case.tag == "large" and same_prefix(result, wanted) else None
    return all(
        np.array_equal(mine, other)
        for index, mine in enumerate(weights)
        for other in weights[index + 1 :]
        if mine.shape == other.shape
    )


def random_criteria(spread: Criterion) -> tuple[Criterion, ...]:
    """What all three ways to draw weights are judged by."""
    return (
        Criterion("names and shapes", 0.5, "small large", check=named_and_shaped),
        Criterion("biases zero", 0.5, "small large", "b*"),
        spread,
        Criterion("independent weights", 0.5, "large", check=weights_are_independent),
        Criterion("drawn from rng", 0.5, "twice", check=rng_is_used),
    )


def scale_of(case: Case, n_prev: int, n: int) -> float:
    """The standard deviation that initialize_random is asked for."""
    return case.inputs["arg1"]


def xavier(case: Case, n_prev: int, n: int) -> float:
    """The standard deviation of Xavier's rule, in this course."""
    return np.sqrt(1 / n_prev)


def he(case: Case, n_prev: int, n: int) -> float:
    """The standard deviation of He's rule."""
    return np.sqrt(2 / n_prev)


def glorot(case: Case, n_prev: int, n: int) -> float:
    """The standard deviation of Glorot and Bengio's rule."""
    return np.sqrt(2 / (n_prev + n))


SCALE = f"scale * {NORMAL}"
scaling = partial(misconceptions, ref.initialize_random)

RANDOM_MISCONCEPTIONS = random_misconceptions(
    ref.initialize_random,
    "scale",
    scale_of,
    (
        *scaling(
            "INIT-02", SPREAD,
            "The weights are multiplied by the square or the root of scale. It is a standard "
            "deviation, not a variance: multiply by scale itself.",
            [(SCALE, "scale**2 * rng.standard_normal((n, n_prev))")],
            looks_like=spread_of(lambda case, n_prev, n: scale_of(case, n_prev, n) ** 2),
        ),
        *scaling(
            "INIT-02", SPREAD,
            "The weights are multiplied by the square or the root of scale. It is a standard "
            "deviation, not a variance: multiply by scale itself.",
            [(SCALE, "rng.normal(0, np.sqrt(scale), (n, n_prev))")],
            looks_like=spread_of(lambda case, n_prev, n: np.sqrt(scale_of(case, n_prev, n))),
        ),
        *scaling(
            "INIT-15", SPREAD,
            "scale is not used: the weights have a spread of their own. Multiply the standard "
            "normal numbers by the argument.",
            [(SCALE, NORMAL)],
            looks_like=spread_of(lambda case, n_prev, n: 1.0),
        ),
        *scaling(
            "INIT-15", SPREAD,
            "scale is not used: the weights have a spread of their own. Multiply the standard "
            "normal numbers by the argument.",
            [(SCALE, "0.01 * " + NORMAL)],
            looks_like=spread_of(lambda case, n_prev, n: 0.01),
        ),
        *scaling(
            "INIT-15", SPREAD,
            "scale is not used: the weights have a spread of their own. Multiply the standard "
            "normal numbers by the argument.",
            [(SCALE, "10 * " + NORMAL)],
            looks_like=spread_of(lambda case, n_prev, n: 10.0),
        ),
        *scaling(
            "INIT-18", SPREAD,
            "The weights have the right spread but are uniform. Here they should be scale times "
            "standard normal numbers.",
            [(SCALE, "np.sqrt(3) * rng.uniform(-scale, scale, (n, n_prev))")],
            looks_like=uniform_numbers(scale_of),
        ),
    ),
)  # fmt: skip

INITIALIZE_RANDOM = Task(
    reference=ref.initialize_random,
    returns="parameters",
    cases=partial(random_cases, "initialize_random", ((0.3,), (5.0,))),
    criteria=random_criteria(
        Criterion(
            "normal, of the right spread", 1, "large", check=spread_check(scale_of, normal=True)
        )
    ),
    lecture=SYMMETRY,
    misconceptions=RANDOM_MISCONCEPTIONS,
    variants=(
        Variant(
            "rng.normal",
            edited(ref.initialize_random, (SCALE, "rng.normal(0.0, scale, size=(n, n_prev))")),
        ),
        Variant(
            "drawn column by column, from the last layer",
            edited(
                ref.initialize_random,
                (LOOP, "reversed(range(1, len(layer_dims)))"),
                (SCALE, "np.array([scale * rng.standard_normal(n) for _ in range(n_prev)]).T"),
            ),
        ),
    ),
)


def rule_misconceptions(
    reference: Callable, numerator: int, deviation: Deviation, other: list[Misconception]
) -> tuple[Misconception, ...]:
    """What He's and Xavier's rules get wrong alike: variance `numerator` / n_prev."""
    factor = f"np.sqrt({numerator} / n_prev)"
    wrong = partial(misconceptions, reference)
    first = (
        *wrong(
            "INIT-01", SPREAD,
            "The number of units of the layer stands below the fraction line. It should be the "
            "number of inputs, the width of the layer before, over which each unit sums.",
            [(factor, factor.replace("n_prev", "n"))],
            looks_like=spread_of(lambda case, n_prev, n: deviation(case, n, n_prev)),
        ),
        *wrong(
            "INIT-02", SPREAD,
            "The standard normal numbers are multiplied by the variance. Multiply by its square "
            "root, the standard deviation.",
            [(factor, f"{numerator} / n_prev")],
            looks_like=spread_of(lambda case, n_prev, n: deviation(case, n_prev, n) ** 2),
        ),
        *wrong(
            "INIT-03", SPREAD,
            "The root is taken of the numerator only. It goes over the whole quotient.",
            [(factor, f"np.sqrt({numerator + 1}) / n_prev")] if numerator == 1
            else [(factor, f"np.sqrt({numerator}) / n_prev")],
            looks_like=spread_of(
                lambda case, n_prev, n: np.sqrt(numerator + (numerator == 1)) / n_prev
            ),
        ),
        *wrong(
            "INIT-06", SPREAD,
            "A width is added to the quotient, under the root, which makes the weights very large. "
            "The variance is a quotient and nothing else: look at the parentheses.",
            [(factor, f"np.sqrt({numerator} / n_prev + n)")],
            looks_like=spread_of(
                lambda case, n_prev, n: np.sqrt(deviation(case, n_prev, n) ** 2 + n)
            ),
        ),
        *wrong(
            "INIT-15", SPREAD,
            "The numbers are not scaled to the width of the layer. Standard normal weights are far "
            "too large, and a fixed factor fits one width only.",
            [(f"{factor} * ", "")],
            looks_like=spread_of(lambda case, n_prev, n: 1.0),
        ),
        *wrong(
            "INIT-15", SPREAD,
            "The numbers are not scaled to the width of the layer. Standard normal weights are far "
            "too large, and a fixed factor fits one width only.",
            [(factor, "0.01")],
            looks_like=spread_of(lambda case, n_prev, n: 0.01),
        ),
        *wrong(
            "INIT-15", SPREAD,
            "The numbers are not scaled to the width of the layer. Standard normal weights are far "
            "too large, and a fixed factor fits one width only.",
            [(factor, f"10 * {factor}")],
            looks_like=spread_of(lambda case, n_prev, n: 10 * deviation(case, n_prev, n)),
        ),
        *other,
    )  # fmt: skip
    return random_misconceptions(reference, factor, deviation, first)


def rule_variants(reference: Callable, numerator: int) -> tuple[Variant, ...]:
    """Other draws of the same variance."""
    drawn = f"np.sqrt({numerator} / n_prev) * {NORMAL}"
    root = f"np.sqrt({numerator} / n_prev)"
    return (
        Variant(
            "rng.normal, biases first",
            edited(
                reference,
                (f'parameters[f"W{{layer}}"] = {drawn}\n', "pass\n"),
                (ZERO_BIASES, f"{ZERO_BIASES}\n        parameters[f\"W{{layer}}\"] = "
                 f"rng.normal(scale={root}, size=(n, n_prev))"),
            ),
        ),
        Variant(
            "uniform with this variance",
            edited(reference, (drawn, f"np.sqrt(3) * {root} * rng.uniform(-1, 1, (n, n_prev))")),
        ),
    )  # fmt: skip


INITIALIZE_XAVIER = Task(
    reference=ref.initialize_xavier,
    returns="parameters",
    cases=partial(random_cases, "initialize_xavier", ((),)),
    criteria=random_criteria(Criterion("spread", 1, "large", check=spread_check(xavier))),
    lecture=SPREAD,
    misconceptions=rule_misconceptions(
        ref.initialize_xavier,
        1,
        xavier,
        [
            *misconceptions(
                ref.initialize_xavier, "INIT-05", SPREAD,
                "The variance is 2/(inputs + units), the rule of Glorot and Bengio, which "
                "frameworks call Xavier. In this course Xavier's variance is 1/inputs.",
                [("1 / n_prev", "2 / (n_prev + n)")],
                looks_like=spread_of(glorot),
            ),
            *misconceptions(
                ref.initialize_xavier, "INIT-17", SPREAD,
                "The variance is He's, for ReLU. Xavier's is half of it.",
                [("1 / n_prev", "2 / n_prev")],
                looks_like=spread_of(he),
            ),
        ],
    ),
    variants=rule_variants(ref.initialize_xavier, 1),
)  # fmt: skip

INITIALIZE_HE = Task(
    reference=ref.initialize_he,
    returns="parameters",
    cases=partial(random_cases, "initialize_he", ((),)),
    criteria=random_criteria(Criterion("spread", 2, "large", check=spread_check(he))),
    lecture=SPREAD,
    misconceptions=rule_misconceptions(
        ref.initialize_he,
        2,
        he,
        [
            *misconceptions(
                ref.initialize_he, "INIT-04", SPREAD,
                "The variance is Xavier's, for tanh. ReLU sets half of the values to 0, and He's "
                "rule makes up for it with twice that variance.",
                [("2 / n_prev", "1 / n_prev")],
                looks_like=spread_of(xavier),
            ),
            *misconceptions(
                ref.initialize_he, "INIT-05", SPREAD,
                "The variance is 2/(inputs + units), the rule of Glorot and Bengio. He's is "
                "2/inputs.",
                [("2 / n_prev", "2 / (n_prev + n)")],
                looks_like=spread_of(glorot),
            ),
        ],
    ),
    variants=rule_variants(ref.initialize_he, 2),
)  # fmt: skip


# ---------------------------------------------------------------- linear_forward and _backward


def linear_layer(rng: np.random.Generator, n_prev: int, n: int, m: int) -> tuple:
    """Draw A_prev, W and b, none of them near 0."""
    A_prev, W = rng.standard_normal((n_prev, m)), rng.standard_normal((n, n_prev))
    return A_prev, W, rng.choice([-1, 1], (n, 1)) * rng.uniform(0.5, 2, (n, 1))


SIZES = ((3, 4, 5), (4, 4, 4), (3, 3, 3), (5, 2, 1), (2, 3, 1), (1, 1, 6), (6, 1, 7))


def linear_label(n_prev: int, n: int, m: int) -> str:
    """Name a layer for the student."""
    return f"n_prev = {n_prev}, n = {n}, m = {m}"


def linear_forward_cases(rng: np.random.Generator) -> list[Case]:
    """Wide, narrow and square layers, and single examples."""
    return [
        call("linear_forward", *linear_layer(rng, *size), label=linear_label(*size))
        for size in SIZES
    ]


wrong_linear_forward = partial(misconceptions, ref.linear_forward)

Z = "Z = W @ A_prev + b"
CACHE = "return Z, (A_prev, W, b)"

LINEAR_FORWARD_MISCONCEPTIONS = (
    *wrong_linear_forward(
        "LF-01", DEPTH,
        "The bias is left out. Each unit adds its own to the sum over its inputs.",
        [(Z, "Z = W @ A_prev")],
    ),
    *wrong_linear_forward(
        "LF-02", DEPTH,
        "W or A_prev is transposed. With examples as columns, each row of W belongs to a unit: "
        "neither needs it.",
        [(Z, "Z = W.T @ A_prev + b")], [(Z, "Z = W @ A_prev.T + b")],
    ),
    *wrong_linear_forward(
        "LF-03", DEPTH,
        "W and A_prev are multiplied entry by entry. A unit sums over its inputs: that is the "
        "matrix product, @.",
        [(Z, "Z = W * A_prev + b")],
    ),
    *wrong_linear_forward(
        "LF-04", DEPTH,
        "The factors of the matrix product are in the other order. Each row of the first one is "
        "multiplied with a column of the second: weights of a unit, inputs of an example.",
        [(Z, "Z = A_prev @ W + b")],
    ),
    *wrong_linear_forward(
        "LF-05", DEPTH,
        "The cache holds the right things in another order, or other things. It should be "
        "(A_prev, W, b), as they came.",
        [(CACHE, "return Z, (W, A_prev, b)")], [(CACHE, "return Z, (Z, W, b)")],
    ),
    *wrong_linear_forward(
        "LF-06", DEPTH,
        "The bias is lined up with the examples. Each unit has a bias, the same for all "
        "examples: as a column, b fits as it is.",
        [(Z, "Z = W @ A_prev + b.T")],
    ),
    *wrong_linear_forward(
        "LF-07", DEPTH,
        "Only Z comes back. The backward pass needs the cache too.",
        [(CACHE, "return Z, None")],
    ),
    *wrong_linear_forward(
        "LF-08", DEPTH,
        "The sum is written into b, or into W. The caller still needs them: compute a new array.",
        [(Z, "b += W @ A_prev\n    Z = b")],
    ),
)  # fmt: skip

LINEAR_FORWARD = Task(
    reference=ref.linear_forward,
    returns=("Z", "cache"),
    cases=linear_forward_cases,
    criteria=(
        Criterion("Z", 2, part="Z"),
        Criterion("cache", 0.5, part="cache"),
        inputs_untouched(0.5),
    ),
    lecture=DEPTH,
    misconceptions=LINEAR_FORWARD_MISCONCEPTIONS,
    variants=(
        Variant(
            "np.dot, and a copied cache",
            edited(
                ref.linear_forward,
                (Z, "Z = np.add(np.dot(W, A_prev), b)"),
                (CACHE, "return Z, (A_prev.copy(), W.copy(), b.copy())"),
            ),
        ),
        Variant(
            "einsum",
            edited(ref.linear_forward, (Z, 'Z = np.einsum("ij,jk->ik", W, A_prev) + b')),
        ),
    ),
)


def linear_backward_cases(rng: np.random.Generator) -> list[Case]:
    """Caches of the reference's forward pass, for the same layers."""
    cases = []
    for n_prev, n, m in SIZES:
        _, cache = ref.linear_forward(*linear_layer(rng, n_prev, n, m))
        dZ = 0.7 + rng.standard_normal((n, m))
        cases.append(call("linear_backward", dZ, cache, label=linear_label(n_prev, n, m)))
    return cases


def confirm_linear_backward(case: Case, wanted: tuple) -> float:
    """Differentiate sum(dZ * Z) numerically by A_prev, W and b."""
    dZ, (A_prev, W, b) = case.inputs["arg0"], case.inputs["arg1"]
    numerical = (
        central_difference(lambda at: float(np.sum(dZ * (W @ at + b))), A_prev),
        central_difference(lambda at: float(np.sum(dZ * (at @ A_prev + b))), W),
        central_difference(lambda at: float(np.sum(dZ * (W @ A_prev + at))), b),
    )
    return max(map(relative_difference, wanted, numerical))


wrong_linear_backward = partial(misconceptions, ref.linear_backward)

DA_PREV, DW = "dA_prev = W.T @ dZ", "dW = dZ @ A_prev.T"
DB = "db = np.sum(dZ, axis=1, keepdims=True)"

LINEAR_BACKWARD_MISCONCEPTIONS = (
    *wrong_linear_backward(
        "LI-01", DEPTH,
        "dW and db are divided by m. In this course 1/m enters once, at the output of the "
        "network, and is in dZ already.",
        [(DW, f"{DW} / dZ.shape[1]"), (DB, f"{DB} / dZ.shape[1]")],
    ),
    *wrong_linear_backward(
        "LI-02", DEPTH,
        "db is flat, of shape (n,). A step b − α db would then make an (n, n) array of the "
        "biases: keep it a column.",
        [(DB, "db = np.sum(dZ, axis=1)")],
    ),
    *wrong_linear_backward(
        "LI-03", DEPTH,
        "db is not the sum over the examples. Each unit's bias acts on every example, so the "
        "derivatives of all of them add up.",
        [(DB, "db = dZ")], [(DB, "db = np.sum(dZ, axis=0, keepdims=True)")],
        [(DB, "db = np.mean(dZ, axis=1, keepdims=True)")], [(DB, "db = np.sum(dZ)")],
    ),
    *wrong_linear_backward(
        "LI-04", DEPTH,
        "A transpose is missing, or a product is in the other order. Let the shapes guide you: "
        "each derivative has the shape of what it belongs to.",
        [(DA_PREV, "dA_prev = W @ dZ")], [(DW, "dW = dZ @ A_prev")],
        [(DW, "dW = A_prev @ dZ.T")], [(DA_PREV, "dA_prev = dZ.T @ W")],
    ),
    *wrong_linear_backward(
        "LI-07", DEPTH,
        "Factors are multiplied entry by entry. Both derivatives are sums of products: that is "
        "the matrix product, @.",
        [(DA_PREV, "dA_prev = W.T * dZ")], [(DW, "dW = dZ * A_prev.T")],
    ),
    *wrong_linear_backward(
        "LI-15", DEPTH,
        "dZ is divided by m, and in place. 1/m is in it already, and the caller still needs it as "
        "it was: leave dZ alone.",
        [(DA_PREV, f"dZ /= dZ.shape[1]\n    {DA_PREV}")],
    ),
    *wrong_linear_backward(
        "LI-16", DEPTH,
        "The three derivatives are in another order than dA_prev, dW, db.",
        [("return dA_prev, dW, db", "return dW, db, dA_prev")],
    ),
)  # fmt: skip

LINEAR_BACKWARD = Task(
    reference=ref.linear_backward,
    returns=("dA_prev", "dW", "db"),
    cases=linear_backward_cases,
    criteria=(
        Criterion("dA_prev", 1.5, part="dA_prev"),
        Criterion("dW", 2, part="dW"),
        Criterion("db", 1, part="db"),
        inputs_untouched(0.5),
    ),
    lecture=DEPTH,
    misconceptions=LINEAR_BACKWARD_MISCONCEPTIONS,
    variants=(
        Variant(
            "other products",
            edited(
                ref.linear_backward,
                (DA_PREV, "dA_prev = (dZ.T @ W).T"),
                (DW, "dW = (A_prev @ dZ.T).T"),
                (DB, "db = dZ @ np.ones((dZ.shape[1], 1))"),
            ),
        ),
        Variant(
            "a sum over the examples",
            edited(
                ref.linear_backward,
                (DW, "dW = sum(np.outer(dZ[:, i], A_prev[:, i]) for i in range(dZ.shape[1]))"),
                (DB, "db = dZ.sum(1).reshape(-1, 1)"),
            ),
        ),
    ),
    confirm=confirm_linear_backward,
)


# ---------------------------------------------------------------- relu_forward and _backward


def with_zeros(rng: np.random.Generator, n: int, m: int) -> np.ndarray:
    """Draw values of both signs away from 0, and some exact zeros."""
    values = rng.choice([-1, 1], (n, m)) * rng.uniform(0.3, 3, (n, m))
    values.flat[0], values.flat[1] = -1.5, 2.5
    values.flat[2::4] = 0.0
    return values


RELU_SIZES = ((3, 5), (4, 4), (1, 6), (5, 3))


def relu_forward_cases(rng: np.random.Generator) -> list[Case]:
    """Values of both signs with exact zeros, and infinities."""
    cases = [
        call("relu_forward", with_zeros(rng, n, m), label=f"Z of shape ({n}, {m})", tag="finite")
        for n, m in RELU_SIZES
    ]
    for n, m in ((2, 4), (3, 3)):
        infinite = with_zeros(rng, n, m)
        infinite.flat[0], infinite.flat[1] = -np.inf, np.inf
        label = f"Z of shape ({n}, {m}) with −inf and inf"
        cases.append(call("relu_forward", infinite, label=label, tag="infinite"))
    return cases


wrong_relu_forward = partial(misconceptions, ref.relu_forward)

A_RELU = "A = np.maximum(0, Z)"

RELU_FORWARD_MISCONCEPTIONS = (
    *wrong_relu_forward(
        "RE-02", DEPTH,
        "Z is changed in place. The backward pass needs it as it was: compute a new array.",
        [(A_RELU, "Z[Z < 0] = 0\n    A = Z")],
        [(A_RELU, "A = np.maximum(0, Z, out=Z)")],
    ),
    *wrong_relu_forward(
        "RE-04", DEPTH,
        "A says only whether Z is positive. Where it is, the value itself passes.",
        [(A_RELU, "A = (Z > 0) * 1.0")],
    ),
    *wrong_relu_forward(
        "RE-08", DEPTH,
        "Multiplying by a 0/1 mask turns −inf into nan, for 0 · ∞ is not a number. Take the "
        "larger of 0 and Z.",
        [(A_RELU, "A = Z * (Z > 0)")],
    ),
    *wrong_relu_forward(
        "RE-11", DEPTH,
        "The cache holds A. In this course it should hold Z.",
        [("return A, Z", "return A, A")],
    ),
    *wrong_relu_forward(
        "RE-12", DEPTH,
        "Negative values come through: small (leaky relu), or with the other sign. relu gives 0 "
        "there.",
        [(A_RELU, "A = np.where(Z > 0, Z, 0.01 * Z)")], [(A_RELU, "A = np.abs(Z)")],
        [(A_RELU, "A = np.minimum(0, Z)")],
    ),
)  # fmt: skip

RELU_FORWARD = Task(
    reference=ref.relu_forward,
    returns=("A", "cache"),
    cases=relu_forward_cases,
    criteria=(
        Criterion("A", 1, "finite", "A"),
        Criterion("A where Z is infinite", 0.25, "infinite", "A"),
        Criterion("cache", 0.25, "finite", "cache"),
        inputs_untouched(0.5),
    ),
    lecture=DEPTH,
    misconceptions=RELU_FORWARD_MISCONCEPTIONS,
    variants=(
        Variant("np.where", edited(ref.relu_forward, (A_RELU, "A = np.where(Z < 0, 0, Z)"))),
        Variant("a copy", edited(ref.relu_forward, (A_RELU, "A = Z.copy()\n    A[A < 0] = 0"))),
    ),
)


def relu_backward_cases(rng: np.random.Generator) -> list[Case]:
    """Derivatives of both signs at positive and negative inputs, with and without exact zeros."""
    cases = []
    for n, m in RELU_SIZES:
        dA = rng.choice([-1, 1], (n, m)) * rng.uniform(0.3, 2, (n, m))
        Z = with_zeros(rng, n, m)
        label = f"Z of shape ({n}, {m})"
        cases.append(call("relu_backward", dA, Z + 0.2, label=label, tag="smooth"))
        cases.append(call("relu_backward", dA, Z, label=f"{label}, with zeros", tag="kink"))
    return cases


def confirm_relu_backward(case: Case, wanted: np.ndarray) -> float:
    """Differentiate sum(dA * max(0, Z)) numerically, away from the kink."""
    dA, Z = case.inputs["arg0"], case.inputs["arg1"]
    numerical = central_difference(lambda at: float(np.sum(dA * at.clip(min=0))), Z)
    return relative_difference(wanted, np.where(Z == 0, 0, numerical))


wrong_relu_backward = partial(misconceptions, ref.relu_backward)

DZ_RELU = "np.where(Z > 0, dA, 0.0)"

RELU_BACKWARD_MISCONCEPTIONS = (
    *wrong_relu_backward(
        "RE-01", DEPTH,
        "dA is changed in place. The caller still needs it: compute a new array.",
        [(f"return {DZ_RELU}", "dZ = dA\n    dZ[Z <= 0] = 0\n    return dZ")],
    ),
    *wrong_relu_backward(
        "RE-03", DEPTH,
        "The derivative passes where Z is exactly 0. In this course nothing passes at the kink.",
        [("Z > 0", "Z >= 0")],
    ),
    *wrong_relu_backward(
        "RE-05", DEPTH,
        "The mask is made of dA. Whether a derivative passes is decided by Z, in the cache.",
        [("Z > 0", "dA > 0")], [(DZ_RELU, "np.maximum(0, dA)")],
    ),
    *wrong_relu_backward(
        "RE-06", DEPTH,
        "This is the derivative of relu by itself, 0 or 1. By the chain rule it multiplies dA.",
        [(DZ_RELU, "(Z > 0) * 1.0")],
    ),
    *wrong_relu_backward(
        "RE-07", DEPTH,
        "Where Z is negative, Z itself comes back. The derivative is 0 there.",
        [("dA, 0.0", "dA, Z")],
    ),
    *wrong_relu_backward(
        "RE-12", DEPTH,
        "A derivative passes where Z is negative, as in leaky relu, or everywhere. relu is "
        "constant there, and its derivative 0.",
        [("dA, 0.0", "dA, 0.01 * dA")], [(DZ_RELU, "dA")], [("Z > 0", "Z != 0")],
    ),
    *wrong_relu_backward(
        "RE-11", DEPTH,
        "dA is multiplied by relu of Z. It should be multiplied by the derivative of relu, which "
        "is 1 where Z is positive.",
        [(DZ_RELU, "dA * np.maximum(0, Z)")], [(DZ_RELU, "dA * Z")],
    ),
)  # fmt: skip

RELU_BACKWARD = Task(
    reference=ref.relu_backward,
    returns="dZ",
    cases=relu_backward_cases,
    criteria=(
        Criterion("dZ", 2, "smooth"),
        Criterion("dZ where Z is exactly 0", 0.5, "kink"),
        inputs_untouched(0.5),
    ),
    lecture=DEPTH,
    misconceptions=RELU_BACKWARD_MISCONCEPTIONS,
    variants=(
        Variant("a mask", edited(ref.relu_backward, (DZ_RELU, "dA * (Z > 0)"))),
        Variant(
            "a copy",
            edited(
                ref.relu_backward,
                (f"return {DZ_RELU}", "dZ = np.array(dA)\n    dZ[Z <= 0] = 0\n    return dZ"),
            ),
        ),
    ),
    confirm=confirm_relu_backward,
)  # fmt: skip


# ---------------------------------------------------------------- sigmoid_forward and _backward

WARNED = """\
import warnings
import numpy as np
with np.errstate(all="warn", under="ignore"), warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    A, cache = sigmoid_forward(Z)
result = A, sum(issubclass(warning.category, RuntimeWarning) for warning in caught)"""


def sigmoid_forward_cases(rng: np.random.Generator) -> list[Case]:
    """Scores near 0, and so large ones that exp overflows for the one or the other sign."""
    cases = [
        call(
            "sigmoid_forward", 2 * with_zeros(rng, n, m), label=f"Z of shape ({n}, {m})", tag="near"
        )
        for n, m in ((1, 6), (3, 5), (4, 4))
    ]
    for n, m in ((1, 6), (2, 4)):
        far = with_zeros(rng, n, m)
        far.flat[0], far.flat[1], far.flat[3] = -1000.0, 1000.0, -float(rng.uniform(720, 2000))
        label = f"Z of shape ({n}, {m}) with −1000 and 1000"
        cases.append(script(WARNED, label=label, tag="far", returns=("A", "warnings"), Z=far))
    return cases


def no_overflow(result: tuple, wanted: tuple, case: Case) -> str | None:
    """Finite values without a warning."""
    if not np.all(np.isfinite(result[0])):
        return "A is not finite."
    return "NumPy warns of an overflow or an invalid value." if result[1] else None


def warns_only(result: tuple, wanted: tuple, case: Case) -> bool | None:
    """Recognise right values that came with an overflow."""
    if case.tag == "near":
        return None if np.allclose(result[0], wanted[0]) else False
    return bool(result[1] and np.allclose(result[0], wanted[0]))


wrong_sigmoid_forward = partial(misconceptions, ref.sigmoid_forward)

DECAY = "decay = np.exp(-np.abs(Z))"
A_SIGMOID = "A = np.where(Z >= 0, 1, decay) / (1 + decay)"

SIGMOID_FORWARD_MISCONCEPTIONS = (
    *wrong_sigmoid_forward(
        "SG-01", OVERFLOW,
        "exp of a large positive number overflows, though the quotient comes out right. Write the "
        "formula so that no exponent is positive, for both signs of Z.",
        [(A_SIGMOID, "A = 1 / (1 + np.exp(-Z))")],
        [(A_SIGMOID, "A = np.where(Z >= 0, 1 / (1 + np.exp(-Z)), np.exp(Z) / (1 + np.exp(Z)))")],
        looks_like=warns_only,
    ),
    *wrong_sigmoid_forward(
        "SG-02", OVERFLOW,
        "exp(Z)/(1 + exp(Z)) is ∞/∞, not a number, where Z is large. Use it for negative Z only.",
        [(A_SIGMOID, "A = np.exp(Z) / (1 + np.exp(Z))")],
    ),
    *wrong_sigmoid_forward(
        "SG-03", DEPTH,
        "The sign of the exponent is the other way round: A should grow with Z.",
        [("Z >= 0", "Z < 0")],
    ),
    *wrong_sigmoid_forward(
        "SG-04", DEPTH,
        "This is tanh, between −1 and 1. A sigmoid lies between 0 and 1.",
        [(A_SIGMOID, "A = np.tanh(Z)")],
    ),
    *wrong_sigmoid_forward(
        "SG-05", DEPTH,
        "The cache holds Z. It should hold A, from which the derivative is easily made.",
        [("return A, A", "return A, Z")],
    ),
    *wrong_sigmoid_forward(
        "SG-06", DEPTH,
        "Z is changed in place. The caller still needs it: compute a new array.",
        [(A_SIGMOID, A_SIGMOID + "\n    Z *= -1")],
        [(A_SIGMOID, A_SIGMOID + "\n    np.clip(Z, -1, 1, out=Z)")],
    ),
    *wrong_sigmoid_forward(
        "SG-07", DEPTH,
        "A is rounded to 0 or 1. Keep the probability: training needs to know how sure it is.",
        [(A_SIGMOID, "A = (Z > 0) * 1.0")], [(A_SIGMOID, "A = (Z >= 0) * 1.0")],
    ),
)  # fmt: skip

SIGMOID_FORWARD = Task(
    reference=ref.sigmoid_forward,
    returns=("A", "cache"),
    cases=sigmoid_forward_cases,
    criteria=(
        Criterion("A", 1, "near", "A"),
        Criterion("A of very large scores", 0.5, "far", "A"),
        Criterion("no overflow", 0.5, "far", check=no_overflow),
        Criterion("cache", 0.5, "near", "cache"),
        inputs_untouched(0.5, "near"),
    ),
    lecture=DEPTH,
    misconceptions=SIGMOID_FORWARD_MISCONCEPTIONS,
    variants=(
        Variant(
            "by tanh",
            edited(ref.sigmoid_forward, (A_SIGMOID, "A = 0.5 + 0.5 * np.tanh(Z / 2)")),
        ),
        Variant(
            "clipped scores",
            edited(
                ref.sigmoid_forward, (A_SIGMOID, "A = 1 / (1 + np.exp(-np.clip(Z, -500, 500)))")
            ),
        ),
        Variant(
            "by halves",
            edited(
                ref.sigmoid_forward,
                (A_SIGMOID,
                 "A = np.empty_like(Z)\n"
                 "    A[Z >= 0] = 1 / (1 + np.exp(-Z[Z >= 0]))\n"
                 "    A[Z < 0] = np.exp(Z[Z < 0]) / (1 + np.exp(Z[Z < 0]))"),
            ),
        ),
    ),
)  # fmt: skip


def sigmoid_backward_cases(rng: np.random.Generator) -> list[Case]:
    """Outputs of the reference's forward pass."""
    cases = []
    for n, m in ((1, 6), (3, 5), (4, 4)):
        _, cache = ref.sigmoid_forward(with_zeros(rng, n, m))
        dA = rng.choice([-1, 1], (n, m)) * rng.uniform(0.3, 2, (n, m))
        cases.append(call("sigmoid_backward", dA, cache, label=f"A of shape ({n}, {m})"))
    return cases


def confirm_sigmoid_backward(case: Case, wanted: np.ndarray) -> float:
    """Differentiate sum(dA / (1 + exp(-Z))) numerically."""
    dA, A = case.inputs["arg0"], case.inputs["arg1"]
    Z = np.log(A / (1 - A))
    numerical = central_difference(lambda at: float(np.sum(dA / (1 + np.exp(-at)))), Z)
    return relative_difference(wanted, numerical)


wrong_sigmoid_backward = partial(misconceptions, ref.sigmoid_backward)

DZ_SIGMOID = "return dA * A * (1 - A)"

SIGMOID_BACKWARD_MISCONCEPTIONS = (
    *wrong_sigmoid_backward(
        "SG-08", DEPTH,
        "The cache is taken for Z, and sigmoid is applied to it again. It is A already.",
        [("A = cache", "A = sigmoid_forward(cache)[0]")],
        [("A = cache", "A = 1 / (1 + np.exp(-cache))")],
    ),
    *wrong_sigmoid_backward(
        "SG-09", DEPTH,
        "dA is missing. The chain rule multiplies it by the derivative of the sigmoid.",
        [(DZ_SIGMOID, "return A * (1 - A)")],
    ),
    *wrong_sigmoid_backward(
        "SG-10", DEPTH,
        "This is not the derivative of the sigmoid: a factor is missing, has the other sign, or "
        "is that of tanh.",
        [(DZ_SIGMOID, "return dA * A")], [(DZ_SIGMOID, "return dA * (1 - A)")],
        [(DZ_SIGMOID, "return dA * A * (A - 1)")], [(DZ_SIGMOID, "return dA * (1 - A**2)")],
    ),
    *wrong_sigmoid_backward(
        "SG-11", DEPTH,
        "dA is changed in place. The caller still needs it: compute a new array.",
        [(DZ_SIGMOID, "dA *= A * (1 - A)\n    return dA")],
    ),
)  # fmt: skip

SIGMOID_BACKWARD = Task(
    reference=ref.sigmoid_backward,
    returns="dZ",
    cases=sigmoid_backward_cases,
    criteria=(Criterion("dZ", 1.5), inputs_untouched(0.5)),
    lecture=DEPTH,
    misconceptions=SIGMOID_BACKWARD_MISCONCEPTIONS,
    variants=(
        Variant("A − A²", edited(ref.sigmoid_backward, (DZ_SIGMOID, "return (A - A**2) * dA"))),
    ),
    confirm=confirm_sigmoid_backward,
)


# ---------------------------------------------------------------- model_forward

SINGLE = (([3, 1], 5), ([5, 1], 4))
DEEP = (([5, 4, 3, 1], 6), ([6, 5, 4, 2, 1], 7), ([2, 7, 3, 4, 1], 5), ([3, 3, 3, 1], 3))


def network(rng: np.random.Generator, dims: Sequence[int], m: int) -> tuple[np.ndarray, dict]:
    """Draw X and the parameters of a network in which every layer works.

    Units are neither dead for all examples nor near the kink of relu, and the outputs not certain.
    """
    while True:
        X, parameters = rng.standard_normal((dims[0], m)), ref.initialize_he(dims, rng)
        for layer in range(1, len(dims)):
            parameters[f"b{layer}"] = rng.choice([-1, 1], (dims[layer], 1)) * rng.uniform(
                0.2, 0.6, (dims[layer], 1)
            )
        AL, caches = ref.model_forward(X, parameters)
        hidden = [Z for _, Z in caches[:-1]]
        clear = all(np.abs(Z).min() > 1e-3 for Z in hidden)
        alive = all((Z > 0).any(axis=1).all() and (Z < 0).any() for Z in hidden)
        if clear and alive and np.abs(AL - 0.5).max() < 0.49:
            return X, parameters


def network_label(dims: Sequence[int], m: int) -> str:
    """Name a network for the student."""
    return f"layers {list(dims)}, {m} examples"


def model_forward_cases(rng: np.random.Generator) -> list[Case]:
    """Networks of one, three and four layers, with different and with equal widths."""
    return [
        call("model_forward", *network(rng, dims, m), label=network_label(dims, m), tag=tag)
        for sizes, tag in ((SINGLE, "single"), (DEEP, "deep"))
        for dims, m in sizes
    ]


wrong_model_forward = partial(misconceptions, ref.model_forward)

ACTIVATE = "A, activation_cache = relu_forward(Z) if layer < L else sigmoid_forward(Z)"
LINEAR = 'Z, linear_cache = linear_forward(A, parameters[f"W{layer}"], parameters[f"b{layer}"])'
APPEND = "caches.append((linear_cache, activation_cache))"

MODEL_FORWARD_MISCONCEPTIONS = (
    *wrong_model_forward(
        "MF-01", DEPTH,
        "The output layer goes through relu, before sigmoid or instead of it. Its scores may be "
        "negative: only sigmoid follows.",
        [("else sigmoid_forward(Z)", "else sigmoid_forward(relu_forward(Z)[0])")],
        [(ACTIVATE, "A, activation_cache = relu_forward(Z)")],
    ),
    *wrong_model_forward(
        "MF-02", DEPTH,
        "The hidden layers use sigmoid. They should use relu; sigmoid belongs to the output.",
        [(ACTIVATE, "A, activation_cache = sigmoid_forward(Z)")],
    ),
    *wrong_model_forward(
        "MF-03", DEPTH,
        "The hidden layers have no relu. Without it all layers together are one linear map.",
        [("relu_forward(Z) if", "(Z, Z) if")],
    ),
    *wrong_model_forward(
        "MF-04", DEPTH,
        "Some layers are left out. There are as many as there are weight matrices, whatever "
        "their number.",
        [("len(parameters) // 2", "len(parameters) // 2 - 1")],
        [("len(parameters) // 2", "min(3, len(parameters) // 2)")],
    ),
    *wrong_model_forward(
        "MF-05", DEPTH,
        "A layer's cache should be the pair (linear_cache, activation_cache). Here the two are in "
        "another order, or not a pair.",
        [(APPEND, "caches.append((activation_cache, linear_cache))")],
        [(APPEND, "caches.append(linear_cache)")],
    ),
    *wrong_model_forward(
        "MF-06", DEPTH,
        "The output has no sigmoid. AL should hold probabilities.",
        [("else sigmoid_forward(Z)", "else (Z, Z)")],
    ),
    *wrong_model_forward(
        "MF-07", DEPTH,
        "The cache of the output layer is missing. There is one for each layer.",
        [("    return A, caches", "    return A, caches[:-1]")],
    ),
    *wrong_model_forward(
        "MF-08", DEPTH,
        "The parameters are taken out of the dict. The caller still needs them: read them by "
        "their names.",
        [('parameters[f"W{layer}"], parameters[f"b{layer}"]',
          'parameters.pop(f"W{layer}"), parameters.pop(f"b{layer}")')],
    ),
    *wrong_model_forward(
        "MF-09", DEPTH,
        "The biases are not used. Each layer adds its own before the activation.",
        [(LINEAR, 'Z, linear_cache = linear_forward(A, parameters[f"W{layer}"], '
                  '0 * parameters[f"b{layer}"])')],
        [(LINEAR, 'Z = parameters[f"W{layer}"] @ A\n'
                  '        linear_cache = (A, parameters[f"W{layer}"], parameters[f"b{layer}"])')],
    ),
)  # fmt: skip


def hidden_layers_first(X, parameters):
    """The hidden layers in a loop, the formulas written out, and the output layer after them."""
    activations, caches = [X], []
    L = max(int(name[1:]) for name in parameters)
    for number in range(1, L):
        W, b = parameters["W" + str(number)], parameters["b" + str(number)]
        scores = np.dot(W, activations[-1]) + b
        caches.append(((activations[-1], W, b), scores))
        activations.append(scores.clip(0))
    scores, linear_cache = linear_forward(  # noqa: F821 - the student's
        activations[-1], parameters[f"W{L}"], parameters[f"b{L}"]
    )
    AL, activation_cache = sigmoid_forward(scores)  # noqa: F821 - the student's
    return AL, [*caches, (linear_cache, activation_cache)]


MODEL_FORWARD = Task(
    reference=ref.model_forward,
    returns=("AL", "caches"),
    cases=model_forward_cases,
    criteria=(
        Criterion("one layer", 0.5, "single", "AL"),
        Criterion("three and four layers", 2, "deep", "AL"),
        Criterion("caches", 1, part="caches"),
        inputs_untouched(0.5),
    ),
    lecture=DEPTH,
    misconceptions=MODEL_FORWARD_MISCONCEPTIONS,
    variants=(Variant("hidden layers first", hidden_layers_first),),
    own_parts=("linear_forward", "relu_forward", "sigmoid_forward"),
)


# ---------------------------------------------------------------- binary_cross_entropy


def cost_cases(rng: np.random.Generator) -> list[Case]:
    """Probabilities of all sizes, certain and right answers, certain and wrong ones."""

    def case(AL: np.ndarray, Y: np.ndarray, label: str, tag: str) -> Case:
        return call("binary_cross_entropy", AL, Y, label=label, tag=tag)

    def labels(m: int) -> np.ndarray:
        Y = rng.integers(0, 2, (1, m)).astype(float)
        Y[0, :2] = 0.0, 1.0
        return Y

    cases = [
        case(rng.uniform(0.05, 0.95, (1, m)), labels(m), f"{m} examples", "open")
        for m in (2, 5, 8, 50)
    ]
    for m in (6, 9):
        Y = labels(m)
        near = np.abs(np.where(np.arange(m) % 2, Y, 1 - Y) - rng.uniform(0.001, 0.004, (1, m)))
        cases.append(case(near, Y, f"{m} examples, nearly certain, right or wrong", "open"))
        AL = rng.uniform(0.2, 0.8, (1, m))
        AL[0, :2] = Y[0, :2]
        cases.append(case(AL, Y, f"{m} examples, two of them certain and right", "right"))
        AL = rng.uniform(0.2, 0.8, (1, m))
        AL[0, :2] = 1 - Y[0, :2]
        cases.append(case(AL, Y, f"{m} examples, two of them certain and wrong", "wrong"))
    return cases


def cost_is_large(result: Any, wanted: float, case: Case) -> str | None:
    """A finite number, to which each certain and wrong answer adds much."""
    if np.ndim(result) != 0 or not np.isfinite(result):
        return "The cost should be one finite number."
    if result < 2 * 10 / case.inputs["arg1"].shape[1]:
        return "An answer that is certain and wrong should cost more than 10 nats."
    return None


wrong_cost = partial(misconceptions, ref.binary_cross_entropy)

LOSSES = "losses = Y * np.log(np.maximum(AL, tiny)) + (1 - Y) * np.log(np.maximum(1 - AL, tiny))"
COST = "return -float(np.mean(losses))"

COST_MISCONCEPTIONS = (
    *wrong_cost(
        "CE-01", CROSS_ENTROPY,
        "The losses are added up. The cost is their mean over the examples.",
        [(COST, "return -float(np.sum(losses))")],
    ),
    *wrong_cost(
        "CE-02", CROSS_ENTROPY,
        "Only the examples of one class count. Those with Y = 0 add −log(1 − AL), those with "
        "Y = 1 add −log AL.",
        [(LOSSES, "losses = Y * np.log(np.maximum(AL, tiny))")],
        [(LOSSES, "losses = (1 - Y) * np.log(np.maximum(1 - AL, tiny))")],
    ),
    *wrong_cost(
        "CE-03", CROSS_ENTROPY,
        "The sign is missing. Logarithms of probabilities are negative, and a cost is positive.",
        [(COST, "return float(np.mean(losses))")],
    ),
    *wrong_cost(
        "CE-04", CROSS_ENTROPY,
        "The logarithm has another base. It should be the natural one.",
        [("np.log(", "np.log2(", 2)], [("np.log(", "np.log10(", 2)],
    ),
    *wrong_cost(
        "CE-05", CROSS_ENTROPY,
        "A probability of exactly 0 or 1 makes the cost infinite or not a number. Keep the "
        "logarithm's argument away from 0.",
        [("tiny = 1e-15", "tiny = 0.0")],
        looks_like=lambda result, wanted, case: (
            not np.isfinite(result) if case.tag in ("right", "wrong")
            else (None if np.isclose(result, wanted) else False)
        ),
    ),
    *wrong_cost(
        "CE-06", CROSS_ENTROPY,
        "Probabilities are held too far from 0 and 1, which changes honest ones as well. A bound "
        "such as 1e-15 is enough.",
        [("tiny = 1e-15", "tiny = 1e-2")],
    ),
    *wrong_cost(
        "CE-07", CROSS_ENTROPY,
        "The cost is an array. Make it one number, of type float.",
        [(COST, "return -np.mean(losses, axis=1, keepdims=True)")],
        [(COST, "return -np.mean(losses, axis=1)")],
    ),
    *wrong_cost(
        "CE-08", CROSS_ENTROPY,
        "This is the mean squared error. For probabilities the cost is the cross-entropy.",
        [(COST, "return float(np.mean((AL - Y) ** 2))")],
        [(COST, "return float(np.mean((AL - Y) ** 2) / 2)")],
    ),
    *wrong_cost(
        "CE-09", CROSS_ENTROPY,
        "AL is changed in place, where it is kept away from 0 and 1. The caller still needs it: "
        "clip into a new array.",
        [("tiny = 1e-15", "tiny = 1e-15\n    np.clip(AL, tiny, 1 - tiny, out=AL)")],
    ),
)  # fmt: skip

BINARY_CROSS_ENTROPY = Task(
    reference=ref.binary_cross_entropy,
    returns="cost",
    cases=cost_cases,
    criteria=(
        Criterion("cost", 1.5, "open", tolerance=Tolerance(relative=1e-5)),
        Criterion("certain and right", 0.5, "right", tolerance=Tolerance(absolute=1e-7)),
        Criterion("certain and wrong", 0.5, "wrong", check=cost_is_large),
        inputs_untouched(0.5),
    ),
    lecture=CROSS_ENTROPY,
    misconceptions=COST_MISCONCEPTIONS,
    variants=(
        Variant(
            "clipped probabilities",
            edited(ref.binary_cross_entropy, (LOSSES,
                   "AL = np.clip(AL, 1e-12, 1 - 1e-12)\n"
                   "    losses = np.where(Y == 1, np.log(AL), np.log(1 - AL))")),
        ),
        Variant(
            "a small number added",
            edited(ref.binary_cross_entropy, (LOSSES,
                   "losses = Y * np.log(AL + 1e-8) + (1 - Y) * np.log(1 - AL + 1e-8)")),
        ),
        Variant(
            "products of matrices",
            edited(ref.binary_cross_entropy, (COST,
                   "AL = np.clip(AL, 1e-15, 1 - 1e-15)\n"
                   "    both = np.dot(Y, np.log(AL).T) + np.dot(1 - Y, np.log1p(-AL).T)\n"
                   "    return np.squeeze(-both / Y.shape[1])")),
        ),
    ),
)  # fmt: skip


# ---------------------------------------------------------------- model_backward


def model_backward_cases(rng: np.random.Generator) -> list[Case]:
    """Caches of the reference's forward pass, also where an output is exactly 1 or 0."""
    cases = []
    for sizes, tag in ((SINGLE, "single"), (DEEP, "deep")):
        for dims, m in sizes:
            X, parameters = network(rng, dims, m)
            cases.append(backward_case(rng, X, parameters, network_label(dims, m), tag))
    for dims, m in (([4, 1], 5), ([3, 4, 2, 1], 6)):
        X, parameters = network(rng, dims, m)
        certain = X * np.where(np.arange(m) < 2, 1000, 1)
        while not is_certain(certain, parameters):
            X, parameters = network(rng, dims, m)
            certain = X * np.where(np.arange(m) < 2, 1000, 1)
        label = f"{network_label(dims, m)}, two outputs exactly 0 or 1"
        cases.append(backward_case(rng, certain, parameters, label, "certain"))
    return cases


def is_certain(X: np.ndarray, parameters: dict) -> bool:
    """Whether the first two outputs are exactly 0 or 1, and no unit is near the kink of relu."""
    AL, caches = ref.model_forward(X, parameters)
    clear = all(np.abs(Z).min() > 0.01 for _, Z in caches[:-1])
    return clear and bool(np.isin(AL[0, :2], (0, 1)).all())


def backward_case(
    rng: np.random.Generator, X: np.ndarray, parameters: dict, label: str, tag: str
) -> Case:
    """Draw labels, wrong ones where an output is certain."""
    AL, caches = ref.model_forward(X, parameters)
    Y = rng.integers(0, 2, AL.shape).astype(float)
    Y = np.where(np.isin(AL, (0, 1)), 1 - AL, Y)
    return call("model_backward", AL, Y, caches, label=label, tag=tag)


def confirm_model_backward(case: Case, wanted: dict) -> float:
    """Differentiate the cost of the network numerically, as a function of its last scores."""
    Y, caches = case.inputs["arg1"], case.inputs["arg2"]
    X, parameters = caches[0][0][0], {}
    for number, ((_, W, b), _) in enumerate(caches, start=1):
        parameters |= {f"W{number}": W, f"b{number}": b}

    def cost_with(name: str, value: np.ndarray) -> float:
        changed, A = parameters | {name: value}, X
        for number in range(1, len(caches) + 1):
            Z = changed[f"W{number}"] @ A + changed[f"b{number}"]
            A = np.maximum(0, Z)
        return float(np.mean(np.logaddexp(0, Z) - Y * Z))

    numerical = {
        "d" + name: central_difference(lambda at, name=name: cost_with(name, at), value)
        for name, value in parameters.items()
    }
    exact = np.concatenate([wanted[name].ravel() for name in numerical])
    return relative_difference(exact, np.concatenate([d.ravel() for d in numerical.values()]))


wrong_model_backward = partial(misconceptions, ref.model_backward)

OUTPUT = "dZ = (AL - Y) / m"
HIDDEN = "dZ = relu_backward(dA, relu_cache)"
LAST = 'dA, grads[f"dW{L}"], grads[f"db{L}"] = linear_backward(dZ, linear_cache)'
STEP = 'dA, grads[f"dW{layer}"], grads[f"db{layer}"] = linear_backward(dZ, linear_cache)'

MODEL_BACKWARD_MISCONCEPTIONS = (
    *wrong_model_backward(
        "MB-01", CROSS_ENTROPY,
        "The derivative at the output lacks 1/m. The cost is a mean over the examples, so 1/m "
        "enters there, once.",
        [(OUTPUT, "dZ = AL - Y")],
    ),
    *wrong_model_backward(
        "LI-09", DEPTH,
        "1/m comes in a second time, in the layers. It enters once, at the output; every dQ is "
        "the exact derivative of the cost.",
        [("    return grads", "    return {name: value / m for name, value in grads.items()}")],
        [(STEP, f'{STEP}\n        grads[f"dW{{layer}}"] = grads[f"dW{{layer}}"] / m\n'
                f'        grads[f"db{{layer}}"] = grads[f"db{{layer}}"] / m')],
    ),
    *wrong_model_backward(
        "LI-10", DEPTH,
        "Some gradients have a factor of their own, as if left over from a trial. Compare each "
        "with the slope of the cost.",
        [("    return grads",
          '    return {name: 2 * d if name == "dW2" else d for name, d in grads.items()}')],
        [("    return grads", '    grads["db1"] = 4 * grads["db1"]\n    return grads')],
    ),
    *wrong_model_backward(
        "MB-02", CROSS_ENTROPY,
        "The sign at the output is the other way round: the derivative is the prediction minus "
        "the label.",
        [(OUTPUT, "dZ = (Y - AL) / m")],
    ),
    *wrong_model_backward(
        "MB-03", CROSS_ENTROPY,
        "AL − Y is multiplied by the derivative of the sigmoid. That is in it already: it cancels "
        "against the derivative of the cross-entropy.",
        [(OUTPUT, "dZ = sigmoid_backward((AL - Y) / m, AL)")],
    ),
    *wrong_model_backward(
        "MB-04", DEPTH,
        "relu is skipped on the way back, or gets a wrong cache. Where its input was not "
        "positive, nothing passes.",
        [(HIDDEN, "dZ = dA")],
    ),
    *wrong_model_backward(
        "MB-05", CROSS_ENTROPY,
        "The derivative by AL is computed first, which divides by AL and 1 − AL. Where an output "
        "is exactly 0 or 1 that is 0/0, or 0 after clipping; (AL − Y)/m needs no division.",
        [(OUTPUT, "dZ = sigmoid_backward(-(Y / AL - (1 - Y) / (1 - AL)) / m, AL)")],
        [(OUTPUT, "P = np.clip(AL, 1e-15, 1 - 1e-15)\n"
                  "    dZ = sigmoid_backward(-(Y / P - (1 - Y) / (1 - P)) / m, AL)")],
    ),
    *wrong_model_backward(
        "MB-06", DEPTH,
        "The list of caches is taken apart. The caller still needs it: read the entries by index, "
        "or reverse a copy.",
        [("caches[L - 1]", "caches.pop()"), ("caches[layer - 1]", "caches.pop()")],
    ),
    *wrong_model_backward(
        "MB-07", DEPTH,
        "grads also holds derivatives of activations. It has the keys of the parameters, with a d "
        "in front, and no others.",
        [(LAST, f'{LAST}\n    grads[f"dA{{L - 1}}"] = dA'),
         (STEP, f'{STEP}\n        grads[f"dA{{layer - 1}}"] = dA')],
    ),
    *wrong_model_backward(
        "MB-08", DEPTH,
        "The first layer is left out. The loop goes down to layer 1.",
        [("range(L - 1, 0, -1)", "range(L - 1, 1, -1)")],
    ),
    *wrong_model_backward(
        "MB-09", DEPTH,
        "The hidden layers are taken back by the derivative of the sigmoid, but they use relu.",
        [(HIDDEN, "dZ = sigmoid_backward(dA, relu_cache)")],
    ),
)  # fmt: skip


def by_reversed_caches(AL, Y, caches):
    """Another loop, the formulas written out, and A > 0 for Z > 0."""
    m = AL.shape[1]
    dZ, grads, A = AL / m - Y / m, {}, None
    for number in range(len(caches), 0, -1):
        (A_prev, W, _), _ = caches[number - 1]
        if A is not None:
            dZ = dZ * (A > 0)
        grads["db" + str(number)] = dZ.sum(axis=1)[:, None]
        grads["dW" + str(number)] = np.dot(dZ, A_prev.T)
        dZ, A = np.dot(W.T, dZ), A_prev
    return grads


MODEL_BACKWARD = Task(
    reference=ref.model_backward,
    returns="grads",
    cases=model_backward_cases,
    criteria=(
        Criterion("one layer", 0.5, "single"),
        Criterion("weights of three and four layers", 2, "deep", "dW*"),
        Criterion("biases of three and four layers", 1, "deep", "db*"),
        Criterion("outputs of exactly 0 or 1", 1, "certain"),
        inputs_untouched(0.5),
    ),
    lecture=DEPTH,
    misconceptions=MODEL_BACKWARD_MISCONCEPTIONS,
    variants=(Variant("formulas written out", by_reversed_caches),),
    own_parts=("linear_backward", "relu_backward"),
    confirm=confirm_model_backward,
)

TASKS = (
    INITIALIZE_ZEROS,
    INITIALIZE_RANDOM,
    INITIALIZE_XAVIER,
    INITIALIZE_HE,
    LINEAR_FORWARD,
    LINEAR_BACKWARD,
    RELU_FORWARD,
    RELU_BACKWARD,
    SIGMOID_FORWARD,
    SIGMOID_BACKWARD,
    MODEL_FORWARD,
    BINARY_CROSS_ENTROPY,
    MODEL_BACKWARD,
)
