"""What a hidden test is made of: tasks, cases, criteria, misconceptions and accepted variants.

Everything here only describes; :mod:`grading.marking.exam` puts the questions and decides.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import FunctionType
from typing import Any
from urllib.parse import quote

import numpy as np

from grading.marking.compare import CLOSE, Tolerance
from grading.marking.source import compiled, edited, source_of

__all__ = [
    "Answer", "Case", "Check", "Criterion", "Lecture", "Misconception", "Rng", "Task", "Tolerance",
    "Variant", "call", "edited", "inputs_untouched", "misconceptions", "script", "source_of",
]  # fmt: skip


@dataclass(frozen=True)
class Rng:
    """As an argument of :func:`call`: a generator, made where the student's code runs."""

    seed: int


@dataclass(frozen=True)
class Case:
    """One script put to the student's code, the reference and every wrong answer alike.

    Parameters
    ----------
    code : str
        Binds ``result``, calling the graded function.
    inputs : mapping of str to plain data
        Variables bound before the code runs.
    label : str
        Says to the student which case it is: ``"3 features, 5 examples, epsilon = 0.3"``.
    tag : str
        Words by which criteria select cases, separated by spaces.
    returns : str or tuple of str
        What the parts of ``result`` are called; the task's own words if empty.
    raises : type of Exception, optional
        The right answer is this exception. Such a case counts only if another one was answered:
        a function that always raises refuses nothing.
    """

    code: str
    inputs: Mapping[str, Any]
    label: str
    tag: str = ""
    returns: str | tuple[str, ...] = ""
    raises: type[Exception] | None = None


def call(
    function: str,
    *args: Any,
    label: str,
    tag: str = "",
    raises: type[Exception] | None = None,
    **kwargs: Any,
) -> Case:
    """A case that calls one function with plain data, or an :class:`Rng`, as arguments."""
    given = {f"arg{i}": value for i, value in enumerate(args)}
    given |= {f"arg_{name}": value for name, value in kwargs.items()}
    inputs = {name: value for name, value in given.items() if not isinstance(value, Rng)}
    texts = {
        name: f"np.random.default_rng({value.seed})" if isinstance(value, Rng) else name
        for name, value in given.items()
    }
    listed = [texts[f"arg{i}"] for i in range(len(args))]
    listed += [f"{name}={texts[f'arg_{name}']}" for name in kwargs]
    code = f"result = {function}({', '.join(listed)})"
    if len(inputs) < len(given):
        code = "import numpy as np\n" + code
    return Case(code, inputs, label, tag, raises=raises)


def script(
    code: str,
    *,
    label: str,
    tag: str = "",
    returns: str | tuple[str, ...] = "result",
    raises: type[Exception] | None = None,
    **inputs: Any,
) -> Case:
    """A case of several steps: `code` uses `inputs` and the graded function, and binds ``result``.

    What cannot be sent (a generator, a callable) is made by the code itself; write
    ``import numpy as np`` in it where it needs that.
    """
    return Case(code, inputs, label, tag, returns, raises)


@dataclass(frozen=True)
class Answer:
    """What a case's script came to: its result, and its inputs as they were afterwards.

    `inputs` is empty where no criterion looks at them.
    """

    result: Any
    inputs: Mapping[str, Any]


Check = Callable[[Any, Any, Case], str | None]


@dataclass(frozen=True)
class Criterion:
    """Something that all of its cases must show, for some of the points.

    Parameters
    ----------
    name : str
        In the student's words; part of the rubric line.
    points : float
    tags : str
        Words; the criterion looks at every case that has one of them; if empty, at all cases but
        those that must raise.
    part : str
        Words; the parts of the result that it looks at: names from ``returns``, or keys of a dict,
        as patterns (``"dW*"``). The whole result if empty.
    check : callable (result, wanted, case) -> str or None, optional
        A property to hold, in place of a comparison with the reference's answer: one sentence if
        it does not. `result` is any plain data; an exception in the check counts as not held.
        For random functions, with a margin of :mod:`grading.marking.chance`.
    tolerance : Tolerance
    loose_shape : bool
        Accept missing or added axes of length 1, and say so.
    inputs : bool
        Look at the inputs after the call, which must be as they were sent, not at the result.
    """

    name: str
    points: float
    tags: str = ""
    part: str = ""
    check: Check | None = None
    tolerance: Tolerance = CLOSE
    loose_shape: bool = False
    inputs: bool = False

    def selects(self, case: Case) -> bool:
        """Whether the criterion looks at the case."""
        if case.raises is not None and (self.inputs or not self.tags):
            return False
        return not self.tags or bool(set(self.tags.split()) & set(case.tag.split()))


