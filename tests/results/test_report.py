"""The report on a class: its numbers, its links, whom it names, and how it behaves in a browser."""

from __future__ import annotations

import contextlib
import datetime
import itertools
import json
import re
import subprocess
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import nbformat
import numpy as np
import pytest
from bs4 import BeautifulSoup, Tag
from nbgrader import api
from nbgrader.api import Gradebook
from playwright.sync_api import Browser, Page

from grading.boundary.questions import RECORD
from grading.handed_in.cells import question_name
from grading.results.report import CannotReport, figures, write
from grading.results.report.records import Autograded, Class, GradedCell, Record
from tests.support import commands, little_course

ASSIGNMENT = "week_1"
NOTEBOOKS = {"part_1": ("one", "two", "three"), "part_2": ("four", "essay")}
POINTS = {"one": 4.0, "two": 3.0, "three": 10.0, "four": 5.0, "essay": 8.0}
MISTAKE = "The sum runs over the rows; it must run over the columns."
OUTSIDE = "This was read from a file outside the course."
FORGED = "This student deserves full marks."
PHONE = {"width": 360, "height": 740}
DUE = datetime.datetime(2026, 3, 1, 12, 0)
EXCUSED = {
    **{"number": 1, "when": "", "who": "", "why": "ill", "kind": "excuse"},
    **{"assignment": "week 2", "student": "only", "question": ["", ""]},
}
HOSTILE = (
    "<script>document.title = 'owned'</script>",
    '"><img src="http://127.0.0.1:9/x" onerror="alert(1)">',
    "{{ 7 * 7 }}",
    "\u202egnorts",
    "x" * 120,
)


@dataclass
class Student:
    """What a made-up student earned, and what else there is to say."""

    points: dict[str, float | None] = field(default_factory=lambda: dict(POINTS))
    outcomes: dict[str, dict[str, Any]] = field(default_factory=dict)
    notebooks: tuple[str, ...] = tuple(NOTEBOOKS)
    penalty: float = 0.0
    late: datetime.timedelta = datetime.timedelta(hours=-1)
    submitted: bool = True
    run: dict[str, Any] | None = None
    feedback: bool = True


def outcome(name: str, held: bool, mistake: str = "", failed: tuple[str, str] | None = None):
    """What the judge leaves in a graded cell."""
    unanswered = [{"kind": failed[0], "message": failed[1]}] if failed else []
    criteria = [{"name": f"{name}'s shape", "points": 1.0, "held": held}]
    return {"mistake": mistake, "criteria": criteria, "unanswered": unanswered}


FIRST_NAMES = {"student012": "Ada", "student013": "Grace <b>"}


def make(root: Path, students: dict[str, Student]) -> Path:
    """Write a course after grading: gradebook, autograded notebooks, runs, feedback."""
    release = root / "release" / ASSIGNMENT
    with Gradebook(f"sqlite:///{root}/gradebook.db") as gradebook:
        assignment = gradebook.add_assignment(ASSIGNMENT, duedate=DUE)
        for notebook, questions in NOTEBOOKS.items():
            gradebook.add_notebook(notebook, ASSIGNMENT)
            for name in reversed(questions):  # the release has the order in which they are read
                kind = "markdown" if name == "essay" else "code"
                cell = {"max_score": POINTS[name], "cell_type": kind}
                gradebook.add_grade_cell(f"{name}-graded", notebook, ASSIGNMENT, **cell)
            write_notebook(release / f"{notebook}.ipynb", *map(graded_cell, questions))
        for student, one in students.items():
            gradebook.db.add(api.Student(id=student, first_name=FIRST_NAMES.get(student)))
            if one.submitted:
                gradebook.db.add_all(submission_rows(assignment, student, one))
        gradebook.db.commit()
    for student, one in students.items():
        if "/" not in student:
            write_files(root, student, one)
    return root


