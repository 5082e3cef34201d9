"""The hidden tests' own test: the right answer with one small change in it is a wrong answer.

Every first-order change of a reference (operators, constants, comparisons, conditions, arguments,
names, calls, slices, loops, statements) is judged as an answer, up to the first criterion that it
loses. One that earns full marks shows what no case looks at; or it is as right as the reference,
and its task says why in `equivalent`.
"""

from __future__ import annotations

import ast
import itertools
import re
import sys
from collections.abc import Iterator, Sequence
from types import FrameType
from typing import Any, NamedTuple

import numpy as np

from grading.boundary.questions import Question, Unanswered
from grading.marking.catalogue import Catalogue
from grading.marking.exam import Exam, settings
from grading.marking.sitting import Ask, ask_here
from grading.marking.source import source_of
from grading.marking.task import Task
from grading.rehearsal.tables import conclude, table

LINES = 100_000  # that a changed answer may run in one case
HEADER = f"{'task':<28}{'mutants':>9}{'survive':>9}"

OPERATORS: dict[type[ast.operator], tuple[str, ...]] = {
    ast.Add: ("-",),
    ast.Sub: ("+",),
    ast.Mult: ("/", "+"),
    ast.Div: ("*", "//"),
    ast.FloorDiv: ("/",),
    ast.Mod: ("//",),
    ast.Pow: ("*",),
    ast.MatMult: ("*",),
    ast.BitAnd: ("|",),
    ast.BitOr: ("&",),
}
COMPARISONS: dict[type[ast.cmpop], tuple[str, ...]] = {
    ast.Lt: ("<=", ">"),
    ast.LtE: ("<", ">="),
    ast.Gt: (">=", "<"),
    ast.GtE: (">", "<="),
    ast.Eq: ("!=", "<=", ">="),
    ast.NotEq: ("==",),
    ast.In: ("not in",),
    ast.NotIn: ("in",),
}
CALLED: dict[str, tuple[str, ...]] = {
    "abs": ("sign",),
    "all": ("any",),
    "any": ("all",),
    "argmax": ("argmin",),
    "argmin": ("argmax",),
    "argsort": ("sort",),
    "ceil": ("floor",),
    "exp": ("expm1",),
    "floor": ("ceil", "round"),
    "log": ("log10", "log1p", "log2"),
    "log10": ("log", "log2"),
    "max": ("min", "mean"),
    "maximum": ("minimum",),
    "mean": ("sum", "median"),
    "min": ("max", "mean"),
    "minimum": ("maximum",),
    "ones": ("zeros",),
    "ptp": ("std",),
    "random": ("standard_normal",),
    "round": ("int", "np.floor", "np.ceil"),
    "sort": ("argsort",),
    "sorted": ("list",),
    "sqrt": ("square",),
    "standard_normal": ("random", "standard_cauchy"),
    "std": ("var", "mean"),
    "sum": ("mean", "max"),
    "uniform": ("normal",),
    "var": ("std", "mean"),
    "zeros": ("ones",),
}
COMMUTING = {ast.Add, ast.Mult, ast.BitAnd, ast.BitOr}
EITHER_WAY = {"maximum", "minimum"}  # whose arguments may change places
COMMENT = re.compile(r"\s+# .*$", re.MULTILINE)
BINDING = (ast.BinOp, ast.UnaryOp, ast.Compare, ast.BoolOp, ast.Attribute, ast.Subscript)
SOME = ("[:1]", "[1:]", "[:-1]")  # of what a loop goes through


class Mutant(NamedTuple):
    """A changed right answer: its changed lines, what they were before, and its whole source."""

    lines: str
    before: str
    text: str


class Replacement(NamedTuple):
    """New text for what stands between two positions of a source."""

    start: int
    end: int
    new: str


class Survey:
    """The mutants of one task that earn full marks, and what is wrong about them.

    Parameters
    ----------
    task : Task
    seeds : int
        The cases are drawn with seeds 0, 1, …; a mutant must lose points with each of them.
    some : int, optional
        How many are judged, drawn at random; else all.
    """

    def __init__(self, task: Task, seeds: int, some: int | None = None) -> None:
        self.task = task
        every = list(mutants(task))
        order = np.random.default_rng(0).permutation(len(every)).tolist()
        self.mutants = [every[index] for index in sorted(order[:some])]
        exams = [Exam(task, np.random.default_rng(seed)) for seed in range(seeds)]
        full = {m: [survives(exam, m.text) for exam in exams] for m in self.mutants}
        self.survivors = [mutant for mutant, earns in full.items() if any(earns)]
        known = list(itertools.chain.from_iterable(task.equivalent.values()))
        self.misses = [
            f"a mutant earns full marks: {mutant.before} → {mutant.lines}"
            for mutant in self.survivors
            if mutant.lines not in known
        ]
        for lines in known:
            found = [all(earns) for mutant, earns in full.items() if mutant.lines == lines]
            if found and not any(found):
                self.misses.append(f"equivalent, but it loses points: {lines}")
            if not any(mutant.lines == lines for mutant in every):
                self.misses.append(f"equivalent, but there is no such mutant: {lines}")

    @property
    def row(self) -> str:
        """The task's line of the table."""
        return f"{self.task.name:<28}{len(self.mutants):>9}{len(self.survivors):>9}"


