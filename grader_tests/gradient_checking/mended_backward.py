"""`mended_backward`: return the exact derivative of :func:`network_cost` for every parameter."""

from __future__ import annotations

import numpy as np

from grader_tests.gradient_checking import DISTURBED, FOUND
from grader_tests.gradient_checking import reference as ref
from grader_tests.gradient_checking.draws import drawn_parameters
from grading.marking import (
    Agrees,
    Case,
    InputsUntouched,
    Mistake,
    Promise,
    Task,
    Variant,
    edit,
    script,
)
from grading.marking.derivative import central_difference, relative_difference

BY_LAYER = """\
last = str(len(caches))
grads = mended_backward(AL, Y, caches, lambd)
result = (
    {name: value for name, value in grads.items() if name[2:] == last},
    {name: value for name, value in grads.items() if name[2:] != last},
)"""


def cases(rng: np.random.Generator) -> list[Case]:
    """Networks of one to four layers, no two of equal width, with and without a penalty."""
    cases = []
    for dims, m, lambd in (
        ([3, 4, 2, 1], 5, 0.8),
        ([4, 3, 1], 7, 2.0),
        ([2, 5, 4, 3, 1], 6, 0.5),
        ([3, 1], 8, 1.5),
        ([3, 2, 4, 1], 6, 0.0),
        ([3, 2, 1], 1, 0.7),
    ):
        X = rng.standard_normal((dims[0], m))
        AL, caches = ref.network_forward(X, drawn_parameters(rng, dims))
        inputs = {"AL": AL, "Y": rng.integers(0, 2, (1, m)).astype(float), "caches": caches}
        label = f"layers {dims}, {m} examples, lambd = {lambd:g}"
        returns = ("grads (output layer)", "grads (hidden layers)")
        cases.append(script(BY_LAYER, label=label, returns=returns, lambd=lambd, **inputs))
    return cases


def confirm(case: Case, wanted: tuple[dict, dict]) -> float:
    """Differentiate the cost numerically, for every parameter."""
    Y, caches, lambd = (case.inputs[name] for name in ("Y", "caches", "lambd"))
    parameters = {}
    for number, ((_, W, b), _) in enumerate(caches, start=1):
        parameters |= {f"W{number}": W, f"b{number}": b}

    def cost(name: str, value: np.ndarray) -> float:
        changed = parameters | {name: value}
        AL, _ = ref.network_forward(caches[0][0][0], changed)
        return ref.network_cost(AL, Y, changed, lambd)

    numerical = {
        f"d{name}": central_difference(lambda at, name=name: cost(name, at), value)
        for name, value in parameters.items()
    }
    exact = wanted[0] | wanted[1]
    return max(relative_difference(exact[name], value) for name, value in numerical.items())


TANH = ("np.tanh(A) ** 2", "A**2")
PENALTY = ('grads[f"dW{L}"] = dZ @ A_prev.T', 'grads[f"dW{L}"] = dZ @ A_prev.T + lambd / m * W')


def in_one_loop(AL, Y, caches, lambd):
    """All layers in one loop, with the activation of the layer before."""
    m, grads, dA = Y.shape[1], {}, None
    for layer in range(len(caches), 0, -1):
        (A_prev, W, _), _ = caches[layer - 1]
        dZ = (AL - Y) / m if dA is None else dA * (1 - A_prev**2)
        grads[f"dW{layer}"] = dZ @ A_prev.T + lambd / m * W
        grads[f"db{layer}"] = np.sum(dZ, axis=1, keepdims=True)
        dA = W.T @ dZ
    return grads


