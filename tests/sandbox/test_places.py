"""It grades wherever it lies: a real kernel answers from each place, and to each kind of user.

Each test has a machine of its own, made by bubblewrap: this one's files on a root of its own, with
the environment in another place.
"""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.support import REPOSITORY

pytestmark = pytest.mark.usefixtures("sandbox")

NOBODY = 65534
BASE = os.path.realpath(sys.base_prefix)
VERSION = f"python{sys.version_info.major}.{sys.version_info.minor}"
PACKAGES = sysconfig.get_paths()["purelib"]
PINNED = "--SealedProvisioner.seal=namespaces"
ODD = "/a space, 'one' \"two\": ünï"
PLACES = [
    *("/s", "/s/k", "/student", "/student/a/b", "/released/x", "/forkserver.py/x"),
    *("/tmp/x", "/dev/shm/x", "/home/x/.venv", f"/tmp{ODD}", ODD, f"/tmp/{'long' * 50}/x"),
]
ROOT_ONLY = pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")


def put(kind: str, source: str, place: str) -> list[str]:
    """Options to put something at a place that everybody can get to."""
    options = []
    for parent in reversed(Path(place).parents[:-1]):
        options += ["--perms", "0755", "--dir", str(parent)]
    return [*options, f"--{kind}", source, place]


def machine() -> list[str]:
    """The options of a bubblewrap that is this machine, with a root and folders of its own."""
    options = ["--cap-add", "ALL", "--tmpfs", "/"]
    for path in sorted(Path("/").iterdir()):
        if path.is_symlink():
            options += ["--symlink", os.readlink(path), str(path)]
        elif path.is_dir():
            kind = "--dev-bind" if path.name in ("dev", "proc") else "--ro-bind"
            options += [kind, str(path), str(path)]
    for path in ("/tmp", "/dev/shm", "/home", "/opt"):
        options += ["--perms", "1777", "--tmpfs", path]
    for path in (str(REPOSITORY), sys.prefix, BASE):  # if they lie there
        options += put("bind", path, path)
    return options


def ask(options: list[str], python: str, uid: int = 0) -> None:
    """Have a sealed kernel of this interpreter answer on a machine."""
    become = ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups"] if uid else []
    run = subprocess.run(
        ["bwrap", *options, "--chdir", "/", *become, python, "-m", "grading", "sandbox", PINNED],
        env={"PATH": os.defpath},
        capture_output=True,
        text=True,
    )
    assert "by namespaces: a sealed kernel has answered" in run.stdout, run.stderr


def readable() -> list[str]:
    """Let everybody find the interpreter, also where it lies in a home that they cannot enter."""
    home = f"/{Path(BASE).parts[1]}"
    if Path(home).stat().st_mode & 0o5 or home == "/usr":
        return []
    return ["--perms", "0755", "--tmpfs", home, *put("bind", BASE, BASE)]


@pytest.mark.parametrize("uid", [0, pytest.param(NOBODY, marks=ROOT_ONLY)])
@pytest.mark.parametrize("place", PLACES)
def test_an_environment_that_is_mounted_there(place: str, uid: int) -> None:
    options = [*machine(), *(readable() if uid else []), *put("bind", sys.prefix, place)]
    ask(options, f"{place}/bin/python", uid)


@pytest.mark.parametrize("place", ["/opt/link", "/tmp/link", "/s/link"])
def test_an_environment_behind_symbolic_links(place: str) -> None:
    options = [*machine(), "--symlink", place, "/first", *put("symlink", sys.prefix, place)]
    ask(options, "/first/bin/python")


@pytest.mark.parametrize("place", ["/opt/conda/envs/course", "/tmp/conda", "/s/k"])
def test_an_interpreter_with_its_packages_as_conda_has_them(place: str) -> None:
    options = [*machine(), *put("bind", BASE, place)]
    options += ["--bind", PACKAGES, f"{place}/lib/{VERSION}/site-packages"]
    ask(options, f"{place}/bin/{VERSION}")


@pytest.mark.parametrize("uid", [0, pytest.param(NOBODY, marks=ROOT_ONLY)])
@pytest.mark.parametrize("relative", [False, True])
@pytest.mark.parametrize("home", ["/home/x", "/tmp", "/s"])
def test_an_environment_of_an_interpreter_as_uv_has_them(
    tmp_path: Path, home: str, relative: bool, uid: int
) -> None:
    """The environment's program is a link through a link of the interpreter's minor version."""
    store = f"{home}/.local/share/uv"
    program = f"/course/.venv/bin/{VERSION}"
    interpreter = f"{store}/minor/bin/{VERSION}"
    target = f"../../..{interpreter}" if relative else interpreter
    configuration = tmp_path / "pyvenv.cfg"
    configuration.write_text(f"home = {store}/minor/bin\n")
    configuration.chmod(0o644)
    options = [*machine(), *(readable() if uid else [])]
    options += put("bind", BASE, f"{store}/full")
    options += ["--symlink", "full", f"{store}/minor", *put("symlink", target, program)]
    options += put("bind", PACKAGES, f"/course/.venv/lib/{VERSION}/site-packages")
    options += ["--ro-bind", str(configuration), "/course/.venv/pyvenv.cfg"]
    options += ["--symlink", "/course/.venv", "/linked"]
    ask(options, f"/linked/bin/{VERSION}", uid)
