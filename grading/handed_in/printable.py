"""Names that other people chose, as they may be shown on a terminal, in a page or in a table."""

from __future__ import annotations

import re

FORMULA = re.compile(r"[=+\-@]")  # what a spreadsheet computes: OWASP, "CSV Injection"


def printable(text: str, keep: str = "") -> str:
    r"""Write whatever is no printable character as an escape sequence, such as ``\x1b``.

    Parameters
    ----------
    text : str
        It may have come from a file system, and hold bytes that are no text.
    keep : str
        Characters to leave as they are, such as ``"\n"``.

    Examples
    --------
    >>> print(printable("a\x1b[31m"))
    a\x1b[31m
    """
    return "".join(c if c.isprintable() or c in keep else ascii(c)[1:-1] for c in text)


def line(text: str | None) -> str:
    """Text on one line, and none that a spreadsheet computes."""
    shown = " ".join("".join(c if c.isprintable() else " " for c in text or "").split())
    return f"'{shown}" if FORMULA.match(shown) else shown
