"""What a student has: the bundle, unzipped far from the repository, with an environment of its own.

The environment has the packages of the one that runs the tests, but nothing of this repository,
neither its engine nor its `lecturekit`: what works there, works for a student.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from zipfile import ZipFile

from handout.bundle import NAME, write
from tests.support import REPOSITORY

PYTHON = ".venv/bin/python"
OWN = "improving_deep_neural_networks"  # how pip spells the project in the names of its files
# What pip would otherwise fetch is there.
OFFLINE = ("--no-index", "--no-build-isolation", "--disable-pip-version-check")


def unzip(parent: Path) -> Path:
    """Write the bundle and unzip it; return the one folder in it."""
    archive = parent / f"{NAME}.zip"
    write(REPOSITORY, archive)
    with ZipFile(archive) as bundle:
        bundle.extractall(parent)
    return parent / NAME


def make_environment(folder: Path) -> None:
    """Make ``.venv`` in a student's folder: every package that pip would fetch, nothing of ours."""
    environment = folder / ".venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    (packages,) = environment.glob("lib/python*/site-packages")
    for installed in {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}:
        for path in Path(installed).iterdir():
            if OWN not in path.name and not (packages / path.name).exists():
                (packages / path.name).symlink_to(path)
    # Kernels, JupyterLab and its extensions; pip writes into one of them.
    shutil.copytree(Path(sys.prefix, "etc"), environment / "etc")
    (environment / "share").symlink_to(Path(sys.prefix, "share"))


def install(folder: Path, *arguments: str) -> None:
    """Run pip in a student's folder."""
    pip = (PYTHON, "-m", "pip", "install", *arguments, *OFFLINE)
    done = run(folder, *pip)
    assert done.returncode == 0, done.stderr


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a student's folder."""
    return subprocess.run(
        command, cwd=folder, env=variables(folder), capture_output=True, text=True
    )


def variables(folder: Path) -> dict[str, str]:
    """The variables of a student's terminal: none that leads back to this repository."""
    home = folder.parent / "home"
    home.mkdir(exist_ok=True)
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("JUPYTER", "PYTHON", "VIRTUAL_ENV", "PIP_"))
    }
    return {**kept, "HOME": str(home), "PATH": os.pathsep.join(["/usr/bin", "/bin"])}


def hand_out(parent: Path) -> Path:
    """Return a student's folder, unzipped and installed as the page START.md says."""
    folder = unzip(parent)
    make_environment(folder)
    (command,) = (
        line
        for line in (folder / "START.md").read_text(encoding="utf-8").splitlines()
        if line.startswith(f"{PYTHON} -m pip install ")
    )
    install(folder, *command.split()[4:])
    return folder
