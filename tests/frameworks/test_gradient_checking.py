"""`gradient_checking` against PyTorch's vectors of parameters and its autograd."""

from itertools import pairwise

import numpy as np
import pytest
import torch

from grader_tests.gradient_checking import reference as ref

from .agreement import assert_agree, assert_all_agree, gradients, leaf, leaves

DIMS, LAMBD = [3, 4, 2, 1], 0.8


def network(rng):
    parameters = {}
    for layer, (n_prev, n) in enumerate(pairwise(DIMS), start=1):
        parameters[f"W{layer}"] = rng.standard_normal((n, n_prev))
        parameters[f"b{layer}"] = rng.standard_normal((n, 1))
    return parameters, rng.standard_normal((3, 6)), rng.integers(0, 2, (1, 6)).astype(float)


def torch_cost(X, Y, tensors):
    """The probabilities, and the cost of `network_cost`."""
    A, L = torch.tensor(X), len(tensors) // 2
    for layer in range(1, L + 1):
        Z = tensors[f"W{layer}"] @ A + tensors[f"b{layer}"]
        A = torch.tanh(Z) if layer < L else torch.sigmoid(Z)
    squares = sum(torch.sum(tensors[f"W{layer}"] ** 2) for layer in range(1, L + 1))
    losses = torch.nn.functional.binary_cross_entropy(A, torch.tensor(Y))
    return A, losses + LAMBD / (2 * X.shape[1]) * squares


def test_parameters_and_vector_there_and_back(rng):
    parameters, _, _ = network(rng)
    tensors = [torch.tensor(value) for value in parameters.values()]
    theta = ref.parameters_to_vector(parameters)
    assert_agree(theta, torch.nn.utils.parameters_to_vector(tensors))
    torch.nn.utils.vector_to_parameters(torch.tensor(2 * theta), tensors)
    ours = ref.vector_to_parameters(2 * theta, DIMS)
    assert_all_agree(ours, dict(zip(parameters, tensors, strict=True)))


def test_numerical_gradient_comes_near_autograd(rng):
    theta = rng.standard_normal(7)
    tensor = leaf(theta)
    torch.sum(torch.sin(tensor) * tensor).backward()
    numerical = ref.numerical_gradient(lambda at: np.sum(np.sin(at) * at), theta)
    assert_agree(numerical, tensor.grad, tolerance=1e-7)  # differences, not a derivative


def test_gradient_difference_by_pytorchs_norms(rng):
    a, b = rng.standard_normal((2, 9))
    norm = torch.linalg.norm
    theirs = norm(torch.tensor(a - b)) / (norm(torch.tensor(a)) + norm(torch.tensor(b)))
    assert_agree(ref.gradient_difference(a, b), theirs)


def test_network_cost_and_mended_backward(rng):
    parameters, X, Y = network(rng)
    AL, caches = ref.network_forward(X, parameters)
    tensors = leaves(parameters)
    probabilities, cost = torch_cost(X, Y, tensors)
    cost.backward()
    assert_agree(AL, probabilities)
    assert_agree(ref.network_cost(AL, Y, parameters, LAMBD), cost)
    assert_all_agree(ref.mended_backward(AL, Y, caches, LAMBD), gradients(tensors))


def test_autograd_refuses_the_suspect_too(rng):
    parameters, X, Y = network(rng)
    AL, caches = ref.network_forward(X, parameters)
    tensors = leaves(parameters)
    torch_cost(X, Y, tensors)[1].backward()
    with pytest.raises(AssertionError):
        assert_all_agree(ref.suspect_backward(AL, Y, caches, LAMBD), gradients(tensors))
