"""What a judge and the grader say to each other, over a socket, in frames of bytes.

A message is one frame of JSON, then the raw buffers that the JSON counts.

================  ====================================================================
grader → judge    ``grade`` (source, points), ``replies`` (one for each question)
judge → grader    ``pid``; ``ask`` (questions), ``verdict`` (score, displays, fault)
================  ====================================================================
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from multiprocessing.connection import Connection
from typing import Any

from grading.boundary.outcome import Reply


def send(connection: Connection, message: dict[str, Any], buffers: Sequence[bytes] = ()) -> None:
    """Write one message and its buffers."""
    text = json.dumps({**message, "frames": len(buffers)})
    connection.send_bytes(text.encode())
    for buffer in buffers:
        connection.send_bytes(buffer)


def receive(connection: Connection) -> tuple[dict[str, Any], list[bytes]]:
    """Read one message and its buffers; EOFError when the other side has ended."""
    message = json.loads(connection.recv_bytes())
    return message, [connection.recv_bytes() for _ in range(message["frames"])]


def send_replies(connection: Connection, replies: Iterable[Reply]) -> None:
    """Write the replies to a set of questions."""
    told, buffers = [], []
    for reply in replies:
        told.append({"value": reply.value, "failed": reply.failed, "buffers": len(reply.buffers)})
        buffers += reply.buffers
    send(connection, {"op": "replies", "replies": told}, buffers)


def receive_replies(connection: Connection) -> list[Reply]:
    """Read the replies to a set of questions."""
    message, buffers = receive(connection)
    replies = []
    for told in message["replies"]:
        own, buffers = buffers[: told["buffers"]], buffers[told["buffers"] :]
        replies.append(Reply(told["value"], told["failed"], own))
    return replies
