"""How a student's function is scored: criteria, purity, own parts, named mistakes, refusals."""

import inspect

import numpy as np
import pytest

from grader_tests import catalogue
from grader_tests.batch_norm import reference as ref
from grading.boundary import questions
from grading.boundary.questions import Unanswered
from grading.marking import (
    Agrees,
    Holds,
    InputsUntouched,
    Lecture,
    Mistake,
    Rng,
    Task,
    call,
    chance,
    difference,
    edit,
    script,
)
from grading.marking.exam import Exam
from grading.marking.sitting import Sitting, State, ask_here
from grading.marking.source import compiled, edited, names_used, source_of

TASKS = [task for notebook in catalogue.notebooks() for task in notebook.tasks]
LECTURE = Lecture("course/lecture.ipynb", "A heading")
HELD, NOT_HELD, NOT_CHECKED = State
BATCHNORM_FORWARD = catalogue.find("batchnorm_forward")
DROPOUT_FORWARD = catalogue.find("dropout_forward")


# ------------------------------------------------------------ a small course of our own


def decay(x, rate=0.5):
    """Return x times rate."""
    if rate < 0:
        raise ValueError("rate must not be negative")
    return x * rate


def steps(x, n):
    """Return x after n decays, and how many."""
    for _ in range(n):
        x = decay(x)
    return x, n


def noise(n, scale, rng):
    """Return n normal numbers times scale."""
    return scale * rng.standard_normal(n)


def decay_cases(rng):
    return [
        call(decay, rng.uniform(1, 2, (2, 3)), label="the default rate"),
        call(decay, rng.uniform(1, 2, (3, 1)), rate=0.3, label="rate 0.3"),
        call(decay, np.ones(2), -1.0, label="rate −1", tags="refused", raises=ValueError),
    ]


def decay_task(**changes):
    settings = {
        "reference": decay,
        "returns": "y",
        "cases": decay_cases,
        "criteria": (
            Agrees("value", 2),
            Agrees("refusal", 1, "refused"),
            InputsUntouched(1),
        ),
        "lecture": LECTURE,
        "mistakes": (Mistake("TO-01", LECTURE, "It divides.", edit("x * rate", "x / rate")),),
    }
    return Task(**settings | changes)


def judged(task, *definitions, seed=0):
    """The verdict on functions defined as a student would, in a notebook."""
    namespace = {"np": np}
    for text in definitions:
        exec(text, namespace)
    return Exam(task, np.random.default_rng(seed)).judge(ask_here(namespace))


def states(verdict):
    return {finding.criterion.name: finding.state for finding in verdict.findings}


# ------------------------------------------------------------ scoring


def test_a_right_answer_earns_everything():
    verdict = judged(decay_task(), source_of(decay))
    assert verdict.score == 4
    assert verdict.mistakes == ()
    assert verdict.unanswered == ()


def test_a_wrong_answer_keeps_what_it_got_right_and_is_named():
    verdict = judged(decay_task(), source_of(decay).replace("x * rate", "x / rate"))
    assert states(verdict) == {"value": NOT_HELD, "refusal": HELD, "inputs untouched": HELD}
    assert verdict.score == 2
    assert verdict.mistakes[0].id == "TO-01"


def test_another_wrong_answer_is_not_named():
    verdict = judged(decay_task(), source_of(decay).replace("x * rate", "x * rate + 1"))
    assert verdict.score == 2
    assert verdict.mistakes == ()


def test_one_separating_case_is_not_enough_to_name_a_mistake():
    task = decay_task(cases=lambda rng: decay_cases(rng)[1:])
    verdict = judged(task, source_of(decay).replace("x * rate", "x / rate"))
    assert verdict.score == 2
    assert verdict.mistakes == ()


def test_tenths_add_up_to_the_points_of_the_cell():
    task = decay_task(criteria=(Agrees("a", 0.1), Agrees("b", 0.2)))
    assert task.points == judged(task, source_of(decay)).score == 0.3
    assert task.rubric == "# Graded, 0.3 points: a 0.1 · b 0.2"


