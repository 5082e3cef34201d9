"""The corpus of attacks, through the real ``nbgrader autograde`` and ``generate_feedback``.

Every second attack goes through ``python -m grading autograde`` instead, several at one time.
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
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import numpy as np
import psutil
import pytest
from nbgrader.api import Gradebook

from tests.attacks import Attack, corpus
from tests.support import little_course
from tests.support.little_course import ASSIGNMENT, NOTEBOOK, command_of

CORPUS = corpus()
# What is handed in besides the answers is dealt with before any kernel starts, sealed or not.
BEFORE = ("files", "cells", "web")
UNSEALED = [attack for attack in CORPUS if not attack.sealed and attack.row not in BEFORE]
CANARY = f"canary-{secrets.token_hex(16)}"
SETTINGS = {"SealedExecute__question_timeout": 2.0, "SealedExecute__timeout": 3}
CHANGES = ("autograded", "feedback", "gradebook.db", ".nbgrader.log", ".grading", "tmp")
MEMORY = 3 << 29  # bytes that no attack may drive the grader beyond


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
    """One little course with attacks handed in, secrets planted, and grading under way."""

    def __init__(
        self, root: Path, attacks: list[Attack], known: dict[str, object], command: list[str]
    ) -> None:
        self.root, self.attacks, self.command = root, attacks, command
        for attack in attacks:
            attack.submit(root, {"ROOT": str(root), **known})
        right = little_course.answered(root)
        right.cells[0].source += f"\n{CANARY}"
        little_course.submit(root, "bystander", right)
        self.before = self.files()

    def grade(self, **environment: str) -> None:
        """Start the command and watch its memory."""
        (self.root / "tmp").mkdir()
        scripts = Path(sys.executable).parent
        self.environment = {
            **os.environ,
            "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(self.root / "home"),
            "TMPDIR": str(self.root / "tmp"),
            "GRADER_CANARY": CANARY,
            **environment,
        }
        self.log = open(self.root.with_suffix(".log"), "w+", errors="replace")  # noqa: SIM115
        self.process = psutil.Popen(
            [sys.executable, "-m", *self.command, ASSIGNMENT],
            cwd=self.root,
            env=self.environment,
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
                self.peak = max(self.peak, *map(peak_of, graders))
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


def run(folder: Path, attacks: list[Attack], settings: dict, **environment: str) -> Iterator[Run]:
    """Grade the attacks in two courses at the same time."""
    first, second = folder / "one", folder / "two"
    little_course.make(first, **SETTINGS, **settings)
    plant(first)
    shutil.copytree(first, second)
    listeners = Listeners(folder)
    known = listeners.known
    courses = [
        Course(first, attacks[::2], known, ["nbgrader", "autograde"]),
        Course(second, attacks[1::2], known, ["grading", "autograde", "--workers=2"]),
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
        gradebook.add_student("absent", last_name=CANARY)


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Every attack, in the sandbox."""
    yield from run(tmp_path_factory.mktemp("sealed"), CORPUS, {})


@pytest.fixture(scope="module")
def unsealed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """The attacks that need no sandbox, on a machine without bubblewrap."""
    folder = tmp_path_factory.mktemp("unsealed")
    programs = folder / "bin"
    programs.mkdir()
    for program in Path("/usr/bin").iterdir():
        if program.name != "bwrap":
            (programs / program.name).symlink_to(program)
    settings = {"SealedExecute__require_isolation": False}
    path = f"{Path(sys.executable).parent}{os.pathsep}{programs}"
    yield from run(folder, UNSEALED, settings, PATH=path)


def check_score(course: Course, attack: Attack) -> None:
    assert course.scores.get(attack.name) == attack.scores
    failures = re.findall(rf"^ +{attack.name}: (.*)$", course.text, re.MULTILINE)
    if attack.refused:
        assert len(failures) == 1
        assert attack.refused in failures[0]
    else:
        assert not failures


@pytest.mark.bubblewrap
@pytest.mark.parametrize("attack", CORPUS, ids=lambda attack: f"{attack.row}-{attack.name}")
def test_earns_what_it_answers_in_the_sandbox(sealed: Run, attack: Attack) -> None:
    check_score(sealed.of(attack), attack)


@pytest.mark.parametrize("attack", UNSEALED, ids=lambda attack: f"{attack.row}-{attack.name}")
def test_earns_what_it_answers_without_a_sandbox(unsealed: Run, attack: Attack) -> None:
    check_score(unsealed.of(attack), attack)


@pytest.mark.bubblewrap
def test_bystanders_are_graded(sealed: Run) -> None:
    for course in sealed.courses:
        assert course.scores["bystander"] == little_course.POINTS
        assert course.status == 1  # some are refused


@pytest.mark.bubblewrap
def test_nothing_was_read(sealed: Run) -> None:
    for course in sealed.courses:
        secret = (course.root / ".grading-secret").read_text()
        for folder in ("autograded", "feedback"):
            for path in (course.root / folder).rglob("*"):
                if path.is_file() and "bystander" not in path.parts:
                    text = path.read_text(errors="replace")
                    assert CANARY not in text, path
                    assert secret not in text, path


@pytest.mark.bubblewrap
def test_nothing_was_written(sealed: Run) -> None:
    for course in sealed.courses:
        assert course.after == course.before
        for path in course.root.rglob("*"):
            assert not path.name.startswith("planted"), path
    packages = Path(np.__file__).parent
    for folder in (packages, packages.parent, Path(sys.prefix), Path("/tmp"), Path("/dev/shm")):
        assert not list(folder.glob("planted_by_attack*"))


@pytest.mark.bubblewrap
def test_nothing_was_reached(sealed: Run) -> None:
    assert sealed.reached == []
    for attack in CORPUS:
        if attack.row == "network":
            assert "MADE A SOCKET" not in sealed.of(attack).outputs(attack.name)


@pytest.mark.bubblewrap
def test_attacks_saw_what_they_were_to_see(sealed: Run) -> None:
    for attack in CORPUS:
        assert "AssertionError" not in sealed.of(attack).outputs(attack.name), attack.name


@pytest.mark.bubblewrap
def test_planted_modules_were_not_imported(sealed: Run) -> None:
    for attack in CORPUS:
        course = sealed.of(attack)
        assert "PLANTED CODE RAN" not in course.outputs(attack.name)
        assert "PLANTED CODE RAN" not in course.text


@pytest.mark.parametrize("kind", [pytest.param("sealed", marks=pytest.mark.bubblewrap), "unsealed"])
def test_nothing_was_left_behind(kind: str, request: pytest.FixtureRequest) -> None:
    for course in request.getfixturevalue(kind).courses:
        assert course.left_running == []
        assert course.left_lying == []


@pytest.mark.bubblewrap
def test_the_grader_stayed_small(sealed: Run) -> None:
    for course in sealed.courses:
        assert 0 < course.peak < MEMORY


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


@pytest.mark.bubblewrap
def test_nothing_of_a_students_runs_in_a_browser(sealed: Run) -> None:
    for course in sealed.courses:
        assert course.feedback.returncode == 0, course.feedback.stderr
        pages = list((course.root / "feedback").rglob("*.html"))
        assert len(pages) > 50
        for page in pages:
            alarms = Alarms()
            alarms.feed(page.read_text())
            assert not alarms.found, page
