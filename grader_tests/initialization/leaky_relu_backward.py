"""`leaky_relu_backward`: dA where Z > 0, ``slope * dA`` elsewhere, at 0 too."""

from __future__ import annotations

import numpy as np

from grader_tests.initialization import DEPTH, LOOKING
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

SLOPES = (0.1, 0.3, 0.0, 1.5, -0.2)


def cases(rng: np.random.Generator) -> list[Case]:
    """Derivatives of both signs, with and without exact zeros, and slopes of all kinds."""
    cases = []
    for (n, m), slope in zip(RELU_SIZES, SLOPES, strict=True):
        dA = rng.choice([-1, 1], (n, m)) * rng.uniform(0.3, 2, (n, m))
        Z, label = with_zeros(rng, n, m), f"Z of shape ({n}, {m}), slope = {slope:g}"
        away = np.where(Z == 0, -0.4, Z)
        cases.append(call(ref.leaky_relu_backward, dA, (away, slope), label=label, tags="smooth"))
        zeros = f"{label}, with zeros"
        cases.append(call(ref.leaky_relu_backward, dA, (Z, slope), label=zeros, tags="kink"))
    return cases


def confirm(case: Case, wanted: np.ndarray) -> float:
    """Differentiate sum(dA * A) numerically; at a kink take the derivative from below."""
    dA, (Z, slope) = case.inputs.values()
    below = np.where(Z == 0, -1e-3, Z)
    numerical = central_difference(
        lambda at: float(np.sum(dA * (at.clip(min=0) + slope * at.clip(max=0)))), below
    )
    return relative_difference(wanted, numerical)


DZ = "np.where(Z > 0, dA, slope * dA)"

MISTAKES = (
    Mistake(
        "LK-08",
        LOOKING,
        "Where Z is exactly 0 everything passes. In this course the derivative there is the slope.",
        edit("Z > 0", "Z >= 0"),
    ),
    Mistake(
        "LK-09",
        DEPTH,
        "dA decides what passes. The side of the kink is that of Z, in the cache.",
        edit("Z > 0", "dA > 0"),
    ),
    Mistake(
        "LK-10",
        DEPTH,
        "Nothing passes where Z is negative, as in ReLU. A leaky unit sends a share back.",
        edit("slope * dA", "0.0"),
        edit("slope * dA", "0.0 * dA"),
    ),
    Mistake(
        "LK-11",
        DEPTH,
        "This is the derivative of the unit by itself. By the chain rule it multiplies dA.",
        edit(DZ, "np.where(Z > 0, 1.0, slope)"),
        edit("slope * dA", "slope"),
    ),
    Mistake(
        "LK-12",
        DEPTH,
        "Values take the place of derivatives: Z itself comes back, or multiplies dA.",
        edit("slope * dA", "slope * Z"),
        edit("slope * dA", "slope * Z * dA"),
        edit(DZ, "dA * np.where(Z > 0, Z, slope * Z)"),
    ),
    Mistake(
        "LK-13",
        LOOKING,
        "The slope is a fixed number. The cache has the one that was used on the way forward.",
        edit("slope * dA", "0.01 * dA"),
        edit("slope * dA", "0.1 * dA"),
        numbers={"slope": edit("slope * dA", "{number} * dA")},
    ),
    Mistake(
        "LK-14",
        LOOKING,
        "The two sides have changed places, or the slope divides: derivatives are scaled as values "
        "are, in the same places by the same factor.",
        edit(DZ, "np.where(Z > 0, slope * dA, dA)"),
        edit("slope * dA", "dA / (slope or 1)"),
        edit("slope * dA", "dA / slope"),
    ),
    Mistake(
        "LK-15",
        DEPTH,
        "dA is changed in place. The caller still needs it: compute a new array.",
        edit(f"return {DZ}", "dA[Z <= 0] *= slope\n    return dA"),
    ),
)


def from_a_mask(dA, cache):
    """Two masks, and a product."""
    Z, slope = cache
    return ((Z > 0) + slope * (Z <= 0)) * dA


TASK = Task(
    reference=ref.leaky_relu_backward,
    returns="dZ",
    cases=cases,
    criteria=(
        Agrees("dZ", 1.5, "smooth"),
        Agrees("dZ where Z is exactly 0", 0.25, "kink"),
        InputsUntouched(0.25),
    ),
    lecture=LOOKING,
    mistakes=MISTAKES,
    variants=(Variant("masks", from_a_mask),),
    confirm=confirm,
    losses={
        "LK-08": "dZ where Z is exactly 0",
        "LK-09": "all",
        "LK-10": "all",
        "LK-11": "all",
        "LK-12": "all",
        "LK-13": "all",
        "LK-14": "all",
        "LK-15": "inputs untouched",
    },
    promises={
        "dA": Promise(value=(-1.2, 1.2), within=(-2, 2), rows=(1, 5), columns=(1, 6)),
        "cache": Promise(
            value=(-1.5, 2.5),
            within=(-3, 3),
            rows=(1, 5),
            columns=(1, 6),
            length=(2, 2),
            has=("0",),
        ),
    },
    equivalent={
        "a hundredth more has the same sign": ("return np.where((Z * 1.01) > 0, dA, slope * dA)",),
    },
)
