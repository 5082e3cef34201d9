"""Tasks of ``module3_tuning_batchnorm/softmax.ipynb``.

Ids SM are those of the course's catalogue of misconceptions (softmax and cross-entropy), up to 21;
the others of that series, OH (one-hot) and PR (prediction) are this notebook's own. `CATALOGUE`
counts each series, `LEFT_OUT` says why an id has no wrong function here.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from grader_tests.softmax import reference as ref
from grading.marking.compare import difference
from grading.marking.derivative import central_difference, relative_difference
from grading.marking.task import (
    Case,
    Criterion,
    Lecture,
    Task,
    Tolerance,
    Variant,
    call,
    edited,
    inputs_untouched,
    misconceptions,
)

NOTEBOOK = "module3_tuning_batchnorm/04_softmax.ipynb"
FOUR_CLASSES = Lecture(NOTEBOOK, "Four classes")
OVERFLOW = Lecture(NOTEBOOK, "Without overflow")
CROSS_ENTROPY = Lecture(NOTEBOOK, "Cross-entropy and its gradient")
DIGITS = Lecture(NOTEBOOK, "Reading digits")

CATALOGUE = {"SM": 36, "OH": 7, "PR": 7}
LEFT_OUT = {
    "SM-21": "with a cost's gradient for dout it gives the answer of SM-15",
}


def size(C: int, m: int) -> str:
    """Name a shape for the student."""
    return f"{C} classes, {'one example' if m == 1 else f'{m} examples'}"


# ---------------------------------------------------------------- one_hot


def one_hot_cases(rng: np.random.Generator) -> list[Case]:
    """All classes present, some absent, as many classes as examples, and labels out of range."""
    cases = []
    for C, m in ((4, 6), (3, 5), (4, 4), (3, 3)):
        labels = np.concatenate([rng.permutation(C), rng.integers(0, C, m - C)])
        cases.append(call("one_hot", labels, C, label=size(C, m), tag="all"))
    for C, m in ((10, 4), (6, 5), (5, 1)):
        labels = rng.integers(1, C - 2, m)
        label = f"{size(C, m)}, some classes absent, the last among them"
        cases.append(call("one_hot", labels, C, label=label, tag="absent"))
    for C, wrong in ((4, -1), (3, 3), (5, -1), (3, 4)):
        labels = rng.integers(0, C, 5)
        labels[rng.integers(0, 5)] = wrong
        label = f"{size(C, 5)}, a label {wrong}"
        cases.append(call("one_hot", labels, C, label=label, tag="refused", raises=ValueError))
    return cases


hot = partial(misconceptions, ref.one_hot)

HOT = "return (labels == classes).astype(float)"
REFUSAL = """\
    if np.any((labels < 0) | (labels >= C)):
        raise ValueError(f"labels must be whole numbers from 0 to {C - 1}")
