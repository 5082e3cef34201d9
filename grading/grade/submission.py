"""Grades one submission away from the course: plain values in, plain values out.

Everything that it takes arrives in two values, so that it can run in another process or on another
machine: :class:`Job`, the same for a whole run, and :class:`Submission`.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fnmatch import fnmatch
from functools import cached_property
from pathlib import PurePath

import cloudpickle
import nbformat
from nbconvert.preprocessors import ClearMetadataPreprocessor
from nbformat.notebooknode import NotebookNode
from nbgrader.converters import Autograde
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import AssignLatePenalties, IgnorePattern, LimitOutput
from nbgrader.utils import parse_utc

from grading.boundary.outcome import Ended
from grading.files import Files
from grading.grade import excerpt, fingerprint
from grading.grade.bench import Bench
from grading.grade.excerpt import Rows
from grading.grade.markdown import about
from grading.grade.notebook import grade_notebook
from grading.grade.records import Question, Records
from grading.grade.secret import student_key
from grading.handed_in.read import Refused, SubmissionReader
from grading.handed_in.whose import Decision, Releases, not_handed_in

TIMESTAMP = "timestamp.txt"
ALWAYS = (IgnorePattern, ClearMetadataPreprocessor, LimitOutput)  # as far as settings want them


@dataclass(frozen=True)
class Job:
    """What the grading of every submission needs, with nothing left behind on a disk.

    Parameters
    ----------
    assignment : str
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
    secret : bytes
        The course's secret.
    full : frozenset of Question
        The questions whose points everybody gets.
    digest : str
        Changes when anything above or below does, but for `others`, `full` and what questions
        count.
    imports : tuple of str
        Modules that kernels have from the start.
    engine : str
        Of :func:`grading.grade.fingerprint.engine`: the machine that grades must have the same.
    """

    assignment: str
    release: Files
    source: Files
    others: dict[str, Files] = field(repr=False)
    tests: list[Files]
    rows: Rows = field(repr=False)
    config: bytes = field(repr=False)
    secret: bytes = field(repr=False)
    full: frozenset[Question]
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
    rows : Rows
        The submission's part of the gradebook, with scores.
    files : Files
        The autograded folder.
    warnings : list of str
        What was odd, and put right.
    errors : list of str
        What failed, at length.
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
    errors: list[str] = field(default_factory=list)
    seconds: float = 0.0
    cells: dict[str, float] = field(default_factory=dict)
    seal: str = ""


class UnfitMachine(Exception):
    """No submission can be graded here; the text says why and what to do."""


class NotReleased(Exception):
    """There is no notebook to grade by; the text says what to do."""


class Grader:
    """Grades submissions of one job, one after the other.

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
        self._config = cloudpickle.loads(job.config)
        self.bench = Bench(self._config)
        self._reader = SubmissionReader(config=self._config)
        self._ignored = [*CourseDirectory(config=self._config).ignore, "*.ipynb"]
        self._steps = Autograde(CourseDirectory(config=self._config), config=self._config)
        self._late = AssignLatePenalties(config=self._config)
        self._late.init_plugin()
        self.notebooks = sorted(row["name"] for row in job.rows["notebook"])
        self._sources: dict[str, dict[str, str]] = {name: {} for name in self.notebooks}
        names = {row["id"]: row["name"] for row in job.rows["notebook"]}
        for row in job.rows["source_cell"]:
            self._sources[names[row["notebook_id"]]][row["name"]] = row["source"]
        self._seal: str | None = None

    @cached_property
    def _released(self) -> dict[str, NotebookNode]:
        """The notebooks of the assignment as they were handed out."""
        return _notebooks(self.job.release)

    @cached_property
    def _releases(self) -> Releases:
        others = {of: _notebooks(files) for of, files in self.job.others.items()}
        nothing = nbformat.v4.new_notebook()
        own = {name: self._released.get(name, nothing) for name in self.notebooks}
        return Releases({self.job.assignment: own, **others})

    def get_ready(self) -> str:
        """Have everything in its place, and student code sealed.

        Returns
        -------
        str
            What is to be said once of the seal; empty if there is nothing.

        Raises
        ------
        UnfitMachine
            If student code cannot be sealed here and must be, or there is no room.
        """
        if self._seal is None:
            if not self.bench.settings.enabled:
                raise UnfitMachine(
                    "--no-execute is not possible here: scores come from running code."
                )
            try:
                self.bench.lay_out(_without_notebooks(self.job.release), self.job.tests)
            except OSError as error:
                raise UnfitMachine(f"The course cannot be laid out here: {error}") from None
            self._seal = self._require_seal()
        return self._seal

    def _require_seal(self) -> str:
        problem = self.bench.problem()
        if problem is None:
            return self.bench.remark
        if self.bench.settings.require_isolation:
            raise UnfitMachine(
                f"{problem}\n(SealedExecute.require_isolation = False grades without the seal: "
                "only for submissions that you wrote yourself.)"
            )
        return (
            "STUDENT CODE RUNS UNSEALED, with all the rights of the user who grades, because "
            f"SealedExecute.require_isolation is False. {problem}"
        )

    def find(self, files: Files) -> Decision:
        """Find the file of each notebook, whatever it is called and wherever it lies."""
        ours = {PurePath(name).name for name in self.job.release} | {TIMESTAMP}
        found = [
            file
            for file in self._reader.read_files(
                {name: content for name, (_, content) in files.items()}
            )
            if file.notebook or file.problem or file.parts[-1] not in ours
        ]
        return self._releases.assign(self.job.assignment, found)

    def grade(self, submission: Submission, notebooks: Collection[str] | None = None) -> Result:
        """Grade a submission.

        Parameters
        ----------
        submission : Submission
        notebooks : collection of str, optional
            Only these of the assignment.

        Raises
        ------
        UnfitMachine
            If student code cannot be sealed here, or there is no room.
        """
        seal, start = self.get_ready(), time.monotonic()
        student, names = submission.student, list(notebooks or self.notebooks)
        rows = submission.rows or excerpt.new_submission(self.job.rows, student)
        records = Records(self.job.rows, rows, self.job.full)
        for name in names:
            records.unscore(name)
        result = Result(Ended.GRADED, [], records.rows)
        try:
            self._grade(submission, names, records, result)
        except Exception as error:  # whatever it is, it must not stop the others
            for name in names:
                records.unscore(name)
            result.files = {}
            self._note(result, student, ", ".join(names), error)
        result.seconds, result.seal = round(time.monotonic() - start, 3), seal
        return result

    def close(self) -> None:
        """End the processes that stand ready, and remove every file."""
        self._seal = None
        self.bench.close()

    def _grade(
        self, submission: Submission, notebooks: list[str], records: Records, result: Result
    ) -> None:
        student, at = submission.student, handed_in_at(submission.files)
        decision = self.find(submission.files)
        if at is not None:
            records.hand_in(at)
        if late := records.seconds_late:
            result.warnings.append(f"{student}: handed in {timedelta(seconds=round(late))} late.")
        result.warnings += [f"{student}: {remark}" for remark in decision.remarks]
        self._steps.coursedir.assignment_id = self.job.assignment
        self._steps.coursedir.student_id = student
        self._steps.notebooks = [f"{name}.ipynb" for name in notebooks]
        self._steps.run_pre_convert_hook()
        pages: Files = {}
        for name in notebooks:
            try:
                page = self._page(student, name, decision, records, result)
                records.penalise(self._late, student, name)
                if page is not None:
                    pages[f"{name}.ipynb"] = 0o644, _as_bytes(page)
            except Exception as error:
                records.unscore(name)
                self._note(result, student, name, error)
        self._steps.run_post_convert_hook()
        if pages:
            result.files = self._beside(submission.files) | pages

    def _page(
        self, student: str, name: str, decision: Decision, records: Records, result: Result
    ) -> NotebookNode | None:
        """Grade a notebook, and enter what it has earned; return what is kept of it."""
        if name not in decision.files:
            sentence = f"{name}.ipynb was not handed in and scores 0."
            result.warnings.append(f"{student}: {sentence}")
            records.score_nothing(name)
            if name not in self._released:
                return None
            page = copy.deepcopy(self._released[name])
            return not_handed_in(page, [sentence, *decision.remarks])
        if name not in self._released:
            raise NotReleased(
                f"release/ has no {name}.ipynb that can be read. "
                f"Run: nbgrader generate_assignment {self.job.assignment} --force"
            )
        file = decision.files[name]
        if file.notebook is None:
            raise Refused(file.problem)
        names = {"student": student, "assignment": self.job.assignment, "notebook": name}
        source = self._convert(file.notebook, self._steps.sanitize_preprocessors, names)
        key = student_key(self.job.secret, student, self.job.assignment)
        graded = grade_notebook(source, self._released[name], self._sources[name], key, self.bench)
        steps = [*ALWAYS, *self._steps.autograde_preprocessors]
        page = self._convert(graded.notebook, steps, names)
        records.score(name, page, graded.scores)
        told = [f"{student}, {name}: {text}" for text in (*graded.remarks, *graded.warnings)]
        result.warnings += told
        result.cells |= {f"{name}/{cell}": seconds for cell, seconds in graded.seconds.items()}
        if remarks := [*decision.remarks, *graded.remarks]:
            page.cells.insert(0, about(remarks))
        return page

    def _convert(
        self, notebook: NotebookNode, steps: list[type], names: dict[str, str]
    ) -> NotebookNode:
        """Have nbgrader's kind of preprocessors convert a notebook; they get no gradebook."""
        resources = {"nbgrader": names, "unique_key": names["notebook"], "metadata": {}}
        for step in steps:
            notebook, resources = step(config=self._config)(notebook, resources)
        return notebook

    def _note(self, result: Result, student: str, notebook: str, error: Exception) -> None:
        if isinstance(error, Refused):
            result.messages.append(f"{student}: {error}")
            if result.ended is Ended.GRADED:
                result.ended = Ended.REFUSED
        else:
            what = str(error).partition("\n")[0]
            result.messages.append(f"{student}: {notebook}: {type(error).__name__}: {what}")
            result.errors.append(str(error))
            result.ended = Ended.FAILED

    def _beside(self, files: Files) -> Files:
        """What is kept beside the graded notebooks: what was handed in, and what was handed out."""
        kept = set(self._steps.exclude_overwriting.get(self.job.assignment, []))
        given = {name: file for name, file in self.job.source.items() if name not in kept}
        return {name: file for name, file in files.items() if not self._is_ignored(name)} | given

    def _is_ignored(self, name: str) -> bool:
        parts = PurePath(name).parts
        any_fits = any(fnmatch(part, pattern) for part in parts for pattern in self._ignored)
        return name.endswith("/") or any_fits


def handed_in_at(files: Files) -> datetime | None:
    """When a submission was handed in, in UTC without saying so; None if it does not say.

    Raises
    ------
    Refused
        If what it says is no time.
    """
    _, content = files.get(TIMESTAMP, (0, b""))
    try:
        return parse_utc(content.decode().strip() or None)
    except Exception:  # of several kinds, among them one of nbgrader's own mistakes
        raise Refused(f"{TIMESTAMP} holds no time such as 2026-01-31 09:00:00 UTC.") from None


def _notebooks(files: Files) -> dict[str, NotebookNode]:
    """The notebooks right in a folder of the course's own, by name; without those that are none."""
    found = {}
    for name, (_, content) in files.items():
        if name.endswith(".ipynb") and "/" not in name:
            try:
                found[name.removesuffix(".ipynb")] = nbformat.reads(content.decode(), as_version=4)
            except (ValueError, nbformat.reader.NotJSONError, nbformat.ValidationError):
                continue
    return found


def _without_notebooks(files: Files) -> Files:
    return {name: file for name, file in files.items() if not name.endswith(".ipynb")}


def _as_bytes(notebook: NotebookNode) -> bytes:
    nbformat.validate(notebook)
    return f"{nbformat.v4.writes(notebook)}\n".encode()
