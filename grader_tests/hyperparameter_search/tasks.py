"""Tasks of ``module3_tuning_batchnorm/hyperparameter_search.ipynb``.

Ids SA are those of the course's catalogue of misconceptions (log-scale and β sampling), up to 12;
the others of that series, RP (random points), GP (grid points), BT (best trial) and RS (refining)
are this notebook's own. `CATALOGUE` counts each series, `LEFT_OUT` says why an id has no wrong
function here.

Distributions are judged by the largest distance between two distribution functions. It stays
within the margin of a single fraction (P. Massart, "The tight constant in the
Dvoretzky–Kiefer–Wolfowitz inequality", 1990), for every sample size and every distribution.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import partial

import numpy as np

from grader_tests.hyperparameter_search import reference as ref
from grading.marking import chance
from grading.marking.task import (
    Case,
    Check,
    Criterion,
    Lecture,
    Misconception,
    Rng,
    Task,
    Variant,
    call,
    inputs_untouched,
    misconceptions,
    script,
)

NOTEBOOK = "module3_tuning_batchnorm/01_hyperparameter_tuning.ipynb"
SCALES = Lecture(NOTEBOOK, "A scale for each number")
GRID = Lecture(NOTEBOOK, "Grid against random")
FINE = Lecture(NOTEBOOK, "Coarse to fine")
MANY = Lecture(NOTEBOOK, "Many models at once")

CATALOGUE = {"SA": 20, "RP": 3, "GP": 7, "BT": 5, "RS": 9}
LEFT_OUT = {"SA-12": "which set a score was measured on is the caller's choice"}

Transform = Callable[[np.ndarray, float, float], np.ndarray]
Sign = Callable[[object, object, Case], bool | None]


# ---------------------------------------------------------------- positions in a range


def linear(x: np.ndarray, low: float, high: float) -> np.ndarray:
    """Return where x lies between low and high: 0 … 1."""
    return (x - low) / (high - low)


def log(x: np.ndarray, low: float, high: float) -> np.ndarray:
    """Return where x lies on a log scale."""
    return linear(np.log(x), np.log(low), np.log(high))


def one_minus_log(x: np.ndarray, low: float, high: float) -> np.ndarray:
    """Return where x lies if 1 − x has a log scale."""
    return log(1 - x, 1 - low, 1 - high)


POSITIONS = {"linear": linear, "log": log, "one_minus_log": one_minus_log}


def distance(positions: np.ndarray) -> float:
    """Return the largest distance from the distribution function of the uniform one on 0 … 1."""
    u, n = np.sort(positions), positions.size
    steps = np.arange(n + 1) / n
    return float(max(np.max(steps[1:] - u), np.max(u - steps[:-1])))


def integer_distance(x: np.ndarray, low: int, high: int) -> float:
    """Return the same for whole numbers from low to high, all equally probable."""
    numbers = np.arange(low, high + 1)
    found = np.mean(x <= numbers[:, np.newaxis], axis=1)
    gaps = np.abs(found - np.arange(1, numbers.size + 1) / numbers.size)
    return float(max(np.max(gaps), np.mean(x < low)))


# ---------------------------------------------------------------- the two samplers

DRAWS = 4000
SAMPLER_CHECKS = 4  # cases with a margin, for each sampler

TWICE = """\
import numpy as np
rng = np.random.default_rng(seed)
first = {name}(low, high, size, rng)
later = {name}(low, high, size, rng)
again = {name}(low, high, size, np.random.default_rng(seed))
result = first, later, again"""


def sampler_cases(
    name: str, ranges: list[tuple[float, float]], rng: np.random.Generator
) -> list[Case]:
    """Draws large enough to judge their distribution, and repeated calls."""
    cases = []
    for low, high in ranges:
        seed = int(rng.integers(2**32))
        label = f"{DRAWS} values from {low:g} to {high:g}"
        cases.append(call(name, low, high, DRAWS, Rng(seed), label=label, tag="draws"))
    code = TWICE.format(name=name)
    for low, high in ranges[:2]:
        label = f"three calls with 40 values from {low:g} to {high:g}"
        given = {"seed": int(rng.integers(2**32)), "low": low, "high": high, "size": 40}
        cases.append(script(code, label=label, tag="twice", **given))
    return cases


def bounds(case: Case) -> tuple[float, float]:
    """Return low and high of a sampler's case."""
    return case.inputs["arg0"], case.inputs["arg1"]


def within_range(result: np.ndarray, wanted: np.ndarray, case: Case) -> str | None:
    """As many floats as asked for, none beyond an end by more than rounding."""
    if not isinstance(result, np.ndarray) or result.dtype.kind != "f":
        return "The values should be a NumPy array of floats."
    if result.shape != wanted.shape:
        return f"The values have shape {result.shape}; it should be {wanted.shape}."
    low, high = bounds(case)
    outside = np.count_nonzero(~((result >= low - 1e-12) & (result <= high * (1 + 1e-12))))
    if outside:
        return f"{outside} of {result.size} values lie outside the range from low to high."
    return None


