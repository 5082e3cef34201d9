"""The folders that a step of nbgrader's is for, whatever students' names hold."""

from __future__ import annotations

import glob
import logging
from pathlib import Path

from nbgrader.converters import BaseConverter

from grading.handed_in.printable import printable


def find_folders(converter: BaseConverter) -> list[str]:
    """The folders of the submissions that it is for, also where a name looks like a pattern."""
    course = converter.coursedir
    folder = converter._format_source(course.assignment_id, course.student_id)
    return [folder] if Path(folder).is_dir() else sorted(glob.glob(folder))


class Printable(logging.Filter):
    """Lets no control character of a student's or a file's name through to the terminal."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(
                printable(str(arg)) if isinstance(arg, str | Path) else arg for arg in record.args
            )
        record.msg, record.args = printable(record.getMessage(), keep="\n\t"), ()
        return True
