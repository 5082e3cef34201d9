"""Hidden tests of ``regularization.ipynb``."""
