"""`batchnorm_forward`: normalise each feature over the examples, then scale and shift."""

from __future__ import annotations

import numpy as np

from grader_tests.batch_norm import NORMALISE, RUNNING, SCALE
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


def cases(rng: np.random.Generator) -> list[Case]:
    """Both modes, several sizes, two values of epsilon, and inputs at the edges."""

    def case(arrays: Arrays, mode: str, size: str, *tags: str, **options: float) -> Case:
        settings = "".join(f", {name} = {value:g}" for name, value in options.items())
        label = f"{size}, mode {mode!r}{settings}"
        return call(
            ref.batchnorm_forward, *arrays, mode, label=label, tags=(mode, *tags), **options
        )

    constant = layer(rng, 3, 6)
    constant[0][1] = constant[0][1, 0]
    small = layer(rng, 2, 3)
    return [
        case(layer(rng, 3, 5), "train", "3 units, 5 examples"),
        case(layer(rng, 3, 5), "test", "3 units, 5 examples"),
        case(layer(rng, 4, 6), "train", "4 units, 6 examples", momentum=0.8, epsilon=0.3),
        case(layer(rng, 4, 6), "test", "4 units, 6 examples", momentum=0.8, epsilon=0.3),
        case(layer(rng, 4, 4), "train", "4 units, 4 examples", momentum=0.7, epsilon=0.3),
        case(layer(rng, 4, 4), "test", "4 units, 4 examples", momentum=0.7, epsilon=0.3),
        case(layer(rng, 5, 3), "train", "5 units, 3 examples", momentum=0.6),
        case(constant, "train", "a constant unit among 3, 6 examples"),
        case(layer(rng, 3, 1), "train", "3 units, one example", epsilon=0.3),
        case(layer(rng, 3, 1), "test", "3 units, one example", epsilon=0.3),
        case(layer(rng, 4, 8, 1e6, 0.5), "train", "means near a million, 8 examples", "far"),
        case(layer(rng, 5, 9, -1e6, 0.5), "train", "means near a million, 9 examples", "far"),
        *(
            call(
                ref.batchnorm_forward,
                *small,
                mode,
                label=f"mode {mode!r}",
                tags="refused",
                raises=ValueError,
            )
            for mode in ("predict", "Train")
        ),
    ]


def loses_digits(result: tuple, wanted: tuple, case: Case) -> bool | None:
    """Recognise E[Z²] − E[Z]²: right near zero, rough far away."""
    close = all(
        np.allclose(np.reshape(mine, right.shape), right, rtol=1e-6, atol=1e-7)
        for mine, right in zip(result, wanted, strict=True)
        if isinstance(right, np.ndarray)
    )
    if "far" in case.tags:
        return not close
    return None if close else False


STD = "std = np.sqrt(var + epsilon)"
IN_TRAINING = '{} if mode == "train" else {}'
AT_TEST_TIME = '{} if mode == "test" else {}'
MEAN = "mean = np.mean(Z, axis=1, keepdims=True)"
VAR = "var = np.var(Z, axis=1, keepdims=True)"
CACHE = 'cache = (Z_norm, gamma, std) if mode == "train" else None'
RETURNED = "return Z_tilde, cache, running_mean, running_var"
REFUSED = """raise ValueError(f"mode must be 'train' or 'test', not {mode!r}")"""
RUNNING_MEAN = "running_mean = momentum * running_mean + (1 - momentum) * mean"
RUNNING_VAR = "running_var = momentum * running_var + (1 - momentum) * var"


def unmoded(Z, gamma, beta, running_mean, running_var, mode, momentum=0.9, epsilon=1e-5):
    """Train whatever the mode."""
    mean = np.mean(Z, axis=1, keepdims=True)
    var = np.var(Z, axis=1, keepdims=True)
    running_mean = momentum * running_mean + (1 - momentum) * mean
    running_var = momentum * running_var + (1 - momentum) * var
    std = np.sqrt(var + epsilon)
    Z_norm = (Z - mean) / std
    return gamma * Z_norm + beta, (Z_norm, gamma, std), running_mean, running_var


