"""`random_points`: return n points, each coordinate drawn by itself on its own scale."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from grader_tests.hyperparameter_search import FINE, GRID, MANY, SCALES, doubles
from grader_tests.hyperparameter_search import reference as ref
from grader_tests.hyperparameter_search.draws import Transform, distance, linear, log, one_minus_log
from grading.marking import (
    Case,
    Check,
    Holds,
    Mistake,
    Promise,
    Rng,
    Sign,
    Task,
    Variant,
    call,
    chance,
    edit,
    script,
)

POSITIONS = {"linear": linear, "log": log, "one_minus_log": one_minus_log}
PARTS = {"log": "sample_learning_rates", "one_minus_log": "sample_betas"}


def integer_distance(x: np.ndarray, low: int, high: int) -> float:
    """Return `distance` for whole numbers from low to high, all equally probable."""
    numbers = np.arange(low, high + 1)
    found = np.mean(x <= numbers[:, np.newaxis], axis=1)
    gaps = np.abs(found - np.arange(1, numbers.size + 1) / numbers.size)
    return float(max(np.max(gaps), np.mean(x < low)))


POINTS = 3000
POINT_CHECKS = 2 * (4 + 3 * 6) + 6 + 3 * 15  # of spaces: one a name, three a pair

SPACES = (
    {
        "learning_rate": ("log", 1e-4, 0.1),
        "momentum": ("one_minus_log", 0.3, 0.999),
        "dropout": ("linear", 0.1, 0.6),
        "layers": ("integer", 2, 5),
    },
    {
        "units": ("integer", 1, 3),
        "l2": ("log", 1e-6, 1e-2),
        "scale": ("linear", -1.0, 3.0),
        "beta2": ("one_minus_log", 0.2, 0.9999),
    },
)

# Names of one scale, whose values must not go together, and ranges so narrow that an end which is
# missed by a hundredth shows.
PAIRS = {
    "alpha": ("log", 0.5, 0.55),
    "l2": ("log", 1e-6, 1e-2),
    "beta1": ("one_minus_log", 0.9, 0.95),
    "shift": ("linear", 20.0, 21.0),
    "units": ("integer", 200, 205),
    "layers": ("integer", -1, 40),
}

COLUMNS = """\
import numpy as np
rng = np.random.default_rng(seed)
points = random_points(space, n, rng)
try:
    columns = {name: np.array([point[name] for point in points]) for name in space}
except Exception:  # these are no points
    columns = None
