"""Answers of one class that look alike: ``python -m grading similar ASSIGNMENT``.

Each question is a comparison of its own. Names, comments, text and white space make no difference:
copydetect replaces or drops them and cuts the rest into passages of `PASSAGE` characters; those of
the released stub are taken out. What two answers share counts as unusual as far as hardly anybody
else wrote it (MOSS, the system that most such programs go back to, ignores what more than ten
wrote): right answers look alike, and what many write says nothing about two of them. Answers of
earlier terms are compared with this class's, and not with each other.

Nothing of a submission is run.
"""

from __future__ import annotations

import glob
import io
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
import numpy as np
from copydetect import CodeFingerprint
from nbformat.notebooknode import NotebookNode
from rich.console import Console
from rich.progress import track
from rich.table import Table
from rich.text import Text

from grading.course import Course, released_assignments
from grading.handed_in.arrange import arrange
from grading.handed_in.cells import grade_id
from grading.handed_in.read import Refused, SubmissionReader
from grading.handed_in.whose import Releases
from grading.stop import Stop

PASSAGE = 12  # characters: most of a short line, where a name is one character
SHORTEST = 80  # passages: three lines of formula have fewer, and whoever is right writes the same
UNUSUAL = 40  # passages: some two lines; less than that, two people choose alike by chance
SHARED_BY = 0.05  # of the answers: what more have written is common ground …
SHARED_BY_AT_LEAST = 3  # … but never what only three have
FEW = 10  # answers, from which nobody can tell what is common
LONGEST = 20_000  # characters of an answer that are looked at

NOTE = f"""\
Likeness is no proof. Short formulas look alike by nature, people who learn together write alike, \
and both may have it from the same book. Read the two answers, and hear both students.
Same code: the share of the two answers that is the same, without the stub, names, comments and \
white space. Usually: the median of all pairs of that question. Unusual: how many passages of \
{PASSAGE} characters they share that at most {SHARED_BY_AT_LEAST} students wrote, or \
{SHARED_BY:.0%} of a large class; this orders the pairs. What more wrote is taken for common, so \
what went round among many is not found here."""


class CannotCompare(Stop):
    """There is nothing to compare; the text says why and what to do."""


@dataclass(frozen=True)
class Pair:
    """Two answers to a question.

    Parameters
    ----------
    students : tuple of str
        In alphabetical order; one of an earlier term stands last.
    overlap : float
        The share of both that is the same, from 0 to 1.
    unusual : int
        How many characters that hardly anybody else wrote they have in common.
    """

    students: tuple[str, str]
    overlap: float
    unusual: int


@dataclass(frozen=True)
class Comparison:
    """What came of a question.

    Parameters
    ----------
    compared : int
        How many answers of this class were long enough.
    short : int
        How many were not.
    usual : float
        The median overlap of all pairs of this class; 0 if there are none.
    pairs : list of Pair
        Those that share enough that is unusual, the most first.
    """

    compared: int
    short: int
    usual: float
    pairs: list[Pair]


@dataclass
class ClassAnswers:
    """The answers of a class.

    Parameters
    ----------
    stubs : dict of str to str
        What was released, by notebook and grade_id.
    sources, earlier : dict
        What was written instead, by the same, then by student; of earlier terms, by the path of
        the student's folder there.
    skipped : list of str
        What could not be read, and why.
    """

    stubs: dict[tuple[str, str], str] = field(default_factory=dict)
    sources: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)
    earlier: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)


def show(assignment: str, top: int, earlier: Sequence[Path] = ()) -> None:
    """Compare the submissions of an assignment in this folder's course, and print what is alike.

    Parameters
    ----------
    assignment : str
    top : int
        How many pairs of each question to print at most.
    earlier : sequence of Path
        The folders ``submitted/`` of earlier terms.

    Raises
    ------
    CannotCompare
        If it is not released, or nobody handed anything in, now or in one of those terms.
    """
    answers = read(assignment, earlier)
    found = {
        question: compare(answers.sources[question], stub, answers.earlier[question])
        for question, stub in track(
            answers.stubs.items(), "Comparing", console=Console(stderr=True), transient=True
        )
    }
    _print(Console(), assignment, found, answers.skipped, top)


def read(assignment: str, earlier: Sequence[Path] = ()) -> ClassAnswers:
    """Read everyone's answers to the questions of an assignment; as :func:`show`.

    Raises
    ------
    CannotCompare
        If it is not released, or nobody handed anything in.
    """
    course = Course()
    folder = course.release(assignment)
    released = {
        other: {
            path.stem: nbformat.read(path, as_version=4)
            for path in sorted(course.release(other).glob("*.ipynb"))
        }
        for other in {assignment, *released_assignments(course.app)}
    }
    releases = released[assignment]
    if not releases:
        raise CannotCompare(
            f"{folder} holds no notebook. Run: nbgrader generate_assignment {assignment}"
        )
    folders = course.submissions(assignment)
    if not folders:
        raise CannotCompare(f"Nobody has handed in {assignment}.")
    before = {f"{one.parent}": one for term in earlier for one in _earlier(term, assignment)}
    answers = ClassAnswers()
    for notebook, release in releases.items():
        for name, stub in _solutions(release):
            answers.stubs[notebook, name] = stub
            answers.sources[notebook, name], answers.earlier[notebook, name] = {}, {}
    reader, whose = SubmissionReader(parent=course.app), Releases(released)
    everybody = [(answers.sources, one) for one in folders.items()]
    everybody += [(answers.earlier, one) for one in before.items()]
    for sources, (student, path) in track(
        everybody, "Reading", console=Console(stderr=True), transient=True
    ):
        try:
            reader.check_folder(path)
            files = whose.assign(assignment, reader.read_folder(path)).files
        except (Refused, OSError) as error:
            answers.skipped.append(f"{student}: {error}")
            continue
        for notebook, release in releases.items():
            file = files.get(notebook)
            if file is None or file.notebook is None:
                what = file.problem if file else f"{notebook}.ipynb was not handed in."
                if file or sources is answers.sources:
                    answers.skipped.append(f"{student}: {what}")
                continue
            for name, source in _solutions(arrange(file.notebook, release).notebook):
                if source.strip() != answers.stubs[notebook, name].strip():
                    sources[notebook, name][student] = source
    return answers


