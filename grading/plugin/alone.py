"""One process at a time is at the scores of an assignment."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from grading.course import Course
from grading.stop import Stop


@contextmanager
def alone(course: Course, assignment: str) -> Iterator[None]:
    """Be the only one who grades an assignment, or changes what it counts.

    Raises
    ------
    Stop
        If another process is at it.
    """
    notes = course.notes(assignment)
    notes.mkdir(parents=True, exist_ok=True)
    with open(notes / "lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Stop(
                f"{assignment} is being graded by another run in this course. "
                "Wait until it has ended, or stop it."
            ) from None
        yield
