"""The page of one graded notebook, and of one student: what was earned first, then the work.

A page holds everything it needs, asks nobody for anything and runs no script.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, cached_property, lru_cache, partial
from itertools import groupby
from pathlib import Path
from typing import Any

import nbformat
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from nbconvert.exporters import Exporter
from nbconvert.filters import Highlight2HTML
from nbformat.notebooknode import NotebookNode
from nbgrader.utils import is_grade, is_solution, is_task
from traitlets import Unicode, default

from grading.course import release_folder
from grading.files import style_sheet
from grading.handed_in.cells import grade_id, question_name
from grading.plugin.feedback import shown
from grading.plugin.pages import BoundedHighlight

HERE = Path(__file__).parent
UP = "../../../"  # from a page to the course's folder; where the links of hidden tests start


@dataclass
class Card:
    """What is said of one question.

    Parameters
    ----------
    number : int
        Its place among the questions.
    name : str
    graded, answer : NotebookNode
        The graded cell, and the cell in which the student answers it.
    score, points : float
    """

    number: int
    name: str
    graded: NotebookNode
    answer: NotebookNode
    score: float
    points: float

    @property
    def state(self) -> str:
        """How much was earned, in a word."""
        if self.graded.metadata.nbgrader.get("waits"):
            return "waits"
        return "full" if self.score >= self.points else "part" if self.score > 0 else "none"

    @property
    def words(self) -> str:
        """The same for those who read."""
        return {
            "waits": "not scored yet: your instructor will",
            "full": "full points",
            "part": "part of the points",
            "none": "no points",
        }[self.state]

    @property
    def is_written(self) -> bool:
        """Whether the graded cell is itself the answer."""
        return self.answer is self.graded

    @property
    def by_hand(self) -> str:
        """What an instructor's score comes to; empty if there is none."""
        return self.graded.metadata.nbgrader.get("by_hand", "")

    @property
    def comments(self) -> list[str]:
        """What instructors wrote of it."""
        cells = [self.answer] if self.is_written else [self.answer, self.graded]
        found = (cell.metadata.nbgrader.get("comment") for cell in cells)
        return [comment for comment in found if comment]

    @cached_property
    def outputs(self) -> list[NotebookNode]:
        """What the tests said; the score itself stands above."""
        outputs = self.graded.get("outputs", ())
        return [output for output in outputs if output.output_type != "execute_result"]


@dataclass
class Part:
    """Cells that are shown in one piece: folded together, or one of them by itself."""

    cells: list[NotebookNode]
    folded: bool = False
    card: Card | None = field(default=None)

    @property
    def title(self) -> str:
        """What to call them while they are folded."""
        return shown.title(self.cells)


class FeedbackPage(Exporter):
    """Makes a graded notebook's page, in the place of nbconvert's exporter of HTML."""

    lectures = Unicode(
        UP,
        help="Where the links to lectures start: the address of a folder that holds course/. By "
        "itself they lead from feedback/STUDENT/ASSIGNMENT/ to the course's folder; empty, to the "
        "folder in which a student keeps the page, beside START.md.",
    ).tag(config=True)

    @default("file_extension")
    def _html(self) -> str:
        return ".html"

    def from_notebook_node(
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **settings: Any
    ) -> tuple[str, dict[str, Any]]:
        """Return the page, and the resources for what writes it."""
        nb, resources = super().from_notebook_node(nb, resources, **settings)
        names = resources["nbgrader"]
        given = self._given(names["assignment"], names["notebook"])
        cards = list(_cards(nb))
        page = environment(self.lectures).get_template("page.html.j2")
        highlight = BoundedHighlight()
        numbers = {id(cell): number for number, cell in enumerate(nb.cells, 1)}
        html = page.render(
            it=names,
            when=names.get("when", ""),
            about=[cell for cell in nb.cells if cell.get("id") == "about-your-file"],
            cards=cards,
            parts=list(_parts(nb, given, cards)),
            number=lambda cell: numbers[id(cell)],
            has_card=lambda cell: any(card.answer is cell for card in cards),
            given=given,
            code=lambda source: (
                _given_code(source) if source in given else Markup(highlight(source, "ipython3"))
            ),
        )
        return html, resources

    def _given(self, assignment: str, notebook: str) -> frozenset[str]:
        """The cells that students were given, by their text."""
        path = release_folder(self, assignment) / f"{notebook}.ipynb"
        if not path.is_file():
            return frozenset()
        cells = nbformat.read(path, as_version=4).cells
        return frozenset(cell.source for cell in cells if not is_solution(cell))


@lru_cache(1024)
def _given_code(source: str) -> Markup:
    return Markup(Highlight2HTML()(source, "ipython3"))


@cache  # hundreds of pages are made in one run
def environment(lectures: str = UP) -> Environment:
    """The templates of this folder, in which everything is escaped but what is made here."""

    def verdict(html: str) -> Markup:
        """HTML of the hidden tests, with its links to lectures."""
        return Markup(html.replace(f'href="{UP}', f'href="{Markup.escape(lectures)}'))

    made = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "verdict": verdict,
        "markdown": partial(shown.markdown, lectures=lectures),
        "comment": lambda text: shown.markdown(NotebookNode(source=text), trusted=True),
        "points": lambda value: f"{round(value, 2):g}",
        "plain": shown.plain,
        "is_long": shown.is_long,
        "picture": shown.picture,
    }
    made.globals["style"] = Markup(style_sheet(HERE / "page.css"))
    return made


def _cards(nb: NotebookNode) -> Iterator[Card]:
    """One for each question, in their order."""
    solutions = [cell for cell in nb.cells if is_solution(cell)]
    named = {grade_id(cell): cell for cell in solutions}
    last: NotebookNode | None = None
    number = 0
    for cell in nb.cells:
        if is_solution(cell):
            last = cell
        if is_grade(cell) or is_task(cell):
            name = question_name(grade_id(cell))
            own = cell if is_solution(cell) or is_task(cell) else named.get(name, last)
            details = cell.metadata.nbgrader
            number += 1
            yield Card(number, name, cell, own or cell, details["score"], details["points"])


def _parts(nb: NotebookNode, given: frozenset[str], cards: list[Card]) -> Iterator[Part]:
    """The notebook, with what was given folded as far as it has nothing to say."""
    of = {id(card.graded): card for card in cards}

    def is_quiet(cell: NotebookNode) -> bool:
        return cell.source in given and not cell.get("outputs") and id(cell) not in of

    cells = [cell for cell in nb.cells if cell.get("id") != "about-your-file"]
    for quiet, group in groupby(cells, is_quiet):
        if quiet:
            yield Part(list(group), folded=True)
        else:
            yield from (Part([cell], card=of.get(id(cell))) for cell in group)
