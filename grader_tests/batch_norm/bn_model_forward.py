"""`bn_model_forward`: linear without bias, batch norm and relu L − 1 times; linear, sigmoid."""

from __future__ import annotations

import numpy as np

from grader_tests.batch_norm import BIAS, FITTING, PLACEMENT, RUNNING, doubles
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
    fixed,
)


def cases(rng: np.random.Generator) -> list[Case]:
    """Both modes, networks of two to eleven layers, equal widths, and one example."""
    cases = []
    for dims, m, options in (
        ([3, 4, 2, 1], 6, {}),
        ([2, 3, 1], 5, {"momentum": 0.8, "epsilon": 0.3}),
        ([3, 3, 3, 3, 1], 5, {"momentum": 0.7, "epsilon": 0.3}),
        ([2] * 11 + [1], 4, {"momentum": 0.7, "epsilon": 0.3}),
    ):
        settings = "".join(f", {name} = {value:g}" for name, value in options.items())
        for mode in ("train", "test"):
            label = f"layers {dims}, {m} examples, mode {mode!r}{settings}"
            X, parameters, running = network(rng, dims, m)
            if not options:  # small enough to show the default epsilon
                X = X / 100
                running |= {key: running[key] / 1e4 for key in running if key.startswith("var")}
            else:
                parameters = dict(reversed(parameters.items()))
            cases.append(
                call(
                    ref.bn_model_forward,
                    X,
                    parameters,
                    running,
                    mode,
                    label=label,
                    tags=mode,
                    **options,
                )
            )
    label = "layers [3, 2, 1], one example, mode 'test'"
    cases.append(
        call(ref.bn_model_forward, *network(rng, [3, 2, 1], 1), "test", label=label, tags="test")
    )
    return cases


NORMED = "W @ A_prev, gamma, beta, mean, var, mode, momentum, epsilon"
UPDATED = 'Z_tilde, bn_cache, running[f"mean{layer}"], running[f"var{layer}"] ='
RELU = "A = np.maximum(0, Z_tilde)"
OUTPUT = "AL = 1 / (1 + np.exp(-(W @ A_prev + b)))"


def other_parts(result: object, wanted: tuple, case: Case) -> bool:
    """Recognise that there are not three parts: an array, a list and a dict."""
    if not isinstance(result, tuple | list) or len(result) != 3:
        return True
    return isinstance(result[1], dict) or isinstance(result[2], list)


