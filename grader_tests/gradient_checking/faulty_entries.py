"""`faulty_entries`: where a gradient and its numerical values differ, the worst first."""

from __future__ import annotations

import numpy as np

from grader_tests.gradient_checking import DIFFERENCE, FOUND, VECTOR
from grader_tests.gradient_checking import reference as ref
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
)

REFUSED = ((4, 1, 0.1), (1, 3, 0.1), (3, 3, -0.1), (5, 5, -1e-6))  # two lengths, tolerance


def cases(rng: np.random.Generator) -> list[Case]:
    """Faults of all sizes among right entries, zeros, equal faults, and what just will do.

    Where it is about zeros or the tolerance, the first entry alone is faulty, so that nothing
    depends on an order; of equal faults, only order is at stake.
    """
    cases = []
    for n, tolerance in ((6, 0.01), (9, 1e-5), (30, 0.1), (300, 0.05)):
        cases.append(_call(*faults(rng, n, tolerance), tolerance, "plain"))
    for n, tolerance in ((8, 0.02), (12, 1e-4)):
        grad, numerical = _alike(rng, n)
        numerical[0], grad[[2, 5]], numerical[[2, 5]] = 0.4 * grad[0], 0.0, 0.0
        cases.append(_call(grad, numerical, tolerance, "zero"))
        grad, numerical = _alike(rng, n)
        numerical[0] = 0.4 * grad[0]
        cases.append(_call(1e-13 * grad, 1e-13 * numerical, tolerance, "tiny"))
    for n, tolerance in ((8, 0.05), (40, 0.1)):
        grad, numerical = _alike(rng, n)
        numerical[:5], grad[:5] = (1.5, -1.5, 0.0, 0.0, 1.5), (0.0, 0.0, 1.5, -1.5, 0.0)
        cases.append(_call(grad, numerical, tolerance, "equal"))
    for n in (60, 70):  # sorting that moves equals does so from 17 of them on
        grad, numerical = _alike(rng, n)
        grad[:40] = rng.choice([-1.5, 1.5], 40)
        numerical[:40] = rng.permutation(np.repeat([0.0, 0.5], 20)) * grad[:40]
        cases.append(_call(grad, numerical, 0.02, "equal"))
    for n, tolerance in ((6, 0.25), (9, 0.5), (7, 0.0)):
        grad, numerical = _alike(rng, n)
        numerical[0] = -grad[0]
        grad[1:3], numerical[1:3] = (4.0, 1.0 - tolerance), (4.0 - 4 * tolerance, 1.0)  # exact
        cases.append(_call(grad, numerical, tolerance, "edge"))
    for n, tolerance in ((5, 0.2), (8, 0.01)):
        grad, numerical = _alike(rng, n)
        numerical[0] = (1 - 1.005 * tolerance) * grad[0]
        cases.append(_call(grad, numerical, tolerance, "edge"))
    cases.append(_call(*(_alike(rng, 5)[0] * [[1.0], [1.0001]]), 0.001, "none"))
    for n, other, tolerance in REFUSED:
        grad, numerical = rng.uniform(1, 2, n), rng.uniform(1, 2, other)
        cases.append(_call(grad, numerical, tolerance, "refused"))
    return cases


def _call(grad: np.ndarray, numerical: np.ndarray, tolerance: float, tag: str) -> Case:
    """A case; `tag` says what it is about."""
    sizes = f"{len(grad)} and {len(numerical)}" if tag == "refused" else f"{len(grad)}"
    return call(
        ref.faulty_entries,
        grad,
        numerical,
        tolerance,
        label=f"{sizes} entries, tolerance = {tolerance:g}",
        tags=tag,
        raises=ValueError if tag == "refused" else None,
    )


