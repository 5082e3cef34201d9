"""``python -m grading``: grade a whole class, report on it, and try all of it on a made-up one."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from grading.marking import Catalogue

INTERRUPTED = 130


def main() -> int:
    """Run the command; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m grading", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    grade = commands.add_parser(
        "autograde",
        help="grade an assignment for the whole class, in parallel",
        description="Grades the submissions that have not been graded, or have changed since, with "
        "the scores and the feedback of `nbgrader autograde`. Run it in the course's folder. A run "
        "that was stopped goes on where it stopped. Any of nbgrader's settings can be given too, "
        "such as --SealedExecute.timeout=60.",
    )
    grade.add_argument("assignment", metavar="ASSIGNMENT")
    grade.add_argument(
        "--workers",
        type=_count(1000),
        default=len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
        metavar="N",
        help="submissions to grade at one time (default: the number of cores, %(default)s here)",
    )
    grade.add_argument(
        "--student",
        action="append",
        default=[],
        dest="students",
        help="grade this one's submission only; may be given several times",
    )
    grade.add_argument("--force", action="store_true", help="grade again what has not changed")
    grade.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="grade on the workers of this Dask scheduler, such as tcp://10.0.0.1:8786",
    )
    grade.add_argument(
        "--run-all", action="store_true", help="run cells that only explore (training, figures) too"
    )
    grade.set_defaults(run=_autograde)

    tell = commands.add_parser(
        "report",
        help="write the report on a class, a page of HTML",
        description="Writes report/ASSIGNMENT.html: scores, difficulty and discrimination of each "
        "question, mistakes, what did not run, who needs a look. Run it in the course's "
        "folder, after grading.",
    )
    tell.add_argument(
        "assignment", metavar="ASSIGNMENT", nargs="?", help="default: each that has been graded"
    )
    tell.set_defaults(run=_report)

    compare = commands.add_parser(
        "similar",
        help="show which answers of a class look alike",
        description="Compares the answers in submitted/ question by question, whatever their "
        "names, comments and white space, without what was released. Nothing is run. Run it in "
        "the course's folder.",
    )
    compare.add_argument("assignment", metavar="ASSIGNMENT")
    compare.add_argument(
        "--top", type=_count(1000), default=5, help="pairs to show for each question (default: 5)"
    )
    compare.set_defaults(run=_similar)

    make = commands.add_parser(
        "simulate",
        help="hand in a released assignment for a made-up class",
        description="Writes submissions from the notebooks in release/ASSIGNMENT: each question "
        "answered rightly, in another right way, with a known mistake, with a crash, with an "
        "endless loop, or not at all. Run it in the course's folder. What every answer must earn "
        "is written to simulated/ASSIGNMENT.json.",
    )
    make.add_argument("assignment", metavar="ASSIGNMENT", help="the name of its folder in release/")
    make.add_argument("--students", type=_count(900), default=12, help="how many (default: 12)")
    make.add_argument(
        "--seed", type=int, default=1, help="another number makes another class (default: 1)"
    )
    make.add_argument(
        "--tests",
        default="grader_tests",
        help="package of the hidden tests (default: %(default)s)",
    )
    make.add_argument("--force", action="store_true", help="replace existing submissions")
    make.set_defaults(run=_simulate)

    examine = commands.add_parser(
        "audit",
        help="examine the hidden tests themselves",
        description="Every right answer must earn full marks, every known mistake less, and be "
        "named as what it is. Prints a table, the first lines of the graded cells, and what failed. "
        "Run it in the course's folder.",
    )
    examine.add_argument("names", metavar="NAME", nargs="*", help="tasks or notebooks; all if none")
    examine.add_argument(
        "--seeds", type=_count(1000), default=5, help="drawings of each task's cases (default: 5)"
    )
    examine.set_defaults(run=_audit)

    begin = commands.add_parser(
        "scaffold",
        help="write the cells of new questions into an assignment's notebook",
        description="Adds what FOLDER/NOTEBOOK.ipynb lacks, or begins it: for each question a "
        "prompt, an answer cell with the reference, a cell for visible checks, and the graded cell. "
        "What is there already stays as it is. Run it in the course's folder.",
    )
    begin.add_argument("notebook", metavar="NOTEBOOK", help="a folder of the hidden tests")
    begin.add_argument("folder", metavar="FOLDER", help="such as source/module4_extras")
    begin.set_defaults(run=_scaffold)

    for author in (examine, begin):
        author.add_argument(
            "--tests",
            default="grader_tests",
            help="package of the hidden tests (default: %(default)s)",
        )

    show = commands.add_parser(
        "demo",
        help="grade a small made-up class in demo/ and show the scores",
        description="Makes a course in demo/, which is removed first, hands in an assignment for "
        "a made-up class, grades it with nbgrader, and compares the scores with those expected.",
    )
    show.set_defaults(run=_demo)

    arguments, settings = parser.parse_known_args()
    values = vars(arguments)
    command = values.pop("command")
    if command == "autograde":
        values["settings"] = settings
    elif settings:
        parser.error(f"unrecognized arguments: {' '.join(settings)}")
    return values.pop("run")(**values)


