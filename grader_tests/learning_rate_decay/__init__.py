"""Hidden tests of ``learning_rate_decay.ipynb``.

Ids LR are those of the course's catalogue of mistakes, up to 12; the others are this
notebook's own. `SERIES` counts the series, `LEFT_OUT` says why an id has no wrong function here.
"""

from grading.marking import Lecture

NOTEBOOK = "course/module2_optimization/05_learning_rate_decay.ipynb"
BY_HAND = Lecture(NOTEBOOK, "Schedules by hand")
SLIPS = Lecture(NOTEBOOK, "Slips")
SCHEDULES = Lecture(NOTEBOOK, "Which schedule")
FLOOR = Lecture(NOTEBOOK, "The floor of the staircase")

QUESTIONS = (
    "inverse_time_decay",
    "exponential_decay",
    "sqrt_decay",
    "staircase_decay",
    "trapezoid",
    "plateau_decay",
    "diagnose_runs",
)
SERIES = {"LR": 78}
LEFT_OUT = {
    "LR-09": "the caller counts; a schedule only sees the number that it is given",
}