result = columns"""

POINTS_TWICE = """\
import numpy as np
rng = np.random.default_rng(seed)
first = random_points(space, n, rng)
later = random_points(space, n, rng)
again = random_points(space, n, np.random.default_rng(seed))
result = first, later, again"""


def cases(rng: np.random.Generator) -> list[Case]:
    """Few points to look at, many to judge their distribution, and repeated calls."""
    cases = []
    for code, tag, n, label in (
        ("", "few", 4, "4 points"),
        (COLUMNS, "many", POINTS, f"{POINTS} points"),
        (POINTS_TWICE, "twice", 3, "three calls with 3 points"),
    ):
        for space in SPACES:
            named = f"{label} of {', '.join(space)}"
            seed = int(rng.integers(2**32))
            if not code:
                cases.append(call(ref.random_points, space, n, Rng(seed), label=named, tags=tag))
            else:
                given = {"space": space, "n": n, "seed": seed}
                cases.append(script(code, label=named, tags=tag, returns="points", **given))
    given = {"space": PAIRS, "n": POINTS, "seed": int(rng.integers(2**32))}
    label = f"{POINTS} points with two names of one scale"
    cases.append(script(COLUMNS, label=label, tags="pairs", returns="points", **given))
    return cases


def names_of_one_scale(inputs: Mapping[str, Any]) -> int:
    """How many names of a space share a scale, at the most."""
    scales = [scale for scale, _, _ in inputs["space"].values()]
    return max(map(scales.count, scales))


NOT_POINTS = "The points should be a list of dicts from name to value."


def are_points(result: list, wanted: list, case: Case) -> str | None:
    """A list of dicts from name to a number in its range."""
    space, n = case.inputs["space"], case.inputs["n"]
    if type(result) not in (list, tuple) or not all(type(point) is dict for point in result):
        return NOT_POINTS
    if len(result) != n:
        return f"There are {len(result)} points; there should be {n}."
    for point in result:
        if set(point) != set(space):
            return f"A point should have exactly the names {', '.join(space)}."
        for name, (scale, low, high) in space.items():
            if isinstance(point[name], str) or np.ndim(point[name]):
                return f"A value of {name} is not a single number."
            if scale in ("linear", "integer") and not low <= point[name] <= high:
                return f"A value of {name} lies outside {low:g} … {high:g}."
    return None


def uneven(name: str, x: np.ndarray, axis: tuple, position: Transform | None = None) -> str | None:
    """Say what is wrong with the values of one name, if they are not spread over their scale."""
    scale, low, high = axis
    margin = chance.fraction_margin(POINTS, chance.ALARM / POINT_CHECKS)
    if x.shape != (POINTS,):
        return f"There are {x.size} values of {name}; there should be {POINTS}."
    if scale == "integer":
        if x.dtype.kind not in "iu":
            return f"The values of {name} are {x.dtype}; they should be whole numbers (int)."
        if x.max() != high or x.min() != low:
            return f"{name} should take all values from {low} to {high}, both included."
        even = integer_distance(x, low, high) <= margin
    else:
        with np.errstate(all="ignore"):
            even = distance((position or POSITIONS[scale])(x, low, high)) <= margin
    return None if even else f"The values of {name} are not spread evenly over their scale."


def off_the_grid(name: str, x: np.ndarray, axis: tuple, case: Case) -> str | None:
    """Say what is wrong with values that a double should have drawn."""
    scale, low, high = axis
    part = PARTS[scale]
    at = linear(x, low, high) * doubles.grid_steps(case.doubles[part]) - doubles.OFFSETS[part]
    if np.abs(at - np.round(at)).max() > 1e-3:
        return f"The values of {name} do not come from {part}, asked for its low and high."
    return uneven(name, x, axis, linear)


def in_columns(check: Check) -> Check:
    """Say that there are no columns, where the answer is something else than points."""

    def checked(result: dict | None, wanted: dict, case: Case) -> str | None:
        return NOT_POINTS if result is None else check(result, wanted, case)

    return checked


@in_columns
def scales_are_right(result: dict, wanted: dict, case: Case) -> str | None:
    """Every name but the whole numbers is uniform on its scale, or comes from a double."""
    for name, axis in case.inputs["space"].items():
        if PARTS.get(axis[0]) in case.doubles:
            problem = off_the_grid(name, result[name], axis, case)
        else:
            problem = None if axis[0] == "integer" else uneven(name, result[name], axis)
        if problem:
            return problem
    return None


@in_columns
def integers_are_right(result: dict, wanted: dict, case: Case) -> str | None:
    """Whole numbers have both ends and are equally probable."""
    axes = case.inputs["space"].items()
    told = (uneven(name, result[name], axis) for name, axis in axes if axis[0] == "integer")
    return next(filter(None, told), None)


def upper_half(x: np.ndarray, axis: tuple, case: Case) -> np.ndarray:
    """Return which values lie in the upper half of their scale; a double's is linear."""
    scale, low, high = axis
    position = linear if PARTS.get(scale) in case.doubles else POSITIONS.get(scale, linear)
    with np.errstate(all="ignore"):
        return position(x, low, high) > 0.5


def tied(columns: dict, case: Case) -> str:
    """Two names whose upper halves come together, or an empty text."""
    margin = 3 * chance.fraction_margin(POINTS, chance.ALARM / POINT_CHECKS)
    space = case.inputs["space"]
    upper = {name: upper_half(columns[name], axis, case) for name, axis in space.items()}
    for name, other in itertools.combinations(upper, 2):
        alone = np.mean(upper[name]) * np.mean(upper[other])
        if abs(np.mean(upper[name] & upper[other]) - alone) > margin:
            return f"{name} and {other}"
    return ""


@in_columns
def independent(result: dict, wanted: dict, case: Case) -> str | None:
    """No two names go together."""
    pair = tied(result, case)
    return f"The values of {pair} go together; each should be drawn by itself." if pair else None


def rng_repeats_points(result: tuple, wanted: tuple, case: Case) -> str | None:
    """The same generator state gives the same points, another one others."""
    first, later, again = result
    if first != again:
        return "Two generators with the same seed gave different points."
    return "The second call with one generator repeated the first." if first == later else None