def survives(exam: Exam, text: str) -> bool:
    """Whether a source earns full marks."""
    try:
        asked = _bounded(ask_here(exam.task.namespace(text)), exam.task.name)
    except Exception:  # a default that cannot be computed
        return False
    parts = settings(tuple(exam.task.own_parts))
    return any(exam.over(some).all_held(asked) for some in parts)


def mutants(task: Task) -> Iterator[Mutant]:
    """All first-order changes of a task's reference that are Python, each once."""
    text = source_of(task.reference)
    known = {ast.dump(ast.parse(text))}
    for start, end, new in _Changes(text):
        changed = text[:start] + new + text[end:]
        try:
            tree = ast.dump(ast.parse(changed))
            compile(changed, "<mutant>", "exec")
        except SyntaxError:
            continue
        if tree not in known:
            known.add(tree)
            before, after = _changed(text, start, end, new)
            yield Mutant(f"without {before}" if after == "pass" else after, before, changed)


def _changed(text: str, start: int, end: int, new: str) -> tuple[str, str]:
    """The lines round a replacement, before and after it, each without comments as one line."""
    first, last = text.rfind("\n", 0, start) + 1, text.find("\n", end)
    before, after = text[first:last], text[first:start] + new + text[end:last]
    return " ".join(COMMENT.sub("", before).split()), " ".join(COMMENT.sub("", after).split())


def _bounded(ask: Ask, name: str) -> Ask:
    """An `ask` for one question at a time, that ends whatever loops the answer has."""

    def bounded(asked: Sequence[Question]) -> list[tuple[Any, ...] | Unanswered]:
        left = LINES

        def line(frame: FrameType, event: str, argument: object) -> Any:
            nonlocal left
            left -= event == "line"
            if left < 0:
                raise KeyboardInterrupt
            return line

        def called(frame: FrameType, event: str, argument: object) -> Any:
            return line if frame.f_code.co_filename == f"<{name}>" else None

        before = sys.gettrace()
        sys.settrace(called)
        try:
            return ask(asked)
        finally:
            sys.settrace(before)

    return bounded