def _earlier(term: Path, assignment: str) -> list[Path]:
    """What was handed in of an assignment in an earlier term."""
    found = [one for one in sorted(term.glob(f"*/{glob.escape(assignment)}")) if one.is_dir()]
    if not found:
        raise CannotCompare(
            f"{term} holds no STUDENT/{assignment}. Name the folder submitted/ of an earlier term."
        )
    return found


def compare(
    sources: Mapping[str, str], stub: str, earlier: Mapping[str, str] | None = None
) -> Comparison:
    """Compare the answers to one question.

    Parameters
    ----------
    sources : mapping of str to str
        Python, by student.
    stub : str
        What was released.
    earlier : mapping of str to str, optional
        The same of earlier terms.
    """
    released = list(_passages(stub))

    def long_enough(sources: Mapping[str, str]) -> dict[str, set[int]]:
        found = {name: _passages(source, released) for name, source in sorted(sources.items())}
        return {name: one for name, one in found.items() if len(one) >= SHORTEST}

    mine = long_enough(sources)
    passages = {**mine, **long_enough(earlier or {})}
    students, here = list(passages), len(mine)
    authors = defaultdict(list)
    for number, one in enumerate(passages.values()):
        for passage in one:
            authors[passage].append(number)
    limit = max(SHARED_BY_AT_LEAST, int(SHARED_BY * len(students)))
    same = np.zeros((here, len(students)))  # earlier terms are not compared with each other
    unusual = np.zeros_like(same)
    for group, count in Counter(map(tuple, authors.values())).items():
        ours = group[: bisect_left(group, here)]
        if ours and len(group) > 1:
            same[np.ix_(ours, group)] += count
            if len(group) <= limit:
                unusual[np.ix_(ours, group)] += count
    sizes = np.array([len(one) for one in passages.values()])
    first, second = np.triu_indices(here, k=1, m=len(students))
    overlap = 2 * same[first, second] / (sizes[first] + sizes[second])
    pairs = [
        Pair((students[a], students[b]), float(share), int(unusual[a, b]))
        for a, b, share in zip(first, second, overlap, strict=True)
        if unusual[a, b] >= UNUSUAL
    ]
    pairs.sort(key=lambda pair: (-pair.unusual, -pair.overlap, pair.students))
    between = overlap[second < here]
    usual = float(np.median(between)) if between.size else 0.0
    return Comparison(here, len(sources) - here, usual, pairs)


def _passages(source: str, released: list[int] | None = None) -> set[int]:
    """The passages of an answer but those of the stub; the same ones have the same number."""
    file = io.StringIO(source[:LONGEST])
    return CodeFingerprint("answer.py", PASSAGE, 1, released, fp=file).hashes


def _solutions(notebook: NotebookNode) -> Iterator[tuple[str, str]]:
    """Name and source of every code cell that students are to write."""
    for cell in notebook.cells:
        if cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("solution"):
            yield grade_id(cell), cell.source


def _print(
    console: Console,
    assignment: str,
    questions: Mapping[tuple[str, str], Comparison],
    skipped: list[str],
    top: int,
) -> None:
    names = Counter(name for _, name in questions)
    found = {
        name if names[name] == 1 else f"{notebook}: {name}": one
        for (notebook, name), one in questions.items()
    }
    table = Table(title=f"Answers to {assignment} that look alike", title_justify="left")
    for heading in ("Question", "Student", "Student"):
        table.add_column(heading, overflow="fold")
    for heading in ("Same code", "Usually", "Unusual"):
        table.add_column(heading, justify="right")
    for name, one in found.items():
        for pair in one.pairs[:top]:
            table.add_row(
                _plain(name),
                *map(_plain, pair.students),
                f"{pair.overlap:.0%}",
                f"{one.usual:.0%}",
                str(pair.unusual),
            )
        if len(one.pairs) > top:
            table.add_row(_plain(name), f"… more pairs: {len(one.pairs) - top}")
        table.add_section()
    if table.row_count:
        console.print(table)
    else:
        console.print(f"No two answers to {assignment} share much that is unusual.")
    short = [name for name, one in found.items() if one.compared < 2 and not one.pairs]
    quiet = [name for name, one in found.items() if one.compared >= 2 and not one.pairs]
    few = [name for name, one in found.items() if 2 <= one.compared < FEW]
    some = {name: one.short for name, one in found.items() if one.short and name not in short}
    _list(console, "Too short to compare, or hardly answered", short)
    _list(console, "Nothing unusual in common", quiet)
    _list(
        console,
        "Answers that were left out because they are too short",
        [f"{name} {count}" for name, count in some.items()],
    )
    _list(console, f"Fewer than {FEW} answers, so little can be said of what is usual", few)
    for what in skipped:
        console.print(_plain(f"Not compared: {what}"))
    console.print(NOTE)


def _list(console: Console, what: str, names: list[str]) -> None:
    if names:
        console.print(_plain(f"{what}: {', '.join(names)}."))


def _plain(text: str) -> Text:
    """Text that a terminal shows and does not obey: names of folders come from students."""
    return Text("".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text))