"""

ONE_HOT_MISCONCEPTIONS = (
    *hot(
        "OH-01", CROSS_ENTROPY,
        "Y is transposed: examples are rows. In this course each example is a column, so Y has "
        "shape (C, m).",
        [(HOT, HOT + ".T")],
    ),
    *hot(
        "OH-02", CROSS_ENTROPY,
        "The number of classes is taken from the labels. A mini-batch need not hold every class: "
        "use the argument C.",
        [("np.arange(C)", "np.arange(labels.max() + 1)")],
        [("np.arange(C)", "np.unique(labels)")],
    ),
    *hot(
        "OH-03", CROSS_ENTROPY,
        "A label outside 0 … C − 1 gets through: −1 counts from the end, or a column of zeros "
        "comes out. Such a label is a mistake in the data and should raise a ValueError.",
        [(REFUSAL, "")],
        [(REFUSAL, ""), (HOT, "return np.eye(C)[:, labels]")],
        [("(labels < 0) | (labels >= C)", "labels >= C")],
    ),
    *hot(
        "OH-04", CROSS_ENTROPY,
        "Labels are counted from 1. Class 0 belongs to row 0.",
        [(HOT, "return (labels - 1 == classes).astype(float)")],
        [(HOT, "return np.eye(C)[:, labels - 1]")],
    ),
    *hot(
        "OH-05", CROSS_ENTROPY,
        "A whole row is set to 1 for every class that occurs. Each example marks one entry: pair "
        "its label with its own column.",
        [(HOT, "Y = np.zeros((C, len(labels)))\n    Y[labels] = 1\n    return Y")],
        [(HOT, "Y = np.zeros((C, len(labels)))\n    Y[labels, :] += 1\n    return Y")],
    ),
    *hot(
        "OH-06", CROSS_ENTROPY,
        "The caller's labels are changed, in shape or in value. Make new arrays.",
        [("classes = np.arange(C)[:, np.newaxis]",
          "labels.shape = (1, -1)\n    classes = np.arange(C)[:, np.newaxis]")],
        [(HOT, "labels += 1\n    return (labels == classes + 1).astype(float)")],
    ),
    *hot(
        "OH-07", CROSS_ENTROPY,
        "The label itself is written into Y. The mark is a 1 in every class.",
        [(HOT, "return (labels == classes) * labels.astype(float)")],
    ),
)  # fmt: skip


def marked_entries(labels, C):
    """Zeros, and a 1 at (label, example)."""
    if labels.min() < 0 or labels.max() > C - 1:
        raise ValueError("label out of range")
    Y = np.zeros((C, labels.size))
    Y[labels, np.arange(labels.size)] = 1
    return Y


def rows_of_eye(labels, C):
    """Rows of the unit matrix, as whole numbers."""
    if not set(labels.tolist()) <= set(range(C)):
        raise ValueError(labels)
    return np.eye(C, dtype=int)[labels].T


ONE_HOT = Task(
    reference=ref.one_hot,
    returns="Y",
    cases=one_hot_cases,
    criteria=(
        Criterion("columns", 2, "all"),
        Criterion("absent classes", 1, "absent"),
        Criterion("other labels refused", 0.5, "refused"),
        inputs_untouched(0.5),
    ),
    lecture=CROSS_ENTROPY,
    misconceptions=ONE_HOT_MISCONCEPTIONS,
    variants=(
        Variant("marked entries", marked_entries),
        Variant("rows of the unit matrix", rows_of_eye),
        Variant("booleans", edited(ref.one_hot, (".astype(float)", ""))),
    ),
)


# ---------------------------------------------------------------- softmax


def softmax_cases(rng: np.random.Generator) -> list[Case]:
    """Several sizes, scores of thousands, and examples whose scores are far apart."""
    cases = []
    for C, m in ((4, 6), (3, 5), (4, 4), (3, 3), (2, 5), (5, 1)):
        Z = 1.5 * rng.standard_normal((C, m)) + rng.uniform(-1, 1)
        cases.append(call("softmax", Z, label=size(C, m), tag="plain"))
    for C, m in ((4, 5), (5, 5), (4, 3)):
        label = f"{size(C, m)}, scores × 1000"
        cases.append(call("softmax", thousands(rng, C, m), label=label, tag="large"))
    for C, m in ((4, 5), (3, 6), (4, 4)):
        Z = 1.5 * rng.standard_normal((C, m))
        high, low = rng.choice(m, 2, replace=False)
        Z[:, high] += 1000
        Z[:, low] -= 1000
        label = f"{size(C, m)}, one with scores near 1000, one near −1000"
        cases.append(call("softmax", Z, label=label, tag="apart"))
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


soft = partial(misconceptions, ref.softmax)

SHIFTED = "shifted = Z - np.max(Z, axis=0, keepdims=True)"
EXP = "t = np.exp(shifted)"
SHARE = "return t / np.sum(t, axis=0, keepdims=True)"

SOFTMAX_MISCONCEPTIONS = (
    *soft(
        "SM-01", OVERFLOW,
        "The largest score is not subtracted first. exp overflows beyond 709, and below −745 all "
        "of a column can vanish: inf/inf or 0/0.",
        [(SHIFTED, "shifted = Z")],
    ),
    *soft(
        "SM-02", OVERFLOW,
        "One maximum is subtracted from the whole batch. A column far below it then vanishes and "
        "gives 0/0: each column needs its own.",
        [(SHIFTED, "shifted = Z - np.max(Z)")],
    ),
    *soft(
        "SM-03", FOUR_CLASSES,
        "The sum runs over the examples. The classes of one example share its certainty: each "
        "column sums to 1.",
        [("axis=0", "axis=1", 2)],
        [(SHARE, SHARE.replace("axis=0", "axis=1"))],
    ),
    *soft(
        "SM-04", FOUR_CLASSES,
        "Rows are summed and keepdims=True is missing. That fails for most shapes, and gives wrong "
        "numbers with as many examples as classes: sum over the classes, axis 0.",
        [(SHARE, "return t / np.sum(t, axis=1)")],
    ),
    *soft(
        "SM-11", CROSS_ENTROPY,
        "Softmax is applied twice. The second time its inputs are probabilities, which differ by "
        "1 at most, so no answer can be sure.",
        [(SHARE, "P = t / np.sum(t, axis=0, keepdims=True)\n"
          "    t = np.exp(P)\n"
          "    return t / np.sum(t, axis=0, keepdims=True)")],
    ),
    *soft(
        "SM-16", OVERFLOW,
        "The caller's Z is changed, by an operation such as -=. Others still need it: compute a "
        "new array.",
        [(SHIFTED, "Z -= np.max(Z, axis=0, keepdims=True)\n    shifted = Z")],
        [(EXP, "np.exp(shifted, out=Z)\n    t = Z.copy()")],
    ),
    *soft(
        "SM-19", FOUR_CLASSES,
        "The denominator is a sum of powers. In print its index may look like an exponent; what "
        "is summed are the entries of t, as they are.",
        [(SHARE,
          "powers = np.arange(1, len(t) + 1)[:, np.newaxis]\n"
          "    return t / np.sum(t**powers, axis=0, keepdims=True)")],
        [(SHARE,
          "powers = np.arange(len(t))[:, np.newaxis]\n"
          "    return t / np.sum(t**powers, axis=0, keepdims=True)")],
    ),
    *soft(
        "SM-22", OVERFLOW,
        "Scores are cut off at a bound. Two scores beyond it then look alike; subtracting the "
        "largest of the column keeps their difference.",
        [(SHIFTED, "shifted = np.clip(Z, -500, 500)")],
        [(SHIFTED, "shifted = np.clip(Z, -100, 100)")],
        [(SHIFTED, "shifted = np.minimum(Z, 700)")],
    ),
    *soft(
        "SM-23", FOUR_CLASSES,
        "The exponential is missing: scores are divided by their sum. Scores may be negative; "
        "exp makes them positive first.",
        [(EXP, "t = Z")],
    ),
    *soft(
        "SM-24", FOUR_CLASSES,
        "Each class has a sigmoid of its own. They answer independent questions and do not sum to "
        "1; softmax shares one certainty out among the classes.",
        [(SHARE, "return np.exp(np.minimum(Z, 0)) / (1 + np.exp(-np.abs(Z)))")],
    ),
    *soft(
        "SM-25", FOUR_CLASSES,
        "All goes to the largest score: that is hardmax. Softmax leaves each class its share.",
        [(SHARE, "return (shifted == 0).astype(float)")],
    ),
    *soft(
        "SM-26", OVERFLOW,
        "Scores are divided by the largest one. That changes the result; subtracting it does not, "
        "for the factor cancels.",
        [(SHIFTED, "shifted = Z / np.max(Z, axis=0, keepdims=True)")],
        [(SHIFTED, "shifted = Z / np.max(np.abs(Z), axis=0, keepdims=True)")],
    ),
    *soft(
        "SM-27", FOUR_CLASSES,
        "The sum runs over the whole array. Each example has a sum of its own, over its column.",
        [(SHARE, "return t / np.sum(t)")],
    ),
    *soft(
        "SM-28", OVERFLOW,
        "The mean of the scores is subtracted. The largest one may still be far above it and "
        "overflow: subtract the largest.",
        [(SHIFTED, "shifted = Z - np.mean(Z, axis=0, keepdims=True)")],
    ),
    *soft(
        "SM-29", FOUR_CLASSES,
        "The base is not e. Softmax takes exp of the scores; another base gives other shares, and "
        "the gradient would get a factor.",
        [(EXP, "t = np.exp2(shifted)")],
        [(EXP, "t = 10**shifted")],
    ),
)  # fmt: skip


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


SOFTMAX = Task(
    reference=ref.softmax,
    returns="P",
    cases=softmax_cases,
    criteria=(
        Criterion("probabilities", 4, "plain"),
        Criterion("large scores", 2, "large"),
        Criterion("examples far apart", 2, "apart"),
        inputs_untouched(1),
    ),
    lecture=FOUR_CLASSES,
    misconceptions=SOFTMAX_MISCONCEPTIONS,
    variants=(
        Variant("example by example", example_by_example),
        Variant("by log-sum-exp", by_log_sum_exp),
        Variant("by differences", by_differences),
    ),
)


# ---------------------------------------------------------------- cross_entropy


def answers(rng: np.random.Generator, C: int, m: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw P and Y; the true class has a probability between 0.1 and 0.6."""
    truth = rng.integers(0, C, m)
    P = rng.uniform(0.5, 1.5, (C, m))
    P[truth, np.arange(m)] = 0
    right = rng.uniform(0.1, 0.6, m)
    P *= (1 - right) / P.sum(axis=0)
    P[truth, np.arange(m)] = right
    return P, ref.one_hot(truth, C)


