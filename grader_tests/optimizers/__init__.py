"""Hidden tests of ``optimizers.ipynb``.

Ids MO, RM and AD are those of the course's catalogue of mistakes (momentum up to 13, RMSprop
up to 12, Adam up to 26); the others of these series, and IN (initial state), NE (Nesterov), AM
(AMSGrad) and CL (clipping), are this notebook's own. `SERIES` counts each series, `LEFT_OUT` says
why an id has no wrong function here.
"""

from grading.marking import Lecture

NOTEBOOK = "course/module2_optimization/03_momentum_rmsprop_adam.ipynb"
MOMENTUM = Lecture(NOTEBOOK, "Momentum")
CONVENTIONS = Lecture(NOTEBOOK, "Three conventions")
RMSPROP = Lecture(NOTEBOOK, "RMSprop")
ROOT_MISSING = Lecture(NOTEBOOK, "The root")
EXPONENT = Lecture(NOTEBOOK, "Accumulator and exponent")
ADAM = Lecture(NOTEBOOK, "Adam")
COUNTING = Lecture(NOTEBOOK, "What t counts")
EPSILON = Lecture(NOTEBOOK, "Where epsilon stands")
EPSILON_HAT = Lecture(NOTEBOOK, "Epsilon-hat")
DEEP = Lecture(NOTEBOOK, "On the deep network")
BIAS = Lecture("course/module2_optimization/02_weighted_averages.ipynb", "Bias correction")

QUESTIONS = (
    "initialize_velocity",
    "momentum_step",
    "initialize_rmsprop",
    "rmsprop_step",
    "initialize_adam",
    "adam_step",
    "nesterov_step",
    "amsgrad_step",
    "clip_gradients",
)
SERIES = {"IN": 11, "MO": 25, "RM": 27, "AD": 42, "NE": 24, "AM": 26, "CL": 15}
LEFT_OUT = {
    "AD-02": "corrected averages that are computed and not used give the values of AD-01",
    "AD-04": "a t that stays at 1 gives the values of AD-23",
    "AD-06": "the caller counts the updates; the lecture shows what counting epochs does",
}
