"""The shapes: what is done to right answers, what that may cost, what its student must read.

A shape is a function that edits a sheet; its name is the student's. One that hands in other files
than the notebook under its own name returns them.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tests.notebooks.sheet import NOTEBOOK, POINTS, RIGHT, Sheet, handed_out, stub
from tests.support import little_course

Files = Mapping[str, bytes]
Edit = Callable[[Sheet], Files | None]
FILE = f"{NOTEBOOK}.ipynb"


@dataclass(frozen=True)
class Shape:
    """A notebook as somebody hands it in.

    Parameters
    ----------
    name : str
    edit : callable (Sheet) -> mapping of str to bytes or None
    loses : tuple of str
        Questions that must earn nothing; all others earn all of their points.
    reads : tuple of str
        What must stand on the student's page.
    """

    name: str
    edit: Edit
    loses: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()

    def files(self) -> Files:
        """What is handed in."""
        sheet = Sheet()
        return self.edit(sheet) or {FILE: sheet.file()}

    @property
    def scores(self) -> dict[str, float]:
        """What each question must earn."""
        return {name: 0.0 if name in self.loses else points for name, points in POINTS.items()}


SHAPES: list[Shape] = []


def shape(*reads: str, loses: tuple[str, ...] = ()) -> Callable[[Edit], Edit]:
    """Add a shape to the corpus."""

    def add(edit: Edit) -> Edit:
        SHAPES.append(Shape(edit.__name__, edit, loses, reads))
        return edit

    return add


def shapes(sources: Mapping[str, str], edit: Callable[[Sheet, str], Files | None]) -> None:
    """Add a shape for each of several sources, under its name."""
    for name, source in sources.items():
        SHAPES.append(Shape(name, lambda sheet, source=source: edit(sheet, source)))


# Split and copied answer cells


@shape()
def split_helper_and_function(sheet: Sheet) -> None:
    sheet.write("double", f"def twice(x):\n    return 2 * x\n\n{RIGHT['double'][:-5]}twice(x)")
    sheet.split("double", 3)


@shape()
def split_import_and_function(sheet: Sheet) -> None:
    sheet.write("pair", "import operator\n\ndef pair(x):\n    return shift(x), operator.mul(2, x)")
    sheet.split("pair", 2)


@shape()
def split_function_and_trial_call(sheet: Sheet) -> None:
    sheet.write("double", f"{RIGHT['double']}\n\ndouble(4)")
    sheet.split("double", 3)


@shape()
def split_at_the_end(sheet: Sheet) -> None:
    sheet.split("double", 2)


@shape()
def split_by_an_older_jupyterlab(sheet: Sheet) -> None:
    sheet.split("double", 2)
    for cell in sheet.cells:
        del cell["id"]
    sheet.format = (4, 4)


@shape()
def split_of_the_setup_cell(sheet: Sheet) -> None:
    sheet.split("setup", 1)


@shape()
def split_of_a_graded_cell(sheet: Sheet) -> None:
    sheet.write("double-graded", "# Graded, 4 points: double\nprint(double(2))")
    sheet.split("double-graded", 1)


@shape()
def copy_with_the_old_try_commented_out(sheet: Sheet) -> None:
    sheet.copy("double", "# def double(x):\n#     return x * x")


@shape()
def old_try_copied_to_the_end(sheet: Sheet) -> None:
    sheet.copy("double", "def double(x):\n    return x * x", place=len(sheet.cells))


@shape()
def old_try_copied_and_made_raw(sheet: Sheet) -> None:
    old = sheet.copy("double", "def double(x):\n    return x * x")
    old["cell_type"] = "raw"


@shape()
def blank_copy_at_the_end(sheet: Sheet) -> None:
    sheet.copy("double", stub("double"), place=len(sheet.cells))


@shape()
def answer_turned_to_markdown_and_written_anew(sheet: Sheet) -> None:
    sheet.write("double", "def double(x):\n    return x * x")
    sheet.cell("double")["cell_type"] = "markdown"
    sheet.add(RIGHT["double"], before="double-checks")


# Merged or moved answers


@shape()
def two_answers_in_one_cell(sheet: Sheet) -> None:
    sheet.write("double", f"{RIGHT['double']}\n\n\n{sheet.take('pair')['source']}")


@shape()
def all_answers_in_the_first(sheet: Sheet) -> None:
    rest = [sheet.take(name)["source"] for name in RIGHT if name != "double"]
    sheet.write("double", "\n\n\n".join([RIGHT["double"], *rest]))


@shape()
def all_answers_in_a_new_cell(sheet: Sheet) -> None:
    answers = [sheet.take(name)["source"] for name in RIGHT]
    sheet.add("\n\n\n".join(answers), before="double-checks")


@shape()
def everything_in_one_cell(sheet: Sheet) -> None:
    sources = [cell["source"] for cell in sheet.cells if cell["cell_type"] == "code"]
    sheet.cells = [sheet.cell("double")]
    sheet.cells[0]["source"] = "\n\n".join(sources)


@shape()
def answer_and_checks_merged(sheet: Sheet) -> None:
    sheet.write("pair", f"{RIGHT['pair']}\n\n{sheet.take('pair-checks')['source']}")


@shape()
def answer_and_graded_cell_merged(sheet: Sheet) -> None:
    sheet.write("pair", f"{RIGHT['pair']}\n\n{sheet.take('pair-graded')['source']}")


@shape()
def lambda_in_a_new_cell(sheet: Sheet) -> None:
    sheet.take("double")
    sheet.add("double = lambda x: 2 * x", before="double-checks")


@shape()
def answers_moved_to_the_end(sheet: Sheet) -> None:
    for name in ("double", "double-checks", "quadruple", "quadruple-checks"):
        sheet.cells.append(sheet.take(name))


@shape()
def answer_in_a_new_cell_below_its_stub(sheet: Sheet) -> None:
    sheet.write("double", stub("double"))
    sheet.add(RIGHT["double"], before="double-checks")


@shape()
def answer_at_the_top_of_the_notebook(sheet: Sheet) -> None:
    sheet.cells.insert(0, sheet.take("double"))


@shape()
def helper_defined_at_the_end(sheet: Sheet) -> None:
    sheet.write("double", "def double(x):\n    return helper(x)")
    sheet.take("double-checks")
    sheet.take("quadruple-checks")
    sheet.add("def helper(x):\n    return 2 * x")


@shape("It needs double, which is not written yet.", loses=("double", "quadruple"))
def helper_question_is_missing(sheet: Sheet) -> None:
    sheet.write("double", stub("double"))


@shape("Answers that were missing were put back: double.", loses=("double", "quadruple"))
def answer_cell_deleted(sheet: Sheet) -> None:
    sheet.take("double")


@shape()
def answer_from_a_module_of_the_notebook_by_a_star(sheet: Sheet) -> None:
    sheet.take("double")
    module = "import sys, types\nmodule = types.ModuleType('own')\nsys.modules['own'] = module"
    code = f"exec('''{RIGHT['double']}''', module.__dict__)\nfrom own import *"
    sheet.add(f"{module}\n{code}", before="setup")


# Names of the student's

shapes(
    {
        "scratch_rebinds_zip": "zip = [1, 2]",
        "scratch_rebinds_exec": "exec = None",
        "scratch_rebinds_sum": "sum = 0\nsum += 1",
        "scratch_rebinds_list_and_map": "list = [1]\nmap = {}",
        "scratch_rebinds_max_str_range": "max, str, range = 3, 'text', 4",
        "scratch_rebinds_the_engines_words": "result = xs = json = answer = tuple = compile = None",
        "scratch_deletes_a_builtin": "import builtins\nbuiltins.sum = None",
        "scratch_calls_exit": "exit()",
        "scratch_ends_with_an_exit": "import sys\nsys.exit()",
        "scratch_drops_its_streams": "import sys\nsys.stdout = sys.stderr = None",
    },
    lambda sheet, source: sheet.add(source, before="double") and None,
)

# Types that are as good

shapes(
    {
        "returns_an_ordered_dict": "from collections import OrderedDict as Kind",
        "returns_a_defaultdict": "from collections import defaultdict\n"
        "Kind = lambda items: defaultdict(list, items)",
        "returns_a_class_of_dict": "class Kind(dict):\n    pass",
        "returns_a_read_only_mapping": "from types import MappingProxyType as Kind",
    },
    lambda sheet, source: sheet.write(
        "params", f"{source}\n\n\n{RIGHT['params'].replace('{', 'Kind({').replace('}', '})')}"
    ),
)
shapes(
    {
        "returns_a_namedtuple": "from collections import namedtuple\n"
        "Kind = namedtuple('Kind', 'shifted doubled')",
        "returns_a_class_of_tuple": "class Kind(tuple):\n"
        "    def __new__(cls, *parts):\n        return super().__new__(cls, parts)",
    },
    lambda sheet, source: sheet.write(
        "pair", f"{source}\n\n\ndef pair(x):\n    return Kind(shift(x), 2 * x)"
    ),
)


@shape()
def returns_a_class_of_ndarray(sheet: Sheet) -> None:
    sheet.write(
        "double",
        "class Matrix(np.ndarray):\n    pass\n\n\n"
        "def double(x):\n    return np.asarray(2 * x).view(Matrix)",
    )


# A line that cannot run here

shapes(
    {
        "pip_by_the_shell": "!pip install numpy",
        "pip_by_a_magic": "%pip install numpy",
        "conda_by_a_magic": "%conda install numpy",
        "a_shell_line": "!ls",
        "a_clone": "!git clone https://example.org/repository.git",
        "an_interactive_backend": "%matplotlib widget",
        "an_inline_backend": "%matplotlib inline",
        "an_extension_that_is_not_there": "%load_ext no_such_extension",
        "a_style_that_is_not_there": 'import matplotlib.pyplot as plt\nplt.style.use("seaborn")',
        "a_drive_to_mount": "from google.colab import drive\ndrive.mount('/content/drive')",
    },
    lambda sheet, source: sheet.prepend("pair", source),
)


@shape("ModuleNotFoundError: No module named 'no_such_module'")
def an_unused_import_that_is_not_there(sheet: Sheet) -> None:
    sheet.prepend("pair", "import no_such_module")


@shape()
def timed_cells(sheet: Sheet) -> None:
    sheet.prepend("pair", "%%time")
    sheet.write("double", f"{RIGHT['double']}\n\n\n%time double(3)\n%config Completer.use_jedi = 0")


# The page says the cause


@shape("SyntaxError", "line 2", loses=("pair",))
def syntax_error(sheet: Sheet) -> None:
    sheet.write("pair", "def pair(x):\n    return (shift(x), 2 * x")


@shape("IndentationError", loses=("pair",))
def indentation_error(sheet: Sheet) -> None:
    sheet.write("pair", "def pair(x):\n  y = shift(x)\n    return y, 2 * x")


@shape("pair is defined in no cell of this notebook.", loses=("pair",))
def answer_under_another_name(sheet: Sheet) -> None:
    sheet.write("pair", RIGHT["pair"].replace("def pair", "def my_pair"))


@shape("begins with %%timeit: what is defined there is not kept", loses=("pair",))
def definition_under_timeit(sheet: Sheet) -> None:
    sheet.prepend("pair", "%%timeit -n 1 -r 1")


@shape("SyntaxError", "saved with Python 3.99.0 and graded with Python 3.", loses=("pair",))
def syntax_of_a_newer_python(sheet: Sheet) -> None:
    sheet.metadata["language_info"] = {"name": "python", "version": "3.99.0"}
    sheet.write("pair", "def pair[T](x: T) -> tuple[T, T]\n    return shift(x), 2 * x")


@shape("it waits for the keyboard", loses=("pair",))
def asks_for_input(sheet: Sheet) -> None:
    sheet.write("pair", "def pair(x):\n    scale = float(input())\n    return shift(x), scale * x")


@shape("it waits for the keyboard", loses=("pair",))
def stops_in_the_debugger(sheet: Sheet) -> None:
    sheet.write("pair", "import pdb\ndef pair(x):\n    pdb.set_trace()\n    return shift(x), 2 * x")


@shape("it waits for the keyboard", loses=("pair",))
def stops_at_a_breakpoint(sheet: Sheet) -> None:
    sheet.write("pair", "def pair(x):\n    breakpoint()\n    return shift(x), 2 * x")


@shape()
def asks_for_input_after_the_definition(sheet: Sheet) -> None:
    sheet.write("pair", f"{RIGHT['pair']}\n\n\nname = input('Your name: ')")


# Given cells


@shape()
def import_added_to_the_setup_cell(sheet: Sheet) -> None:
    sheet.write("setup", sheet.cell("setup")["source"] + "\nimport operator as op")
    sheet.write("double", "def double(x):\n    return op.mul(2, x)")


@shape()
def helper_written_into_an_explored_cell(sheet: Sheet) -> None:
    sheet.write("explored", sheet.cell("explored")["source"] + "\n\ndef two(x):\n    return 2 * x")
    sheet.write("double", "def double(x):\n    return two(x)")


@shape()
def answer_that_uses_an_explored_cell(sheet: Sheet) -> None:
    sheet.write("pair", "def pair(x):\n    return shift(x), 2 * x * found / found")


@shape()
def setting_changed_in_a_given_cell(sheet: Sheet) -> None:
    sheet.write("explored", "print('a short run')")
    sheet.write("setup", sheet.cell("setup")["source"] + "\nnp.set_printoptions(precision=3)")


@shape("This given cell was changed and stopped with an error; it was run as it was handed out.")
def typo_in_the_setup_cell(sheet: Sheet) -> None:
    sheet.write("setup", "import math\n\nimport nunpy as np")


@shape("The given cell setup no longer defines math, np")
def syntax_error_in_the_setup_cell(sheet: Sheet) -> None:
    sheet.write("setup", "import math\n\nimprot numpy as np")


@shape("The given cell setup no longer defines np")
def line_deleted_in_the_setup_cell(sheet: Sheet) -> None:
    sheet.write("setup", "import math")


@shape("Given cells that were missing were put back: given.")
def given_cell_deleted(sheet: Sheet) -> None:
    sheet.take("given")


@shape("Given cells that were missing were put back: setup.")
def given_cell_emptied(sheet: Sheet) -> None:
    sheet.write("setup", "")


@shape("Given cells that were missing were put back: given.")
def given_cell_turned_to_markdown(sheet: Sheet) -> None:
    sheet.cell("given")["cell_type"] = "markdown"


@shape()
def checks_and_graded_cells_deleted(sheet: Sheet) -> None:
    for name in RIGHT:
        sheet.take(f"{name}-graded")
        sheet.take(f"{name}-checks")


@shape("What you wrote into the graded cell double-graded was run behind it.")
def answer_in_the_graded_cell(sheet: Sheet) -> None:
    sheet.write("double", stub("double"))
    sheet.write("double-graded", RIGHT["double"])


@shape()
def scratch_cells_that_fail(sheet: Sheet) -> None:
    sheet.add("1 / 0", before="double")
    sheet.add("assert False, 'why?'", before="pair-graded")
    sheet.add("nonsense nonsense", before="params")


@shape()
def module_written_by_the_notebook(sheet: Sheet) -> None:
    sheet.add("%%writefile own_helper.py\ndef two(x):\n    return 2 * x", before="setup")
    sheet.write("double", "import own_helper\n\n\ndef double(x):\n    return own_helper.two(x)")


# Other editors


@shape()
def colab(sheet: Sheet) -> None:
    for cell in sheet.cells:
        del cell["id"]
        cell["metadata"] = {"id": "aB3dE5", "colab": {"base_uri": "https://localhost:8080/"}}
    sheet.metadata = {"colab": {"provenance": []}, "kernelspec": {"name": "python3"}}
    sheet.format = (4, 0)
    sheet.cells.insert(0, Sheet().add("!pip install -q numpy"))
    sheet.cells.insert(0, Sheet().add("from google.colab import drive\ndrive.mount('/content')"))


@shape()
def vs_code(sheet: Sheet) -> None:
    for number, cell in enumerate(sheet.cells):
        cell["metadata"] = {"vscode": {"languageId": "python"}}
        cell["id"] = f"{number:08x}"
        if cell["cell_type"] == "code":
            cell["source"] = cell["source"].splitlines(keepends=True)


@shape()
def pycharm(sheet: Sheet) -> None:
    for cell in sheet.cells:
        cell["metadata"] = {"collapsed": False, "pycharm": {"name": "#%%\n"}}
        del cell["id"]
    sheet.format = (4, 2)


@shape()
def kaggle(sheet: Sheet) -> None:
    for number, cell in enumerate(sheet.cells):
        cell["metadata"] |= {"trusted": True, "_uuid": f"{number:040x}", "_kg_hide-input": True}
        del cell["id"]
    sheet.metadata["kaggle"] = {"accelerator": "gpu", "isGpuEnabled": True}
    sheet.format = (4, 4)


@shape()
def deepnote(sheet: Sheet) -> None:
    for number, cell in enumerate(sheet.cells):
        cell["metadata"] = {"cell_id": f"{number:032x}", "deepnote_cell_type": "code"}
        cell["id"] = f"{number:032x}"
    sheet.metadata = {"deepnote": {}, "deepnote_execution_queue": []}


@shape()
def jupytext_and_widgets(sheet: Sheet) -> None:
    sheet.metadata["jupytext"] = {"formats": "ipynb,py:percent"}
    sheet.metadata["widgets"] = {"application/vnd.jupyter.widget-state+json": {"state": "broken"}}


@shape()
def kernel_of_another_language(sheet: Sheet) -> None:
    sheet.metadata = {"kernelspec": {"name": "ir", "display_name": "R", "language": "R"}}


@shape()
def notebook_format_3(sheet: Sheet) -> dict[str, bytes]:
    cells = [
        {"cell_type": "code", "input": cell["source"], "language": "python", "outputs": []}
        if cell["cell_type"] == "code"
        else {"cell_type": "markdown", "source": cell["source"]}
        for cell in sheet.cells
    ]
    content = {"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": cells}]}
    return {FILE: json.dumps(content).encode()}


@shape()
def equal_ids(sheet: Sheet) -> None:
    for cell in sheet.cells:
        cell["id"] = "same"


@shape()
def new_ids(sheet: Sheet) -> None:
    for number, cell in enumerate(sheet.cells):
        cell["id"] = f"new-{number}"


@shape()
def no_metadata_at_all(sheet: Sheet) -> None:
    for cell in sheet.cells:
        cell["metadata"] = {}
        del cell["id"]
    sheet.metadata = {}


@shape()
def utf_16(sheet: Sheet) -> dict[str, bytes]:
    return {FILE: sheet.file().decode().encode("utf-16")}


@shape()
def utf_8_with_a_byte_order_mark(sheet: Sheet) -> dict[str, bytes]:
    return {FILE: b"\xef\xbb\xbf" + sheet.file()}


@shape()
def lines_of_windows(sheet: Sheet) -> dict[str, bytes]:
    for cell in sheet.cells:
        cell["source"] = cell["source"].replace("\n", "\r\n")
    return {FILE: sheet.file().replace(b"\n", b"\r\n")}


@shape()
def prompts_of_a_terminal(sheet: Sheet) -> None:
    lines = RIGHT["double"].split("\n")
    sheet.write("double", "\n".join([f">>> {lines[0]}", f"... {lines[1]}"]))


@shape()
def answer_turned_to_markdown(sheet: Sheet) -> None:
    sheet.cell("double")["cell_type"] = "markdown"


@shape()
def answer_turned_to_raw(sheet: Sheet) -> None:
    sheet.cell("double")["cell_type"] = "raw"


@shape()
def reordered_cells(sheet: Sheet) -> None:
    setup = [sheet.take("setup"), sheet.take("given")]
    sheet.cells = [*setup, *reversed(sheet.cells)]


# Python of all kinds


@shape()
def decorated(sheet: Sheet) -> None:
    sheet.prepend("double", "@shouting")
    sheet.add(
        "import functools\n\n\ndef shouting(f):\n    @functools.wraps(f)\n"
        "    def inner(*given, **named):\n        print('called!')\n"
        "        return f(*given, **named)\n    return inner",
        before="double",
    )


@shape()
def greek_names_and_a_star_import(sheet: Sheet) -> None:
    sheet.write("double", "from math import *\n\n\ndef double(ξ):\n    α = 2\n    return α * ξ")


@shape()
def threads(sheet: Sheet) -> None:
    sheet.write(
        "double",
        "from concurrent.futures import ThreadPoolExecutor\n\n\ndef double(x):\n"
        "    with ThreadPoolExecutor(2) as pool:\n"
        "        return pool.submit(lambda: 2 * x).result()",
    )


@shape()
def class_with_a_call(sheet: Sheet) -> None:
    sheet.write(
        "double",
        "class Double:\n    def __call__(self, x):\n        return 2 * x\n\ndouble = Double()",
    )


@shape()
def prints_and_progress(sheet: Sheet) -> None:
    sheet.write("double", "def double(x):\n    print('x =', x)\n    return 2 * x")
    sheet.add("for step in range(20000):\n    print('training', step, 'x' * 100)")


@shape()
def slow_training_cell(sheet: Sheet) -> None:
    sheet.add("import time\ntime.sleep(3)", before="pair")


# Which file is whose


@shape(f"{NOTEBOOK}-Copy1.ipynb")
def copy_1_with_the_work_beside_the_blank(sheet: Sheet) -> dict[str, bytes]:
    return {FILE: Sheet(answers={}).file(), f"{NOTEBOOK}-Copy1.ipynb": sheet.file()}


@shape(f"{NOTEBOOK} (2).ipynb")
def blank_1_and_answered_2(sheet: Sheet) -> dict[str, bytes]:
    blank = Sheet(answers={}).file()
    return {f"{NOTEBOOK} (1).ipynb": blank, f"{NOTEBOOK} (2).ipynb": sheet.file()}


def _under(*names: str) -> None:
    for name in names:
        student = "handed_in_as_" + "".join(c if c.isalnum() else "_" for c in name)
        SHAPES.append(Shape(student, lambda sheet, name=name: {name: sheet.file()}, (), (name,)))


_under(
    f"{NOTEBOOK}.ipynb.txt",
    f"{NOTEBOOK}.json",
    f"{NOTEBOOK}.IPYNB",
    f"ps1/{NOTEBOOK}.ipynb",
    "my homework.ipynb",
)


@shape("work.zip")
def handed_in_as_a_zip(sheet: Sheet) -> dict[str, bytes]:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr(f"ps1/{FILE}", sheet.file())
        file.writestr(f"__MACOSX/ps1/._{FILE}", b"\0\5\26\7")
    return {"work.zip": archive.getvalue()}


@shape()
def resource_forks_of_macos(sheet: Sheet) -> dict[str, bytes]:
    fork = b"\0\5\26\7\0\2\0\0Mac OS X"
    return {FILE: sheet.file(), f"._{FILE}": fork, f"__MACOSX/._{FILE}": fork}


@shape()
def names_of_the_two_notebooks_exchanged(sheet: Sheet) -> dict[str, bytes]:
    blank = handed_out(little_course.source_notebook(little_course.judged))
    other = Sheet(blank, little_course.RIGHT)
    return {FILE: other.file(), f"{little_course.NOTEBOOK}.ipynb": sheet.file()}


@shape(loses=tuple(POINTS))
def an_untouched_notebook(sheet: Sheet) -> dict[str, bytes]:
    return {FILE: Sheet(answers={}).file()}
