"""What several test modules share: where the repository is, and whether a sandbox can be made."""

import os
from functools import cache
from pathlib import Path

import pytest

from grading.sandbox import provisioner

REPOSITORY = Path(__file__).resolve().parents[1]
collect_ignore_glob = ["*.ipynb"]  # submissions to grade, not lectures for nbval


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the repository."""
    return REPOSITORY


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Hold back tests marked ``bubblewrap`` where no sandbox can be made; in CI, fail them."""
    if item.get_closest_marker("bubblewrap") is None:
        return
    problem = _sandbox_problem()
    if problem is None:
        return
    if os.environ.get("CI"):
        pytest.fail(problem, pytrace=False)
    pytest.skip(problem)


@cache
def _sandbox_problem() -> str | None:
    return provisioner.problem()
