"""Who may hand in later: ``extensions.csv`` in the course's folder."""

from __future__ import annotations

import csv
import re
from datetime import UTC, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

from nbgrader.api import SubmittedAssignment

from grading.plugin.students import NoClassList, table
from grading.stop import Stop

EXTENSIONS = "extensions.csv"  # in the course's root
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
        Without such a file the gradebook's extensions stay as they are.
    assignment : str

    Raises
    ------
    Stop
        If it cannot be read, lacks an entry, has a student twice, or a time is none.
    """

    def __init__(self, path: Path, assignment: str) -> None:
        self.until: dict[str, datetime] = {}
        self._is_there = path.exists()
        if not self._is_there:
            return
        try:
            names, rows = table(path.read_bytes(), "id", "assignment", "until")
            for number, row in rows:
                values = dict(zip(names, row, strict=False))
                student, until = values.get("id"), _utc(values.get("until", ""))
                if not student or not values.get("assignment") or until is None:
                    raise NoClassList(
                        f"row {number} needs an id, an assignment, and until when, such as "
                        "2026-11-22 or 2026-11-22 12:00 Europe/Berlin."
                    )
                if values["assignment"] == assignment:
                    if student in self.until:
                        raise NoClassList(f"row {number} has {student} for {assignment} again.")
                    self.until[student] = until
        except OSError as error:
            raise Stop(f"{path} cannot be read: {error.strerror}.") from None
        except (NoClassList, csv.Error) as why:
            raise Stop(f"{path} cannot be used: {why}") from None

    def grant(self, submission: SubmittedAssignment) -> None:
        """Have this student's extension, or none, in the gradebook."""
        due, until = submission.assignment.duedate, self.until.get(submission.student_id)
        if self._is_there:
            submission.extension = until - due if until is not None and due is not None else None


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
