"""Tasks of ``module1_practical_aspects/setting_up.ipynb``.

Ids NI are those of the course's catalogue of misconceptions (input normalisation), up to 06; the
others of that series, SP (splitting) and DI (diagnosis) are this notebook's own. `CATALOGUE`
counts each series, `LEFT_OUT` says why an id has no wrong function here.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from grader_tests.setting_up import reference as ref
from grading.marking import chance
from grading.marking.task import (
    Case,
    Criterion,
    Lecture,
    Rng,
    Task,
    Tolerance,
    Variant,
    call,
    edited,
    inputs_untouched,
    misconceptions,
    script,
)

SETTING_UP = "module1_practical_aspects/01_setting_up.ipynb"
SETS = Lecture(SETTING_UP, "Three sets")
DIAGNOSIS = Lecture(SETTING_UP, "Bias and variance")
NORMALISING = Lecture(
    "module1_practical_aspects/04_normalizing_and_initializing.ipynb", "Normalising inputs"
)

CATALOGUE = {"SP": 10, "DI": 9, "NI": 17}
LEFT_OUT = {"NI-03": "which examples are handed over is the caller's choice, not the function's"}


# ---------------------------------------------------------------- split_examples

SIZES = ((13, 0.2, 0.2), (19, 0.3, 0.15), (46, 0.1, 0.2), (997, 0.15, 0.1), (20, 0.2, 0.0))
LARGE = ((1000, 0.3, 0.2), (1200, 0.2, 0.25), (10_000, 0.01, 0.01))
CHECKS_OF_CHANCE = 2 * len(LARGE)

TWICE = """\
import numpy as np
rng = np.random.default_rng(seed)
first = split_examples(m, dev_fraction, test_fraction, rng)
later = split_examples(m, dev_fraction, test_fraction, rng)
again = split_examples(m, dev_fraction, test_fraction, np.random.default_rng(seed))
result = first, later, again"""


def split_cases(rng: np.random.Generator) -> list[Case]:
    """Sizes that need rounding, sets large enough to judge chance, and repeated calls."""
    drawn = [(size, "sizes") for size in SIZES] + [(size, "large") for size in LARGE]
    cases = [
        call("split_examples", *size, Rng(int(rng.integers(2**32))), label=words(*size), tag=tag)
        for size, tag in drawn
    ]
    for m, dev_fraction, test_fraction in ((60, 0.2, 0.3), (75, 0.4, 0.2)):
        cases.append(
            script(
                TWICE,
                label=f"three calls with {words(m, dev_fraction, test_fraction)}",
                tag="twice",
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
    m, found = case.inputs["arg0"], np.concatenate(result)
    distinct = np.unique(found)
    if len(distinct) < len(found):
        return f"{len(found) - len(distinct)} of the indices occur more than once."
    if not np.array_equal(distinct, np.arange(m)):
        return f"Together the three sets should hold 0, 1, … {m - 1}."
    return None


def sets_are_shuffled(result: tuple, wanted: tuple, case: Case) -> str | None:
    """Dev and test set come from everywhere, and no set is sorted."""
    m = case.inputs["arg0"]
    for name, part in zip(("train", "dev", "test"), result, strict=True):
        if len(part) < 50:
            return f"{name} has only {len(part)} indices."
        if np.all(np.diff(part) > 0):
            return f"The indices of {name} are in ascending order."
    for name, part in zip(("dev", "test"), result[1:], strict=True):
        margin = chance.fraction_margin(len(part), chance.ALARM / CHECKS_OF_CHANCE)
        if abs(np.mean(part / (m - 1)) - 0.5) > margin:
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


def with_sizes(sizes: Callable[[int, float, float], tuple[int, int, int]]) -> Callable:
    """Recognise splits that have these sizes, where they are not the right ones."""

    def looks_like(result: tuple, wanted: tuple, case: Case) -> bool | None:
        if case.tag == "twice":
            return None
        theirs = sizes(*(case.inputs[f"arg{i}"] for i in range(3)))
        if theirs == tuple(map(len, wanted)):
            return None
        return theirs == tuple(map(len, result))

    return looks_like


def in_large_sets(sign: Callable[[tuple], bool]) -> Callable:
    """Recognise large splits that have the sign."""
    return lambda result, wanted, case: bool(sign(result)) if case.tag == "large" else None


def ascending(result: tuple) -> bool:
    """Whether every set is sorted."""
    return all(np.all(np.diff(part) > 0) for part in result)


def in_one_piece(result: tuple) -> bool:
    """Whether every set is a run of neighbours."""
    return all(np.all(np.diff(part) == 1) for part in result)


def repeats(part: np.ndarray) -> bool:
    """Whether an index occurs twice."""
    return len(np.unique(part)) < len(part)


def from_another_seed(result: tuple, wanted: tuple, case: Case) -> bool | None:
    """Recognise splits that do not depend on the generator's seed, though they are random."""
    if case.tag != "twice":
        return False if in_one_piece(result) else None
    return not same_split(result[0], result[2])


