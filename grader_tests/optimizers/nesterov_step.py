"""`nesterov_step`: momentum with the gradient from where the velocity alone would lead."""

from __future__ import annotations

import numpy as np

from grader_tests.optimizers import CONVENTIONS, MOMENTUM
from grader_tests.optimizers import reference as ref
from grader_tests.optimizers.draws import (
    BY_LAYERS,
    BY_VELOCITY,
    IN_PLACE,
    KNOWN_NAMES,
    LAST,
    LAST_LAYER,
    UPHILL,
    WEIGHTS_ONLY,
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
    edit,
    fixed,
    script,
)

BOWL = """\
import numpy as np


def gradient(parameters):
    slope = sum(np.sum(value) for value in parameters.values()) / 8
    return {"d" + name: slopes["d" + name] * value + slope for name, value in parameters.items()}


"""
ONCE = BOWL + "result = nesterov_step(gradient, parameters, velocity, learning_rate, beta)"
DEFAULT = BOWL + "result = nesterov_step(gradient, parameters, velocity, learning_rate)"
SERIES = f"""\
{BOWL}for _ in range(3):
    parameters, velocity = nesterov_step(gradient, parameters, velocity, learning_rate, beta)
result = parameters, velocity"""


def cases(rng: np.random.Generator) -> list[Case]:
    """Bowls in which each gradient depends on all parameters; one step, and three in a row."""
    cases = []
    for code, dims, tag, words in (
        (ONCE, (3, 4, 1), "one", ""),
        (ONCE, (2, 3, 4, 2), "one", ""),
        (ONCE, (3, 3, 3), "one", ""),
        (DEFAULT, (2, 3, 1), "one", ", beta at its default"),
        (SERIES, (2, 3, 2, 1), "series", ", three steps from velocity 0"),
        (SERIES, (3, 2), "series", ", three steps from velocity 0"),
        (ONCE, (2, 4, 3), "names", " with batch norm"),
        (ONCE, (2,) * 12, "names", " with batch norm"),
    ):
        parameters = network(rng, dims, norm=tag == "names")
        low = 0.6 if len(dims) == 3 else 0.8
        given = {} if code == DEFAULT else {"beta": rng.uniform(low, low + 0.1)}
        cases.append(
            script(
                code,
                label=f"{layers(dims)}{words}",
                tags=tag,
                returns=("parameters", "velocity"),
                parameters=parameters,
                velocity=zeros(parameters) if tag == "series" else gradients(rng, parameters),
                slopes={key: np.abs(g) for key, g in gradients(rng, parameters).items()},
                learning_rate=rng.uniform(0.2, 0.5),
                **given,
            )
        )
    return cases


AHEAD = 'value - learning_rate * beta * velocity[f"d{name}"]'
ASKED = "grads = gradient(ahead)"
V = 'v = beta * velocity[f"d{name}"] + (1 - beta) * grads[f"d{name}"]'
MOVED = "new_parameters[name] = value - learning_rate * v"
KEEP = 'new_velocity[f"d{name}"] = v'
LOOP = "    new_parameters, new_velocity = {}, {}\n    for name, value in parameters.items():"


def one_after_the_other(gradient, parameters, velocity, learning_rate, beta=0.9):
    """Ask anew for each parameter, when the ones before it have moved."""
    moved, new_velocity = dict(parameters), {}
    for name, value in parameters.items():
        ahead = dict(moved)
        ahead[name] = value - learning_rate * beta * velocity["d" + name]
        v = beta * velocity["d" + name] + (1 - beta) * gradient(ahead)["d" + name]
        moved[name] = value - learning_rate * v
        new_velocity["d" + name] = v
    return moved, new_velocity


def each_alone(gradient, parameters, velocity, learning_rate, beta=0.9):
    """Ask for each parameter with the others where they are."""
    moved, new_velocity = {}, {}
    for name, value in parameters.items():
        ahead = {**parameters, name: value - learning_rate * beta * velocity["d" + name]}
        v = beta * velocity["d" + name] + (1 - beta) * gradient(ahead)["d" + name]
        moved[name] = value - learning_rate * v
        new_velocity["d" + name] = v
    return moved, new_velocity


