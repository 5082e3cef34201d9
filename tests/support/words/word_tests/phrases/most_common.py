"""`most_common`: the words that occur most often, with their counts."""

from __future__ import annotations

import numpy as np

from grading.marking import Agrees, Case, Mistake, Task, Variant, call, edit
from word_tests.phrases import COUNTING
from word_tests.phrases import reference as ref
from word_tests.phrases.draws import sentence, some_words


def cases(rng: np.random.Generator) -> list[Case]:
    """Ties where the list ends, fewer words than asked for, and numbers that make no sense."""
    drawn = []
    for n in (2, 3, 4):
        *often, early, late = sorted(some_words(rng, n + 1))
        said = sentence([*often, late, early] * 2 + often)
        label = f"n = {n}, and as many words or more"
        drawn.append(call(ref.most_common, said, n, label=label))
    few = sentence(some_words(rng, 3))
    drawn.append(call(ref.most_common, few, 9, label="n = 9, and fewer words"))
    for n in (0, -1):
        label = f"n = {n}"
        drawn.append(call(ref.most_common, few, n, label=label, tags="refused", raises=ValueError))
    return drawn


def for_words_of(c):
    """Words of a text cut at blanks, each with an ending that leaves the alphabet's order."""

    def words_of(text):
        return [f"{word.strip('.,').lower()}{c[0]:.2f}" for word in text.split()]

    return words_of


def by_hand(text, n):
    """Another right answer, which counts by itself."""
    if n < 1:
        raise ValueError(f"n is {n}")
    words = words_of(text)  # noqa: F821 - the notebook has it
    pairs = sorted((-words.count(word), word) for word in set(words))
    return {word: -count for count, word in pairs[:n]}


TASK = Task(
    reference=ref.most_common,
    returns="counts",
    cases=cases,
    criteria=(Agrees("counts", 3), Agrees("refuses n below 1", 1, "refused", beside="*")),
    lecture=COUNTING,
    mistakes=(
        Mistake(
            "MC-01",
            COUNTING,
            "Of words that occur equally often, those that come first in the text are taken. The "
            "order is that of the alphabet.",
            edit("(-counts[word], word)", "-counts[word]"),
        ),
        Mistake(
            "MC-02",
            COUNTING,
            "An n below 1 gets through, and a list without its end, or nothing, comes out. Nobody "
            "can mean that: say so by a ValueError.",
            edit('    if n < 1:\n        raise ValueError("n must be 1 or more")\n', ""),
        ),
    ),
    variants=(Variant("counted by hand", by_hand),),
    own_parts={"words_of": for_words_of},
)
