"""Otter-Grader 7 on the same questions, in an environment of its own.

An Otter assignment for each notebook: every question has one test with the question's points,
which runs the statements of its visible checks as a doctest.
"""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import nbformat

from benchmarks import course
from benchmarks.cost import Cost, run
from grading.handed_in.cells import question_name

VERSION = "otter-grader==7.0.0"
PLACE = course.REPOSITORY / ".venv-otter"
OTTER = PLACE / "bin" / "otter"


def make(root: Path, assignment: str) -> None:
    """Turn the assignment that a course has released into Otter's, with right answers."""
    _install()
    release = root / "release" / assignment
    data = [path.name for path in release.iterdir() if path.suffix != ".ipynb"]
    for path in release.glob("*.ipynb"):
        notebook = course.answered(root / "source" / assignment / path.name, path)
        checks = {cell.id: cell.source for cell in notebook.cells if cell.id.endswith("-checks")}
        tests = root / path.stem / "tests"
        tests.mkdir(parents=True)
        for cell in notebook.cells:
            points = cell.metadata.get("nbgrader", {}).get("points")
            if points is not None:
                name = question_name(cell.id)
                text = (
                    f"OK_FORMAT = True\ntest = {_test(name, points, checks[f'{name}-checks'])!r}\n"
                )
                (tests / f"{name}.py").write_text(text)
        notebook.cells = [
            cell
            for cell in notebook.cells
            if not cell.id.endswith("-graded") and "explore" not in cell.metadata.get("tags", ())
        ]
        nbformat.write(notebook, root / path.stem / path.name)
        command = [OTTER, "generate", "-t", tests, "-o", root / path.stem / "autograder.zip"]
        subprocess.run(
            [*command, "--no-environment", *data], check=True, capture_output=True, cwd=release
        )


def grade(root: Path) -> Cost:
    """Grade one submission: a command for each notebook.

    Raises
    ------
    SystemExit
        If any question has not got full marks.
    """
    folders = sorted(path.parent for path in root.glob("*/autograder.zip"))
    commands = [
        [OTTER, "run", "--no-logo", "-a", folder / "autograder.zip", "-o", folder,
         folder / f"{folder.name}.ipynb"]
        for folder in folders
    ]  # fmt: skip
    cost = run(commands, root)
    for folder in folders:
        results = folder / "results.json"
        tests = json.loads(results.read_text())["tests"]
        wanted = {path.stem for path in (folder / "tests").iterdir()}
        right = {test["name"] for test in tests if test.get("score") == test.get("max_score")}
        if not wanted <= right:
            raise SystemExit(f"Otter, {folder.name}: no full marks for {wanted - right}")
        results.unlink()
    return cost


def _test(name: str, points: float, source: str) -> dict:
    """A test in Otter's format, without what the checks print."""
    lines = []
    for statement in ast.parse(source).body:
        if not ast.unparse(statement).startswith("print("):
            first, *rest = ast.get_source_segment(source, statement).splitlines()
            lines += [f">>> {first}", *(f"... {line}" for line in rest)]
    case = {"code": "\n".join(lines), "hidden": False, "locked": False}
    suite = {"cases": [case], "scored": True, "setup": "", "teardown": "", "type": "doctest"}
    return {"name": name, "points": points, "suites": [suite]}


def _install() -> None:
    """Build the environment, with the packages of ours that notebooks import."""
    if OTTER.exists():
        return
    print(f"Installing {VERSION} in {PLACE.name} (a few minutes).", file=sys.stderr)
    subprocess.run([sys.executable, "-m", "venv", PLACE], check=True)
    (PLACE / ".gitignore").write_text("*\n")
    pins = ["--constraint", course.REPOSITORY / "constraints.txt"]
    packages = [VERSION, "ipykernel", "matplotlib", "numpy"]
    subprocess.run(
        [PLACE / "bin" / "python", "-m", "pip", "install", "--quiet", *pins, *packages], check=True
    )
