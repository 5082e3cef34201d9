"""Grades attacks through the real ``nbgrader autograde`` and ``generate_feedback``.

Three of four attacks go through ``python -m grading autograde`` instead, several at one time.
Secrets are planted where attacks look for them, listeners stand where attacks call, and files,
processes and temporary folders are compared before and after.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import psutil
from nbgrader.api import Gradebook

from tests.attacks import Attack
from tests.support import commands, little_course
from tests.support.little_course import ASSIGNMENT, NOTEBOOK
from tests.support.waiting import command_of

CANARY = f"canary-{secrets.token_hex(16)}"
# Processor time: whoever sleeps is stopped after five times as long by the clock.
SETTINGS = {"SealedExecute__timeout": 3, "SealedExecute__question_timeout": 3.0}
COMMANDS = (["nbgrader", "autograde"], ["grading", "autograde", "--workers=2"])
SEES = """
import os
try:
    print("sees the course: True", os.listdir(ROOT))
except OSError:
    print("sees the course: False")
"""
PROBE = Attack("probe", "", SEES, sealed=True)
CHANGES = ("autograded", "feedback", "gradebook.db", ".nbgrader.log", ".grading", "tmp")


class Listeners:
    """Sockets on this machine that no attack may reach."""

    def __init__(self, folder: Path) -> None:
        self.tcp = socket.create_server(("127.0.0.1", 0))
        port = self.tcp.getsockname()[1]
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind(("127.0.0.1", 0))
        self.abstract = socket.socket(socket.AF_UNIX)
        abstract = f"\0{secrets.token_hex(8)}"
        self.abstract.bind(abstract)
        self.path = socket.socket(socket.AF_UNIX)
        with contextlib.chdir(folder):
            self.path.bind("listener")  # names of sockets are short
        self.all = [self.tcp, self.udp, self.abstract, self.path]
        with contextlib.suppress(OSError):
            self.all.append(socket.create_server(("::1", port), family=socket.AF_INET6))
        self.known = {"TCP": port, "UDP": self.udp.getsockname()[1]}
        self.known |= {"ABSTRACT": abstract, "SOCKET": str(folder / "listener")}
        for each in self.all:
            each.setblocking(False)
            if each.type == socket.SOCK_STREAM:
                each.listen()

    def reached(self) -> list[socket.socket]:
        """Those that anything came to."""
        found = []
        for each in self.all:
            with contextlib.suppress(BlockingIOError):
                each.accept() if each.type == socket.SOCK_STREAM else each.recv(10)
                found.append(each)
        return found

    def close(self) -> None:
        for each in self.all:
            each.close()


def peak_of(process: psutil.Process) -> int:
    """The most memory that a process has had at one time, in bytes; 0 if it has just ended."""
    with contextlib.suppress(OSError):
        if found := re.search(
            r"VmHWM:\s+(\d+) kB", Path(f"/proc/{process.pid}/status").read_text()
        ):
            return int(found[1]) << 10
    return 0


class Course:
    """One little course with attacks handed in, secrets planted, and grading under way.

    `machine` begins the command line, to grade elsewhere; `owner` is then who grades.
    """

    def __init__(
        self,
        root: Path,
        attacks: list[Attack],
        known: dict[str, object],
        command: list[str],
        machine: Sequence[str] = (),
        owner: int = os.getuid(),
    ) -> None:
        self.root, self.attacks = root, attacks
        self.command = [*machine, sys.executable, "-m", *command, ASSIGNMENT]
        self.owner = owner
        for attack in attacks:
            attack.submit(root, {"ROOT": str(root), **known})
        right = little_course.answered(root)
        right.cells[0].source += f"\n{CANARY}"
        little_course.submit(root, "bystander", right)
        self.before = self.files()

    def grade(self, **environment: str) -> None:
        """Start the command and watch its memory."""
        (self.root / "tmp").mkdir()
        settings = {
            "HOME": str(self.root / "home"),
            "TMPDIR": str(self.root / "tmp"),
            "GRADER_CANARY": CANARY,
            **environment,
        }
        for path in (self.root, *self.root.rglob("*")):
            os.chown(path, self.owner, self.owner, follow_symlinks=False)
        self.log = open(self.root.with_suffix(".log"), "w+", errors="replace")  # noqa: SIM115
        self.process = psutil.Popen(
            self.command,
            cwd=self.root,
            env=commands.variables(**settings),
            stdout=self.log,
            stderr=subprocess.STDOUT,
        )
        self.peak = 0
        self.watcher = threading.Thread(target=self._watch)
        self.watcher.start()

    def _watch(self) -> None:
        while self.process.poll() is None:
            with contextlib.suppress(psutil.Error):  # it has just ended
                own = [self.process, *self.process.children()]  # workers, if it has any
                graders = [one for one in own if "bwrap" not in command_of(one)]
                self.peak = max([self.peak, *map(peak_of, graders)])
            time.sleep(0.1)  # to look takes processor time that answers need

    def finish(self) -> None:
        """Wait for the end; write feedback; take down what is to be compared."""
        self.watcher.join()
        self.status = self.process.wait()
        self.left_running = self.processes()
        self.left_lying = os.listdir(self.root / "tmp")
        self.after = self.files()
        self.log.seek(0)
        self.text = self.log.read()
        self.log.close()
        self.scores = little_course.scores(self.root)
        self.feedback = little_course.nbgrader(self.root, "generate_feedback", ASSIGNMENT)

    def files(self) -> dict[str, str]:
        """Mode, kind and hash of every file but those that grading is to change."""
        found = {}
        for base, folders, files in os.walk(self.root):
            for name in (*folders, *files):
                path = Path(base, name)
                short = str(path.relative_to(self.root))
                if short.startswith(CHANGES) or "__pycache__" in path.parts:
                    continue
                status = path.lstat()
                ordinary = path.is_file() and not path.is_symlink() and status.st_size < 1 << 27
                digest = hashlib.md5(path.read_bytes()).hexdigest() if ordinary else ""
                found[short] = f"{status.st_mode:o} {digest}"
        return found

    def processes(self) -> list[str]:
        """Processes that have to do with this course, or run under its sandbox's uid."""
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                sandboxed = process.uids().real == 200_000 + self.process.pid % 50_000
                if sandboxed or str(self.root) in " ".join(process.cmdline()):
                    found.append(f"{process.pid} {process.cmdline()}")
        return found

    def outputs(self, student: str) -> str:
        """All outputs of a student's graded notebook, as text."""
        path = self.root / "autograded" / student / ASSIGNMENT / f"{NOTEBOOK}.ipynb"
        if not path.exists():
            return ""
        cells = nbformat.read(path, as_version=4).cells
        return "\n".join(str(cell.get("outputs", "")) for cell in cells)


