"""Filters of a page: what students wrote is shown whatever it is, and in bounded time."""

from __future__ import annotations

from html import escape
from typing import Any

from nbconvert.filters import Highlight2HTML, ansi2html

HIGHLIGHTED = 200_000_000  # sum of the squares of the lengths of a notebook's cells
COLOURED = 100_000  # characters of one output


class BoundedHighlight(Highlight2HTML):
    """nbconvert's ``highlight_code``, which takes time with the square of a cell's length.

    Cells for which there is no room are shown without colours. A page has one of its own.
    """

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self._room = HIGHLIGHTED

    def __call__(
        self, source: str, language: str | None = None, metadata: dict[str, Any] | None = None
    ) -> str:
        """Return a cell's code as HTML."""
        if len(source) ** 2 > self._room:
            return f'<div class="highlight"><pre>{escape(source)}</pre></div>'
        self._room -= len(source) ** 2
        return super().__call__(source, language, metadata)


def bounded_colours(text: str) -> str:
    """Return text of an output as HTML, with the colours of a terminal if it is not too long."""
    return ansi2html(text) if len(text) <= COLOURED else escape(text.replace("\x1b", ""))


def with_prefix(html: str) -> str:
    """Return it as it is, in place of nbconvert's ``strip_files_prefix``.

    That looks for a prefix of IPython 1's links, in time with the square of a cell's brackets.
    """
    return html
