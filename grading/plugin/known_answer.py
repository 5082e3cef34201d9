"""A known answer first: before a class is graded, the source's own solutions are.

They are graded as a submission is, away from the course. Unless they earn every point nobody is
graded, and every score stays as it was.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import nbformat
from nbformat.notebooknode import NotebookNode

from grading.boundary.outcome import Ended
from grading.course import Course
from grading.files import Files, write_whole
from grading.grade import fingerprint
from grading.grade.submission import Job, Result, Submission, UnfitMachine
from grading.handed_in.cells import grade_id, points_in
from grading.plugin.changes import Changes
from grading.stop import Stop

STUDENT = "source"  # in whose name the solutions are handed in
SHOWN = 5  # reasons in a sentence
LONGEST = 300  # characters of one reason
Points = dict[tuple[str, str], float]  # by notebook and grade_id


class NoKnownAnswer(Stop):
    """The source's solutions do not earn what they must; the text says which, why, what to do."""


class KnownAnswer:
    """The solutions of an assignment's source, and what they earn.

    That they earned everything is noted beside the notes of the class runner, and not tried again
    as long as nothing has changed that can change a score.

    Parameters
    ----------
    course : Course
    job : Job
    """

    def __init__(self, course: Course, job: Job) -> None:
        self._job = job
        self._changes = Changes(course.root)
        self._notebooks = {row["id"]: row["name"] for row in job.rows["notebook"]}
        folder = course.source(job.assignment)
        paths = [folder / f"{name}.ipynb" for name in sorted(self._notebooks.values())]
        self._files: Files = {
            path.name: (0o644, path.read_bytes()) for path in paths if path.is_file()
        }
        self.missing = [path for path in paths if not path.is_file()]  # for them nothing is known
        self._to_release = f"run: nbgrader generate_assignment {job.assignment} --force"
        self._note = course.notes(job.assignment) / "known-answer"
        self._digest = fingerprint.of([job.digest, self._files])

    def try_by(self, grade: Callable[[Submission], Result]) -> str:
        """Have it graded, or, if it is known to earn everything, an empty folder: a sandbox's test.

        Parameters
        ----------
        grade : callable (Submission) -> Result
            As :meth:`grading.grade.submission.Grader.grade`, here or elsewhere.

        Returns
        -------
        str
            What is to be said of what seals student code; empty if there is nothing.

        Raises
        ------
        NoKnownAnswer
            If it does not earn what it must, or cannot be graded.
        """
        known = self.is_noted()
        unreleased = [name for name in self._files if name not in self._job.release]
        if unreleased:
            self.refuse([f"{name} is not in release/ ({self._to_release})" for name in unreleased])
        try:
            result = grade(Submission(STUDENT, {} if known else self._files, {}))
        except UnfitMachine as why:
            raise NoKnownAnswer(str(why)) from None
        if not known:
            self._examine(result)
        return result.seal

    def is_noted(self) -> bool:
        """Whether it is known to earn everything."""
        return self._note.is_file() and self._note.read_text() == self._digest

    def _examine(self, result: Result) -> None:
        """Compare what was earned with the points, and note that it is all of them."""
        if result.ended is not Ended.GRADED:
            self.refuse([message.removeprefix(f"{STUDENT}: ") for message in result.messages])
        sources, pages = _notebooks(self._files), _notebooks(result.files)
        points, earned = self._points(), self._earned(result)
        changed = self._changes.points(self._job.assignment)
        wrong = []
        for (notebook, name), most in points.items():
            if f"{notebook}.ipynb" not in self._files:
                continue
            wanted = changed.get((notebook, name), points_in(sources[notebook]).get(name))
            if wanted is not None and wanted != most:
                wrong.append(
                    f"{notebook}/{name}: {wanted:g} points in source/, {most:g} in the gradebook "
                    f"({self._to_release})"
                )
            elif earned.get((notebook, name)) != most:
                why = _why(pages[notebook], name)
                wrong.append(
                    f"{notebook}/{name}: {earned.get((notebook, name), 0):g} of {most:g} points"
                    + (f": {why}" if why else "")
                )
        if wrong:
            self.refuse(wrong)
        self._note.parent.mkdir(parents=True, exist_ok=True)
        write_whole(self._note, self._digest.encode())

    def refuse(self, reasons: list[str]) -> NoReturn:
        """Say that it does not earn what it must, and why.

        Raises
        ------
        NoKnownAnswer
            Always.
        """
        more = [f"and {len(reasons) - SHOWN} more"] if len(reasons) > SHOWN else []
        lines = "\n".join(f"  {reason[:LONGEST]}" for reason in [*reasons[:SHOWN], *more])
        raise NoKnownAnswer(
            f"The solutions in source/{self._job.assignment} do not earn what they must:\n{lines}\n"
            "Nothing was graded, and every score is as it was. Mend the source, the hidden tests "
            "or this machine, and run the same command again."
        )

    def _cells(self) -> dict[str, tuple[str, str]]:
        """Notebook and grade_id of each cell that the gradebook knows, by its id there."""
        rows = self._job.rows["base_cell"]
        return {row["id"]: (self._notebooks[row["notebook_id"]], row["name"]) for row in rows}

    def _points(self) -> Points:
        """What each graded code cell that no person scores must earn."""
        cells = self._cells()
        by_hand = {row["id"] for row in self._job.rows["solution_cells"]}
        return {
            cells[row["id"]]: float(row["max_score"])
            for row in self._job.rows["grade_cells"]
            if row["cell_type"] == "code" and row["id"] not in by_hand
        }

    def _earned(self, result: Result) -> Points:
        cells = self._cells()
        return {cells[row["cell_id"]]: row["auto_score"] or 0.0 for row in result.rows["grade"]}


def _notebooks(files: Files) -> dict[str, NotebookNode]:
    return {
        Path(name).stem: nbformat.reads(content.decode(), as_version=4)
        for name, (_, content) in files.items()
        if name.endswith(".ipynb")
    }


def _why(page: NotebookNode, name: str) -> str:
    """What the page says of a graded cell, and of the first cell that stopped with an error."""
    told = []
    for cell in page.cells:
        for output in cell.get("outputs", ()):
            if output.output_type == "error" and not told:
                told.append(f"{grade_id(cell) or cell.get('id')}: {output.ename}: {output.evalue}")
            if grade_id(cell) == name and output.output_type == "display_data":
                told.append(output.data.get("text/plain", ""))
        if grade_id(cell) == name:
            break
    return " ".join(" ".join(told).split())
