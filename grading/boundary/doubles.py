"""Puts doubles in the place of a student's own functions while one question is answered.

A composite is asked with harmless stand-ins for its parts, so that no part of the student's decides
what the composite is worth.

This file's text is also sent to the sealed kernel, see :mod:`grading.boundary.inside`: standard
library only.
"""

from __future__ import annotations

from collections.abc import Callable
from types import CodeType, FunctionType
from typing import Any

FILE = "<double>"  # where code of ours says that it stands


class Doubles:
    """The doubles in a namespace, and the way back.

    Parameters
    ----------
    namespace : dict
        The globals of the student's functions.
    """

    def __init__(self, namespace: dict[str, Any]) -> None:
        self._namespace = namespace
        self._undoing: list[Callable[[], Any]] = []

    def put(self, name: str, text: str) -> None:
        """Let a double stand for a part.

        Its name is bound to the double, and so is every other name of the same object. A function
        of the notebook's own also runs the double's code, so that it makes no difference how the
        composite got hold of it: by a default argument, a closure, a table.

        Parameters
        ----------
        name : str
        text : str
            Code that binds ``double``.
        """
        scope: dict[str, Any] = {}
        exec(compile(text, FILE, "exec"), scope)
        double, part = scope["double"], self._namespace.get(name)
        alike = [key for key, value in self._namespace.items() if value is part and callable(part)]
        if isinstance(part, FunctionType) and part.__globals__ is self._namespace:
            code = part.__code__
            self._undoing.append(lambda: setattr(part, "__code__", code))
            part.__code__ = _leading_to(double, code)
        for key in {name, *alike}:
            self._undoing.append(self._restoring(key))
            self._namespace[key] = double

    def undo(self) -> None:
        """Put everything back, last first: one object may stand for two parts."""
        while self._undoing:
            try:
                self._undoing[-1]()
                self._undoing.pop()
            except KeyboardInterrupt:  # the time limit struck just now: again
                continue

    def _restoring(self, key: str) -> Callable[[], Any]:
        if key not in self._namespace:
            return lambda: self._namespace.pop(key, None)
        value = self._namespace[key]
        return lambda: self._namespace.__setitem__(key, value)


def _leading_to(double: Callable, code: CodeType) -> CodeType:
    """Code that calls the double, a constant of it, with as many free variables as `code` has."""
    free = "".join(f"free{index}, " for index in range(len(code.co_freevars)))
    text = (
        f"def outer({free}):\n"
        " def inner(*args, **kwargs):\n"
        f"  ({free})\n"
        "  double = 'the double'\n"
        "  return double(*args, **kwargs)\n"
        " return inner.__code__"
    )
    scope: dict[str, Any] = {}
    exec(compile(text, FILE, "exec"), scope)
    made = scope["outer"](*code.co_freevars)
    constants = [double if constant == "the double" else constant for constant in made.co_consts]
    return made.replace(co_consts=tuple(constants), co_name=code.co_name)
