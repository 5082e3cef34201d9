"""`split_by_group`: three sets of examples, with each group in one of them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from grader_tests.setting_up import SETS
from grader_tests.setting_up import reference as ref
from grader_tests.setting_up.split_examples import same_split
from grading.marking import (
    Agrees,
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

# Sizes of groups that are multiples of 3, and shares that are not: no groups fit exactly.
DRAWN = ((1, 3, 12, 0.2, 0.3), (1, 6, 20, 0.25, 0.1), (2, 6, 9, 0.15, 0.2), (1, 4, 30, 0.3, 0.2))
# Groups of one size, which do; or a set that is to be empty.
EVEN = (
    (3, 12, 0.25, 0.5),
    (4, 10, 0.2, 0.3),
    (2, 20, 0.1, 0.3),
    (1, 15, 0.25, 0.15),
    (3, 20, 0.0, 0.25),
    (3, 20, 0.3, 0.0),
    (1, 100, 0.3052, 0.2048),  # sizes just above a half, or just below: each rounding shows
    (1, 100, 0.2048, 0.3052),
)
MIXED = ((300, 0.2, 0.2), (400, 0.1, 0.25))  # as many groups of 1 example as of 9
REFUSED = ((-0.1, 0.3), (0.2, -0.2), (0.6, 0.5), (0.4, 0.7), (1.2, 0.0))

TWICE = """\
import numpy as np
rng = np.random.default_rng(seed)
first = split_by_group(groups.copy(), dev_fraction, test_fraction, rng)
later = split_by_group(groups.copy(), dev_fraction, test_fraction, rng)
again = split_by_group(groups, dev_fraction, test_fraction, np.random.default_rng(seed))
result = first, later, again"""


def cases(rng: np.random.Generator) -> list[Case]:
    """Groups of all sizes, equal ones that fit, large ones with small ones, and what is refused.

    Fractions that are 1 together leave nothing for training; if no groups fit, dev gets too few.
    """
    cases = []
    for low, high, count, *fractions in DRAWN:
        sizes = 3 * rng.integers(low, high + 1, count)
        dev, test = ((3 * round(f * sizes.sum() / 3) + 1) / sizes.sum() for f in fractions)
        groups = rng.permutation(np.repeat(_labels(rng, count), sizes))
        cases.append(_call(rng, groups, dev, test, "drawn"))
    for size, count, dev, test in EVEN:
        groups = rng.permutation(np.repeat(_labels(rng, count), size))
        cases.append(_call(rng, groups, dev, test, "even"))
    groups = rng.permutation(np.repeat(_labels(rng, 120), 3))
    cases.append(_call(rng, groups, 0.5, 0.5, "nothing"))
    sizes = 3 * rng.integers(1, 5, 25)
    groups = rng.permutation(np.repeat(_labels(rng, 25), sizes))
    test = (3 * round(0.2 * sizes.sum()) + 1) / sizes.sum()  # at least a half: 1 − test is exact
    cases.append(_call(rng, groups, 1 - test, test, "fewer"))
    for count, dev, test in MIXED:
        labels = rng.permutation(2 * count)
        groups = rng.permutation(np.concatenate([np.repeat(labels[:count], 9), labels[count:]]))
        cases.append(_call(rng, groups, dev, test, "mixed"))
    for count, dev, test in ((20, 0.2, 0.3), (30, 0.3, 0.2)):
        groups = rng.permutation(np.repeat(_labels(rng, count), 3))
        given = {"groups": groups, "dev_fraction": dev, "test_fraction": test}
        seed, label = int(rng.integers(2**32)), f"three calls with {count} groups"
        cases.append(script(TWICE, label=label, tags="twice", seed=seed, **given))
    for dev, test in REFUSED:
        groups = rng.permutation(np.repeat(np.arange(5), 3))
        cases.append(_call(rng, groups, dev, test, "refused"))
    return cases


def _labels(rng: np.random.Generator, count: int) -> np.ndarray:
    """Different numbers, some negative, with gaps."""
    return rng.permutation(5 * count)[:count] - 2 * count


def _call(rng: np.random.Generator, groups: np.ndarray, dev: float, test: float, tag: str) -> Case:
    return call(
        ref.split_by_group,
        groups,
        dev,
        test,
        Rng(int(rng.integers(2**32))),
        label=f"{len(groups)} examples in {len(np.unique(groups))} groups, dev_fraction = {dev:g}, "
        f"test_fraction = {test:g}",
        tags=tag,
        raises=ValueError if tag == "refused" else None,
    )


def each_example_once(result: tuple, wanted: tuple, case: Case) -> str | None:
    """Disjoint sets of indices that cover 0 … m − 1."""
    found = np.concatenate(result)
    if any(part.dtype.kind not in "iu" for part in result if part.size):
        return "Indices should be whole numbers (int)."
    if not np.array_equal(np.sort(found), np.arange(len(case.inputs["groups"]))):
        return "Together the three sets should hold the index of every example once."
    return None


def in_sets(result: tuple, case: Case) -> list[np.ndarray]:
    """The groups that are in each set."""
    return [np.unique(case.inputs["groups"][np.asarray(part, int)]) for part in result]


def groups_are_whole(result: tuple, wanted: tuple, case: Case) -> str | None:
    """No group is in two sets."""
    if told := each_example_once(result, wanted, case):
        return told
    train, dev, test = in_sets(result, case)
    for one, other, names in ((train, dev, "train and dev"), (train, test, "train and test"),
                              (dev, test, "dev and test")):  # fmt: skip
        if both := np.intersect1d(one, other).tolist():
            return f"Group {both[0]} is in two sets, {names}."
    return None


def stops(sizes: np.ndarray, wanted: int) -> bool:
    """Whether groups of these sizes can be what is taken until so many examples are there."""
    total = sizes.sum()
    return total == 0 if wanted == 0 else total >= wanted > total - sizes.max(initial=0)


def sizes_are_right(result: tuple, wanted: tuple, case: Case) -> str | None:
    """Test and dev have their share, or all that is left; without one group they would not."""
    groups = case.inputs["groups"]
    _, counts = np.unique(groups, return_counts=True)
    for name, part in (("test", result[2]), ("dev", result[1])):
        share = round(case.inputs[f"{name}_fraction"] * len(groups))
        _, counts = np.unique(groups[part], return_counts=True)
        all_left = name == "dev" and len(result[0]) == 0 and len(part) < share
        if not (stops(counts, share) or all_left):
            return (
                f"{name} has {len(part)} examples, in {len(counts)} groups; it should take whole "
                f"groups until it has at least {share}, and no more of them."
            )
    return None


def groups_are_shuffled(result: tuple, wanted: tuple, case: Case) -> str | None:
    """Labels of dev and test come from everywhere, and so do sizes."""
    labels, counts = np.unique(case.inputs["groups"], return_counts=True)
    taken = np.concatenate(in_sets(result[1:], case))
    at = np.searchsorted(labels, taken)
    margin = chance.fraction_margin(len(taken), chance.ALARM / (4 * len(MIXED)))
    if not abs(np.mean(at / (len(labels) - 1)) - 0.5) <= margin:
        return "The groups of dev and test lie towards one end: shuffle them."
    if not abs(np.mean(counts[at] > 1) - 0.5) <= margin:
        return "Large groups, or small ones, come first: each order should be as likely as others."
    return None


def rng_is_used(result: tuple, wanted: tuple, case: Case) -> str | None:
    """The same generator state gives the same groups, another one others."""
    first, later, again = ([*map(np.sort, split)] for split in result)
    if not same_split(first, again):
        return "Two generators with the same seed gave two different splits."
    if same_split(first, later):
        return "The second call with one generator repeated the split of the first."
    return None


def where(*tags: str) -> Callable:
    """Recognise splits by a sign, in cases with one of the tags."""

    def recognised(sign: Callable[[tuple, tuple, Case], object]) -> Callable:
        return lambda result, wanted, case: (
            bool(sign(result, wanted, case)) if set(tags) & set(case.tags) else None
        )

    return recognised


def shares(case: Case) -> tuple[float, float]:
    """How many examples dev and test should have, without rounding."""
    m = len(case.inputs["groups"])
    return case.inputs["dev_fraction"] * m, case.inputs["test_fraction"] * m


def split_groups(result: tuple, wanted: tuple, case: Case) -> bool:
    """Every example once, but groups in several sets."""
    return not each_example_once(result, wanted, case) and bool(
        groups_are_whole(result, wanted, case)
    )


def share_of_groups(result: tuple, wanted: tuple, case: Case) -> bool:
    """As many groups as the fractions say of their number."""
    _, dev, test = in_sets(result, case)
    count = len(np.unique(case.inputs["groups"]))
    named = (case.inputs["dev_fraction"], case.inputs["test_fraction"])
    return [len(dev), len(test)] == [round(fraction * count) for fraction in named]


def never_more(result: tuple, wanted: tuple, case: Case) -> bool:
    """Sets that stay below their share, where groups do not fit."""
    return all(len(part) <= round(s) for part, s in zip(result[1:], shares(case), strict=True))


def one_more(result: tuple, wanted: tuple, case: Case) -> bool:
    """Sets of equal groups that have one too many."""
    size = len(case.inputs["groups"]) // len(np.unique(case.inputs["groups"]))
    return all(
        len(part) == round(s) + size for part, s in zip(result[1:], shares(case), strict=True)
    )


def cut_off(result: tuple, wanted: tuple, case: Case) -> bool | None:
    """Recognise shares that are cut off, where groups are equal."""
    if "even" not in case.tags or all(int(share) == round(share) for share in shares(case)):
        return None
    size = len(case.inputs["groups"]) // len(np.unique(case.inputs["groups"]))
    full = [size * -(-int(share) // size) for share in shares(case)]
    return [len(part) for part in result[1:]] == full and bool(
        sizes_are_right(result, wanted, case)
    )


def other_order(result: tuple, wanted: tuple, case: Case) -> bool:
    """Right sets of equal groups, in another order."""
    dev, test = map(round, shares(case))
    sizes = (len(case.inputs["groups"]) - dev - test, dev, test)
    mine = tuple(map(len, result))
    return (
        mine != sizes
        and sorted(mine) == sorted(sizes)
        and not groups_are_whole(result, wanted, case)
    )


def one_end(result: tuple, wanted: tuple, case: Case) -> bool:
    """The smallest labels are in test, then those in dev."""
    train, dev, test = in_sets(result, case)
    return test.max() < dev.min() and dev.max() < train.min()


def large_first(result: tuple, wanted: tuple, case: Case) -> bool:
    """More large groups than chance explains, from all labels."""
    told = groups_are_shuffled(result, wanted, case) or ""
    return told.startswith("Large") and not groups_are_whole(result, wanted, case)


def from_another_seed(result: tuple, wanted: tuple, case: Case) -> bool:
    """A split that does not depend on the generator's seed."""
    return not same_split([*map(np.sort, result[0])], [*map(np.sort, result[2])])