def with_truth_at(P: np.ndarray, Y: np.ndarray, values: list[float]) -> np.ndarray:
    """Give the true class of the first examples these probabilities."""
    P = P.copy()
    for i, value in enumerate(values):
        true = Y[:, i] == 1
        P[~true, i] *= (1 - value) / P[~true, i].sum()
        P[true, i] = value
    return P


def cross_entropy_cases(rng: np.random.Generator) -> list[Case]:
    """Several sizes, very small probabilities of the true class, and exact zeros."""
    cases = []
    for C, m in ((4, 6), (3, 5), (4, 4), (3, 3), (2, 7), (5, 1)):
        cases.append(call("cross_entropy", *answers(rng, C, m), label=size(C, m), tag="plain"))
    for C, m in ((3, 5), (5, 4)):
        P, Y = answers(rng, C, m)
        P = with_truth_at(P, Y, [1e-6, 1e-9, 1e-30])
        label = f"{size(C, m)}, the true class at 1e-6, 1e-9 and 1e-30"
        cases.append(call("cross_entropy", P, Y, label=label, tag="small"))
    for C, m in ((3, 4), (4, 6)):
        P, Y = answers(rng, C, m)
        label = f"{size(C, m)}, the true class of one at 0"
        cases.append(call("cross_entropy", with_truth_at(P, Y, [0.0]), Y, label=label, tag="zero"))
        P, Y = answers(rng, C, m)
        label = f"{size(C, m)}, the true class of one at 1, the others at 0"
        cases.append(call("cross_entropy", with_truth_at(P, Y, [1.0]), Y, label=label, tag="zero"))
    return cases


