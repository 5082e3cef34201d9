"""`vector_to_parameters`: the dict of weights and biases whose vector is theta."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from grader_tests.gradient_checking import VECTOR
from grader_tests.gradient_checking import reference as ref
from grader_tests.gradient_checking.draws import DEEP, SHALLOW
from grading.marking import (
    Agrees,
    Case,
    InputsUntouched,
    Mistake,
    Promise,
    Task,
    Variant,
    call,
    edit,
    script,
)

WRITE = """\
parameters = vector_to_parameters(theta, layer_dims)
for Q in parameters.values():
    Q += 1
result = sorted(parameters)"""


def cases(rng: np.random.Generator) -> list[Case]:
    """Networks of one to twelve layers, and writing into what comes back."""
    cases = []
    for dims in (*SHALLOW, *DEEP):
        theta = rng.standard_normal(vector_length(dims))
        cases.append(
            call(ref.vector_to_parameters, theta, dims, label=f"layers {dims}", tags="plain")
        )
    for dims in ([3, 2, 1], [4, 2, 3, 1]):
        theta = rng.standard_normal(vector_length(dims))
        label = f"layers {dims}, and 1 added to each array that comes back"
        cases.append(script(WRITE, label=label, tags="write", theta=theta, layer_dims=dims))
    return cases


def vector_length(dims: list[int]) -> int:
    """The number of weights and biases of a network."""
    return sum(n * (n_prev + 1) for n_prev, n in pairwise(dims))


SHAPES = '((f"W{layer}", (n, n_prev)), (f"b{layer}", (n, 1)))'
TAKEN = "theta[start : start + size].reshape(shape).copy()"


def weights_first(theta, layer_dims):
    """All weights, then all biases."""
    parameters, start, L = {}, 0, len(layer_dims) - 1
    for kind in "Wb":
        for layer in range(1, L + 1):
            n = layer_dims[layer]
            shape = (n, layer_dims[layer - 1] if kind == "W" else 1)
            size = shape[0] * shape[1]
            parameters[f"{kind}{layer}"] = theta[start : start + size].reshape(shape).copy()
            start += size
    return parameters


MISTAKES = (
    Mistake(
        "VP-01",
        VECTOR,
        "The biases have shape (n,). Added to a layer's (n, m), such an array runs along the "
        "examples; a bias is a column, (n, 1).",
        edit(
            "return parameters",
            "return {k: Q.ravel() if k[0] == 'b' else Q for k, Q in parameters.items()}",
        ),
    ),
    Mistake(
        "VP-02",
        VECTOR,
        "Weights have their axes exchanged. W of a layer has a row for each of its units, and the "
        "entries of a row follow one another in the vector.",
        edit("(n, n_prev)", "(n_prev, n)"),
        edit(
            "return parameters",
            "return {k: Q.reshape(Q.shape[::-1]).T.copy() for k, Q in parameters.items()}",
        ),
        edit("reshape(shape)", 'reshape(shape, order="F")'),
    ),
    Mistake(
        "VP-03",
        VECTOR,
        "Each layer's bias is taken before its weights. In the vector W1 comes first, then b1.",
        edit(SHAPES, '((f"b{layer}", (n, 1)), (f"W{layer}", (n, n_prev)))'),
    ),
    Mistake(
        "VP-04",
        VECTOR,
        "All weights are taken first and all biases after them. The order is W1, b1, W2, b2 and so "
        "on.",
        weights_first,
    ),
    Mistake(
        "VP-05",
        VECTOR,
        "The last layer is missing. A list of L + 1 widths belongs to L layers.",
        edit("range(1, len(layer_dims))", "range(1, len(layer_dims) - 1)"),
    ),
    Mistake(
        "VP-06",
        VECTOR,
        "The next layer's weights are read where the biases stand. Move on in the vector by the "
        "number of biases as well.",
        edit(
            "            start += size", '            start += size if name.startswith("W") else 0'
        ),
    ),
    Mistake(
        "VP-07",
        VECTOR,
        "The layers are numbered from 0. The first one has W1 and b1.",
        edit(SHAPES, SHAPES.replace("{layer}", "{layer - 1}")),
    ),
    Mistake(
        "VP-08",
        VECTOR,
        "Every array is taken from the start of the vector. Each one begins where the one before "
        "ended.",
        edit("            start += size\n", ""),
    ),
    Mistake(
        "VP-09",
        VECTOR,
        "What comes back shares its memory with theta, for reshape makes no copy. Writing into a "
        "weight would change the vector: copy.",
        edit(TAKEN, TAKEN.removesuffix(".copy()")),
    ),
    Mistake(
        "VP-10",
        VECTOR,
        "The caller's list of widths is taken apart. Read it by index.",
        edit(
            "for layer in range(1, len(layer_dims)):",
            "layer = 0\n    while len(layer_dims) > 1:\n        layer += 1",
        ).then(
            "n_prev, n = layer_dims[layer - 1], layer_dims[layer]",
            "n_prev, n = layer_dims.pop(0), layer_dims[0]",
        ),
    ),
    Mistake(
        "VP-11",
        VECTOR,
        "The biases are set to 0. Their values stand in the vector, after the layer's weights.",
        edit(
            "return parameters",
            "return {k: 0 * Q if k[0] == 'b' else Q for k, Q in parameters.items()}",
        ),
    ),
    Mistake(
        "VP-12",
        VECTOR,
        "The biases are rows. Each is a column, (n, 1).",
        edit('(f"b{layer}", (n, 1))', '(f"b{layer}", (1, n))'),
    ),
)


def by_splitting(theta, layer_dims):
    """Cut the vector into all its pieces first."""
    shapes = []
    for n_prev, n in np.column_stack([layer_dims[:-1], layer_dims[1:]]):
        shapes += [(n, n_prev), (n, 1)]
    pieces = np.split(theta, np.cumsum([a * b for a, b in shapes])[:-1])
    names = [kind + str(layer) for layer in range(1, len(layer_dims)) for kind in "Wb"]
    return {
        name: np.array(piece).reshape(shape)
        for name, piece, shape in zip(names, pieces, shapes, strict=True)
    }


TASK = Task(
    reference=ref.vector_to_parameters,
    returns="parameters",
    cases=cases,
    criteria=(
        Agrees("weights", 0.75, "plain", "W*"),
        Agrees("biases", 0.75, "plain", "b*"),
        InputsUntouched(0.5),
    ),
    lecture=VECTOR,
    mistakes=MISTAKES,
    unworked={"the right answer sorted": "biases have one column, and so one order"},
    variants=(Variant("by splitting", by_splitting),),
    losses={
        "VP-12": "biases",
        "VP-01": "biases",
        "VP-02": "weights",
        "VP-03": "all",
        "VP-04": "all",
        "VP-05": "all",
        "VP-06": "all",
        "VP-07": "all",
        "VP-08": "all",
        "VP-09": "inputs untouched",
        "VP-10": "inputs untouched",
        "VP-11": "biases",
    },
    promises={
        "theta": Promise(value=(-1.7, 1.5), within=(-5, 5), length=(4, 65)),
        "layer_dims": Promise(value=(1, 4), length=(2, 13), has=("int64",)),
    },
)
