"""Hidden tests of ``weighted_averages.ipynb``."""
