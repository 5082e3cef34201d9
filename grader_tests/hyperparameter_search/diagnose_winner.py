"""`diagnose_winner`: return the setting with the least error, and what forbids to report it."""

from __future__ import annotations

from typing import Any

import numpy as np

from grader_tests.hyperparameter_search import LUCK, ROLES, SCALES
from grader_tests.hyperparameter_search import reference as ref
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

SPACE = {
    "learning_rate": ("log", 1e-4, 1.0),
    "momentum": ("one_minus_log", 0.5, 0.999),
    "dropout": ("linear", 0.0, 0.6),
    "units": ("integer", 8, 208),
}
NAMES = ("larch", "maple", "oak", "pine", "rowan", "spruce", "willow", "yew")
# What is wrong with the winner, or is so with others only, and the criterion that looks at it.
STORIES = {
    "edge": "edges",
    "others on the edge": "edges",
    "budget": "budgets",
    "others longer": "budgets",
    "one run": "seeds",
    "no lead": "seeds",
    "others with one run": "seeds",
    "small lead of many runs": "seeds",
    "lucky runs of others": "seeds",
}
EDGES = ("edge", "others on the edge")
INSIDE = {"log": (0.15, 0.6), "one_minus_log": (0.55, 0.85)}  # near an end on no scale but linear
NOWHERE = [("", False)] * 3


def cases(rng: np.random.Generator) -> list[Case]:
    """Each story with three to five settings, the edges at both ends of each scale."""
    cases = []
    for story, tag in STORIES.items():
        ends = [(name, high) for name in SPACE for high in (False, True)]
        for name, high in ends if story == "edge" else ends[::3] if story in EDGES else NOWHERE:
            settings = _settings(rng, story, 3 + len(cases) % 3, name, high)
            label = f"{', '.join(settings)}: errors in the mean " + ", ".join(
                f"{np.mean(each['errors']):.1%}" for each in settings.values()
            )
            # Where edges are not asked for, the wrong scale finds none either.
            searched = [name for name in SPACE if story in EDGES or "log" not in SPACE[name][0]]
            space = {name: SPACE[name] for name in rng.permutation(searched).tolist()}
            for each in settings.values():
                each["point"] = {name: each["point"][name] for name in searched}
            case = call(ref.diagnose_winner, space, settings, label=label, tags=tag)
            cases.append(case)
    return cases


def _settings(
    rng: np.random.Generator, story: str, count: int, name: str, high: bool
) -> dict[str, dict[str, Any]]:
    """Settings in any order, of which one has the least error."""
    names = rng.permutation(NAMES)[:count].tolist()
    least, epochs = rng.uniform(0.02, 0.08), int(rng.integers(5, 12))
    lucky = story == "lucky runs of others"
    many = lucky or story == "small lead of many runs"
    spread, runs = 0.05 * least, 16 if many else 5
    first = np.zeros(runs)
    while abs(np.median(first)) < 0.1:
        first = _deviations(rng, runs)
    first *= np.sign(np.median(first))  # by the median it would lose a small lead
    settings = {}
    for place, setting in enumerate(names):
        lead = spread * (2.2 if many else 7) * place
        deviations = _deviations(rng, runs)
        if story == "no lead" and place == 1:
            lead, deviations = spread * rng.uniform(0.02, 0.15), first
        last = place == count - 1
        # Seed by seed no lead is surer than in the mean: what one seed favours, another does not.
        apart = first if place == 0 else -deviations * np.sign(first @ deviations)
        if lucky and place > 0:
            lead, apart = spread * (3 + 1.5 * place), 3 * _deviations(rng, runs, lucky=6)
        edge = place == 0 if story == "edge" else story == "others on the edge" and place > 0
        longer = place == 0 if story == "budget" else story == "others longer" and last
        single = place == 0 if story == "one run" else story == "others with one run" and last
        settings[setting] = {
            "point": _point(rng, name if edge else "", high),
            "epochs": epochs * (4 if longer else 1),
            "errors": least + lead + (np.zeros(1) if single else spread * apart),
        }
    return {setting: settings[setting] for setting in sorted(names)}


