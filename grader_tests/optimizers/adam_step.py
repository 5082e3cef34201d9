"""`adam_step`: one update by Adam, with corrected averages."""

from __future__ import annotations

from functools import partial

import numpy as np

from grader_tests.optimizers import ADAM, COUNTING, EPSILON, EPSILON_HAT, ROOT_MISSING
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
    other_number,
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
    parameters, v, s = adam_step(
        parameters, grads, v, s, t, learning_rate, beta1, beta2, epsilon
    )
result = parameters, v, s"""

BOWL = """\
for t in range(1, 201):
    grads = {"d" + name: curvature[name] * value for name, value in parameters.items()}
    parameters, v, s = adam_step(parameters, grads, v, s, t, learning_rate, beta2=beta2)
result = parameters, v, s"""


def cases(rng: np.random.Generator) -> list[Case]:
    """As for RMSprop, at small and large t and with two betas that differ."""
    cases = []
    for dims, t, options, tag in (
        ((3, 4, 1), 5, {"learning_rate": 0.3, "beta1": 0.7, "beta2": 0.8}, ("one", "small")),
        ((2, 3, 4, 2), 2, {"learning_rate": 0.2, "beta1": 0.6, "beta2": 0.85}, ("one", "small")),
        ((3, 3, 3, 3), 14, {"learning_rate": 0.4, "beta1": 0.85, "beta2": 0.7}, ("one", "small")),
        (
            (3, 4, 1),
            5,
            {"learning_rate": 0.3, "beta1": 0.7, "beta2": 0.8, "epsilon": 0.3},
            ("one", "large"),
        ),
        (
            (2, 3, 4, 2),
            2,
            {"learning_rate": 0.2, "beta1": 0.6, "beta2": 0.85, "epsilon": 0.3},
            ("one", "large"),
        ),
        ((4, 2, 3), 400, {}, ("one", "small")),
        ((2, 4, 3), 5, {"learning_rate": 0.3, "beta1": 0.7, "beta2": 0.8}, "names"),
        ((2,) * 12, 4, {"learning_rate": 0.2, "beta1": 0.6, "beta2": 0.85}, "names"),
    ):
        parameters = network(rng, dims, norm=tag == "names")
        norm = " with batch norm" if tag == "names" else ""
        settings = "".join(f", {name} = {value:.2g}" for name, value in options.items())
        cases.append(
            call(
                ref.adam_step,
                parameters,
                gradients(rng, parameters),
                gradients(rng, parameters),
                squares(rng, parameters),
                t,
                label=f"{layers(dims)}{norm}, t = {t}{settings}",
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
                ref.adam_step,
                parameters,
                grads,
                zeros(parameters),
                zeros(parameters),
                1,
                label=f"gradients of 0 in the first step, epsilon = {epsilon:g}",
                tags=("zero", "large") if epsilon == 0.3 else "zero",
                learning_rate=0.3,
                beta1=0.7,
                beta2=0.8,
                epsilon=epsilon,
            )
        )
    parameters = network(rng, (2, 3, 1))
    cases.append(
        call(
            ref.adam_step,
            parameters,
            tiny(rng, parameters),
            zeros(parameters),
            zeros(parameters),
            1,
            label="gradients near 1e-8 in the first step, the default epsilon",
            tags="tiny",
            learning_rate=0.3,
        )
    )
    for dims, beta1, beta2 in (((3, 3, 3, 3), 0.7, 0.8), ((2, 3, 2, 1), 0.85, 0.65)):
        parameters = network(rng, dims)
        cases.append(
            script(
                SERIES,
                label=f"{layers(dims)}, t = 1, 2, 3 from v = s = 0",
                tags="series",
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
            BOWL,
            label="200 steps down a bowl with curvatures 1 to 100, beta2 = 0.999",
            tags="bowl",
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


A_MEAN = 'mean = beta1 * v[f"d{name}"] + (1 - beta1) * g'
A_SQUARE = 'square = beta2 * s[f"d{name}"] + (1 - beta2) * g**2'
HATS = "v_hat, s_hat = mean / (1 - beta1**t), square / (1 - beta2**t)"
A_ROOT = "(np.sqrt(s_hat) + epsilon)"
A_STEP = "new_parameters[name] = value - learning_rate * v_hat / (np.sqrt(s_hat) + epsilon)"
A_KEEP = 'new_v[f"d{name}"], new_s[f"d{name}"] = mean, square'
A_RETURN = "return new_parameters, new_v, new_s"
A_NEW = "{}, {}, {}"

MISTAKES = (
    Mistake(
        "AD-01",
        ADAM,
        "The bias correction is missing, or computed and not used: the step is made of v and s "
        "themselves.",
        edit(HATS, "v_hat, s_hat = mean, square"),
    ),
    Mistake(
        "AD-03",
        ADAM,
        "Only one of the two averages is corrected. Both start at 0, so both need it.",
        edit("square / (1 - beta2**t)", "square"),
        edit("mean / (1 - beta1**t)", "mean"),
    ),
    Mistake(
        "AD-05",
        ADAM,
        "The exponent of the correction is one off. t counts from 1: use it as it comes.",
        edit("beta1**t", "beta1 ** (t - 1)").then("beta2**t", "beta2 ** (t - 1)"),
        edit("beta1**t", "beta1 ** (t + 1)").then("beta2**t", "beta2 ** (t + 1)"),
    ),
    Mistake(
        "AD-07",
        COUNTING,
        "t grows with every parameter. It is the number of the update, the same for all of them.",
        edit(A_KEEP, A_KEEP + "\n        t = t + 1"),
        edit(A_KEEP, A_KEEP + "\n        t += name[0] == 'b'"),
    ),
    Mistake(
        "AD-08",
        COUNTING,
        "The exponent of the correction is the number of the layer. It is t, the number of the "
        "update.",
        edit("beta1**t", "beta1 ** int(name[-1])").then("beta2**t", "beta2 ** int(name[-1])"),
        edit("beta1**t", "beta1 ** (int(name[-1]) + 1)").then(
            "beta2**t", "beta2 ** (int(name[-1]) + 1)"
        ),
    ),
    Mistake(
        "AD-09",
        ADAM,
        "beta1 is used for the second average, or beta2 for the correction of the first. Each "
        "average has its own beta, in its recursion and in its correction.",
        edit(A_SQUARE, A_SQUARE.replace("beta2", "beta1")),
        edit("beta2**t", "beta1**t"),
        edit(A_SQUARE, A_SQUARE.replace("beta2", "beta1")).then("beta2**t", "beta1**t"),
        edit("beta1**t", "beta2**t"),
    ),
    Mistake(
        "AD-10",
        EPSILON,
        "epsilon is inside the root. It is added to the root.",
        edit(A_ROOT, "np.sqrt(s_hat + epsilon)"),
    ),
    Mistake(
        "AD-11",
        EPSILON,
        "epsilon is added to the quotient, because of missing brackets. It belongs to the "
        "denominator.",
        edit(f"v_hat / {A_ROOT}", "(v_hat / np.sqrt(s_hat) + epsilon)"),
        edit(A_ROOT, "np.sqrt(s_hat) + epsilon"),
    ),
    Mistake(
        "AD-12",
        ROOT_MISSING,
        "The root is missing: divided by the mean square, the smaller a gradient, the larger its "
        "step.",
        edit(A_ROOT, "(s_hat + epsilon)"),
    ),
    Mistake(
        "AD-13",
        ADAM,
        "The second average is squared where its root should be taken.",
        edit("np.sqrt(s_hat)", "np.square(s_hat)"),
    ),
    Mistake(
        "AD-14",
        ADAM,
        "Something else stands under the root. It is the corrected average of the squares.",
        edit("np.sqrt(s_hat)", "np.sqrt(beta1)"),
        edit("np.sqrt(s_hat)", "np.sqrt(beta2)"),
        edit("np.sqrt(s_hat)", "np.sqrt(np.abs(v_hat))"),
    ),
    Mistake(
        "AD-15",
        COUNTING,
        "The corrected averages are returned, and would be corrected again in the next step. "
        "Return v and s uncorrected.",
        edit(A_KEEP, A_KEEP.replace("mean, square", "v_hat, s_hat")),
        edit(A_KEEP, A_KEEP.replace("mean, square", "v_hat, square")),
    ),
    Mistake(
        "AD-16",
        EPSILON_HAT,
        "epsilon is added to the root of the uncorrected s, the short form of Kingma and Ba. With "
        "a small epsilon that is as good; with a large one it gives other steps.",
        edit(
            A_STEP,
            "new_parameters[name] = value - learning_rate * np.sqrt(1 - beta2**t) * v_hat / "
            "(np.sqrt(square) + epsilon)",
        ),
    ),
    Mistake(
        "AD-17",
        ADAM,
        "The second average is made of the gradients, their sizes or their mean. Square each "
        "gradient, and average the squares.",
        edit("g**2", "g"),
        edit("g**2", "np.abs(g)"),
        edit("g**2", "mean**2"),
    ),
    Mistake(
        "AD-19",
        ADAM,
        IN_PLACE,
        edit(A_NEW, "parameters, v, s"),
        edit(A_NEW, "parameters, {}, {}"),
        edit(A_NEW, "{}, v, s"),
    ),
    Mistake(
        "AD-20", ADAM, WEIGHTS_ONLY, edit(A_STEP, A_STEP + ' if name.startswith("W") else value')
    ),
    Mistake(
        "AD-21",
        ADAM,
        "Something else than three things is returned: the new parameters, v and s, in this order.",
        edit(A_RETURN, "return new_parameters, new_v, new_s, v_hat, s_hat"),
        edit(A_RETURN, "return new_parameters"),
        looks_like=partial(other_number, 3),
    ),
    Mistake(
        "AD-22",
        ADAM,
        "One average mixes the betas: what one beta keeps and the other leaves do not add up to 1.",
        edit("(1 - beta1) * g", "(1 - beta2) * g"),
        edit("(1 - beta2) * g**2", "(1 - beta1) * g**2"),
        edit(A_MEAN, A_MEAN.replace("beta1 *", "beta2 *")),
    ),
    Mistake(
        "AD-23",
        ADAM,
        "The correction is the same whatever t is, such as that of the first update. The betas are "
        "raised to the power t.",
        edit("beta1**t", "beta1").then("beta2**t", "beta2"),
        edit("beta1**t", "beta1**2").then("beta2**t", "beta2**2"),
        numbers={
            "the exponent": edit("beta1**t", "beta1**{whole}").then("beta2**t", "beta2**{whole}")
        },
    ),
    Mistake(
        "AD-24",
        ADAM,
        "The averages are multiplied by the sum of their weights. They are too small: divide.",
        edit(HATS, "v_hat, s_hat = mean * (1 - beta1**t), square * (1 - beta2**t)"),
    ),
    Mistake(
        "AD-25",
        ADAM,
        "The root covers the numerator too, or the learning rate is missing.",
        edit("* v_hat /", "* np.sign(v_hat) * np.sqrt(np.abs(v_hat)) /"),
        edit("learning_rate * v_hat", "v_hat"),
    ),
    Mistake(
        "AD-26",
        ADAM,
        "Three things at once: the averages are not corrected, epsilon is inside the root, and the "
        "caller's arrays are changed.",
        edit(A_NEW, "parameters, v, s")
        .then(HATS, "v_hat, s_hat = mean, square")
        .then(A_ROOT, "np.sqrt(s_hat + epsilon)"),
    ),
    Mistake("AD-27", ADAM, UPHILL, edit("value - learning_rate", "value + learning_rate")),
    Mistake(
        "AD-28",
        ADAM,
        "beta1 and beta2 are exchanged: beta1 belongs to the mean v, beta2 to the mean square s.",
        edit(A_MEAN, A_MEAN.replace("beta1", "beta2"))
        .then(A_SQUARE, A_SQUARE.replace("beta2", "beta1"))
        .then(HATS, "v_hat, s_hat = mean / (1 - beta2**t), square / (1 - beta1**t)"),
        edit(A_MEAN, A_MEAN.replace("beta1", "beta2")).then(
            A_SQUARE, A_SQUARE.replace("beta2", "beta1")
        ),
    ),
    Mistake(
        "AD-29",
        ADAM,
        "beta weighs what is new, in one of the averages. It is the share of the old average that "
        "stays.",
        edit(A_MEAN, 'mean = (1 - beta1) * v[f"d{name}"] + beta1 * g'),
        edit(A_SQUARE, 'square = (1 - beta2) * s[f"d{name}"] + beta2 * g**2'),
        edit(A_MEAN, 'mean = (1 - beta1) * v[f"d{name}"] + beta1 * g').then(
            A_SQUARE, 'square = (1 - beta2) * s[f"d{name}"] + beta2 * g**2'
        ),
    ),
    Mistake("AD-30", ADAM, LAST_LAYER, edit(A_STEP, f"{A_STEP} if not {LAST} else value")),
    Mistake(
        "AD-31",
        ADAM,
        KNOWN_NAMES,
        edit(NAMED, NAMED + '\n        if name[:-1] not in ("W", "b"):\n            continue'),
        *W_AND_B_ONLY,
    ),
    Mistake(
        "AD-32",
        ADAM,
        "A beta, epsilon or the learning rate has a fixed value. Use the arguments, whatever their "
        "defaults are.",
        edit(A_MEAN, A_MEAN.replace("beta1", "0.9")).then("beta1**t", "0.9**t"),
        edit(A_SQUARE, A_SQUARE.replace("beta2", "0.999")).then("beta2**t", "0.999**t"),
        edit(A_ROOT, "(np.sqrt(s_hat) + 1e-8)"),
        edit("", "learning_rate = 0.05"),
        numbers=fixed("beta1", "beta2", "epsilon", "learning_rate"),
    ),
    Mistake(
        "AD-33",
        ADAM,
        "v and s are returned as they came, so the next step knows nothing of this one. Return the "
        "new ones.",
        edit(A_KEEP, 'new_v[f"d{name}"], new_s[f"d{name}"] = v[f"d{name}"], s[f"d{name}"]'),
    ),
    Mistake(
        "AD-34",
        COUNTING,
        "beta is multiplied by t, a lost exponent. It is raised to the power t.",
        edit("beta1**t", "beta1 * t").then("beta2**t", "beta2 * t"),
    ),
    Mistake(
        "AD-35",
        EPSILON,
        "epsilon is not used. Without it, a gradient that has always been 0 gives 0/0.",
        edit(A_ROOT, "np.sqrt(s_hat)"),
    ),
    Mistake(
        "AD-36",
        ADAM,
        "The gradient itself is in the numerator, as in RMSprop. Adam steps along its average.",
        edit("learning_rate * v_hat", "learning_rate * g"),
    ),
    Mistake(
        "AD-37",
        ADAM,
        "v and s come back in the wrong order: first v, the mean, then s, the mean square.",
        edit(A_RETURN, "return new_parameters, new_s, new_v"),
    ),
    Mistake(
        "AD-38",
        ADAM,
        "The root of the uncorrected s is divided by the correction. s is corrected first, and "
        "then the root is taken.",
        edit("(np.sqrt(s_hat) + epsilon)", "(np.sqrt(square) / (1 - beta2**t) + epsilon)"),
    ),
    Mistake(
        "AD-39",
        ADAM,
        "The averages from before this step are corrected and used. This step's gradient belongs "
        "into them first.",
        edit("mean / (1 - beta1**t)", 'v[f"d{name}"] / (1 - beta1**t)'),
        edit("mean / (1 - beta1**t)", 'v[f"d{name}"] / (1 - beta1**t)').then(
            "square / (1 - beta2**t)", 's[f"d{name}"] / (1 - beta2**t)'
        ),
    ),
    Mistake(
        "AD-40",
        ADAM,
        "The largest of the mean squares is remembered, as AMSGrad does. Adam divides by the root "
        "of the present one.",
        edit("np.sqrt(s_hat)", 'np.sqrt(np.maximum(s_hat, s[f"d{name}"]))'),
    ),
    Mistake(
        "AD-41",
        ADAM,
        "The parameters are pulled towards 0 as well. Weight decay is another method; here only "
        "the gradients count.",
        edit("learning_rate * v_hat", "learning_rate * (v_hat + 0.01 * value)"),
    ),
    Mistake(
        "AD-42",
        ADAM,
        "The keys are others than those that came in. Parameters keep their names, and an average "
        "has the key of its gradient, with the d in front: the next step looks for it there.",
        edit(A_KEEP, "new_v[name], new_s[name] = mean, square"),
        edit(A_STEP, A_STEP.replace("[name]", '["d" + name]')),
        looks_like=other_keys,
    ),
)


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


TASK = Task(
    reference=ref.adam_step,
    returns=("parameters", "v", "s"),
    cases=cases,
    criteria=(
        Agrees("averages v and s", 1.5, ("one", "zero"), ("v", "s")),
        Agrees("parameters", 2, "small", "parameters"),
        Agrees("where epsilon stands", 1.5, ("large", "zero", "tiny"), "parameters"),
        Agrees("three steps in a row", 1, "series"),
        Agrees("200 steps down a bowl", 1, "bowl"),
        Agrees("parameters of any name", 1, "names"),
        InputsUntouched(1, "one"),
    ),
    lecture=ADAM,
    mistakes=MISTAKES,
    variants=(Variant("in stages", adam_in_stages),),
    losses={
        "AD-42": "all but parameters · where epsilon stands · inputs untouched",
        "AD-42, way 2": "all but averages v and s · inputs untouched",
        "AD-38": "all but averages v and s · inputs untouched",
        "AD-39": "all but averages v and s · inputs untouched",
        "AD-39, way 2": "all but averages v and s · inputs untouched",
        "AD-40": "parameters · three steps in a row",
        "AD-41": "all but averages v and s · inputs untouched",
        "AD-01": "all but averages v and s · inputs untouched",
        "AD-03": "all but averages v and s · inputs untouched",
        "AD-05": "all but averages v and s · inputs untouched",
        "AD-07": "all but averages v and s · inputs untouched",
        "AD-07, way 2": "all but averages v and s · 200 steps down a bowl · inputs untouched",
        "AD-08": "all but averages v and s · inputs untouched",
        "AD-09": "all",
        "AD-09, way 2": "all but averages v and s · inputs untouched",
        "AD-09, way 4": "all but averages v and s · inputs untouched",
        "AD-10": "where epsilon stands",
        "AD-11": "where epsilon stands",
        "AD-12": "all but averages v and s · inputs untouched",
        "AD-13": "all but averages v and s · inputs untouched",
        "AD-14": "all but averages v and s · inputs untouched",
        "AD-15": "all but parameters · where epsilon stands · inputs untouched",
        "AD-16": "where epsilon stands",
        "AD-17": "all",
        "AD-19": "inputs untouched",
        "AD-20": "all but averages v and s · inputs untouched",
        "AD-21": "all",
        "AD-22": "all",
        "AD-23": "all but averages v and s · inputs untouched",
        "AD-24": "all but averages v and s · inputs untouched",
        "AD-25": "all but averages v and s · inputs untouched",
        "AD-26": "all but averages v and s",
        "AD-27": "all but averages v and s · inputs untouched",
        "AD-28": "all",
        "AD-29": "all",
        "AD-30": "all but averages v and s · inputs untouched",
        "AD-31": "parameters of any name",
        "AD-32": "all but 200 steps down a bowl · inputs untouched",
        "AD-32, way 3": "where epsilon stands",
        "AD-32, way 4": "all but averages v and s · inputs untouched",
        "AD-33": "all but parameters · where epsilon stands · inputs untouched",
        "AD-34": "all but averages v and s · inputs untouched",
        "AD-35": "where epsilon stands",
        "AD-36": "all but averages v and s · inputs untouched",
        "AD-37": "all but parameters · where epsilon stands · inputs untouched",
    },
    promises={
        "parameters": Promise(
            value=(-5.3, 5),
            within=(-9, 9),
            rows=(1, 4),
            columns=(1, 4),
            layers=(1, 11),
            has=("other names",),
        ),
        "grads": Promise(
            value=(-2, 2),
            within=(-3, 3),
            rows=(1, 4),
            columns=(1, 4),
            layers=(2, 11),
            has=("0", "a constant row", "equal neighbours", "other names"),
        ),
        "v": Promise(
            value=(-2, 2),
            within=(-3, 3),
            rows=(1, 4),
            columns=(1, 4),
            layers=(1, 11),
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
        "t": Promise(value=(1, 400)),
        "learning_rate": Promise(value=(0.01, 0.36), within=(0.01, 0.5)),
        "beta1": Promise(value=(0.6, 0.85)),
        "beta2": Promise(value=(0.65, 0.999)),
        "epsilon": Promise(value=(1e-08, 0.3)),
    },
    equivalent={
        "both are empty dicts": (
            "new_v, new_parameters, new_s = {}, {}, {}",
            "new_parameters, new_s, new_v = {}, {}, {}",
        ),
        "a square does not see the sign": (
            'square = beta2 * s[f"d{name}"] + (1 - beta2) * (-g)**2',
        ),
    },
)
