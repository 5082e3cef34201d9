"""Tasks of ``module1_practical_aspects/gradient_checking.ipynb``.

Ids GC are those of the course's catalogue of misconceptions (gradient checking), up to 18; the
others of that series, PV (parameters_to_vector), VP (vector_to_parameters) and MB (the backward
pass to mend) are this notebook's own. `CATALOGUE` counts each series, `LEFT_OUT` says why an id has
no wrong function here.
"""

from __future__ import annotations

from functools import partial
from itertools import pairwise

import numpy as np

from grader_tests.gradient_checking import reference as ref
from grading.marking.derivative import central_difference, relative_difference
from grading.marking.task import (
    Case,
    Criterion,
    Lecture,
    Task,
    Tolerance,
    Variant,
    call,
    edited,
    inputs_untouched,
    misconceptions,
    script,
)

NOTEBOOK = "module1_practical_aspects/05_gradient_checking.ipynb"
CENTRED = Lecture(NOTEBOOK, "Centred differences")
DIFFERENCE = Lecture(NOTEBOOK, "The relative difference")
VECTOR = Lecture(NOTEBOOK, "Parameters as one vector")
DISTURBED = Lecture(NOTEBOOK, "What disturbs the check")
FOUND = Lecture(NOTEBOOK, "A bug found")

CATALOGUE = {"GC": 27, "PV": 9, "VP": 11, "MB": 9}
LEFT_OUT = {
    "GC-09": "numerical_gradient is not handed a backward pass to copy from",
    "GC-11": "the cost comes from the caller, with or without dropout",
    "GC-12": "the cost comes from the caller, with its penalty",
    "GC-13": "gradient_difference returns a number; the threshold is the reader's",
}


# ---------------------------------------------------------------- parameters_to_vector

# Widths of neighbouring layers differ, so that no weight matrix is square.
SHALLOW = ([3, 1], [2, 4, 1], [4, 3, 2, 1])
DEEP = ([2, 3, 1, 2, 1, 3, 2, 1, 2, 3, 2, 1], [1, 2, 3, 2, 1, 2, 1, 3, 1, 2, 3, 2, 1])


def drawn_parameters(rng: np.random.Generator, dims: list[int]) -> dict[str, np.ndarray]:
    """Draw weights and biases, none of them 0."""
    parameters = {}
    for number, (n_prev, n) in enumerate(pairwise(dims), start=1):
        parameters[f"W{number}"] = rng.standard_normal((n, n_prev))
        parameters[f"b{number}"] = rng.uniform(0.5, 1.5, (n, 1))
    return parameters


def parameters_to_vector_cases(rng: np.random.Generator) -> list[Case]:
    """Networks of one to twelve layers, and dictionaries in other orders."""
    cases = []
    for dims in (*SHALLOW, *DEEP):
        tag = "shallow" if dims in SHALLOW else "other"
        parameters = drawn_parameters(rng, dims)
        cases.append(call("parameters_to_vector", parameters, label=f"layers {dims}", tag=tag))
    for dims in ([2, 3, 1], [3, 2, 4, 1]):
        parameters = drawn_parameters(rng, dims)
        names = list(parameters)
        while names == list(parameters) or names == sorted(parameters):
            rng.shuffle(names)
        mixed = {name: parameters[name] for name in names}
        label = f"layers {dims}, keys in the order {', '.join(names)}"
        cases.append(call("parameters_to_vector", mixed, label=label, tag="other"))
    return cases


flattening = partial(misconceptions, ref.parameters_to_vector)

NAMES = 'names = [f"{kind}{layer}" for layer in range(1, L + 1) for kind in "Wb"]'
JOINED = "return np.concatenate([parameters[name].ravel() for name in names])"

