"""Which mistakes a wrong answer shows: those that explain the most points, two at the most."""

from __future__ import annotations

import functools
import itertools
import re
import warnings
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from grading.boundary.outcome import Failed
from grading.boundary.questions import Unanswered
from grading.marking.case import Answer
from grading.marking.criteria import Agrees, Criterion, InputsUntouched
from grading.marking.sitting import Answers, Lost, Sitting
from grading.marking.task import NUMBERS, Mistake, Way, total

MOST = 2  # mistakes that are named
ENOUGH = 2  # cases that must show one
NUMBER = re.compile(r"[-+\d.]+")
WHOLE = Agrees("the whole answer", 0)

Answering = Callable[[int], Answer | Unanswered]


class Naming:
    """Recognises a task's mistakes in answers to the cases of one sitting.

    Parameters
    ----------
    sitting : Sitting
    """

    def __init__(self, sitting: Sitting) -> None:
        self._sitting, self._task, self._cases = sitting, sitting.task, sitting.cases
        self._results = [c for c in self._task.criteria if not isinstance(c, InputsUntouched)]
        self._begun: dict[Way, Answering] = {}
        self._lost: dict[Way, Lost] = {}
        # What was found of an answer, by its identity, with the answer itself: that keeps it so.
        self._changes: dict[tuple[int, int], tuple[Answer | Unanswered, set[str]]] = {}
        self._fitting: dict[tuple[Mistake, int], tuple[Answers, dict[Way, str]]] = {}
        self._last: tuple[Answers, list[set[Mistake]]] = (), []  # that were compared with pairs
        self._wrong: dict[tuple[int, int, tuple[int, ...]], tuple[Answer | Unanswered, bool]] = {}

    def named(self, answers: Answers) -> tuple[Mistake, ...]:
        """The mistakes that answers show, the dearest first.

        One is named where it is wrong as they are. If that leaves something that was lost
        unexplained, two are tried as one; then, for what is left, a mistake is looked for in the
        cases that the first has nothing to do with, and last in what one criterion looks at.
        """
        lost = self._sitting.lost(answers)
        if not lost or not any(map(_tells, answers)):
            return ()
        first = self._dearest(lost, lambda mistake: self._explained(mistake, answers, lost))
        left = lost.difference(*first.values())
        if left and (both := self._two_as_one(answers)):
            return both
        named = dict(first)
        for explained in (self._explained_elsewhere, self._explained_in_a_criterion):
            if left and len(named) < MOST:
                aside = self._aside(answers, named)
                named |= self._dearest(
                    left,
                    lambda mistake, how=explained, aside=aside: how(mistake, answers, lost, aside),
                    only=True,
                    but=named,
                    most=MOST - len(named),
                )
                left = lost.difference(*named.values())
        return tuple(sorted(named, key=lambda mistake: -self._points(named[mistake])))

    def fitting(self, answers: Answers) -> list[Mistake]:
        """The mistakes that explain all that was lost."""
        lost = self._sitting.lost(answers)
        return [
            m for m in self._task.mistakes if self._explained(m, answers, lost) == lost != Lost()
        ]

    def explain(self, answers: Answers, mistakes: Iterable[Mistake]) -> bool:
        """Whether these mistakes explain all that was lost, each wherever it is wrong."""
        lost = self._sitting.lost(answers)
        return (
            lost == Lost().union(*(self._explained(m, answers, lost) for m in mistakes)) != Lost()
        )

    def _dearest(
        self,
        lost: Lost,
        explained: Callable[[Mistake], Lost],
        only: bool = False,
        but: Collection[Mistake] = (),
        most: int = MOST,
    ) -> dict[Mistake, Lost]:
        """The mistakes that explain the most points, each with what it explains.

        `only` one may explain as much, where the signs are weak.
        """
        found = {m: explained(m) & lost for m in self._task.mistakes if m not in but}
        named: dict[Mistake, Lost] = {}
        left = lost
        while left and len(named) < most:
            worth = {
                m: (self._points(pairs & left), len(pairs & left)) for m, pairs in found.items()
            }
            best = max(worth.values(), default=(0.0, 0))
            equal = [m for m in found if worth[m] == best]
            if not best[1] or (only and len(equal) > 1):
                break
            dearest = min(equal, key=lambda m: (m.looks_like is not None, self._points_in_all(m)))
            named[dearest] = found[dearest]
            left = left - found[dearest]
        return named

    def _points(self, lost: Lost) -> float:
        return total(c.points for c in {criterion for criterion, _ in lost})

    def _points_in_all(self, mistake: Mistake) -> float:
        return self._points(frozenset().union(*map(self._lost_by, mistake.ways)))

    def _explained(
        self, mistake: Mistake, answers: Answers, lost: Lost, aside: Collection[int] = ()
    ) -> Lost:
        """What was lost as the mistake loses it, if answers are its own wherever it is wrong.

        Arguments are compared by which of them changed.
        """
        if mistake.looks_like:
            return self._lost_alike(mistake, lost) if self._looks_like(mistake, answers) else Lost()
        touched = self._same_arguments_changed(mistake, answers)
        fitting = [way for way in mistake.ways if self._same(self._of(way), answers, aside=aside)]
        if not fitting and not aside:
            fitting = list(self._numbers(mistake, answers))
        found = Lost().union(
            *(self._lost_by(way) for way in fitting if touched or self._leaves_arguments(way))
        )
        changed = {
            (criterion, index)
            for criterion, index in lost
            if criterion not in self._results and isinstance(answers[index], Answer)
        }
        found = {pair for pair in found if pair[1] not in aside} - changed
        if touched and (found or self._purely(mistake, lost)):
            found |= changed
        return lost & found

    def told(self, answers: Answers) -> dict[Mistake, str]:
        """What feedback says of the mistakes that answers show: sentences, and numbers that fit."""
        return {
            mistake: " ".join(
                [mistake.sentence, *list(self._numbers(mistake, answers).values())[:1]]
            )
            for mistake in self.named(answers)
        }

    def _numbers(self, mistake: Mistake, answers: Answers) -> dict[Way, str]:
        """Ways of a mistake with the only number that fits there, with words on it.

        It must not be as good as 0, which leaves something out.
        """
        key = mistake, id(answers)
        if key not in self._fitting:
            self._fitting[key] = answers, {}
            for name, way in mistake.numbers.items():
                fit = [
                    number
                    for number in (0.0, *way.numbers_of(NUMBERS))
                    if self._same(self._of(way.with_number(number)), answers)
                ]
                if len(fit) == 1 and fit != [0.0]:
                    words = f"Your answers fit {name} = {fit[0]:g}."
                    self._fitting[key][1][way.with_number(fit[0])] = words
        return self._fitting[key][1]

    def _leaves_arguments(self, way: Way) -> bool:
        return not any(self._changed(self._of(way)(i), i) for i in range(len(self._cases)))

    def _lost_alike(self, mistake: Mistake, lost: Lost) -> Lost:
        """What was lost of the criteria that a mistake of chance loses."""
        criteria = {c for way in mistake.ways for c, _ in self._lost_by(way)}
        return Lost(pair for pair in lost if pair[0] in criteria)

    def _purely(self, mistake: Mistake, lost: Lost) -> bool:
        """Whether nothing that a mistake loses was held."""
        return {c for w in mistake.ways for c, _ in self._lost_by(w)} <= {c for c, _ in lost}

    def _aside(self, answers: Answers, named: Mapping[Mistake, Lost]) -> set[int]:
        """Cases that say nothing on another mistake: one is wrong in them, or nothing came."""
        wrong = {
            i for m in named for way in m.ways for c, i in self._lost_by(way) if c in self._results
        }
        return wrong | {i for i, a in enumerate(answers) if isinstance(a, Unanswered)}

    def _explained_elsewhere(
        self, mistake: Mistake, answers: Answers, lost: Lost, aside: Collection[int]
    ) -> Lost:
        return self._explained(mistake, answers, lost, aside) if aside else Lost()

    def _explained_in_a_criterion(
        self, mistake: Mistake, answers: Answers, lost: Lost, aside: Collection[int]
    ) -> Lost:
        """What was lost of criteria in all of whose cases answers look as the mistake's do."""
        if mistake.looks_like or not self._purely(mistake, lost):
            return Lost()
        return Lost(
            pair
            for criterion in {c for c, _ in lost if c in self._results}
            for way in mistake.ways
            if self._same(self._of(way), answers, [criterion], everywhere=True)
            for pair in self._lost_by(way) & lost
            if pair[0] is criterion
        )

    def pairs_like(self, answers: Answers) -> list[set[Mistake]]:
        """Each two mistakes, or ways of one, that give all of the answers if both are made."""
        if self._last[0] is not answers:
            wrong = {index for _, index in self._sitting.lost(answers)}
            order = sorted(range(len(self._cases)), key=lambda index: index not in wrong)
            found = [
                mistakes
                for mistakes, both in self._pairs
                if self._same(both, answers, self._all_of(mistakes), everywhere=True, order=order)
            ]
            self._last = answers, found
        return self._last[1]

    def _all_of(self, mistakes: Collection[Mistake]) -> Sequence[Criterion]:
        """All criteria; beside chance also the whole answer, for a property tells too little."""
        whole = (WHOLE,) if any(mistake.looks_like for mistake in mistakes) else ()
        return [*self._task.criteria, *whole]

    def _two_as_one(self, answers: Answers) -> tuple[Mistake, ...]:
        """Two mistakes that give all of the answers if both are made, and no single one does.

        Of many pairs, what all share.
        """
        if any(
            self._same(self._of(way), answers, self._all_of([mistake]), everywhere=True)
            for mistake in self._task.mistakes
            for way in mistake.ways
        ):
            return ()
        common = set.intersection(*(self.pairs_like(answers) or [set()]))
        both = [m for m in self._task.mistakes if m in common]
        return tuple(sorted(both, key=lambda mistake: -self._points_in_all(mistake)))

    @functools.cached_property
    def _pairs(self) -> list[tuple[set[Mistake], Answering]]:
        """All two mistakes that can be made in one answer, with what it answers."""
        ways = [(m, way) for m in self._task.mistakes for way in m.ways]
        found = []
        for (one, first), (other, second) in itertools.combinations(ways, 2):
            if text := self._task.made_together(first, second):
                with warnings.catch_warnings(action="ignore"):
                    found.append(({one, other}, functools.cache(self._sitting.answering(text))))
        return found

    def _looks_like(self, mistake: Mistake, answers: Answers) -> bool:
        """Whether a sign says so; it is one of the parts as well, and silent over their doubles."""
        signs = []
        for case, got, wanted in zip(self._cases, answers, self._sitting.wanted, strict=True):
            if case.doubles:
                return False
            if isinstance(got, Answer) and isinstance(wanted, Answer):
                try:
                    sign = mistake.looks_like(got.result, wanted.result, case)
                    signs.append(sign if sign is None else bool(sign))
                except Exception:
                    signs.append(False)
        return signs.count(True) >= ENOUGH and False not in signs

    def _same(
        self,
        theirs: Answering,
        answers: Answers,
        criteria: Sequence[Criterion] = (),
        aside: Collection[int] = (),
        everywhere: bool = False,
        order: Sequence[int] = (),
    ) -> bool:
        """Whether answers are those of a wrong function, in what criteria of the result look at.

        They are compared where it is wrong, or everywhere, in cases that are not put aside.
        """
        shown = 0
        for index in order or range(len(self._cases)):
            looking = [c for c in criteria or self._results if c.selects(self._cases[index])]
            if index in aside or not looking:
                continue
            other = theirs(index)
            wrong = self._is_wrong(index, looking, other)
            if (wrong or everywhere) and not self._alike(
                index, looking, answers[index], other, words=everywhere
            ):
                return False
            shown += wrong and (
                _tells(other, answers[index]) or self._refuses(index, other, answers)
            )
        return shown >= ENOUGH

    def _refuses(self, index: int, theirs: Answer | Unanswered, answers: Answers) -> bool:
        """Whether a case is refused as a mistake does, in the words of an answer's right refusals.

        Numbers in these words may differ.
        """
        mine = answers[index]
        if not (isinstance(mine, Unanswered) and isinstance(theirs, Unanswered)):
            return False
        refusals = {
            NUMBER.sub("", other.message)
            for case, other in zip(self._cases, answers, strict=True)
            if case.raises and isinstance(other, Unanswered)
            if other.exception == case.raises.__name__ == mine.exception == theirs.exception
        }
        return NUMBER.sub("", mine.message) in refusals and any(
            isinstance(answer, Answer) for answer in answers
        )

    def _is_wrong(
        self, index: int, criteria: Sequence[Criterion], answer: Answer | Unanswered
    ) -> bool:
        key = (id(answer), index, tuple(map(id, criteria)))
        if key not in self._wrong:
            wrong = not self._alike(index, criteria, answer, self._sitting.wanted[index])
            self._wrong[key] = answer, wrong
        return self._wrong[key][1]

    def _alike(
        self,
        index: int,
        criteria: Sequence[Criterion],
        mine: Answer | Unanswered,
        other: Answer | Unanswered,
        words: bool = False,
    ) -> bool:
        """Whether two answers to a case are the same in what criteria look at.

        Exceptions are of one type; with the same `words`, unless the case is there to be refused.
        """
        if isinstance(mine, Answer) and isinstance(other, Answer):
            case = self._cases[index]
            returns = case.returns or self._task.returns
            return all(criterion.alike(case, mine, other, returns) for criterion in criteria)
        return (
            isinstance(mine, Unanswered)
            and isinstance(other, Unanswered)
            and (mine.kind, mine.exception) == (other.kind, other.exception)
            and (not words or self._cases[index].raises or mine.message == other.message)
        )

    def _same_arguments_changed(self, mistake: Mistake, answers: Answers) -> bool:
        """Whether arguments changed, and none that no way of the mistake changes."""
        mine = [self._changed(answer, index) for index, answer in enumerate(answers)]
        return any(mine) and all(
            changed <= set().union(*(self._changed(self._of(w)(i), i) for w in mistake.ways))
            for i, changed in enumerate(mine)
            if changed
        )

    def _changed(self, answer: Answer | Unanswered, index: int) -> set[str]:
        """The names of the arguments that are not as they were sent."""
        if isinstance(answer, Unanswered):
            return set()
        key = (id(answer), index)
        if key not in self._changes:
            case = self._cases[index]
            changed = {
                name
                for criterion in self._task.criteria
                if isinstance(criterion, InputsUntouched) and criterion.selects(case)
                for name in criterion.changed(case, answer)
            }
            self._changes[key] = answer, changed
        return self._changes[key][1]

    def _of(self, way: Way) -> Answering:
        if way not in self._begun:
            self._begun[way] = functools.cache(self._sitting.answering(self._task.source(way)))
        return self._begun[way]

    def _lost_by(self, way: Way) -> Lost:
        if way not in self._lost:
            answers = [self._of(way)(index) for index in range(len(self._cases))]
            self._lost[way] = self._sitting.lost(answers)
        return self._lost[way]


def _tells(answer: Answer | Unanswered, same: Answer | Unanswered | None = None) -> bool:
    """Whether an answer says something on what is wrong; an exception only by its words."""
    if isinstance(answer, Answer):
        return True
    return answer.kind == Failed.RAISED and (
        same is None or getattr(same, "message", "") == answer.message
    )
