"""What is known of a class that handed in an assignment.

Scores come from the gradebook; mistakes, criteria and what did not run from the outcomes that the
judge left in the graded cells of the autograded notebooks; refusals from the notes that a run over
the class leaves in ``.grading/<assignment>/``. Nothing else of a notebook is looked at.
"""

from __future__ import annotations

import json
import os
import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from nbgrader.api import (
    Assignment,
    BaseCell,
    Comment,
    Grade,
    Gradebook,
    Notebook,
    SubmittedAssignment,
    SubmittedNotebook,
)
from sqlalchemy.orm import undefer

from grading.boundary.outcome import Ended
from grading.boundary.questions import RECORD
from grading.course import Course
from grading.handed_in.cells import question_name
from grading.handed_in.whose import NOT_HANDED_IN
from grading.plugin import due
from grading.plugin.changes import Changes
from grading.plugin.students import ClassList

# The first line of a student's Markdown cell that asks for a second look.
ASKED = re.compile(r"(?:<pre>)?\s*REGRADE[ \t]+`?(?P<question>[\w-]+)`?:?(?P<text>.*)", re.DOTALL)
PAGES, RUNS = "report", ".grading"  # folders in the course


@dataclass(frozen=True)
class GradedCell:
    """A question's graded cell; `by_hand` if a person scores it."""

    notebook: str
    grade_id: str
    points: float
    by_hand: bool

    @property
    def name(self) -> str:
        """What the graded cell is about, as its grade_id tells."""
        return question_name(self.grade_id)


@dataclass(frozen=True)
class Shown:
    """What was shown on an answer, for programs; see :func:`grading.boundary.questions.show`.

    Parameters
    ----------
    mistake : str
        The sentence that names it; may be empty.
    criteria : tuple of (str, float, bool)
        Name, points, and whether it held.
    unanswered : tuple of (str, str)
        Kind and message of what did not run.
    """

    mistake: str
    criteria: tuple[tuple[str, float, bool], ...]
    unanswered: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Request:
    """A student's wish for a second look: a Markdown cell that begins with a mark.

    Parameters
    ----------
    notebook, question : str
        What it is about; as the student spelled it.
    text : str
        The rest of the cell.
    answer : str
        The instructor's comment on that question; may be empty.
    """

    notebook: str
    question: str
    text: str
    answer: str = ""


@dataclass(frozen=True)
class Autograded:
    """The autograded notebooks of one submission.

    Parameters
    ----------
    here : bool
        Whether their folder is in the course at all.
    shown : mapping of GradedCell to tuple of Shown
        Of the questions in those that could be read.
    absent : tuple of str
        Names of notebooks that were not among those handed in.
    unreadable : tuple of str
        Names of those that could not be read.
    requests : tuple of Request
    """

    here: bool
    shown: Mapping[GradedCell, tuple[Shown, ...]]
    absent: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()
    requests: tuple[Request, ...] = ()


@dataclass(frozen=True)
class Note:
    """What a run over the class noted of how grading a submission ended.

    Parameters
    ----------
    ended : Ended
    messages : tuple of str
        Why it was refused or failed.
    warnings : tuple of str
        What was odd.
    """

    ended: Ended
    messages: tuple[str, ...]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Record:
    """A student, and what is known of the student's submission.

    Parameters
    ----------
    student, name : str
        The id; first and last name, may be empty.
    submitted : bool
        Whether the gradebook has a submission.
    points : mapping of GradedCell to float or None
        For every question what it earned; None where it has no score.
    to_grade : frozenset of GradedCell
        Those that wait for a person.
    late, penalty : float
        Seconds; points taken off for them.
    autograded : Autograded
        What the autograded notebooks hold.
    pages : mapping of str to str
        Feedback by notebook: the address from the report's folder.
    note : Note, optional
        If the class was graded in such a run.
    excused : bool
        Whether the assignment does not count for the student.
    """

    student: str
    name: str
    submitted: bool
    points: Mapping[GradedCell, float | None]
    to_grade: frozenset[GradedCell]
    late: float
    penalty: float
    autograded: Autograded
    pages: Mapping[str, str]
    note: Note | None
    excused: bool = False

    @property
    def score(self) -> float | None:
        """The points less the penalty, as nbgrader exports it; None if a question has none."""
        earned = self.points.values()
        return None if None in earned else max(0.0, sum(earned) - self.penalty)


@dataclass(frozen=True)
class Class:
    """An assignment, its questions in their order, and every student in the order of the ids.

    `due` says when it is due, as pages tell it; it may be empty. `strangers` are sentences on those
    who handed in and are not on the class list.
    """

    course: str
    assignment: str
    questions: tuple[GradedCell, ...]
    records: tuple[Record, ...]
    due: str = ""
    strangers: tuple[str, ...] = ()

    @property
    def is_graded(self) -> bool:
        """Whether anybody has been graded, or refused."""
        return any(
            record.note or any(points is not None for points in record.points.values())
            for record in self.records
        )


