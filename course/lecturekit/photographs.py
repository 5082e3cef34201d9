"""The digits as a cheap camera would see them: a second distribution for the same labels."""

import numpy as np


def photograph(X: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Turn clean digits into poor photographs: shaken, faint, on a grey ground, and noisy.

    Parameters
    ----------
    X : ndarray of shape (64, m)
        Clean digits, grey values in [0, 1].
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of shape (64, m)
        Each row of pixels averaged with the one above, at 60 % contrast on a ground of 0.3, with
        noise of standard deviation 0.05; in [0, 1] again.
    """
    images = X.reshape(8, 8, -1)
    shaken = (images + np.roll(images, 1, axis=0)) / 2
    faint = 0.3 + 0.6 * shaken.reshape(X.shape)
    return np.clip(faint + 0.05 * rng.standard_normal(X.shape), 0, 1)
