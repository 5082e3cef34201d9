"""What the exporters share: who is wanted, who has a score, the file."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any, NoReturn

from nbgrader.api import Assignment, Gradebook, Student
from nbgrader.coursedir import CourseDirectory
from nbgrader.plugins import ExportPlugin

from grading.files import write_whole
from grading.handed_in.printable import line
from grading.plugin.changes import Changes
from grading.results.exports.rows import Entry, Row, entries_of, graded_cells


class GradesExporter(ExportPlugin):
    """What every exporter is."""

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
        entries: dict[str, Entry],
    ) -> set[str]:
        """Say who has no score, and why; return the ids of those who have one."""
        absent, unscored, scored = [], [], set()
        excused = self._excused(assignment)
        for student in students:
            entry = entries.get(student.id)
            if student.id in excused:
                continue
            if entry is None:
                absent.append(student.id)
            elif missing := [
                cell.name for cell in graded_cells(assignment) if not entry.is_scored(cell)
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

    def _excused(self, assignment: Assignment) -> set[str]:
        """The ids of those for whom it does not count."""
        return Changes(Path(CourseDirectory(parent=self).root)).excused(assignment.name)

    def _totals(
        self, gradebook: Gradebook, assignment: Assignment, students: list[Student]
    ) -> dict[str, float | None]:
        """The score of each student in an assignment; None where there is none."""
        entries = entries_of(gradebook, assignment)
        scored = self._scored(assignment, students, entries)
        return {
            student.id: entries[student.id].score() if student.id in scored else None
            for student in students
        }

    def _findable(self, students: list[Student]) -> list[Student]:
        """Leave out students whose id cannot be written so that it is safe and still theirs."""
        strange = [student.id for student in students if student.id != line(student.id)]
        if strange:
            self.log.warning(
                "Left out, because a spreadsheet would take their ids for formulas, or not show "
                "them as they are; enter their grades by hand: %s",
                ", ".join(map(repr, strange)),
            )
        return [student for student in students if student.id not in strange]

    def _write(self, rows: list[Row]) -> None:
        destination = Path(self.to or self.default_to)
        table = io.StringIO()
        csv.writer(table, lineterminator="\n").writerows(rows)
        content = table.getvalue().encode()
        try:
            if destination.exists() and not destination.is_file():  # /dev/stdout, for one
                destination.write_bytes(content)
            else:
                destination = destination.resolve()
                write_whole(destination, content)
        except OSError as error:
            self._fail(f"The grades could not be written: {error}")
        self.log.info("Wrote %s lines to %s", len(rows), destination)
