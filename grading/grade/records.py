"""A submission's rows of the gradebook, and what grading writes into them."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

from nbformat.notebooknode import NotebookNode
from nbgrader.preprocessors import AssignLatePenalties
from nbgrader.utils import compute_checksum, determine_grade, is_task

from grading.grade.excerpt import Rows, score
from grading.handed_in.cells import grade_id, points_in

Question = tuple[str, str]  # notebook and grade_id


class Records:
    """The rows of one submission.

    Parameters
    ----------
    about : Rows
        The assignment's.
    rows : Rows
        The submission's; they are copied.
    full : set of Question
        Those whose points everybody gets.
    """

    def __init__(self, about: Rows, rows: Rows, full: Iterable[Question] = ()) -> None:
        self.rows = copy.deepcopy(rows)
        self._full = set(full)
        (self._submission,) = self.rows["submitted_assignment"]
        (self._assignment,) = about["assignment"]
        self._most = {row["id"]: row["max_score"] for row in about["grade_cells"]}
        self._most |= {row["id"]: row["max_score"] for row in about["task_cells"]}
        names = {row["id"]: row["name"] for row in about["notebook"]}
        submitted = self.rows["submitted_notebook"]
        notebooks = {row["id"]: names[row["notebook_id"]] for row in submitted}
        cells = {row["id"]: row["name"] for row in about["base_cell"]}
        self._notebooks = {notebooks[row["id"]]: row for row in submitted}
        of_table = {
            table: {(notebooks[row["notebook_id"]], cells[row["cell_id"]]): row for row in rows}
            for table, rows in self.rows.items()
            if table in ("grade", "comment")
        }
        self._grades: dict[Question, dict[str, Any]] = of_table["grade"]
        self._comments: dict[Question, dict[str, Any]] = of_table["comment"]
        self._before: dict[Question, float | None] = {}  # scores over which one by hand stands

    def unscore(self, notebook: str) -> None:
        """Take away what grading gave: whatever happens then, it is to be looked at."""
        for question, row in self._of(notebook).items():
            if row["manual_score"] is not None and not row["needs_manual_grade"]:
                self._before.setdefault(question, row["auto_score"])
            row |= {"auto_score": None, "needs_manual_grade": True}

    def score(self, notebook: str, page: NotebookNode, scores: Mapping[str, float]) -> None:
        """Enter what a graded notebook has earned.

        Parameters
        ----------
        notebook : str
        page : NotebookNode
            As it is kept.
        scores : mapping of str to float
            What the judge gave, by grade_id. Of other cells nbgrader's own rule decides.
        """
        cells, points = {grade_id(cell): cell for cell in page.cells}, points_in(page)
        for (_, name), row in self._of(notebook).items():
            if name in cells:
                judged = name in scores
                given = (scores[name], points[name]) if judged else given_in(cells[name])
                self._enter((notebook, name), row, *given)
        for (of, name), row in self._comments.items():
            if of == notebook and name in cells:
                cell = cells[name]
                as_released = cell.metadata.nbgrader.get("checksum") == compute_checksum(cell)
                row["auto_comment"] = "No response." if as_released and not is_task(cell) else None

    def score_nothing(self, notebook: str) -> None:
        """Enter 0 for a notebook that was not handed in."""
        for question, row in self._of(notebook).items():
            most = self._most[row["cell_id"]]
            row |= {
                "auto_score": most if question in self._full else 0.0,
                "needs_manual_grade": False,
            }

    def hand_in(self, at: datetime) -> None:
        """Enter when it was handed in, in UTC."""
        self._submission["timestamp"] = at

    @property
    def seconds_late(self) -> float:
        """By how much it came too late, with the extension that was given."""
        due, at = self._assignment["duedate"], self._submission["timestamp"]
        if due is None or at is None:
            return 0.0
        extended = due + (self._submission["extension"] or timedelta())
        return max(0.0, (at - extended).total_seconds())

    def penalise(self, rule: AssignLatePenalties, student: str, notebook: str) -> None:
        """Take off what the course's rule takes for lateness, as nbgrader does."""
        row, penalty = self._notebooks[notebook], None
        if self.seconds_late > 0:
            grades = list(self._of(notebook).values())
            earned = score({"grade": grades, "submitted_notebook": []})
            penalty = rule.plugin_inst.late_submission_penalty(student, earned, self.seconds_late)
            if penalty is not None:
                penalty = rule._check_late_penalty(SimpleNamespace(score=earned), penalty)
        row["late_submission_penalty"] = penalty

    def _enter(self, question: Question, row: dict[str, Any], raw: float | None, of: float) -> None:
        most = self._most[row["cell_id"]]
        now, before = counted(raw, of, most, question in self._full), self._before.get(question)
        row["auto_score"] = now
        stands = before is not None and now == before
        row["needs_manual_grade"] = now is None if row["manual_score"] is None else not stands

    def _of(self, notebook: str) -> dict[Question, dict[str, Any]]:
        return {key: row for key, row in self._grades.items() if key[0] == notebook}


def counted(raw: float | None, of: float, most: float, everybodys: bool) -> float | None:
    """What counts of an answer for which the tests gave `raw` of their points."""
    if everybodys or not most:
        return most
    return raw if raw is None or raw == of == most else raw / of * most if of else raw


def given_in(cell: NotebookNode) -> tuple[float | None, float]:
    """What the tests gave in a graded cell, and of how many points; None if a person is to."""
    return (None, 0.0) if is_task(cell) else determine_grade(cell)
