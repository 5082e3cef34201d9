"""Without a sandbox nothing is graded, unless the instructor says so."""

from __future__ import annotations

from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from tests.support import commands, little_course
from tests.support.little_course import ASSIGNMENT, POINTS, hand_in, nbgrader, scores


@pytest.fixture
def course(tmp_path: Path) -> Path:
    return little_course.make(tmp_path / "course", SealedProvisioner__seal="namespaces")


def test_without_bubblewrap_nothing_is_graded_or_changed(course: Path, tmp_path: Path) -> None:
    hand_in(course, "ann", "bob")
    with Gradebook(f"sqlite:///{course}/gradebook.db") as gradebook:
        gradebook.add_student("ann")
        for grade in gradebook.add_submission(ASSIGNMENT, "ann").notebooks[0].grades:
            grade.auto_score = 2.0
        gradebook.db.commit()
    path = commands.path_without_bubblewrap(tmp_path / "programs")
    run = nbgrader(course, "autograde", ASSIGNMENT, "--force", PATH=path)
    assert run.returncode == 1
    assert "sudo apt-get install bubblewrap" in run.stderr
    assert scores(course) == {"ann": dict.fromkeys(POINTS, 2.0)}
    assert not (course / "autograded").exists()

    allowed = nbgrader(
        course, "autograde", ASSIGNMENT, "--SealedExecute.require_isolation=False", PATH=path
    )
    assert allowed.returncode == 0, allowed.stderr
    assert scores(course) == {"ann": POINTS, "bob": POINTS}
    assert allowed.stderr.count("UNSEALED") == 1


def test_grading_without_running_code_is_refused(course: Path) -> None:
    hand_in(course, "ann")
    run = nbgrader(course, "autograde", ASSIGNMENT, "--no-execute")
    assert run.returncode == 1
    assert "--no-execute is not possible here" in run.stderr
    assert scores(course) == {}


def test_where_the_engine_cannot_be_imported_nothing_runs(course: Path, tmp_path: Path) -> None:
    """nbgrader only logs an error in its configuration, and would go on with its own steps."""
    hand_in(course, "ann", double="open('ran', 'w')\ndef double(x): ...")
    missing = tmp_path / "missing"
    missing.mkdir()
    (missing / "latex2mathml.py").write_text("raise ModuleNotFoundError('no latex2mathml')")
    run = nbgrader(course, "autograde", ASSIGNMENT, PYTHONPATH=str(missing))
    assert run.returncode != 0 and "Nothing was done: no latex2mathml" in run.stderr
    assert not (course / "autograded").exists()


@pytest.mark.parametrize("program", ["nbgrader", "grading"])
def test_a_slip_in_the_configuration_ends_the_command(course: Path, program: str) -> None:
    """From within the file nothing can be done about it: `config_errors.pth` does."""
    hand_in(course, "ann")
    with (course / "nbgrader_config.py").open("a") as file:
        file.write("c.Exchange.root = (\n")
    run = commands.run(course, program, "autograde", ASSIGNMENT)
    assert run.returncode != 0 and "was never closed" in run.stderr
    assert not (course / "autograded").exists()
