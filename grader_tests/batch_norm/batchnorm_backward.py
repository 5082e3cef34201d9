"""`batchnorm_backward`: return dZ, dgamma and dbeta of batch normalisation in training."""

from __future__ import annotations

import numpy as np

from grader_tests.batch_norm import BACKWARD
from grader_tests.batch_norm import reference as ref
from grader_tests.batch_norm.draws import Arrays, layer, spaced
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
    parts,
)
from grading.marking.derivative import central_difference, relative_difference


def cases(rng: np.random.Generator) -> list[Case]:
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
        cases.append(call(ref.batchnorm_backward, dZ_tilde, cache, label=label))
    return cases


def confirm(case: Case, wanted: Arrays) -> float:
    """Differentiate the reference's forward pass numerically, at an input with this cache."""
    dZ_tilde, (Z_norm, gamma, std) = case.inputs["dZ_tilde"], case.inputs["cache"]
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


DZ = "dZ = (dZ_norm - mean_path - var_path) / std"
DGAMMA = "dgamma = np.sum(dZ_tilde * Z_norm, axis=1, keepdims=True)"
DBETA = "dbeta = np.sum(dZ_tilde, axis=1, keepdims=True)"
RETURNED = "return dZ, dgamma, dbeta"
MEAN_PATH = "mean_path = np.mean(dZ_norm, axis=1, keepdims=True)"
VAR_PATH = "var_path = Z_norm * np.mean(dZ_norm * Z_norm, axis=1, keepdims=True)"

