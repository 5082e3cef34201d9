"""Grades for Canvas."""

from __future__ import annotations

import re

from nbgrader.api import Assignment, Gradebook, Student
from traitlets import Dict, Unicode

from grading.handed_in.printable import line
from grading.results.exports.exporter import GradesExporter
from grading.results.exports.rows import Row, decimal


class CanvasExporter(GradesExporter):
    """A file for *Import* in Canvas's gradebook.

    The columns are ``Student`` (last name, first name), ``ID`` (the student's ``lms_user_id`` in
    the gradebook, if it is a number as Canvas's ids are), ``SIS User ID`` (empty), ``SIS Login ID``
    (the student's id in the gradebook), ``Section`` (empty), and one for each assignment: its
    score, late penalty included. The second line has the points possible.

    What Canvas does with them is read from its importer, ``lib/gradebook_importer.rb`` in
    https://github.com/instructure/canvas-lms (commit 2702e63):

    * The first line must have ``Student`` and ``ID`` in the first two columns, and ``Section`` in
      the last before the assignments; ``SIS User ID`` and ``SIS Login ID`` stand between them.
    * A student is looked up by ``ID``, then by SIS user id, then by SIS login id, then by name. An
      ``ID`` that merely begins with digits is taken for the number that they make.
    * A column ``Title (123)`` is assignment 123 (``Assignment.title_and_id``); any other is the
      assignment of that very title, or else a new one. `titles` gives the column of an assignment.
    * Columns called ``Final Score`` and the like are computed by Canvas, and skipped. A column is
      found by its title's first occurrence, so no two may be alike.
    * A line with ``Points Possible`` in its first column is not a student's.
    * ``EX``, in any case, excuses the student from the assignment.
    * Commas and points in a number are all separators, the last of them the decimal one.

    An empty score over one that Canvas has takes it away; Canvas shows every change before it is
    made.
    """

    default_to = "canvas.csv"
    titles = Dict(
        key_trait=Unicode(),
        value_trait=Unicode(),
        help="The column that an assignment has in Canvas, by its name in nbgrader, such as "
        '{"ps1": "Problem set 1 (4711)"}, where 4711 ends the address of its page in Canvas. '
        "An assignment that is not here has its own name for a title.",
    ).tag(config=True)

    identity = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
    reserved = (*identity, "LastName", "FirstName", "Integration ID", "Root Account")
    computed = re.compile("(Current|Final) (Score|Points|Grade)|Override (Score|Grade|Status)")
    with_id = re.compile(r"(.*)\s\((\d+)\)")

    def rows(
        self, gradebook: Gradebook, assignments: list[Assignment], students: list[Student]
    ) -> list[Row]:
        titles = [self._title(assignment) for assignment in assignments]
        twice = sorted({title for title in titles if titles.count(title) > 1})
        if twice:
            self._fail(f"Several assignments would have the column {', '.join(twice)} in Canvas.")
        students = self._findable(students)
        columns = [self._totals(gradebook, one, students) for one in assignments]
        not_counted = [self._excused(assignment) for assignment in assignments]
        points = [decimal(assignment.max_score) for assignment in assignments]
        rows = [[*self.identity, *titles], ["    Points Possible", "", "", "", "", *points]]
        for student in students:
            given = student.lms_user_id or ""
            number = given if re.fullmatch("[0-9]+", given) else ""
            who = [_name(student), number, "", student.id, ""]
            scores = [
                "EX" if student.id in excused else decimal(column[student.id])
                for column, excused in zip(columns, not_counted, strict=True)
            ]
            rows.append([*who, *scores])
        return rows

    def _title(self, assignment: Assignment) -> str:
        name = assignment.name
        title = self.titles.get(name, name)
        unreadable = title in self.reserved or self.computed.search(title)
        if unreadable or (name not in self.titles and self.with_id.fullmatch(name)):
            self._fail(
                f"Canvas would not take the column {title} for the assignment {name}. Say in "
                "nbgrader_config.py what it is called there: "
                f"c.CanvasExporter.titles = {{{name!r}: 'Title in Canvas (4711)'}}"
            )
        return title


def _name(student: Student) -> str:
    """Last name, first name, as Canvas sorts them; nothing if Canvas would misread it."""
    name = ", ".join(filter(None, (student.last_name, student.first_name)))
    return "" if "Points Possible" in name else line(name)
