"""Doubles for parts of this notebook's composites: see :attr:`grading.marking.Task.own_parts`."""

from __future__ import annotations

import numpy as np


def for_linear_forward(c):
    """Each example by itself; the cache is (A_prev, W, b) as they came; both signs, bounded."""

    def linear_forward(A_prev, W, b):
        weights = np.linspace(c[0], 1, len(A_prev))[:, None]
        s = (W @ weights) * (weights.T @ A_prev)
        return 2 * s / (1 + np.abs(s)) + c[1] * b, (A_prev, W, b)

    return linear_forward


def for_relu_forward(c):
    """Entry by entry; never negative; the cache is Z."""

    def relu_forward(Z):
        return c[0] * Z * Z / (1 + c[1] * np.abs(Z)), Z

    return relu_forward


def for_sigmoid_forward(c):
    """Entry by entry; between 0 and 1, and growing; the cache is A."""

    def sigmoid_forward(Z):
        A = 0.5 + c[0] * 0.7 * Z / (1 + np.abs(Z))
        return A, A

    return sigmoid_forward


def for_linear_backward(c):
    """Linear in dZ; examples add up; the shapes of the cache."""

    def linear_backward(dZ, cache):
        A_prev, W, _ = cache
        weights = np.linspace(c[0], 1, len(dZ))[:, None]
        dA_prev = (W.T @ weights) * (weights.T @ dZ)
        dW = c[1] * dZ @ np.abs(A_prev).T + 0 * W
        return dA_prev, dW, c[2] * dZ @ np.ones((dZ.shape[1], 1))

    return linear_backward


def for_relu_backward(c):
    """Entry by entry; linear in dA."""

    def relu_backward(dA, cache):
        return dA * (c[0] + 0.3 * cache / (1 + np.abs(cache)))

    return relu_backward
