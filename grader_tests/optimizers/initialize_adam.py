"""`initialize_adam`: two dicts with a zero for each entry of each parameter."""

from __future__ import annotations

from functools import partial

import numpy as np

from grader_tests.optimizers import ADAM
from grader_tests.optimizers import reference as ref
from grader_tests.optimizers.draws import other_number
from grader_tests.optimizers.states import initial_task
from grading.marking import Mistake, Variant, edit


def times_zero(parameters):
    """Multiply by zero, with the names of the layers."""
    v, s = {}, {}
    for key, value in parameters.items():
        v["d" + key] = 0 * value
        s["d" + key] = v["d" + key].copy()
    return (v, s)


def one_dict(parameters):
    """Give two names to one dict."""
    v = s = {f"d{name}": np.zeros(value.shape) for name, value in parameters.items()}
    return v, s


TASK = initial_task(
    ref.initialize_adam,
    ("v", "s"),
    ADAM,
    ("v = ", "s = "),
    more=(
        Mistake(
            "AD-18",
            ADAM,
            "v and s are one and the same dictionary, or hold the same arrays: what is written "
            "into one appears in the other. Make two.",
            one_dict,
            edit("    return v, s", "    s = dict(v)\n    return v, s"),
        ),
        Mistake(
            "AD-21",
            ADAM,
            "The function returns something else than two dictionaries: v for the mean and s for "
            "the mean square.",
            edit("return v, s", "return v"),
            edit("return v, s", "return {'v': v, 's': s}"),
            looks_like=partial(other_number, 2),
        ),
    ),
    variants=(Variant("times zero", times_zero),),
    losses={
        "IN-01": "all",
        "IN-02": "all",
        "IN-02, way 2": "arrays of their own",
        "IN-03": "all",
        "IN-03, way 7": "a zero for each entry · parameters of any name",
        "IN-04": "all",
        "IN-05": "a zero for each entry · arrays of their own",
        "IN-05, way 2": "all",
        "IN-05, way 3": "all",
        "IN-06": "all",
        "IN-06, way 3": "a zero for each entry · parameters of any name",
        "IN-07": "all",
        "IN-08": "arrays of their own · inputs untouched",
        "IN-09": "parameters of any name",
        "IN-10": "arrays of their own",
        "AD-18": "arrays of their own",
        "AD-21": "all",
    },
)