def always_the_same(result: tuple, wanted: tuple, case: Case) -> bool | None:
    """Recognise a shuffled split that is the same at every call."""
    if "twice" in case.tags:
        return same_split(result[0], result[1]) and same_split(result[0], result[2])
    return False if "mixed" in case.tags and one_end(result, wanted, case) else None


ORDER = "order = rng.permutation(np.unique(groups))"
SIZES = "(round(test_fraction * m), round(dev_fraction * m))"
UNTIL = "sum(map(len, taken)) < size"
REFUSAL = "if min(dev_fraction, test_fraction) < 0 or dev_fraction + test_fraction > 1:"

MISTAKES = (
    Mistake(
        "GS-01",
        SETS,
        "Groups are torn apart, with examples in two sets. What is known of a group from training "
        "then helps on dev and test: move whole groups.",
        edit(
            "m, sets, at = len(groups), [], 0",
            "groups, m, sets, at = np.arange(len(groups)), len(groups), [], 0",
        ),
        looks_like=where("drawn", "mixed")(split_groups),
    ),
    Mistake(
        "GS-02",
        SETS,
        "The fractions are taken of the number of groups. They are shares of the examples, and "
        "groups differ in size.",
        edit(UNTIL, "len(taken) - 1 < size").then(
            SIZES, "(round(test_fraction * len(order)), round(dev_fraction * len(order)))"
        ),
        looks_like=where("mixed")(share_of_groups),
    ),
    Mistake(
        "GS-03",
        SETS,
        "The groups are taken as they come, without being shuffled. Labels often follow a date or "
        "a place.",
        edit(ORDER, "order = np.unique(groups)"),
        looks_like=where("mixed")(one_end),
    ),
    Mistake(
        "GS-04",
        SETS,
        "A set stops before it has its share, so as not to exceed it. It takes groups until it has "
        "at least its share.",
        edit(UNTIL, UNTIL.replace(" < size", " + np.sum(groups == order[at]) <= size")),
        looks_like=where("drawn", "even")(never_more),
    ),
    Mistake(
        "GS-05",
        SETS,
        "A set that has its share just so takes one more group. It is full when it has at least "
        "its share.",
        edit(UNTIL, UNTIL.replace("<", "<=")),
        looks_like=where("even")(one_more),
    ),
    Mistake(
        "GS-06",
        SETS,
        "The three sets come back in another order than train, dev, test.",
        edit("return train, dev, test", "return dev, test, train"),
        edit("return train, dev, test", "return train, test, dev"),
        looks_like=lambda result, wanted, case: (
            other_order(result, wanted, case)
            if "even" in case.tags and len(set(map(round, shares(case)))) > 1
            else None
        ),
    ),
    Mistake(
        "GS-08",
        SETS,
        "The order does not come from rng, but from a generator of its own. Nobody can repeat such "
        "a split.",
        edit(ORDER, "order = np.random.permutation(np.unique(groups))"),
        edit(ORDER, "order = np.random.default_rng().permutation(np.unique(groups))"),
        looks_like=where("twice")(from_another_seed),
    ),
    Mistake(
        "GS-09",
        SETS,
        "Every call gives the same split: nothing is drawn, or the seed is fixed inside the "
        "function. Use rng, whose seed the caller has chosen.",
        edit(ORDER, "order = np.random.default_rng(0).permutation(np.unique(groups))"),
        looks_like=always_the_same,
    ),
    Mistake(
        "GS-10",
        SETS,
        "Examples are shuffled, and groups taken in the order in which they turn up. Large groups "
        "turn up first; shuffle the groups themselves.",
        edit(ORDER, "order = np.array(list(dict.fromkeys(rng.permutation(groups))))"),
        looks_like=where("mixed")(large_first),
    ),
    Mistake(
        "GS-11",
        SETS,
        "The labels of groups come back. What selects columns of X are the indices of examples.",
        edit("return train, dev, test", "return groups[train], groups[dev], groups[test]"),
        looks_like=lambda result, wanted, case: (
            np.array_equal(np.sort(np.concatenate(result)), np.sort(case.inputs["groups"]))
            if {"drawn", "even"} & set(case.tags)
            else None
        ),
    ),
    Mistake(
        "GS-12",
        SETS,
        "groups is changed in place, by rng.shuffle or by sorting. The caller still needs it.",
        edit("    return", "    groups.sort()\n    return"),
    ),
    Mistake(
        "GS-07",
        SETS,
        "Negative fractions, or fractions that are more than the whole, are accepted: raise a "
        "ValueError.",
        edit(REFUSAL, "if False:"),
        edit(REFUSAL, "if min(dev_fraction, test_fraction) < 0:"),
        edit(REFUSAL, "if dev_fraction + test_fraction > 1:"),
    ),
    Mistake(
        "GS-13",
        SETS,
        "A size is cut off instead of rounded: 2.6 examples should become 3, not 2.",
        edit(
            "(round(test_fraction * m), round(dev_fraction * m))",
            "(int(test_fraction * m), int(dev_fraction * m))",
        ),
        looks_like=cut_off,
    ),
)


