"""The references of setting_up agree with formulations of their own."""

import statistics

import numpy as np
import pytest

from grader_tests.setting_up import reference as ref


@pytest.mark.parametrize(("m", "sizes"), [(10, (5, 3, 2)), (13, (6, 4, 3)), (1, (1, 0, 0))])
def test_a_split_has_every_index_once(m, sizes):
    parts = ref.split_examples(m, 0.3, 0.2, np.random.default_rng(0))
    assert tuple(map(len, parts)) == sizes
    assert sorted(np.concatenate(parts).tolist()) == list(range(m))
    assert all(part.dtype.kind == "i" for part in parts)


def test_every_index_is_equally_often_in_the_dev_set():
    rng, counts = np.random.default_rng(0), np.zeros(10)
    for _ in range(2000):
        counts[ref.split_examples(10, 0.3, 0.2, rng)[1]] += 1
    np.testing.assert_allclose(counts / 2000, 0.3, atol=0.05)


def test_all_orders_of_groups_are_as_likely_and_fill_test_and_dev_until_they_have_their_share():
    """Of the six orders of a (5 examples), b (2) and c (3), each makes the sets that it must."""
    groups = np.array(list("abacabcaac"))
    # Train, dev (2 examples) and test (3) for the orders abc, acb, bac, bca, cab, and cba.
    made = [("c", "b", "a"), ("b", "c", "a"), ("", "c", "ab"), ("", "a", "bc"), ("b", "a", "c")]
    rng, counts = np.random.default_rng(0), dict.fromkeys([*made, ("a", "b", "c")], 0)
    for _ in range(1200):
        sets = ref.split_by_group(groups, 0.2, 0.3, rng)
        counts[tuple("".join(np.unique(groups[part])) for part in sets)] += 1
        assert sorted(np.concatenate(sets).tolist()) == list(range(10))
    np.testing.assert_allclose(np.array(list(counts.values())) / 1200, 1 / 6, atol=0.05)


def test_a_gap_is_high_above_the_tolerance_only():
    assert ref.diagnose(0.25, 0.5, 0.0, 0.25) == (False, False)
    assert ref.diagnose(0.5, 1.0, 0.0, 0.25) == (True, True)
    assert ref.diagnose(0.15, 0.16, 0.14) == (False, False)


def test_normalised_features_have_mean_0_and_deviation_1():
    X = np.random.default_rng(0).normal(1e6, 0.5, (3, 7))
    X[1] = 0.1
    mu, sigma = ref.fit_normalizer(X)
    for row, mean, deviation in zip(X[[0, 2]], mu[[0, 2]], sigma[[0, 2]], strict=True):
        assert mean[0] == pytest.approx(statistics.fmean(row))
        assert deviation[0] == pytest.approx(statistics.pstdev(row))
    assert sigma[1] == 1
    normed = ref.normalize(X, mu, sigma)
    np.testing.assert_allclose(normed.mean(axis=1), 0, atol=1e-8)
    np.testing.assert_allclose(normed.std(axis=1), [1, 0, 1], atol=1e-8)


@pytest.mark.parametrize(
    ("percent", "first"),
    [  # human level, training, new ones of its kind, dev, people of whom nothing was known
        ((1, 72, 74, 75, 76), ("bias", "enlarge")),
        ((1, 0, 6, 6, 6), ("variance", "regularise")),
        ((4, 2, 3, 11, 11), ("mismatch", "add target")),
        ((0, 0, 1, 2.7, 5.1), ("leak", "regroup")),
        ((7, 8, 9, 9, 8), ("none", "test once")),
    ],
)
def test_the_examples_of_the_lecture_are_told_apart(percent, first):
    sets = ("people", "training", "training_dev", "dev", "newcomers")
    errors = {name: error / 100 for name, error in zip(sets, percent, strict=True)}
    assert ref.choose_first_step(errors) == first
