"""What questions earn with given sources, by the same judgement as a student's code."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from grading.boundary.outcome import Failed
from grading.boundary.questions import Question, Unanswered
from grading.marking.exam import Exam
from grading.marking.sitting import Ask, ask_here
from grading.marking.task import Task

SEEDS = (1, 2, 3)
Sources = tuple[tuple[str, str | None], ...]


def scores(tasks: Sequence[Task], sources: Mapping[str, str | None]) -> dict[str, float]:
    """Return what each question earns in a notebook with these solution cells.

    Parameters
    ----------
    tasks : sequence of Task
        Those of the notebook.
    sources : mapping of str to str or None
        The whole source of each solution cell; None for code that never returns.

    Raises
    ------
    ValueError
        If a score depends on the seed of the cases: a fault of the task.
    """
    known = {task.name: task for task in tasks}
    return {name: _score(known[name], _needed(known, name, sources)) for name in sources}


def _needed(known: Mapping[str, Task], name: str, sources: Mapping[str, str | None]) -> Sources:
    """The sources of a question and of the other questions that it builds on."""
    needed, more = {}, [name]
    while more:
        name = more.pop()
        needed[name] = sources[name]
        more += [part for part in known[name].own_parts if part not in needed]
    return tuple(sorted(needed.items()))


@functools.cache
def _score(task: Task, sources: Sources) -> float:
    found = {
        Exam(task, np.random.default_rng(seed)).judge(_ask(task, sources)).score for seed in SEEDS
    }
    if len(found) > 1:
        raise ValueError(
            f"{task.name} earns {sorted(found)} with different cases, where its sources are\n"
            + "\n".join(source or "(never returns)" for _, source in sources)
        )
    return found.pop()


def _ask(task: Task, sources: Sources) -> Ask:
    """Ask over a namespace like that of the student's notebook.

    Where code never returns, that case and the rest of its set have no answer, as in a kernel.
    """
    namespace: dict[str, Any] = dict(task.given)
    for name, source in sources:
        never = f"def {name}(*args, **kwargs):\n    raise KeyboardInterrupt"
        exec(never if source is None else source, namespace)
    ask_one = ask_here(namespace)

    def ask(asked: Sequence[Question]) -> list[tuple[Any, ...] | Unanswered]:
        answered: list[tuple[Any, ...] | Unanswered] = []
        for question in asked:
            last = answered[-1] if answered else None
            stuck = isinstance(last, Unanswered) and last.kind == Failed.TOO_SLOW
            answered += [last] if stuck else ask_one([question])
        return answered

    return ask