def in_many(sign: Callable[[dict, dict], bool]) -> Sign:
    """Recognise many points that have the sign, given their columns and the space."""

    def looks_like(result: object, wanted: object, case: Case) -> bool | None:
        return bool(sign(result, case.inputs["space"])) if "many" in case.tags else None

    return looks_like


def on_scales(positions: dict[str, Transform], whole: bool = True) -> Sign:
    """Recognise columns that lie on these scales instead of their own, and otherwise are right."""

    def sign(columns: dict, space: dict) -> bool:
        return not any(
            uneven(name, columns[name], axis, positions.get(axis[0]))
            for name, axis in space.items()
            if whole or axis[0] != "integer"
        )

    return in_many(sign)


def on_any_scale(*choices: dict[str, Transform]) -> Sign:
    """Recognise columns that lie on one of these choices of scales, as `on_scales` does."""
    signs = [on_scales(positions) for positions in choices]

    def looks_like(result: dict, wanted: dict, case: Case) -> bool | None:
        found = [sign(result, wanted, case) for sign in signs]
        return None if None in found else any(found)

    return looks_like


def wrong_integers(columns: dict, space: dict) -> bool:
    """Whether only the whole numbers are wrong, and vary."""
    wrong = {axis[0] for name, axis in space.items() if uneven(name, columns[name], axis)}
    vary = all(np.unique(columns[name]).size > 1 for name in space)
    return wrong == {"integer"} and vary


def few_of_each(columns: dict, space: dict) -> bool:
    """Whether the names with a scale have few different values, more than one."""
    return all(
        1 < np.unique(columns[name]).size < 20
        for name, axis in space.items()
        if axis[0] != "integer"
    )


def is_columns(result: object, wanted: object, case: Case) -> bool | None:
    """Recognise a dict of columns in place of a list of points."""
    return type(result) is dict if "few" in case.tags else None


def goes_together(result: dict, wanted: dict, case: Case) -> bool | None:
    """Recognise names whose values are tied to one another."""
    return bool(tied(result, case)) if "many" in case.tags else None


def points_from_another_seed(result: tuple, wanted: tuple, case: Case) -> bool | None:
    """Recognise points that do not depend on the generator's seed."""
    return result[0] != result[2] if "twice" in case.tags else None


def points_always_the_same(result: tuple, wanted: tuple, case: Case) -> bool | None:
    """Recognise points that differ from one another but not from call to call."""
    if "twice" in case.tags:
        return result[0] == result[1] == result[2]
    return result[0] != result[1] if "few" in case.tags else None


LOG_DRAW = "sample_learning_rates(low, high, n, rng)"
BETA_DRAW = "sample_betas(low, high, n, rng)"
INTEGER_DRAW = "rng.integers(low, high, n, endpoint=True)"
POINT_LIST = (
    "return [{name: column[i].item() for name, column in columns.items()} for i in range(n)]"
)
BEGIN = "columns = {}"


def one_draw_for_all(space, n, rng):
    """One number between 0 and 1 for all names of a point."""
    points = []
    for _ in range(n):
        u, point = rng.random(), {}
        for name, (scale, low, high) in space.items():
            if scale == "linear":
                point[name] = low + u * (high - low)
            elif scale == "log":
                point[name] = low * (high / low) ** u
            elif scale == "one_minus_log":
                point[name] = 1 - (1 - low) * ((1 - high) / (1 - low)) ** u
            else:
                point[name] = int(low + u * (high - low + 1))
        points.append(point)
    return points


