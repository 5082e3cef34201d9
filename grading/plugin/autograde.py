"""nbgrader's ``Autograde``, so that one bad submission stops nobody and keeps no old score."""

from __future__ import annotations

import re
import shutil
import warnings
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, NoReturn

import nbformat
from nbformat.notebooknode import NotebookNode
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.converters import Autograde
from nbgrader.converters.base import BaseConverter, NbGraderException
from nbgrader.utils import setenv
from sqlalchemy.exc import SAWarning
from traitlets import Int

from grading.boundary.outcome import Ended
from grading.course import release_folder, released_assignments
from grading.handed_in.read import Refused, SubmissionReader, check_student
from grading.handed_in.whose import NOT_HANDED_IN, HandedIn, Releases, not_handed_in
from grading.plugin.alike import Alike
from grading.plugin.bench import Bench
from grading.plugin.changes import Changes
from grading.plugin.execute import AtWork, SealedExecute
from grading.plugin.extensions import EXTENSIONS, GROUPS, Extensions
from grading.plugin.folders import Printable, find_folders
from grading.plugin.students import ClassList
from grading.stop import Stop

# nbgrader 0.9.6 uses a new submission before it adds it to SQLAlchemy's session, and adds it
# then: newer versions of SQLAlchemy warn of that, three times a run. What is stored is right.
warnings.filterwarnings("ignore", "Object of type <Submitted", SAWarning)


