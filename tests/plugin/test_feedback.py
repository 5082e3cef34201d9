"""What feedback leaves out of cells."""

from __future__ import annotations

import pytest

from grading.plugin.feedback import ClearOurHiddenTests
from tests.support.little_course import course_cell

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
