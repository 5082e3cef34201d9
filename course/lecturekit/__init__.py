"""Data sets, networks, optimizers, training loop and plots shared by the lectures."""
