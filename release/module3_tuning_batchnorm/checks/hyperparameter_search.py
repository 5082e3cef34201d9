"""Visible checks of ``1_hyperparameter_search.ipynb``."""

from __future__ import annotations

import numpy as np

from checks import Sheet, Trial

sheet = Sheet(__file__)
check, progress = sheet.check, sheet.progress


def draws(trial: Trial, low: float, high: float, middle: float) -> None:
    """Check the form, the range and the source of what is drawn, and that half is below middle."""
    values = trial(low, high, 10_000, np.random.default_rng(1))
    trial.holds(
        f"10000 floats from {low:g} to {high:g}",
        isinstance(values, np.ndarray) and values.shape == (10_000,) and values.dtype.kind == "f",
        "It should return an array of floats, of shape (10000,) for size = 10000.",
    )
    trial.holds(
        "finite", np.isfinite(values).all(), "Some values are not finite: a log of 0 or below?"
    )
    trial.holds(
        "in range",
        values.min() >= low - 1e-12 and values.max() <= high + 1e-12,
        f"The values go from {values.min():.4g} to {values.max():.4g}; they should stay between "
        f"{low:g} and {high:g}.",
    )
    number = len(np.unique(values))
    trial.holds("all different", number > 9000, f"Of 10000 values only {number} are different.")
    ordered = np.all(np.diff(values) >= 0) or np.all(np.diff(values) <= 0)
    trial.holds("in no order", not ordered, "The values come in order.")
    share(trial, f"below {middle:g}", values < middle, 0.5)
    first, again, other = (trial(low, high, 20, np.random.default_rng(seed)) for seed in (1, 1, 2))
    same = np.array_equal(first, again)
    trial.holds(
        "the same seed, the same values", same, "The same seed gave other values: use rng only."
    )
    other = np.array_equal(first, other)
    trial.holds(
        "another seed, other values", not other, "Another seed gave the same values: is rng used?"
    )


def share(trial: Trial, what: str, inside: np.ndarray, right: float) -> None:
    """Compare the share of True with the expected one."""
    got = np.mean(inside)
    told = f"{100 * got:.0f} % of the values are {what}; it should be {100 * right:.0f} %."
    trial.holds(f"share {what}", abs(got - right) < 2 / len(inside) ** 0.5, told)


@sheet.question(
    minutes=11,
    ask="Which number is drawn uniformly, the rate or its exponent? And what is done with it then?",
    by_hand="From 0.0001 to 1 the exponents go from −4 to 0. An exponent of −2.5 gives the rate "
    "0.00316, and half of all rates are below 0.01.",
)
def sample_learning_rates(trial: Trial) -> None:
    draws(trial, 1e-4, 1.0, 1e-2)
    draws(trial, 0.02, 2.0, 0.2)


@sheet.question(
    minutes=11,
    ask="Which quantity should have as many values between 0.1 and 0.01 as between 0.01 and 0.001?",
    by_hand="From 0.9 to 0.999, 1 − beta goes from 0.1 to 0.001. Half of the values have it above "
    "0.01: they lie below 0.99.",
)
def sample_betas(trial: Trial) -> None:
    draws(trial, 0.9, 0.999, 0.99)
    draws(trial, 0.5, 0.995, 0.95)


@sheet.question(
    minutes=14,
    ask="How many points are there with one name more, and which points come one after the other?",
    by_hand="For a: 1, 2 and b: 3, 4 the points are (1, 3), (1, 4), (2, 3), (2, 4).",
)
def grid_points(trial: Trial) -> None:
    axes = {"rate": [0.1, 0.2], "optimizer": ["sgd", "momentum", "adam"]}
    points = trial(axes)
    names = ("sgd", "momentum", "adam")
    right = [{"rate": rate, "optimizer": name} for rate in (0.1, 0.2) for name in names]
    a_list = isinstance(points, list) and all(isinstance(point, dict) for point in points)
    trial.holds("a list of dicts", a_list, "The points should be a list of dicts.")
    number = f"There are {len(points)} points; there should be 2 · 3 = 6."
    trial.holds("6 points", len(points) == 6, number)
    for i, (got, expected) in enumerate(zip(points, right, strict=False)):
        trial.equal(f"points[{i}]", got, expected)
    points[0]["rate"] = None
    own = [point["rate"] for point in points[1:]].count(None) == 0
    trial.holds("a dict of its own for each", own, "Points share a dict: make a new one for each.")
    trial.equal("points of one name", trial({"units": [30, 10]}), [{"units": 30}, {"units": 10}])
    got = [
        tuple(point[name] for name in "cba")
        for point in trial({"c": [1, 2], "b": [5], "a": [3, 4]})
    ]
    trial.equal("points of three names", got, [(1, 5, 3), (1, 5, 4), (2, 5, 3), (2, 5, 4)])
    got = [(point["a"], point["b"]) for point in trial({"a": [2, 1], "b": [1, 1]})]
    trial.equal("points with a value that comes twice", got, [(2, 1), (2, 1), (1, 1), (1, 1)])


