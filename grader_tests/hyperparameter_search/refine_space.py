"""`refine_space`: shrink each range to what the best trials span; the scales stay."""

from __future__ import annotations

import numpy as np

from grader_tests.hyperparameter_search import FINE
from grader_tests.hyperparameter_search import reference as ref
from grader_tests.hyperparameter_search.draws import scored
from grading.marking import (
    Agrees,
    Case,
    InputsUntouched,
    Mistake,
    Promise,
    Task,
    Variant,
    edit,
    script,
)

REFINED = """\
new = refine_space(space, trials, keep)
ranges = {name: tuple(axis[1:]) for name, axis in new.items()}
scales = {name: axis[0] for name, axis in new.items()}
result = ranges, scales"""


def cases(rng: np.random.Generator) -> list[Case]:
    """Several numbers of trials to keep, among them one and all; whole numbers apart.

    One trial too many shows for certain where one is kept, and one too few where two are.
    """
    cases = []
    broad = {
        "learning_rate": ("log", 1e-4, 1.0),
        "momentum": ("one_minus_log", 0.5, 0.999),
        "dropout": ("linear", 0.0, 0.6),
    }
    whole = {"units": ("integer", 8, 500), "batch_size": ("integer", 10, 400)}
    for space, tag, count, keep in (
        (broad, "ranges", 8, 3),
        (broad, "ranges", 9, 4),
        (broad, "ranges", 7, 2),
        (broad, "ranges", 6, 1),
        (broad, "ranges", 5, 5),
        (whole, "whole", 8, 3),
        (whole, "whole", 7, 2),
        (whole, "whole", 6, 1),
    ):
        points = ref.random_points(space, count, rng)
        trials = [
            (point, score) for point, (_, score) in zip(points, scored(rng, count), strict=True)
        ]
        label = f"{', '.join(space)}; the best {keep} of {count} trials"
        given = {"space": space, "trials": trials, "keep": keep}
        cases.append(
            script(REFINED, label=label, tags=tag, returns=("low_high", "scales"), **given)
        )
    return cases


def has_floats(result: tuple, wanted: tuple, case: Case) -> bool | None:
    """Recognise the right whole numbers as floats."""
    if "whole" not in case.tags:
        return None
    ends = [end for axis in result[0].values() for end in axis]
    right = [end for axis in wanted[0].values() for end in axis]
    return ends == right and all(np.asarray(end).dtype.kind == "f" for end in ends)


BEST = "best = sorted(trials, key=lambda trial: trial[1], reverse=True)[:keep]"
RANGE = "refined[name] = (scale, min(values), max(values))"

