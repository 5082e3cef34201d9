"""`rmsprop_step`: divide each component of the step by the root of its running mean square."""

from __future__ import annotations

import numpy as np

from grader_tests.optimizers import BIAS, EPSILON, EXPONENT, RMSPROP, ROOT_MISSING
from grader_tests.optimizers import reference as ref
from grader_tests.optimizers.draws import (
    IN_PLACE,
    KNOWN_NAMES,
    LAST,
    LAST_LAYER,
    NAMED,
    UPHILL,
    W_AND_B_ONLY,
    WEIGHTS_ONLY,
    bowl,
    gradients,
    layers,
    network,
    other_keys,
    other_parts,
    squares,
    tiny,
    zeros,
)
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
    script,
)

SERIES = """\
for grads in gradients:
    parameters, s = rmsprop_step(parameters, grads, s, learning_rate, beta2, epsilon)
result = parameters, s"""

BOWL = """\
for _ in range(200):
    grads = {"d" + name: curvature[name] * value for name, value in parameters.items()}
    parameters, s = rmsprop_step(parameters, grads, s, learning_rate, beta2=beta2)
result = parameters, s"""


def cases(rng: np.random.Generator) -> list[Case]:
    """As for momentum, with epsilon small and large, and with entries that have no gradient."""
    cases = []
    for dims, options, tag in (
        ((3, 4, 1), {"beta2": rng.uniform(0.6, 0.7), "epsilon": 1e-8}, ("one", "small")),
        ((2, 3, 4, 2), {"beta2": rng.uniform(0.78, 0.84), "epsilon": 1e-8}, ("one", "small")),
        ((3, 3, 3, 3), {"beta2": rng.uniform(0.3, 0.4)}, ("one", "small")),
        ((4, 2, 3), {}, ("one", "small")),
        ((3, 4, 1), {"beta2": rng.uniform(0.6, 0.7), "epsilon": 0.3}, ("one", "large")),
        ((2, 3, 4, 2), {"beta2": rng.uniform(0.78, 0.84), "epsilon": 0.3}, ("one", "large")),
        ((2, 4, 3), {"beta2": rng.uniform(0.6, 0.7)}, "names"),
        ((2,) * 12, {"beta2": rng.uniform(0.78, 0.84)}, "names"),
    ):
        parameters = network(rng, dims, norm=tag == "names")
        norm = " with batch norm" if tag == "names" else ""
        settings = "".join(f", {name} = {value:.2g}" for name, value in options.items())
        cases.append(
            call(
                ref.rmsprop_step,
                parameters,
                gradients(rng, parameters),
                squares(rng, parameters),
                rng.uniform(0.2, 0.5),
                label=f"{layers(dims)}{norm}{settings}",
                tags=tag,
                **options,
            )
        )
    for epsilon in (1e-8, 0.3):
        parameters = network(rng, (2, 3, 1))
        grads = gradients(rng, parameters)
        grads["dW1"][0], grads["db2"][0] = 0, 0
        cases.append(
            call(
                ref.rmsprop_step,
                parameters,
                grads,
                zeros(parameters),
                rng.uniform(0.2, 0.5),
                label=f"gradients of 0 in the first step, epsilon = {epsilon:g}",
                tags=("zero", "large") if epsilon == 0.3 else "zero",
                beta2=rng.uniform(0.6, 0.7),
                epsilon=epsilon,
            )
        )
    parameters = network(rng, (2, 3, 1))
    cases.append(
        call(
            ref.rmsprop_step,
            parameters,
            tiny(rng, parameters),
            zeros(parameters),
            rng.uniform(0.2, 0.5),
            label="gradients near 1e-8 in the first step, the default epsilon",
            tags="tiny",
        )
    )
    for dims in ((3, 3, 3, 3), (2, 3, 2, 1)):
        parameters = network(rng, dims)
        cases.append(
            script(
                SERIES,
                label=f"{layers(dims)}, three steps from s = 0",
                tags="series",
                returns=("parameters", "s"),
                parameters=parameters,
                s=zeros(parameters),
                gradients=[gradients(rng, parameters) for _ in range(3)],
                learning_rate=rng.uniform(0.2, 0.5),
                beta2=rng.uniform(0.6, 0.7),
                epsilon=1e-8,
            )
        )
    start, curvature = bowl(rng)
    cases.append(
        script(
            BOWL,
            label="200 steps down a bowl with curvatures 1 to 100, beta2 = 0.9",
            tags="bowl",
            returns=("parameters", "s"),
            parameters=start,
            s=zeros(start),
            curvature=curvature,
            learning_rate=0.008,
            beta2=0.9,
        )
    )
    return cases


