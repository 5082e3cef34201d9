"""`diagnose_runs`: find the run that goes wrong, or is shown wrongly, and say what is wrong."""

from __future__ import annotations

import numpy as np

from grader_tests.learning_rate_decay import SCHEDULES
from grader_tests.learning_rate_decay import reference as ref
from grading.marking import (
    Agrees,
    Case,
    InputsUntouched,
    Lecture,
    Mistake,
    Promise,
    Task,
    Variant,
    call,
    edit,
)

FALLING = Lecture("course/module2_optimization/01_mini_batches.ipynb", "Up and down")
CORRECTION = Lecture("course/module2_optimization/02_weighted_averages.ipynb", "Bias correction")
NAMES = ("Ada", "Ben", "Chloe", "Dan", "Eve", "Finn", "Gil", "Hana")
FAULTS = ("large", "early", "late", "plot")


def cases(rng: np.random.Generator) -> list[Case]:
    """Each fault three times, among two to four sound runs: first, last, and in between."""
    return [_case(rng, fault, k, at) for fault in FAULTS for k, at in enumerate(rng.permutation(3))]


def _case(rng: np.random.Generator, fault: str, k: int, at: int) -> Case:
    """One run with the fault and 2 + k sound ones, of costs of any size; `at` 2 it is the last."""
    names, T = rng.permutation(NAMES)[: 3 + k].tolist(), 80 - 20 * k
    kinds = dict.fromkeys(names, "") | {names[at if at < 2 else -1]: fault}
    unit = 10 ** rng.uniform(1.5 * k - 1.5, 1.5 * k - 1)
    network = unit * rng.uniform(0.02, 0.2), unit * rng.uniform(1.5, 3.0)  # least cost, and above
    alpha0, beta, turn = 10 ** rng.uniform(-3, -1), rng.uniform(0.8, 0.95), int(rng.integers(3))
    runs = {}
    for i, name in enumerate(kinds):
        shares = _shares(rng, kinds[name], T, turn + i)
        rate = alpha0 * (10 if kinds[name] == "large" else rng.uniform(0.6, 1.6))
        costs = _costs(rng, kinds[name], shares, *network)
        runs[name] = {
            "rates": rate * shares,
            "costs": costs,
            "shown": _average(costs, beta, corrected=kinds[name] != "plot"),
        }
    label = f"runs of {', '.join(runs)}, {T} epochs each"
    return call(ref.diagnose_runs, runs, label=label, tags=fault)


def _shares(rng: np.random.Generator, kind: str, T: int, turn: int) -> np.ndarray:
    """The rate of each epoch as a share of the largest."""
    at = np.arange(T) / T
    if kind == "late":
        return np.ones(T)
    if kind == "early":
        base = 1 - rng.uniform(14, 20) / T
        return base ** np.arange(T) if turn % 2 else np.where(at < 3.5 / T, 1.0, 1e-3)
    warm = np.minimum(1, (np.arange(T) + 1) / (0.1 * T))
    return (
        (1 + np.cos(np.pi * at)) / 2,
        warm * (1 - at),
        np.where(at < 0.5, 1.0, np.where(at < 0.75, 0.1, 0.01)),
        0.02**at,
    )[turn % 4]


def _costs(
    rng: np.random.Generator, kind: str, shares: np.ndarray, least: float, above: float
) -> np.ndarray:
    """Training costs: down as far as the rates add up to, and a floor as high as they are."""
    T = len(shares)
    steps = np.arange(T)
    if kind == "large":
        swing = np.exp(0.15 * rng.standard_normal(T))
        rise = 1 + np.minimum(steps, 12) * rng.uniform(0.1, 0.3) + (shares > 0.5) * 0.01 * steps
        return (least + above) * rise * np.where(steps == 0, 1.0, swing)
    way = 20 * np.cumsum(np.concatenate([[0.0], shares[:-1]])) / T
    floor = above * np.where(kind == "late", 0.25, 0.01) * shares
    jumps = np.exp(np.where(kind == "late", 0.2, 0.02) * rng.standard_normal(T))
    return (least + above * np.exp(-way) + (steps > 2) * floor) * np.where(steps == 0, 1.0, jumps)


