"""Visible checks: what holds, the first thing that does not, and a ladder of hints below it.

The folder ``checks`` beside the notebooks has this as its ``__init__.py``, a module for each
notebook, and a table of what known mistakes answer; ``python -m grading hints`` writes this and the
table. Needs NumPy only.
"""

from __future__ import annotations

import html
import inspect
import json
import os
import sys
import traceback
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np

COURSE = "../../"  # from a notebook
NAME = "What it looks like"
ERRORS = (  # a part of a message of Python's or NumPy's, and what it means
    (
        "could not be broadcast",
        "Two arrays have shapes that do not fit: print both. A sum or a mean without keepdims=True "
        "loses an axis.",
    ),
    (
        "matmul: ",
        "In a product A @ B, A has as many columns as B has rows: print both shapes. Is the order "
        "right, or a transpose missing?",
    ),
    (
        "Cannot interpret '",
        "A shape is one argument, a tuple: np.zeros((2, 3)). The second argument is the type.",
    ),
    (
        "not supported between instances of 'dict'",
        "Dicts cannot be compared, and so cannot tuples that begin with one: say what is compared.",
    ),
    ("inhomogeneous shape", "Pieces of different shapes make no array: look at the shape of each."),
)
Rung = tuple[str, str, str]  # what it is, its text, and where it links to, if anywhere


class Unmet(AssertionError):
    """Something does not hold: a sentence, and a ladder of hints."""

    rungs: tuple[Rung, ...] = ()
    held: tuple[str, ...] = ()  # what held before

    @property
    def text(self) -> str:
        """Sentence and ladder, for where nothing can be folded."""
        return "\n".join([f"✗ {self}", *(f"  {kind}: {text}" for kind, text, _ in self.rungs)])

    @property
    def html(self) -> str:
        """The ladder, each rung folded."""
        return "".join(
            f"<details><summary>{kind}</summary><p>{_linked(text, href)}</p></details>"
            for kind, text, href in self.rungs
        )

    def _render_traceback_(self) -> list[str]:  # what IPython shows in place of a traceback
        return self.text.splitlines()


@dataclass(frozen=True)
class Question:
    """A question: its visible checks, and the hints that hold whatever is wrong.

    Parameters
    ----------
    examine : callable (Trial)
        The checks; has the name of the function that is asked for.
    minutes : int
    ask : str
        What to ask oneself.
    by_hand : str
        A small example.
    """

    examine: Callable[[Trial], None]
    minutes: int
    ask: str
    by_hand: str


