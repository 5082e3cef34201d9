"""Harmless edits of a notebook with right answers, each at a random place."""

from __future__ import annotations

import ast
import contextlib
import copy as copies
import io
import random
import re
import textwrap
from collections.abc import Callable
from functools import cache
from types import CodeType
from typing import Any

from IPython.core.inputtransformer2 import TransformerManager
from nbformat.v4 import new_code_cell

from tests.notebooks.sheet import CHECKS, GIVEN, RIGHT, SETUP, Sheet, stub

Edit = Callable[[Sheet, random.Random], None]

SCRATCH = [
    "zip = [1, 2]",
    "sum = 0\nsum += 1",
    "exec = None",
    "list, map = [1], {}",
    "max, str, range = 3, 'text', 4",
    "result = xs = answer = json = None",
    "# to do",
    "x = np.arange(3)\nprint(x)",
    "for x in range(2):\n    print(x)",
    "import operator as op",
    "dir()",
    "!ls",
    "%matplotlib inline",
]
LINES = [
    "!pip install numpy",
    "%pip install numpy",
    "%matplotlib inline",
    "%config a.b = 1",
    "# mine",
]
WAYS = {
    "double": [
        "def double(x):\n    return x + x",
        "double = lambda x: x * 2",
        "class Matrix(np.ndarray):\n    pass\n\n\n"
        "def double(x):\n    return np.asarray(2.0 * x).view(Matrix)",
        "def helper(x):\n    return 2 * x\n\n\ndef double(x):\n    return helper(x)",
    ],
    "pair": [
        "from collections import namedtuple\n\nPair = namedtuple('Pair', 'first second')\n\n\n"
        "def pair(x):\n    return Pair(shift(x), 2 * x)",
        "def pair(x):\n    first = shift(x)\n\n    return first, x * 2\n\n\npair(1.0)",
    ],
    "params": [
        "from collections import OrderedDict\n\n\n"
        "def params(n):\n    return OrderedDict(W=np.ones((n, n)), b=np.zeros((n, 1)))",
        "class Params(dict):\n    pass\n\n\n"
        "def params(n):\n    return Params(W=np.ones((n, n)), b=np.zeros((n, 1)))",
    ],
    "quadruple": ["def quadruple(x):\n    once = double(x)\n\n    return double(once)"],
}
DECORATED = """import functools


def noticed(f):
    @functools.wraps(f)
    def inner(*given, **named):
        return f(*given, **named)

    return inner


{source}


{name} = noticed({name})"""

GRADED = re.compile(r"^# Graded, \d points: (\w+)$", re.MULTILINE)


def _some(sheet: Sheet, draw: random.Random, kind: str = "code") -> dict[str, Any]:
    return draw.choice([cell for cell in sheet.cells if cell["cell_type"] == kind] or sheet.cells)


def _answer(sheet: Sheet, draw: random.Random) -> tuple[str, dict[str, Any]] | None:
    """A question, and the one cell that is still as it was handed out but for its answer."""
    name = draw.choice(list(RIGHT))
    found = [cell for cell in sheet.cells if cell["source"] in (RIGHT[name], *WAYS[name])]
    return (name, found[0]) if len(found) == 1 else None


def split(sheet: Sheet, draw: random.Random) -> None:
    cell = _some(sheet, draw)
    try:
        ends = [0, *(node.end_lineno for node in ast.parse(cell["source"]).body)]
    except SyntaxError:
        return
    line = draw.choice(ends)
    place = sheet.cells.index(cell)
    lines = cell["source"].split("\n")
    first = {**cell, "metadata": dict(cell["metadata"]), "source": "\n".join(lines[:line])}
    if "id" in cell:
        first["id"] = new_code_cell("").id
    cell["source"] = "\n".join(lines[line:])
    sheet.cells.insert(place, first)


