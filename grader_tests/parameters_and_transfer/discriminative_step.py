"""`discriminative_step`: one step down the slope, smaller the earlier a layer is."""

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
    call,
    edit,
    fixed,
    script,
)

PARTED = """\
new = discriminative_step(parameters, grads, learning_rate, decay)
last = {name: value for name, value in new.items() if name in final}
earlier = {name: value for name, value in new.items() if name not in final}
result = last, earlier"""


def cases(rng: np.random.Generator) -> list[Case]:
    """Plain networks, batch norm and names in any order, more than nine layers, and any decay."""
    cases = []
    for layers, normed, decay, tag in (
        (3, False, 0.5, "shallow"),
        (4, False, 0.3, "shallow"),
        (5, False, 0.8, "shallow"),
        (1, False, 0.4, "shallow"),
        (4, True, 0.3, "mixed"),
        (3, True, 0.6, "mixed"),
        (5, True, 0.8, "mixed"),
        (12, False, 0.7, "deep"),
        (11, False, 0.8, "deep"),
        (3, False, 0.0, "ends"),
        (4, False, 1.0, "ends"),
        (2, False, 0, "ends"),
        (3, False, 1.5, "refused"),
        (2, False, -0.5, "refused"),
        (2, False, 1.01, "refused"),
        (3, False, -0.01, "refused"),
    ):
        drawn = network(rng, layers, normed)
        names = list(drawn)
        if normed:  # the last name is of the first layer
            names = [*rng.permutation(names[1:]).tolist(), names[0]]
        parameters = {name: drawn[name] for name in names}
        grads = {f"d{name}": rng.uniform(0.5, 1.5, drawn[name].shape) for name in reversed(names)}
        learning_rate = float(rng.uniform(0.2, 0.3))
        norm = ", batch norm, names in any order" if normed else ""
        label = f"{layers} {'layer' if layers == 1 else 'layers'}{norm}, decay = {decay:g}"
        given = parameters, grads, learning_rate, decay
        if tag == "shallow":
            case = script(
                PARTED,
                label=label,
                tags=tag,
                returns=("last_parameters", "earlier_parameters"),
                parameters=parameters,
                grads=grads,
                learning_rate=learning_rate,
                decay=decay,
                final=[name for name in names if name.endswith(str(layers))],
            )
        else:
            raises = ValueError if tag == "refused" else None
            case = call(ref.discriminative_step, *given, label=label, tags=tag, raises=raises)
        cases.append(case)
    return cases


REFUSAL = """\
    if not 0 <= decay <= 1:
        raise ValueError(f"decay is {decay}; it should lie between 0 and 1")
"""
LAYER_OF = 'layer_of = {name: int(name.lstrip("Wabemtg")) for name in parameters}'
LAST = "last = max(layer_of.values())"
RATE = "rate = learning_rate * decay ** (last - layer_of[name])"
STEP = 'new[name] = value - rate * grads["d" + name]'