def follows(position: Transform) -> Callable[[np.ndarray, np.ndarray, Case], str | None]:
    """Check that values are uniform on a scale, and not in order."""

    def check(result: np.ndarray, wanted: np.ndarray, case: Case) -> str | None:
        with np.errstate(all="ignore"):
            positions = position(result, *bounds(case))
        if not np.all(np.isfinite(positions)):
            return "Some values have no place on the scale, so their distribution is not right."
        if np.all(np.diff(positions) >= 0) or np.all(np.diff(positions) <= 0):
            return "The values come in order, or are all the same: they should be drawn one by one."
        if distance(positions) > chance.fraction_margin(DRAWS, chance.ALARM / SAMPLER_CHECKS):
            share = 100 * np.mean(positions < 0.5)
            return (
                f"{share:.0f} % of the values lie in the first half of the scale; it should be "
                "50 %, and in each smaller part its share."
                if abs(share - 50) > 5
                else "Some parts of the scale hold more values than their share."
            )
        return None

    return check


def rng_is_used(result: tuple, wanted: tuple, case: Case) -> str | None:
    """The same generator state gives the same values, another one others."""
    first, later, again = result
    if not np.array_equal(first, again):
        return "Two generators with the same seed gave different values."
    if np.array_equal(first, later):
        return "The second call with one generator repeated the values of the first."
    return None


def varied(values: object) -> bool:
    """Whether values are an array without order."""
    steps = np.diff(values) if np.ndim(values) == 1 else np.zeros(1)
    return bool(np.any(steps > 0) and np.any(steps < 0))


def in_draws(sign: Callable[[np.ndarray, float, float], bool]) -> Sign:
    """Recognise large draws that have the sign."""

    def looks_like(result: object, wanted: object, case: Case) -> bool | None:
        if case.tag != "draws":
            return None
        with np.errstate(all="ignore"):
            return bool(sign(result, *bounds(case)))

    return looks_like


def spread(position: Transform) -> Sign:
    """Recognise draws that are uniform on another scale."""
    margin = chance.fraction_margin(DRAWS)
    return in_draws(lambda x, low, high: varied(x) and distance(position(x, low, high)) <= margin)


def from_another_seed(result: tuple, wanted: tuple, case: Case) -> bool | None:
    """Recognise values that do not depend on the generator's seed, though they are random."""
    return not np.array_equal(result[0], result[2]) if case.tag == "twice" else None


def always_the_same(result: tuple, wanted: tuple, case: Case) -> bool | None:
    """Recognise random values that are the same at every call."""
    if case.tag == "draws":
        return None if varied(result) else False
    return np.array_equal(result[0], result[1]) and np.array_equal(result[0], result[2])


def few_values(x: np.ndarray, low: float, high: float) -> bool:
    """Whether a handful of values occurs, more than one."""
    return 1 < np.unique(x).size < 20


def one_value(x: np.ndarray, low: float, high: float) -> bool:
    """Whether all values are the same."""
    return np.ndim(x) == 1 and np.unique(x).size == 1


def evenly_spaced(x: np.ndarray, low: float, high: float) -> bool:
    """Whether values are equal steps apart, on some scale."""
    steps = [np.diff(x), np.diff(np.log(x)), np.diff(np.log(1 - x))]
    return any(s[0] != 0 and np.allclose(s, s[0], rtol=1e-3, atol=0) for s in steps)


def sorted_draws(x: np.ndarray, low: float, high: float) -> bool:
    """Whether values are in order, but not evenly spaced."""
    in_order = bool(np.all(np.diff(x) > 0)) if np.ndim(x) == 1 else False
    return in_order and not evenly_spaced(x, low, high)


def sampler_misconceptions(reference: Callable, exponents: str, answer: str) -> list[Misconception]:
    """Mistakes with rng and size, which both samplers invite."""
    made = partial(misconceptions, reference)
    drawn = exponents.removesuffix(", size)")
    ends = drawn.removeprefix("rng.uniform(")
    return [
        *made(
            "SA-08", MANY,
            "All values are the same: one was drawn and repeated, or each draw starts from the "
            "same seed again. Draw every value anew from rng.",
            [(exponents, f"np.full(size, {drawn}))")],
            [(exponents,
              f"np.array([np.random.default_rng(0).uniform({ends}) for _ in range(size)])")],
            looks_like=in_draws(one_value),
        ),
        *made(
            "SA-13", SCALES,
            "The values do not come from rng, but from another generator. Nobody can repeat such a "
            "search: use the methods of rng.",
            [("rng.uniform", "np.random.uniform")],
            [("rng.uniform", "np.random.default_rng().uniform")],
            looks_like=from_another_seed,
        ),
        *made(
            "SA-14", SCALES,
            "Every call gives the same values, for the seed is fixed inside the function. Use rng, "
            "whose seed the caller has chosen.",
            [("rng.uniform", "np.random.default_rng(0).uniform")],
            looks_like=always_the_same,
        ),
        *made(
            "SA-15", GRID,
            "The values are evenly spaced, not drawn. That is a grid; a search that repeats it "
            "learns nothing new.",
            [(exponents, f"np.linspace({ends}, size)")],
            looks_like=in_draws(evenly_spaced),
        ),
        *made(
            "SA-16", SCALES,
            "The values are sorted. Together with other hyperparameters, sorted ones would all "
            "grow together: leave them as they are drawn.",
            [(f"return {answer}", f"return np.sort({answer})")],
            looks_like=in_draws(sorted_draws),
        ),
        *made(
            "SA-17", SCALES,
            "size is not used: there is one value only. Return an array of that many.",
            [(exponents, f"{drawn})")],
            looks_like=in_draws(lambda x, low, high: np.ndim(x) == 0),
        ),
    ]  # fmt: skip


