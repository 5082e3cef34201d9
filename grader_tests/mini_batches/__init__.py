"""Hidden tests of ``mini_batches.ipynb``."""
