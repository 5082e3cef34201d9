"""What a copy earns: functions that stand in the zip, pasted under a graded name, and judged.

Copied are the functions of lectures, of what they share, of given cells and of checks, those inside
of others and of classes, too: what such a one takes from around it, or from its object, becomes an
argument. Adapters are those that need no thought: arguments in any order, or each under its own
name; the parts of a cache one by one; the entries of dicts one by one; any part of the result, in
any place, beside arguments as they came.
"""

from __future__ import annotations

import ast
import builtins
import copy
import importlib
import inspect
import itertools
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from types import CodeType
from typing import Any, NamedTuple

import numpy as np

from grading.marking import Task
from grading.marking.exam import Exam
from grading.marking.sitting import ask_here
from grading.marking.source import names_used
from grading.rehearsal.nothing import answers_without_work
from tests.support import REPOSITORY
from tests.support.lectures import ANSWER
from tests.support.notebooks import read_notebook

PATIENCE = 0.05  # seconds of processor time for a call: what trains networks answers no question
CHECKING = {"__init__.py", "your_turn.py"}  # how checks work; their messages take time
VALUES = object()  # as a key: the values of a dict
NOTHING = object()  # equal to nothing
SIZES = ("m", "L")
JUDGED = 3  # ways to adapt a copy, of those that answer one call
ORDERS = 24  # that are tried of the arguments without a name of their own
# Experiments, figures and what takes part in them answer no question, and take time.
BESIDES = {"multiprocessing", "plots", "plt", "drawings", "default_rng", "load_digits"}
BESIDES |= {"scoreboard", "Network", "train", "train_deep"}


class Copy(NamedTuple):
    """A function that stands in the zip, and the arguments that it needs and may take."""

    place: str
    function: Callable
    needs: tuple[str, ...]
    takes: tuple[str, ...]


@cache
def copies() -> list[Copy]:
    """Every function of the zip, each text once."""
    found, texts = [], set()
    for folder, suffix in itertools.product(("course", "release"), ("py", "ipynb")):
        for path in sorted((REPOSITORY / folder).rglob(f"*.{suffix}")):
            if ".ipynb_checkpoints" not in path.parts and path.name not in CHECKING:
                for text, copied in _copied(path):
                    if text not in texts:
                        found.append(copied)
                    texts.add(text)
    return found


def _copied(path: Path) -> Iterator[tuple[str, Copy]]:
    module = ast.Module(list(_statements(path)), [])
    if path.parent.name == "lecturekit":
        scope = vars(importlib.import_module(f"lecturekit.{path.stem}"))
    else:
        scope = _surroundings(module)
    where = str(path.relative_to(REPOSITORY))
    besides = set(BESIDES)
    for node, outer in _functions(module, ()):
        made = _on_its_own(node, outer)
        local = dict(scope)
        try:
            exec(compile(made, f"<{where}>", "exec"), local)
        except NameError:  # a default that is a result
            made.body[0].args.defaults = []
            exec(compile(made, f"<{where}>", "exec"), local)
        name = made.body[0].name
        if besides & {*_mentioned(local[name].__code__)}:
            besides.add(name)
            continue
        if _is_one_operation(made):
            continue
        function = local[name]
        inside = {inner for around in outer for inner in _bound(around)}
        free = sorted(
            used
            for used in names_used(function)
            if used in inside or not (used in scope or hasattr(builtins, used))
        )
        spec = made.body[0].args
        listed = [argument.arg for argument in (*spec.posonlyargs, *spec.args)]
        without_default = listed[: len(listed) - len(spec.defaults)]
        keywords = [argument.arg for argument in spec.kwonlyargs]
        usual = {name: value for around in outer for name, value in _usual(around)}
        yield (
            ast.unparse(made),
            Copy(
                f"{where}: {'.'.join([*(getattr(o, 'name', 'lambda') for o in outer), name])}",
                _with_globals(function, tuple(free), usual),
                (*without_default, *(name for name in free if name not in usual)),
                (*listed[len(without_default) :], *keywords, *usual),
            ),
        )


