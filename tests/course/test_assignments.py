"""Every notebook in source/ is a well-formed assignment, and its own solutions earn full marks."""

import ast
import os
import re
from itertools import pairwise
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from grader_tests import catalogue
from grading.marking import Task
from tests.support import REPOSITORY

NOTEBOOKS = sorted((REPOSITORY / "source").glob("*/*.ipynb"))
SOLUTION = re.compile(
    r"^    ### BEGIN SOLUTION\n.*\n    ### END SOLUTION$", re.DOTALL | re.MULTILINE
)
THINK = re.compile(r"^\*\*Think first\.\*\*.*\n(.*\n)*\* \*\*a\*\* .*\n\* \*\*b\*\* ", re.MULTILINE)
SEEN = re.compile(r"<details><summary>What is to be seen</summary>\n\n.*\n\n</details>$", re.DOTALL)
GENERATED_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f-]+)?")
MINUTES = re.compile(r"\*\*Time:\*\* about (\d+) minutes")
WORDS = re.compile(r"[a-z][a-z0-9_]*(-[a-z0-9_]+)*")


def name(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


def rubric(task: Task) -> str:
    return " · ".join(f"{criterion.name} {criterion.points:g}" for criterion in task.criteria)


def points(task: Task) -> str:
    return f"{task.points:g} point{'' if task.points == 1 else 's'}"


def graded_cell(task: Task) -> str:
    return (
        f"# Graded, {points(task)}: {rubric(task)}\n"
        "### BEGIN HIDDEN TESTS\n"
        "from grader_tests import grade\n\n"
        f'grade("{task.name}")\n'
        "### END HIDDEN TESTS"
    )


def nbgrader(grade_id: str, **flags: bool | float) -> dict:
    off = {"grade": False, "locked": False, "solution": False, "task": False}
    return {"schema_version": 3, "grade_id": grade_id} | off | flags


def functions(notebook: nbformat.NotebookNode) -> list[str]:
    """The functions that the notebook asks for, by their solution cells."""
    return [cell.id for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("solution")]


def printed(cell: nbformat.NotebookNode) -> str:
    return "".join(output.text for output in cell.outputs if "text" in output)


@pytest.fixture(scope="module", params=NOTEBOOKS, ids=name)
def path(request: pytest.FixtureRequest) -> Path:
    return request.param


@pytest.fixture(scope="module")
def notebook(path: Path) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=nbformat.NO_CONVERT)


@pytest.fixture(scope="module")
def cells(notebook: nbformat.NotebookNode) -> dict[str, nbformat.NotebookNode]:
    return {cell.id: cell for cell in notebook.cells}


@pytest.fixture(scope="module")
def executed(path: Path, notebook: nbformat.NotebookNode) -> dict[str, nbformat.NotebookNode]:
    """The cells after a run of everything, graded cells included, as an instructor runs it."""
    run = nbformat.from_dict(notebook)
    client = NotebookClient(run, timeout=120, resources={"metadata": {"path": path.parent}})
    client.execute(env=os.environ | {"PYTHONPATH": str(REPOSITORY)})
    return {cell.id: cell for cell in run.cells}


def test_the_notebook_is_plain_and_current(notebook):
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert notebook.metadata.kernelspec.name == "python3"
    assert set(notebook.metadata) <= {"kernelspec", "language_info"}


def test_outputs_are_cleared(notebook):
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert cell.outputs == [] and cell.execution_count is None, cell.id
            assert "execution" not in cell.metadata, cell.id


def test_cell_ids_are_stable_words_and_unique(notebook):
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == len(ids)
    for id in ids:
        assert WORDS.fullmatch(id) and not GENERATED_ID.fullmatch(id), id


def test_grade_ids_are_the_cell_ids(notebook):
    for cell in notebook.cells:
        if "nbgrader" in cell.metadata:
            assert cell.metadata.nbgrader.grade_id == cell.id


def test_there_is_one_title_and_it_comes_first(notebook):
    titles = [
        cell.id
        for cell in notebook.cells
        if cell.cell_type == "markdown" and re.search(r"^# ", cell.source, re.MULTILINE)
    ]
    assert titles == [notebook.cells[0].id]


def test_the_first_cell_says_where_one_is(path, notebook):
    siblings = sorted(path.parent.glob("*.ipynb"))
    number, module = siblings.index(path) + 1, path.parent.name[len("module")]
    assert path.name.startswith(f"{number}_")
    line = notebook.cells[0].source.splitlines()[2]
    assert line.startswith(f"Assignment {number} of {len(siblings)} in module {module}. ")


def test_the_page_of_the_course_lists_the_assignment(path, notebook):
    title, minutes = notebook.cells[0].source, MINUTES.search(notebook.cells[0].source)
    worth = sum(cell.metadata.get("nbgrader", {}).get("points", 0) for cell in notebook.cells)
    assert f"**Points:** {worth:g}, in " in title
    page = (REPOSITORY / "course" / "README.md").read_text(encoding="utf-8").splitlines()
    [row] = [line for line in page if f"](../release/{name(path)}.ipynb) |" in line]
    assert row.startswith(f"| assignment {path.stem[0]}: [{title.splitlines()[0][2:]}](")
    assert row.endswith(f" | {worth:g} | {minutes[1]} |")


def test_questions_and_tasks_are_the_same(path, notebook, cells):
    assert tuple(functions(notebook)) == catalogue.notebook(path.stem).questions
    graded = [id for id, cell in cells.items() if cell.metadata.get("nbgrader", {}).get("grade")]
    assert graded == [f"{function}-graded" for function in functions(notebook)]


