"""`one_hot`: return Y with ``Y[c, i] = 1`` where ``labels[i] == c``, else 0."""

from __future__ import annotations

import numpy as np

from grader_tests.softmax import CROSS_ENTROPY
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
    """All classes present, some absent, as many classes as examples, and labels out of range."""
    cases = []
    for C, m in ((4, 6), (3, 5), (4, 4), (3, 3), (120, 130)):
        labels = np.concatenate([rng.permutation(C), rng.integers(0, C, m - C)])
        cases.append(call(ref.one_hot, labels, C, label=size(C, m), tags="all"))
    for C, m in ((10, 4), (6, 5), (5, 1)):
        labels = rng.integers(1, C - 2, m)
        label = f"{size(C, m)}, some classes absent, the last among them"
        cases.append(call(ref.one_hot, labels, C, label=label, tags="absent"))
    for C, wrong in ((4, -1), (3, 3), (5, -5), (3, 7), (110, 110)):
        labels = rng.integers(0, C, 5)
        labels[rng.integers(0, 5)] = wrong
        label = f"{size(C, 5)}, a label {wrong}"
        cases.append(call(ref.one_hot, labels, C, label=label, tags="refused", raises=ValueError))
    return cases


HOT = "return (labels == classes).astype(float)"
REFUSAL = """\
    if np.any((labels < 0) | (labels >= C)):
        raise ValueError(f"labels must be whole numbers from 0 to {C - 1}")
"""

MISTAKES = (
    Mistake(
        "OH-01",
        CROSS_ENTROPY,
        "Y is transposed: examples are rows. In this course each example is a column, so Y has "
        "shape (C, m).",
        edit(HOT, HOT + ".T"),
    ),
    Mistake(
        "OH-02",
        CROSS_ENTROPY,
        "The number of classes is taken from the labels. A mini-batch need not hold every class: "
        "use the argument C.",
        edit("np.arange(C)", "np.arange(labels.max() + 1)"),
        edit("np.arange(C)", "np.unique(labels)"),
    ),
    Mistake(
        "OH-03",
        CROSS_ENTROPY,
        "A label outside 0 … C − 1 gets through: −1 counts from the end, a column of zeros comes "
        "out, the label is bent to a class, or another exception comes from it. Such a label is a "
        "mistake in the data and should raise a ValueError.",
        edit(REFUSAL, ""),
        edit(REFUSAL, "").then(HOT, "return np.eye(C)[:, labels]"),
        edit("(labels < 0) | (labels >= C)", "labels >= C"),
        edit("(labels < 0) | (labels >= C)", "labels < 0"),
        edit("labels >= C", "labels > C"),
        edit("labels >= C", "labels > C").then(
            HOT,
            "Y = np.zeros((C, len(labels)))\n    Y[labels, np.arange(len(labels))] = 1\n"
            "    return Y",
        ),
        edit(REFUSAL, "    assert np.all((labels >= 0) & (labels < C))\n"),
        edit(REFUSAL, "    labels = np.clip(labels, 0, C - 1)\n"),
        edit(REFUSAL, "    labels = labels % C\n"),
    ),
    Mistake(
        "OH-04",
        CROSS_ENTROPY,
        "Labels are counted from 1. Class 0 belongs to row 0.",
        edit(HOT, "return (labels - 1 == classes).astype(float)"),
        edit(HOT, "return np.eye(C)[:, labels - 1]"),
    ),
    Mistake(
        "OH-05",
        CROSS_ENTROPY,
        "A whole row is set to 1 for every class that occurs. Each example marks one entry: pair "
        "its label with its own column.",
        edit(HOT, "Y = np.zeros((C, len(labels)))\n    Y[labels] = 1\n    return Y"),
        edit(HOT, "Y = np.zeros((C, len(labels)))\n    Y[labels, :] += 1\n    return Y"),
    ),
    Mistake(
        "OH-06",
        CROSS_ENTROPY,
        "The caller's labels are changed, in shape or in value. Make new arrays.",
        edit(
            "classes = np.arange(C)[:, np.newaxis]",
            "labels.shape = (1, -1)\n    classes = np.arange(C)[:, np.newaxis]",
        ),
        edit(HOT, "labels += 1\n    return (labels == classes + 1).astype(float)"),
    ),
    Mistake(
        "OH-07",
        CROSS_ENTROPY,
        "The label itself is written into Y. The mark is a 1 in every class.",
        edit(HOT, "return (labels == classes) * labels.astype(float)"),
    ),
    Mistake(
        "OH-08",
        CROSS_ENTROPY,
        "Other numbers than 0 and 1 are in Y, or they have changed places. A 1 marks the class of "
        "the label, and every other entry is 0.",
        edit(HOT, "return np.where(labels == classes, 1.0, -1.0)"),
        edit(HOT, "return (labels != classes).astype(float)"),
        edit(HOT, "return (labels == classes) * 2.0"),
        edit(HOT, "return (labels == classes) / C"),
        edit(HOT, "return (labels == classes) / len(labels)"),
        edit(HOT, "return (labels == classes) * (labels + 1.0)"),
        edit(HOT, "return (labels >= classes).astype(float)"),
        edit(HOT, "return np.ones((C, len(labels)))"),
        edit(HOT, "return np.zeros((C, len(labels)))"),
    ),
    Mistake(
        "OH-09",
        CROSS_ENTROPY,
        "Y is no NumPy array of two axes, but a list, a single row, or nothing. Return an array of "
        "shape (C, m).",
        edit(HOT, HOT + ".tolist()"),
        edit(HOT, HOT + ".ravel()"),
        edit(HOT, "return labels"),
        edit(HOT, "return None"),
        looks_like=lambda result, wanted, case: (
            not isinstance(result, np.ndarray) or result.ndim != 2
        ),
    ),
)


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


TASK = Task(
    reference=ref.one_hot,
    returns="Y",
    cases=cases,
    criteria=(
        Agrees("columns", 0.5, "all"),
        Agrees("absent classes", 0.5, "absent"),
        Agrees("other labels refused", 0.5, "refused", beside="*"),
        InputsUntouched(0.5),
    ),
    lecture=CROSS_ENTROPY,
    mistakes=MISTAKES,
    variants=(
        Variant("marked entries", marked_entries),
        Variant("rows of the unit matrix", rows_of_eye),
        Variant("booleans", edit(".astype(float)", "")),
    ),
    losses={
        "OH-09": "all",
        "OH-08": "all",
        "OH-01": "all",
        "OH-02": "absent classes",
        "OH-03": "other labels refused",
        "OH-04": "all",
        "OH-05": "all",
        "OH-06": "inputs untouched",
        "OH-07": "all",
    },
    promises={
        "labels": Promise(value=(0, 119), length=(1, 130), has=("0", "int64")),
        "C": Promise(value=(3, 120)),
    },
    equivalent={
        "only the sign counts": ("if np.any(((labels * 1.01) < 0) | (labels >= C)):",),
        "True and False are taken for 1 and 0": ("return (labels == classes)",),
    },
)
