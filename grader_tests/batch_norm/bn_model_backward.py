"""`bn_model_backward`: the exact derivative of the binary cross-entropy for every parameter."""

from __future__ import annotations

import numpy as np

from grader_tests.batch_norm import BACKWARD, BIAS, LAYER, doubles
from grader_tests.batch_norm import reference as ref
from grader_tests.batch_norm.draws import network
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


def smooth_network(
    rng: np.random.Generator, dims: list[int], m: int, epsilon: float
) -> tuple[np.ndarray, list]:
    """Draw AL and caches of a network: far from relu's corner, every layer's batch varied."""
    while True:
        X, parameters, running = network(rng, dims, m)
        AL, caches, _ = ref.bn_model_forward(X, parameters, running, "train", epsilon=epsilon)
        margin = min(np.abs(Z).min() for _, _, Z in caches[:-1])
        spread = min(std.min() for _, (_, _, std), _ in caches[:-1])
        alive = min(np.count_nonzero(Z > 0, axis=1).min() for _, _, Z in caches[:-1])
        if margin > 1e-3 and spread > 0.3 and alive >= 1:
            return AL, caches


def cases(rng: np.random.Generator) -> list[Case]:
    """Caches of the reference's forward pass through two to eleven layers."""
    cases = []
    for dims, m, epsilon in (
        ([3, 4, 2, 1], 6, 1e-5),
        ([2, 3, 1], 5, 0.3),
        ([3, 3, 3, 3, 1], 5, 0.3),
        ([2] * 11 + [1], 4, 0.3),
    ):
        AL, caches = smooth_network(rng, dims, m, epsilon)
        Y = rng.integers(0, 2, (1, m)).astype(float)
        label = f"layers {dims}, {m} examples"
        cases.append(call(ref.bn_model_backward, AL, Y, caches, label=label))
    return cases


def confirm(case: Case, wanted: dict) -> float:
    """Differentiate the cost of the reference's forward pass numerically, for every parameter."""
    Y, caches = case.inputs["Y"], case.inputs["caches"]
    parameters, running, L = {}, {}, len(caches)
    for number, ((A_prev, W), (Z_norm, gamma, std), Z_tilde) in enumerate(caches[:-1], start=1):
        beta = np.mean(Z_tilde - gamma * Z_norm, axis=1, keepdims=True)
        epsilon = float(np.mean(std**2 - np.var(W @ A_prev, axis=1, keepdims=True)))
        parameters |= {f"W{number}": W, f"gamma{number}": gamma, f"beta{number}": beta}
        running |= {f"mean{number}": 0 * gamma, f"var{number}": 0 * gamma}
    _, parameters[f"W{L}"], parameters[f"b{L}"] = caches[-1][0]
    X = caches[0][0][0]

    def cost(name: str, value: np.ndarray) -> float:
        changed = parameters | {name: value}
        AL, _, _ = ref.bn_model_forward(X, changed, running, "train", epsilon=epsilon)
        return ref.binary_cross_entropy(AL, Y)

    numerical = {
        "d" + name: central_difference(lambda at, name=name: cost(name, at), value)
        for name, value in parameters.items()
    }
    exact = np.concatenate([wanted[name].ravel() for name in numerical])
    return relative_difference(exact, np.concatenate([d.ravel() for d in numerical.values()]))


UNRELU = "dZ_tilde = dA * (Z_tilde > 0)"
UNNORM = (
    'dZ, grads[f"dgamma{layer}"], grads[f"dbeta{layer}"] = batchnorm_backward(dZ_tilde, bn_cache)'
)
DB = "np.sum(dZ, axis=1, keepdims=True)"
HIDDEN_DW = 'grads[f"dW{layer}"] = dZ @ A_prev.T'

