"""Docstrings say what the code does: they are there, complete, and about the code as it is.

ruff holds their form and asks one of every public function and class. Held here, besides:

* a public method or property has one, unless it is described where it is declared: in a base class,
  or in a protocol of the same module;
* a section "Parameters" lists the parameters of the function, all of them and no others;
* an exception that a public function raises itself, and does not catch, is in its section "Raises"
  or in its first line; not an abstract method's NotImplementedError, and not what the answers in
  ``grader_tests`` raise, which stand for students' functions;
* references and stubs say more: see the tests.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import chain
from pathlib import Path

import numpy as np
import pytest

from grader_tests import catalogue
from grading.marking import Task
from grading.marking.catalogue import unnumbered
from tests.support import REPOSITORY
from tests.support.notebooks import read_notebook

FILES = sorted(
    chain.from_iterable(
        (REPOSITORY / folder).rglob("*.py")
        for folder in ("grading", "grader_tests", "course/lecturekit")
    )
)
TASKS = [(notebook.name, task) for notebook in catalogue.notebooks() for task in notebook.tasks]
REFERENCES = sorted((REPOSITORY / "grader_tests").glob("*/reference.py"))

Function = ast.FunctionDef | ast.AsyncFunctionDef
SECTION = re.compile(r"^([A-Z][\w ]+)\n-{3,}\n(.*?)(?=^[A-Z][\w ]+\n-{3,}\n|\Z)", re.DOTALL | re.M)
FORMULA = re.compile(r" ([-+*/@=<>]|<=) |\*\*|\bexp\(|\[.*:.*\]")

BY_WORDS = {  # what these do is a rule in words, not a formula
    "best_trial", "choose_first_step", "diagnose_runs", "diagnose_winner",
    "early_stopping_epoch", "flip_horizontally", "grid_points", "initialize_zeros",
    "mini_batches", "parameters_to_vector", "predict", "random_points", "refine_space",
    "vector_to_parameters",
}  # fmt: skip
TO_FIND = {  # their formula is what is asked for: it stands nowhere
    "accumulate_gradients", "amsgrad_step", "beta_for_half_life", "calibration_error",
    "clip_gradients", "count_layers", "decide", "directional_difference", "discriminative_step",
    "elastic_gradients", "ewa_weights", "faulty_entries", "fold_batchnorm", "halving_rounds",
    "initialize_leaky", "latin_hypercube", "layernorm_backward", "leaky_relu_backward",
    "leaky_relu_forward", "mixup", "nesterov_step", "plateau_decay", "split_by_group",
    "trapezoid",
}  # fmt: skip


def relative(path: Path) -> str:
    return str(path.relative_to(REPOSITORY))


@dataclass(frozen=True)
class Entry:
    """An entry of a section "Parameters", "Returns" or "Raises"."""

    names: tuple[str, ...]
    kind: str
    text: str

    @property
    def is_array(self) -> bool:
        return self.kind.startswith("ndarray")

    @property
    def has_shape(self) -> bool:
        return re.search(r"\b(shapes?|axis)\b", f"{self.kind} {self.text}") is not None


@dataclass(frozen=True)
class Docstring:
    """A docstring in parts: what stands before the sections, and the sections by their titles."""

    opening: str
    sections: dict[str, list[Entry]]

    def names(self, section: str) -> list[str]:
        return [name for entry in self.sections.get(section, []) for name in entry.names]


def parsed(text: str) -> Docstring:
    """Read a docstring without its indentation."""
    sections = {title: list(entries(body)) for title, body in SECTION.findall(text)}
    return Docstring(SECTION.split(text)[0], sections)


def entries(body: str) -> Iterator[Entry]:
    """Read a section; what stands after an empty line and is not indented is no entry."""
    for head, text in re.findall(
        r"(?:^|(?<=\n))(\S.*)\n?((?:(?:[ ]+.*)?\n)*)", body.strip("\n") + "\n"
    ):
        names, colon, kind = head.partition(" : ")
        listed = re.fullmatch(r"\*{0,2}\w+(, \*{0,2}\w+)*", names)
        yield Entry(
            tuple(re.findall(r"\w+", names)) if listed else (),
            kind if colon else head,
            " ".join(text.split()),
        )


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def public(
    body: list[ast.stmt], owner: ast.ClassDef | None = None
) -> Iterator[tuple[ast.ClassDef | None, ast.ClassDef | Function]]:
    """The public classes, functions and methods of a module, each with its class."""
    for node in body:
        if isinstance(node, ast.ClassDef | Function) and not node.name.startswith("_"):
            yield owner, node
            if isinstance(node, ast.ClassDef):
                yield from public(node.body, node)


def parameters(function: Function, method: bool) -> list[str]:
    """The names of a function's parameters, without self."""
    given = function.args
    all_of_them = [*given.posonlyargs, *given.args, given.vararg, *given.kwonlyargs, given.kwarg]
    names = [argument.arg for argument in all_of_them if argument]
    decorators = {ast.unparse(decorator) for decorator in function.decorator_list}
    return names[1:] if method and "staticmethod" not in decorators else names


