"""Tasks of ``module3_tuning_batchnorm/batch_norm.ipynb``.

Ids BN and BB are those of the course's catalogue of misconceptions (BatchNorm forward, BatchNorm
backward); BM are the whole model's. `CATALOGUE` counts each series, `LEFT_OUT` says why an id has
no wrong function here; the audit holds the two together.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from grader_tests.batch_norm import reference as ref
from grading.marking.derivative import central_difference, relative_difference
from grading.marking.task import (
    Case,
    Criterion,
    Lecture,
    Task,
    Variant,
    call,
    edited,
    inputs_untouched,
    misconceptions,
)

NOTEBOOK = "module3_tuning_batchnorm/02_batch_normalization.ipynb"
IN_TRAINING = "module3_tuning_batchnorm/03_batch_norm_in_training.ipynb"
NORMALISE = Lecture(NOTEBOOK, "Normalising one mini-batch")
SCALE = Lecture(NOTEBOOK, "Scale and shift")
BIAS = Lecture(NOTEBOOK, "Why the bias goes")
RUNNING = Lecture(NOTEBOOK, "Running averages for test time")
BACKWARD = Lecture(NOTEBOOK, "Backward from the graph")
FITTING = Lecture(IN_TRAINING, "Fitting it into training")
PLACEMENT = Lecture(IN_TRAINING, "Placement and small batches")
LAYER = Lecture(
    "module1_practical_aspects/04_normalizing_and_initializing.ipynb",
    "One layer, forward and back",
)

CATALOGUE = {"BN": 27, "BB": 20, "BM": 18}
LEFT_OUT = {
    "BN-17": "running statistics without their axis of length 1 are accepted, with a remark",
    "BN-23": "hidden layers have no bias to keep here, and no update step is graded",
    "BN-26": "beta is the right output for one example; a case holds it",
    "BB-12": "dgamma and dbeta of another flat shape are accepted, with a remark",
    "BB-13": "a term that is zero anyway is right; a variant has it",
    "BB-14": "the cache hands over std, which has epsilon in it already",
    "BB-15": "the cases' caches come from the reference, and forward is graded for its inputs",
    "BB-18": "the cache of test mode is None: there is no backward pass in test mode",
}

Arrays = tuple[np.ndarray, ...]


# ---------------------------------------------------------------- batchnorm_forward


def layer(
    rng: np.random.Generator, n: int, m: int, centre: float = 0.0, spread: float = 3.0
) -> Arrays:
    """Draw Z, gamma, beta, running_mean, running_var: no value at its neutral default."""
    scales = spread * rng.uniform(0.7, 1.4, (n, 1))
    means = centre + rng.choice([-1, 1], (n, 1)) * rng.uniform(1, 3, (n, 1))
    Z = means + scales * spaced(rng, n, m)
    gamma = rng.choice([-1, 1], (n, 1)) * rng.uniform(1.5, 2.5, (n, 1))
    beta = rng.uniform(0.5, 1.5, (n, 1))
    return Z, gamma, beta, rng.uniform(-2, 2, (n, 1)), rng.uniform(2, 5, (n, 1))


def spaced(rng: np.random.Generator, n: int, m: int) -> np.ndarray:
    """Draw rows of standard normals, none of them nearly constant."""
    rows = rng.standard_normal((n, m))
    while m > 1 and rows.std(axis=1).min() < 0.3:
        rows = rng.standard_normal((n, m))
    return rows


def forward_cases(rng: np.random.Generator) -> list[Case]:
    """Both modes, several sizes, two values of epsilon, and inputs at the edges."""

    def case(arrays: Arrays, mode: str, size: str, tag: str = "", **options: float) -> Case:
        settings = "".join(f", {name} = {value:g}" for name, value in options.items())
        label = f"{size}, mode {mode!r}{settings}"
        return call("batchnorm_forward", *arrays, mode, label=label, tag=f"{mode} {tag}", **options)

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
                "batchnorm_forward", *small, mode,
                label=f"mode {mode!r}", tag="refused", raises=ValueError,
            )
            for mode in ("predict", "Train")
        ),
    ]  # fmt: skip


def loses_digits(result: tuple, wanted: tuple, case: Case) -> bool | None:
    """Recognise E[Z²] − E[Z]²: right near zero, rough far away."""
    close = all(
        np.allclose(np.reshape(mine, right.shape), right, rtol=1e-6, atol=1e-7)
        for mine, right in zip(result, wanted, strict=True)
        if isinstance(right, np.ndarray)
    )
    if "far" in case.tag:
        return not close
    return None if close else False


STD = "std = np.sqrt(var + epsilon)"
MEAN = "mean = np.mean(Z, axis=1, keepdims=True)"
VAR = "var = np.var(Z, axis=1, keepdims=True)"
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


forward = partial(misconceptions, ref.batchnorm_forward)

FORWARD_MISCONCEPTIONS = (
    *forward(
        "BN-01", NORMALISE,
        "The variance is divided by m − 1. Batch norm uses the batch's own mean square distance, "
        "divided by m, for normalising.",
        [(VAR, "var = np.var(Z, axis=1, keepdims=True, ddof=1)")],
    ),
    *forward(
        "BN-02", NORMALISE,
        "epsilon is added to the standard deviation. It belongs to the variance, inside the root.",
        [(STD, "std = np.sqrt(var) + epsilon")],
    ),
    *forward(
        "BN-03", NORMALISE,
        "epsilon is not used. Without it a unit that is constant in the batch gives 0/0.",
        [(STD, "std = np.sqrt(var)")],
    ),
    *forward(
        "BN-04", NORMALISE,
        "The centred values are divided by the variance. Dividing by its root gives them variance "
        "one.",
        [(STD, "std = var + epsilon")],
    ),
    *forward(
        "BN-05", NORMALISE,
        "The centred values are divided by the square of the variance, where its root is wanted.",
        [(STD, "std = (var + epsilon) ** 2")],
    ),
    *forward(
        "BN-06", NORMALISE,
        "The statistics are taken over the units within each example (that is layer norm). "
        "Examples are columns here: each unit has a mean and a variance over the examples.",
        [("axis=1", "axis=0", 2)],
    ),
    *forward(
        "BN-07", NORMALISE,
        "One mean and one variance are taken over the whole array. Each unit needs its own.",
        [(MEAN, "mean = np.mean(Z)"), (VAR, "var = np.var(Z)")],
    ),
    *forward(
        "BN-08", SCALE,
        "beta is added before scaling, and so is divided by the standard deviation too. Normalise "
        "first, then scale by gamma, then shift by beta.",
        [("gamma * Z_norm + beta", "gamma * (Z - mean + beta) / std")],
        [("gamma * Z_norm + beta", "gamma * (Z_norm + beta)")],
    ),
    *forward(
        "BN-09", SCALE,
        "gamma and beta are left out at test time. They are learnt parameters: the output is "
        "scaled and shifted in both modes.",
        [("gamma * Z_norm + beta", 'gamma * Z_norm + beta if mode == "train" else Z_norm')],
    ),
    *forward(
        "BN-10", RUNNING,
        "At test time the statistics of the batch are used. Then an example's answer depends on "
        "its neighbours; use the running statistics.",
        [("mean, var = running_mean, running_var",
          "mean, var = np.mean(Z, axis=1, keepdims=True), np.var(Z, axis=1, keepdims=True)")],
        unmoded,
    ),
    *forward(
        "BN-11", RUNNING,
        "The running statistics are updated at test time too. Test examples must leave no trace: "
        "return them unchanged.",
        [("mean, var = running_mean, running_var",
          "mean, var = running_mean, running_var\n"
          "        running_mean = momentum * mean + (1 - momentum) * np.mean(Z, 1, keepdims=True)\n"
          "        running_var = momentum * var + (1 - momentum) * np.var(Z, 1, keepdims=True)")],
    ),
    *forward(
        "BN-12", RUNNING,
        "momentum weighs the new batch. In this course it is the share of the old running value "
        "that is kept.",
        [(RUNNING_MEAN, "running_mean = (1 - momentum) * running_mean + momentum * mean"),
         (RUNNING_VAR, "running_var = (1 - momentum) * running_var + momentum * var")],
    ),
    *forward(
        "BN-13", RUNNING,
        "running_var collects standard deviations. It is an average of variances; the root is "
        "taken when it is used.",
        [(RUNNING_VAR, RUNNING_VAR.replace("* var", "* np.sqrt(var)"))],
        [(RUNNING_VAR, RUNNING_VAR.replace("* var", "* np.sqrt(var + epsilon)"))],
    ),
    *forward(
        "BN-14", RUNNING,
        "running_var collects variances divided by m − 1. Some libraries do; this course keeps "
        "the same variance, divided by m, everywhere.",
        [(RUNNING_VAR, RUNNING_VAR.replace("* var", "* np.var(Z, axis=1, keepdims=True, ddof=1)"))],
    ),
    *forward(
        "BN-15", RUNNING,
        "epsilon gets into running_var. Average the variance itself, and add epsilon only when "
        "normalising, or it is counted twice at test time.",
        [(RUNNING_VAR, RUNNING_VAR.replace("* var", "* (var + epsilon)"))],
    ),
    *forward(
        "BN-16", RUNNING,
        "The running statistics come back from training as they went in. Return the updated ones.",
        [(f"        {RUNNING_MEAN}\n        {RUNNING_VAR}\n", "")],
    ),
    *forward(
        "BN-18", RUNNING,
        "The running statistics that were handed in are ignored, and each call starts again from "
        "its own batch. Continue from what the arguments hold.",
        [(RUNNING_MEAN, "running_mean = (1 - momentum) * mean"),
         (RUNNING_VAR, "running_var = (1 - momentum) * var")],
        [(RUNNING_MEAN, "running_mean = mean"), (RUNNING_VAR, "running_var = var")],
    ),
    *forward(
        "BN-19", NORMALISE,
        "The variance loses its digits when the mean is large, as the mean of squares minus the "
        "square of the mean does. Subtract the mean first, then average the squares.",
        [(VAR, "var = np.mean(Z**2, axis=1, keepdims=True) - mean**2")],
        looks_like=loses_digits,
    ),
    *forward(
        "BN-20", NORMALISE,
        "The variance is the mean of the squares without centring. Subtract the mean first.",
        [(VAR, "var = np.mean(Z**2, axis=1, keepdims=True)")],
    ),
    *forward(
        "BN-21", NORMALISE,
        "An argument is changed in place, by an operation such as -= or *=. The caller still "
        "needs its array: compute a new one.",
        [("Z_norm = (Z - mean) / std", "Z -= mean\n    Z_norm = Z / std")],
        [(RUNNING_MEAN, "running_mean *= momentum\n        running_mean += (1 - momentum) * mean"),
         (RUNNING_VAR, "running_var *= momentum\n        running_var += (1 - momentum) * var")],
    ),
    *forward(
        "BN-22", NORMALISE,
        "epsilon has a fixed value. Use the argument, whatever its default is.",
        [(STD, "std = np.sqrt(var + 1e-5)")],
        [(STD, "std = np.sqrt(var + 1e-8)")],
    ),
    *forward(
        "BN-24", RUNNING,
        "Training normalises by the running statistics. In training the batch's own are used; the "
        "running ones are only collected.",
        [(STD, "mean, var = running_mean, running_var\n    " + STD)],
    ),
    *forward(
        "BN-25", SCALE,
        "gamma is applied by a matrix product, which mixes the units. Each unit is scaled by "
        "its own gamma.",
        [("gamma * Z_norm + beta", "gamma.T @ Z_norm + beta")],
    ),
    *forward(
        "BN-27", RUNNING,
        "Every mode that is not 'train' is taken for 'test'. A misspelt mode should raise a "
        "ValueError at once, not give quietly wrong numbers.",
        [("""raise ValueError(f"mode must be 'train' or 'test', not {mode!r}")""",
          "mean, var = running_mean, running_var")],
    ),
)  # fmt: skip


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


BATCHNORM_FORWARD = Task(
    reference=ref.batchnorm_forward,
    returns=("Z_tilde", "cache", "running_mean", "running_var"),
    cases=forward_cases,
    criteria=(
        Criterion("output in training", 3, "train", "Z_tilde"),
        Criterion("cache", 1, "train test", "cache"),
        Criterion(
            "running statistics", 2, "train test", "running_mean running_var", loose_shape=True
        ),
        Criterion("output at test time", 2, "test", "Z_tilde"),
        Criterion("other modes refused", 1, "refused"),
        inputs_untouched(1, "train test"),
    ),
    lecture=NORMALISE,
    misconceptions=FORWARD_MISCONCEPTIONS,
    variants=(
        Variant("sums and early return", by_sums),
        Variant(
            "flat running statistics",
            edited(
                ref.batchnorm_forward,
                (
                    "return Z_tilde, cache, running_mean, running_var",
                    "return Z_tilde, cache, running_mean.ravel(), running_var.ravel()",
                ),
            ),
        ),
    ),
)


# ---------------------------------------------------------------- batchnorm_backward


def backward_cases(rng: np.random.Generator) -> list[Case]:
    """Caches of the reference's forward pass, for several sizes and two values of epsilon."""
    constant = layer(rng, 3, 6)
    constant[0][1] = constant[0][1, 0]
    drawn = [
        (layer(rng, 3, 5), 1e-5, "3 units, 5 examples"),
        (layer(rng, 4, 6), 0.3, "4 units, 6 examples"),
        (layer(rng, 4, 4), 0.3, "4 units, 4 examples"),
        (layer(rng, 5, 3), 1e-5, "5 units, 3 examples"),
        (constant, 1e-5, "a constant unit among 3, 6 examples"),
        (layer(rng, 3, 1), 0.3, "3 units, one example"),
    ]
    cases = []
    for arrays, epsilon, size in drawn:
        cache = ref.batchnorm_forward(*arrays, "train", epsilon=epsilon)[1]
        dZ_tilde = rng.uniform(0.5, 1.5, (len(arrays[0]), 1)) + spaced(rng, *arrays[0].shape)
        label = f"{size}, epsilon = {epsilon:g} in the forward pass"
        cases.append(call("batchnorm_backward", dZ_tilde, cache, label=label))
    return cases


