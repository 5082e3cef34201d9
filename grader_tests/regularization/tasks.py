"""Tasks of ``module1_practical_aspects/regularization.ipynb``.

Ids L2 and DO are those of the course's catalogue of misconceptions (L2 cost and backward, up to 16;
inverted dropout, up to 21), continued here; ES (early stopping), FH (flips) and RC (random crops)
are this notebook's own. `CATALOGUE` counts each series, `LEFT_OUT` says why an id has no wrong
function here.

Random answers are judged by properties. A right answer fails one of them with a probability of at
most 1e-9; each check says where its bound comes from.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from itertools import pairwise

import numpy as np

from grader_tests.regularization import reference as ref
from grading.marking import chance
from grading.marking.derivative import central_difference, relative_difference
from grading.marking.task import (
    Case,
    Criterion,
    Lecture,
    Rng,
    Task,
    Variant,
    call,
    edited,
    inputs_untouched,
    misconceptions,
    script,
)

REGULARIZATION = "module1_practical_aspects/02_regularization.ipynb"
NETWORKS = Lecture(REGULARIZATION, "L2 for networks")
DECAY = Lecture(REGULARIZATION, "Weight decay in the update")
FRAMEWORKS = Lecture(REGULARIZATION, "What the number means in a framework")
DROPOUT = "module1_practical_aspects/03_dropout_augmentation_early_stopping.ipynb"
INVERTED = Lecture(DROPOUT, "Inverted dropout")
NEW_MASK = Lecture(DROPOUT, "A new mask each step")
AUGMENTATION = Lecture(DROPOUT, "Flips and crops")
STOPPING = Lecture(DROPOUT, "Early stopping")

CATALOGUE = {"L2": 24, "DO": 30, "ES": 12, "FH": 5, "RC": 11}
LEFT_OUT = {
    "L2-12": "l2_gradients receives finished gradients; dZ is out of its reach",
    "L2-14": "l2_cost returns the penalty alone, without the cross-entropy",
    "L2-15": "no optimizer is graded here",
    "DO-02": "there is no function for test time; in training it answers as DO-01 does",
    "DO-06": "it answers as DO-04 does",
    "DO-10": "dropout_forward has no mode: test time is not calling it",
    "DO-15": "which layer gets dropout is not dropout_forward's choice",
    "DO-16": "which array gets dropout is not dropout_forward's choice",
    "DO-20": "a wrong name raises an exception that says so",
}


# ---------------------------------------------------------------- l2_cost


def weights_and_biases(rng: np.random.Generator, dims: list[int]) -> dict[str, np.ndarray]:
    """Draw weights of both signs with other norms than 1, and biases that are not 0."""
    parameters = {}
    for number, (n_prev, n) in enumerate(pairwise(dims), start=1):
        parameters[f"W{number}"] = 2 * rng.standard_normal((n, n_prev)) + 0.3
        parameters[f"b{number}"] = rng.uniform(0.5, 1.5, (n, 1))
    return parameters


# Numbers of examples and of inputs differ, so that neither can stand for the other.
NETWORK_SIZES = (
    ([5, 1], 8, 0.7, "one"),
    ([4, 1], 30, 3.0, "one"),
    ([2, 3, 1], 7, 0.4, "several"),
    ([3, 4, 2, 1], 20, 1.6, "several"),
    ([2, 3, 3, 2, 1], 6, 0.9, "several"),
    ([4, 3, 5, 2, 3, 1], 50, 12.0, "several"),
    ([3, 4, 1], 9, 0.0, "several"),
)


def network_words(dims: list[int], m: int, lambd: float) -> str:
    """Name a case of the L2 tasks for the student."""
    return f"layers {dims}, m = {m}, lambd = {lambd:g}"


def l2_cost_cases(rng: np.random.Generator) -> list[Case]:
    """Networks of one to five layers, among them one without a penalty."""
    return [
        call(
            "l2_cost",
            weights_and_biases(rng, dims),
            lambd,
            m,
            label=network_words(dims, m, lambd),
            tag=tag,
        )
        for dims, m, lambd, tag in NETWORK_SIZES
    ]


l2 = partial(misconceptions, ref.l2_cost)

SHARE = "lambd / (2 * m)"
SQUARES = "float(np.sum(W**2))"
CHOSEN = 'W for name, W in parameters.items() if name.startswith("W")'

L2_COST_MISCONCEPTIONS = (
    *l2(
        "L2-01", NETWORKS,
        "The ½ is missing. With it the gradient comes out as λ/m times the weights.",
        [(SHARE, "lambd / m")],
    ),
    *l2(
        "L2-02", FRAMEWORKS,
        "The penalty is not divided by m. Some courses leave that out; here it belongs to a cost "
        "that is a mean over the examples.",
        [(SHARE, "lambd / 2")],
    ),
    *l2(
        "L2-03", NETWORKS,
        "The penalty adds up weights, sizes or norms that are not squared. L2 takes the sum of the "
        "squares of all entries.",
        [(SQUARES, "float(np.sum(W))")],
        [(SQUARES, "float(np.sum(np.abs(W)))")],
        [(SQUARES, "float(np.linalg.norm(W))")],
    ),
    *l2(
        "L2-04", NETWORKS,
        "The biases are penalised too. The sum runs over the weights only.",
        [(CHOSEN, "W for W in parameters.values()")],
    ),
    *l2(
        "L2-05", NETWORKS,
        "The layers are written out one by one. Let the sum run over as many layers as the "
        "dictionary has.",
        [(CHOSEN, 'parameters[f"W{layer}"] for layer in (1, 2, 3)')],
        [(CHOSEN, 'parameters[f"W{layer}"] for layer in (1, 2)')],
    ),
    *l2(
        "L2-11", FRAMEWORKS,
        "The factor is λ itself, without ½ and 1/m, as in Keras. Libraries and courses differ; "
        "here the penalty is a share of the mean cost.",
        [(SHARE, "lambd")],
    ),
    *l2(
        "L2-16", NETWORKS,
        "The penalty is divided by the number of inputs. m is the number of examples, and comes as "
        "an argument.",
        [(SHARE, 'lambd / (2 * parameters["W1"].shape[1])')],
    ),
    *l2(
        "L2-17", NETWORKS,
        "The penalty is negative. It is added to the cost, to make large weights expensive.",
        [(SHARE, "-lambd / (2 * m)")],
    ),
    *l2(
        "L2-18", NETWORKS,
        "The weights of a layer are added first and squared afterwards, so that opposite signs "
        "cancel. Square each entry, then add.",
        [(SQUARES, "float(np.sum(W)) ** 2")],
    ),
    *l2(
        "L2-19", NETWORKS,
        "Each layer contributes the mean of its squares. It should be their sum: a layer with "
        "more weights weighs more.",
        [(SQUARES, "float(np.mean(W**2))")],
    ),
    *l2(
        "L2-20", NETWORKS,
        "The largest singular value is squared, which is what NumPy's norm with a second argument "
        "of 2 computes for a matrix. The Frobenius norm takes the squares of all entries.",
        [(SQUARES, "float(np.linalg.norm(W, 2)) ** 2")],
    ),
    *l2(
        "L2-21", NETWORKS,
        "Only one layer is penalised. The sum runs over the weights of all layers.",
        [(CHOSEN, 'parameters["W1"] for _ in range(1)')],
        [(CHOSEN, 'parameters[f"W{len(parameters) // 2}"] for _ in range(1)')],
    ),
    *l2(
        "L2-22", NETWORKS,
        "The weights are squared in place, so the caller's network is changed. Compute new arrays.",
        [("    return", "    for W in weights:\n        W **= 2\n    return"),
         (SQUARES, "float(np.sum(W))")],
    ),
)  # fmt: skip


def by_norms(parameters, lambd, m):
    """Frobenius norms, layer by layer."""
    total = 0
    for layer in range(1, len(parameters) // 2 + 1):
        total += np.linalg.norm(parameters["W" + str(layer)]) ** 2
    return 1 / m * lambd / 2 * total


L2_COST = Task(
    reference=ref.l2_cost,
    returns="the penalty",
    cases=l2_cost_cases,
    criteria=(
        Criterion("one layer", 1, "one"),
        Criterion("several layers", 1.5, "several"),
        inputs_untouched(0.5),
    ),
    lecture=NETWORKS,
    misconceptions=L2_COST_MISCONCEPTIONS,
    variants=(Variant("norms, layer by layer", by_norms),),
)


# ---------------------------------------------------------------- l2_gradients


def l2_gradients_cases(rng: np.random.Generator) -> list[Case]:
    """Gradients of any size for the networks of the cost."""
    cases = []
    for dims, m, lambd, tag in NETWORK_SIZES:
        parameters = weights_and_biases(rng, dims)
        grads = {f"d{name}": rng.standard_normal(Q.shape) for name, Q in parameters.items()}
        label = network_words(dims, m, lambd)
        cases.append(call("l2_gradients", grads, parameters, lambd, m, label=label, tag=tag))
    return cases


def confirm_l2_gradients(case: Case, wanted: dict) -> float:
    """Differentiate a linear cost with these gradients, plus the penalty, numerically."""
    grads, parameters, lambd, m = (case.inputs[f"arg{i}"] for i in range(4))

    def cost(name: str, value: np.ndarray) -> float:
        changed = parameters | {name: value}
        linear = sum(float(np.sum(grads[f"d{key}"] * Q)) for key, Q in changed.items())
        return linear + ref.l2_cost(changed, lambd, m)

    return max(
        relative_difference(
            wanted[f"d{name}"], central_difference(lambda at, name=name: cost(name, at), Q)
        )
        for name, Q in parameters.items()
    )


l2_backward = partial(misconceptions, ref.l2_gradients)

TERM = "lambd / m * W"
NEW_GRADIENT = f'regularized[f"d{{name}}"] = grads[f"d{{name}}"] + {TERM}'

L2_GRADIENTS_MISCONCEPTIONS = (
    *l2_backward(
        "L2-02", DECAY,
        "The term is not divided by m. It is the derivative of the penalty, which is.",
        [(TERM, "lambd * W")],
    ),
    *l2_backward(
        "L2-05", NETWORKS,
        "The layers are written out one by one. Let the loop run over as many layers as the "
        "dictionary has.",
        [("parameters.items()",
          '[(f"W{layer}", parameters[f"W{layer}"]) for layer in (1, 2, 3)]')],
        [("parameters.items()",
          '[(f"W{layer}", parameters[f"W{layer}"]) for layer in (1, 2)]')],
    ),
    *l2_backward(
        "L2-06", NETWORKS,
        "The term is half or twice as large as it should be. Differentiating the square brings a 2 "
        "that cancels the ½ of the penalty.",
        [(TERM, "lambd / (2 * m) * W")],
        [(TERM, "2 * lambd / m * W")],
    ),
    *l2_backward(
        "L2-07", NETWORKS,
        "One number, the sum over a layer's weights, is added to all of its gradients. Each weight "
        "gets a term in proportion to itself.",
        [(TERM, "lambd / m * np.sum(W)")],
    ),
    *l2_backward(
        "L2-08", NETWORKS,
        "The gradients come back as they were. A penalty in the cost acts only through its "
        "derivative.",
        [(NEW_GRADIENT, 'regularized[f"d{name}"] = grads[f"d{name}"]')],
    ),
    *l2_backward(
        "L2-09", NETWORKS,
        "The gradients of the biases get a term too. Biases are not in the penalty.",
        [('if name.startswith("W"):', "if True:")],
    ),
    *l2_backward(
        "L2-10", NETWORKS,
        "The term that is added to dW is made of the bias. It should be made of the weight.",
        [(TERM, 'lambd / m * parameters["b" + name[1:]]')],
    ),
    *l2_backward(
        "L2-13", DECAY,
        "The caller's weights or gradients are changed, by an operation such as += or *= or by "
        "writing into the dictionary. Make a new dictionary with new arrays.",
        [("regularized = dict(grads)", "regularized = grads")],
        [(NEW_GRADIENT, 'regularized[f"d{name}"] += ' + TERM)],
        [(NEW_GRADIENT,
          'W *= lambd / m\n            regularized[f"d{name}"] = grads[f"d{name}"] + W')],
    ),
    *l2_backward(
        "L2-16", NETWORKS,
        "The term is divided by the number of inputs. m is the number of examples, and comes as an "
        "argument.",
        [(TERM, 'lambd / parameters["W1"].shape[1] * W')],
    ),
    *l2_backward(
        "L2-17", DECAY,
        "The term is subtracted from the gradient. Then every step makes the weights larger; added "
        "to the gradient, it makes them smaller.",
        [('+ ' + TERM, '- ' + TERM)],
    ),
    *l2_backward(
        "L2-23", NETWORKS,
        "The derivative of the penalty comes back alone. It should be added to the gradient that "
        "the backward pass has found.",
        [('grads[f"d{name}"] + ' + TERM, TERM)],
    ),
    *l2_backward(
        "L2-24", NETWORKS,
        "The gradients of the biases are missing from what is returned. The update needs them: "
        "hand them on as they are.",
        [("dict(grads)", "{}")],
    ),
)  # fmt: skip


def by_layers(grads, parameters, lambd, m):
    """A loop over layers that builds the dictionary anew."""
    new = {}
    for layer in range(1, len(grads) // 2 + 1):
        new[f"dW{layer}"] = parameters[f"W{layer}"] * (lambd / m) + grads[f"dW{layer}"]
        new[f"db{layer}"] = grads[f"db{layer}"].copy()
    return new


L2_GRADIENTS = Task(
    reference=ref.l2_gradients,
    returns="grads",
    cases=l2_gradients_cases,
    criteria=(
        Criterion("weights", 2.5, part="dW*"),
        Criterion("biases", 0.5, part="db*"),
        inputs_untouched(1),
    ),
    lecture=NETWORKS,
    misconceptions=L2_GRADIENTS_MISCONCEPTIONS,
    variants=(Variant("layer by layer", by_layers),),
    confirm=confirm_l2_gradients,
)


# ---------------------------------------------------------------- dropout_forward

# Two prime numbers: the share of kept entries is never exactly keep_prob.
UNITS, EXAMPLES = 307, 193
LARGE_KEEP_PROBS = (0.3, 0.7, 0.85)

DROP_TWICE = """\
import numpy as np
rng = np.random.default_rng(seed)
first, _ = dropout_forward(A.copy(), keep_prob, rng)
later, _ = dropout_forward(A.copy(), keep_prob, rng)
again, _ = dropout_forward(A.copy(), keep_prob, np.random.default_rng(seed))
result = first, later, again"""

DROP_OFTEN = """\
import numpy as np
rng = np.random.default_rng(seed)
result = [dropout_forward(A.copy(), keep_prob, rng)[0] for _ in range(20)]"""


def signed(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Draw numbers of both signs, none of them near 0."""
    return rng.choice([-1, 1], shape) * rng.uniform(0.5, 2, shape)


