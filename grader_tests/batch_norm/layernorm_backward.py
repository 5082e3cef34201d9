"""`layernorm_backward`: return dZ, dgamma and dbeta of layer normalisation."""

from __future__ import annotations

import numpy as np

from grader_tests.batch_norm import RELATIVES
from grader_tests.batch_norm import reference as ref
from grader_tests.batch_norm.draws import Arrays, spaced
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


def forward(Z: np.ndarray, gamma: np.ndarray, beta: np.ndarray, epsilon: float) -> Arrays:
    """Return the output of layer norm, and Z_norm and std of its cache."""
    std = np.sqrt(np.var(Z, axis=0, keepdims=True) + epsilon)
    Z_norm = (Z - np.mean(Z, axis=0, keepdims=True)) / std
    return gamma * Z_norm + beta, Z_norm, std


def cases(rng: np.random.Generator) -> list[Case]:
    """Caches of the forward pass; gamma differs from unit to unit, and dZ_tilde has no mean 0."""
    cases = []
    for n, m, epsilon, constant in (
        (3, 5, 1e-5, False),
        (4, 6, 0.3, False),
        (4, 4, 0.3, False),
        (6, 3, 1e-5, False),
        (5, 4, 1e-5, True),
        (5, 1, 0.3, False),
    ):
        Z = rng.uniform(-3, 3, (1, m)) + 3 * spaced(rng, m, n).T
        if constant:
            Z[:, 1] = Z[0, 1]
        gamma = rng.choice([-1, 1], (n, 1)) * rng.permutation(np.linspace(0.5, 2.5, n))[:, None]
        _, Z_norm, std = forward(Z, gamma, 0 * gamma, epsilon)
        dZ_tilde = rng.uniform(0.5, 1.5, (n, 1)) + spaced(rng, m, n).T
        size = f"{n} units, {'one example' if m == 1 else f'{m} examples'}"
        alike = ", one of them with equal units" if constant else ""
        label = f"{size}{alike}, epsilon = {epsilon:g} in the forward pass"
        cases.append(call(ref.layernorm_backward, dZ_tilde, (Z_norm, gamma, std), label=label))
    return cases


def confirm(case: Case, wanted: Arrays) -> float:
    """Differentiate the forward pass numerically, at an input with this cache."""
    dZ_tilde, (Z_norm, gamma, std) = case.inputs["dZ_tilde"], case.inputs["cache"]
    Z = Z_norm * std
    epsilon = std**2 - np.var(Z, axis=0, keepdims=True)

    def cost(Z: np.ndarray, gamma: np.ndarray, beta: np.ndarray) -> float:
        return float(np.sum(dZ_tilde * forward(Z, gamma, beta, epsilon)[0]))

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
DZ_NORM = "dZ_norm = dZ_tilde * gamma"
MEAN_PATH = "mean_path = np.mean(dZ_norm, axis=0, keepdims=True)"
VAR_PATH = "var_path = Z_norm * np.mean(dZ_norm * Z_norm, axis=0, keepdims=True)"


def turned(line: str) -> str:
    """The line with the other axis."""
    return line.replace("axis=0", "axis=2").replace("axis=1", "axis=0").replace("axis=2", "axis=1")


def summed(line: str) -> str:
    """The line with a sum in place of a mean."""
    return line.replace("mean(", "sum(")


def batch_norms_in_one_line(dZ_tilde, cache):
    """The compact formula of batch norm, with dgamma and dbeta."""
    Z_norm, gamma, std = cache
    m = dZ_tilde.shape[1]
    dgamma = np.sum(dZ_tilde * Z_norm, axis=1, keepdims=True)
    dbeta = np.sum(dZ_tilde, axis=1, keepdims=True)
    return gamma / (m * std) * (m * dZ_tilde - dbeta - Z_norm * dgamma), dgamma, dbeta


