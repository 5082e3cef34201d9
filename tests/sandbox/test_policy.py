"""The policy, as bubblewrap and fork servers are told it; no sandbox is made here."""

from __future__ import annotations

import json
import os
import resource
import socket
import sys
from collections.abc import Callable
from itertools import chain
from pathlib import Path
from typing import get_type_hints

import pytest
from traitlets.config import Config

from grading.grade.bench import Bench
from grading.sandbox import bubblewrap, forkserver, landlock, policy, seccomp
from grading.sandbox.forkserver import Landlocked, Namespaced
from grading.sandbox.policy import LIMITS, Mount
from grading.sandbox.provisioner import SealedProvisioner
from grading.sandbox.server import Asked, Server


@pytest.mark.parametrize(
    ("mount", "told"),
    [
        (Mount("proc", "", "/proc"), "--proc /proc"),
        (Mount("dev", "", "/dev"), "--dev /dev"),
        (Mount("tmpfs", "", "/dev/shm"), "--perms 1777 --tmpfs /dev/shm"),
        (Mount("symlink", "usr/lib", "/lib"), "--symlink usr/lib /lib"),
        (Mount("ro-bind-try", "/etc/fonts", "/etc/fonts"), "--ro-bind-try /etc/fonts /etc/fonts"),
        (Mount("bind", "/var/x", "/s"), "--bind /var/x /s"),
        (
            Mount("ro-bind", "/a/b/c", "/a/b/c"),  # its parents can be read by everybody
            "--perms 0755 --dir /a --perms 0755 --dir /a/b --ro-bind /a/b/c /a/b/c",
        ),
    ],
    ids=lambda value: value.kind if isinstance(value, Mount) else "",
)
def test_a_mount_is_told_to_bubblewrap(mount: Mount, told: str) -> None:
    assert told in " ".join(bubblewrap.arguments([mount], {}, root=True))


def test_nothing_is_shared_and_every_right_dropped() -> None:
    told = bubblewrap.arguments([], {}, root=True)
    assert {f"--unshare-{name}" for name in ("ipc", "pid", "net", "uts")} <= set(told)
    assert told.index("--cap-drop") < told.index("--cap-add")
    assert {"--die-with-parent", "--new-session"} <= set(told)
    assert set(bubblewrap.arguments([], {}, root=False)) - set(told) == {"--unshare-user"}


def test_mounts_keep_their_order_and_what_they_lie_on_becomes_read_only() -> None:
    told = bubblewrap.arguments(
        [Mount("dev", "", "/dev"), Mount("tmpfs", "", "/dev/shm")], {}, root=True
    )
    places = [told.index("--dev"), told.index("--tmpfs"), told.index("--remount-ro")]
    assert places == sorted(places)
    frozen = {told[at + 1] for at, word in enumerate(told) if word == "--remount-ro"}
    assert frozen == {"/", "/dev"}


def test_the_environment_is_cleared_before_it_is_set() -> None:
    told = bubblewrap.arguments([], policy.ENVIRONMENT, root=True)
    first = told.index("--clearenv") + 1
    set_ = zip(told[first::3], told[first + 1 :: 3], told[first + 2 :: 3], strict=True)
    assert list(set_) == [("--setenv", *pair) for pair in policy.ENVIRONMENT.items()]