def _autograde(
    assignment: str,
    workers: int,
    students: Sequence[str],
    force: bool,
    scheduler: str | None,
    run_all: bool,
    settings: Sequence[str],
) -> int:
    from grading.cohort.pool import DaskPool, LocalPool
    from grading.cohort.progress import Progress
    from grading.cohort.run import CannotGrade, ClassRun

    settings = [*settings, "--SealedExecute.run_all=True"] if run_all else settings
    try:
        run = ClassRun(assignment, students, force, settings)
        all_graded = run.grade(
            lambda course: DaskPool(course, scheduler) if scheduler else LocalPool(course, workers),
            Progress(),
        )
    except CannotGrade as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped. The same command goes on where this one stopped.", file=sys.stderr)
        return INTERRUPTED
    return 0 if all_graded else 1


def _report(assignment: str | None) -> int:
    from grading.results import report

    try:
        pages = report.write(assignment)
    except report.CannotReport as error:
        print(error, file=sys.stderr)
        return 1
    print("To open in a browser:", *pages, sep="\n")
    return 0


def _similar(assignment: str, top: int) -> int:
    from grading.results import similar

    try:
        similar.show(assignment, top)
    except similar.CannotCompare as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _simulate(assignment: str, students: int, seed: int, tests: str, force: bool) -> int:
    from grading.rehearsal.simulate import CannotSimulate, simulate

    try:
        expected = simulate(assignment, students, seed, tests, force)
    except CannotSimulate as error:
        print(error, file=sys.stderr)
        return 1
    print(
        f"{len(expected)} students handed in {assignment}; what their answers must earn is in "
        f"simulated/{assignment}.json"
    )
    return 0


def _audit(names: Sequence[str], seeds: int, tests: str) -> int:
    from grading.rehearsal import audit

    return _with_catalogue(tests, lambda catalogue: audit.run(catalogue, names, seeds))


def _scaffold(notebook: str, folder: str, tests: str) -> int:
    from grading.rehearsal import scaffold

    return _with_catalogue(tests, lambda catalogue: scaffold.run(catalogue, notebook, Path(folder)))


def _with_catalogue(package: str, do: Callable[[Catalogue], int]) -> int:
    from nbgrader.apps import NbGrader

    from grading.marking.catalogue import NoCatalogue, load
    from grading.plugin.execute import SealedExecute

    app = NbGrader()
    app.initialize([])
    try:
        catalogue = load(package, [Path(path) for path in SealedExecute(parent=app).tests])
    except NoCatalogue as error:
        print(error, "--tests names another package.", file=sys.stderr)
        return 1
    return do(catalogue)


def _demo() -> int:
    from grading.rehearsal import demo

    return demo.main()


def _count(most: int) -> Callable[[str], int]:
    def count(text: str) -> int:
        number = int(text)
        if not 1 <= number <= most:
            raise argparse.ArgumentTypeError(f"{number} is not between 1 and {most}")
        return number

    return count


if __name__ == "__main__":
    sys.exit(main())