MISTAKES = (
    Mistake(
        "GC-15",
        FOUND,
        "Both mistakes are still there. Look at the layers from the last to the first, at which "
        "entries agree and which is the first that does not.",
        ref.suspect_backward,
    ),
    Mistake(
        "MB-01",
        FOUND,
        "The hidden layers are mended; the weights of the output layer still disagree, by λ/m "
        "times the weight. With λ = 0 they agree.",
        edit(*TANH).of(ref.suspect_backward),
    ),
    Mistake(
        "MB-02",
        FOUND,
        "The output layer is mended; everything before it still disagrees. Ask what A "
        "is already, before the derivative of tanh is taken.",
        edit(*PENALTY).of(ref.suspect_backward),
    ),
    Mistake(
        "MB-03",
        DISTURBED,
        "The penalty is left out of all gradients. The cost contains it, so its derivative belongs "
        "to every layer's weights.",
        edit(" + lambd / m * W", ""),
    ),
    Mistake(
        "MB-04",
        FOUND,
        "The hidden layers are differentiated as if they were sigmoids. They are tanh.",
        edit("1 - A_prev**2", "A_prev * (1 - A_prev)"),
    ),
    Mistake(
        "MB-05",
        FOUND,
        "The derivative of tanh lacks its square.",
        edit("1 - A_prev**2", "1 - A_prev"),
    ),
    Mistake(
        "MB-06",
        FOUND,
        "The gradients of the biases have a penalty too. In the cost it is made of the weights.",
        edit(
            'grads[f"db{layer}"] = np.sum(dZ, axis=1, keepdims=True)',
            "b = caches[layer - 1][0][2]\n"
            '        grads[f"db{layer}"] = np.sum(dZ, axis=1, keepdims=True) + lambd / m * b',
        ),
    ),
    Mistake(
        "MB-07",
        FOUND,
        "A layer's gradients are divided by m again, some of them or all. 1/m enters once, at the "
        "output.",
        edit("dZ @ A_prev.T + lambd", "dZ @ A_prev.T / m + lambd"),
        edit("np.sum(dZ, axis=1, keepdims=True)", "np.mean(dZ, axis=1, keepdims=True)"),
        edit("dA_prev = W.T @ dZ", "dA_prev = W.T @ dZ / m"),
        edit("dZ @ A_prev.T + lambd", "dZ @ A_prev.T / m + lambd").then(
            "np.sum(dZ, axis=1, keepdims=True)", "np.mean(dZ, axis=1, keepdims=True)"
        ),
    ),
    Mistake(
        "MB-08",
        FOUND,
        "AL, or the list of caches, is changed. The caller still needs it: make a new array, and "
        "read the list by index.",
        edit("dZ = (AL - Y) / m", "AL -= Y\n    dZ = AL / m"),
        edit("(A_prev, W, _), _ = caches[layer - 1]", "(A_prev, W, _), _ = caches.pop()"),
    ),
    Mistake(
        "MB-09",
        FOUND,
        "The penalty's derivative is half of what it should be. Differentiating the square brings "
        "a 2 that cancels the ½ of the cost.",
        edit("lambd / m * W", "lambd / (2 * m) * W"),
    ),
    Mistake(
        "MB-10",
        FOUND,
        "The penalty's derivative is twice what it should be, or lacks 1/m. In the cost stands "
        "lambd / (2 m).",
        edit("lambd / m * W", "2 * lambd / m * W"),
        edit("lambd / m * W", "lambd * W"),
    ),
    Mistake(
        "MB-12",
        FOUND,
        "The number of layers is fixed, or off by one. There are as many as there are caches, "
        "whatever their number.",
        edit("len(caches)", "3"),
        edit("len(caches)", "2"),
        edit("len(caches)", "len(caches) - 1"),
    ),
    Mistake(
        "MB-13",
        FOUND,
        "The penalty has found its way into what goes back to the layer before. It adds to the "
        "gradients of the weights only, for in the cost it stands beside the network.",
        edit("dA_prev = W.T @ dZ", "dA_prev = (W + lambd / m * W).T @ dZ"),
        edit("dA_prev = W.T @ dZ", "dA_prev = W.T @ dZ + lambd / m * np.sum(W**2)"),
        edit("dZ = (AL - Y) / m", "dZ = (AL - Y) / m + lambd / m"),
    ),
    Mistake(
        "MB-14",
        FOUND,
        "The derivative of tanh is taken at what goes into the layer. It belongs to what comes out "
        "of it, the A that stands beside this layer's weights in the cache.",
        edit("np.tanh(A) ** 2", "A_prev**2").then(*PENALTY).of(ref.suspect_backward),
        edit("np.tanh(A) ** 2", "np.tanh(A_prev) ** 2").then(*PENALTY).of(ref.suspect_backward),
        edit("np.tanh(A) ** 2", "A_prev**2").of(ref.suspect_backward),
        in_one_loop,
    ),
    Mistake(
        "MB-15",
        FOUND,
        "The output layer goes through the derivative of tanh, or of the sigmoid once more. AL − Y "
        "is the derivative by its scores already.",
        edit("dZ = (AL - Y) / m", "dZ = (AL - Y) / m * (1 - AL**2)"),
        edit("dZ = (AL - Y) / m", "dZ = (AL - Y) / m * AL * (1 - AL)"),
    ),
    Mistake(
        "MB-16",
        FOUND,
        "The derivative at the output has another sign or another factor. It is the prediction "
        "minus the label, over the number of examples.",
        edit("(AL - Y) / m", "(Y - AL) / m"),
        edit("(AL - Y) / m", "(AL - Y)"),
        edit("(AL - Y) / m", "(AL + Y) / m"),
        edit("(AL - Y) / m", "2 * (AL - Y) / m"),
    ),
    Mistake(
        "MB-17",
        FOUND,
        "What comes back through a tanh is not multiplied by 1 − A²: all of that is missing, or "
        "only its parentheses, or a sign, a factor or a power is off.",
        edit("1 - A_prev**2", "1 + A_prev**2"),
        edit("1 - A_prev**2", "A_prev**2 - 1"),
        edit("1 - A_prev**2", "A_prev**2"),
        edit("(1 - A_prev**2)", "(1 - A_prev**2) ** 2"),
        edit("(1 - A_prev**2)", "(1 - A_prev) ** 2"),
        edit("1 - A_prev**2", "1 - A_prev**2 / 2"),
        edit("(1 - A_prev**2)", "1 - A_prev**2"),
        edit(" * (1 - A_prev**2)", ""),
    ),
    Mistake(
        "MB-18",
        FOUND,
        "The penalty is taken off the gradients, or made of something else than the weights as "
        "they are. Its derivative is added, in proportion to the weights themselves.",
        edit("+ lambd / m * W", "- lambd / m * W"),
        edit("lambd / m * W", "lambd / m * W**2"),
        edit("lambd / m * W", "lambd / m * np.abs(W)"),
        edit("lambd / m * W", "lambd / m * np.sum(W**2)"),
    ),
    Mistake(
        "MB-11",
        FOUND,
        "The hidden layers are differentiated as if they were ReLUs. They are tanh.",
        edit("(1 - A_prev**2)", "(A_prev > 0)"),
    ),
)