def raised(node: ast.AST) -> set[str]:
    """The public exceptions that the code below a node raises, not in functions inside it."""
    found = set()
    for child in ast.iter_child_nodes(node):
        caught = isinstance(node, ast.Try) and node.handlers and child in node.body
        if caught or isinstance(child, Function | ast.ClassDef | ast.Lambda):
            continue
        if isinstance(child, ast.Raise) and child.exc is not None:
            exception = child.exc.func if isinstance(child.exc, ast.Call) else child.exc
            found.add(ast.unparse(exception).rpartition(".")[2])
        found |= raised(child)
    return {name for name in found if name[0].isupper() and name != "NotImplementedError"}


def complaints(path: Path, module: ast.Module) -> Iterator[str]:
    """What is wrong with the docstrings of a module."""
    everything = list(public(module.body))
    declared = {
        node.name
        for owner, node in everything
        if owner and "Protocol" in map(ast.unparse, owner.bases) and ast.get_docstring(node)
    }
    for owner, node in everything:
        where = f"line {node.lineno}, {owner.name + '.' if owner else ''}{node.name}"
        text = ast.get_docstring(node)
        if text is None:
            protocol = owner and "Protocol" in map(ast.unparse, owner.bases)
            if not owner or protocol or not (owner.bases or node.name in declared):
                yield f"{where}: no docstring"
            continue
        doc = parsed(text)
        if isinstance(node, ast.ClassDef):
            wanted = fields(node)
        else:
            wanted = parameters(node, method=owner is not None)
        if "Parameters" in doc.sections and set(doc.names("Parameters")) != set(wanted):
            differing = sorted(set(doc.names("Parameters")) ^ set(wanted))
            yield f"{where}: Parameters and signature differ in {', '.join(differing)}"
        students = "grader_tests" in path.parts and path.name != "reference.py"
        if isinstance(node, Function) and not students:
            told = {*doc.names("Raises"), *re.findall(r"\w+", doc.opening.partition("\n")[0])}
            missing = raised(node) - told
            if missing:
                yield f"{where}: Raises lacks {', '.join(sorted(missing))}"


def fields(node: ast.ClassDef) -> list[str]:
    """What a class is made from: the parameters of its __init__, or the fields of a dataclass."""
    for item in node.body:
        if isinstance(item, Function) and item.name == "__init__":
            return parameters(item, method=True)
    return [
        item.target.id
        for item in node.body
        if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name)
        if not item.target.id.startswith("_")
    ]


@pytest.mark.parametrize("folder", sorted({path.parent for path in FILES}), ids=relative)
def test_docstrings_are_there_and_agree_with_the_code(folder):
    files = (path for path in FILES if path.parent == folder)
    assert [f"{path.name}, {told}" for path in files for told in complaints(path, tree(path))] == []


def test_the_engine_lists_its_folders():
    package = REPOSITORY / "grading"
    folders = {path.parent.name for path in package.glob("*/__init__.py")}
    text = ast.get_docstring(tree(package / "__init__.py"))
    assert sorted(re.findall(r"^``(\w+)`` ", text, re.M)) == sorted(folders)


def reference(task: Task) -> Docstring:
    return parsed(ast.get_docstring(definition(task)))


@cache
def definition(task: Task) -> Function:
    """The source of a task's reference."""
    path = REPOSITORY / f"{task.reference.__module__.replace('.', '/')}.py"
    (found,) = (node for _, node in public(tree(path).body) if node.name == task.name)
    return found


