"""Turns a verdict into what the student reads: plain text and HTML, with the same words.

Feedback says what held, what did not and where, what did not run and on which line of the
student's own, which mistake it looks like, where to read, and what to do next. It never tells a
right value, a reference's source or a traceback of the grader.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from html import escape
from typing import Any

from grading.marking.compare import short
from grading.marking.exam import HELD, NOT_CHECKED, NOT_HELD, Outcome, Verdict
from grading.marking.task import Lecture

WIDTH = 80
SYMBOLS = {HELD: "✓", NOT_HELD: "✗", NOT_CHECKED: "–"}
COLOURS = {HELD: "#2e7d32", NOT_HELD: "#c62828", NOT_CHECKED: "#757575"}
EXPLANATIONS = (
    ("has no attribute 'bool8'", "NumPy 2 has no np.bool8; write np.bool_."),
    ("module 'numpy' has no attribute", "NumPy 2 has no such name; older code often does."),
    ("newshape", "NumPy 2 has no newshape=; give the shape as np.reshape's second argument."),
    ("cannot be interpreted as an integer", "A shape or an index is a whole number; // gives one."),
    ("expected a sequence of integers", "A shape or an index is a whole number; // gives one."),
    ("NameError: name 'np'", "Run the notebook's first cell: it imports NumPy as np."),
)  # fmt: skip


@dataclass(frozen=True)
class Standing:
    """One line on a criterion, and what there is to say about it."""

    state: str
    line: str
    detail: str


@dataclass(frozen=True)
class Failure:
    """An exception or time-out, once for all the cases that ended in it.

    One line of the student's that raised one type of exception failed in one way, though its
    message may differ from case to case: `message` is that of the first.
    """

    cases: str
    message: str
    where: str
    explanation: str


@dataclass(frozen=True)
class Feedback:
    """What there is to say about a verdict, before any markup."""

    headline: str
    standings: tuple[Standing, ...]
    failures: tuple[Failure, ...]
    mistake: str
    lecture: Lecture | None
    next_step: str


def compose(verdict: Verdict) -> Feedback:
    """Choose the words for a verdict."""
    task = verdict.task
    full = verdict.score == task.points
    named = verdict.misconception
    return Feedback(
        f"{task.name}: {verdict.score:g} of {task.worth}",
        _standings(verdict.outcomes),
        _failures(verdict),
        named.sentence if named else "",
        None if full else named.lecture if named else task.lecture,
        _next_step(verdict),
    )


def text(verdict: Verdict) -> str:
    """Feedback for a terminal, no line longer than 80 columns."""
    feedback = compose(verdict)
    lines = [feedback.headline, ""]
    for standing in feedback.standings:
        lines += _wrap(f"{SYMBOLS[standing.state]} {standing.line}", "  ", "    ")
        lines += _wrap(standing.detail, "      ")
    for failure in feedback.failures:
        lines += ["", *_wrap(f"Did not run, {failure.cases}:"), *_wrap(failure.message, "  ")]
        lines += _wrap(failure.where and f"in {failure.where}", "  ")
        lines += _wrap(failure.explanation, "  ")
    for paragraph in (
        feedback.mistake and f"A mistake we recognise: {feedback.mistake}",
        feedback.lecture and f"Read: {feedback.lecture.text}",
        f"Next: {feedback.next_step}",
    ):
        lines += ["", *_wrap(paragraph)] if paragraph else []
    return "\n".join(lines) + "\n"


def html(verdict: Verdict) -> str:
    """Feedback for JupyterLab and for nbgrader's feedback page, on white or dark."""
    feedback = compose(verdict)
    name = escape(verdict.task.name)
    parts = [f'<p id="feedback-{name}"><strong>{escape(feedback.headline)}</strong></p>']
    items = "".join(map(_item, feedback.standings))
    parts.append(f'<ul style="list-style: none; padding-left: 0.5em;">{items}</ul>')
    for failure in feedback.failures:
        where = f"<br>in <code>{escape(failure.where)}</code>" if failure.where else ""
        explanation = f"<br>{escape(failure.explanation)}" if failure.explanation else ""
        parts.append(
            f"<p><strong>Did not run</strong>, {escape(failure.cases)}:<br>"
            f"<code>{escape(failure.message)}</code>{where}{explanation}</p>"
        )
    if feedback.mistake:
        parts.append(f"<p><strong>A mistake we recognise:</strong> {escape(feedback.mistake)}</p>")
    if feedback.lecture:
        parts.append(
            '<p><strong>Read:</strong> <a style="color: inherit; text-decoration: underline;" '
            f'href="{escape(feedback.lecture.href)}">{escape(feedback.lecture.text)}</a></p>'
        )
    parts.append(f"<p><strong>Next:</strong> {escape(feedback.next_step)}</p>")
    return (
        '<div style="border: 1px solid #757575; border-radius: 4px; padding: 0.5em 1em; '
        f'max-width: 50em;">{"".join(parts)}</div>'
    )