def test_exceptions_alone_name_no_mistake():
    raising = Mistake("TO-01", LECTURE, "It measures.", edit("x * rate", "len(rate)"))
    text = "def decay(x, rate=0.5):\n    raise TypeError('something else')"
    verdict = judged(decay_task(mistakes=(raising,)), text)
    assert verdict.mistakes == ()


def test_what_refuses_too_much_is_named_whatever_its_words():
    refuses = Mistake("TO-01", LECTURE, "It refuses small ones.", edit("rate < 0", "rate < 0.4"))
    cases = [*decay_cases(np.random.default_rng(0)), call(decay, np.ones(3), 0.2, label="0.2")]
    task = decay_task(mistakes=(refuses,), cases=lambda rng: cases)
    own = 'raise ValueError(f"{rate} is no good")'
    text = source_of(decay).replace('raise ValueError("rate must not be negative")', own)
    verdict = judged(task, text.replace("rate < 0", "rate < 0.4"))
    assert verdict.mistakes == (refuses,)
    other = "return np.ones(5).reshape(2, 2) if 0 < rate < 0.4 else x * rate"  # a ValueError, too
    assert judged(task, text.replace("return x * rate", other)).mistakes == ()


def test_nothing_written_earns_nothing():
    verdict = judged(
        decay_task(), "def decay(x, rate=0.5):\n    raise NotImplementedError('later')"
    )
    assert verdict.score == 0
    assert set(states(verdict).values()) == {NOT_CHECKED}
    assert {unanswered.kind for _, unanswered in verdict.unanswered} == {"not written"}


def test_one_answer_and_then_refusals_are_no_refusal():
    text = "asked = []\ndef decay(x, rate=0.5):\n    asked.append(x)\n"
    text += "    if len(asked) > 1:\n        raise ValueError('no')\n    return x * rate"
    criteria = (Agrees("value", 2), Agrees("refusal", 1, "refused", beside="*"), InputsUntouched(1))
    verdict = judged(decay_task(criteria=criteria), text)
    assert states(verdict)["refusal"] == NOT_CHECKED
    assert verdict.score == 0


def test_leaving_inputs_alone_earns_nothing_by_itself():
    verdict = judged(decay_task(), "def decay(x, rate=0.5):\n    return None")
    assert states(verdict)["inputs untouched"] == NOT_CHECKED
    assert verdict.score == 0


def is_smaller(result, wanted, case):
    return None if np.max(result) < 2 else "It is not smaller."


@pytest.mark.parametrize(
    ("text", "state"),
    [("x * rate", HELD), ("x / rate + 2", NOT_HELD), ("0 * x", NOT_CHECKED)],
)
def test_a_property_counts_beside_the_work_only(text, state):
    criteria = (Agrees("value", 2), Holds("smaller", 1, is_smaller, beside="value"))
    verdict = judged(decay_task(criteria=criteria), source_of(decay).replace("x * rate", text))
    assert states(verdict)["smaller"] == state
    assert verdict.score == 3 * (state == HELD)
    if state == NOT_CHECKED:
        assert verdict.findings[1].sentence == "It counts as soon as “value” holds."


@pytest.mark.parametrize(("other", "score"), [("x * rate", 3), ("0 * x", 0)])
def test_criteria_that_lean_on_each_other_need_one_another(other, score):
    criteria = (
        Holds("smaller", 1, is_smaller, beside="default"),
        Agrees("default", 2, "default", beside="smaller"),
    )
    cases = [call(decay, np.ones((2, 1)), label="the default rate", tags=("default",))]
    task = decay_task(criteria=criteria, cases=lambda rng: cases)
    assert judged(task, source_of(decay).replace("x * rate", other)).score == score


@pytest.mark.parametrize("kind", ["np.float16", "np.float32", "complex"])
def test_a_property_is_one_of_numbers_of_the_right_precision(kind):
    task = decay_task(criteria=(Holds("smaller", 1, is_smaller),))
    text = source_of(decay).replace("x * rate", f"(x * rate).astype({kind})")
    verdict = judged(task, text)
    assert verdict.score == 0
    assert verdict.findings[0].sentence.startswith("The answer is")


def test_always_raising_is_not_a_refusal():
    verdict = judged(decay_task(), "def decay(x, rate=0.5):\n    raise ValueError('no')")
    assert states(verdict)["refusal"] == NOT_CHECKED
    assert verdict.score == 0


