"""What a question promises of its arguments: how far its cases go, and nothing is asked beyond."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

Range = tuple[float, float]


@dataclass(frozen=True)
class Promise:
    """Ranges of one argument that each drawing of the cases reaches at both ends.

    A mistake that begins beyond a threshold is found where the threshold lies within them.

    Parameters
    ----------
    value : (lowest, highest), optional
        Of the numbers in it.
    length : (lowest, highest), optional
        Of a list, a dict or an array with one axis.
    rows, columns : (lowest, highest), optional
        The first and the last axis of its larger arrays.
    layers : (lowest, highest), optional
        The largest number in a name of a dict.
    has : tuple of str
        ``"0"``, ``"equal neighbours"``, ``"a constant row"``, the dtype of an array that is not
        float64, ``"other names"`` than W and b, ``"another order"`` of names, or texts.
    of : callable (inputs) -> object, optional
        Makes what is measured of all inputs of a case, where several arguments belong together.
    """

    value: Range | None = None
    length: Range | None = None
    rows: Range | None = None
    columns: Range | None = None
    layers: Range | None = None
    has: tuple[str, ...] = ()
    of: Callable[[Mapping[str, Any]], Any] | None = None


RANGES = tuple(f.name for f in fields(Promise) if f.name not in ("has", "of"))


@dataclass(frozen=True)
class Measured:
    """The ranges of what cases have, by the names of :class:`Promise`, and what is special."""

    ranges: Mapping[str, Range]
    special: frozenset[str]

    def both(self, other: Measured) -> Measured:
        """What two drawings reach, each of them."""
        common = self.ranges.keys() & other.ranges
        ranges = {
            name: (max(low, other.ranges[name][0]), min(high, other.ranges[name][1]))
            for name, (low, high) in self.ranges.items()
            if name in common
        }
        return Measured(ranges, self.special & other.special)

    def unkept(self, promise: Promise) -> Iterator[str]:
        """What a promise says that is not reached, and what is reached without a word on it."""
        for name in RANGES:
            wanted, found = getattr(promise, name), self.ranges.get(name)
            if wanted is None:
                if found is not None and found[0] < found[1]:
                    yield f"{name}, which is {shown(found)}, is not promised"
            elif found is None or found[0] > wanted[0] or found[1] < wanted[1]:
                yield f"{name} {shown(wanted)} is not reached"
        yield from (f"{mark} does not occur" for mark in promise.has if mark not in self.special)


def measure(values: list[Any]) -> Measured:
    """Measure all values of one argument."""
    found: dict[str, list[float]] = {}
    special: set[str] = set()
    for value in values:
        for name, number in _numbers(value, special):
            found.setdefault(name, []).append(number)
    return Measured({name: (min(f), max(f)) for name, f in found.items()}, frozenset(special))


def shown(numbers: Range) -> str:
    """A range for people."""
    low, high = (f"{number:.4g}".replace("-", "−") for number in numbers)
    return low if low == high else f"{low} … {high}"


def _numbers(value: Any, special: set[str]) -> Iterator[tuple[str, float]]:
    if isinstance(value, str):
        special.add(value)
    elif isinstance(value, dict):
        yield from _of_names(list(value), special)
        for item in value.values():
            yield from _numbers(item, special)
    elif isinstance(value, list | tuple) and not _is_plain(value):
        yield "length", len(value)
        for item in value:
            yield from _numbers(item, special)
    elif value is not None:
        array = np.asarray(value)
        if array.ndim == 1:
            yield "length", len(array)
        elif array.ndim > 1:
            yield from (("rows", array.shape[0]), ("columns", array.shape[-1]))
        yield from _of_entries(array, special)


def _is_plain(value: list | tuple) -> bool:
    return bool(value) and all(isinstance(item, bool | int | float) for item in value)


def _of_names(names: list[str], special: set[str]) -> Iterator[tuple[str, float]]:
    numbered = [re.fullmatch(r"([A-Za-z_]*?)(\d+)", str(name)) for name in names]
    if not numbered or not all(numbered):
        yield "length", len(names)
        return
    kinds, layers = zip(*((n[1].removeprefix("d"), int(n[2])) for n in numbered), strict=True)
    yield "layers", max(layers)
    if set(kinds) - {"W", "b"}:
        special.add("other names")
    if list(layers) != sorted(layers) or kinds[0] not in ("W", "mean"):
        special.add("another order")


def _of_entries(array: np.ndarray, special: set[str]) -> Iterator[tuple[str, float]]:
    if array.ndim and array.dtype != np.float64:
        special.add(str(array.dtype))
    if array.size and array.dtype.kind in "iuf":
        yield from (("value", float(np.min(array))), ("value", float(np.max(array))))
        marks = {
            "0": np.any(array == 0),
            "equal neighbours": array.ndim and np.any(np.diff(array, axis=-1) == 0),
            "a constant row": array.ndim > 1 < array.shape[-1]
            and np.any(np.ptp(array, axis=-1) == 0),
        }
        special.update(name for name, holds in marks.items() if holds)
