"""Hidden tests of ``weighted_averages.ipynb``.

Ids EW are those of the course's catalogue of mistakes, up to 11; the others are this
notebook's own. `SERIES` counts the series, `LEFT_OUT` says why an id has no wrong function here.
"""

from grading.marking import Lecture

NOTEBOOK = "course/module2_optimization/02_weighted_averages.ipynb"
AVERAGE = Lecture(NOTEBOOK, "A running average")
MEMORY = Lecture(NOTEBOOK, "How long it remembers")
BIAS = Lecture(NOTEBOOK, "Bias correction")
WRITTEN_WRONG = Lecture(NOTEBOOK, "How it is written wrong")
FLAT = Lecture(NOTEBOOK, "Not a flat mean")
ONE_NUMBER = Lecture(NOTEBOOK, "One number of memory")

QUESTIONS = (
    "ewa",
    "ewa_corrected",
    "effective_window",
    "ewa_weights",
    "beta_for_half_life",
)
SERIES = {"EW": 62}
LEFT_OUT = {}