MISTAKES = (
    Mistake(
        "BN-01",
        NORMALISE,
        "The variance is divided by m − 1. Batch norm uses the batch's own mean square distance, "
        "divided by m, for normalising.",
        edit(VAR, "var = np.var(Z, axis=1, keepdims=True, ddof=1)"),
    ),
    Mistake(
        "BN-02",
        NORMALISE,
        "epsilon is added to the standard deviation. It belongs to the variance, inside the root.",
        edit(STD, "std = np.sqrt(var) + epsilon"),
    ),
    Mistake(
        "BN-03",
        NORMALISE,
        "epsilon is not used. Without it a unit that is constant in the batch gives 0/0.",
        edit(STD, "std = np.sqrt(var)"),
    ),
    Mistake(
        "BN-04",
        NORMALISE,
        "The centred values are divided by the variance. Dividing by its root gives them variance "
        "one.",
        edit(STD, "std = var + epsilon"),
    ),
    Mistake(
        "BN-05",
        NORMALISE,
        "The centred values are divided by the square of the variance, where its root is wanted.",
        edit(STD, "std = (var + epsilon) ** 2"),
    ),
    Mistake(
        "BN-06",
        NORMALISE,
        "The statistics are taken over the units within each example (that is layer norm). "
        "Examples are columns here: each unit has a mean and a variance over the examples.",
        edit("axis=1", "axis=0", 2),
    ),
    Mistake(
        "BN-07",
        NORMALISE,
        "One mean and one variance are taken over the whole array. Each unit needs its own.",
        edit(MEAN, "mean = np.mean(Z)").then(VAR, "var = np.var(Z)"),
    ),
    Mistake(
        "BN-08",
        SCALE,
        "beta is added before scaling, and so is divided by the standard deviation too. Normalise "
        "first, then scale by gamma, then shift by beta.",
        edit("gamma * Z_norm + beta", "gamma * (Z - mean + beta) / std"),
        edit("gamma * Z_norm + beta", "gamma * (Z_norm + beta)"),
    ),
    Mistake(
        "BN-09",
        SCALE,
        "gamma and beta are left out at test time. They are learnt parameters: the output is "
        "scaled and shifted in both modes.",
        edit("gamma * Z_norm + beta", 'gamma * Z_norm + beta if mode == "train" else Z_norm'),
    ),
    Mistake(
        "BN-10",
        RUNNING,
        "At test time the statistics of the batch are used. Then an example's answer depends on "
        "its neighbours; use the running statistics.",
        edit(
            "mean, var = running_mean, running_var",
            "mean, var = np.mean(Z, axis=1, keepdims=True), np.var(Z, axis=1, keepdims=True)",
        ),
        unmoded,
    ),
    Mistake(
        "BN-11",
        RUNNING,
        "The running statistics are updated at test time too. Test examples must leave no trace: "
        "return them unchanged.",
        edit(
            "mean, var = running_mean, running_var",
            "mean, var = running_mean, running_var\n"
            "        running_mean = momentum * mean + (1 - momentum) * np.mean(Z, 1, keepdims=True)"
            "\n"
            "        running_var = momentum * var + (1 - momentum) * np.var(Z, 1, keepdims=True)",
        ),
    ),
    Mistake(
        "BN-12",
        RUNNING,
        "momentum weighs the new batch. In this course it is the share of the old running value "
        "that is kept.",
        edit(RUNNING_MEAN, "running_mean = (1 - momentum) * running_mean + momentum * mean").then(
            RUNNING_VAR, "running_var = (1 - momentum) * running_var + momentum * var"
        ),
    ),
    Mistake(
        "BN-13",
        RUNNING,
        "running_var collects standard deviations. It is an average of variances; the root is "
        "taken when it is used.",
        edit(RUNNING_VAR, RUNNING_VAR.replace("* var", "* np.sqrt(var)")),
        edit(RUNNING_VAR, RUNNING_VAR.replace("* var", "* np.sqrt(var + epsilon)")),
    ),
    Mistake(
        "BN-14",
        RUNNING,
        "running_var collects variances divided by m − 1. Some libraries do; this course keeps "
        "the same variance, divided by m, everywhere.",
        edit(
            RUNNING_VAR, RUNNING_VAR.replace("* var", "* np.var(Z, axis=1, keepdims=True, ddof=1)")
        ),
    ),
    Mistake(
        "BN-15",
        RUNNING,
        "epsilon gets into running_var. Average the variance itself, and add epsilon only when "
        "normalising, or it is counted twice at test time.",
        edit(RUNNING_VAR, RUNNING_VAR.replace("* var", "* (var + epsilon)")),
    ),
    Mistake(
        "BN-16",
        RUNNING,
        "The running statistics come back from training as they went in. Return the updated ones.",
        edit(f"        {RUNNING_MEAN}\n        {RUNNING_VAR}\n", ""),
    ),
    Mistake(
        "BN-18",
        RUNNING,
        "The running statistics that were handed in are ignored, and each call starts again from "
        "its own batch. Continue from what the arguments hold.",
        edit(RUNNING_MEAN, "running_mean = (1 - momentum) * mean").then(
            RUNNING_VAR, "running_var = (1 - momentum) * var"
        ),
        edit(RUNNING_MEAN, "running_mean = mean").then(RUNNING_VAR, "running_var = var"),
    ),
    Mistake(
        "BN-19",
        NORMALISE,
        "The variance loses its digits when the mean is large, as the mean of squares minus the "
        "square of the mean does. Subtract the mean first, then average the squares.",
        edit(VAR, "var = np.mean(Z**2, axis=1, keepdims=True) - mean**2"),
        looks_like=loses_digits,
    ),
    Mistake(
        "BN-20",
        NORMALISE,
        "The variance is the mean of the squares without centring. Subtract the mean first.",
        edit(VAR, "var = np.mean(Z**2, axis=1, keepdims=True)"),
    ),
    Mistake(
        "BN-21",
        NORMALISE,
        "An argument is changed in place, by an operation such as -= or *=. The caller still "
        "needs its array: compute a new one.",
        edit("Z_norm = (Z - mean) / std", "Z -= mean\n    Z_norm = Z / std"),
        edit(
            RUNNING_MEAN, "running_mean *= momentum\n        running_mean += (1 - momentum) * mean"
        ).then(RUNNING_VAR, "running_var *= momentum\n        running_var += (1 - momentum) * var"),
    ),
    Mistake(
        "BN-22",
        NORMALISE,
        "epsilon or momentum has a fixed value. Use the arguments, whatever their defaults are.",
        edit(STD, "std = np.sqrt(var + 1e-5)"),
        edit(STD, "std = np.sqrt(var + 1e-8)"),
        edit("", "momentum = 0.99"),
        numbers=fixed("epsilon", "momentum"),
    ),
    Mistake(
        "BN-24",
        RUNNING,
        "Training normalises by the running statistics. In training the batch's own are used; the "
        "running ones are only collected.",
        edit(STD, "mean, var = running_mean, running_var\n    " + STD),
    ),
    Mistake(
        "BN-25",
        SCALE,
        "gamma is applied by a matrix product, which mixes the units. Each unit is scaled by "
        "its own gamma.",
        edit("gamma * Z_norm + beta", "gamma.T @ Z_norm + beta"),
    ),
    Mistake(
        "BN-28",
        RUNNING,
        "At test time epsilon is added to the standard deviation. In both modes it belongs to the "
        "variance, inside the root.",
        edit(STD, IN_TRAINING.format(STD, "np.sqrt(var) + epsilon")),
    ),
    Mistake(
        "BN-29",
        NORMALISE,
        "In training epsilon is added to the standard deviation. In both modes it belongs to the "
        "variance, inside the root.",
        edit(STD, AT_TEST_TIME.format(STD, "np.sqrt(var) + epsilon")),
    ),
    Mistake(
        "BN-30",
        RUNNING,
        "At test time epsilon is missing. It stands in the root in both modes.",
        edit(STD, IN_TRAINING.format(STD, "np.sqrt(var)")),
    ),
    Mistake(
        "BN-31",
        NORMALISE,
        "In training epsilon is missing. It stands in the root in both modes.",
        edit(STD, AT_TEST_TIME.format(STD, "np.sqrt(var)")),
    ),
    Mistake(
        "BN-32",
        RUNNING,
        "At test time the centred values are divided by the variance. In both modes its root is "
        "the standard deviation.",
        edit(STD, IN_TRAINING.format(STD, "var + epsilon")),
    ),
    Mistake(
        "BN-33",
        NORMALISE,
        "In training the centred values are divided by the variance. In both modes its root is "
        "the standard deviation.",
        edit(STD, AT_TEST_TIME.format(STD, "var + epsilon")),
    ),
    Mistake(
        "BN-34",
        RUNNING,
        "At test time Z is scaled and shifted without being normalised. Subtract the running mean "
        "first, and divide by the root of the running variance.",
        edit("Z_norm = (Z - mean) / std", "Z_norm = Z").then(
            "    std =",
            '    Z = (Z - mean) / np.sqrt(var + epsilon) if mode == "train" else Z\n    std =',
        ),
    ),
    Mistake(
        "BN-35",
        NORMALISE,
        "The variance is squared under the root. Its own root is the standard deviation.",
        edit(STD, "std = np.sqrt(var**2 + epsilon)"),
    ),
    Mistake(
        "BN-27",
        RUNNING,
        "Every mode that is not 'train' is taken for 'test'. A misspelt mode should raise a "
        "ValueError at once, not give quietly wrong numbers.",
        edit(
            REFUSED,
            "mean, var = running_mean, running_var",
        ),
    ),
    Mistake(
        "BN-36",
        NORMALISE,
        "The running variance is that of m − 1. In this course it is the variance of the "
        "mini-batch itself.",
        edit("(1 - momentum) * var", "(1 - momentum) * var * Z.shape[1] / max(Z.shape[1] - 1, 1)"),
    ),
    Mistake(
        "BN-37",
        NORMALISE,
        "gamma and beta are left out, or exchanged, in training only. They act in both modes "
        "alike.",
        edit(
            "Z_tilde = gamma * Z_norm + beta",
            'Z_tilde = gamma * Z_norm + (beta if mode == "test" else 0)',
        ),
        edit(
            "Z_tilde = gamma * Z_norm + beta",
            'Z_tilde = gamma * Z_norm + beta if mode == "test" else beta * Z_norm + gamma',
        ),
    ),
    Mistake(
        "BN-38",
        RUNNING,
        "Another mode gets an answer, or an error of another kind. A misspelt mode should raise a "
        "ValueError, which says what is wrong.",
        edit(REFUSED, "return Z, None, running_mean, running_var"),
        edit(REFUSED, "return None"),
        edit(REFUSED, "raise KeyError(mode)"),
        edit(REFUSED, 'assert mode in ("train", "test")'),
        edit(f"    else:\n        {REFUSED}\n", ""),
    ),
    Mistake(
        "BN-39",
        RUNNING,
        "At test time there is a cache. Nothing goes back through the layer then: the cache is "
        "None.",
        edit(CACHE, "cache = (Z_norm, gamma, std)"),
        edit(CACHE, 'cache = (Z_norm, gamma, std) if mode == "train" else ()'),
    ),
    Mistake(
        "BN-40",
        NORMALISE,
        "The cache holds other things than (Z_norm, gamma, std), or these in another order.",
        *(
            edit(CACHE, CACHE.replace("(Z_norm, gamma, std)", held))
            for held in (
                "(Z_norm, std, gamma)",
                "(gamma, Z_norm, std)",
                "(gamma, std, Z_norm)",
                "(std, gamma, Z_norm)",
                "(std, Z_norm, gamma)",
                "(Z_norm, gamma, var)",
                "(Z_norm, gamma, var + epsilon)",
                "(Z_norm, gamma, std**2)",
                "(Z_norm, gamma, 1 / std)",
                "(Z, gamma, std)",
                "(Z - mean, gamma, std)",
                "(Z_tilde, gamma, std)",
                "(Z_norm, gamma, beta)",
                "(Z_norm, gamma)",
                "(Z_norm, gamma, std, mean)",
                "None",
            )
        ),
    ),
    Mistake(
        "BN-41",
        RUNNING,
        "Only a part comes back. Return all four, at test time as well: the output, the cache and "
        "the two running statistics.",
        edit(RETURNED, "return Z_tilde, running_mean, running_var"),
        *parts(RETURNED),
        edit(
            RETURNED,
            f'{RETURNED} if mode == "train" else Z_tilde'.replace("return ", "return (", 1).replace(
                " if", ") if", 1
            ),
        ),
    ),
    Mistake(
        "BN-42",
        RUNNING,
        "The running mean and the running variance have changed places.",
        edit(RETURNED, "return Z_tilde, cache, running_var, running_mean"),
    ),
    Mistake(
        "BN-43",
        NORMALISE,
        "The mean is not taken off, or with another sign, or the difference is not divided as a "
        "whole, in one mode or in both. Subtract first, in parentheses, then divide by the "
        "standard deviation; the modes differ only in whose mean and variance they take.",
        edit("Z_norm = (Z - mean) / std", "Z_norm = Z / std"),
        edit("Z_norm = (Z - mean) / std", "Z_norm = (Z + mean) / std"),
        edit("Z_norm = (Z - mean) / std", "Z_norm = (mean - Z) / std"),
        edit("Z_norm = (Z - mean) / std", "Z_norm = Z - mean / std"),
        edit("Z_norm = (Z - mean) / std", "Z_norm = Z - mean"),
        *(
            edit(
                "Z_norm = (Z - mean) / std",
                f'Z_norm = {wrong} if mode == "{mode}" else (Z - mean) / std',
            )
            for wrong in ("Z / std", "(Z + mean) / std", "Z - mean")
            for mode in ("train", "test")
        ),
    ),
    Mistake(
        "BN-44",
        SCALE,
        "gamma and beta do not do their part in the output: they have changed places, are left "
        "out, or come in otherwise. Z_norm is scaled by gamma, then shifted by beta.",
        *(
            edit("gamma * Z_norm + beta", other)
            for other in (
                "beta * Z_norm + gamma",
                "gamma * Z_norm",
                "Z_norm + beta",
                "Z_norm",
                "gamma * Z_norm - beta",
                "(1 + gamma) * Z_norm + beta",
                "Z_norm / gamma + beta",
            )
        ),
    ),
)


