"""Data sets of the course: handwritten digits and seeded point clouds in the plane.

Examples are columns: ``X`` has shape (n, m), float64; binary labels ``Y`` have shape (1, m).
"""

from pathlib import Path

import numpy as np

DIGITS = Path(__file__).resolve().parent.parent / "data" / "digits.npz"


def load_digits() -> tuple[np.ndarray, np.ndarray]:
    """Load 1797 handwritten digits of 8 × 8 pixels.

    Returns
    -------
    X : ndarray of shape (64, 1797)
        Grey values scaled from 0…16 to [0, 1]; ``X[:, i].reshape(8, 8)`` is an image.
    labels : ndarray of shape (1797,)
        The digits 0…9.
    """
    with np.load(DIGITS) as archive:
        images, labels = archive["images"], archive["labels"]
    return images.reshape(len(images), -1).T / 16.0, labels.astype(np.int64)


def one_hot(labels: np.ndarray, C: int) -> np.ndarray:
    """Return the (C, m) matrix with a single 1 per column, in the row of the label."""
    return (np.arange(C)[:, None] == labels).astype(np.float64)


def two_moons(m: int, noise: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Two interleaved half circles of radius 1; ``noise`` is the standard deviation added."""
    Y = np.arange(m) % 2
    angle = rng.uniform(0, np.pi, m)
    X = np.where(
        Y == 0,
        [np.cos(angle), np.sin(angle)],
        [1 - np.cos(angle), 0.5 - np.sin(angle)],
    )
    return X + noise * rng.standard_normal((2, m)), Y[None, :].astype(np.float64)


def circles(m: int, noise: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Two concentric circles: class 0 of radius 1 round class 1 of radius 0.5."""
    Y = np.arange(m) % 2
    angle = rng.uniform(0, 2 * np.pi, m)
    X = np.where(Y == 0, 1.0, 0.5) * np.array([np.cos(angle), np.sin(angle)])
    return X + noise * rng.standard_normal((2, m)), Y[None, :].astype(np.float64)


def spirals(m: int, noise: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Two spiral arms, each a turn and a half, running out from the origin to radius 1."""
    Y = np.arange(m) % 2
    radius = rng.uniform(0.1, 1, m)
    angle = 3 * np.pi * radius + np.pi * Y
    X = radius * np.array([np.cos(angle), np.sin(angle)])
    return X + noise * rng.standard_normal((2, m)), Y[None, :].astype(np.float64)


def blobs(
    m: int, centres: np.ndarray, scale: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Draw one round Gaussian cloud per centre.

    Parameters
    ----------
    m : int
        Number of examples, shared out evenly.
    centres : ndarray of shape (C, 2)
    scale : float
        Standard deviation of each cloud.
    rng : numpy.random.Generator

    Returns
    -------
    X : ndarray of shape (2, m)
    labels : ndarray of shape (m,)
        Class numbers 0…C−1; for two classes ``labels[None, :]`` is the binary ``Y``.
    """
    centres = np.asarray(centres, dtype=np.float64)
    labels = np.arange(m) % len(centres)
    return centres[labels].T + scale * rng.standard_normal((2, m)), labels


def train_dev_split(
    X: np.ndarray, Y: np.ndarray, dev_fraction: float, rng: np.random.Generator
) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """Shuffle the examples and set a fraction of them apart.

    Parameters
    ----------
    X : ndarray of shape (n, m)
    Y : ndarray of shape (…, m)
        Labels in any layout whose last axis counts examples.
    dev_fraction : float
        Share of the examples that goes into the dev set.
    rng : numpy.random.Generator

    Returns
    -------
    (X_train, Y_train), (X_dev, Y_dev)
    """
    m = X.shape[1]
    order = rng.permutation(m)
    dev, train = np.split(order, [round(dev_fraction * m)])
    return (X[:, train], Y[..., train]), (X[:, dev], Y[..., dev])