class _Changes:
    """All replacements in a function's source, as an iterable."""

    def __init__(self, text: str) -> None:
        self._text, self._lines = text, text.splitlines()
        self._starts = [0, *itertools.accumulate(len(line) + 1 for line in self._lines)]
        function = ast.parse(text).body[0]
        assert isinstance(function, ast.FunctionDef)
        self._function = function
        self._parameters = [argument.arg for argument in function.args.args]

    def __iter__(self) -> Iterator[Replacement]:
        for part in (self._function.args, *self._function.body):
            yield from self._in(part, self._function)

    def _in(self, node: ast.AST, parent: ast.AST) -> Iterator[Replacement]:
        if isinstance(node, ast.stmt):
            yield from (Replacement(*self._span(node), new) for new in self._statement(node))
        if isinstance(node, ast.expr):
            binds = isinstance(parent, BINDING) and not (
                isinstance(parent, ast.Subscript) and node is parent.slice
            )
            for new in self._expression(node, parent):
                whole = not binds or re.fullmatch(r"[\w.]+|[\[{(].*[\]})]", new)
                yield Replacement(*self._span(node), new if whole else f"({new})")
        if isinstance(node, ast.For | ast.comprehension):
            for some in SOME:
                yield Replacement(*self._span(node.iter), f"list({self._of(node.iter)}){some}")
        for test in _tests(node):
            for new in ("True", "False", f"not ({self._of(test)})"):
                yield Replacement(*self._span(test), new)
        # What a message says is not graded. Positions inside of a formatted text are not those of
        # the source before Python 3.12.
        if not isinstance(node, ast.Raise | ast.JoinedStr):
            for child in ast.iter_child_nodes(node):
                yield from self._in(child, node)

    def _statement(self, node: ast.stmt) -> Iterator[str]:
        yield "pass"
        match node:
            case ast.AugAssign(target, op, value):
                for sign in OPERATORS.get(type(op), ()):
                    yield f"{self._of(target)} {sign}= {self._of(value)}"
                yield f"{self._of(target)} = {self._of(value)}"
            case ast.Break():
                yield "continue"
            case ast.Continue():
                yield "break"

    def _expression(self, node: ast.expr, parent: ast.AST) -> Iterator[str]:
        of = self._of
        match node:
            case ast.BinOp(left, op, right):
                yield from (of(left), of(right))
                yield from (
                    f"{of(left)} {sign} {of(right)}" for sign in OPERATORS.get(type(op), ())
                )
                if type(op) not in COMMUTING:
                    yield self._exchanged(node, left, right)
            case ast.BoolOp(op, values):
                yield (" or " if isinstance(op, ast.And) else " and ").join(map(of, values))
                yield from map(of, values)
            case ast.Compare(left, [op], [right]):
                yield from (
                    f"{of(left)} {sign} {of(right)}" for sign in COMPARISONS.get(type(op), ())
                )
            case ast.UnaryOp(_, inner) | ast.Attribute(inner, "T"):
                yield of(inner)
            case ast.IfExp(_, one, other):
                yield from (of(one), of(other))
            case ast.Constant(value):
                yield from _constants(value, parent)
            case ast.JoinedStr():
                text = of(node)
                yield f"{text[:2]}_{text[2:]}"
                yield from (re.sub(r"\{(\w+)\}", rf"{{\1 {sign} 1}}", text) for sign in "+-")
            case ast.Name(name, ast.Load()):
                if _is_a_number(node, parent):
                    yield from (f"-{name}", f"{name} + 1", f"{name} - 1", f"{name} * 1.01")
                if name in self._parameters:
                    yield from (other for other in self._parameters if other != name)
            case ast.Subscript(value, index):
                yield of(value)
                if isinstance(index, ast.Slice):
                    yield from (f"{of(value)}[{new}]" for new in self._slices(index))
            case ast.Tuple(parts) | ast.List(parts):
                yield from (self._exchanged(node, *two) for two in itertools.pairwise(parts))
            case ast.Dict(keys, values):
                items = zip(keys, values, strict=True)
                texts = [f"{of(k)}: {of(v)}" if k else f"**{of(v)}" for k, v in items]
                for left_out in texts:
                    yield f"{{{', '.join(text for text in texts if text != left_out)}}}"
            case ast.Call():
                yield from self._calls(node)

    def _calls(self, node: ast.Call) -> Iterator[str]:
        called, of = self._of(node.func), self._of
        before, dot, name = called.rpartition(".")
        yield from (of(argument) for argument in node.args)
        if dot and before != "np":
            yield before
        for other in CALLED.get(name, ()):
            yield f"{before}{dot}{other}{of(node)[len(called) :]}"
        if name not in EITHER_WAY:
            yield from (self._exchanged(node, *two) for two in itertools.pairwise(node.args))
        given = [*map(of, node.args), *map(of, node.keywords)]
        for left_out in range(len(given)):
            yield f"{called}({', '.join(given[:left_out] + given[left_out + 1 :])})"

    def _slices(self, node: ast.Slice) -> Iterator[str]:
        lower, upper, step = (
            self._of(part) if part else "" for part in (node.lower, node.upper, node.step)
        )
        every = ("", upper, step), (lower, "", step), (lower, upper, "")
        yield from (":".join(parts) for parts in every)

    def _exchanged(self, node: ast.expr, one: ast.expr, other: ast.expr) -> str:
        (start, end), (first, last) = self._span(node), self._span(one)
        text, after = self._text, self._span(other)[1]
        between = text[last : self._span(other)[0]]
        return f"{text[start:first]}{self._of(other)}{between}{self._of(one)}{text[after:end]}"

    def _span(self, node: Any) -> tuple[int, int]:
        ends = (node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset)
        start, end = (
            self._starts[line - 1] + len(self._lines[line - 1].encode()[:column].decode())
            for line, column in ends
        )
        return start, end

    def _of(self, node: Any) -> str:
        start, end = self._span(node)
        return self._text[start:end]


def _tests(node: ast.AST) -> list[ast.expr]:
    if isinstance(node, ast.comprehension):
        return node.ifs
    return [node.test] if isinstance(node, ast.If | ast.IfExp | ast.While) else []


def _is_a_number(node: ast.Name, parent: ast.AST) -> bool:
    """Whether a name may stand for a number: not what is called, or only counted."""
    called = parent.func if isinstance(parent, ast.Call) else None
    counted = isinstance(called, ast.Name) and called.id == "len"
    return not (isinstance(parent, ast.Attribute) or node is called or counted)


def _constants(value: object, parent: ast.AST) -> Iterator[str]:
    if isinstance(value, bool):
        yield str(not value)
    elif isinstance(value, int):
        yield from map(str, (value + 1, value - 1))
        if isinstance(parent, ast.keyword) and parent.arg == "axis":
            yield "None"
    elif isinstance(value, float):
        yield from map(repr, {value * 10, value * 1.01, value + 1} - {value})
    elif isinstance(value, str):
        yield repr(f"{value}_")


def run(catalogue: Catalogue, names: Sequence[str], seeds: int) -> int:
    """Print a table and the survivors without a reason; return the exit status, 1 if any."""
    return conclude(table(catalogue, names, HEADER, lambda task: Survey(task, seeds)))
