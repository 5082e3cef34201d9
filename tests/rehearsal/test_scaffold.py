"""The scaffold writes questions that nbgrader accepts, and overwrites nothing.

``test_new_task.py`` follows the page that calls it.
"""

import importlib
import json
from dataclasses import replace

import nbformat
import pytest

from grader_tests import catalogue
from grading.rehearsal import scaffold
from grading.stop import Stop

SOFTMAX, PREDICT, ONE_HOT = map(catalogue.find, ("softmax", "predict", "one_hot"))


@pytest.fixture
def notebook() -> dict:
    """A notebook with the questions of a notebook of the course."""
    made = scaffold.empty("Softmax", (SOFTMAX, PREDICT))
    scaffold.complete(made, (SOFTMAX, PREDICT), "grader_tests", "softmax")
    return made


def test_the_scaffold_adds_only_what_is_missing(notebook):
    ids = [cell["id"] for cell in notebook["cells"]]
    notebook["cells"][2]["source"] = ["Written by hand."]
    wanted = (SOFTMAX, PREDICT, ONE_HOT)
    assert scaffold.complete(notebook, wanted, "grader_tests", "softmax") == ["one_hot"]
    assert [cell["id"] for cell in notebook["cells"]][: len(ids)] == ids
    assert notebook["cells"][2]["source"] == ["Written by hand."]
    assert notebook["cells"][-4]["source"][0].startswith("## 3. ")
    assert scaffold.complete(notebook, wanted, "grader_tests", "softmax") == []


def test_the_scaffold_writes_a_valid_notebook(notebook):
    nbformat.validate(nbformat.from_dict(notebook))


def test_a_notebook_begins_with_the_imports_of_its_references(notebook):
    assert notebook["cells"][1]["source"] == ["import numpy as np"]


def test_a_graded_cell_asks_the_package_of_the_hidden_tests(notebook):
    scaffold.complete(notebook, (SOFTMAX, PREDICT, ONE_HOT), "secrets_of_softmax", "softmax")
    assert "from secrets_of_softmax import grade\n" in notebook["cells"][-1]["source"]


def test_a_numbered_notebook_gets_the_questions_of_its_name(tmp_path, capsys):
    assert scaffold.run(catalogue, "4_softmax", tmp_path) == 0
    made = nbformat.read(tmp_path / "4_softmax.ipynb", as_version=4)
    assert made.cells[0].source == "# Softmax"
    assert "added one_hot, softmax," in capsys.readouterr().out
    begun = (tmp_path / "checks" / "softmax.py").read_text()
    assert all(begun.count(f"\ndef {name}(trial") == 1 for name in ("one_hot", "softmax"))
    checks = next(cell for cell in made.cells if cell.id == "softmax-checks")
    assert checks.source == "from checks.softmax import check\n\ncheck(softmax)"


def test_the_scaffold_finds_a_notebook_by_its_name_without_the_number(notebook, tmp_path, capsys):
    (tmp_path / "2_not_softmax.ipynb").write_text("")
    path = tmp_path / "3_softmax.ipynb"
    path.write_text(json.dumps(notebook))
    assert scaffold.run(catalogue, "softmax", tmp_path) == 0
    assert capsys.readouterr().out.startswith(f"{path}: added one_hot")


def test_the_scaffold_says_which_notebooks_there_are(tmp_path):
    with pytest.raises(Stop, match="but not for 'no_such_notebook'"):
        scaffold.run(catalogue, "no_such_notebook", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_imports_of_names_are_written_too(monkeypatch, tmp_path):
    (tmp_path / "numbers_of.py").write_text(
        "from __future__ import annotations\nimport re\nfrom math import log\n"
        'def digits(n):\n    """Count."""\n    return log(n, 10)\n'
    )
    monkeypatch.syspath_prepend(tmp_path)
    digits = importlib.import_module("numbers_of").digits
    made = scaffold.empty("Numbers", (replace(SOFTMAX, reference=digits),))
    assert made["cells"][1]["source"] == ["import re\n", "from math import log"]
