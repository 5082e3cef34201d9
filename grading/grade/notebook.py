"""Grade this notebook: it is arranged, run with student code sealed off, and judged.

A graded cell never reaches the kernel, whatever its metadata says: its source comes from the
instructor, its points from the release. The judge runs it and puts questions; here each question is
carried to the kernel and each reply back, unread, and the cell's outputs are written.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from jupyter_core.utils import run_sync
from markupsafe import Markup
from nbconvert.preprocessors.sanitize import SanitizeHTML
from nbformat.notebooknode import NotebookNode
from nbgrader.utils import is_grade, is_locked

from grading.grade.bench import Bench
from grading.grade.markdown import StudentsMarkdown
from grading.grade.outputs import Outputs, error, note, output
from grading.grade.secret import case_key
from grading.grade.turns import Listener, Turn, cause
from grading.handed_in.arrange import MINE, arrange, defined
from grading.handed_in.cells import grade_id, is_judged, points_in, question_name
from grading.sandbox.client import JupyterSession
from grading.sandbox.kernel import Kernel, Limits

GIVEN = "This given cell was changed and stopped with an error; it was run as it was handed out.\n"


class GradedCellFault(Exception):
    """A graded cell is wrong itself, whatever the student answered; nobody can be scored by it."""


@dataclass
class Graded:
    """What came of a notebook.

    Parameters
    ----------
    notebook : NotebookNode
        To keep: the student's cells in the student's order, their outputs, and under each graded
        code cell its feedback and exactly one number from 0 to its points.
    scores : dict of str to float
        Of each graded code cell, by grade_id.
    seconds : dict of str to float
        That each code cell took, by the clock.
    remarks : list of str
        What was odd about the notebook, for the student and the instructor.
    warnings : list of str
        What happened while it ran, for the instructor.
    """

    notebook: NotebookNode
    scores: dict[str, float] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def grade_notebook(
    source: NotebookNode,
    release: NotebookNode,
    graded_cells: Mapping[str, str],
    key: bytes,
    bench: Bench,
) -> Graded:
    """Grade a notebook; nothing is read or written but in the bench's own folder.

    Parameters
    ----------
    source : NotebookNode
        What was handed in, as :meth:`grading.handed_in.read.SubmissionReader.parse` gives it.
    release : NotebookNode
        What was handed out.
    graded_cells : mapping of str to str
        By grade_id, the source of each locked cell as its author wrote it, with hidden tests.
    key : bytes
        The student's, from :func:`grading.grade.secret.student_key`: with the code that was handed
        in it decides which cases the work is tried with.
    bench : Bench
        What stands ready for it, and stays ready for more.

    Returns
    -------
    Graded

    Raises
    ------
    GradedCellFault
        If a graded cell raised an exception of its own or gave no number from 0 to its points.
    """
    arranged = arrange(source, release)
    points = points_in(release)
    markdown = StudentsMarkdown(SanitizeHTML(config=bench.config))
    for cell in arranged.notebook.cells:
        name = grade_id(cell)
        if name in graded_cells and is_locked(cell) and MINE not in cell.metadata:
            cell.source = graded_cells[name]
        if name in points and is_grade(cell):
            cell.metadata.nbgrader["points"] = points[name]
        if cell.cell_type == "markdown" and cell.metadata.pop("by_student", False):
            cell.source = markdown.shown(cell.source)
    graded = Graded(arranged.notebook, remarks=arranged.remarks)
    run_sync(_Run(graded, points, key, bench).run)()
    return graded


class _Run:
    """A notebook while it is run and judged; what comes of it is put into `graded`."""

    def __init__(
        self, graded: Graded, points: Mapping[str, float], key: bytes, bench: Bench
    ) -> None:
        self._graded, self._notebook = graded, graded.notebook
        self._points = points
        self._bench, self._settings = bench, bench.settings
        self._python = graded.notebook.metadata.pop(MINE, {}).get("python", "")
        code = [cell for cell in graded.notebook.cells if cell.cell_type == "code"]
        work = [cell.source for cell in code if not is_judged(cell)]
        self._judge = bench.judges.start(case_key(key, work), bench.tests)
        self._kernel = Kernel(
            self._start_kernel,
            Limits(
                cell=self._settings.timeout,
                question=self._settings.question_timeout,
                notebook=self._settings.notebook_timeout,
                received_mb=self._settings.max_received_mb,
                revivals=self._settings.max_revivals,
            ),
            graded.warnings.append,
        )
        self._outputs = Outputs(self._settings.max_output)
        self._turns: list[Turn] = []

    async def run(self) -> None:
        """Run all cells, and judge each question, when what it needs is there."""
        try:
            await self._kernel.ready()
            for index, cell in enumerate(self._notebook.cells):
                with self._timed(cell, index):
                    if is_judged(cell):
                        self._turns.append(self._turn(cell))
                        await self._take(self._turns[-1])
                    elif cell.cell_type == "code":
                        await self._run_cell(cell)
                        new = defined(cell.source)
                        for turn in self._turns:
                            if turn.waits_for(new):
                                await self._take(turn)
            for turn in self._turns:
                await self._run_explored(turn.missing)
                if turn.missing:
                    await self._take(turn)
        finally:
            self._judge.close()
            await self._kernel.close()
        for turn in self._turns:
            self._graded.scores[grade_id(turn.cell)] = turn.judged.score
            _write_verdict(turn, self._notebook, self._python)

    @contextmanager
    def _timed(self, cell: NotebookNode, index: int) -> Iterator[None]:
        start, seconds = time.monotonic(), self._graded.seconds
        yield
        if cell.cell_type == "code":
            name = grade_id(cell) or cell.get("id", str(index))
            seconds[name] = round(seconds.get(name, 0.0) + time.monotonic() - start, 3)

    def _turn(self, cell: NotebookNode) -> Turn:
        name = grade_id(cell)
        return Turn(cell, cell.source, self._points[name], question_name(name))

    async def _take(self, turn: Turn) -> None:
        listener = Listener(self._kernel, turn.question)
        judged = await self._judge.grade(
            turn.source, turn.points, listener.ask, self._settings.judge_timeout
        )
        if judged.fault:
            name = grade_id(turn.cell)
            raise GradedCellFault(f"The graded cell {name} is itself at fault: {judged.fault}")
        turn.keep(judged, listener.missing)

    async def _start_kernel(self) -> JupyterSession:
        """Start a kernel with the released data files in its folder, never the notebook's."""
        bench = self._bench
        if self._settings.require_isolation or bench.problem() is None:
            return await JupyterSession.start(bench.provisioner())
        folder = Path(tempfile.mkdtemp(prefix="student-", dir=bench.folder))
        if bench.data:
            ignore = shutil.ignore_patterns("*.ipynb")
            shutil.copytree(bench.data, folder, ignore=ignore, dirs_exist_ok=True)
        return await JupyterSession.start(None, folder)

    async def _run_explored(self, missing: set[str]) -> None:
        """Run what was skipped of the cells that explore, if an answer uses what they define."""
        for cell in self._notebook.cells:
            if cell.cell_type == "code" and _is_skipped(cell) and missing & defined(cell.source):
                cell.metadata.pop("tags")
                await self._run_cell(cell)

    async def _run_cell(self, cell: NotebookNode) -> None:
        cell.outputs = []
        if not cell.source.strip():
            return
        if not self._settings.run_all and _is_skipped(cell):
            cell.outputs = [note("Not run when grading.\n")]
            return
        take = partial(self._outputs.take, cell)
        stopped = await self._kernel.run(cell.source, take, cell.outputs.clear)
        if stopped:
            cell.outputs.append(error("Stopped", f"{stopped[0].upper()}{stopped[1:]}."))
        given = cell.metadata.pop(MINE, {}).get("released")
        if given and any(one.output_type == "error" for one in cell.outputs):
            cell.outputs.append(note(GIVEN))
            await self._kernel.run(given, take)


def _is_skipped(cell: NotebookNode) -> bool:
    return "explore" in cell.metadata.get("tags", ())


def _write_verdict(turn: Turn, notebook: NotebookNode, python: str) -> None:
    """Write feedback and score under a graded cell: exactly one number from 0 to its points."""
    cell = turn.cell
    cell.outputs = [output("display_data", data=data) for data in turn.judged.displays]
    why = cause(turn, notebook, python) if turn.judged.score < turn.points else ""
    if why:
        html = Markup("<p><strong>Why:</strong> {}</p>").format(why)
        data = {"text/plain": f"Why: {why}", "text/html": str(html)}
        cell.outputs.append(output("display_data", data=data))
    score = {"text/plain": repr(turn.judged.score)}
    cell.outputs.append(output("execute_result", data=score, execution_count=None))