class Trial:
    """A student's function while it is checked: called with copies, every answer noted.

    Parameters
    ----------
    function : callable
    strict : bool
        Whether to stop where something does not hold, rather than to see all answers.
    """

    def __init__(self, function: Callable, strict: bool = True) -> None:
        self.function, self._strict = function, strict
        self.held: tuple[str, ...] = ()
        self.marks: list[float] = []  # a number for each answer
        self._changed = ""

    def __call__(self, *args: Any, **options: Any) -> Any:
        """Call the function with copies of what is given."""
        mine, named = _copy(args), _copy(options)
        try:
            answer = self.function(*mine, **named)
        except Exception as error:
            self.marks.append(mark(type(error).__name__))
            raise
        changed = [
            name
            for name, now, before in zip(
                _names(self.function, args, options),
                [*mine, *named.values()],
                [*args, *options.values()],
                strict=True,
            )
            if isinstance(before, np.ndarray | list | tuple | dict) and mark(now) != mark(before)
        ]
        self._changed = self._changed or "".join(changed[:1])
        self.marks.append(mark([answer, changed]))
        return answer

    def agree(
        self,
        what: str,
        got: Any,
        expected: Any,
        rtol: float = 1e-5,
        atol: float = 1e-9,
        flat: bool = False,
    ) -> None:
        """Compare a number, an array (a list of lists stands for one) or a dict of them.

        `flat`: where the entries are in the array's shape does not matter.
        """
        if flat and isinstance(got, np.ndarray) and got.size == np.size(expected):
            got = got.reshape(np.shape(expected))
        self._note(what, _difference(what, got, expected, rtol, atol))

    def equal(self, what: str, got: Any, expected: Any) -> None:
        """Compare something that is to be just so, such as a list, a bool or None."""
        unlike = type(expected) is bool and not isinstance(got, bool | np.bool_)
        same = not unlike and _plain(got) == _plain(expected)
        self._note(what, "" if same else f"{what} is {got!r}; it should be {expected!r}.")

    def holds(self, what: str, condition: Any, complaint: str) -> None:
        """Take note of what holds; stop with the complaint where it does not."""
        self._note(what, "" if condition else complaint)

    def parts(self, got: Any, *names: str) -> tuple[Any, ...]:
        """Return what the function gave in several parts.

        Raises
        ------
        Unmet
            If there are more or fewer.
        """
        if not isinstance(got, tuple | list) or len(got) != len(names):
            is_one = f"one thing, of type {type(got).__name__}"
            many = isinstance(got, tuple | list)
            returned = f"{len(got)} things" if many else is_one
            raise Unmet(f"It returns {returned}; it should return {', '.join(names)}.")
        return tuple(got)

    def refuses(self, what: str, *args: Any) -> None:
        """Stop unless the call ends with a ValueError."""
        try:
            self(*args)
        except ValueError:
            self._note(f"a ValueError for {what}", "")
        else:
            self._note("", f"{what[0].upper()}{what[1:]} should raise a ValueError.")

    @property
    def changed(self) -> str:
        """Which argument a call changed, in a sentence; nothing if none."""
        if not self._changed:
            return ""
        return f"It changes its argument {self._changed}. Make new arrays, new dicts and lists."

    def _note(self, what: str, complaint: str) -> None:
        if not complaint:
            self.held += (what,)
        elif self._strict:
            raise Unmet(complaint)


