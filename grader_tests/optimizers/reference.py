"""Reference solutions of ``module2_optimization/optimizers.ipynb``.

Formulas: B. Polyak, "Some methods of speeding up the convergence of iteration methods", 1964, with
the gradient averaged; G. Hinton, "Neural Networks for Machine Learning", lecture 6e, 2012, for
RMSprop; D. Kingma and J. Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015, algorithm 1.
"""

from __future__ import annotations

import numpy as np


def initialize_velocity(parameters):
    """Return a zero array for each parameter, under the key of its gradient.

    Parameters
    ----------
    parameters : dict of ndarray

    Returns
    -------
    velocity : dict of ndarray
        Of the parameters' shapes, with a d in front of each key.

    Examples
    --------
    >>> initialize_velocity({"b1": np.array([[3.0]])})
    {'db1': array([[0.]])}
    """
    return {f"d{name}": np.zeros(value.shape) for name, value in parameters.items()}


def momentum_step(parameters, grads, velocity, learning_rate, beta=0.9):
    """Step along the running average of the gradients.

    ``v = beta * v + (1 - beta) * g``, ``parameter = parameter - learning_rate * v``.

    Parameters
    ----------
    parameters : dict of ndarray
    grads, velocity : dict of ndarray
        Of the parameters' shapes, with a d in front of each key.
    learning_rate, beta : float

    Returns
    -------
    parameters, velocity : dict of ndarray
    """
    new_parameters, new_velocity = {}, {}
    for name, value in parameters.items():
        g = grads[f"d{name}"]
        v = beta * velocity[f"d{name}"] + (1 - beta) * g
        new_parameters[name] = value - learning_rate * v
        new_velocity[f"d{name}"] = v
    return new_parameters, new_velocity


def initialize_rmsprop(parameters):
    """Return a zero array for each parameter, under the key of its gradient.

    Parameters
    ----------
    parameters : dict of ndarray

    Returns
    -------
    s : dict of ndarray
        Of the parameters' shapes, with a d in front of each key.
    """
    return {f"d{name}": np.zeros(value.shape) for name, value in parameters.items()}


def rmsprop_step(parameters, grads, s, learning_rate, beta2=0.9, epsilon=1e-8):
    """Divide each component of the step by the root of its running mean square.

    ``s = beta2 * s + (1 - beta2) * g**2``,
    ``parameter = parameter - learning_rate * g / (sqrt(s) + epsilon)``, entry by entry.

    Parameters
    ----------
    parameters : dict of ndarray
    grads, s : dict of ndarray
        Of the parameters' shapes, with a d in front of each key.
    learning_rate, beta2, epsilon : float

    Returns
    -------
    parameters, s : dict of ndarray
    """
    new_parameters, new_s = {}, {}
    for name, value in parameters.items():
        g = grads[f"d{name}"]
        square = beta2 * s[f"d{name}"] + (1 - beta2) * g**2
        new_parameters[name] = value - learning_rate * g / (np.sqrt(square) + epsilon)
        new_s[f"d{name}"] = square
    return new_parameters, new_s


def initialize_adam(parameters):
    """Return two dicts with a zero array for each parameter, under the key of its gradient.

    Parameters
    ----------
    parameters : dict of ndarray

    Returns
    -------
    v, s : dict of ndarray
        Of the parameters' shapes, with a d in front of each key.
    """
    v = {f"d{name}": np.zeros(value.shape) for name, value in parameters.items()}
    s = {f"d{name}": np.zeros(value.shape) for name, value in parameters.items()}
    return v, s


def adam_step(
    parameters, grads, v, s, t, learning_rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-8
):
    """Step along the averaged gradient over its root mean square, both corrected for their start.

    ``v = beta1 * v + (1 - beta1) * g``, ``s = beta2 * s + (1 - beta2) * g**2``,
    ``v_hat = v / (1 - beta1**t)``, ``s_hat = s / (1 - beta2**t)``,
    ``parameter = parameter - learning_rate * v_hat / (sqrt(s_hat) + epsilon)``, entry by entry.

    Parameters
    ----------
    parameters : dict of ndarray
    grads, v, s : dict of ndarray
        Of the parameters' shapes, with a d in front of each key.
    t : int
        Number of the update, from 1.
    learning_rate, beta1, beta2, epsilon : float

    Returns
    -------
    parameters, v, s : dict of ndarray
        v and s without the correction.
    """
    new_parameters, new_v, new_s = {}, {}, {}
    for name, value in parameters.items():
        g = grads[f"d{name}"]
        mean = beta1 * v[f"d{name}"] + (1 - beta1) * g
        square = beta2 * s[f"d{name}"] + (1 - beta2) * g**2
        v_hat, s_hat = mean / (1 - beta1**t), square / (1 - beta2**t)
        new_parameters[name] = value - learning_rate * v_hat / (np.sqrt(s_hat) + epsilon)
        new_v[f"d{name}"], new_s[f"d{name}"] = mean, square
    return new_parameters, new_v, new_s


