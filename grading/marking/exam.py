"""Puts a task's cases to a student's code and decides what it earned."""

from __future__ import annotations

import builtins
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

import numpy as np

from grading.boundary import questions
from grading.boundary.questions import Question, Unanswered
from grading.marking.compare import EXACT, describe, difference, short
from grading.marking.task import Answer, Case, Criterion, Misconception, Task, total

Ask = Callable[[Sequence[Question]], list[tuple[Any, ...] | Unanswered]]

HELD, NOT_HELD, NOT_CHECKED = "held", "not held", "not checked"
PATIENCE = 20.0  # seconds for all calls of a composite's parts
NOTHING_RIGHT = "It counts as soon as something else is right."


@dataclass(frozen=True)
class Outcome:
    """What became of one criterion.

    `sentence` says what is wrong, in the case that `label` names; `remark` is what was accepted
    all the same.
    """

    criterion: Criterion
    state: str
    sentence: str = ""
    label: str = ""
    remark: str = ""


@dataclass(frozen=True)
class Verdict:
    """What a student's function earned, and why."""

    task: Task
    outcomes: tuple[Outcome, ...]
    unanswered: tuple[tuple[Case, Unanswered], ...]
    cases: int
    misconception: Misconception | None = None

    @property
    def score(self) -> float:
        """The points earned."""
        return total(o.criterion.points for o in self.outcomes if o.state == HELD)