MISTAKES = (
    Mistake(
        "BM-11",
        LAYER,
        "The derivative at the output lacks 1/m. The cost is a mean over the examples, so 1/m "
        "enters there, once.",
        edit("dZ = (AL - Y) / m", "dZ = AL - Y"),
    ),
    Mistake(
        "BM-12",
        LAYER,
        "dW, or db with it, is divided by m again. 1/m enters once, in dZ at the output; every dQ "
        "is the exact derivative of the cost.",
        edit(HIDDEN_DW, HIDDEN_DW + " / m"),
        edit("dZ @ A_prev.T", "dZ @ A_prev.T / m", 2).then(
            "np.sum(dZ, axis=1, keepdims=True)", "np.mean(dZ, axis=1, keepdims=True)"
        ),
    ),
    Mistake(
        "BM-13",
        LAYER,
        "relu is skipped on the way back. Where its input was not positive, nothing passes.",
        edit(UNRELU, "dZ_tilde = dA"),
    ),
    Mistake(
        "BM-14",
        BACKWARD,
        "relu and batch norm are taken back in the order of the forward pass. Backward, the last "
        "step comes first: relu, then batch norm, then the linear part.",
        edit(UNRELU, "dZ_tilde = dA").then(UNNORM, UNNORM + "\n        dZ = dZ * (Z_tilde > 0)"),
    ),
    Mistake(
        "BM-15",
        BIAS,
        "grads has a bias for hidden layers. Batch norm subtracts any constant, so there is no "
        "bias there and nothing to differentiate; beta does its work.",
        edit(
            HIDDEN_DW,
            HIDDEN_DW + '\n        grads[f"db{layer}"] = np.sum(dZ, axis=1, keepdims=True)',
        ),
    ),
    Mistake(
        "BM-16",
        BACKWARD,
        "The layer before gets the wrong derivative: what W carries back is that of the linear "
        "part's output, after going back through batch norm.",
        edit("        dA = W.T @ dZ", "        dA = W.T @ dZ_tilde"),
    ),
    Mistake(
        "BM-17",
        LAYER,
        "The sign at the output is the other way round: the derivative is the prediction minus "
        "the label.",
        edit("dZ = (AL - Y) / m", "dZ = (Y - AL) / m"),
    ),
    Mistake(
        "BM-18",
        BACKWARD,
        "The list of caches is taken apart. The caller still needs it: read the entries by index, "
        "or reverse a copy.",
        edit("caches[L - 1]", "caches.pop()").then("caches[layer - 1]", "caches.pop()"),
    ),
    Mistake(
        "BM-19",
        BACKWARD,
        "dgamma and dbeta have changed places. batchnorm_backward returns dZ, dgamma, dbeta.",
        edit(
            'dZ, grads[f"dgamma{layer}"], grads[f"dbeta{layer}"] =',
            'dZ, grads[f"dbeta{layer}"], grads[f"dgamma{layer}"] =',
        ),
    ),
    Mistake(
        "BM-20",
        BACKWARD,
        "The first hidden layer is left out. The loop goes down to layer 1.",
        edit("range(L - 1, 0, -1)", "range(L - 1, 1, -1)"),
    ),
    Mistake(
        "BM-21",
        BACKWARD,
        "The derivative of the weights is made before batch norm. It takes dZ, which comes out of "
        "batchnorm_backward.",
        edit('grads[f"dW{layer}"] = dZ @', 'grads[f"dW{layer}"] = dZ_tilde @'),
    ),
    Mistake(
        "BM-29",
        LAYER,
        "The derivative of the output's bias is averaged over the examples, or not added up as a "
        "column. It is the sum over the examples, of shape (1, 1); 1/m is in dZ already.",
        edit(DB, "np.mean(dZ, axis=1, keepdims=True)"),
        edit(DB, "np.sum(dZ, axis=1)"),
        edit(DB, "np.sum(dZ)"),
        edit(DB, "dZ"),
        edit(DB, "np.sum(dZ, axis=0, keepdims=True)"),
        edit(DB, "m * np.sum(dZ, axis=1, keepdims=True)"),
    ),
    Mistake(
        "BM-30",
        LAYER,
        "The keys of grads are others than the parameters' names with a d in front.",
        edit('grads[f"dW{layer}"]', 'grads[f"W{layer}"]').then('f"dW{L}": dZ', 'f"W{L}": dZ'),
        edit('f"dW{L}": dZ', 'f"W{L}": dZ').then('f"db{L}": np', 'f"b{L}": np'),
        edit('grads[f"dW{layer}"]', 'grads[f"dW{layer - 1}"]'),
    ),
    Mistake(
        "BM-31",
        LAYER,
        "grads is not one dictionary: nothing is returned, a list, or more than it.",
        edit("return grads", "return grads, dA"),
        edit("return grads", "return list(grads.values())"),
        edit("return grads", "return"),
        looks_like=lambda result, wanted, case: type(result) is not dict,
    ),
    Mistake(
        "BM-32",
        BACKWARD,
        "A weight's derivative is made with the wrong array, or dA without the transposed W. Look "
        "at the shapes: dW is dZ times the layer's input, transposed.",
        edit(HIDDEN_DW, 'grads[f"dW{layer}"] = dA @ A_prev.T'),
        edit("        dA = W.T @ dZ", "        dA = W.T @ dA"),
        edit(HIDDEN_DW, 'grads[f"dW{layer}"] = (dZ @ A_prev.T).T'),
    ),
    Mistake(
        "BM-33",
        BACKWARD,
        "batchnorm_backward is left out: the derivative goes from relu into the linear part as it "
        "is. Batch norm's own derivative comes between.",
        edit(
            UNNORM,
            UNNORM.replace("dZ, ", "_, ") + "\n        dZ = dZ_tilde",
        ),
    ),
)