@pytest.mark.parametrize(
    ("exception", "state"),
    [("ValueError", HELD), ("UnicodeError", HELD), ("KeyError", NOT_HELD), ("Liar", NOT_HELD)],
)
def test_a_refusal_is_the_exception_or_a_built_in_kind_of_it(exception, state):
    text = source_of(decay).replace('ValueError("', f'{exception}("')
    verdict = judged(decay_task(), "class Liar(Exception): pass", text)
    assert states(verdict)["refusal"] == state


def test_a_changed_input_costs_its_own_points():
    verdict = judged(
        decay_task(), source_of(decay).replace("return x * rate", "x *= rate\n    return x")
    )
    assert states(verdict) == {"value": HELD, "refusal": HELD, "inputs untouched": NOT_HELD}
    sentence = verdict.findings[-1].sentence
    assert sentence.startswith("x is not what it was before the call")


def test_what_did_not_run_leaves_the_rest_graded():
    text = source_of(decay).replace("return", "assert rate == 0.5\n    return")
    verdict = judged(decay_task(criteria=(Agrees("value", 2), Agrees("more", 1, "none"))), text)
    assert states(verdict) == {"value": NOT_CHECKED, "more": HELD}
    ((case, unanswered),) = verdict.unanswered
    assert (case.label, unanswered.exception) == ("rate 0.3", "AssertionError")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("x", "It returned an array of float64 with shape (3,); it should return x, n."),
        ("(x, n, n)", "It returned 3 values; it should return 2: x, n."),
        ("object()", "It returned an object; it should return x, n."),
        ("(x, n + 1)", "n is wrong."),
    ],
)
def test_several_values_are_asked_for_by_name(answer, words):
    task = Task(
        steps,
        ("x", "n"),
        lambda rng: [call(steps, rng.uniform(1, 2, 3), 2, label="two steps")],
        (Agrees("steps taken", 1, part="n"),),
        LECTURE,
    )
    verdict = judged(task, f"def steps(x, n):\n    return {answer}")
    assert verdict.findings[0].sentence == words


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("{'dW1': x}", "grads['dW2'] is missing."),
        ("{'dW1': x, 'dW2': x, 'dW3': x}", "grads['dW3'] does not belong there."),
        ("{'dW1': x, 'dW2': -x}", "grads['dW2'] is wrong in 2 of 2 entries"),
        ("[x]", "grads is a list; it should be a dict."),
        ("{'dW1': x, 'dW2': x, 'extra': x}", ""),
    ],
)
def test_parts_of_a_dict_are_chosen_by_pattern(answer, words):
    def gradients(x):
        return {"dW1": x, "dW2": x, "db1": 0 * x}

    task = Task(
        gradients,
        "grads",
        lambda rng: [call(gradients, np.array([1.0, 2.0]), label="two entries")],
        (Agrees("weights", 1, part="dW*"),),
        LECTURE,
    )
    verdict = judged(task, f"def gradients(x):\n    return {answer}")
    assert verdict.findings[0].sentence.startswith(words)
    assert bool(verdict.score) == (words == "")


# ------------------------------------------------------------ scripts and random functions


def test_a_script_may_take_several_steps_and_make_callables():
    code = "f = lambda v: decay(v, rate)\nresult = {'once': f(x), 'twice': f(f(x))}"
    task = decay_task(
        cases=lambda rng: [
            script(code, x=rng.uniform(1, 2, 3), rate=0.3, returns="y", label="two calls")
        ],
        criteria=(Agrees("twice", 1, part="twice"), InputsUntouched(1)),
    )
    assert judged(task, source_of(decay)).score == 2
    verdict = judged(task, source_of(decay).replace("return x * rate", "x *= rate\n    return x"))
    assert states(verdict)["inputs untouched"] == NOT_HELD


def spread_is_right(result, wanted, case):
    scale = case.inputs["scale"]
    if np.shape(result) != np.shape(wanted):
        return "It should return as many numbers as asked for."
    if abs(np.mean(result**2) / scale**2 - 1) > chance.variance_margin(len(result)):
        return "Their standard deviation is not the scale."
    return None


