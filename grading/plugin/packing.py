"""Packs up a course's assignment, so that it can be graded away from the course."""

from __future__ import annotations

from pathlib import Path

import cloudpickle
from nbgrader.api import Gradebook
from nbgrader.utils import find_all_files

from grading.course import Course, released_assignments
from grading.files import read_files, read_notebooks
from grading.grade import excerpt, fingerprint
from grading.grade.secret import course_secret
from grading.grade.settings import SealedExecute
from grading.grade.submission import Job
from grading.plugin.changes import Changes
from grading.plugin.closure import hidden_tests
from grading.sandbox.provisioner import SealedProvisioner

OF_THE_RUN = ("CourseDirectory", "Application", "JupyterApp", "NbGrader")
OF_PAGES = ("Attempts", "DueDates", "FeedbackPage")  # nor do they change what work earns


def pack(course: Course, assignment: str, gradebook: Gradebook) -> Job:
    """Pack up everything that workers need.

    Raises
    ------
    nbgrader.api.MissingEntry
        If the gradebook has no such assignment.
    """
    app = course.app
    ignored = [*course.directory.ignore, "*.ipynb"]
    with course.entered():
        release = read_files(course.release(assignment).resolve())
        others = {
            other: read_notebooks(course.release(other))
            for other in released_assignments(app)
            if other != assignment
        }
        folder = course.source(assignment).resolve()
        wanted = {Path(name).resolve() for name in find_all_files(str(folder), ignored)}
        secret = course_secret(Path(SealedExecute(parent=app).secret_file).resolve())
    source = {name: file for name, file in read_files(folder).items() if folder / name in wanted}
    rows = excerpt.of_assignment(gradebook, assignment)
    graded = {(cell["notebook_id"], cell["name"]) for cell in rows["base_cell"]}
    sources = [
        cell["source"]
        for cell in rows["source_cell"]
        if (cell["notebook_id"], cell["name"]) in graded
    ]
    tests = hidden_tests(sources, [path.resolve() for path in course.hidden_folders])
    config = {
        name: {setting: value for setting, value in part.items() if setting != "force"}
        for name, part in app.config.items()
        if name not in (*OF_THE_RUN, *OF_PAGES)
    }
    imports = tuple(SealedProvisioner(parent=app).imports)
    engine = fingerprint.engine(imports)
    # what questions count is changed in the gradebook at once, without grading again
    scored = {**rows, "grade_cells": [{**row, "max_score": None} for row in rows["grade_cells"]]}
    digest = fingerprint.of([assignment, release, source, tests, scored, config, secret, engine])
    return Job(
        assignment=assignment,
        release=release,
        source=source,
        others=others,
        tests=tests,
        rows=rows,
        config=cloudpickle.dumps(app.config),
        secret=secret,
        full=frozenset(Changes(course.root).full(assignment)),
        digest=digest,
        imports=imports,
        engine=engine,
    )
