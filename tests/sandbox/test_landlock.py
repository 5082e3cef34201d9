"""What code can and cannot do where there are no namespaces, as root and as an ordinary user.

The attempts are made in one sealed kernel, one after the other, while a second one is alive; both
in a process to which namespaces are denied. Those that succeed are the page on guarantees' own.
"""

from __future__ import annotations

import ast
import json
import os
import platform
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest

from grading.sandbox import forkserver, seccomp
from grading.sandbox.policy import REFUSED
from tests.support import REPOSITORY, machines
from tests.support.machines import NOBODY

CANARY = "canary of the grader's"
SETUP = """
import ctypes, errno, fcntl, os, resource, signal, socket, stat, subprocess, threading, time
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
own = os.path.dirname(os.environ["TMPDIR"])
NEIGHBOUR = next(folder for folder in KERNELS if folder != own)
HOME, start = os.path.dirname(HOME_FILE), os.getcwd()

def call(name, *arguments):
    arguments = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    if libc.syscall(ctypes.c_long(NUMBERS[name]), *arguments) < 0:
        raise OSError(ctypes.get_errno(), name)

def unless(changed):
    if not changed:
        raise OSError(0, "no effect")

def attempt(code):
    try:
        exec(code, globals())
    except OSError as error:
        return errno.errorcode.get(error.errno, "no effect")
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    finally:
        os.chdir(start)
    return "done"
"""
READING = {
    "a file of the grader's": "open(HOME_FILE).read()",
    "a list of its folder": "os.listdir(HOME)",
    "by a link": "os.symlink(HOME_FILE, 'link'); open('link').read()",
    "by a hard link": "os.link(HOME_FILE, 'hard'); open('hard').read()",
    "by a relative name": "os.chdir(HOME); open('secret').read()",
    "the course": "open(COURSE + '/README.md').read()",
    "the list of users": "open('/etc/passwd').read()",
    "the root": "os.listdir('/')",
    "another kernel's key": "open(NEIGHBOUR + '/tmp/connection.json').read()",
    "another kernel's folder": "os.listdir(NEIGHBOUR + '/home')",
    **{
        f"{name} of the grader": f"open(f'/proc/{{GRADER}}/{name}', 'rb').read(10)"
        for name in ("environ", "cmdline", "maps", "mem", "stat", "syscall")
    },
    "descriptors of the grader": "os.listdir(f'/proc/{GRADER}/fd')",
    "folder of the grader": "os.readlink(f'/proc/{GRADER}/cwd')",
    "a list of processes": "os.listdir('/proc')",
    "its own memory, as a file": "open('/proc/self/mem', 'r+b')",
    "sockets of the machine": "open('/proc/self/net/tcp').read()",
    "/sys": "os.listdir('/sys')",
    **{f"/dev/{name}": f"os.open('/dev/{name}', os.O_RDWR)" for name in ("tty", "ptmx")},
    "a database": "import sqlite3\n"
    "try: sqlite3.connect(f'file:{HOME_FILE}?mode=ro', uri=True).execute('pragma user_version')\n"
    "except sqlite3.OperationalError: raise OSError(errno.EACCES, 'refused')",
}
WRITING = {
    "a file of the grader's": "open(HOME_FILE, 'a')",
    "a new file beside it": "open(HOME_FILE + '2', 'w')",
    **{place: f"open('{place}/planted', 'w')" for place in ("/tmp", "/dev/shm", "/var/tmp")},
    "cutting a file": "os.truncate(HOME_FILE, 0)",
    "removing it": "os.remove(HOME_FILE)",
    "moving it in": "os.rename(HOME_FILE, 'mine')",
    "moving over it": "open('a', 'w').close(); os.rename('a', HOME_FILE)",
    "its permissions": "os.chmod(HOME_FILE, 0o640); unless(os.stat(HOME_FILE).st_mode & 4 == 0)",
    "its times": "os.utime(HOME_FILE, (1, 1)); unless(os.stat(HOME_FILE).st_mtime == 1)",
    "its owner": "os.chown(HOME_FILE, os.getuid(), os.getgid())",
    "its attributes": "os.setxattr(HOME_FILE, 'user.x', b'1')",
    "an installed package": "open(ctypes.__file__, 'a')",
    "the folder of sockets": "open(own + '/planted', 'w')",
    "its own socket": "os.unlink(own + '/k-1')",
    "another kernel's folder": "open(NEIGHBOUR + '/home/planted', 'w')",
    "another kernel's data": "open(NEIGHBOUR + '/home/numbers.txt', 'w')",
    "a fifo": "os.mkfifo('fifo')",
    "a device": "os.mknod('device', stat.S_IFCHR | 0o666, os.makedev(1, 3))",
    "a file without a name": "os.open('.', os.O_TMPFILE | os.O_RDWR)",
    "past the size of a file": "call('fallocate', open('x', 'wb').fileno(), 1, 0, 1 << 30)",
}
PROCESSES = {
    "fork": "os.fork() or os._exit(0)",
    "a program": "subprocess.run(['/bin/true'])",
    "another way to a program": "os.posix_spawn('/bin/true', ['true'], {})",
    "becoming a program": "os.execv('/bin/true', ['true'])",
    "being root": "os.setuid(0)",
    "another root folder": "os.chroot('.')",
    "a probing signal": "os.kill(GRADER, 0)",
    "a signal": "os.kill(GRADER, signal.SIGURG)",
    "a signal to the guard": "os.kill(os.getppid(), signal.SIGURG)",
    "a signal to all": "os.kill(-1, signal.SIGURG)",
    "a signal to the group": "os.kill(0, signal.SIGURG)",
    "a signal by a descriptor": "signal.pidfd_send_signal(os.pidfd_open(GRADER), signal.SIGURG)",
    "a signal by an owner": "fcntl.fcntl(1, fcntl.F_SETOWN, GRADER)",
    "tracing": "unless(libc.ptrace(16, GRADER, None, None) == 0)",
    "reading memory": "call('process_vm_readv', GRADER, bytes(16), 1, bytes(16), 1, 0)",
    "limits": "resource.prlimit(GRADER, resource.RLIMIT_CORE)",
    "priority": "os.setpriority(os.PRIO_PROCESS, GRADER, 5)",
    "processors": "os.sched_setaffinity(GRADER, {0})",
    "scheduling": "os.sched_setscheduler(GRADER, os.SCHED_BATCH, os.sched_param(0)); "
    "unless(os.sched_getscheduler(GRADER) == os.SCHED_BATCH)",
    "raising its own limits": "call('prlimit64', 0, resource.RLIMIT_CPU, bytes([255] * 16), 0)",
}
SOCKETS = {
    **{
        f"a socket of family {family}, kind {kind}": f"socket.socket({family}, {kind})"
        for family, kind in (
            *((1, 1), (1, 2), (2, 1), (2, 2), (10, 1), (16, 3), (17, 3), (38, 5), (40, 1)),
        )
    },
    "a pair of datagram sockets": "socket.socketpair(1, 2)",
    "TCP": "socket.create_connection(('127.0.0.1', TCP), 1)",
    "a connection by path": "socket.socketpair()[0].connect(UNIX)",
    "a connection by name": "socket.socketpair()[0].connect(chr(0) + ABSTRACT)",
    "a connection to another kernel": "socket.socketpair()[0].connect(NEIGHBOUR + '/k-1')",
    "a message with an address": "socket.socketpair()[0].sendto(b'x', UNIX)",
    "listening": "socket.socketpair()[0].bind('new')",
}
OPEN = {
    "which files exist": "os.stat(HOME_FILE).st_size",
    "which processes exist": "os.stat(f'/proc/{GRADER}').st_uid",
    "free space": "os.statvfs(HOME).f_bfree",
    "where links lead": "os.readlink('/proc/self')",
    "name of the machine": "os.uname().nodename",
    "priority and session of the grader": "os.getpriority(0, GRADER), os.getsid(GRADER)",
    "its copies of data files": "os.remove('numbers.txt')",
}
AS_EVER = {
    "numpy": "import numpy as np; np.linalg.svd(np.random.rand(99, 99)); np.save('a', np.ones(9))",
    "a figure": "import matplotlib.pyplot as plt; plt.plot([1]); plt.savefig('a.png'); plt.close()",
    "its data": "unless(open('numbers.txt').read() == '1 2 3')\n"
    "unless(os.listdir('more') == ['letters.txt'])",
    "temporary files": "import tempfile; tempfile.TemporaryFile().write(b'x'); tempfile.mkdtemp()",
    "copies": "import shutil; open('x', 'w').write('x'); shutil.copy2('x', 'y')",
    "a database": "import sqlite3; sqlite3.connect('x.db').execute('create table t (a)')",
    "an event loop": "import asyncio\nrun = lambda: asyncio.run(asyncio.sleep(0))\n"
    "thread = threading.Thread(target=run); thread.start(); thread.join()",
    "threads": "from concurrent.futures import ThreadPoolExecutor\n"
    "list(ThreadPoolExecutor(4).map(abs, [-1]))",
    "imports": "import decimal, xml.dom.minidom",
    "signals to itself": "signal.signal(signal.SIGURG, lambda *a: None)\n"
    "os.kill(os.getpid(), signal.SIGURG)",
    "nothing": "open('/dev/null', 'w').write('x'); open('/dev/urandom', 'rb').read(1)",
}
BOUNDS = {
    "memory": "x = bytearray(4 << 30)",
    "size of a file": "f = open('x', 'r+b')\n"
    "for _ in range(80): f.write(bytes(1 << 20)); f.flush()",
    "threads": "more = [threading.Thread(target=time.sleep, args=(1,)) for _ in range(300)]\n"
    "for thread in more: thread.start()",
    "descriptors": "x = [os.dup(0) for _ in range(5000)]",
}
MANY_FILES = "for n in range(20_000): os.close(os.open(f'e{n}', os.O_CREAT)); os.remove(f'e{n}')"
TOO_MUCH = {  # what ends a kernel
    "files": "for n in range(200): open(f'd{n}', 'wb').write(bytes(32 << 20)); time.sleep(0.01)",
    "removed files": "keep = []\nfor n in range(200):\n    f = open('r', 'wb'); keep.append(f)\n"
    "    os.unlink('r'); f.write(bytes(32 << 20)); f.flush(); time.sleep(0.01)",
    "a folder without a list": "os.mkdir('h', 0o300); time.sleep(5)",
    "folders in folders": "for n in range(1500): os.mkdir('n'); os.chdir('n')\ntime.sleep(5)",
}
START = """
files = []
for n in range(4096):
    try:
        status = os.fstat(n)
    except OSError:
        continue
    if status.st_nlink and stat.S_IFMT(status.st_mode) in (stat.S_IFDIR, stat.S_IFREG):
        files.append(n)  # all but that without a name into which it complains
print({"files": files, "environment": [x for x in os.environ if "SECRET" in x],
       "root": os.getuid() == 0 or os.getgroups() != []})
"""


