"""`latin_hypercube`: return n points, one in each of n equal parts of every name's scale."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np

from grader_tests.hyperparameter_search import GRID, SCALES
from grader_tests.hyperparameter_search import reference as ref
from grader_tests.hyperparameter_search.draws import Transform, distance, linear, log
from grader_tests.hyperparameter_search.random_points import (
    COLUMNS,
    PAIRS,
    POINTS_TWICE,
    POSITIONS,
    SPACES,
    are_points,
    in_columns,
    is_columns,
    names_of_one_scale,
    points_always_the_same,
    points_from_another_seed,
    rng_repeats_points,
)
from grading.marking import (
    Agrees,
    Case,
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

POINTS = 1000
TIMES = 150  # so often few whole numbers are drawn
MARGINS = 300  # checks with a margin in all cases together, at the most
ALARM = chance.ALARM / MARGINS
SHARE = chance.fraction_margin(POINTS // 2, ALARM)
WHOLE = (
    (6, {"layers": ("integer", 2, 5), "units": ("integer", 1, 50), "shift": ("integer", -2, 1)}),
    (5, {"depth": ("integer", -7, -3), "heads": ("integer", 0, 6), "kernel": ("integer", 1, 2)}),
)
REFUSED = (
    (0, ("linear", 0.1, 0.6)),
    (0, ("integer", 1, 9)),
    (-3, ("integer", 1, 9)),
    (4, ("uniform", 0.1, 0.6)),
    (4, ("", 1, 6)),
    (4, ("linear", 0.6, 0.597)),
    (4, ("integer", 9, 1)),
    (4, ("log", 0.1, 1e-4)),
    (4, ("log", 0.0, 1.0)),
    (4, ("log", -1.0, 1.0)),
    (4, ("one_minus_log", 0.5, 1.0)),
    (4, ("one_minus_log", 0.5, 1.5)),
    (4, ("one_minus_log", 0.9, 0.5)),
)

REPEATED = """\
import numpy as np
rng = np.random.default_rng(seed)
drawn = [latin_hypercube(space, n, rng) for _ in range(times)]
try:
    columns = {name: np.array([[point[name] for point in few] for few in drawn]) for name in space}
except Exception:  # these are no points
    columns = None
