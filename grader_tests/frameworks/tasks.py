"""Tasks of ``module3_tuning_batchnorm/frameworks.ipynb``.

The course's catalogue of misconceptions has no group for these functions: ids CD (dense counts),
CC (convolutional counts) and FT (fine-tuning) are this notebook's own. `CATALOGUE` counts each
series.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from grader_tests.frameworks import reference as ref
from grading.marking.task import (
    Case,
    Criterion,
    Lecture,
    Task,
    Variant,
    call,
    edited,
    inputs_untouched,
    misconceptions,
    script,
)

NOTEBOOK = "module3_tuning_batchnorm/06_parameters_and_transfer.ipynb"
COUNTING = Lecture(NOTEBOOK, "Counting learnable parameters")
CONVOLUTIONS = Lecture(NOTEBOOK, "Convolutions")
FREEZING = Lecture(NOTEBOOK, "Freezing and fine-tuning")

CATALOGUE = {"CD": 9, "CC": 9, "FT": 12}
LEFT_OUT: dict[str, str] = {}


# ---------------------------------------------------------------- count_dense_parameters


def dense_cases(rng: np.random.Generator) -> list[Case]:
    """Networks of one to four layers, no two widths equal, with and without biases."""
    cases = []
    for layers in (2, 3, 4, 1):
        for use_bias in (None, True, False):
            widths = rng.choice(np.arange(2, 40), layers + 1, replace=False).tolist()
            options = {} if use_bias is None else {"use_bias": use_bias}
            settings = "" if use_bias is None else f", use_bias = {use_bias}"
            label = f"layer_dims = {widths}{settings}"
            tag = "plain" if use_bias is False else "biased"
            cases.append(call("count_dense_parameters", widths, label=label, tag=tag, **options))
    return cases


dense = partial(misconceptions, ref.count_dense_parameters)

WEIGHTS = "count += n * n_prev"
BIAS = "count += n\n"
BRANCH = "        if use_bias:\n            count += n\n"
RETURN = "return count"

DENSE_MISCONCEPTIONS = (
    *dense(
        "CD-01", COUNTING,
        "The inputs have biases too. Layer 0 only hands the data over: biases begin with layer 1.",
        [(RETURN, "return count + layer_dims[0] * use_bias")],
    ),
    *dense(
        "CD-02", COUNTING,
        "Each layer has a single bias. Every unit has one of its own.",
        [(BIAS, "count += 1\n")],
    ),
    *dense(
        "CD-03", COUNTING,
        "The biases are not counted. They are learnt as well, one for each unit.",
        [(BRANCH, "")],
    ),
    *dense(
        "CD-04", COUNTING,
        "use_bias has no effect: biases are always counted. Layers before batch norm have none.",
        [("if use_bias:", "if True:")],
    ),
    *dense(
        "CD-06", COUNTING,
        "A layer is left out. There is one for each pair of neighbours in layer_dims, the output "
        "layer among them.",
        [("len(layer_dims)", "len(layer_dims) - 1")],
        [("range(1,", "range(2,")],
    ),
    *dense(
        "CD-07", COUNTING,
        "The caller's list is changed. Read it by index, or take slices.",
        [("    count = 0",
          "    layer_dims.insert(0, 0)\n    layer_dims = layer_dims[1:]\n    count = 0")],
    ),
    *dense(
        "CD-08", COUNTING,
        "Units are counted where weights are wanted. Between two layers every pair of units has a "
        "weight: multiply the widths.",
        [(WEIGHTS, "count += n + n_prev")],
        [(WEIGHTS, "count += n")],
    ),
    *dense(
        "CD-09", COUNTING,
        "The biases are counted by the layer's inputs. They belong to its outputs: n_l for "
        "layer l.",
        [(BIAS, "count += n_prev\n")],
    ),
    *dense(
        "CD-05", COUNTING,
        "All widths are multiplied together. Layers follow one another: their counts add up.",
        [("    count = 0", "    count = 1"), (WEIGHTS, "count *= n * n_prev")],
        [(RETURN,
          "return int(np.prod(layer_dims)) + sum(layer_dims[1:]) * use_bias")],
    ),
)  # fmt: skip


def by_arrays(layer_dims, use_bias=True):
    """Inner product of the widths with their neighbours."""
    dims = np.array(layer_dims)
    return dims[:-1] @ dims[1:] + use_bias * dims[1:].sum()


def one_more_input(layer_dims, use_bias=True):
    """A bias as the weight of an input that is always 1."""
    extra = 1 if use_bias else 0
    return sum(layer_dims[i] * (layer_dims[i - 1] + extra) for i in range(1, len(layer_dims)))


COUNT_DENSE_PARAMETERS = Task(
    reference=ref.count_dense_parameters,
    returns="count",
    cases=dense_cases,
    criteria=(
        Criterion("with biases", 2, "biased"),
        Criterion("without biases", 1.5, "plain"),
        inputs_untouched(0.5),
    ),
    lecture=COUNTING,
    misconceptions=DENSE_MISCONCEPTIONS,
    variants=(Variant("by arrays", by_arrays), Variant("one more input", one_more_input)),
)


# ---------------------------------------------------------------- count_conv_parameters


def conv_cases(rng: np.random.Generator) -> list[Case]:
    """Square and other kernels, with and without biases; channels, filters and sides differ."""
    cases = []
    for square, use_bias in (
        (True, None), (True, True), (True, None),
        (False, None), (False, True), (False, None),
        (True, False), (True, False), (False, False),
    ):  # fmt: skip
        channels, filters, h, w = (int(n) for n in rng.choice(np.arange(2, 20), 4, replace=False))
        kernel = (h, h) if square else (h, w)
        options = {} if use_bias is None else {"use_bias": use_bias}
        settings = "" if use_bias is None else f", use_bias = {use_bias}"
        label = f"{channels} channels, {filters} filters, kernel {kernel}{settings}"
        tag = "plain" if use_bias is False else "square" if square else "oblong"
        case = call(
            "count_conv_parameters", channels, filters, kernel, label=label, tag=tag, **options
        )
        cases.append(case)
    return cases


conv = partial(misconceptions, ref.count_conv_parameters)

CONV_WEIGHTS = "weights = filters * channels * h * w"
CONV_BIASES = "biases = filters if use_bias else 0"

CONV_MISCONCEPTIONS = (
    *conv(
        "CC-01", CONVOLUTIONS,
        "The channels are forgotten. A filter reaches through all of them: a 3 × 3 filter on a "
        "colour image has 27 weights.",
        [(CONV_WEIGHTS, "weights = filters * h * w")],
    ),
    *conv(
        "CC-02", CONVOLUTIONS,
        "There is a bias for every channel of every filter. A filter sums over its channels and "
        "adds one bias to the sum.",
        [(CONV_BIASES, CONV_BIASES.replace("= filters", "= filters * channels"))],
    ),
    *conv(
        "CC-03", CONVOLUTIONS,
        "The layer has a single bias. Each filter has one of its own.",
        [(CONV_BIASES, CONV_BIASES.replace("= filters", "= 1"))],
    ),
    *conv(
        "CC-04", CONVOLUTIONS,
        "The biases are not counted. They are learnt as well, one for each filter.",
        [("return weights + biases", "return weights")],
    ),
    *conv(
        "CC-05", CONVOLUTIONS,
        "use_bias has no effect: biases are always counted. Layers before batch norm have none.",
        [(CONV_BIASES, "biases = filters")],
    ),
    *conv(
        "CC-06", CONVOLUTIONS,
        "The kernel is taken for a square. Its height and width may differ: multiply the two.",
        [("h * w", "h * h")],
        [("h * w", "w * w")],
    ),
    *conv(
        "CC-07", CONVOLUTIONS,
        "Height and width are added. A window of h rows and w columns has h · w pixels.",
        [("h * w", "(h + w)")],
    ),
    *conv(
        "CC-08", CONVOLUTIONS,
        "Only one filter is counted. Each of them has weights of its own.",
        [("filters * channels * h * w", "channels * h * w")],
    ),
    *conv(
        "CC-09", CONVOLUTIONS,
        "The biases are counted by the input's channels. They belong to the outputs, one for each "
        "filter.",
        [(CONV_BIASES, CONV_BIASES.replace("= filters", "= channels"))],
    ),
)  # fmt: skip

COUNT_CONV_PARAMETERS = Task(
    reference=ref.count_conv_parameters,
    returns="count",
    cases=conv_cases,
    criteria=(
        Criterion("square kernels", 2, "square"),
        Criterion("other kernels", 1.5, "oblong"),
        Criterion("without biases", 1.5, "plain"),
    ),
    lecture=CONVOLUTIONS,
    misconceptions=CONV_MISCONCEPTIONS,
    variants=(
        Variant(
            "by np.prod",
            edited(
                ref.count_conv_parameters,
                ("return weights + biases",
                 "return filters * (np.prod(kernel) * channels + use_bias)"),
            ),
        ),
    ),
)  # fmt: skip


# ---------------------------------------------------------------- fine_tune_step

SORTED = """\
new = fine_tune_step(parameters, grads, learning_rate, trainable)
moved = {name: value for name, value in new.items() if name in moving}
kept = {name: value for name, value in new.items() if name not in moving}
result = moved, kept"""


def network(rng: np.random.Generator, layers: int, normed: bool) -> dict[str, np.ndarray]:
    """Draw the parameters of a network; with `normed`, its hidden layers are batch-normalised."""
    dims = rng.integers(1, 4, layers + 1)
    parameters = {}
    for number in range(1, layers + 1):
        column = (dims[number], 1)
        parameters[f"W{number}"] = rng.standard_normal((dims[number], dims[number - 1]))
        if normed and number < layers:
            parameters[f"gamma{number}"] = rng.uniform(1, 2, column)
            parameters[f"beta{number}"] = rng.uniform(1, 2, column)
        else:
            parameters[f"b{number}"] = rng.uniform(1, 2, column)
    return parameters


def step_cases(rng: np.random.Generator) -> list[Case]:
    """Some, all and no layers trainable; batch norm; and networks of more than nine layers."""
    cases = []
    for layers, trainable, normed in (
        (3, [3], False), (4, [2, 4], False), (2, [1], False), (3, [1, 3], True),
        (4, [2, 3], True), (2, [1, 2], False), (3, [], False),
        (12, [1, 2], False), (11, [1], False), (11, [11], False), (12, [10, 12], True),
    ):  # fmt: skip
        parameters = network(rng, layers, normed)
        grads = {
            f"d{name}": rng.choice([-1, 1]) * rng.uniform(0.5, 2, value.shape)
            for name, value in parameters.items()
        }
        moving = [name for name in parameters if int(name.strip("Wbgamet")) in trainable]
        with_norm = " with batch norm" if normed else ""
        cases.append(
            script(
                SORTED,
                label=f"{layers} layers{with_norm}, trainable = {trainable}",
                tag="deep" if layers > 9 else "shallow",
                returns=("trainable_parameters", "frozen_parameters"),
                parameters=parameters,
                grads=grads,
                learning_rate=float(rng.uniform(0.1, 0.4)),
                trainable=trainable,
                moving=moving,
            )
        )
    return cases


tune = partial(misconceptions, ref.fine_tune_step)

COPY = "new = dict(parameters)"
LAYERS = "for layer in trainable:"
KINDS = '("W", "b", "gamma", "beta")'
ALL_LAYERS = 'range(1, 1 + sum(name.startswith("W") for name in parameters))'
STEP = 'new[name] = parameters[name] - learning_rate * grads["d" + name]'


def by_last_digit(parameters, grads, learning_rate, trainable):
    """The last digit for the layer's number."""
    return {
        name: value - learning_rate * grads["d" + name] if int(name[-1]) in trainable else value
        for name, value in parameters.items()
    }


