"""Hidden tests of ``mini_batches.ipynb``.

Ids MB are those of the course's catalogue of mistakes, up to 14; the others of that series,
GD (gradient descent) and AC (accumulation) are this notebook's own. `SERIES` counts each series,
`LEFT_OUT` says why an id has no wrong function here. Mini-batches are judged by their properties,
never by the order of draws.
"""

from grading.marking import Lecture

NOTEBOOK = "course/module2_optimization/01_mini_batches.ipynb"
EPOCH = Lecture(NOTEBOOK, "An epoch as a loop")
SLIPS = Lecture(NOTEBOOK, "Slips in the loop")
LAST_BATCH = Lecture(NOTEBOOK, "The last batch")

QUESTIONS = (
    "mini_batches",
    "gradient_descent_step",
    "accumulate_gradients",
)
SERIES = {"MB": 25, "GD": 11, "AC": 16}
LEFT_OUT = {
    "MB-12": "no cost of an epoch is graded; the lecture shows what weighs the last batch wrongly",
    "MB-14": "no regularised cost is graded here",
}
