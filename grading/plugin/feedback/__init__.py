"""nbgrader's ``GenerateFeedback``, for every student: pages of our own, and scores that agree."""

from __future__ import annotations

import re
from contextlib import suppress
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from nbconvert.exporters import Exporter
from nbconvert.exporters.exporter import ResourcesDict
from nbformat.notebooknode import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.converters import GenerateFeedback
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import ClearHiddenTests, GetGrades
from nbgrader.utils import is_grade, is_locked
from traitlets import default

from grading.course import Course
from grading.handed_in.read import Refused, check_student
from grading.plugin.changes import Changes
from grading.plugin.due import DueDates
from grading.plugin.feedback import overview
from grading.plugin.feedback.page import FeedbackPage
from grading.plugin.folders import Printable, find_folders


class GetScores(GetGrades):
    """Says of the whole when it was due and came, and of a score by hand that it is one."""

    def preprocess_cell(
        self, cell: NotebookNode, resources: ResourcesDict, cell_index: int
    ) -> tuple[NotebookNode, ResourcesDict]:
        """Note score and comment of a cell; at the first, the times."""
        if cell_index == 0:
            submission = self.gradebook.find_submission(self.assignment_id, self.student_id)
            self._changes = Changes(Path(CourseDirectory(parent=self).root))
            resources["nbgrader"]["when"] = overview.told(
                submission, DueDates(parent=self), self._changes
            )
        return super().preprocess_cell(cell, resources, cell_index)

    def _get_score(self, cell: NotebookNode, resources: ResourcesDict) -> None:
        details = cell.metadata.nbgrader
        grade = self.gradebook.find_grade(
            details.grade_id, self.notebook_id, self.assignment_id, self.student_id
        )
        details["score"], details["points"] = grade.score, grade.max_score
        details["waits"] = grade.needs_manual_grade and grade.manual_score is None
        if grade.manual_score is not None or grade.extra_credit:
            extra = f", {grade.extra_credit:g} of them on top" if grade.extra_credit else ""
            details["by_hand"] = (
                f"Your instructor gave this question {grade.score:g} of {grade.max_score:g} points"
                f"{extra}."
            )
        elif (self.notebook_id, details.grade_id) in self._changes.full(self.assignment_id):
            details["by_hand"] = "This question was dropped: everybody gets its points."
        elif not grade.max_score:
            details["by_hand"] = "This question was dropped: it no longer counts."
        elif (self.notebook_id, details.grade_id) in self._changes.points(self.assignment_id):
            details["by_hand"] = f"This question counts {grade.max_score:g} points now."
        if "by_hand" in details and cell.cell_type == "code":
            details["by_hand"] += " What follows is what the tests say of it."


class ClearOurHiddenTests(ClearHiddenTests):
    """nbgrader's ``ClearHiddenTests``; a student's cell may hold its marks too."""

    def preprocess_cell(
        self, cell: NotebookNode, resources: dict[str, Any], cell_index: int
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Clear one cell."""
        if is_grade(cell) and is_locked(cell):
            return super().preprocess_cell(cell, resources, cell_index)
        with suppress(RuntimeError):  # marks that do not fit together are no author's
            self._remove_hidden_test_region(cell)
        return cell, resources


class EveryonesFeedback(GenerateFeedback):
    """Finds what was graded as it is called, where nbgrader takes names for patterns.

    Besides a page for each notebook, each student gets one over all assignments.
    """

    @default("exporter_class")
    def _page(self) -> type[Exporter]:
        return FeedbackPage

    def init_notebooks(self) -> None:
        """Find the graded notebooks; name the folders that can be no student's."""
        self.log.addFilter(Printable())
        pattern = self._format_source("(?P<assignment>.*)", "(?P<student>.*)", escape=True)
        self.assignments = {}
        for folder in find_folders(self):
            try:
                check_student(re.match(pattern, folder, re.DOTALL)["student"])
            except Refused as refused:
                self.log.error("%s", refused)
                continue
            notebooks = sorted(Path(folder).glob("*.ipynb"))
            wanted = [path for path in notebooks if fnmatch(path.stem, self.coursedir.notebook_id)]
            if wanted:
                self.assignments[folder] = [str(path) for path in wanted]
            else:
                self.log.warning("%s has no graded notebook to give feedback on.", folder)
        if not self.assignments:
            super().init_notebooks()  # says so, and what may have been meant

    def convert_notebooks(self) -> None:
        """Make the pages; then each student's overview, for who has any."""
        try:
            super().convert_notebooks()
        finally:
            pattern = self._format_source("(?P<assignment>.*)", "(?P<student>.*)", escape=True)
            found = {re.match(pattern, folder, re.DOTALL)["student"] for folder in self.assignments}
            with Gradebook(self.coursedir.db_url, self.coursedir.course_id) as gradebook:
                for student in sorted(found):
                    overview.write(Course.of(self, self.coursedir), gradebook, student)
