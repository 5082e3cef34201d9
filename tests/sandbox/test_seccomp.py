"""What the filter lets through and refuses, on both machines, as a small interpreter runs it."""

from __future__ import annotations

import ctypes
import errno
import struct
from collections.abc import Mapping
from itertools import chain

import pytest

from grading.sandbox import policy
from grading.sandbox.policy import FAMILIES, REFUSED
from grading.sandbox.seccomp import ARCHITECTURES, ITSELF, alone, numbers, program, refusing

ALLOW, KILL, REFUSE, UNKNOWN = 0x7FFF0000, 0x80000000, 0x50000 | errno.EPERM, 0x50000 | errno.ENOSYS
ASK, NOT_SUPPORTED = 0x7FC00000, 0x50000 | errno.EOPNOTSUPP
THREAD, SIGCHLD = 0x10000, 17
LET_THROUGH = {  # among others
    "x86_64": {"read": 0, "openat": 257, "mmap": 9, "futex": 202, "execve": 59, "exit_group": 231},
    "aarch64": {
        "read": 63,
        "openat": 56,
        "mmap": 222,
        "futex": 98,
        "execve": 221,
        "exit_group": 94,
    },
}

each_machine = pytest.mark.parametrize("machine", ARCHITECTURES)


def verdict(
    machine: str,
    number: int,
    *arguments: int,
    architecture: int | None = None,
    code: bytes = b"",
) -> int:
    """What the filter for a machine, or this one, returns for one system call."""
    code = code or program(machine)
    instructions = [struct.unpack_from("HBBI", code, at) for at in range(0, len(code), 8)]
    audit = ARCHITECTURES[machine] if architecture is None else architecture
    six = [*arguments, *range(6)][:6]
    call = struct.pack("<IIQ6Q", number, audit, 0, *six)  # struct seccomp_data
    at = loaded = 0
    while True:
        kind, if_true, if_false, operand = instructions[at]
        at += 1
        match kind:
            case 0x20:  # load a word
                (loaded,) = struct.unpack_from("<I", call, operand)
            case 0x15:  # is it equal?
                at += if_true if loaded == operand else if_false
            case 0x35:  # is it at least as large?
                at += if_true if loaded >= operand else if_false
            case 0x45:  # has it one of these bits?
                at += if_true if loaded & operand else if_false
            case 0x54:  # keep some bits
                loaded &= operand
            case 0x06:  # return
                return operand
            case _:
                raise AssertionError(f"no such instruction: {kind:#x}")


def differing(wanted: int, machine: str, calls: Mapping[str, int]) -> dict[str, str]:
    """The calls whose verdict is not the one that is wanted."""
    verdicts = {name: verdict(machine, number) for name, number in calls.items()}
    return {name: hex(got) for name, got in verdicts.items() if got != wanted}


@each_machine
def test_what_the_policy_refuses_is_refused(machine: str) -> None:
    refused = {
        name: number
        for name, number in numbers(machine).items()
        if name in chain(*REFUSED.values())
    }
    assert differing(REFUSE, machine, refused) == {}


@each_machine
def test_every_name_in_the_policy_has_a_number(machine: str) -> None:
    without = {*chain(*REFUSED.values())} - numbers(machine).keys()
    assert without == ({"fork", "vfork"} if machine == "aarch64" else set())


@each_machine
def test_ordinary_calls_are_let_through(machine: str) -> None:
    assert differing(ALLOW, machine, LET_THROUGH[machine]) == {}


@each_machine
def test_threads_can_be_made_and_processes_cannot(machine: str) -> None:
    clone, clone3 = numbers(machine)["clone"], numbers(machine)["clone3"]
    assert verdict(machine, clone, THREAD | 0x3D0F00) == ALLOW  # as pthread_create asks
    assert verdict(machine, clone, SIGCHLD) == REFUSE  # as fork asks
    assert verdict(machine, clone3) == UNKNOWN  # so libc tries clone


@each_machine
def test_sockets_are_of_the_policys_families_only(machine: str) -> None:
    call = numbers(machine)["socket"]
    made = {family for family in range(64) if verdict(machine, call, family) == ALLOW}
    assert made == set(FAMILIES.values())
    assert verdict(machine, call, 40) == REFUSE
    assert verdict(machine, call, 1 << 32 | 40) == REFUSE  # the kernel reads 32 bits of it too


@each_machine
def test_calls_of_another_architecture_end_the_process(machine: str) -> None:
    assert verdict(machine, LET_THROUGH[machine]["read"], architecture=0x40000003) == KILL  # i386


