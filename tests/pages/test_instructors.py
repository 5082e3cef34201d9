"""The instructor's term: the commands of docs/instructors.md as they stand there, and formgrader.

Each test does sections of the page in a copy of the course that has one short notebook. Blocks of
the page that name a file are added to it; ``elsewhere`` marks what needs another machine.
"""

import csv
import fnmatch
import getpass
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook
from playwright.sync_api import (
    Browser,
    FrameLocator,
    Locator,
    Page,
    expect,
)

from grader_tests import catalogue
from grading.rehearsal.scores import scores
from tests.support import REPOSITORY, commands, little_course
from tests.support.waiting import wait_until

pytestmark = pytest.mark.usefixtures("sandbox")

PAGE = REPOSITORY / "docs" / "instructors.md"
ASSIGNMENT, NOTEBOOK = "module2_optimization", "2_weighted_averages"
ADA, GRACE = "12345", "12346"
ROUNDED = "def effective_window(beta):\n    return round(1 / (1 - beta))"
FENCE = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.DOTALL | re.MULTILINE)
PATIENCE = 60_000  # milliseconds, for what takes one or two on an idle machine


@dataclass(frozen=True)
class Block:
    """A block of code on the page, and the heading that it stands under."""

    heading: str
    language: str
    place: str
    text: str

    @property
    def commands(self) -> str:
        lines = self.text.splitlines()
        return "\n".join(line.removeprefix("$ ") for line in lines if line.startswith("$ "))


def read_page() -> list[Block]:
    blocks, heading = [], ""
    for part in re.split(r"(^#+ [^\n]*$|^```.*?^```$)", PAGE.read_text(), flags=re.M | re.S):
        if part.startswith("#"):
            heading = part.lstrip("# ")
        elif found := FENCE.match(part):
            blocks.append(Block(heading, found[1], found[2] or "", found[3]))
    return blocks


