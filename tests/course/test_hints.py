"""Visible checks pass right answers, and what they say of wrong ones is true.

Answers come from the hidden tests: references, variants, known mistakes; besides, those that an
earlier form of the checks told something false, or nothing.
"""

from collections.abc import Iterator
from textwrap import dedent

import numpy as np
import pytest

from grader_tests import catalogue
from grading.course import Course
from grading.marking.exam import Exam
from grading.marking.sitting import ask_here
from grading.rehearsal import checks, hints
from tests.support import REPOSITORY

NOTEBOOKS = catalogue.notebooks()
NAMED = 0.8  # the share of mistakes that visible checks name
# Questions of judgement, each with its mistakes of form: all else is told after grading.
JUDGED = {
    "choose_first_step": {"FS-08"},
    "diagnose_runs": {"LR-56", "LR-77"},
    "diagnose_winner": {"DW-12", "DW-14"},
}


@pytest.fixture(scope="module")
def sheets(monkeypatch_module: pytest.MonkeyPatch) -> hints.Sheets:
    monkeypatch_module.chdir(REPOSITORY)
    return hints.Sheets(Course())


@pytest.fixture(scope="module")
def monkeypatch_module() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as patch:
        yield patch


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda notebook: notebook.name)
def test_right_answers_pass_and_mistakes_are_caught_and_named(notebook, sheets):
    audits = [hints.HintAudit(task, sheets.of(task.name)) for task in notebook.tasks]
    assert [miss for audit in audits for miss in audit.misses] == []
    told = {audit.task.name: audit.mistakes for audit in audits if audit.task.name not in JUDGED}
    count = hints.Count.total(told.values())
    assert count.ways == sum(len(m.ways) for name in told for m in catalogue.find(name).mistakes)
    assert count.named >= NAMED * count.ways


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda notebook: notebook.name)
def test_a_mistake_that_visible_checks_let_pass_leaves_half_of_the_points(notebook, sheets):
    dear = []
    for task in (each for each in notebook.tasks if each.name not in JUDGED):
        exam = Exam(task, np.random.default_rng(0))
        for name, way in [(each.id, way) for each in task.mistakes for way in each.ways]:
            if hints.refusal(task, sheets.of(task.name), way) is None:
                score = exam.judge(ask_here(task.namespace(way))).score
                dear += [(name, score)] if score < task.points / 2 else []
    assert dear == []


@pytest.mark.parametrize("question", JUDGED)
def test_a_question_of_judgement_is_told_nothing_but_what_is_wrong_in_form(question, sheets):
    task, sheet = catalogue.find(question), sheets.of(question)
    refused = {m.id for m in task.mistakes for way in m.ways if hints.refusal(task, sheet, way)}
    assert refused == JUDGED[question]


def test_every_question_has_checks_and_the_core_is_the_same_everywhere(sheets):
    assert {name for sheet in sheets.by_path.values() for name in sheet.questions} == {
        question for notebook in NOTEBOOKS for question in notebook.questions
    }
    with open(checks.__file__, "rb") as core:
        text = core.read()
    assert all((folder / "__init__.py").read_bytes() == text for folder in sheets.folders)