@pytest.mark.parametrize("n", [10, 1000])
def test_margins_of_chance_are_as_wide_as_they_say(n):
    rng, alarm = np.random.default_rng(0), 0.1
    uniform, normal = rng.random((4000, n)), rng.standard_normal((4000, n))
    strays = {
        chance.fraction_margin: uniform.mean(axis=1) - 0.5,
        chance.mean_margin: normal.mean(axis=1),
        chance.variance_margin: (normal**2).mean(axis=1) - 1,
    }
    for margin, stray in strays.items():
        assert np.mean(np.abs(stray) > margin(n, alarm)) < alarm


def noise_task():
    return Task(
        noise,
        "values",
        lambda rng: [
            call(noise, 10_000, s, Rng(int(rng.integers(2**32))), label=f"scale {s}")
            for s in (0.1, 3.0)
        ],
        (Holds("spread", 2, spread_is_right),),
        LECTURE,
        (
            Mistake(
                "NO-01",
                LECTURE,
                "The scale is squared.",
                edit("scale *", "scale**2 *"),
                looks_like=lambda result, wanted, case: bool(
                    0.9 < np.std(result) / case.inputs["scale"] ** 2 < 1.1
                ),
            ),
        ),
    )


def test_a_random_function_is_judged_by_its_properties():
    assert judged(noise_task(), source_of(noise)).score == 2
    reordered = "def noise(n, scale, rng):\n    return rng.normal(0, scale, (1, n))[0, ::-1]"
    assert judged(noise_task(), reordered).score == 2


def test_a_random_mistake_is_recognised_by_its_looks():
    verdict = judged(noise_task(), source_of(noise).replace("scale *", "scale**2 *"))
    assert verdict.score == 0
    assert verdict.findings[0].sentence == "Their standard deviation is not the scale."
    assert verdict.mistakes[0].id == "NO-01"


@pytest.mark.parametrize("answer", ["'a'", "None", "{}", "object()", "[[1], 2]", "1j", "2**200"])
def test_a_property_check_survives_any_answer(answer):
    verdict = judged(noise_task(), f"def noise(n, scale, rng):\n    return {answer}")
    assert states(verdict) == {"spread": NOT_HELD}
    assert verdict.mistakes == ()


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("id", "lost"),
    [
        ("DO-03", "share kept"),
        ("DO-04", "share kept"),
        ("DO-05", "share kept"),
        ("DO-08", "each entry on its own"),
        ("DO-21", "share kept"),
    ],
)
def test_a_wrong_share_and_a_choice_shared_by_many_cost_different_points(id, lost, seed):
    drawn = Exam(DROPOUT_FORWARD, np.random.default_rng(seed))
    (wrong,) = (mistake for mistake in DROPOUT_FORWARD.mistakes if mistake.id == id)
    for each in wrong.ways:
        found = states(drawn.judge(ask_here(DROPOUT_FORWARD.namespace(each))))
        of_chance = ("share kept", "each entry on its own")
        assert [name for name in of_chance if found[name] != HELD] == [lost]


# ------------------------------------------------------------ composites


def for_decay(c):
    """Linear, and no decay."""

    def decay(x, rate=0.5):
        return x * (1 + c[0]) + c[1] * rate

    return decay


def steps_task():
    return Task(
        steps,
        ("x", "n"),
        lambda rng: [call(steps, rng.uniform(1, 2, 3), n, label=f"{n} steps") for n in (1, 2, 3)],
        (Agrees("value", 2, part="x"), InputsUntouched(1)),
        LECTURE,
        (Mistake("ST-01", LECTURE, "It stops early.", edit("range(n)", "range(n - 1)")),),
        own_parts={"decay": for_decay},
    )


PARTS = {
    "right": source_of(decay),
    "wrong": "def decay(x, rate=0.5):\n    return x / 3",
    "raises": "def decay(x, rate=0.5):\n    raise ValueError('no')",
    "not written": "def decay(x, rate=0.5):\n    raise NotImplementedError('later')",
    "never ends": "def decay(x, rate=0.5):\n    raise KeyboardInterrupt",
    "missing": "",
    "nothing": "def decay(x, rate=0.5):\n    return 0 * x",
    "a number": "decay = 3",
}
STYLES = {
    "by name": source_of(steps),
    "by an alias": "other = decay\n" + source_of(steps).replace("decay(x)", "other(x)"),
    "from a table": "table = {1: decay}\n" + source_of(steps).replace("decay(x)", "table[1](x)"),
    "as a default": source_of(steps).replace("(x, n)", "(x, n, decay=decay)"),
    "by a helper": "def one(x): return decay(x)\n" + source_of(steps).replace("decay(x)", "one(x)"),
}


