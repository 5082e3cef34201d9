"""Every schedule agrees with its definition, epoch by epoch."""

from fractions import Fraction

import pytest

from grader_tests.learning_rate_decay import reference as ref


@pytest.mark.parametrize("epoch", [0, 1, 7, 8, 9, 100])
def test_schedules_are_their_definitions(epoch):
    stair = next(n for n in range(epoch + 1) if 8 * (n + 1) > epoch)
    power = Fraction(1)
    for _ in range(epoch):
        power *= Fraction(9, 10)
    assert ref.inverse_time_decay(0.6, 0.5, epoch) == pytest.approx(
        float(Fraction(6, 10 + 5 * epoch))
    )
    assert ref.exponential_decay(0.6, 0.9, epoch) == pytest.approx(0.6 * float(power))
    assert ref.staircase_decay(0.6, 0.5, epoch, 8) == pytest.approx(1.2 / (2 + stair))


@pytest.mark.parametrize("t", [1, 2, 100])
def test_the_square_of_sqrt_decay_falls_like_one_over_t(t):
    assert ref.sqrt_decay(0.6, 3.0, t) ** 2 * t == pytest.approx(1.8**2)
