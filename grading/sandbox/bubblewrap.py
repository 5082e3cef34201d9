"""Sealing with namespaces: one bubblewrap, in which every kernel of a grader is forked.

What it holds stands in :mod:`grading.sandbox.policy`; what runs in it first is
:mod:`grading.sandbox.forkserver`.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from grading.sandbox import policy, seccomp
from grading.sandbox.forkserver import Namespaced
from grading.sandbox.policy import Mount
from grading.sandbox.server import FORKSERVER, Asked, Server, Started, data_files

INSTALL = "sudo apt-get install bubblewrap   (Debian, Ubuntu; elsewhere: the package bubblewrap)"
RIGHTS = ("CAP_SYS_ADMIN", "CAP_SETUID", "CAP_SETGID")  # of the fork server, to give them up
PROGRAM = "/forkserver.py"  # where it lies in the sandbox, if nothing else does
RELEASED = "/released"  # where the data files lie, until a kernel has them in its home
MOST_LINKS = 40  # on the way to one path, as Linux has it


@cache
def problem() -> str | None:
    """Why no sandbox can be made on this machine, with what to do about it; None if one can."""
    if sys.platform != "linux":
        return "Student code is sealed with bubblewrap, which exists on Linux only."
    bwrap = shutil.which("bwrap")
    if bwrap is None:
        return f"bubblewrap, which seals student code, is not installed. Install it:\n  {INSTALL}"
    command = [bwrap, *_isolation(root=os.getuid() == 0), "--ro-bind", "/", "/"]
    command += ["--proc", "/proc", sys.executable, "-I", "-S", str(FORKSERVER)]
    trial = subprocess.run(command, capture_output=True, text=True)
    if trial.returncode == 0:
        return None
    return (
        "bubblewrap is installed but cannot make a sandbox here:\n"
        f"  {trial.stderr.strip()}\n"
        "Unprivileged user namespaces may be switched off (Ubuntu 24.04: "
        "sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0; in a container, it needs "
        "the right to create namespaces)."
    )


class Sandbox(Server):
    """A running fork server inside bubblewrap; see :class:`grading.sandbox.server.Server`.

    Raises
    ------
    RuntimeError
        If bubblewrap is not installed: nothing is ever started unsealed.
    """

    def start(self, asked: Asked, control: int, uid: int) -> Started:
        bwrap = shutil.which("bwrap")
        if bwrap is None:
            raise RuntimeError(problem())
        files = {str(file.relative_to(asked.data)): file for file in data_files(asked.data)}
        python = sys.executable
        machine = shown(python, asked.packages)
        program, released, home, self._sockets = (
            _free(place, machine) for place in (PROGRAM, RELEASED, policy.HOME, policy.SOCKETS)
        )
        writable = [home, *(place for place in policy.WRITABLE if place != policy.HOME)]
        settings: Namespaced = {
            **self.told(asked, control, uid),
            "seccomp": seccomp.program(platform.machine()).hex(),
            "listening": seccomp.refusing(policy.REFUSED_LATER, platform.machine()).hex(),
            "writable": writable,
            "covered": _below(writable, machine, "ro-bind"),
            "links": _below(writable, machine, "symlink"),
            "home": home,
            "released": released,
            "data": list(files),
            "sockets": self._sockets,
        }
        mounts = [
            *machine,
            Mount("tmpfs", "", home),
            *(Mount("ro-bind", str(file), f"{released}/{name}") for name, file in files.items()),
            Mount("bind", str(self.folder), self._sockets),
            Mount("ro-bind", str(FORKSERVER), program),
        ]
        environment = environment_of(python, machine, policy.WRITABLE[0])
        command = [bwrap, *arguments(mounts, environment, root=os.getuid() == 0)]
        command += ["--", python, "-I", program, json.dumps(settings)]
        return command, {"PATH": os.defpath}  # bwrap's own

    def seen(self, sockets: Path) -> str:
        return self._sockets


def environment_of(python: str, machine: Iterable[Mount], tmp: str) -> dict[str, str]:
    """The variables that kernels see.

    Parameters
    ----------
    python : str
        The interpreter.
    machine : iterable of Mount
        See :func:`shown`.
    tmp : str
        A folder of the kernel's own.
    """
    environment = {"PATH": f"{Path(python).parent}:/usr/bin:/bin"}
    environment |= {name: value.format(tmp=tmp) for name, value in policy.ENVIRONMENT.items()}
    for library in _library():
        if any(mount.place == library for mount in machine):  # where its program may not look
            environment["LD_LIBRARY_PATH"] = os.path.dirname(library)
    return environment


def shown(python: str, packages: Iterable[str]) -> list[Mount]:
    """What every sandbox on this machine holds.

    Parameters
    ----------
    python : str
        The interpreter.
    packages : iterable of str
        Folders to show besides its own.
    """
    system = filter(os.path.isdir, policy.SYSTEM)
    links: dict[str, str] = {}
    found = {_resolved(path, links) for path in (*system, *_interpreter(python), *packages)}
    _resolved(python, links)
    folders = _outermost(found - {"/"})
    ours = {mount.place for mount in policy.PRIVATE}
    return [
        *policy.PRIVATE,
        *(Mount("ro-bind", path, path) for path in folders),
        *(
            Mount("symlink", target, place)
            for place, target in links.items()
            if place not in ours
            and not any(map(Path(place).is_relative_to, folders))  # which hold their own links
        ),
        *policy.CONFIGURATION,
    ]


def arguments(mounts: Iterable[Mount], environment: Mapping[str, str], root: bool) -> list[str]:
    """The options of a bubblewrap that holds this and nothing else.

    Parameters
    ----------
    mounts : iterable of Mount
        In their order: what comes later lies over what came before.
    environment : mapping of str to str
        The variables that its program sees.
    root : bool
        Whether root starts it; an ordinary user needs one more namespace.
    """
    options = _isolation(root)
    for mount in mounts:
        options += _mounted(mount)
    options += ["--remount-ro", "/dev", "--remount-ro", "/"]  # tmpfs without a size limit
    options += ["--chdir", "/", "--clearenv"]
    for name, value in environment.items():
        options += ["--setenv", name, value]
    return options


def _isolation(root: bool) -> list[str]:
    options = [f"--unshare-{name}" for name in policy.NAMESPACES]
    options += ["--hostname", "sandbox", "--die-with-parent", "--new-session"]
    options += ["--cap-drop", "ALL"]
    for right in RIGHTS:
        options += ["--cap-add", right]
    return options if root else [*options, "--unshare-user"]


def _mounted(mount: Mount) -> list[str]:
    kind, source, place = mount
    before = {bound: _parents(place) for bound in ("ro-bind", "ro-bind-try")}
    before["tmpfs"] = ["--perms", "1777"]
    before["symlink"] = before["ro-bind"]
    return [*before.get(kind, []), f"--{kind}", *([source] if source else []), place]


def _below(writable: Iterable[str], mounts: Iterable[Mount], kind: str) -> dict[str, str]:
    """What is shown where a kernel has a tmpfs of its own, such as a checkout in /tmp."""
    return {
        mount.place: mount.source
        for mount in mounts
        if mount.kind == kind and any(map(Path(mount.place).is_relative_to, writable))
    }


def _free(place: str, mounts: Iterable[Mount]) -> str:
    """Return a place for something of ours where the machine has nothing to show."""
    places = [Path(mount.place) for mount in mounts if mount.kind != "tmpfs"]
    while any(each.is_relative_to(place) for each in places):
        place += "_"
    return place


def _resolved(path: str, links: dict[str, str]) -> str:
    """Follow a path as Linux does; take down the symbolic links on the way, which are shown too."""
    at, rest = "/", list(reversed(Path(path).parts[1:]))
    for _ in range(MOST_LINKS):
        while rest and not os.path.islink(step := os.path.normpath(os.path.join(at, rest[-1]))):
            at = step
            rest.pop()
        if not rest:
            break
        links[step] = target = os.readlink(step)
        at = "/" if target.startswith("/") else at
        rest[-1:] = reversed([part for part in target.split("/") if part])
    return at


def _interpreter(python: str) -> set[str]:
    """The folders that an interpreter needs: its environment, and the one that made it."""
    return {
        *(sys.prefix, sys.base_prefix, sys.exec_prefix),
        str(Path(python).resolve().parent.parent),
        *_library(),
    }


def _library() -> list[str]:
    """The interpreter's shared library, wherever it was found; none if it needs none."""
    with open("/proc/self/maps", errors="surrogateescape") as maps:
        paths = {line.rstrip("\n").partition("/")[2] for line in maps}
    found = (f"/{path}" for path in paths if os.path.basename(path).startswith("libpython"))
    return sorted(filter(os.path.isfile, found))[:1]


def _outermost(folders: set[str]) -> list[str]:
    kept: list[str] = []
    for folder in sorted(folders):
        if not any(Path(folder).is_relative_to(other) for other in kept):
            kept.append(folder)
    return kept


def _parents(path: str) -> list[str]:
    """Make the parents of a mount point first: bwrap itself would make them unreadable (0700)."""
    arguments = []
    for parent in reversed(Path(path).parents):
        if parent != Path("/"):
            arguments += ["--perms", "0755", "--dir", str(parent)]
    return arguments
