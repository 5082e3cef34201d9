"""Hidden tests of ``softmax.ipynb``.

Ids SM are those of the course's catalogue of mistakes (softmax and cross-entropy), up to 21;
the others of that series, OH (one-hot), PR (prediction), CA (calibration) and DC (decisions) are
this notebook's own. `SERIES` counts each series, `LEFT_OUT` says why an id has no wrong function
here.
"""

from grading.marking import Lecture

NOTEBOOK = "course/module3_tuning_batchnorm/04_softmax.ipynb"
FOUR_CLASSES = Lecture(NOTEBOOK, "Four classes")
OVERFLOW = Lecture(NOTEBOOK, "Without overflow")
CROSS_ENTROPY = Lecture(NOTEBOOK, "Cross-entropy and its gradient")
DIGITS = Lecture(NOTEBOOK, "Reading digits")
TRUST = Lecture(NOTEBOOK, "Probabilities you can trust")

QUESTIONS = (
    "one_hot",
    "softmax",
    "cross_entropy",
    "softmax_cross_entropy_backward",
    "predict",
    "calibration_error",
    "decide",
)
SERIES = {"SM": 48, "OH": 9, "PR": 11, "CA": 21, "DC": 19}
LEFT_OUT = {
    "SM-06": "a number that is added is told from a bound by nobody: SM-20 has both",
    "SM-21": "with a cost's gradient for dout it gives the answer of SM-15",
}