def confirm_backward(case: Case, wanted: Arrays) -> float:
    """Differentiate the reference's forward pass numerically, at an input with this cache."""
    dZ_tilde, (Z_norm, gamma, std) = case.inputs["arg0"], case.inputs["arg1"]
    Z = Z_norm * std
    epsilon = std**2 - np.var(Z, axis=1, keepdims=True)

    def cost(Z: np.ndarray, gamma: np.ndarray, beta: np.ndarray) -> float:
        still = np.zeros_like(gamma)
        output = ref.batchnorm_forward(Z, gamma, beta, still, still, "train", epsilon=epsilon)[0]
        return float(np.sum(dZ_tilde * output))

    beta = np.zeros_like(gamma)
    numerical = (
        central_difference(lambda at: cost(at, gamma, beta), Z),
        central_difference(lambda at: cost(Z, at, beta), gamma),
        central_difference(lambda at: cost(Z, gamma, at), beta),
    )
    return max(map(relative_difference, wanted, numerical))


backward = partial(misconceptions, ref.batchnorm_backward)

DZ = "dZ = (dZ_norm - mean_path - var_path) / std"
DGAMMA = "dgamma = np.sum(dZ_tilde * Z_norm, axis=1, keepdims=True)"
DBETA = "dbeta = np.sum(dZ_tilde, axis=1, keepdims=True)"
MEAN_PATH = "mean_path = np.mean(dZ_norm, axis=1, keepdims=True)"
VAR_PATH = "var_path = Z_norm * np.mean(dZ_norm * Z_norm, axis=1, keepdims=True)"

