"""Prices of flats from area and number of rooms: two features on very different scales."""

import numpy as np


def draw_flats(
    m: int, rng: np.random.Generator, mean_area: float = 90.0
) -> tuple[np.ndarray, np.ndarray]:
    """Draw areas, numbers of rooms and prices of m made-up flats.

    Parameters
    ----------
    m : int
        Number of flats.
    rng : numpy.random.Generator
    mean_area : float
        Average area in m²; a third of it is the standard deviation. No flat is below 15 m².

    Returns
    -------
    X : ndarray of shape (2, m)
        Area in m² and number of rooms.
    Y : ndarray of shape (1, m)
        Price in thousands of euros.
    """
    area = np.maximum(15, rng.normal(mean_area, mean_area / 3, m))
    rooms = np.maximum(1, np.round(0.02 * area + rng.normal(1.4, 0.8, m)))
    price = 3.2 * area + 15 * rooms + rng.normal(0, 30, m)
    return np.stack([area, rooms]), price[None, :]
