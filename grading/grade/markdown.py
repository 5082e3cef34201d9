"""What of a student's Markdown a page may show, and what a page says of the student's files."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from html.parser import HTMLParser

from nbconvert.filters import markdown2html
from nbconvert.preprocessors.sanitize import SanitizeHTML
from nbformat import v4
from nbformat.notebooknode import NotebookNode


def about(remarks: Sequence[str]) -> NotebookNode:
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