MISTAKES = (
    Mistake(
        "SA-11",
        FINE,
        "The new range is built round a centre, in linear arithmetic. On a log scale its middle is "
        "then wrong, and it may reach where no good trial was: take the smallest and largest kept "
        "value.",
        edit(
            RANGE,
            "middle, half = (min(values) + max(values)) / 2, max(values) - min(values)\n"
            "        refined[name] = (scale, middle - half, middle + half)",
        ),
        edit("(scale, _, _)", "(scale, low, high)").then(
            RANGE,
            "quarter = (high - low) / 4\n"
            "        refined[name] = (scale, values[0] - quarter, values[0] + quarter)",
        ),
    ),
    Mistake(
        "RS-01",
        FINE,
        "The worst trials are kept. Higher scores are better.",
        edit(", reverse=True", ""),
    ),
    Mistake(
        "RS-02",
        FINE,
        "The first trials of the list are kept. Sort by score, and keep the best.",
        edit(BEST, "best = trials[:keep]"),
        edit(BEST, "best = trials[-keep:]"),
    ),
    Mistake(
        "RS-03",
        FINE,
        "All trials count, whatever keep says. Only the best ones should.",
        edit(BEST, "best = trials"),
    ),
    Mistake(
        "RS-04",
        FINE,
        "A scale is lost or changed. A range of learning rates stays a range on the log scale, "
        "however narrow it becomes.",
        edit(RANGE, 'refined[name] = ("linear", min(values), max(values))'),
        edit(RANGE, 'refined[name] = ("log", min(values), max(values))'),
        edit(RANGE, "refined[name] = (min(values), max(values))"),
    ),
    Mistake(
        "RS-05",
        FINE,
        "The ends are exponents. A space holds the values themselves: log10 is taken when drawing.",
        edit(
            RANGE,
            "ends = min(values), max(values)\n"
            '        if scale == "log":\n'
            "            ends = tuple(np.log10(ends).tolist())\n"
            "        refined[name] = (scale, *ends)",
        ),
    ),
    Mistake(
        "RS-06",
        FINE,
        "The caller's space or list of trials changes. Sort a copy, and fill a new dict.",
        edit(
            BEST, "trials.sort(key=lambda trial: trial[1], reverse=True)\n    best = trials[:keep]"
        ),
        edit("refined = {}", "refined = space"),
    ),
    Mistake(
        "RS-07",
        FINE,
        "One trial too many or too few is kept. A slice [:keep] holds keep of them.",
        edit("[:keep]", "[: keep + 1]"),
        edit("[:keep]", "[: max(keep - 1, 1)]"),
    ),
    Mistake(
        "RS-08",
        FINE,
        "Whole numbers become floats. The ends of an integer range are ints, as they were.",
        edit(RANGE, "refined[name] = (scale, float(min(values)), float(max(values)))"),
        edit(
            "values = [point[name] for point, _ in best]",
            "values = np.array([point[name] for point, _ in best]) * 1.0",
        ),
        looks_like=has_floats,
    ),
    Mistake(
        "RS-09",
        FINE,
        "The ranges stay as they were. Each shrinks to what the kept trials span.",
        edit("(scale, _, _)", "(scale, low, high)").then(
            RANGE, "refined[name] = (scale, min(low, *values), max(high, *values))"
        ),
    ),
    Mistake(
        "RS-10",
        FINE,
        "A range is widened or moved: by a step, a deviation round the mean, a share of the "
        "values, or round the best. It goes from the smallest of the values to the largest.",
        edit("(scale, min(values), max(values))", "(scale, min(values), max(values) + 1)"),
        edit("(scale, min(values), max(values))", "(scale, min(values) - 1, max(values) + 1)"),
        edit("(scale, min(values), max(values))", "(scale, 0.9 * min(values), 1.1 * max(values))"),
        edit("(scale, min(values), max(values))", "(scale, 0.5 * min(values), 2 * max(values))"),
        edit(
            "(scale, min(values), max(values))",
            "(scale, float(np.mean(values) - np.std(values)), float(np.mean(values) + "
            "np.std(values)))",
        ),
        edit(
            "(scale, min(values), max(values))",
            "(scale, float(np.quantile(values, 0.1)), float(np.quantile(values, 0.9)))",
        ),
        edit("(scale, min(values), max(values))", "(scale, values[0] * 0.5, values[0] * 2)"),
    ),
    Mistake(
        "RS-11",
        FINE,
        "The ends of a range have changed places. The smallest value comes first.",
        edit("min(values), max(values))", "max(values), min(values))"),
    ),
    Mistake(
        "RS-12",
        FINE,
        "The logarithms of the ends come back. The scale says how values are drawn; the ends are "
        "values.",
        edit(
            "min(values), max(values))",
            "float(np.log10(max(min(values), 1e-9))), float(np.log10(max(max(values), 1e-9))))",
        ),
    ),
    Mistake(
        "RS-13",
        FINE,
        "The parts of a range come in another order, or in another form. It is (scale, low, high).",
        edit(RANGE, "refined[name] = (min(values), max(values), scale)"),
        edit(RANGE, "refined[name] = (min(values), scale, max(values))"),
        edit(RANGE, "refined[name] = (scale, (min(values), max(values)))"),
        edit(RANGE, 'refined[name] = {"scale": scale, "low": min(values), "high": max(values)}'),
    ),
)


def by_argsort(space, trials, keep):
    """The order of the scores, and lists for tuples."""
    order = np.argsort([-score for _, score in trials])[:keep]
    new = {}
    for name in space:
        low = high = trials[order[0]][0][name]
        for i in order:
            low, high = min(low, trials[i][0][name]), max(high, trials[i][0][name])
        new[name] = [space[name][0], low, high]
    return new


TASK = Task(
    reference=ref.refine_space,
    returns="space",
    cases=cases,
    criteria=(
        Agrees("ranges", 2, "ranges", "low_high"),
        Agrees("whole numbers", 0.5, "whole", "low_high"),
        Agrees("scales", 0.5, ("ranges", "whole"), "scales", beside=("ranges", "whole numbers")),
        InputsUntouched(1),
    ),
    lecture=FINE,
    mistakes=MISTAKES,
    unworked={"the right answer as whole numbers": "of what is a whole number, they are"},
    variants=(Variant("by argsort", by_argsort),),
    losses={
        "RS-04, way 3": "all",
        "RS-13": "all",
        "RS-10": "all",
        "RS-10, way 2": "all",
        "RS-10, way 3": "all",
        "RS-11": "all",
        "RS-12": "all",
        "SA-11": "all",
        "RS-01": "all",
        "RS-02": "all",
        "RS-03": "all",
        "RS-04": "scales",
        "RS-05": "ranges",
        "RS-06": "inputs untouched",
        "RS-07": "all",
        "RS-08": "whole numbers",
        "RS-09": "all",
    },
    promises={
        "space": Promise(
            value=(0, 500), length=(2, 3), has=("0", "integer", "linear", "log", "one_minus_log")
        ),
        "trials": Promise(value=(0.00027, 400), within=(8e-7, 500), length=(5, 9)),
        "keep": Promise(value=(1, 5)),
    },
)
