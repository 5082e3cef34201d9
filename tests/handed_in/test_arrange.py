"""The student's cells in their order, and what the release supplies, whatever was handed in."""

from __future__ import annotations

import ast
import copy
from typing import Any

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbgrader.utils import is_grade, is_locked

from grading.handed_in.arrange import MINE, Arranged, arrange, defined
from grading.handed_in.read import Refused, SubmissionReader
from tests.notebooks.sheet import Sheet as AnySheet
from tests.support.little_course import RIGHT, judged, source_notebook

READER = SubmissionReader()
GIVEN, EXPLORED = "given = 3", "print('a long run')"


def make_release() -> nbformat.NotebookNode:
    """The little notebook without its solutions and hidden tests."""
    notebook = source_notebook(judged)
    for cell in notebook.cells:
        if cell.id in RIGHT:
            cell.source = f"def {cell.id}(x):\n    raise NotImplementedError"
        elif cell.id.endswith("-graded"):
            cell.source = cell.source.partition(":")[0]  # two are equal
    given = nbformat.v4.new_code_cell(GIVEN, id="given")
    explored = nbformat.v4.new_code_cell(EXPLORED, id="explored", metadata={"tags": ["explore"]})
    notebook.cells[2:2] = [given, explored]
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


def check(submitted: nbformat.NotebookNode, arranged: Arranged) -> None:
    """What holds for every submission."""
    notebook = arranged.notebook
    nbformat.validate(notebook)
    assert notebook.metadata == {**RELEASE.metadata, MINE: submitted.metadata}
    assert submitted.metadata.keys() == {"python"}
    assert len({cell.id for cell in notebook.cells}) == len(notebook.cells)
    released = {cell.metadata.nbgrader.grade_id: cell for cell in RELEASE.cells
                if "nbgrader" in cell.metadata}  # fmt: skip
    named = [cell for cell in notebook.cells if "nbgrader" in cell.metadata]
    ids = [cell.metadata.nbgrader.grade_id for cell in named]
    assert len(set(ids)) == len(ids)
    for cell in named:
        original = released[cell.metadata.nbgrader.grade_id]
        assert cell.metadata.nbgrader == original.metadata.nbgrader
        assert cell.cell_type == original.cell_type
        if is_grade(original):
            assert cell.source == original.source
    assert {name for name, cell in released.items() if is_locked(cell)} <= set(ids)
    for cell in notebook.cells:
        assert not cell.get("outputs")
        assert "tags" not in cell.metadata or cell.source.strip() == EXPLORED
    given = {cell.source for cell in RELEASE.cells if is_grade(cell)}
    mine, code = (
        iter("\n".join(c.source for c in cells if c.cell_type == "code").splitlines())
        for cells in (submitted.cells, notebook.cells)
    )
    assert all(line in given or not line.strip() or line in code for line in mine), (
        "not all lines, or not in order"
    )


@given(NOTEBOOKS)
def test_every_code_cell_of_the_students_is_there_in_order_or_it_is_refused(content: Any) -> None:
    try:
        submitted = READER.parse(content, "p1.ipynb")
    except Refused:
        return
    before = copy.deepcopy(RELEASE)
    check(submitted, arrange(submitted, RELEASE))
    assert before == RELEASE


class Sheet(AnySheet):
    """A submission of this notebook, to be edited and arranged."""

    def __init__(self, **sources: str) -> None:
        super().__init__(RELEASE, {**RIGHT, **sources})

    def arranged(self) -> Arranged:
        submitted = READER.parse({"cells": self.cells}, "p1.ipynb")
        arranged = arrange(submitted, RELEASE)
        check(submitted, arranged)
        return arranged

    def sources(self) -> list[str]:
        return [cell.source for cell in self.arranged().notebook.cells]


@pytest.fixture
def sheet() -> Sheet:
    """Right answers, as they come back."""
    return Sheet()


def test_answers_stand_where_they_were(sheet):
    arranged = sheet.arranged()
    assert [cell.id for cell in arranged.notebook.cells] == NAMES
    assert {c.id: c.source for c in arranged.notebook.cells if c.id in RIGHT} == RIGHT
    assert arranged.remarks == []


def test_a_split_answer_is_run_in_both_pieces(sheet):
    first = copy.deepcopy(sheet.cell("double"))
    first["source"] = "def helper(x):\n    return 2 * x"
    sheet.cell("double")["source"] = "def double(x):\n    return helper(x)"
    sheet.cells.insert(sheet.index("double"), first)
    arranged = sheet.arranged().notebook.cells
    (second,) = (n for n, cell in enumerate(arranged) if cell.id == "double")
    assert arranged[second].source.startswith("def double")
    assert arranged[second - 1].source.startswith("def helper")


def test_an_answer_is_not_put_back_over_something_that_is_defined(sheet):
    merged = "\n\n".join(RIGHT.values())
    for name in RIGHT:
        sheet.take(name)
    sheet.cells.insert(2, {"cell_type": "code", "source": merged, "metadata": {}})
    sources = sheet.sources()
    assert sources.count(merged) == 1
    assert not any("NotImplementedError" in source for source in sources)