entropy = partial(misconceptions, ref.cross_entropy)

GUARDED = "np.log(np.maximum(P, tiny))"
COST = "return -float(np.sum(Y * np.log(np.maximum(P, tiny)))) / Y.shape[1]"

CROSS_ENTROPY_MISCONCEPTIONS = (
    *entropy(
        "SM-05", CROSS_ENTROPY,
        "The logarithm of 0 is taken. It is −inf, and 0 · (−inf) is nan even for a class that "
        "does not count: keep P above 0 first.",
        [(GUARDED, "np.log(P)")],
        [(COST, "return -float(np.mean(np.log(np.sum(Y * P, axis=0))))")],
    ),
    *entropy(
        "SM-06", CROSS_ENTROPY,
        "A number is added to every probability. That shifts the cost of all the small ones; only "
        "an exact 0 needs help.",
        [(GUARDED, "np.log(P + 1e-7)")],
        [(GUARDED, "np.log(P + 1e-8)")],
        [(GUARDED, "np.log(P + 1e-10)")],
    ),
    *entropy(
        "SM-07", CROSS_ENTROPY,
        "The cost is a sum over the examples. It should be their mean, so that it does not grow "
        "with the batch.",
        [(COST, COST.removesuffix(" / Y.shape[1]"))],
    ),
    *entropy(
        "SM-08", CROSS_ENTROPY,
        "The mean runs over classes and examples alike. Sum over the classes and divide by the "
        "number of examples m only.",
        [(COST, COST.replace("Y.shape[1]", "Y.size"))],
    ),
    *entropy(
        "SM-09", CROSS_ENTROPY,
        "The minus sign is missing. Logarithms of probabilities are negative; a cost is not.",
        [(COST, COST.replace("-float", "float"))],
    ),
    *entropy(
        "SM-10", CROSS_ENTROPY,
        "The logarithm has base 2 or 10. This course counts in nats, by the natural logarithm; "
        "then the gradient has no extra factor.",
        [("np.log(", "np.log2(")],
        [("np.log(", "np.log10(")],
    ),
    *entropy(
        "SM-16", CROSS_ENTROPY,
        "The caller's P is changed, to keep it above 0 or to save an array. The backward pass "
        "still needs it: compute a new one.",
        [(COST, "P[P < tiny] = tiny\n    return -float(np.sum(Y * np.log(P))) / Y.shape[1]")],
        [(COST,
          "np.log(np.maximum(P, tiny), out=P)\n    return -float(np.sum(Y * P)) / Y.shape[1]")],
    ),
    *entropy(
        "SM-20", CROSS_ENTROPY,
        "Probabilities below a bound such as 1e-7 all cost the same. A very wrong answer then "
        "seems harmless, and its gradient is 0: only an exact 0 needs help.",
        [("np.finfo(float).tiny", "1e-7")],
        [("np.finfo(float).tiny", "1e-10")],
        [("np.finfo(float).tiny", "1e-15")],
        [(GUARDED, "np.log(np.clip(P, 1e-7, 1 - 1e-7))")],
    ),
    *entropy(
        "SM-30", CROSS_ENTROPY,
        "Every class is treated as a yes-or-no question of its own, with (1 − Y) log(1 − P) as "
        "well. With softmax only the true class's logarithm counts.",
        [(f"Y * {GUARDED}",
          "Y * np.log(np.maximum(P, tiny)) + (1 - Y) * np.log(np.maximum(1 - P, tiny))")],
    ),
    *entropy(
        "SM-31", CROSS_ENTROPY,
        "The cost is a mean square. Cross-entropy is minus the log of the true class's "
        "probability; its gradient does not fade when the answer is very wrong.",
        [(COST, "return float(np.mean(np.sum((P - Y) ** 2, axis=0)))")],
    ),
    *entropy(
        "SM-32", CROSS_ENTROPY,
        "The largest probability is taken, whichever class it belongs to. Being sure of a wrong "
        "class must cost much: take the true class's.",
        [(COST, "return -float(np.mean(np.log(np.max(P, axis=0))))")],
    ),
    *entropy(
        "SM-33", CROSS_ENTROPY,
        "The sum is divided by the number of classes. Examples are columns: m is Y.shape[1].",
        [("Y.shape[1]", "Y.shape[0]")],
        [("Y.shape[1]", "len(Y)")],
    ),
    *entropy(
        "SM-34", CROSS_ENTROPY,
        "P and Y are exchanged. The logarithm is that of the predicted probability, and Y picks "
        "the class.",
        [(f"Y * {GUARDED}", "P * np.log(np.maximum(Y, tiny))")],
    ),
)  # fmt: skip


