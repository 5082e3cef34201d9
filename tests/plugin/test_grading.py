"""nbgrader's verbs over the engine, and what happens when grading fails or is stopped.

What single submissions can do is in ``test_attacks.py``.
"""

from __future__ import annotations

import contextlib
import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import nbformat
import psutil
import pytest
from nbgrader.api import Gradebook

from grading.boundary.outcome import Ended
from grading.course import Course
from grading.grade import excerpt
from grading.grade.submission import Grader, Submission
from grading.handed_in.cells import question_name
from grading.plugin.packing import pack
from tests.support import commands, little_course
from tests.support.little_course import (
    ASSIGNMENT,
    NOTEBOOK,
    POINTS,
    RIGHT,
    hand_in,
    nbgrader,
    scores,
)
from tests.support.waiting import PATIENCE, WAITS, command_of, wait_for_answer, wait_until

pytestmark = pytest.mark.usefixtures("sandbox")

NOTHING = dict.fromkeys(POINTS)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = little_course.make(tmp_path_factory.mktemp("engine") / "course")
    return little_course.ask_known_answer(root)


@pytest.fixture
def course(template: Path, tmp_path: Path) -> Path:
    """A course of one's own, with nothing handed in."""
    return Path(shutil.copytree(template, tmp_path / "course"))


