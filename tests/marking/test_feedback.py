"""What a student reads: complete, the same in text and HTML, safe to show, and without answers."""

import dataclasses
import re
from html import unescape
from html.parser import HTMLParser

import numpy as np
import pytest

from grader_tests import catalogue
from grading.boundary.questions import Unanswered
from grading.marking import feedback
from grading.marking.exam import Exam
from grading.marking.sitting import ask_here
from grading.marking.source import source_of

TASKS = [task for notebook in catalogue.notebooks() for task in notebook.tasks]
BATCHNORM_FORWARD = catalogue.find("batchnorm_forward")
BATCHNORM_BACKWARD = catalogue.find("batchnorm_backward")
VOID = {"br"}


class Tree(HTMLParser):
    """Checks that elements nest and close, and keeps what there is."""

    def __init__(self, text):
        super().__init__()
        self.open, self.elements, self.words = [], [], []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


def verdict(task, candidate=None, seed=0):
    namespace = task.namespace(candidate or task.reference)
    return Exam(task, np.random.default_rng(seed)).judge(ask_here(namespace))


def written(task, text):
    namespace = {"np": np}
    exec(text, namespace)
    return Exam(task, np.random.default_rng(0)).judge(ask_here(namespace))


def text_of(found):
    return feedback.text(feedback.compose(found, catalogue.explanations))


def words_of(found):
    return " ".join(text_of(found).split())


def html_of(found):
    return feedback.html(feedback.compose(found, catalogue.explanations))


def plain(html):
    return " ".join(" ".join(Tree(html).words).split())


@pytest.mark.parametrize("task", TASKS, ids=lambda t: t.name)
def test_feedback_on_every_mistake_is_complete_and_tells_no_answer(task):
    """That each is named is the audit's to say; without naming them the exam is short."""
    lines = {line.strip() for line in source_of(task.reference).splitlines() if len(line) > 30}
    drawn = Exam(dataclasses.replace(task, mistakes=()), np.random.default_rng(0))
    for mistake in task.mistakes:
        found = drawn.judge(ask_here(task.namespace(mistake.ways[0])))
        found = dataclasses.replace(found, naming=lambda named=mistake: {named: named.sentence})
        text, html = text_of(found), html_of(found)
        assert text.startswith(f"{task.name}: {found.score:g} of {task.worth}\n")
        for words in (" ".join(text.split()), plain(html)):
            assert mistake.sentence in words
            assert f"Read: {mistake.lecture.text}" in words
            assert "Next: " in words
            for finding in found.findings:
                assert f"{finding.criterion.name}: {finding.state}," in words
            assert "Traceback" not in words
            assert not any(line in words for line in lines)
        for finding in found.findings:
            numbers = re.findall(r"\d+\.\d+", finding.sentence)
            assert all(len(n.replace(".", "").lstrip("0")) <= 2 for n in numbers), finding.sentence
        assert max(map(len, text.splitlines())) <= 80


@pytest.mark.parametrize("task", TASKS, ids=lambda t: t.name)
def test_sentences_of_mistakes_fit_their_place(task):
    for mistake in task.mistakes:
        sentence = mistake.sentence
        assert sentence.endswith("."), sentence
        assert len(sentence) < 300, sentence
        assert not re.search(r"np\.|\breturn \w+ [*+/-]", sentence), sentence


def test_full_marks_say_so_and_send_nobody_back_to_the_lecture():
    text = text_of(verdict(BATCHNORM_FORWARD))
    assert text.startswith("batchnorm_forward: 7 of 7 points")
    assert "✗" not in text
    assert "Read:" not in text
    assert "Next: nothing to mend here" in text


def test_two_mistakes_are_both_told_and_the_dearest_leads_on():
    named = BATCHNORM_FORWARD.mistakes[:2]
    found = verdict(BATCHNORM_FORWARD, named[0].ways[0])
    told = {mistake: mistake.sentence for mistake in named}
    both = feedback.compose(dataclasses.replace(found, naming=lambda: told))
    words = " ".join(feedback.text(both).split())
    for sentence in (mistake.sentence for mistake in named):
        assert f"A mistake we recognise: {sentence}" in words
        assert sentence in unescape(feedback.html(both))
    assert both.lecture == named[0].lecture


