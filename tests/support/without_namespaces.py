"""Runs a command to which every namespace is denied, as many containers do.

``python without_namespaces.py COMMAND …`` is a program of its own, so that a test can run it as
another user. It needs nothing but Python.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
import sys

LIBC = ctypes.CDLL(None, use_errno=True)
SET_NO_NEW_PRIVS, SET_SECCOMP, FILTER = 38, 22, 2
ALLOW, REFUSE, ABSENT = 0x7FFF0000, 0x50000 | errno.EPERM, 0x50000 | errno.ENOSYS
CALLS = {  # unshare, setns, clone, clone3
    "x86_64": (272, 308, 56, 435),
    "aarch64": (97, 268, 220, 435),
}
NEW_NAMESPACES = 0x7E020000  # flags of clone
LOAD, EQUAL, ANY_BIT, RETURN = 0x20, 0x15, 0x45, 0x06
ARGUMENT_0 = 16


def deny() -> None:
    """Have namespaces refused to this process and to all that it starts, for good."""
    unshare, setns, clone, clone3 = CALLS[platform.machine()]
    code = [
        (LOAD, 0, 0, 0),
        *((EQUAL, 0, 1, unshare), (RETURN, 0, 0, REFUSE)),
        *((EQUAL, 0, 1, setns), (RETURN, 0, 0, REFUSE)),
        *((EQUAL, 0, 1, clone3), (RETURN, 0, 0, ABSENT)),
        *((EQUAL, 0, 3, clone), (LOAD, 0, 0, ARGUMENT_0)),
        *((ANY_BIT, 0, 1, NEW_NAMESPACES), (RETURN, 0, 0, REFUSE)),
        (RETURN, 0, 0, ALLOW),
    ]
    kept = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in code))
    filters = ctypes.create_string_buffer(
        struct.pack("HxxxxxxP", len(code), ctypes.addressof(kept))
    )
    for call in ((SET_NO_NEW_PRIVS, 1, 0, 0, 0), (SET_SECCOMP, FILTER, filters, 0, 0)):
        if LIBC.prctl(*call):
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


if __name__ == "__main__":
    deny()
    os.execvp(sys.argv[1], sys.argv[1:])
