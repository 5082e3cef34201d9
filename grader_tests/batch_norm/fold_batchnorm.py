"""`fold_batchnorm`: return the linear layer that answers as linear → batch norm at test time."""

from __future__ import annotations

import numpy as np

from grader_tests.batch_norm import RUNNING
from grader_tests.batch_norm import reference as ref
from grader_tests.batch_norm.draws import Arrays, layer
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
    parts,
)
from grading.marking.derivative import relative_difference


def cases(rng: np.random.Generator) -> list[Case]:
    """Several sizes, square ones too, variances from tiny to large, and one below 0."""
    cases = []
    for n, n_prev, options, tag in (
        (3, 5, {}, "plain"),
        (4, 4, {"epsilon": 0.3}, "plain"),
        (5, 2, {"epsilon": 0.1}, "plain"),
        (1, 6, {}, "plain"),
        (4, 3, {}, "small"),
        (2, 2, {"epsilon": 1e-3}, "small"),
        (3, 4, {}, "refused"),
        (2, 3, {"epsilon": 0.5}, "refused"),
        (3, 2, {"epsilon": 0.3}, "refused"),
    ):
        W = rng.standard_normal((n, n_prev))
        _, gamma, beta, mean, var = layer(rng, n, 1)
        mean += np.sign(mean)
        told = ""
        if tag == "small":
            var *= 1e-5 * rng.uniform(0.5, 1.5, (n, 1))
            var[0] = 0
            told = ", small variances and one of 0"
        elif tag == "refused":
            var[-1] *= -0.01
            told = ", a variance below 0"
        settings = f", epsilon = {options['epsilon']:g}" if options else ""
        label = f"{n_prev} inputs, {'one unit' if n == 1 else f'{n} units'}{settings}{told}"
        raises = ValueError if tag == "refused" else None
        cases.append(
            call(
                ref.fold_batchnorm,
                W,
                gamma,
                beta,
                mean,
                var,
                label=label,
                tags=tag,
                raises=raises,
                **options,
            )
        )
    return cases


def confirm(case: Case, wanted: Arrays) -> float:
    """Put the unit vectors and zeros through both layers: what a linear layer answers is it."""
    given = dict(case.inputs)
    W = given.pop("W")
    mean, var = given.pop("running_mean"), given.pop("running_var")
    inputs = np.hstack([np.zeros((W.shape[1], 1)), np.eye(W.shape[1])])
    output = ref.batchnorm_forward(
        W @ inputs, running_mean=mean, running_var=var, mode="test", **given
    )[0]
    answers = output[:, 1:] - output[:, :1], output[:, :1]
    return max(map(relative_difference, wanted, answers))


REFUSAL = """\
    if np.any(running_var < 0):
        raise ValueError("a variance is never below 0")
"""
SCALE = "scale = gamma / np.sqrt(running_var + epsilon)"
WEIGHTS = "W_folded = scale * W"
BIAS = "b_folded = beta - scale * running_mean"

