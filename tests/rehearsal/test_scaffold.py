"""The scaffold writes questions that nbgrader accepts, and overwrites nothing.

``test_new_task.py`` follows the page that calls it.
"""

import json

import nbformat
import pytest

from grading.marking.catalogue import find
from grading.rehearsal import scaffold


@pytest.fixture
def notebook() -> dict:
    """A notebook with the questions of a notebook of the course."""
    made = scaffold.empty("Softmax")
    scaffold.complete(made, (find("softmax"), find("predict")))
    return made


def test_the_scaffold_adds_only_what_is_missing(notebook):
    ids = [cell["id"] for cell in notebook["cells"]]
    notebook["cells"][2]["source"] = ["Written by hand."]
    wanted = (find("softmax"), find("predict"), find("one_hot"))
    assert scaffold.complete(notebook, wanted) == ["one_hot"]
    assert [cell["id"] for cell in notebook["cells"]][: len(ids)] == ids
    assert notebook["cells"][2]["source"] == ["Written by hand."]
    assert notebook["cells"][-4]["source"][0].startswith("## 3. ")
    assert scaffold.complete(notebook, wanted) == []


def test_the_scaffold_writes_a_valid_notebook(notebook):
    nbformat.validate(nbformat.from_dict(notebook))


def test_the_scaffold_finds_a_notebook_by_its_name_without_the_number(notebook, tmp_path, capsys):
    (tmp_path / "2_not_softmax.ipynb").write_text("")
    path = tmp_path / "3_softmax.ipynb"
    path.write_text(json.dumps(notebook))
    assert scaffold.main(["softmax", str(tmp_path)]) == 0
    assert capsys.readouterr().out.startswith(f"{path}: added one_hot")


def test_the_scaffold_says_which_tasks_there_are(tmp_path, capsys):
    assert scaffold.main(["no_such_notebook", str(tmp_path)]) == 1
    assert (
        "no grader_tests/tasks/no_such_notebook.py; there are batch_norm" in capsys.readouterr().err
    )
    assert list(tmp_path.iterdir()) == []
