"""Every shape through the class runner: what it earns, and what its student's page says."""

from __future__ import annotations

from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.notebooks.shapes import SHAPES, Shape
from tests.notebooks.sheet import NOTEBOOK, grade, hand_in, make
from tests.support import little_course
from tests.support.little_course import ASSIGNMENT

pytestmark = pytest.mark.usefixtures("sandbox")

SAMPLE = 10  # shapes that go through `nbgrader autograde` too


@dataclass(frozen=True)
class Graded:
    """A class after grading."""

    root: Path
    scores: dict[str, dict[str, float | None]]

    def page(self, shape: Shape) -> str:
        """What a student reads."""
        page = self.root / "feedback" / shape.name / ASSIGNMENT / f"{NOTEBOOK}.html"
        return text_of(page)


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A class in which each student hands in one shape."""
    root = make(tmp_path_factory.mktemp("notebooks") / "course")
    for shape in SHAPES:
        hand_in(root, shape.name, shape.files())
    return root


@pytest.fixture(scope="module")
def graded(course: Path) -> Graded:
    """The class after the class runner, with feedback."""
    scores = grade(course)
    little_course.nbgrader(course, "generate_feedback", ASSIGNMENT)
    return Graded(course, scores)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_what_run_all_does_is_what_is_graded(graded: Graded, shape: Shape) -> None:
    page = graded.page(shape)
    assert graded.scores[shape.name] == shape.scores, page
    for sentence in shape.reads:
        assert sentence in page


def test_nbgrader_gives_the_same_scores(graded: Graded, tmp_path: Path) -> None:
    root = make(tmp_path / "course")
    sample = SHAPES[:: len(SHAPES) // SAMPLE]
    for shape in sample:
        hand_in(root, shape.name, shape.files())
    little_course.nbgrader(root, "autograde", ASSIGNMENT)
    scores = little_course.scores(root, notebook=NOTEBOOK)
    assert scores == {shape.name: graded.scores[shape.name] for shape in sample}


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
