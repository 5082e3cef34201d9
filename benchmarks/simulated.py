"""A made-up class with mistakes, crashes and endless loops, of which every score is known."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

from benchmarks import course
from benchmarks.cost import run
from grading.rehearsal import demo

SAMPLE = 3  # students whom plain nbgrader grades too
LIMIT = 6  # seconds for a cell and for a question, for both


def measure(root: Path, assignment: str, students: int) -> None:
    """Grade the class by the class runner, and some of it by plain nbgrader.

    Raises
    ------
    SystemExit
        If the class runner gave any answer another score than was due.
    """
    ours, plain = root / "ours", root / "plain"
    limits = f"c.SealedExecute.timeout = c.SealedExecute.question_timeout = {LIMIT}\n"
    course.make(ours, assignment, course.SEALED + limits)
    course.make(plain, assignment, f"{course.STOCK}c.Execute.timeout = {LIMIT}\n")
    grading = [sys.executable, "-m", "grading"]
    run([[*grading, "simulate", assignment, "--students", str(students)]], ours)
    sample = sorted((ours / "submitted").iterdir())[:SAMPLE]
    for folder in sample:
        shutil.copytree(folder, plain / "submitted" / folder.name)
    known = json.loads((ours / "simulated" / f"{assignment}.json").read_text())
    few = {folder.name: known[folder.name] for folder in sample}
    (plain / "simulated").mkdir()
    (plain / "simulated" / f"{assignment}.json").write_text(json.dumps(few))
    print(f"{assignment}, a made-up class; a cell and a question end after {LIMIT} s\n")
    print("| | students | answers | wrong or no score | s a student | CPU s a student | MB |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    command = [*grading, "autograde", assignment]
    wrong = _grade("class runner", ours, assignment, students, command)
    command = ["sh", "-c", '"$@" || true', "sh", *course.nbgrader("autograde", assignment)]
    _grade(
        "plain nbgrader 0.9.6", plain, assignment, len(few), command
    )  # fails where a kernel dies
    if wrong:
        raise SystemExit("\n".join(map(str, wrong)))


def _grade(
    name: str, root: Path, assignment: str, students: int, command: list[str]
) -> list[demo.Earned]:
    """Grade, print a line of the table, and return the answers that got another score than due."""
    cost = run([command], root, **course.ENVIRONMENT)
    found = demo.results(root, assignment)
    wrong = [result for result in found if result.score != result.expected.score]
    each = f"{cost.wall / students:.2f} | {cost.cpu / students:.2f} | {cost.memory:.0f}"
    print(f"| {name} | {students} | {len(found)} | {len(wrong)} | {each} |", flush=True)
    return wrong
