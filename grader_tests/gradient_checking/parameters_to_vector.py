"""`parameters_to_vector`: return all entries in one vector: W1, b1, W2, b2, …, each row by row."""

from __future__ import annotations

import numpy as np

from grader_tests.gradient_checking import VECTOR
from grader_tests.gradient_checking import reference as ref
from grader_tests.gradient_checking.draws import DEEP, SHALLOW, drawn_parameters
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
)


def cases(rng: np.random.Generator) -> list[Case]:
    """Networks of one to twelve layers, and dictionaries in other orders."""
    cases = []
    for dims in (*SHALLOW, *DEEP):
        tag = "shallow" if dims in SHALLOW else "other"
        parameters = drawn_parameters(rng, dims)
        cases.append(call(ref.parameters_to_vector, parameters, label=f"layers {dims}", tags=tag))
    for dims in ([2, 3, 1], [3, 2, 4, 1]):
        parameters = drawn_parameters(rng, dims)
        names = list(parameters)
        while names == list(parameters) or names == sorted(parameters):
            rng.shuffle(names)
        mixed = {name: parameters[name] for name in names}
        label = f"layers {dims}, keys in the order {', '.join(names)}"
        cases.append(call(ref.parameters_to_vector, mixed, label=label, tags="other"))
    return cases


NAMES = 'names = [f"{kind}{layer}" for layer in range(1, L + 1) for kind in "Wb"]'
JOINED = "return np.concatenate([parameters[name].ravel() for name in names])"

MISTAKES = (
    Mistake(
        "PV-01",
        VECTOR,
        "The entries of a matrix come column by column. NumPy's usual order, and this course's, is "
        "row by row.",
        edit("ravel()", 'ravel(order="F")'),
        edit("ravel()", "T.ravel()"),
    ),
    Mistake(
        "PV-02",
        VECTOR,
        "All weights come first and all biases after them. The order should be W1, b1, W2, b2 and "
        "so on.",
        edit(NAMES, 'names = [f"{kind}{layer}" for kind in "Wb" for layer in range(1, L + 1)]'),
        edit(NAMES, "names = sorted(parameters)"),
    ),
    Mistake(
        "PV-03",
        VECTOR,
        "The order is that of the dictionary. Whatever order its keys were put in, the vector has "
        "W1, b1, W2, b2 and so on.",
        edit(NAMES, "names = list(parameters)"),
    ),
    Mistake(
        "PV-04",
        VECTOR,
        "Each layer's bias comes before its weights. The order should be W1, then b1.",
        edit(NAMES, NAMES.replace('"Wb"', '"bW"')),
    ),
    Mistake(
        "PV-05",
        VECTOR,
        "The result is a column or a row with two axes. Make it one-dimensional, of shape (n,).",
        edit(JOINED, JOINED + "[:, None]"),
        edit(JOINED, JOINED + "[None, :]"),
    ),
    Mistake(
        "PV-06",
        VECTOR,
        "Layers are sorted as text, so that layer 10 comes before layer 2. Sort by number, or "
        "count the layers.",
        edit(NAMES, "names = sorted(parameters, key=lambda name: (name[1:], name[0]))"),
    ),
    Mistake(
        "PV-07",
        VECTOR,
        "The biases are missing. Every parameter belongs into the vector.",
        edit(NAMES, NAMES.replace('"Wb"', '"W"')),
    ),
    Mistake(
        "PV-08",
        VECTOR,
        "The caller's dictionary or its arrays are changed. Read them, and build a new vector.",
        edit("parameters[name].ravel()", "parameters.pop(name).ravel()"),
        edit(
            "    return",
            "    for name in names:\n"
            "        parameters[name] = parameters[name].ravel()\n    return",
        ),
    ),
    Mistake(
        "PV-09",
        VECTOR,
        "The result is a list. Make it one NumPy array.",
        edit(JOINED, JOINED + ".tolist()"),
    ),
    Mistake(
        "PV-10",
        VECTOR,
        "The last layer is missing. A dictionary with 2L arrays has L layers.",
        edit("range(1, L + 1)", "range(1, L)"),
    ),
)


def piece_by_piece(parameters):
    """Append to a growing vector, layers found by their numbers."""
    theta = np.array([])
    for layer in sorted(int(name[1:]) for name in parameters if name[0] == "W"):
        theta = np.append(theta, parameters[f"W{layer}"])
        theta = np.append(theta, parameters[f"b{layer}"])
    return theta


TASK = Task(
    reference=ref.parameters_to_vector,
    returns="theta",
    cases=cases,
    criteria=(
        Agrees("entries in order", 0.5, "shallow"),
        Agrees("many layers and keys in any order", 0.25, "other", loose_shape=True),
        InputsUntouched(0.25),
    ),
    lecture=VECTOR,
    mistakes=MISTAKES,
    variants=(
        Variant("piece by piece", piece_by_piece),
        Variant(
            "hstack",
            edit(JOINED, JOINED.replace("concatenate", "hstack")),
        ),
    ),
    losses={
        "PV-10": "all",
        "PV-01": "all",
        "PV-02": "all",
        "PV-03": "many layers and keys in any order",
        "PV-04": "all",
        "PV-05": "entries in order",
        "PV-06": "many layers and keys in any order",
        "PV-07": "all",
        "PV-08": "inputs untouched",
        "PV-09": "all",
    },
    promises={
        "parameters": Promise(
            value=(-1.7, 1.4),
            within=(-5, 5),
            rows=(1, 4),
            columns=(1, 4),
            layers=(1, 12),
            has=("another order",),
        ),
    },
)
