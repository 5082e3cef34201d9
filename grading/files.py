"""Folders as plain values, and files that are written whole or not at all."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path

# Path relative to a folder → permissions, content; an empty folder's path ends with a slash.
Files = dict[str, tuple[int, bytes]]


def read_files(root: Path) -> Files:
    """Everything in a folder, which holds ordinary files and folders only."""
    files: Files = {}
    for base, folders, names in os.walk(root):
        for name in names:
            path = Path(base, name)
            files[str(path.relative_to(root))] = (path.stat().st_mode & 0o777, path.read_bytes())
        if not folders and not names and base != str(root):
            files[f"{Path(base).relative_to(root)}/"] = (0o755, b"")
    return files


def read_notebooks(folder: Path) -> Files:
    """The notebooks of a folder, without what lies beside or below them."""
    return {path.name: (0o644, path.read_bytes()) for path in sorted(folder.glob("*.ipynb"))}


def write_files(folder: Path, files: Files) -> None:
    """Make a folder of such files."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, (mode, content) in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name.endswith("/"):
            path.mkdir()
        else:
            path.write_bytes(content)
            path.chmod(mode)


def style_sheet(own: Path) -> str:
    """The style sheet of a page: what all of ours share, and its own."""
    return "".join(path.read_text() for path in (Path(__file__).with_name("pages.css"), own))


def write_whole(path: Path, content: bytes) -> None:
    """Write a file beside its place and move it there, so that nobody reads half of it.

    A file that is replaced keeps its permissions; a link goes on leading to its file.
    """
    path = path.resolve()
    mode = path.stat().st_mode & 0o777 if path.exists() else None
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".") as folder:
        new = Path(folder, path.name)
        new.write_bytes(content)  # with the permissions of any new file
        if mode is not None:
            new.chmod(mode)
        new.replace(path)


def remove(folder: str | Path) -> None:
    """Remove a folder that a kernel wrote into, with what it left that nobody can list or reach."""
    with suppress(RecursionError):
        shutil.rmtree(folder, ignore_errors=True)
    if os.path.isdir(folder):
        for command in (["chmod", "-R", "u+rwx"], ["rm", "-rf"]):
            subprocess.run([*command, str(folder)], stderr=subprocess.DEVNULL)


def flush(*paths: Path) -> None:
    """Wait until files and folders are on the disk, where a power cut cannot undo them."""
    for path in paths:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
