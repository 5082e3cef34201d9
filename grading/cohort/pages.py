"""Makes the pages of feedback of a class in parallel, and only those that would say something new.

``python -m grading feedback ASSIGNMENT``; what a page was made of is noted, when it is there, in
``.grading/ASSIGNMENT/pages/STUDENT``.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache, partial
from pathlib import Path

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.utils import capture_log

from grading.course import Course
from grading.files import read_files, write_whole
from grading.grade import excerpt, fingerprint
from grading.plugin import feedback
from grading.plugin.changes import Changes
from grading.plugin.feedback import EveryonesFeedback
from grading.stop import Stop

SETTINGS = ("DueDates", "FeedbackPage")  # on which a page depends


def make(
    assignment: str, workers: int, force: bool = False, settings: Sequence[str] = ()
) -> tuple[list[str], list[str], int]:
    """Make the pages of every graded submission that has changed.

    Parameters
    ----------
    assignment : str
    workers : int
        How many processes.
    force : bool
        Make those too that would stay as they are.
    settings : sequence of str
        nbgrader's.

    Returns
    -------
    list of str
        The students whose pages were made.
    list of str
        Sentences on those whose pages could not be made.
    int
        How many stayed as they are.

    Raises
    ------
    Stop
        If nobody's work of this assignment is graded.
    """
    course = Course(settings)
    notes = course.notes(assignment) / "pages"
    with course.entered():
        digests = dict(_digests(course, assignment))
    if not digests:
        raise Stop(f"No graded work of {assignment}. Run: python -m grading autograde {assignment}")
    todo = [
        student
        for student, digest in digests.items()
        if force
        or not (notes / student).is_file()
        or (notes / student).read_text() != digest
        or not any(course.feedback(student, assignment).glob("*.html"))
    ]
    made, failed = [], []
    if not todo:
        return made, failed, len(digests)
    notes.mkdir(parents=True, exist_ok=True)
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(workers, len(todo)), mp_context=spawn) as pool:
        outcomes = pool.map(partial(_make, tuple(settings), assignment), todo, chunksize=4)
        for student, why in zip(todo, outcomes, strict=True):
            if why:
                failed.append(f"{student}: {why}")
            else:
                write_whole(notes / student, digests[student].encode())
                made.append(student)
    return made, failed, len(digests) - len(todo)


def _digests(course: Course, assignment: str) -> Iterator[tuple[str, str]]:
    """Each student whose work is graded, and a hash of all that the pages tell."""
    release = read_files(course.release(assignment))
    config = [course.app.config.get(name) for name in SETTINGS]
    look = {
        path.name: path.read_bytes()
        for path in sorted(Path(feedback.__file__).parent.iterdir())
        if path.is_file()
    }
    common = fingerprint.of([release, config, look, Changes(course.root).text])
    with Gradebook(course.directory.db_url, course.directory.course_id) as gradebook:
        try:
            about = excerpt.of_assignment(gradebook, assignment)
        except MissingEntry:
            raise Stop(f"The gradebook knows no assignment {assignment}.") from None
        excerpt.make_indexes(gradebook)
        for one in gradebook.assignment_submissions(assignment):
            folder = course.autograded(one.student_id, assignment)
            if any(folder.glob("*.ipynb")):
                rows = excerpt.of_submission(gradebook, assignment, one.student_id)
                told = [common, about, rows, read_files(folder)]
                yield one.student_id, fingerprint.of(told)


def _make(settings: tuple[str, ...], assignment: str, student: str) -> str:
    """Make a student's pages; say why not, if that fails."""
    course = _course(settings)
    course.directory.assignment_id, course.directory.student_id = assignment, student
    converter = EveryonesFeedback(coursedir=course.directory, parent=course.app)
    converter.force = True
    with course.entered():
        done = capture_log(converter)
    if done["success"]:
        return ""
    return (done.get("log") or done["error"]).strip().splitlines()[-1]


@cache  # of each process
def _course(settings: tuple[str, ...]) -> Course:
    return Course(settings)
