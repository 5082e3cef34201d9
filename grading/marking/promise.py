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
    within : (lowest, highest), optional
        Where all its numbers lie, if chance takes some of them beyond `value`: students are told.
    length : (lowest, highest), optional
        Of a list, a dict or an array with one axis, not of what is in it; how many images.
    rows, columns : (lowest, highest), optional
        The last two axes of its larger arrays.
    layers : (lowest, highest), optional
        The largest number in a name of a dict.
    has : tuple of str
        ``"0"``, ``"equal neighbours"``, ``"a constant row"``, the dtype of an array that is not
        float64, ``"other names"`` than W and b, ``"another order"`` of names, or texts.
    of : callable (inputs) -> object, optional
        Makes what is measured of all inputs of a case, where several arguments belong together.
    """

    value: Range | None = None
    within: Range | None = None
    length: Range | None = None
    rows: Range | None = None
    columns: Range | None = None
    layers: Range | None = None
    has: tuple[str, ...] = ()
    of: Callable[[Mapping[str, Any]], Any] | None = None

    def told(self, name: str) -> Range | None:
        """The range that students are told, by the name of a field."""
        return self.within if name == "value" and self.within else getattr(self, name)


RANGES = tuple(f.name for f in fields(Promise) if f.name not in ("within", "has", "of"))


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

    def either(self, other: Measured) -> Measured:
        """What two drawings reach together."""
        ranges = dict(self.ranges)
        for name, (low, high) in other.ranges.items():
            known = ranges.get(name, (low, high))
            ranges[name] = (min(low, known[0]), max(high, known[1]))
        return Measured(ranges, self.special | other.special)

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

    def untold(self, promise: Promise) -> Iterator[str]:
        """What all drawings together reach beyond what is told, or do not come near."""
        for name in self.ranges.keys() & {name for name in RANGES if promise.told(name)}:
            (low, high), told = self.ranges[name], promise.told(name)
            if low < told[0] or high > told[1]:
                yield f"{name} goes beyond {shown(told)}, to {shown((low, high))}"
            elif not (_near(low, *told) and _near(high, *reversed(told))):
                yield f"{name} is far from {shown(told)}, at {shown((low, high))}"


def measure(values: list[Any]) -> Measured:
    """Measure all values of one argument."""
    found: dict[str, list[float]] = {}
    special: set[str] = set()
    for value in values:
        for name, number in _numbers(value, special):
            found.setdefault(name, []).append(number)
    return Measured({name: (min(f), max(f)) for name, f in found.items()}, frozenset(special))


SIZES = {"length": "entries", "layers": "layers", "rows": "rows", "columns": "columns"}
NAMES = {"other names": "any names", "another order": "names in any order"}


def told(promises: Mapping[str, Promise]) -> str:
    """The promises of a question in a line for students.

    A size is told of the first argument that has it. Arguments that are alike go together.
    """
    sizes: set[str] = set()
    alike: dict[str, list[str]] = {}
    for name, promise in promises.items():
        facts = [
            f"{shown(getattr(promise, kind), ' to ')} {word}"
            for kind, word in SIZES.items()
            if getattr(promise, kind)
        ]
        facts += [word for mark, word in NAMES.items() if mark in promise.has]
        new = [fact for fact in facts if fact not in sizes]
        sizes.update(new)
        if said := ", ".join([*new, *_numbers_told(promise)]):
            alike.setdefault(said, []).append(name if promise.of else f"`{name}`")
    return " · ".join(f"{', '.join(names)}: {said}" for said, names in alike.items())


def _numbers_told(promise: Promise) -> Iterator[str]:
    if numbers := promise.told("value"):
        yield shown(numbers, " to ")
        if "0" in promise.has and 0 not in numbers:
            yield "zeros"
        elif "a constant row" in promise.has and 0 not in numbers:
            yield "constant rows"


def shown(numbers: Range, between: str = " … ") -> str:
    """A range for people."""
    low, high = (
        re.sub(r"e([+-])0?", lambda power: f"e{power[1].strip('+')}", f"{number:.6g}")
        .replace("-", "−")
        .replace("inf", "∞")
        for number in numbers
    )
    return low if low == high else f"{low}{between}{high}"


def _near(number: float, end: float, other: float) -> bool:
    """Whether a number is a quarter of the range from its end, or within a factor of two."""
    return (
        number == end
        or abs(number - end) <= abs(end - other) / 4
        or (number * end > 0 and 0.5 <= number / end <= 2)
    )


def _numbers(value: Any, special: set[str], outermost: bool = True) -> Iterator[tuple[str, float]]:
    if isinstance(value, str):
        special.add(value)
    elif isinstance(value, dict):
        yield from _of_names(list(value), special, outermost)
        for item in value.values():
            yield from _numbers(item, special, outermost=False)
    elif isinstance(value, list | tuple) and not _is_plain(value):
        if outermost:
            yield "length", len(value)
        for item in value:
            yield from _numbers(item, special, outermost=False)
    elif value is not None:
        array = np.asarray(value)
        if array.ndim == 1 and outermost:
            yield "length", len(array)
        elif array.ndim > 1:
            yield from (("rows", array.shape[-2]), ("columns", array.shape[-1]))
            yield from (("length", count) for count in array.shape[:-2])
        yield from _of_entries(array, special)


def _is_plain(value: list | tuple) -> bool:
    return bool(value) and all(isinstance(item, bool | int | float) for item in value)


def _of_names(names: list[str], special: set[str], outermost: bool) -> Iterator[tuple[str, float]]:
    numbered = [re.fullmatch(r"([A-Za-z_]*?)(\d+)", str(name)) for name in names]
    if not numbered or not all(numbered):
        if outermost:
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
