"""`accumulate_gradients`: gradients of mini-batches made into those of all their examples."""

from __future__ import annotations

import numpy as np

from grader_tests.mini_batches import LAST_BATCH
from grader_tests.mini_batches import reference as ref
from grader_tests.optimizers.draws import gradients, layers, network
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


def cases(rng: np.random.Generator) -> list[Case]:
    """Mini-batches of equal and of different sizes, one alone, other names, and nonsense."""
    cases = []
    for dims, sizes, tag in (
        ((3, 4, 1), (8, 8, 8, 3), "all"),
        ((2, 3, 2), (5, 1), "all"),
        ((3, 2, 3, 2), (2, 7, 4), "all"),
        ((2, 3, 1), (6, 6, 6), "all"),
        ((4, 2), (9,), "all"),
        ((2, 4, 3), (16, 5, 16), "names"),
        ((2,) * 12, (3, 200), "names"),
    ):
        parameters = network(rng, dims, norm=tag == "names")
        norm = " with batch norm" if tag == "names" else ""
        cases.append(
            call(
                ref.accumulate_gradients,
                [gradients(rng, parameters) for _ in sizes],
                list(sizes),
                label=f"{layers(dims)}{norm}, mini-batches of {', '.join(map(str, sizes))}",
                tags=tag,
            )
        )
    for count, sizes in (
        *((2, (4, 3, 5)), (1, (6, 2)), (3, (4, 3)), (4, (2, 8, 8)), (0, ())),
        *((2, (4, 0)), (3, (0, 5, 2)), (3, (5, -1, 2))),
    ):
        parameters = network(rng, (2, 3, 1))
        cases.append(
            call(
                ref.accumulate_gradients,
                [gradients(rng, parameters) for _ in range(count)],
                list(sizes),
                label=f"gradients of {count} mini-batches, sizes {list(sizes)}",
                tags="refused",
                raises=ValueError,
            )
        )
    return cases


ADDED = "total[key] = total.get(key, 0) + sizes[i] * mean"
MEAN = "value / sum(sizes)"
RETURN = f"return {{key: {MEAN} for key, value in total.items()}}"
CONDITION = "len(grads_list) != len(sizes) or min(sizes, default=0) < 1"


def into_the_first(grads_list, sizes):
    """Add to the dict and the arrays of the first mini-batch."""
    if not grads_list or len(grads_list) != len(sizes) or min(sizes) < 1:
        raise ValueError(sizes)
    total = grads_list[0]
    for key in total:
        total[key] *= sizes[0]
        for grads, size in zip(grads_list[1:], sizes[1:], strict=True):
            total[key] += size * grads[key]
        total[key] /= sum(sizes)
    return total


def weighted_in_place(grads_list, sizes):
    """Scale the gradients of each mini-batch where they are."""
    if not grads_list or len(grads_list) != len(sizes) or min(sizes) < 1:
        raise ValueError(sizes)
    for grads, size in zip(grads_list, sizes, strict=True):
        for key in grads:
            grads[key] *= size / sum(sizes)
    return {key: sum(grads[key] for grads in grads_list) for key in grads_list[0]}


def running_mean(grads_list, sizes):
    """Take the mean of the last mean and the new gradients, again and again."""
    if not grads_list or len(grads_list) != len(sizes) or min(sizes) < 1:
        raise ValueError(sizes)
    mean = dict(grads_list[0])
    for grads in grads_list[1:]:
        mean = {key: (mean[key] + grads[key]) / 2 for key in mean}
    return mean


