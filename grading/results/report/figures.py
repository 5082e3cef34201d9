"""What the records of a class come to: pure functions, no files and no markup."""

from __future__ import annotations

import math
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from grading.boundary.outcome import Ended, Failed
from grading.plugin.due import duration
from grading.results.report.records import Class, GradedCell, Record

BINS = 10
ENOUGH_FOR_A_CORRELATION = 3
ENOUGH_FOR_OUTLIERS = 20
KINDS = {
    Failed.RAISED: "raised an exception",
    Failed.NOT_WRITTEN: "not written yet",
    Failed.WAITS: "waited for the keyboard",
    Failed.TOO_SLOW: "took too long",
    Failed.DIED: "ended the kernel",
    Failed.NOT_DATA: "gave no plain data",
}
LOOKS = {  # word: title, advice; the most pressing first
    Ended.REFUSED: (
        "Refused",
        "What was handed in cannot be graded. Ask for another copy, then grade again.",
    ),
    Ended.FAILED: ("Grading failed", "Grading broke off. See why, then grade again."),
    "no score": (
        "Without a score",
        "These questions have no score, which nbgrader counts as 0. "
        "Grade again: autograde ends with the reasons.",
    ),
    "to grade": ("To grade by hand", "These answers wait for a person, in formgrader."),
    "asks": (
        "Ask for a second look",
        "Answer in formgrader, with a comment at the question, which feedback shows.",
    ),
    "notebook missing": (
        "A notebook is missing",
        "It was not handed in, and all its questions score 0.",
    ),
    "late": ("Late", "Handed in after the due date, with the extension that was given."),
    "excused": (
        "Excused",
        "The assignment does not count for them. `grading changes` lists why.",
    ),
    "far below": (
        "Far below the others",
        f"Less than half of the points, and further below the lower quartile than 1.5 times "
        f"the distance between the quartiles; looked for among {ENOUGH_FOR_OUTLIERS} or more.",
    ),
    "not handed in": (
        "Not handed in",
        "In the gradebook's list of students, without a submission.",
    ),
}


@dataclass(frozen=True)
class Scores:
    """The distribution of scores, as shares of all points, of who has a score on everything."""

    shares: tuple[float, ...]
    counts: tuple[int, ...]  # in BINS parts of 0 to 1; what is above 1 counts in the last
    mean: float
    median: float


@dataclass(frozen=True)
class CriterionCount:
    """How many of the answers held a criterion."""

    name: str
    points: float
    held: int
    of: int


@dataclass(frozen=True)
class Item:
    """A question's figures.

    Parameters
    ----------
    question : GradedCell
    scored : int
        How many have a score on it.
    mean, difficulty : float or None
        Points; their share of the question's points.
    discrimination : float or None
        Correlation of the question's share with the rest of the score (corrected item-total).
    full, zero : int
        How many earned all of it, how many nothing.
    criteria : tuple of CriterionCount
    """

    question: GradedCell
    scored: int
    mean: float | None
    difficulty: float | None
    discrimination: float | None
    full: int
    zero: int
    criteria: tuple[CriterionCount, ...]


@dataclass(frozen=True)
class Met:
    """What the answers of some students to a question have in common, in a sentence."""

    question: GradedCell
    what: str
    students: tuple[str, ...]


@dataclass(frozen=True)
class FailedAnswers:
    """Answers to a question that did not run for one kind of reason; who got which message."""

    question: GradedCell
    kind: str
    students: tuple[str, ...]
    messages: tuple[Met, ...]


@dataclass(frozen=True)
class Look:
    """A reason to look at somebody: its word, what to do, and at whom, with sentences on each."""

    word: str
    title: str
    advice: str
    students: dict[str, tuple[str, ...]]


def complete(records: Iterable[Record]) -> list[Record]:
    """Those for whom it counts and who have a score on every question."""
    return [
        record
        for record in records
        if record.submitted and not record.excused and record.score is not None
    ]


def scores(one: Class) -> Scores | None:
    """The distribution of scores; None where nobody has a score on everything."""
    total = sum(question.points for question in one.questions)
    if not total or not (whole := complete(one.records)):
        return None
    shares = sorted(record.score / total for record in whole)
    # rounded, for 0.3 / 0.1 is a little less than 3
    counts = Counter(min(BINS - 1, math.floor(round(share * BINS, 9))) for share in shares)
    return Scores(
        tuple(shares),
        tuple(counts[number] for number in range(BINS)),
        statistics.mean(shares),
        statistics.median(shares),
    )


def items(one: Class) -> list[Item]:
    """Each question's figures, before anything is taken off for lateness."""
    return [_item(one, question) for question in one.questions]


def _item(one: Class, question: GradedCell) -> Item:
    earned = [points for record in one.records if (points := record.points[question]) is not None]
    mean = statistics.mean(earned) if earned else None
    return Item(
        question,
        len(earned),
        mean,
        mean / question.points if earned and question.points else None,
        discrimination(one, question),
        sum(points >= question.points for points in earned),
        sum(points <= 0 for points in earned),
        tuple(_criteria(one.records, question)),
    )


