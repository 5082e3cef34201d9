"""Hidden tests of ``setting_up.ipynb``."""