result = columns"""


def cases(rng: np.random.Generator) -> list[Case]:
    """Few points to look at, many to judge how they are spread, few many times, and repeats."""

    def seed() -> int:
        return int(rng.integers(2**32))

    cases = []
    for n, space, tag in (
        (5, SPACES[0], "few"),
        (8, SPACES[1], "few"),
        (1, SPACES[0], "one"),
        (3, {"layers": ("integer", 4, 4)}, "one"),
        (2, {"units": ("integer", 7, 7)}, "one"),
    ):
        label = f"{n} point{'s' * (n > 1)} of {', '.join(space)}"
        cases.append(call(ref.latin_hypercube, space, n, Rng(seed()), label=label, tags=tag))
    for code, tag, n, spaces in (
        (COLUMNS, "many", POINTS, (*SPACES, PAIRS)),
        (REPEATED, "whole", 0, WHOLE),
        (POINTS_TWICE, "twice", 12, SPACES),
    ):
        code = code.replace("random_points", "latin_hypercube")
        for space in spaces:
            given = {"times": TIMES} if tag == "whole" else {}
            size, space = space if tag == "whole" else (n, space)
            label = (
                f"{size} points of {', '.join(space)}"
                + {
                    "many": "",
                    "whole": f", {TIMES} times",
                    "twice": ", three times",
                }[tag]
            )
            given |= {"space": space, "n": size, "seed": seed()}
            cases.append(script(code, label=label, tags=tag, returns="points", **given))
    for n, (scale, low, high) in REFUSED:
        given = ref.latin_hypercube, {"x": (scale, low, high)}, n, Rng(seed())
        label = f'{n} points of "{scale}" from {low:g} to {high:g}'
        cases.append(call(*given, label=label, tags="refused", raises=ValueError))
    return cases


def parts(x: np.ndarray, axis: tuple, position: Transform | None = None) -> np.ndarray:
    """Return where each value lies on its scale, in parts: from 0 to their number."""
    scale, low, high = axis
    with np.errstate(all="ignore"):
        return (position or POSITIONS[scale])(x, low, high) * x.shape[-1]


def missed(x: np.ndarray, axis: tuple, position: Transform | None = None) -> bool:
    """Whether values are not one in each part; whole numbers may lie in two parts."""
    scale, low, high = axis
    n, k = x.shape[-1], np.arange(x.shape[-1])
    if scale == "integer":
        at, numbers = np.sort(x, axis=-1) - low, high + 1 - low
        first, last = k * numbers // n, -(-(k + 1) * numbers // n) - 1
    else:
        at = np.sort(parts(x, axis, position), axis=-1)
        first, last = k - 1e-5, k + 1 + 1e-5
    return not np.all((at >= first) & (at <= last))


def within(x: np.ndarray, axis: tuple) -> np.ndarray:
    """Return the place of each value within its part, from 0 to 1, in the order of the points."""
    at = parts(x, axis)
    order = np.argsort(at, kind="stable")
    place = np.empty(len(at))
    place[order] = at[order] - np.arange(len(at))
    return place


def scaled(space: dict) -> dict[str, tuple]:
    """Return the names that have a scale of real numbers."""
    return {name: axis for name, axis in space.items() if axis[0] != "integer"}


def misplaced(name: str, x: np.ndarray, axis: tuple, shape: tuple[int, ...]) -> str | None:
    """Say what is wrong if the values of a name are not one in each part."""
    if x.shape != shape:
        return f"The values of {name} have shape {x.shape}; there should be {shape[-1]} numbers."
    if missed(x, axis):
        return f"The values of {name} are not one in each of {shape[-1]} equal parts of its scale."
    return None


@in_columns
def one_in_each_part(result: dict, wanted: dict, case: Case) -> str | None:
    """Every name but the whole numbers has one value in each part."""
    axes = scaled(case.inputs["space"]).items()
    told = (misplaced(name, result[name], axis, wanted[name].shape) for name, axis in axes)
    return next(filter(None, told), None)


def odd_whole(name: str, x: np.ndarray, axis: tuple, shape: tuple[int, ...]) -> str | None:
    """Say what is wrong with whole numbers, few of them many times or many at once."""
    if x.dtype.kind not in "iu":
        return f"The values of {name} are {x.dtype}; they should be whole numbers (int)."
    if problem := misplaced(name, x, axis, shape):
        return problem
    drawn = np.reshape(x, (-1, shape[-1]))
    if len(drawn) > 1 and np.all(drawn == drawn[0]):
        return None  # what is drawn once is told elsewhere
    _, low, high = axis
    numbers = np.arange(low, high + 1)
    found = np.mean(drawn[..., np.newaxis] <= numbers, axis=(0, 1))
    gap = np.max(np.abs(found - np.arange(1, numbers.size + 1) / numbers.size))
    # In each drawing one part at the most lies on both sides of a number: the others are certain.
    if gap > chance.fraction_margin(len(drawn), ALARM) / shape[-1]:
        return f"The numbers from {low} to {high} are not equally frequent in {name}."
    return None


@in_columns
def whole_numbers(result: dict, wanted: dict, case: Case) -> str | None:
    """Whole numbers lie one in each part, and all are equally probable."""
    told = (
        odd_whole(name, result[name], axis, wanted[name].shape)
        for name, axis in case.inputs["space"].items()
        if axis[0] == "integer"
    )
    return next(filter(None, told), None)


def together(flags: dict[str, np.ndarray]) -> str:
    """Two names whose flags, each half true, come together more or less often than by chance."""
    for name, other in itertools.combinations(flags, 2):
        alone = np.mean(flags[name]) * np.mean(flags[other])
        if abs(np.mean(flags[name] & flags[other]) - alone) > SHARE:
            return f"{name} and {other}"
    return ""


def upper(columns: dict, space: dict) -> dict[str, np.ndarray]:
    """Return for each name which points have one of the larger half of its values."""
    return {name: columns[name] > np.median(columns[name]) for name in space}


def one_by_one(values: np.ndarray) -> bool:
    """Whether in half of the pairs of neighbours the first is the larger one."""
    return abs(np.mean(values[::2] > values[1::2]) - 0.5) <= SHARE


def in_disorder(result: dict | tuple, wanted: dict | tuple, case: Case) -> str | None:
    """Each name has a random order of its own."""
    space = case.inputs["space"]
    if "twice" in case.tags:
        first, later = (
            [np.argsort([point[name] for point in points]).tolist() for name in scaled(space)]
            for points in result[:2]
        )
        same = first == later and result[0] != result[1]
        return "Every call gives the parts in the same order." if same else None
    halves = upper(result, space)
    late = {"the number of the point": np.arange(POINTS) >= POINTS // 2}
    if pair := together(halves | late):
        return f"{pair} go together: each name should have a random order of its own."
    for name in scaled(space):
        if not one_by_one(result[name]):
            return f"The values of {name} come in some order."
    return None


@in_columns
def anywhere_within(result: dict, wanted: dict, case: Case) -> str | None:
    """The place within a part is uniform, and each value has its own."""
    places = {
        name: within(result[name], axis) for name, axis in scaled(case.inputs["space"]).items()
    }
    for name, place in places.items():
        by_part = place[np.argsort(result[name])]
        if distance(place) > SHARE or not one_by_one(by_part):
            return f"The values of {name} are not anywhere within their parts, each by itself."
    if pair := together({name: place > 0.5 for name, place in places.items()}):
        return f"Where the values of {pair} lie within their parts goes together."
    return None


def in_many(sign: Callable[[dict, dict], bool]) -> Sign:
    """Recognise many points that have the sign, given their columns and the space."""

    def looks_like(result: dict, wanted: dict, case: Case) -> bool | None:
        return bool(sign(result, case.inputs["space"])) if "many" in case.tags else None

    return looks_like


def on_another_scale(scales: tuple[str, ...], position: Transform) -> Sign:
    """Recognise names of these scales that are evenly divided on another one."""

    def sign(columns: dict, space: dict) -> bool:
        wrong = {name: axis for name, axis in scaled(space).items() if missed(columns[name], axis)}
        return bool(wrong) and all(
            axis[0] in scales and not missed(columns[name], axis, position)
            for name, axis in wrong.items()
        )

    return in_many(sign)


def by_chance(columns: dict, space: dict) -> bool:
    """Whether values are spread over their scales, but not one in each part."""
    return all(
        missed(columns[name], axis) and distance(parts(columns[name], axis) / POINTS) <= SHARE
        for name, axis in scaled(space).items()
    )


def one_order(columns: dict, space: dict) -> bool:
    """Whether all names have one order or its reverse, which is random."""
    names = list(scaled(space))
    orders = [np.argsort(columns[name]) for name in names]
    same = all(np.all(orders[0] == order) or np.all(orders[0] == order[::-1]) for order in orders)
    return same and one_by_one(columns[names[0]])


def one_place(columns: dict, space: dict) -> bool:
    """Whether the values of a point lie equally far within their parts, from the one end or other.

    The names have orders of their own, and no name's places are all alike.
    """
    places = [within(columns[name], axis) for name, axis in scaled(space).items()]
    alike = all(
        np.allclose(place, places[0], atol=1e-4) or np.allclose(1 - place, places[0], atol=1e-4)
        for place in places
    )
    return alike and np.ptp(places[0]) > 0.5 and not one_order(columns, space)


def no_order(columns: dict, space: dict) -> bool:
    """Whether the values of each name go up, or down."""
    steps = [np.diff(columns[name]) for name in scaled(space)]
    return all(np.all(s > 0) or np.all(s < 0) for s in steps)


def not_within(columns: dict, space: dict) -> bool:
    """Whether all values lie equally far from one another."""
    at = [np.sort(parts(columns[name], axis)) for name, axis in scaled(space).items()]
    return all(np.ptp(np.diff(each)) < 1e-6 for each in at)


def only_whole_wrong(result: dict, wanted: dict, case: Case) -> bool | None:
    """Recognise points in which nothing but whole numbers is wrong."""
    if not {"many", "whole"} & set(case.tags):
        return None
    if "many" in case.tags and one_in_each_part(result, wanted, case):
        return False
    return True if whole_numbers(result, wanted, case) else None


U = "u = (rng.permutation(n) + rng.random(n)) / n"
LOG = "columns[name] = low * (high / low) ** u"
BETA = "columns[name] = 1 - (1 - low) * ((1 - high) / (1 - low)) ** u"
LINEAR = "columns[name] = low + u * (high - low)"
INTEGER = "low + np.floor(u * (high + 1 - low)).astype(int)"
BEGIN = "columns = {}"
POINT_LIST = (
    "return [{name: column[i].item() for name, column in columns.items()} for i in range(n)]"
)
TOO_FEW = """\
    if n < 1:
        raise ValueError("at least one point")
