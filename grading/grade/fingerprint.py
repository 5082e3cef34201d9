"""Hashes by which a run knows what has changed since the last one."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import cache
from importlib import metadata
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

KERNEL = "ipykernel"  # in which student code runs, with all that it brings
STEPS = ("nbgrader", "nbconvert", "nbformat")  # what handles a notebook on its way to a score


@cache
def engine(imports: tuple[str, ...]) -> str:
    """Of what can change a score besides the course: this package itself, Python, other packages.

    Parameters
    ----------
    imports : tuple of str
        Modules that kernels have from the start; what brings them counts, with all that it needs.
        Another package that somebody installs does not.
    """
    package = Path(__file__).parents[1]
    sources = {str(path.relative_to(package)): path.read_text() for path in package.rglob("*.py")}
    roots = {name for module in imports for name in _distributions(module.partition(".")[0])}
    versions = {name: metadata.version(name) for name in (*_needed({KERNEL, *roots}), *STEPS)}
    return of({"sources": sources, "versions": versions, "python": sys.version})


def _distributions(module: str) -> list[str]:
    """What brings a top-level module: nothing if it is not installed."""
    with suppress(metadata.PackageNotFoundError):
        return [metadata.distribution(module).name]
    return metadata.packages_distributions().get(module, [])  # reads every installed file's name


def _needed(roots: Iterable[str]) -> set[str]:
    """These distributions and those that they require, as far as they are installed."""
    found: set[str] = set()
    waiting = list(roots)
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        try:
            required = metadata.requires(name) or []
        except metadata.PackageNotFoundError:  # needed elsewhere, on another system
            continue
        found.add(name)
        for requirement in map(Requirement, required):
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                waiting.append(canonicalize_name(requirement.name))
    return found


def of(value: Any) -> str:
    """Of plain data, configuration or files: equal values have equal hashes."""
    text = json.dumps(value, sort_keys=True, default=_plain)
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return hashlib.sha256(value).hexdigest()
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, set | frozenset):
        return sorted(map(of, value))
    if isinstance(value, type):
        code = {name: part for name, part in vars(value).items() if isinstance(part, FunctionType)}
        return [f"{value.__module__}.{value.__qualname__}", code]
    if isinstance(value, FunctionType):
        return [value.__code__, value.__defaults__]
    if isinstance(value, CodeType):  # what it does, wherever its lines stand
        return [value.co_code.hex(), value.co_consts, value.co_names]
    return repr(value)
