"""Every shape through the class runner: what it earns, and what its student's page says."""

from __future__ import annotations

from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet

from tests.notebooks.shapes import SHAPES, Shape
from tests.notebooks.sheet import NOTEBOOK, POINTS, grade, hand_in, make
from tests.support import little_course
from tests.support.little_course import ASSIGNMENT

pytestmark = pytest.mark.usefixtures("sandbox")


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A class in which each student hands in one shape, graded, with feedback."""
    root = make(tmp_path_factory.mktemp("notebooks") / "course")
    for shape in SHAPES:
        hand_in(root, shape.name, shape.files())
    grade(root)
    return root


@pytest.fixture(scope="module")
def scores(graded: Path) -> dict[str, dict[str, float | None]]:
    return little_course.scores(graded)


def parameters(shapes: Sequence[Shape]) -> list[ParameterSet]:
    """Shapes as a test's parameters; those that wait are to fail until then."""
    return [
        pytest.param(
            shape,
            id=shape.name,
            marks=[pytest.mark.xfail(reason=shape.waits, strict=True)] if shape.waits else [],
        )
        for shape in shapes
    ]


@pytest.mark.parametrize("shape", parameters(SHAPES))
def test_what_run_all_does_is_what_is_graded(
    graded: Path, scores: dict[str, dict[str, float | None]], shape: Shape
) -> None:
    earned = {name: scores[shape.name][name] for name in POINTS}
    page = text_of(graded / "feedback" / shape.name / ASSIGNMENT / f"{NOTEBOOK}.html")
    assert earned == shape.scores, page
    for sentence in shape.reads:
        assert sentence in page


class Text(HTMLParser):
    """What a reader sees of a page, in one line."""

    def __init__(self) -> None:
        super().__init__()
        self._hidden = False
        self._parts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden = tag in ("script", "style")

    def handle_endtag(self, tag: str) -> None:
        self._hidden = False

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self._parts.append(data)

    def __str__(self) -> str:
        return " ".join("".join(self._parts).split())


def text_of(page: Path) -> str:
    """What a page says; nothing if it is not there."""
    text = Text()
    if page.exists():
        text.feed(page.read_text(encoding="utf-8"))
    return str(text)
