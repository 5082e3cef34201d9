"""Starts kernels in the sandbox, through Jupyter's own provisioner interface.

A kernel is forked by the sandbox's fork server, which has imported already what notebooks import.
The connection is made over sockets in a folder (ZeroMQ's ipc), so nothing listens on the network.
"""

from __future__ import annotations

import asyncio
import shutil
import signal
import socket
import typing
from pathlib import Path

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning import KernelProvisionerBase
from traitlets import Any, Int, List, Unicode

from grading.sandbox.bubblewrap import Sandbox

POLL = 0.01  # seconds between two looks whether a kernel has ended
KILLED = 128 + signal.SIGKILL


class SealedProvisioner(KernelProvisionerBase):
    """Kernel provisioner ``sealed``: kernels in a sandbox, each in namespaces of its own.

    The sandbox is `bench`'s, which ends it.
    """

    memory_mb = Int(3072, help="Address space of the kernel, in MB.").tag(config=True)
    threads = Int(64, help="Threads that the kernel may have at one time.").tag(config=True)
    cpu_seconds = Int(600, help="Processor time that the kernel may use, in seconds.").tag(
        config=True
    )
    file_mb = Int(64, help="Largest file that student code may write, in MB.").tag(config=True)
    disk_mb = Int(
        128,
        help="Size of each writable tmpfs (/student, /tmp, /dev/shm), in MB.",
    ).tag(config=True)
    open_files = Int(512, help="File descriptors that the kernel may hold.").tag(config=True)
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

    _sandbox: Sandbox | None = None
    _life: socket.socket | None = None
    _sockets: Path | None = None

    @property
    def has_process(self) -> bool:
        return self._life is not None

    async def poll(self) -> int | None:
        if self._life is None:
            return 0
        try:
            ended = self._life.recv(1, socket.MSG_DONTWAIT) == b""
        except BlockingIOError:
            ended = False
        except OSError:
            ended = True
        return KILLED if ended else None

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
            shutil.rmtree(self._sockets, ignore_errors=True)

    async def pre_launch(self, **kwargs: typing.Any) -> dict[str, typing.Any]:
        """Have a sandbox, and point the connection at sockets that lie in it.

        Raises
        ------
        RuntimeError
            If bubblewrap is not installed: the kernel is not started unsealed.
        """
        manager = self.parent
        self._sandbox = self.bench.sandbox(
            data=self.data,
            imports=tuple(self.imports),
            packages=tuple(self.packages),
            disk=self.disk_mb << 20,
            limits=(
                ("AS", self.memory_mb << 20),
                ("NPROC", self.threads),
                ("CPU", self.cpu_seconds),
                ("FSIZE", self.file_mb << 20),
                ("NOFILE", self.open_files),
                ("CORE", 0),
            ),
        )
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
        inside = {**self.connection_info, "ip": "/s/k", "key": key.decode()}
        self._life = self._sandbox.fork(self._sockets, inside)
        return self.connection_info
