"""Grades one submission away from the course: in a folder and a gradebook of its own.

Everything that it takes arrives in two values, so that it can run in another process or on another
machine: :class:`Job`, the same for a whole run, and :class:`Submission`.
"""

from __future__ import annotations

import logging
import os
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import cloudpickle
import nbgrader.api
from nbgrader.api import Gradebook
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from sqlalchemy import event
from sqlalchemy.engine import Engine
from traitlets.config import Config

from grading.boundary.outcome import Ended
from grading.cohort import excerpt, fingerprint
from grading.cohort.excerpt import Rows
from grading.files import Files, read_files, write_files
from grading.plugin.autograde import SealedAutograde
from grading.plugin.bench import Bench
from grading.plugin.changes import LOG


@dataclass(frozen=True)
class Job:
    """What the grading of every submission needs, with nothing left behind on a disk.

    Parameters
    ----------
    assignment, course_id : str
    release, source : Files
        The assignment as it was handed out; the files beside its source notebooks.
    others : dict of str to Files
        The released notebooks of other assignments: to say so where one of them is handed in.
    tests : list of Files
        The hidden tests: for each folder of ``HiddenTests.folders`` what grading needs of it.
    rows : Rows
        The assignment's part of the gradebook.
    config : bytes
        nbgrader's configuration, pickled by value.
    secret : str
        The course's secret, in hexadecimal.
    changes : str
        The log of what an instructor changed once work was in.
    digest : str
        Changes when anything above or below does, but for `others`, `changes` and what questions
        count.
    imports : tuple of str
        Modules that kernels have from the start.
    engine : str
        Of :func:`grading.cohort.fingerprint.engine`: the machine that grades must have the same.
    """

    assignment: str
    course_id: str
    release: Files
    source: Files
    others: dict[str, Files] = field(repr=False)
    tests: list[Files]
    rows: Rows = field(repr=False)
    config: bytes = field(repr=False)
    secret: str = field(repr=False)
    changes: str = field(repr=False)
    digest: str
    imports: tuple[str, ...]
    engine: str


@dataclass(frozen=True)
class Submission:
    """What one student handed in, and the rows of the gradebook on it."""

    student: str
    files: Files = field(repr=False)
    rows: Rows = field(repr=False)


@dataclass
class Result:
    """What came of a submission.

    Parameters
    ----------
    ended : Ended
        Refused ones are the student's to mend, failed ones ours; both are left without a score.
    messages : list of str
        Why it was refused or failed.
    warnings : list of str
        What was odd, and put right.
    rows : Rows
        The submission's part of the gradebook, with scores.
    files : Files
        The autograded folder.
    seconds : float
        What it took, by the clock.
    cells : dict of str to float
        Seconds for each ``notebook/cell``.
    seal : str
        What is to be said once a run of what seals student code.
    """

    ended: Ended
    messages: list[str]
    rows: Rows = field(repr=False)
    files: Files = field(default_factory=dict, repr=False)
    warnings: list[str] = field(default_factory=list)
    seconds: float = 0.0
    cells: dict[str, float] = field(default_factory=dict)
    seal: str = ""


class UnfitMachine(Exception):
    """No submission can be graded here; the text says why and what to do."""