def test_each_prompt_tells_how_far_its_hidden_checks_go(path, notebook, cells):
    for task in catalogue.notebook(path.stem).tasks:
        text = cells[f"{task.name}-prompt"].source
        promised = f"\n\n**Checked with:** {task.promised}" if task.promises else ""
        assert text.endswith(promised), task.name


def test_each_question_goes_prompt_solution_checks_graded(notebook, cells):
    order = list(cells)
    for function in functions(notebook):
        at = order.index(function)
        assert cells[order[at - 1]].cell_type == "markdown", f"{function} needs a prompt before it"
        assert order[at : at + 3] == [function, f"{function}-checks", f"{function}-graded"]
        solution, checks, graded = (cells[id].metadata.nbgrader for id in order[at : at + 3])
        worth = catalogue.find(function).points
        assert solution == nbgrader(function, solution=True)
        assert checks == nbgrader(f"{function}-checks", locked=True)
        assert graded == nbgrader(f"{function}-graded", grade=True, locked=True, points=worth)


def test_rubrics_are_those_of_the_tasks(notebook, cells):
    order = list(cells)
    for function in functions(notebook):
        task = catalogue.find(function)
        prompt = cells[order[order.index(function) - 1]].source
        assert f"({points(task)})" in prompt.splitlines()[0], function
        assert f"**{points(task)}:** {rubric(task)}" in prompt, function
        assert cells[f"{function}-graded"].source == graded_cell(task)


def test_a_solution_cell_is_one_documented_function(notebook, cells):
    for function in functions(notebook):
        source = cells[function].source
        (definition,) = ast.parse(source).body
        assert isinstance(definition, ast.FunctionDef) and definition.name == function
        stub, markers = SOLUTION.subn("    raise NotImplementedError", source)
        assert markers == 1, f"{function} needs one BEGIN SOLUTION and one END SOLUTION"
        (released,) = ast.parse(stub).body
        assert ast.get_docstring(released), f"{function} needs a docstring before its solution"
        assert len(released.body) == 2, f"{function} has code outside its solution"


def test_the_solutions_pass_their_visible_checks(notebook, executed):
    for function in functions(notebook):
        passed = f"{function}: visible checks passed; hidden checks run when graded\n"
        assert printed(executed[f"{function}-checks"]).endswith(passed)


def test_the_last_cell_with_code_says_that_all_is_done(notebook, executed):
    *_, last = (cell for cell in notebook.cells if cell.cell_type == "code")
    assert last.id == "progress"
    number = len(functions(notebook))
    shown = executed["progress"].outputs[0].data["text/plain"]
    assert shown.endswith(f"{number} of {number} done; about 0 minutes left.")


def test_the_solutions_earn_full_marks(notebook, executed):
    for function in functions(notebook):
        (score,) = (o for o in executed[f"{function}-graded"].outputs if "execution_count" in o)
        assert float(score.data["text/plain"]) == catalogue.find(function).points, function


def test_every_figure_appears_and_has_a_caption(notebook, executed):
    for cell, after in zip(notebook.cells, notebook.cells[1:], strict=False):
        if cell.cell_type == "code" and "plt.show()" in cell.source:
            assert any("image/png" in o.get("data", {}) for o in executed[cell.id].outputs), cell.id
            assert "explore" in cell.metadata.get("tags", []), f"{cell.id} is not tagged explore"
            assert after.cell_type == "markdown", f"{cell.id} needs a caption"
            assert re.fullmatch(r"\*[^*].*[^*]\*", after.source, re.DOTALL), after.id


def test_an_exploration_has_a_question_before_it_and_what_was_seen_behind(notebook):
    """Cells tagged `explore` that print or draw; the student's line and the fold end each."""
    asked = ran = False
    for cell, after in pairwise(notebook.cells[:-2]):  # the rest is `progress`, and looks back
        if cell.cell_type == "code" and "explore" in cell.metadata.get("tags", []):
            shows = "print(" in cell.source or "plt.show()" in cell.source
            assert asked or not shows, f"{cell.id} shows something that nobody was asked before"
            ran |= shows
        elif THINK.search(cell.source):
            assert not asked, f"{cell.id} asks before the last exploration has ended"
            asked = True
        elif cell.id.endswith("-saw"):
            assert asked and ran, f"{cell.id} has no question, or nothing that ran, before it"
            assert cell.source.startswith("**In a line of your own:**"), cell.id
            assert SEEN.match(after.source), f"{after.id} should say, folded, what is to be seen"
            asked = ran = False
        elif cell.id.endswith("-prompt"):
            assert not asked, f"{cell.id} begins before the last exploration has ended"
    assert not asked, "the last exploration has no line in which to write what was seen"


def test_nothing_but_exploring_builds_on_exploring(path, notebook, executed):
    """Cells tagged `explore` are not run when grading; the others must not miss them."""
    run = nbformat.from_dict(notebook)
    run.cells = [
        cell
        for cell in run.cells
        if "explore" not in cell.metadata.get("tags", []) and not cell.id.endswith("-graded")
    ]
    client = NotebookClient(run, timeout=120, resources={"metadata": {"path": path.parent}})
    client.execute()
    for cell in run.cells:
        if cell.id.endswith("-checks"):
            assert printed(cell) == printed(executed[cell.id]), cell.id


def test_running_leaves_no_warnings(executed):
    for id, cell in executed.items():
        assert not any(o.get("name") == "stderr" for o in cell.get("outputs", [])), id