# What students write, in their own way; and what the ladder should tell them: the mistake, or what
# stands in another rung.
TOLD = {
    "one number is rounded down, a product": (
        "staircase_decay",
        """\
        def staircase_decay(alpha0, decay_rate, epoch, interval):
            return alpha0 / (1 + decay_rate * epoch // interval)
        """,
        "LR-20",
    ),
    "a return inside the loop": (
        "numerical_gradient",
        """\
        def numerical_gradient(cost, theta, epsilon=1e-7):
            grad = np.zeros(theta.shape)
            for i in range(len(theta)):
                up, down = theta.copy(), theta.copy()
                up[i] += epsilon
                down[i] -= epsilon
                grad[i] = (cost(up) - cost(down)) / (2 * epsilon)
                return grad
        """,
        "GC-28",
    ),
    "sizes cut off": (
        "split_examples",
        """\
        def split_examples(m, dev_fraction, test_fraction, rng):
            order = rng.permutation(m)
            dev, test = int(dev_fraction * m), int(test_fraction * m)
            return order[dev + test :], order[:dev], order[dev : dev + test]
        """,
        "SP-02",
    ),
    "the sigmoid of the cache": (
        "sigmoid_backward",
        """\
        def sigmoid_backward(dA, cache):
            A = 1 / (1 + np.exp(-cache))
            return dA * A * (1 - A)
        """,
        "SG-08",
    ),
    "W transposed": (
        "linear_forward",
        """\
        def linear_forward(A_prev, W, b):
            return W.T @ A_prev + b, (A_prev, W, b)
        """,
        "LF-02",
    ),
    "epsilon written in": (
        "rmsprop_step",
        """\
        def rmsprop_step(parameters, grads, s, learning_rate, beta2=0.9, epsilon=1e-8):
            s = {k: beta2 * s[k] + (1 - beta2) * grads[k] ** 2 for k in grads}
            moved = {}
            for name in parameters:
                step = grads["d" + name] / (np.sqrt(s["d" + name]) + 1e-8)
                moved[name] = parameters[name] - learning_rate * step
            return moved, s
        """,
        "RM-17",
    ),
    "the other order": (
        "momentum_step",
        """\
        def momentum_step(parameters, grads, velocity, learning_rate, beta=0.9):
            v = {k: beta * velocity[k] + (1 - beta) * grads[k] for k in grads}
            return v, {n: Q - learning_rate * v["d" + n] for n, Q in parameters.items()}
        """,
        "MO-19",
    ),
    "one sum for all": (
        "softmax",
        """\
        def softmax(Z):
            t = np.exp(Z - Z.max(axis=0))
            return t / t.sum()
        """,
        "SM-27",
    ),
    "test examples move the running statistics": (
        "batchnorm_forward",
        """\
        def batchnorm_forward(
            Z, gamma, beta, running_mean, running_var, mode, momentum=0.9, epsilon=1e-5
        ):
            if mode not in ("train", "test"):
                raise ValueError(mode)
            mu, var = Z.mean(axis=1, keepdims=True), Z.var(axis=1, keepdims=True)
            new_mean = momentum * running_mean + (1 - momentum) * mu
            new_var = momentum * running_var + (1 - momentum) * var
            if mode == "test":
                Z_norm = (Z - running_mean) / np.sqrt(running_var + epsilon)
                return gamma * Z_norm + beta, None, new_mean, new_var
            std = np.sqrt(var + epsilon)
            Z_norm = (Z - mu) / std
            return gamma * Z_norm + beta, (Z_norm, gamma, std), new_mean, new_var
        """,
        "BN-11",
    ),
    "no keepdims": (
        "batchnorm_forward",
        """\
        def batchnorm_forward(
            Z, gamma, beta, running_mean, running_var, mode, momentum=0.9, epsilon=1e-5
        ):
            mu, var = Z.mean(axis=1), Z.var(axis=1)
            Z_norm = (Z - mu) / np.sqrt(var + epsilon)
            return gamma * Z_norm + beta, None, running_mean, running_var
        """,
        "without keepdims=True loses an axis",
    ),
    "a shape in two arguments": (
        "initialize_zeros",
        """\
        def initialize_zeros(layer_dims):
            return {"W1": np.zeros(layer_dims[1], layer_dims[0])}
        """,
        "A shape is one argument, a tuple",
    ),
    "one parameter at a time": (
        "nesterov_step",
        """\
        def nesterov_step(gradient, parameters, velocity, learning_rate, beta=0.9):
            moved, v = {}, {}
            for name, value in parameters.items():
                key = "d" + name
                ahead = {name: value - learning_rate * beta * velocity[key]}
                v[key] = beta * velocity[key] + (1 - beta) * gradient(ahead)[key]
                moved[name] = value - learning_rate * v[key]
            return moved, v
        """,
        "gradient needs all parameters at once",
    ),
    "an exponent that is lost": (
        "adam_step",
        """\
        def adam_step(
            parameters, grads, v, s, t, learning_rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-8
        ):
            v = {k: beta1 * v[k] + (1 - beta1) * grads[k] for k in grads}
            s = {k: beta2 * s[k] + (1 - beta2) * grads[k] ** 2 for k in grads}
            moved = {}
            for name, Q in parameters.items():
                v_hat = v["d" + name] / (1 - beta1 * t)
                s_hat = s["d" + name] / (1 - beta2 * t)
                moved[name] = Q - learning_rate * v_hat / (np.sqrt(s_hat) + epsilon)
            return moved, v, s
        """,
        "AD-34",
    ),
}


@pytest.mark.parametrize("told", TOLD.values(), ids=TOLD)
def test_a_slip_written_in_another_way_is_told_what_is_true_of_it(told, sheets):
    question, text, expected = told
    task = catalogue.find(question)
    unmet = hints.refusal(task, sheets.of(question), dedent(text))
    sentences = {mistake.id: mistake.sentence for mistake in task.mistakes}
    assert sentences.get(expected, expected) in unmet.text
    names = [text for kind, text, _ in unmet.rungs if kind == checks.NAME]
    assert names == ([sentences[expected]] if expected in sentences else [])
