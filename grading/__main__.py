"""``python -m grading``: a made-up class to try a course's grading on."""

from __future__ import annotations

import argparse
import sys

from grading import demo, report
from grading.simulate import CannotSimulate, simulate


def main() -> int:
    """Run the command; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m grading", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    make = commands.add_parser(
        "simulate",
        help="hand in a released assignment for a made-up class",
        description="Writes submissions from the notebooks in release/ASSIGNMENT: each question "
        "answered rightly, in another right way, with a known mistake, with a crash, with an "
        "endless loop, or not at all. Run it in the course's folder. What every answer must earn "
        "is written to simulated/ASSIGNMENT.json.",
    )
    make.add_argument("assignment", metavar="ASSIGNMENT", help="the name of its folder in release/")
    make.add_argument("--students", type=_count, default=12, help="how many (default: 12)")
    make.add_argument(
        "--seed", type=int, default=1, help="another number makes another class (default: 1)"
    )
    make.add_argument(
        "--tests",
        default="grader_tests",
        help="package of the hidden tests, whose module `answers` knows the answers "
        "(default: grader_tests)",
    )
    make.add_argument("--force", action="store_true", help="replace existing submissions")
    commands.add_parser(
        "demo",
        help="grade a small made-up class in demo/ and show the scores",
        description="Makes a course in demo/, which is removed first, hands in an assignment for "
        "a made-up class, grades it with nbgrader, and compares the scores with those expected.",
    )
    tell = commands.add_parser(
        "report",
        help="write the report on a class, a page of HTML",
        description="Writes report/ASSIGNMENT.html: scores, difficulty and discrimination of each "
        "question, misconceptions, what did not run, who needs a look. Run it in the course's "
        "folder, after grading.",
    )
    tell.add_argument(
        "assignment", metavar="ASSIGNMENT", nargs="?", help="default: each that has been graded"
    )
    arguments = vars(parser.parse_args())
    command = arguments.pop("command")
    if command == "demo":
        return demo.main()
    if command == "report":
        return _report(**arguments)
    try:
        expected = simulate(**arguments)
    except CannotSimulate as error:
        print(error, file=sys.stderr)
        return 1
    assignment = arguments["assignment"]
    print(
        f"{len(expected)} students handed in {assignment}; what their answers must earn is in "
        f"simulated/{assignment}.json"
    )
    return 0


def _report(assignment: str | None) -> int:
    try:
        pages = report.write(assignment)
    except report.CannotReport as error:
        print(error, file=sys.stderr)
        return 1
    print("To open in a browser:", *pages, sep="\n")
    return 0


def _count(text: str) -> int:
    count = int(text)
    if not 1 <= count <= 900:
        raise argparse.ArgumentTypeError(f"{count} is not between 1 and 900")
    return count


if __name__ == "__main__":
    sys.exit(main())
