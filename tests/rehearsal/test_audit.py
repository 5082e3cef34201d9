"""The grader's own exam finds nothing to say about the course, and does find planted faults."""

import dataclasses
import re
import sys
from types import ModuleType

import numpy as np
import pytest

from grader_tests import catalogue
from grading.marking import Agrees, Catalogue, Holds, Lecture, Mistake, Task, Variant, call, edit
from grading.marking.catalogue import Notebook
from grading.rehearsal import audit, losses
from grading.rehearsal.audit import TaskAudit, missing_ids
from grading.rehearsal.losses import Losses

LECTURE = Lecture("course/lecture.ipynb", "A heading")
NOTEBOOKS = catalogue.notebooks()


@pytest.mark.parametrize(
    ("notebook", "question"),
    [pytest.param(n, question, id=question) for n in NOTEBOOKS for question in n.questions],
)
def test_every_task_of_the_course_passes(notebook, question, seeds):
    assert TaskAudit(notebook.task(question), seeds).misses == []


def test_what_each_mistake_costs_is_said_and_printed(capsys):
    assert losses.run(catalogue, ["diagnose", *(n.name for n in NOTEBOOKS)], seeds=1) == 0
    assert " 0.5 of 3  DI-05           A gap that equals the tolerance" in capsys.readouterr().out


def test_losses_of_what_is_no_mistake_are_found():
    said = {"DO-01": "all", "DO-01, way 3": "all", "DO-07": "all"}
    assert Losses(double_task(losses=said)).misses == [
        "nothing is said of DO-02",
        "there is no such mistake: DO-01, way 3",
        "there is no such mistake: DO-07",
    ]
    with pytest.raises(ValueError, match="double has no criterion valu"):
        TaskAudit(double_task(losses={"DO-01": "valu", "DO-02": "all"}), seeds=1)


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda notebook: notebook.name)
def test_every_series_of_ids_is_complete(notebook):
    assert list(missing_ids(notebook)) == []


def double(x):
    """Return twice x."""
    return 2 * x


def for_half(c):
    def half(x):
        return c[0] * x

    return half


def mistake(id, *texts):
    return Mistake(id, LECTURE, "Not twice.", *(edit("2 * x", text) for text in texts))


def double_task(**changes):
    settings = {
        "reference": double,
        "returns": "y",
        "cases": lambda rng: [
            call(double, rng.uniform(3, 4, 2), label=f"case {i}") for i in range(3)
        ],
        "criteria": (Agrees("value", 1),),
        "lecture": LECTURE,
        "mistakes": (mistake("DO-01", "x", "x / 2"), mistake("DO-02", "x**2")),
        "variants": (Variant("a sum", edit("2 * x", "x + x")),),
    }
    return Task(**settings | changes)


def test_a_sound_task_passes():
    sound = TaskAudit(double_task(), seeds=3)
    assert sound.misses == []
    assert sound.row.split()[:-1] == ["double", "1", "3", "3/3", "0", "9/9"]


@pytest.mark.parametrize(
    ("changes", "miss"),
    [
        (
            {"variants": (Variant("wrong", edit("2 * x", "3 * x")),)},
            "seed 0: variant 'wrong' earns 0: value: y is wrong in 2 of 2 entries",
        ),
        ({"mistakes": (mistake("DO-01", "x + x"),)}, "mistake DO-01 earns full marks"),
        ({"mistakes": ()}, "no mistake loses 'value'"),
        (
            {"mistakes": (mistake("DO-01", "x"), mistake("DO-02", "1 * x"))},
            "mistake DO-02 is named as DO-01",
        ),
        (
            {"mistakes": (mistake("DO-01", "x"), mistake("DO-02", "1 * x"))},
            "DO-01 also looks like DO-02",
        ),
        (
            {"criteria": (Agrees("value", 1), Agrees("nothing", 1, "no-such-tag"))},
            "the stub earns 1",
        ),
        (
            {"criteria": (Agrees("value", 1), Agrees("nothing", 1, "no-such-tag"))},
            "no mistake loses 'nothing'",
        ),
        (
            {"cases": lambda rng: [call(double, np.ones(2), label="ones")]},
            "mistake DO-01 is named as nothing",
        ),
        ({"mistakes": (mistake("DO-01", "helper(x)"),)}, "mistake DO-01 uses helper"),
        (
            {"mistakes": (mistake("DO-01", "x"), mistake("DO-01", "x / 2"))},
            "mistake DO-01 is there 2 times",
        ),
        (
            {"mistakes": (Mistake("DO-01", LECTURE, "Not twice.", edit("3 * x", "x")),)},
            "mistake DO-01: double: '3 * x' occurs 0 times in its source, not 1",
        ),
        ({"own_parts": {"half": for_half}}, "neither the reference nor a case calls its part half"),
        (
            {"criteria": (Agrees("value", 1), Agrees("nothing", 1, "none", beside="valu"))},
            "'nothing' counts beside no criterion that there is",
        ),
        ({"losses": {"DO-02": "all"}}, "DO-01, way 1, loses 'value', not nothing"),
        (
            {
                "criteria": (Agrees("value", 1), Agrees("first", 1, "no-tag", beside="value")),
                "losses": {"DO-01": "all but first", "DO-02": "all"},
            },
            "seed 0: DO-01, way 1, loses 'value', 'first', not 'value'",
        ),
        (
            {"losses": {"DO-01": "all", "DO-01, way 2": "all but value", "DO-02": "all"}},
            "seed 0: DO-01, way 2, loses 'value', not nothing",
        ),
        ({"unworked": {"zer*": "why not"}}, "unworked: no such answer earns much: 'zer*'"),
        ({"confirm": lambda case, wanted: 1.0}, "disagrees with the independent computation"),
    ],
)
def test_planted_faults_are_found(changes, miss):
    assert any(miss in found for found in TaskAudit(double_task(**changes), seeds=1).misses)


