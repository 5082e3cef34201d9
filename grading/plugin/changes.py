"""What an instructor changes once work is in: the log, and what of it is in force.

``changes.jsonl`` in the course's folder has a line for each change and for each one undone: who,
when, why, what. Lines are added and never altered.
"""

from __future__ import annotations

import getpass
import json
from collections.abc import Sequence
from copy import copy
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from grading.files import flush
from grading.handed_in.cells import question_name
from grading.stop import Stop

LOG = "changes.jsonl"  # in the course's root
Question = tuple[str, str]  # notebook and grade_id


@dataclass(frozen=True)
class Change:
    """A line of the log.

    Parameters
    ----------
    number : int
        Of the line, from 1.
    when, who, why : str
    assignment : str
    kind : {"points", "full", "excuse", "mend", "undo"}
    question : tuple of str
        Notebook and grade_id, where it concerns one.
    points : float
        What the question counts from then on.
    student : str
        Who is excused.
    undoes : int
        The number of the change that no longer holds.
    by_hand : dict
        For each student with a score by hand, that before and after.
    scores : dict
        For each student whose score it changed, that before and after, late penalty included.
    """

    number: int
    when: str
    who: str
    why: str
    assignment: str
    kind: str
    question: Question = ("", "")
    points: float = 0.0
    student: str = ""
    undoes: int = 0
    by_hand: dict[str, tuple[float, float | None]] = field(default_factory=dict)
    scores: dict[str, tuple[float, float]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The question's, without what only tells cells apart."""
        return question_name(self.question[1])

    def __str__(self) -> str:
        what = {
            "points": f"{self.name} counts {self.points:g} points",
            "full": f"everybody gets the points of {self.name}",
            "excuse": f"{self.student} is excused",
            "mend": "the tests were mended",
            "undo": f"number {self.undoes} is undone",
        }[self.kind]
        return f"{self.number}. {self.when} {self.who}: {self.assignment}: {what}. {self.why}"

    def concerns(self, other: Change) -> bool:
        """Whether both are about one question, or one student."""
        mine = self.assignment, self.question, self.student
        return mine == (other.assignment, other.question, other.student)


class Changes:
    """The changes of a course, in their order.

    Parameters
    ----------
    root : Path
        The course's folder.

    Raises
    ------
    Stop
        If the log cannot be read.
    """

    def __init__(self, root: Path) -> None:
        self._path = root / LOG
        try:
            self.text = self._path.read_text(encoding="utf-8") if self._path.exists() else ""
            self.all = [_read(json.loads(line)) for line in self.text.splitlines()]
        except (OSError, ValueError, TypeError) as error:
            raise Stop(f"{self._path} cannot be read: {error}") from None
        undone = {change.undoes for change in self.all}
        self.in_force = [
            change for change in self.all if change.kind != "undo" and change.number not in undone
        ]

    def points(self, assignment: str) -> dict[Question, float]:
        """What each question counts whose points were changed."""
        return {one.question: one.points for one in self._these(assignment, "points")}

    def full(self, assignment: str) -> set[Question]:
        """The questions whose points everybody gets."""
        return {one.question for one in self._these(assignment, "full")}

    def excused(self, assignment: str) -> set[str]:
        """Who need not hand it in, and for whom it does not count."""
        return {one.student for one in self._these(assignment, "excuse")}

    def questions(self, assignment: str) -> set[Question]:
        """Those that were ever changed."""
        return {
            one.question
            for one in self.all
            if one.assignment == assignment and one.kind in ("points", "full")
        }

    def new(self, assignment: str, kind: str, why: str, **what: Any) -> Change:
        """A change that is not in the log yet."""
        when = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC"
        number = len(self.all) + 1
        return Change(number, when, getpass.getuser(), why, assignment, kind, **what)

    def plus(self, change: Change) -> Changes:
        """These and one more, of which the log knows nothing yet."""
        more = copy(self)
        more.all = [*self.all, change]
        more.in_force = [one for one in self.in_force if one.number != change.undoes]
        more.in_force += [change] * (change.kind != "undo")
        return more

    def write(self, change: Change) -> None:
        """Add a line to the log; it is on the disk when this returns."""
        with self._path.open("a", encoding="utf-8") as file:
            file.write(f"{json.dumps(asdict(change), ensure_ascii=False)}\n")
        flush(self._path)

    def undoable(self, number: int) -> Change:
        """The change of this number.

        Raises
        ------
        Stop
            If there is none, it does not hold, or a later one rests on it.
        """
        found = next((one for one in self.in_force if one.number == number), None)
        if found is None:
            raise Stop(f"No change number {number} holds. `grading changes` lists them.")
        if found.kind == "mend":
            raise Stop("Put the tests back as they were, and run `grading mend` again.")
        later = [one.number for one in self.in_force if one.number > number and one.concerns(found)]
        if later:
            raise Stop(f"Number {later[-1]} is about the same: undo that first.")
        return found

    def _these(self, assignment: str, kind: str) -> Sequence[Change]:
        return [one for one in self.in_force if one.assignment == assignment and one.kind == kind]


def _read(line: dict[str, Any]) -> Change:
    return Change(**{**line, "question": tuple(line["question"])})
