"""Comparing methods fairly: each at the best rate of its own sweep, over several seeds."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes

from lecturekit import plots

Trial = Callable[[float, int], float | Sequence[float]]

SWEEP_SEEDS = (1000, 1001)  # a rate chosen on the seeds that are compared would flatter itself


@dataclass(frozen=True)
class Comparison:
    """What each method reached, the lower the better.

    Attributes
    ----------
    rates : dict of str to float
        The rate at which each method ran: the best of its sweep.
    curves : dict of str to ndarray of shape (seeds, length)
        What its trials returned, a row for each seed; the last column holds the scores.
    """

    rates: dict[str, float]
    curves: dict[str, np.ndarray]

    @property
    def scores(self) -> dict[str, np.ndarray]:
        """Last value of each trial, by method, shape (seeds,)."""
        return {name: curve[:, -1] for name, curve in self.curves.items()}

    def __str__(self) -> str:
        width = max(map(len, self.rates))
        lines = [f"{'':{width}}  best rate  mean ± standard deviation"]
        for name, row in self.scores.items():
            rate, spread = self.rates[name], row.std(ddof=1)
            lines.append(f"{name:{width}}  {rate:<9g}  {row.mean():.3g} ± {spread:.2g}")
        return "\n".join(lines)

    def ranking(self, *names: str) -> str:
        """Say that the methods come in this order, best first, if the seeds bear it out.

        Seed by seed, each method must beat the next one: on average by more than twice the
        standard error of the differences.

        Raises
        ------
        ValueError
            If one of the steps in the order could be luck.
        """
        steps = []
        for better, worse in pairwise(names):
            ahead = self.scores[worse] - self.scores[better]
            margin = 2 * ahead.std(ddof=1) / np.sqrt(len(ahead))
            wins = f"{better} before {worse} in {np.sum(ahead > 0)} of {len(ahead)} seeds"
            if not ahead.mean() > margin:
                raise ValueError(
                    f"{wins}, by {ahead.mean():.2f} on average; two standard errors are "
                    f"{margin:.2f}. Claim less, or compare over more seeds."
                )
            steps.append(wins)
        return "; ".join(steps)

    def draw(self, ax: Axes, ylabel: str) -> None:
        """Draw a dot for each seed, a bar at the mean of each method, and a line for each pair."""
        scores = np.array(list(self.scores.values()))
        places = np.arange(len(scores))[:, None] + np.linspace(-0.15, 0.15, scores.shape[1])
        for x, (name, row) in enumerate(self.scores.items()):
            colour = plots.style(name, x)["color"]
            ax.plot(places[x], row, "o", color=colour, ms=5)
            ax.hlines(row.mean(), x - 0.3, x + 0.3, colour, linestyles="-")
        ax.plot(places, scores, color="0.8", lw=0.7, ls="-", zorder=1)
        labels = [f"{name}\n(rate {rate:g})" for name, rate in self.rates.items()]
        ax.set_xticks(range(len(labels)), labels)
        ax.set(ylabel=ylabel, ylim=(0, None))


def compare(
    methods: Mapping[str, Trial],
    rates: Sequence[float] | Mapping[str, Sequence[float]],
    seeds: Sequence[int] = range(5),
) -> Comparison:
    """Find the best rate of each method in a sweep, then run each at it, once for each seed.

    Parameters
    ----------
    methods : mapping
        Name to ``trial(rate, seed)``, which returns a number or a curve. The last value is what
        counts, and lower is better; nan is worst.
    rates : sequence of float, or a mapping of names to such
        What to sweep, ascending; learning rates, usually.
    seeds : sequence of int
        The same for all methods, so that these can be compared seed by seed. The sweep has
        seeds of its own.

    Returns
    -------
    Comparison

    Raises
    ------
    ValueError
        If a method is best at an end of its sweep: its best rate may lie beyond.
    """
    best, curves = {}, {}
    for name, trial in methods.items():
        sweep = list(rates[name] if isinstance(rates, Mapping) else rates)
        found = [np.mean([_curve(trial, rate, seed)[-1] for seed in SWEEP_SEEDS]) for rate in sweep]
        i = int(np.argmin(np.nan_to_num(found, nan=np.inf)))
        if i in (0, len(sweep) - 1):
            raise ValueError(
                f"{name} is best at {sweep[i]:g}, an end of its sweep: its best rate may lie "
                "beyond. Give it more rates there."
            )
        best[name] = sweep[i]
        curves[name] = np.stack([_curve(trial, best[name], seed) for seed in seeds])
    return Comparison(best, curves)


def _curve(trial: Trial, rate: float, seed: int) -> np.ndarray:
    return np.atleast_1d(np.asarray(trial(rate, seed), dtype=np.float64))
