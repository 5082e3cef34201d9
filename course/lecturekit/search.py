"""Trials of a hyperparameter search over the digits, run in parallel processes."""

import multiprocessing
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import NamedTuple

import numpy as np

from lecturekit import datasets, optimizers, training
from lecturekit.networks import Network

Point = Mapping[str, float]

DEFAULTS = {
    "learning_rate": 0.003,
    "beta1": 0.9,
    "epsilon": 1e-8,
    "batch_size": 50,
    "hidden_units": 64,
    "hidden_layers": 1,
    "decay_rate": 0.0,
}


class Outcome(NamedTuple):
    """Error rates of a trial, between 0 and 1; `dev_errors` has one more than there are epochs."""

    dev_error: float
    test_error: float
    dev_errors: list[float]


def digits_trial(point: Point, epochs: int = 8, seed: int = 0) -> Outcome:
    """Train a network on the digits with Adam and return its errors.

    Parameters
    ----------
    point : mapping
        Values for some of the names in `DEFAULTS`, which supplies the others. The learning rate
        of epoch e is ``learning_rate / (1 + decay_rate · e)``.
    epochs : int
    seed : int
        Of initial weights and shuffles; the split into 1000 training, 399 dev and 398 test
        digits is always the same.

    Returns
    -------
    Outcome
    """
    values = DEFAULTS | dict(point)
    X, labels = datasets.load_digits()
    order = np.random.default_rng(0).permutation(X.shape[1])
    X, Y = X[:, order], datasets.one_hot(labels[order], 10)
    train_set, dev_set, test_set = (
        (X[:, part], Y[:, part]) for part in (slice(1000), slice(1000, 1399), slice(1399, None))
    )
    hidden = (int(values["hidden_units"]),) * int(values["hidden_layers"])
    batch_size = int(values["batch_size"])
    updates = -(-1000 // batch_size)  # per epoch, rounded up

    def learning_rate(t: int) -> float:
        return values["learning_rate"] / (1 + values["decay_rate"] * ((t - 1) // updates))

    step = optimizers.adam(learning_rate, beta1=values["beta1"], epsilon=values["epsilon"])
    rng = np.random.default_rng(seed)
    run = training.train(
        Network((64, *hidden, 10), "softmax"), train_set, dev_set, step, epochs, batch_size, rng
    )
    return Outcome(run.dev_errors[-1], run.evaluate(*test_set)[1], run.dev_errors)


def run_trials(points: Sequence[Point], workers: int = 2) -> Iterator[Outcome]:
    """Yield the outcome of each point, in order, while `workers` processes compute ahead."""
    # The workers read this when they start; several threads in each would get in the way.
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=fresh) as pool:
        yield from pool.map(digits_trial, points)
