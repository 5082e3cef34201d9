"""Grades out of the gradebook: question by question, for Canvas, for Moodle.

Plug-ins of nbgrader's own command, with its ``--to``, ``--assignment`` and ``--student``::

    nbgrader export --exporter=grading.results.exports.CanvasExporter --to=canvas.csv --assignment=ps1

In all of them

* what is not scored is left empty, never 0, and a warning names the students;
* numbers have a decimal point, no thousands and no exponent;
* text that a spreadsheet would take for a formula gets an apostrophe in front;
* the file is UTF-8 and appears whole or not at all.

``docs/export.md`` says how to import the files.
"""

from __future__ import annotations

import csv
import os
import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from nbgrader.api import (
    Assignment,
    BaseCell,
    Grade,
    Gradebook,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
)
from nbgrader.plugins import ExportPlugin
from traitlets import Dict, Unicode

Row = list[str]
FORMULA = re.compile(r"[=+\-@]")  # what a spreadsheet computes: OWASP, "CSV Injection"


@dataclass
class Submission:
    """What a student has in the gradebook for one assignment.

    Parameters
    ----------
    timestamp : str
        When it was handed in, UTC, or nothing.
    penalty : float
        Points that being late costs.
    grades : dict
        The grade of each question, by the id of its cell.
    """

    timestamp: str
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


class GradesExporter(ExportPlugin):
    """What the exporters of this module share."""

    default_to: str  # the file that is written without --to

    def export(self, gradebook: Gradebook) -> None:
        """Write the file; a file of that name is replaced, as nbgrader's own exporter does."""
        assignments = self._wanted(self.assignment, gradebook.assignments, "assignment")
        students = self._wanted(self.student, gradebook.students, "student")
        self._write(self.rows(gradebook, assignments, students))

    def rows(
        self, gradebook: Gradebook, assignments: list[Assignment], students: list[Student]
    ) -> list[Row]:
        """The lines of the file, with its header."""
        raise NotImplementedError

    def _fail(self, sentence: str) -> NoReturn:
        self.log.error(sentence)
        raise SystemExit(1)

    def _wanted(self, names: list[Any], known: list[Any], kind: str) -> list[Any]:
        """Those of the gradebook's that were asked for: all of them, if none was."""
        key = "id" if kind == "student" else "name"
        found = {getattr(one, key): one for one in known}
        wanted = [str(name) for name in names] or list(found)
        missing = [name for name in wanted if name not in found]
        if missing:
            self._fail(
                f"The gradebook has no {kind} {', '.join(missing)}. It has: "
                f"{', '.join(found) or 'none'}."
            )
        return [one for name, one in found.items() if name in wanted]

    def _scored(
        self,
        assignment: Assignment,
        students: list[Student],
        submissions: dict[str, Submission],
    ) -> set[str]:
        """Say who has no score, and why; return the ids of those who have one."""
        absent, unscored, scored = [], [], set()
        for student in students:
            submission = submissions.get(student.id)
            if submission is None:
                absent.append(student.id)
            elif missing := [
                cell.name for cell in _questions(assignment) if not submission.is_scored(cell)
            ]:
                unscored.append(f"{student.id} ({', '.join(missing)})")
            else:
                scored.add(student.id)
        for reason, who in (
            ("no submission in the gradebook", absent),
            ("not graded, or a person must look at it", unscored),
        ):
            if who:
                self.log.warning("%s, left empty: %s: %s", assignment.name, reason, ", ".join(who))
        return scored

    def _totals(
        self, gradebook: Gradebook, assignment: Assignment, students: list[Student]
    ) -> dict[str, float | None]:
        """The score of each student in an assignment; None where there is none."""
        submissions = _submissions(gradebook, assignment)
        scored = self._scored(assignment, students, submissions)
        return {
            student.id: submissions[student.id].score() if student.id in scored else None
            for student in students
        }

    def _findable(self, students: list[Student]) -> list[Student]:
        """Leave out students whose id cannot be written so that it is safe and still theirs."""
        strange = [student.id for student in students if student.id != _text(student.id)]
        if strange:
            self.log.warning(
                "Left out, because a spreadsheet would take their ids for formulas, or not show "
                "them as they are; enter their grades by hand: %s",
                ", ".join(map(repr, strange)),
            )
        return [student for student in students if student.id not in strange]

    def _write(self, rows: list[Row]) -> None:
        """Write the file beside its place and move it there, so that nobody reads half of it."""
        destination = Path(self.to or self.default_to)
        try:
            if destination.exists() and not destination.is_file():  # /dev/stdout, for one
                _dump(rows, destination)
            else:
                destination = destination.resolve()  # a link goes on leading to the file
                scratch = destination.with_name(f".{destination.name}.{os.getpid()}")
                try:
                    _dump(rows, scratch)
                    if destination.exists():
                        shutil.copymode(destination, scratch)
                    scratch.replace(destination)
                finally:
                    scratch.unlink(missing_ok=True)
        except OSError as error:
            self._fail(f"The grades could not be written: {error}")
        self.log.info("Wrote %s lines to %s", len(rows), destination)


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
    ``late_penalty``
        Points that the whole *assignment* loses for being late: the same on all of its lines.
        A student's total is the sum of ``score`` less this once, and at least 0.
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
        "late_penalty",
    )

    def rows(
        self, gradebook: Gradebook, assignments: list[Assignment], students: list[Student]
    ) -> list[Row]:
        rows = [list(self.columns)]
        for assignment in assignments:
            submissions = _submissions(gradebook, assignment)
            self._scored(assignment, students, submissions)
            for student in students:
                who = [_text(student.id), _text(student.last_name), _text(student.first_name)]
                submission = submissions.get(student.id)
                for cell in _questions(assignment):
                    what = [
                        _text(name) for name in (assignment.name, cell.notebook.name, cell.name)
                    ]
                    rows.append([*what, *who, *_question(cell, submission)])
        return rows


