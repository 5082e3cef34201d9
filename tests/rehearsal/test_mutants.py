"""Small changes of right answers lose points, and those that may not are explained."""

import numpy as np
import pytest

from grader_tests import catalogue
from grading.marking import Agrees, Lecture, Task, call
from grading.marking.exam import Exam
from grading.rehearsal.mutants import LINES, Survey, mutants, survives

SOME = 8  # of each task's, in this test; `python -m grading audit --mutants` judges all
LECTURE = Lecture("course/lecture.ipynb", "A heading")


@pytest.mark.parametrize("notebook", catalogue.notebooks(), ids=lambda notebook: notebook.name)
def test_changed_references_of_the_course_lose_points(notebook, seeds):
    surveys = [Survey(task, seeds, SOME) for task in notebook.tasks]
    assert {survey.task.name: survey.misses for survey in surveys if survey.misses} == {}


def steps(x, count=2):
    """Return x moved up to 10, `count` times at most."""
    names = {"far": x}
    for i in range(count):
        if x < 10 and i >= 0:
            names[f"x{i}"] = x = np.maximum(x + 1.5, x)  # (2,)
    while x > 50:
        x -= 1
    return x, names


def steps_task(*starts, **changes):
    return Task(
        reference=steps,
        returns=("x", "names"),
        cases=lambda rng: [call(steps, start, label=f"from {start}") for start in starts],
        criteria=(Agrees("value", 1, part="x"),),
        lecture=LECTURE,
        **changes,
    )


def test_all_kinds_of_changes_are_made():
    changes = {mutant.lines for mutant in mutants(steps_task(1.0))}
    assert changes >= {
        "def steps(x, count=3):",  # a default
        "for i in range(-count):",  # a name
        "for i in range(x):",
        "for i in list(range(count))[1:]:",  # what a loop goes through
        "if True:",  # a condition
        "if not (x < 10 and i >= 0):",
        "if (x <= 10) and i >= 0:",  # a comparison
        "if x < 10 or i >= 0:",
        "if x < 10:",
        "if x < 10 and i >= 1:",  # a constant
        'names[f"x{i}"] = x = np.minimum(x + 1.5, x)',  # a call
        'names[f"x{i}"] = x = np.maximum(x)',  # an argument
        'names[f"x{i}"] = x = x + 1.5',
        'names[f"x{i}"] = x = np.maximum(x - 1.5, x)',  # an operator
        'names[f"x{i + 1}"] = x = np.maximum(x + 1.5, x)',
        "without x -= 1",  # a statement
        "x += 1",
        "return names, x",
    }
    assert 'names[f"x{i}"] = x = np.maximum(x, x + 1.5)' not in changes


def test_what_no_case_looks_at_is_found():
    near = Survey(steps_task(1.0), seeds=1)
    assert (
        "a mutant earns full marks: if x < 10 and i >= 0: → if (x <= 10) and i >= 0:" in near.misses
    )
    reached = {*near.misses} - {*Survey(steps_task(1.0, 9.0, 10.0), seeds=1).misses}
    assert any(miss.endswith("→ if (x <= 10) and i >= 0:") for miss in reached)


def test_reasons_hold_for_what_survives_and_for_nothing_else():
    reasons = {"the first time is time 0": ("if x < 10:", "if x < 10 and i >= 1:", "no line")}
    task = steps_task(1.0, equivalent=reasons)
    told = {
        miss
        for miss in Survey(task, seeds=1).misses
        if "equivalent" in miss or "if x < 10:" in miss
    }
    assert told == {
        "equivalent, but it loses points: if x < 10 and i >= 1:",
        "equivalent, but there is no such mutant: no line",
    }
    assert (
        "equivalent, but there is no such mutant: no line" in Survey(task, seeds=1, some=1).misses
    )


def test_a_mutant_that_never_ends_is_ended():
    exam = Exam(steps_task(60.0), np.random.default_rng(0))
    (endless,) = (m.text for m in mutants(exam.task) if m.lines == "without x -= 1")
    assert not survives(exam, endless)
    assert LINES < 10**6
