"""What code in the sandbox can and cannot do, as root and as an ordinary user.

The probes run in one sealed kernel, one after the other, and print what came of it. All the while a
second kernel of the same sandbox is alive, its neighbour, which has left traces to be found.
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

from grading.sandbox import bubblewrap, seccomp
from grading.sandbox.policy import REFUSED
from tests.support import REPOSITORY, machines
from tests.support.sandbox_probe import namespaces

pytestmark = pytest.mark.usefixtures("sandbox")

LEAVE_TRACES = """
import contextlib, ctypes, os, socket
for folder in ("/tmp", "/student", "/dev/shm"):
    open(f"{folder}/trace", "w").close()
in_folder, abstract = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
with contextlib.suppress(OSError):
    in_folder.bind("/s/trace")
with contextlib.suppress(OSError):
    abstract.bind("\\0trace")
    abstract.listen()
with contextlib.suppress(OSError):
    listener = socket.create_server(("", 47111))
ctypes.CDLL(None).prctl(15, b"trace")  # the name of this process
"""
LOOK_FOR_TRACES = """
import os, socket
for folder in ("/tmp", "/student", "/dev", "/s"):
    for base, _, names in os.walk(folder):
        if "trace" in names:
            print("file", os.path.join(base, "trace"))
for process in filter(str.isdigit, os.listdir("/proc")):
    if open(f"/proc/{process}/comm").read() == "trace\\n":
        print("process")
try:
    socket.socket(socket.AF_UNIX).connect("\\0trace")
    print("abstract socket")
except ConnectionRefusedError:
    pass
try:
    socket.create_connection(("127.0.0.1", 47111), timeout=1)
    print("open port")
except OSError:
    pass
if f":{47111:04X} " in open("/proc/net/tcp").read():
    print("listening port")
"""
OWN_TRACES = [
    "file /tmp/trace",
    "file /student/trace",
    "file /dev/shm/trace",
    "process",
]
NAMESPACES = """
import os
print({name: os.readlink(f"/proc/self/ns/{name}") for name in ("ipc", "mnt", "net", "pid", "uts")})
"""

PROBES = {
    "traces": LOOK_FOR_TRACES,
    "namespaces": NAMESPACES,
    "identity": """
import os
status = dict(line.split(":\\t") for line in open("/proc/self/status").read().splitlines()
              if ":\\t" in line)
print(os.getuid() != 0, status["CapEff"], status["CapPrm"], status["NoNewPrivs"],
      status["Seccomp"])
""",
    "environment": "import os\nprint(sorted(os.environ))",
    "processes": "import os\nprint(sum(name.isdigit() for name in os.listdir('/proc')))",
    "root": "import os\nprint(sorted(os.listdir('/')))",
    "repository": """
import os
print(sorted(os.listdir(REPOSITORY)) if os.path.isdir(REPOSITORY) else "absent")
""",
    "packages": """
import numpy, os
try:
    open(os.path.join(os.path.dirname(numpy.__file__), "planted_by_probe.py"), "w")
except OSError as error:
    print(type(error).__name__)
""",
    "data": """
import os
print(sorted(os.listdir(".")), sorted(os.listdir("more")), open("numbers.txt").read())
for act in (lambda: open("numbers.txt", "a"), lambda: os.remove("numbers.txt"),
            lambda: os.rename("numbers.txt", "x"), lambda: open("more/letters.txt", "w")):
    try:
        act()
        print("DONE")
    except OSError as error:
        print("refused")
""",
    "writable": """
import os
for folder in ("/", "/dev", "/s", "/usr", "/etc", "/proc/sys/kernel", "/tmp", "/student",
               "/dev/shm"):
    try:
        open(os.path.join(folder, "new-file"), "w").close()
        os.remove(os.path.join(folder, "new-file"))
        print(folder)
    except OSError as error:
        pass
""",
    "devices": "print(open('/dev/null', 'w').write('nothing'), open('/dev/zero', 'rb').read(2))",
    "network": """
import socket
print([line.partition(":")[0].strip() for line in open("/proc/net/dev").readlines()[2:]])
for address in (("127.0.0.1", PORT), ("127.0.0.53", 53), ("192.0.2.1", 80)):
    try:
        socket.create_connection(address, timeout=1)
        print("REACHED", address)
    except OSError as error:
        print(type(error).__name__)
""",
    "sockets": """
import socket
made = []
for family in range(1, 46):
    try:
        socket.socket(family, socket.SOCK_RAW if family == 16 else socket.SOCK_STREAM).close()
        made.append(family)
    except OSError:
        pass
