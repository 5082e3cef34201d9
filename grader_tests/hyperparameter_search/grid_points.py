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
        "The points have no names. Each is a dict from name to value.",
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
