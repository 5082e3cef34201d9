"""Visible checks of ``1_setting_up.ipynb``."""

from __future__ import annotations

import numpy as np

from checks import Sheet, Trial

sheet = Sheet(__file__)
check, progress = sheet.check, sheet.progress


@sheet.question(
    minutes=14,
    ask="How often is the order of the examples drawn, and what is done with it then?",
    by_hand="Of 14 examples, a dev fraction of 0.2 is 2.8, rounded 3; a test fraction of 0.3 is "
    "4.2, rounded 4; the other 7 are for training. If the shuffled order begins 9, 2, 5, …, each "
    "of these stands in one of the three arrays.",
)
def split_examples(trial: Trial) -> None:
    sets = trial.parts(trial(14, 0.2, 0.3, np.random.default_rng(1)), "train", "dev", "test")
    for name, part, size in zip(("train", "dev", "test"), sets, (7, 3, 4), strict=True):
        trial.holds(
            f"{name} is an array of integers with one axis",
            isinstance(part, np.ndarray) and part.dtype.kind in "iu" and part.ndim == 1,
            f"{name} should be an array of integers, with one axis.",
        )
        trial.holds(
            f"size of {name}",
            len(part) == size,
            f"{name} has {len(part)} indices; it should have {size}.",
        )
    together = np.sort(np.concatenate(sets))
    trial.holds(
        "each example once",
        np.array_equal(together, np.arange(14)),
        f"Sorted together, the three arrays are {together.tolist()}; they should hold 0, 1, …, 13, "
        "each once.",
    )
    # 200 examples, so that chance would hardly ever leave a set sorted or in one piece.
    first = trial(200, 0.25, 0.25, np.random.default_rng(1))
    ordered = [name for name, part in zip(("train", "dev", "test"), first, strict=True)
               if np.all(np.diff(part) > 0)]  # fmt: skip
    trial.holds(
        "shuffled",
        not ordered,
        f"{', '.join(ordered)}: in ascending order. Shuffle before cutting.",
    )
    again = trial(200, 0.25, 0.25, np.random.default_rng(1))
    trial.holds(
        "the same seed, the same sets",
        np.array_equal(first[1], again[1]),
        "The same seed gave another dev set: does all chance come from rng?",
    )
    other = trial(200, 0.25, 0.25, np.random.default_rng(2))
    trial.holds(
        "another seed, other sets",
        not np.array_equal(first[1], other[1]),
        "Another seed gave the same dev set: is rng used?",
    )
    sizes = [len(part) for part in trial(10, 0.25, 0.35, np.random.default_rng(3))]
    trial.equal("sizes of 10 examples with fractions of 0.25 and 0.35", sizes, [4, 2, 4])
    sizes = [len(part) for part in trial(7, 0.2, 0.2, np.random.default_rng(3))]
    trial.equal("sizes of 7 examples with fractions of 0.2 and 0.2", sizes, [5, 1, 1])
    sizes = [len(part) for part in trial(7, 0.0, 0.4, np.random.default_rng(3))]
    trial.equal("sizes of 7 examples with fractions of 0 and 0.4", sizes, [4, 0, 3])


