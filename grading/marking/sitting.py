"""Puts a task's cases to a student's code, and finds which criteria the answers hold."""

from __future__ import annotations

import builtins
import itertools
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

import numpy as np

from grading.boundary import questions
from grading.boundary.outcome import Failed
from grading.boundary.questions import Question, Unanswered
from grading.marking.case import Answer, Case
from grading.marking.compare import describe, short
from grading.marking.criteria import ANYTHING, Criterion
from grading.marking.task import Mistake, Task, total

Ask = Callable[[Sequence[Question]], list[tuple[Any, ...] | Unanswered]]
Answers = Sequence[Answer | Unanswered]
Lost = frozenset[tuple[Criterion, int]]  # criteria that were not held, and the numbers of cases


class State(StrEnum):
    """What became of a criterion, in the student's words."""

    HELD = "held"
    NOT_HELD = "not held"
    NOT_CHECKED = "not checked"


@dataclass(frozen=True)
class Finding:
    """What was found by one criterion.

    `sentence` says what is wrong, or where it held what was accepted all the same, in the case
    that `label` names.
    """

    criterion: Criterion
    state: State
    sentence: str = ""
    label: str = ""


@dataclass(frozen=True)
class Verdict:
    """What a student's function earned, and why.

    `naming` finds the mistakes that it shows, the dearest first, each with what is told of it: only
    where somebody asks for them.
    """

    task: Task
    findings: tuple[Finding, ...]
    unanswered: tuple[tuple[Case, Unanswered], ...]
    cases: int
    naming: Callable[[], dict[Mistake, str]] = dict

    @cached_property
    def told(self) -> dict[Mistake, str]:
        """The mistakes that it shows, and what feedback says of them."""
        return self.naming()

    @property
    def mistakes(self) -> tuple[Mistake, ...]:
        """The mistakes that it shows; see :mod:`grading.marking.naming`."""
        return tuple(self.told)

    @property
    def score(self) -> float:
        """The points earned."""
        return total(f.criterion.points for f in self.findings if f.state is State.HELD)

    @property
    def lost(self) -> tuple[Criterion, ...]:
        """The criteria that were not held, or not checked."""
        return tuple(f.criterion for f in self.findings if f.state is not State.HELD)


