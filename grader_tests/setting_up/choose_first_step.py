"""`choose_first_step`: say what is mainly wrong, and what to do about it first."""

from __future__ import annotations

import numpy as np

from grader_tests.setting_up import DIAGNOSIS, DIFFERING, GROUPS, RECIPE
from grader_tests.setting_up import reference as ref
from grading.marking import Agrees, Case, Mistake, Promise, Task, Variant, call, edit

SETS = ("people", "training", "training_dev", "dev", "newcomers")
CAUSES = ("bias", "variance", "mismatch", "leak")


def cases(rng: np.random.Generator) -> list[Case]:
    """Each cause twice, among people who err hardly and who err often, in sets in any order."""
    cases = []
    for cause, tag in (*((cause, "") for cause in CAUSES), ("none", "none")):
        for level in rng.permutation([rng.uniform(0.005, 0.03), rng.uniform(0.1, 0.2)]):
            rises = rng.uniform(-0.005, 0.008, 4)
            if cause in CAUSES:
                rises[CAUSES.index(cause)] = rng.uniform(0.045, 0.12)
            measured = np.round(np.maximum(level + np.cumsum([0.0, *rises]), 0.001), 3)
            errors = dict(zip(SETS, measured.tolist(), strict=True))
            names = SETS if len(cases) % 2 else [SETS[i] for i in rng.permutation(len(SETS))]
            label = ", ".join(f"{name} {errors[name]:.1%}" for name in SETS)
            tags = tag or ("fit" if cause in ("bias", "variance") else "sets")
            given = {name: errors[name] for name in names}
            cases.append(call(ref.choose_first_step, given, label=label, tags=tags))
    return cases


LEAK = '        "leak": errors["newcomers"] - errors["dev"],\n'
MISMATCH = '        "mismatch": errors["dev"] - errors["training_dev"],\n'
VARIANCE = '"variance": errors["training_dev"] - errors["training"]'
NONE = '    if rises[cause] < 0.02:\n        cause = "none"\n'

MISTAKES = (
    Mistake(
        "FS-01",
        DIAGNOSIS,
        "The training error is read as it stands. What people get wrong too is no sign of a poor "
        "fit.",
        edit(' - errors["people"]', ""),
    ),
    Mistake(
        "FS-02",
        DIFFERING,
        "Variance is read from the dev set, whose recordings are of another kind. That takes "
        "mismatch for variance: one of the errors tells the two apart.",
        edit(MISMATCH, "").then(VARIANCE, VARIANCE.replace("training_dev", "dev")),
    ),
    Mistake(
        "FS-03",
        GROUPS,
        "The dev set is trusted whatever happens. When people whom the system has never met fare "
        "much worse than the dev set says, the dev set has flattered.",
        edit(LEAK, ""),
        edit(LEAK, "").then(MISMATCH, MISMATCH.replace('"dev"', '"newcomers"')),
    ),
    Mistake(
        "FS-04",
        DIAGNOSIS,
        "Something is always found. Differences of a point or less are no reason to do anything.",
        edit(NONE, ""),
    ),
    Mistake(
        "FS-05",
        RECIPE,
        "The remedies for bias and variance have changed places, or one is used for both. What "
        "does not fit its own training set will not do so with more of it.",
        edit('"bias": "enlarge"', '"bias": "regularise"').then(
            '"variance": "regularise"', '"variance": "enlarge"'
        ),
        edit('"bias": "enlarge"', '"bias": "regularise"'),
        edit('"variance": "regularise"', '"variance": "enlarge"'),
    ),
    Mistake(
        "FS-06",
        DIFFERING,
        "Against mismatch the target is moved, or more is done of what does not help. The dev set "
        "is what you care about: it stands still, and training comes nearer to it.",
        edit('"mismatch": "add target"', '"mismatch": "match dev"'),
        edit('"mismatch": "add target"', '"mismatch": "regularise"'),
        edit('"mismatch": "add target"', '"mismatch": "regroup"'),
    ),
    Mistake(
        "FS-07",
        GROUPS,
        "While the dev set flatters, something else is mended first. What you measure by comes "
        "before all that you measure.",
        edit('"leak": "regroup"', '"leak": "add target"'),
        edit('"leak": "regroup"', '"leak": "regularise"'),
        edit('"leak": "regroup"', '"leak": "match dev"'),
        edit('"leak": "regroup"', '"leak": "test once"'),
    ),
    Mistake(
        "FS-08",
        RECIPE,
        "The answer's two parts are in the other order: first the cause, then the step.",
        edit("return cause, step", "return step, cause"),
    ),
)


def by_steps(errors):
    """From set to set, where the error rises by much."""
    for cause, step, before, after in (
        ("leak", "regroup", "dev", "newcomers"),
        ("mismatch", "add target", "training_dev", "dev"),
        ("variance", "regularise", "training", "training_dev"),
        ("bias", "enlarge", "people", "training"),
    ):
        if errors[after] > errors[before] + 0.03:
            return [cause, step]
    return ["none", "test once"]


FIT, MISLED = "bias or variance", "sets that mislead"

TASK = Task(
    reference=ref.choose_first_step,
    returns=("cause", "step"),
    cases=cases,
    criteria=(
        Agrees(FIT, 1, "fit", "cause"),
        Agrees(MISLED, 1, "sets", "cause"),
        Agrees("nothing wrong", 0.5, "none", beside=(FIT, MISLED)),
        Agrees("the step for each fit", 0.5, "fit", "step", beside=FIT),
        Agrees("the step for each set", 1, "sets", "step", beside=MISLED),
    ),
    lecture=RECIPE,
    mistakes=MISTAKES,
    variants=(Variant("from set to set", by_steps),),
    losses={
        "FS-01": "all",
        "FS-02": "sets that mislead · the step for each set",
        "FS-03": "sets that mislead · the step for each set",
        "FS-04": "nothing wrong",
        "FS-05": "the step for each fit",
        "FS-06": "the step for each set",
        "FS-07": "the step for each set",
        "FS-08": "all",
    },
    promises={"errors": Promise(value=(0.02, 0.2), within=(0.001, 0.35), length=(5, 5))},
    equivalent={
        "no rise is as close to two hundredths": (
            "if rises[cause] <= 0.02:",
            "if rises[cause] < 0.0202:",
        ),
    },
)
