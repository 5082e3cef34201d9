"""Measures what plain nbgrader does with the corpus, and writes the table of both.

::

    python -m tests.attacks.measure_plain > tests/attacks/plain_nbgrader.md

It takes about half an hour and is no part of ``make test``. Every attack is graded in a course of
its own, with stock configuration, hidden tests that are ordinary assertions, and a bystander graded
after it. All of it runs in a throw-away container (bubblewrap), since plain nbgrader lets attacks
do what they want: they can harm nothing but that.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil
from nbgrader.api import Gradebook

from tests.attacks import Attack, corpus
from tests.attacks.grading_run import CANARY, Alarms, Course, Listeners, plant
from tests.support import REPOSITORY, little_course
from tests.support.little_course import ASSIGNMENT, POINTS

STARTED = ("startup/00.py", "_config.py", "site.py", ".profile")  # what later programs would run
LIMIT = 40  # seconds for one attack and its bystander
CONFIGURATION = "c = get_config()\nc.ExecutePreprocessor.timeout = 5\n"
REFERENCE = {"double": "2 * before", "total": "np.sum(before)", "settle": "np.minimum(before, 1)"}
HEAD = """\
# The same attacks, plain nbgrader 0.9.6

What `tests/attacks/measure_plain.py` measured once: every submission of the corpus, graded by
nbgrader alone with ordinary hidden tests (`np.testing.assert_allclose` against the right values),
and by this project. Points are of 10; those in bold are more than the answers are worth here. A
bystander is another student, whose turn comes after the attack.

| attack | row | nbgrader alone | here |
|---|---|---|---|"""


def asserted(name: str) -> str:
    """Hidden tests as courses have them: in the student's kernel, by assertion."""
    return (
        "for n in (1, 4, 7):\n"
        "    x = np.random.default_rng(n).normal(size=(3, n)) * 5\n"
        "    before = x.copy()\n"
        f"    np.testing.assert_allclose({name}(x), {REFERENCE[name]})\n"
        "    np.testing.assert_array_equal(x, before)"
    )


def measure(course: Path, attack: Attack) -> str:
    """Grade one attack with plain nbgrader in a copy of `course`; say what happened."""
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch, "course")
        shutil.copytree(course, root)
        plant(root)
        listeners = Listeners(Path(scratch))
        handed_in = Course(root, [attack], listeners.known)
        (root / "submitted" / "bystander").rename(root / "submitted" / "~bystander")
        before = handed_in.files()
        grade(root)
        remarks = consequences(handed_in, before, attack)
        if listeners.reached():
            remarks.append("reached a listener")
        remarks += survivors()
        listeners.close()
        scores = totals(root)
        score = scores.get(attack.name)
        earned = sum(points or 0.0 for points in attack.scores.values())
        text = "no score" if score is None else f"{score:g}"
        text = f"**{text}**" if score is not None and score > earned else text
        if scores.get("~bystander") != sum(POINTS.values()):
            remarks.append("bystander not graded right")
        return "; ".join([text, *remarks])