class Sitting:
    """A task's cases, with the right answers to them.

    Parameters
    ----------
    task : Task
    cases : sequence of Case
    """

    def __init__(self, task: Task, cases: Sequence[Case]) -> None:
        self.task, self.cases = task, tuple(cases)
        self.wanted = self.put(ask_here(task.namespace(task.reference)))

    def question(self, case: Case) -> Question:
        """The question that puts a case, and fetches what a criterion looks at."""
        read = (c.reads(case) for c in self.task.criteria if c.selects(case))
        outputs = dict.fromkeys(("result", *itertools.chain.from_iterable(read)))
        doubles = {name: self.task.double(name, c) for name, c in case.doubles.items()}
        return Question(case.code, case.inputs, tuple(outputs), doubles)

    def put(self, ask: Ask) -> Answers:
        """Put all cases in one go."""
        return self._put(ask, self.cases)

    def all_held(self, ask: Ask) -> bool:
        """Whether answers earn full marks; no case is put after one in which something is lost."""
        answers: list[Any] = [None] * len(self.cases)
        # A refusal counts beside an answer.
        for index in sorted(range(len(answers)), key=lambda i: self.cases[i].raises is not None):
            answers[index] = self._put(ask, self.cases[index : index + 1])[0]
            for criterion in self.task.criteria:
                if criterion.selects(self.cases[index]) and (
                    self._in_case(criterion, index, answers)[0] is not State.HELD
                ):
                    return False
        return True

    def answering(self, text: str) -> Callable[[int], Answer | Unanswered]:
        """What a function answers to a case, by its number, when its source runs here."""
        ask = ask_here(self.task.namespace(text))
        return lambda index: self._put(ask, self.cases[index : index + 1])[0]

    def _put(self, ask: Ask, cases: Sequence[Case]) -> Answers:
        asked = [self.question(case) for case in cases]
        return [
            values
            if isinstance(values, Unanswered)
            else Answer(values[0], dict(zip(question.outputs[1:], values[1:], strict=True)))
            for question, values in zip(asked, ask(asked), strict=True)
        ]

    def verdict(self, answers: Answers) -> Verdict:
        """Decide what answers are worth."""
        return Verdict(
            self.task,
            tuple(_counted([self._finding(c, answers) for c in self.task.criteria])),
            tuple(
                (case, answer)
                for case, answer in zip(self.cases, answers, strict=True)
                if isinstance(answer, Unanswered) and case.raises is None
            ),
            len(self.cases),
        )

    def lost(self, answers: Answers) -> Lost:
        """Which criteria are not held, and in which cases."""
        return Lost(
            (criterion, index)
            for criterion in self.task.criteria
            for index, case in enumerate(self.cases)
            if criterion.selects(case)
            and self._in_case(criterion, index, answers)[0] is not State.HELD
        )

    def _finding(self, criterion: Criterion, answers: Answers) -> Finding:
        """The worst of the criterion's cases decides; the first of the worst is told."""
        told = Finding(criterion, State.HELD)
        for index, case in enumerate(self.cases):
            if not criterion.selects(case):
                continue
            state, sentence = self._in_case(criterion, index, answers)
            found = Finding(criterion, state, sentence, case.label)
            if state is State.NOT_HELD:
                return found
            if told.state is State.HELD and (
                state is State.NOT_CHECKED or (sentence and not told.sentence)
            ):
                told = found
        return told

    def _in_case(self, criterion: Criterion, index: int, answers: Answers) -> tuple[State, str]:
        """The state of one case, and a sentence: what is wrong, or a remark where it held."""
        case, got, wanted = self.cases[index], answers[index], self.wanted[index]
        if case.raises is not None:
            return _refusal(case, got, answers)
        if isinstance(got, Unanswered):
            return State.NOT_CHECKED, ""
        returns = case.returns or self.task.returns
        problem = criterion.problem(case, got, wanted, returns)
        if problem is None:
            return State.HELD, criterion.remark(case, got, wanted, returns)
        return State.NOT_HELD, problem


def ask_here(namespace: dict[str, Any]) -> Ask:
    """An `ask` over a namespace of this process, through the encoding of the wire."""

    def ask(asked: Sequence[Question]) -> list[tuple[Any, ...] | Unanswered]:
        with np.errstate(all="ignore"), warnings.catch_warnings(action="ignore"):
            return [questions.run(question, namespace) for question in asked]

    return ask


def _counted(findings: Sequence[Finding]) -> list[Finding]:
    """Take out of what held whatever has nothing beside it that counts."""
    held = [f.criterion for f in findings if f.state is State.HELD]
    while lonely := [c for c in held if c.beside and not any(map(c.leans_on, held))]:
        held = [c for c in held if c not in lonely]
    return [
        Finding(f.criterion, State.NOT_CHECKED, _needs(f.criterion))
        if f.state is State.HELD and f.criterion not in held
        else f
        for f in findings
    ]


def _needs(criterion: Criterion) -> str:
    if criterion.beside == ANYTHING:
        return "It counts as soon as something else is right."
    return f"It counts as soon as {' or '.join(map('“{}”'.format, criterion.beside))} holds."


def _refusal(case: Case, got: Answer | Unanswered, answers: Answers) -> tuple[State, str]:
    """Whether the case's exception was raised, by a function that answers something else."""
    name = case.raises.__name__
    if isinstance(got, Answer):
        return State.NOT_HELD, f"It should raise a {name} and returned {describe(got.result)}."
    if got.kind != Failed.RAISED or not any(isinstance(answer, Answer) for answer in answers):
        return State.NOT_CHECKED, ""
    known = getattr(builtins, got.exception, None)
    if got.exception == name or (isinstance(known, type) and issubclass(known, case.raises)):
        return State.HELD, ""
    return State.NOT_HELD, f"It should raise a {name} and raised {short(got.message, 200)}"
