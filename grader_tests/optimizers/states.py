"""The state before the first update: the task that three questions are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np

from grader_tests.optimizers.draws import BY_LAYERS, layers, network, other_keys
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
    for state in ({state},):
        state["d" + name] += count / 2
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
    code = OWN.format(state=", ".join(returns), function=reference.__name__)
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


def initial_mistakes(lecture: Lecture, dicts: Sequence[str]) -> tuple[Mistake, ...]:
    """Wrong states before the first update.

    Each of the dicts stands behind what is given: the state of Adam has two, the others one.
    """
    count, first = len(dicts), dicts[0] + "{"
    key, made, items = 'f"d{name}"', "np.zeros(value.shape)", "in parameters.items()"
    last = "[f'W{len(parameters) // 2}', f'b{len(parameters) // 2}']"

    def ways(old: str, new: str) -> list:
        """In all of the dicts, and in one of several."""
        lines = [f"{before}{{{key}: {made} for name, value {items}}}" for before in dicts]
        alone = [edit(line, line.replace(old, new)) for line in lines if count > 1]
        return [edit(old, new, count), *alone]

    return (
        Mistake(
            "IN-01",
            lecture,
            "The keys are not those of the gradients, to which the state belongs: put a d in front "
            "of each parameter's name, and nothing else.",
            *ways(key, "name"),
            *ways(key, 'f"vd{name}"'),
            looks_like=other_keys,
        ),
        Mistake(
            "IN-02",
            lecture,
            "Entries share one and the same array: who changes one changes all. Make an array "
            "for each.",
            edit(
                first, f"zeros = np.zeros(next(iter(parameters.values())).shape)\n    {first}"
            ).then(made, "zeros", count),
            edit(
                first,
                f"zeros = {{p.shape: np.zeros(p.shape) for p in parameters.values()}}\n    {first}",
            ).then(made, "zeros[value.shape]", count),
        ),
        Mistake(
            "IN-03",
            lecture,
            "The state does not start at zero. Nothing has been averaged yet, so every entry is 0.",
            *ways(made, "np.ones(value.shape)"),
            *ways(made, "value.copy()"),
            edit(made, "np.full(value.shape, 1e-8)", count),
        ),
        Mistake(
            "IN-10",
            lecture,
            "The zeros are whole numbers, or True and False: adding a gradient to such an array "
            "fails, or cuts numbers off. Make arrays of floats.",
            *ways(made, "np.zeros(value.shape, dtype=int)"),
            *ways(made, "np.zeros(value.shape, dtype=bool)"),
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
            "A layer has no state, such as the last, or a part of one has none. Count layers up to "
            "and including L, or go through the dictionary.",
            edit(items, f"{items} if name not in {last}", count),
            edit(items, "in list(parameters.items())[:-1]", count),
            edit(items, "in list(parameters.items())[1:]", count),
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
    dicts: Sequence[str],
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
        mistakes=initial_mistakes(lecture, dicts) + more,
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


def other_than_a_dict(result: object, wanted: object, case: Case) -> bool | None:
    """Recognise that something else than one dictionary is returned."""
    return None if case.returns else type(result) is not dict


def one_dict(lecture: Lecture) -> Mistake:
    """The state is not one dictionary."""
    line = 'return {f"d{name}": np.zeros(value.shape) for name, value in parameters.items()}'
    return Mistake(
        "IN-11",
        lecture,
        "Something else than one dictionary is returned. Return the dictionary that you fill: an "
        "array of zeros under the key of each gradient, and nothing beside it.",
        edit(line, "return [np.zeros(value.shape) for value in parameters.values()]"),
        edit(line, line.replace("return", "state =") + "\n    return state, state"),
        edit(line, line.replace("return ", "")),
        looks_like=other_than_a_dict,
    )


def zeros_like(parameters):
    """A loop that fills a dict."""
    state = {}
    for name in parameters:
        state["d" + name] = np.zeros_like(parameters[name])
    return state