def merge(sheet: Sheet, draw: random.Random) -> None:
    pairs = [
        place
        for place, (one, two) in enumerate(zip(sheet.cells, sheet.cells[1:], strict=False))
        if one["cell_type"] == two["cell_type"] == "code" and not two["source"].startswith("%%")
    ]
    if pairs:
        place = draw.choice(pairs)
        below = sheet.cells.pop(place + 1)
        sheet.cells[place]["source"] += f"\n\n{below['source']}"


def copy_commented_out(sheet: Sheet, draw: random.Random) -> None:
    cell = _some(sheet, draw)
    source = "\n".join(f"# {line}" for line in cell["source"].split("\n"))
    _paste(sheet, draw, cell, source)


def old_try_as_text(sheet: Sheet, draw: random.Random) -> None:
    if found := _answer(sheet, draw):
        name, cell = found
        pasted = _paste(sheet, draw, cell, f"def {name}(x):\n    return None")
        pasted["cell_type"] = draw.choice(["raw", "markdown"])


def delete_texts(sheet: Sheet, draw: random.Random) -> None:
    sheet.cells = [c for c in sheet.cells if c["cell_type"] == "code" or draw.random() < 0.3]


def copy(sheet: Sheet, draw: random.Random) -> None:
    cell = _some(sheet, draw)
    _paste(sheet, draw, cell, cell["source"])


def old_try_at_the_end(sheet: Sheet, draw: random.Random) -> None:
    if found := _answer(sheet, draw):
        name, cell = found
        wrong = draw.choice([stub(name), f"def {name}(x):\n    return None"])
        _paste(sheet, draw, cell, wrong, place=len(sheet.cells))


def _paste(
    sheet: Sheet,
    draw: random.Random,
    cell: dict[str, Any],
    source: str,
    place: int | None = None,
) -> dict[str, Any]:
    pasted = {**cell, "metadata": dict(cell["metadata"]), "source": source}
    if "id" in cell:
        pasted["id"] = draw.choice([cell["id"], new_code_cell("").id])
    where = draw.randint(0, len(sheet.cells)) if place is None else place
    sheet.cells.insert(where, pasted)
    return pasted


def move(sheet: Sheet, draw: random.Random) -> None:
    cell = sheet.cells.pop(draw.randrange(len(sheet.cells)))
    sheet.cells.insert(draw.randint(0, len(sheet.cells)), cell)


def new_id(sheet: Sheet, draw: random.Random) -> None:
    cell = draw.choice(sheet.cells)
    cell["id"] = new_code_cell("").id


def drop_ids(sheet: Sheet, draw: random.Random) -> None:
    for cell in sheet.cells:
        cell.pop("id", None)


def drop_metadata(sheet: Sheet, draw: random.Random) -> None:
    draw.choice(sheet.cells)["metadata"] = {}


def scratch(sheet: Sheet, draw: random.Random) -> None:
    place = draw.randint(0, len(sheet.cells))
    sheet.cells.insert(place, dict(new_code_cell(draw.choice(SCRATCH))))


def line_on_top(sheet: Sheet, draw: random.Random) -> None:
    cell = _some(sheet, draw)
    if not cell["source"].startswith("%%"):
        cell["source"] = f"{draw.choice(LINES)}\n{cell['source']}"


def time_it(sheet: Sheet, draw: random.Random) -> None:
    cell = _some(sheet, draw)
    if not cell["source"].startswith("%%"):
        cell["source"] = f"{draw.choice(['%%time', '%%capture'])}\n{cell['source']}"


def another_way(sheet: Sheet, draw: random.Random) -> None:
    if found := _answer(sheet, draw):
        name, cell = found
        cell["source"] = draw.choice(WAYS[name])


def decorate(sheet: Sheet, draw: random.Random) -> None:
    if found := _answer(sheet, draw):
        name, cell = found
        cell["source"] = DECORATED.format(source=cell["source"], name=name)


