"""Attacks where namespaces are denied, behind Landlock, through both runners.

A sample in which each wall is asked, as an ordinary user. `--attacks all`: the whole corpus, as
root too; `--attacks network`: one row of it.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.attacks import Attack, corpus
from tests.attacks.grading_run import (
    Run,
    check_nothing_was_left_behind,
    check_nothing_was_reached,
    check_nothing_was_read,
    check_nothing_was_written,
    check_score,
    run,
)
from tests.support import little_course, machines
from tests.support.machines import NOBODY

SAMPLE = (
    *("known-files", "memory-of-others", "change-the-gradebook", "data-files", "tcp", "abstract"),
    *("daemon", "kill-everyone", "threads", "disk", "replace-numpy"),
)
# What this seal does not stop: they find other things than with namespaces, and gain nothing.
NOT_STOPPED = {
    "data-files": "a kernel can change its own copies",
    "interfaces": "there is no list of interfaces to look at",
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Attack with the sample, or with what is asked for."""
    asked = metafunc.config.getoption("--attacks")
    chosen = [
        attack
        for attack in corpus()
        if asked in ("all", attack.row) or (asked == "sample" and attack.name in SAMPLE)
    ]
    if "landlocked_run" in metafunc.fixturenames:
        users = ["an ordinary user", *(["root"] if asked != "sample" and os.getuid() == 0 else [])]
        runs = [(chosen, user) for user in users]
        metafunc.parametrize("landlocked_run", runs, ids=users, indirect=True, scope="module")
    if "attack" in metafunc.fixturenames:
        ids = [f"{attack.row}-{attack.name}" for attack in chosen]
        metafunc.parametrize("attack", chosen, ids=ids)


@pytest.fixture(scope="module")
def landlocked_run(landlocked: None, request: pytest.FixtureRequest) -> Iterator[Run]:
    """Attacks, behind Landlock."""
    attacks, user = request.param
    root = user == "root"
    owner = os.getuid() if root or os.getuid() else NOBODY
    with tempfile.TemporaryDirectory(prefix="attacks-", dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        os.chown(folder, owner, owner)
        yield from run(Path(folder), attacks, {}, machines.without_namespaces(root), owner)


def test_earns_what_it_answers(landlocked_run: Run, attack: Attack) -> None:
    check_score(landlocked_run.of(attack), attack)


def test_bystanders_are_graded_and_it_is_said_once_what_seals(landlocked_run: Run) -> None:
    for course in landlocked_run.courses:
        assert course.scores["bystander"] == little_course.POINTS
        assert course.text.count("sealed by Landlock") == 1


def test_nothing_was_read(landlocked_run: Run) -> None:
    check_nothing_was_read(landlocked_run)


def test_nothing_was_written(landlocked_run: Run) -> None:
    check_nothing_was_written(landlocked_run)


def test_nothing_was_reached(landlocked_run: Run) -> None:
    check_nothing_was_reached(landlocked_run)


def test_attacks_saw_what_they_were_to_see(landlocked_run: Run) -> None:
    for course in landlocked_run.courses:
        for attack in course.attacks:
            if attack.name not in NOT_STOPPED:
                assert "AssertionError" not in course.outputs(attack.name), attack.name


def test_nothing_was_left_behind(landlocked_run: Run) -> None:
    check_nothing_was_left_behind(landlocked_run)
