"""The limits and habits by which a notebook is run, as ``c.SealedExecute`` sets them."""

from __future__ import annotations

from nbgrader.preprocessors import Execute
from traitlets import Bool, Float, Int, Unicode


class SealedExecute(Execute):
    """How student code is run; `timeout` and `enabled` are nbgrader's own settings."""

    question_timeout = Float(
        20.0,
        help="Seconds of processor time that student code has to answer one graded cell's "
        "questions; by the clock, five times as many, as for `timeout` and `notebook_timeout`.",
    ).tag(config=True)
    notebook_timeout = Float(
        600.0,
        help="Seconds of processor time for student code in one notebook, all cells and questions "
        "together.",
    ).tag(config=True)
    judge_timeout = Float(
        60.0, help="Seconds that the judge itself may take between two messages."
    ).tag(config=True)
    max_output = Int(
        2_000_000, help="Characters of output kept of one notebook; the rest is dropped."
    ).tag(config=True)
    max_received_mb = Int(
        512,
        help="Memory that the messages of one kernel may take in the grader, in MB; a kernel that "
        "sends more at one time is killed.",
    ).tag(config=True)
    max_revivals = Int(
        50,
        help="How many times the kernel of one notebook is replaced: after it died, left a "
        "question without an answer, or had no memory left.",
    ).tag(config=True)
    run_all = Bool(
        False,
        help="Run cells that the release tags `explore` (training runs, figures) too. Nothing "
        "graded builds on them, and they take most of the time.",
    ).tag(config=True)
    require_isolation = Bool(
        True,
        help="Refuse to grade where student code cannot be sealed. False runs student code "
        "UNSEALED, as the user who grades: only for submissions that you wrote yourself.",
    ).tag(config=True)
    secret_file = Unicode(
        ".grading-secret",
        help="File of the course's secret, from which each student's cases are drawn. Made when "
        "it is missing; keep it to have the same cases when the same work is graded again.",
    ).tag(config=True)
