"""Compares an answer with the right one: type, then shape, then finiteness, then value.

A comparison returns None or one sentence: which part, where it first differs, by how much, in how
many entries. It never tells the right value. Rules, for whatever plain data a student's code sends:

* An array is wanted as an array: a list or a scalar that would broadcast is refused.
* Whole numbers are accepted where floats are wanted, and 0/1 of any real type where booleans are.
  Floats are refused where whole numbers are wanted, for an index or a count cannot be a float.
* float16 and float32 are refused where float64 is wanted, whatever their values: rounding would
  otherwise decide by luck.
* NaN and infinity are right only where the right answer has the same one.
* Lists and tuples are interchangeable; dicts need exactly the wanted keys, in any order.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from types import NoneType
from typing import Any

import numpy as np

from grading.boundary.wire import Opaque


@dataclass(frozen=True)
class Tolerance:
    """Values a and b agree if ``|a - b| <= absolute + relative * |b|``, where b is the right one.

    The defaults leave room for another order of summation, also round a mean of 10⁶, and for
    nothing else.
    """

    relative: float = 1e-6
    absolute: float = 1e-8


NUMBERS = bool | int | float | complex | np.generic | np.ndarray
CLOSE = Tolerance()
EXACT = Tolerance(0.0, 0.0)


def difference(
    got: Any,
    wanted: Any,
    name: str,
    tolerance: Tolerance = CLOSE,
    loose_shape: bool = False,
) -> str | None:
    """Say how `got` differs from `wanted`, in one sentence, or None if it does not.

    Parameters
    ----------
    got : plain data or Opaque
        What the student's code answered; nothing is assumed about it.
    wanted : plain data
        The right answer.
    name : str
        What the value is called in the sentence.
    tolerance : Tolerance
        For floats.
    loose_shape : bool
        Whether axes of length 1 may be missing or added, as in (m,) for (1, m).
    """
    if isinstance(wanted, dict):
        return _dict_difference(got, wanted, name, tolerance, loose_shape)
    if isinstance(wanted, list | tuple):
        return _sequence_difference(got, wanted, name, tolerance, loose_shape)
    if wanted is None or isinstance(wanted, str):
        if not isinstance(got, NoneType if wanted is None else str):
            return f"{name} is {describe(got)}; it should be {describe(wanted)}."
        return None if got == wanted else _text_difference(got, wanted, name)
    return (
        _kind_difference(got, wanted, name)
        or _shape_difference(got, wanted, name, loose_shape)
        or _value_difference(np.reshape(got, np.shape(wanted)), wanted, name, tolerance)
    )


def same(
    got: Any,
    wanted: Any,
    tolerance: Tolerance = CLOSE,
    loose_shape: bool = False,
) -> bool:
    """Whether :func:`difference` finds none; faster, for it says nothing."""
    if isinstance(wanted, dict) and type(got) is dict:
        return got.keys() == wanted.keys() and all(
            same(got[key], wanted[key], tolerance, loose_shape) for key in wanted
        )
    if isinstance(wanted, list | tuple) and type(got) in (list, tuple):
        return len(got) == len(wanted) and all(
            same(mine, right, tolerance, loose_shape)
            for mine, right in zip(got, wanted, strict=True)
        )
    if (
        isinstance(wanted, np.ndarray)
        and isinstance(got, np.ndarray)
        and got.dtype == wanted.dtype == np.float64
        and got.shape == wanted.shape
    ):
        with np.errstate(all="ignore"):
            gap = np.abs(got - wanted)
            if (gap <= tolerance.absolute + tolerance.relative * np.abs(wanted)).all():
                return bool(np.isfinite(wanted).all()) or not difference(got, wanted, "", tolerance)
            if np.isfinite(gap).all():
                return False
    return difference(got, wanted, "", tolerance, loose_shape) is None


def imprecise(got: Any, wanted: Any) -> str | None:
    """Say that numbers are complex, or have fewer digits than the right ones, wherever they stand.

    `got` is looked at as far as it is built as `wanted` is.
    """
    if isinstance(wanted, dict) and isinstance(got, dict):
        pairs = [(got[key], wanted[key]) for key in wanted if key in got]
    elif isinstance(wanted, list | tuple) and isinstance(got, list | tuple):
        pairs = zip(got, wanted, strict=False)
    elif isinstance(wanted, NUMBERS) and isinstance(got, NUMBERS):
        return _precision_difference(np.asarray(got).dtype, np.asarray(wanted).dtype, "The answer")
    else:
        return None
    return next(filter(None, itertools.starmap(imprecise, pairs)), None)


def describe(value: Any) -> str:
    """Name a value's type for a sentence, without its contents."""
    if value is None:
        return "None"
    if isinstance(value, Opaque):
        return short(value.name, 90)
    if isinstance(value, np.ndarray):
        return f"an array of {value.dtype} with shape {value.shape}"
    names = {bool: "a bool", str: "a text", list: "a list", tuple: "a tuple", dict: "a dict"}
    if type(value) in names:
        return names[type(value)]
    return "a complex number" if np.iscomplexobj(value) else "a single number"