BACKWARD_MISCONCEPTIONS = (
    *backward(
        "BB-01", BACKWARD,
        "dZ treats the mean and the standard deviation as constants. Both depend on Z, so two more "
        "paths of the graph lead back to it.",
        [(DZ, "dZ = dZ_norm / std")],
    ),
    *backward(
        "BB-02", BACKWARD,
        "dZ lacks the path through the mean. A check: over the examples, each row of dZ sums to 0.",
        [(DZ, "dZ = (dZ_norm - var_path) / std")],
    ),
    *backward(
        "BB-03", BACKWARD,
        "dZ lacks the path through the variance. A check: over the examples, each row of dZ times "
        "Z_norm sums to 0, up to epsilon.",
        [(DZ, "dZ = (dZ_norm - mean_path) / std")],
    ),
    *backward(
        "BB-04", BACKWARD,
        "dZ holds only what each example does to itself. Through the mean and the variance it acts "
        "on every other example as well.",
        [(DZ, "dZ = dZ_norm * (1 - 1 / Z_norm.shape[1]) / std")],
        [(DZ, "dZ = dZ_norm * (1 - (1 + Z_norm**2) / Z_norm.shape[1]) / std")],
    ),
    *backward(
        "BB-05", BACKWARD,
        "gamma is missing on the way to dZ. The scaling comes last in the forward pass, so it is "
        "the first to go back through.",
        [("dZ_norm = dZ_tilde * gamma", "dZ_norm = dZ_tilde")],
    ),
    *backward(
        "BB-06", BACKWARD,
        "dgamma is taken with the centred values. What gamma multiplies is Z_norm.",
        [(DGAMMA, DGAMMA.replace("Z_norm", "Z_norm * std"))],
    ),
    *backward(
        "BB-07", BACKWARD,
        "dgamma and dbeta are exchanged: one is summed with Z_norm, the other without. They come "
        "back in the order dZ, dgamma, dbeta.",
        [("return dZ, dgamma, dbeta", "return dZ, dbeta, dgamma")],
    ),
    *backward(
        "BB-08", BACKWARD,
        "dgamma or dbeta is averaged over the examples. One gamma serves them all, so their "
        "contributions add up; the 1/m is in the cost already.",
        [(DGAMMA, DGAMMA.replace("sum", "mean")), (DBETA, DBETA.replace("sum", "mean"))],
        [(DGAMMA, DGAMMA.replace("sum", "mean"))],
        [(DBETA, DBETA.replace("sum", "mean"))],
    ),
    *backward(
        "BB-09", BACKWARD,
        "dgamma and dbeta are summed over the units. Each unit has its own gamma and beta: sum "
        "over the examples.",
        [(DGAMMA, DGAMMA.replace("axis=1", "axis=0")), (DBETA, DBETA.replace("axis=1", "axis=0"))],
    ),
    *backward(
        "BB-10", BACKWARD,
        "The derivative of 1/sqrt(var + epsilon) is off: it has the factor −1/2 and the power "
        "−3/2.",
        [(DZ, "dZ = (dZ_norm - mean_path - 2 * var_path) / std")],
        [(DZ, "dZ = (dZ_norm - mean_path + var_path) / std")],
        [(DZ, "dZ = (dZ_norm - mean_path - var_path * std**2) / std")],
        [(DZ, "dZ = (dZ_norm - mean_path - var_path * std) / std")],
    ),
    *backward(
        "BB-11", BACKWARD,
        "A factor of the mean's or the variance's own derivative is missing: 1/m for the mean, "
        "2/m times the distance from the mean for the variance.",
        [(DZ, "dZ = (dZ_norm - mean_path - var_path / 2) / std")],
        [(MEAN_PATH, MEAN_PATH.replace("mean(", "sum("))],
        [(VAR_PATH, VAR_PATH.replace("mean(", "sum("))],
        [(MEAN_PATH, MEAN_PATH.replace("mean(", "sum(")),
         (VAR_PATH, VAR_PATH.replace("mean(", "sum("))],
    ),
    *backward(
        "BB-16", BACKWARD,
        "The paths through the mean and the variance are averaged over the units (that is layer "
        "norm). Each unit's statistics gather its examples.",
        [(MEAN_PATH, MEAN_PATH.replace("axis=1", "axis=0")),
         (VAR_PATH, VAR_PATH.replace("axis=1", "axis=0"))],
        [(MEAN_PATH, MEAN_PATH.replace("axis=1", "axis=0"))],
    ),
    *backward(
        "BB-17", BACKWARD,
        "m − 1 stands in the backward pass where the forward pass divides by m. The derivative "
        "has to be that of the variance in use.",
        [(VAR_PATH, VAR_PATH.replace("np.mean(", "np.sum(") + " / (dZ_tilde.shape[1] - 1)")],
    ),
    *backward(
        "BB-19", BACKWARD,
        "dZ has one term too many: the formula is complete already, and something is added after "
        "it.",
        [(DZ, DZ + " + dbeta / dZ_tilde.shape[1]")],
        [(DZ, DZ + " + mean_path")],
    ),
    *backward(
        "BB-20", BACKWARD,
        "An argument is changed in place, by an operation such as -= or *=. The caller still "
        "needs its array: compute a new one.",
        [("dZ_norm = dZ_tilde * gamma", "dZ_tilde *= gamma\n    dZ_norm = dZ_tilde")],
    ),
)  # fmt: skip


