"""`initialize_rmsprop`: return a zero array for each parameter, under the key of its gradient."""

from __future__ import annotations

from grader_tests.optimizers import RMSPROP
from grader_tests.optimizers import reference as ref
from grader_tests.optimizers.states import initial_task, one_dict, zeros_like
from grading.marking import Variant

TASK = initial_task(
    ref.initialize_rmsprop,
    "s",
    RMSPROP,
    ("return ",),
    more=(one_dict(RMSPROP),),
    variants=(Variant("zeros_like", zeros_like),),
    losses={
        "IN-01": "all",
        "IN-02": "all",
        "IN-02, way 2": "arrays of their own",
        "IN-03": "all",
        "IN-03, way 3": "a zero for each entry · parameters of any name",
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
        "IN-11": "all",
    },
)
