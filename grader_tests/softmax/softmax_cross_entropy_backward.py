"""`softmax_cross_entropy_backward`: dZ, the derivative of ``cross_entropy(softmax(Z), Y)``."""

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
    Variant,
    call,
    difference,
    edit,
)
from grading.marking.derivative import central_difference, relative_difference

FEW = 3  # columns: the largest case has thousands of derivatives


def cases(rng: np.random.Generator) -> list[Case]:
    """Several sizes, and answers that are very wrong."""
    cases = []
    for C, m in ((4, 6), (3, 5), (4, 4), (3, 3), (2, 7), (5, 1), (120, 130)):
        label = size(C, m)
        cases.append(call(ref.softmax_cross_entropy_backward, *answers(rng, C, m), label=label))
    for C, m in ((3, 5), (4, 3)):
        P, Y = answers(rng, C, m)
        label = f"{size(C, m)}, the true class of one at 1e-9"
        P = with_truth_at(P, Y, [1e-9])
        cases.append(call(ref.softmax_cross_entropy_backward, P, Y, label=label))
    for C, m in ((4, 5), (3, 4)):
        P, Y = answers(rng, C, m)
        label = f"{size(C, m)}, the true class of one at 0"
        P = with_truth_at(P, Y, [0.0])
        cases.append(call(ref.softmax_cross_entropy_backward, P, Y, label=label))
    return cases


def confirm(case: Case, wanted: np.ndarray) -> float:
    """Differentiate the cost numerically, by the scores of the last few examples."""
    P, Y = case.inputs["P"], case.inputs["Y"]
    Z = np.log(np.maximum(P, 1e-14))
    first, few = Z[:, :-FEW], Z[:, -FEW:]
    numerical = central_difference(
        lambda at: ref.cross_entropy(ref.softmax(np.hstack([first, at])), Y), few
    )
    return relative_difference(wanted[:, -FEW:], numerical)


def direction_is_right(result: np.ndarray, wanted: np.ndarray, case: Case) -> str | None:
    """A positive multiple of the right derivative."""
    if np.shape(result) != wanted.shape or not np.all(np.isfinite(result)):
        return difference(result, wanted, "dZ")
    factor = float(np.sum(result * wanted) / np.sum(wanted**2))
    if not factor > 0:
        return "dZ does not point uphill: a small step along it should raise the cost."
    if difference(np.asarray(result, float) / factor, wanted, "dZ") is None:
        return None
    return "dZ is no multiple of the right derivative: compare its entries with one another."


DZ = "return (P - Y) / Y.shape[1]"

