"""The files of an assignment's hidden tests: what graded cells import, and what that imports.

Nothing is run: imports are read from the source, however deep in a function they stand.
"""

from __future__ import annotations

import ast
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from grading.files import Files, read_files

ENGINE = __name__.partition(".")[0]  # every machine has its own


def hidden_tests(sources: Iterable[str], folders: Sequence[Path]) -> list[Files]:
    """Take the hidden tests from the folders of the judge's import path.

    Parameters
    ----------
    sources : iterable of str
        Python of the graded cells.
    folders : sequence of Path

    Returns
    -------
    list of Files
        For each folder, in order, the modules and packages that the sources import, and those that
        these import in turn.
    """
    found: list[Files] = [{} for _ in folders]
    known: set[str] = {ENGINE}
    waiting = set().union(*map(imported, sources)) - known
    while waiting:
        module = waiting.pop()
        known.add(module)
        for folder, files in zip(folders, found, strict=True):
            new = _module(folder, module)
            files |= new
            for name, (_, content) in new.items():
                if name.endswith(".py"):
                    waiting |= imported(content.decode(errors="replace")) - known
            if new:
                break  # as Python does
    return found


def imported(source: str) -> set[str]:
    """Top-level modules that a piece of Python imports, by a statement or by ``import_module``."""
    try:
        tree = ast.parse(source)
    except SyntaxError:  # a written answer, or the author's own fault
        return set()
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = ast.unparse(node.func).rpartition(".")[2]
            if called in ("import_module", "__import__"):
                names.add(str(node.args[0].value))
    return {name.partition(".")[0] for name in names}


def _module(folder: Path, module: str) -> Files:
    """The files of a package or module, if the folder holds it."""
    package, file = folder / module, folder / f"{module}.py"
    if package.is_dir():
        return {
            os.path.join(module, name): content
            for name, content in read_files(package).items()
            if "__pycache__" not in Path(name).parts
        }
    if file.is_file():
        return {file.name: (file.stat().st_mode & 0o777, file.read_bytes())}
    return {}