def save_elsewhere(sheet: Sheet, draw: random.Random) -> None:
    for number, cell in enumerate(sheet.cells):
        own = draw.choice([{"colab": {}}, {"vscode": {}}, {"trusted": True}, {"tags": []}])
        cell["metadata"] = draw.choice([own, cell["metadata"] | own])
        if draw.random() < 0.3:
            cell["id"] = f"{number:08x}"
    sheet.metadata = draw.choice(
        [{}, {"colab": {"provenance": []}}, {"kernelspec": {"name": "ir"}}]
    )


EDITS: list[Edit] = [
    split, merge, merge, move, copy, copy_commented_out, old_try_as_text, old_try_at_the_end,
    new_id, drop_ids, drop_metadata, delete_texts, save_elsewhere,
    scratch, line_on_top, time_it, another_way, decorate,
]  # fmt: skip


def lose_a_given_cell(sheet: Sheet, draw: random.Random) -> None:
    """Delete, empty or turn to text one that the release has: it does not come back by itself."""
    given = [cell for cell in sheet.cells if cell["source"] in (SETUP, GIVEN, *CHECKS.values())]
    if given:
        cell = draw.choice(given)
        how = draw.choice(["delete", "empty", "text"])
        if how == "delete":
            sheet.cells.remove(cell)
        elif how == "empty":
            cell["source"] = ""
        else:
            cell["cell_type"] = "markdown"


def edited(edits: list[Edit], seed: int) -> tuple[Sheet, list[str]]:
    """A sheet after edits that Run All bears, and their names; the others are undone."""
    draw = random.Random(seed)
    sheet, done = Sheet(), []
    for edit in edits:
        before = copies.copy(sheet)
        sheet.cells = [{**cell, "metadata": dict(cell["metadata"])} for cell in sheet.cells]
        edit(sheet, draw)
        if is_green(sheet):
            done.append(edit.__name__)
        else:
            sheet = before
    return sheet, done


def sequence(seed: int) -> tuple[Sheet, list[str]]:
    """One to eight edits, and sometimes a given cell lost."""
    draw = random.Random(seed)
    sheet, done = edited(draw.choices(EDITS, k=draw.randint(1, 8)), seed)
    if draw.random() < 0.2:
        lose_a_given_cell(sheet, draw)
        done.append("lose_a_given_cell")
    return sheet, done


class Shell:
    """What a plain namespace has in place of IPython's shell."""

    def __init__(self, namespace: dict[str, Any]) -> None:
        self.namespace = namespace

    def run_line_magic(self, name: str, line: str, _stack_depth: int = 1) -> None:
        pass

    def run_cell_magic(self, name: str, line: str, cell: str) -> None:
        run(cell, self.namespace)

    def system(self, command: str) -> None:
        pass


def namespace() -> dict[str, Any]:
    """Where a fresh kernel runs cells."""
    new: dict[str, Any] = {"__name__": "__main__"}
    shell = Shell(new)
    new["get_ipython"] = lambda: shell
    return new


def run(source: str, names: dict[str, Any]) -> None:
    """Run a cell as a kernel does, without one."""
    with contextlib.redirect_stdout(io.StringIO()):
        exec(_compiled(source), names)


@cache
def _compiled(source: str) -> CodeType:
    return compile(TransformerManager().transform_cell(source), "<cell>", "exec")


def _check(graded: re.Match[str]) -> str:
    name = graded[1]
    return f"if {name!r} in globals():\n{textwrap.indent(CHECKS[name], '    ')}"


def is_green(sheet: Sheet) -> bool:
    """Whether Run All ends without an error, and every visible check was among it.

    A graded cell checks what is defined by then, as it does in grading.
    """
    names, seen = namespace(), ""
    for cell in sheet.cells:
        if cell["cell_type"] == "code":
            try:
                run(GRADED.sub(_check, cell["source"]), names)
            except Exception:
                return False
            seen += cell["source"]
    return all(line in seen for check in CHECKS.values() for line in check.splitlines())
