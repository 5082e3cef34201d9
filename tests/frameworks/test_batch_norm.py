"""`batch_norm` against the batch norm of PyTorch and Keras, conventions translated."""

from itertools import pairwise

import keras
import numpy as np
import pytest
import torch
import torch.nn.functional as F

from grader_tests.batch_norm import reference as ref

from .agreement import assert_agree, assert_all_agree, gradients, leaf, leaves

DIMS, M = [5, 4, 3, 1], 8
epsilons = pytest.mark.parametrize("epsilon", [0.3, 1e-5])


def layer(rng, n=3, m=M):
    """Pre-activations, γ, β, running mean and running variance."""
    Z, column = 2 + rng.standard_normal((n, m)), (n, 1)
    return (
        Z,
        rng.uniform(0.5, 2, column),
        rng.standard_normal(column),
        rng.standard_normal(column),
        rng.uniform(0.5, 2, column),
    )


def unbiased(running_var, old, m, momentum=0.9):
    """The running variance as PyTorch stores it: each batch's share times m / (m − 1)."""
    return momentum * old + (running_var - momentum * old) * m / (m - 1)


@epsilons
def test_batchnorm_forward_and_backward(rng, epsilon):
    Z, gamma, beta, mean, var = layer(rng)
    upstream = rng.standard_normal(Z.shape)
    ours, cache, *_ = ref.batchnorm_forward(Z, gamma, beta, mean, var, "train", epsilon=epsilon)
    rows, scale, shift = leaf(Z.T), leaf(gamma.ravel()), leaf(beta.ravel())
    theirs = F.batch_norm(rows, None, None, scale, shift, training=True, eps=epsilon)
    assert_agree(ours.T, theirs)
    theirs.backward(torch.tensor(upstream.T))
    dZ, dgamma, dbeta = ref.batchnorm_backward(upstream, cache)
    assert_agree(dZ.T, rows.grad)
    assert_agree(dgamma.ravel(), scale.grad)
    assert_agree(dbeta.ravel(), shift.grad)


def test_running_statistics_of_pytorch_take_the_new_weight_and_the_unbiased_variance(rng):
    Z, gamma, beta, mean, var = layer(rng)
    *_, new_mean, new_var = ref.batchnorm_forward(Z, gamma, beta, mean, var, "train", momentum=0.9)
    theirs = torch.tensor(mean.ravel()), torch.tensor(var.ravel())
    F.batch_norm(torch.tensor(Z.T), *theirs, training=True, momentum=0.1)
    assert_agree(new_mean.ravel(), theirs[0])
    assert_agree(unbiased(new_var, var, M).ravel(), theirs[1])
    assert not np.allclose(new_var.ravel(), theirs[1], rtol=1e-3)


@epsilons
def test_batchnorm_forward_at_test_time(rng, epsilon):
    Z, gamma, beta, mean, var = layer(rng)
    ours = ref.batchnorm_forward(Z, gamma, beta, mean, var, "test", epsilon=epsilon)[0]
    flat = [torch.tensor(value.ravel()) for value in (mean, var, gamma, beta)]
    assert_agree(ours.T, F.batch_norm(torch.tensor(Z.T), *flat, training=False, eps=epsilon))


@pytest.mark.parametrize("axis", [1, -1], ids=["axis=1", "axis=-1"])
def test_keras_batch_normalization_of_a_table(rng, axis):
    """On (examples, features) both axes are the features'; the stored variance is biased."""
    Z, gamma, beta, mean, var = layer(rng)
    bn = keras.layers.BatchNormalization(axis=axis, momentum=0.9, epsilon=1e-5)
    bn.build((None, 3))
    bn.set_weights([value.ravel() for value in (gamma, beta, mean, var)])
    before = ref.batchnorm_forward(Z, gamma, beta, mean, var, "test")[0]
    assert_agree(before.T, bn(Z.T, training=False))
    ours, _, new_mean, new_var = ref.batchnorm_forward(Z, gamma, beta, mean, var, "train")
    assert_agree(ours.T, bn(Z.T, training=True))
    assert_agree(new_mean.ravel(), bn.moving_mean)
    assert_agree(new_var.ravel(), bn.moving_variance)