def dropout_forward_cases(rng: np.random.Generator) -> list[Case]:
    """Small arrays for the values, large ones for what chance does, and repeated calls."""

    def seed() -> int:
        return int(rng.integers(2**32))

    cases = []
    for shape, keep_prob in (((3, 5), 0.6), ((6, 14), 0.25), ((20, 30), 1.0)):
        label = f"{shape[0]} units, {shape[1]} examples, keep_prob = {keep_prob:g}"
        arguments = signed(rng, *shape), keep_prob, Rng(seed())
        cases.append(call("dropout_forward", *arguments, label=label, tag="small"))
    for keep_prob in LARGE_KEEP_PROBS:
        label = f"{UNITS} units, {EXAMPLES} examples, keep_prob = {keep_prob:g}"
        arguments = signed(rng, UNITS, EXAMPLES), keep_prob, Rng(seed())
        cases.append(call("dropout_forward", *arguments, label=label, tag="large"))
    for code, tag, shape, calls in (
        (DROP_TWICE, "twice", (40, 50), "three"),
        (DROP_TWICE, "twice", (60, 40), "three"),
        (DROP_OFTEN, "often", (10, 10), "20"),
        (DROP_OFTEN, "often", (12, 8), "20"),
    ):
        label = f"{calls} calls with {shape[0]} units, {shape[1]} examples, keep_prob = 0.5"
        inputs = {"A": signed(rng, *shape), "keep_prob": 0.5, "seed": seed()}
        cases.append(script(code, label=label, tag=tag, **inputs))
    return cases


