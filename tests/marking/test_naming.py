"""Which mistakes a wrong answer shows: several at once, exceptions, arguments changed in place."""

import dataclasses

import numpy as np
import pytest

from grading.marking import (
    Agrees,
    InputsUntouched,
    Lecture,
    Mistake,
    Task,
    call,
    edit,
    fixed,
    parts,
)
from grading.marking.exam import Exam
from grading.marking.sitting import ask_here
from grading.marking.source import source_of

LECTURE = Lecture("course/lecture.ipynb", "A heading")


def spread(x, y, low=0.5):
    """Return the mean of x, not below low, and the root of the mean square of y."""
    centre = max(np.mean(x), low)
    size = np.sqrt(np.mean(y**2))
    return centre, size


def cases(rng):
    return [
        *(call(spread, rng.uniform(1, 2, n), rng.uniform(1, 2, n), label=f"{n}") for n in (2, 3)),
        *(
            call(spread, rng.uniform(0, 0.1, n), rng.uniform(1, 2, n), label=f"low {n}", tags="low")
            for n in (3, 4)
        ),
        *(
            call(spread, rng.uniform(1, 2, (n, 2)), rng.uniform(1, 2, n), label=f"rows {n}")
            for n in (3, 4)
        ),
    ]


def mistake(id, *changes, **more):
    return Mistake(id, LECTURE, f"{id}.", *(edit(*change) for change in changes), **more)


SUM, NO_BOUND, NO_ROOT, FLAT, IN_PLACE, FIXED = MISTAKES = (
    mistake("SP-01", ("np.mean(x)", "np.sum(x)")),
    mistake("SP-02", ("max(np.mean(x), low)", "np.mean(x)")),
    mistake("SP-03", ("np.sqrt(np.mean(y**2))", "np.mean(y**2)")),
    mistake("SP-04", ("np.mean(x)", "np.mean(x.reshape(1, len(y)))")),
    mistake("SP-05", ("np.mean(y**2)", "np.mean(np.square(y, out=y))")),
    mistake("SP-06", ("low)", "0.3)"), ("low)", "0.2)")),
)
TASK = Task(
    spread,
    ("centre", "size"),
    cases,
    (
        Agrees("centre", 2, "", "centre"),
        Agrees("size", 1, "", "size"),
        InputsUntouched(0.5),
    ),
    LECTURE,
    MISTAKES,
)


def judged(*changes, task=TASK):
    """The verdict on the right answer with these changes."""
    text = source_of(spread)
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    namespace = {"np": np}
    exec(text, namespace)
    verdict = Exam(task, np.random.default_rng(0)).judge(ask_here(namespace))
    assert verdict.score < task.points
    return verdict


def named(*changes, task=TASK):
    """What is named of the right answer with these changes."""
    return [mistake.id for mistake in judged(*changes, task=task).mistakes]


@pytest.mark.parametrize("wrong", MISTAKES, ids=lambda wrong: wrong.id)
def test_each_is_named_as_itself_and_nothing_else(wrong):
    for way in wrong.ways:
        assert named(*((old, new) for old, new, _ in way.replacements)) == [wrong.id]


def test_mistakes_in_different_parts_are_both_named_the_dearest_first():
    root = ("np.sqrt(np.mean(y**2))", "np.mean(y**2)")
    assert named(root, ("np.mean(x)", "np.sum(x)")) == ["SP-01", "SP-03"]


def test_mistakes_that_act_on_one_number_are_both_named():
    assert named(("max(np.mean(x), low)", "np.sum(x)")) == ["SP-01", "SP-02"]


def test_two_mistakes_are_not_named_where_two_others_give_the_same():
    inside = [mistake(f"SP-1{n}", ("np.mean(x)", f"{n} * np.mean(x)")) for n in (2, 3)]
    outside = [mistake(f"SP-2{n}", ("return centre", f"return {n} * centre")) for n in (6, 4)]
    high = {"cases": lambda rng: cases(rng)[:2], "criteria": TASK.criteria[:2]}
    twelve = ("return centre", "return 12 * centre")
    one = dataclasses.replace(TASK, mistakes=(inside[0], outside[0]), **high)
    assert named(twelve, task=one) == ["SP-12", "SP-26"]
    two = dataclasses.replace(TASK, mistakes=(*inside, *outside), **high)
    assert named(twelve, task=two) == []


def test_a_mistake_that_shows_as_an_exception_is_named_by_its_words():
    assert named(("np.mean(x)", "np.mean(np.reshape(x, (1, len(y))))")) == ["SP-04"]
    assert named(("np.mean(x)", "np.mean(x + np.ones(5)) if x.ndim == 2 else np.mean(x)")) == []


def test_an_answer_with_other_parts_is_named_where_it_is_the_same():
    one = mistake("SP-11", ("return centre, size", "return centre"))
    task = dataclasses.replace(TASK, mistakes=(*MISTAKES, one))
    assert named(("return centre, size", "return centre"), task=task) == ["SP-11"]
    assert named(("return centre, size", "return 2 * centre"), task=task) == []


def test_an_exception_does_not_hide_what_shows_elsewhere():
    assert named(
        ("np.mean(x)", "np.mean(x + np.ones(5)) if x.ndim == 2 else np.mean(x)"),
        ("np.sqrt(np.mean(y**2))", "np.mean(y**2)"),
    ) == ["SP-03"]


def test_arguments_are_compared_by_which_of_them_changed():
    assert named(("    size =", "    y *= 1.0000001\n    size =")) == ["SP-05"]
    assert named(("    size =", "    x *= 1.0000001\n    size =")) == []


def test_the_name_that_explains_the_most_points_wins():
    both = mistake("SP-09", ("low)", "low) * 2"))
    minor = mistake("SP-10", ("np.mean(y**2))", "np.mean(y**2) + len(x.shape) - 1)"))
    task = dataclasses.replace(TASK, mistakes=(minor, both))
    twice = (("low)", "low) * 2"), ("np.mean(y**2))", "np.mean(y**2) + len(x.shape) - 1)"))
    assert named(*twice, task=task) == ["SP-09", "SP-10"]


def test_a_constant_that_no_way_has_is_not_named():
    assert named(("low)", "0.4)")) == []


def test_any_number_in_the_place_of_an_argument_is_named_and_told():
    held = mistake("SP-07", ("low)", "0.3)"), numbers=fixed("low"))
    task = dataclasses.replace(TASK, mistakes=(*TASK.mistakes[:5], held))
    for number in ("0.2", "0.4", "0.99"):
        told = judged(("low)", f"{number})"), task=task).told
        assert told == {held: f"SP-07. Your answers fit low = {number}."}
    assert named(("low)", "1e-9)"), task=task) == ["SP-02"]  # as good as 0, which leaves it out
    assert named(("low)", "0.2347)"), task=task) == []


def test_what_hands_back_a_part_of_the_results_is_named():
    less = Mistake("SP-08", LECTURE, "SP-08.", *parts("return centre, size"))
    task = dataclasses.replace(TASK, mistakes=(*MISTAKES, less))
    assert named(("return centre, size", "return size"), task=task) == ["SP-08"]
    assert named(("return centre, size", "return (centre,)"), task=task) == []
    assert named(("return centre, size", "return 2 * size"), task=task) == []


def test_parts_are_each_value_and_the_first_ones():
    handed_back = [way.replacements[0][1] for way in parts("return a, (b, c), d")]
    assert handed_back == ["return a", "return (b, c)", "return d", "return a, (b, c)"]
    with pytest.raises(ValueError, match="does not list several"):
        parts("return a")
