"""Hidden tests of ``gradient_checking.ipynb``."""
