"""`initialize_zeros`: return weights and biases that are all 0."""

from __future__ import annotations

import numpy as np

from grader_tests.initialization import SPREAD, SYMMETRY
from grader_tests.initialization import reference as ref
from grader_tests.initialization.weight_mistakes import LOOP, SENTENCES, ZERO_BIASES
from grader_tests.initialization.weights import SMALL
from grading.marking import Agrees, Case, Mistake, Promise, Task, Variant, call, edit, script

ALONE = """\
result = initialize_zeros(layer_dims)
for number, name in enumerate(sorted(result), start=1):
    result[name] += 0.5 * number"""


def cases(rng: np.random.Generator) -> list[Case]:
    """Networks of one to four layers, and steps in place on arrays that must be separate."""
    widths = [int(n) for n in rng.integers(2, 9, 4)]
    cases = [
        call(ref.initialize_zeros, dims, label=f"layer_dims = {dims}", tags="values")
        for dims in (*SMALL, [*widths, 1], [5, 5, 5, 5])
    ]
    for dims in ([3, 3, 3], [2, 4, 4, 4]):
        label = f"adding to each array in place, layer_dims = {dims}"
        cases.append(
            script(ALONE, label=label, tags="separate", returns="parameters", layer_dims=dims)
        )
    return cases


ZERO_WEIGHTS = "np.zeros((n, n_prev))"


def shared_zeros(layer_dims):
    """Layers of equal shape share their arrays."""
    parameters, made = {}, {}
    for layer in range(1, len(layer_dims)):
        n_prev, n = layer_dims[layer - 1], layer_dims[layer]
        parameters[f"W{layer}"] = made.setdefault((n, n_prev), np.zeros((n, n_prev)))
        parameters[f"b{layer}"] = made.setdefault(n, np.zeros((n, 1)))
    return parameters


def random_weights(result: dict, wanted: dict, case: Case) -> bool | None:
    """Recognise weights that differ, beside biases that are 0."""
    if case.tags == ("separate",):
        return None
    weights = [W for name, W in result.items() if name.startswith("W") and W.size > 1]
    return all(np.ptp(W) > 0 for W in weights) if weights else None


MISTAKES = (
    Mistake("INIT-09", SPREAD, SENTENCES["INIT-09"], edit(ZERO_WEIGHTS, "np.zeros((n_prev, n))")),
    Mistake("INIT-10", SPREAD, SENTENCES["INIT-10"], edit(ZERO_BIASES, "np.zeros(n)")),
    Mistake("INIT-11", SYMMETRY, SENTENCES["INIT-11"], edit(ZERO_BIASES, "np.ones((n, 1))")),
    Mistake("INIT-13", SPREAD, SENTENCES["INIT-13"], edit(LOOP, "range(1, len(layer_dims) - 1)")),
    Mistake("INIT-16", SYMMETRY, SENTENCES["INIT-16"], shared_zeros),
    Mistake(
        "INIT-21",
        SPREAD,
        SENTENCES["INIT-21"],
        edit('f"W{layer}"', 'f"W{layer - 1}"').then('f"b{layer}"', 'f"b{layer - 1}"'),
    ),
    Mistake(
        "INIT-22",
        SYMMETRY,
        "The weights are ones. Here everything starts at 0, to see what goes wrong then.",
        edit(ZERO_WEIGHTS, "np.ones((n, n_prev))"),
    ),
    Mistake(
        "INIT-23",
        SYMMETRY,
        "The weights are random, or not 0. In this start they are all 0, so that you see what "
        "becomes of it.",
        edit("np.zeros((n, n_prev))", "np.random.standard_normal((n, n_prev)) * 0.01"),
        edit("np.zeros((n, n_prev))", "np.random.standard_normal((n, n_prev))"),
        edit("np.zeros((n, n_prev))", "np.random.rand(n, n_prev)"),
        looks_like=random_weights,
    ),
    Mistake("INIT-24", SPREAD, SENTENCES["INIT-24"], edit(LOOP, "range(1, len(layer_dims) + 1)")),
    Mistake(
        "INIT-27",
        SYMMETRY,
        "The arrays hold whole numbers, to which no step of gradient descent can be added in "
        "place. Make them of floats.",
        edit(ZERO_WEIGHTS, "np.zeros((n, n_prev), int)").then(ZERO_BIASES, "np.zeros((n, 1), int)"),
        edit(ZERO_WEIGHTS, "np.zeros((n, n_prev), int)"),
        edit(ZERO_BIASES, "np.zeros((n, 1), int)"),
    ),
)


def widths_one_by_one(layer_dims):
    """The widths one by one, biases first."""
    parameters, n_prev = {}, layer_dims[0]
    for number, n in enumerate(layer_dims[1:], start=1):
        parameters["b" + str(number)] = np.full((n, 1), 0.0)
        parameters["W" + str(number)] = np.zeros_like(np.ones((n, n_prev)))
        n_prev = n
    return parameters


TASK = Task(
    reference=ref.initialize_zeros,
    returns="parameters",
    cases=cases,
    criteria=(
        Agrees("weights", 0.5, "values", "W*"),
        Agrees("biases", 0.25, "values", "b*"),
        Agrees("an array of its own for each", 0.25, "separate"),
    ),
    lecture=SYMMETRY,
    mistakes=MISTAKES,
    unworked={"the right answer as *": "zeros are zeros; one criterion asks that they take floats"},
    variants=(Variant("widths one by one", widths_one_by_one),),
    losses={
        "INIT-24": "all",
        "INIT-27": "an array of its own for each",
        "INIT-23": "all but biases",
        "INIT-23, way 2": "all but biases",
        "INIT-23, way 3": "all but biases",
        "INIT-09": "all but biases",
        "INIT-10": "all but weights",
        "INIT-11": "all but weights",
        "INIT-13": "all",
        "INIT-16": "all but weights · biases",
        "INIT-21": "all",
        "INIT-22": "all but biases",
    },
    promises={
        "layer_dims": Promise(
            value=(1, 4.5), within=(1, 8), length=(2, 12), has=("equal neighbours", "int64")
        ),
    },
)