MISTAKES = (
    Mistake(
        "FB-01",
        RUNNING,
        "The variance comes in without a root. Batch norm divides by a standard deviation.",
        edit(SCALE, "scale = gamma / (running_var + epsilon)"),
    ),
    Mistake(
        "FB-02",
        RUNNING,
        "epsilon is left out, or added outside the root. The layer in use adds it to the variance; "
        "where variances are small the answers differ.",
        edit(SCALE, "scale = gamma / np.sqrt(running_var)"),
        edit(SCALE, "scale = gamma / (np.sqrt(running_var) + epsilon)"),
    ),
    Mistake(
        "FB-03",
        RUNNING,
        "epsilon has a fixed value. It is an argument: use what the layer was trained with.",
        edit("running_var + epsilon", "running_var + 1e-5"),
        numbers=fixed("epsilon"),
    ),
    Mistake(
        "FB-04",
        RUNNING,
        "The running mean goes into the bias as it is, or without one of its factors. It is taken "
        "off before the division and before gamma, so it meets both.",
        edit(BIAS, "b_folded = beta - running_mean"),
        edit(BIAS, "b_folded = beta - gamma * running_mean"),
        edit(BIAS, "b_folded = beta - running_mean / np.sqrt(running_var + epsilon)"),
    ),
    Mistake(
        "FB-05",
        RUNNING,
        "The sign of a part of the bias is wrong. Batch norm takes the mean off and adds beta.",
        edit(BIAS, "b_folded = beta + scale * running_mean"),
        edit(BIAS, "b_folded = scale * running_mean - beta"),
    ),
    Mistake(
        "FB-06",
        RUNNING,
        "A part of the bias is missing. What the two layers answer to an example of zeros is "
        "neither beta alone nor the mean's part alone.",
        edit(BIAS, "b_folded = beta"),
        edit(BIAS, "b_folded = -scale * running_mean"),
        edit(BIAS, "b_folded = np.zeros_like(beta)"),
    ),
    Mistake(
        "FB-07",
        RUNNING,
        "beta is scaled, too. It is added last, after gamma and the division.",
        edit(BIAS, "b_folded = scale * (beta - running_mean)"),
    ),
    Mistake(
        "FB-08",
        RUNNING,
        "gamma, or the division by the deviation, does not reach the weights. Both act on what the "
        "weights produce.",
        edit(WEIGHTS, "W_folded = W / np.sqrt(running_var + epsilon)"),
        edit(WEIGHTS, "W_folded = gamma * W"),
        edit(WEIGHTS, "W_folded = W.copy()"),
    ),
    Mistake(
        "FB-09",
        RUNNING,
        "The scales go along the columns of W, which belong to the inputs. A unit's weights are a "
        "row.",
        edit(WEIGHTS, "W_folded = W * scale.T"),
        edit(WEIGHTS, "W_folded = W * scale.ravel()"),
    ),
    Mistake(
        "FB-10",
        RUNNING,
        "It multiplies by the deviation where it should divide.",
        edit(SCALE, "scale = gamma * np.sqrt(running_var + epsilon)"),
    ),
    Mistake(
        "FB-11",
        RUNNING,
        "A variance below 0 gets through, or becomes nan. It is a mistake in the running averages "
        "and should raise a ValueError, whatever epsilon is.",
        edit(REFUSAL, ""),
        edit("running_var < 0", "running_var + epsilon < 0"),
        edit("np.any(", "np.all("),
    ),
    Mistake(
        "FB-12",
        RUNNING,
        "An argument is changed in place, by an operation such as *= or -=. The network in "
        "training still needs it: make a new array.",
        edit(WEIGHTS, "W *= scale\n    W_folded = W"),
        edit(BIAS, "beta -= scale * running_mean\n    b_folded = beta"),
        edit(SCALE, "running_var += epsilon\n    scale = gamma / np.sqrt(running_var)"),
    ),
    Mistake(
        "FB-13",
        RUNNING,
        "W and b come back in the other order.",
        edit("return W_folded, b_folded", "return b_folded, W_folded"),
    ),
    Mistake(
        "FB-14",
        RUNNING,
        "A variance of exactly 0 is refused. A unit that never varies has it, and epsilon keeps "
        "the division possible: only what is below 0 is a mistake.",
        edit("running_var < 0", "running_var <= 0"),
    ),
    Mistake(
        "FB-15",
        RUNNING,
        "W_folded is transposed. A unit's weights stay a row.",
        edit("return W_folded, b_folded", "return W_folded.T, b_folded"),
    ),
    Mistake(
        "FB-16",
        RUNNING,
        "Only a part comes back. The new layer has weights and a bias: return both.",
        *parts("return W_folded, b_folded"),
    ),
    Mistake(
        "FB-17",
        RUNNING,
        "The bias is worked out with the weights. The mean belongs to what the weights produce, "
        "so that it meets the scale only.",
        edit(BIAS, "b_folded = beta - W_folded @ running_mean"),
        edit(BIAS, "b_folded = beta - np.sum(W_folded, axis=1, keepdims=True) * running_mean"),
        edit(BIAS, "b_folded = beta - W @ running_mean"),
    ),
    Mistake(
        "FB-18",
        RUNNING,
        "The scale is another one than gamma over the standard deviation that batch norm uses. "
        "Look at its signs, factors and powers.",
        edit(SCALE, "scale = 1 / np.sqrt(running_var + epsilon)"),
        edit(SCALE, "scale = -gamma / np.sqrt(running_var + epsilon)"),
        edit(SCALE, "scale = gamma / np.sqrt(running_var - epsilon)"),
        edit(SCALE, "scale = gamma / (running_var + epsilon) ** 2"),
        edit(SCALE, "scale = beta / np.sqrt(running_var + epsilon)"),
        edit(SCALE, "scale = (1 + gamma) / np.sqrt(running_var + epsilon)"),
    ),
)


