"""Hidden tests of ``softmax.ipynb``."""
