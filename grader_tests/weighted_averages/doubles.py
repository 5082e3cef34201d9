"""Doubles for parts of this notebook's composites: see :attr:`grading.marking.Task.own_parts`."""

from __future__ import annotations

import numpy as np


def for_ewa(c):
    """Linear in values; entry t comes from the first t of them; ones give 1 − beta**t; floats."""

    def ewa(values, beta):
        x, t = np.asarray(values) * 1.0, np.arange(1, len(values) + 1)
        return (1 - beta**t) * (c[0] * x + (1 - c[0]) * (c[1] * x[0] + (1 - c[1]) * x.cumsum() / t))

    return ewa