@pytest.mark.parametrize(("axis", "units"), [(-1, 3), (1, 6)], ids=["channels", "height"])
def test_axis_1_of_an_image_is_its_height(rng, axis, units):
    """Of (example, height, width, channel), the reference normalises what `axis` names."""
    images = rng.standard_normal((M, 6, 5, 3))
    bn = keras.layers.BatchNormalization(axis=axis, epsilon=1e-5)
    theirs = np.moveaxis(np.asarray(bn(images, training=True)), axis, 0)
    assert bn.gamma.shape == (units,)
    rows = np.moveaxis(images, axis, 0).reshape(units, -1)
    start = [np.full((units, 1), value) for value in (1.0, 0.0, 0.0, 1.0)]
    assert_agree(ref.batchnorm_forward(rows, *start, "train")[0].reshape(theirs.shape), theirs)


def test_defaults_of_the_frameworks_layers():
    ours = {"momentum": 0.9, "epsilon": 1e-5}
    theirs = torch.nn.BatchNorm1d(3)
    assert (1 - theirs.momentum, theirs.eps) == (ours["momentum"], ours["epsilon"])
    theirs = keras.layers.BatchNormalization()
    assert (theirs.momentum, theirs.epsilon, theirs.axis) == (0.99, 1e-3, -1)


def network(rng):
    """Parameters, running statistics, inputs and labels of a batch-normalised network."""
    parameters, running = {}, {}
    for k, (n_prev, n) in enumerate(pairwise(DIMS), start=1):
        parameters[f"W{k}"] = rng.standard_normal((n, n_prev))
        if n > 1:
            parameters[f"gamma{k}"] = rng.uniform(0.5, 2, (n, 1))
            parameters[f"beta{k}"] = rng.standard_normal((n, 1))
            running |= {f"mean{k}": np.zeros((n, 1)), f"var{k}": np.ones((n, 1))}
        else:
            parameters[f"b{k}"] = rng.standard_normal((n, 1))
    return parameters, running, rng.standard_normal((5, M)), rng.integers(0, 2, (1, M)) * 1.0


def torch_logits(X, tensors, statistics, training):
    """The logits (1, m); in training, `statistics` are updated in place."""
    A, L = torch.tensor(X.T), len(DIMS) - 1
    for k in range(1, L):
        A = F.relu(
            F.batch_norm(
                F.linear(A, tensors[f"W{k}"]),
                statistics[f"mean{k}"],
                statistics[f"var{k}"],
                tensors[f"gamma{k}"].ravel(),
                tensors[f"beta{k}"].ravel(),
                training,
            )
        )
    return F.linear(A, tensors[f"W{L}"], tensors[f"b{L}"].ravel()).T


def flat(running):
    return {name: torch.tensor(value.ravel()) for name, value in running.items()}


def test_bn_model_forward_and_backward(rng):
    parameters, running, X, Y = network(rng)
    AL, caches, new = ref.bn_model_forward(X, parameters, running, "train")
    tensors, statistics = leaves(parameters), flat(running)
    logits = torch_logits(X, tensors, statistics, training=True)
    assert_agree(AL, torch.sigmoid(logits))
    F.binary_cross_entropy_with_logits(logits, torch.tensor(Y)).backward()
    assert_all_agree(ref.bn_model_backward(AL, Y, caches), gradients(tensors))
    for k in (1, 2):
        assert_agree(new[f"mean{k}"].ravel(), statistics[f"mean{k}"])
        converted = unbiased(new[f"var{k}"], running[f"var{k}"], M)
        assert_agree(converted.ravel(), statistics[f"var{k}"])


def test_ten_steps_of_gradient_descent_then_test_time(rng):
    parameters, running, X, Y = network(rng)
    tensors, statistics = leaves(parameters), flat(running)
    optimizer = torch.optim.SGD(tensors.values(), lr=0.1)
    for _ in range(10):
        AL, caches, running = ref.bn_model_forward(X, parameters, running, "train")
        grads = ref.bn_model_backward(AL, Y, caches)
        parameters = {name: value - 0.1 * grads[f"d{name}"] for name, value in parameters.items()}
        optimizer.zero_grad()
        logits = torch_logits(X, tensors, statistics, training=True)
        F.binary_cross_entropy_with_logits(logits, torch.tensor(Y)).backward()
        optimizer.step()
    assert_all_agree(parameters, tensors)
    for k in (1, 2):
        assert_agree(running[f"mean{k}"].ravel(), statistics[f"mean{k}"])
        start = 0.9**10  # what is left of the variance 1 that both began with
        converted = start + (running[f"var{k}"] - start) * M / (M - 1)
        assert_agree(converted.ravel(), statistics[f"var{k}"])
    AL, _, _ = ref.bn_model_forward(X, parameters, running, "test")
    assert_agree(AL, torch.sigmoid(torch_logits(X, tensors, flat(running), training=False)))
