"""Has the gradebook say what changed questions count: when a submission is graded, and afterwards.

The tests of a question go on giving its released points; what it counts is their share of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import nbformat
from nbconvert.exporters.exporter import ResourcesDict
from nbformat.notebooknode import NotebookNode
from nbgrader.api import Grade, Gradebook, MissingEntry, SubmittedAssignment
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import AssignLatePenalties, NbGraderPreprocessor

from grading.course import Course
from grading.grade.records import counted, given_in
from grading.handed_in.cells import grade_id, points_in, question_name
from grading.handed_in.whose import NOT_HANDED_IN
from grading.plugin.alone import alone
from grading.plugin.changes import Change, Changes, Question
from grading.plugin.due import seconds_late
from grading.stop import Stop


class KeepChangedPoints(NbGraderPreprocessor):
    """Has questions count what they were changed to, though the source says what they did."""

    def preprocess(
        self, nb: NotebookNode, resources: ResourcesDict
    ) -> tuple[NotebookNode, ResourcesDict]:
        """Correct the gradebook after nbgrader has written the cells of a notebook into it."""
        names = resources["nbgrader"]
        changes = Changes(Path(CourseDirectory(parent=self).root))
        with Gradebook(names["db_url"]) as gradebook:
            for (notebook, cell), points in changes.points(names["assignment"]).items():
                if notebook == names["notebook"]:
                    found = gradebook.find_graded_cell(cell, notebook, names["assignment"])
                    found.max_score = points
            gradebook.db.commit()
        return nb, resources


def change_question(
    course: Course, assignment: str, name: str, points: float | None, why: str | None
) -> list[str]:
    """Have a question count other points from now on, or everybody get those that it counts.

    Parameters
    ----------
    course : Course
    assignment : str
    name : str
        The question's, with its notebook and ``/`` in front where several have the name.
    points : float, optional
        What it counts: 0 takes it out of the total. None gives everybody what it counts.
    why : str, optional
        Without a reason nothing is changed.

    Returns
    -------
    list of str
        What it does to whose score.

    Raises
    ------
    Stop
        If there is no such assignment, not just one such question, or it is so already.
    """
    changes = Changes(course.root)
    with alone(course, assignment), _gradebook(course) as gradebook:
        question = notebook, cell = _find_question(gradebook, assignment, name)
        most = gradebook.find_graded_cell(cell, notebook, assignment).max_score
        if points == most or (points is None and question in changes.full(assignment)):
            raise Stop(f"{name} counts that already.")
        kind = "full" if points is None else "points"
        factor = points / most if points and most else None
        by_hand = {
            student: (grade.manual_score, factor and round(grade.manual_score * factor, 9))
            for student, grade in _grades(gradebook, assignment, question)
            if grade.manual_score is not None
        }
        what = {"question": question, "points": points or 0.0, "by_hand": by_hand}
        new = changes.new(assignment, kind, why or "", **what)
        return _carry_out(course, gradebook, changes, new)


def excuse(course: Course, assignment: str, student: str, why: str | None) -> list[str]:
    """Have an assignment not count for a student; as :func:`change_question`.

    Raises
    ------
    Stop
        If there is no such assignment or student, or it is so already.
    """
    changes = Changes(course.root)
    with alone(course, assignment), _gradebook(course) as gradebook:
        try:
            gradebook.find_assignment(assignment), gradebook.find_student(student)
        except MissingEntry as missing:
            raise Stop(f"The gradebook has {missing}.") from None
        if student in changes.excused(assignment):
            raise Stop(f"{student} is excused already.")
        new = changes.new(assignment, "excuse", why or "", student=student)
        return _carry_out(course, gradebook, changes, new)


def undo(course: Course, number: int, why: str | None) -> list[str]:
    """Have a change hold no longer; as :func:`change_question`."""
    changes = Changes(course.root)
    old = changes.undoable(number)
    with alone(course, old.assignment), _gradebook(course) as gradebook:
        new = changes.new(old.assignment, "undo", why or "", undoes=number)
        return _carry_out(course, gradebook, changes, new, old)


def _gradebook(course: Course) -> Gradebook:
    return Gradebook(course.directory.db_url, course.directory.course_id)


def _find_question(gradebook: Gradebook, assignment: str, name: str) -> Question:
    try:
        notebooks = gradebook.find_assignment(assignment).notebooks
    except MissingEntry:
        raise Stop(f"The gradebook knows no assignment {assignment}.") from None
    every = [
        (notebook.name, cell.name)
        for notebook in notebooks
        for cell in (*notebook.grade_cells, *notebook.task_cells)
    ]
    found = [
        (notebook, cell)
        for notebook, cell in every
        if name.removeprefix(f"{notebook}/") in (cell, question_name(cell))
    ]
    if len(found) != 1:
        known = ", ".join(f"{notebook}/{question_name(cell)}" for notebook, cell in every)
        raise Stop(f"{name} names {len(found)} questions of {assignment}. It has: {known}.")
    return found[0]


def _carry_out(
    course: Course,
    gradebook: Gradebook,
    changes: Changes,
    new: Change,
    undone: Change | None = None,
) -> list[str]:
    """Say what a change does; do it if there is a reason: first the log, then the gradebook."""
    was, of = _scores(gradebook, new.assignment)
    _take_by_hand(gradebook, undone or new, back=undone is not None)
    _apply(course, gradebook, new.assignment, changes.plus(new))
    now, of_now = _scores(gradebook, new.assignment)
    new = replace(new, scores={one: (was[one], now[one]) for one in was if was[one] != now[one]})
    lines = [str(new).strip(), *told(new.scores), f"Points in all: {of:g} before, {of_now:g} now."]
    if not new.why:
        gradebook.db.rollback()
        return [*lines, 'Nothing is changed yet: say why, with --why "…", to do it.']
    changes.write(new)
    gradebook.db.commit()
    return lines


def told(scores: Mapping[str, tuple[float, float]]) -> list[str]:
    """A line for each score that changes, and how many do."""
    lines = [f"  {one}: {was:g} → {now:g}" for one, (was, now) in sorted(scores.items())]
    return [*lines, f"{len(lines)} scores change."]


def _take_by_hand(gradebook: Gradebook, change: Change, back: bool = False) -> None:
    """Put scores by hand to what a change makes of them, or back, where nobody gave others."""
    if not change.by_hand:
        return
    for student, grade in _grades(gradebook, change.assignment, change.question):
        before, after = change.by_hand.get(student, (None, None))
        old, new = (after, before) if back else (before, after)
        if student in change.by_hand and grade.manual_score == old:
            grade.manual_score = new


def _apply(course: Course, gradebook: Gradebook, assignment: str, changes: Changes) -> None:
    """Have the gradebook say what these changes make of an assignment; nothing is committed.

    Automatic scores are worked out anew from the graded notebooks, late penalties by the course's
    rule.
    """
    points, full = changes.points(assignment), changes.full(assignment)
    pages = _Pages(course, assignment)
    for question in changes.questions(assignment):
        notebook, name = question
        cell = gradebook.find_graded_cell(name, notebook, assignment)
        cell.max_score = points.get(question, pages.released(notebook).get(name, cell.max_score))
        for student, grade in _grades(gradebook, assignment, question):
            found = pages.grade(student, question, grade.auto_score)
            if found is None:
                continue  # not graded, or it broke off
            grade.auto_score = counted(*found, cell.max_score, question in full)
            if grade.manual_score is None:
                grade.needs_manual_grade = grade.auto_score is None
    gradebook.db.flush()
    gradebook.db.expire_all()
    step = AssignLatePenalties(parent=course.app)
    step.init_plugin()
    for submission in gradebook.assignment_submissions(assignment):
        _penalise(step, submission)
    gradebook.db.flush()
    gradebook.db.expire_all()


def _scores(gradebook: Gradebook, assignment: str) -> tuple[dict[str, float], float]:
    """Everybody's score, late penalty included, and the points that there are."""
    found = {
        one.student_id: max(0.0, one.score - (one.late_submission_penalty or 0.0))
        for one in gradebook.assignment_submissions(assignment)
    }
    return found, gradebook.find_assignment(assignment).max_score


