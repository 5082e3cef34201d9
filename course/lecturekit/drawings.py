"""Drawings: networks, splits of the examples, masks, and graphs of boxes and arrows."""

from collections.abc import Collection, Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Circle, Rectangle

from lecturekit import plots

LINE, FAINT = "#555555", "#dddddd"


def draw_network(
    ax: Axes,
    layer_dims: Sequence[int],
    labels: Sequence[str] = (),
    off: Collection[tuple[int, int]] = (),
) -> None:
    """Draw a fully connected network: a column of units for each layer, inputs at the left.

    Parameters
    ----------
    ax : Axes
    layer_dims : sequence of int
        Units to draw in layers 0, 1, …; fewer than a large layer really has.
    labels : sequence of str
        What to write below each layer.
    off : collection of (layer, unit)
        Units that are switched off: crossed out, and without lines.
    """
    places = [
        [(3 * layer, (n - 1) / 2 - unit) for unit in range(n)] for layer, n in enumerate(layer_dims)
    ]
    for layer, column in enumerate(places):
        for unit, (x, y) in enumerate(column):
            is_off = (layer, unit) in off
            colour = FAINT if is_off else LINE
            ax.add_patch(Circle((x, y), 0.3, facecolor="white", edgecolor=colour, lw=1.4, zorder=3))
            if is_off:
                ax.plot(x, y, "x", color=plots.COLOURS[1], ms=10, mew=2, zorder=4)
                continue
            for before, start in enumerate(places[layer - 1] if layer else ()):
                if (layer - 1, before) not in off:
                    ax.plot(*zip(start, (x, y), strict=True), color=LINE, ls="-", lw=0.6, zorder=1)
    bottom = -max(layer_dims) / 2
    for layer, label in enumerate(labels):
        ax.text(3 * layer, bottom - 0.2, label, ha="center", va="top")
    ax.set(xlim=(-1.5, 3 * len(layer_dims) - 1.5), ylim=(bottom - (0.9 if labels else 0), -bottom))
    ax.set_aspect("equal")
    ax.axis("off")


def draw_splits(ax: Axes, splits: Mapping[str, Mapping[str, float]]) -> None:
    """Draw a bar of length 100 % for each named split, cut into its sets.

    Parameters
    ----------
    ax : Axes
    splits : mapping
        Name to {set: percent}; sets called training, dev and test have their colours.
    """
    for y, sets in enumerate(splits.values()):
        left = 0.0
        for i, (name, percent) in enumerate(sets.items()):
            label = name if y == 0 else None
            colour = plots.style(name, i)["color"]
            ax.barh(y, percent, 0.6, left, color=colour, edgecolor="white", label=label)
            left += percent
    ax.set_yticks(range(len(splits)), list(splits))
    ax.set(xlabel="share of the examples (%)", xlim=(0, 100), ylim=(len(splits) - 0.5, -0.5))
    ax.grid(False)
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3, frameon=False)


def draw_groups(ax: Axes, groups: Sequence[Sequence[str]]) -> None:
    """Draw a row for each group, with a mark for each of its examples in the look of its set."""
    marks = [(name, x, y) for y, sets in enumerate(groups) for x, name in enumerate(sets)]
    for name in sorted({name for name, _, _ in marks}, key=list(plots.PLACES).index):
        x, y = zip(*(place for set_name, *place in marks if set_name == name), strict=True)
        ax.plot(x, y, **plots.style(name) | {"linestyle": "", "markersize": 9}, label=name)
    ax.set(ylim=(len(groups) - 0.5, -0.5), xticks=[], yticks=range(len(groups)), yticklabels=[])


def draw_mask(ax: Axes, mask: np.ndarray) -> None:
    """Draw a matrix (units, examples) of ones and zeros: a square each, crossed out where 0."""
    n, m = mask.shape
    for i, j in np.ndindex(n, m):
        face = plots.COLOURS[5] if mask[i, j] else "white"
        ax.add_patch(Rectangle((j, i), 1, 1, facecolor=face, edgecolor=LINE, lw=0.8))
        if not mask[i, j]:
            ax.plot(j + 0.5, i + 0.5, "x", color=plots.COLOURS[1], ms=9, mew=2)
    ax.set(xlim=(0, m), ylim=(n, 0), xlabel="examples", ylabel="units", aspect="equal")
    ax.set(xticks=[], yticks=[])


