"""Extensions are read to the minute and the zone, or one sentence says what to do."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from grading.plugin.extensions import EXTENSIONS, GROUPS, Extensions
from grading.plugin.students import ClassList
from grading.stop import Stop


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / EXTENSIONS


@pytest.mark.parametrize(
    ("text", "until"),
    [
        ("2026-11-22", datetime(2026, 11, 22, 23, 59, 59)),
        ("2026-11-22 12:00", datetime(2026, 11, 22, 12)),
        ("2026-11-22T12:00:30", datetime(2026, 11, 22, 12, 0, 30)),
        ("2026-11-22 12:00 Europe/Berlin", datetime(2026, 11, 22, 11)),
        ("2026-07-22 Europe/Berlin", datetime(2026, 7, 22, 21, 59, 59)),
        ("2026-11-22 12:00 -0500", datetime(2026, 11, 22, 17)),
        ("2026-11-22 12:00+05:30", datetime(2026, 11, 22, 6, 30)),
    ],
)
def test_a_time_is_read_in_its_zone_and_a_day_to_its_end(path, text, until):
    path.write_text(f"id;assignment;until\nann;ps1;{text}\nann;ps2;2026-01-01\n")
    assert Extensions(path, "ps1").until == {"ann": until}


def test_a_groups_row_is_for_its_members_and_their_own_goes_before_it(path):
    path.write_text(
        "id,assignment,until\ncem,ps1,2026-01-01\nA,ps1,2026-01-03\nB,ps1,2026-01-02\neve,ps1,2026-01-05\n"
    )
    path.with_name(GROUPS).write_text("name,id\nA,ann\nA,bob\nA,cem\nB,bob\nB,dee\n")
    found = Extensions(path, "ps1")
    days = {student: until.day for student, until in found.until.items()}
    assert days == {"ann": 3, "bob": 3, "cem": 1, "dee": 2, "eve": 5}
    class_list = ClassList({"cem": "Cem Ay", "bob": "Bob Lee"}, {})
    assert sorted(found.unknown(class_list)) == ["ann", "dee", "eve"]
    assert found.unknown(ClassList({}, {})) == []


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("id,assignment\nann,ps1\n", "no column named until, but: id, assignment"),
        ("id,assignment,until\nann,ps1,22.11.2026\n", "row 2 needs an id, an assignment"),
        ("id,assignment,until\nann,ps1,2026-02-30\n", "row 2 needs"),
        ("id,assignment,until\nann,ps1,2026-02-01 12:00 Europe/Atlantis\n", "row 2 needs"),
        ("id,assignment,until\n,ps1,2026-02-01\n", "row 2 needs"),
        ("id,assignment,until\nann,ps1,2026-02-01\nann,ps1,2026-02-02\n", "row 3 has ann for ps1"),
        ("", "it is empty"),
    ],
)
def test_what_is_no_extension_is_said_in_a_sentence(path, rows, words):
    path.write_text(rows)
    with pytest.raises(Stop, match=f"{EXTENSIONS} cannot be used: .*{words}"):
        Extensions(path, "ps1")


def test_the_file_says_all_and_without_it_the_gradebook_stays_as_it_is(path):
    due, hour = datetime(2026, 1, 1), timedelta(hours=1)
    given = [
        SimpleNamespace(student_id=s, extension=hour, assignment=SimpleNamespace(duedate=due))
        for s in ("ann", "bob")
    ]
    for submission in given:
        Extensions(path, "ps1").grant(submission)
    assert [one.extension for one in given] == [hour, hour]
    path.write_text("id,assignment,until\nann,ps1,2026-01-03 00:00\n")
    for submission in given:
        Extensions(path, "ps1").grant(submission)
    assert [one.extension for one in given] == [timedelta(days=2), None]
