"""`mixup`: each example mixed with a partner of a random permutation, labels alike."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from grader_tests.regularization import AUGMENTATION
from grader_tests.regularization import reference as ref
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
    edit,
    script,
)

SIZES = ((3, 8, 2), (6, 40, 1), (1, 25, 3), (7, 7, 4), (12, 12, 3), (5, 200, 10))  # n, m, C

TWICE = """\
import numpy as np
rng = np.random.default_rng(seed)
first, later = (mixup(X.copy(), Y.copy(), weights.copy(), rng)[0] for _ in range(2))
again = mixup(X.copy(), Y.copy(), weights.copy(), np.random.default_rng(seed))[0]
result = first, later, again"""


def cases(rng: np.random.Generator) -> list[Case]:
    """Shares between 0 and 1, and of just these; repeated calls; what is refused."""
    cases = []
    for n, m, C in SIZES:
        weights = rng.uniform(0.1, 0.9, m)
        cases.append(_call(rng, n, m, C, weights, "inner"))
    for n, m, C in ((4, 9, 3), (2, 30, 1)):
        cases.append(_call(rng, n, m, C, (rng.permutation(m) % 2).astype(float), "ends"))
    for n, m, C in ((3, 20, 2), (4, 12, 1)):
        X, Y = _examples(rng, n, m, C)
        given = {"X": X, "Y": Y, "weights": rng.uniform(0.2, 0.8, m)}
        seed, label = int(rng.integers(2**32)), f"three calls with {m} examples"
        cases.append(script(TWICE, label=label, tags="twice", seed=seed, **given))
    for weights in ([0.5, -0.1, 0.5], [-2.0] * 3, [0.5, 0.5, 1.1], [1.5] * 3, [0.5], [0.3]):
        cases.append(_call(rng, 2, 3, 2, np.array(weights), "refused"))
    return cases


def _examples(rng: np.random.Generator, n: int, m: int, C: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw inputs, no two alike, and labels: 0 and 1 in one row, or one-hot."""
    X = rng.standard_normal((n, m)) + 3
    Y = np.eye(C)[:, rng.integers(0, C, m)] if C > 1 else rng.integers(0, 2, (1, m)) * 1.0
    return X, Y


def _call(rng: np.random.Generator, n: int, m: int, C: int, weights: np.ndarray, tag: str) -> Case:
    X, Y = _examples(rng, n, m, C)
    told = ", ".join(f"{w:g}" for w in weights) if tag == "refused" else tag
    words = {"inner": "between 0 and 1", "ends": "0 and 1"}.get(tag, told)
    return call(
        ref.mixup,
        X,
        Y,
        weights,
        Rng(int(rng.integers(2**32))),
        label=f"X of shape ({n}, {m}), Y of shape ({C}, {m}), weights {words}",
        tags=tag,
        raises=ValueError if tag == "refused" else None,
    )


def partners(mixed: np.ndarray, X: np.ndarray, own: np.ndarray) -> np.ndarray | None:
    """With which example each is mixed, if its own share is `own`; −1 where that cannot be seen."""
    rest = mixed - own * X  # (n, m)
    far = np.max(np.abs(rest[:, :, None] - (1 - own)[:, None] * X[:, None, :]), axis=0)  # (m, m)
    if not np.all(far.min(axis=1) < 1e-8):
        return None
    return np.where(own == 1, -1, far.argmin(axis=1))


def seen(result: tuple, case: Case) -> tuple[np.ndarray, np.ndarray] | None:
    """Shares and partners of the inputs, also where the two shares have changed places."""
    X, weights = case.inputs["X"], case.inputs["weights"]
    for own in (weights, 1 - weights):
        found = partners(result[0], X, own)
        if found is not None and not np.array_equal(found, np.arange(len(found))):
            return own, found
    return None


def are_mixes(result: tuple, wanted: tuple, case: Case) -> str | None:
    """Each input is a mix of itself, by its weight, and of one other."""
    mixed, X = result[0], case.inputs["X"]
    if np.shape(mixed) != X.shape:
        return f"X_mix has shape {np.shape(mixed)}; it should have that of X, {X.shape}."
    found = partners(mixed, X, case.inputs["weights"])
    if found is None:
        return "A column of X_mix is no mix of this example, by its weight, and of another one."
    if np.array_equal(found, np.arange(len(found))):
        return "X_mix is X: nothing is mixed."
    return None


