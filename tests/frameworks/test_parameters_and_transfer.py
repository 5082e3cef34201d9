"""`parameters_and_transfer` against counts of PyTorch and Keras, and their frozen layers."""

from itertools import pairwise

import keras
import numpy as np
import pytest
import torch

from grader_tests.parameters_and_transfer import reference as ref

from .agreement import assert_all_agree, leaves


@pytest.mark.parametrize("use_bias", [True, False], ids=["bias", "no bias"])
@pytest.mark.parametrize("dims", [[2, 3, 2], [64, 40, 40, 10]], ids=str)
def test_count_dense_parameters(dims, use_bias):
    count = ref.count_dense_parameters(dims, use_bias)
    layers = [torch.nn.Linear(n_in, n_out, bias=use_bias) for n_in, n_out in pairwise(dims)]
    assert count == sum(value.numel() for value in torch.nn.Sequential(*layers).parameters())
    layers = [keras.layers.Dense(n, use_bias=use_bias) for n in dims[1:]]
    assert count == keras.Sequential([keras.Input((dims[0],)), *layers]).count_params()


def test_the_network_of_two_three_and_two_units_has_17():
    assert ref.count_dense_parameters([2, 3, 2]) == 17


@pytest.mark.parametrize("use_bias", [True, False], ids=["bias", "no bias"])
@pytest.mark.parametrize("kernel", [(3, 3), (1, 5)], ids=str)
def test_count_conv_parameters(kernel, use_bias):
    count = ref.count_conv_parameters(3, 2, kernel, use_bias)
    layer = torch.nn.Conv2d(3, 2, kernel, bias=use_bias)
    assert count == sum(value.numel() for value in layer.parameters())
    layer = keras.layers.Conv2D(2, kernel, use_bias=use_bias)
    layer.build((None, 20, 20, 3))
    assert count == layer.count_params()


@pytest.mark.parametrize(("padding", "side", "total"), [("same", 20, 1658), ("valid", 18, 1354)])
def test_a_small_convolutional_network_has_1658_or_1354(padding, side, total):
    ours = ref.count_conv_parameters(3, 2, (3, 3)) + ref.count_dense_parameters([side**2 * 2, 2])
    model = keras.Sequential(
        [
            keras.Input((20, 20, 3)),
            keras.layers.Conv2D(2, 3, padding=padding),
            keras.layers.Flatten(),
            keras.layers.Dense(2),
        ]
    )
    assert ours == model.count_params() == total


def test_keras_pads_nothing_unless_told():
    assert keras.layers.Conv2D(2, 3).padding == "valid"


@pytest.mark.parametrize("trainable", [[2], [1, 3], []], ids=str)
def test_fine_tune_step_moves_what_requires_grad(rng, trainable):
    parameters = {}
    for layer, (n_prev, n) in enumerate(pairwise([4, 3, 3, 2]), start=1):
        parameters |= {f"W{layer}": rng.standard_normal((n, n_prev)), f"b{layer}": np.ones((n, 1))}
    tensors = leaves(parameters)
    optimizer = torch.optim.SGD(tensors.values(), lr=0.1)
    for _ in range(10):
        grads = {f"d{name}": rng.standard_normal(v.shape) for name, v in parameters.items()}
        for name, tensor in tensors.items():
            tensor.requires_grad_(int(name[1:]) in trainable)
            tensor.grad = torch.tensor(grads[f"d{name}"]) if tensor.requires_grad else None
        optimizer.step()
        parameters = ref.fine_tune_step(parameters, grads, 0.1, trainable)
    assert_all_agree(parameters, tensors)
