"""The references agree with the arrays that they count, and freeze what they say."""

import numpy as np
import pytest

from grader_tests.parameters_and_transfer import reference as ref
from grader_tests.parameters_and_transfer.draws import network


@pytest.mark.parametrize("layer_dims", [[2, 3, 2], [5, 4], [7, 1, 6, 3]])
def test_dense_counts_are_the_sizes_of_the_arrays(layer_dims):
    shapes = list(zip(layer_dims[1:], layer_dims[:-1], strict=True))
    weights = sum(np.empty(shape).size for shape in shapes)
    assert ref.count_dense_parameters(layer_dims, use_bias=False) == weights
    assert ref.count_dense_parameters(layer_dims) == weights + sum(n for n, _ in shapes)


@pytest.mark.parametrize(("channels", "filters", "kernel"), [(3, 2, (3, 3)), (4, 5, (1, 7))])
def test_convolution_counts_are_the_sizes_of_the_arrays(channels, filters, kernel):
    weights = np.empty((filters, channels, *kernel)).size
    assert ref.count_conv_parameters(channels, filters, kernel, use_bias=False) == weights
    assert ref.count_conv_parameters(channels, filters, kernel) == weights + filters


@pytest.mark.parametrize(("side", "total"), [(20, 1658), (18, 1354)])
def test_counts_are_those_of_the_lecture(side, total):
    convolution = ref.count_conv_parameters(3, 2, (3, 3))
    assert convolution + ref.count_dense_parameters([2 * side * side, 2]) == total
    assert ref.count_dense_parameters([2, 3, 2]) == 17


@pytest.mark.parametrize("trainable", [[], [1], [11, 2], [3, 3]])
def test_a_frozen_layer_is_one_without_gradient(trainable):
    parameters = network(np.random.default_rng(0), 12, normed=True)
    grads = {f"d{name}": np.ones_like(value) for name, value in parameters.items()}
    new = ref.fine_tune_step(parameters, grads, 0.25, trainable)
    assert list(new) == list(parameters)
    for name, value in parameters.items():
        layer = int("".join(filter(str.isdigit, name)))
        np.testing.assert_array_equal(new[name], value - 0.25 * (layer in trainable))


def test_layers_are_counted_as_their_arrays_are():
    arrays = [
        [np.zeros((4, 3)), np.zeros((4, 1))],
        [np.zeros((4, 1))] * 2,
        [np.zeros((5, 4, 2, 3))],
        [np.zeros((6, 5, 1, 2)), np.zeros(6)],
    ]
    layers = [("dense", 3, 4, True), ("batch_norm", 4)]
    layers += [("conv", 4, 5, (2, 3), False), ("conv", 5, 6, (1, 2), True)]
    assert ref.count_layers(layers) == [sum(array.size for array in layer) for layer in arrays]


def test_a_step_with_rates_is_the_sum_of_steps_that_free_layer_after_layer():
    rng, decay, L = np.random.default_rng(0), 0.6, 4
    parameters = {f"{kind}{n}": rng.random((2, 1)) for kind in "Wb" for n in range(1, L + 1)}
    grads = {f"d{name}": rng.random((2, 1)) for name in parameters}
    right = parameters
    for first in range(1, L + 1):  # the layers from here on move by what is left to their rate
        share = decay ** (L - first) * (1 if first == 1 else 1 - decay)
        right = ref.fine_tune_step(right, grads, 0.1 * share, list(range(first, L + 1)))
    new = ref.discriminative_step(parameters, grads, 0.1, decay)
    for name in parameters:
        np.testing.assert_allclose(new[name], right[name], rtol=1e-12)
