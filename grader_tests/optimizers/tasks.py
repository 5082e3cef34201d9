"""Tasks of ``module2_optimization/optimizers.ipynb``.

Ids MO, RM and AD are those of the course's catalogue of misconceptions (momentum up to 13, RMSprop
up to 12, Adam up to 26); the others of these series, and IN (initial state), are this notebook's
own. `CATALOGUE` counts each series, `LEFT_OUT` says why an id has no wrong function here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from grader_tests.optimizers import reference as ref
from grading.marking.task import (
    Case,
    Criterion,
    Lecture,
    Misconception,
    Task,
    Variant,
    call,
    inputs_untouched,
    misconceptions,
    script,
)

NOTEBOOK = "module2_optimization/03_momentum_rmsprop_adam.ipynb"
MOMENTUM = Lecture(NOTEBOOK, "Momentum")
CONVENTIONS = Lecture(NOTEBOOK, "Three conventions")
RMSPROP = Lecture(NOTEBOOK, "RMSprop")
ROOT_MISSING = Lecture(NOTEBOOK, "The root")
EXPONENT = Lecture(NOTEBOOK, "Accumulator and exponent")
ADAM = Lecture(NOTEBOOK, "Adam")
AS_PRINTED = Lecture(NOTEBOOK, "As printed and as it is")
EPSILON = Lecture(NOTEBOOK, "Where epsilon stands")
EPSILON_HAT = Lecture(NOTEBOOK, "Epsilon-hat")
BIAS = Lecture("module2_optimization/02_weighted_averages.ipynb", "Bias correction")

CATALOGUE = {"IN": 9, "MO": 18, "RM": 21, "AD": 37}
LEFT_OUT = {
    "AD-02": "corrected averages that are computed and not used give the values of AD-01",
    "AD-04": "a t that stays at 1 gives the values of AD-23",
    "AD-06": "the caller counts the updates; the lecture shows what counting epochs does",
}

Arrays = dict[str, np.ndarray]


# ---------------------------------------------------------------- what the cases are made of


def network(rng: np.random.Generator, dims: Sequence[int], norm: bool = False) -> Arrays:
    """Draw the parameters of a network, with gamma and beta for b in hidden layers if `norm`.

    None comes near 0 in a few steps: relative to such a one, even an epsilon of 1e-8 could be seen.
    """

    def draw(*shape: int) -> np.ndarray:
        return rng.choice([-1, 1], shape) * rng.uniform(3, 6, shape)

    parameters = {}
    for l in range(1, len(dims)):
        column = draw(dims[l], 1)
        parameters[f"W{l}"] = draw(dims[l], dims[l - 1])
        if norm and l < len(dims) - 1:
            parameters |= {f"gamma{l}": column, f"beta{l}": draw(dims[l], 1)}
        else:
            parameters[f"b{l}"] = column
    return parameters


def gradients(rng: np.random.Generator, parameters: Arrays) -> Arrays:
    """Draw gradients of both signs, from small to large."""
    return {
        f"d{name}": rng.choice([-1, 1], value.shape) * np.exp(rng.uniform(-2, 1, value.shape))
        for name, value in parameters.items()
    }


def squares(rng: np.random.Generator, parameters: Arrays) -> Arrays:
    """Draw running mean squares."""
    return {f"d{name}": rng.uniform(0.5, 4, value.shape) for name, value in parameters.items()}


def zeros(parameters: Arrays) -> Arrays:
    """The state before the first update."""
    return {f"d{name}": np.zeros(value.shape) for name, value in parameters.items()}


def bowl(rng: np.random.Generator) -> tuple[Arrays, Arrays]:
    """Draw the curvatures of a bowl, from 1 to 100, and a start away from its minimum.

    So far away that 200 steps of 0.01 leave every parameter large; see :func:`network`.
    """
    curvature = {"W1": np.array([[1.0, 30.0], [10.0, 3.0]]), "b1": np.array([[100.0], [1.0]])}
    start = {
        name: rng.choice([-1, 1], value.shape) * rng.uniform(6, 9, value.shape)
        for name, value in curvature.items()
    }
    return start, curvature


def layers(dims: Sequence[int]) -> str:
    """Name a network for the student."""
    return f"layers {list(dims)}"


def other_number(count: int, result: object, wanted: tuple, case: Case) -> bool:
    """Recognise an answer that is not `count` things."""
    return not isinstance(result, tuple | list) or len(result) != count


# ---------------------------------------------------------------- initial states

OWN = """\
{state} = {function}(parameters)
for count, name in enumerate(sorted(parameters), start=1):
    {first}["d" + name] += count
