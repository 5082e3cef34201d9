"""`unwrap`: lines as one line of text."""

from __future__ import annotations

import numpy as np

from grading.marking import Agrees, Case, InputsUntouched, Mistake, Task, Variant, call, edit
from word_tests.phrases import LINES
from word_tests.phrases import reference as ref
from word_tests.phrases.draws import some_words


def cases(rng: np.random.Generator) -> list[Case]:
    """Whole words, cut ones, and a hyphen where no line ends."""
    drawn = []
    for count in (2, 4):
        label = f"{count} lines of a word each"
        drawn.append(call(ref.unwrap, some_words(rng, count), label=label))
    for count in (2, 3):
        lines = []
        for word in some_words(rng, count):
            lines += [f"well-known {word[:3]}-", f"{word[3:]} and"]
        label = f"{2 * count} lines, every other cut within a word"
        drawn.append(call(ref.unwrap, lines, label=label))
    return drawn


def line_by_line(lines):
    """Another right answer."""
    text = ""
    for line in lines:
        text += line[:-1] if line.endswith("-") else line + " "
    return text.removesuffix(" ")


JOINED = 'text = "\\n".join(lines)'
TASK = Task(
    reference=ref.unwrap,
    returns="text",
    cases=cases,
    criteria=(Agrees("text", 2), InputsUntouched(1)),
    lecture=LINES,
    mistakes=(
        Mistake(
            "UN-01",
            LINES,
            "Words that a hyphen cuts at a line's end stay in two pieces.",
            edit('.replace("-\\n", "")', ""),
        ),
        Mistake(
            "UN-02",
            LINES,
            "The last word of a line and the first of the next run together. A line's end "
            "separates words as a space does.",
            edit('replace("\\n", " ")', 'replace("\\n", "")'),
        ),
        Mistake(
            "UN-03",
            LINES,
            "The list of lines is changed. The caller still needs it: make a new text.",
            edit(JOINED, f"{JOINED}\n    lines.clear()"),
        ),
    ),
    variants=(Variant("line by line", line_by_line),),
)
