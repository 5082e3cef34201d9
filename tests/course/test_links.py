"""Every link in what people read leads where it says: to a file, and to a heading of that file.

Two programs decide what the anchor of a heading is. JupyterLab takes the heading's text with
hyphens for spaces, keeps upper case and punctuation, and compares exactly; what a browser writes
with ``%`` in an address it never finds. GitHub drops punctuation, and does not mind upper and lower
case. A link that works in both has JupyterLab's anchor, and a heading of letters, digits and
hyphens only. Feedback is never on GitHub: its links need to work in JupyterLab.
"""

import re
from collections.abc import Iterator
from functools import cache
from html import unescape
from itertools import chain
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from nbconvert.filters.markdown_mistune import MarkdownWithMath

from grader_tests import catalogue
from grading.marking import Lecture
from tests.support import REPOSITORY
from tests.support.notebooks import read_notebook

FOLDERS = ("course", "release", "docs", "tests", "benchmarks")  # source/ has release/'s text
PAGES = sorted(
    path
    for path in chain(
        REPOSITORY.glob("*.md"),
        *((REPOSITORY / folder).rglob("*.md") for folder in FOLDERS),
        *((REPOSITORY / folder).rglob("*.ipynb") for folder in ("course", "release")),
    )
    if ".ipynb_checkpoints" not in path.parts
)
HTML = re.compile(r"""<(?:a|img)\b[^>]*?\b(?:href|src)=["']([^"']+)""")
STUDENTS = ("course", "release", "START.md")  # what a student has, side by side


def inside(tokens: list[dict]) -> Iterator[dict]:
    """Tokens of Markdown, and those that they are made of."""
    for token in tokens:
        yield token
        yield from inside(token.get("children", []))


@cache
def page(path: Path) -> list[dict]:
    """A page, or a notebook's markdown cells, as Jupyter reads them: all tokens."""
    if path.suffix == ".ipynb":
        cells = read_notebook(path).cells
        text = "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    else:
        text = path.read_text(encoding="utf-8")
    return list(inside(MarkdownWithMath(renderer=None)(text)))


@cache
def links(path: Path) -> list[str]:
    """The addresses of a page's links and images."""
    found = []
    for token in page(path):
        if token["type"] in ("link", "image"):
            found.append(token["attrs"]["url"])
        elif token["type"] in ("inline_html", "block_html"):
            found += map(unescape, HTML.findall(token["raw"]))
    return found


@cache
def headings(path: Path) -> list[str]:
    titles = (token["children"] for token in page(path) if token["type"] == "heading")
    return ["".join(part.get("raw", "") for part in inside(title)) for title in titles]


def jupyterlab(heading: str) -> str:
    """The anchor in JupyterLab; `createHeaderId` in the package rendermime."""
    return heading.replace(" ", "-")


