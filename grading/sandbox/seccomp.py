"""The policy's refused system calls as a BPF program, for x86-64 and aarch64.

Namespaces do the isolating; the filter closes what they leave open. System calls of other
architectures end the process. The numbers follow the kernel's syscall tables, the form seccomp(2).
"""

from __future__ import annotations

import errno
import struct
from collections.abc import Iterable
from itertools import chain

from grading.sandbox.policy import FAMILIES, REFUSED

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_NUMBER, _ARCHITECTURE, _ARGUMENT_0 = 0, 4, 16  # offsets in struct seccomp_data
_X32 = 0x40000000
_CLONE_THREAD = 0x10000

ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}  # AUDIT_ARCH_…
_NUMBERS = {  # of system calls, by machine in this order; None where it has no such call
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "kexec_load": (246, 104),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "open_by_handle_at": (304, 265),
    "fanotify_init": (300, 262),
    "syslog": (103, 116),
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "shmget": (29, 194),
    "semget": (64, 190),
    "msgget": (68, 186),
    "mq_open": (240, 180),
    "fork": (57, None),
    "vfork": (58, None),
    "clone": (56, 220),
    "clone3": (435, 435),
    "socket": (41, 198),
    "bind": (49, 200),
}


def numbers(machine: str) -> dict[str, int]:
    """The numbers of the system calls that the filter knows, by name.

    Parameters
    ----------
    machine : str
        One of `ARCHITECTURES`.
    """
    column = list(ARCHITECTURES).index(machine)
    return {name: row[column] for name, row in _NUMBERS.items() if row[column] is not None}


def program(machine: str) -> bytes:
    """The filter, as an array of struct sock_filter; empty for a machine that is not known.

    Parameters
    ----------
    machine : str
        As :func:`platform.machine` names it.
    """
    if machine not in ARCHITECTURES:
        return b""
    known = numbers(machine)
    code = _beginning(machine)
    for name in chain(*REFUSED.values()):
        if name in known:
            code += [_instruction(_EQUAL, 0, 1, known[name]), _REFUSE]
    # clone3 keeps its flags in memory, out of a filter's reach: libc falls back to clone
    code += [
        _instruction(_EQUAL, 0, 1, known["clone3"]),
        _instruction(_RETURN, 0, 0, _ERRNO | errno.ENOSYS),
        _instruction(_EQUAL, 0, 4, known["clone"]),
        _instruction(_LOAD, 0, 0, _ARGUMENT_0),
        _instruction(_ANY_BIT, 1, 0, _CLONE_THREAD),
        _REFUSE,
        _instruction(_RETURN, 0, 0, _ALLOW),
    ]
    count = len(FAMILIES)
    code += [
        _instruction(_EQUAL, 0, count + 2, known["socket"]),
        _instruction(_LOAD, 0, 0, _ARGUMENT_0),
    ]
    code += [_instruction(_EQUAL, count - i, 0, f) for i, f in enumerate(FAMILIES.values())]
    code += [_REFUSE, _instruction(_RETURN, 0, 0, _ALLOW)]
    return b"".join(code)


def refusing(names: Iterable[str], machine: str) -> bytes:
    """A filter that refuses these system calls and no others; see :func:`program`.

    They are told not to be supported: refused otherwise, libzmq would end the process.

    Parameters
    ----------
    names : iterable of str
    machine : str
    """
    if machine not in ARCHITECTURES:
        return b""
    known, code = numbers(machine), _beginning(machine)
    for name in names:
        answer = _instruction(_RETURN, 0, 0, _ERRNO | errno.EOPNOTSUPP)
        code += [_instruction(_EQUAL, 0, 1, known[name]), answer]
    return b"".join([*code, _instruction(_RETURN, 0, 0, _ALLOW)])


def _beginning(machine: str) -> list[bytes]:
    """End what calls as another architecture does, and load the number of the call."""
    code = [
        _instruction(_LOAD, 0, 0, _ARCHITECTURE),
        _instruction(_EQUAL, 1, 0, ARCHITECTURES[machine]),
        _instruction(_RETURN, 0, 0, _KILL),
        _instruction(_LOAD, 0, 0, _NUMBER),
    ]
    if machine == "x86_64":
        code += [_instruction(_AT_LEAST, 0, 1, _X32), _REFUSE]
    return code


def _instruction(code: int, if_true: int, if_false: int, operand: int) -> bytes:
    return struct.pack("HBBI", code, if_true, if_false, operand)


_REFUSE = _instruction(_RETURN, 0, 0, _ERRNO | errno.EPERM)
