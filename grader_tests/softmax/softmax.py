"""`softmax`: return ``exp(Z) / sum(exp(Z))`` for each column, without overflow."""

from __future__ import annotations

import numpy as np

from grader_tests.softmax import CROSS_ENTROPY, FOUR_CLASSES, OVERFLOW
from grader_tests.softmax import reference as ref
from grader_tests.softmax.draws import size
from grading.marking import (
    Agrees,
    Case,
    InputsUntouched,
    Mistake,
    Promise,
    Task,
    Variant,
    call,
    edit,
)


def cases(rng: np.random.Generator) -> list[Case]:
    """Several sizes, scores of thousands, and examples whose scores are far apart."""
    cases = []
    for C, m in ((4, 6), (3, 5), (4, 4), (3, 3), (2, 5), (5, 1), (120, 130)):
        Z = 1.5 * rng.standard_normal((C, m)) + rng.uniform(-1, 1)
        cases.append(call(ref.softmax, Z, label=size(C, m), tags="plain"))
    for C, m in ((4, 5), (5, 5), (4, 3)):
        label = f"{size(C, m)}, scores × 1000"
        cases.append(call(ref.softmax, thousands(rng, C, m), label=label, tags="large"))
    for C, m in ((4, 5), (3, 6), (4, 4)):
        Z = 1.5 * rng.standard_normal((C, m))
        high, low = rng.choice(m, 2, replace=False)
        Z[:, high] += 1000
        Z[:, low] -= 1000
        label = f"{size(C, m)}, one with scores near 1000, one near −1000"
        cases.append(call(ref.softmax, Z, label=label, tags="apart"))
    return cases


def thousands(rng: np.random.Generator, C: int, m: int) -> np.ndarray:
    """Draw scores of thousands, the highest close together: all in column 0, two elsewhere."""
    Z = 1000 * rng.uniform(-1, -0.5, (C, m))
    for column in Z.T:
        first, second = rng.choice(C, 2, replace=False)
        column[first] = 1000 * rng.uniform(1, 1.4)
        column[second] = column[first] - rng.uniform(0.5, 2)
    Z[:, 0] = 1000 * rng.uniform(1, 1.4) + rng.uniform(-1, 1, C)
    return Z


SHIFTED = "shifted = Z - np.max(Z, axis=0, keepdims=True)"
EXP = "t = np.exp(shifted)"
SHARE = "return t / np.sum(t, axis=0, keepdims=True)"