def true_class_only(P, Y):
    """The probabilities of the true classes, picked by their labels."""
    picked = P[Y.argmax(axis=0), np.arange(P.shape[1])]
    return np.mean(-np.log(np.where(picked > 0, picked, np.finfo(float).tiny)))


CROSS_ENTROPY_TASK = Task(
    reference=ref.cross_entropy,
    returns="cost",
    cases=cross_entropy_cases,
    criteria=(
        Criterion("value", 4, "plain"),
        Criterion("small probabilities", 1, "small"),
        # Another smallest number, such as 1e-300, changes what a 0 costs by a few per cent.
        Criterion("probabilities of 0", 1.5, "zero", tolerance=Tolerance(relative=0.06)),
        inputs_untouched(0.5),
    ),
    lecture=CROSS_ENTROPY,
    misconceptions=CROSS_ENTROPY_MISCONCEPTIONS,
    variants=(
        Variant("true classes only", true_class_only),
        Variant(
            "another smallest number", edited(ref.cross_entropy, (GUARDED, "np.log(P + 1e-300)"))
        ),
        Variant(
            "the smallest number of all",
            edited(ref.cross_entropy, ("float).tiny", "float).smallest_subnormal")),
        ),
    ),
)


# ---------------------------------------------------------------- softmax_cross_entropy_backward