MISTAKES = (
    Mistake(
        "SA-01",
        SCALES,
        'Names with the scale "log" are drawn uniformly. Draw their exponents, as '
        "sample_learning_rates does.",
        edit(LOG_DRAW, "rng.uniform(low, high, n)"),
        looks_like=on_scales({"log": linear}),
    ),
    Mistake(
        "SA-05",
        SCALES,
        'Names with the scale "one_minus_log" are drawn uniformly. Draw the exponents of 1 − β, '
        "as sample_betas does.",
        edit(BETA_DRAW, "rng.uniform(low, high, n)"),
        looks_like=on_scales({"one_minus_log": linear}),
    ),
    Mistake(
        "SA-07",
        SCALES,
        'Names with the scale "one_minus_log" are drawn on the log scale of β itself. It is '
        "1 − β that has the log scale.",
        edit(BETA_DRAW, LOG_DRAW),
        looks_like=on_scales({"one_minus_log": log}),
    ),
    Mistake(
        "SA-08",
        MANY,
        "All points are the same: one was drawn and repeated, or each starts from the same seed "
        "again. Draw every point anew from rng.",
        edit("column[i].item()", "column[0].item()"),
        looks_like=in_many(
            lambda columns, space: all(np.unique(columns[name]).size == 1 for name in space)
        ),
    ),
    Mistake(
        "SA-09",
        SCALES,
        "Whole numbers go wrong: the upper end is never drawn, both ends come half as often as "
        "the others, or they are floats. Both ends belong to the range, and each is an int.",
        edit(INTEGER_DRAW, "rng.integers(low, high, n)"),
        edit(INTEGER_DRAW, "np.round(rng.uniform(low, high, n)).astype(int)"),
        edit(INTEGER_DRAW, "rng.uniform(low, high, n)"),
        edit(INTEGER_DRAW, "rng.integers(low, high, n, endpoint=True) * 1.0"),
        looks_like=in_many(wrong_integers),
    ),
    Mistake(
        "SA-10",
        GRID,
        "There are many points but only few different values of each name, as on a grid. Every "
        "point should try a new value of everything.",
        edit(
            POINT_LIST,
            "columns = {name: rng.choice(column[:5], n) for name, column in columns.items()}\n"
            f"    {POINT_LIST}",
        ),
        looks_like=in_many(few_of_each),
    ),
    Mistake(
        "SA-13",
        SCALES,
        "The points do not come from rng, but from another generator. Nobody can repeat such a "
        "search: use rng, and hand it on to the functions that draw.",
        edit(BEGIN, "columns, rng = {}, np.random.default_rng()"),
        looks_like=points_from_another_seed,
    ),
    Mistake(
        "SA-14",
        SCALES,
        "Every call gives the same points, for the seed is fixed inside the function. Use rng, "
        "whose seed the caller has chosen.",
        edit(BEGIN, "columns, rng = {}, np.random.default_rng(0)"),
        looks_like=points_always_the_same,
    ),
    Mistake(
        "RP-01",
        FINE,
        "The result is a dict of columns. A search wants points: a list with one dict for each.",
        edit(POINT_LIST, "return columns"),
        edit(POINT_LIST, "return {name: column.tolist() for name, column in columns.items()}"),
        looks_like=is_columns,
    ),
    Mistake(
        "RP-02",
        GRID,
        "The values of a point go together, for they come from one draw. Then the search only sees "
        "a line through the space: draw each by itself.",
        one_draw_for_all,
        looks_like=goes_together,
    ),
    Mistake(
        "RP-03",
        SCALES,
        "The scale is not looked at: everything is drawn uniformly. Each name has its own scale.",
        edit(LOG_DRAW, "rng.uniform(low, high, n)").then(BETA_DRAW, "rng.uniform(low, high, n)"),
        edit(LOG_DRAW, "rng.uniform(low, high, n)")
        .then(BETA_DRAW, "rng.uniform(low, high, n)")
        .then(INTEGER_DRAW, "rng.uniform(low, high, n)"),
        looks_like=on_scales({"log": linear, "one_minus_log": linear}, whole=False),
    ),
    Mistake(
        "RP-04",
        FINE,
        "Some values are arrays or lists with one number in them. A point holds the numbers "
        "themselves: take the value out, as with [0].",
        edit("column[i].item()", "column[i : i + 1]"),
        looks_like=lambda result, wanted, case: (
            any(np.ndim(value) for point in result for value in point.values())
            if "few" in case.tags
            else None
        ),
    ),
    Mistake(
        "RP-05",
        FINE,
        "The points have no names. Each is a dict from name to value.",
        edit(
            POINT_LIST,
            POINT_LIST.replace("{name: column", "tuple(column").replace("items()}", "items())"),
        ),
        edit(
            POINT_LIST,
            POINT_LIST.replace("{name: column", "[column").replace("items()}", "items()]"),
        ),
        looks_like=lambda result, wanted, case: (
            all(type(point) in (tuple, list) for point in result) if "few" in case.tags else None
        ),
    ),
    Mistake(
        "RP-06",
        SCALES,
        "Logarithm and power of a log scale do not belong together: the base differs. What is "
        "drawn between two values of log10 is an exponent of 10.",
        edit(LOG_DRAW, "np.exp(rng.uniform(np.log10(low), np.log10(high), n))"),
        edit(LOG_DRAW, "10 ** rng.uniform(np.log(low), np.log(high), n)"),
        edit(BETA_DRAW, "1 - np.exp(rng.uniform(np.log10(1 - high), np.log10(1 - low), n))"),
        looks_like=on_any_scale(
            {"log": lambda x, low, high: linear(np.log(x), np.log10(low), np.log10(high))},
            {"log": lambda x, low, high: linear(np.log10(x), np.log(low), np.log(high))},
            {
                "one_minus_log": lambda x, low, high: linear(
                    np.log(1 - x), np.log10(1 - high), np.log10(1 - low)
                )
            },
        ),
    ),
)