def test_of_the_machine_only_the_system_the_interpreter_and_packages_are_shown() -> None:
    mounts = bubblewrap.shown(sys.executable, ["/opt/packages", "/usr/share/packages"])
    assert mounts[: len(policy.PRIVATE)] == list(policy.PRIVATE)
    assert {mount.kind for mount in mounts} <= {"ro-bind", "ro-bind-try", "symlink"} | {
        mount.kind for mount in policy.PRIVATE
    }
    bound = [mount for mount in mounts if mount.kind == "ro-bind"]
    assert all(mount.source == mount.place for mount in bound)
    places = [Path(mount.place) for mount in bound]
    assert Path("/opt/packages") in places
    assert Path("/usr/share/packages") not in places  # it lies in /usr
    needed = (sys.prefix, sys.base_prefix)
    assert all(any(Path(one).is_relative_to(place) for place in places) for one in needed)
    allowed = (*policy.SYSTEM, *needed, "/opt/packages", os.path.realpath(sys.base_prefix))
    assert [place for place in places if not any(map(place.is_relative_to, allowed))] == []


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[type[Server]], list[str]]:
    """How a fork server is started."""
    (tmp_path / "data" / "more").mkdir(parents=True)
    (tmp_path / "data" / "more" / "numbers.txt").touch()
    (tmp_path / "data" / "p1.ipynb").touch()
    started: list[list[str]] = []
    monkeypatch.setattr("shutil.which", lambda name: name)
    monkeypatch.setattr("os.getuid", lambda: 1000)
    monkeypatch.setattr(landlock, "problem", lambda: None)
    monkeypatch.setattr("subprocess.Popen", lambda command, **_: started.append(command))

    def start(kind: type[Server]) -> list[str]:
        kind(tmp_path, Asked(str(tmp_path / "data"), ["numpy"], [], [("CPU", 600)], 1 << 20))
        return started[-1]

    return start


@pytest.mark.parametrize(
    ("kind", "asked"), [(bubblewrap.Sandbox, Namespaced), (landlock.Sandbox, Landlocked)]
)
def test_the_fork_server_is_told_what_it_asks_for(command, kind, asked) -> None:
    settings = json.loads(command(kind)[-1])
    assert settings.keys() == get_type_hints(asked).keys()


def test_data_files_are_shown_and_notebooks_are_not(command, tmp_path: Path) -> None:
    command = command(bubblewrap.Sandbox)
    assert json.loads(command[-1])["data"] == ["more/numbers.txt"]
    source, place = str(tmp_path / "data/more/numbers.txt"), "/released/more/numbers.txt"
    assert command[command.index(source) - 1 :][:3] == ["--ro-bind", source, place]


def test_every_writable_place_is_a_tmpfs() -> None:
    fresh = [mount.place for mount in policy.PRIVATE if mount.kind == "tmpfs"]
    assert fresh == list(policy.WRITABLE)


def test_limits_are_settings_of_the_provisioner() -> None:
    settings = SealedProvisioner.class_traits(config=True)
    assert {name: settings[name].default_value for name in LIMITS} == {
        name: limit.default for name, limit in LIMITS.items()
    }
    assert all(settings[name].help == limit.what for name, limit in LIMITS.items())


def test_settings_of_the_provisioner_reach_it() -> None:
    config = Config(SealedProvisioner={"memory_mb": 500, "seal": "landlock"})
    made = SealedProvisioner(**Bench(config).provisioner())
    assert (made.memory_mb, made.seal) == (500, "landlock")


def test_limits_have_names_that_setrlimit_knows() -> None:
    names = {limit.resource for limit in LIMITS.values()} - {policy.TMPFS} | {policy.CORE[0]}
    assert [name for name in names if not hasattr(resource, f"RLIMIT_{name}")] == []


def test_families_have_the_numbers_of_this_machine() -> None:
    here = {name: getattr(socket, f"AF_{name.upper()}").value for name in policy.FAMILIES}
    assert here == policy.FAMILIES


def test_what_is_refused_with_namespaces_is_not_allowed_without() -> None:
    allowed = {*chain(*policy.ALLOWED.values()), *policy.ON_ITSELF, *policy.COUNTED}
    assert allowed & {*chain(*policy.REFUSED.values())} == set()


def test_the_fork_server_knows_what_its_package_does() -> None:
    for machine in seccomp.ARCHITECTURES:
        known = seccomp.numbers(machine)
        assert (forkserver.CLONE[machine], forkserver.SECCOMP[machine]) == (
            known["clone"],
            known["seccomp"],
        )
    assert forkserver.ITSELF == seccomp.ITSELF
