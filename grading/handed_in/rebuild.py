"""The notebook as it was released, with the student's answers in it.

Whatever was done to tests, tags, metadata, points, order or kernelspec is undone by not being
taken over. Taken over are the sources of unlocked cells, and cells that the student added.
"""

from __future__ import annotations

import copy
import re

import nbformat
from nbformat.notebooknode import NotebookNode
from nbgrader.utils import is_locked

from grading.handed_in.cells import grade_id

DEFINED = re.compile(r"^(?:async\s+def|def|class)\s+(\w+)", re.MULTILINE)


def rebuild(submitted: NotebookNode, release: NotebookNode) -> tuple[NotebookNode, list[str]]:
    """Put a submission's answers into the released notebook.

    Parameters
    ----------
    submitted : NotebookNode
        As :meth:`grading.handed_in.read.SubmissionReader.parse` gives it.
    release : NotebookNode
        The notebook that was handed out.

    Returns
    -------
    notebook : NotebookNode
        The release's cells in the release's order, unlocked ones with the student's source, and
        the cells that the student added, each after the released cell that it followed. Cells
        with a student's markdown carry ``by_student`` in their metadata.
    remarks : list of str
        What differed, for the instructor.
    """
    places = [_place(cell, release) for cell in submitted.cells]
    _recognise_by_definition(submitted, release, places)
    sources: dict[int, list[str]] = {}
    added: dict[int, list[NotebookNode]] = {}
    last = -1
    for cell, place in zip(submitted.cells, places, strict=True):
        if place is not None:
            last = place
            sources.setdefault(place, []).append(cell.source)
        elif cell.source.strip():
            added.setdefault(last, []).append(_added(cell))
    remarks: list[str] = []
    cells = added.pop(-1, [])
    for place, released in enumerate(release.cells):
        cell = copy.deepcopy(released)
        name = grade_id(cell)
        if place in sources:
            answer, remark = _answer(cell, sources[place])
            if remark:
                remarks.append(f"cell {name or place + 1} {remark}")
            if answer != cell.source and cell.cell_type == "markdown":
                cell.metadata["by_student"] = True
            cell.source = answer
        elif name:
            remarks.append(f"cell {name} was missing; it was put back as released")
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
        cells += [cell, *added.pop(place, [])]
    metadata = copy.deepcopy(release.metadata)
    return nbformat.v4.new_notebook(cells=_with_unique_ids(cells), metadata=metadata), remarks


def _place(cell: NotebookNode, release: NotebookNode) -> int | None:
    """Which released cell this is: by its name, else as an unchanged copy."""
    for place, released in enumerate(release.cells):
        names = (grade_id(released), released.get("id"))
        if any(name in names for name in cell.metadata["answers"]):
            return place
    for place, released in enumerate(release.cells):
        if cell.source.strip() and cell.source.strip() == released.source.strip():
            return place
    return None


def _recognise_by_definition(
    submitted: NotebookNode, release: NotebookNode, places: list[int | None]
) -> None:
    """Where names were lost, a cell that defines a released stub's function answers that stub."""
    for place, released in enumerate(release.cells):
        if place in places or not released.metadata.get("nbgrader", {}).get("solution"):
            continue
        wanted = set(DEFINED.findall(released.source))
        for number, cell in enumerate(submitted.cells):
            if places[number] is None and wanted & set(DEFINED.findall(cell.source)):
                places[number] = place


def _answer(released: NotebookNode, sources: list[str]) -> tuple[str, str]:
    """The source to use for a released cell, and a remark if the submission is odd there."""
    if is_locked(released):
        changed = any(source.strip() != released.source.strip() for source in sources)
        remark = "was changed; it was put back as released" if changed else ""
        return released.source, remark
    written = [source for source in sources if source.strip() != released.source.strip()]
    remark = "was there more than once; the last answer counts" if len(sources) > 1 else ""
    return (written or sources)[-1], remark


def _added(cell: NotebookNode) -> NotebookNode:
    if cell.cell_type == "code":
        return nbformat.v4.new_code_cell(cell.source)
    return nbformat.v4.new_markdown_cell(cell.source, metadata={"by_student": True})


def _with_unique_ids(cells: list[NotebookNode]) -> list[NotebookNode]:
    seen: set[str] = set()
    for number, cell in enumerate(cells):
        if cell.get("id") in seen or "id" not in cell:
            cell.id = f"added-{number}"
        seen.add(cell.id)
    return cells
