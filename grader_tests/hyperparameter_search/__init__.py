"""Hidden tests of ``hyperparameter_search.ipynb``."""
