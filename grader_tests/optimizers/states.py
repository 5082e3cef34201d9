"""The state before the first update: the task that three questions are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np

from grader_tests.optimizers.draws import BY_LAYERS, layers, network
from grading.marking import (
    Agrees,
    Case,
    InputsUntouched,
    Lecture,
    Mistake,
    Promise,
    Task,
    Tolerance,
    Variant,
    call,
    edit,
    script,
)

OWN = """\
{state} = {function}(parameters)
for count, name in enumerate(sorted(parameters), start=1):
    {first}["d" + name] += count
result = {state}, parameters"""

ZERO = Tolerance(0.0, 0.0)  # nothing else


def initial_cases(
    rng: np.random.Generator, reference: Callable, returns: tuple[str, ...]
) -> list[Case]:
    """Networks of several sizes, and writing into the state afterwards."""
    cases = [
        call(reference, network(rng, dims, tag == "names"), label=layers(dims) + words, tags=tag)
        for dims, tag, words in (
            ((3, 4, 1), "plain", ""),
            ((2, 3, 4, 2), "plain", ""),
            ((3, 3, 3, 3), "names", " with batch norm"),
            ((2,) * 12, "names", " with batch norm"),
        )
    ]
    code = OWN.format(state=", ".join(returns), function=reference.__name__, first=returns[0])
    for dims in ((1, 1, 1), (1, 4)):
        cases.append(
            script(
                code,
                label=f"{layers(dims)}, adding a number to each array afterwards",
                tags="own",
                returns=(*returns, "parameters"),
                parameters=network(rng, dims),
            )
        )
    return cases


def initial_mistakes(lecture: Lecture, first: str, count: int) -> tuple[Mistake, ...]:
    """Wrong states before the first update; the zeros are made `count` times, `first` comes first.

    The state of Adam is made of two dicts, the others of one.
    """
    key, made, items = 'f"d{name}"', "np.zeros(value.shape)", "in parameters.items()"
    last = "[f'W{len(parameters) // 2}', f'b{len(parameters) // 2}']"
    return (
        Mistake(
            "IN-01",
            lecture,
            "The keys are those of the parameters. The state belongs to the gradients: put a d in "
            "front.",
            edit(key, "name", count),
        ),
        Mistake(
            "IN-02",
            lecture,
            "All entries are one and the same array: who changes one changes all. Make an array "
            "for each.",
            edit(
                first, f"zeros = np.zeros(next(iter(parameters.values())).shape)\n    {first}"
            ).then(made, "zeros", count),
        ),
        Mistake(
            "IN-03",
            lecture,
            "The state does not start at zero. Nothing has been averaged yet, so every entry is 0.",
            edit(made, "np.ones(value.shape)", count),
            edit(made, "value.copy()", count),
        ),
        Mistake(
            "IN-04",
            lecture,
            "Only the weights W have a state. Every parameter needs one.",
            edit(items, items + " if name.startswith('W')", count),
        ),
        Mistake(
            "IN-05",
            lecture,
            "The last layer has no state. Count layers up to and including L, or go through the "
            "dictionary.",
            edit(items, f"{items} if name not in {last}", count),
        ),
        Mistake(
            "IN-06",
            lecture,
            "The arrays have other shapes than the parameters. Each has the shape of its own "
            "parameter.",
            edit(made, "np.zeros(value.size)", count),
            edit(made, "np.zeros(value.shape[0])", count),
            edit(made, "np.zeros((value.shape[0], 1))", count),
        ),
        Mistake(
            "IN-07",
            lecture,
            "The entries are single numbers. Make arrays of the parameters' shapes.",
            edit(made, "0.0", count),
        ),
        Mistake(
            "IN-08",
            lecture,
            "The parameters themselves are set to zero. The state needs arrays of its own.",
            edit(made, "np.multiply(value, 0, out=value)", count),
        ),
        Mistake(
            "IN-09",
            lecture,
            "Only W and b are given a state. With batch norm there are gamma and beta too: go "
            "through all names of the dictionary.",
            edit(items, items + " if name[0] == 'W' or name[:2] in ('b1', 'b2', 'b3')", count),
            edit(items, "in " + BY_LAYERS, count),
        ),
    )


def initial_task(
    reference: Callable,
    returns: str | tuple[str, str],
    lecture: Lecture,
    first: str,
    losses: Mapping[str, str],
    more: tuple[Mistake, ...] = (),
    variants: tuple[Variant, ...] = (),
) -> Task:
    """The task of an initial state."""
    names = returns if isinstance(returns, tuple) else (returns,)
    return Task(
        reference=reference,
        returns=returns,
        cases=partial(initial_cases, reference=reference, returns=names),
        criteria=(
            Agrees("a zero for each entry", 0.25, "plain", tolerance=ZERO),
            Agrees("parameters of any name", 0.25, "names", tolerance=ZERO),
            Agrees("arrays of their own", 0.25, "own"),
            InputsUntouched(0.25, "plain"),
        ),
        lecture=lecture,
        mistakes=initial_mistakes(lecture, first, len(names)) + more,
        unworked={"the right answer as *": "False is 0; one criterion asks that it takes floats"},
        variants=variants,
        losses=losses,
        promises={
            "parameters": Promise(
                value=(-5, 5),
                within=(-6, 6),
                rows=(1, 4),
                columns=(1, 4),
                layers=(1, 11),
                has=("other names",),
            )
        },
        equivalent={"both are zeros of these shapes": ("return s, v",)} if len(names) > 1 else {},
    )


def zeros_like(parameters):
    """A loop that fills a dict."""
    state = {}
    for name in parameters:
        state["d" + name] = np.zeros_like(parameters[name])
    return state
