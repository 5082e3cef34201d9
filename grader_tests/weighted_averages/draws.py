"""What several questions share: a series, and what goes wrong alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from grading.marking import Case

TRUNCATED = (
    "Whole numbers come in, and the averages are cut to whole numbers: an array like the input has "
    "its type. Make an array of floats."
)
CHANGED = "values is changed: it is overwritten or scaled in place. Write into a new array."
FIXED = "beta has a fixed value, or one from outside the function. Use the argument."


def series(rng: np.random.Generator, length: int) -> np.ndarray:
    """Draw values far from 0 that rise, with noise."""
    return rng.uniform(5, 9) + 0.5 * np.arange(length) + rng.normal(0, 2, length)


def left_of_the_start(inputs: Mapping[str, Any]) -> float:
    """The weight ``beta ** T`` that the start still has at the end: the correction's size."""
    return inputs["beta"] ** len(inputs["values"])


def from_the_first(values, beta):
    """Start the average at the first value."""
    averages = np.zeros(len(values))
    averages[0] = values[0]
    for t in range(1, len(values)):
        averages[t] = beta * averages[t - 1] + (1 - beta) * values[t]
    return averages


def no_flat_array(result: object, wanted: np.ndarray, case: Case) -> bool:
    """Recognise a list, an array of several axes, or nothing; a number is another matter."""
    return isinstance(result, list | tuple | dict | str | None) or np.ndim(result) > 1
