"""The page of the report, as a text of HTML."""

from __future__ import annotations

import base64
import datetime
import hashlib
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from grading.files import style_sheet
from grading.plugin.due import hours
from grading.results.report import figures
from grading.results.report.records import Class

HERE = Path(__file__).parent
HEIGHT = 150  # of the tallest bar of the histogram, in CSS pixels


def render(one: Class, assignments: Sequence[str]) -> str:
    """The report on a class.

    Parameters
    ----------
    one : Class
    assignments : sequence of str
        Those that have a page in the same folder, this one among them.

    Returns
    -------
    str
        One document of HTML that refers to feedback pages and to the other assignments' pages, and
        loads nothing.
    """
    # escaped is everything but our own style and script, which their hashes vouch for
    environment = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "number": _number,
        "percent": _percent,
        "address": quote,
        "hours": hours,
    }
    sheet, script = style_sheet(HERE / "page.css"), (HERE / "page.js").read_text()
    scores, looks = figures.scores(one), figures.looks(one)
    words: dict[str, list[str]] = {record.student: [] for record in one.records}
    for look in looks:
        for student in look.students:
            words[student].append(look.word)
    return environment.get_template("page.html.j2").render(
        one=one,
        assignments=assignments,
        written=datetime.datetime.now().astimezone(),
        total=sum(question.points for question in one.questions),
        row={record.student: number for number, record in enumerate(one.records)},
        called={record.student: record.name for record in one.records},
        labels={question: f"Q{number}" for number, question in enumerate(one.questions, 1)},
        scores=scores,
        bars=_bars(scores.counts) if scores else [],
        complete=figures.complete(one.records),
        items=figures.items(one),
        mistakes=figures.mistakes(one),
        failures=figures.failures(one),
        looks=looks,
        words=words,
        style=Markup(sheet),
        script=Markup(script),
        hashes={"style": _hash(sheet), "script": _hash(script)},
    )


def _hash(text: str) -> str:
    """The source expression of Content-Security-Policy that allows this text alone."""
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def _bars(counts: Sequence[int]) -> list[tuple[int, float]]:
    """Count and height of each bar."""
    return [(count, round(HEIGHT * count / max(counts), 1)) for count in counts]


def _number(value: float | None, digits: int = 2) -> str:
    if value is None:
        return "–"
    return f"{round(value, digits):.12g}".replace("-", "−")


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.0f}%"
