"""`hyperparameter_search` against PyTorch's distributions and its products of lists."""

import numpy as np
import torch
from torch.distributions import TransformedDistribution, Uniform, transforms

from grader_tests.hyperparameter_search import reference as ref

SIZE = 4000
BOUND = np.sqrt(np.log(2 / 1e-9) / (2 * SIZE))  # Dvoretzky, Kiefer, Wolfowitz, Massart


def largest_gap(samples, distribution):
    """The Kolmogorov–Smirnov distance of samples from a distribution of PyTorch."""
    expected = distribution.cdf(torch.tensor(np.sort(samples))).numpy()
    steps = np.arange(SIZE + 1) / SIZE
    return max(np.max(steps[1:] - expected), np.max(expected - steps[:-1]))


def log_uniform(low, high):
    base = Uniform(*torch.tensor([low, high], dtype=torch.float64).log())
    return TransformedDistribution(base, transforms.ExpTransform())


def test_learning_rates_are_log_uniform(rng):
    samples = ref.sample_learning_rates(1e-4, 1.0, SIZE, rng)
    assert largest_gap(samples, log_uniform(1e-4, 1.0)) < BOUND


def test_one_minus_beta_is_log_uniform(rng):
    samples = ref.sample_betas(0.9, 0.999, SIZE, rng)
    assert largest_gap(1 - samples, log_uniform(0.001, 0.1)) < BOUND


def test_grid_points_come_in_the_order_of_cartesian_prod():
    axes = {"alpha": [0.1, 0.2, 0.3], "beta": [0.8, 0.9], "lambd": [0.0, 1.0]}
    ours = [[point[name] for name in axes] for point in ref.grid_points(axes)]
    lists = [torch.tensor(values, dtype=torch.float64) for values in axes.values()]
    assert ours == torch.cartesian_prod(*lists).tolist()
