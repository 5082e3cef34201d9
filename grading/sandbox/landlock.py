"""Sealing without namespaces: Landlock, a filter that allows little, and limits.

For containers and hubs in which nobody may make namespaces. What it holds stands in
:mod:`grading.sandbox.policy`, how kernels are sealed in :mod:`grading.sandbox.forkserver`; what it
cannot stop, in docs/guarantees.md.
"""

from __future__ import annotations

import json
import platform
import shutil
import sys
from pathlib import Path

from grading.sandbox import policy, seccomp
from grading.sandbox.bubblewrap import environment_of, shown
from grading.sandbox.forkserver import LEAST, Landlocked, landlock_version
from grading.sandbox.server import FORKSERVER, Asked, Server, Started, data_files

REMARK = (
    "There are no namespaces here: student code is sealed by Landlock and seccomp. It can still "
    "learn which files and processes exist, how large and how old, and the machine's name and "
    "load; what it writes and holds is watched rather than bounded. docs/guarantees.md has the "
    "whole list."
)


def problem() -> str | None:
    """Why student code cannot be sealed so on this machine; None if it may be."""
    if sys.platform != "linux":
        return "Landlock, which seals student code where there are no namespaces, is Linux's."
    if platform.machine() not in seccomp.ARCHITECTURES:
        return f"The filter of system calls is not written for {platform.machine()}."
    version = landlock_version()
    if version < LEAST:
        has = f"version {version} of it" if version > 0 else "none that is switched on"
        return (
            f"Landlock must have version {LEAST} (Linux 6.2) to seal student code without "
            f"namespaces; this Linux has {has} (lsm=landlock,… among what it is booted with)."
        )
    return None


class Sandbox(Server):
    """A running fork server behind Landlock; see :class:`grading.sandbox.server.Server`.

    Raises
    ------
    RuntimeError
        If Landlock or the filter is missing: nothing is ever started unsealed. Also if whom kernels
        run as, where root grades, could not get to what they need.
    """

    def start(self, asked: Asked, control: int, uid: int) -> Started:
        if why := problem():
            raise RuntimeError(why)
        self._data = {file.relative_to(asked.data): file for file in data_files(asked.data)}
        machine = shown(sys.executable, asked.packages)
        readable = [mount.source for mount in machine if mount.kind.startswith("ro-bind")]
        if uid:
            self._open_the_way([sys.prefix, sys.base_prefix, *asked.packages])
        own = self.folder / "tmp"
        own.mkdir()
        settings: Landlocked = {
            **self.told(asked, control, uid),
            "seccomp": seccomp.alone(platform.machine()).hex(),
            "listening": seccomp.refusing(policy.REFUSED_LATER_ALONE, platform.machine()).hex(),
            "folder": str(self.folder),
            "own": str(own),
            "readable": readable,
            "devices": list(policy.DEVICES),
        }
        command = [sys.executable, "-I", str(FORKSERVER), json.dumps(settings)]
        return command, environment_of(sys.executable, machine, str(own))

    def _open_the_way(self, needed: list[str]) -> None:
        """Let another user get to the kernels' folders, but list nothing."""
        for folder in (self.folder, self.folder.parent):
            folder.chmod(0o711)
        for path in (*needed, str(self.folder)):
            closed = [each for each in Path(path).resolve().parents if not each.stat().st_mode & 1]
            if closed:
                raise RuntimeError(
                    f"Student code runs as a user of its own, who cannot get to {path}, because "
                    f"{closed[0]} is closed to others: install Python where everybody can read "
                    "it, let TMPDIR be such a place, or grade as an ordinary user."
                )

    def seen(self, sockets: Path) -> str:
        return str(sockets)

    def socket_folder(self) -> Path:
        """Make a kernel's folder: of its sockets, and in it one to start in and one for the rest.

        Of the data files it has copies of its own.
        """
        folder = super().socket_folder()
        home = folder / "home"
        for each in (home, folder / "tmp"):
            each.mkdir(0o700)
            self.give(each)
        for name, file in self._data.items():
            copy = home / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, copy)
            copy.chmod(0o444)
        for path in home.rglob("*"):
            self.give(path)
        return folder
