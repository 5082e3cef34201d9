"""Puts the engine where nbgrader takes its steps from; used in ``nbgrader_config.py``."""

from __future__ import annotations

import os
import shutil
import sysconfig
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

import nbgrader.apps.api
import nbgrader.apps.autogradeapp
import nbgrader.apps.dbapp
import nbgrader.apps.generatefeedbackapp
import nbgrader.plugins
from nbgrader.preprocessors import (
    CheckCellMetadata,
    ClearHiddenTests,
    ClearMarkScheme,
    ClearOutput,
    ComputeChecksums,
    IncludeHeaderFooter,
    InstantiateTests,
    LockCells,
    SaveCells,
)
from traitlets.config import Config

from grading.plugin.adjust import KeepChangedPoints
from grading.plugin.autograde import SealedAutograde
from grading.plugin.feedback import ClearOurHiddenTests, EveryonesFeedback, GetScores
from grading.plugin.grades import export_grades
from grading.plugin.pages import BoundedHighlight, bounded_colours, with_prefix
from grading.plugin.stubs import NamedStubs
from grading.plugin.students import import_students


@contextmanager
def configured(c: Config) -> Iterator[Config]:
    """Have nbgrader release, grade and give feedback by this engine; the block adds to that.

    nbgrader only logs an error in its configuration, and goes on without it: with its own steps,
    in which nothing seals student code. Here an error ends the command.

    Parameters
    ----------
    c : Config
        What ``get_config()`` gives in ``nbgrader_config.py``, which nbgrader reads several times
        for one command.

    Raises
    ------
    SystemExit
        If anything in it or in the block goes wrong.
    """
    try:
        _configure(c)
        yield c
    except Exception as error:
        *_, where = traceback.extract_tb(error.__traceback__)
        raise SystemExit(
            f"nbgrader_config.py cannot be used: {type(error).__name__}: {error} "
            f"({where.filename}, line {where.lineno}). Nothing was done, because without it "
            "student code would run unsealed."
        ) from error


def _configure(c: Config) -> None:
    # nbgrader starts alembic, which lies beside it, by its name.
    if shutil.which("alembic") is None:
        os.environ["PATH"] = os.pathsep.join([sysconfig.get_path("scripts"), os.environ["PATH"]])

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
        KeepChangedPoints,
        ClearHiddenTests,
        ClearMarkScheme,
        ComputeChecksums,
        CheckCellMetadata,
    ]

    # Grading: one step, with student code run in a sandbox and graded cells in the judge. For
    # `nbgrader autograde`, for formgrader's button, and for nbgrader's Python interface. What an
    # instructor adds to these lists converts what was handed in, and what was graded.
    nbgrader.apps.autogradeapp.Autograde = SealedAutograde
    nbgrader.apps.api.Autograde = SealedAutograde
    c.Autograde.sanitize_preprocessors = []
    c.Autograde.autograde_preprocessors = []

    # Class lists as spreadsheets write them, and grades as they read them.
    nbgrader.plugins.CsvExportPlugin.export = export_grades
    nbgrader.apps.dbapp.DbStudentImportApp.start = import_students

    # Feedback shows neither hidden tests nor anything that a browser would run.
    nbgrader.apps.generatefeedbackapp.GenerateFeedback = EveryonesFeedback
    nbgrader.apps.api.GenerateFeedback = EveryonesFeedback
    c.GenerateFeedback.preprocessors = [GetScores, ClearOurHiddenTests]

    # The pages of formgrader show whatever students wrote, too.
    c.HTMLExporter.filters = {
        "highlight_code": BoundedHighlight,
        "ansi2html": bounded_colours,
        "strip_files_prefix": with_prefix,
    }