@sheet.question(
    minutes=19,
    ask="On which scale is each value uniform, and how many draws does one point take?",
    by_hand="On the scale “integer” from 1 to 4, each of 1, 2, 3 and 4 comes in a quarter of the "
    "points; on “log” from 0.0001 to 1, half of the values are below 0.01.",
)
def random_points(trial: Trial) -> None:
    space = {
        "dropout": ("linear", 0.2, 0.6),
        "learning_rate": ("log", 1e-4, 1.0),
        "momentum": ("one_minus_log", 0.9, 0.999),
        "layers": ("integer", 1, 4),
    }
    points = trial(space, 2000, np.random.default_rng(3))
    trial.holds(
        "a list", isinstance(points, list), f"It returns a {type(points).__name__}, not a list."
    )
    trial.holds(
        "n points", len(points) == 2000, f"There are {len(points)} points; there should be 2000."
    )
    named = all(isinstance(point, dict) and sorted(point) == sorted(space) for point in points)
    trial.holds("names", named, f"Each point should be a dict with the names {sorted(space)}.")
    columns = {name: np.array([point[name] for point in points]) for name in space}
    for name, (_, low, high) in space.items():
        values = columns[name]
        single = values.shape == (2000,)
        trial.holds(
            f"{name} is a number", single, f"Each value of {name} should be a single number."
        )
        trial.holds(
            f"range of {name}",
            values.min() >= low - 1e-12 and values.max() <= high + 1e-12,
            f"{name} goes from {values.min():.4g} to {values.max():.4g}; its range is {low} to {high}.",
        )
        number = len(np.unique(values))
        trial.holds(
            f"{name} is drawn for each point",
            number > (1 if name == "layers" else 1000),
            f"{name} has only {number} different values: draw it anew for each point.",
        )
    for name, middle in (("dropout", 0.4), ("learning_rate", 0.01), ("momentum", 0.99)):
        share(trial, f"below {middle} ({name})", columns[name] < middle, 0.5)
    kind = columns["layers"].dtype
    trial.holds("layers are ints", kind.kind in "iu", f"layers holds {kind}; the scale is integer.")
    for number in (4, 1, 2, 3):
        share(trial, f"{number} (layers)", columns["layers"] == number, 0.25)
    both = (columns["dropout"] < 0.4) & (columns["learning_rate"] < 0.01)
    share(trial, "in the lower half of dropout and of learning_rate", both, 0.25)
    first, again, other = (trial(space, 20, np.random.default_rng(seed)) for seed in (3, 3, 4))
    same = first == again
    trial.holds(
        "the same seed, the same points", same, "The same seed gave other points: use rng only."
    )
    other = first == other
    trial.holds(
        "another seed, other points", not other, "Another seed gave the same points: use rng."
    )


@sheet.question(
    minutes=6,
    ask="Of two trials, which is better? And of two equals, which counts?",
    by_hand="Of the scores −3, −1, −2 the best is −1, the second.",
)
def best_trial(trial: Trial) -> None:
    for scores, best in (
        ((0.7, 0.9, 0.9, 0.8), 1),
        ((-3.0, -1.0, -2.0), 1),
        ((0.2, 0.5, 0.9), 2),
        ((0.9, 0.5, 0.2), 0),
        ((0.5, 0.4, 0.9), 2),
        ((0.9, 0.4, 0.5), 0),
    ):
        trials = [({"units": 40 - 10 * i}, score) for i, score in enumerate(scores)]
        told = ", ".join(map(str, scores))
        trial.equal(f"the best trial of the scores {told}", trial(trials), trials[best])


