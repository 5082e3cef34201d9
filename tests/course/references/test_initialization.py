"""The references of initialization agree with formulations of their own."""

import math

import numpy as np
import pytest

from grader_tests.initialization import draws
from grader_tests.initialization import reference as ref
from grading.marking.derivative import central_difference


@pytest.fixture(params=range(3))
def rng(request):
    return np.random.default_rng(request.param)


@pytest.mark.parametrize(
    ("initialize", "variance"),
    [
        (lambda dims, rng: ref.initialize_random(dims, 3.0, rng), lambda n_prev: 9.0),
        (ref.initialize_xavier, lambda n_prev: 1 / n_prev),
        (ref.initialize_he, lambda n_prev: 2 / n_prev),
    ],
)
def test_weights_have_the_variance_of_their_rule(rng, initialize, variance):
    dims = [500, 100, 200]
    parameters = initialize(dims, rng)
    assert list(parameters) == ["W1", "b1", "W2", "b2"]
    for layer in (1, 2):
        W, b = parameters[f"W{layer}"], parameters[f"b{layer}"]
        assert W.shape == (dims[layer], dims[layer - 1]) and b.shape == (dims[layer], 1)
        assert np.var(W) == pytest.approx(variance(dims[layer - 1]), rel=0.1)
        assert not b.any()


def test_he_keeps_the_mean_square_through_relu_layers(rng):
    dims = [400] * 11
    A, parameters = rng.standard_normal((400, 50)), ref.initialize_he(dims, rng)
    for layer in range(1, 11):
        A, _ = ref.relu_forward(parameters[f"W{layer}"] @ A)
    assert 0.5 < np.mean(A**2) < 2


def scalar_model(X, parameters):
    """The network of one example, unit by unit, with math's own functions."""
    L = len(parameters) // 2
    values = list(X)
    for layer in range(1, L + 1):
        W, b = parameters[f"W{layer}"], parameters[f"b{layer}"]
        scores = [
            math.fsum(w * a for w, a in zip(row, values, strict=True)) + bias
            for row, bias in zip(W, b[:, 0], strict=True)
        ]
        values = [max(0.0, z) if layer < L else 1 / (1 + math.exp(-z)) for z in scores]
    return values[0]


@pytest.mark.parametrize("dims", [[3, 1], [5, 4, 3, 1], [6, 5, 4, 2, 1]])
def test_the_model_is_its_definition_and_its_gradients_are_derivatives(rng, dims):
    X, parameters = draws.network(rng, dims, 6)
    Y = rng.integers(0, 2, (1, 6)).astype(float)
    AL, caches = ref.model_forward(X, parameters)
    expected = [scalar_model(X[:, i], parameters) for i in range(6)]
    np.testing.assert_allclose(AL[0], expected, rtol=1e-12)
    losses = [-math.log(a if y else 1 - a) for a, y in zip(expected, Y[0], strict=True)]
    assert ref.binary_cross_entropy(AL, Y) == pytest.approx(sum(losses) / 6)
    grads = ref.model_backward(AL, Y, caches)
    assert set(grads) == {"d" + name for name in parameters}
    for name, value in parameters.items():

        def cost(at, name=name):
            return ref.binary_cross_entropy(ref.model_forward(X, parameters | {name: at})[0], Y)

        numerical = central_difference(cost, value)
        np.testing.assert_allclose(grads["d" + name], numerical, rtol=1e-5, atol=1e-9)


def test_sigmoid_and_cross_entropy_multiply_to_the_difference(rng):
    AL, Y = rng.uniform(0.1, 0.9, (1, 5)), np.array([[0.0, 1.0, 1.0, 0.0, 1.0]])
    dAL = central_difference(lambda at: ref.binary_cross_entropy(at, Y), AL)
    np.testing.assert_allclose(ref.sigmoid_backward(dAL, AL), (AL - Y) / 5, rtol=1e-6)


def test_nothing_overflows_at_the_extremes():
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        AL, _ = ref.sigmoid_forward(np.array([[-1000.0, 0.0, 1000.0]]))
        np.testing.assert_array_equal(AL, [[0.0, 0.5, 1.0]])
        assert 20 < ref.binary_cross_entropy(AL, np.array([[1.0, 1.0, 0.0]])) < 30
        A, _ = ref.relu_forward(np.array([[-np.inf, np.inf]]))
    np.testing.assert_array_equal(A, [[0, np.inf]])


@pytest.mark.parametrize("slope", [0.0, 0.2, 1.0, 1.7, -0.3])
def test_a_leaky_unit_is_a_mean_of_a_line_and_an_absolute_value(slope):
    """Half the sum of the two slopes times Z, and half their difference times |Z|."""
    Z = np.random.default_rng(0).standard_normal((3, 5))
    A, cache = ref.leaky_relu_forward(Z, slope)
    np.testing.assert_allclose(A, (1 + slope) / 2 * Z + (1 - slope) / 2 * np.abs(Z), atol=1e-15)
    numerical = central_difference(
        lambda at: float(np.sum(ref.leaky_relu_forward(at, slope)[0])), Z
    )
    dA = np.random.default_rng(1).standard_normal(Z.shape)
    np.testing.assert_allclose(ref.leaky_relu_backward(dA, cache), dA * numerical, atol=1e-8)
    edge = ref.leaky_relu_backward(
        np.ones((1, 1)), ref.leaky_relu_forward(np.zeros((1, 1)), slope)[1]
    )
    assert edge.item() == slope


@pytest.mark.parametrize("slope", [0.0, 0.4, 1.0, 1.5])
def test_signals_keep_their_size_through_fifteen_leaky_layers(rng, slope):
    dims = [300] * 16
    A, parameters = rng.standard_normal((300, 40)), ref.initialize_leaky(dims, slope, rng)
    sizes = []
    for layer in range(1, 16):
        Z = parameters[f"W{layer}"] @ A
        sizes.append(np.mean(Z**2))
        A, _ = ref.leaky_relu_forward(Z, slope)
    assert sizes[-1] == pytest.approx(sizes[0], rel=0.7)  # a factor of 2 a layer would be 3e4


def test_leaky_weights_have_a_variance_by_the_inputs_of_each_layer_and_biases_are_columns_of_0(rng):
    parameters = ref.initialize_leaky([400, 50, 900], 0.5, rng)
    assert parameters["W1"].shape == (50, 400) and parameters["W2"].shape == (900, 50)
    assert np.var(parameters["W1"]) * 400 == pytest.approx(1.6, rel=0.1)
    assert np.var(parameters["W2"]) * 50 == pytest.approx(1.6, rel=0.1)
    for name, units in (("b1", 50), ("b2", 900)):
        np.testing.assert_array_equal(parameters[name], np.zeros((units, 1)))
    again = ref.initialize_leaky([400, 50, 900], 0.5, rng)
    assert not np.allclose(again["W1"], parameters["W1"])
