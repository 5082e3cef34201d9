"""Files for Canvas and Moodle mean there what the gradebook means, by the importers' own rules.

:class:`Canvas` and :class:`Moodle` read a file as those importers do, from their published sources.
"""

from __future__ import annotations

import contextlib
import csv
import itertools
import logging
import os
import re
import resource
import shutil
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from nbgrader.api import Gradebook
from nbgrader.plugins import CsvExportPlugin, ExportPlugin

from grading.results.exports import CanvasExporter, MoodleExporter, QuestionsExporter
from tests.support import little_course


@dataclass
class Canvas:
    """What Canvas reads: ``lib/gradebook_importer.rb`` of instructure/canvas-lms, 2702e63."""

    students: dict[int, str]  # name by Canvas's id
    logins: dict[str, int]
    assignments: dict[int, str] = field(default_factory=dict)  # title by Canvas's id
    sis: dict[str, int] = field(default_factory=dict)

    COMPUTED = re.compile(
        "Current Score|Current Points|Current Grade|Final Score|Final Points|Final Grade|"
        "Override Score|Override Grade|Override Status"
    )

    def read(self, path: Path) -> tuple[dict[int | str, dict[int | str, str | None]], dict]:
        """Scores by student and assignment, and points by assignment; new ones by name."""
        text = path.read_text(encoding="utf-8")
        first = text.split("\n")[:3]
        counts = {
            mark: {len(next(csv.reader([line], delimiter=mark))) for line in first} for mark in ";,"
        }
        width = {mark: found.pop() if len(found) == 1 else 0 for mark, found in counts.items()}
        mark = ";" if width[";"] > width[","] else ","
        lines = csv.reader(path.open(encoding="utf-8", newline=""), delimiter=mark, strict=True)
        rows = [[self.number(cell) or None for cell in row] for row in lines]
        header, *rows = rows
        assert len(header) > 3 and "Student" in header[0] and "ID" in header[1], "invalid header"
        width = 3
        if re.search(r"SIS\s+Login\s+ID", header[2]):
            width, login, sis = 4, 2, None
        elif re.search(r"SIS\s+User\s+ID", header[2]) and re.search(r"SIS\s+Login\s+ID", header[3]):
            width, login, sis = 5, 3, 2
        assert "Section" in header[width - 1], "invalid header"
        columns = {}
        for title in header[width:]:
            if not self.COMPUTED.search(title):
                columns[self.assignment(title)] = header.index(title)  # the first of that title
        scores, points = {}, {}
        for row in rows:
            if "Points Possible" in (row[0] or ""):
                points = {one: row[place] for one, place in columns.items()}
            elif not all(re.fullmatch(r"(?i)\s*(Muted|Manual Posting.*)?\s*", c) for c in row if c):
                student = self.student(row, login, sis)
                scores[student] = {one: row[place] for one, place in columns.items()}
        return scores, points

    @staticmethod
    def number(cell: str) -> str:
        """The last comma or point of a number is its decimal one; the others go."""
        if not re.fullmatch(r"-?[0-9.,]+%?", cell):
            return cell
        *parts, last = re.split("[,.]", cell)
        return f"{''.join(parts)}.{last}" if parts else last

    def assignment(self, title: str) -> int | str:
        found = re.fullmatch(r"(.*)\s\((\d+)\)", title)
        if found and int(found[2]) in self.assignments:
            return int(found[2])
        return next((key for key, name in self.assignments.items() if name == title), title)

    def student(self, row: list[str | None], login: int, sis: int | None) -> int | str:
        digits = re.match(r"\s*\d+", row[1] or "")  # String#to_i
        if digits and int(digits[0]) in self.students:
            return int(digits[0])
        if sis is not None and row[sis] in self.sis:
            return self.sis[row[sis]]
        if row[login] in self.logins:
            return self.logins[row[login]]
        return next((key for key, name in self.students.items() if name == row[0]), row[0] or "")


class MoodleRefuses(Exception):
    """The import of everyone ends."""


