"""`l2_cost`: return the penalty ``lambd / (2 m) * sum of all squared weights``; biases are free."""

from __future__ import annotations

import numpy as np

from grader_tests.regularization import FRAMEWORKS, NETWORKS
from grader_tests.regularization import reference as ref
from grader_tests.regularization.draws import NETWORK_SIZES, network_words, weights_and_biases
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
    """Networks of one to five layers, among them one without a penalty."""
    return [
        call(
            ref.l2_cost,
            weights_and_biases(rng, dims),
            lambd,
            m,
            label=network_words(dims, m, lambd),
            tags=tag,
        )
        for dims, m, lambd, tag in NETWORK_SIZES
    ]


SHARE = "lambd / (2 * m)"
SQUARES = "float(np.sum(W**2))"
CHOSEN = 'W for name, W in parameters.items() if name.startswith("W")'

MISTAKES = (
    Mistake(
        "L2-01",
        NETWORKS,
        "The ½ is missing. With it the gradient comes out as λ/m times the weights.",
        edit(SHARE, "lambd / m"),
    ),
    Mistake(
        "L2-02",
        FRAMEWORKS,
        "The penalty is not divided by m. Some courses leave that out; here it belongs to a cost "
        "that is a mean over the examples.",
        edit(SHARE, "lambd / 2"),
    ),
    Mistake(
        "L2-03",
        NETWORKS,
        "The penalty adds up weights, sizes or norms that are not squared. L2 takes the sum of the "
        "squares of all entries.",
        edit(SQUARES, "float(np.sum(W))"),
        edit(SQUARES, "float(np.sum(np.abs(W)))"),
        edit(SQUARES, "float(np.linalg.norm(W))"),
    ),
    Mistake(
        "L2-04",
        NETWORKS,
        "The biases are penalised too. The sum runs over the weights only.",
        edit(CHOSEN, "W for W in parameters.values()"),
    ),
    Mistake(
        "L2-05",
        NETWORKS,
        "The layers are written out one by one. Let the sum run over as many layers as the "
        "dictionary has.",
        edit(CHOSEN, 'parameters[f"W{layer}"] for layer in (1, 2, 3)'),
        edit(CHOSEN, 'parameters[f"W{layer}"] for layer in (1, 2)'),
    ),
    Mistake(
        "L2-11",
        FRAMEWORKS,
        "The factor is λ itself, without ½ and 1/m, as in Keras. Libraries and courses differ; "
        "here the penalty is a share of the mean cost.",
        edit(SHARE, "lambd"),
    ),
    Mistake(
        "L2-16",
        NETWORKS,
        "The penalty is divided by the number of inputs. m is the number of examples, and comes as "
        "an argument.",
        edit(SHARE, 'lambd / (2 * parameters["W1"].shape[1])'),
    ),
    Mistake(
        "L2-17",
        NETWORKS,
        "The penalty is negative. It is added to the cost, to make large weights expensive.",
        edit(SHARE, "-lambd / (2 * m)"),
    ),
    Mistake(
        "L2-18",
        NETWORKS,
        "The weights of a layer are added first and squared afterwards, so that opposite signs "
        "cancel. Square each entry, then add.",
        edit(SQUARES, "float(np.sum(W)) ** 2"),
    ),
    Mistake(
        "L2-19",
        NETWORKS,
        "Each layer contributes the mean of its squares. It should be their sum: a layer with "
        "more weights weighs more.",
        edit(SQUARES, "float(np.mean(W**2))"),
    ),
    Mistake(
        "L2-20",
        NETWORKS,
        "The largest singular value is squared, which is what NumPy's norm with a second argument "
        "of 2 computes for a matrix. The Frobenius norm takes the squares of all entries.",
        edit(SQUARES, "float(np.linalg.norm(W, 2)) ** 2"),
    ),
    Mistake(
        "L2-21",
        NETWORKS,
        "Only one layer is penalised. The sum runs over the weights of all layers.",
        edit(CHOSEN, 'parameters["W1"] for _ in range(1)'),
        edit(CHOSEN, 'parameters[f"W{len(parameters) // 2}"] for _ in range(1)'),
    ),
    Mistake(
        "L2-22",
        NETWORKS,
        "The weights are squared in place, so the caller's network is changed. Compute new arrays.",
        edit("    return", "    for W in weights:\n        W **= 2\n    return").then(
            SQUARES, "float(np.sum(W))"
        ),
    ),
    Mistake(
        "L2-26",
        NETWORKS,
        "The last layer is left out. The sum runs over the weights of all layers, the output "
        "layer included.",
        edit(
            'if name.startswith("W")',
            'if name.startswith("W") and name != f"W{len(parameters) // 2}"',
        ),
    ),
    Mistake(
        "L2-27",
        NETWORKS,
        "`/ 2 * m` divides by 2 and then multiplies by m. Put 2m in parentheses.",
        edit("/ (2 * m)", "/ 2 * m"),
    ),
    Mistake(
        "L2-28",
        NETWORKS,
        "lambd is missing. It says how much the penalty weighs.",
        edit("lambd / (2 * m)", "1 / (2 * m)"),
    ),
)


def by_norms(parameters, lambd, m):
    """Frobenius norms, layer by layer."""
    total = 0
    for layer in range(1, len(parameters) // 2 + 1):
        total += np.linalg.norm(parameters["W" + str(layer)]) ** 2
    return 1 / m * lambd / 2 * total


TASK = Task(
    reference=ref.l2_cost,
    returns="the penalty",
    cases=cases,
    criteria=(
        Agrees("one layer", 0.5, "one"),
        Agrees("several layers", 1, "several"),
        InputsUntouched(0.5),
    ),
    lecture=NETWORKS,
    mistakes=MISTAKES,
    variants=(Variant("norms, layer by layer", by_norms),),
    losses={
        "L2-26": "all",
        "L2-27": "all",
        "L2-28": "all",
        "L2-01": "all",
        "L2-02": "all",
        "L2-03": "all",
        "L2-04": "all",
        "L2-05": "all",
        "L2-11": "all",
        "L2-16": "all",
        "L2-17": "all",
        "L2-18": "all",
        "L2-19": "all",
        "L2-20": "several layers",
        "L2-21": "several layers",
        "L2-22": "inputs untouched",
    },
    promises={
        "parameters": Promise(
            value=(-2.7, 3.6),
            within=(-9, 9),
            rows=(1, 5),
            columns=(1, 5),
            layers=(1, 11),
            has=("another order",),
        ),
        "lambd": Promise(value=(0, 12), has=("0",)),
        "m": Promise(value=(1, 50)),
    },
    equivalent={
        "a square does not see the sign": (
            'weights = [-W for name, W in parameters.items() if name.startswith("W")]',
            "return lambd / (2 * m) * sum(float(np.sum((-W)**2)) for W in weights)",
        ),
        "a number of NumPy is a number": (
            "return lambd / (2 * m) * sum(np.sum(W**2) for W in weights)",
        ),
    },
)
