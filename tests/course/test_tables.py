"""The tables of runs that a lecture draws are what the functions of an assignment give."""

import numpy as np
import pytest
from lecturekit.deep_digits import BATCH_SIZE, EPOCHS, NETWORK, deep_sets
from lecturekit.optimizers import gradient_descent
from lecturekit.training import shuffled_batches, train

from grader_tests.optimizers.reference import clip_gradients, initialize_velocity, nesterov_step
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


def nesterov_cost(rate: float, seed: int) -> float:
    """Train the deep network with the gradient taken ahead; the training cost at the end."""
    (X, Y), _ = deep_sets()
    rng = np.random.default_rng(seed)
    parameters, running = NETWORK.initialize(rng)
    velocity = initialize_velocity(parameters)
    for _ in range(EPOCHS):
        for batch in shuffled_batches(X.shape[1], BATCH_SIZE, rng):

            def gradient(at, batch=batch):
                AL, caches, _ = NETWORK.forward(X[:, batch], at, running, rng)
                return NETWORK.backward(AL, Y[:, batch], caches)

            parameters, velocity = nesterov_step(gradient, parameters, velocity, rate)
    return NETWORK.cost(NETWORK.forward(X, parameters, running, rng)[0], Y, parameters)


def test_the_table_of_nesterovs_runs_is_what_its_step_gives():
    table = np.load(COURSE / "data" / "nesterov.npz")
    stored = table["costs"][1, table["rates"] == 0.3, 2]
    assert nesterov_cost(0.3, seed=2) == pytest.approx(stored.item(), rel=0.01)
