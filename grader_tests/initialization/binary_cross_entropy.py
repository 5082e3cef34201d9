"""`binary_cross_entropy`: the mean loss of probabilities, also where they are 0 or 1."""

from __future__ import annotations

from typing import Any

import numpy as np

from grader_tests.initialization import CROSS_ENTROPY
from grader_tests.initialization import reference as ref
from grading.marking import (
    Agrees,
    Case,
    Holds,
    InputsUntouched,
    Mistake,
    Promise,
    Task,
    Tolerance,
    Variant,
    call,
    edit,
)


def cases(rng: np.random.Generator) -> list[Case]:
    """Probabilities of all sizes, certain and right answers, certain and wrong ones."""

    def case(AL: np.ndarray, Y: np.ndarray, label: str, tag: str) -> Case:
        return call(ref.binary_cross_entropy, AL, Y, label=label, tags=tag)

    def labels(m: int) -> np.ndarray:
        Y = rng.integers(0, 2, (1, m)).astype(float)
        Y[0, :2] = 0.0, 1.0
        return Y

    cases = [
        case(rng.uniform(0.05, 0.95, (1, m)), labels(m), f"{m} examples", "open")
        for m in (2, 5, 8, 50)
    ]
    for m in (6, 9):
        Y = labels(m)
        near = np.abs(np.where(np.arange(m) % 2, Y, 1 - Y) - rng.uniform(0.001, 0.004, (1, m)))
        cases.append(case(near, Y, f"{m} examples, nearly certain, right or wrong", "open"))
        AL = rng.uniform(0.2, 0.8, (1, m))
        AL[0, :2] = Y[0, :2]
        cases.append(case(AL, Y, f"{m} examples, two of them certain and right", "right"))
        AL = rng.uniform(0.2, 0.8, (1, m))
        AL[0, :2] = 1 - Y[0, :2]
        cases.append(case(AL, Y, f"{m} examples, two of them certain and wrong", "wrong"))
    return cases


def bounded_far_enough(result: Any, wanted: float, case: Case) -> str | None:
    """Finite; each certain and wrong answer costs what a bound of 1e-15 or less makes of it."""
    if not np.all(np.isfinite(result)):
        return "The cost should be finite."
    surplus, zeros = cost_of_zeros(result, case)
    if not LEAST * zeros - 1e-6 <= surplus <= 746 * zeros + 1e-6:
        return "The cost is not that of a bound of 1e-15 or less below the probabilities."
    return None


def cost_of_zeros(result: float, case: Case) -> tuple[float, int]:
    """What labels of probability 0 cost together, and how many there are."""
    AL, Y = case.inputs["AL"], case.inputs["Y"]
    true = np.where(Y == 1, AL, 1 - AL)
    others = np.sum(np.log(true[true > 0]))
    return float(np.squeeze(result)) * true.size + others, np.count_nonzero(true == 0)


def held_too_high(result: Any, wanted: float, case: Case) -> bool | None:
    """Recognise any number above 1e-15 that is added, or below which nothing counts."""
    surplus, zeros = cost_of_zeros(result, case)
    if zeros:
        return bool(2 < surplus / zeros < LEAST)
    return None if np.allclose(result, wanted, rtol=0.3) else False


def in_an_array(result: Any, wanted: float, case: Case) -> bool | None:
    """Recognise a cost that kept an axis, wherever it is finite."""
    return np.ndim(result) > 0 if np.all(np.isfinite(result)) else None


def one_number(result: Any, wanted: float, case: Case) -> str | None:
    """No axis is left."""
    return None if np.ndim(result) == 0 else f"The cost has the shape {np.shape(result)}."


LOSSES = "losses = Y * np.log(np.maximum(AL, tiny)) + (1 - Y) * np.log(np.maximum(1 - AL, tiny))"
COST = "return -float(np.mean(losses))"
LEAST = -np.log(1.2e-15)  # what a label of probability 0 costs; 1 - 1e-15 is rounded

