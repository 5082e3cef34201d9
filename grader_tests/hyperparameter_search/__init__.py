"""Hidden tests of ``hyperparameter_search.ipynb``.

Ids SA are those of the course's catalogue of mistakes (log-scale and β sampling), up to 12;
the others of that series, RP (random points), GP (grid points), BT (best trial), RS (refining),
HR (rounds of a halving), LH (Latin hypercube) and DW (doubts on a winner) are this notebook's own.
`SERIES` counts each series, `LEFT_OUT` says why an id has no wrong function here.

Distributions are judged by the largest distance between two distribution functions. It stays
within the margin of a single fraction (P. Massart, "The tight constant in the
Dvoretzky–Kiefer–Wolfowitz inequality", 1990), for every sample size and every distribution.
"""

from grading.marking import Lecture

NOTEBOOK = "course/module3_tuning_batchnorm/01_hyperparameter_tuning.ipynb"
SCALES = Lecture(NOTEBOOK, "A scale for each number")
GRID = Lecture(NOTEBOOK, "Grid against random")
FINE = Lecture(NOTEBOOK, "Coarse to fine")
MANY = Lecture(NOTEBOOK, "Many models at once")
LUCK = Lecture(NOTEBOOK, "The luck of the winner")
ROLES = Lecture(NOTEBOOK, "Which numbers matter most")
HALVING = Lecture(NOTEBOOK, "Stopping the hopeless")

QUESTIONS = (
    "sample_learning_rates",
    "sample_betas",
    "grid_points",
    "random_points",
    "best_trial",
    "refine_space",
    "halving_rounds",
    "latin_hypercube",
    "diagnose_winner",
)
SERIES = {"SA": 25, "RP": 6, "GP": 14, "BT": 9, "RS": 13, "HR": 15, "LH": 13, "DW": 15}
LEFT_OUT = {"SA-12": "which set a score was measured on is the caller's choice"}
