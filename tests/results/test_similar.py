"""Copies are found under other names; right answers that anybody writes are not held for copies."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from grading.results.similar import (
    SHARED_BY_AT_LEAST,
    CannotCompare,
    Comparison,
    compare,
    show,
)
from tests.support import commands, little_course
from tests.support.little_course import ASSIGNMENT

STUB = '''\
def walk(x):
    """Return what x comes to.

    Parameters
    ----------
    x : ndarray
    """
    # YOUR CODE HERE
    raise NotImplementedError("walk: not written yet")'''
LONG = '''\
def walk(x):
    """Return what x comes to."""
    rows, columns = x.shape
    out = np.zeros((rows, columns))
    for i in range(rows):
        for j in range(columns):
            if x[i, j] > 0 and i % 2 == 0:
                out[i, j] = x[i, j] * 2 + rows
            else:
                out[i, j] = max(x[i, j], -1) - columns
    return out / out.sum()'''
RENAMED = """\
def walk(x):
    n, m = x.shape   # the size
    result = np.zeros( (n, m) )

    for a in range(n):
        # every row
        for b in range(m):
            if x[a,b]>0 and a%2==0:
                result[a, b] = x[a, b]*2 + n
            else:
                result[a, b] = max(x[a, b], -1) - m

    return result/result.sum()"""
OTHERWISE = """\
def walk(x):
    even = np.arange(len(x))[:, None] % 2 == 0
    positive = np.where(even & (x > 0), 2 * x + x.shape[0], np.maximum(x, -1) - x.shape[1])
    total = np.sum(positive, keepdims=True)
    return np.divide(positive, total, out=np.zeros_like(positive), where=total != 0)"""
FORMULA = """\
def walk(x):
    mean = x.mean(axis=1)
    std = x.std(axis=1)
    return (x - mean) / std"""
USUAL = """\
def walk(x):
    velocity = {}
    for name, value in x.items():
        velocity[name] = 0.9 * velocity.get(name, np.zeros_like(value)) + 0.1 * value
        x[name] = value - 0.01 * velocity[name]
    return x, velocity, sum(np.abs(value).sum() for value in x.values())"""


def pairs(comparison: Comparison) -> list[tuple[str, str]]:
    return [pair.students for pair in comparison.pairs]


def test_a_copy_is_found_under_other_names_comments_and_white_space():
    found = compare({"ann": LONG, "bob": RENAMED, "cid": OTHERWISE}, STUB)
    assert pairs(found) == [("ann", "bob")]
    assert found.pairs[0].overlap > 0.9
    assert found.compared == 3


def test_a_copy_is_found_though_some_of_it_was_changed():
    changed = RENAMED.replace("*2 + n", "+ x[a, b] + n").replace(
        "    return", "    print(n)\n    return"
    )
    found = compare({"ann": LONG, "bob": changed, "cid": OTHERWISE}, STUB)
    assert pairs(found) == [("ann", "bob")]
    assert 0.6 < found.pairs[0].overlap < 1


def test_the_copy_is_found_among_many_who_wrote_the_same_by_themselves():
    sources = {f"s{number:02}": USUAL for number in range(30)}
    found = compare({**sources, "ann": LONG, "bob": RENAMED}, STUB)
    assert pairs(found) == [("ann", "bob")]
    assert found.usual == pytest.approx(1)  # and still the thirty are not held for copies


def test_what_more_than_a_few_wrote_is_common():
    few = {f"s{number}": LONG for number in range(SHARED_BY_AT_LEAST)}
    assert len(pairs(compare(few, STUB))) == 3
    assert pairs(compare({**few, "one more": RENAMED}, STUB)) == []


def test_equal_formulas_are_too_short_to_compare():
    found = compare({"ann": FORMULA, "bob": FORMULA, "cid": LONG}, STUB)
    assert (found.compared, found.short, found.pairs) == (1, 2, [])


def test_two_who_share_what_was_released_share_nothing():
    body = STUB.index("    # YOUR")
    stub = LONG + "\n" + STUB[body:]
    found = compare({"ann": f"{LONG}\n{FORMULA}", "bob": f"{LONG}\n    return None"}, stub)
    assert found.compared == 0


def test_a_copy_from_an_earlier_term_is_found_and_earlier_terms_are_left_alone():
    earlier = {"2025/zoe": LONG, "2025/zeb": LONG, "2024/ann": FORMULA}
    found = compare({"bob": RENAMED, "ann": OTHERWISE}, STUB, earlier)
    assert pairs(found) == [("bob", "2025/zeb"), ("bob", "2025/zoe")]
    assert found.pairs[0].overlap > 0.9
    assert (found.compared, found.short) == (2, 0)
    alike = compare({"bob": RENAMED, "ann": LONG}, STUB, {"2025/zoe": OTHERWISE})
    assert alike.usual == alike.pairs[0].overlap > 0.9  # of this class alone


def test_what_many_wrote_in_earlier_terms_is_common():
    earlier = {f"2025/{number}": LONG for number in range(SHARED_BY_AT_LEAST)}
    assert pairs(compare({"bob": RENAMED}, STUB, earlier)) == []


def test_the_order_is_by_what_is_unusual():
    half = LONG[: LONG.index("            else:")] + "    return out"
    found = compare(
        {"ann": LONG, "bob": RENAMED, "cid": OTHERWISE, "dot": half + OTHERWISE[12:]}, STUB
    )
    assert pairs(found)[0] == ("ann", "bob")
    assert [pair.unusual for pair in found.pairs] == sorted(
        (pair.unusual for pair in found.pairs), reverse=True
    )
    assert len(found.pairs) > 1


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = little_course.make(tmp_path_factory.mktemp("course"), configuration="")
    answers = {
        "ann": LONG,
        "[bold]bob\x1b[31m": RENAMED,
        "cid": OTHERWISE,
    }
    for student, source in answers.items():
        source = f"open({str(root / 'ran')!r}, 'w')\n{source}".replace("walk", "double")
        little_course.submit(root, student, little_course.answered(root, double=source))
    folder = root / "submitted" / "ann" / ASSIGNMENT  # under another name, as grading finds it
    (folder / "mine").mkdir()
    (folder / "p1.ipynb").rename(folder / "mine" / "work (1).ipynb")
    little_course.submit(root, "stub", little_course.released(root))
    little_course.submit(root, "stub too", little_course.released(root))
    little_course.submit(root, "broken", "{this is no notebook")
    little_course.submit(root, "link", little_course.released(root)).joinpath("x").symlink_to("/")
    (root / "submitted" / "empty" / ASSIGNMENT).mkdir(parents=True)
    return root


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> Callable[..., str]:
    """Compares as the command does, in a course's folder; gives what it printed."""
    monkeypatch.setenv("COLUMNS", "250")

    def run(root: Path, top: int = 5) -> str:
        monkeypatch.chdir(root)
        show(ASSIGNMENT, top)
        return capsys.readouterr().out

    return run


