"""What stands in the zip earns less than half of a question's points, if it is pasted there.

:mod:`tests.support.copies` says what is tried.
"""

from collections import Counter

import pytest

from grader_tests import catalogue
from grading.marking.catalogue import unnumbered
from tests.support import REPOSITORY
from tests.support.copies import answering

MODULES = {
    unnumbered(path.stem): path.parent.name for path in (REPOSITORY / "source").glob("*/*.ipynb")
}
# Shown on purpose, with the reason: at most so many points a module.
MOST = 8
SHOWN = {
    "parameters_to_vector": "lecture 5 checks whole networks, and that needs one vector",
    "gradient_difference": "lecture 5 measures by it from its second section on",
    "early_stopping_epoch": "lecture 3 stops its own runs by it",
    "one_hot": "every lecture of module 3 needs the labels of the digits so",
}


@pytest.mark.parametrize("notebook", MODULES)
def test_what_stands_in_the_zip_earns_less_than_half(notebook, capsys):
    for task in catalogue.notebook(notebook).tasks:
        copied = answering(task)
        if task.name in SHOWN:
            assert copied, f"{task.name} is shown nowhere any more: take it out of SHOWN"
        else:
            assert not copied, f"{task.name} is answered by {', '.join(copied)}"


def test_little_is_shown_on_purpose():
    points = Counter()
    for name, module in MODULES.items():
        tasks = catalogue.notebook(name).tasks
        points[module] += sum(task.points for task in tasks if task.name in SHOWN)
    assert max(points.values()) <= MOST, points