class _Remarks(logging.Handler):
    """Keeps warnings: what was odd about a submission."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.warnings: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno == logging.WARNING:
            self.warnings.append(record.getMessage())


class Grader:
    """Grades submissions of one job, one after the other, in a private folder.

    Parameters
    ----------
    job : Job

    Raises
    ------
    UnfitMachine
        If this is another version of the engine than that which asks.
    """

    def __init__(self, job: Job) -> None:
        if job.engine != fingerprint.engine(job.imports):
            raise UnfitMachine(
                "This worker runs another version of grading, of Python or of a package than the "
                "machine that asks. Install the same environment on both."
            )
        self.job = job
        self._standing = ExitStack()
        self._root: Path | None = None

    def grade(self, submission: Submission) -> Result:
        """Grade a submission.

        Raises
        ------
        UnfitMachine
            If student code cannot be sealed here, or the course cannot be laid out.
        """
        try:
            root = self._root or self._lay_out()
        except OSError as error:
            raise UnfitMachine(f"The course cannot be laid out here: {error}") from None
        start = time.monotonic()
        try:
            result = self._grade(submission, root)
        except UnfitMachine:
            raise
        except Exception as error:  # whatever it is, it must not stop the others
            why = f"{submission.student}: {type(error).__name__}: {error}"
            result = Result(Ended.FAILED, [why], excerpt.unscored(submission.rows))
        result.seconds = round(time.monotonic() - start, 3)
        return result

    def close(self) -> None:
        """End the processes that stand ready, and remove every file."""
        self._root = None
        self._standing.close()

    def _lay_out(self) -> Path:
        """Lay the course out in a private folder that is removed however this process ends."""
        job = self.job
        self._bench = self._standing.enter_context(Bench(cloudpickle.loads(job.config)))
        self._standing.enter_context(_cheap_gradebooks())
        root = self._bench.folder / "course"
        root.mkdir(mode=0o700)  # kernels of another user may have to get through the folder
        write_files(root / "release" / job.assignment, job.release)
        write_files(root / "source" / job.assignment, job.source)
        for assignment, notebooks in job.others.items():
            write_files(root / "release" / assignment, notebooks)
        for number, files in enumerate(job.tests):
            write_files(root / "tests" / str(number), files)
        (root / ".grading-secret").write_text(job.secret)
        (root / LOG).write_text(job.changes, encoding="utf-8")
        with Gradebook(f"sqlite:///{root}/assignment.db", job.course_id) as gradebook:
            excerpt.put(gradebook, job.rows)
        self._root = root
        return root

    def _grade(self, submission: Submission, root: Path) -> Result:
        job = self.job
        for folder in ("submitted", "autograded"):
            shutil.rmtree(root / folder, ignore_errors=True)
        place = Path(submission.student, job.assignment)
        write_files(root / "submitted" / place, submission.files)
        database = root / "gradebook.db"
        shutil.copyfile(root / "assignment.db", database)
        db_url = f"sqlite:///{database}"
        with Gradebook(db_url, job.course_id) as gradebook:
            excerpt.put(gradebook, submission.rows)
        config = _configuration(job, root, db_url)
        converter = SealedAutograde(coursedir=CourseDirectory(config=config), config=config)
        converter.create_student = True  # in this gradebook; who is known, the other one says
        remarks = _Remarks()
        converter.log.setLevel(logging.WARNING)
        converter.log.propagate = False
        converter.log.handlers = [remarks]
        try:
            converter.grade(self._bench)
        except NbGraderException as error:
            if not converter.failures:
                raise UnfitMachine(str(error)) from None
        kinds = {kind for kind, _ in converter.failures}
        worst = Ended.FAILED if Ended.FAILED in kinds else Ended.REFUSED
        with Gradebook(db_url, job.course_id) as gradebook:
            rows = excerpt.of_submission(gradebook, job.assignment, submission.student)
        return Result(
            worst if kinds else Ended.GRADED,
            [sentence for _, sentence in converter.failures],
            rows,
            files=read_files(root / "autograded" / place),
            warnings=remarks.warnings,
            cells=converter.seconds,
            seal=self._bench.remark,
        )


def _configuration(job: Job, root: Path, db_url: str) -> Config:
    config = cloudpickle.loads(job.config)
    config.CourseDirectory.update(
        root=str(root),
        db_url=db_url,
        course_id=job.course_id,
        assignment_id=job.assignment,
        student_id="*",  # a name may hold what a pattern would take for its own
        student_id_exclude="",
        notebook_id="*",
        directory_structure=os.path.join("{nbgrader_step}", "{student_id}", "{assignment_id}"),
        source_directory="source",
        release_directory="release",
        submitted_directory="submitted",
        autograded_directory="autograded",
    )
    config.HiddenTests.folders = [str(root / "tests" / str(n)) for n in range(len(job.tests))]
    config.SealedExecute.secret_file = str(root / ".grading-secret")
    return config


@contextmanager
def _cheap_gradebooks() -> Iterator[None]:
    """Spare this process what only gradebooks that last, or change place, have need of.

    nbgrader opens the gradebook for each of its steps. It need not compile the same SQL each time,
    which takes a quarter of a worker's own time, nor wait for the disk; nor start alembic, which
    takes a second, to note for later upgrades which version of the tables it has made.
    """
    before = nbgrader.api.get_alembic_version, nbgrader.api.create_engine
    nbgrader.api.get_alembic_version = _no_version
    nbgrader.api.create_engine = cache(nbgrader.api.create_engine)
    event.listen(Engine, "connect", _do_not_sync)
    try:
        yield
    finally:
        event.remove(Engine, "connect", _do_not_sync)
        nbgrader.api.get_alembic_version, nbgrader.api.create_engine = before


def _no_version() -> str:
    return ""


def _do_not_sync(connection: Any, _record: Any) -> None:
    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA synchronous = OFF")
