"""A small made-up class, graded before your eyes: ``python -m grading demo NOTEBOOK``.

Everything happens in ``demo/``, a course of its own, with the commands
that an instructor types.
"""

from __future__ import annotations

import itertools
import os
import re
import shlex
import shutil
import subprocess
import sys
import textwrap
import time
from dataclasses import dataclass
from pathlib import Path

from nbgrader.api import Gradebook

from grading.grade.bench import Bench
from grading.handed_in.cells import question_name
from grading.rehearsal.simulate import Expected, load
from grading.stop import Stop

FOLDER, LOG = Path("demo"), Path("demo", "nbgrader.log")
SETTINGS = """
# For the demo: the hidden tests are in the folder above, and endless loops are stopped soon.
c.HiddenTests.folders = [".."]
c.SealedExecute.timeout = 4
c.SealedExecute.question_timeout = 4
"""
UNSEALED = "c.SealedExecute.require_isolation = False\n"
STUDENT = re.compile(r"^\d+/\d+ (\S+): ")


@dataclass(frozen=True)
class Earned:
    """What one answer earned, beside what it must earn; `score` is None if it was not graded."""

    student: str
    question: str
    expected: Expected
    score: float | None
    points: float


def run(notebook: Path) -> int:
    """Run the demo with one notebook of an assignment's source; return the exit status.

    Raises
    ------
    Stop
        If there is no such notebook.
    """
    if not notebook.is_file():
        raise Stop(f"There is no {notebook} here: run this in the course's folder.")
    assignment = notebook.parent.name
    _make_course(notebook)
    for command in (
        f"nbgrader generate_assignment {assignment}",
        f"python -m grading simulate {assignment} --students 8 --seed 1",
        f"python -m grading autograde {assignment}",
        f"nbgrader generate_feedback {assignment}",
        f"python -m grading report {assignment}",
    ):
        if _run(command) != 0:
            print(f"\nThis command failed; the end of {LOG}:", file=sys.stderr)
            print("\n".join(LOG.read_text().splitlines()[-15:]), file=sys.stderr)
            return 1
    found = results(FOLDER, assignment)
    print("\n".join(["", *table(found), "", *mistakes(found)]))
    student = min(found, key=lambda result: (result.score or 0) / result.points).student
    page = next(FOLDER.glob(f"feedback/{student}/{assignment}/*.html"))
    print("\nTo open in a browser:")
    print(f"  the feedback that {student} gets: {page}")
    print(f"  the report on the class: {FOLDER}/report/{assignment}.html")
    print(f"Everything in formgrader: cd {FOLDER} && ../.venv/bin/jupyter lab, menu Nbgrader.")
    wrong = [result for result in found if result.score != result.expected.score]
    for result in wrong:
        print(
            f"WRONG SCORE: {result.student}, {result.question}: {result.score}, where this answer "
            f"must earn {result.expected.score:g}.",
            file=sys.stderr,
        )
    if not wrong:
        print("Every answer earned what it must earn.")
    return 1 if wrong else 0


def _make_course(notebook: Path) -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)
    copy_notebook(notebook, FOLDER / "source" / notebook.parent.name)
    settings = Path("nbgrader_config.py").read_text() + SETTINGS
    with Bench() as bench:
        problem = bench.problem()
    if problem is not None:
        print(f"WARNING: STUDENT CODE RUNS UNSEALED in this demo, which wrote it. {problem}\n")
        settings += UNSEALED
    (FOLDER / "nbgrader_config.py").write_text(settings)
    print(f"$ cd {FOLDER}")


def copy_notebook(notebook: Path, destination: Path) -> None:
    """Copy one notebook of an assignment, with the assignment's data files."""
    shutil.copytree(notebook.parent, destination, ignore=shutil.ignore_patterns("*.ipynb"))
    shutil.copy(notebook, destination)


def _run(command: str) -> int:
    """Run a command in the course, with its output in the log; return its exit status."""
    print(f"$ {command}", flush=True)
    start = time.monotonic()
    program, *arguments = shlex.split(command)
    module = [] if program == "python" else ["-m", program]
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    process = subprocess.Popen(
        [sys.executable, *module, *arguments],
        cwd=FOLDER,
        env={**os.environ, "PATH": path},  # nbgrader starts alembic by its name
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with process, LOG.open("a") as log:
        for line in process.stdout:
            log.write(line)
            if found := STUDENT.search(line):
                print(f"  {found[1]}", end="", flush=True)
    print(f"  ({time.monotonic() - start:.0f} s)")
    return process.returncode


def results(root: Path, assignment: str) -> list[Earned]:
    """Read a course's gradebook after a made-up class was graded.

    A question is known by the grade_id of its graded cell without the ending ``-graded``.
    """
    with Gradebook(f"sqlite:///{root}/gradebook.db") as gradebook:
        grades = {
            (submission.student.id, notebook.name, question_name(grade.name)): grade
            for submission in gradebook.assignment_submissions(assignment)
            for notebook in submission.notebooks
            for grade in notebook.grades
        }
        return [
            Earned(student, question, expected, grade.auto_score, grade.max_score)
            for student, notebooks in load(root, assignment).items()
            for notebook, questions in notebooks.items()
            for question, expected in questions.items()
            for grade in [grades[student, notebook, question]]
        ]


def table(found: list[Earned]) -> list[str]:
    """Lines of a table: a row for each student, a column for each question."""
    points = {result.question: result.points for result in found}
    rows = [["", *points, "total"], ["of", *points.values(), sum(points.values())]]
    for student, its in itertools.groupby(found, lambda result: result.student):
        scores = [result.score for result in its]
        rows.append([student, *scores, sum(score or 0 for score in scores)])
    cells = [[f"{x:g}" if isinstance(x, float) else str(x) for x in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return [
        "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]).rstrip()
        for row in cells
    ]


def mistakes(found: list[Earned]) -> list[str]:
    """What each student got wrong, in lines of 100 columns."""
    lines = ["What each got wrong:"]
    for student, its in itertools.groupby(found, lambda result: result.student):
        short = [result for result in its if result.expected.score < result.points]
        lines += ["", student if short else f"{student}: nothing"]
        for result in short:
            share = f"{result.expected.score:g} of {result.points:g}"
            text = f"{result.question}, {share}: {_what(result.expected)}"
            lines += textwrap.wrap(text, 100, initial_indent="  ", subsequent_indent="    ")
    return lines


def _what(expected: Expected) -> str:
    if expected.kind == "crash":
        return f"crashed ({expected.detail})"
    if expected.kind in ("right", "variant"):
        return "right itself, but it needs an answer that does not work"
    return expected.detail
