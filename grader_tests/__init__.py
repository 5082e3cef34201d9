"""Hidden tests: reference solutions, the tasks that grade by them, and the audit that grades these.

A graded cell ends with ``grade("name_of_the_function")``, whose value is the points earned.

To add a task, which ``docs/new_task.md`` shows step by step,
1. write the reference in ``references/<notebook>.py``: pure NumPy, a docstring, ten lines;
2. describe the task in ``tasks/<notebook>.py`` and list it in ``TASKS``; see ``task.py`` for the
   parts and ``tasks/batch_norm.py`` for an example;
3. run ``python -m grading.rehearsal.audit name_of_the_function`` until it has nothing to say;
4. add the question's cells by ``python -m grading.rehearsal.scaffold <notebook> source/<assignment>``,
   and write its prompt and visible checks.
"""

from __future__ import annotations

import numpy as np

from grading.boundary import questions
from grading.marking import feedback
from grading.marking.catalogue import find
from grading.marking.exam import Exam

__all__ = ["grade"]


def grade(name: str) -> float:
    """Grade the student's function `name`, show the feedback, and return the points earned.

    Raises
    ------
    LookupError
        If there is no task of that name.
    """
    task = find(name)
    rng = np.random.default_rng(questions.seed(name))
    verdict = Exam(task, rng).judge(questions.ask)
    questions.show(feedback.text(verdict), feedback.html(verdict), feedback.outcome(verdict))
    return verdict.score
