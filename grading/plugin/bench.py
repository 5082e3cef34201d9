"""What stands ready in a process that grades: the judges, the sandbox, a scratch folder."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Any, Self

from grading.judging.remote import Judges
from grading.sandbox import trial
from grading.sandbox.bubblewrap import Sandbox


class Bench:
    """A context manager that owns them; each is made when it is first needed."""

    def __init__(self) -> None:
        self._judges: Judges | None = None
        self._sandbox: Sandbox | None = None
        self._tried: tuple[str | None] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def judges(self) -> Judges:
        """From which a judge is started for each notebook."""
        if self._judges is None:
            self._judges = Judges()
        return self._judges

    @property
    def folder(self) -> Path:
        """A private folder, removed however this process ends."""
        return Path(self.judges.folder)

    def sandbox(self, **settings: Any) -> Sandbox:
        """The sandbox that stands, made anew when it has ended or other settings are asked for.

        Takes what :class:`grading.sandbox.bubblewrap.Sandbox` takes, but for the folder. A sandbox
        whose data files were changed is made anew too.
        """
        if self._sandbox is None or not self._sandbox.serves(settings):
            self._end_sandbox()
            self._sandbox = Sandbox(self.folder, **settings)
        return self._sandbox

    def problem(self, data: str = "") -> str | None:
        """Why student code cannot be sealed here; None if it can. Tried once, with a real kernel.

        Parameters
        ----------
        data : str
            Folder of the released data files.
        """
        if self._tried is None:
            self._tried = (trial.problem({"bench": self, "data": data}),)
        return self._tried[0]

    def close(self) -> None:
        """End the processes, and remove every file. What is asked for later is made anew."""
        self._end_sandbox()
        if self._judges is not None:
            self._judges.close()
            self._judges = None

    def _end_sandbox(self) -> None:
        if self._sandbox is not None:
            self._sandbox.close()
            self._sandbox = None
