"""What goes wrong where weights are made: how it is written, recognised and told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from grader_tests.initialization import SPREAD, SYMMETRY
from grader_tests.initialization.weights import ALARM, Deviation, same_weights, weights_of
from grading.marking import Case, Mistake, Variant, chance, edit

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
    "INIT-24": (
        "There is a layer too many. layer_dims holds the width of the input too: with L + 1 "
        "numbers there are L layers."
    ),
    "INIT-21": ("The layers are counted from 0. Layer 0 is the input; the first weights are W1."),
}

LOOP = "range(1, len(layer_dims))"

NORMAL = "rng.standard_normal((n, n_prev))"


def spread_of(*deviations: Deviation) -> Callable:
    """Recognise weights of mean 0 that have this standard deviation instead, or one of these."""

    def looks_like(result: dict, wanted: dict, case: Case) -> bool | None:
        if "large" not in case.tags:
            return None
        return any(
            all(
                W.shape == right.shape
                and abs(np.mean(W)) < 0.3 * np.std(W)
                and abs(np.mean(W**2) / deviation(case, *W.shape[::-1]) ** 2 - 1)
                <= chance.variance_margin(W.size, ALARM)
                for W, right in zip(weights_of(result), weights_of(wanted), strict=True)
            )
            for deviation in deviations
        )

    return looks_like


def in_large(sign: Callable[[dict, dict], Any]) -> Callable:
    """Recognise large networks that have the sign."""
    return lambda result, wanted, case: bool(sign(result, wanted)) if "large" in case.tags else None


def in_any(sign: Callable[[dict, dict], Any]) -> Callable:
    """Recognise single networks that have the sign."""
    return lambda result, wanted, case: (
        bool(sign(result, wanted)) if "twice" not in case.tags else None
    )


def only_positive(result: dict, wanted: dict) -> bool:
    """Whether no weight is negative, though not all are equal."""
    return all(W.min() >= 0 and np.ptp(W) > 0 for W in weights_of(result))


def all_equal(result: dict, wanted: dict) -> bool:
    """Whether each layer has one weight for all."""
    return all(np.ptp(W) == 0 for W in weights_of(result))


def same_prefix(result: dict, wanted: dict) -> bool:
    """Whether all layers begin with the same numbers, up to a factor, and go on with others."""
    if not all(W.flat[0] for W in weights_of(result)):
        return False
    first, *others = (W.ravel()[:50] / W.flat[0] for W in weights_of(result))
    return all(np.allclose(first, other) for other in others) and np.ptp(first) > 0


def from_another_seed(result: Any, wanted: Any, case: Case) -> bool | None:
    """Recognise weights that do not depend on the generator's seed."""
    return not same_weights(result[0], result[2]) if "twice" in case.tags else None


def always_the_same(result: Any, wanted: Any, case: Case) -> bool | None:
    """Recognise random weights that are the same at every call, and differ between layers."""
    if "twice" in case.tags:
        return same_weights(result[0], result[1]) and same_weights(result[0], result[2])
    if "large" in case.tags and (all_equal(result, wanted) or same_prefix(result, wanted)):
        return False
    return None


