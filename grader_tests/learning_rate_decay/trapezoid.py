"""`trapezoid`: warm up along a line, stay, and cool down along a line to 0."""

from __future__ import annotations

import numpy as np

from grader_tests.learning_rate_decay import FLOOR
from grader_tests.learning_rate_decay import reference as ref
from grader_tests.learning_rate_decay.draws import FORGOTTEN, settings
from grading.marking import Agrees, Case, Mistake, Promise, Task, Variant, call, edit, fixed

LINES = ("warm-up", "cool-down")


def cases(rng: np.random.Generator) -> list[Case]:
    """The first update, the corners and what lies between, after the end, and nonsense."""
    cases = []

    def add(t: int, spans: tuple[int, int, int], tag: str, raises: type | None = None) -> None:
        given = dict(
            zip(("alpha0", "t", "warmup", "cooldown", "total"), (alpha0, t, *spans), strict=True)
        )
        cases.append(
            call(ref.trapezoid, *given.values(), label=settings(**given), tags=tag, raises=raises)
        )

    for scale, warmup, stay, cooldown in ((0.01, 40, 90, 60), (20, 5, 12, 8), (0.3, 9, 7, 4)):
        alpha0 = scale * rng.uniform(0.5, 0.9)
        total = warmup + stay + cooldown
        spans, fall = (warmup, cooldown, total), total - cooldown
        for t in (1, 2, int(0.7 * warmup)):
            add(t, spans, "warm-up")
        for t in (warmup, warmup + stay // 2, fall):
            add(t, spans, "between")
        for t in (fall + 1, fall + cooldown // 2, total - 1):
            add(t, spans, "cool-down")
        for t in (total, total + 1, 3 * total):
            add(t, spans, "end")
    for t, spans in ((6, (6, 9, 15)), (8, (8, 8, 16)), (3, (1, 1, 7)), (6, (1, 1, 7))):
        add(t, spans, "refused")
    for t, spans in (
        *((0, (5, 6, 20)), (-3, (5, 6, 20)), (4, (0, 6, 20)), (4, (-2, 6, 20))),
        *((4, (5, 0, 20)), (4, (5, -1, 20)), (4, (9, 12, 20)), (4, (15, 15, 20))),
        *((4, (12, 9, 20)), (9, (101, 100, 200))),
    ):
        add(t, spans, "refused", ValueError)
    return cases


RATE = "alpha0 * max(0.0, min(t / warmup, 1.0, (total - t) / cooldown))"
FALL = "(total - t) / cooldown"
REFUSED = "min(t, warmup, cooldown) < 1 or warmup + cooldown > total"


def too_far_down(alpha0, t, warmup, cooldown, total):
    """Let the fall begin one step late and go on to the step after the end."""
    if min(t, warmup, cooldown) < 1 or warmup + cooldown > total:
        raise ValueError(total)
    return alpha0 * max(0.0, min(t / warmup, 1.0, (total - t + 1) / cooldown))


MISTAKES = (
    Mistake(
        "LR-21",
        FLOOR,
        "The warm-up is one step early or late. Update 1 has one share of alpha0, not none and not "
        "two; the last update of the warm-up has all of it.",
        edit("t / warmup", "(t - 1) / warmup"),
        edit("t / warmup", "(t + 1) / warmup"),
        edit("t / warmup", "t / (warmup + 1)"),
        edit("t / warmup", "((t - 1) / (warmup - 1) if warmup > 1 else 1.0)"),
    ),
    Mistake(
        "LR-22",
        FLOOR,
        "The cool-down is one step early or late. It reaches 0 with the last update, and its first "
        "update has one share less than alpha0.",
        too_far_down,
        edit(FALL, "(total - t - 1) / cooldown"),
        edit(FALL, "(total - t + 1) / (cooldown + 1)"),
        edit(FALL, "(total - t) / (cooldown - 1 + (cooldown == 1))"),
    ),
    Mistake(
        "LR-23",
        FLOOR,
        "The warm-up is missing: the first updates have the whole alpha0.",
        edit("t / warmup, ", ""),
    ),
    Mistake(
        "LR-24",
        FLOOR,
        "The cool-down is missing, or it is a fall at once. The rate should sink along a line over "
        "the last updates.",
        edit(RATE, "alpha0 * min(t / warmup, 1.0)"),
        edit(RATE, "alpha0 * min(t / warmup, 1.0) * (t < total)"),
        edit(RATE, "alpha0 * min(t / warmup, 1.0) * (t <= total - cooldown)"),
    ),
    Mistake(
        "LR-25",
        FLOOR,
        "After the end the rate goes on falling, below 0, or is alpha0 again. Then steps go "
        "uphill; it should stay at 0.",
        edit(
            "max(0.0, min(t / warmup, 1.0, (total - t) / cooldown))",
            "min(t / warmup, 1.0, (total - t) / cooldown)",
        ),
        edit(RATE, f"{RATE} if t <= total else alpha0"),
        edit(
            "max(0.0, min(t / warmup, 1.0, (total - t) / cooldown))",
            "abs(min(t / warmup, 1.0, (total - t) / cooldown))",
        ),
    ),
    Mistake(
        "LR-26",
        FLOOR,
        "cooldown is taken for the update with which the fall begins. It says how many updates the "
        "fall lasts, counted back from the end.",
        edit(FALL, "(total - t) / (total - cooldown)"),
        edit(FALL, "((total - t) / (total - cooldown) if t > cooldown else 1.0)"),
    ),
    Mistake(
        "LR-27",
        FLOOR,
        "The stretch on which the rate stays is missing, or shorter than it should be: the fall "
        "begins too early, or the rise goes on.",
        edit(FALL, "(total - t) / (total - warmup)"),
        edit("t / warmup, 1.0", "t / (total - cooldown), 1.0"),
        edit(FALL, "(total - t) / total"),
        edit(RATE, f"alpha0 * (t / warmup if t <= warmup else max(0.0, {FALL}))"),
        edit(RATE, f"alpha0 * (t / warmup if t < total - cooldown else max(0.0, {FALL}))"),
        edit("t / warmup, 1.0, ", "t / warmup, "),
    ),
    Mistake(
        "LR-28",
        FLOOR,
        "Rise or fall is not along a line. Each update of the warm-up adds the same, and each of "
        "the cool-down takes the same away.",
        edit(
            RATE,
            "alpha0 * min(t / warmup, 1.0) * (1.0 if t <= total - cooldown else max(0.0, "
            "(1 + np.cos(np.pi * min(1, (t - total + cooldown) / cooldown))) / 2))",
        ),
        edit("t / warmup", "(t / warmup) ** 0.5"),
        edit("t / warmup", "(t / warmup) ** 2"),
        edit(FALL, "max(0, (total - t) / cooldown) ** 2"),
        edit(FALL, "max(0, (total - t) / cooldown) ** 0.5"),
        edit(RATE, f"{RATE} if t <= total - cooldown else alpha0 / (t - total + cooldown + 1)"),
    ),
    Mistake(
        "LR-29",
        FLOOR,
        FORGOTTEN,
        edit("alpha0 * ", ""),
        edit(RATE, f"({RATE} if t <= total - cooldown else max(0.0, {FALL}))"),
        edit(RATE, f"(t / warmup if t < warmup else {RATE})"),
    ),
    Mistake(
        "LR-30",
        FLOOR,
        "A quotient is rounded to a whole number, by // or int, so the rate jumps from 0 to "
        "alpha0.",
        edit("t / warmup", "t // warmup"),
        edit("t / warmup", "t // warmup").then(FALL, "(total - t) // cooldown"),
    ),
    Mistake(
        "LR-31",
        FLOOR,
        "What makes no sense gets through: an update before the first, a warm-up or cool-down "
        "without updates, or both together longer than all.",
        edit(REFUSED, "False")
        .then("t / warmup", "t / max(warmup, 1)")
        .then(FALL, "(total - t) / max(cooldown, 1)"),
        edit("min(t, warmup, cooldown)", "min(warmup, cooldown)"),
        edit("min(t, warmup, cooldown)", "min(t, cooldown)").then(
            "t / warmup", "t / max(warmup, 1)"
        ),
        edit("min(t, warmup, cooldown)", "min(t, warmup)").then(
            FALL, "(total - t) / max(cooldown, 1)"
        ),
        edit(" or warmup + cooldown > total", ""),
    ),
    Mistake(
        "LR-32",
        FLOOR,
        "Something is refused that makes sense: rise and fall may take up everything, last a "
        "single update, and the end may be over.",
        edit("> total", ">= total"),
        edit("< 1 or", "< 2 or"),
        edit("> total", "> total or t > total"),
        edit(
            "return alpha0 * max(",
            'if t > total:\n        raise ValueError("the run is over")\n    return alpha0 * max(',
        ),
    ),
    Mistake(
        "LR-33",
        FLOOR,
        "An argument has a fixed value, or one from outside the function. Use it as it comes.",
        edit("alpha0 * ", "0.1 * "),
        numbers=fixed("alpha0"),
    ),
    Mistake(
        "LR-34",
        FLOOR,
        "The lengths of warm-up and cool-down are exchanged.",
        edit(RATE, "alpha0 * max(0.0, min(t / cooldown, 1.0, (total - t) / warmup))"),
    ),
    Mistake(
        "LR-65",
        FLOOR,
        "The fall is divided by another number than cooldown: by all that is left after the "
        "warm-up, or by one too many.",
        edit(
            "(total - t) / cooldown",
            "min((total - t) / (total - warmup), 1.0 if t <= total - cooldown else 2.0) if t > "
            "total - cooldown else 1.0",
        ),
        edit(
            "(total - t) / cooldown",
            "(total - t) / (cooldown + 1) if t > total - cooldown else 1.0",
        ),
    ),
    Mistake(
        "LR-78",
        FLOOR,
        "The rise is divided by another number than warmup, such as all the updates or cooldown, "
        "so it does not end at alpha0.",
        edit("t / warmup", "(t / total if t < warmup else 1.0)"),
        edit("t / warmup", "(t / cooldown if t < warmup else 1.0)"),
        edit("t / warmup", "(t / (total - cooldown) if t < warmup else 1.0)"),
        edit("t / warmup", "(t / (warmup + cooldown) if t < warmup else 1.0)"),
        edit("t / warmup", "t / total"),
    ),
    Mistake(
        "LR-76",
        FLOOR,
        "The cool-down goes the wrong way, or is counted from its beginning: it rises where it "
        "should fall. What counts is how many updates are left.",
        edit(
            FALL,
            "((t - total + cooldown) / cooldown if t > total - cooldown else 1.0) * (t < total)",
        ),
        edit(FALL, "(t / total if t > total - cooldown else 1.0) * (t < total)"),
    ),
)


def by_parts(alpha0, t, warmup, cooldown, total):
    """One part after the other."""
    if t < 1 or warmup < 1 or cooldown < 1 or total < warmup + cooldown:
        raise ValueError("this is no trapezoid")
    if t >= total:
        return 0.0
    if t < warmup:
        return alpha0 * t / warmup
    begins = total - cooldown
    if t <= begins:
        return alpha0
    return alpha0 - alpha0 * (t - begins) / cooldown


def by_interpolation(alpha0, t, warmup, cooldown, total):
    """The corners, and NumPy between them."""
    if not (t >= 1 and warmup >= 1 and cooldown >= 1 and warmup + cooldown <= total):
        raise ValueError(t)
    return np.interp(t, [0, warmup, total - cooldown, total], [0, alpha0, alpha0, 0])


TASK = Task(
    reference=ref.trapezoid,
    returns="alpha",
    cases=cases,
    criteria=(
        Agrees("warm-up", 1, "warm-up"),
        Agrees("between", 1, "between", beside=(*LINES, "from the end on")),
        Agrees("cool-down", 1, "cool-down"),
        Agrees("from the end on", 1, "end", beside=(*LINES, "between")),
        Agrees("what is refused, and what is not", 1, "refused", beside="*"),
    ),
    lecture=FLOOR,
    mistakes=MISTAKES,
    variants=(Variant("parts", by_parts), Variant("interpolation", by_interpolation)),
    losses={
        "LR-76": "cool-down",
        "LR-78": "warm-up",
        "LR-78, way 5": "all",
        "LR-29": "all",
        "LR-29, way 2": "cool-down",
        "LR-29, way 3": "warm-up",
        "LR-27": "between · what is refused, and what is not",
        "LR-27, way 1": "all but warm-up · from the end on",
        "LR-27, way 2": "all but cool-down · from the end on",
        "LR-27, way 3": "all but warm-up · from the end on",
        "LR-32, way 4": "from the end on",
        "LR-65": "cool-down",
        "LR-65, way 2": "cool-down",
        "LR-21": "all but cool-down · from the end on",
        "LR-21, way 2": "warm-up",
        "LR-21, way 4": "warm-up",
        "LR-22": "cool-down · from the end on",
        "LR-22, way 2": "all but warm-up · from the end on",
        "LR-22, way 4": "cool-down",
        "LR-23": "warm-up",
        "LR-24": "cool-down",
        "LR-24, way 1": "cool-down · from the end on",
        "LR-25": "from the end on",
        "LR-26": "all but warm-up · from the end on",
        "LR-28": "cool-down",
        "LR-28, way 2": "warm-up",
        "LR-28, way 3": "warm-up",
        "LR-28, way 6": "cool-down · from the end on",
        "LR-30": "warm-up",
        "LR-30, way 2": "warm-up · cool-down",
        "LR-31": "what is refused, and what is not",
        "LR-32": "what is refused, and what is not",
        "LR-32, way 2": "warm-up · what is refused, and what is not",
        "LR-32, way 3": "from the end on",
        "LR-33": "all",
        "LR-34": "all",
    },
    promises={
        "alpha0": Promise(value=(0.0089, 11), within=(0.005, 20)),
        "t": Promise(value=(1, 570)),
        "warmup": Promise(value=(1, 40)),
        "cooldown": Promise(value=(1, 60)),
        "total": Promise(value=(7, 190)),
    },
    equivalent={
        "counts are whole numbers": (
            "if min(t * 1.01, warmup, cooldown) < 1 or warmup + cooldown > total:",
            "if min(t, warmup * 1.01, cooldown) < 1 or warmup + cooldown > total:",
            "if min(t, warmup, cooldown * 1.01) < 1 or warmup + cooldown > total:",
        ),
        "the least or the largest, in any order": (
            "if (min(warmup, t, cooldown)) < 1 or warmup + cooldown > total:",
            "if (min(t, cooldown, warmup)) < 1 or warmup + cooldown > total:",
            "return alpha0 * (max(min(t / warmup, 1.0, (total - t) / cooldown), 0.0))",
            "return alpha0 * max(0.0, min(1.0, t / warmup, (total - t) / cooldown))",
            "return alpha0 * max(0.0, min(t / warmup, (total - t) / cooldown, 1.0))",
        ),
    },
)