MISTAKES = (
    Mistake(
        "BB-01",
        BACKWARD,
        "dZ treats the mean and the standard deviation as constants. Both depend on Z, so two more "
        "paths of the graph lead back to it.",
        edit(DZ, "dZ = dZ_norm / std"),
    ),
    Mistake(
        "BB-02",
        BACKWARD,
        "dZ lacks the path through the mean. A check: over the examples, each row of dZ sums to 0.",
        edit(DZ, "dZ = (dZ_norm - var_path) / std"),
    ),
    Mistake(
        "BB-03",
        BACKWARD,
        "dZ lacks the path through the variance. A check: over the examples, each row of dZ times "
        "Z_norm sums to 0, up to epsilon.",
        edit(DZ, "dZ = (dZ_norm - mean_path) / std"),
    ),
    Mistake(
        "BB-04",
        BACKWARD,
        "dZ holds only what each example does to itself. Through the mean and the variance it acts "
        "on every other example as well.",
        edit(DZ, "dZ = dZ_norm * (1 - 1 / Z_norm.shape[1]) / std"),
        edit(DZ, "dZ = dZ_norm * (1 - (1 + Z_norm**2) / Z_norm.shape[1]) / std"),
    ),
    Mistake(
        "BB-05",
        BACKWARD,
        "gamma is missing on the way to dZ. The scaling comes last in the forward pass, so it is "
        "the first to go back through.",
        edit("dZ_norm = dZ_tilde * gamma", "dZ_norm = dZ_tilde"),
    ),
    Mistake(
        "BB-06",
        BACKWARD,
        "dgamma is taken with the centred values. What gamma multiplies is Z_norm.",
        edit(DGAMMA, DGAMMA.replace("Z_norm", "Z_norm * std")),
    ),
    Mistake(
        "BB-07",
        BACKWARD,
        "dgamma and dbeta are exchanged: one is summed with Z_norm, the other without. They come "
        "back in the order dZ, dgamma, dbeta.",
        edit("return dZ, dgamma, dbeta", "return dZ, dbeta, dgamma"),
    ),
    Mistake(
        "BB-08",
        BACKWARD,
        "dgamma or dbeta is averaged over the examples. One gamma serves them all, so their "
        "contributions add up; the 1/m is in the cost already.",
        edit(DGAMMA, DGAMMA.replace("sum", "mean")).then(DBETA, DBETA.replace("sum", "mean")),
        edit(DGAMMA, DGAMMA.replace("sum", "mean")),
        edit(DBETA, DBETA.replace("sum", "mean")),
    ),
    Mistake(
        "BB-09",
        BACKWARD,
        "dgamma and dbeta are summed over the units. Each unit has its own gamma and beta: sum "
        "over the examples.",
        edit(DGAMMA, DGAMMA.replace("axis=1", "axis=0")).then(
            DBETA, DBETA.replace("axis=1", "axis=0")
        ),
    ),
    Mistake(
        "BB-10",
        BACKWARD,
        "The derivative of 1/sqrt(var + epsilon) is off: it has the factor −1/2 and the power "
        "−3/2.",
        edit(DZ, "dZ = (dZ_norm - mean_path - 2 * var_path) / std"),
        edit(DZ, "dZ = (dZ_norm - mean_path + var_path) / std"),
        edit(DZ, "dZ = (dZ_norm - mean_path - var_path * std**2) / std"),
        edit(DZ, "dZ = (dZ_norm - mean_path - var_path * std) / std"),
    ),
    Mistake(
        "BB-11",
        BACKWARD,
        "A factor of the mean's or the variance's own derivative is missing: 1/m for the mean, "
        "2/m times the distance from the mean for the variance.",
        edit(DZ, "dZ = (dZ_norm - mean_path - var_path / 2) / std"),
        edit(MEAN_PATH, MEAN_PATH.replace("mean(", "sum(")),
        edit(VAR_PATH, VAR_PATH.replace("mean(", "sum(")),
        edit(MEAN_PATH, MEAN_PATH.replace("mean(", "sum(")).then(
            VAR_PATH, VAR_PATH.replace("mean(", "sum(")
        ),
        edit("var_path) / std", "var_path) / std * dZ_tilde.shape[1]"),
    ),
    Mistake(
        "BB-16",
        BACKWARD,
        "The paths through the mean and the variance are averaged over the units (that is layer "
        "norm). Each unit's statistics gather its examples.",
        edit(MEAN_PATH, MEAN_PATH.replace("axis=1", "axis=0")).then(
            VAR_PATH, VAR_PATH.replace("axis=1", "axis=0")
        ),
        edit(MEAN_PATH, MEAN_PATH.replace("axis=1", "axis=0")),
    ),
    Mistake(
        "BB-17",
        BACKWARD,
        "m − 1 stands in the backward pass where the forward pass divides by m. The derivative "
        "has to be that of the variance in use.",
        edit(VAR_PATH, VAR_PATH.replace("np.mean(", "np.sum(") + " / (dZ_tilde.shape[1] - 1)"),
        edit(DZ, f"{DZ} * dZ_tilde.shape[1] / max(dZ_tilde.shape[1] - 1, 1)"),
    ),
    Mistake(
        "BB-19",
        BACKWARD,
        "dZ has one term too many: the formula is complete already, and something is added after "
        "it.",
        edit(DZ, DZ + " + dbeta / dZ_tilde.shape[1]"),
        edit(DZ, DZ + " + mean_path"),
    ),
    Mistake(
        "BB-20",
        BACKWARD,
        "An argument is changed in place, by an operation such as -= or *=. The caller still "
        "needs its array: compute a new one.",
        edit("dZ_norm = dZ_tilde * gamma", "dZ_tilde *= gamma\n    dZ_norm = dZ_tilde"),
    ),
    Mistake(
        "BB-21",
        BACKWARD,
        "dZ is divided by std once too often, or not at all. The forward pass divides by it once.",
        edit(") / std", ") / std**2"),
        edit(") / std", ")"),
    ),
    Mistake(
        "BB-22",
        BACKWARD,
        "dgamma is the sum of the derivatives alone. gamma multiplies Z_norm, so its derivative "
        "does, too.",
        edit("np.sum(dZ_tilde * Z_norm, axis=1", "np.sum(dZ_tilde, axis=1"),
    ),
    Mistake(
        "BB-23",
        BACKWARD,
        "gamma comes in twice. It is in dZ_norm already.",
        edit(
            "(dZ_norm - mean_path - var_path) / std",
            "gamma * (dZ_norm - mean_path - var_path) / std",
        ),
    ),
    Mistake(
        "BB-24",
        BACKWARD,
        "The results come back in another order, or only some of them. They are dZ, dgamma, dbeta.",
        *parts(RETURNED),
        edit(RETURNED, "return dgamma, dbeta, dZ"),
        edit(RETURNED, "return dbeta, dgamma, dZ"),
        edit(RETURNED, "return dgamma, dZ, dbeta"),
        edit(RETURNED, "return dbeta, dZ, dgamma"),
    ),
    Mistake(
        "BB-25",
        BACKWARD,
        "gamma reaches only some of the three terms of dZ, or divides. In each of them the "
        "derivative by Z_norm is dZ_tilde times gamma.",
        edit(MEAN_PATH, MEAN_PATH.replace("dZ_norm", "dZ_tilde")),
        edit(VAR_PATH, VAR_PATH.replace("dZ_norm", "dZ_tilde")),
        edit(MEAN_PATH, MEAN_PATH.replace("dZ_norm", "dZ_tilde")).then(
            VAR_PATH, VAR_PATH.replace("dZ_norm", "dZ_tilde")
        ),
        edit(DZ, DZ.replace("(dZ_norm", "(dZ_tilde")),
        edit("dZ_norm = dZ_tilde * gamma", "dZ_norm = dZ_tilde / gamma"),
    ),
)


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


