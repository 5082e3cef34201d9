"""`mini_batches`: shuffle the examples once and cut them into mini-batches."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from grader_tests.mini_batches import EPOCH, SLIPS
from grader_tests.mini_batches import reference as ref
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

Batches = list[tuple[np.ndarray, np.ndarray]]

SHAPES = (  # rows of X and of Y, examples, batch size
    (3, 1, 10, 4),
    (2, 1, 8, 4),
    (4, 1, 3, 4),
    (2, 1, 9, 1),
    (3, 1, 5, 5),
    (5, 1, 16, 20),
)
LARGE = ((6, 1, 64, 4), (3, 1, 151, 3), (2, 1, 121, 2))
ROWS = ((3, 2, 10, 4), (2, 3, 12, 3), (4, 2, 7, 7))
ONE_EPOCH = ("small", "few", "large")  # the tags of cases with one call
EPOCHS = 2000
CHECKS_OF_CHANCE = 8 * 8 + 8 * 7 // 2  # places, and pairs in one batch

TWICE = """\
import numpy as np
rng = np.random.default_rng(seed)
first = mini_batches(X, Y, batch_size, rng)
later = mini_batches(X, Y, batch_size, rng)
again = mini_batches(X, Y, batch_size, np.random.default_rng(seed))
result = first, later, again, X"""

MIXING = """\
import numpy as np
rng = np.random.default_rng(seed)
result = np.array([
    np.concatenate([X_t[0] for X_t, Y_t in mini_batches(X, Y, 4, rng)]) for _ in range(epochs)
])"""


def cases(rng: np.random.Generator) -> list[Case]:
    """Sizes with and without a rest, many batches, repeated calls, and many epochs."""
    cases = []
    for n, k, m, batch_size in SHAPES + LARGE + ROWS:
        X, Y = rng.standard_normal((n, m)), rng.standard_normal((k, m))
        tag = "few" if m < batch_size else "large" if m > 20 else "small"
        label = f"{m} examples in mini-batches of {batch_size}"
        if k > 1:
            tag, label = "rows", f"{label}, {k} rows of labels"
        seed = Rng(int(rng.integers(2**32)))
        cases.append(call(ref.mini_batches, X, Y, batch_size, seed, label=label, tags=tag))
    for m, batch_size in ((60, 8), (45, 5)):
        cases.append(
            script(
                TWICE,
                label=f"three calls with {m} examples in mini-batches of {batch_size}",
                tags="twice",
                seed=int(rng.integers(2**32)),
                X=rng.standard_normal((2, m)),
                Y=rng.standard_normal((1, m)),
                batch_size=batch_size,
            )
        )
    cases.append(
        script(
            MIXING,
            label=f"{EPOCHS} epochs of 8 examples in mini-batches of 4",
            tags="mixing",
            seed=int(rng.integers(2**32)),
            X=np.arange(8.0).reshape(1, 8),
            Y=np.ones((1, 8)),
            epochs=EPOCHS,
        )
    )
    return cases


def sizes(batches: Batches) -> list[int]:
    """The number of examples in each mini-batch."""
    return [X_t.shape[1] for X_t, _ in batches]


def places(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Where each column of `part` stands in `whole`; −1 where it does not.

    Raises
    ------
    ValueError
        If there are more columns than in the whole.
    """
    if part.shape[1] > whole.shape[1]:
        raise ValueError("a mini-batch is larger than the whole")
    same = np.all(part[:, :, None] == whole[:, None, :], axis=0)
    return np.where(same.any(axis=1), same.argmax(axis=1), -1)


def examples(batches: Batches, case: Case) -> list[np.ndarray]:
    """Which examples each mini-batch holds, by their columns of X."""
    return [places(X_t, case.inputs["X"]) for X_t, _ in batches]


