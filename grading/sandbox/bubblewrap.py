"""The sandbox: one bubblewrap, in which every kernel of a grader is forked.

What it holds stands in :mod:`grading.sandbox.policy`; what runs in it first is
:mod:`grading.sandbox.forkserver`.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from grading.sandbox import policy, seccomp
from grading.sandbox.policy import Mount

FORKSERVER = Path(__file__).with_name("forkserver.py")
INSTALL = "sudo apt-get install bubblewrap   (Debian, Ubuntu; elsewhere: the package bubblewrap)"
FIRST_UID = 200_000  # as root, each grader process runs its kernels under a uid of its own
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


class Sandbox:
    """A running fork server inside bubblewrap.

    Parameters
    ----------
    folder : Path
        A private folder of the grader's, with a name short enough for sockets; the caller
        removes it.
    data : str
        Folder whose files, notebooks excepted, lie in every kernel's ``/student``, read-only;
        empty for none.
    imports : sequence of str
        Modules to import before forking; missing ones are passed over.
    packages : sequence of str
        Folders of packages to show read-only besides the interpreter's own.
    limits : pairs of str and int
        Resource limits of a kernel, by name without ``RLIMIT_``.
    disk : int
        Size of each writable tmpfs of a kernel, in bytes.

    Raises
    ------
    RuntimeError
        If bubblewrap is not installed: nothing is ever started unsealed.
    """

    def __init__(
        self,
        folder: Path,
        data: str,
        imports: Sequence[str],
        packages: Sequence[str],
        limits: Sequence[tuple[str, int]],
        disk: int,
    ) -> None:
        bwrap = shutil.which("bwrap")
        if bwrap is None:
            raise RuntimeError(problem())
        self._settings = {
            "data": data,
            "imports": imports,
            "packages": packages,
            "limits": limits,
            "disk": disk,
        }
        self._states = _states(data)
        self.folder = Path(tempfile.mkdtemp(dir=folder))
        self._uid = FIRST_UID + os.getpid() % 50_000 if os.getuid() == 0 else 0
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        files = {str(file.relative_to(data)): file for file in _data_files(data)}
        python = sys.executable
        machine = shown(python, packages)
        program, released, home, self.sockets = (
            _free(place, machine) for place in (PROGRAM, RELEASED, policy.HOME, policy.SOCKETS)
        )
        writable = [home, *(place for place in policy.WRITABLE if place != policy.HOME)]
        settings = {
            "control": theirs.fileno(),
            "uid": self._uid,
            "limits": dict(limits),
            "disk": disk,
            "writable": writable,
            "home": home,
            "released": released,
            "data": list(files),
            "sockets": self.sockets,
            "imports": list(imports),
            "files": policy.FILES,
            "seccomp": seccomp.program(platform.machine()).hex(),
            "listening": seccomp.refusing(policy.REFUSED_LATER, platform.machine()).hex(),
        }
        settings["covered"] = _below(writable, machine, "ro-bind")
        settings["links"] = _below(writable, machine, "symlink")
        mounts = [
            *machine,
            Mount("tmpfs", "", home),
            *(Mount("ro-bind", str(file), f"{released}/{name}") for name, file in files.items()),
            Mount("bind", str(self.folder), self.sockets),
            Mount("ro-bind", str(FORKSERVER), program),
        ]
        environment = {"PATH": f"{Path(python).parent}:/usr/bin:/bin", **policy.ENVIRONMENT}
        for library in _library():
            if any(mount.place == library for mount in machine):  # where its program may not look
                environment["LD_LIBRARY_PATH"] = os.path.dirname(library)
        command = [bwrap, *arguments(mounts, environment, root=os.getuid() == 0)]
        command += ["--", python, "-I", program, json.dumps(settings)]
        with theirs, open(self.folder / "errors", "wb") as errors:
            self._process = subprocess.Popen(
                command,
                env={"PATH": os.defpath},  # bwrap's own
                cwd="/",
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
            )

    def serves(self, settings: Mapping[str, Any]) -> bool:
        """Whether kernels can still be forked, with these settings and today's data files."""
        same = settings == self._settings and self._states == _states(self._settings["data"])
        return same and self._process.poll() is None

    def errors(self) -> str:
        """The end of what bubblewrap and the fork server had to complain of."""
        return (self.folder / "errors").read_text(errors="replace")[-2000:].strip()

    def socket_folder(self) -> Path:
        """Make a folder that one kernel will see as ``/s``, in which it can make sockets only."""
        folder = Path(tempfile.mkdtemp(dir=self.folder))
        if self._uid:
            os.chown(folder, self._uid, self._uid)
        return folder

    def fork(self, sockets: Path, connection: Mapping[str, Any]) -> socket.socket:
        """Have a kernel forked.

        Parameters
        ----------
        sockets : Path
            From :meth:`socket_folder`.
        connection : mapping
            What a Jupyter connection file holds, with addresses as the kernel sees them.

        Returns
        -------
        socket
            Stands for the kernel's life: it can be read (end of file) when the kernel has ended,
            and closing it ends the kernel. Anything sent is answered with the seconds of processor
            time that the kernel has used, a native double.

        Raises
        ------
        RuntimeError
            If the fork server has ended, with its last words.
        """
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        request = json.dumps({"sockets": sockets.name, "connection": dict(connection)})
        with theirs:
            try:
                socket.send_fds(self._control, [request.encode()], [theirs.fileno()])
            except OSError:
                raise RuntimeError(f"The sandbox has ended: {self.errors()}") from None
        return ours

    def close(self) -> None:
        """End the fork server and every kernel, and remove what they left."""
        self._control.close()
        self._process.kill()
        self._process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


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


def _data_files(folder: str) -> list[Path]:
    if not folder:
        return []
    files = (Path(base, name) for base, _, names in os.walk(folder) for name in names)
    ordinary = (file for file in files if stat.S_ISREG(file.lstat().st_mode))
    return sorted(file for file in ordinary if file.suffix != ".ipynb")


def _states(folder: str) -> list[tuple[Path, int, int]]:
    """By which one sees that data files were changed."""
    states = ((file, file.stat()) for file in _data_files(folder))
    return [(file, state.st_ino, state.st_mtime_ns) for file, state in states]


def _parents(path: str) -> list[str]:
    """Make the parents of a mount point first: bwrap itself would make them unreadable (0700)."""
    arguments = []
    for parent in reversed(Path(path).parents):
        if parent != Path("/"):
            arguments += ["--perms", "0755", "--dir", str(parent)]
    return arguments
