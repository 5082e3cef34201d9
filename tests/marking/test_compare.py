"""Comparison of an answer with the right one: what it refuses, what it accepts, what it says."""

import numpy as np
import pytest

from grading.boundary.wire import Opaque
from grading.marking.compare import EXACT, Tolerance, describe, difference, same, short

RIGHT = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])


def changed(at, value):
    array = RIGHT.copy()
    array[at] = value
    return array


@pytest.mark.parametrize(
    ("got", "wanted"),
    [
        (RIGHT.copy(), RIGHT),
        (RIGHT * (1 + 1e-9), RIGHT),
        (RIGHT.astype(int), RIGHT),
        (np.asfortranarray(RIGHT), RIGHT),
        (2, 2.0),
        (np.float64(2), 2.0),
        (np.array(2.0), 2.0),
        (np.int64(3), 3),
        (np.bool_(True), True),
        (np.array([1.0, 0.0]), np.array([True, False])),
        (np.array([1, 0]), np.array([True, False])),
        (np.array([True, False]), np.array([1.0, 0.0])),
        (np.array([np.nan, np.inf, 1.0]), np.array([np.nan, np.inf, 1.0])),
        ([1.0, RIGHT], (1.0, RIGHT)),
        ({"b": 2.0, "a": RIGHT}, {"a": RIGHT, "b": 2.0}),
        (None, None),
        ("train", "train"),
        ("train", np.str_("train")),
        (np.zeros((0, 3)), np.zeros((0, 3))),
    ],
)
def test_accepts(got, wanted):
    assert difference(got, wanted, "answer") is None
    assert same(got, wanted)


@pytest.mark.parametrize(
    ("got", "wanted", "words"),
    [
        (None, RIGHT, "None; it should be a NumPy array"),
        (RIGHT.tolist(), RIGHT, "a list; it should be a NumPy array"),
        (1.0, np.ones((2, 3)), "a single number; it should be a NumPy array"),
        (np.float64(1), np.ones(3), "a single number; it should be a NumPy array"),
        (Opaque("a Liar (a class of your own)"), RIGHT, "a Liar (a class of your own)"),
        (Opaque("a Liar (a class of your own)"), None, "a Liar (a class of your own)"),
        (Opaque("a Liar (a class of your own)"), 1.0, "a Liar (a class of your own)"),
        (Opaque("a Liar (a class of your own)"), {}, "a Liar (a class of your own)"),
        (Opaque("a Liar (a class of your own)"), (1.0,), "a Liar (a class of your own)"),
        ("1.0", 1.0, "a text"),
        (RIGHT.astype(complex), RIGHT, "complex"),
        (1j, 1.0, "complex"),
        (RIGHT.astype(np.float32), RIGHT, "float32; it should be float64"),
        (np.float16(1), 1.0, "float16"),
        (3.0, 3, "whole numbers"),
        (np.array([1.0, 2.0]), np.array([1, 2]), "whole numbers"),
        (2**200, 1.0, "far too large"),
        (RIGHT.T, RIGHT, "has shape (3, 2); it should have shape (2, 3)"),
        (np.ones((1, 3)), np.ones(3), "has shape (1, 3); it should have shape (3,)"),
        (np.array([[2.0]]), 2.0, "shape (1, 1); it should be a single number"),
        (changed((1, 0), np.nan), RIGHT, "nan in 1 of 6 entries, first at index [1, 0]"),
        (changed((0, 1), -np.inf), RIGHT, "infinite in 1 of 6 entries, first at index [0, 1]"),
        (float("nan"), 1.0, "answer is nan."),
        (np.array([1.0, 2.0]), np.array([np.nan, 2.0]), "not finite"),
        (np.array([-np.inf]), np.array([np.inf]), "not finite"),
        (np.array([np.nan]), np.array([np.inf]), "not finite"),
        (changed((1, 2), 6.3), RIGHT, "1 of 6 entries, first at index [1, 2], by 0.3 "),
        (changed((1, 2), 6.3), RIGHT, "relative difference 0.05"),
        (np.array([1e308]), np.array([-1e308]), "1 of 1 entry"),
        (2.5, 2.0, "answer is wrong, by 0.5 (relative difference 0.25)."),
        (0.1, 0.0, "answer is wrong, by 0.1."),
        (np.array([0.0, 2.0]), np.array([False, True]), "1 of 2 entries"),
        (False, True, "answer is wrong."),
        ("dev", "train", "not the right text, first at index [0]."),
        ("training", "train", "not the right text, first at index [5]."),
        ("tra", "train", "not the right text, first at index [3]."),
        (None, "train", "None; it should be a text"),
        ((1.0,), (1.0, 2.0), "has 1 item; it should have 2"),
        ({}, (1.0,), "a dict; it should be a tuple"),
        ([1.0], {"a": 1.0}, "a list; it should be a dict"),
        ({"a": 1.0}, {"a": 1.0, "b": 2.0}, "has no key 'b'"),
        ({"a": 1.0, "b": 2.0}, {"a": 1.0}, "the key 'b', which does not belong there"),
        ({"a": (1.0, 3.0)}, {"a": (1.0, 2.0)}, "answer['a'][1] is wrong"),
    ],
)
def test_refuses_in_words(got, wanted, words):
    sentence = difference(got, wanted, "answer")
    assert sentence is not None
    assert sentence.startswith("answer")
    assert sentence.endswith(".")
    assert words in sentence
    assert not same(got, wanted)


