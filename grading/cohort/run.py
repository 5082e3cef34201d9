"""Grades a whole class in parallel: ``python -m grading autograde ASSIGNMENT``.

Submissions are graded by workers that know nothing of each other; this process alone writes to the
gradebook and to ``autograded/``, one submission after the other. What is finished is noted in
``.grading/ASSIGNMENT/STUDENT.json``, last of all, so that a run that was killed goes on where it
stopped, and what has not changed is not graded again.
"""

from __future__ import annotations

import ast
import fcntl
import json
import logging
import os
import shutil
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import cloudpickle
from nbgrader.api import Gradebook, InvalidEntry, MissingEntry
from nbgrader.apps import NbGrader
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import find_all_files
from sqlalchemy.exc import SQLAlchemyError

from grading.cohort import excerpt, fingerprint
from grading.cohort.excerpt import GradebookChanged, Rows
from grading.cohort.pool import Died, NoPool, Pool
from grading.cohort.progress import Progress
from grading.cohort.worker import GRADED, Course, Files, Result, Submission, read_files, write_files
from grading.handed_in.read import Refused, SubmissionReader, release_folder
from grading.plugin.autograde import FAILED, REFUSED, SealedAutograde
from grading.plugin.execute import SealedExecute, course_secret

NOTES = ".grading"  # in the course's root
OF_THE_RUN = ("CourseDirectory", "Application", "JupyterApp", "NbGrader")  # change no score


class CannotGrade(Exception):
    """The run cannot begin or go on; the text says why and what to do."""


