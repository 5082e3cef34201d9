"""`elastic_gradients`: add the derivatives of an L1 and an L2 penalty together to each dW."""

from __future__ import annotations

import numpy as np

from grader_tests.regularization import DECAY, NAMES, NETWORKS
from grader_tests.regularization import reference as ref
from grader_tests.regularization.draws import NETWORK_SIZES, weights_and_biases
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

REFUSED = (
    (-0.5, 1.0, 4),
    (-0.1, 0.0, 5),
    (0.5, -1.0, 4),
    (0.0, -0.1, 5),
    (0.5, 1.0, 0),
    (0.2, 0.1, -3),
)


def cases(rng: np.random.Generator) -> list[Case]:
    """Both penalties, one alone and none, some weights exactly 0, and what is refused."""
    cases = []
    for number, (dims, m, strength, tag) in enumerate(NETWORK_SIZES):
        l1, l2 = strength * rng.uniform(1.5, 2, 2)
        l1, l2 = [(l1 / 2, l2), (l1, l2 / 2), (l1, 0.0), (0.0, l2)][number % 4]
        cases.append(_call(rng, dims, l1, l2, m, tag))
    for dims, m in (([3, 4, 1], 5), ([4, 3, 2, 1], 12)):
        l1, l2 = rng.uniform(0.5, 2, 2)
        cases.append(_call(rng, dims, l1, l2, m, "zeros"))
    for l1, l2, m in REFUSED:
        cases.append(_call(rng, [2, 3, 1], l1, l2, m, "refused"))
    return cases


def _call(
    rng: np.random.Generator, dims: list[int], l1: float, l2: float, m: int, tag: str
) -> Case:
    parameters = weights_and_biases(rng, dims)
    if tag == "zeros":
        for W in parameters.values():
            W[:, ::2] *= W.shape[1] == 1  # every other column of the weights, and no bias
    grads = {f"d{name}": rng.standard_normal(Q.shape) for name, Q in parameters.items()}
    exact = ", weights of exactly 0" if tag == "zeros" else ""
    return call(
        ref.elastic_gradients,
        grads,
        parameters,
        float(l1),
        float(l2),
        m,
        label=f"layers {dims}, m = {m}, l1 = {l1:.3g}, l2 = {l2:.3g}{exact}",
        tags=tag,
        raises=ValueError if tag == "refused" else None,
    )


def confirm(case: Case, wanted: dict) -> float:
    """Differentiate a linear cost with these gradients, plus the penalties, numerically."""
    grads, parameters, l1, l2, m = case.inputs.values()

    def cost(name: str, W: np.ndarray) -> float:
        penalty = float(np.sum(l1 * np.abs(W) + l2 * W**2 / 2)) / m if name[0] == "W" else 0.0
        return float(np.sum(grads[f"d{name}"] * W)) + penalty

    return max(
        relative_difference(
            wanted[f"d{name}"], central_difference(lambda at, name=name: cost(name, at), Q)
        )
        for name, Q in parameters.items()
    )


def weights_get_a_term(result: dict, wanted: dict, case: Case) -> str | None:
    """The gradients of weights are not as they came, where there are both penalties."""
    grads, both = case.inputs["grads"], case.inputs["l1"] * case.inputs["l2"]
    if both and all(np.array_equal(result.get(k), grads[k]) for k in grads if k[:2] == "dW"):
        return "The gradients of the biases are right, but nothing is added for the weights."
    return None


SIGN = "np.sign(W)"
TERM = "l1 * np.sign(W) + l2 * W"
ADDED = 'regularized[f"d{name}"] = grads[f"d{name}"] + term / m'
LOOP = "parameters.items()"
REFUSAL = "if l1 < 0 or l2 < 0 or m < 1:"

