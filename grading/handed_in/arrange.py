"""The notebook that is graded: the student's cells in the student's order, as Run All runs them.

The release supplies what is missing: given cells that were deleted, emptied or turned into text,
each graded cell exactly once, and the metadata by which nbgrader knows a cell. Nothing of the
submitted metadata is taken over.
"""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache

from nbformat import v4
from nbformat.notebooknode import NotebookNode

from grading.handed_in.cells import grade_id

MINE = "grading"  # in metadata: what grading needs to know, and no reader
SEVERAL = 1100  # cells: the most that are read of a notebook, and those of its release
HERE = ("%%time", "%%capture", "%%prun")  # cell magics that run a cell where all others run
# What only IPython reads. Its own reader takes minutes for a few hundred such lines.
PROMPT = re.compile(r"^(?:>>>|\.\.\.) ?", re.MULTILINE)
COMMAND = re.compile(r"^([ \t]*+)((?:[\w.,*\[\] \t]++=)?)[ \t]*+[%!].*$", re.MULTILINE)
DEFINITION = re.compile(
    r"^(?:(?:async\s+)?def|class)\s+(\w+)|^(\w+)\s*(?::[^=\n]*)?=(?!=)", re.MULTILINE
)


@dataclass
class Arranged:
    """A notebook to run and judge, and what was odd about the submission.

    Parameters
    ----------
    notebook : NotebookNode
        Cells with a student's markdown carry ``by_student`` in their metadata; a given code cell
        that the student changed carries ``released``, what stands there in the release. The
        notebook's own metadata tell the student's version of ``python``.
    remarks : list of str
        For the student and the instructor.
    """

    notebook: NotebookNode
    remarks: list[str] = field(default_factory=list)


def arrange(submitted: NotebookNode, release: NotebookNode) -> Arranged:
    """Arrange a submission for grading.

    Parameters
    ----------
    submitted : NotebookNode
        As :meth:`grading.handed_in.read.SubmissionReader.parse` gives it.
    release : NotebookNode
        The notebook that was handed out.
    """
    submitted = _unmerged(submitted, release)
    places = places_of(submitted, release)
    written = set().union(*(defined(c.source) for c in submitted.cells if c.cell_type == "code"))
    holders = {place: _holder(place, places, written, submitted, release) for place in set(places)}
    remarks: list[str] = []
    cells: list[NotebookNode] = []
    ends: dict[int, int] = {}  # after which of `cells` a release's cell has been
    for number, (cell, place) in enumerate(zip(submitted.cells, places, strict=True)):
        if place is None:
            cells += _added(cell)
            continue
        released = release.cells[place]
        if _is_graded(released):
            if holders[place] == number:
                cells.append(_as_released(released))
            if cell.cell_type == "code" and not _same(cell, released):
                cells += _added(cell)
                remarks.append(
                    f"What you wrote into the graded cell {_name(released)} was run behind it."
                )
        elif holders[place] == number:
            cells.append(_held(cell, released))
        elif _explores(released) and _same(cell, released):
            cells.append(_as_released(released, named=False))
        else:
            cells += _added(cell)
        if holders[place] == number or place not in ends:  # not where a stale copy is
            ends[place] = len(cells)
    back: dict[int, list[NotebookNode]] = {}  # before which of `cells` something is put back
    kept = {place for cell, place in zip(submitted.cells, places, strict=True) if _is_code(cell)}
    for place in _missing(holders, written, kept, release, remarks):
        back.setdefault(_position(place, ends), []).append(_as_released(release.cells[place]))
    whole = [
        cell
        for position in range(len(cells) + 1)
        for cell in [*back.get(position, []), *cells[position : position + 1]]
    ]
    metadata = copy.deepcopy(release.metadata)
    metadata[MINE] = {"python": submitted.metadata["python"]}
    notebook = v4.new_notebook(cells=_with_unique_ids(whole), metadata=metadata)
    return Arranged(notebook, remarks)


