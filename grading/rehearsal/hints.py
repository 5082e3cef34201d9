"""The hints of the visible checks: written beside the notebooks, and examined.

So is the line of each prompt that tells how far hidden checks go.

A wrong answer is recognised by what it answers to the calls of the visible checks; a table holds
that for every known mistake. The examination puts right answers, mistakes, and two mistakes at a
time through the checks: right ones must pass, and what is named must be a mistake that was made.
"""

from __future__ import annotations

import importlib.util
import io
import itertools
import json
import math
import re
import shutil
import sys
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from grading.course import Course
from grading.marking.catalogue import Catalogue, unnumbered
from grading.marking.exam import Exam
from grading.marking.sitting import ask_here
from grading.marking.task import Task, Way
from grading.rehearsal import checks
from grading.rehearsal.tables import conclude, table

HEADER = (
    f"{'question':<32}{'ways':>7}{'caught':>8}{'named':>7}{'pairs':>7}{'caught':>8}{'named':>7}"
)
TRIES = 10  # of an answer with draws of its own: so many masks are not alike by chance
DRAWS = re.compile(r"\brandom\.")  # not from a generator that is given
FOLDER = "checks"  # beside the notebooks
TOLD = re.compile(r"\n\n\*\*Checked with:\*\* .*")
NUMBERS = re.compile(r"\[\s+([-\d.,\s]+?)\s+\]")  # an array that is written on many lines


class HintAudit:
    """What the visible checks of a question say of right and wrong answers.

    Parameters
    ----------
    task : Task
    sheet : Sheet or None
        That has its checks; None if they are written in the notebook.
    """

    def __init__(self, task: Task, sheet: checks.Sheet | None) -> None:
        self.task, self._sheet, self.misses = task, sheet, []
        self.mistakes, self.pairs = Count(), Count()
        if sheet is None:
            return
        said = {way: refusal(task, sheet, way) for each in task.mistakes for way in each.ways}
        if not _same(sheet.known.get(task.name), known(task, sheet, said)):
            self.misses.append("its hints are not those of its mistakes: run `make hints`")
        right = {f"variant {variant.name!r}": variant.right for variant in task.variants}
        for kind, way in {"the reference": task.reference, **right}.items():
            if error := refusal(task, sheet, way):
                self.misses.append(f"{kind} is refused: {error}")
        for mistake in task.mistakes:
            for way in mistake.ways:
                named = self.mistakes.add(said[way])
                if named not in ("", mistake.sentence):
                    self.misses.append(f"{mistake.id} is told: {named}")

    def examine_pairs(self) -> None:
        """Make two mistakes at a time; what they make may be a third, which hidden tests say."""
        for one, other in itertools.combinations(self.task.mistakes, 2):
            text = self.task.made_together(one.ways[0], other.ways[0])
            if text is None:
                continue
            named = self.pairs.add(refusal(self.task, self._sheet, text))
            if named not in ("", one.sentence, other.sentence) and not self._explains(named, text):
                self.misses.append(f"{one.id} and {other.id} are told: {named}")

    def _explains(self, sentence: str, text: str) -> bool:
        """Whether the mistake of that sentence explains all that an answer loses when graded."""
        exam = Exam(self.task, np.random.default_rng(0))
        with _quietly():
            answers = exam.put(ask_here(self.task.namespace(text)))
            told = (mistake for mistake in self.task.mistakes if mistake.sentence == sentence)
            return exam.naming().explain(answers, told)

    @property
    def row(self) -> str:
        """The question's line of the table."""
        return f"{self.task.name:<32}{self.mistakes.row}{self.pairs.row}"


@dataclass
class Count:
    """How many wrong answers there are, how many the checks refuse, and how many they name."""

    ways: int = 0
    caught: int = 0
    named: int = 0

    def add(self, error: checks.Unmet | None) -> str:
        """Count an answer; return the mistake that is named, if one is."""
        rungs = error.rungs if error else ()
        named = next((text for kind, text, _ in rungs if kind == checks.NAME), "")
        self.ways += 1
        self.caught += error is not None
        self.named += bool(named)
        return named

    @classmethod
    def total(cls, counts: Iterable[Count]) -> Count:
        """All of them together."""
        columns = zip(*((each.ways, each.caught, each.named) for each in counts), strict=True)
        return cls(*map(sum, columns))

    @property
    def row(self) -> str:
        """Columns of the table."""
        return f"{self.ways:>7}{self.caught:>8}{self.named:>7}"


def known(
    task: Task, sheet: checks.Sheet, said: Mapping[Way, checks.Unmet | None]
) -> dict[str, Any]:
    """What the table says of a question: points, where to read, and what its mistakes answer.

    Parameters
    ----------
    task : Task
    sheet : Sheet
    said : mapping
        What the checks say of each way to make a mistake.
    """
    mistakes = []
    for mistake in task.mistakes:
        refused = [way for way in mistake.ways if said[way]]
        marks = list(dict.fromkeys(filter(None, (_marks(task, sheet, way) for way in refused))))
        if marks:
            read = [mistake.lecture.path, mistake.lecture.heading]
            mistakes.append({"says": mistake.sentence, "read": read, "marks": [*map(list, marks)]})
    read = [task.lecture.path, task.lecture.heading]
    return {"points": task.points, "read": read, "mistakes": mistakes}


