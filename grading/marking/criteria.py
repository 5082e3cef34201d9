"""Criteria: something that all of a task's cases must show, for some of the points."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any

from grading.marking.case import Answer, Case, Words, words
from grading.marking.compare import (
    CLOSE,
    EXACT,
    Tolerance,
    describe,
    difference,
    imprecise,
    same,
    short,
)

Check = Callable[[Any, Any, Case], str | None]

ANYTHING = ("*",)  # beside whatever else is right


class Criterion(ABC):
    """What all criteria share.

    Attributes
    ----------
    name : str
        In the student's words; part of the rubric line.
    points : float
    tags : str or tuple of str
        The criterion looks at every case that has one of them; if empty, at all cases but those
        that must raise.
    beside : str or tuple of str
        Names of criteria, as patterns. It counts only if one of them holds and counts: what an
        answer without any work has too is worth nothing by itself. If empty, it stands alone.
    """

    name: str
    points: float
    tags: Words
    beside: str | tuple[str, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "tags", words(self.tags))
        if isinstance(self.beside, str):  # a name with spaces in it is one name
            object.__setattr__(self, "beside", (self.beside,))

    def leans_on(self, other: Criterion) -> bool:
        """Whether it counts beside another one that counts."""
        return (
            other is not self
            and other.beside != ANYTHING
            and any(fnmatchcase(other.name, pattern) for pattern in self.beside)
        )

    def selects(self, case: Case) -> bool:
        """Whether the criterion looks at the case."""
        if not self.tags:
            return case.raises is None
        return not set(self.tags).isdisjoint(case.tags)

    def reads(self, case: Case) -> tuple[str, ...]:
        """The case's variables that it looks at."""
        return ("result",)

    @abstractmethod
    def problem(
        self, case: Case, got: Answer, wanted: Answer, returns: str | tuple[str, ...]
    ) -> str | None:
        """Say what is wrong with an answer, in one sentence, or None.

        Parameters
        ----------
        case : Case
        got : Answer
        wanted : Answer
            The right one.
        returns : str or tuple of str
            What the parts of the result are called.
        """

    def remark(
        self, case: Case, got: Answer, wanted: Answer, returns: str | tuple[str, ...]
    ) -> str:
        """Say what is not as it should be and accepted all the same, or nothing."""
        return ""

    def alike(
        self, case: Case, mine: Answer, other: Answer, returns: str | tuple[str, ...]
    ) -> bool:
        """Whether two answers are the same in what it looks at."""
        return self.problem(case, mine, other, returns) is None


@dataclass(frozen=True)
class Agrees(Criterion):
    """The answer is the reference's.

    Parameters
    ----------
    name : str
    points : float
    tags : str or tuple of str
    part : str or tuple of str
        The parts of the result that it looks at: names from ``returns``, or keys of a dict, as
        patterns (``"dW*"``). The whole result if empty.
    tolerance : Tolerance
    loose_shape : bool
        Accept missing or added axes of length 1, and say so.
    beside : str or tuple of str
        See :class:`Criterion`.
    also : callable (result, wanted, case) -> str or None, optional
        What must hold besides; see :class:`Holds`.
    """

    name: str
    points: float
    tags: Words = ()
    part: Words = ()
    tolerance: Tolerance = CLOSE
    loose_shape: bool = False
    beside: str | tuple[str, ...] = ()
    also: Check | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "part", words(self.part))

    def problem(
        self, case: Case, got: Answer, wanted: Answer, returns: str | tuple[str, ...]
    ) -> str | None:
        problem = self._difference(got, wanted, returns)
        if problem is None and self.also is not None:
            return self.also(got.result, wanted.result, case)
        return problem

    def alike(
        self, case: Case, mine: Answer, other: Answer, returns: str | tuple[str, ...]
    ) -> bool:
        parts = [_parts(answer.result, returns, self.part) for answer in (mine, other)]
        if all(isinstance(part, str) for part in parts):  # not what it should return, either
            return same(mine.result, other.result, self.tolerance, self.loose_shape)
        if any(isinstance(part, str) for part in parts):
            return False
        return same(*parts, self.tolerance, self.loose_shape)

    def _difference(
        self, got: Answer, wanted: Answer, returns: str | tuple[str, ...]
    ) -> str | None:
        right = _parts(wanted.result, returns, self.part)
        mine = _parts(got.result, returns, self.part)
        if isinstance(mine, str):
            return mine
        for name in right:
            if name not in mine:
                return f"{name} is missing."
        for name in mine:
            if name not in right:
                return f"{short(name)} does not belong there."
        found = (
            difference(mine[name], right[name], name, self.tolerance, self.loose_shape)
            for name in right
        )
        return next(filter(None, found), None)

    def remark(
        self, case: Case, got: Answer, wanted: Answer, returns: str | tuple[str, ...]
    ) -> str:
        if not self.loose_shape:
            return ""
        strict = replace(self, loose_shape=False)._difference(got, wanted, returns)
        return f"Accepted, though {strict}" if strict else ""