def autograde(root: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return nbgrader(root, "autograde", ASSIGNMENT, *arguments, **environment)


def graded_notebook(root: Path, student: str) -> Path:
    return root / "autograded" / student / ASSIGNMENT / f"{NOTEBOOK}.ipynb"


def outputs(root: Path, student: str, cell_id: str) -> str:
    """The outputs of one cell of a graded notebook, as text."""
    notebook = nbformat.read(graded_notebook(root, student), as_version=4)
    (cell,) = (cell for cell in notebook.cells if cell.id == cell_id)
    return str(cell.outputs)


def grades(root: Path, student: str) -> dict[str, tuple[float | None, float | None, bool]]:
    """Automatic score, manual score and whether a person must look, of each question."""
    with Gradebook(f"sqlite:///{root}/gradebook.db") as gradebook:
        notebook = gradebook.find_submission_notebook(NOTEBOOK, ASSIGNMENT, student)
        return {
            question_name(grade.name): (
                grade.auto_score,
                grade.manual_score,
                bool(grade.needs_manual_grade),
            )
            for grade in notebook.grades
        }


def set_grades(root: Path, student: str, **columns: float | None) -> None:
    """Write into the gradebook as an earlier grading, or formgrader, would have."""
    with Gradebook(f"sqlite:///{root}/gradebook.db") as gradebook:
        gradebook.update_or_create_student(student)
        gradebook.update_or_create_submission(ASSIGNMENT, student)
        notebook = gradebook.find_submission_notebook(NOTEBOOK, ASSIGNMENT, student)
        for grade in notebook.grades:
            for name, value in columns.items():
                setattr(grade, name, value)
        gradebook.db.commit()


def failures(run: subprocess.CompletedProcess[str]) -> dict[str, str]:
    """The sentence at the end of a run for each student left without a score."""
    _, found, report = run.stderr.partition("Left without a score, and marked as needing a look:\n")
    assert found
    lines = [line.strip() for line in report.splitlines() if line.startswith("      ")]
    return dict(line.split(": ", 1) for line in lines)


def test_a_notebook_under_another_name_is_graded_as_the_one_most_like_it(course: Path) -> None:
    """Though it begins with the same imports as one that comes before, and was not handed in."""
    source = course / "source" / ASSIGNMENT
    earlier = nbformat.read(source / f"{NOTEBOOK}.ipynb", as_version=4)
    earlier.cells = earlier.cells[:2]
    nbformat.write(earlier, source / "a_earlier.ipynb")
    nbgrader(course, "generate_assignment", ASSIGNMENT, "--force").check_returncode()
    hand_in(course, "ann")
    folder = course / "submitted" / "ann" / ASSIGNMENT
    (folder / f"{NOTEBOOK}.ipynb").rename(folder / "name_of_last_year.ipynb")
    run = autograde(course)
    assert run.returncode == 0, run.stderr
    assert {name: grade[0] for name, grade in grades(course, "ann").items()} == POINTS
    assert f"name_of_last_year.ipynb is graded as {NOTEBOOK}.ipynb" in run.stderr


def test_what_cannot_be_graded_is_unscored_and_named_and_stops_nobody(course: Path) -> None:
    hand_in(course, "ann", "bob", "cem", "dee")
    first = autograde(course)
    assert first.returncode == 0, first.stderr
    assert scores(course) == dict.fromkeys(("ann", "bob", "cem", "dee"), POINTS)
    set_grades(course, "ann", manual_score=1.5)

    little_course.submit(course, "bob", "rubbish")
    (course / "submitted" / "cem" / ASSIGNMENT / "link").symlink_to("/etc/hostname")
    (course / "submitted" / "dee" / ASSIGNMENT / f"{NOTEBOOK}.ipynb").unlink()
    little_course.submit(course, "eva", "{}")
    hand_in(course, "fay")
    again = autograde(course, "--force")

    assert again.returncode == 1
    named = failures(again)
    assert set(named) == {"bob", "cem", "eva"}
    assert "not valid JSON" in named["bob"]
    assert "symbolic link" in named["cem"]
    assert "no list of cells" in named["eva"]
    nothing_at_all = dict.fromkeys(POINTS, (None, None, True))
    for student in named:
        assert grades(course, student) == nothing_at_all
        assert not graded_notebook(course, student).exists()
    assert scores(course)["fay"] == POINTS
    assert scores(course)["dee"] == dict.fromkeys(POINTS, 0.0)
    assert {name: grade[:2] for name, grade in grades(course, "ann").items()} == {
        name: (points, 1.5) for name, points in POINTS.items()
    }

    hand_in(course, "bob")
    third = autograde(course)  # what failed is tried again without --force
    assert third.returncode == 1
    assert set(failures(third)) == {"cem", "eva"}
    assert scores(course)["bob"] == POINTS


def test_rubbish_handed_in_later_does_not_keep_the_older_score(course: Path) -> None:
    for student in ("ann", "bob"):
        set_grades(course, student, auto_score=3.0, needs_manual_grade=False)
        folder = little_course.submit(course, student, "rubbish")
        (folder / "timestamp.txt").write_text("2026-02-01 09:00:00 UTC")
        old = course / "autograded" / student / ASSIGNMENT
        old.mkdir(parents=True)
        (old / f"{NOTEBOOK}.ipynb").write_text("{}")
        (old / "timestamp.txt").write_text("2026-01-01 09:00:00 UTC")
    (folder / "timestamp.txt").write_text("later")
    run = autograde(course)
    assert run.returncode == 1
    assert set(failures(run)) == {"ann", "bob"}
    assert "timestamp.txt holds no time" in failures(run)["bob"]
    assert scores(course) == {"ann": NOTHING, "bob": NOTHING}


def test_one_student_and_one_notebook(course: Path) -> None:
    hand_in(course, "ann", "bob")
    assert autograde(course, "--student", "bob", "--notebook", NOTEBOOK).returncode == 0
    assert scores(course) == {"bob": POINTS}
    unknown = autograde(course, "--notebook", "p9")
    assert unknown.returncode == 1
    assert "no notebook p9; it has: p1." in unknown.stderr


@pytest.mark.parametrize("run_all", [False, True])
def test_only_the_release_says_which_cells_are_not_run(course: Path, run_all: bool) -> None:
    exploring = {"metadata": {"tags": ["explore"]}}
    notebook = little_course.released(course)
    notebook.cells.insert(
        2, nbformat.v4.new_code_cell("print('a long run')", id="run", **exploring)
    )
    nbformat.write(notebook, course / "release" / ASSIGNMENT / f"{NOTEBOOK}.ipynb")
    answer = little_course.answered(course)
    answer.cells.append(nbformat.v4.new_code_cell("print('my own')", id="own", **exploring))
    for cell in answer.cells:
        cell.metadata["tags"] = ["explore"]
    little_course.submit(course, "ann", answer)
    assert autograde(course, f"--SealedExecute.run_all={run_all}").returncode == 0
    assert scores(course) == {"ann": POINTS}
    expected = "a long run" if run_all else "Not run when grading."
    assert expected in outputs(course, "ann", "run")
    graded = nbformat.read(graded_notebook(course, "ann"), as_version=4)
    assert "my own" in str(graded.cells[-1].outputs)


def test_feedback_export_and_validate_work(course: Path) -> None:
    hand_in(course, "ann", double="def double(x):\n    return x")
    assert autograde(course).returncode == 0
    feedback = nbgrader(course, "generate_feedback", ASSIGNMENT)
    assert feedback.returncode == 0, feedback.stderr
    page = (course / "feedback" / "ann" / ASSIGNMENT / f"{NOTEBOOK}.html").read_text()
    assert "double: 0 of 3 cases" in page
    assert "little_tests" not in page
    overview = (course / "feedback" / "ann" / "index.html").read_text()
    assert "<strong>6</strong> of 10 points" in overview
    assert f'href="{ASSIGNMENT}/{NOTEBOOK}.html"' in overview
    with Gradebook(f"sqlite:///{course}/gradebook.db") as gradebook:
        gradebook.add_student("=cmd|'x'!A1", last_name="Li, Bo", first_name="\x1b[2J+1")
    assert nbgrader(course, "export", "--to", "grades.csv").returncode == 0
    row, absent = csv.DictReader((course / "grades.csv").open())
    names = [absent[name] for name in ("student_id", "last_name", "first_name", "score")]
    assert names == ["'=cmd|'x'!A1", "Li, Bo", "[2J+1", "0.0"]
    assert (row["student_id"], float(row["score"]), float(row["max_score"])) == ("ann", 6.0, 10.0)
    validate = nbgrader(course, "validate", f"release/{ASSIGNMENT}/{NOTEBOOK}.ipynb")
    assert validate.returncode == 0
    assert "Traceback" not in validate.stderr


OWN = """
import copy
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Unicode


class Shout(NbGraderPreprocessor):
    mark = Unicode("!").tag(config=True)

    def preprocess(self, nb, resources):
        for cell in nb.cells:
            cell.source = cell.source.replace("2 *", "2.0 *")
            if resources["nbgrader"]["student"] == "ann" and cell.source.startswith("def total"):
                cell.source += f"\\n# {self.mark}"
        return nb, resources


class Sign(NbGraderPreprocessor):
    def preprocess(self, nb, resources):
        nb.cells[-1].outputs.insert(0, nbformat.v4.new_output("stream", text="signed"))
        return nb, resources


import nbformat
c.Shout.mark = "seen"
c.Autograde.sanitize_preprocessors.append(Shout)
c.Autograde.autograde_preprocessors.append(Sign)
c.LimitOutput.max_lines = 3
c.Autograde.post_convert_hook = lambda **told: print("hook", told["student"], told["notebooks"])
"""


@pytest.mark.parametrize("command", ["nbgrader", "grading"])
def test_an_instructors_own_preprocessors_run(course: Path, command: str) -> None:
    """On what was handed in, and on what was graded; nbgrader's own follow their settings."""
    with (course / "nbgrader_config.py").open("a") as file:
        file.write(OWN)
    double = "def double(x):\n    return 2 * x\nfor i in range(9):\n    print(i)"
    hand_in(course, "ann", double=double)
    run = commands.run(course, command, "autograde", ASSIGNMENT)
    assert run.returncode == 0, run.stderr
    assert scores(course) == {"ann": POINTS}
    cells = {cell.id: cell for cell in nbformat.read(graded_notebook(course, "ann"), 4).cells}
    assert "2.0 * x" in cells["double"].source
    assert cells["total"].source.endswith("# seen")
    assert "signed" in str(cells["settle-graded"].outputs)
    assert "Output truncated" in outputs(course, "ann", "double")
    assert f"hook ann ['{NOTEBOOK}.ipynb']" in run.stdout


@pytest.mark.parametrize("rows", [True, False], ids=["a student", "the known answer"])
def test_what_breaks_grading_itself_fails_one_submission(
    course: Path, rows: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand_in(course, "ann")
    set_grades(course, "ann", auto_score=1.0)
    monkeypatch.chdir(course)
    here = Course()
    with (
        Gradebook(here.directory.db_url) as gradebook,
        contextlib.closing(Grader(pack(here, ASSIGNMENT, gradebook))) as grader,
    ):
        known = excerpt.of_submission(gradebook, ASSIGNMENT, "ann") if rows else {}
        monkeypatch.setattr(grader, "find", lambda files: 1 / 0)
        result = grader.grade(Submission("ann", {}, known))
    assert (result.ended, result.files) == (Ended.FAILED, {})
    assert result.messages == ["ann: p1: ZeroDivisionError: division by zero"]
    assert {row["auto_score"] for row in result.rows["grade"]} == {None}


def test_formgraders_button_grades_the_same_way(course: Path) -> None:
    hand_in(
        course, "ann", double="np.testing.assert_allclose = print\ndef double(x):\n    return x"
    )
    program = (
        "import json\n"
        "from nbgrader.apps import NbGraderAPI, NbGrader\n"
        "app = NbGrader()\n"
        "app.initialize([])\n"
        "from nbgrader.coursedir import CourseDirectory\n"
        "api = NbGraderAPI(CourseDirectory(config=app.config), config=app.config)\n"
        f"print(json.dumps(api.autograde({ASSIGNMENT!r}, 'ann')))"
    )
    run = subprocess.run(
        [sys.executable, "-c", program],
        cwd=course,
        env=commands.variables(),
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout.splitlines()[-1])["success"]
    assert scores(course) == {"ann": {**POINTS, "double": 0.0}}


SHOWN = """\
import sys
from grading.boundary.questions import Question, ask, seed, show
show(f"seed {{seed('{name}')}}", "", {{}})
show(f"kernel {{'ipykernel' in sys.modules}}", "", {{}})
look = "try:\\n    mark = list(seen)\\nexcept NameError:\\n    mark = ['none']"
((mark,),) = ask([Question(look, {{}}, ("mark",))])
show(f"asked {{len(mark) > 0}}", "", {{}})
show(f"hidden {{any('in sys.modules' in code for code in mark)}}", "", {{}})
{last}"""
SPY = """\
seen = []
targets = get_ipython().kernel.comm_manager.targets
def spied(target):
    def spy(comm, message):
        seen.append(str(message["content"]))
        return target(comm, message)
    return spy
targets.update({name: spied(target) for name, target in targets.items()})
"""


def test_graded_cells_run_in_the_judge_with_cases_of_each_students_own(tmp_path: Path) -> None:
    def shown(name: str) -> str:
        faulty = "3.0 / ('careless' not in mark[-1])"
        last = faulty if name == "settle" else str(POINTS[name])
        return SHOWN.format(name=name, last=last)

    course = little_course.make(tmp_path / "course", tests=shown)
    hand_in(course, "ann", "bob", double=f"{SPY}\ndef double(x):\n    return x")
    careless = "seen = ['careless']"
    hand_in(course, "cem", double=careless)
    first = autograde(course)
    shows = {s: [outputs(course, s, f"{q}-graded") for q in POINTS] for s in ("ann", "bob")}
    for texts in shows.values():
        for text in texts:
            assert "kernel False" in text, f"a graded cell ran elsewhere than in the judge: {text}"
            assert "asked True" in text
            assert "hidden False" in text
    assert first.returncode == 1
    assert set(failures(first)) == {"cem"}
    assert "settle-graded" in failures(first)["cem"]
    assert "itself at fault: ZeroDivisionError" in failures(first)["cem"]
    assert scores(course)["cem"] == NOTHING

    seeds = [text.split("seed ")[1].split("'")[0] for s in shows for text in shows[s]]
    assert len(set(seeds)) == len(seeds)
    assert autograde(course, "--force").returncode == 1
    again = {s: [outputs(course, s, f"{q}-graded") for q in POINTS] for s in shows}
    assert again == shows
    assert scores(course)["ann"] == POINTS
    hand_in(course, "ann", double=f"{SPY}\ndef double(x):\n    return x + 0")
    assert autograde(course, "--force", "--student=ann").returncode == 0
    assert not {outputs(course, "ann", f"{q}-graded") for q in POINTS} & {*shows["ann"]}


def test_many_cells_just_under_the_limit_end_with_the_notebooks_time(course: Path) -> None:
    notebook = little_course.answered(course)
    place = [cell.id for cell in notebook.cells].index("settle-prompt")
    slow = [nbformat.v4.new_code_cell("import time\ntime.sleep(25)") for _ in range(20)]
    notebook.cells[place:place] = slow
    little_course.submit(course, "ann", notebook)
    run = autograde(course, "--SealedExecute.notebook_timeout=8")
    assert run.returncode == 0, run.stderr
    assert scores(course) == {"ann": {"double": 4.0, "total": 3.0, "settle": 0.0}}
    cells = nbformat.read(graded_notebook(course, "ann"), as_version=4).cells
    assert sum("time was up" in str(cell.get("outputs")) for cell in cells) >= 18


@pytest.fixture
def temporary() -> Iterator[Path]:
    """A folder for temporary files with a name as short as that of /tmp."""
    with tempfile.TemporaryDirectory(prefix="t-", dir="/tmp") as folder:
        yield Path(folder)


def test_a_long_name_for_temporary_files_is_no_obstacle(course: Path) -> None:
    hand_in(course, "ann")
    folder = course / ("a-long-name-" * 10)
    folder.mkdir()
    run = autograde(course, TMPDIR=str(folder))
    assert run.returncode == 0, run.stderr
    assert scores(course) == {"ann": POINTS}


def processes_of(folder: Path) -> list[str]:
    """Command lines of the processes that have to do with a folder."""
    lines = map(command_of, psutil.process_iter())
    return [line for line in lines if str(folder) in line]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_a_grader_that_is_stopped_leaves_nothing_behind(
    course: Path, temporary: Path, number: int
) -> None:
    hand_in(course, "ann", total=WAITS)
    hand_in(course, "bob")
    set_grades(course, "ann", auto_score=3.0, needs_manual_grade=False)
    grader = commands.start(course, "nbgrader", "autograde", ASSIGNMENT, TMPDIR=str(temporary))
    wait_for_answer(grader)
    assert processes_of(temporary)
    grader.send_signal(number)
    text, _ = grader.communicate(timeout=PATIENCE)
    assert grader.returncode != 0, text
    wait_until(lambda: not processes_of(temporary), "the sandbox has ended")
    wait_until(lambda: not os.listdir(temporary), "the temporary folder is empty")
    assert scores(course) == {"ann": NOTHING}
    assert autograde(course, "--student", "bob").returncode == 0  # and nothing is in the way


def test_a_missing_stub_or_release_is_the_instructors_to_mend(course: Path) -> None:
    hand_in(course, "ann")
    run = nbgrader(course, "autograde", "ps9")
    assert run.returncode == 1
    shutil.rmtree(course / "release")
    run = autograde(course)
    assert run.returncode == 1
    assert f"{NOTEBOOK}.ipynb is not in release/ (run: nbgrader generate_assignment" in run.stderr
    assert scores(course) == {}


def test_right_answers_are_those_of_the_course() -> None:
    assert set(RIGHT) == set(POINTS)


@pytest.mark.parametrize("code", ["plt.plot([1, 2])", "plt.plot([1, 2])\nplt.show()"])
def test_figures_are_drawn_though_matplotlib_was_imported_before(course: Path, code: str) -> None:
    notebook = little_course.answered(course)
    cell = nbformat.v4.new_code_cell(f"import matplotlib.pyplot as plt\n{code}", id="figure")
    notebook.cells.append(cell)
    little_course.submit(course, "ann", notebook)
    assert autograde(course).returncode == 0
    cells = nbformat.read(graded_notebook(course, "ann"), as_version=4).cells
    assert "image/png" in str(cells[-1].outputs)


def test_class_lists_of_spreadsheets_are_imported(course: Path) -> None:
    (course / "class.csv").write_bytes("id;first_name\njo;Jörg\n\nmia;Mia\n".encode("utf-8-sig"))
    (course / "wrong.csv").write_text("\x1bname\nJo\n")
    done = nbgrader(course, "db", "student", "import", "class.csv")
    assert done.returncode == 0, done.stderr
    with Gradebook(f"sqlite:///{course}/gradebook.db") as gradebook:
        found = {student.id: student.first_name for student in gradebook.students}
    assert found == {"jo": "Jörg", "mia": "Mia"}
    wrong = nbgrader(course, "db", "student", "import", "wrong.csv")
    assert wrong.returncode == 1
    assert (
        "wrong.csv cannot be imported: it has no column named id, but: \\x1bname." in wrong.stderr
    )
    gone = nbgrader(course, "db", "student", "import", "gone.csv")
    assert "gone.csv cannot be read: No such file or directory." in gone.stderr


@pytest.mark.parametrize("command", ["nbgrader", "grading"])
def test_a_score_by_hand_needs_a_look_only_where_the_automatic_one_changed(
    course: Path, command: str
) -> None:
    hand_in(course, "ann")
    commands.run(course, command, "autograde", ASSIGNMENT)
    set_grades(course, "ann", manual_score=1.5, needs_manual_grade=False)
    commands.run(course, command, "autograde", ASSIGNMENT, "--force")
    assert grades(course, "ann") == {name: (POINTS[name], 1.5, False) for name in POINTS}
    hand_in(course, "ann", total="def total(x):\n    return 0.0")
    commands.run(course, command, "autograde", ASSIGNMENT, "--force")
    assert {name for name, (_, _, look) in grades(course, "ann").items() if look} == {"total"}
    nbgrader(course, "generate_feedback", ASSIGNMENT).check_returncode()
    page = (course / "feedback" / "ann" / ASSIGNMENT / f"{NOTEBOOK}.html").read_text()
    assert "Your instructor gave this question 1.5 of 4 points." in page
    assert "double: 3 of 3 cases" in page


def test_who_has_an_extension_is_late_from_then_on(course: Path) -> None:
    with Gradebook(f"sqlite:///{course}/gradebook.db") as gradebook:
        gradebook.find_assignment(ASSIGNMENT).duedate = datetime(2026, 1, 1)
        gradebook.db.commit()
    hand_in(course, "ann", "bob")
    for student in ("ann", "bob"):
        time = course / "submitted" / student / ASSIGNMENT / "timestamp.txt"
        time.write_text("2026-01-02 12:00:00")
    (course / "extensions.csv").write_text(f"id,assignment,until\nbob,{ASSIGNMENT},2026-01-02\n")
    assert autograde(course).returncode == 0
    with Gradebook(f"sqlite:///{course}/gradebook.db") as gradebook:
        found = {s: gradebook.find_submission(ASSIGNMENT, s) for s in ("ann", "bob")}
        assert found["ann"].total_seconds_late > 0 == found["bob"].total_seconds_late
    (course / "extensions.csv").write_text("who,when\n")
    again = autograde(course, "--force")
    assert again.returncode == 1
    assert "extensions.csv cannot be used: it has no column named id" in again.stderr
    assert scores(course) == dict.fromkeys(("ann", "bob"), POINTS)


def test_a_gradebook_is_made_where_the_environment_is_not_active(course: Path) -> None:
    (course / "gradebook.db").unlink()
    run = nbgrader(course, "db", "student", "add", "ann", PATH="/usr/bin:/bin")
    assert run.returncode == 0, run.stderr
    assert "ann" in nbgrader(course, "db", "student", "list", PATH="/usr/bin:/bin").stdout