MISTAKES = (
    Mistake(
        "DS-01",
        FREEZING,
        "The first layer takes the largest step. It is the most general; the last one, which is "
        "new to the task, has most to learn.",
        edit(RATE, "rate = learning_rate * decay ** (layer_of[name] - 1)"),
    ),
    Mistake(
        "DS-02",
        FREEZING,
        "The rates are off by one layer. The last layer moves with learning_rate itself.",
        edit(RATE, "rate = learning_rate * decay ** (last - layer_of[name] + 1)"),
        edit(RATE, "rate = learning_rate * decay ** layer_of[name]"),
        edit(RATE, "rate = learning_rate * decay ** max(last - layer_of[name] - 1, 0)"),
    ),
    Mistake(
        "DS-03",
        FREEZING,
        "All earlier layers get the same rate. From each layer to the one before it the rate goes "
        "down once more.",
        edit(RATE, "rate = learning_rate * (1 if layer_of[name] == last else decay)"),
    ),
    Mistake(
        "DS-04",
        FREEZING,
        "The rates go down by equal steps. Each is decay times the next layer's: equal factors.",
        edit(RATE, "rate = learning_rate * max(1 - (1 - decay) * (last - layer_of[name]), 0)"),
        edit(RATE, "rate = learning_rate * (decay * (last - layer_of[name]) or 1)"),
    ),
    Mistake(
        "DS-05",
        FREEZING,
        "decay or learning_rate is not used, or has a fixed value.",
        edit(RATE, "rate = learning_rate"),
        edit("rate = learning_rate * ", "rate = "),
        numbers=fixed("learning_rate"),
    ),
    Mistake(
        "DS-06",
        FREEZING,
        "A layer's number is read from one digit, or names are compared as texts. W11 belongs to "
        "layer 11, which comes after layer 9.",
        edit('int(name.lstrip("Wabemtg"))', "int(name[-1])"),
        edit(LAST, 'last = int(max(name.lstrip("Wabemtg") for name in parameters))'),
    ),
    Mistake(
        "DS-07",
        FREEZING,
        "The number of layers is taken from the number of names, two for each layer. With batch "
        "norm a layer has three.",
        edit(LAST, "last = len(parameters) // 2"),
    ),
    Mistake(
        "DS-08",
        FREEZING,
        "The order of the names in the dict decides which layer is last, or where the rate goes "
        "down. The number in the name does; a dict may have any order.",
        edit(LAST, "last = list(layer_of.values())[-1]"),
        edit(
            RATE,
            "at = (len(parameters) - 1 - list(parameters).index(name)) // 2\n"
            "        rate = learning_rate * decay**at",
        ),
    ),
    Mistake(
        "DS-09",
        FREEZING,
        "The step goes uphill. The gradient points towards a higher cost: subtract it.",
        edit("value - rate", "value + rate"),
    ),
    Mistake(
        "DS-10",
        FREEZING,
        "Some parameters of a layer stay behind, or are missing. All that carry its number move: W "
        "and b, and gamma and beta where there is batch norm.",
        edit(STEP, STEP + ' if name[0] == "W" else value'),
        edit(STEP, STEP + ' if name[:4] not in ("gamm", "beta") else value'),
        edit(
            STEP, "if name[0] == 'W' or name[:2] in ('b1', 'b2', 'b3', 'b4'):\n            " + STEP
        ),
        edit(STEP, "if name[0] == 'W':\n            " + STEP),
    ),
    Mistake(
        "DS-11",
        FREEZING,
        "A decay below 0 or above 1 gets through. It would send layers uphill, or move the early "
        "ones most: raise a ValueError.",
        edit(REFUSAL, ""),
        edit("not 0 <= decay <= 1", "decay < 0"),
        edit("not 0 <= decay <= 1", "decay > 1"),
    ),
    Mistake(
        "DS-12",
        FREEZING,
        "A decay of 0 or of 1 is refused. With 0 only the last layer moves, with 1 all move alike; "
        "both make sense.",
        edit("not 0 <= decay <= 1", "not 0 < decay < 1"),
    ),
    Mistake(
        "DS-13",
        FREEZING,
        "The caller's parameters or gradients change: an array by -= or *=, or the dict by an "
        "assignment. Make a new dict with new arrays.",
        edit("new = {}", "new = parameters"),
        edit(STEP, "value -= rate * grads['d' + name]\n        new[name] = value"),
        edit(STEP, "grads['d' + name] *= rate\n        new[name] = value - grads['d' + name]"),
    ),
    Mistake(
        "DS-14",
        FREEZING,
        "The share that a layer loses is taken for the share that it keeps. decay is what the "
        "layer before has of the rate.",
        edit("decay ** (last", "(1 - decay) ** (last"),
    ),
    Mistake(
        "DS-15",
        FREEZING,
        "A decay of 0 is refused. It makes sense: only the last layer moves then.",
        edit("not 0 <= decay <= 1", "not 0 < decay <= 1"),
    ),
    other_step(
        "DS-16", FREEZING, STEP.removeprefix("new[name] = "), "value", "rate", 'grads["d" + name]'
    ),
    Mistake(
        "DS-17",
        FREEZING,
        "The rates grow towards the first layer: they are divided by decay. From the last layer to "
        "the first they are multiplied by it.",
        edit(RATE, "rate = learning_rate / max(decay, 1e-12) ** (last - layer_of[name])"),
        edit(RATE, "rate = learning_rate / decay ** (last - layer_of[name])"),
    ),
    Mistake(
        "DS-18",
        FREEZING,
        "The rates go down by another law than one factor from layer to layer: an exponential or a "
        "fraction with decay in it, a factor too many. Each is decay times that of the next.",
        edit(RATE, "rate = learning_rate * np.exp(-decay * (last - layer_of[name]))"),
        edit(RATE, "rate = learning_rate / (1 + decay * (last - layer_of[name]))"),
        edit(RATE, "rate = learning_rate * decay ** ((last - layer_of[name]) / last)"),
        edit(RATE, "rate = learning_rate * decay ** (2 * (last - layer_of[name]))"),
        edit(RATE, "rate = (learning_rate * decay) ** (last - layer_of[name])"),
        edit(RATE, "rate = learning_rate ** (1 + last - layer_of[name]) * decay"),
    ),
    Mistake(
        "DS-19",
        FREEZING,
        "Only the last layer moves, or all but it. Each layer has a rate of its own.",
        edit(RATE, "rate = learning_rate * (layer_of[name] == last)"),
        edit(RATE, "rate = learning_rate * decay * (layer_of[name] < last)"),
    ),
    Mistake(
        "DS-20",
        FREEZING,
        "What comes back is not one dictionary: nothing, a list, or more beside it. Return the new "
        "dictionary with all parameters.",
        edit("return new", "return new, grads"),
        edit("return new", "return list(new.values())"),
        edit("return new", "return"),
        looks_like=lambda result, wanted, case: None if case.returns else type(result) is not dict,
    ),
)


