"""Grades question by question."""

from __future__ import annotations

from nbgrader.api import Assignment, BaseCell, Gradebook, Student

from grading.handed_in.printable import line
from grading.plugin.due import hours
from grading.results.exports.exporter import GradesExporter
from grading.results.exports.rows import Entry, Row, decimal, entries_of, graded_cells


class QuestionsExporter(GradesExporter):
    """A line for each student and question.

    The columns are

    ``assignment``, ``notebook``, ``question``
        Names in the gradebook; a question is known by its graded cell.
    ``student_id``, ``last_name``, ``first_name``
    ``score``, ``max_score``
        Points, extra credit included. Empty where the question has no score that stands: nothing
        was handed in, it was not graded, or a person must look at it.
    ``auto_score``, ``manual_score``, ``extra_credit``
        What the score is made of: a manual score counts instead of the automatic one.
    ``needs_manual_grade``
        ``yes`` or ``no``; empty where nothing was handed in.
    ``submitted``
        When the assignment was handed in (UTC), where that is known.
    ``due``, ``hours_late``
        Until when this student had time (UTC), where a date was set; by how much it came too late.
    ``late_penalty``
        Points that the whole *assignment* loses for being late: the same on all of its lines.
        A student's total is the sum of ``score`` less this once, and at least 0.
    ``excused``
        ``yes`` where the assignment does not count for the student, else ``no``.
    """

    default_to = "questions.csv"
    columns = (
        "assignment",
        "notebook",
        "question",
        "student_id",
        "last_name",
        "first_name",
        "score",
        "max_score",
        "auto_score",
        "manual_score",
        "extra_credit",
        "needs_manual_grade",
        "submitted",
        "due",
        "hours_late",
        "late_penalty",
        "excused",
    )

    def rows(
        self, gradebook: Gradebook, assignments: list[Assignment], students: list[Student]
    ) -> list[Row]:
        rows = [list(self.columns)]
        for assignment in assignments:
            entries = entries_of(gradebook, assignment)
            self._scored(assignment, students, entries)
            excused = self._excused(assignment)
            for student in students:
                who = [line(student.id), line(student.last_name), line(student.first_name)]
                entry = entries.get(student.id)
                for cell in graded_cells(assignment):
                    what = [line(name) for name in (assignment.name, cell.notebook.name, cell.name)]
                    row = [*what, *who, *_question(cell, entry)]
                    if student.id in excused:
                        row[self.columns.index("score")] = ""
                    rows.append([*row, "yes" if student.id in excused else "no"])
        return rows


def _question(cell: BaseCell, entry: Entry | None) -> Row:
    """The columns from ``score`` on."""
    if entry is None:
        return ["", decimal(cell.max_score), *[""] * 8]
    grade = entry.grades.get(cell.id)
    return [
        decimal(grade.score) if entry.is_scored(cell) else "",
        decimal(cell.max_score),
        decimal(grade and grade.auto_score),
        decimal(grade and grade.manual_score),
        decimal(grade and grade.extra_credit),
        "yes" if grade is None or grade.needs_manual_grade else "no",
        entry.timestamp,
        entry.due,
        decimal(hours(entry.late)),
        decimal(entry.penalty),
    ]
