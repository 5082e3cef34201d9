"""How weights drawn at random are judged: cases, checks and criteria of three questions."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence

import numpy as np

from grading.marking import Agrees, Case, Criterion, Holds, Rng, call, chance, script

SMALL = ([3, 4, 2, 1], [1, 2], [3, 3, 3, 2, 1], [2] * 12)
LARGE = ([400, 30, 120, 50], [80, 80, 80, 20], [2, 2000, 4])
ALARM = chance.ALARM / 47  # for each of the checks of chance that one function meets

TWICE = """\
import numpy as np
rng = np.random.default_rng(seed)
first = {call}
later = {call}
rng = np.random.default_rng(seed)
again = {call}
result = first, later, again"""


def random_cases(
    reference: Callable, settings: Sequence[tuple[float, ...]], rng: np.random.Generator
) -> list[Case]:
    """Small networks for shapes, large ones to judge chance, and repeated calls.

    `settings` holds the arguments between the layers and the generator, taken in turn.
    """
    cases, names = [], list(inspect.signature(reference).parameters)[1:-1]
    for index, dims in enumerate((*SMALL, *LARGE)):
        more = settings[index % len(settings)]
        told = zip(names, more, strict=True)
        label = f"layer_dims = {dims}" + "".join(f", {name} = {value:g}" for name, value in told)
        tag = "large" if dims in LARGE else "small"
        cases.append(
            call(reference, dims, *more, Rng(int(rng.integers(2**32))), label=label, tags=tag)
        )
    for index, dims in enumerate(([6, 5, 4], [5, 7, 1])):
        more = settings[index % len(settings)]
        values = ", ".join([str(dims), *map(str, more), "rng"])
        code = TWICE.replace("{call}", f"{reference.__name__}({values})")
        label = f"three calls with layer_dims = {dims}"
        cases.append(script(code, label=label, tags="twice", seed=int(rng.integers(2**32))))
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


DRAWN = ("*spread", "independent weights")  # zeros have names and shapes, too
UNWORKED = {
    "the right answer *": "the weights are still drawn from rng, one by one",
    "nonsense drawn from rng": "it is drawn from rng, one by one, in the right shapes",
}


def random_criteria(spread: Criterion, each: float) -> tuple[Criterion, ...]:
    """What all ways to draw weights are judged by: a spread, and four more for so many points."""
    return (
        Holds("names and shapes", each, named_and_shaped, ("small", "large"), beside=DRAWN),
        Agrees("biases zero", each, ("small", "large"), "b*", beside=DRAWN),
        spread,
        Holds("independent weights", each, weights_are_independent, "large"),
        Holds("drawn from rng", each, rng_is_used, "twice"),
    )


def xavier(case: Case, n_prev: int, n: int) -> float:
    """The standard deviation of Xavier's rule, in this course."""
    return np.sqrt(1 / n_prev)


def he(case: Case, n_prev: int, n: int) -> float:
    """The standard deviation of He's rule."""
    return np.sqrt(2 / n_prev)


def leaky(case: Case, n_prev: int, n: int) -> float:
    """The standard deviation that keeps signals as large as they are behind a leaky ReLU."""
    return np.sqrt(2 / ((1 + case.inputs["slope"] ** 2) * n_prev))


def glorot(case: Case, n_prev: int, n: int) -> float:
    """The standard deviation of Glorot and Bengio's rule."""
    return np.sqrt(2 / (n_prev + n))
