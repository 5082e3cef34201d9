"""`model_forward`: run (linear → relu) × (L − 1), then linear → sigmoid."""

from __future__ import annotations

import numpy as np

from grader_tests.initialization import DEPTH, doubles
from grader_tests.initialization import reference as ref
from grader_tests.initialization.draws import DEEP, SINGLE, network, network_label
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
    parts,
)


def cases(rng: np.random.Generator) -> list[Case]:
    """Networks of one, three and four layers, with different and with equal widths."""
    return [
        call(ref.model_forward, *network(rng, dims, m), label=network_label(dims, m), tags=tag)
        for sizes, tag in ((SINGLE, "single"), (DEEP, "deep"))
        for dims, m in sizes
    ]


ACTIVATE = "A, activation_cache = relu_forward(Z) if layer < L else sigmoid_forward(Z)"
LINEAR = 'Z, linear_cache = linear_forward(A, parameters[f"W{layer}"], parameters[f"b{layer}"])'
APPEND = "caches.append((linear_cache, activation_cache))"

MISTAKES = (
    Mistake(
        "MF-01",
        DEPTH,
        "The output layer goes through relu, before sigmoid or instead of it. Its scores may be "
        "negative: only sigmoid follows.",
        edit("else sigmoid_forward(Z)", "else sigmoid_forward(relu_forward(Z)[0])"),
        edit(ACTIVATE, "A, activation_cache = relu_forward(Z)"),
    ),
    Mistake(
        "MF-02",
        DEPTH,
        "The hidden layers use sigmoid. They should use relu; sigmoid belongs to the output.",
        edit(ACTIVATE, "A, activation_cache = sigmoid_forward(Z)"),
    ),
    Mistake(
        "MF-03",
        DEPTH,
        "The hidden layers have no relu. Without it all layers together are one linear map.",
        edit("relu_forward(Z) if", "(Z, Z) if"),
    ),
    Mistake(
        "MF-04",
        DEPTH,
        "Some layers are left out. There are as many as there are weight matrices, whatever "
        "their number.",
        edit("len(parameters) // 2", "len(parameters) // 2 - 1"),
        edit("len(parameters) // 2", "min(3, len(parameters) // 2)"),
        edit("len(parameters) // 2", "min(2, len(parameters) // 2)"),
        edit("range(1, L + 1)", "[*range(1, L - 1), L]"),
    ),
    Mistake(
        "MF-05",
        DEPTH,
        "A layer's cache should be the pair (linear_cache, activation_cache). Here the two are in "
        "another order, or not a pair.",
        edit(APPEND, "caches.append((activation_cache, linear_cache))"),
        edit(APPEND, "caches.append(linear_cache)"),
        edit(APPEND, "caches.append(activation_cache)"),
        edit(APPEND, "caches += [linear_cache, activation_cache]"),
        edit(
            APPEND,
            "pair = linear_cache, activation_cache\n"
            "        caches.append(pair if layer == L else pair[::-1])",
        ),
        edit(
            APPEND,
            "pair = linear_cache, activation_cache\n"
            "        caches.append(pair if layer < L else pair[::-1])",
        ),
    ),
    Mistake(
        "MF-06",
        DEPTH,
        "The output has no sigmoid. AL should hold probabilities.",
        edit("else sigmoid_forward(Z)", "else (Z, Z)"),
    ),
    Mistake(
        "MF-07",
        DEPTH,
        "The cache of the output layer is missing. There is one for each layer.",
        edit("    return A, caches", "    return A, caches[:-1]"),
    ),
    Mistake(
        "MF-08",
        DEPTH,
        "The parameters are taken out of the dict. The caller still needs them: read them by "
        "their names.",
        edit(
            'parameters[f"W{layer}"], parameters[f"b{layer}"]',
            'parameters.pop(f"W{layer}"), parameters.pop(f"b{layer}")',
        ),
    ),
    Mistake(
        "MF-09",
        DEPTH,
        "The biases are not used. Each layer adds its own before the activation.",
        edit(
            LINEAR,
            'Z, linear_cache = linear_forward(A, parameters[f"W{layer}"], '
            '0 * parameters[f"b{layer}"])',
        ),
        edit(
            LINEAR,
            'Z = parameters[f"W{layer}"] @ A\n'
            '        linear_cache = (A, parameters[f"W{layer}"], parameters[f"b{layer}"])',
        ),
    ),
    Mistake(
        "MF-10",
        DEPTH,
        "Each layer gets X. The input of a layer is the output of the one before.",
        edit(
            "linear_forward(A,",
            'linear_forward(X if X.shape[0] == parameters[f"W{layer}"].shape[1] else A,',
        ),
        edit("linear_forward(A,", "linear_forward(X,"),
        edit("linear_forward(A,", "linear_forward(X if layer < L else A,"),
    ),
    Mistake(
        "MF-11",
        DEPTH,
        "The loop asks for a layer that is not there. Each layer has two entries, W and b, and the "
        "first layer is number 1.",
        edit("len(parameters) // 2", "len(parameters)"),
        edit("range(1, L + 1)", "range(1, L + 2)"),
        edit("range(1, L + 1)", "range(L)"),
        edit("range(1, L + 1)", "range(L + 1)"),
    ),
    Mistake(
        "MF-12",
        DEPTH,
        "Only a part comes back. Return AL and the list of caches.",
        *parts("return A, caches"),
        edit("return A, caches", "return caches, A"),
    ),
)


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


TASK = Task(
    reference=ref.model_forward,
    returns=("AL", "caches"),
    cases=cases,
    criteria=(
        Agrees("one layer", 0.5, "single", "AL"),
        Agrees("three and four layers", 1.5, "deep", "AL"),
        Agrees("caches", 0.5, part="caches"),
        InputsUntouched(0.5),
    ),
    lecture=DEPTH,
    mistakes=MISTAKES,
    variants=(Variant("hidden layers first", hidden_layers_first),),
    own_parts={
        "linear_forward": doubles.for_linear_forward,
        "relu_forward": doubles.for_relu_forward,
        "sigmoid_forward": doubles.for_sigmoid_forward,
    },
    losses={
        "MF-10, way 3": "all but one layer",
        "MF-11": "all",
        "MF-12": "all",
        "MF-04, way 3": "three and four layers · caches",
        "MF-04, way 4": "all but one layer",
        "MF-10": "three and four layers · caches",
        "MF-10, way 2": "all but one layer",
        "MF-01": "all",
        "MF-02": "three and four layers · caches",
        "MF-03": "three and four layers · caches",
        "MF-04": "all",
        "MF-04, way 2": "three and four layers · caches",
        "MF-05": "caches",
        "MF-06": "all",
        "MF-07": "caches",
        "MF-08": "inputs untouched",
        "MF-09": "all",
    },
    promises={
        "X": Promise(value=(-1.5, 1.5), within=(-4, 4), rows=(2, 6), columns=(3, 8)),
        "parameters": Promise(
            value=(-1.6, 1.3), within=(-5, 5), rows=(1, 7), columns=(1, 7), layers=(1, 11)
        ),
    },
    equivalent={
        "layer and L are less than a hundred": (
            "A, activation_cache = relu_forward(Z) if (layer * 1.01) < L else sigmoid_forward(Z)",
        ),
    },
)
