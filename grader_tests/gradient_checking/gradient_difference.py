"""`gradient_difference`: ``‖grad − numerical‖₂ / (‖grad‖₂ + ‖numerical‖₂)``, 0 when both vanish."""

from __future__ import annotations

import numpy as np

from grader_tests.gradient_checking import DIFFERENCE
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
    call,
    edit,
    script,
)

ZEROS = """\
import numpy as np
answer = gradient_difference(grad, numerical)
result = answer, bool(np.any(gradient_difference(other, numerical) != 0))"""
ALIKE = ("the answer", "whether vectors that differ have another")


def cases(rng: np.random.Generator) -> list[Case]:
    """Near and far vectors of all sizes, opposite ones, and zeros."""
    cases = []
    for n, apart, scale in (
        (4, 1e-6, 1.0),
        (7, -1e-3, 5.0),
        (3, 1.0, 1.0),
        (6, -1e-2, 1e-9),
        (1, 0.1, 1.0),
        (200, 1e-4, 1e3),
    ):
        grad = rng.choice([-1, 1], n) * rng.uniform(1, 3, n)
        numerical = (1 + apart) * grad + apart / 10 * rng.standard_normal(n)
        label = f"{n} entries near {2 * scale:g}, apart by about {abs(apart):g} of that"
        arguments = scale * grad, scale * numerical
        cases.append(call(ref.gradient_difference, *arguments, label=label, tags="plain"))
    grad = rng.uniform(1, 2, 5)
    for other, label in ((-grad, "opposite vectors"), (0 * grad, "one of two vectors is zero")):
        cases.append(call(ref.gradient_difference, grad, other, label=label, tags="plain"))
    label = "small vectors, one twice the other"
    cases.append(call(ref.gradient_difference, 1e-9 * grad, 2e-9 * grad, label=label, tags="plain"))
    for n in (3, 8):
        label = f"two zero vectors of {n} entries"
        given = {"grad": np.zeros(n), "numerical": np.zeros(n), "other": rng.uniform(1, 2, n)}
        cases.append(script(ZEROS, label=label, tags="zero", returns=ALIKE, **given))
    return cases


SCALE = "np.linalg.norm(grad) + np.linalg.norm(numerical)"
SHARE = "np.linalg.norm(grad - numerical) / scale"
SIZES = "(np.abs(grad) + np.abs(numerical))"
GUARD = "    if scale == 0:\n        return 0.0\n"

MISTAKES = (
    Mistake(
        "GC-06",
        DIFFERENCE,
        "The denominator is the norm of the sum, which vanishes for opposite gradients. It should "
        "be the sum of the two norms.",
        edit(SCALE, "np.linalg.norm(grad + numerical)"),
    ),
    Mistake(
        "GC-07",
        DIFFERENCE,
        "The difference is absolute. Whether 1e-4 is much depends on how large the gradients are: "
        "divide by their norms.",
        edit(SHARE, "np.linalg.norm(grad - numerical)"),
    ),
    Mistake(
        "GC-08",
        DIFFERENCE,
        "Squares or absolute values take the place of the norms. The norm is the root of the sum "
        "of squares.",
        edit(SHARE, "np.sum((grad - numerical) ** 2) / scale").then(
            SCALE, "np.sum(grad**2) + np.sum(numerical**2)"
        ),
        edit(SHARE, "np.mean(np.abs(grad - numerical)) / scale").then(
            SCALE, "np.mean(np.abs(grad)) + np.mean(np.abs(numerical))"
        ),
    ),
    Mistake(
        "GC-14",
        DIFFERENCE,
        "A verdict is printed, and nothing is returned. Return the relative difference; who calls "
        "decides.",
        edit("return float(" + SHARE + ")", "print(" + SHARE + " < 1e-7)").then(
            "return 0.0", "return print(True)"
        ),
    ),
    Mistake(
        "GC-17",
        DIFFERENCE,
        "Two zero vectors give 0/0. They agree, so their difference is 0.",
        edit(GUARD, ""),
    ),
    Mistake(
        "GC-22",
        DIFFERENCE,
        "Only one of the two norms is in the denominator. With both the difference lies between 0 "
        "and 1, whichever gradient is wrong.",
        edit(SCALE, "np.linalg.norm(grad)"),
        edit(SCALE, "np.linalg.norm(numerical)"),
    ),
    Mistake(
        "GC-23",
        DIFFERENCE,
        "The larger norm is the denominator. Some courses do that; here it is the sum of both.",
        edit(SCALE, "max(np.linalg.norm(grad), np.linalg.norm(numerical))"),
    ),
    Mistake(
        "GC-24",
        DIFFERENCE,
        "A small number is added to the denominator. Gradients can be that small, and then a wrong "
        "one looks right: treat 0/0 on its own.",
        edit(SHARE, SHARE.replace("scale", "(scale + 1e-8)")),
        edit(SHARE, SHARE.replace("scale", "(scale + 1e-7)")),
        numbers={"epsilon": edit(SHARE, SHARE.replace("scale", "(scale + {number})"))},
    ),
    Mistake(
        "GC-25",
        DIFFERENCE,
        "The entries are compared one by one, and averaged or the largest taken. A single entry "
        "near 0 then outweighs all others: take the norms of the whole vectors.",
        *(
            edit(SHARE, f"np.{one}(np.abs(grad - numerical) / {size})")
            for one in ("mean", "max")
            for size in (
                SIZES,
                f"np.maximum(1e-8, {SIZES})",
                f"({SIZES} + 1e-8)",
                f"({SIZES} + 1e-12)",
                f"({SIZES} + 1e-15)",
            )
        ),
    ),
    Mistake(
        "GC-26",
        DIFFERENCE,
        "An argument is changed in place, by an operation such as -=. The caller still needs it.",
        edit("    return float(", "    grad -= numerical\n    return float(").then(
            "grad - numerical", "grad"
        ),
        edit("    return float(", "    numerical -= grad\n    return float(").then(
            "grad - numerical", "numerical"
        ),
    ),
    Mistake(
        "GC-27",
        DIFFERENCE,
        "The answer is a verdict, True or False. Return the relative difference; who calls "
        "decides.",
        edit("return float(" + SHARE + ")", "return bool(" + SHARE + " < 1e-7)").then(
            "return 0.0", "return True"
        ),
        edit("return float(" + SHARE + ")", "return bool(" + SHARE + " < 1e-5)").then(
            "return 0.0", "return True"
        ),
    ),
    Mistake(
        "GC-29",
        DIFFERENCE,
        "The quotient is squared. The norms are roots, and their quotient is the answer.",
        edit(
            "np.linalg.norm(grad - numerical) / scale",
            "(np.linalg.norm(grad - numerical) / scale) ** 2",
        ),
    ),
    Mistake(
        "GC-30",
        DIFFERENCE,
        "Other norms are taken: the largest entry, or one root for both. Each gradient has its "
        "own norm, the root of the sum of its squares.",
        edit(
            "np.linalg.norm(grad) + np.linalg.norm(numerical)",
            "np.max(np.abs(grad)) + np.max(np.abs(numerical))",
        ).then("np.linalg.norm(grad - numerical)", "np.max(np.abs(grad - numerical))"),
        edit(
            "np.linalg.norm(grad) + np.linalg.norm(numerical)",
            "np.sqrt(np.sum(grad**2) + np.sum(numerical**2))",
        ),
    ),
    Mistake(
        "GC-31",
        DIFFERENCE,
        "Entries are added without their squares, so that signs cancel. The norm is the root of "
        "the sum of squares.",
        edit(
            "np.linalg.norm(grad) + np.linalg.norm(numerical)", "np.sum(grad) + np.sum(numerical)"
        ).then("np.linalg.norm(grad - numerical)", "np.sum(grad - numerical)"),
    ),
    Mistake(
        "GC-32",
        DIFFERENCE,
        "The norms are multiplied. The difference is compared with their sum.",
        edit(
            "np.linalg.norm(grad) + np.linalg.norm(numerical)",
            "np.linalg.norm(grad) * np.linalg.norm(numerical)",
        ),
    ),
    Mistake(
        "GC-33",
        DIFFERENCE,
        "What is nearly equal counts as equal. How nearly is just what is asked: return the "
        "number.",
        edit("    if scale == 0:", "    if np.allclose(grad, numerical):"),
        edit("    if scale == 0:", "    if np.allclose(grad, numerical) or scale == 0:"),
    ),
)


