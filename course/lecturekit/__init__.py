"""Data sets, networks, optimizers, training loop and plots shared by the lectures."""

from lecturekit.predictions import answer
from lecturekit.your_turn import check

__all__ = ["answer", "check"]
