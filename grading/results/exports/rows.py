"""What is read of the gradebook, and how it is spelled in a row."""

from __future__ import annotations

from dataclasses import dataclass, field

from nbgrader.api import (
    Assignment,
    BaseCell,
    Grade,
    Gradebook,
    SubmittedAssignment,
    SubmittedNotebook,
)
from sqlalchemy.orm import undefer

from grading.plugin import due

Row = list[str]


@dataclass
class Entry:
    """What a student has in the gradebook for one assignment.

    Parameters
    ----------
    timestamp, due : str
        When it was handed in, and when it was due with its extension, UTC, or nothing.
    late : float
        Seconds.
    penalty : float
        Points that being late costs.
    grades : dict
        The grade of each question, by the id of its cell.
    """

    timestamp: str
    due: str
    late: float
    penalty: float
    grades: dict[str, Grade] = field(default_factory=dict)

    def is_scored(self, cell: BaseCell) -> bool:
        """Whether a question has a score that stands."""
        grade = self.grades.get(cell.id)
        if grade is None or grade.needs_manual_grade:
            return False
        return grade.auto_score is not None or grade.manual_score is not None

    def score(self) -> float:
        """The points of all questions less the late penalty, at least 0, as nbgrader has it."""
        return max(0.0, sum(grade.score for grade in self.grades.values()) - self.penalty)


def graded_cells(assignment: Assignment) -> list[BaseCell]:
    """Everything that earns points, in the gradebook's order."""
    return [
        cell
        for notebook in assignment.notebooks
        for cell in (*notebook.grade_cells, *notebook.task_cells)
    ]


def entries_of(gradebook: Gradebook, assignment: Assignment) -> dict[str, Entry]:
    """What was handed in, by the student's id."""
    mine = SubmittedAssignment.assignment_id == assignment.id
    entries = {
        one.student_id: Entry(
            f"{one.timestamp or ''}",
            f"{due.until(one) or ''}",
            due.seconds_late(one),
            one.late_submission_penalty or 0.0,
        )
        for one in gradebook.db.query(SubmittedAssignment)
        .filter(mine)
        .options(undefer(SubmittedAssignment.late_submission_penalty))
    }
    grades = (
        gradebook.db.query(SubmittedAssignment.student_id, Grade)
        .join(SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .join(Grade, Grade.notebook_id == SubmittedNotebook.id)
        .filter(mine)
    )
    for student, grade in grades:
        entries[student].grades[grade.cell_id] = grade
    return entries


def decimal(number: float | None) -> str:
    """A number to six decimal places, with no more zeros than it needs."""
    if number is None:
        return ""
    return f"{number:.6f}".rstrip("0").rstrip(".")
