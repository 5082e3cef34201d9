"""From right answers, whatever edits leave Run All green leave the score full."""

from __future__ import annotations

import contextlib
import random
from pathlib import Path
from typing import Any

import hypothesis
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from grading.handed_in.arrange import arrange
from grading.handed_in.cells import grade_id, question_name
from grading.handed_in.read import SubmissionReader
from tests.notebooks.edits import EDITS, edited, lose_a_given_cell, namespace, run, sequence
from tests.notebooks.sheet import NOTEBOOK, POINTS, Sheet, grade, hand_in, make, release

READER = SubmissionReader()
X = np.array([[1.0, -2.0]])


def verdict(name: str, names: dict[str, Any]) -> bool | None:
    """Whether a function answers right where the student's names are; None if one is missing."""
    try:
        answer = names[name](3 if name == "params" else X)
    except (NameError, KeyError, NotImplementedError):
        return None
    try:
        if name == "pair":
            return all(map(np.array_equal, answer, (X + 0.5, 2 * X)))
        if name == "params":
            return answer["W"].shape == (3, 3) and answer["b"].shape == (3, 1)
        return np.array_equal(answer, {"double": 2, "quadruple": 4}[name] * X)
    except TypeError:
        return False


def unearned(sheet: Sheet) -> set[str]:
    """The questions that lose their points, asked as they are in grading, but without a kernel."""
    notebook = arrange(READER.parse(sheet.saved(), "p2.ipynb"), release()).notebook
    names = namespace()
    verdicts: dict[str, bool | None] = {}
    for cell in notebook.cells:
        name = grade_id(cell) or ""
        if name.endswith("-graded"):
            verdicts[question_name(name)] = None
        elif cell.cell_type == "code" and "tags" not in cell.metadata:
            # visible checks that were put back may stand before the answer
            with contextlib.suppress(Exception):
                run(cell.source, names)
        for question, known in verdicts.items():
            if known is None:
                verdicts[question] = verdict(question, names)
    return {question for question, held in verdicts.items() if not held}


@given(
    st.lists(st.sampled_from(EDITS), min_size=1, max_size=8),
    st.integers(0, 2**32),
    st.booleans(),
)
def test_what_leaves_run_all_green_leaves_the_score_full(edits, seed, loses) -> None:
    sheet, done = edited(edits, seed)
    if loses:
        lose_a_given_cell(sheet, random.Random(seed))
    sources = "\n---\n".join(f"{c['cell_type']} {c.get('id')} {c['source']}" for c in sheet.cells)
    assert not unearned(sheet), f"{done}\n{sources}"


def test_the_class_runner_gives_full_scores_too(sandbox: None, tmp_path: Path) -> None:
    root = make(tmp_path / "course")
    edits = {}
    for seed in range(hypothesis.settings().max_examples // 20):
        sheet, edits[f"student{seed}"] = sequence(seed)
        hand_in(root, f"student{seed}", {f"{NOTEBOOK}.ipynb": sheet.file()})
    scores = grade(root)
    assert scores.keys() == edits.keys()
    lost = {student: scores[student] for student in edits if scores[student] != POINTS}
    assert not lost, {student: edits[student] for student in lost}
