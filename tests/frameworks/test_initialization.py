"""`initialization` against PyTorch's layers, losses and starts, and the starts of Keras."""

import keras
import numpy as np
import pytest
import torch
import torch.nn.functional as F

from grader_tests.initialization import reference as ref

from .agreement import array, assert_agree, assert_all_agree, gradients, leaf, leaves

DIMS = [5, 4, 3, 1]


def torch_logits(X, tensors):
    """The network of `model_forward` up to its last sigmoid, in PyTorch's rows."""
    A, L = torch.tensor(X.T), len(tensors) // 2
    for layer in range(1, L + 1):
        Z = F.linear(A, tensors[f"W{layer}"], tensors[f"b{layer}"].ravel())
        A = F.relu(Z) if layer < L else Z
    return A.T


def network(rng):
    """Parameters without a zero, inputs and labels."""
    parameters = ref.initialize_he(DIMS, rng)
    parameters = {k: v + 0.1 * rng.standard_normal(v.shape) for k, v in parameters.items()}
    return parameters, rng.standard_normal((5, 8)), rng.integers(0, 2, (1, 8)).astype(float)


def test_linear_forward_and_backward(rng):
    A, W, b = (rng.standard_normal(shape) for shape in [(3, 6), (4, 3), (4, 1)])
    upstream = rng.standard_normal((4, 6))
    Z, cache = ref.linear_forward(A, W, b)
    tensors = leaf(A), leaf(W), leaf(b)
    theirs = F.linear(tensors[0].T, tensors[1], tensors[2].ravel()).T
    assert_agree(Z, theirs)
    theirs.backward(torch.tensor(upstream))
    for ours, tensor in zip(ref.linear_backward(upstream, cache), tensors, strict=True):
        assert_agree(ours, tensor.grad)


@pytest.mark.parametrize(
    ("forward", "backward", "theirs"),
    [
        (ref.relu_forward, ref.relu_backward, F.relu),
        (ref.sigmoid_forward, ref.sigmoid_backward, torch.sigmoid),
    ],
    ids=["relu", "sigmoid"],
)
def test_activations_also_at_zero_and_far_out(rng, forward, backward, theirs):
    Z, upstream = 3 * rng.standard_normal((3, 6)), rng.standard_normal((3, 6))
    Z[0, :3] = 0.0, 1000.0, -1000.0
    A, cache = forward(Z)
    tensor = leaf(Z)
    answer = theirs(tensor)
    assert_agree(A, answer)
    answer.backward(torch.tensor(upstream))
    assert_agree(backward(upstream, cache), tensor.grad)


def test_binary_cross_entropy_from_probabilities_and_from_logits(rng):
    Z, Y = rng.standard_normal((1, 9)), rng.integers(0, 2, (1, 9)).astype(float)
    cost = ref.binary_cross_entropy(ref.sigmoid_forward(Z)[0], Y)
    Z, Y = torch.tensor(Z), torch.tensor(Y)
    assert_agree(cost, F.binary_cross_entropy(torch.sigmoid(Z), Y))
    assert_agree(cost, F.binary_cross_entropy_with_logits(Z, Y))
    assert_agree(cost, keras.losses.BinaryCrossentropy(from_logits=True)(Y.numpy(), Z.numpy()))


def test_a_certain_mistake_costs_a_finite_amount_of_each_ones_own():
    AL, Y = np.array([[0.0]]), np.array([[1.0]])
    assert 30 < ref.binary_cross_entropy(AL, Y) < 800
    assert F.binary_cross_entropy(torch.tensor(AL), torch.tensor(Y)) == 100  # log cut at −100
    keras_cost = float(keras.losses.BinaryCrossentropy()(Y, AL))
    assert keras_cost == pytest.approx(-np.log(1e-7), rel=1e-3)  # probability cut at 1e-7