MISTAKES = (
    Mistake(
        "SM-11",
        CROSS_ENTROPY,
        "Softmax is applied to P, which are probabilities already. Use P as it is.",
        edit(DZ, "return (softmax(P) - Y) / Y.shape[1]"),
    ),
    Mistake(
        "SM-12",
        CROSS_ENTROPY,
        "1/m is missing. The cost is a mean over the examples, so each contributes an m-th.",
        edit(DZ, "return P - Y"),
    ),
    Mistake(
        "SM-13",
        CROSS_ENTROPY,
        "The sign is the other way round: the derivative is what was said minus what was true.",
        edit(DZ, "return (Y - P) / Y.shape[1]"),
        edit(DZ, "return Y - P"),
    ),
    Mistake(
        "SM-14",
        CROSS_ENTROPY,
        "The derivative is divided by m twice. 1/m enters once, here, and in no layer again.",
        edit(DZ, "return (P - Y) / Y.shape[1] ** 2"),
    ),
    Mistake(
        "SM-15",
        CROSS_ENTROPY,
        "Each class is differentiated by its own score only, as p(1 − p). A score also moves the "
        "other classes' probabilities, for they share one sum.",
        edit(DZ, "return -Y * (1 - P) / Y.shape[1]"),
        edit(DZ, "return (P - Y) * P * (1 - P) / Y.shape[1]"),
    ),
    Mistake(
        "SM-16",
        CROSS_ENTROPY,
        "The caller's P is changed, by an operation such as -=. Compute a new array.",
        edit(DZ, "P -= Y\n    return P / Y.shape[1]"),
        edit(DZ, "P[Y == 1] -= 1\n    return P / Y.shape[1]"),
    ),
    Mistake(
        "SM-17",
        CROSS_ENTROPY,
        "1 is taken from whole rows. Each example loses it at one entry: its true class, in its "
        "own column.",
        edit(DZ, "dZ = P.copy()\n    dZ[np.argmax(Y, axis=0)] -= 1\n    return dZ / Y.shape[1]"),
        edit(DZ, "dZ = P - np.max(Y, axis=1, keepdims=True)\n    return dZ / Y.shape[1]", 1),
    ),
    Mistake(
        "SM-20",
        CROSS_ENTROPY,
        "Probabilities below a bound get no gradient, or a far too small one. The more wrong the "
        "answer, the more it should be pulled.",
        edit(DZ, "return (P - Y) / Y.shape[1] * (np.sum(Y * P, axis=0) > 1e-7)"),
        edit(
            DZ,
            "dP = -Y / np.maximum(P, 1e-7) / Y.shape[1]\n"
            "    return P * (dP - np.sum(P * dP, axis=0))",
        ),
    ),
    Mistake(
        "SM-33",
        CROSS_ENTROPY,
        "The derivative is divided by the number of classes. Examples are columns: m is "
        "Y.shape[1].",
        edit("Y.shape[1]", "Y.shape[0]"),
    ),
    Mistake(
        "SM-39",
        CROSS_ENTROPY,
        "There is a factor that does not belong there. The derivative of the mean over m examples "
        "has 1/m and no other.",
        edit("return (P - Y) / Y.shape[1]", "return (P - Y) / Y.size"),
        edit("return (P - Y) / Y.shape[1]", "return 2 * (P - Y) / Y.shape[1]"),
        numbers={"a factor": edit("(P - Y)", "{number} * (P - Y)")},
    ),
    Mistake(
        "SM-35",
        CROSS_ENTROPY,
        "This is the derivative with respect to the probabilities. Carried back through softmax "
        "it becomes much simpler: that is dZ.",
        edit(DZ, "return -Y / np.maximum(P, np.finfo(float).tiny) / Y.shape[1]"),
        edit(DZ, "return -Y / P / Y.shape[1]"),
    ),
    Mistake(
        "SM-37",
        CROSS_ENTROPY,
        "At the true class something else than p − 1 stands. Subtract the label from the "
        "probability there, once, and nothing more.",
        edit(DZ, "return (P - Y + P * Y) / Y.shape[1]"),
        edit(DZ, "return (P - Y - P * Y) / Y.shape[1]"),
    ),
    Mistake(
        "SM-36",
        CROSS_ENTROPY,
        "There is a division by P on the way, which gives 0/0 where P is 0. In dZ it cancels: "
        "write what is left.",
        edit(DZ, "dP = -Y / P / Y.shape[1]\n    return P * (dP - np.sum(P * dP, axis=0))"),
    ),
    Mistake(
        "SM-42",
        CROSS_ENTROPY,
        "Division goes before subtraction: only Y is divided by m. Put the difference in "
        "parentheses.",
        edit("(P - Y) / Y.shape[1]", "P - Y / Y.shape[1]"),
    ),
    Mistake(
        "SM-43",
        CROSS_ENTROPY,
        "This is the derivative by the probabilities. By the scores it is what was said minus "
        "what was true.",
        edit("(P - Y)", "(-Y / np.maximum(P, 1e-15))"),
    ),
    Mistake(
        "SM-44",
        CROSS_ENTROPY,
        "dZ is smaller than P: something is added up or averaged, over the examples or over the "
        "classes. Each entry of Z has a derivative of its own.",
        edit(DZ, "return np.mean(P - Y, axis=1, keepdims=True)"),
        edit(DZ, "return np.sum(P - Y, axis=1, keepdims=True) / Y.shape[1]"),
        edit(DZ, "return np.sum(P - Y, axis=0, keepdims=True) / Y.shape[1]"),
        edit(DZ, "return np.mean(P - Y, axis=0)"),
        edit(DZ, "return np.mean(P - Y)"),
        looks_like=lambda result, wanted, case: (
            None if wanted.shape[1] == 1 else 0 < np.size(result) < wanted.size
        ),
    ),
    Mistake(
        "SM-45",
        CROSS_ENTROPY,
        "The difference of P and Y is squared, or has lost its sign. It is the derivative as it "
        "is, below 0 at the true class.",
        edit(DZ, "return (P - Y) ** 2 / Y.shape[1]"),
        edit(DZ, "return np.abs(P - Y) / Y.shape[1]"),
        edit(DZ, "return (P - Y) ** 2"),
        edit(DZ, "return np.sign(P - Y) / Y.shape[1]"),
        edit(DZ, "return np.maximum(P - Y, 0) / Y.shape[1]"),
    ),
    Mistake(
        "SM-46",
        CROSS_ENTROPY,
        "Only one of the two, P or Y, is in the derivative, or they are added or multiplied. It "
        "takes their difference.",
        edit(DZ, "return P / Y.shape[1]"),
        edit(DZ, "return -Y / Y.shape[1]"),
        edit(DZ, "return P * Y / Y.shape[1]"),
        edit(DZ, "return (P + Y) / Y.shape[1]"),
        edit(DZ, "return (P - Y) * P / Y.shape[1]"),
    ),
)


def by_index(P, Y):
    """A copy, and 1 taken at each true class."""
    m = P.shape[1]
    dZ = P.copy()
    dZ[np.argmax(Y, axis=0), range(m)] -= 1
    return dZ / m


TASK = Task(
    reference=ref.softmax_cross_entropy_backward,
    returns="dZ",
    cases=cases,
    criteria=(
        Holds("direction", 1, direction_is_right),
        Agrees("size", 0.5),
        InputsUntouched(0.5),
    ),
    lecture=CROSS_ENTROPY,
    mistakes=MISTAKES,
    variants=(
        Variant("by index", by_index),
        Variant(
            "each part divided",
            edit("(P - Y) / Y.shape[1]", "P / len(P.T) - Y / len(Y.T)"),
        ),
    ),
    confirm=confirm,
    losses={
        "SM-46": "all",
        "SM-45": "all",
        "SM-44": "all",
        "SM-42": "all",
        "SM-43": "all",
        "SM-11": "all",
        "SM-12": "size",
        "SM-13": "all",
        "SM-14": "size",
        "SM-15": "all",
        "SM-16": "inputs untouched",
        "SM-17": "all",
        "SM-20": "all",
        "SM-33": "size",
        "SM-39": "size",
        "SM-35": "all",
        "SM-37": "all",
        "SM-36": "all",
    },
    promises={
        "P": Promise(value=(0, 0.63), within=(0, 0.9), rows=(2, 120), columns=(1, 130), has=("0",)),
        "Y": Promise(
            value=(0, 1),
            rows=(2, 120),
            columns=(1, 130),
            has=("0", "a constant row", "equal neighbours"),
        ),
    },
    equivalent={
        "both have a column for each example": ("return (P - Y) / P.shape[1]",),
    },
)
