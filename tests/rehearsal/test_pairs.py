"""Two mistakes in one answer are named, and no others; what does not compose is passed over."""

import numpy as np
import pytest

from grader_tests import catalogue
from grading.marking import Agrees, Lecture, Mistake, Task, call, edit
from grading.rehearsal.pairs import Pairs

# Of each task with not too many ways; `python -m grading audit --pairs` judges all of all.
SOME, WAYS = 2, 12
LECTURE = Lecture("course/lecture.ipynb", "A heading")


@pytest.mark.parametrize("notebook", catalogue.notebooks(), ids=lambda notebook: notebook.name)
def test_two_mistakes_of_the_course_are_named_and_no_others(notebook):
    few = [t for t in notebook.tasks if sum(len(m.ways) for m in t.mistakes) <= WAYS]
    found = [Pairs(task, 1, SOME) for task in few]
    assert {pairs.task.name: pairs.misses for pairs in found if pairs.misses} == {}


def spread(x, y):
    """Return the mean of x, and the root of the mean square of y."""
    centre = np.mean(x)
    size = np.sqrt(np.mean(y**2))
    return centre, size


def found(*mistakes):
    """What is found of the pairs of these mistakes, each with the texts that it exchanges."""
    task = Task(
        reference=spread,
        returns=("centre", "size"),
        cases=lambda rng: [
            call(spread, rng.uniform(1, 2, n), rng.uniform(1, 2, n), label=f"{n}") for n in (2, 3)
        ],
        criteria=(Agrees("centre", 2, "", "centre"), Agrees("size", 1, "", "size")),
        lecture=LECTURE,
        mistakes=tuple(
            Mistake(f"SP-{number}", LECTURE, "Wrong.", edit(*change))
            for number, change in enumerate(mistakes, start=1)
        ),
    )
    pairs = Pairs(task, seeds=1)
    return dict(pairs.found), pairs.misses


SUM = ("np.mean(x)", "np.sum(x)")
NO_ROOT = ("np.sqrt(np.mean(y**2))", "np.mean(y**2)")


def test_both_are_named():
    assert found(SUM, NO_ROOT) == ({"both": 1}, [])


def test_what_does_not_compose_is_counted_as_apart():
    assert found(SUM, ("np.mean(x)", "np.max(x)")) == ({"apart": 1}, [])
    ends = ("centre = np.mean(x)", "centre = np.mean(x)\n    centre = centre")
    assert found((ends[0], f"{ends[0]} + 1"), ends) == ({"apart": 1}, [])  # + 1, but to which?
    assert found(SUM, ("size =", "del x\n    size ="), ("return", "x\n    return"))[0]["apart"] == 1


def test_one_that_says_all_is_enough():
    late = ("return centre", "return np.max(x)")
    assert found(SUM, late) == ({"one": 1}, [])


def test_a_third_that_answers_exactly_so_may_be_named_instead():
    twice, half = ("return centre", "return 4 * centre"), ("np.mean(x)", "np.mean(x) / 2")
    both = ("return centre", "return centre + np.mean(x)")
    counts, misses = found(twice, half, both)
    assert counts["other"] == 1
    assert misses == []


def test_one_that_undoes_the_other_is_right_and_what_else_earns_full_marks_a_miss(monkeypatch):
    double, half = ("return centre", "return 2 * centre"), ("np.mean(x)", "np.mean(x) / 2")
    assert found(double, half) == ({"apart": 1}, [])
    monkeypatch.setattr("grading.rehearsal.pairs._right", lambda exam, answers: False)
    assert found(double, half)[1] == ["seed 0: SP-1, way 1 and SP-2, way 1: they earn full marks"]


def test_what_is_named_as_another_is_a_miss(monkeypatch):
    monkeypatch.setattr("grading.marking.naming.Naming.pairs_like", lambda self, answers: [])
    once, again = ("return centre", "return centre + 1"), ("np.mean(x)", "np.sum(x)")
    (miss,) = found(once, again)[1]
    assert miss == "seed 0: SP-1, way 1 and SP-2, way 1: named as nothing"