S = 'square = beta2 * s[f"d{name}"] + (1 - beta2) * g**2'
W_OF_S = "new_parameters[name] = value - learning_rate * g / (np.sqrt(square) + epsilon)"
KEEP_S = 'new_s[f"d{name}"] = square'
ROOT = "(np.sqrt(square) + epsilon)"


def rmsprop_between_layers(parameters, grads, s, learning_rate, beta2=0.9, epsilon=1e-8):
    """Average over the layers."""
    new_parameters, new_s = {}, {}
    for name, value in parameters.items():
        g, before = grads[f"d{name}"], f"d{name[:-1]}{int(name[-1]) - 1}"
        square = beta2 * new_s.get(before, 0) + (1 - beta2) * g**2
        new_parameters[name] = value - learning_rate * g / (np.sqrt(square) + epsilon)
        new_s[f"d{name}"] = square
    return new_parameters, new_s


MISTAKES = (
    Mistake(
        "RM-01",
        ROOT_MISSING,
        "The root is missing: divided by the mean square, the smaller a gradient, the larger its "
        "step.",
        edit(ROOT, "(square + epsilon)"),
    ),
    Mistake(
        "RM-02",
        EPSILON,
        "epsilon is inside the root. Here it is added to the root.",
        edit(ROOT, "np.sqrt(square + epsilon)"),
    ),
    Mistake(
        "RM-03",
        EPSILON,
        "epsilon is added to the quotient, because of missing brackets. It belongs to the "
        "denominator.",
        edit(f"g / {ROOT}", "(g / np.sqrt(square) + epsilon)"),
        edit(ROOT, "np.sqrt(square) + epsilon"),
    ),
    Mistake(
        "RM-04",
        EPSILON,
        "epsilon is not used. Without it, a gradient that has always been 0 gives 0/0.",
        edit(ROOT, "np.sqrt(square)"),
    ),
    Mistake(
        "RM-05",
        RMSPROP,
        "The new square comes in with its full weight, so s is a sum, as in AdaGrad, and the steps "
        "come out too short. RMSprop averages: what beta2 leaves is the weight of the square.",
        edit(S, 'square = s[f"d{name}"] + g**2'),
        edit(S, 'square = beta2 * s[f"d{name}"] + g**2'),
    ),
    Mistake(
        "RM-06",
        RMSPROP,
        "beta2 weighs the new square. It is the share of the old average that stays.",
        edit(S, 'square = (1 - beta2) * s[f"d{name}"] + beta2 * g**2'),
    ),
    Mistake(
        "RM-07",
        EXPONENT,
        "One number is made for a whole array, a sum or a norm. Square each entry: every "
        "parameter gets a rate of its own.",
        edit("g**2", "np.sum(g) ** 2"),
        edit("g**2", "np.sum(g**2)"),
        edit("g**2", "np.linalg.norm(g)"),
        edit("g**2", "np.mean(g**2)"),
    ),
    Mistake(
        "RM-08",
        RMSPROP,
        "The gradient or its size is averaged where its square should be.",
        edit("g**2", "g"),
        edit("g**2", "np.abs(g)"),
    ),
    Mistake(
        "RM-09",
        RMSPROP,
        "s is returned as it came, so the next step knows nothing of this one. Return the new one.",
        edit(KEEP_S, 'new_s[f"d{name}"] = s[f"d{name}"]'),
    ),
    Mistake(
        "RM-10",
        EXPONENT,
        "The s of the biases is never updated. Every parameter has an average of its own.",
        edit(KEEP_S, KEEP_S + ' if name[0] != "b" else s[f"d{name}"]'),
    ),
    Mistake(
        "RM-11",
        RMSPROP,
        "The square of the gradient is in the numerator, which loses its sign. Only the "
        "denominator is made of squares.",
        edit("learning_rate * g /", "learning_rate * g**2 /"),
    ),
    Mistake(
        "RM-12",
        RMSPROP,
        "The average is squared where its root should be taken.",
        edit("np.sqrt(square)", "np.square(square)"),
    ),
    Mistake(
        "RM-13",
        RMSPROP,
        IN_PLACE,
        edit("{}, {}", "parameters, s"),
        edit("{}, {}", "parameters, {}"),
        edit("{}, {}", "{}, s"),
    ),
    Mistake(
        "RM-14",
        RMSPROP,
        "The parameters move with the old s. Update s first.",
        edit("np.sqrt(square)", 'np.sqrt(s[f"d{name}"])'),
    ),
    Mistake("RM-15", RMSPROP, UPHILL, edit("value - learning_rate", "value + learning_rate")),
    Mistake(
        "RM-16",
        RMSPROP,
        WEIGHTS_ONLY,
        edit(W_OF_S, W_OF_S + ' if name.startswith("W") else value'),
    ),
    Mistake(
        "RM-17",
        RMSPROP,
        "beta2, epsilon or the learning rate has a fixed value. Use the arguments, whatever their "
        "defaults are.",
        edit(S, S.replace("beta2", "0.9")),
        edit(ROOT, "(np.sqrt(square) + 1e-8)"),
        edit("", "learning_rate = 0.05"),
        numbers=fixed("beta2", "epsilon", "learning_rate"),
    ),
    Mistake("RM-18", RMSPROP, LAST_LAYER, edit(W_OF_S, f"{W_OF_S} if not {LAST} else value")),
    Mistake(
        "RM-19",
        RMSPROP,
        KNOWN_NAMES,
        edit(NAMED, NAMED + '\n        if name[:-1] not in ("W", "b"):\n            continue'),
        *W_AND_B_ONLY,
    ),
    Mistake(
        "RM-20",
        BIAS,
        "s is corrected for its start at 0. RMSprop does without; it is Adam that corrects.",
        edit("np.sqrt(square)", "np.sqrt(square / (1 - beta2))"),
    ),
    Mistake(
        "RM-21",
        RMSPROP,
        "The average of a layer is built from that of the layer before it. It runs over the "
        "updates, not over the layers: take this parameter's own old average.",
        rmsprop_between_layers,
    ),
    Mistake(
        "RM-22",
        RMSPROP,
        "s and parameters come back in the wrong order: first the parameters, then s.",
        edit("return new_parameters, new_s", "return new_s, new_parameters"),
    ),
    Mistake(
        "RM-23",
        RMSPROP,
        "The step is multiplied by the root. Divide by it: where gradients are large, steps are "
        "short.",
        edit("/ (np.sqrt(square) + epsilon)", "* (np.sqrt(square) + epsilon)"),
    ),
    other_parts("RM-24", RMSPROP, ("parameters", "s"), ("new_parameters", "new_s")),
    Mistake(
        "RM-25",
        RMSPROP,
        "The keys are others than those that came in. Parameters keep their names, and an average "
        "has the key of its gradient, with the d in front: the next step looks for it there.",
        edit(KEEP_S, "new_s[name] = square"),
        edit(W_OF_S, W_OF_S.replace("[name]", '["d" + name]')),
        looks_like=other_keys,
    ),
    Mistake(
        "RM-26",
        RMSPROP,
        "The old average is left out, or comes in whole or squared. beta2 is the share of it that "
        "stays, and s holds squares already.",
        edit(S, "square = (1 - beta2) * g**2"),
        edit(S, "square = g**2"),
        edit(S, 'square = s[f"d{name}"] + (1 - beta2) * g**2'),
        edit(S, 'square = beta2 * s[f"d{name}"] ** 2 + (1 - beta2) * g**2'),
        edit(S, 'square = beta2 * s[f"d{name}"] - (1 - beta2) * g**2'),
    ),
    Mistake(
        "RM-27",
        RMSPROP,
        "The step is not the learning rate times the gradient over the root: one of them is "
        "missing, or something else stands in its place.",
        edit("learning_rate * g /", "g /"),
        edit("learning_rate * g /", "learning_rate /"),
        edit("learning_rate * g /", "learning_rate * np.sign(g) /"),
        edit("learning_rate * g /", "learning_rate * np.sqrt(square) /"),
        edit(W_OF_S, "new_parameters[name] = value - learning_rate * g"),
    ),
)


