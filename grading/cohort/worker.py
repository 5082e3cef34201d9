"""Grades one submission away from the course: in a folder and a gradebook of its own.

Everything that it takes arrives in two values, so that it can run in another process or on another
machine: :class:`Course`, the same for a whole run, and :class:`Submission`.
"""

from __future__ import annotations

import atexit
import logging
import os
import shutil
import sqlite3
import threading
import time
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

from grading.cohort import excerpt, fingerprint
from grading.cohort.excerpt import Rows
from grading.judging import judges
from grading.plugin.autograde import FAILED, REFUSED, SealedAutograde
from grading.plugin.execute import CELL_TOOK
from grading.sandbox import bubblewrap

# Path relative to a folder → permissions, content; an empty folder's path ends with a slash.
Files = dict[str, tuple[int, bytes]]
GRADED = "graded"


@dataclass(frozen=True)
class Course:
    """What the grading of every submission needs, with nothing left behind on a disk.

    Parameters
    ----------
    assignment, course_id : str
    release, source : Files
        The assignment as it was handed out; the files beside its source notebooks.
    tests : list of Files
        The hidden tests: for each folder of ``SealedExecute.tests`` what graded cells import.
    rows : Rows
        The assignment's part of the gradebook.
    config : bytes
        nbgrader's configuration, pickled by value.
    secret : str
        The course's secret, in hexadecimal.
    digest : str
        Changes when anything above or below does.
    engine : str
        Of :func:`grading.cohort.fingerprint.engine`: the machine that grades must have the same.
    """

    assignment: str
    course_id: str
    release: Files
    source: Files
    tests: list[Files]
    rows: Rows = field(repr=False)
    config: bytes = field(repr=False)
    secret: str = field(repr=False)
    digest: str
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
    outcome : {"graded", "refused", "failed"}
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
    """

    outcome: str
    messages: list[str]
    rows: Rows = field(repr=False)
    files: Files = field(default_factory=dict, repr=False)
    warnings: list[str] = field(default_factory=list)
    seconds: float = 0.0
    cells: dict[str, float] = field(default_factory=dict)


class _Log(logging.Handler):
    """Keeps warnings and the time that cells took."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.warnings: list[str] = []
        self.cells: dict[str, float] = {}

    def emit(self, record: logging.LogRecord) -> None:
        if record.msg == CELL_TOOK:
            notebook, cell, seconds = record.args
            name = f"{notebook}/{cell}"
            self.cells[name] = round(self.cells.get(name, 0.0) + seconds, 3)
        elif record.levelno == logging.WARNING:
            self.warnings.append(record.getMessage())


_busy = threading.Lock()  # grading changes the process's folder and environment
_unpacked: tuple[str, Path] | None = None  # the course that lies ready, and where


class UnfitMachine(Exception):
    """No submission can be graded here; the text says why and what to do."""


def grade(course: Course, submission: Submission) -> Result:
    """Grade a submission.

    Raises
    ------
    UnfitMachine
        If student code cannot be sealed here, or this is another version of the engine than that
        which asks.
    """
    with _busy:
        try:
            root = _unpack(course)
        except OSError as error:
            raise UnfitMachine(f"The course cannot be laid out here: {error}") from None
        start = time.monotonic()
        try:
            result = _grade(course, submission, root)
        except UnfitMachine:
            raise
        except Exception as error:  # whatever it is, it must not stop the others
            why = f"{submission.student}: {type(error).__name__}: {error}"
            result = Result(FAILED, [why], excerpt.unscored(submission.rows))
        result.seconds = round(time.monotonic() - start, 3)
        return result


def close() -> None:
    """End the processes that stand ready, and remove every file."""
    global _unpacked
    _unpacked = None
    bubblewrap.close()
    judges.close()