class Sheet:
    """The visible checks of a notebook.

    Parameters
    ----------
    path : str
        Of the module in which they are written; the table of known mistakes lies beside it.
    """

    def __init__(self, path: str) -> None:
        table = Path(path).with_suffix(".json")
        self.known = json.loads(table.read_text(encoding="utf-8")) if table.exists() else {}
        self.questions: dict[str, Question] = {}

    def question(self, minutes: int, ask: str, by_hand: str) -> Callable[[Callable], Callable]:
        """Make a function the checks of the question that has its name."""

        def add(examine: Callable[[Trial], None]) -> Callable[[Trial], None]:
            self.questions[examine.__name__] = Question(examine, minutes, ask, by_hand)
            return examine

        return add

    def check(self, function: Callable) -> None:
        """Run the visible checks of a question: lines for what holds, and for what does not.

        Validate gets an error, in place of lines.
        """
        name = self._name(function)
        try:
            held = self.examine(name, function)
        except (Unmet, NotImplementedError) as error:
            if "NBGRADER_VALIDATING" in os.environ:
                raise
            if isinstance(error, NotImplementedError):
                print(_unwritten(name, error))
                return
            _print_held(error.held)
            _display(error.text, f"<p>✗ {html.escape(str(error))}</p>{error.html}")
        else:
            _print_held(held)
            print(f"{name}: visible checks passed; hidden checks run when graded")

    def examine(self, name: str, function: Callable) -> tuple[str, ...]:
        """Return what holds.

        Raises
        ------
        Unmet
            At the first thing that does not.
        NotImplementedError
            If the function, or one that it calls, is not written yet.
        """
        if name not in self.questions:
            raise Unmet(f"There are checks for {_listed(self.questions)}; {name} is none of them.")
        trial = Trial(function)
        try:
            self.questions[name].examine(trial)
            trial.holds("arguments left as they were", not trial.changed, trial.changed)
        except NotImplementedError:
            raise
        except Exception as error:
            unmet = error if isinstance(error, Unmet) else Unmet(_stopped(error, function))
            unmet.held = trial.held
            unmet.rungs = tuple(self._ladder(name, function, f"{unmet}", trial.changed))
            raise unmet from None
        return trial.held

    def marks(self, name: str, function: Callable) -> list[float]:
        """A number for each answer to the calls of the checks, up to an error."""
        trial = Trial(function, strict=False)
        try:
            self.questions[name].examine(trial)
        except Exception as error:
            trial.marks.append(mark(type(error).__name__))
        return trial.marks

    def mistakes(self, name: str, function: Callable) -> list[dict[str, Any]]:
        """The known mistakes that answer as the function does."""
        known = self.known.get(name, {}).get("mistakes", ())
        mine = self.marks(name, function) if known else []
        return [each for each in known if any(_alike(mine, way) for way in each["marks"])]

    def progress(self) -> None:
        """Show which questions are done, and how long the others take."""
        rows, left = [], 0
        for name, question in self.questions.items():
            state = self._state(name)
            left += 0 if state == "done" else question.minutes
            points = self.known.get(name, {}).get("points", "")
            rows.append((name, state, f"{points:g}" if points else "", str(question.minutes)))
        done = sum(row[1] == "done" for row in rows)
        _show_table(
            ("question", "visible checks", "points", "minutes"),
            rows,
            f"{done} of {len(rows)} done; about {left} minutes left.",
        )

    def _state(self, name: str) -> str:
        function = vars(sys.modules["__main__"]).get(name)
        if function is None:
            return "to do: its cell has not been run"
        try:
            self.examine(name, function)
        except NotImplementedError as error:
            return f"to do: {_unwritten(name, error).partition(': ')[2]}"
        except Unmet as unmet:
            return f"to do: {unmet}"
        return "done"

    def _name(self, function: Callable) -> str:
        name = getattr(function, "__name__", "")
        if name in self.questions:
            return name
        main = vars(sys.modules["__main__"])
        return next((each for each in self.questions if main.get(each) is function), name)

    def _ladder(
        self, name: str, function: Callable, complaint: str, changed: str
    ) -> Iterator[Rung]:
        question, known = self.questions[name], self.known.get(name, {})
        found = {each["says"]: each for each in self.mistakes(name, function)}
        only = next(iter(found.values())) if len(found) == 1 else {}
        yield "A question to ask yourself", question.ask, ""
        if read := only.get("read") or known.get("read"):
            path, heading = read
            href = f"{COURSE}{quote(path)}#{quote(heading.replace(' ', '-'), safe=_ANCHOR)}"
            yield "Where to read", f"{path}, section “{heading}”", href
        if changed and changed != complaint:
            yield "Besides", changed, ""
        for part, meaning in ERRORS:
            if part in complaint:
                yield "What the error means", meaning, ""
        if only:
            yield NAME, only["says"], ""
        yield "By hand", question.by_hand, ""


_ANCHOR = "!$&'()*+,;=:@/?"  # JupyterLab compares an anchor as it stands


def mark(value: Any) -> float:
    """A number that tells values apart by names, shapes and entries, and not by rounding."""
    shape: list[str] = []
    numbers: list[np.ndarray] = []
    _flatten(value, shape, numbers)
    values = np.nan_to_num(np.concatenate([[], *numbers]), nan=0.7, posinf=1e300, neginf=-1e300)
    weights = 1 + np.cos(np.arange(1, len(values) + 1)) / 2
    structure = zlib.crc32(" ".join(shape).encode()) / 2**28
    return float(structure + np.sum(weights * np.arcsinh(1e7 * values)))


def _flatten(value: Any, shape: list[str], numbers: list[np.ndarray]) -> None:
    if isinstance(value, dict):
        for name in sorted(value, key=str):
            shape.append(f"{name}:")
            _flatten(value[name], shape, numbers)
    elif isinstance(value, list | tuple):
        shape.append(f"[{len(value)}")
        for each in value[:100]:
            _flatten(each, shape, numbers)
    elif np.asarray(value).dtype.kind in "bfiu":
        shape.append(f"{np.shape(value)}")
        numbers.append(np.ravel(value).astype(float))
    else:
        shape.append(value if isinstance(value, str) else type(value).__name__)


def _alike(mine: list[float], theirs: list[float]) -> bool:
    return len(mine) == len(theirs) and np.allclose(mine, theirs, rtol=1e-5, atol=1e-5)


