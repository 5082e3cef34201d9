"""What several questions share: how their inputs are drawn, and what goes wrong alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import partial

import numpy as np

from grading.marking import Case, Lecture, Mistake, edit

Arrays = dict[str, np.ndarray]


def network(rng: np.random.Generator, dims: Sequence[int], norm: bool = False) -> Arrays:
    """Draw the parameters of a network, with gamma and beta for b in hidden layers if `norm`.

    None comes near 0 in a few steps: relative to such a one, even an epsilon of 1e-8 could be seen.
    """

    def draw(*shape: int) -> np.ndarray:
        return rng.choice([-1, 1], shape) * rng.uniform(3, 6, shape)

    parameters = {}
    for l in range(1, len(dims)):
        column = draw(dims[l], 1)
        parameters[f"W{l}"] = draw(dims[l], dims[l - 1])
        if norm and l < len(dims) - 1:
            parameters |= {f"gamma{l}": column, f"beta{l}": draw(dims[l], 1)}
        else:
            parameters[f"b{l}"] = column
    return parameters


def gradients(rng: np.random.Generator, parameters: Arrays) -> Arrays:
    """Draw gradients of both signs, from small to large."""
    return {
        f"d{name}": rng.choice([-1, 1], value.shape) * np.exp(rng.uniform(-2, 1, value.shape))
        for name, value in parameters.items()
    }


def tiny(rng: np.random.Generator, parameters: Arrays) -> Arrays:
    """Draw gradients of both signs of the size of the default epsilon."""
    return {key: 1e-8 * value for key, value in gradients(rng, parameters).items()}


def squares(rng: np.random.Generator, parameters: Arrays) -> Arrays:
    """Draw running mean squares."""
    return {f"d{name}": rng.uniform(0.5, 4, value.shape) for name, value in parameters.items()}


def zeros(parameters: Arrays) -> Arrays:
    """The state before the first update."""
    return {f"d{name}": np.zeros(value.shape) for name, value in parameters.items()}


def bowl(rng: np.random.Generator) -> tuple[Arrays, Arrays]:
    """Draw the curvatures of a bowl, from 1 to 100, and a start away from its minimum.

    So far away that 200 steps of 0.01 leave every parameter large; see :func:`network`.
    """
    curvature = {"W1": np.array([[1.0, 30.0], [10.0, 3.0]]), "b1": np.array([[100.0], [1.0]])}
    start = {
        name: rng.choice([-1, 1], value.shape) * rng.uniform(6, 9, value.shape)
        for name, value in curvature.items()
    }
    return start, curvature


def layers(dims: Sequence[int]) -> str:
    """Name a network for the student."""
    return f"layers {list(dims)}"


def other_number(count: int, result: object, wanted: tuple, case: Case) -> bool:
    """Recognise an answer that is not `count` things."""
    return not isinstance(result, tuple | list) or len(result) != count


def other_keys(result: object, wanted: object, case: Case) -> bool:
    """Recognise a dict with as many entries as it should have, and none under the right key."""
    got, right = [parts if type(parts) is tuple else (parts,) for parts in (result, wanted)]
    pairs = list(zip(got, right, strict=True))
    alien = any(len(mine) == len(other) and not mine.keys() & other.keys() for mine, other in pairs)
    # dicts that only change places have keys of their own
    return alien and Counter(map(frozenset, got)) != Counter(map(frozenset, right))


def other_parts(id: str, lecture: Lecture, names: Sequence[str], built: Sequence[str]) -> Mistake:
    """Not all parts are returned, or more; what is `built` is called by its names in feedback."""
    together = "return " + ", ".join(built)
    return Mistake(
        id,
        lecture,
        f"Something else is returned than the new {', '.join(names)}, in this order. The next step "
        "needs all of them and nothing more.",
        *(edit(together, f"return {each}") for each in built),
        edit(together, "return"),
        edit(together, together + ", {}"),
        looks_like=partial(other_number, len(built)),
    )


def other_step(id: str, lecture: Lecture, old: str, value: str, rate: str, g: str) -> Mistake:
    """Another step than `old`, in which `value` goes down by `rate` times `g`."""
    news = (
        f"{value} - {rate} / {g}",
        f"{value} - {g} / {rate}",
        f"{value} - {rate}",
        f"{value} * (1 - {rate} * {g})",
        f"{value} * (1 - {rate}) + {rate} * {g}",
        f"{value} * (1 - {rate}) * {g}",
        f"({value} - {rate}) * {g}",
        f"{value} - {rate} * {g} ** 2",
        f"{value} - {rate} * np.sign({g})",
        f"{value} - {rate} * np.mean({g})",
        f"{value} - {rate} * np.sum({g})",
        f"{value} - {rate} * {g} / np.linalg.norm({g})",
    )
    return Mistake(
        id,
        lecture,
        "The step is not the rate times the gradient, entry by entry: something else is "
        "subtracted, or the parameter comes in twice. Write the formula down and compare.",
        *(edit(old, new) for new in news),
    )


LAST = "int(name[-1]) == max(int(key[-1]) for key in parameters)"
NAMED = "for name, value in parameters.items():"

LAST_LAYER = (
    "The last layer does not move. Count layers up to and including L, or go through all names of "
    "the dictionary."
)
WEIGHTS_ONLY = "Only the weights W move. Every parameter does, the biases too."
KNOWN_NAMES = (
    "Only W and b are looked for. With batch norm there are gamma and beta too: go through all "
    "names of the dictionary."
)
W_AND_B = "[(q + str(l), {}) for l in range(1, len(parameters) // 2 + 1) for q in 'Wb']"
BY_LAYERS = W_AND_B.format("parameters[q + str(l)]")  # no b where a layer has gamma and beta
BY_GRADS = W_AND_B.format("(grads['d' + q + str(l)], parameters[q + str(l)])[1]")
BY_VELOCITY = BY_GRADS.replace("grads", "velocity")
W_AND_B_ONLY = tuple(edit("parameters.items()", items) for items in (BY_LAYERS, BY_GRADS))
UPHILL = "The step goes up the slope: subtract it."
IN_PLACE = (
    "A dictionary or an array of the caller's is changed. Fill new dictionaries with new arrays: "
    "x = x - a, not x -= a."
)
