"""A made-up class: submissions of which the score of every question is known beforehand.

What students may answer is what the course's hidden tests know: references, variants and mistakes.
What does not depend on a question (a crash, an endless loop, nothing at all) is added here.
"""

from __future__ import annotations

import ast
import copy
import itertools
import json
import random
import shutil
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import nbformat
from nbformat.notebooknode import NotebookNode

from grading.course import Course
from grading.handed_in.cells import grade_id
from grading.marking.catalogue import Catalogue
from grading.marking.task import Task
from grading.rehearsal.scores import scores
from grading.stop import Stop

SHARES = {  # of the answers, in percent
    "right": 55,
    "variant": 15,
    "mistake": 18,
    "crash": 4,
    "loop": 3,
    "nothing": 5,
}
CRASHES = {
    "an exception": 'raise RuntimeError("a crash made up for this class")',
    "os._exit": "import os\n\nos._exit(1)",
    "a segmentation fault": "import ctypes\n\nctypes.string_at(0)",
}
FATAL = ("os._exit", "a segmentation fault")  # crashes that end the kernel
TRIES = 20  # sets of answers drawn for a student and notebook
LOOP = "while True:\n    pass"
NAMES = (
    "Aino", "Amara", "Bela", "Chidi", "Dalia", "Emre", "Farah", "Goran", "Hana", "Ines", "Jonas",
    "Kofi", "Leila", "Mateo", "Nadia", "Oskar", "Priya", "Quentin", "Rosa", "Sanjay", "Tomoko",
    "Umar", "Vera", "Wei", "Ximena", "Yusuf", "Zoe",
)  # fmt: skip


@dataclass(frozen=True)
class KnownAnswer:
    """A whole solution cell, of which it is known what it is.

    Parameters
    ----------
    kind : {"right", "variant", "mistake"}
    detail : str
        The variant's name; the sentence that feedback has for the mistake.
    source : str
        Python, to stand in the cell.
    """

    kind: str
    detail: str
    source: str


@dataclass(frozen=True)
class Expected:
    """What a student answers to a question, and what it must earn."""

    kind: str
    detail: str
    score: float


@dataclass(frozen=True)
class Paper:
    """A released notebook: its tasks, and its questions' stubs by grade_id."""

    path: Path
    release: NotebookNode
    stubs: Mapping[str, str]
    tasks: Mapping[str, Task]


Expectations = dict[str, dict[str, dict[str, Expected]]]  # student → notebook → question


def simulate(
    course: Course,
    catalogue: Catalogue,
    assignment: str,
    students: int,
    seed: int,
    force: bool = False,
) -> Expectations:
    """Hand in a released assignment for a made-up class.

    Parameters
    ----------
    course : Course
    catalogue : Catalogue
        Its hidden tests.
    assignment : str
    students, seed : int
        The class is the same whenever it is made with the same numbers.
    force : bool
        Replace submissions of students of the same names.

    Returns
    -------
    Expectations
        What to expect; a question is known by the grade_id of its solution cell. The same is
        written to ``simulated/<assignment>.json``, which :func:`load` reads.

    Raises
    ------
    Stop
        If the assignment is not released, something is in the way, or no answers are known.
    """
    rng = random.Random(seed)
    folders = {name: course.submitted(name, assignment) for name in _names(students, rng)}
    taken = [name for name, folder in folders.items() if folder.exists()]
    if taken and not force:
        raise Stop(
            f"There are already submissions of {assignment} by {', '.join(taken)}. "
            "--force replaces them; another --seed makes other students."
        )
    release = course.release(assignment)
    notebooks = sorted(release.glob("*.ipynb"))
    if not notebooks:
        raise Stop(f"{release} holds no notebook. Run: nbgrader generate_assignment {assignment}")
    papers = [_paper(path, catalogue) for path in notebooks]
    kinds = _deck(students * sum(len(paper.stubs) for paper in papers), rng)
    crashes = itertools.cycle(rng.sample(sorted(CRASHES), len(CRASHES)))
    expected: Expectations = {}
    for student, folder in folders.items():
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(release, folder)
        expected[student] = {}
        for paper in papers:
            drawn = {name: kinds.pop() for name in paper.stubs}
            answers, expected[student][paper.path.stem] = _answers(paper, drawn, crashes, rng)
            nbformat.write(_answered(paper.release, answers), folder / paper.path.name)
    file = _file(course.root, assignment)
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(expected, default=asdict, indent=1, ensure_ascii=False) + "\n")
    return expected


