"""Files for Canvas and Moodle mean there what the gradebook means, by the importers' own rules.

:class:`Canvas` and :class:`Moodle` read a file as those importers do, from their published sources.
"""

from __future__ import annotations

import csv
import itertools
import os
import re
import shutil
import stat
import subprocess
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from tests.support import little_course
from tests.support.little_course import ASSIGNMENT, NOTEBOOK, POINTS


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
    """A course with two assignments and all kinds of students."""
    root = little_course.make(tmp_path_factory.mktemp("course"))
    with Gradebook(f"sqlite:///{root}/gradebook.db") as gradebook:
        gradebook.add_assignment("ps2", duedate="2031-01-01 00:00:00")
        gradebook.add_notebook(NOTEBOOK, "ps2")
        for name, points in POINTS.items():
            gradebook.add_grade_cell(
                f"{name}-graded", NOTEBOOK, "ps2", max_score=points, cell_type="code"
            )
        for student, (last, first, email, lms) in STUDENTS.items():
            gradebook.add_student(
                student, last_name=last, first_name=first, email=email, lms_user_id=lms
            )
        for student in STUDENTS.keys() - {"absent"}:
            gradebook.add_submission(ASSIGNMENT, student, timestamp=datetime(2031, 1, 2))
        score(gradebook, "ada", ASSIGNMENT, POINTS)
        score(gradebook, "bjork", ASSIGNMENT, {"double": 4, "total": 3, "settle": 1 / 3})
        score(gradebook, "eve", ASSIGNMENT, dict.fromkeys(POINTS, 0.0))
        score(gradebook, "late", ASSIGNMENT, {"double": 4, "total": 2, "settle": 0})
        late = gradebook.find_submission_notebook(NOTEBOOK, ASSIGNMENT, "late")
        late.late_submission_penalty = 1.5
        grade = gradebook.find_grade("settle-graded", NOTEBOOK, ASSIGNMENT, "late")
        grade.manual_score, grade.extra_credit = 0.75, 0.25
        score(gradebook, "halfway", ASSIGNMENT, {"double": 4, "total": 3})
        grade = gradebook.find_grade("settle-graded", NOTEBOOK, ASSIGNMENT, "halfway")
        grade.manual_score, grade.auto_score = 2, 0  # by hand, then handed in again: look again
        gradebook.add_submission("ps2", "ada")
        score(gradebook, "ada", "ps2", dict.fromkeys(POINTS, 1.0))
        gradebook.db.commit()
    return root


@pytest.fixture
def course(prepared: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(prepared, tmp_path / "course"))


def export(root: Path, exporter: str, *arguments: str) -> str:
    """Run ``nbgrader export``; return what it said."""
    plugin = f"--exporter=grading.results.exports.{exporter}Exporter"
    run = little_course.nbgrader(root, "export", plugin, *arguments)
    assert run.returncode == 0, run.stderr
    return run.stderr


