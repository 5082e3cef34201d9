"""nbgrader's ``Autograde``, so that one bad submission stops nobody and keeps no old score."""

from __future__ import annotations

import re
import shutil
import warnings
from collections.abc import Sequence
from contextlib import ExitStack, closing
from fnmatch import fnmatch
from pathlib import Path
from typing import NoReturn

from nbgrader.api import Gradebook, InvalidEntry, MissingEntry
from nbgrader.converters import Autograde
from nbgrader.converters.base import NbGraderException
from sqlalchemy.exc import SAWarning
from traitlets import Int

from grading.boundary.outcome import Ended
from grading.course import Course
from grading.files import Files, read_files, write_files
from grading.grade import excerpt
from grading.grade.records import Records
from grading.grade.submission import Grader, Submission, UnfitMachine, handed_in_at
from grading.handed_in.read import Refused, SubmissionReader, check_student
from grading.handed_in.whose import NOT_HANDED_IN
from grading.plugin.alike import Alike
from grading.plugin.extensions import EXTENSIONS, GROUPS, Extensions
from grading.plugin.folders import Printable, find_folders
from grading.plugin.known_answer import KnownAnswer, NoKnownAnswer
from grading.plugin.packing import pack
from grading.plugin.students import ClassList
from grading.stop import Stop

# nbgrader 0.9.6 uses a new submission before it adds it to SQLAlchemy's session, and adds it
# then: newer versions of SQLAlchemy warn of that, three times a run. What is stored is right.
warnings.filterwarnings("ignore", "Object of type <Submitted", SAWarning)


