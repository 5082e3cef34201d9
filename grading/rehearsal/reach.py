"""How far the cases of a task go, beside how far its question promises that they do.

A mistake that begins beyond a threshold (ten layers, long series, a far tail) is not seen where no
case goes beyond it.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from grading.marking.catalogue import Catalogue
from grading.marking.promise import Measured, Promise, measure, shown
from grading.marking.task import Task
from grading.rehearsal.tables import conclude, table

ENOUGH = 5  # drawings that together come near to what chance can reach
HEADER = f"{'task and argument':<44}{'':<10}{'promised':<24}reached by each drawing"


class Reach:
    """What the cases of one task reach, and which promises they do not keep.

    Parameters
    ----------
    task : Task
    seeds : int
        The cases are drawn with seeds 0, 1, …; each drawing must reach what is promised. Five and
        more together must stay within what students are told, and come near it.
    """

    def __init__(self, task: Task, seeds: int) -> None:
        self.task, self.misses = task, []
        drawings = [
            [case.inputs for case in task.cases(np.random.default_rng(seed)) if not case.raises]
            for seed in range(seeds)
        ]
        arguments = dict.fromkeys(name for inputs in drawings[0] for name in inputs)
        parameters = inspect.signature(task.reference).parameters
        self.reached: dict[str, Measured] = {}
        drawn = (name for name in arguments if name in parameters)
        for name in dict.fromkeys([*drawn, *task.promises]):
            promise = task.promises.get(name, Promise())
            found = [measure(list(_values(name, promise, one))) for one in drawings]
            self.reached[name] = functools.reduce(Measured.both, found)
            misses = [*self.reached[name].unkept(promise)]
            if seeds >= ENOUGH:
                misses += functools.reduce(Measured.either, found).untold(promise)
            self.misses += [f"{name}: {miss}" for miss in misses]

    @property
    def row(self) -> str:
        """The task's lines of the table."""
        lines = []
        for name, reached in self.reached.items():
            promise = self.task.promises.get(name, Promise())
            for quantity, numbers in reached.ranges.items():
                wanted = getattr(promise, quantity)
                told = "" if wanted is None else shown(wanted)
                lines.append((name, quantity, told, shown(numbers)))
            if reached.special:
                lines.append((name, "has", ", ".join(promise.has), ", ".join(reached.special)))
        return "\n".join(
            f"{f'{self.task.name}: {name}':<44}{quantity:<10}{promised:<24}{found}"
            for name, quantity, promised, found in lines
        )


def _values(name: str, promise: Promise, drawing: Sequence[Mapping[str, Any]]) -> Iterator[Any]:
    for inputs in drawing:
        if promise.of is not None:
            with contextlib.suppress(KeyError):  # a case without one of these arguments
                yield promise.of(inputs)
        elif name in inputs:
            yield inputs[name]


def run(catalogue: Catalogue, names: Sequence[str], seeds: int) -> int:
    """Print the table and the promises that are not kept; return the exit status, 1 if any."""
    return conclude(table(catalogue, names, HEADER, lambda task: Reach(task, seeds)))
