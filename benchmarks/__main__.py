"""Sealed grading beside plain nbgrader: ``make bench``, or ``python -m benchmarks --help``.

Both grade the same submissions of the same notebook of six graded functions with ``nbgrader
autograde``, in turn. Plain nbgrader has its stock configuration and runs the hidden tests in the
student's kernel. Cells tagged ``explore`` are left out for both, since only plain nbgrader would
run them.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook

REPOSITORY = Path(__file__).resolve().parents[1]
ASSIGNMENT, NOTEBOOK = "module2_optimization", "optimizers.ipynb"
CONFIGURATIONS = {
    "plain": "c = get_config()\n",
    "sealed": (REPOSITORY / "nbgrader_config.py").read_text()
    + f"c.SealedExecute.tests = [{str(REPOSITORY)!r}]\n",
}


@dataclass(frozen=True)
class Cost:
    """What one run of ``nbgrader autograde`` took, with all its processes."""

    wall: float  # seconds
    memory: float  # MB, the most that all processes had at one time; shared pages counted once


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--students", type=int, default=4, help="submissions (default: 4)")
    parser.add_argument("--repeats", type=int, default=5, help="runs of each (default: 5)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        roots = {name: Path(folder, name) for name in CONFIGURATIONS}
        for name, root in roots.items():
            _make_course(root, CONFIGURATIONS[name], arguments.students)
        costs: dict[str, list[Cost]] = {name: [] for name in roots}
        for number in range(-1, arguments.repeats):  # the first run warms the disk cache
            turns = list(roots.items())
            for name, root in turns[:: -1 if number % 2 else 1]:  # A B, B A, …: load may drift
                cost = _autograde(root)
                print(f"{name:6}  {cost.wall:6.2f} s", file=sys.stderr, flush=True)
                if number >= 0:
                    costs[name].append(cost)
        earned = {name: _earned(root) for name, root in roots.items()}
    assert earned["plain"] == earned["sealed"], earned
    print(f"{arguments.students} submissions, median of {arguments.repeats} runs each, in turn;")
    print(f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}\n")
    print("| | plain nbgrader | sealed | ratio |\n|---|---:|---:|---:|")
    for words, field in (("wall time, s", "wall"), ("peak memory, MB", "memory")):
        plain, sealed = (
            [getattr(cost, field) for cost in costs[name]] for name in ("plain", "sealed")
        )
        ratio = statistics.median(b / a for a, b in zip(plain, sealed, strict=True))
        medians = statistics.median(plain), statistics.median(sealed)
        print(f"| {words} | {medians[0]:.1f} | {medians[1]:.1f} | {ratio:.2f} |")


def _make_course(root: Path, configuration: str, students: int) -> None:
    """A course of the one notebook, with right submissions."""
    source = root / "source" / ASSIGNMENT
    shutil.copytree(REPOSITORY / "source" / ASSIGNMENT, source)
    for path in source.glob("*.ipynb"):
        if path.name != NOTEBOOK:
            path.unlink()
    notebook = nbformat.read(source / NOTEBOOK, as_version=4)
    notebook.cells = [c for c in notebook.cells if "explore" not in c.metadata.get("tags", ())]
    nbformat.write(notebook, source / NOTEBOOK)
    (root / "nbgrader_config.py").write_text(configuration)
    subprocess.run(_nbgrader("generate_assignment"), cwd=root, check=True, **_surroundings())
    solutions = {cell.id: cell.source for cell in notebook.cells if "BEGIN SOLUTION" in cell.source}
    release = root / "release" / ASSIGNMENT
    answered = nbformat.read(release / NOTEBOOK, as_version=4)
    for cell in answered.cells:
        cell.source = solutions.get(cell.id, cell.source)
    for number in range(students):
        folder = root / "submitted" / f"student{number}" / ASSIGNMENT
        shutil.copytree(release, folder)
        nbformat.write(answered, folder / NOTEBOOK)


def _autograde(root: Path) -> Cost:
    start = time.monotonic()
    process = subprocess.Popen(_nbgrader("autograde", "--force"), cwd=root, **_surroundings())
    most, ended = [0.0], threading.Event()

    def watch() -> None:
        while not ended.wait(0.25):
            most[0] = max(most[0], _memory(process.pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    status = process.wait()
    wall = time.monotonic() - start
    ended.set()
    watcher.join()
    if status:
        raise SystemExit(f"nbgrader autograde failed in {root}")
    return Cost(wall, most[0])


def _memory(pid: int) -> float:
    """Proportional set size of a process and all its descendants, in MB."""
    total, families = 0.0, [pid]
    while families:
        pid = families.pop()
        try:
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            total += sum(int(line.split()[1]) for line in rollup if line.startswith("Pss:")) / 1024
            for children in Path(f"/proc/{pid}/task").glob("*/children"):
                families += map(int, children.read_text().split())
        except OSError:
            pass  # it has ended meanwhile
    return total


def _earned(root: Path) -> dict[str, float]:
    with Gradebook(f"sqlite:///{root}/gradebook.db") as gradebook:
        return {
            f"{submission.student.id} {grade.name}": grade.auto_score
            for submission in gradebook.assignment_submissions(ASSIGNMENT)
            for notebook in submission.notebooks
            for grade in notebook.grades
        }


def _nbgrader(command: str, *options: str) -> list[str]:
    return [sys.executable, "-m", "nbgrader", command, ASSIGNMENT, *options]


def _surroundings() -> dict:
    """Output dropped; PYTHONPATH so that plain nbgrader finds the hidden tests."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {**os.environ, "PATH": path, "PYTHONPATH": str(REPOSITORY)}
    return {
        "env": environment, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL,
    }  # fmt: skip


if __name__ == "__main__":
    main()
