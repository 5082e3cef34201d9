"""A case: one script put to the student's code, the reference and every wrong answer alike."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Words = str | tuple[str, ...]


def words(given: Words) -> tuple[str, ...]:
    """Return words as a tuple; one by itself may be given as a str.

    Raises
    ------
    ValueError
        If a str has a space in it: several words are a tuple.
    """
    if not isinstance(given, str):
        return given
    if " " in given:
        raise ValueError(f"{given!r} is more than one word: write {tuple(given.split())}")
    return (given,) if given else ()


@dataclass(frozen=True)
class Rng:
    """As an argument of :func:`call`: a generator, made where the student's code runs."""

    seed: int


@dataclass(frozen=True)
class Case:
    """One script and what goes into it; :func:`call` and :func:`script` make them.

    Parameters
    ----------
    code : str
        Binds ``result``, calling the graded function.
    inputs : mapping of str to plain data
        Variables bound before the code runs.
    label : str
        Says to the student which case it is: ``"3 features, 5 examples, epsilon = 0.3"``.
    tags : str or tuple of str
        Words by which criteria select cases.
    returns : str or tuple of str
        What the parts of ``result`` are called; the task's own words if empty.
    raises : type of Exception, optional
        The right answer is this exception. Such a case counts only if another one was answered:
        a function that always raises refuses nothing.
    doubles : mapping of str to list of float
        The parts of a composite that have doubles here, each with the coefficients of its double.
    """

    code: str
    inputs: Mapping[str, Any]
    label: str
    tags: Words = ()
    returns: str | tuple[str, ...] = ""
    raises: type[Exception] | None = None
    doubles: Mapping[str, list[float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "tags", words(self.tags))


def call(
    function: Callable,
    /,
    *args: Any,
    label: str,
    tags: Words = (),
    raises: type[Exception] | None = None,
    **kwargs: Any,
) -> Case:
    """A case that calls one function with plain data, or an :class:`Rng`, as arguments.

    `function` is the reference: its inputs have the names of its parameters.

    Raises
    ------
    TypeError
        If the function does not take such arguments.
    ValueError
        If a parameter has a name that the case needs itself; :func:`script` can give it another.
    """
    code, given = spelled(function, args, kwargs)
    inputs = {name: value for name, value in given.items() if not isinstance(value, Rng)}
    made = {
        name: f"{name} = np.random.default_rng({value.seed})"
        for name, value in given.items()
        if name not in inputs
    }
    if made:
        code = "\n".join(["import numpy as np", *made.values(), code])
    for name in given:
        if name in ("result", function.__name__) or (made and name == "np"):
            raise ValueError(
                f"{function.__name__} has a parameter called {name}, which this case needs itself: "
                "put it by `script`, under another name"
            )
    return Case(code, inputs, label, tags, raises=raises)


def spelled(
    function: Callable, args: Sequence[Any], kwargs: Mapping[str, Any]
) -> tuple[str, dict[str, Any]]:
    """Return code that binds ``result`` to a call, and the variables that it uses.

    Positional arguments stay positional, under the names of the function's parameters.

    Raises
    ------
    TypeError
        If the function does not take such arguments, or has not a name for each.
    """
    signature = inspect.signature(function)
    signature.bind(*args, **kwargs)
    given = dict(zip(signature.parameters, args, strict=False)) | dict(kwargs)
    if len(given) < len(args) + len(kwargs):
        raise TypeError(f"{function.__name__} has not a name for each of its arguments")
    listed = [*list(given)[: len(args)], *(f"{name}={name}" for name in kwargs)]
    return f"result = {function.__name__}({', '.join(listed)})", given


def script(
    code: str,
    *,
    label: str,
    tags: Words = (),
    returns: str | tuple[str, ...] = "result",
    raises: type[Exception] | None = None,
    **inputs: Any,
) -> Case:
    """A case of several steps: `code` uses `inputs` and the graded function, and binds ``result``.

    What cannot be sent (a generator, a callable) is made by the code itself; write
    ``import numpy as np`` in it where it needs that.
    """
    return Case(code, inputs, label, tags, returns, raises)


@dataclass(frozen=True)
class Answer:
    """What a case's script came to: its result, and its inputs as they were afterwards.

    `inputs` is empty where no criterion looks at them.
    """

    result: Any
    inputs: Mapping[str, Any]
