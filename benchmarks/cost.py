"""What commands cost, with all the processes that they start: time, processor time, memory."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

EVERY = 0.5  # seconds between two looks at the memory
STRAGGLERS = 10.0  # seconds that killed processes get to be gone
ENTER = 'echo $$ > "$0" && exec "$@"'  # a shell's words: into a control group, then be the command


@dataclass(frozen=True)
class Cost:
    """What a run took.

    Parameters
    ----------
    wall : float
        Seconds by the clock.
    cpu : float
        Seconds of processor time, user and system; NaN where no control group can be made.
    memory : float
        MB, the most that all processes had at one time; pages that they share count once.
    """

    wall: float
    cpu: float
    memory: float

    def times(self, number: int) -> Cost:
        """As much of it, one after the other."""
        return Cost(self.wall * number, self.cpu * number, self.memory)


def run(commands: Sequence[Sequence[str | Path]], folder: Path, **environment: str) -> Cost:
    """Run commands in a folder, one after the other; what they print is appended to ``log`` there.

    Raises
    ------
    subprocess.CalledProcessError
        If one fails; a note has the end of the log.
    """
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {**os.environ, "PATH": path, **environment}
    most, ended, pids = [0.0], threading.Event(), [0]

    def watch() -> None:
        while not ended.wait(EVERY):
            most[0] = max(most[0], _memory(pids[0]))

    with _group() as group, open(folder / "log", "ab") as log:
        watcher = threading.Thread(target=watch)
        start = time.monotonic()
        try:
            for command in commands:
                entered = ["sh", "-c", ENTER, group / "cgroup.procs", *command]
                process = subprocess.Popen(
                    entered if group else command,
                    cwd=folder,
                    env=environment,
                    stdout=log,
                    stderr=log,
                )
                pids[0] = process.pid
                if not watcher.ident:
                    watcher.start()
                if process.wait():
                    error = subprocess.CalledProcessError(process.returncode, command)
                    error.add_note((folder / "log").read_text(errors="replace")[-2000:])
                    raise error
        finally:
            wall = time.monotonic() - start
            ended.set()
            watcher.join()
        return Cost(wall, _processor_time(group), most[0])


@contextmanager
def _group() -> Iterator[Path | None]:
    """A control group of Linux: it counts killed processes too, for which nobody waited."""
    own = next(
        (line[4:] for line in Path("/proc/self/cgroup").read_text().split() if line[:3] == "0::"),
        "",
    )
    for root in ("/sys/fs/cgroup", "/sys/fs/cgroup/unified"):
        if not Path(root, "cgroup.controllers").exists():
            continue
        try:
            group = Path(tempfile.mkdtemp(prefix="bench-", dir=f"{root}/{own}"))
        except OSError:  # not ours to make one
            break
        try:
            yield group
        finally:
            end = time.monotonic() + STRAGGLERS
            while (group / "cgroup.procs").read_text() and time.monotonic() < end:
                time.sleep(0.05)
            group.rmdir()
        return
    yield None


def _processor_time(group: Path | None) -> float:
    """What the group has used, also by processes that have ended in whatever way."""
    if group is None:
        return float("nan")
    fields = dict(line.split() for line in (group / "cpu.stat").read_text().splitlines())
    return int(fields["usage_usec"]) / 1e6


def _memory(pid: int) -> float:
    """Proportional set size of a process and all its descendants, in MB."""
    total, families = 0.0, [pid]
    while families:
        pid = families.pop()
        try:
            for children in Path(f"/proc/{pid}/task").glob("*/children"):
                families += map(int, children.read_text().split())
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            total += sum(int(line.split()[1]) for line in rollup if line.startswith("Pss:")) / 1024
        except OSError:
            pass  # it has ended meanwhile
    return total
