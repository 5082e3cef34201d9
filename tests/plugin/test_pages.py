"""What students wrote is made into pages in bounded time."""

from __future__ import annotations

import base64
import struct
from collections.abc import Callable

import pytest
from nbconvert import HTMLExporter
from nbformat import v4
from traitlets.config import Config

from grading.grade.outputs import plain_output
from grading.plugin import pages
from grading.plugin.configure import configured


@pytest.fixture
def exporter() -> HTMLExporter:
    with configured(Config()) as config:
        return HTMLExporter(config=config)


def test_code_is_coloured_as_far_as_there_is_room_and_always_shown(
    exporter: HTMLExporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    coloured: list[int] = []

    def colour(self: object, source: str, *others: object) -> str:
        coloured.append(len(source))
        return f"<pre>{source}</pre>"

    monkeypatch.setattr(pages.Highlight2HTML, "__call__", colour)
    sources = ["x = 1", "a." * 10_000, *(["y" * 5000] * 20), "<b>" * 1700]
    notebook = v4.new_notebook(cells=[v4.new_code_cell(source) for source in sources])
    for _ in range(2):  # each page has room of its own
        coloured.clear()
        page, _ = exporter.from_notebook_node(notebook)
        assert coloured == [5, *[5000] * 7]
        assert "a." * 10_000 in page
        assert "&lt;b&gt;" * 1700 in page


def test_brackets_take_no_time_of_their_own(exporter: HTMLExporter) -> None:
    looked = exporter.environment.filters["strip_files_prefix"]
    assert looked("[" * 1000 + "](files/x)") == "[" * 1000 + "](files/x)"


def test_an_output_with_too_much_for_a_terminal_is_shown_without_colours(
    exporter: HTMLExporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    coloured: list[int] = []
    monkeypatch.setattr(pages, "ansi2html", lambda text: coloured.append(len(text)) or text)
    outputs = [v4.new_output("stream", text=text) for text in ("short", "\x1b[1m<i>" * 15_000)]
    cell = v4.new_code_cell("x", outputs=outputs)
    page, _ = exporter.from_notebook_node(v4.new_notebook(cells=[cell]))
    assert coloured == [5]
    assert "[1m&lt;i&gt;" * 15_000 in page


def png(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", width, height)


def jpeg(width: int, height: int) -> bytes:
    frame = struct.pack(">BBHBHH", 0xFF, 0xC2, 17, 8, height, width)
    return b"\xff\xd8" + b"\xff\xe0\x00\x04ab" + frame + bytes(20)


@pytest.mark.parametrize(("mime", "make"), [("image/png", png), ("image/jpeg", jpeg)])
@pytest.mark.parametrize(
    ("size", "kept"),
    [((640, 480), True), ((30_000, 30_000), False), ((20_000, 1), False), ((0, 5), False)],
)
def test_pictures_are_kept_up_to_a_size(
    mime: str, make: Callable[[int, int], bytes], size: tuple[int, int], kept: bool
) -> None:
    data = {mime: base64.b64encode(make(*size)).decode(), "text/plain": "a figure"}
    output = plain_output("display_data", {"data": data})
    assert (mime in output.data) is kept
    assert output.data["text/plain"] == "a figure"


@pytest.mark.parametrize("content", [jpeg(5, 5)[:12], b"\xff\xd8\xff\x00\x00\x00" * 9])
def test_a_picture_that_does_not_state_its_size_is_dropped(content: bytes) -> None:
    data = {"image/jpeg": base64.b64encode(content).decode()}
    assert plain_output("display_data", {"data": data}) is None