MISTAKES = (
    Mistake(
        "SM-01",
        OVERFLOW,
        "The largest score is not subtracted first. exp overflows beyond 709, and below −745 all "
        "of a column can vanish: inf/inf or 0/0.",
        edit(SHIFTED, "shifted = Z"),
    ),
    Mistake(
        "SM-02",
        OVERFLOW,
        "One maximum is subtracted from the whole batch. A column far below it then vanishes and "
        "gives 0/0: each column needs its own.",
        edit(SHIFTED, "shifted = Z - np.max(Z)"),
    ),
    Mistake(
        "SM-03",
        FOUR_CLASSES,
        "The sum runs over the examples. The classes of one example share its certainty: each "
        "column sums to 1.",
        edit("axis=0", "axis=1", 2),
        edit(SHARE, SHARE.replace("axis=0", "axis=1")),
    ),
    Mistake(
        "SM-04",
        FOUR_CLASSES,
        "Rows are summed and keepdims=True is missing. That fails for most shapes, and gives wrong "
        "numbers with as many examples as classes: sum over the classes, axis 0.",
        edit(SHARE, "return t / np.sum(t, axis=1)"),
    ),
    Mistake(
        "SM-11",
        CROSS_ENTROPY,
        "Softmax is applied twice. The second time its inputs are probabilities, which differ by "
        "1 at most, so no answer can be sure.",
        edit(
            SHARE,
            "P = t / np.sum(t, axis=0, keepdims=True)\n"
            "    t = np.exp(P)\n"
            "    return t / np.sum(t, axis=0, keepdims=True)",
        ),
    ),
    Mistake(
        "SM-16",
        OVERFLOW,
        "The caller's Z is changed, by an operation such as -=. Others still need it: compute a "
        "new array.",
        edit(SHIFTED, "Z -= np.max(Z, axis=0, keepdims=True)\n    shifted = Z"),
        edit(EXP, "np.exp(shifted, out=Z)\n    t = Z.copy()"),
    ),
    Mistake(
        "SM-19",
        FOUR_CLASSES,
        "The denominator is a sum of powers. In print its index may look like an exponent; what "
        "is summed are the entries of t, as they are.",
        edit(
            SHARE,
            "powers = np.arange(1, len(t) + 1)[:, np.newaxis]\n"
            "    return t / np.sum(t**powers, axis=0, keepdims=True)",
        ),
        edit(
            SHARE,
            "powers = np.arange(len(t))[:, np.newaxis]\n"
            "    return t / np.sum(t**powers, axis=0, keepdims=True)",
        ),
    ),
    Mistake(
        "SM-22",
        OVERFLOW,
        "Scores are cut off at a bound. Two scores beyond it then look alike; subtracting the "
        "largest of the column keeps their difference.",
        edit(SHIFTED, "shifted = np.clip(Z, -500, 500)"),
        edit(SHIFTED, "shifted = np.clip(Z, -100, 100)"),
        edit(SHIFTED, "shifted = np.minimum(Z, 700)"),
    ),
    Mistake(
        "SM-23",
        FOUR_CLASSES,
        "The exponential is missing: scores are divided by their sum. Scores may be negative; "
        "exp makes them positive first.",
        edit(EXP, "t = Z"),
        edit(EXP, "t = shifted - np.min(shifted, axis=0, keepdims=True)"),
        edit(EXP, "t = np.abs(Z)"),
        edit(EXP, "t = np.maximum(Z, 0)"),
    ),
    Mistake(
        "SM-24",
        FOUR_CLASSES,
        "Each class has a sigmoid of its own. They answer independent questions and do not sum to "
        "1; softmax shares one certainty out among the classes.",
        edit(SHARE, "return np.exp(np.minimum(Z, 0)) / (1 + np.exp(-np.abs(Z)))"),
    ),
    Mistake(
        "SM-25",
        FOUR_CLASSES,
        "All goes to the largest score: that is hardmax. Softmax leaves each class its share.",
        edit(SHARE, "return (shifted == 0).astype(float)"),
    ),
    Mistake(
        "SM-26",
        OVERFLOW,
        "Scores are divided by the largest one. That changes the result; subtracting it does not, "
        "for the factor cancels.",
        edit(SHIFTED, "shifted = Z / np.max(Z, axis=0, keepdims=True)"),
        edit(SHIFTED, "shifted = Z / np.max(np.abs(Z), axis=0, keepdims=True)"),
    ),
    Mistake(
        "SM-27",
        FOUR_CLASSES,
        "The sum runs over the whole array. Each example has a sum of its own, over its column.",
        edit(SHARE, "return t / np.sum(t)"),
        edit(SHIFTED, "shifted = Z - np.max(Z)").then(SHARE, "return t / np.sum(t)"),
    ),
    Mistake(
        "SM-28",
        OVERFLOW,
        "The mean of the scores is subtracted. The largest one may still be far above it and "
        "overflow: subtract the largest.",
        edit(SHIFTED, "shifted = Z - np.mean(Z, axis=0, keepdims=True)"),
    ),
    Mistake(
        "SM-29",
        FOUR_CLASSES,
        "The base is not e. Softmax takes exp of the scores; another base gives other shares, and "
        "the gradient would get a factor.",
        edit(EXP, "t = np.exp2(shifted)"),
        edit(EXP, "t = 10**shifted"),
        numbers={"a base": edit(EXP, "t = {number} ** shifted")},
    ),
    Mistake(
        "SM-40",
        FOUR_CLASSES,
        "The exponentials are not divided by their sum. Each column of probabilities adds up to 1.",
        edit("return t / np.sum(t, axis=0, keepdims=True)", "return t"),
    ),
    Mistake(
        "SM-41",
        FOUR_CLASSES,
        "The logarithms of the probabilities come back. The cost takes them itself.",
        edit(
            "return t / np.sum(t, axis=0, keepdims=True)",
            "return np.log(t / np.sum(t, axis=0, keepdims=True))",
        ),
    ),
    Mistake(
        "SM-47",
        OVERFLOW,
        "The sign of the scores is turned round, so the smallest gets the most. The larger a "
        "score, the larger its probability.",
        edit(EXP, "t = np.exp(np.min(Z, axis=0, keepdims=True) - Z)"),
        edit(EXP, "t = np.exp(-shifted)"),
        edit(EXP, "t = np.exp(-Z)"),
        edit(EXP, "t = np.exp(-np.abs(Z))"),
    ),
    Mistake(
        "SM-48",
        FOUR_CLASSES,
        "The exponentials are divided by something else than their sum, such as their length "
        "or their mean. Each column of probabilities adds up to 1.",
        edit(SHARE, "return t / np.linalg.norm(t, axis=0, keepdims=True)"),
        edit(SHARE, "return t / np.mean(t, axis=0, keepdims=True)"),
        edit(SHARE, "return t / (1 + np.sum(t, axis=0, keepdims=True))"),
        edit(SHARE, "return t / len(t)"),
        edit(SHARE, "return t / (np.sum(t, axis=0, keepdims=True) - t)"),
    ),
)


