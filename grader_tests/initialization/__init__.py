"""Hidden tests of ``initialization.ipynb``.

Ids INIT (up to 16), LI (up to 14) and RE (up to 10) are those of the course's catalogue of
mistakes; the others of these series, LF (linear forward), LK (leaky ReLU), SG (sigmoid), MF and MB
(the model, forward and backward) and CE (cross-entropy) are this notebook's own. `SERIES` counts
each series, `LEFT_OUT` says why an id has no wrong function here.
"""

from grading.marking import Lecture

NOTEBOOK = "course/module1_practical_aspects/04_normalizing_and_initializing.ipynb"
DEPTH = Lecture(NOTEBOOK, "Vanishing and exploding")
OVERFLOW = CROSS_ENTROPY = Lecture(NOTEBOOK, "At the output")
SYMMETRY = Lecture(NOTEBOOK, "Breaking symmetry")
LOOKING = Lecture(NOTEBOOK, "Before training and while it runs")
SPREAD = Lecture(NOTEBOOK, "Xavier and He")

QUESTIONS = (
    "initialize_zeros",
    "initialize_random",
    "initialize_xavier",
    "initialize_he",
    "linear_forward",
    "linear_backward",
    "relu_forward",
    "relu_backward",
    "leaky_relu_forward",
    "leaky_relu_backward",
    "initialize_leaky",
    "sigmoid_forward",
    "sigmoid_backward",
    "model_forward",
    "binary_cross_entropy",
    "model_backward",
)
SERIES = {
    "INIT": 27,
    "LF": 11,
    "LI": 16,
    "RE": 16,
    "LK": 26,
    "SG": 16,
    "MF": 12,
    "CE": 12,
    "MB": 11,
}
LEFT_OUT = {
    "LI-05": "no update step is graded here",
    "LI-06": "examples are columns: there is nothing to reshape",
    "LI-08": "examples are columns: there is nothing to reshape; LI-15 changes an argument",
    "LI-11": "A > 0 in place of Z > 0 is right; a variant of model_backward has it",
    "LI-12": "a fault of graders: the cases' caches come from the reference",
    "LI-13": "division of whole numbers is exact in Python 3",
    "LI-14": "names that NumPy has dropped raise at once, and feedback explains them",
    "RE-09": "a wrong shape raises at once, and feedback shows the line",
    "RE-10": "the cache of relu holds Z alone; MB-04 is what a wrong entry comes to",
}