@dataclass
class Run:
    """Everything that one pass over the corpus left."""

    courses: list[Course]
    reached: list[socket.socket]

    def of(self, attack: Attack) -> Course:
        return next(course for course in self.courses if attack in course.attacks)


def check_the_seal(template: Path, command: list[str], *where: Any) -> None:
    """Grade a harmless answer first: attacks that need a sandbox would harm this machine."""
    root = Path(shutil.copytree(template, template.with_name(f"probe-{command[0]}")))
    course = Course(root, [PROBE], {}, command, *where)
    course.grade()
    course.finish()
    assert "sees the course: False" in course.outputs(PROBE.name), course.text


def run(
    folder: Path,
    attacks: list[Attack],
    settings: dict[str, Any],
    machine: Sequence[str] = (),
    owner: int = os.getuid(),
    **environment: str,
) -> Iterator[Run]:
    """Grade the attacks in two courses at the same time."""
    first, second = folder / "one", folder / "two"
    little_course.make(first, **SETTINGS, **settings)
    plant(first)
    shutil.copytree(first, second)
    if any(attack.sealed for attack in attacks):
        check_the_seal(first, COMMANDS[0], machine, owner)  # without our settings it has no seal
    listeners = Listeners(folder)
    some, most = attacks[::4], [one for number, one in enumerate(attacks) if number % 4]
    courses = [
        Course(root, part, listeners.known, command, machine, owner)
        for root, part, command in zip((first, second), (some, most), COMMANDS, strict=True)
    ]
    for course in courses:
        course.grade(**environment)
    for course in courses:
        course.finish()
    yield Run(courses, listeners.reached())
    listeners.close()


def plant(root: Path) -> None:
    """Put secrets where attacks look for them."""
    (root / "secret.txt").write_text(CANARY)
    tests = root / "hidden" / "little_tests.py"
    tests.write_text(f"{tests.read_text()}\n# {CANARY}\n")
    (root / "source" / ASSIGNMENT / "notes.ipynb").write_text(f'{{"cells": [], "x": "{CANARY}"}}')
    (root / "home").mkdir()
    (root / "home" / ".profile").write_text(f"# {CANARY}\n")
    with Gradebook(f"sqlite:///{root}/gradebook.db") as gradebook:
        gradebook.add_student(CANARY)


def check_score(course: Course, attack: Attack) -> None:
    found = course.scores.get(attack.name)
    assert found == attack.scores, f"{found}, not {attack.scores}\n{course.text}"
    failures = re.findall(rf"^ +{attack.name}: (.*)$", course.text, re.MULTILINE)
    if attack.refused:
        assert len(failures) == 1
        assert attack.refused in failures[0]
    else:
        assert not failures


def check_nothing_was_read(found: Run) -> None:
    for course in found.courses:
        secret = (course.root / ".grading-secret").read_text()
        for folder in ("autograded", "feedback"):
            for path in (course.root / folder).rglob("*"):
                if path.is_file() and "bystander" not in path.parts:
                    text = path.read_text(errors="replace")
                    assert CANARY not in text, path
                    assert secret not in text, path


def check_nothing_was_written(found: Run) -> None:
    for course in found.courses:
        assert course.after == course.before
        for path in course.root.rglob("*"):
            assert not path.name.startswith("planted"), path
    packages = Path(np.__file__).parent
    for folder in (packages, packages.parent, Path(sys.prefix), Path("/tmp"), Path("/dev/shm")):
        assert not list(folder.glob("planted_by_attack*"))


def check_nothing_was_reached(found: Run) -> None:
    assert found.reached == []
    for course in found.courses:
        for attack in course.attacks:
            if attack.row == "network":
                assert "MADE A SOCKET" not in course.outputs(attack.name)


def check_nothing_was_left_behind(found: Run) -> None:
    for course in found.courses:
        assert not course.left_running, course.left_running
        assert not course.left_lying, course.left_lying


class Alarms(HTMLParser):
    """Finds what a browser would run of a student's in a feedback page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.script = False
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.script = tag in ("script", "style")
        for name, value in attributes:
            runs = name.startswith("on") or (value or "").strip().lower().startswith(
                ("javascript:", "data:text", "vbscript:")
            )
            if runs and "ALARM" in (value or ""):
                self.found.append(f"<{tag} {name}={value}>")

    def handle_endtag(self, tag: str) -> None:
        self.script = False

    def handle_data(self, data: str) -> None:
        if self.script and "ALARM" in data:
            self.found.append(data)
