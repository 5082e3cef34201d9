"""The path through the course: every page once, linked to the next, and nothing asked too early."""

import os
import re
from pathlib import Path

import pytest

from grader_tests import catalogue
from grading.marking import Lecture, Task
from grading.marking.catalogue import unnumbered
from tests.support import REPOSITORY
from tests.support.lectures import NOTEBOOKS
from tests.support.notebooks import read_notebook

README = REPOSITORY / "course" / "README.md"
ROW = re.compile(r"^\| (?:lecture|assignment) \d: \[[^]]+\]\((.+?)\) \|", re.MULTILINE)
TO_NOTEBOOK = re.compile(r"\]\(([^)\s#]+\.ipynb)[^)\s]*\)")
PATH = [
    Path(os.path.normpath(README.parent / page))
    for page in ROW.findall(README.read_text(encoding="utf-8"))
]
ASSIGNMENTS = {unnumbered(page.stem): page for page in PATH if "release" in page.parts}


def linked(page: Path, text: str) -> list[Path]:
    return [Path(os.path.normpath(page.parent / link)) for link in TO_NOTEBOOK.findall(text)]


def needs(task: Task) -> set[Lecture]:
    """The sections in which a question's answer, or what is wrong with it, is explained."""
    return {task.lecture, *(mistake.lecture for mistake in task.mistakes)}


def test_every_lecture_and_every_assignment_is_on_the_path_once():
    released = sorted((REPOSITORY / "release").glob("*/*.ipynb"))
    assert sorted(PATH) == sorted([*NOTEBOOKS, *released])


def test_the_page_of_the_assignments_has_them_in_the_order_of_the_path():
    page = REPOSITORY / "release" / "README.md"
    assert linked(page, page.read_text(encoding="utf-8")) == list(ASSIGNMENTS.values())


@pytest.mark.parametrize("at", range(len(PATH)), ids=lambda at: f"{at}-{PATH[at].stem}")
def test_each_page_leads_to_the_next_and_an_assignment_back(at):
    page, after, cells = PATH[at], PATH[at + 1 : at + 2], read_notebook(PATH[at]).cells
    if page in ASSIGNMENTS.values():
        assert linked(page, cells[0].source.splitlines()[2]) == [PATH[at - 1], *after]
        assert not after or linked(page, cells[-1].source)[-1:] == after
    else:
        assert linked(page, cells[-1].source.rpartition("\n\n")[2])[:1] == after


@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_all_that_a_question_needs_comes_before_it(name):
    before = PATH[: PATH.index(ASSIGNMENTS[name])]
    for task in catalogue.notebook(name).tasks:
        late = {lecture for lecture in needs(task) if REPOSITORY / lecture.path not in before}
        assert not late, f"{task.name} sends readers on to {late}"


@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_a_question_builds_on_questions_before_it(name):
    questions = catalogue.notebook(name).questions
    for number, task in enumerate(catalogue.notebook(name).tasks):
        assert set(task.own_parts) <= set(questions[:number]), task.name
