"""`momentum_step`: step along the running average of the gradients."""

from __future__ import annotations

import numpy as np

from grader_tests.optimizers import BIAS, CONVENTIONS, MOMENTUM
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
    parameters, velocity = momentum_step(parameters, grads, velocity, learning_rate, beta)
result = parameters, velocity"""

BOWL = """\
for _ in range(200):
    grads = {"d" + name: curvature[name] * value for name, value in parameters.items()}
    parameters, velocity = momentum_step(parameters, grads, velocity, learning_rate, beta)
result = parameters, velocity"""


def cases(rng: np.random.Generator) -> list[Case]:
    """Single steps from a velocity that is not 0, three in a row from 0, and 200 down a bowl."""
    cases = []
    for dims, low, high, tag in (
        ((3, 4, 1), 0.6, 0.7, "one"),
        ((2, 3, 4, 2), 0.78, 0.84, "one"),
        ((3, 3, 3, 3), 0.3, 0.4, "one"),
        ((4, 2, 3), 0, 0, "one"),
        ((2, 4, 3), 0.6, 0.7, "names"),
        ((2,) * 12, 0.78, 0.84, "names"),
    ):
        parameters = network(rng, dims, norm=tag == "names")
        options = {"beta": rng.uniform(low, high)} if high else {}
        beta = f"beta = {options['beta']:.2g}" if high else "beta not given"
        norm = " with batch norm" if tag == "names" else ""
        cases.append(
            call(
                ref.momentum_step,
                parameters,
                gradients(rng, parameters),
                gradients(rng, parameters),
                rng.uniform(0.2, 0.5),
                label=f"{layers(dims)}{norm}, {beta}",
                tags=tag,
                **options,
            )
        )
    for dims in ((3, 3, 3, 3), (2, 3, 2, 1)):
        parameters = network(rng, dims)
        cases.append(
            script(
                SERIES,
                label=f"{layers(dims)}, three steps from velocity 0",
                tags="series",
                returns=("parameters", "velocity"),
                parameters=parameters,
                velocity=zeros(parameters),
                gradients=[gradients(rng, parameters) for _ in range(3)],
                learning_rate=rng.uniform(0.2, 0.5),
                beta=rng.uniform(0.6, 0.7),
            )
        )
    start, curvature = bowl(rng)
    cases.append(
        script(
            BOWL,
            label="200 steps down a bowl with curvatures 1 to 100, beta = 0.9",
            tags="bowl",
            returns=("parameters", "velocity"),
            parameters=start,
            velocity=zeros(start),
            curvature=curvature,
            learning_rate=0.015,
            beta=0.9,
        )
    )
    return cases


V = 'v = beta * velocity[f"d{name}"] + (1 - beta) * g'
W_OF_V = "new_parameters[name] = value - learning_rate * v"
KEEP_V = 'new_velocity[f"d{name}"] = v'


def momentum_between_layers(parameters, grads, velocity, learning_rate, beta=0.9):
    """Average over the layers."""
    new_parameters, new_velocity = {}, {}
    for name, value in parameters.items():
        before = f"d{name[:-1]}{int(name[-1]) - 1}"
        v = beta * new_velocity.get(before, 0) + (1 - beta) * grads[f"d{name}"]
        new_parameters[name] = value - learning_rate * v
        new_velocity[f"d{name}"] = v
    return new_parameters, new_velocity


def momentum_in_grads(parameters, grads, velocity, learning_rate, beta=0.9):
    """Take the gradients' arrays for the velocity."""
    new_velocity = grads
    for key in new_velocity:
        new_velocity[key] *= 1 - beta
        new_velocity[key] += beta * velocity[key]
    new_parameters = {
        name: value - learning_rate * new_velocity[f"d{name}"] for name, value in parameters.items()
    }
    return new_parameters, new_velocity


