"""A comparison of methods is fair, or it is refused."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from lecturekit.comparisons import SWEEP_SEEDS, compare

RATES = (0.01, 0.1, 1.0)


def method(best_rate, luck=0.0, offset=0.0):
    """A trial that is best at one rate; ``luck`` scales what its seed adds."""

    def trial(rate, seed):
        noise = luck * np.random.default_rng(seed).standard_normal()
        return offset + abs(np.log10(rate / best_rate)) + noise

    return trial


def test_each_method_runs_at_the_best_rate_of_its_own_sweep():
    result = compare({"a": method(0.1), "b": method(1)}, {"a": RATES, "b": (0.1, 1, 10)})
    assert result.rates == {"a": 0.1, "b": 1}
    assert result.scores["a"].tolist() == [0] * 5


@pytest.mark.parametrize("best_rate", [0.001, 10])
def test_a_best_rate_at_an_end_of_the_sweep_is_refused(best_rate):
    with pytest.raises(ValueError, match=r"a is best at .*, an end of its sweep"):
        compare({"a": method(best_rate)}, RATES)


def test_a_rate_that_diverges_is_not_the_best():
    diverges = {0.01: 1.0, 0.1: 0.5, 1.0: np.nan}
    assert compare({"a": lambda rate, seed: diverges[rate]}, RATES).rates == {"a": 0.1}


def test_the_rate_is_chosen_on_other_seeds_than_those_compared():
    seen = []
    compare({"a": lambda rate, seed: seen.append((rate, seed)) or abs(rate - 0.1)}, RATES, range(3))
    assert seen == [(rate, seed) for rate in RATES for seed in SWEEP_SEEDS] + [
        (0.1, seed) for seed in range(3)
    ]


def test_of_a_curve_the_last_value_counts():
    result = compare({"a": lambda rate, seed: [9, seed, abs(rate - 0.1)]}, RATES, range(2))
    assert result.scores["a"].tolist() == [0, 0]
    assert result.curves["a"].tolist() == [[9, 0, 0], [9, 1, 0]]


def test_a_ranking_that_the_seeds_bear_out_is_said_with_their_number():
    result = compare({"a": method(0.1, luck=1), "b": method(0.1, luck=1, offset=0.01)}, RATES)
    assert result.ranking("a", "b") == "a before b in 5 of 5 seeds", "paired: the luck is common"


def test_a_ranking_that_could_be_luck_is_refused():
    unlucky = lambda rate, seed: method(0.1, luck=1)(rate, seed + 7)  # noqa: E731
    result = compare({"a": method(0.1, luck=1), "b": unlucky}, RATES)
    for order in (("a", "b"), ("b", "a")):
        with pytest.raises(ValueError, match="Claim less, or compare over more seeds"):
            result.ranking(*order)
    with pytest.raises(ValueError, match="a before a"):
        result.ranking("a", "a")


def test_the_summary_has_rate_mean_and_spread_and_the_drawing_a_line_for_each_pair():
    methods = {"a": lambda rate, seed: abs(rate - 0.1) + seed, "b": method(0.1, offset=5)}
    result = compare(methods, RATES, range(3))
    heading, *rows = str(result).splitlines()
    assert heading == "   best rate  mean ± standard deviation"
    assert rows == ["a  0.1        1 ± 1", "b  0.1        5 ± 0"]
    figure, ax = plt.subplots()
    result.draw(ax, "error (%)")
    dots, pairs = ax.get_lines()[:2], ax.get_lines()[2:]
    assert [line.get_ydata().tolist() for line in dots] == [[0, 1, 2], [5, 5, 5]]
    assert [line.get_ydata().tolist() for line in pairs] == [[0, 5], [1, 5], [2, 5]]
    plt.close(figure)