@dataclass
class Moodle:
    """What Moodle reads: ``grade/import/csv/classes/load_data.php`` of moodle/moodle, 162f42f."""

    users: dict[str, dict[str, str]]  # by username: what else is known of each

    def read(
        self, path: Path, identity: str = "Username", new: bool = False
    ) -> dict[str, dict[str, float | None]]:
        """Grades by username, with every column that is not a user's own mapped to an item."""
        with path.open(encoding="utf-8", newline="") as file:
            header, *rows = csv.reader(file, strict=True)
        header = [name.strip() for name in header]
        user = None
        grades = {}
        for row in rows:
            if len(row) != len(header):
                raise MoodleRefuses("csvweirdcolumns")
            if len(row) <= 1:
                continue
            line = {}
            for name, value in zip(header, map(str.strip, row), strict=True):
                if name == identity:
                    if value:  # else it is still the student of the line before
                        user = self.find(identity, value)
                elif name not in ("Username", "Email address", "Last name", "First name"):
                    line[name] = self.grade(value, new)
            if user is None:
                raise MoodleRefuses("usermappingerrorusernotfound")
            grades.setdefault(user, {}).update(line)
        return grades

    def find(self, identity: str, value: str) -> str:
        for username, fields in self.users.items():
            if value == {"Username": username, **fields}[identity]:
                return username
        raise MoodleRefuses(f"usermappingerror: {value}")

    @staticmethod
    def grade(value: str, new: bool) -> float | None:
        if value == "-" or (value == "" and not new):
            return None
        if not re.fullmatch(r"[+-]?(\d+(\.\d*)?|\.\d+)", value):
            raise MoodleRefuses(f"badgrade: {value!r}")
        if float(value) > 100:
            raise MoodleRefuses("gradevaluetoobig")
        return float(value)


# nbgrader's own, from Gradebook.add_submission
pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")
EXPORTERS = (CanvasExporter, MoodleExporter, QuestionsExporter)
NOTEBOOK = "p1"
POINTS = {"double": 4.0, "total": 3.0, "settle": 3.0}
STUDENTS = {  # id: names, e-mail address, Canvas's id in the gradebook
    "ada": ("Lovelace, Countess", "Ada", "ada@example.org", "501"),
    "bjork": ("Guðmundsdóttir", 'Björk "the voice"', "bjork@example.org", ""),
    "eve": ('=HYPERLINK("http://evil.example")', "Eve", "eve@example.org", ""),
    "late": ("Points Possible", "Late;r", "late@example.org", "501f3c-of-the-LTI"),
    "absent": ("Nobody", "Was", "absent@example.org", ""),
    "crashed": ("No", "Score", "crashed@example.org", ""),
    "halfway": ("By\nhand", "Graded", "halfway@example.org", ""),
}
CANVAS_IDS = {name: 501 + number for number, name in enumerate(STUDENTS)}
TOTALS = {"ada": 10.0, "bjork": 7 + 1 / 3, "eve": 0.0, "late": 5.5}  # of 10, and no others


