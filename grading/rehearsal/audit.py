"""The grader's own exam: every task must score right answers, wrong ones and stubs as it should.

``python -m grading.rehearsal.audit [--seeds N] [NAME …]``, where a name is a task's or a notebook's.
For every task and seed, through the same scoring and encoding as a student's code:

* the reference and every accepted variant earn full marks, the released stub 0;
* every misconception earns less, the same with all seeds, and is named as itself and nothing else;
* every criterion is lost by at least one misconception, so none is there for nothing;
* wrong answers and variants use only what a notebook has; composites call their own parts;
* a notebook's catalogue of misconceptions is complete: each id has a wrong answer or a reason.

Prints a table and the rubric lines, then what failed; exits 1 if anything did.
"""

from __future__ import annotations

import argparse
import builtins
import sys
import time
from collections.abc import Callable, Iterator
from types import ModuleType

import numpy as np

from grading.marking import catalogue
from grading.marking.exam import HELD, Exam, Verdict, ask_here
from grading.marking.source import compiled, names_used
from grading.marking.task import Misconception, Task

HEADER = f"{'task':<28}{'points':>7}{'cases':>7}{'variants':>10}{'stub':>6}{'named':>9}{'s':>7}"


class TaskAudit:
    """Everything that is found out about one task over several seeds.

    Parameters
    ----------
    task : Task
    seeds : int
        The cases are drawn with seeds 0, 1, …
    """

    def __init__(self, task: Task, seeds: int) -> None:
        self.task, self.misses = task, []
        self.cases = self.right = self.named = 0
        self.stub = 0.0
        self.lost: set[str] = set()
        self._earned: dict[Misconception, dict[float, int]] = {}  # a seed for each score
        start = time.perf_counter()
        self._examine_sources()
        for seed in range(seeds):
            self._examine_scores(seed)
        for criterion in task.criteria:
            if criterion.name not in self.lost:
                self.misses.append(f"no misconception loses {criterion.name!r}")
        for misconception, earned in self._earned.items():
            if len(earned) > 1:
                told = ", ".join(f"{score:g} with seed {seed}" for score, seed in earned.items())
                self.misses.append(f"misconception {misconception.id} earns {told}")
        self.seconds = time.perf_counter() - start
        self.seeds = seeds

    @property
    def row(self) -> str:
        """Return the task's line of the table."""
        wrong, right = len(self.task.misconceptions), len(self.task.variants)
        return (
            f"{self.task.name:<28}{self.task.points:>7g}{self.cases:>7}"
            f"{f'{self.right}/{right * self.seeds}':>10}{self.stub:>6g}"
            f"{f'{self.named}/{wrong * self.seeds}':>9}{self.seconds:>7.2f}"
        )

    def _examine_sources(self) -> None:
        known = {*self.task.given, *dir(builtins)}
        for kind, candidate in candidates(self.task):
            unknown = names_used(candidate) - known
            if unknown:
                self.misses.append(f"{kind} uses {', '.join(sorted(unknown))}, not in a notebook")
        scripts = "\n".join(case.code for case in self.task.cases(np.random.default_rng(0)))
        for part in self.task.own_parts:
            if part not in names_used(self.task.reference) and f"{part}(" not in scripts:
                self.misses.append(f"neither the reference nor a case calls its part {part}")

    def _examine_scores(self, seed: int) -> None:
        try:
            exam = Exam(self.task, np.random.default_rng(seed))
        except RuntimeError as fault:
            self.misses.append(f"seed {seed}: {fault}")
            return
        self.cases = len(exam.cases)
        self._expect_full("reference", self.task.reference, exam, seed)
        for variant in self.task.variants:
            self.right += self._expect_full(f"variant {variant.name!r}", variant.right, exam, seed)
        verdict = exam.judge(ask_here(self.task.given | {self.task.name: stub(self.task.name)}))
        self.stub = max(self.stub, verdict.score)
        if verdict.score:
            self.misses.append(f"seed {seed}: the stub earns {verdict.score:g}")
        for misconception in self.task.misconceptions:
            asked = ask_here(self.task.namespace(misconception.wrong))
            verdict = exam.judge(asked)
            self._earned.setdefault(misconception, {}).setdefault(verdict.score, seed)
            self.lost |= {o.criterion.name for o in verdict.outcomes if o.state != HELD}
            self.named += self._expect_named(misconception.id, verdict, seed)
            self._expect_distinct(misconception.id, exam, asked, seed)

    def _expect_full(self, kind: str, candidate: Callable, exam: Exam, seed: int) -> bool:
        verdict = exam.judge(ask_here(self.task.namespace(candidate)))
        if verdict.score == self.task.points:
            return True
        self.misses.append(f"seed {seed}: {kind} earns {verdict.score:g}: {_reasons(verdict)}")
        return False

    def _expect_named(self, id: str, verdict: Verdict, seed: int) -> bool:
        named = verdict.misconception.id if verdict.misconception else "nothing"
        if verdict.score >= self.task.points:
            self.misses.append(f"seed {seed}: misconception {id} earns full marks")
        elif named != id:
            self.misses.append(f"seed {seed}: misconception {id} is named as {named}")
        return named == id

    def _expect_distinct(self, id: str, exam: Exam, asked: Callable, seed: int) -> None:
        answers = exam.put(asked)
        for other in self.task.misconceptions:
            if other.id != id and exam.recognises(other, answers):
                self.misses.append(f"seed {seed}: {id} also looks like {other.id}")


