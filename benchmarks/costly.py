"""A class of which every tenth hands in something costly, beside the same class without them."""

from __future__ import annotations

import shutil
import statistics
import sys
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from benchmarks import course
from benchmarks.cost import run

LIMIT = 6  # seconds of processor time for a cell
EVERY = 10  # the how many-th student
FRAMES = """
kernel = get_ipython().kernel
kernel.iopub_thread.socket.send_multipart([b""] * 1_000_000)
"""
MAKES = """
import os
for number in range(1 << 30):
    os.close(os.open(f"/tmp/{number}", os.O_CREAT))
"""
COSTLY = {  # what is added below right answers, or beside their notebook
    "a loop that prints": [new_code_cell("while True:\n    print('more')")],
    "files": [new_code_cell(MAKES)],
    "Markdown": [new_markdown_cell("\\\\[" * 60_000)],
    "a closed socket": [new_code_cell("get_ipython().kernel.iopub_thread.socket.close()")],
    "empty frames": [new_code_cell(FRAMES)],
    "assignments": [new_code_cell("a=1\n" * 40_000) for _ in range(4)],
    "code without an end": [new_code_cell("a." * 60_000)],
    "escape sequences": [new_code_cell("print('\\x1b[' * 400_000)")],
    "stray notebooks": 40,
}


def measure(root: Path, assignment: str, students: int, repeats: int) -> None:
    """Grade both classes and write their feedback, in turn; print the ratio of the times."""
    plain, costly = root / "plain", root / "costly"
    limits = f"c.SealedExecute.timeout = {LIMIT}\n"
    course.make(plain, assignment, course.SEALED + limits)
    course.hand_in(plain, assignment, students)
    shutil.copytree(plain, costly)
    for number, kind in zip(range(EVERY - 1, students, EVERY), cycle(COSTLY), strict=False):
        _add(kind, costly / "submitted" / f"student{number}" / assignment)
    steps = [
        [sys.executable, "-m", "grading", "autograde", assignment, "--force"],
        course.nbgrader("generate_feedback", assignment, "--force"),
    ]
    times: dict[Path, list[float]] = {plain: [], costly: []}
    for number in range(repeats):
        for place in (plain, costly)[:: -1 if number % 2 else 1]:
            course.forget_scores(place)
            took = run(steps, place, **course.ENVIRONMENT).wall
            course.check_scores(f"sqlite:///{place}/gradebook.db", assignment, students)
            print(f"{place.name:10} {took:6.1f} s", file=sys.stderr, flush=True)
            times[place].append(took)
    ratios = [ours / theirs for theirs, ours in zip(*times.values(), strict=True)]
    shown = [f"{statistics.median(each):.2f}" for each in (*times.values(), ratios)]
    kinds = ", ".join(kind for kind, _ in zip(COSTLY, range(students // EVERY), strict=False))
    print(f"{assignment}; every {EVERY}th of {students} hands in one of: {kinds}\n")
    print("| right answers, s | with the costly ones, s | ratio |\n|---:|---:|---:|")
    print(f"| {' | '.join(shown)} |")


def _add(kind: str, folder: Path) -> None:
    path = min(folder.glob("*.ipynb"))
    if kind == "stray notebooks":
        for name, notebook in _strays():
            nbformat.write(notebook, folder / name)
        return
    notebook = nbformat.read(path, as_version=4)
    notebook.cells += COSTLY[kind]
    nbformat.write(notebook, path)


def _strays() -> Iterator[tuple[str, nbformat.NotebookNode]]:
    cells = [new_code_cell() for _ in range(1000)]
    for number in range(COSTLY["stray notebooks"]):
        yield f"stray{number}.ipynb", new_notebook(cells=cells)