def _unpack(course: Course) -> Path:
    """Lay the course out in a private folder that is removed however this process ends."""
    global _unpacked
    if _unpacked is not None and _unpacked[0] == course.digest:
        return _unpacked[1]
    if course.engine != fingerprint.engine():
        raise UnfitMachine(
            "This worker runs another version of grading, of Python or of a package than the "
            "machine that asks. Install the same environment on both."
        )
    close()
    atexit.register(close)
    _make_gradebooks_cheap()
    root = Path(judges.standing().folder, "course")
    write_files(root / "release" / course.assignment, course.release)
    write_files(root / "source" / course.assignment, course.source)
    for number, files in enumerate(course.tests):
        write_files(root / "tests" / str(number), files)
    (root / ".grading-secret").write_text(course.secret)
    with Gradebook(f"sqlite:///{root}/assignment.db", course.course_id) as gradebook:
        excerpt.put(gradebook, course.rows)
    _unpacked = course.digest, root
    return root


def _grade(course: Course, submission: Submission, root: Path) -> Result:
    for folder in ("submitted", "autograded"):
        shutil.rmtree(root / folder, ignore_errors=True)
    place = Path(submission.student, course.assignment)
    write_files(root / "submitted" / place, submission.files)
    database = root / "gradebook.db"
    shutil.copyfile(root / "assignment.db", database)
    db_url = f"sqlite:///{database}"
    with Gradebook(db_url, course.course_id) as gradebook:
        excerpt.put(gradebook, submission.rows)
    config = _configuration(course, root, db_url)
    converter = SealedAutograde(coursedir=CourseDirectory(config=config), config=config)
    log = _Log()
    converter.log.setLevel(logging.DEBUG)
    converter.log.propagate = False
    converter.log.handlers = [log]
    try:
        converter.grade()
    except NbGraderException as error:
        if not converter.failures:
            raise UnfitMachine(str(error)) from None
    kinds = {kind for kind, _ in converter.failures}
    outcome = GRADED if not kinds else FAILED if FAILED in kinds else REFUSED
    with Gradebook(db_url, course.course_id) as gradebook:
        rows = excerpt.of_submission(gradebook, course.assignment, submission.student)
    return Result(
        outcome,
        [sentence for _, sentence in converter.failures],
        rows,
        files=read_files(root / "autograded" / place),
        warnings=log.warnings,
        cells=log.cells,
    )


def _configuration(course: Course, root: Path, db_url: str) -> Config:
    config = cloudpickle.loads(course.config)
    config.CourseDirectory.update(
        root=str(root),
        db_url=db_url,
        course_id=course.course_id,
        assignment_id=course.assignment,
        student_id="*",  # a name may hold what a pattern would take for its own
        student_id_exclude="",
        notebook_id="*",
        directory_structure=os.path.join("{nbgrader_step}", "{student_id}", "{assignment_id}"),
        source_directory="source",
        release_directory="release",
        submitted_directory="submitted",
        autograded_directory="autograded",
    )
    config.SealedExecute.tests = [str(root / "tests" / str(n)) for n in range(len(course.tests))]
    config.SealedExecute.secret_file = str(root / ".grading-secret")
    return config


@cache
def _make_gradebooks_cheap() -> None:
    """Spare this process what only gradebooks that last, or change place, have need of.

    nbgrader opens the gradebook for each of its steps. It need not compile the same SQL each time,
    which takes a quarter of a worker's own time, nor wait for the disk; nor start alembic, which
    takes a second, to note for later upgrades which version of the tables it has made.
    """
    nbgrader.api.get_alembic_version = str
    nbgrader.api.create_engine = cache(nbgrader.api.create_engine)
    event.listen(Engine, "connect", _do_not_sync)


def _do_not_sync(connection: Any, _record: Any) -> None:
    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA synchronous = OFF")


def read_files(root: Path) -> Files:
    """Everything in a folder, which holds ordinary files and folders only."""
    files: Files = {}
    for base, folders, names in os.walk(root):
        for name in names:
            path = Path(base, name)
            files[str(path.relative_to(root))] = (path.stat().st_mode & 0o777, path.read_bytes())
        if not folders and not names and base != str(root):
            files[f"{Path(base).relative_to(root)}/"] = (0o755, b"")
    return files


def write_files(folder: Path, files: Files) -> None:
    """Make a folder of such files."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, (mode, content) in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name.endswith("/"):
            path.mkdir()
        else:
            path.write_bytes(content)
            path.chmod(mode)
