"""`numerical_gradient`: centred differences ``(cost(θ + ε e_i) − cost(θ − ε e_i)) / (2 ε)``."""

from __future__ import annotations

import numpy as np

from grader_tests.gradient_checking import CENTRED, DISTURBED, VECTOR
from grader_tests.gradient_checking import reference as ref
from grading.marking import (
    Agrees,
    Case,
    InputsUntouched,
    Mistake,
    Promise,
    Task,
    Tolerance,
    Variant,
    edit,
    fixed,
    script,
)

GRADIENT = "the numerical gradient"

CUBIC = """\
import numpy as np


def cost(theta):
    return float(np.sum(factors * theta**3) - theta[0] * theta[-1])


result = numerical_gradient(cost, theta, epsilon)"""

WAVES = """\
import numpy as np


def cost(theta):
    return float(np.sum(np.sin(theta[:-1] * theta[1:])) + np.prod(theta))


result = numerical_gradient(cost, theta, epsilon)"""

LOGISTIC = """\
import numpy as np


def cost(theta):
    Z = theta[:-1] @ X + theta[-1]
    return float(np.mean(np.log(1 + np.exp(Z)) - Y * Z))


result = numerical_gradient(cost, theta)"""

QUARTIC = """\
import numpy as np


def cost(theta):
    return float(np.sum(theta**4) / 4 + theta[0] * theta[1])


result = numerical_gradient(cost, theta)"""


RIPPLES = """\
import numpy as np


def cost(theta):
    return float(heights @ np.sin(1e6 * theta)) / 1e6


result = numerical_gradient(cost, theta)"""


def cases(rng: np.random.Generator) -> list[Case]:
    """The default step, where rounding matters, and wide ones, where the formula does."""

    def theta(n: int) -> np.ndarray:
        return rng.choice([-1, 1], n) * rng.uniform(1, 2, n)

    cases = []
    for n, m in ((4, 6), (6, 5)):
        inputs = {"X": rng.standard_normal((n - 1, m)), "Y": rng.integers(0, 2, m).astype(float)}
        label = f"logistic regression with {n} parameters, the default epsilon"
        cases.append(
            script(LOGISTIC, returns=GRADIENT, label=label, tags="fine", theta=theta(n), **inputs)
        )
    label = "a polynomial of 3 parameters, the default epsilon"
    cases.append(script(QUARTIC, returns=GRADIENT, label=label, tags="fine", theta=theta(3)))
    # Ripples of the width of a few default steps: there the differences show which step it is.
    for n in (4, 1):
        inputs = {"theta": 2e-6 * np.pi * rng.integers(1000, 9000, n)}
        inputs["heights"] = rng.uniform(1, 2, n)
        label = f"a cost with fine ripples, n = {n}, the default epsilon"
        cases.append(script(RIPPLES, returns=GRADIENT, label=label, tags="fine", **inputs))
    for n, epsilon in ((3, 0.4), (4, 0.6)):
        inputs = {"theta": theta(n), "epsilon": epsilon, "factors": rng.uniform(1, 2, n)}
        label = f"a cubic of {n} parameters, epsilon = {epsilon:g}"
        cases.append(script(CUBIC, returns=GRADIENT, label=label, tags=("wide", "cubic"), **inputs))
    for n, epsilon in ((5, 0.1), (3, 0.01)):
        label = f"a wavy cost of {n} parameters, epsilon = {epsilon:g}"
        inputs = {"theta": theta(n), "epsilon": epsilon}
        cases.append(script(WAVES, returns=GRADIENT, label=label, tags="wide", **inputs))
    return cases


def too_few_digits(result: np.ndarray, wanted: np.ndarray, case: Case) -> bool | None:
    """Recognise single precision, or the noise of a step of 1e-12, near the true derivative."""
    if result.dtype == np.float32:
        return True
    if "cubic" not in case.tags:
        return None
    exact = wanted - case.inputs["factors"] * case.inputs["epsilon"] ** 2
    error = np.max(np.abs(result - exact)) / np.max(np.abs(exact))
    return bool(1e-6 < error < 5e-3)


QUOTIENT = "(cost(plus) - cost(minus)) / (2 * epsilon)"
LOOP = "    for i in range(len(theta)):\n"
COPIES = "        plus, minus = theta.copy(), theta.copy()\n"