def by_graph(dZ_tilde, cache):
    """The computation graph step by step, with the term that is always zero."""
    Z_norm, gamma, std = cache
    m = Z_norm.shape[1]
    centred = Z_norm * std
    dgamma = np.einsum("ij,ij->i", dZ_tilde, Z_norm).reshape(gamma.shape)
    dbeta = dZ_tilde @ np.ones((m, 1))
    dZ_norm = gamma * dZ_tilde
    dvar = np.sum(dZ_norm * centred, axis=1, keepdims=True) * -0.5 / std**3
    dmean = -np.sum(dZ_norm, axis=1, keepdims=True) / std + dvar * np.sum(-2 * centred) / m
    return dZ_norm / std + dvar * 2 * centred / m + dmean / m, dgamma, dbeta


def compact(dZ_tilde, cache):
    """One line for dZ, written with dgamma and dbeta, which come back flat."""
    Z_norm, gamma, std = cache
    m = dZ_tilde.shape[1]
    dgamma = (dZ_tilde * Z_norm).sum(axis=1, keepdims=True)
    dbeta = dZ_tilde.sum(axis=1, keepdims=True)
    dZ = gamma / (m * std) * (m * dZ_tilde - dbeta - Z_norm * dgamma)
    return dZ, dgamma.ravel(), dbeta.T