def example_by_example(Z):
    """A loop over the examples."""
    P = np.empty_like(Z)
    for i in range(Z.shape[1]):
        t = np.exp(Z[:, i] - max(Z[:, i]))
        P[:, i] = t / t.sum()
    return P


def by_log_sum_exp(Z):
    """exp(Z − log-sum-exp), with flat sums and no keepdims."""
    highest = Z.max(axis=0)
    log_sum_exp = highest + np.log(np.exp(Z - highest).sum(axis=0))
    return np.exp(Z - log_sum_exp)


def by_differences(Z):
    """1 / sum exp(z_k − z_j), which overflows only to an infinite denominator."""
    with np.errstate(over="ignore"):
        return 1 / np.sum(np.exp(Z[:, np.newaxis] - Z[np.newaxis]), axis=0)


TASK = Task(
    reference=ref.softmax,
    returns="P",
    cases=cases,
    criteria=(
        Agrees("probabilities", 1.5, "plain"),
        Agrees("large scores", 1, "large"),
        Agrees("examples far apart", 1, "apart"),
        InputsUntouched(0.5),
    ),
    lecture=FOUR_CLASSES,
    mistakes=MISTAKES,
    variants=(
        Variant("example by example", example_by_example),
        Variant("by log-sum-exp", by_log_sum_exp),
        Variant("by differences", by_differences),
    ),
    losses={
        "SM-48": "all",
        "SM-47": "all",
        "SM-40": "all",
        "SM-41": "all",
        "SM-01": "large scores · examples far apart",
        "SM-02": "examples far apart",
        "SM-03": "all",
        "SM-04": "all",
        "SM-11": "all",
        "SM-16": "inputs untouched",
        "SM-19": "all",
        "SM-22": "large scores · examples far apart",
        "SM-23": "all",
        "SM-24": "all",
        "SM-25": "all",
        "SM-26": "all",
        "SM-27": "all",
        "SM-28": "large scores",
        "SM-29": "all",
    },
    promises={
        "Z": Promise(value=(-760, 1000), within=(-1500, 1500), rows=(2, 120), columns=(1, 130)),
    },
    equivalent={
        "a shift of all scores cancels out": (
            "shifted = (Z + 1) - np.max(Z, axis=0, keepdims=True)",
            "shifted = (Z - 1) - np.max(Z, axis=0, keepdims=True)",
            "shifted = Z - np.max(Z + 1, axis=0, keepdims=True)",
            "shifted = Z - np.max(Z - 1, axis=0, keepdims=True)",
            "t = np.exp(shifted + 1)",
            "t = np.exp(shifted - 1)",
        ),
        "a row is spread over (C, m) in the same way": (
            "shifted = Z - (np.max(Z, axis=0))",
            "shifted = Z - np.max(Z, axis=0, keepdims=False)",
            "return t / (np.sum(t, axis=0))",
            "return t / np.sum(t, axis=0, keepdims=False)",
        ),
        "any shift near the maximum does": (
            "shifted = Z - np.max(Z * 1.01, axis=0, keepdims=True)",
        ),
    },
)