def by_lists(groups, dev_fraction, test_fraction, rng):
    """A dict of lists, popped from a shuffled list of labels."""
    if dev_fraction < 0 or test_fraction < 0 or dev_fraction + test_fraction > 1:
        raise ValueError("fractions")
    members = {}
    for index, label in enumerate(groups.tolist()):
        members.setdefault(label, []).append(index)
    labels, m = list(members), len(groups)
    rng.shuffle(labels)
    test, dev = [], []
    for part, fraction in ((test, test_fraction), (dev, dev_fraction)):
        while labels and len(part) < round(fraction * m):
            part.extend(members[labels.pop()])
    train = [index for label in labels for index in members[label]]
    return tuple(np.array(part, dtype=int) for part in (train, dev, test))


def by_sums(groups, dev_fraction, test_fraction, rng):
    """Cumulative sums of the sizes of shuffled groups, without a loop."""
    if min(dev_fraction, test_fraction, 1 - dev_fraction - test_fraction) < 0:
        raise ValueError("fractions")
    _, inverse, counts = np.unique(groups, return_inverse=True, return_counts=True)
    order, m = rng.permutation(len(counts)), len(groups)
    ends = np.cumsum(counts[order])
    first = np.searchsorted(ends, round(test_fraction * m)) + 1 if test_fraction * m > 0.5 else 0
    before = ends[first - 1] if first else 0
    size = before + round(dev_fraction * m)
    second = np.searchsorted(ends, size) + 1 if size > before else first
    place = np.argsort(order)[inverse]
    return (
        np.flatnonzero(place >= second),
        np.flatnonzero((place >= first) & (place < second)),
        np.flatnonzero(place < first),
    )