MISTAKES = (
    Mistake(
        "EG-01",
        NAMES,
        "A term is not divided by m. The number of examples divides both penalties.",
        edit("term / m", "term"),
        edit(TERM, "l1 * m * np.sign(W) + l2 * W"),
        edit(TERM, "l1 * np.sign(W) + l2 * m * W"),
    ),
    Mistake(
        "EG-02",
        NETWORKS,
        "The term of l2 is half or twice as large as it should be. Differentiating the square "
        "brings a 2 that cancels the half.",
        edit("l2 * W", "l2 / 2 * W"),
        edit("l2 * W", "2 * l2 * W"),
    ),
    Mistake(
        "EG-03",
        NETWORKS,
        "The gradients of the biases get a term too. Biases are in neither penalty.",
        edit('if name.startswith("W"):', "if True:"),
    ),
    Mistake(
        "EG-04",
        NAMES,
        "The term of l1 does not ask on which side of 0 a weight is. The absolute value grows to "
        "both sides, so that its slope points away from 0.",
        edit(SIGN, "np.abs(W)"),
        edit(SIGN, "(W != 0)"),
        edit(SIGN, "np.ones(W.shape)"),
    ),
    Mistake(
        "EG-05",
        NAMES,
        "A weight of exactly 0 is pushed to one side by l1. There the absolute value has a kink, "
        "and in this question its term is 0.",
        edit(SIGN, "np.where(W >= 0, 1, -1)"),
        edit(SIGN, "np.where(W > 0, 1, -1)"),
    ),
    Mistake(
        "EG-06",
        NAMES,
        "A weight of exactly 0 gives 0/0. Find the side of 0 without a division.",
        edit(SIGN, "(W / np.abs(W))"),
    ),
    Mistake(
        "EG-07",
        NAMES,
        "The two strengths have changed places: l1 belongs to the absolute values, l2 to the "
        "squares.",
        edit(TERM, "l2 * np.sign(W) + l1 * W"),
    ),
    Mistake(
        "EG-08",
        NAMES,
        "Only one of the two penalties is in the gradient. Both act at once, and their derivatives "
        "add up.",
        edit(TERM, "l2 * W"),
        edit(TERM, "l1 * np.sign(W)"),
    ),
    Mistake(
        "EG-09",
        DECAY,
        "The term is subtracted from the gradient. Then every step makes the weights larger.",
        edit("+ term / m", "- term / m"),
    ),
    Mistake(
        "EG-10",
        NETWORKS,
        "The derivative of the penalties comes back alone. It should be added to the gradient "
        "that the backward pass has found.",
        edit('grads[f"d{name}"] + term / m', "term / m"),
    ),
    Mistake(
        "EG-11",
        NETWORKS,
        "The gradients of the biases are missing from what is returned. The update needs them: "
        "hand them on as they are.",
        edit("dict(grads)", "{}"),
    ),
    Mistake(
        "EG-12",
        DECAY,
        "The caller's gradients or weights are changed, by an operation such as += or by writing "
        "into the dictionary. Make a new dictionary with new arrays.",
        edit("dict(grads)", "grads"),
        edit(ADDED, 'regularized[f"d{name}"] += term / m'),
        edit(
            ADDED,
            'W *= 0\n            W += term / m\n            regularized[f"d{name}"] = '
            'grads[f"d{name}"] + W',
        ),
    ),
    Mistake(
        "EG-13",
        NAMES,
        "The sign is that of the gradient. The penalty depends on the weights, and so does its "
        "derivative.",
        edit(SIGN, 'np.sign(grads[f"d{name}"])'),
    ),
    Mistake(
        "EG-14",
        NAMES,
        "Both terms are divided by 2m. The half belongs to the squares only, and goes when they "
        "are differentiated.",
        edit("term / m", "term / (2 * m)"),
    ),
    Mistake(
        "EG-15",
        NAMES,
        "A negative strength, or an m less than 1, is accepted. A penalty that rewards large "
        "weights makes no sense: raise a ValueError.",
        edit(REFUSAL, "if False:"),
        edit(REFUSAL, "if m < 1:"),
        edit(REFUSAL, "if l1 < 0 or m < 1:"),
        edit(REFUSAL, "if l1 < 0 or l2 < 0:"),
    ),
    Mistake(
        "EG-16",
        NETWORKS,
        "The layers are written out one by one. Let the loop run over as many layers as the "
        "dictionary has.",
        edit(LOOP, '[(f"W{layer}", parameters[f"W{layer}"]) for layer in (1, 2)]'),
        edit(LOOP, '[(f"W{layer}", parameters[f"W{layer}"]) for layer in (1, 2, 3)]'),
    ),
    Mistake(
        "EG-17",
        NETWORKS,
        "One number, a sum over a layer's weights, is added to all of its gradients. Each weight "
        "gets a term of its own.",
        edit("term / m", "np.sum(term) / m"),
        edit(SIGN, "np.sum(np.sign(W))"),
    ),
    Mistake(
        "EG-18",
        NAMES,
        "A strength of 0 is refused. It makes sense: one of the two penalties is then left out.",
        edit("l1 < 0 or l2 < 0", "l1 <= 0 or l2 <= 0"),
    ),
)


