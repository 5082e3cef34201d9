"""What is handed in besides the answers: files, cells, web, broken."""

from __future__ import annotations

import json
import os
import shutil
import socket
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat

from tests.attacks import Attack, notebook_file

Json = dict[str, Any]


def rewritten(change: Callable[[Json], Any]) -> Callable[[Path], Any]:
    """Change the notebook's JSON; `change` may return something to put in its place."""

    def tamper(folder: Path) -> None:
        path = notebook_file(folder)
        notebook = nbformat.read(path, as_version=4)  # sources as text, not as lists of lines
        changed = change(notebook)
        path.write_text(json.dumps(notebook if changed is None else changed))

    return tamper


def replaced(content: str | bytes) -> Callable[[Path], Any]:
    """Put something else in the notebook's place."""
    data = content.encode() if isinstance(content, str) else content
    return lambda folder: notebook_file(folder).write_bytes(data)


def beside(**files: str) -> Callable[[Path], Any]:
    """Add Python files beside the notebook."""

    def tamper(folder: Path) -> None:
        for name, text in files.items():
            (folder / f"{name}.py").write_text(text)

    return tamper


def cell(notebook: Json, name: str) -> Json:
    """The cell with this id."""
    return next(cell for cell in notebook["cells"] if cell["id"] == name)


# -- files ------------------------------------------------------------------------------------

PLANTED = "import os\nos.makedirs('planted', exist_ok=True)\nprint('PLANTED CODE RAN')\n"
FAKE_NUMPY = PLANTED + (
    "class Yes:\n    def __getattr__(self, n):\n        return lambda *a, **k: True\n"
    "import sys\nsys.modules[__name__] = Yes()\n"
)


def linked(make: Callable[[Path, Path], Any], target: str, name: str) -> Callable[[Path], Any]:
    """Put a link to a file of the course (`target`) into the submitted folder."""

    def tamper(folder: Path) -> None:
        path = folder / name
        path.unlink(missing_ok=True)
        make(folder.parents[2] / target, path)

    return tamper


def soft(target: Path, path: Path) -> None:
    path.symlink_to(target)


def hard(target: Path, path: Path) -> None:
    path.hardlink_to(target)


def fifo(name: str) -> Callable[[Path], Any]:
    """Put a pipe that nobody writes to into the submitted folder."""

    def tamper(folder: Path) -> None:
        (folder / name).unlink(missing_ok=True)
        os.mkfifo(folder / name)

    return tamper


def unix_socket(folder: Path) -> None:
    """Put a socket into the folder, made from there: names of sockets are short."""
    descriptor = os.open(folder, os.O_RDONLY)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"/proc/self/fd/{descriptor}/listener")
    os.close(descriptor)


def linked_folder(folder: Path) -> None:
    """Let the submitted folder itself be a link."""
    elsewhere = folder.with_name("elsewhere")
    folder.rename(elsewhere)
    folder.symlink_to(elsewhere)


def odd_names(folder: Path) -> None:
    """Files whose names mean something to shells, HTML or Python."""
    for name in (
        *(b"-rf", b"$(touch planted)", b"a\nb", b"<script>alert(1)", b"not\xff\xfeUTF-8"),
        *("ünïcödé".encode(), b"%s{}", b"'; drop table grade; --"),
    ):
        Path(os.fsdecode(os.path.join(os.fsencode(folder), name))).touch()