BATCHNORM_BACKWARD = Task(
    reference=ref.batchnorm_backward,
    returns=("dZ", "dgamma", "dbeta"),
    cases=backward_cases,
    criteria=(
        Criterion("dZ", 5, part="dZ"),
        Criterion("dgamma", 1, part="dgamma", loose_shape=True),
        Criterion("dbeta", 1, part="dbeta", loose_shape=True),
        inputs_untouched(1),
    ),
    lecture=BACKWARD,
    misconceptions=BACKWARD_MISCONCEPTIONS,
    variants=(Variant("graph, step by step", by_graph), Variant("compact, flat", compact)),
    confirm=confirm_backward,
)


# ---------------------------------------------------------------- bn_model_forward


def network(rng: np.random.Generator, dims: list[int], m: int) -> tuple[np.ndarray, dict, dict]:
    """Draw X, parameters and running statistics of a network with batch-normalised layers."""
    parameters, running = {}, {}
    last = len(dims) - 1
    for number in range(1, last + 1):
        n = dims[number]
        parameters[f"W{number}"] = rng.uniform(-1, 1, (n, dims[number - 1]))
        if number < last:
            _, gamma, beta, mean, var = layer(rng, n, m)
            parameters[f"gamma{number}"], parameters[f"beta{number}"] = gamma, beta
            running[f"mean{number}"], running[f"var{number}"] = mean, var
    parameters[f"b{last}"] = rng.uniform(0.5, 1.5, (dims[last], 1))
    return 3 * rng.standard_normal((dims[0], m)), parameters, running


