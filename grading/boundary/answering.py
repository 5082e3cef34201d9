"""Runs one question where the student's definitions live, and says what came of it.

This file's text is sent to the sealed kernel, see :mod:`grading.boundary.inside`; in an
instructor's own notebook the same function is called in-process.
"""

from __future__ import annotations

import builtins
import contextlib
import functools
import io
import linecache
import sys
from collections.abc import Iterator, Mapping, Sequence
from types import CodeType
from typing import Any

from grading.boundary.doubles import FILE, Doubles
from grading.boundary.outcome import Failed
from grading.boundary.wire import WireError, dumps, loads

MAX_MESSAGE = 1000  # characters of an exception's text
OURS = (Failed.NOT_DATA, Failed.WAITS)  # here an exception's text says it all
TARGET = "sealed_questions"  # of the comm by which a kernel is asked
BUILTINS = dict(vars(builtins))  # as they are before student code runs


def answer(
    code: str,
    inputs: Mapping[str, Any],
    outputs: Sequence[str],
    namespace: dict[str, Any],
    doubles: Mapping[str, str],
) -> tuple[tuple[str, list[bytes]] | None, dict[str, str] | None]:
    """Run `code` in a namespace of its own, with fresh builtins.

    Parameters
    ----------
    code : str
        Must bind every name in `outputs`.
    inputs : mapping of str to plain data
        Variables bound before the code runs.
    outputs : sequence of str
        Names whose values are the answer.
    namespace : dict
        Where the student's definitions are. The code has those whose names it uses, builtins
        excepted, and cannot rebind them.
    doubles : mapping of str to str
        What stands in the place of the student's functions meanwhile; see :class:`Doubles`.

    Returns
    -------
    values : tuple or None
        One value for each output, as the wire has them; None if the code did not finish.
    failure : dict or None
        ``kind``, ``message``, ``where`` and ``exception``, each a str, if it did not.
    """
    scope: dict[str, Any] = {"__builtins__": dict(BUILTINS)}
    standing_in = Doubles(namespace)
    try:
        for name, text in doubles.items():
            standing_in.put(name, text)
        program = compile(code, "<question>", "exec")
        for name in _names(program):
            if name in namespace and name not in BUILTINS:
                scope[name] = namespace[name]
        scope.update(inputs)
        exec(program, scope)
        return dumps(tuple(scope[name] for name in outputs)), None
    except BaseException as error:
        return None, failure(error, namespace)
    finally:
        standing_in.undo()


def _names(program: CodeType) -> Iterator[str]:
    """All names in a program, those in its functions too."""
    yield from program.co_names
    for constant in program.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def failure(error: BaseException, namespace: dict[str, Any]) -> dict[str, str]:
    """Describe an exception, with the innermost line of the student's own code in it."""
    name = type(error).__name__
    try:
        text = str(error)
    except BaseException:
        text = "an exception whose text cannot be shown"
    where = ""
    step = error.__traceback__
    while step is not None:
        frame = step.tb_frame
        if frame.f_globals is namespace and frame.f_code.co_filename != FILE:
            line = linecache.getline(frame.f_code.co_filename, step.tb_lineno).strip()
            where = f"{frame.f_code.co_name}, line {step.tb_lineno}: {line}"
        step = step.tb_next
    kind = _kind(error)
    message = f"{name}: {text}" if text else name
    return {
        "kind": kind,
        "message": (text if kind in OURS else message)[:MAX_MESSAGE],
        "where": where[:MAX_MESSAGE],
        "exception": name[:100],
    }


def _kind(error: BaseException) -> Failed:
    if isinstance(error, KeyboardInterrupt):
        return Failed.TOO_SLOW
    if isinstance(error, WireError):
        return Failed.NOT_DATA
    if type(error).__name__ == "StdinNotImplementedError":  # a NotImplementedError of IPython's
        return Failed.WAITS
    return Failed.NOT_WRITTEN if isinstance(error, NotImplementedError) else Failed.RAISED


def listen(kernel: Any) -> None:
    """Have a Jupyter kernel answer the questions that open a comm."""
    kernel.comm_manager.register_target(TARGET, functools.partial(serve, kernel))


def serve(kernel: Any, comm: Any, request: Mapping[str, Any]) -> None:
    """Answer a set of questions, one iopub message for each.

    Parameters
    ----------
    kernel : ipykernel.ipkernel.IPythonKernel
    comm : ipykernel.comm.Comm
        Is not needed: it only brought the request.
    request : mapping
        The message that opened it. Its ``data`` are a list of questions, each with ``code``,
        ``outputs``, ``doubles``, ``inputs`` (text of the wire) and ``buffers`` (how many of the
        message's buffers are its own).
    """
    comm.close()
    buffers = list(request["buffers"])
    for number, question in enumerate(request["content"]["data"]):
        own, buffers = buffers[: question["buffers"]], buffers[question["buffers"] :]
        inputs = loads(question["inputs"], own)
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            values, failed = answer(
                question["code"],
                inputs,
                question["outputs"],
                kernel.shell.user_ns,
                question["doubles"],
            )
        text, out = values or (None, [])
        content = {"number": number, "failed": failed, "value": text}
        kernel.session.send(
            kernel.iopub_socket, "sealed_answer", content, parent=request, buffers=out
        )
        if failed is not None and failed["kind"] == Failed.TOO_SLOW:
            break
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")  # or the next cell would show the figures
