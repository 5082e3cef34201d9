"""A short seccomp deny-list as a BPF program, for x86-64 and aarch64.

Namespaces do the isolating. This closes what they leave open: child processes (so that one
process's address-space limit bounds the whole sandbox), sockets of families that no network
namespace contains (AF_VSOCK reaches the hypervisor), keyrings, io_uring, new namespaces, and
system calls of other architectures. The list follows seccomp(2) and the kernel's syscall tables.
"""

from __future__ import annotations

import errno
import platform
import struct

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_NUMBER, _ARCHITECTURE, _ARGUMENT_0 = 0, 4, 16  # offsets in struct seccomp_data
_AUDIT = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_X32 = 0x40000000
_CLONE_THREAD = 0x10000

_DENIED = {  # name: (x86-64, aarch64)
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
    "memfd_create": (319, 279),  # these six hold memory that no limit of the process counts
    "memfd_secret": (447, 447),
    "shmget": (29, 194),
    "semget": (64, 190),
    "msgget": (68, 186),
    "mq_open": (240, 180),
}
_FORKS = {"x86_64": (57, 58), "aarch64": ()}  # fork and vfork; aarch64 has only clone
_CLONE = {"x86_64": 56, "aarch64": 220}
_CLONE3 = 435
_SOCKET = {"x86_64": 41, "aarch64": 198}
_FAMILIES = (1, 2, 10, 16)  # unix; inet, inet6 and netlink, for libzmq: they reach a loopback


def program() -> bytes | None:
    """The filter in the form that bwrap's ``--seccomp`` reads; None on an unknown machine."""
    machine = platform.machine()
    if machine not in _AUDIT:
        return None
    column = 0 if machine == "x86_64" else 1
    refuse = _instruction(_RETURN, 0, 0, _ERRNO | errno.EPERM)
    code = [
        _instruction(_LOAD, 0, 0, _ARCHITECTURE),
        _instruction(_EQUAL, 1, 0, _AUDIT[machine]),
        _instruction(_RETURN, 0, 0, _KILL),
        _instruction(_LOAD, 0, 0, _NUMBER),
    ]
    if machine == "x86_64":
        code += [_instruction(_AT_LEAST, 0, 1, _X32), refuse]
    numbers = [pair[column] for pair in _DENIED.values()]
    for number in (*numbers, *_FORKS[machine]):
        code += [_instruction(_EQUAL, 0, 1, number), refuse]
    # clone3 keeps its flags in memory, out of a filter's reach: libc falls back to clone
    code += [
        _instruction(_EQUAL, 0, 1, _CLONE3),
        _instruction(_RETURN, 0, 0, _ERRNO | errno.ENOSYS),
        _instruction(_EQUAL, 0, 4, _CLONE[machine]),
        _instruction(_LOAD, 0, 0, _ARGUMENT_0),
        _instruction(_ANY_BIT, 1, 0, _CLONE_THREAD),
        refuse,
        _instruction(_RETURN, 0, 0, _ALLOW),
    ]
    count = len(_FAMILIES)
    code += [
        _instruction(_EQUAL, 0, count + 2, _SOCKET[machine]),
        _instruction(_LOAD, 0, 0, _ARGUMENT_0),
    ]
    code += [_instruction(_EQUAL, count - i, 0, f) for i, f in enumerate(_FAMILIES)]
    code += [refuse, _instruction(_RETURN, 0, 0, _ALLOW)]
    return b"".join(code)


def _instruction(code: int, if_true: int, if_false: int, operand: int) -> bytes:
    return struct.pack("HBBI", code, if_true, if_false, operand)
