"""What the process that writes does for a submission: the bound on grading in parallel.

One submission is graded for real. Its result then stands for everybody's, so that the class runner
reads, hashes, enters and writes as fast as it can.
"""

from __future__ import annotations

import contextlib
import copy
import functools
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import psutil
from nbgrader.api import Gradebook
from rich.console import Console
from sqlalchemy import text

from benchmarks import course
from grading.cohort.pool import LocalPool
from grading.cohort.progress import Progress
from grading.cohort.run import ClassRun
from grading.grade import excerpt
from grading.grade.submission import Job, Result, Submission

LOOKED_UP = "looked up whether it has changed"
ENTERED = "entered in the gradebook"
READ = "read and hashed, twice"
ROWS = "its rows read from the gradebook"
WRITTEN = "scores, files and note written"


class Watch:
    """Seconds that each step took; where a step takes part in another, its time is its own only."""

    def __init__(self) -> None:
        self.took = dict.fromkeys((LOOKED_UP, ENTERED, READ, ROWS, WRITTEN), 0.0)

    @contextmanager
    def on(self, step: str) -> Iterator[None]:
        """Measure a step."""
        before, start = sum(self.took.values()), time.perf_counter()
        yield
        within = sum(self.took.values()) - before
        self.took[step] += time.perf_counter() - start - within


def timed(step: str, method: Callable[..., Any]) -> Callable[..., Any]:
    """A method that does the same, with the run's watch on."""

    @functools.wraps(method)
    def measured(run: TimedRun, *arguments: Any) -> Any:
        with run.watch.on(step):
            return method(run, *arguments)

    return measured


class TimedRun(ClassRun):
    """A run with a watch on its steps."""

    def __init__(self, assignment: str) -> None:
        self.watch = Watch()
        super().__init__(assignment)

    _is_done = timed(LOOKED_UP, ClassRun._is_done)
    _enter = timed(ENTERED, ClassRun._enter)
    _read = timed(READ, ClassRun._read)
    _keep = timed(WRITTEN, ClassRun._keep)


class Replay:
    """A pool in which every student has the result of the first one, at once."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._result: Result | None = None
        self._waiting: list[Submission] = []

    def room(self) -> bool:
        return not self._waiting

    def start(self, submission: Submission) -> None:
        if self._result is None:
            with contextlib.closing(LocalPool(self._job, 1)) as pool:
                pool.start(submission)
                ((_, self._result),) = pool.wait()
        self._waiting.append(submission)

    def wait(self) -> Iterator[tuple[str, Result]]:
        submission = self._waiting.pop()
        if not submission.rows:  # the known answer, which is no student's
            result, self._result = self._result, None
            yield submission.student, result
            return
        scores = {grade["cell_id"]: grade["auto_score"] for grade in self._result.rows["grade"]}
        result = copy.copy(self._result)
        result.rows = copy.deepcopy(submission.rows)
        for grade in result.rows["grade"]:
            grade |= {"auto_score": scores[grade["cell_id"]], "needs_manual_grade": False}
        yield submission.student, result

    def close(self) -> None:
        """Nothing runs."""


def measure(root: Path, assignment: str, students: int, url: str) -> None:
    """Let a class of that many be written, and print what each step takes and what it leaves."""
    url = url or f"sqlite:///{root}/gradebook.db"
    course.make(root, assignment, f"{course.SEALED}c.CourseDirectory.db_url = {url!r}\n")
    course.hand_in(root, assignment, students)
    before, memory = _database(url), _memory()
    first = _run(root, assignment)
    course.check_scores(url, assignment, students)
    if not all(first.values()):
        raise SystemExit(f"A step was not seen, the run does it in another way now: {first}")
    leaves = {
        "gradebook": _database(url) - before,
        "submitted": _files(root / "submitted"),
        "autograded": _files(root / "autograded"),
        "notes": _files(root / ".grading"),
        "memory of the process": _memory() - memory,
    }
    second = _run(root, assignment)
    print(f"{assignment}, {students} submissions; {url.partition(':')[0]}; for one of them:\n")
    print("| step | first run, ms | nothing changed, ms |\n|---|---:|---:|")
    for step in (*first, "sum"):
        both = (took.get(step, sum(took.values())) for took in (first, second))
        print(f"| {step} | {' | '.join(f'{1000 * each / students:.1f}' for each in both)} |")
    print("\n| leaves | kB |\n|---|---:|")
    for words, size in leaves.items():
        print(f"| {words} | {size / students / 1000:.1f} |")


def _run(root: Path, assignment: str) -> dict[str, float]:
    """Run over the class; return the seconds that each step took for all together."""
    with contextlib.chdir(root):
        run = TimedRun(assignment)
        rows = run.watch.on(ROWS)(excerpt.of_submission)
        with open(os.devnull, "w") as nowhere, mock.patch.object(excerpt, "of_submission", rows):
            run.grade(Replay, Progress(Console(file=nowhere)))
    return run.watch.took


def _database(url: str) -> int:
    """Size of a gradebook, in bytes."""
    if url.startswith("sqlite"):
        return Path(url.removeprefix("sqlite:///")).stat().st_size
    with Gradebook(url) as gradebook:
        return gradebook.db.execute(text("SELECT pg_database_size(current_database())")).scalar()


def _files(folder: Path) -> int:
    """What a folder takes on the disk, in bytes."""
    return sum(path.lstat().st_blocks for path in folder.rglob("*")) * 512


def _memory() -> int:
    return psutil.Process().memory_info().rss
