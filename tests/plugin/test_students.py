"""Class lists are read as spreadsheets write them, or one sentence says what to do."""

from __future__ import annotations

import pytest

from grading.plugin.students import ClassList, NoClassList, read_students

LIST = "id,first_name,last_name,email\njo,Jörg,Öst,jo@x.org\nmia,Mia,,\n"
STUDENTS = {
    "jo": {"first_name": "Jörg", "last_name": "Öst", "email": "jo@x.org"},
    "mia": {"first_name": "Mia", "last_name": None, "email": None},
}


@pytest.mark.parametrize(
    "content",
    [
        LIST.encode(),
        LIST.encode("utf-8-sig"),
        LIST.encode("latin-1"),
        LIST.encode("utf-16"),
        LIST.replace(",", ";").encode("utf-8-sig"),
        LIST.replace(",", "\t").encode(),
        LIST.replace("\n", "\r\n").encode(),
        LIST.replace("\n", "\r").encode(),
        f"\n{LIST}".replace("\n", "\n\n").encode(),
        f"{LIST},,,\n , ,,\n\n".encode(),
        LIST.replace("id,", " ID ,").replace("mia,", "mia ,").encode(),
        LIST.replace("Mia", '"Mia"').replace("email", "email,group").encode(),
    ],
)
def test_a_class_list_is_read_whatever_wrote_it(content: bytes) -> None:
    assert read_students(content) == STUDENTS


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "it is empty"),
        ("\n,,\n", "it is empty"),
        ("name,email\nJo,jo@x.org\n", "no column named id, but: name, email"),
        ("id,email\njo,\n,jo@x.org\n", "row 3 has no id"),
        ("id\njo\njo\n", "row 3 has the id jo of an earlier row"),
        ("id\na/b\n", "row 2: 'a/b' cannot be a student's id"),
        ("id\na\x1b[2J\n", r"row 2: 'a\\x1b\[2J' cannot be a student's id"),
        (f"id\n{'x' * 300}\n", "longer than 128 characters"),
        ('id\n"a\nb"\n', r"row 2: 'a\\nb' cannot be a student's id"),
    ],
)
def test_what_is_no_class_list_is_said_in_a_sentence(text: str, words: str) -> None:
    with pytest.raises(NoClassList, match=words):
        read_students(text.encode())


@pytest.mark.parametrize(
    ("known", "is_list"),
    [
        (ClassList({"ann": "", "bob": ""}, {}), False),  # nbgrader adds who hands in by the id
        (ClassList({"ann": "Ann A", "bob": ""}, {}), True),
        (ClassList({"ann": "", "bob": ""}, {"7": "ann"}), True),
        (ClassList({"ann": "", "bob": ""}, {}, frozenset({"a@x.org"})), True),
    ],
)
def test_who_is_not_on_a_class_list_is_a_stranger(known: ClassList, is_list: bool) -> None:
    assert known.stranger("ann") is None
    assert (known.stranger("cem") is not None) == is_list


def test_a_strangers_name_may_be_meant_for_one_or_for_several() -> None:
    known = ClassList({"kim1": "Min Kim", "kim2": "Min Kim", "ob": "Siobhán O'Brien"}, {})
    assert "If it is ob (Siobhán O'Brien), rename the folder" in known.stranger("siobhan obrien")
    assert "kim1 (Min Kim) or kim2 (Min Kim)" in known.stranger("Kim Min")
    assert "If that is right, run: nbgrader db student add 'a b'" in known.stranger("a b")