def by_products(grad, numerical):
    """Norms as roots of products, in another order."""
    gap = grad - numerical
    if not grad.any() and not numerical.any():
        return 0
    return np.sqrt(gap @ gap) / (np.sqrt(numerical @ numerical) + np.sqrt(grad @ grad))


TASK = Task(
    reference=ref.gradient_difference,
    returns="the answer",
    cases=cases,
    criteria=(
        Agrees("relative difference", 0.5, "plain", tolerance=Tolerance(1e-6, 1e-12)),
        Agrees("two zero vectors", 0.25, "zero"),
        InputsUntouched(0.25),
    ),
    lecture=DIFFERENCE,
    mistakes=MISTAKES,
    unworked={
        "the right answer [an]*": "it is 0 for two zero vectors, and not for two that differ"
    },
    variants=(Variant("products", by_products),),
    losses={
        "GC-29": "relative difference",
        "GC-30": "relative difference",
        "GC-30, way 2": "relative difference",
        "GC-31": "relative difference",
        "GC-32": "all",
        "GC-33": "relative difference",
        "GC-33, way 2": "relative difference",
        "GC-06": "relative difference",
        "GC-07": "relative difference",
        "GC-08": "relative difference",
        "GC-14": "all",
        "GC-17": "two zero vectors",
        "GC-22": "relative difference",
        "GC-22, way 2": "all",
        "GC-23": "relative difference",
        "GC-24": "relative difference",
        "GC-25": "relative difference",
        "GC-26": "inputs untouched",
        "GC-27": "all",
    },
    promises={
        "grad": Promise(
            value=(-2300, 2300),
            within=(-3500, 3500),
            length=(1, 200),
            has=("0", "equal neighbours"),
        ),
        "numerical": Promise(
            value=(-2300, 2300),
            within=(-3500, 3500),
            length=(1, 200),
            has=("0", "equal neighbours"),
        ),
    },
    equivalent={
        "a norm does not see the sign": (
            "scale = np.linalg.norm(-grad) + np.linalg.norm(numerical)",
            "scale = np.linalg.norm(grad) + np.linalg.norm(-numerical)",
            "return float(np.linalg.norm(numerical - grad) / scale)",
        ),
        "a norm is not negative": ("if scale <= 0:",),
        "0 is 0 with another sign or factor": (
            "if (-scale) == 0:",
            "if (scale * 1.01) == 0:",
        ),
        "a number of NumPy is a number": ("return np.linalg.norm(grad - numerical) / scale",),
    },
)
