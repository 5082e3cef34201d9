"""Mini-batches partition the examples at random; their gradients make up that of the whole."""

import numpy as np
import pytest

from grader_tests.mini_batches import reference as ref
from grader_tests.optimizers.draws import gradients, network


@pytest.fixture(params=range(3))
def rng(request):
    return np.random.default_rng(request.param)


@pytest.mark.parametrize(
    ("m", "size", "sizes"),
    [(10, 4, [4, 4, 2]), (8, 4, [4, 4]), (3, 4, [3]), (9, 1, [1] * 9), (5, 5, [5])],
)
def test_mini_batches_are_a_partition(rng, m, size, sizes):
    X, Y = rng.standard_normal((3, m)), rng.standard_normal((2, m))
    batches = ref.mini_batches(X, Y, size, rng)
    assert [X_t.shape[1] for X_t, _ in batches] == sizes
    pairs = [tuple(column) for X_t, Y_t in batches for column in np.vstack([X_t, Y_t]).T]
    assert sorted(pairs) == sorted(map(tuple, np.vstack([X, Y]).T))


def test_every_order_of_the_examples_comes_about_as_often(rng):
    X = np.arange(3.0).reshape(1, 3)
    found = [np.hstack([x for x, _ in ref.mini_batches(X, X, 2, rng)]) for _ in range(3000)]
    counts = np.unique(found, axis=0, return_counts=True)[1]
    assert len(counts) == 6
    assert np.abs(counts - 500).max() < 150  # seven standard deviations


def test_a_step_is_the_learning_rate_times_the_gradient(rng):
    parameters = network(rng, (2, 3, 1), norm=True)
    grads = gradients(rng, parameters)
    moved = ref.gradient_descent_step(parameters, grads, 0.3)
    for name, value in parameters.items():
        np.testing.assert_allclose(moved[name] + 0.3 * grads[f"d{name}"], value)


def test_accumulated_gradients_are_those_of_the_whole_batch(rng):
    X, Y, W = rng.standard_normal((3, 11)), rng.standard_normal((1, 11)), np.ones((1, 3))

    def gradient(X_t, Y_t):
        error = np.tanh(W @ X_t) - Y_t
        return {"dW1": error * (1 - np.tanh(W @ X_t) ** 2) @ X_t.T / X_t.shape[1]}

    batches = ref.mini_batches(X, Y, 4, rng)
    pieces = [gradient(X_t, Y_t) for X_t, Y_t in batches]
    got = ref.accumulate_gradients(pieces, [X_t.shape[1] for X_t, _ in batches])
    np.testing.assert_allclose(got["dW1"], gradient(X, Y)["dW1"])
