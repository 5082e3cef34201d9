"""How texts are drawn."""

from __future__ import annotations

import numpy as np

WORDS = (
    "amber", "bridge", "candle", "don't", "ember", "forest", "garden", "harbour", "island",
    "it's", "jacket", "kettle", "lantern", "meadow", "needle", "orchard", "pebble", "river",
)  # fmt: skip


def some_words(rng: np.random.Generator, count: int) -> list[str]:
    """Different words, in any order."""
    return list(rng.choice(WORDS, count, replace=False))


def sentence(words: list[str]) -> str:
    """Words as they are written: a capital, commas and a full stop."""
    return ", ".join(words).capitalize() + "."