def backward_cases(rng: np.random.Generator) -> list[Case]:
    """Several sizes, and answers that are very wrong."""
    cases = []
    for C, m in ((4, 6), (3, 5), (4, 4), (3, 3), (2, 7), (5, 1)):
        label = size(C, m)
        cases.append(call("softmax_cross_entropy_backward", *answers(rng, C, m), label=label))
    for C, m in ((3, 5), (4, 3)):
        P, Y = answers(rng, C, m)
        label = f"{size(C, m)}, the true class of one at 1e-9"
        P = with_truth_at(P, Y, [1e-9])
        cases.append(call("softmax_cross_entropy_backward", P, Y, label=label))
    for C, m in ((4, 5), (3, 4)):
        P, Y = answers(rng, C, m)
        label = f"{size(C, m)}, the true class of one at 0"
        P = with_truth_at(P, Y, [0.0])
        cases.append(call("softmax_cross_entropy_backward", P, Y, label=label))
    return cases


def confirm_backward(case: Case, wanted: np.ndarray) -> float:
    """Differentiate the cost numerically, at scores with these probabilities."""
    P, Y = case.inputs["arg0"], case.inputs["arg1"]
    Z = np.log(np.maximum(P, 1e-200))
    numerical = central_difference(lambda at: ref.cross_entropy(ref.softmax(at), Y), Z)
    return relative_difference(wanted, numerical)


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


back = partial(misconceptions, ref.softmax_cross_entropy_backward)

DZ = "return (P - Y) / Y.shape[1]"