def by_sums(Z, gamma, beta, running_mean, running_var, mode, momentum=0.9, epsilon=1e-5):
    """Other formulas for the same values."""
    if mode not in ("train", "test"):
        raise ValueError("unknown mode: " + str(mode))
    if mode == "test":
        scale = gamma / (running_var + epsilon) ** 0.5
        return scale * Z + (beta - scale * running_mean), None, running_mean, running_var
    m = Z.shape[1]
    mean = Z.sum(axis=1).reshape(-1, 1) / m
    centred = Z - mean
    var = np.einsum("ij,ij->i", centred, centred)[:, None] / m
    std = np.sqrt(var + epsilon)
    cache = (centred / std, gamma, std)
    running_mean = running_mean + (1 - momentum) * (mean - running_mean)
    running_var = running_var + (1 - momentum) * (var - running_var)
    return np.add(np.multiply(gamma, cache[0]), beta), cache, running_mean, running_var


RUNNING_PARTS = ("running_mean", "running_var")

TASK = Task(
    reference=ref.batchnorm_forward,
    returns=("Z_tilde", "cache", "running_mean", "running_var"),
    cases=cases,
    criteria=(
        Agrees("output in training", 2, "train", "Z_tilde"),
        Agrees("cache", 0.5, "train", "cache"),
        Agrees("running statistics", 1, "train", RUNNING_PARTS, loose_shape=True),
        Agrees("output at test time", 1.5, "test", "Z_tilde"),
        Agrees(
            "no trace at test time",
            0.5,
            "test",
            ("cache", *RUNNING_PARTS),
            loose_shape=True,
            beside=("output*", "running statistics"),
        ),
        Agrees("other modes refused", 0.5, "refused", beside="*"),
        InputsUntouched(1, ("train", "test")),
    ),
    lecture=NORMALISE,
    mistakes=MISTAKES,
    unworked={"the right answer [tfs]*": "of what has one column, order and shape do not matter"},
    variants=(
        Variant("sums and early return", by_sums),
        Variant(
            "flat running statistics",
            edit(
                "return Z_tilde, cache, running_mean, running_var",
                "return Z_tilde, cache, running_mean.ravel(), running_var.ravel()",
            ),
        ),
    ),
    losses={
        "BN-41": "all",
        "BN-41, way 8": "output at test time · no trace at test time",
        "BN-38": "other modes refused",
        "BN-39": "no trace at test time",
        "BN-40": "cache",
        "BN-42": "running statistics · no trace at test time",
        "BN-43": "output in training · cache · output at test time",
        "BN-43, way 6": "output in training · cache",
        "BN-43, way 7": "output at test time",
        "BN-43, way 8": "output in training · cache",
        "BN-43, way 9": "output at test time",
        "BN-43, way 10": "output in training · cache",
        "BN-43, way 11": "output at test time",
        "BN-44": "output in training · output at test time",
        "BN-36": "running statistics",
        "BN-37": "output in training",
        "BN-37, way 2": "output in training",
        "BN-01": "output in training · cache · running statistics",
        "BN-02": "output in training · cache · output at test time",
        "BN-03": "output in training · cache · output at test time",
        "BN-04": "output in training · cache · output at test time",
        "BN-05": "output in training · cache · output at test time",
        "BN-06": "output in training · cache · running statistics",
        "BN-07": "output in training · cache · running statistics",
        "BN-08": "output in training · output at test time",
        "BN-09": "output at test time",
        "BN-10": "output at test time",
        "BN-10, way 2": "output at test time · no trace at test time · other modes refused",
        "BN-11": "no trace at test time",
        "BN-12": "running statistics",
        "BN-13": "running statistics",
        "BN-14": "running statistics",
        "BN-15": "running statistics",
        "BN-16": "running statistics",
        "BN-18": "running statistics",
        "BN-19": "output in training · cache · running statistics",
        "BN-20": "output in training · cache · running statistics",
        "BN-21": "inputs untouched",
        "BN-22": "output in training · cache · output at test time",
        "BN-22, way 3": "running statistics",
        "BN-24": "output in training · cache",
        "BN-25": "output in training · output at test time",
        "BN-28": "output at test time",
        "BN-29": "output in training · cache",
        "BN-30": "output at test time",
        "BN-31": "output in training · cache",
        "BN-32": "output at test time",
        "BN-33": "output in training · cache",
        "BN-34": "output at test time",
        "BN-35": "output in training · cache · output at test time",
        "BN-27": "other modes refused",
    },
    promises={
        "Z": Promise(
            value=(-790000, 790000),
            within=(-1.2e6, 1.2e6),
            rows=(3, 5),
            columns=(1, 9),
            has=("a constant row", "equal neighbours"),
        ),
        "gamma": Promise(value=(-1.8, 1.9), within=(-2.5, 2.5), rows=(3, 5)),
        "beta": Promise(value=(0.64, 1.3), within=(0.5, 1.5), rows=(3, 5)),
        "running_mean": Promise(value=(-1.3, 1.3), within=(-2, 2), rows=(3, 5)),
        "running_var": Promise(value=(2.5, 4.5), within=(2, 5), rows=(3, 5)),
        "mode": Promise(has=("test", "train")),
        "momentum": Promise(value=(0.6, 0.8)),
    },
    equivalent={
        'no other mode comes after "train"': (
            'if mode >= "train":',
            'cache = (Z_norm, gamma, std) if mode >= "train" else None',
        ),
        "a variance does not see a shift or a sign": (
            "var = np.var(-Z, axis=1, keepdims=True)",
            "var = np.var(Z + 1, axis=1, keepdims=True)",
            "var = np.var(Z - 1, axis=1, keepdims=True)",
        ),
        '"test" comes before every mode that is refused': ('elif mode >= "test":',),
    },
)