MISTAKES = (
    Mistake(
        "AC-01",
        LAST_BATCH,
        "Each mini-batch counts the same, however small it is: that is the mean of the means. An "
        "example of a small one then weighs more than one of a large one.",
        edit(ADDED, "total[key] = total.get(key, 0) + mean").then(MEAN, "value / len(sizes)"),
    ),
    Mistake(
        "AC-02",
        LAST_BATCH,
        "The gradients are added and nothing is divided, so the step gets longer with every "
        "mini-batch. What is wanted is a mean.",
        edit(ADDED, "total[key] = total.get(key, 0) + mean").then(MEAN, "value"),
    ),
    Mistake(
        "AC-03",
        LAST_BATCH,
        "These are sums over the examples. The cost is a mean over them, and so are its gradients.",
        edit(MEAN, "value"),
    ),
    Mistake(
        "AC-04",
        LAST_BATCH,
        "The gradients are divided by the number of examples, but they are means already: turn "
        "each into the sum over its examples first.",
        edit(ADDED, "total[key] = total.get(key, 0) + mean"),
        edit(ADDED, "total[key] = total.get(key, 0) + mean / sizes[i]").then(MEAN, "value"),
        edit(ADDED, "total[key] = total.get(key, 0) + mean / sizes[i]").then(
            MEAN, "value / len(sizes)"
        ),
    ),
    Mistake(
        "AC-05",
        LAST_BATCH,
        "The sums over the examples are divided by the number of mini-batches. Divide by what was "
        "added up: examples.",
        edit(MEAN, "value / len(sizes)"),
    ),
    Mistake(
        "AC-06",
        LAST_BATCH,
        "A dictionary or an array in grads_list is changed, for instance because the sum is made "
        "in the first of them. Start from a new one.",
        into_the_first,
        weighted_in_place,
    ),
    Mistake(
        "AC-07",
        LAST_BATCH,
        "Only one of the mini-batches is in the result: the others are overwritten, or the "
        "function returns inside its loop.",
        edit(ADDED, "total[key] = sizes[i] * mean"),
        edit(ADDED, "total[key] = mean").then(MEAN, "value"),
        edit(ADDED, "total.setdefault(key, mean)").then(MEAN, "value"),
        edit(ADDED, "total.setdefault(key, sizes[i] * mean)"),
    ),
    Mistake(
        "AC-08",
        LAST_BATCH,
        "Only dW and db are looked for, layer by layer. With batch norm there are dgamma and dbeta "
        "too: go through all names of the dictionary.",
        edit("grads.items()", "[(k, g) for k, g in grads.items() if k[2:].isdigit()]"),
        edit("grads.items()", "[(k, g) for k, g in grads.items() if k[:2] in ('dW', 'db')]"),
        edit(
            "grads.items()",
            "[(k, grads[k]) for l in range(1, len(grads) // 2 + 1) for k in (f'dW{l}', f'db{l}')]",
        ),
    ),
    Mistake(
        "AC-09",
        LAST_BATCH,
        "The keys are those of the parameters. Gradients keep their d.",
        edit("{key: value", "{key[1:]: value"),
    ),
    Mistake(
        "AC-10",
        LAST_BATCH,
        "Nonsense gets through: no mini-batch at all, more or fewer sizes than mini-batches, or a "
        "size below 1. zip and sum do not complain; raise a ValueError yourself.",
        edit(CONDITION, "False"),
        edit(CONDITION, "len(grads_list) != len(sizes)"),
        edit(CONDITION, "min(sizes, default=0) < 1"),
        edit(CONDITION, CONDITION.replace("< 1", "< 0")),
        edit(CONDITION, CONDITION.replace("min", "sum").replace(", default=0", "")),
        edit("!=", ">"),
        edit("!=", "<"),
    ),
    Mistake(
        "AC-11",
        LAST_BATCH,
        "The entries of an array are averaged too, so it loses its shape. Each entry has a "
        "gradient of its own: average over mini-batches only.",
        edit(MEAN, "np.sum(value) / sum(sizes)"),
        edit(MEAN, "np.mean(value) / sum(sizes)"),
        edit(MEAN, "np.mean(value, axis=0) / sum(sizes)"),
    ),
    Mistake(
        "AC-12",
        LAST_BATCH,
        "The sizes are compared with that of one mini-batch. The weight of a mini-batch is its "
        "share of all the examples.",
        edit(MEAN, "value / max(sizes) / len(sizes)"),
        edit(MEAN, "value / sizes[0] / len(sizes)"),
        edit(MEAN, "value / sizes[0]"),
        edit(MEAN, "value / max(sizes)"),
        edit(MEAN, "value / sizes[-1]"),
    ),
    Mistake(
        "AC-13",
        LAST_BATCH,
        "Each new mini-batch is averaged with all that came before, half and half, so the first "
        "ones fade. Add up, and divide once, at the end.",
        running_mean,
        edit(
            "            " + ADDED, "            total[key] = (total.get(key, mean) + mean) / 2"
        ).then(MEAN, "value"),
    ),
    Mistake(
        "AC-14",
        LAST_BATCH,
        "Gradients are weighed by the wrong size, that of another mini-batch, or divided by it. "
        "Each counts as often as it has examples.",
        edit("sizes[i] * mean", "sizes[0] * mean"),
        edit("sizes[i] * mean", "mean / sizes[i]"),
    ),
    Mistake(
        "AC-15",
        LAST_BATCH,
        "The sum is divided twice, by the number of examples and by that of the mini-batches. "
        "Once is enough.",
        edit("value / sum(sizes)", "value / sum(sizes) / len(sizes)"),
    ),
    Mistake(
        "AC-16",
        LAST_BATCH,
        "What comes back is not one dictionary: nothing, a list with it, or more beside it. Return "
        "the dictionary itself.",
        edit(RETURN, RETURN.replace("return ", "return [") + "]"),
        edit(RETURN, RETURN + ", sum(sizes)"),
        edit(RETURN, RETURN.replace("return ", "return list(") + ".values())"),
        edit(RETURN, RETURN.replace("return ", "total = ")),
        looks_like=lambda result, wanted, case: type(result) is not dict,
    ),
)


