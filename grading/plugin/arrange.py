"""First step of sanitising: the student's cells, with what the release and the gradebook supply."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from html.parser import HTMLParser
from typing import Any

import nbformat
from nbconvert.filters import markdown2html
from nbconvert.preprocessors.sanitize import SanitizeHTML
from nbformat import v4
from nbformat.notebooknode import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.preprocessors import NbGraderPreprocessor
from nbgrader.utils import is_grade, is_locked

from grading.course import release_folder
from grading.handed_in.arrange import MINE, arrange
from grading.handed_in.cells import grade_id, points_in


class Arrange(NbGraderPreprocessor):
    """Arranges a submitted notebook (as `SubmissionReader` gives it) for grading."""

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Return the arranged notebook; what was odd is logged as a warning, and told in it."""
        names = resources["nbgrader"]
        path = release_folder(self, names["assignment"]) / f"{names['notebook']}.ipynb"
        release = nbformat.read(path, as_version=4)
        released = points_in(release)
        arranged = arrange(nb, release)
        sources = _sources(names)
        markdown = StudentsMarkdown(SanitizeHTML(parent=self))
        for cell in arranged.notebook.cells:
            source, points = sources.get(grade_id(cell)), released.get(grade_id(cell))
            if source is not None and is_locked(cell) and MINE not in cell.metadata:
                cell.source = source  # with its hidden tests
            if points is not None and is_grade(cell):
                cell.metadata.nbgrader["points"] = points
            if cell.cell_type == "markdown" and cell.metadata.pop("by_student", False):
                cell.source = markdown.shown(cell.source)
        for remark in arranged.remarks:
            self.log.warning("%s, %s: %s", names["student"], names["notebook"], remark)
        remarks = [*resources["grading"].remarks, *arranged.remarks]
        if remarks:
            arranged.notebook.cells.insert(0, _about(remarks))
        return arranged.notebook, resources


def _about(remarks: Sequence[str]) -> NotebookNode:
    """A cell for the top of the page, on what was odd; it may hold names that students chose."""
    items = "".join(f"<li>{escape(' '.join(remark.split()))}</li>" for remark in remarks)
    text = f"<p><strong>About your file:</strong></p><ul>{items}</ul>"
    return v4.new_markdown_cell(text, id="about-your-file")


class StudentsMarkdown:
    """What of a notebook's Markdown a browser may be given: rendered, or else as it was written.

    Sanitising and rendering take time with the square of a cell's length, here and in the feedback.

    Parameters
    ----------
    clean : SanitizeHTML
    room : int
        How large the squares of the cells' lengths may be, all together; more is not rendered.
    """

    def __init__(self, clean: SanitizeHTML, room: int = 200_000_000) -> None:
        self._clean = clean
        self._room = room

    def shown(self, source: str) -> str:
        """What stands for a cell."""
        if len(source) ** 2 > self._room:
            return _as_written(source)
        self._room -= len(source) ** 2
        text = self._clean.sanitize_html_tags(source)
        return text if _is_harmless(text) else _as_written(source)


def _as_written(source: str) -> str:
    """Text in which neither Markdown nor formulas are looked for."""
    text = escape(source).translate({ord(mark): f"&#{ord(mark)};" for mark in "\\$\n"})
    return f"<pre>{text}</pre>"


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
