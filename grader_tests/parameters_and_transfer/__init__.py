"""Hidden tests of ``parameters_and_transfer.ipynb``.

The course's catalogue of mistakes has no group for these functions: ids CD (dense counts),
CC (convolutional counts) and FT (fine-tuning) are this notebook's own. `SERIES` counts each
series.
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
)
SERIES = {"CD": 9, "CC": 9, "FT": 12}
LEFT_OUT: dict[str, str] = {}