def github(heading: str) -> str:
    """The anchor on GitHub, where what follows # in a link is also put in lower case."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def problem(target: str, page: Path, readers: str | tuple[str, ...] = "") -> str | None:
    """What is wrong with a relative link, or None.

    Parameters
    ----------
    target : str
        As it stands on the page.
    page : Path
    readers : str or tuple of str
        Folders of the repository that those who read the page have; all of it if empty.
    """
    name, _, anchor = target.partition("#")
    path = (page.parent / unquote(name)).resolve() if name else page
    if not path.exists():
        return f"{target}: no such file"
    if not path.is_relative_to(REPOSITORY):
        return f"{target}: leads out of the repository"
    if readers and path.relative_to(REPOSITORY).parts[0] not in readers:
        return f"{target}: who reads this page does not have that file"
    if not anchor:
        return None
    found = [jupyterlab(heading) for heading in headings(path)]
    if anchor not in found:
        return f"{target}: JupyterLab finds no such heading; there are {', '.join(found)}"
    if found.count(anchor) > 1:
        return f"{target}: more than one heading is called so"
    if page.is_relative_to(REPOSITORY / "feedback"):
        return None
    if anchor.lower() not in map(github, headings(path)) or not anchor.isascii():
        return f"{target}: the heading needs letters, digits and hyphens only, for GitHub as well"
    return None


def readers(path: Path) -> tuple[str, ...]:
    """The folders that readers of a page have."""
    folder = path.relative_to(REPOSITORY).parts[0]
    return (*STUDENTS, folder) if folder in ("course", "release") else ()


def lectures() -> Iterator[Lecture]:
    """All sections of lectures that feedback can name."""
    for notebook in catalogue.notebooks():
        for task in notebook.tasks:
            yield task.lecture
            yield from (mistake.lecture for mistake in task.mistakes)


each_page = pytest.mark.parametrize("path", PAGES, ids=lambda p: str(p.relative_to(REPOSITORY)))


@each_page
def test_relative_links_lead_to_a_file_that_its_readers_have_and_to_a_heading(path):
    relative = [target for target in links(path) if not urlsplit(target).scheme]
    problems = [problem(target, path, readers(path)) for target in relative]
    assert [found for found in problems if found] == []


@each_page
def test_absolute_links_are_well_formed_https(path):
    for target in links(path):
        parts = urlsplit(target)
        if parts.scheme or parts.netloc:
            assert parts.scheme == "https", f"{target}: https is wanted"
            assert re.fullmatch(r"([a-z0-9-]+\.)+[a-z]{2,}", parts.netloc), f"{target}: which host?"
            assert not re.search(r"[\s<>\"{}|\\^`]", target), f"{target}: a character too many"


def test_a_released_notebook_has_the_links_of_its_source():
    released = sorted((REPOSITORY / "release").glob("*/*.ipynb"))
    assert released
    for path in released:
        assert links(path) == links(REPOSITORY / "source" / path.relative_to(path.parents[1])), path


@pytest.mark.parametrize(
    "lecture", sorted(set(lectures()), key=str), ids=lambda x: f"{x.path}-{x.heading}"
)
def test_feedback_leads_to_the_section_that_it_names(lecture):
    feedback = REPOSITORY / "feedback" / "student" / "assignment" / "notebook.html"
    assert problem(lecture.href, feedback, STUDENTS) is None
    assert lecture.heading in headings(REPOSITORY / lecture.path)


@pytest.mark.parametrize(
    ("heading", "found"),
    [("Scale & shift, then go on?", True), ("Normalising", True), ("Where ε is", False)],
)
def test_a_link_of_feedback_has_what_jupyterlab_compares(little, heading, found):
    little.write_text(f"# A title\n\n## {heading}\n")
    feedback = little.parents[1] / "feedback" / "student" / "assignment" / "notebook.html"
    told = problem(Lecture("course/page.md", heading).href, feedback, STUDENTS)
    assert told is None if found else "JupyterLab finds no such heading" in told


@pytest.fixture
def little(tmp_path, monkeypatch):
    """A page with two headings, in a repository of its own."""
    monkeypatch.setitem(globals(), "REPOSITORY", tmp_path)
    (tmp_path / "course").mkdir()
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "page.md").write_text("Only for developers.\n")
    path = tmp_path / "course" / "page.md"
    path.write_text("# A title\n\n## Batch norm's own\n\n## Twice\n\n## Twice\n\n## Where ε is\n")
    return path


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("page.md#A-title", None),
        ("#A-title", None),
        ("page.md", None),
        ("other.md", "no such file"),
        ("../../", "leads out"),
        ("../tests/page.md", "does not have"),
        ("#a-title", "JupyterLab finds no such heading"),
        ("#Batch-norm's-own", "letters, digits"),
        ("#Where-ε-is", "letters, digits"),
        ("#Twice", "more than one"),
    ],
)
def test_what_is_wrong_with_a_link_is_said(little, target, said):
    found = problem(target, little, STUDENTS)
    assert found is None if said is None else said in found


def test_links_are_found_wherever_markdown_has_them(tmp_path):
    path = tmp_path / "page.md"
    path.write_text(
        "[one](a.md), `[not](code)`, $x[not](formula)$ and ![alt](two.png)\n\n"
        '| [three](b.md) |\n|---|\n\n<a href="c.md">four</a> https://example.org/five\n'
    )
    assert links(path) == ["a.md", "two.png", "b.md", "c.md", "https://example.org/five"]
