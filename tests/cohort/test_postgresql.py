"""A gradebook in PostgreSQL, where two people grade halves of a class at the same time."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cohort.test_run import END, grade, gradebook_of, reasons, start
from tests.conftest import unavailable
from tests.support import little_course
from tests.support.little_course import ASSIGNMENT, POINTS, hand_in, nbgrader

pytestmark = pytest.mark.usefixtures("sandbox")

STUDENTS = ("ann", "bob", "cy", "dee")
WRONG = {"cy": {"double": "def double(x):\n    return x"}}


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    """The address of a PostgreSQL server that lives as long as the tests of this module."""
    programs = next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), None)
    if programs is None:
        unavailable("No PostgreSQL: sudo apt-get install postgresql")
    user = {"user": "postgres", "group": "postgres"} if os.getuid() == 0 else {}  # never as root
    with tempfile.TemporaryDirectory(prefix="pg-", dir="/tmp") as folder:
        if user:
            shutil.chown(folder, **user)
        data = f"{folder}/data"

        def run(*command: str) -> None:
            subprocess.run(
                [programs / command[0], *command[1:]],
                check=True,
                cwd=folder,
                stdout=subprocess.DEVNULL,
                **user,
            )

        run("initdb", "--pgdata", data, "--username", "grader", "--auth", "trust", "--no-sync")
        settings = f"-k {folder} -c listen_addresses='' -c fsync=off"
        log = ["--log", f"{folder}/log", "--wait"]
        run("pg_ctl", "start", "--pgdata", data, *log, "--options", settings)
        yield f"postgresql://grader@/postgres?host={folder}"
        run("pg_ctl", "stop", "--pgdata", data, "--mode", "immediate")


def make(root: Path, **settings: str) -> Path:
    little_course.make(root, **settings)
    for student in STUDENTS:
        hand_in(root, student, **WRONG.get(student, {}))
    little_course.submit(root, "rubbish", "this is no notebook")
    return root


def test_two_people_grade_at_the_same_time(database: str, tmp_path: Path) -> None:
    alone = make(tmp_path / "alone")
    assert grade(alone)[0] == 1
    first = make(tmp_path / "first", CourseDirectory__db_url=database)
    second = Path(shutil.copytree(first, tmp_path / "second"))
    runs = [
        start(first, "--student", "ann", "--student", "cy", "--student", "rubbish"),
        start(second, "--student", "bob", "--student", "dee"),
    ]
    texts = [run.communicate(timeout=END)[0] for run in runs]
    assert [run.returncode for run in runs] == [1, 0], texts
    assert {line.partition(":")[0] for line in reasons(texts[0])} == {"rubbish"}
    assert gradebook_of(first, database) == gradebook_of(alone)

    text = grade(second, "--student", "bob")[1]
    assert "1 unchanged" in text
    total = sum(POINTS.values())
    exported = nbgrader(first, "export", "--to", "grades.csv")
    assert exported.returncode == 0, exported.stderr
    rows = (first / "grades.csv").read_text().splitlines()
    assert any(f",bob,,,,{total}," in row for row in rows), rows
    assert ASSIGNMENT in rows[1]
