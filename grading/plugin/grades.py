"""nbgrader's own table of grades, as a table: nothing in it computes, or falls apart at a comma."""

from __future__ import annotations

import csv
from pathlib import Path

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.coursedir import CourseDirectory
from nbgrader.plugins import CsvExportPlugin

from grading.handed_in.printable import line
from grading.plugin.changes import Changes
from grading.plugin.due import hours, seconds_late

COLUMNS = (
    *("assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email"),
    *("raw_score", "late_submission_penalty", "score", "max_score", "hours_late"),
)


def export_grades(plugin: CsvExportPlugin, gradebook: Gradebook) -> None:
    """Write the table, as ``nbgrader export`` does where no other exporter is named."""
    assignments = {str(name) for name in plugin.assignment}
    students = {str(name) for name in plugin.student}
    place = plugin.to or "grades.csv"
    plugin.log.info("Exporting grades to %s", place)
    with open(place, "w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(COLUMNS)
        changes = Changes(Path(CourseDirectory(parent=plugin).root))
        for assignment in gradebook.assignments:
            if assignments and assignment.name not in assignments:
                continue
            for student in gradebook.students:
                if students and student.id not in students:
                    continue
                try:
                    submission = gradebook.find_submission(assignment.name, student.id)
                    raw, penalty = submission.score, submission.late_submission_penalty or 0.0
                    handed_in, late = submission.timestamp, hours(seconds_late(submission))
                except MissingEntry:
                    raw, penalty, handed_in, late = 0.0, 0.0, None, 0.0
                who = (student.id, student.last_name, student.first_name, student.email)
                texts = (assignment.name, assignment.duedate, handed_in, *who)
                earned = (raw, penalty, max(0.0, raw - penalty))
                if student.id in changes.excused(assignment.name):
                    earned = ("", "", "")
                scores = (*earned, assignment.max_score, late)
                table.writerow([*(line(str(text or "")) for text in texts), *scores])
