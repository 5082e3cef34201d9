"""Grades for Moodle."""

from __future__ import annotations

from nbgrader.api import Assignment, Gradebook, Student

from grading.handed_in.printable import FORMULA, line
from grading.results.exports.exporter import GradesExporter
from grading.results.exports.rows import Row, decimal


class MoodleExporter(GradesExporter):
    """A file for *Grades → Import → CSV file* in Moodle.

    The columns are ``Username`` (the student's id in the gradebook), ``Email address`` if every
    student has one, ``Last name``, ``First name``, and one for each assignment: its score, late
    penalty included, or ``-`` for none. The separator is the comma, the encoding UTF-8.

    What Moodle does with them is described in https://docs.moodle.org/311/en/Grade_import and read
    from ``grade/import/csv/classes/load_data.php`` in https://github.com/moodle/moodle (commit
    162f42f):

    * The first line names the columns; whoever imports says which of them identifies the student
      (by username, e-mail address or ID number) and which is which grade item.
    * One student that Moodle does not know ends the import of all. Where the identifying column is
      empty, the line counts for the student of the line *before*.
    * A grade is a number (a decimal point is read in every language) or ``-`` for no grade; an
      empty one is no grade in an existing item, but is taken for a value in a new one.
    * A grade above 100 ends the import, unless the site allows it.

    ``-`` over a grade that Moodle has takes it away.
    """

    default_to = "moodle.csv"
    highest = 100.0

    def rows(
        self, gradebook: Gradebook, assignments: list[Assignment], students: list[Student]
    ) -> list[Row]:
        students = self._findable(students)
        columns = [self._totals(gradebook, one, students) for one in assignments]
        for assignment, column in zip(assignments, columns, strict=True):
            if any(score is not None and score > self.highest for score in column.values()):
                self.log.warning(
                    "Moodle refuses grades above %g, which there are in %s, unless an "
                    "administrator allows them (unlimitedgrades).",
                    self.highest,
                    assignment.name,
                )
        emails = {student.id: (student.email or "").strip() for student in students}
        without = [one for one, email in emails.items() if not email or FORMULA.match(email)]
        if without:
            self.log.warning(
                "No column Email address, because of %s, without one that can be written.",
                ", ".join(without),
            )
        with_email = not without
        names = [assignment.name for assignment in assignments]
        rows = [
            ["Username", *["Email address"] * with_email, "Last name", "First name", *names],
        ]
        for student in students:
            who = [line(student.email)] if with_email else []
            who += [line(student.last_name), line(student.first_name)]
            scores = (column[student.id] for column in columns)
            grades = ["-" if score is None else decimal(score) for score in scores]
            rows.append([student.id, *who, *grades])
        return rows
