"""A worker gets all that hidden tests import, and nothing else of the folders they lie in."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from grading.plugin.closure import hidden_tests, imported


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of hidden tests, with much else in it."""
    files = {
        "little_tests.py": "import numpy\nimport helpers\nfrom shared.parts import part\n",
        "helpers.py": "import json\n\n\ndef late():\n    import deep\n",
        "deep.py": "from importlib import import_module\n\nimport_module('found_by_name')\n",
        "found_by_name.py": "import little_tests  # in a circle\n",
        "shared/__init__.py": "",
        "shared/parts.py": "from . import other\nfrom .other import part\nimport beside\n",
        "shared/other.py": "part = 1\n",
        "shared/table.csv": "1,2\n",
        "shared/__pycache__/parts.pyc": "",
        "beside.py": "",
        "unrelated.py": "",
        "grading/__init__.py": "",
        "notes/__init__.py": "",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def test_what_graded_cells_import_and_what_that_imports(folder):
    (files,) = hidden_tests(["from little_tests import grade\ngrade('x')"], [folder])
    assert set(files) == {
        "little_tests.py",
        "helpers.py",
        "deep.py",
        "found_by_name.py",
        "shared/__init__.py",
        "shared/parts.py",
        "shared/other.py",
        "shared/table.csv",
        "beside.py",
    }


def test_it_is_enough_to_run_them(folder, tmp_path_factory):
    (files,) = hidden_tests(["import little_tests"], [folder])
    copy = tmp_path_factory.mktemp("worker")
    for name, (_, content) in files.items():
        (copy / name).parent.mkdir(exist_ok=True)
        (copy / name).write_bytes(content)
    program = "import helpers, little_tests; helpers.late()"
    subprocess.run([sys.executable, "-c", program], cwd=copy, check=True)


def test_the_first_folder_that_has_a_module_counts(folder, tmp_path_factory):
    second = tmp_path_factory.mktemp("second")
    (second / "helpers.py").write_text("another")
    (second / "more.py").write_text("import beside")
    files, more = hidden_tests(["import helpers, more"], [folder, second])
    assert files.keys() == {"helpers.py", "deep.py", "found_by_name.py", "beside.py"} | {
        name for name in files if name.startswith(("little", "shared"))
    }
    assert more.keys() == {"more.py"}


def test_the_engine_is_not_sent(folder):
    assert hidden_tests(["from grading.marking import Task"], [folder]) == [{}]


def test_written_answers_and_faulty_cells_import_nothing():
    assert imported("An essay, not Python.") == set()
    assert imported("from . import here") == set()
