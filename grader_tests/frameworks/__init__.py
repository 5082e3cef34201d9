"""Hidden tests of ``frameworks.ipynb``."""
