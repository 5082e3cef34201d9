"""`ewa_weights`: the weight that each value has in the last average."""

from __future__ import annotations

import numpy as np

from grader_tests.weighted_averages import BIAS, MEMORY
from grader_tests.weighted_averages import reference as ref
from grader_tests.weighted_averages.draws import FIXED, no_flat_array
from grading.marking import (
    Agrees,
    Case,
    Holds,
    Mistake,
    Promise,
    Task,
    Variant,
    call,
    edit,
    fixed,
)


def cases(rng: np.random.Generator) -> list[Case]:
    """Few and many values, with the correction and without, the smallest inputs, and nonsense."""
    cases = []
    for T, beta in (
        (4, rng.uniform(0.6, 0.75)),
        (9, rng.uniform(0.8, 0.9)),
        (250, rng.uniform(0.97, 0.98)),
        (6, rng.uniform(0.2, 0.4)),
    ):
        for corrected in (False, True):
            tag = "corrected" if corrected else "plain"
            cases.append(case(T, beta, corrected, tag))
    cases.append(case(30, 0.999, True, "corrected"))
    for T, beta, corrected in (
        *((1, rng.uniform(0.6, 0.9), corrected) for corrected in (False, True)),
        *((5, 0.0, corrected) for corrected in (False, True)),
    ):
        cases.append(case(T, beta, corrected, "edge"))
    for T, beta in (
        (0, 0.5),
        (0, 0.9),
        (-2, 0.9),
        (4, 1.0),
        (6, 1.0),
        (5, 1.5),
        (4, -0.3),
        (6, -0.1),
    ):
        cases.append(case(T, beta, bool(rng.integers(2)), "edge", raises=ValueError))
    return cases


def case(T: int, beta: float, corrected: bool, tag: str, raises: type | None = None) -> Case:
    """Call the function, and say so to the student."""
    words = "with" if corrected else "without"
    label = f"T = {T}, beta = {beta:.3g}, {words} correction"
    return call(ref.ewa_weights, T, beta, corrected, label=label, tags=tag, raises=raises)


def right_in_any_order(result: np.ndarray, wanted: np.ndarray, case: Case) -> str | None:
    """Hold that these are the weights, from the first value to the last or the other way round."""
    if np.shape(result) != wanted.shape:
        return f"There should be {len(wanted)} weights, in an array of shape {wanted.shape}."
    for order in (wanted, wanted[::-1]):
        if np.allclose(result, order, rtol=1e-6, atol=1e-12):
            return None
    return "There is a value that has another weight in the average."


REFUSAL = """\
    if T < 1 or not 0 <= beta < 1:
        raise ValueError(f"no average of {T} values with beta = {beta}")
"""
AGE = "age = np.arange(T)[::-1]"
WEIGHTS = "(1 - beta) * beta**age"
SUM = "weights / (1 - beta**T)"
RETURN = f"return {SUM} if corrected else weights"

MISTAKES = (
    Mistake(
        "EW-28",
        MEMORY,
        "The newest value comes first. Here the weights stand in the order of the values, from the "
        "oldest on, whose weight is the smallest.",
        edit(AGE, "age = np.arange(T)"),
    ),
    Mistake(
        "EW-29",
        MEMORY,
        "Every value is taken for one step older than it is. The newest one has not faded yet: "
        "count the steps that have passed since it came in.",
        edit(AGE, "age = np.arange(T, 0, -1)"),
        edit(AGE, "age = np.arange(1, T + 1)"),
    ),
    Mistake(
        "EW-30",
        MEMORY,
        "The share with which a value comes in is left out: only its fading is there. Follow one "
        "value from the step in which it comes.",
        edit(WEIGHTS, "beta**age"),
        edit(RETURN, "return np.ones(T) * beta**age"),
        edit(WEIGHTS, "beta**age").then(SUM, "weights / sum(weights)"),
    ),
    Mistake(
        "EW-31",
        BIAS,
        "The argument corrected is not looked at, or is read the other way round. True asks for "
        "weights after the correction, False for those before it.",
        edit(RETURN, "return weights"),
        edit(RETURN, f"return {SUM}"),
        edit("if corrected", "if not corrected"),
    ),
    Mistake(
        "EW-33",
        BIAS,
        "Corrected weights do not add up to 1. Look at what the average is divided by, and at how "
        "many values it has seen.",
        edit("beta**T", "beta ** (T - 1)"),
        edit("beta**T", "beta ** (T + 1)"),
        edit("beta**T", "beta"),
        edit(SUM, "weights * (1 - beta**T)"),
        edit(SUM, "weights / (1 - beta)"),
        edit(SUM, "weights / beta**T"),
        edit(SUM, "weights / T"),
        edit(SUM, "weights / max(weights)"),
    ),
    Mistake(
        "EW-34",
        BIAS,
        "Each weight is corrected by a count of its own. They are the weights of one average, the "
        "last: all are divided by the same.",
        edit("beta**T", "beta ** np.arange(1, T + 1)"),
        edit("beta**T", "beta ** np.arange(T, 0, -1)"),
    ),
    Mistake(
        "EW-35",
        MEMORY,
        "The weight of the start, v_0 = 0, is there too. There are T values.",
        edit(AGE, "age = np.arange(T + 1)[::-1]"),
        edit(RETURN, f"weights = np.append(beta**T, weights)\n    {RETURN}"),
        edit(RETURN, f"weights[0] = beta ** (T - 1)\n    {RETURN}"),
    ),
    Mistake(
        "EW-36",
        MEMORY,
        "The weights are added up one after the other. Each entry should be the weight of one "
        "value.",
        edit(RETURN, RETURN.replace("weights", "np.cumsum(weights)")),
        edit(
            RETURN,
            RETURN.replace("return weights", "return np.cumsum(weights[::-1])[::-1]").replace(
                "else weights", "else np.cumsum(weights[::-1])[::-1]"
            ),
        ),
    ),
    Mistake(
        "EW-37",
        MEMORY,
        "beta and what it leaves are exchanged: beta is the share of the old average that stays. "
        "It is what fades a value from step to step.",
        edit(WEIGHTS, "beta * (1 - beta) ** age"),
        edit("", "beta = 1 - beta"),
    ),
    Mistake(
        "EW-38",
        MEMORY,
        FIXED,
        edit(WEIGHTS, "0.1 * 0.9**age"),
        numbers=fixed("beta"),
    ),
    Mistake(
        "EW-39",
        MEMORY,
        "All values weigh the same. In an exponentially weighted average older values fade.",
        edit(WEIGHTS, "np.full(T, (1 - beta))"),
        edit(WEIGHTS, "np.full(T, 1 / T)"),
        edit(RETURN, "return np.full(T, 1 / T)"),
    ),
    Mistake(
        "EW-32",
        MEMORY,
        "What makes no sense gets through, or what does is refused. There is at least one value; "
        "beta may be 0, and is below 1.",
        edit(REFUSAL, ""),
        edit("T < 1 or not 0 <= beta < 1", "T < 1"),
        edit("T < 1 or not 0 <= beta < 1", "not 0 <= beta < 1"),
        edit("0 <= beta < 1", "0 <= beta <= 1").then("beta**T)", "beta**T + (beta == 1))"),
        edit("0 <= beta < 1", "beta < 1"),
        edit("0 <= beta < 1", "0 < beta < 1"),
        edit("T < 1", "T < 2"),
        edit("T < 1", "T < 0"),
    ),
    Mistake(
        "EW-58",
        MEMORY,
        "What comes back is no NumPy array with one axis: a list, a column, or nothing. Return an "
        "array of shape (T,), with one number for each value.",
        edit(RETURN, f"return ({RETURN.removeprefix('return ')}).tolist()"),
        edit(RETURN, f"return ({RETURN.removeprefix('return ')})[:, np.newaxis]"),
        edit(RETURN, "return None"),
        looks_like=no_flat_array,
    ),
)


