"""Module 2's running case: ten epochs of a deep network, and what they are judged by."""

import numpy as np
import pytest
from lecturekit.deep_digits import EPOCHS, NETWORK, deep_sets, deep_trial, train_deep
from lecturekit.optimizers import gradient_descent


def test_what_is_compared_is_the_cost_on_the_digits_trained_on():
    parameters, _ = NETWORK.initialize(np.random.default_rng(3))
    (X, Y), (X_dev, Y_dev) = deep_sets()
    start, dev = (NETWORK.forward(inputs, parameters, {})[0] for inputs in (X, X_dev))
    error, cost = deep_trial(gradient_descent, batch_size=1438)(0.0, 3)  # a rate that stays there
    assert cost == pytest.approx(NETWORK.cost(start, Y, parameters))
    assert error == pytest.approx(100 * np.mean(dev.argmax(axis=0) != Y_dev.argmax(axis=0)))


def test_without_curves_a_run_is_the_same_and_only_its_end_is_measured():
    whole, end = (train_deep(gradient_descent(0.1), 0, 1438, curves) for curves in (True, False))
    assert len(whole.dev_costs) == EPOCHS + 1
    for name in ("train_costs", "dev_costs", "train_errors", "dev_errors"):
        assert getattr(end, name) == getattr(whole, name)[-1:]
