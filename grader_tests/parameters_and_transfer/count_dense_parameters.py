"""`count_dense_parameters`: return the number of weights and biases of a dense network."""

from __future__ import annotations

import numpy as np

from grader_tests.parameters_and_transfer import COUNTING
from grader_tests.parameters_and_transfer import reference as ref
from grader_tests.parameters_and_transfer.draws import no_whole_number
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
    """Networks of one to twelve layers, with and without biases."""
    cases = []
    for layers in (2, 3, 12, 1):
        for use_bias in (None, True, False):
            widths = rng.choice(np.arange(2, 40), layers + 1, replace=False).tolist()
            if layers == 3:
                widths[0], widths[-1] = 4096, 1
            elif layers == 12:  # narrow: even all widths multiplied are a number of 64 bits
                widths = rng.integers(2, 5, layers + 1).tolist()
            options = {} if use_bias is None else {"use_bias": use_bias}
            settings = "" if use_bias is None else f", use_bias = {use_bias}"
            label = f"layer_dims = {widths}{settings}"
            tag = "plain" if use_bias is False else "biased"
            cases.append(call(ref.count_dense_parameters, widths, label=label, tags=tag, **options))
    return cases


WEIGHTS = "count += n * n_prev"
BIAS = "count += n\n"
BRANCH = "        if use_bias:\n            count += n\n"
RETURN = "return count"

MISTAKES = (
    Mistake(
        "CD-01",
        COUNTING,
        "The inputs have biases too. Layer 0 only hands the data over: biases begin with layer 1.",
        edit(RETURN, "return count + layer_dims[0] * use_bias"),
    ),
    Mistake(
        "CD-02",
        COUNTING,
        "Each layer has a single bias. Every unit has one of its own.",
        edit(BIAS, "count += 1\n"),
    ),
    Mistake(
        "CD-03",
        COUNTING,
        "The biases are not counted. They are learnt as well, one for each unit.",
        edit(BRANCH, ""),
    ),
    Mistake(
        "CD-04",
        COUNTING,
        "use_bias has no effect: biases are always counted. Layers before batch norm have none.",
        edit("if use_bias:", "if True:"),
    ),
    Mistake(
        "CD-06",
        COUNTING,
        "A layer is left out. There is one for each pair of neighbours in layer_dims, the output "
        "layer among them.",
        edit("len(layer_dims)", "len(layer_dims) - 1"),
        edit("range(1,", "range(2,"),
    ),
    Mistake(
        "CD-07",
        COUNTING,
        "The caller's list is changed. Read it by index, or take slices.",
        edit(
            "    count = 0",
            "    layer_dims.insert(0, 0)\n    layer_dims = layer_dims[1:]\n    count = 0",
        ),
    ),
    Mistake(
        "CD-08",
        COUNTING,
        "Units are counted where weights are wanted. Between two layers every pair of units has a "
        "weight: multiply the widths.",
        edit(WEIGHTS, "count += n + n_prev"),
        edit(WEIGHTS, "count += n"),
    ),
    Mistake(
        "CD-09",
        COUNTING,
        "The biases are counted by the layer's inputs. They belong to its outputs: n_l for "
        "layer l.",
        edit(BIAS, "count += n_prev\n"),
    ),
    Mistake(
        "CD-05",
        COUNTING,
        "All widths are multiplied together. Layers follow one another: their counts add up.",
        edit("    count = 0", "    count = 1").then(WEIGHTS, "count *= n * n_prev"),
        edit(RETURN, "return int(np.prod(layer_dims)) + sum(layer_dims[1:]) * use_bias"),
    ),
    Mistake(
        "CD-10",
        COUNTING,
        "Biases are counted for one layer only, or not for the last. Every layer has its own.",
        edit("        if use_bias:", "        if use_bias and layer == len(layer_dims) - 1:"),
        edit("        if use_bias:", "        if use_bias and layer < len(layer_dims) - 1:"),
        edit("        if use_bias:", "        if use_bias and layer == 1:"),
        edit("        if use_bias:", "        if use_bias and layer > 1:"),
        edit("        if use_bias:", "        if use_bias and n != layer_dims[-1]:"),
    ),
    Mistake(
        "CD-11",
        COUNTING,
        "The count is not one whole number, but a float, a list, or nothing. Add all up, in whole "
        "numbers, and return the sum.",
        edit(RETURN, "return float(count)"),
        edit(RETURN, "return [a * b + b * use_bias for a, b in zip(layer_dims, layer_dims[1:])]"),
        edit(RETURN, "return np.array([count])"),
        edit(RETURN, "return layer_dims, count"),
        edit(RETURN, "print(count)"),
        looks_like=no_whole_number,
    ),
    Mistake(
        "CD-12",
        COUNTING,
        "A few numbers too many or too few are counted, whatever the widths are. Go through a "
        "small network by hand, weight by weight.",
        edit(RETURN, "return count + 1"),
        edit(RETURN, "return count - 1"),
        edit(RETURN, "return count + len(layer_dims)"),
        edit(RETURN, "return count + len(layer_dims) - 1"),
    ),
    Mistake(
        "CD-13",
        COUNTING,
        "Only one layer is counted: the sum starts anew with each, or ends with the first. Add to "
        "what is there, and return after the loop.",
        edit(WEIGHTS, "count = n * n_prev"),
        edit("    " + RETURN, "        " + RETURN),
    ),
    Mistake(
        "CD-14",
        COUNTING,
        "A layer's weights are not its width times that of the layer before: a width is squared, "
        "doubled, or that of another layer.",
        edit(WEIGHTS, "count += n * n"),
        edit(WEIGHTS, "count += n_prev * n_prev"),
        edit(WEIGHTS, "count += 2 * n * n_prev"),
        edit(WEIGHTS, "count += n * layer_dims[0]"),
        edit(WEIGHTS, "count += n_prev * layer_dims[-1]"),
    ),
    Mistake(
        "CD-15",
        COUNTING,
        "There are too many biases: for inputs and outputs of a layer, or one for each weight. "
        "Each of its units has one.",
        edit(BIAS, "count += n + n_prev\n"),
        edit(BIAS, "count += 2 * n\n"),
        edit(BIAS, "count += n * n_prev\n"),
    ),
)