class Exam:
    """One drawing of a task's cases, with the right answers.

    Parameters
    ----------
    task : Task
    rng : numpy.random.Generator
        Draws the cases.

    Raises
    ------
    RuntimeError
        If the reference itself fails a case: a fault of the course, nobody is graded by it.
    """

    def __init__(self, task: Task, rng: np.random.Generator) -> None:
        self.task = task
        self.cases = tuple(task.cases(rng))
        self.wanted = self.answers(task.reference)
        self._theirs: dict[Misconception, list[Answer | Unanswered]] = {}
        for case, wanted in zip(self.cases, self.wanted, strict=True):
            self._confirm(case, wanted)

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

    def question(self, case: Case) -> Question:
        """The question that puts a case, fetching its inputs again where they are looked at."""
        fetch = any(c.inputs and c.selects(case) for c in self.task.criteria)
        outputs = ("result", *case.inputs) if fetch else ("result",)
        return Question(case.code, case.inputs, outputs)

    def put(self, ask: Ask) -> list[Answer | Unanswered]:
        """Put all cases in one go."""
        asked = [self.question(case) for case in self.cases]
        return [
            values
            if isinstance(values, Unanswered)
            else Answer(values[0], dict(zip(question.outputs[1:], values[1:], strict=True)))
            for question, values in zip(asked, ask(asked), strict=True)
        ]

    def answers(self, candidate: Callable, **parts: Callable) -> list[Answer | Unanswered]:
        """What `candidate` answers when it runs here, with `parts` for the functions it calls."""
        return self.put(ask_here(self.task.namespace(candidate, **parts)))

    def judge(self, ask: Ask) -> Verdict:
        """Put the cases through `ask` and decide.

        Parameters
        ----------
        ask : callable
            :func:`grading.boundary.questions.ask`, or one that asks a candidate of the audit.
        """
        answers = self.put(ask)
        parts = OwnParts(self, ask)
        outcomes = [self._outcome(c, answers, parts) for c in self.task.criteria]
        if not any(o.state == HELD and not o.criterion.inputs for o in outcomes):
            outcomes = [
                Outcome(o.criterion, NOT_CHECKED, NOTHING_RIGHT) if o.state == HELD else o
                for o in outcomes
            ]
        wrong = any(outcome.state != HELD for outcome in outcomes)
        return Verdict(
            self.task,
            tuple(outcomes),
            tuple(
                (case, answer)
                for case, answer in zip(self.cases, answers, strict=True)
                if isinstance(answer, Unanswered) and case.raises is None
            ),
            len(self.cases),
            self._misconception(answers) if wrong else None,
        )

    def _outcome(
        self, criterion: Criterion, answers: list[Answer | Unanswered], parts: OwnParts
    ) -> Outcome:
        """The worst of the criterion's cases decides; the first of the worst is told."""
        told = Outcome(criterion, HELD)
        for index, case in enumerate(self.cases):
            if not criterion.selects(case):
                continue
            state, sentence = self._finding(criterion, index, answers, parts)
            if state == NOT_HELD:
                return Outcome(criterion, NOT_HELD, sentence, case.label)
            if state == NOT_CHECKED and told.state == HELD:
                told = Outcome(criterion, NOT_CHECKED, sentence, case.label)
            if sentence and told == Outcome(criterion, HELD):
                told = Outcome(criterion, HELD, label=case.label, remark=sentence)
        return told

    def _finding(
        self,
        criterion: Criterion,
        index: int,
        answers: list[Answer | Unanswered],
        parts: OwnParts,
    ) -> tuple[str, str]:
        """The state of one case, and a sentence: what is wrong, or a remark where it held."""
        case, got, wanted = self.cases[index], answers[index], self.wanted[index]
        if case.raises is not None:
            return _refusal(case, got, answers)
        if isinstance(got, Unanswered):
            return NOT_CHECKED, ""
        problem = self._problem(criterion, case, got, wanted)
        if problem is None:
            return HELD, self._remark(criterion, case, got, wanted)
        if self.task.own_parts and not criterion.inputs and criterion.check is None:
            named = " and ".join(self.task.own_parts)
            wanted = parts.wanted[index]
            if isinstance(wanted, Unanswered):
                return NOT_CHECKED, f"It needs a working {named}: mend that first."
            problem = self._problem(criterion, case, got, wanted)
            if problem is None:
                return HELD, f"Right given your own {named}, which has a question of its own."
        return NOT_HELD, problem

    def _problem(self, criterion: Criterion, case: Case, got: Answer, wanted: Answer) -> str | None:
        """What a criterion finds wrong with one answer, or None."""
        return self._difference(criterion, case, got, wanted, criterion.loose_shape)

    def _remark(self, criterion: Criterion, case: Case, got: Answer, wanted: Answer) -> str:
        """What only a loose comparison accepts."""
        if not criterion.loose_shape:
            return ""
        strict = self._difference(criterion, case, got, wanted, loose_shape=False)
        return f"Accepted, though {strict}" if strict else ""

    def _difference(
        self, criterion: Criterion, case: Case, got: Answer, wanted: Answer, loose_shape: bool
    ) -> str | None:
        if criterion.inputs:
            return self._changed(case, got, wanted)
        if criterion.check is not None:
            try:
                return criterion.check(got.result, wanted.result, case)
            except Exception:
                # A script's result may be a collection of its own making: no word on its type.
                is_what = "" if case.returns else f" is {describe(got.result)} and"
                return f"The answer{is_what} cannot be looked at: mend its type and shapes first."
        returns = case.returns or self.task.returns
        right = _parts(wanted.result, returns, criterion.part)
        mine = _parts(got.result, returns, criterion.part)
        if isinstance(mine, str):
            return mine
        for name in right:
            if name not in mine:
                return f"{name} is missing."
        for name in mine:
            if name not in right:
                return f"{short(name)} does not belong there."
        for name in right:
            problem = difference(mine[name], right[name], name, criterion.tolerance, loose_shape)
            if problem:
                return problem
        return None

    def _changed(self, case: Case, got: Answer, wanted: Answer) -> str | None:
        for variable in case.inputs:
            if difference(got.inputs[variable], wanted.inputs[variable], "", EXACT):
                name = self.task.input_name(variable)
                return f"{name} is not what it was before the call: make a new one instead."
        return None

    def _misconception(self, answers: list[Answer | Unanswered]) -> Misconception | None:
        recognised = (m for m in self.task.misconceptions if self.recognises(m, answers))
        return next(recognised, None)

    def recognises(self, misconception: Misconception, answers: list[Answer | Unanswered]) -> bool:
        """Whether wrong answers are those of a misconception."""
        if misconception.looks_like:
            return self._looks_like(misconception, answers)
        if misconception not in self._theirs:
            self._theirs[misconception] = self.answers(misconception.wrong)
        return self._same_mistake(answers, self._theirs[misconception])

    def _looks_like(self, misconception: Misconception, answers: list[Answer | Unanswered]) -> bool:
        signs = []
        for case, got, wanted in zip(self.cases, answers, self.wanted, strict=True):
            if isinstance(got, Answer) and isinstance(wanted, Answer):
                try:
                    signs.append(misconception.looks_like(got.result, wanted.result, case))
                except Exception:
                    signs.append(False)
        return signs.count(True) >= 2 and False not in signs

    def _same_mistake(
        self, answers: list[Answer | Unanswered], theirs: list[Answer | Unanswered]
    ) -> bool:
        """Whether `answers` equal `theirs` wherever `theirs` are wrong, in two cases or more."""
        separating = 0
        for case, mine, wrong, right in zip(self.cases, answers, theirs, self.wanted, strict=True):
            if self._alike(case, wrong, right):
                continue
            if not self._alike(case, mine, wrong):
                return False
            separating += isinstance(wrong, Answer)
        return separating >= 2

    def _alike(self, case: Case, got: Answer | Unanswered, wanted: Answer | Unanswered) -> bool:
        """Whether two answers to a case are the same in every graded part."""
        if isinstance(got, Unanswered) or isinstance(wanted, Unanswered):
            return (
                isinstance(got, Unanswered)
                and isinstance(wanted, Unanswered)
                and (got.kind, got.exception) == (wanted.kind, wanted.exception)
            )
        return all(
            self._problem(criterion, case, got, wanted) is None
            for criterion in self.task.criteria
            if criterion.selects(case) and criterion.check is None
        )


