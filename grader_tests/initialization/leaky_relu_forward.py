"""`leaky_relu_forward`: Z where it is positive, ``slope * Z`` elsewhere, whatever the slope."""

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
    parts,
)

SLOPES = ((0.1, "gentle"), (0.0, "gentle"), (1.5, "other"), (-0.2, "other"), (1.2, "other"))


def cases(rng: np.random.Generator) -> list[Case]:
    """Values of both signs with exact zeros, and slopes between 0 and 1 and beyond."""
    cases = []
    for (n, m), (slope, tag) in zip(RELU_SIZES, SLOPES, strict=True):
        Z, label = with_zeros(rng, n, m), f"Z of shape ({n}, {m}), slope = {slope:g}"
        cases.append(call(ref.leaky_relu_forward, Z, slope, label=label, tags=tag))
    return cases


LEAKY = "np.where(Z > 0, Z, slope * Z)"

MISTAKES = (
    Mistake(
        "LK-01",
        LOOKING,
        "The larger of the two lines is taken. That is right for slopes from 0 to 1 only; the sign "
        "of Z decides, whatever the slope.",
        edit(LEAKY, "np.maximum(slope * Z, Z)"),
    ),
    Mistake(
        "LK-02",
        LOOKING,
        "The slope is a fixed number. Use the argument.",
        edit(LEAKY, "np.where(Z > 0, Z, 0.01 * Z)"),
        edit(LEAKY, "np.where(Z > 0, Z, 0.1 * Z)"),
        numbers={"slope": edit(LEAKY, "np.where(Z > 0, Z, {number} * Z)")},
    ),
    Mistake(
        "LK-03",
        LOOKING,
        "Where Z is negative nothing passes, as in ReLU, or the slope itself. A leaky unit lets a "
        "share of Z through.",
        edit(LEAKY, "np.maximum(0, Z)"),
        edit(LEAKY, "np.where(Z > 0, Z, slope)"),
        edit(LEAKY, "np.maximum(Z, slope)"),
    ),
    Mistake(
        "LK-04",
        LOOKING,
        "The two sides have changed places: positive values are scaled, negative ones pass.",
        edit(LEAKY, "np.where(Z > 0, slope * Z, Z)"),
        edit("Z > 0", "Z < 0"),
    ),
    Mistake(
        "LK-05",
        LOOKING,
        "Negative values come out positive. Below 0 the line goes on through 0, with the slope "
        "that is given.",
        edit("slope * Z", "slope * np.abs(Z)"),
    ),
    Mistake(
        "LK-06",
        DEPTH,
        "The cache is not the tuple (Z, slope). The way back needs both, Z as it came.",
        edit("(Z, slope)\n", "Z\n"),
        edit("(Z, slope)\n", "(A, slope)\n"),
        edit("(Z, slope)\n", "(slope, Z)\n"),
    ),
    Mistake(
        "LK-07",
        DEPTH,
        "Z is changed in place. The way back needs it as it was: compute a new array.",
        edit(f"A = {LEAKY}", "A = Z\n    A[Z < 0] *= slope"),
    ),
    Mistake(
        "LK-23",
        LOOKING,
        "The slope does not come in as a factor of Z: something is divided, added or taken off "
        "with it. Below 0 the line is slope times Z.",
        edit("slope * Z", "Z / slope"),
        edit("slope * Z", "Z + slope"),
        edit("slope * Z", "Z - slope"),
        edit("slope * Z", "(1 - slope) * Z"),
        edit("slope * Z", "(1 + slope) * Z"),
        edit("slope * Z", "slope**2 * Z"),
    ),
    Mistake(
        "LK-24",
        DEPTH,
        "Only a part comes back. Return A and the cache, the tuple (Z, slope).",
        *parts("return A, (Z, slope)"),
        edit("return A, (Z, slope)", "return A, None"),
    ),
    Mistake(
        "LK-25",
        DEPTH,
        "The two results have changed places: A comes first, then the cache.",
        edit("return A, (Z, slope)", "return (Z, slope), A"),
    ),
)


def masked(Z, slope):
    """A factor for each entry."""
    factor = np.ones(Z.shape)
    factor[Z < 0] = slope
    return factor * Z, (Z.copy(), slope)


TASK = Task(
    reference=ref.leaky_relu_forward,
    returns=("A", "cache"),
    cases=cases,
    criteria=(
        Agrees("A", 1, "gentle", "A"),
        Agrees("A of other slopes", 0.5, "other", "A"),
        Agrees("cache", 0.25, part="cache", beside=("A", "A of other slopes")),
        InputsUntouched(0.25),
    ),
    lecture=LOOKING,
    mistakes=MISTAKES,
    variants=(
        Variant("two parts", edit(LEAKY, "np.maximum(Z, 0) + slope * np.minimum(Z, 0)")),
        Variant("factors", masked),
    ),
    losses={
        "LK-23": "all",
        "LK-24": "all",
        "LK-24, way 3": "cache",
        "LK-25": "all",
        "LK-01": "A of other slopes",
        "LK-02": "all",
        "LK-03": "all",
        "LK-04": "all",
        "LK-05": "all",
        "LK-06": "cache",
        "LK-07": "cache · inputs untouched",
    },
    promises={
        "Z": Promise(value=(-1.5, 2.5), within=(-3, 3), rows=(1, 5), columns=(1, 6), has=("0",)),
        "slope": Promise(value=(-0.2, 1.5), has=("0",)),
    },
    equivalent={
        "0 times the slope is 0": ("A = np.where(Z >= 0, Z, slope * Z)",),
        "a hundredth more has the same sign": ("A = np.where((Z * 1.01) > 0, Z, slope * Z)",),
    },
)