def smooth_network(
    rng: np.random.Generator, dims: list[int], m: int, epsilon: float
) -> tuple[np.ndarray, list]:
    """Draw AL and caches of a network: far from relu's corner, every layer's batch varied."""
    while True:
        X, parameters, running = network(rng, dims, m)
        AL, caches, _ = ref.bn_model_forward(X, parameters, running, "train", epsilon=epsilon)
        margin = min(np.abs(Z).min() for _, _, Z in caches[:-1])
        spread = min(std.min() for _, (_, _, std), _ in caches[:-1])
        alive = min(np.count_nonzero(Z > 0, axis=1).min() for _, _, Z in caches[:-1])
        if margin > 1e-3 and spread > 0.3 and alive >= 1:
            return AL, caches


def model_forward_cases(rng: np.random.Generator) -> list[Case]:
    """Both modes, networks of two, three and four layers, and equal widths."""
    cases = []
    for dims, m, options in (
        ([3, 4, 2, 1], 6, {}),
        ([2, 3, 1], 5, {"momentum": 0.8, "epsilon": 0.3}),
        ([3, 3, 3, 3, 1], 5, {"momentum": 0.7, "epsilon": 0.3}),
    ):
        settings = "".join(f", {name} = {value:g}" for name, value in options.items())
        for mode in ("train", "test"):
            label = f"layers {dims}, {m} examples, mode {mode!r}{settings}"
            arrays = network(rng, dims, m)
            cases.append(call("bn_model_forward", *arrays, mode, label=label, tag=mode, **options))
    return cases


model_forward = partial(misconceptions, ref.bn_model_forward)

NORMED = "W @ A_prev, gamma, beta, mean, var, mode, momentum, epsilon"
UPDATED = 'Z_tilde, bn_cache, running[f"mean{layer}"], running[f"var{layer}"] ='
RELU = "A, relu_cache = relu_forward(Z_tilde)"
OUTPUT = "AL, sigmoid_cache = sigmoid_forward(W @ A_prev + b)"

MODEL_FORWARD_MISCONCEPTIONS = (
    *model_forward(
        "BM-01", FITTING,
        "relu comes before batch norm. In this course the order in a hidden layer is linear, batch "
        "norm, relu.",
        [("W @ A_prev, gamma", "relu_forward(W @ A_prev)[0], gamma"),
         (RELU, "A, relu_cache = Z_tilde, W @ A_prev")],
    ),
    *model_forward(
        "BM-02", PLACEMENT,
        "The output layer is normalised too. Its values are the answer: it stays linear with bias, "
        "then sigmoid.",
        [(OUTPUT,
          "Z = W @ A_prev + b\n"
          "    still, one = np.zeros_like(b), np.ones_like(b)\n"
          "    Z = batchnorm_forward(Z, one, still, still, one, mode, momentum, epsilon)[0]\n"
          "    AL, sigmoid_cache = sigmoid_forward(Z)")],
    ),
    *model_forward(
        "BM-03", RUNNING,
        "The running statistics come back as they went in. Each layer's updated mean and variance "
        "belong in the dict that is returned.",
        [(UPDATED, "Z_tilde, bn_cache, _, _ =")],
    ),
    *model_forward(
        "BM-04", RUNNING,
        "The mode does not reach the layers: each one works as in training. Pass it on.",
        [(NORMED, NORMED.replace("mode", "'train'"))],
    ),
    *model_forward(
        "BM-05", FITTING,
        "momentum or epsilon does not reach the layers, which then use their defaults. Pass both "
        "on.",
        [(NORMED, NORMED.replace(", momentum, epsilon", ""))],
        [(NORMED, NORMED.replace("momentum, epsilon", "epsilon=epsilon"))],
        [(NORMED, NORMED.replace(", epsilon", ""))],
    ),
    *model_forward(
        "BM-06", RUNNING,
        "The caller's dict of running statistics is changed. Write into a copy and return that.",
        [("[], dict(running)", "[], running")],
    ),
    *model_forward(
        "BM-07", FITTING,
        "relu is left out. Batch norm is linear at test time: without relu the layers collapse "
        "into one.",
        [(RELU, "A, relu_cache = Z_tilde, Z_tilde")],
    ),
    *model_forward(
        "BM-08", FITTING,
        "The cache holds a layer's output where its input belongs. The backward pass needs A_prev, "
        "what W was multiplied with.",
        [("caches.append(((A_prev, W), ", "caches.append(((A, W), ")],
    ),
    *model_forward(
        "BM-09", BIAS,
        "beta is added to the linear part, or as a bias and again by batch norm. Batch norm "
        "subtracts any constant; its own beta is the shift.",
        [("W @ A_prev, gamma, beta", "W @ A_prev + beta, gamma, 0 * beta")],
    ),
    *model_forward(
        "BM-10", RUNNING,
        "Every layer starts from fresh running statistics instead of its own. Hand each layer the "
        "mean and variance kept under its number.",
        [("gamma, beta, mean, var,", "gamma, beta, 0 * mean, 0 * var + 1,")],
    ),
)  # fmt: skip