def _average(values: np.ndarray, beta: float, corrected: bool) -> np.ndarray:
    """The exponentially weighted average of all values so far; corrected, it starts with them."""
    v, averages = 0.0, []
    for t, value in enumerate(values, start=1):
        v += (1 - beta) / (1 - beta**t if corrected else 1) * (value - v)
        averages.append(v)
    return np.array(averages)


PLOT = """\
    for run, curves in runs.items():
        if curves["shown"][0] < curves["costs"][0] / 2:
            return run, "no correction"
"""
LARGE = """\
    if costs[-1] > costs[0]:
        return run, "rate too large"
"""
WORST = 'runs[each]["costs"][-1]'
LAST = '"no decay" if rates[-1] == rates[0] else "decay too early"'
LATE, EARLY = 'run, "no decay"', 'run, "decay too early"'
APART = """\
if rates[-1] == rates[0]:
        return {late}
    return {early}"""

MISTAKES = (
    Mistake(
        "LR-51",
        CORRECTION,
        "What is plotted is taken for what was trained. Compare the first value that is shown with "
        "the first cost.",
        edit(PLOT, ""),
    ),
    Mistake(
        "LR-52",
        SCHEDULES,
        "Two faults have changed places. A run that no longer moves has too small a rate, and one "
        "that jumps about and gets no lower has still too large a one.",
        edit(LAST, LAST.replace("==", "!=")),
        edit(LAST, '"no decay"'),
        edit(LAST, '"decay too early"'),
    ),
    Mistake(
        "LR-53",
        FALLING,
        "That a cost rises is overlooked. No noise and no schedule explains a run that ends above "
        "its beginning.",
        edit(LARGE, ""),
        edit('"rate too large"', '"no decay"'),
    ),
    Mistake(
        "LR-54",
        SCHEDULES,
        "The run is chosen by its learning rate. A rate is too large or too small for what it "
        "does to the cost: compare that.",
        edit(WORST, 'np.max(runs[each]["rates"])'),
        edit(WORST, '-runs[each]["rates"][-1]'),
        edit(WORST, '-runs[each]["rates"][0]'),
        edit(WORST, 'runs[each]["rates"][-1]'),
    ),
    Mistake(
        "LR-55",
        FALLING,
        "The best run is accused, or one that is bad only at its start. Look at where the costs "
        "end.",
        edit(WORST, f"-{WORST}"),
        edit(WORST, 'np.mean(runs[each]["costs"][:8])'),
    ),
    Mistake(
        "LR-56",
        SCHEDULES,
        "The answer's two parts are in the other order: first the run, then the fault.",
        edit('return run, "no correction"', 'return "no correction", run')
        .then('return run, "rate too large"', 'return "rate too large", run')
        .then(f"return run, {LAST}", f"return ({LAST}), run"),
        edit('return run, "no correction"', 'return "no correction", run'),
        edit('return run, "rate too large"', 'return "rate too large", run'),
        edit(f"return run, {LAST}", APART.format(late='"no decay", run', early=EARLY)),
        edit(f"return run, {LAST}", APART.format(late=LATE, early='"decay too early", run')),
        edit(f"return run, {LAST}", f"return ({LAST}), run"),
    ),
    Mistake(
        "LR-77",
        SCHEDULES,
        "Only one of the two things is returned, the run or the fault, or more than these. Return "
        "both, in every branch: the run's name, then the word for its fault.",
        edit('return run, "no correction"', 'return "no correction"')
        .then('return run, "rate too large"', 'return "rate too large"')
        .then(f"return run, {LAST}", f"return {LAST}"),
        edit('return run, "no correction"', "return run")
        .then('return run, "rate too large"', "return run")
        .then(f"return run, {LAST}", "return run"),
        edit('return run, "no correction"', 'return "no correction"'),
        edit('return run, "rate too large"', 'return "rate too large"'),
        edit(f"return run, {LAST}", APART.format(late='"no decay"', early=EARLY)),
        edit(f"return run, {LAST}", APART.format(late=LATE, early='"decay too early"')),
        edit(f"return run, {LAST}", f"return {LAST}"),
    ),
    Mistake(
        "LR-66",
        SCHEDULES,
        "A cost that rises once is taken for a rate that is too large. Sound runs have bumps, "
        "too: ask whether the cost ends above its start.",
        edit("if costs[-1] > costs[0]:", "if np.any(np.diff(costs) > 0):"),
    ),
)


