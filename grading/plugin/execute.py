"""nbgrader's ``Execute``, sealed: student cells to a sandbox, graded cells to the judge.

A graded cell never reaches the kernel, whatever its metadata says: its source comes from the
gradebook, its points from the release. The judge runs it and puts questions; here each question is
carried to the kernel and each reply back, unread, and the cell's outputs are written.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Self

import nbformat
from jupyter_core.utils import run_sync
from markupsafe import Markup
from nbformat import v4
from nbformat.notebooknode import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.preprocessors import Execute
from traitlets import Bool, Float, Int, Unicode

from grading.course import HiddenTests, release_folder
from grading.handed_in.arrange import MINE, defined
from grading.handed_in.cells import grade_id, points_in, question_name
from grading.plugin.bench import Bench
from grading.plugin.outputs import Outputs, error, note
from grading.plugin.secret import case_key, course_secret
from grading.plugin.turns import Listener, Turn, cause
from grading.sandbox.client import JupyterSession
from grading.sandbox.kernel import Kernel, Limits

GIVEN = "This given cell was changed and stopped with an error; it was run as it was handed out.\n"


class GradedCellFault(Exception):
    """A graded cell is wrong itself, whatever the student answered; nobody can be scored by it."""


@dataclass
class AtWork:
    """What the grader of a notebook hands to this preprocessor, in ``resources["grading"]``.

    Parameters
    ----------
    bench : Bench
    seconds : dict
        Is filled with the seconds that each ``notebook/cell`` took.
    remarks : list of str
        What was odd about the files that were handed in.
    """

    bench: Bench
    seconds: dict[str, float]
    remarks: list[str]

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self  # nbconvert copies all resources for each notebook


class SealedExecute(Execute):
    """Runs a notebook with student code sealed off, and has the graded cells judged.

    Every graded code cell ends with its feedback and exactly one number from 0 to its points.
    """

    question_timeout = Float(
        20.0,
        help="Seconds of processor time that student code has to answer one graded cell's "
        "questions; by the clock, five times as many, as for `timeout` and `notebook_timeout`.",
    ).tag(config=True)
    notebook_timeout = Float(
        600.0,
        help="Seconds of processor time for student code in one notebook, all cells and questions "
        "together.",
    ).tag(config=True)
    judge_timeout = Float(
        60.0, help="Seconds that the judge itself may take between two messages."
    ).tag(config=True)
    max_output = Int(
        2_000_000, help="Characters of output kept of one notebook; the rest is dropped."
    ).tag(config=True)
    max_received_mb = Int(
        512,
        help="Memory that the messages of one kernel may take in the grader, in MB; a kernel that "
        "sends more at one time is killed.",
    ).tag(config=True)
    max_revivals = Int(
        50,
        help="How many times the kernel of one notebook is replaced: after it died, left a "
        "question without an answer, or had no memory left.",
    ).tag(config=True)
    run_all = Bool(
        False,
        help="Run cells that the release tags `explore` (training runs, figures) too. Nothing "
        "graded builds on them, and they take most of the time.",
    ).tag(config=True)
    require_isolation = Bool(
        True,
        help="Refuse to grade where student code cannot be sealed. False runs student code "
        "UNSEALED, as the user who grades: only for submissions that you wrote yourself.",
    ).tag(config=True)
    secret_file = Unicode(
        ".grading-secret",
        help="File of the course's secret, from which each student's cases are drawn. Made when "
        "it is missing; keep it to have the same cases when the same work is graded again.",
    ).tag(config=True)

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any], km: Any = None
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Run the notebook; see the class.

        Raises
        ------
        GradedCellFault
            If a graded cell raised an exception of its own or gave no number from 0 to its points.
        """
        run_sync(self._run_notebook)(nb, resources["nbgrader"], resources["grading"])
        return nb, resources

    async def _run_notebook(self, nb: NotebookNode, names: dict[str, Any], work: AtWork) -> None:
        who = f"{names['student']}, {names['assignment']}/{names['notebook']}"
        folder = release_folder(self, names["assignment"])
        release = nbformat.read(folder / f"{names['notebook']}.ipynb", as_version=4)
        graded = _graded_cells(names, points_in(release))
        secret = course_secret(Path(self.secret_file))
        code = [cell for cell in nb.cells if cell.cell_type == "code"]
        handed_in = [cell.source for cell in code if grade_id(cell) not in graded]
        key = case_key(secret, names["student"], names["assignment"], handed_in)
        folders = [str(Path(path).resolve()) for path in HiddenTests(parent=self).folders]
        kernel = Kernel(
            partial(self._start_kernel, work.bench, folder),
            Limits(
                cell=self.timeout,
                question=self.question_timeout,
                notebook=self.notebook_timeout,
                received_mb=self.max_received_mb,
                revivals=self.max_revivals,
            ),
            lambda why: self.log.warning("%s: %s", who, why),
        )
        outputs = Outputs(self.max_output)
        judge = work.bench.judges.start(key, folders)
        python = nb.metadata.pop(MINE, {}).get("python", "")
        turns: list[Turn] = []

        async def take(turn: Turn) -> None:
            listener = Listener(kernel, turn.question)
            judged = await judge.grade(turn.source, turn.points, listener.ask, self.judge_timeout)
            if judged.fault:
                where = f"{grade_id(turn.cell)} of {who}"
                raise GradedCellFault(f"The graded cell {where} is itself at fault: {judged.fault}")
            turn.keep(judged, listener.missing)

        try:
            await kernel.ready()
            for index, cell in enumerate(nb.cells):
                start = time.monotonic()
                name = grade_id(cell)
                if name in graded:
                    turns.append(Turn(cell, *graded[name], question_name(name)))
                    await take(turns[-1])
                elif cell.cell_type == "code":
                    await self._run_cell(cell, outputs, kernel)
                    new = defined(cell.source)
                    for turn in turns:
                        if turn.waits_for(new):
                            await take(turn)
                if cell.cell_type == "code":
                    cell_name = f"{names['notebook']}/{name or cell.get('id', index)}"
                    took = work.seconds.get(cell_name, 0.0) + time.monotonic() - start
                    work.seconds[cell_name] = round(took, 3)
            for turn in turns:
                await self._run_explored(turn.missing, nb, outputs, kernel)
                if turn.missing:
                    await take(turn)
        finally:
            judge.close()
            await kernel.close()
        for turn in turns:
            _write_verdict(turn, nb, python)

    async def _start_kernel(self, bench: Bench, data: Path) -> JupyterSession:
        """Start a kernel with the released data files in its folder, never the notebook's."""
        data = data.resolve()
        if self.require_isolation or bench.problem(str(data)) is None:
            return await JupyterSession.start(bench.provisioner(str(data)))
        folder = Path(tempfile.mkdtemp(prefix="student-", dir=bench.folder))
        if data.is_dir():
            ignore = shutil.ignore_patterns("*.ipynb")
            shutil.copytree(data, folder, ignore=ignore, dirs_exist_ok=True)
        return await JupyterSession.start(None, folder)

    async def _run_explored(
        self, missing: set[str], nb: NotebookNode, outputs: Outputs, kernel: Kernel
    ) -> None:
        """Run what was skipped of the cells that explore, if an answer uses what they define."""
        for cell in nb.cells:
            if cell.cell_type == "code" and _is_skipped(cell) and missing & defined(cell.source):
                cell.metadata.pop("tags")
                await self._run_cell(cell, outputs, kernel)

    async def _run_cell(self, cell: NotebookNode, outputs: Outputs, kernel: Kernel) -> None:
        cell.outputs = []
        if not cell.source.strip():
            return
        if not self.run_all and _is_skipped(cell):
            cell.outputs = [note("Not run when grading.\n")]
            return
        stopped = await kernel.run(cell.source, partial(outputs.take, cell), cell.outputs.clear)
        if stopped:
            cell.outputs.append(error("Stopped", f"{stopped[0].upper()}{stopped[1:]}."))
        given = cell.metadata.pop(MINE, {}).get("released")
        if given and any(output.output_type == "error" for output in cell.outputs):
            cell.outputs.append(note(GIVEN))
            await kernel.run(given, partial(outputs.take, cell))