def test_model_forward_and_backward(rng):
    parameters, X, Y = network(rng)
    AL, caches = ref.model_forward(X, parameters)
    tensors = leaves(parameters)
    logits = torch_logits(X, tensors)
    assert_agree(AL, torch.sigmoid(logits))
    F.binary_cross_entropy_with_logits(logits, torch.tensor(Y)).backward()
    assert_all_agree(ref.model_backward(AL, Y, caches), gradients(tensors))


def test_ten_steps_of_gradient_descent(rng):
    parameters, X, Y = network(rng)
    tensors = leaves(parameters)
    optimizer = torch.optim.SGD(tensors.values(), lr=0.3)
    for _ in range(10):
        AL, caches = ref.model_forward(X, parameters)
        grads = ref.model_backward(AL, Y, caches)
        parameters = {name: value - 0.3 * grads[f"d{name}"] for name, value in parameters.items()}
        optimizer.zero_grad()
        F.binary_cross_entropy_with_logits(torch_logits(X, tensors), torch.tensor(Y)).backward()
        optimizer.step()
    assert_all_agree(parameters, tensors)


def scale(parameters, seed):
    """The factor by which a start multiplies the standard normal draws of W1."""
    factors = parameters["W1"] / np.random.default_rng(seed).standard_normal((4, 5))
    assert_agree(factors, np.full((4, 5), factors[0, 0]))
    return factors[0, 0]


def test_he_has_the_deviation_of_pytorchs_kaiming():
    ours = scale(ref.initialize_he(DIMS, np.random.default_rng(0)), 0)
    assert_agree(ours, torch.nn.init.calculate_gain("relu") / np.sqrt(5))


def test_xavier_has_the_deviation_of_pytorchs_kaiming_for_a_linear_layer():
    ours = scale(ref.initialize_xavier(DIMS, np.random.default_rng(0)), 0)
    assert_agree(ours, torch.nn.init.calculate_gain("linear") / np.sqrt(5))


N_IN, N_OUT = 300, 200
DRAWN = {
    "PyTorch kaiming_normal_": (
        lambda W: torch.nn.init.kaiming_normal_(W, nonlinearity="relu"),
        2 / N_IN,
    ),
    "PyTorch xavier_normal_": (torch.nn.init.xavier_normal_, 2 / (N_IN + N_OUT)),
    "PyTorch Linear": (lambda W: torch.nn.Linear(N_IN, N_OUT).weight, 1 / (3 * N_IN)),
    "Keras HeNormal": (lambda W: keras.initializers.HeNormal(0)(W.T.shape), 2 / N_IN),
    "Keras LecunNormal": (lambda W: keras.initializers.LecunNormal(0)(W.T.shape), 1 / N_IN),
    "Keras GlorotUniform": (
        lambda W: keras.initializers.GlorotUniform(0)(W.T.shape),
        2 / (N_IN + N_OUT),
    ),
    "he": (lambda W: ref.initialize_he([N_IN, N_OUT], np.random.default_rng(0))["W1"], 2 / N_IN),
    "xavier": (
        lambda W: ref.initialize_xavier([N_IN, N_OUT], np.random.default_rng(0))["W1"],
        1 / N_IN,
    ),
}


@pytest.mark.parametrize(("draw", "variance"), DRAWN.values(), ids=DRAWN)
def test_variance_of_each_start_is_its_formula(draw, variance):
    torch.manual_seed(0)
    weights = array(draw(torch.empty(N_OUT, N_IN)))
    # 60 000 draws: the sample's variance is off by 0.6 % of itself, as a standard deviation
    assert np.var(weights) == pytest.approx(variance, rel=0.03)


def test_keras_dense_starts_by_glorot_and_with_biases_of_zero():
    layer = keras.layers.Dense(N_OUT)
    layer.build((None, N_IN))
    assert isinstance(layer.kernel_initializer, keras.initializers.GlorotUniform)
    assert layer.kernel.shape == (N_IN, N_OUT)  # the transpose of W
    assert not np.any(layer.bias)