def sizes_are_right(result: Batches, wanted: Batches, case: Case) -> str | None:
    """A list of pairs of arrays, each with as many examples as it should have."""
    if type(result) not in (list, tuple):
        return "It should return a list of pairs (X_t, Y_t)."
    if any(type(pair) not in (list, tuple) or len(pair) != 2 for pair in result):
        return "Each entry of the list should be a pair (X_t, Y_t)."
    if len(result) != len(wanted):
        return f"There are {len(result)} mini-batches; there should be {len(wanted)}."
    for t, (pair, right) in enumerate(zip(result, wanted, strict=True)):
        for name, array, like in zip(("X_t", "Y_t"), pair, right, strict=True):
            if not isinstance(array, np.ndarray):
                return f"{name} of mini-batch {t} is not a NumPy array."
            if array.shape[-1] != like.shape[1]:
                size = f"{name} of mini-batch {t} has {array.shape[-1]} examples"
                return f"{size}; it should have {like.shape[1]}."
    return None


def shapes_are_right(result: Batches, wanted: Batches, case: Case) -> str | None:
    """Two axes, and the rows of X and of Y, however many examples."""
    for t, pair in enumerate(result):
        for name, array, whole in zip(("X_t", "Y_t"), pair, ("X", "Y"), strict=True):
            rows = case.inputs[whole].shape[0]
            if array.ndim != 2 or len(array) != rows:
                shape = f"{name} of mini-batch {t} has the shape {array.shape}"
                return f"{shape}; it should have two axes, and {rows} rows as {whole} has."
    return None


def each_example_once(result: Batches, wanted: Batches, case: Case) -> str | None:
    """The mini-batches together hold every column of X, and none twice."""
    m, found = case.inputs["X"].shape[1], np.concatenate(examples(result, case))
    if np.any(found < 0):
        return "A column of an X_t is not a column of X."
    if len(np.unique(found)) < len(found):
        return "Some example occurs more than once."
    if len(found) < m:
        return f"{m - len(found)} of the {m} examples are in no mini-batch."
    return None


def columns_stay_paired(result: Batches, wanted: Batches, case: Case) -> str | None:
    """Each column of Y_t, if need be made a row, belongs to the column of X_t at its place."""
    if not result:
        return "There is no mini-batch."
    for t, (X_t, Y_t) in enumerate(result):
        Y = case.inputs["Y"]
        of_X, of_Y = places(X_t, case.inputs["X"]), places(Y_t.reshape(len(Y), -1), Y)
        if np.any(of_X < 0):
            return f"In mini-batch {t} a column of X_t is not a column of X."
        if not np.array_equal(of_X, of_Y):
            return f"In mini-batch {t} the columns of X_t and Y_t belong to different examples."
    return None


def all_in_one(result: Batches, wanted: Batches, case: Case) -> str | None:
    """Everything at once, but the shapes only where there are several rows of labels."""
    checks = [sizes_are_right, each_example_once, columns_stay_paired]
    if "rows" in case.tags:
        checks.insert(0, shapes_are_right)
    return next(filter(None, (check(result, wanted, case) for check in checks)), None)


def examples_are_shuffled(result: object, wanted: object, case: Case) -> str | None:
    """The order is random: every example anywhere, every two together equally often."""
    if "large" in case.tags:
        in_order = np.all(np.diff(np.concatenate(examples(result, case))) > 0)
        return "The examples are in the order in which they came." if in_order else None
    if not isinstance(result, np.ndarray) or result.shape != wanted.shape:
        return "Not every epoch has every example."
    margin = chance.fraction_margin(EPOCHS, chance.ALARM / CHECKS_OF_CHANCE)
    where = np.mean(result[:, :, None] == np.arange(8), axis=0)  # (place, example)
    if np.abs(where - 1 / 8).max() > margin:
        return "Over many epochs, some example comes at some place too often or too rarely."
    if np.any(np.sort(result, axis=1) != np.arange(8)):
        return None  # an example that comes twice has no one place: a matter of another criterion
    batch = np.argsort(result, axis=1) // 4  # (epoch, example)
    together = np.mean(batch[:, :, None] == batch[:, None, :], axis=0)[np.triu_indices(8, 1)]
    if np.abs(together - 3 / 7).max() > margin:
        return "Over many epochs, some two examples share a mini-batch too often or too rarely."
    return None


