"""`effective_window`: return ``1 / (1 - beta)``: about how many values the average remembers."""

from __future__ import annotations

import numpy as np

from grader_tests.weighted_averages import MEMORY
from grader_tests.weighted_averages import reference as ref
from grading.marking import Agrees, Case, Mistake, Promise, Task, Variant, call, edit


def cases(rng: np.random.Generator) -> list[Case]:
    """No memory at all, usual betas, and others."""
    drawn = (rng.uniform(0.3, 0.45), rng.uniform(0.55, 0.85), rng.uniform(0.91, 0.96))
    return [
        call(ref.effective_window, 0.0, label="beta = 0", tags="none"),
        *(
            call(ref.effective_window, beta, label=f"beta = {beta:.4g}", tags="some")
            for beta in (0.5, 0.9, 0.98, 0.999, *drawn)
        ),
    ]


FORMULA = "1 / (1 - beta)"

MISTAKES = (
    Mistake(
        "EW-23",
        MEMORY,
        "beta/(1 − beta) is the mean age of what is remembered, which is one less than the window.",
        edit(FORMULA, "beta / (1 - beta)"),
    ),
    Mistake(
        "EW-24",
        MEMORY,
        "This is 1 − beta, the weight of the newest value. The window is its reciprocal: mind the "
        "brackets.",
        edit(FORMULA, "1 - beta"),
    ),
    Mistake(
        "EW-25",
        MEMORY,
        "The window is rounded. It need not be a whole number: return it as it is.",
        edit(FORMULA, "round(1 / (1 - beta))"),
        edit(FORMULA, "int(1 / (1 - beta) + 1e-9)"),
        edit(FORMULA, "1 // (1 - beta)"),
        edit(FORMULA, "int(1 / (1 - beta))"),
        edit(FORMULA, "np.ceil(1 / (1 - beta))"),
    ),
    Mistake(
        "EW-26",
        MEMORY,
        "The window is wanted by the rule of thumb, not as the age at which a weight has fallen to "
        "1/e exactly; the two come close for beta near 1.",
        edit(FORMULA, "-1 / np.log(beta)"),
    ),
    Mistake(
        "EW-27",
        MEMORY,
        "The nearer beta is to 1, the longer the memory should be. So what stands in the "
        "denominator is the part that beta lacks to 1.",
        edit(FORMULA, "1 / beta"),
        edit(FORMULA, "1 / (1 + beta)"),
    ),
    Mistake(
        "EW-56",
        MEMORY,
        "This is another rule for the length, (1 + beta)/(1 − beta) or 2/(1 − beta). Here it is "
        "1/(1 − beta).",
        edit("1 / (1 - beta)", "2 / (1 - beta)"),
        edit("1 / (1 - beta)", "(1 + beta) / (1 - beta)"),
    ),
    Mistake(
        "EW-61",
        MEMORY,
        "The window is squared, or the root or the logarithm of it. It is the reciprocal of what "
        "beta lacks to 1, and nothing more.",
        edit(FORMULA, "1 / (1 - beta) ** 2"),
        edit(FORMULA, "1 / np.sqrt(1 - beta)"),
        edit(FORMULA, "1 / (1 - beta**2)"),
        edit(FORMULA, "np.log(1 / (1 - beta))"),
        edit(FORMULA, "1 / np.sqrt(1 - beta**2)"),
    ),
    Mistake(
        "EW-62",
        MEMORY,
        "There is a 1 too many. The window is one divided by what beta lacks to 1.",
        edit(FORMULA, "1 + 1 / (1 - beta)"),
        edit(FORMULA, "1 / (2 - beta)"),
    ),
)


def by_power(beta):
    """The reciprocal as a power."""
    return (1.0 - beta) ** -1


TASK = Task(
    reference=ref.effective_window,
    returns="window",
    cases=cases,
    criteria=(
        Agrees("window", 0.5, "some"),
        Agrees("no memory at beta = 0", 0.5, "none", beside="window"),
    ),
    lecture=MEMORY,
    mistakes=MISTAKES,
    variants=(Variant("power", by_power),),
    losses={
        "EW-62": "all",
        "EW-61": "all",
        "EW-56": "all",
        "EW-56, way 2": "all",
        "EW-23": "all",
        "EW-24": "all",
        "EW-25": "all",
        "EW-26": "all",
        "EW-27": "all",
    },
    promises={
        "beta": Promise(value=(0, 0.999), has=("0",)),
    },
)
