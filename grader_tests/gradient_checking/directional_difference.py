"""`directional_difference`: one centred difference, along a random direction of length 1."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from grader_tests.gradient_checking import CENTRED, DIFFERENCE, VECTOR
from grader_tests.gradient_checking import reference as ref
from grading.marking import (
    Agrees,
    Case,
    Holds,
    InputsUntouched,
    Mistake,
    Promise,
    Task,
    Tolerance,
    Variant,
    chance,
    edit,
    fixed,
    script,
)

ANSWER = "the difference"

# A cost that is linear, but for what is even about theta: each direction shows its exact slope.
KNOWN = """\
import numpy as np


def cost(theta):
    moved = theta - start
    return float(slopes @ theta + moved @ moved)


start = theta.copy()
rng = np.random.default_rng(seed)
result = np.array([
    directional_difference(cost, grad.copy(), theta.copy(), rng, epsilon) for _ in range(12)
])"""

# With one parameter there are two directions, and both show the same.
LINE = """\
import numpy as np


def cost(theta):
    return float(factor * theta[0] ** 3)


rng = np.random.default_rng(seed)
result = directional_difference(cost, grad, theta, rng, epsilon)"""

WAVE = """\
import numpy as np


def cost(theta):
    return float(np.sin(1e4 * theta[0])) / 1e4


rng = np.random.default_rng(seed)
result = directional_difference(cost, grad, theta, rng)"""

FLAT = """\
import numpy as np


def flat(theta):
    return 2.5


def steep(theta):
    return float(np.sum(theta))


rng = np.random.default_rng(seed)
answer = directional_difference(flat, grad, theta, rng)
result = answer, bool(abs(directional_difference(steep, grad - 1, theta, rng)) > 1e-6)"""

POINTS = """\
import numpy as np


def cost(theta):
    points.append(np.array(theta, dtype=float))
    return float(slopes @ theta)


points, rng = [], np.random.default_rng(seed)
directional_difference(cost, grad, theta, rng, epsilon)
result = points"""

OFTEN = """\
import numpy as np


def cost(theta):
    points.append(np.array(theta, dtype=float))
    return float(slopes @ theta)


def steps(rng, times):
    points.clear()
    for _ in range(times):
        directional_difference(cost, grad, theta, rng, 1.0)
    return [points[0] - theta, points[-1] - theta] if times == 1 else [p - theta for p in points]


points, rng = [], np.random.default_rng(seed)
first, many = steps(rng, 1), steps(rng, times)
again = steps(np.random.default_rng(seed), 1)
result = first, many, again"""

REFUSED = """\
import numpy as np


def cost(theta):
    return float(np.sum(theta))