def is_array_like(value: object, A: np.ndarray, name: str) -> str | None:
    """An array of A's shape, or a sentence."""
    if not isinstance(value, np.ndarray):
        return f"{name} should be a NumPy array."
    if value.shape != A.shape:
        return f"{name} has shape {value.shape}; it should have that of A, {A.shape}."
    return None


def dropped_or_scaled(result: tuple, wanted: tuple, case: Case) -> str | None:
    """Each entry is 0 or A / keep_prob.

    Both kinds occur among the 59 251 entries of a large array: all alike has a probability below
    0.85^59251.
    """
    if type(result) not in (tuple, list) or len(result) != 2:
        return "It should return two things: A_out, mask."
    A, keep_prob, A_out = case.inputs["arg0"], case.inputs["arg1"], result[0]
    problem = is_array_like(A_out, A, "A_out")
    if problem:
        return problem
    scaled = np.isclose(A_out, A / keep_prob, rtol=1e-6, atol=0)
    if not np.all(scaled | (A_out == 0)):
        i, j = np.argwhere(~scaled & (A_out != 0))[0]
        return f"A_out[{i}, {j}] is neither 0 nor A / keep_prob."
    if keep_prob == 1 and not scaled.all():
        return "With keep_prob = 1 every entry is kept."
    if case.tag == "large" and (scaled.all() or not scaled.any()):
        return "Some entries should be dropped and some kept."
    return None


def mask_marks_the_kept(result: tuple, wanted: tuple, case: Case) -> str | None:
    """The mask is True, or 1, exactly where A_out is not 0."""
    A, (A_out, mask) = case.inputs["arg0"], result
    problem = is_array_like(mask, A, "mask")
    if problem:
        return problem
    if not np.all((mask == 0) | (mask == 1)):
        return "mask should hold True and False (or 1 and 0) only."
    if not np.array_equal(mask != 0, A_out != 0):
        return "mask should be True exactly where A_out is not 0."
    return None


def choices(kept: np.ndarray) -> int:
    """How many random choices a mask shows: one for each entry, or for each row or column.

    That one choice serves a whole row or column costs the points of `entries_are_independent`.
    """
    if (kept == kept[:, :1]).all():
        return kept.shape[0]
    return kept.shape[1] if (kept == kept[:1]).all() else kept.size


def share_is_kept(result: tuple, wanted: tuple, case: Case) -> str | None:
    """The share of kept entries is near keep_prob.

    Hoeffding's margin for as many choices as there are, the alarm divided among the three cases.
    """
    keep_prob, kept = case.inputs["arg1"], result[0] != 0
    margin = chance.fraction_margin(choices(kept), chance.ALARM / len(LARGE_KEEP_PROBS))
    if abs(np.mean(kept) - keep_prob) > margin:
        return (
            f"{100 * np.mean(kept):.0f} % of the entries are kept; it should be about "
            f"{100 * keep_prob:.0f} %."
        )
    return None


def entries_are_independent(result: tuple | list, wanted: tuple, case: Case) -> str | None:
    """No row and no column is kept or dropped as a whole, and the number kept varies.

    Rows and columns are compared with the share kept of all entries; whether that is right has a
    criterion of its own. Hoeffding's margin for each of the 500 rows and columns of three large
    cases, with half the alarm. It holds all the more here: the share of n entries strays less from
    that of all N than from keep_prob, with 1/n - 1/N in place of 1/n. The most likely number kept
    of 96 entries or more has a probability below 0.09 at keep_prob = 0.5, so 20 calls agree with
    one below 0.09^19 < 1e-19.
    """
    if case.tag == "often":
        counts = {int(np.count_nonzero(A_out)) for A_out in result}
        if len(counts) == 1:
            return "In every call the same number of entries is kept. Each has its own chance."
        return None
    kept = result[0] != 0
    alarm = chance.ALARM / (2 * len(LARGE_KEEP_PROBS) * (UNITS + EXAMPLES))
    for axis, whose in ((1, "unit (row)"), (0, "example (column)")):
        shares = np.mean(kept, axis=axis)
        margin = chance.fraction_margin(kept.shape[axis], alarm)
        if np.max(np.abs(shares - np.mean(kept))) > margin:
            return f"The share kept of some {whose} is far from that of all entries."
    return None


def mask_is_drawn_from_rng(result: tuple, wanted: tuple, case: Case) -> str | None:
    """The same generator state drops the same entries, another one others.

    At keep_prob = 0.5 two masks of 2000 entries or more agree with a probability of 0.5^2000, and
    two with 40 choices of whole rows or columns with one of 0.5^40.
    """
    first, later, again = (A_out != 0 for A_out in result)
    if not np.array_equal(first, again):
        return "Two generators with the same seed dropped different entries."
    if np.array_equal(first, later):
        return "The second call with one generator dropped the same entries as the first."
    return None


Share = Callable[[float], float]


def in_large_arrays(sign: Callable[[tuple, np.ndarray, float], bool]) -> Callable:
    """Recognise an answer by a sign that every large array of it shows."""

    def looks_like(result: tuple, wanted: tuple, case: Case) -> bool | None:
        if case.tag != "large":
            return None
        return bool(sign(result, case.inputs["arg0"], case.inputs["arg1"]))

    return looks_like


def kept_and_scaled(share: Share, factor: Share) -> Callable:
    """Recognise the share that is kept, and the factor by which it is multiplied."""

    def sign(result: tuple, A: np.ndarray, keep_prob: float) -> bool:
        kept = result[0] != 0
        near = abs(np.mean(kept) - share(keep_prob)) <= chance.fraction_margin(kept.size)
        return near and np.allclose(result[0][kept], factor(keep_prob) * A[kept], rtol=1e-6)

    return in_large_arrays(sign)


def normal_below(x: float) -> float:
    """The probability that a standard normal number is below x."""
    return 0.5 * (1 + math.erf(x / math.sqrt(2)))


