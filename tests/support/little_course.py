"""A course of one small assignment, for tests of the engine: it knows no neural network.

Three questions, 10 points: ``double`` 4, ``total`` 3 (any kind of numeric array), ``settle`` 3 (an
input that must not be changed). The hidden tests are a module of their own, found by path only.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.api import Gradebook

from grading.handed_in.cells import question_name
from tests.support import REPOSITORY, commands

ASSIGNMENT, NOTEBOOK = "ps1", "p1"
POINTS = {"double": 4.0, "total": 3.0, "settle": 3.0}
RIGHT = {
    "double": "def double(x):\n    return 2 * x",
    "total": "def total(x):\n    return float(np.sum(x))",
    "settle": "def settle(x):\n    return np.minimum(x, 1.0)",
}
HIDDEN_TESTS = '''\
"""The hidden tests of the little course."""
import numpy as np
from grading.boundary.questions import Question, Unanswered, ask, seed, show

REFERENCE = {
    "double": lambda x: 2 * x,
    "total": lambda x: float(np.sum(x)),
    "settle": lambda x: np.minimum(x, 1.0),
}
POINTS = {"double": 4.0, "total": 3.0, "settle": 3.0}


def grade(name):
    rng = np.random.default_rng(seed(name))
    cases = [rng.normal(size=(3, n)) * 5 for n in (1, 4, 7)]
    questions = [Question(f"result = {name}(x)", {"x": x}, ("result", "x")) for x in cases]
    held = 0
    for x, answer in zip(cases, ask(questions)):
        if isinstance(answer, Unanswered):
            failed = [{"kind": answer.kind, "message": answer.message}]
            outcome = {"mistake": "", "criteria": [], "unanswered": failed}
            show(f"{answer.kind}: {answer.message} [{answer.where}]", "<p>unanswered</p>", outcome)
            continue
        result, after = answer
        wanted = REFERENCE[name](x)
        good = type(result) is type(wanted) and np.shape(result) == np.shape(wanted)
        good = good and np.asarray(result).dtype == np.asarray(wanted).dtype
        held += bool(good and np.allclose(result, wanted) and np.array_equal(x, after))
    criteria = [{"name": name, "points": POINTS[name], "held": held == 3}]
    outcome = {"mistake": "", "criteria": criteria, "unanswered": []}
    show(f"{name}: {held} of 3 cases", f"<p>{name}: {held} of 3 cases</p>", outcome)
    return POINTS[name] * (held == 3)
'''


def judged(name: str) -> str:
    """The hidden tests of a question: the judge's."""
    return f'from little_tests import grade\ngrade("{name}")'


def make(
    root: Path,
    tests: Callable[[str], str] = judged,
    configuration: str | None = None,
    more: Mapping[str, str] | None = None,
    **settings: Any,
) -> Path:
    """Make the course in `root`: source, release, gradebook, configuration with `settings`.

    `tests` gives the hidden tests of each question; `more` are files by their paths in the course,
    written before it is released. `settings` are ``Class__trait=value`` and are
    added to `configuration`: the project's own, if none is given.
    """
    folder = root / "source" / ASSIGNMENT
    folder.mkdir(parents=True)
    nbformat.write(source_notebook(tests), folder / f"{NOTEBOOK}.ipynb")
    (folder / "numbers.txt").write_text("1 2 3\n")
    (root / "hidden").mkdir()
    (root / "hidden" / "little_tests.py").write_text(HIDDEN_TESTS)
    if configuration is None:
        configuration = (REPOSITORY / "nbgrader_config.py").read_text()
        settings = {"HiddenTests__folders": ["hidden"], **settings}
    lines = [f"c.{name.replace('__', '.')} = {value!r}" for name, value in settings.items()]
    (root / "nbgrader_config.py").write_text("\n".join([configuration, *lines, ""]))
    for path, text in (more or {}).items():
        (root / path).write_text(text, encoding="utf-8")
    nbgrader(root, "generate_assignment", ASSIGNMENT).check_returncode()
    return root