def each_is_a_partner_once(result: tuple, wanted: tuple, case: Case) -> str | None:
    """The partners are a permutation."""
    if (mix := seen(result, case)) is None:
        return "The partners cannot be seen in X_mix."
    if len(np.unique(mix[1])) < len(mix[1]):
        return "An example is the partner of several, and another of none."
    return None


def labels_are_alike(result: tuple, wanted: tuple, case: Case) -> str | None:
    """Labels are mixed as the inputs are, with the same partners."""
    if (mix := seen(result, case)) is None:
        return "The labels cannot be judged before X_mix is right."
    Y, (own, found) = case.inputs["Y"], mix
    if np.shape(result[1]) != Y.shape:
        return f"Y_mix has shape {np.shape(result[1])}; it should have that of Y, {Y.shape}."
    if not np.allclose(result[1], own * Y + (1 - own) * Y[:, found]):
        return "A label is not mixed of the same two examples, in the same shares, as its input."
    return None


def rng_is_used(result: tuple, wanted: tuple, case: Case) -> str | None:
    """The same generator state gives the same partners, another one others."""
    first, later, again = result
    if not np.array_equal(first, again):
        return "Two generators with the same seed gave different partners."
    if np.array_equal(first, later):
        return "The second call with one generator repeated the partners of the first."
    return None


def inner(sign: Callable[..., object], square: bool = False) -> Callable:
    """Recognise mixes that have the sign; `square` looks where n is m."""

    def looks_like(result: tuple, wanted: tuple, case: Case) -> bool | None:
        if "inner" not in case.tags:
            return None
        X, Y, weights = (case.inputs[name] for name in ("X", "Y", "weights"))
        if square and len(set(X.shape)) > 1:
            return None
        return bool(sign(*result, X, Y, weights))

    return looks_like


def mixed_with(own: Callable[[np.ndarray], np.ndarray]) -> Callable:
    """Recognise mixes in which an example's own share is another."""
    return inner(lambda X_mix, Y_mix, X, Y, w: partners(X_mix, X, own(w)) is not None)


def unmixed(X_mix, Y_mix, X, Y, w) -> bool:
    """Labels that are an example's own, or its partner's."""
    return np.array_equal(Y_mix, Y) or np.array_equal(Y_mix, Y[:, partners(X_mix, X, w)])


def whichever(X_mix, Y_mix, X, Y, w) -> bool:
    """Labels of the one of the two with the larger share."""
    return np.array_equal(Y_mix, np.where(w >= 0.5, Y, Y[:, partners(X_mix, X, w)]))


def of_others(X_mix, Y_mix, X, Y, w) -> bool:
    """Labels that are mixed, with other partners than the inputs."""
    rest, found = (Y_mix - w * Y) / (1 - w), partners(X_mix, X, w)
    same = np.allclose(rest, Y[:, found])
    return np.allclose(rest, np.round(rest)) and not same and not unmixed(X_mix, Y_mix, X, Y, w)


def with_repeats(X_mix, Y_mix, X, Y, w) -> bool:
    """Partners that come several times."""
    found = partners(X_mix, X, w)
    return found is not None and len(np.unique(found)) < len(found)


def features_moved(X_mix, Y_mix, X, Y, w) -> bool:
    """Examples that are mixed with themselves, their features in another order."""
    rest = (X_mix - w * X) / (1 - w)
    return np.allclose(np.sort(rest, axis=0), np.sort(X, axis=0))


def neighbours(X_mix, Y_mix, X, Y, w) -> bool:
    """Partners that are all equally far away in the list."""
    found = partners(X_mix, X, w)
    return found is not None and np.ptp((found - np.arange(len(w))) % len(w)) == 0