def moved_there_and_on(gradient, parameters, velocity, learning_rate, beta=0.9):
    """Move the caller's parameters to the place of the gradient, and back."""
    for name in parameters:
        parameters[name] -= learning_rate * beta * velocity["d" + name]
    grads = gradient(parameters)
    moved, new_velocity = {}, {}
    for name in parameters:
        v = beta * velocity["d" + name] + (1 - beta) * grads["d" + name]
        moved[name] = parameters[name] - learning_rate * (1 - beta) * grads["d" + name]
        new_velocity["d" + name] = v
    return moved, new_velocity


MISTAKES = (
    Mistake(
        "NE-01",
        MOMENTUM,
        "This is plain momentum: the gradient is taken where the parameters are. Nesterov takes it "
        "where the velocity is about to carry them.",
        edit(ASKED, "grads = gradient(parameters)"),
    ),
    Mistake(
        "NE-02",
        MOMENTUM,
        "The place of the gradient is too far ahead. How far would momentum alone carry the "
        "parameters? In such a step the velocity shrinks before it moves anything.",
        edit(AHEAD, 'value - learning_rate * velocity[f"d{name}"]'),
        edit(AHEAD, 'value - velocity[f"d{name}"]'),
        edit(AHEAD, 'value - beta * velocity[f"d{name}"]'),
    ),
    Mistake(
        "NE-03",
        MOMENTUM,
        "The place of the gradient lies behind, not ahead: steps go against the velocity, here as "
        "in the update.",
        edit(AHEAD, AHEAD.replace("value -", "value +")),
        edit(AHEAD, 'value + learning_rate * velocity[f"d{name}"]'),
        edit(AHEAD, 'value + beta * velocity[f"d{name}"]'),
    ),
    Mistake(
        "NE-04",
        MOMENTUM,
        "The place of the gradient is not far enough ahead. How far would momentum alone carry "
        "the parameters? It is beta that tells how much of the velocity is left then.",
        edit(AHEAD, 'value - learning_rate * (1 - beta) * velocity[f"d{name}"]'),
        edit(AHEAD, 'value - learning_rate * beta * beta * velocity[f"d{name}"]'),
    ),
    Mistake(
        "NE-05",
        MOMENTUM,
        "The step starts from the place where the gradient was taken, so the velocity moves the "
        "parameters twice. They only look ahead: the step starts where they are.",
        edit(MOVED, "new_parameters[name] = ahead[name] - learning_rate * v"),
    ),
    Mistake(
        "NE-06",
        CONVENTIONS,
        "The gradient comes in with its full weight. Here the velocity is an average: the gradient "
        "gets what beta leaves.",
        edit(V, V.replace("(1 - beta) * ", "")),
    ),
    Mistake(
        "NE-07",
        MOMENTUM,
        "The step goes along the old velocity, or the old velocity is returned. It is used for "
        "looking ahead; the new one makes the step.",
        edit(MOVED, 'new_parameters[name] = value - learning_rate * velocity[f"d{name}"]'),
        edit(KEEP, 'new_velocity[f"d{name}"] = velocity[f"d{name}"]'),
    ),
    Mistake(
        "NE-08",
        MOMENTUM,
        "The gradient is asked for again and again, with one parameter ahead and the others not. "
        "All look ahead together: ask once, for all.",
        one_after_the_other,
        each_alone,
    ),
    Mistake(
        "NE-09",
        MOMENTUM,
        IN_PLACE,
        edit("ahead = {}", "ahead = parameters = {**parameters}")
        .then(AHEAD, 'np.subtract(value, learning_rate * beta * velocity[f"d{name}"], out=value)')
        .then(MOVED, MOVED.replace("* v", '* (1 - beta) * grads[f"d{name}"]')),
        moved_there_and_on,
        edit(
            "new_parameters, new_velocity = {}, {}", "new_parameters, new_velocity = {}, velocity"
        ),
        edit(
            "new_parameters, new_velocity = {}, {}", "new_parameters, new_velocity = parameters, {}"
        ),
    ),
    Mistake(
        "NE-10",
        MOMENTUM,
        "beta or the learning rate has a fixed value. Use the arguments, whatever their defaults "
        "are.",
        edit("", "learning_rate = 0.05"),
        numbers=fixed("beta", "learning_rate"),
    ),
    Mistake("NE-11", MOMENTUM, UPHILL, edit(MOVED, MOVED.replace("value -", "value +"))),
    Mistake(
        "NE-12",
        MOMENTUM,
        WEIGHTS_ONLY,
        edit(MOVED, MOVED + ' if name.startswith("W") else value'),
    ),
    Mistake("NE-13", MOMENTUM, LAST_LAYER, edit(MOVED, f"{MOVED} if not {LAST} else value")),
    Mistake(
        "NE-14",
        MOMENTUM,
        KNOWN_NAMES,
        edit(LOOP, LOOP + '\n        if name[:-1] not in ("W", "b"):\n            continue'),
        *(edit("parameters.items()", items, 2) for items in (BY_LAYERS, BY_VELOCITY)),
    ),
    Mistake(
        "NE-15",
        MOMENTUM,
        "The short form of some frameworks is here: the gradient where the parameters are, and a "
        "step that looks ahead. It walks another path.",
        edit(ASKED, "grads = gradient(parameters)").then(
            MOVED, MOVED.replace("* v", '* (beta * v + (1 - beta) * grads[f"d{name}"])')
        ),
        edit(ASKED, "grads = gradient(parameters)")
        .then(V, V.replace("(1 - beta) * ", ""))
        .then(MOVED, MOVED.replace("* v", '* (beta * v + grads[f"d{name}"])')),
    ),
    Mistake(
        "NE-16",
        MOMENTUM,
        "beta weighs the gradient. It is the share of the old velocity that stays.",
        edit(V, 'v = (1 - beta) * velocity[f"d{name}"] + beta * grads[f"d{name}"]'),
    ),
    Mistake(
        "NE-17",
        MOMENTUM,
        "The parameters move by the gradient from ahead, and the velocity takes no part. Step "
        "along the velocity.",
        edit(MOVED, 'new_parameters[name] = value - learning_rate * grads[f"d{name}"]'),
    ),
    Mistake(
        "NE-18",
        MOMENTUM,
        "Velocity and parameters come back in the other order, or the place of the gradient in "
        "place of the parameters.",
        edit("return new_parameters, new_velocity", "return new_velocity, new_parameters"),
        edit("return new_parameters, new_velocity", "return ahead, new_velocity"),
    ),
    Mistake(
        "NE-19",
        CONVENTIONS,
        "The learning rate is inside the velocity. That is another convention; here the velocity "
        "is an average of gradients, and the learning rate stands before it wherever it moves "
        "something.",
        edit(AHEAD, 'value - beta * velocity[f"d{name}"]')
        .then(V, V.replace("(1 - beta) *", "learning_rate *"))
        .then(MOVED, "new_parameters[name] = value - v"),
        edit(V, V.replace("(1 - beta) *", "learning_rate *")).then(
            MOVED, "new_parameters[name] = value - v"
        ),
        edit(V, V.replace("(1 - beta) *", "learning_rate * (1 - beta) *")).then(
            MOVED, "new_parameters[name] = value - v"
        ),
        edit(V, V.replace("(1 - beta) *", "learning_rate *")),
        edit(V, V.replace("(1 - beta) *", "learning_rate * (1 - beta) *")),
        edit(AHEAD, 'value + beta * velocity[f"d{name}"]')
        .then(V, V.replace("+ (1 - beta) *", "- learning_rate *"))
        .then(MOVED, "new_parameters[name] = value + v"),
    ),
    other_parts("NE-20", MOMENTUM, ("parameters", "velocity"), ("new_parameters", "new_velocity")),
    Mistake(
        "NE-21",
        MOMENTUM,
        "The keys are others than those that came in. Parameters keep their names, and an average "
        "has the key of its gradient, with the d in front: the next step looks for it there.",
        edit(KEEP, "new_velocity[name] = v"),
        edit(MOVED, MOVED.replace("[name]", '["d" + name]')),
        looks_like=other_keys,
    ),
    Mistake(
        "NE-22",
        MOMENTUM,
        "It looks ahead twice: the gradient is taken ahead, and the step is lengthened once more. "
        "The step goes along the new velocity, and nothing else.",
        edit(MOVED, MOVED.replace("* v", '* (beta * v + (1 - beta) * grads[f"d{name}"])')),
        edit(MOVED, MOVED.replace("* v", '* (beta * v + grads[f"d{name}"])')),
        edit(MOVED, MOVED.replace("* v", "* (1 + beta) * v")),
    ),
    Mistake(
        "NE-23",
        MOMENTUM,
        "Only a part of the parameters looks ahead, such as the weights. The gradient is asked for "
        "where all of them would be.",
        edit(f"ahead[name] = {AHEAD}", f'ahead[name] = {AHEAD} if name[0] == "W" else value'),
        edit(f"ahead[name] = {AHEAD}", f'if name[0] == "W":\n            ahead[name] = {AHEAD}'),
    ),
    Mistake(
        "NE-24",
        MOMENTUM,
        "The velocity leaves its old value out, or takes it in whole. beta is the share of it that "
        "stays.",
        edit(V, 'v = (1 - beta) * grads[f"d{name}"]'),
        edit(V, 'v = grads[f"d{name}"]'),
        edit(V, 'v = velocity[f"d{name}"] + (1 - beta) * grads[f"d{name}"]'),
        edit(V, 'v = velocity[f"d{name}"] + grads[f"d{name}"]'),
        edit(V, 'v = beta * velocity[f"d{name}"] - (1 - beta) * grads[f"d{name}"]'),
    ),
)