@sheet.question(
    minutes=23,
    ask="What is shuffled here, and what is counted to know when a set is full?",
    by_hand="Groups A, B and C have 5, 2 and 3 examples, and the order drawn is B, C, A. A test "
    "fraction of 0.3 is 3 examples: B has 2, which is too few, so C comes too, and test has 5.",
)
def split_by_group(trial: Trial) -> None:
    def draw(groups: np.ndarray, dev: float, test: float, seed: int) -> list[np.ndarray]:
        got = trial(groups, dev, test, np.random.default_rng(seed))
        sets = trial.parts(got, "train", "dev", "test")
        for name, part in zip(("train", "dev", "test"), sets, strict=True):
            whole = isinstance(part, np.ndarray) and (part.dtype.kind in "iu" or not part.size)
            told = f"{name} should be an array of integers, with one axis."
            trial.holds(f"{name} is an array of integers", whole and part.ndim == 1, told)
        return [part.astype(int) for part in sets]

    people = np.array([3, 8, 3, -1, 8, 8, 5, 3, 5, -1, 8, 40, 40, 5, 3, 8])
    for seed in range(1, 7):
        sets = draw(people, 0.2, 0.3, seed)
        together = np.sort(np.concatenate(sets)).tolist()
        told = (
            f"Sorted together, the three arrays are {together}; they should hold 0, 1, …, 15 once."
        )
        trial.holds("each example once", together == list(range(16)), told)
        where = [set(people[part].tolist()) for part in sets]
        torn = sorted(where[0] & where[1] | where[0] & where[2] | where[1] & where[2])
        told = f"Group {torn[0] if torn else ''} is in two sets: {people.tolist()} are the groups."
        trial.holds("no group in two sets", not torn, told)
        for name, part, share in (("dev", sets[1], 3), ("test", sets[2], 5)):
            largest = max((int(np.sum(people[part] == g)) for g in people[part]), default=0)
            trial.holds(
                f"size of {name}",
                len(part) >= share > len(part) - largest,
                f"{name} has {len(part)} examples; it should take groups until it has {share}.",
            )
    pairs = np.repeat(np.arange(10), 2)  # a share of 4 or 6 examples is 2 or 3 groups
    for dev, test, right in (
        (0.2, 0.3, [10, 4, 6]),
        (0.0, 0.2, [16, 0, 4]),
        (0.3, 0.0, [14, 6, 0]),
    ):
        sizes = [len(part) for part in draw(pairs, dev, test, 1)]
        trial.equal(f"sizes of 10 groups of 2 with fractions of {dev:g} and {test:g}", sizes, right)
    many = np.repeat(np.arange(100), 2)
    first, again, other = (set(draw(many, 0.2, 0.2, seed)[2].tolist()) for seed in (1, 1, 2))
    shuffled = first not in (set(range(40)), set(range(160, 200)))
    trial.holds("shuffled", shuffled, "test holds the groups at one end: shuffle the groups.")
    told = "The same seed gave another test set: does all chance come from rng?"
    trial.holds("the same seed, the same sets", first == again, told)
    told = "Another seed gave the same test set: is rng used?"
    trial.holds("another seed, other sets", first != other, told)
    for dev, test in ((-0.1, 0.2), (0.1, -0.2), (0.6, 0.5)):
        what = f"fractions of {dev:g} and {test:g}".replace("-", "−")
        trial.refuses(what, pairs, dev, test, np.random.default_rng(1))


@sheet.question(
    minutes=11,
    ask="Which two numbers does each of the two differences compare, and in which order?",
    by_hand="With 15 % on train, 16 % on dev and a target of 14 %, bias is 15 − 14 = 1 % and "
    "variance 16 − 15 = 1 %: with a tolerance of 2 % neither is high.",
)
def diagnose(trial: Trial) -> None:
    for case, expected in (
        ((0.01, 0.11, 0.0, 0.02), (False, True)),
        ((0.15, 0.16, 0.0, 0.02), (True, False)),
        ((0.15, 0.30, 0.0, 0.02), (True, True)),
        ((0.005, 0.01, 0.0, 0.02), (False, False)),
        ((0.15, 0.16, 0.14, 0.02), (False, False)),
        ((0.15, 0.20, 0.14, 0.10), (False, False)),
        ((0.25, 0.50, 0.00, 0.25), (False, False)),
        ((0.20, 0.10, 0.30, 0.02), (False, False)),
        ((0.05, 0.06, 0.01, 0.02), (True, False)),
        ((0.03, 0.07, 0.02, 0.02), (False, True)),
        ((0.0204, 0.0408, 0.00, 0.02), (True, True)),
    ):
        got = trial.parts(trial(*case), "high_bias", "high_variance")
        told = ", ".join(map(str, case))
        trial.equal(f"diagnose({told})", got, expected)
    trial.equal("diagnose(0.15, 0.16), with the defaults", trial(0.15, 0.16), (True, False))
    trial.equal("diagnose(0.015, 0.04), with the defaults", trial(0.015, 0.04), (False, True))


