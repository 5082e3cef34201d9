"""environment.yml, pyproject.toml, constraints.txt and what is installed say the same.

`make test-frameworks` runs this file too, in the environment with the extra ``frameworks``; for the
site's, its ranges and pins are compared.
"""

import tomllib
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

PROJECT = "improving-deep-neural-networks"
# Two extras have environments of their own, and pins beside the common ones.
APART = {"frameworks": "torch", "site": "myst_nb"}
HERE = [extra for extra, package in APART.items() if find_spec(package)]
CONSTRAINTS = ["constraints.txt", *(f"constraints-{extra}.txt" for extra in HERE)]
LEFT_OUT = {*APART} - {*HERE}
OLDEST = {"python_version": "3.11", "python_full_version": "3.11.0"}


@pytest.fixture(scope="module")
def pyproject(repository: Path) -> dict:
    """All of pyproject.toml."""
    return tomllib.loads((repository / "pyproject.toml").read_text())


@pytest.fixture(scope="module")
def project(pyproject: dict) -> dict:
    """Its table [project]."""
    return pyproject["project"]


@pytest.fixture(scope="module")
def pins(repository: Path) -> dict[str, Version]:
    """The version of each package in the constraints of this environment."""
    pins = {}
    for file in CONSTRAINTS:
        for line in (repository / file).read_text().splitlines():
            if line.startswith("#"):
                continue
            name, version = line.split("==")
            assert canonicalize_name(name) not in pins, f"{file} pins {name} a second time"
            pins[canonicalize_name(name)] = Version(version)
    return pins


@pytest.fixture(scope="module")
def conda(repository: Path) -> dict:
    """environment.yml: its conda packages, and what its pip section tells pip."""
    conda, pip = [], []
    for entry in yaml.safe_load((repository / "environment.yml").read_text())["dependencies"]:
        if isinstance(entry, dict):
            pip += entry["pip"]
        else:
            conda.append(entry)
    return {
        "conda": conda,
        "packages": [line for line in pip if not line.startswith("-")],
        "options": [line for line in pip if line.startswith("-")],
    }


def requirements(lines: list[str]) -> dict[str, SpecifierSet]:
    """The range that each requirement gives its package."""
    parsed = [Requirement(line) for line in lines]
    return {canonicalize_name(one.name): one.specifier for one in parsed}


def needed(environment: dict[str, str]) -> set[str]:
    """Names of all packages that the project with its extras comes to, here installed.

    `environment` overrides markers, such as ``python_version``, of the running Python.
    """
    extras = set(metadata.metadata(PROJECT).get_all("Provides-Extra")) - LEFT_OUT
    found, waiting = set(), {(PROJECT, extra) for extra in ("", *extras)}
    seen = set(waiting)
    while waiting:
        name, extra = waiting.pop()
        found.add(name)
        try:
            lines = metadata.requires(name) or []
        except metadata.PackageNotFoundError:  # needed by the other Python only
            continue
        for one in map(Requirement, lines):
            if one.marker and not one.marker.evaluate({**environment, "extra": extra}):
                continue
            following = {(canonicalize_name(one.name), e) for e in ("", *one.extras)} - seen
            seen |= following
            waiting |= following
    return found - {PROJECT}


def test_conda_and_pip_users_get_the_same_dependencies(project, conda):
    assert requirements(conda["packages"]) == requirements(project["dependencies"])


def test_conda_takes_the_oldest_python_in_the_one_form_that_binder_reads(project, conda):
    assert conda["conda"] == [f"python={project['requires-python'].removeprefix('>=')}", "pip"]


def test_conda_installs_this_repository_at_the_pinned_versions(repository, conda):
    assert conda["options"] == ["--constraint constraints.txt", "--editable ."]


def test_every_dependency_is_pinned_within_its_range(pyproject, project, pins):
    lines = pyproject["build-system"]["requires"] + project["dependencies"]
    extras = project["optional-dependencies"]
    lines += [line for extra in set(extras) - LEFT_OUT for line in extras[extra]]
    for name, allowed in requirements(lines).items():
        assert name in pins, f"{name} has no line in {CONSTRAINTS[-1]}"
        assert pins[name] in allowed, f"{name} is pinned at {pins[name]}, not {allowed}"


@pytest.mark.parametrize("extra", APART)
def test_what_has_an_environment_of_its_own_is_pinned_too(repository, project, extra):
    files = ("constraints.txt", f"constraints-{extra}.txt")
    text = "\n".join((repository / file).read_text() for file in files)
    pinned = dict(line.split("==") for line in text.splitlines() if "==" in line)
    pinned = {canonicalize_name(name): version for name, version in pinned.items()}
    for name, allowed in requirements(project["optional-dependencies"][extra]).items():
        assert name in pinned and pinned[name] in allowed, name


def test_pins_are_what_the_dependencies_come_to(pins):
    here = needed({})
    assert here - set(pins) == set(), f"needed, not in {CONSTRAINTS[-1]}"
    assert set(pins) - here - needed(OLDEST) == set(), f"in {' or '.join(CONSTRAINTS)}, not needed"


def test_what_is_installed_is_what_is_pinned(pins):
    # a build such as 2.13.0+cpu counts as the version 2.13.0
    versions = {name: Version(Version(metadata.version(name)).public) for name in needed({})}
    differing = {name: str(v) for name, v in versions.items() if v != pins.get(name)}
    assert differing == {}, "make setup brings these to the pinned versions"
