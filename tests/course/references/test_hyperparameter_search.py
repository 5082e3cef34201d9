"""Samples are spread as their scales say, and the distances that judge them can be relied on."""

import itertools

import numpy as np
import pytest

from grader_tests import catalogue
from grader_tests.hyperparameter_search import reference as ref
from grader_tests.hyperparameter_search.draws import distance
from grader_tests.hyperparameter_search.random_points import SPACES, integer_distance
from grading.marking import chance
from grading.marking.exam import Exam
from grading.marking.sitting import ask_here


@pytest.fixture(params=range(3))
def rng(request):
    return np.random.default_rng(request.param)


def test_each_decade_gets_its_share_of_the_rates(rng):
    rates = ref.sample_learning_rates(1e-4, 1.0, 40_000, rng)
    counts, _ = np.histogram(rates, [1e-4, 1e-3, 1e-2, 1e-1, 1])
    np.testing.assert_allclose(counts / rates.size, 0.25, atol=0.02)


def test_the_memory_of_betas_is_spread_over_decades(rng):
    memory = 1 / (1 - ref.sample_betas(0.9, 0.999, 40_000, rng))
    assert memory.min() >= 10 - 1e-9 and memory.max() <= 1000 + 1e-6
    assert np.mean(memory < 100) == pytest.approx(0.5, abs=0.02)


def test_the_distance_is_the_largest_gap_between_distribution_functions():
    assert distance(np.array([0.5])) == 0.5
    assert distance((np.arange(10) + 0.5) / 10) == pytest.approx(0.05)
    assert integer_distance(np.array([1, 1, 2, 3]), 1, 4) == pytest.approx(0.25)
    assert integer_distance(np.array([2, 3, 4, 5]), 2, 5) == 0


def test_the_distance_of_uniform_numbers_exceeds_its_margin_as_rarely_as_promised():
    rng, alarm, repeats = np.random.default_rng(0), 0.05, 2000
    margin = chance.fraction_margin(200, alarm)
    beyond = np.mean([distance(rng.random(200)) > margin for _ in range(repeats)])
    assert beyond <= alarm + chance.fraction_margin(repeats, 1e-6)


def test_a_grid_is_the_product_of_its_axes():
    axes = {"b": [1, 2], "a": [0.5], "c": ["x", "y", "z"]}
    product = [dict(zip(axes, values, strict=True)) for values in itertools.product(*axes.values())]
    assert ref.grid_points(axes) == product


def test_random_points_are_plain_numbers_within_their_ranges(rng):
    for space in SPACES:
        for point in ref.random_points(space, 50, rng):
            assert list(point) == list(space)
            for name, (scale, low, high) in space.items():
                assert type(point[name]) is (int if scale == "integer" else float)
                assert low - 1e-12 <= point[name] <= high + 1e-12


def test_refining_spans_the_best_trials():
    trials = [({"a": 3}, 0.1), ({"a": 7}, 0.9), ({"a": 5}, 0.8), ({"a": 1}, 0.2)]
    assert ref.best_trial(trials) == ({"a": 7}, 0.9)
    assert ref.refine_space({"a": ("integer", 0, 9)}, trials, 2) == {"a": ("integer", 5, 7)}


def test_a_wrong_sampler_costs_its_points_once():
    task, sampler = map(catalogue.find, ("random_points", "sample_learning_rates"))
    namespace = dict(task.given)
    exec(task.source(task.reference), namespace)
    (wrong,) = (mistake for mistake in sampler.mistakes if mistake.id == "SA-01")
    exec(sampler.source(wrong.ways[0]), namespace)
    verdict = Exam(task, np.random.default_rng(0)).judge(ask_here(namespace))
    assert verdict.score == task.points


@pytest.mark.parametrize("given", [(32, 2, 1, 8), (50, 3, 2, 40), (9, 3, 4, 500), (7, 5, 3, 2)])
def test_a_halving_that_is_carried_out_has_the_rounds_of_the_plan(given):
    n, eta, min_epochs, max_epochs = given
    running, trained, rounds = list(range(n)), min_epochs, []
    while running and trained <= max_epochs:
        rounds.append((len(running), trained))
        running = running[eta - 1 :: eta]  # the last of each eta, so that a rest goes
        trained += (eta - 1) * trained
    assert ref.halving_rounds(*given) == rounds


def test_a_latin_hypercube_leaves_no_bin_of_any_scale_empty_nor_any_order_out(rng):
    edges = {
        "a": np.linspace(-1, 3, 41),
        "b": np.geomspace(1e-4, 10, 41),
        "c": 1 - np.geomspace(0.5, 1e-3, 41),
        "d": np.arange(-20, 21),
    }
    space = {
        "a": ("linear", -1, 3),
        "b": ("log", 1e-4, 10),
        "c": ("one_minus_log", 0.5, 0.999),
        "d": ("integer", -20, 19),
    }
    points = ref.latin_hypercube(space, 40, rng)
    for name, bins in edges.items():
        counts, _ = np.histogram([point[name] for point in points], bins)
        assert counts.tolist() == [1] * 40, name
    drawn = [ref.latin_hypercube(space, 3, rng) for _ in range(1200)]
    orders = np.array([[np.argsort([p[name] for p in ps]) for name in "ad"] for ps in drawn])
    _, often = np.unique(orders.reshape(1200, -1), axis=0, return_counts=True)
    assert len(often) == 36 and often.max() < 70  # 33 on average, with a deviation of 6


@pytest.mark.parametrize(
    ("change", "doubt"),
    [
        ({}, "none"),
        ({"point": {"rate": 0.9}}, "edge"),
        ({"point": {"rate": 1.02e-4}}, "edge"),
        ({"point": {"rate": 2e-4}}, "none"),
        ({"epochs": 16}, "budget"),
        ({"epochs": 4}, "none"),
        ({"errors": np.array([0.02])}, "seeds"),
        ({"errors": np.array([2.0, 2.3, 2.8, 5.3, 3.5]) / 100}, "seeds"),  # the lecture's winner
    ],
)
def test_a_winner_is_doubted_for_its_own_edge_budget_and_luck(change, doubt):
    sound = {"point": {"rate": 0.01}, "epochs": 8, "errors": np.array([2.0, 2.1, 2.2]) / 100}
    settings = {
        "other": {"point": {"rate": 1.0}, "epochs": 8, "errors": np.array([3.3, 3.4, 3.5]) / 100},
        "one": sound | change,
        "far": {"point": {"rate": 1e-4}, "epochs": 32, "errors": np.array([0.5])},
    }
    assert ref.diagnose_winner({"rate": ("log", 1e-4, 1.0)}, settings) == ("one", doubt)