def is_folder_name(name: str) -> bool:
    """Whether a name from the gradebook is one of a file or folder, and leads nowhere else."""
    return name not in ("", ".", "..") and not set(name) & {"/", os.sep, "\0"}


def read(gradebook: Gradebook, course: Course, assignment: str) -> Class:
    """Read all that is known of an assignment's submissions.

    Parameters
    ----------
    gradebook : Gradebook
    course : Course
        Where the folders are.
    assignment : str
        One that the gradebook knows, and a folder's name.
    """
    questions = _questions(gradebook, course, assignment)
    grades = _grades(gradebook, assignment)
    submissions = {
        submission.student_id: submission
        for submission in gradebook.db.query(SubmittedAssignment)
        .join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
        .filter(Assignment.name == assignment)
        .options(undefer(SubmittedAssignment.late_submission_penalty))
    }
    comments = _comments(gradebook, assignment)
    notes = _notes(course, assignment)
    excused = Changes(course.root).excused(assignment)
    names = {
        student.id: " ".join(filter(None, (student.first_name, student.last_name)))
        for student in gradebook.students
    }
    found = []
    for student in sorted(names.keys() | notes.keys()):
        submission = submissions.get(student)
        own = {
            question: grades.get((student, question.notebook, question.grade_id), (None, False))
            for question in questions
        }
        points = {question: earned for question, (earned, _) in own.items()}
        record = Record(
            student=student,
            name=names.get(student, ""),
            submitted=submission is not None,
            points=points,
            to_grade=frozenset(
                question
                for question, (earned, waits) in own.items()
                if waits and (question.by_hand or earned is not None)
            ),
            late=due.seconds_late(submission) if submission else 0.0,
            penalty=submission.late_submission_penalty if submission else 0.0,
            autograded=_answered(
                _autograded(course, student, assignment, points), comments[student]
            ),
            pages=_pages(course, student, assignment, questions),
            note=notes.get(student),
            excused=student in excused,
        )
        found.append(record)
    when = due.DueDates(parent=course.app).told(gradebook.find_assignment(assignment).duedate)
    class_list = ClassList.of(gradebook)
    strangers = filter(None, map(class_list.stranger, course.submissions(assignment)))
    name = course.directory.course_id
    return Class(name, assignment, questions, tuple(found), when, tuple(strangers))


def _questions(gradebook: Gradebook, course: Course, assignment: str) -> tuple[GradedCell, ...]:
    """The questions as they follow each other in the release, where that is here."""
    release = course.release(assignment)
    found = []
    for notebook in gradebook.find_assignment(assignment).notebooks:
        answers = {cell.name for cell in notebook.solution_cells}
        questions = [
            GradedCell(
                notebook.name,
                cell.name,
                cell.max_score,
                cell.cell_type != "code" or cell.name in answers,
            )
            for cell in (*notebook.grade_cells, *notebook.task_cells)
        ]
        try:
            cells = [name for name, _ in _cells(_load(release / f"{notebook.name}.ipynb"))]
        except UNREADABLE:
            cells = []
        place = {name: number for number, name in enumerate(cells)}
        found += sorted(questions, key=lambda question: place.get(question.grade_id, len(place)))
    return tuple(found)


def _grades(
    gradebook: Gradebook, assignment: str
) -> dict[tuple[str, str, str], tuple[float | None, bool]]:
    """Points, and whether they wait for a person, by student, notebook and cell."""
    rows = (
        gradebook.db.query(
            SubmittedAssignment.student_id,
            Notebook.name,
            BaseCell.name,
            Grade.auto_score,
            Grade.manual_score,
            Grade.score,
            Grade.needs_manual_grade,
        )
        .join(SubmittedNotebook, SubmittedNotebook.id == Grade.notebook_id)
        .join(SubmittedAssignment, SubmittedAssignment.id == SubmittedNotebook.assignment_id)
        .join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
        .join(Notebook, Notebook.id == SubmittedNotebook.notebook_id)
        .join(BaseCell, BaseCell.id == Grade.cell_id)
        .filter(Assignment.name == assignment)
    )
    return {
        (student, notebook, cell): (None if auto is None and manual is None else score, waits)
        for student, notebook, cell, auto, manual, score, waits in rows
    }


def _notes(course: Course, assignment: str) -> dict[str, Note]:
    """How each student's submission fared when the class was graded, where that was noted."""
    notes = {}
    for path in Path(course.root, RUNS, assignment).glob("*.json"):
        student = path.stem
        try:
            noted = json.loads(path.read_bytes())
            told = [
                # it is under the student's name that the report repeats them
                tuple(
                    re.sub(rf"^{re.escape(student)}(: |, {re.escape(assignment)}/)", "", text)
                    for text in noted.get(key, ())
                )
                for key in ("messages", "warnings")
            ]
            notes[student] = Note(Ended(noted["outcome"]), *told)
        except UNREADABLE:
            what = f"{os.path.relpath(path, course.root)} cannot be read; grade again."
            notes[student] = Note(Ended.FAILED, (what,))
    return notes


