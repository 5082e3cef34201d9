"""A judge in a process of its own: what it is told, what it asks, and how it may end."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from grading.boundary import wire
from grading.boundary.outcome import Failed, Reply, missing
from grading.judging.remote import Judged, Judges, RemoteJudge
from tests.support.waiting import wait_until

HIDDEN = """\
import os, time
from grading.boundary.questions import Question, ask, seed, show


def double(points):
    (answer,) = ask([Question("result = double(x)", {"x": 3.0})])
    show(str(answer), "<p>feedback</p>", {"mistake": ""})
    return points * (answer == (6.0,))
"""


@pytest.fixture(scope="module")
def judges() -> Iterator[Judges]:
    """The process from which judges are forked."""
    made = Judges()
    yield made
    made.close()
    assert not Path(made.folder).exists()


@pytest.fixture
def judge(judges: Judges, tmp_path: Path) -> Iterator[RemoteJudge]:
    """A judge that finds hidden tests."""
    (tmp_path / "remote_hidden.py").write_text(HIDDEN)
    started = judges.start(b"key", [str(tmp_path)])
    yield started
    started.close()


async def right(questions, buffers) -> list[Reply]:
    """Answer as a kernel does."""
    text, out = wire.dumps((6.0,))
    return [Reply(text, None, out) for _ in questions]


def grade(judge: RemoteJudge, source: str, ask=right, timeout: float = 60.0) -> Judged:
    return asyncio.run(judge.grade(source, 4.0, ask, timeout))


def test_it_asks_and_scores(judge):
    judged = grade(judge, "from remote_hidden import double\ndouble(4.0)")
    assert (judged.score, judged.fault) == (4.0, "")
    assert judged.displays[0]["text/plain"] == "(6.0,)"


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (missing(Failed.DIED, "the kernel died"), "kind=<Failed.DIED: 'died'>"),
        (Reply(failed={"kind": "invented", "message": 7, "where": "x" * 5000}), "Failed.RAISED"),
        (Reply(failed="text"), "the answer is malformed"),
        (Reply(None), "NOT_DATA"),
        (Reply('{"t": "tuple", "v": []}'), "the answer is malformed"),
        (Reply('{"t": "array", "d": "<f8", "s": [1], "v": 0}', None, [b"1234"]), "NOT_DATA"),
    ],
)
def test_whatever_a_kernel_replies_is_no_more_than_a_wrong_answer(judge, reply, told):
    async def ask(questions, buffers):
        return [reply]

    judged = grade(judge, "from remote_hidden import double\ndouble(4.0)", ask)
    assert (judged.score, judged.fault) == (0.0, "")
    assert told in judged.displays[0]["text/plain"]
    assert len(judged.displays[0]["text/plain"]) < 2000


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("import no_such_tests\n1.0", "No module named 'no_such_tests'"),
        ("x = 1", "its last line is not an expression"),
        ("5.0", "its score is 5.0, outside 0 to 4"),
        ("float('nan')", "its score is nan"),
        ("'text'", "could not convert"),
        ("raise SystemExit\n1.0", "SystemExit"),
        ("def f(:", "SyntaxError"),
    ],
)
def test_a_graded_cell_that_is_wrong_itself_is_said_to_be(judge, source, fault):
    assert fault in grade(judge, source).fault


def test_a_judge_that_ends_is_said_to_have_ended(judge):
    assert grade(judge, "import os\nos._exit(1)").fault.startswith("the judge ended")


def test_a_judge_that_is_silent_is_not_waited_for(judge):
    judged = grade(judge, "import time\ntime.sleep(60)\n4.0", timeout=0.2)
    assert judged.fault == "the judge was silent for 0.2 s"


def test_the_loop_goes_on_while_a_judge_thinks(judge):
    beats = []

    async def main() -> Judged:
        async def beat() -> None:
            while True:
                beats.append(time.monotonic())
                await asyncio.sleep(0.01)

        beating = asyncio.create_task(beat())
        try:
            return await judge.grade("import time\ntime.sleep(0.5)\n4.0", 4.0, right, 60.0)
        finally:
            beating.cancel()

    assert asyncio.run(main()).score == 4.0
    assert len(beats) > 5


def test_judges_share_nothing(judges, tmp_path):
    (tmp_path / "remote_hidden.py").write_text(HIDDEN)
    first, second = (judges.start(b"key", [str(tmp_path)]) for _ in range(2))
    try:
        assert grade(first, "import remote_hidden\nremote_hidden.left = 1\n1.0").score == 1.0
        left = "import remote_hidden\nfloat(hasattr(remote_hidden, 'left'))"
        assert grade(second, left).score == 0.0
        assert grade(first, left).score == 1.0
    finally:
        first.close()
        second.close()


def test_the_folder_goes_when_the_grader_is_killed():
    program = (
        "import os, signal; from grading.judging.remote import Judges; "
        "print(Judges().folder, flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    )
    killed = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert killed.returncode == -signal.SIGKILL
    folder = Path(killed.stdout.strip())
    wait_until(lambda: not folder.exists(), "the folder is gone")