# ---------------------------------------------------------------- sample_learning_rates

RATE_RANGES = [(1e-4, 0.5), (2e-3, 0.3), (1e-5, 1e-2), (0.02, 3.0)]
RATE_EXPONENTS = "rng.uniform(np.log10(low), np.log10(high), size)"

rates = partial(misconceptions, ref.sample_learning_rates)

RATE_MISCONCEPTIONS = (
    *rates(
        "SA-01", SCALES,
        "The rates themselves are uniform. Then nine tenths of them fall into the last decade: let "
        "the exponent be uniform.",
        [("return 10**exponents", "return rng.uniform(low, high, size)")],
        looks_like=spread(linear),
    ),
    *(
        wrong
        for edits, position in (
            ([("return 10**exponents", "return np.exp(exponents)")],
             lambda x, low, high: linear(np.log(x), np.log10(low), np.log10(high))),
            ([("return 10**exponents", "return 10**-exponents")],
             lambda x, low, high: linear(-np.log10(x), np.log10(low), np.log10(high))),
            ([("np.log10", "np.log", 2)],
             lambda x, low, high: linear(np.log10(x), np.log(low), np.log(high))),
        )
        for wrong in rates(
            "SA-02", SCALES,
            "Logarithm and power do not belong together: the base differs, or a sign. What is "
            "drawn between two values of log10 is an exponent of 10, with its sign as it is.",
            edits,
            looks_like=spread(position),
        )
    ),
    *rates(
        "SA-03", SCALES,
        "The exponents are whole numbers, so only a few different rates occur. Draw real "
        "exponents, with uniform.",
        [(RATE_EXPONENTS,
          "rng.integers(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))), size) * 1.0")],
        [(RATE_EXPONENTS, "np.round(rng.uniform(np.log10(low), np.log10(high), size))")],
        looks_like=in_draws(few_values),
    ),
    *rates(
        "SA-04", SCALES,
        "low and high are used as exponents. They are rates: take their logarithms first.",
        [(RATE_EXPONENTS, "rng.uniform(low, high, size)")],
        looks_like=spread(lambda x, low, high: linear(np.log10(x), low, high)),
    ),
    *sampler_misconceptions(ref.sample_learning_rates, RATE_EXPONENTS, "10**exponents"),
    *rates(
        "SA-18", SCALES,
        "The range is fixed. Use the arguments low and high.",
        [(RATE_EXPONENTS, "rng.uniform(-4, 0, size)")],
        looks_like=spread(lambda x, low, high: log(x, 1e-4, 1)),
    ),
)  # fmt: skip


def by_powers(low, high, size, rng):
    """Powers of the ratio of the ends."""
    return low * (high / low) ** rng.random(size)


def one_by_one(low, high, size, rng):
    """Natural logarithms and a loop."""
    a, b = np.log(low), np.log(high)
    return np.array([np.exp(a + (b - a) * rng.random()) for _ in range(size)])


SAMPLE_LEARNING_RATES = Task(
    reference=ref.sample_learning_rates,
    returns="rates",
    cases=lambda rng: sampler_cases("sample_learning_rates", RATE_RANGES, rng),
    criteria=(
        Criterion("shape and range", 1.5, "draws", check=within_range),
        Criterion("uniform on a log scale", 3, "draws", check=follows(log)),
        Criterion("drawn from rng", 1.5, "twice", check=rng_is_used),
    ),
    lecture=SCALES,
    misconceptions=RATE_MISCONCEPTIONS,
    variants=(Variant("powers of the ratio", by_powers), Variant("one by one", one_by_one)),
)


# ---------------------------------------------------------------- sample_betas

BETA_RANGES = [(0.9, 0.999), (0.3, 0.99), (0.95, 0.9999), (0.2, 0.9995)]
BETA_EXPONENTS = "rng.uniform(np.log10(1 - high), np.log10(1 - low), size)"

betas = partial(misconceptions, ref.sample_betas)