def _is_skipped(cell: NotebookNode) -> bool:
    return "explore" in cell.metadata.get("tags", ())


def _write_verdict(turn: Turn, nb: NotebookNode, python: str) -> None:
    """Write feedback and score under a graded cell: exactly one number from 0 to its points."""
    cell = turn.cell
    cell.outputs = [v4.new_output("display_data", data=data) for data in turn.judged.displays]
    why = cause(turn, nb, python) if turn.judged.score < turn.points else ""
    if why:
        html = Markup("<p><strong>Why:</strong> {}</p>").format(why)
        data = {"text/plain": f"Why: {why}", "text/html": str(html)}
        cell.outputs.append(v4.new_output("display_data", data=data))
    score = {"text/plain": repr(turn.judged.score)}
    cell.outputs.append(v4.new_output("execute_result", data=score))


def _graded_cells(names: dict[str, Any], points: dict[str, float]) -> dict[str, tuple[str, float]]:
    """Each graded code cell's source, from the instructor's gradebook, and its released points."""
    with Gradebook(names["db_url"]) as gradebook:
        notebook = gradebook.find_notebook(names["notebook"], names["assignment"])
        by_hand = {cell.name for cell in notebook.solution_cells}
        sources = {cell.name: cell.source for cell in notebook.source_cells}
        return {
            cell.name: (sources[cell.name], points[cell.name])
            for cell in notebook.grade_cells
            if cell.cell_type == "code" and cell.name not in by_hand
        }
