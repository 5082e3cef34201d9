"""`model_backward`: return the exact derivative of the binary cross-entropy for every parameter."""

from __future__ import annotations

import numpy as np

from grader_tests.initialization import CROSS_ENTROPY, DEPTH, doubles
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
)
from grading.marking.derivative import central_difference, relative_difference


def cases(rng: np.random.Generator) -> list[Case]:
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
    return call(ref.model_backward, AL, Y, caches, label=label, tags=tag)


def confirm(case: Case, wanted: dict) -> float:
    """Differentiate the cost of the network numerically, as a function of its last scores."""
    Y, caches = case.inputs["Y"], case.inputs["caches"]
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


OUTPUT = "dZ = (AL - Y) / m"
HIDDEN = "dZ = relu_backward(dA, relu_cache)"
LAST = 'dA, grads[f"dW{L}"], grads[f"db{L}"] = linear_backward(dZ, linear_cache)'
STEP = 'dA, grads[f"dW{layer}"], grads[f"db{layer}"] = linear_backward(dZ, linear_cache)'

MISTAKES = (
    Mistake(
        "MB-01",
        CROSS_ENTROPY,
        "The derivative at the output lacks 1/m. The cost is a mean over the examples, so 1/m "
        "enters there, once.",
        edit(OUTPUT, "dZ = AL - Y"),
    ),
    Mistake(
        "LI-09",
        DEPTH,
        "1/m comes in a second time, in the layers. It enters once, at the output; every dQ is "
        "the exact derivative of the cost.",
        edit("    return grads", "    return {name: value / m for name, value in grads.items()}"),
        edit(
            STEP,
            f'{STEP}\n        grads[f"dW{{layer}}"] = grads[f"dW{{layer}}"] / m\n'
            f'        grads[f"db{{layer}}"] = grads[f"db{{layer}}"] / m',
        ),
        edit("dZ = relu_backward(dA, relu_cache)", "dZ = relu_backward(dA, relu_cache) / m"),
    ),
    Mistake(
        "LI-10",
        DEPTH,
        "Some gradients have a factor of their own, as if left over from a trial. Compare each "
        "with the slope of the cost.",
        edit(
            "    return grads",
            '    return {name: 2 * d if name == "dW2" else d for name, d in grads.items()}',
        ),
        edit("    return grads", '    grads["db1"] = 4 * grads["db1"]\n    return grads'),
        edit("dZ = (AL - Y) / m", "dZ = 2 * (AL - Y) / m"),
    ),
    Mistake(
        "MB-02",
        CROSS_ENTROPY,
        "The sign at the output is the other way round: the derivative is the prediction minus "
        "the label.",
        edit(OUTPUT, "dZ = (Y - AL) / m"),
    ),
    Mistake(
        "MB-03",
        CROSS_ENTROPY,
        "AL − Y is multiplied by the derivative of the sigmoid. That is in it already: it cancels "
        "against the derivative of the cross-entropy.",
        edit(OUTPUT, "dZ = sigmoid_backward((AL - Y) / m, AL)"),
    ),
    Mistake(
        "MB-04",
        DEPTH,
        "relu is skipped on the way back, or gets a wrong cache. Where its input was not "
        "positive, nothing passes.",
        edit(HIDDEN, "dZ = dA"),
    ),
    Mistake(
        "MB-05",
        CROSS_ENTROPY,
        "The derivative by AL is computed first, which divides by AL and 1 − AL. Where an output "
        "is exactly 0 or 1 that is 0/0, or 0 after clipping; (AL − Y)/m needs no division.",
        edit(OUTPUT, "dZ = sigmoid_backward(-(Y / AL - (1 - Y) / (1 - AL)) / m, AL)"),
        edit(
            OUTPUT,
            "P = np.clip(AL, 1e-15, 1 - 1e-15)\n"
            "    dZ = sigmoid_backward(-(Y / P - (1 - Y) / (1 - P)) / m, AL)",
        ),
    ),
    Mistake(
        "MB-10",
        CROSS_ENTROPY,
        "The derivative by AL is taken for that by the scores. The sigmoid lies between them: "
        "times its derivative, only the prediction minus the label is left.",
        edit(OUTPUT, "dZ = -(Y / AL - (1 - Y) / (1 - AL)) / m"),
    ),
    Mistake(
        "MB-06",
        DEPTH,
        "The list of caches is taken apart. The caller still needs it: read the entries by index, "
        "or reverse a copy.",
        edit("caches[L - 1]", "caches.pop()").then("caches[layer - 1]", "caches.pop()"),
    ),
    Mistake(
        "MB-07",
        DEPTH,
        "grads also holds derivatives of activations. It has the keys of the parameters, with a d "
        "in front, and no others.",
        edit(LAST, f'{LAST}\n    grads[f"dA{{L - 1}}"] = dA').then(
            STEP, f'{STEP}\n        grads[f"dA{{layer - 1}}"] = dA'
        ),
    ),
    Mistake(
        "MB-08",
        DEPTH,
        "The first layer is left out. The loop goes down to layer 1.",
        edit("range(L - 1, 0, -1)", "range(L - 1, 1, -1)"),
    ),
    Mistake(
        "MB-09",
        DEPTH,
        "The hidden layers are taken back by the derivative of the sigmoid, but they use relu.",
        edit(HIDDEN, "dZ = sigmoid_backward(dA, relu_cache)"),
    ),
    Mistake(
        "MB-11",
        DEPTH,
        "A hidden layer's cache or name belongs to a neighbour. caches[l − 1] is that of layer l, "
        "and so is the name.",
        edit(
            'grads[f"dW{layer}"], grads[f"db{layer}"]',
            'grads[f"dW{layer - 1}"], grads[f"db{layer - 1}"]',
        ),
        edit("caches[layer - 1]", "caches[layer]"),
        edit("caches[layer - 1]", "caches[layer - 2]"),
        edit(
            "linear_cache, relu_cache = caches[layer - 1]",
            "linear_cache, relu_cache = caches[layer - 1][0], caches[layer][1]",
        ),
        edit(
            "linear_cache, relu_cache = caches[layer - 1]",
            "linear_cache, relu_cache = caches[layer][0], caches[layer - 1][1]",
        ),
    ),
)


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


