"""`linear_backward`: the derivatives of a linear layer by its input, weights and bias."""

from __future__ import annotations

import numpy as np

from grader_tests.initialization import DEPTH
from grader_tests.initialization import reference as ref
from grader_tests.initialization.draws import SIZES, linear_label, linear_layer
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
)
from grading.marking.derivative import central_difference, relative_difference


def cases(rng: np.random.Generator) -> list[Case]:
    """Caches of the reference's forward pass, for the same layers."""
    cases = []
    for n_prev, n, m in SIZES:
        _, cache = ref.linear_forward(*linear_layer(rng, n_prev, n, m))
        dZ = 0.7 + rng.standard_normal((n, m))
        cases.append(call(ref.linear_backward, dZ, cache, label=linear_label(n_prev, n, m)))
    return cases


def confirm(case: Case, wanted: tuple) -> float:
    """Differentiate sum(dZ * Z) numerically by A_prev, W and b."""
    dZ, (A_prev, W, b) = case.inputs["dZ"], case.inputs["cache"]
    numerical = (
        central_difference(lambda at: float(np.sum(dZ * (W @ at + b))), A_prev),
        central_difference(lambda at: float(np.sum(dZ * (at @ A_prev + b))), W),
        central_difference(lambda at: float(np.sum(dZ * (W @ A_prev + at))), b),
    )
    return max(map(relative_difference, wanted, numerical))


DA_PREV, DW = "dA_prev = W.T @ dZ", "dW = dZ @ A_prev.T"
DB = "db = np.sum(dZ, axis=1, keepdims=True)"

MISTAKES = (
    Mistake(
        "LI-01",
        DEPTH,
        "dW, or db with it, is divided by m. In this course 1/m enters once, at the output of the "
        "network, and is in dZ already.",
        edit(DW, f"{DW} / dZ.shape[1]").then(DB, f"{DB} / dZ.shape[1]"),
        edit("dW = dZ @ A_prev.T", "dW = dZ @ A_prev.T / dZ.shape[1]"),
    ),
    Mistake(
        "LI-02",
        DEPTH,
        "db is flat, of shape (n,). A step b − α db would then make an (n, n) array of the "
        "biases: keep it a column.",
        edit(DB, "db = np.sum(dZ, axis=1)"),
    ),
    Mistake(
        "LI-03",
        DEPTH,
        "db is not the sum over the examples. Each unit's bias acts on every example, so the "
        "derivatives of all of them add up.",
        edit(DB, "db = dZ"),
        edit(DB, "db = np.sum(dZ, axis=0, keepdims=True)"),
        edit(DB, "db = np.mean(dZ, axis=1, keepdims=True)"),
        edit(DB, "db = np.sum(dZ)"),
    ),
    Mistake(
        "LI-04",
        DEPTH,
        "A transpose is missing, or a product is in the other order. Let the shapes guide you: "
        "each derivative has the shape of what it belongs to.",
        edit(DA_PREV, "dA_prev = W @ dZ"),
        edit(DW, "dW = dZ @ A_prev"),
        edit(DW, "dW = A_prev @ dZ.T"),
        edit(DA_PREV, "dA_prev = dZ.T @ W"),
    ),
    Mistake(
        "LI-07",
        DEPTH,
        "Factors are multiplied entry by entry. Both derivatives are sums of products: that is "
        "the matrix product, @.",
        edit(DA_PREV, "dA_prev = W.T * dZ"),
        edit(DW, "dW = dZ * A_prev.T"),
    ),
    Mistake(
        "LI-15",
        DEPTH,
        "dZ is divided by m, and in place. 1/m is in it already, and the caller still needs it as "
        "it was: leave dZ alone.",
        edit(DA_PREV, f"dZ /= dZ.shape[1]\n    {DA_PREV}"),
    ),
    Mistake(
        "LI-16",
        DEPTH,
        "The three derivatives are in another order than dA_prev, dW, db.",
        edit("return dA_prev, dW, db", "return dW, db, dA_prev"),
    ),
)

TASK = Task(
    reference=ref.linear_backward,
    returns=("dA_prev", "dW", "db"),
    cases=cases,
    criteria=(
        Agrees("dA_prev", 0.75, part="dA_prev"),
        Agrees("dW", 1, part="dW"),
        Agrees("db", 0.75, part="db"),
        InputsUntouched(0.5),
    ),
    lecture=DEPTH,
    mistakes=MISTAKES,
    unworked={"the right answer sorted": "db has one column, and so one order"},
    variants=(
        Variant(
            "other products",
            edit(DA_PREV, "dA_prev = (dZ.T @ W).T")
            .then(DW, "dW = (A_prev @ dZ.T).T")
            .then(DB, "db = dZ @ np.ones((dZ.shape[1], 1))"),
        ),
        Variant(
            "a sum over the examples",
            edit(DW, "dW = sum(np.outer(dZ[:, i], A_prev[:, i]) for i in range(dZ.shape[1]))").then(
                DB, "db = dZ.sum(1).reshape(-1, 1)"
            ),
        ),
    ),
    confirm=confirm,
    losses={
        "LI-01": "dW · db",
        "LI-01, way 2": "dW",
        "LI-02": "db",
        "LI-03": "db",
        "LI-04": "all",
        "LI-04, way 3": "dW",
        "LI-04, way 4": "dA_prev",
        "LI-07": "all",
        "LI-15": "all",
        "LI-16": "all",
    },
    promises={
        "dZ": Promise(value=(-0.44, 2.1), within=(-4, 5), rows=(1, 4), columns=(1, 7)),
        "cache": Promise(value=(-1.8, 1.5), within=(-4, 4), rows=(1, 6), columns=(1, 7)),
    },
)