result = {state}, parameters"""


def initial_cases(
    rng: np.random.Generator, function: str, state: str, returns: tuple[str, ...]
) -> list[Case]:
    """Networks of several sizes, and writing into the state afterwards."""
    cases = [
        call(function, network(rng, dims, norm), label=layers(dims) + words, tag="plain")
        for dims, norm, words in (
            ((3, 4, 1), False, ""),
            ((2, 3, 4, 2), False, ""),
            ((3, 3, 3, 3), True, " with batch norm"),
            ((4, 2, 3), True, " with batch norm"),
        )
    ]
    code = OWN.format(state=state, function=function, first=state.split(",")[0])
    for dims in ((1, 1, 1), (1, 4)):
        cases.append(
            script(
                code,
                label=f"{layers(dims)}, adding a number to each array afterwards",
                tag="own",
                returns=(*returns, "parameters"),
                parameters=network(rng, dims),
            )
        )
    return cases


def initial_misconceptions(
    reference: Callable, lecture: Lecture, first: str, count: int
) -> tuple[Misconception, ...]:
    """Wrong states before the first update; the zeros are made `count` times, `first` comes first.

    The state of Adam is made of two dicts, the others of one.
    """
    initial = partial(misconceptions, reference)
    key, made, items = 'f"d{name}"', "np.zeros(value.shape)", "in parameters.items()"
    last = "[f'W{len(parameters) // 2}', f'b{len(parameters) // 2}']"
    return (
        *initial(
            "IN-01", lecture,
            "The keys are those of the parameters. The state belongs to the gradients: put a d in "
            "front.",
            [(key, "name", count)],
        ),
        *initial(
            "IN-02", lecture,
            "All entries are one and the same array: who changes one changes all. Make an array "
            "for each.",
            [(first, f"zeros = np.zeros(next(iter(parameters.values())).shape)\n    {first}"),
             (made, "zeros", count)],
        ),
        *initial(
            "IN-03", lecture,
            "The state does not start at zero. Nothing has been averaged yet, so every entry is 0.",
            [(made, "np.ones(value.shape)", count)],
            [(made, "value.copy()", count)],
        ),
        *initial(
            "IN-04", lecture,
            "Only the weights W have a state. Every parameter needs one.",
            [(items, items + " if name.startswith('W')", count)],
        ),
        *initial(
            "IN-05", lecture,
            "The last layer has no state. Count layers up to and including L, or go through the "
            "dictionary.",
            [(items, f"{items} if name not in {last}", count)],
        ),
        *initial(
            "IN-06", lecture,
            "The arrays have other shapes than the parameters. Each has the shape of its own "
            "parameter.",
            [(made, "np.zeros(value.size)", count)],
            [(made, "np.zeros(value.shape[0])", count)],
            [(made, "np.zeros((value.shape[0], 1))", count)],
        ),
        *initial(
            "IN-07", lecture,
            "The entries are single numbers. Make arrays of the parameters' shapes.",
            [(made, "0.0", count)],
        ),
        *initial(
            "IN-08", lecture,
            "The parameters themselves are set to zero. The state needs arrays of its own.",
            [(made, "np.multiply(value, 0, out=value)", count)],
        ),
        *initial(
            "IN-09", lecture,
            "Only W and b have a state. With batch norm there are gamma and beta too: go through "
            "all names of the dictionary.",
            [(items, items + " if name[0] == 'W' or name[:2] in ('b1', 'b2', 'b3')", count)],
        ),
    )  # fmt: skip


def initial_task(
    reference: Callable,
    returns: str | tuple[str, str],
    lecture: Lecture,
    first: str,
    more: tuple[Misconception, ...] = (),
    variants: tuple[Variant, ...] = (),
) -> Task:
    """The task of an initial state."""
    names = returns if isinstance(returns, tuple) else (returns,)
    return Task(
        reference=reference,
        returns=returns,
        cases=partial(
            initial_cases, function=reference.__name__, state=", ".join(names), returns=names
        ),
        criteria=(
            Criterion("a zero for each entry", 1, "plain"),
            Criterion("arrays of their own", 0.5, "own"),
            inputs_untouched(0.5, "plain"),
        ),
        lecture=lecture,
        misconceptions=initial_misconceptions(reference, lecture, first, len(names)) + more,
        variants=variants,
    )


def zeros_like(parameters):
    """A loop that fills a dict."""
    state = {}
    for name in parameters:
        state["d" + name] = np.zeros_like(parameters[name])
    return state


def times_zero(parameters):
    """Multiply by zero, with the names of the layers."""
    v, s = {}, {}
    for key, value in parameters.items():
        v["d" + key] = 0 * value
        s["d" + key] = v["d" + key].copy()
    return (v, s)


def one_dict(parameters):
    """Give two names to one dict."""
    v = s = {f"d{name}": np.zeros(value.shape) for name, value in parameters.items()}
    return v, s


INITIALIZE_VELOCITY = initial_task(
    ref.initialize_velocity, "velocity", MOMENTUM, "return {",
    variants=(Variant("zeros_like", zeros_like),),
)  # fmt: skip
INITIALIZE_RMSPROP = initial_task(
    ref.initialize_rmsprop, "s", RMSPROP, "return {",
    variants=(Variant("zeros_like", zeros_like),),
)  # fmt: skip
INITIALIZE_ADAM = initial_task(
    ref.initialize_adam, ("v", "s"), ADAM, "v = {",
    more=(
        *misconceptions(
            ref.initialize_adam, "AD-18", ADAM,
            "v and s are one and the same dictionary, or hold the same arrays: what is written "
            "into one appears in the other. Make two.",
            one_dict,
            [("    return v, s", "    s = dict(v)\n    return v, s")],
        ),
        *misconceptions(
            ref.initialize_adam, "AD-21", ADAM,
            "The function returns something else than two dictionaries: v for the mean and s for "
            "the mean square.",
            [("return v, s", "return v")],
            [("return v, s", "return {'v': v, 's': s}")],
            looks_like=partial(other_number, 2),
        ),
    ),
    variants=(Variant("times zero", times_zero),),
)  # fmt: skip


# ---------------------------------------------------------------- what the three steps share

LAST = "int(name[-1]) == max(int(key[-1]) for key in parameters)"
NAMED = "for name, value in parameters.items():"
G = 'g = grads[f"d{name}"]'

LAST_LAYER = (
    "The last layer does not move. Count layers up to and including L, or go through all names of "
    "the dictionary."
)
WEIGHTS_ONLY = "Only the weights W move. Every parameter does, the biases too."
KNOWN_NAMES = (
    "Only W and b are there afterwards. With batch norm there are gamma and beta too: go through "
    "all names of the dictionary."
)
UPHILL = "The step goes up the slope: subtract it."
IN_PLACE = (
    "A dictionary or an array of the caller's is changed. Fill new dictionaries with new arrays: "
    "x = x - a, not x -= a."
)


# ---------------------------------------------------------------- momentum_step

SERIES = """\
for grads in gradients:
    parameters, velocity = momentum_step(parameters, grads, velocity, learning_rate, beta)
