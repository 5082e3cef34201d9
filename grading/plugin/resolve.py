"""Settles scores given by hand where the automatic one has changed: ``grading resolve``."""

from __future__ import annotations

from collections.abc import Sequence

from nbgrader.api import Grade, Gradebook, MissingEntry

from grading.course import Course
from grading.handed_in.cells import question_name
from grading.handed_in.printable import printable
from grading.stop import Stop


def resolve(
    course: Course,
    assignment: str,
    keep: str | None,
    students: Sequence[str] = (),
    questions: Sequence[str] = (),
) -> list[str]:
    """Let one of the two scores count from now on, for all that need a look or for some.

    Parameters
    ----------
    course : Course
    assignment : str
    keep : {"manual", "automatic"}, optional
        Which score; nothing is changed without.
    students, questions : sequence of str
        Only these; all if empty.

    Returns
    -------
    list of str
        A line for each of them.

    Raises
    ------
    Stop
        If the gradebook has no such assignment, student or question.
    """
    directory = course.directory
    with Gradebook(directory.db_url, directory.course_id) as gradebook:
        try:
            found = gradebook.find_assignment(assignment)
        except MissingEntry:
            raise Stop(f"The gradebook knows no assignment {printable(assignment)}.") from None
        names = {
            question_name(c.name) for notebook in found.notebooks for c in notebook.grade_cells
        }
        known = {submission.student_id for submission in found.submissions}
        for what, wanted, there in (
            ("submission by", students, known),
            ("question", questions, names),
        ):
            if missing := [one for one in wanted if one not in there]:
                raise Stop(f"{assignment} has no {what} {printable(', '.join(missing))}.")
        lines = []
        for submission in sorted(found.submissions, key=lambda one: one.student_id):
            if students and submission.student_id not in students:
                continue
            for grade in (grade for notebook in submission.notebooks for grade in notebook.grades):
                question = question_name(grade.name)
                if _is_open(grade) and (not questions or question in questions):
                    lines.append(
                        f"{submission.student_id}, {question}: {grade.manual_score:g} by hand, "
                        f"{grade.auto_score:g} by the tests, of {grade.max_score:g}"
                    )
                    if keep is not None:
                        grade.needs_manual_grade = False
                    if keep == "automatic":
                        grade.manual_score = None
        gradebook.db.commit()
    return lines


def _is_open(grade: Grade) -> bool:
    """Whether two scores wait for a decision; an answer that was not graded waits for grading."""
    both = grade.manual_score is not None and grade.auto_score is not None
    return bool(both and grade.needs_manual_grade)