class Course:
    """A copy of the course, the home of its instructor, and the exchange."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self.root = base / "course"
        self.students = base / "coursework"
        terminal = commands.variables(HOME=str(base / "home"), EXCHANGE=str(base / "exchange"))
        self.environment = {
            name: x for name, x in terminal.items() if not name.startswith(("MAKE", "MFLAGS"))
        }

    def copy(self, base: Path) -> "Course":
        shutil.copytree(self.base, base, symlinks=True, dirs_exist_ok=True)
        return Course(base)

    def do(self, *headings: str, status: int = 0) -> str:
        """Do what these sections say, in the page's order; return what the commands printed."""
        printed, page = [], read_page()
        assert set(headings) <= {block.heading for block in page}
        for block in page:
            if block.heading not in headings or block.place in ("elsewhere", "server"):
                continue
            if block.language == "console":
                folder = self.students if block.place == "students" else self.root
                printed.append(self.run(block.commands, folder, status))
            elif block.place.endswith(".csv"):
                (self.root / block.place).write_text(block.text)
            elif block.place == "nbgrader_config.py":
                with (self.root / "nbgrader_config.py").open("a") as file:
                    file.write(f"\n{block.text}")
        return "\n".join(printed)

    def run(self, commands: str, folder: Path | None = None, status: int = 0) -> str:
        ended = subprocess.run(
            ["bash", "-ec", commands],
            cwd=folder or self.root,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert ended.returncode == status, f"{commands}\n{ended.stdout}"
        return ended.stdout

    def gradebook(self) -> Gradebook:
        return Gradebook(f"sqlite:///{self.root}/gradebook.db")

    def auto_scores(self) -> dict[str, dict[str, float | None]]:
        return little_course.scores(self.root, ASSIGNMENT)

    def collected(self) -> dict[str, str]:
        """The notebook that each student handed in."""
        submitted = self.root / "submitted"
        files = submitted.glob(f"*/{ASSIGNMENT}/**/{NOTEBOOK}.ipynb")
        return {file.relative_to(submitted).parts[0]: file.read_text() for file in files}

    def table(self, name: str) -> list[dict[str, str]]:
        with (self.root / name).open() as file:
            return list(csv.DictReader(file))

    def feedback(self, student: str) -> str:
        return (self.root / "feedback" / student / ASSIGNMENT / f"{NOTEBOOK}.html").read_text()


@pytest.fixture(scope="module")
def new_course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """The course as it is after the section on setting up."""
    course = Course(tmp_path_factory.mktemp("term"))
    course.students.mkdir()
    (course.base / "home" / "Downloads").mkdir(parents=True)
    shutil.copytree(REPOSITORY, course.root, ignore=_ignored)
    for folder in (course.root / "source", course.root / "release"):
        for path in folder.iterdir():
            if path.is_dir() and path.name != ASSIGNMENT:
                shutil.rmtree(path)
        for path in (folder / ASSIGNMENT).glob("*.ipynb"):
            if path.stem != NOTEBOOK:
                path.unlink()
    environment = course.root / ".venv"  # ours, and complete as far as make can see
    environment.symlink_to(sys.prefix)
    for name in ("pyproject.toml", "constraints.txt"):
        os.utime(course.root / name, (0, 0))
    assert (environment / "installed").exists(), "make setup has not made this environment"
    printed = course.do("Set up")
    assert f"{ASSIGNMENT} (due: 2026-11-20 22:59:00)\n    - {NOTEBOOK}" in printed
    assert f"{ADA} (Lovelace, Ada) -- ada@example.edu, {ADA}" in printed
    return course


def _ignored(folder: str, names: list[str]) -> set[str]:
    """What git ignores: environments, and the work of students."""
    rules = (REPOSITORY / ".gitignore").read_text().splitlines()
    at_root = folder == str(REPOSITORY)
    patterns = [rule.strip("/*") for rule in rules if at_root or not rule.startswith("/")]
    return {
        ".git",
        *(name for rule in filter(None, patterns) for name in fnmatch.filter(names, rule)),
    }


def solution(course: Course, name: str) -> str:
    """The right answer to a question, from the instructor's own notebook."""
    source = nbformat.read(course.root / "source" / ASSIGNMENT / f"{NOTEBOOK}.ipynb", 4)
    return next(cell.source for cell in source.cells if cell.id == name)


def answered(course: Course, **answers: str) -> dict[str, str]:
    """Right answers to all questions, or those given instead."""
    path = course.root / "release" / ASSIGNMENT / f"{NOTEBOOK}.ipynb"
    names = [cell.id for cell in nbformat.read(path, as_version=4).cells if _is_answer(cell)]
    return {name: answers.get(name) or solution(course, name) for name in names}


def _is_answer(cell: nbformat.NotebookNode) -> bool:
    return cell.metadata.get("nbgrader", {}).get("solution", False)


def solved(course: Course, **answers: str) -> str:
    """The released notebook with `answered` in it."""
    path = course.root / "release" / ASSIGNMENT / f"{NOTEBOOK}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    sources = answered(course, **answers)
    for cell in notebook.cells:
        cell.source = sources.get(cell.id, cell.source)
    return nbformat.writes(notebook)


def deserved(course: Course, **answers: str) -> dict[str, float]:
    """What a notebook with these answers must earn."""
    return scores(catalogue.notebook(NOTEBOOK).tasks, answered(course, **answers))


def download(course: Course, files: dict[str, str]) -> None:
    with zipfile.ZipFile(course.base / "home" / "Downloads" / "submissions.zip", "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)


def test_each_block_of_the_page_is_done_here_or_marked():
    tests = Path(__file__).read_text()
    for block in read_page():
        if block.place == "server":
            assert block.commands == "make formgrader"
        elif block.place != "elsewhere":
            assert f'"{block.heading}"' in tests, f"nothing does “{block.heading}”"


@pytest.fixture(scope="module")
def term(new_course: Course, tmp_path_factory: pytest.TempPathFactory) -> Course:
    """The course after the work of two students came from Canvas and was graded."""
    course = new_course.copy(tmp_path_factory.mktemp("canvas"))
    download(
        course,
        {
            f"lovelaceada_{ADA}_67890_{NOTEBOOK}-1.ipynb": solved(course),
            f"hoppergrace_LATE_{GRACE}_67891_my_99_1_averages.ipynb": solved(
                course, effective_window=ROUNDED
            ),
            "noetheremmy_12347_67892_work.zip": "not even an archive",
        },
    )
    printed = course.do("From Canvas or Moodle", status=1)
    assert "2 students handed in: 2 are new" in printed
    assert f"Late, as Canvas has it: {GRACE}." in printed
    assert "noetheremmy_12347: nobody on the class list" in printed
    course.do("Grade")
    return course


def test_work_from_canvas_is_graded_whatever_the_files_are_called(term):
    assert term.auto_scores() == {
        ADA: deserved(term),
        GRACE: deserved(term, effective_window=ROUNDED),
    }
    assert deserved(term) != deserved(term, effective_window=ROUNDED)


def test_the_report_names_the_students(term):
    printed = term.do("Read the report")
    pages = [term.root / word for word in printed.split() if word.endswith(".html")]
    assert pages and GRACE in pages[0].read_text()


def test_a_regrade_keeps_what_was_scored_and_written_by_hand(term, tmp_path):
    course = term.copy(tmp_path)
    where = (NOTEBOOK, ASSIGNMENT, GRACE)
    with course.gradebook() as gradebook:  # as formgrader does
        grade = gradebook.find_grade("effective_window-graded", *where)
        grade.manual_score, grade.extra_credit = 0.5, 0.5
        gradebook.find_comment("ewa", *where).manual_comment = "A neat loop."
        gradebook.db.commit()
    course.do("Give feedback")
    assert "A neat loop." in course.feedback(GRACE)

    divide_points(course, 3)
    assert "2 scores change." in course.do("Mend a test and grade again")
    page = course.feedback(GRACE)
    assert "A neat loop." in page and "2 of 2 points" in page
    with course.gradebook() as gradebook:
        grade = gradebook.find_grade("effective_window-graded", *where)
        assert (grade.manual_score, grade.extra_credit, grade.score) == (0.5, 0.5, 1.0)
        assert grade.auto_score == deserved(course, effective_window=ROUNDED)["effective_window"]
        assert not grade.needs_manual_grade  # the tests say of it what they said before
        assert not gradebook.find_grade("ewa-graded", *where).needs_manual_grade

    divide_points(course, 6)  # and a class run sees that by itself
    course.run(f"nbgrader generate_assignment {ASSIGNMENT} --force")
    course.run(f"python -m grading autograde {ASSIGNMENT}")
    with course.gradebook() as gradebook:
        assert gradebook.find_grade("ewa-graded", *where).score == 1.0
        grade = gradebook.find_grade("effective_window-graded", *where)
        assert (grade.score, grade.needs_manual_grade) == (1.0, False)
        assert gradebook.find_comment("ewa", *where).comment == "A neat loop."


def test_a_watch_answers_what_comes_later(term, tmp_path):
    course = term.copy(tmp_path)
    path = course.root / "submitted" / GRACE / ASSIGNMENT / f"{NOTEBOOK}.ipynb"
    path.write_text(solved(course))
    printed = course.do("Answer within minutes")
    assert printed.count("UTC") == 2 and f"{GRACE}: attempt 1: graded in" in printed
    assert course.auto_scores()[GRACE] == deserved(course)
    assert "1 of 1 points" in course.feedback(GRACE)


def test_what_counts_is_changed_and_whoever_is_graded_later_gets_the_same(term, tmp_path):
    course = term.copy(tmp_path)
    printed = course.do("Change what counts")
    whole = sum(deserved(course).values())
    assert f"  {GRACE}: {whole - 1:g} → {whole:g}" in printed
    assert "Nothing is changed yet" in printed
    assert "2 is undone. Six points were agreed." in course.run("python -m grading changes")
    page = course.feedback(GRACE)
    assert "1 of 1 points" in page and "You are excused" in page
    assert "This question was dropped: everybody gets its points. What follows" in page
    course.do("Export")
    assert {row["ID"]: row[ASSIGNMENT] for row in course.table("canvas.csv")}[GRACE] == "EX"
    exported = {row["student_id"]: row["score"] for row in course.table("grades.csv")}
    assert exported == {ADA: f"{whole}", GRACE: ""}

    course.run(f"python -m grading points {ASSIGNMENT} ewa 4 --why=easy")
    wanted = {student: {**deserved(course), "ewa": 4.0} for student in (ADA, GRACE)}
    assert course.auto_scores() == wanted
    assert "2 unchanged" in course.run(f"python -m grading autograde {ASSIGNMENT}")
    course.run(f"nbgrader generate_assignment {ASSIGNMENT} --force")  # source/ still says 6
    for command in ("python -m grading", "nbgrader"):
        course.run(f"{command} autograde {ASSIGNMENT} --force")
        assert course.auto_scores() == wanted


def divide_points(course: Course, divisor: int) -> None:
    """Have `ewa` count for a part of its 6 points, in its tests and in its cell."""
    file = course.root / "source" / ASSIGNMENT / f"{NOTEBOOK}.ipynb"
    notebook = nbformat.read(file, as_version=4)
    [cell] = [cell for cell in notebook.cells if cell.id == "ewa-graded"]
    cell.source = re.sub(r"(grade\(.*?\)).*", rf"\1 / {divisor}", cell.source)
    cell.metadata.nbgrader.points = 6 / divisor
    nbformat.write(notebook, file)


def test_a_graded_cell_cannot_go_once_work_was_handed_in_and_nothing_is_lost(term, tmp_path):
    course = term.copy(tmp_path)
    source = course.root / "source" / ASSIGNMENT / f"{NOTEBOOK}.ipynb"
    before, scored = source.read_text(), course.auto_scores()
    notebook = nbformat.reads(before, as_version=4)
    notebook.cells = [cell for cell in notebook.cells if cell.id != "effective_window-graded"]
    nbformat.write(notebook, source)
    generate = f"nbgrader generate_assignment {ASSIGNMENT} --force"
    assert "Cannot add or remove cells" in course.run(generate, status=1)
    assert not (course.root / "release" / ASSIGNMENT).exists()
    source.write_text(before)
    course.run(generate)
    assert (course.root / "release" / ASSIGNMENT / f"{NOTEBOOK}.ipynb").exists()
    assert course.auto_scores() == scored


def test_late_work_loses_a_tenth_a_day_and_the_rest_of_the_term_goes_well(term, tmp_path):
    course = term.copy(tmp_path)
    course.do("Late work", "Give feedback", "Export", "Keep and back up")
    earned = sum(deserved(course, effective_window=ROUNDED).values())
    grades = {row["student_id"]: float(row["score"]) for row in course.table("grades.csv")}
    assert grades == {ADA: sum(deserved(course).values()), GRACE: pytest.approx(0.9 * earned)}
    course.run(f"nbgrader generate_feedback {ASSIGNMENT} --force")
    assert "20 h 30 min late. Due 2026-11-21 11:00 UTC, by your ext" in course.feedback(GRACE)
    late = {row["student_id"]: row["hours_late"] for row in course.table("grades.csv")}
    assert late == {ADA: "0.0", GRACE: "20.5"}
    course.run(f"python -m grading autograde {ASSIGNMENT} --force\nnbgrader export")
    again = {row["student_id"]: float(row["score"]) for row in course.table("grades.csv")}
    assert again == grades
    in_canvas = {row["ID"]: row[ASSIGNMENT] for row in course.table("canvas.csv")}
    assert float(in_canvas[GRACE]) == pytest.approx(0.9 * earned)

    (course.root / "gradebook.db").unlink()
    shutil.rmtree(course.root / "submitted")
    course.run("tar -xzf ~/course-2026-11-25.tar.gz")
    assert set(course.auto_scores()) == {ADA, GRACE}
    course.do("End the term")
    assert set(course.auto_scores()) == {ADA}
    assert [path.name for path in (course.root / "submitted").iterdir()] == [ADA]


def test_work_from_moodle_is_collected_by_the_class_list_and_strangers_are_not_graded(
    new_course, tmp_path
):
    course = new_course.copy(tmp_path)
    course.run('nbgrader db student add emilie --first-name=Émilie --last-name="d\'Urfé"')
    names = {
        ADA: f"Ada Lovelace_123_assignsubmission_file/{NOTEBOOK}.ipynb",
        "emilie": f"Émilie dUrfé_124_assignsubmission_file_/mine/{NOTEBOOK}.ipynb",
        GRACE: f"Hopper Grace_125_assignsubmission_file_{NOTEBOOK}.ipynb",
    }
    files = {name: student for student, name in names.items()}
    files["Emmy Noether_127_assignsubmission_onlinetext/onlinetext.html"] = ""
    download(course, files)
    assert "3 are new" in course.do("From Canvas or Moodle")
    assert course.collected() == {student: student for student in names}

    stranger = course.root / "submitted" / "Émilie dUrfé" / ASSIGNMENT
    shutil.copytree(course.root / "submitted" / "emilie" / ASSIGNMENT, stranger)
    for command in ("nbgrader", "python -m grading"):
        printed = course.run(f"{command} autograde {ASSIGNMENT}", status=1)
        assert "Émilie dUrfé is not on the class list and was not graded." in printed
        assert "If it is emilie (Émilie d'Urfé), rename the folder" in printed
    assert "Émilie dUrfé" not in course.auto_scores()


def test_the_exchange_takes_work_there_and_back(new_course, tmp_path):
    course = new_course.copy(tmp_path)
    student = getpass.getuser()
    course.run(f"nbgrader db student add {student}")
    course.do("Through nbgrader's exchange", "From the exchange")
    submitted = course.root / "submitted" / student / ASSIGNMENT
    (submitted / f"{NOTEBOOK}.ipynb").write_text(solved(course))
    course.run(f"nbgrader autograde {ASSIGNMENT}")
    assert course.auto_scores() == {student: deserved(course)}
    course.do("Give feedback", "Through the exchange")
    pages = list(course.students.glob(f"{ASSIGNMENT}/feedback/*/{NOTEBOOK}.html"))
    assert [page.read_text() for page in pages] == [course.feedback(student)]


def test_the_zip_for_students_is_made(new_course, tmp_path):
    course = new_course.copy(tmp_path)
    course.do("In one zip")
    [path] = course.root.glob("*.zip")
    with zipfile.ZipFile(path) as bundle:
        names = bundle.namelist()
        [start] = [bundle.read(name).decode() for name in names if name.endswith("START.md")]
    assert f"| `{ASSIGNMENT}` | 2026-11-20 22:59 UTC |" in start
    assert any(name.endswith(f"release/{ASSIGNMENT}/{NOTEBOOK}.ipynb") for name in names)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1600, "height": 900})
    page.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    yield page
    page.close()


