"""What is handed in is read within bounds, or refused with a sentence."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import nbformat
import pytest
from hypothesis import given

from grading.handed_in.read import Refused, SubmissionReader
from tests.handed_in.test_arrange import NOTEBOOKS

READER = SubmissionReader(max_cells=30, max_cell_characters=500)


@given(NOTEBOOKS)
def test_any_json_is_a_valid_notebook_or_refused(content: Any) -> None:
    try:
        notebook = READER.parse(content, "p1.ipynb")
    except Refused as refused:
        assert str(refused).endswith(".")
        return
    nbformat.validate(notebook)
    assert len(notebook.cells) <= READER.max_cells
    for cell in notebook.cells:
        assert len(cell.source) <= READER.max_cell_characters
        assert set(cell.metadata) == {"answers"}
        assert not cell.get("outputs")
    nbformat.writes(notebook).encode()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "not valid JSON"),
        (b"\xff\xfe\xfd", "not valid JSON"),
        (b"[" * 100_000, "not valid JSON"),
        (b"[]", "no list of cells"),
        (b'{"worksheets": 1}', "no list of cells"),
        (json.dumps({"cells": [{}] * 31}).encode(), "more than 30 cells"),
        (json.dumps({"cells": [{"source": "x" * 501}]}).encode(), "longer than 500"),
        (b" " * (21 << 20), "larger than 20 MB"),
    ],
)
def test_what_is_no_notebook_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "p1.ipynb"
    path.write_bytes(content)
    with pytest.raises(Refused, match=words):
        READER.read(path)


def test_a_folder_is_not_a_notebook(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="is a folder"):
        READER.read(tmp_path)


def test_sources_arrive_with_plain_line_ends() -> None:
    content = {"cells": [{"cell_type": "code", "source": ["a\r\n", "b\r", "c\n"]}]}
    assert READER.parse(content, "p1.ipynb").cells[0].source == "a\nb\nc\n"


def test_lone_surrogates_are_replaced() -> None:
    notebook = READER.parse(json.loads('{"cells": [{"source": "a\\ud800b"}]}'), "p1.ipynb")
    assert notebook.cells[0].source == "a?b"


def make_folder(root: Path) -> Path:
    folder = root / "student" / "ps1"
    folder.mkdir(parents=True)
    (folder / "p1.ipynb").write_text("{}")
    (folder / "data").mkdir()
    (folder / "data" / "numbers.txt").write_text("1")
    return folder


def test_an_ordinary_folder_passes(tmp_path: Path) -> None:
    SubmissionReader().check_folder(make_folder(tmp_path))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: path.symlink_to("/etc/hostname"), "symbolic link"),
        (lambda path: path.symlink_to("nowhere"), "symbolic link"),
        (lambda path: path.symlink_to("."), "symbolic link"),
        (lambda path: os.mkfifo(path), "special file"),
        (lambda path: path.hardlink_to(path.parents[1] / "p1.ipynb"), "hard link"),
        (lambda path: os.truncate(os.open(path, os.O_CREAT | os.O_WRONLY), 300 << 20), "200 MB"),
    ],
)
def test_links_special_and_oversized_files_are_refused(
    tmp_path: Path, make: Any, words: str
) -> None:
    folder = make_folder(tmp_path)
    make(folder / "data" / "odd")
    with pytest.raises(Refused, match=words):
        SubmissionReader().check_folder(folder)


def test_too_many_files_are_refused(tmp_path: Path) -> None:
    folder = make_folder(tmp_path)
    for number in range(10):
        (folder / str(number)).touch()
    with pytest.raises(Refused, match="more than 5 files"):
        SubmissionReader(max_files=5).check_folder(folder)


def test_a_linked_student_is_refused(tmp_path: Path) -> None:
    make_folder(tmp_path)
    (tmp_path / "other").symlink_to(tmp_path / "student")
    with pytest.raises(Refused, match="not an ordinary folder"):
        SubmissionReader().check_folder(tmp_path / "other" / "ps1")


def test_all_cells_together_have_a_bound() -> None:
    reader = SubmissionReader(max_characters=1000)
    cells = [{"cell_type": "code", "source": "x" * 100}] * 10
    reader.parse({"cells": cells}, "p1.ipynb")
    with pytest.raises(Refused, match="hold more than 1000 characters"):
        reader.parse({"cells": [*cells, {"source": "x"}]}, "p1.ipynb")
