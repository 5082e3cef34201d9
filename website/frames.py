"""Frames of a lecture's sliders, so that they move where no kernel runs.

``python frames.py FOLDER LECTURE…`` runs the cells with sliders and those that they build on, and
no others. It writes to FOLDER/LECTURE a picture for each setting, and ``sliders.json``: by the id
of a cell, its sliders with their frames, or why there are none. Then it says LECTURE.
"""

import ast
import json
import os
import re
import symtable
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from io import BytesIO
from itertools import product
from math import prod
from multiprocessing import Pool
from numbers import Number, Real
from pathlib import Path
from types import BuiltinFunctionType, FunctionType, ModuleType

import ipywidgets
import matplotlib.pyplot as plt
import numpy as np
from IPython.core.inputtransformer2 import TransformerManager
from IPython.core.interactiveshell import InteractiveShell
from IPython.display import display
from IPython.utils.capture import capture_output
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image
from traitlets.config import Config

MAKE_SLIDERS = {"interact", "interact_manual", "interactive", "interactive_output", "observe"}
VALUES = 13  # at most, of one control
FRAMES = 36  # at most, of one slider with all its controls
SECONDS = 40  # of a processor, for a lecture
AT_ONCE = {"listcomp", "setcomp", "dictcomp", "genexpr"}  # scopes, but no functions
PLAIN = (BuiltinFunctionType, FunctionType, ModuleType, Number, np.ndarray, np.ufunc, range, str)


# -- which cells sliders build on ---------------------------------------------------------


class Cell:
    """A code cell, and the names outside of its functions that it uses, and how."""

    def __init__(self, cell: dict) -> None:
        self.id = cell["id"]
        self.source = TransformerManager().transform_cell("".join(cell["source"]))
        statements = ast.parse(self.source).body
        self.needs: set[str] = set()  # what it has from cells above
        self.calls: set[str] = set()  # what its functions read whenever they are called
        self.sets: set[str] = set()  # what it binds for sure
        self.binds: set[str] = set()
        self.imports: set[str] = set()
        for statement in statements:
            top, *inner = _scopes(symtable.symtable(ast.unparse(statement), self.id, "exec"))
            names = [name for scope in inner for name in scope.get_symbols()]
            reads = {name.get_name() for name in top.get_symbols() if name.is_referenced()}
            reads |= {name.get_name() for name in names if name.is_global()}
            imports = {name.get_name() for name in top.get_symbols() if name.is_imported()}
            binds = {name.get_name() for name in top.get_symbols() if name.is_assigned()} | imports
            if isinstance(statement, ast.For | ast.With | ast.FunctionDef | ast.ClassDef):
                reads -= binds  # bound before it is read
            self.needs |= reads - self.sets
            self.calls |= {
                name.get_name()
                for scope in inner
                if scope.get_name() not in AT_ONCE
                for name in scope.get_symbols()
                if name.is_global()
            }
            self.imports |= imports
            self.binds |= binds | {name.get_name() for name in names if name.is_declared_global()}
            if not isinstance(statement, ast.If | ast.For | ast.While | ast.Try | ast.AugAssign):
                self.sets |= binds
        nodes = [node for statement in statements for node in ast.walk(statement)]
        self.changes = {_root(node) for node in nodes if _is_change(node)}
        called = {getattr(node, "id", getattr(node, "attr", "")) for node in nodes}
        self.makes_sliders = not MAKE_SLIDERS.isdisjoint(called)


def _scopes(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    yield table
    for inner in table.get_children():
        yield from _scopes(inner)


def _is_change(node: ast.AST) -> bool:
    """Such as `values[0] = 1`, `run.rate = 1` and `values.sort()`."""
    if isinstance(node, ast.Subscript | ast.Attribute):
        return not isinstance(node.ctx, ast.Load)
    call = node.value if isinstance(node, ast.Expr) else None
    return isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)


def _root(node: ast.AST) -> str:
    while inner := getattr(node, "value", getattr(node, "func", None)):
        node = inner
    return getattr(node, "id", "")


