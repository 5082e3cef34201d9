"""Where submissions are graded: processes of this machine, or workers of a Dask cluster.

Both are used in the same way: :meth:`start` while there is room, :meth:`wait` for what is finished.
"""

from __future__ import annotations

import atexit
import threading
from collections.abc import Iterator
from multiprocessing.connection import Connection, wait
from typing import Any, Protocol

from grading.cohort.processes import Forked, nursery
from grading.grade.submission import Grader, Job, Result, Submission, UnfitMachine

_busy = threading.Lock()  # grading changes the process's folder and environment


class Died(Exception):
    """A process ended in the middle of a submission; the text says how."""


class NoPool(Exception):
    """There is nowhere to grade; the text says why and what to do."""


class Pool(Protocol):
    """Grades submissions side by side."""

    def room(self) -> bool:
        """Whether another submission can be started."""

    def start(self, submission: Submission) -> None:
        """Begin to grade a submission."""

    def wait(self) -> Iterator[tuple[str, Result | Exception]]:
        """Wait until something is finished; give the students' names and what came of each.

        An exception that is not :class:`Died` says that no submission can be graded there.
        """

    def close(self) -> None:
        """End everything that runs, at once."""


def grade_in(pool: Pool, submission: Submission) -> Result:
    """Have one submission graded in a pool in which nothing else is.

    Raises
    ------
    Died
        If the process that graded it did.
    UnfitMachine
        If no submission can be graded there.
    """
    pool.start(submission)
    outcomes: list[Result | Exception] = []
    while not outcomes:  # a worker of a cluster may be lost and its work begun again
        outcomes += [outcome for _, outcome in pool.wait()]
    (outcome,) = outcomes
    if isinstance(outcome, Result):
        return outcome
    raise outcome if isinstance(outcome, Died) else UnfitMachine(str(outcome)) from outcome


class LocalPool:
    """Processes of this machine, each with a pipe of its own: one that dies harms no other.

    Parameters
    ----------
    job : Job
    count : int
        How many.
    """

    def __init__(self, job: Job, count: int) -> None:
        self._job = job
        self._count = count
        self._idle: list[Forked] = []
        self._busy: dict[Connection, tuple[Forked, str]] = {}

    def room(self) -> bool:
        return len(self._busy) < self._count

    def start(self, submission: Submission) -> None:
        process = self._idle.pop() if self._idle else nursery().fork(self._job)
        process.connection.send(submission)
        self._busy[process.connection] = process, submission.student

    def wait(self) -> Iterator[tuple[str, Result | Exception]]:
        for connection in wait(list(self._busy)):
            process, student = self._busy.pop(connection)
            try:
                result = connection.recv()
            except (EOFError, OSError):
                yield student, Died(process.end())
            else:
                self._idle.append(process)
                yield student, result

    def close(self) -> None:
        for process in [*self._idle, *(process for process, _ in self._busy.values())]:
            process.end()
        self._idle, self._busy = [], {}


class DaskPool:
    """Workers of a Dask cluster, as many as it has; Dask itself moves work from one that died.

    Parameters
    ----------
    job : Job
    address : str
        Of the scheduler, such as ``tcp://10.0.0.1:8786``.

    Raises
    ------
    NoPool
        If the scheduler cannot be reached, or has no worker.
    """

    def __init__(self, job: Job, address: str) -> None:
        from distributed import Client  # a second to import, for those who need it

        try:
            self._client = Client(address, timeout="10s")
        except (OSError, TypeError, ValueError) as error:  # the last two: tls:// without its keys
            raise NoPool(f"No Dask scheduler answers at {address} ({error}).") from None
        try:
            self._client.wait_for_workers(1, timeout=30)
        except TimeoutError:
            raise NoPool(
                f"The Dask scheduler at {address} has no worker. Start some, with this course's "
                "environment: dask worker --nthreads 1 ADDRESS"
            ) from None
        self._job = job
        self._running: dict[Any, Submission] = {}
        self._send_job()

    def _send_job(self) -> None:
        """Let every worker have the job once, not with each submission."""
        self._sent = self._client.scatter(self._job, broadcast=True, hash=False)

    def room(self) -> bool:
        return len(self._running) < 2 * sum(self._client.nthreads().values())

    def start(self, submission: Submission) -> None:
        future = self._client.submit(_grade_there, self._sent, submission, pure=False)
        self._running[future] = submission

    def wait(self) -> Iterator[tuple[str, Result | Exception]]:
        from distributed import CancelledError, wait

        try:
            done = wait(list(self._running), return_when="FIRST_COMPLETED").done
        except CancelledError:  # the job was lost with the one worker that had it
            lost = [future for future in self._running if future.cancelled()]
            self._send_job()
            for submission in [self._running.pop(future) for future in lost]:
                self.start(submission)
            return
        for future in done:
            student = self._running.pop(future).student
            yield student, future.result() if future.status == "finished" else _reason(future)

    def close(self) -> None:
        self._client.cancel(list(self._running))
        self._client.close()


def _grade_there(job: Job, submission: Submission) -> Result:
    """Grade on a Dask worker, which keeps what stands ready for the next submission."""
    from distributed import get_worker

    worker = get_worker()
    with _busy:
        grader = getattr(worker, "grader", None)
        if grader is None or grader.job.digest != job.digest:
            if grader is not None:
                grader.close()
            worker.grader = grader = Grader(job)
            atexit.register(grader.close)
        return grader.grade(submission)


def _reason(future: Any) -> Exception:
    from distributed import KilledWorker

    error = future.exception()
    return Died(str(error)) if isinstance(error, KilledWorker) else error
