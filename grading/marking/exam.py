"""Puts a task's cases to a student's code and decides what it earned."""

from __future__ import annotations

import builtins
import itertools
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import numpy as np

from grading.boundary import questions
from grading.boundary.outcome import Failed
from grading.boundary.questions import Question, Unanswered
from grading.marking.case import Answer, Case
from grading.marking.compare import EXACT, describe, difference, short
from grading.marking.criteria import ANYTHING, Criterion
from grading.marking.task import Mistake, Sign, Task, Way, total

Ask = Callable[[Sequence[Question]], list[tuple[Any, ...] | Unanswered]]

Parts = tuple[str, ...]  # of a composite, those that have doubles

PATIENCE = 20.0  # seconds for trying out which parts a composite calls


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
    """What a student's function earned, and why."""

    task: Task
    findings: tuple[Finding, ...]
    unanswered: tuple[tuple[Case, Unanswered], ...]
    cases: int
    mistake: Mistake | None = None

    @property
    def score(self) -> float:
        """The points earned."""
        return total(f.criterion.points for f in self.findings if f.state is State.HELD)


class Sitting:
    """A task's cases, with the right answers to them and to every mistake.

    Parameters
    ----------
    task : Task
    cases : sequence of Case
    """

    def __init__(self, task: Task, cases: Sequence[Case]) -> None:
        self.task, self.cases = task, tuple(cases)
        self.wanted = self.answers(task.reference)
        self._wrong: dict[Way, dict[int, Answer | Unanswered]] = {}

    def question(self, case: Case) -> Question:
        """The question that puts a case, and fetches what a criterion looks at."""
        read = (c.reads(case) for c in self.task.criteria if c.selects(case))
        outputs = dict.fromkeys(("result", *itertools.chain.from_iterable(read)))
        doubles = {name: self.task.double(name, c) for name, c in case.doubles.items()}
        return Question(case.code, case.inputs, tuple(outputs), doubles)

    def put(self, ask: Ask) -> list[Answer | Unanswered]:
        """Put all cases in one go."""
        asked = [self.question(case) for case in self.cases]
        return [
            values
            if isinstance(values, Unanswered)
            else Answer(values[0], dict(zip(question.outputs[1:], values[1:], strict=True)))
            for question, values in zip(asked, ask(asked), strict=True)
        ]

    def answers(self, candidate: Way) -> list[Answer | Unanswered]:
        """What `candidate` answers when it runs here."""
        return self.put(ask_here(self.task.namespace(candidate)))

    def verdict(self, ask: Ask) -> Verdict:
        """Put the cases through `ask` and decide; see :meth:`Exam.judge`."""
        answers = self.put(ask)
        findings = _counted([self._finding(c, answers) for c in self.task.criteria])
        wrong = any(f.state is not State.HELD for f in findings)
        recognised = (m for m in self.task.mistakes if self.recognises(m, answers))
        return Verdict(
            self.task,
            tuple(findings),
            tuple(
                (case, answer)
                for case, answer in zip(self.cases, answers, strict=True)
                if isinstance(answer, Unanswered) and case.raises is None
            ),
            len(self.cases),
            next(recognised, None) if wrong else None,
        )

    def _finding(self, criterion: Criterion, answers: list[Answer | Unanswered]) -> Finding:
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

    def _in_case(
        self, criterion: Criterion, index: int, answers: list[Answer | Unanswered]
    ) -> tuple[State, str]:
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

    def recognises(self, mistake: Mistake, answers: list[Answer | Unanswered]) -> bool:
        """Whether wrong answers are those of a mistake.

        A sign of chance is one of the parts as well, and says nothing over doubles of them.
        """
        if mistake.looks_like:
            over_doubles = any(case.doubles for case in self.cases)
            return not over_doubles and self._looks_like(mistake.looks_like, answers)
        return any(self._same_mistake(way, answers) for way in mistake.ways)

    def _looks_like(self, looks_like: Sign, answers: list[Answer | Unanswered]) -> bool:
        signs = []
        for case, got, wanted in zip(self.cases, answers, self.wanted, strict=True):
            if isinstance(got, Answer) and isinstance(wanted, Answer):
                try:
                    sign = looks_like(got.result, wanted.result, case)
                    signs.append(sign if sign is None else bool(sign))
                except Exception:
                    signs.append(False)
        return signs.count(True) >= 2 and False not in signs

    def _same_mistake(self, way: Way, answers: list[Answer | Unanswered]) -> bool:
        """Whether `answers` are those of a way wherever that is wrong, in two cases or more."""
        if way not in self._wrong:
            self._wrong[way] = {
                index: theirs
                for index, theirs in enumerate(self.answers(way))
                if not self._alike(self.cases[index], theirs, self.wanted[index])
            }
        wrong = self._wrong[way]
        return sum(isinstance(theirs, Answer) for theirs in wrong.values()) >= 2 and all(
            self._alike(self.cases[index], answers[index], theirs)
            for index, theirs in wrong.items()
        )

    def _alike(self, case: Case, mine: Answer | Unanswered, other: Answer | Unanswered) -> bool:
        """Whether two answers to a case are the same in every graded part."""
        if isinstance(mine, Unanswered) or isinstance(other, Unanswered):
            return (
                isinstance(mine, Unanswered)
                and isinstance(other, Unanswered)
                and (mine.kind, mine.exception) == (other.kind, other.exception)
            )
        return all(
            criterion.alike(case, mine, other, case.returns or self.task.returns)
            for criterion in self.task.criteria
            if criterion.selects(case)
        )


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

    def judge(self, ask: Ask) -> Verdict:
        """Put the cases through `ask` and decide.

        A composite is asked with doubles for all of its parts, so that none of the student's runs;
        if that is not worth full marks, as it stands; then with doubles for some, for one that
        writes the others out. The best of these verdicts counts.

        Parameters
        ----------
        ask : callable
            :func:`grading.boundary.questions.ask`, or one that asks a candidate of the audit.
        """
        verdicts: dict[Parts, Verdict] = {}
        until = time.monotonic() + PATIENCE
        for parts in _settings(tuple(self.task.own_parts)):
            if len(verdicts) > 1 and time.monotonic() > until:
                break
            verdicts[parts] = self.over(parts).verdict(ask)
            if verdicts[parts].score == self.task.points:
                break
        # Of equally good ones that without doubles: its cases are those that a student can run.
        best = max(verdicts, key=lambda parts: (verdicts[parts].score, not parts))
        # Over doubles of all parts, their mistakes neither hide the composite's nor look like them.
        named = next(iter(verdicts.values())).mistake or verdicts[best].mistake
        full = verdicts[best].score == self.task.points
        return replace(verdicts[best], mistake=None if full else named)


def _settings(parts: Parts) -> Iterator[Parts]:
    """The parts that have doubles: all of them, none, then fewer and fewer."""
    yield parts
    for count in (0, *range(len(parts) - 1, 0, -1)):
        yield from (some for some in itertools.combinations(parts, count) if some != parts)


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


def _refusal(
    case: Case, got: Answer | Unanswered, answers: list[Answer | Unanswered]
) -> tuple[State, str]:
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