def _is_one_operation(made: ast.Module) -> bool:
    """A product by itself is nothing to copy."""
    done = ast.BinOp | ast.UnaryOp | ast.Call | ast.Subscript | ast.Compare | ast.For
    found = [node for node in ast.walk(made) if isinstance(node, done)]
    return len(found) == 1 and isinstance(found[0], ast.BinOp)


def _mentioned(code: CodeType) -> Iterator[str]:
    """All names and attributes in a function, and in those inside."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _mentioned(constant)


def _statements(path: Path) -> Iterator[ast.stmt]:
    """All code of a file; of a notebook its cells, and the answers folded below them."""
    if path.suffix == ".py":
        yield from ast.parse(path.read_text(encoding="utf-8")).body
        return
    for cell in read_notebook(path).cells:
        if cell.metadata.get("nbgrader", {}).get("solution"):
            continue  # a stub
        for text in [cell.source] if cell.cell_type == "code" else ANSWER.findall(cell.source):
            yield from ast.parse(text).body


def _surroundings(module: ast.Module) -> dict[str, Any]:
    """The names that a copy may use: imports, functions, classes, what is made without a call."""
    scope: dict[str, Any] = {"__name__": "copied"}
    for node in module.body:
        made = isinstance(node, ast.Assign | ast.AnnAssign)
        if made and _calls(node):
            continue
        if made or isinstance(node, ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef):
            if isinstance(node, ast.FunctionDef):
                node.decorator_list = []
            try:
                exec(compile(ast.Module([node], []), "<copied>", "exec"), scope)
            except Exception:  # needs what is not installed, or a result
                continue
    return scope


def _calls(node: ast.AST) -> bool:
    """Whether something is called when this runs."""
    inner = (child for child in ast.iter_child_nodes(node) if not isinstance(child, ast.Lambda))
    return isinstance(node, ast.Call) or any(map(_calls, inner))


def _functions(node: ast.AST, outer: tuple) -> Iterator[tuple[ast.AST, tuple]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.Lambda):
            yield child, outer
        named = isinstance(child, ast.FunctionDef | ast.Lambda | ast.ClassDef)
        yield from _functions(child, (*outer, child) if named else outer)


class _Selfless(ast.NodeTransformer):
    """Attributes of an object, as names of their own."""

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        if isinstance(node.value, ast.Name) and node.value.id == "self":
            return ast.copy_location(ast.Name(node.attr, node.ctx), node)
        return self.generic_visit(node)


def _on_its_own(node: ast.AST, outer: tuple) -> ast.Module:
    node = copy.deepcopy(node)
    if isinstance(node, ast.Lambda):
        body = [ast.Return(node.body)]
        node = ast.FunctionDef("lambda_", node.args, body, [], type_params=[])
    node.decorator_list, node.returns = [], None
    outside = [line for line in node.body if isinstance(line, ast.Nonlocal)]
    node.body = [line for line in node.body if line not in outside] or [ast.Pass()]
    remembered = [ast.arg(name) for line in outside for name in line.names]
    node.args.args[:0] = remembered
    arguments = node.args.posonlyargs + node.args.args + node.args.kwonlyargs
    for argument in arguments:
        argument.annotation = None
    if node.args.args and node.args.args[0].arg == "self":
        del node.args.args[0]
        node = _Selfless().visit(node)
    return ast.fix_missing_locations(ast.Module([node], []))


def _bound(node: ast.AST) -> set[str]:
    """Names that are bound inside of a function, or of a class."""
    if isinstance(node, ast.ClassDef):
        return {inner.target.id for inner in node.body if isinstance(inner, ast.AnnAssign)}
    names = {inner.arg for inner in ast.walk(node.args) if isinstance(inner, ast.arg)}
    return names | {
        inner.id
        for inner in ast.walk(node)
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store)
    }


def _usual(node: ast.AST) -> Iterator[tuple[str, Any]]:
    """Attributes that have a plain value unless another is given."""
    for inner in node.body if isinstance(node, ast.ClassDef) else ():
        if isinstance(inner, ast.AnnAssign) and isinstance(inner.value, ast.Constant):
            yield inner.target.id, inner.value.value


def _with_globals(function: Callable, free: tuple[str, ...], usual: dict[str, Any]) -> Callable:
    def copied(**given: Any) -> Any:
        given = usual | given
        function.__globals__.update((name, given.pop(name)) for name in free)
        return function(**given)

    return copied if free else lambda **given: function(**given)


class Call(NamedTuple):
    """One call of a graded function: its arguments, by name, and the right answer."""

    given: dict[str, Any]
    answer: Any


def calls(task: Task, exam: Exam) -> list[Call]:
    """Calls that the cases of a task make, as the reference answers them."""
    made = []

    def recorder(*args: Any, **kwargs: Any) -> Any:
        given = fresh(_named(task, args, kwargs))
        answer = task.reference(*args, **kwargs)
        made.append(Call(given, fresh(answer)))
        return answer

    exam.put(ask_here(task.given | {task.name: recorder}))
    return made


def _named(task: Task, args: tuple, kwargs: dict[str, Any]) -> dict[str, Any]:
    """The arguments of a call by name, those left out as well."""
    bound = inspect.signature(task.reference).bind(*args, **kwargs)
    bound.apply_defaults()
    return bound.arguments


def fresh(value: Any) -> Any:
    """A copy that a call may change."""
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, dict):
        return {key: fresh(item) for key, item in value.items()}
    if type(value) in (list, tuple):
        return type(value)(map(fresh, value))
    return copy.deepcopy(value) if isinstance(value, np.random.Generator) else value


Way = tuple  # keys that lead from arguments, or a result, to what is in them
Binding = dict[str, Way]  # where each argument of a copy comes from
Recipe = Any  # of an answer: None, a list of recipes, or from where it comes, and the way there


def answering(task: Task) -> list[str]:
    """The places of copies that earn half of a task's points, and more than no work at all."""
    exam = Exam(task, np.random.default_rng(0))
    found = {place: score for place, score in _earned(task, exam) if score >= task.points / 2}
    if found:
        unworked = max(
            exam.judge(ask_here(task.given | {task.name: candidate})).score
            for name, candidate in answers_without_work(task)
            if not name.startswith("the right answer")
        )
        found = {place: score for place, score in found.items() if score > unworked}
    return list(found)


