"""Every schedule agrees with its definition, epoch by epoch."""

import re
from fractions import Fraction

import numpy as np
import pytest

from grader_tests.learning_rate_decay import reference as ref
from grader_tests.weighted_averages.reference import ewa, ewa_corrected


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


@pytest.mark.parametrize(("warmup", "cooldown", "total"), [(4, 5, 20), (1, 1, 2), (3, 4, 7)])
def test_a_trapezoid_is_what_even_steps_up_and_down_add_up_to(warmup, cooldown, total):
    flat = total - warmup - cooldown
    steps = [0.6 / warmup] * warmup + [0.0] * flat + [-0.6 / cooldown] * cooldown + [0.0] * 3
    rates = [ref.trapezoid(0.6, t, warmup, cooldown, total) for t in range(1, total + 4)]
    np.testing.assert_allclose(rates, np.cumsum(steps), atol=1e-12)


@pytest.mark.parametrize("patience", [1, 2, 3])
def test_a_plateau_shrinks_the_rate_once_for_each_full_patience_in_it(patience):
    costs = np.random.default_rng(patience).integers(0, 60, 80) - np.arange(80)
    lowest = np.minimum.accumulate(costs)
    news = "".join("f" if new else "-" for new in [True, *(costs[1:] < lowest[:-1])])
    shrunk = re.sub("-" * patience, "-" * (patience - 1) + "s", news)
    times = [shrunk[:epoch].count("s") for epoch in range(80)]
    rates = ref.plateau_decay(costs, 0.8, 0.5, patience)
    np.testing.assert_allclose(rates, 0.8 * 0.5 ** np.array(times))
    assert times[-1] > 2


def trained(rates, rng):
    """Mean costs of 400 walks on J = w²/2 with noisy gradients, an epoch being 20 steps."""
    w, costs = np.full(400, 10.0), []
    for rate in rates:
        for _ in range(20):
            w = w - rate * (w + rng.standard_normal(400))
        costs.append(np.mean(w**2) / 2)
    return np.array(costs)


@pytest.mark.parametrize(
    ("fault", "rates"),
    [
        ("rate too large", np.full(50, 2.02)),
        ("decay too early", 0.02 * 0.1 ** np.arange(50)),
        ("no decay", np.full(50, 0.5)),
        ("no correction", 0.3 * (1 - np.arange(50) / 50)),
    ],
)
def test_the_run_with_the_fault_is_found_among_runs_that_were_really_trained(fault, rates):
    rng, at = np.random.default_rng(0), np.arange(50) / 50
    runs = {}
    for name, each in {
        "sound": 0.2 * (1 - at),
        "faulty": rates,
        "warm": 0.3 * np.minimum(1, 5 * at + 0.1) * (1 - at),
    }.items():
        costs = trained(each, rng)
        runs[name] = {"rates": each, "costs": costs, "shown": ewa_corrected(costs, 0.9)}
    if fault == "no correction":
        runs["faulty"]["shown"] = ewa(runs["faulty"]["costs"], 0.9)
    assert ref.diagnose_runs(runs) == ("faulty", fault)