def whole_rows_or_columns(result: tuple, A: np.ndarray, keep_prob: float) -> bool:
    """Whether all columns, or all rows, keep the same entries."""
    kept = result[0] != 0
    return choices(kept) < kept.size and kept.any() and not kept.all()


def realised_share(result: tuple, A: np.ndarray, keep_prob: float) -> bool:
    """Whether A is divided by the share that happens to be kept."""
    kept = result[0] != 0
    return not kept.all() and np.allclose(result[0][kept], A[kept] / np.mean(kept), rtol=1e-6)


def same_number_each_time(result: list, wanted: list, case: Case) -> bool | None:
    """Recognise that of each array the same number of entries is kept, though not the same ones."""
    if case.tag != "often":
        return None
    counts = {int(np.count_nonzero(A_out)) for A_out in result}
    return len(counts) == 1 and 0 < counts.pop() < result[0].size and np.ptp(result, axis=0).any()


def same_at_every_call(result: tuple, wanted: tuple, case: Case) -> bool | None:
    """Recognise that the same entries are dropped whatever the generator, though not none."""
    if case.tag != "twice":
        return None
    first, later, again = (A_out != 0 for A_out in result)
    return np.array_equal(first, later) and np.array_equal(first, again) and not first.all()


def deaf_to_the_seed(result: tuple, wanted: tuple, case: Case) -> bool | None:
    """Recognise that the same seed drops other entries."""
    return not np.array_equal(result[0], result[2]) if case.tag == "twice" else None


dropping = partial(misconceptions, ref.dropout_forward)

MASK = "mask = rng.random(A.shape) < keep_prob"
DROPPED = "A_out = A * mask / keep_prob"

DROPOUT_FORWARD_MISCONCEPTIONS = (
    *dropping(
        "DO-01", INVERTED,
        "What is kept is not divided by keep_prob. The division makes up for what is dropped, so "
        "that the next layer sees the same expectation with and without dropout.",
        [(DROPPED, "A_out = A * mask")],
        looks_like=kept_and_scaled(lambda p: p, lambda p: 1),
    ),
    *dropping(
        "DO-03", INVERTED,
        "keep_prob is taken for the probability of dropping, and what is kept is not scaled. "
        "Keep with probability keep_prob, and divide by it.",
        [(MASK, MASK.replace("<", ">")), (DROPPED, "A_out = A * mask")],
        looks_like=kept_and_scaled(lambda p: 1 - p, lambda p: 1),
    ),
    *dropping(
        "DO-04", INVERTED,
        "Entries are dropped with probability keep_prob and kept with the rest. A uniform random "
        "number is below keep_prob with probability keep_prob: those entries stay.",
        [(MASK, MASK.replace("<", ">"))],
        looks_like=kept_and_scaled(lambda p: 1 - p, lambda p: 1 / p),
    ),
    *dropping(
        "DO-05", INVERTED,
        "The mask compares normal random numbers with keep_prob. Uniform numbers between 0 and 1 "
        "fall below it with the probability keep_prob; normal ones do not.",
        [("rng.random(A.shape)", "rng.standard_normal(A.shape)")],
        looks_like=kept_and_scaled(normal_below, lambda p: 1 / p),
    ),
    *dropping(
        "DO-07", INVERTED,
        "Nothing is dropped. In `random < keep_prob / keep_prob` the division comes first, and "
        "every random number is below 1.",
        [(MASK, MASK + " / keep_prob"), (DROPPED, "A_out = A * mask")],
        looks_like=kept_and_scaled(lambda p: 1, lambda p: 1),
    ),
    *dropping(
        "DO-08", NEW_MASK,
        "One random choice serves all examples of a unit, or all units of an example. Each entry "
        "of A is kept or dropped on its own.",
        [("rng.random(A.shape)", "rng.random((A.shape[0], 1))")],
        [("rng.random(A.shape)", "rng.random((1, A.shape[1]))")],
        [(MASK, "mask = np.broadcast_to(rng.random((A.shape[0], 1)) < keep_prob, A.shape)")],
        looks_like=in_large_arrays(whole_rows_or_columns),
    ),
    *dropping(
        "DO-09", INVERTED,
        "What is kept is multiplied by keep_prob. Dropping makes the expectation smaller; dividing "
        "by keep_prob brings it back.",
        [(DROPPED, "A_out = A * mask * keep_prob")],
        looks_like=kept_and_scaled(lambda p: p, lambda p: p),
    ),
    *dropping(
        "DO-14", INVERTED,
        "The mask holds 1/keep_prob where entries are kept. Here it is True and False, and the "
        "backward pass divides by keep_prob itself.",
        [(MASK, "mask = (rng.random(A.shape) < keep_prob) / keep_prob"),
         (DROPPED, "A_out = A * mask")],
        looks_like=in_large_arrays(
            lambda result, A, p: np.allclose(result[1][result[0] != 0], 1 / p)
        ),
    ),
    *dropping(
        "DO-17", INVERTED,
        "A is divided by the share that happens to be kept. The expectation is kept exactly by "
        "dividing by the probability, keep_prob.",
        [(DROPPED, "A_out = A * mask / np.mean(mask)")],
        looks_like=in_large_arrays(realised_share),
    ),
    *dropping(
        "DO-18", NEW_MASK,
        "A fixed number of entries is dropped at each call. Each entry has a chance of its own, so "
        "the number varies.",
        [(MASK,
          "order = rng.permutation(A.size).reshape(A.shape)\n"
          "    mask = order < round(keep_prob * A.size)")],
        [(MASK,
          "order = np.argsort(rng.random(A.shape), axis=0)\n"
          "    mask = order < round(keep_prob * len(A))")],
        looks_like=same_number_each_time,
    ),
    *dropping(
        "DO-19", INVERTED,
        "A is changed in place, by an operation such as *=. The backward pass and other callers "
        "need it as it was: compute a new array.",
        [(DROPPED, "A *= mask\n    A /= keep_prob\n    A_out = A")],
    ),
    *dropping(
        "DO-21", INVERTED,
        "keep_prob is taken for the drop rate, as some frameworks count. Here it is the "
        "probability that an entry is kept.",
        [("keep_prob", "(1 - keep_prob)", 3),
         ("A, (1 - keep_prob), rng", "A, keep_prob, rng")],
        looks_like=kept_and_scaled(lambda p: 1 - p, lambda p: 1 / (1 - p)),
    ),
    *dropping(
        "DO-22", INVERTED,
        "The two results have changed places: A_out comes first, then the mask.",
        [("return A_out, mask", "return mask, A_out")],
        looks_like=in_large_arrays(
            lambda result, A, p: np.all((result[0] == 0) | (result[0] == 1))
            and np.allclose(result[1], A * result[0] / p)
        ),
    ),
    *dropping(
        "DO-23", INVERTED,
        "The mask marks what is dropped. It should be True where an entry is kept.",
        [("return A_out, mask", "return A_out, ~mask")],
        looks_like=in_large_arrays(lambda result, A, p: np.array_equal(result[1] != 0,
                                                                       result[0] == 0)),
    ),
    *dropping(
        "DO-24", NEW_MASK,
        "Every call drops the same entries, for the seed is fixed inside the function. Use rng, "
        "which goes on from call to call.",
        [(MASK, "rng = np.random.default_rng(0)\n    " + MASK)],
        looks_like=same_at_every_call,
    ),
    *dropping(
        "DO-25", NEW_MASK,
        "The mask does not come from rng, but from a generator of its own. Nobody can repeat such "
        "a run: use the methods of rng.",
        [("rng.random(A.shape)", "np.random.random(A.shape)")],
        [("rng.random(A.shape)", "np.random.default_rng().random(A.shape)")],
        looks_like=deaf_to_the_seed,
    ),
)  # fmt: skip


