"""The course's secret, from which each student's cases are drawn."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Sequence
from pathlib import Path

SECRET_BYTES = 32


def course_secret(file: Path) -> bytes:
    """The course's secret, made at its first use.

    Raises
    ------
    ValueError
        If the file holds something else.
    """
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        secret = bytes.fromhex(file.read_text())
        if len(secret) != SECRET_BYTES:
            raise ValueError(f"{file} is damaged: delete it to have a new secret made") from None
        return secret
    secret = secrets.token_bytes(SECRET_BYTES)
    with os.fdopen(descriptor, "w") as out:
        out.write(secret.hex())
    return secret


def student_key(secret: bytes, student: str, assignment: str) -> bytes:
    """The key of a student's work on an assignment, from the course's secret."""
    return _digest(secret, [student, assignment])


def case_key(key: bytes, work: Sequence[str]) -> bytes:
    """The key from which cases are drawn: the same when the same work is graded again.

    Other work has other cases: student code sees those that it is asked with, and can print them
    into its feedback.

    Parameters
    ----------
    key : bytes
        From :func:`student_key`.
    work : sequence of str
        The code that was handed in.
    """
    return _digest(key, work)


def _digest(key: bytes, what: Sequence[str]) -> bytes:
    return hmac.digest(key, json.dumps(list(what)).encode(), hashlib.sha256)