@dataclass(frozen=True)
class Holds(Criterion):
    """The answer has a property.

    Parameters
    ----------
    name : str
    points : float
    check : callable (result, wanted, case) -> str or None
        One sentence if the property does not hold. `result` is any plain data, but holds no
        complex numbers, nor fewer digits, where `wanted` has floats; an exception in the check
        counts as not held. For random functions, with a margin of :mod:`grading.marking.chance`.
    tags : str or tuple of str
    beside : str or tuple of str
        See :class:`Criterion`.
    """

    name: str
    points: float
    check: Check
    tags: Words = ()
    beside: str | tuple[str, ...] = ()

    def problem(
        self, case: Case, got: Answer, wanted: Answer, returns: str | tuple[str, ...]
    ) -> str | None:
        try:
            return imprecise(got.result, wanted.result) or self.check(
                got.result, wanted.result, case
            )
        except Exception:
            # A script's result may be a collection of its own making: no word on its type.
            is_what = "" if case.returns else f" is {describe(got.result)} and"
            return f"The answer{is_what} cannot be looked at: mend its type and shapes first."

    def alike(
        self, case: Case, mine: Answer, other: Answer, returns: str | tuple[str, ...]
    ) -> bool:
        return True  # a property says nothing on two answers that have it, or have it not


@dataclass(frozen=True)
class InputsUntouched(Criterion):
    """Arguments are as they were sent, after the call."""

    points: float
    tags: Words = ()
    name = "inputs untouched"
    beside = ANYTHING

    def selects(self, case: Case) -> bool:
        return case.raises is None and super().selects(case)

    def reads(self, case: Case) -> tuple[str, ...]:
        return tuple(case.inputs)

    def problem(
        self, case: Case, got: Answer, wanted: Answer, returns: str | tuple[str, ...]
    ) -> str | None:
        for name in self.changed(case, got):
            return f"{name} is not what it was before the call: make a new one instead."
        return None

    def alike(
        self, case: Case, mine: Answer, other: Answer, returns: str | tuple[str, ...]
    ) -> bool:
        return set(self.changed(case, mine)) == set(self.changed(case, other))

    @staticmethod
    def changed(case: Case, answer: Answer) -> Iterator[str]:
        """The names of the arguments that are not as they were sent."""
        for name, sent in case.inputs.items():
            if not same(answer.inputs[name], sent, EXACT):
                yield name


def _parts(
    result: Any, returns: str | tuple[str, ...], patterns: tuple[str, ...]
) -> Mapping[str, Any] | str:
    """The parts of a result by the names a student knows, or a sentence if it has none."""
    if isinstance(returns, tuple):
        names = ", ".join(returns)
        if type(result) not in (tuple, list):
            return f"It returned {describe(result)}; it should return {names}."
        if len(result) != len(returns):
            return f"It returned {len(result)} values; it should return {len(returns)}: {names}."
        parts = dict(zip(returns, result, strict=True))
    elif not patterns:
        return {returns: result}
    elif type(result) is not dict:
        return f"{returns} is {describe(result)}; it should be a dict."
    else:
        parts = result
    return {
        name if isinstance(returns, tuple) else f"{returns}[{name!r}]": value
        for name, value in parts.items()
        if not patterns or any(fnmatchcase(name, pattern) for pattern in patterns)
    }
