"""`relu_forward`: return ``A = max(0, Z)`` and the cache Z."""

from __future__ import annotations

import numpy as np

from grader_tests.initialization import DEPTH
from grader_tests.initialization import reference as ref
from grader_tests.initialization.draws import RELU_SIZES, with_zeros
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
    """Values of both signs with exact zeros, and infinities."""
    cases = [
        call(ref.relu_forward, with_zeros(rng, n, m), label=f"Z of shape ({n}, {m})", tags="finite")
        for n, m in RELU_SIZES
    ]
    for n, m in ((2, 4), (3, 3)):
        infinite = with_zeros(rng, n, m)
        infinite.flat[0], infinite.flat[1] = -np.inf, np.inf
        label = f"Z of shape ({n}, {m}) with −inf and inf"
        cases.append(call(ref.relu_forward, infinite, label=label, tags="infinite"))
    return cases


A_RELU = "A = np.maximum(0, Z)"

MISTAKES = (
    Mistake(
        "RE-02",
        DEPTH,
        "Z is changed in place. The backward pass needs it as it was: compute a new array.",
        edit(A_RELU, "Z[Z < 0] = 0\n    A = Z"),
        edit(A_RELU, "A = np.maximum(0, Z, out=Z)"),
    ),
    Mistake(
        "RE-04",
        DEPTH,
        "A says only whether Z is positive. Where it is, the value itself passes.",
        edit(A_RELU, "A = (Z > 0) * 1.0"),
    ),
    Mistake(
        "RE-08",
        DEPTH,
        "Multiplying by a 0/1 mask turns −inf into nan, for 0 · ∞ is not a number. Take the "
        "larger of 0 and Z.",
        edit(A_RELU, "A = Z * (Z > 0)"),
    ),
    Mistake(
        "RE-11",
        DEPTH,
        "The cache holds A. In this course it should hold Z.",
        edit("return A, Z", "return A, A"),
    ),
    Mistake(
        "RE-12",
        DEPTH,
        "Negative values come through: small (leaky relu), or with the other sign. relu gives 0 "
        "there.",
        edit(A_RELU, "A = np.where(Z > 0, Z, 0.01 * Z)"),
        edit(A_RELU, "A = np.abs(Z)"),
        edit(A_RELU, "A = np.minimum(0, Z)"),
        edit(A_RELU, "A = np.where(Z > 0, Z, np.exp(Z) - 1)"),
        numbers={"slope": edit(A_RELU, "A = np.where(Z > 0, Z, {number} * Z)")},
    ),
    Mistake(
        "RE-13",
        DEPTH,
        "Only a part comes back. Return A and the cache: the next layer needs the one, the "
        "backward pass the other.",
        *parts("return A, Z"),
        edit("return A, Z", "return A, None"),
    ),
    Mistake(
        "RE-14",
        DEPTH,
        "The largest of many entries is taken. Each entry is compared with 0 by itself.",
        edit(A_RELU, "A = np.max(Z, 0)"),
        edit(A_RELU, "A = np.max(Z, 1)"),
        edit(A_RELU, "A = np.max(Z)"),
        edit(A_RELU, "A = max(0, np.max(Z))"),
    ),
    Mistake(
        "RE-15",
        DEPTH,
        "Large values are cut off. A ReLU stops what is negative, and lets the rest through, "
        "however large.",
        edit(A_RELU, "A = np.clip(Z, 0, 1)"),
        edit(A_RELU, "A = np.clip(Z, 0, 6)"),
        numbers={"the largest value": edit(A_RELU, "A = np.clip(Z, 0, {number})")},
    ),
    Mistake(
        "RE-16",
        DEPTH,
        "The two results have changed places: A comes first, then the cache, Z.",
        edit("return A, Z", "return Z, A"),
    ),
)

TASK = Task(
    reference=ref.relu_forward,
    returns=("A", "cache"),
    cases=cases,
    criteria=(
        Agrees("A", 0.5, "finite", "A"),
        Agrees("A where Z is infinite", 0.2, "infinite", "A"),
        Agrees("cache", 0.1, "finite", "cache"),
        InputsUntouched(0.2),
    ),
    lecture=DEPTH,
    mistakes=MISTAKES,
    variants=(
        Variant("np.where", edit(A_RELU, "A = np.where(Z < 0, 0, Z)")),
        Variant("a copy", edit(A_RELU, "A = Z.copy()\n    A[A < 0] = 0")),
    ),
    losses={
        "RE-13": "all",
        "RE-13, way 3": "cache",
        "RE-14": "A · A where Z is infinite",
        "RE-15": "A · A where Z is infinite",
        "RE-15, way 2": "A where Z is infinite",
        "RE-16": "all",
        "RE-02": "cache · inputs untouched",
        "RE-04": "A · A where Z is infinite",
        "RE-08": "A where Z is infinite",
        "RE-11": "cache",
        "RE-12": "A · A where Z is infinite",
    },
    promises={
        "Z": Promise(value=(-np.inf, np.inf), rows=(1, 5), columns=(1, 6), has=("0",)),
    },
)
