"""The page on writing a task does what it says: every block of it is written, called and compared.

Files, cells and commands are taken from ``docs/new_task.md`` in their order, in a copy of the
hidden tests; what a command printed must match what stands below it, where ``…`` is anything.
"""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path

import nbformat
import pytest
from nbconvert.filters import strip_ansi
from nbgrader.api import Gradebook

from tests.support import REPOSITORY
from tests.support.commands import variables

PAGE = REPOSITORY / "docs" / "new_task.md"
ASSIGNMENT, NOTEBOOK, FUNCTION, POINTS = "module4_extras", "label_smoothing", "smooth_labels", 5
BLOCK = re.compile(r"([^\n]+)\n\n```(\w+)\n(.*?)\n```$", re.DOTALL | re.MULTILINE)
IMPATIENT = """
c.SealedExecute.timeout = 20
"""


@dataclass
class Course:
    """The copy in which the page is followed, and what its commands came to."""

    root: Path
    printed: list[tuple[str, str, str]] = field(default_factory=list)  # command, shown, printed
    failed: list[str] = field(default_factory=list)

    def follow(self, page: str) -> None:
        """Do what the blocks of a page say."""
        within = replaced = None
        for said, language, text in BLOCK.findall(page):
            if language == "console":
                for command, shown in commands(text):
                    self.call(command, shown)
            elif file := re.fullmatch(r"File `(.*)`:", said):
                path = self.root / file[1]
                path.parent.mkdir(exist_ok=True)
                path.write_text(text + "\n")
            elif cell := re.fullmatch(r"Cell `(.*)`:", said):
                self.write(cell[1], text)
            elif place := re.fullmatch(r"In `(.*)`, in place of", said):
                within, replaced = place[1], text
            elif said == "write":
                self.replace(within, replaced, text)
            else:
                raise AssertionError(f"what is to be done with the block after {said!r}?")

    def replace(self, file: str, old: str, new: str) -> None:
        path = self.root / file
        text = path.read_text()
        assert text.count(f"\n{old}\n") == 1, old
        path.write_text(text.replace(f"\n{old}\n", f"\n{new}\n"))

    def write(self, id: str, source: str) -> None:
        """Give a cell of the source notebook its text, as a person would."""
        path = self.root / "source" / ASSIGNMENT / f"{NOTEBOOK}.ipynb"
        notebook = nbformat.read(path, as_version=4)
        (cell,) = (cell for cell in notebook.cells if cell.id == id)
        cell.source = source
        nbformat.write(notebook, path)

    def call(self, command: str, shown: str) -> None:
        """Call a command; before the class is graded, six more students hand in."""
        if command.startswith("nbgrader autograde"):
            self.hand_in()
        run = subprocess.run(
            command, shell=True, cwd=self.root, env=variables(),
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        self.printed.append((command, shown, strip_ansi(run.stdout)))
        if run.returncode:
            self.failed.append(command)

    def hand_in(self) -> None:
        """A right, an empty and each wrong answer, under names that say which."""
        release = self.root / "release" / ASSIGNMENT
        for student, source in self.answers().items():
            folder = self.root / "submitted" / student / ASSIGNMENT
            shutil.copytree(release, folder)
            notebook = nbformat.read(folder / f"{NOTEBOOK}.ipynb", as_version=4)
            (cell,) = (cell for cell in notebook.cells if cell.id == FUNCTION)
            cell.source = source or cell.source
            nbformat.write(notebook, folder / f"{NOTEBOOK}.ipynb")

    def answers(self) -> dict[str, str]:
        program = (
            "import json; from grader_tests import catalogue; "
            "from grading.rehearsal.simulate import known_answers; "
            f"known = known_answers(catalogue.find({FUNCTION!r})); "
            "print(json.dumps([(answer.kind, answer.source) for answer in known]))"
        )
        known = json.loads(self.python("-c", program))
        wrong = [source for kind, source in known if kind == "mistake"]
        right = {kind: source for kind, source in known if kind != "mistake"}
        return {**right, "empty": "", **{f"wrong{n}": text for n, text in enumerate(wrong, 1)}}

    def python(self, *arguments: str) -> str:
        run = subprocess.run(
            [sys.executable, *arguments], cwd=self.root, capture_output=True, text=True
        )
        assert run.returncode == 0, run.stdout + run.stderr
        return run.stdout

    def score(self, student: str) -> float:
        with Gradebook(f"sqlite:///{self.root}/gradebook.db") as gradebook:
            return gradebook.find_submission(ASSIGNMENT, student).score

    def feedback(self, student: str) -> str:
        path = self.root / "feedback" / student / ASSIGNMENT / f"{NOTEBOOK}.html"
        return unescape(path.read_text())


def commands(text: str) -> Iterator[tuple[str, str]]:
    """The commands of a console block, and what stands below each."""
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, _, shown = part.partition("\n")
        yield command, shown


def matches(printed: str, shown: str) -> bool:
    """Whether a command printed what is shown, up to the width of spaces."""
    parts = (re.escape(" ".join(part.split())) for part in shown.split("…"))
    return re.fullmatch(" ?.*".join(parts), " ".join(printed.split())) is not None


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A copy of the repository after everything on the page was done."""
    root = tmp_path_factory.mktemp("own")
    for folder in ("grader_tests", "tests"):
        shutil.copytree(
            REPOSITORY / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__")
        )
    shutil.copy(REPOSITORY / "pyproject.toml", root)
    (root / "nbgrader_config.py").write_text(
        (REPOSITORY / "nbgrader_config.py").read_text() + IMPATIENT
    )
    course = Course(root)
    course.follow(PAGE.read_text())
    return course


pytestmark = pytest.mark.usefixtures("sandbox")


def test_commands_print_what_the_page_shows(course):
    assert len(course.printed) > 8
    for command, shown, printed in course.printed:
        assert matches(printed, shown), f"$ {command}\n{printed}"


def test_only_the_first_audit_finds_fault(course):
    assert course.failed == [f"python -m grading audit {FUNCTION}"]


@pytest.mark.parametrize("student", ["right", "variant"])
def test_right_answers_earn_full_marks(course, student):
    assert course.score(student) == POINTS
    assert "A mistake we recognise" not in course.feedback(student)


@pytest.mark.parametrize("number", [1, 2, 3])
def test_each_mistake_earns_less_and_is_named(course, number):
    assert course.score(f"wrong{number}") < POINTS
    program = (
        f"from grader_tests import catalogue; "
        f"print(catalogue.find({FUNCTION!r}).mistakes[{number - 1}].sentence)"
    )
    sentence = course.python("-c", program).strip()
    assert sentence in " ".join(course.feedback(f"wrong{number}").split())


def test_an_empty_answer_earns_nothing(course):
    assert course.score("empty") == 0


def test_everyone_of_the_made_up_class_earns_what_was_expected(course):
    expected = json.loads((course.root / "simulated" / f"{ASSIGNMENT}.json").read_text())
    found = {student: course.score(student) for student in expected}
    assert found == {
        student: answers[NOTEBOOK][FUNCTION]["score"] for student, answers in expected.items()
    }
    assert set(found.values()) >= {0, POINTS}


def test_the_repositorys_own_tests_accept_the_notebook(course):
    chosen = [
        "course/test_assignments",
        "rehearsal/test_audit",
        "house/test_docstrings",
        "marking/test_feedback",
    ]
    files = [f"tests/{name}.py" for name in chosen]
    # what the page leaves to you
    held = "smooth and not where_one_is and not page_of_the_course and not all_is_done"
    said = course.python("-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", held, *files)
    assert int(re.search(r"(\d+) passed", said)[1]) > 15


def test_the_files_of_the_page_are_in_house_style(course):
    made = [
        *(course.root / "grader_tests" / NOTEBOOK).glob("*.py"),
        *(course.root / "source").rglob(f"{NOTEBOOK}.ipynb"),
    ]
    written = [str(path.relative_to(course.root)) for path in made]
    assert len(written) == 4
    course.python("-m", "ruff", "check", *written)
    course.python("-m", "ruff", "format", "--check", *written)


@pytest.mark.parametrize(
    ("printed", "shown", "good"),
    [
        ("one\ntwo  three\n", "one\ntwo three", True),
        ("one\ntwo\n", "one\n…", True),
        ("one\ntwo\n", "…\ntwo", True),
        ("one\ntwo\nthree", "one\n…\nthree\n…", True),
        ("one\ntwo\n", "one", False),
        ("one\ntwo\n", "…\none", False),
        ("15/15 0.04", "15/15 …", True),
        ("14/15 0.04", "15/15 …", False),
    ],
)
def test_what_is_shown_is_compared_with_what_is_printed(printed, shown, good):
    assert matches(printed, shown) == good
