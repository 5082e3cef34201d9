"""Jupyter's side of a sealed kernel: how one is started, and talked to within bounds."""

from __future__ import annotations

import contextlib
import os
import sys
import time
import uuid
from collections.abc import Sequence
from pathlib import Path
from queue import Empty
from typing import Any, Protocol, Self

import psutil
import zmq
import zmq.asyncio
from jupyter_client.asynchronous import AsyncKernelClient
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import run_sync

from grading.boundary import answering, leniency, wire
from grading.sandbox import policy
from grading.sandbox.provisioner import SealedProvisioner

MAX_FRAME = wire.MAX_BYTES + (1 << 20)  # bytes of one frame accepted from a kernel


Message = dict[str, Any]


class Session(Protocol):
    """One kernel that runs, from its start to its end."""

    async def execute(self, code: str, silent: bool = False, stop: int = 0) -> str:
        """Ask for code to be run; return the request's id.

        `stop` is the line of a statement that is left out, with all that is after it but
        definitions; see :mod:`grading.boundary.leniency`.
        """

    async def ask(self, questions: Sequence[dict[str, Any]], buffers: Sequence[bytes]) -> str:
        """Put questions, see :func:`grading.boundary.answering.serve`; return the request's id."""

    async def cpu_seconds(self) -> float:
        """Processor time that the kernel has used, as last known."""

    async def receive(self, timeout: float) -> Message:
        """The next message on what runs; ``queue.Empty`` if none comes in time.

        Any other exception stands for a message that cannot be read.
        """

    async def replied(self, request: str) -> bool:
        """Whether the kernel has said that a request is dealt with, apart from those messages."""

    async def alive(self) -> bool:
        """Whether the kernel still runs."""

    async def interrupt(self) -> str:
        """Interrupt what runs, and ask for a sign of life; return the id of that request."""

    def kill(self) -> None:
        """End the kernel at once; may be called from any thread."""

    async def end(self) -> None:
        """End the kernel, and give back what it took."""


class OneKernelSpec(KernelSpecManager):
    """Offers one kernelspec, made in memory: nothing has to be installed for it to be found."""

    spec = KernelSpec()

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """Return the one kernelspec, whatever the name."""
        return self.spec


def kernel_spec(provisioner: dict[str, Any] | None) -> KernelSpec:
    """A kernelspec for this interpreter.

    Parameters
    ----------
    provisioner : dict or None
        Settings of :class:`grading.sandbox.provisioner.SealedProvisioner`; None for a kernel that
        is not sealed.
    """
    sealed = {"kernel_provisioner": {"provisioner_name": "sealed", "config": provisioner}}
    return KernelSpec(
        argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        display_name="Python 3 (sealed)",
        language="python",
        interrupt_mode="message",  # a signal would reach bubblewrap only
        metadata={} if provisioner is None else sealed,
    )