TO_VECTOR_MISCONCEPTIONS = (
    *flattening(
        "PV-01", VECTOR,
        "The entries of a matrix come column by column. NumPy's usual order, and this course's, is "
        "row by row.",
        [("ravel()", 'ravel(order="F")')],
        [("ravel()", "T.ravel()")],
    ),
    *flattening(
        "PV-02", VECTOR,
        "All weights come first and all biases after them. The order should be W1, b1, W2, b2 and "
        "so on.",
        [(NAMES, 'names = [f"{kind}{layer}" for kind in "Wb" for layer in range(1, L + 1)]')],
        [(NAMES, "names = sorted(parameters)")],
    ),
    *flattening(
        "PV-03", VECTOR,
        "The order is that of the dictionary. Whatever order its keys were put in, the vector has "
        "W1, b1, W2, b2 and so on.",
        [(NAMES, "names = list(parameters)")],
    ),
    *flattening(
        "PV-04", VECTOR,
        "Each layer's bias comes before its weights. The order should be W1, then b1.",
        [(NAMES, NAMES.replace('"Wb"', '"bW"'))],
    ),
    *flattening(
        "PV-05", VECTOR,
        "The result is a column or a row with two axes. Make it one-dimensional, of shape (n,).",
        [(JOINED, JOINED + "[:, None]")],
        [(JOINED, JOINED + "[None, :]")],
    ),
    *flattening(
        "PV-06", VECTOR,
        "Layers are sorted as text, so that layer 10 comes before layer 2. Sort by number, or "
        "count the layers.",
        [(NAMES, "names = sorted(parameters, key=lambda name: (name[1:], name[0]))")],
    ),
    *flattening(
        "PV-07", VECTOR,
        "The biases are missing. Every parameter belongs into the vector.",
        [(NAMES, NAMES.replace('"Wb"', '"W"'))],
    ),
    *flattening(
        "PV-08", VECTOR,
        "The caller's dictionary or its arrays are changed. Read them, and build a new vector.",
        [("parameters[name].ravel()", "parameters.pop(name).ravel()")],
        [("    return", "    for name in names:\n"
          "        parameters[name] = parameters[name].ravel()\n    return")],
    ),
    *flattening(
        "PV-09", VECTOR,
        "The result is a list. Make it one NumPy array.",
        [(JOINED, JOINED + ".tolist()")],
    ),
)  # fmt: skip


def piece_by_piece(parameters):
    """Append to a growing vector, layers found by their numbers."""
    theta = np.array([])
    for layer in sorted(int(name[1:]) for name in parameters if name[0] == "W"):
        theta = np.append(theta, parameters[f"W{layer}"])
        theta = np.append(theta, parameters[f"b{layer}"])
    return theta


PARAMETERS_TO_VECTOR = Task(
    reference=ref.parameters_to_vector,
    returns="theta",
    cases=parameters_to_vector_cases,
    criteria=(
        Criterion("entries in order", 1, "shallow"),
        Criterion("many layers and keys in any order", 0.5, "other"),
        inputs_untouched(0.5),
    ),
    lecture=VECTOR,
    misconceptions=TO_VECTOR_MISCONCEPTIONS,
    variants=(
        Variant("piece by piece", piece_by_piece),
        Variant(
            "hstack",
            edited(ref.parameters_to_vector, (JOINED, JOINED.replace("concatenate", "hstack"))),
        ),
    ),
)


# ---------------------------------------------------------------- vector_to_parameters

WRITE = """\
parameters = vector_to_parameters(theta, layer_dims)
for Q in parameters.values():
    Q += 1
result = sorted(parameters)"""


def vector_to_parameters_cases(rng: np.random.Generator) -> list[Case]:
    """Networks of one to twelve layers, and writing into what comes back."""
    cases = []
    for dims in (*SHALLOW, *DEEP):
        theta = rng.standard_normal(vector_length(dims))
        cases.append(call("vector_to_parameters", theta, dims, label=f"layers {dims}", tag="plain"))
    for dims in ([3, 2, 1], [4, 2, 3, 1]):
        theta = rng.standard_normal(vector_length(dims))
        label = f"layers {dims}, and 1 added to each array that comes back"
        cases.append(script(WRITE, label=label, tag="write", theta=theta, layer_dims=dims))
    return cases


