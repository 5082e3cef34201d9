"""`split_examples`: divide the numbers of the examples at random into three sets."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from grader_tests.setting_up import SETS
from grader_tests.setting_up import reference as ref
from grading.marking import (
    Case,
    Holds,
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

SIZES = (
    (13, 0.2, 0.2),
    (19, 0.3, 0.15),
    (46, 0.1, 0.2),
    (997, 0.15, 0.1),
    (22, 0.2, 0.2),
    (20, 0.2, 0.0),
    (30, 0.0, 0.2),
    (1, 0.2, 0.2),
)
LARGE = ((1000, 0.3, 0.2), (1200, 0.2, 0.25), (10_000, 0.01, 0.01))
CHECKS_OF_CHANCE = 2 * len(LARGE)

TWICE = """\
import numpy as np
rng = np.random.default_rng(seed)
first = split_examples(m, dev_fraction, test_fraction, rng)
later = split_examples(m, dev_fraction, test_fraction, rng)
again = split_examples(m, dev_fraction, test_fraction, np.random.default_rng(seed))
result = first, later, again"""


def cases(rng: np.random.Generator) -> list[Case]:
    """Sizes that need rounding, one example, sets large enough to judge chance, repeated calls."""
    drawn = [(size, "sizes") for size in SIZES] + [(size, "large") for size in LARGE]
    cases = [
        call(ref.split_examples, *size, Rng(int(rng.integers(2**32))), label=words(*size), tags=tag)
        for size, tag in drawn
    ]
    for m, dev_fraction, test_fraction in ((60, 0.2, 0.3), (75, 0.4, 0.2)):
        cases.append(
            script(
                TWICE,
                label=f"three calls with {words(m, dev_fraction, test_fraction)}",
                tags="twice",
                seed=int(rng.integers(2**32)),
                m=m,
                dev_fraction=dev_fraction,
                test_fraction=test_fraction,
            )
        )
    return cases


def words(m: int, dev_fraction: float, test_fraction: float) -> str:
    """Name a split for the student."""
    return f"m = {m}, dev_fraction = {dev_fraction:g}, test_fraction = {test_fraction:g}"


def sizes_are_right(result: tuple, wanted: tuple, case: Case) -> str | None:
    """Three arrays of whole numbers, each of its size."""
    if type(result) not in (tuple, list) or len(result) != 3:
        return "It should return three arrays: train, dev, test."
    for name, mine, right in zip(("train", "dev", "test"), result, wanted, strict=True):
        if not isinstance(mine, np.ndarray) or mine.dtype.kind not in "iu":
            return f"{name} should be an array of whole numbers (int)."
        if mine.shape != right.shape:
            return f"{name} has shape {mine.shape}; it should have shape {right.shape}."
    return None


def each_example_once(result: tuple, wanted: tuple, case: Case) -> str | None:
    """Disjoint sets that cover 0 … m − 1."""
    m, found = case.inputs["m"], np.concatenate(result)
    if found.dtype.kind not in "iu":
        return "Indices should be whole numbers (int)."
    distinct = np.unique(found)
    if len(distinct) < len(found):
        return f"{len(found) - len(distinct)} of the indices occur more than once."
    if not np.array_equal(distinct, np.arange(m)):
        return f"Together the three sets should hold 0, 1, … {m - 1}."
    return None


def sets_are_shuffled(result: tuple, wanted: tuple, case: Case) -> str | None:
    """Dev and test set come from everywhere, and no set is sorted."""
    m = case.inputs["m"]
    for name, part in zip(("train", "dev", "test"), result, strict=True):
        if len(part) < 50:
            return f"{name} has only {len(part)} indices."
        if np.all(np.diff(part) > 0):
            return f"The indices of {name} are in ascending order."
    for name, part in zip(("dev", "test"), result[1:], strict=True):
        margin = chance.fraction_margin(len(part), chance.ALARM / CHECKS_OF_CHANCE)
        if not abs(np.mean(part / (m - 1)) - 0.5) <= margin:
            return f"The indices of {name} lie towards one end of 0 … {m - 1}."
    return None


def rng_is_used(result: tuple, wanted: tuple, case: Case) -> str | None:
    """The same generator state gives the same split, another one another."""
    first, later, again = result
    if not same_split(first, again):
        return "Two generators with the same seed gave two different splits."
    if same_split(first, later):
        return "The second call with one generator repeated the split of the first."
    return None


def same_split(mine: tuple, other: tuple) -> bool:
    """Whether two splits are equal in every set."""
    return all(map(np.array_equal, mine, other))


Sizes = Callable[[int, float, float], tuple[int, int, int]]


def with_sizes(*ways: Sizes) -> Callable:
    """Recognise splits of sizes chosen in one of these ways, where they are not the right ones."""

    def looks_like(result: tuple, wanted: tuple, case: Case) -> bool | None:
        if "twice" in case.tags:
            return None
        theirs = [way(*case.inputs.values()) for way in ways]
        if tuple(map(len, result)) == tuple(map(len, wanted)):
            return None if tuple(map(len, wanted)) in theirs else False
        return tuple(map(len, result)) in theirs

    return looks_like


def rounded_up(m: int, d: float, t: float) -> tuple[int, int, int]:
    """Sizes that are rounded up, as far as there are examples."""
    dev = math.ceil(d * m)
    test = min(math.ceil(t * m), m - dev)
    return m - dev - test, dev, test


def in_large_sets(sign: Callable[[tuple], bool]) -> Callable:
    """Recognise large splits that have the sign."""
    return lambda result, wanted, case: bool(sign(result)) if "large" in case.tags else None


def ascending(result: tuple) -> bool:
    """Whether every set is sorted."""
    return all(np.all(np.diff(part) > 0) for part in result)


def in_one_piece(result: tuple) -> bool:
    """Whether every set is a run of neighbours, though not one example alone."""
    return len(result[0]) > 1 and all(np.all(np.diff(part) == 1) for part in result)


def repeats(part: np.ndarray) -> bool:
    """Whether an index occurs twice."""
    return len(np.unique(part)) < len(part)


def from_another_seed(result: tuple, wanted: tuple, case: Case) -> bool | None:
    """Recognise splits that do not depend on the generator's seed, though they are random."""
    if "twice" not in case.tags:
        return False if in_one_piece(result) else None
    return not same_split(result[0], result[2])