BETA_MISCONCEPTIONS = (
    *betas(
        "SA-05", SCALES,
        "The betas themselves are uniform. What matters is the memory 1/(1 − β), and it changes "
        "most near 1: let the exponent of 1 − β be uniform.",
        [("return 1 - 10**exponents", "return rng.uniform(low, high, size)")],
        looks_like=spread(linear),
    ),
    *betas(
        "SA-06", SCALES,
        "This is 1 − β, not β. Subtract it from 1 at the end.",
        [("return 1 - 10**exponents", "return 10**exponents")],
        looks_like=spread(lambda x, low, high: one_minus_log(1 - x, low, high)),
    ),
    *betas(
        "SA-07", SCALES,
        "The exponents of β are uniform, which hardly differs from β itself. Take the logarithms "
        "of 1 − low and 1 − high.",
        [("return 1 - 10**exponents",
          "return 10 ** rng.uniform(np.log10(low), np.log10(high), size)")],
        looks_like=spread(log),
    ),
    *(
        wrong
        for edits, position in (
            ([("return 1 - 10**exponents", "return 1 - np.exp(exponents)")],
             lambda x, low, high: linear(np.log(1 - x), np.log10(1 - high), np.log10(1 - low))),
            ([("np.log10", "np.log", 2)],
             lambda x, low, high: linear(np.log10(1 - x), np.log(1 - high), np.log(1 - low))),
            ([("return 1 - 10**exponents", "return 1 - 10**-exponents")],
             lambda x, low, high: linear(-np.log10(1 - x), np.log10(1 - high), np.log10(1 - low))),
        )
        for wrong in betas(
            "SA-02", SCALES,
            "Logarithm and power do not belong together: the base differs, or a sign. What is "
            "drawn between two values of log10 is an exponent of 10, with its sign as it is.",
            edits,
            looks_like=spread(position),
        )
    ),
    *betas(
        "SA-03", SCALES,
        "The exponents are whole numbers, so only a few different betas occur. Draw real "
        "exponents, with uniform.",
        [(BETA_EXPONENTS,
          "rng.integers(int(np.floor(np.log10(1 - high))), int(np.ceil(np.log10(1 - low))), "
          "size) * 1.0")],
        [(BETA_EXPONENTS, "np.round(rng.uniform(np.log10(1 - high), np.log10(1 - low), size))")],
        looks_like=in_draws(few_values),
    ),
    *sampler_misconceptions(ref.sample_betas, BETA_EXPONENTS, "1 - 10**exponents"),
    *betas(
        "SA-19", SCALES,
        "low and high are used as the ends of 1 − β. They are the ends of β: those of 1 − β are "
        "1 − high and 1 − low.",
        [(BETA_EXPONENTS, "rng.uniform(np.log10(low), np.log10(high), size)")],
        looks_like=spread(lambda x, low, high: log(1 - x, low, high)),
    ),
    *betas(
        "SA-20", SCALES,
        "The range is fixed. Use the arguments low and high.",
        [(BETA_EXPONENTS, "rng.uniform(-3, -1, size)")],
        looks_like=spread(lambda x, low, high: one_minus_log(x, 0.9, 0.999)),
    ),
)  # fmt: skip


def by_memory(low, high, size, rng):
    """The memory 1/(1 − β) on a log scale, from the other end."""
    memory = np.exp(rng.uniform(-np.log(1 - low), -np.log(1 - high), size))
    return 1 - 1 / memory


SAMPLE_BETAS = Task(
    reference=ref.sample_betas,
    returns="betas",
    cases=lambda rng: sampler_cases("sample_betas", BETA_RANGES, rng),
    criteria=(
        Criterion("shape and range", 1.5, "draws", check=within_range),
        Criterion("1 − β on a log scale", 3, "draws", check=follows(one_minus_log)),
        Criterion("drawn from rng", 1.5, "twice", check=rng_is_used),
    ),
    lecture=SCALES,
    misconceptions=BETA_MISCONCEPTIONS,
    variants=(Variant("by memory", by_memory),),
)


# ---------------------------------------------------------------- grid_points


def grid_cases(rng: np.random.Generator) -> list[Case]:
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
        cases.append(call("grid_points", axes, label=words))
    return cases


def all_combinations(result: list, wanted: list, case: Case) -> str | None:
    """The right points in any order."""
    if type(result) not in (list, tuple):
        return "The points should be a list."
    if not all(type(point) is dict for point in result):
        return "Each point should be a dict from name to value."
    if len(result) != len(wanted):
        return f"There are {len(result)} points; there should be {len(wanted)}."
    missing = [point for point in wanted if point not in result]
    if missing:
        return f"{len(missing)} of {len(wanted)} combinations are missing."
    return None


grid = partial(misconceptions, ref.grid_points)

PRODUCT = "points = [{**point, name: value} for point in points for value in values]"
RETURN_POINTS = "return points"

