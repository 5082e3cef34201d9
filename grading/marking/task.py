"""A task: one graded function, with its cases, criteria, mistakes and accepted variants.

Everything here only describes; :mod:`grading.marking.sitting` puts the questions and decides,
:mod:`grading.marking.naming` recognises mistakes.
"""

from __future__ import annotations

import contextlib
import inspect
import sys
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType, ModuleType
from typing import Any
from urllib.parse import quote

import numpy as np

from grading.marking.case import Case
from grading.marking.criteria import Criterion
from grading.marking.promise import Promise, told
from grading.marking.source import Edit, edited, edited_text, source_of

Way = Edit | Callable
Sign = Callable[[Any, Any, Case], bool | None]

# That people write where an argument or another number should stand; 0 and 1 leave something out.
NUMBERS = (
    *(digit / 10**power for power in (1, 2, 3) for digit in (1, 2, 5)),
    *(0.3, 0.4, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.999),
    *(10.0**-power for power in (4, 5, 6, 7, 8, 9, 10, 12, 15, 16)),
    *(2, 3, 4, 5, 10, 20, 32, 50, 64, 100, 500, 1000),
)


@dataclass(frozen=True)
class Lecture:
    """A section of a lecture: its path from the course's root, and its heading."""

    path: str
    heading: str

    @property
    def text(self) -> str:
        """For people: the path and the heading."""
        return f"{self.path}, section “{self.heading}”"

    @property
    def href(self) -> str:
        """From the folder of nbgrader's feedback, ``feedback/student/assignment/``.

        JupyterLab compares the anchor with the heading as it stands, without decoding it, so what
        an address may hold after # (RFC 3986, section 3.5) is not encoded.
        """
        anchor = quote(self.heading.replace(" ", "-"), safe="!$&'()*+,;=:@/?")
        return f"../../../{quote(self.path)}#{anchor}"


class Mistake:
    """A wrong answer that people give, and what to tell them.

    Parameters
    ----------
    id : str
        A series and a number, ``"BN-02"``.
    lecture : Lecture
        The section to read.
    sentence : str
        What is wrong and why, kindly; it never spells out the right code.
    *ways : Edit or callable
        How it is written: edits of the reference, or functions that work when pasted into the
        notebook, which use only what the notebook has.
    looks_like : callable (result, wanted, case) -> bool or None, optional
        Recognises the answer where equality cannot (random functions, rounding noise): True, False,
        or None where the case says nothing. Named at two True and no False.
    numbers : mapping of str to Edit, optional
        More ways, which differ in a number for which ``{number}`` stands, or ``{whole}``
        for whole numbers only, by what it is called:
        those of :data:`NUMBERS` are tried, and the one that fits is told; see
        :func:`grading.marking.source.fixed`.

    Raises
    ------
    TypeError
        If it is written in no way.
    """

    def __init__(
        self,
        id: str,
        lecture: Lecture,
        sentence: str,
        *ways: Way,
        looks_like: Sign | None = None,
        numbers: Mapping[str, Edit] = MappingProxyType({}),
    ) -> None:
        if not ways:
            raise TypeError(f"{id} has no wrong answer: give an edit or a function")
        self.id, self.lecture, self.sentence = id, lecture, sentence
        self.ways, self.looks_like, self.numbers = ways, looks_like, numbers


@dataclass(frozen=True)
class Variant:
    """A right answer that looks different, with a name for the audit."""

    name: str
    right: Way


def total(points: Iterable[float]) -> float:
    """Add points, so that tenths add up to what the graded cell says."""
    return round(float(sum(points)), 6)


