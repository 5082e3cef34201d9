"""Grades whatever arrives, and gives it back: ``grading watch ASSIGNMENT``, a service for a term.

Nothing is remembered but what is on the disk: a hand-in is done when its line is in the log of
attempts, which is written last. A watch that was killed goes on there.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook
from nbgrader.apps.api import NbGraderAPI
from rich.console import Console

from grading.boundary.outcome import Ended
from grading.cohort.pool import LocalPool
from grading.cohort.progress import Progress
from grading.cohort.run import ClassRun
from grading.cohort.weigh import weigh
from grading.course import Course
from grading.files import Files, read_files
from grading.handed_in.printable import printable
from grading.handed_in.read import Refused, SubmissionReader, check_student
from grading.plugin.attempts import AttemptLog, digest_of
from grading.plugin.due import DueDates
from grading.plugin.feedback import overview
from grading.plugin.students import ClassList
from grading.stop import Stop

UNREADABLE = ""  # the name of no file
AT_A_TIME = 4  # hand-ins for each worker, before their pages are made
Signature = tuple[tuple[str, int, int], ...]


class Watch:
    """Takes what arrives, grades it with the class runner, makes the pages and gives them back.

    Parameters
    ----------
    assignment : str
    workers : int
        How many submissions are graded at a time.
    exchange : bool
        Whether work is collected from nbgrader's exchange, and feedback released there.
    say : callable
        Takes a line of the log.
    settings : sequence of str
        nbgrader's.
    """

    def __init__(
        self,
        assignment: str,
        workers: int,
        exchange: bool,
        say: Callable[[str], None],
        settings: Sequence[str] = (),
    ) -> None:
        self._assignment, self._workers, self._settings = assignment, workers, settings
        self._course = course = Course(settings)
        self._reader = SubmissionReader(parent=course.app)
        self._api = NbGraderAPI(course.directory, parent=course.app)
        self._exchange = exchange
        self._say = say
        self._seen: dict[str, Signature] = {}
        self._done: dict[str, Signature] = {}
        self._said: dict[str, str] = {}

    def run(self, every: float, once: bool) -> None:
        """Go on until somebody stops it; `once`, until all that is there is done.

        Raises
        ------
        Stop
            If, `once`, it cannot be graded; else that is said, and tried again.
        """
        with self._course.entered():
            while True:
                try:
                    left, soon = self.look()
                    self._tell("", "")
                except Stop as stop:
                    if once:
                        raise
                    self._tell("", str(stop))
                    left, soon = True, False
                if once and not left:
                    return
                time.sleep(0 if soon else every)

    def look(self) -> tuple[bool, bool]:
        """Do some of what has come and is complete.

        Returns
        -------
        bool
            Whether there is more to do.
        bool
            Whether it can be done at once.

        Raises
        ------
        Stop
            If nothing can be graded; what has come waits.
        """
        if self._exchange:
            self._through(self._api.collect(self._assignment, update=True), "collect")
        folders = self._course.submissions(self._assignment)
        now = {student: _signature(folder) for student, folder in folders.items()}
        new = [student for student in now if now[student] != self._done.get(student)]
        seen, self._seen = self._seen, now
        log = AttemptLog(self._course, self._assignment)
        zone = DueDates(parent=self._course.app).zone
        over = {student for student in new if log.is_over(student, zone)}
        for student in over:
            known = log.of(student)[-1].digest
            if digest_of(self._read(folders[student])) == known:
                self._done[student] = now[student]
            else:
                self._tell(student, f"{student}: no more attempts today; graded tomorrow.")
        # what is still being copied looks otherwise the next time
        ready = [one for one in new if one not in over and now[one] == seen.get(one)]
        ready.sort(key=lambda student: max((when for _, when, _ in now[student]), default=0))
        batch = ready[: AT_A_TIME * self._workers]
        self._take({student: folders[student] for student in batch}, log)
        self._done |= {student: now[student] for student in batch}
        left = [one for one in new if one not in over and now[one] != self._done.get(one)]
        return bool(left), len(ready) > len(batch)

    def _take(self, folders: dict[str, Path], log: AttemptLog) -> None:
        """Grade those of these that are new, and give them back."""
        with self._gradebook() as gradebook:
            class_list = ClassList.of(gradebook)
        attempts: dict[str, tuple[Path, str]] = {}
        for student, folder in folders.items():
            try:
                check_student(student)
            except Refused as refused:
                self._tell(student, str(refused))
                continue
            if stranger := class_list.stranger(student):
                self._tell(student, stranger)
                continue
            files = self._read(folder)
            digest, mine = digest_of(files), log.of(student)
            if not mine or mine[-1].digest != digest:
                if UNREADABLE not in files:
                    folder = log.keep(student, len(mine) + 1, files)
                attempts[student] = folder, digest
        if not attempts:
            return
        resting = self._grade({student: folder for student, (folder, _) in attempts.items()})
        again = [student for student in attempts if log.of(student)]
        log = weigh(self._assignment, self._workers, self._settings, again)
        for student, (_, digest) in attempts.items():
            self._finish(student, digest, resting[student], log)

    def _grade(self, folders: dict[str, Path]) -> dict[str, str]:
        """Grade these; return what each one's score rests on."""
        run = ClassRun(self._assignment, list(folders), settings=self._settings, taken=folders)
        run.grade(lambda job: LocalPool(job, self._workers), Progress(Console(quiet=True)))
        return run.rests_on()

    def _finish(self, student: str, digest: str, rests_on: str, log: AttemptLog) -> None:
        """Make the page of what was graded, have the attempt count that counts, give it back."""
        note = self._course.notes(self._assignment) / f"{student}.json"
        noted = json.loads(note.read_text())
        graded = noted["outcome"] == Ended.GRADED
        earned = self._score(student)
        attempt = log.new(student, digest, noted["outcome"], earned, rests_on)
        counting = log.counting([*log.of(student), attempt])
        if graded:
            self._page(student)
            overview.put_aside(self._course, student, self._assignment, attempt.number)
        if counting is not attempt:
            self._grade({student: log.folder(student, counting.number)})
            self._page(student)
        if self._exchange and (graded or counting is not attempt):
            done = self._api.release_feedback(self._assignment, student)
            self._through(done, f"release_feedback for {student}")
        log.write(attempt)
        with self._gradebook() as gradebook:
            overview.write(self._course, gradebook, student)
        what = "{:g} of {:g}".format(*earned) if graded else "; ".join(noted["messages"])
        other = "" if counting is attempt else f"; attempt {counting.number} counts"
        took = f"{noted['outcome']} in {noted['seconds']:.1f} s"
        self._log(f"{student}: attempt {attempt.number}: {took}: {what}{other}")

    def _score(self, student: str) -> tuple[float, float]:
        with self._gradebook() as gradebook:
            one = gradebook.find_submission(self._assignment, student)
            return max(0.0, one.score - (one.late_submission_penalty or 0.0)), one.max_score

    def _page(self, student: str) -> None:
        made = self._api.generate_feedback(self._assignment, student, force=True)
        self._through(made, f"generate_feedback for {student}")

    def _read(self, folder: Path) -> Files:
        """What was handed in; of what cannot be read, what can be said of it."""
        try:
            self._reader.check_folder(folder)
            return read_files(folder)
        except (Refused, OSError) as error:
            return {UNREADABLE: (0o644, str(error).encode())}

    def _gradebook(self) -> Gradebook:
        return Gradebook(self._course.directory.db_url, self._course.directory.course_id)

    def _through(self, result: dict[str, Any], what: str) -> None:
        """Say it once if a step of nbgrader's failed."""
        why = "" if result["success"] else (result.get("error") or result.get("log") or "").strip()
        self._tell(what, f"nbgrader {what} failed: {why.splitlines()[-1]}" if why else "")

    def _tell(self, about: str, line: str) -> None:
        """Log a line unless it was the last that was said of this."""
        if line and self._said.get(about) != line:
            self._log(line)
        self._said[about] = line

    def _log(self, line: str) -> None:
        self._say(printable(f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC {line}"))


def _signature(folder: Path) -> Signature:
    """Of the files in a folder: it changes when one of them does."""
    found = []
    for base, _, names in os.walk(folder):
        for name in names:
            path = Path(base, name)
            about = path.lstat()
            found.append((str(path.relative_to(folder)), about.st_mtime_ns, about.st_size))
    return tuple(sorted(found))
