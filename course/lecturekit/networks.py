"""A multilayer network in the notation of the course, with forward and backward passes.

Examples are columns. Every ``dQ`` is the exact derivative of the cost with respect to ``Q``;
the cost is a mean over the m examples, so 1/m enters once, at the output.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

Parameters = dict[str, np.ndarray]


def sigmoid(Z: np.ndarray) -> np.ndarray:
    """Logistic function 1 / (1 + e^−Z), written with tanh so that it cannot overflow."""
    return 0.5 * (1 + np.tanh(0.5 * Z))


def softmax(Z: np.ndarray) -> np.ndarray:
    """Column-wise softmax e^Z / Σ e^Z; the column maximum is taken off against overflow."""
    t = np.exp(Z - Z.max(axis=0, keepdims=True))
    return t / t.sum(axis=0, keepdims=True)


# name: (activation, its derivative written with the activation's own output A)
ACTIVATIONS = {
    "relu": (lambda Z: np.maximum(0, Z), lambda A: A > 0),
    "tanh": (np.tanh, lambda A: 1 - A**2),
    "sigmoid": (sigmoid, lambda A: A * (1 - A)),
}

# name: standard deviation of a weight, from the number of inputs of its layer
INITIALIZATIONS = {
    "zeros": lambda n: 0.0,
    "xavier": lambda n: np.sqrt(1 / n),
    "he": lambda n: np.sqrt(2 / n),
}

OUTPUTS = {"sigmoid": sigmoid, "softmax": softmax}


def batchnorm_forward(
    Z: np.ndarray,
    gamma: np.ndarray,
    beta: np.ndarray,
    running_mean: np.ndarray,
    running_var: np.ndarray,
    mode: str,
    momentum: float = 0.9,
    epsilon: float = 1e-5,
) -> tuple[np.ndarray, tuple | None, np.ndarray, np.ndarray]:
    """Z̃ = γ (Z − μ) / √(σ² + ε) + β, with statistics over the examples.

    Parameters
    ----------
    Z : ndarray of shape (n, m)
    gamma, beta, running_mean, running_var : ndarray of shape (n, 1)
    mode : {"train", "test"}
        In training μ and σ² come from the mini-batch, at test time from the running averages.
    momentum : float
        Weight of the old value in the running averages.
    epsilon : float

    Returns
    -------
    Z_tilde : ndarray of shape (n, m)
    cache : (Z_norm, gamma, std), or None at test time
    running_mean, running_var : ndarray of shape (n, 1)

    References
    ----------
    Ioffe and Szegedy (2015), https://arxiv.org/abs/1502.03167
    """
    if mode == "test":
        Z_norm = (Z - running_mean) / np.sqrt(running_var + epsilon)
        return gamma * Z_norm + beta, None, running_mean, running_var
    mu = Z.mean(axis=1, keepdims=True)
    var = Z.var(axis=1, keepdims=True)
    std = np.sqrt(var + epsilon)
    Z_norm = (Z - mu) / std
    running_mean = momentum * running_mean + (1 - momentum) * mu
    running_var = momentum * running_var + (1 - momentum) * var
    return gamma * Z_norm + beta, (Z_norm, gamma, std), running_mean, running_var


def batchnorm_backward(
    dZ_tilde: np.ndarray, cache: tuple
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Derivatives dZ, dγ, dβ of the cost, from dZ̃ and the cache of the forward pass."""
    Z_norm, gamma, std = cache
    dgamma = np.sum(dZ_tilde * Z_norm, axis=1, keepdims=True)
    dbeta = np.sum(dZ_tilde, axis=1, keepdims=True)
    m = Z_norm.shape[1]
    dZ = gamma / std * (dZ_tilde - dbeta / m - Z_norm * dgamma / m)
    return dZ, dgamma, dbeta


class Cache(NamedTuple):
    """What one layer remembers for the backward pass.

    ``A`` is the activation before dropout; ``normalized`` is the batch-norm cache and ``mask``
    the dropout mask, each None where the layer does without.
    """

    A_prev: np.ndarray
    W: np.ndarray
    Z: np.ndarray
    A: np.ndarray
    normalized: tuple | None
    mask: np.ndarray | None


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
    ) -> tuple[np.ndarray, list[Cache], Parameters]:
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
        caches : list of Cache
            ``caches[l - 1]`` belongs to layer l.
        running : dict
            The running statistics after this pass.
        """
        activate, _ = ACTIVATIONS[self.activation]
        A, caches, running = X, [], dict(running)
        for layer in range(1, self.L):
            A_prev, W = A, parameters[f"W{layer}"]
            Z, normalized, mask = W @ A_prev, None, None
            if self.batch_norm:
                Z, normalized, running[f"mean{layer}"], running[f"var{layer}"] = batchnorm_forward(
                    Z,
                    parameters[f"gamma{layer}"],
                    parameters[f"beta{layer}"],
                    running[f"mean{layer}"],
                    running[f"var{layer}"],
                    "test" if rng is None else "train",
                )
            else:
                Z = Z + parameters[f"b{layer}"]
            activated = A = activate(Z)
            if rng is not None and self.keep_prob < 1:
                mask = rng.random(A.shape) < self.keep_prob
                A = A * mask / self.keep_prob
            caches.append(Cache(A_prev, W, Z, activated, normalized, mask))
        W = parameters[f"W{self.L}"]
        Z = W @ A + parameters[f"b{self.L}"]
        AL = OUTPUTS[self.output](Z)
        caches.append(Cache(A, W, Z, AL, None, None))
        return AL, caches, running

    def backward(self, AL: np.ndarray, Y: np.ndarray, caches: list[Cache]) -> Parameters:
        """Derivatives of the cost with respect to every parameter, from a training pass."""
        _, slope = ACTIVATIONS[self.activation]
        m = Y.shape[1]
        grads = {}
        dZ = (AL - Y) / m  # the same for sigmoid and for softmax, with cross-entropy
        for layer in range(self.L, 0, -1):
            A_prev, W, _, _, normalized, _ = caches[layer - 1]
            if normalized is None:
                grads[f"db{layer}"] = dZ.sum(axis=1, keepdims=True)
            else:
                dZ, dgamma, dbeta = batchnorm_backward(dZ, normalized)
                grads |= {f"dgamma{layer}": dgamma, f"dbeta{layer}": dbeta}
            grads[f"dW{layer}"] = dZ @ A_prev.T
            if self.lambd:
                grads[f"dW{layer}"] += self.lambd / m * W
            if layer > 1:
                below = caches[layer - 2]
                dA = W.T @ dZ
                if below.mask is not None:
                    dA = dA * below.mask / self.keep_prob
                dZ = dA * slope(below.A)
        return grads

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
