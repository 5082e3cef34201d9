"""Hashes by which a run knows what has changed since the last one."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Mapping
from functools import cache
from importlib import metadata
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any


@cache
def engine() -> str:
    """Of this package's own files, of Python, and of every installed package's version."""
    package = Path(__file__).parents[1]
    sources = {str(path.relative_to(package)): path.read_text() for path in package.rglob("*.py")}
    versions = {found.name: found.version for found in metadata.distributions()}
    return of({"sources": sources, "versions": versions, "python": sys.version})


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