def _earned(task: Task, exam: Exam) -> Iterator[tuple[str, float]]:
    """Copies that answer one call of the cases at least in part, and what they earn."""
    made = calls(task, exam)
    asked = min(made, key=_is_telling)
    with interruptible():
        for one in copies():
            best = 0.0
            ways = sorted(_adapted(one, asked, task), key=lambda way: -way[0])
            for _, adapted in ways[:JUDGED]:
                ask = ask_here(task.given | {task.name: adapted})
                with suppress(Impatient), patience(1):
                    best = max(best, exam.judge(ask).score)
            if best:
                yield one.place, best


def _is_telling(call: Call) -> tuple[bool, float, bool, int]:
    """Less for a small call whose answer is new, and has many different numbers, few of them 0."""
    as_it_came = any(same(given, call.answer) for given in call.given.values())
    numbers = [np.ravel(part).astype(float) for part in _numbers(call.answer)]
    found = np.concatenate(numbers) if numbers else np.zeros(1)
    different = len(set(found[found != 0].round(9)))
    return as_it_came, -round(different / max(len(found), 1), 1), len(found) < 4, _size(call.given)


def _adapted(one: Copy, asked: Call, task: Task) -> Iterator[tuple[int, Callable]]:
    """Functions with the arguments of the graded one, which call a copy, and how much is its."""
    drawn = "rng" in asked.given
    seen = set()
    for by_entry, pool in _pools(asked.given):
        for binding in _bindings(one, pool):
            if drawn and ("rng",) not in binding.values():
                continue
            try:
                with patience():
                    result = _put(one, binding, by_entry, fresh(asked.given))
            except Impatient:
                return
            except Exception:
                continue
            recipe = _recipe(asked.answer, list(parts(result)), asked.given, drawn)
            key = repr(recipe), repr(binding), by_entry
            if (own := _own(recipe)) and key not in seen:
                seen.add(key)
                yield own, _answering(task, one, binding, by_entry, recipe)


