"""Grades a whole class in parallel: ``python -m grading autograde ASSIGNMENT``.

Submissions are graded by workers that know nothing of each other; this process alone writes to the
gradebook and to ``autograded/``, one submission after the other. What is finished is noted in
``.grading/ASSIGNMENT/STUDENT.json``, last of all, so that a run that was killed goes on where it
stopped, and what has not changed is not graded again.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, suppress
from functools import partial
from pathlib import Path

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.converters.base import NbGraderException
from sqlalchemy.exc import SQLAlchemyError

from grading.boundary.outcome import Ended
from grading.cohort.pool import Died, NoPool, Pool, grade_in
from grading.cohort.progress import Progress
from grading.course import Course
from grading.files import Files, flush, read_files, write_files, write_whole
from grading.grade import excerpt, fingerprint
from grading.grade.excerpt import GradebookChanged, Rows
from grading.grade.submission import Job, Result, Submission
from grading.handed_in.read import Refused, SubmissionReader
from grading.plugin.alike import Alike
from grading.plugin.alone import alone
from grading.plugin.attempts import AttemptLog, digest_of
from grading.plugin.autograde import SealedAutograde
from grading.plugin.changes import Changes
from grading.plugin.known_answer import KnownAnswer
from grading.plugin.packing import pack
from grading.stop import Stop


class CannotGrade(Stop):
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
    keep : bool
        Whether to write down what comes of it; else it is only told.
    taken : mapping of str to Path, optional
        Where the files of a student are that are to be graded, if not in ``submitted/``.
    attempts : AttemptLog, optional
        What earlier attempts earn, if the log on the disk does not know it.

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
        keep: bool = True,
        taken: Mapping[str, Path] | None = None,
        attempts: AttemptLog | None = None,
    ) -> None:
        self.scores: dict[str, tuple[float, float]] = {}  # that changed: before, now
        self.earned: dict[str, float] = {}  # by whoever was graded, late penalty included
        self._keeps = keep
        self._course = course = Course(settings)
        self._assignment = assignment
        self._force = force
        self._notes = course.notes(assignment)
        self._reader = SubmissionReader(parent=course.app)
        self._converter = SealedAutograde(coursedir=course.directory, parent=course.app)
        attempts = attempts or AttemptLog(course, assignment)
        self._folders = self._counting(self._find(students), attempts) | dict(taken or {})

    def grade(self, make_pool: Callable[[Job], Pool], progress: Progress) -> bool:
        """Grade what needs it; return whether every submission is graded now.

        Raises
        ------
        CannotGrade
            If a worker's machine is not fit for it, or several submissions in a row failed alike.
        Stop
            If another run is at this assignment.
        NoKnownAnswer
            If the source's solutions do not earn what they must; then nothing has changed.
        """
        directory = self._course.directory
        with (
            alone(self._course, self._assignment),
            Gradebook(directory.db_url, directory.course_id) as gradebook,
        ):
            job = pack(self._course, self._assignment, gradebook)
            todo = [
                student
                for student in self._folders
                if (self._keeps or self._is_known(student, gradebook))
                and (self._force or not self._is_done(student, gradebook, job))
            ]
            with progress:
                progress.begin(len(todo), len(self._folders) - len(todo))
                for sentence in self._converter.refused:
                    progress.refused(sentence)
                if not todo:
                    return progress.all_graded
                try:
                    pool = make_pool(job)
                except NoPool as error:
                    raise CannotGrade(str(error)) from None
                with closing(pool):
                    answer = KnownAnswer(self._course, job)
                    for path in answer.missing:
                        progress.say(f"No {path}: what its solutions earn is not tried.")
                    if remark := _try(answer, pool):
                        progress.say(remark)
                    excerpt.make_indexes(gradebook)
                    for student in todo:  # in this order, however fast each is graded
                        self._enter(student, gradebook)
                    self._run(todo, pool, gradebook, job, progress)
        return progress.all_graded

    def rests_on(self) -> dict[str, str]:
        """A hash of all that decides what each submission earns, by student."""
        directory = self._course.directory
        changes = Changes(self._course.root).text
        found = {}
        with Gradebook(directory.db_url, directory.course_id) as gradebook:
            job = pack(self._course, self._assignment, gradebook)
            for student in self._folders:
                rows = excerpt.of_submission(gradebook, self._assignment, student)
                by_hand = [(one["manual_score"], one["extra_credit"]) for one in rows["grade"]]
                digest = self._read(student, job)[1]
                found[student] = fingerprint.of([digest, changes, by_hand])
        return found

    def _run(
        self,
        todo: Sequence[str],
        pool: Pool,
        gradebook: Gradebook,
        job: Job,
        progress: Progress,
    ) -> None:
        waiting, running, deaths = deque(todo), {}, Counter()
        alike = Alike(self._converter.most_alike)

        def keep(student: str, digest: str, result: Result, rows: Rows) -> None:
            was, now = excerpt.score(rows), excerpt.score(result.rows)
            was_graded = any(grade["auto_score"] is not None for grade in rows["grade"])
            if was_graded and was != now:
                self.scores[student] = was, now
            if result.ended is Ended.GRADED:
                self.earned[student] = now
            if self._keeps:
                self._keep(student, digest, result, gradebook)
            progress.finished(student, result)
            if result.ended is not Ended.FAILED:
                alike.ended()
            elif why := alike.failed(student, "; ".join(result.messages)):
                raise CannotGrade(why)

        def fill() -> None:
            while waiting and pool.room():
                student = waiting.popleft()
                rows = excerpt.of_submission(gradebook, self._assignment, student)
                files, digest = self._read(student, job)
                if isinstance(files, str):
                    why = [f"{student}: {files}"]
                    keep(student, digest, Result(Ended.REFUSED, why, excerpt.unscored(rows)), rows)
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
                    result = Result(Ended.FAILED, [why], excerpt.unscored(rows))
                elif isinstance(result, Exception):
                    raise CannotGrade(str(result)) from result
                fill()  # before this one is written: the workers need not wait for that
                keep(student, digest, result, rows)
        if waiting:
            raise CannotGrade(
                f"No worker is left for {len(waiting)} submissions. Start workers again, and then "
                "the same command: it goes on where this one stopped."
            )

    # -- what there is to grade -----------------------------------------------------------

    def _find(self, students: Sequence[str]) -> dict[str, Path]:
        """The submitted folders, by student, in the order of their names."""
        course = self._course
        course.directory.assignment_id = self._assignment
        try:
            with course.entered():
                self._converter.init_notebooks()
        except NbGraderException as error:
            raise CannotGrade(str(error)) from None
        folders = {
            self._converter.ids(folder)[1]: course.root / folder
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

    def _counting(self, folders: dict[str, Path], log: AttemptLog) -> dict[str, Path]:
        """Where the files are that count: an earlier attempt's, if that was the best."""
        found = {}
        for student, folder in folders.items():
            if log.of(student):
                with suppress(Refused, OSError):
                    self._reader.check_folder(folder)
                    folder = log.that_counts(student, folder, digest_of(read_files(folder)))
            found[student] = folder
        return found

    def _read(self, student: str, job: Job) -> tuple[Files | str, str]:
        """What a student handed in, or why it is refused; and a hash that changes with it."""
        folder = self._folders[student]
        try:
            self._reader.check_folder(folder)
            files: Files | str = read_files(folder)
        except (Refused, OSError) as error:
            files = str(error)
        until = self._converter.extensions[self._assignment].until.get(student)
        return files, fingerprint.of([job.digest, files, str(until)])

    def _is_known(self, student: str, gradebook: Gradebook) -> bool:
        with suppress(MissingEntry):
            return bool(gradebook.find_submission(self._assignment, student))
        return False

    def _enter(self, student: str, gradebook: Gradebook) -> None:
        """Have the student and the submission in the gradebook, as nbgrader has them."""
        try:
            self._converter.enter(gradebook, self._assignment, student)
        except NbGraderException as error:
            raise CannotGrade(str(error)) from None

    # -- what is finished -----------------------------------------------------------------

    def _keep(self, student: str, digest: str, result: Result, gradebook: Gradebook) -> None:
        """Write a result: scores, then files, then the note that this is done."""
        note = self._note(student)
        note.unlink(missing_ok=True)
        try:
            excerpt.bring_back(gradebook, result.rows)
            self._place(student, result.files)
        except (GradebookChanged, SQLAlchemyError, OSError) as error:
            what = str(error).partition("\n")[0]
            with suppress(GradebookChanged, SQLAlchemyError):  # scores without files are none
                excerpt.bring_back(gradebook, excerpt.unscored(result.rows))
            result.ended = Ended.FAILED
            result.messages.append(f"{student}: could not be written: {what}")
        (row,) = result.rows["submitted_assignment"]
        text = json.dumps(
            {
                "fingerprint": digest,
                "submission": row["id"],
                "outcome": result.ended,
                "messages": result.messages,
                "warnings": result.warnings,
                "seconds": result.seconds,
                "cells": result.cells,
            },
            indent=1,
        )
        write_whole(note, f"{text}\n".encode())

    def _place(self, student: str, files: Files) -> None:
        """Put an autograded folder in place of the old one; without files, have none."""
        course = self._course
        folder = course.autograded(student, self._assignment)
        new, old = self._notes / "new", self._notes / "old"
        for rest in (new, old):
            shutil.rmtree(rest, ignore_errors=True)
        write_files(new, files)
        if folder.exists():
            shutil.move(folder, old)
        if files:
            folder.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(new, folder)
            with course.entered():
                self._converter.set_permissions(self._assignment, student)
            above = (one for one in folder.parents if one.is_relative_to(course.root))
            flush(*folder.rglob("*"), folder, *above)
        for rest in (new, old):
            shutil.rmtree(rest, ignore_errors=True)

    def _is_done(self, student: str, gradebook: Gradebook, job: Job) -> bool:
        digest = self._read(student, job)[1]
        try:
            note = json.loads(self._note(student).read_text())
            submission = gradebook.find_submission(self._assignment, student)
        except (FileNotFoundError, ValueError, MissingEntry):
            return False
        done = {"fingerprint": digest, "submission": submission.id, "outcome": Ended.GRADED}
        place = self._course.autograded(student, self._assignment)
        return note.items() >= done.items() and place.is_dir()

    def _note(self, student: str) -> Path:
        return self._notes / f"{student}.json"


def _try(answer: KnownAnswer, pool: Pool) -> str:
    """Have the known answer graded in a pool; return what is to be said of what seals code."""
    if not pool.room():
        return ""  # which the run says
    try:
        return answer.try_by(partial(grade_in, pool))
    except Died as how:
        answer.refuse([f"the process that graded them died ({how})"])
