"""`beta_for_half_life`: the beta with which a value's weight is halved in so many steps."""

from __future__ import annotations

import numpy as np

from grader_tests.weighted_averages import MEMORY
from grader_tests.weighted_averages import reference as ref
from grading.marking import Agrees, Case, Mistake, Promise, Task, Variant, call, edit


def cases(rng: np.random.Generator) -> list[Case]:
    """Few and many steps, parts of a step, and none."""
    return [
        *(
            call(ref.beta_for_half_life, steps, label=f"steps = {steps:.4g}", tags=tag)
            for tag, some in (
                ("some", (1, 2, 3, 10, 700, rng.uniform(4, 9), 35.5)),
                ("edge", (rng.uniform(0.3, 0.6), rng.uniform(0.6, 0.9))),
            )
            for steps in some
        ),
        *(
            call(
                ref.beta_for_half_life,
                steps,
                label=f"steps = {steps:.4g}",
                tags="edge",
                raises=ValueError,
            )
            for steps in (0, 0.0, -1, -rng.uniform(2, 9))
        ),
    ]


FORMULA = "0.5 ** (1 / steps)"

MISTAKES = (
    Mistake(
        "EW-40",
        MEMORY,
        "That is the beta whose effective window, 1/(1 − beta), is so long, or twice or half as "
        "long. The window is a rule of thumb for another moment than the one when half is left.",
        edit(FORMULA, "1 - 1 / steps"),
        edit(FORMULA, "1 - 0.5 / steps"),
        edit(FORMULA, "1 - 1 / (2 * steps)"),
        edit(FORMULA, "1 - 2 / steps"),
        edit(FORMULA, "steps / (1 + steps)"),
    ),
    Mistake(
        "EW-41",
        MEMORY,
        "After so many steps 1/e of the weight is left, a third and not a half.",
        edit(FORMULA, "np.exp(-1 / steps)"),
    ),
    Mistake(
        "EW-42",
        MEMORY,
        "The more steps, the smaller your beta. But what is to last longer fades more slowly.",
        edit(FORMULA, "0.5**steps"),
        edit(FORMULA, "1 - 0.5 ** (1 / steps)"),
        edit(FORMULA, "1 / 2 / steps"),
        edit(FORMULA, "0.5 ** (steps - 1)"),
        edit(FORMULA, "1 / (1 + steps)"),
        edit(FORMULA, "np.log(2) / steps"),
    ),
    Mistake(
        "EW-43",
        MEMORY,
        "Your beta is above 1 or below 0, so weights grow or change sign. Think of the "
        "power of beta that should be one half.",
        edit(FORMULA, "2 ** (1 / steps)"),
        edit(FORMULA, "-(0.5 ** (1 / steps))"),
        edit(FORMULA, "1 + np.log(2) / steps"),
        edit(FORMULA, "-np.log(2) / steps"),
        edit(FORMULA, "0.5 ** (-1 / steps)"),
    ),
    Mistake(
        "EW-44",
        MEMORY,
        "This is near for many steps, and wrong for few: the fading of one step, taken for even. "
        "Weights fade by a factor in each step, not by an amount.",
        edit(FORMULA, "1 - np.log(2) / steps"),
        edit(FORMULA, "1 / (1 + np.log(2) / steps)"),
    ),
    Mistake(
        "EW-45",
        MEMORY,
        "The steps are one too few or too many. The newest value has its full weight; half of it "
        "is left after so many steps.",
        edit(FORMULA, "0.5 ** (1 / (steps + 1))"),
        edit(FORMULA, "0.5 ** (1 / (steps - 1))"),
    ),
    Mistake(
        "EW-46",
        MEMORY,
        "Something is rounded: beta to a few decimals, or the steps to whole ones. A quotient with "
        "// is rounded down too.",
        edit(FORMULA, "round(0.5 ** (1 / steps), 3)"),
        edit(FORMULA, "round(0.5 ** (1 / steps), 2)"),
        edit(FORMULA, "0.5 ** (1 // steps)"),
        edit(FORMULA, "0.5 ** (1 / max(1, int(steps)))"),
        edit(FORMULA, "0.5 ** (1 / max(1, round(steps)))"),
    ),
    Mistake(
        "EW-47",
        MEMORY,
        "What makes no sense gets through. No beta halves a weight in 0 steps, nor in fewer: "
        "raise a ValueError.",
        edit("steps <= 0", "False"),
        edit("steps <= 0", "steps < 0"),
        edit("steps <= 0", "steps == 0"),
    ),
    Mistake(
        "EW-48",
        MEMORY,
        "Half-lives below one step are refused. A weight may well fall to less than half within a "
        "step: only 0 and less make no sense.",
        edit("steps <= 0", "steps < 1"),
    ),
    Mistake(
        "EW-49",
        MEMORY,
        "Your beta does not halve the weight. Put it to the test: beta times beta times …, as "
        "often as there are steps, should be one half.",
        edit(FORMULA, "steps**-0.5"),
        edit(FORMULA, "0.5 * steps"),
        edit(FORMULA, "np.log(0.5) / np.log(steps + 1)"),
        edit(FORMULA, "steps**0.5"),
    ),
    Mistake(
        "EW-57",
        MEMORY,
        "The logarithm has base 10 and the exponential base e, or the other way round. Take both "
        "to one base.",
        edit("0.5 ** (1 / steps)", "np.exp(np.log10(0.5) / steps)"),
        edit("0.5 ** (1 / steps)", "10 ** (np.log(0.5) / steps)"),
    ),
)


def by_logarithm(steps):
    """Powers by the exponential function."""
    if not steps > 0:
        raise ValueError("a half-life is positive")
    return float(np.exp(np.log(0.5) / steps))


def by_halving(steps):
    """Search for the beta whose power is one half."""
    if steps <= 0:
        raise ValueError(steps)
    low, high = 0.0, 1.0
    for _ in range(80):
        beta = (low + high) / 2
        if beta**steps < 0.5:
            low = beta
        else:
            high = beta
    return beta


TASK = Task(
    reference=ref.beta_for_half_life,
    returns="beta",
    cases=cases,
    criteria=(
        Agrees("half is left after so many steps", 2, "some"),
        Agrees("less than a step, and what is refused", 1, "edge", beside="*"),
    ),
    lecture=MEMORY,
    mistakes=MISTAKES,
    variants=(Variant("logarithm", by_logarithm), Variant("halving", by_halving)),
    losses={
        "EW-57": "all",
        "EW-57, way 2": "all",
        "EW-40": "all",
        "EW-41": "all",
        "EW-42": "all",
        "EW-43": "all",
        "EW-44": "all",
        "EW-45": "all",
        "EW-46": "all",
        "EW-47": "less than a step, and what is refused",
        "EW-48": "less than a step, and what is refused",
        "EW-49": "all",
    },
    promises={
        "steps": Promise(value=(0.6, 700), within=(0.3, 700)),
    },
    equivalent={"only the sign counts": ("if (steps * 1.01) <= 0:",)},
)
