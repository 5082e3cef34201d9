"""`count_conv_parameters`: return the number of weights and biases of a convolutional layer."""

from __future__ import annotations

import numpy as np

from grader_tests.parameters_and_transfer import CONVOLUTIONS
from grader_tests.parameters_and_transfer import reference as ref
from grader_tests.parameters_and_transfer.draws import no_whole_number
from grading.marking import Agrees, Case, Mistake, Promise, Task, Variant, call, edit


def cases(rng: np.random.Generator) -> list[Case]:
    """Square and other kernels, with and without biases; channels, filters and sides differ."""
    cases = []
    for square, use_bias in (
        (True, None),
        (True, True),
        (True, None),
        (False, None),
        (False, True),
        (False, None),
        (True, False),
        (True, False),
        (False, False),
    ):
        channels, filters, h, w = (int(n) for n in rng.choice(np.arange(2, 20), 4, replace=False))
        kernel = (h, h) if square else (h, w)
        options = {} if use_bias is None else {"use_bias": use_bias}
        settings = "" if use_bias is None else f", use_bias = {use_bias}"
        label = f"{channels} channels, {filters} filters, kernel {kernel}{settings}"
        tag = "plain" if use_bias is False else "square" if square else "oblong"
        case = call(
            ref.count_conv_parameters, channels, filters, kernel, label=label, tags=tag, **options
        )
        cases.append(case)
    label = "1 channel, 512 filters, kernel (1, 1)"
    cases.append(call(ref.count_conv_parameters, 1, 512, (1, 1), label=label, tags="square"))
    return cases


CONV_WEIGHTS = "weights = filters * channels * h * w"
CONV_BIASES = "biases = filters if use_bias else 0"

MISTAKES = (
    Mistake(
        "CC-01",
        CONVOLUTIONS,
        "The channels are forgotten. A filter reaches through all of them: a 3 × 3 filter on a "
        "colour image has 27 weights.",
        edit(CONV_WEIGHTS, "weights = filters * h * w"),
    ),
    Mistake(
        "CC-02",
        CONVOLUTIONS,
        "There is a bias for every channel of every filter. A filter sums over its channels and "
        "adds one bias to the sum.",
        edit(CONV_BIASES, CONV_BIASES.replace("= filters", "= filters * channels")),
    ),
    Mistake(
        "CC-03",
        CONVOLUTIONS,
        "The layer has a single bias. Each filter has one of its own.",
        edit(CONV_BIASES, CONV_BIASES.replace("= filters", "= 1")),
    ),
    Mistake(
        "CC-04",
        CONVOLUTIONS,
        "The biases are not counted. They are learnt as well, one for each filter.",
        edit("return weights + biases", "return weights"),
    ),
    Mistake(
        "CC-05",
        CONVOLUTIONS,
        "use_bias has no effect: biases are always counted. Layers before batch norm have none.",
        edit(CONV_BIASES, "biases = filters"),
    ),
    Mistake(
        "CC-06",
        CONVOLUTIONS,
        "The kernel is taken for a square. Its height and width may differ: multiply the two.",
        edit("h * w", "h * h"),
        edit("h * w", "w * w"),
    ),
    Mistake(
        "CC-07",
        CONVOLUTIONS,
        "Height and width are added. A window of h rows and w columns has h · w pixels.",
        edit("h * w", "(h + w)"),
    ),
    Mistake(
        "CC-08",
        CONVOLUTIONS,
        "Only one filter is counted. Each of them has weights of its own.",
        edit("filters * channels * h * w", "channels * h * w"),
    ),
    Mistake(
        "CC-09",
        CONVOLUTIONS,
        "The biases are counted by the input's channels. They belong to the outputs, one for each "
        "filter.",
        edit(CONV_BIASES, CONV_BIASES.replace("= filters", "= channels")),
    ),
    Mistake(
        "CC-10",
        CONVOLUTIONS,
        "There is a bias for each weight of a window. Each filter has one.",
        edit("filters if use_bias", "filters * h * w if use_bias"),
    ),
    Mistake(
        "CC-11",
        CONVOLUTIONS,
        "The count is not one whole number, but a float, a list, or nothing. Add all up, in whole "
        "numbers, and return the sum.",
        edit("return weights + biases", "return float(weights + biases)"),
        edit("return weights + biases", "return weights, biases"),
        edit("return weights + biases", "print(weights + biases)"),
        looks_like=no_whole_number,
    ),
    Mistake(
        "CC-12",
        CONVOLUTIONS,
        "Sizes are added, or one is a power of another, where they should be multiplied: filters, "
        "channels, rows and columns.",
        edit(CONV_WEIGHTS, "weights = filters * (channels + h * w)"),
        edit(CONV_WEIGHTS, "weights = (filters + channels) * h * w"),
        edit(CONV_WEIGHTS, "weights = filters + channels * h * w"),
        edit(CONV_WEIGHTS, "weights = filters * channels * h**w"),
    ),
    Mistake(
        "CC-13",
        CONVOLUTIONS,
        "Weights or biases are missing or come in twice. The count is the sum of the two.",
        edit("return weights + biases", "return biases"),
        edit("return weights + biases", "return weights * biases"),
        edit("return weights + biases", "return weights + 2 * biases"),
        edit("return weights + biases", "return weights - biases"),
        edit(CONV_WEIGHTS, "weights = 2 * filters * channels * h * w"),
    ),
)

TASK = Task(
    reference=ref.count_conv_parameters,
    returns="count",
    cases=cases,
    criteria=(
        Agrees("square kernels", 1, "square"),
        Agrees("other kernels", 0.5, "oblong"),
        Agrees("without biases", 0.5, "plain"),
    ),
    lecture=CONVOLUTIONS,
    mistakes=MISTAKES,
    variants=(
        Variant(
            "by np.prod",
            edit(
                "return weights + biases",
                "return filters * (np.prod(kernel) * channels + use_bias)",
            ),
        ),
    ),
    losses={
        "CC-13": "all",
        "CC-13, way 3": "square kernels · other kernels",
        "CC-13, way 4": "square kernels · other kernels",
        "CC-12": "all",
        "CC-11": "all",
        "CC-10": "all but without biases",
        "CC-01": "all",
        "CC-02": "all but without biases",
        "CC-03": "all but without biases",
        "CC-04": "all but without biases",
        "CC-05": "without biases",
        "CC-06": "all but square kernels",
        "CC-07": "all",
        "CC-08": "all",
        "CC-09": "all but without biases",
    },
    promises={
        "channels": Promise(value=(1, 13), within=(1, 20)),
        "filters": Promise(value=(7.8, 512), within=(2, 512)),
        "kernel": Promise(value=(1, 12), within=(1, 20), has=("equal neighbours", "int64")),
    },
    equivalent={
        "a product does not see the order": ("w, h = kernel",),
        "what is not 0 is true": (
            "biases = filters if -use_bias else 0",
            "biases = filters if use_bias * 1.01 else 0",
        ),
    },
)