def built_on(cells: list[Cell], watched: set[str]) -> list[Cell]:
    """The cells with sliders, and those that make what they use.

    Cells that only read one of the `watched` names count as well: they may change what it is.
    """
    imported = set().union(*(cell.imports for cell in cells))
    chosen: list[Cell] = []
    called: set[str] = set()
    while True:
        before, chosen, needed = chosen, [], set()
        for cell in reversed(cells):
            makes = cell.binds | (cell.changes - imported) | (cell.needs & watched)
            if cell.makes_sliders or (chosen and not makes.isdisjoint(needed | called)):
                chosen.insert(0, cell)
                needed = (needed - cell.sets) | cell.needs
        called = set().union(*(cell.calls for cell in chosen))
        if chosen == before:
            return chosen


def is_plain(value: object) -> bool:
    """Only an assignment, or a change that one sees, gives it another value."""
    if isinstance(value, tuple):
        return all(map(is_plain, value))
    return value is None or isinstance(value, (*PLAIN, type))


# -- what a control may be set to ---------------------------------------------------------


def control(widget: ipywidgets.ValueWidget) -> tuple[dict, list]:
    """A control as the site shows it, and the values that it stands for."""
    kind, start = "select", None
    if isinstance(widget, ipywidgets.fixed):
        values, labels = [widget.value], [""]
    elif isinstance(widget.value, bool):
        values, labels = [False, True], ["off", "on"]
    elif hasattr(widget, "options") and isinstance(widget.index, int):
        values, labels = [*widget._options_values], [*widget._options_labels]
        start = widget.index
        kind = "range" if isinstance(widget, ipywidgets.SelectionSlider) else kind
    elif hasattr(widget, "step") and isinstance(widget.value, Real):
        kind = "range"
        steps = int((widget.max - widget.min) / widget.step + 1e-6)
        values = [round(widget.min + i * widget.step, 12) for i in range(steps + 1)]
        values = [widget.base**value for value in values] if hasattr(widget, "base") else values
        labels = [format(value, getattr(widget, "readout_format", "g")) for value in values]
    else:
        raise ValueError(f"a {type(widget).__name__} takes any value")
    if start is None:
        start = min(range(len(values)), key=lambda i: abs(values[i] - widget.value))
    return {"name": widget.description, "kind": kind, "labels": labels, "start": start}, values


def thin(length: int, limit: int, start: int) -> list[int]:
    """Places out of `length`, `limit` at most: both ends, `start`, and others between evenly."""
    if length <= limit:
        return [*range(length)]
    places = [round(i * (length - 1) / (limit - 1)) for i in range(limit)]
    if start not in places:
        nearest = min(range(1, limit - 1) or [0], key=lambda i: abs(places[i] - start))
        places[nearest] = start
    return places


# -- frames -------------------------------------------------------------------------------


def draw(function: Callable, settings: dict) -> tuple[Image.Image | None, str, str]:
    """What a slider shows at a setting: a picture, what it is of, and text."""
    with capture_output() as shown:
        result = function(**settings)
        figures = [plt.figure(number) for number in plt.get_fignums()]
        for item in figures if isinstance(result, Figure | None) else [*figures, result]:
            display(item)
    titles = [figure.get_suptitle() for figure in figures]
    titles += [ax.get_title() for figure in figures for ax in figure.axes]
    plt.close("all")
    pictures, text = [], shown.stdout
    for output in shown.outputs:
        if "image/png" in output.data:
            pictures.append(Image.open(BytesIO(output.data["image/png"])))
            titles.append((output.metadata or {}).get("image/png", {}).get("alt", ""))
        elif {*output.data} <= {"text/plain", "text/markdown"}:
            text += output.data.get("text/markdown", output.data["text/plain"]).strip("*") + "\n"
        else:
            raise ValueError(f"it shows {', '.join(output.data)}")
    words = re.sub(r"[\\${}]", "", "; ".join(filter(None, titles)))
    return _one_below_the_other(pictures), words, text