def rng_is_used(result: tuple, wanted: tuple, case: Case) -> str | None:
    """The same generator state gives the same mini-batches, another one others."""
    first, later, again, _ = result
    if not same_batches(first, again):
        return "Two generators with the same seed gave different mini-batches."
    if same_batches(first, later):
        return "The second epoch with one generator repeated the mini-batches of the first."
    return None


def same_batches(mine: Batches, other: Batches) -> bool:
    """Whether two epochs have the same examples in the same order."""
    return np.array_equal(*(np.hstack([X_t for X_t, _ in epoch]) for epoch in (mine, other)))


def with_sizes(*ways: Callable[[int, int], list[int]]) -> Callable:
    """Recognise one of these ways of choosing the sizes, where they are not the right ones."""

    def looks_like(result: Batches, wanted: Batches, case: Case) -> bool | None:
        if not set(ONE_EPOCH) & set(case.tags):
            return None
        m, batch_size = case.inputs["X"].shape[1], case.inputs["batch_size"]
        theirs = [way(m, batch_size) for way in ways]
        if sizes(result) == sizes(wanted):
            return None if sizes(wanted) in theirs else False
        return sizes(result) in theirs

    return looks_like


def in_each_epoch(sign: Callable[[Batches, Case], bool], *tags: str) -> Callable:
    """Recognise mini-batches that have the sign, in the cases of one epoch or of these tags."""
    return lambda result, wanted, case: (
        bool(sign(result, case)) if set(tags or ONE_EPOCH) & set(case.tags) else None
    )


def on_their_own(batches: Batches, case: Case) -> bool:
    """Whether X and Y are both complete and shuffled apart."""
    of_X = np.concatenate(examples(batches, case))
    of_Y = np.concatenate([places(Y_t, case.inputs["Y"]) for _, Y_t in batches])
    complete = np.array_equal(np.sort(of_X), np.sort(of_Y))
    return complete and not np.array_equal(of_X, of_Y)


def repeats(batches: Batches, case: Case) -> bool:
    """Whether examples are drawn again, though there are as many as there should be."""
    found = np.concatenate(examples(batches, case))
    return len(found) == case.inputs["X"].shape[1] and len(np.unique(found)) < len(found)


def in_order(batches: Batches, case: Case) -> bool:
    """Whether the examples are in the order in which they came."""
    return np.all(np.diff(np.concatenate(examples(batches, case))) == 1)


def in_blocks(batches: Batches, case: Case) -> bool:
    """Whether each mini-batch is a run of neighbours, and the mini-batches are mixed."""
    runs = all(np.all(np.diff(found) == 1) for found in examples(batches, case))
    return runs and not in_order(batches, case)


def mixed_within(batches: Batches, case: Case) -> bool:
    """Whether each mini-batch has the examples of its place, mixed."""
    found = [np.sort(each) for each in examples(batches, case)]
    return np.all(np.diff(np.concatenate(found)) == 1) and not in_order(batches, case)


def from_another_seed(result: tuple, wanted: tuple, case: Case) -> bool | None:
    """Recognise mini-batches that do not depend on the generator, though they are random."""
    if "twice" not in case.tags:
        return None
    first, _, again, X = result
    return np.array_equal(X, case.inputs["X"]) and not same_batches(first, again)


def always_the_same(result: tuple, wanted: tuple, case: Case) -> bool | None:
    """Recognise shuffled mini-batches that are the same in every epoch."""
    if "large" in case.tags:  # nothing is told of what is not shuffled, or not made of X
        found = examples(result, case)
        plain = all(np.all(np.diff(each) == 1) for each in found)
        return False if plain or np.any(np.concatenate(found) < 0) else None
    if "twice" not in case.tags:
        return None
    first, later, again, X = result
    unchanged = np.array_equal(X, case.inputs["X"])
    return unchanged and same_batches(first, later) and same_batches(first, again)