def questions(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def canvas(**known: object) -> Canvas:
    names = {number: f"Name {number}" for number in CANVAS_IDS.values()}
    return Canvas(names, dict(CANVAS_IDS), **known)


def moodle() -> Moodle:
    return Moodle({name: {"Email address": values[2]} for name, values in STUDENTS.items()})


def test_canvas_reads_every_score_and_no_other(course):
    said = export(course, "Canvas", f"--assignment={ASSIGNMENT}", "--to=out.csv")
    scores, points = canvas(assignments={77: ASSIGNMENT}).read(course / "out.csv")
    assert points == {77: "10"}
    found = {student: scores[number][77] for student, number in CANVAS_IDS.items()}
    assert {name: float(value) for name, value in found.items() if value} == pytest.approx(TOTALS)
    assert scores.keys() == set(CANVAS_IDS.values())
    warnings = [line for line in said.splitlines() if "WARNING" in line]
    assert len(warnings) == 2 and all("ps1, left empty" in line for line in warnings)
    assert warnings[0].endswith("no submission in the gradebook: absent")
    assert "halfway (settle-graded)" in warnings[1] and "crashed (" in warnings[1]
    assert not any(name in warnings[1] for name in TOTALS)


def test_canvas_finds_assignments_by_the_titles_that_the_course_gives(course):
    with (course / "nbgrader_config.py").open("a") as file:
        file.write("c.CanvasExporter.titles = {'ps1': 'Problem set 1: start (77)', 'ps2': 'Two'}\n")
    export(course, "Canvas")
    scores, points = canvas(assignments={77: "Renamed in Canvas", 78: "Two"}).read(
        course / "canvas.csv"
    )
    assert points == {77: "10", 78: "10"}
    assert scores[CANVAS_IDS["ada"]] == {77: "10", 78: "3"}
    assert scores[CANVAS_IDS["bjork"]] == {77: "7.333333", 78: None}


def test_an_id_of_another_system_is_not_given_to_canvas(course):
    """Canvas would read 501f3c as 501, who is someone else."""
    export(course, "Canvas", f"--assignment={ASSIGNMENT}", "--student=late")
    scores, _ = canvas().read(course / "canvas.csv")
    assert scores == {CANVAS_IDS["late"]: {ASSIGNMENT: "5.5"}}


@pytest.mark.parametrize(
    "settings", [{"ps1": "Final Score"}, {"ps1": "ID"}, {"ps1": "Same", "ps2": "Same"}]
)
def test_a_column_that_canvas_would_misread_is_refused(course, settings):
    with (course / "nbgrader_config.py").open("a") as file:
        file.write(f"c.CanvasExporter.titles = {settings}\n")
    plugin = "--exporter=grading.results.exports.CanvasExporter"
    run = little_course.nbgrader(course, "export", plugin)
    assert run.returncode == 1
    assert settings["ps1"] in run.stderr and "Canvas" in run.stderr
    assert "Traceback" not in run.stderr
    assert not (course / "canvas.csv").exists()


def test_moodle_reads_every_score_and_no_other(course):
    export(course, "Moodle", f"--assignment={ASSIGNMENT}")
    for identity, new in itertools.product(("Username", "Email address"), (False, True)):
        grades = moodle().read(course / "moodle.csv", identity, new)
        assert grades.keys() == STUDENTS.keys()
        found = {name: line[ASSIGNMENT] for name, line in grades.items()}
        found = {name: grade for name, grade in found.items() if grade is not None}
        assert found == pytest.approx(TOTALS, abs=1e-6)


def test_where_one_has_no_address_moodle_gets_none_to_mistake_people_by(course):
    with Gradebook(f"sqlite:///{course}/gradebook.db") as gradebook:
        gradebook.find_student("eve").email = None
        gradebook.db.commit()
    export(course, "Moodle")
    assert "Email address" not in (course / "moodle.csv").read_text().splitlines()[0]
    grades = moodle().read(course / "moodle.csv")
    assert grades["eve"] == {"ps1": 0.0, "ps2": None}


def test_a_grade_that_moodle_refuses_is_announced(course):
    with Gradebook(f"sqlite:///{course}/gradebook.db") as gradebook:
        grade = gradebook.find_grade("double-graded", NOTEBOOK, "ps2", "ada")
        grade.manual_score = 100.5
        gradebook.db.commit()
    assert "Moodle refuses grades above 100, which there are in ps2" in export(course, "Moodle")
    with pytest.raises(MoodleRefuses, match="gradevaluetoobig"):
        moodle().read(course / "moodle.csv")


def test_each_question_has_a_line_of_its_own(course):
    export(course, "Questions")
    lines = questions(course / "questions.csv")
    assert len(lines) == 2 * len(STUDENTS) * len(POINTS)
    late = {
        line["question"]: line
        for line in lines
        if (line["assignment"], line["student_id"]) == (ASSIGNMENT, "late")
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
    empty = {
        (line["student_id"], line["question"], line["needs_manual_grade"])
        for line in lines
        if line["assignment"] == ASSIGNMENT and line["score"] == ""
    }
    assert empty == {
        *(("absent", f"{name}-graded", "") for name in POINTS),
        *(("crashed", f"{name}-graded", "yes") for name in POINTS),
        ("halfway", "settle-graded", "yes"),
    }


def test_totals_are_those_of_nbgraders_own_export(course):
    two = "--student=['bjork', 'late']"  # whose names it can write
    little_course.nbgrader(course, "export", two).check_returncode()
    export(course, "Canvas", two)
    ours, _ = canvas().read(course / "canvas.csv")
    assert ours.keys() == {CANVAS_IDS["bjork"], CANVAS_IDS["late"]}
    theirs = questions(course / "grades.csv")
    assert len(theirs) == 4
    for line in theirs:
        score = ours[CANVAS_IDS[line["student_id"]]][line["assignment"]]
        # who handed nothing in has 0 in nbgrader's file, and nothing in ours
        assert float(score or 0) == pytest.approx(float(line["score"]), abs=1e-6)


def test_a_question_that_came_after_grading_is_not_a_zero(course):
    with Gradebook(f"sqlite:///{course}/gradebook.db") as gradebook:
        gradebook.add_grade_cell("new", NOTEBOOK, "ps1", max_score=5, cell_type="code")
    assert "ada (new)" in export(course, "Canvas", f"--assignment={ASSIGNMENT}")
    scores, points = canvas().read(course / "canvas.csv")
    assert points == {ASSIGNMENT: "15"}
    assert {line[ASSIGNMENT] for line in scores.values()} == {None}


@pytest.mark.parametrize("exporter", ["Questions", "Canvas", "Moodle"])
def test_text_comes_out_as_it_is_unless_a_spreadsheet_would_compute_it(course, exporter):
    with Gradebook(f"sqlite:///{course}/gradebook.db") as gradebook:
        for number, start in enumerate(("=", "+", "-", "@", "\t=", "\r=")):
            text = f"{start}cmd|' /C calc'!A{number}"
            gradebook.add_student(text, last_name=text, first_name=text, email=text)
    said = export(course, exporter, "--to=out.csv")
    text = (course / "out.csv").read_bytes().decode()
    rows = list(csv.reader(text.splitlines(), strict=True))  # no cell has several lines
    assert all(len(row) == len(rows[0]) for row in rows)
    cells = {cell for row in rows for cell in row}
    assert all(re.fullmatch(r"-?|[^=+\-@\t\r].*", cell) for cell in cells)
    if exporter == "Canvas":
        assert {'Guðmundsdóttir, Björk "the voice"', "Lovelace, Countess, Ada"} <= cells
        assert canvas().read(course / "out.csv")[0].keys() == set(CANVAS_IDS.values())
    else:
        assert {"Guðmundsdóttir", 'Björk "the voice"', "Lovelace, Countess", "By hand"} <= cells
    if exporter == "Moodle":
        assert moodle().read(course / "out.csv").keys() == STUDENTS.keys()
    # an id that cannot be written as it is stands for nobody: it is not sent, and is named
    assert ("enter their grades by hand" in said) == (exporter != "Questions")


@pytest.mark.parametrize("wrong", ["--student=nobody", "--assignment=ps9"])
def test_what_the_gradebook_does_not_have_is_named(course, wrong):
    plugin = "--exporter=grading.results.exports.QuestionsExporter"
    run = little_course.nbgrader(course, "export", plugin, wrong, "--to=out.csv")
    assert run.returncode == 1 and "Traceback" not in run.stderr
    kind, name = wrong.removeprefix("--").split("=")
    assert f"The gradebook has no {kind} {name}. It has:" in run.stderr
    assert not (course / "out.csv").exists()


def test_a_file_is_replaced_whole_or_stays_as_it_was(course):
    file = course / "out.csv"
    file.write_text("old\n")
    file.chmod(0o640)
    (course / "link.csv").symlink_to(file)
    export(course, "Canvas", "--to=link.csv")
    assert (course / "link.csv").is_symlink()
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    whole = file.read_text()
    assert whole.startswith("Student,") and whole.count("\n") == 2 + len(STUDENTS)
    # a file that cannot be written in full: no more than 100 bytes fit
    run = limited(course, "--to=out.csv")
    assert run.returncode == 1 and "could not be written" in run.stderr
    assert file.read_text() == whole
    assert not list(course.glob(".out*"))


def limited(course: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the exporter where a file cannot grow above 100 bytes."""
    (course / "small_disk.py").write_text(
        "import resource, signal\n"
        "from grading.results.exports import CanvasExporter\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))\n"
        "class Small(CanvasExporter):\n"
        "    pass\n"
    )
    path = os.pathsep.join([str(course), os.environ.get("PYTHONPATH", "")])
    plugin = "--exporter=small_disk.Small"
    return little_course.nbgrader(course, "export", plugin, *arguments, PYTHONPATH=path)


def test_it_goes_to_the_terminal_too(course):
    run = little_course.nbgrader(
        course, "export", "--exporter=grading.results.exports.MoodleExporter", "--to=/dev/stdout"
    )
    assert run.returncode == 0 and run.stdout.startswith("Username,")
    assert os.path.islink("/dev/stdout")
