"""When a question is asked again, and what its page says was missing."""

from __future__ import annotations

import asyncio
import platform

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_output

from grading.boundary.outcome import Failed, Reply
from grading.grade.turns import MOST_NAMED, MOST_TIMES, Listener, Turn, cause, lacking
from grading.judging.remote import Judged


def failed(kind: Failed, message: str, exception: str = "") -> Reply:
    """What a kernel says of a question that it could not answer."""
    return Reply(None, {"kind": kind, "message": message, "exception": exception}, [])


UNDEFINED = failed(Failed.RAISED, "NameError: name 'helper' is not defined", "NameError")
UNWRITTEN = failed(Failed.NOT_WRITTEN, "NotImplementedError: helper: not written yet")


@pytest.mark.parametrize(
    ("reply", "names"),
    [
        (UNDEFINED, {"helper"}),
        (UNWRITTEN, {"helper"}),
        (failed(Failed.NOT_WRITTEN, "NotImplementedError"), {"double"}),
        (failed(Failed.RAISED, "ValueError: name 'helper' is not defined", "ValueError"), set()),
        (Reply("[]", None, []), set()),
        (Reply(None, "rubbish", []), set()),
    ],
)
def test_what_a_reply_lacks(reply: Reply, names: set[str]) -> None:
    assert lacking(reply, "double") == names


def test_a_listener_hands_replies_on_and_remembers_what_they_lack() -> None:
    class Kernel:
        async def ask(self, questions, buffers):
            return [UNDEFINED, UNWRITTEN, Reply("[]", None, [])]

    listener = Listener(Kernel(), "double")
    replies = asyncio.run(listener.ask([{}] * 3, []))
    assert len(replies) == 3
    assert listener.missing == {"helper"}


def turn(*missing: str, question: str = "double") -> Turn:
    """A question that met these names missing."""
    return Turn(new_code_cell(""), "", 4.0, question, missing=set(missing))


@pytest.mark.parametrize(("first", "second", "kept"), [(0, 4, 4), (4, 0, 4), (2, 2, 2)])
def test_the_best_time_counts(first: float, second: float, kept: float) -> None:
    one = turn()
    for score in (first, second):
        one.keep(Judged(score=score, displays=[{"text/plain": ""}]), set())
    assert one.judged.score == kept


def test_a_question_waits_for_what_it_lacked_but_cannot_be_guessed_at_for_ever() -> None:
    one = turn("helper")
    assert one.waits_for({"helper", "other"})
    assert not one.waits_for({"other"})
    for _ in range(MOST_TIMES):
        one.keep(Judged(), {"helper"})
    assert not one.waits_for({"helper"})


def stopped(source: str, name: str, text: str, *traceback: str) -> nbformat.NotebookNode:
    """A cell that ended with an error."""
    output = new_output("error", ename=name, evalue=text, traceback=list(traceback))
    return new_code_cell(source, outputs=[output])


IMPORT = stopped(
    "import pandas\ndef double(x): pass",
    "ModuleNotFoundError",
    "No module named 'pandas'",
    "\x1b[0;32m----> 1\x1b[0m import pandas",
)
SYNTAX = stopped("def double(x:\n    pass", "SyntaxError", "incomplete input (123.py, line 2)",
                 "  Cell In[5], line 2\n    pass")  # fmt: skip
TIMED = new_code_cell("%%timeit -n 1\ndef double(x):\n    return x")
STUB = new_code_cell("def helper(x):\n    raise NotImplementedError")
TRIED = stopped(
    "def helper(x):\n    raise NotImplementedError\nhelper(1)", "NotImplementedError", "not yet"
)


@pytest.mark.parametrize(
    ("missing", "cell", "sentence"),
    [
        (
            "double",
            IMPORT,
            "double is not there, because the cell that defines it stopped: ModuleNotFoundError: "
            "No module named 'pandas' (line 1: import pandas).",
        ),
        (
            "double",
            SYNTAX,
            "double is not there, because the cell that defines it stopped: SyntaxError: "
            "incomplete input (line 2).",
        ),
        (
            "double",
            TIMED,
            "double is defined in a cell that begins with %%timeit: what is defined there is not "
            "kept. Take that line out.",
        ),
        ("double", STUB, "double is defined in no cell of this notebook."),
        ("helper", STUB, "It needs helper, which is not written yet."),
        ("helper", TRIED, "It needs helper, which is not written yet."),
    ],
)
def test_the_page_says_why_a_name_is_missing(missing, cell, sentence) -> None:
    assert cause(turn(missing), nbformat.v4.new_notebook(cells=[cell])) == sentence


def test_no_more_is_said_than_a_reader_has_time_for() -> None:
    said = cause(turn(*(f"name{n}" for n in range(500))), nbformat.v4.new_notebook())
    assert said.count("is defined in no cell") == MOST_NAMED


def test_nothing_more_is_said_of_an_answer_that_is_not_written() -> None:
    notebook = nbformat.v4.new_notebook(cells=[STUB])
    assert cause(turn("helper", question="helper"), notebook) == ""


def test_syntax_of_another_python_is_named_with_both_versions() -> None:
    notebook = nbformat.v4.new_notebook(cells=[SYNTAX])
    here = platform.python_version()
    assert cause(turn("double"), notebook, "3.99.1").endswith(
        f" It was saved with Python 3.99.1 and graded with Python {here}, "
        "which may not know newer syntax."
    )
    assert "saved with" not in cause(turn("double"), notebook, here)
