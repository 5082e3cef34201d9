"""What is kept of a kernel's messages in a notebook: text and pictures, checked."""

from __future__ import annotations

import base64
import json
import struct
from typing import Any

from nbformat.notebooknode import NotebookNode

MIN_MESSAGE = 200  # characters that a message counts for, however short it is
MOST_POINTS = 25_000_000  # of a picture: a small file can hold one that fills a browser's memory
LONGEST_SIDE = 10_000  # in points
IMAGES = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff"}


class Outputs:
    """Takes a notebook's messages and keeps what there is room for.

    Parameters
    ----------
    room : int
        Characters of output to keep of the whole notebook.
    """

    def __init__(self, room: int) -> None:
        self._most = self._left = room

    def take(self, cell: NotebookNode, message: dict[str, Any]) -> None:
        """Add a message to a cell's outputs, or drop it."""
        kind, content = message["msg_type"], message["content"]
        if kind == "execute_input":
            count = content["execution_count"]
            cell.execution_count = count if type(count) is int and 0 <= count < 1 << 31 else None
            return
        shown = plain_output(kind, content) if self._left > 0 else None
        if shown is None:
            return
        self._left -= max(MIN_MESSAGE, len(json.dumps(shown)))
        if self._left > 0:
            cell.outputs.append(shown)
        else:
            text = f"Output beyond {self._most:,} characters in this notebook was dropped.\n"
            cell.outputs.append(note(text))


def output(kind: str, **fields: Any) -> NotebookNode:
    """An output; nbformat's own makers validate each, which takes as long as to run most cells."""
    if "data" in fields:
        fields = {"metadata": NotebookNode(), "data": NotebookNode(fields.pop("data")), **fields}
    return NotebookNode(output_type=kind, **fields)


def note(text: str) -> NotebookNode:
    """An output of plain text."""
    return output("stream", name="stdout", text=text)


def error(name: str, text: str) -> NotebookNode:
    """An output that says that something went wrong."""
    return output("error", ename=name, evalue=text, traceback=[text])


def plain_output(kind: str, content: dict[str, Any]) -> NotebookNode | None:
    """Text and pictures of a message, checked; None for everything else."""
    if kind == "stream":
        name = "stderr" if content.get("name") == "stderr" else "stdout"
        return output("stream", name=name, text=_text(content.get("text", "")))
    if kind == "error":
        texts = [_text(content.get(key, "")) for key in ("ename", "evalue")]
        traceback = [_text(line) for line in content.get("traceback") or []]
        return output("error", ename=texts[0], evalue=texts[1], traceback=traceback or texts[:1])
    if kind in ("display_data", "execute_result"):
        sent = content.get("data")
        data = {} if not isinstance(sent, dict) else _plain_data(sent)
        return output("display_data", data=data) if data else None
    return None


def _text(value: Any) -> str:
    return str(value).encode(errors="replace").decode()  # lone surrogates cannot be written


def _plain_data(sent: dict[str, Any]) -> dict[str, str]:
    data = {}
    if isinstance(sent.get("text/plain"), str):
        data["text/plain"] = _text(sent["text/plain"])
    for mime, magic in IMAGES.items():
        try:
            picture = base64.b64decode(sent[mime].replace("\n", ""), validate=True)
        except (KeyError, AttributeError, ValueError):
            continue
        if picture.startswith(magic) and _fits(*_size(picture)):
            data[mime] = base64.b64encode(picture).decode()
    return data


def _fits(width: int, height: int) -> bool:
    return max(width, height) <= LONGEST_SIDE and 0 < width * height <= MOST_POINTS


def _size(picture: bytes) -> tuple[int, int]:
    """Width and height that a PNG or JPEG states; 0 if it does not."""
    try:
        if picture.startswith(IMAGES["image/png"]):
            return struct.unpack_from(">II", picture, 16)
        at = 2
        while True:  # from segment to segment, to the first that begins a frame
            mark, kind, length, height, width = struct.unpack_from(">BBHxHH", picture, at)
            if mark != 0xFF or length < 2:
                return 0, 0
            if 0xC0 <= kind <= 0xCF and kind not in (0xC4, 0xC8, 0xCC):
                return width, height
            at += 2 + length
    except struct.error:
        return 0, 0