class SealedAutograde(Autograde):
    """Grades each submission by itself and names, at the end, those that could not be graded.

    The source's solutions come first: nobody is graded unless they earn what they must. Before a
    submission is graded its old automatic scores are taken away, so that whatever happens after
    that, it is unscored and marked as needing a look, rather than left with an old score.
    """

    most_alike = Int(
        3,
        help="After how many submissions in a row that failed in the same words no more are "
        "graded; 0: they always are.",
    ).tag(config=True)

    refused: list[str]  # sentences on folders whose names can be no student's
    failures: list[tuple[Ended, str]]  # refused or failed, and a sentence that names the student
    extensions: dict[str, Extensions]  # of each assignment

    def start(self) -> None:
        """Grade the submissions.

        Raises
        ------
        NbGraderException
            If the source's solutions do not earn what they must, if student code cannot be sealed
            here, or if any submission could not be graded.
        """
        self.log.addFilter(Printable())
        self._reader = SubmissionReader(parent=self)
        course = Course.of(self, self.coursedir)
        self.exporter = self.exporter_class(parent=self)  # nbgrader asks it how files end
        with course.entered(), ExitStack() as standing:
            self.init_notebooks()
            self._graders: dict[str, Grader] = {}
            for assignment in self.extensions:
                with self._gradebook() as gradebook:
                    job = pack(course, assignment, gradebook)
                self._graders[assignment] = grader = standing.enter_context(closing(Grader(job)))
                self._require_known_answer(KnownAnswer(course, job), grader)
            self.convert_notebooks()

    def _require_known_answer(self, answer: KnownAnswer, grader: Grader) -> None:
        try:
            if remark := grader.get_ready():
                self.log.warning(remark)
            for path in answer.missing:
                self.log.warning("There is no %s: what its solutions earn is not tried.", path)
            if not answer.is_noted():
                answer.try_by(grader.grade)
        except (NoKnownAnswer, UnfitMachine) as why:
            self.refuse_all(str(why))

    def init_notebooks(self) -> None:
        """Find the submissions: every folder, whatever the notebooks in it are called."""
        folders = find_folders(self)
        if not folders:
            super().init_notebooks()  # says so, and what may have been meant
        self.refused, self.assignments, self.extensions = [], {}, {}
        names: dict[str, list[str]] = {}
        with self._gradebook() as gradebook:
            class_list = ClassList.of(gradebook)
        for folder in folders:
            assignment, student = self.ids(folder)
            try:
                check_student(student)
                if sentence := class_list.stranger(student):
                    raise Refused(sentence)
            except Refused as refused:
                self.refused.append(str(refused))
                continue
            if assignment not in names:
                self.extensions[assignment] = self._read_extensions(assignment, class_list)
                names[assignment] = self._released_notebooks(assignment, self.coursedir.notebook_id)
            self.assignments[folder] = [f"{folder}/{name}.ipynb" for name in names[assignment]]

    def convert_notebooks(self) -> None:
        """Grade the submissions one after the other; name those that failed."""
        self.failures = [(Ended.REFUSED, sentence) for sentence in self.refused]
        alike = Alike(self.most_alike)
        for folder, paths in self.assignments.items():
            assignment, student = self.ids(folder)
            notebooks, known = [Path(path).stem for path in paths], len(self.failures)
            self.notebooks = paths
            try:
                self._grade(assignment, student, Path(folder), notebooks)
            except KeyboardInterrupt:
                self._give_up(assignment, student, notebooks)
                self.log.error("Interrupted while grading %s, who is left unscored.", student)
                raise
            except Exception as error:
                self._give_up(assignment, student, notebooks, error)
            failed = [text for kind, text in self.failures[known:] if kind is Ended.FAILED]
            if not failed:
                alike.ended()
            elif why := alike.failed(student, "; ".join(failed)):
                self.failures.append((Ended.FAILED, why))
                break
        if self.failures:
            text = "\n".join(f"  {sentence}" for _, sentence in self.failures)
            self.refuse_all(f"Left without a score, and marked as needing a look:\n{text}")

    def _grade(self, assignment: str, student: str, folder: Path, notebooks: Sequence[str]) -> None:
        """Grade a submission, unless what is there of it stands."""
        grader = self._graders[assignment]
        self._reader.check_folder(folder)
        files = read_files(folder)
        handed_in_at(files)  # or nbgrader stumbles over it
        self._found = set(grader.find(files).files)
        if not self.init_destination(assignment, student):
            return
        rows = self._unscore(assignment, student, notebooks)
        result = grader.grade(Submission(student, files, rows), notebooks)
        for warning in result.warnings:
            self.log.warning("%s", warning)
        for text in result.errors:
            self.log.error("%s, %s: %s", student, assignment, text)
        with self._gradebook() as gradebook:
            excerpt.bring_back(gradebook, result.rows)
        self._place(assignment, student, notebooks, result.files)
        self.failures += [(result.ended, sentence) for sentence in result.messages]

    def init_destination(self, assignment_id: str, student_id: str) -> bool:
        """Whether to grade: as nbgrader decides, and again if a notebook failed the last time."""
        folder = Path(self._format_dest(assignment_id, student_id))
        for path in folder.glob("*.ipynb"):
            if path.stem in self._found and _is_of_nothing(path):
                path.unlink()  # it was handed in since
        graded = {path.stem for path in folder.glob("*.ipynb")}
        if self.coursedir.notebook_id == "*" and folder.is_dir() and self._found - graded:
            shutil.rmtree(folder)
        return super().init_destination(assignment_id, student_id)

    def enter(self, gradebook: Gradebook, assignment: str, student: str) -> None:
        """Have the student and the submission in the gradebook, as nbgrader has them.

        Raises
        ------
        NbGraderException
            If the student is not there, and is not to be made.
        """
        try:
            submission = gradebook.find_submission(assignment, student)
        except MissingEntry:
            if self.create_student:
                gradebook.update_or_create_student(student)
            try:
                submission = gradebook.update_or_create_submission(assignment, student)
            except (MissingEntry, InvalidEntry) as error:
                raise NbGraderException(
                    f"{error}. Add the student first (nbgrader db student add {student}), or leave "
                    "Autograde.create_student at True."
                ) from None
        self.extensions[assignment].grant(submission)
        gradebook.db.commit()

    def refuse_all(self, sentence: str) -> NoReturn:
        """End the command, and say why.

        Raises
        ------
        NbGraderException
            Always.
        """
        self.log.error(sentence)
        raise NbGraderException(sentence)

    def ids(self, folder: str) -> tuple[str, str]:
        """The assignment and the student of a submitted folder."""
        pattern = self._format_source("(?P<assignment>.*)", "(?P<student>.*)", escape=True)
        match = re.match(pattern, folder, re.DOTALL)
        return match["assignment"], match["student"]

    def _gradebook(self) -> Gradebook:
        return Gradebook(self.coursedir.db_url, self.coursedir.course_id)

    def _released_notebooks(self, assignment: str, pattern: str) -> list[str]:
        """The notebooks of an assignment that the gradebook knows, and whose names fit."""
        with self._gradebook() as gradebook:
            try:
                notebooks = gradebook.find_assignment(assignment).notebooks
            except MissingEntry:
                self.refuse_all(
                    f"The gradebook does not know the assignment {assignment}. "
                    f"Run: nbgrader generate_assignment {assignment} --force"
                )
            names = sorted(notebook.name for notebook in notebooks)
        wanted = [name for name in names if fnmatch(name, pattern)]
        if not wanted:
            self.refuse_all(f"{assignment} has no notebook {pattern}; it has: {', '.join(names)}.")
        return wanted

    def _read_extensions(self, assignment: str, class_list: ClassList) -> Extensions:
        try:
            extensions = Extensions(Path(self.coursedir.root, EXTENSIONS), assignment)
        except Stop as stop:
            self.refuse_all(str(stop))
        if unknown := extensions.unknown(class_list):
            self.log.warning(
                "%s gives more time to %s: not on the class list, and no group in %s.",
                EXTENSIONS,
                ", ".join(unknown),
                GROUPS,
            )
        return extensions

    def _unscore(self, assignment: str, student: str, notebooks: Sequence[str]) -> excerpt.Rows:
        """Take away the automatic scores of these notebooks; return the rows as they were."""
        with self._gradebook() as gradebook:
            self.enter(gradebook, assignment, student)
            rows = excerpt.of_submission(gradebook, assignment, student)
            records = Records(self._graders[assignment].job.rows, rows)
            for notebook in notebooks:
                records.unscore(notebook)
            excerpt.bring_back(gradebook, records.rows)
        return rows

    def _place(self, assignment: str, student: str, notebooks: Sequence[str], files: Files) -> None:
        """Put the files of a graded submission in its folder; what could not be graded has none."""
        folder = Path(self._format_dest(assignment, student))
        for name in (*files, *(f"{notebook}.ipynb" for notebook in notebooks)):
            folder.joinpath(name).unlink(missing_ok=True)
        if files:
            write_files(folder, files)
        if any(folder.glob("*.ipynb")):
            self.set_permissions(assignment, student)
        elif folder.is_dir():
            shutil.rmtree(folder)

    def _give_up(
        self,
        assignment: str,
        student: str,
        notebooks: Sequence[str],
        error: Exception | None = None,
    ) -> None:
        """Leave no half-graded notebook and no score behind, and remember what happened."""
        try:
            self._unscore(assignment, student, notebooks)
            self._place(assignment, student, notebooks, {})
        except Exception as trouble:  # a gradebook that is locked: go on with the others
            sentence = f"{student}: an old score or page may still stand: {trouble}"
            self.failures.append((Ended.FAILED, sentence))
        if isinstance(error, Refused):
            self.failures.append((Ended.REFUSED, f"{student}: {error}"))
        elif error is not None:
            self.log.error("%s, %s: %s", student, assignment, error)
            self.log.debug("%s, %s", student, assignment, exc_info=error)
            what = str(error).partition("\n")[0]
            sentence = f"{student}: {', '.join(notebooks)}: {type(error).__name__}: {what}"
            self.failures.append((Ended.FAILED, sentence))


def _is_of_nothing(path: Path) -> bool:
    """Whether an autograded notebook is the page on one that was not handed in."""
    return f'"{NOT_HANDED_IN}": true'.encode() in path.read_bytes()