GRID_MISCONCEPTIONS = (
    *grid(
        "GP-01", GRID,
        "The axes are walked side by side, the first values together, then the second ones. A grid "
        "has every value of one with every value of the others.",
        [(RETURN_POINTS,
          "return [dict(zip(axes, values)) for values in zip(*axes.values())]")],
    ),
    *grid(
        "GP-02", GRID,
        "The first name varies fastest. It should be the last, as the digits of a counter do.",
        [(PRODUCT, "points = [{**point, name: value} for value in values for point in points]")],
    ),
    *grid(
        "GP-03", GRID,
        "The points have no names. Each is a dict from name to value.",
        [(RETURN_POINTS, "return [tuple(point.values()) for point in points]")],
        [(RETURN_POINTS, "return [list(point.values()) for point in points]")],
    ),
    *grid(
        "GP-04", GRID,
        "All points are one and the same dict, changed again and again. Make a new dict for each.",
        [(RETURN_POINTS, "return [points[-1]] * len(points)")],
    ),
    *grid(
        "GP-05", GRID,
        "The caller's axes change. Read the lists without taking values out of them.",
        [(RETURN_POINTS,
          "for values in axes.values():\n        values.clear()\n    return points")],
        [(RETURN_POINTS, "axes.clear()\n    return points")],
    ),
    *grid(
        "GP-06", GRID,
        "The names are put in alphabetical order, which changes what varies fastest. Keep the "
        "order of axes.",
        [("in axes.items()", "in sorted(axes.items())")],
    ),
    *grid(
        "GP-07", GRID,
        "One axis is varied at a time while the others stay at their first value. A grid has all "
        "combinations.",
        [(PRODUCT,
          "first = {key: choices[0] for key, choices in axes.items()}\n"
          "        points = [p for p in points if p] or [first]\n"
          "        points += [{**first, name: value} for value in values[1:]]")],
    ),
)  # fmt: skip


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


GRID_POINTS = Task(
    reference=ref.grid_points,
    returns="points",
    cases=grid_cases,
    criteria=(
        Criterion("all combinations", 2, check=all_combinations),
        Criterion("order", 1.5),
        inputs_untouched(0.5),
    ),
    lecture=GRID,
    misconceptions=GRID_MISCONCEPTIONS,
    variants=(Variant("by counting", by_counting),),
)


# ---------------------------------------------------------------- random_points

POINTS = 3000
POINT_CHECKS = 2 * (4 + 3 * 6)  # spaces with many points: four names, three margins a pair

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

COLUMNS = """\
import numpy as np
rng = np.random.default_rng(seed)
points = random_points(space, n, rng)
try:
    columns = {name: np.array([point[name] for point in points]) for name in space}
except Exception:  # these are no points
    columns = None
own = {}
for name, (scale, low, high) in space.items():
    try:
        if scale == "log":
            own[name] = sample_learning_rates(low, high, n, rng)
        if scale == "one_minus_log":
            own[name] = sample_betas(low, high, n, rng)
    except Exception:
        pass
result = columns, own"""

POINTS_TWICE = """\
import numpy as np
rng = np.random.default_rng(seed)
first = random_points(space, n, rng)
later = random_points(space, n, rng)
again = random_points(space, n, np.random.default_rng(seed))
result = first, later, again"""


def random_points_cases(rng: np.random.Generator) -> list[Case]:
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
                cases.append(call("random_points", space, n, Rng(seed), label=named, tag=tag))
            else:
                given = {"space": space, "n": n, "seed": seed}
                cases.append(script(code, label=named, tag=tag, returns="points", **given))
    return cases


NOT_POINTS = "The points should be a list of dicts from name to value."


def are_points(result: list, wanted: list, case: Case) -> str | None:
    """A list of dicts from name to a number in its range."""
    space, n = case.inputs["arg0"], case.inputs["arg1"]
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


def as_own(mine: np.ndarray, own: object) -> bool:
    """Whether values are spread as those of the student's own sampler, which has a question."""
    if not isinstance(own, np.ndarray) or own.shape != mine.shape:
        return False
    both = np.sort(np.concatenate([mine, own]))
    found = [np.searchsorted(np.sort(x), both, side="right") / x.size for x in (mine, own)]
    margin = chance.fraction_margin(POINTS, chance.ALARM / POINT_CHECKS)
    return float(np.max(np.abs(found[0] - found[1]))) <= 2 * margin


def in_columns(check: Check) -> Check:
    """Say that there are no columns, where the answer is something else than points."""

    def checked(result: tuple, wanted: tuple, case: Case) -> str | None:
        return NOT_POINTS if result[0] is None else check(result, wanted, case)

    return checked


@in_columns
def scales_are_right(result: tuple, wanted: tuple, case: Case) -> str | None:
    """Every name but the whole numbers is uniform on its scale, or as the student's own sampler."""
    columns, own = result
    for name, axis in case.inputs["space"].items():
        problem = None if axis[0] == "integer" else uneven(name, columns[name], axis)
        if problem and not as_own(columns[name], own.get(name)):
            return problem
    return None


@in_columns
def integers_are_right(result: tuple, wanted: tuple, case: Case) -> str | None:
    """Whole numbers have both ends and are equally probable."""
    axes = case.inputs["space"].items()
    told = (uneven(name, result[0][name], axis) for name, axis in axes if axis[0] == "integer")
    return next(filter(None, told), None)


def upper_half(x: np.ndarray, axis: tuple) -> np.ndarray:
    """Return which values lie in the upper half of their scale."""
    scale, low, high = axis
    with np.errstate(all="ignore"):
        return POSITIONS.get(scale, linear)(x, low, high) > 0.5


