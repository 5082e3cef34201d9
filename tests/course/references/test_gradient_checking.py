"""The references of the gradient checking assignment agree with formulations of their own."""

import numpy as np
import pytest

from grader_tests.gradient_checking import draws
from grader_tests.gradient_checking import reference as ref


@pytest.fixture(params=range(3))
def rng(request):
    return np.random.default_rng(request.param)


def numerical_grads(X, Y, parameters, dims, lambd):
    """The gradient of the cost by the assignment's own check."""

    def cost(theta):
        moved = ref.vector_to_parameters(theta, dims)
        return ref.network_cost(ref.network_forward(X, moved)[0], Y, moved, lambd)

    theta = ref.parameters_to_vector(parameters)
    return ref.vector_to_parameters(ref.numerical_gradient(cost, theta, 1e-6), dims)


def disagreeing(backward, rng, lambd):
    """The parameters whose gradients a backward pass has wrong."""
    dims = [3, 4, 2, 1]
    X, Y = rng.standard_normal((3, 6)), rng.integers(0, 2, (1, 6)).astype(float)
    parameters = draws.drawn_parameters(rng, dims)
    AL, caches = ref.network_forward(X, parameters)
    grads = backward(AL, Y, caches, lambd)
    numerical = numerical_grads(X, Y, parameters, dims, lambd)
    assert set(grads) == {f"d{name}" for name in parameters}
    return {
        name
        for name in parameters
        if ref.gradient_difference(grads[f"d{name}"].ravel(), numerical[name].ravel()) > 1e-5
    }


def test_a_vector_holds_every_entry_in_the_order_of_layers(rng):
    parameters = draws.drawn_parameters(rng, [2, 3, 1])
    one_by_one = [
        parameters[name][i, j]
        for name in ("W1", "b1", "W2", "b2")
        for i in range(parameters[name].shape[0])
        for j in range(parameters[name].shape[1])
    ]
    assert ref.parameters_to_vector(parameters).tolist() == one_by_one


@pytest.mark.parametrize("dims", [*draws.SHALLOW, *draws.DEEP])
def test_there_and_back_again_is_the_identity(rng, dims):
    parameters = draws.drawn_parameters(rng, dims)
    back = ref.vector_to_parameters(ref.parameters_to_vector(parameters), dims)
    assert list(back) == list(parameters)
    for name, value in parameters.items():
        np.testing.assert_array_equal(back[name], value)


def test_the_centred_difference_is_exact_for_quadratics(rng):
    Q, theta = rng.standard_normal((4, 4)), rng.standard_normal(4)
    gradient = ref.numerical_gradient(lambda at: at @ Q @ at, theta, epsilon=0.5)
    np.testing.assert_allclose(gradient, (Q + Q.T) @ theta)


def test_the_error_of_the_centred_difference_falls_with_the_square_of_the_step():
    errors = [
        abs(ref.numerical_gradient(lambda at: np.exp(at[0]), np.zeros(1), step)[0] - 1)
        for step in (1e-2, 1e-3)
    ]
    assert errors[0] / errors[1] == pytest.approx(100, rel=1e-3)


@pytest.mark.parametrize("scale", [1e-150, 1.0, 1e100])
def test_the_relative_difference_does_not_depend_on_the_scale(rng, scale):
    grad, numerical = rng.standard_normal((2, 5))
    wanted = ref.gradient_difference(grad, numerical)
    assert ref.gradient_difference(scale * grad, scale * numerical) == pytest.approx(wanted)
    assert 0 < wanted < 1
    assert ref.gradient_difference(0 * grad, 0 * grad) == 0


@pytest.mark.parametrize("lambd", [0.0, 2.0])
def test_the_mended_backward_pass_agrees_everywhere(rng, lambd):
    assert disagreeing(ref.mended_backward, rng, lambd) == set()


def test_the_check_tells_the_two_planted_mistakes_apart(rng):
    assert disagreeing(ref.suspect_backward, rng, 2.0) == {"W3", "W2", "b2", "W1", "b1"}
    assert disagreeing(ref.suspect_backward, rng, 0.0) == {"W2", "b2", "W1", "b1"}


def test_faulty_entries_are_those_that_were_spoilt_the_most_spoilt_first(rng):
    """Right values times 1 + δ have the shares |δ| or |δ| / (1 + δ): they grow with |δ|."""
    right = rng.standard_normal(50) * 10.0 ** rng.integers(-9, 4, 50)
    places = rng.permutation(50)[:4]
    spoilt = right.copy()
    spoilt[places] *= [-1.0, 3.0, 0.5, 0.99]  # shares 2, 2/3, 1/2, 1/100
    for pair in ((spoilt, right), (right, spoilt)):
        assert ref.faulty_entries(*pair, 1e-3).tolist() == places.tolist()
        assert ref.faulty_entries(*pair, 0.6).tolist() == places[:2].tolist()


def test_a_random_direction_sees_a_fault_of_a_network_and_lets_a_right_gradient_pass(rng):
    dims, Y = [3, 4, 1], np.array([[0.0, 1.0, 1.0, 0.0, 1.0]])
    X, parameters = rng.standard_normal((3, 5)), draws.drawn_parameters(rng, dims)

    def cost(theta):
        moved = ref.vector_to_parameters(theta, dims)
        return ref.network_cost(ref.network_forward(X, moved)[0], Y, moved, 0.7)

    AL, caches = ref.network_forward(X, parameters)
    theta = ref.parameters_to_vector(parameters)
    shares = []
    for backward in (ref.mended_backward, ref.suspect_backward):
        grads = backward(AL, Y, caches, 0.7)
        grad = ref.parameters_to_vector({name: grads[f"d{name}"] for name in parameters})
        shares.append(ref.directional_difference(cost, grad, theta, rng))
    assert shares[0] < 1e-6 < 1e-3 < shares[1]


@pytest.mark.parametrize("epsilon", [1e-5, 0.3, 2.0])
def test_along_a_direction_of_length_1_the_difference_of_a_cubic_is_known(rng, epsilon):
    """Of the sum of x³, it is the slope plus epsilon² times the sum of u³."""
    theta, seen = rng.standard_normal(30), []

    def cost(at):
        seen.append(at)
        return float(np.sum(at**3))

    grad = rng.standard_normal(30)
    found = ref.directional_difference(cost, grad, theta, rng, epsilon)
    ahead, behind = seen
    u = (ahead - behind) / (2 * epsilon)
    assert np.linalg.norm(u) == pytest.approx(1)
    assert (u < 0).any() and (u > 0).any()
    np.testing.assert_allclose((ahead + behind) / 2, theta)
    slope, told = 3 * theta**2 @ u + epsilon**2 * np.sum(u**3), grad @ u
    assert found == pytest.approx(abs(slope - told) / max(abs(slope), abs(told)), rel=1e-4)
    ref.directional_difference(cost, grad, theta, rng, epsilon)
    assert not np.allclose(seen[2] - theta, ahead - theta)  # another call, another direction


def test_slopes_that_vanish_agree_and_tiny_ones_are_compared_as_large_ones_are(rng):
    theta = rng.standard_normal(4)
    assert ref.directional_difference(lambda at: 1.0, np.zeros(4), theta, rng) == 0
    tiny = 1e-12 * np.ones(4)
    assert ref.directional_difference(lambda at: 0.0, tiny, theta, rng) == 1
