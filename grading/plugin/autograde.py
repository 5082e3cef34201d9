"""nbgrader's ``Autograde``, so that one bad submission stops nobody and keeps no old score."""

from __future__ import annotations

import glob
import re
import shutil
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.converters import Autograde
from nbgrader.converters.base import BaseConverter, NbGraderException
from nbgrader.utils import setenv

from grading.boundary.outcome import Ended
from grading.course import release_folder
from grading.handed_in.arrange import places_of
from grading.handed_in.read import Refused, SubmissionReader
from grading.plugin.bench import Bench
from grading.plugin.execute import AtWork, SealedExecute
from grading.sandbox import bubblewrap


class SealedAutograde(Autograde):
    """Grades each submission by itself and names, at the end, those that could not be graded.

    Before a submission is graded its old automatic scores are taken away, so that whatever happens
    after that, it is unscored and marked as needing a look, rather than left with an old score.
    """

    failures: list[tuple[Ended, str]]  # refused or failed, and a sentence that names the student
    seconds: dict[str, float]  # that each ``notebook/cell`` took

    def start(self) -> None:
        """Grade the submissions; see :meth:`grade`."""
        with Bench() as bench:
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
        execute = SealedExecute(parent=self)
        if not execute.enabled:
            self._refuse_all("--no-execute is not possible here: scores come from running code.")
        problem = bubblewrap.problem()
        if problem is not None and execute.require_isolation:
            self._refuse_all(
                f"{problem}\n(SealedExecute.require_isolation = False grades without the seal: "
                "only for submissions that you wrote yourself.)"
            )
        if problem is not None:
            self.log.warning(
                "STUDENT CODE RUNS UNSEALED, with all the rights of the user who grades, because "
                "SealedExecute.require_isolation is False. %s",
                problem,
            )
        self._reader = SubmissionReader(parent=self)
        self._bench = bench
        self.failures, self.seconds = [], {}
        super().start()

    def init_notebooks(self) -> None:
        """Find the submissions: every folder, whatever the notebooks in it are called."""
        pattern = self._format_source(self.coursedir.assignment_id, self.coursedir.student_id)
        folders = sorted(glob.glob(pattern))
        if not folders:
            super().init_notebooks()  # says so, and what may have been meant
        assignments = {self.ids(folder)[0] for folder in folders}
        names = {assignment: self._released_notebooks(assignment) for assignment in assignments}
        self.assignments = {
            folder: [f"{folder}/{name}.ipynb" for name in names[self.ids(folder)[0]]]
            for folder in folders
        }

    def convert_notebooks(self) -> None:
        """Grade the submissions one after the other; name those that failed."""
        for folder, notebooks in self.assignments.items():
            assignment, student = self.ids(folder)
            self.notebooks = notebooks
            try:
                self._check(Path(folder))
                self._find_files(Path(folder))
                if self.init_destination(assignment, student):
                    self._grade(assignment, student)
            except KeyboardInterrupt:
                self._give_up(assignment, student, self.notebooks)
                self.log.error("Interrupted while grading %s, who is left unscored.", student)
                raise
            except Exception as error:
                self._give_up(assignment, student, self.notebooks, error)
        if self.failures:
            text = "\n".join(f"  {sentence}" for _, sentence in self.failures)
            self._refuse_all(f"Left without a score, and marked as needing a look:\n{text}")

    def init_destination(self, assignment_id: str, student_id: str) -> bool:
        """Whether to grade: as nbgrader decides, and again if a notebook failed the last time."""
        folder = Path(self._format_dest(assignment_id, student_id))
        graded = {path.stem for path in folder.glob("*.ipynb")}
        if self.coursedir.notebook_id == "*" and folder.is_dir() and self._files.keys() - graded:
            shutil.rmtree(folder)
        return super().init_destination(assignment_id, student_id)

    def init_single_notebook_resources(self, notebook_filename: str) -> dict[str, Any]:
        """Add what :class:`SealedExecute` needs."""
        resources = super().init_single_notebook_resources(notebook_filename)
        resources["grading"] = AtWork(self._bench, self.seconds)
        return resources

    def convert_single_notebook(self, notebook_filename: str) -> None:
        """Read a submitted notebook and sanitise it; then run it and record its scores."""
        notebook = Path(notebook_filename)
        self._sanitizing = True
        self._init_preprocessors()
        resources = self.init_single_notebook_resources(notebook_filename)
        resources["metadata"] = {"name": notebook.stem, "path": str(notebook.parent)}
        submitted = self._reader.read(self._files[notebook.stem])
        output, resources = self.exporter.from_notebook_node(submitted, resources=resources)
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
        self._unscore(assignment, student, self.notebooks)
        self.run_pre_convert_hook()
        self.init_assignment(assignment, student)
        for notebook in self.notebooks:
            name = Path(notebook).stem
            if name not in self._files:
                self.log.warning("%s: %s.ipynb was not handed in and scores 0.", student, name)
                continue
            try:
                self.convert_single_notebook(notebook)
            except Exception as error:
                self._give_up(assignment, student, [notebook], error)
        if Path(self._format_dest(assignment, student)).is_dir():
            self.set_permissions(assignment, student)
        self.run_post_convert_hook()

    def _refuse_all(self, sentence: str) -> None:
        self.log.error(sentence)
        raise NbGraderException(sentence)

    def ids(self, folder: str) -> tuple[str, str]:
        """The assignment and the student of a submitted folder."""
        pattern = self._format_source("(?P<assignment>.*)", "(?P<student>.*)", escape=True)
        match = re.match(pattern, folder)
        return match["assignment"], match["student"]

    def _released_notebooks(self, assignment: str) -> list[str]:
        """The notebooks of an assignment that are to be graded, by the gradebook."""
        with Gradebook(self.coursedir.db_url, self.coursedir.course_id) as gradebook:
            try:
                notebooks = gradebook.find_assignment(assignment).notebooks
            except MissingEntry:
                self._refuse_all(
                    f"The gradebook does not know the assignment {assignment}. "
                    f"Run: nbgrader generate_assignment {assignment} --force"
                )
            names = sorted(notebook.name for notebook in notebooks)
        wanted = [name for name in names if fnmatch(name, self.coursedir.notebook_id)]
        if not wanted:
            self._refuse_all(
                f"{assignment} has no notebook {self.coursedir.notebook_id}; it has: "
                f"{', '.join(names)}."
            )
        return wanted

    def _find_files(self, folder: Path) -> None:
        """Find the file of each notebook: by its name, else the stray file most like it.

        Notebooks have cells in common, such as their imports: what is most alike goes together
        first, so that a file is not taken for a notebook which merely comes before its own.
        """
        handed_in = {Path(notebook).stem: Path(notebook) for notebook in self.notebooks}
        self._files = {
            name: path for name, path in handed_in.items() if path.is_symlink() or path.exists()
        }
        stray = sorted(set(folder.glob("*.ipynb")) - set(handed_in.values()))
        missing = [name for name in handed_in if name not in self._files]
        likeness = {(path, name): self._likeness(path, name) for path in stray for name in missing}
        for path, name in sorted(likeness, key=likeness.get, reverse=True):
            taken = name in self._files or path in self._files.values()
            if likeness[path, name] > 0 and not taken:
                self.log.warning("%s is graded as %s.ipynb.", path, name)
                self._files[name] = path

    def _likeness(self, path: Path, notebook: str) -> int:
        try:
            submitted = self._reader.read(path)
        except (Refused, OSError):
            return 0
        release = release_folder(self, self.ids(str(path.parent))[0])
        released = nbformat.read(release / f"{notebook}.ipynb", as_version=4)
        named = {i for i, cell in enumerate(released.cells) if "nbgrader" in cell.metadata}
        return len(named.intersection(places_of(submitted, released)))

    def _unscore(self, assignment: str, student: str, notebooks: list[str]) -> None:
        """Take away the automatic scores of these notebooks."""
        with Gradebook(self.coursedir.db_url, self.coursedir.course_id) as gradebook:
            if self.create_student:
                gradebook.update_or_create_student(student)
            gradebook.update_or_create_submission(assignment, student)
            for notebook in notebooks:
                submitted = gradebook.find_submission_notebook(
                    Path(notebook).stem, assignment, student
                )
                for grade in submitted.grades:
                    grade.auto_score, grade.needs_manual_grade = None, True
            gradebook.db.commit()

    def _give_up(
        self, assignment: str, student: str, notebooks: list[str], error: Exception | None = None
    ) -> None:
        """Leave no half-graded notebook and no score behind, and remember what happened."""
        try:
            self._unscore(assignment, student, notebooks)
        except Exception as trouble:  # a gradebook that is locked: go on with the others
            sentence = f"{student}: an old score may still stand: {trouble}"
            self.failures.append((Ended.FAILED, sentence))
        folder = Path(self._format_dest(assignment, student))
        for notebook in notebooks:
            folder.joinpath(Path(notebook).name).unlink(missing_ok=True)
        if folder.is_dir() and not list(folder.glob("*.ipynb")):
            shutil.rmtree(folder)
        if isinstance(error, Refused):
            self.failures.append((Ended.REFUSED, f"{student}: {error}"))
        elif error is not None:
            self.log.error("%s, %s: %s", student, assignment, error)
            self.log.debug("%s, %s", student, assignment, exc_info=error)
            names = ", ".join(Path(notebook).stem for notebook in notebooks)
            what = str(error).partition("\n")[0]
            sentence = f"{student}: {names}: {type(error).__name__}: {what}"
            self.failures.append((Ended.FAILED, sentence))
