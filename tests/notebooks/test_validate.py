"""Validate agrees with grading: what it refuses loses points, what it passes earns them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import pytest
from traitlets.config import Config

from handout import validation
from tests.notebooks.shapes import FILE, SHAPES, Shape
from tests.notebooks.sheet import RIGHT, Sheet, release, stub
from tests.support.little_course import ASSIGNMENT


@pytest.fixture(autouse=True)
def released(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let Validate know the little course's notebook."""
    folder = tmp_path / "released"
    (folder / ASSIGNMENT).mkdir(parents=True)
    nbformat.write(release(), folder / ASSIGNMENT / FILE)
    monkeypatch.setattr(validation, "RELEASED", folder)
    validation._releases.cache_clear()
    yield
    validation._releases.cache_clear()


def validated(path: Path) -> validation.Validated:
    """What comes out for a notebook."""
    return validation.Validator(config=Config()).check(path)


def lines(tmp_path: Path, edit: Callable[[Sheet], object]) -> list[str]:
    """What is said of right answers after an edit."""
    sheet = Sheet()
    edit(sheet)
    (tmp_path / FILE).write_bytes(sheet.file())
    return validated(tmp_path / FILE).summary.splitlines()


def one_notebook(shape: Shape) -> bytes | None:
    """The file, where a shape is one notebook under its own name."""
    files = shape.files()
    return files[FILE] if set(files) == {FILE} else None


@pytest.mark.parametrize(
    "shape", [s for s in SHAPES if one_notebook(s)][::3], ids=lambda shape: shape.name
)
def test_validate_agrees_with_grading(tmp_path: Path, shape: Shape) -> None:
    path = tmp_path / FILE
    path.write_bytes(one_notebook(shape))
    result = validated(path)
    passing = {question.name for question in result.questions if question.passes}
    earning = {name for name, points in shape.scores.items() if points}
    assert passing == earning, result.summary


def test_each_question_has_a_line_that_says_what_is_to_do(tmp_path: Path) -> None:
    def edit(sheet: Sheet) -> None:
        sheet.write("double", stub("double"))
        sheet.write("params", 'def params(n):\n    return {"W": input()}')

    assert lines(tmp_path, edit) == [
        "1 of 4 questions pass their visible checks.",
        "  … double (4 points): not written yet",
        "  ✓ pair (3 points)",
        "  ✗ params (3 points): it waits for the keyboard: nobody is there when grading",
        "  ✗ quadruple (2 points): it needs double, which is not written yet",
        *lines(tmp_path, edit)[5:],
    ]


def test_a_cell_that_stops_is_a_note_where_it_costs_nothing(tmp_path: Path) -> None:
    said = lines(tmp_path, lambda sheet: sheet.add("1 / 0", before="double"))
    assert said[0] == "4 of 4 questions pass their visible checks."
    assert said[5:] == ["Note: the cell “1 / 0” stops: ZeroDivisionError: division by zero"]


def test_a_kernel_that_dies_leaves_questions_unreached(tmp_path: Path) -> None:
    dies = "import os\n\nos._exit(1)"
    said = lines(tmp_path, lambda sheet: sheet.add(dies, before="pair"))
    assert said[:2] == ["1 of 4 questions pass their visible checks.", "  ✓ double (4 points)"]
    assert said[2].startswith("  ✗ pair (3 points): not reached, because the kernel died")
    assert said[-1] == "Note: the kernel died, perhaps for lack of memory"


def test_checks_that_were_changed_are_asked_as_they_were_handed_out(tmp_path: Path) -> None:
    def edit(sheet: Sheet) -> None:
        sheet.write("double", "def double(x):\n    return x")
        sheet.write("double-checks", "assert True")

    assert "✗ double (4 points)" in lines(tmp_path, edit)[1]


def test_the_dialog_shows_the_lines_before_any_traceback(tmp_path: Path) -> None:
    sheet = Sheet()
    sheet.write("pair", "def pair(x):\n    return 1 / 0")
    (tmp_path / FILE).write_bytes(sheet.file())
    first, second = validation.Validator(config=Config()).validate(str(tmp_path / FILE))["failed"]
    assert first["source"] == "3 of 4 questions pass their visible checks."
    assert "✗ pair (3 points)" in first["error"] and "Traceback" not in first["error"]
    assert "ZeroDivisionError" in second["error"]
    sheet.write("pair", RIGHT["pair"])
    (tmp_path / FILE).write_bytes(sheet.file())
    assert validation.Validator(config=Config()).validate(str(tmp_path / FILE)) == {}


def test_what_cannot_be_read_is_named_and_does_not_pass(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("no JSON")
    result = validated(tmp_path / FILE)
    assert not result.passes and "is not a notebook" in result.summary


def test_a_notebook_of_nobody_is_left_to_nbgrader(tmp_path: Path) -> None:
    foreign = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 + 1")])
    nbformat.write(foreign, tmp_path / "foreign.ipynb")
    assert validated(tmp_path / "foreign.ipynb") is None
