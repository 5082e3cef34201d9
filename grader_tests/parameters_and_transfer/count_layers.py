"""`count_layers`: return the number of learned numbers of each layer."""

from __future__ import annotations

import numpy as np

from grader_tests.parameters_and_transfer import CONVOLUTIONS, COUNTING
from grader_tests.parameters_and_transfer import reference as ref
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


def layer(rng: np.random.Generator, kind: str, bias: bool) -> tuple:
    """Draw a layer of different numbers; an unknown kind looks like one that is known."""
    n, other, h, w = (int(number) for number in rng.choice(np.arange(2, 30), 4, replace=False))
    if kind in ("dense", "dropout"):
        return kind, n, other, bias
    if kind in ("conv", "pool"):
        return kind, n, other, (h, w), bias
    return kind, n


def cases(rng: np.random.Generator) -> list[Case]:
    """Layers of every kind, with and without biases, in several orders; and other kinds."""
    plain, normed, bare = ("dense", "conv"), ("conv", "batch_norm", "dense"), ()
    cases = []
    for kinds, tag in (
        (plain * 2, "plain"),
        (("conv", "conv", "dense", "dense"), "plain"),
        (("dense", "dense", "conv"), "plain"),
        (("dense",), "plain"),
        (bare, "plain"),
        (normed, "normed"),
        (("batch_norm", "dense", "batch_norm"), "normed"),
        (("conv", "batch_norm") * 3 + ("dense",), "normed"),
        (("batch_norm",), "normed"),
        (("dense", "dropout"), "refused"),
        (("conv", "pool", "batch_norm"), "refused"),
        (("batchnorm",), "refused"),
        (("attention", "dense"), "refused"),
    ):
        layers = [layer(rng, kind, i % 2 == 0) for i, kind in enumerate(kinds)]
        label = f"layers {', '.join(kinds)}" if kinds else "no layers"
        raises = ValueError if tag == "refused" else None
        cases.append(call(ref.count_layers, layers, label=label, tags=tag, raises=raises))
    return cases


DENSE = "counts.append(n_out * n_in + n_out * bias)"
CONV = "counts.append(filters * channels * h * w + filters * bias)"
NORM = "counts.append(2 * units)"
RETURN = "return counts"
LOOP = "for kind, *sizes in layers:"
REFUSAL = """\
        else:
            raise ValueError(f"there is no layer of the kind {kind!r}")
"""


def no_list_of_counts(result: object, wanted: list, case: Case) -> bool | None:
    """Recognise what is no list, nor a single number, or a list of floats."""
    if not isinstance(result, list | tuple):
        return not isinstance(result, int | np.integer)
    return any(isinstance(count, float) for count in result) if wanted else None