def with_other_shares(X_mix, Y_mix, X, Y, w) -> bool:
    """Inputs that lie between an example and another one, or beyond, but not by the weight."""
    if any(partners(X_mix, X, own) is not None for own in (w, 1 - w)) or one_weight(X_mix, X, w):
        return False
    own, other = X_mix - w * X, X[:, None, :]  # a partner's part, and the partners
    step, way = X_mix - X, other - X[:, :, None]
    share = np.sum(step[:, :, None] * way, axis=0) / np.maximum(np.sum(way**2, axis=0), 1e-12)
    between = np.abs(step[:, :, None] - share * way).max(axis=0)
    between[(share < -1e-6) | (share > 1 + 1e-6)] = 1.0
    as_it_is = np.abs(own[:, :, None] - other).max(axis=0)
    by_its_own = np.abs(own[:, :, None] - (1 - w) * other).max(axis=0)
    mixed = np.any(np.abs(step) > 1e-8, axis=0)
    return np.mean(mixed) > 0.5 and any(
        np.all(far.min(axis=1)[mixed] < 1e-8) for far in (between, as_it_is, by_its_own)
    )


def one_weight(X_mix: np.ndarray, X: np.ndarray, w: np.ndarray) -> bool:
    """Whether all examples are mixed by the first weight, or by their mean."""
    return any(partners(X_mix, X, np.full(len(w), one)) is not None for one in (w[0], np.mean(w)))


def by_rows(X_mix, Y_mix, X, Y, w) -> bool:
    """Weights that belong to rows; as many rows as columns let that through."""
    rest, column = X_mix - w[:, None] * X, (1 - w)[:, None]
    far = np.max(np.abs(rest[:, :, None] - column[:, :, None] * X[:, None, :]), axis=0)
    return bool(np.all(far.min(axis=1) < 1e-8))


def from_another_seed(result: tuple, wanted: tuple, case: Case) -> bool | None:
    """Recognise partners that do not depend on the generator's seed."""
    return not np.array_equal(result[0], result[2]) if "twice" in case.tags else None


def always_the_same(result: tuple, wanted: tuple, case: Case) -> bool | None:
    """Recognise partners that are the same at every call, and no neighbours."""
    if "twice" in case.tags:
        return np.array_equal(result[0], result[1]) and np.array_equal(result[0], result[2])
    if "inner" in case.tags and case.inputs["X"].shape[1] > 10:
        return False if neighbours(*result, *list(case.inputs.values())[:3]) else None
    return None


DRAWN = "partner = rng.permutation(X.shape[1])"
X_MIX = "X_mix = weights * X + (1 - weights) * X[:, partner]"
Y_MIX = "Y_mix = weights * Y + (1 - weights) * Y[:, partner]"
REFUSAL = "if weights.shape != X.shape[1:] or np.any((weights < 0) | (weights > 1)):"

