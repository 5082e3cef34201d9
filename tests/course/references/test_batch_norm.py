"""Every reference agrees with a formulation of its own and with numerical derivatives of it."""

import numpy as np
import pytest

from grader_tests.batch_norm import draws
from grader_tests.batch_norm import reference as ref
from grading.marking.derivative import central_difference, relative_difference

EPSILONS = (0.3, 1e-5)


def complex_step(cost, at):
    """The derivative of an analytic cost, exact to rounding."""
    gradient = np.zeros(at.shape)
    for index in np.ndindex(at.shape):
        nudged = at.astype(complex)
        nudged[index] += 1e-30j
        gradient[index] = cost(nudged).imag / 1e-30
    return gradient


def normalised(Z, gamma, beta, epsilon):
    """Batch norm of a training batch by its definition, row by row, also of complex numbers."""
    rows = []
    for row, scale, shift in zip(Z, gamma.ravel(), beta.ravel(), strict=True):
        centred = row - sum(row) / len(row)
        rows.append(scale * centred / np.sqrt(sum(centred**2) / len(row) + epsilon) + shift)
    return np.array(rows)


def model_cost(X, Y, parameters, epsilon):
    """The cost of the batch-normalised network in training, also of complex numbers."""
    L = max(int(name[1:]) for name in parameters if name.startswith("W"))
    A = X
    for k in range(1, L):
        Z = normalised(
            parameters[f"W{k}"] @ A, parameters[f"gamma{k}"], parameters[f"beta{k}"], epsilon
        )
        A = np.where(Z.real > 0, Z, 0)
    Z = parameters[f"W{L}"] @ A + parameters[f"b{L}"]
    return np.mean(np.log(1 + np.exp(Z)) - Y * Z)


@pytest.fixture(params=range(3))
def rng(request):
    return np.random.default_rng(request.param)


@pytest.mark.parametrize("epsilon", EPSILONS)
@pytest.mark.parametrize("shape", [(3, 5), (4, 4), (2, 1)])
def test_batchnorm_forward_is_its_definition(rng, shape, epsilon):
    Z, gamma, beta, mean, var = draws.layer(rng, *shape)
    out, (Z_norm, kept, std), new_mean, new_var = ref.batchnorm_forward(
        Z, gamma, beta, mean, var, "train", 0.8, epsilon
    )
    np.testing.assert_allclose(out, normalised(Z, gamma, beta, epsilon), rtol=1e-12)
    np.testing.assert_allclose(gamma * Z_norm + beta, out, rtol=1e-12)
    np.testing.assert_allclose(Z_norm * std, Z - Z.mean(axis=1, keepdims=True), atol=1e-12)
    assert kept is gamma
    for i, row in enumerate(Z):
        centred = row - row.mean()
        assert new_mean[i, 0] == pytest.approx(0.8 * mean[i, 0] + 0.2 * row.mean())
        assert new_var[i, 0] == pytest.approx(0.8 * var[i, 0] + 0.2 * centred @ centred / len(row))


def test_batchnorm_forward_at_test_time_looks_at_no_neighbour(rng):
    Z, gamma, beta, mean, var = draws.layer(rng, 3, 5)
    together, cache, *after = ref.batchnorm_forward(Z, gamma, beta, mean, var, "test")
    alone = [ref.batchnorm_forward(Z[:, [i]], gamma, beta, mean, var, "test")[0] for i in range(5)]
    np.testing.assert_allclose(together, np.hstack(alone), rtol=1e-12)
    np.testing.assert_allclose(together, gamma * (Z - mean) / (var + 1e-5) ** 0.5 + beta)
    assert cache is None
    np.testing.assert_array_equal(after, [mean, var])


def test_batchnorm_forward_refuses_other_modes(rng):
    with pytest.raises(ValueError, match="predict"):
        ref.batchnorm_forward(*draws.layer(rng, 3, 5), "predict")


@pytest.mark.parametrize("epsilon", EPSILONS)
@pytest.mark.parametrize("shape", [(3, 5), (4, 4), (5, 3)])
def test_batchnorm_backward_is_the_derivative(rng, shape, epsilon):
    Z, gamma, beta, mean, var = draws.layer(rng, *shape)
    upstream = rng.standard_normal(shape)
    cache = ref.batchnorm_forward(Z, gamma, beta, mean, var, "train", epsilon=epsilon)[1]
    dZ, dgamma, dbeta = ref.batchnorm_backward(upstream, cache)
    for gradient, numerical in (
        (dZ, complex_step(lambda at: np.sum(upstream * normalised(at, gamma, beta, epsilon)), Z)),
        (
            dgamma,
            complex_step(lambda at: np.sum(upstream * normalised(Z, at, beta, epsilon)), gamma),
        ),
        (
            dbeta,
            complex_step(lambda at: np.sum(upstream * normalised(Z, gamma, at, epsilon)), beta),
        ),
    ):
        assert gradient.shape == numerical.shape
        assert relative_difference(gradient, numerical) < 1e-10


