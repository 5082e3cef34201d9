"""What ends a command before its work is done."""

from __future__ import annotations


class Stop(Exception):
    """A command cannot begin or go on; the text says why and what to do."""
