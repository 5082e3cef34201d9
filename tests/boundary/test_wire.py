"""The wire decodes what it encoded, and refuses everything else within bounds."""

from __future__ import annotations

import itertools
import json
import math
import tracemalloc
from collections import OrderedDict, UserDict, defaultdict, namedtuple
from collections.abc import Mapping
from enum import IntEnum
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from grading.boundary import wire

DTYPES = st.sampled_from(list(wire.DTYPES.values()))
ARRAYS = DTYPES.flatmap(
    lambda dtype: hnp.arrays(
        dtype, hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4)
    )
)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**255), 2**255)
    | st.floats()
    | st.complex_numbers()
    | st.text(max_size=20)
    | ARRAYS
    | ARRAYS.map(lambda array: array[()] if array.ndim == 0 else array)
)
PLAIN = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=8,
)
TAGS = (
    *("none", "bool", "int", "float", "complex", "str", "list", "tuple"),
    *("dict", "array", "scalar", "opaque", "evil"),
)
NUMBERS = st.integers() | st.sampled_from([-1, 0, 1, 2**24, 2**62, 2**200, True])
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["t", "v", "d", "s", "x"]), inner, max_size=5)
        | st.fixed_dictionaries({"t": st.sampled_from(TAGS), "v": inner})
        | st.fixed_dictionaries(
            {
                "t": st.sampled_from(["array", "scalar"]),
                "d": st.sampled_from([*wire.DTYPES, "|O", "<M8[s]"]) | inner,
                "s": st.lists(NUMBERS, max_size=10) | inner,
                "v": st.integers(-1, 3) | inner,
            }
        )
    ),
    max_leaves=12,
)
BUFFERS = st.lists(st.binary(max_size=64), max_size=3)


def same(a: Any, b: Any) -> bool:
    """Equal in type and value; NaN equals NaN and 0.0 differs from −0.0."""
    if type(a) is not type(b):
        return False
    if isinstance(a, np.ndarray | np.generic):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    if isinstance(a, complex):
        return same(a.real, b.real) and same(a.imag, b.imag)
    if isinstance(a, float):
        both_nan = math.isnan(a) and math.isnan(b)
        return both_nan or (a == b and math.copysign(1, a) == math.copysign(1, b))
    return a == b


def is_plain(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return all(map(is_plain, value))
    if isinstance(value, dict):
        return all(type(key) is str and is_plain(item) for key, item in value.items())
    if isinstance(value, np.ndarray | np.generic):
        return value.dtype.str in wire.DTYPES and type(value) in (np.ndarray, value.dtype.type)
    return value is None or type(value) in (bool, int, float, complex, str, wire.Opaque)


def decode(text: str, buffers: list[bytes]) -> None:
    """Decode what may be anything: plain data, or the one documented exception."""
    try:
        value = wire.loads(text, buffers)
    except wire.WireError:
        return
    assert is_plain(value)


@given(PLAIN)
def test_plain_data_arrives_as_it_was_sent(value: Any) -> None:
    assert same(wire.loads(*wire.dumps(value)), value)


@given(JSON, BUFFERS)
def test_any_json_is_plain_data_or_refused(tree: Any, buffers: list[bytes]) -> None:
    decode(json.dumps(tree), buffers)


@given(st.text(max_size=60) | st.binary(max_size=60), BUFFERS)
def test_any_text_is_plain_data_or_refused(text: Any, buffers: list[bytes]) -> None:
    decode(text, buffers)


@given(PLAIN, st.data())
def test_a_damaged_value_is_plain_data_or_refused(value: Any, data: st.DataObject) -> None:
    text, buffers = wire.dumps(value)
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 12)))
    put = data.draw(
        st.sampled_from(["", "0", "-1", "9" * 30, '"', "[", "}", "1e999", "NaN", "<f8"])
    )
    buffers = data.draw(st.permutations(buffers)) if data.draw(st.booleans()) else buffers[:-1]
    decode(text[:start] + put + text[end:], list(buffers))