def from_the_last(parameters, grads, learning_rate, decay):
    """Layer by layer from the last, the rate multiplied on the way."""
    if decay < 0 or decay > 1:
        raise ValueError(decay)
    new, layer = {}, 1
    while f"W{layer + 1}" in parameters:
        layer += 1
    while layer > 0:
        for kind in ("W", "b", "gamma", "beta"):
            if (name := f"{kind}{layer}") in parameters:
                new[name] = parameters[name] - learning_rate * grads[f"d{name}"]
        learning_rate, layer = learning_rate * decay, layer - 1
    return new


def by_digits(parameters, grads, learning_rate, decay):
    """The number by its digits, and rates in a list."""
    if not (decay >= 0 and decay <= 1):
        raise ValueError("decay")
    number = {key: int("".join(c for c in key if c.isdigit())) for key in parameters}
    rates = learning_rate * np.power(float(decay), np.arange(max(number.values())))[::-1]
    return {key: parameters[key] - rates[number[key] - 1] * grads["d" + key] for key in parameters}


TASK = Task(
    reference=ref.discriminative_step,
    returns="parameters",
    cases=cases,
    criteria=(
        Agrees("last layer", 0.5, "shallow", "last_parameters", beside="earlier layers"),
        Agrees("earlier layers", 1, "shallow", "earlier_parameters"),
        Agrees("batch norm, any order", 0.5, "mixed", beside="earlier layers"),
        Agrees("more than nine layers", 0.5, "deep", beside="earlier layers"),
        Agrees("decays of 0 and 1", 0.5, "ends", beside="earlier layers"),
        Agrees("other decays refused", 0.5, "refused", beside="*"),
        InputsUntouched(0.5, ("shallow", "mixed", "deep")),
    ),
    lecture=FREEZING,
    mistakes=MISTAKES,
    variants=(Variant("from the last", from_the_last), Variant("by digits", by_digits)),
    losses={
        "DS-16": "all",
        "DS-20": "all",
        "DS-19": "all",
        "DS-18": "all",
        "DS-17": "all",
        "DS-10": "all",
        "DS-10, way 2": "batch norm, any order",
        "DS-10, way 3": "last layer · batch norm, any order · more than nine layers",
        "DS-14": "all",
        "DS-15": "decays of 0 and 1",
        "DS-01": "all",
        "DS-02": "all",
        "DS-03": "all",
        "DS-04": "all",
        "DS-05": "all",
        "DS-06": "more than nine layers",
        "DS-07": "batch norm, any order",
        "DS-08": "batch norm, any order",
        "DS-09": "all",
        "DS-11": "other decays refused",
        "DS-12": "decays of 0 and 1",
        "DS-13": "inputs untouched",
    },
    promises={
        "parameters": Promise(
            value=(-1, 1.9),
            within=(-5, 5),
            rows=(1, 3),
            columns=(1, 3),
            layers=(1, 12),
            has=("other names", "another order"),
        ),
        "grads": Promise(
            value=(0.55, 1.45),
            within=(0.5, 1.5),
            rows=(1, 3),
            columns=(1, 3),
            layers=(1, 12),
            has=("other names", "another order"),
        ),
        "learning_rate": Promise(value=(0.23, 0.26), within=(0.2, 0.3)),
        "decay": Promise(value=(0, 1)),
    },
    equivalent={
        "no name has an underscore": (
            "layer_of = {name: int(name.lstrip('Wabemtg_')) for name in parameters}",
        ),
    },
)