MISTAKES = (
    Mistake(
        "BM-01",
        FITTING,
        "relu comes before batch norm. In this course the order in a hidden layer is linear, batch "
        "norm, relu.",
        edit("W @ A_prev, gamma", "np.maximum(0, W @ A_prev), gamma")
        .then(RELU, "A = Z_tilde")
        .then("bn_cache, Z_tilde))", "bn_cache, W @ A_prev))"),
        edit("W @ A_prev, gamma", "np.maximum(0, W @ A_prev), gamma"),
    ),
    Mistake(
        "BM-02",
        PLACEMENT,
        "The output layer is normalised too. Its values are the answer: it stays linear with bias, "
        "then sigmoid.",
        edit(
            OUTPUT,
            "Z = W @ A_prev + b\n"
            "    still, one = np.zeros_like(b), np.ones_like(b)\n"
            "    Z = batchnorm_forward(Z, one, still, still, one, mode, momentum, epsilon)[0]\n"
            "    AL = 1 / (1 + np.exp(-Z))",
        ),
        edit(
            OUTPUT,
            "Z = W @ A_prev + b\n"
            "    Z = (Z - np.mean(Z)) / (np.std(Z) + 1e-9)\n"
            "    AL = 1 / (1 + np.exp(-Z))",
        ),
    ),
    Mistake(
        "BM-03",
        RUNNING,
        "The running statistics come back as they went in. Each layer's updated mean and variance "
        "belong in the dict that is returned.",
        edit(UPDATED, "Z_tilde, bn_cache, _, _ ="),
    ),
    Mistake(
        "BM-04",
        RUNNING,
        "The mode does not reach the layers: each one works as in training. Pass it on.",
        edit(NORMED, NORMED.replace("mode", "'train'")),
    ),
    Mistake(
        "BM-05",
        FITTING,
        "momentum or epsilon does not reach the layers, which then use their defaults. Pass both "
        "on.",
        edit(NORMED, NORMED.replace(", momentum, epsilon", "")),
        edit(NORMED, NORMED.replace("momentum, epsilon", "epsilon=epsilon")),
        edit(NORMED, NORMED.replace(", epsilon", "")),
        numbers=fixed("epsilon", "momentum"),
    ),
    Mistake(
        "BM-06",
        RUNNING,
        "The caller's dict of running statistics is changed. Write into a copy and return that.",
        edit("[], dict(running)", "[], running"),
    ),
    Mistake(
        "BM-07",
        FITTING,
        "relu is left out. Batch norm is linear at test time: without relu the layers collapse "
        "into one.",
        edit(RELU, "A = Z_tilde"),
    ),
    Mistake(
        "BM-08",
        FITTING,
        "The cache holds a layer's output where its input belongs. The backward pass needs A_prev, "
        "what W was multiplied with.",
        edit("caches.append(((A_prev, W), ", "caches.append(((A, W), "),
    ),
    Mistake(
        "BM-09",
        BIAS,
        "beta is added to the linear part, or as a bias and again by batch norm. Batch norm "
        "subtracts any constant; its own beta is the shift.",
        edit("W @ A_prev, gamma, beta", "W @ A_prev + beta, gamma, 0 * beta"),
    ),
    Mistake(
        "BM-10",
        RUNNING,
        "A layer starts from fresh running statistics, or from those of another layer. Hand each "
        "layer the mean and variance kept under its number.",
        edit("gamma, beta, mean, var,", "gamma, beta, 0 * mean, 0 * var + 1,"),
        edit(
            'running[f"mean{layer}"], running[f"var{layer}"]\n',
            'running["mean1"], running["var1"]\n',
        ),
    ),
    Mistake(
        "BM-22",
        FITTING,
        "The number of layers is taken from the number of parameters. Hidden layers have three and "
        "the last has two: count the weights W.",
        edit('sum(name.startswith("W") for name in parameters)', "len(parameters) // 2"),
        edit('sum(name.startswith("W") for name in parameters)', "len(parameters) // 3"),
        edit('sum(name.startswith("W") for name in parameters)', "len(parameters) // 4"),
        edit('sum(name.startswith("W") for name in parameters)', "len(parameters) // 4 + 1"),
        edit('sum(name.startswith("W") for name in parameters)', "len(running) // 2"),
    ),
    Mistake(
        "BM-23",
        FITTING,
        "Three things are returned, in this order: AL, the caches, and the running statistics. One "
        "of them is missing here, is one too many, or stands elsewhere.",
        edit("return AL, caches, running", "return AL, caches"),
        edit("return AL, caches, running", "return AL, running"),
        edit("return AL, caches, running", "return AL"),
        edit("return AL, caches, running", "return AL, running, caches"),
        edit("return AL, caches, running", "return"),
        looks_like=other_parts,
    ),
    Mistake(
        "BM-24",
        FITTING,
        "The caches are put together otherwise than asked: one is missing, or the three of a layer "
        "are not in their tuples. The backward pass takes them apart again: look at what it needs.",
        edit("    caches.append(((A_prev, W, b), AL))\n", ""),
        edit(
            "caches.append(((A_prev, W), bn_cache, Z_tilde))",
            "caches.append((A_prev, W, bn_cache, Z_tilde))",
        ),
        edit(
            "caches.append(((A_prev, W), bn_cache, Z_tilde))",
            "caches.append(((A_prev, W), bn_cache))",
        ),
        edit("caches.append(((A_prev, W), bn_cache, Z_tilde))", "caches.append(bn_cache)"),
        edit(
            "caches.append(((A_prev, W), bn_cache, Z_tilde))",
            "caches.append(((A_prev, W), bn_cache, A))",
        ),
        edit(
            "caches.append(((A_prev, W), bn_cache, Z_tilde))",
            "caches.append(((A_prev, W), Z_tilde, bn_cache))",
        ),
        edit(
            "caches.append(((A_prev, W), bn_cache, Z_tilde))",
            "caches.append(((W, A_prev), bn_cache, Z_tilde))",
        ),
        edit("caches.append(((A_prev, W, b), AL))", "caches.append((A_prev, W, b))"),
        edit("caches.append(((A_prev, W, b), AL))", "caches.append((A_prev, W, b, AL))"),
        edit(
            "caches.append(((A_prev, W, b), AL))", "caches.append(((A_prev, W, b), W @ A_prev + b))"
        ),
        edit("caches.append(((A_prev, W, b), AL))", "caches.append(((A_prev, W), AL))"),
        edit("    return AL, caches", "    caches.reverse()\n    return AL, caches"),
    ),
    Mistake(
        "BM-25",
        FITTING,
        "The activation of a layer is another one: sigmoid or tanh in a hidden layer, relu or none "
        "at the output. Hidden layers have relu, the output has sigmoid.",
        edit(RELU, "A = 1 / (1 + np.exp(-Z_tilde))"),
        edit(RELU, "A = np.tanh(Z_tilde)"),
        edit(RELU, "A = np.where(Z_tilde > 0, Z_tilde, 0.01 * Z_tilde)"),
        edit(OUTPUT, "AL = W @ A_prev + b"),
        edit(OUTPUT, "AL = np.maximum(0, W @ A_prev + b)"),
        edit(OUTPUT, "AL = np.tanh(W @ A_prev + b)"),
    ),
    Mistake(
        "BM-26",
        BIAS,
        "The bias of the output layer is missing. There is no batch norm after it, so nothing else "
        "shifts its values.",
        edit(OUTPUT, OUTPUT.replace(" + b)", ")")),
        edit(OUTPUT, OUTPUT.replace(" + b)", " - b)")),
    ),
    Mistake(
        "BM-27",
        FITTING,
        "Arguments of batchnorm_forward have changed places. They go by position: gamma, beta, "
        "running mean, running variance.",
        edit("gamma, beta, mean, var, mode", "beta, gamma, mean, var, mode"),
        edit("gamma, beta, mean, var, mode", "gamma, beta, var, mean, mode"),
        edit("gamma, beta, mean, var, mode", "mean, var, gamma, beta, mode"),
        edit("mode, momentum, epsilon", "mode, epsilon, momentum"),
        edit(UPDATED, UPDATED.replace("mean", "@").replace("var", "mean").replace("@", "var")),
    ),
    Mistake(
        "BM-28",
        FITTING,
        "A layer does not get the output of the one before it, but X again, or what was there "
        "before relu. Hand A on from layer to layer.",
        edit("A_prev, W = A, parameters", "A_prev, W = X, parameters"),
        edit("A_prev, W, b = A, parameters", "A_prev, W, b = Z_tilde, parameters"),
    ),
)