@pytest.mark.parametrize(
    ("got", "wanted", "mirrored"),
    [
        (5.0, 4.0, (-3.0, -4.0)),  # as far apart, by the value and by its share
        (np.array([1.0, 40.5]), np.array([1.0, 40.0]), ([-1.0, -39.5], [-1.0, -40.0])),
        (3, 7, (3, 8)),
        (np.array([1, 2]), np.array([1, 5]), ([1, 2], [1, 9])),
        (0.5, True, (0.5, False)),
        ("dev", "train", ("dev", "test")),
        (np.array([1.0]), np.array([np.inf]), ([1.0], [-np.inf])),
    ],
)
def test_the_right_value_is_not_told(got, wanted, mirrored):
    other, right = (np.array(x) if isinstance(x, list) else x for x in mirrored)
    sentence = difference(got, wanted, "answer")
    assert sentence is not None
    assert sentence == difference(other, right, "answer"), "it depends on the right value"


@pytest.mark.parametrize(
    ("got", "wanted"),
    [
        (np.ones(3), np.ones((3, 1))),
        (np.ones((1, 3)), np.ones((3, 1))),
        (np.ones((1, 3)), np.ones(3)),
        (np.array([[2.0]]), 2.0),
        ({"a": np.ones(3)}, {"a": np.ones((1, 3))}),
    ],
)
def test_axes_of_length_one_are_loose_only_when_asked(got, wanted):
    assert difference(got, wanted, "answer", loose_shape=True) is None
    assert "shape" in difference(got, wanted, "answer")


def test_loose_shapes_are_not_reshapes():
    got = np.ones((2, 3))
    assert "shape" in difference(got, np.ones((3, 2)), "answer", loose_shape=True)
    assert "shape" in difference(got, np.ones(6), "answer", loose_shape=True)
    assert "wrong" in difference(np.arange(3.0), np.ones((3, 1)), "answer", loose_shape=True)


def test_tolerance_is_relative_and_absolute():
    assert difference(1e6 + 0.5, 1e6, "answer") is None
    assert difference(1e6 + 2, 1e6, "answer")
    assert difference(1e-9, 0.0, "answer") is None
    assert difference(1e-7, 0.0, "answer")
    assert difference(1.1, 1.0, "answer", Tolerance(0.2)) is None
    assert difference(np.nextafter(1.0, 2), 1.0, "answer", EXACT)


def test_a_large_array_is_compared_at_once():
    right = np.zeros((1000, 1000))
    wrong = right.copy()
    wrong[999, 999] = 1
    assert "first at index [999, 999]" in difference(wrong, right, "answer")


def test_texts_of_a_student_are_cut_and_cleaned():
    assert short("a\x1b[31mred\ud800") == "a�[31mred�"
    assert short("x" * 100_000) == "x" * 59 + "…"
    assert len(describe(Opaque("y" * 1000))) < 100
    assert len(difference({"z" * 1000: 1.0}, {}, "answer")) < 200