@cache
def stub(notebook: str, task: Task) -> Function:
    """The source of a question's answer cell in ``source/``."""
    notebooks = (REPOSITORY / "source").glob("*/*.ipynb")
    (path,) = (path for path in notebooks if unnumbered(path.stem) == notebook)
    cells = read_notebook(path).cells
    (cell,) = (cell for cell in cells if cell.id == task.name)
    return next(node for node in ast.parse(cell.source).body if isinstance(node, Function))


def omissions(node: Function) -> Iterator[str]:
    """What the docstring of a graded function does not say about what goes in and comes out."""
    doc = parsed(ast.get_docstring(node) or "")
    if set(doc.names("Parameters")) != set(parameters(node, method=False)):
        yield "Parameters are not those of the signature"
    if "Returns" not in doc.sections:
        yield "Returns is missing"
    for entry in chain(doc.sections.get("Parameters", []), doc.sections.get("Returns", [])):
        if entry.is_array and not entry.has_shape:
            yield f"{', '.join(entry.names)}: no shape"
    if (
        "entropy" in node.name
        and "backward" not in node.name
        and "nats" not in ast.get_docstring(node)
    ):
        yield "a cross-entropy is in nats"


each_task = pytest.mark.parametrize(
    ("notebook", "task"), TASKS, ids=[task.name for _, task in TASKS]
)


@each_task
def test_a_reference_says_what_goes_in_and_what_comes_out(notebook, task):
    assert list(omissions(definition(task))) == []


@each_task
def test_a_stub_says_what_goes_in_what_comes_out_and_the_formula(notebook, task):
    node = stub(notebook, task)
    assert list(omissions(node)) == []
    doc = parsed(ast.get_docstring(node))
    text = " ".join([doc.opening, *(entry.text for entry in doc.sections["Returns"])])
    assert (FORMULA.search(text) is None) == (task.name in BY_WORDS | TO_FIND), text


@each_task
def test_a_stub_and_its_reference_raise_the_same(notebook, task):
    theirs = set(parsed(ast.get_docstring(stub(notebook, task))).names("Raises"))
    assert theirs == set(reference(task).names("Raises"))
    cases = task.cases(np.random.default_rng(0))
    assert theirs >= {case.raises.__name__ for case in cases if case.raises is not None}


@pytest.mark.parametrize("path", REFERENCES, ids=lambda path: path.parent.name)
def test_references_name_their_notebook_and_the_source_of_their_formulas(path):
    text = ast.get_docstring(tree(path))
    (folder, notebook) = re.search(r"``(\w+)/(\w+)\.ipynb``", text).groups()
    there = (REPOSITORY / "source" / folder).glob("*.ipynb")
    assert notebook in [unnumbered(path.stem) for path in there]
    assert re.search(r"\b(18|19|20)\d\d\b|https://", text), "which paper or book, of which year?"


FAULTY = '''
class Shape:
    """A shape."""

    def area(self):
        return 1

class Sized(Protocol):
    """What has a size."""

    def size(self):
        """Its size."""

    def growth(self): ...

class Ball:
    """A ball."""

    def size(self):
        return 1

    def growth(self):
        return 2

class Square(Shape):
    """A square.

    Parameters
    ----------
    side : float
    """

    length: float

    def area(self):
        return self.length ** 2

def scale(x, *, factor=2):
    """Scale.

    Parameters
    ----------
    x, offset : float
    """
    if x is None:
        raise ValueError("what?")
    def inner():
        raise KeyError
    try:
        raise OSError
    except OSError:
        return inner

def fail():
    """Raise TypeError, always."""
    raise TypeError("always")
'''


def test_planted_faults_are_found():
    found = list(complaints(Path("grading/planted.py"), ast.parse(FAULTY)))
    assert found == [
        "line 5, Shape.area: no docstring",
        "line 14, Sized.growth: no docstring",
        "line 22, Ball.growth: no docstring",
        "line 25, Square: Parameters and signature differ in length, side",
        "line 38, scale: Parameters and signature differ in factor, offset",
        "line 38, scale: Raises lacks ValueError",
    ]


def test_planted_omissions_are_found():
    text = '''
def entropy(P, Y):
    """Return it.

    Parameters
    ----------
    P : ndarray of shape (C, m)
    Y : ndarray

    Two lines that are no entry,
    at the end.
    """
'''
    (node,) = ast.parse(text).body
    assert list(omissions(node)) == [
        "Returns is missing",
        "Y: no shape",
        "a cross-entropy is in nats",
    ]
