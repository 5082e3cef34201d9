"""A catalogue finds the hidden tests of any course, one question at a time."""

import sys

import pytest

import grader_tests
from grader_tests.batch_norm import reference as ref
from grading.boundary import questions
from grading.marking.catalogue import load, unnumbered
from grading.rehearsal import audit
from grading.stop import Stop

SECRETS = {
    "__init__": "from grading.marking import Catalogue\n\ncatalogue = Catalogue(__name__)\n",
    "words/__init__": 'QUESTIONS = ("tokens", "counts")\nSERIES = {"TO": 2}\n',
    "words/reference": '''\
"""On text: nothing here is a number."""

import re
from collections import Counter


def tokens(text):
    """Return the words of a text in lower case."""
    return re.findall(r"\\w+", text.lower())


def counts(text):
    """Return how often each word occurs."""
    return dict(Counter(tokens(text)))
''',
    "words/tokens": """\
from grading.marking import Agrees, InputsUntouched, Lecture, Mistake, Task, Variant, call, edit
from secrets_on_text.words import reference as ref

LECTURE = Lecture("course/words.ipynb", "Words")
FOUND = r're.findall(r"\\w+", text.lower())'


def cases(rng):
    texts = (" ".join(rng.choice(["Of", "men", "and", "mice"], 6)) for _ in range(4))
    return [call(ref.tokens, f"{text}, OR\\tmice.", label="seven words") for text in texts]


TASK = Task(
    ref.tokens,
    "tokens",
    cases,
    (Agrees("words", 2), InputsUntouched(0.5)),
    LECTURE,
    (
        Mistake("TO-01", LECTURE, "Capitals are kept.", edit("text.lower()", "text")),
        Mistake("TO-02", LECTURE, "Punctuation is kept.", edit(FOUND, "text.lower().split()")),
    ),
    (Variant("a pattern of its own", edit(r"\\w+", "[a-z]+")),),
)
""",
    "words/counts": "this is a syntax error\n",
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with hidden tests on another subject, in which one question has a syntax error."""
    for name, text in SECRETS.items():
        path = tmp_path / "secrets_on_text" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.setattr(sys, "path", sys.path.copy())
    yield tmp_path
    for name in [name for name in sys.modules if name.startswith("secrets_on_text")]:
        del sys.modules[name]


def test_a_syntax_error_in_one_question_stops_only_that_one(folder):
    known = load("secrets_on_text", [folder])
    assert known.find("tokens").name == "tokens"
    with pytest.raises(SyntaxError):
        known.find("counts")


def test_a_course_on_text_is_graded_and_audited(folder, capsys):
    known = load("secrets_on_text", [folder])
    assert audit.run(known, ["tokens"], seeds=2) == 0, capsys.readouterr().out


def test_a_notebook_is_found_with_and_without_its_number(folder):
    known = load("secrets_on_text", [folder])
    assert known.notebook("words").questions == ("tokens", "counts")
    assert known.notebook("2_words").series == {"TO": 2}
    assert known.notebook("12_words").left_out == {}
    with pytest.raises(LookupError, match="there are tasks for words, but not for '3_numbers'"):
        known.notebook("3_numbers")


def test_a_number_is_what_stands_before_the_name():
    assert [unnumbered(name) for name in ("2_batch_norm", "batch_norm", "l2_cost")] == [
        "batch_norm",
        "batch_norm",
        "l2_cost",
    ]


def test_a_package_that_is_not_there_is_named_with_the_folders(tmp_path):
    with pytest.raises(Stop, match=f"no package 'nowhere' of hidden tests in {tmp_path}"):
        load("nowhere", [tmp_path])


def test_a_package_without_a_catalogue_is_told_what_to_write(folder):
    with pytest.raises(Stop, match="has no catalogue: write `catalogue = "):
        load("secrets_on_text.words", [folder])


def test_a_module_that_hidden_tests_miss_is_not_taken_for_them(folder):
    (folder / "secrets_on_text" / "__init__.py").write_text("import no_such_helper\n")
    with pytest.raises(ModuleNotFoundError, match="no_such_helper"):
        load("secrets_on_text", [folder])


def test_every_question_of_the_course_is_the_function_that_it_grades():
    names = [name for notebook in grader_tests.catalogue.notebooks() for name in notebook.questions]
    assert [grader_tests.catalogue.find(name).name for name in names] == names
    assert len(names) == len(set(names))


class Notebook(questions.InProcess):
    """The channel of an instructor's notebook, with what it shows kept."""

    def __init__(self):
        self.shown = []

    def show(self, text, html, outcome):
        self.shown.append((text, html))


def test_grade_asks_the_notebook_shows_feedback_and_returns_the_points(monkeypatch):
    import __main__

    channel = Notebook()
    monkeypatch.setattr(questions, "channel", channel)
    monkeypatch.setattr(__main__, "batchnorm_forward", ref.batchnorm_forward, raising=False)
    assert grader_tests.grade("batchnorm_forward") == 7.0
    ((text, html),) = channel.shown
    assert text.startswith("batchnorm_forward: 7 of 7 points")
    assert "batchnorm_forward: 7 of 7 points" in html


def test_grade_scores_a_missing_function_zero(monkeypatch):
    monkeypatch.setattr(questions, "channel", Notebook())
    assert grader_tests.grade("effective_window") == 0.0


def test_grade_suggests_the_nearest_name():
    with pytest.raises(LookupError, match="did you mean 'batchnorm_forward'"):
        grader_tests.grade("batchnorm_foward")
