"""Hidden tests of ``parameters_and_transfer.ipynb``.

The course's catalogue of mistakes has no group for these functions: ids CD (dense counts),
CC (convolutional counts), FT (fine-tuning), CY (counts by layer) and DS (steps with a rate for each
layer) are this notebook's own. `SERIES` counts each series.
"""

from grading.marking import Lecture

NOTEBOOK = "course/module3_tuning_batchnorm/06_parameters_and_transfer.ipynb"
COUNTING = Lecture(NOTEBOOK, "Counting learnable parameters")
CONVOLUTIONS = Lecture(NOTEBOOK, "Convolutions")
FREEZING = Lecture(NOTEBOOK, "Freezing and fine-tuning")

QUESTIONS = (
    "count_dense_parameters",
    "count_conv_parameters",
    "fine_tune_step",
    "count_layers",
    "discriminative_step",
)
SERIES = {"CD": 15, "CC": 13, "FT": 16, "CY": 15, "DS": 20}
LEFT_OUT: dict[str, str] = {}
