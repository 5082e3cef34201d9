"""A course of nbgrader's: its folders and settings."""

from __future__ import annotations

import glob
import logging
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from nbgrader.apps import NbGrader
from nbgrader.coursedir import CourseDirectory
from sqlalchemy.engine import make_url
from traitlets import List, Unicode
from traitlets.config import Configurable

NOTES = ".grading"  # in the course's root


class HiddenTests(Configurable):
    """Where a course's hidden tests are."""

    folders = List(
        Unicode(),
        help="Folders on the judge's import path. They are never shown to student code. Relative "
        "ones start at the course's root.",
    ).tag(config=True)
    package = Unicode(
        "",
        help="The package in one of these folders whose `catalogue` lists the questions: what "
        "`grading audit`, `scaffold` and `simulate` work on.",
    ).tag(config=True)


class Course:
    """The course of the folder in which this is made, as ``nbgrader_config.py`` there has it.

    Parameters
    ----------
    settings : sequence of str
        nbgrader's, such as ``--SealedExecute.timeout=60``; they count for more than its file.

    Raises
    ------
    SystemExit
        If that file cannot be used.
    """

    def __init__(self, settings: Sequence[str] = ()) -> None:
        app = NbGrader()
        app.raise_config_file_errors = True  # else it goes on without the file
        try:
            app.initialize(list(settings))
        except Exception as error:
            raise SystemExit(
                f"nbgrader_config.py cannot be used: {error}. Nothing was done."
            ) from None
        app.log_level = logging.WARNING  # nbgrader tells of each of its steps
        self.app: Configurable = app
        self.directory = CourseDirectory(parent=app)
        self.root = Path(self.directory.root)

    @classmethod
    def of(cls, app: Configurable, directory: CourseDirectory) -> Self:
        """The course that a step of nbgrader's works on, by the configuration that `app` has."""
        course = cls.__new__(cls)
        course.app, course.directory, course.root = app, directory, Path(directory.root)
        return course

    @property
    def hidden_tests(self) -> HiddenTests:
        """The settings on the hidden tests."""
        return HiddenTests(parent=self.app)

    @property
    def hidden_folders(self) -> list[Path]:
        """Where the hidden tests are."""
        return [self.root / folder for folder in self.hidden_tests.folders]

    def source(self, assignment: str) -> Path:
        """The folder in which an assignment is written."""
        return self._folder(self.directory.source_directory, ".", assignment)

    def release(self, assignment: str) -> Path:
        """The folder that students get of an assignment."""
        return self._folder(self.directory.release_directory, ".", assignment)

    def submitted(self, student: str, assignment: str) -> Path:
        """The folder in which a student's submission lies, or would."""
        return self._folder(self.directory.submitted_directory, student, assignment)

    def autograded(self, student: str, assignment: str) -> Path:
        """The folder in which a graded submission lies, or would."""
        return self._folder(self.directory.autograded_directory, student, assignment)

    def feedback(self, student: str, assignment: str) -> Path:
        """The folder in which a student's feedback lies, or would."""
        return self._folder(self.directory.feedback_directory, student, assignment)

    def notes(self, assignment: str) -> Path:
        """The folder of what runs over an assignment note down."""
        return self.root / NOTES / assignment

    def submissions(self, assignment: str) -> dict[str, Path]:
        """The folders that were handed in, by student, in the order of their names."""

        def path(student: str, escape: bool) -> str:
            directory = self.directory
            return str(
                directory.format_path(
                    directory.submitted_directory, student, assignment, escape=escape
                )
            )

        pattern = re.compile(path("(?P<student>.*)", True), re.DOTALL)
        return {
            pattern.match(folder)["student"]: self.root / folder
            for folder in sorted(glob.glob(path("*", False)))
        }

    def has_gradebook(self) -> bool:
        """Whether there is one; to look for something in one that is not there makes it."""
        url = make_url(self.directory.db_url)
        return url.get_backend_name() != "sqlite" or Path(url.database or "").is_file()

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Be in the course's root, where nbgrader's own paths start."""
        before = os.getcwd()
        os.chdir(self.root)
        try:
            yield
        finally:
            os.chdir(before)

    def _folder(self, step: str, student: str, assignment: str) -> Path:
        return self.root / self.directory.format_path(step, student, assignment)


def release_folder(configured: Configurable, assignment: str) -> Path:
    """Where an assignment was released to, by the configuration that `configured` has."""
    course = CourseDirectory(parent=configured)
    return Path(course.format_path(course.release_directory, ".", assignment))


def released_assignments(configured: Configurable) -> list[str]:
    """Every assignment that was released, by the configuration that `configured` has."""
    course = CourseDirectory(parent=configured)
    folders = glob.glob(course.format_path(course.release_directory, ".", "*"))
    pattern = course.format_path(course.release_directory, ".", "(?P<assignment>.*)", escape=True)
    return sorted(re.match(pattern, f)["assignment"] for f in folders if os.path.isdir(f))