@each_machine
def test_a_filter_for_later_refuses_what_it_is_told_and_nothing_else(machine: str) -> None:
    code, known = refusing(["bind"], machine), numbers(machine)
    verdicts = {name: verdict(machine, number, code=code) for name, number in known.items()}
    assert verdicts == dict.fromkeys(known, ALLOW) | {"bind": 0x50000 | errno.EOPNOTSUPP}


@each_machine
def test_alone_it_allows_what_the_policy_lists_and_refuses_the_rest(machine: str) -> None:
    code, known = alone(machine), numbers(machine)
    wanted = {
        ALLOW: {*chain(*policy.ALLOWED.values())},
        ASK: {*policy.COUNTED},
        0x50000: {*policy.PRETENDED},
        NOT_SUPPORTED: {*policy.UNSUPPORTED, "socket", "socketpair"},  # of no family that there is
        UNKNOWN: {*policy.ABSENT, *(name for name, n in known.items() if n >= policy.NEW)},
    }
    wanted[UNKNOWN] -= wanted[ALLOW] | wanted[0x50000]
    verdicts = {name: verdict(machine, number, code=code) for name, number in known.items()}
    looked_into = {"open", "openat", "clone", "sendto", "fcntl", "ioctl", "prctl"}
    looked_into |= {*policy.ON_ITSELF}
    for name in verdicts.keys() - looked_into:
        rest = [each for each, names in wanted.items() if name in names]
        assert verdicts[name] == (rest or [REFUSE])[0], name
    assert verdict(machine, 134 if machine == "x86_64" else 180, code=code) == REFUSE


@each_machine
@pytest.mark.parametrize(
    ("name", "arguments", "wanted"),
    [
        ("openat", (0, 0, 0), ALLOW),
        ("openat", (0, 0, 0o101), ASK),  # to write a new file
        ("openat", (0, 0, 0x410002), NOT_SUPPORTED),  # a file without a name
        ("clone", (THREAD | 0x3D0F00,), ASK),
        ("clone", (SIGCHLD,), REFUSE),
        ("clone", (THREAD | 0x10000000,), REFUSE),  # with a namespace
        ("kill", (ITSELF,), ALLOW),
        ("kill", (1,), REFUSE),
        ("kill", (0,), REFUSE),  # its group
        ("kill", (0xFFFFFFFF,), REFUSE),  # everybody
        ("tgkill", (ITSELF,), ALLOW),
        ("tgkill", (1,), REFUSE),
        ("prlimit64", (0,), ALLOW),
        ("prlimit64", (1,), REFUSE),
        ("socket", (1, 1 | 0o2000000), ALLOW),
        ("socket", (1, 2), REFUSE),  # could be sent from to any address
        ("socketpair", (1, 2), REFUSE),
        ("socket", (2, 1), NOT_SUPPORTED),
        ("sendto", (3, 0, 0, 0, 0), ALLOW),
        ("sendto", (3, 0, 0, 0, 1), REFUSE),
        ("sendto", (3, 0, 0, 0, 1 << 32), REFUSE),
        ("fcntl", (3, 3), ALLOW),
        ("fcntl", (3, 8), REFUSE),  # to whom signals go
        ("ioctl", (0, 0x5412), 0x50000 | errno.ENOTTY),  # to type into a terminal
        ("prctl", (15,), ALLOW),
        ("prctl", (1,), REFUSE),  # not to die with its guard
    ],
)
def test_alone_it_looks_at_arguments(
    machine: str, name: str, arguments: tuple[int, ...], wanted: int
) -> None:
    assert verdict(machine, numbers(machine)[name], *arguments, code=alone(machine)) == wanted


def test_x32_calls_are_refused() -> None:
    assert verdict("x86_64", 0x40000000) == REFUSE
    assert verdict("x86_64", 0x40000000, code=alone("x86_64")) == REFUSE


def test_an_unknown_machine_has_no_filter() -> None:
    assert program("riscv64") == alone("riscv64") == refusing(["bind"], "riscv64") == b""


@each_machine
def test_numbers_are_those_of_libseccomp(machine: str) -> None:
    try:
        resolve = ctypes.CDLL("libseccomp.so.2").seccomp_syscall_resolve_name_arch
    except OSError:
        pytest.skip("libseccomp.so.2 is not installed")
    known = numbers(machine) | LET_THROUGH[machine]
    theirs = {
        name: resolve(ctypes.c_uint32(ARCHITECTURES[machine]), name.encode()) for name in known
    }
    assert known == theirs
