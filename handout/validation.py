"""Validate, true for this course: how many questions pass their visible checks, and why not.

nbgrader has no setting for this. Its own Validator calls every released notebook a success, since
graded tests are not in it, or counts every cell that stops, also those that cost nothing.
Here the notebook is arranged as for grading, runs in the student's own kernel, and the visible
checks that were handed out decide, where grading puts its questions.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import nbformat
from nbclient.exceptions import DeadKernelError
from nbconvert.filters import ansi2html, strip_ansi
from nbformat import v4
from nbformat.notebooknode import NotebookNode
from nbgrader import validator
from nbgrader.apps import validateapp
from nbgrader.preprocessors import Execute
from nbgrader.server_extensions.validate_assignment import handlers
from nbgrader.utils import chdir, setenv

from grading.boundary import leniency
from grading.handed_in.arrange import MINE, arrange, defined, parsed
from grading.handed_in.cells import grade_id, question_name
from grading.handed_in.read import Refused, SubmissionReader
from grading.handed_in.whose import HandedIn, Releases

HERE = Path(__file__).resolve().parent
# In the zip a copy that nobody works in; in the repository the released notebooks themselves.
RELEASED = next(path for path in (HERE / "released", HERE.parent / "release") if path.is_dir())
AGAIN = ("NameError", "UnboundLocalError", "NotImplementedError")  # errors that may pass by the end
SENTENCES = ("AssertionError", "StdinNotImplementedError", "Unmet")  # errors whose text says all
# What a line that cannot run costs is the same as when graded.
PREPARATION = """\
def prepare(text):
    own = {{"__name__": "leniency"}}
    exec(text, own)
    own["install"](get_ipython().kernel)

prepare({text!r})
del prepare
__import__("sys").path.insert(0, {released!r})  # its checks, whatever lies beside the notebook
"""


@dataclass
class Question:
    """A question, and what its visible checks said.

    Parameters
    ----------
    name : str
    points : float
    checks : str
        Their source, as handed out.
    error : NotebookNode, optional
        The output with which they stopped; None if they did not.
    asked : bool
        False until they have run.
    """

    name: str
    points: float
    checks: str
    error: NotebookNode | None = None
    asked: bool = False

    @property
    def passes(self) -> bool:
        """Whether its checks ran to their end."""
        return self.asked and self.error is None

    @property
    def line(self) -> str:
        """What there is to say of it, on one line."""
        about = f"{self.name} ({self.points:g} point{'s' * (self.points != 1)})"
        if self.passes:
            return f"✓ {about}"
        if not self.asked:
            return f"✗ {about}: not reached, because the kernel died before"
        if _is_unwritten(self.error, self.name):
            return f"… {about}: not written yet"
        return f"✗ {about}: {_sentence(self.error)}"


@dataclass
class Validated:
    """A notebook that was validated.

    Parameters
    ----------
    questions : list of Question
    remarks : list of str
        On what costs no points by itself.
    """

    questions: list[Question]
    remarks: list[str] = field(default_factory=list)

    @property
    def passes(self) -> bool:
        """Whether only hidden checks are left."""
        return bool(self.questions) and all(question.passes for question in self.questions)

    @property
    def summary(self) -> str:
        """How many questions are done, and a line for each."""
        if not self.questions:
            return " ".join(self.remarks)
        done = sum(question.passes for question in self.questions)
        head = f"{done} of {len(self.questions)} questions pass their visible checks."
        lines = [head, *(f"  {question.line}" for question in self.questions)]
        return "\n".join([*lines, *(f"Note: {remark}" for remark in self.remarks)])

    @property
    def errors(self) -> list[tuple[Question, str]]:
        """The questions that are written and wrong, with the traceback of each."""
        return [
            (question, "\n".join(question.error.traceback))
            for question in self.questions
            if question.error and not _is_unwritten(question.error, question.name)
        ]


class RunAll(Execute):
    """Runs an arranged notebook, with the visible checks of a question in its graded cell's place.

    Cells that only explore are not run unless they were changed or an answer needs them.
    """

    questions: dict[str, Question]  # by the name of the graded cell
    needed: set[str]  # names that only cells which explore define
    remarks: list[str]
    released: Path  # the folder as it was handed out

    def preprocess_cell(
        self, cell: NotebookNode, resources: dict[str, Any], index: int
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Run a cell, or the checks in its place."""
        if index == 0:
            text = Path(leniency.__file__).read_text(encoding="utf-8")
            self._run(PREPARATION.format(text=text, released=str(self.released)), index)
        question = self.questions.get(grade_id(cell))
        if question is not None:
            self._ask(question, index)
        elif cell.cell_type == "code" and cell.source.strip() and not self._is_skipped(cell):
            error = self._run(cell.source, index)
            if error is not None:
                self._remark(cell, error)
                if given := cell.metadata.get(MINE, {}).get("released"):
                    self._run(given, index)
        if index == len(self.nb.cells) - 1:
            for late in self.questions.values():
                if late.error is not None and late.error.ename in AGAIN:
                    self._ask(late, index)
        return cell, resources

    def process_message(self, msg: dict[str, Any], cell: NotebookNode, cell_index: int) -> Any:
        """Take a message; one on where a cell stopped is for a grader."""
        if msg["msg_type"] != leniency.STOP:
            return super().process_message(msg, cell, cell_index)

    def _ask(self, question: Question, index: int) -> None:
        question.error = self._run(question.checks, index)
        question.asked = True

    def _run(self, source: str, index: int) -> NotebookNode | None:
        """Run code where a cell is; return the error that it ended with."""
        cell, kept = v4.new_code_cell(source), self.nb.cells[index]
        self.nb.cells[index] = cell
        self.execute_cell(cell, index)
        self.nb.cells[index] = kept
        errors = [output for output in cell.outputs if output.output_type == "error"]
        return errors[0] if errors else None

    def _is_skipped(self, cell: NotebookNode) -> bool:
        explores = "explore" in cell.metadata.get("tags", ())
        return explores and not self.needed & defined(cell.source)

    def _remark(self, cell: NotebookNode, error: NotebookNode) -> None:
        unwritten = any(_is_unwritten(error, each.name) for each in self.questions.values())
        if not unwritten and error.ename not in SENTENCES:
            first = cell.source.strip().partition("\n")[0]
            self.remarks.append(f"the cell “{first[:60]}” stops: {_sentence(error)}")


