"""What mistakes cost, in one table: to be read line by line, whether a slip costs what it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from grading.marking.catalogue import Catalogue
from grading.marking.task import Mistake, Task, total
from grading.rehearsal.tables import conclude, table

HEADER = f"{'points':>12}  {'mistake':<16}what it is: the criteria that it loses"


class Losses:
    """What each mistake of a task loses, as the task says; the audit holds it to that.

    Parameters
    ----------
    task : Task
    """

    def __init__(self, task: Task) -> None:
        self.task = task
        ids = {mistake.id: mistake for mistake in task.mistakes}
        self.misses = [f"nothing is said of {id}" for id in ids if id not in task.losses]
        for key in task.losses:
            id, _, way = key.partition(", way ")
            if id not in ids or (way and int(way) > len(ids[id].ways)):
                self.misses.append(f"there is no such mistake: {key}")

    @property
    def row(self) -> str:
        """The task's lines of the table, the dearest first."""
        rows = sorted(self._rows(), key=lambda row: -row[0])
        lines = [
            f"{f'{cost:g} of {self.task.points:g}':>12}  {key:<16}{words}"
            for cost, key, words in rows
        ]
        return "\n".join([self.task.name, *lines])

    def _rows(self) -> Iterator[tuple[float, str, str]]:
        points = {criterion.name: criterion.points for criterion in self.task.criteria}
        for mistake in self.task.mistakes:
            for key, told in self.task.losses.items():
                if key.partition(",")[0] == mistake.id:
                    cost = total(points[name] for name in self.task.lost(key))
                    yield cost, key, f"{_gist(mistake)}: {told}"


def _gist(mistake: Mistake) -> str:
    return mistake.sentence.partition(". ")[0].removesuffix(".")


def run(catalogue: Catalogue, names: Sequence[str], seeds: int) -> int:
    """Print the table and what is not said; return the exit status, 1 if anything is not."""
    return conclude(table(catalogue, names, HEADER, Losses))