def changed_X(result: tuple, wanted: tuple, case: Case) -> bool | None:
    """Recognise a shuffle of the caller's array."""
    return not np.array_equal(result[3], case.inputs["X"]) if "twice" in case.tags else None


def sliced_rows(batches: Batches, case: Case) -> bool:
    """Whether the mini-batches have all columns, and rows from k times the size on."""
    (n, m), size = case.inputs["X"].shape, case.inputs["batch_size"]
    rows = [len(range(n)[start : start + size]) for start in range(0, m, size)]
    return [X_t.shape for X_t, _ in batches] == [(each, m) for each in rows]


def cut(m: int, size: int) -> list[int]:
    """The sizes of m examples in mini-batches of this size."""
    return [min(size, m - start) for start in range(0, m, size)]


def without_enough(X, Y, batch_size, rng):
    """Take care of a rest only after a full mini-batch."""
    m = X.shape[1]
    order = rng.permutation(m)
    batches = []
    for k in range(m // batch_size):
        chosen = order[k * batch_size : (k + 1) * batch_size]
        batches.append((X[:, chosen], Y[:, chosen]))
    if batches and m % batch_size:
        chosen = order[m // batch_size * batch_size :]
        batches.append((X[:, chosen], Y[:, chosen]))
    return batches


def in_place(X, Y, batch_size, rng):
    """Shuffle the caller's arrays."""
    order = rng.permutation(X.shape[1])
    X[:] = X[:, order]
    Y[:] = Y[:, order]
    starts = range(0, X.shape[1], batch_size)
    return [(X[:, i : i + batch_size], Y[:, i : i + batch_size]) for i in starts]


ORDER = "order = rng.permutation(m)"
SLICE = "order[start : start + batch_size]"
RANGE = "range(0, m, batch_size)"
CHOSEN = "    batches = []\n"
PAIR = "(X[:, chosen], Y[:, chosen])"
RETURN = "    return batches"

MISTAKES = (
    Mistake(
        "MB-01",
        EPOCH,
        "The last mini-batch is left out when it is not full. Its examples count too: let it be "
        "smaller.",
        edit(RANGE, "range(0, m - batch_size + 1, batch_size)"),
        looks_like=with_sizes(lambda m, size: [size] * (m // size)),
    ),
    Mistake(
        "MB-02",
        EPOCH,
        "There is no mini-batch at all when there are fewer examples than batch_size. Then all of "
        "them are one mini-batch.",
        without_enough,
        looks_like=with_sizes(lambda m, size: cut(m, size) if m >= size else []),
    ),
    Mistake(
        "MB-03",
        EPOCH,
        "Every mini-batch is the whole data set. Take the columns of its own part only.",
        edit(SLICE, "order[:]"),
        looks_like=in_each_epoch(
            lambda batches, case: all(X_t.shape == case.inputs["X"].shape for X_t, _ in batches)
        ),
    ),
    Mistake(
        "MB-04",
        EPOCH,
        "X and Y are shuffled by two different orders, so labels belong to other examples. Draw "
        "one order and use it for both.",
        edit(ORDER, ORDER + "\n    other = rng.permutation(m)").then(
            PAIR, "(X[:, chosen], Y[:, other[start : start + batch_size]])"
        ),
        edit(PAIR, "(X[:, chosen], Y[:, start : start + batch_size])"),
        looks_like=in_each_epoch(on_their_own, "large"),
    ),
    Mistake(
        "MB-05",
        EPOCH,
        "The caller's X is shuffled in place. Shuffle the numbers of the columns and take copies.",
        in_place,
        looks_like=changed_X,
    ),
    Mistake(
        "MB-06",
        EPOCH,
        "Examples are drawn with replacement, so some come twice in an epoch and others never. "
        "Shuffle them and cut.",
        edit(ORDER, "order = rng.integers(0, m, m)"),
        edit(SLICE, "rng.choice(m, len(order[start : start + batch_size]), replace=False)"),
        looks_like=in_each_epoch(repeats, "large"),
    ),
    Mistake(
        "MB-07",
        EPOCH,
        "Every epoch has the same order: nothing is drawn, or the seed is fixed inside the "
        "function. Use rng, which goes on from epoch to epoch.",
        edit(ORDER, "order = np.random.default_rng(0).permutation(m)"),
        looks_like=always_the_same,
    ),
    Mistake(
        "MB-08",
        EPOCH,
        "The mini-batches are cut from the rows. Examples are columns here.",
        edit(
            PAIR,
            "(X[:, order][start : start + batch_size], Y[:, order][start : start + batch_size])",
        ),
        looks_like=in_each_epoch(sliced_rows),
    ),
    Mistake(
        "MB-09",
        EPOCH,
        "The mini-batches overlap, or there is a gap between them. A slice ends just before its "
        "second number, so that is where the next one starts.",
        edit(SLICE, "order[start : start + batch_size - 1]"),
        edit(SLICE, "order[start : start + batch_size + 1]"),
        looks_like=with_sizes(
            lambda m, size: [len(range(m)[i : i + size - 1]) for i in range(0, m, size)],
            lambda m, size: [len(range(m)[i : i + size + 1]) for i in range(0, m, size)],
        ),
    ),
    Mistake(
        "MB-10",
        EPOCH,
        "Y_t has lost its first axis. Keep it two-dimensional, as Y is: take columns with Y[:, …].",
        edit("Y[:, chosen]", "Y[0, chosen]"),
        edit("Y[:, chosen]", "Y[:, chosen].ravel()"),
        looks_like=in_each_epoch(
            lambda batches, case: all(X.ndim == 2 and Y.ndim == 1 for X, Y in batches)
        ),
    ),
    Mistake(
        "MB-11",
        EPOCH,
        "There is an empty mini-batch at the end when all are full. Add a last one only if "
        "examples are left for it.",
        edit(RANGE, "range(0, m + 1, batch_size)"),
        looks_like=with_sizes(lambda m, size: cut(m, size) + [0] * (m % size == 0)),
    ),
    Mistake(
        "MB-13",
        SLIPS,
        "batch_size is taken for the number of mini-batches. It is the number of examples in each.",
        edit(ORDER, ORDER + "\n    batch_size = max(1, m // batch_size)"),
        edit("for start in " + RANGE, "for chosen in np.array_split(order, batch_size)").then(
            f"        chosen = {SLICE}\n", ""
        ),
        looks_like=with_sizes(
            lambda m, size: cut(m, max(1, m // size)),
            lambda m, size: [len(part) for part in np.array_split(np.arange(m), size)],
        ),
    ),
    Mistake(
        "MB-22",
        EPOCH,
        "The examples are cut into parts as equal as can be. Every mini-batch has batch_size "
        "examples, and the last one those that are left.",
        edit(
            "for start in " + RANGE,
            "for chosen in np.array_split(order, int(np.ceil(m / batch_size)))",
        ).then(f"        chosen = {SLICE}\n", ""),
        looks_like=with_sizes(
            lambda m, size: [len(part) for part in np.array_split(np.arange(m), -(-m // size))]
        ),
    ),
    Mistake(
        "MB-24",
        EPOCH,
        "The last mini-batch is filled up, with examples from the beginning or with some that were "
        "drawn before. Each example comes once: let the last one be smaller.",
        edit(SLICE, "np.take(order, range(start, start + batch_size), mode='wrap')"),
        edit(
            SLICE,
            "order[min(start, max(m - batch_size, 0)) :][:batch_size]",
        ),
        looks_like=with_sizes(
            lambda m, size: [size] * -(-m // size),
            lambda m, size: [min(m, size)] * -(-m // size),
        ),
    ),
    Mistake(
        "MB-25",
        EPOCH,
        "What is left over is added to the mini-batch before it. It makes one of its own, however "
        "small.",
        edit(
            RANGE + ":", RANGE + ":\n        if m - start < batch_size < m:\n            continue"
        ).then(SLICE, "order[start : start + batch_size if m - start >= 2 * batch_size else m]"),
        looks_like=with_sizes(
            lambda m, size: [size] * (m // size - 1) + [size + m % size] if m >= size else [m]
        ),
    ),
    Mistake(
        "MB-15",
        SLIPS,
        "The examples are not shuffled. Data are often sorted, and then each mini-batch pulls its "
        "own way: draw a new order from rng in every call.",
        edit(ORDER, "order = np.arange(m)"),
        looks_like=in_each_epoch(in_order, "large"),
    ),
    Mistake(
        "MB-16",
        EPOCH,
        "Only the order of the mini-batches is shuffled, so the same examples always come "
        "together. Shuffle the examples, then cut.",
        edit(ORDER, "order = np.arange(m)").then(RETURN, "    rng.shuffle(batches)\n" + RETURN),
        looks_like=in_each_epoch(in_blocks, "large"),
    ),
    Mistake(
        "MB-17",
        EPOCH,
        "The examples are shuffled within each mini-batch only, so the same examples always come "
        "together. Shuffle all of them, then cut.",
        edit(ORDER, "order = np.arange(m)").then(SLICE, f"rng.permutation({SLICE})"),
        looks_like=in_each_epoch(mixed_within, "large"),
    ),
    Mistake(
        "MB-18",
        EPOCH,
        "The shuffle does not come from rng, but from a generator of its own. Nobody can repeat "
        "such a training run: use the methods of rng.",
        edit(ORDER, "order = np.random.permutation(m)"),
        edit(ORDER, "order = np.random.default_rng().permutation(m)"),
        looks_like=from_another_seed,
    ),
    Mistake(
        "MB-19",
        EPOCH,
        "The pairs are the other way round: X_t comes first, then Y_t.",
        edit(PAIR, "(Y[:, chosen], X[:, chosen])"),
        looks_like=in_each_epoch(
            lambda batches, case: all(
                len(first) == len(case.inputs["Y"]) and len(second) == len(case.inputs["X"])
                for first, second in batches
            )
        ),
    ),
    Mistake(
        "MB-23",
        EPOCH,
        "Y is taken for one row. It has k rows: shuffle and cut its columns as those of X, and let "
        "the rows be as many as they are.",
        edit(CHOSEN, "    Y = Y.reshape((1, X.shape[1]))\n" + CHOSEN),
        edit("Y[:, chosen]", "Y[:, chosen].reshape(1, len(chosen))"),
    ),
    Mistake(
        "MB-20",
        EPOCH,
        "Two lists are returned, one of X_t and one of Y_t. Return one list of pairs.",
        edit("return batches", "return [X_t for X_t, _ in batches], [Y_t for _, Y_t in batches]"),
        looks_like=in_each_epoch(
            lambda parts, case: (
                len(parts) == 2
                and all(X_t.shape[0] == len(case.inputs["X"]) for X_t in parts[0])
                and all(Y_t.shape[0] == len(case.inputs["Y"]) for Y_t in parts[1])
            ),
            "large",
        ),
    ),
    Mistake(
        "MB-21",
        EPOCH,
        "The examples of a mini-batch are its rows. They are columns here, as in X and Y.",
        edit(PAIR, "(X[:, chosen].T, Y[:, chosen].T)"),
        looks_like=in_each_epoch(
            lambda batches, case: all(
                X_t.shape[1] == len(case.inputs["X"]) and Y_t.shape[0] == X_t.shape[0]
                for X_t, Y_t in batches
            ),
            "large",
        ),
    ),
)


def shuffled_copies(X, Y, batch_size, rng):
    """Shuffle copies, and count the full mini-batches."""
    order = np.arange(X.shape[1])
    rng.shuffle(order)
    X, Y, m = np.take(X, order, axis=1), np.take(Y, order, axis=1), len(order)
    full = m // batch_size
    batches = []
    for k in range(full):
        columns = slice(k * batch_size, (k + 1) * batch_size)
        batches.append((X[:, columns], Y[:, columns]))
    if m % batch_size != 0:
        batches.append((X[:, full * batch_size :], Y[:, full * batch_size :]))
    return batches


def split_together(X, Y, batch_size, rng):
    """Stack X on Y, shuffle the columns, split."""
    n, m = X.shape
    both = rng.permutation(np.vstack([X, Y]), axis=1)
    parts = np.split(both, range(batch_size, m, batch_size), axis=1)
    return [[part[:n], part[n:]] for part in parts]


CUT = ("sizes", "shuffled")  # the whole data set as it came has neither
OTHERS = ("every example once", "columns stay paired")  # arrays of nonsense have neither

TASK = Task(
    reference=ref.mini_batches,
    returns="batches",
    cases=cases,
    criteria=(
        Holds("sizes", 1, sizes_are_right, ("small", "large"), beside=OTHERS),
        Holds("shapes", 1, shapes_are_right, ("small", "large"), beside=OTHERS),
        Holds("every example once", 1.5, each_example_once, ("small", "large"), beside=CUT),
        Holds("columns stay paired", 1.5, columns_stay_paired, ("small", "large"), beside=CUT),
        Holds("several rows of labels", 1, all_in_one, "rows", beside=CUT),
        Holds("fewer examples than batch_size", 1, all_in_one, "few", beside=CUT),
        Holds("shuffled", 1, examples_are_shuffled, ("large", "mixing")),
        Holds("drawn from rng", 1, rng_is_used, "twice", beside=OTHERS),
        InputsUntouched(1, ("small", "large")),
    ),
    lecture=EPOCH,
    mistakes=MISTAKES,
    unworked={"the right answer as whole numbers": "the sizes are right, the examples are not"},
    variants=(
        Variant("shuffled copies", shuffled_copies),
        Variant("split together", split_together),
    ),
    losses={
        "MB-25": "sizes · several rows of labels",
        "MB-24": "sizes · every example once · several rows of labels · "
        "fewer examples than batch_size",
        "MB-24, way 2": "sizes · every example once · several rows of labels",
        "MB-01": "sizes · every example once · several rows of labels · "
        "fewer examples than batch_size",
        "MB-02": "fewer examples than batch_size",
        "MB-03": "all",
        "MB-04": "columns stay paired · several rows of labels · fewer examples than batch_size",
        "MB-05": "drawn from rng · inputs untouched",
        "MB-06": "every example once · several rows of labels · fewer examples than batch_size",
        "MB-06, way 2": "every example once · several rows of labels",
        "MB-07": "shuffled · drawn from rng",
        "MB-08": "all",
        "MB-09": "all",
        "MB-10": "shapes · several rows of labels",
        "MB-11": "sizes · several rows of labels",
        "MB-13": "sizes · several rows of labels · fewer examples than batch_size",
        "MB-22": "sizes · several rows of labels",
        "MB-15": "shuffled · drawn from rng",
        "MB-16": "all",
        "MB-17": "shuffled",
        "MB-18": "drawn from rng",
        "MB-19": "all",
        "MB-23": "several rows of labels",
        "MB-20": "all",
        "MB-21": "all",
    },
    promises={
        "X": Promise(value=(-2, 7), within=(-5, 7), rows=(1, 6), columns=(3, 151), has=("0",)),
        "Y": Promise(
            value=(-2.1, 2),
            within=(-5, 5),
            rows=(1, 3),
            columns=(3, 151),
            has=("a constant row", "equal neighbours"),
        ),
        "batch_size": Promise(value=(1, 20)),
    },
    equivalent={
        "both have a column for each example": ("m = Y.shape[1]",),
        "negative numbers count from the end: still each example once, by chance": (
            "chosen = (-order)[start : start + batch_size]",
            "chosen = (order - 1)[start : start + batch_size]",
        ),
    },
)