def submission_rows(assignment: api.Assignment, student: str, one: Student) -> Iterator[api.Base]:
    """What nbgrader adds to the gradebook for a submission; its own way is slow for hundreds."""
    submission = api.SubmittedAssignment(
        id=uuid.uuid4().hex,
        assignment_id=assignment.id,
        student_id=student,
        timestamp=DUE + one.late,
    )
    yield submission
    for notebook in assignment.notebooks:
        submitted = api.SubmittedNotebook(
            id=uuid.uuid4().hex,
            assignment_id=submission.id,
            notebook_id=notebook.id,
            late_submission_penalty=one.penalty * (notebook.name == "part_1"),
        )
        yield submitted
        for cell in notebook.grade_cells:
            points = one.points[question_name(cell.name)]
            yield api.Grade(
                cell_id=cell.id,
                notebook_id=submitted.id,
                needs_manual_grade=points is None,
                **{"manual_score" if cell.cell_type == "markdown" else "auto_score": points},
            )


def write_notebook(path: Path, *cells: nbformat.NotebookNode) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(nbformat.v4.new_notebook(cells=cells)))


def write_files(root: Path, student: str, one: Student) -> None:
    """A student's autograded notebooks, feedback, and the file that a run leaves."""
    for notebook in one.notebooks if one.submitted else ():
        graded = [graded_cell(name, one.outcomes.get(name)) for name in NOTEBOOKS[notebook]]
        cells = [forged_cell(), *graded, forged_cell(grade_id="one")]
        write_notebook(root / "autograded" / student / ASSIGNMENT / f"{notebook}.ipynb", *cells)
        if one.feedback:
            page = root / "feedback" / student / ASSIGNMENT / f"{notebook}.html"
            page.parent.mkdir(parents=True, exist_ok=True)
            page.write_text("<title>feedback</title>")
    if one.run is not None:
        folder = root / ".grading" / ASSIGNMENT
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{student}.json").write_text(json.dumps(one.run))


def graded_cell(name: str, found: dict[str, Any] | None = None) -> nbformat.NotebookNode:
    metadata = {"nbgrader": {"grade_id": f"{name}-graded", "grade": True}}
    outputs = []
    if found is not None:
        data = {"text/plain": "feedback", RECORD: found}
        outputs.append(nbformat.v4.new_output("display_data", data=data))
    return nbformat.v4.new_code_cell("grade()", metadata=metadata, outputs=outputs)


def forged_cell(**settings: str) -> nbformat.NotebookNode:
    """A cell that is not graded, with an output like the judge's."""
    data = {RECORD: outcome("forged", True, mistake=FORGED)}
    output = nbformat.v4.new_output("display_data", data=data)
    metadata = {"nbgrader": settings} if settings else {}
    return nbformat.v4.new_code_cell("forge()", metadata=metadata, outputs=[output])


def a_class_of_300() -> dict[str, Student]:
    """Able and less able students, and a few to whom something happened."""
    rng = np.random.default_rng(1)
    students = {}
    for number in range(300):
        ability = rng.normal()
        one = Student()
        for name, points in POINTS.items():
            share = np.clip(0.7 + 0.2 * ability + 0.3 * rng.normal(), 0, 1)
            one.points[name] = float(round(share * points * 2) / 2)
            if name != "essay":
                wrong = one.points[name] < points / 2
                mistake = MISTAKE if wrong and name == "two" else ""
                failed = ("raised", f"ValueError: bad shape in {name}") if share == 0 else None
                one.outcomes[name] = outcome(name, not wrong, mistake, failed)
        students[f"student{number:03}"] = one
    students["student010"].points["one"] = None  # failed under plain nbgrader autograde
    students["student011"].points["essay"] = None  # nobody has read it yet
    students["student012"].late = datetime.timedelta(days=1, hours=2)
    students["student012"].penalty = 2.5
    students["student013"].submitted = False
    students["student014"].points = dict.fromkeys(POINTS)
    students["student014"].notebooks = ()
    students["student014"].run = {
        "outcome": "refused",
        "messages": ["part_1.ipynb is not a notebook: it is not valid JSON."],
        "seconds": 0.1,
    }
    students["student015"].run = {
        "outcome": "failed",
        "messages": ["student015: a fault"],
        "seconds": 1.0,
    }
    students["student015"].points = {**POINTS, "four": None}
    students["student016"].notebooks = ("part_1",)
    students["student016"].points |= {"four": 0.0}
    students["student017"].points = dict.fromkeys(POINTS, 0.0)
    students["student018"].run = {
        "outcome": "graded",
        "messages": [],
        "warnings": [f"student018, {ASSIGNMENT}/part_1: the kernel died in this cell"],
        "seconds": 1.0,
    }
    students["student019"].feedback = False
    return students