BACKWARD_MISCONCEPTIONS = (
    *back(
        "SM-11", CROSS_ENTROPY,
        "Softmax is applied to P, which are probabilities already. Use P as it is.",
        [(DZ, "return (softmax(P) - Y) / Y.shape[1]")],
    ),
    *back(
        "SM-12", CROSS_ENTROPY,
        "1/m is missing. The cost is a mean over the examples, so each contributes an m-th.",
        [(DZ, "return P - Y")],
    ),
    *back(
        "SM-13", CROSS_ENTROPY,
        "The sign is the other way round: the derivative is what was said minus what was true.",
        [(DZ, "return (Y - P) / Y.shape[1]")],
        [(DZ, "return Y - P")],
    ),
    *back(
        "SM-14", CROSS_ENTROPY,
        "The derivative is divided by m twice. 1/m enters once, here, and in no layer again.",
        [(DZ, "return (P - Y) / Y.shape[1] ** 2")],
    ),
    *back(
        "SM-15", CROSS_ENTROPY,
        "Each class is differentiated by its own score only, as p(1 − p). A score also moves the "
        "other classes' probabilities, for they share one sum.",
        [(DZ, "return -Y * (1 - P) / Y.shape[1]")],
        [(DZ, "return (P - Y) * P * (1 - P) / Y.shape[1]")],
    ),
    *back(
        "SM-16", CROSS_ENTROPY,
        "The caller's P is changed, by an operation such as -=. Compute a new array.",
        [(DZ, "P -= Y\n    return P / Y.shape[1]")],
        [(DZ, "P[Y == 1] -= 1\n    return P / Y.shape[1]")],
    ),
    *back(
        "SM-17", CROSS_ENTROPY,
        "1 is taken from whole rows. Each example loses it at one entry: its true class, in its "
        "own column.",
        [(DZ, "dZ = P.copy()\n    dZ[np.argmax(Y, axis=0)] -= 1\n    return dZ / Y.shape[1]")],
        [(DZ, "dZ = P - np.max(Y, axis=1, keepdims=True)\n    return dZ / Y.shape[1]", 1)],
    ),
    *back(
        "SM-20", CROSS_ENTROPY,
        "Probabilities below a bound get no gradient, or a far too small one. The more wrong the "
        "answer, the more it should be pulled.",
        [(DZ, "return (P - Y) / Y.shape[1] * (np.sum(Y * P, axis=0) > 1e-7)")],
        [(DZ,
          "dP = -Y / np.maximum(P, 1e-7) / Y.shape[1]\n"
          "    return P * (dP - np.sum(P * dP, axis=0))")],
    ),
    *back(
        "SM-33", CROSS_ENTROPY,
        "The derivative is divided by the number of classes. Examples are columns: m is "
        "Y.shape[1].",
        [("Y.shape[1]", "Y.shape[0]")],
    ),
    *back(
        "SM-35", CROSS_ENTROPY,
        "This is the derivative with respect to the probabilities. Carried back through softmax "
        "it becomes much simpler: that is dZ.",
        [(DZ, "return -Y / np.maximum(P, np.finfo(float).tiny) / Y.shape[1]")],
        [(DZ, "return -Y / P / Y.shape[1]")],
    ),
    *back(
        "SM-36", CROSS_ENTROPY,
        "There is a division by P on the way, which gives 0/0 where P is 0. In dZ it cancels: "
        "write what is left.",
        [(DZ, "dP = -Y / P / Y.shape[1]\n    return P * (dP - np.sum(P * dP, axis=0))")],
    ),
)  # fmt: skip


def by_index(P, Y):
    """A copy, and 1 taken at each true class."""
    m = P.shape[1]
    dZ = P.copy()
    dZ[np.argmax(Y, axis=0), range(m)] -= 1
    return dZ / m


SOFTMAX_CROSS_ENTROPY_BACKWARD = Task(
    reference=ref.softmax_cross_entropy_backward,
    returns="dZ",
    cases=backward_cases,
    criteria=(
        Criterion("direction", 3, check=direction_is_right),
        Criterion("size", 2),
        inputs_untouched(1),
    ),
    lecture=CROSS_ENTROPY,
    misconceptions=BACKWARD_MISCONCEPTIONS,
    variants=(
        Variant("by index", by_index),
        Variant(
            "each part divided",
            edited(
                ref.softmax_cross_entropy_backward,
                ("(P - Y) / Y.shape[1]", "P / len(P.T) - Y / len(Y.T)"),
            ),
        ),
    ),
    confirm=confirm_backward,
)


# ---------------------------------------------------------------- predict


