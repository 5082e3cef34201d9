"""What a student sees of visible checks: one sentence, a ladder, and how far the notebook is."""

import json
import re
from collections.abc import Callable
from html import unescape
from pathlib import Path

import numpy as np
import pytest

from grading.rehearsal.checks import NAME, Sheet, Trial, Unmet

SAYS, ASK, BY_HAND = "The halves are missing.", "Is half < the whole?", "Half of 4 is 2."
Z = np.array([[2.0, 8.0], [4.0, 6.0]])


def right(Z: np.ndarray) -> np.ndarray:
    return Z / 2


def examine(trial: Trial) -> None:
    trial.agree("A", trial(Z), [[1, 4], [2, 3]])
    trial.agree("A of zeros", trial(0 * Z), 0 * Z)


@pytest.fixture
def sheet(tmp_path: Path) -> Sheet:
    """The checks of a notebook with one question, `half`, and one known mistake."""
    plain = Sheet(str(tmp_path / "none.py"))
    examine.__name__ = "half"
    plain.question(minutes=7, ask=ASK, by_hand=BY_HAND)(examine)
    mistake = {"says": SAYS, "read": ["a/b.ipynb", "Two halves"]}
    mistake["marks"] = [plain.marks("half", lambda Z: Z)]
    known = {"half": {"points": 3, "read": ["a/b.ipynb", "One"], "mistakes": [mistake]}}
    (tmp_path / "numbers.json").write_text(json.dumps(known))
    made = Sheet(str(tmp_path / "numbers.py"))
    made.question(minutes=7, ask=ASK, by_hand=BY_HAND)(examine)
    return made


@pytest.fixture
def told(sheet: Sheet, capsys: pytest.CaptureFixture) -> Callable[[Callable], str]:
    """What is printed of a function under the name of the question."""

    def told(function: Callable) -> str:
        function.__name__ = "half"
        sheet.check(function)
        return capsys.readouterr().out

    return told


def test_what_holds_has_a_line_each(told):
    assert told(right).splitlines() == [
        "✓ A",
        "✓ A of zeros",
        "✓ arguments left as they were",
        "half: visible checks passed; hidden checks run when graded",
    ]


def test_the_first_thing_that_does_not_hold_is_one_sentence_with_a_ladder_below(told):
    assert told(lambda Z: Z).splitlines() == [
        "✗ A, entry [0, 0], is 2; it should be 1.",
        f"  A question to ask yourself: {ASK}",
        "  Where to read: a/b.ipynb, section “Two halves”",
        f"  {NAME}: {SAYS}",
        f"  By hand: {BY_HAND}",
    ]


def test_a_notebook_folds_the_same_words(sheet):
    with pytest.raises(Unmet) as caught:
        sheet.examine("half", lambda Z: Z)
    rungs = re.findall("<details><summary>(.*?)</summary><p>(.*?)</p></details>", caught.value.html)
    plain = [re.sub("<.*?>", "", f"  {kind}: {text}") for kind, text in rungs]
    assert [unescape(text) for text in plain] == caught.value.text.splitlines()[1:]
    assert "<p>Is half &lt; the whole?</p>" in caught.value.html
    assert '<a href="../../a/b.ipynb#Two-halves">' in caught.value.html


@pytest.mark.parametrize("answer", [lambda Z: Z + (not Z.any()), lambda Z: Z if Z.any() else [][0]])
def test_a_mistake_is_named_only_where_all_answers_are_its_own(told, answer):
    said = told(answer)
    assert SAYS not in said and "section “One”" in said


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (lambda Z: Z.T / 2, "A, entry [0, 1], is 2; it should be 4."),
        (lambda Z: (Z / 2)[:1], "A has shape (1, 2); it should be (2, 2)."),
        (lambda Z: (Z / 2).tolist(), "A is a list; it should be a NumPy array."),
        (lambda Z: None, "A is a NoneType; it should be a NumPy array."),
        (lambda Z: Z / Z.sum() / 0, "A, entry [0, 0], is inf; it should be 1."),
    ],
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_the_sentence_says_what_is_and_what_should_be(told, answer, sentence):
    assert told(answer).splitlines()[0] == f"✗ {sentence}"


def test_an_argument_that_is_changed_is_told_and_spoils_no_check(told):
    def in_place(Z):
        Z /= 2
        return Z

    def wrong_as_well(Z):
        Z -= 1
        return Z

    assert "  Besides: It changes its argument Z." in told(wrong_as_well)
    said = told(in_place).splitlines()
    assert said[:3] == ["✓ A", "✓ A of zeros", f"✗ It changes its argument Z. {said[2][29:]}"]


def test_an_error_is_told_with_the_students_own_line(told):
    def broken(Z):
        return Z @ np.ones(3)

    said = told(broken)
    assert "✗ It stops with ValueError: matmul" in said and "at `return Z @ np.ones(3)`" in said
    assert "checks.py" not in said and "print both shapes" in said

    def broken_inside(Z):
        return np.linalg.inv(Z[:1])

    assert "at `return np.linalg.inv(Z[:1])`" in told(broken_inside)


def test_what_is_not_written_is_no_mistake(told):
    def half(Z):
        raise NotImplementedError("half: not written yet")

    def other(Z):
        raise NotImplementedError("double: not written yet")

    assert told(half) == "half: not written yet\n"
    assert told(other) == "half: it needs double, which is not written yet\n"


def test_validate_gets_an_error_that_shows_no_traceback(sheet, monkeypatch):
    def half(Z):
        return Z

    monkeypatch.setenv("NBGRADER_VALIDATING", "1")
    with pytest.raises(Unmet, match="is 2; it should be 1") as caught:
        sheet.check(half)
    assert caught.value._render_traceback_() == caught.value.text.splitlines()


def test_a_question_of_another_notebook_is_told_from_an_answer_that_is_wrong(told, sheet):
    with pytest.raises(Unmet, match="There are checks for half; third is none of them"):
        sheet.examine("third", right)


@pytest.mark.parametrize(
    ("function", "state", "foot"),
    [
        (None, "to do: its cell has not been run", "0 of 1 done; about 7 minutes left."),
        (lambda Z: Z, "to do: A, entry [0, 0], is 2;", "0 of 1 done; about 7 minutes left."),
        (right, "done", "1 of 1 done; about 0 minutes left."),
    ],
)
def test_progress_says_how_far_one_is_whatever_is_missing(
    sheet, monkeypatch, capsys, function, state, foot
):
    if function:
        monkeypatch.setattr("__main__.half", function, raising=False)
    sheet.progress()
    head, row, last = capsys.readouterr().out.splitlines()
    assert head.split() == ["question", "visible", "checks", "points", "minutes"]
    assert row.startswith("half") and state in row and row.endswith("7")
    assert last == foot
