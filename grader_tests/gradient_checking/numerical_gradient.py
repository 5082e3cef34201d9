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