class BoundedClient(AsyncKernelClient):
    """A kernel client that a kernel cannot fill the grader's memory through."""

    def _context_default(self) -> zmq.asyncio.Context:
        self._created_context = True
        context = zmq.asyncio.Context()
        context.setsockopt(zmq.MAXMSGSIZE, MAX_FRAME)
        context.setsockopt(zmq.RCVHWM, 1000)
        context.setsockopt(zmq.RECONNECT_IVL, 10)  # ms until it looks again for a new kernel
        return context

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Wait until the kernel has answered on both channels; see the inherited method.

        It ends when all that the kernel said is read, rather than after a fifth of a second of
        silence.

        Raises
        ------
        RuntimeError
            If the kernel ends, or does not answer in `timeout` seconds.
        """
        end = time.monotonic() + (timeout or float("inf"))
        while time.monotonic() < end:
            asked = self.kernel_info()
            with contextlib.suppress(Empty):
                reply = await self.get_shell_msg(timeout=1)
                while reply["parent_header"].get("msg_id") != asked:
                    reply = await self.get_shell_msg(timeout=1)
                message = await self.get_iopub_msg(timeout=0.05)  # lost, if not yet subscribed
                while message["parent_header"].get("msg_id") != asked or not is_idle(message):
                    message = await self.get_iopub_msg(timeout=0.05)
                return
            if not await self.is_alive():
                raise RuntimeError("the kernel ended before it was ready")
        raise RuntimeError(f"the kernel was not ready within {timeout:g} s")


def is_idle(message: Message) -> bool:
    """Whether the kernel says that it has done what it was asked."""
    return message["msg_type"] == "status" and message["content"]["execution_state"] == "idle"


class JupyterSession(Session):
    """A kernel that Jupyter has started."""

    def __init__(self, manager: AsyncKernelManager) -> None:
        self._manager = manager
        self._client = manager.client()
        self._replied: set[str] = set()
        self._behind: dict[str, str] = {}  # a request without a reply: the next one, which has one
        self._cpu = 0.0

    @classmethod
    async def start(
        cls, provisioner: dict[str, Any] | None, folder: Path | None = None, timeout: float = 60
    ) -> Self:
        """Start a kernel.

        Parameters
        ----------
        provisioner : dict or None
            See :func:`kernel_spec`.
        folder : Path, optional
            Where a kernel that is not sealed starts, and beside which its sockets lie: of ports,
            two that start at the same time may choose the same.
        timeout : float
            Seconds until it must be ready.

        Raises
        ------
        RuntimeError
            If it does not start.
        """
        specs = OneKernelSpec()
        specs.spec = kernel_spec(provisioner)
        sockets = {} if folder is None else {"transport": "ipc", "ip": f"{folder}-k"}
        manager = AsyncKernelManager(
            kernel_spec_manager=specs, kernel_name="sealed", shutdown_wait_time=1.0, **sockets
        )
        manager.client_factory = BoundedClient
        await manager.start_kernel(**({} if folder is None else _unsealed(folder)))
        session = cls(manager)
        try:
            session._client.start_channels()
            await session._client.wait_for_ready(timeout)
        except RuntimeError as error:
            words = getattr(manager.provisioner, "last_words", "")
            await session.end()
            raise RuntimeError(f"{error}: {words}" if words else str(error)) from None
        except BaseException:
            await session.end()
            raise
        return session

    async def execute(self, code: str, silent: bool = False, stop: int = 0) -> str:
        content = {
            "code": code,
            "silent": silent,
            "store_history": not silent,
            "user_expressions": {},
            "allow_stdin": False,
            "stop_on_error": False,
        }
        return self._send("execute_request", content, metadata={leniency.STOP: stop})

    async def ask(self, questions: Sequence[dict[str, Any]], buffers: Sequence[bytes]) -> str:
        content = {"comm_id": uuid.uuid4().hex, "target_name": answering.TARGET}
        content["data"] = list(questions)
        request = self._send("comm_open", content, buffers=buffers)
        self._behind[request] = self._client.kernel_info()  # for an opened comm gets no reply
        return request

    def _send(
        self,
        kind: str,
        content: dict[str, Any],
        buffers: Sequence[bytes] = (),
        metadata: dict[str, Any] | None = None,
    ) -> str:
        session, socket = self._client.session, self._client.shell_channel.socket
        message = session.send(
            socket, kind, content, buffers=list(buffers), metadata=metadata or {}
        )
        return message["header"]["msg_id"]

    async def receive(self, timeout: float) -> Message:
        return await self._client.get_iopub_msg(timeout=timeout)

    async def replied(self, request: str) -> bool:
        request = self._behind.get(request, request)
        with contextlib.suppress(Exception):  # among them Empty, and a reply that cannot be read
            while request not in self._replied:
                reply = await self._client.get_shell_msg(timeout=0)
                self._replied.add(reply["parent_header"].get("msg_id"))
        return request in self._replied

    async def alive(self) -> bool:
        return await self._manager.is_alive()

    async def cpu_seconds(self) -> float:
        provisioner = self._manager.provisioner
        if isinstance(provisioner, SealedProvisioner):
            return await provisioner.seconds_used()
        if provisioner is not None:
            with contextlib.suppress(psutil.Error):
                self._cpu = sum(psutil.Process(provisioner.pid).cpu_times()[:4])
        return self._cpu

    async def interrupt(self) -> str:
        await self._manager.interrupt_kernel()
        return self._client.kernel_info()

    def kill(self) -> None:
        if self._manager.provisioner is not None:
            run_sync(self._manager.provisioner.kill)()

    async def end(self) -> None:
        try:
            if await self._manager.is_alive():
                await self._manager.shutdown_kernel(now=True)
        finally:
            await self._manager.cleanup_resources()
            self._client.stop_channels()


def _unsealed(folder: Path) -> dict[str, Any]:
    """How a kernel that is not sealed is started: it too can tell that it is graded."""
    name = "NBGRADER_EXECUTION"
    return {"cwd": str(folder), "env": {**os.environ, name: policy.ENVIRONMENT[name]}}
