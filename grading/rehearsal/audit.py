"""The grader's own exam: every task must score right answers, wrong ones and stubs as it should.

For every task and seed, through the same scoring and encoding as a student's code:

* the reference and every accepted variant earn full marks, the released stub 0;
* every mistake, in each way to write it, earns less, the same with all seeds, loses the criteria
  that the task says and no others, and is named as itself and nothing else;
* every criterion is lost by at least one mistake, so none is there for nothing;
* answers without the work earn at most a twentieth, or the task says why;
* wrong answers and variants use only what a notebook has; composites call their own parts, whose
  doubles are not the parts, and leave every mistake that calls them its score;
* a notebook's series of ids are complete: each id has a mistake or a reason why it has none.
"""

from __future__ import annotations

import builtins
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from fnmatch import fnmatchcase

import numpy as np

from grading.marking.case import Answer
from grading.marking.catalogue import Catalogue, Notebook
from grading.marking.compare import difference
from grading.marking.exam import Exam
from grading.marking.sitting import Verdict, ask_here
from grading.marking.source import compiled, names_used
from grading.marking.task import Mistake, Task, Way
from grading.rehearsal.nothing import undeserved
from grading.rehearsal.tables import conclude, table

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
        self.excused: set[str] = set()
        self._earned: dict[tuple[str, Way], dict[float, int]] = {}  # a seed for each score
        start = time.perf_counter()
        self._examine_ids()
        if self._examine_sources():
            for seed in range(seeds):
                self._examine_scores(seed)
        for criterion in task.criteria:
            if criterion.name not in self.lost:
                self.misses.append(f"no mistake loses {criterion.name!r}")
        for (id, _), earned in self._earned.items():
            if len(earned) > 1:
                told = ", ".join(f"{score:g} with seed {seed}" for score, seed in earned.items())
                self.misses.append(f"mistake {id} earns {told}")
        for pattern in task.unworked:
            if pattern not in self.excused:
                self.misses.append(f"unworked: no such answer earns much: {pattern!r}")
        self.seconds = time.perf_counter() - start
        self.seeds = seeds

    @property
    def row(self) -> str:
        """Return the task's line of the table."""
        wrong = sum(len(mistake.ways) for mistake in self.task.mistakes)
        right = len(self.task.variants)
        return (
            f"{self.task.name:<28}{self.task.points:>7g}{self.cases:>7}"
            f"{f'{self.right}/{right * self.seeds}':>10}{self.stub:>6g}"
            f"{f'{self.named}/{wrong * self.seeds}':>9}{self.seconds:>7.2f}"
        )

    def _examine_ids(self) -> None:
        for id, count in Counter(mistake.id for mistake in self.task.mistakes).items():
            if count > 1:
                self.misses.append(f"mistake {id} is there {count} times: give one all its ways")

    def _examine_sources(self) -> bool:
        """Look at what stands in the sources; whether all of them can be had."""
        known = {*self.task.given, *dir(builtins)}
        for kind, way in candidates(self.task):
            try:
                unknown = names_used(self.task.function(way)) - known
            except ValueError as misfit:
                self.misses.append(f"{kind}: {misfit}")
                return False
            if unknown:
                self.misses.append(f"{kind} uses {', '.join(sorted(unknown))}, not in a notebook")
        for criterion in self.task.criteria:
            if criterion.beside and not any(map(criterion.leans_on, self.task.criteria)):
                self.misses.append(f"{criterion.name!r} counts beside no criterion that there is")
        scripts = "\n".join(case.code for case in self.task.cases(np.random.default_rng(0)))
        for part in self.task.own_parts:
            if part not in names_used(self.task.reference) and f"{part}(" not in scripts:
                self.misses.append(f"neither the reference nor a case calls its part {part}")
        return True

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
        for mistake in self.task.mistakes:
            for number, way in enumerate(mistake.ways, start=1):
                lost = self._expect_less(mistake, way, exam, seed)
                if self.task.losses:
                    self._expect_losses(mistake, number, lost, seed)
        if self.task.own_parts:
            self._examine_doubles(exam, seed)
        for name, score in undeserved(self.task, exam):
            excuses = {p for p in self.task.unworked if fnmatchcase(name, p)}
            self.excused |= excuses
            if not excuses:
                self.misses.append(f"seed {seed}: without the work, {name} earns {score:g}")

    def _examine_doubles(self, exam: Exam, seed: int) -> None:
        over = exam.over(tuple(self.task.own_parts))
        alike = (
            difference(mine.result, right.result, "") is None
            for mine, right in zip(over.wanted, exam.wanted, strict=True)
            if isinstance(mine, Answer) and isinstance(right, Answer)
        )
        if all(alike):
            self.misses.append(f"seed {seed}: the doubles are as good as the parts")
        calls = names_used(self.task.reference) & set(self.task.own_parts)
        for mistake in self.task.mistakes:
            for way in mistake.ways:
                if not calls <= names_used(self.task.function(way)):
                    continue
                ask = ask_here(self.task.namespace(way))
                there, here = (one.verdict(one.put(ask)).score for one in (over, exam))
                if there != here:
                    told = f"mistake {mistake.id} earns {there:g} over doubles, {here:g} without"
                    self.misses.append(f"seed {seed}: {told}")

    def _expect_full(self, kind: str, candidate: Way, exam: Exam, seed: int) -> bool:
        verdict = exam.judge(ask_here(self.task.namespace(candidate)))
        if verdict.score == self.task.points:
            return True
        self.misses.append(f"seed {seed}: {kind} earns {verdict.score:g}: {_reasons(verdict)}")
        return False

    def _expect_losses(
        self, mistake: Mistake, number: int, lost: tuple[str, ...], seed: int
    ) -> None:
        losses, way = self.task.losses, f"{mistake.id}, way {number}"
        key = way if way in losses else mistake.id
        told = self.task.lost(key) if key in losses else ()
        if told != lost:
            self.misses.append(f"seed {seed}: {way}, loses {_listed(lost)}, not {_listed(told)}")

    def _expect_less(self, mistake: Mistake, way: Way, exam: Exam, seed: int) -> tuple[str, ...]:
        id, asked = mistake.id, ask_here(self.task.namespace(way))
        verdict = exam.judge(asked)
        self._earned.setdefault((id, way), {}).setdefault(verdict.score, seed)
        lost = tuple(criterion.name for criterion in verdict.lost)
        self.lost |= {*lost}
        named = " and ".join(m.id for m in verdict.mistakes) or "nothing"
        self.named += named == id
        if verdict.score >= self.task.points:
            self.misses.append(f"seed {seed}: mistake {id} earns full marks")
        elif named != id:
            self.misses.append(f"seed {seed}: mistake {id} is named as {named}")
        for other in exam.naming().fitting(exam.put(asked)):
            if other.id != id:
                self.misses.append(f"seed {seed}: {id} also looks like {other.id}")
        return lost


