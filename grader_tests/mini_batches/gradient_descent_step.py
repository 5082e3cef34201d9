"""`gradient_descent_step`: return each parameter minus the learning rate times its gradient."""

from __future__ import annotations

import numpy as np

from grader_tests.mini_batches import EPOCH
from grader_tests.mini_batches import reference as ref
from grader_tests.optimizers.draws import (
    IN_PLACE,
    KNOWN_NAMES,
    LAST,
    LAST_LAYER,
    UPHILL,
    W_AND_B_ONLY,
    WEIGHTS_ONLY,
    gradients,
    layers,
    network,
    other_step,
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
)


def cases(rng: np.random.Generator) -> list[Case]:
    """Networks of several sizes, with and without batch norm."""
    cases = []
    for dims, tag in (
        ((3, 4, 1), "one"),
        ((3, 3, 3), "one"),
        ((2, 3, 4, 2), "layers"),
        ((3, 3, 3, 3), "layers"),
        ((2, 4, 3), "names"),
        ((2,) * 12, "names"),
    ):
        parameters = network(rng, dims, norm=tag == "names")
        grads, rate = gradients(rng, parameters), rng.uniform(0.2, 0.5)
        label = f"{layers(dims)}{' with batch norm' if tag == 'names' else ''}, rate {rate:.2g}"
        cases.append(
            call(ref.gradient_descent_step, parameters, grads, rate, label=label, tags=tag)
        )
    return cases


def into_parameters(parameters, grads, learning_rate):
    """Write over the caller's dict."""
    for name in parameters:
        parameters[name] = parameters[name] - learning_rate * grads["d" + name]
    return parameters


def scaled_grads(parameters, grads, learning_rate):
    """Scale the caller's gradients."""
    for name in parameters:
        grads["d" + name] *= learning_rate
    return {name: parameters[name] - grads["d" + name] for name in parameters}


MOVED = 'value - learning_rate * grads[f"d{name}"]'
ITEMS = "in parameters.items()"
RETURN = f"return {{name: {MOVED} for name, value {ITEMS}}}"

MISTAKES = (
    Mistake("GD-01", EPOCH, UPHILL, edit("value - learning_rate", "value + learning_rate")),
    Mistake(
        "GD-02", EPOCH, WEIGHTS_ONLY, edit(MOVED, f'{MOVED} if name.startswith("W") else value')
    ),
    Mistake("GD-03", EPOCH, LAST_LAYER, edit(MOVED, f"{MOVED} if not {LAST} else value")),
    Mistake(
        "GD-04",
        EPOCH,
        KNOWN_NAMES,
        edit(ITEMS, f'{ITEMS} if name[:-1] in ("W", "b")'),
        *W_AND_B_ONLY,
    ),
    Mistake(
        "GD-09",
        EPOCH,
        "The layers are written out one by one. Let a loop run over all names of the dictionary.",
        edit(ITEMS, f'{ITEMS} if name[1:] in ("1", "2")'),
    ),
    Mistake("GD-05", EPOCH, IN_PLACE, into_parameters, scaled_grads),
    Mistake(
        "GD-06",
        EPOCH,
        "The learning rate is left out, or has a fixed value. Use the argument.",
        edit("learning_rate * ", ""),
        edit("value - learning_rate", "value - 0.01"),
        edit("value - learning_rate", "value - 0.1"),
        numbers=fixed("learning_rate"),
    ),
    Mistake(
        "GD-07",
        EPOCH,
        "The gradient is divided by a number of examples. The mean over the mini-batch is in the "
        "gradients already, and this function does not see the examples.",
        edit(MOVED, MOVED + " / value.shape[1]"),
        edit(MOVED, MOVED + " / value.shape[0]"),
    ),
    Mistake(
        "GD-08",
        EPOCH,
        "Something else than the new parameters is returned: their change only, or entries under "
        "the keys of the gradients. Return each parameter after its step, under its own name.",
        edit(MOVED, 'learning_rate * grads[f"d{name}"]'),
        edit(MOVED, '-learning_rate * grads[f"d{name}"]'),
        edit("{name: value -", '{f"d{name}": value -'),
    ),
    other_step("GD-10", EPOCH, MOVED, "value", "learning_rate", 'grads[f"d{name}"]'),
    Mistake(
        "GD-11",
        EPOCH,
        "What comes back is not one dictionary: nothing, a list, or more beside it. Return the "
        "dictionary with all new parameters.",
        edit(RETURN, "return grads, " + RETURN.removeprefix("return ")),
        edit(RETURN, RETURN.replace("return ", "new = ")),
        edit(RETURN, RETURN.replace("return ", "return list(") + ")"),
        looks_like=lambda result, wanted, case: type(result) is not dict,
    ),
)


def on_copies(parameters, grads, learning_rate):
    """Work in place, on copies."""
    moved = {name: value.copy() for name, value in parameters.items()}
    for key in grads:
        moved[key[1:]] -= grads[key] * learning_rate
    return moved


TASK = Task(
    reference=ref.gradient_descent_step,
    returns="parameters",
    cases=cases,
    criteria=(
        Agrees("parameters", 2, "one"),
        Agrees("any number of layers", 0.5, "layers"),
        Agrees("parameters of any name", 0.5, "names"),
        InputsUntouched(1, "one"),
    ),
    lecture=EPOCH,
    mistakes=MISTAKES,
    variants=(Variant("copies", on_copies),),
    losses={
        "GD-11": "all",
        "GD-10": "all",
        "GD-01": "all",
        "GD-02": "all",
        "GD-03": "all",
        "GD-04": "parameters of any name",
        "GD-09": "all but parameters · inputs untouched",
        "GD-05": "inputs untouched",
        "GD-06": "all",
        "GD-07": "all",
        "GD-08": "all",
    },
    promises={
        "parameters": Promise(
            value=(-4.7, 4.7),
            within=(-6, 6),
            rows=(1, 4),
            columns=(1, 4),
            layers=(2, 11),
            has=("other names",),
        ),
        "grads": Promise(
            value=(-2, 2),
            within=(-3, 3),
            rows=(1, 4),
            columns=(1, 4),
            layers=(2, 11),
            has=("other names",),
        ),
        "learning_rate": Promise(value=(0.33, 0.35), within=(0.2, 0.5)),
    },
)
