"""`decide`: return for each column the answer of smallest expected cost, the first of equals."""

from __future__ import annotations

import numpy as np

from grader_tests.softmax import DIGITS, TRUST
from grader_tests.softmax import reference as ref
from grader_tests.softmax.draws import no_whole_array, size
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


def prices(rng: np.random.Generator, K: int, C: int) -> np.ndarray:
    """Draw what each answer costs: right ones little, some wrong ones much."""
    costs = rng.uniform(1, 9, (K, C))
    costs[np.arange(min(K, C)), np.arange(min(K, C))] = rng.uniform(0, 1, min(K, C))
    costs[C:] = rng.uniform(1, 2, (max(K - C, 0), 1))  # to abstain costs the same whatever is true
    return costs


def cases(rng: np.random.Generator) -> list[Case]:
    """As many answers as classes, more and fewer, and answers that cost exactly the same."""
    cases = []
    for K, C, m, tag in (
        (4, 4, 40, "square"),
        (3, 3, 30, "square"),
        (5, 5, 50, "square"),
        (2, 2, 25, "square"),
        (3, 3, 3, "square"),
        (4, 4, 4, "square"),
        (5, 5, 5, "square"),
        (4, 3, 40, "other"),
        (2, 5, 30, "other"),
        (6, 4, 50, "other"),
        (3, 4, 1, "other"),
    ):
        P = ref.softmax(1.5 * rng.standard_normal((C, m)))
        label = f"{K} answers, {size(C, m)}"
        cases.append(call(ref.decide, P, prices(rng, K, C), label=label, tags=tag))
    for K, C, m in ((6, 3, 24), (8, 4, 30)):  # each answer twice, so which is first varies
        P = rng.permuted(np.tile(np.array([0.5, 0.5, 0.0, 0.0])[:C, None], m), axis=0)
        costs = prices(rng, C, C)
        costs = np.vstack([costs[rng.permutation(C)], costs[rng.permutation(C)]])
        label = f"{K} answers, each of which is there twice, {size(C, m)}"
        cases.append(call(ref.decide, P, costs, label=label, tags="tie"))
    return cases


EXPECTED = "expected = costs @ P"
ARGMIN = "return np.argmin(expected, axis=0)"

MISTAKES = (
    Mistake(
        "DC-01",
        TRUST,
        "The most probable class is answered, whatever it costs to be wrong. A small chance of a "
        "dear mistake can weigh more.",
        edit(ARGMIN, "return np.argmax(P, axis=0)"),
    ),
    Mistake(
        "DC-02",
        TRUST,
        "Rows and columns of costs are exchanged. A row is an answer, a column what is true: the "
        "probabilities belong to what is true.",
        edit(EXPECTED, "expected = costs.T @ P"),
    ),
    Mistake(
        "DC-03",
        TRUST,
        "The dearest answer is chosen. Costs should be small.",
        edit("argmin", "argmax"),
    ),
    Mistake(
        "DC-04",
        TRUST,
        "The most probable class is taken for true, and its cheapest answer chosen. The other "
        "classes may be true as well, each with its probability.",
        edit(EXPECTED, "expected = costs[:, np.argmax(P, axis=0)]"),
    ),
    Mistake(
        "DC-05",
        TRUST,
        "The worst that can happen decides, or the worst term. What an answer costs on average, "
        "over what may be true, is asked for.",
        edit(EXPECTED, "expected = np.max(costs[:, :, None] * P, axis=1)"),
        edit(EXPECTED, "expected = np.max(costs, axis=1, keepdims=True) * np.ones(P.shape[1])"),
    ),
    Mistake(
        "DC-06",
        TRUST,
        "The probabilities do not weigh the costs: every example gets the same answer, or the "
        "costs have no say.",
        edit(EXPECTED, "expected = np.mean(costs, axis=1, keepdims=True) * np.ones(P.shape[1])"),
    ),
    Mistake(
        "DC-07",
        TRUST,
        "Of equally good answers the last is taken. The first of them is wanted.",
        edit(ARGMIN, "return len(costs) - 1 - np.argmin(expected[::-1], axis=0)"),
        edit(ARGMIN, "return np.argsort(-expected, axis=0, kind='stable')[-1]"),
    ),
    Mistake(
        "DC-08",
        TRUST,
        "The smallest cost is returned. Wanted is the number of the answer that has it.",
        edit("argmin", "min"),
    ),
    Mistake(
        "DC-09",
        DIGITS,
        "For each answer an example is found. It is the other way round: for each example, which "
        "is a column, an answer.",
        edit("axis=0", "axis=1"),
    ),
    Mistake(
        "DC-10",
        DIGITS,
        "Answers are counted from 1. The first row of costs is answer 0.",
        edit(ARGMIN, ARGMIN + " + 1"),
    ),
    Mistake(
        "DC-11",
        TRUST,
        "Each class's probability is set against the cost of its own answer only. An answer costs "
        "something when any other class is true.",
        edit(EXPECTED, "expected = np.diag(costs)[:, None] * P"),
        edit(EXPECTED, "expected = np.sum(costs, axis=1)[:, None] * (1 - P)"),
    ),
    Mistake(
        "DC-12",
        DIGITS,
        "An argument is changed. Others still need the probabilities and the costs: compute new "
        "arrays.",
        edit(EXPECTED, "costs -= np.min(costs)\n    expected = costs @ P"),
        edit(EXPECTED, "P *= 2\n    expected = costs @ P"),
    ),
    Mistake(
        "DC-13",
        DIGITS,
        "The answers have a second axis, or one answer is given for the whole batch. Return one "
        "number for each example.",
        edit(ARGMIN, "return np.eye(len(costs))[:, np.argmin(expected, axis=0)]"),
        edit(ARGMIN, "return np.argmin(expected)"),
    ),
    Mistake(
        "DC-14",
        TRUST,
        "The probabilities are turned round: what is weighed is that a class is not true. Weigh "
        "each cost by the probability of its class.",
        edit("costs @ P", "costs @ (1 - P)"),
    ),
    Mistake(
        "DC-15",
        DIGITS,
        "The answers are no array of whole numbers, but a list, floats, or nothing. They are "
        "indices: return a NumPy array of whole numbers, one for each example.",
        edit(ARGMIN, ARGMIN + ".tolist()"),
        edit(ARGMIN, ARGMIN + ".astype(float)"),
        edit(ARGMIN, ARGMIN + ".astype(str).tolist()"),
        edit(ARGMIN, "return None"),
        looks_like=no_whole_array,
    ),
    Mistake(
        "DC-16",
        TRUST,
        "costs and P are multiplied entry by entry, where their shapes happen to fit. What an "
        "answer costs is a sum over the classes: a matrix product.",
        edit("costs @ P", "costs * P if costs.shape == P.shape else costs @ P"),
        edit("costs @ P", "costs * P"),
    ),
    Mistake(
        "DC-17",
        TRUST,
        "Only some of the answers are looked at, such as the first as many as there are classes. "
        "Each row of costs is an answer that may be given.",
        edit("costs @ P", "costs[: len(P)] @ P"),
        edit("costs @ P", "costs[:-1] @ P"),
    ),
    Mistake(
        "DC-18",
        TRUST,
        "The expected costs are rounded, so that different ones become equal. Compare them as they "
        "are.",
        edit("costs @ P", "np.round(costs @ P)"),
    ),
    Mistake(
        "DC-19",
        TRUST,
        "The probabilities are replaced by the most probable class alone, or by equal shares, "
        "before the costs are weighed. Weigh with all of them as they are.",
        edit("costs @ P", "costs @ (P == P.max(axis=0))"),
        edit("costs @ P", "costs @ np.round(P)"),
        edit("costs @ P", "costs @ (P > 0.5)"),
    ),
)