"""
UPSIDE_DOWN = """\
        if low > high:
            raise ValueError(f"{name} begins above its end")
"""
NO_SCALE = """\
        else:
            raise ValueError(f"{name} has no place on the scale {scale}")
"""

MISTAKES = (
    Mistake(
        "LH-01",
        SCALES,
        "A range on a log scale, or on that of 1 − β, is cut into parts of equal width. The parts "
        "are equal on the scale: each decade has as many.",
        edit(LOG, LINEAR),
        edit(BETA, LINEAR),
        edit(LOG, LINEAR).then(BETA, LINEAR),
        looks_like=on_another_scale(("log", "one_minus_log"), linear),
    ),
    Mistake(
        "LH-02",
        SCALES,
        'Names with the scale "one_minus_log" are cut into parts on the log scale of β itself. It '
        "is 1 − β that has the log scale.",
        edit(BETA, LOG),
        looks_like=on_another_scale(("one_minus_log",), log),
    ),
    Mistake(
        "LH-03",
        GRID,
        "Values fall where they like, as in random search: some parts have several, others none. "
        "Each part has one.",
        edit(U, "u = rng.random(n)"),
        edit("rng.permutation(n)", "rng.integers(0, n, n)"),
        looks_like=in_many(by_chance),
    ),
    Mistake(
        "LH-04",
        GRID,
        "All names go through their parts in the same order, so the points lie on a line through "
        "the space. Each name has an order of its own.",
        edit(BEGIN, "columns, order = {}, rng.permutation(n)").then(
            U, U.replace("rng.permutation(n)", "order")
        ),
        edit(BEGIN, "columns, at = {}, (rng.permutation(n) + rng.random(n)) / n").then(U, "u = at"),
        looks_like=in_many(one_order),
    ),
    Mistake(
        "LH-05",
        GRID,
        "The values come in the order of their parts, so that all names go together. Which point "
        "gets which part is left to chance, for each name anew.",
        edit("rng.permutation(n)", "np.arange(n)"),
        edit("rng.permutation(n)", "np.arange(n)[::-1]"),
        looks_like=in_many(no_order),
    ),
    Mistake(
        "LH-06",
        GRID,
        "The values are equally far from one another, like the middles of the parts. Where a value "
        "lies within its part is drawn as well, for each value.",
        edit("rng.random(n)", "0.5"),
        edit(" + rng.random(n)", ""),
        edit("rng.random(n)", "rng.random()"),
        edit(U, "u = rng.permutation(n) / max(n - 1, 1)"),
        looks_like=in_many(not_within),
    ),
    Mistake(
        "LH-07",
        SCALES,
        "Whole numbers go wrong: they are floats, not one in each part, or not equally probable. "
        "Each number, the last one too, is as wide as the others, and what lies between two "
        "of them goes down, also below 0.",
        edit(INTEGER, "low + np.floor(u * (high - low)).astype(int)"),
        edit(INTEGER, "np.round(low + u * (high - low)).astype(int)"),
        edit(INTEGER, "(low + u * (high + 1 - low)).astype(int)"),
        edit(INTEGER, "low + np.floor(u * (high + 1 - low))"),
        edit(INTEGER, "low + u * (high - low)"),
        edit(INTEGER, "rng.integers(low, high, n, endpoint=True)"),
        looks_like=only_whole_wrong,
    ),
    Mistake(
        "LH-08",
        SCALES,
        "The points do not come from rng, but from another generator. Nobody can repeat such a "
        "search: use the methods of rng.",
        edit(BEGIN, "columns, rng = {}, np.random.default_rng()"),
        edit("rng.permutation", "np.random.permutation"),
        looks_like=points_from_another_seed,
    ),
    Mistake(
        "LH-09",
        SCALES,
        "Every call gives the same points, for the seed is fixed inside the function. Use rng, "
        "whose seed the caller has chosen.",
        edit(BEGIN, "columns, rng = {}, np.random.default_rng(0)"),
        looks_like=points_always_the_same,
    ),
    Mistake(
        "LH-10",
        GRID,
        "The result is a dict of columns. A search wants points: a list with one dict for each.",
        edit(POINT_LIST, "return columns"),
        edit(POINT_LIST, "return {name: column.tolist() for name, column in columns.items()}"),
        looks_like=is_columns,
    ),
    Mistake(
        "LH-11",
        SCALES,
        "Something gets through that makes no sense: no points, a scale of another name, a range "
        "upside down, or one that reaches where its scale has no place. It should raise a "
        "ValueError.",
        edit(TOO_FEW, ""),
        edit(UPSIDE_DOWN, ""),
        edit(NO_SCALE, ""),
        edit(" and low > 0", ""),
        edit(" and high < 1", ""),
        edit(" and low > 0", "").then(" and high < 1", ""),
        edit(TOO_FEW, "").then(UPSIDE_DOWN, ""),
    ),
    Mistake(
        "LH-12",
        GRID,
        "Where a value lies within its part is drawn once for all names, so that the values of a "
        "point lie equally far within their parts. Draw it for each name anew.",
        edit(BEGIN, "columns, within = {}, rng.random(n)").then(
            "rng.random(n)) / n", "within) / n"
        ),
        looks_like=in_many(one_place),
    ),
    Mistake(
        "LH-13",
        SCALES,
        "A range of a single value is refused. All points get this value; only a range that begins "
        "above its end makes no sense.",
        edit("if low > high:", "if low >= high:"),
    ),
)


def by_dealing(space, n, rng):
    """The parts in order, then shuffled; exponents, and a loop."""
    if n <= 0:
        raise ValueError("no points")
    points = [{} for _ in range(n)]
    for name in reversed(list(space)):
        scale, low, high = space[name]
        if scale not in ("linear", "log", "one_minus_log", "integer") or high < low:
            raise ValueError(scale)
        if (scale == "log" and low <= 0) or (scale == "one_minus_log" and high >= 1):
            raise ValueError(name)
        values = []
        for k in range(n):
            u = rng.uniform(k / n, (k + 1) / n)
            if scale == "log":
                values.append(np.exp(np.log(low) + u * (np.log(high) - np.log(low))))
            elif scale == "one_minus_log":
                a, b = np.log10(1 - high), np.log10(1 - low)
                values.append(1 - 10 ** (a + u * (b - a)))
            elif scale == "integer":
                values.append(int(np.floor(low + u * (high + 1 - low))))
            else:
                values.append(low * (1 - u) + high * u)
        rng.shuffle(values)
        for point, value in zip(points, values, strict=True):
            point[name] = value
    return points


def all_at_once(space, n, rng):
    """A matrix of places, each row shuffled; NumPy's own numbers."""
    if n < 1:
        raise ValueError("no points")
    for scale, low, high in space.values():
        ends = {"linear": 0, "integer": 0, "log": low, "one_minus_log": 1 - high}
        if scale not in ends or low > high or (ends[scale] <= 0 and "log" in scale):
            raise ValueError("no such range")
    places = (np.arange(n) + rng.random((len(space), n))) / n
    places = rng.permuted(places, axis=1)
    points = [{} for _ in range(n)]
    for (name, (scale, low, high)), row in zip(space.items(), places, strict=True):
        if scale == "log":
            row = np.exp(np.interp(row, (0, 1), np.log((low, high))))
        elif scale == "one_minus_log":
            row = 1 - np.geomspace(1 - low, 1 - high, 2)[0] * np.exp(
                row * np.log((1 - high) / (1 - low))
            )
        elif scale == "integer":
            row = (row * (high - low + 1)).astype(int) + low
        else:
            row = low + (high - low) * row
        for point, value in zip(points, row, strict=True):
            point[name] = value
    return points


