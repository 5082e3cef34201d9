"""What student code may see and use: all of it, as data.

:mod:`~grading.sandbox.bubblewrap` turns it into mounts, :mod:`~grading.sandbox.landlock` into rules
for files where there can be no mounts, :mod:`~grading.sandbox.seccomp` into filters,
:mod:`~grading.sandbox.forkserver` into limits, and :mod:`~grading.sandbox.provisioner` lets an
instructor set these.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

# Files: these, the interpreter and its packages (read-only), and no others.


class Mount(NamedTuple):
    """Something at a `place` in the sandbox; its kind is bubblewrap's word for it."""

    kind: Literal["proc", "dev", "tmpfs", "symlink", "ro-bind", "ro-bind-try", "bind"]
    source: str  # on the host; of a symlink, where it points; empty for what is made afresh
    place: str


HOME = "/student"  # where a kernel starts; the released data files lie in it, read-only
WRITABLE = ("/tmp", "/dev/shm", HOME)  # each a small tmpfs of the kernel's own
SOCKETS = "/s"  # here a kernel can make sockets, and nothing else
PRIVATE = (
    Mount("proc", "", "/proc"),  # of its own processes only
    Mount("dev", "", "/dev"),  # null, zero, full, random, urandom, tty
    *(Mount("tmpfs", "", place) for place in WRITABLE),
)
SYSTEM = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/usr")  # as on the host, read-only
CONFIGURATION = tuple(
    Mount("ro-bind-try", path, path)
    for path in ("/etc/ld.so.cache", "/etc/alternatives", "/etc/fonts", "/etc/localtime")
)

# Without mounts, /dev is the machine's; of it, these: the first can be written, too.

DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")

# What is shared with nobody: shared memory, processes, network (there is none), host name.

NAMESPACES = ("ipc", "pid", "net", "uts", "cgroup-try")

# Limits, by the name of their setting.

MB = 1 << 20
TMPFS = "tmpfs"  # held by the size of each writable place


class Limit(NamedTuple):
    """How much a kernel may have of something."""

    resource: str  # setrlimit's name for it, without RLIMIT_, or TMPFS
    default: int
    unit: int  # how much 1 stands for, in setrlimit's own unit
    what: str


LIMITS = {
    "memory_mb": Limit("AS", 3072, MB, "Address space of the kernel, in MB."),
    "threads": Limit("NPROC", 64, 1, "Threads that the kernel may have at one time."),
    "cpu_seconds": Limit("CPU", 600, 1, "Processor time that the kernel may use, in seconds."),
    "file_mb": Limit("FSIZE", 64, MB, "Largest file that student code may write, in MB."),
    "disk_mb": Limit(
        TMPFS, 128, MB, f"Size of each writable tmpfs ({', '.join(WRITABLE)}), in MB."
    ),
    "open_files": Limit("NOFILE", 512, 1, "File descriptors that the kernel may hold."),
}
FILES = 10_000  # in each writable place: they take memory of Linux that no other limit counts
CORE = ("CORE", 0)  # no memory dumps, whatever the settings

# System calls that are refused, by what they would reach. Besides, clone makes threads only.

REFUSED = {
    "other processes": ("ptrace", "process_vm_readv", "process_vm_writev"),
    "keyrings": ("add_key", "request_key", "keyctl"),
    "weak spots of Linux": ("bpf", "perf_event_open", "userfaultfd"),
    "io_uring": ("io_uring_setup", "io_uring_enter", "io_uring_register"),
    "namespaces": ("unshare", "setns"),
    "mounts": ("mount", "umount2", "pivot_root", "open_tree", "move_mount", "fsopen"),
    "Linux itself": ("kexec_load", "init_module", "finit_module", "delete_module"),
    "files past their folders": ("open_by_handle_at", "fanotify_init"),
    "the log of Linux": ("syslog",),
    "uncounted memory": ("memfd_create", "memfd_secret", "shmget", "semget", "msgget", "mq_open"),
    "child processes, past the limits of one": ("fork", "vfork"),
}

# From when a kernel has its five sockets: each more leaves a file in the grader's folder.

REFUSED_LATER = ("bind",)
REFUSED_LATER_ALONE = ("bind", "socket", "listen", "seccomp")

# Without namespaces the list is the other way round: what a kernel needs, and nothing else.