MISTAKES = (
    Mistake(
        "CE-01",
        CROSS_ENTROPY,
        "The losses are added up. The cost is their mean over the examples.",
        edit(COST, "return -float(np.sum(losses))"),
    ),
    Mistake(
        "CE-02",
        CROSS_ENTROPY,
        "Only the examples of one class count. Those with Y = 0 add −log(1 − AL), those with "
        "Y = 1 add −log AL.",
        edit(LOSSES, "losses = Y * np.log(np.maximum(AL, tiny))"),
        edit(LOSSES, "losses = (1 - Y) * np.log(np.maximum(1 - AL, tiny))"),
    ),
    Mistake(
        "CE-03",
        CROSS_ENTROPY,
        "The sign is missing. Logarithms of probabilities are negative, and a cost is positive.",
        edit(COST, "return float(np.mean(losses))"),
    ),
    Mistake(
        "CE-04",
        CROSS_ENTROPY,
        "The logarithm has another base. It should be the natural one.",
        edit("np.log(", "np.log2(", 2),
        edit("np.log(", "np.log10(", 2),
    ),
    Mistake(
        "CE-05",
        CROSS_ENTROPY,
        "A probability of exactly 0 or 1 makes the cost infinite or not a number. Keep the "
        "logarithm's argument away from 0.",
        edit("tiny = 1e-15", "tiny = 0.0"),
        looks_like=lambda result, wanted, case: (
            not np.isfinite(result) if {"right", "wrong"} & set(case.tags) else None
        ),
    ),
    Mistake(
        "CE-10",
        CROSS_ENTROPY,
        "What is not a number is left out of the sum. That hides 0 · log 0 and leaves log 0 "
        "infinite: keep the logarithm's argument away from 0.",
        edit("tiny = 1e-15", "tiny = 0.0").then(
            COST, "return -float(np.nansum(losses)) / Y.shape[1]"
        ),
        looks_like=lambda result, wanted, case: (
            np.isinf(result) if "wrong" in case.tags else bool(np.isfinite(result)) and None
        ),
    ),
    Mistake(
        "CE-06",
        CROSS_ENTROPY,
        "Probabilities are held too far from 0 and 1, so that very wrong answers cost too little. "
        "A bound of 1e-15 is enough.",
        edit("tiny = 1e-15", "tiny = 1e-2"),
        edit("tiny = 1e-15", "tiny = 1e-5"),
        edit("tiny = 1e-15", "tiny = 1e-12"),
        edit(
            "tiny = 1e-15",
            "tiny = 0.0\n    AL = np.clip(AL, 1e-7, 1 - 1e-7)",
        ),
        edit("np.maximum(AL, tiny)", "AL + 1e-8").then("np.maximum(1 - AL, tiny)", "1 - AL + 1e-8"),
        looks_like=held_too_high,
    ),
    Mistake(
        "CE-07",
        CROSS_ENTROPY,
        "The cost is an array. Make it one number, of type float.",
        edit(COST, "return -np.mean(losses, axis=1, keepdims=True)"),
        edit(COST, "return -np.mean(losses, axis=1)"),
        looks_like=in_an_array,
    ),
    Mistake(
        "CE-08",
        CROSS_ENTROPY,
        "This is the mean squared error. For probabilities the cost is the cross-entropy.",
        edit(COST, "return float(np.mean((AL - Y) ** 2))"),
        edit(COST, "return float(np.mean((AL - Y) ** 2) / 2)"),
    ),
    Mistake(
        "CE-09",
        CROSS_ENTROPY,
        "AL is changed in place, where it is kept away from 0 and 1. The caller still needs it: "
        "clip into a new array.",
        edit("tiny = 1e-15", "tiny = 1e-15\n    np.clip(AL, tiny, 1 - tiny, out=AL)"),
    ),
    Mistake(
        "CE-11",
        CROSS_ENTROPY,
        "The cost is half of what it should be. Only a mean of squares has a ½ in front.",
        edit("-float(np.mean(losses))", "-float(np.mean(losses)) / 2"),
    ),
    Mistake(
        "CE-12",
        CROSS_ENTROPY,
        "Labels and probabilities have changed places. The logarithm is that of the probability.",
        edit(
            "Y * np.log(np.maximum(AL, tiny)) + (1 - Y) * np.log(np.maximum(1 - AL, tiny))",
            "AL * np.log(np.maximum(Y, tiny)) + (1 - AL) * np.log(np.maximum(1 - Y, tiny))",
        ),
    ),
)

TASK = Task(
    reference=ref.binary_cross_entropy,
    returns="cost",
    cases=cases,
    criteria=(
        Agrees("cost", 0.75, "open", tolerance=Tolerance(relative=1e-5), loose_shape=True),
        Holds("one number", 0.25, one_number, "open", beside="cost"),
        Agrees("certain and right", 0.25, "right", loose_shape=True),
        Holds("certain and wrong", 0.5, bounded_far_enough, "wrong", beside="cost"),
        InputsUntouched(0.25),
    ),
    lecture=CROSS_ENTROPY,
    mistakes=MISTAKES,
    unworked={"the right answer flattened": "the cost is right; one criterion asks for a number"},
    variants=(
        Variant(
            "clipped probabilities",
            edit(
                LOSSES,
                "AL = np.clip(AL, 1e-15, 1 - 1e-15)\n"
                "    losses = np.where(Y == 1, np.log(AL), np.log(1 - AL))",
            ),
        ),
        Variant(
            "a small number added",
            edit(LOSSES, "losses = Y * np.log(AL + 1e-15) + (1 - Y) * np.log(1 - AL + 1e-15)"),
        ),
        Variant(
            "products of matrices",
            edit(
                COST,
                "AL = np.clip(AL, 1e-15, 1 - 1e-15)\n"
                "    both = np.dot(Y, np.log(AL).T) + np.dot(1 - Y, np.log1p(-AL).T)\n"
                "    return np.squeeze(-both / Y.shape[1])",
            ),
        ),
    ),
    losses={
        "CE-11": "all",
        "CE-12": "all",
        "CE-01": "all",
        "CE-02": "all",
        "CE-03": "all",
        "CE-04": "all",
        "CE-05": "certain and right · certain and wrong",
        "CE-10": "certain and wrong",
        "CE-06": "certain and wrong",
        "CE-06, way 1": "cost · one number · certain and wrong",
        "CE-07": "one number",
        "CE-08": "all",
        "CE-09": "inputs untouched",
    },
    promises={
        "AL": Promise(value=(0, 1), columns=(2, 50), has=("0",)),
        "Y": Promise(value=(0, 1), columns=(2, 50), has=("0", "equal neighbours")),
    },
    equivalent={
        "no more than a hundredth away from the bound: taken for it": (
            "tiny = 1.01e-15",
            "losses = Y * np.log(np.maximum(AL, tiny * 1.01)) + (1 - Y) * "
            "np.log(np.maximum(1 - AL, tiny))",
            "losses = Y * np.log(np.maximum(AL, tiny)) + (1 - Y) * np.log(np.maximum(1 - AL, "
            "tiny * 1.01))",
        ),
        "a number of NumPy is a number": ("return -(np.mean(losses))",),
    },
)
