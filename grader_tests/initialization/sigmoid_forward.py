"""`sigmoid_forward`: return ``A = 1 / (1 + exp(-Z))`` twice: as output and as cache."""

from __future__ import annotations

import numpy as np

from grader_tests.initialization import DEPTH, OVERFLOW
from grader_tests.initialization import reference as ref
from grader_tests.initialization.draws import with_zeros
from grading.marking import (
    Agrees,
    Case,
    Holds,
    InputsUntouched,
    Mistake,
    Promise,
    Task,
    Variant,
    call,
    edit,
    script,
)

WARNED = """\
import warnings
import numpy as np
with np.errstate(all="warn", under="ignore"), warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    A, cache = sigmoid_forward(Z)
result = A, sum(issubclass(warning.category, RuntimeWarning) for warning in caught)"""


def cases(rng: np.random.Generator) -> list[Case]:
    """Scores near 0, and so large ones that exp overflows for the one or the other sign."""
    cases = []
    for n, m in ((1, 6), (3, 5), (4, 4), (6, 1)):
        near = 2 * with_zeros(rng, n, m)
        near.flat[3], near.flat[4] = -rng.uniform(0.2, 0.8), rng.uniform(0.2, 0.8)
        label = f"Z of shape ({n}, {m})"
        cases.append(call(ref.sigmoid_forward, near, label=label, tags="near"))
    for n, m in ((1, 6), (2, 4)):
        far = with_zeros(rng, n, m)
        far.flat[0], far.flat[1], far.flat[3] = -1000.0, 1000.0, -float(rng.uniform(720, 2000))
        label = f"Z of shape ({n}, {m}) with −1000 and 1000"
        cases.append(script(WARNED, label=label, tags="far", returns=("A", "warnings"), Z=far))
    return cases


def no_overflow(result: tuple, wanted: tuple, case: Case) -> str | None:
    """Finite values without a warning."""
    if not np.all(np.isfinite(result[0])):
        return "A is not finite."
    return "NumPy warns of an overflow or an invalid value." if result[1] else None


def warns_only(result: tuple, wanted: tuple, case: Case) -> bool | None:
    """Recognise right values that came with an overflow."""
    if "near" in case.tags:
        return None if np.allclose(result[0], wanted[0]) else False
    return bool(result[1] and np.allclose(result[0], wanted[0]))


A_SIGMOID = "A = np.where(Z >= 0, 1, decay) / (1 + decay)"

MISTAKES = (
    Mistake(
        "SG-01",
        OVERFLOW,
        "exp of a large positive number overflows, though the quotient comes out right. Write the "
        "formula so that no exponent is positive, for both signs of Z.",
        edit(A_SIGMOID, "A = 1 / (1 + np.exp(-Z))"),
        edit(A_SIGMOID, "A = np.where(Z >= 0, 1 / (1 + np.exp(-Z)), np.exp(Z) / (1 + np.exp(Z)))"),
        looks_like=warns_only,
    ),
    Mistake(
        "SG-02",
        OVERFLOW,
        "exp(Z)/(1 + exp(Z)) is ∞/∞, not a number, where Z is large. Use it for negative Z only.",
        edit(A_SIGMOID, "A = np.exp(Z) / (1 + np.exp(Z))"),
    ),
    Mistake(
        "SG-03",
        DEPTH,
        "The sign of the exponent is the other way round: A should grow with Z.",
        edit("Z >= 0", "Z < 0"),
    ),
    Mistake(
        "SG-04",
        DEPTH,
        "This is tanh, between −1 and 1. A sigmoid lies between 0 and 1.",
        edit(A_SIGMOID, "A = np.tanh(Z)"),
    ),
    Mistake(
        "SG-05",
        DEPTH,
        "The cache holds Z. It should hold A, from which the derivative is easily made.",
        edit("return A, A", "return A, Z"),
    ),
    Mistake(
        "SG-06",
        DEPTH,
        "Z is changed in place. The caller still needs it: compute a new array.",
        edit(A_SIGMOID, A_SIGMOID + "\n    Z *= -1"),
        edit(A_SIGMOID, A_SIGMOID + "\n    np.clip(Z, -1, 1, out=Z)"),
    ),
    Mistake(
        "SG-07",
        DEPTH,
        "A is rounded to 0 or 1. Keep the probability: training needs to know how sure it is.",
        edit(A_SIGMOID, "A = (Z > 0) * 1.0"),
        edit(A_SIGMOID, "A = (Z >= 0) * 1.0"),
    ),
    Mistake(
        "SG-12",
        DEPTH,
        "The sign of Z is lost: −2 and 2 get the same answer. A is below ½ where Z is negative.",
        edit("np.where(Z >= 0, 1, decay) / (1 + decay)", "1 / (1 + decay)"),
    ),
    Mistake(
        "SG-13",
        DEPTH,
        "The cache holds the derivative. It should hold A, from which the way back makes it.",
        edit("return A, A", "return A, A * (1 - A)"),
    ),
    Mistake(
        "SG-15",
        DEPTH,
        "A comes back once, or without its cache. Return it twice, as output and as cache.",
        edit("return A, A", "return A"),
        edit("return A, A", "return A, None"),
    ),
)

TASK = Task(
    reference=ref.sigmoid_forward,
    returns=("A", "cache"),
    cases=cases,
    criteria=(
        Agrees("A", 0.75, "near", "A"),
        Agrees("A of very large scores", 0.25, "far", "A"),
        Holds("no overflow", 0.5, no_overflow, "far", beside=("A", "A of very large scores")),
        Agrees("cache", 0.25, "near", "cache"),
        InputsUntouched(0.25, "near"),
    ),
    lecture=DEPTH,
    mistakes=MISTAKES,
    variants=(
        Variant(
            "by tanh",
            edit(A_SIGMOID, "A = 0.5 + 0.5 * np.tanh(Z / 2)"),
        ),
        Variant(
            "clipped scores",
            edit(A_SIGMOID, "A = 1 / (1 + np.exp(-np.clip(Z, -500, 500)))"),
        ),
        Variant(
            "by halves",
            edit(
                A_SIGMOID,
                "A = np.empty_like(Z)\n"
                "    A[Z >= 0] = 1 / (1 + np.exp(-Z[Z >= 0]))\n"
                "    A[Z < 0] = np.exp(Z[Z < 0]) / (1 + np.exp(Z[Z < 0]))",
            ),
        ),
    ),
    losses={
        "SG-15": "all",
        "SG-15, way 2": "cache",
        "SG-12": "all",
        "SG-13": "cache",
        "SG-01": "no overflow",
        "SG-02": "A of very large scores · no overflow",
        "SG-03": "all",
        "SG-04": "all",
        "SG-05": "cache",
        "SG-06": "inputs untouched",
        "SG-07": "all",
    },
    promises={
        "Z": Promise(
            value=(-900, 1000), within=(-2000, 1000), rows=(1, 6), columns=(1, 6), has=("0",)
        ),
    },
    equivalent={
        "an absolute value does not see the sign": ("decay = np.exp(-np.abs(-Z))",),
        "both sides are a half at 0": ("A = np.where(Z > 0, 1, decay) / (1 + decay)",),
        "only the signs count": ("A = np.where((Z * 1.01) >= 0, 1, decay) / (1 + decay)",),
    },
)
