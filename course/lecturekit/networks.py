"""A multilayer network in the notation of the course; its derivatives come from `autodiff`.

Examples are columns. The cost is a mean over the m examples.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from lecturekit.autodiff import (
    Node,
    affine,
    derivatives,
    log_sum_exp,
    row_means,
    row_squares,
    sqrt,
    tanh,
    weighted_squares,
    weighted_sum,
)

Parameters = dict[str, np.ndarray]

ACTIVATIONS = {
    "relu": lambda Z: Z * (Z.value > 0).astype(float),  # 0 or 1: the product rule does the rest
    "tanh": tanh,
    "sigmoid": lambda Z: (tanh(Z * 0.5) + 1) * 0.5,
}

# name: standard deviation of a weight, from the number of inputs of its layer
INITIALIZATIONS = {
    "zeros": lambda n: 0.0,
    "xavier": lambda n: np.sqrt(1 / n),
    "he": lambda n: np.sqrt(2 / n),
}

MOMENTUM, EPSILON = 0.9, 1e-5  # of batch norm: weight of the old running average, and ε


class Layer(NamedTuple):
    """What a layer computed; ``A`` is the activation before dropout."""

    Z: np.ndarray
    A: np.ndarray


class Caches(list[Layer]):
    """What a forward pass remembers: its layers, and the nodes from which derivatives follow.

    Attributes
    ----------
    parameters : dict of str to Node
    scores, logs : Node
        Z of the last layer, and its log Σ e^z, (1, m).
    """

    parameters: dict[str, Node]
    scores: Node
    logs: Node


@dataclass(frozen=True)
class Network:
    """A fully connected network: what it is made of, but not its parameters.

    Attributes
    ----------
    layer_dims : tuple of int
        [n₀, n₁, …, n_L], inputs first.
    output : {"sigmoid", "softmax"}
        Sigmoid takes ``Y`` of shape (1, m), softmax one-hot ``Y`` of shape (C, m).
    activation : {"relu", "tanh", "sigmoid"}
        Of the hidden layers.
    initialization : {"he", "xavier", "zeros"} or float
        Standard deviation of the weights; a number is that standard deviation itself.
    lambd : float
        λ of the L2 term λ/(2m) Σ‖W‖².
    keep_prob : float
        Probability that dropout keeps a hidden unit.
    batch_norm : bool
        Normalise the hidden layers: linear without bias → batch norm → activation.
    """

    layer_dims: tuple[int, ...]
    output: str = "sigmoid"
    activation: str = "relu"
    initialization: str | float = "he"
    lambd: float = 0.0
    keep_prob: float = 1.0
    batch_norm: bool = False

    @property
    def L(self) -> int:
        """Number of layers that have parameters."""
        return len(self.layer_dims) - 1

    def initialize(self, rng: np.random.Generator) -> tuple[Parameters, Parameters]:
        """Return fresh parameters and running statistics (empty without batch norm)."""
        parameters, running = {}, {}
        for layer in range(1, self.L + 1):
            n_in, n_out = self.layer_dims[layer - 1 : layer + 1]
            scale = self.initialization
            if isinstance(scale, str):
                scale = INITIALIZATIONS[scale](n_in)
            parameters[f"W{layer}"] = scale * rng.standard_normal((n_out, n_in))
            if self.batch_norm and layer < self.L:
                parameters[f"gamma{layer}"] = np.ones((n_out, 1))
                parameters[f"beta{layer}"] = np.zeros((n_out, 1))
                running[f"mean{layer}"] = np.zeros((n_out, 1))
                running[f"var{layer}"] = np.ones((n_out, 1))
            else:
                parameters[f"b{layer}"] = np.zeros((n_out, 1))
        return parameters, running

    def forward(
        self,
        X: np.ndarray,
        parameters: Parameters,
        running: Parameters,
        rng: np.random.Generator | None = None,
    ) -> tuple[np.ndarray, Caches, Parameters]:
        """Compute the output probabilities.

        Parameters
        ----------
        X : ndarray of shape (n_0, m)
        parameters, running : dict
            As made by `initialize`.
        rng : numpy.random.Generator, optional
            Given in training: dropout draws from it and batch norm takes the statistics of
            this mini-batch. Left out at test time: no dropout, running statistics.

        Returns
        -------
        AL : ndarray of shape (n_L, m)
        caches : Caches
            ``caches[l - 1]`` belongs to layer l.
        running : dict
            The running statistics after this pass.
        """
        nodes = {name: Node(value) for name, value in parameters.items()}
        A, caches, running = X, Caches(), dict(running)
        for layer in range(1, self.L):
            if self.batch_norm:
                Z = _normalised(nodes[f"W{layer}"] @ A, running, layer, training=rng is not None)
                Z = Z * nodes[f"gamma{layer}"]
                Z = Z + nodes[f"beta{layer}"]
            else:
                Z = affine(nodes[f"W{layer}"], A, nodes[f"b{layer}"])
            A = ACTIVATIONS[self.activation](Z)
            caches.append(Layer(Z.value, A.value))
            if rng is not None and self.keep_prob < 1:
                A = A * (rng.random(A.value.shape) < self.keep_prob) / self.keep_prob
        scores = affine(nodes[f"W{self.L}"], A, nodes[f"b{self.L}"])
        # −log of a probability is log Σ e^z, minus the z of the label; a sigmoid's other z is 0
        logs = log_sum_exp(scores, floor=None if self.output == "softmax" else 0)
        AL = np.exp(scores.value - logs.value)
        caches.append(Layer(scores.value, AL))
        caches.parameters, caches.scores, caches.logs = nodes, scores, logs
        return AL, caches, running

    def backward(self, AL: np.ndarray, Y: np.ndarray, caches: Caches) -> Parameters:
        """Derivatives of the cost with respect to every parameter, from a training pass."""
        m = AL.shape[1]
        cost = weighted_sum(caches.logs, 1 / m) - weighted_sum(caches.scores, Y / m)
        if self.lambd:
            for layer in range(1, self.L + 1):
                W = caches.parameters[f"W{layer}"]
                cost = cost + weighted_squares(W, self.lambd / (2 * m))
        slopes = derivatives(cost, list(caches.parameters.values()))
        return {f"d{name}": slope for name, slope in zip(caches.parameters, slopes, strict=True)}

    def cost(self, AL: np.ndarray, Y: np.ndarray, parameters: Parameters) -> float:
        """Mean cross-entropy in nats, finite for probabilities of 0 and 1, plus the L2 term."""
        m = Y.shape[1]
        P = np.clip(AL, 1e-15, 1 - 1e-15)
        losses = Y * np.log(P)
        if self.output == "sigmoid":
            losses = losses + (1 - Y) * np.log(1 - P)
        cost = -losses.sum() / m
        if self.lambd:
            squares = sum(np.sum(parameters[f"W{layer}"] ** 2) for layer in range(1, self.L + 1))
            cost += self.lambd / (2 * m) * squares
        return float(cost)

    def decide(self, AL: np.ndarray) -> np.ndarray:
        """Turn probabilities (or labels in the layout of ``Y``) into class numbers (m,)."""
        return AL.argmax(axis=0) if self.output == "softmax" else (AL[0] > 0.5).astype(np.int64)


def _normalised(Z: Node, running: Parameters, layer: int, training: bool) -> Node:
    """Batch norm before γ and β; in training it also moves the running statistics."""
    mean, var = f"mean{layer}", f"var{layer}"
    if not training:
        return (Z - running[mean]) / np.sqrt(running[var] + EPSILON)
    mu = row_means(Z)
    D = Z - mu
    variance = row_squares(D)
    for name, new in ((mean, mu.value), (var, variance.value)):
        running[name] = MOMENTUM * running[name] + (1 - MOMENTUM) * new
    return D / sqrt(variance + EPSILON)