def _point(rng: np.random.Generator, edge: str, high: bool) -> dict[str, float]:
    """A point inside of its ranges, but at an end, or nearly, for the name on the edge."""
    point = {}
    for name, (scale, low, top) in SPACE.items():
        u = rng.uniform(*INSIDE.get(scale, (0.15, 0.85)))
        if name == edge:
            at_end = (name in ("momentum", "units")) == high
            u = abs(high - (0.0 if at_end else rng.uniform(0.004, 0.009)))
        if u in (0, 1):
            point[name] = top if high else low
        elif scale == "log":
            point[name] = float(low * (top / low) ** u)
        elif scale == "one_minus_log":
            point[name] = float(1 - (1 - low) * ((1 - top) / (1 - low)) ** u)
        else:
            value = low + u * (top - low)
            point[name] = round(value) if scale == "integer" else float(value)
    return point


def _deviations(rng: np.random.Generator, runs: int, lucky: float = 0) -> np.ndarray:
    """Deviations of some seeds, whose mean is 0 and whose standard deviation 1; one may be low."""
    z = rng.standard_normal(runs)
    z[rng.integers(runs)] -= lucky
    return (z - np.mean(z)) / np.std(z, ddof=1)


LOG = """\
        if scale == "log":
            low, value, high = np.log([low, value, high])
        elif scale == "one_minus_log":
            low, value, high = -np.log(1 - np.array([low, value, high]))
"""
BETA = """\
        elif scale == "one_minus_log":
            low, value, high = -np.log(1 - np.array([low, value, high]))
"""
NEAR = "min(value - low, high - value) < 0.05 * (high - low)"
BUDGET = """\
    if best["epochs"] > rival["epochs"]:
        return winner, "budget"
"""
EPOCHS = 'best["epochs"] > rival["epochs"]'
SINGLE = """\
    if len(best["errors"]) == 1:
        return winner, "seeds"
"""
LEAD = '"seeds" if lead < 2 * np.sqrt(sum(variances)) else "none"'
VALUE = 'value = best["point"][name]'
RUNS = 'settings[name]["errors"]'
MEAN = f"np.mean({RUNS})"

MISTAKES = (
    Mistake(
        "DW-01",
        SCALES,
        "How near a value is to an end is not measured on its own scale. On a log scale 0.001 is "
        "far from 0.0001, and what counts for β is 1 − β.",
        edit(
            BETA,
            BETA.replace("-np.log(1 - np.array([low, value, high]))", "np.log([low, value, high])"),
        ),
        edit(LOG, ""),
        edit(BETA, ""),
    ),
    Mistake(
        "DW-02",
        LUCK,
        "Only a value that is exactly the end counts. A search that stops a hair before it "
        "says the same: look beyond.",
        edit(NEAR, "value in (low, high)"),
        edit(NEAR, "min(value - low, high - value) <= 0"),
    ),
    Mistake(
        "DW-03",
        LUCK,
        "Ends of ranges are not looked at, or only one of the two. Where the best lies at an end, "
        "better ones may lie beyond it.",
        edit(NEAR, "False"),
        edit(NEAR, "high - value < 0.05 * (high - low)"),
        edit(NEAR, "value - low < 0.05 * (high - low)"),
    ),
    Mistake(
        "DW-04",
        LUCK,
        "Other settings than the winner are examined. It does not matter at which end of a range "
        "something bad was found.",
        edit(VALUE, 'value = rival["point"][name]'),
    ),
    Mistake(
        "DW-05",
        ROLES,
        "How long each was trained is overlooked. Who trains four times as long as the others has "
        "won another race.",
        edit(BUDGET, ""),
    ),
    Mistake(
        "DW-06",
        ROLES,
        "Any difference in epochs is held against the winner. A setting that loses although it "
        "trained for longer has lost all the more.",
        edit(EPOCHS, 'len({each["epochs"] for each in settings.values()}) > 1'),
    ),
    Mistake(
        "DW-07",
        LUCK,
        "A single run is believed. The error of one seed is one draw; nobody knows where the next "
        "would lie.",
        edit(SINGLE, '    if len(best["errors"]) == 1:\n        return winner, "none"\n'),
    ),
    Mistake(
        "DW-08",
        LUCK,
        "Any lead is believed. Seeds alone make such a difference: compare it with the spread.",
        edit(LEAD, '"none"'),
        edit(LEAD, '"seeds" if lead <= 0 else "none"'),
    ),
    Mistake(
        "DW-09",
        LUCK,
        "One run of some setting is held against the winner. What is far behind needs no second "
        "run.",
        edit(
            'len(best["errors"]) == 1',
            'min(len(each["errors"]) for each in settings.values()) == 1',
        ),
    ),
    Mistake(
        "DW-10",
        LUCK,
        "The setting with the largest error is taken for the winner. These are errors, not scores: "
        "the least is the best.",
        edit('np.mean(settings[name]["errors"])', '-np.mean(settings[name]["errors"])'),
    ),
    Mistake(
        "DW-11",
        LUCK,
        "The lead is compared with the spread of single runs. A mean of many runs is surer than "
        "one run: its standard error counts.",
        edit(' / len(each["errors"])', ""),
    ),
    Mistake(
        "DW-13",
        LUCK,
        "The settings are not compared by the mean of their errors. One run, lucky or not, or the "
        "one in the middle says less than all of them: the winner has the least mean.",
        edit(MEAN, f"np.min({RUNS})"),
        edit(MEAN, f"np.median({RUNS})"),
        edit(MEAN, f"np.sum({RUNS})"),
        edit("np.mean(", "np.min(", 3),
        edit("np.mean(", "np.median(", 3),
    ),
    Mistake(
        "DW-15",
        LUCK,
        "The lead is compared with a fixed amount, or doubted however large it is. What is much "
        "depends on the runs: compare it with the standard errors of the means.",
        edit(LEAD, '"seeds"'),
        numbers={"the least lead": edit("2 * np.sqrt(sum(variances))", "{number}")},
    ),
    Mistake(
        "DW-14",
        LUCK,
        "Some answers have only one of their two parts. Return the winner and the doubt, also "
        "where there is none.",
        edit(f"return winner, {LEAD}", "return winner").then(SINGLE, "").then(BUDGET, ""),
        edit(
            f"return winner, {LEAD}",
            "if lead < 2 * np.sqrt(sum(variances)):\n        "
            'return winner, "seeds"\n    return winner',
        ),
        edit(
            f"return winner, {LEAD}",
            'return winner, "seeds" if lead < 2 * np.sqrt(sum(variances)) else None',
        ),
    ),
    Mistake(
        "DW-12",
        LUCK,
        "The answer's two parts are in the other order: first the winner, then the doubt.",
        edit('return winner, "budget"', 'return "budget", winner')
        .then('return winner, "edge"', 'return "edge", winner')
        .then(SINGLE, SINGLE.replace('winner, "seeds"', '"seeds", winner'))
        .then(f"return winner, {LEAD}", f"return ({LEAD}), winner"),
    ),
)