class ClassRun:
    """One run over the submissions of an assignment, in the course of this folder.

    Parameters
    ----------
    assignment : str
    students : sequence of str
        Grade only these; everyone's if empty.
    force : bool
        Grade again what has not changed.
    settings : sequence of str
        nbgrader's, such as ``--SealedExecute.run_all=True``; they count for more than
        ``nbgrader_config.py``.

    Raises
    ------
    CannotGrade
        If there is no such assignment, or no submission of it.
    """

    def __init__(
        self,
        assignment: str,
        students: Sequence[str] = (),
        force: bool = False,
        settings: Sequence[str] = (),
    ) -> None:
        app = NbGrader()
        app.initialize(list(settings))
        app.log_level = logging.WARNING  # what nbgrader tells of each step would hide the progress
        self._app = app
        self._assignment = assignment
        self._force = force
        self._coursedir = CourseDirectory(parent=app)
        self._root = Path(self._coursedir.root)
        self._notes = self._root / NOTES / assignment
        self._reader = SubmissionReader(parent=app)
        self._converter = SealedAutograde(coursedir=self._coursedir, parent=app)
        self._folders = self._find(students)

    def grade(self, make_pool: Callable[[Course], Pool], progress: Progress) -> bool:
        """Grade what needs it; return whether every submission is graded now.

        Raises
        ------
        CannotGrade
            If another run is at this assignment, or a worker's machine is not fit for it.
        """
        coursedir = self._coursedir
        with self._alone(), Gradebook(coursedir.db_url, coursedir.course_id) as self._gradebook:
            excerpt.make_indexes(self._gradebook)
            course = self._course()
            self._digest = course.digest
            todo = [
                student
                for student in self._folders
                if self._force or not self._is_done(student, self._read(student)[1])
            ]
            with progress:
                progress.begin(len(todo), len(self._folders) - len(todo))
                for student in todo:  # in this order, however fast each is graded
                    self._enter(student)
                try:
                    pool = make_pool(course)
                except NoPool as error:
                    raise CannotGrade(str(error)) from None
                with closing(pool):
                    self._run(todo, pool, progress)
        return progress.all_graded

    def _run(self, todo: Sequence[str], pool: Pool, progress: Progress) -> None:
        waiting, running, deaths = deque(todo), {}, Counter()

        def fill() -> None:
            while waiting and pool.room():
                student = waiting.popleft()
                rows = self._rows(student)
                files, digest = self._read(student)
                if isinstance(files, str):
                    result = Result(REFUSED, [f"{student}: {files}"], excerpt.unscored(rows))
                    self._keep(student, digest, result, progress)
                else:
                    running[student] = digest, rows
                    pool.start(Submission(student, files, rows))

        fill()
        while running:
            for student, result in pool.wait():
                digest, rows = running.pop(student)
                if isinstance(result, Died):
                    deaths[student] += 1
                    if deaths[student] == 1:
                        waiting.appendleft(student)
                        fill()
                        continue
                    why = f"{student}: the process that graded it died twice ({result})."
                    result = Result(FAILED, [why], excerpt.unscored(rows))
                elif isinstance(result, Exception):
                    raise CannotGrade(str(result)) from result
                fill()  # before this one is written: the workers need not wait for that
                self._keep(student, digest, result, progress)
        if waiting:
            raise CannotGrade(
                f"No worker is left for {len(waiting)} submissions. Start workers again, and then "
                "the same command: it goes on where this one stopped."
            )

    # -- what there is to grade -----------------------------------------------------------

    def _find(self, students: Sequence[str]) -> dict[str, Path]:
        """The submitted folders, by student, in the order of their names."""
        self._coursedir.assignment_id = self._assignment
        try:
            with self._in_root():
                self._converter.init_notebooks()
        except NbGraderException as error:
            raise CannotGrade(str(error)) from None
        folders = {
            self._converter.ids(folder)[1]: self._root / folder
            for folder in sorted(self._converter.assignments)
        }
        unknown = [student for student in students if student not in folders]
        if unknown:
            raise CannotGrade(
                f"There is no submission of {self._assignment} by {', '.join(unknown)}."
            )
        return {
            name: folder for name, folder in folders.items() if name in students or not students
        }

    def _course(self) -> Course:
        """Pack up everything that workers need."""
        app, assignment = self._app, self._assignment
        with self._in_root():
            release = read_files(release_folder(app, assignment).resolve())
            course = self._coursedir
            folder = Path(course.format_path(course.source_directory, ".", assignment)).resolve()
            names = find_all_files(str(folder), [*course.ignore, "*.ipynb"])
            execute = SealedExecute(parent=app)
            secret = course_secret(Path(execute.secret_file).resolve()).hex()
            folders = [Path(path).resolve() for path in execute.tests]
        wanted = {Path(name).resolve() for name in names}
        source = {
            name: file for name, file in read_files(folder).items() if folder / name in wanted
        }
        rows = excerpt.of_assignment(self._gradebook, assignment)
        tests = [_hidden_tests(folder, _imports(rows)) for folder in folders]
        config = {name: part for name, part in app.config.items() if name not in OF_THE_RUN}
        engine = fingerprint.engine()
        digest = fingerprint.of([assignment, release, source, tests, rows, config, secret, engine])
        return Course(
            assignment=assignment,
            course_id=self._coursedir.course_id,
            release=release,
            source=source,
            tests=tests,
            rows=rows,
            config=cloudpickle.dumps(app.config),
            secret=secret,
            digest=digest,
            engine=engine,
        )

    def _read(self, student: str) -> tuple[Files | str, str]:
        """What a student handed in, or why it is refused; and a hash that changes with it."""
        folder = self._folders[student]
        try:
            self._reader.check_folder(folder)
            files: Files | str = read_files(folder)
        except (Refused, OSError) as error:
            files = str(error)
        return files, fingerprint.of([self._digest, files])

    def _enter(self, student: str) -> None:
        """Have the student and the submission in the gradebook, as nbgrader has them."""
        with suppress(MissingEntry):
            self._gradebook.find_submission(self._assignment, student)
            return
        if self._converter.create_student:
            self._gradebook.update_or_create_student(student)
        try:
            self._gradebook.update_or_create_submission(self._assignment, student)
        except (MissingEntry, InvalidEntry) as error:
            raise CannotGrade(
                f"{error}. Add the student first (nbgrader db student add {student}), or leave "
                "Autograde.create_student at True."
            ) from None

    def _rows(self, student: str) -> Rows:
        return excerpt.of_submission(self._gradebook, self._assignment, student)

    # -- what is finished -----------------------------------------------------------------

    def _keep(self, student: str, digest: str, result: Result, progress: Progress) -> None:
        """Write a result: scores, then files, then the note that this is done."""
        note = self._note(student)
        note.unlink(missing_ok=True)
        try:
            excerpt.bring_back(self._gradebook, result.rows)
            self._place(student, result.files)
        except (GradebookChanged, SQLAlchemyError, OSError) as error:
            what = str(error).partition("\n")[0]
            with suppress(GradebookChanged, SQLAlchemyError):  # scores without files are none
                excerpt.bring_back(self._gradebook, excerpt.unscored(result.rows))
            result.outcome = FAILED
            result.messages.append(f"{student}: could not be written: {what}")
        (row,) = result.rows["submitted_assignment"]
        text = json.dumps(
            {
                "fingerprint": digest,
                "submission": row["id"],
                "outcome": result.outcome,
                "messages": result.messages,
                "warnings": result.warnings,
                "seconds": result.seconds,
                "cells": result.cells,
            },
            indent=1,
        )
        new = note.with_suffix(".new")
        new.write_text(text + "\n")
        new.rename(note)
        progress.finished(student, result)

    def _place(self, student: str, files: Files) -> None:
        """Put an autograded folder in place of the old one; without files, have none."""
        course = self._coursedir
        place = course.format_path(course.autograded_directory, student, self._assignment)
        folder, new, old = self._root / place, self._notes / "new", self._notes / "old"
        for rest in (new, old):
            shutil.rmtree(rest, ignore_errors=True)
        write_files(new, files)
        if folder.exists():
            shutil.move(folder, old)
        if files:
            folder.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(new, folder)
            with self._in_root():
                self._converter.set_permissions(self._assignment, student)
            above = (one for one in folder.parents if one.is_relative_to(self._root))
            _flush(*folder.rglob("*"), folder, *above)
        for rest in (new, old):
            shutil.rmtree(rest, ignore_errors=True)

    def _is_done(self, student: str, digest: str) -> bool:
        course = self._coursedir
        place = course.format_path(course.autograded_directory, student, self._assignment)
        try:
            note = json.loads(self._note(student).read_text())
            submission = self._gradebook.find_submission(self._assignment, student)
        except (FileNotFoundError, ValueError, MissingEntry):
            return False
        done = {"fingerprint": digest, "submission": submission.id, "outcome": GRADED}
        return note.items() >= done.items() and (self._root / place).is_dir()

    def _note(self, student: str) -> Path:
        return self._notes / f"{student}.json"

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Be the only run over this assignment."""
        self._notes.mkdir(parents=True, exist_ok=True)
        with open(self._notes / "lock", "w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise CannotGrade(
                    f"{self._assignment} is being graded by another run in this course. "
                    "Wait until it has ended, or stop it."
                ) from None
            yield

    @contextmanager
    def _in_root(self) -> Iterator[None]:
        """nbgrader's paths are relative to the course's root."""
        before = os.getcwd()
        os.chdir(self._root)
        try:
            yield
        finally:
            os.chdir(before)


def _flush(*paths: Path) -> None:
    """Wait until files and folders are on the disk, where a power cut cannot undo them."""
    for path in paths:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _imports(rows: Rows) -> set[str]:
    """Top-level modules that graded cells import."""
    graded = {(cell["notebook_id"], cell["name"]) for cell in rows["base_cell"]}
    names: set[str] = set()
    for cell in rows["source_cell"]:
        if (cell["notebook_id"], cell["name"]) not in graded:
            continue
        try:
            tree = ast.parse(cell["source"])
        except SyntaxError:  # a written answer, or the graded cell's own fault
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                names.add(node.module.partition(".")[0])
    return names


def _hidden_tests(folder: Path, modules: set[str]) -> Files:
    """The files of those modules that a folder holds."""
    files: Files = {}
    for module in sorted(modules):
        if (folder / module).is_dir():
            for name, file in read_files(folder / module).items():
                if "__pycache__" not in Path(name).parts:
                    files[os.path.join(module, name)] = file
        elif (folder / f"{module}.py").is_file():
            path = folder / f"{module}.py"
            files[path.name] = (path.stat().st_mode & 0o777, path.read_bytes())
    return files
