"""The fork server's functions, outside a sandbox."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from grading.sandbox import forkserver
from grading.sandbox.bubblewrap import FORKSERVER

LANDLOCK = forkserver.libc.syscall(forkserver.LANDLOCK_CREATE_RULESET, None, 0, 1)

CHANGE_FILES = """
import os, socket, sys
import forkserver
inside, outside, sockets = sys.argv[1:]
forkserver.check(forkserver.libc.prctl(forkserver.SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl")
forkserver.restrict_writes([inside], sockets)
ACTS = {
    "read": lambda folder: open(f"{folder}/old").read(),
    "write": lambda folder: open(f"{folder}/old", "r+").write("x"),
    "truncate": lambda folder: os.truncate(f"{folder}/old", 1),
    "make": lambda folder: open(f"{folder}/new", "x"),
    "link": lambda folder: os.symlink("old", f"{folder}/link"),
    "fifo": lambda folder: os.mkfifo(f"{folder}/fifo"),
    "folder": lambda folder: os.mkdir(f"{folder}/folder"),
    "socket": lambda folder: socket.socket(socket.AF_UNIX).bind(f"{folder}/socket"),
    "remove": lambda folder: os.remove(f"{folder}/old"),
}
for folder in (inside, outside, sockets):
    for name, act in ACTS.items():
        try:
            act(folder)
        except PermissionError:
            pass
        else:
            print(os.path.basename(folder), name)
"""


def test_landlock_refuses_what_its_version_can() -> None:
    kept = forkserver.write_rights(1)
    assert kept == 0b1_1111_1111_0010  # write a file; remove and make every kind
    assert forkserver.write_rights(2) == kept
    assert forkserver.write_rights(3) == forkserver.write_rights(7) == kept | 1 << 14  # truncate


@pytest.mark.skipif(LANDLOCK < 3, reason=f"this Linux has version {LANDLOCK} of Landlock, not 3")
def test_files_change_only_where_they_may(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("inside", "outside", "sockets")]
    for folder in folders:
        folder.mkdir()
        (folder / "old").write_text("old")
    done = subprocess.run(
        [sys.executable, "-c", CHANGE_FILES, *map(str, folders)],
        cwd=FORKSERVER.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    changes = ("write", "truncate", "make", "link", "fifo", "folder", "socket", "remove")
    assert done.stdout.splitlines() == [
        *(f"inside {act}" for act in ("read", *changes)),
        "outside read",
        "sockets read",
        "sockets socket",
    ]


def test_a_failed_call_says_which_and_why(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=f"mount {tmp_path}/absent: "):
        forkserver.mount("tmpfs", str(tmp_path / "absent"), "tmpfs")


def test_it_runs_without_the_package(tmp_path: Path) -> None:
    program = f"import runpy; runpy.run_path({str(FORKSERVER)!r})"
    subprocess.run([sys.executable, "-I", "-S", "-c", program], cwd=tmp_path, check=True)
