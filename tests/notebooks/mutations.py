"""A notebook's file, spoilt at random places: in its JSON, and in its bytes."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable
from typing import Any

Change = Callable[[Any, Any, random.Random], None]  # of what stands under a key, or at a place

VALUES: list[Any] = [
    None, True, 0, -1, 4.5, 2**70, float("nan"), float("inf"),
    "", "code", "\x1b[31mred\x00", "\ud800", "x" * 20_000, "é\u202e" * 40,
    [], [None], [[]], ["", 1], {}, {"": None}, {"nbgrader": {"grade": True}},
    {"text/html": ["<script>1</script>"]}, {"name": "stdout", "output_type": "stream"},
]  # fmt: skip


def deep(levels: int = 3000) -> str:
    """JSON that is nested deeper than anybody reads."""
    return "[" * levels + "]" * levels


def replace(parent: Any, key: Any, draw: random.Random) -> None:
    parent[key] = copy.deepcopy(draw.choice(VALUES))


def delete(parent: Any, key: Any, draw: random.Random) -> None:
    del parent[key]


def rename(parent: Any, key: Any, draw: random.Random) -> None:
    if isinstance(parent, dict):
        parent[draw.choice(["", "id", "metadata", "source", f"{key} "])] = parent.pop(key)
    else:
        parent.insert(draw.randint(0, len(parent)), parent.pop(key))


def double(parent: Any, key: Any, draw: random.Random) -> None:
    if isinstance(parent, list):
        parent[key:key] = [copy.deepcopy(parent[key]) for _ in range(draw.choice([1, 2, 50]))]
    else:
        parent[f"{key}2"] = copy.deepcopy(parent[key])


def wrap(parent: Any, key: Any, draw: random.Random) -> None:
    parent[key] = draw.choice([[parent[key]], {"source": parent[key]}, str(parent[key])])


def _places(value: Any) -> list[tuple[Any, Any]]:
    keys = list(value) if isinstance(value, dict) else range(len(value))
    inner = [(value, key) for key in keys]
    return inner + [
        place
        for key in keys
        if isinstance(value[key], dict | list)
        for place in _places(value[key])
    ]


def in_json(saved: dict[str, Any], draw: random.Random) -> bytes:
    """The file after some changes of what is in it."""
    saved = copy.deepcopy(saved)
    for _ in range(draw.choice([1, 1, 1, 2, 3, 8])):
        if places := _places(saved):
            change = draw.choice([replace, replace, replace, delete, delete, rename, double, wrap])
            change(*draw.choice(places), draw)
    text = json.dumps(saved, indent=1)
    if draw.random() < 0.03:
        text = text.replace('"metadata": {}', f'"metadata": {{"deep": {deep()}}}', 1)
    return text.encode()


def in_bytes(file: bytes, draw: random.Random) -> bytes:
    """The file after a change that knows nothing of JSON."""
    at, to = sorted(draw.randrange(len(file)) for _ in range(2))
    return draw.choice(
        [
            file[:at],
            file[:at] + file[to:],
            file[:at] + file[at:to] * 2 + file[to:],
            file[:at] + draw.randbytes(draw.choice([1, 4, 400])) + file[at:],
            file + draw.choice([b"\n}", b"\0" * 100, file, b"<<<<<<< HEAD\n"]),
            draw.choice([b"\xef\xbb\xbf", b"\xff\xfe", b"\n" * 5000, b"[", b"null"]) + file,
            file.decode().encode(draw.choice(["utf-16", "utf-32", "utf-7"])),
            file.replace(b"\n", b"\r\n"),
            draw.choice([b"", b"{}", b"[]", b"null", b"0", deep().encode(), b"\x1f\x8b\x08"]),
        ]
    )


def mutated(saved: dict[str, Any], draw: random.Random) -> bytes:
    """The file of a notebook after a mutation."""
    if draw.random() < 0.75:
        return in_json(saved, draw)
    return in_bytes(json.dumps(saved, indent=1).encode(), draw)
