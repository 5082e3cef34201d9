"""Which file is graded as which notebook, by what it holds."""

from __future__ import annotations

import copy
import io
import json
import time
import zipfile
from pathlib import Path

import nbformat
import pytest
from nbformat.notebooknode import NotebookNode

from grading.handed_in.read import SubmissionReader
from grading.handed_in.whose import HandedIn, Releases

READER = SubmissionReader()
FUNCTIONS = {
    "1_norm": ("norm_forward", "norm_backward"),
    "2_softmax": ("softmax", "cross_entropy"),
    "3_adam": ("momentum", "adam"),
}


def release(*functions: str) -> NotebookNode:
    """A notebook with the same set-up as any other, and a stub for each function."""
    cells = [cell("import numpy as np", "setup")]
    for name in functions:
        stub = f"def {name}(x):\n    raise NotImplementedError"
        cells += [
            cell(stub, name, solution=True),
            cell("# Graded, 5 points", f"{name}-graded", grade=True),
        ]
    return nbformat.v4.new_notebook(cells=cells)


def cell(source: str, name: str, **kind: bool) -> NotebookNode:
    nbgrader = {"grade": False, "solution": False, "locked": False, **kind, "grade_id": name}
    return nbformat.v4.new_code_cell(source, id=name, metadata={"nbgrader": nbgrader})


RELEASED = {name: release(*functions) for name, functions in FUNCTIONS.items()}
OURS = {name: RELEASED[name] for name in ("1_norm", "2_softmax")}
RELEASES = Releases({"ps3": OURS, "ps2": {"3_adam": RELEASED["3_adam"]}})


def written(notebook: str, answers: int = 2, names: bool = True) -> NotebookNode:
    """A notebook of which the first questions are answered; with or without its cells' names."""
    done = copy.deepcopy(RELEASED[notebook])
    for function in FUNCTIONS[notebook][:answers]:
        (stub,) = (cell for cell in done.cells if cell.id == function)
        stub.source = f"def {function}(x):\n    return {len(function)} * x"
    if not names:
        for number, each in enumerate(done.cells):
            each.id, each.metadata = f"c{number}", NotebookNode()
    return done


def hand_in(folder: Path, files: dict[str, NotebookNode | bytes]) -> list[HandedIn]:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        is_bytes = isinstance(content, bytes)
        path.write_bytes(content if is_bytes else nbformat.writes(content).encode())
    return READER.read_folder(folder)