result = parameters, velocity"""

BOWL = """\
for _ in range(200):
    grads = {"d" + name: curvature[name] * value for name, value in parameters.items()}
    parameters, velocity = momentum_step(parameters, grads, velocity, learning_rate, beta)
result = parameters, velocity"""


def momentum_cases(rng: np.random.Generator) -> list[Case]:
    """Single steps from a velocity that is not 0, three in a row from 0, and 200 down a bowl."""
    cases = []
    for dims, low, high, tag in (
        ((3, 4, 1), 0.6, 0.7, "one"),
        ((2, 3, 4, 2), 0.78, 0.84, "one"),
        ((3, 3, 3, 3), 0.3, 0.4, "one"),
        ((4, 2, 3), 0, 0, "one"),
        ((2, 4, 3), 0.6, 0.7, "names"),
        ((3, 3, 3, 3), 0.78, 0.84, "names"),
    ):
        parameters = network(rng, dims, norm=tag == "names")
        options = {"beta": rng.uniform(low, high)} if high else {}
        beta = f"beta = {options['beta']:.2g}" if high else "beta not given"
        norm = " with batch norm" if tag == "names" else ""
        cases.append(
            call(
                "momentum_step",
                parameters,
                gradients(rng, parameters),
                gradients(rng, parameters),
                rng.uniform(0.2, 0.5),
                label=f"{layers(dims)}{norm}, {beta}",
                tag=tag,
                **options,
            )
        )
    for dims in ((3, 3, 3, 3), (2, 3, 2, 1)):
        parameters = network(rng, dims)
        cases.append(
            script(
                SERIES,
                label=f"{layers(dims)}, three steps from velocity 0",
                tag="series",
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
            tag="bowl",
            returns=("parameters", "velocity"),
            parameters=start,
            velocity=zeros(start),
            curvature=curvature,
            learning_rate=0.015,
            beta=0.9,
        )
    )
    return cases


momentum = partial(misconceptions, ref.momentum_step)

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


MOMENTUM_MISCONCEPTIONS = (
    *momentum(
        "MO-01", MOMENTUM,
        "The velocity is returned as it came, so the next step knows nothing of this one. Return "
        "the new one.",
        [(KEEP_V, 'new_velocity[f"d{name}"] = velocity[f"d{name}"]')],
    ),
    *momentum(
        "MO-02", CONVENTIONS,
        "The gradient comes in with its full weight. That is another convention; here the velocity "
        "is an average, and the gradient's weight is what beta leaves.",
        [("(1 - beta) * g", "g")],
    ),
    *momentum(
        "MO-03", CONVENTIONS,
        "The learning rate is inside the velocity, and the sign of the update does not fit: the "
        "step goes uphill. Keep the learning rate for the update, and go down along the velocity.",
        [(V, 'v = beta * velocity[f"d{name}"] - learning_rate * g'),
         (W_OF_V, "new_parameters[name] = value - v")],
        [(V, 'v = beta * velocity[f"d{name}"] + learning_rate * g'),
         (W_OF_V, "new_parameters[name] = value + v")],
    ),
    *momentum(
        "MO-04", CONVENTIONS,
        "The learning rate comes in twice, in the velocity and in the update. It belongs to the "
        "update.",
        [("(1 - beta) * g", "(1 - beta) * learning_rate * g")],
        [("(1 - beta) * g", "learning_rate * g")],
    ),
    *momentum(
        "MO-05", MOMENTUM,
        "beta weighs the gradient. It is the share of the old velocity that stays.",
        [(V, 'v = (1 - beta) * velocity[f"d{name}"] + beta * g')],
    ),
    *momentum(
        "MO-06", MOMENTUM,
        "The parameters move with the old velocity. Update the velocity first.",
        [(W_OF_V, 'new_parameters[name] = value - learning_rate * velocity[f"d{name}"]')],
    ),
    *momentum(
        "MO-07", MOMENTUM,
        "The velocity of a layer is built from that of the layer before it. The average runs over "
        "the updates, not over the layers: take this parameter's own old velocity.",
        momentum_between_layers,
    ),
    *momentum(
        "MO-08", MOMENTUM, WEIGHTS_ONLY,
        [(W_OF_V, W_OF_V + ' if name.startswith("W") else value')],
    ),
    *momentum(
        "MO-09", MOMENTUM,
        "The velocity is made in the arrays of grads, which the caller still needs. Make new "
        "arrays.",
        momentum_in_grads,
    ),
    *momentum(
        "MO-10", BIAS,
        "The velocity is corrected for its start at 0. Momentum does without; it is Adam that "
        "corrects.",
        [(W_OF_V, W_OF_V + " / (1 - beta)")],
        [(V, V + "\n        v = v / (1 - beta)")],
    ),
    *momentum("MO-11", MOMENTUM, UPHILL, [("value - learning_rate", "value + learning_rate")]),
    *momentum(
        "MO-12", MOMENTUM,
        "This is Nesterov's momentum, which looks one step ahead. Here the step goes along the "
        "velocity itself.",
        [(W_OF_V, "new_parameters[name] = value - learning_rate * (beta * v + (1 - beta) * g)")],
    ),
    *momentum(
        "MO-13", MOMENTUM, IN_PLACE,
        [("{}, {}", "parameters, velocity")],
        [("{}, {}", "parameters, {}")],
        [("{}, {}", "{}, velocity")],
    ),
    *momentum(
        "MO-14", CONVENTIONS,
        "The learning rate is inside the velocity. That is another convention; here the velocity "
        "is an average of gradients, and the learning rate belongs to the update.",
        [(V, 'v = beta * velocity[f"d{name}"] - learning_rate * g'),
         (W_OF_V, "new_parameters[name] = value + v")],
        [(V, 'v = beta * velocity[f"d{name}"] + learning_rate * g'),
         (W_OF_V, "new_parameters[name] = value - v")],
    ),
    *momentum(
        "MO-15", MOMENTUM,
        "beta has a fixed value. Use the argument, whatever its default is.",
        [(V, V.replace("beta", "0.9"))],
    ),
    *momentum("MO-16", MOMENTUM, LAST_LAYER, [(W_OF_V, f"{W_OF_V} if not {LAST} else value")]),
    *momentum(
        "MO-17", MOMENTUM, KNOWN_NAMES,
        [(NAMED, NAMED + '\n        if name[:-1] not in ("W", "b"):\n            continue')],
    ),
    *momentum(
        "MO-18", MOMENTUM,
        "The parameters move by the gradient, so the velocity is of no use. Step along the "
        "velocity.",
        [(W_OF_V, "new_parameters[name] = value - learning_rate * g")],
    ),
)  # fmt: skip


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


MOMENTUM_STEP = Task(
    reference=ref.momentum_step,
    returns=("parameters", "velocity"),
    cases=momentum_cases,
    criteria=(
        Criterion("velocity", 4, "one", "velocity"),
        Criterion("parameters", 4, "one", "parameters"),
        Criterion("three steps in a row", 1, "series"),
        Criterion("200 steps down a bowl", 1, "bowl"),
        Criterion("parameters of any name", 1, "names"),
        inputs_untouched(1, "one"),
    ),
    lecture=MOMENTUM,
    misconceptions=MOMENTUM_MISCONCEPTIONS,
    variants=(
        Variant("difference", momentum_by_difference),
        Variant("copies", momentum_on_copies),
    ),
)


# ---------------------------------------------------------------- rmsprop_step

RMSPROP_SERIES = """\
for grads in gradients:
    parameters, s = rmsprop_step(parameters, grads, s, learning_rate, beta2, epsilon)
