"""Minutes are those of the rule that the page of the course states, to within five.

A question's are to within two: `progress()` adds them up.
"""

import ast
import re
from itertools import pairwise
from pathlib import Path

import nbformat
import pytest

from grader_tests import catalogue
from grading.marking.catalogue import unnumbered
from tests.support import REPOSITORY
from tests.support.lectures import NOTEBOOKS as LECTURES
from tests.support.notebooks import read_notebook

ASSIGNMENTS = sorted((REPOSITORY / "source").glob("*/*.ipynb"))
STATED = re.compile(r"\*\*Time:\*\* about (\d+) minutes")
QUESTION = re.compile(r"^    minutes=(\d+),.*?^def (\w+)\(", re.MULTILINE | re.DOTALL)
ANSWER = re.compile(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", re.DOTALL)
LEFT_OUT = re.compile(r"\(#([^)]+)\), which you may leave out")
HEADING = re.compile(r"(#+) (.*)")
WORD = re.compile(r"[^\W_][^\s|]*")
ADDRESS = re.compile(r"\]\([^)]*\)")

WORDS, LINES = 1 / 200, 1 / 20  # minutes to read one
TO_THINK, TO_FILL_IN = 1, 2  # a prediction, question or fold; a cell of a lecture
POINT, LINE, CHECKING = 2, 1 / 2, 3  # an answer: for each point, for each line; to try it
LESSON = 45
EXPLORATION = 2  # to guess, and to write down what was seen


def reading(cell: nbformat.NotebookNode) -> float:
    """Minutes to read a cell; folded code is for the curious."""
    if cell.cell_type == "markdown":
        return WORDS * len(WORD.findall(ADDRESS.sub("]", cell.source)))
    folded = cell.metadata.get("jupyter", {}).get("source_hidden")
    return 0 if folded else LINES * lines(cell.source)


def lines(code: str) -> int:
    return sum(bool(line.strip()) and line.strip()[0] != "#" for line in code.splitlines())


def of_a_lecture(path: Path) -> float:
    cells = _needed(read_notebook(path).cells)
    texts = [cell.source for cell in cells if cell.cell_type == "markdown"]
    thinking = sum(len(re.findall(r"\*\*(?:Predict|Question)\.\*\*", text)) for text in texts)
    filling_in = sum(text.count("**Your turn.**") for text in texts)
    return sum(map(reading, cells)) + TO_THINK * thinking + TO_FILL_IN * filling_in


def _needed(cells: list[nbformat.NotebookNode]) -> list[nbformat.NotebookNode]:
    """The cells without a section that the title cell says may be left out."""
    optional = LEFT_OUT.search(cells[0].source)
    if optional is None:
        return cells
    levels = [HEADING.match(cell.source) for cell in cells]
    (start,) = (n for n, found in enumerate(levels) if found and _anchor(found[2]) == optional[1])
    ends = (n for n, found in enumerate(levels) if n > start and found)
    end = next(n for n in ends if len(levels[n][1]) <= len(levels[start][1]))
    return cells[:start] + cells[end:]


def _anchor(heading: str) -> str:
    return heading.strip().replace(" ", "-")


def of_a_question(prompt: nbformat.NotebookNode, answer: nbformat.NotebookNode) -> float:
    """Minutes from the first word of the prompt to an answer that passes."""
    (function,) = ast.parse(answer.source).body
    words = f"{prompt.source} {ast.get_docstring(function)}"
    written = lines(ANSWER.search(answer.source)[1])
    points = catalogue.find(answer.id).points
    text = nbformat.v4.new_markdown_cell(words)
    return reading(text) + POINT * points + LINE * written + CHECKING


def of_the_questions(path: Path) -> dict[str, float]:
    cells = read_notebook(path).cells
    return {
        answer.id: of_a_question(prompt, answer)
        for prompt, answer in pairwise(cells)
        if answer.metadata.get("nbgrader", {}).get("solution")
    }


def of_an_assignment(path: Path) -> float:
    cells, questions = read_notebook(path).cells, of_the_questions(path)
    asked = {*questions, *(f"{name}-{part}" for name in questions for part in ("prompt", "graded"))}
    rest = sum(reading(cell) for cell in cells if cell.id not in asked)
    explorations = sum(cell.id.endswith("-saw") for cell in cells)
    return sum(questions.values()) + rest + EXPLORATION * explorations


def stated(path: Path) -> int:
    return int(STATED.search(read_notebook(path).cells[0].source)[1])


@pytest.mark.parametrize("path", LECTURES, ids=lambda path: path.stem)
def test_a_lecture_takes_as_long_as_the_rule_says_and_no_longer_than_a_lesson(path):
    assert stated(path) == pytest.approx(of_a_lecture(path), abs=5)
    assert stated(path) <= LESSON


@pytest.mark.parametrize("path", ASSIGNMENTS, ids=lambda path: path.stem)
def test_an_assignment_takes_as_long_as_the_rule_says(path):
    assert stated(path) == pytest.approx(of_an_assignment(path), abs=5)


@pytest.mark.parametrize("path", ASSIGNMENTS, ids=lambda path: path.stem)
def test_a_question_takes_as_long_as_the_rule_says(path):
    checks = path.parent / "checks" / f"{unnumbered(path.stem)}.py"
    found = QUESTION.findall(checks.read_text(encoding="utf-8"))
    assert {name: int(minutes) for minutes, name in found} == pytest.approx(
        of_the_questions(path), abs=2
    )


def test_the_page_of_the_course_states_the_rule():
    page = " ".join((REPOSITORY / "course" / "README.md").read_text(encoding="utf-8").split())
    assert f"{1 / WORDS:.0f} words and {1 / LINES:.0f} lines of code a minute" in page
