"""`sigmoid_backward`: return ``dZ = dA * A * (1 - A)``."""

from __future__ import annotations

import numpy as np

from grader_tests.initialization import DEPTH
from grader_tests.initialization import reference as ref
from grader_tests.initialization.draws import with_zeros
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
from grading.marking.derivative import central_difference, relative_difference


def cases(rng: np.random.Generator) -> list[Case]:
    """Outputs of the reference's forward pass."""
    cases = []
    for n, m in ((1, 6), (3, 5), (4, 4)):
        _, cache = ref.sigmoid_forward(with_zeros(rng, n, m))
        dA = rng.choice([-1, 1], (n, m)) * rng.uniform(0.3, 2, (n, m))
        cases.append(call(ref.sigmoid_backward, dA, cache, label=f"A of shape ({n}, {m})"))
    return cases


def confirm(case: Case, wanted: np.ndarray) -> float:
    """Differentiate sum(dA / (1 + exp(-Z))) numerically."""
    dA, A = case.inputs["dA"], case.inputs["cache"]
    Z = np.log(A / (1 - A))
    numerical = central_difference(lambda at: float(np.sum(dA / (1 + np.exp(-at)))), Z)
    return relative_difference(wanted, numerical)


DZ_SIGMOID = "return dA * A * (1 - A)"

MISTAKES = (
    Mistake(
        "SG-08",
        DEPTH,
        "The cache is taken for Z, and sigmoid is applied to it again. It is A already.",
        edit("A = cache", "A = sigmoid_forward(cache)[0]"),
        edit("A = cache", "A = 1 / (1 + np.exp(-cache))"),
    ),
    Mistake(
        "SG-09",
        DEPTH,
        "dA is missing. The chain rule multiplies it by the derivative of the sigmoid.",
        edit(DZ_SIGMOID, "return A * (1 - A)"),
    ),
    Mistake(
        "SG-10",
        DEPTH,
        "This is not the derivative of the sigmoid: a factor is missing, is one too many, has the "
        "other sign, or is that of tanh.",
        edit(DZ_SIGMOID, "return dA * A"),
        edit(DZ_SIGMOID, "return dA * (1 - A)"),
        edit(DZ_SIGMOID, "return dA * A * (A - 1)"),
        edit(DZ_SIGMOID, "return dA * A * (1 + A)"),
        edit(DZ_SIGMOID, "return dA * (1 - A) ** 2"),
        edit(DZ_SIGMOID, "return 2 * dA * A * (1 - A)"),
        edit(DZ_SIGMOID, "return dA * (1 - A**2)"),
        edit("A * (1 - A)", "A * 1 - A"),
        edit("dA * A * (1 - A)", "dA / (A * (1 - A))"),
    ),
    Mistake(
        "SG-11",
        DEPTH,
        "dA is changed in place. The caller still needs it: compute a new array.",
        edit(DZ_SIGMOID, "dA *= A * (1 - A)\n    return dA"),
    ),
    Mistake(
        "SG-14",
        DEPTH,
        "1/m comes in a second time. It enters once, at the output of the network.",
        edit("(1 - A)", "(1 - A) / dA.shape[1]"),
    ),
    Mistake(
        "SG-16",
        DEPTH,
        "dA is not multiplied entry by entry with the derivative: there is a sum, a quotient or a "
        "matrix product. By the chain rule each entry of dA gets the factor of its own.",
        edit("dA * A * (1 - A)", "dA + A * (1 - A)"),
        edit("dA * A * (1 - A)", "dA - A * (1 - A)"),
        edit("dA * A * (1 - A)", "A * (1 - A) / dA"),
        edit("dA * A * (1 - A)", "dA @ (A * (1 - A)).T"),
        edit("dA * A * (1 - A)", "dA.T @ (A * (1 - A))"),
    ),
)

TASK = Task(
    reference=ref.sigmoid_backward,
    returns="dZ",
    cases=cases,
    criteria=(Agrees("dZ", 0.75), InputsUntouched(0.25)),
    lecture=DEPTH,
    mistakes=MISTAKES,
    variants=(Variant("A − A²", edit(DZ_SIGMOID, "return (A - A**2) * dA")),),
    confirm=confirm,
    losses={
        "SG-16": "all",
        "SG-14": "all",
        "SG-08": "all",
        "SG-09": "all",
        "SG-10": "all",
        "SG-11": "all but dZ",
    },
    promises={
        "dA": Promise(value=(-1.3, 1.4), within=(-2, 2), rows=(1, 4), columns=(4, 6)),
        "cache": Promise(value=(0.19, 0.84), within=(0.04, 0.96), rows=(1, 4), columns=(4, 6)),
    },
)