print(set(made) <= {1, 2, 10, 16})
for family, kind in ((17, 3), (2, 3), (10, 3)):
    try:
        socket.socket(family, kind)
        print("MADE", family, kind)
    except OSError:
        pass
""",
    "children": """
import ctypes, multiprocessing, os, subprocess
libc = ctypes.CDLL(None, use_errno=True)
for act in (os.fork, os.forkpty, lambda: subprocess.run(["true"]), lambda: os.system("true"),
            lambda: os.posix_spawn("/bin/true", ["true"], {})):
    try:
        result = act()
        print("failed" if result and result > 255 else f"STARTED {result}")
    except OSError as error:
        print(type(error).__name__)
""",
    "system calls": """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
for name, number in REFUSED.items():
    result = libc.syscall(number, 0, 1 << 16, 0o1600, 0, 0, 0)
    if result >= 0 or ctypes.get_errno() != 1:
        print(name, result, ctypes.get_errno())
""",
    "memory": """
import numpy as np
try:
    np.ones(4 << 27)
    print("GOT IT")
except MemoryError:
    print("refused")
print(np.ones(1 << 27).nbytes >> 20)
""",
    "threads": """
import threading
stop, started = threading.Event(), []
try:
    for _ in range(500):
        thread = threading.Thread(target=stop.wait)
        thread.start()
        started.append(thread)
    print("NO LIMIT")
except RuntimeError:
    print(10 < len(started) <= 64)
stop.set()
for thread in started:
    thread.join()
""",
    "open files": """
import os
kept = []
try:
    while len(kept) < 5000:
        kept.append(os.dup(0))
    print("NO LIMIT")
except OSError as error:
    print(error.errno, len(kept) < 512)
for descriptor in kept:
    os.close(descriptor)
""",
    "file size": """
import os
written = 0
try:
    with open("/tmp/big", "wb", buffering=0) as file:
        for _ in range(100):
            written += file.write(bytes(1 << 20))
except OSError as error:
    print(error.errno)
print(written >> 20)
os.remove("/tmp/big")
""",
    "disk": """
import glob, os
for folder in ("/tmp", "/student", "/dev/shm"):
    written = 0
    try:
        for number in range(8):
            with open(f"{folder}/fill-{number}", "wb", buffering=0) as file:
                for _ in range(60):
                    written += file.write(bytes(1 << 20))
    except OSError as error:
        print(error.errno, written >> 20 <= 128)
    for path in glob.glob(f"{folder}/fill-*"):
        os.remove(path)
""",
    "still there": """
