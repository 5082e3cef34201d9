"""`grid_points`: return every combination of the axes' values; the last name varies fastest."""

from __future__ import annotations

import numpy as np

from grader_tests.hyperparameter_search import GRID
from grader_tests.hyperparameter_search import reference as ref
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
)


def cases(rng: np.random.Generator) -> list[Case]:
    """One to four axes of different lengths, names not in alphabetical order, mixed values."""
    rates = (10 ** rng.uniform(-4, 0, 3)).tolist()
    units = rng.choice(200, 4, replace=False).tolist()
    drawn = [
        {"units": units[:2], "learning_rate": rates},
        {"optimizer": ["sgd", "adam"], "batch_size": units[:3], "beta": [0.9, 0.99]},
        {"learning_rate": rates[:2], "units": units},
        {"units": units[:3]},
        {"w": units[:2], "z": rates[:2], "a": [0.5, 0.25, 0.125], "c": units[2:]},
        {"learning_rate": rates, "units": units[:1], "epochs": [10, 20]},
    ]
    cases = []
    for axes in drawn:
        words = ", ".join(f"{len(values)} of {name}" for name, values in axes.items())
        cases.append(call(ref.grid_points, axes, label=words))
    return cases


def all_combinations(result: list, wanted: list, case: Case) -> str | None:
    """The right points in any order."""
    if type(result) not in (list, tuple):
        return "The points should be a list."
    if not all(type(point) is dict for point in result):
        return "Each point should be a dict from name to value."
    if any(np.ndim(value) for point in result for value in point.values()):
        return "Each value of a point should be one of its axis, not an array or a list."
    if len(result) != len(wanted):
        return f"There are {len(result)} points; there should be {len(wanted)}."
    missing = [point for point in wanted if point not in result]
    if missing:
        return f"{len(missing)} of {len(wanted)} combinations are missing."
    return None


PRODUCT = "points = [{**point, name: value} for point in points for value in values]"
RETURN_POINTS = "return points"


def by_meshgrid(axes):
    """Let NumPy combine, in its own order."""
    grids = np.meshgrid(*axes.values())
    columns = [grid.ravel().tolist() for grid in grids]
    return [dict(zip(axes, values, strict=True)) for values in zip(*columns, strict=True)]


def two_loops(axes):
    """A loop for each of two axes."""
    (name, values), (other, more) = axes.items()
    return [{name: value, other: further} for value in values for further in more]