def layer_by_layer(X, parameters, running, mode, momentum=0.9, epsilon=1e-5):
    """Another loop, with new dicts, keyword arguments and an appended output layer."""
    activations, caches, new = [X], [], {}
    last = max(int(name[1:]) for name in parameters if name[0] == "W")
    for k in range(1, last + 1):
        A, W = activations[-1], parameters["W" + str(k)]
        if k == last:
            b = parameters["b" + str(k)]
            out, cache = sigmoid_forward(np.dot(W, A) + b)  # noqa: F821 - given in the notebook
            return out, [*caches, ((A, W, b), cache)], new
        normed, bn_cache, new[f"mean{k}"], new[f"var{k}"] = batchnorm_forward(  # noqa: F821
            Z=np.dot(W, A),
            gamma=parameters[f"gamma{k}"],
            beta=parameters[f"beta{k}"],
            running_mean=running[f"mean{k}"],
            running_var=running[f"var{k}"],
            mode=mode,
            momentum=momentum,
            epsilon=epsilon,
        )
        activations.append(np.where(normed > 0, normed, 0.0))
        caches.append(((A, W), bn_cache, normed))


BN_MODEL_FORWARD = Task(
    reference=ref.bn_model_forward,
    returns=("AL", "caches", "running"),
    cases=model_forward_cases,
    criteria=(
        Criterion("output in training", 1, "train", "AL"),
        Criterion("output at test time", 1, "test", "AL"),
        Criterion("running statistics", 1, "train test", "running"),
        Criterion("caches", 0.5, "train", "caches"),
        inputs_untouched(0.5),
    ),
    lecture=FITTING,
    misconceptions=MODEL_FORWARD_MISCONCEPTIONS,
    variants=(Variant("layer by layer", layer_by_layer),),
    own_parts=("batchnorm_forward",),
)


# ---------------------------------------------------------------- bn_model_backward


def model_backward_cases(rng: np.random.Generator) -> list[Case]:
    """Caches of the reference's forward pass through two, three and four layers."""
    cases = []
    for dims, m, epsilon in (
        ([3, 4, 2, 1], 6, 1e-5),
        ([2, 3, 1], 5, 0.3),
        ([3, 3, 3, 3, 1], 5, 0.3),
    ):
        AL, caches = smooth_network(rng, dims, m, epsilon)
        Y = rng.integers(0, 2, (1, m)).astype(float)
        label = f"layers {dims}, {m} examples"
        cases.append(call("bn_model_backward", AL, Y, caches, label=label))
    return cases


def confirm_model_backward(case: Case, wanted: dict) -> float:
    """Differentiate the cost of the reference's forward pass numerically, for every parameter."""
    Y, caches = case.inputs["arg1"], case.inputs["arg2"]
    parameters, running, L = {}, {}, len(caches)
    for number, ((A_prev, W), (Z_norm, gamma, std), Z_tilde) in enumerate(caches[:-1], start=1):
        beta = np.mean(Z_tilde - gamma * Z_norm, axis=1, keepdims=True)
        epsilon = float(np.mean(std**2 - np.var(W @ A_prev, axis=1, keepdims=True)))
        parameters |= {f"W{number}": W, f"gamma{number}": gamma, f"beta{number}": beta}
        running |= {f"mean{number}": 0 * gamma, f"var{number}": 0 * gamma}
    _, parameters[f"W{L}"], parameters[f"b{L}"] = caches[-1][0]
    X = caches[0][0][0]

    def cost(name: str, value: np.ndarray) -> float:
        changed = parameters | {name: value}
        AL, _, _ = ref.bn_model_forward(X, changed, running, "train", epsilon=epsilon)
        return ref.binary_cross_entropy(AL, Y)

    numerical = {
        "d" + name: central_difference(lambda at, name=name: cost(name, at), value)
        for name, value in parameters.items()
    }
    exact = np.concatenate([wanted[name].ravel() for name in numerical])
    return relative_difference(exact, np.concatenate([d.ravel() for d in numerical.values()]))


