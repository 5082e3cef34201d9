"""`words_of`: the words of a text, in lower case."""

from __future__ import annotations

import numpy as np

from grading.marking import Agrees, Case, Holds, Mistake, Task, Variant, call, edit
from word_tests.phrases import WORD
from word_tests.phrases import reference as ref
from word_tests.phrases.draws import sentence, some_words


def cases(rng: np.random.Generator) -> list[Case]:
    """One sentence and several; what separates words varies."""
    drawn = []
    for count in (1, 2, 3):
        said = [sentence(some_words(rng, 4)) for _ in range(count)]
        label = f"sentences: {count}"
        drawn.append(call(ref.words_of, " ".join(said), label=label))
    return [*drawn, call(ref.words_of, "", label="an empty text")]


def in_lower_case(result: list[str], wanted: list[str], case: Case) -> str | None:
    """Hold that no word has a capital, and that no letter is lost."""
    if any(word != word.lower() for word in result):
        return "There is a word with a capital letter."
    text = case.inputs["text"].lower()
    kept, there = (list(filter(str.isalpha, said)) for said in ("".join(result), text))
    return None if kept == there else "The words have not the letters of the text."


def by_letter(text):
    """Another right answer: what is no part of a word becomes a space."""
    kept = [c if c.isalpha() or c == "'" else " " for c in text.lower()]
    return "".join(kept).split()


TASK = Task(
    reference=ref.words_of,
    returns="words",
    cases=cases,
    criteria=(Agrees("words", 2), Holds("lower case", 1, in_lower_case)),
    lecture=WORD,
    mistakes=(
        Mistake(
            "WO-01",
            WORD,
            "Words keep their capitals, so that the first word of a sentence is another one than "
            "the same word within it.",
            edit("a-z", "A-Za-z", 2).then("text.lower()", "text"),
        ),
        Mistake(
            "WO-02",
            WORD,
            "Commas and full stops stay with their words. Blanks are not all that separates words.",
            edit('re.findall("[a-z]+(?:\'[a-z]+)*", text.lower())', "text.lower().split()"),
            edit('re.findall("[a-z]+(?:\'[a-z]+)*", ', "re.findall(r'\\S+', "),
        ),
    ),
    variants=(Variant("letter by letter", by_letter),),
)