def inputs_untouched(points: float, tags: str = "") -> Criterion:
    """The criterion that arguments are as they were sent, after the call."""
    return Criterion("inputs untouched", points, tags, inputs=True)


@dataclass(frozen=True)
class Lecture:
    """A section of a lecture: its notebook under ``course/`` and its heading."""

    notebook: str
    heading: str

    @property
    def text(self) -> str:
        """For people: the notebook's path and the heading."""
        return f"course/{self.notebook}, section “{self.heading}”"

    @property
    def href(self) -> str:
        """From the folder of nbgrader's feedback, ``feedback/student/assignment/``.

        JupyterLab compares the anchor with the heading as it stands, without decoding it, so what
        an address may hold after # (RFC 3986, section 3.5) is not encoded.
        """
        anchor = quote(self.heading.replace(" ", "-"), safe="!$&'()*+,;=:@/?")
        return f"../../../course/{quote(self.notebook)}#{anchor}"


@dataclass(frozen=True)
class Misconception:
    """A wrong answer that people give, and what to tell them.

    Parameters
    ----------
    id : str
        Several wrong functions may share an id, if they share the sentence.
    sentence : str
        What is wrong and why, kindly; it never spells out the right code.
    lecture : Lecture
    wrong : callable
        Source that works when pasted into the notebook: it uses only ``np`` and other graded or
        given functions.
    looks_like : callable (result, wanted, case) -> bool or None, optional
        Recognises the answer where equality cannot (random functions, rounding noise): True, False,
        or None where the case says nothing. Named at two True and no False.
    """

    id: str
    sentence: str
    lecture: Lecture
    wrong: Callable
    looks_like: Callable[[Any, Any, Case], bool | None] | None = None


def misconceptions(
    reference: Callable,
    id: str,
    lecture: Lecture,
    sentence: str,
    *wrong: Callable | Sequence[tuple[str, str] | tuple[str, str, int]],
    looks_like: Callable[[Any, Any, Case], bool | None] | None = None,
) -> list[Misconception]:
    """One misconception for each way of writing it: a function, or edits of the reference's source.

    See :class:`Misconception` and :func:`grading.marking.source.edited`.
    """
    functions = (way if callable(way) else edited(reference, *way) for way in wrong)
    return [Misconception(id, sentence, lecture, way, looks_like) for way in functions]


@dataclass(frozen=True)
class Variant:
    """A right answer that looks different, with a name for the audit."""

    name: str
    right: Callable


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
        Where to read when no misconception is named.
    misconceptions, variants : tuple
    own_parts : tuple of str
        Other graded functions that the reference calls. A student's composite is right if it is
        right given the student's own parts, which have questions of their own.
    confirm : callable (case, wanted) -> float, optional
        The relative difference between the reference's result and an independent one, such as a
        numerical derivative; above 1e-5 nobody is graded by it.
    """

    reference: Callable
    returns: str | tuple[str, ...]
    cases: Callable[[np.random.Generator], Sequence[Case]]
    criteria: tuple[Criterion, ...]
    lecture: Lecture
    misconceptions: tuple[Misconception, ...] = ()
    variants: tuple[Variant, ...] = ()
    own_parts: tuple[str, ...] = ()
    confirm: Callable[[Case, Any], float] | None = None

    @property
    def name(self) -> str:
        """The name of the graded function, in notebooks and for :func:`grader_tests.grade`."""
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

    @cached_property
    def given(self) -> dict[str, Any]:
        """``np`` and the functions of the reference's module: what a candidate may use."""
        module = vars(sys.modules[self.reference.__module__])
        return {
            name: value
            for name, value in module.items()
            if name == "np" or isinstance(value, FunctionType)
        }

    def namespace(self, candidate: Callable, **parts: Callable) -> dict[str, Any]:
        """A namespace as a notebook's, with `candidate` as the graded function."""
        scope = {**self.given, **parts}
        text = source_of(candidate, self.name)
        return scope | {self.name: compiled(text, self.name, scope)}

    def input_name(self, variable: str) -> str:
        """What the student calls an input variable of a case that :func:`call` made."""
        names = list(inspect.signature(self.reference).parameters)
        index = variable.removeprefix("arg")
        if index.isdecimal() and int(index) < len(names):
            return names[int(index)]
        return variable.removeprefix("arg_")
