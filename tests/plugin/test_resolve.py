"""Two scores of one question: one of them counts, for many at once."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from grading.course import Course
from grading.plugin.resolve import resolve
from grading.stop import Stop

SCORES = {  # manual, automatic, needs a look
    "ann": {"double-graded": (2.5, 1.0, True), "total-graded": (3.0, 0.0, False)},
    "bob": {"double-graded": (0.0, 4.0, True), "total-graded": (2.0, None, True)},
}


@pytest.fixture(scope="module")
def gradebook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("scores") / "gradebook.db"
    with Gradebook(f"sqlite:///{path}") as gradebook:
        gradebook.add_assignment("ps1")
        gradebook.add_notebook("p1", "ps1")
        for name in SCORES["ann"]:
            gradebook.add_grade_cell(name, "p1", "ps1", max_score=4, cell_type="code")
        for student, scores in SCORES.items():
            gradebook.add_student(student)
            gradebook.add_submission("ps1", student)
            for name, (manual, automatic, look) in scores.items():
                grade = gradebook.find_grade(name, "p1", "ps1", student)
                grade.manual_score, grade.auto_score = manual, automatic
                grade.needs_manual_grade = look
        gradebook.db.commit()
    return path


@pytest.fixture
def course(gradebook: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Course:
    shutil.copy(gradebook, tmp_path)
    monkeypatch.chdir(tmp_path)
    return Course()


def found(course: Course) -> dict[str, dict[str, tuple[float | None, float | None, bool]]]:
    with Gradebook(course.directory.db_url) as gradebook:
        return {
            student: {
                name: (grade.manual_score, grade.auto_score, bool(grade.needs_manual_grade))
                for name in scores
                for grade in [gradebook.find_grade(name, "p1", "ps1", student)]
            }
            for student, scores in SCORES.items()
        }


def test_what_waits_is_listed_and_nothing_changed(course):
    assert resolve(course, "ps1", None) == [
        "ann, double: 2.5 by hand, 1 by the tests, of 4",
        "bob, double: 0 by hand, 4 by the tests, of 4",
    ]
    assert found(course) == SCORES


def test_one_of_the_two_scores_counts_and_what_is_not_graded_goes_on_waiting(course):
    assert len(resolve(course, "ps1", "manual")) == 2
    assert found(course)["ann"]["double-graded"] == (2.5, 1.0, False)
    assert found(course)["bob"]["double-graded"] == (0.0, 4.0, False)
    assert found(course)["bob"]["total-graded"] == SCORES["bob"]["total-graded"]
    assert resolve(course, "ps1", None) == []


def test_for_some_only(course):
    assert resolve(course, "ps1", "automatic", students=["ann"], questions=["total"]) == []
    assert len(resolve(course, "ps1", "automatic", students=["bob"], questions=["double"])) == 1
    assert found(course)["ann"] == SCORES["ann"]
    assert found(course)["bob"]["double-graded"] == (None, 4.0, False)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (("ps9", None), "knows no assignment ps9"),
        (("ps1", None, ["cem"]), "no submission by cem"),
        (("ps1", None, [], ["tripel"]), "no question tripel"),
    ],
)
def test_what_is_not_there_is_said(course, asked, words):
    with pytest.raises(Stop, match=words):
        resolve(course, *asked)
