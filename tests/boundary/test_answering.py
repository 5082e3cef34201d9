"""A case's script runs by itself: of the student's names it takes the functions that it asks."""

from __future__ import annotations

import builtins
from typing import Any

import numpy as np
import pytest

from grading.boundary import questions
from grading.boundary.outcome import Failed
from grading.boundary.questions import Question, Unanswered

DOUBLE = "def double(x):\n    return 2 * x\n"


def asked(student: str, code: str = "result = double(x)", **inputs: Any) -> Any:
    """What a notebook with the student's code answers to one question."""
    namespace: dict[str, Any] = {}
    exec(compile(DOUBLE + student, "<student>", "exec"), namespace)
    return questions.run(Question(code, inputs or {"x": 3}), namespace)


@pytest.mark.parametrize(
    "student",
    [
        "sum = 0\nzip = [1]\nexec = None\nrange = len = print = 7",
        "__builtins__ = {}",
        "np = 3\nnumpy = 4",
        "x = 99\nresult = 98",
        "__import__ = None\n__name__ = 5",
    ],
)
def test_names_of_the_students_change_nothing(student: str) -> None:
    code = (
        "import numpy as np\nprint(x)\n"
        "result = [sum(double(v) for v, _ in zip(range(x), range(9))), float(np.sum(np.ones(2)))]"
    )
    assert asked(student, code) == ([6, 2.0],)


def test_builtins_taken_away_are_there_for_scripts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(builtins, "sum")
    assert asked("", "result = sum([double(x), 1])") == (7,)


def test_functions_in_a_script_ask_the_students_too() -> None:
    code = "def cost(t):\n    return double(t) + half\nresult = [cost(t) for t in (1, 2)]"
    assert asked("half = 0.5", code) == ([2.5, 4.5],)


def test_a_script_cannot_rebind_what_is_the_students() -> None:
    namespace: dict[str, Any] = {"double": lambda x: 2 * x}
    questions.run(Question("double = None\nresult = 1"), namespace)
    assert namespace["double"](3) == 6


@pytest.mark.parametrize(
    ("student", "kind", "message"),
    [
        ("def double(x): raise NotImplementedError('later')", Failed.NOT_WRITTEN, "later"),
        ("def double(x): raise ValueError('no')", Failed.RAISED, "ValueError: no"),
        ("def double(x): raise KeyboardInterrupt", Failed.TOO_SLOW, "KeyboardInterrupt"),
        ("def double(x): return [[0] * 150] * 100", Failed.NOT_DATA, "the answer is nested too"),
        (
            "class StdinNotImplementedError(NotImplementedError): 'As IPython has it.'\n"
            "def double(x): raise StdinNotImplementedError('it waits for the keyboard')",
            Failed.WAITS,
            "it waits for the keyboard",
        ),
        ("del double", Failed.RAISED, "NameError: name 'double' is not defined"),
    ],
)
def test_why_there_is_no_answer(student: str, kind: Failed, message: str) -> None:
    unanswered = asked(student)
    assert isinstance(unanswered, Unanswered)
    assert unanswered.kind == kind
    assert message in unanswered.message


def test_a_class_of_the_students_that_holds_plain_data_arrives_as_that() -> None:
    student = "import numpy as np\nclass Box(dict): pass\ndef double(x): return Box(a=np.ones(x))"
    (result,) = asked(student)
    assert type(result) is dict
    assert np.array_equal(result["a"], np.ones(3))


def test_a_line_of_a_double_is_not_the_students() -> None:
    namespace: dict[str, Any] = {}
    exec(
        compile(DOUBLE + "def twice(x):\n    return double(double(x))", "<student>", "exec"),
        namespace,
    )
    fails = {"double": "def double(x):\n    raise ValueError('no')"}
    question = Question("result = twice(x)", {"x": 3}, doubles=fails)
    unanswered = questions.run(question, namespace)
    assert unanswered.message == "ValueError: no"
    assert unanswered.where == "twice, line 4: "
    assert namespace["double"](3) == 6


def test_a_double_that_is_interrupted_is_taken_out() -> None:
    namespace: dict[str, Any] = {}
    exec(DOUBLE, namespace)
    stops = {"double": "def double(x):\n    raise KeyboardInterrupt", "other": "double = 3"}
    unanswered = questions.run(Question("result = double(x)", {"x": 3}, doubles=stops), namespace)
    assert unanswered.kind == Failed.TOO_SLOW
    assert namespace["double"](3) == 6
    assert "other" not in namespace