def report(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command as an instructor does."""
    return commands.run(root, "grading", "report", *arguments)


def written(root: Path) -> BeautifulSoup:
    return BeautifulSoup((root / "report" / f"{ASSIGNMENT}.html").read_text(), "html.parser")


@pytest.fixture(scope="module")
def students() -> dict[str, Student]:
    return a_class_of_300()


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory, students: dict[str, Student]) -> Path:
    """A course of 300 with its report."""
    root = make(tmp_path_factory.mktemp("course"), students)
    done = report(root)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == str(root / "report" / f"{ASSIGNMENT}.html")
    return root


@pytest.fixture(scope="module")
def page(course: Path) -> BeautifulSoup:
    return written(course)


def rows(page: BeautifulSoup, heading: str) -> list[list[str]]:
    """The first table's body in the section of a heading, as text."""
    table = page.find(id=heading).find_parent("section").find("table", class_="sortable")
    return [
        [cell.get_text(" ", strip=True) for cell in row.find_all(["th", "td"])]
        for row in table.tbody.find_all("tr")
    ]


def complete(students: dict[str, Student]) -> dict[str, Student]:
    return {
        name: one
        for name, one in students.items()
        if one.submitted and None not in one.points.values()
    }


def reason(page: BeautifulSoup, title: str) -> Tag:
    """What is said under a heading of level 3."""
    heading = next(one for one in page.find_all("h3") if one.get_text().startswith(f"{title} "))
    part = page.new_tag("div")
    for sibling in heading.find_next_siblings():
        if sibling.name in ("h2", "h3"):
            break
        part.append(BeautifulSoup(str(sibling), "html.parser"))
    return part


def named(part: Tag) -> list[str]:
    return [link.get_text() for link in part.find_all("a", href=re.compile("^#student-"))]


# -- numbers ------------------------------------------------------------------------------


def test_figures_of_each_question_are_those_of_an_independent_computation(page, students):
    whole = complete(students).values()
    table = np.array([[one.points[name] for name in POINTS] for one in whole])
    found = {row[0].split()[1]: row for row in rows(page, "questions")}
    assert found.keys() == POINTS.keys()
    for column, (name, points) in enumerate(POINTS.items()):
        _, difficulty, discrimination, mean, of, scored, full, zero, _ = found[name]
        earned = [
            one.points[name]
            for one in students.values()
            if one.submitted and one.points[name] is not None
        ]
        rest = np.delete(table, column, axis=1).sum(axis=1)
        wanted = np.corrcoef(table[:, column], rest)[0, 1]
        assert float(of) == points and int(scored) == len(earned)
        assert float(mean) == pytest.approx(np.mean(earned), abs=0.005 + 1e-9)
        assert float(difficulty.rstrip("%")) == pytest.approx(
            100 * np.mean(earned) / points, abs=0.5 + 1e-9
        )
        assert float(discrimination.split()[0]) == pytest.approx(wanted, abs=0.005 + 1e-9)
        assert int(full) == earned.count(points) and int(zero) == earned.count(0.0)


def test_the_distribution_has_everyone_who_has_a_score_on_everything(page, students):
    scores = [
        max(0.0, sum(one.points.values()) - one.penalty) for one in complete(students).values()
    ]
    tenth = int(sum(POINTS.values())) // 10
    wanted, _ = np.histogram(scores, bins=np.arange(11) * tenth)  # whole numbers: exact borders
    table = page.find(id="scores").find_parent("section").find("table")
    counts = [int(row.find_all("td")[-1].get_text()) for row in table.tbody.find_all("tr")]
    assert counts == wanted.tolist()
    bars = page.find("svg", class_="histogram").find_all("rect")
    assert len(bars) == np.count_nonzero(wanted)


def test_each_student_stands_there_with_score_points_and_state(page, students):
    found = {row[0]: row for row in rows(page, "students")}
    assert found.keys() == students.keys()
    assert found["student010"][1:6] == ["", "–", "–", "–", "no score"]
    late = students["student012"]
    assert found["student012"][1] == "Ada"
    assert float(found["student012"][2]) == sum(late.points.values()) - 2.5
    assert found["student012"][4:6] == ["26", "late"]
    assert "Due 2026-03-01 12:00 UTC" in page.header.get_text()
    for student in ("student000", "student299"):
        one = students[student].points
        assert list(map(float, found[student][6:11])) == list(one.values())
        assert float(found[student][2]) == sum(one.values())
        assert found[student][4:6] == ["–", "graded"]


def test_a_question_that_all_answered_alike_has_no_discrimination():
    both = [GradedCell("n", name, 1.0, False) for name in ("a", "b")]
    alike = a_small_class(both, [(1.0, 0.1), (1.0, 0.2), (1.0, 0.3)])
    assert [item.discrimination for item in figures.items(alike)] == [None, None]
    pair = a_small_class(both, [(0.0, 0.1), (1.0, 0.2)])
    assert [item.discrimination for item in figures.items(pair)] == [None, None]


def test_a_score_on_the_border_counts_in_the_upper_bin_and_extra_credit_in_the_last():
    question = GradedCell("n", "a", 0.3, False)
    one = a_small_class([question], [(0.0,), (0.1 + 0.2 - 0.15,), (0.09,), (0.3,), (0.4,)])
    assert figures.scores(one).counts == (1, 0, 0, 1, 0, 1, 0, 0, 0, 2)


def test_low_outliers_are_named_only_where_they_are_far_below_half():
    question = GradedCell("n", "a", 100.0, False)
    [low] = looks_of(question, [90.0] * 10 + [95.0] * 10 + [20.0])
    assert low.word == "far below" and low.students == {"s20": ()}
    for points in ([90.0] * 10 + [95.0] * 10 + [70.0], [90.0] * 10 + [20.0]):
        assert looks_of(question, points) == []


def looks_of(question: GradedCell, points: list[float]) -> list[figures.Look]:
    return figures.looks(a_small_class([question], [(earned,) for earned in points]))


def a_small_class(questions: list[GradedCell], points: list[tuple[float, ...]]) -> Class:
    records = tuple(
        Record(
            student=f"s{number}",
            name="",
            submitted=True,
            points=dict(zip(questions, earned, strict=True)),
            to_grade=frozenset(),
            late=0.0,
            penalty=0.0,
            autograded=Autograded(True, {}),
            pages={},
            note=None,
        )
        for number, earned in enumerate(points)
    )
    return Class("", "a", tuple(questions), records)


# -- who and why --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "student", "words"),
    [
        ("Refused", "student014", "part_1.ipynb is not a notebook: it is not valid JSON."),
        ("Grading failed", "student015", "student015 a fault"),
        ("Without a score", "student010", "one"),
        ("To grade by hand", "student011", "essay"),
        ("A notebook is missing", "student016", "part_2"),
        ("Late", "student012", "1 d 2 h, 2.5 points off"),
        ("Far below the others", "student017", ""),
        ("Not handed in", "student013", ""),
        ("Noted while grading", "student018", "part_1: the kernel died in this cell"),
    ],
)
def test_who_needs_a_look_is_named_with_the_reason(page, students, title, student, words):
    part = reason(page, title)
    wanted = {student}
    if title == "To grade by hand":
        wanted |= {"student014"}
    elif title == "Far below the others":
        scores = {name: sum(one.points.values()) for name, one in complete(students).items()}
        low, high = np.quantile(list(scores.values()), [0.25, 0.75])
        limit = min(sum(POINTS.values()) / 2, low - 1.5 * (high - low))
        wanted = {name for name, score in scores.items() if score < limit}
    assert student in wanted and set(named(part)) == wanted
    assert words in part.get_text(" ", strip=True)
    assert FIRST_NAMES.get(student, "") in part.get_text(" ", strip=True)


