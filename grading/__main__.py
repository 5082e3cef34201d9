"""``grading``: collect work, grade it, report on a class, examine the hidden tests, try them out.

The same as ``python -m grading``.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from grading.handed_in.printable import printable
from grading.stop import Stop

if TYPE_CHECKING:
    from grading.course import Course
    from grading.marking.catalogue import Catalogue

INTERRUPTED = 130


class Command(NamedTuple):
    """A command: what it says of itself, its options, and what it does, giving the exit status.

    `run` takes the options by name; `settings` among its arguments are nbgrader's.
    """

    help: str
    description: str
    options: Callable[[argparse.ArgumentParser], None]
    run: Callable[..., int]
    takes_settings: bool = False


def main() -> int:
    """Run the command; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="grading", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, command in COMMANDS.items():
        added = commands.add_parser(name, help=command.help, description=command.description)
        command.options(added)
    arguments, settings = parser.parse_known_args()
    values: dict[str, Any] = vars(arguments)
    command = COMMANDS[values.pop("command")]
    if values.get("workers", 1) is None:
        values["workers"] = _cores()
    if command.takes_settings:
        values["settings"] = settings
    elif settings:
        parser.error(f"unrecognized arguments: {' '.join(settings)}")
    try:
        return command.run(**values)
    except Stop as stop:
        print(printable(str(stop), keep="\n"), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return INTERRUPTED


def _autograde_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("assignment", metavar="ASSIGNMENT")
    _workers_option(parser)
    parser.add_argument(
        "--student",
        action="append",
        default=[],
        dest="students",
        help="grade this one's submission only; may be given several times",
    )
    parser.add_argument("--force", action="store_true", help="grade again what has not changed")
    parser.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="grade on the workers of this Dask scheduler, such as tcp://10.0.0.1:8786",
    )
    parser.add_argument(
        "--run-all", action="store_true", help="run cells that only explore (training, figures) too"
    )


def _workers_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--workers",
        type=_count(1000),
        metavar="N",
        help="submissions to grade at one time (default: the number of cores that there are for "
        "it: a container's share, if it has one)",
    )


def _cores() -> int:
    from dask.system import cpu_count

    return cpu_count()


def _autograde(
    assignment: str,
    workers: int,
    students: Sequence[str],
    force: bool,
    scheduler: str | None,
    run_all: bool,
    settings: Sequence[str],
) -> int:
    if not scheduler:
        from grading.cohort.processes import nursery

        nursery()  # imports beside this process
    from grading.cohort.pool import DaskPool, LocalPool
    from grading.cohort.progress import Progress
    from grading.cohort.run import ClassRun
    from grading.cohort.weigh import weigh

    settings = [*settings, "--SealedExecute.run_all=True"] if run_all else settings
    attempts = weigh(assignment, workers, settings, students or None)
    run = ClassRun(assignment, students, force, settings, attempts=attempts)
    try:
        all_graded = run.grade(
            lambda job: DaskPool(job, scheduler) if scheduler else LocalPool(job, workers),
            Progress(),
        )
    except KeyboardInterrupt:
        print("Stopped. The same command goes on where this one stopped.", file=sys.stderr)
        return INTERRUPTED
    return 0 if all_graded else 1


def _watch_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("assignment", metavar="ASSIGNMENT")
    _workers_option(parser)
    parser.add_argument(
        "--every",
        type=float,
        default=10.0,
        metavar="SECONDS",
        help="how often to look for new work (default: %(default)s)",
    )
    parser.add_argument(
        "--exchange",
        action="store_true",
        help="collect from nbgrader's exchange, and release feedback there",
    )
    parser.add_argument("--once", action="store_true", help="end when all that has come is done")


def _watch(
    assignment: str,
    workers: int,
    every: float,
    exchange: bool,
    once: bool,
    settings: Sequence[str],
) -> int:
    import signal

    from grading.cohort.watch import Watch

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what ends a service
    watch = Watch(assignment, workers, exchange, partial(print, flush=True), settings)
    watch.run(every, once)
    return 0