def by_binomial(A, keep_prob, rng):
    """A mask of 0 and 1, drawn as coins."""
    mask = rng.binomial(1, keep_prob, size=A.shape)
    return np.multiply(A, mask) * (1 / keep_prob), mask


def by_where(A, keep_prob, rng):
    """A float mask, drawn row by row from the other end of the interval."""
    mask = np.array([rng.uniform(size=A.shape[1]) >= 1 - keep_prob for _ in A]).astype(float)
    return np.where(mask == 1, A / keep_prob, 0), mask


DROPOUT_FORWARD = Task(
    reference=ref.dropout_forward,
    returns=("A_out", "mask"),
    cases=dropout_forward_cases,
    criteria=(
        Criterion("output values", 2, "small large", check=dropped_or_scaled),
        Criterion("mask", 1, "small large", check=mask_marks_the_kept),
        Criterion("share kept", 1, "large", check=share_is_kept),
        Criterion("each entry on its own", 1, "large often", check=entries_are_independent),
        Criterion("drawn from rng", 0.5, "twice", check=mask_is_drawn_from_rng),
        inputs_untouched(0.5, "small"),
    ),
    lecture=INVERTED,
    misconceptions=DROPOUT_FORWARD_MISCONCEPTIONS,
    variants=(Variant("coins", by_binomial), Variant("where, row by row", by_where)),
)


# ---------------------------------------------------------------- dropout_backward


def dropout_backward_cases(rng: np.random.Generator) -> list[Case]:
    """Masks with kept and dropped entries, and one that keeps everything."""
    cases = []
    for n, m, keep_prob in ((3, 5, 0.6), (4, 4, 0.8), (20, 30, 0.5), (30, 15, 0.3), (3, 4, 1.0)):
        mask = np.array([[True]])
        while mask.all() == (keep_prob < 1) or not mask.any() or mask.size == 1:
            mask = rng.random((n, m)) < keep_prob
        label = f"{n} units, {m} examples, keep_prob = {keep_prob:g}"
        cases.append(call("dropout_backward", signed(rng, n, m), mask, keep_prob, label=label))
    return cases


def confirm_dropout_backward(case: Case, wanted: np.ndarray) -> float:
    """Differentiate ``sum(dA * A_out)`` numerically, with the mask held fixed."""
    dA, mask, keep_prob = (case.inputs[f"arg{i}"] for i in range(3))
    numerical = central_difference(
        lambda A: float(np.sum(dA * np.where(mask, A, 0)) / keep_prob), np.ones(dA.shape)
    )
    return relative_difference(wanted, numerical)


def nothing_where_dropped(result: np.ndarray, wanted: np.ndarray, case: Case) -> str | None:
    """Where the forward pass put a 0, no gradient comes through."""
    mask = case.inputs["arg1"]
    problem = is_array_like(result, mask, "dA_prev")
    if problem:
        return problem.replace("that of A", "that of dA")
    leaks = np.count_nonzero(result[~mask])
    if leaks:
        return f"dA_prev is not 0 at {leaks} of {np.sum(~mask)} dropped entries."
    return None


def other_entries_dropped(result: np.ndarray, wanted: np.ndarray, case: Case) -> bool | None:
    """Recognise a mask of one's own: right values at other places, in arrays that are not small."""
    dA, mask, keep_prob = (case.inputs[f"arg{i}"] for i in range(3))
    kept = result != 0
    if mask.size < 100:
        return None
    other = not np.array_equal(kept, mask) and not np.array_equal(kept, ~mask)
    return other and not kept.all() and np.allclose(result[kept], dA[kept] / keep_prob)


passing_back = partial(misconceptions, ref.dropout_backward)

BACK = "dA * mask / keep_prob"

DROPOUT_BACKWARD_MISCONCEPTIONS = (
    *passing_back(
        "DO-11", INVERTED,
        "The gradient passes unchanged. Entries that were dropped have no influence on the cost, "
        "and the others were scaled.",
        [(BACK, "dA.copy()")],
    ),
    *passing_back(
        "DO-12", INVERTED,
        "The gradient is not divided by keep_prob. The forward pass divided, so the derivative "
        "has the same factor.",
        [(BACK, "dA * mask")],
    ),
    *passing_back(
        "DO-13", NEW_MASK,
        "The backward pass draws a mask of its own. It goes back through the entries that were "
        "kept on the way forward: use the mask that is handed in.",
        [(BACK, "dA * (np.random.random(dA.shape) < keep_prob) / keep_prob")],
        looks_like=other_entries_dropped,
    ),
    *passing_back(
        "DO-26", INVERTED,
        "The gradient is divided by keep_prob twice. The mask is True and False; one division is "
        "enough.",
        [(BACK, "dA * mask / keep_prob**2")],
    ),
    *passing_back(
        "DO-27", INVERTED,
        "The gradient is multiplied by keep_prob. The forward pass divided, so the derivative "
        "divides as well.",
        [(BACK, "dA * mask * keep_prob")],
    ),
    *passing_back(
        "DO-28", INVERTED,
        "The mask is not used. Entries that were dropped get no gradient.",
        [(BACK, "dA / keep_prob")],
    ),
    *passing_back(
        "DO-29", INVERTED,
        "The gradient goes through the dropped entries and stops at the kept ones. The mask is "
        "True where an entry was kept.",
        [(BACK, "dA * ~mask / keep_prob")],
    ),
    *passing_back(
        "DO-30", INVERTED,
        "dA is changed in place, by an operation such as *=. The caller's array must stay as it "
        "is: compute a new one.",
        [("return " + BACK, "dA *= mask\n    dA /= keep_prob\n    return dA")],
    ),
)  # fmt: skip


DROPOUT_BACKWARD = Task(
    reference=ref.dropout_backward,
    returns="dA_prev",
    cases=dropout_backward_cases,
    criteria=(
        Criterion("gradient", 2),
        Criterion("zero where dropped", 1.5, check=nothing_where_dropped),
        inputs_untouched(0.5),
    ),
    lecture=INVERTED,
    misconceptions=DROPOUT_BACKWARD_MISCONCEPTIONS,
    variants=(
        Variant("where", edited(ref.dropout_backward, (BACK, "np.where(mask, dA / keep_prob, 0)"))),
    ),
    confirm=confirm_dropout_backward,
)


# ---------------------------------------------------------------- early_stopping_epoch

# Patience, then costs as levels: equal levels are equal costs, whatever the scale.
CURVES = (
    ("stop", 3, (9, 7, 5, 6, 7, 8, 9, 2, 1), "a second, deeper valley out of reach"),
    ("stop", 2, (8, 6, 7, 5, 6, 4, 7, 8, 3), "short setbacks, then a long one"),
    ("stop", 3, (9, 5, 6, 7, 4, 6, 7, 8, 1), "a new best in the last epoch that patience allows"),
    ("stop", 2, (6, 3, 8, 7, 6, 5, 1), "a slow way back from a setback"),
    ("stop", 2, (6, 3, 8, 7, 2, 5, 6, 1), "a quick way back from a setback"),
    ("stop", 2, (8, 5, 6, 7, 3, 4, 6, 7, 1), "two valleys out of reach"),
    ("stop", 3, (7, 2, 9, 6, 8, 5, 1), "ups and downs above the best"),
    ("stop", 3, (3, 4, 5, 6, 7, 1), "costs that rise from a point on"),
    ("stop", 1, (8, 6, 7, 2), "no patience beyond one epoch"),
    ("end", 4, (9, 8, 6, 7, 7.5, 5, 6, 6.5, 5.5), "setbacks within patience"),
    ("end", 2, (9, 8, 7, 6, 5), "costs that only fall"),
    ("end", 3, (9, 7, 8, 8.5, 4, 6, 3), "two setbacks within patience"),
    ("end", 5, (6, 7, 8), "fewer epochs than patience"),
    ("tie", 3, (7, 4, 6, 4, 5, 3), "the best is reached again, and patience ends"),
    ("tie", 5, (7, 4, 6, 4, 5), "the best is reached again"),
)  # fmt: skip


