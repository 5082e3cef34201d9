"""`best_trial`: return the trial with the highest score, the first of equals."""

from __future__ import annotations

import numpy as np

from grader_tests.hyperparameter_search import FINE
from grader_tests.hyperparameter_search import reference as ref
from grader_tests.hyperparameter_search.draws import scored
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
    """Several lengths, scores below 0, and equal best scores."""
    cases = []
    for count, low, high, words in (
        (5, 0.2, 0.98, "5 trials"),
        (8, 0.2, 0.98, "8 trials"),
        (6, -3.0, -0.1, "6 trials, all scores negative"),
        (4, -90.0, -10.0, "4 trials, all scores negative"),
        (1, 0.2, 0.98, "one trial"),
    ):
        trials = scored(rng, count, low, high)
        cases.append(call(ref.best_trial, trials, label=words, tags="plain"))
    for count in (6, 7):
        trials = scored(rng, count)
        highest = max(score for _, score in trials)
        trials[:2] = sorted(trials[:2], key=lambda trial: -trial[1])  # it goes down at once
        first, second = sorted(rng.choice(np.arange(2, count), 2, replace=False).tolist())
        for i in (first, second):
            trials[i] = trials[i][0], highest
        trials = [
            (point, score if i in (first, second) else min(score, highest - 0.1))
            for i, (point, score) in enumerate(trials)
        ]
        label = f"{count} trials, two of them equally good"
        cases.append(call(ref.best_trial, trials, label=label, tags="tie"))
    return cases


MAX = "return max(trials, key=lambda trial: trial[1])"

MISTAKES = (
    Mistake(
        "BT-01",
        FINE,
        "The lowest score is taken. In this course higher scores are better; an error would have "
        "to be negated first.",
        edit("max(", "min("),
    ),
    Mistake(
        "BT-02",
        FINE,
        "Only a part of the trial comes back. Return the whole trial, point and score.",
        edit(MAX, MAX + "[0]"),
        edit(MAX, MAX + "[1]"),
        edit(MAX, "return int(np.argmax([score for _, score in trials]))"),
    ),
    Mistake(
        "BT-03",
        FINE,
        "Of equally good trials the last is taken. The first counts: another must be better to "
        "replace it.",
        edit(MAX, "return max(reversed(trials), key=lambda trial: trial[1])"),
        edit(MAX, "return sorted(trials, key=lambda trial: trial[1])[-1]"),
    ),
    Mistake(
        "BT-04",
        FINE,
        "The search for the best starts from score 0. Scores may all be negative: start from the "
        "first trial.",
        edit(
            MAX,
            "best = None, 0.0\n"
            "    for trial in trials:\n"
            "        best = trial if trial[1] > best[1] else best\n"
            "    return best",
        ),
        edit(
            MAX,
            "best = None\n"
            "    for trial in trials:\n"
            "        if trial[1] > (best[1] if best else 0):\n"
            "            best = trial\n"
            "    return best",
        ),
    ),
    Mistake(
        "BT-05",
        FINE,
        "The caller's list of trials is put into another order or emptied. Sort a copy, or only "
        "look.",
        edit(MAX, "trials.sort(key=lambda trial: trial[1], reverse=True)\n    return trials[0]"),
    ),
    Mistake(
        "BT-06",
        FINE,
        "Scores are not compared as they are: without their sign, as text, squared or cut to whole "
        "numbers another one may seem the best.",
        edit("trial[1])", "abs(trial[1]))"),
        edit("trial[1])", "trial[1] ** 2)"),
        edit("trial[1])", "str(trial[1]))"),
        edit("trial[1])", "int(trial[1]))"),
    ),
    Mistake(
        "BT-07",
        FINE,
        "The best trial is found, and does not come back as it stands in the list. Return the pair "
        "itself, (point, score).",
        edit(MAX, f"{MAX}[::-1]"),
        edit(MAX, MAX.replace("return ", "return [") + "]"),
        edit(
            MAX,
            MAX.replace("return ", "point, score = ") + "\n    return {**point, 'score': score}",
        ),
        edit(
            MAX,
            MAX.replace("return ", "point, score = ")
            + "\n    return {'point': point, 'score': score}",
        ),
        edit(
            MAX, MAX.replace("return ", "point, score = ") + "\n    return (*point.values(), score)"
        ),
    ),
    Mistake(
        "BT-08",
        FINE,
        "Not all trials are looked at. The search goes on to the end of the list, also after one "
        "that is worse.",
        edit(
            MAX,
            "best = trials[0]\n"
            "    for trial in trials[1:]:\n"
            "        if trial[1] < best[1]:\n"
            "            break\n"
            "        best = trial if trial[1] > best[1] else best\n"
            "    return best",
        ),
        edit(MAX, "return trials[0]"),
        edit(MAX, "return trials[-1]"),
    ),
    Mistake(
        "BT-09",
        FINE,
        "Each trial is compared with its neighbour, not with the best so far.",
        edit(
            MAX,
            "best = trials[0]\n"
            "    for before, trial in zip(trials, trials[1:]):\n"
            "        best = trial if trial[1] > before[1] else best\n"
            "    return best",
        ),
    ),
)


def by_argmax(trials):
    """The index of the largest score."""
    return trials[np.argmax([score for _, score in trials])]


TASK = Task(
    reference=ref.best_trial,
    returns="trial",
    cases=cases,
    criteria=(
        Agrees("highest score", 0.6, "plain"),
        Agrees("the first of equals", 0.2, "tie"),
        InputsUntouched(0.2),
    ),
    lecture=FINE,
    mistakes=MISTAKES,
    variants=(Variant("by argmax", by_argmax),),
    losses={
        "BT-06": "highest score",
        "BT-06, way 4": "all",
        "BT-07": "all",
        "BT-08": "all",
        "BT-09": "all",
        "BT-01": "all",
        "BT-02": "all",
        "BT-03": "the first of equals",
        "BT-04": "highest score",
        "BT-05": "inputs untouched",
    },
    promises={
        "trials": Promise(value=(-23, 160), within=(-90, 200), length=(1, 8)),
    },
)