def attempts(codes: dict[str, str]) -> str:
    return f"print({{name: attempt(code) for name, code in {codes!r}.items()}})"


GROUPS = {"reading": READING, "writing": WRITING, "processes": PROCESSES, "sockets": SOCKETS}
PROBES = {
    "setup": SETUP,
    "start": START,
    "as ever": attempts(AS_EVER),
    **{name: attempts(codes) for name, codes in GROUPS.items()},
    "calls": "asked = {name: f'call({name!r}, 0, 1 << 16, 0o1600, 0, 0, 0)' for name in REFUSED}\n"
    "print({name: attempt(code) for name, code in asked.items()})",
    "open": attempts(OPEN),
    "many files": attempts({"in all": MANY_FILES}),
    "bounds": attempts(BOUNDS),
    "still there": "print(6 * 7)",
}


@pytest.fixture(scope="module", params=["root", "an ordinary user"])
def found(landlocked: None, request: pytest.FixtureRequest) -> Iterator[dict[str, dict[str, str]]]:
    """What each attempt came to in a kernel, by group; and what became of others."""
    if request.param == "root" and os.getuid() != 0:
        pytest.skip("needs root")
    with (
        tempfile.TemporaryDirectory(prefix="without-", dir="/tmp") as folder,
        socket.create_server(("127.0.0.1", 0)) as tcp,
        socket.socket(socket.AF_UNIX) as unix,
        socket.socket(socket.AF_UNIX) as abstract,
    ):
        data, secret = Path(folder, "data"), Path(folder, "home", "secret")
        (data / "more").mkdir(parents=True)
        (data / "numbers.txt").write_text("1 2 3")
        (data / "more" / "letters.txt").write_text("a b c")
        secret.parent.mkdir()
        secret.write_text(CANARY)
        unix.bind(f"{folder}/socket")
        unix.listen()
        abstract.bind(f"\0{folder}")
        abstract.listen()
        root = request.param == "root"
        for path in (Path(folder), *Path(folder).rglob("*")):
            os.chown(
                path, *((os.getuid(), os.getgid()) if root or os.getuid() else (NOBODY, NOBODY))
            )
            path.chmod(0o755 if path.is_dir() else 0o644)
        numbers = seccomp.numbers(platform.machine())
        facts = {
            "COURSE": str(REPOSITORY),
            "HOME_FILE": str(secret),
            "TCP": tcp.getsockname()[1],
            "UNIX": f"{folder}/socket",
            "ABSTRACT": folder,
            "NUMBERS": numbers,
            "REFUSED": [name for name in chain(*REFUSED.values()) if name in numbers],
        }
        setup = "\n".join(f"{name} = {value!r}" for name, value in facts.items())
        probes = {**PROBES, "setup": f"{setup}\n{SETUP}"}
        dying = {
            name: {"setup": probes["setup"], "dies": code, "lives": "print('lives')"}
            for name, code in TOO_MUCH.items()
            if (name == "files") == root  # one of them is enough for root
        }
        done = subprocess.run(
            [
                *machines.without_namespaces(root),
                sys.executable,
                "-m",
                "tests.support.sandbox_probe",
            ],
            input=json.dumps({"data": str(data), "kernels": {"kernel": probes, **dying}}),
            capture_output=True,
            text=True,
            cwd=REPOSITORY,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY), "SECRET_OF_GRADER": "visible"},
        )
        assert done.returncode == 0, done.stderr
        assert secret.read_text() == CANARY
        for listener in (tcp, unix, abstract):
            listener.setblocking(False)
            with pytest.raises(BlockingIOError):
                listener.accept()
        printed = json.loads(done.stdout.splitlines()[-1])
        assert printed.pop("left") == []
        yield {**printed.pop("kernel"), "dying": printed}


