"""What the four schedules share: first rates, labels, sentences on mistakes that all invite."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from grading.marking import Case, Lecture, Mistake, edit, script

FIRST = """\
first, later = {name}({now}), {name}({later})
try:
    falls = bool(later < first)
except Exception:  # these are no rates
    falls = False
result = first, falls"""
FALLS = ("the first rate", "whether a later one is smaller")

COMPOUNDS = (
    "Each {} starts from the rate of the one before, so that the decay compounds. A schedule keeps "
    "no memory: start from alpha0 every time."
)
SHIFTED = (
    "The count is shifted by one. Epochs count from 0 here, so that the first one has alpha0 in "
    "full: use the number as it comes."
)
FIXED = "An argument has a fixed value, or one from outside the function. Use it as it comes."
FORGOTTEN = "alpha0 is left out: what is returned is only the factor by which it shrinks."


def not_one_number(result: object, wanted: object, case: Case) -> bool | None:
    """Recognise that there are several rates, or none."""
    return None if case.returns else result is None or np.ndim(result) > 0


def of_any_schedule(
    lecture: Lecture, formula: str, count: str, *swaps: tuple[str, str]
) -> tuple[Mistake, ...]:
    """What goes wrong with any formula of a rate; `swaps` are arguments that are taken for others.

    `count` is what the argument is called that counts epochs or updates.
    """
    return (
        Mistake(
            "LR-67",
            lecture,
            "The rate is rounded, or something on the way to it is cut to a whole number, by //, "
            "int or round. Return it as the formula gives it.",
            edit(formula, f"int({formula})"),
            edit(formula, f"({formula}) // 1"),
            edit(formula, f"alpha0 * int({formula} / alpha0)"),
            edit(formula, f"round({formula}, 2)"),
            edit(formula, f"round({formula}, 4)"),
            numbers={"that many decimals": edit(formula, f"round({formula}, {{whole}})")},
        ),
        Mistake(
            "LR-68",
            lecture,
            "The rate stops at a bound. The formula has none: return what it gives, however small "
            "or large.",
            edit(formula, f"max({formula}, alpha0 / 2)"),
            edit(formula, f"min({formula}, 0.1)"),
            numbers={
                "a lower bound": edit(formula, f"max({formula}, {{number}})"),
                "an upper bound": edit(formula, f"min({formula}, {{number}})"),
            },
        ),
        Mistake(
            "LR-69",
            lecture,
            f"One number is wanted: the rate for the {count} that is handed in. Return that, "
            "not those of all before it, and do not only print it.",
            edit(formula, f"[{formula} for {count} in range(1, int({count}) + 1)]"),
            edit(formula, f"np.array([{formula} for {count} in range(1, int({count}) + 1)])"),
            edit(f"return {formula}", f"print({formula})"),
            looks_like=not_one_number,
        ),
        Mistake(
            "LR-70",
            lecture,
            "Two arguments have changed places in the formula. Compare it with yours, letter by "
            "letter.",
            *(edit("", f"{one}, {other} = {other}, {one}") for one, other in swaps),
        ),
        Mistake(
            "LR-71",
            lecture,
            "What the rate has lost is returned, alpha0 minus the rate. Return the rate itself.",
            edit(formula, f"alpha0 - {formula}"),
        ),
    )


def settings(**values: float) -> str:
    """Name a case for the student."""
    return ", ".join(f"{name} = {value:.4g}" for name, value in values.items())


def first_case(schedule: Callable, later: str, **given: float) -> Case:
    """The first rate, and whether a later one is smaller: it is no number that came in.

    `later` is how the arguments are written then.
    """
    code = FIRST.format(name=schedule.__name__, now=", ".join(given), later=later)
    return script(code, label=settings(**given), tags="first", returns=FALLS, **given)