@pytest.mark.parametrize("part", PARTS)
def test_no_part_decides_about_a_composite(part):
    assert judged(steps_task(), PARTS[part], source_of(steps)).score == 3
    early = source_of(steps).replace("range(n)", "range(n - 1)")
    verdict = judged(steps_task(), PARTS[part], early)
    assert states(verdict)["value"] == NOT_HELD
    assert verdict.mistakes[0].id == "ST-01"


@pytest.mark.parametrize("style", STYLES)
def test_a_part_may_be_reached_in_any_way(style):
    assert judged(steps_task(), PARTS["wrong"], STYLES[style]).score == 3


@pytest.mark.parametrize("answer", ["0 * x", "x * 0 + 42.0", "x", "None"])
def test_a_part_and_a_composite_that_agree_on_nothing_earn_nothing(answer):
    part = f"def decay(x, rate=0.5):\n    return {answer}"
    composite = f"def steps(x, n):\n    return {answer}, n"
    assert judged(steps_task(), part, composite).score == 0


def test_a_part_that_changes_after_the_composite_answered_gains_nothing():
    texts = (
        "done = []\ndef decay(x, rate=0.5):\n    return 0 * x if done else x",
        "def steps(x, n):\n    done.append(n)\n    return 0 * x, n",
    )
    assert judged(steps_task(), *texts).score == 0


@pytest.mark.parametrize("part", ["not written", "wrong"])
def test_a_composite_that_needs_no_part_is_right_by_itself(part):
    around = source_of(steps).replace("decay(x)", "x * 0.5")
    assert judged(steps_task(), PARTS[part], around).score == 3


def test_a_right_composite_is_asked_once_with_doubles_and_leaves_the_part_as_it_was():
    asked, namespace = [], {"np": np}
    for text in (PARTS["wrong"], source_of(steps)):
        exec(text, namespace)
    part, code = namespace["decay"], namespace["decay"].__code__

    def ask(batch):
        asked.extend(batch)
        return ask_here(namespace)(batch)

    assert Exam(steps_task(), np.random.default_rng(0)).judge(ask).score == 3
    assert [set(question.doubles) for question in asked] == 3 * [{"decay"}]
    assert len({question.doubles["decay"] for question in asked}) == 3
    assert namespace["decay"] is part
    assert part.__code__ is code


def test_what_runs_out_of_time_is_not_tried_with_every_choice_of_doubles():
    asked, late = [], []

    def ask(batch):
        asked.append(set(batch[0].doubles))
        return [late[0] if late else answer for answer in ask_here({})(batch)]

    drawn = Exam(catalogue.find("model_forward"), np.random.default_rng(0))
    drawn.judge(ask)
    assert len(asked) == 8
    asked.clear()
    late.append(Unanswered("too slow", "no answer within 20 s"))
    drawn.judge(ask)
    assert asked == [{"linear_forward", "relu_forward", "sigmoid_forward"}, set()]


COMPOSITES = [task for task in TASKS if task.own_parts]


@pytest.mark.parametrize("task", COMPOSITES, ids=lambda t: t.name)
def test_doubles_have_the_form_of_their_parts_and_other_values(task):
    for name in task.own_parts:
        part, scope = catalogue.find(name), {}
        exec(task.double(name, [0.3, 0.4, 0.5, 0.6]), scope)
        double = scope["double"]
        assert inspect.signature(double) == inspect.signature(part.reference)
        same = []
        for case in part.cases(np.random.default_rng(0)):
            if case.raises is None and not {"twice", "infinite"} & set(case.tags):
                mine, right = (
                    ask_here({name: function})([Exam.question(Sitting(part, [case]), case)])[0][0]
                    for function in (double, part.reference)
                )
                assert form(mine) == form(right), case.label
                same.append(difference(mine, right, name) is None)
        assert not all(same)


