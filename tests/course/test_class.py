"""A class of 12 is handed in, graded by plain nbgrader commands, and gets what it must get."""

import csv
import re
from functools import cache
from html import escape
from pathlib import Path

import nbformat
import numpy as np
import pytest
from bs4 import BeautifulSoup
from nbgrader.utils import is_grade

from grader_tests import catalogue
from grading.boundary import questions
from grading.course import Course
from grading.grade.secret import case_key, student_key
from grading.marking.case import Answer
from grading.marking.exam import Exam
from grading.rehearsal.demo import Earned, copy_notebook, results
from grading.rehearsal.simulate import CRASHES, SHARES, load, simulate
from tests.support import REPOSITORY
from tests.support.little_course import nbgrader

pytestmark = pytest.mark.usefixtures("sandbox")

ASSIGNMENT, NOTEBOOK = "module3_tuning_batchnorm", "2_batch_norm"
SETTINGS = f"""
c.HiddenTests.folders = [{str(REPOSITORY)!r}]
c.SealedExecute.timeout = 4
c.SealedExecute.question_timeout = 2
"""
SEED = 1
SECRET = bytes(range(32))  # the same cases at every run
OURS = re.compile(r"grader_tests|(BEGIN|END) (HIDDEN|SOLUTION)|grading(/|\.\w)|references/|Exam\(")


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The course after the whole class was graded and got its feedback."""
    root = tmp_path_factory.mktemp("class")
    source = Path("source", ASSIGNMENT)
    copy_notebook(REPOSITORY / source / f"{NOTEBOOK}.ipynb", root / source)
    configuration = (REPOSITORY / "nbgrader_config.py").read_text()
    (root / "nbgrader_config.py").write_text(configuration + SETTINGS)
    (root / ".grading-secret").write_text(SECRET.hex())
    nbgrader(root, "generate_assignment", ASSIGNMENT).check_returncode()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        simulate(Course(), catalogue, ASSIGNMENT, students=12, seed=SEED)
    graded = nbgrader(root, "autograde", ASSIGNMENT)
    assert graded.returncode == 0, graded.stderr
    feedback = nbgrader(root, "generate_feedback", ASSIGNMENT)
    assert feedback.returncode == 0, feedback.stderr
    return root


@pytest.fixture(scope="module")
def graded(course: Path) -> list[Earned]:
    return results(course, ASSIGNMENT)


def page(course: Path, student: str) -> str:
    return (course / "feedback" / student / ASSIGNMENT / f"{NOTEBOOK}.html").read_text()


@cache
def told(course: Path, student: str) -> set[str]:
    """Numbers in the outputs of a student's page, to six digits; text and styles have others."""
    outputs = BeautifulSoup(page(course, student), "html.parser").select(".output")
    numbers = re.findall(r"\d+\.\d{3,}", " ".join(output.get_text() for output in outputs))
    return {f"{float(number):.6g}" for number in numbers}


def right_numbers(course: Path, result: Earned) -> set[str]:
    """The student's own right values of a question, to six digits."""
    path = course / "autograded" / result.student / ASSIGNMENT / f"{NOTEBOOK}.ipynb"
    cells = nbformat.read(path, as_version=4).cells
    work = [cell.source for cell in cells if cell.cell_type == "code" and not is_grade(cell)]
    key = case_key(student_key(SECRET, result.student, ASSIGNMENT), work)
    rng = np.random.default_rng(questions.derive(key, result.question))
    wanted = Exam(catalogue.find(result.question), rng).wanted
    found = (floats(answer.result) for answer in wanted if isinstance(answer, Answer))
    return {f"{abs(x):.6g}" for values in found for x in values if abs(x) * 1e4 % 1 > 1e-6}


def floats(value: object) -> list[float]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        return [x for item in value for x in floats(item)]
    return [] if value is None else np.ravel(value).tolist()


def test_the_class_has_answers_of_every_kind(course):
    answers = [
        answer
        for notebooks in load(course, ASSIGNMENT).values()
        for answer in notebooks[NOTEBOOK].values()
    ]
    assert {answer.kind for answer in answers} == set(SHARES)
    assert {answer.detail for answer in answers if answer.kind == "crash"} == set(CRASHES)


def test_every_answer_earns_what_it_must_earn(graded):
    assert len(graded) == 12 * len(catalogue.notebook(NOTEBOOK).questions)
    assert [result for result in graded if result.score != result.expected.score] == []


def test_feedback_names_the_mistakes(course, graded):
    named = {
        result.student: result.expected.detail
        for result in graded
        if result.expected.kind == "mistake"
        and escape(result.expected.detail) in page(course, result.student)
    }
    assert len(set(named.values())) >= 3


def test_feedback_shows_no_hidden_source_no_right_value_and_no_traceback_of_ours(course, graded):
    for result in graded:
        assert OURS.search(page(course, result.student)) is None
        assert told(course, result.student) & right_numbers(course, result) == set()
    assert any(told(course, result.student) for result in graded), "no outputs found"


def test_export_has_everyones_total(course, graded):
    nbgrader(course, "export").check_returncode()
    with (course / "grades.csv").open() as file:
        exported = {row["student_id"]: float(row["raw_score"]) for row in csv.DictReader(file)}
    totals = dict.fromkeys(exported, 0.0)
    for result in graded:
        totals[result.student] += result.expected.score
    assert exported == totals and len(totals) == 12