def zipped(files: dict[str, NotebookNode | bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", method) as writing:
        for name, content in files.items():
            writing.writestr(
                name, content if isinstance(content, bytes) else nbformat.writes(content)
            )
    return archive.getvalue()


def encrypted(archive: bytes) -> bytes:
    """The same zip, said to be encrypted in both places where that is said."""
    changed = bytearray(archive)
    changed[6] |= 1
    changed[archive.index(b"PK\x01\x02") + 8] |= 1
    return bytes(changed)


BOTH = {"1_norm.ipynb": written("1_norm"), "2_softmax.ipynb": written("2_softmax")}
BLANK = RELEASED["1_norm"]


@pytest.mark.parametrize(
    ("files", "graded", "remark"),
    [
        (BOTH, {"1_norm": "1_norm.ipynb", "2_softmax": "2_softmax.ipynb"}, None),
        (
            {"1_norm.ipynb": BLANK, "1_norm-Copy1.ipynb": written("1_norm")},
            {"1_norm": "1_norm-Copy1.ipynb"},
            "1_norm.ipynb is 1_norm.ipynb too, with 0 of 2 answered, and is not graded: "
            "1_norm-Copy1.ipynb has 2.",
        ),
        (
            {"1_norm (1).ipynb": BLANK, "1_norm (2).ipynb": written("1_norm", 1)},
            {"1_norm": "1_norm (2).ipynb"},
            "1_norm (2).ipynb is graded as 1_norm.ipynb.",
        ),
        (
            {"1_norm (1).ipynb": written("1_norm"), "1_norm (2).ipynb": BLANK},
            {"1_norm": "1_norm (1).ipynb"},
            "1_norm (1).ipynb is graded as 1_norm.ipynb.",
        ),
        (
            {"1_norm (2).ipynb": written("1_norm"), "1_norm (10).ipynb": written("1_norm")},
            {"1_norm": "1_norm (10).ipynb"},
            "1_norm (10).ipynb is graded as 1_norm.ipynb.",
        ),
        (
            {"1_norm-Copy1.ipynb": written("1_norm"), "1_norm.ipynb": written("1_norm")},
            {"1_norm": "1_norm.ipynb"},
            None,
        ),
        (
            {"norm.ipynb": written("1_norm"), "softmax.ipynb": written("2_softmax")},
            {"1_norm": "norm.ipynb", "2_softmax": "softmax.ipynb"},
            "norm.ipynb is graded as 1_norm.ipynb.",
        ),
        (
            {"1_norm.ipynb": written("2_softmax"), "2_softmax.ipynb": written("1_norm")},
            {"1_norm": "2_softmax.ipynb", "2_softmax": "1_norm.ipynb"},
            "2_softmax.ipynb is graded as 1_norm.ipynb.",
        ),
        (
            {"final.ipynb": written("2_softmax", names=False)},
            {"2_softmax": "final.ipynb"},
            "final.ipynb is graded as 2_softmax.ipynb.",
        ),
        (
            {"1_norm.ipynb": written("3_adam")},
            {},
            "1_norm.ipynb is 3_adam.ipynb of ps2 and is not graded here.",
        ),
        (
            {"lab.ipynb": nbformat.v4.new_notebook(cells=[cell("import numpy as np", "setup")])},
            {},
            "lab.ipynb is a notebook, but none of this course, and is not graded.",
        ),
        (
            {"1_norm.ipynb": nbformat.v4.new_notebook()},
            {"1_norm": "1_norm.ipynb"},
            None,
        ),
        (
            {"1_norm.ipynb.txt": written("1_norm"), "softmax.json": written("2_softmax")},
            {"1_norm": "1_norm.ipynb.txt", "2_softmax": "softmax.json"},
            "1_norm.ipynb.txt is graded as 1_norm.ipynb.",
        ),
        (
            {"1_norm.IPYNB": written("1_norm"), "ps3/2_softmax.ipynb": written("2_softmax")},
            {"1_norm": "1_norm.IPYNB", "2_softmax": "ps3/2_softmax.ipynb"},
            "ps3/2_softmax.ipynb is graded as 2_softmax.ipynb.",
        ),
        (
            {"all.zip": zipped({f"ps3/{name}": file for name, file in BOTH.items()})},
            {
                "1_norm": "all.zip/ps3/1_norm.ipynb",
                "2_softmax": "all.zip/ps3/2_softmax.ipynb",
            },
            "all.zip/ps3/1_norm.ipynb is graded as 1_norm.ipynb.",
        ),
        (
            {
                "1_norm.ipynb": BLANK,
                "._1_norm.ipynb": b"\0\5\x16\7",
                "__MACOSX/._x.ipynb": b"\0",
                ".ipynb_checkpoints/1_norm-checkpoint.ipynb": written("1_norm"),
            },
            {"1_norm": "1_norm.ipynb"},
            None,
        ),
        (
            {".ipynb_checkpoints/1_norm-checkpoint.ipynb": written("1_norm")},
            {"1_norm": ".ipynb_checkpoints/1_norm-checkpoint.ipynb"},
            ".ipynb_checkpoints/1_norm-checkpoint.ipynb is graded as 1_norm.ipynb.",
        ),
        ({"notes.pdf": b"%PDF"}, {}, "was handed in and is no notebook: notes.pdf."),
        (
            {"a\x1b[2J\n.pdf": b"%PDF"},
            {},
            r"was handed in and is no notebook: a\x1b[2J\n.pdf.",
        ),
    ],
)
def test_the_file_that_holds_the_work_is_graded(
    tmp_path: Path, files: dict[str, NotebookNode | bytes], graded: dict[str, str], remark: str
) -> None:
    decision = RELEASES.assign("ps3", hand_in(tmp_path, files))
    assert {name: file.name for name, file in decision.files.items()} == graded
    if remark is not None:
        assert remark in decision.remarks
    elif "1_norm-Copy1.ipynb" not in files:
        assert decision.remarks == []


def test_some_of_another_assignments_answers_do_not_make_it_that_assignments(
    tmp_path: Path,
) -> None:
    mixed = written("1_norm", 1)
    mixed.cells = mixed.cells[:3] + written("3_adam").cells[1:4]
    decision = RELEASES.assign("ps3", hand_in(tmp_path, {"1_norm.ipynb": mixed}))
    assert list(decision.files) == ["1_norm"]


def test_a_notebook_that_cannot_be_read_is_named_and_another_is_taken_for_it(
    tmp_path: Path,
) -> None:
    alone = RELEASES.assign("ps3", hand_in(tmp_path, {"1_norm.ipynb": b"{"}))
    problem = "1_norm.ipynb is not a notebook: it is not valid JSON."
    assert alone.files["1_norm"].problem == problem
    files = {"1_norm.ipynb": b"{", "again.ipynb": written("1_norm")}
    decision = RELEASES.assign("ps3", hand_in(tmp_path, files))
    assert decision.files["1_norm"].name == "again.ipynb"
    assert problem in decision.remarks


@pytest.mark.parametrize(
    ("archive", "problem"),
    [
        (encrypted(zipped({"1_norm.ipynb": BLANK})), "is encrypted"),
        (zipped({"1_norm.ipynb": BLANK})[:-30], "is damaged"),
        (zipped({str(number): b"" for number in range(1001)}), "more than 1000 files"),
        (zipped({"a": b"{}"}, zipfile.ZIP_LZMA), "in a way that is not read"),
    ],
)
def test_a_zip_that_is_not_read_is_named(tmp_path: Path, archive: bytes, problem: str) -> None:
    decision = RELEASES.assign("ps3", hand_in(tmp_path, {"work.zip": archive}))
    assert not decision.files
    assert any(problem in remark and "work.zip" in remark for remark in decision.remarks)


def test_where_a_zip_says_that_its_files_belong_does_not_matter(tmp_path: Path) -> None:
    folder = tmp_path / "submission"
    archive = zipped(
        {"../../1_norm.ipynb": written("1_norm"), "/etc/x.ipynb": written("2_softmax")}
    )
    decision = RELEASES.assign("ps3", hand_in(folder, {"work.zip": archive}))
    assert set(decision.files) == {"1_norm", "2_softmax"}
    assert [path.name for path in tmp_path.rglob("*")] == ["submission", "work.zip"]


@pytest.mark.slow
def test_a_zip_of_much_more_than_it_seems_is_not_read(tmp_path: Path) -> None:
    archive = zipped({"a": bytes(150 << 20), "b": bytes(60 << 20)})
    decision = RELEASES.assign("ps3", hand_in(tmp_path, {"work.zip": archive}))
    assert any("holds too much" in remark for remark in decision.remarks)


@pytest.mark.slow
def test_many_stray_notebooks_are_read_in_seconds(tmp_path: Path) -> None:
    empty = json.dumps({"cells": [{}] * 1000}).encode()
    files = {f"{number}.ipynb": empty for number in range(150)}
    handed_in = hand_in(tmp_path, files)
    start = time.process_time()
    READER.read_folder(tmp_path)
    RELEASES.assign("ps3", handed_in)
    assert time.process_time() - start < 10
    assert sum(file.notebook is not None for file in handed_in) == 100