def by_pairs(space, settings):
    """Means in a dict, positions by interpolation, and the lead seed by seed."""
    means = {name: each["errors"].mean() for name, each in settings.items()}
    winner = min(means, key=means.get)
    best = settings[winner]
    others = [each for name, each in settings.items() if name != winner]
    if all(best["epochs"] > each["epochs"] for each in others):
        return [winner, "budget"]
    for name, value in best["point"].items():
        scale, low, high = space[name]
        place = {
            "log": lambda x: np.log10(x),
            "one_minus_log": lambda x: -np.log10(1 - x),
        }.get(scale, lambda x: x)
        u = (place(value) - place(low)) / (place(high) - place(low))
        if abs(u - 0.5) > 0.45:
            return [winner, "edge"]
    if best["errors"].size < 2:
        return [winner, "seeds"]
    for each in others:
        if each["errors"].size == best["errors"].size:
            lead = each["errors"] - best["errors"]
            if lead.mean() < 2 * lead.std(ddof=1) / lead.size**0.5:
                return [winner, "seeds"]
    return [winner, "none"]


def runs_of_a_setting(inputs):
    """How often the settings were run, at least and at most."""
    runs = [len(setting["errors"]) for setting in inputs["settings"].values()]
    return min(runs), max(runs)


TASK = Task(
    reference=ref.diagnose_winner,
    returns=("winner", "doubt"),
    cases=cases,
    criteria=(
        Agrees("the winner", 0.5, part="winner"),
        Agrees("edges", 1, "edges", "doubt", beside="the winner"),
        Agrees("budgets", 1, "budgets", "doubt", beside="the winner"),
        Agrees("seeds", 1, "seeds", "doubt", beside="the winner"),
        InputsUntouched(0.5),
    ),
    lecture=LUCK,
    mistakes=MISTAKES,
    variants=(Variant("in pairs", by_pairs),),
    losses={
        "DW-15": "edges · budgets · seeds",
        "DW-13": "all",
        "DW-14": "all",
        "DW-14, way 3": "edges · budgets · seeds",
        "DW-01": "edges",
        "DW-02": "edges",
        "DW-03": "edges",
        "DW-04": "edges",
        "DW-05": "budgets",
        "DW-06": "budgets",
        "DW-07": "seeds",
        "DW-08": "seeds",
        "DW-09": "seeds",
        "DW-10": "all",
        "DW-11": "seeds",
        "DW-12": "all",
    },
    promises={
        "space": Promise(
            value=(0, 208), length=(2, 4), has=("integer", "linear", "log", "one_minus_log")
        ),
        "settings": Promise(value=(0.0001, 200), within=(0, 250), length=(3, 5)),
        "runs of a setting": Promise(value=(1, 16), of=runs_of_a_setting),
    },
    equivalent={
        "the base of a logarithm, or a hundredth more, moves no place from end to end": (
            "low, value, high = np.log10([low, value, high])",
            "low, value, high = np.log2([low, value, high])",
            "low, value, high = np.log([low * 1.01, value, high])",
            "low, value, high = np.log([low, value * 1.01, high])",
            "low, value, high = np.log([low, value, high * 1.01])",
            "low, value, high = -(np.log10(1 - np.array([low, value, high])))",
            "low, value, high = -(np.log2(1 - np.array([low, value, high])))",
            "low, value, high = -np.log(1 - np.array([low * 1.01, value, high]))",
        ),
        "places and leads are far from where they are judged": (
            "if min(value - low, high - value) <= 0.05 * (high - low):",
            "if min((value * 1.01) - low, high - value) < 0.05 * (high - low):",
            "if min(value - (low * 1.01), high - value) < 0.05 * (high - low):",
            "if min(value - low, (high * 1.01) - value) < 0.05 * (high - low):",
            "if min(value - low, high - (value * 1.01)) < 0.05 * (high - low):",
            "if min(value - low, high - value) < 0.0505 * (high - low):",
            "if min(value - low, high - value) < 0.05 * ((high + 1) - low):",
            "if min(value - low, high - value) < 0.05 * ((high * 1.01) - low):",
            "if min(value - low, high - value) < 0.05 * (high - (low - 1)):",
            "if min(value - low, high - value) < 0.05 * (high - (low * 1.01)):",
            'lead = (np.median(rival["errors"])) - np.mean(best["errors"])',
            'lead = np.mean(rival["errors"]) - (np.median(best["errors"]))',
            'return winner, "seeds" if lead <= 2 * np.sqrt(sum(variances)) else "none"',
            'return winner, "seeds" if (lead * 1.01) < 2 * np.sqrt(sum(variances)) else "none"',
            'return winner, "seeds" if lead < (np.sqrt(sum(variances))) else "none"',
            'return winner, "seeds" if lead < 3 * np.sqrt(sum(variances)) else "none"',
            'return winner, "seeds" if lead < 1 * np.sqrt(sum(variances)) else "none"',
        ),
        "there is at least one run": ('if len(best["errors"]) <= 1:',),
        'the only other scale, "linear" and "integer" before it': (
            'elif scale >= "one_minus_log":',
        ),
        "spreads by another divisor leave the lead on its side": (
            'variances = [(np.var(each["errors"])) / len(each["errors"]) for each in (best, '
            "rival)]",
            'variances = [np.var(each["errors"], ddof=2) / len(each["errors"]) for each in '
            "(best, rival)]",
            'variances = [np.var(each["errors"], ddof=0) / len(each["errors"]) for each in '
            "(best, rival)]",
            'variances = [np.var(each["errors"], ddof=1) / len(each) for each in (best, rival)]',
            'variances = [np.var(each["errors"], ddof=1) / len(each["errors"]) for each in '
            "list((best, rival))[:1]]",
            'variances = [np.var(each["errors"], ddof=1) / len(each["errors"]) for each in '
            "list((best, rival))[1:]]",
            'variances = [np.var(each["errors"], ddof=1) / len(each["errors"]) for each in '
            "list((best, rival))[:-1]]",
            'variances = [np.var(each["errors"], ddof=1) / len(each["errors"]) for each in '
            "(rival, best)]",
            'return winner, "seeds" if lead < 2 * np.sqrt(max(variances)) else "none"',
        ),
        "in which order two numbers are compared": (
            "if (min(high - value, value - low)) < 0.05 * (high - low):",
        ),
    },
)
