"""``python -m grading autograde``: the scores of ``nbgrader autograde``, whatever happens to it."""

from __future__ import annotations

import contextlib
import json
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import nbformat
import psutil
import pytest
from nbgrader.api import Base, Grade, Gradebook
from sqlalchemy import select

from grading.cohort.pool import LocalPool
from grading.cohort.progress import Progress
from grading.cohort.run import CannotGrade, ClassRun
from grading.grade import excerpt
from tests.support import commands, little_course
from tests.support.little_course import ASSIGNMENT, NOTEBOOK, POINTS, hand_in, nbgrader, scores
from tests.support.waiting import (
    WAITS,
    descendants,
    tell,
    wait_for_answer,
    wait_until,
    waiting,
)

pytestmark = pytest.mark.usefixtures("sandbox")

NOTHING = dict.fromkeys(POINTS)
END = 900  # seconds, within which every run ends however busy the machine is
SETTINGS = {
    "SealedExecute__question_timeout": 300.0,  # longer than an answer ever waits to be told
    "LateSubmissionPlugin__penalty_method": "zero",  # so that there is a penalty to bring back
}
IDS = re.compile(r"[0-9a-f]{32}")
RULE = """
from nbgrader.plugins import LateSubmissionPlugin


class Half(LateSubmissionPlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return 0.5 * score


c.AssignLatePenalties.plugin_class = Half
"""


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course in which a class has handed in work of every kind."""
    root = little_course.make(tmp_path_factory.mktemp("parallel") / "course", **SETTINGS)
    hand_in(root, "ann")
    hand_in(root, "bob", double="def double(x):\n    return x + x")
    hand_in(root, "cy", total="def total(x):\n    return float(np.mean(x))")
    hand_in(root, "dee", settle="import os\nos._exit(1)")
    stubs = {cell.id: cell.source for cell in little_course.released(root).cells}
    hand_in(root, "late", settle=stubs["settle"])  # not written: nbgrader comments on that
    (root / "submitted" / "late" / ASSIGNMENT / "timestamp.txt").write_text("2026-01-03 09:00:00")
    little_course.submit(root, "rubbish", "this is no notebook")
    hand_in(root, "linked")
    (root / "submitted" / "linked" / ASSIGNMENT / "passwd").symlink_to("/etc/passwd")
    (root / "submitted" / "empty" / ASSIGNMENT).mkdir(parents=True)
    with Gradebook(f"sqlite:///{root}/gradebook.db") as gradebook:
        gradebook.find_assignment(ASSIGNMENT).duedate = datetime(2026, 1, 1)
        for student, columns in {
            "bob": {"manual_score": 1.0, "auto_score": 0.0},
            "rubbish": {"auto_score": 3.0, "needs_manual_grade": False},
        }.items():
            gradebook.update_or_create_student(student)
            gradebook.update_or_create_submission(ASSIGNMENT, student)
            for grade in gradebook.find_submission_notebook(NOTEBOOK, ASSIGNMENT, student).grades:
                for name, value in columns.items():
                    setattr(grade, name, value)
        gradebook.db.commit()
    return little_course.ask_known_answer(root)


@pytest.fixture
def course(template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(template, tmp_path / "course", symlinks=True))


@pytest.fixture(scope="module")
def plain(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same course, graded by ``nbgrader autograde``."""
    root = tmp_path_factory.mktemp("plain") / "course"
    shutil.copytree(template, root, symlinks=True)
    assert nbgrader(root, "autograde", ASSIGNMENT).returncode == 1
    return root