MISTAKES = (
    Mistake(
        "LB-01",
        RELATIVES,
        "dZ is batch norm's: the paths through the mean and the variance gather the examples. Here "
        "a mean and a variance belong to one example, and it is its units that share them.",
        edit(MEAN_PATH, turned(MEAN_PATH)).then(VAR_PATH, turned(VAR_PATH)),
        edit(MEAN_PATH, turned(MEAN_PATH)),
        edit(VAR_PATH, turned(VAR_PATH)),
        batch_norms_in_one_line,
    ),
    Mistake(
        "LB-02",
        RELATIVES,
        "dgamma or dbeta is summed over the units. The statistics have turned their axis, gamma "
        "and beta have not: each unit still has its own, which serves all examples.",
        edit(DGAMMA, turned(DGAMMA)).then(DBETA, turned(DBETA)),
        edit(DGAMMA, turned(DGAMMA)),
        edit(DBETA, turned(DBETA)),
    ),
    Mistake(
        "LB-03",
        RELATIVES,
        "gamma is missing on the way to dZ. The scaling comes last in the forward pass, so it is "
        "the first to go back through.",
        edit(DZ_NORM, "dZ_norm = dZ_tilde"),
    ),
    Mistake(
        "LB-04",
        RELATIVES,
        "gamma is multiplied in at the end. In batch norm it is the same for all that share a "
        "mean, and may wait; here the units that share one have different gammas.",
        edit(DZ_NORM, "dZ_norm = dZ_tilde").then(DZ, DZ.replace("= (", "= gamma * (")),
    ),
    Mistake(
        "LB-05",
        RELATIVES,
        "dZ lacks the path through the mean. A check: down the units, each column of dZ sums to 0.",
        edit(DZ, "dZ = (dZ_norm - var_path) / std"),
    ),
    Mistake(
        "LB-06",
        RELATIVES,
        "dZ lacks the path through the variance. A check: down the units, each column of dZ times "
        "Z_norm sums to 0, up to epsilon.",
        edit(DZ, "dZ = (dZ_norm - mean_path) / std"),
    ),
    Mistake(
        "LB-07",
        RELATIVES,
        "dZ treats the mean and the standard deviation as constants. Both depend on all units of "
        "the example, so two more paths lead back to Z.",
        edit(DZ, "dZ = dZ_norm / std"),
    ),
    Mistake(
        "LB-08",
        RELATIVES,
        "A number by which a mean is divided is off: there are as many terms as units, which is "
        "neither 1, nor the number of examples, nor one less.",
        edit(MEAN_PATH, summed(MEAN_PATH)).then(VAR_PATH, summed(VAR_PATH)),
        edit(MEAN_PATH, summed(MEAN_PATH)),
        edit(VAR_PATH, summed(VAR_PATH)),
        edit(MEAN_PATH, summed(MEAN_PATH) + " / Z_norm.shape[1]").then(
            VAR_PATH, summed(VAR_PATH) + " / Z_norm.shape[1]"
        ),
        edit(VAR_PATH, summed(VAR_PATH) + " / (len(Z_norm) - 1)"),
    ),
    Mistake(
        "LB-09",
        RELATIVES,
        "std comes in with a wrong power, or not at all. The forward pass divides by it once.",
        edit(DZ, DZ + "**2"),
        edit(DZ, DZ.removesuffix(" / std")),
        edit(DZ, DZ.replace("/", "*")),
    ),
    Mistake(
        "LB-10",
        RELATIVES,
        "dgamma and dbeta are exchanged: one is summed with Z_norm, the other without. They come "
        "back in the order dZ, dgamma, dbeta.",
        edit("return dZ, dgamma, dbeta", "return dZ, dbeta, dgamma"),
    ),
    Mistake(
        "LB-11",
        RELATIVES,
        "dgamma or dbeta is averaged over the examples. One gamma serves them all, so their "
        "contributions add up; the 1/m is in the cost already.",
        edit(DGAMMA, DGAMMA.replace("sum", "mean")).then(DBETA, DBETA.replace("sum", "mean")),
        edit(DGAMMA, DGAMMA.replace("sum", "mean")),
        edit(DBETA, DBETA.replace("sum", "mean")),
    ),
    Mistake(
        "LB-12",
        RELATIVES,
        "The sign of a path, or a factor of it, is off. The variance's share is half of that of "
        "the square, and the square gives a factor of two.",
        edit(DZ, "dZ = (dZ_norm - mean_path + var_path) / std"),
        edit(DZ, "dZ = (dZ_norm - mean_path - 2 * var_path) / std"),
        edit(DZ, "dZ = (dZ_norm - mean_path - var_path / 2) / std"),
    ),
    Mistake(
        "LB-13",
        RELATIVES,
        "An argument is changed in place, by an operation such as -= or *=. The caller still "
        "needs its array: compute a new one.",
        edit(DZ_NORM, "dZ_tilde *= gamma\n    dZ_norm = dZ_tilde"),
    ),
    Mistake(
        "LB-14",
        RELATIVES,
        "gamma does not come into each of the three terms of dZ once: into some not at all, or "
        "twice, or as a divisor. In each the derivative by Z_norm is dZ_tilde times gamma.",
        edit(MEAN_PATH, MEAN_PATH.replace("dZ_norm", "dZ_tilde")),
        edit(VAR_PATH, VAR_PATH.replace("dZ_norm", "dZ_tilde")),
        edit(MEAN_PATH, MEAN_PATH.replace("dZ_norm", "dZ_tilde")).then(
            VAR_PATH, VAR_PATH.replace("dZ_norm", "dZ_tilde")
        ),
        edit(DZ, DZ.replace("(dZ_norm", "(dZ_tilde")),
        edit(DZ_NORM, "dZ_norm = dZ_tilde / gamma"),
        edit(DZ, DZ + " / gamma"),
        edit(DZ, DZ + " * gamma"),
    ),
    Mistake(
        "LB-15",
        RELATIVES,
        "The results come back in another order, or only some of them. They are dZ, dgamma, dbeta.",
        *parts("return dZ, dgamma, dbeta"),
        edit("return dZ, dgamma, dbeta", "return dgamma, dbeta, dZ"),
        edit("return dZ, dgamma, dbeta", "return dbeta, dgamma, dZ"),
        edit("return dZ, dgamma, dbeta", "return dgamma, dZ, dbeta"),
        edit("return dZ, dgamma, dbeta", "return dbeta, dZ, dgamma"),
    ),
)


