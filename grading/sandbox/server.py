"""The grader's side of a fork server: what it is told, how kernels are asked of it, and its end."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import stat
import subprocess
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from weakref import WeakSet

from grading.files import remove
from grading.sandbox import policy
from grading.sandbox.forkserver import Settings

FORKSERVER = Path(__file__).with_name("forkserver.py")
FIRST_UID = 200_000  # as root, each grader process runs its kernels under a uid of its own
END = 5.0  # seconds for kernels to end
Started = tuple[list[str], dict[str, str]]  # a command, and its environment


class Asked(NamedTuple):
    """What a grader wants of a sandbox.

    Parameters
    ----------
    data : str
        Folder whose files, notebooks excepted, lie where every kernel starts; empty for none.
    imports : sequence of str
        Modules to import before forking; missing ones are passed over.
    packages : sequence of str
        Folders of packages to show read-only besides the interpreter's own.
    limits : pairs of str and int
        Resource limits of a kernel, by name without ``RLIMIT_``.
    disk : int
        Bytes of what a kernel can write in one place.
    """

    data: str
    imports: Sequence[str]
    packages: Sequence[str]
    limits: Sequence[tuple[str, int]]
    disk: int


class Server(ABC):
    """A fork server that runs, and has a kernel forked for each request.

    Parameters
    ----------
    folder : Path
        A private folder of the grader's, with a name short enough for sockets; the caller
        removes it.
    asked : Asked
    """

    def __init__(self, folder: Path, asked: Asked) -> None:
        self._asked = asked
        self._states = _states(asked.data)
        self._lives: WeakSet[socket.socket] = WeakSet()
        self.folder = Path(tempfile.mkdtemp(dir=folder))
        self._uid = FIRST_UID + os.getpid() % 50_000 if os.getuid() == 0 else 0
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs, open(self.folder / "errors", "wb") as errors:
            command, environment = self.start(asked, theirs.fileno(), self._uid)
            self._process = subprocess.Popen(
                command,
                env=environment,
                cwd="/",
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
            )

    @abstractmethod
    def start(self, asked: Asked, control: int, uid: int) -> Started:
        """How the fork server is started, which finds its control socket as `control`."""

    @abstractmethod
    def seen(self, sockets: Path) -> str:
        """What a kernel calls its folder of sockets."""

    @staticmethod
    def told(asked: Asked, control: int, uid: int) -> Settings:
        """What every fork server is told; its filters are for others to add."""
        return {
            "control": control,
            "uid": uid,
            "limits": dict(asked.limits),
            "disk": asked.disk,
            "files": policy.FILES,
            "imports": list(asked.imports),
            "seccomp": "",
            "listening": "",
        }

    def serves(self, asked: Asked) -> bool:
        """Whether kernels can still be forked, as asked for and with today's data files."""
        same = asked == self._asked and self._states == _states(asked.data)
        return same and self._process.poll() is None

    def errors(self) -> str:
        """The end of what the fork server, and what it is started by, had to complain of."""
        return (self.folder / "errors").read_text(errors="replace")[-2000:].strip()

    def socket_folder(self) -> Path:
        """Make a folder in which one kernel can make sockets."""
        folder = Path(tempfile.mkdtemp(dir=self.folder))
        self.give(folder)
        return folder

    def give(self, path: Path) -> None:
        """Let a file or folder belong to whom kernels run as."""
        if self._uid:
            os.chown(path, self._uid, self._uid)

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
        with theirs:
            try:
                ours.send(json.dumps({"sockets": sockets.name, "connection": connection}).encode())
                socket.send_fds(self._control, [b"k"], [theirs.fileno()])
            except OSError:
                raise RuntimeError(f"The sandbox has ended: {self.errors()}") from None
        self._lives.add(ours)
        return ours

    def close(self) -> None:
        """End the fork server and every kernel, and remove what they left."""
        for life in list(self._lives):
            with contextlib.suppress(OSError):
                life.settimeout(END)
                life.shutdown(socket.SHUT_WR)
                while life.recv(1 << 12):
                    pass
        self._control.close()
        self._process.kill()
        self._process.wait()
        remove(self.folder)


def data_files(folder: str) -> list[Path]:
    """The ordinary files of a folder that students get besides notebooks."""
    if not folder:
        return []
    files = (Path(base, name) for base, _, names in os.walk(folder) for name in names)
    ordinary = (file for file in files if stat.S_ISREG(file.lstat().st_mode))
    return sorted(file for file in ordinary if file.suffix != ".ipynb")


def _states(folder: str) -> list[tuple[Path, int, int]]:
    """By which one sees that data files were changed."""
    states = ((file, file.stat()) for file in data_files(folder))
    return [(file, state.st_ino, state.st_mtime_ns) for file, state in states]
