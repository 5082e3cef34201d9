"""`calibration_error`: return how far certainty and accuracy are apart, over bins of certainty."""

from __future__ import annotations

import numpy as np

from grader_tests.softmax import TRUST
from grader_tests.softmax import reference as ref
from grader_tests.softmax.draws import size
from grading.marking import (
    Agrees,
    Case,
    InputsUntouched,
    Mistake,
    Promise,
    Task,
    Variant,
    call,
    edit,
    fixed,
)


def sure(
    rng: np.random.Generator, C: int, certainty: np.ndarray, wrong: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Draw P with these largest probabilities, and labels; of three one is wrong, unless told."""
    m = len(certainty)
    answers = rng.integers(0, C, m)
    P = rng.uniform(0.98, 1.02, (C, m))
    P[answers, np.arange(m)] = 0
    P *= (1 - certainty) / P.sum(axis=0)
    P[answers, np.arange(m)] = certainty
    wrong = rng.permutation(m) % 3 == 0 if wrong is None else wrong
    return P, np.where(wrong, (answers + rng.integers(1, C, m)) % C, answers)


def cases(rng: np.random.Generator) -> list[Case]:
    """Bins with some and with no examples, certainties on an edge, and what is refused."""
    cases = []
    for C, m, bins, least in (
        (3, 30, 2, 0.36),
        (4, 24, 3, 0.27),
        (8, 60, 6, 0.14),
        (5, 40, 4, 0.22),
        (3, 3, 1, 0.5),
        (6, 17, 1, 0.3),
    ):
        certainty = rng.permutation(np.linspace(least, 0.99, m))  # there is no empty bin
        P, labels = sure(rng, C, certainty)
        told = f"{size(C, m)}, {'one bin' if bins == 1 else f'{bins} bins'}"
        cases.append(call(ref.calibration_error, P, labels, bins, label=told, tags="plain"))
    for C, m, bins in ((3, 30, 25), (4, 1, 10), (5, 24, 12)):
        P, labels = sure(rng, C, rng.uniform(0.45, 0.99, m))
        told = f"{size(C, m)}, {bins} bins, some of them empty"
        cases.append(call(ref.calibration_error, P, labels, bins, label=told, tags="sparse"))
    for C, bins in ((5, 4), (6, 8), (9, 2)):
        # Too modest on the edges and too sure between them: it matters with whom an edge goes.
        certainty = np.concatenate([np.tile([1.0, 0.75, 0.5], 4), rng.uniform(0.55, 0.95, 18)])
        P, labels = sure(rng, C, certainty, (np.arange(30) >= 12) & (np.arange(30) % 6 > 0))
        told = f"{size(C, len(labels))}, {bins} bins, some certainties on an edge"
        cases.append(call(ref.calibration_error, P, labels, bins, label=told, tags="edge"))
    for C, bins, wrong in (
        *((3, 0, 0), (4, 0, 1), (4, -2, 1), (5, -1, 2), (3, 5, 3), (5, 3, 5)),
        *((4, 4, -1), (3, 6, -2)),
    ):
        P, labels = sure(rng, C, rng.uniform(0.6, 0.9, 8))
        labels[3] = wrong
        told = f"{bins} bins" if bins < 1 else f"a label {wrong} with {C} classes"
        case = call(
            ref.calibration_error, P, labels, bins, label=told, tags="refused", raises=ValueError
        )
        cases.append(case)
    return cases


CERTAINTY = "certainty = np.max(P, axis=0)"
RIGHT = "right = np.argmax(P, axis=0) == labels"
GROUP = "group = np.searchsorted(edges, certainty)"
SHARE = "np.mean(inside) * "
GAP = "abs(np.mean(certainty[inside]) - np.mean(right[inside]))"
RETURN = "return float(error)"
LABELS_REFUSED = """\
    if np.any((labels < 0) | (labels >= len(P))):
        raise ValueError(f"labels must be whole numbers from 0 to {len(P) - 1}")
"""
BINS_REFUSED = """\
    if bins < 1:
        raise ValueError(f"there are {bins} bins; there should be one at least")
"""


def with_empty_bins(P, labels, bins):
    """A loop over all bins, with the mean of nothing."""
    if bins < 1 or labels.min() < 0 or labels.max() >= len(P):
        raise ValueError
    certainty, right = P.max(axis=0), P.argmax(axis=0) == labels
    error = 0.0
    for k in range(bins):
        inside = (certainty > k / bins) & (certainty <= (k + 1) / bins)
        gap = abs(np.sum(certainty[inside]) - np.sum(right[inside])) / np.sum(inside)
        error += gap * np.mean(inside)
    return float(error)


MISTAKES = (
    Mistake(
        "CA-01",
        TRUST,
        "All bins count alike. One with many examples says more than one with few: each counts by "
        "its share of the examples.",
        edit(SHARE, "1 / bins * "),
        edit(SHARE, "1 / len(np.unique(group)) * "),
    ),
    Mistake(
        "CA-02",
        TRUST,
        "Too sure in one bin and too modest in another cancel: distances have a sign, or all "
        "examples are in one bin. Look at each bin by itself, and at how far apart the two are.",
        edit(GAP, GAP.removeprefix("abs")),
        edit(GAP, GAP.removeprefix("abs")).then(RETURN, "return abs(float(error))"),
        edit(GROUP, GROUP + " * 0"),
    ),
    Mistake(
        "CA-03",
        TRUST,
        "The distance is taken for each example, not for each bin. An example is right or wrong; "
        "only a group has a share of right answers.",
        edit(GAP, "np.mean(abs(certainty[inside] - right[inside]))"),
    ),
    Mistake(
        "CA-04",
        TRUST,
        "The certainty is read at the true class. A network is as sure as the probability of its "
        "own answer, right or wrong.",
        edit(CERTAINTY, "certainty = P[labels, np.arange(len(labels))]"),
    ),
    Mistake(
        "CA-05",
        TRUST,
        "A certainty that is an edge goes into the bin above it, or a certainty of 1 into none. "
        "The upper edge of a bin belongs to it.",
        edit(GROUP, "group = np.searchsorted(edges, certainty, side='right')"),
        edit(GROUP, "group = (certainty * bins).astype(int)"),
        edit(GROUP, "group = np.where(certainty < 1, (certainty * bins).astype(int), -1)").then(
            "for k in np.unique(group):",
            "for k in range(bins):\n        if k not in group:\n            continue",
        ),
    ),
    Mistake(
        "CA-06",
        TRUST,
        "Empty bins make the answer nan: the mean of no examples. Leave them out.",
        with_empty_bins,
    ),
    Mistake(
        "CA-07",
        TRUST,
        "The middle or an edge of the bin stands for its certainties. Take the mean of those that "
        "are in it.",
        edit("np.mean(certainty[inside])", "(k + 0.5) / bins"),
        edit("np.mean(certainty[inside])", "(k + 1) / bins"),
        edit("np.mean(certainty[inside])", "k / bins"),
    ),
    Mistake(
        "CA-08",
        TRUST,
        "The largest distance, or squares of distances, are answered. Wanted is the mean of the "
        "distances themselves.",
        edit("error += " + SHARE + GAP, f"error = max(error, {GAP})"),
        edit(GAP, GAP + "**2"),
        edit(GAP, GAP + "**2").then(RETURN, "return float(np.sqrt(error))"),
    ),
    Mistake(
        "CA-09",
        TRUST,
        "The number of bins has a fixed value. It is an argument.",
        edit("", "bins = bins and 10"),
        numbers=fixed(whole=("bins",)),
    ),
    Mistake(
        "CA-10",
        TRUST,
        "The bins have equally many examples, or reach from the smallest certainty to the largest. "
        "They are equally wide, and all of them together go from 0 to 1.",
        edit(GROUP, "group = np.argsort(np.argsort(certainty)) * bins // len(certainty)"),
        edit("np.arange(1, bins) / bins", "np.linspace(np.min(certainty), 1, bins + 1)[1:-1]"),
        edit("np.arange(1, bins) / bins", "np.linspace(1 / len(P), 1, bins + 1)[1:-1]"),
    ),
    Mistake(
        "CA-11",
        TRUST,
        "The number of bins is off by one: that many bins have one edge less between them.",
        edit("np.arange(1, bins) / bins", "np.linspace(0, 1, bins)[1:-1]"),
    ),
    Mistake(
        "CA-12",
        TRUST,
        "The number of right answers of a bin is used, not their share among the examples that "
        "are in it.",
        edit("np.mean(right[inside])", "np.sum(right[inside])"),
        edit("np.mean(right[inside])", "np.sum(right[inside]) / len(right)"),
    ),
    Mistake(
        "CA-13",
        TRUST,
        "A number of bins below 1, or a label that is no class, gets through. Such arguments "
        "should raise a ValueError.",
        edit(BINS_REFUSED, "").then(LABELS_REFUSED, ""),
        edit(BINS_REFUSED, ""),
        edit(LABELS_REFUSED, ""),
        edit("labels >= len(P)", "labels > len(P)"),
        edit("(labels < 0) | (labels >= len(P))", "labels < 0"),
        edit("(labels < 0) | (labels >= len(P))", "labels >= len(P)"),
        edit("bins < 1", "bins < 0").then(
            "np.arange(1, bins) / bins", "np.arange(1, bins) / max(bins, 1)"
        ),
        edit("bins < 1", "bins == 0"),
    ),
    Mistake(
        "CA-14",
        TRUST,
        "An argument is changed. Others still need the probabilities and the labels: compute new "
        "arrays.",
        edit(CERTAINTY, "P *= 100\n    certainty = np.max(P, axis=0) / 100"),
        edit(RIGHT, RIGHT + "\n    labels -= labels"),
    ),
    Mistake(
        "CA-15",
        TRUST,
        "Groups are added without their weight. A group counts as much as it has examples.",
        edit("np.mean(inside) * abs", "abs"),
        edit("np.mean(inside) * abs", "np.sum(inside) * abs"),
    ),
    Mistake(
        "CA-16",
        TRUST,
        "The largest is taken of each row, over the examples. An example is a column: its answer "
        "and its certainty come from axis 0.",
        edit(CERTAINTY, "certainty = np.max(P, axis=1)"),
        edit(RIGHT, "right = np.argmax(P, axis=1) == labels"),
        edit(CERTAINTY, "certainty = np.max(P, axis=1)").then(
            RIGHT, "right = np.argmax(P, axis=1) == labels"
        ),
    ),
    Mistake(
        "CA-17",
        TRUST,
        "The sum over the bins is divided once more. The shares of the examples add up to 1, so it "
        "is a mean already.",
        edit(RETURN, "return float(error / len(np.unique(group)))"),
        edit(RETURN, "return float(error / bins)"),
        edit(RETURN, "return float(error / len(labels))"),
        edit(RETURN, "return float(error / len(P))"),
    ),
    Mistake(
        "CA-18",
        TRUST,
        "All probabilities are gathered, those of classes too that are not answered. An example "
        "comes in once, with the probability of its own answer.",
        edit(CERTAINTY, "certainty = P.ravel()").then(
            RIGHT, "right = (np.arange(len(P))[:, np.newaxis] == labels).ravel()"
        ),
        edit(CERTAINTY, "certainty = np.mean(P, axis=0)"),
    ),
    Mistake(
        "CA-19",
        TRUST,
        "Something else is returned than one number: a list of the bins' distances, or more things "
        "beside it. Add them up by their weights and return the sum.",
        edit("error = 0.0", "error = []")
        .then("error += ", "error.append(")
        .then(GAP, GAP + ")")
        .then(RETURN, "return error"),
        edit(RETURN, "return float(error), group"),
        edit(RETURN, "return None"),
        looks_like=lambda result, wanted, case: (
            isinstance(result, list | tuple | dict | None) or np.ndim(result) > 0
        ),
    ),
    Mistake(
        "CA-20",
        TRUST,
        "Another share than that of the examples in the bin weighs its distance, or the result is "
        "given in percent. Nothing else is multiplied with it.",
        edit(RETURN, "return float(100 * error)"),
        edit(SHARE, "np.mean(inside) ** 2 * "),
        edit(SHARE, "np.sqrt(np.mean(inside)) * "),
        edit(SHARE, "(1 - np.mean(inside)) * "),
        edit(SHARE, "np.sum(inside) ** 2 * "),
    ),
    Mistake(
        "CA-21",
        TRUST,
        "The certainty is compared with the share of wrong answers, or with something else than "
        "the share of right ones in the bin.",
        edit(RIGHT, RIGHT.replace("==", "!=")),
        edit("np.mean(right[inside])", "np.mean(right)"),
        edit("np.mean(right[inside])", "1"),
        edit("np.mean(certainty[inside])", "np.mean(certainty)"),
        edit("np.mean(certainty[inside])", "np.sum(certainty[inside])"),
        edit("np.mean(certainty[inside])", "np.max(certainty[inside])"),
        edit("np.mean(certainty[inside])", "np.min(certainty[inside])"),
        edit(CERTAINTY, "certainty = np.min(P, axis=0)"),
        edit(CERTAINTY, "certainty = 1 - np.max(P, axis=0)"),
    ),
)


def by_interval(P, labels, bins):
    """A loop over the bins by their ends, with sums."""
    C, m = P.shape
    if bins < 1 or not set(labels.tolist()) <= set(range(C)):
        raise ValueError("bins or labels")
    certainty, total = P.max(0), 0
    hits = (P.argmax(0) == labels).astype(float)
    for low, high in zip(np.arange(bins) / bins, np.arange(1, bins + 1) / bins, strict=True):
        inside = (certainty > low) & (certainty <= high)
        if inside.any():
            total += inside.sum() / m * np.abs(hits[inside].mean() - certainty[inside].mean())
    return total


def by_bincount(P, labels, bins):
    """Sums of the signed distances in each bin, by `np.bincount`."""
    if bins < 1 or labels.min() < 0 or labels.max() > P.shape[0] - 1:
        raise ValueError("bins or labels")
    certainty = P.max(axis=0)
    group = np.ceil(certainty * bins).astype(int) - 1
    signed = certainty - (np.argmax(P, axis=0) == labels)
    return np.sum(np.abs(np.bincount(group, signed))) / len(labels)


TASK = Task(
    reference=ref.calibration_error,
    returns="error",
    cases=cases,
    criteria=(
        Agrees("error", 2, "plain"),
        Agrees("empty bins", 0.5, "sparse"),
        Agrees("certainties on an edge", 0.5, "edge", beside="error"),
        Agrees("other arguments refused", 0.5, "refused", beside="*"),
        InputsUntouched(0.5),
    ),
    lecture=TRUST,
    mistakes=MISTAKES,
    variants=(Variant("by interval", by_interval), Variant("by bincount", by_bincount)),
    losses={
        "CA-21": "all",
        "CA-20": "all",
        "CA-19": "all",
        "CA-18": "all",
        "CA-17": "all",
        "CA-16": "all",
        "CA-15": "all",
        "CA-15, way 2": "all",
        "CA-01": "all",
        "CA-02": "all",
        "CA-03": "all",
        "CA-04": "all",
        "CA-05": "certainties on an edge",
        "CA-06": "empty bins · certainties on an edge",
        "CA-07": "all",
        "CA-08": "all",
        "CA-09": "all",
        "CA-10": "all",
        "CA-11": "all",
        "CA-12": "all",
        "CA-13": "other arguments refused",
        "CA-14": "inputs untouched",
    },
    promises={
        "P": Promise(value=(0, 1), rows=(3, 9), columns=(1, 60), has=("0",)),
        "labels": Promise(value=(0, 7), within=(0, 8), length=(1, 60), has=("int64",)),
        "bins": Promise(value=(1, 25)),
    },
    equivalent={
        "whole numbers so small stay on their side": (
            "if (bins * 1.01) < 1:",
            "if np.any(((labels * 1.01) < 0) | (labels >= len(P))):",
            "if np.any((labels < 0) | ((labels * 1.01) >= len(P))):",
        ),
        "the order of the entries stays": (
            "right = np.argmax(P + 1, axis=0) == labels",
            "right = np.argmax(P - 1, axis=0) == labels",
            "right = np.argmax(P * 1.01, axis=0) == labels",
        ),
        "0 and 1 are edges as well": (
            "edges = (np.arange(bins)) / bins",
            "edges = np.arange(0, bins) / bins",
            "edges = np.arange(1, bins + 1) / bins",
            "edges = np.arange(1, bins * 1.01) / bins",
        ),
        "a distance has no direction": (
            "error += np.mean(inside) * abs(np.mean(right[inside]) - np.mean(certainty[inside]))",
        ),
        "a number of NumPy is a number": ("return error",),
    },
)