def example_by_example(dZ_tilde, cache):
    """The Jacobian of each example, in a loop; flat dgamma and dbeta."""
    Z_norm, gamma, std = cache
    n, m = Z_norm.shape
    dZ = np.zeros((n, m))
    for i in range(m):
        z = Z_norm[:, [i]]
        jacobian = (np.eye(n) - np.ones((n, n)) / n - z @ z.T / n) / std[0, i]
        dZ[:, i] = jacobian @ (gamma[:, 0] * dZ_tilde[:, i])
    return dZ, np.einsum("ij,ij->i", dZ_tilde, Z_norm), dZ_tilde.sum(1)


def by_graph(dZ_tilde, cache):
    """Through the variance and the mean, step by step, with the term that is always zero."""
    Z_norm, gamma, std = cache
    n = len(Z_norm)
    centred = Z_norm * std
    dZ_norm = gamma * dZ_tilde
    dvar = -0.5 * (dZ_norm * centred).sum(axis=0) / std**3
    dmean = -dZ_norm.sum(axis=0) / std + dvar * -2 * centred.mean(axis=0)
    dZ = dZ_norm / std + dvar * 2 * centred / n + dmean / n
    return dZ, (dZ_tilde * Z_norm) @ np.ones((dZ.shape[1], 1)), dZ_tilde.sum(axis=1, keepdims=True)


TASK = Task(
    reference=ref.layernorm_backward,
    returns=("dZ", "dgamma", "dbeta"),
    cases=cases,
    criteria=(
        Agrees("dZ", 4, part="dZ"),
        Agrees("dgamma", 0.5, part="dgamma", loose_shape=True),
        Agrees("dbeta", 0.5, part="dbeta", loose_shape=True),
        InputsUntouched(1),
    ),
    lecture=RELATIVES,
    mistakes=MISTAKES,
    unworked={"the right answer [tfs]*": "of what has one column, order and shape do not matter"},
    variants=(
        Variant("example by example", example_by_example),
        Variant("graph, step by step", by_graph),
    ),
    confirm=confirm,
    losses={
        "LB-14": "dZ",
        "LB-15": "all",
        "LB-15, way 6": "dZ · dbeta",
        "LB-15, way 7": "dZ · dgamma",
        "LB-01": "dZ",
        "LB-02": "dgamma · dbeta",
        "LB-02, way 2": "dgamma",
        "LB-02, way 3": "dbeta",
        "LB-03": "dZ",
        "LB-04": "dZ",
        "LB-05": "dZ",
        "LB-06": "dZ",
        "LB-07": "dZ",
        "LB-08": "dZ",
        "LB-09": "dZ",
        "LB-10": "dgamma · dbeta",
        "LB-11": "dgamma · dbeta",
        "LB-11, way 2": "dgamma",
        "LB-11, way 3": "dbeta",
        "LB-12": "dZ",
        "LB-13": "inputs untouched",
    },
    promises={
        "dZ_tilde": Promise(value=(-0.4, 2.8), within=(-5, 5), rows=(3, 6), columns=(1, 6)),
        "cache": Promise(value=(-2, 2.5), within=(-2.5, 7), rows=(1, 6), columns=(1, 6)),
    },
    equivalent={
        "an axis of length 1 may be missing": (
            "dgamma = np.sum(dZ_tilde * Z_norm, axis=1)",
            "dgamma = np.sum(dZ_tilde * Z_norm, axis=1, keepdims=False)",
            "dbeta = np.sum(dZ_tilde, axis=1)",
            "dbeta = np.sum(dZ_tilde, axis=1, keepdims=False)",
        ),
        "a row is stretched without it": (
            "mean_path = np.mean(dZ_norm, axis=0)",
            "mean_path = np.mean(dZ_norm, axis=0, keepdims=False)",
            "var_path = Z_norm * (np.mean(dZ_norm * Z_norm, axis=0))",
            "var_path = Z_norm * np.mean(dZ_norm * Z_norm, axis=0, keepdims=False)",
        ),
        "each column of Z_norm adds up to 0": (
            "var_path = Z_norm * np.mean((dZ_norm + 1) * Z_norm, axis=0, keepdims=True)",
            "var_path = Z_norm * np.mean((dZ_norm - 1) * Z_norm, axis=0, keepdims=True)",
        ),
    },
)
