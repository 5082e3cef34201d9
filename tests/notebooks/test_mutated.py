"""Spoilt notebooks cost nobody else, and nothing that they had before is left to them.

A few by default; `--mutated 1000` hands in a thousand.
"""

from __future__ import annotations

import random
from pathlib import Path

import nbformat
import pytest

from grading.handed_in.arrange import arrange
from grading.handed_in.read import Refused, SubmissionReader
from tests.notebooks.mutations import mutated
from tests.notebooks.sheet import NOTEBOOK, POINTS, RIGHT, Sheet, hand_in, make, release
from tests.support import commands, little_course

pytestmark = pytest.mark.timeout(7200)  # for a thousand
BYSTANDERS = 3
WRONG = {name: f"{right.splitlines()[0]}\n    return None" for name, right in RIGHT.items()}


@pytest.fixture
def how_many(request: pytest.FixtureRequest) -> int:
    return request.config.getoption("--mutated")


def test_spoilt_notebooks_are_read_and_arranged_or_refused(tmp_path: Path, how_many: int) -> None:
    path, reader = tmp_path / f"{NOTEBOOK}.ipynb", SubmissionReader()
    sheets, refused = [Sheet().saved(), Sheet(answers=WRONG).saved()], 0
    for seed in range(25 * how_many):
        path.write_bytes(mutated(sheets[seed % 2], random.Random(seed)))
        try:
            nbformat.validate(arrange(reader.read(path), release()).notebook)
        except Refused:
            refused += 1
    assert 0.05 < refused / (25 * how_many) < 0.5


def graded(root: Path) -> dict[str, dict[str, float | None]]:
    """Grade the class; return the scores, and hold that nothing of ours failed."""
    done = commands.run(root, "grading", "autograde", little_course.ASSIGNMENT)
    told = done.stdout + done.stderr
    assert "Traceback" not in told, told[-4000:]
    assert " 0 failed" in told, told[-4000:]
    assert " graded" in told, told[-4000:]
    return little_course.scores(root, notebook=NOTEBOOK)


def test_spoilt_notebooks_leave_no_score_behind_and_bystanders_theirs(
    sandbox: None, tmp_path: Path, how_many: int
) -> None:
    root = make(tmp_path / "course")
    bystanders = [f"honest{number}" for number in range(BYSTANDERS)]
    spoilt = [f"spoilt{number}" for number in range(how_many)]
    for student in bystanders + spoilt:
        hand_in(root, student, {f"{NOTEBOOK}.ipynb": Sheet().file()})
    assert set(map(str, graded(root).values())) == {str(POINTS)}
    for seed, student in enumerate(spoilt):
        file = mutated(Sheet(answers=WRONG).saved(), random.Random(seed))
        hand_in(root, student, {f"{NOTEBOOK}.ipynb": file})
    scores = graded(root)
    assert {student: scores[student] for student in bystanders} == dict.fromkeys(bystanders, POINTS)
    left = {student: scores[student] for student in spoilt if any(scores[student].values())}
    assert not left