def candidates(task: Task) -> Iterator[tuple[str, Way]]:
    """Everything of a task that can stand in a notebook as the graded function."""
    yield "the reference", task.reference
    for variant in task.variants:
        yield f"variant {variant.name!r}", variant.right
    for mistake in task.mistakes:
        for way in mistake.ways:
            yield f"mistake {mistake.id}", way


def stub(name: str) -> Callable:
    """Return the function that a student is given, before anything is written."""
    text = f"def {name}(*args, **kwargs):\n    raise NotImplementedError('{name}: not written yet')"
    return compiled(text, name, {})


def missing_ids(notebook: Notebook) -> Iterator[str]:
    """Ids of a notebook's series with neither a mistake nor a reason, or with both."""
    used = {mistake.id for task in notebook.tasks for mistake in task.mistakes}
    left_out = set(notebook.left_out)
    listed = {
        f"{series}-{number:02}"
        for series, last in notebook.series.items()
        for number in range(1, last + 1)
    }
    for id in sorted(listed - used - left_out):
        yield f"{id} has neither a mistake nor a reason in LEFT_OUT"
    for id in sorted(used & left_out):
        yield f"{id} has a mistake and is in LEFT_OUT"
    for id in sorted((used | left_out) - listed):
        yield f"{id} is not in SERIES"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(map(repr, names)) or "nothing"


def _reasons(verdict: Verdict) -> str:
    told = [f"{f.criterion.name}: {f.sentence} ({f.label})" for f in verdict.findings if f.sentence]
    told += [f"{case.label}: {unanswered.message}" for case, unanswered in verdict.unanswered]
    return "; ".join(told)


def run(catalogue: Catalogue, names: Sequence[str], seeds: int) -> int:
    """Print a table, the rubric lines and what failed; return the exit status, 1 if anything did.

    Parameters
    ----------
    catalogue : Catalogue
    names : sequence of str
        Tasks and notebooks to look at; all if empty.
    seeds : int
        Drawings of each task's cases.
    """
    rubrics = []

    def examine(task: Task) -> TaskAudit:
        rubrics.append(f"{task.name}\n  {task.rubric}")
        return TaskAudit(task, seeds)

    misses = table(catalogue, names, HEADER, examine, missing_ids)
    print("\nFirst lines of the graded cells:", *rubrics, sep="\n")
    return conclude(misses)