def always_the_same(result: tuple, wanted: tuple, case: Case) -> bool | None:
    """Recognise a random split that is the same at every call."""
    if case.tag != "twice":
        return False if in_one_piece(result) else None
    return same_split(result[0], result[1]) and same_split(result[0], result[2])


split = partial(misconceptions, ref.split_examples)

SHUFFLE = "order = rng.permutation(m)"
ROUNDED = "dev_size, test_size = round(dev_fraction * m), round(test_fraction * m)"

SPLIT_MISCONCEPTIONS = (
    *split(
        "SP-01", SETS,
        "The examples are cut in the order in which they come. Files are often sorted, by class or "
        "by date; then the sets differ. Shuffle the indices first.",
        [(SHUFFLE, "order = np.arange(m)")],
        [(SHUFFLE, "order = np.arange(m)"), ("dev, test, train", "train, dev, test"),
         ("[dev_size, dev_size + test_size]", "[m - dev_size - test_size, m - test_size]")],
        looks_like=in_large_sets(in_one_piece),
    ),
    *split(
        "SP-02", SETS,
        "A size is cut off instead of rounded: 2.6 examples should become 3, not 2.",
        [("round(dev_fraction * m), round(test_fraction * m)",
          "int(dev_fraction * m), int(test_fraction * m)")],
        looks_like=with_sizes(
            lambda m, d, t: (m - int(d * m) - int(t * m), int(d * m), int(t * m))
        ),
    ),
    *split(
        "SP-03", SETS,
        "The test set takes what rounding leaves. The training set should: round the sizes of the "
        "dev and the test set, and train on all the rest.",
        [(ROUNDED,
          "dev_size = round(dev_fraction * m)\n"
          "    test_size = m - dev_size - round((1 - dev_fraction - test_fraction) * m)")],
        looks_like=with_sizes(
            lambda m, d, t: (
                round((1 - d - t) * m), round(d * m), m - round(d * m) - round((1 - d - t) * m)
            )
        ),
    ),
    *split(
        "SP-04", SETS,
        "The three sets come back in another order than train, dev, test.",
        [("return train, dev, test", "return dev, test, train")],
        looks_like=with_sizes(
            lambda m, d, t: (round(d * m), round(t * m), m - round(d * m) - round(t * m))
        ),
    ),
    *split(
        "SP-05", SETS,
        "The sets are drawn at random and then sorted. Keep the random order: mini-batches that "
        "are cut from sorted examples are not alike.",
        [("return train, dev, test", "return np.sort(train), np.sort(dev), np.sort(test)")],
        [("return train, dev, test", "return np.setdiff1d(order, order[: m - len(train)]), "
          "np.sort(dev), np.sort(test)")],
        looks_like=in_large_sets(lambda result: ascending(result) and not in_one_piece(result)),
    ),
    *split(
        "SP-06", SETS,
        "Each set is drawn by itself from all examples, so the sets overlap. An example that was "
        "trained on tells nothing about new ones: shuffle once and cut.",
        [("return train, dev, test",
          "return tuple(rng.permutation(m)[: len(part)] for part in (train, dev, test))")],
        looks_like=in_large_sets(
            lambda result: repeats(np.concatenate(result)) and not any(map(repeats, result))
        ),
    ),
    *split(
        "SP-07", SETS,
        "Indices are drawn with replacement, so some examples come twice and others never. Shuffle "
        "all indices once and cut.",
        [(SHUFFLE, "order = rng.integers(0, m, m)")],
        looks_like=in_large_sets(lambda result: repeats(result[0])),
    ),
    *split(
        "SP-08", SETS,
        "The shuffle does not come from rng, but from a generator of its own. Nobody can repeat "
        "such a split: use the methods of rng.",
        [(SHUFFLE, "order = np.random.permutation(m)")],
        [(SHUFFLE, "order = np.random.default_rng().permutation(m)")],
        looks_like=from_another_seed,
    ),
    *split(
        "SP-09", SETS,
        "Every call gives the same split, for the seed is fixed inside the function. Use rng, "
        "whose seed the caller has chosen.",
        [(SHUFFLE, "order = np.random.default_rng(0).permutation(m)")],
        looks_like=always_the_same,
    ),
    *split(
        "SP-10", SETS,
        "test_fraction is taken of what the dev set has left. Both fractions are shares of all m "
        "examples.",
        [(ROUNDED,
          "dev_size = round(dev_fraction * m)\n"
          "    test_size = round(test_fraction * (m - dev_size))")],
        looks_like=with_sizes(
            lambda m, d, t: (
                m - round(d * m) - round(t * (m - round(d * m))),
                round(d * m),
                round(t * (m - round(d * m))),
            )
        ),
    ),
)  # fmt: skip