def point_by_point(space, n, rng):
    """A loop over the points, with NumPy's own numbers and no other function."""
    points = []
    for _ in range(n):
        point = {}
        for name, (scale, low, high) in space.items():
            if scale == "integer":
                point[name] = rng.integers(low, high + 1)
            elif scale == "linear":
                point[name] = low + (high - low) * rng.random()
            elif scale == "log":
                point[name] = np.exp(rng.uniform(np.log(low), np.log(high)))
            else:
                point[name] = 1 - np.exp(rng.uniform(np.log(1 - high), np.log(1 - low)))
        points.append(point)
    return points


DRAWN = ("scales", "whole numbers", "drawn from rng")

TASK = Task(
    reference=ref.random_points,
    returns="points",
    cases=cases,
    criteria=(
        Holds("points", 0.5, are_points, "few", beside=DRAWN),
        Holds("scales", 1.5, scales_are_right, ("many", "pairs")),
        Holds("whole numbers", 1, integers_are_right, ("many", "pairs")),
        Holds("drawn by themselves", 0.5, independent, ("many", "pairs"), beside=DRAWN[:2]),
        Holds("drawn from rng", 0.5, rng_repeats_points, "twice", beside=("points", *DRAWN)),
    ),
    lecture=SCALES,
    mistakes=MISTAKES,
    unworked={"the right answer as whole numbers": "of what is a whole number, they are"},
    variants=(Variant("point by point", point_by_point),),
    own_parts={
        "sample_learning_rates": doubles.for_sample_learning_rates,
        "sample_betas": doubles.for_sample_betas,
    },
    losses={
        "RP-04": "all",
        "RP-05": "all",
        "RP-06": "scales",
        "SA-01": "scales",
        "SA-05": "scales",
        "SA-07": "scales",
        "SA-08": "all but points · drawn from rng",
        "SA-09": "whole numbers",
        "SA-10": "all but points · drawn from rng",
        "SA-13": "drawn from rng",
        "SA-14": "drawn from rng",
        "RP-01": "all",
        "RP-02": "whole numbers · drawn by themselves",
        "RP-03": "scales",
        "RP-03, way 2": "all but points · drawn from rng",
    },
    promises={
        "names of one scale": Promise(value=(1, 2), of=names_of_one_scale),
        "space": Promise(
            value=(-1, 205), length=(4, 6), has=("integer", "linear", "log", "one_minus_log")
        ),
        "n": Promise(value=(3, 3000)),
    },
    equivalent={
        "what is drawn beyond n is not used": (
            "columns[name] = rng.uniform(low, high, n + 1)",
            "columns[name] = sample_learning_rates(low, high, n + 1, rng)",
            "columns[name] = sample_betas(low, high, n + 1, rng)",
            "columns[name] = rng.integers(low, high, n + 1, endpoint=True)",
        ),
        "uniform from either end": ("columns[name] = sample_learning_rates(high, low, n, rng)",),
        '"integer", the only other scale, comes before it': ('elif scale >= "one_minus_log":',),
        "a number of NumPy is a number": (
            "return [{name: column[i] for name, column in columns.items()} for i in range(n)]",
        ),
        "all draws of a name are alike, whatever their order": (
            "return [{name: column[-i].item() for name, column in columns.items()} for i in "
            "range(n)]",
            "return [{name: column[i - 1].item() for name, column in columns.items()} for i "
            "in range(n)]",
        ),
    },
)
