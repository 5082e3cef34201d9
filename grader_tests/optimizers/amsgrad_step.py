"""`amsgrad_step`: Adam that divides by the largest corrected mean square so far."""

from __future__ import annotations

import numpy as np

from grader_tests.optimizers import ADAM, COUNTING, EPSILON
from grader_tests.optimizers import reference as ref
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
for t, grads in enumerate(gradients, start=1):
    parameters, v, s, s_max = amsgrad_step(
        parameters, grads, v, s, s_max, t, learning_rate, beta1, beta2
    )
result = parameters, v, s, s_max"""


def cases(rng: np.random.Generator) -> list[Case]:
    """Steps in which some entries of s_max stay and others grow; large gradients, then small."""
    cases = []
    for dims, t, options, tag in (
        ((3, 4, 1), 5, {"learning_rate": 0.3, "beta1": 0.7, "beta2": 0.8}, "one"),
        ((2, 3, 4, 2), 2, {"learning_rate": 0.2, "beta1": 0.6, "beta2": 0.85}, "one"),
        ((3, 3, 3), 14, {"learning_rate": 0.4, "beta1": 0.85, "beta2": 0.7}, "one"),
        (
            (2, 4, 2),
            3,
            {"learning_rate": 0.3, "beta1": 0.7, "beta2": 0.8, "epsilon": 0.3},
            "one",
        ),
        (
            (3, 2, 3),
            6,
            {"learning_rate": 0.2, "beta1": 0.6, "beta2": 0.85, "epsilon": 0.2},
            "one",
        ),
        ((4, 2, 3), 400, {}, "one"),
        ((2, 4, 3), 5, {"learning_rate": 0.3, "beta1": 0.7, "beta2": 0.8}, "names"),
        ((2,) * 12, 4, {"learning_rate": 0.2, "beta1": 0.6, "beta2": 0.85}, "names"),
    ):
        parameters = network(rng, dims, norm=tag == "names")
        norm = " with batch norm" if tag == "names" else ""
        settings = "".join(f", {name} = {value:.2g}" for name, value in options.items())
        s = squares(rng, parameters)
        factor = rng.uniform(1, 2) / (1 - options.get("beta2", 0.999) ** t)
        cases.append(
            call(
                ref.amsgrad_step,
                parameters,
                gradients(rng, parameters),
                gradients(rng, parameters),
                s,
                {
                    key: value * factor * rng.choice([0.4, 1.6], value.shape)
                    for key, value in s.items()
                },
                t,
                label=f"{layers(dims)}{norm}, t = {t}{settings}",
                tags=tag,
                **options,
            )
        )
    parameters = network(rng, (2, 3, 1))
    cases.append(
        call(
            ref.amsgrad_step,
            parameters,
            tiny(rng, parameters),
            *(zeros(parameters) for _ in ("v", "s", "s_max")),
            1,
            label="gradients near 1e-8 in the first step, the default epsilon",
            tags="one",
            learning_rate=0.3,
        )
    )
    for dims, beta1, beta2 in (((3, 2, 3), 0.7, 0.8), ((2, 3, 1), 0.85, 0.65)):
        parameters = network(rng, dims)
        sizes = (1, 4, 0.2, 0.1)
        cases.append(
            script(
                SERIES,
                label=f"{layers(dims)}, four steps from zeros, the second with a large gradient",
                tags="series",
                returns=("parameters", "v", "s", "s_max"),
                parameters=parameters,
                v=zeros(parameters),
                s=zeros(parameters),
                s_max=zeros(parameters),
                gradients=[
                    {key: size * g for key, g in gradients(rng, parameters).items()}
                    for size in sizes
                ],
                learning_rate=rng.uniform(0.2, 0.5),
                beta1=beta1,
                beta2=beta2,
            )
        )
    return cases


HATS = "v_hat, s_hat = new_v[key] / (1 - beta1**t), new_s[key] / (1 - beta2**t)"
LARGEST = "largest[key] = np.maximum(s_max[key], s_hat)"
ROOT = "(np.sqrt(largest[key]) + epsilon)"
MOVED = f"moved[name] = value - learning_rate * v_hat / {ROOT}"
RETURN = "return moved, new_v, new_s, largest"
NEW = "moved, new_v, new_s, largest = {}, {}, {}, {}"
NAMED = "    for name, value in parameters.items():"

MISTAKES = (
    Mistake(
        "AM-01",
        ADAM,
        "This is Adam: the step is divided by the mean square of today, or the largest one is not "
        "kept. What was once large should stay in the denominator.",
        edit(ROOT, "(np.sqrt(s_hat) + epsilon)"),
        edit(LARGEST, "largest[key] = s_hat"),
        edit(LARGEST, "largest[key] = s_max[key]").then(ROOT, "(np.sqrt(s_hat) + epsilon)"),
    ),
    Mistake(
        "AM-02",
        ADAM,
        "The mean squares are compared before their correction. The largest *corrected* one is "
        "wanted.",
        edit(LARGEST, "largest[key] = np.maximum(s_max[key], new_s[key])"),
        edit(LARGEST, "largest[key] = np.maximum(s_max[key], new_s[key])").then(
            ROOT, "(np.sqrt(largest[key] / (1 - beta2**t)) + epsilon)"
        ),
    ),
    Mistake(
        "AM-03",
        ADAM,
        "The correction is made twice: the largest mean square is a corrected one already.",
        edit(ROOT, "(np.sqrt(largest[key] / (1 - beta2**t)) + epsilon)"),
    ),
    Mistake(
        "AM-04",
        ADAM,
        "One number is the largest of a whole array. Every entry has a largest mean square of its "
        "own: compare entry by entry.",
        edit(LARGEST, "largest[key] = np.full(value.shape, max(s_max[key].max(), s_hat.max()))"),
        edit(LARGEST, "largest[key] = s_max[key] if s_max[key].max() > s_hat.max() else s_hat"),
        edit(LARGEST, "largest[key] = max(s_max[key], s_hat, key=np.sum)"),
    ),
    Mistake(
        "AM-05",
        ADAM,
        "It is the smallest mean square that is kept, so steps grow without end.",
        edit("np.maximum", "np.minimum"),
    ),
    Mistake(
        "AM-06",
        COUNTING,
        "s comes back corrected, or with the largest mean squares in it, and the average goes on "
        "from there. s and s_max are two things: return s as the average that it is.",
        edit(RETURN, "return moved, new_v, largest, largest"),
        edit(LARGEST, LARGEST + "\n        new_s[key] = s_hat"),
        edit(LARGEST, LARGEST + "\n        new_v[key] = v_hat"),
        edit(LARGEST, LARGEST + "\n        new_v[key], new_s[key] = v_hat, s_hat"),
    ),
    Mistake(
        "AM-07",
        ADAM,
        "Adam's correction is missing, in one of the averages or in both. Both start at 0.",
        edit(HATS, "v_hat, s_hat = new_v[key], new_s[key]"),
        edit("new_v[key] / (1 - beta1**t)", "new_v[key]"),
    ),
    Mistake(
        "AM-08",
        ADAM,
        "s_max comes back as it came, so the next step does not know what this one has seen.",
        edit(RETURN, "return moved, new_v, new_s, s_max"),
    ),
    Mistake(
        "AM-09",
        ADAM,
        "s_max holds roots. Keep mean squares, and take the root where you divide.",
        edit(LARGEST, "largest[key] = np.maximum(s_max[key], np.sqrt(s_hat))").then(
            ROOT, "(largest[key] + epsilon)"
        ),
    ),
    Mistake(
        "AM-10",
        EPSILON,
        "epsilon is inside the root, or missing. It is added to the root.",
        edit(ROOT, "np.sqrt(largest[key] + epsilon)"),
        edit(ROOT, "np.sqrt(largest[key])"),
        edit(LARGEST, "largest[key] = np.maximum(s_max[key], s_hat + epsilon)"),
    ),
    Mistake(
        "AM-11",
        ADAM,
        "The root is missing: divided by a mean square, the smaller a gradient, the larger its "
        "step.",
        edit(ROOT, "(largest[key] + epsilon)"),
    ),
    Mistake(
        "AM-12",
        ADAM,
        IN_PLACE,
        edit(LARGEST, "largest[key] = np.maximum(s_max[key], s_hat, out=s_max[key])"),
        edit(NEW, "moved, new_v, new_s, largest = {}, {}, {}, s_max"),
        edit(NEW, "moved, new_v, new_s, largest = {}, v, s, {}"),
        edit(NEW, "moved, new_v, new_s, largest = parameters, v, s, s_max"),
    ),
    Mistake(
        "AM-13",
        ADAM,
        "A beta, epsilon or the learning rate has a fixed value. Use the arguments, whatever their "
        "defaults are.",
        edit("", "learning_rate = 0.05"),
        numbers=fixed("beta1", "beta2", "learning_rate"),
    ),
    Mistake("AM-14", ADAM, UPHILL, edit(MOVED, MOVED.replace("value -", "value +"))),
    Mistake(
        "AM-15", ADAM, WEIGHTS_ONLY, edit(MOVED, MOVED + ' if name.startswith("W") else value')
    ),
    Mistake("AM-16", ADAM, LAST_LAYER, edit(MOVED, f"{MOVED} if not {LAST} else value")),
    Mistake(
        "AM-17",
        ADAM,
        KNOWN_NAMES,
        edit(NAMED, NAMED + '\n        if name[:-1] not in ("W", "b"):\n            continue'),
        *W_AND_B_ONLY,
    ),
    Mistake(
        "AM-18",
        COUNTING,
        "The exponent of the correction is one off. t counts from 1: use it as it comes.",
        edit("beta1**t", "beta1 ** (t + 1)").then("beta2**t", "beta2 ** (t + 1)"),
        edit("beta1**t", "beta1 ** (t - 1)").then("beta2**t", "beta2 ** (t - 1)"),
    ),
    Mistake(
        "AM-19",
        ADAM,
        "The gradient itself, or its largest square, is compared. It is the corrected *average* of "
        "the squares that s_max is the largest of.",
        edit(LARGEST, "largest[key] = np.maximum(s_max[key], grads[key] ** 2)"),
        edit(LARGEST, "largest[key] = np.maximum(s_max[key], np.abs(grads[key]))"),
    ),
    Mistake(
        "AM-20",
        ADAM,
        "The things that are returned are not in the order parameters, v, s, s_max.",
        edit(RETURN, "return moved, new_v, largest, new_s"),
        edit(RETURN, "return moved, new_s, new_v, largest"),
    ),
    other_parts(
        "AM-21",
        ADAM,
        ("parameters", "v", "s", "s_max"),
        ("moved", "new_v", "new_s", "largest"),
    ),
    Mistake(
        "AM-22",
        ADAM,
        "The step is divided by the largest mean square from before it. Take this step's into "
        "account first.",
        edit("np.sqrt(largest[key])", "np.sqrt(s_max[key])"),
        edit("np.sqrt(largest[key])", "np.sqrt(s_max[key] if t > 1 else s_hat)"),
    ),
    Mistake(
        "AM-23",
        ADAM,
        "The keys are others than those that came in. Parameters keep their names, and an average "
        "has the key of its gradient, with the d in front: the next step looks for it there.",
        edit("new_v[key] =", "new_v[name] =").then("new_v[key] /", "new_v[name] /"),
        edit("moved[name] =", "moved[key] ="),
        looks_like=other_keys,
    ),
    Mistake(
        "AM-24",
        ADAM,
        "In the numerator stands something else than the corrected average v: the gradient, or v "
        "as it came; or the learning rate is missing there.",
        edit("learning_rate * v_hat /", "learning_rate * grads[key] /"),
        edit("learning_rate * v_hat /", "learning_rate * v[key] /"),
        edit("learning_rate * v_hat /", "v_hat /"),
    ),
    Mistake(
        "AM-25",
        ADAM,
        "A beta weighs what is new, or the new comes in with its full weight. beta1 and beta2 are "
        "the shares that stay, and 1 minus them those of the new.",
        edit("(1 - beta1) * grads", "grads"),
        edit("(1 - beta2) * grads", "grads"),
        edit("beta1 * v[key] + (1 - beta1)", "(1 - beta1) * v[key] + beta1"),
        edit("beta2 * s[key] + (1 - beta2)", "(1 - beta2) * s[key] + beta2"),
        edit("(1 - beta1) * grads", "(1 - beta2) * grads"),
        edit("(1 - beta2) * grads", "(1 - beta1) * grads"),
    ),
    Mistake(
        "AM-26",
        ADAM,
        "s is made of the gradients or of their sizes. It averages their squares.",
        edit("grads[key] ** 2", "grads[key]"),
        edit("grads[key] ** 2", "np.abs(grads[key])"),
        edit("grads[key] ** 2", "new_v[key] ** 2"),
    ),
)


def in_stages(
    parameters, grads, v, s, s_max, t, learning_rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-8
):
    """One dict after the other; the larger of two by comparison."""
    v = {key: beta1 * old + (1 - beta1) * grads[key] for key, old in v.items()}
    s = {key: beta2 * old + (1 - beta2) * grads[key] * grads[key] for key, old in s.items()}
    s_max = {
        key: np.where(s[key] / (1 - beta2**t) > old, s[key] / (1 - beta2**t), old)
        for key, old in s_max.items()
    }
    for key in grads:
        step = v[key] / (1 - beta1**t) / (s_max[key] ** 0.5 + epsilon)
        parameters = {**parameters, key[1:]: parameters[key[1:]] - learning_rate * step}
    return parameters, v, s, s_max


TASK = Task(
    reference=ref.amsgrad_step,
    returns=("parameters", "v", "s", "s_max"),
    cases=cases,
    criteria=(
        Agrees("averages v and s", 1, "one", ("v", "s")),
        Agrees("the largest so far", 1, "one", "s_max"),
        Agrees("parameters", 1, "one", "parameters"),
        Agrees("a large gradient, then small ones", 1, "series"),
        Agrees("parameters of any name", 1, "names"),
        InputsUntouched(1, "one"),
    ),
    lecture=ADAM,
    mistakes=MISTAKES,
    variants=(Variant("in stages", in_stages),),
    losses={
        "AM-25": "all but the largest so far · inputs untouched",
        "AM-25, way 2": "all",
        "AM-25, way 4": "all",
        "AM-25, way 6": "all",
        "AM-23": "averages v and s · a large gradient, then small ones · parameters of any name",
        "AM-23, way 2": "parameters · a large gradient, then small ones · parameters of any name",
        "AM-21": "all",
        "AM-22": "all but averages v and s · the largest so far · inputs untouched",
        "AM-24": "all but averages v and s · the largest so far · inputs untouched",
        "AM-26": "all",
        "AM-01": "all but averages v and s · inputs untouched",
        "AM-01, way 1": "all but averages v and s · the largest so far · inputs untouched",
        "AM-02": "all but averages v and s · inputs untouched",
        "AM-03": "all but averages v and s · the largest so far · inputs untouched",
        "AM-04": "all but averages v and s · inputs untouched",
        "AM-05": "all but averages v and s · inputs untouched",
        "AM-06": "all but the largest so far · parameters · inputs untouched",
        "AM-07": "all but averages v and s · inputs untouched",
        "AM-07, way 2": "all but averages v and s · the largest so far · inputs untouched",
        "AM-08": "all but averages v and s · parameters · inputs untouched",
        "AM-09": "all but averages v and s · inputs untouched",
        "AM-10": "parameters",
        "AM-10, way 3": "the largest so far · parameters",
        "AM-11": "all but averages v and s · the largest so far · inputs untouched",
        "AM-12": "inputs untouched",
        "AM-13": "all but averages v and s · the largest so far · inputs untouched",
        "AM-14": "all but averages v and s · the largest so far · inputs untouched",
        "AM-15": "all but averages v and s · the largest so far · inputs untouched",
        "AM-16": "all but averages v and s · the largest so far · inputs untouched",
        "AM-17": "parameters of any name",
        "AM-18": "all but averages v and s · inputs untouched",
        "AM-19": "all but averages v and s · inputs untouched",
        "AM-20": "all but parameters · inputs untouched",
        "AM-20, way 2": "all but the largest so far · parameters · inputs untouched",
    },
    promises={
        "parameters": Promise(
            value=(-5.9, 5.9),
            within=(-6, 6),
            rows=(1, 4),
            columns=(1, 4),
            layers=(2, 11),
            has=("other names",),
        ),
        "grads": Promise(
            value=(-2.5, 2.4),
            within=(-3, 3),
            rows=(1, 4),
            columns=(1, 4),
            layers=(2, 11),
            has=("other names",),
        ),
        "v": Promise(
            value=(-2.5, 2.5),
            within=(-3, 3),
            rows=(1, 4),
            columns=(1, 4),
            layers=(2, 11),
            has=(
                "0",
                "a constant row",
                "equal neighbours",
                "other names",
            ),
        ),
        "s": Promise(
            value=(0, 3.9),
            within=(0, 4),
            rows=(1, 4),
            columns=(1, 4),
            layers=(2, 11),
            has=(
                "0",
                "a constant row",
                "equal neighbours",
                "other names",
            ),
        ),
        "s_max": Promise(
            value=(0, 23),
            within=(0, 50),
            rows=(1, 4),
            columns=(1, 4),
            layers=(2, 11),
            has=(
                "0",
                "a constant row",
                "equal neighbours",
                "other names",
            ),
        ),
        "t": Promise(value=(1, 400)),
        "learning_rate": Promise(value=(0.2, 0.4), within=(0.2, 0.5)),
        "beta1": Promise(value=(0.6, 0.85)),
        "beta2": Promise(value=(0.65, 0.85)),
        "epsilon": Promise(value=(0.2, 0.3)),
    },
    equivalent={
        "all are empty dicts": (
            "new_v, moved, new_s, largest = {}, {}, {}, {}",
            "moved, new_s, new_v, largest = {}, {}, {}, {}",
            "moved, new_v, largest, new_s = {}, {}, {}, {}",
        ),
    },
)