def by_each(runs):
    """Look at each run for itself, beside the least cost of all."""
    least = min(curves["costs"].min() for curves in runs.values())
    for name, curves in runs.items():
        costs, rates, shown = curves["costs"], curves["rates"], curves["shown"]
        if not np.isclose(shown[0], costs[0]):
            return [name, "no correction"]
        if np.median(costs[-10:]) > costs[0]:
            return [name, "rate too large"]
        if np.median(costs[-10:]) > 2 * least:
            late = np.all(rates == rates[0])
            return [name, "no decay" if late else "decay too early"]
    raise ValueError("all is well")


RUN = "which run trains badly"


def epochs_of_a_run(inputs):
    """How long the runs are."""
    return len(next(iter(inputs["runs"].values()))["costs"])


TASK = Task(
    reference=ref.diagnose_runs,
    returns=("run", "fault"),
    cases=cases,
    criteria=(
        Agrees(RUN, 1, ("large", "early", "late"), "run"),
        Agrees("rates that rise or stop too soon", 1, ("large", "early"), "fault", beside=RUN),
        Agrees("rates that stay", 0.5, "late", "fault", beside=RUN),
        Agrees("a plot that misleads", 1, "plot"),
        InputsUntouched(0.5),
    ),
    lecture=SCHEDULES,
    mistakes=MISTAKES,
    variants=(Variant("each run for itself", by_each),),
    losses={
        "LR-77": "all but a plot that misleads · inputs untouched",
        "LR-77, way 1": "all",
        "LR-77, way 2": "all",
        "LR-77, way 3": "a plot that misleads",
        "LR-56": "all but a plot that misleads · inputs untouched",
        "LR-56, way 1": "all",
        "LR-56, way 2": "a plot that misleads",
        "LR-66": "rates that rise or stop too soon · rates that stay",
        "LR-51": "a plot that misleads",
        "LR-52": "rates that rise or stop too soon · rates that stay",
        "LR-52, way 2": "rates that rise or stop too soon",
        "LR-52, way 3": "rates that stay",
        "LR-53": "rates that rise or stop too soon",
        "LR-54": "which run trains badly · rates that rise or stop too soon · rates that stay",
        "LR-55": "which run trains badly · rates that rise or stop too soon · rates that stay",
    },
    promises={
        "runs": Promise(
            value=(1e-5, 10), within=(3e-15, 2000), length=(3, 5), has=("equal neighbours",)
        ),
        "epochs of a run": Promise(value=(40, 80), of=epochs_of_a_run),
    },
    equivalent={
        "the first value shown is right, or a fifth of it at the most": (
            'if curves["shown"][0] <= curves["costs"][0] / 2:',
            'if curves["shown"][1] < curves["costs"][0] / 2:',
            'if curves["shown"][0] < (curves["costs"][0]):',
            'if curves["shown"][0] < curves["costs"][1] / 2:',
            'if curves["shown"][0] < curves["costs"][0] / 3:',
            'if curves["shown"][0] < curves["costs"][0] / 1:',
        ),
        "the last but one tells the same as the last": (
            'run = max(runs, key=lambda each: runs[each]["costs"][-2])',
            "if costs[-2] > costs[0]:",
            'return run, "no decay" if rates[-2] == rates[0] else "decay too early"',
        ),
        "costs end far above their beginning, and above the next, or far below": (
            "if costs[-1] >= costs[0]:",
            "if (costs * 1.01)[-1] > costs[0]:",
            "if costs[-1] > (costs * 1.01)[0]:",
            "if costs[-1] > costs[1]:",
        ),
        "what decays falls at once, or has fallen far": (
            'return run, "no decay" if rates[-1] >= rates[0] else "decay too early"',
            'return run, "no decay" if rates[-1] == rates[1] else "decay too early"',
        ),
    },
)
