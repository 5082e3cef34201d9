"""Starts kernels in the sandbox, through Jupyter's own provisioner interface.

A kernel is forked by the sandbox's fork server, which has imported already what notebooks import.
The connection is made over sockets in a folder (ZeroMQ's ipc), so nothing listens on the network.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import struct
import typing
from pathlib import Path

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning import KernelProvisionerBase
from traitlets import Any, Enum, Int, List, Unicode

from grading.files import remove
from grading.handed_in.printable import printable
from grading.sandbox import ways
from grading.sandbox.policy import CORE, LIMITS, TMPFS
from grading.sandbox.server import Asked, Server

POLL = 0.01  # seconds between two looks whether a kernel has ended
TELL = 1.0  # seconds until a kernel's processor time is told, or else it counts as it was
CPU = struct.Struct("d")
TOLD = 4096  # bytes of the longest message of what watches a kernel
KILLED = 128 + signal.SIGKILL


def _limit(name: str) -> Int:
    limit = LIMITS[name]
    return Int(limit.default, help=limit.what).tag(config=True)


class SealedProvisioner(KernelProvisionerBase):
    """Kernel provisioner ``sealed``: kernels in a sandbox, each sealed from all others.

    The sandbox is `bench`'s, which ends it.
    """

    memory_mb = _limit("memory_mb")
    threads = _limit("threads")
    cpu_seconds = _limit("cpu_seconds")
    file_mb = _limit("file_mb")
    disk_mb = _limit("disk_mb")
    open_files = _limit("open_files")
    seal = Enum(
        [ways.TRIED, *ways.WAYS],
        ways.TRIED,
        help="What seals student code: `namespaces` (bubblewrap), or `landlock` with seccomp, "
        "weaker, where there are no namespaces. `tried`: the first of these that works.",
    ).tag(config=True)
    packages = List(
        Unicode(),
        help="Folders of packages to show read-only besides the interpreter's own.",
    ).tag(config=True)
    imports = List(
        Unicode(),
        ["numpy", "numpy.testing", "matplotlib.pyplot", "matplotlib.backends.backend_agg"],
        help="Modules that are imported once, before any kernel is forked; it only saves time.",
    ).tag(config=True)

    data = Unicode("", help="Folder whose files, notebooks excepted, lie in /student, read-only.")
    bench = Any(help="Has the grader's sandbox, and a private folder short enough for sockets.")

    _sandbox: Server | None = None
    _life: socket.socket | None = None
    _cpu = 0.0
    _words = ""
    _sockets: Path | None = None

    @property
    def last_words(self) -> str:
        """The end of what a kernel complained of that has ended, or its sandbox."""
        return printable(" ".join((self._words or self._sandbox.errors()).split()))

    @property
    def has_process(self) -> bool:
        return self._life is not None

    async def poll(self) -> int | None:
        if self._life is None:
            return 0
        return KILLED if self._hear() else None

    async def seconds_used(self) -> float:
        """Processor time that the kernel has used, as last told by what watches it."""
        if self._life is not None and not self._hear():
            with contextlib.suppress(OSError, TimeoutError):
                self._life.send(b"?")
                told = asyncio.get_running_loop().sock_recv(self._life, TOLD)
                self._note(await asyncio.wait_for(told, TELL))
        return self._cpu

    def _hear(self) -> bool:
        """Read what was told late; return whether the kernel has ended."""
        try:
            while told := self._life.recv(TOLD):
                self._note(told)
        except BlockingIOError:
            return False
        except OSError:
            pass
        return True

    def _note(self, told: bytes) -> None:
        if told:
            (self._cpu,) = CPU.unpack_from(told)
            self._words += told[CPU.size :].decode(errors="replace")

    async def wait(self) -> int | None:
        while await self.poll() is None:
            await asyncio.sleep(POLL)
        if self._life is not None:
            self._life.close()
            self._life = None
        return KILLED

    async def send_signal(self, signum: int) -> None:
        """End the kernel, whatever the signal, but for SIGINT: interrupts go by message."""
        if signum != signal.SIGINT and self._life is not None:
            self._life.shutdown(socket.SHUT_WR)

    async def kill(self, restart: bool = False) -> None:
        await self.send_signal(signal.SIGKILL)

    async def terminate(self, restart: bool = False) -> None:
        await self.send_signal(signal.SIGTERM)

    async def cleanup(self, restart: bool = False) -> None:
        if self._sockets is not None and not restart:
            remove(self._sockets)

    async def pre_launch(self, **kwargs: typing.Any) -> dict[str, typing.Any]:
        """Have a sandbox, and point the connection at sockets that lie in it.

        Raises
        ------
        RuntimeError
            If there is no sandbox: the kernel is not started unsealed.
        """
        manager = self.parent
        limits = {each.resource: getattr(self, name) * each.unit for name, each in LIMITS.items()}
        disk = limits.pop(TMPFS)
        asked = Asked(
            self.data,
            tuple(self.imports),
            tuple(self.packages),
            (*limits.items(), CORE),
            disk,
        )
        self._sandbox = self.bench.sandbox(self.seal, asked)
        self._sockets = self._sandbox.socket_folder()
        manager.transport = "ipc"
        manager.ip = str(self._sockets / "k")
        manager.connection_file = str(self.bench.folder / f"{self._sockets.name}.json")
        for number, channel in enumerate(("shell", "iopub", "stdin", "hb", "control"), start=1):
            setattr(manager, f"{channel}_port", number)
        return await super().pre_launch(cmd=[], **kwargs)

    async def launch_kernel(self, cmd: list[str], **kwargs: typing.Any) -> KernelConnectionInfo:
        """Have the kernel forked; what its spec says to run does not matter."""
        self.connection_info = self.parent.get_connection_info()
        key = self.connection_info["key"]
        inside = {
            **self.connection_info,
            "ip": f"{self._sandbox.seen(self._sockets)}/k",
            "key": key.decode(),
        }
        self._life = self._sandbox.fork(self._sockets, inside)
        self._life.setblocking(False)
        return self.connection_info
