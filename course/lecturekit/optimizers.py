"""Optimizers as step functions: ``parameters = step(parameters, grads, t)``, t = 1, 2, ….

Each factory returns a step with a fresh state of its own. A learning rate is a number, or a
function of the update number t for a schedule.
"""

from collections import defaultdict
from collections.abc import Callable

import numpy as np

from lecturekit.networks import Parameters

Step = Callable[[Parameters, Parameters, int], Parameters]
LearningRate = float | Callable[[int], float]


def gradient_descent(learning_rate: LearningRate) -> Step:
    """θ := θ − α g."""
    return _step(learning_rate, lambda name, g, t: g)


def momentum(learning_rate: LearningRate, beta: float = 0.9) -> Step:
    """v := β v + (1 − β) g and θ := θ − α v."""
    v = defaultdict(float)

    def direction(name: str, g: np.ndarray, t: int) -> np.ndarray:
        v[name] = beta * v[name] + (1 - beta) * g
        return v[name]

    return _step(learning_rate, direction)


def rmsprop(learning_rate: LearningRate, beta2: float = 0.9, epsilon: float = 1e-8) -> Step:
    """s := β₂ s + (1 − β₂) g² and θ := θ − α g / (√s + ε)."""
    s = defaultdict(float)

    def direction(name: str, g: np.ndarray, t: int) -> np.ndarray:
        s[name] = beta2 * s[name] + (1 - beta2) * g**2
        return g / (np.sqrt(s[name]) + epsilon)

    return _step(learning_rate, direction)


def adam(
    learning_rate: LearningRate = 0.001,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
) -> Step:
    """Momentum over RMSprop, both corrected for their start at 0 (Kingma and Ba, 2015)."""
    v, s = defaultdict(float), defaultdict(float)

    def direction(name: str, g: np.ndarray, t: int) -> np.ndarray:
        v[name] = beta1 * v[name] + (1 - beta1) * g
        s[name] = beta2 * s[name] + (1 - beta2) * g**2
        v_hat, s_hat = v[name] / (1 - beta1**t), s[name] / (1 - beta2**t)
        return v_hat / (np.sqrt(s_hat) + epsilon)

    return _step(learning_rate, direction)


def _step(learning_rate: LearningRate, direction: Callable) -> Step:
    """Move every parameter against its direction."""

    def step(parameters: Parameters, grads: Parameters, t: int) -> Parameters:
        alpha = learning_rate(t) if callable(learning_rate) else learning_rate
        return {
            name: value - alpha * direction(name, grads[f"d{name}"], t)
            for name, value in parameters.items()
        }

    return step
