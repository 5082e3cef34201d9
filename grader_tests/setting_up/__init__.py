"""Hidden tests of ``setting_up.ipynb``.

Ids NI are those of the course's catalogue of mistakes (input normalisation), up to 06; the
others of that series, SP (splitting), GS (by groups), DI (diagnosis) and FS (the first step) are
this notebook's own.
`SERIES` counts each series, `LEFT_OUT` says why an id has no wrong function here.
"""

from grading.marking import Lecture

SETTING_UP = "course/module1_practical_aspects/01_setting_up.ipynb"
SETS = Lecture(SETTING_UP, "Three sets")
DIFFERING = Lecture(SETTING_UP, "When the sets differ")
GROUPS = Lecture(SETTING_UP, "Groups within one file")
RECIPE = Lecture(SETTING_UP, "The basic recipe")
DIAGNOSIS = Lecture(SETTING_UP, "Bias and variance")
NORMALISING = Lecture(
    "course/module1_practical_aspects/04_normalizing_and_initializing.ipynb", "Normalising inputs"
)

QUESTIONS = (
    "split_examples",
    "split_by_group",
    "diagnose",
    "choose_first_step",
    "fit_normalizer",
    "normalize",
)
SERIES = {"SP": 11, "GS": 13, "DI": 13, "FS": 8, "NI": 18}
LEFT_OUT = {"NI-03": "which examples are handed over is the caller's choice, not the function's"}
