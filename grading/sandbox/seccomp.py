"""The policy's system calls as BPF programs, for x86-64 and aarch64.

With namespaces these do the isolating, and the filter closes what they leave open: it refuses what
the policy lists. Without them it allows what the policy lists. System calls of other architectures
end the process. The numbers follow the kernel's syscall tables, the form seccomp(2).
"""

from __future__ import annotations

import errno
import struct
from collections.abc import Iterable, Sequence
from itertools import chain

from grading.sandbox import policy

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _AND, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x54, 0x06
_NUMBER, _ARCHITECTURE, _ARGUMENT_0, _UPPER = 0, 4, 16, 4  # offsets in struct seccomp_data
_X32 = 0x40000000
_CLONE_THREAD, _O_CREAT = 0x10000, 0x40
_O_TMPFILE = 0x400000  # without O_DIRECTORY, which differs by machine
_NEW_NAMESPACES = 0x7E020000  # the flags of clone for them
_STREAM, _KIND = 1, 0xF  # of sockets; flags are beside it
ITSELF = 0x7FEDCBA9  # stands for the kernel's own process, whose number is not known before

ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}  # AUDIT_ARCH_…
# Of system calls, by machine in this order; None where it has no such call.
# fmt: off
_NUMBERS = {
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
    "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219), "bpf": (321, 280),
    "perf_event_open": (298, 241), "userfaultfd": (323, 282), "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426), "io_uring_register": (427, 427), "unshare": (272, 97),
    "setns": (308, 268), "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41),
    "open_tree": (428, 428), "move_mount": (429, 429), "fsopen": (430, 430),
    "kexec_load": (246, 104), "init_module": (175, 105), "finit_module": (313, 273),
    "delete_module": (176, 106), "open_by_handle_at": (304, 265), "fanotify_init": (300, 262),
    "syslog": (103, 116), "memfd_create": (319, 279), "memfd_secret": (447, 447),
    "shmget": (29, 194), "semget": (64, 190), "msgget": (68, 186), "mq_open": (240, 180),
    "fork": (57, None), "vfork": (58, None), "clone": (56, 220), "clone3": (435, 435),
    "socket": (41, 198), "bind": (49, 200), "brk": (12, 214), "mmap": (9, 222),
    "mprotect": (10, 226), "munmap": (11, 215), "mremap": (25, 216), "msync": (26, 227),
    "madvise": (28, 233), "read": (0, 63), "write": (1, 64), "readv": (19, 65), "writev": (20, 66),
    "pread64": (17, 67), "pwrite64": (18, 68), "preadv": (295, 69), "pwritev": (296, 70),
    "lseek": (8, 62), "close": (3, 57), "close_range": (436, 436), "dup": (32, 23),
    "dup2": (33, None), "dup3": (292, 24), "pipe": (22, None), "pipe2": (293, 59),
    "fstat": (5, 80), "fstatfs": (138, 44), "fsync": (74, 82), "fdatasync": (75, 83),
    "ftruncate": (77, 46), "fadvise64": (221, 223), "flock": (73, 32), "getdents": (78, None),
    "getdents64": (217, 61), "stat": (4, None), "lstat": (6, None), "newfstatat": (262, 79),
    "statx": (332, 291), "statfs": (137, 43), "access": (21, None), "faccessat": (269, 48),
    "faccessat2": (439, 439), "readlink": (89, None), "readlinkat": (267, 78), "getcwd": (79, 17),
    "chdir": (80, 49), "fchdir": (81, 50), "umask": (95, 166), "truncate": (76, 45),
    "rename": (82, None), "renameat": (264, 38), "renameat2": (316, 276), "rmdir": (84, None),
    "unlink": (87, None), "unlinkat": (263, 35), "poll": (7, None), "ppoll": (271, 73),
    "select": (23, None), "pselect6": (270, 72), "epoll_create": (213, None),
    "epoll_create1": (291, 20), "epoll_ctl": (233, 21), "epoll_wait": (232, None),
    "epoll_pwait": (281, 22), "epoll_pwait2": (441, 441), "eventfd2": (290, 19),
    "futex": (202, 98), "pause": (34, None), "nanosleep": (35, 101), "clock_nanosleep": (230, 115),
    "sched_yield": (24, 124), "restart_syscall": (219, 128), "wait4": (61, 260),
    "waitid": (247, 95), "gettimeofday": (96, 169), "time": (201, None), "times": (100, 153),
    "clock_gettime": (228, 113), "clock_getres": (229, 114), "getitimer": (36, 102),
    "setitimer": (38, 103), "alarm": (37, None), "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135), "rt_sigreturn": (15, 139), "rt_sigpending": (127, 136),
    "rt_sigtimedwait": (128, 137), "rt_sigsuspend": (130, 133), "sigaltstack": (131, 132),
    "getpid": (39, 172), "getppid": (110, 173), "gettid": (186, 178), "getpgrp": (111, None),
    "getpgid": (121, 155), "getsid": (124, 156), "getgroups": (115, 158), "getuid": (102, 174),
    "geteuid": (107, 175), "getresuid": (118, 148), "getgid": (104, 176), "getegid": (108, 177),
    "getresgid": (120, 150), "uname": (63, 160), "sysinfo": (99, 179), "getrusage": (98, 165),
    "getrlimit": (97, 163), "setrlimit": (160, 164), "getpriority": (140, 141),
    "getcpu": (309, 168), "sched_getaffinity": (204, 123), "sched_getparam": (143, 121),
    "sched_getscheduler": (145, 120), "set_tid_address": (218, 96), "set_robust_list": (273, 99),
    "rseq": (334, 293), "membarrier": (324, 283), "exit": (60, 93), "exit_group": (231, 94),
    "accept": (43, 202), "accept4": (288, 242), "recvfrom": (45, 207), "recvmsg": (47, 212),
    "sendmsg": (46, 211), "shutdown": (48, 210), "getsockname": (51, 204),
    "getpeername": (52, 205), "getsockopt": (55, 209), "setsockopt": (54, 208),
    "getrandom": (318, 278), "listen": (50, 201), "seccomp": (317, 277), "kill": (62, 129),
    "tgkill": (234, 131), "prlimit64": (302, 261), "mkdir": (83, None), "mkdirat": (258, 34),
    "creat": (85, None), "symlink": (88, None), "symlinkat": (266, 36), "chmod": (90, None),
    "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452), "utime": (132, None),
    "utimes": (235, None), "futimesat": (261, None), "utimensat": (280, 88),
    "sched_setscheduler": (144, 119), "setxattr": (188, 5), "lsetxattr": (189, 6),
    "fsetxattr": (190, 7), "getxattr": (191, 8), "lgetxattr": (192, 9), "fgetxattr": (193, 10),
    "listxattr": (194, 11), "llistxattr": (195, 12), "flistxattr": (196, 13),
    "removexattr": (197, 14), "lremovexattr": (198, 15), "fremovexattr": (199, 16),
    "fallocate": (285, 47), "sendfile": (40, 71), "copy_file_range": (326, 285), "open": (2, None),
    "openat": (257, 56), "sendto": (44, 206), "socketpair": (53, 199), "fcntl": (72, 25),
    "ioctl": (16, 29), "prctl": (157, 167),
}
# fmt: on


