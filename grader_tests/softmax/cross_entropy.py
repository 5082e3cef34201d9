"""`cross_entropy`: return ``-sum(Y * log(P)) / m``, finite where P is 0."""

from __future__ import annotations

import numpy as np

from grader_tests.softmax import CROSS_ENTROPY
from grader_tests.softmax import reference as ref
from grader_tests.softmax.draws import answers, size, with_truth_at
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
    """Several sizes, small probabilities of the true class, and exact zeros."""
    cases = []
    for C, m in ((4, 6), (3, 5), (4, 4), (3, 3), (2, 7), (5, 1), (120, 130)):
        cases.append(call(ref.cross_entropy, *answers(rng, C, m), label=size(C, m), tags="plain"))
    for C, m in ((3, 5), (5, 4)):
        P, Y = answers(rng, C, m)
        P = with_truth_at(P, Y, [1e-6, 1e-9, 1e-12])
        label = f"{size(C, m)}, the true class at 1e-6, 1e-9 and 1e-12"
        cases.append(call(ref.cross_entropy, P, Y, label=label, tags="small"))
    for C, m in ((3, 4), (4, 6)):
        P, Y = answers(rng, C, m)
        label = f"{size(C, m)}, the true class of one at 0"
        cases.append(
            call(ref.cross_entropy, with_truth_at(P, Y, [0.0]), Y, label=label, tags="zero")
        )
        P, Y = answers(rng, C, m)
        label = f"{size(C, m)}, the true class of one at 1, the others at 0"
        cases.append(
            call(ref.cross_entropy, with_truth_at(P, Y, [1.0]), Y, label=label, tags="zero")
        )
    return cases


def bounded_far_enough(result: float, wanted: float, case: Case) -> str | None:
    """A 0 costs what a bound of 1e-15 or less makes of it; the other examples what they did."""
    if not np.all(np.isfinite(result)):
        return "The cost should be finite."
    surplus, zeros = cost_of_zeros(result, case)
    if not 34.52 * zeros - 1e-6 <= surplus <= 746 * zeros + 1e-6:
        return "The cost is not that of a bound of 1e-15 or less below the probabilities."
    return None


def cost_of_zeros(result: float, case: Case) -> tuple[float, int]:
    """What true classes of probability 0 cost together, and how many there are."""
    true = np.sum(case.inputs["P"] * case.inputs["Y"], axis=0)
    others = np.sum(np.log(true[true > 0]))
    return float(np.squeeze(result)) * len(true) + others, np.count_nonzero(true == 0)


def held_too_high(result: float, wanted: float, case: Case) -> bool | None:
    """Recognise any number above 1e-15 that is added, or below which nothing counts."""
    surplus, zeros = cost_of_zeros(result, case)
    if zeros:
        return bool(2 < surplus / zeros < 34.52)
    return None if "small" in case.tags or np.allclose(result, wanted, rtol=0.3) else False


def in_an_array(result: float, wanted: float, case: Case) -> bool | None:
    """Recognise a cost that kept an axis, wherever it is finite."""
    return np.ndim(result) > 0 if np.all(np.isfinite(result)) else None


def not_finite(result: float, wanted: float, case: Case) -> bool | None:
    """Recognise the logarithm of 0."""
    return True if "zero" in case.tags and not np.all(np.isfinite(result)) else None


def one_number(result: float, wanted: float, case: Case) -> str | None:
    """No axis is left."""
    return None if np.ndim(result) == 0 else f"The cost has the shape {np.shape(result)}."


GUARDED = "np.log(np.maximum(P, tiny))"
COST = "return -float(np.sum(Y * np.log(np.maximum(P, tiny)))) / Y.shape[1]"