def shaped(result, wanted, case):
    return None if np.shape(result) == np.shape(wanted) else "Another shape."


def test_what_is_earned_without_the_work_is_found():
    easy = double_task(criteria=(Agrees("value", 3), Holds("shape", 1, shaped)))
    misses = set(TaskAudit(easy, seeds=1).misses)
    for name in ("zeros", "nonsense", "x as it came", "the right answer negated"):
        assert f"seed 0: without the work, {name} earns 1" in misses
    assert not any("None" in miss or "float32" in miss for miss in misses)
    excused = dataclasses.replace(easy, unworked={"*": "for the sake of this test"})
    assert TaskAudit(excused, seeds=1).misses == ["no mistake loses 'shape'"]
    mended = dataclasses.replace(
        easy, criteria=(Agrees("value", 3), Holds("shape", 1, shaped, beside="value"))
    )
    assert TaskAudit(mended, seeds=1).misses == []


def test_a_score_that_hangs_on_the_cases_is_found():
    """The wrong answer is right for whole numbers, which only some seeds draw."""
    changes = {
        "cases": lambda rng: [
            call(double, np.array([3.5, 4.5]), label="halves", tags="halves"),
            call(double, np.array([4.5, 5.5]), label="other halves", tags="halves"),
            call(double, np.array([rng.integers(4, 6) / 2]), label="drawn", tags="drawn"),
        ],
        "criteria": (Agrees("halves", 1, "halves"), Agrees("drawn", 1, "drawn")),
        "mistakes": (mistake("DO-01", "2 * np.floor(x)"), mistake("DO-02", "x")),
    }
    (miss,) = TaskAudit(double_task(**changes), seeds=5).misses
    assert re.fullmatch("mistake DO-01 earns [01] with seed 0, [01] with seed [1-4]", miss)


def planted(monkeypatch, **changes):
    """A catalogue of one notebook with one question, as it would be imported."""
    modules = {
        name: ModuleType(name) for name in ("planted", "planted.toys", "planted.toys.double")
    }
    package, toys, question = modules.values()
    package.__path__, toys.__path__ = [], []
    toys.QUESTIONS, toys.SERIES = ("double",), {"DO": 3}
    toys.LEFT_OUT = {"DO-03": "cannot be written here"}
    question.TASK = double_task(**changes)
    for name, module in modules.items():
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setattr(Catalogue, "notebooks", lambda self: (Notebook("planted.toys"),))
    return Catalogue("planted"), toys


def test_the_table_and_the_rubrics_are_printed(monkeypatch, capsys):
    known, _ = planted(monkeypatch)
    assert audit.run(known, [], seeds=1) == 0
    printed = capsys.readouterr().out
    assert printed.splitlines()[0].split() == audit.HEADER.split()
    assert "double\n  # Graded, 1 point: value 1" in printed
    assert printed.endswith("No misses.\n")


def test_a_miss_is_a_failure(monkeypatch, capsys):
    known, _ = planted(monkeypatch, mistakes=(mistake("DO-01", "x + x"),))
    assert audit.run(known, ["toys"], seeds=1) == 1
    printed = capsys.readouterr().out
    assert "- toys: DO-02 has neither a mistake nor a reason" in printed
    assert "- double: seed 0: mistake DO-01 earns full marks" in printed


def test_names_that_nothing_has_are_told(monkeypatch, capsys):
    known, _ = planted(monkeypatch)
    assert audit.run(known, ["no_such_task"], seeds=1) == 1
    assert "no_such_task: no such task or notebook" in capsys.readouterr().out


def test_series_account_for_each_id_once(monkeypatch):
    known, toys = planted(monkeypatch)
    (notebook,) = known.notebooks()
    assert list(missing_ids(notebook)) == []
    toys.SERIES = {"DO": 1}
    assert list(missing_ids(notebook)) == ["DO-02 is not in SERIES", "DO-03 is not in SERIES"]
    toys.SERIES, toys.LEFT_OUT = {"DO": 4}, {"DO-01": "", "DO-03": ""}
    assert list(missing_ids(notebook)) == [
        "DO-04 has neither a mistake nor a reason in LEFT_OUT",
        "DO-01 has a mistake and is in LEFT_OUT",
    ]
