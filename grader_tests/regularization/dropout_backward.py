"""`dropout_backward`: the derivative passes where an entry was kept, scaled as it was."""

from __future__ import annotations

import numpy as np

from grader_tests.regularization import INVERTED, NEW_MASK
from grader_tests.regularization import reference as ref
from grader_tests.regularization.draws import is_array_like, signed
from grading.marking import (
    Agrees,
    Case,
    Holds,
    InputsUntouched,
    Mistake,
    Promise,
    Task,
    Variant,
    call,
    edit,
    fixed,
)
from grading.marking.derivative import central_difference, relative_difference


def cases(rng: np.random.Generator) -> list[Case]:
    """Masks with kept and dropped entries, and one that keeps everything."""
    cases = []
    for n, m, keep_prob in ((3, 5, 0.6), (4, 4, 0.8), (20, 30, 0.5), (30, 15, 0.3), (3, 4, 1.0)):
        mask = np.array([[True]])
        while mask.all() == (keep_prob < 1) or not mask.any() or mask.size == 1:
            mask = rng.random((n, m)) < keep_prob
        label = f"{n} units, {m} examples, keep_prob = {keep_prob:g}"
        cases.append(call(ref.dropout_backward, signed(rng, n, m), mask, keep_prob, label=label))
    return cases


def confirm(case: Case, wanted: np.ndarray) -> float:
    """Differentiate ``sum(dA * A_out)`` numerically, with the mask held fixed."""
    dA, mask, keep_prob = case.inputs.values()
    numerical = central_difference(
        lambda A: float(np.sum(dA * np.where(mask, A, 0)) / keep_prob), np.ones(dA.shape)
    )
    return relative_difference(wanted, numerical)


def nothing_where_dropped(result: np.ndarray, wanted: np.ndarray, case: Case) -> str | None:
    """No gradient where the forward pass put a 0, and one of dA's sign elsewhere."""
    dA, mask = case.inputs["dA"], case.inputs["mask"]
    problem = is_array_like(result, mask, "dA_prev")
    if problem:
        return problem.replace("that of A", "that of dA")
    leaks = np.count_nonzero(result[~mask])
    if leaks:
        return f"dA_prev is not 0 at {leaks} of {np.sum(~mask)} dropped entries."
    if np.any(np.sign(result) != np.sign(dA * mask)):
        return "At a kept entry, dA_prev has another sign than dA."
    return None


def other_entries_dropped(result: np.ndarray, wanted: np.ndarray, case: Case) -> bool | None:
    """Recognise another mask: right values at other places, in arrays that are not small."""
    dA, mask, keep_prob = case.inputs.values()
    kept = result != 0
    if mask.size < 100:
        return None
    other = not np.array_equal(kept, mask) and not np.array_equal(kept, ~mask)
    if not np.any(kept & ~mask):
        return False
    return other and not kept.all() and np.allclose(result[kept], dA[kept] / keep_prob)


BACK = "dA * mask / keep_prob"

MISTAKES = (
    Mistake(
        "DO-11",
        INVERTED,
        "The gradient passes unchanged. Entries that were dropped have no influence on the cost, "
        "and the others were scaled.",
        edit(BACK, "dA.copy()"),
    ),
    Mistake(
        "DO-12",
        INVERTED,
        "The gradient is not divided by keep_prob. The forward pass divided, so the derivative "
        "has the same factor.",
        edit(BACK, "dA * mask"),
    ),
    Mistake(
        "DO-13",
        NEW_MASK,
        "The gradient passes at other entries than were kept on the way forward. Nothing that is "
        "drawn anew, or made from dA, says which these were: use the mask that is handed in.",
        edit(BACK, "dA * (np.random.random(dA.shape) < keep_prob) / keep_prob"),
        looks_like=other_entries_dropped,
    ),
    Mistake(
        "DO-33",
        INVERTED,
        "The gradient also stops where dA is not positive, as if a ReLU were there. Here the mask "
        "alone decides where it passes.",
        edit(BACK, "dA * mask * (dA > 0) / keep_prob"),
        edit(BACK, "dA * mask * (dA > 0)"),
    ),
    Mistake(
        "DO-26",
        INVERTED,
        "The gradient is divided by keep_prob twice. The mask is True and False; one division is "
        "enough.",
        edit(BACK, "dA * mask / keep_prob**2"),
    ),
    Mistake(
        "DO-27",
        INVERTED,
        "The gradient is multiplied by keep_prob. The forward pass divided, so the derivative "
        "divides as well.",
        edit(BACK, "dA * mask * keep_prob"),
    ),
    Mistake(
        "DO-31",
        INVERTED,
        "keep_prob is taken for the drop rate, or has a fixed value. It is the probability that an "
        "entry is kept: divide by the argument as it comes.",
        edit(BACK, "dA * mask / (1 - keep_prob)"),
        edit(BACK, "dA * mask / 0.5"),
        numbers=fixed("keep_prob"),
    ),
    Mistake(
        "DO-28",
        INVERTED,
        "The mask is not used. Entries that were dropped get no gradient.",
        edit(BACK, "dA / keep_prob"),
    ),
    Mistake(
        "DO-29",
        INVERTED,
        "The gradient goes through the dropped entries and stops at the kept ones. The mask is "
        "True where an entry was kept.",
        edit(BACK, "dA * ~mask / keep_prob"),
    ),
    Mistake(
        "DO-30",
        INVERTED,
        "dA is changed in place, by an operation such as *=. The caller's array must stay as it "
        "is: compute a new one.",
        edit("return " + BACK, "dA *= mask\n    dA /= keep_prob\n    return dA"),
    ),
)

TASK = Task(
    reference=ref.dropout_backward,
    returns="dA_prev",
    cases=cases,
    criteria=(
        Agrees("gradient", 1),
        Holds("zero where dropped", 0.5, nothing_where_dropped),
        InputsUntouched(0.5),
    ),
    lecture=INVERTED,
    mistakes=MISTAKES,
    variants=(Variant("where", edit(BACK, "np.where(mask, dA / keep_prob, 0)")),),
    confirm=confirm,
    losses={
        "DO-11": "all",
        "DO-12": "gradient",
        "DO-13": "all",
        "DO-33": "all",
        "DO-26": "gradient",
        "DO-27": "gradient",
        "DO-31": "gradient",
        "DO-28": "all",
        "DO-29": "all",
        "DO-30": "inputs untouched",
    },
    promises={
        "dA": Promise(value=(-1.5, 1.5), within=(-2, 2), rows=(3, 30), columns=(4, 30)),
        "mask": Promise(rows=(3, 30), columns=(4, 30), has=("bool",)),
        "keep_prob": Promise(value=(0.3, 1)),
    },
)