def _difference(what: str, got: Any, expected: Any, rtol: float, atol: float) -> str:
    """The first difference in words, or nothing."""
    if isinstance(expected, dict):
        if not isinstance(got, dict):
            return f"{what} is a {type(got).__name__}; it should be a dict."
        if set(got) != set(expected):
            return f"{what} has the keys {_listed(got)}; they should be {_listed(expected)}."
        each = (
            _difference(_entry(what, key), got[key], right, rtol, atol)
            for key, right in expected.items()
        )
        return next(filter(None, each), "")
    right = np.array(expected, dtype=float)
    kind = "an array" if right.ndim else "a number"
    if right.ndim and not isinstance(got, np.ndarray):
        return f"{what} is a {type(got).__name__}; it should be a NumPy array."
    if not isinstance(got, int | float | np.ndarray | np.generic):
        return f"{what} is a {type(got).__name__}; it should be a number."
    mine = np.asarray(got)
    if mine.dtype.kind not in "bfiu":
        return f"{what} holds {mine.dtype} values; it should be {kind} of floats."
    if mine.shape != right.shape:
        return f"{what} has shape {mine.shape}; it should be {right.shape}."
    bad = np.argwhere(~np.isclose(mine, right, rtol=rtol, atol=atol))
    if not len(bad):
        return ""
    at = tuple(bad[0].tolist())
    where = f", entry {list(at)}," if at else ""
    return f"{what}{where} is {mine[at]:.6g}; it should be {right[at]:.6g}."


def _entry(what: str, key: str) -> str:
    """What an entry of a dict is called: as in code, if that is what the dict is called."""
    return f"{what}[{key!r}]" if what.isidentifier() else f"{key} of {what}"


def _listed(names: Any) -> str:
    return ", ".join(sorted(map(str, names)))


def _plain(value: Any) -> Any:
    """Lists for tuples and arrays, Python's numbers for NumPy's."""
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    return value


def _copy(value: Any) -> Any:
    """A copy of arrays and what holds them; generators and functions stay what they are."""
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, list | tuple):
        return type(value)(map(_copy, value))
    if isinstance(value, dict):
        return {name: _copy(each) for name, each in value.items()}
    return value


def _names(function: Callable, args: tuple[Any, ...], options: dict[str, Any]) -> list[str]:
    """What the function calls its arguments."""
    try:
        names = list(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        names = []
    known = (names + [f"argument {i + 1}" for i in range(len(names), len(args))])[: len(args)]
    return [*known, *options]


def _stopped(error: Exception, function: Callable) -> str:
    """Where and why the student's code stopped."""
    own = getattr(getattr(function, "__code__", None), "co_filename", None)
    lines = [
        frame.line
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename == own and frame.line
    ]
    where = f", at `{lines[-1]}`" if lines else ""
    said = f": {error}" if str(error) else ""
    return f"It stops with {type(error).__name__}{said}{where}"


def _unwritten(name: str, error: NotImplementedError) -> str:
    missing = str(error).partition(":")[0]
    if missing and missing != name:
        return f"{name}: it needs {missing}, which is not written yet"
    return f"{name}: not written yet"


def _linked(text: str, href: str) -> str:
    text = html.escape(text)
    return f'<a href="{html.escape(href)}">{text}</a>' if href else text


def _print_held(held: tuple[str, ...]) -> None:
    for what in dict.fromkeys(held):
        print(f"✓ {what}")


def _show_table(head: tuple[str, ...], rows: list[tuple[str, ...]], foot: str) -> None:
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    lines = [
        "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in [head, *rows]
    ]
    marked = "".join(
        "<tr>" + "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in row) + "</tr>"
        for tag, row in [("th", head), *(("td", row) for row in rows)]
    )
    shown = f"<table>{marked}</table><p>{html.escape(foot)}</p>"
    _display("\n".join([*lines, foot]), shown)


def _display(text: str, shown: str) -> None:
    """Show HTML in a notebook, text elsewhere."""
    shell = sys.modules.get("IPython")
    if shell and shell.get_ipython():
        from IPython.display import display

        display({"text/plain": text, "text/html": shown}, raw=True)
    else:
        print(text)