def shuffled_in_place(m, dev_fraction, test_fraction, rng):
    """Another shuffle, and the sets from the other end."""
    indices = list(range(m))
    rng.shuffle(indices)
    indices = np.array(indices)
    dev_size, test_size = int(np.rint(dev_fraction * m)), int(np.rint(test_fraction * m))
    train_size = m - dev_size - test_size
    train = indices[:train_size]
    return train, indices[train_size : train_size + dev_size], indices[train_size + dev_size :]


SPLIT_EXAMPLES = Task(
    reference=ref.split_examples,
    returns=("train", "dev", "test"),
    cases=split_cases,
    criteria=(
        Criterion("sizes", 2, "sizes large", check=sizes_are_right),
        Criterion("every example once", 2, "sizes large", check=each_example_once),
        Criterion("shuffled", 1, "large", check=sets_are_shuffled),
        Criterion("drawn from rng", 1, "twice", check=rng_is_used),
    ),
    lecture=SETS,
    misconceptions=SPLIT_MISCONCEPTIONS,
    variants=(Variant("shuffled in place", shuffled_in_place),),
)


# ---------------------------------------------------------------- diagnose


def diagnose_cases(rng: np.random.Generator) -> list[Case]:
    """The four cases, with and without a target, gaps of both signs, and exact ties."""
    cases = []
    for train, dev, options in (
        (0.01, 0.11, {}),
        (0.15, 0.16, {}),
        (0.15, 0.30, {}),
        (0.005, 0.01, {}),
        (0.15, 0.16, {"target_error": 0.14}),
        (0.13, 0.135, {"target_error": 0.125, "tolerance": 0.05}),
        (0.09, 0.15, {"target_error": 0.06, "tolerance": 0.04}),
        (0.30, 0.36, {"target_error": 0.10, "tolerance": 0.10}),
        (0.20, 0.10, {"target_error": 0.19}),
        (0.25, 0.10, {"target_error": 0.30, "tolerance": 0.01}),
        (0.05, 0.12, {"target_error": 0.10, "tolerance": 0.03}),
        (0.40, 0.50, {"target_error": 0.10, "tolerance": 0.05}),
    ):
        nudge = float(np.round(rng.uniform(0, 0.003), 4))
        if "target_error" in options:
            options = options | {"target_error": options["target_error"] + nudge}
        cases.append(diagnosis(train + nudge, dev + nudge, "", **options))
    cases.append(diagnosis(0.25, 0.375, "tie", target_error=0.125, tolerance=0.125))
    cases.append(diagnosis(0.5, 0.515625, "tie", target_error=0.25, tolerance=0.015625))
    cases.append(diagnosis(0.25, 0.75, "tie", target_error=0.0, tolerance=0.25))
    return cases


