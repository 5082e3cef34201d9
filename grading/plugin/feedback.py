"""nbgrader's ``GenerateFeedback``, for every student whatever the name is."""

from __future__ import annotations

import re
from fnmatch import fnmatch
from pathlib import Path

from nbgrader.converters import GenerateFeedback

from grading.handed_in.read import Refused, check_student
from grading.plugin.folders import Printable, find_folders


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
