"""The attempts at an assignment: what was handed in each time, what it earned, which one counts.

A line for each in ``.grading/ASSIGNMENT/attempts.jsonl``, its files beside it in ``attempts/``; a
later line of the same number says what it earns since something changed.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from traitlets import Enum, Int
from traitlets.config import Configurable

from grading.boundary.outcome import Ended
from grading.course import Course
from grading.files import Files, flush, write_files


class Attempts(Configurable):
    """How many attempts there are, and which one counts, where `grading watch` grades."""

    per_day = Int(
        0, min=0, help="How many hand-ins of a student are graded in a day; 0: all of them."
    ).tag(config=True)
    counts = Enum(
        ("last", "best"), "last", help="Which attempt counts; of equal ones the later."
    ).tag(config=True)


@dataclass(frozen=True)
class Attempt:
    """A hand-in that was graded, or refused.

    Parameters
    ----------
    student : str
    number : int
        Among the student's, from 1.
    at : str
        When grading it had ended, in UTC.
    digest : str
        Of the files.
    outcome : str
        How grading it ended.
    score, points : float
        Late penalty included; and of how many.
    rests_on : str
        A hash of all that decides the score.
    """

    student: str
    number: int
    at: str
    digest: str
    outcome: str
    score: float
    points: float
    rests_on: str = ""


class AttemptLog:
    """The attempts of a class at an assignment.

    Parameters
    ----------
    course : Course
    assignment : str
    """

    def __init__(self, course: Course, assignment: str) -> None:
        self._settings = Attempts(parent=course.app)
        self._notes = course.notes(assignment)
        self._path = self._notes / "attempts.jsonl"
        self._of: dict[str, list[Attempt]] = defaultdict(list)
        for line in self._path.read_text().splitlines() if self._path.exists() else ():
            with suppress(ValueError):  # a line that a full disk cut off was not written
                self.have(Attempt(**json.loads(line)))

    @property
    def best_counts(self) -> bool:
        """Whether what attempts earn decides which of them counts."""
        return self._settings.counts == "best"

    def several(self) -> list[str]:
        """The students with more than one attempt."""
        return [student for student, attempts in self._of.items() if len(attempts) > 1]

    def have(self, attempt: Attempt) -> None:
        """Take an attempt for a student's next one, or for what is known of it now."""
        self._of[attempt.student][attempt.number - 1 : attempt.number] = [attempt]

    def of(self, student: str) -> list[Attempt]:
        """A student's, in their order."""
        return list(self._of.get(student, ()))

    def counting(self, attempts: Sequence[Attempt]) -> Attempt:
        """The one of a student's that counts."""
        if not self.best_counts:
            return attempts[-1]
        return max(attempts, key=lambda one: (one.outcome == Ended.GRADED, one.score, one.number))

    def is_over(self, student: str, zone: str) -> bool:
        """Whether a student has had all attempts of today, in this zone."""
        today = datetime.now(ZoneInfo(zone)).date()
        days = [
            datetime.fromisoformat(one.at).astimezone(ZoneInfo(zone)).date()
            for one in self.of(student)
        ]
        return 0 < self._settings.per_day <= days.count(today)

    def folder(self, student: str, number: int) -> Path:
        """Where the files of an attempt are."""
        return self._notes / "attempts" / student / str(number)

    def that_counts(self, student: str, submitted: Path, digest: str) -> Path:
        """The files to grade: of the attempt that counts, or what is submitted if it is new."""
        mine = self.of(student)
        if not mine or mine[-1].digest != digest or self.counting(mine) is mine[-1]:
            return submitted
        return self.folder(student, self.counting(mine).number)

    def keep(self, student: str, number: int, files: Files) -> Path:
        """Put the files of an attempt aside."""
        folder = self.folder(student, number)
        new = folder.with_name(f"{number}.new")
        for rest in (new, folder):  # of a watch that was killed
            shutil.rmtree(rest, ignore_errors=True)
        write_files(new, files)
        os.replace(new, folder)
        return folder

    def new(
        self, student: str, digest: str, outcome: str, earned: tuple[float, float], rests_on: str
    ) -> Attempt:
        """A student's next attempt, which the log does not know yet."""
        at = datetime.now(UTC).isoformat(timespec="seconds")
        number = len(self.of(student)) + 1
        return Attempt(student, number, at, digest, outcome, *earned, rests_on)

    def write(self, attempt: Attempt) -> None:
        """Note an attempt; it is on the disk when this returns."""
        with self._path.open("a") as file:
            file.write(f"{json.dumps(asdict(attempt))}\n")
        flush(self._path)
        self.have(attempt)


def digest_of(files: Files) -> str:
    """A hash of what was handed in."""
    found = hashlib.sha256()
    for name, (_, content) in sorted(files.items()):
        for part in (name.encode(errors="surrogateescape"), content):
            found.update(b"%d " % len(part) + part)
    return found.hexdigest()
