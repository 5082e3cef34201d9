"""`clip_gradients`: gradients cut down to a norm, that of all entries together."""

from __future__ import annotations

import numpy as np

from grader_tests.optimizers import DEEP
from grader_tests.optimizers import reference as ref
from grader_tests.optimizers.draws import Arrays, gradients, layers, network, zeros
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
    script,
)

OWN = """\
clipped, _ = clip_gradients(grads, max_norm)
for name in clipped:
    clipped[name] += 1
result = clipped, grads"""


def length(grads: Arrays) -> float:
    """The norm of all entries together."""
    return float(np.linalg.norm(np.concatenate([g.ravel() for g in grads.values()])))


def cases(rng: np.random.Generator) -> list[Case]:
    """Gradients longer and shorter than the limit, all of them 0, and limits without sense."""
    cases = []
    for dims, share, tag in (
        ((3, 4, 1), 0.3, "long"),
        ((2, 3, 4, 2), 0.6, "long"),
        ((2, 4, 3), 0.9, "long"),
        ((2,) * 12, 0.05, "long"),
        ((3, 4, 1), 1.2, "short"),
        ((2, 3, 4, 2), 5, "short"),
        ((2, 4, 3), 1.05, "short"),
    ):
        grads = gradients(rng, network(rng, dims, norm=len(dims) in (3, 12)))
        limit = share * length(grads)
        label = f"{layers(dims)}, norm {length(grads):.3g}, max_norm = {limit:.3g}"
        cases.append(call(ref.clip_gradients, grads, limit, label=label, tags=tag))
    for dims, share in (((3, 2, 1), 1.5), ((2, 4, 3), 0.5), ((2, 3, 2), 8)):
        grads = gradients(rng, network(rng, dims))
        limit = share * length(grads)
        told = f"norm {length(grads):.3g}, max_norm = {limit:.3g}"
        cases.append(
            script(
                OWN,
                label=f"{layers(dims)}, {told}, adding a number to each array afterwards",
                tags="own",
                returns=("grads", "as they came"),
                grads=grads,
                max_norm=limit,
            )
        )
    for limit in (0.5, 2.0):
        grads = zeros(network(rng, (2, 3, 1)))
        label = f"gradients of 0, max_norm = {limit:g}"
        cases.append(call(ref.clip_gradients, grads, limit, label=label, tags="zero"))
    for limit in (0, 0.0, -1.0, -rng.uniform(2, 5)):
        grads = gradients(rng, network(rng, (2, 3, 1)))
        label = f"max_norm = {limit:.3g}"
        cases.append(
            call(ref.clip_gradients, grads, limit, label=label, tags="refused", raises=ValueError)
        )
    return cases


NORM = "float(np.sqrt(sum(np.sum(g**2) for g in grads.values())))"
FACTOR = "max_norm / max(norm, max_norm)"
RETURN = "return {key: factor * g for key, g in grads.items()}, norm"


def in_place(grads, max_norm):
    """Shorten the caller's arrays."""
    if max_norm <= 0:
        raise ValueError(max_norm)
    norm = np.sqrt(sum(np.sum(g**2) for g in grads.values()))
    if norm > max_norm:
        for g in grads.values():
            g *= max_norm / norm
    return grads, norm


def other_form(result: object, wanted: tuple, case: Case) -> bool | None:
    """Recognise that something else than a dict and a number is returned."""
    if case.returns:
        return None
    pair = isinstance(result, tuple | list) and len(result) == 2
    return not (pair and isinstance(result[0], dict) and not isinstance(result[1], dict))


