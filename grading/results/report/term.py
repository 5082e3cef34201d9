"""What the assignments of a term come to, side by side: pure functions, no files and no markup."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from grading.results.report.figures import KINDS
from grading.results.report.records import Class, Record

FALL = 0.2  # of the points, further than the class, so that it is named


@dataclass(frozen=True)
class Standing:
    """A student over the assignments of a term.

    Parameters
    ----------
    student, name : str
    shares : tuple of float or None
        Of the points of each assignment; None where there is no score that counts.
    states : tuple of str
        Why there is none, or ``"late"``, for each assignment; may be empty.
    mean : float or None
        Of the shares that there are.
    behind : str
        A sentence, if the student falls behind.
    """

    student: str
    name: str
    shares: tuple[float | None, ...]
    states: tuple[str, ...]
    mean: float | None
    behind: str


@dataclass(frozen=True)
class Persisting:
    """What went wrong for the same students in more than one assignment.

    Parameters
    ----------
    kind : {"mistake", "criterion", "answer"}
    what : str
    counts : tuple of int
        For how many, in each assignment.
    students : tuple of str
        For whom in two assignments or more.
    """

    kind: str
    what: str
    counts: tuple[int, ...]
    students: tuple[str, ...]


def standings(classes: Sequence[Class]) -> list[Standing]:
    """Every student of the term, in the order of the ids."""
    records = [{record.student: record for record in one.records} for one in classes]
    shares = {
        student: tuple(
            _share(one, found.get(student)) for one, found in zip(classes, records, strict=True)
        )
        for student in sorted(set().union(*records))
    }
    falls = [fall for own in shares.values() if (fall := _fall(own)) is not None]
    usual = statistics.median(falls) if falls else 0.0
    standing = []
    for student, own in shares.items():
        mine = [found.get(student) for found in records]
        scored = [share for share in own if share is not None]
        states = tuple(map(_state, mine))
        names = [record.name for record in mine if record]
        behind = _absent(classes, states) or _fallen(own, usual)
        mean = statistics.mean(scored) if scored else None
        standing.append(Standing(student, names[-1], own, states, mean, behind))
    return standing


def persisting(classes: Sequence[Class]) -> list[Persisting]:
    """What went wrong for the same students in several assignments; what concerns most first."""
    met: dict[tuple[str, str], list[set[str]]] = defaultdict(lambda: [set() for _ in classes])
    for number, one in enumerate(classes):
        for record in one.records:
            for wrong in () if record.excused else _wrong(record):
                met[wrong][number].add(record.student)
    found = [
        Persisting(kind, what, tuple(map(len, students)), tuple(again))
        for (kind, what), students in met.items()
        if (again := sorted(_in_two(students)))
    ]
    return sorted(found, key=lambda one: -len(one.students))


def _share(one: Class, record: Record | None) -> float | None:
    total = sum(question.points for question in one.questions)
    if record is None or record.excused or not record.submitted or record.score is None:
        return None
    return record.score / total if total else None


def _state(record: Record | None) -> str:
    if record is None or not (record.excused or record.submitted):
        return "not handed in"
    if record.excused:
        return "excused"
    return "no score" if record.score is None else "late" if record.late else ""


def _fall(shares: Iterable[float | None]) -> float | None:
    """How far the last share lies below the mean of those before; None without both."""
    scored = [share for share in shares if share is not None]
    return statistics.mean(scored[:-1]) - scored[-1] if len(scored) > 1 else None


def _absent(classes: Sequence[Class], states: Sequence[str]) -> str:
    """Whether nothing more came after some assignment; who was excused is not asked."""
    missing = []
    for one, state in zip(reversed(classes), reversed(states), strict=True):
        if state == "not handed in":
            missing.append(one.assignment)
        elif state != "excused":
            break
    return f"handed in nothing for {', '.join(reversed(missing))}" if missing else ""


def _fallen(shares: Sequence[float | None], usual: float) -> str:
    fall = _fall(shares)
    if fall is None or fall - usual <= FALL:
        return ""
    *before, last = [share for share in shares if share is not None]
    return f"{last:.0%} in the last one, {statistics.mean(before):.0%} before"


def _wrong(record: Record) -> Iterator[tuple[str, str]]:
    for every in record.autograded.shown.values():
        for shown in every:
            if shown.mistake:
                yield "mistake", shown.mistake
            for name, _, held in shown.criteria:
                if not held:
                    yield "criterion", name
            for kind, _ in shown.unanswered:
                yield "answer", KINDS.get(kind, kind)


def _in_two(students: Sequence[set[str]]) -> set[str]:
    """Those who are in two of the sets or more."""
    return {one for each in students for one in each if sum(one in other for other in students) > 1}