def rmsprop_by_power(parameters, grads, s, learning_rate, beta2=0.9, epsilon=1e-8):
    """Powers, and a rate for each entry."""
    s = {key: beta2 * old + (1 - beta2) * np.square(grads[key]) for key, old in s.items()}
    rates = {key: learning_rate / (epsilon + square**0.5) for key, square in s.items()}
    moved = {k: np.subtract(p, rates["d" + k] * grads["d" + k]) for k, p in parameters.items()}
    return moved, s


TASK = Task(
    reference=ref.rmsprop_step,
    returns=("parameters", "s"),
    cases=cases,
    criteria=(
        Agrees("running squares", 1.5, ("one", "zero"), "s"),
        Agrees("parameters", 1.5, "small", "parameters"),
        Agrees("where epsilon stands", 1, ("large", "zero", "tiny"), "parameters"),
        Agrees("three steps in a row", 0.5, "series"),
        Agrees("200 steps down a bowl", 0.5, "bowl"),
        Agrees("parameters of any name", 0.5, "names"),
        InputsUntouched(0.5, "one"),
    ),
    lecture=RMSPROP,
    mistakes=MISTAKES,
    variants=(Variant("power", rmsprop_by_power),),
    losses={
        "RM-24": "all",
        "RM-25": "all but parameters · where epsilon stands · inputs untouched",
        "RM-25, way 2": "all but running squares · inputs untouched",
        "RM-26": "all",
        "RM-27": "all but running squares · inputs untouched",
        "RM-22": "all",
        "RM-23": "all but running squares · inputs untouched",
        "RM-01": "all but running squares · inputs untouched",
        "RM-02": "where epsilon stands",
        "RM-03": "where epsilon stands",
        "RM-04": "where epsilon stands",
        "RM-05": "all",
        "RM-06": "all",
        "RM-07": "all",
        "RM-08": "all",
        "RM-09": "all but parameters · where epsilon stands · inputs untouched",
        "RM-10": "all but parameters · where epsilon stands · inputs untouched",
        "RM-11": "all but running squares · inputs untouched",
        "RM-12": "all but running squares · inputs untouched",
        "RM-13": "inputs untouched",
        "RM-14": "all but running squares · inputs untouched",
        "RM-15": "all but running squares · inputs untouched",
        "RM-16": "all but running squares · inputs untouched",
        "RM-17": "all but 200 steps down a bowl · inputs untouched",
        "RM-17, way 2": "where epsilon stands",
        "RM-17, way 3": "all but running squares · inputs untouched",
        "RM-18": "all but running squares · inputs untouched",
        "RM-19": "parameters of any name",
        "RM-20": "all but running squares · inputs untouched",
        "RM-21": "all",
    },
    promises={
        "parameters": Promise(
            value=(-5.2, 5.5),
            within=(-9, 9),
            rows=(1, 4),
            columns=(1, 4),
            layers=(1, 11),
            has=("other names",),
        ),
        "grads": Promise(
            value=(-1.9, 2),
            within=(-3, 3),
            rows=(1, 4),
            columns=(1, 4),
            layers=(2, 11),
            has=("0", "a constant row", "equal neighbours", "other names"),
        ),
        "s": Promise(
            value=(0, 3.5),
            within=(0, 4),
            rows=(1, 4),
            columns=(1, 4),
            layers=(1, 11),
            has=("0", "a constant row", "equal neighbours", "other names"),
        ),
        "learning_rate": Promise(value=(0.008, 0.4), within=(0.008, 0.5)),
        "beta2": Promise(value=(0.45, 0.9), within=(0.3, 0.9)),
        "epsilon": Promise(value=(1e-08, 0.3)),
    },
    equivalent={
        "both are empty dicts": ("new_s, new_parameters = {}, {}",),
        "a square does not see the sign": (
            'square = beta2 * s[f"d{name}"] + (1 - beta2) * (-g)**2',
        ),
    },
)
