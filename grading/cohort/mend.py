"""Grades a class with mended tests, and says first whose score that changes: ``grading mend``."""

from __future__ import annotations

from collections.abc import Sequence

from grading.cohort.pool import LocalPool
from grading.cohort.progress import Progress
from grading.cohort.run import ClassRun
from grading.cohort.weigh import weigh
from grading.course import Course
from grading.plugin.adjust import told
from grading.plugin.changes import Changes


def mend(
    assignment: str, workers: int, why: str | None, settings: Sequence[str] = ()
) -> tuple[list[str], bool]:
    """Grade whoever the mended tests concern.

    Parameters
    ----------
    assignment : str
    workers : int
        How many submissions are graded at a time.
    why : str, optional
        Without a reason no score is written down.
    settings : sequence of str
        nbgrader's.

    Returns
    -------
    list of str
        What it does to whose score.
    bool
        Whether all could be graded.

    Raises
    ------
    Stop
        If it cannot be graded; then nothing has changed.
    """
    attempts = weigh(assignment, workers, settings, keep=bool(why))
    run = ClassRun(assignment, settings=settings, keep=bool(why), attempts=attempts)
    all_graded = run.grade(lambda job: LocalPool(job, workers), Progress())
    lines = told(run.scores)
    if not why:
        return [*lines, 'Nothing is changed yet: say why, with --why "…", to do it.'], all_graded
    changes = Changes(Course(settings).root)
    change = changes.new(assignment, "mend", why, scores=run.scores)
    changes.write(change)
    return [str(change), *lines], all_graded
