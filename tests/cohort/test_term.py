"""A term of thirty students, with all that happens in one; what counts, a person works out.

``CLASS`` says who handed in what, and ``EVENTS`` what else happened. :func:`worked_out` is plain
arithmetic on these two; nothing of the engine's is used in it.
"""

from __future__ import annotations

import csv
import math
import shutil
import unicodedata
import zipfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from subprocess import CompletedProcess

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbformat import v4
from nbgrader.api import Gradebook

from tests.support import REPOSITORY, commands, little_course

pytestmark = pytest.mark.usefixtures("sandbox")

# Letters are right answers, n one that was right all along (see `TOO_STRICT`), x one that raises;
# +30 came so many hours after the due date. Attempts at ps2 follow each other.
CLASS = """
id      | first    | last            | ps1    | ps2
obrien  | Siobhán  | O'Brien         | dts    | cms
silva1  | Maria    | Silva           | dt-    | c--, cms
silva2  | Maria    | Silva           | d-s    | cms
nunez   | José     | Núñez           | -ts    | cm-, cms+20
bjork   | Björk    | Guðmundsdóttir  | dts+30 | cms, ---
an      | Văn An   | Nguyễn          | dts+30 | cm-
li      | 小龙     | 李              | d--+30 | -m-
suharto |          | Suharto         | dts+30 | xms
null    | Null     | None            | dxs    | cms+1
1+1     | Eve      | =SUM(A1:A9)     | dts    | c-s
jorg    | Jörg     | Müller          | d--    | cms
jorg2   | Jorg     | Muller          | -t-    | ---
q&a     | John     | Q & A: <b>      | --s    | cxs
etang   | Jean-P.  | de l’Étang      | dt-+50 | cms+60, cm-
points  | Pat      | Points Possible | dts+1  | cms
nora    | Nora     | Ng              | dts    | cns, cm-
nick    | Nick     | Ng              | dts    | cns
neil    | Neil     | Ng              | d--    | -n-+20
pia     | Pia      | Poe             | dts    | c--, -ms
paul    | Paul     | Poe             | d--    | -ms, c--
lena    | Lena     | Lo              | dts    | cms, cms+50
luca    | Luca     | Lo              | dts    | c--, cms+300
absent  | Abe      | Sent            |        |
half    | Hal      | Faye            | dts    |
newcome | Ewa      | Nowak           |        | cms
ill     | Ilse     | Illig           | dts    |
sick    | Sigi     | Illig           | d-s    | c--
hand    | Hanna    | Handke          | d-s    | -ms
regrade | Rea      | Graham          | d-s    | cms
file    | Fil      | Ernst           | dts    | cms
"""
EVENTS = {
    "own time": {"suharto": 48, "etang": 48, "li": 6},  # hours after the due date of ps1
    "group A": {"an": 24, "li": 24},
    "excused from ps2": {"ill", "sick"},
    "points by hand for total": {"hand": 2.0, "regrade": 1.5},
}
# At first, and in the end: settle of ps1 was dropped and everybody gets it, cube of ps2 counts
# more, and sign of ps2 leaves the total.
AT_FIRST = {"ps1": {"d": 4, "t": 3, "s": 3}, "ps2": {"c": 5, "m": 3, "s": 2}}
IN_THE_END = {"ps1": {"d": 4, "t": 3, "s": 3}, "ps2": {"c": 8, "m": 3, "s": 0}}
EVERYBODYS = {"ps1": "s", "ps2": ""}

NAMES = {"ps1": {"d": "double", "t": "total", "s": "settle"}}
NAMES["ps2"] = {"c": "cube", "m": "mean", "s": "sign"}
RIGHT = {
    **little_course.RIGHT,
    "cube": "def cube(x):\n    return x**3",
    "mean": "def mean(x):\n    return float(np.mean(x))",
    "sign": "def sign(x):\n    return np.sign(x)",
}
NUMPYS = "def mean(x):\n    return np.mean(x)"  # what is wanted, and another type
TOO_STRICT = "type(result) is type(wanted) and "
TESTS = """
import little_tests
from little_tests import np, grade
little_tests.REFERENCE |= {
    "cube": lambda x: x**3,
    "mean": lambda x: float(np.mean(x)),
    "sign": lambda x: np.sign(x),
}
little_tests.POINTS |= {"cube": 5.0, "mean": 3.0, "sign": 2.0}
"""
RULE = """
from nbgrader.plugins import LateSubmissionPlugin


class TenthADay(LateSubmissionPlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        days = -((600 - total_seconds_late) // 86400)
        return score * min(1, 0.1 * days)


c.AssignLatePenalties.plugin_class = TenthADay
c.Attempts.counts = "best"
c.HiddenTests.folders = ["hidden"]
"""
DUE = {"ps1": datetime(2026, 11, 20, 23, 59), "ps2": datetime(2026, 12, 4, 23, 59)}