def _same(one: Any, other: Any) -> bool:
    """Whether tables are the same, but for rounding."""
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-5, abs_tol=1e-5)
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return one == other


def refusal(task: Task, sheet: checks.Sheet, way: Way | str) -> checks.Unmet | None:
    """What the checks say of an answer; None if it passes."""
    try:
        with _quietly():
            sheet.examine(task.name, task.namespace(way)[task.name])
    except checks.Unmet as unmet:
        return unmet
    return None


@contextmanager
def _quietly() -> Iterator[None]:
    """Without warnings, and without what answers print."""
    with warnings.catch_warnings(action="ignore"), redirect_stdout(io.StringIO()):
        yield


def _marks(task: Task, sheet: checks.Sheet, way: Way) -> tuple[float, ...]:
    """What an answer gives to the calls of the checks; nothing if chance has a part in it."""
    seen = set()
    for _ in range(TRIES if DRAWS.search(task.source(way)) else 1):
        with _quietly():
            marks = sheet.marks(task.name, task.namespace(way)[task.name])
        seen.add(tuple(round(mark, 6) for mark in marks))
    return seen.pop() if len(seen) == 1 else ()


class Sheets:
    """The visible checks of a course's notebooks, where they have modules.

    Parameters
    ----------
    course : Course
    """

    def __init__(self, course: Course) -> None:
        found = course.source("*").parent.glob(f"*/{FOLDER}")
        self.folders = sorted(path for path in found if path.is_dir())
        self.by_path = {
            path: _load(path)
            for folder in self.folders
            for path in sorted(folder.glob("*.py"))
            if path.stem != "__init__"
        }

    def of(self, question: str) -> checks.Sheet | None:
        """The sheet that has a question."""
        having = (sheet for sheet in self.by_path.values() if question in sheet.questions)
        return next(having, None)


def _load(path: Path) -> checks.Sheet:
    """Import a module of checks as a notebook does, over the core that is here."""
    sys.modules[FOLDER] = checks
    try:
        spec = importlib.util.spec_from_file_location(f"{FOLDER}_{path.stem}", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    finally:
        del sys.modules[FOLDER]
    return module.sheet


def write(catalogue: Catalogue, names: Sequence[str], course: Course) -> int:
    """Write the core of the checks, the tables and what prompts tell; return the exit status.

    Parameters
    ----------
    catalogue : Catalogue
    names : sequence of str
        Notebooks whose tables are written; all if empty.
    course : Course
    """
    sheets = Sheets(course)
    for folder in sheets.folders:
        shutil.copyfile(checks.__file__, folder / "__init__.py")
    for path, sheet in sheets.by_path.items():
        if names and path.stem not in map(unnumbered, names):
            continue
        found = {}
        for task in map(catalogue.find, sheet.questions):
            ways = (way for mistake in task.mistakes for way in mistake.ways)
            found[task.name] = known(task, sheet, {way: refusal(task, sheet, way) for way in ways})
        text = json.dumps(found, indent=1, ensure_ascii=False)
        text = NUMBERS.sub(lambda row: f"[{' '.join(row[1].split())}]", text)
        written = path.with_suffix(".json")
        written.write_text(f"{text}\n", encoding="utf-8")
        for notebook in path.parent.parent.glob("*.ipynb"):
            if unnumbered(notebook.stem) == path.stem:
                _write_promises(notebook, map(catalogue.find, sheet.questions))
        print(f"{written.relative_to(course.root)}: {', '.join(found)}")
    return 0


def prompt(text: str, task: Task) -> str:
    """The prompt of a question, with the line on how far the hidden checks go."""
    line = f"\n\n**Checked with:** {task.promised}" if task.promised else ""
    return TOLD.sub("", text) + line


def _write_promises(path: Path, tasks: Iterable[Task]) -> None:
    notebook = json.loads(path.read_text(encoding="utf-8"))
    cells = {cell.get("id"): cell for cell in notebook["cells"]}
    for task in tasks:
        if cell := cells.get(f"{task.name}-prompt"):
            text = prompt("".join(cell["source"]), task)
            as_lines = isinstance(cell["source"], list)
            cell["source"] = text.splitlines(keepends=True) if as_lines else text
    path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def run(catalogue: Catalogue, names: Sequence[str], course: Course) -> int:
    """Print the table and what failed; return the exit status, 1 if anything did."""
    sheets = Sheets(course)
    examined: list[HintAudit] = []

    def examine(task: Task) -> HintAudit:
        audit = HintAudit(task, sheets.of(task.name))
        if sheets.of(task.name):
            audit.examine_pairs()
        examined.append(audit)
        return audit

    misses = table(catalogue, names, HEADER, examine)
    mistakes, pairs = (
        Count.total(getattr(audit, kind) for audit in examined) for kind in ("mistakes", "pairs")
    )
    print(f"{'all':<32}{mistakes.row}{pairs.row}")
    for folder in sheets.folders:
        if (folder / "__init__.py").read_bytes() != Path(checks.__file__).read_bytes():
            misses.append(f"{folder}/__init__.py is not the core: run `make hints`")
    return conclude(misses)