@dataclass(frozen=True)
class Task:
    """One graded function.

    Parameters
    ----------
    reference : callable
        The right function; the task has its name.
    returns : str or tuple of str
        What the function returns: one name for one value, or a name for each of several.
    cases : callable (numpy.random.Generator) -> sequence of Case
        Plain ones first: all of them share 20 s, and what was answered before counts.
    criteria : tuple of Criterion
    lecture : Lecture
        Where to read when no mistake is named.
    mistakes, variants : tuple
    own_parts : mapping of str to callable
        Other graded functions that the reference calls, and which have questions of their own.
        Each with how its *double* is made: a function of four coefficients between 0.3 and 0.7 that
        returns a harmless function with the part's arguments and shapes, which is not the part's
        right answer. A composite is right if it is right over doubles.
    unworked : mapping of str to str
        Answers of :mod:`grading.rehearsal.nothing` that may earn more than a twentieth of the
        points all the same, by patterns of their names, each with the reason.
    equivalent : mapping of str to tuple of str
        Lines of the reference with a small change that leaves it as right as it is, as
        :mod:`grading.rehearsal.mutants` writes them, by the reason.
    losses : mapping of str to str
        The criteria that each mistake loses, by its id; by ``"BN-02, way 3"`` where a way to write
        it loses others. They are written as in the rubric, ``"output · cache"``; ``"all"`` and
        ``"all but cache"`` are short for many. If any is given, the audit holds all mistakes to it.
    promises : mapping of str to Promise
        How far the cases go in each argument of the reference.
    confirm : callable (case, wanted) -> float, optional
        The relative difference between the reference's result and an independent one, such as a
        numerical derivative; above 1e-5 nobody is graded by it.
    """

    reference: Callable
    returns: str | tuple[str, ...]
    cases: Callable[[np.random.Generator], Sequence[Case]]
    criteria: tuple[Criterion, ...]
    lecture: Lecture
    mistakes: tuple[Mistake, ...] = ()
    variants: tuple[Variant, ...] = ()
    own_parts: Mapping[str, Callable[[Any], Callable]] = field(default_factory=dict, hash=False)
    unworked: Mapping[str, str] = field(default_factory=dict, hash=False)
    equivalent: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)
    losses: Mapping[str, str] = field(default_factory=dict, hash=False)
    promises: Mapping[str, Promise] = field(default_factory=dict, hash=False)
    confirm: Callable[[Case, Any], float] | None = None

    @property
    def name(self) -> str:
        """The name of the graded function, in notebooks and for `grade`."""
        return self.reference.__name__

    @property
    def points(self) -> float:
        """The points of all criteria together."""
        return total(criterion.points for criterion in self.criteria)

    @property
    def worth(self) -> str:
        """The points in words: ``1 point``, ``0.5 points``."""
        return "1 point" if self.points == 1 else f"{self.points:g} points"

    @property
    def rubric(self) -> str:
        """The first line of the graded cell."""
        shares = " · ".join(f"{c.name} {c.points:g}" for c in self.criteria)
        return f"# Graded, {self.worth}: {shares}"

    @property
    def promised(self) -> str:
        """How far the cases go, in a line for students."""
        order = [*inspect.signature(self.reference).parameters, *self.promises]
        return told({name: self.promises[name] for name in order if name in self.promises})

    @cached_property
    def given(self) -> dict[str, Any]:
        """What a candidate may use: public functions, classes and modules of the reference's."""
        module = vars(sys.modules[self.reference.__module__])
        return {
            name: value
            for name, value in module.items()
            if (callable(value) or isinstance(value, ModuleType)) and not name.startswith("_")
        }

    def lost(self, key: str) -> tuple[str, ...]:
        """The criteria that are lost by what has this key in `losses`.

        Raises
        ------
        ValueError
            If a name is not that of a criterion.
        """
        names = [criterion.name for criterion in self.criteria]
        told = self.losses[key]
        if told == "all":
            return tuple(names)
        listed = told.removeprefix("all but ").split(" · ")
        if unknown := set(listed) - set(names):
            raise ValueError(f"{self.name} has no criterion {', '.join(sorted(unknown))}")
        return tuple(name for name in names if (name in listed) != told.startswith("all but "))

    def function(self, way: Way) -> Callable:
        """The function that a way to write an answer stands for.

        Raises
        ------
        ValueError
            If an edit does not fit the reference.
        """
        return edited(self.reference, way) if isinstance(way, Edit) else way

    def source(self, way: Way) -> str:
        """The source of an answer, as it stands in a notebook."""
        return source_of(self.function(way), self.name)

    def made_together(self, one: Way, other: Way) -> str | None:
        """The source of an answer that is wrong in two ways.

        None if neither is an edit that fits the other's source, or it matters which is made first.
        """
        texts = set()
        for way, change in ((one, other), (other, one)):
            if isinstance(change, Edit):
                with (
                    contextlib.suppress(ValueError, SyntaxError),
                    warnings.catch_warnings(action="ignore"),
                ):
                    text = edited_text(self.source(way), change)
                    compile(text, f"<{self.name}>", "exec")
                    texts.add(text)
        return texts.pop() if len(texts) == 1 else None

    def namespace(self, candidate: Way | str, **parts: Callable) -> dict[str, Any]:
        """A namespace as a notebook's, with `candidate`, or its source, as the graded function."""
        scope = {**self.given, **parts}
        text = candidate if isinstance(candidate, str) else self.source(candidate)
        exec(compile(text, f"<{self.name}>", "exec"), scope)
        return scope

    def double(self, part: str, coefficients: list[float]) -> str:
        """Code that binds ``double`` to what stands in for a part."""
        make = self.own_parts[part]
        return (
            f"import numpy as np\n{source_of(make)}"
            f"double = {make.__name__}(np.array({coefficients}))\n"
        )
