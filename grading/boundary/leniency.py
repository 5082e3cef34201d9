"""In a sealed kernel, a line that cannot run costs only itself.

Shell commands and magics that have no meaning here do nothing and leave a remark. When a cell stops
with an error, the functions, classes and imports after the statement that failed are defined all
the same. Nobody is at the keyboard, and code that waits for it is told so. Modules that a notebook
writes can be imported.

This file's text is sent to the sealed kernel, see :mod:`grading.boundary.inside`: standard library
only.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import functools
import getpass
import sys
from collections.abc import Callable
from typing import Any

STOP = "sealed_stop"  # the message, and the metadata of a request, that name a line
NOT_RUN = {"!", "sx", "system", "sc", "cmd", "bash", "sh", "script", "perl", "ruby", "pypy"}
NOT_RUN |= {"python", "python2", "python3", "pip", "conda", "mamba", "micromamba", "uv"}
NOT_RUN |= {"gui", "debug", "pdb"}
MAY_BE_MISSING = {"load_ext", "reload_ext", "matplotlib"}  # what their argument names
BACKENDS = {"", "inline", "agg"}
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)


def install(kernel: Any) -> None:
    """Make a kernel so lenient."""
    shell = kernel.shell
    shell.system, shell.getoutput = _command, _output
    shell.run_line_magic = functools.partial(_line_magic, shell, shell.run_line_magic)
    shell.run_cell_magic = functools.partial(_cell_magic, shell, shell.run_cell_magic)
    builtins.input = getpass.getpass = sys.breakpointhook = _no_keyboard
    kernel._forward_input = kernel._restore_input = _nothing  # which a cell would change again
    shell.ask_exit = functools.partial(_remark, "exit")
    streams = functools.partial(_put_back, sys.stdout, sys.stderr)
    shell.events.register("post_run_cell", streams)  # ipykernel cannot do without
    shell.ast_transformers.append(Shortened(kernel))
    shell.events.register("post_run_cell", functools.partial(_define_the_rest, kernel))
    if "" not in sys.path:
        sys.path.append("")


class Shortened:
    """Leaves out of a cell that is run again what stopped it the first time."""

    def __init__(self, kernel: Any) -> None:
        self._kernel = kernel

    def visit(self, tree: ast.Module) -> ast.Module:
        """Return a cell's syntax tree as it is to run."""
        line = self._kernel.get_parent()["metadata"].pop(STOP, 0)  # not for what a magic runs in it
        if line:
            before, after = _split(tree, line)
            tree.body = before + after
        return tree


def _split(tree: ast.Module, line: int) -> tuple[list[ast.stmt], list[ast.stmt]]:
    """The statements before the one that is in a line, and the definitions after it."""
    starts = [
        min([node.lineno, *(mark.lineno for mark in getattr(node, "decorator_list", ()))])
        for node in tree.body
    ]
    later = sum(start <= line for start in starts)
    after = [node for node in tree.body[later:] if isinstance(node, DEFINITIONS)]
    return tree.body[: max(0, later - 1)], after


def _define_the_rest(kernel: Any, result: Any) -> None:
    """Define what a cell that stopped with an error has after the statement that failed."""
    shell = kernel.shell
    error = None if result is None else result.error_in_exec
    step = None if error is None else error.__traceback__
    while step is not None and step.tb_frame.f_globals is not shell.user_ns:
        step = step.tb_next
    if step is None:
        return
    line, file = step.tb_lineno, step.tb_frame.f_code.co_filename
    content = {"line": line}
    kernel.session.send(kernel.iopub_socket, STOP, content, parent=kernel.get_parent())
    names = []
    for node in _split(ast.parse(shell.transform_cell(result.info.raw_cell)), line)[1]:
        with contextlib.suppress(Exception):
            exec(shell.compile(ast.Module([node], []), file, "exec"), shell.user_ns)
            names += _bound(node)
    if names:
        print(
            f"This cell stopped with an error in line {line}. What it defines after that was "
            f"defined all the same: {', '.join(names)}."
        )


def _bound(node: Any) -> list[str]:
    """The names that a definition binds."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        return [alias.asname or alias.name.partition(".")[0] for alias in node.names]
    return [node.name]


def _remark(text: str) -> None:
    print(f"`{text}` is not run when grading.")


def _command(command: str) -> None:
    _remark(f"!{command}")


def _output(command: str, *args: Any, **kwargs: Any) -> list[str]:
    from IPython.utils.text import SList

    _remark(f"!{command}")
    return SList()


def _line_magic(
    shell: Any, run: Callable[..., Any], name: str, line: str, _stack_depth: int = 1
) -> Any:
    written = f"%{name} {line}".rstrip()
    absent = name == "matplotlib" and line.strip() not in BACKENDS
    if absent or name in NOT_RUN or shell.find_line_magic(name) is None:
        return _remark(written)
    try:
        return run(name, line, _stack_depth + 1)
    except Exception:
        if name not in MAY_BE_MISSING:
            raise
        return _remark(written)


def _cell_magic(shell: Any, run: Callable[..., Any], name: str, line: str, cell: str) -> Any:
    if name in NOT_RUN or shell.find_cell_magic(name) is None:
        return _remark(f"%%{name} {line}".rstrip())
    return run(name, line, cell)


def _nothing(*args: Any, **kwargs: Any) -> None:
    pass


def _put_back(out: Any, err: Any, result: Any) -> None:
    sys.stdout, sys.stderr = out, err


def _no_keyboard(*args: Any, **kwargs: Any) -> None:
    from IPython.core.error import StdinNotImplementedError

    raise StdinNotImplementedError("it waits for the keyboard: nobody is there when grading")
