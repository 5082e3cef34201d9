"""`learning_rate_decay` against the schedules of Keras and the schedulers of PyTorch."""

import numpy as np
import pytest
from keras.optimizers import schedules
from torch import nn, optim

from grader_tests.learning_rate_decay import reference as ref

from .agreement import assert_agree

EPOCHS = range(12)
ALPHA0, RATE, BASE = np.float64([0.2, 1.5, 0.95])  # Keras rounds Python numbers to float32


def torch_rates(make):
    """The learning rate of each epoch under a PyTorch scheduler, from ALPHA0."""
    optimizer = optim.SGD(nn.Linear(1, 1).parameters(), lr=ALPHA0)
    scheduler, rates = make(optimizer), []
    for _ in EPOCHS:
        rates.append(scheduler.get_last_lr()[0])
        optimizer.step()
        scheduler.step()
    return rates


def test_inverse_time_decay():
    ours = [ref.inverse_time_decay(ALPHA0, RATE, epoch) for epoch in EPOCHS]
    schedule = schedules.InverseTimeDecay(ALPHA0, decay_steps=1, decay_rate=RATE)
    assert_agree(ours, [float(schedule(epoch)) for epoch in EPOCHS])


def test_keras_schedules_count_updates_so_an_epoch_is_decay_steps():
    schedule = schedules.InverseTimeDecay(ALPHA0, decay_steps=100, decay_rate=RATE)
    ours = [ref.inverse_time_decay(ALPHA0, RATE, epoch) for epoch in EPOCHS]
    assert_agree(ours, [float(schedule(100 * epoch)) for epoch in EPOCHS])


def test_exponential_decay():
    ours = [ref.exponential_decay(ALPHA0, BASE, epoch) for epoch in EPOCHS]
    schedule = schedules.ExponentialDecay(ALPHA0, decay_steps=1, decay_rate=BASE)
    assert_agree(ours, [float(schedule(epoch)) for epoch in EPOCHS])
    assert_agree(ours, torch_rates(lambda o: optim.lr_scheduler.ExponentialLR(o, gamma=BASE)))


def test_sqrt_decay_by_a_function_handed_to_pytorch():
    """Its epochs count from 0, the formula's t from 1."""
    ours = [ref.sqrt_decay(ALPHA0, 0.8, epoch + 1) for epoch in EPOCHS]
    theirs = torch_rates(lambda o: optim.lr_scheduler.LambdaLR(o, lambda e: 0.8 * (e + 1) ** -0.5))
    assert_agree(ours, theirs)


@pytest.mark.parametrize("interval", [1, 4])
def test_staircase_decay(interval):
    ours = [ref.staircase_decay(ALPHA0, RATE, epoch, interval) for epoch in EPOCHS]
    schedule = schedules.InverseTimeDecay(ALPHA0, interval, RATE, staircase=True)
    assert_agree(ours, [float(schedule(epoch)) for epoch in EPOCHS])