def tied(columns: dict, case: Case) -> str:
    """Two names whose upper halves come together, or an empty text."""
    margin = 3 * chance.fraction_margin(POINTS, chance.ALARM / POINT_CHECKS)
    upper = {name: upper_half(columns[name], axis) for name, axis in case.inputs["space"].items()}
    for name, other in itertools.combinations(upper, 2):
        alone = np.mean(upper[name]) * np.mean(upper[other])
        if abs(np.mean(upper[name] & upper[other]) - alone) > margin:
            return f"{name} and {other}"
    return ""


@in_columns
def independent(result: tuple, wanted: tuple, case: Case) -> str | None:
    """No two names go together."""
    pair = tied(result[0], case)
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
        return bool(sign(result[0], case.inputs["space"])) if case.tag == "many" else None

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
    return type(result) is dict if case.tag == "few" else None


def goes_together(result: tuple, wanted: tuple, case: Case) -> bool | None:
    """Recognise names whose values are tied to one another."""
    return bool(tied(result[0], case)) if case.tag == "many" else None


def points_from_another_seed(result: tuple, wanted: tuple, case: Case) -> bool | None:
    """Recognise points that do not depend on the generator's seed."""
    return result[0] != result[2] if case.tag == "twice" else None


def points_always_the_same(result: tuple, wanted: tuple, case: Case) -> bool | None:
    """Recognise points that differ from one another but not from call to call."""
    if case.tag == "twice":
        return result[0] == result[1] == result[2]
    return None if case.tag == "many" else result[0] != result[1]


points_of = partial(misconceptions, ref.random_points)

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


POINT_MISCONCEPTIONS = (
    *points_of(
        "SA-01", SCALES,
        "Names with the scale \"log\" are drawn uniformly. Draw their exponents, as "
        "sample_learning_rates does.",
        [(LOG_DRAW, "rng.uniform(low, high, n)")],
        looks_like=on_scales({"log": linear}),
    ),
    *points_of(
        "SA-05", SCALES,
        "Names with the scale \"one_minus_log\" are drawn uniformly. Draw the exponents of 1 − β, "
        "as sample_betas does.",
        [(BETA_DRAW, "rng.uniform(low, high, n)")],
        looks_like=on_scales({"one_minus_log": linear}),
    ),
    *points_of(
        "SA-07", SCALES,
        "Names with the scale \"one_minus_log\" are drawn on the log scale of β itself. It is "
        "1 − β that has the log scale.",
        [(BETA_DRAW, LOG_DRAW)],
        looks_like=on_scales({"one_minus_log": log}),
    ),
    *points_of(
        "SA-08", MANY,
        "All points are the same: one was drawn and repeated, or each starts from the same seed "
        "again. Draw every point anew from rng.",
        [("column[i].item()", "column[0].item()")],
        looks_like=in_many(
            lambda columns, space: all(np.unique(columns[name]).size == 1 for name in space)
        ),
    ),
    *points_of(
        "SA-09", SCALES,
        "Whole numbers go wrong: the upper end is never drawn, both ends come half as often as "
        "the others, or they are floats. Both ends belong to the range, and each is an int.",
        [(INTEGER_DRAW, "rng.integers(low, high, n)")],
        [(INTEGER_DRAW, "np.round(rng.uniform(low, high, n)).astype(int)")],
        [(INTEGER_DRAW, "rng.uniform(low, high, n)")],
        [(INTEGER_DRAW, "rng.integers(low, high, n, endpoint=True) * 1.0")],
        looks_like=in_many(wrong_integers),
    ),
    *points_of(
        "SA-10", GRID,
        "There are many points but only few different values of each name, as on a grid. Every "
        "point should try a new value of everything.",
        [(POINT_LIST,
          "columns = {name: rng.choice(column[:5], n) for name, column in columns.items()}\n"
          f"    {POINT_LIST}")],
        looks_like=in_many(few_of_each),
    ),
    *points_of(
        "SA-13", SCALES,
        "The points do not come from rng, but from another generator. Nobody can repeat such a "
        "search: use rng, and hand it on to the functions that draw.",
        [(BEGIN, "columns, rng = {}, np.random.default_rng()")],
        looks_like=points_from_another_seed,
    ),
    *points_of(
        "SA-14", SCALES,
        "Every call gives the same points, for the seed is fixed inside the function. Use rng, "
        "whose seed the caller has chosen.",
        [(BEGIN, "columns, rng = {}, np.random.default_rng(0)")],
        looks_like=points_always_the_same,
    ),
    *points_of(
        "RP-01", FINE,
        "The result is a dict of columns. A search wants points: a list with one dict for each.",
        [(POINT_LIST, "return columns")],
        [(POINT_LIST, "return {name: column.tolist() for name, column in columns.items()}")],
        looks_like=is_columns,
    ),
    *points_of(
        "RP-02", GRID,
        "The values of a point go together, for they come from one draw. Then the search only sees "
        "a line through the space: draw each by itself.",
        one_draw_for_all,
        looks_like=goes_together,
    ),
    *points_of(
        "RP-03", SCALES,
        "The scale is not looked at: everything is drawn uniformly. Each name has its own scale.",
        [(LOG_DRAW, "rng.uniform(low, high, n)"), (BETA_DRAW, "rng.uniform(low, high, n)")],
        [(LOG_DRAW, "rng.uniform(low, high, n)"), (BETA_DRAW, "rng.uniform(low, high, n)"),
         (INTEGER_DRAW, "rng.uniform(low, high, n)")],
        looks_like=on_scales({"log": linear, "one_minus_log": linear}, whole=False),
    ),
)  # fmt: skip


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


