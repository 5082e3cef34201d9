"""The table of clipped runs that a lecture draws is what the function of an assignment gives."""

import numpy as np
import pytest
from lecturekit.deep_digits import BATCH_SIZE, NETWORK, deep_sets
from lecturekit.optimizers import gradient_descent
from lecturekit.training import train

from grader_tests.optimizers.reference import clip_gradients
from tests.support.lectures import COURSE


def clipped_run(limit: float, seed: int, epochs: int) -> tuple[list[float], list[float]]:
    """Train the deep network at α = 0.3: the length of each gradient, and the batches' costs."""
    descend, lengths = gradient_descent(0.3), []

    def step(parameters, grads, t):
        grads, length = clip_gradients(grads, limit)
        lengths.append(length)
        return descend(parameters, grads, t)

    sets, rng = deep_sets(), np.random.default_rng(seed)
    run = train(NETWORK, *sets, step, epochs, BATCH_SIZE, rng, curves=False)
    return lengths, run.batch_costs


@pytest.mark.parametrize(("row", "limit"), [(0, 1000.0), (1, 3.0)])
def test_the_table_of_clipped_runs_is_what_clipping_gives(row, limit):
    table = np.load(COURSE / "data" / "clipping.npz")
    lengths, costs = clipped_run(limit, seed=2, epochs=2)
    for name, found in (("lengths", lengths), ("costs", costs)):
        stored = table[name][row, 2, : len(found)].astype(float)
        np.testing.assert_allclose(stored, found, rtol=2e-3)