def vector_length(dims: list[int]) -> int:
    """The number of weights and biases of a network."""
    return sum(n * (n_prev + 1) for n_prev, n in pairwise(dims))


shaping = partial(misconceptions, ref.vector_to_parameters)

SHAPES = '((f"W{layer}", (n, n_prev)), (f"b{layer}", (n, 1)))'
TAKEN = "theta[start : start + size].reshape(shape).copy()"


def weights_first(theta, layer_dims):
    """All weights, then all biases."""
    parameters, start, L = {}, 0, len(layer_dims) - 1
    for kind in "Wb":
        for layer in range(1, L + 1):
            n = layer_dims[layer]
            shape = (n, layer_dims[layer - 1] if kind == "W" else 1)
            size = shape[0] * shape[1]
            parameters[f"{kind}{layer}"] = theta[start : start + size].reshape(shape).copy()
            start += size
    return parameters


TO_PARAMETERS_MISCONCEPTIONS = (
    *shaping(
        "VP-01", VECTOR,
        "The biases have shape (n,). Added to a layer's (n, m), such an array runs along the "
        "examples; a bias is a column, (n, 1).",
        [("return parameters",
          "return {k: Q.ravel() if k[0] == 'b' else Q for k, Q in parameters.items()}")],
    ),
    *shaping(
        "VP-02", VECTOR,
        "Weights have their axes exchanged. W of a layer has a row for each of its units, and the "
        "entries of a row follow one another in the vector.",
        [("(n, n_prev)", "(n_prev, n)")],
        [("return parameters",
          "return {k: Q.reshape(Q.shape[::-1]).T.copy() for k, Q in parameters.items()}")],
        [("reshape(shape)", 'reshape(shape, order="F")')],
    ),
    *shaping(
        "VP-03", VECTOR,
        "Each layer's bias is taken before its weights. In the vector W1 comes first, then b1.",
        [(SHAPES, '((f"b{layer}", (n, 1)), (f"W{layer}", (n, n_prev)))')],
    ),
    *shaping(
        "VP-04", VECTOR,
        "All weights are taken first and all biases after them. The order is W1, b1, W2, b2 and so "
        "on.",
        weights_first,
    ),
    *shaping(
        "VP-05", VECTOR,
        "The last layer is missing. A list of L + 1 widths belongs to L layers.",
        [("range(1, len(layer_dims))", "range(1, len(layer_dims) - 1)")],
    ),
    *shaping(
        "VP-06", VECTOR,
        "The next layer's weights are read where the biases stand. Move on in the vector by the "
        "number of biases as well.",
        [("            start += size",
          '            start += size if name.startswith("W") else 0')],
    ),
    *shaping(
        "VP-07", VECTOR,
        "The layers are numbered from 0. The first one has W1 and b1.",
        [(SHAPES, SHAPES.replace("{layer}", "{layer - 1}"))],
    ),
    *shaping(
        "VP-08", VECTOR,
        "Every array is taken from the start of the vector. Each one begins where the one before "
        "ended.",
        [("            start += size\n", "")],
    ),
    *shaping(
        "VP-09", VECTOR,
        "What comes back shares its memory with theta, for reshape makes no copy. Writing into a "
        "weight would change the vector: copy.",
        [(TAKEN, TAKEN.removesuffix(".copy()"))],
    ),
    *shaping(
        "VP-10", VECTOR,
        "The caller's list of widths is taken apart. Read it by index.",
        [("for layer in range(1, len(layer_dims)):",
          "layer = 0\n    while len(layer_dims) > 1:\n        layer += 1"),
         ("n_prev, n = layer_dims[layer - 1], layer_dims[layer]",
          "n_prev, n = layer_dims.pop(0), layer_dims[0]")],
    ),
    *shaping(
        "VP-11", VECTOR,
        "The biases are set to 0. Their values stand in the vector, after the layer's weights.",
        [("return parameters",
          "return {k: 0 * Q if k[0] == 'b' else Q for k, Q in parameters.items()}")],
    ),
)  # fmt: skip


