"""A sealed kernel as students know theirs: what cannot run costs only itself, and no name matters.

Each test has a kernel of its own, run by :class:`grading.sandbox.kernel.Kernel`.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from grading.boundary import wire
from grading.boundary.outcome import Failed, Reply
from grading.grade.bench import Bench
from grading.sandbox.client import JupyterSession
from grading.sandbox.kernel import Kernel, Limits
from grading.sandbox.policy import FILES, WRITABLE
from tests.support.waiting import wait_until

pytestmark = pytest.mark.usefixtures("sandbox")

LIMITS = Limits(cell=20, question=20, notebook=300, received_mb=512, revivals=20)
DOUBLE = "def double(x):\n    return 2 * x"


class Student:
    """A notebook at work, cell by cell and question by question."""

    def __init__(self, bench: Bench, limits: Limits, **settings: Any) -> None:
        self.warnings: list[str] = []
        self.printed = ""  # of the last cell
        self._loop = asyncio.Runner()
        provisioner = {"bench": bench, "data": "", **settings}
        self._kernel = Kernel(
            lambda: JupyterSession.start(provisioner), limits, self.warnings.append
        )

    def run(self, source: str) -> str:
        """Run a cell; return why it was stopped."""
        self.printed = ""

        def take(message: dict[str, Any]) -> None:
            content = message["content"]
            self.printed += content.get("text", "") + content.get("ename", "")

        return self._loop.run(self._kernel.run(source, take))

    def ask(self, *scripts: str, **doubles: str) -> list[Any]:
        """The results of scripts; of one that failed, its reply."""
        text, _ = wire.dumps({})
        rest = {"outputs": ["result"], "doubles": doubles, "inputs": text, "buffers": 0}
        asked = [{"code": code, **rest} for code in scripts]
        return [
            reply if reply.failed else wire.loads(reply.value, reply.buffers)[0]
            for reply in self._loop.run(self._kernel.ask(asked))
        ]

    def close(self) -> None:
        self._loop.run(self._kernel.close())
        self._loop.close()


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with Bench() as made:
        yield made


@pytest.fixture
def student(bench: Bench) -> Iterator[Callable[..., Student]]:
    """Makes students, with limits and settings of the sandbox."""
    with contextlib.ExitStack() as stack:

        def make(limits: Limits = LIMITS, **settings: Any) -> Student:
            made = Student(bench, limits, **settings)
            stack.callback(made.close)
            return made

        yield make


def kind(reply: Reply) -> str:
    return reply.failed["kind"]


def test_no_name_of_the_students_keeps_the_judge_from_asking(student):
    one = student()
    one.run(DOUBLE)
    for code in (
        "sum = 0; zip = [1]; exec = None; get_ipython = 3",
        "import builtins, sys; del builtins.print; builtins.sum = None; sys.modules['json'] = None",
        "__import__ = None; __builtins__ = {}",
    ):
        one.run(code)
        assert one.ask("result = sum([double(2), 1])") == [5]
    assert one.warnings == []


def test_a_double_stands_in_for_a_function_until_the_question_is_answered(student):
    one = student(replace(LIMITS, question=2))
    one.run(DOUBLE + "\ntable = {1: double}\ndef twice(x): return table[1](double(x))")
    text = "import numpy as np\ndef double(x): return 10 * np.abs(x)"
    assert one.ask("result = float(twice(-1))", double=text) == [100.0]
    assert one.ask("result = twice(-1)") == [-4]
    (slow,) = one.ask("result = double(1)", double="def double(x):\n    while True: pass")
    assert kind(slow) == Failed.TOO_SLOW
    assert one.ask("result = double(1)") == [2]


def test_lines_that_cannot_run_when_grading_leave_a_remark(student):
    one = student()
    lines = (
        *("!pip install x", "%pip install x", "%conda install x", "%matplotlib widget"),
        *("%load_ext absent", "%tensorflow_version 2.x"),
    )
    stopped = one.run("\n".join([*lines, "files = !ls", "%time n = len(files)", DOUBLE]))
    assert stopped == ""
    for line in (*lines, "!ls"):
        assert f"`{line}` is not run when grading." in one.printed
    for cell in ("%%bash\nls", "%%sql\nselect 1"):
        one.run(cell)
        assert one.printed == f"`{cell.splitlines()[0]}` is not run when grading.\n"
    one.run("%%writefile helper.py\ndef triple(x):\n    return 3 * x")
    one.run("import helper")
    assert one.ask("result = double(n)", "result = helper.triple(n + 1)") == [0, 3]


def test_what_follows_an_error_in_its_cell_is_defined_all_the_same(student):
    one = student()
    one.run(
        "import absent\nimport math, missing\nimport math as m\n@absent\ndef lost(): pass\n"
        + DOUBLE
    )
    assert "ModuleNotFoundError" in one.printed
    assert "stopped with an error in line 1" in one.printed
    assert one.printed.rstrip().endswith("all the same: m, double.")
    assert one.ask("result = double(m.pi)") == [2 * 3.141592653589793]


@pytest.mark.parametrize(
    "body", ["input()", "breakpoint()", "__import__('pdb').set_trace(); x", "getpass.getpass()"]
)
def test_code_that_waits_for_the_keyboard_is_called_that(student, body):
    one = student()
    one.run(f"import getpass\ndef double(x):\n    {body}\n    return x")
    (reply,) = one.ask("result = double(1)")
    assert kind(reply) == Failed.WAITS
    one.run("double(1)")
    assert "StdinNotImplementedError" in one.printed


def test_an_answer_that_does_not_end_is_told_with_its_line_and_costs_only_itself(student):
    one = student(replace(LIMITS, question=1))
    one.run("def endless(x):\n    while True:\n        x += 1\n" + DOUBLE)
    first, late, never = one.ask("result = double(1)", "result = endless(1)", "result = 3")
    assert first == 2
    assert [kind(late), kind(never)] == [Failed.TOO_SLOW] * 2
    assert late.failed["message"].startswith("no answer within ")
    assert late.failed["where"].startswith("endless, line ")
    assert one.ask("result = double(2)") == [4]
    assert len(one.warnings) == 1


def test_a_cell_that_does_not_end_is_known_in_later_kernels_but_for_its_loop(student):
    one = student(replace(LIMITS, cell=1))
    stopped = one.run("one = 1\nwhile True: pass\ntwo = 2\ndef double(x):\n    return x + one")
    assert stopped.startswith("this cell did not end within ")
    assert "defined all the same: double." in one.printed
    one.run("def die(x):\n    import os\n    os._exit(0)")
    died, right = one.ask("result = die(1)", "result = double(3)")
    assert (kind(died), right) == (Failed.DIED, 4)


def test_an_answer_that_takes_all_memory_costs_nobody_else_theirs(student):
    one = student(memory_mb=1000)
    hungry = "while True: keep.append(np.ones((1000, 1000)))"
    one.run(f"import numpy as np\nkeep = []\ndef hungry(x):\n    {hungry}\n{DOUBLE}")
    starved, right = one.ask("result = hungry(1)", "result = double(np.ones((500, 500)))[0, 0]")
    assert "MemoryError" in starved.failed["message"]
    assert right == 2.0
    assert one.ask("import threading\nthreading.Thread(target=print).start()\nresult = 1") == [1]
    one.run(f"n = 5\n{hungry}\ndef after(x):\n    return x + n")
    assert one.ask("result = after(1)", "result = len(keep)") == [6, 0]
    assert set(one.warnings) == {"the kernel had no memory left"}


def test_limits_count_what_the_processor_does_and_not_what_others_do(student):
    one = student(replace(LIMITS, question=2))
    one.run(
        "import time\ndef busy(s):\n    end = time.process_time() + s\n"
        "    while time.process_time() < end: pass\n    return s"
    )
    load = [
        # each in a session of its own, between which Linux may share the processor
        subprocess.Popen([sys.executable, "-c", "while True: pass"], start_new_session=True)
        for _ in range(6 * (os.cpu_count() or 1))
    ]
    try:
        for process in map(psutil.Process, (each.pid for each in load)):
            wait_until(lambda of=process: of.cpu_times().user > 0.2, "the load")
        start = time.monotonic()
        assert one.ask("result = busy(0.5)") == [0.5]
        assert time.monotonic() - start > 1.0  # so the machine was busy
    finally:
        for process in load:
            process.kill()
            process.wait()
    (waits,) = one.ask("import time\ntime.sleep(60)\nresult = 1")
    assert kind(waits) == Failed.TOO_SLOW
    assert waits.failed["message"] == "no answer within 10 s, though it computed for 0 s only"


@pytest.mark.parametrize("below", ["/tmp", "/dev/shm"])
def test_packages_below_a_folder_of_the_kernels_own_are_there_and_can_only_be_read(student, below):
    with tempfile.TemporaryDirectory(dir=below, prefix="a place, ü ") as folder:
        path = Path(folder, "packages", "own.py")
        path.parent.mkdir()
        path.write_text("ANSWER = 42\n")
        for parent in (path.parent, path.parent.parent):
            parent.chmod(0o755)
        one = student(packages=[str(path.parent)])
        one.run(f"import sys\nsys.path.append({str(path.parent)!r})\nfrom own import ANSWER")
        one.run(
            "import os\ndef tried(act):\n    try:\n        act()\n    except OSError: return True"
        )
        acts = (
            f"open({str(path)!r}, 'a')",
            f"open({str(path.with_name('new'))!r}, 'w')",
            f"os.remove({str(path)!r})",
            f"os.rename({str(path.parent)!r}, {below + '/moved'!r})",
        )
        asked = one.ask("result = ANSWER", *(f"result = tried(lambda: {act})" for act in acts))
        assert asked == [42, True, True, True, True]
        assert one.ask(f"result = open({below + '/mine'!r}, 'w').write('x')") == [1]
        assert path.read_text() == "ANSWER = 42\n"


def test_files_and_sockets_have_a_bound_that_is_not_their_size(student):
    one = student()
    one.run(
        "import os, socket\n"
        "def error(act, times):\n"
        "    for number in range(times):\n"
        "        try:\n"
        "            act(number)\n"
        "        except OSError as refused:\n"
        "            return number, refused.errno\n"
        "    return times, 0"
    )
    made = "lambda n: os.close(os.open(f'{folder}/{n}', os.O_CREAT))"
    listens = "lambda n: socket.socket(socket.AF_UNIX).bind(f'{folder}/{n}')"
    asked = one.ask(
        *(f"folder = {folder!r}; result = error({made}, 20_000)" for folder in WRITABLE),
        *(f"folder = {folder!r}; result = error({listens}, 20)" for folder in ("/s", "/tmp")),
        "result = sorted(os.listdir('/s'))",
    )
    assert all(count < FILES and why == errno.ENOSPC for count, why in asked[:3])
    assert asked[3:5] == [(0, errno.EOPNOTSUPP)] * 2
    assert asked[5] == [f"k-{channel}" for channel in range(1, 6)]
