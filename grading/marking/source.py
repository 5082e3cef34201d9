"""Source text of references and wrong answers: read it, edit it, run it in another namespace.

Wrong answers are kept as source because they must also run elsewhere: the audit scores them like a
student's, and ``python -m grading simulate`` writes them into notebooks.
"""

from __future__ import annotations

import ast
import dis
import functools
import inspect
import re
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import CodeType, FunctionType
from typing import Any


@functools.cache
def source_of(function: Callable, name: str = "") -> str:
    """Return a function's source without its docstring, defined under `name` if one is given.

    Raises
    ------
    TypeError
        If it is not written as a ``def``.
    """
    text = getattr(function, "source_text", None) or inspect.getsource(function)
    text = textwrap.dedent(text)
    node = ast.parse(text).body[0]
    if not isinstance(node, ast.FunctionDef):
        raise TypeError(f"{function!r} is not written as a def")
    lines = text.splitlines()
    if ast.get_docstring(node) is not None:
        doc = node.body[0]
        del lines[doc.lineno - 1 : doc.end_lineno]
        if len(node.body) == 1:
            lines.append("    pass")
    text = "\n".join(lines) + "\n"
    return re.sub(rf"^def {node.name}\(", f"def {name or node.name}(", text, count=1)


@dataclass(frozen=True)
class Edit:
    """Replacements of text in a function's source, made one after the other; see :func:`edit`."""

    replacements: tuple[tuple[str, str, int], ...]

    def then(self, old: str, new: str, count: int = 1) -> Edit:
        """Make another replacement after these."""
        return Edit((*self.replacements, (old, new, count)))

    def with_number(self, number: float) -> Edit:
        """Put a number in place of ``{number}`` or ``{whole}`` in what is written."""
        return Edit(
            tuple(
                (old, re.sub(r"\{(number|whole)\}", repr(number), new), count)
                for old, new, count in self.replacements
            )
        )

    def numbers_of(self, numbers: Iterable[float]) -> list[float]:
        """Those of the numbers that can stand in what is written."""
        whole = any("{whole}" in new for _, new, _ in self.replacements)
        return [number for number in numbers if isinstance(number, int) or not whole]

    def of(self, function: Callable) -> FunctionType:
        """Edit another function than the task's reference; see :func:`edited`."""
        return edited(function, self)


def edit(old: str, new: str, count: int = 1) -> Edit:
    """Describe a function by the reference's source: a wrong answer, or another right one.

    `old`, which must occur exactly `count` times, is replaced by `new`. A line break in `new` takes
    the indentation that is written there. If `old` is empty, `new` becomes the first line of the
    function's body.
    """
    return Edit(((old, new, count),))


def parts(returned: str) -> tuple[Edit, ...]:
    """Describe functions that hand back less than this ``return`` lists: one value, or the first.

    Raises
    ------
    ValueError
        If it does not list several values.
    """
    values = getattr(ast.parse(returned).body[0].value, "elts", ())
    if len(values) < 2:
        raise ValueError(f"{returned!r} does not list several values")
    words = [ast.unparse(value) for value in values]
    fewer = [*([word] for word in words), *(words[:n] for n in range(2, len(words)))]
    return tuple(edit(returned, f"return {', '.join(kept)}") for kept in fewer)


def fixed(*names: str, whole: Sequence[str] = ()) -> dict[str, Edit]:
    """Describe functions in which an argument has a fixed value, whatever was handed in.

    For a mistake's `numbers`: each name with an edit that has ``{number}`` in it, or ``{whole}``.
    """
    numbers = {name: edit("", f"{name} = {{number}}") for name in names}
    return numbers | {name: edit("", f"{name} = {{whole}}") for name in whole}


@functools.cache
def edited(function: Callable, way: Edit) -> FunctionType:
    """Return `function`, written as a ``def`` in a module, with its source edited.

    Raises
    ------
    ValueError
        If a text does not occur as often as it should.
    """
    name = function.__name__
    try:
        text = edited_text(source_of(function), way)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
    return compiled(text, name, function.__globals__)


def edited_text(text: str, way: Edit) -> str:
    """Return the source of a function, edited; see :func:`edited`.

    Raises
    ------
    ValueError
        If a text does not occur as often as it should.
    """
    for old, new, count in way.replacements:
        if not old:
            lines = text.splitlines(keepends=True)
            lines.insert(ast.parse(text).body[0].body[0].lineno - 1, f"    {new}\n")
            text = "".join(lines)
            continue
        found = text.count(old)
        if found != count:
            raise ValueError(f"{old!r} occurs {found} times in its source, not {count}")
        text = text.replace(old, new)
    return text


def compiled(text: str, name: str, namespace: Mapping[str, Any]) -> FunctionType:
    """Compile a function's source over a copy of `namespace`; :func:`source_of` can read it."""
    scope = dict(namespace)
    exec(compile(text, f"<{name}>", "exec"), scope)
    scope[name].source_text = text
    return scope[name]


def names_used(function: Callable) -> set[str]:
    """Names that a function takes from its namespace or from the built-ins."""
    return _global_names(function.__code__)


def _global_names(code: CodeType) -> set[str]:
    own = {step.argval for step in dis.get_instructions(code) if step.opname == "LOAD_GLOBAL"}
    inner = [const for const in code.co_consts if isinstance(const, CodeType)]
    return own.union(*map(_global_names, inner))
