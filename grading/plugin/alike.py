"""Sees that submissions fail alike, one after the other: then it is not the students' fault."""

from __future__ import annotations

import re


class Alike:
    """Counts failures in a row that have the same words.

    Parameters
    ----------
    most : int
        After how many of them nothing more should be graded; 0: there is no such number.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._last = ""
        self._count = 0

    def failed(self, student: str, sentence: str) -> str | None:
        """Count a failure; return what to say when it was one too many.

        Parameters
        ----------
        student : str
            Whose name in the sentence does not make it another one.
        sentence : str
        """
        words = re.sub(rf"(?<!\w){re.escape(student)}(?!\w)", "…", sentence)
        self._count = self._count + 1 if words == self._last else 1
        self._last = words
        if self._count != self._most:
            return None
        return (
            f"{self._count} submissions in a row failed alike, so no more are graded: "
            f"{words.removeprefix('…: ')}\nMend it and run the same command again. "
            "(SealedAutograde.most_alike = 0 goes on whatever happens.)"
        )

    def ended(self) -> None:
        """Count a submission that did not fail."""
        self._count = 0