def _grades(gradebook: Gradebook, assignment: str, question: Question) -> list[tuple[str, Grade]]:
    notebook, name = question
    submitted = gradebook.notebook_submissions(notebook, assignment)
    return [
        (one.student.id, grade) for one in submitted for grade in one.grades if grade.name == name
    ]


def _penalise(step: AssignLatePenalties, submission: SubmittedAssignment) -> None:
    """Take off what the course's rule takes for lateness, as nbgrader does when it grades."""
    late = seconds_late(submission)
    for notebook in submission.notebooks:
        penalty = None
        if late > 0:
            penalty = step.plugin_inst.late_submission_penalty(
                submission.student_id, notebook.score, late
            )
        if penalty is not None:
            penalty = step._check_late_penalty(notebook, penalty)
        notebook.late_submission_penalty = penalty


class _Pages:
    """What the tests gave, as it stands in the graded notebooks."""

    def __init__(self, course: Course, assignment: str) -> None:
        self._course, self._assignment = course, assignment
        self._cells: dict[tuple[str, str], dict[str | None, NotebookNode]] = {}

    def released(self, notebook: str) -> dict[str, float]:
        """The points of its questions, as they were handed out."""
        path = self._course.release(self._assignment) / f"{notebook}.ipynb"
        return points_in(nbformat.read(path, as_version=4)) if path.is_file() else {}

    def grade(
        self, student: str, question: Question, score: float | None
    ) -> tuple[float | None, float] | None:
        """What the tests gave, and of how many points; None where nothing was graded."""
        notebook, name = question
        key = student, notebook
        if key not in self._cells:
            path = self._course.autograded(student, self._assignment) / f"{notebook}.ipynb"
            page = nbformat.read(path, as_version=4) if path.is_file() else None
            cells = [] if page is None or NOT_HANDED_IN in page.metadata else page.cells
            self._cells[key] = {grade_id(cell): cell for cell in cells}
        cell = self._cells[key].get(name)
        if cell is None:
            return None if score is None else (0.0, 1.0)
        return given_in(cell)