result = parameters, s"""

RMSPROP_BOWL = """\
for _ in range(200):
    grads = {"d" + name: curvature[name] * value for name, value in parameters.items()}
    parameters, s = rmsprop_step(parameters, grads, s, learning_rate, beta2=beta2)
result = parameters, s"""


def rmsprop_cases(rng: np.random.Generator) -> list[Case]:
    """As for momentum, with epsilon small and large, and with entries that have no gradient."""
    cases = []
    for dims, options, tag in (
        ((3, 4, 1), {"beta2": rng.uniform(0.6, 0.7), "epsilon": 1e-8}, "one small"),
        ((2, 3, 4, 2), {"beta2": rng.uniform(0.78, 0.84), "epsilon": 1e-8}, "one small"),
        ((3, 3, 3, 3), {"beta2": rng.uniform(0.3, 0.4)}, "one small"),
        ((4, 2, 3), {}, "one small"),
        ((3, 4, 1), {"beta2": rng.uniform(0.6, 0.7), "epsilon": 0.3}, "one large"),
        ((2, 3, 4, 2), {"beta2": rng.uniform(0.78, 0.84), "epsilon": 0.3}, "one large"),
        ((2, 4, 3), {"beta2": rng.uniform(0.6, 0.7)}, "names"),
        ((3, 3, 3, 3), {"beta2": rng.uniform(0.78, 0.84)}, "names"),
    ):
        parameters = network(rng, dims, norm=tag == "names")
        norm = " with batch norm" if tag == "names" else ""
        settings = "".join(f", {name} = {value:.2g}" for name, value in options.items())
        cases.append(
            call(
                "rmsprop_step",
                parameters,
                gradients(rng, parameters),
                squares(rng, parameters),
                rng.uniform(0.2, 0.5),
                label=f"{layers(dims)}{norm}{settings}",
                tag=tag,
                **options,
            )
        )
    for epsilon in (1e-8, 0.3):
        parameters = network(rng, (2, 3, 1))
        grads = gradients(rng, parameters)
        grads["dW1"][0], grads["db2"][0] = 0, 0
        cases.append(
            call(
                "rmsprop_step",
                parameters,
                grads,
                zeros(parameters),
                rng.uniform(0.2, 0.5),
                label=f"gradients of 0 in the first step, epsilon = {epsilon:g}",
                tag="zero large" if epsilon == 0.3 else "zero",
                beta2=rng.uniform(0.6, 0.7),
                epsilon=epsilon,
            )
        )
    for dims in ((3, 3, 3, 3), (2, 3, 2, 1)):
        parameters = network(rng, dims)
        cases.append(
            script(
                RMSPROP_SERIES,
                label=f"{layers(dims)}, three steps from s = 0",
                tag="series",
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
            RMSPROP_BOWL,
            label="200 steps down a bowl with curvatures 1 to 100, beta2 = 0.9",
            tag="bowl",
            returns=("parameters", "s"),
            parameters=start,
            s=zeros(start),
            curvature=curvature,
            learning_rate=0.008,
            beta2=0.9,
        )
    )
    return cases


rmsprop = partial(misconceptions, ref.rmsprop_step)

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


RMSPROP_MISCONCEPTIONS = (
    *rmsprop(
        "RM-01", ROOT_MISSING,
        "The root is missing: divided by the mean square, the smaller a gradient, the larger its "
        "step.",
        [(ROOT, "(square + epsilon)")],
    ),
    *rmsprop(
        "RM-02", EPSILON,
        "epsilon is inside the root. Here it is added to the root.",
        [(ROOT, "np.sqrt(square + epsilon)")],
    ),
    *rmsprop(
        "RM-03", EPSILON,
        "epsilon is added to the quotient, because of missing brackets. It belongs to the "
        "denominator.",
        [(f"g / {ROOT}", "(g / np.sqrt(square) + epsilon)")],
        [(ROOT, "np.sqrt(square) + epsilon")],
    ),
    *rmsprop(
        "RM-04", EPSILON,
        "epsilon is not used. Without it, a gradient that has always been 0 gives 0/0.",
        [(ROOT, "np.sqrt(square)")],
    ),
    *rmsprop(
        "RM-05", RMSPROP,
        "The new square comes in with its full weight, so s is a sum, as in AdaGrad, and the steps "
        "come out too short. RMSprop averages: what beta2 leaves is the weight of the square.",
        [(S, 'square = s[f"d{name}"] + g**2')],
        [(S, 'square = beta2 * s[f"d{name}"] + g**2')],
    ),
    *rmsprop(
        "RM-06", RMSPROP,
        "beta2 weighs the new square. It is the share of the old average that stays.",
        [(S, 'square = (1 - beta2) * s[f"d{name}"] + beta2 * g**2')],
    ),
    *rmsprop(
        "RM-07", EXPONENT,
        "One number is made for a whole array, a sum or a norm. Square each entry: every "
        "parameter gets a rate of its own.",
        [("g**2", "np.sum(g) ** 2")],
        [("g**2", "np.sum(g**2)")],
        [("g**2", "np.linalg.norm(g)")],
        [("g**2", "np.mean(g**2)")],
    ),
    *rmsprop(
        "RM-08", RMSPROP,
        "The gradient or its size is averaged where its square should be.",
        [("g**2", "g")],
        [("g**2", "np.abs(g)")],
    ),
    *rmsprop(
        "RM-09", RMSPROP,
        "s is returned as it came, so the next step knows nothing of this one. Return the new one.",
        [(KEEP_S, 'new_s[f"d{name}"] = s[f"d{name}"]')],
    ),
    *rmsprop(
        "RM-10", EXPONENT,
        "The s of the biases is never updated. Every parameter has an average of its own.",
        [(KEEP_S, KEEP_S + ' if name[0] != "b" else s[f"d{name}"]')],
    ),
    *rmsprop(
        "RM-11", RMSPROP,
        "The square of the gradient is in the numerator, which loses its sign. Only the "
        "denominator is made of squares.",
        [("learning_rate * g /", "learning_rate * g**2 /")],
    ),
    *rmsprop(
        "RM-12", RMSPROP,
        "The average is squared where its root should be taken.",
        [("np.sqrt(square)", "np.square(square)")],
    ),
    *rmsprop(
        "RM-13", RMSPROP, IN_PLACE,
        [("{}, {}", "parameters, s")],
        [("{}, {}", "parameters, {}")],
        [("{}, {}", "{}, s")],
    ),
    *rmsprop(
        "RM-14", RMSPROP,
        "The parameters move with the old s. Update s first.",
        [("np.sqrt(square)", 'np.sqrt(s[f"d{name}"])')],
    ),
    *rmsprop("RM-15", RMSPROP, UPHILL, [("value - learning_rate", "value + learning_rate")]),
    *rmsprop(
        "RM-16", RMSPROP, WEIGHTS_ONLY,
        [(W_OF_S, W_OF_S + ' if name.startswith("W") else value')],
    ),
    *rmsprop(
        "RM-17", RMSPROP,
        "beta2 or epsilon has a fixed value. Use the arguments, whatever their defaults are.",
        [(S, S.replace("beta2", "0.9"))],
        [(ROOT, "(np.sqrt(square) + 1e-8)")],
    ),
    *rmsprop("RM-18", RMSPROP, LAST_LAYER, [(W_OF_S, f"{W_OF_S} if not {LAST} else value")]),
    *rmsprop(
        "RM-19", RMSPROP, KNOWN_NAMES,
        [(NAMED, NAMED + '\n        if name[:-1] not in ("W", "b"):\n            continue')],
    ),
    *rmsprop(
        "RM-20", BIAS,
        "s is corrected for its start at 0. RMSprop does without; it is Adam that corrects.",
        [("np.sqrt(square)", "np.sqrt(square / (1 - beta2))")],
    ),
    *rmsprop(
        "RM-21", RMSPROP,
        "The average of a layer is built from that of the layer before it. It runs over the "
        "updates, not over the layers: take this parameter's own old average.",
        rmsprop_between_layers,
    ),
)  # fmt: skip


def rmsprop_by_power(parameters, grads, s, learning_rate, beta2=0.9, epsilon=1e-8):
    """Powers, and a rate for each entry."""
    s = {key: beta2 * old + (1 - beta2) * np.square(grads[key]) for key, old in s.items()}
    rates = {key: learning_rate / (epsilon + square**0.5) for key, square in s.items()}
    moved = {k: np.subtract(p, rates["d" + k] * grads["d" + k]) for k, p in parameters.items()}
    return moved, s


RMSPROP_STEP = Task(
    reference=ref.rmsprop_step,
    returns=("parameters", "s"),
    cases=rmsprop_cases,
    criteria=(
        Criterion("running squares", 3, "one zero", "s"),
        Criterion("parameters", 3, "small", "parameters"),
        Criterion("where epsilon stands", 2, "large zero", "parameters"),
        Criterion("three steps in a row", 1, "series"),
        Criterion("200 steps down a bowl", 1, "bowl"),
        Criterion("parameters of any name", 1, "names"),
        inputs_untouched(1, "one"),
    ),
    lecture=RMSPROP,
    misconceptions=RMSPROP_MISCONCEPTIONS,
    variants=(Variant("power", rmsprop_by_power),),
)


# ---------------------------------------------------------------- adam_step

ADAM_SERIES = """\
for t, grads in enumerate(gradients, start=1):
    parameters, v, s = adam_step(
        parameters, grads, v, s, t, learning_rate, beta1, beta2, epsilon
    )
