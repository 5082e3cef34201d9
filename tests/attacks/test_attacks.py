"""The corpus of attacks in the sandbox: nothing is earned, read, written, reached or left."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.attacks import Attack, corpus
from tests.attacks.grading_run import (
    Alarms,
    Run,
    check_nothing_was_left_behind,
    check_nothing_was_reached,
    check_nothing_was_read,
    check_nothing_was_written,
    check_score,
    run,
)
from tests.support import little_course

CORPUS = corpus()
MEMORY = 3 << 29  # bytes that no attack may drive the grader beyond


@pytest.fixture(scope="module")
def sealed(sandbox: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Every attack, in the sandbox."""
    yield from run(tmp_path_factory.mktemp("sealed"), CORPUS, {})


@pytest.mark.parametrize("attack", CORPUS, ids=lambda attack: f"{attack.row}-{attack.name}")
def test_earns_what_it_answers_in_the_sandbox(sealed: Run, attack: Attack) -> None:
    check_score(sealed.of(attack), attack)


def test_bystanders_are_graded(sealed: Run) -> None:
    for course in sealed.courses:
        assert course.scores["bystander"] == little_course.POINTS
        assert course.status == 1  # some are refused


def test_nothing_was_read(sealed: Run) -> None:
    check_nothing_was_read(sealed)


def test_nothing_was_written(sealed: Run) -> None:
    check_nothing_was_written(sealed)


def test_nothing_was_reached(sealed: Run) -> None:
    check_nothing_was_reached(sealed)


def test_attacks_saw_what_they_were_to_see(sealed: Run) -> None:
    for attack in CORPUS:
        assert "AssertionError" not in sealed.of(attack).outputs(attack.name), attack.name


def test_planted_modules_were_not_imported(sealed: Run) -> None:
    for attack in CORPUS:
        course = sealed.of(attack)
        assert "PLANTED CODE RAN" not in course.outputs(attack.name)
        assert "PLANTED CODE RAN" not in course.text


def test_nothing_was_left_behind(sealed: Run) -> None:
    check_nothing_was_left_behind(sealed)


def test_the_grader_stayed_small(sealed: Run) -> None:
    for course in sealed.courses:
        assert 0 < course.peak < MEMORY


def test_nothing_of_a_students_runs_in_a_browser(sealed: Run) -> None:
    for course in sealed.courses:
        assert course.feedback.returncode == 0, course.feedback.stderr
        pages = list((course.root / "feedback").rglob("*.html"))
        assert len(pages) > 50
        for page in pages:
            alarms = Alarms()
            alarms.feed(page.read_text())
            assert not alarms.found, page
