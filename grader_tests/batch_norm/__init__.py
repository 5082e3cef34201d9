"""Hidden tests of ``batch_norm.ipynb``.

Ids BN and BB are those of the course's catalogue of mistakes (BatchNorm forward, BatchNorm
backward); BM are the whole model's, LB layer norm's, FB those of folding. `SERIES` counts each
series, `LEFT_OUT` says why an id has no wrong function here; the audit holds the two together.
"""

from grading.marking import Lecture

NOTEBOOK = "course/module3_tuning_batchnorm/02_batch_normalization.ipynb"
IN_TRAINING = "course/module3_tuning_batchnorm/03_batch_norm_in_training.ipynb"
NORMALISE = Lecture(NOTEBOOK, "Normalising one mini-batch")
SCALE = Lecture(NOTEBOOK, "Scale and shift")
BIAS = Lecture(NOTEBOOK, "Why the bias goes")
RUNNING = Lecture(NOTEBOOK, "Running averages for test time")
BACKWARD = Lecture(NOTEBOOK, "Backward from the graph")
FITTING = Lecture(IN_TRAINING, "Fitting it into training")
PLACEMENT = Lecture(IN_TRAINING, "Placement and small batches")
RELATIVES = Lecture(IN_TRAINING, "Relatives without a batch")
LAYER = Lecture(
    "course/module1_practical_aspects/04_normalizing_and_initializing.ipynb",
    "One layer, forward and back",
)

QUESTIONS = (
    "batchnorm_forward",
    "batchnorm_backward",
    "bn_model_forward",
    "bn_model_backward",
    "layernorm_backward",
    "fold_batchnorm",
)
SERIES = {"BN": 44, "BB": 25, "BM": 33, "LB": 15, "FB": 18}
LEFT_OUT = {
    "BN-17": "running statistics without their axis of length 1 are accepted, with a remark",
    "BN-23": "hidden layers have no bias to keep here, and no update step is graded",
    "BN-26": "beta is the right output for one example; a case holds it",
    "BB-12": "dgamma and dbeta of another flat shape are accepted, with a remark",
    "BB-13": "a term that is zero anyway is right; a variant has it",
    "BB-14": "the cache hands over std, which has epsilon in it already",
    "BB-15": "the cases' caches come from the reference, and forward is graded for its inputs",
    "BB-18": "the cache of test mode is None: there is no backward pass in test mode",
}
