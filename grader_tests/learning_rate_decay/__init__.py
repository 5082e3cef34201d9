"""Hidden tests of ``learning_rate_decay.ipynb``."""