TASK = Task(
    reference=ref.model_backward,
    returns="grads",
    cases=cases,
    criteria=(
        Agrees("one layer", 0.5, "single"),
        Agrees("weights of three and four layers", 1.5, "deep", "dW*"),
        Agrees("biases of three and four layers", 1, "deep", "db*"),
        Agrees("outputs of exactly 0 or 1", 0.5, "certain"),
        InputsUntouched(0.5),
    ),
    lecture=DEPTH,
    mistakes=MISTAKES,
    unworked={"the right answer sorted": "biases have one column, and so one order"},
    variants=(Variant("formulas written out", by_reversed_caches),),
    own_parts={
        "linear_backward": doubles.for_linear_backward,
        "relu_backward": doubles.for_relu_backward,
    },
    confirm=confirm,
    losses={
        "MB-11, way 2": "all but one layer",
        "MB-11, way 3": "all but one layer",
        "MB-11, way 4": "all but one layer",
        "MB-11, way 5": "all but one layer",
        "LI-09, way 3": "all but one layer · inputs untouched",
        "LI-10, way 3": "all",
        "MB-11": "all but one layer · inputs untouched",
        "MB-01": "all",
        "LI-09": "all",
        "LI-09, way 2": "all but one layer · inputs untouched",
        "LI-10": "weights of three and four layers · outputs of exactly 0 or 1",
        "LI-10, way 2": "all but weights of three and four layers · inputs untouched",
        "MB-02": "all",
        "MB-03": "all",
        "MB-04": "all but one layer · inputs untouched",
        "MB-05": "outputs of exactly 0 or 1",
        "MB-10": "all",
        "MB-06": "inputs untouched",
        "MB-07": "one layer · outputs of exactly 0 or 1",
        "MB-08": "all but one layer · inputs untouched",
        "MB-09": "all but one layer · inputs untouched",
    },
    promises={
        "AL": Promise(value=(0.37, 1), within=(0, 1), columns=(3, 8), has=("equal neighbours",)),
        "Y": Promise(value=(0, 1), columns=(3, 8), has=("0", "equal neighbours")),
        "caches": Promise(
            value=(-730, 1000),
            within=(-8000, 8000),
            length=(1, 11),
            rows=(1, 7),
            columns=(1, 8),
            has=("0", "equal neighbours"),
        ),
    },
    equivalent={
        "both have a column for each example": ("grads, L, m = {}, len(caches), AL.shape[1]",),
        "only the signs count": ("dZ = relu_backward(dA, relu_cache * 1.01)",),
    },
)