class SealedAutograde(Autograde):
    """Grades each submission by itself and names, at the end, those that could not be graded.

    Before a submission is graded its old automatic scores are taken away, so that whatever happens
    after that, it is unscored and marked as needing a look, rather than left with an old score.
    """

    most_alike = Int(
        3,
        help="After how many submissions in a row that failed in the same words no more are "
        "graded; 0: they always are.",
    ).tag(config=True)

    refused: list[str]  # sentences on folders whose names can be no student's
    failures: list[tuple[Ended, str]]  # refused or failed, and a sentence that names the student
    extensions: dict[str, Extensions]  # of each assignment
    seconds: dict[str, float]  # that each ``notebook/cell`` took

    def start(self) -> None:
        """Grade the submissions; see :meth:`grade`."""
        with Bench(self.config) as bench:
            self.grade(bench)

    def grade(self, bench: Bench) -> None:
        """Grade the submissions.

        Parameters
        ----------
        bench : Bench
            What stands ready for it, and stays ready for more.

        Raises
        ------
        NbGraderException
            If student code cannot be sealed here, or if any submission could not be graded.
        """
        self.failures, self.seconds = [], {}
        problem = self.require_seal(bench)
        if problem is not None:
            self.log.warning(
                "STUDENT CODE RUNS UNSEALED, with all the rights of the user who grades, because "
                "SealedExecute.require_isolation is False. %s",
                problem,
            )
        self.log.addFilter(Printable())
        self._reader = SubmissionReader(parent=self)
        self._bench = bench
        self._known: dict[str, Releases] = {}
        super().start()

    def require_seal(self, bench: Bench) -> str | None:
        """Make sure that student code runs sealed; if it need not, return why it does not.

        Raises
        ------
        NbGraderException
            If it must and cannot, or if no code is to be run.
        """
        execute = SealedExecute(parent=self)
        if not execute.enabled:
            self.refuse_all("--no-execute is not possible here: scores come from running code.")
        problem = bench.problem(str(release_folder(self, self.coursedir.assignment_id).resolve()))
        if problem is not None and execute.require_isolation:
            self.refuse_all(
                f"{problem}\n(SealedExecute.require_isolation = False grades without the seal: "
                "only for submissions that you wrote yourself.)"
            )
        return problem

    def init_notebooks(self) -> None:
        """Find the submissions: every folder, whatever the notebooks in it are called."""
        folders = find_folders(self)
        if not folders:
            super().init_notebooks()  # says so, and what may have been meant
        self.refused, self.assignments, self.extensions = [], {}, {}
        names: dict[str, list[str]] = {}
        with Gradebook(self.coursedir.db_url, self.coursedir.course_id) as gradebook:
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
        self.failures += [(Ended.REFUSED, sentence) for sentence in self.refused]
        alike = Alike(self.most_alike)
        for folder, notebooks in self.assignments.items():
            known = len(self.failures)
            assignment, student = self.ids(folder)
            self.notebooks = notebooks
            try:
                self._check(Path(folder))
                self._find_files(assignment, student, Path(folder))
                if self.init_destination(assignment, student):
                    self._grade(assignment, student)
            except KeyboardInterrupt:
                self._give_up(assignment, student, self.notebooks)
                self.log.error("Interrupted while grading %s, who is left unscored.", student)
                raise
            except Exception as error:
                self._give_up(assignment, student, self.notebooks, error)
            failed = [text for kind, text in self.failures[known:] if kind is Ended.FAILED]
            if not failed:
                alike.ended()
            elif why := alike.failed(student, "; ".join(failed)):
                self.failures.append((Ended.FAILED, why))
                break
        if self.failures:
            text = "\n".join(f"  {sentence}" for _, sentence in self.failures)
            self.refuse_all(f"Left without a score, and marked as needing a look:\n{text}")

    def init_destination(self, assignment_id: str, student_id: str) -> bool:
        """Whether to grade: as nbgrader decides, and again if a notebook failed the last time."""
        folder = Path(self._format_dest(assignment_id, student_id))
        for path in folder.glob("*.ipynb"):
            if path.stem in self._files and _is_of_nothing(path):
                path.unlink()  # it was handed in since
        graded = {path.stem for path in folder.glob("*.ipynb")}
        if self.coursedir.notebook_id == "*" and folder.is_dir() and self._files.keys() - graded:
            shutil.rmtree(folder)
        return super().init_destination(assignment_id, student_id)

    def init_single_notebook_resources(self, notebook_filename: str) -> dict[str, Any]:
        """Add what :class:`SealedExecute` needs."""
        resources = super().init_single_notebook_resources(notebook_filename)
        resources["grading"] = AtWork(self._bench, self.seconds, self._remarks)
        return resources

    def convert_single_notebook(self, notebook_filename: str) -> None:
        """Sanitise a submitted notebook; then run it and record its scores.

        Raises
        ------
        Refused
            If its file cannot be read.
        """
        notebook = Path(notebook_filename)
        self._sanitizing = True
        self._init_preprocessors()
        resources = self.init_single_notebook_resources(notebook_filename)
        resources["metadata"] = {"name": notebook.stem, "path": str(notebook.parent)}
        file: HandedIn = self._files[notebook.stem]
        if file.notebook is None:
            raise Refused(file.problem)
        output, resources = self.exporter.from_notebook_node(file.notebook, resources=resources)
        self.write_single_notebook(output, resources)
        self._sanitizing = False
        self._init_preprocessors()
        try:
            with setenv(NBGRADER_EXECUTION="autograde"):
                sanitized = Path(self.writer.build_directory, notebook.name)
                BaseConverter.convert_single_notebook(self, str(sanitized))
        finally:
            self._sanitizing = True

    def _check(self, folder: Path) -> None:
        """Make sure that nbgrader can read what it reads itself of a submitted folder."""
        self._reader.check_folder(folder)
        try:
            self.coursedir.get_existing_timestamp(str(folder))
        except Exception:  # of several kinds, among them one of nbgrader's own mistakes
            raise Refused(
                f"{folder}/timestamp.txt holds no time such as 2026-01-31 09:00:00 UTC."
            ) from None

    def _grade(self, assignment: str, student: str) -> None:
        settled = self._unscore(assignment, student, self.notebooks)
        self.run_pre_convert_hook()
        self.init_assignment(assignment, student)
        for notebook in self.notebooks:
            name = Path(notebook).stem
            try:
                if name in self._files:
                    self.convert_single_notebook(notebook)
                else:
                    self._score_nothing(assignment, student, name)
                self._settle(assignment, student, name, settled)
            except Exception as error:
                self._give_up(assignment, student, [notebook], error)
        if Path(self._format_dest(assignment, student)).is_dir():
            self.set_permissions(assignment, student)
        self.run_post_convert_hook()

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

    def _score_nothing(self, assignment: str, student: str, notebook: str) -> None:
        """Score 0 for a notebook that was not handed in; the student's page says so."""
        sentence = f"{notebook}.ipynb was not handed in and scores 0."
        self.log.warning("%s: %s", student, sentence)
        full = Changes(Path(self.coursedir.root)).full(assignment)
        with Gradebook(self.coursedir.db_url, self.coursedir.course_id) as gradebook:
            for grade in gradebook.find_submission_notebook(notebook, assignment, student).grades:
                everybodys = (notebook, grade.name) in full
                grade.auto_score = grade.max_score if everybodys else 0.0
                grade.needs_manual_grade = False
            gradebook.db.commit()
        release = _read(release_folder(self, assignment) / f"{notebook}.ipynb")
        if release is not None:
            page = Path(self._format_dest(assignment, student)) / f"{notebook}.ipynb"
            page.parent.mkdir(parents=True, exist_ok=True)
            nbformat.write(not_handed_in(release, [sentence, *self._remarks]), page)

    def _released_notebooks(self, assignment: str, pattern: str) -> list[str]:
        """The notebooks of an assignment that the gradebook knows, and whose names fit."""
        with Gradebook(self.coursedir.db_url, self.coursedir.course_id) as gradebook:
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

    def _find_files(self, assignment: str, student: str, folder: Path) -> None:
        """Find the file of each notebook, whatever it is called and wherever it lies."""
        ours = {path.name for path in release_folder(self, assignment).rglob("*")}
        files = [
            file
            for file in self._reader.read_folder(folder)
            if file.notebook or file.problem or file.parts[-1] not in {*ours, "timestamp.txt"}
        ]
        decision = self._releases(assignment).assign(assignment, files)
        self._files, self._remarks = decision.files, decision.remarks
        for remark in decision.remarks:
            self.log.warning("%s: %s", student, remark)

    def _releases(self, assignment: str) -> Releases:
        """The course's released notebooks; of this assignment, those that the gradebook knows."""
        if assignment not in self._known:
            notebooks = {assignment: {}}
            for name in self._released_notebooks(assignment, "*"):
                path = release_folder(self, assignment) / f"{name}.ipynb"
                notebooks[assignment][name] = _read(path) or nbformat.v4.new_notebook()
            for other in released_assignments(self):
                paths = release_folder(self, other).glob("*.ipynb")
                found = {path.stem: _read(path) for path in sorted(paths)}
                notebooks.setdefault(other, {name: nb for name, nb in found.items() if nb})
            self._known[assignment] = Releases(notebooks)
        return self._known[assignment]

    def _unscore(
        self, assignment: str, student: str, notebooks: list[str]
    ) -> dict[tuple[str, str], float]:
        """Take away the automatic scores of these notebooks.

        Returns
        -------
        dict
            By notebook and question, those over which a score was given by hand that stands.
        """
        settled = {}
        with Gradebook(self.coursedir.db_url, self.coursedir.course_id) as gradebook:
            if self.create_student:
                gradebook.update_or_create_student(student)
            submission = gradebook.update_or_create_submission(assignment, student)
            self.extensions[assignment].grant(submission)
            for notebook in notebooks:
                submitted = gradebook.find_submission_notebook(
                    Path(notebook).stem, assignment, student
                )
                for grade in submitted.grades:
                    if grade.manual_score is not None and not grade.needs_manual_grade:
                        settled[submitted.name, grade.name] = grade.auto_score
                    grade.auto_score, grade.needs_manual_grade = None, True
            gradebook.db.commit()
        return settled

    def _settle(
        self,
        assignment: str,
        student: str,
        notebook: str,
        settled: dict[tuple[str, str], float],
    ) -> None:
        """Have a person look at a score given by hand only where the automatic one has changed."""
        if not any(name == notebook for name, _ in settled):
            return
        with Gradebook(self.coursedir.db_url, self.coursedir.course_id) as gradebook:
            for grade in gradebook.find_submission_notebook(notebook, assignment, student).grades:
                before = settled.get((notebook, grade.name))
                if before is not None and grade.auto_score == before:
                    grade.needs_manual_grade = False
            gradebook.db.commit()

    def _give_up(
        self, assignment: str, student: str, notebooks: list[str], error: Exception | None = None
    ) -> None:
        """Leave no half-graded notebook and no score behind, and remember what happened."""
        folder = Path(self._format_dest(assignment, student))
        try:
            self._unscore(assignment, student, notebooks)
            for notebook in notebooks:
                folder.joinpath(Path(notebook).name).unlink(missing_ok=True)
            if folder.is_dir() and not list(folder.glob("*.ipynb")):
                shutil.rmtree(folder)
        except Exception as trouble:  # a gradebook that is locked: go on with the others
            sentence = f"{student}: an old score or page may still stand: {trouble}"
            self.failures.append((Ended.FAILED, sentence))
        if isinstance(error, Refused):
            self.failures.append((Ended.REFUSED, f"{student}: {error}"))
        elif error is not None:
            self.log.error("%s, %s: %s", student, assignment, error)
            self.log.debug("%s, %s", student, assignment, exc_info=error)
            names = ", ".join(Path(notebook).stem for notebook in notebooks)
            what = str(error).partition("\n")[0]
            sentence = f"{student}: {names}: {type(error).__name__}: {what}"
            self.failures.append((Ended.FAILED, sentence))


def _read(path: Path) -> NotebookNode | None:
    """A notebook of the course's own; None if it is not there, or is none."""
    try:
        return nbformat.read(path, as_version=4)
    except (OSError, ValueError, nbformat.reader.NotJSONError, nbformat.ValidationError):
        return None


def _is_of_nothing(path: Path) -> bool:
    """Whether an autograded notebook is the page on one that was not handed in."""
    return f'"{NOT_HANDED_IN}": true'.encode() in path.read_bytes()