def test_an_answer_that_is_defined_nowhere_is_put_back_as_it_was_released(sheet):
    sheet.take("total")
    arranged = sheet.arranged()
    assert [cell.id for cell in arranged.notebook.cells] == NAMES
    assert arranged.remarks == ["Answers that were missing were put back: total."]


@pytest.mark.parametrize("how", ["deleted", "emptied", "turned into text"])
@pytest.mark.parametrize("name", ["setup", "given"])
def test_given_cells_are_put_back_where_the_release_has_them(sheet, name, how):
    if how == "deleted":
        sheet.take(name)
    elif how == "emptied":
        sheet.cell(name)["source"] = "  \n"
    else:
        sheet.cell(name)["cell_type"] = "markdown"
    arranged = sheet.arranged()
    order = [cell.id for cell in arranged.notebook.cells if cell.id in NAMES]
    assert order == NAMES
    assert arranged.remarks == [f"Given cells that were missing were put back: {name}."]


def test_an_edited_given_cell_runs_as_it_was_written_with_the_release_behind_it(sheet):
    sheet.cell("setup")["source"] = "import numpy as np\nimport math"
    (cell,) = (cell for cell in sheet.arranged().notebook.cells if cell.id == "setup")
    assert cell.source.endswith("import math")
    assert cell.metadata[MINE] == {"released": "import numpy as np"}


def test_a_given_cell_that_lost_a_name_is_run_as_released_before_it_is_run_as_changed(sheet):
    sheet.cell("setup")["source"] = "import math"
    arranged = sheet.arranged()
    sources = [cell.source for cell in arranged.notebook.cells]
    assert sources[sources.index("import math") - 1] == "import numpy as np"
    assert arranged.remarks == [
        "The given cell setup no longer defines np: it was run as it was handed out, too."
    ]


def test_a_given_cell_that_was_emptied_comes_back_in_its_place_and_not_where_a_copy_is(sheet):
    sheet.copy("setup", "# import numpy as np", place=len(sheet.cells))
    sheet.cell("setup")["source"] = ""
    sources = sheet.sources()
    assert sources[1] == "import numpy as np"


def test_nothing_is_said_of_a_cell_that_explores_and_was_deleted(sheet):
    sheet.take("explored")
    assert sheet.arranged().remarks == []


@pytest.mark.parametrize("kind", ["raw", "markdown"])
def test_of_two_copies_code_holds_the_place_of_an_answer(sheet, kind):
    old = copy.deepcopy(sheet.cell("double")) | {"cell_type": kind, "source": "old try"}
    sheet.cells.insert(sheet.index("double") + 1, old)
    assert sheet.sources().count(RIGHT["double"]) == 1
    (held,) = (c for c in sheet.arranged().notebook.cells if c.id == "double")
    assert (held.cell_type, held.source) == ("code", RIGHT["double"])


def test_an_answer_that_a_star_may_import_is_not_put_back_over_it(sheet):
    sheet.take("total")
    sheet.cells.insert(0, {"cell_type": "code", "source": "from own import *", "metadata": {}})
    assert "total" not in [cell.id for cell in sheet.arranged().notebook.cells]


def test_cells_without_names_are_known_by_what_is_in_them_and_code_before_text(sheet):
    checks = {"cell_type": "code", "source": f"print(0)\n{GIVEN}\nprint(1)", "metadata": {}}
    sheet.cells[sheet.index("given")] = checks
    old = {"cell_type": "raw", "source": "def double(x):\n    return x", "metadata": {}}
    answer = {"cell_type": "code", "source": RIGHT["double"], "metadata": {}}
    sheet.cells[sheet.index("double")] = answer
    sheet.cells.insert(1, old)
    cells = {cell.id: cell.source for cell in sheet.arranged().notebook.cells}
    assert (cells["given"], cells["double"]) == (checks["source"], RIGHT["double"])


def test_equal_cells_without_names_are_known_by_their_order(sheet):
    for cell in sheet.cells:
        cell["metadata"] = {}
        del cell["id"]
    assert sheet.sources().count("# Graded, 3 points") == 2
    assert [cell.id for cell in sheet.arranged().notebook.cells] == NAMES


def test_an_answer_as_text_is_not_run_where_code_defines_it(sheet):
    sheet.cell("double")["cell_type"] = "raw"
    sheet.cells.insert(0, {"cell_type": "code", "source": "def double(x): pass", "metadata": {}})
    assert RIGHT["double"] not in [
        cell.source for cell in sheet.arranged().notebook.cells if cell.cell_type == "code"
    ]


def test_only_what_equals_the_release_may_be_skipped(sheet):
    sheet.cells.append(copy.deepcopy(sheet.cell("explored")))
    sheet.cells[-1]["id"] = "again"
    sheet.cell("explored")["source"] += "\nhelper = 1"
    cells = sheet.arranged().notebook.cells
    tags = {cell.source: cell.metadata.get("tags") for cell in cells if "long run" in cell.source}
    assert tags == {EXPLORED: ["explore"], f"{EXPLORED}\nhelper = 1": None}


