"""Hidden tests of the course: a folder for each assignment notebook, a module for each question.

``docs/new_task.md`` shows step by step how a question is added.
"""

from grading.marking import Catalogue

catalogue = Catalogue(
    __name__,
    explanations=(
        ("has no attribute 'bool8'", "NumPy 2 has no np.bool8; write np.bool_."),
        ("module 'numpy' has no attribute", "NumPy 2 has no such name; older code often does."),
        (
            "newshape",
            "NumPy 2 has no newshape=; give the shape as np.reshape's second argument.",
        ),
        (
            "cannot be interpreted as an integer",
            "A shape or an index is a whole number; // gives one.",
        ),
        (
            "expected a sequence of integers",
            "A shape or an index is a whole number; // gives one.",
        ),
        ("NameError: name 'np'", "Run the notebook's first cell: it imports NumPy as np."),
    ),
)
grade = catalogue.grade
