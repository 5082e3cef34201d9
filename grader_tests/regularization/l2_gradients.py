"""`l2_gradients`: add the derivative of :func:`l2_cost`, ``lambd / m * W``, to each dW."""

from __future__ import annotations

import numpy as np

from grader_tests.regularization import DECAY, NETWORKS
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
from grading.marking.derivative import central_difference, relative_difference


def cases(rng: np.random.Generator) -> list[Case]:
    """Gradients of any size for the networks of the cost."""
    cases = []
    for dims, m, lambd, tag in NETWORK_SIZES:
        parameters = weights_and_biases(rng, dims)
        grads = {f"d{name}": rng.standard_normal(Q.shape) for name, Q in parameters.items()}
        label = network_words(dims, m, lambd)
        cases.append(call(ref.l2_gradients, grads, parameters, lambd, m, label=label, tags=tag))
    return cases


def confirm(case: Case, wanted: dict) -> float:
    """Differentiate a linear cost with these gradients, plus the penalty, numerically."""
    grads, parameters, lambd, m = case.inputs.values()

    def cost(name: str, value: np.ndarray) -> float:
        changed = parameters | {name: value}
        linear = sum(float(np.sum(grads[f"d{key}"] * Q)) for key, Q in changed.items())
        return linear + ref.l2_cost(changed, lambd, m)

    return max(
        relative_difference(
            wanted[f"d{name}"], central_difference(lambda at, name=name: cost(name, at), Q)
        )
        for name, Q in parameters.items()
    )


def weights_get_a_term(result: dict, wanted: dict, case: Case) -> str | None:
    """The gradients of weights are not as they came, unless lambd is 0."""
    grads, lambd = case.inputs["grads"], case.inputs["lambd"]
    if lambd and all(np.array_equal(result.get(k), grads[k]) for k in grads if k[:2] == "dW"):
        return "The gradients of the biases are right, but nothing is added for the weights."
    return None


TERM = "lambd / m * W"
NEW_GRADIENT = f'regularized[f"d{{name}}"] = grads[f"d{{name}}"] + {TERM}'

