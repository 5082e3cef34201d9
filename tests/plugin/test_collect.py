"""Downloads find their students by the class list; what is not clear is held apart and named."""

from __future__ import annotations

import os
import re
import shutil
import unicodedata
import zipfile
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from grading.course import Course
from grading.plugin.collect import Collected, collect
from grading.stop import Stop
from tests.support.little_course import ASSIGNMENT

STUDENTS = {
    "sob": ("Siobhán", "O'Brien", "11"),
    "jq": ("John", "Q & A", "12"),
    "ad": ("Ångström", "d’Été", "13"),
    "kim1": ("Min", "Kim", "14"),
    "kim2": ("Min", "Kim", "15"),
    "li": ("Li", "Wei", ""),
}
MOODLE = "{}_{}_assignsubmission_file/p1.ipynb"


@pytest.fixture(scope="module")
def class_list(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A gradebook with a class."""
    path = tmp_path_factory.mktemp("class") / "gradebook.db"
    with Gradebook(f"sqlite:///{path}") as gradebook:
        for student, (first, last, number) in STUDENTS.items():
            gradebook.add_student(student, first_name=first, last_name=last, lms_user_id=number)
    return path


@pytest.fixture
def course(class_list: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Course:
    """A course with a class list."""
    (tmp_path / "release" / ASSIGNMENT).mkdir(parents=True)
    shutil.copy(class_list, tmp_path)
    monkeypatch.chdir(tmp_path)
    return Course()


def downloaded(course: Course, files: dict[str, str], **options: Path) -> Collected:
    """Collect these files, out of a zip."""
    path = course.root / "download.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return collect(course, ASSIGNMENT, path, **options)


def submitted(course: Course) -> dict[str, str]:
    """What lies in submitted/."""
    root = course.root / "submitted"
    found = (path for path in root.rglob("*") if path.is_file())
    return {path.relative_to(root).as_posix(): path.read_text() for path in found}


@pytest.mark.parametrize(
    ("name", "student"),
    [
        ("Siobhán OBrien", "sob"),  # Moodle leaves out ' and others
        ("OBrien Siobhán", "sob"),
        (unicodedata.normalize("NFD", "Siobhán OBrien"), "sob"),
        ("siobhan o brien", "sob"),
        ("sob", "sob"),
        ("John Q  A", "jq"),
        ("Ångström d'Été", "ad"),
        ("Angstrom dEte", "ad"),
        ("Wei Li", "li"),
    ],
)
@pytest.mark.parametrize("form", [MOODLE, "{}_{}_assignsubmission_file_p1.ipynb"])
def test_a_name_finds_its_student_whatever_moodle_made_of_it(course, name, student, form):
    found = downloaded(course, {form.format(name, 77): "work"})
    assert (found.new, found.apart) == ([student], [])
    assert submitted(course) == {f"{student}/{ASSIGNMENT}/p1.ipynb": "work"}


def test_canvas_knows_students_by_their_numbers(course):
    files = {
        "obriensiobhan_11_901_p1.ipynb": "first",
        "kimmin_LATE_15_902_p1-2.ipynb": "late",
        "kimmin_LATE_15_903_notes.txt": "late",
    }
    found = downloaded(course, files)
    assert (found.new, found.late, found.apart) == (["kim2", "sob"], ["kim2"], [])
    assert submitted(course) == {
        f"sob/{ASSIGNMENT}/p1.ipynb": "first",
        f"kim2/{ASSIGNMENT}/p1.ipynb": "late",
        f"kim2/{ASSIGNMENT}/notes.txt": "late",
    }


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Min Kim_3_assignsubmission_file/p1.ipynb", "kim1 and kim2 are both called so"),
        ("Participant_3_assignsubmission_file/p1.ipynb", "nobody on the class list"),
        ("Group A_3_assignsubmission_file/p1.ipynb", "nobody on the class list"),
        ("strangerzoe_99_902_p1.ipynb", "nobody on the class list"),
        ("p1.ipynb", "of no form that Moodle or Canvas uses"),
        ("a\x1b[2J_1_assignsubmission_file/p1.ipynb", r"a\\x1b\[2J_1: nobody"),
    ],
)
def test_what_is_not_clear_is_held_apart_and_the_others_are_collected(course, name, words):
    found = downloaded(course, {name: "?", MOODLE.format("Wei Li", 5): "work"})
    assert found.new == ["li"]
    assert submitted(course) == {f"li/{ASSIGNMENT}/p1.ipynb": "work"}
    (sentence,) = found.apart
    assert re.search(words, sentence), sentence


def test_a_table_says_who_is_who(course):
    who = course.root / "who.csv"
    who.write_text("name;id\nGroup A;sob\nGroup A;li\n31;jq\nMin Kim_8;kim1\nMin Kim_9;kim2\n")
    files = {
        MOODLE.format("Group A", 3): "of two",
        MOODLE.format("Participant", 31): "blind",
        MOODLE.format("Min Kim", 8): "one",
        MOODLE.format("Min Kim", 9): "other",
    }
    found = downloaded(course, files, who=who)
    assert found.apart == []
    assert {name.split("/")[0]: content for name, content in submitted(course).items()} == {
        "sob": "of two", "li": "of two", "jq": "blind", "kim1": "one", "kim2": "other",
    }  # fmt: skip
    who.write_text("name,id\nGroup A,nobody\n")
    (sentence,) = downloaded(course, {MOODLE.format("Group A", 3): ""}, who=who).apart
    assert "--who has nobody, not on the class list" in sentence
    who.write_text("name\nGroup A\n")
    with pytest.raises(Stop, match="no column named id, but: name"):
        downloaded(course, files, who=who)


def test_two_entries_of_one_student_are_held_apart(course):
    found = downloaded(
        course, {MOODLE.format("Wei Li", 5): "one", MOODLE.format("Li Wei", 6): "two"}
    )
    assert submitted(course) == {}
    assert len(found.apart) == 2
    assert all("li handed in under another name" in sentence for sentence in found.apart)


def test_a_later_download_replaces_what_changed_and_no_more(course):
    folder = course.root / "submitted" / "sob" / ASSIGNMENT
    downloaded(course, {MOODLE.format("sob", 1): "one", MOODLE.format("li", 2): "two"})
    (folder / "timestamp.txt").write_text("2026-01-31 09:00:00 UTC")
    found = downloaded(course, {MOODLE.format("sob", 1): "one", MOODLE.format("li", 2): "new"})
    assert (found.new, found.changed, found.same) == ([], ["li"], ["sob"])
    assert (folder / "timestamp.txt").exists()
    assert "1 handed in again, 1 are as they were" in str(found)
    assert submitted(course)[f"li/{ASSIGNMENT}/p1.ipynb"] == "new"


def test_nothing_is_written_elsewhere_and_clutter_is_left_out(course):
    files = {
        "Wei Li_5_assignsubmission_file_/../../../../planted.ipynb": "a",
        "Wei Li_5_assignsubmission_file_..": "b",
        "obriensiobhan_11_6_..": "c",
        "__MACOSX/._Wei Li_5_assignsubmission_file_p1.ipynb": "d",
        "Wei Li_5_assignsubmission_onlinetext/onlinetext.html": "e",
        "Wei Li_5_assignsubmission_file_/sub/p1.ipynb": "f",
        "Wei Li_5_assignsubmission_file_/John QA_9_assignsubmission_file/p1.ipynb": "g",
    }
    before = sorted(os.listdir(course.root.parent))
    assert downloaded(course, files).apart == []
    assert sorted(submitted(course)) == [
        f"li/{ASSIGNMENT}/John QA_9_assignsubmission_file/p1.ipynb",
        f"li/{ASSIGNMENT}/planted.ipynb",
        f"li/{ASSIGNMENT}/sub/p1.ipynb",
    ]
    assert sorted(os.listdir(course.root.parent)) == before


def test_a_folder_is_as_good_as_a_zip_and_without_a_class_list_names_are_ids(course):
    with Gradebook(course.directory.db_url) as gradebook:
        for student in STUDENTS:
            gradebook.remove_student(student)
    folder = course.root / "unpacked"
    for name in (MOODLE.format("Ada Lovelace", 3), "hoppergrace_12_34_p1.ipynb"):
        path = folder / "submissions" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("work")
    assert sorted(collect(course, ASSIGNMENT, folder).new) == ["12", "Ada Lovelace"]


def test_what_cannot_be_read_is_said(course):
    (course.root / "download.zip").write_text("no zip")
    with pytest.raises(Stop, match="neither a folder nor a zip"):
        collect(course, ASSIGNMENT, course.root / "download.zip")
    with pytest.raises(Stop, match="no assignment ps9"):
        collect(course, "ps9", course.root)
    cut = MOODLE.format("Wei Li", 5)
    downloaded(course, {cut: "x" * 1000, MOODLE.format("sob", 1): "whole"})
    content = (course.root / "download.zip").read_bytes().replace(b"xxxx", b"xyxx", 1)
    (course.root / "damaged.zip").write_bytes(content)
    found = collect(course, ASSIGNMENT, course.root / "damaged.zip")
    assert (found.same, len(found.apart)) == (["sob"], 1)