@pytest.mark.parametrize("group", GROUPS)
def test_nothing_of_it_succeeds(found: dict[str, dict[str, str]], group: str) -> None:
    came = ast.literal_eval(found[group])
    refusals = {
        "EACCES",
        "EPERM",
        "ENOSYS",
        "EOPNOTSUPP",
        "EISCONN",
        "EXDEV",
        "ENOTSUP",
        "no effect",
    }
    assert {name: what for name, what in came.items() if what not in refusals} == {}


def test_calls_that_reach_out_are_refused(found: dict[str, dict[str, str]]) -> None:
    assert set(ast.literal_eval(found["calls"]).values()) <= {"EPERM", "ENOSYS"}


def test_what_stays_open_is_what_the_page_on_guarantees_says(found) -> None:
    assert set(ast.literal_eval(found["open"]).values()) == {"done"}
    page = " ".join((REPOSITORY / "docs" / "guarantees.md").read_text().split())
    assert [name for name in OPEN if name not in page] == []


def test_ordinary_code_works_as_ever(found: dict[str, dict[str, str]]) -> None:
    assert set(ast.literal_eval(found["as ever"]).values()) == {"done"}, found["as ever"]


def test_it_starts_with_nothing_of_the_graders(found: dict[str, dict[str, str]]) -> None:
    assert ast.literal_eval(found["start"]) == {"files": [], "environment": [], "root": False}


def test_bounds_hold_and_it_lives(found: dict[str, dict[str, str]]) -> None:
    memory, size, threads, descriptors = ast.literal_eval(found["bounds"]).values()
    assert memory == "MemoryError: "
    assert (size, descriptors) == ("EFBIG", "EMFILE")
    assert threads == "RuntimeError: can't start new thread"
    assert ast.literal_eval(found["many files"]) == {"in all": "EDQUOT"}
    assert found["still there"] == "42"


def test_who_writes_too_much_is_ended_and_nothing_of_it_stays(found) -> None:
    assert {printed["lives"] for printed in found["dying"].values()} == {"the kernel has ended"}


def test_landlock_gives_up_every_right_that_its_version_has() -> None:
    assert [forkserver.KNOWN[version] for version in (1, 2, 3, 5)] == [13, 14, 15, 16]
    assert forkserver.OWN & 0b1000_1110_0100_0001 == 0  # to execute, devices, sockets, fifos
