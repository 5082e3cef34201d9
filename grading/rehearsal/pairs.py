"""Answers with two mistakes at once: both are named, or the one that says more, and no other.

All mistakes of a task are crossed, in each way to write them. Two compose where one is an edit that
fits the other's source, whichever is made first; those that do not are counted and passed over.
"""

from __future__ import annotations

import itertools
import warnings
from collections import Counter
from collections.abc import Sequence

import numpy as np

from grading.boundary.questions import Unanswered
from grading.marking.catalogue import Catalogue
from grading.marking.compare import same
from grading.marking.exam import Exam
from grading.marking.sitting import Answers, Verdict, ask_here
from grading.marking.task import Mistake, Task, Way, total
from grading.rehearsal.tables import conclude, table

KINDS = ("apart", "both", "one", "other")
HEADER = f"{'task':<28}{'pairs':>7}" + "".join(f"{kind:>8}" for kind in KINDS)

Written = tuple[Mistake, Way]


class Pairs:
    """The pairs of mistakes of one task, and what is named of answers that make both.

    They are *apart* where they do not compose, or one undoes the other. Else *both* are named; or
    *one* that costs at least as much as the other, or all that was lost, or beside which more than
    one is possible; or *other* ones that answer so wherever they are wrong, for what two mistakes
    make may be a third.

    Parameters
    ----------
    task : Task
    seeds : int
        The cases are drawn with seeds 0, 1, …
    some : int, optional
        How many pairs are judged, drawn at random; else all.
    """

    def __init__(self, task: Task, seeds: int, some: int | None = None) -> None:
        self.task, self.misses = task, []
        self.found: Counter[str] = Counter()
        ways = [(mistake, way) for mistake in task.mistakes for way in mistake.ways]
        every = [two for two in itertools.combinations(ways, 2) if two[0][0] is not two[1][0]]
        order = np.random.default_rng(0).permutation(len(every)).tolist()
        self.pairs = [every[index] for index in sorted(order[:some])]
        for seed in range(seeds):
            exam = Exam(task, np.random.default_rng(seed))
            for two in self.pairs:
                text = task.made_together(*(way for _, way in two))
                kind = "apart" if text is None else self._named(exam, text, two)
                self.found[kind] += 1
                if kind not in KINDS:
                    told = " and ".join(f"{m.id}, way {m.ways.index(w) + 1}" for m, w in two)
                    self.misses.append(f"seed {seed}: {told}: {kind}")

    @property
    def row(self) -> str:
        """The task's line of the table."""
        counts = "".join(f"{self.found[kind]:>8}" for kind in KINDS)
        return f"{self.task.name:<28}{len(self.pairs):>7}{counts}"

    def _named(self, exam: Exam, text: str, two: tuple[Written, Written]) -> str:
        """Of which kind an answer with two mistakes is, or what is wrong about its names."""
        with warnings.catch_warnings(action="ignore"):
            asked = ask_here(self.task.namespace(text))
        naming, answers = exam.naming(), exam.put(asked)
        verdict = exam.judge(asked) if self.task.own_parts else exam.verdict(answers)
        if verdict.score >= self.task.points:
            return "apart" if _right(exam, answers) else "they earn full marks"
        if any(unanswered.exception in UNBOUND for _, unanswered in verdict.unanswered):
            return "apart"  # one has done away with a name that the other uses
        made = {mistake for mistake, _ in two}
        named = set(verdict.mistakes if self.task.own_parts else naming.named(answers))
        if named == made:
            return "both"
        alike = naming.pairs_like(answers)
        if named in alike or (
            naming.explain(answers, named) and not any(m.looks_like for m in named - made)
        ):
            return "one" if named < made else "other"
        if named <= made and (len(alike) > 1 or _covers(exam, verdict, named, two)):
            return "one"
        return f"named as {' and '.join(sorted(m.id for m in named)) or 'nothing'}"


def _right(exam: Exam, answers: Answers) -> bool:
    """Whether one mistake undoes the other."""
    return all(
        isinstance(wanted, Unanswered) or same(mine.result, wanted.result)
        for mine, wanted in zip(answers, exam.wanted, strict=True)
    )


UNBOUND = {"NameError", "UnboundLocalError"}


def _covers(
    exam: Exam, verdict: Verdict, named: set[Mistake], two: tuple[Written, Written]
) -> bool:
    """Whether the mistake that is named costs as much as the other, or all that was lost."""
    costs = []
    for mistake, way in sorted(two, key=lambda written: written[0] not in named):
        lost = set(exam.judge(ask_here(exam.task.namespace(way))).lost)
        if mistake in named and lost >= set(verdict.lost):
            return True
        costs.append(total(criterion.points for criterion in lost))
    return bool(named) and costs[0] >= costs[1]


def run(catalogue: Catalogue, names: Sequence[str], seeds: int) -> int:
    """Print a table and the names that are wrong; return the exit status, 1 if any is."""
    return conclude(table(catalogue, names, HEADER, lambda task: Pairs(task, seeds)))
