"""Class lists, as spreadsheets and other systems write them, for ``nbgrader db student import``."""

from __future__ import annotations

import codecs
import csv
import io
from pathlib import Path

from nbgrader.api import Gradebook
from nbgrader.apps.dbapp import DbBaseApp, DbStudentImportApp

from grading.handed_in.read import Refused, check_student
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
    lines = _decode(content).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    header = next((line for line in lines if line.strip(",;\t ")), "")
    delimiter = max(",;\t", key=header.count)
    rows = list(csv.reader(io.StringIO("\n".join(lines)), delimiter=delimiter))
    numbered = [(number, row) for number, row in enumerate(rows, 1) if any(map(str.strip, row))]
    if not numbered:
        raise NoClassList("it is empty. Its first row must name the columns, such as: id,email")
    (_, first), *rest = numbered
    names = [name.strip().casefold() for name in first]
    if "id" not in names:
        found = ", ".join(map(str.strip, first))
        raise NoClassList(f"it has no column named id, but: {found}. Name the columns in row 1.")
    students: dict[str, dict[str, str | None]] = {}
    for number, row in rest:
        values = dict(zip(names, map(str.strip, row), strict=False))
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
    app.log.info("%d students imported from %s.", len(students), path)


def _decode(content: bytes) -> str:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")