def similar(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return commands.run(root, "grading", "similar", *arguments, COLUMNS="250")


@pytest.fixture
def empty(course: Path, tmp_path: Path) -> Path:
    """The course before anybody has handed anything in."""
    ignore = shutil.ignore_patterns("submitted")
    return Path(shutil.copytree(course, tmp_path / "empty", ignore=ignore))


def test_the_command_names_the_pair_and_says_that_it_is_no_proof(course):
    run = similar(course, ASSIGNMENT)
    assert run.returncode == 0, run.stderr
    rows = [line for line in run.stdout.splitlines() if "% │" in line]
    assert len(rows) == 1
    assert all(word in rows[0] for word in ("double", "ann", "[bold]bob\N{REPLACEMENT CHARACTER}"))
    assert "\x1b" not in run.stdout
    assert "Likeness is no proof" in run.stdout and "Short formulas look alike" in run.stdout
    assert "Too short to compare, or hardly answered: total, settle.\n" in run.stdout
    assert not (course / "ran").exists()  # nothing was run


def test_the_unanswered_are_never_alike_and_the_unreadable_are_named(course, told):
    out = told(course)
    assert "stub too" not in out
    assert "Not compared: broken: p1.ipynb is not a notebook" in out
    assert "Not compared: link:" in out and "symbolic link" in out
    assert "Not compared: empty: p1.ipynb was not handed in." in out


def test_top_bounds_what_is_shown(empty, told):
    for student in ("one", "two", "three"):
        source = LONG.replace("walk", "double")
        little_course.submit(empty, student, little_course.answered(empty, double=source))
    out = told(empty, top=1)
    assert sum("% │" in line for line in out.splitlines()) == 1
    assert "more pairs: 2" in out
    assert "Fewer than 10 answers, so little can be said of what is usual: double." in out


def test_earlier_terms_are_read_too_and_named_by_their_folders(course, empty, told):
    source = RENAMED.replace("walk", "double")
    little_course.submit(empty, "dot", little_course.answered(empty, double=source))
    folder = shutil.copytree(course / "submitted", empty.parent / "2025", symlinks=True)
    run = similar(empty, ASSIGNMENT, "--earlier", "../2025")
    assert run.returncode == 0, run.stderr
    rows = [line for line in run.stdout.splitlines() if "% │" in line]
    assert len(rows) == 2 and all(" dot " in row for row in rows)
    assert "../2025/ann" in rows[0] + rows[1]
    assert "Not compared: ../2025/broken: p1.ipynb is not a notebook" in run.stdout
    assert "2025/empty" not in run.stdout and "hardly answered: total, settle." in run.stdout
    shutil.rmtree(folder / "ann" / ASSIGNMENT)
    run = similar(empty, ASSIGNMENT, "--earlier", "../2025/ann")
    assert run.returncode == 1 and "../2025/ann holds no STUDENT/ps1. Name" in run.stderr


def test_nothing_to_compare_is_an_error(course, empty, told):
    run = similar(course, "ps9")
    assert run.returncode == 1 and "nbgrader generate_assignment ps9" in run.stderr
    with pytest.raises(CannotCompare, match=r"^Nobody has handed in ps1\.$"):
        told(empty)
