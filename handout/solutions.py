"""Worked notebooks of a module, to hand out after the deadline: ``make solutions MODULE=…``.

They are the sources without hidden tests and without what only grading needs, run from top to
bottom, so that figures are there too.
"""

import re
import shutil
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat.notebooknode import NotebookNode

MARKER = re.compile(r"^ *### (?:BEGIN|END) SOLUTION\n?", re.MULTILINE)
TIMEOUT = 600  # seconds for a cell


def worked(source: NotebookNode) -> NotebookNode:
    """Return a source notebook as students may have it: solved, without what is graded."""
    notebook = nbformat.from_dict(source)
    given = (cell for cell in notebook.cells if not cell.metadata.get("nbgrader", {}).get("grade"))
    notebook.cells = list(given)
    for cell in notebook.cells:
        cell.metadata.pop("nbgrader", None)
        cell.source = MARKER.sub("", cell.source).rstrip("\n")
    return notebook


def write(module: Path, folder: Path) -> None:
    """Write a module's worked notebooks to a folder, with what lies beside them, and run them."""
    leftovers = shutil.ignore_patterns("*.ipynb", "__pycache__", ".*")
    shutil.copytree(module, folder, ignore=leftovers, dirs_exist_ok=True)
    for path in sorted(module.glob("*.ipynb")):
        notebook = worked(nbformat.read(path, as_version=4))
        run = NotebookClient(notebook, timeout=TIMEOUT, resources={"metadata": {"path": folder}})
        run.execute()
        nbformat.write(notebook, folder / path.name)
        print(f"Wrote {folder / path.name}.")


if __name__ == "__main__":
    sources = Path(__file__).resolve().parents[1] / "source"
    modules = {path.name: path for path in sorted(sources.iterdir()) if path.is_dir()}
    name = sys.argv[1]
    if name not in modules:
        raise SystemExit(f"There is no module {name!r}: name one of {', '.join(modules)}.")
    write(modules[name], Path("solutions", name))