def _collect_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("assignment", metavar="ASSIGNMENT")
    parser.add_argument(
        "download", metavar="DOWNLOAD", type=Path, help="the zip, or the folder it was unpacked to"
    )
    parser.add_argument(
        "--who",
        metavar="FILE",
        type=Path,
        help="a table with columns name and id, for names in the download that the class list "
        "does not have: groups, numbers where marking is blind, namesakes",
    )


def _collect(assignment: str, download: Path, who: Path | None, settings: Sequence[str]) -> int:
    from grading.course import Course
    from grading.plugin.collect import collect

    collected = collect(Course(settings), assignment, download, who)
    print(collected)
    return 1 if collected.apart else 0


def _due(settings: Sequence[str]) -> int:
    from nbgrader.api import Gradebook

    from grading.course import Course
    from grading.plugin.due import DueDates

    course = Course(settings)
    if course.has_gradebook():
        with Gradebook(course.directory.db_url, course.directory.course_id) as gradebook:
            print(DueDates(parent=course.app).table(gradebook.assignments))
    return 0


def _resolve_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("assignment", metavar="ASSIGNMENT")
    parser.add_argument(
        "--keep",
        choices=("manual", "automatic"),
        help="the score that counts from now on (without: only list what waits)",
    )
    for name in ("student", "question"):
        parser.add_argument(
            f"--{name}",
            action="append",
            default=[],
            dest=f"{name}s",
            help="only this one's; may be given several times",
        )


def _resolve(
    assignment: str,
    keep: str | None,
    students: Sequence[str],
    questions: Sequence[str],
    settings: Sequence[str],
) -> int:
    from grading.course import Course
    from grading.plugin.resolve import resolve

    lines = resolve(Course(settings), assignment, keep, students, questions)
    done = f"The {keep} score counts." if keep else "Settle them with --keep=manual or automatic."
    print(*lines, f"{len(lines)} scores by hand waited for a look.", sep="\n")
    if lines:
        print(done)
    return 0


def _question_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("assignment", metavar="ASSIGNMENT")
    parser.add_argument(
        "question", metavar="QUESTION", help="its name, or NOTEBOOK/NAME where several have it"
    )
    _why_option(parser)


def _why_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--why",
        metavar="REASON",
        help="do it, and log this reason (without: only show what would change)",
    )


def _points_options(parser: argparse.ArgumentParser) -> None:
    _question_options(parser)
    parser.add_argument("points", metavar="POINTS", type=_points_value)


def _points(
    assignment: str, question: str, points: float, why: str | None, settings: Sequence[str]
) -> int:
    from grading.course import Course
    from grading.plugin.adjust import change_question

    print(*change_question(Course(settings), assignment, question, points, why), sep="\n")
    if why:
        _weigh(assignment, settings)
    return 0


def _weigh(assignment: str, settings: Sequence[str]) -> None:
    """Have another attempt of a student count where that is the best one now."""
    from grading.cohort.weigh import have_best_count

    for line in have_best_count(assignment, _cores(), settings):
        print(line)


def _drop_options(parser: argparse.ArgumentParser) -> None:
    _question_options(parser)
    how = parser.add_mutually_exclusive_group(required=True)
    how.add_argument(
        "--everybody", action="store_const", dest="points", const=None, help="all get its points"
    )
    how.add_argument(
        "--nobody", action="store_const", dest="points", const=0.0, help="it leaves the total"
    )


def _excuse_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("assignment", metavar="ASSIGNMENT")
    parser.add_argument("student", metavar="STUDENT")
    _why_option(parser)


def _excuse(assignment: str, student: str, why: str | None, settings: Sequence[str]) -> int:
    from grading.course import Course
    from grading.plugin.adjust import excuse

    print(*excuse(Course(settings), assignment, student, why), sep="\n")
    return 0


def _undo_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("number", metavar="NUMBER", type=int, help="as `grading changes` has it")
    _why_option(parser)


def _undo(number: int, why: str | None, settings: Sequence[str]) -> int:
    from grading.course import Course
    from grading.plugin.adjust import undo
    from grading.plugin.changes import Changes

    course = Course(settings)
    print(*undo(course, number, why), sep="\n")
    if why:
        _weigh(Changes(course.root).all[number - 1].assignment, settings)
    return 0


def _mend_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("assignment", metavar="ASSIGNMENT")
    _workers_option(parser)
    _why_option(parser)


