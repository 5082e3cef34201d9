"""The references agree with the arrays that they count, and freeze what they say."""

import numpy as np
import pytest

from grader_tests.parameters_and_transfer import reference as ref
from grader_tests.parameters_and_transfer.fine_tune_step import network


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