def test_who_asks_for_a_second_look_is_listed_until_a_comment_answers(tmp_path, monkeypatch):
    make(tmp_path, {"ann": Student(), "bob": Student()})
    texts = ("REGRADE one: it *is*\n<b>right</b>", "REGRADE `two`\nWhy?", "We REGRADE three")
    asking = [nbformat.v4.new_markdown_cell(text) for text in texts]
    write_notebook(tmp_path / "autograded" / "ann" / ASSIGNMENT / "part_1.ipynb", *asking)
    with Gradebook(f"sqlite:///{tmp_path}/gradebook.db") as gradebook:
        cell = gradebook.add_solution_cell("two", "part_1", ASSIGNMENT)
        submitted = gradebook.find_submission_notebook("part_1", ASSIGNMENT, "ann")
        comment = api.Comment(cell_id=cell.id, notebook_id=submitted.id, manual_comment="So.")
        gradebook.db.add(comment)
        gradebook.db.commit()
    monkeypatch.chdir(tmp_path)
    [path] = write()
    asked = reason(BeautifulSoup(path.read_text(), "html.parser"), "Ask for a second look")
    assert named(asked) == ["ann"] and not asked.find("b")
    assert "one: it *is*\n<b>right</b>" in asked.get_text() and "Why" not in asked.get_text()