@sheet.question(
    minutes=15,
    ask="Which trials are kept, and what do their values span?",
    by_hand="If the best three trials have the rates 0.03, 0.01 and 0.1, the range becomes 0.01 to "
    "0.1, on the same scale.",
)
def refine_space(trial: Trial) -> None:
    space = {"rate": ("log", 1e-4, 1.0), "units": ("integer", 8, 128)}
    trials = [
        ({"rate": 0.5, "units": 100}, 0.3),
        ({"rate": 0.03, "units": 60}, 0.9),
        ({"rate": 0.001, "units": 20}, 0.75),
        ({"rate": 0.01, "units": 90}, 0.8),
        ({"rate": 0.1, "units": 40}, 0.7),
    ]
    for keep, rates, units in (
        (3, (0.001, 0.03), (20, 90)),
        (1, (0.03, 0.03), (60, 60)),
        (2, (0.01, 0.03), (60, 90)),
        (5, (0.001, 0.5), (20, 100)),
    ):
        fine = trial(space, trials, keep)
        named = isinstance(fine, dict) and sorted(fine) == ["rate", "units"]
        trial.holds("names", named, "The new space should be a dict with the names of the old one.")
        for name, scale, ends in (("rate", "log", rates), ("units", "integer", units)):
            got = trial.parts(fine[name], "scale", "low", "high")
            trial.equal(f"the scale of {name}", got[0], scale)
            told = f"the range of {name} with keep = {keep}"
            trial.agree(told, np.array(got[1:], dtype=float), ends)
        whole = all(isinstance(end, int | np.integer) for end in fine["units"][1:])
        trial.holds(
            "ends of integers are ints", whole, "The ends of an integer range should stay ints."
        )


@sheet.question(
    minutes=18,
    ask="How many trials are left after a round, how long have they trained when the next one ends, "
    "and what stops it all?",
    by_hand="Of 20 trials with eta = 3 six stay, for there is no third of a trial, and then two. From "
    "2 epochs they go on to 6, then to 18; with at most 17 the last round is left out.",
)
def halving_rounds(trial: Trial) -> None:
    for n, eta, low, high, right in (
        (20, 3, 2, 50, [(20, 2), (6, 6), (2, 18)]),
        (20, 3, 2, 17, [(20, 2), (6, 6)]),
        (16, 4, 1, 16, [(16, 1), (4, 4), (1, 16)]),
        (9, 2, 3, 100, [(9, 3), (4, 6), (2, 12), (1, 24)]),
        (100, 5, 1, 30, [(100, 1), (20, 5), (4, 25)]),
        (1, 2, 7, 100, [(1, 7)]),
        (8, 2, 6, 5, []),
    ):
        told = f"the rounds of {n} trials, eta = {eta}, {low} to {high} epochs"
        trial.equal(told, trial(n, eta, low, high), right)
    trial.refuses("a search without trials", 0, 2, 1, 8)
    trial.refuses("a round of 0 epochs", 8, 2, 0, 8)
    trial.refuses("a factor of 1", 8, 1, 1, 8)