MISTAKES = (
    Mistake(
        "CL-01",
        DEEP,
        "Every array is shortened by itself. Then the whole gradient points elsewhere: all arrays "
        "together have one norm, and share one factor.",
        edit(
            RETURN,
            "return {k: min(1, max_norm / max(np.linalg.norm(g), 1e-300)) * g "
            "for k, g in grads.items()}, norm",
        ),
        edit(
            RETURN,
            "return {k: min(1, max_norm / max(np.abs(g).max(), 1e-300)) * g "
            "for k, g in grads.items()}, norm",
        ),
    ),
    Mistake(
        "CL-02",
        DEEP,
        "Every entry is clipped by itself, which bends the gradient towards a corner. Its "
        "direction should stay.",
        edit(RETURN, "return {k: np.clip(g, -max_norm, max_norm) for k, g in grads.items()}, norm"),
        edit(RETURN, "return {k: np.minimum(g, max_norm) for k, g in grads.items()}, norm"),
    ),
    Mistake(
        "CL-03",
        DEEP,
        "Gradients that are short enough are stretched to the limit. They stay as they are.",
        edit(FACTOR, "max_norm / max(norm, 1e-300)"),
        edit(FACTOR, "max_norm / (norm + 1e-12)"),
        edit(FACTOR, "max_norm / norm if norm > 1 else 1.0"),
    ),
    Mistake(
        "CL-04",
        DEEP,
        "Gradients of 0 become nan, 0/0, or an error. They are shorter than any limit.",
        edit(FACTOR, "min(1, max_norm / norm)"),
        edit(RETURN, RETURN.replace("factor * g", "g / norm * min(norm, max_norm)")),
    ),
    Mistake(
        "CL-05",
        DEEP,
        "The norm that is returned is that after clipping. What you want to see is how long the "
        "gradient was.",
        edit(RETURN, RETURN.replace(", norm", ", min(norm, max_norm)")),
        edit(RETURN, RETURN.replace(", norm", ", factor * norm")),
        edit(RETURN, RETURN.replace(", norm", ", max_norm")),
    ),
    Mistake(
        "CL-12",
        DEEP,
        "Beside the gradients comes another number than their norm: the factor, or the square of "
        "the norm. How long the gradient was is to be seen.",
        edit(RETURN, RETURN.replace(", norm", ", factor")),
        edit(RETURN, RETURN.replace(", norm", ", 1 / factor")),
        edit(RETURN, RETURN.replace(", norm", ", norm**2")),
        edit(RETURN, RETURN.replace(", norm", ", norm > max_norm")),
        edit(RETURN, RETURN.replace(", norm", ", norm - min(norm, max_norm)")),
    ),
    Mistake(
        "CL-13",
        DEEP,
        "Two things are returned: the dictionary with the gradients, then the norm. Here one of "
        "them is missing, they are in the other order, or there are no keys.",
        edit(RETURN, RETURN.removesuffix(", norm")),
        edit(RETURN, "return norm"),
        edit(RETURN, "return norm, {key: factor * g for key, g in grads.items()}"),
        edit(RETURN, "return [factor * g for g in grads.values()], norm"),
        edit(RETURN, "return"),
        looks_like=other_form,
    ),
    Mistake(
        "CL-14",
        DEEP,
        "What comes back holds the caller's own arrays where nothing is shortened, or the caller's "
        "dictionary. Who writes into one changes the other: make new arrays, short gradients too.",
        edit(
            RETURN,
            "return ({k: factor * g for k, g in grads.items()} if factor < 1 else grads), norm",
        ),
        edit(RETURN, "return {k: factor * g if factor < 1 else g for k, g in grads.items()}, norm"),
    ),
    Mistake(
        "CL-06",
        DEEP,
        "This is another measure than the length of the gradient: squares are added up over all "
        "entries, and the root is taken once, of the sum.",
        edit(NORM, "float(sum(np.sum(np.abs(g)) for g in grads.values()))"),
        edit(NORM, "float(max(np.max(np.abs(g)) for g in grads.values()))"),
        edit(NORM, "float(sum(np.sum(g**2) for g in grads.values()))"),
        edit(NORM, "float(sum(np.linalg.norm(g) for g in grads.values()))"),
        edit(NORM, "float(max(np.linalg.norm(g) for g in grads.values()))"),
        edit(NORM, "float(sum(np.linalg.norm(g, 2) for g in grads.values()))"),
        edit(NORM, "float(np.sqrt(sum(np.linalg.norm(g, 2) ** 2 for g in grads.values())))"),
        edit(NORM, "float(np.sqrt(np.mean([np.mean(g**2) for g in grads.values()])))"),
        edit(NORM, "float(np.sqrt(sum(np.sum(g) ** 2 for g in grads.values())))"),
        edit(NORM, "float(np.sqrt(sum(np.mean(g**2) for g in grads.values())))"),
        edit(
            NORM,
            "float(np.sqrt(np.mean(np.concatenate([g.ravel() for g in grads.values()]) ** 2)))",
        ),
        edit(NORM, "float(np.sqrt(sum(np.sum(np.abs(g)) for g in grads.values())))"),
        edit(NORM, "float(abs(sum(np.sum(g) for g in grads.values())))"),
        edit(NORM, "float(np.mean([np.linalg.norm(g) for g in grads.values()]))"),
        edit(NORM, "float(sum(np.linalg.norm(g, 1) for g in grads.values()))"),
        edit(NORM, "float(sum(np.linalg.norm(g) for g in grads.values())) ** 0.5"),
    ),
    Mistake(
        "CL-07",
        DEEP,
        "Only some of the arrays take part in the norm: the weights, or a single array. It is that "
        "of all entries, the biases too.",
        edit("for g in grads.values()", "for k, g in grads.items() if k.startswith('dW')"),
        edit("for g in grads.values()", "for k, g in grads.items() if k.startswith(('dW', 'db'))"),
        edit("for g in grads.values()", "for g in list(grads.values())[-1:]"),
        edit("for g in grads.values()", "for g in list(grads.values())[:1]"),
        edit("for g in grads.values()", "for g in list(grads.values())[:-1]"),
        edit("for g in grads.values()", "for g in list(grads.values())[1:]"),
    ),
    Mistake(
        "CL-08",
        DEEP,
        "The gradients are not shortened to the limit: the factor that leads from their norm to it "
        "is another one.",
        edit(FACTOR, "max_norm if norm > max_norm else 1.0"),
        edit(FACTOR, "1 / norm if norm > max_norm else 1.0"),
        edit(FACTOR, "(max_norm / norm) ** 2 if norm > max_norm else 1.0"),
        edit(FACTOR, "norm / max_norm if norm > max_norm else 1.0"),
        edit(FACTOR, "(max_norm / norm) ** 0.5 if norm > max_norm else 1.0"),
        edit(FACTOR, "1.0 if norm <= max_norm else 0.0"),
        edit(FACTOR, "1.0"),
        edit(FACTOR, "max_norm / norm**2 if norm > max_norm else 1.0"),
        edit(FACTOR, "max_norm / (1 + norm) if norm > max_norm else 1.0"),
        edit(FACTOR, "max_norm / (norm + max_norm)"),
        edit(FACTOR, "1 - max_norm / norm if norm > max_norm else 1.0"),
        edit(FACTOR, "max_norm / norm / len(grads) if norm > max_norm else 1.0"),
        edit(FACTOR, "max_norm // norm if norm > max_norm else 1.0"),
        edit(
            RETURN,
            RETURN.replace("factor * g", "(g if norm <= max_norm else g - (norm - max_norm))"),
        ),
    ),
    Mistake(
        "CL-15",
        DEEP,
        "Short gradients are changed and long ones are not: the comparison is the wrong way round. "
        "Shorten where the norm is above max_norm.",
        edit(RETURN, RETURN.replace("factor", "(max_norm / norm if 0 < norm < max_norm else 1.0)")),
        edit(RETURN, RETURN.replace("factor", "(norm / max_norm if norm < max_norm else 1.0)")),
        edit(RETURN, RETURN.replace("factor", "(max_norm / min(norm, max_norm) if norm else 1.0)")),
    ),
    Mistake(
        "CL-09",
        DEEP,
        "The caller's gradients are changed. Make new arrays in a new dictionary.",
        in_place,
        edit(RETURN, "for g in grads.values():\n        g *= factor\n    return dict(grads), norm"),
    ),
    Mistake(
        "CL-10",
        DEEP,
        "A limit of 0 or less gets through. No gradient has a negative length, and of one of "
        "length 0 nothing is left: raise a ValueError.",
        edit("max_norm <= 0", "False"),
        edit("max_norm <= 0", "max_norm < 0"),
    ),
    Mistake(
        "CL-11",
        DEEP,
        "The limit has a fixed value. Use the argument.",
        edit("factor =", "max_norm = 1.0\n    factor ="),
        edit("factor =", "max_norm = 5.0\n    factor ="),
    ),
)