MISTAKES = (
    Mistake(
        "L2-02",
        DECAY,
        "The term is not divided by m. It is the derivative of the penalty, which is.",
        edit(TERM, "lambd * W"),
    ),
    Mistake(
        "L2-05",
        NETWORKS,
        "The layers are written out one by one. Let the loop run over as many layers as the "
        "dictionary has.",
        edit(
            "parameters.items()", '[(f"W{layer}", parameters[f"W{layer}"]) for layer in (1, 2, 3)]'
        ),
        edit("parameters.items()", '[(f"W{layer}", parameters[f"W{layer}"]) for layer in (1, 2)]'),
    ),
    Mistake(
        "L2-06",
        NETWORKS,
        "The term is half or twice as large as it should be. Differentiating the square brings a 2 "
        "that cancels the ½ of the penalty.",
        edit(TERM, "lambd / (2 * m) * W"),
        edit(TERM, "2 * lambd / m * W"),
    ),
    Mistake(
        "L2-07",
        NETWORKS,
        "One number, the sum over a layer's weights, is added to all of its gradients. Each weight "
        "gets a term in proportion to itself.",
        edit(TERM, "lambd / m * np.sum(W)"),
    ),
    Mistake(
        "L2-08",
        NETWORKS,
        "The gradients come back as they were. A penalty in the cost acts only through its "
        "derivative.",
        edit(NEW_GRADIENT, 'regularized[f"d{name}"] = grads[f"d{name}"]'),
    ),
    Mistake(
        "L2-09",
        NETWORKS,
        "The gradients of the biases get a term too. Biases are not in the penalty.",
        edit('if name.startswith("W"):', "if True:"),
    ),
    Mistake(
        "L2-10",
        NETWORKS,
        "The term that is added to dW is made of the bias. It should be made of the weight.",
        edit(TERM, 'lambd / m * parameters["b" + name[1:]]'),
    ),
    Mistake(
        "L2-25",
        NETWORKS,
        "dW gets a term of the bias beside that of the weights. Each derivative is that of its own "
        "parameter, and biases are not in the penalty.",
        edit(TERM, f'{TERM} + lambd / m * parameters["b" + name[1:]]'),
    ),
    Mistake(
        "L2-13",
        DECAY,
        "The caller's weights or gradients are changed, by an operation such as += or *= or by "
        "writing into the dictionary. Make a new dictionary with new arrays.",
        edit("regularized = dict(grads)", "regularized = grads"),
        edit(NEW_GRADIENT, 'regularized[f"d{name}"] += ' + TERM),
        edit(
            NEW_GRADIENT,
            'W *= lambd / m\n            regularized[f"d{name}"] = grads[f"d{name}"] + W',
        ),
    ),
    Mistake(
        "L2-16",
        NETWORKS,
        "The term is divided by the number of inputs. m is the number of examples, and comes as an "
        "argument.",
        edit(TERM, 'lambd / parameters["W1"].shape[1] * W'),
    ),
    Mistake(
        "L2-17",
        DECAY,
        "The term is subtracted from the gradient. Then every step makes the weights larger; added "
        "to the gradient, it makes them smaller.",
        edit("+ " + TERM, "- " + TERM),
    ),
    Mistake(
        "L2-23",
        NETWORKS,
        "The derivative of the penalty comes back alone. It should be added to the gradient that "
        "the backward pass has found.",
        edit('grads[f"d{name}"] + ' + TERM, TERM),
    ),
    Mistake(
        "L2-24",
        NETWORKS,
        "The gradients of the biases are missing from what is returned. The update needs them: "
        "hand them on as they are.",
        edit("dict(grads)", "{}"),
    ),
    Mistake(
        "L2-29",
        NETWORKS,
        "Only some layers get their term. The penalty sums over the weights of all layers, "
        "whatever their number.",
        edit('if name.startswith("W")', 'if name == "W1"'),
        edit(
            'if name.startswith("W")',
            'if name.startswith("W") and name != f"W{len(parameters) // 2}"',
        ),
    ),
    Mistake(
        "L2-30",
        NETWORKS,
        "The term has the squares of the weights. It is the derivative of the square: in "
        "proportion to the weight itself.",
        edit("lambd / m * W", "lambd / m * W**2"),
    ),
    Mistake(
        "L2-31",
        NETWORKS,
        "Of a name only one digit is read, so that layer 11 is taken for another. The number of a "
        "layer can have several digits: take all that follows the letter.",
        edit(TERM, 'lambd / m * parameters["W" + name[1]]'),
        edit(TERM, 'lambd / m * parameters["W" + name[-1]]'),
    ),
)


def by_layers(grads, parameters, lambd, m):
    """A loop over layers that builds the dictionary anew."""
    new = {}
    for layer in range(1, len(grads) // 2 + 1):
        new[f"dW{layer}"] = parameters[f"W{layer}"] * (lambd / m) + grads[f"dW{layer}"]
        new[f"db{layer}"] = grads[f"db{layer}"].copy()
    return new


TASK = Task(
    reference=ref.l2_gradients,
    returns="grads",
    cases=cases,
    criteria=(
        Agrees("weights", 1, part="dW*"),
        Agrees("biases", 0.5, part="db*", also=weights_get_a_term),
        InputsUntouched(0.5),
    ),
    lecture=NETWORKS,
    mistakes=MISTAKES,
    unworked={"the right answer sorted": "biases have one column, and so one order"},
    variants=(Variant("layer by layer", by_layers),),
    confirm=confirm,
    losses={
        "L2-31": "weights",
        "L2-31, way 2": "all",
        "L2-29": "weights",
        "L2-29, way 2": "all",
        "L2-30": "weights",
        "L2-02": "weights",
        "L2-05": "all",
        "L2-06": "weights",
        "L2-07": "weights",
        "L2-08": "all",
        "L2-09": "biases",
        "L2-10": "weights",
        "L2-25": "weights",
        "L2-13": "inputs untouched",
        "L2-16": "weights",
        "L2-17": "weights",
        "L2-23": "weights",
        "L2-24": "biases",
    },
    promises={
        "grads": Promise(
            value=(-1.8, 1.5),
            within=(-5, 5),
            rows=(1, 5),
            columns=(1, 5),
            layers=(1, 11),
            has=("another order",),
        ),
        "parameters": Promise(
            value=(-3.5, 3.2),
            within=(-10, 10),
            rows=(1, 5),
            columns=(1, 5),
            layers=(1, 11),
            has=("another order",),
        ),
        "lambd": Promise(value=(0, 12), has=("0",)),
        "m": Promise(value=(1, 50)),
    },
)
