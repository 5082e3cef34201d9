"""Who may hand in later: ``extensions.csv`` in the course's folder."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from datetime import UTC, datetime, time
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from nbgrader.api import SubmittedAssignment

from grading.plugin.students import ClassList, NoClassList, read_who, table
from grading.stop import Stop

EXTENSIONS, GROUPS = "extensions.csv", "groups.csv"  # in the course's root
UNTIL = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)(?:[ T](?P<time>\d\d:\d\d(?::\d\d)?))?"
    r"(?: ?(?P<zone>[A-Za-z][\w/+-]*|[+-]\d\d:?\d\d))?"
)
END_OF_DAY = time(23, 59, 59)


class Extensions:
    """Until when each student may hand in an assignment, in UTC.

    Parameters
    ----------
    path : Path
        A table with the columns ``id``, ``assignment`` and ``until``: a day, to the end of which it
        is, or a day and a time, UTC unless a zone follows (``2026-11-22 12:00 Europe/Berlin``).
        Instead of a student's id, ``id`` may be a name in ``groups.csv`` beside it, which is read
        as :func:`read_who` does: a student's own row counts, or else the latest of the groups'.
        Without such a file the gradebook's extensions stay as they are.
    assignment : str

    Raises
    ------
    Stop
        If one of them cannot be read, lacks an entry, has anybody twice, or a time is none.
    """

    def __init__(self, path: Path, assignment: str) -> None:
        self._is_there = path.exists()
        groups = path.with_name(GROUPS)
        self._groups = _read(groups, read_who) if self._is_there and groups.exists() else {}
        self._rows = _read(path, partial(_rows, assignment)) if self._is_there else {}
        self.until: dict[str, datetime] = {}
        for name, until in self._rows.items():
            for member in self._groups.get(name, ()):
                self.until[member] = max(until, self.until.get(member, until))
        self.until |= {one: at for one, at in self._rows.items() if one not in self._groups}

    def unknown(self, class_list: ClassList) -> list[str]:
        """Whoever has an extension and is not on an imported class list."""
        if not class_list.is_imported():
            return []
        return [student for student in self.until if student not in class_list.names]

    def grant(self, submission: SubmittedAssignment) -> None:
        """Have this student's extension, or none, in the gradebook."""
        due, until = submission.assignment.duedate, self.until.get(submission.student_id)
        if self._is_there:
            submission.extension = until - due if until is not None and due is not None else None


def _read(path: Path, how: Callable[[bytes], dict[str, Any]]) -> dict[str, Any]:
    try:
        return how(path.read_bytes())
    except OSError as error:
        raise Stop(f"{path} cannot be read: {error.strerror}.") from None
    except (NoClassList, csv.Error) as why:
        raise Stop(f"{path} cannot be used: {why}") from None


def _rows(assignment: str, content: bytes) -> dict[str, datetime]:
    """What a table of extensions has for an assignment, by the id that stands there."""
    found: dict[str, datetime] = {}
    names, rows = table(content, "id", "assignment", "until")
    for number, row in rows:
        values = dict(zip(names, row, strict=False))
        who, until = values.get("id"), _utc(values.get("until", ""))
        if not who or not values.get("assignment") or until is None:
            raise NoClassList(
                f"row {number} needs an id, an assignment, and until when, such as "
                "2026-11-22 or 2026-11-22 12:00 Europe/Berlin."
            )
        if values["assignment"] == assignment:
            if who in found:
                raise NoClassList(f"row {number} has {who} for {assignment} again.")
            found[who] = until
    return found


def _utc(text: str) -> datetime | None:
    if not (match := UNTIL.fullmatch(text)):
        return None
    try:
        day = datetime.fromisoformat(match["day"]).date()
        hour = time.fromisoformat(match["time"]) if match["time"] else END_OF_DAY
        zone = match["zone"] or "UTC"
        if zone[0] in "+-":
            offset = datetime.strptime(zone.replace(":", ""), "%z").tzinfo
            at = datetime.combine(day, hour, offset)
        else:
            at = datetime.combine(day, hour, ZoneInfo(zone))
    except (ValueError, LookupError, OSError):  # no such day, or zone
        return None
    return at.astimezone(UTC).replace(tzinfo=None)