def by_splitting(theta, layer_dims):
    """Cut the vector into all its pieces first."""
    shapes = []
    for n_prev, n in np.column_stack([layer_dims[:-1], layer_dims[1:]]):
        shapes += [(n, n_prev), (n, 1)]
    pieces = np.split(theta, np.cumsum([a * b for a, b in shapes])[:-1])
    names = [kind + str(layer) for layer in range(1, len(layer_dims)) for kind in "Wb"]
    return {
        name: np.array(piece).reshape(shape)
        for name, piece, shape in zip(names, pieces, shapes, strict=True)
    }


VECTOR_TO_PARAMETERS = Task(
    reference=ref.vector_to_parameters,
    returns="parameters",
    cases=vector_to_parameters_cases,
    criteria=(
        Criterion("weights", 1.25, "plain", "W*"),
        Criterion("biases", 1.25, "plain", "b*"),
        inputs_untouched(0.5),
    ),
    lecture=VECTOR,
    misconceptions=TO_PARAMETERS_MISCONCEPTIONS,
    variants=(Variant("by splitting", by_splitting),),
)


# ---------------------------------------------------------------- numerical_gradient

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


def numerical_gradient_cases(rng: np.random.Generator) -> list[Case]:
    """The default step, where rounding matters, and wide ones, where the formula does."""

    def theta(n: int) -> np.ndarray:
        return rng.choice([-1, 1], n) * rng.uniform(1, 2, n)

    cases = []
    for n, m in ((4, 6), (6, 5)):
        inputs = {"X": rng.standard_normal((n - 1, m)), "Y": rng.integers(0, 2, m).astype(float)}
        label = f"logistic regression with {n} parameters, the default epsilon"
        cases.append(
            script(LOGISTIC, returns=GRADIENT, label=label, tag="fine", theta=theta(n), **inputs)
        )
    label = "a polynomial of 3 parameters, the default epsilon"
    cases.append(script(QUARTIC, returns=GRADIENT, label=label, tag="fine", theta=theta(3)))
    for n, epsilon in ((3, 0.4), (4, 0.6)):
        inputs = {"theta": theta(n), "epsilon": epsilon, "factors": rng.uniform(1, 2, n)}
        label = f"a cubic of {n} parameters, epsilon = {epsilon:g}"
        cases.append(script(CUBIC, returns=GRADIENT, label=label, tag="wide cubic", **inputs))
    for n, epsilon in ((5, 0.1), (3, 0.01)):
        label = f"a wavy cost of {n} parameters, epsilon = {epsilon:g}"
        inputs = {"theta": theta(n), "epsilon": epsilon}
        cases.append(script(WAVES, returns=GRADIENT, label=label, tag="wide", **inputs))
    return cases


def too_few_digits(result: np.ndarray, wanted: np.ndarray, case: Case) -> bool | None:
    """Recognise single precision, or the noise of a step of 1e-12, near the true derivative."""
    if result.dtype == np.float32:
        return True
    if "cubic" not in case.tag:
        return None
    exact = wanted - case.inputs["factors"] * case.inputs["epsilon"] ** 2
    error = np.max(np.abs(result - exact)) / np.max(np.abs(exact))
    return bool(1e-6 < error < 5e-3)


differencing = partial(misconceptions, ref.numerical_gradient)

QUOTIENT = "(cost(plus) - cost(minus)) / (2 * epsilon)"
LOOP = "    for i in range(len(theta)):\n"
COPIES = "        plus, minus = theta.copy(), theta.copy()\n"