def _answering(task: Task, one: Copy, binding: Binding, by_entry: bool, recipe: Recipe) -> Callable:
    """The copy as a graded function; of the right answer only the form is used."""

    def answer(*args: Any, **kwargs: Any) -> Any:
        given = _named(task, args, kwargs)
        try:
            form = task.reference(**fresh(given))
        except Exception:
            form = None
        result = _put(one, binding, by_entry, given)
        return _cooked(recipe, result, given, form)

    return answer


def _cooked(recipe: Recipe, result: Any, given: dict[str, Any], form: Any) -> Any:
    if isinstance(recipe, list):
        forms = form if isinstance(form, tuple | list) else [None] * len(recipe)
        pairs = zip(recipe, forms, strict=True)
        return tuple(_cooked(part, result, given, its_form) for part, its_form in pairs)
    if recipe is None:
        return None
    kind, way = recipe
    return shaped(at(result if kind == "result" else given, way), form)


def _recipe(right: Any, found: list, given: dict[str, Any], drawn: bool) -> Recipe:
    """From where the right answer can be had, each part by itself if not as a whole."""
    new = right
    if isinstance(right, dict):  # entries that are returned as they came tell nothing
        came = [value for value in given.values() if isinstance(value, dict)]
        old = {k for k, v in right.items() if any(k in d and same(d[k], v) for d in came)}
        new = {k: NOTHING if k in old else v for k, v in right.items()}
    for way, mine in found:
        if same(mine, new, drawn):
            return "result", way
    for way, mine in parts(given, depth=1):
        if way and same(mine, right):
            return "argument", way
    if isinstance(right, tuple) and right:
        return [_recipe(item, found, given, drawn) for item in right]
    return None


def _own(recipe: Recipe) -> int:
    """How many parts of it are the copy's."""
    if isinstance(recipe, list):
        return sum(map(_own, recipe))
    return recipe is not None and recipe[0] == "result"


def _put(one: Copy, binding: Binding, by_entry: bool, given: dict[str, Any]) -> Any:
    """What a copy returns; entry by entry, ``dW1`` of one dict goes with ``W1`` of another."""
    if not by_entry:
        sized = given | _sizes(given)
        result = one.function(**{name: at(sized, way) for name, way in binding.items()})
        return list(result) if isinstance(result, Iterator) else result
    bare = {
        name: {key.removeprefix("d"): item for key, item in value.items()}
        for name, value in given.items()
        if isinstance(value, dict)
    }
    results = {}
    for key in next(iter(bare.values())):
        entries = given | {name: value[key] for name, value in bare.items()}
        results[key] = one.function(**{name: at(entries, way) for name, way in binding.items()})
    if all(isinstance(result, tuple) for result in results.values()):
        return tuple(
            dict(zip(results, column, strict=True))
            for column in zip(*results.values(), strict=True)
        )
    return results


