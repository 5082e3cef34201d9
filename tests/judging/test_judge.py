"""What a graded cell comes to in the judge: a score, or a fault that is the hidden tests' own."""

from __future__ import annotations

import pytest

from grading.judging.judge import Judge


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("raise RuntimeError('no reference')", "no expression|not an expression"),
        ("1 / 0", "ZeroDivisionError"),
        ("float('nan')", "outside 0 to 4"),
        ("float('inf')", "outside 0 to 4"),
        ("4.001", "outside 0 to 4"),
        ("-0.5", "outside 0 to 4"),
        ("None", "TypeError"),
        ("'many'", "ValueError"),
        ("score = 4", "not an expression"),
        ("", "not an expression"),
        ("def broken(:", "SyntaxError"),
        ("import no_such_module\n4", "ModuleNotFoundError"),
        ("exit()", "SystemExit|NameError"),
    ],
)
def test_a_graded_cell_at_fault_gives_no_score(source: str, words: str) -> None:
    verdict = Judge(None, b"key").grade(source, 4.0, {})
    assert verdict["fault"]
    assert any(word in verdict["fault"] for word in words.split("|")), verdict["fault"]
    assert verdict["score"] == 0.0


@pytest.mark.parametrize(("source", "score"), [("0", 0.0), ("4", 4.0), ("x = 2\nx + 1.5", 3.5)])
def test_a_graded_cell_gives_the_value_of_its_last_line(source: str, score: float) -> None:
    verdict = Judge(None, b"key").grade(source, 4.0, {})
    assert (verdict["score"], verdict["fault"]) == (score, "")
