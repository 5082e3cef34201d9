"""`fine_tune_step`: one step down the slope for the layers that are trainable."""

from __future__ import annotations

import numpy as np

from grader_tests.optimizers.draws import other_step
from grader_tests.parameters_and_transfer import FREEZING
from grader_tests.parameters_and_transfer import reference as ref
from grader_tests.parameters_and_transfer.draws import network
from grading.marking import (
    Agrees,
    Case,
    InputsUntouched,
    Mistake,
    Promise,
    Task,
    Variant,
    edit,
    fixed,
    script,
)

SORTED = """\
new = fine_tune_step(parameters, grads, learning_rate, trainable)
moved = {name: value for name, value in new.items() if name in moving}
kept = {name: value for name, value in new.items() if name not in moving}
result = moved, kept"""


def cases(rng: np.random.Generator) -> list[Case]:
    """Some, all and no layers trainable; batch norm; and networks of more than nine layers."""
    cases = []
    for layers, trainable, normed in (
        (3, [3], False),
        (4, [2, 4], False),
        (2, [1], False),
        (3, [1, 3], True),
        (4, [2, 3], True),
        (2, [1, 2], False),
        (3, [], False),
        (12, [1, 2], False),
        (11, [1], False),
        (11, [11], False),
        (12, [10, 12], True),
    ):
        parameters = network(rng, layers, normed)
        grads = {
            f"d{name}": rng.choice([-1, 1]) * rng.uniform(0.5, 2, value.shape)
            for name, value in parameters.items()
        }
        moving = [name for name in parameters if int(name.strip("Wbgamet")) in trainable]
        with_norm = " with batch norm" if normed else ""
        cases.append(
            script(
                SORTED,
                label=f"{layers} layers{with_norm}, trainable = {trainable}",
                tags="deep" if layers > 9 else "shallow",
                returns=("trainable_parameters", "frozen_parameters"),
                parameters=parameters,
                grads=grads,
                learning_rate=float(rng.uniform(0.1, 0.4)),
                trainable=trainable,
                moving=moving,
            )
        )
    return cases


COPY = "new = dict(parameters)"
LAYERS = "for layer in trainable:"
KINDS = '("W", "b", "gamma", "beta")'
ALL_LAYERS = 'range(1, 1 + sum(name.startswith("W") for name in parameters))'
STEP = 'new[name] = parameters[name] - learning_rate * grads["d" + name]'


def by_last_digit(parameters, grads, learning_rate, trainable):
    """The last digit for the layer's number."""
    return {
        name: value - learning_rate * grads["d" + name] if int(name[-1]) in trainable else value
        for name, value in parameters.items()
    }


def by_substring(parameters, grads, learning_rate, trainable):
    """The number anywhere in the name."""
    new = {}
    for name, value in parameters.items():
        moves = any(str(layer) in name for layer in trainable)
        new[name] = value - learning_rate * grads["d" + name] if moves else value
    return new


def by_ending(parameters, grads, learning_rate, trainable):
    """The number at the end of the name, or of a longer number."""
    new = {}
    for name, value in parameters.items():
        moves = any(name.endswith(str(layer)) for layer in trainable)
        new[name] = value - learning_rate * grads["d" + name] if moves else value
    return new


