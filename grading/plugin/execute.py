"""nbgrader's ``Execute``, sealed: student cells to a sandbox, graded cells to the judge.

A graded cell never reaches the kernel, whatever its metadata says: its source and its points come
from the gradebook. The judge runs it and puts questions; this module, the broker, carries each
question to the kernel and each answer back without reading it, and writes the cell's outputs.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import copy
import hashlib
import hmac
import json
import os
import secrets
import shutil
import sys
import tempfile
import threading
import time
from pathlib import Path
from queue import Empty
from typing import Any

import nbformat
import psutil
import zmq
import zmq.asyncio
from jupyter_client.asynchronous import AsyncKernelClient
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import run_sync
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat.notebooknode import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.preprocessors import Execute
from traitlets import Bool, Float, Int, List, Unicode, default

from grading.boundary import answering, wire
from grading.handed_in.read import release_folder
from grading.judging import judge, judges
from grading.sandbox import bubblewrap

MAX_FRAME = wire.MAX_BYTES + (1 << 20)  # bytes of one frame accepted from a kernel
MIN_MESSAGE = 200  # characters that a message counts for, however short it is
MAX_BROKEN = 50  # malformed messages before a kernel is given up
SECRET_BYTES = 32
GRACE = 5.0  # seconds for a kernel to come back after an interrupt
CELL_TOOK = "%s: %s took %.3f s"  # notebook, cell, seconds
IMAGES = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff"}
SOURCES = [Path(module.__file__).read_text() for module in (wire, answering)]


class SealedKernelSpecManager(KernelSpecManager):
    """Offers one kernelspec, made in memory: nothing has to be installed for it to be found."""

    spec = KernelSpec()

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """Return the one kernelspec, whatever the name."""
        return self.spec


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
                while message["parent_header"].get("msg_id") != asked or not _is_idle(message):
                    message = await self.get_iopub_msg(timeout=0.05)
                return
            if not await self.is_alive():
                raise RuntimeError("the kernel ended before it was ready")
        raise RuntimeError(f"the kernel was not ready within {timeout:g} s")


class GradedCellFault(Exception):
    """A graded cell is wrong itself, whatever the student answered; nobody can be scored by it."""


class SealedExecute(Execute):
    """Runs a notebook with student code sealed off, and has the graded cells judged.

    Every graded code cell ends with its feedback and exactly one number from 0 to its points. A
    kernel that dies, hangs or floods is replaced by a new one in which the student's other cells
    are run again, so that it costs only what it did not answer.
    """

    question_timeout = Float(
        20.0, help="Seconds that student code has to answer one graded cell's questions."
    ).tag(config=True)
    notebook_timeout = Float(
        600.0, help="Seconds of student code in one notebook, all cells and questions together."
    ).tag(config=True)
    judge_timeout = Float(
        60.0, help="Seconds that the judge itself may take between two messages."
    ).tag(config=True)
    max_output = Int(
        2_000_000, help="Characters of output kept of one notebook; the rest is dropped."
    ).tag(config=True)
    max_received_mb = Int(
        512,
        help="Memory that the messages of one kernel may take in the grader, in MB; a kernel that "
        "sends more at one time is killed.",
    ).tag(config=True)
    max_revivals = Int(
        20, help="How many times the kernel of one notebook is replaced after it died."
    ).tag(config=True)
    run_all = Bool(
        False,
        help="Run cells that the release tags `explore` (training runs, figures) too. Nothing "
        "graded builds on them, and they take most of the time.",
    ).tag(config=True)
    require_isolation = Bool(
        True,
        help="Refuse to grade where bubblewrap does not work. False runs student code UNSEALED, "
        "as the user who grades: only for submissions that you wrote yourself.",
    ).tag(config=True)
    tests = List(
        Unicode(),
        help="Folders on the judge's import path: where the hidden tests are. They are never "
        "shown to student code. Relative ones start at the course's root.",
    ).tag(config=True)
    secret_file = Unicode(
        ".grading-secret",
        help="File of the course's secret, from which each student's cases are drawn. Made when "
        "it is missing; keep it to have the same cases at a regrade.",
    ).tag(config=True)

    @default("raise_on_iopub_timeout")
    def _raise_on_iopub_timeout_default(self) -> bool:
        return False  # a flood may lose the message that ends a cell

    @default("shutdown_kernel")
    def _shutdown_kernel_default(self) -> str:
        return "immediate"  # what student code wants to do at exit is of no interest

    @default("interrupt_on_timeout")
    def _interrupt_on_timeout_default(self) -> bool:
        return False  # _stop does it, and looks whether the kernel came back

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any], km: Any = None
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Run the notebook; see the class.

        Raises
        ------
        GradedCellFault
            If a graded cell raised an exception of its own or gave no number from 0 to its points.
        """
        names = resources["nbgrader"]
        self._points, self._graded = _graded_cells(names)
        self._notebook = f"{names['student']}, {names['assignment']}/{names['notebook']}"
        self._data = str(release_folder(self, names["assignment"]).resolve())
        self._deadline = time.monotonic() + self.notebook_timeout
        self._dead = ""  # why there is no kernel at present
        self._revivals = 0
        self._ran: list[int] = []  # cells to run again in a new kernel
        self._output_left = self.max_output
        self.timeout_func = lambda _: max(0.1, min(self.timeout, self._time_left()))
        ended = threading.Event()
        who = f"{names['student']}\0{names['assignment']}"
        key = hmac.digest(course_secret(Path(self.secret_file)), who.encode(), hashlib.sha256)
        paths = [str(Path(path).resolve()) for path in self.tests]
        self._judge = judges.standing().start(key, paths)
        try:
            threading.Thread(target=self._watch_memory, args=(ended,), daemon=True).start()
            return super().preprocess(nb, resources, km=km)
        finally:
            ended.set()
            self._judge.close()

    def preprocess_cell(
        self, cell: NotebookNode, resources: dict[str, Any], index: int
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Send one cell where it belongs. nbconvert calls this for every cell, in order."""
        start = time.monotonic()
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
        if grade_id in self._graded:
            self._judge_cell(cell, grade_id)
        elif cell.cell_type == "code" and cell.source.strip():
            if self.run_all or not _only_explores(cell):
                self._run_student_cell(cell, index)
            else:
                cell.outputs = [_note("Not run when grading.\n")]
        if cell.cell_type == "code":
            names = resources["nbgrader"]["notebook"], grade_id or cell.get("id", index)
            self.log.debug(CELL_TOOK, *names, time.monotonic() - start)
        return cell, resources

    # -- the kernel -----------------------------------------------------------------------

    def create_kernel_manager(self) -> AsyncKernelManager:
        """Make a manager for a kernel in the sandbox (or, if so configured, outside one)."""
        metadata: dict[str, Any] = {}
        if self.require_isolation or bubblewrap.problem() is None:
            config = {"data": self._data, "scratch": judges.standing().folder}
            metadata["kernel_provisioner"] = {"provisioner_name": "sealed", "config": config}
        specs = SealedKernelSpecManager(parent=self)
        specs.spec = KernelSpec(
            argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
            display_name="Python 3 (sealed)",
            language="python",
            interrupt_mode="message",
            metadata=metadata,
        )
        self.km = AsyncKernelManager(
            parent=self, kernel_spec_manager=specs, kernel_name="sealed", shutdown_wait_time=1.0
        )
        self.km.client_factory = BoundedClient
        return self.km

    async def async_start_new_kernel(self, **kwargs: Any) -> None:
        """Start a kernel in an empty folder with the released data files, never the notebook's."""
        if not self.km.kernel_spec.metadata:  # the sandbox sees to that itself
            folder = tempfile.mkdtemp(prefix="student-", dir=judges.standing().folder)
            _copy_data(Path(self._data), Path(folder))
            kwargs["cwd"] = folder
        await super().async_start_new_kernel(**kwargs)

    start_new_kernel = run_sync(async_start_new_kernel)

    def _time_left(self) -> float:
        return self._deadline - time.monotonic()

    async def _async_cleanup_kernel(self) -> None:
        if self.km is not None:  # nbclient cleans up once more when the notebook ends
            await super()._async_cleanup_kernel()

    _cleanup_kernel = run_sync(_async_cleanup_kernel)

    def _watch_memory(self, ended: threading.Event) -> None:
        """Kill a kernel whose messages fill our memory: ZeroMQ bounds their parts, not their sum.

        Runs in a thread of its own, because a message that is still arriving is nobody's turn.
        """
        before = _resident_bytes()
        while not ended.wait(0.02):
            provisioner = self.km and self.km.provisioner
            if provisioner and _resident_bytes() - before > self.max_received_mb << 20:
                self.log.warning(
                    "%s: the kernel sent more than %d MB at one time and was killed",
                    self._notebook,
                    self.max_received_mb,
                )
                run_sync(provisioner.kill)()
                ended.wait(1.0)  # while ZeroMQ gives back what it had received
                before = _resident_bytes()

    async def _lose_kernel(self, why: str) -> None:
        self._dead = why
        self.log.warning("%s: %s", self._notebook, why)
        await self._async_cleanup_kernel()

    async def _stop(self, why: str) -> None:
        """Interrupt what runs; give the kernel up if it does not come back."""
        try:
            await self.km.interrupt_kernel()
            asked = self.kc.kernel_info()
            end = time.monotonic() + GRACE
            while (left := end - time.monotonic()) > 0:  # behind whatever it has sent before
                message = await self.kc.get_iopub_msg(timeout=left)
                if message["parent_header"].get("msg_id") == asked and _is_idle(message):
                    return
            why = f"{why}, and it did not come back"
        except Exception as error:
            why = f"{why}, and it did not come back ({type(error).__name__})"
        await self._lose_kernel(why)

    async def _revive(self) -> bool:
        """Have a living kernel that has run the student's cells; False if that cannot be."""
        while self._dead and self._revivals < self.max_revivals and self._time_left() > 0:
            self._revivals += 1
            self.km = self.create_kernel_manager()
            await self.async_start_new_kernel()
            await self.async_start_new_kernel_client()
            self._dead = ""
            output_left, self._output_left = self._output_left, 0
            for index in list(self._ran):
                original = self.nb.cells[index]
                await self._run(copy.deepcopy(original), index)
                self.nb.cells[index] = original
                if self._dead:
                    break
            self._output_left = output_left
        return not self._dead and self._time_left() > 0

    # -- student cells --------------------------------------------------------------------

    async def _async_run_student_cell(self, cell: NotebookNode, index: int) -> None:
        cell.metadata.pop("tags", None)  # nbclient skips cells that carry a certain tag
        if await self._revive():
            self._ran.append(index)
            await self._run(cell, index)
        else:
            why = self._dead or "the notebook's time was up"
            cell.outputs = [_error("NotRun", f"This cell was not run: {why}.")]

    _run_student_cell = run_sync(_async_run_student_cell)

    async def _run(self, cell: NotebookNode, index: int) -> None:
        why, before, limit = "", self._output_left, self.timeout_func(cell)
        try:
            await self.async_execute_cell(cell, index)
        except DeadKernelError:
            why = "the kernel died in this cell"
            await self._lose_kernel(why)
        except CellTimeoutError:
            why = f"this cell did not end within {limit:.0f} s"
            self._listener.cancel()
            await asyncio.wait([self._listener])
            await self._stop(why)
        except Exception as error:  # a message that cannot be read
            why = f"the kernel sent what is not a Jupyter message ({type(error).__name__})"
            await self._lose_kernel(why)
        if why:
            cell.outputs.append(_error("Stopped", f"{why[0].upper()}{why[1:]}."))
            self._ran.remove(index)
        if before > 0 >= self._output_left:
            note = f"Output beyond {self.max_output:,} characters in this notebook was dropped.\n"
            cell.outputs.append(_note(note))

    async def _async_poll_output_msg(self, *args: Any) -> None:
        """Receive a cell's messages; `_run` ends this, which nbclient forgets after a time-out.

        A second receiver of the same messages would take some from the first, which then waits.
        """
        self._listener = asyncio.current_task()
        await super()._async_poll_output_msg(*args)

    def on_cell_executed(self, **kwargs: Any) -> None:
        """Add nothing: the reply's own account of an error is not checked as its messages are."""

    def process_message(
        self, msg: dict[str, Any], cell: NotebookNode, cell_index: int
    ) -> NotebookNode | None:
        """Keep text and pictures, drop every other kind of message, and all beyond the cap."""
        kind, content = msg["msg_type"], msg["content"]
        if kind == "status":
            state = {"execution_state": content["execution_state"]}
            return super().process_message({**msg, "content": state}, cell, cell_index)
        if kind == "execute_input":
            count = content["execution_count"]
            cell.execution_count = count if type(count) is int and 0 <= count < 1 << 31 else None
            return None
        if self._output_left <= 0:
            return None
        output = _plain_output(kind, content)
        if output is None:
            return None
        self._output_left -= max(MIN_MESSAGE, len(json.dumps(output)))
        if self._output_left > 0:
            cell.outputs.append(output)
        return output

    # -- graded cells ---------------------------------------------------------------------

    async def _async_judge_cell(self, cell: NotebookNode, grade_id: str) -> None:
        source, points = self._graded[grade_id], self._points[grade_id]
        verdict = await self._verdict({"op": "grade", "source": source, "points": points})
        if verdict["fault"]:
            raise GradedCellFault(
                f"The graded cell {grade_id} of {self._notebook} is itself at fault: "
                f"{verdict['fault']}"
            )
        cell.outputs = [
            nbformat.v4.new_output("display_data", data=data) for data in verdict["displays"]
        ]
        score = {"text/plain": repr(float(verdict["score"]))}
        cell.outputs.append(nbformat.v4.new_output("execute_result", data=score))

    _judge_cell = run_sync(_async_judge_cell)

    async def _verdict(self, request: dict[str, Any]) -> dict[str, Any]:
        connection = self._judge.connection
        judge.send(connection, request)
        while True:
            if not connection.poll(self.judge_timeout):
                fault = f"the judge was silent for {self.judge_timeout:g} s"
                return {"fault": fault}
            try:
                message, buffers = judge.receive(connection)
            except EOFError:
                return {"fault": "the judge ended; is grader_tests found, and free of errors?"}
            if message["op"] == "verdict":
                return message
            answers, buffers = await self._answers(message["questions"], buffers)
            judge.send(connection, {"op": "answers", "answers": answers}, buffers)

    async def _answers(
        self, asked: list[dict[str, Any]], buffers: list[bytes]
    ) -> tuple[list[dict[str, Any]], list[bytes]]:
        """Put questions to the kernel; each gets an answer, or the reason why there is none."""
        if not await self._revive():
            reason = _failed("died", self._dead or "the notebook's time was up")
            return [reason] * len(asked), []
        code = (
            "def __sealed__(sources, request):\n"
            "    spaces = [{'__name__': 'wire'}, {'__name__': 'answering'}]\n"
            "    for source, space in zip(sources, spaces):\n"
            "        exec(source, space)\n"
            "    spaces[1]['serve'](request, spaces[0])\n"
            f"__sealed__({SOURCES!r}, { ({'questions': asked})!r})"
        )
        content = {
            "code": code,
            "silent": True,
            "store_history": False,
            "user_expressions": {},
            "allow_stdin": False,
            "stop_on_error": False,
        }
        request = self.kc.session.msg("execute_request", content)
        self.kc.session.send(self.kc.shell_channel.socket, request, buffers=buffers)
        answers, out = await self._collect(request["header"]["msg_id"], len(asked))
        return [answers[number] for number in range(len(asked))], [
            buffer for number in range(len(asked)) for buffer in out.get(number, ())
        ]

    async def _collect(
        self, request: str, count: int
    ) -> tuple[dict[int, dict[str, Any]], dict[int, list[bytes]]]:
        answers: dict[int, dict[str, Any]] = {}
        buffers: dict[int, list[bytes]] = {}
        limit = min(self.question_timeout, self._time_left())
        end = time.monotonic() + limit
        broken, reason = 0, _failed("not data", "the code did not let itself be asked")
        while True:
            left = end - time.monotonic()
            if left <= 0:
                reason = _failed("too slow", f"no answer within {limit:.0f} s")
                await self._stop(f"a question had no answer within {limit:.0f} s")
                break
            try:
                message = await self.kc.get_iopub_msg(timeout=min(left, 0.5))
                if message["parent_header"].get("msg_id") != request:
                    continue
                if _is_idle(message):
                    break
                if message["msg_type"] == "sealed_answer":
                    self._take(message["content"], message["buffers"], count, answers, buffers)
                    if len(answers) == count:
                        break
            except Empty:
                if not await self.km.is_alive():
                    reason = _failed("died", "the kernel died while it answered")
                    await self._lose_kernel("the kernel died while it answered a question")
                    break
            except Exception as error:  # a message that cannot be read
                broken += 1
                if broken > MAX_BROKEN:
                    reason = _failed("not data", "the kernel sent what is not a Jupyter message")
                    await self._lose_kernel(f"the kernel broke the protocol ({error})"[:200])
                    break
        for number in range(count):
            answers.setdefault(number, reason)
        return answers, buffers

    @staticmethod
    def _take(
        content: dict[str, Any],
        sent: list[Any],
        count: int,
        answers: dict[int, dict[str, Any]],
        buffers: dict[int, list[bytes]],
    ) -> None:
        number = content["number"]
        if type(number) is int and 0 <= number < count and number not in answers:
            value, failed = content.get("value"), content.get("failed")
            answers[number] = {
                "value": value if isinstance(value, str) else None,
                "failed": None if failed is None else _texts(failed),
                "buffers": len(sent),
            }
            buffers[number] = [bytes(buffer) for buffer in sent]


def _graded_cells(names: dict[str, Any]) -> tuple[dict[str, float], dict[str, str]]:
    """Points and source of each graded code cell, by grade_id, from the instructor's gradebook."""
    with Gradebook(names["db_url"]) as gradebook:
        notebook = gradebook.find_notebook(names["notebook"], names["assignment"])
        by_hand = {cell.name for cell in notebook.solution_cells}
        points = {
            cell.name: float(cell.max_score)
            for cell in notebook.grade_cells
            if cell.cell_type == "code" and cell.name not in by_hand
        }
        sources = {cell.name: cell.source for cell in notebook.source_cells if cell.name in points}
    return points, sources


def _resident_bytes() -> int:
    return psutil.Process().memory_info().rss


def _only_explores(cell: NotebookNode) -> bool:
    """Whether the release tags a cell as one whose results nothing builds on: it is not run."""
    return "explore" in cell.metadata.get("tags", ())


def course_secret(file: Path) -> bytes:
    """The course's secret, made at its first use.

    Raises
    ------
    ValueError
        If the file holds something else.
    """
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        secret = bytes.fromhex(file.read_text())
        if len(secret) != SECRET_BYTES:
            raise ValueError(f"{file} is damaged: delete it to have a new secret made") from None
        return secret
    secret = secrets.token_bytes(SECRET_BYTES)
    with os.fdopen(descriptor, "w") as out:
        out.write(secret.hex())
    return secret


def _copy_data(release: Path, folder: Path) -> None:
    if release.is_dir():
        ignore = shutil.ignore_patterns("*.ipynb")
        shutil.copytree(release, folder, ignore=ignore, dirs_exist_ok=True)


def _is_idle(message: dict[str, Any]) -> bool:
    return message["msg_type"] == "status" and message["content"]["execution_state"] == "idle"


def _texts(failed: Any) -> dict[str, str]:
    names = ("kind", "message", "where", "exception")
    sent = failed if isinstance(failed, dict) else {}
    return {name: text for name in names if isinstance(text := sent.get(name), str)}


def _failed(kind: str, message: str) -> dict[str, Any]:
    return {"value": None, "failed": {"kind": kind, "message": message}, "buffers": 0}


def _note(text: str) -> NotebookNode:
    return nbformat.v4.new_output("stream", name="stdout", text=text)


def _error(name: str, text: str) -> NotebookNode:
    return nbformat.v4.new_output("error", ename=name, evalue=text, traceback=[text])


def _plain_output(kind: str, content: dict[str, Any]) -> NotebookNode | None:
    """Text and pictures of a message, checked; None for everything else."""
    if kind == "stream":
        name = "stderr" if content.get("name") == "stderr" else "stdout"
        return nbformat.v4.new_output("stream", name=name, text=_text(content.get("text", "")))
    if kind == "error":
        texts = [_text(content.get(key, "")) for key in ("ename", "evalue")]
        traceback = [_text(line) for line in content.get("traceback") or []]
        return nbformat.v4.new_output(
            "error", ename=texts[0], evalue=texts[1], traceback=traceback or texts[:1]
        )
    if kind in ("display_data", "execute_result"):
        sent = content.get("data")
        data = {} if not isinstance(sent, dict) else _plain_data(sent)
        return nbformat.v4.new_output("display_data", data=data) if data else None
    return None


def _text(value: Any) -> str:
    return str(value).encode(errors="replace").decode()  # lone surrogates cannot be written


def _plain_data(sent: dict[str, Any]) -> dict[str, str]:
    data = {}
    if isinstance(sent.get("text/plain"), str):
        data["text/plain"] = _text(sent["text/plain"])
    for mime, magic in IMAGES.items():
        try:
            picture = base64.b64decode(sent[mime].replace("\n", ""), validate=True)
        except (KeyError, AttributeError, ValueError):
            continue
        if picture.startswith(magic):
            data[mime] = base64.b64encode(picture).decode()
    return data
