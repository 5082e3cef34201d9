"""Grade this notebook: one function, without a course, a gradebook or nbgrader's commands."""

from __future__ import annotations

import copy
import os
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

from grading.grade.bench import Bench
from grading.grade.notebook import GradedCellFault, grade_notebook
from grading.handed_in.read import SubmissionReader
from tests.support import little_course
from tests.support.little_course import HIDDEN_TESTS, POINTS, RIGHT, judged

pytestmark = pytest.mark.usefixtures("sandbox")

RELEASE = little_course.source_notebook(judged)
for cell in RELEASE.cells:
    if cell.id in POINTS:
        cell.source = "raise NotImplementedError()"
    elif cell.id.endswith("-graded"):
        cell.source = cell.source.partition("\n")[0]
GRADED = {f"{name}-graded": judged(name) for name in POINTS}


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with Bench() as made:
        made.lay_out({}, [{"little_tests.py": (0o644, HIDDEN_TESTS.encode())}])
        yield made


def handed_in(**answers: str) -> nbformat.NotebookNode:
    """The release with answers in it, as a student's file is read."""
    notebook = copy.deepcopy(RELEASE)
    for cell in notebook.cells:
        cell.source = {**RIGHT, **answers}.get(cell.id, cell.source)
    return SubmissionReader().parse(notebook, "p1.ipynb")


def test_what_was_handed_in_is_scored_and_nothing_that_is_given_changes(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    source = handed_in(double="def double(x):\n    print('mine')\n    return x")
    given = copy.deepcopy((source, RELEASE, GRADED))
    graded = grade_notebook(source, RELEASE, GRADED, b"key", bench)
    assert graded.scores == {"double-graded": 0.0, "total-graded": 3.0, "settle-graded": 3.0}
    assert graded.remarks == graded.warnings == []
    assert set(graded.seconds) == {"setup", *POINTS, *GRADED}
    nbformat.validate(graded.notebook)
    cells = {cell.id: cell for cell in graded.notebook.cells}
    assert "return x" in cells["double"].source
    assert "double: 0 of 3 cases" in str(cells["double-graded"].outputs[0])
    assert cells["total-graded"].outputs[-1].data == {"text/plain": "3.0"}
    assert (source, RELEASE, GRADED) == given
    assert os.listdir(tmp_path) == []


def test_one_bench_grades_many_and_none_sees_another(bench: Bench) -> None:
    first = handed_in(double="import builtins\nbuiltins.mine = 2\ndef double(x):\n    return 2 * x")
    second = handed_in(double="def double(x):\n    return mine * x")
    scores = [
        grade_notebook(each, RELEASE, GRADED, b"key", bench).scores["double-graded"]
        for each in (first, second, first)
    ]
    assert scores == [4.0, 0.0, 4.0]


def test_the_key_and_the_work_decide_which_cases_there_are(bench: Bench) -> None:
    show = "def double(x):\n    raise ValueError(x.ravel()[0])"

    def told(key: bytes, **answers: str) -> str:
        page = grade_notebook(handed_in(double=show, **answers), RELEASE, GRADED, key, bench)
        (cell,) = (cell for cell in page.notebook.cells if cell.id == "double-graded")
        return cell.outputs[0].data["text/plain"]

    assert told(b"ann") == told(b"ann")
    assert len({told(b"ann"), told(b"bob"), told(b"ann", total="def total(x):\n    0")}) == 3


@pytest.mark.parametrize("wrong", ["1 / 0", "99.0", "x = 1.0"])
def test_a_graded_cell_that_is_wrong_itself_scores_nobody(bench: Bench, wrong: str) -> None:
    cells = {**GRADED, "total-graded": wrong}
    with pytest.raises(GradedCellFault, match="total-graded is itself at fault"):
        grade_notebook(handed_in(), RELEASE, cells, b"key", bench)
