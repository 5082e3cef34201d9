"""Reference solutions of ``module3_tuning_batchnorm/parameters_and_transfer.ipynb``.

Counts: I. Goodfellow, Y. Bengio and A. Courville, "Deep Learning", 2016, sections 6.4 and 9.2;
fine-tuning: section 15.2 of the same book; a rate for each layer: J. Howard and S. Ruder,
"Universal Language Model Fine-tuning for Text Classification", ACL 2018, section 3.2.
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


def count_layers(layers):
    """Return the number of learned numbers of each layer.

    A batch-norm layer learns a scale and a shift for each unit; its running averages are not
    learned.

    Parameters
    ----------
    layers : list of tuple
        ``("dense", n_in, n_out, bias)``, ``("conv", channels, filters, (h, w), bias)`` or
        ``("batch_norm", units)``, with a bool for bias.

    Returns
    -------
    counts : list of int

    Raises
    ------
    ValueError
        If a layer is of another kind.
    """
    counts = []
    for kind, *sizes in layers:
        if kind == "dense":
            n_in, n_out, bias = sizes
            counts.append(n_out * n_in + n_out * bias)
        elif kind == "conv":
            channels, filters, (h, w), bias = sizes
            counts.append(filters * channels * h * w + filters * bias)
        elif kind == "batch_norm":
            (units,) = sizes
            counts.append(2 * units)
        else:
            raise ValueError(f"there is no layer of the kind {kind!r}")
    return counts


def discriminative_step(parameters, grads, learning_rate, decay):
    """Take a gradient step in which each layer has a rate that is `decay` times its successor's.

    Parameters
    ----------
    parameters : dict
        Names end in the layer's number, as in `fine_tune_step`.
    grads : dict
        The same names with a d in front.
    learning_rate : float
        Of the last layer.
    decay : float

    Returns
    -------
    parameters : dict

    Raises
    ------
    ValueError
        If decay lies outside 0 … 1.
    """
    if not 0 <= decay <= 1:
        raise ValueError(f"decay is {decay}; it should lie between 0 and 1")
    layer_of = {name: int(name.lstrip("Wabemtg")) for name in parameters}
    last = max(layer_of.values())
    new = {}
    for name, value in parameters.items():
        rate = learning_rate * decay ** (last - layer_of[name])
        new[name] = value - rate * grads["d" + name]
    return new
