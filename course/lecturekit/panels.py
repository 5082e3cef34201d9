"""Figures made of several panels: decision regions side by side, images in a row."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from lecturekit import plots
from lecturekit.training import Run


def region_panels(runs: Mapping[str, Run], X: np.ndarray, Y: np.ndarray) -> Figure:
    """Draw the decision regions of each named run, with the same points (2, m) in each panel."""
    figure, axes = plt.subplots(1, len(runs), figsize=(9.5, 1.2 + 7 / len(runs)), sharey=True)
    for ax, (name, run) in zip(axes, runs.items(), strict=True):
        plots.plot_boundary(ax, run.predict, X, Y)
        ax.set(title=name, aspect="equal")
    for ax in axes[1:]:
        ax.set(ylabel="")
    return figure


def draw_image(ax: Axes, image: np.ndarray, title: str, **look: object) -> AxesImage:
    """Draw an image (h, w) in a thin frame; ``look`` goes to ``imshow``."""
    ax.set(title=title, xticks=[], yticks=[])
    ax.spines[:].set(visible=True, color="0.7", linewidth=0.6)
    return ax.imshow(image, **look)


def image_panels(images: np.ndarray, titles: Sequence[str]) -> Figure:
    """Draw grey images of shape (k, h, w) in one row, 0 white and 1 black, each under its title."""
    k, h, w = images.shape
    width = min(9.5, 1.3 * k)
    figure, axes = plt.subplots(1, k, figsize=(width, width / k * h / w + 0.35), squeeze=False)
    for ax, image, title in zip(axes[0], images, titles, strict=True):
        draw_image(ax, image, title, cmap="gray_r", vmin=0, vmax=1)
    return figure