def early_stopping_cases(rng: np.random.Generator) -> list[Case]:
    """Curves that stop or do not, after a few epochs of improvement, on a scale of their own."""
    cases = []
    for tag, patience, levels, words in CURVES:
        before = range(9 + int(rng.integers(1, 5)), 9, -1)
        base, step = rng.uniform(0.1, 0.5), rng.uniform(0.02, 0.08)
        costs = [float(base + step * level) for level in (*before, *levels)]
        label = f"{words}; {len(costs)} epochs, patience = {patience}"
        cases.append(call("early_stopping_epoch", costs, patience, label=label, tag=tag))
    label = "a single epoch, patience = 2"
    cases.append(call("early_stopping_epoch", [0.7], 2, label=label, tag="end"))
    return cases


stopping = partial(misconceptions, ref.early_stopping_epoch)

NEW_BEST = "if cost < dev_costs[best]:"
WAITED = "elif epoch - best >= patience:"


def compared_with_the_last(dev_costs, patience):
    """Count rises in a row, from one epoch to the next."""
    best = rises = 0
    for epoch in range(1, len(dev_costs)):
        rises = rises + 1 if dev_costs[epoch] > dev_costs[epoch - 1] else 0
        if dev_costs[epoch] < dev_costs[best]:
            best = epoch
        if rises >= patience:
            break
    return best


def never_reset(dev_costs, patience):
    """Count all epochs without a new best."""
    best = waited = 0
    for epoch in range(1, len(dev_costs)):
        if dev_costs[epoch] < dev_costs[best]:
            best = epoch
        else:
            waited += 1
        if waited >= patience:
            break
    return best


def used_up(dev_costs, patience):
    """Take the costs out of the caller's list."""
    best, lowest, epoch = 0, dev_costs[0], 0
    while dev_costs and epoch - best <= patience:
        cost = dev_costs.pop(0)
        if cost < lowest:
            best, lowest = epoch, cost
        elif epoch - best >= patience:
            break
        epoch += 1
    return best


EARLY_STOPPING_MISCONCEPTIONS = (
    *stopping(
        "ES-01", STOPPING,
        "The answer is the best of all epochs. Training has stopped before some of them: what "
        "comes after `patience` epochs without a new best is never seen.",
        [(WAITED, "elif False:")],
    ),
    *stopping(
        "ES-02", STOPPING,
        "The answer is the epoch at which training ends. Patience has run out by then; the "
        "parameters to keep are those of the best epoch.",
        [("return best", "return epoch")],
    ),
    *stopping(
        "ES-03", STOPPING,
        "Each cost is compared with that of the epoch before. Patience counts the epochs since the "
        "best one.",
        compared_with_the_last,
    ),
    *stopping(
        "ES-04", STOPPING,
        "An epoch that only equals the best is taken for a new best. It must be lower.",
        [(NEW_BEST, NEW_BEST.replace("<", "<="))],
    ),
    *stopping(
        "ES-05", STOPPING,
        "Training goes on for an epoch too long. It stops as soon as `patience` epochs in a row "
        "have brought no new best.",
        [(WAITED, WAITED.replace(">=", ">"))],
    ),
    *stopping(
        "ES-06", STOPPING,
        "Training stops an epoch too early. `patience` epochs without a new best are allowed for; "
        "the last of them may still bring one.",
        [(WAITED, WAITED.replace("patience", "patience - 1"))],
    ),
    *stopping(
        "ES-07", STOPPING,
        "All epochs without a new best are counted together. Each new best starts the count again.",
        never_reset,
    ),
    *stopping(
        "ES-08", STOPPING,
        "The answer is the lowest cost. What is wanted is its epoch, counted from 0.",
        [("return best", "return dev_costs[best]")],
    ),
    *stopping(
        "ES-09", STOPPING,
        "The highest value is taken for the best. That would fit an accuracy; a cost should be "
        "low.",
        [(NEW_BEST, NEW_BEST.replace("<", ">"))],
    ),
    *stopping(
        "ES-10", STOPPING,
        "Epochs are counted from 1. The answer should be the index in the list, which starts at 0.",
        [("return best", "return best + 1")],
    ),
    *stopping(
        "ES-11", STOPPING,
        "The caller's list is changed. Read the costs by index or in a loop, and leave them there.",
        used_up,
    ),
    *stopping(
        "ES-12", STOPPING,
        "Training stops at the first epoch without a new best, whatever the patience is. A curve "
        "that is not smooth needs more.",
        [(WAITED, "elif epoch > best:")],
    ),
)  # fmt: skip


def by_minimum(dev_costs, patience):
    """Look at every stretch that patience allows."""
    costs = np.asarray(dev_costs)
    end = 1
    while end < len(costs) and end <= int(np.argmin(costs[:end])) + patience:
        end += 1
    return np.argmin(costs[:end])


def by_counter(dev_costs, patience):
    """Keep the lowest cost and a counter."""
    lowest, best, waited = np.inf, 0, 0
    for epoch, cost in enumerate(dev_costs):
        waited += 1
        if cost < lowest:
            lowest, best, waited = cost, epoch, 0
        if waited == patience:
            return best
    return best


EARLY_STOPPING_EPOCH = Task(
    reference=ref.early_stopping_epoch,
    returns="the best epoch",
    cases=early_stopping_cases,
    criteria=(
        Criterion("training that stops", 2, "stop"),
        Criterion("training that runs to the end", 1, "end"),
        Criterion("equal costs", 0.5, "tie"),
        inputs_untouched(0.5),
    ),
    lecture=STOPPING,
    misconceptions=EARLY_STOPPING_MISCONCEPTIONS,
    variants=(Variant("minimum of each stretch", by_minimum), Variant("counter", by_counter)),
)


# ---------------------------------------------------------------- flip_horizontally


def flip_cases(rng: np.random.Generator) -> list[Case]:
    """Wide, tall and square images, several and one."""
    return [
        call(
            "flip_horizontally",
            rng.uniform(0, 1, shape),
            label="{} images of {} × {}".format(*shape),
        )
        for shape in ((4, 3, 5), (3, 6, 4), (4, 4, 4), (1, 2, 6))
    ]


flipping = partial(misconceptions, ref.flip_horizontally)

MIRRORED = "images[:, :, ::-1]"

FLIP_MISCONCEPTIONS = (
    *flipping(
        "FH-01", AUGMENTATION,
        "The images stand on their heads: the rows are reversed (NumPy's fliplr takes axis 1 as "
        "well). Left and right are on the last axis.",
        [(MIRRORED, "images[:, ::-1, :]")],
    ),
    *flipping(
        "FH-02", AUGMENTATION,
        "The order of the images is reversed. Each image is to be mirrored in itself.",
        [(MIRRORED, "images[::-1]")],
    ),
    *flipping(
        "FH-03", AUGMENTATION,
        "The images are turned by 180 degrees: rows and columns are reversed. Reverse only the "
        "columns.",
        [(MIRRORED, "images[:, ::-1, ::-1]")],
    ),
    *flipping(
        "FH-04", AUGMENTATION,
        "Rows and columns are exchanged. Mirroring keeps the shape; it reverses the last axis.",
        [(MIRRORED, "images.transpose(0, 2, 1)")],
    ),
    *flipping(
        "FH-05", AUGMENTATION,
        "The caller's images are overwritten. Return a new array, and keep the originals.",
        [("return " + MIRRORED, "images[:] = images[:, :, ::-1].copy()\n    return images")],
    ),
)  # fmt: skip