def _sizes(given: dict[str, Any]) -> dict[str, int]:
    """The number of examples, and of layers: what an object would know."""
    arrays = [value for value in given.values() if isinstance(value, np.ndarray) and value.ndim > 1]
    dicts = [value for value in given.values() if isinstance(value, dict)]
    sizes = {"m": arrays[0].shape[-1] if arrays else 0, "L": len(dicts[0]) // 2 if dicts else 0}
    return {name: size for name, size in sizes.items() if name not in given}


def _pools(given: dict[str, Any]) -> Iterator[tuple[bool, list[tuple[str, Way]]]]:
    """What a copy can get, with a name where it has one: whole, caches in parts, entry by entry."""
    whole = [(name, (name,)) for name in given]
    dicts = {name: value for name, value in given.items() if isinstance(value, dict)}
    named = [(key, (name, key)) for name, value in dicts.items() for key in value]
    named += [(name, (name,)) for name in SIZES]
    yield False, whole + [("", (name, VALUES)) for name in dicts] + named
    taken_apart = [
        ("" if way else name, (name, *way))
        for name, value in given.items()
        for way, part in (parts(value) if isinstance(value, tuple) else [((), value)])
        if not isinstance(part, tuple)
    ]
    if len(taken_apart) > len(whole):
        yield False, taken_apart + named
    if any(dicts.values()):
        yield True, whole


def _bindings(one: Copy, pool: list[tuple[str, Way]]) -> Iterator[Binding]:
    """Arguments that have a name of their own get it, the others any order; then all any order."""
    named = {plain(name): way for name, way in reversed(pool)}
    own = {name: named[plain(name)] for name in (*one.needs, *one.takes) if plain(name) in named}
    missing = [name for name in one.needs if name not in own]
    free = [
        way
        for _, way in pool
        if way[0] not in SIZES and (len(way) == 1 or not isinstance(way[-1], str))
    ]
    rest = [way for way in free if way not in own.values()]
    for ways in itertools.islice(itertools.permutations(rest, len(missing)), ORDERS):
        yield own | dict(zip(missing, ways, strict=True))
    if own and len(one.needs) <= 3:
        whole = [way for way in free if len(way) == 1]
        for ways in itertools.islice(itertools.permutations(whole, len(one.needs)), ORDERS):
            yield dict(zip(one.needs, ways, strict=True))


class Impatient(BaseException):
    """A call takes too long; no `except Exception` keeps it."""


def _stop(*_: Any) -> None:
    raise Impatient


@contextmanager
def interruptible() -> Iterator[None]:
    """Let `patience` interrupt."""
    before = signal.signal(signal.SIGVTALRM, _stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGVTALRM, before)


@contextmanager
def patience(seconds: float = PATIENCE) -> Iterator[None]:
    """Interrupt what takes more processor time, and what goes on after that, too."""
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds, PATIENCE)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def _size(value: Any) -> int:
    return sum(map(np.size, _numbers(value)))


def _numbers(value: Any) -> Iterator[Any]:
    """All arrays and numbers in a value."""
    for _, part in parts(value):
        if isinstance(part, int | float | np.ndarray | np.generic):
            yield part


def parts(value: Any, way: Way = (), depth: int = 2) -> Iterator[tuple[Way, Any]]:
    """A value and, by the keys that lead there, what is in it."""
    yield way, value
    if depth and isinstance(value, tuple | list) and len(value) <= 12:
        for key, item in enumerate(value):
            yield from parts(item, (*way, key), depth - 1)
    elif depth and isinstance(value, dict):
        for key, item in value.items():
            yield from parts(item, (*way, key), depth - 1)


def at(value: Any, way: Way) -> Any:
    for key in way:
        value = list(value.values()) if key is VALUES else value[key]
    return value


def plain(name: str) -> str:
    return name.lower().replace("_", "")


def same(mine: Any, right: Any, drawn: bool = False) -> bool:
    """Whether a part of a result is a part of the right one, but for its form."""
    if isinstance(right, dict):
        return (
            isinstance(mine, dict)
            and len(mine) == len(right) > 0
            and any(same(a, b, drawn) for a, b in zip(mine.values(), right.values(), strict=True))
        )
    if right is NOTHING:
        return False
    if isinstance(right, str | bool) or right is None or callable(right):
        return type(mine) is type(right) and mine == right
    if isinstance(mine, dict | str) or callable(mine):
        return False
    try:
        mine, right = np.asarray(mine), np.asarray(right)
        if mine.size != right.size or mine.dtype.kind not in "bif" or right.dtype.kind not in "bif":
            return False
        if drawn and right.size > 2:
            return True
        if not right.size or abs(mine.flat[0] - right.flat[0]) > 1e-6 * (1 + abs(right.flat[0])):
            return False
        return bool(
            np.allclose(mine.ravel(), right.ravel(), rtol=1e-6)
            or np.allclose(mine.T.ravel(), right.ravel(), rtol=1e-6)
        )
    except (TypeError, ValueError):
        return False


def shaped(value: Any, like: Any) -> Any:
    """A value in the form of another one."""
    if isinstance(like, dict) and isinstance(value, dict) and len(like) == len(value):
        return {
            key: shaped(v, item)
            for (key, item), v in zip(like.items(), value.values(), strict=True)
        }
    if isinstance(like, np.ndarray):
        value = np.asarray(value)
        if value.shape != like.shape and value.size == like.size:
            value = value.T if value.T.shape == like.shape else value.reshape(like.shape)
    return value