def test_a_graded_cell_is_there_once_and_what_was_written_into_it_runs_behind_it(sheet):
    sheet.cell("double-graded")["source"] = "def late(x):\n    return x"
    sheet.cells.append(copy.deepcopy(sheet.cell("double-graded")))
    arranged = sheet.arranged()
    sources = [cell.source for cell in arranged.notebook.cells]
    graded = sources.index("# Graded, 4 points")
    assert sources[graded + 1].startswith("def late")
    assert sources.count("# Graded, 4 points") == 1
    assert arranged.remarks[0] == (
        "What you wrote into the graded cell double-graded was run behind it."
    )


def test_a_deleted_graded_cell_stands_behind_what_came_before_it(sheet):
    sheet.take("double-graded")
    assert [cell.id for cell in sheet.arranged().notebook.cells] == NAMES


@pytest.mark.parametrize("above", ["double", "an old try"])
def test_a_graded_cell_that_was_merged_stands_where_it_was_merged(sheet, above):
    marker = sheet.take("double-graded")["source"]
    stale = "def double(x):\n    return None"
    if above == "double":
        sheet.cell("double")["source"] += f"\n\n{marker}\n\n{stale}"
    else:
        sheet.cells.append({"cell_type": "code", "source": f"{marker}\n\n{stale}", "metadata": {}})
    cells = sheet.arranged().notebook.cells
    graded, old = (
        next(number for number, cell in enumerate(cells) if part in cell.source)
        for part in (marker, "return None")
    )
    assert cells[graded].metadata.nbgrader.grade_id == "double-graded"
    assert graded < old


@pytest.mark.parametrize(
    "source", ["%%writefile notes.py\n{}\nx = 1", 'text = """\n{}\n"""', "if True:\n{}\n    x = 1"]
)
def test_the_text_of_a_graded_cell_in_other_text_parts_nothing(sheet, source):
    source = source.format(sheet.take("double-graded")["source"])
    sheet.add(source)
    assert source in sheet.sources()


@pytest.mark.parametrize("lost", ["setup", "given"])
def test_a_title_that_was_moved_takes_no_given_cell_along(sheet, lost):
    sheet.take(lost)
    sheet.cells.append(sheet.cells.pop(0))
    assert [cell.id for cell in sheet.arranged().notebook.cells] == [*NAMES[1:], NAMES[0]]


def test_another_order_stays(sheet):
    sheet.cells.append(sheet.take("double"))
    order = [cell.id for cell in sheet.arranged().notebook.cells]
    assert order.index("double") > order.index("settle-graded")


@pytest.mark.parametrize("name", RIGHT)
def test_answers_without_names_are_known_by_what_they_define(sheet, name):
    for cell in sheet.cells:
        cell["metadata"] = {}
        del cell["id"]
    assert {c.id: c.source for c in sheet.arranged().notebook.cells if c.id in RIGHT} == RIGHT


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("import a.b, c as d\nfrom e import f as g, h", {"a", "d", "g", "h"}),
        ("async def f(): pass\nclass C: x = 1\ndef g():\n    inner = 2", {"f", "C", "g"}),
        ("predict = lambda P: P\na, (b, *c) = z\nd: int = 1\ne += 1", set("abcde") | {"predict"}),
        ("try:\n    import x\nexcept ImportError as error:\n    x = None", {"x"}),
        ("if True:\n    def f(): pass\nfor i in y:\n    k = i", {"f", "i", "k"}),
        ("%matplotlib inline\n!ls\ndef f(): pass", {"f"}),
        ("files = !ls\nif files:\n    %cd x\n    a, b = %timeit -o f()", {"files", "a", "b"}),
        (">>> def f(x):\n...     return x\n>>> y = 1", {"f", "y"}),
        ("%%time\ndef f(): pass", {"f"}),
        ("%%timeit\ndef f(): pass", set()),
        ("x = 1\n" * 1000 + "!ls\n" * 1000, {"x"}),
        (" " * 100_000 + "x", set()),
        ("def broken(:\n    pass\nvalue = 1", {"broken", "value"}),
        ("", set()),
        ("x == 1", set()),
    ],
)
def test_what_a_cell_defines(source, names):
    assert defined(source) - {"get_ipython"} == names


def test_each_cell_is_parsed_at_most_twice_however_many_questions_there_are() -> None:
    cells = [{"cell_type": "code", "source": f"x = {n}\n" * 50} for n in range(100)]
    submitted = READER.parse({"cells": cells}, "p1.ipynb")
    parsed: list[str] = []
    parse = ast.parse
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ast, "parse", lambda code: parsed.append(code) or parse(code))
        arrange(submitted, RELEASE)
    assert len(parsed) <= 2 * (len(cells) + len(RELEASE.cells))