def test_an_unnamed_mistake_leads_to_the_task_s_lecture():
    found = written(BATCHNORM_BACKWARD, "def batchnorm_backward(dZ, cache):\n    return dZ, 1, 2")
    text = words_of(found)
    assert "A mistake we recognise" not in text
    assert f"Read: {BATCHNORM_BACKWARD.lecture.text}" in text
    assert "dgamma is a single number; it should be a NumPy array. Case: 3 units" in text
    assert "Next: go through batchnorm_backward line by line, with a case" in text


def test_a_sentence_is_told_once():
    found = written(BATCHNORM_BACKWARD, "def batchnorm_backward(dZ, cache):\n    return dZ")
    text = words_of(found)
    assert text.count("It returned an array") == 1
    assert "dgamma: not held, 0 of 0.5 The same as for dZ." in text


def test_a_stub_is_told_what_to_write():
    stub = "def batchnorm_forward(*a, **k):\n    raise NotImplementedError('f: not written yet')"
    text = words_of(written(BATCHNORM_FORWARD, stub))
    assert "Did not run, in 12 of 14 cases" in text
    assert "NotImplementedError: f: not written yet" in text
    assert "Next: write batchnorm_forward: replace its raise NotImplementedError line" in text


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("np.bool8(1)", "np.bool_"),
        ("np.int(1)", "NumPy 2 has no such name"),
        ("np.reshape(Z, newshape=(1,))", "newshape"),
        ("np.zeros(3.0)", "whole number"),
    ],
)
def test_old_idioms_of_numpy_are_explained(line, words):
    found = written(BATCHNORM_FORWARD, f"def batchnorm_forward(Z, *a, **k):\n    {line}")
    assert words in feedback.compose(found, catalogue.explanations).failures[0].explanation


def unanswered(**fields):
    case = BATCHNORM_FORWARD.cases(np.random.default_rng(0))[0]
    nothing = verdict(BATCHNORM_FORWARD, BATCHNORM_FORWARD.mistakes[0].ways[0])
    return type(nothing)(
        BATCHNORM_FORWARD, nothing.findings, ((case, Unanswered(**fields)),), nothing.cases
    )


def test_a_student_s_own_line_is_shown():
    where = "batchnorm_forward, line 5: x = y @ z"
    found = unanswered(kind="raised", message="ValueError: shapes", where=where)
    assert f"in {where}" in text_of(found)
    assert f"<code>{where}</code>" in html_of(found)


def test_a_time_out_has_advice_of_its_own():
    found = unanswered(kind="too slow", message="no answer within 20 s")
    assert "a loop in batchnorm_forward that does not end" in words_of(found)


SHAPES = "ValueError: shapes ({},4) and (5,) not aligned"
LINE = "batchnorm_forward, line 5: x = y @ z"


@pytest.mark.parametrize(
    ("failed", "paragraphs"),
    [
        ([(SHAPES.format(2), LINE)] * 3, ["in 3 of 14 cases, first with case 0"]),
        (
            [(SHAPES.format(n), LINE) for n in (2, 3, 4)],
            ["in 3 of 14 cases, first with case 0; there the message was"],
        ),
        (
            [(SHAPES.format(2), LINE), ("TypeError: no", LINE), (SHAPES.format(3), "f, line 1: x")],
            [f"in 1 of 14 cases, first with case {n}" for n in range(3)],
        ),
        (
            [(SHAPES.format(2), ""), (SHAPES.format(3), ""), (SHAPES.format(2), "")],
            ["in 2 of 14 cases, first with case 0", "in 1 of 14 cases, first with case 1"],
        ),
    ],
    ids=["same message", "same line", "different lines and types", "no line known"],
)
def test_one_failure_is_told_once_with_the_first_message(failed, paragraphs):
    drawn = Exam(BATCHNORM_FORWARD, np.random.default_rng(0))
    answers = [
        (
            dataclasses.replace(drawn.cases[0], label=f"case {n}"),
            Unanswered("raised", message, where, message.partition(":")[0]),
        )
        for n, (message, where) in enumerate(failed)
    ]
    found = dataclasses.replace(verdict(BATCHNORM_FORWARD), unanswered=tuple(answers))
    failures = feedback.compose(found).failures
    assert [failure.cases for failure in failures] == paragraphs
    assert failures[0].message == failed[0][0]


