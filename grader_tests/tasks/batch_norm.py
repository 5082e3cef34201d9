"""Tasks of ``module3_tuning_batchnorm/batch_norm.ipynb``.

Ids BN and BB are those of the course's catalogue of misconceptions (BatchNorm forward, BatchNorm
backward); BM are the whole model's. `CATALOGUE` counts each series, `LEFT_OUT` says why an id has
no wrong function here; the audit holds the two together.
"""

from __future__ import annotations

import numpy as np

from grader_tests.references import batch_norm as ref
from grader_tests.task import (
    Case,
    Criterion,
    Lecture,
    Misconception,
    Task,
    Variant,
    call,
    edited,
    inputs_untouched,
)

NOTEBOOK = "module3_tuning_batchnorm/02_batch_normalization.ipynb"
NORMALISE = Lecture(NOTEBOOK, "Normalising one mini-batch")
SCALE = Lecture(NOTEBOOK, "Scale and shift")
BIAS = Lecture(NOTEBOOK, "Why the bias goes")
RUNNING = Lecture(NOTEBOOK, "Running averages for test time")
BACKWARD = Lecture(NOTEBOOK, "Backward from the graph")
FITTING = Lecture(NOTEBOOK, "Fitting it into training")

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
        case(layer(rng, 3, 5), "train", "3 features, 5 examples"),
        case(layer(rng, 3, 5), "test", "3 features, 5 examples"),
        case(layer(rng, 4, 6), "train", "4 features, 6 examples", momentum=0.8, epsilon=0.3),
        case(layer(rng, 4, 6), "test", "4 features, 6 examples", momentum=0.8, epsilon=0.3),
        case(layer(rng, 4, 4), "train", "4 features, 4 examples", momentum=0.7, epsilon=0.3),
        case(layer(rng, 4, 4), "test", "4 features, 4 examples", momentum=0.7, epsilon=0.3),
        case(layer(rng, 5, 3), "train", "5 features, 3 examples", momentum=0.6),
        case(constant, "train", "a constant feature among 3, 6 examples"),
        case(layer(rng, 3, 1), "train", "3 features, one example", epsilon=0.3),
        case(layer(rng, 3, 1), "test", "3 features, one example", epsilon=0.3),
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


def forward(id: str, lecture: Lecture, sentence: str, *wrong, looks_like=None):
    """One misconception of batchnorm_forward for each way of writing it."""
    ways = [edited(ref.batchnorm_forward, *way) if type(way) is list else way for way in wrong]
    return [Misconception(id, sentence, lecture, way, looks_like) for way in ways]


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
        "epsilon is not used. Without it a feature that is constant in the batch gives 0/0.",
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
        "The statistics are taken over the features of each example (that is layer norm). "
        "Examples are columns here: each feature has a mean and a variance over the examples.",
        [("axis=1", "axis=0", 2)],
    ),
    *forward(
        "BN-07", NORMALISE,
        "One mean and one variance are taken over the whole array. Each feature needs its own.",
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
        "gamma is applied by a matrix product, which mixes the features. Each feature is scaled "
        "by its own gamma.",
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

TASKS = (BATCHNORM_FORWARD,)