# What a file that is not as it should be may end in.
UNREADABLE = (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError)


def _autograded(
    course: Course,
    student: str,
    assignment: str,
    points: Mapping[GradedCell, float | None],
) -> Autograded:
    folder = course.autograded(student, assignment)
    if not is_folder_name(student) or not folder.is_dir():
        return Autograded(False, {})
    shown: dict[GradedCell, tuple[Shown, ...]] = {}
    absent, unreadable, requests = [], [], []
    for notebook in sorted({question.notebook for question in points}):
        own = {q.grade_id: q for q in points if q.notebook == notebook}
        path = folder / f"{notebook}.ipynb"
        try:
            content = _load(path)
            if NOT_HANDED_IN in content["metadata"]:
                absent.append(notebook)
            requests += _requests(notebook, content)
            for name, outputs in _cells(content):
                if name in own and not own[name].by_hand:
                    shown[own[name]] = tuple(_shown(outputs))
        except FileNotFoundError:
            # plain nbgrader scores what was not handed in, without a page; what failed has no score
            if all(points[question] is not None for question in own.values()):
                absent.append(notebook)
        except UNREADABLE:
            unreadable.append(notebook)
    return Autograded(True, shown, tuple(absent), tuple(unreadable), tuple(requests))


def _requests(notebook: str, content: Any) -> list[Request]:
    cells = [cell for cell in content["cells"] if cell["cell_type"] == "markdown"]
    found = [ASKED.match("".join(cell["source"])) for cell in cells]
    return [Request(notebook, one["question"], one["text"].strip()) for one in found if one]


def _answered(autograded: Autograded, comments: Mapping[tuple[str, str], str]) -> Autograded:
    """With the instructor's comments on what was asked about."""
    requests = (
        replace(one, answer=comments.get((one.notebook, question_name(one.question)), ""))
        for one in autograded.requests
    )
    return replace(autograded, requests=tuple(requests))


def _comments(gradebook: Gradebook, assignment: str) -> dict[str, dict[tuple[str, str], str]]:
    """What instructors wrote, by student, and by notebook and question."""
    rows = (
        gradebook.db.query(
            SubmittedAssignment.student_id, Notebook.name, BaseCell.name, Comment.manual_comment
        )
        .join(SubmittedNotebook, SubmittedNotebook.id == Comment.notebook_id)
        .join(SubmittedAssignment, SubmittedAssignment.id == SubmittedNotebook.assignment_id)
        .join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
        .join(Notebook, Notebook.id == SubmittedNotebook.notebook_id)
        .join(BaseCell, BaseCell.id == Comment.cell_id)
        .filter(Assignment.name == assignment, Comment.manual_comment.is_not(None))
    )
    found: dict[str, dict[tuple[str, str], str]] = defaultdict(dict)
    for student, notebook, cell, comment in rows:
        found[student][notebook, question_name(cell)] = comment
    return found


def _load(path: Path) -> Any:
    # nbformat's validation takes ten times as long as all the rest of the report
    return json.loads(path.read_bytes())


def _cells(content: Any) -> list[tuple[str, Any]]:
    """The grade_id and outputs of each cell of a notebook that nbgrader knows."""
    return [
        (cell["metadata"]["nbgrader"]["grade_id"], cell.get("outputs", ()))
        for cell in content["cells"]
        if "nbgrader" in cell["metadata"]
    ]


def _shown(outputs: list[dict[str, Any]]) -> list[Shown]:
    """What the judge, who alone writes the outputs of a graded cell, left for programs."""
    found = [output["data"][RECORD] for output in outputs if RECORD in output.get("data", ())]
    return [
        Shown(
            str(one.get("mistake", "")),
            tuple(
                (str(criterion["name"]), float(criterion["points"]), bool(criterion["held"]))
                for criterion in one.get("criteria", ())
            ),
            tuple(
                (str(failed["kind"]), str(failed["message"]))
                for failed in one.get("unanswered", ())
            ),
        )
        for one in found
    ]


def _pages(
    course: Course, student: str, assignment: str, questions: tuple[GradedCell, ...]
) -> dict[str, str]:
    """The address of each feedback page that is there."""
    folder = course.feedback(student, assignment)
    if not is_folder_name(student) or not os.path.isdir(folder):
        return {}
    here = set(os.listdir(folder))
    base = os.path.relpath(folder, os.path.join(course.root, PAGES))
    names = dict.fromkeys(question.notebook for question in questions)
    return {
        name: quote(f"{base}/{name}.html", errors="replace")
        for name in names
        if f"{name}.html" in here
    }
