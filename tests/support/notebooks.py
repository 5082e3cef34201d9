"""Notebooks of the repository, each read once."""

from functools import cache
from pathlib import Path

import nbformat


@cache
def read_notebook(path: Path) -> nbformat.NotebookNode:
    """A notebook to look at: who changes it copies it first."""
    return nbformat.read(path, as_version=nbformat.NO_CONVERT)