def _mend(assignment: str, workers: int, why: str | None, settings: Sequence[str]) -> int:
    from grading.cohort.mend import mend

    lines, all_graded = mend(assignment, workers, why, settings)
    print(*lines, sep="\n")
    return 0 if all_graded else 1


def _changes(settings: Sequence[str]) -> int:
    from grading.course import Course
    from grading.plugin.changes import Changes

    changes = Changes(Course(settings).root)
    print(*changes.all or ["Nothing was changed."], sep="\n")
    return 0


def _feedback_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("assignment", metavar="ASSIGNMENT")
    _workers_option(parser)
    parser.add_argument("--force", action="store_true", help="make again what has not changed")


def _feedback(assignment: str, workers: int, force: bool, settings: Sequence[str]) -> int:
    from grading.cohort import pages

    made, failed, unchanged = pages.make(assignment, workers, force, settings)
    print(f"Pages made for {len(made)}; {unchanged} unchanged.", *failed, sep="\n")
    return 1 if failed else 0


def _report_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "assignment", metavar="ASSIGNMENT", nargs="?", help="default: each that has been graded"
    )


def _report(assignment: str | None) -> int:
    from grading.results import report

    print("To open in a browser:", *report.write(assignment), sep="\n")
    return 0


def _similar_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("assignment", metavar="ASSIGNMENT")
    parser.add_argument(
        "--top", type=_count(1000), default=5, help="pairs to show for each question (default: 5)"
    )
    parser.add_argument(
        "--earlier",
        nargs="+",
        action="extend",
        default=[],
        type=Path,
        metavar="FOLDER",
        help="compare with what was handed in earlier, too: the folders submitted/ of other terms",
    )


def _similar(assignment: str, top: int, earlier: Sequence[Path]) -> int:
    from grading.results import similar

    similar.show(assignment, top, earlier)
    return 0


def _audit_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("names", nargs="*", metavar="NAME", help="tasks or notebooks; all if none")
    parser.add_argument(
        "--seeds", type=_count(1000), default=5, help="drawings of each task's cases (default: 5)"
    )
    other = parser.add_mutually_exclusive_group()
    for name, question in (
        ("mutants", "does every small change of a right answer lose points?"),
        ("pairs", "are two mistakes at once named, and no others?"),
        ("reach", "do the cases go as far as the questions promise?"),
        ("losses", "what does each mistake cost, and which criteria does it lose?"),
        ("hints", "do visible checks pass right answers, and name mistakes that were made?"),
    ):
        help = f"examine something else: {question}"
        other.add_argument(f"--{name}", dest="other", action="store_const", const=name, help=help)


def _audit(names: Sequence[str], seeds: int, other: str | None, settings: Sequence[str]) -> int:
    from grading.course import Course
    from grading.rehearsal import audit, hints, losses, mutants, pairs, reach

    course = Course(settings)
    if other == "hints":
        return hints.run(_catalogue(course), names, course)
    others = {"mutants": mutants, "pairs": pairs, "reach": reach, "losses": losses}
    examination = others.get(other, audit)
    return examination.run(_catalogue(course), names, seeds)


def _hints_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("names", nargs="*", metavar="NAME", help="notebooks; all if none")


def _hints(names: Sequence[str], settings: Sequence[str]) -> int:
    from grading.course import Course
    from grading.rehearsal import hints

    course = Course(settings)
    return hints.write(_catalogue(course), names, course)


def _scaffold_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("notebook", metavar="NOTEBOOK", help="such as 1_NAME")
    parser.add_argument("folder", metavar="FOLDER", type=Path, help="such as source/ASSIGNMENT")


def _scaffold(notebook: str, folder: Path, settings: Sequence[str]) -> int:
    from grading.course import Course
    from grading.rehearsal import scaffold

    return scaffold.run(_catalogue(Course(settings)), notebook, folder)


def _simulate_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "assignment", metavar="ASSIGNMENT", help="the name of its folder in release/"
    )
    parser.add_argument("--students", type=_count(900), default=12, help="how many (default: 12)")
    parser.add_argument(
        "--seed", type=int, default=1, help="another number makes another class (default: 1)"
    )
    parser.add_argument("--force", action="store_true", help="replace existing submissions")