result = parameters, v, s"""

ADAM_BOWL = """\
for t in range(1, 201):
    grads = {"d" + name: curvature[name] * value for name, value in parameters.items()}
    parameters, v, s = adam_step(parameters, grads, v, s, t, learning_rate, beta2=beta2)
result = parameters, v, s"""


def adam_cases(rng: np.random.Generator) -> list[Case]:
    """As for RMSprop, at several t and with two betas that differ."""
    cases = []
    for dims, t, options, tag in (
        ((3, 4, 1), 5, {"learning_rate": 0.3, "beta1": 0.7, "beta2": 0.8}, "one small"),
        ((2, 3, 4, 2), 2, {"learning_rate": 0.2, "beta1": 0.6, "beta2": 0.85}, "one small"),
        ((3, 3, 3, 3), 7, {"learning_rate": 0.4, "beta1": 0.85, "beta2": 0.7}, "one small"),
        ((3, 4, 1), 5, {"learning_rate": 0.3, "beta1": 0.7, "beta2": 0.8, "epsilon": 0.3},
         "one large"),
        ((2, 3, 4, 2), 2, {"learning_rate": 0.2, "beta1": 0.6, "beta2": 0.85, "epsilon": 0.3},
         "one large"),
        ((4, 2, 3), 3, {}, "one small"),
        ((2, 4, 3), 5, {"learning_rate": 0.3, "beta1": 0.7, "beta2": 0.8}, "names"),
        ((3, 3, 3, 3), 4, {"learning_rate": 0.2, "beta1": 0.6, "beta2": 0.85}, "names"),
    ):  # fmt: skip
        parameters = network(rng, dims, norm=tag == "names")
        norm = " with batch norm" if tag == "names" else ""
        settings = "".join(f", {name} = {value:.2g}" for name, value in options.items())
        cases.append(
            call(
                "adam_step",
                parameters,
                gradients(rng, parameters),
                gradients(rng, parameters),
                squares(rng, parameters),
                t,
                label=f"{layers(dims)}{norm}, t = {t}{settings}",
                tag=tag,
                **options,
            )
        )
    for epsilon in (1e-8, 0.3):
        parameters = network(rng, (2, 3, 1))
        grads = gradients(rng, parameters)
        grads["dW1"][0], grads["db2"][0] = 0, 0
        cases.append(
            call(
                "adam_step",
                parameters,
                grads,
                zeros(parameters),
                zeros(parameters),
                1,
                label=f"gradients of 0 in the first step, epsilon = {epsilon:g}",
                tag="zero large" if epsilon == 0.3 else "zero",
                learning_rate=0.3,
                beta1=0.7,
                beta2=0.8,
                epsilon=epsilon,
            )
        )
    for dims, beta1, beta2 in (((3, 3, 3, 3), 0.7, 0.8), ((2, 3, 2, 1), 0.85, 0.65)):
        parameters = network(rng, dims)
        cases.append(
            script(
                ADAM_SERIES,
                label=f"{layers(dims)}, t = 1, 2, 3 from v = s = 0",
                tag="series",
                returns=("parameters", "v", "s"),
                parameters=parameters,
                v=zeros(parameters),
                s=zeros(parameters),
                gradients=[gradients(rng, parameters) for _ in range(3)],
                learning_rate=rng.uniform(0.2, 0.5),
                beta1=beta1,
                beta2=beta2,
                epsilon=1e-8,
            )
        )
    start, curvature = bowl(rng)
    cases.append(
        script(
            ADAM_BOWL,
            label="200 steps down a bowl with curvatures 1 to 100, beta2 = 0.999",
            tag="bowl",
            returns=("parameters", "v", "s"),
            parameters=start,
            v=zeros(start),
            s=zeros(start),
            curvature=curvature,
            learning_rate=0.01,
            beta2=0.999,
        )
    )
    return cases


adam = partial(misconceptions, ref.adam_step)

A_MEAN = 'mean = beta1 * v[f"d{name}"] + (1 - beta1) * g'
A_SQUARE = 'square = beta2 * s[f"d{name}"] + (1 - beta2) * g**2'
HATS = "v_hat, s_hat = mean / (1 - beta1**t), square / (1 - beta2**t)"
A_ROOT = "(np.sqrt(s_hat) + epsilon)"
A_STEP = "new_parameters[name] = value - learning_rate * v_hat / (np.sqrt(s_hat) + epsilon)"
A_KEEP = 'new_v[f"d{name}"], new_s[f"d{name}"] = mean, square'
A_RETURN = "return new_parameters, new_v, new_s"
A_NEW = "{}, {}, {}"

ADAM_MISCONCEPTIONS = (
    *adam(
        "AD-01", ADAM,
        "The bias correction is missing, or computed and not used: the step is made of v and s "
        "themselves.",
        [(HATS, "v_hat, s_hat = mean, square")],
    ),
    *adam(
        "AD-03", ADAM,
        "Only one of the two averages is corrected. Both start at 0, so both need it.",
        [("square / (1 - beta2**t)", "square")],
        [("mean / (1 - beta1**t)", "mean")],
    ),
    *adam(
        "AD-05", ADAM,
        "The exponent of the correction lags one behind, and at t = 1 it divides by zero. Use t as "
        "it comes.",
        [("beta1**t", "beta1 ** (t - 1)"), ("beta2**t", "beta2 ** (t - 1)")],
    ),
    *adam(
        "AD-07", AS_PRINTED,
        "t grows with every parameter. It is the number of the update, the same for all of them.",
        [(A_KEEP, A_KEEP + "\n        t = t + 1")],
        [(A_KEEP, A_KEEP + "\n        t += name[0] == 'b'")],
    ),
    *adam(
        "AD-08", AS_PRINTED,
        "The exponent of the correction is the number of the layer. It is t, the number of the "
        "update.",
        [("beta1**t", "beta1 ** int(name[-1])"), ("beta2**t", "beta2 ** int(name[-1])")],
        [("beta1**t", "beta1 ** (int(name[-1]) + 1)"),
         ("beta2**t", "beta2 ** (int(name[-1]) + 1)")],
    ),
    *adam(
        "AD-09", ADAM,
        "beta1 is used for the second average, or beta2 for the correction of the first. Each "
        "average has its own beta, in its recursion and in its correction.",
        [(A_SQUARE, A_SQUARE.replace("beta2", "beta1"))],
        [("beta2**t", "beta1**t")],
        [(A_SQUARE, A_SQUARE.replace("beta2", "beta1")), ("beta2**t", "beta1**t")],
        [("beta1**t", "beta2**t")],
    ),
    *adam(
        "AD-10", EPSILON,
        "epsilon is inside the root. It is added to the root.",
        [(A_ROOT, "np.sqrt(s_hat + epsilon)")],
    ),
    *adam(
        "AD-11", EPSILON,
        "epsilon is added to the quotient, because of missing brackets. It belongs to the "
        "denominator.",
        [(f"v_hat / {A_ROOT}", "(v_hat / np.sqrt(s_hat) + epsilon)")],
        [(A_ROOT, "np.sqrt(s_hat) + epsilon")],
    ),
    *adam(
        "AD-12", ROOT_MISSING,
        "The root is missing: divided by the mean square, the smaller a gradient, the larger its "
        "step.",
        [(A_ROOT, "(s_hat + epsilon)")],
    ),
    *adam(
        "AD-13", ADAM,
        "The second average is squared where its root should be taken.",
        [("np.sqrt(s_hat)", "np.square(s_hat)")],
    ),
    *adam(
        "AD-14", ADAM,
        "Something else stands under the root. It is the corrected average of the squares.",
        [("np.sqrt(s_hat)", "np.sqrt(beta1)")],
        [("np.sqrt(s_hat)", "np.sqrt(beta2)")],
        [("np.sqrt(s_hat)", "np.sqrt(np.abs(v_hat))")],
    ),
    *adam(
        "AD-15", AS_PRINTED,
        "The corrected averages are returned, and would be corrected again in the next step. "
        "Return v and s uncorrected.",
        [(A_KEEP, A_KEEP.replace("mean, square", "v_hat, s_hat"))],
        [(A_KEEP, A_KEEP.replace("mean, square", "v_hat, square"))],
    ),
    *adam(
        "AD-16", EPSILON_HAT,
        "epsilon is added to the root of the uncorrected s, the short form of Kingma and Ba. With "
        "a small epsilon that is as good; with a large one it gives other steps.",
        [(A_STEP, "new_parameters[name] = value - learning_rate * np.sqrt(1 - beta2**t) * v_hat / "
          "(np.sqrt(square) + epsilon)")],
    ),
    *adam(
        "AD-17", ADAM,
        "The second average is made of the gradients, their sizes or their mean. Square each "
        "gradient, and average the squares.",
        [("g**2", "g")],
        [("g**2", "np.abs(g)")],
        [("g**2", "mean**2")],
    ),
    *adam(
        "AD-19", ADAM, IN_PLACE,
        [(A_NEW, "parameters, v, s")],
        [(A_NEW, "parameters, {}, {}")],
        [(A_NEW, "{}, v, s")],
    ),
    *adam("AD-20", ADAM, WEIGHTS_ONLY, [(A_STEP, A_STEP + ' if name.startswith("W") else value')]),
    *adam(
        "AD-21", ADAM,
        "Something else than three things is returned: the new parameters, v and s, in this order.",
        [(A_RETURN, "return new_parameters, new_v, new_s, v_hat, s_hat")],
        [(A_RETURN, "return new_parameters")],
        looks_like=partial(other_number, 3),
    ),
    *adam(
        "AD-22", ADAM,
        "One average mixes the betas: what one beta keeps and the other leaves do not add up to 1.",
        [("(1 - beta1) * g", "(1 - beta2) * g")],
        [("(1 - beta2) * g**2", "(1 - beta1) * g**2")],
        [(A_MEAN, A_MEAN.replace("beta1 *", "beta2 *"))],
    ),
    *adam(
        "AD-23", ADAM,
        "The correction is that of the first update, whatever t is. The betas are raised to the "
        "power t.",
        [("beta1**t", "beta1"), ("beta2**t", "beta2")],
    ),
    *adam(
        "AD-24", ADAM,
        "The averages are multiplied by the sum of their weights. They are too small: divide.",
        [(HATS, "v_hat, s_hat = mean * (1 - beta1**t), square * (1 - beta2**t)")],
    ),
    *adam(
        "AD-25", ADAM,
        "The root covers the numerator too, or the learning rate is missing.",
        [("* v_hat /", "* np.sign(v_hat) * np.sqrt(np.abs(v_hat)) /")],
        [("learning_rate * v_hat", "v_hat")],
    ),
    *adam(
        "AD-26", ADAM,
        "Three things at once: the averages are not corrected, epsilon is inside the root, and the "
        "caller's arrays are changed.",
        [(A_NEW, "parameters, v, s"), (HATS, "v_hat, s_hat = mean, square"),
         (A_ROOT, "np.sqrt(s_hat + epsilon)")],
    ),
    *adam("AD-27", ADAM, UPHILL, [("value - learning_rate", "value + learning_rate")]),
    *adam(
        "AD-28", ADAM,
        "beta1 and beta2 are exchanged: beta1 belongs to the mean v, beta2 to the mean square s.",
        [(A_MEAN, A_MEAN.replace("beta1", "beta2")),
         (A_SQUARE, A_SQUARE.replace("beta2", "beta1")),
         (HATS, "v_hat, s_hat = mean / (1 - beta2**t), square / (1 - beta1**t)")],
        [(A_MEAN, A_MEAN.replace("beta1", "beta2")),
         (A_SQUARE, A_SQUARE.replace("beta2", "beta1"))],
    ),
    *adam(
        "AD-29", ADAM,
        "beta weighs what is new, in one of the averages. It is the share of the old average that "
        "stays.",
        [(A_MEAN, 'mean = (1 - beta1) * v[f"d{name}"] + beta1 * g')],
        [(A_SQUARE, 'square = (1 - beta2) * s[f"d{name}"] + beta2 * g**2')],
        [(A_MEAN, 'mean = (1 - beta1) * v[f"d{name}"] + beta1 * g'),
         (A_SQUARE, 'square = (1 - beta2) * s[f"d{name}"] + beta2 * g**2')],
    ),
    *adam("AD-30", ADAM, LAST_LAYER, [(A_STEP, f"{A_STEP} if not {LAST} else value")]),
    *adam(
        "AD-31", ADAM, KNOWN_NAMES,
        [(NAMED, NAMED + '\n        if name[:-1] not in ("W", "b"):\n            continue')],
    ),
    *adam(
        "AD-32", ADAM,
        "A beta or epsilon has a fixed value. Use the arguments, whatever their defaults are.",
        [(A_MEAN, A_MEAN.replace("beta1", "0.9")), ("beta1**t", "0.9**t")],
        [(A_SQUARE, A_SQUARE.replace("beta2", "0.999")), ("beta2**t", "0.999**t")],
        [(A_ROOT, "(np.sqrt(s_hat) + 1e-8)")],
    ),
    *adam(
        "AD-33", ADAM,
        "v and s are returned as they came, so the next step knows nothing of this one. Return the "
        "new ones.",
        [(A_KEEP, 'new_v[f"d{name}"], new_s[f"d{name}"] = v[f"d{name}"], s[f"d{name}"]')],
    ),
    *adam(
        "AD-34", AS_PRINTED,
        "beta is multiplied by t, a lost exponent. It is raised to the power t.",
        [("beta1**t", "beta1 * t"), ("beta2**t", "beta2 * t")],
    ),
    *adam(
        "AD-35", EPSILON,
        "epsilon is not used. Without it, a gradient that has always been 0 gives 0/0.",
        [(A_ROOT, "np.sqrt(s_hat)")],
    ),
    *adam(
        "AD-36", ADAM,
        "The gradient itself is in the numerator, as in RMSprop. Adam steps along its average.",
        [("learning_rate * v_hat", "learning_rate * g")],
    ),
    *adam(
        "AD-37", ADAM,
        "v and s come back in the wrong order: first v, the mean, then s, the mean square.",
        [(A_RETURN, "return new_parameters, new_s, new_v")],
    ),
)  # fmt: skip


def adam_in_stages(
    parameters, grads, v, s, t, learning_rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-8
):
    """One dict after the other."""
    v = {key: beta1 * old + (1 - beta1) * grads[key] for key, old in v.items()}
    s = {key: beta2 * old + (1 - beta2) * grads[key] * grads[key] for key, old in s.items()}
    moved = {}
    for name in parameters:
        v_corrected = v["d" + name] / (1 - np.power(beta1, t))
        s_corrected = s["d" + name] / (1 - np.power(beta2, t))
        step = np.divide(v_corrected, s_corrected**0.5 + epsilon)
        moved[name] = parameters[name] - learning_rate * step
    return moved, v, s


ADAM_STEP = Task(
    reference=ref.adam_step,
    returns=("parameters", "v", "s"),
    cases=adam_cases,
    criteria=(
        Criterion("averages v and s", 4, "one zero", "v s"),
        Criterion("parameters", 4, "small", "parameters"),
        Criterion("where epsilon stands", 2, "large zero", "parameters"),
        Criterion("three steps in a row", 2, "series"),
        Criterion("200 steps down a bowl", 1, "bowl"),
        Criterion("parameters of any name", 1, "names"),
        inputs_untouched(1, "one"),
    ),
    lecture=ADAM,
    misconceptions=ADAM_MISCONCEPTIONS,
    variants=(Variant("in stages", adam_in_stages),),
)

TASKS = (
    INITIALIZE_VELOCITY,
    MOMENTUM_STEP,
    INITIALIZE_RMSPROP,
    RMSPROP_STEP,
    INITIALIZE_ADAM,
    ADAM_STEP,
)