def zip_bomb(folder: Path) -> None:
    """A small archive of 100 MB of zeros."""
    with zipfile.ZipFile(folder / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", bytes(100 << 20))


def sparse(folder: Path) -> None:
    """A file that is said to have 300 MB."""
    with open(folder / "sparse.bin", "wb") as file:
        file.truncate(300 << 20)


def many_files(folder: Path) -> None:
    for number in range(1500):
        (folder / f"{number}.txt").touch()


def many_notebooks(folder: Path) -> None:
    """More files that may be the notebook than anyone would read."""
    text = notebook_file(folder).read_text()
    notebook_file(folder).unlink()
    for number in range(1500):
        (folder / f"p{number + 2}.ipynb").write_text(text)


def folder_for_notebook(folder: Path) -> None:
    notebook_file(folder).unlink()
    notebook_file(folder).mkdir()


def deep_folders(folder: Path) -> None:
    deepest = folder.joinpath(*["d"] * 300)
    deepest.mkdir(parents=True)
    (deepest / "numpy.py").write_text(FAKE_NUMPY)


def written(name: str, content: bytes) -> Callable[[Path], Any]:
    """Add a file."""
    return lambda folder: (folder / name).write_bytes(content)


FILES = [
    Attack("numpy-beside", "files", tamper=beside(numpy=FAKE_NUMPY), earns="total"),
    Attack(
        "kernel-beside",
        "files",
        tamper=beside(ipykernel_launcher=PLANTED, ipykernel=PLANTED, IPython=PLANTED),
        earns="total",
    ),
    Attack(
        "start-up-code-beside",
        "files",
        tamper=beside(sitecustomize=PLANTED, usercustomize=PLANTED, conftest=PLANTED, json=PLANTED),
        earns="settle",
    ),
    Attack(
        "tests-beside",
        "files",
        tamper=beside(
            little_tests=f"{PLANTED}def grade(name):\n    return 4.0",
            grading=PLANTED,
            nbgrader_config=f"{PLANTED}c.ClearSolutions.code_stub = {{}}",
        ),
    ),
    Attack(
        "data-beside", "files", "print(open('numbers.txt').read())\n"
        "assert open('numbers.txt').read() == '1 2 3\\n'",
        tamper=written("numbers.txt", b"9 9 9\n"), earns="double",
    ),
    Attack(
        "linked-notebook", "files",
        tamper=linked(soft, "source/ps1/p1.ipynb", "p1.ipynb"), refused="symbolic link",
    ),
    Attack(
        "linked-data", "files", tamper=linked(soft, "secret.txt", "data.txt"),
        earns="total", refused="symbolic link",
    ),
    Attack(
        "hard-link", "files", tamper=linked(hard, "secret.txt", "data.txt"), refused="hard link"
    ),
    Attack("pipe", "files", tamper=fifo("pipe"), earns="total", refused="special file"),
    Attack("pipe-for-notebook", "files", tamper=fifo("p1.ipynb"), refused="special file"),
    Attack("pipe-for-time", "files", tamper=fifo("timestamp.txt"), refused="special file"),
    Attack("socket-file", "files", tamper=unix_socket, refused="special file"),
    Attack("linked-folder", "files", tamper=linked_folder, refused="not an ordinary folder"),
    Attack("folder-for-notebook", "files", tamper=folder_for_notebook, refused="p1"),
    Attack("odd-names", "files", tamper=odd_names, earns="double total"),
    Attack("zip-bomb", "files", tamper=zip_bomb, earns="settle"),
    Attack("sparse-file", "files", tamper=sparse, earns="total", refused="more than 200 MB"),
    Attack("many-files", "files", tamper=many_files, earns="total", refused="more than 1000 files"),
    Attack("many-notebooks", "files", tamper=many_notebooks, refused="more than 1000 files"),
    Attack("deep-folders", "files", tamper=deep_folders, earns="settle"),
    Attack(
        "no-time", "files", tamper=written("timestamp.txt", b"yesterday"), earns="total",
        refused="timestamp",
    ),
    Attack(
        "time-not-text", "files", tamper=written("timestamp.txt", b"\xff\xfe\x00"), earns="total",
        refused="timestamp",
    ),
]  # fmt: skip


# -- cells ------------------------------------------------------------------------------------


def tags_to_skip(notebook: Json) -> None:
    for each in notebook["cells"]:
        each["metadata"]["tags"] = ["skip-execution", "raises-exception", "explore"]


def without_tests(notebook: Json) -> None:
    notebook["cells"] = [c for c in notebook["cells"] if not c["id"].endswith("-graded")]


def tests_twice(notebook: Json) -> None:
    notebook["cells"] += [c for c in notebook["cells"] if c["id"].endswith("-graded")]


def tests_edited(notebook: Json) -> None:
    for name in ("double", "total", "settle"):
        cell(notebook, f"{name}-graded")["source"] = "4.0"


def tests_first(notebook: Json) -> None:
    notebook["cells"].sort(key=lambda c: not c["id"].endswith("-graded"))


def tests_to_markdown(notebook: Json) -> None:
    for each in notebook["cells"]:
        if each["id"].endswith("-graded"):
            each["cell_type"] = "markdown"
            del each["outputs"], each["execution_count"]


def solution_to_markdown(notebook: Json) -> None:
    each = cell(notebook, "total")
    each["cell_type"] = "markdown"
    del each["outputs"], each["execution_count"]


def settings(**changed: Any) -> Callable[[Path], Any]:
    """Change nbgrader's metadata of every cell that has any."""

    def change(notebook: Json) -> None:
        for each in notebook["cells"]:
            if "nbgrader" in each["metadata"]:
                each["metadata"]["nbgrader"].update(changed)

    return rewritten(change)


def metadata_gone(notebook: Json) -> None:
    for number, each in enumerate(notebook["cells"]):
        each["metadata"], each["id"] = {}, f"other-{number}"


def odd_metadata(notebook: Json) -> None:
    odd = [None, [], "x", 7, {"nbgrader": None}, {"nbgrader": []}, {"nbgrader": {"grade_id": {}}}]
    for each, metadata in zip(notebook["cells"], odd, strict=False):
        each["metadata"] = metadata


def other_kernel(notebook: Json) -> None:
    notebook["metadata"]["kernelspec"] = {"name": "bash", "display_name": "x", "language": "bash",
                                          "argv": ["touch", "planted"]}  # fmt: skip
    notebook["metadata"]["language_info"] = {"name": "<script>alert(1)</script>"}


def names_taken(notebook: Json) -> None:
    """Let wrong answers come from cells that pose as tests, and the reverse."""
    solution, graded = cell(notebook, "double"), cell(notebook, "double-graded")
    solution["metadata"]["nbgrader"], graded["metadata"]["nbgrader"] = (
        graded["metadata"]["nbgrader"], solution["metadata"]["nbgrader"],
    )  # fmt: skip


def swapped_names(notebook: Json) -> None:
    one, other = cell(notebook, "double"), cell(notebook, "total")
    one["source"], other["source"] = other["source"], one["source"]


def new_graded_cells(notebook: Json) -> None:
    for number in range(3):
        settings = {"grade": True, "solution": False, "locked": True, "task": False,
                    "points": 100, "schema_version": 3, "grade_id": f"new-{number}"}  # fmt: skip
        notebook["cells"].append(
            {
                "cell_type": "code",
                "source": "100",
                "metadata": {"nbgrader": settings},
                "outputs": [],
                "execution_count": None,
                "id": f"new-{number}",
            }
        )


def same_ids(notebook: Json) -> None:
    """Every cell's id is that of another one; the names are left."""
    for each in notebook["cells"]:
        each["id"] = "added-3"


def fake_outputs(notebook: Json) -> None:
    for each in notebook["cells"]:
        if each["cell_type"] == "code":
            data = {"text/plain": "4.0", "text/html": "<script>alert(1)</script>"}
            each["outputs"] = [
                {
                    "output_type": "execute_result",
                    "data": data,
                    "metadata": {},
                    "execution_count": 1,
                }
            ]


def odd_cells(notebook: Json) -> None:
    notebook["cells"] += [None, 7, [], "cell", {}, {"cell_type": "code"}, {"source": 7},
                          {"cell_type": ["x"], "source": {"a": 1}, "metadata": 3},
                          {"cell_type": "raw", "source": ["a", 1, "b"]},
                          {"cell_type": "heading", "source": "\ud800"}]  # fmt: skip


def many_cells(notebook: Json) -> None:
    notebook["cells"] += [{"cell_type": "code", "source": "1"}] * 10_000


def long_cell(notebook: Json) -> None:
    cell(notebook, "double")["source"] += "\n#" + "x" * 300_000


def format_3(notebook: Json) -> Json:
    """The same in the format of 2013, as nbformat writes it."""
    return nbformat.convert(notebook, 3)


def format_99(notebook: Json) -> None:
    notebook["nbformat"], notebook["nbformat_minor"] = 99, "x"


CELLS = [
    Attack("skip-execution", "cells", tamper=rewritten(tags_to_skip), earns="total"),
    Attack("no-tests", "cells", tamper=rewritten(without_tests), earns="settle"),
    Attack("tests-twice", "cells", tamper=rewritten(tests_twice), earns="double"),
    Attack("tests-edited", "cells", tamper=rewritten(tests_edited), earns="total"),
    Attack("tests-first", "cells", tamper=rewritten(tests_first), earns="double settle"),
    Attack("tests-to-markdown", "cells", tamper=rewritten(tests_to_markdown), earns="settle"),
    Attack("solution-to-markdown", "cells", tamper=rewritten(solution_to_markdown), earns="total"),
    Attack("schema-99", "cells", tamper=settings(schema_version=99), earns="double"),
    Attack("schema-not-a-number", "cells", tamper=settings(schema_version=[]), earns="total"),
    Attack("grade-false", "cells", tamper=settings(grade=False), earns="settle"),
    Attack("points-1000", "cells", tamper=settings(points=1000), earns="double"),
    Attack("points-negative", "cells", tamper=settings(points=-5, task=True), earns="total"),
    Attack("unlocked", "cells", tamper=settings(locked=False, solution=True), earns="settle"),
    Attack("metadata-gone", "cells", tamper=rewritten(metadata_gone), earns="total settle"),
    Attack("odd-metadata", "cells", tamper=rewritten(odd_metadata), earns="double total settle"),
    Attack("other-kernel", "cells", tamper=rewritten(other_kernel), earns="total"),
    Attack("names-taken", "cells", tamper=rewritten(names_taken), earns="settle"),
    Attack("swapped-answers", "cells", tamper=rewritten(swapped_names), earns="total"),
    Attack("new-graded-cells", "cells", tamper=rewritten(new_graded_cells), earns="settle"),
    Attack("same-ids", "cells", tamper=rewritten(same_ids), earns="total"),
    Attack("fake-outputs", "cells", tamper=rewritten(fake_outputs), earns="double"),
    Attack("odd-cells", "cells", tamper=rewritten(odd_cells), earns="double total"),
    Attack("10000-cells", "cells", tamper=rewritten(many_cells), refused="1000 cells"),
    Attack("long-cell", "cells", tamper=rewritten(long_cell), refused="characters"),
    Attack("25-megabytes", "cells", tamper=replaced("[" + "1," * 13_000_000 + "1]"),
           refused="larger than 20 MB"),
    Attack("not-json", "cells", tamper=replaced("print('hello')"), refused="not valid JSON"),
    Attack("not-text", "cells", tamper=replaced(b"\x89PNG\r\n\x00\xff"), refused="not valid JSON"),
    Attack("deep-brackets", "cells", tamper=replaced("[" * 1_000_000), refused="not valid JSON"),
    Attack("a-list", "cells", tamper=replaced("[]"), refused="no list of cells"),
    Attack("no-cells", "cells", tamper=replaced('{"cells": {"a": 1}}'), refused="list of cells"),
    Attack("format-3", "cells", tamper=rewritten(format_3), earns="total settle"),
    Attack("format-99", "cells", tamper=rewritten(format_99), earns="double"),
    Attack("byte-order-mark", "cells", earns="total",
           tamper=lambda f: notebook_file(f).write_text(
               notebook_file(f).read_text(), encoding="utf-16")),
]  # fmt: skip


# -- web --------------------------------------------------------------------------------------

SCRIPTS = """\
<script>alert("ALARM")</script> <img src=x onerror="alert('ALARM')">
<svg onload="alert('ALARM')"><script>alert("ALARM")</script></svg>
<iframe src="javascript:alert('ALARM')"></iframe> <a href="javascript:alert('ALARM')">x</a>
[link](javascript:alert('ALARM')) [data](data:text/html,<script>alert('ALARM')</script>)
[entity](java&#115;cript:alert('ALARM')) [tab](<java\tscript:alert('ALARM')>)
[case]( JavaScript:alert('ALARM')) [reference] ![](vbscript:alert('ALARM'))

[reference]: javascript:alert('ALARM')
[title](https://example.org "x\\" onmouseover=\\"alert('ALARM')")
![x](x" onerror="alert('ALARM')) <scr<script>ipt>alert("ALARM")</script>
<style>@import "javascript:alert('ALARM')";</style> <form action="javascript:alert('ALARM')">
<math><mtext><table><mglyph><style><img src=x onerror="alert('ALARM')"></style></mglyph></table>
`<script>alert("ALARM")</script>` $<script>alert("ALARM")</script>$
$$x</div><script>alert("ALARM")</script>$$ <object data="javascript:alert('ALARM')"></object>
<https://example.org/"onmouseover="alert('ALARM')>
"""


def markdown_with_scripts(notebook: Json) -> None:
    cell(notebook, "double-prompt")["source"] = SCRIPTS
    notebook["cells"].append({"cell_type": "markdown", "source": SCRIPTS, "metadata": {}})
    attached = {"x.svg": {"image/svg+xml": "<svg onload=\"alert('ALARM')\"/>"}}
    notebook["cells"].append(
        {"cell_type": "markdown", "source": "![x](attachment:x.svg)", "attachments": attached}
    )


def output_of(kind: str, value: str) -> str:
    """Code that displays text of this MIME type."""
    return f"from IPython.display import display\ndisplay({{{kind!r}: {value!r}}}, raw=True)"


WEB = [
    Attack("markdown-script", "web", tamper=rewritten(markdown_with_scripts), earns="total"),
    Attack("html-output", "web", output_of("text/html", SCRIPTS), earns="settle"),
    Attack("svg-output", "web", output_of("image/svg+xml", f"<svg>{SCRIPTS}</svg>")),
    Attack("script-output", "web", output_of("application/javascript", "alert('ALARM')")),
    Attack("markdown-output", "web", output_of("text/markdown", SCRIPTS), earns="total"),
    Attack("latex-output", "web", output_of("text/latex", f"$\\href{{x}}{{{SCRIPTS}}}$")),
    Attack(
        "picture-that-is-none", "web", output_of("image/png", "\"><script>alert('ALARM')</script>")
    ),
    Attack("script-in-text", "web", f"import sys\nprint({SCRIPTS!r})\nsys.stderr.write('\\x1b[31m'"
           f" + {SCRIPTS!r})", earns="total"),
    Attack("script-in-an-error", "web", f"Odd = type({SCRIPTS[:31]!r}, (Exception,), {{}})\n"
           f"raise Odd({SCRIPTS!r})", earns="settle"),
    Attack("script-in-an-answer", "web", "",
           {"double": f"def double(x):\n    raise ValueError({SCRIPTS!r})"}, earns="total"),
    Attack("script-in-code", "web", "# </pre></div><script>alert('ALARM')</script>", earns="total"),
    Attack(
        "script-for-a-count",
        "web",
        """
kernel = get_ipython().kernel
for count in ("<script>alert('ALARM')</script>", [1], {"a": 1}, -5, 1e400):
    kernel.session.send(
        kernel.iopub_socket, "execute_input", {"code": "", "execution_count": count},
        parent=kernel.get_parent())
script = "<script>alert('ALARM')</script>"
kernel.session.send(
    kernel.iopub_socket, "execute_input", {"code": script, "execution_count": script},
    parent=kernel.get_parent())
kernel.session.send(
    kernel.iopub_socket, "stream", {"name": script, "text": script}, parent=kernel.get_parent())
""",
        earns="total settle",
    ),
    Attack("script-in-a-file-name", "web", earns="double",
           tamper=written("<img src=x onerror=alert('ALARM')>", b"")),
]  # fmt: skip


# -- broken without malice --------------------------------------------------------------------


def renamed(name: str) -> Callable[[Path], Any]:
    return lambda folder: notebook_file(folder).rename(folder / name)


def copied_test(notebook: Json) -> None:
    cells = notebook["cells"]
    cells.insert(3, dict(cell(notebook, "total-graded")))


def deleted_test(notebook: Json) -> None:
    notebook["cells"].remove(cell(notebook, "total-graded"))


def without_schema(notebook: Json) -> None:
    for each in notebook["cells"]:
        each["metadata"].get("nbgrader", {}).pop("schema_version", None)


def windows_lines(folder: Path) -> None:
    path = notebook_file(folder)
    notebook = nbformat.read(path, as_version=4)
    for each in notebook["cells"]:
        each["source"] = each["source"].replace("\n", "\r\n")
    path.write_bytes(
        b"\xef\xbb\xbf" + json.dumps(notebook, indent=1).replace("\n", "\r\n").encode()
    )


def by_colab(notebook: Json) -> None:
    """Colab keeps cell metadata, gives ids of its own there and names the kernel in its way."""
    for number, each in enumerate(notebook["cells"]):
        del each["id"]
        each["metadata"] = {"id": f"Xy{number}", "outputId": f"z{number}"}
    notebook["nbformat_minor"] = 0
    notebook["metadata"] = {"colab": {"provenance": []}, "kernelspec": {"name": "python3"}}


def by_vscode(notebook: Json) -> None:
    """An editor that writes new ids and lists of lines, and leaves nbgrader's metadata out."""
    for number, each in enumerate(notebook["cells"]):
        each["id"] = f"{number:08x}"
        each["metadata"] = {"vscode": {"languageId": "python"}}
        each["source"] = each["source"].splitlines(keepends=True)


def in_a_cell_of_its_own(notebook: Json) -> None:
    """The answer stands in an added cell; the stub was emptied."""
    solution = cell(notebook, "total")
    place = notebook["cells"].index(solution)
    added = {"cell_type": "code", "source": solution["source"], "metadata": {}, "id": "mine",
             "outputs": [], "execution_count": None}  # fmt: skip
    solution["source"] = ""
    notebook["cells"].insert(place + 1, added)


BROKEN = [
    Attack("copied-test", "broken", tamper=rewritten(copied_test), earns="double total settle"),
    Attack("deleted-test", "broken", tamper=rewritten(deleted_test), earns="double total settle"),
    Attack("renamed", "broken", tamper=renamed("p1 (1).ipynb"), earns="double total settle"),
    Attack("no-schema-version", "broken", tamper=rewritten(without_schema), earns="total settle"),
    Attack("warnings", "broken", "import sys, warnings\nwarnings.warn('careful')\n"
           "print('careful', file=sys.stderr)\nnp.float64(1) / 0",
           {"total": "def total(x):\n    warnings.warn('careful')\n    np.log(-1.0)\n"
            "    return float(np.sum(x))"}, earns="double total settle"),
    Attack("windows-of-plots", "broken", "import time\ntry:\n    import matplotlib.pyplot as plt\n"
           "    plt.plot([1, 2]); plt.show()\nexcept ImportError:\n    pass",
           earns="double total settle"),
    Attack("missing", "broken", tamper=lambda folder: notebook_file(folder).unlink()),
    Attack("empty-file", "broken", tamper=replaced(""), refused="not valid JSON"),
    Attack("empty-notebook", "broken", tamper=replaced('{"cells": [], "metadata": {}}')),
    Attack("empty-folder", "broken", tamper=lambda f: (shutil.rmtree(f), f.mkdir())),
    Attack("windows-lines", "broken", tamper=windows_lines, earns="double total settle"),
    Attack("colab", "broken", tamper=rewritten(by_colab), earns="double total settle"),
    Attack("vs-code", "broken", tamper=rewritten(by_vscode), earns="double total"),
    Attack("a-cell-of-its-own", "broken", tamper=rewritten(in_a_cell_of_its_own),
           earns="double total settle"),
    Attack("syntax-error", "broken", "", {"double": "def double(x)\n    return 2 * x"},
           earns="total settle"),
    Attack("prints", "broken", "",
           {"double": "def double(x):\n    print('x is', x)\n    display(x)\n    return 2 * x"},
           earns="double total settle"),
    Attack("magics", "broken", "%matplotlib inline\n%time sum(range(9))\n%load_ext autoreload",
           earns="double total"),
    Attack("tabs", "broken", "", {"double": "def double(x):\n\treturn 2 * x  # ×2\t"},
           earns="double total settle"),
]  # fmt: skip

ATTACKS = [*FILES, *CELLS, *WEB, *BROKEN]
