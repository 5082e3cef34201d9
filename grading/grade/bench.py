"""What stands ready in a process that grades: the judges, the sandbox, a scratch folder."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from traitlets.config import Config

from grading.files import Files, write_files
from grading.grade.settings import SealedExecute
from grading.judging.remote import Judges
from grading.sandbox import trial
from grading.sandbox.server import Asked, Server
from grading.sandbox.ways import TRIED, WAYS


class Bench:
    """A context manager that owns them; each is made when it is first needed.

    Parameters
    ----------
    config : Config, optional
        nbgrader's, with the settings of :class:`grading.grade.settings.SealedExecute` and
        :class:`grading.sandbox.provisioner.SealedProvisioner`.

    Attributes
    ----------
    data : str
        The folder of files that kernels find where they start; empty for none.
    tests : list of str
        The folders of hidden tests, in the order in which they are searched.
    """

    def __init__(self, config: Config | None = None) -> None:
        self.config = config or Config()
        self.data = ""
        self.tests: list[str] = []
        self._judges: Judges | None = None
        self._sandbox: Server | None = None
        self._way = self._problem = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @cached_property
    def settings(self) -> SealedExecute:
        """How student code is run."""
        return SealedExecute(config=self.config)

    def lay_out(self, data: Files, tests: Sequence[Files]) -> None:
        """Have an assignment's files in a folder of its own, for kernels and for judges.

        Raises
        ------
        OSError
            If they cannot be written.
        """
        root = self.folder / "course"
        root.mkdir(mode=0o700)  # kernels of another user may have to get through the folder
        self.data, self.tests = str(root / "data"), []
        write_files(root / "data", data)
        for number, files in enumerate(tests):
            self.tests.append(str(root / "tests" / str(number)))
            write_files(root / "tests" / str(number), files)

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

    def sandbox(self, seal: str, asked: Asked) -> Server:
        """The sandbox that stands, made anew when it has ended or something else is asked for.

        Parameters
        ----------
        seal : str
            One of :data:`grading.sandbox.ways.WAYS`, or the first that seems to work.
        asked : Asked
        """
        if seal == TRIED:
            works = (name for name, way in WAYS.items() if way.problem() is None)
            seal = self._way or next(works, next(iter(WAYS)))
        kind = WAYS[seal].sandbox
        if not isinstance(self._sandbox, kind) or not self._sandbox.serves(asked):
            self._end_sandbox()
            self._sandbox = kind(self.folder, asked)
        return self._sandbox

    def provisioner(self) -> dict[str, Any]:
        """Settings of kernels in this sandbox."""
        return {"bench": self, "data": self.data, "config": self.config}

    def problem(self) -> str | None:
        """Why student code cannot be sealed here; None if it can. A real kernel is tried, once."""
        if not self._way and not self._problem:
            try:
                self._way = trial.choose(self.provisioner())
            except trial.NoSeal as why:
                self._problem = str(why)
        return self._problem or None

    @property
    def way(self) -> str:
        """What seals student code: a key of ``WAYS``; empty before :meth:`problem` has tried."""
        return self._way

    @property
    def remark(self) -> str:
        """What is to be said of the seal at the start of a run; empty if there is nothing."""
        return WAYS[self._way].remark if self._way else ""

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
