"""Runs one question where the student's definitions live, and says what came of it.

This file's text is sent to the sealed kernel, see :mod:`grading.boundary.inside`; in an
instructor's own notebook the same function is called in-process.
"""

from __future__ import annotations

import contextlib
import io
import json
import linecache
from collections.abc import Mapping, Sequence
from typing import Any

from grading.boundary.outcome import Failed
from grading.boundary.wire import dumps, loads

MAX_MESSAGE = 1000  # characters of an exception's text


def answer(
    code: str, inputs: Mapping[str, Any], outputs: Sequence[str], namespace: dict[str, Any]
) -> tuple[tuple[Any, ...] | None, dict[str, str] | None]:
    """Run `code` over a copy of `namespace` and `inputs`.

    Parameters
    ----------
    code : str
        Must bind every name in `outputs`.
    inputs : mapping of str to plain data
        Variables bound before the code runs.
    outputs : sequence of str
        Names whose values are the answer.
    namespace : dict
        Where the student's definitions are; the code cannot rebind its names.

    Returns
    -------
    values : tuple or None
        One value for each output, or None if the code did not finish.
    failure : dict or None
        ``kind``, ``message``, ``where`` and ``exception``, each a str, if it did not.
    """
    scope = {**namespace, **inputs}
    try:
        exec(compile(code, "<question>", "exec"), scope)
        return tuple(scope[name] for name in outputs), None
    except BaseException as error:
        return None, failure(error, namespace)


def failure(error: BaseException, namespace: dict[str, Any]) -> dict[str, str]:
    """Describe an exception, with the innermost line of the student's own code in it."""
    name = type(error).__name__
    kind = Failed.NOT_WRITTEN if isinstance(error, NotImplementedError) else Failed.RAISED
    if isinstance(error, KeyboardInterrupt):
        kind = Failed.TOO_SLOW
    try:
        text = str(error)
    except BaseException:
        text = "an exception whose text cannot be shown"
    where = ""
    step = error.__traceback__
    while step is not None:
        frame = step.tb_frame
        if frame.f_globals is namespace:
            line = linecache.getline(frame.f_code.co_filename, step.tb_lineno).strip()
            where = f"{frame.f_code.co_name}, line {step.tb_lineno}: {line}"
        step = step.tb_next
    message = f"{name}: {text}" if text else name
    return {
        "kind": kind,
        "message": message[:MAX_MESSAGE],
        "where": where[:MAX_MESSAGE],
        "exception": name[:100],
    }


def serve(request: str) -> None:
    """Answer a set of questions in a Jupyter kernel, one iopub message for each.

    Parameters
    ----------
    request : str
        JSON: a list of questions, each with ``code``, ``outputs``, ``inputs`` (text of the wire)
        and ``buffers`` (how many of the message's buffers are its own).
    """
    from IPython import get_ipython

    shell = get_ipython()
    kernel = shell.kernel
    parent = kernel.get_parent()
    buffers = list(parent.get("buffers", ()))
    for number, question in enumerate(json.loads(request)):
        own, buffers = buffers[: question["buffers"]], buffers[question["buffers"] :]
        inputs = loads(question["inputs"], own)
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            values, failed = answer(question["code"], inputs, question["outputs"], shell.user_ns)
        content, out = {"number": number, "failed": failed}, []
        if failed is None:
            content["value"], out = dumps(values)
        kernel.session.send(
            kernel.iopub_socket, "sealed_answer", content, parent=parent, buffers=out
        )
        if failed is not None and failed["kind"] == Failed.TOO_SLOW:
            return
