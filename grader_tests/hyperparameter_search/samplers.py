"""What the two samplers share: cases, checks, and the mistakes that both invite."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from grader_tests.hyperparameter_search import GRID, MANY, SCALES
from grader_tests.hyperparameter_search.draws import Transform, distance
from grading.marking import Case, Mistake, Rng, Sign, call, chance, edit, script

DRAWS = 4000
SAMPLER_CHECKS = 5  # cases with a margin, for each sampler

TWICE = """\
import numpy as np
rng = np.random.default_rng(seed)
first = {name}(low, high, size, rng)
later = {name}(low, high, size, rng)
again = {name}(low, high, size, np.random.default_rng(seed))
lower = {name}(low, (low + high) / 2, size, np.random.default_rng(seed))
result = first, later, again, lower"""


def sampler_cases(
    reference: Callable, ranges: list[tuple[float, float]], rng: np.random.Generator
) -> list[Case]:
    """Draws large enough to judge their distribution, and repeated calls.

    The last range is narrow: there an end that is missed by a hundredth shows, but not the scale.
    """
    cases = []
    for low, high in ranges:
        seed = int(rng.integers(2**32))
        label = f"{DRAWS} values from {low:g} to {high:g}"
        tag = "narrow" if (low, high) == ranges[-1] else "draws"
        cases.append(call(reference, low, high, DRAWS, Rng(seed), label=label, tags=tag))
    code = TWICE.format(name=reference.__name__)
    for low, high in ranges[:2]:
        label = f"four calls with 40 values from {low:g} to {high:g}"
        given = {"seed": int(rng.integers(2**32)), "low": low, "high": high, "size": 40}
        cases.append(script(code, label=label, tags="twice", **given))
    return cases


def bounds(case: Case) -> tuple[float, float]:
    """Return low and high of a sampler's case."""
    return case.inputs["low"], case.inputs["high"]


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
    """The same generator state gives the same values, another one or another range others."""
    first, later, again, lower = result
    if not np.array_equal(first, again):
        return "Two generators with the same seed gave different values."
    if np.array_equal(first, later):
        return "The second call with one generator repeated the values of the first."
    if np.array_equal(first, lower):
        return "Two ranges gave the same values."
    return None


def varied(values: object) -> bool:
    """Whether values are an array without order."""
    steps = np.diff(values) if np.ndim(values) == 1 else np.zeros(1)
    return bool(np.any(steps > 0) and np.any(steps < 0))


def in_draws(sign: Callable[[np.ndarray, float, float], bool]) -> Sign:
    """Recognise large draws that have the sign."""

    def looks_like(result: object, wanted: object, case: Case) -> bool | None:
        if "draws" not in case.tags:
            return None
        with np.errstate(all="ignore"):
            return bool(sign(result, *bounds(case)))

    return looks_like


def spread(*positions: Transform) -> Sign:
    """Recognise draws that are uniform on another scale, one of these."""
    margin = chance.fraction_margin(DRAWS)
    return in_draws(
        lambda x, low, high: (
            varied(x) and any(distance(position(x, low, high)) <= margin for position in positions)
        )
    )


def from_another_seed(result: tuple, wanted: tuple, case: Case) -> bool | None:
    """Recognise values that do not depend on the generator's seed, though they are random."""
    return not np.array_equal(result[0], result[2]) if "twice" in case.tags else None


def always_the_same(result: tuple, wanted: tuple, case: Case) -> bool | None:
    """Recognise random values that are the same at every call."""
    if "twice" not in case.tags:
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


def sampler_mistakes(exponents: str, answer: str) -> tuple[Mistake, ...]:
    """Mistakes with rng and size, which both samplers invite."""
    drawn = exponents.removesuffix(", size)")
    ends = drawn.removeprefix("rng.uniform(")
    lower, upper = ends.split(", ")
    return (
        Mistake(
            "SA-24",
            SCALES,
            "The two ends of the exponents have changed places, which rng.uniform refuses. The "
            "smaller exponent comes first: that of the smaller number.",
            edit(ends, f"{upper}, {lower}"),
        ),
        Mistake(
            "SA-25",
            SCALES,
            "The values come back as a list or a tuple. Return an array.",
            edit(f"return {answer}", f"return list({answer})"),
            edit(f"return {answer}", f"return tuple({answer})"),
            looks_like=in_draws(lambda x, low, high: type(x) in (list, tuple) and varied(x)),
        ),
        Mistake(
            "SA-08",
            MANY,
            "All values are the same: one was drawn and repeated, or each draw starts from the "
            "same seed again. Draw every value anew from rng.",
            edit(exponents, f"np.full(size, {drawn}))"),
            edit(
                exponents,
                f"np.array([np.random.default_rng(0).uniform({ends}) for _ in range(size)])",
            ),
            looks_like=in_draws(one_value),
        ),
        Mistake(
            "SA-13",
            SCALES,
            "The values do not come from rng, but from another generator. Nobody can repeat such a "
            "search: use the methods of rng.",
            edit("rng.uniform", "np.random.uniform"),
            edit("rng.uniform", "np.random.default_rng().uniform"),
            looks_like=from_another_seed,
        ),
        Mistake(
            "SA-14",
            SCALES,
            "Every call gives the same values, for the seed is fixed inside the function. Use rng, "
            "whose seed the caller has chosen.",
            edit("rng.uniform", "np.random.default_rng(0).uniform"),
            looks_like=always_the_same,
        ),
        Mistake(
            "SA-15",
            GRID,
            "The values are evenly spaced, not drawn. That is a grid; a search that repeats it "
            "learns nothing new.",
            edit(exponents, f"np.linspace({ends}, size)"),
            looks_like=in_draws(evenly_spaced),
        ),
        Mistake(
            "SA-16",
            SCALES,
            "The values are sorted. Together with other hyperparameters, sorted ones would all "
            "grow together: leave them as they are drawn.",
            edit(f"return {answer}", f"return np.sort({answer})"),
            looks_like=in_draws(sorted_draws),
        ),
        Mistake(
            "SA-17",
            SCALES,
            "size is not used: there is one value only. Return an array of that many.",
            edit(exponents, f"{drawn})"),
            looks_like=in_draws(lambda x, low, high: np.ndim(x) == 0),
        ),
    )