def ahead_by_a_step_without_gradient(gradient, parameters, velocity, learning_rate, beta=0.9):
    """Two steps of momentum from the same place: one with gradients of 0, to look, and one."""

    def step(grads):
        v = {key: beta * old + (1 - beta) * grads[key] for key, old in velocity.items()}
        return {name: w - learning_rate * v["d" + name] for name, w in parameters.items()}, v

    ahead, _ = step(dict.fromkeys(velocity, 0.0))
    return step(gradient(ahead))


def from_ahead(gradient, parameters, velocity, learning_rate, beta=0.9):
    """Go on from the place of the gradient by what the gradient adds."""
    there = {}
    for name in parameters:
        there[name] = parameters[name] - beta * learning_rate * velocity["d" + name]
    grads = gradient(there)
    new = {key: (1 - beta) * grads[key] + beta * velocity[key] for key in velocity}
    for name in there:
        there[name] = there[name] - learning_rate * (1 - beta) * grads["d" + name]
    return there, new


TASK = Task(
    reference=ref.nesterov_step,
    returns=("parameters", "velocity"),
    cases=cases,
    criteria=(
        Agrees("velocity", 2, "one", "velocity"),
        Agrees("parameters", 1, "one", "parameters"),
        Agrees("three steps in a row", 1, "series"),
        Agrees("parameters of any name", 1, "names"),
        InputsUntouched(1, "one"),
    ),
    lecture=MOMENTUM,
    mistakes=MISTAKES,
    variants=(
        Variant("a step without gradient", ahead_by_a_step_without_gradient),
        Variant("on from ahead", from_ahead),
    ),
    losses={
        "NE-20": "all",
        "NE-21": "all but parameters · inputs untouched",
        "NE-21, way 2": "all but velocity · inputs untouched",
        "NE-22": "all but velocity · inputs untouched",
        "NE-23": "all",
        "NE-24": "all",
        "NE-01": "all",
        "NE-02": "all",
        "NE-03": "all",
        "NE-04": "all",
        "NE-05": "all but velocity · inputs untouched",
        "NE-06": "all",
        "NE-07": "all but velocity · inputs untouched",
        "NE-07, way 2": "all but parameters · inputs untouched",
        "NE-08": "all",
        "NE-09": "inputs untouched",
        "NE-10": "all",
        "NE-11": "all but velocity · inputs untouched",
        "NE-12": "all but velocity · inputs untouched",
        "NE-13": "all but velocity · inputs untouched",
        "NE-14": "parameters of any name",
        "NE-15": "all",
        "NE-16": "all",
        "NE-17": "all but velocity · inputs untouched",
        "NE-18": "all",
        "NE-18, way 2": "all but velocity · inputs untouched",
        "NE-19": "all",
    },
    promises={
        "parameters": Promise(
            value=(-5.8, 5.9),
            within=(-6, 6),
            rows=(1, 4),
            columns=(1, 4),
            layers=(1, 11),
            has=("other names",),
        ),
        "velocity": Promise(
            value=(-2.4, 2.4),
            within=(-3, 3),
            rows=(1, 4),
            columns=(1, 4),
            layers=(1, 11),
            has=(
                "0",
                "a constant row",
                "equal neighbours",
                "other names",
            ),
        ),
        "learning_rate": Promise(value=(0.3, 0.39), within=(0.2, 0.5)),
        "beta": Promise(value=(0.68, 0.84), within=(0.6, 0.9)),
    },
    equivalent={"both are empty dicts": ("new_velocity, new_parameters = {}, {}",)},
)
