"""`predict`: return the most probable class of each column, the first of equals."""

from __future__ import annotations

import numpy as np

from grader_tests.softmax import DIGITS
from grader_tests.softmax import reference as ref
from grader_tests.softmax.draws import no_whole_array, size
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
    """Several sizes, many largest probabilities below one half, and exact ties."""
    cases = []
    for C, m in ((4, 6), (3, 5), (4, 4), (3, 3), (120, 7), (2, 9), (4, 1)):
        P = ref.softmax(0.5 * rng.standard_normal((C, m)))
        P[:, 0] = ref.softmax(4.0 * rng.permutation(C)[:, np.newaxis])[:, 0]
        cases.append(call(ref.predict, P, label=size(C, m), tags="plain"))
    for C, m in ((4, 30), (5, 20)):  # so many that one answer never fits all columns
        P = np.full((C, m), 0.0)
        for column in P.T:
            column[rng.choice(C, 2, replace=False)] = 0.5
        label = f"{size(C, m)}, two classes equally probable"
        cases.append(call(ref.predict, P, label=label, tags="tie"))
    return cases


def class_by_class(P):
    """Loop over the classes instead of the examples."""
    labels = np.zeros(len(P), int)
    for i in range(len(P)):
        labels[i] = np.argmax(P[:, i])
    return labels


ARGMAX = "return np.argmax(P, axis=0)"

MISTAKES = (
    Mistake(
        "SM-18",
        DIGITS,
        "The labels have a second axis, or are one-hot. Compared with labels of shape (m,), NumPy "
        "then compares every example with every other: return one class number for each example.",
        edit(ARGMAX, "return np.argmax(P, axis=0)[:, np.newaxis]"),
        edit(ARGMAX, "return np.argmax(P, axis=0, keepdims=True)"),
        edit(ARGMAX, "return np.eye(len(P))[:, np.argmax(P, axis=0)]"),
    ),
    Mistake(
        "PR-01",
        DIGITS,
        "For each class the best example is found. It is the other way round: for each column the "
        "best class.",
        edit("axis=0", "axis=1"),
    ),
    Mistake(
        "PR-02",
        DIGITS,
        "The largest probability is returned. Wanted is the number of the class that has it.",
        edit("argmax", "max"),
    ),
    Mistake(
        "PR-03",
        DIGITS,
        "A class is chosen where its probability exceeds a threshold, such as one half. With many "
        "classes the most probable one may have less.",
        edit(ARGMAX, "return np.argmax(P > 0.5, axis=0)"),
        edit(ARGMAX, "return P > 0.5"),
        edit(ARGMAX, "return (P > 0.5).astype(int)"),
        numbers={"a threshold": edit(ARGMAX, "return np.argmax(P > {number}, axis=0)")},
    ),
    Mistake(
        "PR-04",
        DIGITS,
        "Classes are counted from 1. The first row is class 0.",
        edit(ARGMAX, ARGMAX + " + 1"),
    ),
    Mistake(
        "PR-05",
        DIGITS,
        "One answer is given for the whole batch. Each column has its own.",
        edit(ARGMAX, "return np.argmax(P)"),
        edit(ARGMAX, "return np.full(P.shape[1], np.argmax(P) // P.shape[1])"),
    ),
    Mistake(
        "PR-06",
        DIGITS,
        "Of equally probable classes the last is taken. The first of them, the "
        "smallest number, is wanted.",
        edit(ARGMAX, "return len(P) - 1 - np.argmax(P[::-1], axis=0)"),
        edit(ARGMAX, "return np.argsort(P, axis=0, kind='stable')[-1]"),
        edit(ARGMAX, "return np.argsort(P, axis=0)[-1]"),
    ),
    Mistake(
        "PR-08",
        DIGITS,
        "The loop counts classes where it should count examples: there is one answer for each "
        "column, and as many columns as P.shape[1].",
        class_by_class,
    ),
    Mistake(
        "PR-07",
        DIGITS,
        "The caller's P is changed. Others still need the probabilities: compute a new array.",
        edit(ARGMAX, "P -= np.max(P, axis=0)\n    return np.argmax(P, axis=0)"),
    ),
    Mistake(
        "PR-09",
        DIGITS,
        "The least probable class is taken. It is the most probable one.",
        edit("np.argmax(P, axis=0)", "np.argmin(P, axis=0)"),
    ),
    Mistake(
        "PR-10",
        DIGITS,
        "The answers are no array of whole numbers, but a list, floats, or nothing. They are "
        "indices: return a NumPy array of whole numbers, one for each example.",
        edit(ARGMAX, ARGMAX + ".tolist()"),
        edit(ARGMAX, ARGMAX + ".astype(float)"),
        edit(ARGMAX, ARGMAX + ".astype(str).tolist()"),
        edit(ARGMAX, "return None"),
        looks_like=no_whole_array,
    ),
    Mistake(
        "PR-11",
        DIGITS,
        "where, nonzero and argwhere go through an array row by row, so the classes are not in the "
        "order of the examples, and of equals all are listed. Ask each column for its largest.",
        edit(ARGMAX, "return np.where(P == P.max(axis=0))[0]"),
        edit(ARGMAX, "return np.where(P == P.max(axis=0))[1]"),
        edit(ARGMAX, "return np.argwhere(P == P.max(axis=0))"),
    ),
)

TASK = Task(
    reference=ref.predict,
    returns="labels",
    cases=cases,
    criteria=(
        Agrees("most probable class", 0.4, "plain", loose_shape=True),
        Agrees("ties", 0.2, "tie", loose_shape=True),
        Agrees("one number for each example", 0.2),
        InputsUntouched(0.2),
    ),
    lecture=DIGITS,
    mistakes=MISTAKES,
    variants=(
        Variant(
            "a list of columns",
            edit(ARGMAX, "return np.array([int(column.argmax()) for column in P.T])"),
        ),
    ),
    losses={
        "PR-11": "all",
        "PR-10": "all",
        "PR-09": "all",
        "SM-18": "one number for each example",
        "SM-18, way 3": "all",
        "PR-01": "all",
        "PR-02": "all",
        "PR-03": "all",
        "PR-04": "all",
        "PR-05": "all",
        "PR-06": "ties · one number for each example",
        "PR-08": "all",
        "PR-07": "inputs untouched",
    },
    promises={
        "P": Promise(
            value=(0, 0.98),
            within=(0, 0.985),
            rows=(2, 120),
            columns=(1, 30),
            has=("0", "equal neighbours"),
        ),
    },
    equivalent={
        "the order of the entries stays": (
            "return np.argmax(P + 1, axis=0)",
            "return np.argmax(P - 1, axis=0)",
            "return np.argmax(P * 1.01, axis=0)",
        ),
    },
)