def diagnosis(train_error: float, dev_error: float, tag: str, **options: float) -> Case:
    """A case with its errors as label."""
    settings = "".join(f", {name} = {value:.4g}" for name, value in options.items())
    label = f"train_error = {train_error:.4g}, dev_error = {dev_error:.4g}{settings}"
    return call("diagnose", train_error, dev_error, label=label, tag=tag or "gap", **options)


def in_the_other_order(result: tuple, wanted: tuple, case: Case) -> bool | None:
    """Recognise swapped answers, which are right where both are the same."""
    if wanted[0] == wanted[1]:
        return None if tuple(result) == wanted else False
    return tuple(result) == wanted[::-1]


diagnosing = partial(misconceptions, ref.diagnose)

BIAS = "high_bias = train_error - target_error > tolerance"
VARIANCE = "high_variance = dev_error - train_error > tolerance"

DIAGNOSE_MISCONCEPTIONS = (
    *diagnosing(
        "DI-01", DIAGNOSIS,
        "Bias is read from the training error alone. It is the distance from the target: 15 % is "
        "good where people reach 14 %.",
        [(BIAS, "high_bias = train_error > tolerance")],
    ),
    *diagnosing(
        "DI-02", DIAGNOSIS,
        "The dev error is compared with the target. Variance is its distance from the training "
        "error; what lies between that and the target is bias.",
        [(VARIANCE, "high_variance = dev_error - target_error > tolerance")],
    ),
    *diagnosing(
        "DI-03", DIAGNOSIS,
        "A high dev error is taken for high variance. It is the gap to the training error that "
        "counts.",
        [(VARIANCE, "high_variance = dev_error > tolerance")],
    ),
    *diagnosing(
        "DI-04", DIAGNOSIS,
        "A gap counts with either sign. An error below the target, or a dev error below the "
        "training error, is no illness.",
        [(BIAS, "high_bias = abs(train_error - target_error) > tolerance"),
         (VARIANCE, "high_variance = abs(dev_error - train_error) > tolerance")],
    ),
    *diagnosing(
        "DI-05", DIAGNOSIS,
        "A gap that equals the tolerance is called high. High means more than the tolerance.",
        [(BIAS, BIAS.replace(">", ">=")), (VARIANCE, VARIANCE.replace(">", ">="))],
    ),
    *diagnosing(
        "DI-06", DIAGNOSIS,
        "The two answers have changed places: high_bias comes first, then high_variance.",
        [("return high_bias, high_variance", "return high_variance, high_bias")],
        looks_like=in_the_other_order,
    ),
    *diagnosing(
        "DI-07", DIAGNOSIS,
        "The tolerance has a fixed value. Use the argument, whatever its default is.",
        [("> tolerance", "> 0.02", 2)],
    ),
    *diagnosing(
        "DI-08", DIAGNOSIS,
        "Variance is looked at only where the bias is low. A model can have both.",
        [(VARIANCE, "high_variance = not high_bias and dev_error - train_error > tolerance")],
    ),
    *diagnosing(
        "DI-09", DIAGNOSIS,
        "Both answers say whether it is low. They should be True where bias or variance is high.",
        [(BIAS, BIAS.replace(">", "<=")), (VARIANCE, VARIANCE.replace(">", "<="))],
    ),
)  # fmt: skip


def by_branches(train_error, dev_error, target_error=0.0, tolerance=0.02):
    """Branches and NumPy's booleans."""
    high_bias = np.bool_(False)
    if train_error - target_error > tolerance:
        high_bias = np.bool_(True)
    return high_bias, np.greater(dev_error - train_error, tolerance)