NUMERICAL_GRADIENT_MISCONCEPTIONS = (
    *differencing(
        "GC-01", CENTRED,
        "The difference is one-sided. Its error shrinks with ε, that of the centred one with ε²: "
        "go up and down from θ.",
        [(QUOTIENT, "(cost(plus) - cost(theta)) / epsilon")],
        [(QUOTIENT, "(cost(theta) - cost(minus)) / epsilon")],
    ),
    *differencing(
        "GC-02", CENTRED,
        "The difference is divided by ε. The two points are 2ε apart.",
        [("(2 * epsilon)", "epsilon")],
    ),
    *differencing(
        "GC-03", CENTRED,
        "`/ 2 * epsilon` divides by 2 and then multiplies by ε. Put 2ε in parentheses.",
        [("(2 * epsilon)", "2 * epsilon")],
    ),
    *differencing(
        "GC-04", CENTRED,
        "Steps pile up: when the second entry is moved, the first one still is. Start from θ again "
        "for each entry.",
        [(LOOP + COPIES, COPIES.removeprefix("    ") + LOOP)],
    ),
    *differencing(
        "GC-05", CENTRED,
        "All entries are moved at once, which gives one number for all. A partial derivative moves "
        "one entry and leaves the others where they are.",
        [("plus[i]", "plus"), ("minus[i]", "minus")],
    ),
    *differencing(
        "GC-10", DISTURBED,
        "The result has lost its digits: the step is far too small, or the numbers are in single "
        "precision. Use epsilon as it is given, and float64.",
        [("    gradient =", "    epsilon = 1e-12\n    gradient =")],
        [("np.zeros(theta.shape)", "np.zeros(theta.shape, np.float32)"),
         (COPIES, "        plus, minus = theta.astype(np.float32), theta.astype(np.float32)\n")],
        looks_like=too_few_digits,
    ),
    *differencing(
        "GC-16", CENTRED,
        "theta is moved and not put back exactly. The caller still needs it, and adding and "
        "subtracting leaves a rounding error: work on copies.",
        [(COPIES, "        plus, minus = theta.copy(), theta\n")],
        [(COPIES, "        plus, minus = theta, theta.copy()\n")],
    ),
    *differencing(
        "GC-18", CENTRED,
        "The cost that was handed in is not called; a formula for one example stands in its place. "
        "Call cost, whatever it computes.",
        [(QUOTIENT, "(np.sum(plus**2) - np.sum(minus**2)) / (2 * epsilon)")],
        [(QUOTIENT, "(np.sum(plus**3) - np.sum(minus**3)) / (2 * epsilon)")],
    ),
    *differencing(
        "GC-19", CENTRED,
        "epsilon has a fixed value. Use the argument, whatever its default is.",
        [("    gradient =", "    epsilon = 1e-7\n    gradient =")],
        [("    gradient =", "    epsilon = 1e-5\n    gradient =")],
    ),
    *differencing(
        "GC-20", CENTRED,
        "The sign is the other way round. The derivative is positive where the cost grows with the "
        "entry: up minus down.",
        [(QUOTIENT, "(cost(minus) - cost(plus)) / (2 * epsilon)")],
    ),
    *differencing(
        "GC-21", VECTOR,
        "The result has two axes. Like theta it should have the shape (n,).",
        [("return gradient", "return gradient[:, None]")],
    ),
)  # fmt: skip


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


NUMERICAL_GRADIENT = Task(
    reference=ref.numerical_gradient,
    returns=GRADIENT,
    cases=numerical_gradient_cases,
    criteria=(
        # At the default step, 1e-7, rounding of a cost near 10 moves the result by 1e-8.
        Criterion("slopes", 1.5, "fine", tolerance=Tolerance(1e-5, 1e-6)),
        Criterion("centred, with the epsilon given", 2, "wide"),
        inputs_untouched(0.5),
    ),
    lecture=CENTRED,
    misconceptions=NUMERICAL_GRADIENT_MISCONCEPTIONS,
    variants=(Variant("unit vectors", by_unit_vectors), Variant("put back", put_back)),
)


# ---------------------------------------------------------------- gradient_difference


