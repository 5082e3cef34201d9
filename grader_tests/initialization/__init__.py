"""Hidden tests of ``initialization.ipynb``."""
