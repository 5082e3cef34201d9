"""`fit_normalizer`: return each feature's mean and standard deviation over the examples."""

from __future__ import annotations

import numpy as np

from grader_tests.setting_up import NORMALISING
from grader_tests.setting_up import reference as ref
from grader_tests.setting_up.draws import features
from grading.marking import (
    Agrees,
    Case,
    InputsUntouched,
    Mistake,
    Promise,
    Task,
    Tolerance,
    Variant,
    call,
    edit,
)


def with_constant(rng: np.random.Generator, n: int, m: int, rounding: bool = True) -> np.ndarray:
    """Draw features, the first of them constant; with `rounding`, its computed sigma is not 0."""
    X = features(rng, n, m)
    X[0] = 2.0
    while rounding and np.std(X, axis=1)[0] == 0:
        X[0] = np.round(rng.uniform(0.1, 3), 1)
    return X


def cases(rng: np.random.Generator) -> list[Case]:
    """Several sizes, constant features, means far from 0 and tiny spreads."""
    drawn = [
        (features(rng, 3, 5), "3 features, 5 examples", "values"),
        (features(rng, 4, 4), "4 features, 4 examples", "values"),
        (features(rng, 2, 3), "2 features, 3 examples", "values"),
        (features(rng, 1, 8), "one feature, 8 examples", "values"),
        (features(rng, 3, 6, 1e-8, 1e-10), "spreads near 1e-10, 6 examples", ("values", "tiny")),
        (features(rng, 2, 9, 1e-8, 1e-10), "spreads near 1e-10, 9 examples", ("values", "tiny")),
        (features(rng, 3, 8, 1e6, 0.5), "means near a million, 8 examples", ("values", "far")),
        (features(rng, 2, 9, 1e6, 0.5), "means near a million, 9 examples", ("values", "far")),
        (with_constant(rng, 3, 6, rounding=False), "a feature that is always 2", "constant"),
        (with_constant(rng, 2, 5, rounding=False), "a feature that is always 2", "constant"),
        (with_constant(rng, 3, 6), "a constant feature, 6 examples", ("constant", "rounding")),
        (with_constant(rng, 2, 7), "a constant feature, 7 examples", ("constant", "rounding")),
        (features(rng, 3, 2)[:, :1], "3 features, one example", "constant"),
    ]
    return [call(ref.fit_normalizer, X, label=label, tags=tag) for X, label, tag in drawn]


def loses_digits(result: tuple, wanted: tuple, case: Case) -> bool | None:
    """Recognise E[X²] − E[X]²: right near zero, rough far away."""
    close = np.allclose(result[1], wanted[1], rtol=1e-5, atol=0)
    if "far" in case.tags:
        return not close
    return None if close or "constant" in case.tags else False


def trusts_zero(result: tuple, wanted: tuple, case: Case) -> bool | None:
    """Recognise sigma == 0 as the test: right where no rounding comes in."""
    if "rounding" in case.tags:
        return bool(result[1][0, 0] < 1e-12)
    return None if np.allclose(result[1], wanted[1], rtol=1e-6, atol=0) else False


MU = "mu = np.mean(X, axis=1, keepdims=True)"
SIGMA = "sigma = np.std(X, axis=1, keepdims=True)"
CONSTANT = "constant = np.ptp(X, axis=1, keepdims=True) == 0"

