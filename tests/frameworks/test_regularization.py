"""`regularization` against weight decay, dropout and callbacks of PyTorch, Keras, TensorFlow."""

import keras
import numpy as np
import pytest
import tensorflow as tf
import torch

from grader_tests.regularization import reference as ref

from .agreement import array, assert_agree, assert_all_agree, gradients, leaves

M, LAMBD = 50, 0.7


def some_parameters(rng):
    shapes = {"W1": (4, 5), "b1": (4, 1), "W2": (1, 4), "b2": (1, 1)}
    return {name: rng.standard_normal(shape) for name, shape in shapes.items()}


def some_gradients(rng, parameters):
    return {f"d{name}": rng.standard_normal(value.shape) for name, value in parameters.items()}


def test_l2_gradients_are_the_derivative_of_l2_cost(rng):
    parameters = some_parameters(rng)
    tensors = leaves(parameters)
    cost = LAMBD / (2 * M) * sum(torch.sum(tensors[name] ** 2) for name in ("W1", "W2"))
    (cost + 0 * sum(torch.sum(b) for b in tensors.values())).backward()
    assert_agree(ref.l2_cost(parameters, LAMBD, M), cost)
    nothing = {f"d{name}": np.zeros(value.shape) for name, value in parameters.items()}
    assert_all_agree(ref.l2_gradients(nothing, parameters, LAMBD, M), gradients(tensors))


def weight_decay_groups(tensors, weight_decay):
    """PyTorch decays every parameter it is given; biases are free, so they stand apart."""
    weights = [tensor for name, tensor in tensors.items() if name.startswith("W")]
    biases = [tensor for name, tensor in tensors.items() if name.startswith("b")]
    return [{"params": weights, "weight_decay": weight_decay}, {"params": biases}]


def test_weight_decay_of_pytorchs_sgd_is_lambda_over_m_over_ten_steps(rng):
    parameters = some_parameters(rng)
    tensors = leaves(parameters)
    optimizer = torch.optim.SGD(weight_decay_groups(tensors, LAMBD / M), lr=0.1)
    for _ in range(10):
        grads = some_gradients(rng, parameters)
        for name, tensor in tensors.items():
            tensor.grad = torch.tensor(grads[f"d{name}"])
        optimizer.step()
        grads = ref.l2_gradients(grads, parameters, LAMBD, M)
        parameters = {name: value - 0.1 * grads[f"d{name}"] for name, value in parameters.items()}
    assert_all_agree(parameters, tensors)


def test_keras_l2_takes_neither_the_half_nor_the_mean(rng):
    """`l2(0.01)` adds 0.01 ΣW²: our λ is 2 m · 0.01, which is 20 for 1000 examples."""
    m, W = 1000, rng.standard_normal((32, 5))
    l2 = keras.regularizers.l2(0.01)
    layer = keras.layers.Dense(units=32, activation="relu", kernel_regularizer=l2)
    layer.build((None, 5))
    layer.kernel.assign(W.T)
    with tf.GradientTape() as tape:
        [penalty] = layer.losses
    lambd = 2 * m * float(np.float32(0.01))  # Keras rounds the factor to float32
    assert lambd == pytest.approx(20, rel=1e-7)
    assert_agree(ref.l2_cost({"W1": W}, lambd, m), penalty)
    ours = ref.l2_gradients({"dW1": np.zeros(W.shape)}, {"W1": W}, lambd, m)
    assert_agree(ours["dW1"].T, tape.gradient(penalty, layer.kernel.value))


DROPOUTS = {
    "PyTorch": lambda A, rate: torch.nn.functional.dropout(torch.tensor(A), rate),
    "Keras": lambda A, rate: keras.layers.Dropout(rate, seed=0)(A, training=True),
    "TensorFlow": lambda A, rate: tf.nn.dropout(A, rate, seed=0),
    "reference": lambda A, rate: ref.dropout_forward(A, 1 - rate, np.random.default_rng(0))[0],
}
dropouts = pytest.mark.parametrize("dropout", DROPOUTS.values(), ids=DROPOUTS)


@dropouts
def test_dropout_divides_what_it_keeps_by_keep_prob(rng, dropout):
    """Frameworks are told the share to drop: 0.2 for our keep_prob of 0.8."""
    torch.manual_seed(0)
    A = rng.uniform(1, 2, (30, 40))
    dropped = array(dropout(A, 0.2))
    assert_agree(dropped, A * (dropped != 0) / 0.8)


@dropouts
def test_dropout_keeps_the_expectation(dropout):
    torch.manual_seed(0)
    mean = np.mean(array(dropout(np.ones((400, 500)), 0.2)))
    assert mean == pytest.approx(1, abs=5 * np.sqrt(0.2 / 0.8 / 200_000))


def test_dropout_leaves_activations_alone_at_test_time(rng):
    """At test time nothing is called here; the frameworks' layers return their input."""
    A = rng.standard_normal((6, 7))
    assert_agree(torch.nn.Dropout(0.2).eval()(torch.tensor(A)), A)
    assert_agree(keras.layers.Dropout(0.2)(A, training=False), A)


def test_dropout_backward_is_the_derivative_under_the_same_mask(rng):
    torch.manual_seed(0)
    tensors = leaves({"A": rng.uniform(1, 2, (6, 7))})
    upstream = rng.standard_normal((6, 7))
    dropped = torch.nn.functional.dropout(tensors["A"], 0.2)
    dropped.backward(torch.tensor(upstream))
    mask = array(dropped) != 0
    assert_agree(ref.dropout_backward(upstream, mask, 0.8), tensors["A"].grad)


@pytest.mark.parametrize("patience", [1, 2, 4])
def test_early_stopping_epoch_is_the_best_epoch_of_keras(rng, patience):
    dev_costs = np.round(rng.uniform(0, 1, 12) + np.linspace(0.5, 0, 12), 1)
    callback = keras.callbacks.EarlyStopping(patience=patience, restore_best_weights=True)
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.stop_training = False  # as `fit` does before the first epoch
    callback.set_model(model)
    callback.on_train_begin()
    for epoch, cost in enumerate(dev_costs):
        callback.on_epoch_end(epoch, {"val_loss": cost})
        if model.stop_training:
            break
    assert ref.early_stopping_epoch(list(dev_costs), patience) == callback.best_epoch


def test_flip_horizontally(rng):
    images = rng.random((3, 4, 5))
    assert_agree(ref.flip_horizontally(images), torch.tensor(images).flip(-1))
    assert_agree(ref.flip_horizontally(images), tf.image.flip_left_right(images[..., None])[..., 0])


def test_random_crop_gives_the_same_set_of_crops_as_tensorflow(rng):
    image = np.arange(9.0).reshape(3, 3)
    tf.random.set_seed(0)
    ours = ref.random_crop(np.stack([image] * 200), 2, rng)
    theirs = [tf.image.random_crop(image, (2, 2)).numpy() for _ in range(200)]
    assert {crop.tobytes() for crop in ours} == {crop.tobytes() for crop in theirs}
    assert len({crop.tobytes() for crop in ours}) == 4