class OwnParts:
    """The right answers given the student's own functions for the parts of a composite one.

    The parts are asked call by call, as the reference needs them. A part that fails once, or that
    takes more than `PATIENCE` in all, is not asked again: what needs it has no answer.
    """

    def __init__(self, exam: Exam, ask: Ask) -> None:
        self._exam, self._ask = exam, ask
        self._answers: list[Answer | Unanswered] | None = None

    @property
    def wanted(self) -> list[Answer | Unanswered]:
        """One for each case; asked for at the first need."""
        if self._answers is None:
            self._until = time.monotonic() + PATIENCE
            proxies = {name: self._proxy(name) for name in self._exam.task.own_parts}
            self._answers = self._exam.answers(self._exam.task.reference, **proxies)
        return self._answers

    def _proxy(self, name: str) -> Callable:
        failure: list[Unanswered] = []

        def part(*args: Any, **kwargs: Any) -> Any:
            if not failure:
                given = {f"arg{i}": value for i, value in enumerate(args)}
                given |= {f"arg_{key}": value for key, value in kwargs.items()}
                listed = [f"arg{i}" for i in range(len(args))]
                listed += [f"{key}=arg_{key}" for key in kwargs]
                question = Question(f"result = {name}({', '.join(listed)})", given)
                (values,) = self._ask([question])
                if time.monotonic() > self._until:
                    values = Unanswered("too slow", f"its calls took over {PATIENCE:g} s")
                if not isinstance(values, Unanswered):
                    return values[0]
                failure.append(values)
            raise RuntimeError(f"{name} does not answer: {failure[0].message}")

        return part


def ask_here(namespace: dict[str, Any]) -> Ask:
    """An `ask` over a namespace of this process, through the encoding of the wire."""

    def ask(asked: Sequence[Question]) -> list[tuple[Any, ...] | Unanswered]:
        with np.errstate(all="ignore"), warnings.catch_warnings(action="ignore"):
            return [questions.run(question, namespace) for question in asked]

    return ask


def _refusal(
    case: Case, got: Answer | Unanswered, answers: list[Answer | Unanswered]
) -> tuple[str, str]:
    """Whether the case's exception was raised, by a function that answers something else."""
    name = case.raises.__name__
    if isinstance(got, Answer):
        return NOT_HELD, f"It should raise a {name} and returned {describe(got.result)}."
    if got.kind != "raised" or not any(isinstance(answer, Answer) for answer in answers):
        return NOT_CHECKED, ""
    known = getattr(builtins, got.exception, None)
    if got.exception == name or (isinstance(known, type) and issubclass(known, case.raises)):
        return HELD, ""
    return NOT_HELD, f"It should raise a {name} and raised {short(got.message, 200)}"


def _parts(result: Any, returns: str | tuple[str, ...], patterns: str) -> Mapping[str, Any] | str:
    """The parts of a result by the names a student knows, or a sentence if it has none."""
    if isinstance(returns, tuple):
        names = ", ".join(returns)
        if type(result) not in (tuple, list):
            return f"It returned {describe(result)}; it should return {names}."
        if len(result) != len(returns):
            return f"It returned {len(result)} values; it should return {len(returns)}: {names}."
        parts = dict(zip(returns, result, strict=True))
    elif not patterns:
        return {returns: result}
    elif type(result) is not dict:
        return f"{returns} is {describe(result)}; it should be a dict."
    else:
        parts = result
    wanted = patterns.split() or ["*"]
    return {
        name if isinstance(returns, tuple) else f"{returns}[{name!r}]": value
        for name, value in parts.items()
        if any(fnmatchcase(name, pattern) for pattern in wanted)
    }
