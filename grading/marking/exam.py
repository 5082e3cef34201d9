"""Draws the cases of a task, and decides what an answer earned and which mistakes it shows."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from grading.boundary.outcome import Failed
from grading.boundary.questions import Unanswered
from grading.marking.case import Answer, Case
from grading.marking.compare import EXACT, difference
from grading.marking.naming import Naming
from grading.marking.sitting import Answers, Ask, Sitting, Verdict
from grading.marking.task import Task

Parts = tuple[str, ...]  # of a composite, those that have doubles


class Exam(Sitting):
    """One drawing of a task's cases; for a composite, also over doubles of its parts.

    Parameters
    ----------
    task : Task
    rng : numpy.random.Generator
        Draws the cases, and the coefficients of doubles.

    Raises
    ------
    RuntimeError
        If the reference itself fails a case: a fault of the course, nobody is graded by it.
    """

    def __init__(self, task: Task, rng: np.random.Generator) -> None:
        super().__init__(task, task.cases(rng))
        for case, wanted in zip(self.cases, self.wanted, strict=True):
            self._confirm(case, wanted)
        self._coefficients = rng.uniform(0.3, 0.7, (len(self.cases), 4)).tolist()
        self._over: dict[Parts, Sitting] = {}
        self._namings: dict[Parts, Naming] = {}

    def _confirm(self, case: Case, wanted: Answer | Unanswered) -> None:
        fault = ""
        if isinstance(wanted, Unanswered):
            if case.raises is None or wanted.exception != case.raises.__name__:
                fault = f"answers {wanted.message}"
        elif case.raises is not None:
            fault = f"does not raise {case.raises.__name__}"
        elif any(difference(after, case.inputs[k], k, EXACT) for k, after in wanted.inputs.items()):
            fault = "changes its inputs"
        elif self.task.confirm is not None and self.task.confirm(case, wanted.result) > 1e-5:
            fault = "disagrees with the independent computation"
        if fault:
            raise RuntimeError(f"the reference of {self.task.name} {fault} ({case.label})")

    def over(self, parts: Parts) -> Sitting:
        """The same cases, with doubles in the place of these parts."""
        if parts not in self._over:
            drawn = zip(self.cases, self._coefficients, strict=True)
            cases = [replace(case, doubles=dict.fromkeys(parts, c)) for case, c in drawn]
            self._over[parts] = Sitting(self.task, cases) if parts else self
        return self._over[parts]

    def naming(self, parts: Parts = ()) -> Naming:
        """What recognises mistakes over doubles of these parts."""
        if parts not in self._namings:
            self._namings[parts] = Naming(self.over(parts))
        return self._namings[parts]

    def judge(self, ask: Ask) -> Verdict:
        """Put the cases through `ask` and decide.

        A composite is asked with doubles for all of its parts, so that none of the student's runs;
        if that is not worth full marks, as it stands; then with doubles for some, for one that
        writes the others out. The best of these verdicts counts. What ran out of time is not
        tried in more ways than two.

        Parameters
        ----------
        ask : callable
            :func:`grading.boundary.questions.ask`, or one that asks a candidate of the audit.
        """
        verdicts: dict[Parts, Verdict] = {}
        answers: dict[Parts, Answers] = {}
        for parts in settings(tuple(self.task.own_parts)):
            if len(verdicts) > 1 and any(map(_ends_never, itertools.chain(*answers.values()))):
                break
            answers[parts] = self.over(parts).put(ask)
            verdicts[parts] = self.over(parts).verdict(answers[parts])
            if verdicts[parts].score == self.task.points:
                return verdicts[parts]
        # Of equally good ones that without doubles: its cases are those that a student can run.
        best = max(verdicts, key=lambda parts: (verdicts[parts].score, not parts))
        # Over doubles of all parts, their mistakes neither hide the composite's nor look like them.
        telling = (next(iter(verdicts)), best)
        told = (self.naming(parts).told(answers[parts]) for parts in telling)
        return replace(verdicts[best], naming=lambda: next(filter(None, told), {}))


def _ends_never(answer: Answer | Unanswered) -> bool:
    return isinstance(answer, Unanswered) and answer.kind == Failed.TOO_SLOW


def settings(parts: Parts) -> Iterator[Parts]:
    """The parts that have doubles: all of them, none, then fewer and fewer."""
    yield parts
    for count in (0, *range(len(parts) - 1, 0, -1)):
        yield from (some for some in itertools.combinations(parts, count) if some != parts)