def one_after_the_other(T, beta, corrected):
    """Let each new value fade the others."""
    if not (T >= 1 and beta >= 0 and beta < 1):
        raise ValueError(T, beta)
    weights = []
    for _ in range(T):
        weights = [beta * weight for weight in weights]
        weights.append(1 - beta)
    total = sum(weights) if corrected else 1.0
    return np.array(weights) / total


def by_impulses(T, beta, corrected):
    """Average series with a single 1: what comes out is the weight of that place."""
    if T <= 0:
        raise ValueError("no value")
    if beta < 0 or beta >= 1:
        raise ValueError("no beta")
    weights = np.zeros(T)
    for place, impulse in enumerate(np.eye(T)):
        average, left = 0.0, 1.0
        for value in impulse:
            average, left = beta * average + (1 - beta) * value, beta * left
        weights[place] = average / (1 - left) if corrected else average
    return weights


def by_logarithms(T, beta, corrected):
    """Weights that add up to 1, by their ratios."""
    if T < 1 or beta < 0 or beta >= 1:
        raise ValueError("T or beta is out of range")
    weights = np.flip(np.power(float(beta), range(T)))
    weights = weights / weights.sum()
    return weights if corrected else weights * (1 - np.power(beta, T))


TASK = Task(
    reference=ref.ewa_weights,
    returns="weights",
    cases=cases,
    criteria=(
        Holds("weights, in any order", 2, right_in_any_order, "plain"),
        Agrees("the oldest value first", 1, "plain"),
        Agrees("weights after correction", 1, "corrected"),
        Agrees("smallest inputs, and what is refused", 1, "edge", beside="*"),
    ),
    lecture=MEMORY,
    mistakes=MISTAKES,
    variants=(
        Variant("one after the other", one_after_the_other),
        Variant("impulses", by_impulses),
        Variant("logarithms", by_logarithms),
    ),
    losses={
        "EW-58": "all",
        "EW-58, way 1": "all but weights, in any order",
        "EW-28": "all but weights, in any order",
        "EW-29": "all",
        "EW-30": "all",
        "EW-30, way 3": "all but weights after correction",
        "EW-31": "all but weights, in any order · the oldest value first",
        "EW-31, way 2": "all but weights after correction",
        "EW-31, way 3": "all",
        "EW-33": "all but weights, in any order · the oldest value first",
        "EW-33, way 3": "weights after correction",
        "EW-33, way 5": "weights after correction",
        "EW-33, way 8": "weights after correction",
        "EW-34": "weights after correction",
        "EW-35": "all",
        "EW-36": "all",
        "EW-37": "all",
        "EW-38": "all",
        "EW-39": "all",
        "EW-32": "smallest inputs, and what is refused",
    },
    promises={
        "T": Promise(value=(1, 250)),
        "beta": Promise(value=(0, 0.99), within=(0, 0.999), has=("0",)),
        "corrected": Promise(),
    },
    equivalent={
        "T is a whole number": ("if (T * 1.01) < 1 or not 0 <= beta < 1:",),
        "as true as it was": (
            "return weights / (1 - beta**T) if -corrected else weights",
            "return weights / (1 - beta**T) if corrected * 1.01 else weights",
        ),
    },
)
