"""The references of the regularisation assignment agree with formulations of their own."""

import itertools

import numpy as np
import pytest

from grader_tests.regularization import draws
from grader_tests.regularization import reference as ref
from grading.marking import chance
from grading.marking.derivative import central_difference, relative_difference


@pytest.fixture(params=range(3))
def rng(request):
    return np.random.default_rng(request.param)


@pytest.mark.parametrize("dims", [[4, 1], [3, 4, 2, 1]])
def test_the_penalty_is_the_squared_length_of_all_weights_in_one_vector(rng, dims):
    parameters = draws.weights_and_biases(rng, dims)
    weights = [w for name, W in parameters.items() if name[0] == "W" for w in W.flat]
    assert ref.l2_cost(parameters, 0.6, 9) == pytest.approx(0.6 / 18 * sum(w * w for w in weights))


def test_l2_gradients_add_the_derivative_of_the_penalty(rng):
    parameters = draws.weights_and_biases(rng, [3, 4, 2, 1])
    grads = {f"d{name}": rng.standard_normal(Q.shape) for name, Q in parameters.items()}
    for name, Q in parameters.items():
        added = ref.l2_gradients(grads, parameters, 1.6, 20)[f"d{name}"] - grads[f"d{name}"]
        numerical = central_difference(
            lambda at, name=name: ref.l2_cost(parameters | {name: at}, 1.6, 20), Q
        )
        assert relative_difference(added, numerical) < 1e-8


def test_elastic_gradients_vanish_at_the_minimum_that_is_known_in_closed_form():
    """The cost (w − a)² / 2 with both penalties is least where a is shrunk towards 0, or at 0."""
    l1, l2, m = 3.0, 5.0, 10
    a = np.array([[2.0, -1.5, 0.9, -0.4]])
    least = np.array([[1.7, -1.2, 0.6, -0.1]]) / 1.5  # 0.3 nearer to 0, then over 1 + 0.5
    grads = ref.elastic_gradients({"dW1": least - a}, {"W1": least}, l1, l2, m)
    np.testing.assert_allclose(grads["dW1"], 0, atol=1e-12)
    grads = ref.elastic_gradients({"dW1": a}, {"W1": 0 * a}, l1, l2, m)
    np.testing.assert_array_equal(grads["dW1"], a)
    grads = ref.elastic_gradients({"dW1": a, "db1": a[:, :1]}, {"W1": a, "b1": a[:, :1]}, l1, l2, m)
    np.testing.assert_array_equal(grads["db1"], a[:, :1])


def test_a_step_with_l2_is_a_step_with_weight_decay(rng):
    W, dW = rng.standard_normal((2, 3, 4))
    grads = ref.l2_gradients({"dW1": dW, "db1": dW[:, :1]}, {"W1": W, "b1": W[:, :1]}, 2.0, 80)
    np.testing.assert_allclose(W - 0.1 * grads["dW1"], (1 - 0.1 * 2 / 80) * W - 0.1 * dW)
    np.testing.assert_array_equal(grads["db1"], dW[:, :1])


@pytest.mark.parametrize("keep_prob", [0.2, 0.5, 0.9])
def test_dropout_keeps_the_expectation(rng, keep_prob):
    n = 100_000
    A_out, mask = ref.dropout_forward(np.full((100, 1000), 3.0), keep_prob, rng)
    margin = 3 / keep_prob * chance.fraction_margin(n)
    assert abs(A_out.mean() - 3) < margin
    assert mask.dtype == bool


def test_dropout_backward_is_the_derivative(rng):
    A, dA = rng.standard_normal((2, 4, 5))
    state = rng.bit_generator.state
    _, mask = ref.dropout_forward(A, 0.6, rng)

    def cost(at):
        rng.bit_generator.state = state
        return float(np.sum(dA * ref.dropout_forward(at, 0.6, rng)[0]))

    dA_prev = ref.dropout_backward(dA, mask, 0.6)
    assert relative_difference(dA_prev, central_difference(cost, A)) < 1e-8


def stopped(costs, patience):
    """The definition, read from the end: the first epoch at which patience has run out."""
    for stop in range(len(costs)):
        best = costs.index(min(costs[: stop + 1]))
        if stop - best == patience:
            return best
    return costs.index(min(costs))


@pytest.mark.parametrize("patience", [1, 2, 3, 7])
def test_early_stopping_is_its_definition_on_every_short_curve(patience):
    for costs in itertools.product((1.0, 2.0, 3.0), repeat=6):
        assert ref.early_stopping_epoch(list(costs), patience) == stopped(list(costs), patience)


def test_a_mirrored_image_is_the_image_read_backwards(rng):
    images = rng.uniform(size=(2, 3, 4))
    mirrored = ref.flip_horizontally(images)
    assert [list(row)[::-1] for row in images[1]] == mirrored[1].tolist()
    np.testing.assert_array_equal(ref.flip_horizontally(mirrored), images)


def test_crops_are_windows_at_equally_likely_places(rng):
    images = np.broadcast_to(np.arange(20.0).reshape(4, 5), (20_000, 4, 5))
    crops = ref.random_crop(images, 3, rng)
    windows = np.lib.stride_tricks.sliding_window_view(images[0], (3, 3)).reshape(6, 3, 3)
    shares = [np.mean(np.all(crops == window, axis=(1, 2))) for window in windows]
    assert sum(shares) == pytest.approx(1)
    assert np.max(np.abs(np.array(shares) - 1 / 6)) < chance.fraction_margin(20_000)


def test_mixup_keeps_the_line_on_which_labels_lie_and_what_all_examples_add_up_to(rng):
    """Where labels are linear in the inputs, they are so in the mixes; equal shares keep sums."""
    X = rng.standard_normal((3, 20))
    Y = np.array([[1.0, -2.0, 0.5], [0.3, 0.0, 4.0]]) @ X
    X_mix, Y_mix = ref.mixup(X, Y, rng.random(20), rng)
    np.testing.assert_allclose(np.array([[1.0, -2.0, 0.5], [0.3, 0.0, 4.0]]) @ X_mix, Y_mix)
    assert not np.allclose(X_mix, X)
    X_mix, _ = ref.mixup(X, Y, np.full(20, 0.3), rng)
    np.testing.assert_allclose(X_mix.sum(axis=1), X.sum(axis=1))


def test_in_mixup_each_example_keeps_its_own_weight_and_partners_are_by_chance(rng):
    weights = rng.random(20)
    mixed, _ = ref.mixup(np.eye(20), np.eye(20), weights, rng)
    others = mixed - np.diag(weights)  # what each has of its partner, in a column
    partners = others.argmax(axis=0)
    np.testing.assert_allclose(others[partners, range(20)], 1 - weights)
    assert sorted(partners) == list(range(20))
    steps = (partners - np.arange(20)) % 20
    assert len(set(steps)) > 3
    again, _ = ref.mixup(np.eye(20), np.eye(20), weights, rng)
    assert not np.allclose(again, mixed)
