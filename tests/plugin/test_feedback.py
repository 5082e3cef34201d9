"""The page of a graded notebook, and what it leaves out of cells."""

from __future__ import annotations

import sysconfig
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbformat import v4
from nbformat.notebooknode import NotebookNode
from nbgrader.api import Gradebook

from grading.course import Course
from grading.plugin.feedback import ClearOurHiddenTests, overview
from grading.plugin.feedback.page import FeedbackPage
from tests.support.little_course import course_cell, notebook_of

BEGIN, END = "### BEGIN HIDDEN TESTS", "### END HIDDEN TESTS"


def shown(source: str, **settings: bool) -> str:
    cell = course_cell(source, "double", **settings)
    return ClearOurHiddenTests().preprocess_cell(cell, {}, 0)[0].source


@pytest.mark.parametrize("source", [BEGIN, f"{BEGIN}\n{BEGIN}\n{END}", f"x = 1\n{BEGIN}\nx"])
def test_marks_in_a_students_cell_cost_nothing(source: str) -> None:
    assert shown(source, solution=True) == source
    assert shown(source, locked=True) == source  # a given cell that was changed


def test_hidden_tests_of_a_graded_cell_are_never_shown() -> None:
    assert shown(f"a\n{BEGIN}\nb\n{END}\nc", grade=True, locked=True) == "a\nc"
    assert shown(f"a\n{BEGIN}\nb\n{END}\nc", locked=True) == "a\nc"
    with pytest.raises(RuntimeError, match="No end hidden tests"):
        shown(f"a\n{BEGIN}\nb", grade=True, locked=True)


PROMPT = (
    "## Doubling\n\nTwice $\\frac{1}{2} x$, as [lecture 1](../../course/one.ipynb#Twice) has it."
)
CHECKS = "assert double(1) == 2"
VERDICT = (
    '<div style="border: 1px"><p id="feedback-double"><strong>double: 1 of 4</strong></p>'
    '<p><a href="../../../course/one.ipynb#Twice">Read</a></p></div>'
)


def graded(**details: object) -> NotebookNode:
    """The graded cell of a question, after grading and `GetScores`."""
    cell = course_cell("# Graded", "double-graded", grade=True, locked=True)
    cell.metadata.nbgrader |= {"score": 1.0, "points": 4.0, **details}
    cell.outputs = [
        v4.new_output("display_data", {"text/plain": "double", "text/html": VERDICT}),
        v4.new_output("execute_result", {"text/plain": "1.0"}),
    ]
    return cell


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Makes the page of a notebook of which prompt and checks were given."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "release" / "ps1"
    folder.mkdir(parents=True)
    given = [v4.new_markdown_cell(PROMPT), course_cell(CHECKS, "double-checks", locked=True)]
    nbformat.write(notebook_of(given), folder / "p1.ipynb")

    def make(*cells: NotebookNode, **settings: object) -> BeautifulSoup:
        names = {"student": "ann", "assignment": "ps1", "notebook": "p1"}
        names |= {"score": 1.0, "max_score": 4.0, "late_penalty": 0.0}
        html, resources = FeedbackPage(**settings).from_notebook_node(
            notebook_of(list(cells)), {"nbgrader": names}
        )
        assert resources["output_extension"] == ".html"
        return BeautifulSoup(html, "html.parser")

    return make


def test_what_was_earned_comes_before_the_notebook_and_what_was_given_is_folded(page) -> None:
    checks = course_cell(CHECKS, "double-checks", locked=True)
    checks.outputs = [v4.new_output("error", ename="AssertionError", evalue="no", traceback=[])]
    answer = course_cell("def double(x):\n    return x", "double", solution=True)
    soup = page(v4.new_markdown_cell(PROMPT), answer, checks, graded())
    [total], [card] = soup.select(".total"), soup.select(".card")
    assert total.get_text() == "1 of 4 points" and total.sourceline < card.sourceline
    assert card.h3.get_text() == "double 1 of 4 points part of the points"
    assert card.select_one(".verdict.agrees a")["href"] == "../../../course/one.ipynb#Twice"
    assert "1.0" not in card.get_text()
    where = soup.select_one(card.select_one(".links a")["href"])
    assert where.get_text().strip() == answer.source
    folded = [one.summary.get_text() for one in soup.select("#notebook details.given")]
    assert folded == ["Doubling", CHECKS]
    assert "AssertionError: no" in soup.select_one("#notebook .error").get_text()