MISTAKES = (
    Mistake(
        "CY-01",
        COUNTING,
        "The running mean and variance of batch norm are counted. They are averaged while training "
        "goes on, not learned: no gradient moves them.",
        edit(NORM, NORM.replace("2", "4")),
    ),
    Mistake(
        "CY-02",
        COUNTING,
        "Batch norm is counted with another number than it learns for each unit, or with none. "
        "Think of all that it learns for a unit.",
        edit(NORM, NORM.replace("2 * ", "")),
        edit(NORM, NORM.replace("2 * units", "0")),
        edit(NORM, NORM.replace("2 * units", "2")),
        edit(NORM, NORM.replace("2", "3")),
        edit(NORM, NORM.replace("2 * units", "units + 1")),
        edit(NORM, NORM.replace("2 * units", "units + 2")),
        edit(NORM, NORM.replace("2 * units", "units**2")),
    ),
    Mistake(
        "CY-03",
        COUNTING,
        "The total comes back, or a running total. Wanted is a number for each layer.",
        edit(RETURN, "return sum(counts)"),
        edit(RETURN, "return [int(n) for n in np.cumsum(counts)]"),
    ),
    Mistake(
        "CY-04",
        COUNTING,
        "bias has no effect: biases are always counted, or never. Each layer says whether it has "
        "them.",
        edit(DENSE, DENSE.replace(" * bias", "")).then(CONV, CONV.replace(" * bias", "")),
        edit(DENSE, DENSE.replace(" + n_out * bias", "")).then(
            CONV, CONV.replace(" + filters * bias", "")
        ),
    ),
    Mistake(
        "CY-05",
        COUNTING,
        "The biases are counted by the inputs. Units and filters have them, one each.",
        edit(DENSE, DENSE.replace("n_out * bias", "n_in * bias")),
        edit(CONV, CONV.replace("filters * bias", "channels * bias")),
        edit(DENSE, DENSE.replace("n_out * bias", "n_in * bias")).then(
            CONV, CONV.replace("filters * bias", "channels * bias")
        ),
    ),
    Mistake(
        "CY-06",
        COUNTING,
        "A whole layer has one bias. Each unit and each filter has its own.",
        edit(DENSE, DENSE.replace("n_out * bias", "bias")),
        edit(CONV, CONV.replace("filters * bias", "bias")),
        edit(DENSE, DENSE.replace("n_out * bias", "bias")).then(
            CONV, CONV.replace("filters * bias", "bias")
        ),
    ),
    Mistake(
        "CY-07",
        CONVOLUTIONS,
        "The channels are forgotten. A filter reaches through all of them.",
        edit(CONV, CONV.replace("channels * ", "")),
    ),
    Mistake(
        "CY-08",
        CONVOLUTIONS,
        "The kernel is taken for a square, or its sides are added. A window of h rows and w "
        "columns has h · w pixels.",
        edit(CONV, CONV.replace("h * w", "h * h")),
        edit(CONV, CONV.replace("h * w", "w * w")),
        edit(CONV, CONV.replace("h * w", "(h + w)")),
    ),
    Mistake(
        "CY-09",
        COUNTING,
        "A layer of another kind is passed over, or counts as one that it is not. A typing error "
        "should be loud: raise a ValueError.",
        edit(REFUSAL, ""),
        edit(REFUSAL, "        else:\n            counts.append(0)\n"),
        edit('elif kind == "batch_norm":', "else:")
        .then(REFUSAL, "")
        .then("(units,) = sizes", "units = sizes[0]"),
        edit("raise ValueError(", "print("),
    ),
    Mistake(
        "CY-10",
        COUNTING,
        "Layers with nothing to learn, without biases or of batch norm, are left out of the list. "
        "There is a number for every layer.",
        edit(NORM, "pass"),
        edit(RETURN, "return [n for (kind, *_), n in zip(layers, counts) if kind != 'batch_norm']"),
    ),
    Mistake(
        "CY-11",
        COUNTING,
        "The caller's list of layers is emptied or changed. Read it without taking anything out.",
        edit(RETURN, "layers.clear()\n    return counts"),
        edit(RETURN, "layers.reverse()\n    return counts"),
    ),
    Mistake(
        "CY-12",
        COUNTING,
        "The counts are not in a list, or they are floats. Return a list, with one whole number "
        "for each layer, in their order.",
        edit(RETURN, "return dict(enumerate(counts))"),
        edit(RETURN, "return {kind: n for (kind, *_), n in zip(layers, counts)}"),
        edit(RETURN, "return iter(counts)"),
        edit(RETURN, "return [float(n) for n in counts]"),
        edit(RETURN, "return None"),
        looks_like=no_list_of_counts,
    ),
    Mistake(
        "CY-13",
        COUNTING,
        "The counts are in another order than the layers. One stands for each, at its place.",
        edit(RETURN, "return counts[::-1]"),
        edit(RETURN, "return sorted(counts)"),
    ),
    Mistake(
        "CY-14",
        CONVOLUTIONS,
        "A convolution's sizes are not multiplied as they should be: one is missing, added, or a "
        "power. Each filter has a weight for each pixel of its window, in each channel.",
        edit(CONV, CONV.replace("filters * channels * h * w", "channels * h * w")),
        edit(CONV, CONV.replace("filters * channels * h * w", "filters * channels")),
        edit(CONV, CONV.replace("filters * channels * h * w", "filters * (channels + h * w)")),
        edit(CONV, CONV.replace("filters * channels * h * w", "(filters + channels) * h * w")),
    ),
    Mistake(
        "CY-15",
        COUNTING,
        "A dense layer's weights are not inputs times outputs: these are added, or one of them is "
        "squared or left out.",
        edit(DENSE, DENSE.replace("n_out * n_in", "n_out + n_in")),
        edit(DENSE, DENSE.replace("n_out * n_in", "n_out * n_out")),
        edit(DENSE, DENSE.replace("n_out * n_in", "n_in * n_in")),
        edit(DENSE, DENSE.replace("n_out * n_in", "n_in")),
    ),
)


def by_match(layers):
    """Patterns, and sizes of arrays."""
    counts = []
    for one in layers:
        match one:
            case ("dense", n_in, n_out, bias):
                counts.append(np.zeros((n_out, n_in)).size + (n_out if bias else 0))
            case ("conv", channels, filters, kernel, bias):
                counts.append((int(np.prod(kernel)) * channels + int(bias)) * filters)
            case ("batch_norm", units):
                counts.append(units + units)
            case _:
                raise ValueError(one)
    return counts


def by_kind(layers):
    """A dict of functions, and positions."""
    known = {
        "dense": lambda a: a[1] * (a[0] + a[2]),
        "conv": lambda a: a[1] * (a[0] * a[2][0] * a[2][1] + a[3]),
        "batch_norm": lambda a: 2 * a[0],
    }
    if not {one[0] for one in layers} <= known.keys():
        raise ValueError("unknown kind")
    return [known[one[0]](one[1:]) for one in layers]


TASK = Task(
    reference=ref.count_layers,
    returns="counts",
    cases=cases,
    criteria=(
        Agrees("dense and convolution", 1, "plain"),
        Agrees("batch norm", 1, "normed"),
        Agrees("other kinds refused", 0.5, "refused", beside="*"),
        InputsUntouched(0.5),
    ),
    lecture=COUNTING,
    mistakes=MISTAKES,
    variants=(Variant("by match", by_match), Variant("by kind", by_kind)),
    losses={
        "CY-15": "all",
        "CY-14": "all",
        "CY-13": "all",
        "CY-12": "all",
        "CY-01": "batch norm",
        "CY-02": "batch norm",
        "CY-03": "all",
        "CY-04": "all",
        "CY-05": "all",
        "CY-06": "all",
        "CY-07": "all",
        "CY-08": "all",
        "CY-09": "other kinds refused",
        "CY-10": "batch norm",
        "CY-11": "inputs untouched",
    },
    promises={
        "layers": Promise(
            value=(3, 26), within=(2, 30), length=(0, 7), has=("dense", "conv", "batch_norm")
        ),
    },
    equivalent={
        "a product does not see the order": ("channels, filters, (w, h), bias = sizes",),
    },
)
