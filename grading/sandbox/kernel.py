"""A notebook's kernel: runs cells and answers questions, whatever student code does to it."""

from __future__ import annotations

import contextlib
import itertools
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from queue import Empty
from typing import Any

import psutil

from grading.boundary import inside, leniency
from grading.boundary.outcome import Failed, Reply, missing
from grading.sandbox.client import Message, Session, is_idle

MAX_BROKEN = 50  # messages that cannot be read before a kernel is given up
GRACE = 5.0  # seconds for a kernel to come back after an interrupt
LOOK = 0.1  # seconds between two looks whether a kernel lives, and what it has used
SILENCE = 10  # looks after its reply in which a request's last messages must have come
ARRIVING = 1 << 20  # bytes by which a message grows us, at least, from one look to the next
STRIKES = 2  # times that a set of questions may cost a kernel when it is put again
PATIENCE = 5  # times the processor time that a request may take, by the clock

NOTHING_LEFT = "the notebook's time was up"
NOT_ASKED = "the code did not let itself be asked"
NO_MEMORY = "the kernel had no memory left"
SIGNS = ("MemoryError", "can't allocate", "can't start new thread")  # of that, in Python's words

Part = tuple[dict[str, Any], list[bytes]]  # a question and its buffers


@dataclass(frozen=True)
class Limits:
    """How much one notebook's student code may take.

    Parameters
    ----------
    cell, question, notebook : float
        Seconds of processor time for one cell, for one set of questions, and for all of them
        together. By the clock, `PATIENCE` times as many.
    received_mb : int
        Memory that a kernel's messages may take in the grader at one time, in MB.
    revivals : int
        How many times a kernel is replaced.
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
    where: str = ""


class Kernel:
    """The kernel of one notebook, replaced when it cannot be trusted any more.

    That is when it dies, hangs or breaks the protocol, leaves a question without an answer, or has
    no memory left. In a new kernel the cells that ran are run again, without the statements that
    took too long or too much memory, and what was lost, other than by being slow, is asked once
    more.

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
        self._deadline = time.monotonic() + PATIENCE * limits.notebook
        self._before = self._used = 0.0  # processor time of former kernels, and of all of them
        self._session: Session | None = None
        self._closed = threading.Event()
        self._doubt = ""  # why the kernel is not to be trusted
        self._lost = ""  # why there is no kernel at present
        self._revivals = 0
        self._ran: list[tuple[str, int]] = []  # cells to run again, and the line that stopped each
        threading.Thread(target=self._watch_memory, daemon=True).start()

    async def ready(self) -> bool:
        """Have a living kernel that has run the student's cells; False if that cannot be.

        Raises
        ------
        RuntimeError
            If no kernel starts.
        """
        if self._session is not None and self._doubt:
            await self._lose(Failed.DIED, self._doubt)
        while self._session is None and self._time_left() > 0:
            if self._lost:
                if self._revivals == self._limits.revivals:
                    return False
                self._revivals += 1
            self._session = await self._start()
            self._lost = self._doubt = ""
            await self._run(inside.preparation(), _ignore, silent=True)
            for cell in list(self._ran):
                source, stop = cell
                if self._session is not None and await self._run(source, _ignore, stop=stop):
                    self._ran.remove(cell)
        return self._session is not None and self._time_left() > 0

    async def run(
        self,
        source: str,
        take: Callable[[Message], None],
        forget: Callable[[], None] = lambda: None,
    ) -> str:
        """Run a cell; a second time if the kernel ends, perhaps of what ran before it.

        Parameters
        ----------
        source : str
        take : callable (message)
            Is given each of the cell's messages. An exception of its own says that the message
            cannot be read.
        forget : callable ()
            Is called before the second time: what was taken counts no more.

        Returns
        -------
        str
            Why it was stopped, or not even begun; empty if it came to its end.
        """
        if not await self.ready():
            return f"this cell was not run: {self._lost or NOTHING_LEFT}"
        stopped = await self._run_once(source, take)
        if self._session is None and stopped.kind != Failed.TOO_SLOW and await self.ready():
            forget()
            stopped = await self._run_once(source, take)
        return stopped.why if stopped else ""

    async def _run_once(self, source: str, take: Callable[[Message], None]) -> Stopped | None:
        line, exhausted = 0, False

        def look(message: Message) -> None:
            nonlocal line, exhausted
            kind, content = message["msg_type"], message["content"]
            if kind == leniency.STOP:
                line = content["line"] if type(content["line"]) is int else 0
                return
            if kind == "error" or content.get("name") == "stderr":
                said = " ".join(str(content.get(key)) for key in ("ename", "evalue", "text"))
                exhausted = exhausted or _tells_no_memory(said)
            take(message)

        stopped = await self._run(source, look)
        if self._session is not None:
            if stopped is None or line:
                self._ran.append((source, line if stopped or exhausted else 0))
            if exhausted:
                self._doubt = NO_MEMORY
        return stopped

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
        own = iter(buffers)
        parts = [(each, list(itertools.islice(own, each["buffers"]))) for each in questions]
        replies, stopped = await self._put(parts)
        lost = [n for n, reply in enumerate(replies) if reply is None or _no_memory(reply)]
        reasons = [stopped] * len(parts)
        tries = 0 if stopped.kind == Failed.TOO_SLOW else STRIKES
        for number in lost:  # one by one: what a kernel said just before it died may be lost too
            if tries == 0:
                break
            (reply,), reasons[number] = await self._put([parts[number]])
            replies[number] = reply or replies[number]
            tries -= reply is None or _no_memory(reply)
        return [
            reply or missing(stopped.kind, stopped.why, stopped.where)
            for reply, stopped in zip(replies, reasons, strict=True)
        ]

    async def _put(self, parts: Sequence[Part]) -> tuple[list[Reply | None], Stopped]:
        """Put questions once; return what came, and why there is no more if there is not."""
        if not await self.ready():
            return [None] * len(parts), Stopped(Failed.DIED, self._lost or NOTHING_LEFT)
        replies: dict[int, Reply] = {}

        def take(message: Message) -> None:
            if message["msg_type"] == "sealed_answer":
                content = message["content"]
                number, value = content["number"], content.get("value")
                if type(number) is int and 0 <= number < len(parts):
                    text = value if isinstance(value, str) else None
                    sent = [bytes(buffer) for buffer in message["buffers"]]
                    replies.setdefault(number, Reply(text, content.get("failed"), sent))

        def complete() -> bool:
            return len(replies) == len(parts)

        buffers = [buffer for _, own in parts for buffer in own]
        request = await self._session.ask([question for question, _ in parts], buffers)
        stopped = await self._listen(
            request, take, self._limits.question, "no answer", "while it answered", complete
        )
        stopped = stopped or Stopped(Failed.NOT_DATA, NOT_ASKED)
        if stopped.kind == Failed.TOO_SLOW:  # then what was interrupted says where
            for number, reply in list(replies.items()):
                if _told(reply, "kind") == Failed.TOO_SLOW:
                    stopped = replace(stopped, where=_told(reply, "where"))
                    del replies[number]
        if any(map(_no_memory, replies.values())):
            self._doubt = NO_MEMORY
        elif not complete():
            self._doubt = stopped.why
        return [replies.get(number) for number in range(len(parts))], stopped

    async def close(self) -> None:
        """End the kernel, for good."""
        self._closed.set()
        await self._end_session()

    async def _run(
        self, source: str, take: Callable[[Message], None], silent: bool = False, stop: int = 0
    ) -> Stopped | None:
        request = await self._session.execute(source, silent, stop)
        return await self._listen(
            request, take, self._limits.cell, "this cell did not end", "in this cell"
        )

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
        session, broken, used = self._session, 0, await self._look()
        silent, held = 0, _resident_bytes()
        limit = max(0.1, min(limit, self._limits.notebook - used))
        start = looked = time.monotonic()
        end = min(start + PATIENCE * limit, max(self._deadline, start + 0.1))
        while (now := time.monotonic()) < end:
            if now - looked > LOOK:
                looked = now
                if await self._look() - used > limit:
                    why = f"{slow} within {limit:.0f} s of processor time"
                    return await self._interrupt(why, request, take)
            try:
                message = await session.receive(min(end - now, LOOK))
                silent = 0
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
                # A flood may lose the message that says that all is done; a large one takes long.
                before, held = held, _resident_bytes()
                silent = silent + 1 if held - before < ARRIVING else 0
                silent *= await session.replied(request)
                if silent > SILENCE:
                    if complete is None:
                        return None
                    return await self._lose(Failed.NOT_DATA, "the kernel's answers were lost")
            except Exception as error:
                broken += 1
                if broken > MAX_BROKEN:
                    what = f"the kernel sent what is no Jupyter message ({type(error).__name__})"
                    return await self._lose(Failed.NOT_DATA, what)
        took = await self._look() - used
        why = f"{slow} within {end - start:.0f} s, though it computed for {took:.0f} s only"
        return await self._interrupt(why, request, take)

    async def _interrupt(self, why: str, request: str, take: Callable[[Message], None]) -> Stopped:
        """Interrupt what runs, and hear the end of it; give up a kernel that does not come back."""
        try:
            asked = await self._session.interrupt()
            end = time.monotonic() + GRACE
            while (left := end - time.monotonic()) > 0:  # behind whatever it has sent before
                message = await self._session.receive(left)
                parent = message["parent_header"].get("msg_id")
                if parent == asked and is_idle(message):
                    return Stopped(Failed.TOO_SLOW, why)
                if parent == request:
                    with contextlib.suppress(Exception):
                        take(message)
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
        self._before = self._used
        if session is not None:
            await session.end()

    def _watch_memory(self) -> None:
        """Kill a kernel whose messages fill our memory: ZeroMQ bounds their parts, not their sum.

        Runs in a thread of its own, because a message that is still arriving is nobody's turn.
        """
        before, killed = _resident_bytes(), None
        while not self._closed.wait(0.02):
            session, held = self._session, _resident_bytes()
            before = min(before, held)  # ZeroMQ gives back late what a former kernel had sent
            if session is None:
                continue
            if session is killed:  # it takes a moment to die
                before = held
            elif held - before > self._limits.received_mb << 20:
                most = self._limits.received_mb
                self._warn(f"the kernel sent more than {most} MB at one time and was killed")
                session.kill()
                killed = session

    async def _look(self) -> float:
        """Processor time of all the notebook's kernels so far."""
        self._used = max(self._used, self._before + await self._session.cpu_seconds())
        return self._used

    def _time_left(self) -> float:
        return min(self._limits.notebook - self._used, self._deadline - time.monotonic())


def _ignore(message: Message) -> None:
    pass


def _told(reply: Reply, field: str) -> str:
    """What a kernel says of a failure."""
    text = reply.failed.get(field) if isinstance(reply.failed, dict) else ""
    return text if isinstance(text, str) else ""


def _no_memory(reply: Reply) -> bool:
    return _tells_no_memory(_told(reply, "message"))


def _tells_no_memory(text: str) -> bool:
    return any(sign in text for sign in SIGNS)


def _resident_bytes() -> int:
    return psutil.Process().memory_info().rss