MISTAKES = (
    Mistake(
        "MX-01",
        AUGMENTATION,
        "The two shares have changed places. A weight is the share of the example itself.",
        edit(
            X_MIX, X_MIX.replace("weights * X + (1 - weights)", "(1 - weights) * X + weights")
        ).then(Y_MIX, Y_MIX.replace("weights * Y + (1 - weights)", "(1 - weights) * Y + weights")),
        looks_like=mixed_with(lambda w: 1 - w),
    ),
    Mistake(
        "MX-02",
        AUGMENTATION,
        "The labels are not mixed. What is a third of an eight should not be told to be a three.",
        edit(Y_MIX, "Y_mix = Y.copy()"),
        edit(Y_MIX, "Y_mix = Y[:, partner]"),
        looks_like=inner(unmixed),
    ),
    Mistake(
        "MX-03",
        AUGMENTATION,
        "The labels are mixed with those of other partners than the inputs. Draw once, and use it "
        "for both.",
        edit(Y_MIX, Y_MIX.replace("[:, partner]", "[:, rng.permutation(X.shape[1])]")),
        looks_like=inner(of_others),
    ),
    Mistake(
        "MX-05",
        AUGMENTATION,
        "Partners are drawn one by one, so that some come twice and others never. Each example is "
        "the partner of one.",
        edit(DRAWN, "partner = rng.integers(0, X.shape[1], X.shape[1])"),
        looks_like=inner(with_repeats),
    ),
    Mistake(
        "MX-06",
        AUGMENTATION,
        "All examples are mixed by one weight. Each has its own.",
        edit(REFUSAL, "w = np.full(X.shape[1], weights[0])\n    " + REFUSAL)
        .then(X_MIX, X_MIX.replace("weights", "w"))
        .then(Y_MIX, Y_MIX.replace("weights", "w")),
        edit(REFUSAL, "w = np.full(X.shape[1], np.mean(weights))\n    " + REFUSAL)
        .then(X_MIX, X_MIX.replace("weights", "w"))
        .then(Y_MIX, Y_MIX.replace("weights", "w")),
        looks_like=inner(lambda X_mix, Y_mix, X, Y, w: one_weight(X_mix, X, w)),
    ),
    Mistake(
        "MX-07",
        AUGMENTATION,
        "The weights are laid along the rows. Examples are columns, and each column has a weight.",
        edit(
            X_MIX,
            X_MIX.replace("weights)", "weights[:, None])").replace(
                "weights *", "weights[:, None] *"
            ),
        ),
        looks_like=inner(by_rows, square=True),
    ),
    Mistake(
        "MX-08",
        AUGMENTATION,
        "The partner is always the example next in the list, or the last one counted from the "
        "other end. Then nothing is left to chance: draw an order from rng.",
        edit(DRAWN, "partner = np.roll(np.arange(X.shape[1]), 1)"),
        edit(DRAWN, "partner = np.roll(np.arange(X.shape[1]), -1)"),
        looks_like=inner(neighbours),
    ),
    Mistake(
        "MX-09",
        AUGMENTATION,
        "The partners do not come from rng, but from a generator of their own. Nobody can repeat "
        "such a run.",
        edit(DRAWN, "partner = np.random.permutation(X.shape[1])"),
        edit(DRAWN, "partner = np.random.default_rng().permutation(X.shape[1])"),
        looks_like=from_another_seed,
    ),
    Mistake(
        "MX-10",
        AUGMENTATION,
        "Every call gives the same partners: nothing is drawn, or the seed is fixed inside the "
        "function. Use rng, which goes on from call to call.",
        edit(DRAWN, "partner = np.random.default_rng(0).permutation(X.shape[1])"),
        looks_like=always_the_same,
    ),
    Mistake(
        "MX-11",
        AUGMENTATION,
        "The features are shuffled in place of the examples. An example is a column, and its "
        "partner another column.",
        edit("X[:, partner]", "X[rng.permutation(len(X))]"),
        looks_like=inner(features_moved),
    ),
    Mistake(
        "MX-12",
        AUGMENTATION,
        "An argument is changed in place, by an operation such as *= or by rng.shuffle. Make new "
        "arrays.",
        edit("    return", "    X[:] = X_mix\n    return"),
        edit("    return", "    Y[:] = Y_mix\n    return"),
        edit("    return", "    weights *= 0.5\n    return"),
    ),
    Mistake(
        "MX-13",
        AUGMENTATION,
        "Weights outside 0 to 1, or not one for each example, are accepted. NumPy stretches a "
        "single weight over all examples: compare shapes first.",
        edit(REFUSAL, "if False:"),
        edit(REFUSAL, "if weights.shape != X.shape[1:]:"),
        edit(REFUSAL, "if np.any((weights < 0) | (weights > 1)):"),
        edit(REFUSAL, "if weights.shape != X.shape[1:] or np.any(weights > 1):"),
        edit(REFUSAL, "if weights.shape != X.shape[1:] or np.any(weights < 0):"),
    ),
    Mistake(
        "MX-14",
        AUGMENTATION,
        "A label is that of the example or of the partner, whichever has the larger share. Labels "
        "are mixed, too: they say how much of each is there.",
        edit(
            "Y_mix = weights * Y + (1 - weights) * Y[:, partner]",
            "Y_mix = np.where(weights >= 0.5, Y, Y[:, partner])",
        ),
        edit(
            "Y_mix = weights * Y + (1 - weights) * Y[:, partner]",
            "Y_mix = np.where(weights > 0.5, Y, Y[:, partner])",
        ),
        looks_like=inner(whichever),
    ),
    Mistake(
        "MX-15",
        AUGMENTATION,
        "Weights of 0 or 1 are refused. They make sense: the mix is then the example or its "
        "partner.",
        edit("(weights < 0) | (weights > 1)", "(weights <= 0) | (weights >= 1)"),
    ),
    Mistake(
        "MX-16",
        AUGMENTATION,
        "The shares are others than the weights say: they are drawn anew, or shuffled, or the "
        "partner comes in as a whole. An example gets its weight, its partner the rest up to 1.",
        edit(X_MIX, X_MIX.replace("(1 - weights) * ", "")).then(
            Y_MIX, Y_MIX.replace("(1 - weights) * ", "")
        ),
        edit(X_MIX, X_MIX.replace("1 - weights", "1 - weights[partner]")).then(
            Y_MIX, Y_MIX.replace("1 - weights", "1 - weights[partner]")
        ),
        looks_like=lambda result, wanted, case: (
            inner(with_other_shares)(result, wanted, case) if len(case.inputs["X"]) > 2 else None
        ),
    ),
)


