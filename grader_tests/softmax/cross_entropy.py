"""`cross_entropy`: return ``-sum(Y * log(P)) / m``, finite where P is 0."""

from __future__ import annotations

import numpy as np

from grader_tests.softmax import CROSS_ENTROPY
from grader_tests.softmax import reference as ref
from grader_tests.softmax.draws import answers, size, with_truth_at
from grading.marking import (
    Agrees,
    Case,
    InputsUntouched,
    Mistake,
    Task,
    Tolerance,
    Variant,
    call,
    edit,
)


def cases(rng: np.random.Generator) -> list[Case]:
    """Several sizes, very small probabilities of the true class, and exact zeros."""
    cases = []
    for C, m in ((4, 6), (3, 5), (4, 4), (3, 3), (2, 7), (5, 1)):
        cases.append(call(ref.cross_entropy, *answers(rng, C, m), label=size(C, m), tags="plain"))
    for C, m in ((3, 5), (5, 4)):
        P, Y = answers(rng, C, m)
        P = with_truth_at(P, Y, [1e-6, 1e-9, 1e-30])
        label = f"{size(C, m)}, the true class at 1e-6, 1e-9 and 1e-30"
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


BOUNDS = tuple(f"1e-{digits}" for digits in range(3, 13))
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
    ),
    Mistake(
        "SM-06",
        CROSS_ENTROPY,
        "A number is added to every probability. That shifts the cost of all the small ones; only "
        "an exact 0 needs help.",
        *(edit(GUARDED, f"np.log(P + {tiny})") for tiny in BOUNDS),
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
        "Probabilities below a bound such as 1e-7 all cost the same. A very wrong answer then "
        "seems harmless, and its gradient is 0: only an exact 0 needs help.",
        edit("np.finfo(float).tiny", "1e-7"),
        edit("np.finfo(float).tiny", "1e-10"),
        edit("np.finfo(float).tiny", "1e-15"),
        edit(GUARDED, "np.log(np.clip(P, 1e-7, 1 - 1e-7))"),
    ),
    Mistake(
        "SM-38",
        CROSS_ENTROPY,
        "The cost is an array. Make it one number, of type float.",
        edit(COST, "return -np.sum(Y * np.log(np.maximum(P, tiny)), keepdims=True) / Y.shape[1]"),
        edit(COST, "return -np.sum(Y * np.log(np.maximum(P, tiny))).reshape(1) / Y.shape[1]"),
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
    return np.mean(-np.log(np.where(picked > 0, picked, np.finfo(float).tiny)))


TASK = Task(
    reference=ref.cross_entropy,
    returns="cost",
    cases=cases,
    criteria=(
        Agrees("value", 4, "plain"),
        Agrees("small probabilities", 1, "small"),
        # Another smallest number, such as 1e-300, changes what a 0 costs by a few per cent.
        Agrees("probabilities of 0", 1.5, "zero", tolerance=Tolerance(relative=0.06)),
        InputsUntouched(0.5),
    ),
    lecture=CROSS_ENTROPY,
    mistakes=MISTAKES,
    variants=(
        Variant("true classes only", true_class_only),
        Variant("another smallest number", edit(GUARDED, "np.log(P + 1e-300)")),
        Variant(
            "the smallest number of all",
            edit("float).tiny", "float).smallest_subnormal"),
        ),
    ),
)
