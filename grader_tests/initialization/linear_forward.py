"""`linear_forward`: return ``Z = W @ A_prev + b`` and the cache for the way back."""

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
    parts,
)


def cases(rng: np.random.Generator) -> list[Case]:
    """Wide, narrow and square layers, and single examples."""
    return [
        call(ref.linear_forward, *linear_layer(rng, *size), label=linear_label(*size))
        for size in SIZES
    ]


Z = "Z = W @ A_prev + b"
CACHE = "return Z, (A_prev, W, b)"
CACHES = (
    "Z",
    "A_prev",
    "(Z, W, b)",
    "(A_prev, W)",
    "(W, b)",
    "(A_prev, Z)",
    "(A_prev, b, W)",
    "(W, b, A_prev)",
    "(b, W, A_prev)",
    "(A_prev, W, b, Z)",
    '{"A_prev": A_prev, "W": W, "b": b}',
)

MISTAKES = (
    Mistake(
        "LF-01",
        DEPTH,
        "The bias is left out. Each unit adds its own to the sum over its inputs.",
        edit(Z, "Z = W @ A_prev"),
    ),
    Mistake(
        "LF-02",
        DEPTH,
        "W or A_prev is transposed. With examples as columns, each row of W belongs to a unit: "
        "neither needs it.",
        edit(Z, "Z = W.T @ A_prev + b"),
        edit(Z, "Z = W @ A_prev.T + b"),
    ),
    Mistake(
        "LF-03",
        DEPTH,
        "W and A_prev are multiplied entry by entry. A unit sums over its inputs: that is the "
        "matrix product, @.",
        edit(Z, "Z = W * A_prev + b"),
    ),
    Mistake(
        "LF-04",
        DEPTH,
        "The factors of the matrix product are in the other order. Each row of the first one is "
        "multiplied with a column of the second: weights of a unit, inputs of an example.",
        edit(Z, "Z = A_prev @ W + b"),
    ),
    Mistake(
        "LF-05",
        DEPTH,
        "The cache holds the right things in another order, or other things. It should be "
        "(A_prev, W, b), as they came.",
        edit(CACHE, "return Z, (W, A_prev, b)"),
        *(edit(CACHE, f"return Z, {cache}") for cache in CACHES),
    ),
    Mistake(
        "LF-06",
        DEPTH,
        "The bias is lined up with the examples. Each unit has a bias, the same for all "
        "examples: as a column, b fits as it is.",
        edit(Z, "Z = W @ A_prev + b.T"),
    ),
    Mistake(
        "LF-07",
        DEPTH,
        "Only a part comes back. Return Z and the cache: the next layer needs the one, the "
        "backward pass the other.",
        edit(CACHE, "return Z, None"),
        *parts(CACHE),
    ),
    Mistake(
        "LF-08",
        DEPTH,
        "The sum is written into b, or into W. The caller still needs them: compute a new array.",
        edit(Z, "b += W @ A_prev\n    Z = b"),
    ),
    Mistake(
        "LF-09",
        DEPTH,
        "Z has been through an activation already. Here the sum itself comes back; the activation "
        "is a function of its own.",
        edit(Z, f"{Z}\n    Z = np.maximum(0, Z)"),
        edit(Z, f"{Z}\n    Z = 1 / (1 + np.exp(-Z))"),
        edit(Z, f"{Z}\n    Z = np.tanh(Z)"),
    ),
    Mistake(
        "LF-10",
        DEPTH,
        "A part of the sum has another factor or sign, or there is a product in its place. Z is "
        "W @ A_prev plus b, both as they come.",
        edit(Z, "Z = W @ A_prev - b"),
        edit(Z, "Z = b - W @ A_prev"),
        edit(Z, "Z = W @ A_prev + 2 * b"),
        edit(Z, "Z = W @ A_prev + b / A_prev.shape[1]"),
        edit(Z, "Z = W @ A_prev / A_prev.shape[1] + b"),
        edit(Z, "Z = (W @ A_prev + b) / A_prev.shape[1]"),
        edit(Z, "Z = W @ A_prev / A_prev.shape[0] + b"),
        edit(Z, "Z = W @ A_prev * b"),
        edit(Z, "Z = W @ A_prev + np.sum(b)"),
    ),
    Mistake(
        "LF-11",
        DEPTH,
        "The two results have changed places: Z comes first, then the cache.",
        edit(CACHE, "return (A_prev, W, b), Z"),
    ),
)

TASK = Task(
    reference=ref.linear_forward,
    returns=("Z", "cache"),
    cases=cases,
    criteria=(
        Agrees("Z", 1.5, part="Z"),
        Agrees("cache", 0.25, part="cache"),
        InputsUntouched(0.25),
    ),
    lecture=DEPTH,
    mistakes=MISTAKES,
    variants=(
        Variant(
            "np.dot, and a copied cache",
            edit(Z, "Z = np.add(np.dot(W, A_prev), b)").then(
                CACHE, "return Z, (A_prev.copy(), W.copy(), b.copy())"
            ),
        ),
        Variant(
            "einsum",
            edit(Z, 'Z = np.einsum("ij,jk->ik", W, A_prev) + b'),
        ),
    ),
    losses={
        "LF-07, way 2": "all",
        "LF-07, way 3": "all",
        "LF-09": "Z",
        "LF-10": "Z",
        "LF-11": "all",
        "LF-01": "Z",
        "LF-02": "all",
        "LF-03": "all",
        "LF-04": "all",
        "LF-05": "cache",
        "LF-06": "all",
        "LF-07": "cache",
        "LF-08": "all",
    },
    promises={
        "A_prev": Promise(value=(-1.3, 1.3), within=(-5, 5), rows=(1, 6), columns=(1, 7)),
        "W": Promise(value=(-1.4, 1), within=(-4, 4), rows=(1, 4), columns=(1, 6)),
        "b": Promise(value=(-1, 1.3), within=(-2, 2), rows=(1, 4)),
    },
)