def start(root: Path, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    return commands.start(root, "grading", "autograde", ASSIGNMENT, *arguments, **environment)


def grade(root: Path, *arguments: str, **environment: str) -> tuple[int, str]:
    """Run the command to its end; return its exit status and what it printed."""
    done = commands.run(root, "grading", "autograde", ASSIGNMENT, *arguments, **environment)
    return done.returncode, done.stdout + done.stderr


def gradebook_of(root: Path, url: str = "") -> dict[str, list[Any]]:
    """Every row of the gradebook, with names in place of the random ids."""
    with Gradebook(url or f"sqlite:///{root}/gradebook.db") as gradebook:
        tables = {
            table.name: [dict(row) for row in gradebook.db.execute(select(table)).mappings()]
            for table in Base.metadata.sorted_tables
        }
    meanings: dict[str, str] = {}
    for rows in tables.values():
        for row in rows:
            parts = [meanings.get(value, value) for name, value in row.items() if name != "id"]
            meanings.setdefault(row["id"], str(parts[:4]) if len(row) > 1 else row["id"])
    return {
        name: sorted(str({key: meanings.get(value, value) for key, value in row.items()
                          if not (key == "id" and IDS.fullmatch(str(value)))}) for row in rows)
        for name, rows in tables.items()
    }  # fmt: skip


def autograded(root: Path) -> dict[str, Any]:
    """Every file in autograded/, notebooks without the ids that nbformat draws."""
    found: dict[str, Any] = {}
    for path in sorted((root / "autograded").rglob("*")):
        name = str(path.relative_to(root))
        if path.suffix == ".ipynb":
            cells = nbformat.read(path, as_version=4).cells
            found[name] = [(cell.id, cell.source, cell.get("outputs")) for cell in cells]
        elif path.is_file():
            found[name] = path.read_bytes()
    return found


def reasons(text: str) -> set[str]:
    """The lines at the end that say who is left without a score."""
    _, found, rest = text.partition("Left without a score, and marked as needing a look:\n")
    assert found, text
    return {line.strip() for line in rest.splitlines() if line.startswith("  ")}


@pytest.mark.parametrize("workers", ["1", "3"])
def test_it_leaves_what_nbgrader_autograde_leaves(course: Path, plain: Path, workers: str) -> None:
    status, text = grade(course, "--workers", workers)
    assert status == 1
    assert {line.partition(":")[0] for line in reasons(text)} == {"linked", "rubbish"}
    assert "6 graded, 2 refused, 0 failed; 0 unchanged." in text
    assert gradebook_of(course) == gradebook_of(plain)
    assert autograded(course) == autograded(plain)
    assert nbgrader(course, "generate_feedback", ASSIGNMENT).returncode == 0


def test_only_what_changed_is_graded_again(course: Path) -> None:
    for student in ("rubbish", "linked"):
        shutil.rmtree(course / "submitted" / student)
    assert grade(course)[0] == 0
    before = gradebook_of(course)
    status, text = grade(course)
    assert (status, "0 graded" in text or "Nothing was graded." in text) == (0, True)
    assert gradebook_of(course) == before

    hand_in(course, "cy")
    text = grade(course)[1]
    assert "1/1 cy: graded" in text and "5 unchanged" in text
    assert scores(course)["cy"] == POINTS

    assert "1/1 ann: graded" in grade(course, "--student", "ann", "--force")[1]
    shutil.rmtree(course / "autograded" / "ann")
    assert "1/1 ann: graded" in grade(course)[1]

    tests = course / "hidden" / "little_tests.py"
    earned = "return POINTS[name] * (held == 3)"
    tests.write_text(tests.read_text().replace(earned, f"{earned} or 0.5"))
    assert "6 graded" in grade(course)[1]
    assert scores(course)["late"] == {**POINTS, "settle": 0.5}
    assert "6 graded" in grade(course, "--run-all")[1]

    config = course / "nbgrader_config.py"
    text = config.read_text()
    config.write_text(text + RULE)
    assert "6 graded" in grade(course)[1]
    config.write_text(text + "# the same rule, further down\n" + RULE)
    assert "6 unchanged" in grade(course)[1]
    config.write_text(text + RULE.replace("0.5", "0.25"))
    assert "6 graded" in grade(course)[1]
    with Gradebook(f"sqlite:///{course}/gradebook.db") as gradebook:
        late = gradebook.find_submission(ASSIGNMENT, "late")
        assert late.late_submission_penalty == 0.25 * late.score > 0

    extensions = course / "extensions.csv"
    extensions.write_text(f"id,assignment,until\nlate,{ASSIGNMENT},2026-01-03\n")
    assert "1 graded" in grade(course)[1]
    with Gradebook(f"sqlite:///{course}/gradebook.db") as gradebook:
        assert gradebook.find_submission(ASSIGNMENT, "late").late_submission_penalty == 0
    extensions.write_text(f"id,assignment,until\nlate,{ASSIGNMENT},soon\n")
    status, printed = grade(course)
    assert status == 1
    assert "row 2 needs an id" in printed and "graded" not in printed


def test_pages_are_made_for_all_and_again_for_whom_something_changed(course: Path) -> None:
    def pages() -> dict[Path, str]:
        return {path: path.read_text() for path in course.glob("feedback/*/*/*.html")}

    grade(course)
    done = commands.run(course, "grading", "feedback", ASSIGNMENT, "--workers=2")
    assert (done.returncode, "Pages made for 6; 0 unchanged" in done.stdout) == (0, True), done
    made = pages()
    nbgrader(course, "generate_feedback", ASSIGNMENT, "--force").check_returncode()
    assert pages() == made and len(made) == 6
    with Gradebook(f"sqlite:///{course}/gradebook.db") as gradebook:
        gradebook.find_comment("double", NOTEBOOK, ASSIGNMENT, "ann").manual_comment = "Neat."
        gradebook.db.commit()
    again = commands.run(course, "grading", "feedback", ASSIGNMENT)
    assert "Pages made for 1; 5 unchanged" in again.stdout
    assert [path.parts[-3] for path, page in pages().items() if page != made[path]] == ["ann"]


def test_a_run_that_is_killed_goes_on_where_it_stopped(course: Path, plain: Path) -> None:
    rng = random.Random(1)
    kills = 0
    for _ in range(int(os.environ.get("KILLS", "6"))):
        process = start(course, "--workers", "2")
        wait_until(lambda p=process: descendants(p) or p.poll() is not None, "the run is under way")
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(rng.uniform(0, 6))
        kills += process.poll() is None
        process.kill()
        process.communicate()
    assert kills > 0
    grade(course, "--workers", "2")
    assert gradebook_of(course) == gradebook_of(plain)
    assert autograded(course) == autograded(plain)
    assert sorted(path.suffix for path in (course / ".grading" / ASSIGNMENT).iterdir()) == [
        "", "", *[".json"] * 8
    ]  # fmt: skip


def test_a_run_that_is_killed_before_the_scores_are_written_grades_again(course: Path) -> None:
    assert grade(course, "--student", "ann")[0] == 0
    note = course / ".grading" / ASSIGNMENT / "ann.json"
    before = note.read_text()
    hand_in(course, "ann", total=WAITS)
    process = start(course, "--student", "ann")
    kernel = wait_for_answer(process)
    with contextlib.closing(sqlite3.connect(course / "gradebook.db")) as somebody:
        somebody.execute("BEGIN IMMEDIATE")  # nobody else can write as long as this stands
        tell(kernel)
        wait_until(lambda: not note.exists() or note.read_text() != before, "the note has changed")
        process.kill()
        process.communicate()
    assert scores(course)["ann"] == POINTS
    process = start(course, "--student", "ann")
    tell(wait_for_answer(process))
    text, _ = process.communicate(timeout=END)
    assert (process.returncode, "1/1 ann: graded" in text) == (0, True), text
    assert scores(course)["ann"] == {**POINTS, "total": 0.0}


def test_what_is_noted_as_graded_is_on_the_disk(
    course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    note = course / ".grading" / ASSIGNMENT / "ann.json"
    flushed: set[Path] = set()
    fsync = os.fsync

    def record(descriptor: int) -> None:
        if not note.exists():
            flushed.add(Path(os.readlink(f"/proc/self/fd/{descriptor}")))
        fsync(descriptor)

    monkeypatch.chdir(course)
    monkeypatch.setattr(os, "fsync", record)
    assert ClassRun(ASSIGNMENT, ["ann"]).grade(lambda course: LocalPool(course, 1), Progress())
    assert note.exists()
    folder = course / "autograded" / "ann" / ASSIGNMENT
    assert {course, course / "autograded", folder.parent, folder, *folder.rglob("*")} <= flushed


def test_a_submission_that_changed_meanwhile_is_written_in_no_part(course: Path) -> None:
    with Gradebook(f"sqlite:///{course}/gradebook.db") as gradebook:
        gradebook.update_or_create_student("ann")
        gradebook.update_or_create_submission(ASSIGNMENT, "ann")
        rows = excerpt.of_submission(gradebook, ASSIGNMENT, "ann")
        for row in rows["grade"]:
            row |= {"auto_score": 1.0, "needs_manual_grade": False}
        last = gradebook.db.get(Grade, rows["grade"][-1]["id"])
        gradebook.db.delete(last)
        gradebook.db.commit()
        with pytest.raises(excerpt.GradebookChanged, match="Run the command again"):
            excerpt.bring_back(gradebook, rows)
        gradebook.db.commit()  # as when the next student's scores are written
    assert list(scores(course)["ann"].values()) == [None, None]


@pytest.fixture
def temporary() -> Iterator[Path]:
    """A folder for temporary files with a name as short as that of /tmp."""
    with tempfile.TemporaryDirectory(prefix="t-", dir="/tmp") as folder:
        yield Path(folder)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_run_that_is_stopped_leaves_no_process(
    course: Path, temporary: Path, number: signal.Signals
) -> None:
    hand_in(course, "ann", total=WAITS)
    process = start(course, TMPDIR=str(temporary))
    wait_for_answer(process)
    started = descendants(process)
    os.killpg(process.pid, number) if number == signal.SIGINT else process.send_signal(number)
    text, _ = process.communicate(timeout=END)
    assert process.returncode != 0
    if number == signal.SIGINT:
        assert process.returncode == 130
        assert "goes on where this one stopped" in text
    wait_until(lambda: not any(one.is_running() for one in started), "all processes have ended")
    wait_until(lambda: not os.listdir(temporary), "the temporary folder is empty")
    assert scores(course)["ann"] == NOTHING


def kill_the_worker_of(process: subprocess.Popen[str]) -> None:
    """Kill the process that grades ann, whose answer waits."""

    def asked() -> list[psutil.Process]:
        near = psutil.Process(process.pid).children()
        return [one for each in near for one in each.children() if waiting(one)]

    (worker,) = wait_until(asked, "a worker has asked the answer")
    worker.kill()
    wait_until(lambda: not worker.is_running() or worker.status() == "zombie", "it has ended")


def test_a_worker_that_dies_is_tried_once_more_and_then_reported(course: Path) -> None:
    for student in os.listdir(course / "submitted"):
        if student not in ("ann", "bob"):
            shutil.rmtree(course / "submitted" / student)
    hand_in(course, "ann", total=WAITS)
    process = start(course, "--workers", "1")
    for _ in range(2):
        kill_the_worker_of(process)
    text, _ = process.communicate(timeout=END)
    assert process.returncode == 1
    assert reasons(text) == {"ann: the process that graded it died twice (signal SIGKILL)."}
    assert scores(course)["ann"] == NOTHING
    assert scores(course)["bob"]["double"] == POINTS["double"]
    note = json.loads((course / ".grading" / ASSIGNMENT / "ann.json").read_text())
    assert note["outcome"] == "failed"


def test_a_manual_score_given_while_the_run_goes_on_stays(course: Path) -> None:
    hand_in(course, "ann", total=WAITS)
    process = start(course, "--student", "ann")
    kernel = wait_for_answer(process)
    with Gradebook(f"sqlite:///{course}/gradebook.db") as gradebook:
        grades = gradebook.find_submission_notebook(NOTEBOOK, ASSIGNMENT, "ann").grades
        for row in grades:
            row.manual_score = 2.5
        gradebook.db.commit()
    tell(kernel)
    process.communicate(timeout=END)
    with Gradebook(f"sqlite:///{course}/gradebook.db") as gradebook:
        grades = gradebook.find_submission_notebook(NOTEBOOK, ASSIGNMENT, "ann").grades
        found = {(row.manual_score, row.needs_manual_grade) for row in grades}
        assert found == {(2.5, True)}
        assert {row.auto_score for row in grades} == {4.0, 0.0, 3.0}


def test_two_runs_over_an_assignment_do_not_mix(course: Path) -> None:
    hand_in(course, "ann", total=WAITS)
    first = start(course)
    kernel = wait_for_answer(first)
    status, text = grade(course)
    assert status == 1
    assert "is being graded by another run" in text
    tell(kernel)
    first.communicate(timeout=END)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--student", "nobody"], "There is no submission of ps1 by nobody."),
        (["--workers", "0"], "0 is not between 1 and 1000"),
        (["--scheduler", "tcp://127.0.0.1:9"], "No Dask scheduler answers at tcp://127.0.0.1:9"),
    ],
)
def test_what_cannot_be_done_is_said(course: Path, arguments: list[str], sentence: str) -> None:
    status, text = grade(course, *arguments)
    assert status != 0
    assert sentence in text
    assert "Traceback" not in text