@sheet.question(
    minutes=21,
    ask="In what does each set differ from the one before it in the table, and what does it mean if "
    "the error rises there?",
    by_hand="People 4 %, training 5 %, then 6 %, 14 % on the dev set and 14 % for newcomers: the "
    "error rises by 1, 1, 8 and 0 points.",
)
def choose_first_step(trial: Trial) -> None:
    causes = ("bias", "variance", "mismatch", "leak", "none")
    steps = ("enlarge", "regularise", "add target", "match dev", "regroup", "test once")
    sets = ("people", "training", "training_dev", "dev", "newcomers")
    for measured in (
        (0.04, 0.05, 0.06, 0.14, 0.14),
        (0.011, 0.093, 0.097, 0.104, 0.101),
        (0.16, 0.155, 0.16, 0.165, 0.161),
    ):
        errors = dict(zip(sets, measured, strict=True))
        cause, step = trial.parts(trial(errors), "cause", "step")
        told = f"{cause!r} is no cause of the table: they are {', '.join(causes)}."
        trial.holds("a cause of the table", isinstance(cause, str) and cause in causes, told)
        told = f"{step!r} is no step of the table: they are {', '.join(steps)}."
        trial.holds("a step of the table", isinstance(step, str) and step in steps, told)


@sheet.question(
    minutes=12,
    ask="Over which axis is a feature's mean taken, and what would divide by 0 later?",
    by_hand="The feature 1, 5, 1, 5 has the mean 3, and all its values are 2 away from it: "
    "sigma is 2. The feature 7, 7, 7, 7 has the mean 7, and sigma is set to 1.",
)
def fit_normalizer(trial: Trial) -> None:
    X = np.array([[1.0, 5.0, 1.0, 5.0], [8.0, 4.0, 12.0, 16.0], [7.0, 7.0, 7.0, 7.0]])
    mu, sigma = trial.parts(trial(X), "mu", "sigma")
    trial.agree("mu", mu, [[3], [10], [7]])
    trial.agree("sigma", sigma, [[2], [np.sqrt(20)], [1]])
    # Rounding makes a constant feature look otherwise, and a small feature is not constant.
    _, sigma = trial(np.array([[0.1] * 6, [1e-9, 3e-9] * 3]))
    trial.agree("sigma of the values 0.1, …, 0.1", sigma[0], [1])
    trial.agree("sigma of the values 1e-9 and 3e-9", sigma[1], [1e-9], atol=0)
    _, sigma = trial(np.array([[1e8 + 1, 1e8 + 3]]))
    trial.agree("sigma of the values 1e8 + 1 and 1e8 + 3", sigma, [[1]])
    mu, sigma = trial(np.array([[2.0, 4.0, 9.0], [0.0, 0.0, 0.0]]))
    trial.agree("mu of three examples", mu, [[5], [0]])
    trial.agree("sigma of three examples", sigma, [[np.sqrt(26 / 3)], [1]])


@sheet.question(
    minutes=6,
    ask="Where do mu and sigma come from: from these examples, or from those they were fitted to?",
    by_hand="With mu = 3 and sigma = 2, the value 7 becomes (7 − 3) / 2 = 2.",
)
def normalize(trial: Trial) -> None:
    mu, sigma = np.array([[3.0], [10.0]]), np.array([[2.0], [5.0]])
    X = np.array([[7.0, 1.0, 3.0], [5.0, 10.0, 30.0]])
    trial.agree("X_norm", trial(X, mu, sigma), [[2, -1, 0], [-1, 0, 4]])
    trial.agree("X_norm of one example", trial(X[:, :1], mu, sigma), [[2], [-1]])
    small = trial(np.array([[1e-9, 3e-9]]), np.array([[2e-9]]), np.array([[1e-9]]))
    trial.agree("X_norm of a small feature", small, [[-1, 1]])
