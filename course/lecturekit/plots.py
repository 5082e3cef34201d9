"""Figures of the lectures: one style, captions, and the kinds of plot that recur."""

from collections.abc import Callable, Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from cycler import cycler
from IPython.display import Markdown, display
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure

# Okabe and Ito's colours, told apart in every common form of colour blindness
COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000"]
LINES = ["-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1, 1, 1)), (0, (1, 1))]
MARKERS = "os^DvPX"

# What has the same colour, dashes and marker in every lecture: the sets, and methods by family.
FAMILIES = (
    ("training", "dev", "test"),
    ("gradient descent", "momentum", "RMSprop", "Adam", "AdamW"),
    ("none", "L2", "dropout", "augmentation", "early stopping"),
    ("plain", "batch norm"),
    ("too small", "Xavier", "He", "too large", "one layer"),
    ("from scratch", "frozen", "fine-tuned", "thawed"),
)
PLACES = {name: place for family in FAMILIES for place, name in enumerate(family)}


def style(name: str, place: int = 0) -> dict[str, object]:
    """Colour, dashes and marker of a set or method of the course; of others, by their place."""
    place = PLACES.get(name, place) % len(COLOURS)
    return {"color": COLOURS[place], "linestyle": LINES[place], "marker": MARKERS[place]}


def use_style() -> None:
    """White face, readable sizes, and lines that differ in colour and in dashes."""
    plt.rcParams.update(
        {
            "figure.figsize": (6.4, 3.6),
            "figure.dpi": 110,
            "figure.facecolor": "white",
            "figure.constrained_layout.use": True,
            "axes.facecolor": "white",
            "axes.prop_cycle": cycler(color=COLOURS, linestyle=LINES),
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": True,
            "grid.color": "#dddddd",
            "axes.axisbelow": True,
            "font.size": 10,
            "axes.titlesize": 10,
            "legend.fontsize": 9,
            "lines.linewidth": 1.8,
            "image.cmap": "cividis",
        }
    )


def show(figure: Figure, caption: str) -> None:
    """Display a figure, its caption below it and as alt text in its metadata; then close it."""
    display(figure, metadata={"image/png": {"alt": caption}})
    display(Markdown(f"*{caption}*"))
    plt.close(figure)


def plot_curves(
    ax: Axes,
    curves: Mapping[str, Sequence[float]],
    xlabel: str = "epoch",
    ylabel: str = "cost (nats)",
    x: Sequence[float] | None = None,
) -> None:
    """Draw one line per named curve against 0, 1, 2, …, or with markers against ``x``."""
    for place, (name, values) in enumerate(curves.items()):
        look = style(name, place)
        if x is None:
            look["marker"] = ""
        ax.plot(np.arange(len(values)) if x is None else x, values, label=name, **look)
    ax.set(xlabel=xlabel, ylabel=ylabel)
    ax.legend()


def plot_bands(
    ax: Axes,
    curves: Mapping[str, np.ndarray],
    xlabel: str = "epoch",
    ylabel: str = "cost (nats)",
    x: Sequence[float] | None = None,
) -> None:
    """Draw for each named array (seeds, length) its mean, in a band of one standard deviation."""
    plot_curves(ax, {name: rows.mean(axis=0) for name, rows in curves.items()}, xlabel, ylabel, x)
    for line, rows in zip(ax.get_lines()[-len(curves) :], curves.values(), strict=True):
        low, high = rows.mean(axis=0) + rows.std(axis=0, ddof=1) * np.array([[-1], [1]])
        ax.fill_between(line.get_xdata(), low, high, color=line.get_color(), alpha=0.2, lw=0)


def plot_points(ax: Axes, X: np.ndarray, labels: np.ndarray) -> None:
    """Scatter the columns of ``X`` (2, m); each class has a colour and a marker of its own."""
    for c in np.unique(labels):
        x1, x2 = X[:, np.ravel(labels) == c]
        colour, marker = COLOURS[int(c)], MARKERS[int(c)]
        ax.scatter(
            x1, x2, s=16, c=colour, marker=marker, edgecolors="white", lw=0.4, label=f"class {c:g}"
        )
    ax.set(xlabel="$x_1$", ylabel="$x_2$")


def plot_boundary(
    ax: Axes,
    predict: Callable[[np.ndarray], np.ndarray],
    X: np.ndarray,
    labels: np.ndarray,
    margin: float = 0.3,
) -> None:
    """Shade the regions that ``predict`` gives to each class, and draw the points.

    Parameters
    ----------
    ax : Axes
    predict : callable
        Maps points (2, k) to class numbers (k,).
    X : ndarray of shape (2, m)
    labels : ndarray of shape (m,) or (1, m)
    margin : float
        Room round the points, in units of the axes.
    """
    x1, x2 = (
        np.linspace(low - margin, high + margin, 200)
        for low, high in zip(X.min(axis=1), X.max(axis=1), strict=True)
    )
    grid = np.stack([axis.ravel() for axis in np.meshgrid(x1, x2)])
    regions = np.reshape(predict(grid), (200, 200))
    C = int(max(regions.max(), np.max(labels))) + 1
    levels = np.arange(C + 1) - 0.5
    ax.contourf(x1, x2, regions, levels, cmap=ListedColormap(COLOURS[:C]), alpha=0.25)
    ax.contour(x1, x2, regions, levels[1:-1], colors="black", linewidths=0.8, linestyles="-")
    plot_points(ax, X, labels)


def plot_path(
    ax: Axes,
    cost: Callable[[np.ndarray, np.ndarray], np.ndarray],
    paths: Mapping[str, np.ndarray],
    xlim: tuple[float, float],
    ylim: tuple[float, float],
) -> None:
    """Draw the contours of a cost of two parameters and the paths that optimizers take on it.

    Parameters
    ----------
    ax : Axes
    cost : callable
        ``cost(w1, w2)``, elementwise on arrays.
    paths : mapping
        Name to points of shape (2, steps), the start first.
    xlim, ylim : (float, float)
        Ranges of w1 and w2.
    """
    w1, w2 = np.meshgrid(np.linspace(*xlim, 200), np.linspace(*ylim, 200))
    ax.contour(w1, w2, cost(w1, w2), 20, cmap="cividis", linewidths=0.7, linestyles="-")
    for place, (name, path) in enumerate(paths.items()):
        look = style(name, place) | {"linestyle": "-", "markersize": 3, "linewidth": 1.2}
        ax.plot(*path, label=name, **look)
    ax.set(xlabel="$w_1$", ylabel="$w_2$", xlim=xlim, ylim=ylim)
    ax.legend()
