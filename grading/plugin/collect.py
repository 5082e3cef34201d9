"""Puts a download from Moodle or Canvas into ``submitted/``: ``grading collect ASSIGNMENT``."""

from __future__ import annotations

import csv
import shutil
import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from nbgrader.api import Gradebook

from grading.course import Course
from grading.files import Files, read_files, write_files
from grading.handed_in.printable import printable
from grading.handed_in.read import Refused, SubmissionReader, check_student
from grading.plugin.download import Piece, contents, names_in, pieces
from grading.plugin.students import ClassList, NoClassList, read_who
from grading.stop import Stop

TIME = "timestamp.txt"  # nbgrader's: when it was handed in


@dataclass
class Collected:
    """What became of a download.

    Parameters
    ----------
    new, changed, same : list of str
        The ids of students, by what the course had of them before.
    late : list of str
        Those whom Canvas calls late.
    apart : list of str
        A sentence on each hand-in of which nothing was copied.
    """

    new: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    same: list[str] = field(default_factory=list)
    late: list[str] = field(default_factory=list)
    apart: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        lines = [
            f"{len(self.new) + len(self.changed) + len(self.same)} students handed in: "
            f"{len(self.new)} are new, {len(self.changed)} handed in again, "
            f"{len(self.same)} are as they were."
        ]
        if self.changed:
            lines.append(f"Handed in again: {', '.join(self.changed)}.")
        if self.late:
            lines.append(f"Late, as Canvas has it: {', '.join(self.late)}.")
        if self.apart:
            lines += ["Held apart, with nothing copied:", *(f"  {one}" for one in self.apart)]
        return "\n".join(lines)


def collect(course: Course, assignment: str, download: Path, who: Path | None = None) -> Collected:
    """Copy each student's files to where they are graded; hold apart what is not clear.

    Parameters
    ----------
    course : Course
    assignment : str
    download : Path
        The zip as it was downloaded, or the folder that came out of it.
    who : Path, optional
        A table of names in the download that the class list does not have; see
        :func:`grading.plugin.students.read_who`.

    Raises
    ------
    Stop
        If a file cannot be read, or there is no such assignment.
    """
    if not course.release(assignment).is_dir():
        raise Stop(f"There is no assignment {printable(assignment)} in release/.")
    aliases = _aliases(who)
    try:
        names = names_in(download)
    except (OSError, zipfile.BadZipFile) as error:
        raise Stop(f"{download} is neither a folder nor a zip that can be read: {error}") from None
    directory = course.directory
    with Gradebook(directory.db_url, directory.course_id) as gradebook:
        students = ClassList.of(gradebook)
    found = Collected()
    whose: dict[tuple[str, str], list[Piece]] = {}
    for piece in pieces(names):
        if not piece.system:
            shown = printable(piece.place)
            found.apart.append(f"{shown}: its name is of no form that Moodle or Canvas uses.")
        elif piece.name:
            whose.setdefault((piece.who, piece.number), []).append(piece)
    decided: dict[tuple[str, str], list[str]] = {}
    for hand_in, (first, *_) in whose.items():
        try:
            decided[hand_in] = _students(first, students, aliases)
        except Refused as why:
            found.apart.append(f"{_shown(hand_in)}: {why}")
    claims = Counter(student for ids in decided.values() for student in ids)
    reader = SubmissionReader(parent=course.app)
    for hand_in, ids in decided.items():
        if twice := [student for student in ids if claims[student] > 1]:
            found.apart.append(
                f"{_shown(hand_in)}: {', '.join(twice)} handed in under another name or number, "
                "too. Say who is who with --who."
            )
            continue
        try:
            files = _files(download, whose[hand_in], reader.max_folder_mb << 20)
            for student in ids:
                _place(course.submitted(student, assignment), files, student, found)
                found.late += [student] * any(piece.late for piece in whose[hand_in])
        except (Refused, OSError, zipfile.BadZipFile) as why:
            found.apart.append(f"{_shown(hand_in)}: {printable(str(why))}")
    return found


def _aliases(who: Path | None) -> dict[str, list[str]]:
    try:
        return read_who(who.read_bytes()) if who is not None else {}
    except OSError as error:
        raise Stop(f"{who} cannot be read: {error.strerror}.") from None
    except (NoClassList, csv.Error) as why:
        raise Stop(f"{who} cannot be used: {why}") from None


def _students(piece: Piece, students: ClassList, aliases: dict[str, list[str]]) -> list[str]:
    """Who handed it in: one, or the members of a group."""
    for alias in (f"{piece.who}_{piece.number}", piece.number, piece.who):
        if ids := aliases.get(alias):
            if unknown := [
                one for one in ids if students.is_imported() and one not in students.names
            ]:
                raise Refused(f"--who has {', '.join(unknown)}, not on the class list.")
            return _checked(ids)
    if piece.system == "Canvas":
        if piece.number in students.numbers or piece.number in students.names:
            return [students.numbers.get(piece.number, piece.number)]
        ids = []
    else:
        ids = students.called(piece.who)
    if not ids and not students.is_imported():
        ids = [piece.number if piece.system == "Canvas" else piece.who]
    if len(ids) > 1:
        raise Refused(f"{' and '.join(ids)} are both called so. Say who it is with --who.")
    if not ids:
        raise Refused(
            "nobody on the class list. A group, a number in place of a name, or another "
            "spelling? Say who it is with --who."
        )
    return _checked(ids)


def _checked(ids: list[str]) -> list[str]:
    for student in ids:
        check_student(student)
    return ids


def _shown(hand_in: tuple[str, str]) -> str:
    return printable("_".join(hand_in))


def _files(download: Path, handed_in: Iterable[Piece], most: int) -> Files:
    """The files of a hand-in; two of one name keep the names that they have in the download."""
    handed_in = list(handed_in)
    times = Counter(piece.name for piece in handed_in)
    files: Files = {}
    places = [piece.place for piece in handed_in]
    for piece, content in zip(handed_in, contents(download, places, most), strict=True):
        most -= len(content)
        if most < 0:
            raise Refused("it is larger than SubmissionReader.max_folder_mb allows.")
        name = piece.name if times[piece.name] == 1 else piece.place
        if name != TIME:
            files[name] = (0o644, content)
    return files


def _place(folder: Path, files: Files, student: str, found: Collected) -> None:
    """Have these files as the submission; a newer one takes the place of the older whole."""
    before = None
    if folder.exists():
        before = {name: content for name, (_, content) in read_files(folder).items()}
        before.pop(TIME, None)
        if before == {name: content for name, (_, content) in files.items()}:
            found.same.append(student)
            return
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".") as aside:
        write_files(Path(aside, "new"), files)
        if before is not None:
            shutil.move(folder, Path(aside, "old"))
        shutil.move(Path(aside, "new"), folder)
    (found.new if before is None else found.changed).append(student)
