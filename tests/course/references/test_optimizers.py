"""The optimizers agree with their formulas written as sums over all gradients so far."""

import numpy as np
import pytest

from grader_tests.optimizers import draws
from grader_tests.optimizers import reference as ref

RATE, BETA, BETA2 = 0.3, 0.7, 0.8
EPSILONS = (0.3, 1e-8)


@pytest.fixture(params=range(3))
def rng(request):
    return np.random.default_rng(request.param)


@pytest.fixture
def parameters(rng):
    return draws.network(rng, (2, 3, 4, 1), norm=True)


@pytest.fixture
def gradients(rng, parameters):
    return [draws.gradients(rng, parameters) for _ in range(5)]


def averages(values, beta):
    """The exponentially weighted average after each value, as a sum."""
    return [
        sum((1 - beta) * beta ** (t - i) * values[i] for i in range(t + 1))
        for t in range(len(values))
    ]


def test_initial_states_are_separate_zeros(parameters):
    v, s = ref.initialize_adam(parameters)
    states = [ref.initialize_velocity(parameters), ref.initialize_rmsprop(parameters), v, s]
    arrays = [array for state in states for array in state.values()]
    assert len({id(array) for array in arrays}) == 4 * len(parameters)
    for state in states:
        assert {key: array.shape for key, array in state.items()} == {
            f"d{name}": value.shape for name, value in parameters.items()
        }
    assert not any(array.any() for array in arrays)


def test_momentum_moves_along_the_average(parameters, gradients):
    moved, velocity = parameters, ref.initialize_velocity(parameters)
    for grads in gradients:
        moved, velocity = ref.momentum_step(moved, grads, velocity, RATE, BETA)
    for name, value in parameters.items():
        v = averages([grads[f"d{name}"] for grads in gradients], BETA)
        np.testing.assert_allclose(velocity[f"d{name}"], v[-1])
        np.testing.assert_allclose(moved[name], value - RATE * sum(v))


@pytest.mark.parametrize("epsilon", EPSILONS)
def test_rmsprop_divides_by_the_root_of_the_average(parameters, gradients, epsilon):
    moved, s = parameters, ref.initialize_rmsprop(parameters)
    for grads in gradients:
        moved, s = ref.rmsprop_step(moved, grads, s, RATE, BETA2, epsilon)
    for name, value in parameters.items():
        g = [grads[f"d{name}"] for grads in gradients]
        squares = averages([entry**2 for entry in g], BETA2)
        steps = [a / (b**0.5 + epsilon) for a, b in zip(g, squares, strict=True)]
        np.testing.assert_allclose(s[f"d{name}"], squares[-1])
        np.testing.assert_allclose(moved[name], value - RATE * sum(steps))


@pytest.mark.parametrize("epsilon", EPSILONS)
def test_adam_divides_weighted_means(parameters, gradients, epsilon):
    moved, (v, s) = parameters, ref.initialize_adam(parameters)
    for t, grads in enumerate(gradients, start=1):
        moved, v, s = ref.adam_step(moved, grads, v, s, t, RATE, BETA, BETA2, epsilon)
    for name, value in parameters.items():
        g = np.array([grads[f"d{name}"] for grads in gradients])
        for t in range(1, len(g) + 1):
            ages = np.arange(t)[::-1]
            mean = np.average(g[:t], axis=0, weights=BETA**ages)
            square = np.average(g[:t] ** 2, axis=0, weights=BETA2**ages)
            value = value - RATE * mean / (np.sqrt(square) + epsilon)
        np.testing.assert_allclose(moved[name], value)
        np.testing.assert_allclose(v[f"d{name}"], averages(g, BETA)[-1])


def test_the_first_step_of_adam_is_the_learning_rate(parameters, gradients):
    v, s = ref.initialize_adam(parameters)
    moved, *_ = ref.adam_step(parameters, gradients[0], v, s, 1)
    for name, value in parameters.items():
        expected = value - 0.001 * np.sign(gradients[0][f"d{name}"])
        np.testing.assert_allclose(moved[name], expected, rtol=1e-6)


def test_nesterov_is_momentum_on_a_cost_that_the_velocity_has_moved(rng, parameters, gradients):
    """Seen from the place ahead, the step adds what the gradient there adds, and nothing else."""

    def gradient(at):
        total = sum(np.sum(np.sin(value)) for value in at.values())
        return {f"d{name}": np.cos(value) * total for name, value in at.items()}

    velocity = gradients[0]
    moved, after = ref.nesterov_step(gradient, parameters, velocity, RATE, BETA)
    still = {key: np.zeros(g.shape) for key, g in velocity.items()}
    ahead, _ = ref.momentum_step(parameters, still, velocity, RATE, BETA)
    expected, _ = ref.momentum_step(ahead, gradient(ahead), still, RATE, BETA)
    for name, value in parameters.items():
        np.testing.assert_allclose(moved[name], expected[name])
        np.testing.assert_allclose(value - RATE * after[f"d{name}"], expected[name])


def test_amsgrad_divides_by_the_largest_mean_square_of_all_updates(parameters, gradients):
    moved, state = parameters, [ref.initialize_velocity(parameters) for _ in range(3)]
    adam, (v, s) = parameters, ref.initialize_adam(parameters)
    steps, squares = [], []
    for t, grads in enumerate(gradients, start=1):
        moved, *state = ref.amsgrad_step(moved, grads, *state, t, RATE, BETA, BETA2)
        before = adam
        adam, v, s = ref.adam_step(adam, grads, v, s, t, RATE, BETA, BETA2)
        steps.append({name: before[name] - adam[name] for name in adam})
        squares.append({name: s[f"d{name}"] / (1 - BETA2**t) for name in adam})
    for name, value in parameters.items():
        shrunk = [  # Adam's steps, for the ratio of the two roots
            step[name] * np.sqrt(squares[t][name] / np.max([q[name] for q in squares[: t + 1]], 0))
            for t, step in enumerate(steps)
        ]
        np.testing.assert_allclose(moved[name], value - sum(shrunk), rtol=1e-6)


def test_amsgrad_adds_epsilon_to_the_root(parameters, gradients):
    """A first step is the rate times |g| / (|g| + epsilon)."""
    zeros = [ref.initialize_velocity(parameters) for _ in range(3)]
    moved, *_ = ref.amsgrad_step(parameters, gradients[0], *zeros, 1, RATE, BETA, BETA2, 0.5)
    for name, value in parameters.items():
        g = gradients[0][f"d{name}"]
        np.testing.assert_allclose(value - moved[name], RATE * g / (np.abs(g) + 0.5))


@pytest.mark.parametrize("share", [0.2, 0.99, 1.01, 7])
def test_clipped_gradients_keep_their_direction(gradients, share):
    vector = np.concatenate([g.ravel() for g in gradients[0].values()])
    limit = share * np.linalg.norm(vector)
    clipped, norm = ref.clip_gradients(gradients[0], limit)
    assert norm == pytest.approx(np.linalg.norm(vector))
    short = np.concatenate([g.ravel() for g in clipped.values()])
    assert np.linalg.norm(short) == pytest.approx(min(norm, limit))
    assert short @ vector == pytest.approx(np.linalg.norm(short) * norm)