MISTAKES = (
    Mistake(
        "SM-05",
        CROSS_ENTROPY,
        "The logarithm of 0 is taken. It is −inf, and 0 · (−inf) is nan even for a class that "
        "does not count: keep P above 0 first.",
        edit(GUARDED, "np.log(P)"),
        edit(COST, "return -float(np.mean(np.log(np.sum(Y * P, axis=0))))"),
        looks_like=not_finite,
    ),
    Mistake(
        "SM-07",
        CROSS_ENTROPY,
        "The cost is a sum over the examples. It should be their mean, so that it does not grow "
        "with the batch.",
        edit(COST, COST.removesuffix(" / Y.shape[1]")),
    ),
    Mistake(
        "SM-08",
        CROSS_ENTROPY,
        "The mean runs over classes and examples alike. Sum over the classes and divide by the "
        "number of examples m only.",
        edit(COST, COST.replace("Y.shape[1]", "Y.size")),
    ),
    Mistake(
        "SM-09",
        CROSS_ENTROPY,
        "The minus sign is missing. Logarithms of probabilities are negative; a cost is not.",
        edit(COST, COST.replace("-float", "float")),
    ),
    Mistake(
        "SM-10",
        CROSS_ENTROPY,
        "The logarithm has base 2 or 10. This course counts in nats, by the natural logarithm; "
        "then the gradient has no extra factor.",
        edit("np.log(", "np.log2("),
        edit("np.log(", "np.log10("),
    ),
    Mistake(
        "SM-16",
        CROSS_ENTROPY,
        "The caller's P is changed, to keep it above 0 or to save an array. The backward pass "
        "still needs it: compute a new one.",
        edit(COST, "P[P < tiny] = tiny\n    return -float(np.sum(Y * np.log(P))) / Y.shape[1]"),
        edit(
            COST,
            "np.log(np.maximum(P, tiny), out=P)\n    return -float(np.sum(Y * P)) / Y.shape[1]",
        ),
    ),
    Mistake(
        "SM-20",
        CROSS_ENTROPY,
        "Probabilities are held too far above 0, by a bound or by a number that is added. A very "
        "wrong answer then costs too little: only an exact 0 needs help, and 1e-15 is enough.",
        edit("1e-15", "1e-14"),
        edit("1e-15", "1e-3"),
        edit(GUARDED, "np.log(np.clip(P, 1e-7, 1 - 1e-7))"),
        edit(GUARDED, "np.log(P + 1e-8)"),
        edit(GUARDED, "np.log(P + 1e-12)"),
        looks_like=held_too_high,
    ),
    Mistake(
        "SM-38",
        CROSS_ENTROPY,
        "The cost is an array. Make it one number, of type float.",
        edit(COST, "return -np.sum(Y * np.log(np.maximum(P, tiny)), keepdims=True) / Y.shape[1]"),
        edit(COST, "return -np.sum(Y * np.log(np.maximum(P, tiny))).reshape(1) / Y.shape[1]"),
        looks_like=in_an_array,
    ),
    Mistake(
        "SM-30",
        CROSS_ENTROPY,
        "Every class is treated as a yes-or-no question of its own, with (1 − Y) log(1 − P) as "
        "well. With softmax only the true class's logarithm counts.",
        edit(
            f"Y * {GUARDED}",
            "Y * np.log(np.maximum(P, tiny)) + (1 - Y) * np.log(np.maximum(1 - P, tiny))",
        ),
    ),
    Mistake(
        "SM-31",
        CROSS_ENTROPY,
        "The cost is a mean square. Cross-entropy is minus the log of the true class's "
        "probability; its gradient does not fade when the answer is very wrong.",
        edit(COST, "return float(np.mean(np.sum((P - Y) ** 2, axis=0)))"),
    ),
    Mistake(
        "SM-32",
        CROSS_ENTROPY,
        "The largest probability is taken, whichever class it belongs to. Being sure of a wrong "
        "class must cost much: take the true class's.",
        edit(COST, "return -float(np.mean(np.log(np.max(P, axis=0))))"),
    ),
    Mistake(
        "SM-33",
        CROSS_ENTROPY,
        "The sum is divided by the number of classes. Examples are columns: m is Y.shape[1].",
        edit("Y.shape[1]", "Y.shape[0]"),
        edit("Y.shape[1]", "len(Y)"),
    ),
    Mistake(
        "SM-34",
        CROSS_ENTROPY,
        "P and Y are exchanged. The logarithm is that of the predicted probability, and Y picks "
        "the class.",
        edit(f"Y * {GUARDED}", "P * np.log(np.maximum(Y, tiny))"),
    ),
)


def true_class_only(P, Y):
    """The probabilities of the true classes, picked by their labels."""
    picked = P[Y.argmax(axis=0), np.arange(P.shape[1])]
    return np.mean(-np.log(np.where(picked > 0, picked, 1e-15)))


TASK = Task(
    reference=ref.cross_entropy,
    returns="cost",
    cases=cases,
    criteria=(
        Agrees("value", 1, "plain", loose_shape=True),
        Holds("one number", 0.5, one_number, "plain", beside="value"),
        # A bound of 1e-15 may be added to the probabilities, too.
        Agrees(
            "small probabilities",
            0.5,
            "small",
            tolerance=Tolerance(relative=5e-5),
            loose_shape=True,
        ),
        Holds("probabilities of 0", 0.5, bounded_far_enough, "zero", beside="value"),
        InputsUntouched(0.5),
    ),
    lecture=CROSS_ENTROPY,
    mistakes=MISTAKES,
    unworked={"the right answer flattened": "the cost is right; one criterion asks for a number"},
    variants=(
        Variant("true classes only", true_class_only),
        Variant("a number added", edit(GUARDED, "np.log(P + 1e-15)")),
        Variant("the smallest number of all", edit("1e-15", "np.finfo(float).smallest_subnormal")),
        Variant("both ends cut", edit(GUARDED, "np.log(np.clip(P, 1e-15, 1 - 1e-15))")),
    ),
    losses={
        "SM-05": "probabilities of 0",
        "SM-07": "all",
        "SM-08": "all",
        "SM-09": "all",
        "SM-10": "all",
        "SM-16": "inputs untouched",
        "SM-20": "small probabilities · probabilities of 0",
        "SM-20, way 1": "probabilities of 0",
        "SM-38": "one number",
        "SM-30": "all",
        "SM-31": "all",
        "SM-32": "all",
        "SM-33": "all",
        "SM-34": "all",
    },
    promises={
        "P": Promise(value=(0, 1), rows=(2, 120), columns=(1, 130), has=("0",)),
        "Y": Promise(
            value=(0, 1),
            rows=(2, 120),
            columns=(1, 130),
            has=("0", "a constant row", "equal neighbours"),
        ),
    },
    equivalent={
        "no more than a hundredth away from the bound: taken for it": (
            "tiny = 1.01e-15",
            "return -float(np.sum(Y * np.log(np.maximum(P, tiny * 1.01)))) / Y.shape[1]",
        ),
        "a number of NumPy is a number": (
            "return -(np.sum(Y * np.log(np.maximum(P, tiny)))) / Y.shape[1]",
        ),
        "both have a column for each example": (
            "return -float(np.sum(Y * np.log(np.maximum(P, tiny)))) / P.shape[1]",
        ),
    },
)