def always_the_same(result: tuple, wanted: tuple, case: Case) -> bool | None:
    """Recognise a random split that is the same at every call."""
    if "twice" not in case.tags:
        return False if in_one_piece(result) else None
    return same_split(result[0], result[1]) and same_split(result[0], result[2])


SHUFFLE = "order = rng.permutation(m)"
ROUNDED = "dev_size, test_size = round(dev_fraction * m), round(test_fraction * m)"

MISTAKES = (
    Mistake(
        "SP-01",
        SETS,
        "The examples are cut in the order in which they come. Files are often sorted, by class or "
        "by date; then the sets differ. Shuffle the indices first.",
        edit(SHUFFLE, "order = np.arange(m)"),
        edit(SHUFFLE, "order = np.arange(m)")
        .then("dev, test, train", "train, dev, test")
        .then("[dev_size, dev_size + test_size]", "[m - dev_size - test_size, m - test_size]"),
        looks_like=in_large_sets(in_one_piece),
    ),
    Mistake(
        "SP-02",
        SETS,
        "A size is cut off instead of rounded: 2.6 examples should become 3, not 2.",
        edit(
            "round(dev_fraction * m), round(test_fraction * m)",
            "int(dev_fraction * m), int(test_fraction * m)",
        ),
        looks_like=with_sizes(
            lambda m, d, t: (m - int(d * m) - int(t * m), int(d * m), int(t * m))
        ),
    ),
    Mistake(
        "SP-03",
        SETS,
        "The test set takes what rounding leaves. The training set should: round the sizes of the "
        "dev and the test set, and train on all the rest.",
        edit(
            ROUNDED,
            "dev_size = round(dev_fraction * m)\n"
            "    test_size = m - dev_size - round((1 - dev_fraction - test_fraction) * m)",
        ),
        edit(
            ROUNDED,
            "dev_size = int(dev_fraction * m)\n"
            "    test_size = m - dev_size - int((1 - dev_fraction - test_fraction) * m)",
        ),
        looks_like=with_sizes(
            lambda m, d, t: (
                round((1 - d - t) * m),
                round(d * m),
                m - round(d * m) - round((1 - d - t) * m),
            ),
            lambda m, d, t: (
                int((1 - d - t) * m),
                int(d * m),
                m - int(d * m) - int((1 - d - t) * m),
            ),
        ),
    ),
    Mistake(
        "SP-04",
        SETS,
        "The three sets come back in another order than train, dev, test.",
        edit("return train, dev, test", "return dev, test, train"),
        edit("return train, dev, test", "return train, test, dev"),
        looks_like=with_sizes(
            lambda m, d, t: (round(d * m), round(t * m), m - round(d * m) - round(t * m)),
            lambda m, d, t: (m - round(d * m) - round(t * m), round(t * m), round(d * m)),
        ),
    ),
    Mistake(
        "SP-05",
        SETS,
        "The sets are drawn at random and then sorted. Keep the random order: mini-batches that "
        "are cut from sorted examples are not alike.",
        edit("return train, dev, test", "return np.sort(train), np.sort(dev), np.sort(test)"),
        edit(
            "return train, dev, test",
            "return np.setdiff1d(order, order[: m - len(train)]), np.sort(dev), np.sort(test)",
        ),
        looks_like=in_large_sets(lambda result: ascending(result) and not in_one_piece(result)),
    ),
    Mistake(
        "SP-06",
        SETS,
        "Each set is drawn by itself from all examples, so the sets overlap. An example that was "
        "trained on tells nothing about new ones: shuffle once and cut.",
        edit(
            "return train, dev, test",
            "return tuple(rng.permutation(m)[: len(part)] for part in (train, dev, test))",
        ),
        looks_like=in_large_sets(
            lambda result: repeats(np.concatenate(result)) and not any(map(repeats, result))
        ),
    ),
    Mistake(
        "SP-07",
        SETS,
        "Indices are drawn with replacement, so some examples come twice and others never. Shuffle "
        "all indices once and cut.",
        edit(SHUFFLE, "order = rng.integers(0, m, m)"),
        looks_like=in_large_sets(lambda result: repeats(result[0])),
    ),
    Mistake(
        "SP-08",
        SETS,
        "The shuffle does not come from rng, but from a generator of its own. Nobody can repeat "
        "such a split: use the methods of rng.",
        edit(SHUFFLE, "order = np.random.permutation(m)"),
        edit(SHUFFLE, "order = np.random.default_rng().permutation(m)"),
        looks_like=from_another_seed,
    ),
    Mistake(
        "SP-09",
        SETS,
        "Every call gives the same split, for the seed is fixed inside the function. Use rng, "
        "whose seed the caller has chosen.",
        edit(SHUFFLE, "order = np.random.default_rng(0).permutation(m)"),
        looks_like=always_the_same,
    ),
    Mistake(
        "SP-10",
        SETS,
        "test_fraction is taken of what the dev set has left. Both fractions are shares of all m "
        "examples.",
        edit(
            ROUNDED,
            "dev_size = round(dev_fraction * m)\n"
            "    test_size = round(test_fraction * (m - dev_size))",
        ),
        looks_like=with_sizes(
            lambda m, d, t: (
                m - round(d * m) - round(t * (m - round(d * m))),
                round(d * m),
                round(t * (m - round(d * m))),
            )
        ),
    ),
    Mistake(
        "SP-11",
        SETS,
        "A size is rounded up: 2.4 examples should become 2, not 3. Python's round decides.",
        edit(
            "round(dev_fraction * m), round(test_fraction * m)",
            "int(np.ceil(dev_fraction * m)), int(np.ceil(test_fraction * m))",
        ),
        looks_like=with_sizes(rounded_up),
    ),
)