FLIP_HORIZONTALLY = Task(
    reference=ref.flip_horizontally,
    returns="the mirrored array",
    cases=flip_cases,
    criteria=(Criterion("mirrored", 0.75), inputs_untouched(0.25)),
    lecture=AUGMENTATION,
    misconceptions=FLIP_MISCONCEPTIONS,
    variants=(
        Variant("flip", edited(ref.flip_horizontally, (MIRRORED, "np.flip(images, axis=-1)"))),
        Variant(
            "one by one",
            edited(ref.flip_horizontally, (MIRRORED, "np.array([np.fliplr(i) for i in images])")),
        ),
    ),
)


# ---------------------------------------------------------------- random_crop

# Images, height, width, size: at most ten offsets, so that 400 images show all of them.
CROPS = (
    ((400, 8, 8), 6),
    ((400, 5, 7), 4),
    ((400, 4, 7), 3),
    ((400, 7, 5), 4),
    ((400, 7, 4), 3),
)

CROP_OFTEN = """\
import numpy as np
rng = np.random.default_rng(seed)
calls = [random_crop(images.copy(), size, rng) for _ in range(12)]
again = random_crop(images.copy(), size, np.random.default_rng(seed))
result = calls, again"""


def numbered(rng: np.random.Generator, shape: tuple[int, int, int]) -> np.ndarray:
    """Images whose pixels count on from a number drawn, so that each tells where it comes from."""
    return float(rng.integers(1, 1000)) + np.arange(math.prod(shape), dtype=float).reshape(shape)


def random_crop_cases(rng: np.random.Generator) -> list[Case]:
    """Square, wide and tall images; a crop of everything; and repeated calls."""
    cases = []
    for shape, size, tag in (*((*crop, "many") for crop in CROPS), ((6, 5, 5), 5, "full")):
        arguments = numbered(rng, shape), size, Rng(int(rng.integers(2**32)))
        label = "{} images of {} × {}, size = {}".format(*shape, size)
        cases.append(call("random_crop", *arguments, label=label, tag=tag))
    for shape, size in (((25, 8, 8), 6), ((20, 6, 9), 4)):
        label = "13 calls with {} images of {} × {}, size = {}".format(*shape, size)
        images, seed = numbered(rng, shape), int(rng.integers(2**32))
        inputs = {"images": images, "size": size, "seed": seed}
        cases.append(script(CROP_OFTEN, label=label, tag="often", **inputs))
    return cases