PARTS = ("one in each part", "whole numbers")

TASK = Task(
    reference=ref.latin_hypercube,
    returns="points",
    cases=cases,
    criteria=(
        Holds("points", 0.5, are_points, ("few", "one"), beside=PARTS),
        Holds("one in each part", 2, one_in_each_part, "many"),
        Holds("whole numbers", 1, whole_numbers, ("many", "whole")),
        Holds("a random order for each name", 1, in_disorder, ("many", "twice"), beside=PARTS),
        Holds("anywhere within a part", 0.5, anywhere_within, "many", beside="one in each part"),
        Holds("drawn from rng", 0.5, rng_repeats_points, "twice", beside=("points", *PARTS)),
        Agrees("what is refused", 0.5, "refused", beside="*"),
    ),
    lecture=GRID,
    mistakes=MISTAKES,
    variants=(Variant("dealt", by_dealing), Variant("all at once", all_at_once)),
    unworked={"the right answer as whole numbers": "of what is a whole number, they are"},
    losses={
        "LH-12": "anywhere within a part",
        "LH-13": "points",
        "LH-01": "one in each part · anywhere within a part",
        "LH-02": "one in each part · anywhere within a part",
        "LH-03": "all",
        "LH-04": "a random order for each name",
        "LH-04, way 2": "a random order for each name · anywhere within a part",
        "LH-05": "a random order for each name",
        "LH-06": "whole numbers · anywhere within a part",
        "LH-06, way 3": "anywhere within a part",
        "LH-06, way 4": "points · whole numbers · anywhere within a part",
        "LH-07": "whole numbers",
        "LH-08": "drawn from rng",
        "LH-09": "drawn from rng",
        "LH-10": "all",
        "LH-11": "what is refused",
    },
    promises={
        "names of one scale": Promise(value=(1, 3), of=names_of_one_scale),
        "space": Promise(
            value=(-7, 205), length=(1, 6), has=("integer", "linear", "log", "one_minus_log")
        ),
        "n": Promise(value=(1, 1000)),
    },
    equivalent={
        "a whole number, or a positive one, stays on its side": (
            "if (n * 1.01) < 1:",
            'elif scale == "log" and (low * 1.01) > 0:',
        ),
        "what is not below 0 is cut off as it is rounded down": (
            "columns[name] = low + (u * (high + 1 - low)).astype(int)",
        ),
        "a number of NumPy is a number": (
            "return [{name: column[i] for name, column in columns.items()} for i in range(n)]",
        ),
        "each name's order is random, wherever it begins": (
            "return [{name: column[-i].item() for name, column in columns.items()} for i in "
            "range(n)]",
            "return [{name: column[i - 1].item() for name, column in columns.items()} for i "
            "in range(n)]",
        ),
    },
)
