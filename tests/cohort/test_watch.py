"""``python -m grading watch``: what comes in is graded and given back, whatever happens to it."""

from __future__ import annotations

import getpass
import json
import random
import re
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbgrader.api import Gradebook

from tests.support import commands, little_course
from tests.support.little_course import ASSIGNMENT, NOTEBOOK, POINTS, hand_in, scores
from tests.support.waiting import wait_until

pytestmark = pytest.mark.usefixtures("sandbox")

MEAN = "def total(x):\n    return float(np.mean(x))"  # wrong, 3 points
SELF = "def double(x):\n    return x"  # wrong, 4 points


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("watched") / "course"
    settings = {"Attempts__per_day": 3, "Attempts__counts": "best"}
    little_course.make(root, **settings)
    with Gradebook(f"sqlite:///{root}/gradebook.db") as gradebook:
        for student in ("ann", "bob"):
            gradebook.add_student(student, first_name=student.title())
    return little_course.ask_known_answer(root)


@pytest.fixture
def course(template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(template, tmp_path / "course"))


def start(root: Path, *options: str) -> subprocess.Popen[str]:
    return commands.start(root, "grading", "watch", ASSIGNMENT, "--every=0.2", *options)


def log_of(root: Path, *options: str) -> list[str]:
    """Have all that is there graded; return the log, without times."""
    done = commands.run(root, "grading", "watch", ASSIGNMENT, "--once", "--every=0.2", *options)
    assert done.returncode == 0, done.stderr
    lines = [line for line in (done.stdout + done.stderr).splitlines() if " UTC " in line]
    return [re.sub(r"^\S+ \S+ UTC | in [\d.]+ s", "", line) for line in lines]


def page(root: Path, student: str, *parts: str) -> BeautifulSoup:
    path = root.joinpath("feedback", student, *(parts or (ASSIGNMENT, f"{NOTEBOOK}.html")))
    return BeautifulSoup(path.read_text(), "html.parser")


def test_what_comes_is_graded_and_given_back_and_the_best_attempt_counts(course: Path) -> None:
    hand_in(course, "ann", total=MEAN)
    hand_in(course, "stranger")
    little_course.submit(course, "bob", "this is no notebook")
    log = log_of(course)
    assert "ann: attempt 1: graded: 7 of 10" in log and len(log) == 3
    assert any(line.startswith("bob: attempt 1: refused: ") for line in log)
    assert any("stranger is not on the class list" in line for line in log)
    assert "7 of 10 points" in page(course, "ann").select_one(".total").get_text()

    hand_in(course, "ann", total=MEAN, double=SELF)
    hand_in(course, "bob")
    log = log_of(course)
    assert "ann: attempt 2: graded: 3 of 10; attempt 1 counts" in log
    assert "bob: attempt 2: graded: 10 of 10" in log
    wanted = {"ann": {**POINTS, "total": 0.0}, "bob": POINTS}
    assert scores(course) == wanted
    assert "7 of 10 points" in page(course, "ann").select_one(".total").get_text()
    rows = page(course, "ann", "index.html").select("table")[1].tbody.find_all("tr")
    assert [row.td.get_text() for row in rows] == ["7 of 10, which count"]
    worse = page(course, "ann", f"{ASSIGNMENT}, attempt 2", f"{NOTEBOOK}.html")
    assert "3 of 10 points" in worse.select_one(".total").get_text()

    again = commands.run(course, "grading", "autograde", ASSIGNMENT)  # the attempt that counts
    assert "2 unchanged" in again.stdout and scores(course) == wanted

    hand_in(course, "ann")
    assert "ann: attempt 3: graded: 10 of 10" in log_of(course)
    hand_in(course, "ann", double=SELF)
    log = log_of(course)
    assert (
        "ann: no more attempts today; graded tomorrow." in log and scores(course)["ann"] == POINTS
    )


def test_a_watch_that_is_killed_misses_nothing_and_counts_nothing_twice(course: Path) -> None:
    rng = random.Random(2)
    hand_in(course, "ann", total=MEAN)
    hand_in(course, "bob")
    notes = course / ".grading" / ASSIGNMENT
    for part in ("attempts", "ann.json", "attempts.jsonl"):  # before, between, after
        process = start(course)
        with suppress(subprocess.TimeoutExpired):
            wait_until((notes / part).exists, "it is at work")
            process.wait(rng.uniform(0, 1))
        process.kill()
        process.communicate()
    log_of(course)
    attempts = [json.loads(line) for line in (notes / "attempts.jsonl").read_text().splitlines()]
    found = {(one["student"], one["number"]): one["score"] for one in attempts}
    assert found == {("ann", 1): 7.0, ("bob", 1): 10.0} and len(attempts) == 2
    assert scores(course) == {"ann": {**POINTS, "total": 0.0}, "bob": POINTS}
    assert page(course, "ann") and page(course, "bob", "index.html")


def test_work_from_the_exchange_is_answered_there(course: Path, tmp_path: Path) -> None:
    student, folder = getpass.getuser(), tmp_path / "student"
    folder.mkdir()
    (tmp_path / "exchange").mkdir(mode=0o777)
    settings = f"c.Exchange.root = {str(tmp_path / 'exchange')!r}\n"
    settings += "c.CourseDirectory.course_id = 'little'\n"
    with (course / "nbgrader_config.py").open("a") as file:
        file.write(settings)
    (folder / "nbgrader_config.py").write_text(f"c = get_config()\n{settings}")
    with Gradebook(f"sqlite:///{course}/gradebook.db", "little") as gradebook:
        gradebook.add_student(student)
    little_course.nbgrader(course, "generate_assignment", ASSIGNMENT, "--force").check_returncode()
    little_course.nbgrader(course, "release_assignment", ASSIGNMENT).check_returncode()
    little_course.nbgrader(folder, "fetch_assignment", ASSIGNMENT).check_returncode()

    for number, (answers, total) in enumerate((({"total": MEAN}, 7), ({}, 10)), 1):
        notebook = little_course.answered(course, **answers)
        nbformat.write(notebook, folder / ASSIGNMENT / f"{NOTEBOOK}.ipynb")
        little_course.nbgrader(folder, "submit", ASSIGNMENT).check_returncode()
        log = log_of(course, "--exchange")
        assert f"{student}: attempt {number}: graded: {total} of 10" in log
        little_course.nbgrader(folder, "fetch_feedback", ASSIGNMENT).check_returncode()
        pages = (folder / ASSIGNMENT / "feedback").glob(f"*/{NOTEBOOK}.html")
        told = [BeautifulSoup(one.read_text(), "html.parser").select_one(".total") for one in pages]
        assert f"{total} of 10 points" in " ".join(one.get_text() for one in told)
        assert len(told) == number
