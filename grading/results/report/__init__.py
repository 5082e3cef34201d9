"""The report on a class: a page of HTML for each assignment and one for all, for a browser.

``records``   what is known of a class: the gradebook, the autograded notebooks, the runs
``figures``   what it comes to: scores, difficulty, discrimination, who needs a look
``term``      what several assignments come to: who falls behind, what persists
``page``      the pages, from templates, ``page.css`` and ``page.js``

A page holds everything it needs and asks for nothing. Whatever students wrote (ids, messages) is
escaped text in it, never markup and never part of its script; its Content-Security-Policy allows
that one style sheet and that one script only.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from nbgrader.api import Gradebook
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from grading.course import Course
from grading.files import write_whole
from grading.results.report import page, records
from grading.stop import Stop


class CannotReport(Stop):
    """There is nothing to report; the text says why and what to do."""


def write(assignment: str | None = None) -> list[Path]:
    """Write the report on an assignment, or on each that has been graded, of this folder's course.

    Parameters
    ----------
    assignment : str, optional
        Its name in the gradebook.

    Returns
    -------
    list of Path
        The pages: ``report/<assignment>.html`` in the course; of several assignments, besides,
        ``report/index.html`` over all of them.

    Raises
    ------
    CannotReport
        If there is no gradebook, no such assignment, or nobody has been graded yet.
    """
    course = Course()
    try:
        classes = _classes(course, assignment)
    except SQLAlchemyError as error:
        what = str(error).partition("\n")[0]
        raise CannotReport(
            f"The gradebook {_gradebook(course)} cannot be read: {what}. If an older nbgrader "
            "made it, run: nbgrader db upgrade"
        ) from None
    folder = course.root / records.PAGES
    folder.mkdir(exist_ok=True)
    names = [one.assignment for one in classes]
    pages = {folder / f"{one.assignment}.html": page.render(one, names) for one in classes}
    if len(classes) > 1:
        pages.setdefault(folder / page.TERM, page.render_term(classes))
    for path, text in pages.items():
        # lone surrogates, which JSON can carry but UTF-8 cannot, become question marks
        write_whole(path, text.encode(errors="replace"))
    return list(pages)


def _classes(course: Course, assignment: str | None) -> list[records.Class]:
    if not course.has_gradebook():
        raise CannotReport(
            f"There is no gradebook {_gradebook(course)}: run this in the course's folder, after "
            "nbgrader generate_assignment and nbgrader autograde."
        )
    with Gradebook(course.directory.db_url, course.directory.course_id) as gradebook:
        dated = sorted((one.duedate or datetime.max, one.name) for one in gradebook.assignments)
        every = [name for _, name in dated]
        known = list(filter(records.is_folder_name, every))
        if assignment is not None and assignment not in known:
            raise CannotReport(
                f"The gradebook knows no assignment {assignment}; "
                f"it knows {', '.join(known) or 'none at all'}."
            )
        names = known if assignment is None else [assignment]
        found = [records.read(gradebook, course, name) for name in names]
    graded = [one for one in found if one.is_graded]
    if not graded:
        raise CannotReport(
            f"Nobody has been graded yet on {assignment or 'any assignment'}. "
            f"Run: python -m grading autograde {assignment or 'ASSIGNMENT'}"
        )
    return graded


def _gradebook(course: Course) -> str:
    return make_url(course.directory.db_url).render_as_string(hide_password=True)
