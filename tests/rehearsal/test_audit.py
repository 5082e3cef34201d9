"""The grader's own exam finds nothing to say about the course, and does find planted faults."""

import re
from types import SimpleNamespace

import numpy as np
import pytest

from grading.marking import catalogue
from grading.marking.source import edited
from grading.marking.task import Criterion, Lecture, Task, Variant, call, misconceptions
from grading.rehearsal import audit
from grading.rehearsal.audit import TaskAudit, catalogue_misses

LECTURE = Lecture("module/lecture.ipynb", "A heading")
MODULES = list(catalogue.modules())


@pytest.mark.parametrize("task", [t for m in MODULES for t in m.TASKS], ids=lambda t: t.name)
def test_every_task_of_the_course_passes(task):
    assert TaskAudit(task, seeds=1).misses == []


@pytest.mark.parametrize("module", MODULES, ids=lambda m: m.__name__.split(".")[1])
def test_every_catalogue_is_complete(module):
    assert list(catalogue_misses(module)) == []


def double(x):
    """Return twice x."""
    return 2 * x


def ways(id, *texts):
    return misconceptions(double, id, LECTURE, "Not twice.", *([("2 * x", text)] for text in texts))


def double_task(**changes):
    settings = {
        "reference": double,
        "returns": "y",
        "cases": lambda rng: [
            call("double", rng.uniform(3, 4, 2), label=f"case {i}") for i in range(3)
        ],
        "criteria": (Criterion("value", 1),),
        "lecture": LECTURE,
        "misconceptions": (*ways("DO-01", "x", "x / 2"), *ways("DO-02", "x**2")),
        "variants": (Variant("a sum", edited(double, ("2 * x", "x + x"))),),
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
            {"variants": (Variant("wrong", edited(double, ("2 * x", "3 * x"))),)},
            "seed 0: variant 'wrong' earns 0: value: y is wrong in 2 of 2 entries",
        ),
        ({"misconceptions": ways("DO-01", "x + x")}, "misconception DO-01 earns full marks"),
        ({"misconceptions": ways("DO-01", "x")[:0]}, "no misconception loses 'value'"),
        (
            {"misconceptions": (*ways("DO-01", "x"), *ways("DO-02", "1 * x"))},
            "misconception DO-02 is named as DO-01",
        ),
        (
            {"misconceptions": (*ways("DO-01", "x"), *ways("DO-02", "1 * x"))},
            "DO-01 also looks like DO-02",
        ),
        (
            {"criteria": (Criterion("value", 1), Criterion("nothing", 1, "no-such-tag"))},
            "the stub earns 1",
        ),
        (
            {"criteria": (Criterion("value", 1), Criterion("nothing", 1, "no-such-tag"))},
            "no misconception loses 'nothing'",
        ),
        (
            {"cases": lambda rng: [call("double", np.ones(2), label="ones")]},
            "misconception DO-01 is named as nothing",
        ),
        ({"misconceptions": ways("DO-01", "helper(x)")}, "misconception DO-01 uses helper"),
        ({"own_parts": ("half",)}, "neither the reference nor a case calls its part half"),
        ({"confirm": lambda case, wanted: 1.0}, "disagrees with the independent computation"),
    ],
)
def test_planted_faults_are_found(changes, miss):
    assert any(miss in found for found in TaskAudit(double_task(**changes), seeds=1).misses)


def test_a_score_that_hangs_on_the_cases_is_found():
    """The wrong answer is right for whole numbers, which only some seeds draw."""
    changes = {
        "cases": lambda rng: [
            call("double", np.array([3.5, 4.5]), label="halves", tag="halves"),
            call("double", np.array([4.5, 5.5]), label="other halves", tag="halves"),
            call("double", np.array([rng.integers(4, 6) / 2]), label="drawn", tag="drawn"),
        ],
        "criteria": (Criterion("halves", 1, "halves"), Criterion("drawn", 1, "drawn")),
        "misconceptions": (*ways("DO-01", "2 * np.floor(x)"), *ways("DO-02", "x")),
    }
    (miss,) = TaskAudit(double_task(**changes), seeds=5).misses
    assert re.fullmatch("misconception DO-01 earns [01] with seed 0, [01] with seed [1-4]", miss)


def planted(monkeypatch, **changes):
    module = SimpleNamespace(
        __name__="grader_tests.toys.tasks",
        TASKS=(double_task(**changes),),
        CATALOGUE={"DO": 3},
        LEFT_OUT={"DO-03": "cannot be written here"},
    )
    monkeypatch.setattr(catalogue, "modules", lambda: iter([module]))
    return module


def test_the_command_prints_the_table_and_the_rubric(monkeypatch, capsys):
    planted(monkeypatch)
    assert audit.main(["--seeds", "1"]) == 0
    printed = capsys.readouterr().out
    assert printed.splitlines()[0].split() == audit.HEADER.split()
    assert "double\n  # Graded, 1 point: value 1" in printed
    assert printed.endswith("No misses.\n")


def test_the_command_fails_on_a_miss(monkeypatch, capsys):
    planted(monkeypatch, misconceptions=tuple(ways("DO-01", "x + x")))
    assert audit.main(["--seeds", "1", "toys"]) == 1
    printed = capsys.readouterr().out
    assert "- toys: DO-02 has neither a wrong answer nor a reason" in printed
    assert "- double: seed 0: misconception DO-01 earns full marks" in printed


def test_the_command_knows_what_it_is_asked_for(monkeypatch, capsys):
    planted(monkeypatch)
    assert audit.main(["no_such_task"]) == 1
    assert "no_such_task: no such task or notebook" in capsys.readouterr().out


def test_a_catalogue_accounts_for_each_id_once(monkeypatch):
    module = planted(monkeypatch)
    assert list(catalogue_misses(module)) == []
    module.CATALOGUE = {"DO": 1}
    assert list(catalogue_misses(module)) == [
        "DO-02 is not in CATALOGUE",
        "DO-03 is not in CATALOGUE",
    ]
    module.CATALOGUE = {"DO": 4}
    module.LEFT_OUT = {"DO-01": "", "DO-03": ""}
    assert list(catalogue_misses(module)) == [
        "DO-04 has neither a wrong answer nor a reason in LEFT_OUT",
        "DO-01 has a wrong answer and is in LEFT_OUT",
    ]
