"""Shows how a run over a class goes: a bar on a terminal, plain lines elsewhere, then a summary."""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from types import TracebackType
from typing import Self

from rich import progress as bars
from rich.console import Console

from grading.boundary.outcome import Ended
from grading.grade.submission import Result
from grading.handed_in.printable import printable

DEAREST = 5  # cells in the summary


class Progress:
    """A context manager round a run; `console` is where it writes."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(highlight=False)
        self._bar = bars.Progress(
            bars.TextColumn("{task.description}"),
            bars.BarColumn(),
            bars.MofNCompleteColumn(),
            bars.TextColumn("left:"),
            bars.TimeRemainingColumn(),
            console=self._console,
            transient=True,
            disable=not self._console.is_terminal,
        )
        self._ended: Counter[str] = Counter()
        self._messages: list[str] = []
        self._seconds: list[float] = []
        self._cells: defaultdict[str, list[float]] = defaultdict(list)
        self._total = self._unchanged = self._remarked = 0

    @property
    def all_graded(self) -> bool:
        """Whether nothing was refused or failed."""
        return not self._messages

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()
        self._summarise()

    def begin(self, total: int, unchanged: int) -> None:
        """Say how many submissions are to be graded, and how many are not again."""
        self._total, self._unchanged = total, unchanged
        self._task = self._bar.add_task("grading", total=total)
        if unchanged:
            self.say(f"{unchanged} unchanged since they were graded: left as they are.")

    def refused(self, sentence: str) -> None:
        """Count a folder of which it is not known whose it is."""
        self._ended[Ended.REFUSED] += 1
        self._messages.append(sentence)

    def finished(self, student: str, result: Result) -> None:
        """Count a submission."""
        self._ended[result.ended] += 1
        self._messages += result.messages
        self._remarked += bool(result.warnings)
        self._seconds.append(result.seconds)
        for cell, seconds in result.cells.items():
            self._cells[cell].append(seconds)
        self._bar.advance(self._task)
        if not self._console.is_terminal:
            number = len(self._seconds)
            took = f"{result.ended} in {result.seconds:.1f} s"
            self.say(f"{number}/{self._total} {student}: {took}")

    def _summarise(self) -> None:
        if not self._seconds:
            self.say("Nothing was graded.")
        else:
            counts = ", ".join(f"{self._ended[name]} {name}" for name in Ended)
            self.say(f"{counts}; {self._unchanged} unchanged.")
            median, most = statistics.median(self._seconds), max(self._seconds)
            self.say(f"Seconds for a submission: median {median:.1f}, most {most:.1f}.")
        dearest = sorted(self._cells.items(), key=lambda item: -sum(item[1]))[:DEAREST]
        if dearest:
            self.say("Cells that cost most, in seconds:")
        for cell, seconds in dearest:
            mean, most = statistics.mean(seconds), max(seconds)
            self.say(f"  {cell}: {mean:.2f} on average, {most:.2f} at most")
        if self._remarked:
            self.say(f"Remarks on {self._remarked}: python -m grading report lists them.")
        if self._messages:
            self.say("Left without a score, and marked as needing a look:")
        for message in self._messages:
            self.say(f"  {message}")

    def say(self, line: str) -> None:
        """Print a line."""
        self._console.print(printable(line), markup=False, soft_wrap=True)
