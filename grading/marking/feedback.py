"""Turns a verdict into what the student reads: plain text and HTML, with the same words.

Feedback says what held, what did not and where, what did not run and on which line of the
student's own, which mistake it looks like, where to read, and what to do next. It never tells a
right value, a reference's source or a traceback of the grader.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from grading.boundary.outcome import Failed
from grading.marking.compare import short
from grading.marking.sitting import Finding, State, Verdict
from grading.marking.task import Lecture

WIDTH = 80
SYMBOLS = {State.HELD: "✓", State.NOT_HELD: "✗", State.NOT_CHECKED: "–"}
COLOURS = {State.HELD: "#2e7d32", State.NOT_HELD: "#c62828", State.NOT_CHECKED: "#757575"}
Explanations = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Standing:
    """One line on a criterion, and what there is to say about it."""

    state: State
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

    name: str
    headline: str
    standings: tuple[Standing, ...]
    failures: tuple[Failure, ...]
    mistakes: tuple[str, ...]
    lecture: Lecture | None
    next_step: str


def compose(verdict: Verdict, explanations: Explanations = ()) -> Feedback:
    """Choose the words for a verdict.

    Parameters
    ----------
    verdict : Verdict
    explanations : sequence of (str, str)
        A text that an error message may hold, and what to say then; the first that fits is said.
    """
    task, named = verdict.task, verdict.mistakes
    full = verdict.score == task.points
    return Feedback(
        task.name,
        f"{task.name}: {verdict.score:g} of {task.worth}",
        _standings(verdict.findings),
        _failures(verdict, explanations),
        tuple(verdict.told.values()),
        None if full else named[0].lecture if named else task.lecture,
        _next_step(verdict),
    )


def text(feedback: Feedback) -> str:
    """Feedback for a terminal, no line longer than 80 columns."""
    lines = [feedback.headline, ""]
    for standing in feedback.standings:
        lines += _wrap(f"{SYMBOLS[standing.state]} {standing.line}", "  ", "    ")
        lines += _wrap(standing.detail, "      ")
    for failure in feedback.failures:
        lines += ["", *_wrap(f"Did not run, {failure.cases}:"), *_wrap(failure.message, "  ")]
        lines += _wrap(failure.where and f"in {failure.where}", "  ")
        lines += _wrap(failure.explanation, "  ")
    for paragraph in (
        *(f"A mistake we recognise: {sentence}" for sentence in feedback.mistakes),
        feedback.lecture and f"Read: {feedback.lecture.text}",
        f"Next: {feedback.next_step}",
    ):
        lines += ["", *_wrap(paragraph)] if paragraph else []
    return "\n".join(lines) + "\n"


def html(feedback: Feedback) -> str:
    """Feedback for JupyterLab and for nbgrader's feedback page, on white or dark."""
    parts = [
        Markup('<p id="feedback-{}"><strong>{}</strong></p>').format(
            feedback.name, feedback.headline
        ),
        Markup('<ul style="list-style: none; padding-left: 0.5em;">{}</ul>').format(
            Markup("").join(map(_item, feedback.standings))
        ),
        *map(_paragraph, feedback.failures),
    ]
    parts += [
        Markup("<p><strong>A mistake we recognise:</strong> {}</p>").format(sentence)
        for sentence in feedback.mistakes
    ]
    if feedback.lecture:
        parts.append(
            Markup(
                '<p><strong>Read:</strong> <a style="color: inherit; text-decoration: underline;" '
                'href="{}">{}</a></p>'
            ).format(feedback.lecture.href, feedback.lecture.text)
        )
    parts.append(Markup("<p><strong>Next:</strong> {}</p>").format(feedback.next_step))
    return Markup(
        '<div style="border: 1px solid #757575; border-radius: 4px; padding: 0.5em 1em; '
        'max-width: 50em;">{}</div>'
    ).format(Markup("").join(parts))


def record(verdict: Verdict) -> dict[str, Any]:
    """What the report needs of a verdict; see :func:`grading.boundary.questions.show`."""
    kinds = {failed.kind: failed.message.partition("\n")[0] for _, failed in verdict.unanswered}
    return {
        "mistake": verdict.mistakes[0].sentence if verdict.mistakes else "",
        "criteria": [
            {
                "name": finding.criterion.name,
                "points": finding.criterion.points,
                "held": finding.state is State.HELD,
            }
            for finding in verdict.findings
        ],
        "unanswered": [
            {"kind": kind, "message": short(message, 300)} for kind, message in kinds.items()
        ],
    }


def _item(standing: Standing) -> Markup:
    detail = Markup('<div style="padding-left: 1.3em;">{}</div>').format(standing.detail)
    return Markup(
        '<li style="margin: 0.3em 0;"><span aria-hidden="true" class="{}" '
        'style="color: {}; font-weight: bold;">{}</span> {}{}</li>'
    ).format(
        standing.state.replace(" ", "-"),
        COLOURS[standing.state],
        SYMBOLS[standing.state],
        standing.line,
        detail if standing.detail else "",
    )


def _paragraph(failure: Failure) -> Markup:
    where = Markup("<br>in <code>{}</code>").format(failure.where)
    explanation = Markup("<br>{}").format(failure.explanation)
    return Markup("<p><strong>Did not run</strong>, {}:<br><code>{}</code>{}{}</p>").format(
        failure.cases,
        failure.message,
        where if failure.where else "",
        explanation if failure.explanation else "",
    )


def _standings(findings: tuple[Finding, ...]) -> tuple[Standing, ...]:
    """Say each sentence once: criteria that fail for the same reason refer to the first."""
    standings, told = [], {}
    for finding in findings:
        criterion, sentence = finding.criterion, finding.sentence
        earned = criterion.points if finding.state is State.HELD else 0
        line = f"{criterion.name}: {finding.state}, {earned:g} of {criterion.points:g}"
        if sentence in told:
            detail = f"The same as for {told[sentence]}."
        else:
            detail = (
                f"{sentence} Case: {finding.label}." if sentence and finding.label else sentence
            )
            told |= {sentence: criterion.name} if sentence else {}
        standings.append(Standing(finding.state, line, detail))
    return tuple(standings)


def _failures(verdict: Verdict, explanations: Explanations) -> tuple[Failure, ...]:
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
        explanation = next((words for sign, words in explanations if sign in message), "")
        line = short(message.partition("\n")[0], 300)
        failures.append(Failure(cases, line, short(where, 200), explanation))
    return tuple(failures)


def _next_step(verdict: Verdict) -> str:
    name = verdict.task.name
    states = [finding.state for finding in verdict.findings]
    kinds = {unanswered.kind for _, unanswered in verdict.unanswered}
    if verdict.score == verdict.task.points:
        return "nothing to mend here; go on to the next question."
    if verdict.mistakes:
        return f"read that section, mend {name}, and run its visible checks again."
    if kinds == {Failed.NOT_WRITTEN} and State.NOT_HELD not in states:
        return f"write {name}: replace its raise NotImplementedError line by your code."
    if Failed.WAITS in kinds:
        return f"take input(), breakpoint() and the debugger out of {name}."
    if Failed.TOO_SLOW in kinds:
        return (
            f"look for a loop in {name} that does not end, or that does the same work many times."
        )
    if kinds:
        return f"call {name} yourself with inputs like those named above until it returns."
    by_hand = f"go through {name} line by line, with a case small enough to do by hand."
    if parts := " and ".join(verdict.task.own_parts):
        by_hand += (
            f" It was looked at with working functions in the place of your {parts}, and with your "
            "own. If one of these loses points in its own question, mend it first, and call it by "
            "its name."
        )
    return by_hand


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
