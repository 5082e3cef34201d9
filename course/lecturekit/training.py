"""The mini-batch training loop of the lectures."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

from lecturekit.networks import Network, Parameters
from lecturekit.optimizers import Step

Examples = tuple[np.ndarray, np.ndarray]


@dataclass
class Run:
    """A training run: the network, its state, and its curves.

    Attributes
    ----------
    network : Network
    parameters, running : dict
        Parameters and running statistics as they stand.
    batch_costs : list of float
        Cost of each mini-batch, one per update.
    train_costs, dev_costs : list of float
        Cost over the whole set after each epoch, in nats; index 0 is before training.
    train_errors, dev_errors : list of float
        Share of wrong predictions at the same moments, between 0 and 1.
    """

    network: Network
    parameters: Parameters
    running: Parameters
    batch_costs: list[float] = field(default_factory=list)
    train_costs: list[float] = field(default_factory=list)
    dev_costs: list[float] = field(default_factory=list)
    train_errors: list[float] = field(default_factory=list)
    dev_errors: list[float] = field(default_factory=list)

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Class numbers (m,) of the columns of ``X``, in test mode."""
        return self.network.decide(self.probabilities(X))

    def probabilities(self, X: np.ndarray) -> np.ndarray:
        """Output of the network for the columns of ``X``, in test mode."""
        AL, _, _ = self.network.forward(X, self.parameters, self.running)
        return AL

    def evaluate(self, X: np.ndarray, Y: np.ndarray) -> tuple[float, float]:
        """Cost in nats and error rate on a set, in test mode."""
        AL = self.probabilities(X)
        error = float(np.mean(self.network.decide(AL) != self.network.decide(Y)))
        return self.network.cost(AL, Y, self.parameters), error


def shuffled_batches(m: int, batch_size: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Shuffle m examples once, and yield their numbers in batches; the last may be smaller."""
    order = rng.permutation(m)
    for start in range(0, m, batch_size):
        yield order[start : start + batch_size]


def train(
    network: Network,
    train_set: Examples,
    dev_set: Examples,
    step: Step,
    epochs: int,
    batch_size: int,
    rng: np.random.Generator,
    start: tuple[Parameters, Parameters] | None = None,
    on_epoch: Callable[[int, Run], None] | None = None,
    curves: bool = True,
) -> Run:
    """Train a network on shuffled mini-batches.

    Parameters
    ----------
    network : Network
    train_set, dev_set : (X, Y)
    step : callable
        ``step(parameters, grads, t) -> parameters``, as made in `lecturekit.optimizers`; t counts
        the updates from 1.
    epochs, batch_size : int
    rng : numpy.random.Generator
        Draws initial parameters, shuffles and dropout masks.
    start : (parameters, running), optional
        Where to start; drawn by ``network.initialize(rng)`` when left out.
    on_epoch : callable, optional
        ``on_epoch(epoch, run)``, called before training with epoch 0 and after each epoch.
    curves : bool
        False evaluates only after the last epoch, which saves a fifth of the time and more:
        costs and errors then hold one value.

    Returns
    -------
    Run
    """
    run = Run(network, *(start or network.initialize(rng)))
    t = 0
    for epoch in range(epochs + 1):
        if epoch > 0:
            for batch in shuffled_batches(train_set[0].shape[1], batch_size, rng):
                X, Y = (part[:, batch] for part in train_set)
                t += 1
                AL, caches, run.running = network.forward(X, run.parameters, run.running, rng)
                run.batch_costs.append(network.cost(AL, Y, run.parameters))
                run.parameters = step(run.parameters, network.backward(AL, Y, caches), t)
        if curves or epoch == epochs:
            on_train = run.evaluate(*train_set)
            on_dev = on_train if dev_set is train_set else run.evaluate(*dev_set)
            for name, (cost, error) in (("train", on_train), ("dev", on_dev)):
                getattr(run, f"{name}_costs").append(cost)
                getattr(run, f"{name}_errors").append(error)
        if on_epoch:
            on_epoch(epoch, run)
    return run
