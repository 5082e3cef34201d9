"""What a lecture leaves to its readers: checks that help, and cells on which nothing else rests.

Where nbval runs a lecture, the conftest of the repository tries the folded answers, too.
"""

import symtable
from collections.abc import Iterator

import numpy as np
import pytest
from lecturekit.your_turn import check

from tests.support.lectures import COURSE, NOTEBOOKS, code_cells, is_your_turn
from tests.support.notebooks import read_notebook


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


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: str(path.relative_to(COURSE)))
def test_a_lecture_goes_on_alike_for_those_who_fill_in_and_those_who_read_on(path):
    filled_in = set()
    for cell in code_cells(read_notebook(path)):
        scopes = list(scopes_of(symtable.symtable(cell.source, "cell", "exec")))
        assigned = {s.get_name() for s in scopes[0].get_symbols() if s.is_assigned()}
        if is_your_turn(cell):
            filled_in |= assigned
            continue
        filled_in -= assigned
        for scope in scopes:
            for symbol in scope.get_symbols():
                its_own = scope.get_type() != "module" and not symbol.is_global()
                assert its_own or symbol.get_name() not in filled_in, cell.id


def scopes_of(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    """A cell's own names, and those of its functions."""
    yield table
    for child in table.get_children():
        yield from scopes_of(child)