MISTAKES = (
    Mistake(
        "FT-01",
        FREEZING,
        "Every layer moves. Only the layers listed in trainable should; the others are frozen.",
        edit(LAYERS, f"for layer in {ALL_LAYERS}:"),
    ),
    Mistake(
        "FT-02",
        FREEZING,
        "The layers in trainable are frozen and the others move. It is the other way round.",
        edit(LAYERS, f"for layer in set({ALL_LAYERS}) - set(trainable):"),
    ),
    Mistake(
        "FT-03",
        FREEZING,
        "The step goes uphill. The gradient points towards a higher cost: subtract it.",
        edit("parameters[name] - learning_rate", "parameters[name] + learning_rate"),
    ),
    Mistake(
        "FT-04",
        FREEZING,
        "Frozen layers are missing from the result. The network still needs them: put them in as "
        "they are.",
        edit(COPY, "new = {}"),
    ),
    Mistake(
        "FT-05",
        FREEZING,
        "The caller's parameters change: an array by -=, or the dict by an assignment. Make a new "
        "dict with new arrays.",
        edit(COPY, "new = parameters"),
        edit(STEP, 'new[name] -= learning_rate * grads["d" + name]'),
    ),
    Mistake(
        "FT-06",
        FREEZING,
        "The caller's gradients change. Leave grads as it is; what is not needed can stay there.",
        edit(
            STEP,
            'grads["d" + name] *= learning_rate\n'
            '                new[name] = parameters[name] - grads["d" + name]',
        ),
        edit(STEP, 'new[name] = parameters[name] - learning_rate * grads.pop("d" + name)'),
    ),
    Mistake(
        "FT-07",
        FREEZING,
        "A layer's number is read from one digit, or looked for somewhere in the name. W11 belongs "
        "to layer 11, not to layer 1.",
        by_last_digit,
        by_substring,
        by_ending,
    ),
    Mistake(
        "FT-08",
        FREEZING,
        "Some parameters of a trainable layer stay behind. All that carry its number move: W and "
        "b, and gamma and beta where there is batch norm.",
        edit(KINDS, '("W",)'),
        edit(KINDS, '("W", "b")'),
        edit(KINDS, '("b", "gamma", "beta")'),
    ),
    Mistake(
        "FT-09",
        FREEZING,
        "learning_rate is not used, or has a fixed value. The step is learning_rate times the "
        "gradient.",
        edit("learning_rate * grads", "grads"),
        edit("learning_rate * grads", "0.01 * grads"),
        numbers=fixed("learning_rate"),
    ),
    Mistake(
        "FT-10",
        FREEZING,
        "Layers are counted from 0. The first one is layer 1, as in W1.",
        edit('name = f"{kind}{layer}"', 'name = f"{kind}{layer + 1}"'),
        edit('name = f"{kind}{layer}"', 'name = f"{kind}{layer - 1}"'),
    ),
    Mistake(
        "FT-11",
        FREEZING,
        "All layers between the first and the last trainable one move, or all from the first on. "
        "trainable lists exactly those that do.",
        edit(
            LAYERS, "for layer in range(min(trainable, default=1), max(trainable, default=0) + 1):"
        ),
        edit(LAYERS, "for layer in range(min(trainable, default=99), 99):"),
    ),
    Mistake(
        "FT-12",
        FREEZING,
        "Frozen layers are set to 0. Frozen means that they keep what they have learnt; it is "
        "their gradient that counts as 0.",
        edit(COPY, "new = {name: np.zeros_like(value) for name, value in parameters.items()}"),
    ),
    other_step(
        "FT-13",
        FREEZING,
        STEP.removeprefix("new[name] = "),
        "parameters[name]",
        "learning_rate",
        'grads["d" + name]',
    ),
    Mistake(
        "FT-14",
        FREEZING,
        "How many layers trainable lists decides which of them move. It is the numbers in it that "
        "do: they may be any.",
        edit(LAYERS, "for layer in range(1, len(trainable) + 1):"),
        edit(LAYERS, f"for layer in list({ALL_LAYERS})[len(trainable) :]:"),
        edit(LAYERS, f"for layer in list({ALL_LAYERS})[-len(trainable) :]:"),
    ),
    Mistake(
        "FT-15",
        FREEZING,
        "Only one of the trainable layers moves. All that are listed do.",
        edit(LAYERS, "for layer in trainable[:1]:"),
        edit(LAYERS, "for layer in trainable[-1:]:"),
    ),
    Mistake(
        "FT-16",
        FREEZING,
        "What comes back is not one dictionary with all parameters: nothing, only the layers that "
        "moved, or more beside it. Return the new dictionary.",
        edit("return new", "return new, grads"),
        edit("return new", "return list(new.values())"),
        edit("return new", "return"),
    ),
)


def by_digits(parameters, grads, learning_rate, trainable):
    """The number by its digits, and a step of 0 for frozen layers."""
    new = {}
    for name in parameters:
        number = int("".join(letter for letter in name if letter.isdigit()))
        rate = learning_rate * (number in trainable)
        new[name] = parameters[name] - rate * grads["d" + name]
    return new


TASK = Task(
    reference=ref.fine_tune_step,
    returns="parameters",
    cases=cases,
    criteria=(
        Agrees("trainable layers", 1, "shallow", "trainable_parameters"),
        Agrees("frozen layers", 1, "shallow", "frozen_parameters", beside="trainable layers"),
        Agrees("more than nine layers", 0.5, "deep"),
        InputsUntouched(0.5),
    ),
    lecture=FREEZING,
    mistakes=MISTAKES,
    variants=(Variant("by digits", by_digits),),
    losses={
        "FT-16": "all",
        "FT-15": "all",
        "FT-14": "all",
        "FT-13": "all",
        "FT-01": "frozen layers · more than nine layers",
        "FT-02": "all",
        "FT-03": "all",
        "FT-04": "frozen layers · more than nine layers",
        "FT-05": "inputs untouched",
        "FT-06": "inputs untouched",
        "FT-07": "more than nine layers",
        "FT-08": "all",
        "FT-09": "all",
        "FT-10": "all",
        "FT-11": "frozen layers · more than nine layers",
        "FT-12": "frozen layers · more than nine layers",
    },
    promises={
        "parameters": Promise(
            value=(-1.8, 1.9),
            within=(-5, 5),
            rows=(1, 3),
            columns=(1, 3),
            layers=(2, 12),
            has=("other names",),
        ),
        "grads": Promise(
            value=(-1.5, 1.5),
            within=(-2, 2),
            rows=(1, 3),
            columns=(1, 3),
            layers=(2, 12),
            has=("other names",),
        ),
        "learning_rate": Promise(value=(0.22, 0.29), within=(0.1, 0.4)),
        "trainable": Promise(value=(1, 12), length=(0, 2), has=("int64",)),
    },
    equivalent={
        "the order in which parameters move does not matter": (
            'for kind in ("b", "W", "gamma", "beta"):',
            'for kind in ("W", "gamma", "b", "beta"):',
            'for kind in ("W", "b", "beta", "gamma"):',
        ),
    },
)