MISTAKES = (
    Mistake(
        "MO-01",
        MOMENTUM,
        "The velocity is returned as it came, so the next step knows nothing of this one. Return "
        "the new one.",
        edit(KEEP_V, 'new_velocity[f"d{name}"] = velocity[f"d{name}"]'),
    ),
    Mistake(
        "MO-02",
        CONVENTIONS,
        "The gradient comes in with its full weight. That is another convention; here the velocity "
        "is an average, and the gradient's weight is what beta leaves.",
        edit("(1 - beta) * g", "g"),
    ),
    Mistake(
        "MO-03",
        CONVENTIONS,
        "The learning rate is inside the velocity, and the sign of the update does not fit: the "
        "step goes uphill. Keep the learning rate for the update, and go down along the velocity.",
        edit(V, 'v = beta * velocity[f"d{name}"] - learning_rate * g').then(
            W_OF_V, "new_parameters[name] = value - v"
        ),
        edit(V, 'v = beta * velocity[f"d{name}"] + learning_rate * g').then(
            W_OF_V, "new_parameters[name] = value + v"
        ),
    ),
    Mistake(
        "MO-04",
        CONVENTIONS,
        "The learning rate comes in twice, in the velocity and in the update. It belongs to the "
        "update.",
        edit("(1 - beta) * g", "(1 - beta) * learning_rate * g"),
        edit("(1 - beta) * g", "learning_rate * g"),
    ),
    Mistake(
        "MO-05",
        MOMENTUM,
        "beta weighs the gradient. It is the share of the old velocity that stays.",
        edit(V, 'v = (1 - beta) * velocity[f"d{name}"] + beta * g'),
    ),
    Mistake(
        "MO-06",
        MOMENTUM,
        "The parameters move with the old velocity. Update the velocity first.",
        edit(W_OF_V, 'new_parameters[name] = value - learning_rate * velocity[f"d{name}"]'),
    ),
    Mistake(
        "MO-07",
        MOMENTUM,
        "The velocity of a layer is built from that of the layer before it. The average runs over "
        "the updates, not over the layers: take this parameter's own old velocity.",
        momentum_between_layers,
    ),
    Mistake(
        "MO-08",
        MOMENTUM,
        WEIGHTS_ONLY,
        edit(W_OF_V, W_OF_V + ' if name.startswith("W") else value'),
    ),
    Mistake(
        "MO-09",
        MOMENTUM,
        "The velocity is made in the arrays of grads, which the caller still needs. Make new "
        "arrays.",
        momentum_in_grads,
    ),
    Mistake(
        "MO-10",
        BIAS,
        "The velocity is corrected for its start at 0. Momentum does without; it is Adam that "
        "corrects.",
        edit(W_OF_V, W_OF_V + " / (1 - beta)"),
        edit(V, V + "\n        v = v / (1 - beta)"),
    ),
    Mistake("MO-11", MOMENTUM, UPHILL, edit("value - learning_rate", "value + learning_rate")),
    Mistake(
        "MO-12",
        MOMENTUM,
        "This is Nesterov's momentum, which looks one step ahead. Here the step goes along the "
        "velocity itself.",
        edit(W_OF_V, "new_parameters[name] = value - learning_rate * (beta * v + (1 - beta) * g)"),
    ),
    Mistake(
        "MO-13",
        MOMENTUM,
        IN_PLACE,
        edit("{}, {}", "parameters, velocity"),
        edit("{}, {}", "parameters, {}"),
        edit("{}, {}", "{}, velocity"),
    ),
    Mistake(
        "MO-14",
        CONVENTIONS,
        "The learning rate is inside the velocity. That is another convention; here the velocity "
        "is an average of gradients, and the learning rate belongs to the update.",
        edit(V, 'v = beta * velocity[f"d{name}"] - learning_rate * g').then(
            W_OF_V, "new_parameters[name] = value + v"
        ),
        edit(V, 'v = beta * velocity[f"d{name}"] + learning_rate * g').then(
            W_OF_V, "new_parameters[name] = value - v"
        ),
        edit("(1 - beta) * g", "learning_rate * (1 - beta) * g").then(
            W_OF_V, "new_parameters[name] = value - v"
        ),
    ),
    Mistake(
        "MO-15",
        MOMENTUM,
        "beta or the learning rate has a fixed value. Use the arguments, whatever their defaults "
        "are.",
        edit(V, V.replace("beta", "0.9")),
        edit("", "learning_rate = 0.05"),
        numbers=fixed("beta", "learning_rate"),
    ),
    Mistake("MO-16", MOMENTUM, LAST_LAYER, edit(W_OF_V, f"{W_OF_V} if not {LAST} else value")),
    Mistake(
        "MO-17",
        MOMENTUM,
        KNOWN_NAMES,
        edit(NAMED, NAMED + '\n        if name[:-1] not in ("W", "b"):\n            continue'),
        *W_AND_B_ONLY,
    ),
    Mistake(
        "MO-18",
        MOMENTUM,
        "The parameters move by the gradient, so the velocity is of no use. Step along the "
        "velocity.",
        edit(W_OF_V, "new_parameters[name] = value - learning_rate * g"),
    ),
    Mistake(
        "MO-19",
        MOMENTUM,
        "Velocity and parameters come back in the wrong order: first the parameters, then the "
        "velocity.",
        edit("return new_parameters, new_velocity", "return new_velocity, new_parameters"),
    ),
    Mistake(
        "MO-20",
        MOMENTUM,
        "The gradient is subtracted in the velocity. It is added there, and subtracted once, with "
        "the step.",
        edit("+ (1 - beta) * ", "- (1 - beta) * "),
    ),
    other_parts("MO-21", MOMENTUM, ("parameters", "velocity"), ("new_parameters", "new_velocity")),
    Mistake(
        "MO-22",
        MOMENTUM,
        "The keys are others than those that came in. Parameters keep their names, and an average "
        "has the key of its gradient, with the d in front: the next step looks for it there.",
        edit(KEEP_V, "new_velocity[name] = v"),
        edit(W_OF_V, W_OF_V.replace("[name]", '["d" + name]')),
        looks_like=other_keys,
    ),
    Mistake(
        "MO-23",
        MOMENTUM,
        "The gradient does not come in as it is, entry by entry, but as its sign, size or square, "
        "or as one number for a whole array. Momentum averages the gradients themselves.",
        edit("(1 - beta) * g", "(1 - beta) * np.sign(g)"),
        edit("(1 - beta) * g", "(1 - beta) * np.abs(g)"),
        edit("(1 - beta) * g", "(1 - beta) * g**2"),
        edit("(1 - beta) * g", "(1 - beta) * np.mean(g)"),
        edit("(1 - beta) * g", "(1 - beta) * np.sum(g)"),
        edit("(1 - beta) * g", "(1 - beta) * g / np.linalg.norm(g)"),
        edit("(1 - beta) * g", "(1 - beta) * np.mean(g, axis=1, keepdims=True)"),
    ),
    Mistake(
        "MO-24",
        MOMENTUM,
        "The velocity takes the parameter in, or leaves the old velocity out. It is the average of "
        "gradients, the old ones through the old velocity.",
        edit(V, "v = beta * value + (1 - beta) * g"),
        edit(V, "v = (1 - beta) * g"),
        edit(V, "v = g"),
        edit(V, 'v = velocity[f"d{name}"] + (1 - beta) * g'),
        edit(V, 'v = velocity[f"d{name}"] + g'),
    ),
    Mistake(
        "MO-25",
        MOMENTUM,
        "The step is not the learning rate times the velocity: a factor is missing, or there is "
        "another one.",
        edit(W_OF_V, "new_parameters[name] = value - v"),
        edit(W_OF_V, "new_parameters[name] = value - learning_rate * beta * v"),
        edit(W_OF_V, "new_parameters[name] = value - learning_rate * (1 - beta) * v"),
        edit(W_OF_V, "new_parameters[name] = value - v / learning_rate"),
        edit(W_OF_V, "new_parameters[name] = value - learning_rate * (v + g)"),
        edit(W_OF_V, "new_parameters[name] = value * (1 - learning_rate * v)"),
    ),
)