class Validator(validator.Validator):
    """nbgrader's Validator, of which both the button and the command are made.

    Notebooks that are none of this course are left to nbgrader.
    """

    def validate(self, filename: str) -> dict[str, list[dict[str, str]]]:
        """Validate a notebook; return what JupyterLab's dialog shows."""
        validated = self.check(Path(filename))
        if validated is None:
            return super().validate(filename)
        if validated.passes:
            return {}
        errors = [
            {"source": question.line, "error": ansi2html(text), "raw_error": strip_ansi(text)}
            for question, text in validated.errors
        ]
        done, _, lines = validated.summary.partition("\n")  # the dialog has a box for each
        first = {"source": done, "error": ansi2html(lines), "raw_error": lines}
        return {"failed": [first, *errors]}

    def validate_and_print(self, filename: str) -> None:
        """Validate a notebook and print the result; remember if something is to be done."""
        validated = self.check(Path(filename))
        if validated is None:
            super().validate_and_print(filename)
            return
        self.stream.write(f"{filename}: {validated.summary}\n")
        for question, text in validated.errors:
            self.stream.write(f"\n{'=' * self.width}\n{question.name}:\n\n{strip_ansi(text)}\n")
        if validated.passes:
            self.stream.write("Success! Hidden checks, with other numbers and shapes, come next.\n")
        else:
            self.parent.unfinished = True

    def check(self, path: Path) -> Validated | None:
        """Run a notebook and its visible checks; None if it is none of this course."""
        try:
            submitted = SubmissionReader(parent=self).read(path)
        except Refused as refused:
            return Validated([], [str(refused)])
        where = _released(path, submitted)
        if where is None:
            return None
        released = nbformat.read(where, as_version=4)
        arranged = arrange(submitted, released)
        notebook = arranged.notebook
        questions = {grade_id(cell): question for cell, question in _questions(released)}
        validated = Validated(list(questions.values()), list(arranged.remarks))
        run = RunAll(parent=self)
        run.questions, run.remarks = questions, validated.remarks
        run.needed, run.released = _needed(notebook), where.parent
        with chdir(str(path.parent)), setenv(NBGRADER_VALIDATING="1"):
            try:
                run.preprocess(notebook, {})
            except DeadKernelError:
                validated.remarks.append("the kernel died, perhaps for lack of memory")
        return validated


def install() -> None:
    """Put this Validator where nbgrader's button and command look for theirs."""
    handlers.Validator = validateapp.Validator = Validator
    validateapp.ValidateApp.start = _start


def _start(app: validateapp.ValidateApp, start: Any = validateapp.ValidateApp.start) -> None:
    """Validate, and end with status 1 where something is to be done."""
    app.unfinished = False
    start(app)
    if app.unfinished:
        app.exit(1)


@cache
def _releases() -> Releases:
    by_assignment: dict[str, dict[str, NotebookNode]] = {}
    for path in sorted(RELEASED.glob("*/*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        by_assignment.setdefault(path.parent.name, {})[path.stem] = notebook
    return Releases(by_assignment)


def _released(path: Path, submitted: NotebookNode) -> Path | None:
    """The notebook of this course that a file comes from, as it was handed out."""
    found = _releases().recognise(HandedIn(path.name, submitted))
    return found and RELEASED / found[0] / f"{found[1]}.ipynb"


def _questions(released: NotebookNode) -> Iterator[tuple[NotebookNode, Question]]:
    """Each graded cell with its question: the code between the answer and it are the checks."""
    checks: list[str] = []
    for cell in released.cells:
        about = cell.metadata.get("nbgrader", {})
        if about.get("solution"):
            checks = []
        elif about.get("grade"):
            name = question_name(grade_id(cell))
            yield cell, Question(name, about["points"], "\n".join(checks))
        elif cell.cell_type == "code" and "explore" not in cell.metadata.get("tags", ()):
            checks.append(cell.source)


def _needed(notebook: NotebookNode) -> set[str]:
    """Names that are used somewhere, and that only cells which explore define."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    run = [cell.source for cell in code if "explore" not in cell.metadata.get("tags", ())]
    trees = filter(None, map(parsed, run))
    used = {node.id for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return used.difference(*map(defined, run))


def _is_unwritten(error: NotebookNode, name: str) -> bool:
    text = f"{error.ename}: {error.evalue}"
    return text.startswith((f"NotImplementedError: {name}:", f"NameError: name '{name}' is not"))


def _sentence(error: NotebookNode) -> str:
    if error.ename == "CellTimeoutError":
        return "it did not end in time"
    text = " ".join(strip_ansi(error.evalue).split())
    if error.ename == "NotImplementedError" and text.endswith(": not written yet"):
        return f"it needs {text.removesuffix(': not written yet')}, which is not written yet"
    says_all = error.ename in SENTENCES and text
    return text if says_all else f"{error.ename}: {text}"
