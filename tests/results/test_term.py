"""The page over a term: who falls behind, and which mistakes persist."""

from __future__ import annotations

from dataclasses import replace

import pytest
from bs4 import BeautifulSoup

from grading.results.report import term
from grading.results.report.page import render_term
from grading.results.report.records import Autograded, Class, GradedCell, Record, Shown

QUESTION = GradedCell("n", "q-graded", 10.0, False)
SUM = "The sum runs over the rows."
WRONG = {
    "sum": Shown(SUM, (("shape", 1.0, True), ("values", 2.0, False)), ()),
    "shape": Shown("", (("shape", 1.0, False),), ()),
    "crash": Shown("", (), (("raised", "ValueError"),)),
}


def record(student: str, points: float | None, *wrong: str, **changed: object) -> Record:
    return replace(
        Record(
            student=student,
            name=student.title(),
            submitted=points is not None,
            points={QUESTION: points},
            to_grade=frozenset(),
            late=0.0,
            penalty=0.0,
            autograded=Autograded(True, {QUESTION: tuple(WRONG[one] for one in wrong)}),
            pages={},
            note=None,
        ),
        **changed,
    )


@pytest.fixture
def classes() -> list[Class]:
    """Three assignments: all but Ada find the third hard; Bob stops, Cem is excused, Dee falls."""
    given = (
        (
            record("ada", 9.0, "shape"),
            record("bob", 8.0, "sum", "sum"),
            record("cem", 10.0),
            record("dee", 9.0, "crash"),
            record("eve", 7.0, "sum"),
        ),
        (
            record("ada", 9.0, "crash"),
            record("bob", None),
            record("cem", None, excused=True),
            record("dee", 8.0, "crash"),
            record("eve", 7.0, late=60.0),
        ),
        (
            record("ada", 8.0),
            record("bob", None),
            record("cem", 9.0, "sum", excused=True),
            record("dee", 3.0),
            record("eve", 5.5, "sum"),
            record("<b>new</b>", 5.0),
        ),
    )
    return [Class("c", f"a{n}", (QUESTION,), records) for n, records in enumerate(given, 1)]


def test_who_falls_behind_is_named_beside_what_the_class_does(classes):
    found = {one.student: one for one in term.standings(classes)}
    assert found["bob"].behind == "handed in nothing for a2, a3"
    assert found["dee"].behind == "30% in the last one, 85% before"
    assert [one for one in found if found[one].behind] == ["bob", "dee"]
    assert found["cem"].shares == (1.0, None, None) and found["cem"].mean == 1.0
    assert found["eve"].states == ("", "late", "")
    assert found["<b>new</b>"].states == ("not handed in", "not handed in", "")


def test_a_whole_class_that_finds_an_assignment_hard_falls_not_behind():
    before = tuple(record(name, 9.0) for name in "abc")
    after = tuple(record(name, 4.0) for name in "abc")
    classes = [Class("c", name, (QUESTION,), one) for name, one in (("a", before), ("b", after))]
    assert not any(one.behind for one in term.standings(classes))


def test_what_went_wrong_for_the_same_students_again_is_listed(classes):
    found = {(one.kind, one.what): (one.counts, one.students) for one in term.persisting(classes)}
    assert found == {
        ("mistake", SUM): ((2, 0, 1), ("eve",)),
        ("criterion", "values"): ((2, 0, 1), ("eve",)),
        ("answer", "raised an exception"): ((1, 2, 0), ("dee",)),
    }


def test_the_page_says_it_and_leads_to_each_assignment(classes):
    soup = BeautifulSoup(render_term(classes), "html.parser")
    behind = soup.find(id="behind").find_parent("section")
    assert [one.get_text().split()[0] for one in behind.select("li")] == ["bob", "dee"]
    rows = {row.th.get_text(): row for row in soup.select("#list tbody tr")}
    assert len(rows) == 6 and "<b>new</b>" in rows and not soup.find("b")
    cells = [" ".join(cell.get_text().split()) for cell in rows["bob"].find_all("td")]
    assert cells == ["Bob", "80%", "80%", "– not handed in", "– not handed in", "falls behind"]
    for link in soup.select("ul.notes a, ul.names a"):
        assert soup.find(id=link["href"][1:]).th.get_text() == link.get_text()
    assert [link["href"] for link in soup.nav("a")] == [
        "#content",
        "./a1.html",
        "./a2.html",
        "./a3.html",
    ]