def numbers(machine: str) -> dict[str, int]:
    """The numbers of the system calls that the filters know, by name.

    Parameters
    ----------
    machine : str
        One of `ARCHITECTURES`.
    """
    column = list(ARCHITECTURES).index(machine)
    return {name: row[column] for name, row in _NUMBERS.items() if row[column] is not None}


def program(machine: str) -> bytes:
    """The filter beside namespaces, as an array of struct sock_filter.

    Parameters
    ----------
    machine : str
        As :func:`platform.machine` names it; for one that is not known, the filter is empty.
    """
    if machine not in ARCHITECTURES:
        return b""
    families = policy.FAMILIES.values()
    return _filter(
        machine,
        [
            (chain(*policy.REFUSED.values()), _REFUSE),
            # clone3 keeps its flags in memory, out of a filter's reach: libc falls back to clone
            (["clone3"], _ABSENT),
            (["clone"], [*_argument(0), _op(_ANY_BIT, _CLONE_THREAD, 1, 0), *_REFUSE, *_ALLOW]),
            (["socket"], _among(0, list(families))),
        ],
        _ALLOW,
    )


def alone(machine: str) -> bytes:
    """The filter without namespaces: the policy's list of what is allowed.

    For what is counted it asks whoever listens (seccomp_unotify(2)), and `ITSELF` is to be replaced
    by the number of the process.

    Parameters
    ----------
    machine : str
        See :func:`program`.
    """
    if machine not in ARCHITECTURES:
        return b""
    opening = [
        *(_op(_ANY_BIT, _O_TMPFILE, 0, 1), *_NOT_SUPPORTED),
        *(_op(_ANY_BIT, _O_CREAT, 0, 1), *_ASK, *_ALLOW),
    ]
    unix = _op(_EQUAL, policy.FAMILIES["unix"], 1, 0)
    stream = [*_argument(1), _op(_AND, _KIND), _op(_EQUAL, _STREAM, 1, 0)]
    return _filter(
        machine,
        [
            (chain(*policy.ALLOWED.values()), _ALLOW),
            (["open"], [*_argument(1), *opening]),
            (["openat"], [*_argument(2), *opening]),
            (policy.COUNTED, _ASK),
            (
                ["clone"],
                [
                    *(*_argument(0), _op(_ANY_BIT, _NEW_NAMESPACES, 0, 1), *_REFUSE),
                    *(_op(_ANY_BIT, _CLONE_THREAD, 1, 0), *_REFUSE, *_ASK),
                ],
            ),
            (["kill"], _among(0, [ITSELF])),
            (policy.ON_ITSELF, _among(0, [ITSELF, 0])),
            (  # a family that does not exist: libzmq ends the process where one is refused
                ["socket", "socketpair"],
                [*_argument(0), unix, *_NOT_SUPPORTED, *stream, *_REFUSE, *_ALLOW],
            ),
            (["sendto"], [*_none(4), *_ALLOW]),  # without an address
            (["fcntl"], _among(1, policy.FCNTL)),
            (["ioctl"], _among(1, policy.IOCTL, _error(errno.ENOTTY))),
            (["prctl"], _among(0, policy.PRCTL)),
            (policy.PRETENDED, _error(0)),
            (policy.UNSUPPORTED, _NOT_SUPPORTED),
            (policy.ABSENT, _ABSENT),
        ],
        [_op(_AT_LEAST, policy.NEW, 0, 1), *_ABSENT, *_REFUSE],
    )


