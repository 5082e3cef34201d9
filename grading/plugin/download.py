"""Whose each file is in a download from Moodle or Canvas, by what they make of its name."""

from __future__ import annotations

import re
import unicodedata
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

# Moodle, mod/assign/locallib.php: a folder for each student, or the same before the file's name.
# Instead of a name it may have that of a group, or "Participant" where marking is blind.
MOODLE = re.compile(r"(?P<who>.+)_(?P<number>\d+)_assignsubmission_(?P<kind>[a-z]+)_?(?P<rest>.*)")
# Canvas: last and first name in one, the numbers of student and file; -1 if handed in once more.
CANVAS = re.compile(r"(?P<who>[^_]+)_(?P<late>LATE_)?(?P<number>\d+)_\d+_(?P<rest>.+)")
AGAIN = re.compile(r"-\d+(?=\.[^.]+$)")


@dataclass(frozen=True)
class Piece:
    """A file of a download.

    Parameters
    ----------
    system : str
        ``"Moodle"`` or ``"Canvas"``; nothing if the name tells of neither.
    who : str
        The student as the system writes the name; the whole name of the file if it tells of none.
    number : str
        The student's in Canvas; that of this assignment's entry in Moodle.
    late : bool
        Whether Canvas calls it late.
    name : str
        The file's own name, with folders; nothing if it is no file that was handed in.
    place : str
        The file's name in the download.
    """

    system: str
    who: str
    number: str
    late: bool
    name: str
    place: str


def pieces(names: list[str]) -> list[Piece]:
    """What the names of a download's files tell."""
    found = []
    for name in sorted(names):
        parts = [part for part in PurePosixPath(name).parts if part not in ("/", ".", "..")]
        if not any(part.startswith((".", "__MACOSX")) for part in parts):
            unknown = Piece("", name, "", False, "", name)
            found.append(_moodle(name, parts) or _canvas(name, parts) or unknown)
    return found


def _moodle(place: str, parts: list[str]) -> Piece | None:
    for depth, part in enumerate(
        parts
    ):  # the outermost: what is below it, a student may have named
        if match := MOODLE.fullmatch(part):
            below = [match["rest"], *parts[depth + 1 :]] if match["kind"] == "file" else []
            own = "/".join(part for part in below if part not in ("", ".", ".."))
            return Piece("Moodle", match["who"], match["number"], False, own, place)
    return None


def _canvas(place: str, parts: list[str]) -> Piece | None:
    if not parts or not (match := CANVAS.fullmatch(parts[-1])):
        return None
    own = AGAIN.sub("", match["rest"])
    own = own if own.strip(".") else ""
    return Piece("Canvas", match["who"], match["number"], bool(match["late"]), own, place)


def names_in(download: Path) -> list[str]:
    """The files of a download, a zip or a folder, by their names.

    Raises
    ------
    OSError
        If it cannot be read.
    zipfile.BadZipFile
        If it is a damaged zip, or another file.
    """
    if download.is_dir():
        paths = (path for path in download.rglob("*") if path.is_file() and not path.is_symlink())
        return [path.relative_to(download).as_posix() for path in paths]
    with zipfile.ZipFile(download) as archive:
        return [member.filename for member in archive.infolist() if not member.is_dir()]


def contents(download: Path, places: list[str], most: int) -> Iterator[bytes]:
    """The content of these files, in this order; of each at most so many bytes, and one more."""
    if download.is_dir():
        for place in places:
            with open(download / place, "rb") as file:
                yield file.read(most + 1)
        return
    with zipfile.ZipFile(download) as archive:
        for place in places:
            with archive.open(place) as file:
                yield file.read(most + 1)


def spellings(name: str) -> list[str]:
    """A name as it is, as letters and digits only, and these without accents.

    Moodle leaves out what a file's name may not have, file systems write é in one character or in
    two, and spreadsheets change apostrophes: only what is left of all of that is compared.
    """
    plain = unicodedata.normalize("NFKC", name).casefold()
    letters = "".join(c for c in plain if c.isalnum())
    bare = "".join(c for c in unicodedata.normalize("NFKD", letters) if c.isalnum())
    return [unicodedata.normalize("NFC", " ".join(name.split())), letters, bare]
