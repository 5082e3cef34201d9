"""Module 1 measures on people who are not in training, and its test set stays untouched."""

import numpy as np
from lecturekit import scoreboard
from lecturekit.datasets import load_digits
from lecturekit.networks import Network
from lecturekit.scoreboard import FOLDS, final_error, fold, new_hands


def places(X):
    """Where in the file the digits of a set are."""
    digits = {column.tobytes(): i for i, column in enumerate(load_digits()[0].T)}
    return sorted(digits[column.tobytes()] for column in X.T)


def test_each_fold_holds_out_one_block_of_the_file_and_none_sees_the_sixth():
    held_out = []
    for number in range(FOLDS):
        (X_train, _), (X_dev, _) = fold(number)
        training, dev = places(X_train), places(X_dev)
        assert not set(training) & set(dev)
        assert dev == list(range(dev[0], dev[-1] + 1))
        held_out += dev
        assert sorted(training + dev) == list(range(5 * 1797 // 6 + 1))
    assert held_out == list(range(len(held_out)))


def test_larger_numbers_start_again_with_other_draws():
    (X, _), (X_dev, _) = fold(0, examples=50)
    (again, _), (again_dev, _) = fold(FOLDS, examples=50)
    assert X.shape == (64, 50) and not np.array_equal(X, again)
    assert np.array_equal(X_dev, again_dev)


def test_a_score_has_an_error_in_percent_for_each_fold():
    score = new_hands(Network((64, 10), output="softmax"), examples=20, epochs=1)
    assert score.training.shape == score.dev.shape == (FOLDS,)
    assert np.all((score.dev > 1) & (score.dev <= 100))


def test_the_final_error_is_that_of_the_sixth_block_after_training_on_the_others(monkeypatch):
    seen = {}

    def train(network, train_set, test_set, *args, **options):
        seen["training"], seen["test"] = train_set[0], test_set[0]
        return real_train(network, train_set, test_set, *args, **options)

    real_train = scoreboard.train
    monkeypatch.setattr(scoreboard, "train", train)
    assert 1 < final_error(Network((64, 10), output="softmax"), epochs=1) <= 100
    assert places(seen["training"]) == list(range(5 * 1797 // 6 + 1))
    assert places(seen["test"]) == list(range(5 * 1797 // 6 + 1, 1797))
