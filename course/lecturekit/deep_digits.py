"""The running case of module 2: six hidden layers on the digits, and ten epochs to learn them."""

from collections.abc import Callable
from functools import cache

import numpy as np

from lecturekit.datasets import load_digits, one_hot, train_dev_split
from lecturekit.networks import Network
from lecturekit.optimizers import Step
from lecturekit.training import Examples, Run, train

NETWORK = Network((64, *[50] * 6, 10), output="softmax")
EPOCHS, BATCH_SIZE = 10, 64


@cache
def deep_sets() -> tuple[Examples, Examples]:
    """Return the training set of 1438 digits and the dev set of 359, (X, Y) each."""
    X, labels = load_digits()
    return train_dev_split(X, one_hot(labels, 10), 0.2, np.random.default_rng(0))


def train_deep(step: Step, seed: int, batch_size: int = BATCH_SIZE, curves: bool = True) -> Run:
    """Train the network for ten epochs; ``curves`` as in `lecturekit.training.train`."""
    rng = np.random.default_rng(seed)
    return train(NETWORK, *deep_sets(), step, EPOCHS, batch_size, rng, curves=curves)


def deep_trial(
    method: Callable[[float], Step], batch_size: int = BATCH_SIZE
) -> Callable[[float, int], tuple[float, float]]:
    """Return a trial for `lecturekit.comparisons.compare`.

    Parameters
    ----------
    method : callable
        Makes the step at a learning rate, as `lecturekit.optimizers.adam` does.
    batch_size : int

    Returns
    -------
    callable
        Maps learning rate and seed to the dev error in percent and the training cost in nats; the
        cost is what is compared, for that is what an optimizer is asked to lower.
    """

    def after_ten_epochs(rate: float, seed: int) -> tuple[float, float]:
        run = train_deep(method(rate), seed, batch_size, curves=False)
        return 100 * run.dev_errors[-1], run.train_costs[-1]

    return after_ten_epochs
