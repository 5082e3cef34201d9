"""The running case of module 1: reading digits of people whose hands were never seen in training.

The file of digits keeps its writers together. It is cut into six blocks of two or three writers:
five to train on and measure with, each in turn the dev set; the sixth is the test set.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes

from lecturekit import plots
from lecturekit.datasets import load_digits, one_hot
from lecturekit.networks import Network
from lecturekit.optimizers import adam
from lecturekit.training import Examples, Run, train

FOLDS = 5


class Score(NamedTuple):
    """Errors in percent with each block as dev set: of training and on that block, (5,)."""

    training: np.ndarray
    dev: np.ndarray

    def __str__(self) -> str:
        spread = self.dev.std(ddof=1)
        return (
            f"training {self.training.mean():5.1f} %   dev {self.dev.mean():5.1f} ± {spread:.1f} %"
        )


def fold(number: int, examples: int | None = None) -> tuple[tuple, tuple]:
    """Return the training and the dev set, (X, Y) each, with block ``number`` held out.

    Parameters
    ----------
    number : int
        0…4; larger numbers start again at 0.
    examples : int, optional
        How many digits to train on, drawn at random from the other four blocks; all by default.
    """
    blocks = _blocks()[:FOLDS]
    X_dev, Y_dev = blocks.pop(number % FOLDS)
    X, Y = _joined(blocks)
    order = np.random.default_rng(number).permutation(X.shape[1])[:examples]
    return (X[:, order], Y[:, order]), (X_dev, Y_dev)


def train_on_fold(
    network: Network,
    number: int,
    examples: int | None = None,
    epochs: int = 30,
    learning_rate: float = 0.003,
    curves: bool = False,
) -> Run:
    """Train with Adam in batches of 50, with block ``number`` as dev set."""
    rng, step = np.random.default_rng(number), adam(learning_rate)
    return train(network, *fold(number, examples), step, epochs, 50, rng, curves=curves)


def new_hands(network: Network, **settings: float) -> Score:
    """Train once for each of the five blocks as dev set; the settings are `train_on_fold`'s."""
    runs = [train_on_fold(network, number, **settings) for number in range(FOLDS)]
    return Score(
        *(
            100 * np.array([getattr(run, errors)[-1] for run in runs])
            for errors in ("train_errors", "dev_errors")
        )
    )


def final_error(network: Network, epochs: int = 30, learning_rate: float = 0.003) -> float:
    """Train on all five blocks and return the error in percent on the sixth, the test set.

    For the one network that has been chosen, at the end.
    """
    *blocks, test = _blocks()
    rng = np.random.default_rng(0)
    run = train(network, _joined(blocks), test, adam(learning_rate), epochs, 50, rng, curves=False)
    return 100 * run.dev_errors[-1]


def draw_scoreboard(ax: Axes, rows: Mapping[str, Score]) -> None:
    """Draw each row's errors: bars for the means, and dots for the dev error of each block."""
    for y, score in enumerate(rows.values()):
        for errors, name, shift in zip(score, ("training", "dev"), (-0.2, 0.2), strict=True):
            label = f"{name} error" if y == 0 else None
            colour = plots.style(name)["color"]
            ax.barh(y + shift, errors.mean(), 0.36, color=colour, alpha=0.8, label=label)
        ax.plot(score.dev, np.full(FOLDS, y + 0.2), "o", ms=3.5, color="black", ls="")
    ax.set_yticks(range(len(rows)), list(rows))
    ax.set(xlabel="error (%)", ylim=(len(rows) - 0.5, -0.5))
    ax.legend()


def _blocks() -> list[Examples]:
    X, labels = load_digits()
    parts = np.array_split(np.arange(len(labels)), FOLDS + 1)
    return [(X[:, part], one_hot(labels[part], 10)) for part in parts]


def _joined(blocks: Sequence[Examples]) -> Examples:
    X, Y = zip(*blocks, strict=True)
    return np.hstack(X), np.hstack(Y)