@pytest.mark.parametrize(
    "shape",
    [[2**24] * 8, [2**24, 2**24, 0], [10**9] * 3, [-1], [2**63], [2**24], [1.0], ["1"], [True], {}],
)
@pytest.mark.parametrize("dtype", ["<c16", "|b1", "|O"])
def test_a_shape_allocates_nothing_but_the_bytes_that_came(shape: Any, dtype: str) -> None:
    leaf = {"t": "array", "d": dtype, "s": shape, "v": 0}
    text = json.dumps({"t": "list", "v": [leaf] * 50})
    tracemalloc.start()
    decode(text, [bytes(64)])
    assert tracemalloc.get_traced_memory()[1] < 1 << 20
    tracemalloc.stop()


def test_one_buffer_many_times_is_counted_each_time() -> None:
    leaf = {"t": "array", "d": "|u1", "s": [1 << 20], "v": 0}
    tracemalloc.start()
    with pytest.raises(wire.WireError, match="larger than 16 MB"):
        wire.loads(json.dumps({"t": "list", "v": [leaf] * 1000}), [bytes(1 << 20)])
    assert tracemalloc.get_traced_memory()[1] < 2 * wire.MAX_BYTES
    tracemalloc.stop()


@pytest.mark.parametrize(
    "text",
    [
        "[" * 1_000_000,
        '{"t": "list", "v": [' * 5000,
        '{"t": "list", "v": [' * 50 + '{"t": "none"}' + "]}" * 50,
        '{"t": "list", "v": [' + '{"t": "none"},' * 20_000 + '{"t": "none"}]}',
        '{"t": "str", "v": "' + "x" * 200_000 + '"}',
        '{"t": "str", "v": "' + "x" * 3_000_000 + '"}',
        '{"t": "none"}' + " " * (2 << 20),
        '{"t": "int", "v": "' + "9" * 300 + '"}',
        '{"t": "int", "v": "' + "9" * 5000 + '"}',
        '{"t": "int", "v": 7}',
        '{"t": "bool", "v": 1}',
        '{"t": "float", "v": "0x1p99999999"}',
        '{"t": "dict", "v": [[{"t": "str", "v": "a"}, {"t": "none"}]]}',
        '{"t": "complex", "v": ["0x1p0"]}',
        "",
    ],
)
def test_bombs_and_near_misses_are_refused(text: str) -> None:
    with pytest.raises(wire.WireError):
        wire.loads(text, [])


def test_an_array_has_eight_axes_at_most() -> None:
    leaf = {"t": "array", "d": "|u1", "s": [1] * 8, "v": 0}
    assert wire.loads(json.dumps(leaf), [b"7"]).ndim == 8
    with pytest.raises(wire.WireError, match="shape"):
        wire.loads(json.dumps({**leaf, "s": [1] * 9}), [b"7"])


def test_a_bool_array_holds_nothing_but_bools() -> None:
    leaf = {"t": "array", "d": "|b1", "s": [2], "v": 0}
    with pytest.raises(wire.WireError, match="bool"):
        wire.loads(json.dumps(leaf), [b"\x01\x02"])


class Subclass(np.ndarray):
    """An array that says yes to every comparison."""

    def __eq__(self, other: object) -> Any:
        return True


@pytest.mark.parametrize(
    ("value", "arrives"),
    [
        (np.arange(6.0).reshape(2, 3).view(Subclass), np.arange(6.0).reshape(2, 3)),
        (np.ma.array([1.0, 2.0], mask=[0, 0]), np.array([1.0, 2.0])),
        (np.array([[1.0, 2.0]]).view(np.matrix), np.array([[1.0, 2.0]])),
        (np.arange(3, dtype=">i4"), np.arange(3, dtype="<i4")),
        (np.arange(10.0)[::-3], np.array([9.0, 6.0, 3.0, 0.0])),
        (np.asfortranarray(np.eye(2, 3)), np.eye(2, 3)),
        (np.array(2.5), np.array(2.5)),
        (np.float32(2.5), np.float32(2.5)),
        (np.zeros((0, 3)), np.zeros((0, 3))),
        (np.str_("a word"), "a word"),
    ],
)
def test_what_numpy_makes_arrives_in_its_plain_form(value: Any, arrives: Any) -> None:
    assert same(wire.loads(*wire.dumps(value)), arrives)


