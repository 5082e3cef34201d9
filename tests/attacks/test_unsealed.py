"""Attacks that need no sandbox, on a machine without bubblewrap."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.attacks import Attack, corpus
from tests.attacks.grading_run import Run, check_nothing_was_left_behind, check_score, run
from tests.support import commands

# What is handed in besides the answers is dealt with before any kernel starts, sealed or not; of
# the others, which meet the same walls in both, every fourth will do.
BEFORE = ("files", "cells", "web")
UNSEALED = [attack for attack in corpus() if not attack.sealed and attack.row not in BEFORE][::4]


@pytest.fixture(scope="module")
def unsealed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """The attacks that need no sandbox, on a machine without bubblewrap."""
    folder = tmp_path_factory.mktemp("unsealed")
    settings = {
        "SealedExecute__require_isolation": False,
        "SealedProvisioner__seal": "namespaces",
    }
    path = commands.path_without_bubblewrap(folder / "bin")
    yield from run(folder, UNSEALED, settings, PATH=path)


@pytest.mark.parametrize("attack", UNSEALED, ids=lambda attack: f"{attack.row}-{attack.name}")
def test_earns_what_it_answers_without_a_sandbox(unsealed: Run, attack: Attack) -> None:
    check_score(unsealed.of(attack), attack)


def test_nothing_was_left_behind(unsealed: Run) -> None:
    check_nothing_was_left_behind(unsealed)
