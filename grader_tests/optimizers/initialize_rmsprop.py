"""`initialize_rmsprop`: return a zero array for each parameter, under the key of its gradient."""

from __future__ import annotations

from grader_tests.optimizers import RMSPROP
from grader_tests.optimizers import reference as ref
from grader_tests.optimizers.states import initial_task, zeros_like
from grading.marking import Variant

TASK = initial_task(
    ref.initialize_rmsprop,
    "s",
    RMSPROP,
    "return {",
    variants=(Variant("zeros_like", zeros_like),),
)
