"""A notebook's kernel: runs cells and answers questions, whatever student code does to it."""

from __future__ import annotations

import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from queue import Empty
from typing import Any

import psutil

from grading.boundary import inside
from grading.boundary.outcome import Failed, Reply, missing
from grading.sandbox.client import Message, Session, is_idle

MAX_BROKEN = 50  # messages that cannot be read before a kernel is given up
GRACE = 5.0  # seconds for a kernel to come back after an interrupt
SILENCE = 1.0  # seconds after its reply in which a request's last messages must have come
LOOK = 0.1  # seconds between two looks whether a silent kernel lives

NOTHING_LEFT = "the notebook's time was up"


@dataclass(frozen=True)
class Limits:
    """How much one notebook's student code may take.

    Parameters
    ----------
    cell, question, notebook : float
        Seconds for one cell, for one set of questions, and for all of them together.
    received_mb : int
        Memory that a kernel's messages may take in the grader at one time, in MB.
    revivals : int
        How many times a kernel that died is replaced.
    """

    cell: float
    question: float
    notebook: float
    received_mb: int
    revivals: int


@dataclass(frozen=True)
class Stopped:
    """Why a request did not come to its end."""

    kind: Failed
    why: str


class Kernel:
    """The kernel of one notebook, replaced when it dies, hangs or breaks the protocol.

    In a new kernel the cells that ran are run again, so that a lost kernel costs only what it did
    not answer.

    Parameters
    ----------
    start : callable () -> awaitable of Session
        Starts a kernel.
    limits : Limits
    warn : callable (str)
        Told whenever a kernel is lost, and why.
    """

    def __init__(
        self, start: Callable[[], Awaitable[Session]], limits: Limits, warn: Callable[[str], None]
    ) -> None:
        self._start = start
        self._limits = limits
        self._warn = warn
        self._deadline = time.monotonic() + limits.notebook
        self._session: Session | None = None
        self._closed = threading.Event()
        self._lost = ""  # why there is no kernel at present
        self._revivals = 0
        self._ran: list[str] = []  # cells to run again in a new kernel
        threading.Thread(target=self._watch_memory, daemon=True).start()

    async def ready(self) -> bool:
        """Have a living kernel that has run the student's cells; False if that cannot be.

        Raises
        ------
        RuntimeError
            If no kernel starts.
        """
        while self._session is None and self._time_left() > 0:
            if self._lost:
                if self._revivals == self._limits.revivals:
                    return False
                self._revivals += 1
            self._session = await self._start()
            self._lost = ""
            await self._run(inside.preparation(), lambda message: None, silent=True)
            for source in list(self._ran):
                if self._session is not None and await self._run(source, lambda message: None):
                    self._ran.remove(source)
        return self._session is not None and self._time_left() > 0

    async def run(self, source: str, take: Callable[[Message], None]) -> str:
        """Run a cell.

        Parameters
        ----------
        source : str
        take : callable (message)
            Is given each of the cell's messages. An exception of its own says that the message
            cannot be read.

        Returns
        -------
        str
            Why it was stopped, or not even begun; empty if it came to its end.
        """
        if not await self.ready():
            return f"this cell was not run: {self._lost or NOTHING_LEFT}"
        stopped = await self._run(source, take)
        if stopped is None:
            self._ran.append(source)
        return stopped.why if stopped else ""

    async def ask(
        self, questions: Sequence[dict[str, Any]], buffers: Sequence[bytes] = ()
    ) -> list[Reply]:
        """Put questions; each gets what the kernel sent for it, or the reason why there is nothing.

        Parameters
        ----------
        questions : sequence of dict
            See :func:`grading.boundary.answering.serve`.
        buffers : sequence of bytes
            All of theirs, in order.
        """
        if not await self.ready():
            return [missing(Failed.DIED, self._lost or NOTHING_LEFT)] * len(questions)
        replies: dict[int, Reply] = {}

        def take(message: Message) -> None:
            if message["msg_type"] == "sealed_answer":
                content = message["content"]
                number, value = content["number"], content.get("value")
                if type(number) is int and 0 <= number < len(questions):
                    text = value if isinstance(value, str) else None
                    sent = [bytes(buffer) for buffer in message["buffers"]]
                    replies.setdefault(number, Reply(text, content.get("failed"), sent))

        def complete() -> bool:
            return len(replies) == len(questions)

        request = await self._session.execute(inside.request(questions), buffers, silent=True)
        limit = min(self._limits.question, self._time_left())
        stopped = await self._listen(
            request, take, limit, "no answer", "while it answered", complete
        )
        kind, why = Failed.NOT_DATA, "the code did not let itself be asked"
        if stopped is not None:
            kind, why = stopped.kind, stopped.why
        return [replies.get(number, missing(kind, why)) for number in range(len(questions))]

    async def close(self) -> None:
        """End the kernel, for good."""
        self._closed.set()
        await self._end_session()

    async def _run(
        self, source: str, take: Callable[[Message], None], silent: bool = False
    ) -> Stopped | None:
        limit = max(0.1, min(self._limits.cell, self._time_left()))
        request = await self._session.execute(source, silent=silent)
        return await self._listen(request, take, limit, "this cell did not end", "in this cell")

    async def _listen(
        self,
        request: str,
        take: Callable[[Message], None],
        limit: float,
        slow: str,
        doing: str,
        complete: Callable[[], bool] | None = None,
    ) -> Stopped | None:
        """Hand on a request's messages until the last, or until they are complete.

        `slow` and `doing` are the words for a request that takes too long, and for what a kernel
        does that dies.
        """
        session, broken = self._session, 0
        end = time.monotonic() + limit
        last = time.monotonic()
        while (left := end - time.monotonic()) > 0:
            try:
                message = await session.receive(min(left, LOOK))
                last = time.monotonic()
                if message["parent_header"].get("msg_id") != request:
                    continue
                if is_idle(message):
                    return None
                take(message)
                if complete is not None and complete():
                    return None
            except Empty:
                if not await session.alive():
                    return await self._lose(Failed.DIED, f"the kernel died {doing}")
                # A flood may lose the message that says that all is done.
                if await session.replied(request) and time.monotonic() - last > SILENCE:
                    if complete is None:
                        return None
                    return await self._lose(Failed.NOT_DATA, "the kernel's answers were lost")
            except Exception as error:
                broken += 1
                if broken > MAX_BROKEN:
                    what = f"the kernel sent what is no Jupyter message ({type(error).__name__})"
                    return await self._lose(Failed.NOT_DATA, what)
        return await self._interrupt(f"{slow} within {limit:.0f} s")

    async def _interrupt(self, why: str) -> Stopped:
        """Interrupt what runs; give the kernel up if it does not come back."""
        try:
            asked = await self._session.interrupt()
            end = time.monotonic() + GRACE
            while (left := end - time.monotonic()) > 0:  # behind whatever it has sent before
                message = await self._session.receive(left)
                if message["parent_header"].get("msg_id") == asked and is_idle(message):
                    return Stopped(Failed.TOO_SLOW, why)
        except Exception as error:
            why = f"{why}, and the kernel did not come back ({type(error).__name__})"
        return await self._lose(Failed.TOO_SLOW, why)

    async def _lose(self, kind: Failed, why: str) -> Stopped:
        self._lost = why
        self._warn(why)
        await self._end_session()
        return Stopped(kind, why)

    async def _end_session(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.end()

    def _watch_memory(self) -> None:
        """Kill a kernel whose messages fill our memory: ZeroMQ bounds their parts, not their sum.

        Runs in a thread of its own, because a message that is still arriving is nobody's turn.
        """
        before = _resident_bytes()
        while not self._closed.wait(0.02):
            session = self._session
            if session is not None and _resident_bytes() - before > self._limits.received_mb << 20:
                most = self._limits.received_mb
                self._warn(f"the kernel sent more than {most} MB at one time and was killed")
                session.kill()
                self._closed.wait(1.0)  # while ZeroMQ gives back what it had received
                before = _resident_bytes()

    def _time_left(self) -> float:
        return self._deadline - time.monotonic()


def _resident_bytes() -> int:
    return psutil.Process().memory_info().rss
