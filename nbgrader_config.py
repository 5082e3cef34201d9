"""The one nbgrader configuration: the course, and where the grading engine takes nbgrader's place.

nbgrader reads this file several times for one command; everything here may be done again.
"""

import warnings

from nbconvert.preprocessors import ClearMetadataPreprocessor, CSSHTMLHeaderPreprocessor
from nbgrader.preprocessors import (
    AssignLatePenalties,
    CheckCellMetadata,
    ClearHiddenTests,
    ClearMarkScheme,
    ClearOutput,
    ComputeChecksums,
    GetGrades,
    IgnorePattern,
    IncludeHeaderFooter,
    InstantiateTests,
    LimitOutput,
    LockCells,
    OverwriteCells,
    OverwriteKernelspec,
    SaveAutoGrades,
    SaveCells,
)
from sqlalchemy.exc import SAWarning

from grading.plugin.canonicalize import Canonicalize
from grading.plugin.execute import SealedExecute
from grading.plugin.stubs import NamedStubs

c = get_config()  # noqa: F821 - traitlets defines it

# nbgrader 0.9.6 uses a new submission before it adds it to SQLAlchemy's session, and adds it then:
# newer versions of SQLAlchemy warn of that, three times a run. What is stored is right.
warnings.filterwarnings("ignore", "Object of type <Submitted", SAWarning)

c.CourseDirectory.course_id = "improving-deep-neural-networks"

# `nbgrader validate` counts graded cells only, which a released notebook has none of that run.
c.Validator.validate_all = True

# Releasing: nbgrader's own steps, with stubs that say which function is not written yet.
c.GenerateAssignment.preprocessors = [
    IncludeHeaderFooter,
    InstantiateTests,
    LockCells,
    NamedStubs,
    ClearOutput,
    CheckCellMetadata,
    ComputeChecksums,
    SaveCells,
    ClearHiddenTests,
    ClearMarkScheme,
    ComputeChecksums,
    CheckCellMetadata,
]

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
