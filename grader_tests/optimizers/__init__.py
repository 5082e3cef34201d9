"""Hidden tests of ``optimizers.ipynb``."""