def weight_mistakes(
    factor: str, deviation: Deviation, first: Sequence[Mistake]
) -> tuple[Mistake, ...]:
    """What all three ways to draw weights can get wrong, after what only this one can.

    `factor` is the standard deviation as it is written in the reference.
    """
    drawn = f"{factor} * {NORMAL}"
    return (
        *first,
        Mistake(
            "INIT-07",
            SPREAD,
            "The weights come from a uniform distribution between 0 and 1, so none is negative. "
            "They should be normal with mean 0.",
            edit(NORMAL, "rng.random((n, n_prev))"),
            looks_like=in_large(only_positive),
        ),
        Mistake(
            "INIT-08",
            SPREAD,
            "The weights are uniform between −s and s, where s is the wanted standard deviation. "
            "Such numbers have only 58 % of it; draw normal ones.",
            edit(NORMAL, "rng.uniform(-1, 1, (n, n_prev))"),
            looks_like=spread_of(lambda case, n_prev, n: deviation(case, n_prev, n) / np.sqrt(3)),
        ),
        Mistake(
            "INIT-09",
            SPREAD,
            SENTENCES["INIT-09"],
            edit(NORMAL, "rng.standard_normal((n_prev, n))"),
            looks_like=in_any(
                lambda result, wanted: all(
                    mine.shape == right.shape[::-1]
                    for mine, right in zip(weights_of(result), weights_of(wanted), strict=True)
                )
            ),
        ),
        Mistake(
            "INIT-10",
            SPREAD,
            SENTENCES["INIT-10"],
            edit(ZERO_BIASES, "np.zeros(n)"),
            looks_like=in_any(
                lambda result, wanted: all(
                    result[name].ndim == 1 for name in wanted if name[0] == "b"
                )
            ),
        ),
        Mistake(
            "INIT-11",
            SYMMETRY,
            SENTENCES["INIT-11"],
            edit(ZERO_BIASES, "0.01 * rng.standard_normal((n, 1))"),
            edit(ZERO_BIASES, "np.ones((n, 1))"),
            looks_like=in_any(
                lambda result, wanted: all(result[name].all() for name in wanted if name[0] == "b")
            ),
        ),
        Mistake(
            "INIT-12",
            SYMMETRY,
            "All weights of a layer are equal. Then all its units compute the same and stay the "
            "same; chance has to make them different.",
            edit(NORMAL, "np.ones((n, n_prev))"),
            edit(drawn, "np.full((n, n_prev), 0.01)"),
            edit(NORMAL, "rng.standard_normal()" + " * np.ones((n, n_prev))"),
            looks_like=in_any(all_equal),
        ),
        Mistake(
            "INIT-13",
            SPREAD,
            SENTENCES["INIT-13"],
            edit(LOOP, "range(1, len(layer_dims) - 1)"),
            looks_like=in_any(lambda result, wanted: list(result) == list(wanted)[:-2]),
        ),
        Mistake(
            "INIT-24",
            SPREAD,
            SENTENCES["INIT-24"],
            edit(LOOP, "range(1, len(layer_dims) + 1)"),
        ),
        Mistake(
            "INIT-14",
            SYMMETRY,
            "The generator is made anew for each layer, with the same seed. All layers then begin "
            "with the same numbers; draw all of them from rng.",
            edit(NORMAL, "np.random.default_rng(0).standard_normal((n, n_prev))"),
            looks_like=in_large(same_prefix),
        ),
        Mistake(
            "INIT-16",
            SYMMETRY,
            SENTENCES["INIT-16"],
            edit(drawn, f"parameters.setdefault((n, n_prev), {drawn})").then(
                "return parameters",
                "return {name: value for name, value in parameters.items() if type(name) is str}",
            ),
            looks_like=in_repeated_shape,
        ),
        Mistake(
            "INIT-19",
            SYMMETRY,
            "The numbers do not come from rng, but from a generator of their own. Nobody can "
            "repeat such an experiment: use the methods of rng.",
            edit(NORMAL, "np.random.standard_normal((n, n_prev))"),
            edit("parameters = {}", "parameters, rng = {}, np.random.default_rng()"),
            looks_like=from_another_seed,
        ),
        Mistake(
            "INIT-20",
            SYMMETRY,
            "Every call gives the same weights, for the seed is fixed inside the function. Use "
            "rng, whose seed the caller has chosen.",
            edit("parameters = {}", "parameters, rng = {}, np.random.default_rng(1)"),
            looks_like=always_the_same,
        ),
        Mistake(
            "INIT-21",
            SPREAD,
            SENTENCES["INIT-21"],
            edit('f"W{layer}"', 'f"W{layer - 1}"').then('f"b{layer}"', 'f"b{layer - 1}"'),
            looks_like=in_any(lambda result, wanted: "W0" in result and "b0" in result),
        ),
    )


def in_repeated_shape(result: dict, wanted: dict, case: Case) -> bool | None:
    """Recognise equal weights in layers of equal shape, and in no others."""
    if "twice" in case.tags:
        return None
    weights = weights_of(result)
    if all_equal(result, wanted) or len({W.shape for W in weights}) == len(weights):
        return False if "large" in case.tags and same_prefix(result, wanted) else None
    return all(
        np.array_equal(mine, other)
        for index, mine in enumerate(weights)
        for other in weights[index + 1 :]
        if mine.shape == other.shape
    )