@sheet.question(
    minutes=27,
    ask="In which part does a value lie, and where within it? What of that is drawn, and how many "
    "times?",
    by_hand="Four points and the scale “linear” from 0 to 8: one value lies between 0 and 2, one "
    "between 2 and 4, one between 4 and 6, one between 6 and 8; which point has which is chance. With "
    "“integer” from 1 to 8 one of them is 1 or 2, one 3 or 4, and so on.",
)
def latin_hypercube(trial: Trial) -> None:
    space = {
        "dropout": ("linear", 0.2, 0.6),
        "learning_rate": ("log", 1e-4, 1.0),
        "momentum": ("one_minus_log", 0.9, 0.999),
        "units": ("integer", 1, 8),
        "shift": ("integer", -4, -1),
    }
    points = trial(space, 4, np.random.default_rng(5))
    listed = isinstance(points, list) and all(isinstance(point, dict) for point in points)
    trial.holds("a list of dicts", listed, "The points should be a list of dicts.")
    number = f"There are {len(points)} points; there should be 4."
    trial.holds("4 points", len(points) == 4, number)
    named = all(sorted(point) == sorted(space) for point in points)
    trial.holds("names", named, f"Each point should have the names {', '.join(sorted(space))}.")
    for name, middles in (
        ("dropout", (0.3, 0.4, 0.5)),
        ("learning_rate", (1e-3, 1e-2, 1e-1)),
        ("momentum", (1 - 10**-1.5, 0.99, 1 - 10**-2.5)),
        ("units", (2.5, 4.5, 6.5)),
        ("shift", (-3.5, -2.5, -1.5)),
    ):
        _, low, high = space[name]
        values = np.array([point[name] for point in points])
        whole = space[name][0] == "integer"
        kind = "iu" if whole else "f"
        trial.holds(
            f"{name} is {'an int' if whole else 'a float'}",
            values.shape == (4,) and values.dtype.kind in kind,
            f"Each value of {name} should be {'an int' if whole else 'a float'}.",
        )
        got = np.histogram(values, [low - 1e-9, *middles, high + 1e-9])[0].tolist()
        told = f"Of the 4 parts of {name}, from low to high, so many values are in each: {got}."
        trial.holds(f"one value in each part of {name}", got == [1, 1, 1, 1], told)
    many = trial(space, 1000, np.random.default_rng(6))
    columns = {name: np.array([point[name] for point in many]) for name in space}
    parts = 1000 * (columns["dropout"] - 0.2) / 0.4
    at = 1000 * np.log10(columns["learning_rate"] / 1e-4) / 4
    for name, place in (("dropout", parts), ("learning_rate", at)):
        one_each = np.all(np.abs(np.sort(place) - np.arange(1000) - 0.5) <= 0.5 + 1e-6)
        told = f"Of 1000 parts of {name} some have no value."
        trial.holds(f"one value in each of 1000 parts of {name}", one_each, told)
    within, order = parts % 1, np.argsort(parts)
    share(trial, "in the first half of their part (dropout)", within < 0.5, 0.5)
    later = within[order][1:] > within[order][:-1]
    share(trial, "farther within their part than their neighbour (dropout)", later, 0.5)
    both = (within < 0.5) & (at % 1 < 0.5)
    share(trial, "in the first half of their part in dropout and learning_rate", both, 0.25)
    later = columns["dropout"][1:] > columns["dropout"][:-1]
    share(trial, "larger than the one before (dropout)", later, 0.5)
    upper = [np.sort(column)[500] <= column for column in columns.values()]
    share(trial, "in the upper half of dropout and learning_rate", upper[0] & upper[1], 0.25)
    few = [trial(space, 3, rng) for rng in [np.random.default_rng(7)] * 300]
    units = np.array([[point["units"] for point in each] for each in few])
    share(trial, "8 (units, three points at a time)", units == 8, 1 / 8)
    first, again, other = (trial(space, 20, np.random.default_rng(seed)) for seed in (5, 5, 6))
    trial.holds(
        "the same seed, the same points",
        first == again,
        "The same seed gave other points: use rng only.",
    )
    trial.holds(
        "another seed, other points",
        first != other,
        "Another seed gave the same points: use rng.",
    )
    rng = np.random.default_rng(8)
    trial.refuses("a search without points", {"dropout": ("linear", 0.2, 0.6)}, 0, rng)
    trial.refuses("a scale of another name", {"dropout": ("line", 0.2, 0.6)}, 3, rng)
    trial.refuses("a range upside down", {"dropout": ("linear", 0.6, 0.2)}, 3, rng)
    trial.refuses("a log scale from 0", {"l2": ("log", 0.0, 0.1)}, 3, rng)
    trial.refuses("1 − value up to 0 on a log scale", {"beta": ("one_minus_log", 0.9, 1.0)}, 3, rng)


@sheet.question(
    minutes=22,
    ask="Were all settings given the same chance? Would the winner win again? And can the best lie "
    "where nobody has looked?",
    by_hand='Settings are dicts in a dict: settings["oak"]["errors"] holds the errors of the '
    'oak\'s seeds, and space["rate"] the scale and the two ends of the rate.',
)
def diagnose_winner(trial: Trial) -> None:
    doubts = ("edge", "budget", "seeds", "none")
    space = {"rate": ("log", 1e-4, 1.0), "units": ("integer", 8, 208)}
    wide = np.array([0.0, 0.02, 0.04, 0.01, 0.03])
    for rate, epochs, errors in (
        (0.003, 8, 0.02 + wide / 10),
        (0.0001, 8, 0.02 + wide / 10),
        (0.003, 32, 0.02 + wide / 10),
        (0.003, 8, np.array([0.02])),
        (0.003, 8, 0.039 + wide),
    ):
        settings = {
            "oak": {"point": {"rate": 0.02, "units": 64}, "epochs": 8, "errors": 0.04 + wide},
            "elm": {"point": {"rate": rate, "units": 64}, "epochs": epochs, "errors": errors},
            "fir": {"point": {"rate": 0.1, "units": 30}, "epochs": 8, "errors": 0.2 + wide},
        }
        winner, doubt = trial.parts(trial(space, settings), "winner", "doubt")
        told = f"{winner!r} is none of the settings: they are {', '.join(settings)}."
        named = isinstance(winner, str) and winner in settings
        trial.holds("one of the settings", named, told)
        told = f"{doubt!r} is no doubt of the table: they are {', '.join(doubts)}."
        trial.holds("a doubt of the table", isinstance(doubt, str) and doubt in doubts, told)
