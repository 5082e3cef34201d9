"""Reference solutions of ``module3_tuning_batchnorm/parameters_and_transfer.ipynb``.

Counts: I. Goodfellow, Y. Bengio and A. Courville, "Deep Learning", 2016, sections 6.4 and 9.2;
fine-tuning: section 15.2 of the same book.
"""

from __future__ import annotations

import numpy as np  # noqa: F401 - what a notebook has; wrong answers use it


def count_dense_parameters(layer_dims, use_bias=True):
    """Return the number of weights and biases of a dense network.

    Layer l has ``n_l * n_{l-1}`` weights and, with `use_bias`, ``n_l`` biases.

    Parameters
    ----------
    layer_dims : list of int
        ``[n_0, n_1, …, n_L]``, the inputs first.
    use_bias : bool

    Returns
    -------
    count : int
    """
    count = 0
    for layer in range(1, len(layer_dims)):
        n_prev, n = layer_dims[layer - 1], layer_dims[layer]
        count += n * n_prev
        if use_bias:
            count += n
    return count


def count_conv_parameters(channels, filters, kernel, use_bias=True):
    """Return the number of weights and biases of a convolutional layer.

    Each filter has ``h * w`` weights for every input channel and, with `use_bias`, one bias.

    Parameters
    ----------
    channels, filters : int
        Of the input and of the output.
    kernel : tuple (h, w)
    use_bias : bool

    Returns
    -------
    count : int
    """
    h, w = kernel
    weights = filters * channels * h * w
    biases = filters if use_bias else 0
    return weights + biases


def fine_tune_step(parameters, grads, learning_rate, trainable):
    """Return the parameters after a gradient step of the trainable layers; the others stay.

    Parameters
    ----------
    parameters : dict
        Names end in the layer's number: W1, b1, …, W12, b12, and gamma1, beta1
        of a batch-normalised layer.
    grads : dict
        The same names with a d in front.
    learning_rate : float
    trainable : list of int
        Numbers of the layers that move.

    Returns
    -------
    parameters : dict
    """
    new = dict(parameters)
    for layer in trainable:
        for kind in ("W", "b", "gamma", "beta"):
            name = f"{kind}{layer}"
            if name in parameters:
                new[name] = parameters[name] - learning_rate * grads["d" + name]
    return new