@dataclass(frozen=True)
class HandIn:
    """Which answers were right, and how many hours after the due date they came."""

    answers: str
    hours: int


@dataclass(frozen=True)
class Student:
    """A row of the table."""

    id: str
    first: str
    last: str
    ps1: list[HandIn]
    ps2: list[HandIn]


def hand_ins(cell: str) -> list[HandIn]:
    parts = [part.strip().partition("+") for part in cell.split(",") if part.strip()]
    return [HandIn(answers, int(hours or 0)) for answers, _, hours in parts]


ROWS = [[cell.strip() for cell in line.split("|")] for line in CLASS.strip().splitlines()[1:]]
STUDENTS = {
    id: Student(id, first, last, hand_ins(ps1), hand_ins(ps2)) for id, first, last, ps1, ps2 in ROWS
}


def worked_out(
    student: Student, assignment: str, points: dict[str, dict[str, int]], everybodys: str = ""
) -> tuple[float, bool] | None:
    """What a student has, and whether that is late: of several attempts the best counts."""
    found = []
    for number, hand_in in enumerate(student.ps1 if assignment == "ps1" else student.ps2):
        right = hand_in.answers.replace("n", "m") + everybodys
        total = sum(worth for letter, worth in points[assignment].items() if letter in right)
        late = hand_in.hours
        if assignment == "ps1":
            by_hand = EVENTS["points by hand for total"].get(student.id)
            if by_hand is not None:
                total += by_hand - ("t" in right) * points["ps1"]["t"]
            late -= EVENTS["own time"].get(student.id, EVENTS["group A"].get(student.id, 0))
        days = math.ceil(max(0, late) / 24)
        total *= max(0, 10 - days) / 10
        found.append((total, number, late > 0))
    if not found:
        return None
    total, _, late = max(found)  # of equal ones the later
    return total, late


def in_the_end(student: Student, assignment: str) -> tuple[float, bool] | None:
    return worked_out(student, assignment, IN_THE_END, EVERYBODYS[assignment])