class NoRoom:
    """A pool of which every worker is gone."""

    def room(self) -> bool:
        return False

    def close(self) -> None:
        pass


def test_a_run_without_any_worker_left_does_not_say_that_it_is_done(
    course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(course)
    with pytest.raises(CannotGrade, match="No worker is left for 8 submissions"):
        ClassRun(ASSIGNMENT).grade(lambda course: NoRoom(), Progress())


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """A Dask scheduler on this machine, and two workers that know nothing of the course."""
    programs = Path(sys.executable).parent
    file = tmp_path / "scheduler.json"
    away = tmp_path / "away"
    away.mkdir()
    servers = [
        [programs / "dask", "scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard",
         "--scheduler-file", file],
        *[[programs / "dask", "worker", "--scheduler-file", file, "--nthreads", "1", "--no-nanny",
           "--no-dashboard", "--local-directory", away]] * 2,
    ]  # fmt: skip
    processes = [
        subprocess.Popen(
            server,
            cwd=away,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=commands.variables(),
        )
        for server in servers
    ]
    wait_until(file.exists, "the scheduler has written where it is")
    yield json.loads(file.read_text())["address"], processes[1:]
    for process in processes:
        process.kill()
        process.wait()


def test_a_dask_cluster_grades_the_same_though_a_worker_is_killed(
    course: Path, plain: Path, cluster: tuple[str, list[subprocess.Popen[bytes]]]
) -> None:
    address, workers = cluster
    process = start(course, "--scheduler", address)
    victim = wait_until(lambda: next(filter(descendants, workers), None), "a worker is at work")
    victim.kill()
    text, _ = process.communicate(timeout=END)
    assert "6 graded, 2 refused, 0 failed; 0 unchanged." in text
    assert gradebook_of(course) == gradebook_of(plain)
    assert autograded(course) == autograded(plain)
