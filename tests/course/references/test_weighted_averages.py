"""The averages agree with the weights written out, and the corrected ones with NumPy's.

Weights are what an average makes of a single 1; a half-life is seen in an average that fades.
"""

import numpy as np
import pytest

from grader_tests.weighted_averages import reference as ref


@pytest.fixture(params=range(3))
def values(request):
    return np.random.default_rng(request.param).normal(5, 3, 12)


@pytest.mark.parametrize("beta", [0.0, 0.3, 0.9, 0.999])
def test_averages_are_weighted_sums(values, beta):
    weights = (1 - beta) * beta ** np.arange(len(values), dtype=float)  # newest first
    for t in range(1, len(values) + 1):
        expected = weights[:t] @ values[:t][::-1]
        assert ref.ewa(values, beta)[t - 1] == pytest.approx(expected)
        corrected = np.average(values[:t][::-1], weights=weights[:t])
        assert ref.ewa_corrected(values, beta)[t - 1] == pytest.approx(corrected)


def test_averages_of_whole_numbers_are_floats():
    assert ref.ewa(np.array([1, 2]), 0.5).tolist() == [0.5, 1.25]


@pytest.mark.parametrize("beta", [0.0, 0.5, 0.98])
def test_the_window_times_the_newest_weight_is_one(beta):
    assert ref.effective_window(beta) * (1 - beta) == pytest.approx(1)


@pytest.mark.parametrize("beta", [0.0, 0.3, 0.9, 0.999])
@pytest.mark.parametrize("average", [ref.ewa, ref.ewa_corrected])
def test_weights_are_what_the_last_average_makes_of_a_single_one(average, beta):
    weights = ref.ewa_weights(7, beta, average is ref.ewa_corrected)
    np.testing.assert_allclose(weights, [average(one, beta)[-1] for one in np.eye(7)])


@pytest.mark.parametrize("steps", [1, 4, 60])
def test_half_of_an_average_is_left_after_a_half_life(steps):
    averages = ref.ewa(np.eye(1, steps + 1)[0], ref.beta_for_half_life(steps))
    assert averages[-1] == pytest.approx(averages[0] / 2)