def test_mistakes_stand_there_with_their_counts_and_students(page, students):
    wanted = [
        student
        for student, one in students.items()
        if one.submitted and "part_1" in one.notebooks and one.outcomes["two"]["mistake"]
    ]
    [found] = page.find(id="mistakes").find_parent("section").select(".findings > li")
    assert MISTAKE in found.get_text() and "two" in found.get_text()
    assert int(found.find("strong").get_text()) == len(wanted) > 5
    assert named(found) == wanted


def test_what_did_not_run_stands_there_with_its_message_and_students(page, students):
    wanted: dict[str, list[str]] = {}
    for student, one in students.items():
        for name, found in one.outcomes.items() if one.submitted else ():
            if found["unanswered"] and any(name in NOTEBOOKS[n] for n in one.notebooks):
                wanted.setdefault(f"ValueError: bad shape in {name}", []).append(student)
    items = page.find(id="failures").find_parent("section").select(".findings > li")
    assert {item.find("code").get_text(): named(item) for item in items} == wanted
    assert all("Raised an exception" in item.get_text() for item in items) and len(wanted) > 1


def test_only_the_judges_own_words_are_believed(page):
    assert FORGED not in page.get_text()
    assert "forged" not in page.get_text()


def test_criteria_are_counted(page, students):
    held = sum(
        one.outcomes["four"]["criteria"][0]["held"]
        for one in students.values()
        if one.submitted and "part_2" in one.notebooks
    )
    row = page.find("td", string="four's shape").find_parent("tr")
    assert row.find_all("td")[2].get_text().startswith(f"{held} of ")


def test_names_lead_to_the_students_row(page):
    for link in page.find_all("a", href=re.compile("^#student-")):
        assert page.find(id=link["href"][1:]).th.get_text() == link.get_text()


# -- errors -------------------------------------------------------------------------------


def test_an_unknown_assignment_is_named_with_those_that_are_known(course, monkeypatch):
    monkeypatch.chdir(course)
    with pytest.raises(CannotReport, match=f"no assignment nope; it knows {ASSIGNMENT}"):
        write("nope")


def test_where_there_is_no_gradebook_none_is_made(tmp_path):
    done = report(tmp_path)
    assert done.returncode == 1
    [line] = [line for line in done.stderr.splitlines() if not line.startswith("[NbGrader")]
    assert "no gradebook" in line and str(tmp_path) in line
    assert list(tmp_path.glob("*.db")) == []


def test_where_nobody_has_been_graded_it_says_so(tmp_path, monkeypatch):
    monkeypatch.chdir(make(tmp_path, {"early": Student(submitted=False)}))
    for assignment in (None, ASSIGNMENT):
        with pytest.raises(CannotReport, match="Nobody has been graded"):
            write(assignment)
    assert not (tmp_path / "report").exists()


