"""Class lists, as spreadsheets and other systems write them, for ``nbgrader db student import``."""

from __future__ import annotations

import codecs
import csv
import io
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from nbgrader.api import Gradebook
from nbgrader.apps.dbapp import DbBaseApp, DbStudentImportApp

from grading.handed_in.read import Refused, check_student
from grading.plugin.download import spellings
from grading.plugin.folders import Printable

COLUMNS = ("id", "first_name", "last_name", "email", "lms_user_id")


class NoClassList(Exception):
    """A file cannot be read as a class list; the text says why and what to do."""


def read_students(content: bytes) -> dict[str, dict[str, str | None]]:
    """The students of a class list, by id.

    Parameters
    ----------
    content : bytes
        UTF-8, UTF-16 or Latin-1, with or without a byte order mark; columns separated by commas,
        semicolons or tabs, named in the first row that is not blank.

    Returns
    -------
    dict
        What nbgrader keeps of each student; None where nothing was written.

    Raises
    ------
    NoClassList
        If there is no column ``id``, an id is missing, twice there, or no name of a folder.
    """
    names, rest = table(content, "id")
    students: dict[str, dict[str, str | None]] = {}
    for number, row in rest:
        values = dict(zip(names, row, strict=False))
        student = {name: values.get(name) or None for name in COLUMNS if name in names}
        who = student.pop("id")
        if who is None:
            raise NoClassList(f"row {number} has no id. Give it one, or remove the row.")
        if who in students:
            raise NoClassList(f"row {number} has the id {who} of an earlier row.")
        try:
            check_student(who)
        except Refused as refused:
            raise NoClassList(f"row {number}: {refused}") from None
        students[who] = student
    return students


def read_who(content: bytes) -> dict[str, list[str]]:
    """Who hides behind a name in a download: a group's members, or the one of several namesakes.

    Parameters
    ----------
    content : bytes
        A table as for :func:`read_students`, with columns ``name`` and ``id``; a row for each
        student. The name is what stands in the download, its number, or both with ``_`` between.

    Raises
    ------
    NoClassList
        If a column is missing, or an entry.
    """
    names, rest = table(content, "name", "id")
    found: dict[str, list[str]] = {}
    for number, row in rest:
        values = dict(zip(names, row, strict=False))
        if not values.get("name") or not values.get("id"):
            raise NoClassList(f"row {number} needs a name and an id.")
        found.setdefault(values["name"], []).append(values["id"])
    return found


@dataclass(frozen=True)
class ClassList:
    """The students that the gradebook knows: names by id, ids by number, and addresses."""

    names: Mapping[str, str]
    numbers: Mapping[str, str]
    emails: frozenset[str] = frozenset()

    @classmethod
    def of(cls, gradebook: Gradebook) -> ClassList:
        """Read it."""
        students = list(gradebook.students)
        return cls(
            {one.id: f"{one.first_name or ''} {one.last_name or ''}".strip() for one in students},
            {one.lms_user_id: one.id for one in students if one.lms_user_id},
            frozenset(one.email for one in students if one.email),
        )

    def is_imported(self) -> bool:
        """Whether it tells more than who has handed in, whom nbgrader adds by the id alone."""
        return bool(any(self.names.values()) or self.numbers or self.emails)

    def called(self, who: str) -> list[str]:
        """The ids of those who may be meant by a name, the closest spelling first.

        Two who are spelled alike are both named; letters that a file's name cannot have, accents
        and the order of first and last name decide nothing where only one can be meant.
        """
        for spelled, wanted in zip(self._spelled, spellings(who), strict=True):
            if found := spelled.get(wanted):
                return list(found)
        return []

    @cached_property
    def _spelled(self) -> list[dict[str, dict[str, None]]]:
        """The ids, by each spelling of what their students are called."""
        tables: list[dict[str, dict[str, None]]] = [{}, {}, {}]
        for id, name in self.names.items():
            first, _, last = name.rpartition(" ")
            for called in (id, name, f"{last} {first}"):
                for spelled, spelling in zip(tables, spellings(called), strict=True):
                    spelled.setdefault(spelling, {})[id] = None
        for spelled in tables:
            spelled.pop("", None)
        return tables

    def stranger(self, student: str) -> str | None:
        """A sentence on whoever is not on an imported class list; None for all others."""
        if student in self.names or not self.is_imported():
            return None
        meant = " or ".join(f"{id} ({self.names[id]})" for id in self.called(student))
        perhaps = f"If it is {meant}, rename the folder; if not" if meant else "If that is right"
        return (
            f"{student} is not on the class list and was not graded. {perhaps}, run: "
            f"nbgrader db student add {shlex.quote(student)}"
        )


def table(content: bytes, *needed: str) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """The names of the columns, in lower case, and the rows with their numbers.

    Parameters
    ----------
    content : bytes
        As for :func:`read_students`.
    needed : str
        Columns that there must be.

    Raises
    ------
    NoClassList
        If it is empty, or lacks one of these.
    """
    lines = _decode(content).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    header = next((line for line in lines if line.strip(",;\t ")), "")
    delimiter = max(",;\t", key=header.count)
    rows = list(csv.reader(io.StringIO("\n".join(lines)), delimiter=delimiter))
    numbered = [(number, row) for number, row in enumerate(rows, 1) if any(map(str.strip, row))]
    if not numbered:
        raise NoClassList("it is empty. Its first row must name the columns, such as: id,email")
    (_, first), *rest = numbered
    names = [name.strip().casefold() for name in first]
    for name in needed:
        if name not in names:
            found = ", ".join(map(str.strip, first))
            raise NoClassList(
                f"it has no column named {name}, but: {found}. Name the columns in row 1."
            )
    return names, [(number, [value.strip() for value in row]) for number, row in rest]


def import_students(app: DbStudentImportApp) -> None:
    """Do what ``nbgrader db student import FILE`` does, or say in one sentence why not."""
    DbBaseApp.start(app)
    app.log.addFilter(Printable())
    if len(app.extra_args) != 1:
        app.fail("Name one class list: nbgrader db student import FILE.csv")
    (path,) = app.extra_args
    try:
        students = read_students(Path(path).read_bytes())
    except OSError as error:
        app.fail("%s cannot be read: %s.", path, error.strerror)
    except (NoClassList, csv.Error) as why:
        app.fail("%s cannot be imported: %s", path, why)
    with Gradebook(app.coursedir.db_url, app.course_id, app.authenticator) as gradebook:
        for student, columns in students.items():
            gradebook.update_or_create_student(student, **columns)
        others = sorted(one.id for one in gradebook.students if one.id not in students)
    app.log.info("%d students imported from %s.", len(students), path)
    if others:
        app.log.warning(
            "In the gradebook, and not in %s: %s. `nbgrader db student remove ID` removes one.",
            path,
            ", ".join(others),
        )


def _decode(content: bytes) -> str:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")
