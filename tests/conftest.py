"""What tests have in common: marks by place and by fixture, limits of time, fixtures of machines.

A test that uses the fixture ``sandbox``, ``landlocked``, ``browser`` or ``database``, at first or
at second hand, is marked for it, and skipped with the reason where the machine has none; where
``CI`` is set it fails.
"""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import hypothesis
import pytest
from hypothesis import HealthCheck

from grading.sandbox import bubblewrap, landlock
from tests.support import REPOSITORY, commands

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# Also where all of this runs in the background, whose processes do not mind Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)
os.environ["PATH"] = commands.variables()["PATH"]  # nbgrader starts alembic by its name

collect_ignore_glob = ["*.ipynb"]  # submissions to grade, not lectures for nbval

# The marks of tests that use a fixture; all of them are slow.
MARKS = {
    "sandbox": "bubblewrap",
    "landlocked": "slow",
    "browser": "browser",
    "database": "database",
    "executed": "slow",  # a notebook, in a kernel
}
# Where all tests start processes or take seconds.
SLOW = (
    "attacks",
    "cohort",
    "course/test_class.py",
    "course/test_comparisons.py",
    "course/test_copies.py",
    "course/test_deep_digits.py",
    "course/test_hints.py",
    "course/test_release.py",
    "course/test_scoreboard.py",
    "frameworks",
    "hub",
    "house/test_environment.py",
    "house/test_hidden_tests.py",
    "judging",
    "marking/test_feedback.py",
    "notebooks/test_validate.py",
    "notebooks/test_shapes.py",
    "pages",
    "plugin/test_adjust.py",
    "plugin/test_closure.py",
    "plugin/test_collect.py",
    "plugin/test_grading.py",
    "plugin/test_resolve.py",
    "plugin/test_unsealed.py",
    "rehearsal/test_another_course.py",
    "rehearsal/test_audit.py",
    "rehearsal/test_mutants.py",
    "rehearsal/test_pairs.py",
    "rehearsal/test_reach.py",
    "rehearsal/test_simulate.py",
    "results",
    "sandbox/test_forkserver.py",
    "site",
)
PATIENCE = 1800  # seconds for a slow test with its fixtures, on a busy machine

hypothesis.settings.register_profile(
    "thorough",
    max_examples=500,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
hypothesis.settings.register_profile(
    "quick", hypothesis.settings.get_profile("thorough"), max_examples=20
)
hypothesis.settings.register_profile(  # 500 notebooks through the class runner, for one
    "long", hypothesis.settings.get_profile("thorough"), max_examples=10_000
)
hypothesis.settings.load_profile("thorough")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Do not even import slow tests where none are wanted: nbgrader alone takes seconds."""
    return (config.option.markexpr == "not slow" and is_slow(collection_path)) or None


@pytest.hookimpl(optionalhook=True)  # also without xdist
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """One worker for each core, and one more where tests often wait for other processes."""
    return len(os.sched_getaffinity(0)) + (config.option.markexpr != "not slow")


@pytest.hookimpl(tryfirst=True)  # before `-m` selects
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests, give slow ones more time, and have them run first: quick ones fill the end."""
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        marks = {mark for fixture, mark in MARKS.items() if fixture in fixtures}
        if not marks and not is_slow(item.path):
            continue
        for mark in {*marks, "slow"}:
            item.add_marker(mark)
        item.add_marker(pytest.mark.timeout(PATIENCE))
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


@cache
def is_slow(path: Path) -> bool:
    """Whether tests are in one of the slow places, or are lectures."""
    tests = REPOSITORY / "tests"
    return not path.is_relative_to(tests) or any(path.is_relative_to(tests / x) for x in SLOW)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Let a test fail that starts a process and is not marked as slow."""
    if item.get_closest_marker("slow"):
        return (yield)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(subprocess.Popen, "__init__", _refuse)
        patch.setattr(os, "fork", _refuse)
        return (yield)


def _refuse(*arguments: object, **settings: object) -> NoReturn:
    pytest.fail("This test starts a process: name its place or its fixture in tests/conftest.py.")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the audit of the hidden tests draw more cases, and more attacks be tried."""
    parser.addoption(
        "--attacks",
        default="sample",
        help="those that are tried without namespaces: sample, all, or a row of them",
    )
    parser.addoption("--seeds", type=int, default=1, help="drawings of each task's cases")
    parser.addoption("--mutated", type=int, default=8, help="spoilt notebooks that are graded")


@pytest.fixture(scope="session")
def seeds(request: pytest.FixtureRequest) -> int:
    """How many times the audit draws a task's cases."""
    return request.config.getoption("--seeds")


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the repository."""
    return REPOSITORY


def unavailable(problem: str) -> NoReturn:
    """End a test that cannot run on this machine: skipped with the reason; in CI, failed."""
    if os.environ.get("CI"):
        pytest.fail(problem, pytrace=False)
    pytest.skip(problem)


@pytest.fixture(scope="session")
def sandbox() -> None:
    """For tests that run submitted code in the sandbox."""
    if problem := bubblewrap.problem():
        unavailable(problem)


@pytest.fixture(scope="session")
def landlocked() -> None:
    """For tests that run submitted code in a sandbox without namespaces."""
    if problem := landlock.problem():
        unavailable(problem)


@pytest.fixture(scope="module")  # while it is open, no other event loop can run in this thread
def browser() -> Iterator["Browser"]:
    """Chromium, without a window."""
    names = ("chromium", "chromium-browser", "google-chrome")
    program = next(filter(None, map(shutil.which, names)), None)
    if program is None:
        unavailable("No chromium: sudo apt-get install chromium")
    from playwright.sync_api import sync_playwright  # most tests wait for it in vain

    playwright = sync_playwright()
    try:
        driver = playwright.__enter__()
    except Exception as error:  # its Node.js does not start
        unavailable(f"Playwright does not run ({error}): sudo apt-get install libatomic1")
    # chromium's own sandbox refuses to run as root; it opens our pages only
    yield driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
    playwright.__exit__()