result = directional_difference(cost, grad, theta, np.random.default_rng(seed), epsilon)"""
TIMES = 400
# How often the largest part of a direction of so many parameters is more than twice the root mean
# square one, if every direction is as likely as any other: 10⁷ drawings. From a cube it is 2 %,
# and 1 %.
LEADS = {30: 0.857, 40: 0.932}


def cases(rng: np.random.Generator) -> list[Case]:
    """Slopes that are known in every direction, steps that are watched, and what is refused."""

    def signed(n: int) -> np.ndarray:
        return rng.choice([-1, 1], n) * rng.uniform(1, 2, n)

    def put(code: str, label: str, tag: str, returns: object = ANSWER, **inputs: object) -> Case:
        seed = int(rng.integers(2**32))
        raises = ValueError if tag == "refused" else None
        given = {"seed": seed, **inputs}
        return script(code, label=label, tags=tag, returns=returns, raises=raises, **given)

    cases = []
    for n, factor, epsilon in ((3, 0.75, 0.5), (6, -1.5, 0.1), (40, 1.01, 0.5), (2, 2.0, 1.0)):
        slopes = signed(n)
        given = {"slopes": slopes, "grad": factor * slopes, "theta": signed(n), "epsilon": epsilon}
        label = f"{n} parameters, grad is {factor:g} times what is right, epsilon = {epsilon:g}"
        cases.append(put(KNOWN, label, "known", **given))
    for factor, share, epsilon in ((2.0, 1.3, 0.5), (1.0, -0.7, 0.25)):
        theta = signed(1)
        grad = 3 * factor * share * theta**2
        given = {"factor": factor, "grad": grad, "theta": theta, "epsilon": epsilon}
        cases.append(
            put(LINE, f"a cubic of one parameter, epsilon = {epsilon:g}", "known", **given)
        )
    for share in (1.2, 0.9):
        theta = 2e-4 * np.pi * rng.integers(10, 900, 1)
        given = {"grad": np.array([share]), "theta": theta}
        cases.append(put(WAVE, "a wave of one parameter, the default epsilon", "known", **given))
    for n, scale, factor in ((1, 1e-9, 3), (4, 1e-10, 1 / 3)):
        slopes = scale * signed(n)
        given = {"slopes": slopes, "grad": factor * slopes, "theta": np.zeros(n), "epsilon": 0.5}
        label = f"{n} parameters, slopes near {scale:g}"
        cases.append(put(KNOWN.replace(" + moved @ moved", ""), label, "tiny", **given))
    alike = ("the answer", "whether a gradient that is wrong has another")
    for n in (3, 5):
        label = f"a flat cost of {n} parameters, and a gradient of 0"
        given = {"grad": np.zeros(n), "theta": signed(n)}
        cases.append(put(FLAT, label, "flat", alike, **given))
    for n, epsilon in ((4, 0.5), (9, 0.01), (30, 2.0)):
        given = {"slopes": signed(n), "grad": signed(n), "theta": signed(n), "epsilon": epsilon}
        label = f"where the cost is asked, {n} parameters, epsilon = {epsilon:g}"
        cases.append(put(POINTS, label, "points", **given))
    for n in (3, *LEADS):
        given = {"slopes": signed(n), "grad": signed(n), "theta": signed(n), "times": TIMES}
        label = f"{TIMES + 2} calls with {n} parameters"
        cases.append(put(OFTEN, label, "often", **given))
    for n, other, epsilon in ((4, 1, 0.1), (1, 3, 0.1), (3, 3, -1e-5), (4, 4, -0.1), (5, 5, 0.0)):
        given = {"grad": signed(n), "theta": signed(other), "epsilon": epsilon}
        label = f"{n} entries of grad, {other} of theta, epsilon = {epsilon:g}"
        cases.append(put(REFUSED, label, "refused", **given))
    given = {"grad": signed(4)[np.newaxis], "theta": signed(4), "epsilon": 0.1}
    cases.append(put(REFUSED, "a row of 4 entries for grad, 4 of theta", "refused", **given))
    return cases


def moves(points: list, case: Case) -> list[np.ndarray]:
    """How far the cost was asked from theta, in steps of epsilon."""
    given = case.inputs
    return [(point - given["theta"]) / given["epsilon"] for point in points]


def two_steps_of_length_1(result: list, wanted: list, case: Case) -> str | None:
    """The cost is asked at two points, epsilon away on both sides of theta."""
    if len(result) != 2:
        return f"The cost was asked {len(result)} times; two are enough, one on either side."
    one, other = moves(result, case)
    if not np.allclose(one, -other, atol=1e-6):
        return "The two points do not lie on both sides of theta, equally far away."
    length = np.linalg.norm(one)
    if not abs(length - 1) < 1e-6:
        return (
            f"The points are {length:.2g} epsilon away from theta; they should be 1 epsilon away."
        )
    return None


def leads(units: np.ndarray) -> float:
    """In what share of directions the largest part is more than twice the root mean square one."""
    return float(np.mean(np.max(np.abs(units), axis=1) > 2 / np.sqrt(units.shape[1])))


def directions_go_everywhere(result: tuple, wanted: tuple, case: Case) -> str | None:
    """Directions are of no sign, touch all parameters, and have parts as different as they come.

    A right answer loses with a probability below the alarm, which five checks divide. Directions
    from a cube hold with one below 1e-50: their share lies more than 0.5 from the right one.
    """
    _, many, _ = result
    steps = np.array([step for step in many if step.any()])
    if len(steps) < TIMES:
        return "The cost was asked too seldom."
    units = steps / np.linalg.norm(steps, axis=1, keepdims=True)
    if np.any(np.sum(np.abs(units) > 1e-3, axis=1) < 2):
        return "A step moves one parameter only; a direction has a part in all of them."
    firsts = units[::2]
    margin = chance.fraction_margin(len(firsts), chance.ALARM / (1 + 2 * len(LEADS)))
    share = np.mean(firsts[:, 0] * firsts[:, 1] > 0)  # of one sign; one half, if all are alike
    if not abs(share - 0.5) <= margin:
        return "Some directions are far more likely than others: draw entries of both signs."
    n = firsts.shape[1]
    if n in LEADS and not abs(leads(firsts) - LEADS[n]) <= margin:
        return (
            "Some directions are far more likely than others, like those to corners or along axes."
        )
    return None


def rng_is_used(result: tuple, wanted: tuple, case: Case) -> str | None:
    """The same generator state gives the same direction, another one another."""
    first, many, again = result
    if not np.allclose(first, again):
        return "Two generators with the same seed gave two directions."
    if np.allclose(np.abs(many), np.abs(many[0])):
        return "All calls with one generator gave the same direction."
    return None


def in_points(sign: Callable[[list[np.ndarray]], bool]) -> Callable:
    """Recognise steps that have the sign."""
    return lambda result, wanted, case: (
        bool(sign(moves(result, case))) if "points" in case.tags else None
    )


def in_often(sign: Callable[[list, list, list], bool]) -> Callable:
    """Recognise many calls that have the sign."""
    return lambda result, wanted, case: bool(sign(*result)) if "often" in case.tags else None


def corners(result: tuple, wanted: tuple, case: Case) -> bool | None:
    """Recognise directions in which all parameters move alike, one way or the other."""
    if "often" not in case.tags:
        return None
    many = np.asarray(result[1])
    if many.shape[-1] < 2:
        return None
    along = np.abs(many @ many[0])
    return np.allclose(np.abs(many), np.abs(many[0, 0])) and not np.allclose(along, along[0])


def from_a_cube(result: tuple, wanted: tuple, case: Case) -> bool | None:
    """Recognise directions of both signs that go to the corners of a cube more than elsewhere."""
    if "often" not in case.tags or len(case.inputs["theta"]) not in LEADS:
        return None
    steps = np.array(result[1])[::2]
    if not steps.any(axis=1).all():
        return False
    units = steps / np.linalg.norm(steps, axis=1, keepdims=True)
    sizes = np.abs(units)
    all_differ = len(np.unique(np.round(sizes[0], 9))) == sizes.shape[1]
    return leads(units) < 0.2 and not np.all(units >= 0) and all_differ


def lengths(steps: list[np.ndarray]) -> list[float]:
    """How long steps are."""
    return [float(np.linalg.norm(step)) for step in steps]


DRAWN = "u = rng.standard_normal(len(theta))"
UNIT = "u = u / np.linalg.norm(u)"
UP, DOWN = "cost(theta + epsilon * u)", "cost(theta - epsilon * u)"
LARGER = "max(abs(slope), abs(expected))"
RATIO = "abs(slope - expected) / larger"
REFUSAL = "if grad.shape != theta.shape or epsilon <= 0:"

MISTAKES = (
    Mistake(
        "DD-01",
        CENTRED,
        "The difference is one-sided: theta itself is one of the two points. Go up and down.",
        edit(f"({UP} - {DOWN}) / (2 * epsilon)", f"({UP} - cost(theta)) / epsilon"),
        edit(f"({UP} - {DOWN}) / (2 * epsilon)", f"(cost(theta) - {DOWN}) / epsilon"),
        looks_like=in_points(
            lambda steps: len(steps) == 2 and min(lengths(steps)) < 1e-9 < max(lengths(steps))
        ),
    ),
    Mistake(
        "DD-02",
        CENTRED,
        "The step has not the length epsilon. Divide the direction by its norm, so that it has the "
        "length 1, and go the epsilon that is given.",
        edit(UNIT, "u = u * 1.0"),
        edit(UNIT, "u = u / np.sum(np.abs(u))"),
        edit(UNIT, "u = u / np.linalg.norm(u) ** 2"),
        looks_like=in_points(
            lambda steps: (
                len(steps) == 2
                and np.allclose(steps[0], -steps[1])
                and abs(lengths(steps)[0] - 1) > 1e-6
            )
        ),
    ),
    Mistake(
        "DD-03",
        CENTRED,
        "The difference is divided by epsilon. The two points are twice as far apart.",
        edit("/ (2 * epsilon)", "/ epsilon"),
    ),
    Mistake(
        "DD-04",
        DIFFERENCE,
        "The two slopes are compared with the sum of their sizes. In this question it is the "
        "larger of the two.",
        edit(LARGER, "abs(slope) + abs(expected)"),
    ),
    Mistake(
        "DD-05",
        DIFFERENCE,
        "The difference of the two slopes is not measured by their size. Whether 1e-4 is much "
        "depends on it.",
        edit(RATIO, "abs(slope - expected)"),
    ),
    Mistake(
        "DD-06",
        DIFFERENCE,
        "Two slopes of 0 give 0/0. They agree, so the answer is 0.",
        edit(" if larger > 0 else 0.0", ""),
        edit(" if larger > 0 else 0.0", "").then("float(grad @ u)", "grad @ u"),
    ),
    Mistake(
        "DD-07",
        DIFFERENCE,
        "A small number is added to what is divided by. Slopes can be that small, and then a "
        "wrong gradient looks right.",
        edit(RATIO, "abs(slope - expected) / (larger + 1e-8)"),
        edit(RATIO, "abs(slope - expected) / max(larger, 1e-8)"),
        numbers={"epsilon": edit(RATIO, "abs(slope - expected) / (larger + {number})")},
    ),
    Mistake(
        "DD-08",
        CENTRED,
        "No part of the direction is ever negative, so that most directions cannot occur. Draw "
        "numbers of both signs.",
        edit(DRAWN, "u = rng.random(len(theta))"),
        looks_like=in_often(
            lambda first, many, again: (
                all(abs(np.sum(np.sign(step))) == len(step) for step in many)
                and np.ptp(np.abs(many), axis=0).all()
            )
        ),
    ),
    Mistake(
        "DD-09",
        VECTOR,
        "The step moves one parameter, as in the full check. A random direction has a part in all "
        "of them, and so sees a fault in any.",
        edit(DRAWN, "u = np.eye(len(theta))[rng.integers(len(theta))]"),
        looks_like=in_often(
            lambda first, many, again: all(np.count_nonzero(step) == 1 for step in many)
        ),
    ),
    Mistake(
        "DD-10",
        CENTRED,
        "The direction does not come from rng, but from a generator of its own. Nobody can repeat "
        "such a check.",
        edit(DRAWN, "u = np.random.standard_normal(len(theta))"),
        edit(DRAWN, "u = np.random.default_rng().standard_normal(len(theta))"),
        looks_like=in_often(lambda first, many, again: not np.array_equal(first, again)),
    ),
    Mistake(
        "DD-11",
        CENTRED,
        "Every call takes the same direction. What lies across it is never seen: draw from rng, "
        "which goes on from call to call.",
        edit(DRAWN, "u = np.random.default_rng(0).standard_normal(len(theta))"),
        edit(DRAWN, "u = np.ones(len(theta))"),
        looks_like=in_often(
            lambda first, many, again: all(
                np.allclose(step, many[0]) or np.allclose(step, -np.asarray(many[0]))
                for step in (*many, first[0])
            )
        ),
    ),
    Mistake(
        "DD-12",
        VECTOR,
        "The slope is compared with the length of the gradient. What the gradient says of one "
        "direction is its product with it.",
        edit("float(grad @ u)", "float(np.linalg.norm(grad))"),
    ),
    Mistake(
        "DD-13",
        CENTRED,
        "Up and down go along two different directions. Draw one, and go both ways.",
        edit(DOWN, DOWN.replace("u)", "v)")).then(
            "    slope =",
            "    v = rng.standard_normal(len(theta))\n    v = v / np.linalg.norm(v)\n    slope =",
        ),
        looks_like=in_points(
            lambda steps: (
                len(steps) == 2
                and np.allclose(lengths(steps), 1)
                and not np.allclose(steps[0], -steps[1])
            )
        ),
    ),
    Mistake(
        "DD-14",
        VECTOR,
        "An argument is changed in place, by an operation such as +=. The caller still needs it.",
        edit(
            "    slope =",
            "    theta += epsilon * u\n    up = cost(theta)\n    theta -= 2 * epsilon * u\n"
            "    down = cost(theta)\n    theta += epsilon * u\n    slope =",
        ).then(f"{UP} - {DOWN}", "up - down"),
        edit("    larger =", "    grad -= 1.0\n    larger ="),
    ),
    Mistake(
        "DD-15",
        CENTRED,
        "epsilon has a fixed value. Use the argument, whatever its default is.",
        edit("", "epsilon = 1e-5"),
        edit("", "epsilon = 1e-7"),
        numbers=fixed("epsilon"),
    ),
    Mistake(
        "DD-16",
        CENTRED,
        "Gradients of another shape than theta's, or a step that is not positive, are accepted. "
        "Compare shapes first: NumPy stretches a vector with one entry.",
        edit(REFUSAL, "if False:"),
        edit(REFUSAL, "if epsilon <= 0:").then(DRAWN, "u = rng.standard_normal(len(grad))"),
        edit(REFUSAL, "if grad.shape != theta.shape:"),
    ),
    Mistake(
        "DD-17",
        DIFFERENCE,
        "The difference has kept its sign, or the sizes theirs. Slopes may be negative.",
        edit(RATIO, "(slope - expected) / larger"),
        edit(LARGER, "max(slope, expected)"),
    ),
    Mistake(
        "DD-18",
        CENTRED,
        "`/ 2 * epsilon` divides by 2 and then multiplies. Put the product in parentheses.",
        edit("/ (2 * epsilon)", "/ 2 * epsilon"),
    ),
    Mistake(
        "DD-19",
        DIFFERENCE,
        "The size is that of one of the two slopes. If just this one is too large, a fault looks "
        "small.",
        edit(LARGER, "abs(slope)"),
        edit(LARGER, "abs(expected)"),
    ),
    Mistake(
        "DD-20",
        CENTRED,
        "The direction is one of the corners: each parameter moves as far as any other. Every "
        "direction should be as likely as any other.",
        edit(DRAWN, "u = rng.choice([-1.0, 1.0], len(theta))"),
        looks_like=corners,
    ),
    Mistake(
        "DD-21",
        CENTRED,
        "The parts are uniform between two ends, so that the corners of a cube are more likely "
        "than what lies between them. With normal numbers no direction is.",
        edit(DRAWN, "u = rng.uniform(-1, 1, len(theta))"),
        edit(DRAWN, "u = rng.random(len(theta)) - 0.5"),
        looks_like=from_a_cube,
    ),
    Mistake(
        "DD-22",
        CENTRED,
        "The default of epsilon is another one. Leave the first line of the function as it was "
        "handed out: whoever calls without a step counts on it.",
        edit("epsilon=1e-5", "epsilon=1e-7"),
        edit("epsilon=1e-5", "epsilon=1e-4"),
        numbers={"epsilon": edit("epsilon=1e-5", "epsilon={number}")},
    ),
)


def the_step_first(cost, grad, theta, rng, epsilon=1e-5):
    """Normal numbers by another method, the step first, and the norm by a product."""
    if np.shape(grad) != np.shape(theta) or not epsilon > 0:
        raise ValueError("shapes or step")
    step = rng.normal(size=theta.shape)
    step *= epsilon / np.sqrt(step @ step)
    rise, told = cost(theta + step) - cost(theta - step), 2 * np.dot(grad, step)
    if rise == told == 0:
        return 0
    return np.abs(rise - told) / max(np.abs(rise), np.abs(told))


def entry_by_entry(cost, grad, theta, rng, epsilon=1e-5):
    """Plain loops over the entries."""
    if grad.shape != theta.shape or epsilon <= 0:
        raise ValueError("shapes or step")
    u = [rng.normal() for _ in theta]
    length = sum(x * x for x in u) ** 0.5
    up, down, expected = theta.copy(), theta.copy(), 0.0
    for i, x in enumerate(u):
        up[i] += epsilon * x / length
        down[i] -= epsilon * x / length
        expected += grad[i] * x / length
    slope = (cost(up) - cost(down)) / epsilon / 2
    larger = max(abs(slope), abs(expected))
    return 0.0 if larger == 0 else abs(expected - slope) / larger


VALUE = ("difference", "tiny slopes", "two slopes of 0")  # steps alone are no answer

TASK = Task(
    reference=ref.directional_difference,
    returns=ANSWER,
    cases=cases,
    criteria=(
        # The default step, 1e-5, loses digits of a cost; in others slopes are exact.
        Agrees("difference", 2, "known", tolerance=Tolerance(1e-5, 1e-7)),
        Agrees("tiny slopes", 0.5, "tiny", tolerance=Tolerance(1e-5, 1e-7)),
        Agrees("two slopes of 0", 0.5, "flat"),
        Holds("steps of epsilon, both ways", 1, two_steps_of_length_1, "points", VALUE),
        Holds("all directions", 0.5, directions_go_everywhere, "often", VALUE),
        Holds("drawn from rng", 0.5, rng_is_used, "often", VALUE),
        Agrees("what is refused", 0.5, "refused", beside="*"),
        InputsUntouched(0.5, "points"),
    ),
    lecture=CENTRED,
    mistakes=MISTAKES,
    unworked={"the right answer *": "the steps are taken and drawn as they should be"},
    variants=(Variant("the step first", the_step_first), Variant("entry by entry", entry_by_entry)),
    losses={
        "DD-22": "difference",
        "DD-20": "all directions · drawn from rng",
        "DD-21": "all directions",
        "DD-01": "difference · steps of epsilon, both ways",
        "DD-02": "difference · steps of epsilon, both ways",
        "DD-02, way 2": "steps of epsilon, both ways",
        "DD-03": "difference · tiny slopes",
        "DD-04": "difference · tiny slopes",
        "DD-05": "difference · tiny slopes",
        "DD-06": "two slopes of 0",
        "DD-07": "tiny slopes",
        "DD-08": "all directions",
        "DD-09": "all directions",
        "DD-10": "drawn from rng",
        "DD-11": "all directions · drawn from rng",
        "DD-12": "difference · tiny slopes",
        "DD-13": "difference · tiny slopes · steps of epsilon, both ways",
        "DD-14": "inputs untouched",
        "DD-15": "difference · steps of epsilon, both ways · what is refused",
        "DD-16": "what is refused",
        "DD-17": "difference · tiny slopes",
        "DD-18": "difference · tiny slopes",
        "DD-19": "difference · tiny slopes",
    },
    promises={
        "theta": Promise(value=(-1.5, 1.5), within=(-2, 2), length=(1, 40)),
        "grad": Promise(value=(-1.5, 1.5), within=(-9, 35), length=(1, 40), has=("0",)),
        "epsilon": Promise(value=(0.01, 2)),
    },
    equivalent={
        "a factor above 0 keeps the sign": (
            "if grad.shape != theta.shape or (epsilon * 1.01) <= 0:",
            "return abs(slope - expected) / larger if (larger * 1.01) > 0 else 0.0",
        ),
        "both have the same length": ("u = rng.standard_normal(len(grad))",),
        "the opposite direction has the opposite slopes, and is as likely": (
            "u = (-u) / np.linalg.norm(u)",
        ),
        "a norm does not see the sign": ("u = u / np.linalg.norm(-u)",),
        "a number of NumPy is a number": ("expected = grad @ u",),
        "a product does not see the order": ("expected = float(u @ grad)",),
        "the larger of two, either way": ("larger = max(abs(expected), abs(slope))",),
        "an absolute value does not see the sign": (
            "larger = max(abs(-slope), abs(expected))",
            "larger = max(abs(slope), abs(-expected))",
        ),
        "a distance has no direction": (
            "return abs(expected - slope) / larger if larger > 0 else 0.0",
        ),
    },
)
