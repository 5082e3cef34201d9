"""When work is due, when it came, and how late that is, as students and instructors are told."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from nbgrader.api import Assignment, SubmittedAssignment
from traitlets import TraitError, Unicode, validate
from traitlets.config import Configurable


class DueDates(Configurable):
    """How the times of the gradebook, which are in UTC, are told."""

    zone = Unicode(
        "UTC",
        help="The zone in which pages tell times, such as Europe/Berlin.",
    ).tag(config=True)

    @validate("zone")
    def _known(self, proposal: dict[str, str]) -> str:
        try:
            ZoneInfo(proposal["value"])
        except (ValueError, LookupError, OSError):
            raise TraitError(
                f"DueDates.zone: there is no zone {proposal['value']!r}; one is Europe/Berlin."
            ) from None
        return proposal["value"]

    def told(self, when: datetime | None) -> str:
        """A time of the gradebook in this zone; nothing where there is none."""
        if when is None:
            return ""
        return f"{when.replace(tzinfo=UTC).astimezone(ZoneInfo(self.zone)):%Y-%m-%d %H:%M %Z}"

    def sentence(self, submission: SubmittedAssignment) -> str:
        """When it was handed in, how late that was, and when it was due; as far as it is known."""
        told, due = [], until(submission)
        late = f", {duration(seconds)} late" if (seconds := seconds_late(submission)) else ""
        if submission.timestamp:
            told.append(f"Handed in {self.told(submission.timestamp)}{late}.")
        if due:
            extended = due > submission.assignment.duedate
            told.append(f"Due {self.told(due)}{', by your extension' * extended}.")
        return " ".join(told)

    def table(self, assignments: list[Assignment]) -> str:
        """A table of Markdown: the assignments that have a due date, the earliest first."""
        dated = sorted((one.duedate, one.name) for one in assignments if one.duedate)
        rows = [f"| `{name}` | {self.told(due)} |" for due, name in dated]
        return "\n".join(["| assignment | due |", "|---|---|", *rows]) if rows else ""


def until(submission: SubmittedAssignment) -> datetime | None:
    """Until when it may be handed in, in UTC; None where no date was set."""
    # nbgrader adds an extension to a due date that may not be there
    return submission.duedate if submission.assignment.duedate else None


def seconds_late(submission: SubmittedAssignment) -> float:
    """By how much it came too late, with the extension that was given."""
    return submission.total_seconds_late if submission.assignment.duedate else 0.0


def hours(seconds: float) -> float:
    """The same in hours, to the hundredth begun."""
    return math.ceil(seconds / 36) / 100


def duration(seconds: float) -> str:
    """A time in words, to the minute begun."""
    minutes = math.ceil(seconds / 60)
    hours, days = minutes // 60, minutes // (24 * 60)
    if days:
        return f"{days} d {hours % 24} h"
    if hours:
        return f"{hours} h {minutes % 60} min"
    return f"{minutes} min"
