"""Small changes of images that leave their meaning alone: turns and shifts."""

import numpy as np


def rotate(images: np.ndarray, degrees: np.ndarray) -> np.ndarray:
    """Turn images about their centre, anticlockwise, with linear interpolation.

    Parameters
    ----------
    images : ndarray of shape (m, h, w)
    degrees : ndarray of shape (m,)

    Returns
    -------
    ndarray of shape (m, h, w)
        What comes in from outside is 0.
    """
    m, h, w = images.shape
    angle = np.deg2rad(degrees)[:, None, None]
    y, x = np.mgrid[:h, :w] - np.array([(h - 1) / 2, (w - 1) / 2])[:, None, None]
    rows = np.cos(angle) * y + np.sin(angle) * x + (h - 1) / 2  # where each pixel comes from
    columns = np.cos(angle) * x - np.sin(angle) * y + (w - 1) / 2
    padded = np.pad(images, ((0, 0), (1, 2), (1, 2)))
    rows, columns = np.clip(rows + 1, 0, h + 1), np.clip(columns + 1, 0, w + 1)
    top, left = rows.astype(int), columns.astype(int)
    down, right = rows - top, columns - left
    i = np.arange(m)[:, None, None]
    return (
        (1 - down) * (1 - right) * padded[i, top, left]
        + (1 - down) * right * padded[i, top, left + 1]
        + down * (1 - right) * padded[i, top + 1, left]
        + down * right * padded[i, top + 1, left + 1]
    )


def shift(images: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """Move images by whole pixels: a crop of the padded image, with an offset for each.

    Parameters
    ----------
    images : ndarray of shape (m, h, w)
    offsets : ndarray of int of shape (m, 2)
        Pixels down and to the right, each −1, 0 or 1.

    Returns
    -------
    ndarray of shape (m, h, w)
        What comes in from outside is 0.
    """
    m, h, w = images.shape
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1)))
    rows = np.arange(h) + 1 - offsets[:, :1]  # (m, h)
    columns = np.arange(w) + 1 - offsets[:, 1:]  # (m, w)
    return padded[np.arange(m)[:, None, None], rows[:, :, None], columns[:, None, :]]
