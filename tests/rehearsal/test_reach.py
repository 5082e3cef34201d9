"""Cases go as far as their questions promise, in every drawing, and promises are complete."""

import numpy as np
import pytest

from grader_tests import catalogue
from grading.marking import Agrees, Lecture, Promise, Rng, Task, call
from grading.marking.promise import measure, told
from grading.rehearsal import reach
from grading.rehearsal.reach import Reach

LECTURE = Lecture("course/lecture.ipynb", "A heading")


def test_cases_of_the_course_reach_what_is_promised(seeds, capsys):
    reach.run(catalogue, [], max(seeds, reach.ENOUGH))
    assert capsys.readouterr().out.endswith("\nNo misses.\n")


def scaled(values, factor, rng):
    """Return the values times a factor."""
    return values * factor


def misses(**promises):
    task = Task(
        reference=scaled,
        returns="y",
        cases=lambda rng: [
            call(scaled, np.arange(n) + rng.uniform(-1, 1), factor, Rng(1), label="")
            for n, factor in ((2, 0.5), (30, 4))
        ],
        criteria=(Agrees("value", 1),),
        lecture=LECTURE,
        promises=promises,
    )
    return [miss.split(",")[0] for miss in Reach(task, seeds=5).misses]


VALUES = {"value": (2, 20), "within": (-1, 30), "length": (2, 30)}


@pytest.mark.parametrize(
    ("promises", "found"),
    [
        ({"values": Promise(**VALUES), "factor": Promise((0.5, 4))}, []),
        ({"values": Promise(**VALUES)}, ["factor: value"]),
        (
            {"values": Promise(**VALUES | {"length": (1, 31)}), "factor": Promise((0.5, 4))},
            ["values: length 1 … 31 is not reached"],
        ),
        (
            {"values": Promise(**VALUES, has=("0",)), "factor": Promise((0.5, 4))},
            ["values: 0 does not occur"],
        ),
        (
            {
                "values": Promise(**VALUES),
                "factor": Promise((0.5, 4)),
                "all": Promise((1, 200), of=lambda given: given["factor"] * len(given["values"])),
            },
            ["all: value 1 … 200 is not reached"],
        ),
        (
            {"values": Promise(**VALUES | {"within": (0, 25)}), "factor": Promise((0.5, 4))},
            ["values: value goes beyond 0 … 25"],
        ),
        (
            {"values": Promise(**VALUES | {"within": (-90, 90)}), "factor": Promise((0.5, 4))},
            ["values: value is far from −90 … 90"],
        ),
    ],
)
def test_what_is_not_reached_or_not_promised_is_found(promises, found):
    assert misses(**promises) == found


@pytest.mark.parametrize(
    ("value", "ranges", "special"),
    [
        ({"W12": np.ones((2, 3)), "gamma1": np.eye(2)}, {"layers": (12, 12)}, {"other names"}),
        ({"b1": np.ones((2, 1)), "W1": np.ones((2, 1))}, {"rows": (2, 2)}, {"another order"}),
        ([(1.0, "log"), (-3.0, "log")], {"value": (-3, 1), "length": (2, 2)}, {"log"}),
        (np.array([3, 3, 0]), {"length": (3, 3)}, {"int64", "equal neighbours", "0"}),
        (np.ones((2, 4)), {"columns": (4, 4)}, {"a constant row"}),
    ],
)
def test_what_an_argument_has_is_measured(value, ranges, special):
    found = measure([value])
    assert found.ranges.items() >= ranges.items()
    assert found.special >= special


def test_students_are_told_each_size_once_and_alike_arguments_together():
    promises = {
        "parameters": Promise(
            (-2, 2), within=(-5, 5), layers=(1, 11), rows=(1, 4), has=("other names", "0")
        ),
        "v": Promise((0, 4), rows=(1, 4), has=("0", "a constant row")),
        "s": Promise((0, 4), rows=(1, 4), has=("other names",)),
        "epsilon": Promise((1e-8, np.inf)),
        "the names of a scale": Promise((1, 2), of=len),
    }
    assert told(promises) == (
        "`parameters`: 1 to 11 layers, 1 to 4 rows, any names, −5 to 5, zeros · `v`, `s`: 0 to 4 · "
        "`epsilon`: 1e−8 to ∞ · the names of a scale: 1 to 2"
    )