def _simulate(
    assignment: str, students: int, seed: int, force: bool, settings: Sequence[str]
) -> int:
    from grading.course import Course
    from grading.rehearsal.simulate import simulate

    course = Course(settings)
    expected = simulate(course, _catalogue(course), assignment, students, seed, force)
    print(
        f"{len(expected)} students handed in {assignment}; what their answers must earn is in "
        f"simulated/{assignment}.json"
    )
    return 0


def _no_options(parser: argparse.ArgumentParser) -> None:
    pass


def _sandbox(settings: Sequence[str]) -> int:
    from grading.course import Course
    from grading.grade.bench import Bench

    with Bench(Course(settings).app.config) as bench:
        problem = bench.problem()
    if problem is not None:
        raise Stop(problem)
    print(f"Student code can be sealed here by {bench.way}: a sealed kernel has answered.")
    if bench.remark:
        print(bench.remark)
    return 0


def _demo_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "notebook", metavar="NOTEBOOK", type=Path, help="such as source/ASSIGNMENT/NOTEBOOK.ipynb"
    )


def _demo(notebook: Path) -> int:
    from grading.rehearsal import demo

    return demo.run(notebook)


COMMANDS = {
    "collect": Command(
        "put a download from Moodle or Canvas where it is graded",
        "Copies each student's files of DOWNLOAD to submitted/, by the class list, whatever Moodle "
        "and Canvas make of names. What is not clear is named and held apart. Run it in the "
        "course's folder, again for each later download.",
        _collect_options,
        _collect,
        takes_settings=True,
    ),
    "autograde": Command(
        "grade an assignment for the whole class, in parallel",
        "Grades the submissions that have not been graded, or have changed since, with the scores "
        "and the feedback of `nbgrader autograde`. Run it in the course's folder. A run that was "
        "stopped goes on where it stopped. Any of nbgrader's settings can be given too, such as "
        "--SealedExecute.timeout=60.",
        _autograde_options,
        _autograde,
        takes_settings=True,
    ),
    "watch": Command(
        "grade whatever comes in, and give it back, until it is stopped",
        "Takes what arrives in submitted/ or the exchange, grades it with the same runner, makes "
        "the page, and logs a line. c.Attempts.per_day limits hand-ins, c.Attempts.counts says "
        "which counts. Stopped or killed, it goes on where it was.",
        _watch_options,
        _watch,
        takes_settings=True,
    ),
    "due": Command(
        "tell when each assignment is due",
        "Prints a table, in Markdown, of the assignments that have a due date in the gradebook, in "
        "the zone that c.DueDates.zone names. `make bundle` puts it on the students' first page.",
        _no_options,
        _due,
        takes_settings=True,
    ),
    "resolve": Command(
        "settle scores given by hand, many at once",
        "Lists the scores given by hand over an automatic one that has changed since, and lets one "
        "of the two count, for all of them or for some. Run it in the course's folder.",
        _resolve_options,
        _resolve,
        takes_settings=True,
    ),
    "points": Command(
        "have a question count other points, once work is in",
        "Shows whose score it changes; with --why it is done. What the tests gave is scaled, and "
        "what was scored by hand; late penalties are worked out anew. Nothing is graded again.",
        _points_options,
        _points,
        takes_settings=True,
    ),
    "drop": Command(
        "drop a question, once work is in",
        "Everybody gets its points, or it leaves the total. Shows whose score it changes; with "
        "--why it is done. Nothing is graded again, but attempts of which the best counts.",
        _drop_options,
        _points,
        takes_settings=True,
    ),
    "excuse": Command(
        "have an assignment not count for a student",
        "With --why it is done: exports leave the score empty (Canvas: EX), the report says so.",
        _excuse_options,
        _excuse,
        takes_settings=True,
    ),
    "mend": Command(
        "grade a class with mended tests, and see first whose score changes",
        "Grades what concerns it and shows whose score changes; with --why the scores are written "
        "down, and the reason in the log. To undo it, put the tests back and run it again.",
        _mend_options,
        _mend,
        takes_settings=True,
    ),
    "undo": Command(
        "have a change hold no longer",
        "Shows whose score it changes; with --why it is done.",
        _undo_options,
        _undo,
        takes_settings=True,
    ),
    "changes": Command(
        "list what was changed once work was in: who, when, why",
        "Lists changes.jsonl, which `points`, `drop`, `excuse`, `mend` and `undo` write.",
        _no_options,
        _changes,
        takes_settings=True,
    ),
    "feedback": Command(
        "make the pages of feedback of a class, in parallel",
        "Makes the pages of `nbgrader generate_feedback` for all whose work, scores, comments "
        "or dates have changed since. Run it in the course's folder, after grading.",
        _feedback_options,
        _feedback,
        takes_settings=True,
    ),
    "report": Command(
        "write the report on a class, a page of HTML",
        "Writes report/ASSIGNMENT.html: scores, difficulty and discrimination of each question, "
        "mistakes, what did not run, who needs a look. Run it in the course's folder, after "
        "grading.",
        _report_options,
        _report,
    ),
    "similar": Command(
        "show which answers of a class look alike",
        "Compares the answers in submitted/ question by question, whatever their names, comments "
        "and white space, without what was released. Nothing is run. Run it in the course's "
        "folder.",
        _similar_options,
        _similar,
    ),
    "audit": Command(
        "examine the hidden tests: right answers, mistakes and stubs must earn what they should",
        "Puts every right answer, every mistake and the empty stub of the hidden tests through the "
        "grading of a student's answer. Prints a table, and what failed. Run it in the course's "
        "folder, whose HiddenTests.package names the hidden tests.",
        _audit_options,
        _audit,
        takes_settings=True,
    ),
    "hints": Command(
        "write what notebooks say of hidden tests: hints, and how far they go",
        "Beside each source/ASSIGNMENT/checks/NOTEBOOK.py writes a table of what the mistakes of "
        "the hidden tests answer, by which they are recognised, and what all these modules have in "
        "common; and into prompts how far the hidden tests go. Run it in the course's folder after "
        "a change of checks, mistakes, promises or points.",
        _hints_options,
        _hints,
        takes_settings=True,
    ),
    "scaffold": Command(
        "write the cells of new questions into an assignment's notebook",
        "Adds to FOLDER/NOTEBOOK.ipynb a prompt, an answer cell, visible checks and the graded "
        "cell for each question of the hidden tests that it lacks. Prompt and checks, in "
        "FOLDER/checks/NOTEBOOK.py, are only begun: they are yours to write.",
        _scaffold_options,
        _scaffold,
        takes_settings=True,
    ),
    "simulate": Command(
        "hand in a released assignment for a made-up class",
        "Writes submissions from the notebooks in release/ASSIGNMENT: each question answered "
        "rightly, in another right way, with a known mistake, with a crash, with an endless loop, "
        "or not at all. Run it in the course's folder. What every answer must earn is written to "
        "simulated/ASSIGNMENT.json.",
        _simulate_options,
        _simulate,
        takes_settings=True,
    ),
    "sandbox": Command(
        "try whether submitted code can be sealed on this machine",
        "Starts a sealed kernel and asks it a question, as every run does first. Says what seals "
        "it, or what is missing, and how to get it. Any of nbgrader's settings can be given too, "
        "such as --SealedProvisioner.seal=landlock.",
        _no_options,
        _sandbox,
        takes_settings=True,
    ),
    "demo": Command(
        "grade a small made-up class in demo/ and show the scores",
        "Makes a course in demo/, which is removed first, hands in an assignment for a made-up "
        "class, grades it with nbgrader, and compares the scores with those expected.",
        _demo_options,
        _demo,
    ),
}


def _catalogue(course: Course) -> Catalogue:
    from grading.marking.catalogue import load

    return load(course.hidden_tests.package, course.hidden_folders)


def _points_value(text: str) -> float:
    points = float(text)
    if not 0 <= points < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is no number of points")
    return points


def _count(most: int) -> Callable[[str], int]:
    def count(text: str) -> int:
        number = int(text)
        if not 1 <= number <= most:
            raise argparse.ArgumentTypeError(f"{number} is not between 1 and {most}")
        return number

    return count


if __name__ == "__main__":
    sys.exit(main())
