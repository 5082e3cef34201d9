"""Optimizers as step functions: ``parameters = step(parameters, grads, t)``, t = 1, 2, ….

Each factory returns a step with a fresh state of its own. A learning rate is a number, or a
function of the update number t for a schedule.
"""

from collections.abc import Callable

import numpy as np

from lecturekit.networks import Parameters

Step = Callable[[Parameters, Parameters, int], Parameters]
LearningRate = float | Callable[[int], float]


def gradient_descent(learning_rate: LearningRate) -> Step:
    """θ := θ − α g."""
    return _step(learning_rate, lambda arrays, t: arrays)


def momentum(learning_rate: LearningRate, beta: float = 0.9) -> Step:
    """v := β v + (1 − β) g and θ := θ − α v."""
    v = 0.0

    def direction(g: np.ndarray, t: int) -> np.ndarray:
        nonlocal v
        v *= beta
        v += (1 - beta) * g
        return v

    return _step(learning_rate, _end_to_end(direction))


def rmsprop(learning_rate: LearningRate, beta2: float = 0.9, epsilon: float = 1e-8) -> Step:
    """s := β₂ s + (1 − β₂) g² and θ := θ − α g / (√s + ε)."""
    s = 0.0

    def direction(g: np.ndarray, t: int) -> np.ndarray:
        nonlocal s
        s *= beta2
        s += (1 - beta2) * g**2
        return g / (np.sqrt(s) + epsilon)

    return _step(learning_rate, _end_to_end(direction))


def adam(
    learning_rate: LearningRate = 0.001,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
) -> Step:
    """Momentum over RMSprop, both corrected for their start at 0 (Kingma and Ba, 2015)."""
    v = s = 0.0

    def direction(g: np.ndarray, t: int) -> np.ndarray:
        nonlocal v, s
        v *= beta1
        v += (1 - beta1) * g
        s *= beta2
        s += (1 - beta2) * g**2
        v_hat, s_hat = v / (1 - beta1**t), s / (1 - beta2**t)
        return v_hat / (np.sqrt(s_hat) + epsilon)

    return _step(learning_rate, _end_to_end(direction))


def _step(
    learning_rate: LearningRate, directions: Callable[[list[np.ndarray], int], list[np.ndarray]]
) -> Step:
    """Move every parameter against its direction, which is found from all gradients."""

    def step(parameters: Parameters, grads: Parameters, t: int) -> Parameters:
        alpha = learning_rate(t) if callable(learning_rate) else learning_rate
        found = directions([grads[f"d{name}"] for name in parameters], t)
        pairs = zip(parameters.items(), found, strict=True)
        return {name: value - alpha * direction for (name, value), direction in pairs}

    return step


def _end_to_end(
    direction: Callable[[np.ndarray, int], np.ndarray],
) -> Callable[[list[np.ndarray], int], list[np.ndarray]]:
    """Treat all gradients as one long vector: small arrays cost NumPy mostly the call."""

    def directions(arrays: list[np.ndarray], t: int) -> list[np.ndarray]:
        joined, parts, end = direction(np.concatenate(arrays, axis=None), t), [], 0
        for array in arrays:
            start, end = end, end + array.size
            parts.append(joined[start:end].reshape(array.shape))
        return parts

    return directions
