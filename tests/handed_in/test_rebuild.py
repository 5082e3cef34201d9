"""The notebook as released, with the student's answers in it, whatever was handed in."""

from __future__ import annotations

import copy
from typing import Any

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbgrader.utils import is_locked

from grading.handed_in.read import Refused, SubmissionReader
from grading.plugin.canonicalize import _is_harmless, rebuild
from tests.support.little_course import RIGHT, judged, source_notebook

READER = SubmissionReader()


def make_release() -> nbformat.NotebookNode:
    """The little notebook without its solutions and hidden tests."""
    notebook = source_notebook(judged)
    for cell in notebook.cells:
        if cell.id in RIGHT:
            cell.source = f"def {cell.id}(x):\n    raise NotImplementedError"
        elif cell.id.endswith("-graded"):
            cell.source = cell.source.splitlines()[0]
    return notebook


RELEASE = make_release()
LOCKED = [cell.id for cell in RELEASE.cells if is_locked(cell)]
NAMES = [cell.id for cell in RELEASE.cells]

SOURCES = st.sampled_from(
    [*RIGHT.values(), *(cell.source for cell in RELEASE.cells), "1 / 0", "\ud800", "<script>"]
) | st.text(max_size=20)
ODD = st.none() | st.integers() | st.text(max_size=5) | st.lists(st.integers(), max_size=2)
METADATA = st.fixed_dictionaries(
    {},
    optional={
        "nbgrader": st.fixed_dictionaries(
            {},
            optional={
                "grade_id": st.sampled_from(NAMES) | ODD,
                "schema_version": st.integers() | ODD,
                "locked": st.booleans() | ODD,
                "grade": st.booleans() | ODD,
                "points": st.integers() | ODD,
            },
        )
        | ODD,
        "tags": st.lists(st.sampled_from(["skip-execution", "explore"]), max_size=2) | ODD,
        "by_student": ODD,
    },
)
CELLS = (
    st.fixed_dictionaries(
        {},
        optional={
            "cell_type": st.sampled_from(["code", "markdown", "raw", "heading"]) | ODD,
            "source": SOURCES | st.lists(SOURCES, max_size=3) | ODD,
            "input": SOURCES,
            "id": st.sampled_from([*NAMES, "added-1", "added-2"]) | ODD,
            "metadata": METADATA | ODD,
            "outputs": st.lists(ODD, max_size=2),
            "attachments": ODD,
        },
    )
    | ODD
)
TREES = st.recursive(
    ODD,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["cells", "worksheets", "x"]), inner, max_size=3)
    ),
    max_leaves=6,
)
NOTEBOOKS = (
    st.fixed_dictionaries(
        {"cells": st.lists(CELLS, max_size=12)},
        optional={"metadata": ODD, "nbformat": ODD, "nbformat_minor": ODD},
    )
    | st.fixed_dictionaries(
        {
            "worksheets": st.lists(
                st.fixed_dictionaries({"cells": st.lists(CELLS, max_size=5) | ODD}) | ODD,
                max_size=3,
            )
        }
    )
    | TREES
)


def check_canonical(notebook: nbformat.NotebookNode) -> None:
    """Valid; every released cell once, in order; locked ones unchanged, none added."""
    nbformat.validate(notebook)
    by_id = {cell.id: cell for cell in notebook.cells}
    assert len(by_id) == len(notebook.cells)
    named = [cell for cell in notebook.cells if "nbgrader" in cell.metadata]
    released = [cell for cell in RELEASE.cells if "nbgrader" in cell.metadata]
    assert [cell.id for cell in named] == [cell.id for cell in released]
    for cell, original in zip(named, released, strict=True):
        assert cell.metadata == original.metadata
        assert cell.cell_type == original.cell_type
        if is_locked(original):
            assert cell.source == original.source
    assert notebook.metadata == RELEASE.metadata
    for cell in notebook.cells:
        assert "tags" not in cell.metadata
        assert not cell.get("outputs")


