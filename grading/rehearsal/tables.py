"""What is found out about the tasks of a course: a table with a row for each, and what fails."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from grading.marking.catalogue import Catalogue, Notebook
from grading.marking.task import Task


class Examined(Protocol):
    """What was found out about a task: what the table says of it, and what is wrong."""

    misses: list[str]

    @property
    def row(self) -> str:
        """One line of the table, or several."""


def table(
    catalogue: Catalogue,
    names: Sequence[str],
    header: str,
    examine: Callable[[Task], Examined],
    of_notebook: Callable[[Notebook], Iterable[str]] = lambda notebook: (),
) -> list[str]:
    """Print a table, and return what is wrong, each with the name of its task or notebook.

    Parameters
    ----------
    catalogue : Catalogue
    names : sequence of str
        Tasks and notebooks to look at; all if empty.
    header : str
    examine : callable (Task) -> Examined
    of_notebook : callable (Notebook) -> iterable of str, optional
        What is wrong with a notebook that is looked at as a whole.
    """
    misses, known = [], set()
    print(header)
    for notebook in catalogue.notebooks():
        known |= {notebook.name, *notebook.questions}
        whole = not names or notebook.name in names
        if whole:
            misses += [f"{notebook.name}: {miss}" for miss in of_notebook(notebook)]
        for question in notebook.questions:
            if whole or question in names:
                examined = examine(notebook.task(question))
                print(examined.row, flush=True)
                misses += [f"{question}: {miss}" for miss in examined.misses]
    return misses + [f"{name}: no such task or notebook" for name in names if name not in known]


def conclude(misses: Sequence[str]) -> int:
    """Print what is wrong, and return the exit status: 1 if anything is."""
    print(f"\n{len(misses)} misses" if misses else "\nNo misses.", *misses, sep="\n- ")
    return 1 if misses else 0