def refusing(names: Iterable[str], machine: str) -> bytes:
    """A filter that refuses these system calls and no others; see :func:`program`.

    They are told not to be supported: refused otherwise, libzmq would end the process.

    Parameters
    ----------
    names : iterable of str
    machine : str
    """
    return _filter(machine, [(names, _NOT_SUPPORTED)], _ALLOW) if machine in ARCHITECTURES else b""


def _filter(
    machine: str, rules: Iterable[tuple[Iterable[str], list[bytes]]], otherwise: list[bytes]
) -> bytes:
    """What to do, which ends with an answer, for system calls; the first rule on one counts."""
    code = [
        *(_op(_LOAD, _ARCHITECTURE), _op(_EQUAL, ARCHITECTURES[machine], 1, 0), *_END),
        _op(_LOAD, _NUMBER),
    ]
    if machine == "x86_64":
        code += [_op(_AT_LEAST, _X32, 0, 1), *_REFUSE]
    known = numbers(machine)
    for names, answer in rules:
        for number in (known[name] for name in names if name in known):
            code += [_op(_EQUAL, number, 0, len(answer)), *answer]
    return b"".join([*code, *otherwise])


def _op(code: int, operand: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("HBBI", code, if_true, if_false, operand)


def _return(answer: int) -> list[bytes]:
    return [_op(_RETURN, answer)]


def _error(number: int) -> list[bytes]:
    """Do nothing, and say that it failed so; 0: that it is done."""
    return _return(0x00050000 | number)


_ALLOW, _ASK, _END = _return(0x7FFF0000), _return(0x7FC00000), _return(0x80000000)
_REFUSE, _ABSENT, _NOT_SUPPORTED = map(_error, (errno.EPERM, errno.ENOSYS, errno.EOPNOTSUPP))


def _argument(number: int, part: int = 0) -> list[bytes]:
    """Load the lower half of an argument, or its upper."""
    return [_op(_LOAD, _ARGUMENT_0 + 8 * number + part)]


def _none(number: int) -> list[bytes]:
    """Refuse, unless an argument is 0."""
    return [
        *(*_argument(number), _op(_EQUAL, 0, 1, 0), *_REFUSE),
        *(*_argument(number, _UPPER), _op(_EQUAL, 0, 1, 0), *_REFUSE),
    ]


def _among(number: int, values: Sequence[int], otherwise: list[bytes] | None = None) -> list[bytes]:
    """Allow, if the lower half of an argument is one of these."""
    tests = [_op(_EQUAL, value, len(values) - i, 0) for i, value in enumerate(values)]
    return [*_argument(number), *tests, *(otherwise or _REFUSE), *_ALLOW]