DIAGNOSE = Task(
    reference=ref.diagnose,
    returns=("high_bias", "high_variance"),
    cases=diagnose_cases,
    criteria=(
        Criterion("high_bias", 1.5, "gap", "high_bias"),
        Criterion("high_variance", 1.5, "gap", "high_variance"),
        Criterion("a gap that equals the tolerance", 1, "tie"),
    ),
    lecture=DIAGNOSIS,
    misconceptions=DIAGNOSE_MISCONCEPTIONS,
    variants=(Variant("branches and NumPy's booleans", by_branches),),
)


# ---------------------------------------------------------------- fit_normalizer


def features(
    rng: np.random.Generator, n: int, m: int, centre: float = 5.0, spread: float = 3.0
) -> np.ndarray:
    """Draw features whose means are far from 0 and whose spreads are far from 1 and differ."""
    rows = rng.standard_normal((n, m))
    while rows.std(axis=1).min() < 0.3:
        rows = rng.standard_normal((n, m))
    means = rng.choice([-1, 1], (n, 1)) * centre * rng.uniform(0.8, 1.2, (n, 1))
    return means + spread * rng.uniform(0.7, 1.4, (n, 1)) * rows


def with_constant(rng: np.random.Generator, n: int, m: int, rounding: bool = True) -> np.ndarray:
    """Draw features, the first of them constant; with `rounding`, its computed sigma is not 0."""
    X = features(rng, n, m)
    X[0] = 2.0
    while rounding and np.std(X, axis=1)[0] == 0:
        X[0] = np.round(rng.uniform(0.1, 3), 1)
    return X


def fit_cases(rng: np.random.Generator) -> list[Case]:
    """Several sizes, constant features, means far from 0 and tiny spreads."""
    drawn = [
        (features(rng, 3, 5), "3 features, 5 examples", "values"),
        (features(rng, 4, 4), "4 features, 4 examples", "values"),
        (features(rng, 2, 3), "2 features, 3 examples", "values"),
        (features(rng, 1, 8), "one feature, 8 examples", "values"),
        (features(rng, 3, 6, 1e-4, 1e-6), "spreads near 1e-6, 6 examples", "values tiny"),
        (features(rng, 2, 9, 1e-4, 1e-6), "spreads near 1e-6, 9 examples", "values tiny"),
        (features(rng, 3, 8, 1e6, 0.5), "means near a million, 8 examples", "values far"),
        (features(rng, 2, 9, 1e6, 0.5), "means near a million, 9 examples", "values far"),
        (with_constant(rng, 3, 6, rounding=False), "a feature that is always 2", "constant"),
        (with_constant(rng, 2, 5, rounding=False), "a feature that is always 2", "constant"),
        (with_constant(rng, 3, 6), "a constant feature, 6 examples", "constant rounding"),
        (with_constant(rng, 2, 7), "a constant feature, 7 examples", "constant rounding"),
        (features(rng, 3, 2)[:, :1], "3 features, one example", "constant"),
    ]
    return [call("fit_normalizer", X, label=label, tag=tag) for X, label, tag in drawn]


def loses_digits(result: tuple, wanted: tuple, case: Case) -> bool | None:
    """Recognise E[X²] − E[X]²: right near zero, rough far away."""
    close = np.allclose(result[1], wanted[1], rtol=1e-5, atol=0)
    if "far" in case.tag:
        return not close
    return None if close or "constant" in case.tag else False


def trusts_zero(result: tuple, wanted: tuple, case: Case) -> bool | None:
    """Recognise sigma == 0 as the test: right where no rounding comes in."""
    if "rounding" in case.tag:
        return bool(result[1][0, 0] < 1e-12)
    return None if np.allclose(result[1], wanted[1], rtol=1e-6, atol=0) else False


fitting = partial(misconceptions, ref.fit_normalizer)

MU = "mu = np.mean(X, axis=1, keepdims=True)"
SIGMA = "sigma = np.std(X, axis=1, keepdims=True)"
CONSTANT = "constant = np.ptp(X, axis=1, keepdims=True) == 0"