def gradient_difference_cases(rng: np.random.Generator) -> list[Case]:
    """Near and far vectors of all sizes, opposite ones, and zeros."""
    cases = []
    for n, apart, scale in ((4, 1e-6, 1.0), (7, -1e-3, 5.0), (3, 1.0, 1.0), (6, -1e-2, 1e-9)):
        grad = rng.choice([-1, 1], n) * rng.uniform(1, 3, n)
        numerical = (1 + apart) * grad + apart / 10 * rng.standard_normal(n)
        label = f"{n} entries near {2 * scale:g}, apart by about {abs(apart):g} of that"
        arguments = scale * grad, scale * numerical
        cases.append(call("gradient_difference", *arguments, label=label, tag="plain"))
    grad = rng.uniform(1, 2, 5)
    for other, label in ((-grad, "opposite vectors"), (0 * grad, "one of two vectors is zero")):
        cases.append(call("gradient_difference", grad, other, label=label, tag="plain"))
    label = "small vectors, one twice the other"
    cases.append(call("gradient_difference", 1e-9 * grad, 2e-9 * grad, label=label, tag="plain"))
    for n in (3, 8):
        label = f"two zero vectors of {n} entries"
        cases.append(call("gradient_difference", np.zeros(n), np.zeros(n), label=label, tag="zero"))
    return cases


comparing = partial(misconceptions, ref.gradient_difference)

SCALE = "np.linalg.norm(grad) + np.linalg.norm(numerical)"
SHARE = "np.linalg.norm(grad - numerical) / scale"
GUARD = "    if scale == 0:\n        return 0.0\n"

GRADIENT_DIFFERENCE_MISCONCEPTIONS = (
    *comparing(
        "GC-06", DIFFERENCE,
        "The denominator is the norm of the sum, which vanishes for opposite gradients. It should "
        "be the sum of the two norms.",
        [(SCALE, "np.linalg.norm(grad + numerical)")],
    ),
    *comparing(
        "GC-07", DIFFERENCE,
        "The difference is absolute. Whether 1e-4 is much depends on how large the gradients are: "
        "divide by their norms.",
        [(SHARE, "np.linalg.norm(grad - numerical)")],
    ),
    *comparing(
        "GC-08", DIFFERENCE,
        "Squares or absolute values take the place of the norms. The norm is the root of the sum "
        "of squares.",
        [(SHARE, "np.sum((grad - numerical) ** 2) / scale"),
         (SCALE, "np.sum(grad**2) + np.sum(numerical**2)")],
        [(SHARE, "np.mean(np.abs(grad - numerical)) / scale"),
         (SCALE, "np.mean(np.abs(grad)) + np.mean(np.abs(numerical))")],
    ),
    *comparing(
        "GC-14", DIFFERENCE,
        "A verdict is printed, and nothing is returned. Return the relative difference; who calls "
        "decides.",
        [("return float(" + SHARE + ")", "print(" + SHARE + " < 1e-7)"),
         ("return 0.0", "return print(True)")],
    ),
    *comparing(
        "GC-17", DIFFERENCE,
        "Two zero vectors give 0/0. They agree, so their difference is 0.",
        [(GUARD, "")],
    ),
    *comparing(
        "GC-22", DIFFERENCE,
        "Only one of the two norms is in the denominator. With both the difference lies between 0 "
        "and 1, whichever gradient is wrong.",
        [(SCALE, "np.linalg.norm(grad)")],
        [(SCALE, "np.linalg.norm(numerical)")],
    ),
    *comparing(
        "GC-23", DIFFERENCE,
        "The larger norm is the denominator. Some courses do that; here it is the sum of both.",
        [(SCALE, "max(np.linalg.norm(grad), np.linalg.norm(numerical))")],
    ),
    *comparing(
        "GC-24", DIFFERENCE,
        "A small number is added to the denominator. Gradients can be that small, and then a wrong "
        "one looks right: treat 0/0 on its own.",
        [(SHARE, SHARE.replace("scale", "(scale + 1e-8)"))],
        [(SHARE, SHARE.replace("scale", "(scale + 1e-7)"))],
    ),
    *comparing(
        "GC-25", DIFFERENCE,
        "The entries are compared one by one and averaged. A single entry near 0 then outweighs "
        "all others: take the norms of the whole vectors.",
        [(SHARE,
          "np.mean(np.abs(grad - numerical) / (np.abs(grad) + np.abs(numerical)))")],
    ),
    *comparing(
        "GC-26", DIFFERENCE,
        "An argument is changed in place, by an operation such as -=. The caller still needs it.",
        [("    return float(", "    grad -= numerical\n    return float("),
         ("grad - numerical", "grad")],
        [("    return float(", "    numerical -= grad\n    return float("),
         ("grad - numerical", "numerical")],
    ),
    *comparing(
        "GC-27", DIFFERENCE,
        "The answer is a verdict, True or False. Return the relative difference; who calls "
        "decides.",
        [("return float(" + SHARE + ")", "return bool(" + SHARE + " < 1e-7)"),
         ("return 0.0", "return True")],
        [("return float(" + SHARE + ")", "return bool(" + SHARE + " < 1e-5)"),
         ("return 0.0", "return True")],
    ),
)  # fmt: skip


