"""How an answer is judged: what authors of hidden tests import. NumPy only, no Jupyter.

:mod:`~grading.marking.chance` has margins for random functions, and
:mod:`~grading.marking.derivative` numerical derivatives.
"""

from grading.marking.case import Case, Rng, call, script
from grading.marking.catalogue import Catalogue, load
from grading.marking.compare import Tolerance, difference
from grading.marking.criteria import Agrees, Check, Criterion, Holds, InputsUntouched
from grading.marking.promise import Promise
from grading.marking.source import edit, fixed, parts
from grading.marking.task import Lecture, Mistake, Sign, Task, Variant

__all__ = [
    "Agrees",
    "Case",
    "Catalogue",
    "Check",
    "Criterion",
    "Holds",
    "InputsUntouched",
    "Lecture",
    "Mistake",
    "Promise",
    "Rng",
    "Sign",
    "Task",
    "Tolerance",
    "Variant",
    "call",
    "difference",
    "edit",
    "fixed",
    "load",
    "parts",
    "script",
]