def by_arrays(layer_dims, use_bias=True):
    """Inner product of the widths with their neighbours."""
    dims = np.array(layer_dims)
    return dims[:-1] @ dims[1:] + use_bias * dims[1:].sum()


def one_more_input(layer_dims, use_bias=True):
    """A bias as the weight of an input that is always 1."""
    extra = 1 if use_bias else 0
    return sum(layer_dims[i] * (layer_dims[i - 1] + extra) for i in range(1, len(layer_dims)))


TASK = Task(
    reference=ref.count_dense_parameters,
    returns="count",
    cases=cases,
    criteria=(
        Agrees("with biases", 1, "biased"),
        Agrees("without biases", 0.5, "plain"),
        InputsUntouched(0.5),
    ),
    lecture=COUNTING,
    mistakes=MISTAKES,
    variants=(Variant("by arrays", by_arrays), Variant("one more input", one_more_input)),
    losses={
        "CD-15": "with biases",
        "CD-14": "all",
        "CD-13": "all",
        "CD-12": "all",
        "CD-11": "all",
        "CD-10": "with biases",
        "CD-10, way 2": "with biases",
        "CD-01": "with biases",
        "CD-02": "with biases",
        "CD-03": "with biases",
        "CD-04": "without biases",
        "CD-06": "all",
        "CD-07": "inputs untouched",
        "CD-08": "all",
        "CD-09": "with biases",
        "CD-05": "all",
    },
    promises={
        "layer_dims": Promise(value=(1, 4096), length=(2, 13), has=("int64",)),
    },
    equivalent={
        "what is not 0 is true": (
            "if -use_bias:",
            "if use_bias * 1.01:",
        ),
    },
)