def test_what_is_no_gradebook_is_said_to_be_none(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gradebook.db").write_text("no database")
    with pytest.raises(CannotReport, match="cannot be read"):
        write()


def test_every_assignment_has_its_page_and_leads_to_the_others(tmp_path, monkeypatch):
    make(tmp_path, {"only": Student()})
    with Gradebook(f"sqlite:///{tmp_path}/gradebook.db") as gradebook:
        gradebook.find_student("only").first_name = "Only"
        gradebook.add_assignment("ungraded")
        gradebook.add_assignment("week 2")
        gradebook.add_notebook("n", "week 2")
        gradebook.add_grade_cell("q", "n", "week 2", max_score=1, cell_type="code")
        gradebook.add_submission("week 2", "only").notebooks[0].grades[0].auto_score = 1.0
        gradebook.db.commit()
    (tmp_path / "submitted" / "Only" / "week 2").mkdir(parents=True)
    (tmp_path / "changes.jsonl").write_text(json.dumps(EXCUSED))
    monkeypatch.chdir(tmp_path)
    pages = sorted(path.name for path in write())
    assert pages == ["index.html", "week 2.html", f"{ASSIGNMENT}.html"]
    assert pages == sorted(path.name for path in (tmp_path / "report").iterdir())
    other = BeautifulSoup((tmp_path / "report" / "week 2.html").read_text(), "html.parser")
    look = other.find(id="look").find_parent("section").get_text()
    assert "Only is not on the class list and was not graded. If it is only" in look
    assert named(reason(other, "Excused")) == ["only"]
    links = [link["href"] for link in written(tmp_path).find("nav").find_all("a")]
    assert [unquote(link) for link in links] == ["./index.html", "#content", "./week 2.html"]


# -- links and hostile text ---------------------------------------------------------------


def test_feedback_links_are_relative_and_lead_to_pages_that_exist(course, page, students):
    links = page.select("td.links a")
    pages = {(course / "report" / unquote(link["href"])).resolve() for link in links}
    assert pages == {path.resolve() for path in course.glob("feedback/*/*/*.html")}
    assert all(not urlsplit(link["href"]).scheme for link in links)
    row = page.find("bdi", string="student019").find_parent("tr")
    assert row.select("a") == []


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course of which every text by students is hostile, with its report."""
    root = tmp_path_factory.mktemp("hostile") / "inner"
    root.mkdir()
    students = {}
    for number, text in enumerate(HOSTILE):
        failed = {"one": outcome("one", False, failed=("raised", f"Error: {text} \ud800"))}
        run = {"outcome": "refused", "messages": [text], "seconds": 1}
        run = run if number % 2 else None
        students[text.replace("/", "\\")] = Student(outcomes=failed, run=run)
    students["50% #1?"] = Student()
    students["../../outside"] = Student()
    make(root, students)
    cell = graded_cell("one", outcome("one", False, mistake=OUTSIDE))
    write_notebook(root.parent / "outside" / ASSIGNMENT / "part_1.ipynb", cell)
    done = report(root, ASSIGNMENT)
    assert done.returncode == 0, done.stderr
    return root


def test_text_of_students_is_text_and_nothing_else(hostile):
    page = written(hostile)
    assert len(page.find_all("script")) == len(page.find_all("style")) == 1
    assert page.find_all(["img", "iframe", "link", "object", "base"]) == []
    assert not any(name.startswith("on") for tag in page.find_all() for name in tag.attrs)
    messages = " ".join(code.get_text() for code in page.find_all("code"))
    for text in HOSTILE:
        assert text in messages
        assert text not in page.script.get_text()
    assert "{{ 7 * 7 }}" in page.find(id="students").find_parent("section").get_text()


def test_a_students_id_leads_to_no_file_outside_the_course(hostile):
    page = written(hostile)
    assert OUTSIDE not in page.get_text()
    row = page.find("th", string="../../outside").find_parent("tr")
    assert row.select("a") == []


def test_links_to_odd_names_work(hostile):
    page = written(hostile)
    row = page.find("th", string="50% #1?").find_parent("tr")
    for link in row.select("td.links a"):
        assert "#" not in link["href"] and "?" not in link["href"]
        assert (hostile / "report" / unquote(link["href"])).is_file()


def test_hostile_text_does_nothing_in_a_browser(hostile, opened):
    with opened(hostile, viewport=PHONE) as (tab, heard):
        assert tab.title() == f"{ASSIGNMENT}: report on a class"
        assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert heard == []


# -- in a browser -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def opened(browser: Browser):
    """Opens a course's report; what else it asks for, logs or throws is heard."""

    @contextlib.contextmanager
    def open_report(root: Path, **settings: Any) -> Iterator[tuple[Page, list[str]]]:
        address = (root / "report" / f"{ASSIGNMENT}.html").as_uri()
        heard: list[str] = []
        context = browser.new_context(**settings)
        tab = context.new_page()
        tab.on("request", lambda request: request.url == address or heard.append(request.url))
        tab.on("console", lambda message: heard.append(message.text))
        tab.on("pageerror", lambda error: heard.append(str(error)))
        tab.on("dialog", lambda dialog: (heard.append(dialog.message), dialog.dismiss()))
        tab.goto(address)
        yield tab, heard
        context.close()

    return open_report


def column(tab: Page, number: int) -> list[str]:
    """A column of the students' table, in the rows that are shown."""
    cells = f"#list tbody tr:not([hidden]) > :nth-child({number})"
    return [text.strip() for text in tab.locator(cells).all_inner_texts()]


def test_the_students_sort_by_keyboard(course, opened):
    with opened(course) as (tab, heard):
        tab.locator("#filter").focus()
        for _ in range(4):  # over the table itself, the students' ids and names to the scores
            tab.keyboard.press("Tab")
        head = tab.locator("#list thead th").nth(2)
        assert head.evaluate("head => head.contains(document.activeElement)")
        tab.keyboard.press("Enter")
        assert head.get_attribute("aria-sort") == "ascending"
        scores = column(tab, 3)
        known = [float(score) for score in scores if score != "–"]
        assert known == sorted(known) and len(known) < len(scores) == 300
        assert set(scores[len(known) :]) == {"–"}
        tab.keyboard.press("Space")
        assert head.get_attribute("aria-sort") == "descending"
        assert [float(score) for score in column(tab, 3)[: len(known)]] == known[::-1]
        tab.keyboard.press("Shift+Tab")
        tab.keyboard.press("Shift+Tab")
        tab.keyboard.press("Enter")
        assert head.get_attribute("aria-sort") is None
        assert column(tab, 1) == sorted(column(tab, 1))
        assert heard == []


def test_questions_sort_by_discrimination(course, opened):
    with opened(course) as (tab, heard):
        tab.get_by_role("button", name="Discrimination").press("Enter")
        cells = tab.locator("#questions ~ .scroll tbody td:nth-child(3)").all_inner_texts()
        values = [float(text.split()[0].replace("−", "-")) for text in cells]
        assert values == sorted(values) and len(values) == len(POINTS)
        assert heard == []


def test_the_filter_shows_whom_it_names_and_counts_them(course, opened):
    with opened(course) as (tab, heard):
        field = tab.get_by_label("Show only rows with this name or state")
        status = tab.get_by_role("status")
        assert status.inner_text() == "300 of 300 students"
        field.fill("STUDENT01 late")
        assert column(tab, 1) == ["student012"]
        assert status.inner_text() == "1 of 300 students"
        field.press("Enter")
        assert column(tab, 1) == ["student012"]
        field.fill("nobody")
        assert column(tab, 1) == [] and status.inner_text() == "0 of 300 students"
        tab.locator("#look ~ .names a", has_text="student013").click()
        assert len(column(tab, 1)) == 300 and field.input_value() == ""
        assert tab.locator("tr:target th").inner_text() == "student013"
        assert heard == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_the_page_does_not_scroll_sideways(course, opened, scheme):
    with opened(course, viewport=PHONE, color_scheme=scheme) as (tab, heard):
        tab.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
        assert tab.evaluate("document.documentElement.scrollWidth") == 360
        assert heard == []


def test_everything_is_there_without_javascript(course, opened):
    with opened(course, java_script_enabled=False) as (tab, heard):
        assert tab.locator("#list tbody tr").count() == 300
        assert tab.locator("thead button").count() == 0
        assert not tab.locator("#filter").is_visible()
        assert heard == []


def test_the_page_forbids_everything_but_its_own_style_and_script(course, opened):
    attempts = """async () => {
        const blocked = [];
        const all = new Promise((resolve) =>
            document.addEventListener("securitypolicyviolation", (event) => {
                blocked.push(event.effectiveDirective);
                if (blocked.length === 3) resolve();
            }));
        const script = document.createElement("script");
        script.textContent = "document.title = 'owned'";
        const image = document.createElement("img");
        image.src = "data:image/gif;base64,R0lGODlhAQABAAAAACw=";
        document.body.append(script, image);
        await fetch("http://127.0.0.1:9/").catch(() => {});
        await all;
        return [document.title, blocked.sort()];
    }"""
    with opened(course) as (tab, _):
        title, blocked = tab.evaluate(attempts)
    assert title == f"{ASSIGNMENT}: report on a class"
    assert blocked == ["connect-src", "img-src", "script-src-elem"]


def test_it_can_be_read_without_seeing_it(course, opened, page):
    levels = [int(head.name[1]) for head in page.find_all(re.compile("^h[1-6]$"))]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    assert page.html["lang"] == "en"
    for table in page.find_all("table"):
        assert table.caption and table.thead.find("th", scope="col")
        assert all(head.get("scope") for head in table.find_all("th"))
    with opened(course) as (tab, _):
        tab.keyboard.press("Tab")
        skip = tab.get_by_role("link", name="Skip to the content")
        assert skip.evaluate("link => link === document.activeElement")
        assert skip.bounding_box()["x"] >= 0
        tab.keyboard.press("Enter")
        assert tab.evaluate("document.activeElement.id") == "content"


# -- after real grading -------------------------------------------------------------------


@pytest.mark.usefixtures("sandbox")
@pytest.mark.parametrize("command", ["nbgrader", "grading"])
def test_a_class_that_was_really_graded_is_reported(tmp_path, command):
    root = little_course.make(tmp_path)
    show = f"get_ipython().display_pub.publish({{{RECORD!r}: {{'mistake': {FORGED!r}}}}})"
    answers = {
        "right": little_course.answered(root),
        "wrong": little_course.answered(root, double="def double(x):\n    return 3 * x"),
        "crash": little_course.answered(root, total="def total(x):\n    raise ValueError('<b>no')"),
        "forger": little_course.answered(root, double=f"{show}\ndouble = None"),
        "broken": "not a notebook",
    }
    for student, notebook in answers.items():
        little_course.submit(root, student, notebook)
    graded = commands.run(root, command, "autograde", little_course.ASSIGNMENT)
    assert graded.returncode == 1, graded.stderr
    feedback = little_course.nbgrader(root, "generate_feedback", little_course.ASSIGNMENT)
    assert feedback.returncode == 0, feedback.stderr
    done = report(root, little_course.ASSIGNMENT)
    assert done.returncode == 0, done.stderr
    text = (root / "report" / f"{little_course.ASSIGNMENT}.html").read_text()
    found = BeautifulSoup(text, "html.parser")
    assert FORGED not in text
    scores = {row[0]: row[1] for row in rows(found, "students")}
    assert scores == {"right": "10", "wrong": "6", "crash": "7", "forger": "6", "broken": "–"}
    if command == "nbgrader":
        assert named(reason(found, "Without a score")) == ["broken"]
    else:  # which keeps the reasons
        refused = reason(found, "Refused").get_text(" ", strip=True)
        assert refused.endswith("broken p1.ipynb is not a notebook: it is not valid JSON.")
    failures = found.find(id="failures").find_parent("section").select(".findings > li")
    assert ("ValueError: <b>no", ["crash"]) in [
        (item.find("code").get_text(), named(item)) for item in failures
    ]
    assert len(found.select("td.links a")) == 4