def by_average(grads_list, sizes):
    """NumPy's weighted mean."""
    sizes = np.array(sizes)
    if len(sizes) == 0 or len(sizes) != len(grads_list) or np.any(sizes <= 0):
        raise ValueError("sizes do not fit")
    return {
        key: np.average([grads[key] for grads in grads_list], axis=0, weights=sizes)
        for key in grads_list[0]
    }


def by_shares(grads_list, sizes):
    """Shares of the examples, and einsum."""
    if [size for size in sizes if size < 1] or not sizes or len(grads_list) != len(sizes):
        raise ValueError(f"these sizes do not fit: {sizes}")
    shares = np.array(sizes) / np.sum(sizes)
    grads = {}
    for key in grads_list[-1]:
        grads[key] = np.einsum("i,ijk->jk", shares, np.stack([each[key] for each in grads_list]))
    return grads


def by_moving_mean(grads_list, sizes):
    """A mean that moves with each mini-batch by its share of what was seen so far."""
    if len(grads_list) != len(sizes) or len(sizes) < 1 or not all(n >= 1 for n in sizes):
        raise ValueError
    mean, seen = {key: np.zeros_like(value) for key, value in grads_list[0].items()}, 0
    for n, grads in zip(sizes, grads_list, strict=True):
        seen += n
        for key in mean:
            mean[key] += (grads[key] - mean[key]) * n / seen
    return mean


TASK = Task(
    reference=ref.accumulate_gradients,
    returns="grads",
    cases=cases,
    criteria=(
        Agrees("means over all examples", 2, "all"),
        Agrees("gradients of any name", 1, "names"),
        Agrees("nonsense refused", 1, "refused", beside="*"),
        InputsUntouched(1, "all"),
    ),
    lecture=LAST_BATCH,
    mistakes=MISTAKES,
    variants=(
        Variant("weighted mean", by_average),
        Variant("shares", by_shares),
        Variant("moving mean", by_moving_mean),
    ),
    losses={
        "AC-16": "all",
        "AC-14": "all",
        "AC-14, way 2": "all",
        "AC-15": "all",
        "AC-01": "all",
        "AC-02": "all",
        "AC-03": "all",
        "AC-04": "all",
        "AC-05": "all",
        "AC-06": "inputs untouched",
        "AC-07": "all",
        "AC-08": "gradients of any name",
        "AC-09": "all",
        "AC-10": "nonsense refused",
        "AC-11": "all",
        "AC-12": "all",
        "AC-13": "all",
    },
    promises={
        "grads_list": Promise(
            value=(-2.5, 2.6),
            within=(-3, 3),
            length=(1, 4),
            rows=(1, 4),
            columns=(1, 4),
            layers=(1, 11),
            has=("other names",),
        ),
        "sizes": Promise(value=(1, 200), length=(1, 4), has=("equal neighbours",)),
    },
    equivalent={
        "a ValueError too, of Python's, or of ours": (
            "if len(grads_list) != len(sizes) or (min(sizes)) < 1:",
            "if len(grads_list) != len(sizes) or min(sizes, default=-1) < 1:",
        ),
    },
)