@pytest.fixture
def server(new_course: Course, tmp_path: Path) -> Iterator[tuple[Course, str]]:
    """A course with two submissions, and the address at which `make formgrader` serves it."""
    course = new_course.copy(tmp_path)
    spy = f"\n\nimport os\n\nprint('sees grades:', os.path.exists('{course.root}/gradebook.db'))"
    for student, answers in (
        (ADA, {"ewa": solution(course, "ewa") + spy}),
        (GRACE, {"effective_window": ROUNDED}),
    ):
        folder = course.root / "submitted" / student / ASSIGNMENT
        folder.mkdir(parents=True)
        (folder / f"{NOTEBOOK}.ipynb").write_text(solved(course, **answers))
    settings = course.base / "home" / ".jupyter" / "jupyter_server_config.py"
    settings.parent.mkdir()
    settings.write_text(
        "c.ServerApp.open_browser = False\n"
        "c.ServerApp.allow_root = True\n"  # in containers, where tests often run
        "c.ServerApp.ip = '127.0.0.1'\n"
        "c.ServerApp.port = 0\n"
    )
    running = course.base / "running"
    with (course.base / "server.log").open("w") as log:
        process = subprocess.Popen(
            ["make", "formgrader"],
            cwd=course.root,
            env={**course.environment, "JUPYTER_RUNTIME_DIR": str(running)},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        yield course, address(process, running, course.base / "server.log")
    finally:
        with suppress(ProcessLookupError):  # it never started
            os.killpg(process.pid, signal.SIGTERM)
        process.wait()


def address(process: subprocess.Popen[bytes], running: Path, log: Path) -> str:
    """Wait for the server to say where it is."""

    def told() -> str | None:
        assert process.poll() is None, log.read_text()
        for file in running.glob("jpserver-*.json"):
            with suppress(ValueError):  # half written
                found = json.loads(file.read_text())
                return f"{found['url']}lab?token={found['token']}"
        return None

    return wait_until(told, "JupyterLab says where it is")


def open_submissions(page: Page) -> FrameLocator:
    """Go where formgrader lists who handed in, from JupyterLab's menu."""
    page.get_by_role("menuitem", name="Nbgrader").click()
    page.get_by_role("menuitem", name="Formgrader", exact=True).click()
    frame = page.frame_locator("iframe")
    frame.locator("tr", has_text=ASSIGNMENT).locator(".num-submissions a").click()
    expect(frame.locator(".label")).to_have_count(2)
    return frame


def open_notebook(frame: FrameLocator, name: str) -> tuple[Locator, Locator]:
    """Go to a student's notebook; return the fields for a score and a comment, filled."""
    with frame.owner.page.expect_response(re.compile("/formgrader/api/comments")):
        frame.get_by_role("link", name=name).click()
        frame.get_by_role("link", name=NOTEBOOK).click()
    score = frame.locator("#effective_window-graded")
    expect(score).to_have_attribute("placeholder", "0")  # the automatic one
    return score, frame.locator("#ewa-comment")


def press(frame: FrameLocator, student: str, button: str) -> str:
    """Press a student's button in formgrader; return what it says in the end."""
    row = frame.locator("tr", has=frame.locator(f".student-id[data-order='{student}']"))
    row.locator(f".{button} a").click()
    dialog = frame.locator(".modal-dialog")
    expect(dialog.locator(".modal-title")).to_have_text(re.compile("Success|Error"))
    said = dialog.inner_text()
    dialog.get_by_text("OK", exact=True).click()
    expect(dialog).to_have_count(0)
    return said


def saved(frame: FrameLocator, kind: str) -> AbstractContextManager[object]:
    """Wait, at its end, until a score or a comment is in the gradebook."""
    return frame.owner.page.expect_response(
        lambda answer: f"/formgrader/api/{kind}/" in answer.url and answer.request.method == "PUT"
    )


def test_formgrader_grades_sealed_and_what_is_written_there_survives_a_regrade(server, page):
    course, url = server
    page.goto(url)
    frame = open_submissions(page)
    for student in (ADA, GRACE):
        assert "Successfully autograded" in press(frame, student, "autograde")
    expect(frame.locator(".label-success", has_text="graded")).to_have_count(2)
    assert course.auto_scores() == {
        ADA: deserved(course),
        GRACE: deserved(course, effective_window=ROUNDED),
    }
    graded = (course.root / "autograded" / ADA / ASSIGNMENT / f"{NOTEBOOK}.ipynb").read_text()
    assert "sees grades: False" in graded
    assert "ewa: 6 of 6 points" in graded

    score, comment = open_notebook(frame, "Hopper, Grace")
    with saved(frame, "grade"):
        score.fill("0.5")
        score.blur()
    with saved(frame, "comment"):
        comment.fill("A **neat** loop.")
        comment.blur()
    course.run(f"nbgrader autograde {ASSIGNMENT} --force")

    page.reload()
    frame = open_submissions(page)
    expect(frame.locator(".label-success", has_text="graded")).to_have_count(2)
    score, comment = open_notebook(frame, "Hopper, Grace")
    expect(score).to_have_value("0.5")
    expect(comment).to_have_value("A **neat** loop.")
    expect(score).not_to_have_class(re.compile("needs_manual_grade"))

    page.reload()
    frame = open_submissions(page)
    assert "Successfully generated feedback" in press(frame, GRACE, "generate-feedback")
    assert "A <strong>neat</strong> loop." in course.feedback(GRACE)
    assert "0.5 of 1 points" in course.feedback(GRACE)