MISTAKES = (
    Mistake(
        "GC-01",
        CENTRED,
        "The difference is one-sided. Its error shrinks with ε, that of the centred one with ε²: "
        "go up and down from θ.",
        edit(QUOTIENT, "(cost(plus) - cost(theta)) / epsilon"),
        edit(QUOTIENT, "(cost(theta) - cost(minus)) / epsilon"),
    ),
    Mistake(
        "GC-02",
        CENTRED,
        "The difference is divided by ε. The two points are 2ε apart.",
        edit("(2 * epsilon)", "epsilon"),
    ),
    Mistake(
        "GC-03",
        CENTRED,
        "`/ 2 * epsilon` divides by 2 and then multiplies by ε. Put 2ε in parentheses.",
        edit("(2 * epsilon)", "2 * epsilon"),
    ),
    Mistake(
        "GC-04",
        CENTRED,
        "Steps pile up: when the second entry is moved, the first one still is. Start from θ again "
        "for each entry.",
        edit(LOOP + COPIES, COPIES.removeprefix("    ") + LOOP),
    ),
    Mistake(
        "GC-05",
        CENTRED,
        "All entries are moved at once, which gives one number for all. A partial derivative moves "
        "one entry and leaves the others where they are.",
        edit("plus[i]", "plus").then("minus[i]", "minus"),
    ),
    Mistake(
        "GC-10",
        DISTURBED,
        "The result has lost its digits: the step is far too small, or the numbers are in single "
        "precision. Use epsilon as it is given, and float64.",
        edit("", "epsilon = 1.2e-12"),
        edit("np.zeros(theta.shape)", "np.zeros(theta.shape, np.float32)").then(
            COPIES, "        plus, minus = theta.astype(np.float32), theta.astype(np.float32)\n"
        ),
        looks_like=too_few_digits,
    ),
    Mistake(
        "GC-16",
        CENTRED,
        "theta is moved and not put back exactly. The caller still needs it, and adding and "
        "subtracting leaves a rounding error: work on copies.",
        edit(COPIES, "        plus, minus = theta.copy(), theta\n"),
        edit(COPIES, "        plus, minus = theta, theta.copy()\n"),
        edit(COPIES, "        plus, minus = theta, theta\n"),
    ),
    Mistake(
        "GC-18",
        CENTRED,
        "The cost that was handed in is not called; a formula for one example stands in its place. "
        "Call cost, whatever it computes.",
        edit(QUOTIENT, "(np.sum(plus**2) - np.sum(minus**2)) / (2 * epsilon)"),
        edit(QUOTIENT, "(np.sum(plus**3) - np.sum(minus**3)) / (2 * epsilon)"),
    ),
    Mistake(
        "GC-19",
        CENTRED,
        "epsilon has a fixed value. Use the argument, whatever its default is.",
        edit("", "epsilon = 1e-7"),
        edit("", "epsilon = 1e-5"),
        numbers=fixed("epsilon"),
    ),
    Mistake(
        "GC-20",
        CENTRED,
        "The sign is the other way round. The derivative is positive where the cost grows with the "
        "entry: up minus down.",
        edit(QUOTIENT, "(cost(minus) - cost(plus)) / (2 * epsilon)"),
    ),
    Mistake(
        "GC-28",
        CENTRED,
        "Only the first entry is computed: the function returns inside its loop. Return after it.",
        edit("    return gradient", "        return gradient"),
    ),
    Mistake(
        "GC-21",
        VECTOR,
        "The result has two axes. Like theta it should have the shape (n,).",
        edit("return gradient", "return gradient[:, None]"),
    ),
    Mistake(
        "GC-34",
        CENTRED,
        "The second point is made from the first: up by epsilon and down again is where it began. "
        "Each point starts from theta.",
        edit(
            "plus[i] += epsilon\n        minus[i] -= epsilon",
            "plus[i] += epsilon\n        minus = plus.copy()\n        minus[i] -= epsilon",
        ),
    ),
    Mistake(
        "GC-35",
        VECTOR,
        "The slopes come back as a list or a tuple. Like theta they should be an array.",
        edit("return gradient", "return list(gradient)"),
        edit("return gradient", "return gradient.tolist()"),
        edit("return gradient", "return tuple(gradient)"),
    ),
    Mistake(
        "GC-36",
        VECTOR,
        "The slopes are whole numbers: an array of ints, or rounding, cuts off what follows the "
        "point. Make the array of floats.",
        edit("np.zeros(theta.shape)", "np.zeros(theta.shape, int)"),
        edit("return gradient", "return np.round(gradient)"),
    ),
    Mistake(
        "GC-37",
        CENTRED,
        "The default of epsilon is another one. Leave the first line of the function as it was "
        "handed out: whoever calls without a step counts on it.",
        edit("epsilon=1e-7", "epsilon=1e-5"),
        edit("epsilon=1e-7", "epsilon=1e-4"),
        numbers={"epsilon": edit("epsilon=1e-7", "epsilon={number}")},
    ),
    Mistake(
        "GC-38",
        CENTRED,
        "The cost's values are added, or their difference loses its sign. The slope is what the "
        "cost rises from the lower point to the upper one, per step.",
        edit(QUOTIENT, QUOTIENT.replace("cost(plus) - cost(minus)", "cost(plus) + cost(minus)")),
        edit(QUOTIENT, f"abs{QUOTIENT}"),
    ),
    Mistake(
        "GC-39",
        CENTRED,
        "What the cost rises by is not divided by the way between the two points, 2ε, but by "
        "something else or by nothing.",
        edit(" / (2 * epsilon)", ""),
        edit(" / (2 * epsilon)", " / epsilon**2"),
        edit(" / (2 * epsilon)", " / (2 * epsilon) ** 2"),
        edit(" / (2 * epsilon)", " * (2 * epsilon)"),
        edit(" / (2 * epsilon)", " / (epsilon / 2)"),
        edit(" / (2 * epsilon)", " / 2"),
    ),
    Mistake(
        "GC-40",
        CENTRED,
        "The last entry or the first is left out. The loop goes over all entries of theta, from "
        "index 0 on.",
        edit("range(len(theta))", "range(len(theta) - 1)"),
        edit("range(len(theta))", "range(1, len(theta))"),
    ),
    Mistake(
        "GC-41",
        VECTOR,
        "One number comes back in place of all slopes: one of them, or their sum, mean or norm. "
        "Return the array, with a slope for each entry.",
        edit("return gradient", "return np.sum(gradient)"),
        edit("return gradient", "return np.mean(gradient)"),
        edit("return gradient", "return np.linalg.norm(gradient)"),
        edit("return gradient", "return gradient[-1]"),
    ),
    Mistake(
        "GC-42",
        CENTRED,
        "The step grows with the entry. Each entry moves by epsilon itself, whatever its size.",
        edit(
            "plus[i] += epsilon\n        minus[i] -= epsilon",
            "plus[i] *= 1 + epsilon\n        minus[i] *= 1 - epsilon",
        ),
        edit(
            "plus[i] += epsilon\n        minus[i] -= epsilon",
            "plus[i] += epsilon * theta[i]\n        minus[i] -= epsilon * theta[i]",
        ),
        edit(
            "plus[i] += epsilon\n        minus[i] -= epsilon",
            "plus[i] += epsilon * abs(theta[i])\n        minus[i] -= epsilon * abs(theta[i])",
        ),
    ),
)


