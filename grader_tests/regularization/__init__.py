"""Hidden tests of ``regularization.ipynb``.

Ids L2 and DO are those of the course's catalogue of mistakes (L2 cost and backward, up to 16;
inverted dropout, up to 21), continued here; EG (elastic net), ES (early stopping), FH (flips),
RC (random crops) and MX (mixup) are this notebook's own. `SERIES` counts each series, `LEFT_OUT`
says why an id has no wrong function here.

Random answers are judged by properties. A right answer fails one of them with a probability of at
most 1e-9; each check says where its bound comes from.
"""

from grading.marking import Lecture

REGULARIZATION = "course/module1_practical_aspects/02_regularization.ipynb"
NETWORKS = Lecture(REGULARIZATION, "L2 for networks")
DECAY = Lecture(REGULARIZATION, "Weight decay in the update")
NAMES = Lecture(REGULARIZATION, "L1 and other names")
FRAMEWORKS = Lecture(REGULARIZATION, "What the number means in a framework")
DROPOUT = "course/module1_practical_aspects/03_dropout_augmentation_early_stopping.ipynb"
INVERTED = Lecture(DROPOUT, "Inverted dropout")
NEW_MASK = Lecture(DROPOUT, "A new mask each step")
AUGMENTATION = Lecture(DROPOUT, "Flips and crops")
STOPPING = Lecture(DROPOUT, "Early stopping")

QUESTIONS = (
    "l2_cost",
    "l2_gradients",
    "elastic_gradients",
    "dropout_forward",
    "dropout_backward",
    "early_stopping_epoch",
    "flip_horizontally",
    "random_crop",
    "mixup",
)
SERIES = {"L2": 31, "EG": 18, "DO": 34, "ES": 16, "FH": 9, "RC": 16, "MX": 16}
LEFT_OUT = {
    "MX-04": "labels that are the partner's alone are a way of MX-02",
    "L2-12": "l2_gradients receives finished gradients; dZ is out of its reach",
    "L2-14": "l2_cost returns the penalty alone, without the cross-entropy",
    "L2-15": "no optimizer is graded here",
    "DO-02": "there is no function for test time; in training it answers as DO-01 does",
    "DO-06": "it answers as DO-04 does",
    "DO-10": "dropout_forward has no mode: test time is not calling it",
    "DO-15": "which layer gets dropout is not dropout_forward's choice",
    "DO-16": "which array gets dropout is not dropout_forward's choice",
    "DO-20": "a wrong name raises an exception that says so",
}