ONCE = "each example once"

TASK = Task(
    reference=ref.split_by_group,
    returns=("train", "dev", "test"),
    cases=cases,
    criteria=(
        Holds(ONCE, 0.5, each_example_once, ("drawn", "even", "mixed")),
        Holds(
            "whole groups",
            2,
            groups_are_whole,
            ("drawn", "even", "mixed"),
            beside=("sizes*", "shuffled", "drawn from rng"),
        ),
        Holds("sizes", 1, sizes_are_right, ("drawn", "fewer"), beside=ONCE),
        Holds("sizes where groups fit", 0.5, sizes_are_right, ("even", "nothing"), beside=ONCE),
        Holds("shuffled", 0.5, groups_are_shuffled, "mixed", beside=ONCE),
        Holds("drawn from rng", 0.5, rng_is_used, "twice", beside=ONCE),
        Agrees("what is refused", 0.5, "refused", beside="*"),
        InputsUntouched(0.5, ("drawn", "even")),
    ),
    lecture=SETS,
    mistakes=MISTAKES,
    unworked={"the right answer sorted": "in which order a set holds its indices is free"},
    variants=(Variant("lists", by_lists), Variant("sums", by_sums)),
    losses={
        "GS-13": "sizes where groups fit",
        "GS-01": "whole groups · shuffled",
        "GS-02": "sizes",
        "GS-03": "shuffled · drawn from rng",
        "GS-04": "sizes",
        "GS-05": "sizes where groups fit",
        "GS-06": "sizes · sizes where groups fit",
        "GS-07": "what is refused",
        "GS-08": "drawn from rng",
        "GS-09": "drawn from rng",
        "GS-10": "shuffled",
        "GS-11": "all",
        "GS-12": "inputs untouched",
    },
    promises={
        "groups": Promise(value=(-20, 30), within=(-250, 800), length=(15, 4000), has=("int64",)),
        "dev_fraction": Promise(value=(0, 0.5), has=("0",)),
        "test_fraction": Promise(value=(0, 0.55), within=(0, 0.7), has=("0",)),
    },
    equivalent={
        "the least, in any order": (
            "if (min(test_fraction, dev_fraction)) < 0 or dev_fraction + test_fraction > 1:",
        ),
        "a factor above 0 keeps the sign": (
            "if min(dev_fraction * 1.01, test_fraction) < 0 or dev_fraction + test_fraction > 1:",
            "if min(dev_fraction, test_fraction * 1.01) < 0 or dev_fraction + test_fraction > 1:",
        ),
        "it has no entries": ("taken = [np.ones(0, int)]",),
    },
)
