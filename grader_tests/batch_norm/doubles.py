"""Doubles for parts of this notebook's composites: see :attr:`grading.marking.Task.own_parts`."""

from __future__ import annotations

import numpy as np


def for_batchnorm_forward(c):
    """Z_tilde = gamma * Z_norm + beta; std and running_var are positive; other modes raise.

    In training Z_tilde comes from the batch alone, and the cache is (Z_norm, gamma, std); at test
    time it comes from the running statistics, which stay, and the cache is None.
    """

    def batchnorm_forward(
        Z, gamma, beta, running_mean, running_var, mode, momentum=0.9, epsilon=1e-5
    ):
        if mode != "train" and mode != "test":
            raise ValueError("mode must be 'train' or 'test'")
        row = Z @ np.linspace(c[0], 1, Z.shape[1])[:, None] / Z.shape[1]
        centre, size = (row, row**2 + 1e-3) if mode == "train" else (running_mean, running_var)
        std = np.sqrt(c[0] * size + epsilon)
        s = (Z - c[1] * centre) / std
        Z_norm = s / (1 + np.abs(s))
        Z_tilde = gamma * Z_norm + beta
        if mode == "test":
            return Z_tilde, None, running_mean, running_var
        running_mean = momentum * running_mean + c[2] * row
        running_var = momentum * running_var + c[3] * row**2
        return Z_tilde, (Z_norm, gamma, std), running_mean, running_var

    return batchnorm_forward


def for_batchnorm_backward(c):
    """Linear in dZ_tilde; each row of dZ adds up to 0."""

    def batchnorm_backward(dZ_tilde, cache):
        Z_norm, gamma, std = cache
        weights = np.linspace(c[0], 1, dZ_tilde.shape[1])[:, None]
        dZ = c[1] * gamma * (dZ_tilde - np.roll(dZ_tilde, 1, axis=1)) / std
        return dZ, (dZ_tilde * np.abs(Z_norm)) @ weights, std * (dZ_tilde @ weights)

    return batchnorm_backward
