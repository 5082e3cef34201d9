"""Grading a class side by side with plain nbgrader: ``make bench``, or ``python -m benchmarks``.

All ways of grading take the same assignment and the same right answers, in turn; after each run
every question of every student must have full marks, or the benchmark fails.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import statistics
import sys
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from benchmarks import course, otter
from benchmarks.cost import Cost, run

FEW = 2  # students of the small class, which tells what belongs to the start
NBGRADER = (*course.nbgrader("autograde"), "--force")
RUNNER = (sys.executable, "-m", "grading", "autograde", "--force")
HEAD = (
    "way of grading", "{} submissions, s", "× plain", "one more, s", "× plain", "step",
    "CPU for one more, s", "peak memory, MB", "MB a worker",
)  # fmt: skip


@dataclass(frozen=True)
class Way:
    """A way of grading: a course's configuration, and the command that grades in it.

    `step` says what it changes in the way called `over`. `share` is 4 where a submission takes so
    long that a quarter of the class is graded.
    """

    name: str
    step: str
    over: str
    configuration: str = course.SEALED
    command: tuple[str, ...] = NBGRADER
    explore: bool = True
    share: int = 1
    workers: int = 1


WAYS = {
    "plain": Way("plain nbgrader 0.9.6", "", "plain", course.STOCK, share=4),
    "plain-bare": Way(
        "plain, without explore cells",
        "explore cells",
        "plain",
        course.STOCK,
        explore=False,
        share=4,
    ),
    "sealed-all": Way(
        "sealed, `run_all`",
        "warm, sealed kernels",
        "plain",
        command=(*NBGRADER, "--SealedExecute.run_all=True"),
        share=4,
    ),
    "sealed": Way("sealed", "explore cells", "sealed-all"),
    "class-1": Way(
        "class runner, 1 worker", "nbgrader's steps", "sealed", command=(*RUNNER, "--workers=1")
    ),
    "class-2": Way(
        "class runner, 2 workers", "workers", "class-1", command=(*RUNNER, "--workers=2"), workers=2
    ),
    "otter": Way("Otter-Grader 7, `otter run`", "", "plain", share=4),
}


def main() -> None:
    """Measure what was asked for, and print it as Markdown."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--assignment", default="module2_optimization", help="in source/")
    parser.add_argument("--students", type=int, default=16, help="of the class (default: 16)")
    parser.add_argument("--repeats", type=int, default=2, help="runs of each (default: 2)")
    parser.add_argument(
        "--ways", nargs="+", choices=WAYS, metavar="WAY", help=f"only these of {', '.join(WAYS)}"
    )
    parser.add_argument("--otter", action="store_true", help="measure Otter-Grader 7 too")
    parser.add_argument(
        "--class",
        type=int,
        dest="simulated",
        metavar="N",
        help="instead: a made-up class of N with mistakes, crashes and endless loops",
    )
    parser.add_argument(
        "--costly",
        type=int,
        metavar="N",
        help="instead: a class of N, of which every tenth hands in something costly",
    )
    parser.add_argument(
        "--writer",
        type=int,
        metavar="N",
        help="instead: what the one process that writes does for N submissions, without grading",
    )
    parser.add_argument("--db", default="", help="gradebook for --writer (default: SQLite)")
    asked = parser.parse_args()
    if asked.students < 12:
        parser.error("--students must be 12 or more: slow ways grade a quarter of the class")
    print(f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}\n")
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        root = Path(folder)
        if asked.simulated:
            from benchmarks import simulated

            simulated.measure(root, asked.assignment, asked.simulated)
        elif asked.costly:
            from benchmarks import costly

            costly.measure(root, asked.assignment, asked.costly, asked.repeats)
        elif asked.writer:
            from benchmarks import writer

            writer.measure(root, asked.assignment, asked.writer, asked.db)
        else:
            names = asked.ways or [name for name in WAYS if name != "otter" or asked.otter]
            compare(root, asked.assignment, names, asked.students, asked.repeats)


def compare(root: Path, assignment: str, names: list[str], students: int, repeats: int) -> None:
    """Grade in all ways, in turn, and print the table."""
    for name in names:
        way, base = WAYS[name], root / name / "base"
        course.make(base, assignment, way.configuration, way.explore)
        if name == "otter":
            otter.make(base, assignment)
            continue
        for size in (FEW, students // way.share):
            shutil.copytree(base, root / name / str(size))
            course.hand_in(root / name / str(size), assignment, size)
    costs: dict[str, list[tuple[Cost, Cost]]] = defaultdict(list)
    for number in range(-1, repeats):  # the first, of the small class only, warms the disk cache
        for name in names[:: -1 if number % 2 else 1]:  # A B … B A …: load may drift
            size = students // WAYS[name].share if number >= 0 else FEW
            few, all_ = grade(root / name, WAYS[name], assignment, size)
            print(f"{name:10} {few.wall:6.1f} s {all_.wall:6.1f} s", file=sys.stderr, flush=True)
            if number >= 0:
                costs[name].append((few, all_))
    print(f"{assignment}, {students} right submissions, median of {repeats}\n")
    for line in table(costs, students):
        print(line)


def grade(place: Path, way: Way, assignment: str, students: int) -> tuple[Cost, Cost]:
    """Grade the small class and one of that many, and look at their scores."""
    if way is WAYS["otter"]:
        cost = otter.grade(place / "base")
        return cost.times(FEW), cost.times(students)
    costs = {}
    for size in dict.fromkeys((FEW, students)):
        folder = place / str(size)
        course.forget_scores(folder)
        costs[size] = run([[*way.command, assignment]], folder, **course.ENVIRONMENT)
        course.check_scores(f"sqlite:///{folder}/gradebook.db", assignment, size)
    return costs[FEW], costs[students]


def table(costs: dict[str, list[tuple[Cost, Cost]]], students: int) -> list[str]:
    """Lines of a table of medians; ratios are of runs that were neighbours."""

    def more(name: str, what: str) -> list[float]:
        size = students // WAYS[name].share
        return [
            (getattr(all_, what) - getattr(few, what)) / (size - FEW)
            for few, all_ in costs.get(name, ())
        ]

    def whole(name: str) -> list[float]:
        pairs = zip(costs.get(name, ()), more(name, "wall"), strict=True)
        return [few.wall + (students - FEW) * one for (few, _), one in pairs]

    def ratio(slow: list[float], fast: list[float]) -> str:
        both = zip(slow, fast, strict=True) if slow else ()
        ratios = [a / b for a, b in both]
        return f"{statistics.median(ratios):.2f}" if ratios else ""

    rows = [[HEAD[0], HEAD[1].format(students), *HEAD[2:]], ["---", *["---:"] * (len(HEAD) - 1)]]
    for name, pairs in costs.items():
        way = WAYS[name]
        memory = statistics.median(all_.memory for _, all_ in pairs)
        one = more(name, "wall")
        step = ratio(more(way.over, "wall"), one)
        rows.append(
            [
                way.name,
                f"{statistics.median(whole(name)):.1f}",
                ratio(whole("plain"), whole(name)),
                f"{statistics.median(one):.2f}",
                ratio(more("plain", "wall"), one),
                f"{way.step}: {step}" if way.step and step else "",
                f"{statistics.median(more(name, 'cpu')):.2f}",
                f"{memory:.0f}",
                f"{memory / way.workers:.0f}",
            ]
        )
    return [f"| {' | '.join(row)} |" for row in rows]


if __name__ == "__main__":
    main()