def shuffled_in_place(m, dev_fraction, test_fraction, rng):
    """Another shuffle, and the sets from the other end."""
    indices = list(range(m))
    rng.shuffle(indices)
    indices = np.array(indices)
    dev_size, test_size = int(np.rint(dev_fraction * m)), int(np.rint(test_fraction * m))
    train_size = m - dev_size - test_size
    train = indices[:train_size]
    return train, indices[train_size : train_size + dev_size], indices[train_size + dev_size :]


DRAWN = ("every example once", "shuffled", "drawn from rng")  # zeros have sizes, too

TASK = Task(
    reference=ref.split_examples,
    returns=("train", "dev", "test"),
    cases=cases,
    criteria=(
        Holds("sizes", 1.5, sizes_are_right, ("sizes", "large"), beside=DRAWN),
        Holds("every example once", 1.5, each_example_once, ("sizes", "large")),
        Holds("shuffled", 0.5, sets_are_shuffled, "large", beside=("sizes", "every example once")),
        Holds("drawn from rng", 0.5, rng_is_used, "twice", beside=("sizes", "every example once")),
    ),
    lecture=SETS,
    mistakes=MISTAKES,
    unworked={
        "the right answer sorted": "only the order is wrong, which loses a criterion",
        "the right answer negated": "the sizes are right, and drawn from rng they are",
    },
    variants=(Variant("shuffled in place", shuffled_in_place),),
    losses={
        "SP-11": "sizes",
        "SP-01": "shuffled · drawn from rng",
        "SP-02": "sizes",
        "SP-03": "sizes",
        "SP-04": "sizes",
        "SP-05": "shuffled",
        "SP-06": "every example once",
        "SP-07": "every example once",
        "SP-08": "drawn from rng",
        "SP-09": "drawn from rng",
        "SP-10": "sizes",
    },
    promises={
        "m": Promise(value=(1, 10000)),
        "dev_fraction": Promise(value=(0, 0.4), has=("0",)),
        "test_fraction": Promise(value=(0, 0.3), has=("0",)),
    },
    equivalent={
        "a size less m is the same place counted from the end": (
            "dev_size, test_size = round((dev_fraction - 1) * m), round(test_fraction * m)",
            "dev_size, test_size = round(dev_fraction * m), round((test_fraction - 1) * m)",
        ),
    },
)