def discrimination(one: Class, question: GradedCell) -> float | None:
    """The correlation of a question's points with those of all other questions together.

    None where fewer than three have a score on everything, or where there is nothing to correlate:
    all earned the same on the question, or on the rest.
    """
    whole = complete(one.records)
    own = [record.points[question] for record in whole]
    rest = [
        # rounded, so that equal sums are equal whatever they are sums of
        round(sum(points for other, points in record.points.items() if other != question), 9)
        for record in whole
    ]
    if len(whole) < ENOUGH_FOR_A_CORRELATION or min(len(set(own)), len(set(rest))) < 2:
        return None
    return statistics.correlation(own, rest)


def _criteria(records: Sequence[Record], question: GradedCell) -> list[CriterionCount]:
    held: dict[tuple[str, float], list[bool]] = defaultdict(list)
    for record in records:
        for shown in record.autograded.shown.get(question, ()):
            for name, points, holds in shown.criteria:
                held[name, points].append(holds)
    return [
        CriterionCount(name, points, sum(all_held), len(all_held))
        for (name, points), all_held in held.items()
    ]


def mistakes(one: Class) -> list[Met]:
    """The mistakes met, the most frequent first."""
    return _met(
        (question, shown.mistake, record.student)
        for record in one.records
        for question, every in record.autograded.shown.items()
        for shown in every
        if shown.mistake
    )


def failures(one: Class) -> list[FailedAnswers]:
    """What did not run and why, the most frequent first."""
    told = [
        (question, kind, message, record.student)
        for record in one.records
        for question, every in record.autograded.shown.items()
        for shown in every
        for kind, message in shown.unanswered
    ]
    kinds = _met((question, kind, student) for question, kind, _, student in told)
    return [
        FailedAnswers(
            met.question,
            KINDS.get(met.what, met.what),
            met.students,
            tuple(
                _met(
                    (question, message, student)
                    for question, kind, message, student in told
                    if (question, kind) == (met.question, met.what)
                )
            ),
        )
        for met in kinds
    ]


def _met(found: Iterable[tuple[GradedCell, str, str]]) -> list[Met]:
    students: dict[tuple[GradedCell, str], dict[str, None]] = defaultdict(dict)
    for question, what, student in found:
        students[question, what][student] = None
    met = [Met(question, what, tuple(names)) for (question, what), names in students.items()]
    return sorted(met, key=lambda one: -len(one.students))


def looks(one: Class) -> list[Look]:
    """Who needs a look, and why; the most pressing first, reasons without anybody left out."""
    students: dict[str, dict[str, tuple[str, ...]]] = {word: {} for word in LOOKS}
    far_below = _far_below(one)
    for record in one.records:
        for word, sentences in _reasons(record):
            students[word][record.student] = sentences
        if record.student in far_below:
            students["far below"][record.student] = ()
    return [Look(word, *LOOKS[word], found) for word, found in students.items() if found]


def _reasons(record: Record) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The words that fit a student whatever the others did, each with its sentences."""
    if _broke_off(record):
        yield record.note.ended, _said(record)
    elif record.submitted and (unscored := _unscored(record)):
        yield "no score", _names(unscored)
    if record.to_grade:
        yield "to grade", _names(q for q in record.points if q in record.to_grade)
    if asked := [one for one in record.autograded.requests if not one.answer]:
        yield "asks", tuple(f"{one.question}: {one.text}".strip(": ") for one in asked)
    if record.autograded.absent:
        yield "notebook missing", (", ".join(record.autograded.absent),)
    if record.late > 0:
        yield "late", (_lateness(record),)
    if record.excused:
        yield "excused", ()
    elif not (record.submitted or record.note):
        yield "not handed in", ()


def _broke_off(record: Record) -> bool:
    return record.note is not None and record.note.ended in (Ended.REFUSED, Ended.FAILED)


def _said(record: Record) -> tuple[str, ...]:
    if record.score is None:
        return record.note.messages
    return (*record.note.messages, "The gradebook has a score all the same: of another run?")


def _unscored(record: Record) -> list[GradedCell]:
    """Questions without a score that no person is to give."""
    return [
        question
        for question, points in record.points.items()
        if points is None and question not in record.to_grade
    ]


def _names(questions: Iterable[GradedCell]) -> tuple[str, ...]:
    return (", ".join(question.name for question in questions),)


def _lateness(record: Record) -> str:
    text = duration(record.late)
    return f"{text}, {record.penalty:g} points off" if record.penalty else text


def _far_below(one: Class) -> list[str]:
    """Low outliers by Tukey's rule, if they have less than half of the points too."""
    found = scores(one)
    if found is None or len(found.shares) < ENOUGH_FOR_OUTLIERS:
        return []
    low, _, high = statistics.quantiles(found.shares, n=4, method="inclusive")
    total = sum(question.points for question in one.questions)
    limit = total * min(0.5, low - 1.5 * (high - low))
    return [record.student for record in complete(one.records) if record.score < limit]
