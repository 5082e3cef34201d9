"""Doubles for parts of this notebook's composites: see :attr:`grading.marking.Task.own_parts`.

Both draw one number of rng for each value, growing with it, so that what is tied stays tied. Their
values lie on a grid, by which they are known.
"""

from __future__ import annotations

import numpy as np

OFFSETS = {"sample_learning_rates": 0.5, "sample_betas": 0.25}  # of a grid's first point, in steps


def grid_steps(c):
    """How many steps a grid has from low to high."""
    return int(2000 * c[0])


def for_sample_learning_rates(c):
    """Values on a grid with half a step to either end."""

    def sample_learning_rates(low, high, size, rng):
        steps = int(2000 * c[0])
        return low + (high - low) * (np.floor(rng.random(size) * steps) + 0.5) / steps

    return sample_learning_rates


def for_sample_betas(c):
    """Values on a grid that begins a quarter of a step above low."""

    def sample_betas(low, high, size, rng):
        steps = int(2000 * c[0])
        return low + (high - low) * (np.floor(rng.random(size) * steps) + 0.25) / steps

    return sample_betas
