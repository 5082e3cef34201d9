"""A kernel that dies, hangs, floods, lies or comes late costs only what it did not answer."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from queue import Empty
from typing import Any

import pytest

from grading.boundary.outcome import Failed, Reply
from grading.sandbox import kernel as module
from grading.sandbox.kernel import Kernel, Limits

LIMITS = Limits(cell=0.3, question=0.3, notebook=30, received_mb=512, revivals=3)
NUMBERS = itertools.count()
ASK = "questions"  # what an act is given as its code when questions are put


def message(request: str, kind: str, **content: Any) -> dict[str, Any]:
    return {
        "parent_header": {"msg_id": request},
        "msg_type": kind,
        "content": content,
        "buffers": [],
    }


def idle(request: str) -> dict[str, Any]:
    return message(request, "status", execution_state="idle")


def answer(request: str, number: Any, **content: Any) -> dict[str, Any]:
    return message(request, "sealed_answer", **{"number": number, "failed": None, **content})


@dataclass
class Pause:
    """Among the messages of a kernel: for so long it says nothing."""

    seconds: float


class FakeSession:
    """A kernel made up of what it does with each request: `act(session, request, code)`."""

    def __init__(self, act: Callable[[FakeSession, str, str], None]) -> None:
        self._act = act
        self.sent: list[dict[str, Any] | Exception | Pause] = []  # what is still to be received
        self.last_words: list[dict[str, Any]] = []  # what an interrupt makes it say
        self.ran: list[str] = []
        self.lives = self.comes_back = True
        self.replies: set[str] = set()
        self.asked: list[str] = []  # the questions of the last set
        self.stops: list[int] = []  # of each cell, the line that is left out
        self.born, self.works = time.monotonic(), True
        self.ended = 0

    async def execute(self, code: str, silent: bool = False, stop: int = 0) -> str:
        request = f"request {next(NUMBERS)}"
        if "def prepare(" in code:
            self.sent.append(idle(request))
        else:
            self.ran.append(code)
            self.stops.append(stop)
            self._act(self, request, code)
        return request

    async def ask(self, questions: Sequence[dict[str, Any]], buffers: Sequence[bytes]) -> str:
        request = f"request {next(NUMBERS)}"
        self.asked = [question["code"] for question in questions]
        self._act(self, request, ASK)
        return request

    async def cpu_seconds(self) -> float:
        return time.monotonic() - self.born if self.works else 0.0

    async def receive(self, timeout: float) -> dict[str, Any]:
        if not self.sent:
            await asyncio.sleep(timeout)
            raise Empty
        await asyncio.sleep(0)
        new = self.sent.pop(0)
        if isinstance(new, Pause):
            await asyncio.sleep(new.seconds)
            return await self.receive(timeout)
        if isinstance(new, Exception):
            raise new
        return new

    async def replied(self, request: str) -> bool:
        return request in self.replies

    async def alive(self) -> bool:
        return self.lives

    async def interrupt(self) -> str:
        request = f"request {next(NUMBERS)}"
        if self.comes_back:
            self.sent += [*self.last_words, idle(request)]
        return request

    def kill(self) -> None:
        self.lives = False

    async def end(self) -> None:
        self.ended += 1


class Factory:
    """Starts kernels that do as they are told, and remembers them."""

    def __init__(self, *acts: Callable[[FakeSession, str, str], None]) -> None:
        self._acts = itertools.chain(acts, itertools.repeat(obey))
        self.sessions: list[FakeSession] = []
        self.warnings: list[str] = []

    async def start(self) -> FakeSession:
        self.sessions.append(FakeSession(next(self._acts)))
        return self.sessions[-1]

    def do(self, work: Callable[[Kernel], Awaitable[Any]], limits: Limits = LIMITS) -> Any:
        async def main() -> Any:
            kernel = Kernel(self.start, limits, self.warnings.append)
            try:
                return await work(kernel)
            finally:
                await kernel.close()

        return asyncio.run(main())


def obey(session: FakeSession, request: str, code: str) -> None:
    """Run a cell; answer each question with its own text."""
    if code == ASK:
        session.sent += [answer(request, n, value=own) for n, own in enumerate(session.asked)]
    session.sent.append(idle(request))


def ask(kernel: Kernel) -> Awaitable[list[Reply]]:
    return kernel.ask([{"code": code, "outputs": [], "inputs": "", "buffers": 0} for code in "012"])


def kinds(replies: list[Reply]) -> list[str | None]:
    return [reply.failed and reply.failed["kind"] for reply in replies]


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    """Wait for nothing longer than a test needs."""
    for name, value in {"GRACE": 0.2, "SILENCE": 5, "LOOK": 0.02}.items():
        monkeypatch.setattr(module, name, value)


def test_cells_and_questions_are_answered():
    taken: list[dict[str, Any]] = []

    def say(session, request, code):
        session.sent.append(message(request, "stream", text="hello"))
        obey(session, request, code)

    async def work(kernel):
        return await kernel.run("x = 1", taken.append), await ask(kernel)

    stopped, replies = Factory(say).do(work)
    assert stopped == ""
    assert [one["content"]["text"] for one in taken] == ["hello"]
    assert [reply.value for reply in replies] == ["0", "1", "2"]


def test_messages_of_other_requests_are_nobodys():
    def mixed(session, request, code):
        session.sent += [answer("another", 0, value="forged"), idle("another")]
        obey(session, request, code)

    assert [reply.value for reply in Factory(mixed).do(ask)] == ["0", "1", "2"]


def test_the_first_answer_to_a_question_counts_and_numbers_must_fit():
    def twice(session, request, code):
        session.sent += [
            *(answer(request, number, value="odd") for number in (-1, 3, "0", True, 1.0, None)),
            answer(request, 1, value="first"),
            answer(request, 1, value="second"),
            answer(request, 0, value=7),
            answer(request, 2, value="last"),
            idle(request),
        ]

    replies = Factory(twice).do(ask)
    assert [reply.value for reply in replies] == [None, "first", "last"]


def test_a_kernel_that_answers_some_and_ends_is_asked_once_more_and_then_no_more():
    def one_only(session, request, code):
        session.sent += [answer(request, 1, value="one"), idle(request)]

    replies = Factory(*[one_only] * 3).do(ask)
    assert kinds(replies) == [Failed.NOT_DATA, None, Failed.NOT_DATA]
    assert replies[2].failed["message"] == "the code did not let itself be asked"


def die_of_deadly(session, request, code):
    session.lives = code != "deadly"
    if session.lives:
        obey(session, request, code)


def test_a_kernel_that_dies_in_a_cell_is_replaced_and_runs_the_other_cells_again():

    async def work(kernel):
        stops = [await kernel.run(code, list) for code in ("first", "deadly", "second")]
        return stops, await ask(kernel)

    factory = Factory(*[die_of_deadly] * 2)
    stops, replies = factory.do(work)
    assert stops == ["", "the kernel died in this cell", ""]
    assert [session.ran for session in factory.sessions] == [
        ["first", "deadly"],
        ["first", "deadly"],
        ["first", "second"],
    ]
    assert [reply.value for reply in replies] == ["0", "1", "2"]
    assert factory.warnings == ["the kernel died in this cell"] * 2
    assert [session.ended for session in factory.sessions] == [1, 1, 1]


def test_a_cell_in_which_a_kernel_dies_of_what_ran_before_is_run_again():
    taken: list[str] = []

    def die_late(session, request, code):
        session.sent.append(message(request, "stream", text=code))
        if len(session.ran) > 1:
            session.lives = False
        else:
            obey(session, request, code)

    def say(session, request, code):
        session.sent.append(message(request, "stream", text=code))
        obey(session, request, code)

    def take(one):
        taken.append(one["content"]["text"])

    async def work(kernel):
        return [await kernel.run(code, take, taken.clear) for code in ("first", "second")]

    factory = Factory(die_late, say)
    assert factory.do(work) == ["", ""]
    assert [session.ran for session in factory.sessions] == [["first", "second"]] * 2
    assert taken == ["second"]
    assert factory.warnings == ["the kernel died in this cell"]


def deadly(*questions: str) -> Callable[[FakeSession, str, str], None]:
    """A kernel that dies of some questions, whatever was answered before."""

    def act(session, request, code):
        for number, own in enumerate(session.asked):
            if own in questions:
                session.lives = False
                return
            session.sent.append(answer(request, number, value=own))
        session.sent.append(idle(request))

    return act


def test_a_kernel_that_dies_in_its_answer_costs_only_that_answer():
    factory = Factory(*[deadly("1")] * 9)
    replies = factory.do(ask)
    assert kinds(replies) == [None, Failed.DIED, None]
    assert replies[1].failed["message"] == "the kernel died while it answered"
    assert [session.asked for session in factory.sessions] == [["0", "1", "2"], ["1"], ["2"]]


def test_what_was_lost_with_a_kernel_is_asked_once_more():
    factory = Factory(deadly("0"))
    assert [reply.value for reply in factory.do(ask)] == ["0", "1", "2"]


def test_questions_that_kill_every_kernel_cost_no_more_than_a_few():
    factory = Factory(*[deadly("0", "1", "2")] * 9)
    assert kinds(factory.do(ask)) == [Failed.DIED] * 3
    assert len(factory.sessions) == 1 + module.STRIKES


def test_a_kernel_without_memory_is_replaced_and_its_questions_are_asked_once_more():
    def starve(session, request, code):
        failed = {"kind": "raised", "message": "MemoryError"}
        obey(session, request, code)
        if code == ASK:
            session.sent[1] = answer(request, 1, failed=failed)

    async def work(kernel):
        return await kernel.run("x = 1", list), await ask(kernel), await ask(kernel)

    factory = Factory(starve)
    _, replies, later = factory.do(work)
    assert kinds(replies) == kinds(later) == [None] * 3
    assert [session.ran for session in factory.sessions] == [["x = 1"]] * 2
    assert factory.warnings == ["the kernel had no memory left"]


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("error", {"ename": "_ArrayMemoryError", "evalue": "Unable to allocate 7 TiB"}),
        ("error", {"ename": "RuntimeError", "evalue": "can't start new thread"}),
        ("stream", {"name": "stderr", "text": "RuntimeError: can't allocate lock"}),
    ],
)
def test_a_cell_without_memory_is_not_trusted_with_what_comes_after(kind, content):
    def starve(session, request, code):
        session.sent += [message(request, "sealed_stop", line=3), message(request, kind, **content)]
        session.sent.append(idle(request))

    async def work(kernel):
        return await kernel.run("x = 1", list), await ask(kernel)

    factory = Factory(starve)
    stopped, replies = factory.do(work)
    assert (stopped, kinds(replies)) == ("", [None] * 3)
    assert [session.stops for session in factory.sessions] == [[0], [3]]


def test_a_silent_cell_costs_only_itself_and_its_kernel_lives_on():
    def sleep_once(session, request, code):
        if code == ASK:
            obey(session, request, code)

    async def work(kernel):
        return await kernel.run("x = 1", list), await ask(kernel)

    factory = Factory(sleep_once)
    stopped, replies = factory.do(work)
    assert stopped == "this cell did not end within 0 s of processor time"
    assert kinds(replies) == [None] * 3
    assert len(factory.sessions) == 1


def test_a_question_that_takes_too_long_is_not_asked_again_and_its_kernel_is_replaced():
    def slow(session, request, code):
        session.sent.append(answer(request, 0, value="0"))
        interrupted = {"kind": "too slow", "message": "KeyboardInterrupt", "where": "f, line 2"}
        session.last_words = [answer(request, 1, failed=interrupted)]

    async def work(kernel):
        return await ask(kernel), await ask(kernel)

    factory = Factory(slow)
    first, second = factory.do(work)
    assert kinds(first) == [None, Failed.TOO_SLOW, Failed.TOO_SLOW]
    assert first[1].failed["message"] == "no answer within 0 s of processor time"
    assert first[1].failed["where"] == first[2].failed["where"] == "f, line 2"
    assert kinds(second) == [None] * 3
    assert [session.asked for session in factory.sessions] == [["0", "1", "2"]] * 2


@pytest.mark.slow
def test_limits_count_processor_time_and_by_the_clock_some_times_as_much(monkeypatch):
    monkeypatch.setattr(module, "PATIENCE", 3)

    def wait(session, request, code):
        session.works = False
        obey(session, request, code) if code == "short" else None
        if code == "short":
            session.sent.insert(0, Pause(1.2 * LIMITS.cell))

    async def work(kernel):
        start = time.monotonic()
        stops = [await kernel.run("short", list), await kernel.run("long", list)]
        return stops, time.monotonic() - start

    (short, long), took = Factory(wait).do(work)
    assert short == ""
    assert long == "this cell did not end within 1 s, though it computed for 0 s only"
    assert took >= (1.2 + module.PATIENCE) * LIMITS.cell


def test_a_silent_kernel_that_does_not_come_back_is_replaced():
    def hang(session, request, code):
        session.comes_back = False

    factory = Factory(hang)

    async def work(kernel):
        return await kernel.run("while True: pass", list), await kernel.run("x = 1", list)

    stopped, later = factory.do(work)
    assert "within 0 s of processor time, and the kernel did not come back" in stopped
    assert later == ""
    assert [session.ran for session in factory.sessions] == [["while True: pass"], ["x = 1"]]


def test_a_late_answer_belongs_to_nobody():
    late: list[dict[str, Any]] = []

    def slow(session, request, code):
        if late:
            session.sent += late
            obey(session, request, code)
        else:
            late.append(answer(request, 0, value="late"))

    async def work(kernel):
        return await ask(kernel), await ask(kernel)

    first, second = Factory(slow).do(work)
    assert kinds(first) == [Failed.TOO_SLOW] * 3
    assert [reply.value for reply in second] == ["0", "1", "2"]


def test_a_flood_is_taken_until_the_limit_and_no_longer():
    def flood(session, request, code):
        class Endless(list):
            def pop(self, index: int = 0) -> dict[str, Any]:
                if len(self):  # the answer to an interrupt
                    return super().pop(0)
                return message(request, "stream", text="x")

            def __bool__(self) -> bool:
                return True

        session.sent = Endless()

    start = time.monotonic()
    factory = Factory(flood)
    stopped = factory.do(lambda kernel: kernel.run("flood", list))
    assert stopped.startswith("this cell did not end within 0 s")
    assert time.monotonic() - start >= LIMITS.cell


def test_the_message_that_says_that_all_is_done_may_be_lost():
    def lose(session, request, code):
        session.sent.append(message(request, "stream", text="hello"))
        session.replies.add(request)

    limits = Limits(cell=60, question=60, notebook=600, received_mb=512, revivals=3)
    assert Factory(lose).do(lambda kernel: kernel.run("print()", list), limits) == ""


def test_answers_may_come_long_after_the_question_and_a_moment_after_the_reply():
    def be_slow(session, request, code):
        session.replies.add(request)
        session.sent += [Pause(0.2), Empty()]
        obey(session, request, code)

    factory = Factory(be_slow)
    assert kinds(factory.do(ask)) == [None] * 3
    assert len(factory.sessions) == 1


def test_an_answer_that_is_still_arriving_is_waited_for(monkeypatch):
    held = itertools.count(0, module.ARRIVING)
    monkeypatch.setattr(module, "_resident_bytes", lambda: next(held))

    def send_much(session, request, code):
        session.replies.add(request)
        session.sent += [Empty()] * 5 * module.SILENCE
        obey(session, request, code)

    factory = Factory(send_much)
    assert kinds(factory.do(ask)) == [None] * 3
    assert len(factory.sessions) == 1


def test_a_few_messages_that_cannot_be_read_are_passed_over():
    def rubbish(session, request, code):
        session.sent += [ValueError("no message")] * module.MAX_BROKEN
        session.sent.append({"parent_header": {"msg_id": request}})
        session.sent.pop(0)
        obey(session, request, code)

    assert Factory(rubbish).do(lambda kernel: kernel.run("x = 1", list)) == ""


def test_many_messages_that_cannot_be_read_end_the_kernel():
    def rubbish(session, request, code):
        session.sent += [ValueError("no message")] * (module.MAX_BROKEN + 1)

    factory = Factory(*[rubbish] * 3)
    replies = factory.do(ask)
    assert kinds(replies) == [Failed.NOT_DATA] * 3
    assert [session.ended for session in factory.sessions] == [1, 1, 1]


def test_a_taker_that_refuses_a_message_counts_it_as_unreadable():
    def say(session, request, code):
        session.sent.append(message(request, "stream"))
        obey(session, request, code)

    def take(one):
        raise KeyError("text")

    assert Factory(say).do(lambda kernel: kernel.run("x = 1", take)) == ""


def test_kernels_are_replaced_so_many_times_and_no_more():
    def die(session, request, code):
        session.lives = False

    factory = Factory(*[die] * 10)

    async def work(kernel):
        return [await kernel.run(f"cell {number}", list) for number in range(6)]

    stops = factory.do(work)
    assert len(factory.sessions) == 1 + LIMITS.revivals
    assert stops[:2] == ["the kernel died in this cell"] * 2
    assert stops[2:] == ["this cell was not run: the kernel died in this cell"] * 4


def test_a_cell_that_kills_every_kernel_is_not_run_again():
    factory = Factory(*[die_of_deadly] * 2)

    async def work(kernel):
        return [await kernel.run(code, list) for code in ("deadly", "x = 1")]

    assert factory.do(work) == ["the kernel died in this cell", ""]
    assert [session.ran for session in factory.sessions] == [["deadly"], ["deadly"], ["x = 1"]]


def test_when_the_notebooks_time_is_up_nothing_more_is_run(monkeypatch):
    monkeypatch.setattr(module, "PATIENCE", 1)
    limits = Limits(cell=9, question=9, notebook=0.2, received_mb=512, revivals=3)

    async def work(kernel):
        await kernel.ready()
        await asyncio.sleep(0.3 * module.PATIENCE)
        return await kernel.run("x = 1", list), await ask(kernel)

    stopped, replies = Factory().do(work, limits)
    assert stopped == "this cell was not run: the notebook's time was up"
    assert kinds(replies) == [Failed.DIED] * 3


def test_a_kernel_whose_messages_fill_our_memory_is_killed(monkeypatch):
    held = [100 << 20]
    monkeypatch.setattr(module, "_resident_bytes", lambda: held[-1])
    limits = Limits(cell=20, question=20, notebook=60, received_mb=64, revivals=3)

    def grow(session, request, code):
        """Live until killed."""
        held.append(held[-1] + (100 << 20))

    factory = Factory(*[grow] * 2)
    stopped = factory.do(lambda kernel: kernel.run("flood", list), limits)
    assert stopped == "the kernel died in this cell"
    said = "the kernel sent more than 64 MB at one time and was killed"
    assert factory.warnings == [said, stopped] * 2


def test_a_kernel_that_does_not_start_is_said():
    async def refuse() -> FakeSession:
        raise RuntimeError("the kernel ended before it was ready")

    async def main() -> None:
        kernel = Kernel(refuse, LIMITS, print)
        try:
            await kernel.ready()
        finally:
            await kernel.close()

    with pytest.raises(RuntimeError, match="before it was ready"):
        asyncio.run(main())
