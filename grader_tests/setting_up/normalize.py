"""`normalize`: return ``(X - mu) / sigma``."""

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
    Variant,
    call,
    edit,
)


def cases(rng: np.random.Generator) -> list[Case]:
    """Training, dev and single examples, with the statistics of a training set."""
    cases = []
    for n, m, other in ((3, 6, 5), (4, 4, 4), (2, 7, 3), (3, 5, 1), (4, 6, 1)):
        train = features(rng, n, m)
        mu, sigma = ref.fit_normalizer(train)
        examples = "one new example" if other == 1 else f"{other} new examples"
        X = mu + features(rng, n, max(other, 2))[:, :other]
        label = f"{n} features, {examples}, statistics of {m} training examples"
        tag = "alone" if other == 1 else "several"
        cases.append(call(ref.normalize, X, mu, sigma, label=label, tags=tag))
    for n, m in ((3, 6), (2, 5)):
        train = features(rng, n, m, 1e-4, 1e-6)
        label = f"{n} features with spreads near 1e-6, {m} examples"
        cases.append(
            call(ref.normalize, train, *ref.fit_normalizer(train), label=label, tags="several")
        )
    return cases


MISTAKES = (
    Mistake(
        "NI-01",
        NORMALISING,
        "The centred values are divided by the variance. Divide by sigma itself.",
        edit("/ sigma", "/ sigma**2"),
    ),
    Mistake(
        "NI-02",
        NORMALISING,
        "The set is normalised by statistics of its own. Every set gets those of the training set, "
        "which are handed in: the network was trained with them.",
        edit(
            "(X - mu) / sigma",
            "(X - np.mean(X, axis=1, keepdims=True)) / np.std(X, axis=1, keepdims=True)",
        ),
        edit("(X - mu) / sigma", "(X - np.mean(X, axis=1, keepdims=True)) / sigma"),
    ),
    Mistake(
        "NI-08",
        NORMALISING,
        "A small number is added to sigma. Features that vary little are then squeezed; "
        "fit_normalizer has taken care of constant ones.",
        edit("/ sigma", "/ (sigma + 1e-8)"),
        numbers={"epsilon": edit("/ sigma", "/ (sigma + {number})")},
    ),
    Mistake(
        "NI-13",
        NORMALISING,
        "X is changed in place. The caller still needs it: compute a new array.",
        edit("return (X - mu) / sigma", "X -= mu\n    return X / sigma"),
        edit("return (X - mu) / sigma", "X -= mu\n    X /= sigma\n    return X"),
    ),
    Mistake(
        "NI-16",
        NORMALISING,
        "Only one of the two steps is there. Subtract mu, then divide by sigma.",
        edit("(X - mu) / sigma", "X - mu"),
        edit("(X - mu) / sigma", "X / sigma"),
    ),
    Mistake(
        "NI-17",
        NORMALISING,
        "The division comes before the subtraction: only mu is divided by sigma. Parentheses are "
        "missing.",
        edit("(X - mu) / sigma", "X - mu / sigma"),
    ),
    Mistake(
        "NI-18",
        NORMALISING,
        "The root of sigma is taken. sigma is the standard deviation already.",
        edit("/ sigma", "/ np.sqrt(sigma)"),
    ),
)

TASK = Task(
    reference=ref.normalize,
    returns="X_norm",
    cases=cases,
    criteria=(
        Agrees("several examples", 0.5, "several"),
        Agrees("one example alone", 0.25, "alone"),
        InputsUntouched(0.25),
    ),
    lecture=NORMALISING,
    mistakes=MISTAKES,
    unworked={"the right answer sorted": "of one example alone there is one order"},
    variants=(
        Variant(
            "scaled, then shifted",
            edit("(X - mu) / sigma", "X / sigma - mu / sigma"),
        ),
    ),
    losses={
        "NI-18": "all",
        "NI-01": "all",
        "NI-02": "all",
        "NI-08": "several examples",
        "NI-13": "inputs untouched",
        "NI-16": "all",
        "NI-17": "all",
    },
    promises={
        "X": Promise(value=(-5.6, 7.8), within=(-25, 25), rows=(2, 4), columns=(1, 6)),
        "mu": Promise(value=(-4.2, 4.4), within=(-12, 12), rows=(2, 4)),
        "sigma": Promise(value=(9.7e-07, 3.4), within=(2.5e-7, 8), rows=(2, 4)),
    },
)
