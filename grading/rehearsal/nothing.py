"""Answers without the work: constants, arguments as they came, the right answer in a wrong form.

None of them may earn more than a twentieth of a task's points, unless the task says why.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from grading.boundary.questions import Unanswered
from grading.marking.case import Answer
from grading.marking.compare import EXACT, difference
from grading.marking.exam import Exam
from grading.marking.sitting import ask_here
from grading.marking.task import Task

SHARE = 1 / 20  # of a task's points
CONSTANTS = {
    "None": None,
    "nan": float("nan"),
    "infinity": float("inf"),
    "0": 0,
    "1": 1,
    "a half": 0.5,
    "True": True,
    "a text": "",
    "an empty list": [],
    "an empty dict": {},
    "an empty array": np.zeros(0),
}
FILLED: Mapping[str, Callable[[np.ndarray], Any]] = {
    "zeros": np.zeros_like,
    "ones": np.ones_like,
    "nan in each place": lambda array: np.full(array.shape, np.nan),
    "nothing of its kind": lambda array: array.ravel()[:0],
    "numbers in a row": lambda array: np.arange(array.size).reshape(array.shape) * 1.0,
    "nonsense": lambda array: np.sin(7.0 * np.arange(array.size)).reshape(array.shape),
}
CHANGED: Mapping[str, Callable[[np.ndarray], Any]] = {
    "as float16": lambda array: array.astype(np.float16),
    "as float32": lambda array: array.astype(np.float32),
    "as complex numbers": lambda array: array.astype(complex),
    "as whole numbers": lambda array: array.astype(int),
    "as truth values": lambda array: array.astype(bool),
    "transposed": lambda array: array.T,
    "flattened": np.ravel,
    "sorted": lambda array: np.sort(array, axis=-1) if array.ndim else array,
    "negated": lambda array: ~array if array.dtype.kind == "b" else -array,
}


def answers_without_work(task: Task) -> Iterator[tuple[str, Callable]]:
    """Functions that do not do what a task asks for, each with a name."""
    reference, returns = task.reference, task.returns
    for name, value in CONSTANTS.items():
        yield name, _always(value)
        if isinstance(returns, tuple):
            yield f"{name}, once for each of {', '.join(returns)}", _always((value,) * len(returns))
    parameters = list(inspect.signature(reference).parameters)
    for name in parameters:
        yield f"{name} as it came", _arguments(reference, name)
    if isinstance(returns, tuple) and set(returns) & set(parameters):
        yield "arguments as they came", _arguments(reference, returns)
    for name, change in FILLED.items():
        yield name, _changed(reference, change)
    if "rng" in parameters:
        yield "nonsense drawn from rng", _drawn(reference)
    for name, change in CHANGED.items():
        yield f"the right answer {name}", _changed(reference, change)
    yield "the right answer once, then an error", _once(reference)
    yield "0 once, then an error", _once(_always(0))


def undeserved(task: Task, exam: Exam) -> Iterator[tuple[str, float]]:
    """Answers without work that earn more than their share, and what they earn.

    One that comes to the same as the reference in all cases is right.
    """
    for name, candidate in answers_without_work(task):
        ask = ask_here(task.given | {task.name: candidate})
        with np.errstate(all="ignore"), warnings.catch_warnings(action="ignore"):
            score = exam.judge(ask).score
        if score > SHARE * task.points and not all(map(_is_right, exam.put(ask), exam.wanted)):
            yield name, score


def _always(value: Any) -> Callable:
    return lambda *args, **kwargs: value


def _arguments(reference: Callable, names: str | tuple[str, ...]) -> Callable:
    signature = inspect.signature(reference)

    def candidate(*args: Any, **kwargs: Any) -> Any:
        given = signature.bind(*args, **kwargs)
        given.apply_defaults()
        if isinstance(names, str):
            return given.arguments[names]
        return tuple(given.arguments.get(name) for name in names)

    return candidate


def _changed(reference: Callable, change: Callable[[np.ndarray], Any]) -> Callable:
    return lambda *args, **kwargs: _each(reference(*args, **kwargs), change)


def _drawn(reference: Callable) -> Callable:
    signature = inspect.signature(reference)

    def candidate(*args: Any, **kwargs: Any) -> Any:
        rng = signature.bind(*args, **kwargs).arguments["rng"]
        right = reference(*args, **kwargs)
        return _each(right, lambda array: rng.random(array.shape))

    return candidate


def _once(function: Callable) -> Callable:
    asked = []

    def candidate(*args: Any, **kwargs: Any) -> Any:
        asked.append(None)
        if len(asked) > 1:
            raise ValueError("no second time")
        return function(*args, **kwargs)

    return candidate


def _each(value: Any, change: Callable[[np.ndarray], Any]) -> Any:
    """A result with each of its arrays and numbers changed."""
    if isinstance(value, dict):
        return {key: _each(item, change) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_each(item, change) for item in value)
    if isinstance(value, bool | int | float | np.ndarray | np.generic):
        return np.asarray(change(np.asarray(value)))[()]
    return value


def _is_right(mine: Answer | Unanswered, right: Answer | Unanswered) -> bool:
    if isinstance(mine, Answer) and isinstance(right, Answer):
        return difference(mine.result, right.result, "", EXACT) is None
    return (
        isinstance(mine, Unanswered)
        and isinstance(right, Unanswered)
        and mine.exception == right.exception
    )