TASK = Task(
    reference=ref.batchnorm_backward,
    returns=("dZ", "dgamma", "dbeta"),
    cases=cases,
    criteria=(
        Agrees("dZ", 4, part="dZ"),
        Agrees("dgamma", 0.5, part="dgamma", loose_shape=True),
        Agrees("dbeta", 0.5, part="dbeta", loose_shape=True),
        InputsUntouched(1),
    ),
    lecture=BACKWARD,
    mistakes=MISTAKES,
    unworked={"the right answer [tfs]*": "of what has one column, order and shape do not matter"},
    variants=(Variant("graph, step by step", by_graph), Variant("compact, flat", compact)),
    confirm=confirm,
    losses={
        "BB-24": "all",
        "BB-24, way 6": "dZ · dbeta",
        "BB-24, way 7": "dZ · dgamma",
        "BB-25": "dZ",
        "BB-21": "dZ",
        "BB-21, way 2": "dZ",
        "BB-22": "dgamma",
        "BB-23": "dZ",
        "BB-01": "dZ",
        "BB-02": "dZ",
        "BB-03": "dZ",
        "BB-04": "dZ",
        "BB-05": "dZ",
        "BB-06": "dgamma",
        "BB-07": "dgamma · dbeta",
        "BB-08": "dgamma · dbeta",
        "BB-08, way 2": "dgamma",
        "BB-08, way 3": "dbeta",
        "BB-09": "dgamma · dbeta",
        "BB-10": "dZ",
        "BB-11": "dZ",
        "BB-16": "dZ",
        "BB-17": "dZ",
        "BB-19": "dZ",
        "BB-20": "inputs untouched",
    },
    promises={
        "dZ_tilde": Promise(value=(-0.4, 2.8), within=(-5, 5), rows=(3, 5), columns=(1, 6)),
        "cache": Promise(
            value=(-1.7, 2.7),
            within=(-2.5, 8),
            rows=(3, 5),
            columns=(1, 6),
            has=("0", "a constant row", "equal neighbours"),
        ),
    },
    equivalent={
        "an axis of length 1 may be missing": (
            "dgamma = np.sum(dZ_tilde * Z_norm, axis=1)",
            "dgamma = np.sum(dZ_tilde * Z_norm, axis=1, keepdims=False)",
            "dbeta = np.sum(dZ_tilde, axis=1)",
            "dbeta = np.sum(dZ_tilde, axis=1, keepdims=False)",
        ),
        "each row of Z_norm adds up to 0": (
            "dgamma = np.sum((dZ_tilde + 1) * Z_norm, axis=1, keepdims=True)",
            "dgamma = np.sum((dZ_tilde - 1) * Z_norm, axis=1, keepdims=True)",
            "var_path = Z_norm * np.mean((dZ_norm + 1) * Z_norm, axis=1, keepdims=True)",
            "var_path = Z_norm * np.mean((dZ_norm - 1) * Z_norm, axis=1, keepdims=True)",
        ),
        "a shift of a row goes with the mean": (
            "dZ_norm = (dZ_tilde + 1) * gamma",
            "dZ_norm = (dZ_tilde - 1) * gamma",
        ),
    },
)
