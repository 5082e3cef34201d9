"""`dropout_forward`: inverted dropout with a mask that is drawn from rng."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from grader_tests.regularization import INVERTED, NEW_MASK
from grader_tests.regularization import reference as ref
from grader_tests.regularization.draws import is_array_like, signed
from grading.marking import (
    Case,
    Holds,
    InputsUntouched,
    Mistake,
    Promise,
    Rng,
    Task,
    Variant,
    call,
    chance,
    edit,
    script,
)

# Two prime numbers: the share of kept entries is never exactly keep_prob.
UNITS, EXAMPLES = 307, 193
LARGE_KEEP_PROBS = (0.3, 0.7, 0.85)

DROP_TWICE = """\
import numpy as np
rng = np.random.default_rng(seed)
first, _ = dropout_forward(A.copy(), keep_prob, rng)
later, _ = dropout_forward(A.copy(), keep_prob, rng)
again, _ = dropout_forward(A.copy(), keep_prob, np.random.default_rng(seed))
result = first, later, again"""

DROP_OFTEN = """\
import numpy as np
rng = np.random.default_rng(seed)
result = [dropout_forward(A.copy(), keep_prob, rng)[0] for _ in range(20)]"""


def cases(rng: np.random.Generator) -> list[Case]:
    """Small arrays for the values, large ones for what chance does, and repeated calls."""

    def seed() -> int:
        return int(rng.integers(2**32))

    cases = []
    for shape, keep_prob in (((3, 5), 0.6), ((6, 14), 0.25), ((20, 30), 1.0)):
        label = f"{shape[0]} units, {shape[1]} examples, keep_prob = {keep_prob:g}"
        arguments = signed(rng, *shape), keep_prob, Rng(seed())
        cases.append(call(ref.dropout_forward, *arguments, label=label, tags="small"))
    for keep_prob in LARGE_KEEP_PROBS:
        label = f"{UNITS} units, {EXAMPLES} examples, keep_prob = {keep_prob:g}"
        arguments = signed(rng, UNITS, EXAMPLES), keep_prob, Rng(seed())
        cases.append(call(ref.dropout_forward, *arguments, label=label, tags="large"))
    for code, tag, shape, calls in (
        (DROP_TWICE, "twice", (40, 50), "three"),
        (DROP_TWICE, "twice", (60, 40), "three"),
        (DROP_OFTEN, "often", (10, 10), "20"),
        (DROP_OFTEN, "often", (12, 8), "20"),
    ):
        label = f"{calls} calls with {shape[0]} units, {shape[1]} examples, keep_prob = 0.5"
        inputs = {"A": signed(rng, *shape), "keep_prob": 0.5, "seed": seed()}
        cases.append(script(code, label=label, tags=tag, **inputs))
    return cases


def dropped_or_scaled(result: tuple, wanted: tuple, case: Case) -> str | None:
    """Each entry is 0 or A / keep_prob.

    Both kinds occur among the 59 251 entries of a large array: all alike has a probability below
    0.85^59251.
    """
    if type(result) not in (tuple, list) or len(result) != 2:
        return "It should return two things: A_out, mask."
    A, keep_prob, A_out = case.inputs["A"], case.inputs["keep_prob"], result[0]
    problem = is_array_like(A_out, A, "A_out")
    if problem:
        return problem
    scaled = np.isclose(A_out, A / keep_prob, rtol=1e-6, atol=0)
    if not np.all(scaled | (A_out == 0)):
        i, j = np.argwhere(~scaled & (A_out != 0))[0]
        return f"A_out[{i}, {j}] is neither 0 nor A / keep_prob."
    if keep_prob == 1 and not scaled.all():
        return "With keep_prob = 1 every entry is kept."
    if "large" in case.tags and (scaled.all() or not scaled.any()):
        return "Some entries should be dropped and some kept."
    return None


def mask_marks_the_kept(result: tuple, wanted: tuple, case: Case) -> str | None:
    """The mask is True, or 1, exactly where A_out is not 0."""
    A, (A_out, mask) = case.inputs["A"], result
    problem = is_array_like(mask, A, "mask")
    if problem:
        return problem
    if not np.all((mask == 0) | (mask == 1)):
        return "mask should hold True and False (or 1 and 0) only."
    if not np.array_equal(mask != 0, A_out != 0):
        return "mask should be True exactly where A_out is not 0."
    return None


def choices(kept: np.ndarray) -> int:
    """How many random choices a mask shows: one for each entry, or for each row or column.

    That one choice serves a whole row or column costs the points of `entries_are_independent`.
    """
    if (kept == kept[:, :1]).all():
        return kept.shape[0]
    return kept.shape[1] if (kept == kept[:1]).all() else kept.size


def share_is_kept(result: tuple, wanted: tuple, case: Case) -> str | None:
    """The share of kept entries is near keep_prob.

    Hoeffding's margin for as many choices as there are, the alarm divided among the three cases.
    """
    keep_prob, kept = case.inputs["keep_prob"], result[0] != 0
    margin = chance.fraction_margin(choices(kept), chance.ALARM / len(LARGE_KEEP_PROBS))
    if abs(np.mean(kept) - keep_prob) > margin:
        return (
            f"{100 * np.mean(kept):.0f} % of the entries are kept; it should be about "
            f"{100 * keep_prob:.0f} %."
        )
    return None


def entries_are_independent(result: tuple | list, wanted: tuple, case: Case) -> str | None:
    """No row and no column is kept or dropped as a whole, and the number kept varies.

    Rows and columns are compared with the share kept of all entries; whether that is right has a
    criterion of its own. Hoeffding's margin for each of the 500 rows and columns of three large
    cases, with half the alarm. It holds all the more here: the share of n entries strays less from
    that of all N than from keep_prob, with 1/n - 1/N in place of 1/n. The most likely number kept
    of 96 entries or more has a probability below 0.09 at keep_prob = 0.5, so 20 calls agree with
    one below 0.09^19 < 1e-19.
    """
    if "often" in case.tags:
        counts = {int(np.count_nonzero(A_out)) for A_out in result}
        if len(counts) == 1:
            return "In every call the same number of entries is kept. Each has its own chance."
        return None
    kept = result[0] != 0
    alarm = chance.ALARM / (2 * len(LARGE_KEEP_PROBS) * (UNITS + EXAMPLES))
    for axis, whose in ((1, "unit (row)"), (0, "example (column)")):
        shares = np.mean(kept, axis=axis)
        margin = chance.fraction_margin(kept.shape[axis], alarm)
        if np.max(np.abs(shares - np.mean(kept))) > margin:
            return f"The share kept of some {whose} is far from that of all entries."
    return None


def mask_is_drawn_from_rng(result: tuple, wanted: tuple, case: Case) -> str | None:
    """The same generator state drops the same entries, another one others.

    At keep_prob = 0.5 two masks of 2000 entries or more agree with a probability of 0.5^2000, and
    two with 40 choices of whole rows or columns with one of 0.5^40.
    """
    first, later, again = (A_out != 0 for A_out in result)
    if not np.array_equal(first, again):
        return "Two generators with the same seed dropped different entries."
    if np.array_equal(first, later):
        return "The second call with one generator dropped the same entries as the first."
    return None


Share = Callable[[float], float]


def in_large_arrays(sign: Callable[[tuple, np.ndarray, float], bool]) -> Callable:
    """Recognise an answer by a sign that every large array of it shows."""

    def looks_like(result: tuple, wanted: tuple, case: Case) -> bool | None:
        if "large" not in case.tags:
            return None
        return bool(sign(result, case.inputs["A"], case.inputs["keep_prob"]))

    return looks_like


def kept_and_scaled(share: Share, factor: Share) -> Callable:
    """Recognise the share that is kept, and the factor by which it is multiplied."""

    def sign(result: tuple, A: np.ndarray, keep_prob: float) -> bool:
        kept = result[0] != 0
        near = abs(np.mean(kept) - share(keep_prob)) <= chance.fraction_margin(kept.size)
        return near and np.allclose(result[0][kept], factor(keep_prob) * A[kept], rtol=1e-6)

    return in_large_arrays(sign)


def normal_below(x: float) -> float:
    """The probability that a standard normal number is below x."""
    return 0.5 * (1 + math.erf(x / math.sqrt(2)))


def whole_rows_or_columns(result: tuple, A: np.ndarray, keep_prob: float) -> bool:
    """Whether all columns, or all rows, keep the same entries."""
    kept = result[0] != 0
    return choices(kept) < kept.size and kept.any() and not kept.all()


def realised_share(result: tuple, A: np.ndarray, keep_prob: float) -> bool:
    """Whether A is divided by the share that happens to be kept."""
    kept = result[0] != 0
    return not kept.all() and np.allclose(result[0][kept], A[kept] / np.mean(kept), rtol=1e-6)


def same_number_each_time(result: list, wanted: list, case: Case) -> bool | None:
    """Recognise that of each array the same number of entries is kept, though not the same ones."""
    if "often" not in case.tags:
        return None
    counts = {int(np.count_nonzero(A_out)) for A_out in result}
    return len(counts) == 1 and 0 < counts.pop() < result[0].size and np.ptp(result, axis=0).any()


def same_at_every_call(result: tuple, wanted: tuple, case: Case) -> bool | None:
    """Recognise that the same entries are dropped whatever the generator, though not none."""
    if "twice" not in case.tags:
        return None
    first, later, again = (A_out != 0 for A_out in result)
    return np.array_equal(first, later) and np.array_equal(first, again) and not first.all()


def deaf_to_the_seed(result: tuple, wanted: tuple, case: Case) -> bool | None:
    """Recognise that the same seed drops other entries."""
    return not np.array_equal(result[0], result[2]) if "twice" in case.tags else None


MASK = "mask = rng.random(A.shape) < keep_prob"
DROPPED = "A_out = A * mask / keep_prob"

MISTAKES = (
    Mistake(
        "DO-01",
        INVERTED,
        "What is kept is not divided by keep_prob. The division makes up for what is dropped, so "
        "that the next layer sees the same expectation with and without dropout.",
        edit(DROPPED, "A_out = A * mask"),
        looks_like=kept_and_scaled(lambda p: p, lambda p: 1),
    ),
    Mistake(
        "DO-03",
        INVERTED,
        "keep_prob is taken for the probability of dropping, and what is kept is not scaled. "
        "Keep with probability keep_prob, and divide by it.",
        edit(MASK, MASK.replace("<", ">")).then(DROPPED, "A_out = A * mask"),
        looks_like=kept_and_scaled(lambda p: 1 - p, lambda p: 1),
    ),
    Mistake(
        "DO-04",
        INVERTED,
        "Entries are dropped with probability keep_prob and kept with the rest. A uniform random "
        "number is below keep_prob with probability keep_prob: those entries stay.",
        edit(MASK, MASK.replace("<", ">")),
        looks_like=kept_and_scaled(lambda p: 1 - p, lambda p: 1 / p),
    ),
    Mistake(
        "DO-05",
        INVERTED,
        "The mask compares normal random numbers with keep_prob. Uniform numbers between 0 and 1 "
        "fall below it with the probability keep_prob; normal ones do not.",
        edit("rng.random(A.shape)", "rng.standard_normal(A.shape)"),
        looks_like=kept_and_scaled(normal_below, lambda p: 1 / p),
    ),
    Mistake(
        "DO-07",
        INVERTED,
        "Nothing is dropped. In `random < keep_prob / keep_prob` the division comes first, and "
        "every random number is below 1.",
        edit(MASK, MASK + " / keep_prob").then(DROPPED, "A_out = A * mask"),
        looks_like=kept_and_scaled(lambda p: 1, lambda p: 1),
    ),
    Mistake(
        "DO-08",
        NEW_MASK,
        "One random choice serves all examples of a unit, or all units of an example. Each entry "
        "of A is kept or dropped on its own.",
        edit("rng.random(A.shape)", "rng.random((A.shape[0], 1))"),
        edit("rng.random(A.shape)", "rng.random((1, A.shape[1]))"),
        edit(MASK, "mask = np.broadcast_to(rng.random((A.shape[0], 1)) < keep_prob, A.shape)"),
        looks_like=in_large_arrays(whole_rows_or_columns),
    ),
    Mistake(
        "DO-34",
        INVERTED,
        "The random numbers do not come in the shape of A, so that they do not fit on it. Draw one "
        "for each entry: A.shape says how many.",
        edit("rng.random(A.shape)", "rng.random((A.shape[0], A.shape[0]))"),
        edit("rng.random(A.shape)", "rng.random((A.shape[1], A.shape[1]))"),
        edit("rng.random(A.shape)", "rng.random((A.shape[1], A.shape[0]))"),
        edit("rng.random(A.shape)", "rng.random(A.shape[0])"),
        edit("rng.random(A.shape)", "rng.random(A.size)"),
    ),
    Mistake(
        "DO-09",
        INVERTED,
        "What is kept is multiplied by keep_prob. Dropping makes the expectation smaller; dividing "
        "by keep_prob brings it back.",
        edit(DROPPED, "A_out = A * mask * keep_prob"),
        looks_like=kept_and_scaled(lambda p: p, lambda p: p),
    ),
    Mistake(
        "DO-14",
        INVERTED,
        "The mask holds 1/keep_prob where entries are kept. Here it is True and False, and the "
        "backward pass divides by keep_prob itself.",
        edit(MASK, "mask = (rng.random(A.shape) < keep_prob) / keep_prob").then(
            DROPPED, "A_out = A * mask"
        ),
        looks_like=in_large_arrays(
            lambda result, A, p: np.allclose(result[1][result[0] != 0], 1 / p)
        ),
    ),
    Mistake(
        "DO-17",
        INVERTED,
        "A is divided by the share that happens to be kept. The expectation is kept exactly by "
        "dividing by the probability, keep_prob.",
        edit(DROPPED, "A_out = A * mask / np.mean(mask)"),
        looks_like=in_large_arrays(realised_share),
    ),
    Mistake(
        "DO-18",
        NEW_MASK,
        "A fixed number of entries is dropped at each call. Each entry has a chance of its own, so "
        "the number varies.",
        edit(
            MASK,
            "order = rng.permutation(A.size).reshape(A.shape)\n"
            "    mask = order < round(keep_prob * A.size)",
        ),
        edit(
            MASK,
            "order = np.argsort(rng.random(A.shape), axis=0)\n"
            "    mask = order < round(keep_prob * len(A))",
        ),
        looks_like=same_number_each_time,
    ),
    Mistake(
        "DO-19",
        INVERTED,
        "A is changed in place, by an operation such as *=. The backward pass and other callers "
        "need it as it was: compute a new array.",
        edit(DROPPED, "A *= mask\n    A /= keep_prob\n    A_out = A"),
    ),
    Mistake(
        "DO-21",
        INVERTED,
        "keep_prob is taken for the drop rate, as some frameworks count. Here it is the "
        "probability that an entry is kept.",
        edit("keep_prob", "(1 - keep_prob)", 3).then(
            "A, (1 - keep_prob), rng", "A, keep_prob, rng"
        ),
        looks_like=kept_and_scaled(lambda p: 1 - p, lambda p: 1 / (1 - p)),
    ),
    Mistake(
        "DO-22",
        INVERTED,
        "The two results have changed places: A_out comes first, then the mask.",
        edit("return A_out, mask", "return mask, A_out"),
        looks_like=in_large_arrays(
            lambda result, A, p: (
                np.all((result[0] == 0) | (result[0] == 1))
                and np.allclose(result[1], A * result[0] / p)
            )
        ),
    ),
    Mistake(
        "DO-23",
        INVERTED,
        "The mask marks what is dropped. It should be True where an entry is kept.",
        edit("return A_out, mask", "return A_out, ~mask"),
        looks_like=in_large_arrays(
            lambda result, A, p: np.array_equal(result[1] != 0, result[0] == 0)
        ),
    ),
    Mistake(
        "DO-24",
        NEW_MASK,
        "Every call drops the same entries, for the seed is fixed inside the function. Use rng, "
        "which goes on from call to call.",
        edit(MASK, "rng = np.random.default_rng(0)\n    " + MASK),
        looks_like=same_at_every_call,
    ),
    Mistake(
        "DO-25",
        NEW_MASK,
        "The mask does not come from rng, but from a generator of its own. Nobody can repeat such "
        "a run: use the methods of rng.",
        edit("rng.random(A.shape)", "np.random.random(A.shape)"),
        edit("rng.random(A.shape)", "np.random.default_rng().random(A.shape)"),
        looks_like=deaf_to_the_seed,
    ),
    Mistake(
        "DO-32",
        INVERTED,
        "What is kept is divided by 1 − keep_prob. It was kept with probability keep_prob: divide "
        "by that.",
        edit("/ keep_prob", "/ max(1 - keep_prob, 1e-9)"),
        looks_like=kept_and_scaled(lambda p: p, lambda p: 1 / max(1 - p, 1e-9)),
    ),
)


def by_binomial(A, keep_prob, rng):
    """A mask of 0 and 1, drawn as coins."""
    mask = rng.binomial(1, keep_prob, size=A.shape)
    return np.multiply(A, mask) * (1 / keep_prob), mask


def by_where(A, keep_prob, rng):
    """A float mask, drawn row by row from the other end of the interval."""
    mask = np.array([rng.uniform(size=A.shape[1]) >= 1 - keep_prob for _ in A]).astype(float)
    return np.where(mask == 1, A / keep_prob, 0), mask


DRAWN = ("output values", "share kept", "each entry on its own")  # two arrays of zeros agree, too

TASK = Task(
    reference=ref.dropout_forward,
    returns=("A_out", "mask"),
    cases=cases,
    criteria=(
        Holds("output values", 1.5, dropped_or_scaled, ("small", "large")),
        Holds("mask", 0.5, mask_marks_the_kept, ("small", "large"), beside=DRAWN),
        Holds("share kept", 0.5, share_is_kept, "large"),
        Holds("each entry on its own", 0.5, entries_are_independent, ("large", "often")),
        Holds("drawn from rng", 0.5, mask_is_drawn_from_rng, "twice"),
        InputsUntouched(0.5, "small"),
    ),
    lecture=INVERTED,
    mistakes=MISTAKES,
    unworked={"the right answer *": "what is kept is still drawn from rng, entry by entry"},
    variants=(Variant("coins", by_binomial), Variant("where, row by row", by_where)),
    losses={
        "DO-32": "output values",
        "DO-34": "all",
        "DO-01": "output values",
        "DO-03": "output values · share kept",
        "DO-04": "output values · share kept",
        "DO-05": "output values · share kept",
        "DO-07": "all",
        "DO-08": "mask · each entry on its own",
        "DO-08, way 3": "each entry on its own",
        "DO-09": "output values",
        "DO-14": "mask",
        "DO-17": "output values",
        "DO-18": "each entry on its own",
        "DO-19": "inputs untouched",
        "DO-21": "output values · mask · share kept",
        "DO-22": "output values · mask",
        "DO-23": "mask",
        "DO-24": "each entry on its own · drawn from rng",
        "DO-25": "drawn from rng",
    },
    promises={
        "A": Promise(value=(-1.5, 1.5), within=(-2, 2), rows=(3, 307), columns=(5, 193)),
        "keep_prob": Promise(value=(0.25, 1)),
    },
    equivalent={
        "a draw is exactly keep_prob once in 10 to the 16": (
            "mask = rng.random(A.shape) <= keep_prob",
        ),
        "a hundredth of the share kept is less than chance shows": (
            "mask = rng.random(A.shape) < (keep_prob * 1.01)",
        ),
    },
)