def load(root: Path, assignment: str) -> Expectations:
    """Read what to expect of the class that was made in a course."""
    plain = json.loads(_file(root, assignment).read_text())
    return {
        student: {
            notebook: {name: Expected(**result) for name, result in questions.items()}
            for notebook, questions in notebooks.items()
        }
        for student, notebooks in plain.items()
    }


def _file(root: Path, assignment: str) -> Path:
    return root / "simulated" / f"{assignment}.json"


def _names(students: int, rng: random.Random) -> list[str]:
    """Distinct names as in a class list: a first name and a number."""
    numbers = rng.sample(range(100, 1000), students)
    return sorted(f"{rng.choice(NAMES)}{number}" for number in numbers)


def _deck(count: int, rng: random.Random) -> list[str]:
    """Kinds of answers: each of them once, as far as they go, and then by their shares."""
    kinds = [*SHARES, *rng.choices(list(SHARES), list(SHARES.values()), k=count)][:count]
    rng.shuffle(kinds)
    return kinds


def known_answers(task: Task) -> list[KnownAnswer]:
    """Return every answer to a question of which it is known what it is."""
    return [
        KnownAnswer("right", "the reference", task.source(task.reference)),
        *(KnownAnswer("variant", each.name, task.source(each.right)) for each in task.variants),
        *(
            KnownAnswer("mistake", mistake.sentence, task.source(way))
            for mistake in task.mistakes
            for way in mistake.ways
        ),
    ]


def _paper(path: Path, catalogue: Catalogue) -> Paper:
    release = nbformat.read(path, as_version=4)
    stubs = {
        cell.metadata.nbgrader.grade_id: cell.source
        for cell in release.cells
        if cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("solution")
    }
    try:
        tasks = {task.name: task for task in catalogue.notebook(path.stem).tasks}
    except LookupError as error:
        raise Stop(f"The hidden tests have no answers for {path}: {error}") from None
    missing = [name for name in stubs if name not in tasks]
    if missing:
        raise Stop(f"The hidden tests have no answer to {', '.join(missing)} of {path}.")
    return Paper(path, release, stubs, tasks)


def _answers(
    paper: Paper,
    kinds: Mapping[str, str],
    crashes: Iterator[str],
    rng: random.Random,
) -> tuple[dict[str, KnownAnswer], dict[str, Expected]]:
    """Answers of these kinds to a notebook's questions, and what they must earn.

    Raises
    ------
    Stop
        If no answers are found whose score does not hang on the cases drawn.
    """
    for _ in range(TRIES):
        answers = {
            name: _answer(kind, paper.stubs[name], known_answers(paper.tasks[name]), crashes, rng)
            for name, kind in kinds.items()
        }
        try:
            return answers, _expect(paper, answers)
        except ValueError as error:  # two mistakes that meet: draw others
            reason = error
    raise Stop(f"No answers to {paper.path} have a score that is certain: {reason}")


def _answer(
    kind: str, stub: str, known: list[KnownAnswer], crashes: Iterator[str], rng: random.Random
) -> KnownAnswer:
    """An answer of a kind; a right one where the question has none of that kind."""
    if kind == "nothing":
        return KnownAnswer(kind, "not written", stub)
    if kind == "loop":
        return KnownAnswer(kind, "never ends", _with_body(stub, LOOP))
    if kind == "crash":
        way = next(crashes)
        return KnownAnswer(kind, way, _with_body(stub, CRASHES[way]))
    fitting = [answer for answer in known if answer.kind == kind]
    return rng.choice(fitting or [answer for answer in known if answer.kind == "right"])


def _with_body(stub: str, body: str) -> str:
    """Write `body` in place of the last statement of a stub."""
    last = ast.parse(stub)
    while hasattr(last, "body"):
        last = last.body[-1]
    above = stub.splitlines()[: last.lineno - 1]
    return "\n".join([*above, textwrap.indent(body, " " * last.col_offset)])


def _expect(paper: Paper, answers: Mapping[str, KnownAnswer]) -> dict[str, Expected]:
    sources = {
        name: None if answer.kind == "loop" or answer.detail in FATAL else answer.source
        for name, answer in answers.items()
    }
    earned = scores(tuple(paper.tasks.values()), sources)
    return {
        name: Expected(answer.kind, answer.detail, earned[name]) for name, answer in answers.items()
    }


def _answered(release: NotebookNode, answers: Mapping[str, KnownAnswer]) -> NotebookNode:
    notebook = copy.deepcopy(release)
    for cell in notebook.cells:
        name = grade_id(cell)
        if name in answers:
            cell.source = answers[name].source
    return notebook
