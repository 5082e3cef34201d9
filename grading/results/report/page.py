"""The pages of the report, as texts of HTML."""

from __future__ import annotations

import base64
import datetime
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from grading.files import style_sheet
from grading.plugin.due import hours
from grading.results.report import figures, term
from grading.results.report.records import Class

HERE = Path(__file__).parent
TERM = "index.html"  # the page over all assignments
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
    scores, looks = figures.scores(one), figures.looks(one)
    words: dict[str, list[str]] = {record.student: [] for record in one.records}
    for look in looks:
        for student in look.students:
            words[student].append(look.word)
    return _page(
        "page.html.j2",
        here=one.assignment,
        one=one,
        assignments=assignments,
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
    )


def render_term(classes: Sequence[Class]) -> str:
    """The report on a class over several assignments, in their order; as :func:`render`."""
    standings = term.standings(classes)
    return _page(
        "term.html.j2",
        here="",
        course=classes[0].course,
        assignments=[one.assignment for one in classes],
        standings=standings,
        by_id={one.student: one for one in standings},
        loops={one.student: number for number, one in enumerate(standings)},
        persisting=term.persisting(classes),
        fall=term.FALL,
    )


def _page(template: str, **values: Any) -> str:
    # escaped is everything but our own style and script, which their hashes vouch for
    environment = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters = {"number": _number, "percent": _percent, "address": quote, "hours": hours}
    environment.filters |= filters
    sheet, script = style_sheet(HERE / "page.css"), (HERE / "page.js").read_text()
    return environment.get_template(template).render(
        **values,
        term=TERM,
        written=datetime.datetime.now().astimezone(),
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