FIT_MISCONCEPTIONS = (
    *fitting(
        "NI-01", NORMALISING,
        "sigma is the variance. Dividing by it leaves the deviation 1/sigma; take its root.",
        [(SIGMA, "sigma = np.var(X, axis=1, keepdims=True)")],
    ),
    *fitting(
        "NI-04", NORMALISING,
        "The statistics are taken over the features of each example. Examples are columns: each "
        "feature has a mean and a deviation over the examples.",
        [("axis=1", "axis=0", 3)],
    ),
    *fitting(
        "NI-05", NORMALISING,
        "The mean square distance is divided by m − 1. This course describes the training set "
        "itself and divides by m.",
        [(SIGMA, "sigma = np.std(X, axis=1, keepdims=True, ddof=1)")],
    ),
    *fitting(
        "NI-06", NORMALISING,
        "A constant feature gets sigma = 0, and normalising it would give 0/0. Put 1 there.",
        [("return mu, np.where(constant, 1.0, sigma)", "return mu, sigma")],
    ),
    *fitting(
        "NI-07", NORMALISING,
        "A constant feature is recognised by sigma == 0, but rounding may leave it at 1e-17. Ask "
        "whether all its values are equal.",
        [(CONSTANT, "constant = sigma == 0")],
        looks_like=trusts_zero,
    ),
    *fitting(
        "NI-08", NORMALISING,
        "A small number is added to sigma. Features that vary little are then squeezed; only a "
        "constant feature needs help.",
        [("return mu, np.where(constant, 1.0, sigma)", "return mu, sigma + 1e-8")],
        [("return mu, np.where(constant, 1.0, sigma)",
          "return mu, np.where(constant, 1.0, sigma + 1e-8)")],
    ),
    *fitting(
        "NI-09", NORMALISING,
        "sigma loses its digits when the mean is large, as the mean of squares minus the square of "
        "the mean does. Subtract the mean first, then average the squares.",
        [(SIGMA, "sigma = np.sqrt(np.abs(np.mean(X**2, axis=1, keepdims=True) - mu**2))")],
        looks_like=loses_digits,
    ),
    *fitting(
        "NI-10", NORMALISING,
        "sigma is the root of the mean square without centring. Subtract the mean before squaring.",
        [(SIGMA, "sigma = np.sqrt(np.mean(X**2, axis=1, keepdims=True))")],
    ),
    *fitting(
        "NI-11", NORMALISING,
        "mu and sigma are flat, of shape (n,). NumPy would then line them up with the examples; as "
        "columns, (n, 1), they belong to the features.",
        [("return mu, np.where(constant, 1.0, sigma)",
          "return mu.ravel(), np.where(constant, 1.0, sigma).ravel()")],
    ),
    *fitting(
        "NI-12", NORMALISING,
        "There is one mean and one deviation for the whole array. Each feature needs its own.",
        [(MU, "mu = np.full((X.shape[0], 1), np.mean(X))"),
         (SIGMA, "sigma = np.full((X.shape[0], 1), np.std(X))")],
    ),
    *fitting(
        "NI-13", NORMALISING,
        "X is changed in place. The caller still needs it: compute a new array.",
        [(SIGMA, SIGMA + "\n    X -= mu")],
    ),
    *fitting(
        "NI-14", NORMALISING,
        "sigma is the range, largest minus smallest value. It should be the standard deviation.",
        [(SIGMA, "sigma = np.ptp(X, axis=1, keepdims=True)")],
    ),
    *fitting(
        "NI-15", NORMALISING,
        "A feature with a small spread is taken for a constant one. It may only have large units: "
        "sigma is 1 where all values are equal, and nowhere else.",
        [(CONSTANT, "constant = sigma < 1e-4")],
        [(CONSTANT, "constant = np.isclose(sigma, 0, atol=1e-4)")],
    ),
)  # fmt: skip


def by_sums(X):
    """Sums over the examples, and a loop for the constant features."""
    n, m = X.shape
    mu = (X.sum(axis=1) / m).reshape(n, 1)
    sigma = np.sqrt(((X - mu) ** 2).sum(axis=1) / m)[:, np.newaxis]
    for i in range(n):
        if X[i].min() == X[i].max():
            sigma[i] = 1
    return mu, sigma