def score(gradebook: Gradebook, student: str, assignment: str, points: dict[str, float]) -> None:
    for name, value in points.items():
        grade = gradebook.find_grade(f"{name}-graded", NOTEBOOK, assignment, student)
        grade.auto_score, grade.needs_manual_grade = value, False
    gradebook.db.commit()


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The gradebook of a course with two assignments and all kinds of students."""
    path = tmp_path_factory.mktemp("course") / "gradebook.db"
    with Gradebook(f"sqlite:///{path}") as gradebook:
        for assignment in ("ps1", "ps2"):
            gradebook.add_assignment(assignment, duedate="2031-01-01 00:00:00")
            gradebook.add_notebook(NOTEBOOK, assignment)
            for name, points in POINTS.items():
                gradebook.add_grade_cell(
                    f"{name}-graded", NOTEBOOK, assignment, max_score=points, cell_type="code"
                )
        for student, (last, first, email, lms) in STUDENTS.items():
            gradebook.add_student(
                student, last_name=last, first_name=first, email=email, lms_user_id=lms
            )
        for student in STUDENTS.keys() - {"absent"}:
            gradebook.add_submission("ps1", student, timestamp=datetime(2031, 1, 2))
        score(gradebook, "ada", "ps1", POINTS)
        score(gradebook, "bjork", "ps1", {"double": 4, "total": 3, "settle": 1 / 3})
        score(gradebook, "eve", "ps1", dict.fromkeys(POINTS, 0.0))
        score(gradebook, "late", "ps1", {"double": 4, "total": 2, "settle": 0})
        late = gradebook.find_submission_notebook(NOTEBOOK, "ps1", "late")
        late.late_submission_penalty = 1.5
        grade = gradebook.find_grade("settle-graded", NOTEBOOK, "ps1", "late")
        grade.manual_score, grade.extra_credit = 0.75, 0.25
        score(gradebook, "halfway", "ps1", {"double": 4, "total": 3})
        grade = gradebook.find_grade("settle-graded", NOTEBOOK, "ps1", "halfway")
        grade.manual_score, grade.auto_score = 2, 0  # by hand, then handed in again: look again
        gradebook.add_submission("ps2", "ada")
        score(gradebook, "ada", "ps2", dict.fromkeys(POINTS, 1.0))
        gradebook.db.commit()
    return path


@pytest.fixture
def gradebook(prepared: Path, tmp_path: Path) -> Iterator[Gradebook]:
    """A test's own copy of it, in the test's folder."""
    shutil.copy(prepared, tmp_path)
    with Gradebook(f"sqlite:///{tmp_path}/{prepared.name}") as gradebook:
        yield gradebook


@pytest.fixture
def export(
    gradebook: Gradebook, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> Callable[..., str]:
    """Writes ``out.csv`` as ``nbgrader export`` does with such settings; gives what it said."""

    def run(exporter: type[ExportPlugin], **settings: Any) -> str:
        caplog.clear()
        settings = {"to": str(tmp_path / "out.csv"), "log": logging.getLogger(), **settings}
        exporter(**settings).export(gradebook)
        return caplog.text

    return run


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out.csv"


def questions(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def canvas(**known: object) -> Canvas:
    names = {number: f"Name {number}" for number in CANVAS_IDS.values()}
    return Canvas(names, dict(CANVAS_IDS), **known)


def moodle() -> Moodle:
    return Moodle({name: {"Email address": values[2]} for name, values in STUDENTS.items()})


@pytest.mark.parametrize(
    ("exporter", "to", "written"),
    [
        (CanvasExporter, [], "canvas.csv"),
        (MoodleExporter, ["--to=/dev/stdout"], None),
        (QuestionsExporter, ["--to=mine.csv"], "mine.csv"),
    ],
)
def test_nbgraders_command_runs_it_with_the_settings_of_the_course(
    export, out, tmp_path, exporter, to, written
):
    two = ["bjork", "late"]
    settings = {"titles": {"ps1": "Problem set 1 (77)"}} if exporter is CanvasExporter else {}
    lines = ["c = get_config()", *(f"c.CanvasExporter.{k} = {v!r}" for k, v in settings.items())]
    (tmp_path / "nbgrader_config.py").write_text("\n".join(lines))
    plugin = f"--exporter=grading.results.exports.{exporter.__name__}"
    wanted = ("--assignment=ps1", f"--student={two}")
    run = little_course.nbgrader(tmp_path, "export", plugin, *wanted, *to)
    assert run.returncode == 0, run.stderr
    export(exporter, assignment=["ps1"], student=two, **settings)
    assert out.read_text() == ((tmp_path / written).read_text() if written else run.stdout)
    assert os.path.islink("/dev/stdout")


def test_canvas_reads_every_score_and_no_other(export, out, caplog):
    export(CanvasExporter, assignment=["ps1"])
    scores, points = canvas(assignments={77: "ps1"}).read(out)
    assert points == {77: "10"}
    found = {student: scores[number][77] for student, number in CANVAS_IDS.items()}
    assert {name: float(value) for name, value in found.items() if value} == pytest.approx(TOTALS)
    assert scores.keys() == set(CANVAS_IDS.values())
    warnings = [one.getMessage() for one in caplog.records if one.levelname == "WARNING"]
    assert len(warnings) == 2 and all("ps1, left empty" in line for line in warnings)
    assert warnings[0].endswith("no submission in the gradebook: absent")
    assert "halfway (settle-graded)" in warnings[1] and "crashed (" in warnings[1]
    assert not any(name in warnings[1] for name in TOTALS)


def test_canvas_finds_assignments_by_the_titles_that_the_course_gives(export, out):
    export(CanvasExporter, titles={"ps1": "Problem set 1: start (77)", "ps2": "Two"})
    scores, points = canvas(assignments={77: "Renamed in Canvas", 78: "Two"}).read(out)
    assert points == {77: "10", 78: "10"}
    assert scores[CANVAS_IDS["ada"]] == {77: "10", 78: "3"}
    assert scores[CANVAS_IDS["bjork"]] == {77: "7.333333", 78: None}


def test_an_id_of_another_system_is_not_given_to_canvas(export, out):
    """Canvas would read 501f3c as 501, who is someone else."""
    export(CanvasExporter, assignment=["ps1"], student=["late"])
    scores, _ = canvas().read(out)
    assert scores == {CANVAS_IDS["late"]: {"ps1": "5.5"}}


@pytest.mark.parametrize(
    "titles", [{"ps1": "Final Score"}, {"ps1": "ID"}, {"ps1": "Same", "ps2": "Same"}]
)
def test_a_column_that_canvas_would_misread_is_refused(export, out, caplog, titles):
    with pytest.raises(SystemExit) as end:
        export(CanvasExporter, titles=titles)
    assert end.value.code == 1
    assert titles["ps1"] in caplog.text and "Canvas" in caplog.text
    assert not out.exists()


def test_moodle_reads_every_score_and_no_other(export, out):
    export(MoodleExporter, assignment=["ps1"])
    for identity, new in itertools.product(("Username", "Email address"), (False, True)):
        grades = moodle().read(out, identity, new)
        assert grades.keys() == STUDENTS.keys()
        found = {name: line["ps1"] for name, line in grades.items()}
        found = {name: grade for name, grade in found.items() if grade is not None}
        assert found == pytest.approx(TOTALS, abs=1e-6)


def test_where_one_has_no_address_moodle_gets_none_to_mistake_people_by(gradebook, export, out):
    gradebook.find_student("eve").email = None
    assert "No column Email address, because of eve" in export(MoodleExporter)
    assert "Email address" not in out.read_text().splitlines()[0]
    grades = moodle().read(out)
    assert grades["eve"] == {"ps1": 0.0, "ps2": None}


def test_a_grade_that_moodle_refuses_is_announced(gradebook, export, out):
    gradebook.find_grade("double-graded", NOTEBOOK, "ps2", "ada").manual_score = 100.5
    gradebook.db.commit()  # the score of a submission is read from the database
    said = export(MoodleExporter)
    assert "Moodle refuses grades above 100, which there are in ps2" in said
    with pytest.raises(MoodleRefuses, match="gradevaluetoobig"):
        moodle().read(out)


def test_each_question_has_a_line_of_its_own(export, out):
    export(QuestionsExporter)
    lines = questions(out)
    assert len(lines) == 2 * len(STUDENTS) * len(POINTS)
    late = {
        line["question"]: line
        for line in lines
        if (line["assignment"], line["student_id"]) == ("ps1", "late")
    }
    assert {name: line["score"] for name, line in late.items()} == {
        "double-graded": "4",
        "settle-graded": "1",
        "total-graded": "2",
    }
    settle = late["settle-graded"]
    assert [settle[name] for name in ("auto_score", "manual_score", "extra_credit")] == [
        "0",
        "0.75",
        "0.25",
    ]
    assert settle["notebook"] == NOTEBOOK and settle["max_score"] == "3"
    assert settle["late_penalty"] == "1.5" and settle["submitted"].startswith("2031-01-02")
    assert settle["due"].startswith("2031-01-01") and settle["hours_late"] == "24"
    empty = {
        (line["student_id"], line["question"], line["needs_manual_grade"])
        for line in lines
        if line["assignment"] == "ps1" and line["score"] == ""
    }
    assert empty == {
        *(("absent", f"{name}-graded", "") for name in POINTS),
        *(("crashed", f"{name}-graded", "yes") for name in POINTS),
        ("halfway", "settle-graded", "yes"),
    }


def test_totals_are_those_of_nbgraders_own_export(export, out, tmp_path):
    two = ["bjork", "late"]  # whose names it can write
    export(CsvExportPlugin, student=two, to=str(tmp_path / "grades.csv"))
    export(CanvasExporter, student=two)
    ours, _ = canvas().read(out)
    assert ours.keys() == {CANVAS_IDS["bjork"], CANVAS_IDS["late"]}
    theirs = questions(tmp_path / "grades.csv")
    assert len(theirs) == 4
    for line in theirs:
        score = ours[CANVAS_IDS[line["student_id"]]][line["assignment"]]
        # who handed nothing in has 0 in nbgrader's file, and nothing in ours
        assert float(score or 0) == pytest.approx(float(line["score"]), abs=1e-6)


def test_a_question_that_came_after_grading_is_not_a_zero(gradebook, export, out):
    gradebook.add_grade_cell("new", NOTEBOOK, "ps1", max_score=5, cell_type="code")
    assert "ada (new)" in export(CanvasExporter, assignment=["ps1"])
    scores, points = canvas().read(out)
    assert points == {"ps1": "15"}
    assert {line["ps1"] for line in scores.values()} == {None}


@pytest.mark.parametrize("exporter", EXPORTERS)
def test_text_comes_out_as_it_is_unless_a_spreadsheet_would_compute_it(
    gradebook, export, out, exporter
):
    for number, start in enumerate(("=", "+", "-", "@", "\t=", "\r=")):
        text = f"{start}cmd|' /C calc'!A{number}"
        gradebook.add_student(text, last_name=text, first_name=text, email=text)
    said = export(exporter)
    text = out.read_bytes().decode()
    rows = list(csv.reader(text.splitlines(), strict=True))  # no cell has several lines
    assert all(len(row) == len(rows[0]) for row in rows)
    cells = {cell for row in rows for cell in row}
    assert all(re.fullmatch(r"-?|[^=+\-@\t\r].*", cell) for cell in cells)
    if exporter is CanvasExporter:
        assert {'Guðmundsdóttir, Björk "the voice"', "Lovelace, Countess, Ada"} <= cells
        assert canvas().read(out)[0].keys() == set(CANVAS_IDS.values())
    else:
        assert {"Guðmundsdóttir", 'Björk "the voice"', "Lovelace, Countess", "By hand"} <= cells
    if exporter is MoodleExporter:
        assert moodle().read(out).keys() == STUDENTS.keys()
    # an id that cannot be written as it is stands for nobody: it is not sent, and is named
    assert ("enter their grades by hand" in said) == (exporter is not QuestionsExporter)


@pytest.mark.parametrize(("kind", "name"), [("student", "nobody"), ("assignment", "ps9")])
def test_what_the_gradebook_does_not_have_is_named(export, out, caplog, kind, name):
    with pytest.raises(SystemExit) as end:
        export(QuestionsExporter, **{kind: [name]})
    assert end.value.code == 1
    assert f"The gradebook has no {kind} {name}. It has:" in caplog.text
    assert not out.exists()


def test_a_file_is_replaced_whole_or_stays_as_it_was(export, out, tmp_path, caplog):
    out.write_text("old\n")
    out.chmod(0o640)
    link = tmp_path / "link.csv"
    link.symlink_to(out)
    export(CanvasExporter, to=str(link))
    assert link.is_symlink()
    assert stat.S_IMODE(out.stat().st_mode) == 0o640
    whole = out.read_text()
    assert whole.startswith("Student,") and whole.count("\n") == 2 + len(STUDENTS)
    with no_file_above(100), pytest.raises(SystemExit) as end:
        export(CanvasExporter)
    assert end.value.code == 1 and "could not be written" in caplog.text
    assert out.read_text() == whole
    assert not list(tmp_path.glob(".*"))


@contextlib.contextmanager
def no_file_above(size: int) -> Iterator[None]:
    """A disk on which no file can grow above so many bytes; Python ignores the signal of it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