def predict_cases(rng: np.random.Generator) -> list[Case]:
    """Several sizes, many largest probabilities below one half, and exact ties."""
    cases = []
    for C, m in ((4, 6), (3, 5), (4, 4), (3, 3), (10, 7), (4, 1)):
        P = ref.softmax(0.5 * rng.standard_normal((C, m)))
        P[:, 0] = ref.softmax(4.0 * rng.permutation(C)[:, np.newaxis])[:, 0]
        cases.append(call("predict", P, label=size(C, m), tag="plain"))
    for C, m in ((4, 30), (5, 20)):  # so many that one answer never fits all columns
        P = np.full((C, m), 0.0)
        for column in P.T:
            column[rng.choice(C, 2, replace=False)] = 0.5
        label = f"{size(C, m)}, two classes equally probable"
        cases.append(call("predict", P, label=label, tag="tie"))
    return cases


guess = partial(misconceptions, ref.predict)

ARGMAX = "return np.argmax(P, axis=0)"

PREDICT_MISCONCEPTIONS = (
    *guess(
        "SM-18", DIGITS,
        "The labels have a second axis, or are one-hot. Compared with labels of shape (m,), NumPy "
        "then compares every example with every other: return one class number for each example.",
        [(ARGMAX, "return np.argmax(P, axis=0)[:, np.newaxis]")],
        [(ARGMAX, "return np.argmax(P, axis=0, keepdims=True)")],
        [(ARGMAX, "return np.eye(len(P))[:, np.argmax(P, axis=0)]")],
    ),
    *guess(
        "PR-01", DIGITS,
        "For each class the best example is found. It is the other way round: for each column the "
        "best class.",
        [("axis=0", "axis=1")],
    ),
    *guess(
        "PR-02", DIGITS,
        "The largest probability is returned. Wanted is the number of the class that has it.",
        [("argmax", "max")],
    ),
    *guess(
        "PR-03", DIGITS,
        "A class is chosen where its probability exceeds one half. With many classes the most "
        "probable one may have less.",
        [(ARGMAX, "return np.argmax(P > 0.5, axis=0)")],
    ),
    *guess(
        "PR-04", DIGITS,
        "Classes are counted from 1. The first row is class 0.",
        [(ARGMAX, ARGMAX + " + 1")],
    ),
    *guess(
        "PR-05", DIGITS,
        "One answer is given for the whole batch. Each column has its own.",
        [(ARGMAX, "return np.argmax(P)")],
        [(ARGMAX, "return np.full(P.shape[1], np.argmax(P) // P.shape[1])")],
    ),
    *guess(
        "PR-06", DIGITS,
        "Of equally probable classes the last is taken. The first of them, the "
        "smallest number, is wanted.",
        [(ARGMAX, "return len(P) - 1 - np.argmax(P[::-1], axis=0)")],
        [(ARGMAX, "return np.argsort(P, axis=0, kind='stable')[-1]")],
    ),
    *guess(
        "PR-07", DIGITS,
        "The caller's P is changed. Others still need the probabilities: compute a new array.",
        [(ARGMAX, "P -= np.max(P, axis=0)\n    return np.argmax(P, axis=0)")],
    ),
)  # fmt: skip

PREDICT = Task(
    reference=ref.predict,
    returns="labels",
    cases=predict_cases,
    criteria=(
        Criterion("most probable class", 2, "plain", loose_shape=True),
        Criterion("ties", 0.5, "tie", loose_shape=True),
        Criterion("one number for each example", 1),
        inputs_untouched(0.5),
    ),
    lecture=DIGITS,
    misconceptions=PREDICT_MISCONCEPTIONS,
    variants=(
        Variant(
            "a list of columns",
            edited(
                ref.predict, (ARGMAX, "return np.array([int(column.argmax()) for column in P.T])")
            ),
        ),
    ),
)

TASKS = (ONE_HOT, SOFTMAX, CROSS_ENTROPY_TASK, SOFTMAX_CROSS_ENTROPY_BACKWARD, PREDICT)
