"""The references of softmax agree with exact arithmetic, and the gradient with complex steps."""

from decimal import Decimal
from fractions import Fraction

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


@pytest.mark.parametrize("bins", [1, 4, 10])
def test_the_calibration_error_is_that_of_examples_gathered_one_by_one(rng, bins):
    P, labels = ref.softmax(2 * rng.standard_normal((3, 50))), rng.integers(0, 3, 50)
    P[:, :3] = np.array([[1.0, 0.5, 0.75], [0.0, 0.5, 0.25], [0.0, 0.0, 0.0]])  # on edges
    groups: dict[Fraction, list[Fraction]] = {}
    for column, label in zip(P.T.tolist(), labels, strict=True):
        sure = Fraction(max(column))
        answered = column.index(max(column))
        groups.setdefault(-(-sure * bins // 1), []).append(sure - (answered == label))
    right = sum(abs(sum(group)) for group in groups.values()) / 50
    assert ref.calibration_error(P, labels, bins) == pytest.approx(float(right))


def test_a_network_that_draws_its_labels_as_it_says_is_calibrated():
    rng = np.random.default_rng(0)
    P = ref.softmax(rng.standard_normal((3, 20_000)))
    labels = (rng.random(20_000) > np.cumsum(P, axis=0)).sum(axis=0)
    assert ref.calibration_error(P, labels, 10) < 0.02
    assert ref.calibration_error(ref.softmax(3 * np.log(P)), labels, 10) > 0.1


def test_no_other_answer_is_cheaper_where_truths_are_drawn(rng):
    P, costs = ref.softmax(rng.standard_normal((3, 4))), rng.uniform(0, 5, (4, 3))
    labels = ref.decide(P, costs)
    for i, column in enumerate(P.T):
        truths = rng.choice(3, 40_000, p=column)
        paid = [costs[k, truths].mean() for k in range(4)]
        assert paid[labels[i]] <= min(paid) + 0.1


def test_with_one_price_for_all_mistakes_the_most_probable_class_is_decided(rng):
    P = ref.softmax(rng.standard_normal((5, 30)))
    np.testing.assert_array_equal(ref.decide(P, 7 * (1 - np.eye(5))), ref.predict(P))