def by_unit_vectors(cost, theta, epsilon=1e-7):
    """A row of the identity matrix for each entry."""
    steps = epsilon * np.eye(len(theta))
    return np.array([(cost(theta + e) - cost(theta - e)) / epsilon / 2 for e in steps])


def put_back(cost, theta, epsilon=1e-7):
    """One copy, in which each entry is put back as it was."""
    moved, gradient = np.array(theta, dtype=float), np.empty_like(theta)
    for i, value in enumerate(theta):
        moved[i] = value + epsilon
        up = cost(moved)
        moved[i] = value - epsilon
        gradient[i] = (up - cost(moved)) / (2 * epsilon)
        moved[i] = value
    return gradient


TASK = Task(
    reference=ref.numerical_gradient,
    returns=GRADIENT,
    cases=cases,
    criteria=(
        # At the default step, 1e-7, rounding of a cost near 10 moves the result by 1e-8.
        Agrees("slopes", 1, "fine", tolerance=Tolerance(1e-5, 1e-6)),
        Agrees("centred, with the epsilon given", 1.5, "wide", loose_shape=True),
        InputsUntouched(0.5),
    ),
    lecture=CENTRED,
    mistakes=MISTAKES,
    variants=(Variant("unit vectors", by_unit_vectors), Variant("put back", put_back)),
    losses={
        "GC-35": "all",
        "GC-36": "all",
        "GC-37": "slopes",
        "GC-38": "all",
        "GC-39": "all",
        "GC-40": "all",
        "GC-41": "all",
        "GC-42": "all",
        "GC-16, way 3": "all",
        "GC-34": "all",
        "GC-01": "centred, with the epsilon given",
        "GC-02": "all",
        "GC-03": "all",
        "GC-04": "all",
        "GC-05": "all",
        "GC-10": "all",
        "GC-16": "all but slopes",
        "GC-18": "all",
        "GC-19": "centred, with the epsilon given",
        "GC-19, way 2": "all",
        "GC-20": "all",
        "GC-28": "all",
        "GC-21": "slopes",
    },
    promises={
        "theta": Promise(value=(-1.4, 1.4), within=(-2, 2), length=(1, 6)),
        "epsilon": Promise(value=(0.01, 0.6)),
    },
    equivalent={
        "every entry is filled": ("gradient = np.ones(theta.shape)",),
        "both are copies of the same": ("minus, plus = theta.copy(), theta.copy()",),
    },
)