def _unmerged(submitted: NotebookNode, release: NotebookNode) -> NotebookNode:
    """The notebook with graded cells that were merged into the cells above them on their own."""
    places = places_of(submitted, release)
    cells = list(submitted.cells)
    for place, released in enumerate(release.cells):
        source = released.source.strip()
        if place in places or not source or not _is_graded(released):
            continue
        for number, cell in enumerate(cells):
            above, found, below = f"\n{cell.source}\n".partition(f"\n{source}\n")
            pythonic = cell.cell_type == "code" and _is_python(cell.source)
            if found and pythonic and parsed(above) and parsed(below):
                parts = [copy.deepcopy(cell), v4.new_code_cell(source), v4.new_code_cell(below)]
                parts[0].source = above.strip("\n")
                for part in parts[1:]:
                    part.metadata["answers"] = []
                cells[number : number + 1] = parts
                break
    return v4.new_notebook(cells=cells, metadata=submitted.metadata)


def places_of(submitted: NotebookNode, release: NotebookNode) -> list[int | None]:
    """Which released cell each submitted one is: by its name, as a copy, or by what is in it."""
    names: dict[str | None, int] = {}
    sources: dict[tuple[str, str], list[int]] = {}
    for place, released in enumerate(release.cells):
        for name in (grade_id(released), released.get("id")):
            names.setdefault(name, place)
        if released.source.strip():
            sources.setdefault((released.cell_type, released.source.strip()), []).append(place)
    places: list[int | None] = [
        next((names[name] for name in cell.metadata["answers"] if name in names), None)
        for cell in submitted.cells
    ]
    for number, cell in enumerate(submitted.cells):
        same = sources.get((cell.cell_type, cell.source.strip()))
        if places[number] is None and same:
            places[number] = next((place for place in same if place not in places), same[-1])
    for place, released in enumerate(release.cells):
        if place not in places and _is_answer(released):
            wanted = defined(released.source)
            _claim(
                place, places, submitted, lambda cell, of=wanted: bool(of & defined(cell.source))
            )
    for place, released in enumerate(release.cells):
        if place not in places and _is_given(released):
            whole = f"\n{released.source.strip()}\n"
            _claim(place, places, submitted, lambda cell, of=whole: of in f"\n{cell.source}\n")
    return places


def _claim(
    place: int,
    places: list[int | None],
    submitted: NotebookNode,
    fits: Callable[[NotebookNode], bool],
) -> None:
    """Give a place to the first cell that has none and fits, to code before text."""
    free = [n for n, other in enumerate(places) if other is None and fits(submitted.cells[n])]
    if free:
        places[min(free, key=lambda n: submitted.cells[n].cell_type != "code")] = place


@lru_cache(maxsize=SEVERAL)
def defined(source: str) -> frozenset[str]:
    """Names that a cell's code defines at its top level: functions, classes, imports, variables."""
    if not _is_python(source):
        return frozenset()
    tree = parsed(source)
    if tree is not None:
        return frozenset(_defined(tree.body))
    return frozenset(first or second for first, second in DEFINITION.findall(_plain(source)))


def _is_python(source: str) -> bool:
    """Whether a cell is run as Python, where all others are."""
    source = source.lstrip()
    return not source.startswith("%%") or source.split(maxsplit=1)[0] in HERE


def parsed(source: str) -> ast.Module | None:
    """A cell's code without what only IPython reads; None if it is not Python."""
    for code in (source, _plain(source)):
        with suppress(SyntaxError, ValueError, RecursionError, MemoryError):
            return ast.parse(code)
    return None


def _plain(source: str) -> str:
    return COMMAND.sub(r"\1\2None", PROMPT.sub("", source))


def _defined(body: Sequence[ast.stmt]) -> Iterator[str]:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                yield alias.asname or alias.name.partition(".")[0]
        else:
            inner = (getattr(node, part, []) for part in ("body", "orelse", "finalbody"))
            for statements in inner:
                yield from _defined(statements)
            for handler in getattr(node, "handlers", []):
                yield from _defined(handler.body)
            for target in ast.walk(node):
                if isinstance(target, ast.Name) and isinstance(target.ctx, ast.Store):
                    yield target.id


