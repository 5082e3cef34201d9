"""`weighted_averages` against the averages that PyTorch's Adam and TensorFlow keep."""

import numpy as np
import pytest
import tensorflow as tf
import torch

from grader_tests.weighted_averages import reference as ref

from .agreement import assert_agree, leaf

# 63/64 because TensorFlow rounds β to float32, whatever the type of the variable
betas = pytest.mark.parametrize("beta", [0.0, 0.5, 63 / 64])


@betas
def test_ewa_is_the_first_moment_of_pytorchs_adam(rng, beta):
    values, tensor = rng.standard_normal(10), leaf([0.0])
    optimizer = torch.optim.Adam([tensor], betas=(beta, 0.999))
    theirs, corrected = [], []
    for value in values:
        before = tensor.item()
        tensor.grad = torch.tensor([value])
        optimizer.step()
        state = optimizer.state[tensor]
        theirs.append(state["exp_avg"].item())
        root = np.sqrt(state["exp_avg_sq"].item() / (1 - 0.999 ** state["step"].item())) + 1e-8
        corrected.append((before - tensor.item()) / 0.001 * root)
    assert_agree(ref.ewa(values, beta), theirs)
    assert_agree(ref.ewa_corrected(values, beta), corrected)  # read off Adam's own step


@betas
def test_ewa_is_tensorflows_moving_average_of_a_variable_that_starts_at_zero(rng, beta):
    values, variable = rng.standard_normal(10), tf.Variable(0.0, dtype=tf.float64)
    average = tf.train.ExponentialMovingAverage(beta)
    average.apply([variable])
    theirs = []
    for value in values:
        variable.assign(value)
        average.apply([variable])
        theirs.append(average.average(variable).numpy())
    assert_agree(ref.ewa(values, beta), theirs)