def ask_known_answer(root: Path) -> Path:
    """Have the source's solutions graded, so that copies of the course need not do it again."""
    nbgrader(root, "autograde", ASSIGNMENT, "--student=nobody")
    return root


def source_notebook(tests: Callable[[str], str]) -> nbformat.NotebookNode:
    """The assignment with its solutions and hidden tests."""
    cells = [
        nbformat.v4.new_markdown_cell("# A little assignment", id="title"),
        course_cell("import numpy as np", "setup", locked=True),
    ]
    for name, points in POINTS.items():
        cells += question(name, points, RIGHT[name], tests(name))
    return notebook_of(cells)


def question(
    name: str, points: float, right: str, tests: str, checks: str = ""
) -> list[nbformat.NotebookNode]:
    """The cells of a question: prompt, solution, visible checks if there are any, hidden tests."""
    first, *body = right.splitlines()
    solution = "\n".join([first, "    ### BEGIN SOLUTION", *body, "    ### END SOLUTION"])
    hidden = f"### BEGIN HIDDEN TESTS\n{tests}\n### END HIDDEN TESTS"
    graded = f"# Graded, {points:g} points: {name}\n{hidden}"
    return [
        nbformat.v4.new_markdown_cell(f"Write `{name}`.", id=f"{name}-prompt"),
        course_cell(solution, name, solution=True),
        *([course_cell(checks, f"{name}-checks", locked=True)] if checks else []),
        course_cell(graded, f"{name}-graded", grade=True, locked=True, points=points),
    ]


def notebook_of(cells: list[nbformat.NotebookNode]) -> nbformat.NotebookNode:
    """A notebook for Python."""
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    return nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})


def course_cell(source: str, grade_id: str, **settings: Any) -> nbformat.NotebookNode:
    """A code cell that nbgrader knows; `settings` are nbgrader's own."""
    nbgrader = {"grade": False, "solution": False, "locked": False, "task": False, **settings}
    nbgrader |= {"grade_id": grade_id, "schema_version": 3}
    return nbformat.v4.new_code_cell(source, id=grade_id, metadata={"nbgrader": nbgrader})


def nbgrader(root: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a real ``nbgrader`` command in the course."""
    return commands.run(root, "nbgrader", *arguments, **environment)


def released(root: Path) -> nbformat.NotebookNode:
    """The notebook as students get it."""
    return nbformat.read(root / "release" / ASSIGNMENT / f"{NOTEBOOK}.ipynb", as_version=4)


def answered(root: Path, **answers: str) -> nbformat.NotebookNode:
    """The released notebook with right answers, or with those given instead of them."""
    notebook = released(root)
    for cell in notebook.cells:
        if cell.id in RIGHT:
            cell.source = {**RIGHT, **answers}[cell.id]
    return notebook


def submit(root: Path, student: str, notebook: Any, name: str = NOTEBOOK) -> Path:
    """Hand a notebook (or any JSON, or text, or bytes) in; return the submitted folder."""
    folder = root / "submitted" / student / ASSIGNMENT
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name}.ipynb"
    if isinstance(notebook, bytes):
        file.write_bytes(notebook)
    elif isinstance(notebook, nbformat.NotebookNode):
        file.write_text(nbformat.writes(notebook))
    else:
        file.write_text(notebook if isinstance(notebook, str) else json.dumps(notebook))
    return folder


def hand_in(root: Path, *students: str, **answers: str) -> None:
    """Hand in right answers, or those given instead of them, for each of the students."""
    for student in students:
        submit(root, student, answered(root, **answers))


def scores(
    root: Path, assignment: str = ASSIGNMENT, notebook: str = ""
) -> dict[str, dict[str, float | None]]:
    """The automatic score of every student and question, of one notebook; None if there is none."""
    with Gradebook(f"sqlite:///{root}/gradebook.db") as gradebook:
        return {
            submission.student.id: {
                question_name(grade.name): grade.auto_score
                for submitted in submission.notebooks
                if notebook in ("", submitted.name)
                for grade in submitted.grades
            }
            for submission in gradebook.assignment_submissions(assignment)
        }
