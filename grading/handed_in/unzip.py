"""The files in a zip, in memory and within bounds; nothing is ever written where it says."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator

ENTRY = b"PK\x01\x02"  # begins the record of each file in a zip
ENCRYPTED = 1  # a bit of its flags
READABLE = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # others unpack much in one step


class Unreadable(Exception):
    """A zip cannot be read; the text says why, as the end of a sentence about it."""


def unzip(archive: bytes, most_files: int, most_bytes: int) -> Iterator[tuple[str, bytes]]:
    """The name and the content of each file.

    Parameters
    ----------
    archive : bytes
    most_files : int
        How many files there may be.
    most_bytes : int
        How many bytes all of them may have together.

    Raises
    ------
    Unreadable
        If there is more of it, or it is encrypted or damaged.
    """
    if archive.count(ENTRY) > most_files:  # before Python makes an object for each
        raise Unreadable(f"holds more than {most_files} files")
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as zipped:
            for member in zipped.infolist():
                if member.is_dir():
                    continue
                if member.flag_bits & ENCRYPTED:
                    raise Unreadable("is encrypted")
                if member.compress_type not in READABLE:
                    raise Unreadable("is compressed in a way that is not read here")
                with zipped.open(member) as file:
                    content = file.read(most_bytes + 1)
                most_bytes -= len(content)
                if most_bytes < 0:
                    raise Unreadable("holds too much")
                yield member.filename, content
    except Unreadable:
        raise
    except Exception as error:  # of many kinds, by where the damage is
        raise Unreadable("is damaged") from error