def by_substring(parameters, grads, learning_rate, trainable):
    """The number anywhere in the name."""
    new = {}
    for name, value in parameters.items():
        moves = any(str(layer) in name for layer in trainable)
        new[name] = value - learning_rate * grads["d" + name] if moves else value
    return new


def by_ending(parameters, grads, learning_rate, trainable):
    """The number at the end of the name, or of a longer number."""
    new = {}
    for name, value in parameters.items():
        moves = any(name.endswith(str(layer)) for layer in trainable)
        new[name] = value - learning_rate * grads["d" + name] if moves else value
    return new


STEP_MISCONCEPTIONS = (
    *tune(
        "FT-01", FREEZING,
        "Every layer moves. Only the layers listed in trainable should; the others are frozen.",
        [(LAYERS, f"for layer in {ALL_LAYERS}:")],
    ),
    *tune(
        "FT-02", FREEZING,
        "The layers in trainable are frozen and the others move. It is the other way round.",
        [(LAYERS, f"for layer in set({ALL_LAYERS}) - set(trainable):")],
    ),
    *tune(
        "FT-03", FREEZING,
        "The step goes uphill. The gradient points towards a higher cost: subtract it.",
        [("parameters[name] - learning_rate", "parameters[name] + learning_rate")],
    ),
    *tune(
        "FT-04", FREEZING,
        "Frozen layers are missing from the result. The network still needs them: put them in as "
        "they are.",
        [(COPY, "new = {}")],
    ),
    *tune(
        "FT-05", FREEZING,
        "The caller's parameters change: an array by -=, or the dict by an assignment. Make a new "
        "dict with new arrays.",
        [(COPY, "new = parameters")],
        [(STEP, 'new[name] -= learning_rate * grads["d" + name]')],
    ),
    *tune(
        "FT-06", FREEZING,
        "The caller's gradients change. Leave grads as it is; what is not needed can stay there.",
        [(STEP,
          'grads["d" + name] *= learning_rate\n'
          '                new[name] = parameters[name] - grads["d" + name]')],
        [(STEP, 'new[name] = parameters[name] - learning_rate * grads.pop("d" + name)')],
    ),
    *tune(
        "FT-07", FREEZING,
        "A layer's number is read from one digit, or looked for somewhere in the name. W11 belongs "
        "to layer 11, not to layer 1.",
        by_last_digit, by_substring, by_ending,
    ),
    *tune(
        "FT-08", FREEZING,
        "Some parameters of a trainable layer stay behind. All that carry its number move: W and "
        "b, and gamma and beta where there is batch norm.",
        [(KINDS, '("W",)')],
        [(KINDS, '("W", "b")')],
        [(KINDS, '("b", "gamma", "beta")')],
    ),
    *tune(
        "FT-09", FREEZING,
        "learning_rate is not used, or has a fixed value. The step is learning_rate times the "
        "gradient.",
        [("learning_rate * grads", "grads")],
        [("learning_rate * grads", "0.01 * grads")],
    ),
    *tune(
        "FT-10", FREEZING,
        "Layers are counted from 0. The first one is layer 1, as in W1.",
        [('name = f"{kind}{layer}"', 'name = f"{kind}{layer + 1}"')],
        [('name = f"{kind}{layer}"', 'name = f"{kind}{layer - 1}"')],
    ),
    *tune(
        "FT-11", FREEZING,
        "All layers between the first and the last trainable one move, or all from the first on. "
        "trainable lists exactly those that do.",
        [(LAYERS, "for layer in range(min(trainable, default=1), max(trainable, default=0) + 1):")],
        [(LAYERS, "for layer in range(min(trainable, default=99), 99):")],
    ),
    *tune(
        "FT-12", FREEZING,
        "Frozen layers are set to 0. Frozen means that they keep what they have learnt; it is "
        "their gradient that counts as 0.",
        [(COPY, "new = {name: np.zeros_like(value) for name, value in parameters.items()}")],
    ),
)  # fmt: skip


def by_digits(parameters, grads, learning_rate, trainable):
    """The number by its digits, and a step of 0 for frozen layers."""
    new = {}
    for name in parameters:
        number = int("".join(letter for letter in name if letter.isdigit()))
        rate = learning_rate * (number in trainable)
        new[name] = parameters[name] - rate * grads["d" + name]
    return new


FINE_TUNE_STEP = Task(
    reference=ref.fine_tune_step,
    returns="parameters",
    cases=step_cases,
    criteria=(
        Criterion("trainable layers", 2.5, "shallow", "trainable_parameters"),
        Criterion("frozen layers", 1.5, "shallow", "frozen_parameters"),
        Criterion("more than nine layers", 1, "deep"),
        inputs_untouched(1),
    ),
    lecture=FREEZING,
    misconceptions=STEP_MISCONCEPTIONS,
    variants=(Variant("by digits", by_digits),),
)

TASKS = (COUNT_DENSE_PARAMETERS, COUNT_CONV_PARAMETERS, FINE_TUNE_STEP)