@given(NOTEBOOKS)
def test_anything_becomes_the_released_notebook_or_is_refused(content: Any) -> None:
    try:
        submitted = READER.parse(content, "p1.ipynb")
    except Refused:
        return
    before = copy.deepcopy(RELEASE)
    notebook, remarks = rebuild(submitted, RELEASE)
    check_canonical(notebook)
    assert before == RELEASE
    assert all(isinstance(remark, str) for remark in remarks)


def submitted(**sources: str) -> dict[str, Any]:
    """A submission as JSON, with these answers."""
    notebook = copy.deepcopy(RELEASE)
    for cell in notebook.cells:
        cell.source = sources.get(cell.id, cell.source)
    return notebook


def canonical(content: dict[str, Any]) -> tuple[dict[str, str], list[str]]:
    notebook, remarks = rebuild(READER.parse(content, "p1.ipynb"), RELEASE)
    check_canonical(notebook)
    return {cell.id: cell.source for cell in notebook.cells}, remarks


def test_answers_are_taken_over() -> None:
    sources, remarks = canonical(submitted(**RIGHT))
    assert {name: sources[name] for name in RIGHT} == RIGHT
    assert remarks == []


def test_an_edited_test_is_put_back_and_reported() -> None:
    _, remarks = canonical(submitted(**{"double-graded": "4.0"}))
    assert remarks == ["cell double-graded was changed; it was put back as released"]


def test_a_deleted_test_is_put_back_and_reported() -> None:
    content = submitted(**RIGHT)
    content["cells"] = [cell for cell in content["cells"] if cell["id"] != "double-graded"]
    _, remarks = canonical(content)
    assert remarks == ["cell double-graded was missing; it was put back as released"]


def test_of_an_answer_given_twice_the_last_counts() -> None:
    content = submitted(**RIGHT)
    again = copy.deepcopy(next(cell for cell in content["cells"] if cell["id"] == "double"))
    again["source"] = "def double(x):\n    return x + x"
    content["cells"].append(again)
    sources, remarks = canonical(content)
    assert sources["double"] == again["source"]
    assert remarks == ["cell double was there more than once; the last answer counts"]


def test_a_copied_stub_does_not_count_against_an_answer() -> None:
    content = submitted(**RIGHT)
    stub = next(copy.deepcopy(cell) for cell in RELEASE.cells if cell.id == "double")
    content["cells"].append(stub)
    sources, _ = canonical(content)
    assert sources["double"] == RIGHT["double"]


@pytest.mark.parametrize("name", RIGHT)
def test_answers_without_names_are_known_by_what_they_define(name: str) -> None:
    content = submitted(**RIGHT)
    for cell in content["cells"]:
        cell["metadata"] = {}
        del cell["id"]
    sources, _ = canonical(content)
    assert sources[name] == RIGHT[name]


def test_added_cells_stay_where_they_were() -> None:
    content = submitted(**RIGHT)
    place = NAMES.index("total")
    content["cells"].insert(place, {"cell_type": "code", "source": "helper = 1", "id": "mine"})
    notebook, _ = rebuild(READER.parse(content, "p1.ipynb"), RELEASE)
    order = [cell.source for cell in notebook.cells]
    assert order.index("helper = 1") == order.index(RIGHT["total"]) - 1


@pytest.mark.parametrize(
    ("markdown", "harmless"),
    [
        ("*text* [page](https://example.org) ![plot](plot.png) [here](#here) $x:y$ `a:b`", True),
        ("[mail](mailto:a@example.org) at 12:30 [file](a/b:c)", True),
        ("[link](javascript:alert(1))", False),
        ("[entity](java&#115;cript:alert(1))", False),
        ("[reference]\n\n[reference]: JavaScript:alert(1)", False),
        ("![picture](data:text/html,x)", False),
        ("![picture](attachment:picture.png)", False),
    ],
)
def test_links_that_run_something_are_recognised(markdown: str, harmless: bool) -> None:
    assert _is_harmless(markdown) is harmless
