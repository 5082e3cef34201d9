"""What several test modules share: the repository, a sandbox, a browser."""

import os
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from grading.sandbox import bubblewrap
from tests.support import REPOSITORY

collect_ignore_glob = ["*.ipynb"]  # submissions to grade, not lectures for nbval


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the audit of the hidden tests draw more cases."""
    parser.addoption("--seeds", type=int, default=2, help="drawings of each task's cases")


@pytest.fixture(scope="session")
def seeds(request: pytest.FixtureRequest) -> int:
    """How many times the audit draws a task's cases."""
    return request.config.getoption("--seeds")


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the repository."""
    return REPOSITORY


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Hold back tests marked ``bubblewrap`` where no sandbox can be made; in CI, fail them."""
    if item.get_closest_marker("bubblewrap") is None:
        return
    problem = _sandbox_problem()
    if problem is not None:
        unavailable(problem)


def unavailable(problem: str) -> None:
    """End a test that cannot run on this machine: skipped with the reason; in CI, failed."""
    if os.environ.get("CI"):
        pytest.fail(problem, pytrace=False)
    pytest.skip(problem)


@pytest.fixture(scope="module")  # while it is open, no other event loop can run in this thread
def browser() -> Iterator[Browser]:
    """Chromium, without a window."""
    names = ("chromium", "chromium-browser", "google-chrome")
    program = next(filter(None, map(shutil.which, names)), None)
    if program is None:
        unavailable("No chromium: sudo apt-get install chromium")
    playwright = sync_playwright()
    try:
        driver = playwright.__enter__()
    except Exception as error:  # its Node.js does not start
        unavailable(f"Playwright does not run ({error}): sudo apt-get install libatomic1")
    # chromium's own sandbox refuses to run as root; it opens our pages only
    yield driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
    playwright.__exit__()


@cache
def _sandbox_problem() -> str | None:
    return bubblewrap.problem()