def rule_mistakes(numerator: int, deviation: Deviation, *other: Mistake) -> tuple[Mistake, ...]:
    """What He's and Xavier's rules get wrong alike: variance `numerator` / n_prev."""
    factor = f"np.sqrt({numerator} / n_prev)"
    first = (
        Mistake(
            "INIT-01",
            SPREAD,
            "The number of units of the layer stands below the fraction line. It should be the "
            "number of inputs, the width of the layer before, over which each unit sums.",
            edit(factor, factor.replace("n_prev", "n")),
            looks_like=spread_of(lambda case, n_prev, n: deviation(case, n, n_prev)),
        ),
        Mistake(
            "INIT-02",
            SPREAD,
            "The standard normal numbers are multiplied by the variance. Multiply by its square "
            "root, the standard deviation.",
            edit(factor, f"{numerator} / n_prev"),
            looks_like=spread_of(lambda case, n_prev, n: deviation(case, n_prev, n) ** 2),
        ),
        Mistake(
            "INIT-03",
            SPREAD,
            "The root is taken of a part of the quotient only. It goes over the whole.",
            edit(factor, "np.sqrt(2) / n_prev"),
            *([edit(factor, f"{numerator} / np.sqrt(n_prev)")] if numerator > 1 else []),
            looks_like=spread_of(
                lambda case, n_prev, n: np.sqrt(2) / n_prev,
                *([lambda case, n_prev, n: numerator / np.sqrt(n_prev)] if numerator > 1 else []),
            ),
        ),
        Mistake(
            "INIT-06",
            SPREAD,
            "A width is added to the quotient, under the root, which makes the weights very large. "
            "The variance is a quotient and nothing else: look at the parentheses.",
            edit(factor, f"np.sqrt({numerator} / n_prev + n)"),
            looks_like=spread_of(
                lambda case, n_prev, n: np.sqrt(deviation(case, n_prev, n) ** 2 + n)
            ),
        ),
        Mistake(
            "INIT-15",
            SPREAD,
            "The numbers are not scaled to the width of the layer. Standard normal weights are far "
            "too large, and a fixed factor fits one width only.",
            edit(f"{factor} * ", ""),
            edit(factor, "0.01"),
            edit(factor, f"10 * {factor}"),
            looks_like=spread_of(
                lambda case, n_prev, n: 1.0,
                lambda case, n_prev, n: 0.01,
                lambda case, n_prev, n: 10 * deviation(case, n_prev, n),
            ),
        ),
        Mistake(
            "INIT-25",
            SPREAD,
            "The width multiplies, where it should divide: the wider the layer before, the larger "
            "the weights. A sum over many inputs needs smaller ones.",
            edit(factor, "np.sqrt(n_prev)"),
            edit(factor, f"np.sqrt(n_prev / {numerator})"),
            edit(factor, f"np.sqrt({numerator} * n_prev)"),
            edit(factor, "n_prev"),
            looks_like=spread_of(
                lambda case, n_prev, n: np.sqrt(n_prev),
                lambda case, n_prev, n: np.sqrt(n_prev / numerator),
                lambda case, n_prev, n: np.sqrt(numerator * n_prev),
                lambda case, n_prev, n: n_prev,
            ),
        ),
        Mistake(
            "INIT-26",
            SPREAD,
            "The quotient is cut to a whole number, which is 0 for nearly every width. Divide with "
            "/, not with //.",
            edit(factor, factor.replace(" / ", " // ")),
            looks_like=in_any(
                lambda result, wanted: all(
                    W.any() == (W.shape[1] <= numerator) for W in weights_of(result)
                )
            ),
        ),
        *other,
    )
    return weight_mistakes(factor, deviation, first)


def rule_variants(root: str) -> tuple[Variant, ...]:
    """Other draws of the same variance; `root` is its root as the reference has it."""
    drawn = f"{root} * {NORMAL}"
    return (
        Variant(
            "rng.normal, biases first",
            edit(f'parameters[f"W{{layer}}"] = {drawn}\n', "pass\n").then(
                ZERO_BIASES,
                f'{ZERO_BIASES}\n        parameters[f"W{{layer}}"] = '
                f"rng.normal(scale={root}, size=(n, n_prev))",
            ),
        ),
        Variant(
            "uniform with this variance",
            edit(drawn, f"np.sqrt(3) * {root} * rng.uniform(-1, 1, (n, n_prev))"),
        ),
    )