def by_sides(grads, parameters, l1, l2, m):
    """A loop over layers, each weight on its side of 0."""
    if min(l1, l2) < 0 or m <= 0:
        raise ValueError("a strength below 0, or no examples")
    new = {key: value.copy() for key, value in grads.items()}
    for layer in range(1, len(grads) // 2 + 1):
        W = parameters[f"W{layer}"]
        new[f"dW{layer}"][W > 0] += l1 / m
        new[f"dW{layer}"][W < 0] -= l1 / m
        new[f"dW{layer}"] += W * (l2 / m)
    return new


def entry_by_entry(grads, parameters, l1, l2, m):
    """Plain Python, one weight at a time."""
    if not (l1 >= 0 and l2 >= 0 and m >= 1):
        raise ValueError("no penalty")
    new = {}
    for key, dQ in grads.items():
        new[key] = np.array(dQ)
        if key.startswith("dW"):
            for at in np.ndindex(dQ.shape):
                w = parameters[key[1:]][at]
                side = 0 if w == 0 else w / abs(w)
                new[key][at] = dQ[at] + l1 * side / m + l2 * w / m
    return new


TASK = Task(
    reference=ref.elastic_gradients,
    returns="grads",
    cases=cases,
    criteria=(
        Agrees("weights", 2, ("one", "several"), "dW*"),
        Agrees("weights of exactly 0", 0.5, "zeros", "dW*"),
        Agrees("biases", 0.5, part="db*", also=weights_get_a_term),
        Agrees("what is refused", 0.5, "refused", beside="*"),
        InputsUntouched(0.5),
    ),
    lecture=NAMES,
    mistakes=MISTAKES,
    unworked={"the right answer sorted": "biases have one column, and so one order"},
    variants=(Variant("by sides", by_sides), Variant("entry by entry", entry_by_entry)),
    confirm=confirm,
    losses={
        "EG-18": "all but weights of exactly 0 · what is refused",
        "EG-01": "weights · weights of exactly 0",
        "EG-02": "weights · weights of exactly 0",
        "EG-03": "biases",
        "EG-04": "weights · weights of exactly 0",
        "EG-05": "weights of exactly 0",
        "EG-06": "weights of exactly 0",
        "EG-07": "weights · weights of exactly 0",
        "EG-08": "weights · weights of exactly 0",
        "EG-09": "weights · weights of exactly 0",
        "EG-10": "weights · weights of exactly 0",
        "EG-11": "biases",
        "EG-12": "inputs untouched",
        "EG-13": "weights · weights of exactly 0",
        "EG-14": "weights · weights of exactly 0",
        "EG-15": "what is refused",
        "EG-16": "all",
        "EG-17": "weights · weights of exactly 0",
    },
    promises={
        "grads": Promise(
            value=(-1.8, 1.5),
            within=(-5, 5),
            rows=(1, 5),
            columns=(1, 5),
            layers=(1, 11),
            has=("another order",),
        ),
        "parameters": Promise(
            value=(-3.5, 3.2),
            within=(-10, 10),
            rows=(1, 5),
            columns=(1, 5),
            layers=(1, 11),
            has=("another order", "0"),
        ),
        "l1": Promise(value=(0, 18), within=(0, 25), has=("0",)),
        "l2": Promise(value=(0, 9), within=(0, 12), has=("0",)),
        "m": Promise(value=(1, 50)),
    },
    equivalent={
        "a hundredth more has the same sign": (
            "if (l1 * 1.01) < 0 or l2 < 0 or m < 1:",
            "if l1 < 0 or (l2 * 1.01) < 0 or m < 1:",
            "term = l1 * np.sign(W * 1.01) + l2 * W",
        ),
        "m is a whole number": ("if l1 < 0 or l2 < 0 or (m * 1.01) < 1:",),
    },
)