def _alike(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw a gradient between 1 and 2 in size, twice."""
    grad = rng.choice([-1, 1], n) * rng.uniform(1, 2, n)
    return grad, grad.copy()


def faults(rng: np.random.Generator, n: int, tolerance: float) -> tuple[np.ndarray, np.ndarray]:
    """Draw gradients that agree in every third entry only, with entries of all sizes.

    What is apart by most is not apart by the largest share, and some differ in the sign alone.
    """
    ranks = rng.permutation(n)
    grad = np.where(ranks % 2, 1, -1) * 10 ** (6 * ranks / (n - 1) - 3)  # 1e-3 … 1000
    shares = rng.permutation(np.linspace(0.25, 0.8, n))
    within = tolerance * rng.permutation(np.linspace(0.1, 0.4, n))
    numerical = grad * (1 - np.where(np.arange(n) % 3 == 2, within, shares))
    numerical[4::6] = -(grad * (1 - within))[4::6]
    swapped = rng.permutation(n) % 2 == 0
    return np.where(swapped, numerical, grad), np.where(swapped, grad, numerical)


def are_these(result: np.ndarray, wanted: np.ndarray, case: Case) -> str | None:
    """The wanted indices, in any order."""
    mine, right = np.asarray(result), wanted.tolist()
    if mine.ndim != 1 or (mine.size and mine.dtype.kind not in "iu"):
        return "It should return indices, whole numbers, in an array with one axis."
    if missing := sorted(set(right) - set(mine.tolist())):
        return f"{missing[0]} is missing, one of {len(right)} faulty entries."
    if extra := sorted(set(mine.tolist()) - set(right)):
        return f"{extra[0]:g} is among the indices, though nothing is faulty there."
    return None if len(mine) == len(right) else "An index comes more than once."


LARGER = "np.maximum(np.abs(grad), np.abs(numerical))"
APART = "np.abs(grad - numerical)"
FAULTY = "apart > tolerance * larger"
SHARES = "apart[faulty] / larger[faulty]"
ORDER = f'np.argsort(-{SHARES}, kind="stable")'
ANSWER = f"return faulty[{ORDER}]"
REFUSAL = "if grad.shape != numerical.shape or tolerance < 0:"

MISTAKES = (
    Mistake(
        "FE-01",
        DIFFERENCE,
        "The difference itself is compared with the tolerance. Whether 1e-4 is much depends on "
        "how large the two entries are.",
        edit(LARGER, "np.ones(len(grad))"),
        edit(LARGER, f"np.maximum({LARGER}, 1)"),
        edit("apart > tolerance * larger", "apart > tolerance"),
    ),
    Mistake(
        "FE-02",
        DIFFERENCE,
        "The difference is compared with the sum of both sizes, or with their mean. Here it is "
        "the larger of the two.",
        edit(LARGER, "np.abs(grad) + np.abs(numerical)"),
        edit(LARGER, "(np.abs(grad) + np.abs(numerical)) / 2"),
    ),
    Mistake(
        "FE-03",
        DIFFERENCE,
        "The size is that of one of the two gradients. If just this one is too large, a fault "
        "looks small.",
        edit(LARGER, "np.abs(grad)"),
        edit(LARGER, "np.abs(numerical)"),
    ),
    Mistake(
        "FE-04",
        FOUND,
        "The worst entry comes last. Sorting goes upwards unless it is told otherwise.",
        edit(ORDER, f'np.argsort({SHARES}, kind="stable")'),
    ),
    Mistake(
        "FE-05",
        FOUND,
        "The entries are right, and in the order of their indices. The worst should come first.",
        edit(ANSWER, "return faulty"),
    ),
    Mistake(
        "FE-06",
        DIFFERENCE,
        "The order goes by the difference itself. Worst is what is apart by the largest share, "
        "the same measure that decides what is faulty.",
        edit(ORDER, 'np.argsort(-apart[faulty], kind="stable")'),
    ),
    Mistake(
        "FE-07",
        VECTOR,
        "The numbers count within the faulty entries. Who reads them needs the places in the "
        "whole vector.",
        edit(ANSWER, f"return {ORDER}"),
    ),
    Mistake(
        "FE-08",
        DIFFERENCE,
        "Two entries of exactly 0 count as faulty. They are not apart at all, so they agree.",
        edit(FAULTY, f"({FAULTY}) | (larger == 0)"),
        edit(FAULTY, f"({FAULTY}) | (larger == 0)").then(
            SHARES, "np.where(larger > 0, apart / np.where(larger > 0, larger, 1), np.inf)[faulty]"
        ),
    ),
    Mistake(
        "FE-09",
        DIFFERENCE,
        "A small number is added to what is divided by. Entries can be that small, and then a "
        "wrong one looks right.",
        edit(LARGER, f"{LARGER} + 1e-8"),
        edit(LARGER, f"np.maximum({LARGER}, 1e-8)"),
        numbers={"epsilon": edit(LARGER, f"{LARGER} + {{number}}")},
    ),
    Mistake(
        "FE-10",
        FOUND,
        "An entry that is apart by the tolerance and no more counts as faulty. It just agrees.",
        edit(FAULTY, "(apart >= tolerance * larger) & (larger > 0)"),
        edit(FAULTY, "apart >= tolerance * larger"),
    ),
    Mistake(
        "FE-11",
        DIFFERENCE,
        "Every entry is measured by the size of the whole gradient, its norm or its largest entry. "
        "Faults of small entries are lost that way.",
        edit(LARGER, "np.full(len(grad), max(np.linalg.norm(grad), np.linalg.norm(numerical)))"),
        edit(LARGER, "np.full(len(grad), np.max(np.abs([grad, numerical])))"),
    ),
    Mistake(
        "FE-12",
        VECTOR,
        "It returns a mask, or the values there. What is asked for are indices.",
        edit(ANSWER, f"return {FAULTY}"),
        edit(ANSWER, f"return ({SHARES})[{ORDER}]"),
        edit(ANSWER, f"return grad[faulty[{ORDER}]]"),
    ),
    Mistake(
        "FE-13",
        VECTOR,
        "It returns a tuple or a list with the indices in it. Return the array itself.",
        edit(ANSWER, f"return (faulty[{ORDER}],)"),
        edit(ANSWER, f"return list(faulty[{ORDER}])"),
    ),
    Mistake(
        "FE-21",
        VECTOR,
        "The indices are floats, with which NumPy takes nothing out of an array. Make them whole "
        "numbers, dtype=int.",
        edit(ANSWER, f"return faulty[{ORDER}].astype(float)"),
    ),
    Mistake(
        "FE-14",
        DIFFERENCE,
        "Only the sizes of the two entries are compared. An entry with the wrong sign is as wrong "
        "as can be.",
        edit(APART, "np.abs(np.abs(grad) - np.abs(numerical))"),
    ),
    Mistake(
        "FE-15",
        FOUND,
        "Two gradients of different lengths, or a negative tolerance, are accepted. Compare "
        "shapes first: NumPy stretches a vector with one entry.",
        edit(REFUSAL, "if False:"),
        edit(REFUSAL, "if tolerance < 0:"),
        edit(REFUSAL, "if grad.shape != numerical.shape:"),
    ),
    Mistake(
        "FE-16",
        VECTOR,
        "An argument is changed in place, by an operation such as -= or abs(…, out=…). The "
        "caller still needs it.",
        edit("    return", "    grad -= numerical\n    return"),
        edit("    return", "    np.abs(numerical, out=numerical)\n    return"),
    ),
    Mistake(
        "FE-17",
        FOUND,
        "Equally bad entries do not come in the order of their indices: a sorted list turned round "
        "turns them round too, and sorting may move them by itself. Sort so that they stay, with "
        'kind="stable", and nothing need be turned.',
        edit(ORDER, f'np.argsort({SHARES}, kind="stable")[::-1]'),
        edit(ORDER, f"np.argsort({SHARES})[::-1]"),
        edit(ORDER, f"np.argsort(-{SHARES})"),
    ),
    Mistake(
        "FE-18",
        FOUND,
        "Only the worst entry comes back. All that are faulty are asked for.",
        edit(ANSWER, f"return faulty[{ORDER}][:1]"),
    ),
    Mistake(
        "FE-22",
        DIFFERENCE,
        "The larger of the two entries is taken before their absolute values. Of two negative ones "
        "that is the one nearer to 0: absolute values come first.",
        edit(LARGER, "np.maximum(grad, numerical)"),
        edit(
            LARGER,
            "np.where(np.maximum(grad, numerical) == 0, 1e-300, np.maximum(grad, numerical))",
        ),
        edit(LARGER, "np.abs(np.maximum(grad, numerical))"),
    ),
    Mistake(
        "FE-19",
        DIFFERENCE,
        "The difference has kept its sign, so that entries which are too small look right.",
        edit(APART, "grad - numerical"),
        edit(APART, "numerical - grad"),
    ),
    Mistake(
        "FE-20",
        FOUND,
        "All entries come back, sorted. Only those that are farther apart than the tolerance are "
        "asked for.",
        edit("apart > tolerance * larger", "larger > 0"),
    ),
    Mistake(
        "FE-23",
        DIFFERENCE,
        "The difference is compared with the smaller of the two sizes. Here it is the larger one.",
        edit(LARGER, "np.minimum(np.abs(grad), np.abs(numerical))"),
    ),
    Mistake(
        "FE-24",
        DIFFERENCE,
        "The difference is squared, or the tolerance is taken for a percentage. A share compares "
        "the difference itself with the size, and the tolerance is that share.",
        edit(APART, "(grad - numerical) ** 2"),
        edit("apart > tolerance * larger", "apart > tolerance / 100 * larger"),
        edit("apart > tolerance * larger", "100 * apart > tolerance * larger"),
    ),
    Mistake(
        "FE-25",
        VECTOR,
        "Entries are counted from 1. An index starts at 0.",
        edit(ANSWER, f"{ANSWER} + 1"),
    ),
    Mistake(
        "FE-26",
        FOUND,
        "The entries that agree come back. Those that are farther apart than the tolerance are "
        "asked for.",
        edit("apart > tolerance * larger", "(apart <= tolerance * larger) & (larger > 0)"),
        edit("apart > tolerance * larger", "(apart < tolerance * larger) & (larger > 0)"),
    ),
)


def pairwise(grad, numerical, tolerance):
    """Plain Python: pairs of a share and an index, sorted."""
    if len(grad) != len(numerical) or tolerance < 0:
        raise ValueError("no two gradients")
    found = []
    for i, (g, h) in enumerate(zip(grad, numerical, strict=True)):
        size = max(abs(g), abs(h))
        if abs(g - h) > tolerance * size:
            found.append((-abs(g - h) / size, i))
    return np.array([i for _, i in sorted(found)], dtype=int)


def by_lexsort(grad, numerical, tolerance):
    """Indices first, then sorted by share and index."""
    if tolerance < 0 or grad.size != numerical.size:
        raise ValueError("tolerance")
    size = np.max(np.abs(np.stack([grad, numerical])), axis=0)
    (faulty,) = np.nonzero(np.abs(numerical - grad) > tolerance * size)
    shares = np.abs(grad - numerical)[faulty] / size[faulty]
    return faulty[np.lexsort((faulty, -shares))]


ORDERED = ("which entries", "worst first")  # where one entry is faulty, a constant is right

TASK = Task(
    reference=ref.faulty_entries,
    returns="the indices",
    cases=cases,
    criteria=(
        Holds("which entries", 1, are_these, ("plain", "none")),
        Agrees("worst first", 1, "plain"),
        Agrees("tiny entries", 0.5, "tiny", beside=ORDERED),
        Agrees("entries of 0", 0.5, "zero", beside=ORDERED),
        Agrees("equally bad entries", 0.5, "equal"),
        Agrees("just within the tolerance", 0.5, "edge", beside=ORDERED),
        Agrees("what is refused", 0.5, "refused", beside="*"),
        InputsUntouched(0.5),
    ),
    lecture=FOUND,
    mistakes=MISTAKES,
    unworked={"the right answer sorted": "only the order is wrong, which loses a criterion"},
    variants=(Variant("plain Python", pairwise), Variant("by lexsort", by_lexsort)),
    losses={
        "FE-23": "worst first · just within the tolerance",
        "FE-24": "all but equally bad entries · what is refused · inputs untouched",
        "FE-25": "all",
        "FE-26": "all",
        "FE-22, way 3": "worst first · equally bad entries",
        "FE-20": "all",
        "FE-01": "all but equally bad entries · what is refused · inputs untouched",
        "FE-02": "worst first · just within the tolerance",
        "FE-03": "worst first · equally bad entries · just within the tolerance",
        "FE-04": "worst first · equally bad entries",
        "FE-05": "worst first · equally bad entries",
        "FE-06": "worst first",
        "FE-07": "all but equally bad entries · what is refused · inputs untouched",
        "FE-08": "entries of 0",
        "FE-09": "tiny entries",
        "FE-10": "just within the tolerance",
        "FE-10, way 2": "entries of 0 · just within the tolerance",
        "FE-11": "all but equally bad entries · what is refused · inputs untouched",
        "FE-12": "all",
        "FE-13": "all",
        "FE-13, way 2": "all but which entries · what is refused · inputs untouched",
        "FE-21": "all",
        "FE-22": "all",
        "FE-14": "all but equally bad entries · what is refused · inputs untouched",
        "FE-15": "what is refused",
        "FE-16": "inputs untouched",
        "FE-17": "equally bad entries",
        "FE-18": "all",
        "FE-19": "all",
    },
    promises={
        "grad": Promise(value=(-200, 200), within=(-1000, 1000), length=(5, 300), has=("0",)),
        "numerical": Promise(value=(-200, 200), within=(-1000, 1000), length=(5, 300), has=("0",)),
        "tolerance": Promise(value=(0, 0.5), has=("0",)),
    },
    equivalent={
        "an absolute value does not see the sign": (
            "larger = np.maximum(np.abs(-grad), np.abs(numerical))",
            "larger = np.maximum(np.abs(grad), np.abs(-numerical))",
        ),
        "a distance has no direction": ("apart = np.abs(numerical - grad)",),
        "a factor above 0 keeps sign and order": (
            "if grad.shape != numerical.shape or (tolerance * 1.01) < 0:",
            'return faulty[np.argsort(-(apart * 1.01)[faulty] / larger[faulty], kind="stable")]',
            'return faulty[np.argsort(-apart[faulty] / (larger * 1.01)[faulty], kind="stable")]',
        ),
        "NumPy reads no more of a kind of sorting than its first letter": (
            "return faulty[np.argsort(-apart[faulty] / larger[faulty], kind='stable_')]",
        ),
    },
)