model_backward = partial(misconceptions, ref.bn_model_backward)

UNRELU = "dZ_tilde = relu_backward(dA, relu_cache)"
UNNORM = (
    'dZ, grads[f"dgamma{layer}"], grads[f"dbeta{layer}"] = batchnorm_backward(dZ_tilde, bn_cache)'
)
HIDDEN_DW = 'grads[f"dW{layer}"] = dZ @ A_prev.T'

MODEL_BACKWARD_MISCONCEPTIONS = (
    *model_backward(
        "BM-11", LAYER,
        "The derivative at the output lacks 1/m. The cost is a mean over the examples, so 1/m "
        "enters there, once.",
        [("dZ = (AL - Y) / m", "dZ = AL - Y")],
    ),
    *model_backward(
        "BM-12", LAYER,
        "dW, or db with it, is divided by m again. 1/m enters once, in dZ at the output; every dQ "
        "is the exact derivative of the cost.",
        [(HIDDEN_DW, HIDDEN_DW + " / m")],
        [("dZ @ A_prev.T", "dZ @ A_prev.T / m", 2),
         ("np.sum(dZ, axis=1, keepdims=True)", "np.mean(dZ, axis=1, keepdims=True)")],
    ),
    *model_backward(
        "BM-13", LAYER,
        "relu is skipped on the way back. Where its input was not positive, nothing passes.",
        [(UNRELU, "dZ_tilde = dA")],
    ),
    *model_backward(
        "BM-14", BACKWARD,
        "relu and batch norm are taken back in the order of the forward pass. Backward, the last "
        "step comes first: relu, then batch norm, then the linear part.",
        [(UNRELU, "dZ_tilde = dA"),
         (UNNORM, UNNORM + "\n        dZ = relu_backward(dZ, relu_cache)")],
    ),
    *model_backward(
        "BM-15", BIAS,
        "grads has a bias for hidden layers. Batch norm subtracts any constant, so there is no "
        "bias there and nothing to differentiate; beta does its work.",
        [(HIDDEN_DW,
          HIDDEN_DW + '\n        grads[f"db{layer}"] = np.sum(dZ, axis=1, keepdims=True)')],
    ),
    *model_backward(
        "BM-16", BACKWARD,
        "The layer before gets the wrong derivative: what W carries back is that of the linear "
        "part's output, after going back through batch norm.",
        [("        dA = W.T @ dZ", "        dA = W.T @ dZ_tilde")],
    ),
    *model_backward(
        "BM-17", LAYER,
        "The sign at the output is the other way round: the derivative is the prediction minus "
        "the label.",
        [("dZ = (AL - Y) / m", "dZ = (Y - AL) / m")],
    ),
    *model_backward(
        "BM-18", BACKWARD,
        "The list of caches is taken apart. The caller still needs it: read the entries by index, "
        "or reverse a copy.",
        [("caches[L - 1]", "caches.pop()"), ("caches[layer - 1]", "caches.pop()")],
    ),
)  # fmt: skip


def by_reversed_caches(AL, Y, caches):
    """Another loop, with relu and the output layer written out."""
    m = AL.shape[1]
    *hidden, ((A_prev, W, b), _) = caches
    dZ = (AL - Y) / m
    L = len(caches)
    grads = {"db" + str(L): dZ.sum(axis=1).reshape(b.shape), "dW" + str(L): np.dot(dZ, A_prev.T)}
    for k, ((A, V), bn_cache, Z) in reversed(list(enumerate(hidden, start=1))):
        dZ_tilde = np.where(Z > 0, np.dot(W.T, dZ), 0)
        dZ, dgamma, dbeta = batchnorm_backward(dZ_tilde, bn_cache)  # noqa: F821 - the student's
        grads.update({f"dW{k}": dZ.dot(A.T), f"dgamma{k}": dgamma, f"dbeta{k}": dbeta})
        W = V
    return grads


BN_MODEL_BACKWARD = Task(
    reference=ref.bn_model_backward,
    returns="grads",
    cases=model_backward_cases,
    criteria=(
        Criterion("weights", 1.5, part="dW*"),
        Criterion("bias of the output layer", 0.5, part="db[0-9]*"),
        Criterion("gamma and beta", 0.5, part="dgamma* dbeta*", loose_shape=True),
        inputs_untouched(0.5),
    ),
    lecture=BACKWARD,
    misconceptions=MODEL_BACKWARD_MISCONCEPTIONS,
    variants=(Variant("reversed caches", by_reversed_caches),),
    own_parts=("batchnorm_backward",),
    confirm=confirm_model_backward,
)

TASKS = (BATCHNORM_FORWARD, BATCHNORM_BACKWARD, BN_MODEL_FORWARD, BN_MODEL_BACKWARD)
