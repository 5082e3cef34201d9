"""`relu_backward`: return dZ: dA where Z > 0, else 0."""

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
)
from grading.marking.derivative import central_difference, relative_difference


def cases(rng: np.random.Generator) -> list[Case]:
    """Derivatives of both signs at positive and negative inputs, with and without exact zeros."""
    cases = []
    for n, m in RELU_SIZES:
        dA = rng.choice([-1, 1], (n, m)) * rng.uniform(0.3, 2, (n, m))
        Z = with_zeros(rng, n, m)
        label = f"Z of shape ({n}, {m})"
        cases.append(call(ref.relu_backward, dA, Z + 0.2, label=label, tags="smooth"))
        cases.append(call(ref.relu_backward, dA, Z, label=f"{label}, with zeros", tags="kink"))
    return cases


def confirm(case: Case, wanted: np.ndarray) -> float:
    """Differentiate sum(dA * max(0, Z)) numerically, away from the kink."""
    dA, Z = case.inputs["dA"], case.inputs["cache"]
    numerical = central_difference(lambda at: float(np.sum(dA * at.clip(min=0))), Z)
    return relative_difference(wanted, np.where(Z == 0, 0, numerical))


DZ_RELU = "np.where(Z > 0, dA, 0.0)"

MISTAKES = (
    Mistake(
        "RE-01",
        DEPTH,
        "dA is changed in place. The caller still needs it: compute a new array.",
        edit(f"return {DZ_RELU}", "dZ = dA\n    dZ[Z <= 0] = 0\n    return dZ"),
    ),
    Mistake(
        "RE-03",
        DEPTH,
        "The derivative passes where Z is exactly 0. In this course nothing passes at the kink.",
        edit("Z > 0", "Z >= 0"),
        edit("np.where(Z > 0, dA, 0.0)", "dA * np.heaviside(Z, 0.5)"),
    ),
    Mistake(
        "RE-05",
        DEPTH,
        "The mask is made of dA. Whether a derivative passes is decided by Z, in the cache.",
        edit("Z > 0", "dA > 0"),
        edit(DZ_RELU, "np.maximum(0, dA)"),
    ),
    Mistake(
        "RE-06",
        DEPTH,
        "This is the derivative of relu by itself, 0 or 1. By the chain rule it multiplies dA.",
        edit(DZ_RELU, "(Z > 0) * 1.0"),
    ),
    Mistake(
        "RE-07",
        DEPTH,
        "Where Z is negative, Z itself comes back. The derivative is 0 there.",
        edit("dA, 0.0", "dA, Z"),
    ),
    Mistake(
        "RE-12",
        DEPTH,
        "A derivative passes where Z is negative, as in leaky relu, or everywhere. relu is "
        "constant there, and its derivative 0.",
        edit("dA, 0.0", "dA, 0.01 * dA"),
        edit(DZ_RELU, "dA"),
        edit("Z > 0", "Z != 0"),
        numbers={"slope": edit("dA, 0.0", "dA, {number} * dA")},
    ),
    Mistake(
        "RE-11",
        DEPTH,
        "dA is multiplied by relu of Z. It should be multiplied by the derivative of relu, which "
        "is 1 where Z is positive.",
        edit(DZ_RELU, "dA * np.maximum(0, Z)"),
        edit(DZ_RELU, "dA * Z"),
    ),
)

TASK = Task(
    reference=ref.relu_backward,
    returns="dZ",
    cases=cases,
    criteria=(
        Agrees("dZ", 0.6, "smooth"),
        Agrees("dZ where Z is exactly 0", 0.2, "kink"),
        InputsUntouched(0.2),
    ),
    lecture=DEPTH,
    mistakes=MISTAKES,
    variants=(
        Variant("a mask", edit(DZ_RELU, "dA * (Z > 0)")),
        Variant(
            "a copy",
            edit(f"return {DZ_RELU}", "dZ = np.array(dA)\n    dZ[Z <= 0] = 0\n    return dZ"),
        ),
    ),
    confirm=confirm,
    losses={
        "RE-01": "inputs untouched",
        "RE-03": "dZ where Z is exactly 0",
        "RE-05": "all",
        "RE-06": "all",
        "RE-07": "all",
        "RE-12": "all",
        "RE-11": "all",
    },
    promises={
        "dA": Promise(value=(-1.2, 1.4), within=(-2, 2), rows=(1, 5), columns=(1, 6)),
        "cache": Promise(
            value=(-1.9, 2.3), within=(-3.5, 3.5), rows=(1, 5), columns=(1, 6), has=("0",)
        ),
    },
    equivalent={
        "only the signs count": (
            "Z = cache * 1.01",
            "return np.where((Z * 1.01) > 0, dA, 0.0)",
        ),
    },
)
