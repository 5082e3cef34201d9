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
from collections.abc import Callable, Mapping
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


def edited(function: Callable, *edits: tuple[str, str] | tuple[str, str, int]) -> FunctionType:
    """Return `function` with its source edited: a wrong answer, or another right one.

    Parameters
    ----------
    function : callable
        A function written as a ``def`` in a module.
    *edits : (old, new) or (old, new, count)
        Replacements of text, made one after the other; `old` must occur exactly `count` times
        (1 unless given). A line break in `new` takes the indentation that is written there.

    Raises
    ------
    ValueError
        If a text does not occur exactly that often.
    """
    text = source_of(function)
    for old, new, *count in edits:
        wanted = count[0] if count else 1
        found = text.count(old)
        if found != wanted:
            name = function.__name__
            raise ValueError(f"{name}: {old!r} occurs {found} times in its source, not {wanted}")
        text = text.replace(old, new)
    return compiled(text, function.__name__, function.__globals__)


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
