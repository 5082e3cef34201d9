"""`softmax` against PyTorch and the TensorFlow functions for scores, losses and labels."""

import keras
import numpy as np
import pytest
import tensorflow as tf
import torch
import torch.nn.functional as F

from grader_tests.softmax import reference as ref

from .agreement import assert_agree, leaf

scales = pytest.mark.parametrize("scale", [1, 1000])


@pytest.fixture
def Z(rng):
    return rng.standard_normal((4, 7))


@pytest.fixture
def labels(rng):
    return rng.integers(0, 4, 7)


def test_one_hot(labels):
    assert_agree(ref.one_hot(labels, 4), F.one_hot(torch.tensor(labels), 4).T)
    assert_agree(ref.one_hot(labels, 4), tf.one_hot(labels, 4, axis=0))


@scales
def test_softmax_over_columns_where_tensorflow_takes_rows(Z, scale):
    P = ref.softmax(scale * Z)
    assert_agree(P, F.softmax(torch.tensor(scale * Z), dim=0))
    assert_agree(P, tf.nn.softmax(scale * Z, axis=0))
    assert_agree(P.T, tf.nn.softmax(scale * Z.T))


def test_cross_entropy_is_the_mean_of_the_losses_from_logits(Z, labels):
    cost = ref.cross_entropy(ref.softmax(Z), ref.one_hot(labels, 4))
    assert_agree(cost, F.cross_entropy(torch.tensor(Z.T), torch.tensor(labels)))
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=Z.T)
    assert_agree(cost, np.mean(losses))
    keras_loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    assert_agree(cost, keras_loss(labels, Z.T))


def test_cross_entropy_from_probabilities_by_keras(Z, labels):
    P, Y = ref.softmax(Z), ref.one_hot(labels, 4)
    assert_agree(ref.cross_entropy(P, Y), keras.losses.CategoricalCrossentropy()(Y.T, P.T))


def test_probabilities_given_for_logits_are_a_silent_mistake(Z, labels):
    P, Y = ref.softmax(Z), ref.one_hot(labels, 4)
    twice = F.cross_entropy(torch.tensor(P.T), torch.tensor(labels))
    assert_agree(twice, ref.cross_entropy(ref.softmax(P), Y))
    assert abs(twice - ref.cross_entropy(P, Y)) > 0.01


def test_a_certain_mistake_is_exact_only_from_logits():
    Z, Y = np.array([[1000.0], [0.0]]), np.array([[0.0], [1.0]])
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=[1], logits=Z.T)
    assert float(losses[0]) == F.cross_entropy(torch.tensor(Z.T), torch.tensor([1])) == 1000
    assert 30 < ref.cross_entropy(ref.softmax(Z), Y) < 1000
    clipped = keras.losses.CategoricalCrossentropy()(Y.T, ref.softmax(Z).T)
    assert float(clipped) == pytest.approx(-np.log(1e-7), rel=1e-3)


@scales
def test_softmax_cross_entropy_backward_is_the_derivative(Z, labels, scale):
    dZ = ref.softmax_cross_entropy_backward(ref.softmax(scale * Z), ref.one_hot(labels, 4))
    tensor = leaf(scale * Z.T)
    F.cross_entropy(tensor, torch.tensor(labels)).backward()
    assert_agree(dZ.T, tensor.grad)
    logits = tf.constant(scale * Z.T)
    with tf.GradientTape() as tape:
        tape.watch(logits)
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)
        cost = tf.reduce_mean(losses)
    assert_agree(dZ.T, tape.gradient(cost, logits))


def test_predict_takes_the_first_of_equals(Z):
    Z[:, 0] = 1.0
    P = ref.softmax(Z)
    assert_agree(ref.predict(P), torch.tensor(P).argmax(dim=0))
    assert_agree(ref.predict(P), tf.argmax(P, axis=0))
