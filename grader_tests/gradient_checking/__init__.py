"""Hidden tests of ``gradient_checking.ipynb``.

Ids GC are those of the course's catalogue of mistakes (gradient checking), up to 18; the
others of that series, FE (faulty entries), DD (one direction), PV (parameters_to_vector), VP
(vector_to_parameters) and MB (the backward pass to mend) are this notebook's own. `SERIES` counts
each series, `LEFT_OUT` says why an id has no wrong function here.
"""

from grading.marking import Lecture

NOTEBOOK = "course/module1_practical_aspects/05_gradient_checking.ipynb"
CENTRED = Lecture(NOTEBOOK, "Centred differences")
DIFFERENCE = Lecture(NOTEBOOK, "The relative difference")
VECTOR = Lecture(NOTEBOOK, "Parameters as one vector")
DISTURBED = Lecture(NOTEBOOK, "What disturbs the check")
FOUND = Lecture(NOTEBOOK, "A bug found")

QUESTIONS = (
    "parameters_to_vector",
    "vector_to_parameters",
    "numerical_gradient",
    "gradient_difference",
    "faulty_entries",
    "directional_difference",
    "mended_backward",
)
SERIES = {"GC": 42, "FE": 26, "DD": 22, "PV": 10, "VP": 12, "MB": 18}
LEFT_OUT = {
    "GC-09": "numerical_gradient is not handed a backward pass to copy from",
    "GC-11": "the cost comes from the caller, with or without dropout",
    "GC-12": "the cost comes from the caller, with its penalty",
    "GC-13": "gradient_difference returns a number; the threshold is the reader's",
}
