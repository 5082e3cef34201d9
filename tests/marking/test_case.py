"""A case has its inputs under the names that a student knows, and says what it cannot put."""

import numpy as np
import pytest

from grading.marking import Agrees, InputsUntouched, Mistake, Rng, call, script


def shift(x, by, *, times=1):
    return x + by * times


def draw(n, rng):
    return rng.random(n)


def test_inputs_have_the_names_of_the_functions_parameters():
    case = call(shift, 1.0, 2.0, times=3, label="1 and 2")
    assert case.inputs == {"x": 1.0, "by": 2.0, "times": 3}
    assert case.code == "result = shift(x, by, times=times)"


def test_a_generator_is_made_where_the_answer_is():
    case = call(draw, 3, Rng(7), label="3 numbers")
    scope = {"draw": draw, **case.inputs}
    exec(case.code, scope)
    assert np.array_equal(scope["result"], np.random.default_rng(7).random(3))
    assert set(case.inputs) == {"n"}


def test_arguments_that_do_not_fit_are_refused():
    with pytest.raises(TypeError, match="missing a required argument"):
        call(shift, 1.0, label="too few")

    def anything(*values):
        return values

    with pytest.raises(TypeError, match="anything has not a name for each of its arguments"):
        call(anything, 1, 2, label="two")


def test_a_name_that_the_case_needs_itself_is_refused():
    def keep(result):
        return result

    def same(same):
        return same

    def sample(np, rng):
        return rng.random(np)

    with pytest.raises(ValueError, match="keep has a parameter called result"):
        call(keep, 1, label="one")
    with pytest.raises(ValueError, match="same has a parameter called same"):
        call(same, 1, label="one")
    with pytest.raises(ValueError, match="sample has a parameter called np"):
        call(sample, 1, Rng(1), label="one")


@pytest.mark.parametrize(
    "make",
    [
        lambda words: call(shift, 1, 2, label="", tags=words),
        lambda words: script("result = 1", label="", tags=words),
        lambda words: Agrees("value", 1, words),
        lambda words: Agrees("value", 1, part=words),
        lambda words: InputsUntouched(1, words),
    ],
)
def test_words_are_a_tuple_or_one_word(make):
    make("train")
    make(("train", "test"))
    with pytest.raises(ValueError, match=r"write \('train', 'test'\)"):
        make("train test")


def test_a_mistake_is_written_in_some_way():
    with pytest.raises(TypeError, match="BN-01 has no wrong answer"):
        Mistake("BN-01", None, "It is wrong.")