def candidates(task: Task) -> Iterator[tuple[str, Callable]]:
    """Everything of a task that can stand in a notebook as the graded function."""
    yield "the reference", task.reference
    for variant in task.variants:
        yield f"variant {variant.name!r}", variant.right
    for misconception in task.misconceptions:
        yield f"misconception {misconception.id}", misconception.wrong


def stub(name: str) -> Callable:
    """Return the function that a student is given, before anything is written."""
    text = f"def {name}(*args, **kwargs):\n    raise NotImplementedError('{name}: not written yet')"
    return compiled(text, name, {})


def catalogue_misses(module: ModuleType) -> Iterator[str]:
    """Ids of a notebook's catalogue with neither a wrong answer nor a reason, or with both."""
    used = {m.id for task in module.TASKS for m in task.misconceptions}
    left_out = set(module.LEFT_OUT)
    listed = {
        f"{series}-{number:02}"
        for series, last in module.CATALOGUE.items()
        for number in range(1, last + 1)
    }
    for id in sorted(listed - used - left_out):
        yield f"{id} has neither a wrong answer nor a reason in LEFT_OUT"
    for id in sorted(used & left_out):
        yield f"{id} has a wrong answer and is in LEFT_OUT"
    for id in sorted((used | left_out) - listed):
        yield f"{id} is not in CATALOGUE"


def _reasons(verdict: Verdict) -> str:
    told = [f"{o.criterion.name}: {o.sentence} ({o.label})" for o in verdict.outcomes if o.sentence]
    told += [f"{case.label}: {unanswered.message}" for case, unanswered in verdict.unanswered]
    return "; ".join(told)


def main(arguments: list[str] | None = None) -> int:
    """Audit the tasks named on the command line, or all of them; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m grading.rehearsal.audit", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="tasks or notebooks; all if none")
    parser.add_argument("--seeds", type=int, default=5, help="drawings of each task's cases")
    options = parser.parse_args(arguments)
    misses, rubrics, known = [], [], set()
    print(HEADER)
    for module in catalogue.modules():
        notebook = module.__name__.split(".")[1]
        known |= {notebook, *(task.name for task in module.TASKS)}
        if not options.names or notebook in options.names:
            misses += [f"{notebook}: {miss}" for miss in catalogue_misses(module)]
        for task in module.TASKS:
            if not options.names or {notebook, task.name} & set(options.names):
                audit = TaskAudit(task, options.seeds)
                print(audit.row, flush=True)
                misses += [f"{task.name}: {miss}" for miss in audit.misses]
                rubrics.append(f"{task.name}\n  {task.rubric}")
    misses += [f"{name}: no such task or notebook" for name in set(options.names) - known]
    print("\nFirst lines of the graded cells:", *rubrics, sep="\n")
    print(f"\n{len(misses)} misses" if misses else "\nNo misses.", *misses, sep="\n- ")
    return 1 if misses else 0


if __name__ == "__main__":
    sys.exit(main())