def by_probing(W, gamma, beta, running_mean, running_var, epsilon=1e-5):
    """The two layers' answers to zeros and to unit vectors."""
    if running_var.min() < 0:
        raise ValueError("negative variance")
    X = np.column_stack([np.zeros(W.shape[1]), np.eye(W.shape[1])])
    out = gamma * (W @ X - running_mean) / (running_var + epsilon) ** 0.5 + beta
    return out[:, 1:] - out[:, [0]], out[:, [0]]


def unit_by_unit(W, gamma, beta, running_mean, running_var, epsilon=1e-5):
    """A loop over the units."""
    if any(v < 0 for v in running_var.ravel()):
        raise ValueError(running_var)
    new_W, new_b = W.copy(), beta.copy()
    for j in range(len(W)):
        std = np.sqrt(running_var[j, 0] + epsilon)
        new_W[j] = W[j] / std * gamma[j, 0]
        new_b[j] += gamma[j] * (0 - running_mean[j]) / std
    return new_W, new_b


TASK = Task(
    reference=ref.fold_batchnorm,
    returns=("W_folded", "b_folded"),
    cases=cases,
    criteria=(
        Agrees("weights", 1.5, "plain", "W_folded"),
        Agrees("bias", 2, "plain", "b_folded", loose_shape=True),
        Agrees("small variances", 0.5, "small", loose_shape=True),
        Agrees("negative variances refused", 0.5, "refused", beside="*"),
        InputsUntouched(0.5),
    ),
    lecture=RUNNING,
    mistakes=MISTAKES,
    variants=(Variant("by probing", by_probing), Variant("unit by unit", unit_by_unit)),
    unworked={"the right answer [tfs]*": "of what has one column, order and shape do not matter"},
    confirm=confirm,
    losses={
        "FB-14": "small variances · inputs untouched",
        "FB-15": "weights · small variances",
        "FB-16": "all",
        "FB-17": "all",
        "FB-17, way 2": "bias · small variances",
        "FB-18": "all",
        "FB-01": "all",
        "FB-02": "all",
        "FB-03": "all",
        "FB-04": "bias · small variances",
        "FB-05": "bias · small variances",
        "FB-06": "bias · small variances",
        "FB-07": "bias · small variances",
        "FB-08": "weights · small variances",
        "FB-09": "all",
        "FB-10": "all",
        "FB-11": "negative variances refused",
        "FB-12": "inputs untouched",
        "FB-13": "all",
    },
    promises={
        "W": Promise(value=(-1, 1), within=(-5, 5), rows=(1, 5), columns=(2, 6)),
        "gamma": Promise(value=(-1.5, 1.5), within=(-2.5, 2.5), rows=(1, 5)),
        "beta": Promise(value=(0.75, 1.3), within=(0.5, 1.5), rows=(1, 5)),
        "running_mean": Promise(value=(-1.2, 1.2), within=(-3, 3), rows=(1, 5)),
        "running_var": Promise(value=(0, 4), within=(0, 5), rows=(1, 5), has=("0",)),
        "epsilon": Promise(value=(1e-3, 0.3)),
    },
    equivalent={
        "what is below 0 stays there": ("if np.any((running_var * 1.01) < 0):",),
    },
)