@pytest.mark.parametrize(
    "value",
    [
        object(),
        print,
        np.array([object()]),
        np.array(["text"]),
        np.zeros(2, [("a", float)]),
        np.datetime64("2020-01-01"),
        np.longdouble(1),
        {1: 2},
        {1, 2},
        2**300,
        "x" * 200_000,
        np.zeros(3 << 20),
        np.ma.array([1.0, 2.0], mask=[0, 1]),
        np.broadcast_to(1.0, (10**6, 10**6)),
    ],
)
def test_what_is_not_plain_data_arrives_as_opaque(value: Any) -> None:
    arrived = wire.loads(*wire.dumps(value))
    assert isinstance(arrived, wire.Opaque)
    assert arrived != arrived
    assert arrived != value


def lie(*args: Any) -> Any:
    raise AssertionError("a method of the student's own was called")


LIES = dict.fromkeys(
    (
        *("__iter__", "__len__", "__getitem__", "__array__", "__str__", "__repr__", "__eq__"),
        *("__int__", "__index__", "__float__", "__complex__", "__bool__", "__getattribute__"),
        *("keys", "items", "values", "hex", "bit_length", "tobytes", "astype", "dtype", "shape"),
    ),
    lie,
)
Pair = namedtuple("Pair", "a b")


@pytest.mark.parametrize(
    "value", [3, 2.5, 1 + 2j, "text", [1, 2], (1, 2), {"a": 1}, np.arange(3.0)]
)
def test_a_subclass_is_read_by_its_base_whatever_its_own_methods_say(value: Any) -> None:
    kind = type("Mine", (type(value),), {"__class__": property(lambda self: set)})
    mine = value.view(kind) if isinstance(value, np.ndarray) else kind(value)
    for name, method in LIES.items():
        setattr(kind, name, method)
    assert same(wire.loads(*wire.dumps(mine)), value)


@pytest.mark.parametrize(
    ("value", "arrives"),
    [
        (Pair(1, 2), (1, 2)),
        (OrderedDict(b=1, a=2), {"b": 1, "a": 2}),
        (defaultdict(list, a=1), {"a": 1}),
        (MappingProxyType({"a": 1}), {"a": 1}),
        (UserDict(a=1), {"a": 1}),
        (IntEnum("Two", "ONE TWO").TWO, 2),
        (np.str_("text"), "text"),
        ({np.str_("key"): np.float64(1)}, {"key": np.float64(1)}),
    ],
)
def test_what_holds_the_same_data_is_the_same_data(value: Any, arrives: Any) -> None:
    assert same(wire.loads(*wire.dumps(value)), arrives)


class Box:
    __module__ = "__main__"  # as in a notebook
    __class__ = dict  # type: ignore[assignment]


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (Box(), "a Box (a class of your own)"),
        ({1, 2}, "a set"),
        (lambda: 1, "a function"),
        ({1: 2}, "a dict with an int as a key"),
        (np.ma.array([1.0, 2.0], mask=[0, 1]), "a masked array with masked entries"),
    ],
)
def test_what_is_not_plain_data_is_named_by_what_it_is(value: Any, name: str) -> None:
    assert wire.loads(*wire.dumps(value)).name == name


def test_a_mapping_that_never_ends_is_refused() -> None:
    class Endless(Mapping):
        def __iter__(self) -> Any:
            return map(str, itertools.count())

        def __getitem__(self, key: str) -> int:
            return 1

        def __len__(self) -> int:
            return 1

    with pytest.raises(wire.WireError, match="too many items"):
        wire.dumps(Endless())


def test_the_name_of_what_is_not_plain_data_is_short() -> None:
    assert len(wire.loads(json.dumps({"t": "opaque", "v": "x" * 90_000}), []).name) == 200


def test_a_cycle_and_a_crowd_are_refused() -> None:
    cycle: list[Any] = []
    cycle.append(cycle)
    for value in (cycle, [[0] * 150] * 100, [[0] * 1000] * 1000):
        with pytest.raises(wire.WireError):
            wire.loads(*wire.dumps(value))