def by_reversed_caches(AL, Y, caches):
    """Another loop, with relu and the output layer written out."""
    m = AL.shape[1]
    *hidden, ((A_prev, W, b), _) = caches
    dZ = (AL - Y) / m
    L = len(caches)
    grads = {"db" + str(L): dZ.sum(axis=1).reshape(b.shape), "dW" + str(L): np.dot(dZ, A_prev.T)}
    for k, ((A, V), bn_cache, Z) in reversed(list(enumerate(hidden, start=1))):
        dZ_tilde = np.where(Z > 0, np.dot(W.T, dZ), 0)
        dZ, dgamma, dbeta = batchnorm_backward(dZ_tilde, bn_cache)  # noqa: F821 - the student's
        grads.update({f"dW{k}": dZ.dot(A.T), f"dgamma{k}": dgamma, f"dbeta{k}": dbeta})
        W = V
    return grads


TASK = Task(
    reference=ref.bn_model_backward,
    returns="grads",
    cases=cases,
    criteria=(
        Agrees("weights", 2, part="dW*"),
        Agrees("bias of the output layer", 0.5, part="db[0-9]*"),
        Agrees("gamma and beta", 1, part=("dgamma*", "dbeta*"), loose_shape=True),
        InputsUntouched(0.5),
    ),
    lecture=BACKWARD,
    mistakes=MISTAKES,
    unworked={"the right answer [tfs]*": "of what has one column, order and shape do not matter"},
    variants=(Variant("reversed caches", by_reversed_caches),),
    own_parts={"batchnorm_backward": doubles.for_batchnorm_backward},
    confirm=confirm,
    losses={
        "BM-33": "weights · gamma and beta",
        "BM-32": "weights",
        "BM-32, way 2": "weights · gamma and beta",
        "BM-31": "all",
        "BM-30": "weights",
        "BM-30, way 2": "weights · bias of the output layer",
        "BM-29": "bias of the output layer",
        "BM-19": "gamma and beta",
        "BM-20": "weights · gamma and beta",
        "BM-21": "weights",
        "BM-11": "all",
        "BM-12": "weights",
        "BM-12, way 2": "weights · bias of the output layer",
        "BM-13": "weights · gamma and beta",
        "BM-14": "weights · gamma and beta",
        "BM-15": "bias of the output layer",
        "BM-16": "weights · gamma and beta",
        "BM-17": "all",
        "BM-18": "inputs untouched",
    },
    promises={
        "AL": Promise(value=(0.65, 0.7), within=(0, 1), columns=(4, 6)),
        "Y": Promise(value=(0, 1), columns=(4, 6), has=("0", "equal neighbours")),
        "caches": Promise(
            value=(-3.9, 4.3),
            within=(-12, 12),
            length=(2, 11),
            rows=(1, 4),
            columns=(1, 6),
            has=("0", "equal neighbours"),
        ),
    },
    equivalent={
        "both have a column for each example": ("m, L = AL.shape[1], len(caches)",),
        "the output layer has one unit": (
            'grads = {f"dW{L}": dZ @ A_prev.T, f"db{L}": np.sum(dZ, keepdims=True)}',
            'grads = {f"dW{L}": dZ @ A_prev.T, f"db{L}": np.sum(dZ, axis=None, keepdims=True)}',
        ),
        "the output layer has one unit: a column times a row": ("dA = W.T * dZ",),
        "only the signs count": ("dZ_tilde = dA * ((Z_tilde * 1.01) > 0)",),
        "no case comes near relu's corner": ("dZ_tilde = dA * ((Z_tilde >= 0))",),
    },
)