def by_products(grad, numerical):
    """Norms as roots of products, in another order."""
    gap = grad - numerical
    if not grad.any() and not numerical.any():
        return 0
    return np.sqrt(gap @ gap) / (np.sqrt(numerical @ numerical) + np.sqrt(grad @ grad))


GRADIENT_DIFFERENCE = Task(
    reference=ref.gradient_difference,
    returns="the answer",
    cases=gradient_difference_cases,
    criteria=(
        Criterion("relative difference", 1, "plain", tolerance=Tolerance(1e-6, 1e-12)),
        Criterion("two zero vectors", 0.5, "zero"),
        inputs_untouched(0.5),
    ),
    lecture=DIFFERENCE,
    misconceptions=GRADIENT_DIFFERENCE_MISCONCEPTIONS,
    variants=(Variant("products", by_products),),
)


# ---------------------------------------------------------------- mended_backward

BY_LAYER = """\
last = str(len(caches))
grads = mended_backward(AL, Y, caches, lambd)
result = (
    {name: value for name, value in grads.items() if name[2:] == last},
    {name: value for name, value in grads.items() if name[2:] != last},
)"""


def mended_backward_cases(rng: np.random.Generator) -> list[Case]:
    """Networks of one to four layers, no two of equal width, with and without a penalty."""
    cases = []
    for dims, m, lambd in (
        ([3, 4, 2, 1], 5, 0.8),
        ([4, 3, 1], 7, 2.0),
        ([2, 5, 4, 3, 1], 6, 0.5),
        ([3, 1], 8, 1.5),
        ([3, 2, 4, 1], 6, 0.0),
    ):
        X = rng.standard_normal((dims[0], m))
        AL, caches = ref.network_forward(X, drawn_parameters(rng, dims))
        inputs = {"AL": AL, "Y": rng.integers(0, 2, (1, m)).astype(float), "caches": caches}
        label = f"layers {dims}, {m} examples, lambd = {lambd:g}"
        returns = ("grads (output layer)", "grads (hidden layers)")
        cases.append(script(BY_LAYER, label=label, returns=returns, lambd=lambd, **inputs))
    return cases


def confirm_mended_backward(case: Case, wanted: tuple[dict, dict]) -> float:
    """Differentiate the cost numerically, for every parameter."""
    Y, caches, lambd = (case.inputs[name] for name in ("Y", "caches", "lambd"))
    parameters = {}
    for number, ((_, W, b), _) in enumerate(caches, start=1):
        parameters |= {f"W{number}": W, f"b{number}": b}

    def cost(name: str, value: np.ndarray) -> float:
        changed = parameters | {name: value}
        AL, _ = ref.network_forward(caches[0][0][0], changed)
        return ref.network_cost(AL, Y, changed, lambd)

    numerical = {
        f"d{name}": central_difference(lambda at, name=name: cost(name, at), value)
        for name, value in parameters.items()
    }
    exact = wanted[0] | wanted[1]
    return max(relative_difference(exact[name], value) for name, value in numerical.items())