ALLOWED = {
    "memory": ("brk", "mmap", "mprotect", "munmap", "mremap", "msync", "madvise"),
    "what is open": (
        *("read", "write", "readv", "writev", "pread64", "pwrite64", "preadv", "pwritev", "lseek"),
        *("close", "close_range", "dup", "dup2", "dup3", "pipe", "pipe2", "fstat", "fstatfs"),
        *("fsync", "fdatasync", "ftruncate", "fadvise64", "flock", "getdents", "getdents64"),
    ),
    "files, as far as Landlock lets it": (
        *("stat", "lstat", "newfstatat", "statx", "statfs", "access", "faccessat", "faccessat2"),
        *("readlink", "readlinkat", "getcwd", "chdir", "fchdir", "umask", "truncate"),
        *("rename", "renameat", "renameat2", "rmdir", "unlink", "unlinkat"),
    ),
    "waiting": (
        *("poll", "ppoll", "select", "pselect6", "epoll_create", "epoll_create1", "epoll_ctl"),
        *("epoll_wait", "epoll_pwait", "epoll_pwait2", "eventfd2", "futex", "pause", "nanosleep"),
        *("clock_nanosleep", "sched_yield", "restart_syscall", "wait4", "waitid"),
    ),
    "time": (
        *("gettimeofday", "time", "times", "clock_gettime", "clock_getres"),
        *("getitimer", "setitimer", "alarm"),
    ),
    "how its own signals are taken": (
        *("rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "rt_sigpending", "rt_sigtimedwait"),
        *("rt_sigsuspend", "sigaltstack"),
    ),
    "who and where it is": (
        *("getpid", "getppid", "gettid", "getpgrp", "getpgid", "getsid", "getgroups"),
        *("getuid", "geteuid", "getresuid", "getgid", "getegid", "getresgid", "uname", "sysinfo"),
        *("getrusage", "getrlimit", "setrlimit", "getpriority", "getcpu", "sched_getaffinity"),
        *("sched_getparam", "sched_getscheduler"),
    ),
    "threads": ("set_tid_address", "set_robust_list", "rseq", "membarrier", "exit", "exit_group"),
    "sockets that it has": (
        *("accept", "accept4", "recvfrom", "recvmsg", "sendmsg", "shutdown"),
        *("getsockname", "getpeername", "getsockopt", "setsockopt"),
    ),
    "chance": ("getrandom",),
    "until it has its own sockets": ("bind", "listen", "seccomp"),
}
ON_ITSELF = ("kill", "tgkill", "prlimit64")  # allowed on no other process
# Making files, as open can too: `FILES` times in a kernel's life.
COUNTED = ("mkdir", "mkdirat", "creat", "symlink", "symlinkat")
PRETENDED = (  # "done", without effect: on files of the same user Landlock does not refuse them
    *("chmod", "fchmod", "fchmodat", "fchmodat2", "utime", "utimes", "futimesat", "utimensat"),
    "sched_setscheduler",  # libzmq ends the process where it fails
)
UNSUPPORTED = (
    *(f"{on}{act}xattr" for act in ("set", "get", "list", "remove") for on in ("", "l", "f")),
    "fallocate",  # past the limit of a file's size
)
ABSENT = ("sendfile", "copy_file_range")  # Python copies without; so are all newer than `NEW`
NEW = 424  # the number of the first that libraries try before an older one
FCNTL = (0, 1, 2, 3, 4, 5, 6, 7, 36, 37, 38, 1030)  # not: owners, signals, leases, sizes of pipes
IOCTL = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)  # of terminals and sockets, to look
PRCTL = (3, 15, 16, 39)  # names, and what can only be read

# Families of sockets that can be made: those that a network namespace contains. AF_VSOCK, for one,
# would reach the hypervisor. libzmq needs the last three, which reach a loopback that is down.
# Without namespaces, only streams of the first, and no way to connect them to anything.

FAMILIES = {"unix": 1, "inet": 2, "inet6": 10, "netlink": 16}

# The environment. Nothing of the grader's own is passed on; PATH leads to the interpreter.
# {tmp} stands for a folder of the kernel's own.

ENVIRONMENT = {
    "HOME": "{tmp}",
    "TMPDIR": "{tmp}",
    "LANG": "C.UTF-8",
    "NBGRADER_EXECUTION": "autograde",
    "IPYTHONDIR": "{tmp}/.ipython",
    "JPY_PARENT_PID": "1",  # the kernel's parent is the first process that it can see
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "MPLCONFIGDIR": "{tmp}/.matplotlib",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONNOUSERSITE": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}
