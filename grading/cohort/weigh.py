"""Has the best of several attempts count, each by what it earns now: tests and points change."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from nbgrader.api import Gradebook
from rich.console import Console

from grading.boundary.outcome import Ended
from grading.cohort.pool import LocalPool
from grading.cohort.progress import Progress
from grading.cohort.run import ClassRun
from grading.course import Course
from grading.plugin.adjust import told
from grading.plugin.attempts import AttemptLog


def weigh(
    assignment: str,
    workers: int,
    settings: Sequence[str] = (),
    students: Collection[str] | None = None,
    keep: bool = True,
) -> AttemptLog:
    """Grade those attempts again on which something has changed that their scores rest on.

    Nothing of that comes into the gradebook. Where the last attempt counts, nothing is done.

    Parameters
    ----------
    assignment : str
    workers : int
        How many attempts are graded at a time.
    settings : sequence of str
        nbgrader's.
    students : collection of str, optional
        Whose attempts; of all who have several, if not given.
    keep : bool
        Whether to note in the log on the disk what they earn.

    Returns
    -------
    AttemptLog
        With what they earn.

    Raises
    ------
    Stop
        If it cannot be graded; what was graded before stays noted.
    """
    course = Course(settings)
    log = AttemptLog(course, assignment)
    if not log.best_counts or not (log.several() if students is None else students):
        return log
    with Gradebook(course.directory.db_url, course.directory.course_id) as gradebook:
        of = gradebook.find_assignment(assignment).max_score
    here = course.submissions(assignment)
    whose = [one for one in (log.several() if students is None else students) if one in here]
    for number in range(max((len(log.of(one)) for one in whose), default=0)):
        attempts = {one: log.of(one)[number] for one in whose if len(log.of(one)) > number}
        taken = {
            one: log.folder(one, number + 1)
            for one, attempt in attempts.items()
            if attempt.outcome == Ended.GRADED
        }
        if not taken:
            continue
        resting = ClassRun(assignment, list(taken), settings=settings, taken=taken).rests_on()
        stale = {one: taken[one] for one in taken if attempts[one].rests_on != resting[one]}
        if not stale:
            continue
        run = ClassRun(assignment, list(stale), True, settings, keep=False, taken=stale)
        _grade(run, workers)
        for student, earned in run.earned.items():
            now = replace(attempts[student], score=earned, points=of, rests_on=resting[student])
            (log.write if keep else log.have)(now)
    return log


def have_best_count(assignment: str, workers: int, settings: Sequence[str] = ()) -> list[str]:
    """Have the best attempts in the gradebook after a change of what questions count.

    Returns
    -------
    list of str
        Whose score another attempt changes.

    Raises
    ------
    Stop
        If it cannot be graded.
    """
    log = weigh(assignment, workers, settings)
    here = Course(settings).submissions(assignment)
    whose = [one for one in log.several() if one in here] if log.best_counts else []
    if not whose:
        return []
    run = ClassRun(assignment, whose, settings=settings, attempts=log)
    _grade(run, workers)
    return ["Another attempt counts now:", *told(run.scores)] if run.scores else []


def _grade(run: ClassRun, workers: int) -> None:
    run.grade(lambda job: LocalPool(job, workers), Progress(Console(quiet=True)))