@pytest.mark.parametrize("epsilon", EPSILONS)
@pytest.mark.parametrize("dims", [[3, 4, 2, 1], [2, 3, 1]])
def test_bn_model_backward_is_the_derivative_of_the_cost(rng, dims, epsilon):
    X, parameters, running = draws.network(rng, dims, 6)
    Y = rng.integers(0, 2, (1, 6)).astype(float)
    AL, caches, _ = ref.bn_model_forward(X, parameters, running, "train", epsilon=epsilon)
    grads = ref.bn_model_backward(AL, Y, caches)
    assert ref.binary_cross_entropy(AL, Y) == pytest.approx(model_cost(X, Y, parameters, epsilon))
    assert set(grads) == {"d" + name for name in parameters}
    for name, value in parameters.items():
        numerical = complex_step(
            lambda at, name=name: model_cost(X, Y, parameters | {name: at}, epsilon), value
        )
        np.testing.assert_allclose(grads["d" + name], numerical, rtol=1e-7, atol=1e-12)


def test_bn_model_threads_the_running_statistics_through_every_layer(rng):
    X, parameters, running = draws.network(rng, [3, 4, 2, 1], 6)
    before = {name: value.copy() for name, value in running.items()}
    _, caches, new = ref.bn_model_forward(X, parameters, running, "train", momentum=0.7)
    for k in (1, 2):
        (A_prev, W), _, _ = caches[k - 1]
        Z = W @ A_prev
        mean = 0.7 * running[f"mean{k}"] + 0.3 * Z.mean(axis=1, keepdims=True)
        np.testing.assert_allclose(new[f"mean{k}"], mean)
        np.testing.assert_allclose(
            new[f"var{k}"], 0.7 * running[f"var{k}"] + 0.3 * Z.var(axis=1, keepdims=True)
        )
    for name, value in before.items():
        np.testing.assert_array_equal(running[name], value)


def test_central_difference_has_the_derivative_of_a_cubic():
    at = np.array([[1.0, -2.0]])
    numerical = central_difference(lambda x: float(np.sum(x**3)), at, step=1e-4)
    np.testing.assert_allclose(numerical, 3 * at**2, rtol=1e-7)


def test_no_grading_waits_for_thousands_of_derivatives():
    with pytest.raises(ValueError, match="2500 derivatives at every grading"):
        central_difference(np.sum, np.zeros((50, 50)))


def test_relative_difference_of_two_zeros_is_zero():
    assert relative_difference(np.zeros(3), np.zeros(3)) == 0
    assert relative_difference(np.ones(3), -np.ones(3)) == 1


@pytest.mark.parametrize("epsilon", EPSILONS)
@pytest.mark.parametrize("shape", [(3, 5), (4, 4), (6, 1)])
def test_layernorm_backward_is_the_derivative_of_its_definition(rng, shape, epsilon):
    (n, m), dZ_tilde = shape, rng.standard_normal(shape)
    Z, gamma, beta = 3 * rng.standard_normal(shape) + 2, *rng.standard_normal((2, n, 1))

    def norm(Z):  # an example is to layer norm what a unit is to batch norm
        return normalised(Z.T, np.ones((m, 1)), np.zeros((m, 1)), epsilon).T

    std = np.sqrt(Z.var(axis=0, keepdims=True) + epsilon)
    gradients = ref.layernorm_backward(dZ_tilde, (norm(Z), gamma, std))
    for got, at, output in (
        (gradients[0], Z, lambda Z: gamma * norm(Z) + beta),
        (gradients[1], gamma, lambda gamma: gamma * norm(Z) + beta),
        (gradients[2], beta, lambda beta: gamma * norm(Z) + beta),
    ):
        right = complex_step(lambda at, output=output: np.sum(dZ_tilde * output(at)), at)
        np.testing.assert_allclose(got, right, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("epsilon", EPSILONS)
def test_a_folded_layer_answers_as_the_two_do_at_test_time(rng, epsilon):
    W, X = rng.standard_normal((4, 3)), rng.standard_normal((3, 6))
    _, *layer = draws.layer(rng, 4, 1)
    W_folded, b_folded = ref.fold_batchnorm(W, *layer, epsilon)
    right = ref.batchnorm_forward(W @ X, *layer, "test", epsilon=epsilon)[0]
    np.testing.assert_allclose(W_folded @ X + b_folded, right, rtol=1e-12)