FIT_NORMALIZER = Task(
    reference=ref.fit_normalizer,
    returns=("mu", "sigma"),
    cases=fit_cases,
    criteria=(
        Criterion("mu", 1.5, part="mu"),
        Criterion("sigma", 2, "values", "sigma", tolerance=Tolerance(absolute=0.0)),
        Criterion("constant features", 1, "constant", "sigma", tolerance=Tolerance(absolute=1e-12)),
        inputs_untouched(0.5),
    ),
    lecture=NORMALISING,
    misconceptions=FIT_MISCONCEPTIONS,
    variants=(Variant("sums and a loop", by_sums),),
)


# ---------------------------------------------------------------- normalize


def normalize_cases(rng: np.random.Generator) -> list[Case]:
    """Training, dev and single examples, with the statistics of a training set."""
    cases = []
    for n, m, other in ((3, 6, 5), (4, 4, 4), (2, 7, 3), (3, 5, 1), (4, 6, 1)):
        train = features(rng, n, m)
        mu, sigma = ref.fit_normalizer(train)
        examples = "one new example" if other == 1 else f"{other} new examples"
        X = mu + features(rng, n, max(other, 2))[:, :other]
        label = f"{n} features, {examples}, statistics of {m} training examples"
        tag = "alone" if other == 1 else "several"
        cases.append(call("normalize", X, mu, sigma, label=label, tag=tag))
    for n, m in ((3, 6), (2, 5)):
        train = features(rng, n, m, 1e-4, 1e-6)
        label = f"{n} features with spreads near 1e-6, {m} examples"
        cases.append(
            call("normalize", train, *ref.fit_normalizer(train), label=label, tag="several")
        )
    return cases


normalizing = partial(misconceptions, ref.normalize)

NORMALIZE_MISCONCEPTIONS = (
    *normalizing(
        "NI-01", NORMALISING,
        "The centred values are divided by the variance. Divide by sigma itself.",
        [("/ sigma", "/ sigma**2")],
    ),
    *normalizing(
        "NI-02", NORMALISING,
        "The set is normalised by statistics of its own. Every set gets those of the training set, "
        "which are handed in: the network was trained with them.",
        [("(X - mu) / sigma",
          "(X - np.mean(X, axis=1, keepdims=True)) / np.std(X, axis=1, keepdims=True)")],
        [("(X - mu) / sigma", "(X - np.mean(X, axis=1, keepdims=True)) / sigma")],
    ),
    *normalizing(
        "NI-08", NORMALISING,
        "A small number is added to sigma. Features that vary little are then squeezed; "
        "fit_normalizer has taken care of constant ones.",
        [("/ sigma", "/ (sigma + 1e-8)")],
    ),
    *normalizing(
        "NI-13", NORMALISING,
        "X is changed in place. The caller still needs it: compute a new array.",
        [("return (X - mu) / sigma", "X -= mu\n    return X / sigma")],
        [("return (X - mu) / sigma", "X -= mu\n    X /= sigma\n    return X")],
    ),
    *normalizing(
        "NI-16", NORMALISING,
        "Only one of the two steps is there. Subtract mu, then divide by sigma.",
        [("(X - mu) / sigma", "X - mu")],
        [("(X - mu) / sigma", "X / sigma")],
    ),
    *normalizing(
        "NI-17", NORMALISING,
        "The division comes before the subtraction: only mu is divided by sigma. Parentheses are "
        "missing.",
        [("(X - mu) / sigma", "X - mu / sigma")],
    ),
)  # fmt: skip

NORMALIZE = Task(
    reference=ref.normalize,
    returns="X_norm",
    cases=normalize_cases,
    criteria=(
        Criterion("several examples", 1.5, "several"),
        Criterion("one example alone", 1, "alone"),
        inputs_untouched(0.5),
    ),
    lecture=NORMALISING,
    misconceptions=NORMALIZE_MISCONCEPTIONS,
    variants=(
        Variant(
            "scaled, then shifted",
            edited(ref.normalize, ("(X - mu) / sigma", "X / sigma - mu / sigma")),
        ),
    ),
)

TASKS = (SPLIT_EXAMPLES, DIAGNOSE, FIT_NORMALIZER, NORMALIZE)
