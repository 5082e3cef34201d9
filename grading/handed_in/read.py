"""Reads what a student handed in: any folder, any file, without trusting either.

Nothing of a submitted notebook survives reading but the type and source of each cell and the name
(``grade_id`` or cell id) that tells which released cell it answers.
"""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

import nbformat
from nbformat.notebooknode import NotebookNode
from traitlets import Int
from traitlets.config import LoggingConfigurable


class Refused(Exception):
    """A submission cannot be graded; the text says why, in one sentence for the instructor."""


class SubmissionReader(LoggingConfigurable):
    """Reads submitted folders and notebooks within bounds."""

    max_notebook_mb = Int(20, help="Largest notebook that is read, in MB.").tag(config=True)
    max_folder_mb = Int(200, help="Largest submitted folder, all files together, in MB.").tag(
        config=True
    )
    max_files = Int(1000, help="Most files and folders in a submitted folder.").tag(config=True)
    max_cells = Int(1000, help="Most cells in a submitted notebook.").tag(config=True)
    max_cell_characters = Int(200_000, help="Longest cell that is read, in characters.").tag(
        config=True
    )

    def check_folder(self, folder: Path) -> None:
        """Make sure that the folder holds ordinary files and folders only.

        Raises
        ------
        Refused
            If it, its parent or anything in it is a link or a special file, a file has a second
            name elsewhere (a hard link), or there is too much of it.
        """
        for path in (folder.parent, folder):
            if not stat.S_ISDIR(path.lstat().st_mode):
                raise Refused(f"{path} is not an ordinary folder.")
        count = size = 0
        for base, folders, files in os.walk(folder):
            for name in (*folders, *files):
                path = Path(base, name)
                status = path.lstat()
                self._check_ordinary(path, status)
                count += 1
                size += status.st_size
                if count > self.max_files:
                    raise Refused(f"{folder} holds more than {self.max_files} files.")
        if size > self.max_folder_mb << 20:
            raise Refused(f"{folder} holds more than {self.max_folder_mb} MB.")

    @staticmethod
    def _check_ordinary(path: Path, status: os.stat_result) -> None:
        if stat.S_ISLNK(status.st_mode):
            raise Refused(f"{path} is a symbolic link; only ordinary files can be handed in.")
        if not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)):
            raise Refused(f"{path} is a special file; only ordinary files can be handed in.")
        if stat.S_ISREG(status.st_mode) and status.st_nlink > 1:
            raise Refused(f"{path} is a hard link to a file elsewhere; hand in a copy.")

    def read(self, path: Path) -> NotebookNode:
        """Read a notebook of any format and in any state.

        Returns
        -------
        NotebookNode
            A valid notebook of cells with ``cell_type`` (code or markdown), ``source``, and in
            their metadata ``answers``: the names by which the cell may be recognised.

        Raises
        ------
        Refused
            If it is not an ordinary file, not JSON, not a notebook, or exceeds a limit.
        """
        status = path.lstat()
        self._check_ordinary(path, status)
        if stat.S_ISDIR(status.st_mode):
            raise Refused(f"{path.name} is a folder, not a notebook.")
        if status.st_size > self.max_notebook_mb << 20:
            raise Refused(f"{path.name} is larger than {self.max_notebook_mb} MB.")
        try:
            content = json.loads(path.read_bytes())
        except (ValueError, RecursionError):
            raise Refused(f"{path.name} is not a notebook: it is not valid JSON.") from None
        return self.parse(content, path.name)

    def parse(self, content: Any, name: str) -> NotebookNode:
        """Reduce the JSON of a notebook, whatever it holds, to what grading needs; see `read`.

        Raises
        ------
        Refused
            If it is no notebook, or a limit is passed.
        """
        cells = _cells(content)
        if cells is None:
            raise Refused(f"{name} is not a notebook: it has no list of cells.")
        if len(cells) > self.max_cells:
            raise Refused(f"{name} has more than {self.max_cells} cells.")
        notebook = nbformat.v4.new_notebook()
        for number, cell in enumerate(cells):
            source = _source(cell)
            if len(source) > self.max_cell_characters:
                raise Refused(
                    f"Cell {number + 1} of {name} is longer than "
                    f"{self.max_cell_characters} characters."
                )
            make = nbformat.v4.new_markdown_cell
            if isinstance(cell, dict) and cell.get("cell_type") == "code":
                make = nbformat.v4.new_code_cell
            notebook.cells.append(make(source, metadata={"answers": _names(cell)}))
        return notebook


def _cells(content: Any) -> list[Any] | None:
    if not isinstance(content, dict):
        return None
    if isinstance(content.get("cells"), list):
        return content["cells"]
    sheets = content.get("worksheets")  # notebook format 3
    if not isinstance(sheets, list):
        return None
    lists = [sheet.get("cells") for sheet in sheets if isinstance(sheet, dict)]
    return [cell for cells in lists if isinstance(cells, list) for cell in cells]


def _source(cell: Any) -> str:
    if not isinstance(cell, dict):
        return ""
    source = cell.get("source", cell.get("input", ""))
    if isinstance(source, list):
        source = "".join(line for line in source if isinstance(line, str))
    if not isinstance(source, str):
        return ""
    source = source.encode(errors="replace").decode()  # lone surrogates cannot be written
    return source.replace("\r\n", "\n").replace("\r", "\n")


def _names(cell: Any) -> list[str]:
    if not isinstance(cell, dict):
        return []
    metadata = cell.get("metadata")
    nbgrader = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    grade_id = nbgrader.get("grade_id") if isinstance(nbgrader, dict) else None
    return [name for name in (grade_id, cell.get("id")) if isinstance(name, str)]