def origins(crops: np.ndarray, images: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Image, row and column from which each pixel of the crops comes."""
    return np.unravel_index((crops - images.flat[0]).astype(int), images.shape)


def are_windows(result: np.ndarray, wanted: np.ndarray, case: Case) -> str | None:
    """Each crop is a window of its own image, pixel for pixel."""
    images, size = case.inputs["arg0"], case.inputs["arg1"]
    if not isinstance(result, np.ndarray):
        return "It should return one NumPy array of shape (m, size, size)."
    if result.shape != wanted.shape:
        return f"The crops have shape {result.shape}; it should be {wanted.shape}."
    if not np.isin(result, images).all():
        return "Some values in the crops are not pixels of the images."
    image, row, column = origins(result, images)
    if np.any(image != np.arange(len(images))[:, None, None]):
        return "A crop is not cut from the image of the same number."
    steps = np.arange(size)
    if np.any(row != row[:, :1, :1] + steps[:, None]) or np.any(
        column != column[:, :1, :1] + steps
    ):
        return "A crop is not a square of neighbouring pixels."
    return None


def offsets(result: np.ndarray, case: Case) -> tuple[np.ndarray, np.ndarray]:
    """The row and the column at which each crop starts."""
    _, row, column = origins(result, case.inputs["arg0"])
    return row[:, 0, 0], column[:, 0, 0]


def offsets_differ(result: np.ndarray, wanted: np.ndarray, case: Case) -> str | None:
    """Not all images are cut at the same place.

    With eight offsets or more, 400 images agree with a probability of at most 8^-399.
    """
    rows, columns = offsets(result, case)
    if np.ptp(rows) == np.ptp(columns) == 0:
        return "All images are cut at the same place; each should have an offset of its own."
    return None


def every_offset_occurs(result: np.ndarray, wanted: np.ndarray, case: Case) -> str | None:
    """No offset is missing among the crops of many images.

    One of k equally likely offsets is missing among 400 with a probability of at most
    k (1 - 1/k)^400; for the five cases, with k of 8, 9 or 10, that is below 1e-17 in all.
    """
    (_, h, w), size = case.inputs["arg0"].shape, case.inputs["arg1"]
    found = set(zip(*(offset.tolist() for offset in offsets(result, case)), strict=True))
    possible = (h - size + 1) * (w - size + 1)
    if len(found) < possible:
        return f"Only {len(found)} of {possible} offsets occur among {len(result)} images."
    return None


def crops_are_drawn_from_rng(result: tuple, wanted: tuple, case: Case) -> str | None:
    """The same generator state gives the same crops, another one others.

    With nine offsets or more, 13 calls that choose one offset each agree with a probability of at
    most 9^-12, those that choose one for each image never.
    """
    calls, again = result
    if not np.array_equal(calls[0], again):
        return "Two generators with the same seed gave different crops."
    if not np.ptp(calls, axis=0).any():
        return "All calls with one generator gave the same crops."
    return None


def by_offsets(
    sign: Callable[[np.ndarray, np.ndarray, int, int], bool], where: Callable[[int, int], bool]
) -> Callable:
    """Recognise crops by rows and columns of their offsets, for images where these tell."""

    def looks_like(result: np.ndarray, wanted: np.ndarray, case: Case) -> bool | None:
        if case.tag != "many":
            return None
        (_, h, w), size = case.inputs["arg0"].shape, case.inputs["arg1"]
        if not where(h, w):
            return None
        if are_windows(result, wanted, case):
            return False
        rows, columns = offsets(result, case)
        return bool(sign(rows, columns, h - size, w - size))

    return looks_like


def anywhere(h: int, w: int) -> bool:
    """Images of every form tell."""
    return True


def fill(found: np.ndarray, last: int) -> bool:
    """Whether offsets take every value up to the last, and no other."""
    return np.array_equal(np.unique(found), np.arange(last + 1))


def one_place_for_all(result: np.ndarray, wanted: np.ndarray, case: Case) -> bool | None:
    """Recognise one random offset for all images of a call."""
    if case.tag == "often":
        calls, _ = result
        return None if np.ptp(calls, axis=0).any() else False
    return None if case.tag == "full" else offsets_differ(result, wanted, case) is not None


def one_place_for_ever(result: np.ndarray, wanted: np.ndarray, case: Case) -> bool | None:
    """Recognise an offset that is the same for all images and in all calls."""
    if case.tag != "often":
        return False if case.tag == "many" and not offsets_differ(result, wanted, case) else None
    calls, _ = result
    return not np.ptp(calls, axis=0).any()


def same_crops_each_time(result: tuple, wanted: tuple, case: Case) -> bool | None:
    """Recognise crops with offsets of their own that are the same in all calls."""
    if case.tag != "often":
        return False if case.tag == "many" and offsets_differ(result, wanted, case) else None
    calls, again = result
    return not np.ptp([*calls, again], axis=0).any()


def crops_deaf_to_the_seed(result: tuple, wanted: tuple, case: Case) -> bool | None:
    """Recognise crops that do not depend on the generator's seed."""
    return not np.array_equal(result[0][0], result[1]) if case.tag == "often" else None


def mixed_up(result: np.ndarray, wanted: np.ndarray, case: Case) -> bool | None:
    """Recognise crops of other images than their own."""
    if case.tag != "many":
        return None
    image, _, _ = origins(result, case.inputs["arg0"])
    return bool(np.any(image[:, 0, 0] != np.arange(len(result))))


def cut_off(result: np.ndarray, wanted: np.ndarray, case: Case) -> bool | None:
    """Recognise crops from which `size` rows and columns are missing."""
    if case.tag != "many":
        return None
    (m, h, w), size = case.inputs["arg0"].shape, case.inputs["arg1"]
    return result.shape == (m, h - size, w - size)


cropping = partial(misconceptions, ref.random_crop)

TOPS = "tops = rng.integers(0, h - size + 1, m)"
LEFTS = "lefts = rng.integers(0, w - size + 1, m)"

RANDOM_CROP_MISCONCEPTIONS = (
    *cropping(
        "RC-01", AUGMENTATION,
        "All images of a call are cut at the same random place. Each image needs an offset of its "
        "own.",
        [(TOPS, TOPS.replace(", m)", ") * np.ones(m, int)")),
         (LEFTS, LEFTS.replace(", m)", ") * np.ones(m, int)"))],
        looks_like=one_place_for_all,
    ),
    *cropping(
        "RC-02", AUGMENTATION,
        "The last row and the last column are never seen. rng.integers leaves its upper end out, "
        "and h − size is a possible offset.",
        [("h - size + 1", "h - size"), ("w - size + 1", "w - size")],
        looks_like=by_offsets(
            lambda rows, columns, down, right: fill(rows, down - 1) and fill(columns, right - 1),
            anywhere,
        ),
    ),
    *cropping(
        "RC-03", AUGMENTATION,
        "The crop is always at the same place. Its offset should be random, so that the network "
        "sees a slightly different image each time.",
        [(TOPS, "tops = np.full(m, (h - size) // 2)"),
         (LEFTS, "lefts = np.full(m, (w - size) // 2)")],
        [(TOPS, "tops = np.zeros(m, int)"), (LEFTS, "lefts = np.zeros(m, int)")],
        looks_like=one_place_for_ever,
    ),
    *cropping(
        "RC-04", AUGMENTATION,
        "One random number serves as row and as column, so only offsets on a diagonal occur. Draw "
        "two.",
        [(TOPS, "tops = rng.integers(0, min(h, w) - size + 1, m)"), (LEFTS, "lefts = tops")],
        looks_like=by_offsets(
            lambda rows, columns, down, right: np.array_equal(rows, columns) and np.ptp(rows) > 0,
            anywhere,
        ),
    ),
    *cropping(
        "RC-05", AUGMENTATION,
        "Every call gives the same crops, for the seed is fixed inside the function. Use rng, "
        "which goes on from call to call.",
        [(TOPS, "rng = np.random.default_rng(0)\n    " + TOPS)],
        looks_like=same_crops_each_time,
    ),
    *cropping(
        "RC-06", AUGMENTATION,
        "The offsets do not come from rng, but from a generator of their own. Nobody can repeat "
        "such a run: use the methods of rng.",
        [(TOPS, TOPS.replace("rng.integers", "np.random.randint")),
         (LEFTS, LEFTS.replace("rng.integers", "np.random.randint"))],
        [(TOPS, "rng = np.random.default_rng()\n    " + TOPS)],
        looks_like=crops_deaf_to_the_seed,
    ),
    *cropping(
        "RC-07", AUGMENTATION,
        "Columns are drawn as if the images were as wide as they are high. Height and width each "
        "have offsets of their own.",
        [(LEFTS, LEFTS.replace("w - size", "h - size"))],
        looks_like=by_offsets(
            lambda rows, columns, down, right: (
                fill((down + 1) * rows + columns, (down + 1) ** 2 - 1)
            ),
            lambda h, w: w > h,
        ),
    ),
    *cropping(
        "RC-08", AUGMENTATION,
        "Crops are cut from other images than their own. The labels belong to the images in their "
        "order: crop i comes from image i.",
        [(TOPS, "images = rng.permutation(images)\n    " + TOPS)],
        looks_like=mixed_up,
    ),
    *cropping(
        "RC-09", AUGMENTATION,
        "size is taken for the number of rows and columns to cut off. It is the height and the "
        "width of what is left.",
        [("h - size + 1", "size + 1"), ("w - size + 1", "size + 1"),
         ("tops[i] + size", "tops[i] + h - size"), ("lefts[i] + size", "lefts[i] + w - size")],
        looks_like=cut_off,
    ),
    *cropping(
        "RC-10", AUGMENTATION,
        "The crops come back as a list. Stack them into one array of shape (m, size, size).",
        [("np.stack(crops)", "crops")],
        looks_like=lambda result, wanted, case: (
            None if case.tag == "often" else isinstance(result, list)
        ),
    ),
    *cropping(
        "RC-11", AUGMENTATION,
        "The crops are written into the caller's images. Put them into a new array, and keep the "
        "originals.",
        [("return np.stack(crops)",
          "images[:, :size, :size] = np.stack(crops)\n    return images[:, :size, :size]")],
    ),
)  # fmt: skip


def into_zeros(images, size, rng):
    """A loop that fills a new array, with random numbers from the upper half-open side."""
    m, h, w = images.shape
    crops = np.zeros((m, size, size))
    for i, image in enumerate(images):
        top, left = int(rng.random() * (h - size + 1)), rng.choice(w - size + 1)
        crops[i] = image[top:, left:][:size, :size]
    return crops


def by_indices(images, size, rng):
    """No loop: indices of all pixels at once."""
    m, h, w = images.shape
    rows = rng.integers(h - size, size=(m, 1, 1), endpoint=True) + np.arange(size)[:, None]
    columns = rng.integers(w - size, size=(m, 1, 1), endpoint=True) + np.arange(size)
    return images[np.arange(m)[:, None, None], rows, columns]


RANDOM_CROP = Task(
    reference=ref.random_crop,
    returns="the crops",
    cases=random_crop_cases,
    criteria=(
        Criterion("windows of the images", 1.5, "many full", check=are_windows),
        Criterion("an offset for each image", 0.5, "many", check=offsets_differ),
        Criterion("every offset", 1, "many", check=every_offset_occurs),
        Criterion("drawn from rng", 0.5, "often", check=crops_are_drawn_from_rng),
        inputs_untouched(0.5, "many"),
    ),
    lecture=AUGMENTATION,
    misconceptions=RANDOM_CROP_MISCONCEPTIONS,
    variants=(Variant("into zeros", into_zeros), Variant("by indices", by_indices)),
)

TASKS = (
    L2_COST,
    L2_GRADIENTS,
    DROPOUT_FORWARD,
    DROPOUT_BACKWARD,
    EARLY_STOPPING_EPOCH,
    FLIP_HORIZONTALLY,
    RANDOM_CROP,
)