def layer_by_layer(X, parameters, running, mode, momentum=0.9, epsilon=1e-5):
    """Another loop, with new dicts, keyword arguments and an appended output layer."""
    activations, caches, new = [X], [], {}
    last = max(int(name[1:]) for name in parameters if name[0] == "W")
    for k in range(1, last + 1):
        A, W = activations[-1], parameters["W" + str(k)]
        if k == last:
            b = parameters["b" + str(k)]
            out = (1 + np.tanh((np.dot(W, A) + b) / 2)) / 2
            return out, [*caches, ((A, W, b), out)], new
        normed, bn_cache, new[f"mean{k}"], new[f"var{k}"] = batchnorm_forward(  # noqa: F821 - the student's
            Z=np.dot(W, A),
            gamma=parameters[f"gamma{k}"],
            beta=parameters[f"beta{k}"],
            running_mean=running[f"mean{k}"],
            running_var=running[f"var{k}"],
            mode=mode,
            momentum=momentum,
            epsilon=epsilon,
        )
        activations.append(np.where(normed > 0, normed, 0.0))
        caches.append(((A, W), bn_cache, normed))


TASK = Task(
    reference=ref.bn_model_forward,
    returns=("AL", "caches", "running"),
    cases=cases,
    criteria=(
        Agrees("output in training", 1, "train", "AL"),
        Agrees("output at test time", 1, "test", "AL"),
        Agrees("running statistics", 1, ("train", "test"), "running"),
        Agrees("caches", 0.5, "train", "caches"),
        InputsUntouched(0.5),
    ),
    lecture=FITTING,
    mistakes=MISTAKES,
    unworked={"the right answer sorted": "running statistics have one column, and so one order"},
    variants=(Variant("layer by layer", layer_by_layer),),
    own_parts={"batchnorm_forward": doubles.for_batchnorm_forward},
    losses={
        "BM-28": "all",
        "BM-28, way 2": "all but running statistics · inputs untouched",
        "BM-27": "all",
        "BM-27, way 2": "output at test time · running statistics",
        "BM-27, way 5": "running statistics",
        "BM-26": "all but running statistics · inputs untouched",
        "BM-25": "all",
        "BM-25, way 4": "all but running statistics · inputs untouched",
        "BM-25, way 5": "all but running statistics · inputs untouched",
        "BM-25, way 6": "all but running statistics · inputs untouched",
        "BM-24": "caches",
        "BM-23": "all",
        "BM-23, way 4": "running statistics · caches",
        "BM-22": "all",
        "BM-10": "output at test time · running statistics",
        "BM-10, way 2": "all",
        "BM-01": "all",
        "BM-02": "all but running statistics · inputs untouched",
        "BM-03": "running statistics",
        "BM-04": "output at test time · running statistics",
        "BM-05": "all",
        "BM-05, way 2": "running statistics",
        "BM-06": "inputs untouched",
        "BM-07": "all",
        "BM-08": "caches",
        "BM-09": "all",
    },
    promises={
        "X": Promise(value=(-3.4, 4.3), within=(-12, 12), rows=(2, 3), columns=(1, 6)),
        "parameters": Promise(
            value=(-1.9, 1.9),
            within=(-2.5, 2.5),
            rows=(1, 4),
            columns=(1, 4),
            layers=(2, 11),
            has=("another order", "other names"),
        ),
        "running": Promise(
            value=(-1.1, 4.1), within=(-2, 5), rows=(2, 4), layers=(1, 10), has=("other names",)
        ),
        "mode": Promise(has=("test", "train")),
        "momentum": Promise(value=(0.7, 0.8)),
    },
)
