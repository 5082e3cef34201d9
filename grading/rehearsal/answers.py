"""Answers that people give, each with what it earns: what ``python -m grading simulate`` hands in.

:class:`grading.rehearsal.simulate.AnswerBook` describes the two functions, which exchange plain data.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from grading.boundary.questions import Question, Unanswered
from grading.marking import catalogue
from grading.marking.exam import Ask, Exam, ask_here
from grading.marking.source import source_of
from grading.marking.task import Task

SEEDS = (1, 2, 3)


def answers(notebook: str) -> dict[str, list[tuple[str, str, str]]]:
    """Return kind, name or sentence, and source of everything that a notebook's tasks know.

    Raises
    ------
    LookupError
        If there are no tasks for a notebook of that name.
    """
    return {
        task.name: [
            ("right", "the reference", source_of(task.reference)),
            *(
                ("variant", variant.name, source_of(variant.right, task.name))
                for variant in task.variants
            ),
            *(
                ("misconception", wrong.sentence, source_of(wrong.wrong, task.name))
                for wrong in task.misconceptions
            ),
        ]
        for task in _tasks(notebook).values()
    }


def scores(notebook: str, sources: Mapping[str, str | None]) -> dict[str, float]:
    """Return what each question earns in a notebook with these solution cells.

    Parameters
    ----------
    notebook : str
    sources : mapping of str to str or None
        The whole source of each solution cell; None for code that never returns.

    Raises
    ------
    ValueError
        If a score depends on the seed of the cases: a fault of the task.
    """
    known = _tasks(notebook)
    return {name: _score(notebook, name, _needed(known, name, sources)) for name in sources}


def _tasks(notebook: str) -> dict[str, Task]:
    names = {module.__name__.split(".")[1]: module for module in catalogue.modules()}
    wanted = catalogue.unnumbered(notebook)
    if wanted not in names:
        raise LookupError(f"there are tasks for {', '.join(names)}, but not for {wanted!r}")
    return {task.name: task for task in names[wanted].TASKS}


def _needed(
    known: Mapping[str, Task], name: str, sources: Mapping[str, str | None]
) -> tuple[tuple[str, str | None], ...]:
    """The sources of a question and of the other questions that it builds on."""
    needed, more = {}, [name]
    while more:
        name = more.pop()
        needed[name] = sources[name]
        more += [part for part in known[name].own_parts if part not in needed]
    return tuple(sorted(needed.items()))


@functools.cache
def _score(notebook: str, name: str, sources: tuple[tuple[str, str | None], ...]) -> float:
    task = _tasks(notebook)[name]
    found = {
        Exam(task, np.random.default_rng(seed)).judge(_ask(task, sources)).score for seed in SEEDS
    }
    if len(found) > 1:
        raise ValueError(
            f"{name} of {notebook} earns {sorted(found)} with different cases, where its sources "
            f"are\n" + "\n".join(source or "(never returns)" for _, source in sources)
        )
    return found.pop()


def _ask(task: Task, sources: Sequence[tuple[str, str | None]]) -> Ask:
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
            stuck = isinstance(last, Unanswered) and last.kind == "too slow"
            answered += [last] if stuck else ask_one([question])
        return answered

    return ask
