"""When work is due and how late it came, in the zone of the course and in words."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from nbgrader.api import Assignment, SubmittedAssignment
from traitlets import TraitError

from grading.plugin import due
from grading.plugin.due import DueDates

DUE = datetime(2026, 11, 20, 22, 59)


def submission(
    duedate: datetime | None, came: datetime | None, extension: timedelta | None = None
) -> SubmittedAssignment:
    one = SubmittedAssignment(timestamp=came, extension=extension)
    one.assignment = Assignment("ps1", duedate=duedate)
    return one


@pytest.mark.parametrize(
    ("asked", "said", "hours"),
    [
        ((None, None), "", 0),
        ((None, DUE, timedelta(days=1)), "Handed in 2026-11-20 23:59 CET.", 0),
        ((DUE, None), "Due 2026-11-20 23:59 CET.", 0),
        (
            (DUE, DUE + timedelta(hours=27, seconds=1)),
            "Handed in 2026-11-22 02:59 CET, 1 d 3 h late. Due 2026-11-20 23:59 CET.",
            27.01,
        ),
        (
            (DUE, DUE + timedelta(hours=27), timedelta(days=2)),
            "Handed in 2026-11-22 02:59 CET. Due 2026-11-22 23:59 CET, by your extension.",
            0,
        ),
    ],
)
def test_what_is_known_of_a_hand_in_is_said_in_the_zone_of_the_course(asked, said, hours):
    one = submission(*asked)
    assert DueDates(zone="Europe/Berlin").sentence(one) == said
    assert due.hours(due.seconds_late(one)) == hours


def test_the_table_has_what_is_due_in_its_order_across_summer_time():
    dates = [("b", datetime(2026, 7, 1)), ("none", None), ("a", DUE)]
    table = DueDates(zone="Europe/Berlin").table([Assignment(n, duedate=d) for n, d in dates])
    assert table.splitlines()[2:] == [
        "| `b` | 2026-07-01 02:00 CEST |",
        "| `a` | 2026-11-20 23:59 CET |",
    ]
    assert DueDates().table([Assignment("none")]) == ""


def test_a_zone_that_is_none_is_said():
    with pytest.raises(TraitError, match="there is no zone 'Berlin'"):
        DueDates(zone="Berlin")
