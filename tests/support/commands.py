"""Commands of the environment that runs the tests, as a person starts them in its terminal."""

import os
import subprocess
import sys
from pathlib import Path

from tests.support import prepared


def variables(**changed: str) -> dict[str, str]:
    """The variables of a terminal in which the environment is active."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return {**os.environ, "PATH": path, **changed}


def run(
    folder: Path, module: str, *arguments: str, **changed: str
) -> subprocess.CompletedProcess[str]:
    """Run ``python -m module`` in a folder to its end; `changed` are variables."""
    if prepared.suits(changed):
        return prepared.run(folder, module, *arguments, variables=variables(**changed))
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=folder,
        env=variables(**changed),
        capture_output=True,
        text=True,
    )


def start(folder: Path, module: str, *arguments: str, **changed: str) -> subprocess.Popen[str]:
    """Start ``python -m module``, with errors in its output, in a process group of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        cwd=folder,
        env=variables(**changed),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def path_without_bubblewrap(folder: Path) -> str:
    """A PATH on which everything is found but bwrap; its links are made in `folder`."""
    folder.mkdir()
    for program in Path("/usr/bin").iterdir():
        if program.name != "bwrap":
            (folder / program.name).symlink_to(program)
    return os.pathsep.join([str(Path(sys.executable).parent), str(folder)])
