"""A question is dropped or counts other points, a student is excused: shown, done, undone."""

from __future__ import annotations

import getpass
import json
import shutil
from datetime import datetime
from pathlib import Path

import nbformat
import pytest
from nbformat import v4
from nbgrader.api import Gradebook

from grading.course import Course
from grading.plugin.adjust import change_question, excuse, undo
from grading.plugin.changes import LOG, Changes
from grading.stop import Stop
from tests.support.little_course import course_cell, notebook_of

RULE = """
from nbgrader.plugins import LateSubmissionPlugin


class Half(LateSubmissionPlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return 0.5 * score


c = get_config()
c.AssignLatePenalties.plugin_class = Half
"""
POINTS = {"double": 4.0, "total": 3.0, "essay": 3.0}
GIVEN = {  # by the tests, and by hand
    "ann": ({"double": 4.0, "total": 1.0}, {"essay": 2.0}),
    "bob": ({"double": 1.0, "total": 3.0}, {"double": 2.0}),
    "late": ({"double": 2.0, "total": 2.0}, {}),
    "none": ({"double": 0.0, "total": 0.0, "essay": 0.0}, {}),  # not handed in
    "waits": ({}, {}),  # not graded
}
BEFORE = {"ann": 7.0, "bob": 5.0, "late": 2.0, "none": 0.0, "waits": 0.0}


def graded(name: str, score: float | None = None) -> nbformat.NotebookNode:
    cell = course_cell("grade()", f"{name}-graded", grade=True, points=POINTS[name])
    if name == "essay":
        cell = v4.new_markdown_cell("Because.", metadata=cell.metadata)
        cell.metadata.nbgrader["solution"] = True
    elif score is not None:
        cell.outputs = [v4.new_output("execute_result", {"text/plain": repr(score)})]
    return cell


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("term") / "course"
    (root / "release" / "ps1").mkdir(parents=True)
    nbformat.write(notebook_of([graded(name) for name in POINTS]), root / "release/ps1/p1.ipynb")
    (root / "nbgrader_config.py").write_text(RULE)
    with Gradebook(f"sqlite:///{root}/gradebook.db") as gradebook:
        gradebook.add_assignment("ps1", duedate="2026-01-01")
        gradebook.add_notebook("p1", "ps1")
        for name, points in POINTS.items():
            kind = {"max_score": points, "cell_type": "markdown" if name == "essay" else "code"}
            gradebook.add_grade_cell(f"{name}-graded", "p1", "ps1", **kind)
        for student, (scores, by_hand) in GIVEN.items():
            gradebook.add_student(student)
            day = 2 if student == "late" else 1
            submission = gradebook.add_submission("ps1", student, timestamp=datetime(2026, 1, day))
            for grade in submission.notebooks[0].grades:
                name = grade.name.removesuffix("-graded")
                grade.auto_score, grade.manual_score = scores.get(name), by_hand.get(name)
                grade.needs_manual_grade = name not in {**scores, **by_hand}
            if student == "late":
                submission.notebooks[0].late_submission_penalty = 2.0
            if student in ("ann", "bob", "late"):
                folder = root / "autograded" / student / "ps1"
                folder.mkdir(parents=True)
                cells = [graded(name, scores.get(name)) for name in POINTS]
                nbformat.write(notebook_of(cells), folder / "p1.ipynb")
        gradebook.db.commit()
    return root


