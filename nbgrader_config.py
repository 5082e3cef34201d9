"""The one nbgrader configuration: the course, and where the grading engine takes nbgrader's place.

nbgrader reads this file several times for one command; everything here may be done again.
"""

from nbconvert.preprocessors import ClearMetadataPreprocessor, CSSHTMLHeaderPreprocessor
from nbgrader.preprocessors import (
    AssignLatePenalties,
    CheckCellMetadata,
    ClearHiddenTests,
    GetGrades,
    IgnorePattern,
    LimitOutput,
    OverwriteCells,
    OverwriteKernelspec,
    SaveAutoGrades,
)

from grading import converter
from grading.canonicalize import Canonicalize
from grading.execute import SealedExecute

c = get_config()  # noqa: F821 - traitlets defines it

c.CourseDirectory.course_id = "improving-deep-neural-networks"

# Grading: nbgrader's own steps, with the submission rebuilt from the release first, and with
# student code run in a sandbox and graded cells in the judge.
converter.install()
c.Autograde.sanitize_preprocessors = [
    Canonicalize,
    OverwriteKernelspec,
    OverwriteCells,
    CheckCellMetadata,
]
c.Autograde.autograde_preprocessors = [
    SealedExecute,
    IgnorePattern,
    ClearMetadataPreprocessor,
    LimitOutput,
    SaveAutoGrades,
    AssignLatePenalties,
    CheckCellMetadata,
]
c.SealedExecute.tests = ["."]

# Feedback shows neither hidden tests nor anything that a browser would run.
c.GenerateFeedback.preprocessors = [GetGrades, ClearHiddenTests, CSSHTMLHeaderPreprocessor]
