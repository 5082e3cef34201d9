"""Other machines than this one: the beginnings of command lines that run the rest on them."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tests.support import REPOSITORY

NOBODY = 65534


def readable(*folders: Path) -> list[str]:
    """What a container needs so that another user can read these folders where they are."""
    arguments: list[str] = []
    closed = set()
    for folder in folders:
        for parent in reversed(folder.parents):
            if parent.stat().st_mode & 0o5 != 0o5:
                if parent not in closed:
                    arguments += ["--perms", "0755", "--tmpfs", str(parent)]
                closed.add(parent)
                between = [p for p in folder.parents if p != parent and p.is_relative_to(parent)]
                for each in reversed(between):
                    arguments += ["--perms", "0755", "--dir", str(each)]
                arguments += ["--ro-bind", str(folder), str(folder)]
                break
    return arguments


def as_nobody() -> list[str]:
    """The start of a command line that runs the rest as an ordinary user, if we are root."""
    if os.getuid() != 0:
        return []
    other = [f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--no-new-privs"]
    return [*_open(), "setpriv", *other, "env", "HOME=/tmp"]


def without_namespaces(root: bool) -> list[str]:
    """The start of one to which namespaces are denied, as root or as an ordinary user."""
    denied = [sys.executable, str(Path(__file__).with_name("without_namespaces.py"))]
    return [*(_open() if root else as_nobody()), *denied]


def _open() -> list[str]:
    """A container that is this machine, but that every user gets to what tests need."""
    folders = [REPOSITORY, Path(sys.prefix), Path(sys.base_prefix)]
    whole = ["--cap-add", "ALL", "--bind", "/", "/", "--dev-bind", "/dev", "/dev"]
    return ["bwrap", *whole, *readable(*folders), "--"]
