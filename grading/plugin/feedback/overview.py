"""A student's page over all assignments that have pages: points, what was late, the way there."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any
from urllib.parse import quote

from nbgrader.api import Gradebook, SubmittedAssignment

from grading.course import Course
from grading.files import write_whole
from grading.plugin.attempts import AttemptLog
from grading.plugin.changes import Changes
from grading.plugin.due import DueDates
from grading.plugin.feedback.page import environment

NAME = "index.html"  # in the student's folder of feedback


def write(course: Course, gradebook: Gradebook, student: str) -> None:
    """Write it, beside the folders of the student's assignments; nothing if there are no pages.

    Parameters
    ----------
    course : Course
    gradebook : Gradebook
    student : str
    """
    folder = course.feedback(student, "a").parent
    submissions = [
        submission
        for submission in gradebook.student_submissions(student)
        if (folder / submission.assignment.name).is_dir()  # others are not given back yet
    ]
    if not submissions:
        return
    one = gradebook.find_student(student)
    name = " ".join(part for part in (one.first_name, one.last_name) if part) or student
    about = DueDates(parent=course.app), Changes(course.root)
    ordered = sorted(submissions, key=lambda submission: submission.assignment.name)
    page = (
        environment()
        .get_template("overview.html.j2")
        .render(
            name=name,
            assignments=[_assignment(course, submission, folder, *about) for submission in ordered],
        )
    )
    write_whole(folder / NAME, page.encode())


def told(submission: SubmittedAssignment, dates: DueDates, changes: Changes) -> str:
    """When it came and was due, and whether it counts."""
    excused = submission.student_id in changes.excused(submission.assignment.name)
    return f"{dates.sentence(submission)}{' You are excused: it does not count.' * excused}".strip()


def _assignment(
    course: Course, submission: SubmittedAssignment, folder: Path, dates: DueDates, changes: Changes
) -> dict[str, Any]:
    penalty = submission.late_submission_penalty or 0.0
    name = submission.assignment.name
    log = AttemptLog(course, name)
    attempts = log.of(submission.student_id)
    counting = log.counting(attempts) if attempts else None
    return {
        "name": name,
        "score": max(0.0, submission.score - penalty),
        "points": submission.max_score,
        "late_penalty": penalty,
        "when": told(submission, dates, changes),
        "earlier": [
            {
                "number": attempt.number,
                "score": attempt.score,
                "points": attempt.points,
                "counts": attempt is counting,
                "pages": [
                    {"name": page.stem, "address": quote(f"{page.parent.name}/{page.name}")}
                    for page in sorted(_aside(folder, name, attempt.number).glob("*.html"))
                ],
            }
            for attempt in attempts[:-1]
        ],
        "notebooks": [
            {
                "name": notebook.name,
                "score": max(0.0, notebook.score - (notebook.late_submission_penalty or 0.0)),
                "points": notebook.max_score,
                "waits": notebook.needs_manual_grade,
                "page": _address(folder, submission.assignment.name, notebook.name),
            }
            for notebook in sorted(submission.notebooks, key=lambda notebook: notebook.name)
        ],
    }


def put_aside(course: Course, student: str, assignment: str, number: int) -> None:
    """Keep the pages of an attempt, beside the folder that will hold those of the next."""
    pages = course.feedback(student, assignment)
    aside = _aside(pages.parent, assignment, number)
    aside.mkdir(exist_ok=True)
    for page in pages.glob("*.html"):
        shutil.copy(page, aside)


def _aside(folder: Path, assignment: str, number: int) -> Path:
    # as deep as the pages themselves: their links to lectures hold
    return folder / f"{assignment}, attempt {number}"


def _address(folder: Path, assignment: str, notebook: str) -> str:
    """From the overview to a notebook's page; empty if there is none."""
    path = Path(assignment, f"{notebook}.html")
    return quote(path.as_posix()) if (folder / path).is_file() else ""
