"""Hidden tests of ``batch_norm.ipynb``."""