def grade(root: Path) -> None:
    """Run ``nbgrader autograde``, and ``generate_feedback`` after it, within the time limit."""
    environment = {**os.environ, "GRADER_CANARY": CANARY, "HOME": str(root / "home")}
    for verb in ("autograde", "generate_feedback"):
        process = subprocess.Popen(
            [sys.executable, "-m", "nbgrader", verb, ASSIGNMENT],
            cwd=root,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            process.wait(LIMIT)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def consequences(course: Course, before: dict[str, str], attack: Attack) -> list[str]:
    """What was read or changed, and what would run in a browser."""
    remarks = []
    graded = [course.root / "autograded" / attack.name, course.root / "feedback" / attack.name]
    files = [path for folder in graded for path in folder.rglob("*") if path.is_file()]
    if any(CANARY in path.read_text(errors="replace") for path in files):
        remarks.append("read what is secret")
    after = course.files()
    changed = [name for name in before.keys() | after.keys() if before.get(name) != after.get(name)]
    if any(not name.startswith("home") or name.endswith(STARTED) for name in changed):
        remarks.append("changed files of the course")
    if any(path.name.startswith("planted") for path in (course.root / "autograded").rglob("*")):
        remarks.append("ran code handed in beside the notebook")
    alarms = Alarms()
    for page in (path for path in files if path.suffix == ".html"):
        alarms.feed(page.read_text())
    if alarms.found:
        remarks.append("runs in the instructor's browser")
    return remarks


def survivors() -> list[str]:
    """Kill what is left running; we are the container's own first program."""
    found = [p for p in psutil.process_iter() if p.pid not in (1, os.getpid())]
    living = []
    for process in found:
        with contextlib.suppress(psutil.Error):
            if process.status() != psutil.STATUS_ZOMBIE:
                living.append(process)
                process.kill()
    return ["left processes running"] if living else []


def totals(root: Path) -> dict[str, float | None]:
    """Every student's points; None where a question has none."""
    found: dict[str, float | None] = {}
    try:
        with Gradebook(f"sqlite:///{root}/gradebook.db") as gradebook:
            for submission in gradebook.assignment_submissions(ASSIGNMENT):
                grades = [grade for n in submission.notebooks for grade in n.grades]
                scores = [grade.manual_score or grade.auto_score for grade in grades]
                points = [score for score in scores if score is not None]
                found[submission.student.id] = sum(points) if points else None
    except Exception as error:
        print(error, file=sys.stderr)
    return found


def summary(results: list[str]) -> str:
    """Count what the table shows."""
    lines = [f"\nOf {len(results)} submissions, nbgrader alone"]
    for words, sign in (
        ("gave more points than the answers are worth to", "**"),
        ("gave all ten points to", "**10**"),
        ("gave no score at all to", "no score"),
        ("let code read what is secret in", "read what is secret"),
        ("let code change files of the course in", "changed files"),
        ("let code reach a listener in", "reached a listener"),
        ("left processes running after", "left processes"),
        ("ran code handed in beside the notebook in", "ran code handed in"),
        ("would have run a script in the instructor's browser in", "instructor's browser"),
        ("graded a bystander wrongly or not at all in", "bystander not graded"),
    ):
        lines.append(f"* {words} {sum(sign in result for result in results)},")
    return "\n".join(lines).removesuffix(",") + "."


def main() -> None:
    """Measure the corpus, each attack in a container of its own, and print the table."""
    print(HEAD)
    results = []
    with tempfile.TemporaryDirectory() as scratch:
        course = little_course.make(
            Path(scratch, "course"), tests=asserted, configuration=CONFIGURATION
        )
        for attack in corpus():
            results.append(contained(course, attack))
            here = "refused" if attack.refused else f"{sum(filter(None, attack.scores.values())):g}"
            print(f"| {attack.name} | {attack.row} | {results[-1]} | {here} |", flush=True)
    print(summary(results))


def contained(course: Path, attack: Attack) -> str:
    """What :func:`measure` says, from a container that the attack may destroy."""
    container = [
        *("bwrap", "--unshare-all", "--die-with-parent", "--ro-bind", "/", "/"),
        *("--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp"),
        *(
            "--ro-bind",
            str(course),
            "/tmp/course",
            sys.executable,
            "-m",
            __spec__.name,
            attack.name,
        ),
    ]
    with contextlib.suppress(subprocess.TimeoutExpired):
        done = subprocess.run(
            container, cwd=REPOSITORY, capture_output=True, text=True, timeout=4 * LIMIT
        )
        if done.returncode == 0:
            return done.stdout.strip()
    return "no score; took the grader with it; bystander not graded right"


if __name__ == "__main__":
    if sys.argv[1:]:
        (wanted,) = (attack for attack in corpus() if attack.name == sys.argv[1])
        print(measure(Path("/tmp/course"), wanted))
    else:
        main()