def test_an_answer_of_another_form_is_told_what_to_mend_and_no_type_of_ours():
    found = written(
        catalogue.find("mini_batches"), "def mini_batches(X, Y, batch_size, rng):\n    return 3"
    )
    told = {finding.criterion.name: finding.sentence for finding in found.findings}
    advice = "cannot be looked at: mend its type and shapes first."
    assert told["columns stay paired"] == f"The answer is a single number and {advice}"
    assert told["drawn from rng"] == f"The answer {advice}"  # a tuple, but the case made that


@pytest.mark.parametrize("column", ["[0.1] * n", "np.full(n, 0.1)"])
def test_columns_in_place_of_points_are_no_error_of_ours(column):
    text = f"def random_points(space, n, rng):\n    return {{name: {column} for name in space}}"
    found = written(catalogue.find("random_points"), text)
    sentences = {finding.criterion.name: finding.sentence for finding in found.findings}
    told = {sentences[name] for name in ("points", "scales", "whole numbers")}
    assert told == {"The points should be a list of dicts from name to value."}
    assert found.unanswered == ()


def test_a_derivative_of_nan_is_called_nan_and_not_downhill():
    task = catalogue.find("softmax_cross_entropy_backward")
    (mistake,) = (mistake for mistake in task.mistakes if mistake.id == "SM-36")
    findings = verdict(task, mistake.ways[0]).findings
    (direction,) = (found for found in findings if found.criterion.name == "direction")
    assert direction.sentence.startswith("dZ is nan in ")


def test_one_point_is_a_point():
    task = catalogue.find("flip_horizontally")
    assert text_of(verdict(task)).startswith("flip_horizontally: 1 of 1 point\n")
    assert task.rubric.startswith("# Graded, 1 point: ")


def test_hostile_messages_are_text():
    message = "ValueError: <script>alert(1)</script>\x1b[2J\ud800 " + "x" * 5000
    found = unanswered(kind="raised", message=message, where="<img src=x onerror=alert(1)>")
    html, text = html_of(found), text_of(found)
    assert {tag for tag, _ in Tree(html).elements} <= {
        "div",
        "p",
        "strong",
        "ul",
        "li",
        "span",
        "br",
        "a",
        "code",
    }
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    for shown in (html, text):
        assert "\x1b" not in shown
        shown.encode()
        assert len(shown) < 10_000
    assert max(map(len, text.splitlines())) <= 80


def test_html_says_in_words_what_it_says_in_colour():
    html = html_of(verdict(BATCHNORM_FORWARD, BATCHNORM_FORWARD.mistakes[0].ways[0]))
    tree = Tree(html)
    assert ("p", {"id": "feedback-batchnorm_forward"}) in tree.elements
    for tag, attributes in tree.elements:
        assert not any(name.startswith("on") for name in attributes)
        if "color:" in attributes.get("style", "") and tag == "span":
            assert attributes["aria-hidden"] == "true"
    assert {"held", "not held"} <= set(re.findall(r"not held|held", plain(html)))
    (link,) = [attributes["href"] for tag, attributes in tree.elements if tag == "a"]
    assert unescape(link).startswith("../../../course/module3_tuning_batchnorm/02_")
    assert link.endswith("#Normalising-one-mini-batch")


def luminance(colour):
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return float(np.dot([0.2126, 0.7152, 0.0722], linear))


@pytest.mark.parametrize("colour", feedback.COLOURS.values())
@pytest.mark.parametrize("ground", ["#ffffff", "#111111"])
def test_marks_can_be_seen_on_white_and_on_dark(colour, ground):
    light, dark = sorted((luminance(colour), luminance(ground)), reverse=True)
    assert (light + 0.05) / (dark + 0.05) > 3