def outcome(verdict: Verdict) -> dict[str, Any]:
    """What the report on a class needs of a verdict; see :func:`grading.boundary.questions.show`."""
    kinds = {failed.kind: failed.message.partition("\n")[0] for _, failed in verdict.unanswered}
    return {
        "mistake": verdict.misconception.sentence if verdict.misconception else "",
        "criteria": [
            {
                "name": outcome.criterion.name,
                "points": outcome.criterion.points,
                "held": outcome.state == HELD,
            }
            for outcome in verdict.outcomes
        ],
        "unanswered": [
            {"kind": kind, "message": short(message, 300)} for kind, message in kinds.items()
        ],
    }


def _item(standing: Standing) -> str:
    mark = (
        f'<span aria-hidden="true" style="color: {COLOURS[standing.state]}; font-weight: bold;">'
        f"{SYMBOLS[standing.state]}</span>"
    )
    detail = escape(standing.detail)
    detail = detail and f'<div style="padding-left: 1.3em;">{detail}</div>'
    return f'<li style="margin: 0.3em 0;">{mark} {escape(standing.line)}{detail}</li>'


def _standings(outcomes: tuple[Outcome, ...]) -> tuple[Standing, ...]:
    """Say each sentence once: criteria that fail for the same reason refer to the first."""
    standings, told = [], {}
    for outcome in outcomes:
        criterion, sentence = outcome.criterion, outcome.sentence or outcome.remark
        earned = criterion.points if outcome.state == HELD else 0
        line = f"{criterion.name}: {outcome.state}, {earned:g} of {criterion.points:g}"
        if sentence in told:
            detail = f"The same as for {told[sentence]}."
        else:
            detail = (
                f"{sentence} Case: {outcome.label}." if sentence and outcome.label else sentence
            )
            told |= {sentence: criterion.name} if sentence else {}
        standings.append(Standing(outcome.state, line, detail))
    return tuple(standings)


def _failures(verdict: Verdict) -> tuple[Failure, ...]:
    grouped: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for case, unanswered in verdict.unanswered:
        message = unanswered.message or unanswered.kind
        what = unanswered.exception if unanswered.where else message
        grouped.setdefault((what, unanswered.where), []).append((case.label, message))
    failures = []
    for (_, where), told in grouped.items():
        label, message = told[0]
        cases = f"in {len(told)} of {verdict.cases} cases, first with {label}"
        if any(other != message for _, other in told):
            cases += "; there the message was"
        explanation = next((words for sign, words in EXPLANATIONS if sign in message), "")
        line = short(message.partition("\n")[0], 300)
        failures.append(Failure(cases, line, short(where, 200), explanation))
    return tuple(failures)


def _next_step(verdict: Verdict) -> str:
    name = verdict.task.name
    states = [outcome.state for outcome in verdict.outcomes]
    kinds = {unanswered.kind for _, unanswered in verdict.unanswered}
    if verdict.score == verdict.task.points:
        return "nothing to mend here; go on to the next question."
    if verdict.misconception:
        return f"read that section, mend {name}, and run its visible checks again."
    if kinds == {"not written"} and NOT_HELD not in states:
        return f"write {name}: replace its raise NotImplementedError line by your code."
    if "too slow" in kinds:
        return f"look for a loop in {name} that does not end, or replace loops by array operations."
    if kinds:
        return f"call {name} yourself with inputs like those named above until it returns."
    return f"go through {name} line by line, with a case small enough to do by hand."


def _wrap(paragraph: str, first: str = "", rest: str | None = None) -> list[str]:
    return [
        line
        for piece in paragraph.splitlines()
        for line in textwrap.wrap(
            piece,
            WIDTH,
            initial_indent=first,
            subsequent_indent=first if rest is None else rest,
            break_on_hyphens=False,
        )
    ]