MISTAKES = (
    Mistake(
        "NI-01",
        NORMALISING,
        "sigma is the variance. Dividing by it leaves the deviation 1/sigma; take its root.",
        edit(SIGMA, "sigma = np.var(X, axis=1, keepdims=True)"),
    ),
    Mistake(
        "NI-04",
        NORMALISING,
        "The statistics are taken over the features of each example. Examples are columns: each "
        "feature has a mean and a deviation over the examples.",
        edit("axis=1", "axis=0", 3),
    ),
    Mistake(
        "NI-05",
        NORMALISING,
        "The mean square distance is divided by m − 1. This course describes the training set "
        "itself and divides by m.",
        edit(SIGMA, "sigma = np.std(X, axis=1, keepdims=True, ddof=1)"),
    ),
    Mistake(
        "NI-06",
        NORMALISING,
        "A constant feature gets sigma = 0, and normalising it would give 0/0. Put 1 there.",
        edit("return mu, np.where(constant, 1.0, sigma)", "return mu, sigma"),
    ),
    Mistake(
        "NI-07",
        NORMALISING,
        "A constant feature is recognised by sigma == 0, but rounding may leave it at 1e-17. Ask "
        "whether all its values are equal.",
        edit(CONSTANT, "constant = sigma == 0"),
        looks_like=trusts_zero,
    ),
    Mistake(
        "NI-08",
        NORMALISING,
        "A small number is added to sigma. Features that vary little are then squeezed; only a "
        "constant feature needs help.",
        edit("return mu, np.where(constant, 1.0, sigma)", "return mu, sigma + 1e-8"),
        edit(
            "return mu, np.where(constant, 1.0, sigma)",
            "return mu, np.where(constant, 1.0, sigma + 1e-8)",
        ),
        numbers={
            "epsilon": edit("constant, 1.0, sigma)", "constant, sigma, sigma) + {number}"),
            "eps": edit("1.0, sigma)", "1.0, sigma + {number})"),
        },
    ),
    Mistake(
        "NI-09",
        NORMALISING,
        "sigma loses its digits when the mean is large, as the mean of squares minus the square of "
        "the mean does. Subtract the mean first, then average the squares.",
        edit(SIGMA, "sigma = np.sqrt(np.abs(np.mean(X**2, axis=1, keepdims=True) - mu**2))"),
        looks_like=loses_digits,
    ),
    Mistake(
        "NI-10",
        NORMALISING,
        "sigma is the root of the mean square without centring. Subtract the mean before squaring.",
        edit(SIGMA, "sigma = np.sqrt(np.mean(X**2, axis=1, keepdims=True))"),
    ),
    Mistake(
        "NI-11",
        NORMALISING,
        "mu and sigma are flat, of shape (n,). NumPy would then line them up with the examples; as "
        "columns, (n, 1), they belong to the features.",
        edit(
            "return mu, np.where(constant, 1.0, sigma)",
            "return mu.ravel(), np.where(constant, 1.0, sigma).ravel()",
        ),
    ),
    Mistake(
        "NI-12",
        NORMALISING,
        "There is one mean and one deviation for the whole array. Each feature needs its own.",
        edit(MU, "mu = np.full((X.shape[0], 1), np.mean(X))").then(
            SIGMA, "sigma = np.full((X.shape[0], 1), np.std(X))"
        ),
        edit("np.mean(X, axis=1, keepdims=True)", "np.mean(X)")
        .then("np.std(X, axis=1, keepdims=True)", "np.std(X)")
        .then("return mu, np.where(constant, 1.0, sigma)", "return mu, sigma"),
    ),
    Mistake(
        "NI-13",
        NORMALISING,
        "X is changed in place. The caller still needs it: compute a new array.",
        edit(SIGMA, SIGMA + "\n    X -= mu"),
    ),
    Mistake(
        "NI-14",
        NORMALISING,
        "sigma is the range, largest minus smallest value. It should be the standard deviation.",
        edit(SIGMA, "sigma = np.ptp(X, axis=1, keepdims=True)"),
    ),
    Mistake(
        "NI-15",
        NORMALISING,
        "A feature with a small spread is taken for a constant one. It may only have large units: "
        "sigma is 1 where all values are equal, and nowhere else.",
        edit(CONSTANT, "constant = sigma < 1e-4"),
        edit(CONSTANT, "constant = np.isclose(sigma, 0, atol=1e-4)"),
        edit("constant = np.ptp(X, axis=1, keepdims=True) == 0", "constant = sigma < 1e-8"),
        edit("constant = np.ptp(X, axis=1, keepdims=True) == 0", "constant = np.isclose(sigma, 0)"),
        numbers={"a bound": edit(CONSTANT, "constant = sigma < {number}")},
    ),
)


def by_sums(X):
    """Sums over the examples, and a loop for the constant features."""
    n, m = X.shape
    mu = (X.sum(axis=1) / m).reshape(n, 1)
    sigma = np.sqrt(((X - mu) ** 2).sum(axis=1) / m)[:, np.newaxis]
    for i in range(n):
        if X[i].min() == X[i].max():
            sigma[i] = 1
    return mu, sigma


TASK = Task(
    reference=ref.fit_normalizer,
    returns=("mu", "sigma"),
    cases=cases,
    criteria=(
        Agrees("mu", 1, part="mu"),
        Agrees("sigma", 1, "values", "sigma", tolerance=Tolerance(absolute=0.0)),
        Agrees("constant features", 0.5, "constant", "sigma", tolerance=Tolerance(absolute=1e-12)),
        InputsUntouched(0.5),
    ),
    lecture=NORMALISING,
    mistakes=MISTAKES,
    variants=(Variant("sums and a loop", by_sums),),
    losses={
        "NI-01": "sigma · constant features",
        "NI-04": "all",
        "NI-05": "sigma · constant features",
        "NI-06": "constant features",
        "NI-07": "constant features",
        "NI-08": "sigma · constant features",
        "NI-08, way 2": "sigma",
        "NI-09": "sigma",
        "NI-10": "sigma · constant features",
        "NI-11": "all",
        "NI-12": "all",
        "NI-13": "inputs untouched",
        "NI-14": "sigma · constant features",
        "NI-15": "sigma",
    },
    promises={
        "X": Promise(
            value=(-730000, 630000),
            within=(-1.2e6, 1.2e6),
            rows=(1, 4),
            columns=(1, 9),
            has=("a constant row", "equal neighbours"),
        ),
    },
    equivalent={
        "a deviation does not see a shift or a sign": (
            "sigma = np.std(-X, axis=1, keepdims=True)",
            "sigma = np.std(X + 1, axis=1, keepdims=True)",
            "sigma = np.std(X - 1, axis=1, keepdims=True)",
        ),
        "a range is not negative": ("constant = np.ptp(X, axis=1, keepdims=True) <= 0",),
        "a range of 0 stays one under a shift, a sign or a factor": (
            "constant = np.ptp(-X, axis=1, keepdims=True) == 0",
            "constant = np.ptp(X + 1, axis=1, keepdims=True) == 0",
            "constant = np.ptp(X - 1, axis=1, keepdims=True) == 0",
            "constant = np.ptp(X * 1.01, axis=1, keepdims=True) == 0",
        ),
        "what is not 0 is true": ("return mu, np.where(constant * 1.01, 1.0, sigma)",),
    },
)