def by_vector(grads, max_norm):
    """One vector of all entries, cut into arrays again."""
    if not max_norm > 0:
        raise ValueError("max_norm has to be positive")
    theta = np.concatenate([grads[key].reshape(-1) for key in grads])
    norm = np.sqrt(theta @ theta)
    if norm > max_norm:
        theta = theta * (max_norm / norm)
    clipped, start = {}, 0
    for key, g in grads.items():
        clipped[key] = theta[start : start + g.size].reshape(g.shape)
        start += g.size
    return clipped, norm


def as_they_came(grads, max_norm):
    """Short ones are copied."""
    if max_norm <= 0:
        raise ValueError(max_norm)
    total = 0.0
    for g in grads.values():
        for entry in g.flat:
            total += entry * entry
    norm = total**0.5
    if norm <= max_norm:
        return {key: g.copy() for key, g in grads.items()}, norm
    return {key: g / norm * max_norm for key, g in grads.items()}, norm


TASK = Task(
    reference=ref.clip_gradients,
    returns=("grads", "norm"),
    cases=cases,
    criteria=(
        Agrees("the norm before clipping", 1, ("long", "short"), "norm"),
        Agrees("long gradients", 2, "long", "grads"),
        Agrees("short gradients", 0.5, ("short", "zero"), "grads", beside=("long gradients",)),
        Agrees("senseless limits refused", 0.5, "refused", beside="*"),
        Agrees("arrays of their own", 0.5, "own", beside="long gradients"),
        InputsUntouched(0.5, ("long", "short")),
    ),
    lecture=DEEP,
    mistakes=MISTAKES,
    unworked={
        f"the right answer {how}": "the norm is right, and limits are refused"
        for how in ("transposed", "sorted")
    },
    variants=(Variant("one vector", by_vector), Variant("as they came", as_they_came)),
    losses={
        "CL-01": "long gradients · short gradients · arrays of their own",
        "CL-02": "long gradients · short gradients · arrays of their own",
        "CL-03": "short gradients · arrays of their own",
        "CL-04": "short gradients",
        "CL-05": "the norm before clipping",
        "CL-06": "all",
        "CL-07": "all",
        "CL-08": "long gradients · short gradients · arrays of their own",
        "CL-09": "arrays of their own · inputs untouched",
        "CL-12": "the norm before clipping",
        "CL-13": "all",
        "CL-13, way 4": "long gradients · short gradients · arrays of their own",
        "CL-14": "arrays of their own",
        "CL-15": "long gradients · short gradients · arrays of their own",
        "CL-10": "senseless limits refused",
        "CL-11": "long gradients · short gradients · arrays of their own",
    },
    promises={
        "grads": Promise(
            value=(-2.5, 2.5),
            within=(-3, 3),
            rows=(1, 4),
            columns=(1, 4),
            layers=(2, 11),
            has=(
                "0",
                "a constant row",
                "equal neighbours",
                "other names",
            ),
        ),
        "max_norm": Promise(value=(0.5, 24), within=(0.4, 50)),
    },
    equivalent={
        "only the sign counts": (
            "if (max_norm * 1.01) <= 0:",
            "norm = float(np.sqrt(sum(np.sum((-g)**2) for g in grads.values())))",
        ),
        "NumPy's number is as good": ("norm = np.sqrt(sum(np.sum(g**2) for g in grads.values()))",),
        "the larger of two, either way": ("factor = max_norm / (max(max_norm, norm))",),
    },
)
