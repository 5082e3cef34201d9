"""`optimizers` against torch.optim and keras.optimizers, ten steps each on the same gradients.

Where a convention differs, the comparison says by how much.
"""

import keras
import numpy as np
import pytest
import torch

from grader_tests.optimizers import reference as ref
from grader_tests.regularization import reference as regularization

from .agreement import assert_all_agree, leaves

ALPHA = 0.03
BETA, BETA2 = np.float64([0.9, 0.999])  # Keras rounds Python numbers to float32


@pytest.fixture
def start(rng):
    return {"W1": rng.standard_normal((3, 4)), "b1": rng.standard_normal((3, 1))}


@pytest.fixture
def all_grads(rng, start):
    """Ten gradients, of all orders of magnitude from 1e-6 to 1: ε has something to do."""
    return [
        {
            f"d{name}": rng.standard_normal(value.shape) * 10.0 ** rng.uniform(-6, 0, value.shape)
            for name, value in start.items()
        }
        for _ in range(10)
    ]


def momentum(parameters, all_grads, **options):
    velocity = ref.initialize_velocity(parameters)
    for grads in all_grads:
        parameters, velocity = ref.momentum_step(parameters, grads, velocity, ALPHA, **options)
    return parameters


def rmsprop(parameters, all_grads, **options):
    s = ref.initialize_rmsprop(parameters)
    for grads in all_grads:
        parameters, s = ref.rmsprop_step(parameters, grads, s, ALPHA, **options)
    return parameters


def adam(parameters, all_grads, epsilon=lambda t: 1e-8):
    v, s = ref.initialize_adam(parameters)
    for t, grads in enumerate(all_grads, start=1):
        parameters, v, s = ref.adam_step(
            parameters, grads, v, s, t, learning_rate=ALPHA, epsilon=epsilon(t)
        )
    return parameters


def in_torch(start, all_grads, make, **options):
    tensors = leaves(start)
    optimizer = make(tensors.values(), **options)
    for grads in all_grads:
        for name, tensor in tensors.items():
            tensor.grad = torch.tensor(grads[f"d{name}"])
        optimizer.step()
    return tensors


def in_keras(start, all_grads, optimizer):
    variables = {name: keras.Variable(value) for name, value in start.items()}
    for grads in all_grads:
        values = [keras.ops.convert_to_tensor(grads[f"d{name}"]) for name in start]
        optimizer.apply(values, list(variables.values()))
    return variables


def test_momentum_averages_so_the_frameworks_learning_rate_is_smaller(start, all_grads):
    """They sum, v = βv + g, where the course averages: their α is ours times 1 − β."""
    ours, lr = momentum(start, all_grads), ALPHA * (1 - 0.9)
    assert_all_agree(ours, in_torch(start, all_grads, torch.optim.SGD, lr=lr, momentum=0.9))
    assert_all_agree(ours, in_keras(start, all_grads, keras.optimizers.SGD(lr, momentum=BETA)))


def test_dampening_is_not_one_minus_beta_at_the_first_step(start, all_grads):
    """PyTorch starts at v = g, undamped, so its later velocities keep 1/(1 − β) too much of it."""
    first = all_grads[:1]
    options = {"lr": ALPHA, "momentum": 0.9, "dampening": 0.1}
    theirs = in_torch(start, first, torch.optim.SGD, **options)
    undamped = {name: start[name] - ALPHA * first[0][f"d{name}"] for name in start}
    assert_all_agree(undamped, theirs)


def test_rmsprop_as_in_pytorch(start, all_grads):
    """Its decay is called alpha and is 0.99 unless set."""
    theirs = in_torch(start, all_grads, torch.optim.RMSprop, lr=ALPHA, alpha=0.9)
    assert_all_agree(rmsprop(start, all_grads), theirs)


def test_rmsprop_of_keras_has_epsilon_inside_the_root(start, all_grads):
    optimizer = keras.optimizers.RMSprop(ALPHA, rho=BETA, epsilon=1e-8)
    theirs = in_keras(start, all_grads, optimizer)
    expected, s = dict(start), ref.initialize_rmsprop(start)
    for grads in all_grads:
        for name in start:
            g = grads[f"d{name}"]
            s[f"d{name}"] = 0.9 * s[f"d{name}"] + 0.1 * g**2
            expected[name] = expected[name] - ALPHA * g / np.sqrt(s[f"d{name}"] + 1e-8)
    assert_all_agree(expected, theirs)
    without = in_keras(start, all_grads, keras.optimizers.RMSprop(ALPHA, rho=BETA, epsilon=0.0))
    assert_all_agree(rmsprop(start, all_grads, epsilon=0.0), without)


def test_adam_as_in_pytorch(start, all_grads):
    theirs = in_torch(start, all_grads, torch.optim.Adam, lr=ALPHA)
    assert_all_agree(adam(start, all_grads), theirs)


def test_adam_of_keras_adds_epsilon_before_the_correction(start, all_grads):
    """Its ε is the paper's ε-hat: ours at step t is ε / √(1 − β₂ᵗ). It is 1e-7 unless set."""
    theirs = in_keras(start, all_grads, keras.optimizers.Adam(ALPHA, BETA, BETA2))
    ours = adam(start, all_grads, epsilon=lambda t: 1e-7 / np.sqrt(1 - 0.999**t))
    assert_all_agree(ours, theirs)


def with_l2(start, all_grads, lambd, m):
    parameters = dict(start)
    v, s = ref.initialize_adam(parameters)
    for t, grads in enumerate(all_grads, start=1):
        grads = regularization.l2_gradients(grads, parameters, lambd, m)
        parameters, v, s = ref.adam_step(parameters, grads, v, s, t, learning_rate=ALPHA)
    return parameters


def test_adams_weight_decay_is_l2_in_pytorch(start, all_grads):
    options = {"lr": ALPHA, "weight_decay": 0.7 / 50}
    weights = [{"dW1": grads["dW1"]} for grads in all_grads]  # biases carry no penalty
    theirs = in_torch({"W1": start["W1"]}, weights, torch.optim.Adam, **options)
    assert_all_agree(with_l2({"W1": start["W1"]}, weights, 0.7, 50), theirs)


def test_adamw_shrinks_the_weights_beside_adams_step(start, all_grads):
    theirs = in_torch(start, all_grads, torch.optim.AdamW, lr=ALPHA, weight_decay=0.2)
    parameters = dict(start)
    v, s = ref.initialize_adam(parameters)
    for t, grads in enumerate(all_grads, start=1):
        parameters = {name: (1 - ALPHA * 0.2) * value for name, value in parameters.items()}
        parameters, v, s = ref.adam_step(parameters, grads, v, s, t, learning_rate=ALPHA)
    assert_all_agree(parameters, theirs)