def as_png(figure: Figure) -> bytes:
    """A figure in its own size: it stays the same, whatever the labels."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    drawn = BytesIO()
    Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3]).save(drawn, "png", compress_level=0)
    return drawn.getvalue()


def _one_below_the_other(pictures: list[Image.Image]) -> Image.Image | None:
    if not pictures:
        return None
    size = max(p.width for p in pictures), sum(p.height for p in pictures)
    whole, top = Image.new("RGB", size, "white"), 0
    for picture in pictures:
        whole.paste(picture, (0, top))
        top += picture.height
    return whole.quantize(128, dither=Image.Dither.NONE).convert("RGB")


def frames(slider: ipywidgets.interactive, folder: Path, name: str) -> dict:
    """Draw a slider at settings that its controls allow, a picture a file."""
    made = [control(widget) for widget in slider.kwargs_widgets]
    counts = [len(values) for _, values in made]
    limit = next(n for n in range(VALUES, 0, -1) if prod(min(n, k) for k in counts) <= FRAMES)
    if limit == 1:
        raise ValueError("it has too many controls")
    names = [widget._kwarg for widget in slider.kwargs_widgets]
    for about, values in made:
        kept = thin(len(values), limit, about["start"])
        about["labels"] = [about["labels"][i] for i in kept]
        about["start"] = kept.index(about["start"])
        values[:] = [values[i] for i in kept]
    drawn = []
    for i, setting in enumerate(product(*(values for _, values in made))):
        if time.process_time() > SECONDS:
            raise TimeoutError("it takes too long")
        picture, words, text = draw(slider.f, dict(zip(names, setting, strict=True)))
        frame = {"alt": words, "text": text}
        if picture:
            frame |= {"src": f"{name}-{i}.webp", "width": picture.width, "height": picture.height}
            picture.save(folder / frame["src"], lossless=True)
        drawn.append(frame)
    return {"controls": [about for about, values in made if len(values) > 1], "frames": drawn}


def run(
    shell: InteractiveShell, made: list, cells: list[Cell], watched: set[str], folder: Path
) -> dict:
    """The sliders of each cell with their frames, or why there are none.

    Parameters
    ----------
    shell : InteractiveShell
    made : list of interactive
        Where sliders are put as they are made.
    cells : list of Cell
    watched : set of str
        Names of what cells may change that only read it. It grows with what is found to be such.
    folder : Path
        Gets the pictures.
    """
    chosen, drawn, why = built_on(cells, watched), {}, ""
    shell.reset()
    for cell in chosen:
        made.clear()
        with capture_output():
            result = shell.run_cell(cell.source)
        plt.close("all")
        error = result.error_before_exec or result.error_in_exec
        why = why or (f"{cell.id} ends with {error!r}" if error else "")
        if not cell.makes_sliders:
            continue
        watched |= {name for name, value in shell.user_ns.items() if not is_plain(value)}
        if built_on(cells, watched) != chosen:
            return run(shell, made, cells, watched, folder)
        drawn[cell.id] = why or "no function is called with what it is set to"
        if made and not why:
            try:
                drawn[cell.id] = [
                    frames(slider, folder, f"{cell.id}-{i}") for i, slider in enumerate(made)
                ]
            except Exception as error:  # a lecture may call anything
                drawn[cell.id] = repr(error)
    return drawn


def draw_lecture(lecture: str, site: Path) -> str:
    """Draw the frames of a lecture's sliders, in a process of its own."""
    folder = site / Path(lecture).with_suffix("")
    folder.mkdir(parents=True)
    cells, made = [], []
    for cell in json.loads(Path(lecture).read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            with suppress(SyntaxError):  # what does not run binds nothing
                cells.append(Cell(cell))
    make = ipywidgets.interactive.__init__

    def note(slider: ipywidgets.interactive, *args: object, **kwargs: object) -> None:
        make(slider, *args, **kwargs)
        made.append(slider)

    ipywidgets.interactive.__init__ = note
    ipywidgets.interactive.update = lambda *_: None  # called with each setting later
    ipywidgets.interactive_output = lambda f, controls: ipywidgets.interactive(f, **controls)
    shell = InteractiveShell.instance(config=Config(HistoryManager={"enabled": False}))
    shell.display_formatter.formatters["image/png"].for_type(Figure, as_png)
    os.chdir(Path(lecture).parent)
    drawn = run(shell, made, cells, set(), folder)
    for name, found in drawn.items():
        if isinstance(found, str):
            print(f"{lecture}: {name} needs a kernel: {found}", file=sys.stderr)
    (folder / "sliders.json").write_text(json.dumps(drawn), encoding="utf-8")
    return lecture


def main(folder: str, *lectures: str) -> None:
    """Draw the frames of all lectures, and say which is done."""
    with Pool(os.cpu_count(), maxtasksperchild=1) as pool:
        drawing = partial(draw_lecture, site=Path(folder).resolve())
        for lecture in pool.imap_unordered(drawing, lectures):
            print(lecture, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
