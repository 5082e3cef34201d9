"""What a task knows of its reference."""

from __future__ import annotations

import re
from collections import Counter
from math import log

from grading.marking import Agrees, Lecture, Task

_HIDDEN = log


def tally(text):
    """Return how often each word occurs."""
    return Counter(re.findall("[a-z]+", text))


def test_an_answer_may_use_what_the_references_module_imports_and_has():
    task = Task(tally, "counts", list, (Agrees("counts", 1),), Lecture("words.md", "Counting"))
    assert {"re", "Counter", "log", "tally"} <= set(task.given)
    assert {"annotations", "_HIDDEN", "__name__"}.isdisjoint(task.given)
