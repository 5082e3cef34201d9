"""`mini_batches` against PyTorch's DataLoader, TensorFlow's batches and plain SGD."""

import keras
import numpy as np
import pytest
import tensorflow as tf
import torch
from torch.utils.data import DataLoader, TensorDataset

from grader_tests.mini_batches import reference as ref

from .agreement import assert_all_agree, leaves


def torch_batches(X, Y, size):
    data = TensorDataset(torch.tensor(X.T), torch.tensor(Y.T))
    return [(x.T.numpy(), y.T.numpy()) for x, y in DataLoader(data, size, shuffle=True)]


def tensorflow_batches(X, Y, size):
    data = tf.data.Dataset.from_tensor_slices((X.T, Y.T)).shuffle(X.shape[1]).batch(size)
    return [(x.numpy().T, y.numpy().T) for x, y in data]


@pytest.mark.parametrize("m", [12, 13], ids=["even", "with a smaller last batch"])
@pytest.mark.parametrize("theirs", [torch_batches, tensorflow_batches])
def test_mini_batches_have_the_frameworks_sizes_and_pairs(rng, m, theirs):
    X = np.arange(2.0 * m).reshape(2, m)
    Y = 10 * X[:1]
    batches = ref.mini_batches(X, Y, 4, rng), theirs(X, Y, 4)
    shapes = [[(x.shape, y.shape) for x, y in split] for split in batches]
    assert shapes[0] == shapes[1]
    for split in batches:
        np.testing.assert_array_equal(np.sort(np.hstack([x for x, _ in split]), axis=1), X)
        for x, y in split:
            np.testing.assert_array_equal(y, 10 * x[:1])


def test_ten_steps_of_gradient_descent(rng):
    parameters = {"W1": rng.standard_normal((3, 4)), "b1": rng.standard_normal((3, 1))}
    tensors = leaves(parameters)
    variables = {name: keras.Variable(value) for name, value in parameters.items()}
    in_torch = torch.optim.SGD(tensors.values(), lr=0.1)
    in_keras = keras.optimizers.SGD(0.1)
    for _ in range(10):
        grads = {f"d{name}": rng.standard_normal(v.shape) for name, v in parameters.items()}
        parameters = ref.gradient_descent_step(parameters, grads, 0.1)
        for name, tensor in tensors.items():
            tensor.grad = torch.tensor(grads[f"d{name}"])
        in_torch.step()
        given = [keras.ops.convert_to_tensor(grads[f"d{name}"]) for name in variables]
        in_keras.apply(given, list(variables.values()))
    assert_all_agree(parameters, tensors)
    assert_all_agree(parameters, variables)