TASK = Task(
    reference=ref.mended_backward,
    returns="grads",
    cases=cases,
    criteria=(
        Agrees("output layer", 1.5, part="*output*"),
        Agrees("hidden layers", 3, part="*hidden*"),
        InputsUntouched(0.5),
    ),
    lecture=FOUND,
    mistakes=MISTAKES,
    variants=(Variant("mended in place", edit(*TANH).then(*PENALTY).of(ref.suspect_backward)),),
    confirm=confirm,
    losses={
        "MB-07, way 3": "hidden layers",
        "MB-12": "all",
        "MB-13": "hidden layers",
        "MB-13, way 3": "all",
        "MB-14": "all",
        "MB-15": "all",
        "MB-16": "all",
        "MB-17": "hidden layers",
        "MB-18": "all",
        "MB-10": "all",
        "MB-10, way 2": "all",
        "MB-11": "hidden layers",
        "GC-15": "all",
        "MB-01": "output layer",
        "MB-02": "hidden layers",
        "MB-03": "all",
        "MB-04": "hidden layers",
        "MB-05": "hidden layers",
        "MB-06": "all",
        "MB-07": "all",
        "MB-08": "inputs untouched",
        "MB-09": "all",
    },
    promises={
        "lambd": Promise(value=(0, 2), has=("0",)),
        "AL": Promise(value=(0.47, 0.84), within=(0, 1), columns=(1, 8)),
        "Y": Promise(value=(0, 1), columns=(1, 8), has=("0", "equal neighbours")),
        "caches": Promise(
            value=(-1.8, 1.7), within=(-5, 5), length=(1, 4), rows=(1, 5), columns=(1, 8)
        ),
    },
    equivalent={
        "both have a column for each example": ("m, L, grads = AL.shape[1], len(caches), {}",),
        "a square does not see the sign": ("dZ = dA_prev * (1 - (-A_prev)**2)",),
    },
)