def draw_graph(
    ax: Axes,
    boxes: Mapping[str, tuple[float, float]],
    arrows: Sequence[tuple[str, str]] | Mapping[tuple[str, str], str],
    colour: str = plots.COLOURS[0],
) -> None:
    """Draw boxes with their names at (x, y), and arrows between named boxes.

    Parameters
    ----------
    ax : Axes
    boxes : mapping
    arrows : sequence of (start, end), or a mapping of such pairs to what to write beside them
    colour : str
        Of arrows that have something written beside them; the others are grey where some have.
    """
    ax.axis("off")
    x, y = zip(*boxes.values(), strict=True)
    ax.set(xlim=(min(x) - 0.5, max(x) + 0.5), ylim=(min(y) - 0.5, max(y) + 0.5))
    patches = {}
    for name, place in boxes.items():
        box = {"boxstyle": "round", "facecolor": "white"}
        text = ax.text(*place, name, ha="center", va="center", bbox=box)
        patches[name] = text.get_bbox_patch()
    ax.figure.canvas.draw()  # gives the boxes their sizes, where the arrows have to end
    words = arrows if isinstance(arrows, Mapping) else dict.fromkeys(arrows, "")
    for (start, end), text in words.items():
        faint = any(words.values()) and not text
        style = {"arrowstyle": "-|>", "color": "0.75" if faint else colour}
        style |= {"shrinkA": 2, "shrinkB": 2}
        style |= {"patchA": patches[start], "patchB": patches[end]}
        ax.annotate("", boxes[end], boxes[start], arrowprops=style)
        middle = np.mean([boxes[start], boxes[end]], axis=0)
        look = {"facecolor": "white", "edgecolor": "none", "pad": 2}
        ax.text(*middle, text, ha="center", va="center", color=colour, bbox=look)


def draw_window(ax: Axes, side: int, k: int, place: tuple[int, int], padding: int = 0) -> None:
    """Draw a window of k × k pixels on a square image, and at the right the output that it fills.

    Parameters
    ----------
    ax : Axes
    side : int
        Side of the image, in pixels.
    k : int
    place : (row, column)
        The window's place, and that of the entry of the output, counted from 0.
    padding : int
        Width of the border of zeros round the image, in pixels.
    """
    framed = side + 2 * padding
    grids = ((framed, 0, k), (framed - k + 1, framed + 2, 1))
    for n, left, marked in grids:
        top = (framed - n) / 2
        for row, column in np.ndindex(n, n):
            inside = all(padding <= i < n - padding for i in (row, column)) or left
            here = all(0 <= i - at < marked for i, at in zip((row, column), place, strict=True))
            face = plots.COLOURS[5] if here else "white"
            look = {"facecolor": face, "edgecolor": LINE if inside else FAINT, "lw": 0.8}
            look["zorder"] = 2 if inside else 1  # the border's pale edges below the image's
            ax.add_patch(Rectangle((left + column, top + row), 1, 1, **look))
            if not inside:
                ax.text(left + column + 0.5, top + row + 0.5, "0", ha="center", va="center")
    ax.annotate(
        "", (framed + 1.8, framed / 2), (framed + 0.2, framed / 2), arrowprops={"arrowstyle": "-|>"}
    )
    ax.set(xlim=(-0.1, 2 * framed - k + 3.1), ylim=(framed + 0.1, -0.1), aspect="equal")
    ax.axis("off")


def draw_layers(ax: Axes, rows: Mapping[str, Sequence[str]], learning: str) -> None:
    """Draw a row of layers for each name, from the input at the left to the output.

    Parameters
    ----------
    ax : Axes
    rows : mapping
        Name to what to write in each of its layers.
    learning : str
        Layers whose text does not have this word are frozen: hatched, and grey.
    """
    for y, (name, layers) in enumerate(rows.items()):
        ax.text(-0.2, y, name, ha="right", va="center")
        for x, text in enumerate(layers):
            look = {"facecolor": plots.COLOURS[5]}
            if learning not in text:
                look = {"facecolor": FAINT, "hatch": "///"}
            ax.add_patch(Rectangle((1.2 * x, y - 0.32), 1, 0.64, edgecolor=LINE, **look))
            box = {"facecolor": "white", "edgecolor": "none", "pad": 1.5}
            ax.text(1.2 * x + 0.5, y, text, ha="center", va="center", bbox=box)
            if x:
                arrow = {"arrowstyle": "-|>", "shrinkA": 0, "shrinkB": 0}
                ax.annotate("", (1.2 * x, y), (1.2 * x - 0.2, y), arrowprops=arrow)
    ax.set(xlim=(-1.6, 1.2 * max(map(len, rows.values()))), ylim=(len(rows) - 0.5, -0.5))
    ax.axis("off")
