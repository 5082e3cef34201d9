"""The first program in the sandbox: imports what notebooks import, then forks a kernel on request.

Started as ``python -I forkserver.py SETTINGS`` with :class:`Settings` in JSON, which
:class:`grading.sandbox.bubblewrap.Sandbox` writes; without them it only tries whether a kernel
could be sealed here. It imports nothing of its package, which the sandbox may not hold.

Each request arrives on the control socket as JSON together with the descriptor of a socket that
stands for the kernel's life: it is held open by the first process of the kernel's namespaces, so
that the grader sees an end of file when the kernel has ended, and the kernel is ended when the
grader closes its side. Whatever the grader sends is answered with the kernel's processor time; a
kernel that ends leaves its processor time and the end of what it wrote to its standard error.

No student code runs in this program. A kernel is forked from it, moves into namespaces of its own
(files, processes, network, IPC), lowers its rights for good, and only then reads a message.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import json
import os
import resource
import select
import signal
import socket
import struct
import sys
from pathlib import Path
from typing import Any, TypedDict

NEWNS, NEWIPC, NEWPID, NEWNET = 0x00020000, 0x08000000, 0x20000000, 0x40000000
NOSUID, NODEV, BIND, RECURSIVE, PRIVATE = 2, 4, 4096, 16384, 1 << 18
SET_DUMPABLE, SET_NO_NEW_PRIVS = 4, 38
SECCOMP = {"x86_64": 317, "aarch64": 277}  # the number of the system call
SET_MODE_FILTER, ALL_THREADS = 1, 1
CAPABILITY_VERSION_3 = 0x20080522
LANDLOCK_CREATE_RULESET, LANDLOCK_ADD_RULE, LANDLOCK_RESTRICT_SELF = 444, 445, 446
WRITE_FILE, MAKE_SOCK, TRUNCATE = 1 << 1, 1 << 9, 1 << 14
EVERY_WRITE = WRITE_FILE | sum(1 << bit for bit in range(4, 13))  # remove and make whatever kind
LAST_WORDS = 2000  # bytes of a kernel's complaints that are told
CONNECTION = "/tmp/connection.json"
KERNEL = ("ipykernel.kernelapp", "ipykernel.ipkernel", "IPython.core.completer", "zmq")

libc = ctypes.CDLL(None, use_errno=True)


class Settings(TypedDict):
    """What the grader asks for, in JSON."""

    control: int  # descriptor of the socket on which requests arrive
    uid: int  # whom a kernel runs as; 0: as who started this
    limits: dict[str, int]  # by name without RLIMIT_
    disk: int  # bytes of each tmpfs
    files: int  # how many files each can hold
    writable: list[str]  # where each kernel has a tmpfs of its own
    covered: dict[str, str]  # folders below these that it needs all the same
    links: dict[str, str]  # symbolic links there that lead to what it needs, and where to
    home: str  # where kernels start
    released: str  # where the data files lie
    data: list[str]  # their names, which they have in every home too
    sockets: str  # where kernels make sockets
    imports: list[str]  # modules to import once
    seccomp: str  # a BPF program, in hexadecimal digits
    listening: str  # another, from when a kernel has the sockets that it listens on


def check(result: int, what: str) -> None:
    """Raise OSError if a call of libc failed."""
    if result:
        error = ctypes.get_errno()
        raise OSError(error, f"{what}: {os.strerror(error)}")


def mount(
    source: str | None,
    target: str,
    kind: str | None = None,
    flags: int = 0,
    options: str | None = None,
) -> None:
    """mount(2)."""
    texts = [text and os.fsencode(text) for text in (source, target, kind, options)]
    check(libc.mount(*texts[:3], ctypes.c_ulong(flags), texts[3]), f"mount {target}")


def enter_namespaces() -> None:
    """Go on as the first process of new namespaces; what called this ends."""
    check(libc.unshare(NEWNS | NEWIPC | NEWPID | NEWNET), "unshare")
    if os.fork():
        os._exit(0)


def arrange_files(settings: Settings, sockets: str) -> None:
    """Cover what kernels share: fresh tmpfs, the released data files, one folder of sockets."""
    os.umask(0o022)  # whoever the kernel runs as finds its way
    mount(None, "/", flags=RECURSIVE | PRIVATE)
    mount("proc", "/proc", "proc", NOSUID | NODEV)
    mount(f"{settings['sockets']}/{sockets}", settings["sockets"], flags=BIND)
    covered = {path: os.open(path, os.O_PATH) for path in settings["covered"]}
    size = f"size={settings['disk']},nr_inodes={settings['files']},mode=1777"
    for path in settings["writable"]:
        mount("tmpfs", path, "tmpfs", NOSUID | NODEV, size)
    for path, folder in covered.items():  # read-only, as they were before
        os.makedirs(path, mode=0o755)
        mount(f"/proc/self/fd/{folder}", path, flags=BIND | RECURSIVE)
        os.close(folder)
    for path, target in settings["links"].items():
        os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
        os.symlink(target, path)
    for name in settings["data"]:
        file = Path(settings["home"], name)
        file.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        file.touch()
        mount(
            f"{settings['released']}/{name}", str(file), flags=BIND
        )  # read-only, as its source is
    os.chdir(settings["home"])


def write_rights(version: int) -> int:
    """The rights to change files that this version of Landlock can refuse."""
    return EVERY_WRITE | TRUNCATE if version >= 3 else EVERY_WRITE


def restrict_writes(writable: list[str], sockets: str) -> None:
    """Let files change only under `writable`, and only sockets appear under `sockets`.

    A second wall behind the mounts, by Landlock; does nothing on Linux without it (< 5.13).
    """
    version = libc.syscall(LANDLOCK_CREATE_RULESET, None, 0, 1)
    if version < 1:
        return
    every = write_rights(version)
    attributes = struct.pack("Q", every)
    rules = libc.syscall(LANDLOCK_CREATE_RULESET, attributes, len(attributes), 0)
    for path, access in [*((path, every) for path in writable), (sockets, MAKE_SOCK)]:
        folder = os.open(path, os.O_PATH | os.O_CLOEXEC)
        rule = struct.pack("=Qi", access, folder)
        check(libc.syscall(LANDLOCK_ADD_RULE, rules, 1, rule, 0), f"landlock_add_rule for {path}")
        os.close(folder)
    check(libc.syscall(LANDLOCK_RESTRICT_SELF, rules, 0), "landlock_restrict_self")
    os.close(rules)


def lower_rights(settings: Settings) -> None:
    """Become an ordinary user (if root), without capabilities, within limits, filtered."""
    uid = settings["uid"]
    if uid:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    for name, value in settings["limits"].items():
        resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (value, value))
    os.umask(0o077)
    header = struct.pack("Ii", CAPABILITY_VERSION_3, 0)
    check(libc.capset(header, bytes(24)), "capset")
    check(libc.prctl(SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")
    restrict_writes([*settings["writable"], "/dev"], settings["sockets"])  # /dev/null, for one
    restrict_calls(settings["seccomp"])


def restrict_calls(program: str) -> None:
    """Have every thread's system calls filtered by a BPF program, if it is not empty."""
    if program:
        code = ctypes.create_string_buffer(bytes.fromhex(program))
        filters = struct.pack("HxxxxxxP", len(program) // 16, ctypes.addressof(code))
        number = SECCOMP[os.uname().machine]
        check(libc.syscall(number, SET_MODE_FILTER, ALL_THREADS, filters), "seccomp")


def run_kernel(connection: dict[str, Any], listening: str) -> None:
    """Become the kernel of a notebook, which listens nowhere else than `connection` says."""
    Path(CONNECTION).write_text(json.dumps(connection))
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()  # its generator was made before the fork
    from ipykernel.kernelapp import IPKernelApp

    kernel = IPKernelApp.instance()
    kernel.initialize(["-f", CONNECTION, "--HistoryManager.enabled=False"])
    restrict_calls(listening)
    kernel.start()


def guard(kernel: int, life: int, words: int) -> None:
    """As first process of its namespaces, tell how much processor time the kernel has used.

    It ends when the kernel has or the grader wants it; last it tells what the kernel complained of.
    """
    ended = os.pidfd_open(kernel)
    poll = select.poll()
    for descriptor in (ended, life):
        poll.register(descriptor, select.POLLIN)
    with contextlib.suppress(OSError):
        while ended not in dict(poll.poll()) and os.read(life, 1):
            os.write(life, struct.pack("d", cpu_seconds(kernel)))
        size = os.fstat(words).st_size
        if size:
            tail = os.pread(words, LAST_WORDS, max(0, size - LAST_WORDS))
            os.write(life, struct.pack("d", cpu_seconds(kernel)) + tail)
    os._exit(0)


def cpu_seconds(process: int) -> float:
    """Processor time that a process has used, all its threads together."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def serve_one(request: dict[str, Any], life: int, settings: Settings) -> None:
    """Be all that comes of one request. Never returns."""
    enter_namespaces()
    arrange_files(settings, request["sockets"])
    words = os.open(settings["writable"][0], os.O_TMPFILE | os.O_RDWR | os.O_APPEND, 0o600)
    kernel = os.fork()
    if kernel:
        check(libc.prctl(SET_DUMPABLE, 0, 0, 0, 0), "dumpable")
        lower_rights({**settings, "seccomp": ""})  # but it may open a pidfd
        guard(kernel, life, words)
    os.close(life)
    silence = os.open(os.devnull, os.O_RDWR)
    for descriptor, stream in enumerate((silence, silence, words)):
        os.dup2(stream, descriptor)
    os.close(silence)
    os.close(words)
    lower_rights(settings)
    run_kernel(request["connection"], settings["listening"])
    os._exit(0)


def main() -> None:
    """Import, then serve until the grader has ended; or only try whether it would work."""
    if not sys.argv[1:]:
        enter_namespaces()
        mount(None, "/", flags=RECURSIVE | PRIVATE)
        mount("proc", "/proc", "proc", NOSUID | NODEV)
        mount("tmpfs", "/tmp", "tmpfs", NOSUID | NODEV)
        return
    settings: Settings = json.loads(sys.argv[1])
    for name in (*KERNEL, *settings["imports"]):
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    gc.collect()
    gc.freeze()  # so that collecting in a kernel does not copy these pages
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    control = socket.socket(fileno=settings["control"])
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, 1 << 16, 1)
        if not message:
            return
        (life,) = descriptors
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            control.close()
            serve_one(json.loads(message), life, settings)
        os.close(life)


if __name__ == "__main__":
    main()