def _question(cell: BaseCell, submission: Submission | None) -> Row:
    """The columns from ``score`` on."""
    if submission is None:
        return ["", _number(cell.max_score), "", "", "", "", "", ""]
    grade = submission.grades.get(cell.id)
    return [
        _number(grade.score) if submission.is_scored(cell) else "",
        _number(cell.max_score),
        _number(grade and grade.auto_score),
        _number(grade and grade.manual_score),
        _number(grade and grade.extra_credit),
        "yes" if grade is None or grade.needs_manual_grade else "no",
        submission.timestamp,
        _number(submission.penalty),
    ]


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
        points = [_number(assignment.max_score) for assignment in assignments]
        rows = [[*self.identity, *titles], ["    Points Possible", "", "", "", "", *points]]
        for student in students:
            number = student.lms_user_id or ""
            number = number if re.fullmatch("[0-9]+", number) else ""
            who = [_name(student), number, "", student.id, ""]
            scores = (column[student.id] for column in columns)
            rows.append([*who, *("" if score is None else _number(score) for score in scores)])
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
        emails = [student.email or "" for student in students]
        with_email = all(email.strip() and not FORMULA.match(email.strip()) for email in emails)
        names = [assignment.name for assignment in assignments]
        rows = [
            ["Username", *["Email address"] * with_email, "Last name", "First name", *names],
        ]
        for student in students:
            who = [_text(student.email)] if with_email else []
            who += [_text(student.last_name), _text(student.first_name)]
            scores = (column[student.id] for column in columns)
            grades = ["-" if score is None else _number(score) for score in scores]
            rows.append([student.id, *who, *grades])
        return rows


def _dump(rows: list[Row], path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def _questions(assignment: Assignment) -> list[BaseCell]:
    """Everything that earns points, in the gradebook's order."""
    return [
        cell
        for notebook in assignment.notebooks
        for cell in (*notebook.grade_cells, *notebook.task_cells)
    ]


def _submissions(gradebook: Gradebook, assignment: Assignment) -> dict[str, Submission]:
    """What was handed in, by the student's id."""
    mine = SubmittedAssignment.assignment_id == assignment.id
    submissions = {
        student: Submission(f"{timestamp or ''}", penalty or 0.0)
        for student, timestamp, penalty in gradebook.db.query(
            SubmittedAssignment.student_id,
            SubmittedAssignment.timestamp,
            SubmittedAssignment.late_submission_penalty,
        ).filter(mine)
    }
    grades = (
        gradebook.db.query(SubmittedAssignment.student_id, Grade)
        .join(SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .join(Grade, Grade.notebook_id == SubmittedNotebook.id)
        .filter(mine)
    )
    for student, grade in grades:
        submissions[student].grades[grade.cell_id] = grade
    return submissions


def _name(student: Student) -> str:
    """Last name, first name, as Canvas sorts them; nothing if Canvas would misread it."""
    name = ", ".join(filter(None, (student.last_name, student.first_name)))
    return "" if "Points Possible" in name else _text(name)


def _text(text: str | None) -> str:
    """Text on one line, and none that a spreadsheet computes."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text or "").split())
    return f"'{line}" if FORMULA.match(line) else line


def _number(number: float | None) -> str:
    """A number to six decimal places, with no more zeros than it needs."""
    if number is None:
        return ""
    return f"{number:.6f}".rstrip("0").rstrip(".")
