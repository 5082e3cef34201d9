"""Decides which of the files that were handed in is graded as which notebook.

What a file holds decides. Its name tells only between files that hold as much.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

import nbformat
from nbformat.notebooknode import NotebookNode

from grading.handed_in.cells import grade_id

DEFINED = re.compile(r"^(?:(?:async[ \t]+)?def|class)[ \t]+(\w+)|^(\w+)[ \t]*=", re.MULTILINE)
ENDING = re.compile(r"(\.ipynb)?(\.(ipynb|json|txt))?$", re.IGNORECASE)
CHECKPOINTS = ".ipynb_checkpoints"
NOT_HANDED_IN = "not_handed_in"  # in the metadata of a page
SHOWN = 5  # names in a remark


@dataclass(frozen=True)
class HandedIn:
    """A file that was handed in.

    Parameters
    ----------
    name : str
        With its folders, and the zip in which it is.
    notebook : NotebookNode, optional
        As :meth:`grading.handed_in.read.SubmissionReader.parse` gives it; None if it is none.
    problem : str
        Why it could not be read, if it seems to be one.
    """

    name: str
    notebook: NotebookNode | None = None
    problem: str = ""

    @property
    def parts(self) -> list[str]:
        """Its folders and its own name."""
        return [part for part in self.name.split("/") if part not in ("", ".", "..")]

    @property
    def is_checkpoint(self) -> bool:
        """Whether Jupyter put it aside, and the student need not know of it."""
        return CHECKPOINTS in self.parts

    @property
    def is_litter(self) -> bool:
        """Whether a program left it there: ``._p1.ipynb``, ``__MACOSX/`` and the like."""
        own = [part for part in self.parts if part != CHECKPOINTS]
        return any(part.startswith((".", "__")) for part in own)


@dataclass(frozen=True)
class Decision:
    """What is graded as what.

    Parameters
    ----------
    files : dict of str to HandedIn
        By the name of the notebook; those that nothing was found for are not in it.
    remarks : list of str
        On every file that is not simply the notebook of its name.
    """

    files: dict[str, HandedIn]
    remarks: list[str]


@dataclass(frozen=True)
class _Cell:
    """A released cell that is graded or to be answered."""

    name: str
    source: str
    defines: frozenset[str]
    is_answer: bool

    @property
    def marks(self) -> set[tuple[str, str]]:
        """What it may be known by."""
        marks = {("name", self.name), *(("defines", name) for name in self.defines)}
        return marks | {("source", self.source)} if self.is_answer else marks


class _Content:
    """What a file holds, looked through once."""

    def __init__(self, notebook: NotebookNode) -> None:
        self.by: dict[tuple[str, str], set[str]] = defaultdict(set)  # sources, by mark
        for cell in notebook.cells:
            source = cell.source.strip()
            marks = {("name", name) for name in cell.metadata["answers"]}
            if source:
                marks.add(("source", source))
            if cell.cell_type == "code":
                marks |= {("defines", name) for pair in DEFINED.findall(source) for name in pair}
            for mark in marks:
                self.by[mark].add(source)

    def answers(self, cell: _Cell) -> bool:
        """Whether something was written for it."""
        found = set().union(*(self.by.get(mark, ()) for mark in cell.marks))
        return cell.is_answer and bool(found - {cell.source, ""})


@dataclass(frozen=True)
class _Match:
    """A file as the notebook that it has most in common with."""

    file: HandedIn
    assignment: str
    notebook: str
    answered: int
    common: float


class Releases:
    """The released notebooks of a course.

    Parameters
    ----------
    notebooks : mapping of str to mapping of str to NotebookNode
        By assignment and name.
    """

    def __init__(self, notebooks: Mapping[str, Mapping[str, NotebookNode]]) -> None:
        self._cells = {
            (assignment, name): _cells(notebook)
            for assignment, own in notebooks.items()
            for name, notebook in own.items()
        }
        self._shared = Counter(
            mark
            for cells in self._cells.values()
            for mark in set().union(*(cell.marks for cell in cells))
        )

    def assign(self, assignment: str, handed_in: Sequence[HandedIn]) -> Decision:
        """Decide over all files of a submission at once.

        Parameters
        ----------
        assignment : str
            What was to be handed in.
        handed_in : sequence of HandedIn
        """
        names = [name for other, name in self._cells if other == assignment]
        files = [file for file in handed_in if not file.is_litter]
        matches: dict[str, list[_Match]] = {name: [] for name in names}
        remarks, rest = [], []
        for file in files:
            match = self._match(assignment, file)
            if match is None:
                rest.append(file)
            elif match.assignment == assignment:
                matches[match.notebook].append(match)
            elif not file.is_checkpoint:
                remarks.append(
                    f"{file.name} is {match.notebook}.ipynb of {match.assignment} "
                    "and is not graded here."
                )
        decided = {}
        for name, found in matches.items():
            found.sort(key=lambda match: _preference(match, name), reverse=True)
            if found:
                decided[name] = found[0].file
                remarks += self._remarks(found, assignment)
        for name in names:
            by_name = [
                file
                for file in rest
                if _likeness(file, name) > 1 and (file.notebook or file.problem)
            ]
            if name not in decided and by_name:
                decided[name] = file = max(by_name, key=lambda file: _by_name(file, name))
                rest.remove(file)
                if file.name != f"{name}.ipynb":
                    remarks.append(f"{file.name} is graded as {name}.ipynb.")
        return Decision(decided, [*remarks, *_remarks_on_rest(rest)])

    def recognise(self, file: HandedIn) -> tuple[str, str] | None:
        """The assignment and the name of the notebook that a file is; None if it is none."""
        match = self._match("", file)
        return match and (match.assignment, match.notebook)

    def _match(self, assignment: str, file: HandedIn) -> _Match | None:
        if file.notebook is None:
            return None
        content = _Content(file.notebook)
        matches = []
        for (of, name), cells in self._cells.items():
            common = sum(self._weight(cell, content) for cell in cells)
            if common:
                answered = sum(content.answers(cell) for cell in cells)
                matches.append(_Match(file, of, name, answered, common))
        # parts of another assignment's answers may have been copied into this one's
        most = max((match.common for match in matches), default=0.0)
        likely = [match for match in matches if match.assignment == assignment]
        if not any(match.common >= most / 2 for match in likely):
            likely = matches
        return max(
            likely,
            key=lambda match: (match.common, match.answered, _likeness(file, match.notebook)),
            default=None,
        )

    def _weight(self, cell: _Cell, content: _Content) -> float:
        """How much it tells that a file has this cell: little if many notebooks have one."""
        seen = [self._shared[mark] for mark in cell.marks if mark in content.by]
        return 1 / min(seen) if seen else 0.0

    def _remarks(self, found: Sequence[_Match], assignment: str) -> Iterable[str]:
        (used, *others), name = found, found[0].notebook
        if used.file.name != f"{name}.ipynb":
            yield f"{used.file.name} is graded as {name}.ipynb."
        count = sum(cell.is_answer for cell in self._cells[assignment, name])
        for match in others:
            if not match.file.is_checkpoint:
                yield (
                    f"{match.file.name} is {name}.ipynb too, with {match.answered} of {count} "
                    f"answered, and is not graded: {used.file.name} has {used.answered}."
                )


def not_handed_in(release: NotebookNode, sentences: Sequence[str]) -> NotebookNode:
    """The page of a student who did not hand a notebook in: as released, and why at its top.

    Parameters
    ----------
    release : NotebookNode
        It is changed.
    sentences : sequence of str
        They may hold names that students chose.
    """
    text = escape("\n".join(sentences))
    remark = nbformat.v4.new_markdown_cell(f"<pre>{text}</pre>", id="not-handed-in")
    release.cells.insert(0, remark)
    release.metadata[NOT_HANDED_IN] = True
    return release


def _cells(notebook: NotebookNode) -> list[_Cell]:
    cells = []
    for cell in notebook.cells:
        about = cell.metadata.get("nbgrader", {})
        if about.get("solution") or about.get("grade") or about.get("task"):
            source = cell.source.strip()
            is_answer = bool(about.get("solution"))
            defines = {function for function, _ in DEFINED.findall(source) if is_answer}
            cells.append(_Cell(grade_id(cell), source, frozenset(defines - {""}), is_answer))
    return cells


def _likeness(file: HandedIn, notebook: str) -> int:
    """How like its name is: 3 the same, 2 but for the number, 1 it is contained."""
    stem = ENDING.sub("", file.parts[-1]).casefold()
    name = notebook.casefold()
    bare = re.sub(r"^\d+_", "", name)
    return 3 if stem == name else 2 if stem == bare else int(bare in stem)


def _preference(match: _Match, notebook: str) -> tuple[object, ...]:
    return (not match.file.is_checkpoint, match.answered, *_by_name(match.file, notebook))


def _by_name(file: HandedIn, notebook: str) -> tuple[object, ...]:
    later = [int(digits) for digits in re.findall(r"\d{1,9}", file.parts[-1])]
    return (_likeness(file, notebook), -len(file.parts), later, file.name)


def _remarks_on_rest(rest: Sequence[HandedIn]) -> Iterable[str]:
    strange = []
    for file in rest:
        if file.is_checkpoint:
            continue
        if file.problem:
            yield file.problem
        elif file.notebook is not None:
            yield f"{file.name} is a notebook, but none of this course, and is not graded."
        else:
            strange.append(file.name)
    if strange:
        more = f" and {len(strange) - SHOWN} more" if len(strange) > SHOWN else ""
        names = ", ".join(strange[:SHOWN])
        yield f"was handed in and is no notebook: {names}{more}."
