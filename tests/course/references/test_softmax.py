"""The references of softmax agree with exact arithmetic, and the gradient with complex steps."""

from decimal import Decimal

import numpy as np
import pytest

from grader_tests.softmax import reference as ref


@pytest.fixture(params=range(3))
def rng(request):
    return np.random.default_rng(request.param)


def in_decimals(Z):
    """Softmax as printed, in decimal numbers, which hold exp(±1000)."""
    columns = []
    for column in Z.T:
        t = [Decimal(float(z)).exp() for z in column]
        columns.append([float(entry / sum(t)) for entry in t])
    return np.array(columns).T


@pytest.mark.parametrize("factor", [1, 1000])
@pytest.mark.parametrize("shape", [(4, 6), (3, 3), (5, 1)])
def test_softmax_is_its_definition(rng, shape, factor):
    Z = factor * rng.standard_normal(shape)
    np.testing.assert_allclose(ref.softmax(Z), in_decimals(Z), rtol=1e-12, atol=1e-300)


def test_softmax_of_examples_far_apart_is_that_of_each_alone(rng):
    Z = rng.standard_normal((4, 3))
    far = Z + np.array([[1000.0, -1000.0, 0.0]])
    np.testing.assert_allclose(ref.softmax(far), ref.softmax(Z), rtol=1e-12)


def test_the_gradient_is_the_derivative_of_the_cost(rng):
    Z = rng.standard_normal((4, 5))
    labels = rng.integers(0, 4, 5)

    def cost(Z):
        return np.mean(np.log(np.exp(Z).sum(axis=0)) - Z[labels, np.arange(5)])

    P, Y = ref.softmax(Z), ref.one_hot(labels, 4)
    assert ref.cross_entropy(P, Y) == pytest.approx(cost(Z))
    dZ = np.zeros_like(Z)
    for index in np.ndindex(Z.shape):
        nudged = Z.astype(complex)
        nudged[index] += 1e-30j
        dZ[index] = cost(nudged).imag / 1e-30
    np.testing.assert_allclose(ref.softmax_cross_entropy_backward(P, Y), dZ, rtol=1e-12)


def test_cross_entropy_stays_finite_at_zero():
    certain = np.eye(2)
    assert ref.cross_entropy(certain, certain) == 0
    assert np.isclose(ref.cross_entropy(certain, certain[::-1]), 15 * np.log(10))


@pytest.mark.parametrize("label", [-1, 3])
def test_one_hot_refuses_a_label_that_is_no_class(label):
    with pytest.raises(ValueError, match="from 0 to 2"):
        ref.one_hot(np.array([0, label]), 3)


def test_predict_undoes_one_hot_and_takes_the_first_of_equals(rng):
    labels = rng.integers(0, 4, 9)
    np.testing.assert_array_equal(ref.predict(ref.one_hot(labels, 6)), labels)
    np.testing.assert_array_equal(ref.predict(np.full((3, 2), 1 / 3)), [0, 0])
