"""The rows of a gradebook that grading one submission needs, and how results come back.

A submission is graded away from the gradebook, on these rows as plain values. They keep their ids,
so that what was graded is brought back by id, in one transaction for each submission.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any
from uuid import uuid4

from nbgrader.api import Base, Gradebook
from sqlalchemy import Table, case, literal, null, select, text, update

Rows = dict[str, list[dict[str, Any]]]  # table → rows
TABLES: dict[str, Table] = dict(Base.metadata.tables)
SOUGHT_BY = (("submitted_notebook", "assignment_id"), ("grade", "notebook_id"),
             ("comment", "notebook_id"))  # fmt: skip
CELLS = ("base_cell", "source_cell")
KINDS = ("grade_cells", "solution_cells", "task_cells")  # each extends a row of base_cell
RESULTS = {  # what automatic grading decides
    "submitted_assignment": ("timestamp",),
    "submitted_notebook": ("late_submission_penalty",),
    "grade": ("auto_score", "needs_manual_grade"),
    "comment": ("auto_comment",),
}


class GradebookChanged(Exception):
    """Rows that were graded are no longer in the gradebook."""


def make_indexes(gradebook: Gradebook) -> None:
    """Have the database find a submission's rows without reading everyone's.

    nbgrader makes no such index, and does not mind them. Without, each of 100,000 submissions costs
    a second; with them, a millisecond.
    """
    for table, column in SOUGHT_BY:
        name = f"ix_{table}_{column}"
        gradebook.db.execute(text(f"CREATE INDEX IF NOT EXISTS {name} ON {table} ({column})"))
    gradebook.db.commit()


def of_assignment(gradebook: Gradebook, name: str) -> Rows:
    """Take the rows of an assignment, without any submission.

    Raises
    ------
    nbgrader.api.MissingEntry
        If the gradebook has no such assignment.
    """
    assignment = gradebook.find_assignment(name)
    rows = {
        "course": _select(gradebook, "course", "id", [assignment.course_id]),
        "assignment": _select(gradebook, "assignment", "id", [assignment.id]),
        "notebook": _select(gradebook, "notebook", "assignment_id", [assignment.id]),
    }
    for table in CELLS:
        rows[table] = _select(gradebook, table, "notebook_id", _ids(rows["notebook"]))
    for table in KINDS:
        rows[table] = _select(gradebook, table, "id", _ids(rows["base_cell"]))
    return rows


def of_submission(gradebook: Gradebook, assignment: str, student: str) -> Rows:
    """Take the rows of a submission and of its student.

    Raises
    ------
    nbgrader.api.MissingEntry
        If the gradebook has no such submission.
    """
    submission = gradebook.find_submission(assignment, student)
    rows = {
        "student": _select(gradebook, "student", "id", [submission.student_id]),
        "submitted_assignment": _select(gradebook, "submitted_assignment", "id", [submission.id]),
        "submitted_notebook": _select(
            gradebook, "submitted_notebook", "assignment_id", [submission.id]
        ),
    }
    for table in ("grade", "comment"):
        rows[table] = _select(gradebook, table, "notebook_id", _ids(rows["submitted_notebook"]))
    return rows


def new_submission(about: Rows, student: str) -> Rows:
    """The rows of a submission that no gradebook has, of an assignment whose rows are given."""
    submitted = _row("submitted_assignment")
    notebooks = {
        row["id"]: _row("submitted_notebook", assignment_id=submitted["id"], notebook_id=row["id"])
        for row in about["notebook"]
    }
    of = {row["id"]: notebooks[row["notebook_id"]]["id"] for row in about["base_cell"]}

    def each(table: str, *kinds: str) -> list[dict[str, Any]]:
        cells = [row["id"] for kind in kinds for row in about[kind]]
        return [_row(table, cell_id=cell, notebook_id=of[cell]) for cell in cells]

    return {
        "student": [{**_row("student"), "id": student}],
        "submitted_assignment": [submitted],
        "submitted_notebook": list(notebooks.values()),
        "grade": each("grade", "grade_cells", "task_cells"),
        "comment": each("comment", "solution_cells", "task_cells"),
    }


def unscored(rows: Rows) -> Rows:
    """The rows of a submission without any automatic score."""
    rows = copy.deepcopy(rows)
    for grade in rows["grade"]:
        grade |= {"auto_score": None, "needs_manual_grade": True}
    return rows


def score(rows: Rows) -> float:
    """What a submission has earned, the late penalty included."""
    earned = 0.0
    for grade in rows["grade"]:
        automatic, by_hand = grade["auto_score"], grade["manual_score"]
        earned += (automatic or 0.0) if by_hand is None else by_hand
        earned += grade["extra_credit"] or 0.0
    penalties = (one["late_submission_penalty"] or 0.0 for one in rows["submitted_notebook"])
    return max(0.0, earned - sum(penalties))


def bring_back(gradebook: Gradebook, rows: Rows) -> None:
    """Write what automatic grading decided, and nothing else, in one transaction.

    What people entered in the meantime stays; a manual score of that time needs their look again.

    Raises
    ------
    GradebookChanged
        If any of the rows is gone; then nothing is written.
    """
    try:
        for name, columns in RESULTS.items():
            table = TABLES[name]
            for row in rows[name]:
                values = {column: row[column] for column in columns}
                if name == "grade":
                    now, before = table.c.manual_score, row["manual_score"]
                    entered = now.is_not(null()) & now.is_distinct_from(before)
                    needed = literal(row["needs_manual_grade"])
                    values["needs_manual_grade"] = case((entered, True), else_=needed)
                found = gradebook.db.execute(
                    update(table).where(table.c.id == row["id"]).values(values)
                )
                if found.rowcount != 1:
                    raise GradebookChanged(
                        "The gradebook no longer has this submission as it was when grading "
                        "began. Run the command again."
                    )
        gradebook.db.commit()
    except BaseException:
        gradebook.db.rollback()
        raise


def _select(
    gradebook: Gradebook, table: str, column: str, values: Iterable[str]
) -> list[dict[str, Any]]:
    found = TABLES[table]
    statement = select(found).where(found.c[column].in_(list(values))).order_by(found.c.id)
    return [dict(row) for row in gradebook.db.execute(statement).mappings()]


def _row(table: str, **values: str) -> dict[str, Any]:
    return {**dict.fromkeys(TABLES[table].columns.keys()), "id": uuid4().hex, **values}


def _ids(rows: list[dict[str, Any]]) -> list[str]:
    return [row["id"] for row in rows]