def short(text: str, limit: int = 60) -> str:
    """Shorten a text that a student's code chose, and make it safe to print."""
    text = "".join(c if c.isprintable() or c == "\n" else "�" for c in text[: limit + 1])
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _dict_difference(
    got: Any, wanted: dict, name: str, tolerance: Tolerance, loose_shape: bool
) -> str | None:
    if type(got) is not dict:
        return f"{name} is {describe(got)}; it should be a dict."
    for key in wanted:
        if key not in got:
            return f"{name} has no key {short(repr(key))}."
    for key in got:
        if key not in wanted:
            return f"{name} has the key {short(repr(key))}, which does not belong there."
    for key in wanted:
        problem = difference(got[key], wanted[key], f"{name}[{key!r}]", tolerance, loose_shape)
        if problem:
            return problem
    return None


def _sequence_difference(
    got: Any, wanted: list | tuple, name: str, tolerance: Tolerance, loose_shape: bool
) -> str | None:
    if type(got) not in (list, tuple):
        return f"{name} is {describe(got)}; it should be {describe(wanted)}."
    if len(got) != len(wanted):
        return f"{name} has {_count(len(got), 'item')}; it should have {len(wanted)}."
    for index, (mine, right) in enumerate(zip(got, wanted, strict=True)):
        problem = difference(mine, right, f"{name}[{index}]", tolerance, loose_shape)
        if problem:
            return problem
    return None


def _text_difference(got: str, wanted: str, name: str) -> str:
    pairs = enumerate(zip(got, wanted, strict=False))
    shared = min(len(got), len(wanted))
    index = next((i for i, (mine, right) in pairs if mine != right), shared)
    return f"{name} is not the right text, first at index [{index}]."


def _kind_difference(got: Any, wanted: Any, name: str) -> str | None:
    if isinstance(wanted, np.ndarray):
        if not isinstance(got, np.ndarray):
            return f"{name} is {describe(got)}; it should be a NumPy array."
    elif not isinstance(got, NUMBERS):
        return f"{name} is {describe(got)}; it should be a single number."
    have, want = np.asarray(got).dtype, np.asarray(wanted).dtype
    if have.kind == "O":
        return f"{name} is a whole number far too large."
    if want.kind in "iu" and have.kind == "f":
        return f"{name} is {have}; it should hold whole numbers (int)."
    return _precision_difference(have, want, name)


def _precision_difference(have: np.dtype, want: np.dtype, name: str) -> str | None:
    if have.kind == "c":
        return f"{name} is complex; it should be real."
    if want.kind == "f" and have.kind == "f" and have.itemsize < want.itemsize:
        return f"{name} is {have}; it should be {want}."
    return None


def _shape_difference(got: Any, wanted: Any, name: str, loose_shape: bool) -> str | None:
    have, want = np.shape(got), np.shape(wanted)
    if have == want:
        return None
    if loose_shape and [n for n in have if n != 1] == [n for n in want if n != 1]:
        return None
    if want == ():
        return f"{name} is an array of shape {have}; it should be a single number."
    return f"{name} has shape {have}; it should have shape {want}."


def _value_difference(got: Any, wanted: Any, name: str, tolerance: Tolerance) -> str | None:
    mine, right = np.asarray(got), np.asarray(wanted)
    if right.dtype.kind != "f":
        wrong = mine != right
        return f"{name} is wrong{_places(wrong)}." if wrong.any() else None
    mine = mine.astype(np.float64)
    odd = ~np.isfinite(mine) & np.isfinite(right)
    if odd.any():
        index = _first(odd)
        kind = "nan" if np.isnan(mine[index]) else "infinite"
        return f"{name} is {kind}{_places(odd)}."
    with np.errstate(all="ignore"):
        gap = np.abs(mine - right)
        close = gap <= tolerance.absolute + tolerance.relative * np.abs(right)
        share = gap / np.abs(right)
    same = (mine == right) | (np.isnan(mine) & np.isnan(right))
    wrong = ~np.where(np.isfinite(right), close, same)
    if not wrong.any():
        return None
    index = _first(wrong)
    if not np.isfinite(right[index]):
        return f"{name} is wrong{_places(wrong)}: the right value there is not finite."
    size = f"by {gap[index]:.2g}"
    if right[index] != 0:
        size += f" (relative difference {share[index]:.2g})"
    return f"{name} is wrong{_places(wrong)}, {size}."


def _places(wrong: np.ndarray) -> str:
    """Where a 0-d mask: nothing; else how many entries, and the first."""
    if wrong.ndim == 0:
        return ""
    count = int(np.count_nonzero(wrong))
    index = ", ".join(str(int(i)) for i in _first(wrong))
    return f" in {count} of {_count(wrong.size, 'entry')}, first at index [{index}]"


def _first(mask: np.ndarray) -> tuple[int, ...]:
    return np.unravel_index(int(np.argmax(mask)), mask.shape) if mask.ndim else ()


def _count(number: int, noun: str) -> str:
    plural = noun[:-1] + "ies" if noun.endswith("y") else noun + "s"
    return f"{number} {noun if number == 1 else plural}"
