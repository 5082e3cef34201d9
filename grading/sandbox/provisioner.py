"""Starts an ordinary Python kernel inside bubblewrap, through Jupyter's own provisioner interface.

What the sandbox holds: the interpreter and its packages (read-only), the released data files
(read-only), small writable tmpfs, a private loopback, and one folder for the kernel's sockets.
The connection is made over those sockets (ZeroMQ's ipc), so nothing listens on the network.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning import LocalProvisioner
from traitlets import Int, List, Unicode

from grading.sandbox import seccomp

INSIDE = Path(__file__).with_name("inside.py")
INSTALL = "sudo apt-get install bubblewrap   (Debian, Ubuntu; elsewhere: the package bubblewrap)"
FIRST_UID = 200_000  # as root, each grader process runs its kernels under a uid of its own


@cache
def problem() -> str | None:
    """Why no sandbox can be made on this machine, with what to do about it; None if one can."""
    if sys.platform != "linux":
        return "Student code is sealed with bubblewrap, which exists on Linux only."
    bwrap = shutil.which("bwrap")
    if bwrap is None:
        return f"bubblewrap, which seals student code, is not installed. Install it:\n  {INSTALL}"
    command = [bwrap, *_namespaces(), "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev"]
    trial = subprocess.run(
        [*command, sys.executable, "-I", "-S", "-c", ""], capture_output=True, text=True
    )
    if trial.returncode == 0:
        return None
    return (
        "bubblewrap is installed but cannot make a sandbox here:\n"
        f"  {trial.stderr.strip()}\n"
        "Unprivileged user namespaces may be switched off (Ubuntu 24.04: "
        "sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0; in a container, it needs "
        "the right to create namespaces)."
    )


class SealedProvisioner(LocalProvisioner):
    """Kernel provisioner ``sealed``: one kernel, one sandbox, gone when the kernel is.

    Everything that the sandbox needs on the host lies in `scratch`, which the caller removes.
    """

    memory_mb = Int(3072, help="Address space of the kernel, in MB.").tag(config=True)
    threads = Int(64, help="Threads that the kernel may have at one time.").tag(config=True)
    cpu_seconds = Int(600, help="Processor time that the kernel may use, in seconds.").tag(
        config=True
    )
    file_mb = Int(64, help="Largest file that student code may write, in MB.").tag(config=True)
    disk_mb = Int(
        128,
        help="Size of each writable tmpfs (/student, /tmp, /dev/shm), in MB.",
    ).tag(config=True)
    open_files = Int(512, help="File descriptors that the kernel may hold.").tag(config=True)
    packages = List(
        Unicode(),
        help="Folders of packages to show read-only besides the interpreter's own.",
    ).tag(config=True)

    data = Unicode("", help="Folder whose files, notebooks excepted, lie in /student, read-only.")
    scratch = Unicode("", help="A private folder of the grader's, short enough for socket names.")

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Point the connection at sockets in `scratch` and wrap the command in bubblewrap.

        Raises
        ------
        RuntimeError
            If bubblewrap is not installed: the kernel is not started unsealed.
        """
        bwrap = shutil.which("bwrap")
        if bwrap is None:
            raise RuntimeError(problem())
        manager = self.parent
        folder = Path(tempfile.mkdtemp(dir=self.scratch))
        sockets = folder / "s"
        sockets.mkdir()
        manager.transport = "ipc"
        manager.ip = str(sockets / "k")
        manager.connection_file = str(folder / "connection.json")
        for number, channel in enumerate(("shell", "iopub", "stdin", "hb", "control"), start=1):
            setattr(manager, f"{channel}_port", number)
        kwargs = await super().pre_launch(**kwargs)
        kwargs["cmd"], kwargs["pass_fds"] = self._wrap(bwrap, kwargs["cmd"], folder)
        kwargs["env"] = {"PATH": os.defpath}  # bwrap's own: the sandbox's is set by _wrap
        kwargs["stdout"] = kwargs["stderr"] = subprocess.DEVNULL
        kwargs["cwd"] = "/"
        return kwargs

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Start bubblewrap and close our copy of the filter."""
        try:
            return await super().launch_kernel(cmd, **kwargs)
        finally:
            for descriptor in kwargs["pass_fds"]:
                os.close(descriptor)

    async def send_signal(self, signum: int) -> None:
        """Pass signals on, but for SIGINT, which would end bubblewrap: interrupts go by message."""
        if signum != signal.SIGINT:
            await super().send_signal(signum)

    def _wrap(self, bwrap: str, command: list[str], folder: Path) -> tuple[list[str], list[int]]:
        uid = FIRST_UID + os.getpid() % 50_000 if os.getuid() == 0 else 0
        sockets, inside = folder / "s", folder / "inside.json"
        connection = json.loads((folder / "connection.json").read_text())
        inside.write_text(json.dumps({**connection, "ip": "/s/k"}))
        inside.chmod(0o600)
        if uid:
            os.chown(sockets, uid, uid)
            os.chown(inside, uid, uid)
        python = sys.executable
        arguments = [bwrap, *_namespaces(), *self._mounts(python)]
        arguments += ["--bind", str(sockets), "/s", "--ro-bind", str(inside), "/connection.json"]
        arguments += ["--ro-bind", str(INSIDE), "/inside.py"]
        arguments += ["--remount-ro", "/dev", "--remount-ro", "/"]  # tmpfs without a size limit
        arguments += ["--chdir", "/student", "--clearenv"]
        for name, value in _environment(python).items():
            arguments += ["--setenv", name, value]
        descriptors = []
        program = seccomp.program()
        if program is not None:
            descriptor = os.memfd_create("seccomp", 0)
            os.write(descriptor, program)
            os.lseek(descriptor, 0, os.SEEK_SET)
            descriptors.append(descriptor)
            arguments += ["--seccomp", str(descriptor)]
        limits = {
            "AS": self.memory_mb << 20,
            "NPROC": self.threads,
            "CPU": self.cpu_seconds,
            "FSIZE": self.file_mb << 20,
            "NOFILE": self.open_files,
            "CORE": 0,
        }
        settings = json.dumps({"uid": uid, "limits": limits, "sockets": "/s"})
        start = [python, "-I", "-S", "/inside.py", settings, "--"]
        connection_file = self.parent.connection_file
        kernel = ["/connection.json" if word == connection_file else word for word in command]
        return [*arguments, "--", *start, python, *kernel[1:]], descriptors

    def _mounts(self, python: str) -> list[str]:
        arguments = ["--proc", "/proc", "--dev", "/dev"]
        for path in ("/tmp", "/dev/shm", "/student"):
            arguments += ["--size", str(self.disk_mb << 20), "--perms", "1777", "--tmpfs", path]
        shown = {"/usr", *_interpreter(python), *self.packages}
        for name in ("bin", "sbin", "lib", "lib32", "lib64"):
            path = Path("/", name)
            if path.is_symlink():
                arguments += ["--symlink", os.readlink(path), str(path)]
            elif path.is_dir():
                shown.add(str(path))
        for path in _outermost(shown):
            arguments += [*_parents(path), "--ro-bind", path, path]
        for path in ("/etc/ld.so.cache", "/etc/alternatives", "/etc/fonts", "/etc/localtime"):
            arguments += ["--ro-bind-try", path, path]
        for file in _data_files(self.data):
            place = "/student" / file.relative_to(self.data)
            arguments += [*_parents(str(place), below="/student")]
            arguments += ["--ro-bind", str(file), str(place)]
        return arguments


def _namespaces() -> list[str]:
    names = ("ipc", "pid", "net", "uts", "cgroup-try")
    arguments = [f"--unshare-{name}" for name in names]
    arguments += ["--hostname", "sandbox", "--die-with-parent", "--new-session"]
    arguments += ["--cap-drop", "ALL"]
    if os.getuid() == 0:  # no user namespace: inside.py needs these two to become another uid
        return [*arguments, "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    return [*arguments, "--unshare-user", "--disable-userns"]


def _environment(python: str) -> dict[str, str]:
    return {
        "PATH": f"{Path(python).parent}:/usr/bin:/bin",
        "HOME": "/tmp",
        "TMPDIR": "/tmp",
        "LANG": "C.UTF-8",
        "NBGRADER_EXECUTION": "autograde",
        "IPYTHONDIR": "/tmp/.ipython",
        "JPY_PARENT_PID": "1",  # the kernel's parent is the sandbox's first process
        "MPLCONFIGDIR": "/tmp/.matplotlib",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONNOUSERSITE": "1",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }


def _interpreter(python: str) -> set[str]:
    """The folders that an interpreter needs: its environment, and the one that made it."""
    return {sys.prefix, sys.base_prefix, sys.exec_prefix, str(Path(python).resolve().parent.parent)}


def _outermost(folders: set[str]) -> list[str]:
    kept: list[str] = []
    for folder in sorted(folders):
        if not any(Path(folder).is_relative_to(other) for other in kept):
            kept.append(folder)
    return kept


def _data_files(folder: str) -> list[Path]:
    if not folder:
        return []
    files = (Path(base, name) for base, _, names in os.walk(folder) for name in names)
    ordinary = (file for file in files if stat.S_ISREG(file.lstat().st_mode))
    return sorted(file for file in ordinary if file.suffix != ".ipynb")


def _parents(path: str, below: str = "/") -> list[str]:
    """Make the parents of a mount point first: bwrap itself would make them unreadable (0700)."""
    arguments = []
    for parent in reversed(Path(path).parents):
        if parent != Path(below) and parent.is_relative_to(below):
            arguments += ["--perms", "0755", "--dir", str(parent)]
    return arguments
