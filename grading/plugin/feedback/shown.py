"""How the cells of a notebook are shown: code, Markdown with formulas, outputs."""

from __future__ import annotations

import re
import sys
import sysconfig
from functools import lru_cache
from pathlib import Path
from textwrap import shorten
from typing import Any

from markupsafe import Markup, escape
from nbconvert.filters import strip_ansi
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat.notebooknode import NotebookNode

from grading.formulas import formula

OUT = "../../"  # from an assignment's folder to the course's
# Headings of a notebook are below those of the page.
LEVEL = 2
LINES, CHARACTERS = 30, 5000  # of an output; what is longer is folded
OURS = sorted(
    {
        *(sysconfig.get_path(name) for name in ("purelib", "platlib", "stdlib", "platstdlib")),
        *(sys.prefix, sys.base_prefix, str(Path.home())),
    },
    key=len,
    reverse=True,
)
PLACES = re.compile("(?:{})(?=/|\\b)/?".format("|".join(map(re.escape, OURS))))
PICTURES = ("image/png", "image/jpeg")


class _Renderer(IPythonRenderer):
    """Markdown as on the page: no anchors of its own, formulas without a script."""

    def __init__(
        self, trusted: bool, lectures: str, attachments: dict[str, dict[str, str]]
    ) -> None:
        super().__init__(escape=False, exclude_anchor_links=True, attachments=attachments)
        self._trusted, self._lectures = trusted, lectures

    def link(self, text: str, url: str, title: str | None = None) -> str:
        """A link; where the course leads out of an assignment's folder, to its lectures."""
        if self._trusted and url.startswith(OUT):
            url = self._lectures + url.removeprefix(OUT)
        return super().link(text, url, title)

    def heading(self, text: str, level: int, **attributes: Any) -> str:
        """A heading, some levels down."""
        level = min(level + LEVEL, 6)
        return f"<h{level}>{text}</h{level}>\n"

    def block_math(self, body: str) -> str:
        """A formula on lines of its own."""
        return f'<div class="formula" tabindex="0">{self._formula(body, "block")}</div>\n'

    def inline_math(self, body: str) -> str:
        """A formula within a line."""
        return self._formula(body, "inline")

    def latex_environment(self, name: str, body: str) -> str:
        """A formula in an environment of its own."""
        return self.block_math(f"\\begin{{{name}}}{body}\\end{{{name}}}")

    def _formula(self, body: str, display: str) -> str:
        if self._trusted and (mathml := formula(body, display)):
            return mathml
        return f"<code>{escape(body.strip())}</code>"


def markdown(cell: NotebookNode, trusted: bool = False, lectures: str = "") -> Markup:
    """A cell of text as HTML.

    Parameters
    ----------
    cell : NotebookNode
    trusted : bool
        Whether it is the course's own: its formulas are shown as such.
    lectures : str
        Where its links to lectures start.
    """
    if trusted and not cell.get("attachments"):
        return _given_markdown(cell.source, lectures)
    return _markdown(cell.source, trusted, lectures, cell.get("attachments", {}))


@lru_cache(1024)
def _given_markdown(source: str, lectures: str) -> Markup:
    return _markdown(source, True, lectures, {})


def _markdown(
    source: str, trusted: bool, lectures: str, attachments: dict[str, dict[str, str]]
) -> Markup:
    renderer = _Renderer(trusted, lectures, attachments)
    return Markup(MarkdownWithMath(renderer=renderer).render(source))


def title(cells: list[NotebookNode]) -> str:
    """What to call cells that are folded: their first heading, or line of text, or of code."""
    lines = [
        (cell.cell_type == "markdown", line.strip())
        for cell in cells
        for line in cell.source.splitlines()
    ]
    headings = [line.lstrip("# ") for is_text, line in lines if is_text and line.startswith("#")]
    texts = [line for is_text, line in lines if is_text and line.strip("$")]
    codes = [line.lstrip("# ") for is_text, line in lines if not is_text]
    words = next(filter(None, [*headings, *texts, *codes]), "nothing")
    return shorten(re.sub(r"[*`$]", "", words), 60, placeholder="…")


def without_places(text: str) -> str:
    """Text of an output without the places where this machine keeps its programs."""
    return PLACES.sub("", text)


def plain(text: str) -> str:
    """Text of an output, without a terminal's colours and this machine's places."""
    return without_places(strip_ansi(text).replace("\x1b", ""))


def is_long(text: str) -> bool:
    """Whether an output is better folded."""
    return len(text) > CHARACTERS or text.count("\n") > LINES


def picture(data: dict[str, str]) -> str:
    """The address of an output's picture; empty if it has none."""
    for kind in PICTURES:
        if kind in data:
            return f"data:{kind};base64,{data[kind].strip()}"
    return ""