class Term:
    """The course of this term, and what its commands said."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.said: dict[str, str] = {}

    def do(self, module: str, *arguments: str, status: int = 0) -> str:
        done: CompletedProcess[str] = commands.run(self.root, module, *arguments)
        said = done.stdout + done.stderr
        assert done.returncode == status, f"{arguments}\n{said}"
        return said

    def grading(self, *arguments: str, status: int = 0) -> str:
        return self.do("grading", *arguments, status=status)

    def nbgrader(self, *arguments: str) -> str:
        return self.do("nbgrader", *arguments)

    def answered(self, assignment: str, answers: str) -> str:
        """The released notebook with these answers."""
        path = next((self.root / "release" / assignment).glob("*.ipynb"))
        notebook = nbformat.read(path, as_version=4)
        for cell in notebook.cells:
            for letter, (mark, name) in zip(answers, NAMES[assignment].items(), strict=True):
                if cell.id == name:
                    wrong = f"def {name}(x):\n    return x + 1"
                    raising = f"def {name}(x):\n    raise ValueError(x)"
                    other = {"-": wrong, "x": raising, "n": NUMPYS}
                    cell.source = RIGHT[name] if letter == mark else other[letter]
        return nbformat.writes(notebook)

    def totals(self, assignment: str) -> dict[str, float | None]:
        """Of every student in the gradebook, late penalty included; None without a submission."""
        with self.gradebook() as gradebook:
            found = {
                one.student_id: max(0.0, one.score - (one.late_submission_penalty or 0.0))
                for one in gradebook.assignment_submissions(assignment)
            }
            return {student.id: found.get(student.id) for student in gradebook.students}

    def gradebook(self) -> Gradebook:
        return Gradebook(f"sqlite:///{self.root}/gradebook.db")

    def table(self, name: str) -> list[dict[str, str]]:
        with (self.root / name).open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))


def moodles(name: str) -> str:
    """What Moodle makes of a name in a download."""
    return "".join(letter for letter in name if letter not in "&<>\"'|:\\/`")


@pytest.fixture(scope="module")
def term(tmp_path_factory: pytest.TempPathFactory) -> Term:
    """The course after the term."""
    term = Term(tmp_path_factory.mktemp("term") / "course")
    set_up(term)
    first_assignment(term)
    second_assignment(term)
    for assignment in NAMES:
        term.grading("feedback", assignment)
    term.grading("report")
    for name in ("Canvas", "Moodle"):
        exporter = f"grading.results.exports.{name}Exporter"
        term.nbgrader("export", f"--exporter={exporter}", f"--to={name}.csv")
    term.nbgrader("export", "--to=grades.csv")
    return term


def set_up(term: Term) -> None:
    configuration = (REPOSITORY / "nbgrader_config.py").read_text() + RULE
    little_course.make(term.root, configuration=configuration)
    (term.root / "hidden" / "term_tests.py").write_text(TESTS)
    cells = [little_course.course_cell("import numpy as np", "setup", locked=True)]
    for letter, name in NAMES["ps2"].items():
        points = AT_FIRST["ps2"][letter]
        tests = f'from term_tests import grade\ngrade("{name}")'
        cells += little_course.question(name, points, RIGHT[name], tests)
    (term.root / "source" / "ps2").mkdir()
    nbformat.write(little_course.notebook_of(cells), term.root / "source" / "ps2" / "p2.ipynb")
    term.nbgrader("generate_assignment", "ps2")
    for assignment, due in DUE.items():
        term.nbgrader("db", "assignment", "add", assignment, f"--duedate={due} UTC")
    with (term.root / "students.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["id", "first_name", "last_name", "email"])
        for one in STUDENTS.values():
            table.writerow([one.id, one.first, one.last, f"{one.id}@example.org"])
    term.nbgrader("db", "student", "import", "students.csv")


def first_assignment(term: Term) -> None:
    """By Moodle, with extensions, a resubmission, scores by hand, and changes afterwards."""
    who = "name,id\nMaria Silva_2,silva1\nMaria Silva_3,silva2\n"
    (term.root / "who.csv").write_text(who, encoding="utf-8")
    download(term, "moodle.zip")
    said = term.grading("collect", "ps1", "moodle.zip", status=1)
    assert "26 students handed in: 26 are new" in said and "Nobody Known_99: nobody" in said
    assert said.count("silva1 and silva2 are both called so") == 2
    said = term.grading("collect", "ps1", "moodle.zip", "--who=who.csv", status=1)
    assert "28 students handed in: 2 are new" in said and "silva" not in said.split("apart")[1]
    for student in STUDENTS.values():
        for hand_in in student.ps1:
            put_time(term, student, "ps1", hand_in)
    stranger = term.root / "submitted" / "OBrien" / "ps1"
    shutil.copytree(term.root / "submitted" / "obrien" / "ps1", stranger)

    until = {**EVENTS["own time"], "Group A": 24}
    rows = [f"{one},ps1,{DUE['ps1'] + timedelta(hours=hours)}" for one, hours in until.items()]
    (term.root / "extensions.csv").write_text("\n".join(["id,assignment,until", *rows]))
    rows = [f"Group A,{one}" for one in EVENTS["group A"]]
    (term.root / "groups.csv").write_text("\n".join(["name,id", *rows]))
    said = term.grading("autograde", "ps1", status=1)
    assert "OBrien is not on the class list" in said and "If it is obrien" in said
    shutil.rmtree(stranger.parent)

    for student, points in EVENTS["points by hand for total"].items():
        with term.gradebook() as gradebook:  # as formgrader does
            grade = gradebook.find_grade("total-graded", "p1", "ps1", student)
            grade.manual_score, grade.needs_manual_grade = points, False
            gradebook.db.commit()
    first = {one.id: worked_out(one, "ps1", AT_FIRST) for one in STUDENTS.values()}
    assert term.totals("ps1") == {one: found and near(found[0]) for one, found in first.items()}
    term.grading("autograde", "ps1", "--force")
    assert "0 scores by hand waited" in term.grading("resolve", "ps1")

    # the same answers once more, with a request, which is answered by hand
    download(term, "again.zip", request="REGRADE total\n\nI sum what is asked for, do I not?")
    said = term.grading("collect", "ps1", "again.zip", "--who=who.csv", status=1)
    assert "Handed in again: regrade." in said
    term.grading("autograde", "ps1")
    term.grading("report", "ps1")
    assert "I sum what is asked for" in (term.root / "report" / "ps1.html").read_text()
    with term.gradebook() as gradebook:
        comment = gradebook.find_comment("total", "p1", "ps1", "regrade")
        comment.manual_comment = "Half of it is there."
        gradebook.db.commit()

    term.grading("drop", "ps1", "settle", "--everybody", "--why=Nobody could know.")
    term.grading("points", "ps1", "total", "6", "--why=It is harder.")
    term.grading("undo", "2", "--why=It is not.")


def second_assignment(term: Term) -> None:
    """By `grading watch`, attempt by attempt; in between, a test is mended."""
    for number in range(max(len(one.ps2) for one in STUDENTS.values())):
        if number == 1:
            tests = term.root / "hidden" / "little_tests.py"
            assert TOO_STRICT in tests.read_text()
            tests.write_text(tests.read_text().replace(TOO_STRICT, ""))
            term.said["mend, shown"] = term.grading("mend", "ps2")
            term.said["mend"] = term.grading("mend", "ps2", "--why=Any float is one.")
        for student in STUDENTS.values():
            for hand_in in student.ps2[number : number + 1]:
                folder = term.root / "submitted" / student.id / "ps2"
                folder.mkdir(parents=True, exist_ok=True)
                name = "p2.ipynb" if student.id != "file" else "my work (3).ipynb"
                (folder / name).write_text(term.answered("ps2", hand_in.answers))
                put_time(term, student, "ps2", hand_in)
        term.said[f"watch {number + 1}"] = term.grading("watch", "ps2", "--once", "--every=0.2")
    term.grading("points", "ps2", "cube", "8", "--why=It is the harder one.")
    term.grading("drop", "ps2", "sign", "--nobody", "--why=It was not taught.")
    for student in EVENTS["excused from ps2"]:
        term.grading("excuse", "ps2", student, "--why=A certificate.")


def download(term: Term, name: str, request: str = "") -> None:
    """What Moodle has of ps1; one who asks for a second look has handed in again."""
    with zipfile.ZipFile(term.root / name, "w") as archive:
        for number, one in enumerate(STUDENTS.values(), 1):
            called = moodles(f"{one.first} {one.last}".strip())
            if one.id == "nunez":
                called = unicodedata.normalize("NFD", called)
            for hand_in in one.ps1:
                notebook = term.answered("ps1", hand_in.answers)
                if one.id == "regrade" and request:
                    changed = nbformat.reads(notebook, as_version=4)
                    changed.cells.append(v4.new_markdown_cell(request, id="request"))
                    notebook = nbformat.writes(changed)
                folder = f"{called}_{number}_assignsubmission_file"
                archive.writestr(f"{folder}/p1.ipynb", notebook)
        archive.writestr("Nobody Known_99_assignsubmission_file/p1.ipynb", notebook)


def put_time(term: Term, student: Student, assignment: str, hand_in: HandIn) -> None:
    came = DUE[assignment] + timedelta(hours=hand_in.hours)
    path = term.root / "submitted" / student.id / assignment / "timestamp.txt"
    path.write_text(f"{came} UTC\n")


def near(number: float) -> object:
    return pytest.approx(number, abs=1e-6)


def is_excused(student: Student, assignment: str) -> bool:
    return assignment == "ps2" and student.id in EVENTS["excused from ps2"]


@pytest.mark.parametrize("assignment", NAMES)
def test_the_gradebook_has_what_a_person_works_out(term: Term, assignment: str) -> None:
    found = term.totals(assignment)
    assert set(found) == set(STUDENTS) and len(found) == 30
    for one in STUDENTS.values():
        wanted = in_the_end(one, assignment)
        assert found[one.id] == (wanted and near(wanted[0])), one


@pytest.mark.parametrize("assignment", NAMES)
def test_canvas_moodle_and_a_spreadsheet_get_the_same(term: Term, assignment: str) -> None:
    canvas = {row["SIS Login ID"]: row[assignment] for row in term.table("Canvas.csv")}
    assert float(canvas.pop("")) == sum(IN_THE_END[assignment].values())
    moodle = {row["Username"]: row for row in term.table("Moodle.csv")}
    rows = [row for row in term.table("grades.csv") if row["assignment"] == assignment]
    plain = {row["student_id"]: row["score"] for row in rows}
    assert set(canvas) == set(moodle) == set(plain) == set(STUDENTS)
    for one in STUDENTS.values():
        wanted = in_the_end(one, assignment)
        assert moodle[one.id]["Email address"] == f"{one.id}@example.org"
        found = canvas[one.id], moodle[one.id][assignment], plain[one.id]
        if is_excused(one, assignment):
            assert (found[0], found[2]) == ("EX", "")
        elif wanted is None:
            assert found[:2] == ("", "-") and float(found[2]) == 0
        else:
            assert [float(text) for text in found] == [near(wanted[0])] * 3, one


def test_every_student_reads_the_same_and_nobody_else_has_a_page(term: Term) -> None:
    pages = {path.parts[-3:-1] for path in (term.root / "feedback").glob("*/ps?/*.html")}
    handed_in = {
        (one.id, assignment)
        for one in STUDENTS.values()
        for assignment in NAMES
        if in_the_end(one, assignment)
    }
    assert pages == handed_in
    for student, assignment in handed_in:
        total, _ = in_the_end(STUDENTS[student], assignment)
        page = next((term.root / "feedback" / student / assignment).glob("*.html"))
        soup = BeautifulSoup(page.read_text(), "html.parser")
        points = sum(IN_THE_END[assignment].values())
        assert f"{total:g} of {points:g} points" in soup.select_one(".total").get_text(), student
        overview = (term.root / "feedback" / student / "index.html").read_text()
        excused = is_excused(STUDENTS[student], "ps2") and (student, "ps2") in handed_in
        assert ("You are excused" in overview) == excused
    regrade = (term.root / "feedback" / "regrade" / "ps1" / "p1.html").read_text()
    assert "Half of it is there." in regrade


def test_the_report_has_everybody_and_names_who_stopped(term: Term) -> None:
    soup = BeautifulSoup((term.root / "report" / "index.html").read_text(), "html.parser")
    rows = {row.th.get_text(): row.find_all("td") for row in soup.select("#list tbody tr")}
    assert set(rows) == set(STUDENTS)
    for one in STUDENTS.values():
        shown = [" ".join(cell.get_text().split()) for cell in rows[one.id]]
        assert shown[0] == f"{one.first} {one.last}".strip()
        for cell, assignment in zip(shown[2:4], NAMES, strict=True):
            found = in_the_end(one, assignment)
            if is_excused(one, assignment):
                assert cell == "– excused"
            elif found is None:
                assert cell == "– not handed in"
            else:
                total, late = found
                share = total / sum(IN_THE_END[assignment].values())
                assert cell == f"{share:.0%}{' late' * late}", one
    behind = soup.find(id="behind").find_parent("section").get_text()
    for sentence in (
        "absent Abe Sent handed in nothing for ps1, ps2",
        "Hal Faye handed in nothing",
    ):
        assert sentence in " ".join(behind.split())
    assert "ill" not in [link.get_text() for link in soup.select("ul.notes a")]


def test_what_mending_a_test_does_is_said_before_it_is_done(term: Term) -> None:
    shown, done = term.said["mend, shown"], term.said["mend"]
    assert "Nothing is changed yet" in shown and "Nothing is changed yet" not in done
    for line in ("nora: 7 → 10", "nick: 7 → 10", "neil: 0 → 2.7", "3 scores change."):
        assert line in shown and line in done
    changes = term.grading("changes").splitlines()
    assert [line.split(": ")[1].split(" ")[0] for line in changes[:3]] == ["ps1"] * 3