RANDOM_POINTS = Task(
    reference=ref.random_points,
    returns="points",
    cases=random_points_cases,
    criteria=(
        Criterion("points", 1, "few", check=are_points),
        Criterion("scales", 2.5, "many", check=scales_are_right),
        Criterion("whole numbers", 1, "many", check=integers_are_right),
        Criterion("drawn by themselves", 0.5, "many", check=independent),
        Criterion("drawn from rng", 1, "twice", check=rng_repeats_points),
    ),
    lecture=SCALES,
    misconceptions=POINT_MISCONCEPTIONS,
    variants=(Variant("point by point", point_by_point),),
    own_parts=("sample_learning_rates", "sample_betas"),
)


# ---------------------------------------------------------------- best_trial


def scored(
    rng: np.random.Generator, count: int, low: float = 0.2, high: float = 0.98
) -> list[tuple[dict, float]]:
    """Draw trials with different scores, the best neither first nor last."""
    while True:
        scores = np.round(rng.uniform(low, high, count), 3)
        ends = {int(np.argmax(scores)), int(np.argmin(scores))}
        if len(set(scores)) == count and (count < 4 or not ends & {0, count - 1}):
            break
    return [
        ({"learning_rate": float(10 ** rng.uniform(-4, 0)), "units": int(rng.integers(8, 200))}, s)
        for s in scores.tolist()
    ]


def best_cases(rng: np.random.Generator) -> list[Case]:
    """Several lengths, scores below 0, and equal best scores."""
    cases = []
    for count, low, high, words in (
        (5, 0.2, 0.98, "5 trials"),
        (8, 0.2, 0.98, "8 trials"),
        (6, -3.0, -0.1, "6 trials, all scores negative"),
        (4, -90.0, -10.0, "4 trials, all scores negative"),
        (1, 0.2, 0.98, "one trial"),
    ):
        trials = scored(rng, count, low, high)
        cases.append(call("best_trial", trials, label=words, tag="plain"))
    for count in (6, 7):
        trials = scored(rng, count)
        highest = max(score for _, score in trials)
        first, second = sorted(rng.choice(np.arange(count), 2, replace=False).tolist())
        for i in (first, second):
            trials[i] = trials[i][0], highest
        trials = [
            (point, score if i in (first, second) else min(score, highest - 0.1))
            for i, (point, score) in enumerate(trials)
        ]
        label = f"{count} trials, two of them equally good"
        cases.append(call("best_trial", trials, label=label, tag="tie"))
    return cases


best = partial(misconceptions, ref.best_trial)

MAX = "return max(trials, key=lambda trial: trial[1])"

BEST_MISCONCEPTIONS = (
    *best(
        "BT-01", FINE,
        "The lowest score is taken. In this course higher scores are better; an error would have "
        "to be negated first.",
        [("max(", "min(")],
    ),
    *best(
        "BT-02", FINE,
        "Only a part of the trial comes back. Return the whole trial, point and score.",
        [(MAX, MAX + "[0]")],
        [(MAX, MAX + "[1]")],
        [(MAX, "return int(np.argmax([score for _, score in trials]))")],
    ),
    *best(
        "BT-03", FINE,
        "Of equally good trials the last is taken. The first counts: another must be better to "
        "replace it.",
        [(MAX, "return max(reversed(trials), key=lambda trial: trial[1])")],
        [(MAX, "return sorted(trials, key=lambda trial: trial[1])[-1]")],
    ),
    *best(
        "BT-04", FINE,
        "The search for the best starts from score 0. Scores may all be negative: start from the "
        "first trial.",
        [(MAX,
          "best = None, 0.0\n"
          "    for trial in trials:\n"
          "        best = trial if trial[1] > best[1] else best\n"
          "    return best")],
        [(MAX,
          "best = None\n"
          "    for trial in trials:\n"
          "        if trial[1] > (best[1] if best else 0):\n"
          "            best = trial\n"
          "    return best")],
    ),
    *best(
        "BT-05", FINE,
        "The caller's list of trials is put into another order or emptied. Sort a copy, or only "
        "look.",
        [(MAX, "trials.sort(key=lambda trial: trial[1], reverse=True)\n    return trials[0]")],
    ),
)  # fmt: skip


def by_argmax(trials):
    """The index of the largest score."""
    return trials[np.argmax([score for _, score in trials])]


