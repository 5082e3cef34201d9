"""What a lecture leaves to its readers: checks that help, and answers that run and are right.

nbval runs the lectures as they are handed out; here they run with the answers filled in.
"""

import copy

import numpy as np
import pytest
from lecturekit.your_turn import check
from nbclient import NotebookClient

from tests.support.lectures import COURSE, NOTEBOOKS, code_cells, fill_in, is_your_turn
from tests.support.notebooks import read_notebook

INTERACTIVE = [p for p in NOTEBOOKS if any(map(is_your_turn, code_cells(read_notebook(p))))]


@pytest.mark.parametrize(
    "got, said",
    [
        (..., "x: not filled in yet.\nPut your code in place of the dots; run the cell again.\n"),
        (2.5, "x: right.\n"),
        (np.float64(2.5 + 1e-9), "x: right.\n"),
        (3, "x is 3.\nIt should be 2.5.\n"),
        (25, "x is 25.\nTen times too large.\n"),
        (np.nan, "x is nan.\nIt is not finite: look for a division by 0 or a logarithm of 0.\n"),
        ([2.5], "x has shape (1,).\nIt should have shape ().\n"),
        ("two", "x is a str.\nIt should be a number or an array of numbers.\n"),
    ],
)
def test_a_check_says_what_is_wrong_and_what_to_do(got, said, capsys):
    check("x", got, 2.5, {25: "Ten times too large."})
    assert capsys.readouterr().out == said


def test_a_check_of_an_array_names_the_first_wrong_entry(capsys):
    check("x", np.array([[1.0, 2.0], [4.0, 5.0]]), [[1, 2], [3, 4]])
    assert capsys.readouterr().out == "x[1, 0] is 4.\nIt should be 3.\n"


def test_a_check_of_a_choice_does_not_tell_the_right_one(capsys):
    check("choice", "a", "b")
    check("choice", "b", "b")
    assert (
        capsys.readouterr().out
        == "choice is 'a', and that is not it.\nThink again.\nchoice: right.\n"
    )


@pytest.fixture(params=INTERACTIVE, ids=lambda path: str(path.relative_to(COURSE)))
def executed(request):
    """The cells to fill in, after a run of their lecture with the answers in them."""
    notebook = copy.deepcopy(read_notebook(request.param))
    filled = fill_in(notebook)
    folder = {"metadata": {"path": request.param.parent}}
    NotebookClient(notebook, timeout=120, resources=folder).execute()
    return [cell for cell in notebook.cells if cell.id in filled]


def test_with_its_answers_filled_in_a_lecture_runs_and_every_check_is_content(executed):
    for cell in executed:
        said = "".join(output.get("text", "") for output in cell.outputs).splitlines()
        checks = sum(line.startswith("check(") for line in cell.source.splitlines())
        assert len(said) == checks and all(line.endswith(": right.") for line in said), cell.id
