"""The first program in the sandbox: lowers its own rights, then becomes the kernel.

Started as ``python -I -S inside.py SETTINGS -- COMMAND…`` with SETTINGS in JSON: ``uid`` (0 to
keep the present one), ``limits`` (name of an rlimit: value) and ``sockets`` (the one folder of the
host that can be written, where only sockets may be made). Standard library only.
"""

import ctypes
import json
import os
import resource
import struct
import sys

LANDLOCK_CREATE_RULESET, LANDLOCK_ADD_RULE, LANDLOCK_RESTRICT_SELF = 444, 445, 446
WRITE_FILE, REMOVE_DIR, REMOVE_FILE, MAKE_CHAR, MAKE_DIR, MAKE_REG, MAKE_SOCK = (
    1 << bit for bit in (1, 4, 5, 6, 7, 8, 9)
)
MAKE_FIFO, MAKE_BLOCK, MAKE_SYM = (1 << bit for bit in (10, 11, 12))
EVERY_WRITE = (
    WRITE_FILE | REMOVE_DIR | REMOVE_FILE | MAKE_CHAR | MAKE_DIR | MAKE_REG | MAKE_SOCK
    | MAKE_FIFO | MAKE_BLOCK | MAKE_SYM
)  # fmt: skip


def restrict_writes(writable, sockets):
    """Let files change only under `writable`, and only sockets appear under `sockets`.

    A second wall behind the mounts, by Landlock; does nothing on kernels without it (< 5.13).
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.syscall(LANDLOCK_CREATE_RULESET, None, 0, 1) < 1:
        return
    attributes = struct.pack("Q", EVERY_WRITE)
    rules = libc.syscall(LANDLOCK_CREATE_RULESET, attributes, len(attributes), 0)
    for path, access in [*((path, EVERY_WRITE) for path in writable), (sockets, MAKE_SOCK)]:
        folder = os.open(path, os.O_PATH | os.O_CLOEXEC)
        rule = struct.pack("=Qi", access, folder)
        if libc.syscall(LANDLOCK_ADD_RULE, rules, 1, rule, 0):
            raise OSError(ctypes.get_errno(), f"landlock_add_rule for {path}")
        os.close(folder)
    if libc.syscall(LANDLOCK_RESTRICT_SELF, rules, 0):
        raise OSError(ctypes.get_errno(), "landlock_restrict_self")
    os.close(rules)


def main():
    """Lower our rights and become the command."""
    settings, separator, *command = sys.argv[1:]
    assert separator == "--"
    settings = json.loads(settings)
    uid = settings["uid"]
    if uid:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    for name, value in settings["limits"].items():
        resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (value, value))
    os.umask(0o077)
    restrict_writes(["/tmp", "/student", "/dev"], settings["sockets"])
    os.execv(command[0], command)


main()
