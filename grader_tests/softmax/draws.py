"""How the inputs of several questions are drawn."""

from __future__ import annotations

import numpy as np

from grader_tests.softmax import reference as ref
from grading.marking import Case


def size(C: int, m: int) -> str:
    """Name a shape for the student."""
    return f"{C} classes, {'one example' if m == 1 else f'{m} examples'}"


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


def no_whole_array(result: object, wanted: np.ndarray, case: Case) -> bool:
    """Recognise labels in a list, as texts, as floats, or nothing at all."""
    if isinstance(result, float | list | tuple | dict | str | None):
        return True
    labels = np.asarray(result)
    if labels.shape != wanted.shape or labels.dtype.kind != "f":
        return False
    return bool(np.all(labels == labels.round()))
