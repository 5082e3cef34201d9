"""First step of sanitising: the notebook as it was released, with the student's answers in it."""

from __future__ import annotations

import re
from html import escape
from html.parser import HTMLParser
from typing import Any

import nbformat
from nbconvert.filters import markdown2html
from nbconvert.preprocessors.sanitize import SanitizeHTML
from nbformat.notebooknode import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.preprocessors import NbGraderPreprocessor
from nbgrader.utils import is_locked

from grading.course import release_folder
from grading.handed_in.cells import grade_id
from grading.handed_in.rebuild import rebuild


class Canonicalize(NbGraderPreprocessor):
    """Rebuilds a submitted notebook (as `SubmissionReader` gives it) from the released one."""

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Return the rebuilt notebook; what was put right is logged as a warning."""
        names = resources["nbgrader"]
        path = release_folder(self, names["assignment"]) / f"{names['notebook']}.ipynb"
        notebook, remarks = rebuild(nb, nbformat.read(path, as_version=4))
        sources = _sources(names)
        for cell in notebook.cells:
            name = grade_id(cell)
            if is_locked(cell) and name in sources:
                cell.source = sources[name]  # with its hidden tests
        for remark in remarks:
            self.log.warning("%s, %s: %s", names["student"], names["notebook"], remark)
        clean = SanitizeHTML(parent=self)
        for cell in notebook.cells:
            if cell.cell_type == "markdown" and cell.metadata.pop("by_student", False):
                source = clean.sanitize_html_tags(cell.source)
                cell.source = source if _is_harmless(source) else f"<pre>{escape(source)}</pre>"
        return notebook, resources


class _Links(HTMLParser):
    """Finds links to anything but pages and mail addresses, which may be code to run."""

    harmless = True

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            scheme, colon, _ = re.sub(r"[\x00-\x20]", "", value or "").partition(":")
            is_link = name in ("href", "src") and colon and re.fullmatch(r"[\w+.-]+", scheme)
            if is_link and scheme.lower() not in ("http", "https", "mailto"):
                self.harmless = False


def _is_harmless(markdown: str) -> bool:
    """Whether a browser would run nothing of it: links are made only when it is rendered."""
    links = _Links()
    try:
        links.feed(markdown2html(markdown))
    except Exception:  # for one, a picture attached to the submitted cell
        return False
    return links.harmless


def _sources(names: dict[str, Any]) -> dict[str, str]:
    """Source of each cell that the gradebook knows, by grade_id."""
    with Gradebook(names["db_url"]) as gradebook:
        notebook = gradebook.find_notebook(names["notebook"], names["assignment"])
        return {cell.name: cell.source for cell in notebook.source_cells}