def test_formulas_and_links_of_the_course_work_without_a_network(page) -> None:
    soup = page(v4.new_markdown_cell(PROMPT), lectures="https://example.org/")
    assert soup.select_one("details.given math mfrac")
    assert (
        soup.select_one("details.given a")["href"] == "https://example.org/course/one.ipynb#Twice"
    )
    assert not soup("script") and not soup.select("[src^=http], link")


def test_a_students_formula_is_shown_as_it_was_written(page) -> None:
    """TeX of a student's could become any markup."""
    soup = page(v4.new_markdown_cell("mine: $\\text{<script>alert(1)</script>}$"))
    assert not soup("script")
    assert soup.select_one(".cell code").get_text() == r"\text{<script>alert(1)</script>}"


def test_whatever_students_wrote_is_text(page) -> None:
    marked = "<b id='planted'>"
    cell = course_cell(marked, "double", solution=True)
    cell.outputs = [
        v4.new_output("stream", text=marked),
        v4.new_output("error", ename=marked, evalue=marked, traceback=[marked, marked]),
        v4.new_output("display_data", {"text/plain": marked, "text/html": marked}),
    ]
    soup = page(cell, v4.new_raw_cell(marked), graded())
    assert not soup.select("#planted") and soup.get_text().count(marked) == 7


def test_outputs_do_not_tell_where_this_machine_keeps_its_programs(page) -> None:
    package = Path(sysconfig.get_path("purelib"), "numpy", "core.py")
    library = Path(sysconfig.get_path("stdlib"), "json.py")
    lines = [f"File {package}:3", f"File {library}:4", str(Path.home())]
    cell = v4.new_code_cell("f()")
    cell.outputs = [v4.new_output("error", ename="E", evalue="e", traceback=lines)]
    text = page(cell).select_one(".cell details pre").get_text()
    assert text.split("\n") == ["File numpy/core.py:3", "File json.py:4", ""]


def test_scores_by_hand_and_comments_are_said_at_their_question(page) -> None:
    answer = course_cell("x", "double", solution=True)
    answer.metadata.nbgrader["comment"] = "A **neat** loop."
    soup = page(answer, graded(by_hand="Your instructor gave this question 3 of 4 points."))
    [card] = soup.select(".card")
    assert "Your instructor gave this question 3 of 4 points." in card.get_text()
    assert card.select_one(".comment strong").get_text() == "neat"
    assert card.select_one(".verdict")["class"] == ["verdict"]  # the tests' own points are shown
    assert len(soup.select(".comment")) == 1


def test_a_written_answer_waits_for_its_reader(page) -> None:
    cell = v4.new_markdown_cell("Because.")
    details = {"grade": True, "solution": True, "locked": False, "task": False, "grade_id": "why"}
    cell.metadata.nbgrader = {**details, "score": 0.0, "points": 3.0, "waits": True, "comment": ""}
    soup = page(cell)
    [card] = soup.select(".card")
    assert "not scored yet" in card.get_text() and "Because." in soup.select_one(".cell").get_text()


@pytest.mark.slow  # nbgrader starts alembic for a new gradebook
def test_the_overview_tells_no_points_that_were_not_given_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "feedback" / "ann" / "ps1").mkdir(parents=True)
    with Gradebook(f"sqlite:///{tmp_path}/gradebook.db") as gradebook:
        gradebook.add_student("ann", first_name="Ann", last_name="<b>Lee")
        for assignment in ("ps1", "ps2"):
            gradebook.add_assignment(assignment)
            gradebook.add_submission(assignment, "ann")
        overview.write(Course(), gradebook, "ann")
    soup = BeautifulSoup((tmp_path / "feedback" / "ann" / "index.html").read_text(), "html.parser")
    assert [heading.get_text() for heading in soup("h2")] == ["ps1"]
    assert soup.select_one(".kicker").get_text() == "Ann <b>Lee"