def momentum_by_difference(parameters, grads, velocity, learning_rate, beta=0.9):
    """Another order: first all velocities, then all parameters."""
    velocity = {key: v + (1 - beta) * (grads[key] - v) for key, v in velocity.items()}
    moved = {}
    for key in velocity:
        moved[key[1:]] = parameters[key[1:]] - velocity[key] * learning_rate
    return moved, velocity


def momentum_on_copies(parameters, grads, velocity, learning_rate, beta=0.9):
    """Work in place, on copies."""
    parameters = {name: value.copy() for name, value in parameters.items()}
    velocity = {name: value.copy() for name, value in velocity.items()}
    for name in parameters:
        velocity["d" + name] *= beta
        velocity["d" + name] += (1 - beta) * grads["d" + name]
        parameters[name] -= learning_rate * velocity["d" + name]
    return [parameters, velocity]


TASK = Task(
    reference=ref.momentum_step,
    returns=("parameters", "velocity"),
    cases=cases,
    criteria=(
        Agrees("velocity", 2, "one", "velocity"),
        Agrees("parameters", 2, "one", "parameters"),
        Agrees("three steps in a row", 0.5, "series"),
        Agrees("200 steps down a bowl", 0.5, "bowl", beside=("velocity", "parameters")),
        Agrees("parameters of any name", 0.5, "names"),
        InputsUntouched(0.5, "one"),
    ),
    lecture=MOMENTUM,
    mistakes=MISTAKES,
    variants=(
        Variant("difference", momentum_by_difference),
        Variant("copies", momentum_on_copies),
    ),
    losses={
        "MO-21": "all",
        "MO-22": "all but parameters · inputs untouched",
        "MO-22, way 2": "all but velocity · inputs untouched",
        "MO-23": "all",
        "MO-24": "all",
        "MO-25": "all but velocity · inputs untouched",
        "MO-19": "all",
        "MO-20": "all",
        "MO-01": "all but parameters · inputs untouched",
        "MO-02": "all",
        "MO-03": "all",
        "MO-04": "all",
        "MO-05": "all",
        "MO-06": "all but velocity · inputs untouched",
        "MO-07": "all",
        "MO-08": "all but velocity · inputs untouched",
        "MO-09": "inputs untouched",
        "MO-10": "all but velocity · inputs untouched",
        "MO-10, way 2": "all",
        "MO-11": "all but velocity · inputs untouched",
        "MO-12": "all but velocity · inputs untouched",
        "MO-13": "inputs untouched",
        "MO-14": "all",
        "MO-15": "all",
        "MO-15, way 2": "all but velocity · inputs untouched",
        "MO-16": "all but velocity · inputs untouched",
        "MO-17": "parameters of any name",
        "MO-18": "all but velocity · inputs untouched",
    },
    promises={
        "parameters": Promise(
            value=(-5.5, 5.8),
            within=(-9, 9),
            rows=(1, 4),
            columns=(1, 4),
            layers=(1, 11),
            has=("other names",),
        ),
        "grads": Promise(
            value=(-1.8, 2.1),
            within=(-3, 3),
            rows=(1, 4),
            columns=(1, 4),
            layers=(2, 11),
            has=("other names",),
        ),
        "velocity": Promise(
            value=(-1.9, 2),
            within=(-3, 3),
            rows=(1, 4),
            columns=(1, 4),
            layers=(1, 11),
            has=("0", "a constant row", "equal neighbours", "other names"),
        ),
        "learning_rate": Promise(value=(0.015, 0.36), within=(0.015, 0.5)),
        "beta": Promise(value=(0.45, 0.9), within=(0.3, 0.9)),
    },
    equivalent={
        "both are empty dicts": ("new_velocity, new_parameters = {}, {}",),
    },
)