def form(value):
    """Types, shapes and kinds of a value."""
    if isinstance(value, tuple):
        return tuple(map(form, value))
    return value if value is None else (np.shape(value), np.asarray(value).dtype)


@pytest.mark.slow
@pytest.mark.parametrize("task", COMPOSITES, ids=lambda t: t.name)
def test_a_right_composite_earns_everything_beside_every_mistake_of_its_parts(task):
    drawn = Exam(task, np.random.default_rng(0))
    for name in task.own_parts:
        part = catalogue.find(name)
        for mistake in part.mistakes:
            wrong = compiled(part.source(mistake.ways[0]), name, dict(part.given))
            namespace = task.namespace(task.reference, **{name: wrong})
            assert drawn.judge(ask_here(namespace)).score == task.points, mistake.id


# ------------------------------------------------------------ faults of the course


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"cases": lambda rng: [call(decay, "a", label="a text")]}, "answers TypeError"),
        (
            {"cases": lambda rng: [call(decay, 1.0, label="1", raises=ValueError)]},
            "does not raise ValueError",
        ),
        ({"reference": edit("return", "x += 1\n    return").of(decay)}, "changes its inputs"),
        ({"confirm": lambda case, wanted: 0.1}, "disagrees"),
    ],
)
def test_nobody_is_graded_by_a_faulty_reference(changes, words):
    with pytest.raises(RuntimeError, match=f"the reference of decay {words}"):
        Exam(decay_task(**changes), np.random.default_rng(0))


# ------------------------------------------------------------ source of wrong answers


def test_source_has_no_docstring_and_any_name():
    assert source_of(decay).startswith("def decay(x, rate=0.5):\n    if rate < 0:")
    assert "Return x" not in source_of(decay)
    assert source_of(decay, "other").startswith("def other(x, rate=0.5):")


def test_an_edit_must_fit_exactly():
    with pytest.raises(ValueError, match="occurs 0 times"):
        edited(decay, edit("no such text", ""))
    with pytest.raises(ValueError, match="occurs 4 times in its source, not 1"):
        edited(decay, edit("rate", "r"))
    wrong = edited(decay, edit("x * rate", "x / rate"))
    assert wrong(1.0, 0.5) == 2.0
    assert "x / rate" in source_of(wrong)
    assert edited(wrong, edit("x / rate", "x - rate"))(1.0, 0.5) == 0.5


def test_names_used_are_those_taken_from_the_notebook():
    assert names_used(steps) == {"decay", "range"}
    assert names_used(ref.batchnorm_backward) == {"np"}


@pytest.mark.parametrize("task", TASKS, ids=lambda t: t.name)
def test_wrong_answers_work_when_pasted_into_a_notebook(task):
    for mistake in task.mistakes:
        for way in mistake.ways:
            assert callable(compiled(task.source(way), task.name, {"np": np}))


# ------------------------------------------------------------ the package


def test_a_lecture_is_found_from_the_feedback_folder():
    lecture = Lecture("course/module/lecture.ipynb", "Scale, then shift")
    assert lecture.href == "../../../course/module/lecture.ipynb#Scale,-then-shift"
    assert lecture.text == "course/module/lecture.ipynb, section “Scale, then shift”"


def test_no_two_tasks_share_a_name():
    names = [task.name for task in TASKS]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("task", TASKS, ids=lambda t: t.name)
def test_cases_are_drawn_from_the_seed_alone(task):
    first, again, other = (
        [questions.wire.dumps(dict(case.inputs)) for case in task.cases(np.random.default_rng(s))]
        for s in (1, 1, 2)
    )
    assert first == again
    assert first != other or all(not buffers for _, buffers in first)


def test_a_time_out_keeps_what_was_answered_before():
    drawn = Exam(BATCHNORM_FORWARD, np.random.default_rng(0))
    whole = ask_here(BATCHNORM_FORWARD.namespace(ref.batchnorm_forward))

    def ask(batch):
        late = Unanswered("too slow", "no answer within 20 s")
        return whole(batch)[:12] + [late] * (len(batch) - 12)

    verdict = drawn.judge(ask)
    assert verdict.score == 6.5
    assert states(verdict)["other modes refused"] == NOT_CHECKED