@pytest.fixture
def course(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Course:
    monkeypatch.chdir(shutil.copytree(template, tmp_path / "course"))
    return Course()


def found(course: Course) -> dict[str, object]:
    """All that counts: points, each score, what waits, what lateness costs."""
    with Gradebook(course.directory.db_url) as gradebook:
        every = {
            (one.student_id, grade.name): (
                grade.auto_score,
                grade.manual_score,
                bool(grade.needs_manual_grade),
            )
            for one in gradebook.assignment_submissions("ps1")
            for grade in one.notebooks[0].grades
        }
        late = gradebook.find_submission("ps1", "late").late_submission_penalty
        return {**every, "points": gradebook.find_assignment("ps1").max_score, "late": late}


def totals(course: Course) -> dict[str, float]:
    with Gradebook(course.directory.db_url) as gradebook:
        return {
            one.student_id: one.score - (one.late_submission_penalty or 0.0)
            for one in gradebook.assignment_submissions("ps1")
        }


# what a person works out: question, points (none: everybody's), all points, everybody's score
CHANGES = [
    ("double", None, 10.0, {"ann": 7.0, "bob": 7.0, "late": 3.0, "none": 4.0, "waits": 0.0}),
    ("double", 0.0, 6.0, {"ann": 3.0, "bob": 3.0, "late": 1.0, "none": 0.0, "waits": 0.0}),
    ("p1/double", 8.0, 14.0, {"ann": 11.0, "bob": 7.0, "late": 3.0, "none": 0.0, "waits": 0.0}),
    ("essay", None, 10.0, {"ann": 8.0, "bob": 8.0, "late": 3.5, "none": 3.0, "waits": 0.0}),
    ("essay", 6.0, 13.0, {"ann": 9.0, "bob": 5.0, "late": 2.0, "none": 0.0, "waits": 0.0}),
]


@pytest.mark.parametrize(("question", "points", "all_points", "wanted"), CHANGES)
def test_a_change_is_shown_then_done_and_undone(course, question, points, all_points, wanted):
    before = found(course)
    assert totals(course) == BEFORE
    shown = change_question(course, "ps1", question, points, None)
    assert "Nothing is changed yet" in shown[-1]
    assert found(course) == before and not (course.root / LOG).exists()

    done = change_question(course, "ps1", question, points, "It was <ambiguous>.")
    assert done[1:] == shown[1:-1]  # but for the reason
    assert totals(course) == wanted and found(course)["points"] == all_points
    assert not found(course)["ann", "double-graded"][2]
    logged = json.loads((course.root / LOG).read_text())
    assert (logged["who"], logged["why"]) == (getpass.getuser(), "It was <ambiguous>.")
    changed = {one: [BEFORE[one], now] for one, now in wanted.items() if now != BEFORE[one]}
    assert logged["scores"] == changed and f"  bob: 5 → {wanted['bob']:g}" in [
        *done,
        "  bob: 5 → 5",
    ]
    with pytest.raises(Stop, match="counts that already"):
        change_question(course, "ps1", question, points, "again")

    assert "Nothing is changed yet" in undo(course, 1, None)[-1]
    assert totals(course) == wanted
    undo(course, 1, "It was not.")
    assert found(course) == before
    assert [one.kind for one in Changes(course.root).all][1:] == ["undo"]


def test_what_rests_on_another_change_is_undone_first(course):
    before = found(course)
    change_question(course, "ps1", "double", 8.0, "worth more")
    middle = found(course)
    change_question(course, "ps1", "total", 0.0, "wrong")
    change_question(course, "ps1", "double", None, "wrong too")
    assert totals(course)["bob"] == 8.0 and found(course)["points"] == 11.0
    with pytest.raises(Stop, match="Number 3 is about the same"):
        undo(course, 1, "no")
    for number in (2, 3):
        undo(course, number, "no")
    assert found(course) == middle
    undo(course, 1, "no")
    assert found(course) == before
    with pytest.raises(Stop, match="No change number 1 holds"):
        undo(course, 1, "no")


def test_a_score_given_by_hand_after_a_change_stays_when_that_is_undone(course):
    change_question(course, "ps1", "double", None, "wrong")
    with Gradebook(course.directory.db_url) as gradebook:
        gradebook.find_grade("double-graded", "p1", "ps1", "bob").manual_score = 3.0
        gradebook.db.commit()
    undo(course, 1, "right after all")
    assert found(course)["bob", "double-graded"][:2] == (1.0, 3.0)


def test_who_is_excused_is_so_until_that_is_undone(course):
    assert "Nothing is changed yet" in excuse(course, "ps1", "ann", None)[-1]
    assert Changes(course.root).excused("ps1") == set()
    excuse(course, "ps1", "ann", "ill")
    assert Changes(course.root).excused("ps1") == {"ann"}
    with pytest.raises(Stop, match="excused already"):
        excuse(course, "ps1", "ann", "ill")
    undo(course, 1, "well again")
    assert Changes(course.root).excused("ps1") == set()
    assert "ann is excused. ill" in str(Changes(course.root).all[0])


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (("ps9", "double"), "knows no assignment ps9"),
        (("ps1", "tripel"), "tripel names 0 questions of ps1. It has: p1/"),
    ],
)
def test_what_is_not_there_is_said(course, asked, words):
    with pytest.raises(Stop, match=words):
        change_question(course, *asked, None, None)
    with pytest.raises(Stop, match="zoe"):
        excuse(course, "ps1", "zoe", None)
    (course.root / LOG).write_text("no line of ours\n")
    with pytest.raises(Stop, match="cannot be read"):
        Changes(course.root)
