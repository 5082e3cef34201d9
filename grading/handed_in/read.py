"""Reads what a student handed in: any folder, any file, without trusting either.

Nothing of a submitted notebook survives reading but the type and source of each cell and the name
(``grade_id`` or cell id) that tells which released cell it answers.
"""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePath
from typing import Any

import nbformat
from nbformat.notebooknode import NotebookNode
from traitlets import Int
from traitlets.config import LoggingConfigurable

from grading.handed_in.printable import printable
from grading.handed_in.unzip import Unreadable, unzip
from grading.handed_in.whose import HandedIn

LONGEST_NAME = 128  # of a student: characters that the gradebook has room for


class Refused(Exception):
    """A submission cannot be graded; the text says why, in one sentence for the instructor."""

    def __init__(self, sentence: str) -> None:
        super().__init__(printable(sentence))


def check_student(student: str) -> None:
    """Make sure that a folder's name, or a row of a class list, can be a student's id.

    Raises
    ------
    Refused
        If it cannot.
    """
    if not student.isprintable() or "/" in student or student in ("", ".", ".."):
        what = "holds characters that cannot be printed, or is no name of a folder"
    elif len(student) > LONGEST_NAME or len(student.encode()) > 240:  # file names have 255
        what = f"is longer than {LONGEST_NAME} characters"
    else:
        return
    shown = student if len(student) <= LONGEST_NAME else f"{student[:40]}…"
    raise Refused(f"'{shown}' cannot be a student's id: it {what}. Give it another name.")


class SubmissionReader(LoggingConfigurable):
    """Reads submitted folders and notebooks within bounds."""

    max_notebook_mb = Int(20, help="Largest notebook that is read, in MB.").tag(config=True)
    max_folder_mb = Int(200, help="Largest submitted folder, all files together, in MB.").tag(
        config=True
    )
    max_files = Int(1000, help="Most files and folders in a submitted folder.").tag(config=True)
    max_notebooks = Int(100, help="Most notebooks that are read of a submission.").tag(config=True)
    max_cells = Int(1000, help="Most cells in a submitted notebook.").tag(config=True)
    max_characters = Int(
        1_000_000, help="Most characters in the cells of a submitted notebook, all together."
    ).tag(config=True)
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
        return self._parse(path.read_bytes(), path.name)

    def read_folder(self, folder: Path) -> list[HandedIn]:
        """Read whatever a submitted folder holds, also in folders and zips in it.

        Parameters
        ----------
        folder : Path
            One that :meth:`check_folder` has passed.
        """
        found = {str(path.relative_to(folder)): path for path in folder.rglob("*")}
        folders = {f"{name}/": b"" for name, path in found.items() if path.is_dir()}
        files = {name: path.read_bytes() for name, path in found.items() if path.is_file()}
        return self.read_files(folders | files)

    def read_files(self, files: Mapping[str, bytes]) -> list[HandedIn]:
        """Read whatever was handed in, also in folders and zips.

        Parameters
        ----------
        files : mapping of str to bytes
            By their paths in a folder that :meth:`check_folder` has passed; that of a folder ends
            with a slash.
        """
        left = self.max_notebooks
        found = []
        for raw, content in self._contents(files):
            name = printable(raw)
            if isinstance(content, str):
                found.append(HandedIn(name, problem=printable(content)))
                continue
            looks_like_one = content[:64].lstrip(b"\xef\xbb\xbf\xfe\xff\x00 \t\r\n")[:1] == b"{"
            if not looks_like_one and not name.lower().endswith(".ipynb"):
                found.append(HandedIn(name))
                continue
            try:
                if not left:
                    raise Refused(f"{name} is not read: there are {self.max_notebooks} before it.")
                left -= 1
                found.append(HandedIn(name, self._parse(content, name)))
            except Refused as refused:
                problem = str(refused) if ".ipynb" in name.lower() else ""
                found.append(HandedIn(name, problem=problem))
        return found

    def _contents(self, files: Mapping[str, bytes]) -> Iterator[tuple[str, bytes | str]]:
        """The name of each file and of those in zips, and the content or why it has none."""
        room = self.max_folder_mb << 20
        folders = {parent for name in files for parent in PurePath(name).parents}
        folders |= {PurePath(name) for name in files if name.endswith("/")}
        ordinary = {PurePath(name) for name in files} - folders
        for path in sorted(folders | ordinary, key=lambda path: (len(path.parts), path)):
            name = str(path)
            if path in folders:
                if path.suffix == ".ipynb":
                    yield name, f"{name} is a folder, not a notebook."
                continue
            content = files[name]
            if len(content) > self.max_notebook_mb << 20:
                large = path.suffix.lower() in (".ipynb", ".zip")
                yield name, f"{name} is larger than {self.max_notebook_mb} MB." if large else b""
                continue
            if not content.startswith(b"PK") or path.suffix.lower() != ".zip":
                yield name, content
                continue
            try:
                for inner, unzipped in unzip(content, self.max_files, room):
                    room -= len(unzipped)
                    large = len(unzipped) > self.max_notebook_mb << 20
                    yield f"{name}/{inner}", b"" if large else unzipped
            except Unreadable as why:
                yield name, f"{name} {why}; hand in the notebooks themselves."

    def _parse(self, content: bytes, name: str) -> NotebookNode:
        try:
            return self.parse(json.loads(content), name)
        except (ValueError, RecursionError):
            raise Refused(f"{name} is not a notebook: it is not valid JSON.") from None

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
        notebook = nbformat.v4.new_notebook(metadata={"python": _python(content)})
        left = self.max_characters
        for number, cell in enumerate(cells):
            source = _source(cell)
            if len(source) > self.max_cell_characters:
                raise Refused(
                    f"Cell {number + 1} of {name} is longer than "
                    f"{self.max_cell_characters} characters."
                )
            left -= len(source)
            if left < 0:
                raise Refused(
                    f"The cells of {name} hold more than {self.max_characters} characters."
                )
            # nbformat's own makers validate each cell, which takes a hundred times as long
            read = NotebookNode(id=f"cell-{number}", cell_type="markdown", source=source)
            read.metadata = NotebookNode(answers=_names(cell))
            if isinstance(cell, dict) and cell.get("cell_type") == "code":
                read.update(cell_type="code", execution_count=None, outputs=[])
            notebook.cells.append(read)
        return notebook


def _python(content: dict[str, Any]) -> str:
    """The version of Python with which it was saved, if it says so."""
    metadata = content.get("metadata")
    about = metadata.get("language_info") if isinstance(metadata, dict) else None
    version = about.get("version") if isinstance(about, dict) else None
    return version if re.fullmatch(r"3(\.\d{1,3}){1,2}", str(version)) else ""


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