import ctypes
print(ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int)(lambda x: 6 * x)(7))
""",
}


@pytest.fixture(scope="module", params=["root", "an ordinary user"])
def kernels(request: pytest.FixtureRequest) -> Iterator[dict[str, dict[str, str]]]:
    """What each probe printed in each kernel."""
    if request.param == "root" and os.getuid() != 0:
        pytest.skip("needs root")
    program = [sys.executable, "-m", "tests.support.sandbox_probe"]
    command = program if request.param == "root" else [*machines.as_nobody(), *program]
    with (
        tempfile.TemporaryDirectory(prefix="release-", dir="/tmp") as folder,
        socket.create_server(("127.0.0.1", 0)) as listener,
    ):
        fill(Path(folder))
        facts = f"PORT, REPOSITORY = {listener.getsockname()[1]}, {str(REPOSITORY)!r}\n"
        facts += f"REFUSED = {refused()}\n"
        neighbour = {"leave": LEAVE_TRACES, "traces": LOOK_FOR_TRACES, "namespaces": NAMESPACES}
        probes = {name: facts + code for name, code in PROBES.items()}
        asked = {"data": folder, "kernels": {"neighbour": neighbour, "kernel": probes}}
        done = subprocess.run(
            command,
            input=json.dumps(asked),
            capture_output=True,
            text=True,
            cwd=REPOSITORY,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY), "HOST_SECRET": "visible"},
        )
        assert done.returncode == 0, done.stderr
        yield json.loads(done.stdout.splitlines()[-1])


def refused() -> dict[str, int]:
    """The refused system calls that this machine has, with their numbers."""
    known = seccomp.numbers(platform.machine())
    return {name: known[name] for name in chain(*REFUSED.values()) if name in known}


def fill(data: Path) -> None:
    """Make a released folder that every user can read."""
    data.chmod(0o755)
    (data / "more").mkdir()
    (data / "numbers.txt").write_text("1 2 3")
    (data / "more" / "letters.txt").write_text("a b c")
    (data / "p1.ipynb").write_text("{}")
    (data / "linked").symlink_to("/etc/hostname")


@pytest.fixture
def printed(kernels: dict[str, dict[str, str]]) -> dict[str, str]:
    """What each probe printed."""
    return kernels["kernel"]


def test_nothing_is_seen_of_another_kernel_in_the_same_sandbox(
    kernels: dict[str, dict[str, str]],
) -> None:
    assert kernels["neighbour"]["leave"] == ""
    assert kernels["neighbour"]["traces"].splitlines() == OWN_TRACES
    assert kernels["kernel"]["traces"] == ""


def test_namespaces_are_shared_neither_with_the_host_nor_with_another_kernel(
    kernels: dict[str, dict[str, str]],
) -> None:
    here, neighbour = (
        ast.literal_eval(kernels[name]["namespaces"]) for name in ("kernel", "neighbour")
    )
    host, server = namespaces("self"), kernels["fork server"]
    assert [kind for kind in host if here[kind] == host[kind]] == []
    assert [kind for kind in host if server[kind] == host[kind]] == []
    assert [kind for kind in host if here[kind] == neighbour[kind]] == ["uts"]  # only a host name


def test_it_is_nobody_with_no_rights(printed: dict[str, str]) -> None:
    nothing = "0" * 16
    assert printed["identity"] == f"True {nothing} {nothing} 1 2"


def test_environment_tells_nothing(printed: dict[str, str]) -> None:
    assert "HOST_SECRET" not in printed["environment"]
    assert "PYTHONPATH" not in printed["environment"]


def test_processes_of_the_host_are_not_seen(printed: dict[str, str]) -> None:
    assert int(printed["processes"]) <= 2


def test_files_of_the_host_are_not_there(printed: dict[str, str]) -> None:
    for name in ("home", "var", "run", "opt", "srv", "mnt", "boot", "sys"):
        shown = any(path.startswith(f"/{name}/") for path in (sys.prefix, sys.base_prefix))
        assert shown or f"'{name}'" not in printed["root"]
    environment = Path(sys.prefix)
    inside = environment.is_relative_to(REPOSITORY)
    way = [environment.relative_to(REPOSITORY).parts[0]] if inside else []
    assert printed["repository"] in (str(way), "absent")


def test_packages_can_only_be_read(printed: dict[str, str]) -> None:
    assert printed["packages"] in ("OSError", "PermissionError")


def test_data_files_are_there_and_can_only_be_read(printed: dict[str, str]) -> None:
    first, *others = printed["data"].splitlines()
    assert first == "['more', 'numbers.txt'] ['letters.txt'] 1 2 3"
    assert others == ["refused"] * 4


def test_only_small_folders_can_be_written(printed: dict[str, str]) -> None:
    assert printed["writable"].split() == ["/tmp", "/student", "/dev/shm"]


def test_devices_can_be_written_as_ever(printed: dict[str, str]) -> None:
    assert printed["devices"] == r"7 b'\x00\x00'"


def test_there_is_no_network(printed: dict[str, str]) -> None:
    interfaces, *errors = printed["network"].splitlines()
    assert interfaces == "['lo']"
    assert errors == ["OSError"] * 3


def test_other_kinds_of_socket_cannot_be_made(printed: dict[str, str]) -> None:
    assert printed["sockets"] == "True"


def test_there_are_no_child_processes(printed: dict[str, str]) -> None:
    assert "STARTED" not in printed["children"]
    assert len(printed["children"].splitlines()) == 5


def test_system_calls_that_reach_out_are_refused(printed: dict[str, str]) -> None:
    assert printed["system calls"] == ""


def test_memory_is_capped(printed: dict[str, str]) -> None:
    assert printed["memory"].split() == ["refused", "1024"]


def test_threads_are_capped(printed: dict[str, str]) -> None:
    assert printed["threads"] == "True"


def test_open_files_are_capped(printed: dict[str, str]) -> None:
    assert printed["open files"] == "24 True"


def test_file_size_is_capped(printed: dict[str, str]) -> None:
    assert printed["file size"].split() == ["27", "64"]


def test_disk_is_capped(printed: dict[str, str]) -> None:
    assert printed["disk"].split() == ["28", "True"] * 3


def test_the_kernel_survives_being_refused(printed: dict[str, str]) -> None:
    assert printed["still there"] == "42"


def test_without_bubblewrap_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    bubblewrap.problem.cache_clear()
    try:
        assert "apt-get install bubblewrap" in str(bubblewrap.problem())
    finally:
        bubblewrap.problem.cache_clear()
