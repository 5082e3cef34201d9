"""nbgrader's ``GenerateFeedback``, for every student whatever the name is."""

from __future__ import annotations

import re
from contextlib import suppress
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from nbformat.notebooknode import NotebookNode
from nbgrader.converters import GenerateFeedback
from nbgrader.preprocessors import ClearHiddenTests
from nbgrader.utils import is_grade, is_locked

from grading.handed_in.read import Refused, check_student
from grading.plugin.folders import Printable, find_folders


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
    """Finds what was graded as it is called, where nbgrader takes names for patterns."""

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