MISTAKES = (
    Mistake(
        "GP-01",
        GRID,
        "The axes are walked side by side, the first values together, then the second ones. A grid "
        "has every value of one with every value of the others.",
        edit(RETURN_POINTS, "return [dict(zip(axes, values)) for values in zip(*axes.values())]"),
    ),
    Mistake(
        "GP-02",
        GRID,
        "The first name varies fastest. It should be the last, as the digits of a counter do.",
        edit(PRODUCT, "points = [{**point, name: value} for value in values for point in points]"),
    ),
    Mistake(
        "GP-03",
        GRID,
        "The points have no names. Each is a dict from name to value, in a list.",
        edit(RETURN_POINTS, "return [tuple(point.values()) for point in points]"),
        edit(RETURN_POINTS, "return [list(point.values()) for point in points]"),
    ),
    Mistake(
        "GP-04",
        GRID,
        "All points are one and the same dict, changed again and again. Make a new dict for each.",
        edit(RETURN_POINTS, "return [points[-1]] * len(points)"),
    ),
    Mistake(
        "GP-05",
        GRID,
        "The caller's axes change. Read the lists without taking values out of them.",
        edit(
            RETURN_POINTS, "for values in axes.values():\n        values.clear()\n    return points"
        ),
        edit(RETURN_POINTS, "axes.clear()\n    return points"),
    ),
    Mistake(
        "GP-06",
        GRID,
        "The names are put in alphabetical order, which changes what varies fastest. Keep the "
        "order of axes.",
        edit("in axes.items()", "in sorted(axes.items())"),
    ),
    Mistake(
        "GP-07",
        GRID,
        "One axis is varied at a time while the others stay at their first value. A grid has all "
        "combinations.",
        edit(
            PRODUCT,
            "first = {key: choices[0] for key, choices in axes.items()}\n"
            "        points = [p for p in points if p] or [first]\n"
            "        points += [{**first, name: value} for value in values[1:]]",
        ),
    ),
    Mistake(
        "GP-08",
        GRID,
        "The values of an axis are sorted. They come in the order in which they are given.",
        edit("for value in values]", "for value in sorted(values)]"),
    ),
    Mistake(
        "GP-09",
        GRID,
        "Only two axes are combined. There can be any number of them: each one multiplies the "
        "points that there are.",
        edit("in axes.items()", "in list(axes.items())[:2]"),
        edit("in axes.items()", "in list(axes.items())[-2:]"),
        two_loops,
    ),
    Mistake(
        "GP-10",
        GRID,
        "A mesh of the axes puts the second one before the first, unless it is told "
        "indexing='ij'. The last name varies fastest, the first one slowest.",
        by_meshgrid,
    ),
    Mistake(
        "GP-11",
        GRID,
        "Some combinations are left out, at the beginning or the end. A loop or a slice begins too "
        "late or stops too early.",
        edit(RETURN_POINTS, "return points[:-1]"),
        edit(RETURN_POINTS, "return points[1:]"),
        edit("for value in values]", "for value in values[:-1]]"),
        edit("for value in values]", "for value in values[1:]]"),
    ),
    Mistake(
        "GP-12",
        GRID,
        "The values are changed: whole numbers become floats, or everything becomes text. Take "
        "them from the axes as they are.",
        edit(
            "name: value}",
            "name: value if type(value) is str else float(value)}",
        ),
        edit("name: value}", "name: str(value)}"),
    ),
    Mistake(
        "GP-13",
        GRID,
        "The result is a dict of columns. A search wants points: a list with a dict for each.",
        edit(RETURN_POINTS, "return {name: [point[name] for point in points] for name in axes}"),
    ),
    Mistake(
        "GP-14",
        GRID,
        "A generator comes back, not a list: it can be gone through once only. Put the points into "
        "a list.",
        edit(RETURN_POINTS, "return (point for point in points)"),
        edit(RETURN_POINTS, "return iter(points)"),
        looks_like=lambda result, wanted, case: (
            "iterator" in repr(result) or "generator" in repr(result)
        ),
    ),
)


def by_counting(axes):
    """Numbers written in the mixed base of the lengths."""
    total = 1
    for values in axes.values():
        total *= len(values)
    points = []
    for number in range(total):
        point, rest = {}, number
        for name in reversed(list(axes)):
            rest, index = divmod(rest, len(axes[name]))
            point[name] = axes[name][index]
        points.append(point)
    return points


TASK = Task(
    reference=ref.grid_points,
    returns="points",
    cases=cases,
    criteria=(
        Holds("all combinations", 2, all_combinations),
        Agrees("order", 1.5),
        InputsUntouched(0.5),
    ),
    lecture=GRID,
    mistakes=MISTAKES,
    variants=(Variant("by counting", by_counting),),
    losses={
        "GP-09": "all",
        "GP-10": "order",
        "GP-11": "all",
        "GP-12": "order",
        "GP-12, way 2": "all",
        "GP-13": "all",
        "GP-14": "all",
        "GP-08": "order",
        "GP-01": "all",
        "GP-02": "order",
        "GP-03": "all",
        "GP-04": "all",
        "GP-05": "inputs untouched",
        "GP-06": "order",
        "GP-07": "all",
    },
    promises={
        "axes": Promise(
            value=(0.17, 100), within=(0, 200), length=(1, 4), has=("adam", "int64", "sgd")
        ),
    },
)