def one_by_one(X, Y, weights, rng):
    """A loop over examples, with a shuffled list of partners."""
    m = X.shape[1]
    if len(weights) != m or min(weights) < 0 or max(weights) > 1:
        raise ValueError("weights")
    order = list(range(m))
    rng.shuffle(order)
    X_mix, Y_mix = np.zeros(X.shape), np.zeros(Y.shape)
    for i, j in enumerate(order):
        X_mix[:, i] = weights[i] * X[:, i] + (1 - weights[i]) * X[:, j]
        Y_mix[:, i] = weights[i] * Y[:, i] + (1 - weights[i]) * Y[:, j]
    return X_mix, Y_mix


def both_at_once(X, Y, weights, rng):
    """Inputs and labels in one array, shuffled along the examples."""
    if weights.shape != (X.shape[1],) or np.any(np.abs(weights - 0.5) > 0.5):
        raise ValueError("weights")
    both = np.concatenate([X, Y])
    mixed = both + (1 - weights) * (rng.permutation(both, axis=1) - both)
    return mixed[: len(X)], mixed[len(X) :]


MIXED = "mixes of two examples"

TASK = Task(
    reference=ref.mixup,
    returns=("X_mix", "Y_mix"),
    cases=cases,
    criteria=(
        Holds(MIXED, 2, are_mixes, ("inner", "ends")),
        Holds("each a partner once", 0.5, each_is_a_partner_once, "inner"),
        Holds("labels alike", 1, labels_are_alike, "inner"),
        Holds("drawn from rng", 0.5, rng_is_used, "twice", beside=(MIXED, "labels alike")),
        Agrees("what is refused", 0.5, "refused", beside="*"),
        InputsUntouched(0.5, ("inner", "ends")),
    ),
    lecture=AUGMENTATION,
    mistakes=MISTAKES,
    variants=(Variant("one by one", one_by_one), Variant("both at once", both_at_once)),
    losses={
        "MX-16": "all",
        "MX-14": "labels alike",
        "MX-14, way 2": "labels alike",
        "MX-15": "mixes of two examples · inputs untouched",
        "MX-01": "mixes of two examples",
        "MX-02": "labels alike",
        "MX-03": "labels alike",
        "MX-05": "each a partner once",
        "MX-06": "all",
        "MX-07": "all",
        "MX-08": "drawn from rng",
        "MX-09": "drawn from rng",
        "MX-10": "drawn from rng",
        "MX-11": "all",
        "MX-12": "inputs untouched",
        "MX-13": "what is refused",
    },
    promises={
        "X": Promise(value=(1, 5), within=(-2, 8), rows=(1, 12), columns=(7, 200)),
        "Y": Promise(value=(0, 1), rows=(1, 10), columns=(7, 200), has=("0",)),
        "weights": Promise(value=(0, 1), length=(7, 200), has=("0",)),
    },
    equivalent={
        "X and Y have as many examples": (
            "if weights.shape != Y.shape[1:] or np.any((weights < 0) | (weights > 1)):",
            "partner = rng.permutation(Y.shape[1])",
        ),
        "a hundredth more has the same sign": (
            "if weights.shape != X.shape[1:] or np.any(((weights * 1.01) < 0) | (weights > 1)):",
        ),
    },
)