mending = partial(misconceptions, ref.mended_backward)

TANH = ("np.tanh(A) ** 2", "A**2")
PENALTY = ('grads[f"dW{L}"] = dZ @ A_prev.T', 'grads[f"dW{L}"] = dZ @ A_prev.T + lambd / m * W')

MENDED_BACKWARD_MISCONCEPTIONS = (
    *mending(
        "GC-15", FOUND,
        "Both mistakes are still there. Look at the layers from the last to the first, at which "
        "entries agree and which is the first that does not.",
        ref.suspect_backward,
    ),
    *mending(
        "MB-01", FOUND,
        "The hidden layers are mended; the weights of the output layer still disagree, by λ/m "
        "times the weight. With λ = 0 they agree.",
        edited(ref.suspect_backward, TANH),
    ),
    *mending(
        "MB-02", FOUND,
        "The output layer is mended; everything before it still disagrees. Ask what A "
        "is already, before the derivative of tanh is taken.",
        edited(ref.suspect_backward, PENALTY),
    ),
    *mending(
        "MB-03", DISTURBED,
        "The penalty is left out of all gradients. The cost contains it, so its derivative belongs "
        "to every layer's weights.",
        [(" + lambd / m * W", "")],
    ),
    *mending(
        "MB-04", FOUND,
        "The hidden layers are differentiated as if they were sigmoids. They are tanh.",
        [("1 - A_prev**2", "A_prev * (1 - A_prev)")],
    ),
    *mending(
        "MB-05", FOUND,
        "The derivative of tanh lacks its square.",
        [("1 - A_prev**2", "1 - A_prev")],
    ),
    *mending(
        "MB-06", FOUND,
        "The gradients of the biases have a penalty too. In the cost it is made of the weights.",
        [('grads[f"db{layer}"] = np.sum(dZ, axis=1, keepdims=True)',
          'b = caches[layer - 1][0][2]\n'
          '        grads[f"db{layer}"] = np.sum(dZ, axis=1, keepdims=True) + lambd / m * b')],
    ),
    *mending(
        "MB-07", FOUND,
        "Every layer divides by m again. 1/m enters once, at the output.",
        [("dZ @ A_prev.T + lambd", "dZ @ A_prev.T / m + lambd"),
         ("np.sum(dZ, axis=1, keepdims=True)", "np.mean(dZ, axis=1, keepdims=True)")],
    ),
    *mending(
        "MB-08", FOUND,
        "AL, or the list of caches, is changed. The caller still needs it: make a new array, and "
        "read the list by index.",
        [("dZ = (AL - Y) / m", "AL -= Y\n    dZ = AL / m")],
        [("(A_prev, W, _), _ = caches[layer - 1]", "(A_prev, W, _), _ = caches.pop()")],
    ),
    *mending(
        "MB-09", FOUND,
        "The penalty's derivative is half of what it should be. Differentiating the square brings "
        "a 2 that cancels the ½ of the cost.",
        [("lambd / m * W", "lambd / (2 * m) * W")],
    ),
)  # fmt: skip


MENDED_BACKWARD = Task(
    reference=ref.mended_backward,
    returns="grads",
    cases=mended_backward_cases,
    criteria=(
        Criterion("output layer", 1, part="*output*"),
        Criterion("hidden layers", 1.5, part="*hidden*"),
        inputs_untouched(0.5),
    ),
    lecture=FOUND,
    misconceptions=MENDED_BACKWARD_MISCONCEPTIONS,
    variants=(Variant("mended in place", edited(ref.suspect_backward, TANH, PENALTY)),),
    confirm=confirm_mended_backward,
)

TASKS = (
    PARAMETERS_TO_VECTOR,
    VECTOR_TO_PARAMETERS,
    NUMERICAL_GRADIENT,
    GRADIENT_DIFFERENCE,
    MENDED_BACKWARD,
)