BEST_TRIAL = Task(
    reference=ref.best_trial,
    returns="trial",
    cases=best_cases,
    criteria=(
        Criterion("highest score", 1, "plain"),
        Criterion("the first of equals", 0.5, "tie"),
        inputs_untouched(0.5),
    ),
    lecture=FINE,
    misconceptions=BEST_MISCONCEPTIONS,
    variants=(Variant("by argmax", by_argmax),),
)


# ---------------------------------------------------------------- refine_space

REFINED = """\
new = refine_space(space, trials, keep)
ranges = {name: tuple(axis[1:]) for name, axis in new.items()}
scales = {name: axis[0] for name, axis in new.items()}
result = ranges, scales"""


def refine_cases(rng: np.random.Generator) -> list[Case]:
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
        cases.append(script(REFINED, label=label, tag=tag, returns=("low_high", "scales"), **given))
    return cases


def has_floats(result: tuple, wanted: tuple, case: Case) -> bool | None:
    """Recognise the right whole numbers as floats."""
    if case.tag != "whole":
        return None
    ends = [end for axis in result[0].values() for end in axis]
    right = [end for axis in wanted[0].values() for end in axis]
    return ends == right and all(np.asarray(end).dtype.kind == "f" for end in ends)


refining = partial(misconceptions, ref.refine_space)

BEST = "best = sorted(trials, key=lambda trial: trial[1], reverse=True)[:keep]"
RANGE = "refined[name] = (scale, min(values), max(values))"

REFINE_MISCONCEPTIONS = (
    *refining(
        "SA-11", FINE,
        "The new range is built round a centre, in linear arithmetic. On a log scale its middle is "
        "then wrong, and it may reach where no good trial was: take the smallest and largest kept "
        "value.",
        [(RANGE,
          "middle, half = (min(values) + max(values)) / 2, max(values) - min(values)\n"
          "        refined[name] = (scale, middle - half, middle + half)")],
        [("(scale, _, _)", "(scale, low, high)"),
         (RANGE,
          "quarter = (high - low) / 4\n"
          "        refined[name] = (scale, values[0] - quarter, values[0] + quarter)")],
    ),
    *refining(
        "RS-01", FINE,
        "The worst trials are kept. Higher scores are better.",
        [(", reverse=True", "")],
    ),
    *refining(
        "RS-02", FINE,
        "The first trials of the list are kept. Sort by score, and keep the best.",
        [(BEST, "best = trials[:keep]")],
        [(BEST, "best = trials[-keep:]")],
    ),
    *refining(
        "RS-03", FINE,
        "All trials count, whatever keep says. Only the best ones should.",
        [(BEST, "best = trials")],
    ),
    *refining(
        "RS-04", FINE,
        "A scale is lost or changed. A range of learning rates stays a range on the log scale, "
        "however narrow it becomes.",
        [(RANGE, 'refined[name] = ("linear", min(values), max(values))')],
    ),
    *refining(
        "RS-05", FINE,
        "The ends are exponents. A space holds the values themselves: log10 is taken when drawing.",
        [(RANGE,
          'ends = min(values), max(values)\n'
          '        if scale == "log":\n'
          "            ends = tuple(np.log10(ends).tolist())\n"
          "        refined[name] = (scale, *ends)")],
    ),
    *refining(
        "RS-06", FINE,
        "The caller's space or list of trials changes. Sort a copy, and fill a new dict.",
        [(BEST,
          "trials.sort(key=lambda trial: trial[1], reverse=True)\n    best = trials[:keep]")],
        [("refined = {}", "refined = space")],
    ),
    *refining(
        "RS-07", FINE,
        "One trial too many or too few is kept. A slice [:keep] holds keep of them.",
        [("[:keep]", "[: keep + 1]")],
        [("[:keep]", "[: max(keep - 1, 1)]")],
    ),
    *refining(
        "RS-08", FINE,
        "Whole numbers become floats. The ends of an integer range are ints, as they were.",
        [(RANGE, "refined[name] = (scale, float(min(values)), float(max(values)))")],
        [("values = [point[name] for point, _ in best]",
          "values = np.array([point[name] for point, _ in best]) * 1.0")],
        looks_like=has_floats,
    ),
    *refining(
        "RS-09", FINE,
        "The ranges stay as they were. Each shrinks to what the kept trials span.",
        [("(scale, _, _)", "(scale, low, high)"),
         (RANGE, "refined[name] = (scale, min(low, *values), max(high, *values))")],
    ),
)  # fmt: skip


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


REFINE_SPACE = Task(
    reference=ref.refine_space,
    returns="space",
    cases=refine_cases,
    criteria=(
        Criterion("ranges", 3.5, "ranges", "low_high"),
        Criterion("whole numbers", 0.5, "whole", "low_high"),
        Criterion("scales", 1, "ranges whole", "scales"),
        inputs_untouched(1),
    ),
    lecture=FINE,
    misconceptions=REFINE_MISCONCEPTIONS,
    variants=(Variant("by argsort", by_argsort),),
)

TASKS = (SAMPLE_LEARNING_RATES, SAMPLE_BETAS, GRID_POINTS, RANDOM_POINTS, BEST_TRIAL, REFINE_SPACE)