def by_sums(P, costs):
    """A loop over the examples, and sums of products."""
    answers = []
    for column in P.T:
        expected = [sum(price * p for price, p in zip(row, column, strict=True)) for row in costs]
        answers.append(expected.index(min(expected)))
    return np.array(answers)


def by_einsum(P, costs):
    """Regret against the cheapest answer to each truth; the difference is the same for all."""
    regret = costs - costs.min(axis=0)
    return np.einsum("kc,ci->ik", regret, P).argmin(axis=1)


TASK = Task(
    reference=ref.decide,
    returns="labels",
    cases=cases,
    criteria=(
        Agrees("as many answers as classes", 1.5, "square", loose_shape=True),
        Agrees("more or fewer answers", 1, "other", loose_shape=True),
        Agrees("the first of equals", 0.5, "tie", loose_shape=True),
        InputsUntouched(1),
    ),
    lecture=TRUST,
    mistakes=MISTAKES,
    variants=(Variant("by sums", by_sums), Variant("by einsum", by_einsum)),
    losses={
        "DC-18": "all",
        "DC-19": "all",
        "DC-19, way 1": "as many answers as classes · more or fewer answers",
        "DC-17": "more or fewer answers",
        "DC-17, way 2": "as many answers as classes · more or fewer answers",
        "DC-16": "as many answers as classes",
        "DC-16, way 2": "all",
        "DC-15": "all",
        "DC-14": "all",
        "DC-01": "all",
        "DC-02": "all",
        "DC-03": "all",
        "DC-04": "all",
        "DC-05": "all",
        "DC-06": "all",
        "DC-07": "the first of equals",
        "DC-08": "all",
        "DC-09": "all",
        "DC-10": "all",
        "DC-11": "all",
        "DC-12": "inputs untouched",
        "DC-13": "all",
    },
    promises={
        "P": Promise(value=(0, 0.9), within=(0, 0.999), rows=(2, 5), columns=(1, 50), has=("0",)),
        "costs": Promise(value=(0.1, 8), within=(0, 9), rows=(2, 8), columns=(2, 5)),
    },
    equivalent={
        "what is the same for all answers does not matter": (
            "expected = (costs + 1) @ P",
            "expected = (costs - 1) @ P",
            "expected = (costs * 1.01) @ P",
            "expected = costs @ (P * 1.01)",
            "return np.argmin(expected + 1, axis=0)",
            "return np.argmin(expected - 1, axis=0)",
            "return np.argmin(expected * 1.01, axis=0)",
        ),
    },
)
