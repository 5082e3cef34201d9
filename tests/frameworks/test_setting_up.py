"""`setting_up` against PyTorch's splits and moments and the normalising layer of Keras."""

import keras
import numpy as np
import torch
from torch.utils.data import random_split

from grader_tests.setting_up import reference as ref

from .agreement import assert_agree


def test_split_examples_divides_like_random_split(rng):
    ours = ref.split_examples(200, 0.2, 0.1, rng)
    theirs = [part.indices for part in random_split(range(200), [0.7, 0.2, 0.1])]
    assert [len(part) for part in ours] == [len(part) for part in theirs] == [140, 40, 20]
    for split in ours, theirs:
        assert sorted(np.concatenate(split)) == list(range(200))


def test_fit_normalizer_is_the_population_deviation(rng):
    X = 3 + 2 * rng.standard_normal((4, 7))
    mu, sigma = ref.fit_normalizer(X)
    deviation, mean = torch.std_mean(torch.tensor(X), dim=1, keepdim=True, correction=0)
    assert_agree(mu, mean)
    assert_agree(sigma, deviation)


def test_pytorchs_default_deviation_divides_by_one_less(rng):
    X = rng.standard_normal((4, 7))
    _, sigma = ref.fit_normalizer(X)
    assert_agree(sigma * np.sqrt(7 / 6), torch.tensor(X).std(dim=1, keepdim=True))


def test_normalize_is_keras_normalization_on_rows(rng):
    X, new = 3 + 2 * rng.standard_normal((4, 7)), rng.standard_normal((4, 2))
    layer = keras.layers.Normalization(axis=-1)
    layer.adapt(X.T)
    assert_agree(ref.normalize(new, *ref.fit_normalizer(X)), layer(new.T).numpy().T)