def nesterov_step(gradient, parameters, velocity, learning_rate, beta=0.9):
    """Step as momentum does, with the gradient from where momentum alone would lead.

    ``v = beta * v + (1 - beta) * g``, ``parameter = parameter - learning_rate * v``, with g at
    ``parameter - learning_rate * beta * v`` of all parameters together.

    Parameters
    ----------
    gradient : callable
        Returns the gradients at the parameters that it is given.
    parameters : dict of ndarray
    velocity : dict of ndarray
        Of the parameters' shapes, with a d in front of each key.
    learning_rate, beta : float

    Returns
    -------
    parameters, velocity : dict of ndarray
    """
    ahead = {}
    for name, value in parameters.items():
        ahead[name] = value - learning_rate * beta * velocity[f"d{name}"]
    grads = gradient(ahead)
    new_parameters, new_velocity = {}, {}
    for name, value in parameters.items():
        v = beta * velocity[f"d{name}"] + (1 - beta) * grads[f"d{name}"]
        new_parameters[name] = value - learning_rate * v
        new_velocity[f"d{name}"] = v
    return new_parameters, new_velocity


def amsgrad_step(
    parameters, grads, v, s, s_max, t, learning_rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-8
):
    """Step as Adam does, over the root of the largest corrected mean square so far.

    ``s_max = maximum(s_max, s / (1 - beta2**t))``, ``parameter = parameter - learning_rate *
    v_hat / (np.sqrt(s_max) + epsilon)``, entry by entry; v, s and v_hat as for Adam.

    Parameters
    ----------
    parameters : dict of ndarray
    grads, v, s, s_max : dict of ndarray
        Of the parameters' shapes, with a d in front of each key.
    t : int
        Number of the update, from 1.
    learning_rate, beta1, beta2, epsilon : float

    Returns
    -------
    parameters, v, s, s_max : dict of ndarray
        v and s without the correction.
    """
    moved, new_v, new_s, largest = {}, {}, {}, {}
    for name, value in parameters.items():
        key = f"d{name}"
        new_v[key] = beta1 * v[key] + (1 - beta1) * grads[key]
        new_s[key] = beta2 * s[key] + (1 - beta2) * grads[key] ** 2
        v_hat, s_hat = new_v[key] / (1 - beta1**t), new_s[key] / (1 - beta2**t)
        largest[key] = np.maximum(s_max[key], s_hat)
        moved[name] = value - learning_rate * v_hat / (np.sqrt(largest[key]) + epsilon)
    return moved, new_v, new_s, largest


def clip_gradients(grads, max_norm):
    """Return gradients whose norm, all entries together, is at most max_norm, and what it was.

    ``grads * min(1, max_norm / norm)``, and the norm ``sqrt(sum of squares)`` before.

    Parameters
    ----------
    grads : dict of ndarray
    max_norm : float
        Above 0.

    Returns
    -------
    grads : dict of ndarray
        Of the same shapes.
    norm : float
        Of all entries together, before the gradients are shortened.

    Raises
    ------
    ValueError
        If max_norm is 0 or below.

    Examples
    --------
    >>> clip_gradients({"dW1": np.array([[6.0]]), "db1": np.array([[8.0]])}, 5.0)
    ({'dW1': array([[3.]]), 'db1': array([[4.]])}, 10.0)
    """
    if max_norm <= 0:
        raise ValueError(f"a gradient cannot be clipped to the norm {max_norm}")
    norm = float(np.sqrt(sum(np.sum(g**2) for g in grads.values())))
    factor = max_norm / max(norm, max_norm)
    return {key: factor * g for key, g in grads.items()}, norm