def _holder(
    place: int | None,
    places: Sequence[int | None],
    names: set[str],
    submitted: NotebookNode,
    release: NotebookNode,
) -> int | None:
    """Which of the cells that claim a place has it; None where the release's must be put back."""
    if place is None:
        return None
    released = release.cells[place]
    claimed = [number for number, other in enumerate(places) if other == place]
    if _is_graded(released):
        return claimed[0]
    cells = submitted.cells
    if _is_answer(released):
        written = [n for n in claimed if cells[n].source.strip() and not _same(cells[n], released)]
        as_code = [n for n in written if cells[n].cell_type == released.cell_type]
        holder = (as_code or written or claimed)[-1]
        is_text = cells[holder].cell_type != released.cell_type
        return None if is_text and defined(released.source) & names else holder
    kept = [n for n in claimed if cells[n].cell_type == released.cell_type]
    claimed = [n for n in kept if cells[n].source.strip()]
    lost = _is_given(released) and defined(released.source) - names
    return claimed[0] if claimed and not lost else None


def _missing(
    holders: dict[int | None, int | None],
    written: set[str],
    kept: set[int | None],
    release: NotebookNode,
    remarks: list[str],
) -> list[int]:
    """Places of the release to put back, in order."""
    missing, answers, given = [], [], []
    for place, released in enumerate(release.cells):
        if holders.get(place) is not None:
            continue
        if _is_answer(released) and released.cell_type == "code":
            if defined(released.source) & written or "*" in written:
                continue  # it is, or may be, defined elsewhere
            answers.append(_name(released))
        elif _is_given(released) and place in kept:
            lost = ", ".join(sorted(defined(released.source) - written))
            remarks.append(
                f"The given cell {_name(released)} no longer defines {lost}: it was run as it was "
                "handed out, too."
            )
        elif _is_given(released):
            given.append(_name(released))
        missing.append(place)
    for what, names in (("Answers", answers), ("Given cells", given)):
        if names:
            remarks.append(f"{what} that were missing were put back: {', '.join(names)}.")
    return missing


def _position(place: int, ends: dict[int, int]) -> int:
    """Where the fewest cells stand on the other side of a released cell than in the release."""

    def displaced(position: int) -> int:
        others = ((other < place, end) for other, end in ends.items() if other != place)
        return sum((end <= position) != before for before, end in others)

    return min(sorted({0, *ends.values()}), key=displaced)


def _held(cell: NotebookNode, released: NotebookNode) -> NotebookNode:
    """A released cell with the student's source in it."""
    if _same(cell, released):
        return _as_released(released)
    new = _as_released(released)
    new.source = cell.source
    new.metadata.pop("tags", None)  # only what equals the release may be skipped
    if new.cell_type == "markdown":
        new.metadata["by_student"] = True
    elif not _is_answer(released):
        new.metadata[MINE] = {"released": released.source}
    return new


def _as_released(released: NotebookNode, named: bool = True) -> NotebookNode:
    cell = copy.deepcopy(released)
    if cell.cell_type == "code":
        cell.outputs, cell.execution_count = [], None
    if not named:
        cell.metadata.pop("nbgrader", None)
    return cell


def _added(cell: NotebookNode) -> list[NotebookNode]:
    if not cell.source.strip():
        return []
    if cell.cell_type == "code":
        return [v4.new_code_cell(cell.source)]
    return [v4.new_markdown_cell(cell.source, metadata={"by_student": True})]


def _is_code(cell: NotebookNode) -> bool:
    return cell.cell_type == "code" and bool(cell.source.strip())


def _same(cell: NotebookNode, released: NotebookNode) -> bool:
    return cell.source.strip() == released.source.strip()


def _is_answer(released: NotebookNode) -> bool:
    """Whether students are to write it, or to write into it."""
    settings = released.metadata.get("nbgrader", {})
    return bool(settings.get("solution") or settings.get("task"))


def _is_graded(released: NotebookNode) -> bool:
    """Whether the judge runs it: graded, and nothing of the student's."""
    return bool(released.metadata.get("nbgrader", {}).get("grade")) and not _is_answer(released)


def _is_given(released: NotebookNode) -> bool:
    """Whether it is code for students to build on."""
    ours = _is_answer(released) or _is_graded(released) or _explores(released)
    return released.cell_type == "code" and not ours


def _name(released: NotebookNode) -> str:
    return grade_id(released) or released.get("id", "")


def _explores(released: NotebookNode) -> bool:
    return "explore" in released.metadata.get("tags", ())


def _with_unique_ids(cells: list[NotebookNode]) -> list[NotebookNode]:
    seen: set[str] = set()
    for number, cell in enumerate(cells):
        if cell.get("id") in seen or "id" not in cell:
            cell.id = f"added-{number}"
        seen.add(cell.id)
    return cells
